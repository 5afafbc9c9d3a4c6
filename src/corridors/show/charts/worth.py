"""Charts of worth: who gains, benefits against costs year by year, where a little more is worth most."""

from __future__ import annotations

import textwrap

from corridors.show import blocks, findings, numbers
from corridors.show.charts import draw
from corridors.show.charts.world import _fit_to_middles, _intervals
from corridors.show.lookups import short_name
from corridors.show.theme import LIGHT as C
from corridors.study.result import StudyResult

__all__ = ["priorities", "worth_by_economy", "worth_by_year"]

_EACH = 5
_BAR_IN = 0.5


@draw.chart
def worth_by_economy(result: StudyResult) -> blocks.Figure | None:
    """What those who ship gain a year by economy, means with 80 % ranges; the economies of the table of who gains."""
    rows = result["worth_by_economy"]
    if draw.is_empty(rows) or not (rows["users_musd_mean"].abs() > 0).any():
        return None
    total = float(rows["users_musd_mean"].sum())
    shown, others = findings.gainers(result)
    shown = (
        shown.sort_values("users_musd_mean", ascending=False, kind="stable")
        .reset_index(drop=True)
        .rename(columns={"users_musd_mean": "users_musd_p50", "users_musd_p50": "median"})
    )
    figure = draw.canvas(0.72 + 0.24 * (len(shown) + 1))
    ax = draw.panel(figure, left=1.6, right=1.6, top=0.34, bottom=0.34)
    draw.rows_axis(
        ax,
        [*(draw.short_economy(e) for e in shown["economy"]), "all others"],
        bold=[*(e in result.pair for e in shown["economy"]), False],
    )
    _intervals(ax, shown, "users_musd")
    draw.zero_line(ax, "x")
    _fit_to_middles(ax, shown, "users_musd")
    draw.value_axis(ax, "x", most=5)
    draw.heading(ax, f"million dollars a year in {result.years[-1]}", dx=0, dy=4)
    rest = numbers.musd(float(others["users_musd_mean"]))
    for k, gain in enumerate([*map(numbers.musd, shown["users_musd_p50"]), rest]):
        draw.text(ax, 1, k, gain, C["ink"], ha="right", axes="y", dx=78)
    top = shown.iloc[0]
    if total > 0:
        most = numbers.musd(top["users_musd_p50"])
        alike = len(shown) > 1 and numbers.musd(shown.iloc[1]["users_musd_p50"]) == most
        whose = f"{draw.economy(str(top['economy']))} and {draw.economy(str(shown.iloc[1]['economy']))} most, {most} each" if alike else f"{draw.economy(str(top['economy']))} most, {most}"
        title = f"Those who ship gain {numbers.musd(total)} a year on average; {whose}"
    else:
        worst = shown.iloc[-1]
        title = f"Those who ship lose {numbers.musd(-total)} a year on average; {draw.economy(str(worst['economy']))} most, {numbers.musd(-worst['users_musd_p50'])}"
    said = [
        f"{draw.economy(str(r.economy))} {numbers.musd(r.users_musd_p50)} "
        f"({numbers.musd_range(r.users_musd_p10, r.users_musd_p90)})"
        for r in shown.itertuples()
    ]
    said.append(f"all others {rest}")
    body = [
        (
            draw.economy(str(r.economy)),
            numbers.musd(r.users_musd_p50),
            numbers.musd_range(r.users_musd_p10, r.users_musd_p90),
        )
        for r in shown.itertuples()
    ]
    body.append(("All others", rest, "\u2013"))
    columns = [blocks.Column("Economy"), draw.numeric("Mean gain a year"), draw.numeric("80 % range")]
    return draw.finish(
        figure,
        title,
        "Dots with 80 % ranges of what those who ship gain by economy: " + "; ".join(said) + ".",
        draw.model_source(result),
        blocks.table("What those who ship gain", columns, body),
    )


