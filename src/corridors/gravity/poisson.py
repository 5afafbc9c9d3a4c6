"""Poisson pseudo-maximum likelihood with fixed effects taken out: the Newton iteration.

Maximises sum_r w_r (y_r eta_r - exp(eta_r)), eta = offset + X'b + D a, by iteratively reweighted least
squares. Each step regresses the working residual (y - mu)/mu on X and D with weights w mu; D is taken out
by :class:`~corridors.gravity.absorb.Absorber`, only as exactly as the step deserves, so early steps are
cheap and the last ones exact (an inexact Newton method). Silva and Tenreyro (2006); Correia, Guimaraes and
Zylkin (2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import NotConverged
from .absorb import Absorber

_STEPS = 100
_HALVINGS = 12
# Converged when a Newton step changes the objective by less than this share: what is left after that step is
# of the order of this number itself in the fitted values.
_DECREMENT = 1e-14
# A row that still moves by this much when all others stand still is running off to minus infinity.
_RUNNING_OFF = 0.05


@dataclass
class Solution:
    """Where the Newton iteration ended. Arrays are over cells.

    ``clean_design`` is the design with the fixed effects taken out at the final weights, ``design_effects``
    what was taken out; ``suspects`` are zero flows whose fitted value still falls when all else stands still.
    """

    beta: np.ndarray
    effects: list[np.ndarray]
    eta: np.ndarray
    mu: np.ndarray
    clean_design: np.ndarray
    design_effects: list[np.ndarray]
    deviance: float
    iterations: int
    converged: bool
    suspects: np.ndarray


def deviance(outcome: np.ndarray, mu: np.ndarray, weights: np.ndarray) -> float:
    """2 sum w (y log(y/mu) - (y - mu)), with 0 log 0 = 0."""
    ratio = np.where(outcome > 0, outcome, 1.0) / np.where(outcome > 0, mu, 1.0)
    return float(2.0 * (weights * (outcome * np.log(ratio) - (outcome - mu))).sum())


def solve(
    outcome: np.ndarray,
    design: np.ndarray,
    weights: np.ndarray,
    offset: np.ndarray | None,
    absorber: Absorber | None,
    tolerance: float = _DECREMENT,
) -> Solution:
    """Fit by Newton steps. ``outcome``, ``weights``, ``offset`` (cells,), ``design`` (covariates, cells).

    Holes of a dense layout carry weight zero and outcome zero. ``design`` holds no collinear columns.
    """
    base = np.zeros_like(outcome) if offset is None else offset
    mean = float((weights * outcome).sum() / weights.sum())
    mu = 0.5 * (outcome + mean)
    eta = np.log(mu)
    beta = np.zeros(design.shape[0])
    effects: list[np.ndarray] | None = None
    design_effects: list[np.ndarray] | None = None
    last = np.inf
    inner = 1e-4
    move = np.zeros_like(eta)
    converged = False
    iteration = 0
    for iteration in range(1, _STEPS + 1):
        first = iteration == 1
        target = outcome / mu - 1.0
        if first:
            target += eta - base
        if absorber is not None:
            absorber.weigh(weights * mu)
            clean, design_effects = (
                absorber.residualise(design, design_effects, min(inner, 1e-5)) if design.size else (design, [])
            )
            rest, target_effects = absorber.residualise(target[None, :], None, inner)
            rest = rest[0]
        else:
            clean, rest, target_effects = design, target, []
        weighted = clean * (weights * mu)
        gradient = weighted @ rest
        step = np.linalg.solve(weighted @ clean.T, gradient) if design.size else gradient
        move = target - rest + step @ clean
        change = [
            t[0] - (step @ d if design.size else 0.0)
            for t, d in zip(target_effects, design_effects or target_effects, strict=True)
        ]
        decrement = float((weights * mu * move**2).sum())
        origin = base if first else eta
        share = 1.0
        for _ in range(_HALVINGS):
            new_eta = origin + share * move
            with np.errstate(over="ignore"):
                new_mu = np.exp(new_eta)
                now = deviance(outcome, new_mu, weights)
            if first or now <= last * (1 + 1e-12) + 1e-300:
                break
            share *= 0.5
        eta, mu = new_eta, new_mu
        beta = (0.0 if first else beta) + share * step
        effects = (
            [share * c for c in change]
            if first or effects is None
            else [e + share * c for e, c in zip(effects, change, strict=True)]
        )
        last = now
        scale = float((weights * outcome).sum())
        if not first:
            if decrement <= tolerance * scale:
                converged = True
                break
            inner = float(np.clip(0.1 * np.sqrt(decrement / scale), 1e-11, 1e-4))
    if not converged:
        raise NotConverged(
            f"the Poisson fit did not settle in {_STEPS} Newton steps; a covariate that is huge in a few rows, "
            "or one that predicts zero trade perfectly, is the usual cause"
        )
    if absorber is not None:
        absorber.weigh(weights * mu)
        if design.size:
            clean, design_effects = absorber.residualise(design, design_effects, 1e-11)
    return Solution(
        beta=beta,
        effects=effects or [],
        eta=eta,
        mu=mu,
        clean_design=clean,
        design_effects=design_effects or [],
        deviance=last,
        iterations=iteration,
        converged=converged,
        suspects=(outcome == 0) & (weights > 0) & (move < -_RUNNING_OFF),
    )
