"""The tables of ``data/world`` as arrays: places and crossings as nodes, roads, railways and sea lanes as edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from corridors.data import tables as data
from corridors.data.geometry import great_circle_km

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

# Lanes that ships do not use: the passage north of Canada, and the canal between Don and Volga, a
# river.
_NO_LANE = ("northwest",)
_VOLGA_DON = (43.0, 49.0, 45.0, 49.6)


def kept_once(a: Index, b: Index, length: Array) -> Index:
    """Positions of the edges to keep, the shortest of those that join the same two nodes either way round."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((length, high, low))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    return np.asarray(order[first], dtype=np.intp)


def both_ways(a: Index, b: Index, length: Array, count: int) -> sparse.csr_array:
    """Edges as a sparse matrix (count, count) of lengths, the same in both directions; of two that join the same nodes
    the shortest (a sparse matrix would add them up)."""
    kept = kept_once(a, b, length)
    a, b, length = a[kept], b[kept], length[kept]
    return sparse.csr_array(
        (np.concatenate([length, length]), (np.concatenate([a, b]), np.concatenate([b, a]))),
        shape=(count, count),
    )


@dataclass(frozen=True)
class Graph:
    """Nodes (places, then crossings) and edges inside economies of one mode of land transport.

    ``economy`` of a node is that of a place; a crossing has two, in ``sides``. Edges: ``a``, ``b``
    (E,) positions of nodes, ``economy_of`` (E,) codes, ``km`` (E,).
    """

    places: pd.DataFrame
    crossings: pd.DataFrame
    a: Index
    b: Index
    economy_of: npt.NDArray[np.str_]
    km: Array

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Ids of all nodes."""
        return (*self.places["place"], *self.crossings["crossing"])

    @cached_property
    def number(self) -> Mapping[str, int]:
        """Positions of nodes by id."""
        return {name: i for i, name in enumerate(self.names)}

    @cached_property
    def latitude(self) -> Array:
        """(N,) degrees."""
        return np.concatenate([self.places["latitude"], self.crossings["latitude"]]).astype(float)

    @cached_property
    def longitude(self) -> Array:
        """(N,) degrees."""
        return np.concatenate([self.places["longitude"], self.crossings["longitude"]]).astype(float)

    @cached_property
    def sides(self) -> tuple[tuple[str, ...], ...]:
        """(N,) the economies of each node: one for a place, two for a crossing."""
        inside = [(str(e),) for e in self.places["economy"]]
        across = [
            (str(a), str(b))
            for a, b in zip(self.crossings["economy_a"], self.crossings["economy_b"], strict=True)
        ]
        return (*inside, *across)

    def is_crossing(self, node: int) -> bool:
        """Whether the node is a border crossing."""
        return node >= len(self.places)

    @cached_property
    def places_of(self) -> Mapping[str, Index]:
        """Positions of the places of each economy."""
        codes = self.places["economy"].to_numpy(dtype=str)
        return {code: np.flatnonzero(codes == code) for code in np.unique(codes)}

    @cached_property
    def edges_of(self) -> Mapping[str, Index]:
        """Positions of the edges inside each economy."""
        return {code: np.flatnonzero(self.economy_of == code) for code in np.unique(self.economy_of)}


@dataclass(frozen=True)
class Sea:
    """Ports, whose ``sea_node`` is the position of their node, positions of nodes (N,), and lanes
    ``a``, ``b``, ``km`` (E,) with the strait or canal they are part of."""

    ports: pd.DataFrame
    latitude: Array
    longitude: Array
    a: Index
    b: Index
    km: Array
    passage: npt.NDArray[np.str_]


@lru_cache(maxsize=1)
def roads() -> Graph:
    """Roads of the world."""
    return _graph("world_road_places", "world_crossings", "world_road_links")


@lru_cache(maxsize=1)
def rails() -> Graph:
    """Railways of the world."""
    return _graph("world_rail_places", "world_rail_crossings", "world_rail_links")


def _graph(places: str, crossings: str, links: str) -> Graph:
    nodes, borders, edges = data.table(places), data.table(crossings), data.table(links)
    number = {name: i for i, name in enumerate((*nodes["place"], *borders["crossing"]))}
    return Graph(
        places=nodes,
        crossings=borders,
        a=np.array([number[p] for p in edges["from"]], dtype=np.intp),
        b=np.array([number[p] for p in edges["to"]], dtype=np.intp),
        economy_of=edges["economy"].to_numpy(dtype=str),
        km=edges["length_km"].to_numpy(dtype=float),
    )


@lru_cache(maxsize=1)
def sea() -> Sea:
    """Ports and sea lanes of the world."""
    nodes, lanes = data.table("world_sea_nodes"), data.table("world_sea_links")
    order = {int(n): i for i, n in enumerate(nodes["sea_node"])}
    a = np.array([order[int(n)] for n in lanes["from"]], dtype=np.intp)
    b = np.array([order[int(n)] for n in lanes["to"]], dtype=np.intp)
    latitude, longitude = nodes["latitude"].to_numpy(dtype=float), nodes["longitude"].to_numpy(dtype=float)
    passage = lanes["passage"].fillna("").to_numpy(dtype=str)
    west, east, south, north = _VOLGA_DON
    river = np.zeros(len(lanes), dtype=bool)
    for end in (a, b):
        river |= (longitude[end] > west) & (longitude[end] < east) & (latitude[end] > south) & (latitude[end] < north)
    kept = ~np.isin(passage, _NO_LANE) & ~river
    ports = data.table("world_ports").assign(sea_node=lambda t: [order[int(n)] for n in t["sea_node"]])
    return Sea(ports, latitude, longitude, a[kept], b[kept], lanes["km"].to_numpy(dtype=float)[kept], passage[kept])


@lru_cache(maxsize=1)
def port_places() -> Mapping[str, str]:
    """The road place of each port, by id of the port: its own, or the nearest of the economy within 150 km."""
    graph, ports = roads(), sea().ports
    own = {str(r.source_id).split("|")[0]: str(r.place) for r in graph.places.itertuples() if r.kind == "port"}
    found = {}
    for r in ports.itertuples():
        key = str(r.portwatch_id).split("|")[0]
        if key in own:
            found[str(r.port)] = own[key]
            continue
        near = graph.places_of.get(str(r.economy))
        if near is not None:
            km = great_circle_km(r.latitude, r.longitude, graph.latitude[near], graph.longitude[near])
            if km.min() < 150.0:
                found[str(r.port)] = graph.names[int(near[int(np.argmin(km))])]
    return found
