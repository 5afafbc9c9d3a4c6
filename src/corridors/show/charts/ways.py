"""Ways between the two economies: where days and dollars go, leg by leg, and who takes which route."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from corridors.show import blocks, numbers, theme
from corridors.show.charts import draw
from corridors.show.theme import LIGHT as C
from corridors.study.result import StudyResult

__all__ = ["breakdown", "route_shares"]

_SOURCE = "road network of OpenStreetMap; costs, speeds and crossing times as listed under data"
_ROW_IN = 0.235
_SMALLEST_SHARE = 1e-5
_MOST_ROUTES = 8


@draw.chart
def breakdown(result: StudyResult, goods: str = "road") -> blocks.Figure | None:
    """Where days and dollars a tonne go, before and after, by direction; ``goods`` is road or all."""
    table = result["breakdown"]
    if draw.is_empty(table):
        return None
    table = table[table["goods"] == (goods if (table["goods"] == goods).any() else "all")]
    moves = draw.has_measures(result)
    directions = [d for d in ("exports", "imports") if (table["direction"] == d).any()]
    spent = table.groupby("component", sort=False)[["days", "usd_per_t"]].max()
    parts = list(spent.index[(spent["days"] > 0.02) | (spent["usd_per_t"] > 0.5)])
    if not parts:
        return None
    block = 0.55 + _ROW_IN * len(parts)
    # On a phone what the colours mean has a line of its own.
    lead = 0.33 if draw.narrow() and moves else 0.15
    height = lead + block * len(directions) + 0.2
    figure = draw.canvas(height)
    for k, direction in enumerate(directions):
        for column, (quantity, unit) in enumerate((("days", "days"), ("usd_per_t", "dollars a tonne"))):
            left = 1.3 + column if draw.narrow() else 1.5 + column * 2.3
            ax = draw.panel(
                figure,
                left=left,
                right=draw.width_in() - left - (0.36 if draw.narrow() else 1.95),
                top=lead + 0.3 + k * block,
                bottom=height - lead - (k + 1) * block + 0.17,
            )
            wide = (
                table.loc[table["direction"] == direction]
                .pivot(index="component", columns="case", values=quantity)
                .reindex(parts)
                .fillna(0.0)
            )
            _paired(
                ax,
                wide if moves else wide.assign(after=np.nan),
                1.22 * float(max(table[quantity].max(), 1e-9)),
                parts if column == 0 else [""] * len(parts),
                quantity,
            )
            total = wide.sum()
            if not moves and not draw.narrow():
                draw.heading(
                    ax,
                    f"{unit}, together {numbers.fixed(total['before'], 0 if quantity == 'usd_per_t' else 1)}",
                    dy=3,
                )
            if draw.narrow():
                draw.heading(ax, unit, dy=3)
            words = (
                f"{total['before']:.0f} \u2192 {total['after']:.0f}"
                if quantity == "usd_per_t"
                else f"{numbers.fixed(total['before'], 1)} \u2192 {numbers.fixed(total['after'], 1)}"
            )
            if moves and not draw.narrow():
                draw.heading(ax, f"{unit}, together {words}", dy=3)
            if column == 0:
                draw.heading(
                    ax,
                    draw.direction_name(result, direction),
                    x=0,
                    dx=-86 if draw.narrow() else -1.42 * 72,
                    dy=15,
                    bold=True,
                )
    key = draw.panel(figure, left=0.1 if draw.narrow() else 3.0, right=0.1, top=0.02, bottom=height - 0.2)
    key.set_axis_off()
    for at, words, colour in () if not moves else (
        (0.3, "\u25a0 without measures", C["baseline"]),
        (0.78, "\u25a0 with measures", C["scenario"]),
    ):
        draw.text(key, at, 0.5, words, colour, axes="axes", ha="center", bold=True)
    title, alt = _breakdown_words(result, table, directions, goods)
    return draw.finish(
        figure,
        title,
        alt,
        draw.model_source(result, _SOURCE),
        _breakdown_table(result, table, parts, directions, goods),
    )


def _paired(ax: Axes, wide: pd.DataFrame, most: float, labels: list[str], quantity: str) -> None:
    draw.rows_axis(ax, [w.capitalize() for w in labels])
    at = np.arange(len(wide))
    alone = bool(wide["after"].isna().all())
    ax.barh(at if alone else at - 0.19, wide["before"], 0.5 if alone else 0.34, color=C["baseline"])
    if not alone:
        ax.barh(at + 0.19, wide["after"], 0.34, color=C["scenario"])
    style = (
        numbers.dollars
        if quantity == "usd_per_t" and not draw.narrow()
        else lambda v: numbers.fixed(v, 0 if quantity == "usd_per_t" else 1)
    )
    for n, (before, after) in enumerate(zip(wide["before"], wide["before"] if alone else wide["after"], strict=True)):
        same = style(before) == style(after)
        if before < 1e-9 and after < 1e-9:
            draw.text(ax, 0, n, "none", C["muted"], dx=3, size=theme.SMALL_PT - 1)
            continue
        words = style(after) if same else f"{style(before)} \u2192 {style(after)}"
        draw.text(ax, max(before, after), n, words, C["ink"], dx=3, size=theme.SMALL_PT - 1)
    ax.set_xlim(0, most * 1.25)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.axvline(0, color=C["faint"], linewidth=0.9)


def _totals(table: pd.DataFrame, direction: str) -> dict[str, dict[str, float]]:
    part = table[table["direction"] == direction].groupby("case")[["days", "usd_per_t"]].sum()
    return {case: {q: float(part.loc[case, q]) for q in ("days", "usd_per_t")} for case in ("before", "after")}


def _breakdown_words(result: StudyResult, table: pd.DataFrame, directions: list[str], goods: str) -> tuple[str, str]:
    what = "A road trip" if goods == "road" else "A journey"
    sums = {d: _totals(table, d) for d in directions}
    first = directions[0]
    before, after = sums[first]["before"], sums[first]["after"]
    name = draw.direction_name(result, first)
    cut = before["days"] - after["days"]
    share = table[(table["direction"] == first) & (table["case"] == "before")].set_index("component")["days"]
    border = float(share.get("border queue", 0) + share.get("border processing", 0))
    part = f"{numbers.percent(100 * border / max(before['days'], 1e-9))} of it at borders"
    if abs(cut) < 0.05 or numbers.days(before["days"]) == numbers.days(after["days"]):
        title = f"{what} from {name} takes {numbers.days(before['days'])}, {part}" + (
            f"; the measures {'do not change' if abs(cut) < 0.05 else 'hardly change'} that" if draw.has_measures(result) else ""
        )
    else:
        title = f"{what} from {name} takes {numbers.days(before['days'])}, {part}; with the measures {numbers.days(after['days'])}"
    changed = draw.has_measures(result)
    said = [f"{draw.direction_name(result, d)}: {_days_and_dollars(s, changed)}." for d, s in sums.items()]
    largest = share.sort_values(ascending=False)
    said.append(
        f"Most days go on {largest.index[0]}"
        + (f" and {largest.index[1]}." if len(largest) > 1 and largest.iloc[1] > 0 else ".")
    )
    return title, f"Bars of days and dollars a tonne by component{', without and with the measures' if changed else ''}. " + " ".join(said)


def _days_and_dollars(totals: dict[str, dict[str, float]], changed: bool) -> str:
    """What a way takes and costs, and where there are measures the same with them."""
    before, after = (f"{numbers.days(totals[c]['days'])} and {numbers.usd_per_t(totals[c]['usd_per_t'])}" for c in ("before", "after"))
    return f"{before} without the measures, {after} with them" if changed else before


def _breakdown_table(
    result: StudyResult, table: pd.DataFrame, parts: list[str], directions: list[str], goods: str,
) -> blocks.Table:
    rows = []
    for d in directions:
        chosen = table[table["direction"] == d].set_index(["component", "case"])
        for part in parts:
            pair = [chosen.loc[(part, case)] for case in ("before", "after")]
            rows.append(
                (
                    f"{draw.direction_name(result, d)}: {part}",
                    *(numbers.fixed(p["days"], 1) for p in pair),
                    *(numbers.fixed(p["usd_per_t"], 0) for p in pair),
                )
            )
        total = _totals(table, d)
        rows.append(
            (
                f"{draw.direction_name(result, d)}: together",
                *(numbers.fixed(total[c]["days"], 1) for c in total),
                *(numbers.fixed(total[c]["usd_per_t"], 0) for c in total),
            )
        )
    columns = [
        blocks.Column("Part of the way"),
        draw.numeric("Without", "days"),
        draw.numeric("With", "days"),
        draw.numeric("Without", "$ a tonne"),
        draw.numeric("With", "$ a tonne"),
    ]
    if not draw.has_measures(result):
        columns = [columns[0], draw.numeric("Time", "days"), draw.numeric("Cost", "$ a tonne")]
        rows = [(row[0], row[1], row[3]) for row in rows]
    return blocks.table(
        f"Where days and dollars go, {'goods by road' if goods == 'road' else 'all goods'}",
        columns,
        rows,
    )


def shares_by_name(result: StudyResult, direction: str) -> pd.DataFrame:
    """Shares of a direction's trade by route name and mode, places of departure taken together; largest after first."""
    routes = result["routes"]
    chosen = routes[routes["direction"] == direction] if len(routes) else routes
    if draw.is_empty(chosen):
        return pd.DataFrame(columns=["name", "mode", "share_before", "share_after"])
    grouped = chosen.groupby(["name", "mode"], sort=False, as_index=False)[["share_before", "share_after"]].sum()
    return grouped.sort_values(["share_after", "share_before"], ascending=False, kind="stable", ignore_index=True)


