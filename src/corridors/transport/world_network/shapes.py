"""Lines of the world network's ways, for maps: the places a road passes, the nodes of a sea lane."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from corridors.transport.world_network import gateways, seas
from corridors.transport.world_network.tables import both_ways, roads, sea

Array = npt.NDArray[np.float64]


@lru_cache(maxsize=1024)
def line(a: str, b: str, mode: str) -> Array | None:
    """(N, 2) longitudes and latitudes of a road inside one economy or a lane between ports; None without one."""
    if mode == "road":
        return _road(a, b)
    if mode == "sea":
        return _lane(a, b)
    return None


def _road(a: str, b: str) -> Array | None:
    graph = roads()
    if a not in graph.number or b not in graph.number:
        return None
    start, end = graph.number[a], graph.number[b]
    shared = [e for e in graph.sides[start] if e in graph.sides[end]]
    if not shared:
        return None
    edges = graph.edges_of[shared[0]]
    used, position = np.unique(np.concatenate([graph.a[edges], graph.b[edges], [start, end]]), return_inverse=True)
    count = len(edges)
    matrix = both_ways(position[:count], position[count : 2 * count], np.maximum(graph.km[edges], 1e-3), len(used))
    found = _walk(matrix, int(position[-2]), int(position[-1]))
    return None if found is None else np.column_stack([graph.longitude[used[found]], graph.latitude[used[found]]])


def _walk(matrix: sparse.csr_array, start: int, end: int) -> list[int] | None:
    _, before = dijkstra(matrix, directed=True, indices=start, return_predecessors=True)
    nodes = [end]
    while nodes[-1] != start:
        previous = int(before[nodes[-1]])
        if previous < 0:
            return None
        nodes.append(previous)
    return nodes[::-1]


@lru_cache(maxsize=1)
def _port_number() -> dict[str, int]:
    found: dict[str, int] = {}
    for p, port in enumerate(sea().ports["port"]):
        found.setdefault(gateways.place_of_port(p) or str(port), p)
    return found


def _lane(a: str, b: str) -> Array | None:
    number, graph = _port_number(), sea()
    if a not in number or b not in number:
        return None
    nodes = graph.ports["sea_node"].to_numpy(dtype=np.intp)
    found = _walk(seas.matrix(), int(nodes[number[a]]), int(nodes[number[b]]))
    return None if found is None else np.column_stack([graph.longitude[found], graph.latitude[found]])

