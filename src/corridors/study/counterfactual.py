"""From measures to trade, for many cases at once: queues and routes, trade costs, world trade.

A case is a draw of the parameters, a subset of the measures or a year; all go through the same arrays. The
steps are those of the method: route equilibrium before and after (:mod:`corridors.transport.system`), an ad valorem cost
factor for each directed pair and cargo class (:mod:`corridors.transport.trade_cost`), world trade by sector that fits the
factors (:mod:`corridors.study.world_response`). With no measure active every factor is exactly 1.

Trade and traffic agree: in a state each pair's trucks are those of the trade that its own cost leaves, times what the
rest of the world makes of it (``shift``: multilateral resistance and incomes). Traffic gives costs, costs give world
trade, and world trade gives the shift: one fixed point, to :data:`SHIFT_TOLERANCE` (:mod:`corridors.transport.feedback`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors import equilibrium
from corridors.data import panel
from corridors.equilibrium.hats import RESIDUAL_LIMIT
from corridors.equilibrium.sector_moving import FACTORS
from corridors.errors import NetworkError, NotConverged
from corridors.study import world_response
from corridors.study.joint import Beside, Joint
from corridors.trade import cargo, elasticities, sectors, world
from corridors.transport import flights, network, trade_cost
from corridors.transport import system as choice
from corridors.transport.assignment import must_settle
from corridors.transport.feedback import CLOSED, LONGEST
from corridors.transport.network import Network
from corridors.transport.system import Pair, System, TransportState
from corridors.transport.world_network.study import network_of

Array = npt.NDArray[np.float64]
Params = Mapping[str, Array]


SHIFT_TOLERANCE = 1e-6
"""How far ln trade and ln of the trade behind the traffic of a pair may lie apart."""
_LEAST = 1e-300


@dataclass(frozen=True)
class Change:
    """What measures change in B cases.

    ``before`` and ``after`` are the solved transport states, None where no corridor is known. ``cost_factor``
    (B, P) tau'/tau by directed pair, ``class_factor`` (B, P, C) of its cargo classes, and ``response`` world
    trade that fits, by sector (:class:`corridors.equilibrium.SectorResponse`), all after over before. ``before_factor`` (B, P) is trade in the
    state before over the trade that the costs of the base year would allow in the same year: what queues that have grown
    and borders that have shut since take away; ``before_sector_factor`` (B, P, S) the same by sector. ``residual`` (B,) is the largest |ln| of trade over the trade behind the traffic of
    a pair, of both states. ``unsettled`` cases (a count) have been left out: each shows the figures of a case beside it.
    """

    before: TransportState | None
    after: TransportState | None
    cost_factor: Array
    class_factor: Array
    response: equilibrium.SectorResponse
    before_factor: Array
    before_sector_factor: Array
    residual: Array
    unsettled: int = 0

    def trade_factor(self, p: int) -> Array:
        """New over old trade (B,) of directed pair number ``p``."""
        return np.asarray(self.response.trade_factor[:, p])

    def cases(self, rows: slice) -> Change:
        """Some of the cases."""

        def cut(value: Any) -> Any:
            return value[rows] if isinstance(value, np.ndarray) else value

        def some(found: Any) -> Any:
            return (
                None
                if found is None
                else replace(found, **{f.name: cut(getattr(found, f.name)) for f in fields(found)})
            )

        parts = {f.name: cut(getattr(self, f.name)) for f in fields(self)}
        return replace(
            self,
            **{
                **parts,
                "before": some(self.before),
                "after": some(self.after),
                "response": some(self.response),
            },
        )


@dataclass(frozen=True)
class Guess:
    """Where a search begins: ``place`` (1, X) of the queues and ``rest`` (1, P), ln of what the world adds to the trade of pairs."""

    place: Array
    rest: Array


@dataclass(frozen=True)
class Chain:
    """The network with a scenario's measures, ready for any number of cases. Build it with :func:`build`.

    ``study`` is the scenario's pair; ``system`` None where the network reaches neither of its economies nor any
    measure; ``on_network`` whether the pair's own goods have routes in it; ``messages`` are sentences that a user must see. ``flights`` are direct flights between
    economies that have none today: number of the measure, pair, flights a week. ``since`` are the years in which the
    scenario's measures start, by which elasticities grow (:func:`years_in_force`).
    """

    study: Pair
    measures: tuple[Any, ...]
    network: Network
    system: System | None
    on_network: bool
    flights: tuple[tuple[int, Pair, float], ...]
    messages: tuple[str, ...] = ()
    since: tuple[float, ...] = ()

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Directed pairs whose cost can change, the study's two first."""
        own = [self.study, self.study[::-1]]
        flown = [p for _, pair, _ in self.flights for p in (pair, pair[::-1])]
        solved = self.system.pairs if self.system is not None else ()
        known = set(self.base_trade.index)
        return tuple(p for p in dict.fromkeys([*own, *solved, *flown]) if known.issuperset(p))

    @cached_property
    def base_trade(self) -> pd.DataFrame:
        """Trade of the world in the latest year with GDP, million dollars."""
        return world.base_matrix()

    @cached_property
    def _usual_shares(self) -> Array:
        """Cargo shares (P, C) of every pair, bulk in the middle of its range."""
        return cargo.usual_shares(self.pairs)

    @cached_property
    def goods(self) -> world_response.Goods:
        """What :attr:`pairs` trade, by sector and cargo class."""
        return world_response.goods_of(self.pairs)

    @property
    def count(self) -> int:
        """Number of measures."""
        return len(self.measures)

    def transport(
        self,
        params: Params,
        active: npt.ArrayLike | None,
        year: npt.ArrayLike,
        demand: Mapping[Pair, Array],
        near: TransportState | Array | None = None,
        closure: str = "full",
    ) -> TransportState | None:
        """Queues, routes and trade with measures ``active`` (B, M) in place (None: none), or None off the network.

        ``demand`` is the study's trade at the costs of the base year. ``near`` is a state that the answer may be close to,
        to start from (:meth:`corridors.transport.system.System.solve`).
        """
        return self._settle(params, active, year, demand, near, closure)[0]

    def change(
        self,
        params: Params,
        active: Array,
        year: npt.ArrayLike,
        demand: Mapping[Pair, Array],
        before: TransportState | None = None,
        closure: str = "full",
        near: Array | None = None,
        guess: Guess | None = None,
    ) -> Change:
        """What ``active`` (B, M) of the measures change against none of them in ``year``.

        ``demand`` is the study's trade at the costs of the base year by directed pair, (B, C) million dollars. ``before`` is the
        state to compare with, if it is known already or another than without measures, of as many cases or one; if not,
        ``near`` is where to begin looking for it, and ``guess`` (:meth:`guess`) what to begin with where nothing better is known.
        """
        cases = max(active.shape[0], *(np.atleast_1d(v).shape[0] for v in params.values()))
        known = before is not None
        if before is None:
            before, first = self._settle(params, None, year, demand, near, closure, guess=guess)
        else:
            first = self._world(params, None, before, year, demand, closure, cases)
        after, last = before, first
        if self.count or known:
            after, last = self._settle(params, active, year, demand, before, closure, first)
            # Where nothing has changed, nothing has: not by the last digit of world trade solved in other company.
            same = (last.class_factor == first.class_factor).all(axis=(1, 2))
            last = _with_rows(last, np.flatnonzero(same), _all_rows(first, cases, same))
        residual = np.zeros(cases)
        for state, found in ((before, first), (after, last)):
            if state is not None:
                residual = np.maximum(residual, _apart(self._shift(params, state, demand, found), state.shift))
        change = Change(
            before, after, last.cost_factor / first.cost_factor, last.class_factor / first.class_factor,
            _ratio(last.response, first.response), np.broadcast_to(first.response.trade_factor, (cases, len(self.pairs))),
            np.broadcast_to(first.response.sector_factor, (cases, *first.response.sector_factor.shape[1:])), residual,
        )  # fmt: skip
        return _without_unsettled(change)

    def _settle(
        self, params: Params, active: npt.ArrayLike | None, year: npt.ArrayLike, demand: Mapping[Pair, Array],
        near: TransportState | Array | None, closure: str, beside: _World | None = None, guess: Guess | None = None,
    ) -> tuple[TransportState | None, _World]:  # fmt: skip
        """A state in which trade and traffic agree, and the world trade that fits it.

        ``beside`` is the world of the state ``near``: what that one leaves open between trade and traffic this one leaves
        open too, so that it does not show as a difference between the two.
        """
        phases = None if active is None else np.atleast_2d(np.asarray(active, dtype=float))
        cases = max(
            1 if phases is None else len(phases),
            *(np.atleast_1d(v).shape[0] for v in params.values()),
        )
        cases = max(
            cases,
            np.atleast_1d(np.asarray(year)).shape[0],
            *(len(np.atleast_2d(v)) for v in demand.values()),
        )
        if self.system is None:
            return None, self._world(params, phases, None, year, demand, closure, cases)
        joint = self._joint(params, phases, year, demand, closure, cases)
        if isinstance(near, TransportState) and beside is not None:
            joint = replace(joint, beside=self._beside(params, near, demand, beside))
        elif guess is not None:
            joint = replace(joint, begin=guess.rest)
            near = guess.place if near is None else near
        # before helpers are forked, so that they share it
        _ = joint.tuning
        state, found = self.system.solve_with(
            joint, params, active, year, demand if self.on_network else {}, near
        )
        # Cases that did not settle are left out, also where the world does not clear at their prices.
        found["residual"] = np.where(state.settled, found["residual"], 0.0)
        classes = self._class_factors(params, phases, state, cases)
        return state, self._world_of(joint, classes, found, closure)

    def _joint(
        self,
        params: Params,
        active: Array | None,
        year: npt.ArrayLike,
        demand: Mapping[Pair, Array],
        closure: str,
        cases: int,
    ) -> Joint:
        here, there = self._solved
        pairs = len(self.system.pairs) if self.system is not None else 0
        flown = (
            self._class_factors(params, active, None, cases)
            if self.flights and active is not None
            else None
        )
        theta = np.broadcast_to(
            np.atleast_1d(np.asarray(params["trade_elasticity"], dtype=float)), (cases,)
        )
        return Joint(
            self.goods, np.array(here, dtype=np.intp), np.array(there, dtype=np.intp), pairs, theta,
            np.broadcast_to(self.elasticities(params, year), (cases, len(sectors.names()))), self._weights(demand),
            self.goods.weights(self._own_shares(demand)), flown, closure, SHIFT_TOLERANCE, cases,
        )  # fmt: skip

    def _beside(
        self, params: Params, near: TransportState, demand: Mapping[Pair, Array], found: _World
    ) -> Beside:
        """What a state and the world that fits it say of one near to it."""
        here, there = self._solved
        response = found.response
        alone = world_response.alone(
            self.goods.weights(self._own_shares(demand)),
            found.class_factor,
            self.goods,
            found.theta,
        )
        shape = (max(len(alone), len(response.trade_factor)), near.shift.shape[1])
        rest = np.zeros(shape)
        rest[:, there] = np.log(np.maximum(response.trade_factor[:, here], _LEAST)) - np.log(
            np.maximum(alone[:, here], _LEAST)
        )
        slack = np.log(near.shift / self._shift(params, near, demand, found))
        arrays = (response.sector_factor, response.exports_factor, response.imports_factor, response.producer_price_factor,
                  response.real_gdp_factor, response.residual)  # fmt: skip
        return Beside(found.class_factor, rest, slack, dict(zip(FACTORS, arrays, strict=True)))

    def guess(
        self,
        params: Params,
        state: TransportState,
        year: npt.ArrayLike,
        demand: Mapping[Pair, Array],
    ) -> Guess:
        """What to begin with for cases near to that of ``state``, which is one case of this chain's."""
        here, there = self._solved
        theta = np.broadcast_to(self.elasticities(params, year), (1, len(sectors.names())))
        classes = self._class_factors(params, None, state, 1)
        alone = world_response.alone(
            self.goods.weights(self._own_shares(demand)), classes, self.goods, theta
        )
        weight = self._weights(demand)
        own = (
            trade_cost.pair_factors(classes, weight, params["trade_elasticity"])
            ** -np.asarray(params["trade_elasticity"])[:, None]
        )
        rest = np.zeros(state.shift.shape)
        ratio = np.maximum(own, _LEAST) / np.maximum(alone, _LEAST)
        rest[:, there] = np.clip(np.log(state.shift[:, there] * ratio[:, here]), -LONGEST, LONGEST)
        crossings = len(self.system.crossings) if self.system is not None else 0
        return Guess(state.place[:, :crossings], rest)

    def _own_shares(self, demand: Mapping[Pair, Array]) -> dict[Pair, Array]:
        """Shares (B, C) of cargo classes in the study's own trade."""
        own = {pair: np.atleast_2d(value) for pair, value in demand.items() if pair in self.pairs}
        return {pair: value / value.sum(axis=1, keepdims=True) for pair, value in own.items()}

    def _world_of(
        self, joint: Joint, classes: Array, found: Mapping[str, Array], closure: str
    ) -> _World:
        """The world whose arrays ``found`` were solved beside the queues."""
        base = sectors.base_world()
        worst = float(found["residual"].max(initial=0.0))
        if not worst <= RESIDUAL_LIMIT:
            raise NotConverged(
                f"world trade: markets are {worst:.1e} from clearing (allowed: {RESIDUAL_LIMIT:.0e})"
            )
        response = equilibrium.SectorResponse(
            labels=base.labels, pairs=self.goods.pairs, trade_factor=found["sector"][:, :, 0], exports_factor=found["exports"],
            imports_factor=found["imports"], producer_price_factor=found["price"], real_gdp_factor=found["real"],
            residual=found["residual"], closure=closure, names=base.names, sector_factor=found["sector"],
        )  # fmt: skip
        cost = world_response.by_sector(self.goods, classes)
        return _World(
            classes,
            *world_response.summed(joint.weight, cost, joint.by_sector, response),
            joint.by_sector,
        )

    def _world(
        self, params: Params, active: Array | None, state: TransportState | None, year: npt.ArrayLike, demand: Mapping[Pair, Array],
        closure: str, cases: int = 1,
    ) -> _World:  # fmt: skip
        """World trade that fits the costs of a state, against that of the base year's costs."""
        cases = max(cases, 1 if state is None else state.gap.size)
        classes = self._class_factors(params, active, state, cases)
        theta = np.broadcast_to(self.elasticities(params, year), (cases, len(sectors.names())))
        if (classes == 1.0).all():
            return _World(
                classes,
                np.ones(classes.shape[:2]),
                world_response.nothing(self.goods, cases, closure),
                theta,
            )
        shares = self._own_shares(demand)
        found = world_response.respond(
            self.goods, classes, shares, params, closure, years_in_force(self.since, year)
        )
        return _World(classes, *found, theta)

    def elasticities(self, params: Params, year: npt.ArrayLike) -> Array:
        """Trade elasticities (B, S) by sector that :meth:`change` uses in ``year``."""
        return elasticities.by_sector(params, years_in_force(self.since, year))

    @cached_property
    def _solved(self) -> tuple[list[int], list[int]]:
        """Positions among ``pairs`` of those that the network solves, and their positions there."""
        pairs = self.system.pairs if self.system is not None else ()
        position = {pair: p for p, pair in enumerate(pairs)}
        here = [p for p, pair in enumerate(self.pairs) if pair in position]
        return here, [position[self.pairs[p]] for p in here]

    def _shift(self, params: Params, state: TransportState, demand: Mapping[Pair, Array], found: _World) -> Array:
        """(B, P) factor on the demand of the network's pairs with which their traffic is that of the trade ``found``."""
        here, there = self._solved
        theta = params["trade_elasticity"]
        own = trade_cost.pair_factors(_prices(state)[:, there], self._weights(demand)[:, here], theta)
        shift = np.ones((own.shape[0], len(self.system.pairs if self.system else ())))
        wedge = np.log(np.maximum(found.response.trade_factor[:, here], _LEAST)) + np.asarray(theta)[:, None] * np.log(own)
        shift = np.broadcast_to(shift, (wedge.shape[0], shift.shape[1])).copy()
        # Trade that no way is open to is nothing, whatever the world makes of it.
        shift[:, there] = np.exp(np.where(own < CLOSED, np.clip(wedge, -LONGEST, LONGEST), 0.0))
        return shift

    def _class_factors(self, params: Params, active: Array | None, state: TransportState | None, cases: int) -> Array:
        """(B, P, C): routes and queues move every class, a first air service what is sold by people who meet."""
        out = np.ones((cases, len(self.pairs), len(cargo.CLASSES)))
        if state is not None:
            here, there = self._solved
            out[:, here] = _prices(state)[:, there]
        if active is None:
            return out
        differentiated = flights.differentiated_shares(cargo.CLASSES)
        for p, pair in enumerate(self.pairs):
            flown = [(m, per_week) for m, joined, per_week in self.flights if pair in (joined, joined[::-1])]
            if flown:
                per_week = sum(active[:, m] * count for m, count in flown)
                gain, half = (params[name] for name in flights.PARAMETERS)
                out[:, p] *= flights.cost_factor(per_week, differentiated, gain, half, params["trade_elasticity"])
        return out

    def _weights(self, demand: Mapping[Pair, Array]) -> Array:
        """Value shares (B or 1, P, C) of cargo classes: the study's own, elsewhere those of any other pair."""
        rows = []
        for pair, usual in zip(self.pairs, self._usual_shares, strict=True):
            if pair in demand:
                value = np.atleast_2d(demand[pair])
                rows.append(value / value.sum(axis=1, keepdims=True))
            else:
                rows.append(usual[None])
        size = max(row.shape[0] for row in rows)
        return np.stack([np.broadcast_to(row, (size, row.shape[1])) for row in rows], axis=1)




