"""Covariance of the estimates: robust to heteroskedasticity, or clustered in one or several ways.

V = c (X~'W X~)^-1 [sum over clusters s_g s_g'] (X~'W X~)^-1, s_g the sum of the scores x~ w (y -
mu) of a cluster. With several cluster dimensions the terms alternate in sign over all their
intersections (Cameron, Gelbach and Miller 2011). Small-sample factors, those of fixest and
pyfixest:

- robust: N / (N - K)
- clustered: (N - 1) / (N - K) * G / (G - 1), with G the smallest number of clusters of any dimension, for
  every term. K counts covariates and fixed effects (less one for each fixed effect after the
  first), where effects nested in a cluster count once for the whole set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .sample import Factor, combine


@dataclass(frozen=True)
class Inference:
    """A covariance and the factors that went into it. ``clusters`` is the number in each dimension."""

    covariance: np.ndarray
    clusters: tuple[int, ...]
    parameters: int
    factor: float
    repaired: bool


def estimate(
    scores: np.ndarray,
    bread: np.ndarray,
    factors: Sequence[Factor],
    clusters: Sequence[Factor],
) -> Inference:
    """Sandwich covariance from ``scores`` (covariates, rows) and ``bread`` = (X~'W X~)^-1.

    ``factors`` and ``clusters`` are coded on the rows in use.
    """
    rows = scores.shape[1]
    covariates = scores.shape[0]
    used = [_used(f) for f in factors]
    parameters = covariates + sum(used) - max(len(used) - 1, 0)
    if not clusters:
        middle = scores @ scores.T
        factor = rows / (rows - parameters) if rows > parameters else np.nan
        return Inference(factor * bread @ middle @ bread, (), parameters, factor, False)
    nested = [n for f, n in zip(factors, used, strict=True) if any(_nested(f, c) for c in clusters)]
    if nested:
        parameters = parameters - sum(nested) + len(nested)
    counts = tuple(_used(c) for c in clusters)
    smallest = min(counts)
    factor = (rows - 1) / (rows - parameters) * smallest / (smallest - 1) if smallest > 1 else np.nan
    middle = np.zeros_like(bread)
    for size in range(1, len(clusters) + 1):
        for several in combinations(clusters, size):
            codes = several[0].codes
            for other in several[1:]:
                codes, _ = combine(codes, other.codes)
            middle += (-1) ** (size + 1) * _sum_of_squares(scores, codes)
    covariance = factor * bread @ middle @ bread
    covariance = 0.5 * (covariance + covariance.T)
    covariance, repaired = _positive(covariance) if len(clusters) > 1 else (covariance, False)
    return Inference(covariance, counts, parameters, factor, repaired)


def _sum_of_squares(scores: np.ndarray, codes: np.ndarray) -> np.ndarray:
    sums = np.stack([np.bincount(codes, line) for line in scores]) if len(scores) else scores
    return sums @ sums.T


def _used(factor: Factor) -> int:
    return int((np.bincount(factor.codes, minlength=factor.levels) > 0).sum())


def _nested(factor: Factor, cluster: Factor) -> bool:
    seen = np.zeros(factor.levels, dtype=np.int64)
    seen[factor.codes] = cluster.codes
    return bool(np.array_equal(seen[factor.codes], cluster.codes))


def _positive(covariance: np.ndarray) -> tuple[np.ndarray, bool]:
    """Only where a variance comes out negative: lift negative eigenvalues to zero (Cameron, Gelbach, Miller)."""
    if not len(covariance) or (np.diag(covariance) >= 0).all():
        return covariance, False
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.maximum(values, 0.0)) @ vectors.T, True
