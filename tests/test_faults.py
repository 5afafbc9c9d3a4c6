"""What can go wrong with a machine in the middle of a build: after each, no half-written file, a clear message, and
the next build is right and the same to the byte as one that nothing disturbed."""

from __future__ import annotations

import ctypes
import itertools
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

import tiny_build
from tiny_build import Tiny, files, notebook

TWO = {"a": {"number": 1}, "b": {"number": 2}}
OTHER = {"a": {"number": 5, "padding": 20_000}, "b": {"number": 6}}
MARK = "CORRIDORS_TEST_MARK"


class Bench:
    """Builds of the small project in processes of their own, which may be killed, starved or limited."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out, self.mark = folder / "notebooks", folder / "out", uuid.uuid4().hex
        self.said = ""

    def start(self, recipes: dict[str, dict], *, out: Path | None = None, limits: dict | None = None, before: Callable[[], None] | None = None, **settings: object) -> subprocess.Popen[str]:
        told = {"out": str(out or self.out), "folder": str(self.folder), "recipes": recipes, "limits": limits or {}, "settings": {"jobs": 2, **settings}}
        environment = {**os.environ, "PYTHONPATH": str(Path(tiny_build.__file__).parent), MARK: self.mark}
        return subprocess.Popen([sys.executable, tiny_build.__file__, json.dumps(told)], stderr=subprocess.PIPE, text=True, env=environment, preexec_fn=before)  # noqa: PLW1509

    def build(self, recipes: dict[str, dict], **settings: object) -> int:
        """Build and wait; the exit status. ``said`` is then its standard error."""
        process = self.start(recipes, **settings)  # type: ignore[arg-type]
        _, self.said = process.communicate(timeout=120)
        return process.returncode

    def leftovers(self, patience_seconds: float = 10.0) -> list[str]:
        """Processes of these builds that are still there, after some time to end."""
        deadline = time.monotonic() + patience_seconds
        while (found := self._processes()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def _processes(self) -> list[str]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return found

    def is_warm_process(self, process: Path) -> bool:
        """Whether this is the process of these builds that all others are forked from (it was started, they were not)."""
        try:
            mine = self.mark.encode() in (process / "environ").read_bytes() and b"zygote" in (process / "cmdline").read_bytes()
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            return mine and b"zygote" not in Path(f"/proc/{parent}/cmdline").read_bytes()
        except OSError:
            return False

    def assert_nothing_half_written(self) -> None:
        """No temporary file beside the reports, and every report whole."""
        for name, content in files(self.out).items():
            assert not name.endswith(".tmp") and content, name


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


class Undisturbed:
    """What builds of TWO and OTHER deliver when nothing happens."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name, recipes in (("two", TWO), ("other", OTHER)):
            assert Bench(folder / name).build(recipes) == 0

    def __call__(self, name: str) -> dict[str, bytes]:
        return files(self._folder / name / "out")

    def copy(self, bench: Bench) -> None:
        """The folder as the build of TWO left it, for a test to go on with."""
        shutil.copytree(self._folder / "two" / "out", bench.out, dirs_exist_ok=True)
        shutil.copytree(self._folder / "two" / "notebooks", bench.folder)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return Undisturbed(tmp_path_factory.mktemp("undisturbed"))


# --- the build is killed -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_killed_at_any_moment_every_file_is_whole_and_the_next_build_right(bench: Bench, undisturbed: Undisturbed) -> None:
    """Twenty times kill -9 while one version replaces the other: ten at any moment, ten while files are written."""
    versions = {"two": (TWO, undisturbed("two")), "other": (OTHER, undisturbed("other"))}
    undisturbed.copy(bench)
    moments = random.Random(20260213)
    killed = 0
    for turn, name in zip(range(20), itertools.cycle(["other", "two"]), strict=False):
        written = _written(bench.out)
        process = bench.start(versions[name][0], force=True)
        if turn < 10:
            time.sleep(moments.uniform(0.05, 3.0))
        else:
            _wait_for(lambda: _written(bench.out) != written or process.poll() is not None, seconds=60)  # noqa: B023
            time.sleep(moments.uniform(0.0, 0.5))
        process.kill()
        process.wait(20)
        killed += process.returncode == -signal.SIGKILL
        for path, content in files(bench.out).items():
            assert content in (versions["two"][1][path], versions["other"][1][path]), f"{path} is neither version"
    assert killed >= 10
    assert not bench.leftovers(), "a process outlived its build"
    assert bench.build(TWO) == 0
    assert files(bench.out) == versions["two"][1]
    assert not (bench.out / ".cache" / "scratch").exists() or not list((bench.out / ".cache" / "scratch").iterdir())


