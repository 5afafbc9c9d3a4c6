"""What a referee asks of a fit: is the form right, does one pair carry it, is it the same for everybody?

- :func:`reset`: Ramsey's test with powers of the linear predictor, for PPML as in Silva and Tenreyro (2006);
- :func:`counts`: rows, zeros, drops and measures of fit in one table;
- :func:`influence`: how far each cluster (pair) moves the estimates when it is left out;
- :func:`heterogeneity`: one coefficient for each group (exporter) beside the common one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import EstimationError, nearest
from .fit import Fit


@dataclass(frozen=True)
class Reset:
    """``statistic`` is chi-squared with ``degrees_of_freedom`` if the form is right; ``p_value`` from it."""

    statistic: float
    degrees_of_freedom: int
    p_value: float

    def __str__(self) -> str:
        return f"RESET: chi2({self.degrees_of_freedom}) = {self.statistic:.3f}, p = {self.p_value:.4f}"


def reset(fit: Fit, powers: Sequence[int] = (2, 3)) -> Reset:
    """Do powers of the linear predictor x'b + fixed effects add to the fit? A small p value says the form is wrong.

    The model is estimated again with the powers as covariates; Wald test with the fit's kind of
    covariance. Powers of a predictor scaled to unit spread: the test does not depend on units.

    Its size is right where the variance is in proportion to the mean. Where it grows faster, and
    the predictor has two sets of estimated fixed effects, their own error is in the powers, and the
    test refuses too often.
    """
    from scipy.special import chdtrc

    if not powers or any(p < 2 for p in powers):
        raise EstimationError(f"powers is {tuple(powers)}; whole numbers of 2 or more are needed, as in (2, 3)")
    work = fit.workings
    eta = np.log(work.mu)
    eta = (eta - eta.mean()) / (eta.std() or 1.0)
    again = _again(fit, {f"predictor to the power {p}": eta**p for p in powers})
    names = [f"predictor to the power {p}" for p in powers]
    kept = [n for n in names if n in again.coefficients.index]
    if not kept:
        return Reset(0.0, 0, 1.0)
    b = again.coefficients[kept].to_numpy()
    statistic = float(b @ np.linalg.solve(again.covariance.loc[kept, kept].to_numpy(), b))
    return Reset(statistic, len(kept), float(chdtrc(len(kept), statistic)))


def counts(fit: Fit) -> pd.DataFrame:
    """``what`` and ``value``: rows given and used, zeros, drops by reason, clusters, and how close the fit is."""
    rows: list[tuple[str, float]] = [
        ("rows given", fit.nobs_given),
        ("rows used", fit.nobs),
        ("zero flows among them", fit.zeros),
        ("dropped: a fixed effect without any positive flow", fit.dropped.without_trade),
        ("dropped: zero flows that covariates predict perfectly", fit.dropped.separated),
        ("dropped covariates", len(fit.dropped.covariates)),
        *((f"clusters: {name}", count) for name, count in zip(fit.cluster_names, fit.clusters, strict=True)),
        ("pseudo R2 (McFadden)", fit.pseudo_r2),
        ("share of the null deviance explained", fit.deviance_r2),
        ("squared correlation of observed and fitted", fit.squared_correlation),
    ]
    return pd.DataFrame(rows, columns=["what", "value"])


def influence(fit: Fit, frame: pd.DataFrame, by: Sequence[str] = ("exporter", "importer")) -> pd.DataFrame:
    """How much each group of rows moves each coefficient: estimate with it minus estimate without it.

    One step from the full estimate, (X~'W X~)^-1 s_g / (1 - leverage) for single rows and the block
    form of it for groups (Cook 1977; fixed effects held at their levels), so exact only to first
    order. ``frame`` is that of the fit; ``by`` are its columns that make a group. Columns: those of
    ``by``, one a covariate in units of its standard error, and ``largest`` (the largest of them in
    size); largest first.
    """
    work = fit.workings
    for name in by:
        if name not in frame.columns:
            raise EstimationError(f"there is no column {name!r} in the frame{nearest(name, map(str, frame.columns))}")
    keys = frame.iloc[work.rows][list(by)]
    codes, labels = pd.factorize(pd.MultiIndex.from_frame(keys), sort=True)
    k = len(fit.coefficients)
    scores = np.stack([np.bincount(codes, line, len(labels)) for line in work.scores]).T
    weighted = work.clean * work.working
    blocks = np.empty((len(labels), k, k))
    for a in range(k):
        for b in range(k):
            blocks[:, a, b] = np.bincount(codes, weighted[a] * work.clean[b], len(labels))
    information = np.linalg.inv(work.bread)
    moved = np.linalg.solve(information[None] - blocks, scores[:, :, None])[:, :, 0]
    table = pd.DataFrame(moved / fit.standard_errors.to_numpy(), columns=list(fit.coefficients.index))
    table["largest"] = table.abs().max(axis=1)
    names = pd.DataFrame(labels.to_frame(index=False).to_numpy(), columns=list(by))
    return pd.concat([names, table], axis=1).sort_values("largest", ascending=False, ignore_index=True)


def heterogeneity(fit: Fit, frame: pd.DataFrame, covariate: str, by: str = "exporter") -> pd.DataFrame:
    """One coefficient of ``covariate`` for each level of ``by``, others in common.

    Columns: ``by``, estimate, std_error, low, high (95 %), common (the fit's own estimate). A level
    for which the coefficient is not identified is left out.
    """
    if covariate not in fit.coefficients.index:
        raise EstimationError(
            f"{covariate!r} is not a covariate of the fit{nearest(covariate, map(str, fit.coefficients.index))}"
        )
    work = fit.workings
    levels = frame[by].iloc[work.rows]
    values = work.design[list(fit.coefficients.index).index(covariate)]
    added = {f"{covariate} of {level}": values * (levels == level).to_numpy(float) for level in sorted(levels.unique())}
    again = _again(fit, added, without=covariate)
    table = again.table().loc[[n for n in added if n in again.coefficients.index]]
    table = table[["estimate", "std_error", "low", "high"]].reset_index(drop=True)
    table.insert(0, by, [n.removeprefix(f"{covariate} of ") for n in added if n in again.coefficients.index])
    table["common"] = float(fit.coefficients[covariate])
    return table


def _again(fit: Fit, added: dict[str, np.ndarray], without: str | None = None) -> Fit:
    """The model of ``fit`` on the rows it used, with covariates added and one left out."""
    from .estimate import ppml

    work = fit.workings
    frame = pd.DataFrame({fit.outcome: work.outcome, "weights of the fit": work.weights})
    names = [n for n in fit.coefficients.index if n not in (without, "constant")]
    for name, line in zip(fit.coefficients.index, work.design, strict=True):
        frame[name] = line
    for name, line in added.items():
        frame[name] = line
    for factor in (*work.factors, *work.clusters):
        for part in factor.parts:
            frame[part] = work.sample.columns[part][0][work.rows]
    if work.sample.offset is not None:
        frame["offset of the fit"] = work.sample.offset[work.rows]
    return ppml(
        frame,
        fit.outcome,
        [*names, *added],
        [f.name for f in work.factors],
        [c.name for c in work.clusters],
        "weights of the fit",
        "offset of the fit" if work.sample.offset is not None else None,
    )
