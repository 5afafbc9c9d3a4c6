"""Hours at a crossing as sources quote them, split into clearance and queue.

Corridor measurements (CAREC's CPMM) time a truck from arrival to release, so that their hours hold
the queue, which the model adds again. For crossings in ``data/network/hours_with_queue.csv``
clearance is what is left of the hours quoted,

    ``clearance = max(hours - w, hours / 2)``,

``w`` being the settled wait (:func:`corridors.transport.queue.steady_hours`) of the traffic counted
there in the base year, at the closures of that year: in the base state clearance and queue together
are the hours quoted. No source splits them, so never less than half is taken for clearance, as for
crossings of the world network.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.transport import queue

Array = npt.NDArray[np.float64]

MOST_COUNTED = 0.98
"""More than this part of what a crossing can pass has not been counted there."""
LEAST = 0.5
"""Clearance as a part of hours quoted with the queue, at least."""
_DAYS_PER_YEAR = 365.0
_HOURS = ("processing_hours", "processing_low", "processing_high")


def counted_wait(crossings: pd.DataFrame, usual_closure_days: Mapping[str, float]) -> Array:
    """Hours of queue (X,) of the traffic counted at each crossing in the base year; a crossing shut all year as if open.

    ``crossings`` is indexed by crossing; ``usual_closure_days`` are days a year shut in the base
    state, where other than today's.
    """
    closed = np.array(
        [
            usual_closure_days.get(str(name), days)
            for name, days in crossings["closure_days_per_year"].items()
        ],
        dtype=float,
    )
    opened = np.where(closed < _DAYS_PER_YEAR, 1.0 - closed / _DAYS_PER_YEAR, 1.0)
    capacity, days = (
        crossings[name].to_numpy(dtype=float)
        for name in ("capacity_trucks_per_day", "days_open_per_week")
    )
    taken = np.minimum(
        crossings["background_trucks_per_day"].to_numpy(dtype=float)
        / (capacity * days / 7.0 * opened),
        MOST_COUNTED,
    )
    lanes, hours, variability = (
        crossings[name].to_numpy(dtype=float) for name in ("lanes", "hours_open", "variability")
    )
    return queue.steady_hours(taken / (1.0 - taken), capacity, lanes, hours, days, variability)


def without_queue(
    crossings: pd.DataFrame, usual_closure_days: Mapping[str, float], measured: Collection[str],
) -> pd.DataFrame:
    """The table with processing hours and their range net of the queue at crossings in
    ``measured``, whose hours hold it."""
    held = np.array([name in measured for name in crossings.index])
    wait = np.where(held, counted_wait(crossings, usual_closure_days), 0.0)
    least = np.where(held, LEAST, 1.0)
    hours = {name: crossings[name].to_numpy(dtype=float) for name in _HOURS}
    return crossings.assign(**{name: np.maximum(value - wait, value * least) for name, value in hours.items()})
