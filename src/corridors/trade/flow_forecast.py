"""How a pair's trade moves over some years: what the panel's past says, for every size of flow.

With y = ln X_(t+h) - ln X_t, over pairs that trade in both years,

    y = a + g_1 dlnY_i + g_2 dlnY_j - s(l) r + c(f) + b'(previous observation) + e

where r = ln X_t - ln X^_t is the distance to the partially pooled gravity prediction
(:mod:`corridors.trade.pooled_gravity`), l the size of the flow and f that of the prediction. Small flows are mostly noise
and fall back on gravity; large ones stay. s and c are linear splines. The coefficients minimise the
mean absolute error (iteratively reweighted least squares with a slight ridge), since that is what forecasts are
judged by. The spread of e is the empirical distribution of training errors among flows of like size.

A forecaster is trained on pairs of years (origin, horizon) that lie wholly before the year it
forecasts from; :mod:`corridors.validation.backtest` holds it to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from corridors.data import panel
from corridors.data.panel import Panel
from corridors.runtime.cache import kept
from corridors.trade import pooled_gravity

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

STEP = 4
KNOTS = (-2.0, 0.0, 2.0, 4.0, 6.0)
LOWEST, HIGHEST = -4.0, 9.0
QUANTILE_GRID = np.linspace(0.005, 0.995, 199)
BINS = 14

# Before any earlier origin exists: trade in proportion to GDP, and 15 % of the residual lost every four years.
PRIOR_ELASTICITY = 1.0
PRIOR_LOSS = 0.15


@dataclass(frozen=True)
class Examples:
    """Pairs that trade at the origin, as vectors (n,): positions i, j; ``ln_trade`` l; ``ln_fitted`` f; ``residual`` r;
    ``previous_residual`` and ``previous_growth`` (NaN where there is none); ``growth_i``, ``growth_j`` of ln GDP over
    the horizon; ``outcome`` y (NaN where the pair does not trade at the end or the end is not known)."""

    origin: int
    horizon: int
    i: IntArray
    j: IntArray
    ln_trade: Array
    ln_fitted: Array
    residual: Array
    previous_residual: Array
    previous_growth: Array
    growth_i: Array
    growth_j: Array
    outcome: Array

    def subset(self, keep: npt.NDArray[np.bool_]) -> Examples:
        """The examples where ``keep`` (n,) is true."""
        return Examples(
            self.origin,
            self.horizon,
            *(getattr(self, name)[keep] for name in list(self.__dataclass_fields__)[2:]),
        )


@dataclass(frozen=True)
class Forecaster:
    """Coefficients for one horizon (years) and the errors by size.

    ``edges`` (BINS-1,) between the size groups and ``centres`` (BINS,) their median ln size; ``errors`` (BINS, 199)
    the quantiles of errors at :data:`QUANTILE_GRID`.
    """

    horizon: int
    coefficients: Array
    edges: Array
    centres: Array
    errors: Array

    def predict(self, examples: Examples) -> Array:
        """The median of ln X_(t+h) - ln X_t (n,)."""
        return _design(examples) @ self.coefficients


def examples(
    world: Panel,
    fits: Sequence[pooled_gravity.PooledGravity],
    origin: int,
    horizon: int,
    ln_growth: Array | None = None,
) -> Examples:
    """Every pair that trades in year ``origin``, with its outcome ``horizon`` years on.

    ``fits`` are the gravity fits by year of the panel. ``ln_growth`` (N,) replaces the known growth of ln GDP
    (for forecasts of GDP). Pairs without geography or GDP are left out.
    """
    k = world.years.index(origin)
    end = origin + horizon
    flow = world.trade[k]
    after = world.trade[world.years.index(end)] if end in world.years else np.full_like(flow, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        l0, l1 = _finite(np.log(flow)), _finite(np.log(after))
        before = _finite(np.log(world.trade[k - 1])) if k else np.full_like(flow, np.nan)
    growth = world.ln_gdp(end) - world.ln_gdp(origin) if ln_growth is None else ln_growth
    fitted = fits[k].ln_fitted
    before_fitted = fits[k - 1].ln_fitted if k else np.full_like(flow, np.nan)
    use = np.isfinite(l0) & np.isfinite(fitted) & np.isfinite(growth)[:, None] & np.isfinite(growth)
    i, j = (np.asarray(v, dtype=np.int64) for v in np.nonzero(use))

    return Examples(
        origin,
        horizon,
        i,
        j,
        l0[i, j],
        fitted[i, j],
        (l0 - fitted)[i, j],
        (before - before_fitted)[i, j],
        (l0 - before)[i, j],
        growth[i],
        growth[j],
        (l1 - l0)[i, j],
    )


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)


def train(sets: Sequence[Examples], horizon: int) -> Forecaster:
    """Fit on ``sets`` of examples; where none has the wanted horizon, shorter ones are stretched to it.

    With no set at all the forecaster is the prior: trade in proportion to GDP, residuals lose 15 % every four years, and
    no errors are known (``errors`` is NaN).
    """
    fitting = [s for s in sets if s.horizon == horizon] or list(sets)
    if not fitting:
        coefficients = np.zeros(_design_width())
        coefficients[1:3] = PRIOR_ELASTICITY
        coefficients[3] = (1 - PRIOR_LOSS) ** (horizon / STEP) - 1
        return Forecaster(horizon, coefficients, np.empty(0), np.zeros(1), np.full((1, len(QUANTILE_GRID)), np.nan))
    fitting = [s.subset(np.isfinite(s.outcome)) for s in fitting]
    x = np.concatenate([_design(s) for s in fitting])
    y = np.concatenate([s.outcome for s in fitting])
    coefficients = _least_absolute(x, y)
    error = y - x @ coefficients
    size = np.concatenate([_size(s) for s in fitting])
    edges = np.quantile(size, np.linspace(0, 1, BINS + 1)[1:-1])
    place = np.searchsorted(edges, size)
    centres = np.array([np.median(size[place == b]) for b in range(BINS)])
    errors = np.stack([np.quantile(error[place == b], QUANTILE_GRID) for b in range(BINS)])
    stretch = horizon / fitting[0].horizon
    if stretch != 1:
        coefficients = coefficients.copy()
        coefficients[0] *= stretch
        # Reversion towards gravity slows down as it proceeds; errors grow like those of a random walk.
        coefficients[3:] *= (1 - (1 - PRIOR_LOSS) ** stretch) / PRIOR_LOSS
        errors = errors * np.sqrt(stretch)
    return Forecaster(horizon, coefficients, edges, centres, errors)


@lru_cache(maxsize=4)
@kept
def trained(horizon: int) -> Forecaster:
    """The forecaster trained on the whole world panel: what projections of today use."""
    world = panel.load()
    fits = gravity_fits()
    sets = [
        examples(world, fits, origin, horizon) for origin in world.years if origin + horizon in world.years
    ]
    return train(sets, horizon)


@lru_cache(maxsize=1)
@kept
def gravity_fits() -> tuple[pooled_gravity.PooledGravity, ...]:
    """The pooled gravity fit of every year of the world panel."""
    world = panel.load()
    return tuple(pooled_gravity.fit(world, year) for year in world.years)


def spread(ln_trade: float) -> tuple[float, float]:
    """Variance of ln trade around its forecast as a + b h for a flow of this size: (a, b), h in years.

    From half the width of the central 80 % of errors at four, eight and twelve years, interpolated over sizes, by
    non-negative least squares; a is the noise of a single year's report (both ends together), b what a year
    of time adds.
    """
    horizons = np.array([STEP, 2 * STEP, 3 * STEP], dtype=np.float64)
    variances = []
    for h in horizons:
        model = trained(int(h))
        low, high = (np.array([np.interp(p, QUANTILE_GRID, row) for row in model.errors]) for p in (0.1, 0.9))
        sd = (high - low) / (2 * 1.2815515655446004)
        variances.append(float(np.interp(ln_trade, model.centres, sd)) ** 2)
    # Relative errors of the three widths are alike, so each equation is divided by its variance.
    scale = np.array(variances)
    solution, _ = nnls(np.column_stack([np.ones(3), horizons]) / scale[:, None], np.ones(3))
    return float(solution[0]), float(solution[1])


def reversion(ln_trade: float) -> float:
    """The share of the distance to the gravity prediction that a flow of this size loses in a year (0 to 1)."""
    model = trained(2 * STEP)
    basis = np.concatenate([[1.0], np.maximum(np.clip(ln_trade, LOWEST, HIGHEST) - np.array(KNOTS), 0.0)])
    lost = float(np.clip(-basis @ model.coefficients[3 : 4 + len(KNOTS)], 0.02, 0.95))
    return float(1 - (1 - lost) ** (1 / (2 * STEP)))


def _size(e: Examples) -> Array:
    """What the spread of errors depends on: ln of the flow at the origin."""
    return e.ln_trade


def _design_width() -> int:
    return 3 + 2 * (1 + len(KNOTS)) + 4


def _design(e: Examples) -> Array:
    own = np.clip(e.ln_trade, LOWEST, HIGHEST)
    fitted = np.clip(e.ln_fitted, LOWEST, HIGHEST)
    has = np.isfinite(e.previous_residual)
    before = np.where(has, e.previous_residual, 0.0)
    return np.column_stack(
        [
            np.ones(len(own)),
            e.growth_i,
            e.growth_j,
            e.residual,
            *(np.maximum(own - k, 0.0) * e.residual for k in KNOTS),
            fitted,
            *(np.maximum(fitted - k, 0.0) for k in KNOTS),
            has.astype(np.float64),
            before,
            before * (own > 2),
            np.where(np.isfinite(e.previous_growth), e.previous_growth, 0.0),
        ]
    )


def _least_absolute(x: Array, y: Array, steps: int = 12, ridge: float = 5.0, floor: float = 0.1) -> Array:
    """argmin_b sum |y - x b| by iteratively reweighted least squares; ``floor`` rounds the kink at zero."""
    penalty = ridge * np.eye(x.shape[1])
    b = np.linalg.solve(x.T @ x + penalty, x.T @ y)
    for _ in range(steps):
        weighted = x / np.maximum(np.abs(y - x @ b), floor)[:, None]
        b = np.linalg.solve(weighted.T @ x + penalty, weighted.T @ y)
    return np.asarray(b, dtype=np.float64)
