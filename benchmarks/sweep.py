"""Ten thousand scenarios on two workers here: milliseconds each, what a second worker brings, and a worker killed half way.

``python -m benchmarks sweep``. The peer is the model without the sweep: ``corridors.study.headline.quick`` called for one
scenario after the other in one process that has everything loaded.
"""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corridors.report.progress import Quiet
from corridors.report.sweep import grid as sweep_grid
from corridors.report.sweep import run as sweep

GRID = """
base: full-connectivity
vary:
  measures[1].trucks_per_day: {{from: 300, to: {last}}}
  measures[1].years_to_full_effect: [0, 1, 2, 3, 4]
  measures[1].start: [2027, 2028, 2029, 2030]
"""
SCENARIOS = 10_000
ALONE = 20
"""Scenarios computed one after the other for the comparison."""


def run() -> list[dict[str, Any]]:
    """Rows with name, ours_s, peer, peer_s, ratio (peer over ours) and note; seconds are of one scenario, or as named."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        grid = folder / "grid.yaml"
        grid.write_text(GRID.format(last=300 + SCENARIOS // 20 - 1), encoding="utf-8")
        two, two_clock, _ = _timed(grid, folder / "two", jobs=2)
        one, one_clock, _ = _timed(grid, folder / "one", jobs=1)
        same = sweep.read(folder / "one").equals(sweep.read(folder / "two"))
        _, _, killed = _timed(grid, folder / "killed", jobs=2, kill_at=SCENARIOS // 2)
        rows = len(sweep.read(folder / "killed"))
        alone = _one_by_one(grid)
    each = two_clock.computing / SCENARIOS
    return [
        {
            "name": f"{SCENARIOS:,} scenarios, 2 workers, each", "ours_s": each, "peer": "one after the other", "peer_s": alone, "ratio": alone / each,
            "note": f"aim: under 5 ms; {two:.0f} s in all, of which {two - two_clock.computing:.0f} s to check the grid and load libraries and data",
        },
        {
            "name": "the same with 1 worker, each", "ours_s": one_clock.computing / SCENARIOS, "peer": "2 workers", "peer_s": each, "ratio": one_clock.computing / two_clock.computing,
            "note": f"the ratio is the speed-up from one worker to two; aim: 1.8; {one:.0f} s in all; rows {'the same' if same else 'NOT THE SAME'}",
        },
        {
            "name": "a worker killed half way", "ours_s": None, "peer": None, "peer_s": None, "ratio": None,
            "note": f"{'a worker was' if killed else 'NO WORKER WAS'} killed; {rows:,} of {SCENARIOS:,} rows are there",
        },
    ]  # fmt: skip


class _Clock(Quiet):
    """Progress that takes the time from the first chunk handed out to the last one back."""

    def __init__(self, at: int, then: Callable[[], None]) -> None:
        super().__init__()
        self._at, self._then, self._done = at, then, 0
        self._first: float | None = None
        self.computing = 0.0

    def done(self, unit: str, seconds: float, steps: int, expected_left: float | None) -> None:
        """A chunk is back. The first one waited for libraries: the clock starts with it, less its own seconds."""
        if self._first is None:
            self._first = time.perf_counter() - seconds
        self._done += steps
        self.computing = time.perf_counter() - self._first
        if self._done >= self._at > 0:
            self._at = 0
            self._then()


def _timed(grid: Path, out: Path, *, jobs: int, kill_at: int = 0) -> tuple[float, _Clock, bool]:
    killed = threading.Event()

    def kill() -> None:
        if _kill_a_worker():
            killed.set()

    clock = _Clock(kill_at, kill)
    start = time.perf_counter()
    status = sweep.sweep(grid, out, jobs=jobs, progress=clock)
    assert status == 0, "some scenarios failed"
    return time.perf_counter() - start, clock, killed.is_set()


def _kill_a_worker() -> bool:
    """Kill a process that was forked from the one which we started last (Linux)."""
    for zygote in _children(os.getpid()):
        for worker in _children(zygote):
            os.kill(worker, signal.SIGKILL)
            return True
    return False


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    except OSError:
        return []


def _one_by_one(grid: Path) -> float:
    from corridors.study.headline import quick

    points = sweep_grid.read(grid).points
    asked = [point.scenario for point in points[:: len(points) // ALONE]][:ALONE]
    quick(asked[:1])
    start = time.perf_counter()
    for one in asked:
        quick([one])
    return (time.perf_counter() - start) / len(asked)
