"""Trade of the pair: what was reported, what is projected, what the measures change."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from corridors.data.table_schema import QUANTILES
from corridors.show import blocks, findings, lookups, numbers
from corridors.show.charts import draw
from corridors.show.theme import LIGHT as C
from corridors.study.result import StudyResult

__all__ = ["fan"]

BANDS = (("p2_5", "p97_5", "95"), ("p10", "p90", "80"), ("p25", "p75", "50"))
_FLOW_COLUMN = {"exports": "exports_musd", "imports": "imports_musd", "total": "total_musd"}
_DAYS_A_YEAR = 365.25
_LABEL_YEARS = 1.2
"""Half of the word "reported" in years, where the chart has ten."""


@draw.chart
def fan(result: StudyResult, flow: str = "total", ghost: StudyResult | None = None) -> blocks.Figure:
    """Trade reported so far, and the fan of the scenario against the baseline; below, the difference in percent.

    ``flow``: exports (of the pair's first economy), imports or total. ``ghost``: another answer
    about the same years, whose middle is dotted in the lower panel.
    """
    base, plan = (path_rows(result, flow, case) for case in ("baseline", "scenario"))
    effect = effect_rows(result, flow, "percent")
    moves = draw.has_measures(result) and bool((effect[list(QUANTILES)].abs().to_numpy() > 0).any())
    scale, unit = _money_scale(float(plan["p97_5"].max()))
    figure = draw.canvas(4.2 if moves else 3.0)
    ax = draw.panel(figure, right=1.26 if draw.narrow() else 1.3, bottom=1.55 if moves else draw.BOTTOM_IN)
    seen = _reports(result, flow)
    first = min([*seen["middle"], result.years[0]], default=result.years[0])
    draw_bands(ax, plan, scale, "band" if moves else "base")
    years = plan["year"].to_numpy()
    middles = _middles(base, effect)
    if moves:
        ax.plot(years, middles / scale, color=C["scenario"], zorder=4)
    ax.plot(
        years,
        base["p50"] / scale,
        color=C["baseline"],
        linestyle=(0, (4, 2)) if moves else "-",
        linewidth=1.5,
        zorder=5,
    )
    _draw_reports(ax, seen, scale)
    ax.set_xlim(np.floor(first) - 0.5, years[-1])
    ax.set_ylim(0, float(plan["p97_5"].max()) / scale * 1.02)
    draw.value_axis(ax)
    draw.years_axis(ax, np.floor(first), years[-1])
    draw.heading(ax, f"{unit} a year", dx=-28)
    _fan_labels(
        ax,
        base,
        plan,
        scale,
        float(middles[-1]) if moves else None,
        findings.told(lookups.band(effect.iloc[-1])),
    )
    if len(seen):
        last = seen.iloc[-1]
        # Above all points that it would stand on.
        beside = seen[(seen["middle"] - last["middle"]).abs() <= _LABEL_YEARS * (years[-1] - np.floor(first)) / 10.0]
        draw.text(
            ax,
            last["middle"],
            float(beside["value"].max()) / scale,
            "reported",
            C["muted"],
            ha="center",
            va="bottom",
            dy=6,
            halo=True,
        )
    if moves:
        _effect_panel(
            figure,
            effect,
            float(np.floor(first) - 0.5),
            None if ghost is None else effect_rows(ghost, flow, "percent"),
        )
    return draw.finish(figure, _fan_title(result, flow, plan, effect, middles), _fan_alt(
        result, flow, base, plan, effect, middles, seen,
    ),
                       draw.model_source(
                           result,
                           "reported trade from ministries, central banks and CEPII as listed under data",
                       ) + (_goes_on(effect) if moves else ""),
                       _fan_table(result, flow, base, plan, effect, middles))  # fmt: skip


def path_rows(result: StudyResult, flow: str, case: str) -> pd.DataFrame:
    """Quantiles of a flow by year in a case, baseline or scenario, million dollars."""
    paths = result["projection"]
    return paths[(paths["flow"] == flow) & (paths["case"] == case)].sort_values("year", ignore_index=True)


def effect_rows(result: StudyResult, flow: str, unit: str) -> pd.DataFrame:
    """Quantiles of the effect on a flow by year, in ``percent`` or ``musd``."""
    effect = result["effect"]
    return effect[(effect["flow"] == flow) & (effect["unit"] == unit)].sort_values("year", ignore_index=True)


def _middles(base: pd.DataFrame, effect: pd.DataFrame) -> np.ndarray:
    """Trade with the measures in the middle, year by year, as :func:`corridors.show.findings.with_measures` has it."""
    return np.array(
        [
            findings.raised(float(b.p50), lookups.Band(float(e.p10), float(e.p50), float(e.p90)))
            for b, e in zip(base.itertuples(), effect.itertuples(), strict=True)
        ]
    )


def _money_scale(most_musd: float) -> tuple[float, str]:
    return (1e3, "Billion dollars") if most_musd >= 1000 else (1.0, "Million dollars")


def draw_bands(ax: Axes, frame: pd.DataFrame, scale: float, tint: str) -> None:
    """The three bands of a fan, widest first; ``tint`` is ``band`` (scenario) or ``base`` (baseline)."""
    for low, high, share in BANDS:
        draw.band(ax, frame["year"], frame[low] / scale, frame[high] / scale, C[f"{tint}{share}"])


def _reports(result: StudyResult, flow: str) -> pd.DataFrame:
    """Reports of full years of a flow: middle (of the period, as a year), start, end, value, period."""
    table = result["trade_history"]
    column = _FLOW_COLUMN[flow]
    if draw.is_empty(table):
        return pd.DataFrame({"middle": [], "value": [], "period": [], "years": []})
    full = table[table[column].notna() & ~table["period_kind"].astype(str).str.contains("partial")]
    start = pd.PeriodIndex(full["start"], freq="M").to_timestamp()
    end = pd.PeriodIndex(full["end"], freq="M").to_timestamp(how="end")
    out = pd.DataFrame({
        "middle": _as_year(start + (end - start) / 2), "start": _as_year(start), "end": _as_year(end),
        "value": full[column].to_numpy(dtype=float), "period": full["period"].astype(str).to_numpy(),
    })  # fmt: skip
    return out.sort_values("middle", kind="stable", ignore_index=True)


def _as_year(stamp: pd.DatetimeIndex) -> np.ndarray:
    return np.asarray(stamp.year + (stamp.dayofyear - 1) / _DAYS_A_YEAR - 0.0, dtype=float)


def _draw_reports(ax: Axes, seen: pd.DataFrame, scale: float) -> None:
    for r in seen.itertuples():
        if r.end - r.start > 1.5:
            ax.plot([r.start, r.end], [r.value / scale] * 2, color=C["faint"], linewidth=1.4, zorder=3)
        else:
            ax.plot([r.middle], [r.value / scale], "o", color=C["ink"], markersize=3.4, zorder=6)


def _fan_labels(
    ax: Axes, base: pd.DataFrame, plan: pd.DataFrame, scale: float, middle: float | None, told: bool,
) -> None:
    last = plan.iloc[-1]
    x = float(last["year"])
    labels = [
        (float(last["p97_5"]), "19 futures of 20", C["muted"], False),
        (float(last["p90"]), "4 futures of 5", C["muted"], False),
    ]
    before = float(base.iloc[-1]["p50"])
    if middle is not None and told:
        labels.append((middle, f"With {short_money(middle)}", C["scenario"], True))
    words = "Middle" if middle is None else "Without" if told else "Both" if draw.narrow() else "Either way"
    labels.append((before, f"{words} {short_money(before)}", C["baseline"], True))
    places = draw.spread([v / scale for v, *_ in labels], draw.points_y(ax, 10))
    for (_, words, colour, bold), place in zip(labels, places, strict=True):
        draw.text(ax, x, place, words, colour, dx=5, bold=bold)


def short_money(value_musd: float) -> str:
    """Money beside a mark: $2.6bn, $640m."""
    return findings.trade(float(value_musd)).replace(" billion", "bn").replace(" million", "m").replace(" trillion", "tn")


def _effect_panel(figure: Figure, effect: pd.DataFrame, first: float, ghost: pd.DataFrame | None = None) -> None:
    ax = draw.panel(figure, right=1.26 if draw.narrow() else 1.3, top=3.25, bottom=0.08)
    draw_bands(ax, effect, 1.0, "band")
    draw.zero_line(ax)
    ax.plot(effect["year"], effect["p50"], color=C["scenario"], zorder=4)
    low, high = _shown_of(effect)
    if ghost is not None:
        ax.plot(ghost["year"], ghost["p50"], color=C["muted"], linestyle=(0, (1, 2)), linewidth=1.8, zorder=5)
        low, high = min(low, float(ghost["p50"].min())), max(high, float(ghost["p50"].max()))
    last = effect.iloc[-1]
    room = 0.05 * max(high - low, 1e-9)
    ax.set_ylim(low - (room if low < 0 else 0), high + (room if high > 0 else 0))
    ax.set_xlim(first, float(last["year"]))
    draw.value_axis(ax, most=3)
    ax.xaxis.set_major_formatter(NullFormatter())
    ax.tick_params(axis="x", length=0)
    draw.heading(
        ax,
        "Difference the measures make, percent" + ("" if ghost is None else " (dotted: before)"),
        dx=-28,
        dy=4,
    )
    ax.spines["bottom"].set_visible(False)
    place = min(
        max(float(last["p50"]), ax.get_ylim()[0] + draw.points_y(ax, 10)),
        ax.get_ylim()[1] - draw.points_y(ax, 3),
    )
    draw.text(
        ax,
        float(last["year"]),
        place,
        findings.percent(lookups.band(last)).replace("no measurable effect", "not measurable").replace(" to matter", ""),
        C["scenario"],
        dx=5,
        bold=True,
    )
    draw.text(
        ax,
        float(last["year"]),
        place,
        numbers.percent_range(last["p10"], last["p90"], sign=True, mid=last["p50"]),
        C["muted"],
        dx=5,
        dy=-10,
    )


_WIDEST = 3.0
"""So many widths of the 80 % band the widest band may go on above or below it: more would flatten the rest."""


def _ends(effect: pd.DataFrame, low: str, high: str) -> tuple[float, float]:
    """Least and most of a band over all years, zero among them."""
    return float(min(0.0, effect[low].min())), float(max(0.0, effect[high].max()))


def _shown_of(effect: pd.DataFrame) -> tuple[float, float]:
    """What the lower panel holds: the widest band, whole but for what :func:`_goes_on` says of it."""
    low, high = _ends(effect, "p2_5", "p97_5")
    inner_low, inner_high = _ends(effect, "p10", "p90")
    further = _WIDEST * (inner_high - inner_low)
    return (max(low, inner_low - further), min(high, inner_high + further)) if further else (low, high)


def _goes_on(effect: pd.DataFrame) -> str:
    """How far the widest band goes on where the lower panel does not hold it all; empty where it does."""
    whole, shown = _ends(effect, "p2_5", "p97_5"), _shown_of(effect)
    beyond = [numbers.signed_percent(end) for end, last in zip(whole, shown, strict=True) if end != last]
    return f" In the lower panel the widest band goes on to {' and to '.join(beyond)}." if beyond else ""


def _what(result: StudyResult, flow: str) -> str:
    a, b = draw.pair_names(result)
    return {"exports": f"{a}\u2019s sales to {b}", "imports": f"{b}\u2019s sales to {a}"}.get(
        flow, f"Trade between {a} and {b}"
    )


def _fan_title(result: StudyResult, flow: str, plan: pd.DataFrame, effect: pd.DataFrame, middles: np.ndarray) -> str:
    last, e = plan.iloc[-1], effect.iloc[-1]
    verb = "are" if flow != "total" else "is"
    reach = f"{_what(result, flow)} {verb} about {findings.trade(float(middles[-1]))} in {int(last['year'])}"
    if not draw.has_measures(result):
        return f"{reach} if nothing changes, anywhere from {numbers.musd_range(last['p10'], last['p90'])} in four futures of five"
    band = lookups.band(e)
    kind = lookups.verdict(band)
    if kind == "none":
        return f"{reach}, no different with the measures than without them"
    if kind == "slight":
        return f"{reach}, with the measures or without: what they change is too small to matter"
    if kind in ("tiny", "nil"):
        return f"{reach}, with the measures or without: no measurable effect"
    if kind == "open":
        return f"{reach}; what the measures change, {numbers.percent_range(band.low, band.high, sign=True, mid=band.mid)}, is not told from zero"
    return f"{reach}, {numbers.percent(abs(band.mid))} {'more' if kind == 'rise' else 'less'} than without the measures"


def _fan_alt(
    result: StudyResult, flow: str, base: pd.DataFrame, plan: pd.DataFrame, effect: pd.DataFrame,
    middles: np.ndarray, seen: pd.DataFrame,
) -> str:
    b, p, e = base.iloc[-1], plan.iloc[-1], effect.iloc[-1]
    parts = [f"Fan chart, {result.years[0]} to {result.years[-1]}. {_what(result, flow)} in {int(p['year'])}:"]
    if draw.has_measures(result):
        parts.append(
            f"with the measures {findings.trade(float(middles[-1]))} in the middle, "
            f"{numbers.musd_range(p['p10'], p['p90'])} in four futures of five; without them "
            f"{findings.trade(b['p50'])}, {numbers.musd_range(b['p10'], b['p90'])}."
        )  # fmt: skip
        parts.append(
            f"The difference: {findings.percent(lookups.band(e))}, "
            f"{numbers.percent_range(e['p10'], e['p90'], sign=True, mid=e['p50'])} in four futures "
            f"of five."
        )
    else:
        parts.append(
            f"{findings.trade(b['p50'])} in the middle, {numbers.musd_range(b['p10'], b['p90'])} in four futures of five."
        )
    if len(seen):
        parts.append(
            f"Dots are reports of past years, the latest {numbers.musd(seen.iloc[-1]['value'])} "
            f"for {seen.iloc[-1]['period']}."
        )
    return " ".join(parts)


def _fan_table(
    result: StudyResult, flow: str, base: pd.DataFrame, plan: pd.DataFrame, effect: pd.DataFrame,
    middles: np.ndarray,
) -> blocks.Table:
    rows: list[tuple[str, ...]] = [
        (str(int(b.year)), findings.trade(b.p50), numbers.musd_range(b.p10, b.p90, mid_musd=b.p50), findings.trade(middle), numbers.musd_range(p.p10, p.p90, mid_musd=p.p50),
         findings.percent(lookups.Band(e.p10, e.p50, e.p90)), numbers.percent_range(e.p10, e.p90, sign=True, mid=e.p50))
        for b, p, e, middle in zip(base.itertuples(), plan.itertuples(), effect.itertuples(), middles, strict=True)
    ]  # fmt: skip
    columns = [
        blocks.Column("Year"),
        *(
            draw.numeric(n)
            for n in (
                "Without measures",
                "80 % range",
                "With measures",
                "80 % range of it",
                "Difference",
                "80 % range of the difference",
            )
        ),
    ]
    if not draw.has_measures(result):
        columns, rows = [columns[0], draw.numeric("Expected"), columns[2]], [row[:3] for row in rows]
    return blocks.table(f"{_what(result, flow)}, by year", columns, rows)
