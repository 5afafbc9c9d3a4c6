"""What of the machine this process may use."""

from __future__ import annotations

import os

CORES_VARIABLE = "CORRIDORS_CORES"


def cores() -> int:
    """Cores this process may use; ``CORRIDORS_CORES`` says so where several computations run side by side."""
    named = os.environ.get(CORES_VARIABLE, "")
    if named.isdigit() and int(named) > 0:
        return int(named)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
