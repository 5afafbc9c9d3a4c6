"""The rest of the world: who else gains or loses trade, what it does to output, and what trade is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from corridors.show import blocks, findings, lookups, numbers, theme
from corridors.show.charts import draw
from corridors.show.theme import LIGHT as C
from corridors.study.result import StudyResult

__all__ = ["missing_trade", "others", "real_gdp"]

_MOST_EACH = 8
_SMALL_MUSD = 3.0
_NOTHING_MUSD = 0.05
_WORTH_SHOWING = 0.01
_WORLD = "world trade of UN Comtrade and CEPII, GDP of the World Bank"


@draw.chart
def others(result: StudyResult) -> blocks.Figure | None:
    """Pairs elsewhere that surely gain and lose most from the measures, in million dollars a year
    with the 80 % range."""
    table = result["others"]
    if draw.is_empty(table):
        return None
    order = table.sort_values("change_musd_p50", ascending=False, kind="stable")
    # Next to a gain of a hundred million a loss of a thousand is no news.
    least = max(_NOTHING_MUSD, _WORTH_SHOWING * float(order["change_musd_p50"].abs().max()))
    certain = order[findings.sure(order, "change_musd")]
    gains = certain[certain["change_musd_p50"] > least].head(_MOST_EACH)
    losses = certain[certain["change_musd_p50"] < -least].tail(_MOST_EACH)
    shown = pd.concat([gains, losses]).reset_index(drop=True)
    if draw.is_empty(shown):
        return None
    figure = draw.canvas(0.72 + 0.21 * len(shown))
    ax = draw.panel(figure, left=2.1, right=1.15, top=0.34, bottom=0.34)
    names = [f"{draw.short_economy(r.exporter)} to {draw.short_economy(r.importer)}" for r in shown.itertuples()]
    draw.rows_axis(ax, names)
    _intervals(ax, shown, "change_musd")
    draw.zero_line(ax, "x")
    _fit_to_middles(ax, shown, "change_musd")
    draw.value_axis(ax, "x", most=5)
    draw.heading(ax, "million dollars a year", dx=0, dy=4)
    draw.text(ax, 1, 1, "change of that trade", C["muted"], axes="axes", ha="right", va="bottom", dx=76, dy=4)
    for n, r in enumerate(shown.itertuples()):
        draw.text(ax, 1, n, numbers.signed_percent(r.change_percent_p50), C["ink"], ha="right", axes="y", dx=60)
    title = _others_title(shown, gains, losses)
    said = [f"{n} {numbers.musd(r.change_musd_p50, sign=True)} ({numbers.musd_range(r.change_musd_p10, r.change_musd_p90, sign=True)})" for n, r in zip(names, shown.itertuples(), strict=True)]
    alt = (
        "Dots with 80 % ranges of the change in yearly trade of pairs elsewhere: "
        + "; ".join(said[:5] + (said[-3:] if len(losses) else []))
        + "."
    )
    body = [
        (f"{draw.economy(r.exporter)} to {draw.economy(r.importer)}", _sure(r, "change_musd", lambda v: numbers.musd(v, sign=True)), numbers.musd_range(r.change_musd_p10, r.change_musd_p90, sign=True), _sure(r, "change_percent", numbers.signed_percent), numbers.percent_range(r.change_percent_p10, r.change_percent_p90, sign=True))
        for r in order.itertuples()
    ]  # fmt: skip
    columns = [
        blocks.Column("Trade"),
        draw.numeric("Change a year"),
        draw.numeric("80 % range"),
        draw.numeric("Change in percent"),
        draw.numeric("80 % range in percent"),
    ]
    return draw.finish(
        figure,
        title,
        alt,
        draw.model_source(result, _WORLD),
        blocks.table("What the measures do to trade of other pairs", columns, body),
    )


def _sure(row: Any, name: str, write: Callable[[float], str]) -> str:
    """The middle of a change whose sign is sure; else that it is not told from zero."""
    low, mid, high = (float(getattr(row, f"{name}_{p}")) for p in ("p10", "p50", "p90"))
    return write(mid) if findings.apart(low, mid, high) else findings.WORDS["open"] if mid else findings.WORDS["none"]


def _others_title(shown: pd.DataFrame, gains: pd.DataFrame, losses: pd.DataFrame) -> str:
    if len(gains):
        top = gains.iloc[0]
        text = f"Elsewhere, trade from {draw.economy(top['exporter'])} to {draw.economy(top['importer'])} gains most: {numbers.musd(top['change_musd_p50'])} a year"
        if len(losses):
            worst = losses.iloc[-1]
            text += f"; {draw.economy(worst['exporter'])} to {draw.economy(worst['importer'])} loses {numbers.musd(-worst['change_musd_p50'])}"
        return text
    worst = losses.iloc[-1]
    return f"Elsewhere, trade from {draw.economy(worst['exporter'])} to {draw.economy(worst['importer'])} loses most: {numbers.musd(-worst['change_musd_p50'])} a year"


def _intervals(ax: Axes, shown: pd.DataFrame, name: str) -> None:
    ends = shown[[f"{name}_p10", f"{name}_p50", f"{name}_p90"]].to_numpy()
    signs = ["gain" if mid >= 0 else "loss" for _, mid, _ in ends]
    tips = [f"{numbers.number_range(low, high, sign=True)} in four futures of five" for low, _, high in ends]
    draw.ranges(ax, ends, [C[s] for s in signs], [C[f"{s}_tint"] for s in signs], tips=tips)


def _fit_to_middles(ax: Axes, shown: pd.DataFrame, name: str) -> None:
    """Room for all middles and ranges, save ranges so long that the dots would run together; these run off the edge."""
    middles = shown[f"{name}_p50"].to_numpy()
    reach = 3.0 * max(float(np.abs(middles).max()), 1e-12)
    low = max(min(0.0, float(shown[f"{name}_p10"].min())), -reach)
    high = min(max(0.0, float(shown[f"{name}_p90"].max())), reach)
    room = 0.04 * (high - low)
    ax.set_xlim(low - room, high + room)
    for n, r in enumerate(shown.itertuples()):
        if getattr(r, f"{name}_p90") > high + room:
            draw.text(
                ax,
                1,
                n,
                "\u203a",
                C["gain"] if getattr(r, f"{name}_p50") >= 0 else C["loss"],
                axes="y",
                ha="left",
                dx=1,
                bold=True,
            )
        if getattr(r, f"{name}_p10") < low - room:
            draw.text(
                ax,
                0,
                n,
                "\u2039",
                C["gain"] if getattr(r, f"{name}_p50") >= 0 else C["loss"],
                axes="y",
                ha="right",
                dx=-1,
                bold=True,
            )


@draw.chart
def real_gdp(result: StudyResult) -> blocks.Figure | None:
    """Change of real GDP, the economies that gain and lose most and the study's own, in percent with the 80 % range."""
    table = result["real_gdp"]
    if draw.is_empty(table):
        return None
    order = table.sort_values("change_percent_p50", ascending=False, kind="stable")
    keep = pd.concat(
        [order.head(_MOST_EACH), order[order["economy"].isin(result.pair)], order.tail(4)]
    ).drop_duplicates("economy")
    bands = {str(r["economy"]): lookups.band(r, "change_percent") for _, r in order.iterrows()}
    keep = keep[[findings.told(bands[e], findings.OF_OUTPUT) or e in result.pair for e in keep["economy"]]]
    shown = keep.sort_values("change_percent_p50", ascending=False, kind="stable").reset_index(drop=True)
    sure = shown[[findings.told(bands[e], findings.OF_OUTPUT) for e in shown["economy"]]]
    if draw.is_empty(sure):
        return None
    figure = draw.canvas(0.7 + 0.21 * len(shown))
    ax = draw.panel(figure, left=1.6, right=1.6, top=0.32, bottom=0.34)
    draw.rows_axis(
        ax,
        [draw.short_economy(e) for e in shown["economy"]],
        bold=[e in result.pair for e in shown["economy"]],
    )
    _intervals(ax, shown, "change_percent")
    draw.zero_line(ax, "x")
    _fit_to_middles(ax, shown, "change_percent")
    draw.value_axis(ax, "x", most=4, style=lambda v: f"{draw.tick_text(v)}{numbers.THIN}%")
    draw.heading(ax, "change of real GDP", dx=0, dy=4)
    for n, r in enumerate(shown.itertuples()):
        draw.text(
            ax,
            1,
            n,
            findings.percent(bands[r.economy], findings.OF_OUTPUT),
            C["ink"],
            ha="right",
            axes="y",
            dx=82 if draw.narrow() else 96,
        )
    said = [f"{draw.economy(r.economy)} {findings.percent(bands[r.economy], findings.OF_OUTPUT)} ({numbers.percent_range(r.change_percent_p10, r.change_percent_p90, sign=True)})" for r in shown.itertuples()]
    body = [
        (
            draw.economy(r.economy),
            findings.percent(bands[r.economy], findings.OF_OUTPUT),
            numbers.percent_range(r.change_percent_p10, r.change_percent_p90, sign=True),
        )
        for r in shown.itertuples()
    ]
    title = _output_title(result, bands, sure.iloc[0] if sure.iloc[0]["change_percent_p50"] > 0 else sure.iloc[-1])
    columns = [blocks.Column("Economy"), draw.numeric("Change of real GDP"), draw.numeric("80 % range")]
    return draw.finish(
        figure,
        title,
        "Dots with 80 % ranges of the change of real GDP: " + "; ".join(said) + ".",
        draw.model_source(result, _WORLD),
        blocks.table("Change of real GDP", columns, body),
    )


