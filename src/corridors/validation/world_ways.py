"""The compiled world network against what is published: lengths of roads, hours by truck, shares of modes of pairs left out.

None of the lengths and hours sets anything in the model. Hours are Doing Business 2020's case studies of Africa (main city
to border or port, by truck, clearance not counted); the model's are those of the same kilometres at the economy's speed,
hours of rest in proportion. Transit times elsewhere (``data/world/transit_times.csv``) are from end to end, borders included. Shares are those the mode model gives a pair when it is fitted without it
(:func:`corridors.transport.world_network.mode_fit.leave_one_out`). What misses is shown as missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from corridors.data import names, tables
from corridors.transport.world_network import costs, roads
from corridors.transport.world_network import tables as network

COLUMNS = ("kind", "what", "published", "computed", "unit", "error_percent", "source")
AIMS = {"length": 5.0, "hours": 20.0, "transit": 20.0}
"""Median errors, in percent, that we aim at."""
_DOING_BUSINESS = "https://archive.doingbusiness.org/en/data/exploretopics/trading-across-borders"
# Names of Doing Business that data/economies.csv spells otherwise or does not know.
_SPELT = {"Congo, Dem. Rep.": "COD", "Congo, Rep.": "COG", "Eswatini": "SWZ", "South Sudan": "SSD"}


def compare() -> pd.DataFrame:
    """One row a published length, transit time or share: columns :data:`COLUMNS`.

    ``error_percent`` is computed over published less one; of shares, which are percent of a pair's trade, the difference
    in percentage points. Shares known only as "at least" are left out.
    """
    return pd.DataFrame([*_lengths(), *_hours(), *_transits(), *_shares()], columns=list(COLUMNS))


def summary(frame: pd.DataFrame) -> dict[str, dict[str, float]]:
    """By kind: how many, the median and the median absolute error; of shares the mean absolute one too."""
    out: dict[str, dict[str, float]] = {}
    for kind, part in frame.groupby("kind", sort=False):
        error = part["error_percent"].to_numpy(dtype=float)
        out[str(kind)] = {
            "count": len(error), "median_error": float(np.median(error)), "median_absolute_error": float(np.median(np.abs(error))),
            "mean_absolute_error": float(np.mean(np.abs(error))),
        }  # fmt: skip
    return out


def _row(
    kind: str, what: str, published: float, computed: float, unit: str, source: Any
) -> tuple[Any, ...]:
    error = computed - published if kind == "share" else 100.0 * (computed / published - 1.0)
    return kind, what, published, computed, unit, error, str(source)


def _lengths() -> list[tuple[Any, ...]]:
    graph, search = network.roads(), roads.with_all_open()
    found = []
    for row in tables.table("world_known_lengths").to_dict("records"):
        if not str(row["source_url"]).startswith("http"):
            continue  # this project's own estimate: nothing published to be held against
        start, end = graph.number[row["from"]], graph.number[row["to"]]
        way = search.way(search.from_nodes([start])[1][0], start, end)
        km = way.km if way is not None else float("nan")
        found.append(
            _row(
                "length",
                f"{names.short_name(row['from'])} to {names.short_name(row['to'])}",
                float(row["km"]),
                km,
                "km",
                row["source_url"],
            )
        )
    return found


def _doing_business() -> list[tuple[str, str, float, float]]:
    """What, economy, kilometres and hours of each case; exports and imports by one road are one, the mean of their hours."""
    codes = {name: code for code, name in names.economies().items()} | _SPELT
    table = tables.table("world_road_transport_africa").dropna(subset=["distance_km", "time_hours"])
    cases = table.groupby(["country", "border", "distance_km"], sort=False)["time_hours"].mean()
    return [(f"{country}: {km:,.0f} km, {border}", codes[country], float(km), float(hours)) for (country, border, km), hours in cases.items()]


def _hours() -> list[tuple[Any, ...]]:
    return [
        _row("hours", what, published, costs.road(code).hours(km), "hours", _DOING_BUSINESS)
        for what, code, km, published in _doing_business()
    ]


def causes() -> dict[str, dict[str, float]]:
    """Median absolute errors, percent, of hours and transit times with one part of the computed time changed at a time.

    ``model`` is the chapter's own; ``full_days``: rest only after each full day at the wheel, none on shorter trips, where the
    model spreads it over every kilometre; ``no_queue``: half of the hours at borders, processing alone.
    """
    graph, search = network.roads(), roads.with_all_open()
    errors: dict[str, dict[str, list[float]]] = {}

    def keep(kind: str, published: float, **hours: float) -> None:
        for what, value in hours.items():
            errors.setdefault(kind, {}).setdefault(what, []).append(abs(100.0 * (value / published - 1.0)))

    for _, code, km, published in _doing_business():
        cost = costs.road(code)
        keep("hours", published, model=cost.hours(km), full_days=_full_days([(km, cost)]))
    for row in tables.table("world_transit_times").to_dict("records"):
        start, end = graph.number[row["from"]], graph.number[row["to"]]
        way = search.way(search.from_nodes([start])[1][0], start, end)
        if way is None:
            continue
        border = float(sum(search.border_hours[graph.number[c]] for c in way.crossings))
        on_road = [(km, costs.road(code)) for code, km in search.legs(way)]
        keep(
            "transit", float(row["hours"]), model=way.hours + border, full_days=_full_days(on_road) + 2.0 * border, no_queue=way.hours,
        )  # fmt: skip
    return {kind: {what: float(np.median(values)) for what, values in parts.items()} for kind, parts in errors.items()}


def _full_days(legs: Sequence[tuple[float, costs.RoadCost]]) -> float:
    """Hours of a trip that starts rested: at the wheel, and the rest of the day after each full day at it."""
    days = sum(km / cost.speed_kmh / (24.0 * cost.moving_share) for km, cost in legs)
    wheel = sum(km / cost.speed_kmh for km, cost in legs)
    return wheel + float(np.floor(days)) * (24.0 - wheel / days)


def _transits() -> list[tuple[Any, ...]]:
    """Times from door to door elsewhere: hours on the road with rest, and at each border twice the processing.

    Hours seen at a border hold its queue, and :mod:`corridors.transport.world_network.costs` takes half of them as processing.
    """
    graph, search = network.roads(), roads.with_all_open()
    found = []
    for row in tables.table("world_transit_times").to_dict("records"):
        start, end = graph.number[row["from"]], graph.number[row["to"]]
        way = search.way(search.from_nodes([start])[1][0], start, end)
        hours = float("nan")
        if way is not None:
            hours = way.hours + float(sum(search.border_hours[graph.number[c]] for c in way.crossings))
        ends = f"{names.short_name(row['from'])} to {names.short_name(row['to'])}, {row['period']}"
        found.append(
            _row("transit", ends, float(row["hours"]), hours, "hours", row["source_url"])
        )
    return found


def _shares() -> list[tuple[Any, ...]]:
    table = tables.table("world_mode_shares_left_out")
    return [
        _row(
            "share",
            f"{r['exporter']}-{r['importer']} by {r['mode']}, {r['unit']}",
            100.0 * r["share"],
            100.0 * r["predicted"],
            "%",
            r["source_url"],
        )
        for r in table[~table["floor"]].to_dict("records")
    ]
