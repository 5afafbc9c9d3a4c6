"""Shortest ways over the world's roads: Dijkstra's method on money and time, borders included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components, dijkstra

from corridors.data.geometry import great_circle_km
from corridors.transport.world_network import borders, costs
from corridors.transport.world_network.tables import Graph, both_ways, kept_once, roads

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Way:
    """A way by road: ids of places and crossings in order, crossings passed, and what it takes without queues.

    ``usd_per_t`` and ``hours`` hold crossings; ``cost`` is what the search minimises, dollars a
    tonne with hours in it.
    """

    nodes: tuple[str, ...]
    crossings: tuple[str, ...]
    km: float
    hours: float
    usd_per_t: float
    cost: float


class Search:
    """The road graph with the generalised cost of every edge; crossings in ``shut`` cannot be passed.

    Roads inside an economy run through the nodes of its crossings, and go on where those are shut:
    a crossing that cannot be passed is two nodes, one for each side (the second's number is that of
    the crossing and all nodes of the graph together).
    """

    def __init__(self, graph: Graph, shut: frozenset[str] = frozenset()) -> None:
        self.graph = graph
        codes, which = np.unique(graph.economy_of, return_inverse=True)
        rows = [costs.road(str(code)) for code in codes]
        self.usd = graph.km * np.array([r.usd_per_t_km for r in rows])[which]
        self.hours = graph.km * np.array([1.0 / r.speed_kmh / r.moving_share for r in rows])[which]
        count, places = len(graph.names), len(graph.places)
        self.border_hours, self.border_usd = np.zeros(count), np.zeros(count)
        for i, (name, row) in enumerate(zip(graph.crossings["crossing"], borders.all_borders(), strict=True)):
            self.border_hours[places + i] = row.hours
            self.border_usd[places + i] = row.fee_usd / costs.PAYLOAD_T
            if str(name) in shut:
                self.border_usd[places + i] = np.inf
        self.barred = ~np.isfinite(self.border_usd)
        toll = np.where(self.barred, 0.0, self.border_usd + costs.USD_PER_T_HOUR * self.border_hours)
        self._far_side = np.array([s[1] if len(s) > 1 else "" for s in graph.sides], dtype=str)
        self.cost = self.usd + costs.USD_PER_T_HOUR * self.hours + 0.5 * (toll[graph.a] + toll[graph.b])
        self._edge = {(int(graph.a[e]), int(graph.b[e])): int(e) for e in kept_once(graph.a, graph.b, self.cost)}
        self._edge.update({(b, a): e for (a, b), e in self._edge.items()})
        self.matrix = self._matrix(self.barred)

    def _matrix(self, barred: npt.NDArray[np.bool_]) -> sparse.csr_array:
        graph, count = self.graph, len(self.graph.names)
        a, b = (
            np.where(barred[end] & (graph.economy_of == self._far_side[end]), end + count, end)
            for end in (graph.a, graph.b)
        )
        return both_ways(a, b, np.maximum(self.cost, 1e-6), 2 * count)

    def from_nodes(self, nodes: Sequence[int] | Index, without: Iterable[int] = ()) -> tuple[Array, Index]:
        """Costs (K, 2 N) from each of ``nodes`` to all, and predecessors; crossings ``without`` are not passed."""
        matrix = self.matrix
        avoid = list(without)
        if avoid:
            barred = np.zeros(len(self.graph.names), dtype=bool)
            barred[avoid] = True
            matrix = self._matrix(self.barred | barred)
        distance, before = dijkstra(
            matrix,
            directed=True,
            indices=np.asarray(nodes, dtype=np.intp),
            return_predecessors=True,
        )
        return np.atleast_2d(distance), np.atleast_2d(before)

    def way(self, before: Index, start: int, end: int) -> Way | None:
        """The way from ``start`` to ``end`` by one row of predecessors; None without one."""
        nodes = [end]
        while nodes[-1] != start:
            previous = int(before[nodes[-1]])
            if previous < 0:
                return None
            nodes.append(previous)
        return self.described([node % len(self.graph.names) for node in nodes[::-1]])

    def described(self, nodes: Sequence[int]) -> Way:
        """What a way through ``nodes`` takes."""
        graph = self.graph
        edges = [self._edge[a, b] for a, b in zip(nodes[:-1], nodes[1:], strict=True)]
        passed = [
            n for k, n in enumerate(nodes[1:-1], start=1)
            if graph.is_crossing(n) and graph.economy_of[edges[k - 1]] != graph.economy_of[edges[k]]
        ]  # fmt: skip
        at_border = [n for n in passed if np.isfinite(self.border_usd[n])]
        return Way(
            nodes=tuple(graph.names[n] for n in nodes),
            crossings=tuple(graph.names[n] for n in passed),
            km=float(graph.km[edges].sum()),
            hours=float(self.hours[edges].sum() + self.border_hours[passed].sum()),
            usd_per_t=float(self.usd[edges].sum() + self.border_usd[at_border].sum()),
            cost=float(self.cost[edges].sum()),
        )

    def economy_between(self, a: int, b: int) -> str:
        """Economy of the edge between two nodes that are joined; "" where ``a`` is no node (a
        predecessor of a start)."""
        count = len(self.graph.names)
        return str(self.graph.economy_of[self._edge[a % count, b % count]]) if a >= 0 else ""

    def legs(self, way: Way) -> list[tuple[str, float]]:
        """Economy and kilometres of each stretch of ``way``, in order."""
        nodes = [self.graph.number[name] for name in way.nodes]
        edges = [self._edge[a, b] for a, b in zip(nodes[:-1], nodes[1:], strict=True)]
        return [(str(self.graph.economy_of[e]), float(self.graph.km[e])) for e in edges]


@lru_cache(maxsize=1)
def today() -> Search:
    """Roads of the world with the borders that are open in the base state."""
    graph = roads()
    return Search(graph, borders.shut() | borders.minor())


@lru_cache(maxsize=1)
def with_all_open() -> Search:
    """Roads of the world as if every border were open."""
    return Search(roads())


@lru_cache(maxsize=1)
def _land() -> npt.NDArray[np.int32]:
    graph = roads()
    labels: npt.NDArray[np.int32] = connected_components(both_ways(graph.a, graph.b, np.ones(len(graph.a)), len(graph.names)), directed=False)[1]
    return labels


def gap_km(a: str, b: str) -> float:
    """The shortest straight line between a place that roads join to ``a`` and one that they join to ``b``, with every border open:
    0 on one land; 0 too where one of them is not among the world's places."""
    graph = roads()
    if a not in graph.number or b not in graph.number:
        return 0.0
    land = _land()
    one, other = (np.flatnonzero(land == land[graph.number[place]]) for place in (a, b))
    if one[0] == other[0]:
        return 0.0
    ends = [(graph.latitude[nodes], graph.longitude[nodes]) for nodes in (one, other)]
    return float(great_circle_km(ends[0][0][:, None], ends[0][1][:, None], ends[1][0], ends[1][1]).min())
