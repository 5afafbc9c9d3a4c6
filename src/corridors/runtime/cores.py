"""Many cases on several cores: forked helpers fill their part of arrays that all of them see."""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from corridors.runtime import machine

Array = npt.NDArray[np.float64]
Shapes = Mapping[str, tuple[int, ...]]
T = TypeVar("T")

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


@contextmanager
def beside(do: Callable[[], T]) -> Iterator[Callable[[], T]]:
    """``do`` in a copy of this process while this one goes on; calling what is given waits for its answer.

    The answer is the same as here, where it is worked out at that call if there is no second core, no copy to be had, or
    the copy has failed. A copy that nobody waits for ends with the block.
    """
    if machine.cores() < 2 or not _can_fork():
        yield do
        return
    read, write = os.pipe()

    def work(_: Sequence[int]) -> None:
        os.close(read)
        os.environ["CORRIDORS_NO_FORK"] = "1"
        with os.fdopen(write, "wb") as out:
            pickle.dump(do(), out, protocol=pickle.HIGHEST_PROTOCOL)

    try:
        pid = _forked(work, ())
    except OSError:
        os.close(read)
        os.close(write)
        yield do
        return
    os.close(write)
    running = True

    def answer() -> T:
        nonlocal running
        with os.fdopen(os.dup(read), "rb") as given:
            told = given.read()
        done = os.waitpid(pid, 0)[1] == 0
        running = False
        return pickle.loads(told) if done else do()

    try:
        yield answer
    finally:
        os.close(read)
        if running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


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
