"""The same work on a Dask cluster, whose workers share no disk with this machine.

The contents that a task needs travel with it, and what it made comes back into the store here. On
its worker a task is done as it would be done here: by a process forked from a warm one
(:class:`corridors.report.processes.pool.LocalPool`), so kernels are as quick and as isolated. A
worker that is lost costs its task, which Dask gives to another.

A worker must have the same version of this package and of its data; one that has not does nothing
and says so.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import importlib
import logging
import queue
import shutil
import socket
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from corridors.errors import BuildError, nearest
from corridors.report.messages import Failure, Files, Outcome, Task
from corridors.report.processes import forks
from corridors.report.processes.pool import Kept, LocalPool
from corridors.report.store import Store
from corridors.runtime import installation

LOCAL = "local"
CONNECT_SECONDS = 4.0
"""How long to wait for a scheduler to answer: first for its port, then for Dask behind it."""
PATIENCE_SECONDS = 60.0
"""How long to wait for a local cluster, and for the first worker of any."""

_SCHEMES = ("tcp", "tls", "ws", "wss", "ucx")
_ALLOWED = "Give tcp://HOST:PORT, or 'local'"

Sent = tuple[Outcome, dict[str, Files]]


class ClusterPool:
    """Gives tasks to the Dask cluster at ``address`` (``tcp://host:8786``), or with ``local`` to one made here.

    ``preload`` are modules that workers load beforehand. ``jobs`` limits the workers of a local
    cluster. Raises BuildError if no scheduler or no worker answers.
    """

    def __init__(self, address: str, store: Store, preload: Sequence[str], *, jobs: int | None = None) -> None:
        if address != LOCAL:
            _check_address(address)
            _check_greeting(address)
        from distributed import Client

        self._store, self._preload = store, tuple(preload)
        self._cluster: Any = None
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._running: dict[Any, tuple[Task, Any]] = {}
        try:
            if address == LOCAL:
                self._cluster = _local(jobs)
            patience = PATIENCE_SECONDS if address == LOCAL else CONNECT_SECONDS
            self._client = Client(
                self._cluster or address, timeout=patience, set_as_default=False,
            )  # type: ignore[no-untyped-call]
        except Exception as error:
            self._close_cluster()
            raise BuildError(
                f"--scheduler {address}: no Dask scheduler answers there ({_first_line(error)}). {_ALLOWED}"
            ) from error
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
        except TimeoutError as error:
            self.close()
            raise BuildError(
                f"--scheduler {address}: it has no workers; start some with: dask worker {address}"
            ) from error

    def room(self) -> bool:
        """True while there is a thread for each task and one task more, so that no worker waits for us."""
        threads = sum(self._client.nthreads().values())  # type: ignore[no-untyped-call]
        return len(self._running) <= max(1, threads)

    def submit(self, task: Task) -> None:
        """Send the task with the contents it needs."""
        contents = {digest: self._content(digest) for digest in set(task.inputs.values())}
        future = self._client.submit(do, task, contents, self._preload, version(task.craft), pure=False, retries=0)
        self._running[future.key] = (task, future)
        future.add_done_callback(self._done.put)  # type: ignore[no-untyped-call]

    def _content(self, digest: str) -> bytes:
        content = self._store.content(digest)
        if content is None:
            raise BuildError("a stored file was damaged while it was needed; build again to make it anew")
        return content

    def next_done(self, timeout: float) -> tuple[Outcome, Kept] | None:
        """The next outcome; a task that took several workers with it is an outcome too."""
        try:
            future = self._done.get(timeout=timeout)
        except queue.Empty:
            if self._client.status != "running":
                raise BuildError(
                    "the connection to the Dask scheduler is lost; build again, it takes up where it stopped"
                ) from None
            return None
        task, _ = self._running.pop(future.key)
        if future.status == "cancelled":
            raise BuildError("the Dask scheduler has gone; build again, it takes up where it stopped")
        error = future.exception()
        if error is not None:
            return Outcome(task.unit, failure=Failure(next(iter(task.todo.values())), _told(error))), {}
        outcome, made = future.result()
        return outcome, {
            step: {name: self._store.put_content(content) for name, content in files.items()}
            for step, files in made.items()
        }

    def close(self) -> None:
        """Give up what is still running, and end a cluster made here."""
        with contextlib.suppress(Exception):
            self._client.cancel(
                [future for _, future in self._running.values()], force=True,
            )  # type: ignore[no-untyped-call]
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)  # type: ignore[no-untyped-call]
        self._close_cluster()

    def _close_cluster(self) -> None:
        if self._cluster is not None:
            with contextlib.suppress(Exception):
                self._cluster.close(timeout=10)


def _check_address(address: str) -> None:
    """BuildError if this is no address, or nothing listens there: Dask itself would try for a long
    time, and say less."""
    scheme, _, rest = address.rpartition("://")
    if scheme and scheme not in _SCHEMES:
        raise BuildError(f"--scheduler {address}: {scheme!r} is not a protocol{nearest(scheme, _SCHEMES)}. {_ALLOWED}")
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.path or parts.query or parts.username is not None:
        raise BuildError(f"--scheduler {address}: is no address. {_ALLOWED}")
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()

    def knock() -> None:
        try:
            socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
            answers.put("")
        except (OSError, UnicodeError) as error:
            answers.put(_first_line(error))

    # In a thread: looking up a name may take longer than anybody wants to wait.
    threading.Thread(target=knock, daemon=True).start()
    try:
        wrong = answers.get(timeout=CONNECT_SECONDS)
    except queue.Empty:
        wrong = f"no answer within {CONNECT_SECONDS:g} s"
    if wrong:
        raise BuildError(f"--scheduler {address}: no Dask scheduler answers there ({wrong}). {_ALLOWED}")


def _check_greeting(address: str) -> None:
    """BuildError if what listens there does not greet as Dask does: a client would wait for it, and
    again when it is let go."""
    from distributed import Security
    from distributed.comm.core import connect

    async def greet() -> None:
        arguments = Security().get_connection_args("client")  # type: ignore[no-untyped-call]
        comm = await connect(address, timeout=CONNECT_SECONDS, **arguments)  # type: ignore[no-untyped-call]
        comm.abort()

    try:
        asyncio.run(asyncio.wait_for(greet(), CONNECT_SECONDS))
    except Exception as error:  # What is no scheduler can say anything: of 3 EiB to come, for one.
        silent = isinstance(error, TimeoutError)
        wrong = f"no greeting within {CONNECT_SECONDS:g} s" if silent else "what listens there does not greet as Dask does"
        raise BuildError(f"--scheduler {address}: no Dask scheduler answers there ({wrong}). {_ALLOWED}") from error


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]


def _local(jobs: int | None) -> Any:
    """A cluster of processes on this machine; those it starts later, for lost ones, have a safe path too."""
    import dask
    from distributed import LocalCluster

    from corridors.runtime.machine import cores, starting_processes

    with starting_processes(), dask.config.set({"distributed.nanny.pre-spawn-environ.PYTHONSAFEPATH": "1"}):
        return LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=jobs or cores(), threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL
        )


def _told(error: BaseException) -> str:
    from distributed.scheduler import KilledWorker

    if isinstance(error, KilledWorker):
        return "every worker that tried it ended (out of memory?)"
    return f"{type(error).__name__}: {error}"


@lru_cache
def version(craft: str) -> str:
    """What the module that does a task says of itself: two machines that say the same make the same."""
    told: str = importlib.import_module(craft).version()
    return told


# --- on a worker
# ---------------------------------------------------------------------------------------------


class _Here(threading.local):
    """The pool of one thread of a worker, with a store of its own for what a task needs and makes."""

    pool: LocalPool | None = None
    modules: tuple[str, ...] = ()
    folder: Path


_here = _Here()


def do(task: Task, contents: Mapping[str, bytes], modules: tuple[str, ...], expected: str) -> Sent:
    """Do the task on this worker: its outcome, and the files it made by step and name."""
    if version(task.craft) != expected or not installation.unchanged():
        return _refused(
            task,
            "the worker has another version of trade-corridors or of its data; install the same there",
        )
    sent = _do_in_a_fork(task, contents, modules) if forks.can_fork() else _do_in_this_process(task, contents)
    return (
        sent
        if installation.unchanged()
        else _refused(
            task, "library or data changed on the worker while it was made; start the worker anew"
        )
    )


def _refused(task: Task, why: str) -> Sent:
    return Outcome(task.unit, failure=Failure(next(iter(task.todo.values())), why)), {}


def _do_in_a_fork(task: Task, contents: Mapping[str, bytes], modules: tuple[str, ...]) -> Sent:
    pool, store = _pool(modules)
    try:
        for content in contents.values():
            store.put_content(content)
        pool.submit(task)
        while (answer := pool.next_done(timeout=60.0)) is None:
            pass
        outcome, kept = answer
        made = {
            step: {name: store.content(digest) or b"" for name, digest in files.items()}
            for step, files in kept.items()
        }
    finally:
        shutil.rmtree(store.folder, ignore_errors=True)
    return outcome, made


def _pool(modules: tuple[str, ...]) -> tuple[LocalPool, Store]:
    if _here.pool is None or _here.modules != modules:
        if _here.pool is not None:
            _here.pool.close()
        _here.folder = Path(tempfile.mkdtemp(prefix="corridors-"))
        _here.pool, _here.modules = LocalPool(1, Store(_here.folder), modules), modules
        atexit.register(_here.pool.close)
    return _here.pool, Store(_here.folder)


def _do_in_this_process(task: Task, contents: Mapping[str, bytes]) -> Sent:
    from corridors.report.tasks import perform

    outcome = perform(task, contents.__getitem__)
    made, outcome.made = outcome.made, {}
    return outcome, made
