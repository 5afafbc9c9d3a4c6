"""How a pair's trade moves over some years: what the panel's past says, for every size of flow and any horizon.

With y = ln X_(t+h) - ln X_t, over pairs that trade in both years,

    y = g_1(l) dlnY_i + g_2(l) dlnY_j - [s_0(l) + s_1(l) p_h] r + c_0(f) + c_1(f) p_h + (previous
    observation) + e

where p_h = 1 - exp(-h/12), r is the distance of ln X_t to the pair's target
(:mod:`corridors.trade.flow_targets`), held within bounds and nothing for a pair closed by policy, l
the size of the flow and f that of the target. Small flows are mostly noise and fall back on the
target at once (s_0), large ones hardly and slowly (s_1); since p_h stops at one and r is bounded,
so is what reversion can add. s and c are linear splines. The coefficients minimise the mean
absolute error (iteratively reweighted least squares with a slight ridge), since that is what
forecasts are judged by, every pair of years counting alike.

The error of a forecast is a scale times a quantile: the scale depends on l, r and h (a random
walk's root of h for large flows, less for small ones, which are noise in either year), the
quantiles on l. Both come from forecasts made from earlier years and held against what came
(:mod:`corridors.trade.flow_training`), widened by :data:`FEW_ORIGINS` over the number of origins
they are from: shocks that all trade shares are seen only once an origin.

Reports (:mod:`corridors.trade.baseline`) and the backtest (:mod:`corridors.validation.backtest`)
call the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

KNOTS = (-2.0, 0.0, 2.0, 4.0, 6.0)
LOWEST, HIGHEST = -4.0, 9.0
FADE_YEARS = 12.0
FARTHEST = 2.5
"""Bound on the distance to the target that counts, in logs; for flows under a million dollars more,
by as much as ln of it."""
LARGEST_STEP = 2.0
BINS = 12
FEW_ORIGINS = 0.1
REFERENCE_YEARS = 8.0
QUANTILE_GRID = np.concatenate([[0.0025, 0.005], np.linspace(0.01, 0.99, 99), [0.995, 0.9975]])


@dataclass(frozen=True)
class Examples:
    """Flows at an origin, as vectors (n,): positions i, j; ``horizon`` h in years; ``ln_trade`` l; ``ln_target`` f;
    ``residual`` r (0 where policy closes the pair); ``previous_residual`` and ``previous_growth``
    since the observation before (NaN where there is none); ``growth_i``, ``growth_j`` of ln GDP
    over the horizon; ``other_source`` 1 where the end is measured otherwise than the origin
    (reconciled from both sides, not the exporter's report); ``outcome`` y (NaN where the pair does
    not trade at the end or the end is not known)."""

    i: IntArray
    j: IntArray
    horizon: Array
    ln_trade: Array
    ln_target: Array
    residual: Array
    previous_residual: Array
    previous_growth: Array
    growth_i: Array
    growth_j: Array
    other_source: Array
    outcome: Array

    def subset(self, keep: npt.NDArray[np.bool_]) -> Examples:
        """The examples where ``keep`` (n,) is true."""
        return Examples(*(getattr(self, f.name)[keep] for f in fields(self)))

    def at_target(self) -> Examples:
        """The same flows, were they and their past on target: what moves them but reversion."""
        return replace(
            self,
            residual=np.zeros_like(self.residual),
            previous_residual=np.where(np.isfinite(self.previous_residual), 0.0, np.nan),
        )


@dataclass(frozen=True)
class Forecaster:
    """``coefficients`` of the median; ``scale`` of the error's size; ``centres`` (BINS,) of ln size and ``errors`` (BINS, Q) the
    quantiles of scaled errors at :data:`QUANTILE_GRID` (empty where no earlier forecast is
    known)."""

    coefficients: Array
    scale: Array
    centres: Array
    errors: Array

    def median(self, e: Examples) -> Array:
        """The median of ln X_(t+h) - ln X_t (n,), whatever source measures the end."""
        send, receive = self.elasticities(e)
        return self.apart_from_gdp(e) + send * e.growth_i + receive * e.growth_j

    def elasticities(self, e: Examples) -> tuple[Array, Array]:
        """Elasticities (n,), (n,) to the exporter's and the importer's GDP."""
        big = _largeness(e)
        b = self.coefficients
        return b[0] + b[2] * big, b[1] + b[3] * big

    def apart_from_gdp(self, e: Examples) -> Array:
        """The part of the median (n,) that GDP has no part in."""
        x = _design(replace(e, other_source=np.zeros_like(e.other_source)))
        return np.asarray(x[:, 4:] @ self.coefficients[4:])

    def reversion(self, e: Examples) -> Array:
        """What being off target adds to the median (n,); never more than the distance that counts."""
        pull = self.apart_from_gdp(e) - self.apart_from_gdp(e.at_target())
        most = _reach(e)
        return np.clip(pull, -most, most)

    def error(self, e: Examples, probability: Array) -> Array:
        """Quantile (n, k) of ln X_(t+h) less its median at ``probability`` (k,) or (n, k)."""
        at = np.broadcast_to(np.atleast_1d(probability), (len(e.ln_trade), np.shape(probability)[-1]))
        place = np.interp(at, QUANTILE_GRID, np.arange(len(QUANTILE_GRID)))
        low = np.clip(np.floor(place).astype(np.int64), 0, len(QUANTILE_GRID) - 2)
        part = place - low
        size = np.interp(e.ln_trade, self.centres, np.arange(len(self.centres), dtype=np.float64))
        row = np.clip(np.floor(size).astype(np.int64), 0, max(len(self.centres) - 2, 0))
        weight = (size - row)[:, None]
        above = np.minimum(row + 1, len(self.centres) - 1)

        def at_row(r: IntArray) -> Array:
            table = self.errors
            return table[r[:, None], low] * (1 - part) + table[r[:, None], low + 1] * part

        u = at_row(row) * (1 - weight) + at_row(above) * weight
        return np.asarray(u * self.spread(e)[:, None])

    def spread(self, e: Examples) -> Array:
        """The scale of errors (n,): about their mean absolute size."""
        return np.exp(_scale_design(e) @ self.scale) * _widening(e)

    @property
    def banded(self) -> bool:
        """Whether any earlier forecast says how large errors are."""
        return self.errors.size > 0


def prior() -> Forecaster:
    """What one would say without any data: trade in proportion to GDP, and 15 % of the distance lost in four years; no errors
    yet."""
    b = np.zeros(_design_width())
    b[:2] = 1.0
    b[4 + len(KNOTS) + 1] = -0.15 / (1 - np.exp(-4.0 / FADE_YEARS))
    return Forecaster(b, np.zeros(_SCALE_WIDTH), np.empty(0), np.empty((0, len(QUANTILE_GRID))))


def train(sets: Sequence[Examples]) -> Forecaster:
    """Fit the median on ``sets`` of examples with known outcomes, one set a pair of years; no errors yet.

    With no set at all the forecaster is the :func:`prior`.
    """
    known = [s.subset(np.isfinite(s.outcome)) for s in sets]
    if not known:
        return prior()
    x = np.concatenate([_design(s) for s in known])
    y = np.concatenate([s.outcome for s in known])
    weight = np.concatenate([np.full(len(s.outcome), 1e4 / len(s.outcome)) for s in known])
    return replace(prior(), coefficients=_least_absolute(x, y, weight))


def with_errors(forecaster: Forecaster, past: Sequence[tuple[Examples, Array]], origins: int) -> Forecaster:
    """The forecaster with scale and quantiles from ``past`` forecasts: examples and errors (outcome less median), made from
    ``origins`` different years."""
    if not past:
        return forecaster
    x = np.concatenate([_scale_design(e) for e, _ in past])
    wide = np.concatenate([_widening(e) for e, _ in past])
    error = np.concatenate([error for _, error in past])
    size = np.concatenate([e.ln_trade for e, _ in past])
    scale = _mean_size(x, np.maximum(np.abs(error) / wide, 1e-3))
    u = error / (np.exp(x @ scale) * wide)
    edges = np.quantile(size, np.linspace(0, 1, BINS + 1)[1:-1])
    place = np.searchsorted(edges, size)
    centres = np.array([np.median(size[place == b]) for b in range(BINS)])
    table = np.stack([np.quantile(u[place == b], QUANTILE_GRID) for b in range(BINS)])
    # The median stays the trained one: past medians were off with the swings of world trade, which
    # do not repeat.
    table -= table[:, [int(np.argmin(np.abs(QUANTILE_GRID - 0.5)))]]
    return replace(forecaster, scale=scale, centres=centres, errors=table * (1 + FEW_ORIGINS / origins))


def _largeness(e: Examples) -> Array:
    return np.clip(e.ln_trade - 3.0, 0.0, 6.0) / 6.0


def _reach(e: Examples) -> Array:
    return FARTHEST + np.maximum(-e.ln_trade, 0.0)


def _spline(values: Array) -> Array:
    held = np.clip(values, LOWEST, HIGHEST)[:, None]
    return np.concatenate([np.ones_like(held), np.maximum(held - np.array(KNOTS), 0.0)], axis=1)


def _design_width() -> int:
    s = 1 + len(KNOTS)
    return 4 + 2 * s + 2 * s + 2 + 3 + 2 + 1 + s


def _design(e: Examples) -> Array:
    """(n, :func:`_design_width`): GDP (4), distance to the target, the target's size, the
    observation before, the source."""
    one = np.ones((len(e.ln_trade), 1))
    faded = (1 - np.exp(-e.horizon / FADE_YEARS))[:, None]
    big = _largeness(e)[:, None]
    reach = _reach(e)
    r = np.clip(e.residual, -reach, reach)[:, None]
    own, target = _spline(e.ln_trade), _spline(e.ln_target)
    has = np.isfinite(e.previous_residual)[:, None]
    before = np.where(has, np.clip(np.nan_to_num(e.previous_residual), -reach, reach)[:, None], 0.0)
    step = np.where(has, np.clip(np.nan_to_num(e.previous_growth), -LARGEST_STEP, LARGEST_STEP)[:, None], 0.0)
    gdp = np.column_stack([e.growth_i, e.growth_j])
    return np.concatenate(
        [
            gdp, gdp * big, r * own, faded * r * own, target, faded * target, has * one, faded * has,
            before, faded * before, before * (e.ln_trade[:, None] > 2), step, faded * step, before * big * faded,
            target * e.other_source[:, None],
        ],
        axis=1,
    )  # fmt: skip


_PART = 4096
_SCALE_WIDTH = 1 + len(KNOTS) + 1 + 4


def _scale_design(e: Examples) -> Array:
    size = np.clip(e.ln_trade, LOWEST, HIGHEST)
    large = np.clip((size - 2.0) / 5.0, 0.0, 1.0)
    above, below = np.clip(e.residual, 0.0, 3.0), np.clip(-e.residual, 0.0, 3.0)
    return np.column_stack(
        [
            np.ones_like(size),
            *(np.maximum(size - k, 0.0) for k in KNOTS),
            size,
            above * (1 - large),
            above * large,
            below * (1 - large),
            below * large,
        ]
    )


def _widening(e: Examples) -> Array:
    """Growth of errors with the horizon (n,), 1 at eight years: the power 0.25 for the smallest
    flows to 0.55 for the largest."""
    return np.asarray((e.horizon / REFERENCE_YEARS) ** (0.25 + 0.3 * np.clip(e.ln_trade / 7.0, 0.0, 1.0)))


def _mean_size(x: Array, size: Array, steps: int = 25, ridge: float = 1.0) -> Array:
    """b of E size = exp(x b) by gamma quasi-likelihood."""
    b = np.zeros(x.shape[1])
    b[0] = np.log(size.mean())
    curve = x.T @ x + ridge * np.eye(x.shape[1])
    for _ in range(steps):
        step = np.linalg.solve(curve, x.T @ (size / np.exp(x @ b) - 1.0))
        b += step
        if np.abs(step).max() < 1e-8:
            break
    return b


def _least_absolute(
    x: Array, y: Array, weight: Array, steps: int = 12, ridge: float = 5.0, floor: float = 0.1
) -> Array:
    """argmin_b sum w |y - x b| by iteratively reweighted least squares; ``floor`` rounds the kink at zero.

    Moments of ``(x, y)`` are summed over parts that stay in the processor's cache, from one product
    that is symmetric.
    """
    both, width = np.column_stack([x, y]), x.shape[1]
    penalty, part = ridge * np.eye(width), np.empty((_PART, width + 1))
    residual: Array | None = None
    b: Array = np.zeros(width)
    for _ in range(steps + 1):
        moments = np.zeros((width + 1, width + 1))
        for first in range(0, len(y), _PART):
            rows, w = both[first : first + _PART], weight[first : first + _PART]
            if residual is not None:
                w = w / np.maximum(np.abs(rows @ residual), floor)
            scaled = np.multiply(rows, np.sqrt(w)[:, None], out=part[: len(rows)])
            moments += scaled.T @ scaled
        b = np.asarray(np.linalg.solve(moments[:width, :width] + penalty, moments[:width, width]), dtype=np.float64)
        residual = np.append(-b, 1.0)
    return b
