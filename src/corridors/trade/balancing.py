"""Biproportional balancing (RAS; Deming and Stephan 1940, Bacharach 1970) with some cells held fast."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from corridors.errors import NotConverged

Array = npt.NDArray[np.float64]

_NEWTON_STEPS = 50


def balance(
    seed: Array,
    row_totals: Array,
    column_totals: Array,
    held: npt.NDArray[np.bool_] | None = None,
    tolerance: float = 1e-10,
    max_steps: int = 500,
) -> Array:
    """Scale rows and columns of ``seed`` until the cells that are not held add up to the totals.

    Solves x_ij = r_i s_ij c_j with sum_j x_ij = row_totals_i and sum_i x_ij = column_totals_j over
    cells that are not ``held``; held cells keep their value in ``seed`` and do not count towards
    the totals. This is the matrix nearest to the seed in relative entropy. Shapes: ``seed`` and
    ``held`` (N, M), totals (N,) and (M,), all in one unit, non-negative and with equal sums. Stops
    when every total is met to ``tolerance`` of itself. Scaling rows and columns in turn creeps
    where blocks of the matrix hardly touch; what it has not met after ``max_steps`` is met by
    Newton's method on the logarithms of the factors. Raises :class:`~corridors.errors.NotConverged`
    if that cannot be reached (a row of zeros with a positive total, or a pattern of zeros that
    admits no such matrix).
    """
    fast = np.zeros(seed.shape, dtype=bool) if held is None else held
    free = np.where(fast, 0.0, seed)
    if not np.isclose(row_totals.sum(), column_totals.sum(), rtol=1e-9):
        raise NotConverged(
            f"balancing: row totals add up to {row_totals.sum():.6g}, column totals to {column_totals.sum():.6g}"
        )
    row_factor = np.ones(seed.shape[0])
    worst = np.inf
    for _ in range(max_steps):
        column_factor = _ratio(column_totals, row_factor @ free)
        sums = free @ column_factor
        worst = float(np.max(np.abs(row_factor * sums - row_totals) / np.maximum(row_totals, 1e-300)))
        if worst <= tolerance:
            return np.where(fast, seed, row_factor[:, None] * free * column_factor[None, :])
        row_factor = _ratio(row_totals, sums)
    scaled = row_factor[:, None] * free * column_factor[None, :]
    scaled, worst = _newton(scaled, row_totals, column_totals, tolerance)
    if worst <= tolerance:
        return np.where(fast, seed, scaled)
    raise NotConverged(
        f"balancing: totals still off by {worst:.1e} of themselves after {max_steps} steps; "
        "a row or column with a positive total may have no cell that can carry it"
    )


def _newton(scaled: Array, row_totals: Array, column_totals: Array, tolerance: float) -> tuple[Array, float]:
    """Scale on towards the totals; returns the matrix and how far the worst total is off, as a share of itself.

    The factors solve a convex problem whose second derivative is [diag(rows) X; X' diag(columns)],
    singular in one direction per block: steps are the shortest that solve it.
    """
    rows = len(row_totals)
    totals = np.concatenate([row_totals, column_totals])
    worst = np.inf
    for _ in range(_NEWTON_STEPS):
        sums = np.concatenate([scaled.sum(axis=1), scaled.sum(axis=0)])
        worst = float(np.max(np.abs(sums - totals) / np.maximum(totals, 1e-300)))
        if worst <= tolerance or not np.isfinite(worst):
            break
        curve = np.diag(sums)
        curve[:rows, rows:], curve[rows:, :rows] = scaled, scaled.T
        step = np.clip(np.linalg.lstsq(curve, totals - sums, rcond=1e-15)[0], -1.0, 1.0)
        scaled = np.exp(step[:rows])[:, None] * scaled * np.exp(step[rows:])[None, :]
    return scaled, worst


def _ratio(wanted: Array, have: Array) -> Array:
    return np.divide(wanted, have, out=np.zeros_like(wanted), where=have > 0)
