"""The page of sliders: native Jupyter widgets, each with its label, so that the keyboard reaches and moves all of them.

What a control says becomes a :class:`~corridors.explore.question.Question`, and its answer is shown by the functions
that a cell without widgets calls.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape
from typing import Any

from corridors.data import names as vocabulary
from corridors.data import tables
from corridors.errors import CorridorsError
from corridors.explore.answers import Answer, answer, corridors_of
from corridors.explore.question import Question, airports_of, save
from corridors.show import blocks

OFF = (
    "Widgets are off. Set what is asked in the first cell, and run the cells below: they call the same functions and show "
    "the same charts."
)
_LEVELS = (
    # field, label of the box, label of the slider, lowest, highest, step, first value
    ("trucks_per_day", "Capacity", "Trucks a day", 50, 2_000, 50, 800),
    ("processing_hours", "Processing", "Hours, no queue", 0, 72, 1, 4),
    ("closed_days", "Closure", "Days shut a year", 0, 365, 5, 10),
    ("usd_per_truck", "Fee", "Dollars a truck", 0, 2_000, 50, 200),
)
_FLIGHTS = (1, 2, 3, 5, 7, 14)
_STYLE = (
    "<style>.corridors-explore{background:#fff;color:#1a1f26;padding:.3em .6em;line-height:1.35}"
    ".corridors-explore figure{margin:0}.corridors-explore figcaption{font-weight:600;margin:.4em 0}"
    ".corridors-explore .svg svg{width:100%;height:auto}.corridors-explore .source{font-size:.8em;color:#565d66}"
    # JupyterLab lays out lists of its own in two columns.
    ".corridors-explore dl{display:flex;flex-wrap:wrap;gap:.5em 1.5em;margin:.2em 0}.corridors-explore dl>div{flex:1 1 9em}"
    ".corridors-explore dl dt{float:none;width:auto;font-weight:400;color:#565d66}.corridors-explore dl dd{float:none;width:auto;margin:0}"
    ".corridors-explore .value{font-size:1.5em;font-weight:600}"
    ".corridors-explore .detail{display:block;color:#565d66}</style>"
)


def app(pair: Sequence[str] = ("PAK", "RUS"), *, widgets: bool = True) -> App | blocks.Prose:
    """The explorer of a pair; with ``widgets`` off, or without ipywidgets, a note on how to go on without."""
    if widgets:
        try:
            return App((pair[0], pair[1]))
        except ImportError:
            pass
    return blocks.Prose((OFF,), style="note")


class App:
    """Controls by name in ``controls``, shown charts by name in ``charts``, the latest ``answer``, and how long it took."""

    def __init__(self, pair: tuple[str, str]) -> None:
        import ipywidgets as w

        self._w = w
        self.answer: Answer | None = None
        self.seconds = 0.0
        self._quiet = False
        self._central = tables.parameters().set_index("parameter")["central"]
        self.controls: dict[str, Any] = self._make_controls(pair)
        self.charts: dict[str, Any] = {name: w.HTML() for name in ("words", "fan", "map", "curve")}
        self.status = w.HTML()
        self._offer()
        for name, control in self.controls.items():
            if name in ("first", "second"):
                control.observe(self._pair_changed, names="value")
            elif name == "corridor":
                control.observe(self._corridor_changed, names="value")
            elif name == "save":
                control.on_click(self._save)
            elif name not in ("name", "title"):
                control.observe(self._changed, names="value")
        self.view = self._lay_out()
        self.update()

    # --- what is asked ---------------------------------------------------------------------------------------

    @property
    def pair(self) -> tuple[str, str]:
        """The two economies chosen."""
        return self.controls["first"].value, self.controls["second"].value

    def question(self) -> Question:
        """What the controls ask."""
        c = self.controls
        levels = {field: float(c[field].value) if c[f"{field}_on"].value else None for field, *_ in _LEVELS}
        return Question(
            self.pair,
            tuple(c["crossings"].value),
            levels["trucks_per_day"],
            levels["processing_hours"],
            levels["closed_days"],
            levels["usd_per_truck"],
            route=airports_of(self.pair) if c["flights_on"].value else None,
            flights_per_week=float(c["flights"].value),
            start=int(c["start"].value),
            value_of_a_day=self._assumed("value_of_a_day", float(c["value_of_a_day"].value) / 100.0),
            trade_elasticity=self._assumed("trade_elasticity", float(c["trade_elasticity"].value)),
        )

    def _assumed(self, name: str, value: float) -> float | None:
        """An assumption that differs from the table's central value."""
        return None if abs(value - float(self._central[name])) < 1e-9 else value

    # --- what is shown ---------------------------------------------------------------------------------------

    def update(self) -> None:
        """Answer the question that the controls ask and show it; a mistake is told, and the last answer stays."""
        began = time.perf_counter()
        try:
            found = answer(self.question())
            shown = {"words": found.words(), "fan": found.fan(), "map": found.map(), "curve": found.curve()}
        except CorridorsError as error:
            self._say(str(error))
            return
        self.answer = found
        for name, block in shown.items():
            inside = "" if block is None else block.html()
            self.charts[name].value = f'<div class="corridors-explore">{inside}</div>' if inside else ""
        self.seconds = time.perf_counter() - began
        told = " ".join(found.result.facts["messages"])
        self._say(f"{told} {found.study.draws} draws, {self.seconds:.2f} seconds. For a report, save and build.".strip())

    def _say(self, message: str) -> None:
        self.status.value = f'<div role="status" aria-live="polite">{escape(message)}</div>'

    def _changed(self, _: Any) -> None:
        if not self._quiet:
            self.update()

    def _pair_changed(self, _: Any) -> None:
        if self._quiet:
            return
        if self.pair[0] == self.pair[1]:
            self._say("A pair is two different economies.")
            return
        self._say("Another pair: some seconds the first time ...")
        self._offer()
        self.update()

    def _corridor_changed(self, change: Any) -> None:
        if self._quiet or not change["new"]:
            return
        known = {value for _, value in self.controls["crossings"].options}
        self.controls["crossings"].value = tuple(c for c in change["new"] if c in known)

    def _save(self, _: Any) -> None:
        name = self.controls["name"].value.strip()
        if not name:
            self._say("Give it a name: a to z, 0 to 9 and hyphens.")
            return
        try:
            path = save(self.question(), name, self.controls["title"].value.strip() or None)
        except CorridorsError as error:
            self._say(str(error))
            return
        self._say(f"Saved as {path}. Its report: corridors build {name}")

    def _offer(self) -> None:
        """Corridors and crossings of the chosen pair: those on its roads, else those of its borders, else all."""
        names = vocabulary.crossings()
        try:
            corridors = corridors_of(self.pair)
        except CorridorsError as error:
            corridors = {}
            self._say(str(error))
        on_roads = list(dict.fromkeys(c for passed in corridors.values() for c in passed))
        crossings = on_roads or vocabulary.crossings_of(*self.pair) or list(names)
        self._quiet = True
        try:
            self.controls["corridor"].options = [("Choose crossings below", ()), *corridors.items()]
            self.controls["crossings"].options = [(vocabulary.short_name(c), c) for c in crossings]
            self.controls["crossings"].value = tuple(crossings[:1])
            self.controls["flights_on"].disabled = airports_of(self.pair) is None
            if self.controls["flights_on"].disabled:
                self.controls["flights_on"].value = False
        finally:
            self._quiet = False

    # --- how it looks ----------------------------------------------------------------------------------------

    def _make_controls(self, pair: tuple[str, str]) -> dict[str, Any]:
        w = self._w
        style, wide = {"description_width": "8.5em"}, w.Layout(width="23em")
        usable = vocabulary.economies_with_gdp() & vocabulary.economies_with_geography()
        economies = sorted((name, code) for code, name in vocabulary.economies().items() if code in usable)
        made: dict[str, Any] = {
            "first": w.Dropdown(options=economies, value=pair[0], description="Seller", style=style, layout=wide),
            "second": w.Dropdown(options=economies, value=pair[1], description="and buyer", style=style, layout=wide),
            "corridor": w.Dropdown(options=[("Choose crossings below", ())], description="Corridor", style=style, layout=wide),
            "crossings": w.SelectMultiple(options=[], rows=6, description="Crossings", style=style, layout=wide),
        }
        for field, box, label, low, high, step, first in _LEVELS:
            made[f"{field}_on"] = w.Checkbox(value=field == "trucks_per_day", description=box, indent=False, layout=w.Layout(width="7em"))
            # One answer for each stop of the slider, not for each pixel on the way.
            made[field] = w.IntSlider(value=first, min=low, max=high, step=step, description=label, continuous_update=False, style=style, layout=wide)
        made |= {
            "flights_on": w.Checkbox(value=False, description="Direct flights", indent=False, layout=w.Layout(width="9em")),
            "flights": w.Dropdown(options=_FLIGHTS, value=2, description="Flights a week", style=style, layout=wide),
            "start": w.IntSlider(value=2027, min=2026, max=2035, description="First year", continuous_update=False, style=style, layout=wide),
            "value_of_a_day": w.FloatSlider(
                value=100 * float(self._central["value_of_a_day"]), min=0.2, max=4.0, step=0.1, readout_format=".1f",
                description="A day costs, %", continuous_update=False, style=style, layout=wide,
            ),
            "trade_elasticity": w.FloatSlider(
                value=float(self._central["trade_elasticity"]), min=0.5, max=10.0, step=0.1, readout_format=".2f",
                description="Theta", continuous_update=False, style=style, layout=wide,
            ),
            "name": w.Text(placeholder="my-scenario", description="Name", style=style, layout=wide),
            "title": w.Text(placeholder="One line, shown everywhere", description="Title", style=style, layout=wide),
            "save": w.Button(description="Save as scenario", tooltip="Writes a YAML file beside the other scenarios"),
        }  # fmt: skip
        return made

    def _lay_out(self) -> Any:
        w, c = self._w, self.controls

        def heading(words: str) -> Any:
            return w.HTML(f"<strong>{escape(words)}</strong>")

        left = w.VBox(
            [
                heading("Who trades, and which way"), c["first"], c["second"], c["corridor"], c["crossings"],
                heading("What is done there"),
                *(item for field, *_ in _LEVELS for item in (c[f"{field}_on"], c[field])),
                c["flights_on"], c["flights"], c["start"],
                heading("What is assumed"), c["value_of_a_day"], c["trade_elasticity"],
                heading("Keep it"), c["name"], c["title"], c["save"], self.status,
            ],
            layout=w.Layout(width="25em", flex="0 0 auto"),
        )  # fmt: skip
        charts = w.VBox([w.HTML(_STYLE), *self.charts.values()], layout=w.Layout(flex="1 1 34em", min_width="20em", max_width="46em"))
        return w.HBox([left, charts], layout=w.Layout(flex_flow="row wrap"))

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.view._repr_mimebundle_(**kwargs)
