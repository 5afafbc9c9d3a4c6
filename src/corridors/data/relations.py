"""What one table of ``data/`` must have to do with another, and one column with another: mistakes that no type shows.

A place that is spelled otherwise, a road without its crossing, a gateway that is missing or a range
upside down can be read, and then loses a way or moves a number without a word. Each is named here
by file, line, column and value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from corridors.data import codes as hints
from corridors.data import package, tables
from corridors.data.geometry import great_circle_km
from corridors.data.reader import line_of
from corridors.errors import DataError, nearest

_ISO_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_ROUNDING = 1e-6
_SERVICE_MODES = ("air", "air_direct", "ferry", "rail", "rail_feeder", "sea")
_MODES = ("air", "rail", "road", "sea", "other")
_CARGO = ("bulk", "container", "truck")
_SHORTEST = 0.98
"""Least length of a road as a multiple of the great circle: places stand with two decimals."""


_WORLD_POINTS = {
    "world_road_places": "place", "world_crossings": "crossing", "world_crossing_names": "crossing", "world_hand_crossings": "crossing",
}  # fmt: skip
"""Tables with the points of the world's roads, and the column that names them."""
_WORLD_TOLD = {
    "world_hand_links": ("from", "to"), "world_known_lengths": ("from", "to"), "world_transit_times": ("from", "to", "via"),
    "world_crossing_facts": ("crossing",), "world_border_states": ("crossing",),
}  # fmt: skip
"""Tables that people write and the columns that name such a point; others whose economies are told:"""
_WORLD_ECONOMIES = {
    "world_pipelines": ("economy",), "world_truck_speeds": ("iso3",), "world_hand_links": ("economy",),
    "world_border_states": ("economy_a", "economy_b"), "world_crossing_names": ("economy_a", "economy_b"),
    "world_hand_crossings": ("economy_a", "economy_b"), "world_border_times": ("economy_a", "economy_b"),
    "world_border_traffic": ("economy_a", "economy_b"),
}  # fmt: skip


def mistakes() -> list[str]:
    """Every mistake, one sentence each; tables that cannot be read are left to :func:`corridors.data.tables.check`."""
    frames: dict[str, pd.DataFrame] = {}
    for resource in package.resources().values():
        if resource.is_table:
            try:
                frames[resource.name] = tables.table(resource.name)
            except DataError:
                continue
    found = [text for name, frame in frames.items() for text in (*_ranges(name, frame), *_padded(name, frame))]
    needed = (
        "economies",
        "places",
        "links",
        "crossings",
        "services",
        "gateways",
        "airports",
        "road_costs",
        "pair_traffic",
        "base_shares",
        "cargo_classes",
    )
    if all(name in frames for name in needed):
        found += _network(frames)
    if all(name in frames for name in (*_WORLD_POINTS, "economies")):
        found += _world(frames)
    return list(dict.fromkeys(found))


def _at(table: str, row: int, column: str, value: object, allowed: str) -> str:
    resource = package.resource(table)
    shown = repr(value) if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
    return f"{resource.path}: line {line_of(resource, row)}: column {column!r} is {shown}; allowed: {allowed}"


def _ranges(name: str, frame: pd.DataFrame) -> Iterator[str]:
    """``x_low`` <= x <= ``x_high``, where x stands just before, or ``low`` <= ``central`` <= ``high``; dates as 2025-10-12."""
    columns = list(frame.columns)
    for low in (c for c in columns if c == "low" or c.endswith("_low")):
        high = low.removesuffix("low") + "high"
        before = columns[columns.index(low) - 1]
        stem = low.removesuffix("low").removesuffix("_")
        middle = (
            "central"
            if low == "low" and "central" in columns
            else before
            if stem and before.startswith(stem)
            else low
        )
        if high not in columns:
            continue
        a, b, c = (pd.to_numeric(frame[x], errors="coerce").to_numpy(float) for x in (low, middle, high))
        slack = _ROUNDING * np.fmax(np.abs(a), np.abs(c))
        for row in np.flatnonzero(a > c + slack).tolist():
            yield _at(name, row, low, float(a[row]), f"at most {high}, which is {c[row]:g}")
        for row in np.flatnonzero((a <= c + slack) & ((b < a - slack) | (b > c + slack))).tolist():
            yield _at(name, row, middle, float(b[row]), f"from {low} to {high}, {a[row]:g} to {c[row]:g}")
    for column in (c for c in columns if c.endswith("_since") or c in ("since", "until", "date")):
        for row, value in enumerate(frame[column]):
            if isinstance(value, str) and not _ISO_DATE.fullmatch(value):
                yield _at(name, row, column, value, "a date as year-month-day, 2025-10-12")


