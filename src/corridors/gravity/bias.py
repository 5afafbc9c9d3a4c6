"""The bias that many fixed effects leave in a three-way gravity estimate, and an estimate of it to take off.

PPML with exporter-year, importer-year and pair effects is consistent with few years, but its
estimates are off by a term of order 1/N, N the number of economies: as large, against the standard
error, in a world of 200 as in one of 20. Errors clustered by pair are too small by a share of order
1/N as well. Weidner and Zylkin (2021), Journal of International Economics 132, 103513, derive both
from a second-order expansion in the exporter-year and importer-year effects.

Given its total over the years, a pair's trade has the expected shares s_t = mu_t / sum(mu): the
pair effect is gone. With T-vectors a pair, S = y - mu, H = y.(diag s - s s') and x~ the covariate
without fixed effects,

    bias = V sum over exporters of { -tr(A sum_j H x~ S') + 1/2 tr(A (sum_j G) A (sum_j S S')) } * N
           / (N - 1) + the same over importers,        V = (sum x~'H x~)^-1,  A = (sum_j H)^-,  G =
           -dH in the direction x~

where N / (N - 1) is the authors' own allowance for S being residuals. As sum_j mu x~ = 0, the sum
of G is that of -(diag(x~) H + H diag(x~)).

The middle of the sandwich, sum x~'S S'x~, becomes sum x~'(I - H Q)^-1 S S'x~ with Q what the
estimates of all effects and coefficients together vary at the pair: then it is right on average
where the variance is the mean.

Checked three ways (tests/test_gravity_bias.py): bias and errors are those of a dense program that
takes its derivatives from the likelihood alone (1e-7); the coefficient that GLFixedEffectModels.jl
prints for a small panel is met to its last digit; the split-panel jackknife agrees within its
noise. The authors' own application is not reproduced: its data are not here. What the correction
does for estimates is known from simulations: where the variance is the mean most of the bias goes;
where it grows steeply with the covariate little does, and the errors stay too small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import EstimationError, nearest
from .fit import Fit

# An eigenvalue of a matrix with unit diagonal below this is zero: it is the direction fixed effects
# share.
_ZERO = 1e-10
# The share of a pair's residual that refitted effects must leave, in any direction, for its
# correction to mean anything.
_SMALLEST = 1e-6


@dataclass(frozen=True)
class BiasCorrection:
    """Series by covariate, in units of the coefficient.

    ``coefficients`` = ``uncorrected`` - ``bias``. ``standard_errors`` are clustered by pair and
    corrected; ``uncorrected_standard_errors`` are the usual ones by pair. Both carry the factor
    pairs / (pairs - 1) only, so that they compare (the errors of the fit carry a further one for
    the number of fixed effects).
    """

    coefficients: pd.Series
    uncorrected: pd.Series
    bias: pd.Series
    standard_errors: pd.Series
    uncorrected_standard_errors: pd.Series
    exporters: int
    importers: int
    years: int
    pairs: int

    def table(self) -> pd.DataFrame:
        """estimate, std_error, bias, corrected, corrected_std_error by covariate."""
        return pd.DataFrame(
            {
                "estimate": self.uncorrected,
                "std_error": self.uncorrected_standard_errors,
                "bias": self.bias,
                "corrected": self.coefficients,
                "corrected_std_error": self.standard_errors,
            }
        )

    def __str__(self) -> str:
        table = self.table()
        wide = max(12, *(len(str(n)) for n in table.index)) + 2
        heads = ("estimate", "(std. error)", "bias", "corrected", "(std. error)")
        rule = "-" * (wide + 14 * len(heads))
        lines = [
            "Three-way gravity less its estimated bias of order 1/N (Weidner and Zylkin 2021)",
            rule,
            f"{'':{wide}}" + "".join(f"{h:>14}" for h in heads),
            rule,
        ]
        for name, row in zip(table.index, table.itertuples(index=False), strict=True):
            cells = (
                f"{row.estimate:.4f}", f"({row.std_error:.4f})", f"{row.bias:.4f}",
                f"{row.corrected:.4f}", f"({row.corrected_std_error:.4f})",
            )  # fmt: skip
            lines.append(f"{name!s:{wide}}" + "".join(f"{c:>14}" for c in cells))
        return "\n".join(
            [
                *lines,
                rule,
                f"{self.exporters:,} exporters, {self.importers:,} importers, {self.years:,} years, "
                f"{self.pairs:,} pairs; errors clustered by pair",
            ]
        )


@dataclass(frozen=True)
class _Panel:
    """Pairs by years: ``exporter``, ``importer`` (p,), ``outcome``, ``mu`` (p, T), ``clean`` (k, p,
    T); holes are zero."""

    exporter: np.ndarray
    importer: np.ndarray
    outcome: np.ndarray
    mu: np.ndarray
    clean: np.ndarray

    @property
    def score(self) -> np.ndarray:
        """S (p, T)."""
        return np.asarray(self.outcome - self.mu)

    @property
    def curvature(self) -> np.ndarray:
        """H (p, T, T); at the estimate a pair's total is its fitted total."""
        diagonal = self.mu[:, :, None] * np.eye(self.mu.shape[1])
        total = self.mu.sum(axis=1)
        return np.asarray(diagonal - self.mu[:, :, None] * self.mu[:, None, :] / total[:, None, None])


