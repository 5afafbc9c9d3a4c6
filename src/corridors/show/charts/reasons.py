"""What did it and how sure that is: contributions of measures, sensitivity, the worth of knowing more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import pandas as pd
from matplotlib.axes import Axes

from corridors.data import tables
from corridors.show import blocks, findings, lookups, numbers, theme
from corridors.show.charts import draw
from corridors.show.theme import LIGHT as C
from corridors.study.result import StudyResult

__all__ = ["contributions", "tornado"]

_LETTER_PT = 5.2
_LETTERS = 46
_MOST_PARAMETERS = 10
_LONG_UNIT = 20


def two_line_labels(ax: Axes, labels: list[str], bold: list[bool] | None = None, letters: int = _LETTERS) -> None:
    """Row labels at the left, in two lines where they are long."""
    above = draw.names_above(ax)
    draw.rows_axis(ax, labels if above else [""] * len(labels), bold=bold or ())
    for n, label in enumerate([] if above else labels):
        lines = draw.wrapped(label, letters)
        if len(lines) > 2:
            lines = [lines[0], draw.cut(" ".join(lines[1:]), letters)]
        for k, line in enumerate(lines):
            move = 4.6 * (len(lines) - 1) - 9.2 * k
            draw.text(ax, 0, n, line, C["ink"], ha="right", axes="y", dx=-6, dy=move, bold=bool(bold and bold[n]))


@draw.chart
def contributions(result: StudyResult) -> blocks.Figure | None:
    """What each measure contributes to the effect on two-way trade, in percentage points that add up (Shapley values).

    None where there is no finding to share out, or but one measure to which all of it belongs.
    """
    table = result["contributions"]
    if len(table) < 2 or not findings.told(lookups.effect(result)):
        return None
    table = table.sort_values("percent_points", key=lambda v: -v.abs(), kind="stable").reset_index(drop=True)
    total = float(table["percent_points"].sum())
    labels = [*table["measure"].astype(str), "All measures together"]
    figure = draw.canvas(0.42 + 0.33 * len(labels))
    ax = draw.panel(figure, left=2.95, right=0.75, top=0.3, bottom=0.06)
    two_line_labels(ax, labels, [False] * len(table) + [True])
    reached = 0.0
    stops = [0.0]
    for n, value in enumerate(table["percent_points"]):
        colour = C["gain"] if value >= 0 else C["loss"]
        ax.barh([n], [value], 0.56, left=reached, color=colour, zorder=3)
        end = max(reached, reached + value)
        draw.text(ax, end, n, numbers.significant(value, 2, sign=True), colour, dx=4, bold=True)
        reached += value
        stops.append(reached)
        ax.plot([reached, reached], [n + 0.28, n + 0.72], color=C["faint"], linewidth=0.8, zorder=2)
    ax.barh([len(table)], [total], 0.56, color=C["scenario"], zorder=3)
    draw.text(ax, max(total, 0.0), len(table), numbers.signed_percent(total), C["scenario"], dx=4, bold=True)
    draw.zero_line(ax, "x")
    low, high = min(stops), max(stops)
    room = 0.04 * max(high - low, 1e-12)
    ax.set_xlim(low - room, high + room)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    draw.heading(ax, "percentage points of two-way trade", dx=0, dy=3)
    return draw.finish(figure, _contribution_title(result, table, total), _contribution_alt(result, table, total), draw.model_source(result),
                       blocks.table(f"What each measure contributes in {result.years[-1]}", [
                           blocks.Column("Measure"),
                           draw.numeric("Contribution", "percentage points"),
                       ],
                                    [(str(r.measure), numbers.significant(r.percent_points, 2, sign=True)) for r in table.itertuples()] + [("All measures together", numbers.significant(total, 2, sign=True))]))  # fmt: skip


def _contribution_title(result: StudyResult, table: pd.DataFrame, total: float) -> str:
    top = table.iloc[0]
    amount = numbers.signed_percent(total)
    if abs(total) < 1e-12 or (table["percent_points"] == 0).all():
        return "No measure changes two-way trade"
    if top["percent_points"] * total <= 0:
        return f"Measures pull both ways; together they change trade by {amount}"
    share = top["percent_points"] / total
    words = str(top["measure"])
    if share > 1.0:
        return f"{words}: more than the whole effect of {amount}, since other measures work against it"
    if share > 0.95:
        return f"{words}: nearly the whole effect of {amount}"
    return f"{words}: {numbers.percent(100 * share, 0)} of the effect of {amount}, the most of {numbers.in_words(len(table))} measures"


def _contribution_alt(result: StudyResult, table: pd.DataFrame, total: float) -> str:
    said = "; ".join(f"{r.measure} {numbers.significant(r.percent_points, 2, sign=True)}" for r in table.itertuples())
    return f"Waterfall of contributions to the change of two-way trade in {result.years[-1]}, in percentage points: {said}; together {numbers.signed_percent(total)}."


PARAMETER_NAMES: dict[str, str] = {
    "reliability_ratio": "what uncertain waits cost",
    "rest_elasticity": "how readily other trucks go elsewhere",
    "truck_day_usd": "what a day of a truck costs",
    "adoption_half_years": "how fast users come",
    "hidden_parts_score": "size of the named hidden costs",
    "regime_reach_score": "what a regime takes of them",
    "distance_elasticity": "how fast trade falls with distance",
    "trade_elasticity": "how strongly trade responds to cost",
    "elasticity_chemicals": "how strongly chemicals respond to cost",
    "elasticity_first_year": "how much trade responds in the first year",
    "elasticity_food": "how strongly food responds to cost",
    "elasticity_fuels": "how strongly fuels and minerals respond to cost",
    "elasticity_machinery": "how strongly machinery responds to cost",
    "elasticity_manufactures": "how strongly other manufactures respond to cost",
    "elasticity_textiles": "how strongly textiles respond to cost",
    "elasticity_years": "how long trade takes to respond in full",
    "value_of_a_day": "what a day on the way costs",
    "flight_gain": "how much a first air service does for trade",
    "flight_half_frequency": "how often planes must fly to matter",
    "phase_in_speed": "how fast measures take effect",
    "gdp_elasticity_exporter": "how trade follows the seller's GDP",
    "gdp_elasticity_importer": "how trade follows the buyer's GDP",
    "gdp_world_score": "growth of the world economy",
    "gdp_exporter_score": "growth of the first economy",
    "gdp_importer_score": "growth of the second economy",
    "gdp_exporter_turn": "when the first economy grows",
    "gdp_importer_turn": "when the second economy grows",
    "measurement_score": "how much the two trade today",
    "measurement_balance": "which of the two sells more today",
    "pair_residual": "where the pair's trade drifts",
    "pair_residual_turn": "when the pair's trade drifts",
    "pair_balance": "how the pair's balance drifts",
    "pair_balance_turn": "when the pair's balance drifts",
    "reversion_factor": "how fast the pair's trade returns to normal",
    "class_mix_exports": "share of bulk in what the first economy sells",
    "class_mix_imports": "share of bulk in what the second economy sells",
    "gross_output_ratio": "size of trade at home",
    "road_cost_factor": "what road haulage costs",
    "sea_cost_factor": "what sea freight costs",
    "sea_time_factor": "days at sea, by Suez or the Cape",
    "rail_cost_factor": "what rail costs",
    "air_cost_factor": "what air freight costs",
    "road_speed_factor": "how fast trucks drive",
    "processing_factor": "hours of processing at crossings",
    "background_traffic_factor": "other traffic at the crossings today",
    "background_traffic_growth": "growth of other traffic at the crossings",
    "route_scale": "how readily shippers change routes",
    "mode_dissimilarity": "how readily shippers change modes",
    "base_share_factor": "what share goes by road today",
    "new_service_hidden_share": "hidden cost of a new service",
    "unit_value_factor": "what a tonne of goods is worth",
    "closure_days_factor": "days that crossings are shut",
    "outside_cost": "what ways outside the network cost",
    "tonnes_per_teu": "tonnes in a container",
    "tonnes_per_flight": "cargo on a passenger flight",
    "truck_payload_t": "tonnes on a truck",
    "road_hidden_kept": "how much of the road's hidden cost stays",
}
"""What a reader calls each uncertain quantity; one that is not here is told by its meaning in the table."""


def parameter_name(parameter: str, meaning: str) -> str:
    """A quantity in a few plain words, small first letter."""
    known = PARAMETER_NAMES.get(parameter)
    return known.replace("'", "\u2019") if known else _first_part(meaning)


def _first_part(meaning: str) -> str:
    """The first part of what a parameter means, before the explanation."""
    for mark in (":", ";", " ("):
        meaning = meaning.split(mark)[0]
    return meaning[:1].lower() + meaning[1:]


def _named(result: StudyResult, parameter: str, meaning: str) -> str:
    """:func:`parameter_name` with the names of the pair."""
    first, second = draw.pair_names(result)
    name = parameter_name(parameter, meaning)
    return name.replace("the first economy", first).replace("the second economy", second)


def _head(result: StudyResult, parameter: str, meaning: str) -> str:
    """The name with a capital, for a row."""
    name = _named(result, parameter, meaning)
    return name[:1].upper() + name[1:]


@draw.chart
def tornado(result: StudyResult) -> blocks.Figure | None:
    """How far the effect on two-way trade moves, in points, when one quantity goes from its low to its high end, the rest in the middle.

    Measured from the case with all quantities at their middle, so that no second figure stands
    beside the effect itself.
    """
    table = result["sensitivity"].copy()
    if draw.is_empty(table) or not findings.told(lookups.effect(result)):
        return None
    table["width"] = (table["effect_high_percent"] - table["effect_low_percent"]).abs()
    table = (
        table[table["width"] > 1e-9]
        .sort_values("width", ascending=False, kind="stable")
        .head(_MOST_PARAMETERS)
        .reset_index(drop=True)
    )
    if draw.is_empty(table):
        return None
    table[["effect_low_percent", "effect_high_percent"]] -= float(table["central"].iloc[0])
    figure = draw.canvas(0.62 + 0.31 * len(table))
    ax = draw.panel(figure, left=2.75, right=0.55, top=0.34, bottom=0.32)
    two_line_labels(
        ax,
        [_head(result, str(p), str(m)) for p, m in zip(table["parameter"], table["meaning"], strict=True)],
        letters=42,
    )
    ends = table[["effect_low_percent", "effect_high_percent"]].to_numpy(dtype=float)
    least, most = min(float(ends.min()), 0.0), max(float(ends.max()), 0.0)
    told: list[tuple[float, int, str]] = []
    for n, (low, high) in enumerate(ends):
        bars = [(low, "low_value", C["faint"], C["muted"]), (high, "high_value", C["accent"], C["accent"])]
        # Where both ends lie on one side, the shorter bar lies on the longer, its label across the
        # middle.
        bars.sort(key=lambda bar: -abs(bar[0]))
        same = low * high > 0
        for k, (value, name, colour, ink) in enumerate(bars):
            ax.barh([n], [value], 0.5, color=colour, zorder=3 + 0.1 * k)
            side = 1 if value > 0 or (value == 0 and bars[1 - k][0] <= 0) else -1
            at, side = (0.0, -side) if same and k == 1 else (value, side)
            told.append(
                (
                    at,
                    side,
                    end_words(
                        str(table.loc[n, "parameter"]),
                        float(table.loc[n, name]),
                        name == "high_value",
                    ),
                )
            )
            draw.text(
                ax,
                at,
                n,
                told[-1][2],
                ink,
                ha="left" if side > 0 else "right",
                dx=3 * side,
                size=theme.SMALL_PT - 1,
            )
    ax.axvline(0, color=C["ink"], linewidth=0.9, zorder=4)
    ax.set_xlim(*_room_for(told, least, most, ax.get_position().width * draw.width_in() * 72))
    draw.value_axis(ax, "x", most=4, style=draw.tick_text)
    # The room for labels at ends of bars needs no ticks; one at its edge would be cut off.
    ax.set_xticks([tick for tick in ax.get_xticks() if least <= tick <= most])
    draw.text(ax, 0, 1, "points from the middle", C["ink"], ha="center", va="bottom", axes="x", dy=3)
    if draw.narrow():
        draw.text(ax, 0, 1, "\u25a0 low end", C["muted"], va="bottom", axes="axes", dy=14, bold=True)
        draw.text(ax, 0, 1, "\u25a0 high end", C["accent"], va="bottom", axes="axes", dx=58, dy=14, bold=True)
    else:
        draw.text(
            ax,
            0,
            1,
            "\u25a0 at its low end",
            C["muted"],
            ha="right",
            va="bottom",
            axes="axes",
            dx=-92,
            dy=3,
            bold=True,
        )
        draw.text(
            ax,
            0,
            1,
            "\u25a0 at its high end",
            C["accent"],
            ha="right",
            va="bottom",
            axes="axes",
            dx=-6,
            dy=3,
            bold=True,
        )
    top = table.iloc[0]
    low, high = sorted((float(top["effect_low_percent"]), float(top["effect_high_percent"])))
    reach = numbers.points(high - low, sign=False)
    lead = (
        "Most hangs on one thing"
        if len(table) == 1 or top["width"] >= 1.5 * table["width"].iloc[1]
        else "No single thing decides"
    )
    name = _named(result, str(top["parameter"]), str(top["meaning"]))
    title = f"{lead}: {name} moves the effect by {reach} from end to end"
    said = [
        f"{_head(result, str(r.parameter), str(r.meaning))}: "
        f"{numbers.points(r.effect_low_percent)} at its low end, "
        f"{numbers.points(r.effect_high_percent)} at its high end."
        for r in table.itertuples()
    ]
    body = [
        (
            _head(result, str(r.parameter), str(r.meaning)),
            end_words(str(r.parameter), r.low_value, False),
            end_words(str(r.parameter), r.high_value, True),
            numbers.significant(r.effect_low_percent, 2, sign=True),
            numbers.significant(r.effect_high_percent, 2, sign=True), _index(r.first_order),
            _index(r.total),
        )
        for r in table.itertuples()
    ]  # fmt: skip
    columns = [
        blocks.Column("What is uncertain"),
        draw.numeric("Low end"),
        draw.numeric("High end"),
        draw.numeric("Effect at low end", "points from the middle"),
        draw.numeric("Effect at high end", "points from the middle"),
        draw.numeric("Share of the spread, alone"),
        draw.numeric("Share of the spread, with all interplay"),
    ]
    return draw.finish(figure, title, f"Tornado chart of the effect on two-way trade in {result.years[-1]}, in percentage points from the case with everything at its middle. " + " ".join(said), draw.model_source(result, "ranges of parameters as listed under data", f"shares of the spread foretell {numbers.share(round(result.facts['variance_explained'], 2))} of it"),
                       blocks.table(
                           "Effect on two-way trade when one quantity goes from end to end",
                           columns, body,
                       ))  # fmt: skip


def _room_for(
    told: Sequence[tuple[float, int, str]], least: float, most: float, width_pt: float,
) -> tuple[float, float]:
    """Limits of an axis of ``width_pt`` on which each label (its place, its side, its words) stands whole."""
    low, high = least, most
    for _ in range(8):
        letter = _LETTER_PT * (high - low) / width_pt
        reach = [(at, at + side * letter * (len(words) + 2)) for at, side, words in told]
        low, high = min(least, *(b for _, b in reach)), max(most, *(b for _, b in reach))
    return low, high


def end_words(parameter: str, value: float, high: bool) -> str:
    """An end of a range with its unit; what is measured in standard deviations is ``low`` or ``high``."""
    unit = _units().get(parameter, "")
    if unit == "standard deviations":
        return "high" if high else "low"
    if unit.startswith("share"):
        return numbers.share(value)
    return f"{numbers.significant(value, 2)} {unit}" if 0 < len(unit) <= _LONG_UNIT else numbers.significant(value, 2)


@lru_cache(maxsize=1)
def _units() -> dict[str, str]:
    rows = tables.parameters()
    return dict(zip(rows["parameter"].astype(str), rows["unit"].fillna("").astype(str), strict=True))


def _index(value: float) -> str:
    """A Sobol index; what is below nothing is an error of estimation."""
    return numbers.fixed(max(float(value), 0.0), 2)
