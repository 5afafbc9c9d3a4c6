"""The page of sliders: native Jupyter widgets, each with its label, so that the keyboard reaches and moves all of them.

What a control says becomes a :class:`~corridors.explore.question.Question`, and its answer is shown
by the functions that a cell without widgets calls.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from corridors import scenario
from corridors.data import names as vocabulary
from corridors.data import tables
from corridors.errors import CorridorsError
from corridors.explore import helpers
from corridors.explore.answers import Answer, answer, corridors_of, known_of
from corridors.explore.controls import LEVELS, lay_out, make
from corridors.explore.question import Question, airports_of, asked_by, save
from corridors.runtime import machine, paths
from corridors.scenario.model import Scenario
from corridors.show import blocks

_SWITCHES = {**{field: f"{field}_on" for field, *_ in LEVELS}, "flights": "flights_on"}
"""The box that says whether a measure is there, by the control that says how much of it."""
_START = float(next(first for field, *_, first in LEVELS if field == "trucks_per_day"))
NOTEBOOK = "04_scenario.ipynb"
"""What reports of scenarios are made from."""
OFF = (
    "Widgets are off. Set what is asked in the first cell, and run the cells below: they call the "
    "same functions and show "
    "the same charts."
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
    """Controls by name in ``controls``, shown charts by name in ``charts``, the latest ``answer``,
    and how long it took."""

    def __init__(self, pair: tuple[str, str]) -> None:
        import ipywidgets as w

        self._w = w
        self.answer: Answer | None = None
        self.held: Answer | None = None
        self._based_on: Scenario | None = None
        self._first = pair
        self._years: int | None = None
        self.seconds = 0.0
        self._quiet = False
        self._one_at_a_time = threading.RLock()
        self._central = tables.parameters().set_index("parameter")["central"]
        self.controls: dict[str, Any] = make(pair, self._central)
        self.charts: dict[str, Any] = {name: w.HTML() for name in ("words", "beside", "fan", "map", "curve")}
        self.status = w.HTML(layout=w.Layout(flex="1 1 20em", min_width="0"))
        for name, control in self.controls.items():
            if name in ("first", "second"):
                control.observe(self._pair_changed, names="value")
            elif name == "corridor":
                control.observe(self._corridor_changed, names="value")
            elif name == "scenario":
                control.observe(self._scenario_changed, names="value")
            elif name in ("save", "build", "hold", "reset"):
                control.on_click(getattr(self, f"_{name}"))
            elif name in _SWITCHES:
                control.observe(self._moved, names="value")
            elif name not in ("name", "title"):
                control.observe(self._changed, names="value")
        self.view = lay_out(self.controls, self.charts, self.status)
        self._begin()

    # --- what is asked
    # ---------------------------------------------------------------------------------------

    @property
    def pair(self) -> tuple[str, str]:
        """The two economies chosen."""
        return self.controls["first"].value, self.controls["second"].value

    def question(self) -> Question:
        """What the controls ask."""
        c = self.controls
        levels = {field: float(c[field].value) if c[f"{field}_on"].value else None for field, *_ in LEVELS}
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
            **self._kept(),
        )

    def _kept(self) -> dict[str, Any]:
        """What the scenario that it started from holds and no control does."""
        known = self._based_on
        if known is None or known.pair != self.pair:
            return {}
        years = {} if self._years is None else {"years_to_full_effect": self._years}
        return {"based_on": known, "horizon": known.horizon, **years}

    def _assumed(self, name: str, value: float) -> float | None:
        """An assumption that differs from the table's central value."""
        return None if abs(value - float(self._central[name])) < 1e-9 else value

    # --- what is shown
    # ---------------------------------------------------------------------------------------

    def update(self) -> None:
        """Answer the question that the controls ask and show it; a mistake is told, and the last answer stays."""
        with self._one_at_a_time:
            self._update()

    def _update(self) -> None:
        began = time.perf_counter()
        try:
            found = answer(self.question())
            ghost = self.held or self.answer
            # Each part is shown as soon as it is there, what is looked at first before what takes long.
            for name, draw in (
                ("words", lambda: found.words(worth=False)), ("words", found.words),
                ("beside", lambda: self._beside(found)), ("fan", lambda: found.fan(ghost=ghost)),
                ("map", found.map), ("curve", found.curve),
            ):  # fmt: skip
                self._show(name, draw())
        except CorridorsError as error:
            self._say(str(error))
            return
        self.answer = found
        self.seconds = time.perf_counter() - began
        told = " ".join(found.result.facts["messages"])
        if self._kept() and self._based_on is not None and self._based_on.measures:
            told += " Also done: " + "; ".join(m.label for m in self._based_on.measures) + "."
        self._say(
            f"{told} A quick sample of {found.study.draws} futures, in {self.seconds:.2f} seconds; "
            f"a report takes many more, and its ends of ranges differ. Save and build it.".strip()
        )

    def _begin(self) -> None:
        """The first answer; in a kernel beside it, so that the page is loaded meanwhile."""
        self._say("The first answer takes some seconds ...")
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            self._open()
        else:
            helpers.start()
            threading.Thread(target=self._open, daemon=True).start()

    def _open(self) -> None:
        with self._one_at_a_time:
            self._offer()
            self._update()

    def _show(self, name: str, block: blocks.Block | None) -> None:
        self.charts[name].value = "" if block is None else f'<div class="corridors-explore">{block.html()}</div>'

    def _say(self, message: str) -> None:
        # An answer in the same words as the last one is told too.
        self.status.value = ""
        self.status.value = f'<div role="status" aria-live="polite">{escape(message)}</div>'

    def _changed(self, _: Any) -> None:
        if not self._quiet:
            self.update()

    def _beside(self, found: Answer) -> blocks.Table | None:
        """The answer that was kept as A, and this one as B."""
        if self.held is None:
            return None
        both = [{i.label: i for i in one.words().items} for one in (self.held, found)]
        # Years and units are part of the labels, so what is not asked alike stands in rows of its
        # own.
        labels = dict.fromkeys([*both[0], *both[1]])
        rows = [
            (
                label,
                *(
                    f"{one[label].value} ({one[label].detail})" if label in one else ""
                    for one in both
                ),
            )
            for label in labels
        ]
        return blocks.table("A, kept, and B, as the controls stand", ["", "A", "B"], rows)

    def _moved(self, change: Any) -> None:
        """A measure whose slider moves is there."""
        switch = self.controls[next(box for name, box in _SWITCHES.items() if self.controls[name] is change["owner"])]
        if self._quiet or switch.disabled:
            return
        self._quiet = True
        switch.value = True
        self._quiet = False
        self.update()

    def _scenario_changed(self, change: Any) -> None:
        if self._quiet:
            return
        if not change["new"]:
            self._based_on = self._years = None
            self.update()
            return
        self._say(f"Working out {change['new']}: some seconds the first time ...")
        try:
            self._put(asked_by(scenario.load(change["new"])))
        except CorridorsError as error:
            self._say(str(error))
            return
        self.update()

    def _put(self, asked: Question) -> None:
        """Set the controls to a question; what a slider cannot hold stays with the scenario."""
        c = self.controls
        self._quiet = True
        c["first"].value, c["second"].value = asked.pair
        self._offer()
        self._quiet = True
        try:
            offered = list(c["crossings"].options)
            known = {code for _, code in offered}
            c["crossings"].options = [
                *offered,
                *((vocabulary.short_name(x), x) for x in asked.crossings if x not in known),
            ]
            if asked.crossings:
                c["crossings"].value = asked.crossings
            for field, *_ in LEVELS:
                level = getattr(asked, field)
                c[f"{field}_on"].value = level is not None
                if level is not None:
                    c[field].max, c[field].min = max(c[field].max, int(level)), min(c[field].min, int(level))
                    c[field].value = int(level)
            c["flights_on"].value = asked.route is not None
            c["start"].min, c["start"].max = min(c["start"].min, asked.start), max(c["start"].max, asked.start)
            c["start"].value = asked.start
            for name, percent in (("value_of_a_day", 100.0), ("trade_elasticity", 1.0)):
                c[name].value = percent * float(self._central[name])
            self._based_on, self._years = asked.based_on, asked.years_to_full_effect
        finally:
            self._quiet = False

    def _hold(self, _: Any) -> None:
        """Keep this answer as A, or let go of the one that was kept."""
        self.held = self.answer if self.held is None else None
        self.controls["hold"].description = "Keep as A" if self.held is None else "Let go of A"
        self.update()

    def _reset(self, _: Any) -> None:
        chosen = self.controls["scenario"].value
        try:
            self._put(asked_by(scenario.load(chosen)) if chosen else Question(self._first, trucks_per_day=_START))
        except CorridorsError as error:
            self._say(str(error))
            return
        self.update()

    def _build(self, _: Any) -> None:
        """Save under a name that is new, build the report in a process of its own, and open it."""
        name = self.controls["name"].value.strip() or self.controls["scenario"].value
        if not name:
            self._say("Give it a name first: a to z, 0 to 9 and hyphens.")
            return
        if not (paths.notebooks() / NOTEBOOK).is_file():
            # The build would leave a report of an earlier day as it is.
            self._say(f"No report can be built: {paths.notebooks()} holds no {NOTEBOOK}, which a report is made from.")
            return
        if name not in scenario.names():
            self._save(_)
        if name in scenario.names():
            self._say(f"Building the report of {name} as it is saved; this takes a minute or so ...")
            threading.Thread(target=self._built, args=(name,), daemon=True).start()

    def _built(self, name: str) -> None:
        out = (Path.cwd() if paths.inside_package() else paths.root()) / "reports"
        command = [sys.executable, "-P", "-m", "corridors.cli", "build", name, "--out", str(out), "--quiet"]
        environment = machine.safe_path(os.environ)
        done = subprocess.run(command, cwd=out.parent, env=environment, capture_output=True, text=True, check=False)
        report = out / name / "report.html"
        if done.returncode or not report.exists():
            self._say(f"The report of {name} was not built. {done.stderr.strip()}")
            return
        opened = webbrowser.open(report.as_uri())
        self._say(
            f"The report of {name} is {report}"
            + (", opened in a browser." if opened else "; open it in a browser.")
        )

    def _pair_changed(self, _: Any) -> None:
        if self._quiet:
            return
        if self.pair[0] == self.pair[1]:
            self._say("A pair is two different economies.")
            return
        self._say("Another pair: some seconds the first time ...")
        self._offer()
        try:
            self._say(" ".join([*known_of(self.pair), "Some seconds the first time ..."]))
        except CorridorsError as error:
            self._say(str(error))
            return
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

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.view._repr_mimebundle_(**kwargs)