@dataclass(frozen=True)
class _World:
    """Cost factors of a state against the base year, (B, P, C) and (B, P), the world trade that fits them, and the elasticities (B, S)."""

    class_factor: Array
    cost_factor: Array
    response: equilibrium.SectorResponse
    theta: Array


_FACTORS = ("trade_factor", "exports_factor", "imports_factor", "producer_price_factor", "real_gdp_factor", "sector_factor")


def _prices(state: TransportState) -> Array:
    """Price factors of a state (B, P, C); what a case that did not settle says of prices is no price, and 1 stands for it."""
    return np.where(state.settled[:, None, None], state.price_factor, 1.0)


def _apart(fits: Array, shift: Array) -> Array:
    """(B,) largest |ln| of the trade that fits over the trade behind the traffic."""
    return np.asarray(np.abs(np.log(fits / shift)).max(axis=1, initial=0.0))


def _with_rows(whole: Any, rows: npt.NDArray[np.intp], new: Any) -> Any:
    """A state or world with the cases ``rows`` as in ``new``."""
    parts = {}
    for f in fields(whole):
        value, other = getattr(whole, f.name), getattr(new, f.name)
        if isinstance(value, np.ndarray):
            value = value.copy()
            value[rows] = other
        elif isinstance(value, equilibrium.Response):
            value = _with_rows(value, rows, other)
        parts[f.name] = value
    return type(whole)(**parts)


