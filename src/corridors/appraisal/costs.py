"""What measures cost: as stated, else what is usual of their kind (``data/measure_costs.csv``), with its range.

A range low, central, high is drawn by one score for all measures of a case: works that are dearer
than planned in one place are dearer in the next (Flyvbjerg, Holm and Buhl 2002 find rail 45 % and
roads 20 % above what was planned, everywhere).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]
_Z90 = 1.2815515655446004

UNKNOWN = pd.Series(
    {
        "item": "unknown", "unit": "measure", "capital_low_musd": 0.0, "capital_musd": 0.0, "capital_high_musd": 0.0, "yearly_share": 0.0, "life_years": 30,
        "in_price": True, "payer": "unknown", "note": "no usual cost of this kind is known; state one in the scenario", "source_url": "",
    }
)  # fmt: skip
"""Stands for a kind of measure that ``data/measure_costs.csv`` has no row of."""


@dataclass(frozen=True)
class MeasureCost:
    """One measure's cost: capital and yearly million dollars (low, central, high), life, and where the figures are from.

    ``counted`` is false where shippers pay for it in the rate of a service, so that it must not be
    added.
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
    build_years: int
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
    if stated is not None:
        usual, yearly = _three(stated.capital_musd), _three(stated.yearly_musd)
        life = int(stated.life_years) if stated.life_years else life
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
        build_years=max(int(measure.years_to_full_effect), 1),
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
    """The last year of the appraisal: that in which the longest life among counted costs ends, at most ``most_years`` on."""
    ends = [c.start + c.life_years - 1 for c in costs if c.counted and max(c.capital_musd) > 0.0]
    return min(max(ends, default=first_year + 29), first_year + most_years - 1)


def spending(costs: Sequence[MeasureCost], score: Array, first_year: int, last: int) -> Array:
    """(B, Y) what is spent by year on all counted measures, million dollars.

    Capital is spent evenly over the years until a measure works fully, and again when its life has
    passed; what runs and keeps it begins with it. The straight-line rest of a life that the last
    year cuts off is taken off in that year.
    """
    flows = np.zeros((len(np.atleast_1d(score)), last - first_year + 1))
    for cost in costs:
        if not cost.counted:
            continue
        capital, yearly = drawn(cost.capital_musd, score), drawn(cost.yearly_musd, score)
        for bought in range(cost.start, last + 1, cost.life_years):
            for k in range(cost.build_years):
                if first_year <= bought + k <= last:
                    flows[:, bought + k - first_year] += capital / cost.build_years
            left = 1.0 - (last + 1 - bought) / cost.life_years
            if left > 0.0:
                flows[:, -1] -= capital * left
        from_start = max(cost.start, first_year) - first_year
        flows[:, from_start:] += yearly[:, None]
    return flows
