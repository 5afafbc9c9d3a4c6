"""Shares of variance from draws that were made anyway: a polynomial chaos expansion (Sudret 2008).

The output is fitted by polynomials of the draws' ranks that are orthonormal for even ranks
(Legendre), one quantity at a time and two at a time. The square of a coefficient is then the
variance that its term brings, and the terms that a quantity is in add up to its total index. How
many quantities take part with their products, and of which degree, is what predicts left-out draws
best.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.polynomial import legendre

from corridors.runtime import cores

Array = npt.NDArray[np.float64]
Term = tuple[tuple[int, int], ...]
"""The (quantity, degree) pairs whose polynomials are multiplied."""

DRAWS_A_TERM = 12
LEADING = (2, 3, 5, 8, 11, 14)
HIGHEST_DEGREE = 6
BLOCK = 1024
"""Draws of which all terms are held at once: 1,450 terms of 65,536 draws, and what solving them takes, are 5 GB."""
_SUMS, _TOGETHER = 4, 8


@dataclass(frozen=True)
class Expansion:
    """What the draws say of the variance of an output.

    ``shares`` by quantity: first_order, total and total_half_width (95 %), shares of the variance.
    ``explained`` is the share of the variance of left-out draws that the expansion predicts, at
    least 0: what is missing to 1 lies in products of three and more quantities, in kinks, or is not
    seen in so few draws.
    """

    shares: pd.DataFrame
    explained: float


def variance_shares(draws: Mapping[str, Array], output: Array) -> Expansion:
    """First-order and total Sobol indices of ``output`` (B,) from the draws (B,) of independent quantities by name.

    Indices are without the part that chance alone adds to squares of coefficients. An output that
    does not vary, or that fewer than 2 x :data:`DRAWS_A_TERM` draws are known of, has all indices 0
    and nothing explained.
    """
    y = np.asarray(output, dtype=np.float64)
    names = [name for name, values in draws.items() if np.ptp(values) > 0]
    shares = pd.DataFrame(
        0.0, index=names, columns=["first_order", "total", "total_half_width"], dtype=np.float64
    )
    variance = float(np.var(y))
    if len(y) < 2 * DRAWS_A_TERM or variance <= 1e-24 * max(1.0, float(np.abs(y).max()) ** 2):
        return Expansion(shares, 0.0)
    ranks = np.stack([(pd.Series(draws[name]).rank().to_numpy() - 0.5) / len(y) for name in names])
    best, terms = _fitted(ranks, y)
    square, error = best.coefficient**2 - best.variance, best.variance
    for d, name in enumerate(names):
        inside = np.array([any(q == d for q, _ in term) for term in terms], dtype=bool)
        alone = inside & np.array([len(term) == 1 for term in terms], dtype=bool)
        spread = (4.0 * best.coefficient**2 * error + 2.0 * error**2)[inside].sum()
        first = max(float(square[alone].sum()) / variance, 0.0)
        joint = max(float(square[inside & ~alone].sum()) / variance, 0.0)
        shares.loc[name] = (
            min(first, 1.0),
            min(first + joint, 1.0),
            1.96 * float(np.sqrt(spread)) / variance,
        )
    return Expansion(shares, max(1.0 - best.left_out / variance, 0.0))


@dataclass(frozen=True)
class _Fit:
    """Coefficients of all terms but the mean, their ``variance``, and the mean square error of left-out draws."""

    coefficient: Array
    variance: Array
    left_out: float


def _fitted(ranks: Array, y: Array) -> tuple[_Fit, list[Term]]:
    """The expansion whose left-out draws are predicted best, of all sizes that the draws allow."""
    most = len(y) // DRAWS_A_TERM - 1
    own = np.array([abs(np.corrcoef(rank, y)[0, 1]) for rank in ranks])
    # what moves the output evenly to both sides is seen in squares
    even = np.array([abs(np.corrcoef((rank - 0.5) ** 2, y)[0, 1]) for rank in ranks])
    order = [int(d) for d in np.argsort(-np.maximum(own, even), kind="stable")]
    tried: list[list[Term]] = []
    for leading in sorted({min(k, len(order)) for k in (1, *LEADING)}):
        for degree in range(1, HIGHEST_DEGREE + 1):
            terms = _terms(order, leading, degree)
            if len(terms) > most:
                break
            tried.append(terms + [((d, 1),) for d in order[leading : leading + most - len(terms)]])
    fits = _fits(ranks, tried, y)
    return min(zip(fits, tried, strict=True), key=lambda one: one[0].left_out)


def _terms(order: list[int], leading: int, degree: int) -> list[Term]:
    """Products of at most two of the ``leading`` quantities, of at most ``degree`` in all; of degree 1, no products."""
    terms: list[Term] = [((d, k),) for d in order[:leading] for k in range(1, degree + 1)]
    for a, b in combinations(order[:leading], 2):
        terms += [((a, k), (b, m)) for k in range(1, degree) for m in range(1, degree - k + 1)]
    return terms


def _polynomials(ranks: Array) -> Array:
    """(D, K + 1, B) orthonormal Legendre polynomials of ranks in (0, 1)."""
    values = legendre.legvander(2.0 * ranks - 1.0, HIGHEST_DEGREE)
    return np.asarray(np.moveaxis(values * np.sqrt(2.0 * np.arange(HIGHEST_DEGREE + 1) + 1.0), -1, 1))


def _columns(ranks: Array, terms: list[Term]) -> Array:
    """(b, 1 + terms) a column of ones and each term's, of draws with ``ranks`` (D, b)."""
    polynomials = _polynomials(ranks)
    products = [np.prod([polynomials[d, k] for d, k in term], axis=0) for term in terms]
    return np.stack([np.ones(ranks.shape[1]), *products], axis=1)


