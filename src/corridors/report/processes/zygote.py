"""The process that has the heavy libraries loaded and forks ready workers and kernels from itself.

Run as ``python -m corridors.report.processes.zygote DESCRIPTOR MODULE ...``. It imports the
modules, listens on a Unix socket and serves one request a connection, each a line of JSON::

    {"start": "kernel" | "worker", "arguments": {...}, "environment": {...}, "folder": "...",
     "seed": 7, "memory_mb": 4096, "early": false}

with three open files for standard output, standard error and (workers) the channel for tasks. The
answer is ``{"pid": N, "warm": true}``, and when that process ends ``{"exit": N}`` (minus the signal
if it was killed). One that may start ``early`` is forked as soon as a module says that enough is
loaded for that; ``warm`` tells whether everything was. A connection is the life of its process:
whoever closes it, or dies, takes the process and its children along, so nothing is left behind when
a build is killed.

It never opens a ZeroMQ context or an event loop, and numerical libraries have one thread in it, so
that a fork is clean. Arrow, which may have threads of its own by then, makes them anew in a fork.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from corridors.report.processes import kernel_child
from corridors.report.processes.system import (
    adopt_orphans,
    children_of,
    descendants_of,
    die_with_parent,
    held_mb,
    kill_group,
    limit_memory,
    seed_random,
    thread_count,
)

_LOOK_SECONDS = 0.5
"""How often the memory of children that have a limit is looked at."""
_STOP_SECONDS = 5.0


def preload(modules: list[str], between: Callable[[], None] = lambda: None) -> dict[str, str]:
    """Import ``modules``, and call ``warm_up()`` of those that have one; what failed, by module.

    A ``warm_up`` that yields has loaded enough for early work each time it does; ``between`` is
    called then. A failure is no error here: the step that needs the module will report it where it
    matters.
    """
    failed = {}
    for name in modules:
        try:
            module = importlib.import_module(name)
            warm_up = getattr(module, "warm_up", None)
            if callable(warm_up):
                for _ in warm_up() or ():
                    between()
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {error}"
    return failed


@dataclass
class _Request:
    fields: dict[str, Any]
    files: list[int]
    connection: socket.socket


@dataclass
class _Child:
    pid: int
    connection: socket.socket
    memory_mb: int | None = None
    why: str = ""
    """Why we ended it, if we did."""


class Zygote:
    """Accepts requests, forks, and reports how each child ended."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._children: dict[int, _Child] = {}
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = socket.socketpair()
        for end in (self._wake_read, self._wake_write):
            end.setblocking(False)
        self._warm = False
        self._waiting: list[_Request] = []
        signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: self._stop())
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._reap)
        self._selector.register(sys.stdin, selectors.EVENT_READ, self._stop)

    def glance(self, wait: bool = False) -> None:
        """Do what has been asked for by now; ``wait``: until something is."""
        if not self._warm:
            gc.freeze()  # What is loaded stays in pages shared with every child.
        limited = any(child.memory_mb for child in self._children.values())
        for key, _ in self._selector.select((_LOOK_SECONDS if limited else None) if wait else 0):
            key.data()
        if limited:
            self._look_at_memory()

    def serve(self) -> None:
        """Everything is loaded: serve until the process that started us is gone, which holds the
        other end of our input."""
        self._warm = True
        while self._waiting:
            self._fork(self._waiting.pop(0))
        while True:
            self.glance(wait=True)

    def _stop(self) -> NoReturn:
        for child in self._children.values():
            kill_group(child.pid)
        # What they started, in sessions of its own perhaps, is ours as soon as they are gone.
        self._children.clear()
        deadline = time.monotonic() + _STOP_SECONDS
        while self._end_strays() and time.monotonic() < deadline:
            time.sleep(0.002)
        # The folder of our socket is also where workers and kernels keep what they need for a
        # while.
        shutil.rmtree(os.path.dirname(self._listener.getsockname()), ignore_errors=True)
        os._exit(0)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.settimeout(5.0)
        try:
            message, files, *_ = socket.recv_fds(connection, 1 << 16, 3)
            while not message.endswith(b"\n"):
                more = connection.recv(1 << 16)
                if not more:
                    raise ConnectionError("request cut short")
                message += more
            request = json.loads(message)
        except (OSError, ValueError):
            connection.close()
            return
        asked = _Request(request, files, connection)
        if self._warm or request.get("early"):
            self._fork(asked)
        else:
            self._waiting.append(asked)

    def _fork(self, asked: _Request) -> None:
        connection, zygote = asked.connection, os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_child(asked, zygote)
        for file in asked.files:
            os.close(file)
        connection.settimeout(None)
        with contextlib.suppress(OSError):
            connection.sendall(json.dumps({"pid": pid, "warm": self._warm}).encode() + b"\n")
        self._children[pid] = _Child(pid, connection, asked.fields.get("memory_mb"))
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._abandoned(pid))

    def _abandoned(self, pid: int) -> None:
        """The one who asked for this child closed the connection: end the child."""
        child = self._children.get(pid)
        if child is None:  # It ended at the same moment, and was told of first.
            return
        with contextlib.suppress(OSError):
            if child.connection.recv(1):
                return
        self._selector.unregister(child.connection)
        child.connection.close()
        kill_group(pid)

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_read.recv(4096)
        for pid in list(self._children):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            child = self._children.pop(pid)
            # A kernel may have started processes of its own; they share its group, or are ours now.
            kill_group(pid)
            if child.connection.fileno() >= 0:
                self._selector.unregister(child.connection)
                with contextlib.suppress(OSError):
                    child.connection.sendall(
                        json.dumps(
                            {"exit": os.waitstatus_to_exitcode(status), "why": child.why}
                        ).encode()
                        + b"\n"
                    )
                child.connection.close()
        self._end_strays()

    def _end_strays(self) -> bool:
        """End processes that became ours when whoever started them ended; whether there were any.

        Only what we are asked for do we fork ourselves. So nothing that a notebook leaves behind
        outlives it, not even in a session of its own.
        """
        strays = [pid for pid in children_of(os.getpid()) if pid not in self._children]
        for pid in strays:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        return bool(strays)

    def _look_at_memory(self) -> None:
        """End a child that holds more than it may together with all it started, memory shared
        between processes included."""
        for child in self._children.values():
            if child.memory_mb and not child.why and (held := held_mb(child.pid)) > child.memory_mb:
                child.why = f"it held {held:,.0f} MB of memory; allowed: {child.memory_mb:,} MB"
                for pid in [child.pid, *descendants_of(child.pid)]:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, signal.SIGKILL)

    def _become_child(self, asked: _Request, zygote: int) -> NoReturn:
        request, files = asked.fields, asked.files
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
            self._selector.close()
            others = [*(c.connection for c in self._children.values()), *(r.connection for r in self._waiting)]
            for end in (asked.connection, self._listener, self._wake_read, self._wake_write, *others):
                end.close()
            for file in (file for other in self._waiting for file in other.files):
                os.close(file)
            _settle(request, files, zygote)
            start = {"kernel": kernel_child.run, "worker": _run_worker}[request["start"]]
            code = start(request["arguments"], files)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            # Not sys.exit: what the zygote registered to run at its own end must not run here.
            os._exit(code)


