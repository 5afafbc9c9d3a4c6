"""Poisson pseudo-maximum likelihood with fixed effects taken out: the Newton iteration.

Maximises sum_r w_r (y_r eta_r - exp(eta_r)), eta = offset + X'b + D a, by iteratively reweighted
least squares. Each step regresses the working residual (y - mu)/mu on X and D with weights w mu; D
is taken out by :class:`~corridors.gravity.absorb.Absorber`, only as exactly as the step deserves,
so early steps are cheap and the last ones exact (an inexact Newton method). Silva and Tenreyro
(2006); Correia, Guimaraes and Zylkin (2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import NotConverged
from .absorb import Absorber
from .groups import RowGroups

_STEPS = 100
_HALVINGS = 12
_SWEEPS = 2
# How exactly the first steps take out the fixed effects; later ones follow the size of the step.
_INNER = 1e-3
# Converged when a Newton step changes the objective by less than this share: what is left after
# that step is
# of the order of this number itself in the fitted values.
_DECREMENT = 1e-14
# A row that still moves by this much when all others stand still is running off to minus infinity.
_RUNNING_OFF = 0.05
# A share of all trade that is none.
_VANISHED = 1e-16
_LARGEST = 1e150
"""Of a working residual: its square is a number."""
_SMALLEST = 1e-300


@dataclass
class Solution:
    """Where the Newton iteration ended. Arrays are over cells.

    ``clean_design`` is the design with the fixed effects taken out at the final weights; ``move``
    the last step of eta; ``suspects`` are zero flows whose fitted value still falls when all else
    stands still, or has all but vanished.
    """

    beta: np.ndarray
    effects: list[np.ndarray]
    eta: np.ndarray
    mu: np.ndarray
    clean_design: np.ndarray
    iterations: int
    converged: bool
    move: np.ndarray
    suspects: np.ndarray


def deviance(outcome: np.ndarray, mu: np.ndarray, weights: np.ndarray) -> float:
    """2 sum w (y log(y/mu) - (y - mu)), with 0 log 0 = 0."""
    positive = outcome > 0
    with np.errstate(over="ignore", invalid="ignore"):
        ratio = np.divide(outcome, mu, out=np.ones_like(mu), where=positive & (mu > 0))
        return float(2.0 * (weights * (outcome * np.log(ratio) - (outcome - mu))).sum())


def _proportional(
    weighted_outcome: np.ndarray, weights: np.ndarray, base: np.ndarray, absorber: Absorber | None
) -> np.ndarray:
    """A rough fit (cells,) of the fixed effects alone, by iterative proportional fitting of their totals.

    Saves two or three Newton steps, each of which costs as much as ten of these sweeps.
    """
    mu = np.exp(base - base.max())
    mu *= float(weighted_outcome.sum()) / float(weights @ mu)
    if absorber is None:
        return np.asarray(mu)
    for _ in range(_SWEEPS):
        for group in absorber.groups:
            wanted, got = (group.sums(line[None, :]) for line in (weighted_outcome, weights * mu))
            ratio = np.divide(wanted, got, out=np.ones_like(got), where=(wanted > 0) & (got > 0))
            spread = group.spread(ratio)
            mu = (mu.reshape(spread.shape if isinstance(group, RowGroups) else (1, *group.shape)) * spread).reshape(-1)
    return np.asarray(mu)


def solve(
    outcome: np.ndarray,
    design: np.ndarray,
    weights: np.ndarray,
    offset: np.ndarray | None,
    absorber: Absorber | None,
    tolerance: float = _DECREMENT,
) -> Solution:
    """Fit by Newton steps. ``outcome``, ``weights``, ``offset`` (cells,), ``design`` (covariates, cells).

    Holes of a dense layout carry weight zero and outcome zero. ``design`` holds no collinear
    columns.
    """
    base = np.zeros_like(outcome) if offset is None else offset
    scale = float(weights @ outcome)
    weighted_outcome = weights * outcome
    # Half the outcome, so that no working residual is large; half what the fixed effects alone
    # predict.
    mu = 0.5 * (outcome + _proportional(weighted_outcome, weights, base, absorber))
    eta = np.log(np.maximum(mu, _SMALLEST))
    positive = outcome > 0
    beta = np.zeros(design.shape[0])
    # covariates, and the working residual in the last line: taken out of the fixed effects in one
    # go
    stacked = np.vstack([design, np.empty((1, outcome.size))])
    target = stacked[-1]
    start: list[np.ndarray] | None = None
    effects: list[np.ndarray] | None = None
    change: list[np.ndarray] = []
    last = -np.inf
    inner = _INNER
    move = np.zeros_like(eta)
    converged = False
    iteration = 0
    for iteration in range(1, _STEPS + 1):
        first = iteration == 1
        working = weights * mu
        target[:] = -1.0
        with np.errstate(over="ignore"):
            np.divide(outcome, mu, out=target, where=positive)
        if not np.abs(target).max(initial=0.0) < _LARGEST:
            raise NotConverged(_SINGULAR)
        np.subtract(target, 1.0, out=target, where=positive)
        if first:
            target += eta
            target -= base
        if absorber is not None:
            absorber.weigh(working)
            left, taken = absorber.residualise(stacked, start, inner)
            start = [np.vstack([t[:-1], np.zeros((1, t.shape[1]))]) for t in taken]
        else:
            left, taken = stacked, []
        clean, rest = left[:-1], left[-1]
        weighted = clean * working
        step = _solve(weighted @ clean.T, weighted @ rest) if design.size else beta
        move = target - rest
        move += step @ clean
        change = [t[-1] - step @ t[:-1] for t in taken]
        decrement = float(working @ move**2)
        origin = base if first else eta
        share = 1.0
        for _ in range(_HALVINGS):
            new_eta = origin + share * move
            with np.errstate(over="ignore", invalid="ignore"):
                new_mu = np.exp(new_eta)
                now = float(weighted_outcome @ new_eta - weights @ new_mu)
            if first or now >= last - 1e-12 * abs(last):
                break
            share *= 0.5
        if not np.isfinite(now):
            raise NotConverged(_SINGULAR)
        eta, mu = new_eta, new_mu
        beta = (0.0 if first else beta) + share * step
        effects = (
            [share * c for c in change]
            if first or effects is None
            else [e + share * c for e, c in zip(effects, change, strict=True)]
        )
        last = now
        if not first:
            if decrement <= tolerance * scale:
                converged = True
                break
            inner = float(np.clip(0.1 * np.sqrt(decrement / scale), 1e-11, _INNER))
    if not converged:
        raise NotConverged(
            f"the Poisson fit did not settle in {_STEPS} Newton steps; a covariate that is huge in a few rows, "
            "or one that predicts zero trade perfectly, is the usual cause"
        )
    clean = design
    if absorber is not None:
        absorber.weigh(weights * mu)
        if design.size:
            clean, _ = absorber.residualise(design, [s[:-1] for s in start or []], 1e-10)
    return Solution(
        beta=beta,
        effects=effects or [],
        eta=eta,
        mu=mu,
        clean_design=clean,
        iterations=iteration,
        converged=converged,
        move=move,
        suspects=(outcome == 0) & (weights > 0) & ((move < -_RUNNING_OFF) | (weights * mu < _VANISHED * scale)),
    )


def inverse(gram: np.ndarray) -> np.ndarray:
    """Of a positive definite matrix (covariates, covariates), each line in its own unit."""
    unit = np.sqrt(np.diag(gram))
    if not (np.isfinite(gram).all() and (unit > 0).all()):
        raise NotConverged(_SINGULAR)
    try:
        return np.asarray(np.linalg.inv(gram / np.outer(unit, unit)) / np.outer(unit, unit))
    except np.linalg.LinAlgError:
        raise NotConverged(_SINGULAR) from None


def _solve(gram: np.ndarray, right: np.ndarray) -> np.ndarray:
    unit = np.sqrt(np.diag(gram))
    if not (np.isfinite(gram).all() and (unit > 0).all()):
        raise NotConverged(_SINGULAR)
    try:
        return np.asarray(np.linalg.solve(gram / np.outer(unit, unit), right / unit) / unit)
    except np.linalg.LinAlgError:
        raise NotConverged(_SINGULAR) from None


_SINGULAR = (
    "the Poisson fit came to a point where covariates can no longer be told apart: the fitted values of the rows that "
    "tell them apart have vanished; a covariate that is huge in a few rows is the usual cause: rescale it, or drop it"
)
