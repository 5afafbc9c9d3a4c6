"""How long a queue in front of some lanes is: arrays in, arrays out.

Two kinds of waiting add up.

*Congestion.* Below capacity the mean wait of an M/G/c queue by Allen and Cunneen (1978; Kimura
1994): ``v C(c, x) / (K (1 - x))`` days, where ``K`` trucks a day is the capacity of all ``c`` lanes
together, ``x`` the load over capacity, ``C`` Erlang's probability that all lanes are busy and ``v =
(ca^2 + cs^2) / 2`` the mean squared coefficient of variation of the gaps between arrivals and of
the service times. Near and over capacity a queue never settles, so the wait is the mean over a
stated horizon ``T`` that starts with no queue, by the coordinate transformation of Kimber and
Hollis (1979) in the closed form of Akcelik (1991): ``T/4 [(x - 1) + sqrt((x - 1)^2 + 8 v C / (K
T))]``. It tends to the M/G/c wait below capacity and to the fluid queue ``T (x - 1) / 2`` above it.
A crossing has a ceiling: beyond it bookings are refused or trucks divert.

*Closed hours.* Where a crossing is shut for part of each day or week, those who arrive meanwhile
wait for it to open, and then for those ahead of them: the fluid queue ``t^2 / (2 P) * m / (m - a)``
for a period ``P`` of which ``t`` is shut, arrivals at rate ``a`` and service at rate ``m`` while
open.

Both are continuous, never fall with more traffic and never rise with more capacity.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

HOURS_PER_DAY = 24.0
HOURS_PER_WEEK = 168.0
HORIZON_DAYS = 365.0


def erlang_c(load: npt.ArrayLike, lanes: npt.ArrayLike) -> Array:
    """Probability that all lanes are busy in an M/M/c queue (Erlang 1917).

    ``load``: traffic over capacity, 0 to 1 (more counts as 1); ``lanes``: whole numbers >= 1; they
        broadcast.
    """
    x, c = np.broadcast_arrays(np.minimum(np.asarray(load, dtype=float), 1.0), np.asarray(lanes, dtype=float))
    offered = c * x
    blocked = np.ones(x.shape)
    for k in range(1, int(c.max(initial=1)) + 1):
        more = offered * blocked
        blocked = np.where(c >= k, more / (k + more), blocked)
    return np.asarray(blocked / (1.0 - x * (1.0 - blocked)))


def congestion_days(
    trucks_per_day: npt.ArrayLike,
    capacity_per_day: npt.ArrayLike,
    lanes: npt.ArrayLike,
    variability: npt.ArrayLike = 1.0,
    horizon_days: float = HORIZON_DAYS,
) -> Array:
    """Mean days a truck waits for a lane, closed hours and the ceiling left out. Arguments broadcast."""
    capacity = np.asarray(capacity_per_day, dtype=float)
    x = np.asarray(trucks_per_day, dtype=float) / capacity
    spread = 8.0 * np.asarray(variability, dtype=float) * erlang_c(x, lanes) / (capacity * horizon_days)
    over = x - 1.0
    root = np.sqrt(over * over + spread)
    # Below capacity the two terms nearly cancel; the second form keeps the digits.
    bracket = np.where(over > 0.0, over + root, spread / (root - np.minimum(over, 0.0)))
    return np.asarray(0.25 * horizon_days * bracket)


def closed_hours_wait(
    trucks_per_day: npt.ArrayLike,
    capacity_per_day: npt.ArrayLike,
    period_hours: float,
    closed_hours: npt.ArrayLike,
) -> Array:
    """Mean hours lost to the closed part of each period (a day, a week); 0 where nothing is closed.

    ``capacity_per_day`` is the average over the whole period, closed hours included.
    """
    closed = np.asarray(closed_hours, dtype=float)
    # Arrivals over the rate of service while open; at capacity it is the open share of the period.
    busy = np.minimum(np.asarray(trucks_per_day, dtype=float) / np.asarray(capacity_per_day, dtype=float), 1.0)
    idle = 1.0 - busy * (period_hours - closed) / period_hours
    return np.asarray(closed * closed / (2.0 * period_hours) / np.where(closed > 0.0, idle, 1.0))


def steady_hours(
    odds: npt.ArrayLike,
    capacity_trucks_per_day: npt.ArrayLike,
    lanes: npt.ArrayLike,
    hours_open: npt.ArrayLike = 24.0,
    days_open_per_week: npt.ArrayLike = 7.0,
    variability: npt.ArrayLike = 1.0,
) -> Array:
    """Mean hours from arrival to a lane where the queue has settled, without any ceiling. Arguments broadcast.

    ``odds`` is ``x / (1 - x)`` for traffic that takes a share ``x`` of what the crossing can pass,
    so that a crossing that is all but full keeps its digits. The wait is that of the M/G/c queue
    and of closed hours; it grows without limit as ``x`` tends to 1, which no traffic reaches.
    ``capacity_trucks_per_day`` is per day of opening.
    """
    ratio = np.asarray(odds, dtype=float)
    days = np.asarray(days_open_per_week, dtype=float)
    capacity = np.asarray(capacity_trucks_per_day, dtype=float) * days / 7.0
    x = ratio / (1.0 + ratio)
    waiting = HOURS_PER_DAY * np.asarray(variability, dtype=float) * erlang_c(x, lanes) * (1.0 + ratio) / capacity
    nights = closed_hours_wait(x, 1.0, HOURS_PER_DAY, HOURS_PER_DAY - np.asarray(hours_open, dtype=float))
    weekends = closed_hours_wait(x, 1.0, HOURS_PER_WEEK, HOURS_PER_WEEK - HOURS_PER_DAY * days)
    return np.asarray(waiting + nights + weekends)


def capped(hours: npt.ArrayLike, ceiling_hours: npt.ArrayLike) -> Array:
    """``hours`` where they are far below the ceiling, rising smoothly to it and never beyond."""
    ceiling = np.asarray(ceiling_hours, dtype=float)
    ratio = np.asarray(hours, dtype=float) / ceiling
    square = ratio * ratio
    quartic = square * square
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        below = ratio / np.sqrt(np.sqrt(1.0 + quartic))
        above = 1.0 / np.sqrt(np.sqrt(1.0 + 1.0 / quartic))
    return np.asarray(ceiling * np.where(ratio > 1.0, above, below))


def queue_hours(
    trucks_per_day: npt.ArrayLike,
    capacity_trucks_per_day: npt.ArrayLike,
    lanes: npt.ArrayLike,
    hours_open: npt.ArrayLike = 24.0,
    days_open_per_week: npt.ArrayLike = 7.0,
    variability: npt.ArrayLike = 1.0,
    longest_wait_days: npt.ArrayLike = 10.0,
    horizon_days: float = HORIZON_DAYS,
) -> Array:
    """Mean hours from arrival to a lane: congestion and closed hours together. Arguments broadcast.

    ``capacity_trucks_per_day`` is per day of opening; traffic is per calendar day and arrives
    evenly over it.
    """
    hours = np.asarray(hours_open, dtype=float)
    days = np.asarray(days_open_per_week, dtype=float)
    capacity = np.asarray(capacity_trucks_per_day, dtype=float) * days / 7.0
    waiting = HOURS_PER_DAY * congestion_days(trucks_per_day, capacity, lanes, variability, horizon_days)
    nights = closed_hours_wait(trucks_per_day, capacity, HOURS_PER_DAY, HOURS_PER_DAY - hours)
    weekends = closed_hours_wait(
        trucks_per_day, capacity, HOURS_PER_WEEK, HOURS_PER_WEEK - HOURS_PER_DAY * days
    )
    return capped(waiting + nights + weekends, HOURS_PER_DAY * np.asarray(longest_wait_days, dtype=float))