def _padded(name: str, frame: pd.DataFrame) -> Iterator[str]:
    """Names that other tables or scenarios use, with blanks around them: no other spelling finds them."""
    resource = package.resource(name)
    keys = {
        *resource.primary_key,
        *(
            f.name
            for f in resource.fields
            if f.constraints.get("unique") or "pattern" in f.constraints
        ),
    }
    for column in (f.name for f in resource.fields if f.name in keys and f.type == "string"):
        values = frame[column].astype(object)
        for row in np.flatnonzero([isinstance(v, str) and v != v.strip() for v in values]).tolist():
            yield _at(name, row, column, str(values.iloc[row]), "a name without blanks around it")


def _known(table: str, frame: pd.DataFrame, column: str, allowed: Iterable[str], what: str) -> Iterator[str]:
    names = set(allowed)
    for row, value in enumerate(frame[column]):
        if isinstance(value, str) and value and value not in names:
            hint = nearest(value.strip().lower() if value.strip().lower() in names else value, names)
            yield _at(table, row, column, value, f"{what}{hint}")


def _economies(table: str, frame: pd.DataFrame, column: str, codes: Mapping[str, str]) -> Iterator[str]:
    for row, value in enumerate(frame[column]):
        if isinstance(value, str) and value and value not in codes:
            yield _at(table, row, column, value, f"a code of economies.csv{hints.hint(value, codes)}")


