"""What each measure is worth beside the others: what goes where it alone is left out, against what it costs.

In draws that stand for all (:mod:`corridors.study.strata`), in the last year, treasuries' fees with it, carbon left
out; brought to the mean of all draws by one factor, taken along the path of everything together from
when a measure is there, discounted and held beyond the horizon as the appraisal's. Parts need not
add up: measures may need or hinder each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.appraisal import costs
from corridors.study.strata import strata
from corridors.study.what_did_it import Solved

if TYPE_CHECKING:
    from corridors.study.settled import Change
    from corridors.study.worth import Worth

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

COLUMNS = (
    "measure", "kind", "gain_musd_per_year", "gain_present_musd", "cost_present_musd", "net_present_musd",
)  # fmt: skip
_NOTHING_MUSD = 1e-6
STRATA = 16
"""Strata by rank, and as many by gain."""


@dataclass(frozen=True)
class LeftOut:
    """What goes where measures are left out, million dollars: ``yearly`` in the last year and ``present`` in present value, (S,), a row
    for each measure alone and a last one for all whose cost is counted; and ``costs`` (M,), mean present values."""

    yearly: Array
    present: Array
    costs: Array

    @property
    def paid(self) -> npt.NDArray[np.bool_]:
        """(M,) whether a cost of each measure is counted."""
        return np.asarray(self.costs > 0.0)


def by_measure(worth: Worth) -> pd.DataFrame:
    """One row a measure where there are several, columns :data:`COLUMNS`: what all are worth less what the others are worth."""
    measures = worth.study.scenario.measures
    if len(measures) < 2:
        return pd.DataFrame(columns=list(COLUMNS))
    found = worth.left_out
    figures = np.column_stack([found.yearly[:-1], found.present[:-1], found.costs, found.present[:-1] - found.costs])
    rows = [(m.label, m.kind, *row) for m, row in zip(measures, figures.tolist(), strict=True)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def works(worth: Worth) -> dict[str, float] | None:
    """What measures whose cost is counted add to the others, present values in million dollars: ``gain_musd``, ``cost_musd`` and
    ``free_musd``, what the others are worth alone. None where all cost something, or none does."""
    if len(worth.costs) < 2 or (paid := worth.left_out.paid).all() or not paid.any():
        return None
    gain = float(worth.left_out.present[-1])
    free = float(worth.appraisal.present_benefits.mean()) - gain
    return {"gain_musd": gain, "cost_musd": float(worth.left_out.costs.sum()), "free_musd": free}


def lost(worth: Worth) -> LeftOut:
    """What goes where each measure is left out alone, and where all are whose cost is counted."""
    study = worth.study
    spent = np.array([_cost(worth, cost) for cost in worth.costs])
    kept = np.vstack([1.0 - np.eye(study.chain.count), spent <= 0.0])
    rows, _, weight = strata(worth.benefits_last, STRATA, study.change.own)
    whole, without = gains(worth, rows, kept)
    mean, seen = float(worth.benefits_last.mean()), float(weight @ whole)
    last = (mean / seen if mean * seen > 0.0 else 1.0) * (weight @ (whole[:, None] - without))
    return LeftOut(_told(last), _told(last * _years(worth, kept)), spent)


def gains(worth: Worth, rows: Index, kept: Array) -> tuple[Array, Array]:
    """Users' gains and fees of the last year in some of the draws (N,), and with the measures ``kept`` (S, M) alone (N, S)."""
    solved, sets = Solved(worth.study, rows), len(kept)
    of = np.repeat(np.arange(rows.size), sets)
    active = np.tile(kept, (rows.size, 1))
    some = _of_change(worth, solved.subset(of, active), active * solved.phases[of], solved, of)
    whole = _of_change(worth, solved.change, solved.phases, solved, np.arange(rows.size))
    return whole, some.reshape(rows.size, sets)


def _years(worth: Worth, kept: Array) -> Array:
    """(S,) present value over the last year's of what goes: it takes the path of everything together, from when what is left out
    is there."""
    flows, study = worth.appraisal, worth.study
    path, years = flows.benefits.mean(axis=0), np.array(flows.years)
    last = study.last - flows.first_year
    shape = path / path[last] if abs(path[last]) > _NOTHING_MUSD else (years >= study.years[0]).astype(float)
    phases = study.phases(study.middle)[0]
    gone = np.array([phases[:, row < 1.0].max(axis=1) if (row < 1.0).any() else np.zeros(len(phases)) for row in kept])
    there = np.divide(gone, phases.max(axis=1), out=np.zeros_like(gone), where=phases.max(axis=1) > 0.0)
    # Nothing before the horizon, and after it what is there in its last year.
    gone_in = np.where(years >= study.years[0], there[:, np.clip(years - study.years[0], 0, len(study.years) - 1)], 0.0)
    return replace(flows, benefits=gone_in * shape).present_benefits


def _told(values: Array) -> Array:
    """Without what rounding leaves of nothing."""
    return np.asarray(np.where(np.abs(values) > _NOTHING_MUSD, values, 0.0))


def _cost(worth: Worth, cost: costs.MeasureCost) -> float:
    """Mean present value of what a measure costs."""
    flows = worth.appraisal
    spent = costs.spending([cost], worth.study.params["capital_cost_score"], flows.first_year, flows.years[-1])
    return float(replace(flows, costs=spent).present_costs.mean())


def _of_change(worth: Worth, change: Change, active: Array, solved: Solved, rows: Index) -> Array:
    """(B,) users' gains and fees of the last year by measures ``active`` (B, M) in draws ``rows`` of those ``solved``."""
    gains = worth.users_of(change, *solved.some(rows), worth.study.last).total
    return np.asarray(gains + worth.fees_of(change, active).sum(axis=1))