def _output_title(result: StudyResult, bands: Mapping[str, lookups.Band], top: pd.Series) -> str:
    """Whose output changes most, then that of the two of the study, where it changes measurably."""
    verb = "gains" if top["change_percent_p50"] > 0 else "loses"
    own = [e for e in result.pair if e in bands and e != top["economy"]]
    moved = [f"{draw.economy(e)} {findings.percent(bands[e], findings.OF_OUTPUT)}" for e in own if findings.told(bands[e], findings.OF_OUTPUT)]
    still = [draw.economy(e) for e in own if not findings.told(bands[e], findings.OF_OUTPUT)]
    rest = [numbers.listed(moved)] if moved else []
    rest += [f"nothing measurable in {numbers.listed(still)}"] if still else []
    return "; ".join(
        [
            f"Output of {draw.economy(top['economy'])} {verb} most, "
            f"{findings.percent(bands[str(top['economy'])], findings.OF_OUTPUT)}",
            *rest,
        ]
    )


@draw.chart
def missing_trade(result: StudyResult, economy: str | None = None) -> blocks.Figure | None:
    """Trade of one economy with every partner over what the gravity model expects; the study's partner stands out.

    ``economy`` is one of the pair (its first if left out). Bars are 80 % ranges of the estimate.
    """
    economy = economy or result.pair[0]
    table = result["missing_trade"]
    table = table[(table["study_economy"] == economy) & (table["ratio"] > 0)] if len(table) else table
    if draw.is_empty(table):
        return None
    other = result.pair[1] if economy == result.pair[0] else result.pair[0]
    table = table[(table["predicted_musd"] >= _SMALL_MUSD) | (table["partner"] == other)]
    if draw.is_empty(table):
        return None
    floor, ceiling = max(float(table["ratio"].min()), 1e-3), float(table["ratio"].max())
    stacked = draw.narrow()
    figure = draw.canvas(6.2 if stacked else 3.3)
    for k, direction in enumerate(("exports", "imports")):
        part = table[table["direction"] == direction].sort_values("predicted_musd", ascending=False, kind="stable")
        left = 0.62 + (0 if stacked else k * 2.74)
        ax = draw.panel(
            figure,
            left=left,
            right=draw.width_in() - left - 2.55,
            top=0.4 + (3.1 * k if stacked else 0),
            bottom=0.46 + (3.1 * (1 - k) if stacked else 0),
        )
        _missing_panel(ax, part, other, (floor, ceiling), left_axis=k == 0 or stacked)
        words = (
            f"Sales of {draw.economy(economy)} to"
            if direction == "exports"
            else f"Sales to {draw.economy(economy)} by"
        )
        draw.heading(ax, words, dx=0, dy=5, bold=True)
        if k == 0:
            draw.text(ax, 0, 1, "times what is expected", C["muted"], axes="axes", va="bottom", dx=-38, dy=16)
        draw.text(ax, 1, 0, "expected trade a year", C["muted"], ha="right", va="top", axes="axes", dy=-18)
    return draw.finish(figure, _missing_title(table, economy, other), _missing_alt(table, economy, other),
                       f"Source: own gravity model on UN Comtrade trade of "
                       f"{int(table['year'].iloc[0])} and CEPII geography.", _missing_table(table, economy))  # fmt: skip


