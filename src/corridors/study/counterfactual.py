"""From measures to trade, for many cases at once: queues and routes, trade costs, world trade.

A case is a draw of the parameters, a subset of the measures or a year; all go through the same
arrays. The steps are those of the method: route equilibrium before and after
(:mod:`corridors.transport.system`), an ad valorem cost factor for each directed pair and cargo
class (:mod:`corridors.transport.trade_cost`), world trade by sector that fits the factors
(:mod:`corridors.study.world_response`). With no measure active every factor is exactly 1.

Trade and traffic agree: in a state each pair's trucks are those of the trade that its own cost
leaves, times what the rest of the world makes of it (``shift``: multilateral resistance and
incomes). Traffic gives costs, costs give world
trade, and world trade gives the shift: one fixed point, to :data:`SHIFT_TOLERANCE`
(:mod:`corridors.transport.feedback`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors import equilibrium
from corridors.data import panel
from corridors.equilibrium.hats import RESIDUAL_LIMIT
from corridors.errors import NetworkError, NotConverged
from corridors.study import world_response
from corridors.study.joint import PLACE, Beside, Joint, Place
from corridors.study.phases import starts, years_in_force
from corridors.study.settled import OF_RESPONSE, Change, Settled, World, change_between
from corridors.trade import cargo, elasticities, sectors, world
from corridors.transport import flights, network, trade_cost
from corridors.transport import system as choice
from corridors.transport.feedback import within
from corridors.transport.network import Network
from corridors.transport.system import Pair, System, TransportState
from corridors.transport.world_network import pipelines
from corridors.transport.world_network.study import knows, network_of, no_way

Array = npt.NDArray[np.float64]
Params = Mapping[str, Array]


SHIFT_TOLERANCE = 2e-7
"""How far ln trade and ln of the trade behind the traffic of a pair may lie apart."""
_LEAST = 1e-300


@dataclass(frozen=True)
class Chain:
    """The network with a scenario's measures, ready for any number of cases. Build it with :func:`build`.

    ``study`` is the scenario's pair; ``system`` None where the network reaches neither of its
    economies nor any measure; ``on_network`` whether the pair's own goods have routes in it;
    ``messages`` are sentences that a user must see. ``flights`` are direct flights between
    economies that have none today: number of the measure, pair, flights a week. ``since`` are the
    years in which the scenario's measures start, by which elasticities grow
    (:meth:`ages`), each by its part in ``parts`` (empty: all alike; :func:`corridors.study.ages.dated`). Without measures
    they have grown since ``usual`` (empty: as with them).
    """

    study: Pair
    measures: tuple[Any, ...]
    network: Network
    system: System | None
    on_network: bool
    flights: tuple[tuple[int, Pair, float], ...]
    messages: tuple[str, ...] = ()
    since: tuple[float, ...] = ()
    parts: tuple[float, ...] = ()
    usual: tuple[float, ...] = ()

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

    def settle(
        self,
        params: Params,
        active: npt.ArrayLike | None,
        year: npt.ArrayLike,
        demand: Mapping[Pair, Array],
        near: Settled | None = None,
        closure: str = "full",
    ) -> Settled:
        """Queues, routes and world trade that agree, with measures ``active`` (B, M) in place (None: none).

        ``demand`` is the study's trade at the costs of the base year by directed pair, (B, C)
        million dollars. The search begins at ``near``, of as many cases or one; None: at the base
        year.
        """
        return self._settle(params, active, year, demand, closure, near, None)

    def change(
        self,
        params: Params,
        active: Array,
        year: npt.ArrayLike,
        demand: Mapping[Pair, Array],
        before: Settled | None = None,
        closure: str = "full",
        near: Settled | None = None,
        draws: int = 0,
    ) -> Change:
        """What ``active`` (B, M) of the measures change against none of them in ``year``.

        ``demand`` and ``near`` as in :meth:`settle`. ``before`` is the state to compare with, if it
        is known already or another than without measures, of as many cases or one. Where the cases
        are a part of a run of ``draws``, one in a thousand of those may be left out as unsettled.
        """
        cases = max(active.shape[0], *(np.atleast_1d(v).shape[0] for v in params.values()))
        known = before is not None
        start = before if before is not None else self._settle(params, None, year, demand, closure, near, None, draws)
        end = self._settle(params, active, year, demand, closure, start, start, draws) if self.count or known else start
        residual = np.zeros(cases)
        for settled in (start, end):
            if settled.state is not None:
                residual = np.maximum(
                    residual,
                    _apart(
                        self._shift(params, settled.state, demand, settled.world),
                        settled.state.shift,
                    ),
                )
        return change_between(start, end, residual, draws)

    def _settle(
        self, params: Params, active: npt.ArrayLike | None, year: npt.ArrayLike,
        demand: Mapping[Pair, Array], closure: str,
        near: Settled | None, beside: Settled | None, draws: int = 0,
    ) -> Settled:  # fmt: skip
        """A state in which trade and traffic agree, and the world trade that fits it.

        ``beside`` is another state of the same cases: what that one leaves open between trade and
        traffic this one leaves open too, so that it does not show as a difference between the two.
        """
        phases = None if active is None else np.atleast_2d(np.asarray(active, dtype=float))
        sizes = [1 if phases is None else len(phases), np.atleast_1d(np.asarray(year)).shape[0]]
        sizes += [np.atleast_1d(v).shape[0] for v in params.values()]
        cases = max(*sizes, *(len(np.atleast_2d(v)) for v in demand.values()))
        if self.system is None:
            return Settled(None, self._world(params, phases, year, demand, closure, cases))
        joint = self._joint(params, phases, year, demand, closure, cases, beside)
        place = None if near is None else near.world.place
        signals = 0 if joint.linear is None else joint.linear.response.shape[2]
        if place is not None and (
            place.rest.shape[1] != len(self.system.pairs)
            or signals not in (0, place.signals.shape[1])
        ):
            # other pairs
            place = None
        known = None if beside is None else self._beside(params, beside, demand)
        if known is not None and place is not None:
            # what fits the world there, without what is left open
            place = replace(place, rest=place.rest - known.slack)
        joint = replace(joint, near=place, beside=known, draws=max(draws, cases))
        # before helpers are forked, so that they share it
        _ = joint.tuning, joint.answer
        start: TransportState | Array | None = None
        if near is not None and near.state is not None:
            # Other cases' queues are a hint where to look; only in those of the same cases does
            # what is unchanged stay.
            start = near.state if beside is not None else near.state.place[:, : len(self.system.crossings)]
        state, found = self.system.solve_with(joint, params, active, year, demand if self.on_network else {}, start)
        # Cases that did not settle are left out, also where the world does not clear at their
        # prices.
        found["residual"] = np.where(state.settled, found["residual"], 0.0)
        classes = self._class_factors(params, phases, state, cases)
        return Settled(state, self._world_of(joint, classes, found, closure))

    def _joint(
        self,
        params: Params,
        active: Array | None,
        year: npt.ArrayLike,
        demand: Mapping[Pair, Array],
        closure: str,
        cases: int,
        beside: Settled | None,
    ) -> Joint:
        here, there = self._solved
        own = np.broadcast_to(self.elasticities(params, year, active is None), (cases, len(sectors.names())))
        base = own if beside is None else np.broadcast_to(beside.world.theta, own.shape)
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
            base, self._weights(demand),
            self.goods.weights(self._own_shares(demand)), flown, closure, SHIFT_TOLERANCE, cases,
            later=None if np.array_equal(own, base) else own,
        )  # fmt: skip

    def _beside(self, params: Params, near: Settled, demand: Mapping[Pair, Array]) -> Beside | None:
        """What a state says of one near to it."""
        if near.state is None:
            return None
        here, there = self._solved
        found, response = near.world, near.world.response
        pull = found.own_pull(self.goods)
        alone = world_response.alone(self.goods.weights(self._own_shares(demand)), pull)
        answer = np.zeros((max(len(alone), len(response.trade_factor)), near.state.shift.shape[1]))
        answer[:, there] = np.log(np.maximum(response.trade_factor[:, here], _LEAST)) - np.log(
            np.maximum(alone[:, here], _LEAST)
        )
        slack = np.log(near.state.shift / self._shift(params, near.state, demand, found))
        return Beside(
            found.class_factor,
            pull,
            found.cost_factor,
            answer,
            slack,
            {name: getattr(response, field) for name, field in OF_RESPONSE.items()},
        )

    def _own_shares(self, demand: Mapping[Pair, Array]) -> dict[Pair, Array]:
        """Shares (B, C) of cargo classes in the study's own trade."""
        own = {pair: np.atleast_2d(value) for pair, value in demand.items() if pair in self.pairs}
        return {pair: value / value.sum(axis=1, keepdims=True) for pair, value in own.items()}

    def _world_of(self, joint: Joint, classes: Array, found: Mapping[str, Array], closure: str) -> World:
        """The world whose arrays ``found`` were solved beside the queues."""
        base = sectors.base_world()
        worst = float(found["residual"].max(initial=0.0))
        if not worst <= RESIDUAL_LIMIT:
            raise NotConverged(f"world trade: markets are {worst:.1e} from clearing (allowed: {RESIDUAL_LIMIT:.0e})")
        response = equilibrium.SectorResponse(
            labels=base.labels, pairs=self.goods.pairs, trade_factor=found["sector"][:, :, 0],
            closure=closure, names=base.names,
            **{field: found[name] for name, field in OF_RESPONSE.items()},
        )  # fmt: skip
        cost = world_response.by_sector(self.goods, classes)
        place = Place(*(found[name] for name in PLACE))
        before = joint.before
        if before is None or joint.later is None:
            summed = world_response.summed(joint.weight, cost, joint.by_sector, response)
            return World(classes, *summed, joint.by_sector, place)
        pull = joint.pull(classes, slice(None))
        felt = world_response.felt_cost(joint.weight, before.pull, pull, joint.later)
        trade = 1.0 + (joint.weight * (response.sector_factor - 1.0)).sum(axis=2)
        return World(classes, before.cost_factor * felt, replace(response, trade_factor=trade), joint.by_sector, place, pull)

    def _world(
        self, params: Params, active: Array | None, year: npt.ArrayLike, demand: Mapping[Pair, Array], closure: str, cases: int
    ) -> World:
        """World trade off the network, against that of the base year's costs."""
        classes = self._class_factors(params, active, None, cases)
        theta = np.broadcast_to(self.elasticities(params, year), (cases, len(sectors.names())))
        if (classes == 1.0).all():
            return World(classes, np.ones(classes.shape[:2]), world_response.nothing(self.goods, cases, closure), theta)
        shares = self._own_shares(demand)
        found = world_response.respond(self.goods, classes, shares, params, closure, self.ages(year))
        return World(classes, *found, theta)

    def elasticities(self, params: Params, year: npt.ArrayLike, before: bool = False) -> Array:
        """Trade elasticities (B, S) by sector with which trade answers the measures in ``year``; ``before``: all else."""
        grown = years_in_force(self.usual, year) if before and self.usual else self.ages(year)
        return elasticities.by_sector(params, grown)

    def ages(self, year: npt.ArrayLike) -> Array | None:
        """How many years the measures have been there in ``year`` (:func:`~corridors.study.phases.years_in_force`)."""
        return years_in_force(self.since, year, self.parts)

    @cached_property
    def _solved(self) -> tuple[list[int], list[int]]:
        """Positions among ``pairs`` of those that the network solves, and their positions there."""
        pairs = self.system.pairs if self.system is not None else ()
        position = {pair: p for p, pair in enumerate(pairs)}
        here = [p for p, pair in enumerate(self.pairs) if pair in position]
        return here, [position[self.pairs[p]] for p in here]

    def _shift(self, params: Params, state: TransportState, demand: Mapping[Pair, Array], found: World) -> Array:
        """(B, P) factor on the demand of the network's pairs with which their traffic is that of
        the trade ``found``."""
        here, there = self._solved
        theta = params["trade_elasticity"]
        own = trade_cost.pair_factors(_prices(state)[:, there], self._weights(demand)[:, here], theta)
        shift = np.ones((own.shape[0], len(self.system.pairs if self.system else ())))
        wedge = np.log(np.maximum(found.response.trade_factor[:, here], _LEAST)) + np.asarray(
            theta
        )[:, None] * np.log(own)
        shift = np.broadcast_to(shift, (wedge.shape[0], shift.shape[1])).copy()
        # Trade that no way is open to is nothing, whatever the world makes of it.
        shift[:, there] = np.exp(within(wedge, np.log(own)))
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


