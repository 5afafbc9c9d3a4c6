"""Geometry of maps: coasts and borders as they ship with the data, a projection, clipping, great circles.

Coasts and borders are Natural Earth's (public domain), see ``data/datapackage.json``. Borders that
are disputed or are lines of control are told apart so that a map can draw them otherwise. The
projection is Lambert's conformal conic (Snyder 1987, Map Projections: A Working Manual, eqs. 15-1
to 15-4) on a sphere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.path import Path

from corridors.data import tables

Array = npt.NDArray[np.float64]

DISCLAIMER = "Boundaries shown imply no opinion on the status of any territory; disputed borders and lines of control are dashed."
"""What goes with every map that draws borders."""


@dataclass(frozen=True)
class Conic:
    """Lambert's conformal conic projection: two standard parallels and a central meridian, degrees."""

    south: float
    north: float
    middle: float

    def __call__(self, lonlat: npt.ArrayLike) -> Array:
        """(N, 2) longitude and latitude in degrees to x and y on a sphere of radius one."""
        points = np.radians(np.asarray(lonlat, dtype=float))
        south, north, middle = np.radians([self.south, self.north, self.middle])

        def cone(latitude: npt.ArrayLike) -> Any:
            return np.tan(np.pi / 4 + np.asarray(latitude) / 2)

        if abs(north - south) < 1e-6:
            n = float(np.sin(south))
        else:
            n = float(np.log(np.cos(south) / np.cos(north)) / np.log(cone(north) / cone(south)))
        scale = np.cos(south) * cone(south) ** n / n
        latitude = np.clip(points[:, 1], np.radians(-80), np.radians(88))
        radius = scale / cone(latitude) ** n
        angle = n * (points[:, 0] - middle)
        return np.column_stack([radius * np.sin(angle), -radius * np.cos(angle)])


@dataclass(frozen=True)
class Flat:
    """Equirectangular projection, true to scale at one parallel: for maps across the equator or round the world."""

    parallel: float
    middle: float

    def __call__(self, lonlat: npt.ArrayLike) -> Array:
        """(N, 2) longitude and latitude in degrees to x and y on a sphere of radius one."""
        points = np.radians(np.asarray(lonlat, dtype=float))
        latitude = np.clip(points[:, 1], np.radians(-75), np.radians(84))
        return np.column_stack([(points[:, 0] - np.radians(self.middle)) * np.cos(np.radians(self.parallel)), latitude])


Projection = Conic | Flat


def projection(box: tuple[float, float, float, float]) -> Projection:
    """The projection that suits a box (west, south, east, north): conic away from the equator, flat
    across it or if wide."""
    west, south, east, north = box
    middle = (west + east) / 2
    one_side = south > 0.0 or north < 0.0 or abs(south + north) > 0.5 * (north - south)
    if east - west <= 150.0 and north - south <= 75.0 and one_side:
        return Conic(south + (north - south) / 6, north - (north - south) / 6, middle)
    return Flat(float(np.clip((south + north) / 2, -50.0, 50.0)), middle)


def joined(lines: Sequence[Array]) -> list[Array]:
    """Lines without a jump at the day line: longitudes run on beyond 180 degrees, all in the same turn of the globe."""
    run_on = [np.column_stack([np.degrees(np.unwrap(np.radians(line[:, 0]))), line[:, 1]]) for line in lines]
    if not run_on:
        return []
    # The turn in which all lines lie closest together: round the longitude opposite the widest gap.
    starts = np.sort(np.array([line[:, 0].mean() for line in run_on]) % 360.0)
    gaps = np.diff(np.append(starts, starts[0] + 360.0))
    west = starts[(int(np.argmax(gaps)) + 1) % len(starts)]
    west = west - 360.0 if west >= 180.0 else west
    moved = []
    for line in run_on:
        turn = np.floor((line[:, 0].mean() - west + 1e-9) / 360.0)
        moved.append(np.column_stack([line[:, 0] - 360.0 * turn, line[:, 1]]))
    return moved


def positions(places: pd.DataFrame, chosen: Sequence[str], west: float) -> Array:
    """(N, 2) longitude and latitude of places, in the turn of the globe that begins at ``west``."""
    at = np.array(places.loc[list(chosen), ["longitude", "latitude"]], dtype=float)
    at[:, 0] = west + (at[:, 0] - west) % 360.0
    return np.asarray(at)


def way_width(share: float) -> float:
    """Width of a line in points, by the square root of its share: 0.6 for next to nothing, 0.9 at
    0.4 %, 5.6 for all of it."""
    return 0.6 + 5.0 * float(np.sqrt(min(max(share, 0.0), 1.0)))


_CHECKED_BOX = (-14.0, -11.0, 144.0, 71.0)
"""What the finer outlines cover."""


def _covered(box: tuple[float, float, float, float]) -> bool:
    west, south, east, north = _CHECKED_BOX
    return box[0] >= west and box[1] >= south and box[2] <= east and box[3] <= north


