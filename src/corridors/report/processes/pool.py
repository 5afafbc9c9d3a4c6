"""Where tasks are done: forked workers on this machine, or the workers of a Dask cluster.

Both hand back what was made as hashes of contents in the store, so the build need not care.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol

from corridors.errors import BuildError
from corridors.report.messages import Failure, Outcome, Task
from corridors.report.processes import forks
from corridors.report.store import Store
from corridors.runtime.machine import safe_path, starting_processes

Kept = dict[str, dict[str, str]]
"""Hashes of contents by step and file name."""
_STANDARD_ERROR = 2


class Pool(Protocol):
    """Takes tasks while it has room, and hands back each when it is done."""

    def room(self) -> bool:
        """True if another task can start now."""

    def submit(self, task: Task) -> None:
        """Start a task."""

    def next_done(self, timeout: float) -> tuple[Outcome, Kept] | None:
        """The outcome of a task that has ended and what it kept; None if none ends within ``timeout`` seconds."""

    def close(self) -> None:
        """Stop everything, finished or not."""


@dataclass
class _Worker:
    channel: Connection
    process: Any
    task: Task | None = None
    tries: int = 0
    deadline: float = 0.0

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.channel.close()
        self.process.kill()


class LocalPool:
    """``jobs`` workers forked from one warm process, or started anew where forking is not to be had.

    A worker that dies (out of memory, say) is replaced and its task tried once more.
    """

    def __init__(self, jobs: int, store: Store, modules: Sequence[str]) -> None:
        self._store = store
        self._modules = tuple(modules)
        self._zygote = forks.ZygoteProcess(modules) if forks.can_fork() else None
        self._may_restart = True
        self._environment = safe_path({**os.environ, **forks.ONE_THREAD, **forks.STEADY})
        self._workers: list[_Worker] = []
        self._jobs = jobs

    def room(self) -> bool:
        """True if a worker is free or may still be started."""
        return len(self._workers) < self._jobs or any(w.task is None for w in self._workers)

    def submit(self, task: Task) -> None:
        """Hand the task to a free worker."""
        worker = next((w for w in self._workers if w.task is None), None)
        if worker is not None and not self._may_start_early(task) and not worker.process.warm:
            # Forked before notebook libraries were loaded: one forked now has them at once.
            worker.stop()
            self._workers.remove(worker)
            worker = None
        if worker is None:
            worker = self._start(task)
            self._workers.append(worker)
        self._hand(worker, task, tries=1)

    @staticmethod
    def _may_start_early(task: Task) -> bool:
        return task.kind == "result"

    @staticmethod
    def _hand(worker: _Worker, task: Task, tries: int) -> None:
        worker.task, worker.tries, worker.deadline = task, tries, time.monotonic() + task.limits.task_seconds
        with contextlib.suppress(OSError):  # It has died: next_done will find its channel closed.
            worker.channel.send(task)

    def next_done(self, timeout: float) -> tuple[Outcome, Kept] | None:
        """The next outcome; a worker's death is an outcome too, after one more try, and so is a time limit."""
        busy = {w.channel: w for w in self._workers if w.task is not None}
        for channel in multiprocessing.connection.wait(list(busy), timeout):
            worker = busy[channel]  # type: ignore[index]
            try:
                outcome, kept = worker.channel.recv()
            except (EOFError, OSError):
                answer = self._after_death(worker)
                if answer is None:
                    continue
                return answer
            worker.task = None
            return outcome, kept
        late = next((w for w in busy.values() if time.monotonic() > w.deadline), None)
        return None if late is None else self._stopped(late)

    def _stopped(self, worker: _Worker) -> tuple[Outcome, Kept]:
        """A task that has taken too long: it would take as long again, so it is not tried once more."""
        task = worker.task
        assert task is not None
        worker.stop()
        self._workers.remove(worker)
        step = next(iter(task.todo.values()))
        return Outcome(
            task.unit,
            failure=Failure(step, f"stopped after the time limit ({task.limits.task_seconds:g} s)"),
        ), {}

    def _after_death(self, worker: _Worker) -> tuple[Outcome, Kept] | None:
        task, tries = worker.task, worker.tries
        assert task is not None
        with contextlib.suppress(TimeoutError):
            worker.process.wait(2.0)
        status = worker.process.poll()
        worker.stop()
        self._workers.remove(worker)
        if tries < 2:
            replacement = self._start(task)
            self._workers.append(replacement)
            self._hand(replacement, task, tries + 1)
            return None
        how = f"signal {-status}" if status is not None and status < 0 else f"exit status {status}"
        step = next(iter(task.todo.values()))
        return Outcome(
            task.unit,
            failure=Failure(
                step, f"the process that did it ended twice, with {how} (out of memory?)"
            ),
        ), {}

    def _start(self, task: Task) -> _Worker:
        if self._zygote is None:
            return self._spawn()
        try:
            return self._fork(self._zygote, task)
        except (OSError, BuildError) as error:
            if not self._may_restart or not self._zygote.has_ended():
                raise BuildError(f"cannot start a worker: {error}") from error
        # Killed from outside, by the system for memory perhaps: once is an accident.
        self._may_restart = False
        self._zygote.stop()
        self._zygote = forks.ZygoteProcess(self._modules)
        try:
            return self._fork(self._zygote, task)
        except (OSError, BuildError) as error:
            raise BuildError(f"cannot start a worker: {error}") from error

    def _fork(self, zygote: forks.ZygoteProcess, task: Task) -> _Worker:
        ours, theirs = socket.socketpair()
        try:
            process = forks.fork(
                zygote.address,
                "worker",
                {"store_folder": str(self._store.folder), "zygote": zygote.address},
                files=[_STANDARD_ERROR, _STANDARD_ERROR, theirs.fileno()],
                # What they keep for a while goes when the zygote goes, also after a kill.
                environment={**self._environment, "TMPDIR": str(zygote.folder)},
                early=self._may_start_early(task),
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return _Worker(Connection(ours.detach()), process)

    def _spawn(self) -> _Worker:
        from corridors.report.processes import worker

        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=worker.serve, args=(theirs, str(self._store.folder), None), daemon=False)
        with starting_processes():
            process.start()
        theirs.close()
        return _Worker(ours, _Spawned(process))

    def close(self) -> None:
        """End all workers and the process they came from."""
        for worker in self._workers:
            worker.stop()
        self._workers.clear()
        if self._zygote is not None:
            self._zygote.stop()


class _Spawned:
    """A multiprocessing process with what the pool needs of :class:`forks.Forked`."""

    warm = True
    """It loads what it needs when it needs it: another would be no warmer."""

    def __init__(self, process: Any) -> None:
        self._process = process

    def poll(self) -> int | None:
        return self._process.exitcode  # type: ignore[no-any-return]

    def wait(self, timeout: float) -> None:
        self._process.join(timeout)

    def kill(self) -> None:
        self._process.kill()
