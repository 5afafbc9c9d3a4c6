"""What a build would do, and why, told from fingerprints without running anything.

The graph::

    result:SCENARIO ──▶ notebook:SCENARIO ──▶ html:SCENARIO, pdf:SCENARIO
        └──▶ notebook:comparison, notebook:background/..., index
    result:background ─▶ notebook:background/...
    result:validation ─▶ notebook:validation ─▶ ...

Each step's key is the SHA-256 of everything that goes into it, keys of the steps it needs included.
A step whose key is in the store is done; all others run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from corridors.report.store import Store, canonical, sha256

FORMATS = ("html", "pdf")
RESULT, NOTEBOOK, INDEX = "result", "notebook", "index"


@dataclass(frozen=True)
class Document:
    """One report: a notebook with parameters, the results it reads, and the folder it goes to.

    ``folder`` is relative to the output folder; ``stem`` names the files (``report`` or ``brief``);
    ``reads`` are results, each in a folder of its name under the folder handed to the notebook;
    ``pass_as`` is the notebook parameter that receives that folder, or with ``one_result`` the
    folder of the only result. ``shown_parameters`` stand in the notebook that is handed out
    instead, without paths.
    """

    folder: str
    notebook: Path
    stem: str
    title: str
    parameters: Mapping[str, Any]
    reads: tuple[str, ...]
    pass_as: str
    one_result: bool = False
    shown_parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """Something computed once and read by documents: a scenario, the validation, or the background."""

    name: str
    kind: str
    """``scenario``, ``validation`` or ``background``."""
    recipe: Mapping[str, Any]
    """What the computation is given: plain values."""
    folder: str | None
    """Where its public files go in the output folder; None: nowhere."""
    source: str = ""
    """How to find it again in a later build."""


class Sources(Protocol):
    """What a plan is made from. The product's is :mod:`corridors.report.catalogue`; tests bring small ones.

    ``craft`` is the module that workers use to compute and export (its ``version()`` must say the
    same on each of them), ``preload`` the modules that the process they are forked from loads
    beforehand.
    """

    craft: str
    preload: tuple[str, ...]

    def subjects(self, names: Sequence[str], also: Sequence[str]) -> list[Subject]:
        """What to compute, for these scenarios (none named: all)."""

    def documents(self, names: Sequence[str], also: Sequence[str]) -> list[Document]:
        """What to report, for these scenarios (none named: everything)."""

    def ingredients(self, kind: str, notebook: str | None) -> dict[str, str]:
        """Fingerprints that go into a step of this kind (of a result: the subject's kind) besides its own parameters.

        ``notebook`` is the text of the notebook that the step runs.
        """

    def inputs(self) -> dict[str, str]:
        """SHA-256 of every input file, by a path that means the same on every machine."""

    def moved(self) -> list[str]:
        """Which of the files that workers read for themselves changed since these sources were made."""

    def date(self) -> str:
        """The date that reports carry, YYYY-MM-DD."""


@dataclass(frozen=True)
class Step:
    """One piece of work. ``key`` changes exactly when one of ``ingredients`` does."""

    name: str
    kind: str
    unit: str
    """Steps of one unit are done by one worker in one go (a notebook and its exports)."""
    needs: tuple[str, ...]
    ingredients: Mapping[str, str]
    why: str = ""
    """Empty if the step is done; else why it runs."""

    @property
    def key(self) -> str:
        """SHA-256 of everything that goes in."""
        return sha256(canonical([self.kind, dict(self.ingredients)]))


@dataclass(frozen=True)
class Plan:
    """All steps in an order in which they can run, with what they are for."""

    steps: Mapping[str, Step]
    subjects: Mapping[str, Subject]
    documents: Mapping[str, Document]
    date: str
    notebooks: Mapping[Path, str] = field(default_factory=dict)
    """The text of every notebook as it was hashed: what is run, whatever happens to its file meanwhile."""

    def to_run(self) -> list[Step]:
        """The steps that are not done."""
        return [step for step in self.steps.values() if step.why]

    def lines(self) -> list[str]:
        """The plan in words: what runs and why, and how much is up to date."""
        running = self.to_run()
        width = max((len(step.name) for step in running), default=0)
        told = [f"{step.name:<{width}}  {step.why}" for step in running]
        done = len(self.steps) - len(running)
        return [*told, f"{len(running)} of {len(self.steps)} steps to run, {done} up to date"]


def make(
    sources: Sources, names: Sequence[str], *, also: Sequence[str] = (), standing: object = None,
    formats: Sequence[str] = FORMATS,
) -> Plan:
    """The plan for these scenarios (none: everything), with nothing marked as done or to do yet.

    ``also`` names scenarios reported earlier into the same folder, which the comparison covers too;
    ``standing`` describes the reports that stay there as they are, which the index lists too.
    """
    subjects = {s.name: s for s in sources.subjects(names, also)}
    documents = {d.folder: d for d in sources.documents(names, also)}
    texts = {path: path.read_bytes() for path in {d.notebook for d in documents.values()}}
    notebooks = {path: text.decode() for path, text in texts.items()}
    steps: dict[str, Step] = {}

    def add(
        name: str, kind: str, unit: str, needs: Iterable[str], own: Mapping[str, str],
        notebook: str | None = None, made_as: str = "",
    ) -> None:
        from_needs = {f"step {need}": steps[need].key for need in needs}
        ingredients = {**sources.ingredients(made_as or kind, notebook), **own, **from_needs}
        steps[name] = Step(name, kind, unit, tuple(needs), ingredients)

    for subject in subjects.values():
        add(
            f"{RESULT}:{subject.name}",
            RESULT,
            f"{RESULT}:{subject.name}",
            (),
            {"parameters": sha256(canonical(subject.recipe))},
            made_as=subject.kind,
        )
    for document in documents.values():
        own = {
            "notebook": sha256(texts[document.notebook]),
            "parameters": sha256(
                canonical([document.title, document.parameters, document.shown_parameters])
            ),
            "date": sources.date(),
        }
        unit = f"document:{document.folder}"
        notebook = f"{NOTEBOOK}:{document.folder}"
        add(
            notebook,
            NOTEBOOK,
            unit,
            [f"{RESULT}:{name}" for name in document.reads],
            own,
            notebooks[document.notebook],
        )
        for form in formats:
            add(f"{form}:{document.folder}", form, unit, [notebook], {"date": sources.date()})
    compared = [name for name, subject in subjects.items() if subject.kind == "scenario"]
    listed = {
        "documents": sha256(
            canonical([[d.folder, d.title, d.stem, list(formats)] for d in documents.values()])
        ),
        "other reports": sha256(canonical(standing)),
        "date": sources.date(),
    }
    add(INDEX, INDEX, INDEX, [f"{RESULT}:{name}" for name in compared], listed)
    return Plan(steps, subjects, documents, sources.date(), notebooks)


def mark(plan: Plan, store: Store, last: Mapping[str, Mapping[str, str]], *, force: bool = False) -> Plan:
    """The plan with each step marked as done, or to run and why.

    ``last`` holds the ingredients of each step as last built, to tell what changed. A result that
    is stored only runs again if its own key changed; one that a step to run needs must be whole.
    """
    steps: dict[str, Step] = {}
    for step in plan.steps.values():
        steps[step.name] = replace(step, why="forced" if force else _why(step, store, last.get(step.name)))
    return with_whole_needs(replace(plan, steps=steps), store)


def with_whole_needs(plan: Plan, store: Store) -> Plan:
    """The plan with steps run again whose stored files are needed by a step to run but are not whole."""
    steps = dict(plan.steps)
    needed = {need for step in steps.values() if step.why for need in step.needs}
    for name in reversed(list(steps)):
        step = steps[name]
        if name in needed and not step.why and not _whole(step, store):
            steps[name] = replace(step, why="stored copy is missing or damaged")
            needed.update(step.needs)
    return replace(plan, steps=steps)


def _whole(step: Step, store: Store) -> bool:
    record = store.get(step.key)
    return record is not None and store.has_contents(record.outputs.values())


def _why(step: Step, store: Store, before: Mapping[str, str] | None) -> str:
    if store.get(step.key) is not None:
        return ""
    if before is None:
        return "not built yet"
    changed = [name for name in sorted({*step.ingredients, *before}) if step.ingredients.get(name) != before.get(name)]
    if not changed:
        return "stored copy is missing or damaged"
    own = [name for name in changed if not name.startswith("step ")]
    through = [name.removeprefix("step ") for name in changed if name.startswith("step ")]
    if own:
        return f"{', '.join(own[:4])}{' and more' if len(own) > 4 else ''} changed"
    return f"{', '.join(through[:3])}{f' and {len(through) - 3} more' if len(through) > 3 else ''} changed"

