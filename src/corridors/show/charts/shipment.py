"""One shipment followed down its way: hours that come together, without and with the measures."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from corridors.show import blocks, lookups, numbers
from corridors.show.charts import draw
from corridors.show.theme import LIGHT as C
from corridors.study.shipment import Shipment

__all__ = ["shipment_way"]

_HOURS_PER_DAY = 24.0
_ROW_IN = 0.3
_SOURCE = "road network of OpenStreetMap; costs, speeds and crossing times as listed under data"


@draw.chart
def shipment_way(shipment: Shipment) -> blocks.Figure | None:
    """Days from the start, leg by leg: each bar begins where the one above it ends."""
    legs, result = shipment["legs"], shipment.result
    if draw.is_empty(legs):
        return None
    cases = ("before", "after") if draw.has_measures(result) else ("before",)
    height = 0.75 + _ROW_IN * len(legs)
    figure = draw.canvas(height)
    ax = draw.panel(figure, left=2.4, right=0.75, top=0.3, bottom=0.4)
    draw.rows_axis(ax, [draw.cut(str(name), 34) for name in legs["name"]])
    most = max(float(legs[f"hours_so_far_{case}"].iloc[-1]) for case in cases) / _HOURS_PER_DAY
    ax.set_xlim(0, 1.02 * most)
    for case, shift in zip(cases, (-0.17, 0.17) if len(cases) == 2 else (0.0,), strict=True):
        _stairs(ax, legs, case, shift, 0.3 if len(cases) == 2 else 0.5)
    draw.value_axis(ax, "x")
    draw.text(ax, 1.0, 0.0, "days from the start", C["muted"], axes="axes", ha="right", va="top", dy=-15)
    if len(cases) == 2:
        draw.text(
            ax,
            1.0,
            1.0,
            "\u25a0 without measures",
            C["baseline"],
            axes="axes",
            ha="right",
            va="bottom",
            dy=3,
            dx=-84,
            bold=True,
        )
        draw.text(
            ax,
            1.0,
            1.0,
            "\u25a0 with measures",
            C["scenario"],
            axes="axes",
            ha="right",
            va="bottom",
            dy=3,
            bold=True,
        )
    title, alt = _words(shipment, cases)
    return draw.finish(figure, title, alt, draw.model_source(result, _SOURCE), _table(legs, cases))


def _stairs(ax: Axes, legs: pd.DataFrame, case: str, shift: float, thick: float) -> None:
    """One bar a leg from where the shipment is to where it has come."""
    colour = C["baseline"] if case == "before" else C["scenario"]
    hours = legs[f"hours_{case}"].to_numpy(dtype=float) / _HOURS_PER_DAY
    end = legs[f"hours_so_far_{case}"].to_numpy(dtype=float) / _HOURS_PER_DAY
    for k, (length, at) in enumerate(zip(hours, end, strict=True)):
        (bar,) = ax.barh([k + shift], [length], thick, left=[at - length], color=colour)
        draw.tip(
            bar,
            f"{legs['name'].iloc[k]}: {numbers.hours(length * _HOURS_PER_DAY)}, {numbers.days(at)} from the start",
        )


def _words(shipment: Shipment, cases: tuple[str, ...]) -> tuple[str, str]:
    legs = shipment["legs"]
    total = {case: float(legs[f"hours_so_far_{case}"].iloc[-1]) for case in cases}
    longest = legs.iloc[int(np.argmax(legs["hours_before"].to_numpy(dtype=float)))]
    where = (
        f"longest at {lookups.short_name(longest['name'])}"
        if longest["kind"] == "crossing"
        else f"the longest leg is {longest['name']}"
    )
    title = f"{numbers.hours(total['before'])} on the way {lookups.way(shipment.result, shipment.direction)}, {where} ({numbers.hours(float(longest['hours_before']))})"
    if "after" in total and numbers.hours(total["after"]) != numbers.hours(total["before"]):
        title += f"; {numbers.hours(total['after'])} with the measures"
    parts = "; ".join(
        f"{r.name} {numbers.hours(float(r.hours_before))}"
        + (
            f", {numbers.hours(float(r.hours_after))} with the measures"
            if len(cases) == 2 and r.hours_after != r.hours_before
            else ""
        )
        for r in legs.itertuples()
    )
    return title, f"Bars in steps, one a leg, on {shipment.name}: {parts}."


def _table(legs: pd.DataFrame, cases: tuple[str, ...]) -> blocks.Table:
    heads: list[blocks.Column | str] = [
        "Leg",
        *(draw.numeric("with measures" if case == "after" else "Time", "hours") for case in cases),
    ]
    rows = [
        (str(row["name"]), *(numbers.fixed(float(row[f"hours_{case}"]), 1) for case in cases))
        for _, row in legs.iterrows()
    ]
    return blocks.table("Time on each leg", heads, rows)