def test_an_interrupted_build_takes_up_where_it_stopped(bench: Bench, tmp_path: Path, undisturbed: Undisturbed) -> None:
    log = tmp_path / "log"
    recipes = {"a": {"number": 1, "log": str(log)}, "b": {"number": 2, "sleep": 60}}
    process = bench.start(recipes)
    _wait_for(lambda: (bench.out / "a" / "report.html").exists())
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode != 0 and not bench.leftovers()
    assert bench.build({**recipes, "b": {"number": 2}}) == 0
    assert log.read_text() == "1\n", "what was done before is not done again"
    assert files(bench.out) == undisturbed("two")


def test_nothing_is_left_in_the_temporary_folder_of_a_killed_build(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = Path(f"/tmp/{bench.mark[:8]}")  # Short: sockets lie in it.
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    try:
        process = bench.start({"a": {"number": 1, "sleep": 60}})
        _wait_for(lambda: any(scratch.glob("corridors-*/t*")))
        process.kill()
        process.communicate(timeout=20)
        assert not bench.leftovers()
        _wait_for(lambda: not list(scratch.iterdir()))
    finally:
        shutil.rmtree(scratch)


def test_two_builds_at_once_into_one_folder(bench: Bench, undisturbed: Undisturbed) -> None:
    first = bench.start({**OTHER, "a": {"number": 5, "padding": 20_000, "sleep": 1.5}})
    _wait_for(lambda: (bench.out / ".cache" / "lock").exists() and (bench.out / ".cache" / "lock").read_text())
    second = bench.start(TWO)
    _, said = second.communicate(timeout=60)
    first.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0)
    assert f"is being built by process {first.pid}; waiting for it" in said
    assert files(bench.out) == undisturbed("two")


def _written(out: Path) -> set[int]:
    """What changes with every file written into the folder: a file appears by being renamed to its place."""
    return {path.stat().st_ino for path in out.glob("*/*") if path.is_file()}


def _wait_for(true: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


# --- the disk ------------------------------------------------------------------------------------------------


def test_a_file_too_large_to_write_leaves_the_last_reports(bench: Bench, undisturbed: Undisturbed) -> None:
    undisturbed.copy(bench)
    status = bench.build(OTHER, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (16_000, 16_000)))
    assert status == 1
    assert "cannot write" in bench.said and "the file is larger than this process may write" in bench.said and "Traceback" not in bench.said
    bench.assert_nothing_half_written()
    assert files(bench.out)["a/tables/value.csv"] == undisturbed("two")["a/tables/value.csv"]
    assert bench.build(OTHER) == 0
    assert files(bench.out) == undisturbed("other")


def test_a_full_disk_leaves_the_last_reports(bench: Bench, undisturbed: Undisturbed) -> None:
    bench.out.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(bench.out)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("a small disk cannot be made here: mounting needs rights that this process has not")
    try:
        undisturbed.copy(bench)
        huge = {"a": {"number": 5, "padding": 4_000_000}, "b": {"number": 6}}
        assert bench.build(huge) == 1
        assert "the disk is full" in bench.said and "free some space" in bench.said and "Traceback" not in bench.said
        bench.assert_nothing_half_written()
        assert bench.build(TWO) == 0
        assert files(bench.out) == undisturbed("two")
    finally:
        subprocess.run(["umount", str(bench.out)], check=True)


