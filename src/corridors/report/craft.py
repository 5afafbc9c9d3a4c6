"""How each kind of step is done: computing results, exporting documents, making the index.

Runs in workers; :mod:`corridors.report.tasks` calls it by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from corridors.report.messages import SAVED, Files


def result(kind: str, recipe: Mapping[str, Any]) -> Files:
    """The files of a scenario's study, or of the validation."""
    return _validation() if kind == "validation" else _study(recipe)


def _study(recipe: Mapping[str, Any]) -> Files:
    """Saved tables for notebooks; for people ``result.json`` and every table as CSV."""
    from corridors import scenario, study

    one = scenario.parse(recipe["scenario"], name=recipe["name"])
    found = study.run(one)
    files = {f"{SAVED}{name}": content for name, content in found.files().items()}
    files["result.json"] = found.json().encode()
    for name, frame in found.tables.items():
        if len(frame):
            files[f"tables/{name}.csv"] = frame.to_csv(index=False, lineterminator="\n").encode()
    return files


def html(notebook: NotebookNode, about: Mapping[str, Any]) -> bytes:
    """The document as one HTML file."""
    from corridors.report import export

    return export.to_html(notebook, about).encode()


def pdf(notebook: NotebookNode, about: Mapping[str, Any]) -> bytes:
    """The document as a tagged PDF."""
    from corridors.report import export

    return export.to_pdf(notebook, about)
