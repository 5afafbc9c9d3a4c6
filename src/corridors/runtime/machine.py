"""What of the machine this process may use."""

from __future__ import annotations

import os

CORES_VARIABLE = "CORRIDORS_CORES"

ARITHMETIC_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that say how many threads numerical libraries start, read when they are loaded."""


def one_thread() -> None:
    """Numerical libraries loaded from now on use one thread, unless the user said otherwise.

    Our matrices are many and small: more threads do not help, and those of two processes wait for each other.
    """
    for name in ARITHMETIC_THREADS:
        os.environ.setdefault(name, "1")


def cores() -> int:
    """Cores this process may use; ``CORRIDORS_CORES`` says so where several computations run side by side."""
    named = os.environ.get(CORES_VARIABLE, "")
    if named.isdigit() and int(named) > 0:
        return int(named)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