@draw.chart
def route_shares(result: StudyResult) -> blocks.Figure | None:
    """Who takes which route before and after, on a logarithmic scale since the road's share is tiny."""
    tables = {d: shares_by_name(result, d) for d in ("exports", "imports")}
    tables = {d: _worth_showing(t) for d, t in tables.items() if len(t)}
    if not tables:
        return None
    shown = pd.concat(tables.values())
    values = shown[["share_before", "share_after"]].to_numpy()
    low = float(max(_SMALLEST_SHARE, 10.0 ** np.floor(np.log10(values[values > _SMALLEST_SHARE].min(initial=0.1)))))
    heights = [0.55 + (0.35 if draw.narrow() else 0.215) * len(t) for t in tables.values()]
    height = sum(heights) + 0.32
    figure = draw.canvas(height)
    top = 0.0
    for k, (direction, table) in enumerate(tables.items()):
        ax = draw.panel(
            figure,
            left=0.1 if draw.narrow() else 2.95,
            right=0.75 if draw.narrow() else 1.1,
            top=top + 0.45,
            bottom=height - top - heights[k] + 0.0,
        )
        _share_panel(ax, table, low, last=k == len(tables) - 1)
        draw.heading(
            ax,
            draw.direction_name(result, direction),
            dx=0 if draw.narrow() else -2.88 * 72,
            dy=10,
            bold=True,
        )
        if k == 0 and draw.has_measures(result):
            draw.text(
                ax,
                1,
                1,
                "\u25cb without",
                C["baseline"],
                axes="axes",
                ha="right",
                va="bottom",
                dx=-8 if draw.narrow() else -38,
                dy=10,
                bold=True,
            )
            draw.text(
                ax,
                1,
                1,
                "\u25cf with" if draw.narrow() else "\u25cf with measures",
                C["scenario"],
                axes="axes",
                ha="left",
                va="bottom",
                dx=4 if draw.narrow() else -30,
                dy=10,
                bold=True,
            )
        top += heights[k]
    title, alt = _share_words(result, tables)
    return draw.finish(
        figure,
        title,
        alt,
        draw.model_source(result, "shares of the base year as listed under data"),
        _share_table(result),
    )


