"""What measures cost: as stated, else what is usual of their kind (``data/measure_costs.csv``), with its range.

A range low, central, high is drawn by one score for all measures of a case: works that are dearer
than planned in one place are dearer in the next (Flyvbjerg, Holm and Buhl 2002 find rail 45 % and
roads 20 % above what was planned, everywhere).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]
_Z90 = 1.2815515655446004
USUAL_LIFE_YEARS = 30
_AT_ONCE = 1e-6
"""Years of works that need none: all is paid in the year before the start."""

UNKNOWN = pd.Series(
    {
        "item": "unknown", "unit": "measure", "capital_low_musd": 0.0, "capital_musd": 0.0,
        "capital_high_musd": 0.0, "yearly_share": 0.0, "life_years": 30,
        "works_low_years": 0.0, "works_years": 0.0, "works_high_years": 0.0,
        "in_price": True, "payer": "unknown",
        "note": "no usual cost of this kind is known; state one in the scenario", "source_url": "",
    }
)  # fmt: skip
"""Stands for a kind of measure that ``data/measure_costs.csv`` has no row of."""


@dataclass(frozen=True)
class MeasureCost:
    """One measure's cost: capital and yearly million dollars (low, central, high), life, and where the figures are from.

    ``counted`` is false where shippers pay for it in the rate of a service, so that it must not be
    added. ``works_years`` (low, central, high) is how long works take before ``start``, the year in
    which the measure begins to work.
    """

    measure: str
    kind: str
    item: str
    units: float
    unit: str
    capital_musd: tuple[float, float, float]
    yearly_musd: tuple[float, float, float]
    life_years: int
    start: int
    works_years: tuple[float, float, float]
    stated: bool
    counted: bool
    payer: str
    note: str
    source_url: str


def of_measures(measures: Sequence[Any], quantities: Sequence[float], table: pd.DataFrame) -> tuple[MeasureCost, ...]:
    """The cost of each measure.

    Parameters
    ----------
    measures: with ``kind``, ``label``, ``start``, ``years_to_full_effect``, ``cost`` (None: what is
    usual) and for a new link ``mode``.
    quantities: how many units of its kind each one is (:mod:`corridors.study.worth` reads them off
    the network).
    table: ``data/measure_costs.csv``.
    """
    return tuple(_of_one(m, q, _row(m, table)) for m, q in zip(measures, quantities, strict=True))


def _row(measure: Any, table: pd.DataFrame) -> pd.Series:
    kind = getattr(measure, "costs_as", "") or str(measure.kind)
    key = f"{kind}:{measure.mode}" if kind == "new_link" else kind
    found = table[[key in str(kinds).split() for kinds in table["kinds"]]]
    return UNKNOWN if found.empty else found.iloc[0]


def _of_one(measure: Any, units: float, row: pd.Series) -> MeasureCost:
    usual = tuple(units * float(row[c]) for c in ("capital_low_musd", "capital_musd", "capital_high_musd"))
    yearly = tuple(float(row["yearly_share"]) * v for v in usual)
    stated = getattr(measure, "cost", None)
    life = int(row["life_years"])
    works = _three(tuple(row[c] for c in ("works_low_years", "works_years", "works_high_years")))
    if stated is not None:
        usual, yearly = _three(stated.capital_musd), _three(stated.yearly_musd)
        life = int(stated.life_years) if stated.life_years else life
        if getattr(stated, "works_years", None) is not None:
            works = _three(stated.works_years)
    return MeasureCost(
        measure=str(measure.label),
        kind=str(measure.kind),
        item=str(row["item"]),
        units=units,
        unit=str(row["unit"]),
        capital_musd=_three(usual),
        yearly_musd=_three(yearly),
        life_years=max(life, 1),
        start=int(measure.start),
        works_years=works if max(usual) > 0.0 else (0.0, 0.0, 0.0),
        stated=stated is not None,
        counted=stated is not None or not bool(row["in_price"]),
        payer=str(row["payer"]),
        note="as stated in the scenario" if stated is not None else str(row["note"]),
        source_url="" if stated is not None or pd.isna(row["source_url"]) else str(row["source_url"]),
    )


def _three(value: Any) -> tuple[float, float, float]:
    if isinstance(value, (int, float)):
        return float(value), float(value), float(value)
    low, central, high = (float(v) for v in value)
    return low, central, high


def drawn(range_musd: tuple[float, float, float], score: Array) -> Array:
    """(B,) amounts: ``score`` 0 gives the middle, and low and high are the 10th and 90th percentile of a standard normal score.

    In logarithms, the two sides apart; in a straight line where an end is zero.
    """
    low, mid, high = range_musd
    z = np.asarray(score, dtype=float) / _Z90
    if low > 0.0:
        return np.asarray(mid * np.exp(np.where(z > 0.0, z * np.log(high / mid), -z * np.log(low / mid))))
    return np.asarray(np.maximum(mid + np.where(z > 0.0, z * (high - mid), z * (mid - low)), 0.0))


def last_year(costs: Sequence[MeasureCost], first_year: int, most_years: int = 60) -> int:
    """The last year of the appraisal: that in which the longest life among the measures ends, at most ``most_years`` on.

    A measure without counted capital has 30 years from the first, so that a cheap one beside it
    does not cut its gains short.
    """
    usual = first_year + USUAL_LIFE_YEARS - 1
    ends = [c.start + c.life_years - 1 if c.counted and max(c.capital_musd) > 0.0 else usual for c in costs]
    return min(max(ends, default=usual), first_year + most_years - 1)


def _years_of_works(cost: MeasureCost, score: Array) -> Array:
    """(B,) years of works, inside their range: the tails of a score of costs say nothing of time."""
    return drawn(cost.works_years, np.clip(score, -_Z90, _Z90))


def first_year(costs: Sequence[MeasureCost], score: Array, base_year: int) -> int:
    """The first year in which anything is spent on counted measures in any case, ``base_year`` at the latest."""
    begun = [
        c.start - max(float(np.max(_years_of_works(c, score))), 1.0)
        for c in costs
        if c.counted and max(c.capital_musd) > 0.0
    ]
    return min(math.floor(min(begun, default=base_year)), base_year)


def _while_built(ready: int, works: Array, years: Array) -> Array:
    """(B, Y) share of a capital that is spent in each year: evenly over the ``works`` years before ``ready``."""
    length = np.maximum(works, _AT_ONCE)[:, None]
    begun = np.maximum(ready - length, years[None, :])
    return np.asarray(np.clip(np.minimum(ready, years + 1.0)[None, :] - begun, 0.0, None) / length)


def spending(costs: Sequence[MeasureCost], score: Array, first_year: int, last: int) -> Array:
    """(B, Y) what is spent by year on all counted measures, million dollars.

    Works come before a measure begins to work: capital is spent evenly over the years before its
    start, and before the end of each life again; works that take longer in a case are the dearer
    ones (one score). What runs and keeps it begins with it. The straight-line rest of a life that
    the last year cuts off is taken off in that year.
    """
    score = np.atleast_1d(np.asarray(score, dtype=float))
    years = np.arange(first_year, last + 1, dtype=float)
    flows = np.zeros((score.size, years.size))
    for cost in costs:
        if not cost.counted:
            continue
        capital, yearly = drawn(cost.capital_musd, score), drawn(cost.yearly_musd, score)
        works = _years_of_works(cost, score)
        for ready in range(cost.start, last + 1, cost.life_years):
            flows += capital[:, None] * _while_built(ready, works, years)
            left = 1.0 - (last + 1 - ready) / cost.life_years
            if left > 0.0:
                flows[:, -1] -= capital * left
        from_start = max(cost.start, first_year) - first_year
        flows[:, from_start:] += yearly[:, None]
    return flows
