"""Scores of forecasts: how far off, and whether the bands hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def mean_absolute_log_error(ln_actual: Array, ln_forecast: Array) -> float:
    """mean |ln actual - ln forecast|: 0.10 is about ten per cent off, up or down alike."""
    return float(np.mean(np.abs(ln_actual - ln_forecast)))


def skill(error: float, reference: float) -> float:
    """1 - error / reference: 0 as good as the reference, 1 perfect, negative worse."""
    return 1.0 - error / reference


def mase(errors: Array, earlier_changes: Array) -> float:
    """Mean absolute scaled error (Hyndman and Koehler 2006): mean |error| over the mean |change| of earlier periods.

    Both in logs here, since flows differ by ten orders of magnitude; NaN where no earlier change is
    known.
    """
    known = earlier_changes[np.isfinite(earlier_changes)]
    return float(np.mean(np.abs(errors)) / np.mean(np.abs(known))) if known.size else float("nan")


def coverage(actual: Array, low: Array, high: Array) -> float:
    """The share of outcomes within [low, high]."""
    return float(np.mean((actual >= low) & (actual <= high)))


def crps_from_quantiles(actual: Array, quantiles: Array, probabilities: Sequence[float]) -> float:
    """Continuous ranked probability score, mean over forecasts, as twice the mean pinball loss.

    CRPS = 2 integral_0^1 (1{y < q(p)} - p)(q(p) - y) dp (Laio and Tamea 2007), by the midpoint rule
    where ``probabilities`` are the midpoints of equal parts of (0, 1). ``actual`` (n,),
    ``quantiles`` (n, k), in any unit.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    gap = actual[:, None] - quantiles
    return float(2.0 * np.mean(np.where(gap >= 0, p * gap, (p - 1.0) * gap)))
