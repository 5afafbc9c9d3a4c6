"""Forty kills at random moments of a build: what is lost, what is half written, what is left running.

``python -m benchmarks kills``. A small project (two-line notebooks, real kernels, workers and files:
``tests/tiny_build.py``) is built over and over into one folder, one version after the other, and each time something is
killed: the build (kill -9), the build by Ctrl-C, or the process that all others are forked from. In between every report
must be whole, of one version or the other, and files of the user's must be as they were; at the end an undisturbed build
must give the same bytes as in a folder where nothing happened.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1] / "tests"
KILLS = 40
SEED = 20260213
LONGEST_SECONDS = 10.0
"""A machine that does much else takes longer for a build, but not for ever."""
VERSIONS: tuple[dict[str, dict[str, int]], ...] = ({"a": {"number": 1}, "b": {"number": 2}}, {"a": {"number": 5, "padding": 200_000}, "b": {"number": 6}})
MINE = {"a/my notes.txt": "remember", "my own.html": "mine"}


def run(kills: int = KILLS) -> list[dict[str, Any]]:
    """One row: how many kills, and what they did. Raises AssertionError if anything was lost."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        told = _kill(Path(name), kills)
    note = ", ".join(f"{count} {what}" for what, count in told.items())
    return [{"name": f"a build killed {kills} times", "ours_s": time.perf_counter() - start, "peer": None, "peer_s": None, "ratio": None, "note": note}]


def _kill(folder: Path, kills: int) -> dict[str, int]:
    right = []
    for number, version in enumerate(VERSIONS):
        undisturbed = folder / f"undisturbed-{number}"
        assert _start(undisturbed, version, "").wait() == 0
        right.append(_files(undisturbed / "out"))
    whole = {(name, content) for made in right for name, content in made.items()}
    place, mark, moments = folder / "killed", uuid.uuid4().hex, random.Random(SEED)
    begin = time.perf_counter()
    assert _start(place, VERSIONS[0], mark).wait() == 0
    seconds = time.perf_counter() - begin
    for name, text in MINE.items():
        (place / "out" / name).write_text(text)
    told = {"killed": 0, "interrupted": 0, "with the helper killed": 0, "ended before": 0, "files lost or half written": 0, "processes left": 0}
    for turn in range(kills):
        process = _start(place, VERSIONS[(turn + 1) % 2], mark)
        time.sleep(moments.uniform(0, min(seconds, LONGEST_SECONDS)))
        how = moments.choice(("killed", "killed", "interrupted", "with the helper killed"))
        if process.poll() is not None:
            how = "ended before"
        elif how == "with the helper killed":
            for helper in _helpers(process.pid):
                os.kill(helper, signal.SIGKILL)
        else:
            process.send_signal(signal.SIGKILL if how == "killed" else signal.SIGINT)
        status = process.wait(timeout=900)
        assert status in {"killed": (-signal.SIGKILL,), "interrupted": (130, -signal.SIGINT, 0)}.get(how, (0, 1)), (how, status)
        told[how] += 1
        made = _files(place / "out")
        lost = [name for name, content in made.items() if name not in MINE and (name, content) not in whole]
        lost += [name for name in right[0] if name not in made]
        lost += [name for name, text in MINE.items() if made.get(name) != text.encode()]
        assert not lost, (turn, how, lost)
        left = _left(mark)
        assert not left, (turn, how, left)
    assert _start(place, VERSIONS[0], mark).wait() == 0
    made = {name: content for name, content in _files(place / "out").items() if name not in MINE}
    assert made == right[0], "the same bytes as where nothing happened"
    return told


def _start(place: Path, recipes: dict[str, dict[str, int]], mark: str) -> subprocess.Popen[bytes]:
    told = {"out": str(place / "out"), "folder": str(place / "notebooks"), "recipes": recipes, "settings": {"jobs": 2, "quiet": True}}
    code = "import sys, tiny_build\ntry:\n    sys.exit(tiny_build.main(sys.argv[1]))\nexcept KeyboardInterrupt:\n    sys.exit(130)"
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "CORRIDORS_KILLS": mark}
    return subprocess.Popen([sys.executable, "-c", code, json.dumps(told)], env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _files(out: Path) -> dict[str, bytes]:
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file() and ".cache" not in p.parts and p.name != "manifest.json"}


def _helpers(pid: int) -> list[int]:
    try:
        return [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    except OSError:
        return []


def _left(mark: str, patience_seconds: float = 20.0) -> list[str]:
    """Processes of these builds that are still there, after some time to end."""
    deadline = time.monotonic() + patience_seconds
    while True:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark.encode() in (process / "environ").read_bytes() and process.name != str(os.getpid()):
                    found.append((process / "cmdline").read_text().replace("\0", " ")[:200])
            except OSError:
                continue
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)
