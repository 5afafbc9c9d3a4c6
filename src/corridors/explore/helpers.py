"""Processes beside the kernel that solve their part of a question's cases.

A kernel has threads, so it cannot fork; a slider's answer would take one core of several. Each
helper is a Python process of its own that answers one request after the other and ends with the
kernel. Whatever a helper does not answer in time, the kernel solves itself: without any, answers
are the same and come later.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

from corridors.explore.solver import Cases, Solver
from corridors.runtime import machine
from corridors.study.settled import Change, joined
from corridors.transport.system import Pair

MOST = 3
"""With more parts than four the overhead of each outgrows the gain: a question has some forty cases."""
_PATIENCE_SECONDS = 0.05
_END_SECONDS = 2.0
_of_this_kernel: list[Helper] = []


class Helper:
    """A process that solves cases; it is asked again only when it has answered."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        environment = machine.safe_path({**os.environ, **dict.fromkeys(machine.ARITHMETIC_THREADS, "1")})
        nothing = subprocess.DEVNULL
        # -P: not the folder that the notebook lies in, where a file named like a library's may lie.
        command = [sys.executable, "-P", "-m", "corridors.explore.helper", str(theirs.fileno())]
        try:
            self._process = subprocess.Popen(
                command, stdin=nothing, stdout=nothing, stderr=nothing, env=environment, pass_fds=[theirs.fileno()]
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._channel: Connection | None = Connection(ours.detach())
        # It says that it is there before it answers anything.
        self._there, self._to_come = False, 1

    def ask(self, pair: Pair, cases: Cases) -> bool:
        """Whether it has nothing else to do and was asked. One that is still starting is asked too, so that it knows
        the pair by the next time, but not waited for."""
        while self._to_come and self._received(0.0) is not None:
            pass
        starting = self._to_come == 1 and not self._there
        if self._channel is None or (self._to_come and not starting):
            return False
        try:
            self._channel.send((pair, cases))
        except OSError:
            self._leave()
            return False
        self._to_come += 1
        return not starting

    def answer(self, seconds: float) -> Change | None:
        """What it found, None if it has not within ``seconds`` or could not."""
        found = self._received(seconds)
        return found if isinstance(found, Change) else None

    def _received(self, seconds: float) -> object | None:
        try:
            if self._channel is None or not self._channel.poll(seconds):
                return None
            found = self._channel.recv()
        except (OSError, EOFError):
            self._leave()
            return None
        self._there, self._to_come = True, self._to_come - 1
        return found  # type: ignore[no-any-return]

    def _leave(self) -> None:
        if self._channel is not None:
            self._channel.close()
        self._channel = None

    def stop(self) -> None:
        """End it."""
        self._leave()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def start(count: int | None = None) -> None:
    """Start helpers of this kernel (None: one a core beside the kernel's own), if they are not there yet."""
    wanted = min(MOST, machine.cores() - 1) if count is None else count
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # no process or memory to be had
        while len(_of_this_kernel) < wanted:
            _of_this_kernel.append(Helper())


@atexit.register
def stop() -> None:
    """End them."""
    while _of_this_kernel:
        _of_this_kernel.pop().stop()


def solved(pair: Pair, solver: Solver, cases: Cases) -> Change:
    """What the measures change in ``cases``, each helper solving a part of them and ``solver`` the rest."""
    parts = _parts(len(cases.year), 1 + len(_of_this_kernel))
    if len(parts) == 1:
        return solver.change(cases)
    some = [cases.some(rows) for rows in parts]
    asked = [helper.ask(pair, part) for helper, part in zip(_of_this_kernel, some[1:], strict=True)]
    began = time.perf_counter()
    found = [solver.change(some[0])]
    patience = time.perf_counter() - began + _PATIENCE_SECONDS
    for helper, was_asked, part in zip(_of_this_kernel, asked, some[1:], strict=True):
        answer = helper.answer(patience) if was_asked else None
        found.append(answer if answer is not None else solver.change(part))
    return joined(found)


def _parts(cases: int, count: int) -> Sequence[slice]:
    ends = [round(cases * k / count) for k in range(count + 1)]
    return [slice(first, last) for first, last in zip(ends[:-1], ends[1:], strict=True)]