def bias_correction(
    fit: Fit, frame: pd.DataFrame, exporter: str = "exporter", importer: str = "importer", year: str = "year"
) -> BiasCorrection:
    """Take the bias of order 1/N out of a three-way fit, and out of its errors clustered by pair.

    E[X_ijt] = exp(b'z_ijt + a_it + c_jt + d_ij), d_ij by direction. Exact in the number of years,
    of second order in the number of economies. Pairs without trade, which a fit leaves out, are
    left out here too; the matrix of all exporter-year and importer-year effects is inverted as a
    whole, which takes about their number cubed.

    Parameters
    ----------
    fit:
        by :func:`~corridors.gravity.ppml` with fixed effects exporter^year, importer^year and
        exporter^importer (or a column that says the same), without weights.
    frame:
        that of the fit.
    exporter, importer, year:
        its columns.

    Returns
    -------
    BiasCorrection
        coefficients, bias and standard errors in units of the coefficient.

    Raises
    ------
    EstimationError
        a column is missing; the frame is not the fit's; the fixed effects are not these three;
        there are weights; there are several rows for a pair in a year; an economy has so few
        partners that its effects leave no residual.

    References
    ----------
    Weidner and Zylkin (2021), Journal of International Economics 132, 103513.
    """
    panel = _panel(fit, frame, exporter, importer, year)
    bread = fit.workings.bread
    shift = np.zeros(len(bread))
    for codes in (panel.exporter, panel.importer):
        levels = int(codes.max()) + 1
        shift += bread @ _score_bias(panel, codes, levels) * levels / (levels - 1)
    names = fit.coefficients.index
    pairs = len(panel.mu)
    factor = pairs / (pairs - 1)
    plain = np.einsum("kpt,pt->kp", panel.clean, panel.score)
    lifted = np.einsum("kpt,pt->kp", panel.clean, _without_leverage(panel, bread))
    middle = lifted @ plain.T

    def errors(inner: np.ndarray, name: str) -> pd.Series:
        variance = np.diag(factor * bread @ inner @ bread)
        return pd.Series(np.sqrt(np.where(variance >= 0, variance, np.nan)), names, name=name)

    return BiasCorrection(
        coefficients=(fit.coefficients - shift).rename("coefficient"),
        uncorrected=fit.coefficients,
        bias=pd.Series(shift, names, name="bias"),
        standard_errors=errors((middle + middle.T) / 2, "standard_error"),
        uncorrected_standard_errors=errors(plain @ plain.T, "standard_error"),
        exporters=int(panel.exporter.max()) + 1,
        importers=int(panel.importer.max()) + 1,
        years=panel.mu.shape[1],
        pairs=pairs,
    )


def _score_bias(panel: _Panel, codes: np.ndarray, levels: int) -> np.ndarray:
    """The bias (k,) of the score that the effects by ``codes`` (one for each year) leave."""
    curvature, score = panel.curvature, panel.score
    inverse = _inverse(_sums(curvature, codes, levels))
    spread = inverse @ _sums(score[:, :, None] * score[:, None, :], codes, levels) @ inverse
    found = []
    for line in panel.clean:
        pull = np.einsum("pts,ps->pt", curvature, line)
        first = _sums(pull[:, :, None] * score[:, None, :], codes, levels)
        half = line[:, :, None] * curvature
        third = -_sums(half + half.transpose(0, 2, 1), codes, levels)
        found.append(-np.einsum("lts,lst->", inverse, first) + np.einsum("lts,lst->", third, spread) / 2)
    return np.array(found)


