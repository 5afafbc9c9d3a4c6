"""Building reports: plan, do what is out of date in parallel, deliver whole files, tell what failed.

:func:`build` is what ``corridors build`` calls. It writes only whole files into the output folder,
holds its lock, keeps going when one report fails, and leaves the last good reports where they are.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from corridors.errors import BuildError
from corridors.report import deliver, manifest
from corridors.report import plan as planning
from corridors.report.export import typefaces
from corridors.report.messages import SAVED, Failure, Limits, Outcome, Task
from corridors.report.owned import STORE, Owned, refuse_foreign
from corridors.report.plan import FORMATS, INDEX, NOTEBOOK, RESULT, Document, Plan, Step
from corridors.report.processes.pool import LocalPool, Pool
from corridors.report.progress import Progress, choose
from corridors.report.store import Record, Store, canonical, locked, sha256, write_atomically
from corridors.runtime import machine

_LAST = "last.json"


@dataclass(frozen=True)
class Settings:
    """How to build: formats, jobs at a time, scheduler of a cluster, limits of notebooks, patience with another build."""

    formats: tuple[str, ...] = FORMATS
    jobs: int = 1
    scheduler: str | None = None
    force: bool = False
    limits: Limits = field(default_factory=Limits)
    wait_seconds: float = 600.0


def build(
    names: Sequence[str] = (),
    *,
    out: str | Path = "reports",
    formats: Sequence[str] = FORMATS,
    jobs: int | None = None,
    force: bool = False,
    dry_run: bool = False,
    scheduler: str | None = None,
    quiet: bool = False,
    json_log: bool = False,
    sources: planning.Sources | None = None,
    limits: Limits | None = None,
    wait_seconds: float = 600.0,
) -> int:
    """Build the reports of these scenarios (names or YAML files; none: everything) into ``out``.

    ``jobs`` reports at a time (default: cores), or on the Dask cluster at ``scheduler``. With
    ``dry_run`` only tell on standard output what would run and why. ``sources`` says what there is
    to build (default: this project's scenarios and notebooks).

    Returns 0, or 1 if a report failed; what succeeded is delivered, and the failed ones are named.
    Raises ScenarioError if a scenario is wrong, BuildError if nothing can be written.
    """
    if sources is None:
        from corridors.report.catalogue import Catalogue

        sources = Catalogue()
    unknown = [form for form in formats if form not in FORMATS]
    if unknown or not formats:
        raise BuildError(f"--formats: {','.join(unknown) or 'nothing given'}; allowed: {','.join(FORMATS)}")
    if not str(out) or str(out).isspace():
        raise BuildError("--out: is empty; allowed: the name of a folder")
    out = Path(out).absolute()
    refuse_foreign(out)
    settings = Settings(tuple(f for f in FORMATS if f in formats), jobs or machine.cores(), scheduler, force, limits or Limits(), wait_seconds)
    if dry_run:
        print("\n".join(Build(sources, names, out, settings, choose(quiet=True, json_log=False)).plan.lines()))
        return 0
    with (
        choose(quiet=quiet, json_log=json_log) as progress,
        locked(out / STORE / "lock", wait_seconds=wait_seconds, on_wait=progress.say),
    ):
        made = Build(sources, names, out, settings, progress)
        if "pdf" in formats and (lost := typefaces.without(document.title for document in made.documents)):
            progress.say(lost)
        return made.run()


class Build:
    """One build of one folder, from plan to manifest. Hold the folder's lock while running it."""

    def __init__(self, sources: planning.Sources, names: Sequence[str], out: Path, settings: Settings, progress: Progress) -> None:
        self.sources, self.out, self.settings, self.progress = sources, out, settings, progress
        self.store = Store(out / STORE)
        self.before = manifest.read(out)
        self.owned = Owned(out, self.before["outputs"])
        self.last = _read_last(self.store)
        self.inputs = sources.inputs()
        also = [str(found["source"]) for found in self.before["scenarios"].values()] if names else []
        self.documents = sources.documents(names, also)
        built = {document.folder for document in self.documents}
        self.standing = {folder: found for folder, found in self.before["documents"].items() if names and folder not in built and (out / folder).is_dir()}
        plan = planning.make(sources, names, also=also, standing=self.standing, formats=settings.formats)
        self.plan = self._with_lost_files(planning.mark(plan, self.store, self.last["ingredients"], force=settings.force))
        self.state = {step.name: "to run" if step.why else "done" for step in self.plan.steps.values()}
        self.failures: list[Failure] = []
        self.records: dict[str, Record] = {}
        self.delivered: set[str] = set()

    def _with_lost_files(self, plan: Plan) -> Plan:
        """The plan with steps whose files are gone from both the output folder and the store run again."""
        steps = dict(plan.steps)
        for step in plan.steps.values():
            record = None if step.why else self.store.get(step.key)
            if record is not None and deliver.lost(self.out, self.store, deliver.files(plan, step, record.outputs)):
                steps[step.name] = replace(step, why="delivered and stored copies are missing or damaged")
        return planning.with_whole_needs(replace(plan, steps=steps), self.store)

    def run(self) -> int:
        """Do what is out of date and deliver everything. Returns the exit status."""
        started = time.monotonic()
        self.owned.check(deliver.foreseen(self.plan))
        self.store.sweep_scratch()
        to_run = self.plan.to_run()
        self.progress.begin(len(to_run), len(self.plan.steps) - len(to_run))
        for step in self.plan.steps.values():
            if not step.why:
                self._deliver(step)
        if to_run:
            self._work(to_run)
        self._write_manifest(time.monotonic() - started)
        return self._tell(len(to_run), time.monotonic() - started)

    # --- doing
    # -------------------------------------------------------------------------------------------

    def _work(self, steps: Sequence[Step]) -> None:
        """Keep the pool busy until every step is done, failed or left out."""
        waiting: dict[str, list[Step]] = {}
        for step in steps:
            waiting.setdefault(step.unit, []).append(step)
        running: dict[str, list[Step]] = {}
        pool = self._pool(min(self.settings.jobs, len(waiting)))
        try:
            while waiting or running:
                self._leave_out(waiting)
                while pool.room() and (unit := self._next_ready(waiting, running)) is not None:
                    running[unit] = waiting.pop(unit)
                    pool.submit(self._task(unit, running[unit], beside=len(running) + len(self._ready(waiting))))
                    self.progress.started(unit)
                done = pool.next_done(timeout=1.0) if running else None
                if done is not None:
                    if moved := self.sources.moved():
                        self._discard(moved, [step for steps in (*running.values(), *waiting.values()) for step in steps])
                        return
                    outcome, kept = done
                    left = [step for unit in (*waiting, *running) if unit != outcome.unit for step in (waiting.get(unit) or running[unit])]
                    self._receive(outcome, kept, running.pop(outcome.unit), self._expected_seconds(left))
        finally:
            pool.close()

    def _discard(self, moved: Sequence[str], steps: Sequence[Step]) -> None:
        """Keep nothing that was made from files of which some are no longer as they were when it was planned."""
        for step in steps:
            self.state[step.name] = "left out"
        named = f"{', '.join(moved[:3])}{f' and {len(moved) - 3} more' if len(moved) > 3 else ''}"
        failure = Failure(steps[0].name, f"{named} changed while the build ran: this and {len(steps) - 1} other steps are discarded; build again")
        self.state[steps[0].name] = "failed"
        self.failures.append(failure)
        self.progress.failed(str(failure), len(steps))

    def _pool(self, jobs: int) -> Pool:
        if self.settings.scheduler:
            from corridors.report.processes.cluster import ClusterPool

            return ClusterPool(self.settings.scheduler, self.store, self.sources.preload, jobs=jobs)
        return LocalPool(jobs, self.store, self.sources.preload)

    def _leave_out(self, waiting: dict[str, list[Step]]) -> None:
        """Name and drop units that need something that failed; the index makes do with what there is."""
        for unit in list(waiting):
            missing = [
                need
                for step in waiting[unit]
                for need in step.needs
                if self.state[need] in ("failed", "left out")
            ]
            if unit != INDEX and missing:
                for step in waiting.pop(unit):
                    self.state[step.name] = "left out"
                    self.progress.failed(f"{step.name}: left out, because {missing[0]} failed", 1)

    def _next_ready(self, waiting: Mapping[str, list[Step]], running: Mapping[str, list[Step]]) -> str | None:
        """A unit whose needs are met: documents before results, so that the first report is there early."""
        if set(waiting) == {INDEX}:
            return None if running else INDEX
        return min(self._ready(waiting), key=lambda unit: unit.startswith(f"{RESULT}:"), default=None)

    def _ready(self, waiting: Mapping[str, list[Step]]) -> list[str]:
        """Units whose needs are met, but for the index."""
        return [
            unit
            for unit, steps in waiting.items()
            if unit != INDEX
            and all(
                self.state[need] == "done" or self.plan.steps[need].unit == unit
                for step in steps
                for need in step.needs
            )
        ]

    def _task(self, unit: str, steps: Sequence[Step], beside: int) -> Task:
        todo = {step.kind: step.name for step in steps}
        first = steps[0]
        kind: str
        given: dict[str, Any]
        inputs: dict[str, str] = {}
        if first.kind == RESULT:
            subject = self.plan.subjects[first.name.partition(":")[2]]
            kind, given = "result", {"kind": subject.kind, "recipe": dict(subject.recipe)}
        elif first.kind == INDEX:
            kind, given = "index", {"entries": self._entries(), "about": {"date": self.plan.date}}
            inputs = self._result_files(need.partition(":")[2] for need in first.needs if self.state[need] == "done")
        else:
            kind = "document"
            document = self.plan.documents[first.name.partition(":")[2]]
            given = self._document(document)
            if NOTEBOOK in todo:
                inputs = self._result_files(document.reads)
            else:
                inputs = dict(self._record(self.plan.steps[f"{NOTEBOOK}:{document.folder}"]).outputs)
        return Task(
            unit=unit, kind=kind, craft=self.sources.craft, todo=todo, given=given, inputs=inputs,
            environment=self._environment(beside), seed=int(first.key[:8], 16), limits=self.settings.limits,
        )  # fmt: skip

    def _document(self, document: Document) -> dict[str, Any]:
        return {
            "notebook": document.notebook.stem,
            "source": self.plan.notebooks[document.notebook],
            "parameters": dict(document.parameters),
            "shown_parameters": dict(document.shown_parameters),
            "pass_as": document.pass_as,
            "pass_folder": document.reads[0] if document.one_result else "",
            "stem": document.stem,
            "about": {
                "title": document.title,
                "folder": document.folder,
                "stem": document.stem,
                "date": self.plan.date,
                "formats": list(self.settings.formats),
            },
        }

    def _result_files(self, names: Iterable[str]) -> dict[str, str]:
        """Where under its folder a task finds the saved files of these results."""
        found = {}
        for name in names:
            for file, digest in self._record(self.plan.steps[f"{RESULT}:{name}"]).outputs.items():
                if file.startswith(SAVED):
                    found[f"results/{name}/{file.removeprefix(SAVED)}"] = digest
        return found

    def _environment(self, beside: int) -> dict[str, str]:
        """What notebooks and exports see: a date from the inputs in place of the clock, and their part of the cores."""
        moment = datetime.combine(date.fromisoformat(self.plan.date), datetime.min.time(), UTC)
        share = 1 if self.settings.scheduler else machine.cores() // max(1, min(beside, self.settings.jobs))
        return {
            "SOURCE_DATE_EPOCH": str(int(moment.timestamp())),
            "TZ": "UTC",
            machine.CORES_VARIABLE: str(max(1, share)),
        }

    def _entries(self) -> list[dict[str, Any]]:
        """The reports that lie in the folder, for the index: those of this plan, then others built before."""
        entries = []
        for document in self.documents:
            forms = [form for form in FORMATS if (self.out / document.folder / f"{document.stem}.{form}").is_file()]
            if forms:
                entries.append(
                    {
                        "folder": document.folder,
                        "title": document.title,
                        "stem": document.stem,
                        "formats": forms,
                        "reads": list(document.reads),
                        "date": self.plan.date,
                    }
                )
        return [*entries, *({"folder": folder, **found} for folder, found in self.standing.items())]

    # --- keeping
    # -----------------------------------------------------------------------------------------

    def _receive(self, outcome: Outcome, kept: Mapping[str, Mapping[str, str]], steps: Sequence[Step], expected_left: float | None) -> None:
        """Keep and deliver what a unit made; name what it did not."""
        whole = not self.failures and outcome.failure is None
        for step in steps:
            if step.name in kept:
                record = Record(step.key, step.name, kept[step.name], outcome.seconds.get(step.name, 0.0))
                # An index made while something failed does not count as done.
                if step.kind != INDEX or whole:
                    self.store.put(record)
                self.records[step.name] = record
                self.state[step.name] = "done"
                self._deliver(step)
        if outcome.failure is not None:
            self._fail(outcome, [step for step in steps if step.name not in kept])
        finished = [step for step in steps if step.name in kept]
        if finished:
            self.progress.done(outcome.unit, sum(outcome.seconds.values()), len(finished), expected_left)

    def _fail(self, outcome: Outcome, unmade: Sequence[Step]) -> None:
        failure = outcome.failure
        assert failure is not None
        if failure.about_disk:
            raise BuildError(f"{failure.error}. What was built before is untouched")
        for step in unmade:
            self.state[step.name] = "failed"
        self.failures.append(failure)
        self.progress.failed(str(failure), len(unmade))
        kind, _, folder = outcome.unit.partition(":")
        if kind == "document":
            for name, content in outcome.left.items():
                self.owned.claim({f"{folder}/{name}": sha256(content)}, self.store.scratch)
                write_atomically(self.out / folder / name, content, self.store.scratch)

    def _record(self, step: Step) -> Record:
        record = self.records.get(step.name) or self.store.get(step.key)
        if record is None:
            raise BuildError(
                f"{step.name}: its record was lost from {self.store.folder} while it was needed; build again"
            )
        return record

    def _deliver(self, step: Step) -> None:
        wanted = deliver.files(self.plan, step, self._record(step).outputs)
        deliver.deliver(self.out, self.store, self.owned, wanted)
        self.delivered.update(path.as_posix() for path in wanted)
        deliver.clear_stale(self.out, self.owned, self.plan, step, wanted)

    def _expected_seconds(self, left: Sequence[Step]) -> float | None:
        """Time left, from how long these steps took last time; None where one has never run."""
        known = self.last["seconds"]
        if not left or any(step.name not in known for step in left):
            return None
        return float(sum(known[step.name] for step in left)) / self.settings.jobs

    # --- telling
    # -----------------------------------------------------------------------------------------

    def _write_manifest(self, seconds: float) -> None:
        done = [step for step in self.plan.steps.values() if self.state[step.name] == "done"]
        records = {step.name: self._record(step) for step in done}
        _write_last(self.store, self.last, done, records)
        documents = {
            **self.standing,
            **{
                entry.pop("folder"): entry
                for entry in self._entries()
                if entry["folder"] not in self.standing
            },
        }
        made = manifest.make(
            self.out, self.plan, delivered=self.delivered, before=self.before, documents=documents, inputs=self.inputs,
            steps={**self.before["steps"], **{name: {"key": record.key, "seconds": record.seconds} for name, record in records.items()}},
            failed=[failure.step for failure in self.failures],
        )  # fmt: skip
        if not manifest.same(made, self.before):
            made["last_build"] = {
                "seconds": round(seconds, 2),
                "jobs": self.settings.jobs,
                "steps_run": sum(1 for step in done if step.why),
            }
            write_atomically(self.out / manifest.NAME, manifest.to_bytes(made), self.store.scratch)
        if any(step.why for step in self.plan.steps.values()):
            self.store.forget_unused(step.key for step in self.plan.steps.values())

    def _tell(self, ran: int, seconds: float) -> int:
        if self.failures:
            left_out = [name for name, state in self.state.items() if state == "left out"]
            lines = [f"{len(self.failures)} failed{f', {len(left_out)} left out' if left_out else ''}; everything else is in {self.out}:"]
            lines += [f"  {failure}" for failure in self.failures]
            lines += [
                f"    as far as it came: {path}"
                for failure in self.failures
                if failure.cell and (path := self._failed_notebook(failure)).exists()
            ]
            self.progress.end("\n".join(lines))
            return 1
        if ran:
            self.progress.end(f"{ran} steps done in {seconds:.1f} s: {self.out / 'index.html'}")
        else:
            self.progress.end(f"nothing to do, everything is up to date: {self.out / 'index.html'}")
        return 0

    def _failed_notebook(self, failure: Failure) -> Path:
        return self.out / failure.step.partition(":")[2] / deliver.FAILED_NOTEBOOK


def _read_last(store: Store) -> dict[str, dict[str, Any]]:
    """What went into each step when it was last done, to tell why it runs, and how long it took."""
    try:
        found = json.loads((store.folder / _LAST).read_bytes())
        return {"ingredients": dict(found["ingredients"]), "seconds": dict(found["seconds"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"ingredients": {}, "seconds": {}}


def _write_last(store: Store, before: Mapping[str, Mapping[str, Any]], done: Sequence[Step], records: Mapping[str, Record]) -> None:
    ingredients = {**before["ingredients"], **{step.name: dict(step.ingredients) for step in done}}
    seconds = {**before["seconds"], **{name: record.seconds for name, record in records.items()}}
    content = canonical({"ingredients": ingredients, "seconds": seconds})
    path = store.folder / _LAST
    if not path.exists() or path.read_bytes() != content:
        write_atomically(path, content, store.scratch)