def _missing_panel(ax: Axes, part: pd.DataFrame, other: str, reach: tuple[float, float], left_axis: bool) -> None:
    floor, ceiling = reach
    if draw.is_empty(part):
        ax.set_axis_off()
        return
    marks = [v for v in (0.001, 0.01, 0.1, 0.3, 1, 3, 10, 100) if floor * 0.7 <= v <= ceiling * 1.6]
    draw.log_axis(ax, "y", marks, (lambda v: f"{draw.tick_text(v)}\u00d7") if left_axis else (lambda v: ""))
    draw.log_axis(
        ax,
        "x",
        draw.powers(0.1, float(part["predicted_musd"].max()) * 1.3, (1.0,)),
        lambda v: numbers.musd(v, 1).replace(" billion", "bn").replace(" million", "m"),
    )
    ax.grid(False, axis="x")
    ax.axhline(1.0, color=C["muted"], linewidth=1.1, zorder=1.8)
    shown = part[part["ratio"] >= floor]
    for r in shown.itertuples():
        chosen = r.partner == other
        ax.plot(
            [r.predicted_musd] * 2,
            [max(r.ratio_p10, floor * 0.6), r.ratio_p90],
            color=C["scenario"] if chosen else C["line"],
            linewidth=2.2 if chosen else 1.0,
            zorder=5 if chosen else 2,
        )
    rest, own = shown[shown["partner"] != other], shown[shown["partner"] == other]
    draw.dots(ax, rest["predicted_musd"], rest["ratio"], C["faint"])
    draw.dots(ax, own["predicted_musd"], own["ratio"], C["scenario"], size=6.5, zorder=6)
    ax.set_ylim(floor * 0.6, ceiling * 2.2)
    ax.set_xlim(0.7 * float(part["predicted_musd"].min()), float(part["predicted_musd"].max()) * 2.2)
    for r in own.itertuples():
        draw.text(
            ax,
            r.predicted_musd,
            r.ratio,
            f"{draw.short_economy(r.partner)} {_times(r.ratio)}",
            C["scenario"],
            ha="left" if r.predicted_musd < part["predicted_musd"].max() / 12 else "right",
            dx=6 if r.predicted_musd < part["predicted_musd"].max() / 12 else -6,
            bold=True,
            halo=True,
            size=theme.BASE_PT,
        )
    _label_notable(ax, rest, own)


