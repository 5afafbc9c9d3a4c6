"""Files named like a library's that lie in the current folder are never run, by no process of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tiny_build
from corridors.explore import helpers
from corridors.runtime import machine
from tiny_build import files

TEMPTING = ("random", "json", "socket", "tempfile", "queue", "numpy", "pandas", "click", "papermill", "ipykernel", "yaml", "distributed", "tiny_sweep", "sitecustomize")
EARLY = ("re", "signal", "enum", "pathlib", "ctypes", "inspect", "urllib", "struct")
"""What our package imports first, before its command line could mend the path."""


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder of modules that each leave a mark when they are run."""
    folder = tmp_path / "trap"
    folder.mkdir()
    for name in TEMPTING:
        (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'a').write('{name} ')\n")
    return folder


def build_in(trap: Path, **environment: str) -> None:
    """A build of the small project by a program of someone's, started in the trap."""
    out = trap.parent / "out"
    told = {"out": str(out), "folder": str(trap.parent / "notebooks"), "recipes": {"a": {"number": 1}}, "settings": environment.pop("settings", {"jobs": 1})}
    env = {**os.environ, "PYTHONPATH": f"{Path(tiny_build.__file__).parent}", **environment}
    done = subprocess.run([sys.executable, tiny_build.__file__, json.dumps(told)], cwd=trap, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "a/report.html" in files(out)
    assert not (trap.parent / "sprung").exists(), (trap.parent / "sprung").read_text()


def test_a_build(trap: Path) -> None:
    build_in(trap)


@pytest.mark.slow
def test_a_build_where_nothing_can_be_forked(trap: Path) -> None:
    build_in(trap, CORRIDORS_NO_FORK="1")


@pytest.mark.slow
def test_a_build_on_a_cluster_made_here(trap: Path) -> None:
    build_in(trap, settings={"scheduler": "local", "jobs": 1})  # type: ignore[arg-type]


def test_a_helper_of_the_explorer(trap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in EARLY:
        (trap / f"{name}.py").write_text((trap / "json.py").read_text().replace("json ", f"{name} "))
    monkeypatch.chdir(trap)
    helper = helpers.Helper()
    try:
        assert helper._received(120.0) == "here"
    finally:
        helper.stop()
    assert not (trap.parent / "sprung").exists(), (trap.parent / "sprung").read_text()


@pytest.mark.parametrize("start", [["-m", "corridors.cli"], ["-mcorridors.cli"], ["-P", "-c", "import sys; sys.argv[0] = 'corridors'; from corridors.cli import main; main()"]])
@pytest.mark.parametrize("path", ["", os.pathsep])
def test_the_command_line_as_a_module(trap: Path, start: list[str], path: str) -> None:
    for name in EARLY:
        (trap / f"{name}.py").write_text((trap / "json.py").read_text().replace("json ", f"{name} "))
    if path:  # Python's own start looks for it there, before us.
        (trap / "sitecustomize.py").unlink()
    done = subprocess.run(
        [sys.executable, *start, "list"], cwd=trap, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and "capacity-800" in done.stdout, done.stderr
    assert not (trap.parent / "sprung").exists(), (trap.parent / "sprung").read_text()


@pytest.mark.parametrize(("path", "left"), [("", "None"), (os.pathsep, "None"), (f"{os.pathsep}/nowhere", "/nowhere")])
def test_an_empty_name_in_pythonpath_does_not_mean_the_current_folder(trap: Path, path: str, left: str) -> None:
    code = "from corridors.runtime import machine; machine.leave_current_folder(); import os, sys; print(os.getcwd() in sys.path, os.environ.get('PYTHONPATH'))"
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=trap, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["False", left], done.stderr


def test_an_environment_is_made_safe_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", "/a", "", "/b"]))
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    before = dict(os.environ)
    with machine.starting_processes():
        assert os.environ["PYTHONPATH"] == os.pathsep.join(["/a", "/b"]) and os.environ["PYTHONSAFEPATH"] == "1"
    assert dict(os.environ) == before
