"""What one table of ``data/`` must have to do with another, and one column with another: mistakes that no type shows.

A place that is spelled otherwise, a road without its crossing, a gateway that is missing or a range
upside down can be read, and then loses a way or moves a number without a word. Each is named here
by file, line, column and value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from corridors.data import codes as hints
from corridors.data import package, tables, world_relations
from corridors.data.geometry import SHORTEST_ROAD, great_circle_km
from corridors.data.telling import at, each, economies, known
from corridors.errors import DataError, nearest

_ISO_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_ROUNDING = 1e-6
_SERVICE_MODES = ("air", "air_direct", "ferry", "rail", "rail_feeder", "sea")
_MODES = ("air", "rail", "road", "sea", "other")
_CARGO = ("bulk", "container", "truck")


_ECONOMIES = {
    "bilateral_trade_panel": ("exporter", "importer"), "pair_geography": ("a", "b"),
    "gdp": ("iso3",), "trade_series": ("economy", "partner"),
    "trade_composition": ("exporter", "importer"), "pakistan_exports_by_partner": ("partner",),
    "known_flows": ("exporter", "importer"),
    "unreported_flows": ("exporter", "importer"), "trade_totals": ("economy",),
    "one_off_cargoes": ("exporter", "importer"), "closed_pairs": ("a", "b"),
    "pak_rus_composition": ("exporter", "importer"), "sector_shares": ("exporter", "importer"),
    "class_shares": ("exporter", "importer"), "frictions": ("only_with",),
    "stated_figures": ("economy", "partner"), "air_services": ("economy_a", "economy_b"),
    "bulk_by_road": ("exporter", "importer"),
    "experiments": ("economy_a", "economy_b"),
}  # fmt: skip
"""Tables whose economies are those of ``economies.csv``: a row of any other is never found, without a word."""
_SPIKE = 20.0


def mistakes() -> list[str]:
    """Every mistake, one sentence each; tables that cannot be read are left to :func:`corridors.data.tables.check`."""
    frames: dict[str, pd.DataFrame] = {}
    for resource in package.resources().values():
        if resource.is_table:
            try:
                frames[resource.name] = tables.table(resource.name)
            except DataError:
                continue
    found = [
        text for name, frame in frames.items()
        for text in (*_ranges(name, frame), *_padded(name, frame), *_doubled(name, frame))
    ]
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
    if "trade_series" in frames:
        found += _told_something(frames["trade_series"])
    if "gdp" in frames:
        found += _spikes(frames["gdp"])
    if "parameters" in frames:
        found += _drawable(frames["parameters"])
    if "economies" in frames:
        codes = dict(zip(frames["economies"]["iso3"], frames["economies"]["name"], strict=True))
        for table, columns in _ECONOMIES.items():
            for column in columns if table in frames else ():
                found += economies(table, frames[table], column, codes)
    if all(name in frames for name in needed):
        found += _network(frames)
    found += world_relations.mistakes(frames)
    return list(dict.fromkeys(found))


def _ranges(name: str, frame: pd.DataFrame) -> Iterator[str]:
    """``x_low`` <= x <= ``x_high``, where x stands just before, or ``low`` <= ``central`` <=
    ``high``; dates as 2025-10-12."""
    columns = list(frame.columns)
    for low in (c for c in columns if c == "low" or c.endswith("_low") or "_low_" in c):
        high = re.sub(r"(^|_)low(_|$)", r"\1high\2", low)
        before = columns[columns.index(low) - 1]
        stem = low.removesuffix("low").removesuffix("_")
        middle = (
            "central"
            if low == "low" and "central" in columns
            else low.replace("_low_", "_")
            if "_low_" in low
            else stem
            if stem in columns
            else before
            if stem and before.startswith(stem)
            else low
        )
        if high not in columns:
            continue
        a, b, c = (pd.to_numeric(frame[x], errors="coerce").to_numpy(float) for x in (low, middle, high))
        slack = _ROUNDING * np.fmax(np.abs(a), np.abs(c))
        for row in np.flatnonzero(a > c + slack).tolist():
            yield at(name, row, low, float(a[row]), f"at most {high}, which is {c[row]:g}")
        for row in np.flatnonzero((a <= c + slack) & ((b < a - slack) | (b > c + slack))).tolist():
            yield at(name, row, middle, float(b[row]), f"from {low} to {high}, {a[row]:g} to {c[row]:g}")
    for column in (c for c in columns if c.endswith("_since") or c in ("since", "until", "date")):
        for row, value in enumerate(frame[column]):
            if isinstance(value, str) and not _ISO_DATE.fullmatch(value):
                yield at(name, row, column, value, "a date as year-month-day, 2025-10-12")


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
        values = frame[column]
        odd = [v for v in values.unique() if isinstance(v, str) and v != v.strip()]
        if odd:
            yield from each(name, frame, values.isin(odd), column, "a name without blanks around it")


def _doubled(name: str, frame: pd.DataFrame) -> Iterator[str]:
    """Rows that stand there twice, to the last cell, in a table without a key."""
    resource = package.resource(name)
    if name in world_relations.WITH_RULES_OF_THEIR_OWN or resource.primary_key or any(
        f.constraints.get("unique") for f in resource.fields
    ):
        return
    allowed = "a row that differs from every one before it"
    yield from each(name, frame, frame.duplicated(), str(frame.columns[0]), allowed)


def _told_something(frame: pd.DataFrame) -> Iterator[str]:
    """Reports of a pair's trade with at least one figure in them."""
    figures = ["exports_musd", "imports_musd", "total_musd"]
    for row in np.flatnonzero(frame[figures].isna().all(axis=1)).tolist():
        yield at("trade_series", row, "total_musd", "", "a number, or one of exports_musd and imports_musd")


