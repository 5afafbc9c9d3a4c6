"""What this project reports: its scenarios and notebooks as the plan's subjects and documents.

Reading this catalogue loads no heavy library; the work itself is in :mod:`corridors.report.steps`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from corridors import scenario
from corridors.errors import CorridorsError, ScenarioError, one_line
from corridors.report import fingerprint
from corridors.report.plan import Document, Subject
from corridors.report.store import canonical, sha256
from corridors.runtime import paths
from corridors.runtime.installation import Snapshot

VALIDATION = "validation"
COMPARISON = "comparison"
BACKGROUND = "background"
BACKGROUND_REPORTS = {
    "01_trade_profile": "Trade profile",
    "02_gravity": "What trade responds to",
    "03_corridors": "The corridors",
}
_SCENARIO_NOTEBOOK, _COMPARISON_NOTEBOOK, _VALIDATION_NOTEBOOK = "04_scenario", "05_comparison", "06_validation"
_BACKGROUND_SCENARIO = "baseline"
_SOURCE = Path(__file__).resolve().parents[1]

ROOTS = {
    "scenario": ("corridors.study.pipeline", "corridors.report.result_files"),
    VALIDATION: ("corridors.validation.checks", "corridors.report.result_files"),
    BACKGROUND: ("corridors.study.background", "corridors.report.result_files"),
    "sweep": ("corridors.study.headline",),
    "notebook": ("corridors.report.run",),
    "html": ("corridors.report.export.notebook",),
    "pdf": ("corridors.report.export.notebook",),
    "index": ("corridors.report.export.index_page",),
}
"""Modules that do each kind of step, or compute each kind of subject; what they import counts as going into it."""


class Catalogue:
    """All scenarios in ``scenarios/`` and notebooks in ``notebooks/``, or those asked for."""

    craft = "corridors.report.steps"
    preload: tuple[str, ...] = ("corridors.report.processes.warm",)

    def __init__(self) -> None:
        # Before anything else is read, so that what is read is what was hashed, or found to have
        # moved.
        self._snapshot = Snapshot({"data": paths.data(), "src/corridors": _SOURCE})

    def moved(self) -> list[str]:
        """Files of library and data that are no longer as they were when this catalogue was made."""
        return self._snapshot.moved()

    def subjects(self, names: Sequence[str], also: Sequence[str]) -> list[Subject]:
        """Results to compute: one for each scenario, in a build of everything the validation and the background too."""
        asked = self._scenarios(tuple(names))
        found = [_subject(one, source, folder=one.name) for one, source in asked]
        found += [_subject(one, source, folder=None) for one, source in self._others(names, also)]
        if not names:
            found.append(Subject(VALIDATION, VALIDATION, {}, folder=VALIDATION))
            pair = scenario.load(_BACKGROUND_SCENARIO).pair
            found.append(Subject(BACKGROUND, BACKGROUND, {"pair": list(pair)}, folder=BACKGROUND))
        return found

    def documents(self, names: Sequence[str], also: Sequence[str]) -> list[Document]:
        """One report for each scenario, the comparison, and in a build of everything the validation and background."""
        asked = self._scenarios(tuple(names))
        compared = _ordered({one.name: (one, source) for one, source in [*asked, *self._others(names, also)]})
        found = [_scenario_report(one, source) for one, source in asked]
        found.append(_comparison([one for one, _ in compared]))
        if not names:
            found.append(_validation())
            found += [_background(stem, title) for stem, title in BACKGROUND_REPORTS.items()]
        if missing := dict.fromkeys(d.notebook.name for d in found if not d.notebook.exists()):
            raise CorridorsError(
                f"{one_line(paths.notebooks())}: missing: {', '.join(missing)}; reports are made by these notebooks. "
                "`corridors run SCENARIO` computes without them"
            )
        return found

    @lru_cache  # noqa: B019 (one catalogue lives as long as one build)
    def _scenarios(self, names: tuple[str, ...]) -> list[tuple[scenario.Scenario, str]]:
        found: dict[str, tuple[scenario.Scenario, str]] = {}
        for source in names or scenario.names():
            one = scenario.load(source)
            known = found.get(one.name)
            if known is not None and known[0] != one:
                raise ScenarioError(
                    f"{source}: another scenario of this build is called {one.name!r} too "
                    f"({known[1]}); their reports would lie in one folder"
                )
            found[one.name] = (one, str(source))
        return _ordered(found)

    def _others(self, names: Sequence[str], also: Sequence[str]) -> list[tuple[scenario.Scenario, str]]:
        """Scenarios reported earlier into the same folder that can still be read."""
        asked = {one.name for one, _ in self._scenarios(tuple(names))}
        found = {}
        for source in also:
            try:
                one = scenario.load(source)
            except ScenarioError:
                continue
            if one.name not in asked:
                found[one.name] = (one, source)
        return _ordered(found)

    def ingredients(self, kind: str, notebook: str | None) -> dict[str, str]:
        """Source, data and versions that go into a step of this kind, or into computing a subject of this kind."""
        roots = set(ROOTS[kind])
        if notebook is not None:
            roots |= fingerprint.notebook_imports(notebook)
        return {"library": self._library_digest(tuple(sorted(roots))), "versions": self._versions, **self._data}

    @lru_cache  # noqa: B019
    def _library_digest(self, roots: tuple[str, ...]) -> str:
        return self._library.digest(roots)

    @cached_property
    def _library(self) -> fingerprint.Library:
        return fingerprint.Library(_SOURCE, self._snapshot.below("src/corridors"))

    @cached_property
    def _data(self) -> dict[str, str]:
        return {name: digest for name, digest in self._snapshot.hashes.items() if name.startswith("data/")}

    @cached_property
    def _versions(self) -> str:
        return sha256(canonical(fingerprint.versions()))

    def inputs(self) -> dict[str, str]:
        """SHA-256 of data, scenarios, notebooks and library source."""
        return {
            **self._snapshot.hashes,
            **{
                f"scenarios/{name}": digest
                for name, digest in fingerprint.folder(paths.scenarios(), "*.yaml").items()
            },
            **{
                f"notebooks/{name}": digest
                for name, digest in fingerprint.folder(paths.notebooks(), "*.ipynb").items()
            },
        }

    def date(self) -> str:
        """The newest date in the data package."""
        return self._date

    @cached_property
    def _date(self) -> str:
        return fingerprint.source_date(paths.data() / "datapackage.json")


def _ordered(found: Mapping[str, tuple[scenario.Scenario, str]]) -> list[tuple[scenario.Scenario, str]]:
    """As all scenarios are ordered, whatever the order in which they were asked for: the same
    reports are the same bytes."""
    return [found[name] for name in sorted(found, key=lambda name: (name != _BACKGROUND_SCENARIO, name))]


def _subject(one: scenario.Scenario, source: str, folder: str | None) -> Subject:
    recipe: dict[str, Any] = {"scenario": json.loads(one.canonical_json()), "name": one.name}
    return Subject(one.name, "scenario", recipe, folder, source=_portable(source))


def _portable(source: str) -> str:
    """A scenario as it can be found again: its name, or the whole path of its file."""
    return str(Path(source).absolute()) if Path(source).suffix in (".yaml", ".yml") else source


def _scenario_report(one: scenario.Scenario, source: str) -> Document:
    shown = {"scenario": source, "result_dir": ""}
    return Document(
        one.name, paths.notebooks() / f"{_SCENARIO_NOTEBOOK}.ipynb", "report", one.title,
        {"scenario": one.name}, (one.name,), "result_dir", one_result=True, shown_parameters=shown,
    )  # fmt: skip


def _comparison(compared: Sequence[scenario.Scenario]) -> Document:
    names = [one.name for one in compared]
    return Document(
        COMPARISON, paths.notebooks() / f"{_COMPARISON_NOTEBOOK}.ipynb", "brief", "The scenarios side by side",
        {"scenarios": names}, tuple(names), "results_dir", shown_parameters={"scenarios": names, "results_dir": ""},
    )  # fmt: skip


def _validation() -> Document:
    return Document(
        VALIDATION, paths.notebooks() / f"{_VALIDATION_NOTEBOOK}.ipynb", "report",
        "Is the model right? Published results, backtests, known effects",
        {}, (VALIDATION,), "result_path", one_result=True, shown_parameters={"result_path": ""},
    )  # fmt: skip


def _background(stem: str, title: str) -> Document:
    return Document(
        f"{BACKGROUND}/{stem}", paths.notebooks() / f"{stem}.ipynb", "report", title,
        {"scenario": _BACKGROUND_SCENARIO}, (_BACKGROUND_SCENARIO, BACKGROUND), "results_dir",
        shown_parameters={"scenario": _BACKGROUND_SCENARIO, "results_dir": ""},
    )  # fmt: skip
