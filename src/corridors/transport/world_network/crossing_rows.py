"""Rows of crossings as the solver needs them: cited figures where there are any, else priors that say so.

Capacity is cited for few. Elsewhere it is what passes today over :data:`UTILISATION`, from nearly
full to a quarter used: what nobody calls a bottleneck is none in the central case within ten years
of growth; what passes today is counted, or follows from trade (``crossing_traffic.csv``) with a
factor of three either way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from corridors.data import tables as data
from corridors.transport import network
from corridors.transport.world_network import borders, costs
from corridors.transport.world_network.tables import roads

UTILISATION, FULLEST, EMPTIEST = 0.5, 0.95, 0.25
TRAFFIC_FACTOR = 3.0
_LEAST_TRUCKS, _LEAST_LANES, _TRUCKS_A_LANE = 5.0, 2, 100.0
# A post with a lane each way passes that many, however few come.
_LEAST_CAPACITY = _LEAST_LANES * _TRUCKS_A_LANE
LEAST_TRUCKS, _MANY = 0.5, 100.0
_MOST_LANES = 60
COLUMNS = (
    "capacity_trucks_per_day", "capacity_low", "capacity_high", "lanes", "processing_hours",
    "processing_low", "processing_high",
    "hours_open", "days_open_per_week", "variability", "longest_wait_days", "closure_days_per_year",
    "closure_low", "closure_high",
    "fee_usd_per_truck", "background_trucks_per_day", "background_low", "background_high",
    "growth_percent", "growth_sd_percent",
    "state", "state_since", "estimates", "note", "source_url",
)  # fmt: skip


@lru_cache(maxsize=1)
def traffic() -> pd.DataFrame:
    """Trucks a day by crossing and pair, from trade (``data/world/crossing_traffic.csv``)."""
    return data.table("world_crossing_traffic")


@lru_cache(maxsize=1)
def _facts() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in data.table("world_crossing_facts").to_dict("records"):
        found.setdefault(str(row["crossing"]), {})[str(row["quantity"])] = row
    return found


@lru_cache(maxsize=1)
def _sums() -> Mapping[str, float]:
    sums = traffic().groupby("crossing")["trucks_per_day"].sum()
    return {str(name): float(value) for name, value in sums.items()}


def _by_trade(name: str) -> float:
    """Trucks a day of all pairs through a crossing, by trade."""
    return max(_sums().get(name, 0.0), _LEAST_TRUCKS)


@lru_cache(maxsize=4096)
def _passing(name: str) -> float:
    """Trucks a day through a crossing: those counted, else those by trade."""
    checked = network.checked_crossings()
    if name in checked.index:
        return float(checked.loc[name, "background_trucks_per_day"])
    known = _facts().get(name, {}).get("trucks_per_day")
    return _by_trade(name) if known is None else float(known["value"])


@lru_cache(maxsize=512)
def _of_pair(a: str, b: str) -> pd.DataFrame:
    table = traffic()
    return table[(table["kind"] == "pair") & (table["economy_a"] == min(a, b)) & (table["economy_b"] == max(a, b))]


def own_trucks(a: str, b: str) -> float:
    """Trucks a day of the pair's own goods other than bulk, both ways, by trade; 0 where its trade makes none."""
    rows = _of_pair(a, b)
    if rows.empty:
        return 0.0
    most = rows.loc[rows["part"].idxmax()]
    return float((most["trucks_per_day"] - most["bulk_trucks_per_day"]) / max(most["part"], 1e-3))


def spread(a: str, b: str, names: Sequence[str], measured: Sequence[str] = ()) -> dict[str, float]:
    """Trucks a day of the pair's goods other than bulk, both ways, at those of some crossings where they are known: by trade, and
    where trucks are counted in proportion to the count. Where trade puts less than the least number this is half of that, if it is
    next to nothing of the pair's trucks and the crossing is none that measures move; else nothing is known."""
    own = own_at(a, b)
    known = {name: own[name] * _passing(name) / _by_trade(name) for name in names if own.get(name, 0.0) > 0.0}
    rows = _of_pair(a, b)
    # Where rows end is told of all trucks of the pair, its bulk too.
    most = rows.loc[rows["part"].idxmax()] if len(rows) else None
    if most is not None and most["trucks_per_day"] >= _MANY * LEAST_TRUCKS * most["part"]:
        least = 0.5 * LEAST_TRUCKS * (1.0 - most["bulk_trucks_per_day"] / most["trucks_per_day"])
        known |= {name: float(least) for name in names if name not in known and name not in measured}
    return known


def trucks_of_a_load(a: str, b: str) -> float:
    """Trucks counted for one that the pair's trade would fill: emptier where it is above one, better filled below. By the counts of
    the crossings it passes, and one as far as those are not counted; within the range that traffic by trade has."""
    own = own_at(a, b)
    known = sum(load * _passing(name) / _by_trade(name) for name, load in own.items())
    return float(np.clip(known / sum(own.values()), 1.0 / TRAFFIC_FACTOR, TRAFFIC_FACTOR)) if known > 0.0 else 1.0


