"""Coasts, borders and names of the whole world for maps, from the TopoJSON of the npm package world-atlas.

``python -m corridors.data.world_compiler.outlines countries-50m.json
data/map/world_outlines.geojson``. The borders are Natural Earth's de facto lines; those of
:data:`DISPUTED` are told apart so that a map dashes them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

LAND_STEP, BORDER_STEP = 0.22, 0.12
"""Degrees between points that are kept."""
SMALLEST_ISLAND = 0.35
DISPUTED = (
    ("Morocco", "W. Sahara"), ("North Korea", "South Korea"), ("Israel", "Lebanon"),
    ("Israel", "Syria"), ("Israel", "Palestine"),
    ("Palestine", "Jordan"), ("Egypt", "Palestine"), ("China", "India"), ("India", "Pakistan"),
    ("China", "Pakistan"), ("Russia", "Ukraine"),
    ("Cyprus", "N. Cyprus"), ("Somalia", "Somaliland"), ("Kosovo", "Serbia"),
    ("Guyana", "Venezuela"), ("Sudan", "S. Sudan"),
    ("Egypt", "Sudan"), ("Armenia", "Azerbaijan"), ("Russia", "Georgia"),
)  # fmt: skip
NORTHERNMOST, SOUTHERNMOST = 84.0, -60.0


def arcs(topology: dict[str, Any]) -> list[Array]:
    """Arcs of a quantised topology as longitudes and latitudes."""
    scale, translate = (np.array(topology["transform"][k]) for k in ("scale", "translate"))
    return [np.cumsum(np.array(arc, dtype=float), axis=0) * scale + translate for arc in topology["arcs"]]


def thinned(line: Array, step: float) -> Array:
    """Points at least ``step`` degrees from the one before; the last is kept."""
    kept = [0]
    for k in range(1, len(line) - 1):
        if np.abs(line[k] - line[kept[-1]]).max() >= step:
            kept.append(k)
    return line[[*kept, len(line) - 1]]


def features(topology: dict[str, Any]) -> list[dict[str, Any]]:
    """Land, borders by status and names as GeoJSON features."""
    lines = arcs(topology)
    owners: dict[int, set[str]] = {}
    land: list[Any] = []
    named: list[dict[str, Any]] = []
    for country in topology["objects"]["countries"]["geometries"]:
        name = str(country["properties"]["name"])
        parts = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        largest, size = None, 0.0
        for polygon in parts:
            for ring in polygon:
                for arc in ring:
                    owners.setdefault(arc if arc >= 0 else ~arc, set()).add(name)
            outer = ring_of(lines, polygon[0])
            extent = float(np.prod(np.ptp(outer, axis=0)))
            if extent > size:
                largest, size = outer, extent
            if np.ptp(outer, axis=0).max() >= SMALLEST_ISLAND and outer[:, 1].max() > SOUTHERNMOST:
                rings = [thinned(ring_of(lines, ring), LAND_STEP) for ring in polygon]
                rings = [ring for ring in rings if len(ring) > 3]
                land += [[_rounded(ring) for ring in rings]] if rings else []
        if largest is not None and size > 1.0:
            named.append(
                _feature(
                    "MultiPoint",
                    [_middle(largest)],
                    kind="name",
                    name=name,
                    square_degrees=round(size, 1),
                )
            )
    borders: dict[str, list[Any]] = {"international": [], "disputed": []}
    quarrels = {frozenset(pair) for pair in DISPUTED}
    for arc, both in owners.items():
        if len(both) == 2:
            borders["disputed" if frozenset(both) in quarrels else "international"].append(
                _rounded(thinned(lines[arc], BORDER_STEP))
            )
    return [
        _feature("MultiPolygon", land, kind="land"),
        *(_feature("MultiLineString", found, kind="border", status=status) for status, found in borders.items()),
        *named,
    ]


def ring_of(lines: list[Array], ring: list[int]) -> Array:
    """The points of a ring of a topology: its arcs one after the other, those with a negative number turned round."""
    return np.concatenate([lines[arc] if arc >= 0 else lines[~arc][::-1] for arc in ring])


def _middle(ring: Array) -> list[float]:
    low, high = ring.min(axis=0), ring.max(axis=0)
    return [round(float(v), 1) for v in (low + high) / 2]


def _rounded(line: Array) -> list[list[float]]:
    return [[round(float(x), 2), round(float(np.clip(y, -90, NORTHERNMOST)), 2)] for x, y in line]


def _feature(shape: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": shape, "coordinates": coordinates}}


def main(arguments: list[str]) -> int:
    """Write the outlines; 2 when the arguments are wrong."""
    if len(arguments) != 2:
        print(
            "usage: python -m corridors.data.world_compiler.outlines COUNTRIES_TOPOJSON OUTLINES_GEOJSON",
            file=sys.stderr,
        )
        return 2
    found = features(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    body = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in found)
    Path(arguments[1]).write_text('{"type":"FeatureCollection","features":[\n' + body + "\n]}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
