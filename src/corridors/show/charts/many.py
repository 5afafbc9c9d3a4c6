"""Scenarios side by side: ranked with their ranges, and small pictures of every fan."""

from __future__ import annotations

from collections.abc import Sequence

from corridors.show import blocks, numbers, theme
from corridors.show.charts import draw
from corridors.show.charts.reasons import two_line_labels
from corridors.show.charts.trade import draw_bands, effect_rows, path_rows
from corridors.show.theme import LIGHT as C
from corridors.study.result import StudyResult

_ACROSS = 3


def ranked(results: Sequence[StudyResult]) -> list[StudyResult]:
    """Results by the middle of their effect in the last year, the largest first; equal ones by name."""
    return sorted(results, key=lambda r: (-r.headline()["p50"], r.name))


@draw.chart
def scenarios_ranked(results: Sequence[StudyResult]) -> blocks.Figure | None:
    """The effect of every scenario on two-way trade in its last year: middle, half and four in five of the draws."""
    shown = [r for r in ranked(results) if draw.has_measures(r)]
    if not shown:
        return None
    bands = [effect_rows(r, "total", "percent").iloc[-1] for r in shown]
    figure = draw.canvas(0.72 + 0.3 * len(shown))
    ax = draw.panel(figure, left=2.75, right=1.45, top=0.34, bottom=0.34)
    two_line_labels(ax, [r.title for r in shown], letters=44)
    for n, b in enumerate(bands):
        ax.plot([b["p10"], b["p90"]], [n, n], color=C["band80"], linewidth=5, zorder=2, solid_capstyle="butt")
        ax.plot([b["p25"], b["p75"]], [n, n], color=C["band50"], linewidth=5, zorder=3, solid_capstyle="butt")
        ax.plot([b["p50"]], [n], "o", color=C["scenario"], markersize=5.5, zorder=4)
        draw.text(ax, 1, n, numbers.signed_percent(b["p50"]), C["scenario"], axes="y", ha="right", dx=42, bold=True)
        draw.text(ax, 1, n, numbers.number_range(b["p10"], b["p90"], sign=True), C["muted"], axes="y", dx=47, size=theme.SMALL_PT - 1)
    draw.zero_line(ax, "x")
    low, high = min(0.0, *(float(b["p10"]) for b in bands)), max(0.0, *(float(b["p90"]) for b in bands))
    room = 0.04 * max(high - low, 1e-9)
    ax.set_xlim(low - room, high + room)
    draw.value_axis(ax, "x", most=5, style=lambda v: f"{draw.tick_text(v)}{numbers.THIN}%")
    draw.heading(ax, f"change of two-way trade in {shown[0].years[-1]}", dx=0, dy=4)
    top, b = shown[0], bands[0]
    known = [r for r, e in zip(shown, bands, strict=True) if e["p10"] > 0]
    title = f"{top.title} does most for trade: {numbers.signed_percent(b['p50'])}, {numbers.percent_range(b['p10'], b['p90'], sign=True)} in four of five draws"
    if b["p50"] <= 0:
        title = "No scenario raises trade in its middle case"
    elif b["p10"] <= 0:
        title = f"{top.title} does most for trade in the middle case, {numbers.signed_percent(b['p50'])}, but may do nothing"
    said = [f"{r.title} {numbers.signed_percent(e['p50'])} ({numbers.percent_range(e['p10'], e['p90'], sign=True)})" for r, e in zip(shown, bands, strict=True)]
    alt = f"Ranking of {numbers.in_words(len(shown))} scenarios by their effect on two-way trade, dots with 50 % and 80 % ranges; {numbers.in_words(len(known))} raise it in nine of ten draws. " + "; ".join(said) + "."
    body = [(r.title, numbers.signed_percent(e["p50"]), numbers.percent_range(e["p10"], e["p90"], sign=True), numbers.percent_range(e["p2_5"], e["p97_5"], sign=True)) for r, e in zip(shown, bands, strict=True)]
    columns = [blocks.Column("Scenario"), draw.numeric("Change of two-way trade"), draw.numeric("80 % range"), draw.numeric("95 % range")]
    return draw.finish(figure, title, alt, draw.model_source(top), blocks.table("Scenarios by their effect on two-way trade", columns, body))


