"""What we ask of the system about processes: who started whom, what they hold, limits, and how they end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import signal
import sys
import threading
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def thread_count() -> int:
    """Threads of this process, those of native libraries included where the system tells."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()


def children_of(pid: int) -> list[int]:
    """Processes started by this one, or handed to it when theirs ended; none where the system does not tell."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as listed:
                found += map(int, listed.read().split())
    return found


def descendants_of(pid: int) -> list[int]:
    """All that a process has started, and what they have."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children_of(waiting.pop())
        found += below
        waiting += below
    return found


def held_mb(pid: int) -> float:
    """Memory of a process and all it started: each one's own, and once what they share.

    What a fork still has in common with us counts as its own, as it does for the system's limit on
    data.
    """
    own = shared = 0
    for one in (pid, *descendants_of(pid)):
        with contextlib.suppress(OSError, ValueError), open(f"/proc/{one}/status") as told:
            held = {
                name: int(value.split()[0])
                for name, _, value in (line.partition(":") for line in told)
                if name in ("RssAnon", "RssShmem")
            }
            own += held.get("RssAnon", 0)
            shared = max(shared, held.get("RssShmem", 0))
    return (own + shared) / 1024


def adopt_orphans() -> None:
    """Ask the system (Linux) to make processes ours whose own parent has ended, if it was one of our children."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def seed_random(seed: int | None) -> None:
    """Give this process a random state of its own: from ``seed``, else from the system's entropy.

    Without this, two forks would draw the same numbers.
    """
    random.seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(None if seed is None else seed % 2**32)


def limit_memory(megabytes: int | None) -> None:
    """Let this process's data grow to ``megabytes`` and no further: past it Python raises MemoryError.

    It also puts itself first in line for the system's out-of-memory killer, before the build.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")
    if megabytes:
        with contextlib.suppress(ImportError, ValueError, OSError):
            import resource

            size = megabytes * 2**20
            resource.setrlimit(resource.RLIMIT_DATA, (size, size))
            # A file may lie in memory (/dev/shm) too.
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def die_with_parent() -> None:
    """Ask the system (Linux) to kill this process when its parent ends, however it ends."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def kill_group(pid: int) -> None:
    """End a process and all of its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
