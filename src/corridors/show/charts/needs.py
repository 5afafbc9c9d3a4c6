"""What is known and what is needed: reports that disagree, and trucks a day against what crossings take."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from corridors.show import blocks, lookups, numbers, theme
from corridors.show.charts import draw
from corridors.show.charts.border import chosen_crossings, crossing_name
from corridors.show.charts.reasons import two_line_labels
from corridors.show.theme import LIGHT as C
from corridors.study.result import StudyResult

__all__ = ["history", "volumes"]

_MOST_ROWS = 8
_FEWEST_TRUCKS = 0.001
_WHAT = {"exports": "Exports", "imports": "Imports", "total": "Two-way trade", "balance": "Balance"}


def _short_period(period: str) -> str:
    """``FY2022 Jul-May, as yearly rates`` as ``2021/22 Jul-May``; what is below the chart says that
    periods are made alike."""
    plain = re.sub(r"FY(\d{4})", lambda year: f"{int(year[1]) - 1}/{int(year[1]) % 100:02d}", period)
    return plain.removesuffix(", as yearly rates")


@draw.chart
def history(result: StudyResult) -> blocks.Figure | None:
    """Reported figures for the same trade that disagree, the largest contradictions first."""
    table = result["disagreements"]
    if draw.is_empty(table):
        return None
    table = (
        table.reindex(
            table["difference_percent"].abs().sort_values(ascending=False, kind="stable").index
        )
        .head(_MOST_ROWS)
        .reset_index(drop=True)
    )
    # On a phone values stand below the dots.
    figure = draw.canvas(0.5 + (0.5 if draw.narrow() else 0.42) * len(table))
    ax = draw.panel(figure, left=2.1, right=0.75, top=0.34, bottom=0.08)
    two_line_labels(
        ax,
        [
            f"{_WHAT.get(str(r.what), str(r.what).capitalize())}, {_short_period(str(r.period))}"
            for r in table.itertuples()
        ],
        letters=32,
    )
    ends = table[["value_a_musd", "value_b_musd"]].to_numpy(dtype=float)
    low, high = min(0.0, float(ends.min())), float(max(ends.max(), 0.0))
    room = 0.12 * (high - low)
    ax.set_xlim(low - room, high + room)
    for n, (r, (a, b)) in enumerate(zip(table.itertuples(), ends, strict=True)):
        ax.plot([a, b], [n, n], color=C["line"], linewidth=3, zorder=2, solid_capstyle="butt")
        ax.plot([a], [n], "o", color=C["baseline"], markersize=5, zorder=3)
        ax.plot(
            [b],
            [n],
            "o",
            markerfacecolor=C["paper"],
            markeredgecolor=C["baseline"],
            markeredgewidth=1.3,
            markersize=5,
            zorder=4,
        )
        left, right = ((a, r.source_a), (b, r.source_b)) if a <= b else ((b, r.source_b), (a, r.source_a))
        middle = (low + high) / 2
        wide = abs(b - a) > 0.45 * (high - low)
        if draw.narrow():
            at = ((a + b) / 2 - low) / (high - low)
            draw.text(
                ax,
                (a + b) / 2,
                n,
                f"{numbers.fixed(a)} and {numbers.fixed(b)}",
                C["muted"],
                ha="left" if at < 0.2 else "right" if at > 0.8 else "center",
                va="top",
                dy=-5,
                halo=True,
            )
        elif wide:
            draw.text(
                ax,
                left[0],
                n,
                _source_label(left[0], left[1]),
                C["muted"],
                va="bottom",
                dy=4,
                size=theme.SMALL_PT - 1,
                halo=True,
            )
            draw.text(
                ax,
                right[0],
                n,
                _source_label(right[0], right[1]),
                C["muted"],
                ha="right",
                va="top",
                dy=-4,
                size=theme.SMALL_PT - 1,
                halo=True,
            )
        else:
            side = "left" if (a + b) / 2 < middle else "right"
            at = left[0] if side == "left" else right[0]
            for (value, source), va, dy in ((left, "bottom", 4), (right, "top", -4)):
                draw.text(
                    ax, at, n, _source_label(value, source), C["muted"], ha=side, va=va, dy=dy, size=theme.SMALL_PT - 1, halo=True
                )
        draw.text(
            ax,
            1,
            n,
            numbers.signed_percent(r.difference_percent, 0),
            C["ink"],
            ha="right",
            axes="y",
            dx=46,
            bold=True,
        )
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    if low < 0:
        # In pieces, so that it runs behind no words between the rows.
        ax.vlines(np.zeros(len(table)), np.arange(len(table)) - 0.16, np.arange(len(table)) + 0.16, color=C["faint"], linewidth=0.9, zorder=1.5)
    draw.heading(ax, "\u25cf one source   \u25cb the other, million dollars a year", dx=0, dy=4)
    top = table.iloc[0]
    title = f"Sources disagree by up to {numbers.percent(abs(top['difference_percent']), 0)} on the same trade: {_WHAT.get(str(top['what']), str(top['what'])).lower()}, {lookups.period_words(top['period'])}"
    said = [
        f"{r.what} of {r.period}: {numbers.musd(r.value_a_musd, 3)} by {r.source_a}, "
        f"{numbers.musd(r.value_b_musd, 3)} by {r.source_b}"
        for r in table.itertuples()
    ]
    body = [
        (
            f"{str(r.what).capitalize()}, {r.period}",
            numbers.musd(r.value_a_musd, 3),
            str(r.source_a),
            numbers.musd(r.value_b_musd, 3),
            str(r.source_b),
            numbers.signed_percent(r.difference_percent, 0),
        )
        for r in table.itertuples()
    ]
    columns = [
        blocks.Column("Flow and period"),
        draw.numeric("One says"),
        blocks.Column("Source"),
        draw.numeric("The other says"),
        blocks.Column("Source"),
        draw.numeric("Difference"),
    ]
    return draw.finish(
        figure,
        title,
        "Pairs of reported figures for the same trade. " + "; ".join(said) + ".",
        "Source: the reports named, as listed under data; rates a year where periods differ.",
        blocks.table("Reported figures that disagree", columns, body),
    )


def _source_label(value: float, source: str) -> str:
    return f"{numbers.fixed(value)} {draw.cut(source, 40)}"


def trucks_needed(result: StudyResult) -> pd.DataFrame:
    """Trucks a day, one way, in the last year if all goods that could go by road did: direction,
    case, p10, p50, p90."""
    table = result["volumes"]
    if draw.is_empty(table):
        return pd.DataFrame(columns=["direction", "case", "p10", "p50", "p90"])
    last = table[table["year"] == table["year"].max()]
    sums = (
        last.groupby(["flow", "case"], sort=False)[
            [f"trucks_per_day_{p}" for p in ("p10", "p50", "p90")]
        ]
        .sum()
        .reset_index()
    )
    return sums.rename(columns={"flow": "direction", **{f"trucks_per_day_{p}": p for p in ("p10", "p50", "p90")}})


@draw.chart
def volumes(result: StudyResult) -> blocks.Figure | None:
    """Trucks a day that the trade needs, on a logarithmic scale, against what the crossings on the way take."""
    needed = trucks_needed(result)
    if draw.is_empty(needed):
        return None
    year = int(result["volumes"]["year"].max())
    with_measures = " with the measures" if lookups.has_measures(result) else ""
    rows: list[tuple[str, float, float, float, bool]] = []
    for direction in ("exports", "imports"):
        name = draw.direction_name(result, direction)
        plan = needed[(needed["direction"] == direction) & (needed["case"] == "scenario")]
        if len(plan):
            r = plan.iloc[0]
            rows.append(
                (
                    f"{name}: all that could go by truck",
                    float(r["p10"]),
                    float(r["p50"]),
                    float(r["p90"]),
                    True,
                )
            )
        taken = result.facts["trucks_by_road"][direction]["after"]
        if taken["p90"] > 0:
            rows.append((f"{name}: by road{with_measures}", taken["p10"], taken["p50"], taken["p90"], False))
    if not rows or max(r[3] for r in rows) <= 0:
        return None
    crossings = result["crossings"]
    names = chosen_crossings(result, 6) if len(crossings) else []
    about = crossings.set_index("crossing").loc[names] if names else crossings.iloc[:0]
    # Capacities are of both ways, what goods need is of one.
    about = about.assign(capacity_before=about["capacity_before"] / 2.0, capacity_after=about["capacity_after"] / 2.0)
    labels = [r[0] for r in rows] + [f"{crossing_name(str(n))} takes, each way" for n in about["name"]]
    figure = draw.canvas(0.72 + 0.28 * len(labels))
    ax = draw.panel(figure, left=2.5, right=1.15, top=0.34, bottom=0.34)
    two_line_labels(ax, labels, letters=42)
    least_shown = [r[1] for r in rows if r[1] > 0] + [float(v) for v in about["capacity_before"] if v > 0]
    low = max(_FEWEST_TRUCKS, min(least_shown or [1.0]) * 0.8)
    high = (
        max(
            [r[3] for r in rows]
            + [float(v) for v in about[["capacity_before", "capacity_after"]].to_numpy().ravel()]
            + [1.0]
        )
        * 1.3
    )
    # A tick at the edge of a phone would be cut off.
    draw.log_axis(ax, "x", draw.powers(low * (2.0 if draw.narrow() else 1.0), high), draw.tick_text)
    ax.set_xlim(low * 0.8, high)
    for n, (_, p10, p50, p90, potential) in enumerate(rows):
        ax.plot([max(p10, low), max(p90, low)], [n, n], color=C["band80"], linewidth=5, zorder=2, solid_capstyle="butt")
        ax.plot(
            [max(p50, low)],
            [n],
            "o",
            markersize=5.5,
            color=C["scenario"],
            markerfacecolor=C["scenario"] if potential else C["paper"],
            zorder=3,
        )
        draw.text(ax, 1, n, _a_day(p50), C["ink"], axes="y", ha="left", dx=5)
    for k, r in enumerate(about.itertuples()):
        n = len(rows) + k
        before, after = float(r.capacity_before), float(r.capacity_after)
        ax.plot([before], [n], "|", color=C["baseline"], markersize=10, markeredgewidth=2.2, zorder=3)
        if after != before:
            ax.plot([before, after], [n, n], color=C["band50"], linewidth=2, zorder=2)
            ax.plot([after], [n], "|", color=C["scenario"], markersize=10, markeredgewidth=2.2, zorder=4)
        words = numbers.count(before) if before == after else f"{numbers.count(before)} \u2192 {numbers.count(after)}"
        draw.text(ax, 1, n, words, C["ink"], axes="y", ha="left", dx=5)
    draw.heading(ax, f"trucks a day, one way, {year}", dx=0, dy=4)
    most = max((r for r in rows if r[4]), key=lambda r: r[2], default=rows[0])
    title = f"All goods of the pair that could go by truck would fill {numbers.trucks(most[2])} one way"
    if len(about):
        least = about.loc[about["capacity_before"].idxmin()]
        title += f"; the smallest of these crossings takes {numbers.count(float(least['capacity_before']))} each way"
    said = [f"{label}: {numbers.trucks(p50)} ({numbers.number_range(p10, p90)})" for label, p10, p50, p90, _ in rows]
    said += [
        f"{crossing_name(str(r.name_))} takes {numbers.count(r.capacity_before)} a day each way"
        + (
            f", {numbers.count(r.capacity_after)} with the measures"
            if r.capacity_after != r.capacity_before
            else ""
        )
        for r in about.rename(columns={"name": "name_"}).itertuples()
    ]
    body = [(label, numbers.trucks(p50), numbers.number_range(p10, p90)) for label, p10, p50, p90, _ in rows]
    body += [
        (
            f"{crossing_name(str(r.name_))}, capacity each way",
            f"{numbers.count(float(r.capacity_before))} trucks a day",
            f"{numbers.count(float(r.capacity_after))} with measures" if r.capacity_after != r.capacity_before else "",
        )
        for r in about.rename(columns={"name": "name_"}).itertuples()
    ]
    columns = [blocks.Column("What"), draw.numeric("Trucks a day"), draw.numeric("80 % range, or with measures")]
    return draw.finish(
        figure,
        title,
        f"Trucks a day one way in {year} on a logarithmic scale. " + "; ".join(said) + ".",
        draw.model_source(result, "dollars a tonne and payloads as listed under data"),
        blocks.table(f"Trucks needed in {year} and capacity", columns, body),
    )


def _a_day(value: float) -> str:
    if value >= 0.75:
        return numbers.fixed(value, 0)
    return (
        numbers.trucks(value)
        .replace(" truck every", " every")
        .replace("less than 1 truck a year", "almost none")
        if value > 0
        else "none"
    )