def _prices(state: TransportState) -> Array:
    """Price factors of a state (B, P, C); what a case that did not settle says of prices is no
    price, and 1 stands for it."""
    return np.where(state.settled[:, None, None], state.price_factor, 1.0)


def _apart(fits: Array, shift: Array) -> Array:
    """(B,) largest |ln| of the trade that fits over the trade behind the traffic."""
    return np.asarray(np.abs(np.log(fits / shift)).max(axis=1, initial=0.0))


def build(pair: Pair, measures: Sequence[Any]) -> Chain:
    """Compile the network with ``measures`` for a study of ``pair``; pairs without a corridor use distance alone."""
    try:
        roads = network_of(pair, measures)
        system: System | None = choice.compile_system(roads, measures, study=pair)
        on_network, messages = True, roads.messages if roads.compiled else tuple(pipelines.told(*pair, outside=True))
    except NetworkError as error:
        roads, system = network.load(), _through_others(measures, error)
        on_network, messages = False, (_no_way(pair, bool(measures), error),)
    flown = [(m, _economies(roads, one.route), float(one.flights_per_week)) for m, one in enumerate(measures) if one.kind == "direct_flights"]
    first = tuple(row for row in flown if not flights.joined(*row[1]))
    return Chain(pair, tuple(measures), roads, system, on_network, first, messages, starts(measures))


