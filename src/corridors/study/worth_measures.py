"""What each measure is worth beside the others: what goes where it alone is left out, against what it costs.

Central case, year by year as the study's own (:attr:`Worth._central_users`), treasuries' fees with
it, carbon left out. All are brought to the mean of the draws by one factor, that of the present
value of everything together, and are discounted and held beyond the horizon as the appraisal's.
Parts need not add up: measures may need or hinder each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.appraisal import cash_flow, costs, states
from corridors.uncertainty.cases import taken

if TYPE_CHECKING:
    from corridors.study.settled import Change
    from corridors.study.worth import Worth
    from corridors.transport.system import Pair

Array = npt.NDArray[np.float64]

COLUMNS = (
    "measure", "kind", "gain_musd_per_year", "gain_present_musd", "cost_present_musd", "net_present_musd",
)  # fmt: skip
_NOTHING_MUSD = 1e-6


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
    flows, study = worth.appraisal, worth.study
    spent = np.array([_cost(worth, cost) for cost in worth.costs])
    kept = np.vstack([1.0 - np.eye(study.chain.count), spent <= 0.0])
    yearly = np.vstack([_central(worth), _gains(worth, kept)])
    later = np.repeat(yearly[:, -1:], flows.years[-1] - study.last, axis=1)
    present = cash_flow.present_value(np.concatenate([yearly, later], axis=1), flows.rate)
    whole = float(flows.present_benefits.mean())
    factor = whole / present[0] if whole * present[0] > 0.0 else 1.0
    last, values = (factor * (value[0] - value[1:]) for value in (yearly[:, -1], present))
    return LeftOut(_told(last), _told(values), spent)


def _told(values: Array) -> Array:
    """Without what rounding leaves of nothing."""
    return np.asarray(np.where(np.abs(values) > _NOTHING_MUSD, values, 0.0))


def _cost(worth: Worth, cost: costs.MeasureCost) -> float:
    """Mean present value of what a measure costs."""
    flows = worth.appraisal
    spent = costs.spending([cost], worth.study.params["capital_cost_score"], flows.first_year, flows.years[-1])
    return float(replace(flows, costs=spent).present_costs.mean())


def _central(worth: Worth) -> Array:
    """(T,) users' gains and fees by year of the horizon with all measures, central case."""
    change, flows = worth.study.central_change
    return _of_change(worth, change, worth.study.phases(worth.study.middle)[0], flows, np.array(worth.study.years, dtype=float))


def _gains(worth: Worth, kept: Array) -> Array:
    """(S, T) users' gains and fees by year of the horizon, central case."""
    study = worth.study
    change, flows = study.central_change
    sets, years = len(kept), np.array(study.years, dtype=float)
    rows = np.tile(np.arange(years.size), sets)
    active = (study.phases(study.middle)[0] * kept[:, None, :]).reshape(rows.size, -1)
    params = {name: np.repeat(value, rows.size) for name, value in study.middle.items()}
    demand = {pair: value[rows] for pair, value in flows.items()}
    found = study.chain.change(params, active, years[rows], demand, before=taken(change.start, rows, years.size))
    return _of_change(worth, found, active, demand, years[rows]).reshape(sets, years.size)


def _of_change(worth: Worth, change: Change, active: Array, demand: Mapping[Pair, Array], years: Array) -> Array:
    """(B,) users' gains and fees of a change of the central case by measures ``active`` (B, M)."""
    params = {name: np.repeat(value, years.size) for name, value in worth.study.middle.items()}
    gains = worth.users_of(change, params, demand, years).total
    if worth.system is None or change.before is None or change.after is None:
        return gains
    after, before = (states.fees_musd(worth.system, state, there) for state, there in ((change.after, active), (change.before, None)))
    return np.asarray(gains + (after - before).sum(axis=1))
