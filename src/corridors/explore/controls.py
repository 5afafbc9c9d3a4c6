"""The controls of the explorer and where they stand: native Jupyter widgets, each with its label."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from corridors import scenario
from corridors.data import names as vocabulary
from corridors.show import typeface

LEVELS = (
    # field, label of the box, label of the slider, lowest, highest, step, first value
    ("trucks_per_day", "Capacity", "Trucks a day", 50, 2_000, 50, 800),
    ("processing_hours", "Processing", "Hours, no queue", 0, 72, 1, 4),
    ("closed_days", "Closure", "Days shut a year", 0, 365, 5, 10),
    ("usd_per_truck", "Fee", "Dollars a truck", 0, 2_000, 50, 200),
)
FLIGHTS = (1, 2, 3, 5, 7, 14)
STYLE = (
    f"<style>{typeface.css()}.corridors-page,.corridors-explore,.corridors-explore .svg text{{font-family:'{typeface.NAME}',system-ui,sans-serif}}"
    # Widgets have typefaces of their own.
    ".corridors-page :is(label,button,select,option,input,.widget-label,.widget-readout,.widget-html-content,.widget-checkbox)"
    "{font-family:inherit}"
    ".corridors-explore{background:#fff;color:#1a1f26;padding:.3em .6em;line-height:1.35}"
    ".corridors-explore figure{margin:0}.corridors-explore figcaption{font-weight:600;margin:.4em 0}"
    ".corridors-explore .svg svg{width:100%;height:auto}.corridors-explore .source{font-size:.8em;color:#565d66}"
    # JupyterLab lays out lists of its own in two columns.
    ".corridors-explore dl{display:flex;flex-wrap:wrap;gap:.5em 1.5em;margin:.2em "
    "0}.corridors-explore dl>div{flex:1 1 9em}"
    ".corridors-explore dl "
    "dt{float:none;width:auto;font-weight:400;color:#565d66}.corridors-explore dl "
    "dd{float:none;width:auto;margin:0}"
    ".corridors-explore .value{font-size:1.5em;font-weight:600}"
    ".corridors-explore .detail{display:block;color:#565d66}"
    # The answer stays while controls and charts move under it; boxes of widgets would scroll by
    # themselves otherwise.
    ".corridors-page,.corridors-page .widget-box{overflow:visible}"
    ".jp-OutputArea:has(.corridors-page),.jp-OutputArea-output:has(.corridors-page),.jp-OutputArea-child:has(.corridors-page){overflow:visible}"
    ".corridors-page .widget-html-content,.corridors-page .widget-html{height:auto;line-height:1.35}"
    ".corridors-explore .scroll{overflow-x:auto}"
    ".corridors-page caption{text-align:left;font-weight:600}.corridors-page "
    "table{border-collapse:collapse;font-size:.9em}.corridors-page td,.corridors-page "
    "th{padding:.1em .8em;text-align:left}"
    # Charts are drawn for white paper; what stands beside the answer keeps it legible in a dark theme too.
    ".corridors-top{background:#fff;color:#1a1f26}.corridors-top .widget-html-content{color:inherit}"
    "@media (min-width:900px){.corridors-top{position:sticky;top:0;z-index:9;border-bottom:1px solid #c9ced6}}</style>"
)


def make(pair: tuple[str, str], central: pd.Series) -> dict[str, Any]:
    """The controls by name, for a pair and the central values of the model's assumptions."""
    import ipywidgets as w

    style, wide = {"description_width": "8.5em"}, w.Layout(width="23em")
    usable = vocabulary.economies_with_gdp() & vocabulary.economies_with_geography()
    economies = sorted((name, code) for code, name in vocabulary.economies().items() if code in usable)
    made: dict[str, Any] = {
        "scenario": w.Dropdown(
            options=[("A question of my own", ""), *((n, n) for n in scenario.names())],
            description="Start from",
            style=style,
            layout=wide,
        ),
        "first": w.Dropdown(
            options=economies, value=pair[0], description="Seller", style=style, layout=wide
        ),
        "second": w.Dropdown(
            options=economies, value=pair[1], description="and buyer", style=style, layout=wide
        ),
        "corridor": w.Dropdown(
            options=[("Choose crossings below", ())],
            description="Corridor",
            style=style,
            layout=wide,
        ),
        "crossings": w.SelectMultiple(
            options=[], rows=6, description="Crossings", style=style, layout=wide
        ),
    }
    for field, box, label, low, high, step, first in LEVELS:
        made[f"{field}_on"] = w.Checkbox(
            value=field == "trucks_per_day",
            description=box,
            indent=False,
            layout=w.Layout(width="7em"),
        )
        # One answer for each stop of the slider, not for each pixel on the way.
        made[field] = w.IntSlider(
            value=first,
            min=low,
            max=high,
            step=step,
            description=label,
            continuous_update=False,
            style=style,
            layout=wide,
        )
    made |= {
        "flights_on": w.Checkbox(value=False, description="Direct flights", indent=False, layout=w.Layout(width="9em")),
        "flights": w.Dropdown(options=FLIGHTS, value=2, description="Flights a week", style=style, layout=wide),
        "start": w.IntSlider(
            value=2027, min=2026, max=2035, description="First year", continuous_update=False,
            style=style, layout=wide,
        ),
        "value_of_a_day": w.FloatSlider(
            value=100 * float(central["value_of_a_day"]), min=0.2, max=4.0, step=0.1, readout_format=".1f",
            description="A day costs, %", tooltip="What a day on the way costs, percent of the goods' value",
            continuous_update=False, style=style, layout=wide,
        ),
        "trade_elasticity": w.FloatSlider(
            value=float(central["trade_elasticity"]), min=0.5, max=10.0, step=0.1, readout_format=".2f",
            description="Trade elasticity", tooltip="By how many percent trade falls where its cost rises by one",
            continuous_update=False, style=style, layout=wide,
        ),
        "name": w.Text(placeholder="my-scenario", description="Name", style=style, layout=wide),
        "title": w.Text(placeholder="One line, shown everywhere", description="Title", style=style, layout=wide),
        "save": w.Button(description="Save as scenario", tooltip="Writes a YAML file beside the other scenarios"),
        "build": w.Button(
            description="Build its report",
            tooltip="Saves it if it has a new name, builds the report, opens it",
        ),
        "hold": w.Button(description="Keep as A", tooltip="Shows this answer beside every later one"),
        "reset": w.Button(description="Reset", tooltip="Back to the scenario or pair that it started from"),
    }  # fmt: skip
    return made


