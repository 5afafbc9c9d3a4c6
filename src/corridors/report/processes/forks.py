"""Starting the zygote and asking it for ready-made processes (the other side: :mod:`corridors.report.processes.zygote`).

Only the standard library is imported here, so that the command line stays quick.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from corridors.errors import BuildError
from corridors.runtime.machine import ARITHMETIC_THREADS, safe_path

ZYGOTE_VARIABLE = "CORRIDORS_ZYGOTE"
"""Environment variable with the socket of the zygote that new kernels are forked from."""

ONE_THREAD = {
    name: "1"
    for name in (
        *ARITHMETIC_THREADS,
        "POLARS_MAX_THREADS",
        "RAYON_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
    )
}
"""The build runs in parallel itself; a library's own threads would only compete, and must not exist at a fork."""

STEADY = {"PYTHONHASHSEED": "0", "MPLBACKEND": "agg", "PYTHONWARNINGS": "ignore"}
"""So that one build is like another; a library's warning would show a path of this machine."""

QUIET_LIBRARIES = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "_RJEM_MALLOC_CONF": "background_thread:false",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
"""Allocators of Arrow and Polars would start threads of their own when they are loaded; the
debugger that kernels carry would print a warning."""


def can_fork() -> bool:
    """True where processes can be forked and open files handed from one to another (not on Windows)."""
    return hasattr(os, "fork") and hasattr(socket, "send_fds") and os.environ.get("CORRIDORS_NO_FORK", "") == ""


class Forked:
    """A process forked by the zygote, with the part of ``subprocess.Popen`` that Jupyter needs.

    It lives as long as this object's connection: closing it (or dying) ends the process. ``warm``:
    all was loaded.
    """

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, *, timeout: float = 120.0) -> None:
        self._connection = connection
        self._connection.settimeout(timeout)
        self._received = b""
        self.returncode: int | None = None
        self.why = ""
        """Why the zygote ended it, if it did."""
        answer = self._line()
        if answer is None:
            raise BuildError("the process that forks kernels ended unexpectedly")
        self.pid: int = answer["pid"]
        self.warm: bool = answer["warm"]
        self._connection.setblocking(False)

    def poll(self) -> int | None:
        """The exit status if the process has ended (minus the signal if killed), else None."""
        if self.returncode is None:
            try:
                answer = self._line()
            except (BlockingIOError, InterruptedError):
                return None
            self.returncode = -signal.SIGKILL if answer is None else answer["exit"]
            self.why = "" if answer is None else answer.get("why", "")
            self._connection.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the process to end; its exit status. Raises TimeoutError after ``timeout`` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError(f"process {self.pid} is still running after {timeout} s")
            with selectors.DefaultSelector() as selector:
                selector.register(self._connection, selectors.EVENT_READ)
                selector.select(left)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, if the process has not ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process and all it started, now."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    terminate = kill

    def close(self) -> None:
        """Give up the process: the zygote ends it."""
        self._connection.close()

    def _line(self) -> dict[str, Any] | None:
        while b"\n" not in self._received:
            try:
                more = self._connection.recv(4096)
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            self._received += more
        line, _, self._received = self._received.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found


def fork(
    address: str,
    start: str,
    arguments: Mapping[str, Any],
    *,
    files: Sequence[int],
    environment: Mapping[str, str] | None = None,
    folder: str | Path = ".",
    seed: int | None = None,
    memory_mb: int | None = None,
    early: bool = False,
) -> Forked:
    """A new process forked from the zygote at ``address``: ``start`` is ``kernel`` or ``worker``.

    ``files`` are descriptors for standard output, standard error and (workers) the channel for
    tasks. One that may be ``early`` need not wait until everything is loaded. Raises BuildError or
    OSError if the zygote is not there.
    """
    request = {
        "start": start,
        "arguments": dict(arguments),
        "environment": dict(os.environ if environment is None else environment),
        "folder": str(Path(folder).resolve()),
        "seed": seed,
        "memory_mb": memory_mb,
        "early": early,
    }
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(address)
        message = json.dumps(request).encode() + b"\n"
        sent = socket.send_fds(connection, [message], list(files))
        connection.sendall(message[sent:])
        return Forked(connection)
    except BaseException:
        connection.close()
        raise


class ZygoteProcess:
    """A running zygote. It and all its children end with this process, or with :meth:`stop`.

    ``modules`` are imported by it beforehand. ``address`` can be forked from at once: requests wait
    until the modules are loaded, or enough of them.
    """

    def __init__(self, modules: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="corridors-"))
        self.address = str(self.folder / "zygote")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.address)
        self._listener.listen(64)
        settings = safe_path({**os.environ, **ONE_THREAD, **STEADY, **QUIET_LIBRARIES, **(environment or {})})
        # -P: not the folder that we are in, where a file named like a library's may lie.
        command = [
            sys.executable,
            "-P",
            "-m",
            "corridors.report.processes.zygote",
            str(self._listener.fileno()),
            *modules,
        ]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=settings,
            pass_fds=[self._listener.fileno()],
            start_new_session=True,
        )
        self._listener.close()
        self._hello: dict[str, Any] | None = None

    def hello(self) -> dict[str, Any]:
        """Wait until the modules are loaded: ``threads`` it then has, and modules that ``failed`` to load."""
        if self._hello is None:
            assert self._process.stdout is not None
            line = self._process.stdout.readline()
            if not line:
                raise BuildError("the process that forks kernels did not start")
            self._hello = json.loads(line)
        return self._hello

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def has_ended(self, patience_seconds: float = 1.0) -> bool:
        """Whether it is gone, though nobody stopped it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience_seconds)
        return self._process.poll() is not None

    def stop(self) -> None:
        """End it and everything forked from it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> ZygoteProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


_shared: ZygoteProcess | None = None
_shared_lock = threading.Lock()


def shared(modules: Sequence[str]) -> str | None:
    """The address of this process's own zygote, started when first asked for; None where forking is not to be had."""
    global _shared
    if not can_fork():
        return None
    with _shared_lock:
        if _shared is None:
            import atexit

            _shared = ZygoteProcess(modules)
            atexit.register(_shared.stop)
        return _shared.address
