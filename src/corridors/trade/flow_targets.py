"""What a pair's trade is pulled towards: the typical trade of two such economies, within what gravity expects, and none where policy shut it.

Two predictions are joined. The median in logs of pairs like this one
(:mod:`corridors.trade.pooled_gravity`) is what a log error asks for, but in levels it can say
anything: Germany would sell the Netherlands trillions. PPML (:mod:`corridors.trade.expected_trade`)
adds up to what economies sold and bought, but is a mean, above nearly all small pairs. The target
is the median held between 1/20 and 2.7 times the PPML expectation.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import tables
from corridors.data.panel import Panel
from corridors.runtime import cores
from corridors.trade import expected_trade, pooled_gravity

Array = npt.NDArray[np.float64]

BELOW, ABOVE = 3.0, 1.0
"""How far below and above the PPML expectation a target may lie, in logs."""


def ln_targets(world: Panel) -> tuple[Array, float]:
    """ln of the target (Y, N, N) in every year of a panel, from what was known by then; and the spread of ln trade about the
    last year's median (standard deviation)."""

    def of_year(k: int, end: int) -> dict[str, Array]:
        pooled = pooled_gravity.fit(world, world.years[k])
        slopes = expected_trade.fit_on(world, end).coefficients.to_numpy()
        bound = expected_trade.ln_expected(world, k, slopes)
        found = np.clip(pooled.ln_fitted, bound - BELOW, bound + ABOVE)
        return {"target": found[None], "sigma": np.array([pooled.sigma])}

    count = len(world.economies)
    found = cores.fill({"target": (count, count), "sigma": ()}, len(world.years), 1, of_year)
    return found["target"], float(found["sigma"][-1])


def closed(world: Panel, year: int) -> npt.NDArray[np.bool_]:
    """Pairs (N, N) whose trade policy holds down in ``year``, both directions: their target pulls at nothing."""
    out = np.zeros((len(world.economies),) * 2, dtype=bool)
    for a, b, _ in _shut(year):
        i, j = world.position(a), world.position(b)
        if i >= 0 and j >= 0:
            out[i, j] = out[j, i] = True
    return out


def closure_of(pair: tuple[str, str], year: int) -> str | None:
    """What shut the pair's trade, if anything does in ``year``."""
    return next((policy for a, b, policy in _shut(year) if {a, b} == set(pair)), None)


def _shut(year: int) -> list[tuple[str, str, str]]:
    """Pairs that policy holds down in ``year``, with the policy."""
    return [
        (a, b, policy)
        for a, b, since, until, policy in _closures(tables.stamp("closed_pairs"))
        if since <= year <= until
    ]


@lru_cache(maxsize=2)
def _closures(_stamp: object) -> tuple[tuple[str, str, int, int, str], ...]:
    return tuple(
        (str(r.a), str(r.b), int(r.since), _until(r.until), str(r.policy))
        for r in tables.closed_pairs().itertuples()
    )


def _until(value: object) -> int:
    return 9999 if pd.isna(value) else int(str(value))
