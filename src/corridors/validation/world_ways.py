"""The compiled world network against what is published: lengths of roads, hours by truck, shares of modes of pairs left out.

None of the lengths and hours sets anything in the model. Hours are Doing Business 2020's case
studies of Africa (main city to border or port, by truck, clearance not counted); the model's are
those of the same kilometres at the economy's speed, hours of rest in proportion. Transit times
elsewhere (``data/world/transit_times.csv``) are from end to end, borders included, or of the drive
alone where the source says so, by the crossing it names. Shares are those
the mode model gives a pair when it is fitted without it
(:func:`corridors.transport.world_network.mode_fit.leave_one_out`). What misses is shown as missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from corridors.data import names, tables
from corridors.transport.world_network import borders, costs, roads
from corridors.transport.world_network import tables as network

COLUMNS = ("kind", "what", "published", "computed", "unit", "error_percent", "source")
AIMS = {"length": 5.0, "hours": 20.0, "transit": 20.0}
"""Median errors, in percent, that we aim at."""
_LEAST = 0.1
_DOING_BUSINESS = "https://archive.doingbusiness.org/en/data/exploretopics/trading-across-borders"
# Names of Doing Business that data/economies.csv spells otherwise or does not know.
_SPELT = {"Congo, Dem. Rep.": "COD", "Congo, Rep.": "COG", "Eswatini": "SWZ", "South Sudan": "SSD"}


def compare() -> pd.DataFrame:
    """One row a published length, transit time, share or count of trucks: columns :data:`COLUMNS`.

    ``error_percent`` is computed over published less one; of shares, which are percent of a pair's
    trade, the difference in percentage points. Shares known only as "at least" are left out.
    """
    return pd.DataFrame([*_lengths(), *_times(), *_shares(), *_trucks()], columns=list(COLUMNS))


def summary(frame: pd.DataFrame) -> dict[str, dict[str, float]]:
    """By kind: how many, the median and the median absolute error; of shares the mean absolute one too, of trucks the median factor
    either way and how many are within three."""
    out: dict[str, dict[str, float]] = {}
    for kind, part in frame.groupby("kind", sort=False):
        error = part["error_percent"].to_numpy(dtype=float)
        out[str(kind)] = {
            "count": len(error), "median_error": float(np.median(error)),
            "median_absolute_error": float(np.median(np.abs(error))),
            "mean_absolute_error": float(np.mean(np.abs(error))),
        }  # fmt: skip
        if kind == "trucks":
            factor = np.exp(np.abs(np.log(np.maximum(part["computed"], _LEAST) / part["published"])))
            out[str(kind)] |= {"median_factor": float(np.median(factor)), "within_three": float((factor <= 3.0).sum())}
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
    """What, economy, kilometres and hours of each case; exports and imports by one road are one,
    the mean of their hours."""
    codes = {name: code for code, name in names.economies().items()} | _SPELT
    table = tables.table("world_road_transport_africa").dropna(subset=["distance_km", "time_hours"])
    cases = table.groupby(["country", "border", "distance_km"], sort=False)["time_hours"].mean()
    return [
        (f"{country}: {km:,.0f} km, {border}", codes[country], float(km), float(hours))
        for (country, border, km), hours in cases.items()
    ]


@dataclass(frozen=True)
class Trip:
    """A published time of a truck and what the model makes of it: hours at the wheel, at rest and at borders (twice the processing,
    as hours seen at a border hold its queue and :mod:`corridors.transport.world_network.costs`
    takes half of them), and ``full_days``: on the road with rest only after each full day at the
    wheel."""

    what: str
    published: float
    wheel: float
    rest: float
    border: float
    full_days: float
    source: str

    @property
    def hours(self) -> float:
        """The model's, all together."""
        return self.wheel + self.rest + self.border

    @property
    def at_the_wheel(self) -> Trip:
        """The same where the source counts hours at the wheel alone."""
        return replace(self, rest=0.0, border=0.0, full_days=self.wheel)


def _by(search: roads.Search, start: str, via: Any, end: str) -> roads.Way | None:
    """The cheapest way between two places, by the crossings that the source names, in order."""
    number = search.graph.number
    between = via.split() if isinstance(via, str) else []
    nodes = [number[name] for name in (start, *between, end)]
    parts = [search.way(search.from_nodes([a])[1][0], a, b) for a, b in zip(nodes[:-1], nodes[1:], strict=True)]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    names = [found[0].nodes[0], *(name for part in found for name in part.nodes[1:])]
    return search.described([number[name] for name in names])


def _in(period: str, via: Any) -> roads.Search:
    """The roads that trucks had in a period (``2018-11``, ``about 2005``): borders shut before it
    are shut, roads over a border that nobody uses are no way for cargo; the crossings that the
    source names were open."""
    found = re.search(r"\d{4}(-\d{2})?", period)
    barred = _shut_in(found.group() if found else "") | borders.minor()
    return _without(barred - frozenset(via.split() if isinstance(via, str) else ()))