def _without_leverage(panel: _Panel, bread: np.ndarray) -> np.ndarray:
    """(I - H Q)^-1 S (p, T)."""
    curvature = panel.curvature
    pairs, years = panel.mu.shape
    ones, others = int(panel.exporter.max()) + 1, int(panel.importer.max()) + 1
    blocks = np.zeros((ones + others, years, ones + others, years))
    for a, first in ((0, panel.exporter), (ones, panel.importer)):
        for b, second in ((0, panel.exporter), (ones, panel.importer)):
            np.add.at(blocks.transpose(0, 2, 1, 3), (a + first, b + second), curvature)
    size = (ones + others) * years
    spread = _inverse(blocks.reshape(size, size)).reshape(blocks.shape).transpose(0, 2, 1, 3)
    i, j = panel.exporter, ones + panel.importer
    shared = spread[i, i] + spread[j, j] + spread[i, j] + spread[j, i]
    shared = shared + np.einsum("kpt,kl,lps->pts", panel.clean, bread, panel.clean)
    left = np.eye(years) - curvature @ shared
    # Eigenvalues are shares of the residual that are left, real and in (0, 1]: their product would
    # shrink with every year.
    if np.linalg.eigvals(left).real.min() < _SMALLEST:
        raise EstimationError(
            "some pairs are fitted without any residual by the effects of their exporter or importer, so that their "
            "variance is not known; leave out economies that in some year have one partner only"
        )
    return np.asarray(np.linalg.solve(left, panel.score[:, :, None])[:, :, 0])


def _inverse(matrices: np.ndarray) -> np.ndarray:
    """Of symmetric matrices (..., n, n) that miss the directions effects share; scaled first, as economies differ."""
    diagonal = np.diagonal(matrices, axis1=-2, axis2=-1)
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    both = scale[..., :, None] * scale[..., None, :]
    return np.asarray(np.linalg.pinv(matrices * both, rcond=_ZERO, hermitian=True) * both)


def _sums(blocks: np.ndarray, codes: np.ndarray, levels: int) -> np.ndarray:
    """Blocks (p, T, T) summed by code: (levels, T, T)."""
    found = np.zeros((levels, *blocks.shape[1:]))
    np.add.at(found, codes, blocks)
    return found


def _panel(fit: Fit, frame: pd.DataFrame, exporter: str, importer: str, year: str) -> _Panel:
    work = fit.workings
    for name in (exporter, importer, year):
        if name not in frame.columns:
            raise EstimationError(f"there is no column {name!r} in the frame{nearest(name, map(str, frame.columns))}")
    if len(frame) != fit.nobs_given:
        raise EstimationError(
            f"the frame has {len(frame):,} rows, that of the fit {fit.nobs_given:,}; give the fit's own"
        )
    if np.ptp(work.weights) > 0 or work.weights[0] != 1:
        raise EstimationError("the fit has weights; the correction is for a fit without")
    i, j, t = (pd.factorize(frame[name].iloc[work.rows], sort=True)[0] for name in (exporter, importer, year))
    wanted = [_same(i, t), _same(j, t), _same(i, j)]
    given = [_same(f.codes) for f in work.factors]
    if len(given) != len(wanted) or not all(any(np.array_equal(w, g) for g in given) for w in wanted):
        raise EstimationError(
            f"fixed effects are {', '.join(fit.fixed_effect_names) or 'none'}; the correction is for "
            f"{exporter}^{year}, {importer}^{year} and {exporter}^{importer} (pairs by direction)"
        )
    _, pair = np.unique(wanted[2], return_inverse=True)
    pairs, years = int(pair.max()) + 1, int(t.max()) + 1
    if np.bincount(pair * years + t).max() > 1:
        raise EstimationError(f"there are several rows for a pair in a {year}; one is allowed")

    def spread(values: np.ndarray) -> np.ndarray:
        out = np.zeros((*values.shape[:-1], pairs, years))
        out[..., pair, t] = values
        return out

    codes = np.zeros((2, pairs), dtype=np.int64)
    codes[:, pair] = i, j
    return _Panel(codes[0], codes[1], spread(work.outcome), spread(work.mu), spread(work.clean))


def _same(*codes: Sequence[int] | np.ndarray) -> np.ndarray:
    """The groups that ``codes`` make together, numbered as they appear: equal arrays are equal groupings."""
    return np.asarray(pd.MultiIndex.from_arrays(codes).factorize()[0])