def _spikes(frame: pd.DataFrame) -> Iterator[str]:
    """An output that is far above or far below both of the years beside it (the newest: of the one before): a digit or a unit that slipped.
    A fall that lasts is none: Iraq's of 1991 is 440-fold, as the World Bank has it."""
    ordered = frame.sort_values(["iso3", "year"])
    known = ordered[ordered["gdp_musd"] > 0.0]
    level = np.log(known["gdp_musd"])
    by = level.groupby(known["iso3"])
    beside = pd.DataFrame({"before": level - by.shift(), "after": level - by.shift(-1)})
    far = np.log(_SPIKE)
    newest = beside["after"].isna()
    up, down = (((beside["before"] * k > far) & ((beside["after"] * k > far) | newest)) for k in (1, -1))
    for row in known.index[(up | down).to_numpy(bool)].tolist():
        value = float(frame["gdp_musd"].loc[row])
        yield at("gdp", int(row), "gdp_musd", value, f"within {_SPIKE:g} times the years beside it")


def _drawable(frame: pd.DataFrame) -> Iterator[str]:
    """Quantities that are drawn need both ends of their range, above 0 where it is of ratios."""
    for row, (kind, low, high) in enumerate(zip(frame["distribution"], frame["low"], frame["high"], strict=True)):
        if kind in ("fixed", "check"):
            continue
        for column, value in (("low", low), ("high", high)):
            if not np.isfinite(value):
                yield at("parameters", row, column, "", f"a number, since the distribution is {kind}")
        if not low < high and np.isfinite(low) and np.isfinite(high):
            yield at("parameters", row, "low", float(low), f"less than high, which is {high:g}")
        if kind == "lognormal" and low <= 0.0:
            yield at("parameters", row, "low", float(low), "above 0, since the distribution is lognormal")


