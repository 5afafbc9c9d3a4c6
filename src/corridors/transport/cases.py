"""What tells cases apart, and where the search for each begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Start:
    """Where the iteration begins: at ``factor`` times the traffic of the base year, or where another solution ended.

    ``place`` (B, X + S) is the other's, or (B, X) if its services are none of ours. With its
    ``load`` (B, X), ``capacity`` (B, X), ``opened`` (B, X) and ``service_capacity`` (B, S), what
    has another capacity by now begins elsewhere.
    """

    place: Array | None = None
    load: Array | None = None
    capacity: Array | None = None
    opened: Array | None = None
    service_capacity: Array | None = None
    factor: float = 1.0

    def cut(self, part: Callable[[Array], Array]) -> Start:
        """The same for the cases that ``part`` takes from an array."""
        arrays = (self.place, self.load, self.capacity, self.opened, self.service_capacity)
        place, load, capacity, opened, service = (None if array is None else part(array) for array in arrays)
        return Start(place, load, capacity, opened, service, self.factor)


@dataclass(frozen=True)
class Cases:
    """What tells cases apart: parameters, measures, years, the study's trade, and what world trade makes of demand.

    ``values`` by name (B,) or (1,); ``phases`` (B, M); ``years`` (B,); ``traded`` million dollars
    by directed pair (B, C); ``shift`` (B, P) factor on the demand of each pair, or (1, 1).
    """

    values: Mapping[str, Array]
    phases: Array
    years: Array
    traded: Mapping[tuple[str, str], Array]
    shift: Array

    def cut(self, part: Callable[[Array], Array]) -> Cases:
        """Some of the cases, cases last."""
        return Cases(
            {name: part(value) for name, value in self.values.items()}, part(self.phases), part(self.years),
            {pair: part(value) for pair, value in self.traded.items()}, part(self.shift),
        )  # fmt: skip
