"""Measures, routes, legs, crossings, costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from corridors.data import world_names
from corridors.show import numbers as n
from corridors.show.blocks import Column, Table, table
from corridors.show.lookups import (  # fmt: skip
    OUTSIDE,
    at_home,
    crossing_year,
    date_words,
    first_full_year,
    has_measures,
    on_the_way,
    pair_words,
    short_name,
    way,
)
from corridors.show.tables.cells import (
    BAND,
    CARGO,
    DASH,
    MODES,
    cell,
    column_decimals,
    fixed,
    model,
    right,
    share,
    span,
    text,
    two_decimals,
)
from corridors.study.result import StudyResult

_CASES = ("today", "200", "800", "1000", "scenario")
_MOST_ROUTES = 10


def measures(result: StudyResult) -> Table | None:
    """What the scenario does: each measure, when it begins and when it works fully."""
    found = result.scenario.get("measures", ())
    if not len(found):
        return None
    labels = result.scenario.get("labels") or [m["kind"].replace("_", " ") for m in found]
    body = [
        (text(label), n.year(m["start"]), n.year(m["start"] + m["years_to_full_effect"]))
        for label, m in zip(labels, found, strict=True)
    ]
    return table(
        "What this scenario does", ("Measure", right("Begins"), right("Works fully from")), body,
        f"Source: scenario {text(result.name)}.yaml.",
    )  # fmt: skip


def routes(result: StudyResult, direction: str) -> Table | None:
    """The ways from gateway to gateway side by side, the most used first; every mode is there."""
    rows = result["routes"]
    rows = rows[rows["direction"] == direction] if len(rows) else rows
    if not len(rows):
        return None
    order = rows.sort_values(["share_after", "share_before"], ascending=False, kind="stable")
    used = order[(order["share_before"] > 0) | (order["share_after"] > 0)]
    shown = pd.concat([used.groupby("mode", sort=False).head(3)]).head(_MOST_ROUTES)
    changed = has_measures(result)
    places = world_names.places()
    body = []
    for r in shown.itertuples():
        name = text(r.name) if not hasattr(r, "origin") else f"{text(r.name)} ({places.get(str(r.origin), text(r.origin))} to {places.get(str(r.destination), text(r.destination))})"
        # What is shut or not built takes no time.
        there = {case: float(getattr(r, f"share_{case}")) > 0.0 for case in ("before", "after")}
        # Of ways outside the network neither length nor days nor dollars are known.
        known = str(r.mode) != OUTSIDE
        cells = [
            name,
            MODES.get(str(r.mode), text(r.mode)),
            fixed(r.km) if known else DASH,
            fixed(r.days_before, 1) if known and there["before"] else DASH,
        ]
        cells += [fixed(r.days_after, 1) if known and there["after"] else DASH] if changed else []
        cells += [fixed(r.usd_per_t_before) if known and there["before"] else DASH]
        cells += [fixed(r.usd_per_t_after) if known and there["after"] else DASH] if changed else []
        cells += [share(r.share_before)]
        cells += [share(r.share_after)] if changed else []
        cells += [fixed(r.hidden_usd_per_t) if str(r.mode) == "road" and r.share_before > 0 else DASH]
        body.append(tuple(cells))
    return table(
        f"Ways {way(result, direction)}, side by side",
        _before_after(
            ("Way", "Mode", right("Length", "km")),
            (("Time", "days"), ("Cost", "dollars a tonne"), ("Share", "% by value")),
            right("Hidden cost of the road", "dollars a tonne"),
            changed,
        ),
        body,
        model(result),
        f"Medians for {result.years[-1]}. {n.count(len(rows))} ways were compared; up to three of "
        f"each mode are shown; a dash stands where a way is shut or not there. The hidden cost is what must be added for hardly anyone to use the "
        f"road.",
    )


def _before_after(
    first: tuple[str | Column, ...], pairs: tuple[tuple[str, str], ...], last: Column, changed: bool,
) -> tuple[str | Column, ...]:
    heads = list(first)
    for label, unit in pairs:
        heads += [right(f"{label} without", unit), right(f"{label} with", unit)] if changed else [right(label, unit)]
    return (*heads, last)


def crossings(result: StudyResult) -> Table | None:
    """The crossings on the way: state, capacity, traffic, hours, without and with the measures."""
    rows = on_the_way(result)
    if not len(rows):
        return None
    changed = has_measures(result)
    body = []
    for r in rows.itertuples():
        cells = [text(r.name), text(r.economies).replace("-", "\u2013"), _state(r), fixed(r.capacity_before)]
        cells += [fixed(r.capacity_after)] if changed else []
        cells += [fixed(r.load_before)] + ([fixed(r.load_after)] if changed else [])
        cells += [fixed(100 * float(r.utilisation_after if changed else r.utilisation_before)), fixed(r.hours_before)]
        cells += [fixed(r.hours_after)] if changed else []
        cells += [fixed(r.closure_days_after if changed else r.closure_days_before), _binds(r, changed)]
        body.append(tuple(cells))
    heads: list[str | Column] = ["Crossing", "Border", "State", right("Capacity", "trucks a day")]
    heads += [right("with measures", "trucks a day")] if changed else []
    heads += [right("Traffic of all", "trucks a day")] + ([right("with measures", "trucks a day")] if changed else [])
    heads += [right("Full", "%"), right("Time", "hours")]
    heads += [right("with measures", "hours")] if changed else []
    heads += [right("Shut", "days a year"), "Capacity binds"]
    return table(
        f"Border crossings on the way between {pair_words(result)}" if len(result["routes"]) else "Border crossings that the measures change",
        heads, body, f"{model(result)} Capacities and traffic: data/network/crossings.csv.",
        f"Medians for {result.years[-1]}, traffic grown. A shut crossing's row says what it would "
        f"be if it were open. Full{', with the measures' if changed else ''}: traffic over what can pass in the year, closures and weekends "
        f"counted, which is less than the capacity of a day at work where a crossing shuts. Capacity "
        f"binds where a truck queues more than twelve hours in the middle case.",
    )  # fmt: skip


def _state(r: Any) -> str:
    if str(r.state) != "shut":
        return "open"
    since = date_words(r.state_since)
    return f"shut since {since}" if since else "shut"


def _binds(r: Any, changed: bool) -> str:
    before, after = bool(r.binds_before), bool(r.binds_after)
    if not changed or before == after:
        return "yes" if before else "no"
    return "no longer" if before else "newly"


def crossing_fill_years(result: StudyResult) -> Table | None:
    """The year in which each crossing is more likely full than not, at each capacity, and the
    chance in the last year."""
    rows = at_home(result)
    if not len(rows) or not len(result["crossing_years"]):
        return None
    cases = [c for c in _CASES if c != "scenario" or has_measures(result)]
    body = []
    for r in rows.itertuples():
        cells = [short_name(r.name), fixed(r.capacity_before)]
        for case in cases:
            found = crossing_year(result, str(r.crossing), case)
            chance = 100 * float(found["probability_full"].iloc[-1])
            year = first_full_year(result, str(r.crossing), case)
            cells.append(f"{n.year(year) if year else DASH} ({fixed(chance)})")
        body.append(tuple(cells))
    heads = {
        "today": "Today's capacity",
        "200": "200 a day",
        "800": "800 a day",
        "1000": "1,000 a day",
        "scenario": "This scenario",
    }
    last = result.years[-1]
    return table(
        f"When each crossing fills: first year in which it is more likely full than not, and the "
        f"chance that it is full in {last}",
        (
            "Crossing", right("Today's capacity", "trucks a day"),
            *[right(heads[c], f"year (chance in {last}, %)") for c in cases],
        ),
        body, f"{model(result)} Traffic and its growth: data/network/crossings.csv.",
        f"A dash: not before the end of {last}. What takes more than 800 or 1,000 a day today goes on taking it. Trucks counted there, grown at their own pace, as if "
        f"it were open; those who go round borders that are shut or full are not in it.",
    )  # fmt: skip


def closure_stress(result: StudyResult) -> Table | None:
    """What a month's closure of each crossing does to goods that pass it."""
    rows = result["closure_stress"]
    if not len(rows):
        return None
    rows = (
        rows[rows["road_share_through"] >= 0.01]
        .sort_values("road_share_through", ascending=False, kind="stable")
        .head(12)
    )
    if not len(rows):
        return None
    body = [
        (
            short_name(r.name), share(r.road_share_through), share(r.diverted_share),
            text(r.main_alternative), fixed(r.extra_cost_usd_per_t),
            fixed(r.cost_if_only_waiting_usd_per_t), fixed(r.second_corridor_worth_usd_per_t),
            fixed(r.backlog_trucks), _clear(r.days_to_clear),
        )
        for r in rows.itertuples()
    ]  # fmt: skip
    days = n.days(float(rows["days"].iloc[0]))
    return table(
        f"If one crossing shut for {days} in {result.years[-1]}",
        (
            "Crossing", right("Road goods that pass it", "% by value"),
            right("of these, go another way", "%"), "Mostly by",
            right("Cost to them", "dollars a tonne"),
            right("if they could only wait", "dollars a tonne"),
            right("Worth of another way", "dollars a tonne"),
            right("Trucks waiting at the end", "all traffic"),
            right("Days until cleared"),
        ),
        body, model(result),
        "Cost is days and dollars together; traffic as it is by then. Crossings that at least 1 % "
        "of the pair's road goods pass; one that is shut already is not listed.",
    )  # fmt: skip


