"""Does it work? Published figures beside ours, backtest, coverage, real cases and known effects."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from corridors.show import blocks, lookups, numbers, theme
from corridors.show.charts import draw
from corridors.show.charts.reasons import two_line_labels
from corridors.show.theme import LIGHT as C

__all__ = ["backtest_skill", "coverage", "known_effects", "published", "real_cases"]

_METHODS = {"ours": "This model", "gdp": "In step with GDP", "last value": "Last value", "drift": "Drift", "ets": "Exponential smoothing"}
_GDP = {"known": ", GDP known", "forecast": ", GDP forecast", "none": ""}
_SMALLEST = 1e-4
_LEVELS = (50, 80, 95)


@draw.chart
def published(frame: pd.DataFrame) -> blocks.Figure | None:
    """Every published figure: how far ours lies from it, as a share of the tolerance stated for it, by table.

    ``frame`` has source, table, quantity, unit, published, ours, difference, tolerance, passed.
    """
    if draw.is_empty(frame):
        return None
    frame = frame.copy()
    away = frame["difference"].abs()
    share = np.where(frame["tolerance"] > 0, away / frame["tolerance"].where(frame["tolerance"] > 0, 1.0), np.where(away > 0, np.inf, 0.0))
    frame["share"] = np.where(np.isfinite(share), share, np.where(frame["passed"], 0.0, 10.0))
    groups = list(frame.groupby(["source", "table"], sort=False))
    figure = draw.canvas(0.75 + 0.33 * len(groups))
    ax = draw.panel(figure, left=2.75, right=0.85, top=0.36, bottom=0.36)
    two_line_labels(ax, [str(table) for (_, table), _ in groups], letters=44)
    highest = max(1.6, float(frame["share"].max()) * 1.4)
    first = 1 if draw.narrow() else 0  # at the edge of a phone the first label would be cut
    draw.log_axis(ax, "x", [v for v in (1e-4, 1e-3, 0.01, 0.1, 1, 10, 100)[first:] if v <= highest], draw.tick_text)
    ax.set_xlim(_SMALLEST * 0.6, highest)
    ax.axvspan(_SMALLEST * 0.6, 1.0, color=C["gain_tint"], linewidth=0, zorder=0)
    for n, (_, part) in enumerate(groups):
        ok = part["passed"].astype(bool)
        x = part["share"].clip(lower=_SMALLEST)
        # Dots of a row stand a little above each other, in a fixed pattern.
        y = n + (np.arange(len(part)) % 7 - 3) * 0.07
        ax.plot(x[ok], y[ok.to_numpy()], "o", color=C["gain"], markersize=2.6, zorder=3, linestyle="none")
        ax.plot(x[~ok], y[~ok.to_numpy()], "X", color=C["loss"], markersize=5, zorder=4, linestyle="none")
        draw.text(ax, 1, n, f"{int(ok.sum())} of {len(part)}", C["ink"] if ok.all() else C["loss"], axes="y", dx=6, bold=not ok.all())
    ax.axvline(1.0, color=C["gain"], linewidth=1.0, zorder=2)
    draw.text(ax, 1.0, 1, "tolerance", C["gain"], axes="x", ha="center", va="bottom", dy=3)
    draw.text(ax, 0, 1, "distance from the published figure, in tolerances", C["muted"], axes="axes", va="bottom", dy=13)
    draw.text(ax, 1, 1, "reproduced", C["muted"], axes="axes", va="bottom", dx=6, dy=3)
    passed, total = int(frame["passed"].sum()), len(frame)
    title = f"{'All' if passed == total else numbers.fixed(passed) + ' of'} {numbers.fixed(total)} published figures are reproduced within the tolerance stated for each"
    said = [f"{table}: {int(part['passed'].sum())} of {len(part)}" for (_, table), part in groups]
    failed = frame[~frame["passed"].astype(bool)]
    alt = "Dots of the distance of our figures from published ones in units of each tolerance, logarithmic. " + "; ".join(said) + "."
    if len(failed):
        alt += (
            " Not reproduced: "
            + "; ".join(
                f"{r.quantity} ({numbers.significant(r.published, 4)} published, {numbers.significant(r.ours, 4)} ours)"
                for r in failed.head(5).itertuples()
            )
            + "."
        )
    body = [
        (
            f"{source}: {table}",
            f"{int(part['passed'].sum())} of {len(part)}",
            numbers.significant(float(part["share"].max()), 2),
        )
        for (source, table), part in groups
    ]
    columns = [
        blocks.Column("Published table"),
        draw.numeric("Reproduced"),
        draw.numeric("Largest distance", "in tolerances"),
    ]
    return draw.finish(
        figure,
        title,
        alt,
        "Source: the publications named; own calculation on their data.",
        blocks.table("Published figures beside ours", columns, body),
    )


@draw.chart
def backtest_skill(summary: pd.DataFrame) -> blocks.Figure | None:
    """Skill of each method against the last value, by years ahead. ``summary`` has method, gdp,
    horizon, error, skill."""
    frame = summary[(summary["method"] != "last value") & summary["skill"].notna()] if len(summary) else summary
    if draw.is_empty(frame):
        return None
    lines = [(key, part.sort_values("horizon")) for key, part in frame.groupby(["method", "gdp"], sort=False)]
    first, last = int(frame["horizon"].min()), int(frame["horizon"].max())
    figure = draw.canvas(2.9)
    ax = draw.panel(figure, left=0.55, right=2.15, top=0.34, bottom=0.42)
    for (method, gdp), part in lines:
        own = method == "ours"
        ax.plot(
            part["horizon"],
            100 * part["skill"],
            color=C["scenario"] if own else C["faint"],
            linewidth=2.2 if own else 1.3,
            linestyle="solid" if gdp != "forecast" else (0, (4, 2)),
            marker="o",
            markersize=4 if own else 3,
            zorder=4 if own else 3,
        )
    draw.zero_line(ax)
    ends = [
        (float(100 * part["skill"].iloc[-1]), _method(method, gdp), method == "ours")
        for (method, gdp), part in lines
    ]
    low, high = 100 * float(frame["skill"].min()), 100 * float(frame["skill"].max())
    room = 0.08 * max(high - low, 1e-9)
    ax.set_ylim(min(low, 0) - room, max(high, 0) + room)
    ax.set_xlim(first, max(last, first + 1))
    ends.append((0.0, "Last value", False))
    for (_, words, own), place in zip(ends, draw.spread([e[0] for e in ends], draw.points_y(ax, 10)), strict=True):
        draw.text(ax, last, place, words, C["scenario"] if own else C["muted"], dx=7, bold=own)
    marks = [int(h) for h in sorted(frame["horizon"].unique())]
    ax.set_xticks([h for k, h in enumerate(marks) if not draw.narrow() or not k or h - marks[k - 1] > 1])
    draw.value_axis(ax, style=lambda v: f"{draw.tick_text(v)}{numbers.THIN}%")
    draw.heading(ax, "smaller error than the last known value", dx=-30)
    draw.text(ax, 0.5, 0, "years ahead", C["muted"], axes="axes", ha="center", va="top", dy=-17)
    ours = frame[(frame["method"] == "ours") & (frame["gdp"] == "known")].sort_values("horizon")
    title = "How far each method beats the last known value"
    if len(ours):
        best, near = ours.iloc[-1], ours.iloc[0]
        title = f"The model\u2019s errors are {_smaller(near['skill'])} than those of the last known value {int(near['horizon'])} years ahead, {_smaller(best['skill'])} {int(best['horizon'])} years ahead"
    said = [
        f"{_method(m, g)}: "
        + ", ".join(
            f"{numbers.signed_percent(100 * r.skill, 0)} at {int(r.horizon)} years"
            for r in part.itertuples()
        )
        for (m, g), part in lines
    ]
    body = [
        (
            f"{_method(str(r.method), str(r.gdp))}, {int(r.horizon)} years",
            numbers.fixed(r.error, 3),
            numbers.signed_percent(100 * r.skill, 0),
        )
        for r in summary.itertuples()
    ]
    columns = [
        blocks.Column("Method and years ahead"),
        draw.numeric("Mean error", "in logarithms: 1 is 2.7 times"),
        draw.numeric("Smaller than the last value\u2019s by"),
    ]
    return draw.finish(
        figure,
        title,
        "Lines of how much smaller the error of each method is than that of the last known value, by years ahead. " + "; ".join(said) + ".",
        f"Source: {lookups.BACKTEST_SOURCE}.",
        blocks.table("Backtest: errors of each method", columns, body),
    )


def _method(method: str, gdp: str) -> str:
    return _METHODS.get(method, method.capitalize()) + _GDP.get(gdp, f", GDP {gdp}")


def _smaller(skill: float) -> str:
    words = numbers.percent(abs(100 * skill), 0)
    return f"{words} {'smaller' if skill >= 0 else 'larger'}"


@draw.chart
def coverage(frame: pd.DataFrame, method: str = "ours") -> blocks.Figure | None:
    """How often outcomes fell into the 50, 80 and 95 % bands. ``frame`` has method, gdp, horizon, level, coverage."""
    part = (
        frame[frame["method"] == method].sort_values(["gdp", "horizon", "level"], kind="stable")
        if len(frame)
        else frame
    )
    if draw.is_empty(part):
        return None
    rows = [key for key, _ in part.groupby(["gdp", "horizon"], sort=False)]
    rows.sort(key=lambda k: (k[0] != "known", k[1]))
    figure = draw.canvas(0.75 + 0.27 * len(rows))
    ax = draw.panel(figure, left=1.8, right=0.3, top=0.36, bottom=0.34)
    draw.rows_axis(ax, [f"{int(h)} years, GDP {g}" if g != "none" else f"{int(h)} years" for g, h in rows])
    for level in _LEVELS:
        ax.axvline(level, color=C["baseline"], linewidth=1.1, linestyle=(0, (3, 2)), zorder=2)
        draw.text(
            ax,
            level,
            1,
            f"{level}{numbers.THIN}%{'' if draw.narrow() else ' band'}",
            C["baseline"],
            axes="x",
            ha="center" if level < 95 else "right",
            va="bottom",
            dy=3,
        )
    for n, (gdp, horizon) in enumerate(rows):
        for r in part[(part["gdp"] == gdp) & (part["horizon"] == horizon)].itertuples():
            got = 100 * r.coverage
            ax.plot([r.level, got], [n, n], color=C["band50"], linewidth=3, zorder=2.5, solid_capstyle="butt")
            ax.plot(
                [100 * r.lowest_origin, 100 * r.highest_origin],
                [n, n],
                color=C["band80"],
                linewidth=1.2,
                zorder=2.2,
            )
            ax.plot([got], [n], "o", color=C["scenario"], markersize=5, zorder=4)
            draw.text(
                ax,
                got,
                n,
                numbers.fixed(got),
                C["scenario"],
                ha="center",
                dy=-8.5 if draw.narrow() else 7.5,
                size=theme.SMALL_PT - 1,
                halo=True,
            )
    # On a phone nothing stands left of the axis, and its first label would be cut.
    ax.set_xlim(min(40.0, 100 * float(part["coverage"].min()) - 5) - (5 if draw.narrow() else 0), 100)
    draw.value_axis(ax, "x", style=lambda v: f"{draw.tick_text(v)}{numbers.THIN}%")
    eighty = part[(part["level"] == 80) & (part["gdp"] == rows[0][0])]["coverage"]
    low, high = 100 * float(eighty.min()), 100 * float(eighty.max())
    title = (
        f"The 80{numbers.THIN}% bands held {numbers.percent_range(low, high)} of what came, GDP known"
        if len(eighty) and rows[0][0] == "known"
        else "How often the bands held what came"
    )
    said = [
        f"{int(h)} years ahead, GDP {g}: "
        + ", ".join(
            f"{numbers.share(r.coverage)} in the {int(r.level)} % band"
            for r in part[(part["gdp"] == g) & (part["horizon"] == h)].itertuples()
        )
        for g, h in rows
    ]
    body = [
        (
            f"{int(r.horizon)} years, GDP {r.gdp}",
            f"{int(r.level)}{numbers.THIN}%",
            numbers.percent(100 * r.coverage, 1),
        )
        for r in part.itertuples()
    ]
    return draw.finish(figure, title, "Dots of the share of outcomes inside each band against what it promises. " + "; ".join(said) + ".", f"Source: {lookups.BACKTEST_SOURCE}.",
                       blocks.table("Coverage of the bands", [blocks.Column("Years ahead"), draw.numeric("Band"), draw.numeric("Outcomes inside")], body))  # fmt: skip


@draw.chart
def real_cases(frame: pd.DataFrame) -> blocks.Figure | None:
    """What was reported of real cases against what the model computes, as a ratio, with the range that counts as agreement.

    ``frame`` has case, quantity, unit, reported_low, reported, reported_high, computed, within.
    """
    if draw.is_empty(frame):
        return None
    rows = frame[(frame["reported"] > 0) & (frame["computed"] > 0)].reset_index(drop=True)
    if draw.is_empty(rows):
        return None
    ratio = rows["computed"] / rows["reported"]
    figure = draw.canvas(0.7 + 0.24 * len(rows))
    ax = draw.panel(figure, left=3.25, right=1.48 if draw.narrow() else 1.3, top=0.36, bottom=0.32)
    draw.rows_axis(ax, [draw.cut(f"{r.case}: {r.quantity}", 56) for r in rows.itertuples()], theme.SMALL_PT - 1.3)
    low = min(0.5, float(ratio.min()), *(float(v) for v in (rows["reported_low"] / rows["reported"]) if v > 0)) * 0.85
    high = max(2.0, float(ratio.max()), float((rows["reported_high"] / rows["reported"]).max())) * 1.15
    draw.log_axis(
        ax,
        "x",
        [v for v in (0.1, 0.2, 0.5, 1, 2, 5, 10) if low <= v <= high],
        lambda v: f"{draw.tick_text(v)}\u00d7",
    )
    ax.set_xlim(low, high)
    for n, r in enumerate(rows.itertuples()):
        ax.plot(
            [max(r.reported_low / r.reported, low), r.reported_high / r.reported],
            [n, n],
            color=C["base80"],
            linewidth=6,
            zorder=2,
            solid_capstyle="butt",
        )
        ax.plot(
            [ratio[n]],
            [n],
            "o" if r.within else "X",
            color=C["gain"] if r.within else C["loss"],
            markersize=4.6 if r.within else 6,
            zorder=4,
        )
        draw.text(
            ax,
            1,
            n,
            f"{_few(r.computed)} / {_few(r.reported)} {_unit(str(r.unit))}",
            C["ink"],
            axes="y",
            dx=6,
            size=theme.SMALL_PT - 1.3,
        )
    ax.axvline(1.0, color=C["muted"], linewidth=0.9, zorder=1.8)
    draw.heading(ax, "computed over reported", dx=0, dy=4)
    draw.text(
        ax,
        1,
        1,
        "computed / reported",
        C["muted"],
        axes="axes",
        va="bottom",
        dx=6,
        dy=4,
        size=theme.SMALL_PT - 1,
    )
    return _agreement(
        figure,
        frame,
        ("case", "quantity"),
        "reported",
        "cases agree with what was reported",
        "Source: reports named in the table, as listed under data; own calculation.",
        "Real cases, computed and reported",
    )


def _few(value: float) -> str:
    return numbers.significant(value, 3) if abs(value) < 1000 else numbers.fixed(value)


def _unit(unit: str) -> str:
    return {"trucks a day": "a day", "USD a truck": "$ a truck", "percent": f"{numbers.THIN}%"}.get(unit, unit)


@draw.chart
def known_effects(frame: pd.DataFrame) -> blocks.Figure | None:
    """Effects known from the literature with their range, and what the model computes.

    ``frame`` has effect, published_low, published, published_high, unit, computed, within.
    """
    if draw.is_empty(frame):
        return None
    rows = frame.reset_index(drop=True)
    figure = draw.canvas(0.7 + 0.36 * len(rows))
    ax = draw.panel(figure, left=2.6, right=1.3, top=0.36, bottom=0.32)
    two_line_labels(ax, [str(e) for e in rows["effect"]], letters=42)
    for n, r in enumerate(rows.itertuples()):
        _effect_row(ax, n, r)
        draw.text(ax, 1, n, f"{_few(r.computed)} / {_few(r.published)}{_unit(str(r.unit))}", C["ink"], axes="y", dx=6)
    low = min(0.0, float(rows[["published_low", "computed"]].to_numpy().min()))
    high = float(rows[["published_high", "computed"]].to_numpy().max())
    ax.set_xlim(low - 0.02 * (high - low), high + 0.04 * (high - low))
    draw.value_axis(ax, "x", style=lambda v: f"{draw.tick_text(v)}{numbers.THIN}%")
    draw.heading(ax, "bar: published range", dx=0, dy=4)
    draw.text(ax, 1, 1, "computed / published", C["muted"], axes="axes", va="bottom", dx=6, dy=4)
    return _agreement(
        figure,
        frame,
        ("effect",),
        "published",
        "known effects come out within the published range",
        "Source: the papers named in the table; own calculation at central values.",
        "Known effects, computed and published",
    )


def _effect_row(ax: Axes, n: int, row: object) -> None:
    r: object = row
    low, middle, high, computed, within = (
        getattr(r, k)
        for k in ("published_low", "published", "published_high", "computed", "within")
    )
    ax.plot([low, high], [n, n], color=C["base80"], linewidth=6, zorder=2, solid_capstyle="butt")
    ax.plot([middle], [n], "|", color=C["baseline"], markersize=9, markeredgewidth=2, zorder=3)
    ax.plot(
        [computed],
        [n],
        "o" if within else "X",
        color=C["gain"] if within else C["loss"],
        markersize=5 if within else 6.5,
        zorder=4,
    )


def _agreement(figure: Figure, frame: pd.DataFrame, names: tuple[str, ...], stated: str, words: str, source: str, caption: str) -> blocks.Figure:
    """The block of a chart that holds computed figures against stated ones with a range."""
    ok, total = int(frame["within"].sum()), len(frame)
    title = f"{'All' if ok == total else numbers.fixed(ok) + ' of'} {numbers.fixed(total)} {words}"
    off = frame[~frame["within"].astype(bool)]

    def label(r: object) -> str:
        return ": ".join(str(getattr(r, name)) for name in names)

    alt = f"Dots of computed figures against the range {stated} for each; {ok} of {total} lie inside."
    if len(off):
        alt += (
            " Outside: "
            + "; ".join(
                f"{label(r)} ({_few(r.computed)} computed, {_few(getattr(r, stated))} {stated}, {r.unit})"
                for r in off.itertuples()
            )
            + "."
        )
    body = [
        (label(r), _few(getattr(r, stated)), f"{_few(getattr(r, stated + '_low'))} to {_few(getattr(r, stated + '_high'))}", _few(r.computed), str(r.unit), "yes" if r.within else "no")
        for r in frame.itertuples()
    ]  # fmt: skip
    columns = [
        blocks.Column(names[0].capitalize()), draw.numeric(stated.capitalize()),
        draw.numeric("Range that counts as agreement"), draw.numeric("Computed"),
        blocks.Column("Unit"), blocks.Column("Agrees"),
    ]  # fmt: skip
    return draw.finish(figure, title, alt, source, blocks.table(caption, columns, body))
