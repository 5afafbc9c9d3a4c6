"""Results kept between runs: read back bit by bit, computed again when damaged or out of date, never where others can write."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from corridors import scenario
from corridors.runtime import cache as kept
from corridors.runtime import installation, paths
from corridors.study import asked, pipeline

REPOSITORY = Path(__file__).resolve().parents[1]
calls: list[object] = []


@kept.kept
def squares(count: int, name: str = "") -> dict[str, np.ndarray]:
    calls.append((count, name))
    return {name: np.arange(float(count)) ** 2}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own, in which nothing is kept yet."""
    monkeypatch.setenv(kept.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(installation, "_LOADED_NS", time.time_ns())
    installation._first_stamps.cache_clear()
    kept._generation.cache_clear()
    calls.clear()
    return tmp_path / "cache"


def entries(cache: Path) -> list[Path]:
    return sorted(p for p in cache.rglob("*") if p.is_file())


def test_an_answer_is_computed_once_for_each_set_of_arguments(cache: Path) -> None:
    first = squares(4, name="a")
    again = squares(4, name="a")
    assert again["a"].tobytes() == first["a"].tobytes() and again is not first
    squares(5, name="a")
    squares(4, name="b")
    assert calls == [(4, "a"), (5, "a"), (4, "b")] and len(entries(cache)) == 3


def test_an_answer_is_of_the_caller_alone(cache: Path) -> None:
    squares(3)[""][:] = 7.0
    assert squares(3)[""].tolist() == [0.0, 1.0, 4.0]


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"", lambda b: b[:40] + b"X" + b[41:], lambda b: b + b"more"])
def test_a_damaged_entry_is_computed_again_and_made_good(cache: Path, damage: Callable[[bytes], bytes]) -> None:
    squares(4)
    (entry,) = entries(cache)
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    assert squares(4)[""].tolist() == [0.0, 1.0, 4.0, 9.0]
    assert len(calls) == 2 and entry.read_bytes() == whole