def _all_rows(whole: Any, cases: int, rows: npt.NDArray[np.bool_]) -> Any:
    """The cases ``rows`` of a world of as many cases or of one."""
    parts = {}
    for f in fields(whole):
        value = getattr(whole, f.name)
        if isinstance(value, np.ndarray):
            value = np.broadcast_to(value, (cases, *value.shape[1:]))[rows]
        elif isinstance(value, equilibrium.Response):
            value = _all_rows(value, cases, rows)
        parts[f.name] = value
    return type(whole)(**parts)


def _ratio(after: equilibrium.SectorResponse, before: equilibrium.SectorResponse) -> equilibrium.SectorResponse:
    """What happens from one state of the world to another, both known against a third; what was nothing stays as it is."""
    factors = {}
    for name in _FACTORS:
        new, old = getattr(after, name), getattr(before, name)
        factors[name] = np.divide(new, old, out=np.ones(np.broadcast_shapes(new.shape, old.shape)), where=old > 0.0)
    return replace(after, **factors, residual=np.maximum(after.residual, before.residual))


def _without_unsettled(change: Change) -> Change:
    """Cases of which a state did not settle show what a case beside them does; NotConverged where those are too many."""
    good = np.ones(len(change.residual), dtype=bool)
    for state in (change.before, change.after):
        if state is not None:
            good &= state.settled
    if good.all():
        return change
    must_settle(good, good.size, "with or without the measures")
    settled = np.flatnonzero(good)
    of = np.arange(good.size)
    of[~good] = settled[np.minimum(np.searchsorted(settled, of[~good]), settled.size - 1)]

    def taken(value: Any) -> Any:
        return value[of] if isinstance(value, np.ndarray) and value.shape[:1] == good.shape else value

    def some(found: Any) -> Any:
        return None if found is None else replace(found, **{f.name: taken(getattr(found, f.name)) for f in fields(found)})

    parts = {f.name: taken(getattr(change, f.name)) for f in fields(change)}
    parts.update(before=some(change.before), after=some(change.after), response=some(change.response))
    return Change(**{**parts, "unsettled": int((~good).sum())})


