"""The compiled world network against what is published: lengths of roads, hours by truck, shares of modes of pairs left out.

None of the lengths and hours sets anything in the model. Hours are Doing Business 2020's case studies of Africa (main city
to border or port, by truck, clearance not counted); the model's are those of the same kilometres at the economy's speed,
hours of rest in proportion. Shares are those the mode model gives a pair when it is fitted without it
(:func:`corridors.transport.world_network.mode_fit.leave_one_out`). What misses is shown as missing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from corridors.data import names, tables
from corridors.transport.world_network import costs, roads
from corridors.transport.world_network import tables as network

COLUMNS = ("kind", "what", "published", "computed", "unit", "error_percent", "source")
AIMS = {"length": 5.0, "hours": 20.0}
"""Median errors, in percent, that we aim at."""
_DOING_BUSINESS = "https://archive.doingbusiness.org/en/data/exploretopics/trading-across-borders"
# Names of Doing Business that data/economies.csv spells otherwise or does not know.
_SPELT = {"Congo, Dem. Rep.": "COD", "Congo, Rep.": "COG", "Eswatini": "SWZ", "South Sudan": "SSD"}


def compare() -> pd.DataFrame:
    """One row a published length, transit time or share: columns :data:`COLUMNS`.

    ``error_percent`` is computed over published less one; of shares, which are percent of a pair's trade, the difference
    in percentage points. Shares known only as "at least" are left out.
    """
    return pd.DataFrame([*_lengths(), *_hours(), *_shares()], columns=list(COLUMNS))


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


def _hours() -> list[tuple[Any, ...]]:
    codes = {name: code for code, name in names.economies().items()} | _SPELT
    table = tables.table("world_road_transport_africa").dropna(subset=["distance_km", "time_hours"])
    found = []
    # Exports and imports by the same road are one case: the mean of their hours.
    for (country, border, km), part in table.groupby(
        ["country", "border", "distance_km"], sort=False
    ):
        hours = costs.road(codes[country]).hours(float(km))
        found.append(
            _row(
                "hours",
                f"{country}: {km:,.0f} km, {border}",
                float(part["time_hours"].mean()),
                hours,
                "hours",
                _DOING_BUSINESS,
            )
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