def test_without_a_folder_nothing_is_kept_and_the_answer_is_the_same(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = squares(4)
    monkeypatch.setenv(kept.VARIABLE, "")
    assert squares(4)[""].tobytes() == first[""].tobytes()
    assert len(calls) == 2 and kept.folder() is None


def test_a_place_that_cannot_be_written_is_no_error(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_way = cache.parent / "file"
    in_the_way.write_text("")
    monkeypatch.setenv(kept.VARIABLE, str(in_the_way / "cache"))
    assert squares(2)[""].tolist() == [0.0, 1.0]

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setenv(kept.VARIABLE, str(cache))
    kept._generation.cache_clear()
    monkeypatch.setattr(kept.os, "replace", full)
    assert squares(2)[""].tolist() == [0.0, 1.0]
    assert entries(cache) == []


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners of files here")
def test_a_folder_that_others_can_write_to_is_not_used(cache: Path) -> None:
    cache.mkdir()
    cache.chmod(0o777)
    squares(2)
    squares(2)
    assert len(calls) == 2 and entries(cache) == []
    cache.chmod(0o700)
    kept._generation.cache_clear()
    squares(2)
    (place,) = cache.iterdir()
    assert place.stat().st_mode & 0o777 == 0o700


def test_an_edit_under_a_running_process_is_neither_read_past_nor_kept(
    cache: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert paths.data().is_relative_to(project)
    monkeypatch.setattr(installation, "_LOADED_NS", time.time_ns())
    installation._first_stamps.cache_clear()
    installation.digest.cache_clear()
    kept._generation.cache_clear()
    old = installation.digest()
    squares(2)
    with (project / "data" / "parameters.csv").open("a", encoding="utf-8") as table:
        table.write("\n")
    assert not installation.unchanged()
    squares(2)
    squares(3)
    assert len(calls) == 3 and len(entries(cache)) == 1
    installation.digest.cache_clear()
    assert installation.digest() != old
    installation.digest.cache_clear()
    installation._first_stamps.cache_clear()


def older(cache: Path, names: Iterable[str]) -> None:
    """Folders with something in them, the first the oldest."""
    for age, name in enumerate(names):
        folder = cache / name
        folder.mkdir(parents=True)
        (folder / "entry").write_text("mine")
        os.utime(folder, (age, age))


def test_folders_of_other_versions_go_when_there_are_too_many(cache: Path) -> None:
    older(cache, (f"{number:024x}" for number in range(6)))
    cache.chmod(0o700)
    squares(2)
    left = sorted(p.name for p in cache.iterdir() if p.name.startswith("0" * 20))
    assert left == [f"{n:024x}" for n in (3, 4, 5)] and len(list(cache.iterdir())) == kept.GENERATIONS + 1


def test_other_folders_in_a_cache_folder_stay_and_so_does_their_mode(cache: Path) -> None:
    """CORRIDORS_CACHE may name a folder that the user has other things in: the older of them were taken for ours and removed."""
    older(cache, (f"letters-of-{year}" for year in range(2000, 2008)))
    (cache / ("a" * 24)).symlink_to(cache / "letters-of-2000")
    for mode, used in ((0o700, 1), (0o770, 0)):
        cache.chmod(mode)
        kept._generation.cache_clear()
        squares(2 + used)
        assert len(entries(cache)) == 8 + 1 and cache.stat().st_mode & 0o777 == mode
    assert (cache / ("a" * 24)).is_symlink()


def test_what_was_written_first_goes_when_there_is_too_much(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 100_000)
    for count in range(4_000, 4_010):  # some 32 kB each
        squares(count)
    assert sum(entry.stat().st_size for entry in entries(cache)) <= 100_000
    calls.clear()
    squares(4_009)
    assert calls == []
    squares(4_000)
    assert calls == [(4_000, "")]


def test_passing_answers_go_before_those_that_all_lean_on(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 100_000)
    squares(4_000)  # some 32 kB each
    for count in range(10):
        kept.answer("asked", count, lambda: np.arange(4_000.0), passing=True)
    calls.clear()
    squares(4_000)
    assert calls == [] and 1 < len(entries(cache)) < 4
    assert kept.answer("asked", 9, lambda: None, passing=True) is not None, "the newest is still there"


def test_a_user_without_a_home_keeps_nothing_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    monkeypatch.delenv(kept.VARIABLE)
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: Path("~/.cache/trade-corridors"))
    assert kept.folder() is None


def test_two_processes_at_once_and_one_after_give_the_same_bytes(tmp_path: Path) -> None:
    """The whole chain: fresh, its parts kept by another process, whole as it was kept, and with nothing kept at all; in each
    process Python orders sets of names another way."""
    code = (
        "import hashlib; from corridors import scenario; from corridors.study import {run}; "
        "r = {run}.run(scenario.load('capacity-800'), draws=16); "
        "print(hashlib.sha256(''.join(t.to_csv() for t in r.tables.values()).encode() + str(r.facts).encode()).hexdigest())"
    )

    orders = itertools.count(1)

    def start(folder: str, run: str = "pipeline") -> subprocess.Popen[str]:
        environment = {**os.environ, kept.VARIABLE: folder, "PYTHONHASHSEED": str(next(orders))}
        command = [sys.executable, "-c", code.format(run=run)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=tmp_path)

    together = [start(str(tmp_path / "cache")) for _ in range(2)]
    said = [process.communicate(timeout=240)[0] for process in together]
    kept_by_now = entries(tmp_path / "cache")
    assert any("world" in entry.name for entry in kept_by_now)
    before = {entry: entry.stat().st_mtime_ns for entry in kept_by_now}
    said.append(start(str(tmp_path / "cache")).communicate(timeout=240)[0])
    assert {entry: entry.stat().st_mtime_ns for entry in entries(tmp_path / "cache")} == before
    said += [start(str(tmp_path / "cache"), "asked").communicate(timeout=240)[0] for _ in range(2)]
    assert len(entries(tmp_path / "cache")) == len(before) + 1
    said.append(start("").communicate(timeout=240)[0])
    assert len(set(said)) == 1 and len(said[0].strip()) == 64


def test_a_question_asked_again_is_read_and_another_is_computed() -> None:
    one = scenario.load("baseline")
    first = asked.run(one, draws=64, seed=3)
    with patch.object(pipeline, "run", side_effect=AssertionError("computed again")):
        again = asked.run(one, draws=64, seed=3)
        assert again.json() == first.json() and again is not first
        for name, table in first.tables.items():
            pd.testing.assert_frame_equal(again[name], table)
        for other in ({"draws": 65, "seed": 3}, {"draws": 64, "seed": 4}):
            with pytest.raises(AssertionError, match="computed again"):
                asked.run(one, **other)
        with pytest.raises(AssertionError, match="computed again"):
            asked.run(one.model_copy(update={"title": "The same by another name"}), draws=64, seed=3)


def test_the_docs_say_how_to_keep_nothing() -> None:
    assert kept.VARIABLE in (REPOSITORY / "docs" / "reproducibility.md").read_text(encoding="utf-8")


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners of files here")
@pytest.mark.parametrize("made_before", [False, True])
def test_a_umask_that_lets_the_group_write_keeps_no_one_from_keeping(cache: Path, made_before: bool) -> None:
    before = os.umask(0o002)
    try:
        if made_before:  # As earlier versions left it.
            cache.mkdir()
            (cache / f"{123:024x}").mkdir(mode=0o700)
            assert cache.stat().st_mode & 0o020
        squares(2)
        squares(2)
    finally:
        os.umask(before)
    assert len(calls) == 1 and len(entries(cache)) == 1
    assert not any(place.stat().st_mode & 0o077 for place in (cache, *cache.iterdir()))
