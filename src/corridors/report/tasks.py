"""Doing one unit of a build: a result, a document (notebook and its exports), or the index.

:func:`perform` takes bytes and gives bytes. It needs no folder of the build, so it runs the same in
a forked worker here and on a Dask worker with no disk in common.
"""

from __future__ import annotations

import importlib
import os
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corridors.errors import CorridorsError
from corridors.report.messages import Failure, Outcome, Task
from corridors.report.store import is_about_disk


def perform(task: Task, read: Callable[[str], bytes]) -> Outcome:
    """Do the task; ``read`` gives the content of an input by its hash. Never raises for a failing step."""
    os.environ.update(task.environment)
    craft = importlib.import_module(task.craft)
    outcome = Outcome(task.unit)
    do = {"result": _result, "document": _document, "index": _index}[task.kind]
    with tempfile.TemporaryDirectory(prefix="t") as name:
        folder = Path(name)
        _Timed.current = next(iter(task.todo.values()))
        try:
            for path, digest in task.inputs.items():
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(read(digest))
            do(task, craft, folder, outcome)
        except Exception as error:
            shown = str(error) if isinstance(error, CorridorsError) else f"{type(error).__name__}: {error}"
            outcome.failure = Failure(
                _Timed.current,
                shown,
                detail=traceback.format_exc(),
                about_disk=is_about_disk(error),
            )
    return outcome


class _Timed:
    """Times one step of a task and remembers which one is being done."""

    current = ""

    def __init__(self, outcome: Outcome, step: str) -> None:
        self._outcome, self._step = outcome, step

    def __enter__(self) -> None:
        _Timed.current = self._step
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._outcome.seconds[self._step] = round(time.perf_counter() - self._start, 3)


def _result(task: Task, craft: Any, folder: Path, outcome: Outcome) -> None:
    step = task.todo["result"]
    with _Timed(outcome, step):
        outcome.made[step] = craft.result(task.given["kind"], task.given["recipe"])


def _document(task: Task, craft: Any, folder: Path, outcome: Outcome) -> None:
    from corridors.report import run  # Here, since results need no notebook machinery.

    given = task.given
    if "notebook" in task.todo:
        step = task.todo["notebook"]
        with _Timed(outcome, step):
            source = folder / f"{given['notebook']}.ipynb"
            source.write_bytes(given["source"].encode())
            parameters = {**given["parameters"], given["pass_as"]: str(folder / "results" / given["pass_folder"])}
            try:
                done = run.execute(source, parameters, limits=task.limits, seed=task.seed, folder=folder)
            except run.NotebookFailure as failure:
                outcome.failure = Failure(step, f"notebook {given['notebook']}, {failure}", cell=failure.cell)
                if failure.notebook is not None:
                    outcome.left["notebook.failed.ipynb"] = run.to_bytes(
                        run.settled(failure.notebook, given["shown_parameters"])
                    )
                return
            notebook = run.settled(done, given["shown_parameters"])
            outcome.made[step] = {"notebook.ipynb": run.to_bytes(notebook)}
    else:
        notebook = run.from_bytes((folder / "notebook.ipynb").read_bytes())
    for form in ("html", "pdf"):
        if form in task.todo:
            with _Timed(outcome, task.todo[form]):
                content = getattr(craft, form)(notebook, given["about"])
                outcome.made[task.todo[form]] = {f"{given['stem']}.{form}": content}


def _index(task: Task, craft: Any, folder: Path, outcome: Outcome) -> None:
    step = task.todo["index"]
    with _Timed(outcome, step):
        outcome.made[step] = {"index.html": craft.index(task.given["entries"], folder / "results", task.given["about"])}