def _label_notable(ax: Axes, rest: pd.DataFrame, own: pd.DataFrame) -> None:
    """Names of large and of unusual partners, where they do not stand on each other."""
    score = rest["predicted_musd"] ** 0.5 * (0.6 + np.abs(np.log(rest["ratio"])))
    # The own pair's label is long, and on one side of its mark.
    taken = [
        (np.log10(r.predicted_musd) + step, np.log10(r.ratio))
        for r in own.itertuples()
        for step in (-1.8, -0.9, 0.0, 0.9, 1.8)
    ]
    placed = 0
    for i in score.sort_values(ascending=False, kind="stable").index:
        x, y = np.log10(rest.loc[i, "predicted_musd"]), np.log10(rest.loc[i, "ratio"])
        if any(
            abs(x - a) < (1.3 if draw.narrow() else 0.95)
            and abs(y - b) < (0.26 if draw.narrow() else 0.17) for a, b in taken
        ):
            continue
        taken.append((x, y))
        draw.text(
            ax,
            10.0**x,
            10.0**y,
            draw.short_economy(str(rest.loc[i, "partner"])),
            C["ink"],
            ha="right",
            dx=-4,
            size=theme.SMALL_PT - 1,
            halo=True,
        )
        placed += 1
        if placed == 9:
            return