def lay_out(controls: Mapping[str, Any], charts: Mapping[str, Any], status: Any) -> Any:
    """Answer at the top, where it stays; controls at the left and charts beside them, below them on a phone."""
    import ipywidgets as w

    c = controls

    def heading(words: str) -> Any:
        return w.HTML(f"<strong>{escape(words)}</strong>")

    left = w.VBox(
        [
            heading("Who trades, and which way"), c["scenario"], c["first"], c["second"], c["corridor"], c["crossings"],
            heading("What is done there"),
            *(item for field, *_ in LEVELS for item in (c[f"{field}_on"], c[field])),
            c["flights_on"], c["flights"], c["start"],
            heading("What is assumed"), c["value_of_a_day"], c["trade_elasticity"],
            heading("Keep it"), c["name"], c["title"], w.HBox([c["save"], c["build"]]),
        ],
        layout=w.Layout(width="25em", flex="0 0 auto", max_width="100%"),
    )  # fmt: skip
    top = w.VBox(
        [
            w.HTML(STYLE),
            charts["words"],
            w.HBox([c["hold"], c["reset"], status], layout=w.Layout(flex_flow="row wrap")),
        ]
    )
    top.add_class("corridors-top")
    shown = [chart for name, chart in charts.items() if name != "words"]
    right = w.VBox(shown, layout=w.Layout(flex="1 1 26em", min_width="18em", max_width="46em"))
    page = w.VBox([top, w.HBox([left, right], layout=w.Layout(flex_flow="row wrap"))])
    page.add_class("corridors-page")
    return page
