"""Crossings: hours against trucks a day, the year each fills, what a closure costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from corridors.show import blocks, lookups, numbers, theme
from corridors.show.charts import draw
from corridors.show.theme import LIGHT as C
from corridors.study.result import StudyResult

__all__ = ["closure_stress", "crossing_fill", "delay_curves"]

_MOST_PANELS = 4
_LONG_TITLE = 16
_LEAST_HOURS = 48.0
"""Hours that the axis of a crossing has at least; more where trucks are told to need more."""
_LETTERS_ACROSS = 50
"""How many letters a name and its traffic may have side by side."""
_MOST_ROWS = 12
_COUNTED = "Trucks of today, counted or by trade, grown at their own pace; those who go round borders that are shut or full are not in it. What takes more than 800 or 1,000 today keeps that."
_SOURCE = "capacities, hours and traffic of crossings as listed under data"


def crossing_name(name: str) -> str:
    """The first half of a crossing's name, without what stands in brackets: ``Taftan``."""
    return name.split(" / ")[0].split(" (")[0]


def chosen_crossings(result: StudyResult, most: int) -> list[str]:
    """The crossings that matter to the study: those of its measures, then those its trucks use most."""
    table = result["crossings"]
    measured = lookups.named_crossings(result)
    by_use = table.sort_values(["study_trucks_per_day", "load_before"], ascending=False, kind="stable")["crossing"]
    known = set(table["crossing"])
    return [c for c in dict.fromkeys([*measured, *by_use]) if c in known][:most]


_NOTED = 0.02
"""From what difference on, as a part, traffic with the measures is shown beside that without them."""
_BEYOND = 1.06
"""How far the axis of a crossing goes beyond the last point of its curves."""


