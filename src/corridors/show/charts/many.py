"""Scenarios side by side: ranked, with their ranges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from corridors.show import blocks, findings, lookups, numbers, theme
from corridors.show.charts import draw
from corridors.show.charts.reasons import two_line_labels
from corridors.show.charts.trade import effect_rows
from corridors.show.theme import LIGHT as C
from corridors.study.result import StudyResult

__all__ = ["scenarios_ranked"]


def ranked(results: Sequence[StudyResult]) -> list[StudyResult]:
    """Those of the pair that most are about: findings first, the largest rise on top; then what
    cannot be told from zero, by name."""
    own = Counter(r.pair for r in results).most_common(1)[0][0] if results else None
    return sorted((r for r in results if r.pair == own), key=findings.rank)


@draw.chart
def scenarios_ranked(results: Sequence[StudyResult]) -> blocks.Figure | None:
    """The effect of every scenario on two-way trade in its last year: middle, half and four in five of the draws."""
    shown = [r for r in ranked(results) if draw.has_measures(r)]
    if not shown:
        return None
    bands = [effect_rows(r, "total", "percent").iloc[-1] for r in shown]
    effects = [lookups.band(b) for b in bands]
    figure = draw.canvas(0.72 + 0.3 * len(shown))
    ax = draw.panel(figure, left=2.75, right=1.45, top=0.34, bottom=0.34)
    two_line_labels(ax, [r.title for r in shown], letters=44)
    known = [findings.told(e) for e in effects]
    draw.ranges(
        ax, [(e.low, e.mid, e.high) for e in effects],
        [C["scenario"] if k else C["faint"] for k in known],
        [C["band80"] if k else C["base80"] for k in known], width=5, dot=5.5,
        tips=[
            f"{r.title}: {findings.percent(e)}, "
            f"{numbers.percent_range(e.low, e.high, sign=True, mid=e.mid)} in four futures of five"
            for r, e in zip(shown, effects, strict=True)
        ],
    )
    for n, e in enumerate(effects):
        if known[n]:
            draw.text(ax, 1, n, findings.percent(e), C["scenario"], axes="y", ha="right", dx=42, bold=True)
            if draw.narrow():
                continue
            draw.text(ax, 1, n, findings.span(e), C["muted"], axes="y", dx=47, size=theme.SMALL_PT - 1)
        else:
            draw.text(ax, 1, n, findings.percent(e), C["muted"], axes="y", dx=6, size=theme.SMALL_PT - 1)
    draw.zero_line(ax, "x")
    low, high = min(0.0, *(float(b["p10"]) for b in bands)), max(0.0, *(float(b["p90"]) for b in bands))
    room = 0.04 * max(high - low, 1e-9)
    ax.set_xlim(low - room, high + room)
    draw.value_axis(ax, "x", most=5, style=lambda v: f"{draw.tick_text(v)}{numbers.THIN}%")
    draw.heading(
        ax,
        "change of two-way trade"
        + ("" if draw.narrow() else f" of {' and '.join(draw.pair_names(shown[0]))}")
        + f" in {shown[0].years[-1]}",
        dx=0,
        dy=4,
    )
    top, b = shown[0], bands[0]
    title = f"{top.title} does most for trade: {findings.percent(effects[0])}, {numbers.percent_range(b['p10'], b['p90'], sign=True, mid=b['p50'])} in four futures of five"
    if not effects[0].mid > 0 or not known[0]:
        title = "No scenario raises trade by an amount that matters and can be told from zero"
    said = [
        f"{r.title}: {findings.percent(e)} ({numbers.percent_range(e.low, e.high, sign=True, mid=e.mid)})"
        for r, e in zip(shown, effects, strict=True)
    ]
    alt = f"Ranking of {numbers.in_words(len(shown))} scenarios by their effect on two-way trade, dots with 80 % ranges; {numbers.in_words(sum(known))} can be told from zero, the rest are grey. " + "; ".join(said) + "."
    body = [
        (
            r.title,
            findings.percent(lookups.band(e)),
            numbers.percent_range(e["p10"], e["p90"], sign=True, mid=e["p50"]),
            numbers.percent_range(e["p2_5"], e["p97_5"], sign=True),
        )
        for r, e in zip(shown, bands, strict=True)
    ]
    columns = [
        blocks.Column("Scenario"),
        draw.numeric("Change of two-way trade"),
        draw.numeric("80 % range"),
        draw.numeric("95 % range"),
    ]
    return draw.finish(
        figure,
        title,
        alt,
        draw.model_source(top),
        blocks.table("Scenarios by their effect on two-way trade", columns, body),
    )
