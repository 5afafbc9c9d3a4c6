"""What any two economies would trade if they were like the average pair: one gravity estimate for the whole chain.

    X_ijt = exp(a_it + d_jt + b'z_ijt) e_ijt

by PPML (:func:`corridors.gravity.ppml`) on every year of the panel, 1992 to the newest, with
effects of exporter and year and of importer and year, so that in each year expected trade adds up
to what each economy sold and bought (Arvis and Shepherd 2013; Fally 2015): it is bounded by trade
that happened. The elasticity to distance is that of everything else in the library: direct flights,
missing trade, flows that nobody reported, and what projections revert to.

Given b, the effects of a year are the factors that balance ``exp(b'z)`` to the year's totals; they
also give the expectation of pairs whose trade is not known. An economy of which nothing is known in
a year gets the totals that its GDP suggests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import panel
from corridors.data.panel import Panel
from corridors.gravity import Fit, ppml
from corridors.runtime.cache import kept

Array = npt.NDArray[np.float64]

COVARIATES = (*panel.GEOGRAPHY, "trade_agreement")
"""What stands for trade costs: ln of kilometres, and four yes-or-no ties."""

_STEPS = 400
_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Expected:
    """The estimate: ``coefficients`` and ``standard_errors`` by covariate (clustered by exporter and importer), ``nobs``
    flows of ``years``; ``ln_trade`` (Y, N, N) ln of expected trade in million US dollars, NaN
    without geography."""

    coefficients: pd.Series
    standard_errors: pd.Series
    nobs: int
    years: tuple[int, ...]
    ln_trade: Array


@lru_cache(maxsize=1)
@kept
def answer() -> Expected:
    """The estimate on the whole panel."""
    world = panel.load()
    fit = fit_on(world, len(world.years))
    return Expected(
        fit.coefficients, fit.standard_errors, fit.nobs, world.years,
        np.stack([ln_expected(world, k, fit.coefficients.to_numpy()) for k in range(len(world.years))]),
    )  # fmt: skip


def sample(world: Panel, years: Sequence[int]) -> pd.DataFrame:
    """Directed pairs with known trade and geography in ``years`` (positions in the panel), ready for :func:`ppml`.

    Columns: exporter, importer, year, trade_musd (million US dollars, zeros kept) and
        :data:`COVARIATES`.
    """
    names = pd.Series(world.economies, dtype=object).to_numpy()
    placed = np.isfinite(world.geography).all(axis=2)
    parts = []
    for k in years:
        i, j = np.nonzero(np.isfinite(world.trade[k]) & placed)
        part = pd.DataFrame(
            {
                "exporter": names[i],
                "importer": names[j],
                "year": world.years[k],
                "trade_musd": world.trade[k, i, j],
            }
        )
        for c, name in enumerate(panel.GEOGRAPHY):
            part[name] = world.geography[i, j, c]
        part["trade_agreement"] = world.agreement[k, i, j]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def fit_on(world: Panel, years: int) -> Fit:
    """PPML on the first ``years`` years of a panel."""
    return ppml(
        sample(world, range(years)), outcome="trade_musd", covariates=COVARIATES,
        fixed_effects=["exporter^year", "importer^year"], cluster=["exporter", "importer"],
    )  # fmt: skip


def ln_expected(world: Panel, k: int, coefficients: Array) -> Array:
    """ln of expected trade (N, N) in the ``k``-th year at the given ``coefficients`` (C,): the effects solved for."""
    z = np.concatenate([world.geography, world.agreement[k][:, :, None]], axis=2)
    placed = np.isfinite(z).all(axis=2)
    pull = np.where(placed, np.exp(np.where(placed[:, :, None], z, 0.0) @ coefficients), 0.0)
    known = placed & np.isfinite(world.trade[k])
    flow = np.where(known, world.trade[k], 0.0)
    rows, columns = _effects(np.where(known, pull, 0.0), flow.sum(axis=1), flow.sum(axis=0))
    # Where GDP stops short, its last value: it only sizes economies of which no trade is known.
    size = np.log(world.gdp.ffill(axis=1)[world.years[k]].to_numpy(dtype=np.float64))
    rows = np.where(rows > 0, rows, _guess(flow.sum(axis=1), size, pull @ columns))
    columns = np.where(columns > 0, columns, _guess(flow.sum(axis=0), size, np.nan_to_num(rows) @ pull))
    with np.errstate(divide="ignore"):
        out = np.log(rows)[:, None] + np.log(pull) + np.log(columns)[None, :]
    return np.asarray(np.where(placed & np.isfinite(out), out, np.nan))


def _guess(totals_musd: Array, ln_gdp: Array, pull: Array) -> Array:
    """Effects (N,) at which ``pull`` gives the total that GDP suggests (a regression in logs over
    economies with both)."""
    use = (totals_musd > 0) & np.isfinite(ln_gdp)
    slope, constant = np.polyfit(ln_gdp[use], np.log(totals_musd[use]), 1)
    return np.asarray(
        np.divide(
            np.exp(constant + slope * ln_gdp), pull, out=np.full_like(pull, np.nan), where=pull > 0
        )
    )


def _effects(pull: Array, row_totals: Array, column_totals: Array) -> tuple[Array, Array]:
    """Factors (N,), (N,) with sum_j r_i p_ij c_j and sum_i r_i p_ij c_j the totals: the first-order
    conditions of PPML."""
    rows, columns = np.ones(len(row_totals)), np.ones(len(column_totals))
    for _ in range(_STEPS):
        columns = _ratio(column_totals, rows @ pull)
        new = _ratio(row_totals, pull @ columns)
        worst = float(np.max(np.abs(new - rows) / np.maximum(rows, 1e-300), where=new > 0, initial=0.0))
        rows = new
        if worst <= _TOLERANCE:
            break
    return rows, columns


def _ratio(wanted: Array, have: Array) -> Array:
    return np.divide(wanted, have, out=np.zeros_like(wanted), where=have > 0)