def _clear(value: Any) -> str:
    return cell(lambda v: n.fixed(v, 1 if v < 10 else 0), value)


def class_cost_columns(
    rows: pd.DataFrame, changed: bool, middle: Callable[[Any, int], str]
) -> tuple[list[Column], Callable[[Any], tuple[str, ...]]]:
    """Columns of transport cost by cargo class beside the goods' name, and the cells of a row.

    ``changed``: with the change of delivered price, whose ``middle`` is written from a row and decimals.
    """
    decimals = column_decimals(100 * rows["composite_cost_before"], 3, 1)
    fine, coarse = two_decimals(
        rows["cost_change_percent_p50"],
        [*rows["cost_change_percent_p10"], *rows["cost_change_percent_p90"]],
    )
    columns = [right("Part of the direction", "% by value"), right("Cost of transport", "% of goods value")]
    if changed:
        columns += [right("Change of delivered price", "%"), right(BAND, "%")]

    def cells_of(row: Any) -> tuple[str, ...]:
        cost = (share(row.weight), fixed(100 * float(row.composite_cost_before), decimals))
        if not changed:
            return cost
        return (*cost, middle(row, fine), span(row.cost_change_percent_p10, row.cost_change_percent_p90, coarse))

    return columns, cells_of


def costs(result: StudyResult) -> Table | None:
    """Transport cost by cargo class and direction, as a share of goods value, and its change."""
    rows = result["costs"]
    if not len(rows) or not result.facts["corridor_known"]:
        return None
    changed = has_measures(result)
    columns, cells_of = class_cost_columns(
        rows, changed, lambda r, decimals: fixed(r.cost_change_percent_p50, decimals, sign=True),
    )
    body = [
        (f"{CARGO.get(str(r.cargo_class), text(r.cargo_class))}, {way(result, str(r.direction))}", *cells_of(r))
        for r in rows.itertuples()
    ]
    heads: list[str | Column] = ["Goods", *columns]
    return table(
        "What moving goods costs, time and money together, by cargo class", heads, body, model(result),
        f"Medians for {result.years[-1]}. Time counts at what a day in transit costs; hidden costs are left out.",
    )  # fmt: skip