def _through_others(measures: Sequence[Any], why: NetworkError) -> System | None:
    """The checked network, where measures reach a pair by the trade of others alone; the first error where it lacks them too."""
    try:
        return choice.compile_system(network.load(), measures) if measures else None
    except NetworkError:
        raise why from None


def _no_way(pair: Pair, acting: bool, error: NetworkError) -> str:
    if acting and not knows(pair):
        return "The measures lie on a part of the network that no goods of this pair pass."
    return no_way(error)


def two_way(trade_factor: Array, flows: Mapping[Pair, Array], pair: Pair) -> Array:
    """Percent change of a pair's two-way trade (...,) when its two directions change by ``trade_factor`` (..., P).

    The pair's directions are the first two columns; ``flows`` is its trade by directed pair and
    cargo class (..., C), of any leading shape that goes with the factors'.
    """
    exports, imports = flows[pair].sum(axis=-1), flows[pair[::-1]].sum(axis=-1)
    after = exports * trade_factor[..., 0] + imports * trade_factor[..., 1]
    return np.asarray(100.0 * (after / (exports + imports) - 1.0))


def effect_of(change: Change, flows: Mapping[Pair, Array], pair: Pair) -> Array:
    """Percent change (B,) of a pair's two-way trade by the measures of ``change``, against its trade without them.

    ``flows`` is the pair's trade at the costs of the base year by directed pair and cargo class,
    (B, C) or (1, C).
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