def _bound_by_permissions() -> None:
    """Take from this process what lets root write anywhere (capabilities DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER)."""
    for capability in (1, 2, 3):
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_an_output_folder_that_cannot_be_written(bench: Bench, undisturbed: Undisturbed) -> None:
    undisturbed.copy(bench)
    before = files(bench.out)
    folders = [bench.out, *(p for p in bench.out.rglob("*") if p.is_dir())]
    try:
        for folder in folders:
            folder.chmod(0o555)
        assert bench.build(OTHER, before=_bound_by_permissions) == 1
        assert "cannot write" in bench.said and "permission denied" in bench.said and "--out" in bench.said
        assert "Traceback" not in bench.said
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert files(bench.out) == before


def test_the_output_folder_is_a_file(bench: Bench) -> None:
    bench.out.write_text("mine")
    assert bench.build(TWO) == 1
    assert "cannot write" in bench.said and "Traceback" not in bench.said
    assert bench.out.read_text() == "mine"


# --- what was stored -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["records", "contents", "cut", "all"])
def test_broken_entries_of_the_store_mean_work_and_never_a_wrong_report(bench: Bench, undisturbed: Undisturbed, damage: str) -> None:
    undisturbed.copy(bench)
    cache = bench.out / ".cache"
    if damage == "all":
        shutil.rmtree(cache)
    for path in (cache / ("steps" if damage == "records" else "contents")).rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            path.write_bytes(content[: len(content) // 2] if damage == "cut" else bytes(reversed(content)))
    (bench.out / "a" / "report.html").unlink()
    (bench.out / "b" / "report.pdf").write_bytes(b"scribble")
    assert bench.build({**TWO, "b": {"number": 2}}) == 0
    assert files(bench.out) == undisturbed("two")


def test_files_about_builds_that_are_damaged_are_made_anew(bench: Bench, undisturbed: Undisturbed) -> None:
    undisturbed.copy(bench)
    for path in (bench.out / "manifest.json", bench.out / ".cache" / "last.json", bench.out / ".cache" / "used.json"):
        path.write_bytes(b'{"half":')
    assert bench.build(TWO) == 0
    assert json.loads((bench.out / "manifest.json").read_text())["scenarios"].keys() == {"a", "b"}
    assert files(bench.out) == undisturbed("two")


def test_a_clock_that_is_wrong_makes_no_difference(bench: Bench, undisturbed: Undisturbed) -> None:
    """Files from the future (the clock was set back since) or from 1980; and a change that keeps time and size."""
    undisturbed.copy(bench)
    for year in (2_200_000_000, 315_532_800):
        for path in [*bench.out.rglob("*"), *bench.folder.rglob("*")]:
            os.utime(path, (year, year))
        assert bench.build(TWO) == 0
        assert "nothing to do" in bench.said
    source = bench.folder / "show.ipynb"
    was = source.stat()
    source.write_text(source.read_text().replace("'is'", "'IS'"))
    os.utime(source, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert source.stat().st_size == was.st_size
    assert bench.build(TWO) == 0
    assert b"a IS 2" in files(bench.out)["a/report.html"]
    source.write_text(source.read_text().replace("'IS'", "'is'"))
    assert bench.build(TWO) == 0
    assert files(bench.out) == undisturbed("two")


# --- kernels and workers -------------------------------------------------------------------------------------


TROUBLE = {
    "killed": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "cell 3 (import os, signal): KernelDied: the kernel ended with signal 9"),
    "exits": ("import os\nos._exit(7)", "cell 3 (import os): KernelDied: the kernel ended with exit status 7"),
    "hangs": ("while True: pass", "cell 3 (while True: pass): TimeLimit: stopped after the time limit (5 s a cell"),
    "stubborn": ("import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: time.sleep(1)", "cell 3 (import signal, time): TimeLimit: stopped after the time limit"),
    "greedy": ("hoard = [bytes(2**24) for _ in range(1000)]", "cell 3 (hoard = [bytes(2**24) for _ in range(1000)]): MemoryError"),
    "leaves": ("import sys\nsys.exit(3)", "cell 3 (import sys): SystemExit: 3"),
}


def _with_cells(bench: Bench, cells: dict[str, str]) -> dict[str, dict]:
    Tiny(bench.folder, TWO)
    for name, cell in cells.items():
        notebook(bench.folder / f"{name}.ipynb", {"scenario": "", "result_dir": ""}, "print('before')", cell, "print('after')")
    return {**TWO, **{name: {"number": 3, "notebook": f"{name}.ipynb"} for name in cells}}


@pytest.mark.slow
def test_kernels_in_trouble_fail_their_own_reports_only(bench: Bench, undisturbed: Undisturbed) -> None:
    recipes = _with_cells(bench, {name: cell for name, (cell, _) in TROUBLE.items()})
    assert bench.build(recipes, limits={"cell_seconds": 5.0, "memory_mb": 700}) == 1
    made = files(bench.out)
    for name, (_, said) in TROUBLE.items():
        assert f"FAILED notebook:{name}: notebook {name}, {said}" in bench.said
        assert f"{name}/report.html" not in made and f"{name}/result.json" in made
        assert "before" in json.dumps(json.loads(made[f"{name}/notebook.failed.ipynb"]))
    assert "Traceback" not in bench.said
    bench.assert_nothing_half_written()
    assert made["a/report.html"] == undisturbed("two")["a/report.html"]
    assert not bench.leftovers()
    assert bench.build(TWO) == 0
    assert {name: content for name, content in files(bench.out).items() if name.split("/")[0] not in TROUBLE} == undisturbed("two")


def test_fifty_megabytes_of_print_are_cut_and_said_to_be(bench: Bench) -> None:
    recipes = _with_cells(bench, {"c": "for _ in range(50):\n    print('x' * 2**20)"})
    assert bench.build(recipes) == 0
    text = (bench.out / "c" / "report.html").read_text()
    assert len(text) < 110_000 and "output cut here: more than 100,000 characters" in text
    assert "after" in text, "the notebook goes on"
    first = files(bench.out)
    assert bench.build(recipes, force=True) == 0
    assert files(bench.out) == first


def test_a_worker_that_dies_once_is_replaced(bench: Bench, tmp_path: Path, undisturbed: Undisturbed) -> None:
    assert bench.build({"a": {"number": 1, "die_once": str(tmp_path / "died")}, "b": {"number": 2}}) == 0
    assert (tmp_path / "died").exists()
    assert files(bench.out) == undisturbed("two")


def test_the_process_that_all_are_forked_from_is_started_again_once(bench: Bench, tmp_path: Path, undisturbed: Undisturbed) -> None:
    log = tmp_path / "log"
    process = bench.start({"a": {"number": 1, "log": str(log), "sleep": 0.5}, "b": {"number": 2}}, jobs=1)
    deadline = time.monotonic() + 60
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    (warm,) = [int(p.name) for p in Path("/proc").glob("[0-9]*") if bench.is_warm_process(p)]
    os.kill(warm, signal.SIGKILL)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert log.read_text().split() == ["1", "1"] and files(bench.out)["b/report.html"] == undisturbed("two")["b/report.html"]
    assert bench.leftovers() == []


def test_a_worker_that_dies_each_time_is_named(bench: Bench, undisturbed: Undisturbed) -> None:
    assert bench.build({"a": {"number": 1}, "b": {"number": 2, "die": True}}) == 1
    assert "FAILED result:b: the process that did it ended twice, with signal 9 (out of memory?)" in bench.said
    assert files(bench.out)["a/report.html"] == undisturbed("two")["a/report.html"]
    assert bench.build(TWO) == 0
    assert files(bench.out) == undisturbed("two")


def test_a_result_that_never_ends_is_stopped_and_named_and_the_others_are_done(bench: Bench, undisturbed: Undisturbed) -> None:
    assert bench.build({**TWO, "endless": {"number": 3, "sleep": 300}}, limits={"task_seconds": 4.0}) == 1
    assert "result:endless: stopped after the time limit (4 s)" in bench.said
    assert files(bench.out)["a/report.html"] == undisturbed("two")["a/report.html"] and not (bench.out / "endless").exists()
    assert bench.leftovers() == []
    assert bench.build(TWO) == 0
    assert files(bench.out) == undisturbed("two")
