"""A small thing to build for the tests of the build: two-line notebooks and results that take no time.

Used in place of :mod:`corridors.report.catalogue` and :mod:`corridors.report.steps`, so that what is
tested is the build itself, end to end, with real papermill, kernels, workers and files. As a program
(``python tiny_build.py '{"out": ..., "folder": ..., "recipes": ..., "settings": {...}}'``) it builds in a
process of its own, which a test may kill, starve or limit.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import nbformat

from corridors.report.messages import SAVED, Limits
from corridors.report.plan import Document, Subject
from corridors.report.store import sha256_of_file
from corridors.runtime.installation import Snapshot

SHOW = "import json, pathlib\nfound = json.loads((pathlib.Path(result_dir) / 'value.json').read_text())\nprint(scenario, 'is', found['value'])"
COMPARE = "import json, pathlib\nfor name in scenarios:\n    print(name, json.loads((pathlib.Path(results_dir) / name / 'value.json').read_text())['value'])"


def version():
    """The same on every machine."""
    return "tiny"


def result(kind, recipe):
    """Doubles a number; ``fail``, ``die`` and ``sleep`` in the recipe do what they say.

    ``log`` names a file that gets a line each time, ``padding`` makes a large table.
    """
    if recipe.get("log"):
        with open(recipe["log"], "a") as log:
            log.write(f"{recipe['number']}\n")
    if recipe.get("die_once") and not os.path.exists(recipe["die_once"]):
        Path(recipe["die_once"]).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if recipe.get("fail"):
        raise ValueError(recipe["fail"])
    if recipe.get("die"):
        os.kill(os.getpid(), signal.SIGKILL)
    if recipe.get("reads"):
        # Read once before and once after the wait: an edit meanwhile gives a mixture.
        recipe = {**recipe, "number": int(Path(recipe["reads"]).read_text()) + recipe["number"]}
    time.sleep(recipe.get("sleep", 0))
    if recipe.get("reads"):
        recipe = {**recipe, "number": int(Path(recipe["reads"]).read_text()) + recipe["number"]}
    value = {"value": recipe["number"] * 2}
    return {f"{SAVED}value.json": json.dumps(value).encode(), "result.json": json.dumps(value).encode(), "tables/value.csv": f"value\n{value['value']}\n".encode() + b" " * recipe.get("padding", 0)}


def html(notebook, about):
    """The notebook's printed text as a page."""
    text = "".join(o.get("text", "") for c in notebook.cells if c.cell_type == "code" for o in c.outputs)
    return f"<title>{about['title']}</title><p>{about['date']}</p><pre>{text}</pre>".encode()


def pdf(notebook, about):
    """As html, under another name."""
    return b"%PDF " + html(notebook, about)


def index(entries, results, about):
    """A list of the reports."""
    return "\n".join(f"{e['folder']}: {e['title']} {','.join(e['formats'])}" for e in entries).encode()


class Tiny:
    """Subjects with a number each, a report for each and a comparison, from notebooks in ``folder``."""

    craft = "tiny_build"
    preload = ("numpy", "papermill", "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger", "matplotlib_inline.backend_inline", "corridors.report.processes.worker", "corridors.report.tasks", "tiny_build")

    def __init__(self, folder: Path, recipes: dict[str, dict]) -> None:
        self.folder, self.recipes = folder, recipes
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "show.ipynb").exists():
            notebook(folder / "show.ipynb", {"scenario": "", "result_dir": ""}, SHOW)
            notebook(folder / "compare.ipynb", {"scenarios": [], "results_dir": ""}, COMPARE)

        data = folder.parent / "data"
        data.mkdir(exist_ok=True)
        self._snapshot = Snapshot({"data": data})

    def moved(self):
        """Files of data/ that changed."""
        return self._snapshot.moved()

    def _chosen(self, names: Sequence[str], also: Sequence[str]) -> list[str]:
        return [*(names or self.recipes), *(name for name in also if name not in names)]

    def subjects(self, names, also):
        """One for each name."""
        asked = names or list(self.recipes)
        return [Subject(n, "scenario", self.recipes[n], n if n in asked else None, source=n) for n in self._chosen(names, also)]

    def documents(self, names, also):
        """A report each, and the comparison."""
        shown = self.folder / "show.ipynb"
        one = [
            Document(n, self.folder / self.recipes[n].get("notebook", shown.name), "report", f"About {n}", {"scenario": n}, (n,), "result_dir", one_result=True, shown_parameters={"scenario": n, "result_dir": ""})
            for n in names or self.recipes
        ]
        every = self._chosen(names, also)
        return [*one, Document("comparison", self.folder / "compare.ipynb", "brief", "Side by side", {"scenarios": every}, tuple(every), "results_dir", shown_parameters={"scenarios": every, "results_dir": ""})]

    def ingredients(self, kind, notebook):
        """This file and the data beside the notebooks."""
        return {"library": sha256_of_file(Path(__file__)), **self._snapshot.hashes}

    def inputs(self):
        """The notebooks."""
        return {p.name: sha256_of_file(p) for p in sorted(self.folder.glob("*.ipynb"))}

    def date(self):
        """A fixed date."""
        return "2026-02-13"


def notebook(path: Path, parameters: dict, *cells: str) -> None:
    """Write a notebook with a parameters cell and these code cells."""
    source = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    first = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    made = nbformat.v4.new_notebook(cells=[first, *(nbformat.v4.new_code_cell(cell) for cell in cells)], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})
    nbformat.write(made, path)


def files(out: Path) -> dict[str, bytes]:
    """Everything delivered, without the manifest (it tells the time taken)."""
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file() and ".cache" not in p.parts and p.name != "manifest.json"}


QUICK = Limits(cell_seconds=20.0, notebook_seconds=40.0, memory_mb=2048)


def main(given: str) -> int:
    """Build as told in a JSON object."""
    from corridors.errors import CorridorsError
    from corridors.report.build import build

    told = json.loads(given)
    limits = Limits(**{**asdict(QUICK), **told.get("limits", {})})
    try:
        return build(out=told["out"], sources=Tiny(Path(told["folder"]), told["recipes"]), limits=limits, **told.get("settings", {}))
    except CorridorsError as error:
        print(error, file=sys.stderr)
        return error.exit_status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
