"""Putting what steps made where people look: whole files, only those that changed, nothing stale left beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from corridors.report.messages import SAVED
from corridors.report.owned import Owned
from corridors.report.plan import FORMATS, INDEX, NOTEBOOK, RESULT, Plan, Step
from corridors.report.store import Store, explain, sha256_of_file, write_atomically

FAILED_NOTEBOOK = "notebook.failed.ipynb"


def destination(plan: Plan, step: Step) -> Path | None:
    """The folder, relative to the output folder, where a step's public files go; None: nowhere."""
    if step.kind == INDEX:
        return Path()
    name = step.name.partition(":")[2]
    if step.kind == RESULT:
        folder = plan.subjects[name].folder
        return None if folder is None else Path(folder)
    return Path(plan.documents[name].folder)


def files(plan: Plan, step: Step, outputs: Mapping[str, str]) -> dict[Path, str]:
    """Hash by path, relative to the output folder, of every public file of a step that made ``outputs``."""
    folder = destination(plan, step)
    if folder is None:
        return {}
    return {folder / name: digest for name, digest in outputs.items() if not name.startswith(SAVED)}


def lost(out: Path, store: Store, wanted: Mapping[Path, str]) -> bool:
    """True if a file is neither in the output folder nor whole in the store, so that it must be made again."""
    return any(not _right(out / path, digest) and store.content(digest) is None for path, digest in wanted.items())


def foreseen(plan: Plan) -> list[str]:
    """Files of the plan whose names are known before anything runs, relative to the output folder."""
    found = ["index.html"]
    found += [f"{subject.folder}/result.json" for subject in plan.subjects.values() if subject.folder is not None]
    for step in plan.steps.values():
        document = plan.documents.get(step.name.partition(":")[2])
        if document is not None and step.kind in (NOTEBOOK, *FORMATS):
            found.append(
                f"{document.folder}/notebook.ipynb"
                if step.kind == NOTEBOOK
                else f"{document.folder}/{document.stem}.{step.kind}"
            )
    return found


def deliver(out: Path, store: Store, owned: Owned, wanted: Mapping[Path, str]) -> None:
    """Bring files that are missing or different in the output folder there from the store.

    Raises BuildError if one of them is there that no build made.
    """
    owned.claim({path.as_posix(): digest for path, digest in wanted.items()}, store.scratch)
    for path, digest in wanted.items():
        if not _right(out / path, digest):
            content = store.content(digest)
            if content is not None:
                write_atomically(out / path, content, store.scratch)


def clear_stale(out: Path, owned: Owned, plan: Plan, step: Step, wanted: Mapping[Path, str]) -> None:
    """Remove what an earlier build left that this step, now done, does not make or has outdated."""
    folder = destination(plan, step)
    if folder is None:
        return
    if step.kind == RESULT:
        old = [p.relative_to(out) for p in (out / folder / "tables").glob("*.csv") if p.relative_to(out) not in wanted]
    elif step.kind == NOTEBOOK:
        document = plan.documents[step.name.partition(":")[2]]
        built = {s.kind for s in plan.steps.values() if s.unit == step.unit}
        old = [folder / f"{document.stem}.{form}" for form in FORMATS if form not in built]
        old.append(folder / FAILED_NOTEBOOK)
    else:
        old = []
    for name in old:
        if not owned.untouched(name.as_posix()):
            continue
        try:
            (out / name).unlink()
        except OSError as error:
            raise explain(error, out / name) from error


def _right(path: Path, digest: str) -> bool:
    try:
        return sha256_of_file(path) == digest
    except OSError:
        return False