@lru_cache(maxsize=1)
def world_outlines() -> dict[str, list[Any]]:
    """Rings of land, borders and names of the whole world, three times side by side so that a map
    may cross the day line."""
    found: dict[str, list[Any]] = {"land": [], "international": [], "disputed": [], "lanes": [], "names": []}
    for turn in (-360.0, 0.0, 360.0):
        shift = np.array([turn, 0.0])
        for feature in tables.world_outlines()["features"]:
            about, shape = feature["properties"], feature["geometry"]["coordinates"]
            if about["kind"] == "land":
                found["land"] += [[np.array(ring) + shift for ring in polygon] for polygon in shape]
            elif about["kind"] == "border":
                found[about["status"]] += [np.array(line) + shift for line in shape]
            elif about["kind"] == "name":
                found["names"].append((about["name"], about["square_degrees"], np.array(shape) + shift))
    return found


def outlines_for(box: tuple[float, float, float, float]) -> dict[str, list[Any]]:
    """The outlines to draw in a box: the finer ones where they cover it, else the world's."""
    return outlines() if _covered(box) else world_outlines()


@lru_cache(maxsize=1)
def outlines() -> dict[str, list[Any]]:
    """Rings of land, lines of borders by status, sea lanes and names, as arrays of longitude and latitude."""
    found: dict[str, list[Any]] = {"land": [], "international": [], "disputed": [], "lanes": [], "names": []}
    for feature in tables.outlines()["features"]:
        about, shape = feature["properties"], feature["geometry"]["coordinates"]
        if about["kind"] == "land":
            found["land"] += [[np.array(ring) for ring in polygon] for polygon in shape]
        elif about["kind"] == "border":
            found[about["status"]] += [np.array(line) for line in shape]
        elif about["kind"] == "sea_lane":
            found["lanes"].append((about["from"], about["to"], about["via"], np.array(shape)))
        elif about["kind"] == "name":
            found["names"].append((about["name"], about["square_degrees"], np.array(shape)))
    return found


def clip(ring: Array, box: tuple[float, float, float, float]) -> Array:
    """The part of a polygon's ring inside a box (west, south, east, north), by Sutherland and Hodgman (1974)."""
    for axis, limit, keep_above in ((0, box[0], True), (0, box[2], False), (1, box[1], True), (1, box[3], False)):
        if not len(ring):
            return ring
        inside = ring[:, axis] >= limit if keep_above else ring[:, axis] <= limit
        if inside.all():
            continue
        out = []
        for k in range(len(ring)):
            a, b = ring[k - 1], ring[k]
            if inside[k] != inside[k - 1]:
                out.append(a + (limit - a[axis]) / (b[axis] - a[axis]) * (b - a))
            if inside[k]:
                out.append(b)
        ring = np.array(out).reshape(-1, 2)
    return ring


def great_circle(a: Sequence[float], b: Sequence[float], points: int = 40) -> Array:
    """(points, 2) longitudes and latitudes on the shortest way over a sphere."""

    def unit(p: Sequence[float]) -> Array:
        lon, lat = np.radians(p)
        return np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])

    first, last = unit(a), unit(b)
    angle = float(np.arccos(np.clip(first @ last, -1, 1)))
    t = np.linspace(0, 1, points)[:, None]
    way = first if angle < 1e-9 else (np.sin((1 - t) * angle) * first + np.sin(t * angle) * last) / np.sin(angle)
    way = np.atleast_2d(way)
    found: Array = np.degrees(np.column_stack([np.arctan2(way[:, 1], way[:, 0]), np.arcsin(np.clip(way[:, 2], -1, 1))]))
    return found


def thin(points: Array, least: float) -> Array:
    """Points at least so far from the one before; the last is kept."""
    if len(points) < 3:
        return points
    kept = [0]
    for k in range(1, len(points) - 1):
        if np.abs(points[k] - points[kept[-1]]).max() >= least:
            kept.append(k)
    return np.asarray(points[[*kept, len(points) - 1]])


def touches(line: Array, box: tuple[float, float, float, float]) -> bool:
    """Whether the extent of a line meets a box (west, south, east, north)."""
    low, high = line.min(axis=0), line.max(axis=0)
    return bool(low[0] < box[2] and high[0] > box[0] and low[1] < box[3] and high[1] > box[1])


@lru_cache(maxsize=16)
def ground(
    project: Projection, near: tuple[float, float, float, float], least: float,
) -> tuple[Path | None, dict[str, list[Array]]]:
    """Land near a box as one path, and borders by status, projected and thinned to ``least``."""
    vertices, codes = [], []
    found = outlines_for(near)
    for polygon in found["land"]:
        for ring in polygon:
            part = clip(ring[:-1], near) if touches(ring, near) else ring[:0]
            if len(part) < 3:
                continue
            points = thin(project(part), least)
            if len(points) < 3 or np.ptp(points, axis=0).max() < 2.4 * least:
                continue
            vertices.append(np.vstack([points, points[:1]]))
            codes.append([Path.MOVETO, *[Path.LINETO] * (len(points) - 1), Path.CLOSEPOLY])
    land = Path(np.concatenate(vertices), np.concatenate(codes)) if vertices else None
    borders = {
        status: [thin(project(line), least) for line in found[status] if touches(line, near)]
        for status in ("international", "disputed")
    }
    return land, borders
