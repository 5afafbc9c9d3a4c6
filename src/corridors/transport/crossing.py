"""One border crossing: hours lost there, and how a backlog grows."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from corridors.errors import CrossingError
from corridors.runtime.notebook_html import in_notebook
from corridors.transport import queue

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """A border crossing, described by what a traffic engineer would count there.

    Parameters
    ----------
    capacity_trucks_per_day: trucks released on a day of opening, all lanes together.
    lanes: trucks served side by side; each lane serves ``capacity / lanes`` a day of opening.
    processing_hours: what a truck spends with no queue (papers, inspections, weighing), 0 or more.
    hours_open: hours of opening on a day of opening, above 0 and up to 24.
    days_open_per_week: above 0 and up to 7.
    arrival_variability, service_variability: squared coefficient of variation of the gaps between
        arrivals and of service times; 1 and 1 is the M/M/c queue, arrivals in convoys have more.
    longest_wait_days: beyond it bookings are refused or trucks divert, so no truck waits longer.

    Raises :class:`~corridors.errors.CrossingError`, which names the argument, for a number that is
    missing, not finite, zero or negative where it may not be.
    """

    capacity_trucks_per_day: float = None  # type: ignore[assignment]
    lanes: int = None  # type: ignore[assignment]
    processing_hours: float = None  # type: ignore[assignment]
    hours_open: float = 24.0
    days_open_per_week: float = 7.0
    arrival_variability: float = 1.0
    service_variability: float = 1.0
    longest_wait_days: float = 60.0

    def __post_init__(self) -> None:
        _number("capacity_trucks_per_day", self.capacity_trucks_per_day, above=0.0)
        _number("lanes", self.lanes, above=0.0)
        if float(self.lanes) != int(self.lanes) or self.lanes > 10_000:
            raise CrossingError(f"crossing: lanes = {self.lanes!r}: must be a whole number from 1 to 10,000")
        _number("processing_hours", self.processing_hours, at_least=0.0)
        _number("hours_open", self.hours_open, above=0.0, at_most=24.0)
        _number("days_open_per_week", self.days_open_per_week, above=0.0, at_most=7.0)
        _number("arrival_variability", self.arrival_variability, at_least=0.0)
        _number("service_variability", self.service_variability, at_least=0.0)
        _number("longest_wait_days", self.longest_wait_days, above=0.0)

    def _repr_html_(self) -> str:
        """How a crossing shows itself in a notebook: what it is, and hours at some loads."""
        shares = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1)
        average = self.average_capacity_per_day
        rows = "".join(
            f"<tr><th "
            f"scope='row'>{share * average:,.0f}</th><td>{share:.0%}</td><td>{self.hours(share * average):,.1f}</td>"
            f"<td>{self.backlog(share * average, 30.0):,.0f}</td></tr>"
            for share in shares
        )
        return in_notebook(
            f"<p><strong>Border crossing</strong>: {self.capacity_trucks_per_day:,.0f} trucks a "
            f"day on {self.lanes} lanes, "
            f"{self.processing_hours:g} hours with no queue, open {self.hours_open:g} hours on "
            f"{self.days_open_per_week:g} days a week</p>"
            "<table><thead><tr><th scope='col'>Trucks a day</th><th scope='col'>Of "
            "capacity</th><th scope='col'>Hours</th>"
            f"<th scope='col'>Waiting after 30 days</th></tr></thead><tbody>{rows}</tbody></table>"
        )

    @property
    def average_capacity_per_day(self) -> float:
        """Trucks released on an average calendar day: less than capacity where some weekdays are closed."""
        return self.capacity_trucks_per_day * self.days_open_per_week / 7.0

    @overload
    def hours(self, trucks_per_day: float) -> float: ...
    @overload
    def hours(self, trucks_per_day: Array) -> Array: ...
    def hours(self, trucks_per_day: Any) -> Any:
        """Mean hours from arrival to release, with so many trucks arriving evenly over every day.

        Processing plus the queue of :func:`corridors.transport.queue.queue_hours`: over capacity,
        the mean over a year that starts with no queue, and at most ``longest_wait_days``. A number
        gives a number, an array an array. Raises CrossingError for traffic that is negative or not
        finite.
        """
        load = _traffic("trucks_per_day", trucks_per_day)
        waiting = queue.queue_hours(
            load,
            self.capacity_trucks_per_day,
            self.lanes,
            self.hours_open,
            self.days_open_per_week,
            0.5 * (self.arrival_variability + self.service_variability),
            self.longest_wait_days,
        )
        total = self.processing_hours + waiting
        return float(total) if np.ndim(trucks_per_day) == 0 else total

    @overload
    def backlog(self, trucks_per_day: float, days: float) -> float: ...
    @overload
    def backlog(self, trucks_per_day: Array, days: float) -> Array: ...
    def backlog(self, trucks_per_day: Any, days: float) -> Any:
        """Trucks waiting after so many days of this traffic, starting with none.

        ``K t / 2 [(x - 1) + sqrt((x - 1)^2 + 4 v x C / (K t))]``, the coordinate transformation of
        :mod:`corridors.transport.queue` for the length of the queue at the end of ``t`` days: over
        capacity it tends to arrivals less capacity, below it to the steady queue of the M/G/c
        approximation; never more than have arrived. Trucks kept by closed hours are added at their
        daily mean. Neither ceiling nor diversion applies: this is what would stand there if
        everyone stayed.
        """
        load = _traffic("trucks_per_day", trucks_per_day)
        _number("days", days, at_least=0.0)
        if days == 0:
            waiting = np.zeros(load.shape)
        else:
            capacity = self.average_capacity_per_day
            served = capacity * days
            x = load / capacity
            variability = 0.5 * (self.arrival_variability + self.service_variability)
            spread = 4.0 * variability * x * queue.erlang_c(x, self.lanes) / served
            over = x - 1.0
            root = np.sqrt(over * over + spread)
            bracket = np.where(over > 0.0, over + root, spread / (root - np.minimum(over, 0.0) + 1e-300))
            closed = queue.closed_hours_wait(load, capacity, 24.0, 24.0 - self.hours_open)
            closed = closed + queue.closed_hours_wait(
                load, capacity, 168.0, 168.0 - 24.0 * self.days_open_per_week
            )
            waiting = np.minimum(0.5 * served * bracket + load * closed / 24.0, load * days)
        return float(waiting) if np.ndim(trucks_per_day) == 0 else waiting

    def days_to_drain(self, waiting: float, trucks_per_day: float) -> float:
        """Days until a queue of ``waiting`` trucks has gone while so many a day arrive: ``Q / (K - a)``, the fluid queue.

        Infinite where no fewer arrive than are released. Raises CrossingError for numbers that are
        negative or not finite.
        """
        _number("waiting", waiting, at_least=0.0)
        _number("trucks_per_day", trucks_per_day, at_least=0.0)
        spare = self.average_capacity_per_day - trucks_per_day
        return waiting / spare if spare > 0.0 else (0.0 if waiting == 0 else math.inf)


def _number(
    name: str,
    value: Any,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
) -> None:
    """Refuse by name what is no finite number within its limits."""
    allowed = "a finite number"
    if above is not None:
        allowed += f" above {above:g}"
    if at_least is not None:
        allowed += f" of at least {at_least:g}"
    if at_most is not None:
        allowed += f" and at most {at_most:g}"
    if value is None:
        raise CrossingError(f"crossing: {name} is missing: must be {allowed}")
    # numpy's own numbers register with numbers.Real; True and False do too, but are no quantity.
    good = isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_)) and math.isfinite(value)
    good = good and (above is None or value > above) and (at_least is None or value >= at_least)
    if not (good and (at_most is None or value <= at_most)):
        raise CrossingError(f"crossing: {name} = {value!r}: must be {allowed}")


def _traffic(name: str, value: Any) -> Array:
    """Traffic as an array, refused by name unless it is finite and not negative."""
    try:
        load = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        load = np.array(math.nan)
    if value is None or not np.isfinite(load).all() or (load < 0).any():
        raise CrossingError(f"crossing: {name} = {value!r}: must be finite and at least 0")
    return load