def _shut_in(when: str) -> frozenset[str]:
    """Crossings that were shut to trade in a year or month, as ``border_states.csv`` and
    ``data/network/crossings.csv`` date them; a year stands for its end, as most reports are later."""
    last = when if "-" in when else f"{when}-12"
    states = tables.table("world_border_states")
    since, until = states["since"].fillna(""), states["until"].fillna("9999")
    rows = states[(states["state"] == "shut") & (since.str[:7] <= last) & (until.str[:7] > last)]
    whole = {frozenset(pair) for pair in zip(*(rows.loc[rows["crossing"].isna(), c] for c in _SIDES), strict=True)}
    crossings = network.roads().crossings
    sides = zip(crossings["crossing"], *(crossings[c] for c in _SIDES), strict=True)
    found = {str(name) for name, a, b in sides if frozenset((a, b)) in whole} | {*rows["crossing"].dropna()}
    checked = costs.checked_crossings()
    opened = {n for n, row in checked.items() if row["state"] != "shut" or str(row["state_since"])[:7] > last}
    return frozenset(found - opened | {n for n in checked if n not in opened})


_SIDES = ("economy_a", "economy_b")


@lru_cache(maxsize=32)
def _without(shut: frozenset[str]) -> roads.Search:
    return roads.Search(network.roads(), shut)


def _of_legs(
    what: str, published: float, legs: Sequence[tuple[float, costs.RoadCost]], border: float,
    source: Any,
) -> Trip:
    wheel = sum(km / cost.speed_kmh for km, cost in legs)
    return Trip(
        what,
        published,
        wheel,
        sum(cost.hours(km) for km, cost in legs) - wheel,
        border,
        _full_days(legs),
        str(source),
    )


def trips() -> dict[str, list[Trip]]:
    """The published hours in Africa (``hours``), transit times elsewhere (``transit``) and those of
    the pandemic, when drivers were tested at borders (``tested``); those without a way are left out."""
    africa = [
        _of_legs(what, published, [(km, costs.road(code))], 0.0, _DOING_BUSINESS)
        for what, code, km, published in _doing_business()
    ]
    graph = network.roads()
    elsewhere: list[Trip] = []
    tested: list[Trip] = []
    for row in tables.table("world_transit_times").to_dict("records"):
        search = _in(str(row["period"]), row["via"])
        way = _by(search, row["from"], row["via"], row["to"])
        if way is not None:
            border = 2.0 * float(sum(search.border_hours[graph.number[c]] for c in way.crossings))
            what = f"{names.short_name(row['from'])} to {names.short_name(row['to'])}, {row['period']}"
            legs = [(km, costs.road(code)) for code, km in search.legs(way)]
            trip = _of_legs(what, float(row["hours"]), legs, border, row["source_url"])
            among = tested if row["counts"] == "tested" else elsewhere
            among.append(trip.at_the_wheel if row["counts"] == "wheel" else trip)
    return {"hours": africa, "transit": elsewhere, "tested": tested}


CHANGES: Mapping[str, Callable[[Trip], float]] = {
    "model": lambda t: t.hours,
    "full_days": lambda t: t.full_days + t.border,
    "no_queue": lambda t: t.wheel + t.rest + 0.5 * t.border,
    "no_border": lambda t: t.wheel + t.rest,
    "no_rest": lambda t: t.wheel + t.border,
    "faster": lambda t: (t.wheel + t.rest) / FASTER + t.border,
    "slower": lambda t: (t.wheel + t.rest) * FASTER + t.border,
}
"""Hours of a trip as the model has them, and with one part changed at a time: rest only after each full day at the wheel (the model
spreads it over every kilometre), half of the hours at borders, none, no rest, all speeds a fifth
higher or lower."""
FASTER = 1.2


def causes() -> dict[str, dict[str, float]]:
    """Median absolute errors, percent, with each of :data:`CHANGES`, and the parts of all computed
    hours, percent: ``wheel``, ``rest``, ``border``."""
    found = {}
    for kind, every in trips().items():
        total = sum(t.hours for t in every)
        found[kind] = {
            name: float(np.median([abs(100.0 * (hours(t) / t.published - 1.0)) for t in every]))
            for name, hours in CHANGES.items()
        }
        found[kind] |= {
            part: 100.0 * sum(getattr(t, part) for t in every) / total
            for part in ("wheel", "rest", "border")
        }
    return found


def _full_days(legs: Sequence[tuple[float, costs.RoadCost]]) -> float:
    """Hours of a trip that starts rested: at the wheel, and the rest of the day after each full day at it."""
    days = sum(km / cost.speed_kmh / (24.0 * cost.moving_share) for km, cost in legs)
    wheel = sum(km / cost.speed_kmh for km, cost in legs)
    return wheel + float(np.floor(days)) * (24.0 - wheel / days)


def _times() -> list[tuple[Any, ...]]:
    return [
        _row(kind, t.what, t.published, t.hours, "hours", t.source)
        for kind, every in trips().items()
        for t in every
    ]


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


def _trucks() -> list[tuple[Any, ...]]:
    """Counted crossings outside the hand-checked network, and what trade makes of their traffic before any is set to counts."""
    facts = tables.table("world_crossing_facts")
    sums = tables.table("world_crossing_traffic").groupby("crossing")["trucks_per_day"].sum()
    called = network.roads().crossings.set_index("crossing")["name"]
    return [
        _row(
            "trucks", f"{called[row['crossing']]}, {row['period']}", float(row["value"]), float(sums.get(row["crossing"], 0.0)),
            "trucks a day", row["source_url"],
        )
        for row in facts[facts["quantity"] == "trucks_per_day"].to_dict("records")
    ]  # fmt: skip
