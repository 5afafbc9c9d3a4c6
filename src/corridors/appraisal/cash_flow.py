"""Present value, rate of return and what would have to change: yearly flows in, one row a case.

All flows are in constant prices at the end of each year and are discounted to one base year, the
first if none is named; what falls before it gains interest instead. Residual value is the
straight-line share of a measure's life that is left when the period ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_LOWEST, _HIGHEST = 1e-2, 1e3
"""Of one plus the rate."""
_HALVINGS = 60
_ROUNDING_MUSD = 1e-6
"""Flows below this in every year, a dollar, are what rounding leaves of nothing."""


def discounted(flows: Array, rate: Array | float, base: int = 0) -> Array:
    """(B, Y) ``flows`` over ``(1 + rate)^(y - base)``, y = 0 for the first column: what each year's
    is worth in year ``base``. ``rate`` 0.09 is 9 %, (B,) or a number."""
    flows = np.atleast_2d(np.asarray(flows, dtype=float))
    years = base - np.arange(flows.shape[1])
    each = np.broadcast_to(np.asarray(rate, dtype=float), flows.shape[:1])[:, None]
    return np.asarray(flows * (1.0 + each) ** years)


def present_value(flows: Array, rate: Array | float, base: int = 0) -> Array:
    """(B,) sum of :func:`discounted` flows."""
    return np.asarray(discounted(flows, rate, base).sum(axis=1))


def internal_rate(flows: Array) -> Array:
    """(B,) the rate at which the present value of ``flows`` (B, Y) is zero, as a share: 0.12 is 12 %.

    By bisection in the logarithm of ``1 + rate``, on the flows of projects: costs come first, so
    the present value falls as the rate rises. Infinite where benefits cover costs at any rate
    (nobody is ever out of pocket), -1 where they do not even at -99 % (all is lost), NaN where
    there are no flows at all.
    """
    flows = np.atleast_2d(np.asarray(flows, dtype=float))
    low, high = np.full(len(flows), np.log(_LOWEST)), np.full(len(flows), np.log(_HIGHEST))
    at_low, at_high = present_value(flows, _LOWEST - 1.0), present_value(flows, _HIGHEST - 1.0)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        rising = present_value(flows, np.expm1(middle)) > 0.0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    rate = np.expm1(0.5 * (low + high))
    rate = np.where(at_high >= 0.0, np.inf, np.where(at_low <= 0.0, -1.0, rate))
    return np.where((flows == 0.0).all(axis=1), np.nan, rate)


@dataclass(frozen=True)
class Appraisal:
    """Benefits and costs by year (B, Y), million dollars, from ``first_year`` on, and what follows
    at ``rate`` (0.09: 9 %)."""

    first_year: int
    rate: float
    benefits: Array
    costs: Array
    base_year: int | None = None
    """To which everything is discounted; None: the first year."""

    @property
    def _base(self) -> int:
        """Column of the base year."""
        return 0 if self.base_year is None else self.base_year - self.first_year

    def _present(self, flows: Array) -> Array:
        return present_value(flows, self.rate, self._base)

    @property
    def years(self) -> tuple[int, ...]:
        return tuple(range(self.first_year, self.first_year + self.benefits.shape[1]))

    @property
    def present_benefits(self) -> Array:
        return self._present(self.benefits)

    @property
    def present_costs(self) -> Array:
        return self._present(self.costs)

    @property
    def npv(self) -> Array:
        """(B,) net present value."""
        return self.present_benefits - self.present_costs

    @property
    def net_until(self) -> Array:
        """(B, Y) present value of what has come in, less what was spent, by the end of each year."""
        return discounted(self.benefits - self.costs, self.rate, self._base).cumsum(axis=1)

    @property
    def bcr(self) -> Array:
        """(B,) present benefits over present costs; NaN where nothing is spent."""
        costs = self.present_costs
        return np.where(costs > 0.0, self.present_benefits / np.where(costs > 0.0, costs, 1.0), np.nan)

    @property
    def eirr(self) -> Array:
        """(B,) economic internal rate of return as a share; NaN where there is none."""
        return internal_rate(self.benefits - self.costs)

    def at(self, rate: float) -> Appraisal:
        """The same flows at another rate."""
        return Appraisal(self.first_year, rate, self.benefits, self.costs, self.base_year)

    def without_rounding(self) -> Appraisal:
        """The same with no flow at all in cases that have nothing but what rounding leaves of it."""
        size = np.maximum(np.abs(self.benefits), np.abs(self.costs)).max(axis=1, keepdims=True)
        there = size >= _ROUNDING_MUSD
        if there.all():
            return self
        return replace(self, benefits=np.where(there, self.benefits, 0.0), costs=np.where(there, self.costs, 0.0))

    def held_from(self, year: int) -> Appraisal:
        """The same with later benefits as in ``year``: nothing grows on."""
        column = year - self.first_year
        held = self.benefits.copy()
        held[:, column:] = held[:, column : column + 1]
        return Appraisal(self.first_year, self.rate, held, self.costs, self.base_year)

    def switching(self) -> dict[str, float]:
        """By how many percent one thing alone must change for the mean net present value to be zero.

        ``benefits_percent`` is -100 (1 - C / B), ``costs_percent`` 100 (B / C - 1), of mean present
        values; ``rate_percent`` is the rate at which the mean flows are worth nothing. NaN where no
        change of that one thing does it.
        """
        gain, cost = float(self.present_benefits.mean()), float(self.present_costs.mean())
        rate = internal_rate((self.benefits - self.costs).mean(axis=0))
        return {
            "benefits_percent": 100.0 * (cost / gain - 1.0) if gain > 0.0 else float("nan"),
            "costs_percent": 100.0 * (gain / cost - 1.0) if cost > 0.0 and gain > 0.0 else float("nan"),
            "rate_percent": 100.0 * float(rate[0]),
        }
