"""Many cases on several cores: forked helpers fill their part of arrays that all of them see."""

from __future__ import annotations

import mmap
import os
import sys
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from corridors.runtime import machine

Array = npt.NDArray[np.float64]
Shapes = Mapping[str, tuple[int, ...]]

LEAST_BLOCKS = 2
"""Blocks of cases that a helper must have to be worth its start."""


def fill(
    shapes: Shapes,
    count: int,
    step: int,
    do: Callable[[int, int], Mapping[str, Array]],
    least: int = LEAST_BLOCKS,
) -> dict[str, Array]:
    """Arrays (count, \\*shape) by name, filled with what ``do(first, last)`` gives for ``step`` cases at a time.

    A helper has ``least`` blocks or more.

    The answer is the same on any number of cores. A helper that fails or is killed costs only time: its part is done
    here, and an error that is no accident is raised from there.
    """
    machine.keep_freed_memory()
    starts = range(0, count, step)
    parts = max(1, min(machine.cores(), len(starts) // least)) if _can_fork() else 1
    arrays = {name: _array((count, *shape), shared=parts > 1) for name, shape in shapes.items()}

    def work(some: Sequence[int]) -> None:
        for first in some:
            last = min(first + step, count)
            for name, value in do(first, last).items():
                arrays[name][first:last] = value

    helpers: dict[int, range] = {}
    left = []
    for part in range(1, parts):
        some = starts[part::parts]
        try:
            helpers[_forked(work, some)] = some
        except OSError:  # No process or memory to be had.
            left.append(some)
    try:
        work(starts[::parts])
    finally:
        left += [some for pid, some in helpers.items() if os.waitpid(pid, 0)[1] != 0]
    for some in left:
        work(some)
    return arrays


def _can_fork() -> bool:
    """A fork copies one thread only, so there must be no other that might hold a lock; elsewhere
    than on Linux it is not safe."""
    return sys.platform == "linux" and threading.active_count() == 1 and os.environ.get("CORRIDORS_NO_FORK", "") == ""


def _forked(work: Callable[[Sequence[int]], None], some: Sequence[int]) -> int:
    """The process id of a copy of this process that does ``some`` and ends."""
    with warnings.catch_warnings():
        # Python counts threads of Arrow's pool too; they wait, and the copy does not use them.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work(some)
            code = 0
        finally:
            # At once: what this process registered to run at its end must not run twice.
            os._exit(code)
    return pid


def _array(shape: tuple[int, ...], shared: bool) -> Array:
    if not shared or 0 in shape:
        return np.empty(shape)
    return np.frombuffer(mmap.mmap(-1, 8 * int(np.prod(shape))), dtype=np.float64).reshape(shape)
