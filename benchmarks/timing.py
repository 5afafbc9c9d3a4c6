"""Timing a call inside this process, and watching the memory of others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def fastest(call: Callable[[], Any], times: int) -> tuple[float, Any]:
    """The least wall-clock seconds of several calls after a first one, and the result."""
    result = call()
    best = np.inf
    for _ in range(times):
        start = time.perf_counter()
        result = call()
        best = min(best, time.perf_counter() - start)
    return float(best), result


class Memory(threading.Thread):
    """Watches what a process and its children hold together (Linux): ``peak_mb`` when it is stopped."""

    def __init__(self, pid: int, every_s: float = 0.1) -> None:
        super().__init__(daemon=True)
        self._pid, self._every_s, self._end = pid, every_s, threading.Event()
        self.peak_mb = 0.0
        self.start()

    def run(self) -> None:
        """Look now and then: the system counts page by page, so often would slow down what is measured."""
        while not self._end.wait(self._every_s):
            self.look()

    def look(self) -> None:
        """Once."""
        self.peak_mb = max(self.peak_mb, sum(_memory_mb(pid) for pid in _family(self._pid)))

    def stop(self) -> None:
        """Stop looking."""
        self._end.set()
        self.join()


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        try:
            found += [int(child) for task in Path(f"/proc/{one}/task").iterdir() for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def _memory_mb(pid: int) -> float:
    """Proportional set size: pages that processes share are counted once."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    except OSError:
        return 0.0
