"""From measures to trade, for many cases at once: queues and routes, trade costs, world trade.

A case is a draw of the parameters, a subset of the measures or a year; all go through the same arrays. The
steps are those of the method: route equilibrium before and after (:mod:`corridors.transport.system`), one ad valorem cost
factor for each directed pair (:mod:`corridors.transport.trade_cost`), world trade that fits the factors
(:mod:`corridors.equilibrium`). With no measure active every factor is exactly 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors import equilibrium
from corridors.data import panel
from corridors.errors import NetworkError
from corridors.trade import cargo, world
from corridors.transport import flights, network, trade_cost
from corridors.transport import system as choice
from corridors.transport.network import Network
from corridors.transport.system import Pair, System, TransportState

Array = npt.NDArray[np.float64]
Params = Mapping[str, Array]


@dataclass(frozen=True)
class Change:
    """What measures change in B cases.

    ``before`` and ``after`` are the solved transport states, None where no corridor is known. ``cost_factor``
    (B, P) tau'/tau by directed pair, ``class_factor`` (B, P, C) of its cargo classes, and ``response`` world
    trade that fits (:class:`corridors.equilibrium.Response`).
    """

    before: TransportState | None
    after: TransportState | None
    cost_factor: Array
    class_factor: Array
    response: equilibrium.Response

    def trade_factor(self, p: int) -> Array:
        """New over old trade (B,) of directed pair number ``p``."""
        return np.asarray(self.response.trade_factor[:, p])


@dataclass(frozen=True)
class Chain:
    """The network with a scenario's measures, ready for any number of cases. Build it with :func:`build`.

    ``study`` is the scenario's pair; ``system`` None where the network reaches neither of its economies nor any
    measure; ``on_network`` whether the pair's own goods have routes in it. ``flights`` are direct flights between
    economies that have none today: number of the measure, pair, flights a week.
    """

    study: Pair
    measures: tuple[Any, ...]
    network: Network
    system: System | None
    on_network: bool
    flights: tuple[tuple[int, Pair, float], ...]

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
    ) -> TransportState | None:
        """Queues and routes with measures ``active`` (B, M) in place (None: none), or None off the network.

        ``near`` is a state that the answer may be close to, to start from (:meth:`corridors.transport.system.System.solve`).
        """
        if self.system is None:
            return None
        return self.system.solve(params, active=active, year=year, demand=demand if self.on_network else None, near=near)

    def change(
        self,
        params: Params,
        active: Array,
        year: npt.ArrayLike,
        demand: Mapping[Pair, Array],
        before: TransportState | None = None,
        closure: str = "full",
        near: Array | None = None,
    ) -> Change:
        """What ``active`` (B, M) of the measures change against none of them in ``year``.

        ``demand`` is the study's trade by directed pair, (B, C) million dollars. ``before`` is the state to compare with,
        if it is known already or another than without measures, of as many cases or one; if not, ``near`` is where to begin looking for it.
        """
        cases = max(active.shape[0], *(np.atleast_1d(v).shape[0] for v in params.values()))
        known = before is not None
        before = before if before is not None else self.transport(params, None, year, demand, near)
        after = self.transport(params, active, year, demand, before) if self.count or known else before
        classes = self._class_factors(params, active, before, after, cases)
        factor = trade_cost.pair_factors(classes, self._weights(params, demand), params["trade_elasticity"])
        response = equilibrium.respond(
            self.base_trade, self.pairs, factor, np.broadcast_to(params["trade_elasticity"], (cases,)), closure=closure
        )
        return Change(before, after, factor, classes, response)

    def _class_factors(
        self, params: Params, active: Array, before: TransportState | None, after: TransportState | None, cases: int
    ) -> Array:
        """(B, P, C): routes and queues move every class, a first air service what is sold by people who meet."""
        out = np.ones((cases, len(self.pairs), len(cargo.CLASSES)))
        if before is not None and after is not None and self.system is not None:
            solved = trade_cost.class_factors(before.composite_cost, after.composite_cost, before.mean_cost)
            here = [p for p, pair in enumerate(self.pairs) if pair in self.system.pairs]
            out[:, here] = solved[:, [self.system.pairs.index(self.pairs[p]) for p in here]]
        differentiated = flights.differentiated_shares(cargo.CLASSES)
        for p, pair in enumerate(self.pairs):
            flown = [(m, per_week) for m, joined, per_week in self.flights if pair in (joined, joined[::-1])]
            if flown:
                per_week = sum(active[:, m] * count for m, count in flown)
                gain, half = (params[name] for name in flights.PARAMETERS)
                out[:, p] *= flights.cost_factor(per_week, differentiated, gain, half, params["trade_elasticity"])
        return out

    def _weights(self, params: Params, demand: Mapping[Pair, Array]) -> Array:
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


def build(pair: Pair, measures: Sequence[Any]) -> Chain:
    """Compile the network with ``measures`` for a study of ``pair``; pairs without a corridor use distance alone."""
    roads = network.load()
    known = {economy for economy, _ in roads.gateways}
    system: System | None = None
    on_network = known.issuperset(pair)
    if on_network:
        try:
            system = choice.compile_system(roads, measures, study=pair)
        except NetworkError:
            on_network = False
    if system is None and measures:
        system = choice.compile_system(roads, measures)
    flown = tuple(
        (m, _economies(roads, measure.route), float(measure.flights_per_week))
        for m, measure in enumerate(measures)
        if measure.kind == "direct_flights"
    )
    first = tuple(row for row in flown if not flights.joined(*row[1]))
    return Chain(pair, tuple(measures), roads, system, on_network, first)


def two_way(trade_factor: Array, flows: Mapping[Pair, Array], pair: Pair) -> Array:
    """Percent change of a pair's two-way trade (...,) when its two directions change by ``trade_factor`` (..., P).

    The pair's directions are the first two columns; ``flows`` is its trade by directed pair and cargo class
    (..., C), of any leading shape that goes with the factors'.
    """
    exports, imports = flows[pair].sum(axis=-1), flows[pair[::-1]].sum(axis=-1)
    after = exports * trade_factor[..., 0] + imports * trade_factor[..., 1]
    return np.asarray(100.0 * (after / (exports + imports) - 1.0))


def distance_km(pair: Pair) -> float:
    """Distance between the two economies of ``pair`` as the gravity model knows it."""
    panels = panel.load()
    return float(np.exp(panels.geography[panels.position(pair[0]), panels.position(pair[1]), 0]))


def _economies(roads: Network, route: Sequence[str]) -> Pair:
    a, b = (roads.economies[roads.airport(code)][0] for code in route)
    return a, b