@draw.chart
def worth_by_year(result: StudyResult) -> blocks.Figure | None:
    """Benefits with their range and costs, year by year over the measures' lives.

    Works before the first year of the horizon are hollow: it is not told that anybody has begun
    them. What is left of the works in the last year is hollow too and no cost turned round.
    """
    rows = result["worth_by_year"]
    if draw.is_empty(rows) or not ((rows["benefits_musd_mean"].abs() > 0).any() or (rows["costs_musd_mean"] > 0).any()):
        return None
    figure = draw.canvas(2.3)
    ax = draw.panel(figure, left=0.62, right=1.2)
    years = rows["year"].to_numpy()
    spent = bool((rows["costs_musd_mean"] > 0).any())
    early = years < result.years[0]
    then = rows[~early]
    draw.band(ax, years[~early], then["benefits_musd_p10"], then["benefits_musd_p90"], C["gain_tint"])
    ax.plot(years[~early], then["benefits_musd_mean"], color=C["gain"], linewidth=1.8, zorder=4)
    costs = rows["costs_musd_mean"].to_numpy()
    ax.bar(years[~early], -costs[~early].clip(min=0.0), width=0.7, color=C["loss"], zorder=3)
    left = max(float(-costs[-1]), 0.0)
    for at, height, colour in ((years[early], -costs[early], "loss"), (years[-1:], [left], "gain")):
        ax.bar(at, height, width=0.7, facecolor=C["paper"], edgecolor=C[colour], linewidth=0.9, zorder=3)
    hollow = [
        f"works before {result.years[0]}, as if they had begun" if costs[early].any() else "",
        f"what works are still worth in {int(years[-1])}" if left > 0 else "",
    ]
    note = f" Hollow: {'; '.join(h for h in hollow if h)}." if any(hollow) else ""
    draw.zero_line(ax)
    ax.set_xlim(years[0] - 0.6, years[-1] + 0.6)
    draw.years_axis(ax, float(years[0]), float(years[-1]))
    draw.value_axis(ax, most=5)
    draw.heading(ax, "million dollars a year", dx=-30)
    last = rows.iloc[-1]
    draw.text(ax, float(years[-1]), float(last["benefits_musd_mean"]), "benefits", C["gain"], dx=8, bold=True)
    if spent:
        draw.text(
            ax,
            float(years[-1]),
            -float(rows["costs_musd_mean"].max()),
            "costs",
            C["loss"],
            dx=8,
            dy=-6,
            bold=True,
        )
    end = float(last["net_present_musd_mean"])
    positive = rows[rows["net_present_musd_mean"] > 0]
    paid = (
        f"costs are back by {int(positive['year'].iloc[0]) if len(positive) else int(years[-1])} on average"
        if end > 0
        else "they do not cover costs on average"
    )
    benefits = numbers.musd(float(last["benefits_musd_mean"]))
    title = (
        f"Benefits of {benefits} a year against costs: {paid}"
        if spent
        else f"Benefits come to {benefits} a year on average; no cost is counted"
    )
    alt = f"Benefits and costs by year, {int(years[0])} to {int(years[-1])}: mean benefits rise to {numbers.musd(float(last['benefits_musd_mean']))} a year, range {numbers.musd_range(float(last['benefits_musd_p10']), float(last['benefits_musd_p90']))}; costs of {numbers.musd(float(rows['costs_musd_mean'].max()))} in their dearest year."
    body = [
        (
            str(int(r.year)),
            numbers.musd(r.benefits_musd_mean),
            numbers.musd_range(r.benefits_musd_p10, r.benefits_musd_p90),
            numbers.musd(r.costs_musd_mean),
        )
        for r in rows.itertuples()
    ]
    columns = [
        blocks.Column("Year"),
        draw.numeric("Benefits, mean"),
        draw.numeric("80 % range"),
        draw.numeric("Costs, mean"),
    ]
    return draw.finish(
        figure,
        title,
        alt,
        draw.model_source(result) + note,
        blocks.table("Benefits and costs by year", columns, body),
    )


def _in_two_lines(label: str, letters: int) -> str:
    """A name on at most two lines of so many letters."""
    return "\n".join(textwrap.wrap(label.replace("\u2013", "\u2013 "), letters, max_lines=2, placeholder="\u2026")).replace("\u2013 ", "\u2013")


@draw.chart
def priorities(result: StudyResult) -> blocks.Figure | None:
    """Crossings and roads ranked by what one more truck a day, or one hour less, is worth to everybody."""
    rows = result["priorities"]
    rows = rows[rows["worth_musd_per_year"] > 0] if len(rows) else rows
    if draw.is_empty(rows):
        return None
    parts = (
        ("capacity", "one more truck a day", 1.03, 14),
        ("crossing_hours", "an hour less, border", 2.9, 14),
        ("link_hours", "an hour less, road", 4.95, 17),
    )
    each = 0.6 + 0.3 * _EACH
    figure = draw.canvas(len(parts) * each if draw.narrow() else 0.75 + 0.34 * _EACH)
    said = []
    for k, (what, heading, left, letters) in enumerate(parts):
        top = rows[rows["what"] == what].head(_EACH)
        if draw.narrow():
            ax = draw.panel(figure, left=1.5, right=0.6, top=0.4 + k * each, bottom=0.06 + (len(parts) - 1 - k) * each)
        else:
            ax = draw.panel(figure, left=left, right=6.0 - left - _BAR_IN, top=0.5, bottom=0.06)
        labels = [str(r.name).replace(" to ", "\u2013") if what == "link_hours" else short_name(r.name) for r in top.itertuples(index=False)]
        draw.rows_axis(ax, [_in_two_lines(label, 18 if draw.narrow() else letters) for label in labels])
        draw.bars(ax, top["worth_musd_per_year"], C["scenario"])
        ax.set_xlim(0, float(top["worth_musd_per_year"].max()) if len(top) else 1.0)
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
        draw.heading(ax, heading, dx=-104 if draw.narrow() else -5.2 * letters, dy=6, bold=True)
        for i, r in enumerate(top.itertuples(index=False)):
            draw.text(
                ax,
                float(r.worth_musd_per_year),
                i,
                numbers.musd(r.worth_musd_per_year).replace(" million", "m"),
                C["ink"],
                dx=3,
            )
        said.append(
            f"{heading}: "
            + ", ".join(
                f"{name} {numbers.musd(r.worth_musd_per_year)}"
                for name, r in zip(labels, top.itertuples(index=False), strict=True)
            )
        )
    first = rows[rows["what"] == "capacity"].head(1)
    title = (
        f"Of all crossings, one more truck a day is worth most at {short_name(first.iloc[0]['name'])}: "
        f"{numbers.musd(float(first.iloc[0]['worth_musd_per_year']))} a year"
        if len(first) else f"One hour less is worth most at {rows.iloc[0]['name']}: {numbers.musd(float(rows.iloc[0]['worth_musd_per_year']))} a year"
    )  # fmt: skip
    body = [
        (str(r.name), str(r.unit), numbers.musd(r.worth_musd_per_year))
        for r in rows.head(60).itertuples(index=False)
    ]
    columns = [blocks.Column("Place"), blocks.Column("What"), draw.numeric("Worth a year")]
    return draw.finish(
        figure,
        title,
        "Bars of marginal worth a year. " + "; ".join(said) + ".",
        f"{draw.model_source(result)} Each of the lists has a scale of its own.",
        blocks.table("Marginal worth by crossing and road", columns, body),
    )
