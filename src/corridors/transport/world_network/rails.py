"""Ways by rail: the shortest line between two cities on the world's railways, and what a train takes.

A railway is a way only where the graph joins both cities; gauge and use by freight are not known,
so the mode constants of ``mode_model`` decide how much of it is used. Rates and speeds follow the
trains of ``data/network/services.csv``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from corridors.data.geometry import great_circle_km
from corridors.transport.world_network import borders
from corridors.transport.world_network.tables import both_ways, rails, roads
from corridors.transport.world_network.trains import (
    BORDER_DAYS,
    KM_PER_DAY,
    TERMINAL_DAYS,
    TERMINAL_USD_PER_T,
    USD_PER_T_KM,
)

TRAINS_PER_WEEK = 3.0
_STATION_WITHIN_KM = 60.0


@dataclass(frozen=True)
class Train:
    """A railway between two cities: km, days, dollars a tonne, and the borders it crosses."""

    km: float
    days: float
    usd_per_t: float
    crossings: tuple[str, ...]


@lru_cache(maxsize=1)
def _matrix() -> sparse.csr_array:
    graph = rails()
    closed = {
        frozenset((r.economy_a, r.economy_b))
        for r in borders.states().itertuples()
        if not isinstance(r.crossing, str)
    }
    closed_nodes = [
        len(graph.places) + i
        for i, (a, b) in enumerate(zip(graph.crossings["economy_a"], graph.crossings["economy_b"], strict=True))
        if frozenset((a, b)) in closed
    ]
    usable = ~np.isin(graph.a, closed_nodes) & ~np.isin(graph.b, closed_nodes)
    return both_ways(graph.a[usable], graph.b[usable], np.maximum(graph.km[usable], 1e-3), len(graph.names))


@lru_cache(maxsize=2048)
def _station(place: str) -> int | None:
    """The node of the railways that serves a place of the roads."""
    graph, on_road = rails(), roads()
    if place in graph.number:
        return graph.number[place]
    if place not in on_road.number:
        return None
    at = on_road.number[place]
    near = graph.places_of.get(on_road.sides[at][0])
    if near is None:
        return None
    km = great_circle_km(on_road.latitude[at], on_road.longitude[at], graph.latitude[near], graph.longitude[near])
    return int(near[int(np.argmin(km))]) if km.min() <= _STATION_WITHIN_KM else None


@lru_cache(maxsize=512)
def _from(node: int) -> tuple[np.ndarray, np.ndarray]:
    distance, before = dijkstra(_matrix(), directed=True, indices=node, return_predecessors=True)
    return distance, before


@lru_cache(maxsize=4096)
def train(origin: str, destination: str) -> Train | None:
    """The railway between two places of the roads; None where the graph has none."""
    start, end = _station(origin), _station(destination)
    if start is None or end is None or start == end:
        return None
    distance, before = _from(start)
    km = float(distance[end])
    if not np.isfinite(km):
        return None
    graph, node, passed = rails(), end, []
    while node != start:
        if graph.is_crossing(node):
            passed.append(graph.names[node])
        node = int(before[node])
    days = km / KM_PER_DAY + TERMINAL_DAYS + BORDER_DAYS * len(passed)
    return Train(km, days, 2 * TERMINAL_USD_PER_T + USD_PER_T_KM * km, tuple(reversed(passed)))
