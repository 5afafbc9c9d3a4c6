"""When crossings fill, what they could carry, and how hours rise with traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.transport import queue
from corridors.transport.system import System, TransportState
from corridors.uncertainty.draws import BAND_AND_MIDDLE, levels

Array = npt.NDArray[np.float64]

DAYS_PER_YEAR = 365.0
FULLEST = 0.995
"""Where curves end, as a share of what passes."""
TAIL = 1.0 - np.append(np.geomspace(0.2, 2e-3, 11), 0.0)
"""Points near there, as shares of it: the wait bends fast."""
CAPACITIES: Mapping[str, float] = {"200": 200.0, "800": 800.0, "1000": 1000.0}
WIDENINGS = ("800", "1000")
"""Of these the ones that crossings would be widened to; 200 is what ministers said of those of today."""


def _cases(system: System, after: TransportState | None) -> list[tuple[str, Array]]:
    """Capacity a day of opening by crossing: today's, the figures discussed, and the scenario's. A figure to widen to is never
    a cut: what takes more today goes on taking it."""
    today = system.network.crossings["capacity_trucks_per_day"].to_numpy(dtype=float)
    cases = [("today", today)]
    for name, value in CAPACITIES.items():
        cases.append((name, np.maximum(today, value) if name in WIDENINGS else np.full(today.shape, value)))
    if after is not None:
        cases.append(("scenario", np.median(after.crossing_capacity, axis=0)))
    return cases


def background(system: System, params: Mapping[str, npt.ArrayLike], years: Sequence[int]) -> Array:
    """(B, T, X) trucks a calendar day that would come if the crossing were open and nobody were put off by queues.

    Counted traffic of the base year times its drawn factor, growing at the crossing's rate as
    drawn.
    """
    table = system.network.crossings
    factor = np.atleast_1d(np.asarray(params["background_traffic_factor"], dtype=float))
    score = np.atleast_1d(np.asarray(params["background_traffic_growth"], dtype=float))
    base_year = float(np.atleast_1d(np.asarray(params["traffic_base_year"], dtype=float))[0])
    rate = table["growth_percent"].to_numpy(dtype=float) / 100.0 + np.multiply.outer(
        score, table["growth_sd_percent"].to_numpy(dtype=float) / 100.0
    )
    rate = np.maximum(rate, -0.2)[:, None, :]
    after = np.asarray(years, dtype=float)[None, :, None] - base_year
    counts = table["background_trucks_per_day"].to_numpy(dtype=float)
    return np.asarray(factor[:, None, None] * counts * (1.0 + rate) ** after)


def crossing_years(
    system: System,
    params: Mapping[str, npt.ArrayLike],
    years: Sequence[int],
    study_trucks_per_day: npt.ArrayLike = 0.0,
    after: TransportState | None = None,
    growth: npt.ArrayLike = 1.0,
) -> pd.DataFrame:
    """How full each crossing is, year by year, at today's capacity, 200, 800, 1,000 and the scenario's.

    ``study_trucks_per_day`` (B, X) or broadcastable, times ``growth`` (B, T), stands for the study's
    part of what is counted and comes on top of the rest. Columns: crossing, capacity_case, capacity_trucks_per_day, year,
    utilisation_p10/p50/p90, probability_full.
    """
    own = np.asarray(study_trucks_per_day, dtype=float)
    load = background(system, params, years)
    if own.any():
        load *= 1.0 - system.own_part
        pace = np.broadcast_to(np.asarray(growth, dtype=float), load.shape[:2])
        for t in range(len(years)):
            load[:, t] += pace[:, t, None] * own
    week = system.network.crossings["days_open_per_week"].to_numpy(dtype=float) / 7.0
    rows = []
    trucks = levels(load, BAND_AND_MIDDLE)
    for case, capacity in _cases(system, after):
        low, middle, high = trucks / (capacity * week)
        full = (load / (capacity * week) >= 1.0).mean(axis=0)
        for x, crossing in enumerate(system.crossings):
            rows += [
                (
                    crossing,
                    case,
                    capacity[x],
                    int(year),
                    low[t, x],
                    middle[t, x],
                    high[t, x],
                    full[t, x],
                )
                for t, year in enumerate(years)
            ]
    names = [
        "crossing",
        "capacity_case",
        "capacity_trucks_per_day",
        "year",
        "utilisation_p10",
        "utilisation_p50",
        "utilisation_p90",
        "probability_full",
    ]
    return pd.DataFrame(rows, columns=names)


def steady_hours(
    system: System, crossing: str, capacity: float, open_share: float, trucks_per_day: npt.ArrayLike,
) -> Array:
    """Mean hours at a crossing, clearance and queue, at a load that it passes: the wait that the capacity constraint gives.

    ``capacity`` trucks a day of opening, on ``open_share`` of the days; ``trucks_per_day`` a
    calendar day, below ``capacity`` times the days of the week times ``open_share``; infinite from
    there on, as no queue settles.
    """
    row = system.network.crossings.loc[crossing]
    week = float(row["days_open_per_week"])
    taken = np.asarray(trucks_per_day, dtype=float) / (capacity * week / 7.0 * open_share)
    odds = np.minimum(taken, 1.0 - 1e-12) / np.maximum(1.0 - taken, 1e-12)
    waiting = queue.steady_hours(
        odds,
        capacity,
        float(row["lanes"]),
        float(row["hours_open"]),
        week,
        float(row["variability"]),
    )
    return np.where(taken < 1.0, float(row["processing_hours"]) + waiting, np.inf)


def crossing_curves(
    system: System, after: TransportState | None = None, crossings: Sequence[str] | None = None, points: int = 61
) -> pd.DataFrame:
    """Hours at a crossing against trucks a day, at each capacity: crossing, capacity_case,
    capacity_trucks_per_day, trucks_per_day, hours (central processing hours).

    Curves end at :data:`FULLEST` of what passes a calendar day, closures counted: no more than that
    ever passes, and the wait grows without limit towards it. A crossing that is shut has the curve
    of one that is open.
    """
    table = system.network.crossings
    shut = np.minimum(table["closure_days_per_year"].to_numpy(dtype=float), DAYS_PER_YEAR)
    opened = np.where(shut < DAYS_PER_YEAR, 1.0 - shut / DAYS_PER_YEAR, 1.0)
    rows = []
    cases = list(_cases(system, after))
    widest = np.max([capacity for _, capacity in cases], axis=0)
    for case, capacity in cases:
        if case == "scenario" and after is not None:
            share = np.median(after.open_share, axis=0)
            opened = np.where(share > 0.0, share, opened)
        for crossing in crossings or system.crossings:
            x = system.crossings.index(system.network.crossing(crossing))
            row = table.loc[crossing]
            most = 1.15 * max(1000.0, float(widest[x]))
            last = FULLEST * capacity[x] * float(row["days_open_per_week"]) / 7.0 * opened[x]
            grid = np.linspace(0.0, most, points)
            trucks = np.unique(np.minimum([*grid[grid < last], *(last * TAIL)], most))
            hours = steady_hours(system, crossing, float(capacity[x]), float(opened[x]), trucks)
            rows += [(crossing, case, capacity[x], t, h) for t, h in zip(trucks, hours, strict=True)]
    return pd.DataFrame(
        rows,
        columns=["crossing", "capacity_case", "capacity_trucks_per_day", "trucks_per_day", "hours"],
    )
