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

Array = npt.NDArray[np.float64]
Term = tuple[tuple[int, int], ...]
"""The (quantity, degree) pairs whose polynomials are multiplied."""

DRAWS_A_TERM = 12
LEADING = (2, 3, 5, 8, 11, 14)
HIGHEST_DEGREE = 6
BLOCK = 8192
"""Draws of which all terms are held at once: 1,450 terms of 65,536 draws, and what solving them takes, are 5 GB."""


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
    basis = _Basis(ranks)
    found: list[tuple[_Fit, list[Term]]] = []
    for leading in sorted({min(k, len(order)) for k in (1, *LEADING)}):
        for degree in range(1, HIGHEST_DEGREE + 1):
            terms = _terms(order, leading, degree)
            if len(terms) > most:
                break
            terms += [((d, 1),) for d in order[leading : leading + most - len(terms)]]
            found.append((_fit(basis, terms, y), terms))
    return min(found, key=lambda one: one[0].left_out)


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


class _Basis:
    """Terms of the draws whose ``ranks`` (D, B) are known, a block of draws at a time."""

    def __init__(self, ranks: Array) -> None:
        self.ranks = ranks
        self.blocks = [slice(first, first + BLOCK) for first in range(0, ranks.shape[1], BLOCK)]
        self._whole = _polynomials(ranks) if len(self.blocks) == 1 else None

    def columns(self, rows: slice, terms: list[Term]) -> Array:
        """(b, 1 + terms) a column of ones and each term's."""
        taken = {d: i for i, d in enumerate(dict.fromkeys(d for term in terms for d, _ in term))}
        if self._whole is not None:
            polynomials, place = self._whole, {d: d for d in taken}
        else:
            polynomials, place = _polynomials(self.ranks[list(taken), rows]), taken
        products = [np.prod([polynomials[place[d], k] for d, k in term], axis=0) for term in terms]
        return np.stack([np.ones(polynomials.shape[2]), *products], axis=1)


def _fit(basis: _Basis, terms: list[Term], y: Array) -> _Fit:
    if len(basis.blocks) == 1:
        q, r = np.linalg.qr(basis.columns(basis.blocks[0], terms))
        inverse, along = np.linalg.inv(r), q.T @ y
        rest = y - q @ along
        kept = 1.0 - (q * q).sum(axis=1)
    else:
        r = np.empty((0, len(terms) + 2))
        for rows in basis.blocks:
            stacked = np.vstack([r, np.column_stack([basis.columns(rows, terms), y[rows]])])
            r = np.asarray(np.linalg.qr(stacked, mode="r"))
        inverse, along = np.linalg.inv(r[:-1, :-1]), r[:-1, -1]
        rest, kept = np.empty_like(y), np.empty_like(y)
        for rows in basis.blocks:
            q = basis.columns(rows, terms) @ inverse
            rest[rows] = y[rows] - q @ along
            kept[rows] = 1.0 - (q * q).sum(axis=1)
    noise = float(rest @ rest) / (len(y) - len(terms) - 1)
    return _Fit(
        (inverse @ along)[1:],
        noise * (inverse * inverse).sum(axis=1)[1:],
        float(np.mean((rest / np.maximum(kept, 1e-6)) ** 2)),
    )
