"""Timing a call inside this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np


def fastest(call: Callable[[], Any], times: int) -> tuple[float, Any]:
    """The least wall-clock seconds of several calls after a first one, and the result."""
    result = call()
    best = np.inf
    for _ in range(times):
        start = time.perf_counter()
        result = call()
        best = min(best, time.perf_counter() - start)
    return float(best), result
