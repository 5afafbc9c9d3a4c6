"""Observations for which no finite estimate exists, and covariates that say nothing new.

A zero flow is *separated* when some combination of the regressors is zero on every positive flow, never
positive, and negative there: the likelihood then pushes its fitted value to zero without end. Such rows
say nothing about the finite parameters and are dropped (Correia, Guimaraes and Zylkin 2021, "Verifying the
existence of maximum likelihood estimates for generalized linear models").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import NotConverged
from .absorb import Absorber
from .sample import Factor

_RECTIFIER_STEPS = 2_000
_TOLERANCE = 1e-5


def without_trade(outcome: np.ndarray, weights: np.ndarray | None, factors: Sequence[Factor]) -> np.ndarray:
    """Rows to drop because all rows of one of their fixed-effect levels are zero (repeated until none is left)."""
    kept = np.ones(outcome.size, dtype=bool) if weights is None else weights > 0
    positive = outcome > 0
    while True:
        before = int(kept.sum())
        for factor in factors:
            traded = np.bincount(factor.codes[kept & positive], minlength=factor.levels) > 0
            kept &= traded[factor.codes]
        if int(kept.sum()) == before:
            return ~kept


def rectify(
    outcome: np.ndarray, design: np.ndarray, present: np.ndarray, absorber: Absorber | None
) -> np.ndarray:
    """Separated cells by the iterative rectifier, covariates and fixed effects together.

    ``present`` (cells,) marks the cells in use. Regress u (at first 1 on zero flows, 0 on positive ones) on all
    regressors with so large a weight on positive flows that they are fitted exactly; set u to the positive
    part of the fit on zero flows; repeat. What stays positive is separated.
    """
    zero = present & (outcome == 0)
    heavy = max(float(zero.sum()), 1.0) / _TOLERANCE**2
    weights = np.where(zero, 1.0, np.where(present, heavy, 0.0))
    clean = design
    if absorber is not None:
        absorber.weigh(weights)
        if design.size:
            clean, _ = absorber.residualise(design, None, 1e-12)
    gram = (clean * weights) @ clean.T if design.size else None
    u = zero.astype(float)
    for _ in range(_RECTIFIER_STEPS):
        rest = u
        if absorber is not None:
            rest = absorber.residualise(u[None, :], None, 1e-12)[0][0]
        if gram is not None:
            rest = rest - np.linalg.lstsq(gram, (clean * weights) @ rest, rcond=None)[0] @ clean
        fit = np.where(zero, u - rest, 0.0)
        fit[np.abs(fit) < _TOLERANCE] = 0.0
        if (fit >= 0).all():
            return fit > 0
        u = np.maximum(fit, 0.0)
        if not u.any():
            return np.zeros_like(zero)
    raise NotConverged(
        f"the check for separated observations did not settle in {_RECTIFIER_STEPS} rounds; "
        "drop covariates that are not zero only where trade is zero"
    )


def collinear(
    design: np.ndarray, names: Sequence[str], weights: np.ndarray, absorber: Absorber | None
) -> tuple[list[int], dict[str, str]]:
    """Positions of the covariates to keep, and for each dropped one the reason.

    A covariate is dropped when less than 1e-9 of its variation is left after the fixed effects and the
    covariates named before it are taken out. Earlier ones stay.
    """
    if not design.size:
        return [], {}
    clean = design
    if absorber is not None:
        absorber.weigh(weights)
        clean, _ = absorber.residualise(design, None, 1e-9)
    original = np.sqrt((design**2 * weights).sum(axis=1))
    left = np.sqrt((clean**2 * weights).sum(axis=1))
    kept: list[int] = []
    dropped: dict[str, str] = {}
    basis: list[np.ndarray] = []
    root = np.sqrt(weights)
    for k, name in enumerate(names):
        if original[k] == 0:
            dropped[name] = "zero in every row that is used"
            continue
        if left[k] <= 1e-6 * original[k]:
            dropped[name] = "collinear with the fixed effects" if absorber is not None else "no variation"
            continue
        line = clean[k] * root / left[k]
        for _ in range(2):
            for vector in basis:
                line = line - (line @ vector) * vector
        size = float(np.sqrt(line @ line))
        if size <= 1e-7:
            dropped[name] = "collinear with " + ", ".join(names[i] for i in kept)
            continue
        basis.append(line / size)
        kept.append(k)
    return kept, dropped