def _network(frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    places, links, crossings = frames["places"], frames["links"], frames["crossings"]
    sides = {str(p): str(e).split("-") for p, e in zip(places["place"], places["economies"], strict=True)}
    codes = dict(zip(frames["economies"]["iso3"], frames["economies"]["name"], strict=True))
    at_border = set(places.loc[places["kind"] == "crossing", "place"])
    for table, columns in (("links", ("from", "to")), ("services", ("from", "to")), ("gateways", ("place",)), ("airports", ("place",))):
        for column in columns:
            yield from _known(table, frames[table], column, sides, "a place of network/places.csv")
    yield from _known("crossings", crossings, "crossing", at_border, "a place of kind crossing")
    for table, column in (
        ("gateways", "economy"), ("gateways", "partner"), ("road_costs", "economy"), ("pair_traffic", "exporter"), ("pair_traffic", "importer"),
        ("base_shares", "exporter"), ("base_shares", "importer"),
    ):  # fmt: skip
        yield from _economies(table, frames[table], column, codes)
    for table, column, allowed in (
        ("services", "mode", _SERVICE_MODES), ("services", "cargo", _CARGO), ("base_shares", "mode", _MODES),
        ("base_shares", "cargo_class", frames["cargo_classes"]["cargo_class"]),
    ):  # fmt: skip
        yield from _known(table, frames[table], column, allowed, f"one of {', '.join(sorted(allowed))}")
    for row, code in enumerate(frames["airports"]["iata"]):
        if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
            yield _at("airports", row, "iata", str(code), "three capital letters (IATA)")
    yield from _places(places, at_border, set(crossings["crossing"]), codes)
    yield from _roads(links, sides, places, set(frames["road_costs"]["economy"]))
    for row, days in enumerate(crossings["closure_days_per_year"]):
        if days > 365:
            yield _at("crossings", row, "closure_days_per_year", float(days), "at most 365")
    yield from _weights(frames["gateways"], places, frames["pair_traffic"])


def _world(frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Points and economies of tables that people write about the world network: what names none counts for nothing."""
    points = {str(value) for table, column in _WORLD_POINTS.items() for value in frames[table][column]}
    codes = dict(zip(frames["economies"]["iso3"], frames["economies"]["name"], strict=True))
    world = {**dict.fromkeys(frames["world_road_places"]["economy"].astype(str), ""), **codes}
    for table, columns in _WORLD_TOLD.items():
        for column in columns if table in frames else ():
            yield from _known(table, frames[table], column, points, "a place or crossing of the world network")
    for table, columns in _WORLD_ECONOMIES.items():
        for column in columns if table in frames else ():
            yield from _economies(table, frames[table], column, world)


def _places(places: pd.DataFrame, at_border: set[str], described: set[str], codes: Mapping[str, str]) -> Iterator[str]:
    for row, (place, kind, economies) in enumerate(zip(places["place"], places["kind"], places["economies"], strict=True)):
        both = str(economies).split("-")
        for code in both:
            if code not in codes:
                yield _at(
                    "places",
                    row,
                    "economies",
                    str(economies),
                    f"codes of economies.csv{hints.hint(code, codes)}",
                )
        if (kind == "crossing") != (len(both) == 2):
            yield _at(
                "places",
                row,
                "economies",
                str(economies),
                "two codes joined by a hyphen for a crossing, one for every other place",
            )
        if kind == "crossing" and place not in described:
            yield _at(
                "places",
                row,
                "place",
                str(place),
                f"a crossing with a row in network/crossings.csv{nearest(place, described - at_border)}",
            )


def _roads(links: pd.DataFrame, sides: Mapping[str, list[str]], places: pd.DataFrame, priced: set[str]) -> Iterator[str]:
    where = {
        str(p): (float(a), float(b))
        for p, a, b in zip(places["place"], places["latitude"], places["longitude"], strict=True)
    }
    for row, (a, b, mode, km) in enumerate(zip(links["from"], links["to"], links["mode"], links["length_km"], strict=True)):
        if a == b:
            yield _at("links", row, "to", str(b), "another place than the one it starts from")
            continue
        if a not in sides or b not in sides:
            continue
        shared = [code for code in sides[a] if code in sides[b]]
        if mode == "road" and not shared:
            yield _at(
                "links",
                row,
                "to",
                str(b),
                f"a place in {' or '.join(sides[a])}, or their crossing: a road passes a border at a crossing",
            )
        elif mode == "road" and shared[0] not in priced:
            yield _at(
                "links",
                row,
                "from",
                str(a),
                f"a road in an economy with a row in network/road_costs.csv, which {shared[0]} has not",
            )
        straight = _apart_km(where[a], where[b])
        if mode == "road" and km < _SHORTEST * straight:
            swapped = [
                p
                for p, o in ((a, b), (b, a))
                if _apart_km(where[p][::-1], where[o]) <= km and abs(where[p][1]) <= 90
            ]
            hint = f" (or latitude and longitude of {swapped[0]} are swapped)" if swapped else ""
            yield _at(
                "links",
                row,
                "length_km",
                float(km),
                f"at least the great circle between {a} and {b}, {straight:,.0f} km{hint}",
            )


def _weights(gateways: pd.DataFrame, places: pd.DataFrame, traffic: pd.DataFrame) -> Iterator[str]:
    partner = gateways["partner"].fillna("")
    totals = gateways["weight"].groupby([gateways["economy"], partner]).transform("sum")
    seen: set[tuple[str, str]] = set()
    for row, total in enumerate(totals):
        key = (str(gateways["economy"].iloc[row]), str(partner.iloc[row]))
        if abs(total - 1.0) > 0.005 and key not in seen:
            seen.add(key)
            yield _at(
                "gateways",
                row,
                "weight",
                float(gateways["weight"].iloc[row]),
                f"weights of {' for '.join(k for k in key if k)} that add to 1; they add to {total:g}",
            )
    with_door, inside = (
        set(gateways["economy"]),
        {e for e, k in zip(places["economies"], places["kind"], strict=True) if k != "crossing"},
    )
    for column in ("exporter", "importer"):
        for row, economy in enumerate(traffic[column]):
            if economy in inside and economy not in with_door:
                yield _at(
                    "pair_traffic",
                    row,
                    column,
                    str(economy),
                    "an economy with a row in network/gateways.csv, without which its goods begin nowhere",
                )
                with_door.add(economy)


def _apart_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(great_circle_km(a[0], a[1], b[0], b[1]))
