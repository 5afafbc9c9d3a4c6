"""How each kind of step is done: computing results, exporting documents, making the index.

Runs in workers; :mod:`corridors.report.tasks` calls it by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corridors.report import result_files
from corridors.report.messages import Files
from corridors.runtime import installation

if TYPE_CHECKING:
    from nbformat import NotebookNode


def result(kind: str, recipe: Mapping[str, Any]) -> Files:
    """The files of a scenario's study, of the validation, or of the background."""
    return {"scenario": _study, "validation": _validation, "background": _background}[kind](recipe)


def _study(recipe: Mapping[str, Any]) -> Files:
    from corridors import scenario
    from corridors.study import pipeline

    return result_files.files(pipeline.run(scenario.parse(recipe["scenario"], name=recipe["name"])))


def _validation(recipe: Mapping[str, Any]) -> Files:
    from corridors.validation import checks

    return result_files.files(checks.run())


def _background(recipe: Mapping[str, Any]) -> Files:
    from corridors.study import background

    first, second = recipe["pair"]
    return result_files.files(background.run((first, second)))


def html(notebook: NotebookNode, about: Mapping[str, Any]) -> bytes:
    """The document as one HTML file."""
    from corridors.report.export import notebook as export

    return export.to_html(notebook, about).encode()


def pdf(notebook: NotebookNode, about: Mapping[str, Any]) -> bytes:
    """The document as a tagged PDF."""
    from corridors.report.export import notebook as export

    return export.to_pdf(notebook, about)


def index(entries: Sequence[Mapping[str, Any]], results: Path, about: Mapping[str, Any]) -> bytes:
    """The page that lists every report; ``results`` holds the saved files of each scenario in a folder of its name."""
    from corridors.report.export import index_page

    return index_page.render(entries, results, about).encode()


def version() -> str:
    """What must be the same on every machine that takes part: source and data."""
    return installation.digest()
