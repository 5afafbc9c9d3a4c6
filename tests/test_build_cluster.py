"""Builds and sweeps on a Dask cluster of processes: the same bytes, and a worker that is killed costs only its task."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import tiny_build
from corridors.report.build import build
from corridors.report.processes import cluster
from corridors.report.sweep import run
from tiny_build import QUICK, Tiny, files, notebook

pytestmark = pytest.mark.slow
TWO = {"a": {"number": 1}, "b": {"number": 2}}
GRID = """
base: {title: A grid, pair: [PAK, RUS], measures: [{kind: border_capacity, crossings: [khunjerab], trucks_per_day: 300, start: 2027, years_to_full_effect: 1}]}
vary: {'measures[0].trucks_per_day': {from: 201, to: 500}}
"""


class Cluster:
    """A scheduler and workers as someone would start them: processes of their own, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._environment = {**os.environ, "PYTHONPATH": str(Path(tiny_build.__file__).parent), "TINY_SWEEP": str(folder)}
        self.address = ""
        self.scheduler = self._start("distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(folder / "scheduler.json"))
        self.workers = [self.add_worker() for _ in range(2)]

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log.txt").open("ab") as log:
            return subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=self.folder, env=self._environment, stderr=log, stdout=log)

    def add_worker(self) -> subprocess.Popen[bytes]:
        return self._start("distributed.cli.dask_worker", "--scheduler-file", str(self.folder / "scheduler.json"), "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self.folder))

    def wait(self) -> None:
        """Until the scheduler tells its address."""
        import json

        deadline = time.monotonic() + 60
        while not self.address:
            assert time.monotonic() < deadline, (self.folder / "log.txt").read_text()
            try:
                self.address = json.loads((self.folder / "scheduler.json").read_text())["address"]
            except (OSError, ValueError, KeyError):
                time.sleep(0.1)

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("dask") / "c")
    try:
        made.wait()
        yield made
    finally:
        made.stop()


@pytest.fixture(autouse=True)
def _find_tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(tiny_build.__file__).parent))
    monkeypatch.setenv("TINY_SWEEP", str(tmp_path))


def test_a_build_on_the_cluster_gives_the_same_bytes_and_names_the_same_failures(dask: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipes = {**TWO, "c": {"number": 3, "notebook": "broken.ipynb"}}
    tiny = Tiny(tmp_path / "notebooks", recipes)
    notebook(tmp_path / "notebooks" / "broken.ipynb", {"scenario": "", "result_dir": ""}, "1 / 0")
    assert build(out=tmp_path / "far", sources=tiny, limits=QUICK, scheduler=dask.address) == 1
    said = capsys.readouterr().err
    assert "FAILED notebook:c: notebook broken, cell 2 (1 / 0): ZeroDivisionError: division by zero" in said
    assert build(out=tmp_path / "near", sources=tiny, limits=QUICK) == 1
    assert files(tmp_path / "far") == files(tmp_path / "near")


def test_a_worker_killed_half_way_costs_only_its_task(dask: Cluster, tmp_path: Path) -> None:
    log = tmp_path / "log"
    recipes = {name: {"number": number, "sleep": 1.5, "log": str(log)} for number, name in enumerate("abcd")}
    victim = dask.workers[0]

    def kill() -> None:
        deadline = time.monotonic() + 60
        while not log.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        victim.send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        assert build(out=tmp_path / "out", sources=Tiny(tmp_path / "notebooks", recipes), limits=QUICK, quiet=True, scheduler=dask.address) == 0
    finally:
        killer.join()
        dask.workers[0] = dask.add_worker()
    assert victim.wait(10) == -signal.SIGKILL
    assert len(log.read_text().split()) <= 5, "what the other worker did is not done again"
    made = files(tmp_path / "out")
    assert all(f"{name} is {2 * number}".encode() in made[f"{name}/report.html"] for number, name in enumerate("abcd"))


def test_a_sweep_on_the_cluster_loses_nothing_when_a_worker_is_killed(dask: Cluster, tmp_path: Path) -> None:
    (tmp_path / "grid.yaml").write_text(GRID)
    (dask.folder / "die").touch()
    assert run.sweep(tmp_path / "grid.yaml", tmp_path / "out", dask.address, work="tiny_sweep") == 0
    rows = run.read(tmp_path / "out")
    assert not (dask.folder / "die").exists()
    assert list(rows["measures[0].trucks_per_day"]) == list(itertools.chain(range(201, 501)))
    assert (rows["effect"] == 10 * rows["measures[0].trucks_per_day"]).all()


def test_a_worker_with_another_version_does_nothing_and_says_so(dask: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cluster, "version", lambda craft: "another")
    assert build(out=tmp_path / "out", sources=Tiny(tmp_path / "notebooks", TWO), limits=QUICK, scheduler=dask.address) == 1
    assert "FAILED result:a: the worker has another version of trade-corridors" in capsys.readouterr().err


def test_a_cluster_made_here(tmp_path: Path) -> None:
    assert build(out=tmp_path / "out", sources=Tiny(tmp_path / "notebooks", TWO), limits=QUICK, quiet=True, jobs=1, scheduler="local") == 0
    assert b"b is 4" in files(tmp_path / "out")["b/report.html"]