@draw.chart
def small_fans(results: Sequence[StudyResult], kind: str = "effect") -> blocks.Figure | None:
    """A small fan of every scenario on one scale: ``effect`` in percent, or ``trade`` in dollars."""
    shown = ranked(results)
    if not shown:
        return None
    effect = kind == "effect"
    frames = [effect_rows(r, "total", "percent") if effect else path_rows(r, "total", "scenario") for r in shown]
    scale = 1.0 if effect else 1e3
    high = max(float(f["p90"].max()) for f in frames) / scale
    low = min(0.0, *(float(f["p10"].min()) for f in frames)) / scale
    if high <= low:
        high = low + 1.0
    down = -(-len(shown) // _ACROSS)
    height = 1.28 * down + 0.12
    figure = draw.canvas(height)
    wide = 1.62
    for k, (r, frame) in enumerate(zip(shown, frames, strict=True)):
        left = 0.42 + (k % _ACROSS) * (wide + 0.27)
        line = k // _ACROSS
        ax = draw.panel(figure, left=left, right=6.0 - left - wide, top=0.42 + 1.28 * line, bottom=height - 1.28 * (line + 1))
        draw_bands(ax, frame, scale, "band")
        ax.plot(frame["year"], frame["p50"] / scale, color=C["scenario"], linewidth=1.5, zorder=4)
        draw.zero_line(ax)
        ax.set_ylim(low - 0.05 * (high - low), high * 1.05 if high > 0 else 0.05 * (high - low))
        ax.set_xlim(r.years[0], r.years[-1])
        draw.value_axis(ax, most=3, style=(lambda v: f"{draw.tick_text(v)}{numbers.THIN}%") if effect else draw.tick_text)
        if k % _ACROSS:
            ax.set_yticklabels([])
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
        for n, words in enumerate(_two_lines(r.title, 31)):
            draw.text(ax, 0, 1, words, C["ink"], axes="axes", va="bottom", dy=11 - 8.5 * n, size=theme.SMALL_PT - 1, bold=True)
        last = frame.iloc[-1]
        value = numbers.signed_percent(last["p50"]) if effect else numbers.musd(last["p50"])
        draw.text(ax, 1, float(last["p50"]) / scale, value, C["scenario"], axes="y", ha="right", va="bottom", dy=3, bold=True, halo=True)
    first, last_year = shown[0].years[0], shown[0].years[-1]
    what = "Change of two-way trade" if effect else "Two-way trade in billion dollars a year"
    best = frames[0].iloc[-1]
    title = (
        f"What {numbers.in_words(len(shown))} {numbers.plural(len(shown), 'scenario')} {'does' if len(shown) == 1 else 'do'} to trade, {numbers.years(first, last_year)}, on one scale: from {numbers.signed_percent(frames[-1].iloc[-1]['p50'])} to {numbers.signed_percent(best['p50'])}"
        if effect
        else f"Trade in {numbers.in_words(len(shown))} {numbers.plural(len(shown), 'scenario')}, {numbers.years(first, last_year)}, on one scale"
    )
    said = [f"{r.title} {numbers.signed_percent(f.iloc[-1]['p50']) if effect else numbers.musd(f.iloc[-1]['p50'])}" for r, f in zip(shown, frames, strict=True)]
    table = blocks.table(
        f"{what} in {last_year}", [blocks.Column("Scenario"), draw.numeric("Middle"), draw.numeric("80 % range")],
        [(r.title, *((numbers.signed_percent(f.iloc[-1]["p50"]), numbers.percent_range(f.iloc[-1]["p10"], f.iloc[-1]["p90"], sign=True)) if effect else (numbers.musd(f.iloc[-1]["p50"]), numbers.musd_range(f.iloc[-1]["p10"], f.iloc[-1]["p90"])))) for r, f in zip(shown, frames, strict=True)],
    )  # fmt: skip
    return draw.finish(figure, title, f"{what}, {first} to {last_year}: small fans of every scenario on one scale. In {last_year}: " + "; ".join(said) + ".", draw.model_source(shown[0]), table)


def _two_lines(words: str, letters: int) -> list[str]:
    lines = draw.wrapped(words, letters)
    if len(lines) > 2:
        lines = [lines[0], draw.cut(" ".join(lines[1:]), letters)]
    return ["", *lines] if len(lines) == 1 else lines