def build(pair: Pair, measures: Sequence[Any]) -> Chain:
    """Compile the network with ``measures`` for a study of ``pair``; pairs without a corridor use distance alone."""
    system: System | None = None
    on_network = True
    messages: tuple[str, ...]
    try:
        roads = network_of(pair, measures)
        messages = roads.messages
        system = choice.compile_system(roads, measures, study=pair)
    except NetworkError as error:
        roads = network.load()
        on_network, messages = False, (f"No goods of this pair have a way on the network ({error}).",)
    if system is None and measures:
        system = choice.compile_system(roads, measures)
    flown = tuple(
        (m, _economies(roads, measure.route), float(measure.flights_per_week))
        for m, measure in enumerate(measures)
        if measure.kind == "direct_flights"
    )
    first = tuple(row for row in flown if not flights.joined(*row[1]))
    return Chain(pair, tuple(measures), roads, system, on_network, first, messages, starts(measures))


def starts(measures: Sequence[Any]) -> tuple[float, ...]:
    """Years in which ``measures`` start; empty where one does not say."""
    found = [getattr(m, "start", None) for m in measures]
    return tuple(float(start) for start in found if start is not None) if None not in found else ()


def years_in_force(since: Sequence[float], year: npt.ArrayLike) -> Array | None:
    """Years, 1 the first, that what started ``since`` and is there in ``year`` has been there, their mean; None where nothing
    is known to start: the long run. Of the shape of ``year``."""
    if not since:
        return None
    age = np.asarray(year, dtype=float)[..., None] - np.array(since, dtype=float) + 1.0
    there = age >= 1.0
    return np.asarray(np.where(there, age, 0.0).sum(axis=-1) / np.maximum(there.sum(axis=-1), 1.0))