def _times(ratio: float) -> str:
    return f"{numbers.significant(ratio, 2)}\u00d7"


def _pair_rows(table: pd.DataFrame, other: str) -> dict[str, pd.Series]:
    return {str(r["direction"]): r for _, r in table[table["partner"] == other].iterrows()}


def _missing_title(table: pd.DataFrame, economy: str, other: str) -> str:
    rows = _pair_rows(table, other)
    a, b = draw.economy(economy), draw.economy(other)
    parts = []
    if "exports" in rows:
        parts.append(f"{a} sells {b} {_expected(rows['exports'])}")
    if "imports" in rows:
        parts.append(f"{'buys from it' if parts else f'{a} buys from {b}'} {_expected(rows['imports'])}")
    if not parts:
        return f"{a} reports no trade with {b} to compare"
    return f"Beside what two such economies trade ({int(table['year'].iloc[0])}), " + " and ".join(parts)


def _expected(row: pd.Series) -> str:
    if row["ratio_p10"] <= 1.0 <= row["ratio_p90"]:
        return f"about as much ({_times(row['ratio'])})"
    return f"{numbers.percent(100 * row['ratio'])} of it" if row["ratio"] < 2 else f"{numbers.significant(row['ratio'], 2)} times as much"


def _missing_alt(table: pd.DataFrame, economy: str, other: str) -> str:
    said = []
    for direction, row in _pair_rows(table, other).items():
        words = "sells to" if direction == "exports" else "buys from"
        said.append(
            f"{draw.economy(economy)} {words} {draw.economy(other)} {_times(row['ratio'])} what is "
            f"expected ({numbers.number_range(row['ratio_p10'], row['ratio_p90'])}): "
            f"{numbers.musd(row['observed_musd'])} against {numbers.musd(row['predicted_musd'])}."
        )
    for direction in ("exports", "imports"):
        part = (
            table[(table["direction"] == direction) & (table["partner"] != other)]
            .sort_values("predicted_musd", ascending=False)
            .head(3)
        )
        said.append(
            f"Of the largest {'markets' if direction == 'exports' else 'suppliers'}, "
            + ", ".join(f"{draw.economy(r.partner)} {_times(r.ratio)}" for r in part.itertuples())
            + "."
        )
    return (
        "Scatter of every partner: expected trade across, observed over expected trade upwards, both logarithmic. "
        + " ".join(said)
    )


def _missing_table(table: pd.DataFrame, economy: str) -> blocks.Table:
    top = (
        table.sort_values(["direction", "predicted_musd"], ascending=[True, False], kind="stable")
        .groupby("direction")
        .head(25)
    )
    body = [
        (
            f"{draw.economy(r.exporter)} to {draw.economy(r.importer)}",
            numbers.musd(r.observed_musd), numbers.musd(r.predicted_musd), _times(r.ratio),
            numbers.number_range(r.ratio_p10, r.ratio_p90),
        )
        for r in top.itertuples()
    ]  # fmt: skip
    columns = [
        blocks.Column("Trade"),
        draw.numeric("Observed"),
        draw.numeric("Expected"),
        draw.numeric("Ratio"),
        draw.numeric("80 % range"),
    ]
    return blocks.table(
        f"Trade of {draw.economy(economy)} over what is expected, the 25 largest partners each way",
        columns,
        body,
    )
