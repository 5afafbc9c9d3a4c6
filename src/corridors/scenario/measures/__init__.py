"""The measures a scenario can hold, each a frozen pydantic model that owns all that is known of its kind.

Every measure also has ``start`` (the year it begins), ``years_to_full_effect`` (0: at once) and, if
its file says so, its ``cost``. All levels are what holds *after* the measure: ``trucks_per_day:
800`` means that the crossing then serves 800 trucks a day.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from corridors.scenario.measures.base import (
    FIRST_YEAR,
    KINDS,
    LAST_YEAR,
    Cost,
    Frozen,
    Measured,
    Works,
)
from corridors.scenario.measures.crossings import BorderCapacity, Closure, CrossingTime, TariffOrFee
from corridors.scenario.measures.regimes import RegularService, SingleWindow, TransitRegime
from corridors.scenario.measures.ways import DirectFlights, NewLink, RailService, Road

if TYPE_CHECKING:
    Measure = Measured
else:
    Measure = Annotated[reduce(or_, KINDS.values()), Field(discriminator="kind")]

__all__ = [
    "FIRST_YEAR", "KINDS", "LAST_YEAR", "BorderCapacity", "Closure", "Cost", "CrossingTime",
    "DirectFlights", "Frozen", "Measure", "Measured",
    "NewLink", "RailService", "RegularService", "Road", "SingleWindow", "TariffOrFee", "TransitRegime", "Works",
]  # fmt: skip
