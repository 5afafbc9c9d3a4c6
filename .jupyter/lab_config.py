"""JupyterLab as `make lab` opens it: what is run there is saved as it was stored, without outputs, so that the checkout stays clean.

For the notebooks that belong to the checkout; a notebook of one's own is saved as it is.
"""

import subprocess
from pathlib import Path
from typing import Any

PYTHON = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def belonging() -> set[str]:
    """Names of the notebooks that git knows."""
    try:
        listed = subprocess.run(["git", "ls-files", "*.ipynb"], cwd=NOTEBOOKS, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return set()
    return set(listed.stdout.splitlines())


OURS = belonging()


def without_outputs(model: dict[str, Any], path: str, **_: Any) -> None:
    """Before a notebook is saved: keep the source of its cells, their tags, and a kernel without a version."""
    if model["type"] != "notebook" or path.strip("/") not in OURS:
        return
    book = model["content"]
    book["metadata"] = {name: value for name, value in book["metadata"].items() if name == "title"} | PYTHON
    for cell in book["cells"]:
        cell["metadata"] = {name: value for name, value in cell["metadata"].items() if name == "tags"}
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)


get_config().FileContentsManager.pre_save_hook = without_outputs  # type: ignore[name-defined]  # noqa: F821