def two_way(trade_factor: Array, flows: Mapping[Pair, Array], pair: Pair) -> Array:
    """Percent change of a pair's two-way trade (...,) when its two directions change by ``trade_factor`` (..., P).

    The pair's directions are the first two columns; ``flows`` is its trade by directed pair and cargo class
    (..., C), of any leading shape that goes with the factors'.
    """
    exports, imports = flows[pair].sum(axis=-1), flows[pair[::-1]].sum(axis=-1)
    after = exports * trade_factor[..., 0] + imports * trade_factor[..., 1]
    return np.asarray(100.0 * (after / (exports + imports) - 1.0))


def effect_of(change: Change, flows: Mapping[Pair, Array], pair: Pair) -> Array:
    """Percent change (B,) of a pair's two-way trade by the measures of ``change``, against its trade without them.

    ``flows`` is the pair's trade at the costs of the base year by directed pair and cargo class, (B, C) or (1, C).
    """
    there = {p: flows[p] * change.before_factor[:, k, None] for k, p in enumerate((pair, pair[::-1]))}
    return two_way(change.response.trade_factor, there, pair)


def distance_km(pair: Pair) -> float:
    """Distance between the two economies of ``pair`` as the gravity model knows it."""
    panels = panel.load()
    return float(np.exp(panels.geography[panels.position(pair[0]), panels.position(pair[1]), 0]))


def _economies(roads: Network, route: Sequence[str]) -> Pair:
    a, b = (roads.economies[roads.airport(code)][0] for code in route)
    return a, b