@lru_cache(maxsize=512)
def own_at(a: str, b: str) -> dict[str, float]:
    """Trucks a day of the pair's goods other than bulk, by crossing."""
    own = _of_pair(a, b).set_index("crossing")
    return {str(name): float(value) for name, value in (own["trucks_per_day"] - own["bulk_trucks_per_day"]).items()}


def table(names: Sequence[str], a: str, b: str) -> pd.DataFrame:
    """One row a crossing (index: its id) for a study of ``a`` and ``b``; the pair's bulk is not in the background."""
    own = _of_pair(a, b).set_index("crossing")["bulk_trucks_per_day"].to_dict()
    checked = network.checked_crossings()
    rows = [
        checked.loc[name].to_dict()
        if name in checked.index
        else _compiled(name, float(own.get(name, 0.0)))
        for name in names
    ]
    frame = pd.DataFrame(rows, index=pd.Index(list(names), name="crossing"), columns=list(COLUMNS))
    for column in checked.columns:
        if column in COLUMNS and checked[column].dtype.kind in "if":
            frame[column] = frame[column].astype(float)
    return frame


def _compiled(name: str, own_bulk: float) -> dict[str, Any]:
    graph = roads()
    at = graph.number[name] - len(graph.places)
    row, border = graph.crossings.iloc[at], borders.all_borders()[at]
    known = _facts().get(name, {})

    def figure(quantity: str, low: float, value: float, high: float) -> tuple[float, float, float]:
        if quantity in known:
            k = known[quantity]
            return float(k["low"]), float(k["value"]), float(k["high"])
        return low, value, high

    guess = _by_trade(name)
    low, passing, high = figure("trucks_per_day", guess / TRAFFIC_FACTOR, guess, guess * TRAFFIC_FACTOR)
    tight, capacity, roomy = figure(
        "capacity_trucks_per_day",
        max(passing / FULLEST, EMPTIEST * _LEAST_CAPACITY),
        max(passing / UTILISATION, _LEAST_CAPACITY),
        max(high / EMPTIEST, 2 * _LEAST_CAPACITY),
    )
    within = costs.union_of(str(row["economy_a"]), str(row["economy_b"])) is not None
    shut = name in borders.shut()
    least, days, most = figure("closure_days_per_year", 0.0, 3.0, 15.0) if not shut else (365.0, 365.0, 365.0)
    unknown = [
        c
        for c in ("capacity_trucks_per_day", "background_trucks_per_day")
        if c.replace("background_", "") not in known
    ]
    since = _since(str(row["economy_a"]), str(row["economy_b"]), name) if shut else ""
    # Of a count as much is the pair's bulk as of the traffic that trade would make.
    background = max(passing * (1.0 - own_bulk / guess), 1.0)
    return {
        "capacity_trucks_per_day": capacity, "capacity_low": min(tight, capacity),
        "capacity_high": max(roomy, capacity),
        "lanes": float(np.clip(round(figure("lanes", 0, capacity / _TRUCKS_A_LANE, 0)[1]), _LEAST_LANES, _MOST_LANES)),
        "processing_hours": max(border.hours, 0.05), "processing_low": max(border.low, 0.02),
        "processing_high": max(border.high, 0.1),
        "hours_open": figure("hours_open", 12, 24.0 if within else 16.0, 24)[1],
        "days_open_per_week": 7.0, "variability": 4.0,
        "longest_wait_days": 10.0, "closure_days_per_year": days, "closure_low": least, "closure_high": most,
        "fee_usd_per_truck": border.fee_usd, "background_trucks_per_day": background,
        "background_low": min(low, background),
        "background_high": max(high, background), "growth_percent": 3.0, "growth_sd_percent": 5.0,
        "state": "shut" if shut else "open", "state_since": since,
        "estimates": " ".join(
            [
                *unknown, "lanes", "variability", "longest_wait_days", "growth_percent",
                "hours_open", "closure_days_per_year", "processing_hours",
            ]
        ),
        "note": _note(border, known), "source_url": _source(border, known),
    }  # fmt: skip


def _since(a: str, b: str, name: str) -> str:
    for r in borders.states().itertuples():
        if {r.economy_a, r.economy_b} == {a, b} and (not isinstance(r.crossing, str) or r.crossing == name):
            return str(r.since) if isinstance(r.since, str) else ""
    return ""


def _note(border: costs.Border, known: Mapping[str, Mapping[str, Any]]) -> str:
    cited = "; ".join(str(k["note"]) for k in known.values())
    return f"compiled, not checked; hours: {border.basis}; " + (
        cited or "traffic from trade, capacity unknown: a wide prior"
    )


def _source(border: costs.Border, known: Mapping[str, Mapping[str, Any]]) -> str:
    return next((str(k["source_url"]) for k in known.values()), border.source_url)