def _network(frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    places, links, crossings = frames["places"], frames["links"], frames["crossings"]
    sides = {str(p): str(e).split("-") for p, e in zip(places["place"], places["economies"], strict=True)}
    codes = dict(zip(frames["economies"]["iso3"], frames["economies"]["name"], strict=True))
    at_border = set(places.loc[places["kind"] == "crossing", "place"])
    for table, columns in (
        ("links", ("from", "to")), ("services", ("from", "to")), ("gateways", ("place",)),
        ("airports", ("place",)),
    ):
        for column in columns:
            yield from known(table, frames[table], column, sides, "a place of network/places.csv")
    yield from known("crossings", crossings, "crossing", at_border, "a place of kind crossing")
    for table, column in (
        ("gateways", "economy"), ("gateways", "partner"), ("road_costs", "economy"),
        ("pair_traffic", "exporter"), ("pair_traffic", "importer"),
        ("base_shares", "exporter"), ("base_shares", "importer"),
    ):  # fmt: skip
        yield from economies(table, frames[table], column, codes)
    for table, column, allowed in (
        ("services", "mode", _SERVICE_MODES), ("services", "cargo", _CARGO), ("base_shares", "mode", _MODES),
        ("base_shares", "cargo_class", frames["cargo_classes"]["cargo_class"]),
    ):  # fmt: skip
        yield from known(table, frames[table], column, allowed, f"one of {', '.join(sorted(allowed))}")
    for row, code in enumerate(frames["airports"]["iata"]):
        if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
            yield at("airports", row, "iata", str(code), "three capital letters (IATA)")
    yield from _places(places, at_border, set(crossings["crossing"]), codes)
    yield from _roads(links, sides, places, set(frames["road_costs"]["economy"]))
    for row, days in enumerate(crossings["closure_days_per_year"]):
        if days > 365:
            yield at("crossings", row, "closure_days_per_year", float(days), "at most 365")
    yield from _weights(frames["gateways"], places, frames["pair_traffic"])


def _places(places: pd.DataFrame, at_border: set[str], described: set[str], codes: Mapping[str, str]) -> Iterator[str]:
    for row, (place, kind, told) in enumerate(
        zip(places["place"], places["kind"], places["economies"], strict=True)
    ):
        both = str(told).split("-")
        for code in both:
            if code not in codes:
                yield at(
                    "places",
                    row,
                    "economies",
                    str(told),
                    f"codes of economies.csv{hints.hint(code, codes)}",
                )
        if (kind == "crossing") != (len(both) == 2):
            yield at(
                "places",
                row,
                "economies",
                str(told),
                "two codes joined by a hyphen for a crossing, one for every other place",
            )
        if kind == "crossing" and place not in described:
            yield at(
                "places",
                row,
                "place",
                str(place),
                f"a crossing with a row in network/crossings.csv{nearest(place, described - at_border)}",
            )


def _roads(
    links: pd.DataFrame, sides: Mapping[str, list[str]], places: pd.DataFrame, priced: set[str],
) -> Iterator[str]:
    where = {
        str(p): (float(a), float(b))
        for p, a, b in zip(places["place"], places["latitude"], places["longitude"], strict=True)
    }
    for row, (a, b, mode, km) in enumerate(
        zip(links["from"], links["to"], links["mode"], links["length_km"], strict=True)
    ):
        if a == b:
            yield at("links", row, "to", str(b), "another place than the one it starts from")
            continue
        if a not in sides or b not in sides:
            continue
        shared = [code for code in sides[a] if code in sides[b]]
        if mode == "road" and not shared:
            yield at(
                "links",
                row,
                "to",
                str(b),
                f"a place in {' or '.join(sides[a])}, or their crossing: a road passes a border at a crossing",
            )
        elif mode == "road" and shared[0] not in priced:
            yield at(
                "links",
                row,
                "from",
                str(a),
                f"a road in an economy with a row in network/road_costs.csv, which {shared[0]} has not",
            )
        straight = _apart_km(where[a], where[b])
        if mode == "road" and km < SHORTEST_ROAD * straight:
            swapped = [
                p
                for p, o in ((a, b), (b, a))
                if _apart_km(where[p][::-1], where[o]) <= km and abs(where[p][1]) <= 90
            ]
            hint = f" (or latitude and longitude of {swapped[0]} are swapped)" if swapped else ""
            yield at(
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
            yield at(
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
                yield at(
                    "pair_traffic",
                    row,
                    column,
                    str(economy),
                    "an economy with a row in network/gateways.csv, without which its goods begin nowhere",
                )
                with_door.add(economy)


def _apart_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(great_circle_km(a[0], a[1], b[0], b[1]))
