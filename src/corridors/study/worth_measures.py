"""What each measure is worth beside the others: what goes where it alone is left out, against what it costs.

Central case, year by year as the study's own (:attr:`Worth._central_users`), treasuries' fees with
it, carbon left out. All are brought to the mean of the draws by one factor, that of the present
value of everything together, and are discounted and held beyond the horizon as the appraisal's.
Parts need not add up: measures may need or hinder each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.appraisal import cash_flow, costs, states
from corridors.uncertainty.cases import taken

if TYPE_CHECKING:
    from corridors.study.worth import Worth

Array = npt.NDArray[np.float64]

COLUMNS = (
    "measure", "kind", "gain_musd_per_year", "gain_present_musd", "cost_present_musd", "net_present_musd",
)  # fmt: skip
_NOTHING_MUSD = 1e-6


def by_measure(worth: Worth) -> pd.DataFrame:
    """One row a measure where there are several, columns :data:`COLUMNS`: what all are worth less what the others are worth."""
    count = worth.study.chain.count
    if count < 2:
        return pd.DataFrame(columns=list(COLUMNS))
    measures, each = worth.study.scenario.measures, worth.costs
    gains, present = _lost(worth, 1.0 - np.eye(count))
    spent = [_cost(worth, [cost]) for cost in each]
    rows = [
        (m.label, m.kind, gain, value, cost, value - cost)
        for m, gain, value, cost in zip(measures, gains.tolist(), present.tolist(), spent, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def works(worth: Worth) -> dict[str, float] | None:
    """What measures whose cost is counted add to the others, present values in million dollars: ``gain_musd``, ``cost_musd`` and
    ``free_musd``, what the others are worth alone. None where all cost something, or none does."""
    paid = np.array([_cost(worth, [cost]) > 0.0 for cost in worth.costs], dtype=bool)
    if paid.all() or not paid.any():
        return None
    present = _lost(worth, np.stack([~paid, np.zeros(paid.size)]).astype(float))[1]
    cost = _cost(worth, [c for c, one in zip(worth.costs, paid, strict=True) if one])
    return {"gain_musd": float(present[0]), "cost_musd": cost, "free_musd": float(present[1] - present[0])}


def _cost(worth: Worth, which: Sequence[costs.MeasureCost]) -> float:
    """Mean present value of what some measures cost."""
    flows = worth.appraisal
    spent = costs.spending(which, worth.study.params["capital_cost_score"], flows.first_year, flows.years[-1])
    base = 0 if flows.base_year is None else flows.base_year - flows.first_year
    return float(cash_flow.present_value(spent, flows.rate, base).mean())


def _lost(worth: Worth, kept: Array) -> tuple[Array, Array]:
    """(S,) what goes in the last year, and in present value, where of the measures only those of ``kept`` (S, M), 1 or 0, are there."""
    flows, study = worth.appraisal, worth.study
    yearly = _gains(worth, np.concatenate([np.ones((1, kept.shape[1])), kept]))
    later = np.repeat(yearly[:, -1:], flows.years[-1] - study.last, axis=1)
    present = cash_flow.present_value(np.concatenate([yearly, later], axis=1), flows.rate)
    whole = float(flows.present_benefits.mean())
    factor = whole / present[0] if whole * present[0] > 0.0 else 1.0
    lost = [factor * (value[0] - value[1:]) for value in (yearly[:, -1], present)]
    return tuple(np.where(np.abs(v) > _NOTHING_MUSD, v, 0.0) for v in lost)  # type: ignore[return-value]


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
    gains = worth.users_of(found, params, demand, years[rows]).total
    if worth.system is not None and found.before is not None and found.after is not None:
        fees = (states.fees_musd(worth.system, found.after, active), states.fees_musd(worth.system, found.before, None))
        gains = gains + (fees[0] - fees[1]).sum(axis=1)
    return np.asarray(gains.reshape(sets, years.size))