def _fits(ranks: Array, tried: list[list[Term]], y: Array) -> list[_Fit]:
    """Least squares of ``y`` on each of the sets of terms.

    All are parts of one set, whose products are summed once; as terms are orthonormal for even
    ranks, normal equations lose no digits. Draws that are left out are predicted from their
    leverage, a block of draws at a time on all cores.
    """
    every = list(dict.fromkeys(term for terms in tried for term in terms))
    place = {term: k + 1 for k, term in enumerate(every)}
    at = [np.array([0, *(place[term] for term in terms)]) for terms in tried]
    blocks = [slice(first, first + BLOCK) for first in range(0, len(y), BLOCK)]
    # so few that their sums take no room to speak of, and the same on any number of cores
    parts = [blocks[k::_SUMS] for k in range(_SUMS)]

    def summed(first: int, last: int) -> dict[str, Array]:
        total = np.zeros((last - first, len(every) + 1, len(every) + 2))
        for k in range(first, last):
            for rows in parts[k]:
                x = _columns(ranks[:, rows], every)
                total[k - first] += x.T @ np.column_stack([x, y[rows]])
        return {"products": total}

    shape = (len(every) + 1, len(every) + 2)
    products = cores.fill({"products": shape}, _SUMS, 1, summed, least=1)["products"].sum(axis=0)
    return [fit for k in range(0, len(at), _TOGETHER) for fit in _left_out(ranks, every, y, products, at[k : k + _TOGETHER])]


def _left_out(ranks: Array, every: list[Term], y: Array, products: Array, at: list[npt.NDArray[np.intp]]) -> list[_Fit]:
    """Fits on the parts ``at`` of the terms ``every``, whose ``products`` with each other and ``y`` are known; a block of draws at
    a time on all cores."""
    blocks = [slice(first, first + BLOCK) for first in range(0, len(y), BLOCK)]
    inverses = [np.linalg.inv(np.linalg.cholesky(products[np.ix_(some, some)])).T for some in at]
    alongs = [inverse.T @ products[some, -1] for some, inverse in zip(at, inverses, strict=True)]

    def left(first: int, last: int) -> dict[str, Array]:
        noise, left_out = np.empty((2, last - first, len(at)))
        for b in range(first, last):
            x, own = _columns(ranks[:, blocks[b]], every), y[blocks[b]]
            for k, (some, inverse, along) in enumerate(zip(at, inverses, alongs, strict=True)):
                q = x[:, some] @ inverse
                rest = own - q @ along
                kept = 1.0 - (q * q).sum(axis=1)
                noise[b - first, k] = rest @ rest
                left_out[b - first, k] = ((rest / np.maximum(kept, 1e-6)) ** 2).sum()
        return {"noise": noise, "left_out": left_out}

    found = cores.fill({"noise": (len(at),), "left_out": (len(at),)}, len(blocks), 1, left, least=1)
    noise, left_out = found["noise"].sum(axis=0), found["left_out"].sum(axis=0)
    return [
        _Fit(
            (inverse @ along)[1:],
            noise[k] / (len(y) - len(some)) * (inverse * inverse).sum(axis=1)[1:],
            float(left_out[k]) / len(y),
        )
        for k, (some, inverse, along) in enumerate(zip(at, inverses, alongs, strict=True))
    ]
