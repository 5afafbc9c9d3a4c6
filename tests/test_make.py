"""What `make` hands to the command line: one word for OUT whatever it holds, and nothing is deleted by the Makefile itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The Makefile beside a command that only notes its arguments."""
    folder = tmp_path / "a checkout"
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, folder)
    command = folder / ".venv" / "bin" / "corridors"
    command.write_text('#!/bin/sh\nfor one in "$@"; do printf "%s\\n" "[$one]" >>said; done\n')
    command.chmod(0o755)
    (folder / ".venv" / ".ready").touch()
    (folder / "my").mkdir()
    (folder / "my" / "thesis.txt").write_text("ten years")
    return folder


def said(checkout: Path, *arguments: str, **environment: str) -> list[str]:
    env = {name: value for name, value in os.environ.items() if name not in ("OUT", "SCENARIOS", "JOBS", "MAKEFLAGS")}
    subprocess.run(["make", *arguments], cwd=checkout, env={**env, **environment}, check=True, capture_output=True, timeout=60)
    return (checkout / "said").read_text().splitlines()


@pytest.mark.parametrize("out", ["", "/", "my reports", "my/*", ".", "*", "; touch hacked", "`touch hacked`", "'my' \"x\"", "$(HOME)x"])
def test_clean_deletes_nothing_by_itself_and_hands_on_one_word(checkout: Path, out: str) -> None:
    given = out.replace("$(HOME)", os.environ.get("HOME", ""))
    assert said(checkout, "clean", f"OUT={out}") == ["[clean]", "[--out]", f"[{given}]"]
    (checkout / "said").unlink()
    if "$" not in out:
        assert said(checkout, "clean", OUT=out) == ["[clean]", "[--out]", f"[{given}]"]
    assert (checkout / "my" / "thesis.txt").exists() and not (checkout / "hacked").exists()


def test_reports_get_scenarios_jobs_and_folder(checkout: Path) -> None:
    assert said(checkout, "reports") == ["[build]", "[--out]", "[reports]"]
    (checkout / "said").unlink()
    told = said(checkout, "reports", "SCENARIOS=a-1 b-2", "JOBS=2", "OUT=my reports")
    assert told == ["[build]", "[a-1]", "[b-2]", "[--out]", "[my reports]", "[--jobs]", "[2]"]


def test_explore_serves_a_notebook_that_is_nothing_but_the_explorer() -> None:
    import nbformat

    recipe = re.search(r"^explore:.*\n\t@(.*)$", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert recipe is not None and recipe[1].startswith('JUPYTER_PATH="$(CURDIR)/.jupyter" $(BIN)/voila notebooks/explorer.ipynb')
    (cell,) = nbformat.read(REPOSITORY / "notebooks" / "explorer.ipynb", as_version=4).cells
    assert cell.source == "from corridors import explore\n\nexplore.app()"
