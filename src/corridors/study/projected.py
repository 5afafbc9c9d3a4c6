"""Paths of a pair's trade in many times as many draws as are solved, without holding each case of them apart.

What is held are the projected paths; what queues, borders and measures make of them are factors of
the solved draws, multiplied on when a year is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

WAYS = ("exports", "imports")
FLOWS = (*WAYS, "total")
AT_ONCE = 2**20
"""About how many numbers are worked on together."""


@dataclass(frozen=True)
class Paths:
    """``projected`` exports and imports (W, T), million dollars, times each of ``factors`` (B, T) in turn, a case of exports and
    imports, repeated along the W draws."""

    projected: Mapping[str, Array]
    factors: tuple[tuple[Array, Array], ...] = ()

    def moved(self, by: tuple[Array, Array]) -> Paths:
        """The same times the exponential of ``by`` (B, T), exports and imports."""
        return replace(self, factors=(*self.factors, (np.exp(by[0]), np.exp(by[1]))))

    def at(self, flow: str, years: int | slice) -> Array:
        """``exports``, ``imports`` or ``total`` of the years with these numbers, (W,) of one or (W, t)."""
        if flow == "total":
            return self.at("exports", years) + self.at("imports", years)
        value = np.ascontiguousarray(self.projected[flow][:, years])
        for pair in self.factors:
            factor = pair[WAYS.index(flow)][:, years]
            value = (value.reshape(-1, *factor.shape) * factor).reshape(value.shape)
        return value

    def few_at_once(self) -> Iterator[slice]:
        """All years, a few at a time where they are many draws."""
        draws, count = self.projected["exports"].shape
        step = max(AT_ONCE // draws, 1)
        return (slice(first, min(first + step, count)) for first in range(0, count, step))

    def first(self, flow: str, draws: int) -> Array:
        """``exports`` or ``imports`` of the first ``draws`` (at most B), (draws, T)."""
        value = self.projected[flow][:draws]
        for pair in self.factors:
            value = value * pair[WAYS.index(flow)][:draws]
        return value