def _settle(request: dict[str, Any], files: list[int], zygote: int) -> None:
    """Give a new child its own session, files, environment, folder, limits and random state."""
    os.setsid()
    die_with_parent()
    if os.getppid() != zygote:  # It ended before we asked to end with it.
        raise SystemExit(1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(files[0], 1)
    os.dup2(files[1], 2)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(0, "r"),
        os.fdopen(1, "w", buffering=1),
        os.fdopen(2, "w", buffering=1),
    )
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]
    os.environ.clear()
    os.environ.update(request["environment"])
    tempfile.tempdir = None  # It was found once, from the zygote's own environment.
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    os.chdir(request["folder"])
    limit_memory(request.get("memory_mb"))
    seed_random(request.get("seed"))


def _run_worker(arguments: dict[str, Any], files: list[int]) -> int:
    from multiprocessing.connection import Connection

    from corridors.report.processes import worker

    os.close(files[0])
    os.close(files[1])
    worker.serve(Connection(files[2]), **arguments)
    return 0


def main(argv: list[str]) -> int:
    """Load the modules named in ``argv`` and serve the listening socket whose descriptor comes first."""
    descriptor, *modules = argv
    adopt_orphans()
    zygote = Zygote(socket.socket(fileno=int(descriptor)))
    failed = preload(modules, zygote.glance)
    gc.collect()
    gc.freeze()
    print(json.dumps({"ready": True, "failed": failed, "threads": thread_count()}), flush=True)
    zygote.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