@draw.chart
def delay_curves(result: StudyResult, crossings: Sequence[str] | None = None) -> blocks.Figure | None:
    """Hours at a crossing against trucks a day at today's capacity, at 800, 1,000 and the scenario's; today's load marked."""
    table, curves = result["crossings"], result["crossing_curves"]
    if draw.is_empty(curves) or draw.is_empty(table):
        return None
    names = list(crossings) if crossings else chosen_crossings(result, _MOST_PANELS)
    rows = table.set_index("crossing").loc[[c for c in names if c in set(table["crossing"])]]
    if draw.is_empty(rows):
        return None
    across = 1 if draw.narrow() else min(len(rows), 2)
    down = -(-len(rows) // across)
    height = 2.15 * down + 0.1
    figure = draw.canvas(height)
    for k, (crossing, row) in enumerate(rows.iterrows()):
        column, line = k % across, k // across
        left = draw.LEFT_IN + column * 3.02
        right = 0.2 if across == 1 or column == 1 else 3.18
        ax = draw.panel(figure, left=left, right=right, top=0.42 + 2.15 * line, bottom=height - 2.15 * (line + 1) + 0.3)
        _curve_panel(
            ax,
            curves[curves["crossing"] == crossing],
            row,
            (result.years[0], result.years[-1]),
            first=k == 0,
        )
    return draw.finish(
        figure,
        _curve_title(rows, result.years[-1]) + _elsewhere(result, rows),
        _curve_alt(rows, result.years[-1]),
        f"{draw.model_source(result, _SOURCE)} Curves end upright: no more passes, and trucks wait until others stay away. Figures over the curves are trucks a day of work; shut days and weekends leave fewer a calendar day, which the axis has.",
        _curve_table(rows, result.years[-1]),
    )


def _elsewhere(result: StudyResult, rows: pd.DataFrame) -> str:
    """Crossings on the way that are not among the panels and still have a queue with the measures."""
    way = lookups.on_the_way(result)
    still = (
        way[
            way["binds_after"].astype(bool)
            & (way["closure_days_after"] < lookups.SHUT_DAYS)
            & ~way["crossing"].isin(rows.index)
        ]
        if len(way)
        else way
    )
    names = [crossing_name(str(n)) for n in still["name"]] if len(still) else []
    shown = [*names[:3], *([f"{numbers.in_words(len(names) - 3)} more"] if len(names) > 3 else [])]
    return f"; elsewhere on the way they still queue at {numbers.listed(shown)}" if names else ""


def _shut(row: pd.Series, case: str) -> bool:
    return bool(row[f"closure_days_{case}"] >= lookups.SHUT_DAYS)


def _curve_panel(ax: Axes, curves: pd.DataFrame, row: pd.Series, years: tuple[int, int], first: bool) -> None:
    # Where a measure opens what is shut, its traffic is that with the measure.
    shut, opened = _shut(row, "before"), _shut(row, "before") and not _shut(row, "after")
    load_now, load = float(row["load_first_year_before"]), float(row[f"load_{'after' if opened else 'before'}"])
    then = float(row["load_after"])
    other = not shut and not _shut(row, "after") and abs(then - load) >= _NOTED * max(load, then)
    right = max(1150.0, 1.1 * load, 1.1 * then, 1.1 * float(curves["capacity_trucks_per_day"].max()))
    # Room for the last curve to be seen whole, and for the capacity that is written over its end.
    right = min(right, _BEYOND * float(curves["trucks_per_day"].max()))
    told = [float(row[f"hours_{case}"]) for case in ("before", "after") if not _shut(row, case)]
    top = 1.1 * max([_LEAST_HOURS, *(h for h in told if np.isfinite(h))])
    done: list[float] = []
    marks: list[tuple[float, float, str, bool]] = []
    styles = (
        ("today", C["baseline"], 2.0, "today"),
        ("scenario", C["scenario"], 2.0, "with measures"),
        ("800", C["faint"], 1.2, ""),
        ("1000", C["faint"], 1.2, ""),
    )
    for case, colour, width, word in styles:
        part = curves[curves["capacity_case"] == case]
        if draw.is_empty(part):
            continue
        capacity = float(part["capacity_trucks_per_day"].iloc[0])
        if any(abs(capacity - d) < 1 for d in done):
            continue
        done.append(capacity)
        ax.plot(part["trucks_per_day"], part["hours"], color=colour, linewidth=width, zorder=4 if word else 3)
        # No more than that ever passes: the wait grows until others stay away.
        end = part.iloc[-1]
        ax.plot([end["trucks_per_day"]] * 2, [end["hours"], top], color=colour, linewidth=0.5 * width, zorder=3)
        if float(end["trucks_per_day"]) < right:
            marks.append((float(end["trucks_per_day"]), capacity, colour, bool(word)))
    # A figure discussed gives way to a capacity that is real; these two stand apart.
    real = [m for m in marks if m[3]]
    kept = real + [m for m in marks if not m[3] and all(abs(m[0] - r[0]) > 0.15 * right for r in real)]
    for (_, capacity, colour, bold), x in zip(kept, draw.spread([m[0] for m in kept], 0.13 * right), strict=True):
        draw.text(
            ax,
            x,
            1.0,
            numbers.count(capacity),
            colour if bold else C["muted"],
            ha="center",
            va="bottom",
            axes="x",
            dy=1,
            bold=bold,
        )
    if not shut:
        early, late = sorted((load_now, load))
        ax.axvspan(early, max(late, early + 0.004 * right), color=C["warn_tint"], linewidth=0, zorder=1)
        ax.axvline(load_now, color=C["warn"], linewidth=1.4, linestyle=(0, (2, 2)), zorder=2)
    if not shut or opened:
        ax.axvline(load, color=C["warn"], linewidth=1.0, zorder=2)
    if other:
        ax.axvline(then, color=C["scenario"], linewidth=1.2, linestyle=(0, (5, 2)), zorder=2)
    title = f"{crossing_name(str(row['name']))}{' (shut)' if row['state'] == 'shut' else ''}"
    # Beside a long name there is no room for the year that everything begins with.
    start = "" if len(title) > _LONG_TITLE else f" in {years[0]}"
    traffic = f"{numbers.count(load_now)} a day{start}, {numbers.count(load)} in {years[1]}"
    if shut and not opened:
        traffic = "nobody passes"
    elif opened:
        traffic = f"opened: {numbers.count(load)} in {years[1]}"
    elif other:
        year = "" if len(title) > _LONG_TITLE else f" in {years[1]}"
        traffic = f"{numbers.count(load)}{year}, {numbers.count(then)} with measures"
    draw.text(
        ax,
        1,
        1,
        traffic,
        C["warn"],
        ha="right",
        va="bottom",
        axes="axes",
        dy=16,
    )
    ax.set_xlim(0, right)
    ax.set_ylim(0, top)
    draw.value_axis(ax, most=4)
    draw.value_axis(ax, "x", most=5)
    draw.heading(ax, draw.cut(title, max(_LETTERS_ACROSS - len(traffic), _LONG_TITLE)), dx=-28, dy=16, bold=True)
    if first:
        draw.text(ax, 0, 1.0, "hours", C["muted"], axes="axes", va="bottom", dx=-28, dy=3)
        draw.text(ax, 1, 0, "trucks a day", C["muted"], ha="right", va="bottom", axes="axes", dx=0, dy=2, halo=True)


def _curve_title(rows: pd.DataFrame, year: int) -> str:
    open_now = rows["state"] != "shut"
    # A measure may open what is shut today; then its queue counts, too.
    open_then = open_now | (rows["closure_days_after"] < lookups.SHUT_DAYS)
    if not open_then.any():
        return f"{numbers.listed([crossing_name(n) for n in rows['name']])} {'stay' if len(rows) > 1 else 'stays'} shut, so nobody queues there"
    bound = [crossing_name(n) for n in rows.loc[open_now & rows["binds_before"].astype(bool), "name"]]
    still = [crossing_name(n) for n in rows.loc[open_then & rows["binds_after"].astype(bool), "name"]]
    if not bound and still:
        return f"With the measures trucks queue for more than half a day at {numbers.listed(still)} in {year}"
    if not bound:
        return f"Capacity does not bind at these crossings: even in {year} trucks wait less than half a day in the queue"
    text = f"Without more capacity trucks queue for more than half a day at {numbers.listed(bound)} in {year}"
    if not (rows["capacity_before"] != rows["capacity_after"]).any():
        return text
    if still == bound:
        return f"{text}, and with the measures too"
    return f"{text}; with the measures {'no longer' if not still else 'at ' + numbers.listed(still)}"


def _curve_alt(rows: pd.DataFrame, year: int) -> str:
    said = [
        f"{crossing_name(str(r.name_))}: {numbers.count(r.load_before)} trucks a day in {year}{_and_with(r)}, capacity {numbers.count(r.capacity_before)}"
        + (f" and {numbers.count(r.capacity_after)} with the measures" if r.capacity_after != r.capacity_before else "")
        + f", {numbers.hours(r.hours_before)} at the crossing without the measures, {numbers.hours(r.hours_after)} with them."
        for r in rows.rename(columns={"name": "name_"}).itertuples()
    ]
    return (
        "Curves of hours at a crossing against trucks a day at several capacities, steep once capacity is reached. "
        + " ".join(said)
    )


def _and_with(r: Any) -> str:
    if r.state == "shut":
        return f" while it is shut, {numbers.count(r.load_after)} with the measures"
    return f", {numbers.count(r.load_after)} with the measures" if numbers.count(r.load_after) != numbers.count(r.load_before) else ""


def _curve_table(rows: pd.DataFrame, year: int) -> blocks.Table:
    body = [
        (crossing_name(str(r.name_)), r.state, numbers.count(r.load_before), numbers.count(r.load_after), numbers.count(r.capacity_before), numbers.count(r.capacity_after),
         numbers.hours(r.hours_before), numbers.hours(r.hours_after), "yes" if r.binds_before else "no", "yes" if r.binds_after else "no")
        for r in rows.rename(columns={"name": "name_"}).itertuples()
    ]  # fmt: skip
    columns = [blocks.Column("Crossing"), blocks.Column("State"), draw.numeric("Traffic without", "trucks a day"), draw.numeric("Traffic with", "trucks a day"), draw.numeric("Capacity without", "trucks a day"), draw.numeric("Capacity with", "trucks a day"), draw.numeric("Time without"), draw.numeric("Time with"), blocks.Column("Binds without"), blocks.Column("Binds with")]  # fmt: skip
    return blocks.table(
        f"Traffic, capacity and time at the crossings in {year}, without and with the measures",
        columns,
        body,
    )


@draw.chart
def crossing_fill(result: StudyResult) -> blocks.Figure | None:
    """The year in which each crossing fills at today's capacity, at 800 and at 1,000 trucks a day: middle and four in five draws."""
    years, table = result["crossing_years"], result["crossings"]
    if draw.is_empty(years) or draw.is_empty(table):
        return None
    names = chosen_crossings(result, _MOST_ROWS)
    label = {
        r.crossing: crossing_name(str(r.name_)) + (" (shut)" if r.state == "shut" and not draw.narrow() else "")
        for r in table.rename(columns={"name": "name_"}).itertuples()
    }
    cases = [("today", "Today\u2019s capacity"), ("800", "800 a day"), ("1000", "1,000 a day")]
    first, last = result.years[0], result.years[-1]
    height = 0.62 + 0.24 * len(names)
    figure = draw.canvas(height)
    left, width, gap = (0.9, 0.57, 0.22) if draw.narrow() else (1.3, 1.41, 0.12)
    if draw.narrow():
        cases = [("today", "Today"), ("800", "800 a day"), ("1000", "1,000")]
    rows = []
    for k, (case, words) in enumerate(cases):
        ax = draw.panel(
            figure,
            left=left + k * (width + gap),
            right=draw.width_in() - left - k * (width + gap) - width,
            top=0.3,
            bottom=0.32,
        )
        draw.rows_axis(ax, [label[c] for c in names] if k == 0 else [""] * len(names))
        ax.set_xlim(first - 0.6, last + 0.9)
        for n, crossing in enumerate(names):
            part = lookups.crossing_year(result, crossing, case)
            rows.append((crossing, case, *_fill_row(ax, part, n, first, last)))
        draw.years_axis(ax, first, last, every=max(last - first, 1) if draw.narrow() else 3)
        draw.heading(ax, words, bold=True, dy=4)
    return draw.finish(
        figure,
        _fill_title(rows, label, last),
        _fill_alt(rows, label, last),
        f"{draw.model_source(result, _SOURCE)} {_COUNTED}",
        _fill_table(rows, label, last),
    )


def _fill_row(ax: Axes, part: pd.DataFrame, n: int, first: int, last: int) -> tuple[int | None, int | None, int | None, float]:
    early, middle, late = (lookups.first_full(part, p) for p in (0.1, 0.5, 0.9))
    chance = float(part["probability_full"].iloc[-1]) if len(part) else float("nan")
    if early is None:
        words = "later" if draw.narrow() else f"not by {last}"
        draw.text(ax, last + 0.7, n, words, C["muted"], ha="right", size=theme.SMALL_PT - 0.5)
        return early, middle, late, chance
    ax.plot(
        [early, late if late is not None else last + 0.8],
        [n, n],
        color=C["warn"],
        linewidth=1.6,
        zorder=3,
        solid_capstyle="butt",
    )
    if middle is not None:
        ax.plot([middle], [n], "o", color=C["warn"], markersize=5, zorder=4)
    if middle == first:
        draw.text(ax, first, n, "full now", C["warn"], dx=6 if late == first else 6, dy=5.5, size=theme.SMALL_PT - 1)
    elif middle is not None:
        draw.text(ax, middle, n, str(middle), C["ink"], ha="center", dy=6.5, size=theme.SMALL_PT - 1, halo=True)
    return early, middle, late, chance


def _fill_title(rows: Sequence[tuple[str, str, int | None, int | None, int | None, float]], label: dict[str, str], last: int) -> str:
    full = {case: [r[0] for r in rows if r[1] == case and r[3] is not None] for case in ("today", "800", "1000")}
    count = len({r[0] for r in rows})
    now, then = ("none" if not full[case] else numbers.in_words(len(full[case])) for case in ("today", "1000"))
    text = f"Traffic of today, grown, fills {now} of {numbers.in_words(count)} crossings by {last} at today\u2019s capacity"
    return f"{text}, {then} at 1,000 trucks a day or more"


def _fill_words(early: int | None, middle: int | None, late: int | None, chance: float, last: int) -> str:
    if middle is not None:
        return str(middle)
    return f"not by {last}" if early is None else f"after {last} (chance by then {numbers.probability(chance)})"


def _fill_alt(rows: Sequence[tuple[str, str, int | None, int | None, int | None, float]], label: dict[str, str], last: int) -> str:
    said = []
    for crossing in dict.fromkeys(r[0] for r in rows):
        words = {r[1]: _fill_words(*r[2:], last=last) for r in rows if r[0] == crossing}
        said.append(f"{label[crossing]}: {words['today']} at today\u2019s capacity, {words['800']} at 800, {words['1000']} at 1,000.")
    return f"Year in which each crossing is full with even chances, by capacity; lines run from a chance of one in ten to nine in ten. {' '.join(said)}"


def _fill_table(rows: Sequence[tuple[str, str, int | None, int | None, int | None, float]], label: dict[str, str], last: int) -> blocks.Table:
    def year(value: int | None) -> str:
        return f"after {last}" if value is None else str(value)

    names = {"today": "today\u2019s", "800": "800", "1000": "1,000"}
    body = [(label[c], names[case], year(a), year(m), year(z), numbers.probability(p)) for c, case, a, m, z, p in rows]
    columns = [blocks.Column("Crossing"), draw.numeric("Capacity", "trucks a day"), draw.numeric("Full with 1 in 10"), draw.numeric("Full with even chances"), draw.numeric("Full with 9 in 10"), draw.numeric(f"Chance that it is full in {last}")]  # fmt: skip
    return blocks.table("The year in which crossings fill", columns, body)


@draw.chart
def closure_stress(result: StudyResult) -> blocks.Figure | None:
    """What a closure of each crossing costs road goods of the pair: if all wait, and with the ways
    round that there are."""
    table = result["closure_stress"]
    if draw.is_empty(table):
        return None
    table = table[table["days"] == table["days"].max()]
    table = table[table["road_share_through"].fillna(0) > 0.005]
    table = table.dropna(subset=["extra_ad_valorem_percent", "cost_if_only_waiting_percent"])
    table = (
        table.sort_values("road_share_through", ascending=False, kind="stable")
        .head(_MOST_ROWS)
        .reset_index(drop=True)
    )
    if draw.is_empty(table):
        return None
    days = float(table["days"].iloc[0])
    figure = draw.canvas(0.75 + 0.25 * len(table))
    ax = draw.panel(figure, left=1.1, right=0.62 if draw.narrow() else 1.55, top=0.55 if draw.narrow() else 0.42)
    draw.rows_axis(ax, [crossing_name(str(n)) for n in table["name"]])
    for n, r in enumerate(table.itertuples()):
        ax.plot(
            [r.extra_ad_valorem_percent, r.cost_if_only_waiting_percent],
            [n, n],
            color=C["line"],
            linewidth=3,
            zorder=2,
            solid_capstyle="butt",
        )
        ax.plot([r.cost_if_only_waiting_percent], [n], "o", color=C["loss"], markersize=5, zorder=3)
        ax.plot([r.extra_ad_valorem_percent], [n], "o", color=C["gain"], markersize=5, zorder=4)
    for words, up in () if draw.narrow() else (("share of the pair\u2019s", 12), ("road goods that pass", 3)):
        draw.text(ax, 1, 1, words, C["muted"], axes="axes", va="bottom", dx=8, dy=up)
    for n, r in enumerate(table.itertuples()):
        draw.text(ax, 1, n, numbers.share(r.road_share_through), C["ink"], axes="y", dx=8)
    if draw.narrow():
        over = "extra cost, and share of road goods that pass"
        draw.text(ax, 0, 1, over, C["muted"], axes="axes", va="bottom", dx=-74, dy=24)
    # The colours are told in a line of their own: beside the dots words met others at either end.
    start, up = (-74, 12) if draw.narrow() else (0, 3)
    draw.text(ax, 0, 1, "\u25cf with ways round", C["gain"], axes="axes", va="bottom", dx=start, dy=up)
    draw.text(ax, 0, 1, "\u25cf if all waited", C["loss"], axes="axes", va="bottom", dx=start + 86, dy=up)
    ax.set_xlim(
        min(0, float(table["extra_ad_valorem_percent"].min())),
        1.08 * float(table["cost_if_only_waiting_percent"].max()),
    )
    draw.zero_line(ax, "x")
    draw.value_axis(ax, "x", most=3 if draw.narrow() else 5, style=lambda v: f"{draw.tick_text(v)}{numbers.THIN}%")
    worst = table.loc[table["extra_ad_valorem_percent"].idxmax()]
    title = f"If {crossing_name(str(worst['name']))} shut for {numbers.days(days)} in {result.years[-1]}, goods that pass it by road would bear an extra cost of {numbers.percent(worst['extra_ad_valorem_percent'])} of their value, the largest share of all crossings"
    said = [
        f"{crossing_name(str(r.name_))} {numbers.percent(r.extra_ad_valorem_percent)} with ways "
        f"round, {numbers.percent(r.cost_if_only_waiting_percent)} if all waited."
        for r in table.rename(columns={"name": "name_"}).itertuples()
    ]
    body = [
        (
            crossing_name(str(r.name_)), numbers.share(r.road_share_through),
            numbers.share(r.diverted_share), numbers.percent(r.extra_ad_valorem_percent),
            numbers.percent(r.cost_if_only_waiting_percent),
            numbers.percent(r.second_corridor_worth_percent), str(r.main_alternative),
        )
        for r in table.rename(columns={"name": "name_"}).itertuples()
    ]  # fmt: skip
    columns = [
        blocks.Column("Crossing shut"), draw.numeric("Road goods that pass"),
        draw.numeric("Of these, take another way"), draw.numeric("Extra cost", "% of goods value"),
        draw.numeric("Extra cost if all waited", "% of goods value"),
        draw.numeric("Worth of the ways round", "% of goods value"), blocks.Column("Main way round"),
    ]  # fmt: skip
    return draw.finish(figure, title, f"Extra cost of a closure of {numbers.days(days)} as a share of goods value, by crossing: " + " ".join(said), draw.model_source(result, _SOURCE),
                       blocks.table(f"What a closure of {numbers.days(days)} costs", columns, body))  # fmt: skip
