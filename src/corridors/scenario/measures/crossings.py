"""Measures at border crossings: capacity, processing, days open, fees."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from corridors.scenario.measures.base import Crossings, Measured, Works, counted, named


class BorderCapacity(Measured):
    """Crossings serve so many trucks a day (per day of opening, both lanes and booths together)."""

    about = "the capacity of border crossings"
    at_crossings = True
    kind: Literal["border_capacity"]
    crossings: Crossings
    trucks_per_day: float = Field(ge=1, le=100_000, description="Trucks a day that the crossing can serve")

    @property
    def label(self) -> str:
        return f"{counted(self.trucks_per_day, 'truck')} a day at {named(self.crossings)}"

    def act(self, works: Works) -> None:
        works.set_at_crossings("capacity", self.crossings, self.trucks_per_day)


class CrossingTime(Measured):
    """What a truck spends at crossings when there is no queue."""

    about = "how long processing takes at border crossings"
    at_crossings = True
    kind: Literal["crossing_time"]
    crossings: Crossings
    processing_hours: float = Field(ge=0, le=720, description="Hours of processing with no queue")

    @property
    def label(self) -> str:
        return f"Processing in {counted(self.processing_hours, 'hour')} at {named(self.crossings)}"

    def act(self, works: Works) -> None:
        works.set_at_crossings("processing_hours", self.crossings, self.processing_hours)


_MOSTLY_SHUT_DAYS = 183
"""From so many days a year on a crossing is said to be shut, and below to be open."""


class Closure(Measured):
    """Crossings are shut so many days a year; 365 shuts them for good."""

    about = "how many days a year borders are shut"
    at_crossings = True
    kind: Literal["closure"]
    crossings: Crossings
    days_per_year: float = Field(ge=0, le=365, description="Days a year on which the crossing is shut")

    @property
    def label(self) -> str:
        names = named(self.crossings)
        if self.days_per_year == 365:
            return f"{names} shut all year"
        if self.days_per_year == 0:
            return f"{names} open all year"
        days = f"{counted(self.days_per_year, 'day')} a year"
        return f"{names} open but for {days}" if self.days_per_year < _MOSTLY_SHUT_DAYS else f"{names} shut {days}"

    def act(self, works: Works) -> None:
        works.set_at_crossings("closure_days", self.crossings, self.days_per_year)


class TariffOrFee(Measured):
    """What a truck pays at crossings."""

    about = "fees at border crossings"
    at_crossings = True
    kind: Literal["tariff_or_fee"]
    crossings: Crossings
    usd_per_truck: float = Field(ge=0, le=100_000, description="US dollars a truck pays in all")

    @property
    def label(self) -> str:
        return f"A fee of {counted(self.usd_per_truck, 'dollar')} a truck at {named(self.crossings)}"

    def act(self, works: Works) -> None:
        works.set_at_crossings("fee", self.crossings, self.usd_per_truck)
