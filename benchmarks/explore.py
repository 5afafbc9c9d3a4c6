"""The explorer: from a slider to figures, fan, map and crossing, beside the full study of the same question."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from typing import Any

REPEATS = 7
DRAWS = 64


def run() -> list[Mapping[str, Any]]:
    """One row a slider: the median time until all charts have changed; the peer is ``study.run`` with 64 draws."""
    from corridors.explore.page import App
    from corridors.study import pipeline

    page = App(("PAK", "RUS"))
    started = time.perf_counter()
    pipeline.run(page.question().scenario(), draws=DRAWS)
    started = time.perf_counter()
    pipeline.run(page.question().scenario(), draws=DRAWS)
    full = time.perf_counter() - started
    page.controls["processing_hours_on"].value = True
    moves = {
        "Capacity": ("trucks_per_day", [100 + 100 * k for k in range(REPEATS)]),
        "Hours": ("processing_hours", [1 + k for k in range(REPEATS)]),
        "Value of time": ("value_of_a_day", [0.5 + 0.3 * k for k in range(REPEATS)]),
        "Elasticity": ("trade_elasticity", [3.0 + 0.5 * k for k in range(REPEATS)]),
    }
    rows = []
    for label, (name, values) in moves.items():
        seconds = []
        for value in values:
            page.controls[name].value = value
            seconds.append(page.seconds)
        ours = statistics.median(seconds)
        rows.append(
            {
                "name": f"{label} slider to all charts", "ours_s": ours, "peer": f"study.run, {DRAWS} draws", "peer_s": full,
                "ratio": full / ours, "note": f"{page.answer.study.draws if page.answer else 0} draws; aim 0.2 s",
            }
        )  # fmt: skip
    return rows