def _short_route(name: str) -> str:
    return (
        name.replace(", bulk carrier or tanker", ", bulk")
        .replace(" through a Gulf hub", ", Gulf hub")
        .replace(" with transshipment", ", transshipment")
    )


def _worth_showing(table: pd.DataFrame) -> pd.DataFrame:
    """The largest routes of each mode first, so that sea does not crowd out the road."""
    main = table[table[["share_before", "share_after"]].max(axis=1) > _SMALLEST_SHARE]
    first = main.groupby("mode", sort=False).head(3)
    return first.sort_values("share_after", ascending=False, kind="stable").head(_MOST_ROUTES).reset_index(drop=True)


def _share_panel(ax: Axes, table: pd.DataFrame, low: float, last: bool) -> None:
    names = [draw.cut(_short_route(str(n)), 49) for n in table["name"]]
    draw.rows_axis(ax, [""] * len(names) if draw.narrow() else names, theme.SMALL_PT - 0.5)
    for n, name in enumerate(names if draw.narrow() else []):
        draw.text(ax, 0, n, name, C["ink"], axes="y", dy=11, halo=True)
    draw.log_axis(
        ax,
        "x",
        draw.powers(low, 1.0)[:: -2 if draw.narrow() or low < 1e-4 else 1],
        lambda v: f"{draw.tick_text(100 * v)}{numbers.THIN}%",
    )
    ax.set_xlim(low * 0.8, 1.15)
    for n, r in enumerate(table.rename(columns={"name": "name_"}).itertuples()):
        before, after = max(r.share_before, low * 0.85), max(r.share_after, low * 0.85)
        if r.share_before < low * 0.85:
            draw.text(ax, before, n, "none", C["muted"], dx=6, dy=-5 if draw.narrow() else 5, size=theme.SMALL_PT - 1.5)
        ax.plot([before, after], [n, n], color=C["band50"], linewidth=2.4, zorder=2, solid_capstyle="butt")
        ax.plot(
            [before],
            [n],
            "o",
            markersize=5.4,
            markerfacecolor=C["paper"],
            markeredgecolor=C["baseline"],
            markeredgewidth=1.3,
            zorder=3,
            clip_on=False,
        )
        ax.plot([after], [n], "o", markersize=4.4, color=C["scenario"], zorder=4, clip_on=False)
        draw.text(
            ax,
            1,
            n,
            numbers.share(r.share_after),
            C["ink"],
            ha="right",
            axes="y",
            dx=40,
            size=theme.SMALL_PT - 0.5,
        )
        if draw.narrow():
            continue
        draw.text(
            ax,
            1,
            n,
            r.mode,
            theme.mode_colour(r.mode),
            ha="left",
            axes="y",
            dx=50,
            size=theme.SMALL_PT - 0.5,
            bold=True,
        )
    if not last:
        ax.set_xticklabels([])
        ax.tick_params(axis="x", length=0)


