"""Where on its road or railway a border crossing lies: how much of the edge that passes the border is in either economy.

The compiled tables give half of that edge to either side. Edges have lost their shape and are up to
some hundred kilometres long, so that half is far too much on the one side and makes links shorter
than the great circle on the other: Maputo-Lebombo 134 km for 97. Read again here: the graph
(scgraph-data, by its literals), for each crossing the edge its position lies on, and which of the
edge's ends lies in which economy (Natural Earth's polygons, by the npm package world-atlas). The
way over the border stays as long as it was; where it is cut moves to where the border is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data.geometry import EARTH_RADIUS_KM, great_circle_km
from corridors.data.world_compiler import outlines

Array = npt.NDArray[np.float64]

ON_EDGE_KM = 0.2
"""Farthest that a crossing lies from its edge: its position is written to a thousandth of a degree."""
COLUMNS = ("km", "latitude_a", "longitude_a", "latitude_b", "longitude_b")
HALF = 0.5
_NEAR_DEGREES = 0.02
_HALF_WORLD_DEGREES = 180.0


@dataclass(frozen=True)
class Edges:
    """Edges of a graph: ends (E, 2) as latitude and longitude, degrees, and lengths (E,), km."""

    start: Array
    end: Array
    km: Array


def read(module: Path) -> Edges:
    """Edges of a graph of scgraph-data, from the literals in its module (importing it takes a minute)."""
    literal = {}
    with module.open(encoding="utf-8") as lines:
        for line in lines:
            name, _, value = line.partition("=")
            if name in ("graph", "nodes"):
                literal[name] = value
    nodes = np.array(json.loads(literal["nodes"]), dtype=float)
    near: list[dict[str, float]] = json.loads(re.sub(r"(\d+):", r'"\1":', literal["graph"]))
    rows = [(a, int(b), float(km)) for a, ends in enumerate(near) for b, km in ends.items() if a < int(b)]
    a, b, km = (np.array(column) for column in zip(*rows, strict=True))
    kept = np.abs(nodes[a, 1] - nodes[b, 1]) < _HALF_WORLD_DEGREES
    return Edges(nodes[a[kept]], nodes[b[kept]], km[kept])


def through(edges: Edges, latitude: float, longitude: float) -> tuple[int, float]:
    """The edge nearest to a position, its number, and kilometres between the two (infinite without any near)."""
    squeeze = float(np.cos(np.radians(latitude)))
    y0, y1 = edges.start[:, 0] - latitude, edges.end[:, 0] - latitude
    x0, x1 = (edges.start[:, 1] - longitude) * squeeze, (edges.end[:, 1] - longitude) * squeeze
    beside = np.ones(len(y0), dtype=bool)
    for low, high in ((np.minimum(y0, y1), np.maximum(y0, y1)), (np.minimum(x0, x1), np.maximum(x0, x1))):
        beside &= (low < _NEAR_DEGREES) & (high > -_NEAR_DEGREES)
    at = np.flatnonzero(beside)
    if not len(at):
        return -1, float("inf")
    dx, dy = x1[at] - x0[at], y1[at] - y0[at]
    square = np.maximum(dx * dx + dy * dy, np.finfo(float).tiny)
    part = np.clip(-(x0[at] * dx + y0[at] * dy) / square, 0.0, 1.0)
    off = np.radians(EARTH_RADIUS_KM) * np.hypot(x0[at] + part * dx, y0[at] + part * dy)
    best = int(np.argmin(off))
    return int(at[best]), float(off[best])


class Polygons:
    """Countries of a TopoJSON, asked by position."""

    def __init__(self, topology: Mapping[str, Any]) -> None:
        lines = outlines.arcs(dict(topology))
        self._rings: list[tuple[int, Array, Array, Array]] = []
        for number, country in enumerate(topology["objects"]["countries"]["geometries"]):
            parts = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
            for ring in (outlines.ring_of(lines, one) for polygon in parts for one in polygon):
                self._rings.append((number, ring, ring.min(axis=0), ring.max(axis=0)))

    def at(self, latitude: float, longitude: float) -> int | None:
        """Number of the country that a position is in (an odd number of its rings' sides lie east
        of it); None at sea."""
        odd: set[int] = set()
        for number, ring, low, high in self._rings:
            if not (low[1] <= latitude <= high[1] and low[0] <= longitude <= high[0]):
                continue
            x, y = ring[:, 0], ring[:, 1]
            passes = (y[:-1] > latitude) != (y[1:] > latitude)
            east = x[:-1][passes] + (latitude - y[:-1][passes]) / (
                y[1:][passes] - y[:-1][passes]
            ) * (x[1:][passes] - x[:-1][passes])
            if np.count_nonzero(east > longitude) % 2:
                odd ^= {number}
        return min(odd, default=None)


def of_crossings(crossings: pd.DataFrame, places: pd.DataFrame, edges: Edges, polygons: Polygons) -> pd.DataFrame:
    """The edge of each crossing: length ``km`` and its ends in both economies (:data:`COLUMNS`), index ``crossing``.

    Crossings without an edge (joined by hand), and those whose edge's ends do not lie one in either
    economy, are left out.
    """
    country = {economy: polygons.at(*at) for economy, at in _somewhere(places).items()}
    rows = {}
    for row in crossings.itertuples():
        edge, off = through(edges, float(row.latitude), float(row.longitude))
        if off > ON_EDGE_KM:
            continue
        one, other = edges.start[edge], edges.end[edge]
        here, there = polygons.at(*map(float, one)), polygons.at(*map(float, other))
        a, b = country.get(str(row.economy_a)), country.get(str(row.economy_b))
        votes = sum((here == a, there == b)) - sum((here == b, there == a))
        if votes and a is not None and b is not None:
            rows[str(row.crossing)] = (
                float(edges.km[edge]),
                *(one if votes > 0 else other),
                *(other if votes > 0 else one),
            )
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS)).rename_axis("crossing")


def _somewhere(places: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """A place of each economy: its capital, else the first."""
    ranked = (
        places.assign(second=places["kind"] != "capital")
        .sort_values("second", kind="stable")
        .drop_duplicates("economy")
    )
    return {str(r.economy): (float(r.latitude), float(r.longitude)) for r in ranked.itertuples()}


def part_in_a(edges: pd.DataFrame, latitude: Array, longitude: Array) -> Array:
    """Part (X,) of each edge in ``economy_a``, of positions of the crossings: as the straight ways
    from its ends to there share it."""
    to_a, to_b = (
        great_circle_km(edges[f"latitude_{side}"], edges[f"longitude_{side}"], latitude, longitude)
        for side in ("a", "b")
    )
    return np.asarray(np.divide(to_a, to_a + to_b, out=np.full(len(edges), HALF), where=to_a + to_b > 0.0))


def cut_at_the_border(links: pd.DataFrame, crossings: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """``links`` with each crossing's edge (of :func:`of_crossings`) cut where the crossing is, and not halfway."""
    known = crossings.set_index("crossing").loc[edges.index]
    moved = edges["km"] * (
        part_in_a(edges, known["latitude"].to_numpy(float), known["longitude"].to_numpy(float))
        - HALF
    )
    more = dict(zip(zip(known.index, known["economy_a"], strict=True), moved, strict=True))
    more.update(zip(zip(known.index, known["economy_b"], strict=True), -moved, strict=True))
    both = [[more.get(key, 0.0) for key in zip(links[end], links["economy"], strict=True)] for end in ("from", "to")]
    return links.assign(length_km=np.maximum(links["length_km"] + np.sum(both, axis=0), 0.0))