def _by_mode(result: StudyResult, direction: str) -> pd.DataFrame:
    return shares_by_name(result, direction).groupby("mode")[["share_before", "share_after"]].sum()


def _share_words(result: StudyResult, tables: dict[str, pd.DataFrame]) -> tuple[str, str]:
    said = []
    changed = draw.has_measures(result)
    for d in tables:
        modes = _by_mode(result, d).sort_values("share_after", ascending=False)
        said.append(
            f"{draw.direction_name(result, d)}: "
            + ", ".join(
                f"{m} {numbers.share(r['share_before'])}" + (f" before and {numbers.share(r['share_after'])} after" if changed else "")
                for m, r in modes.iterrows()
            )
            + "."
        )
    first = next(iter(tables))
    modes = _by_mode(result, first)
    name = draw.direction_name(result, first)
    top = str(modes["share_after"].idxmax())
    head = "With the measures " if changed else ""
    lead = f"{head}{numbers.share(modes.loc[top, 'share_after'])} of what goes from {name} travels {draw.by_mode(top)}"
    if "road" in modes.index and top != "road":
        a, b = (numbers.share(modes.loc["road", c]) for c in ("share_before", "share_after"))
        change = f"the road keeps {a}" if a == b else f"the road\u2019s share {'rises' if modes.loc['road', 'share_after'] > modes.loc['road', 'share_before'] else 'falls'} from {a} to {b}"
        lead = f"{lead}; {change}"
    cases = ", without and with the measures" if changed else ""
    return lead, f"Shares of trade by route on a logarithmic scale{cases}. " + " ".join(said)


def _share_table(result: StudyResult) -> blocks.Table:
    rows: list[tuple[str, ...]] = []
    for d in ("exports", "imports"):
        for r in shares_by_name(result, d).rename(columns={"name": "name_"}).itertuples():
            if max(r.share_before, r.share_after) > _SMALLEST_SHARE:
                rows.append(
                    (
                        f"{draw.direction_name(result, d)}: {r.name_}",
                        r.mode,
                        numbers.share(r.share_before),
                        numbers.share(r.share_after),
                    )
                )
    columns = [blocks.Column("Route"), blocks.Column("Mode"), draw.numeric("Share without"), draw.numeric("Share with")]
    if not draw.has_measures(result):
        columns, rows = [*columns[:2], draw.numeric("Share")], [row[:3] for row in rows]
    return blocks.table("Shares of trade by route", columns, rows)
