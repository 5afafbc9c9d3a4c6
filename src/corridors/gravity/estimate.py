"""Estimate a gravity model by Poisson pseudo-maximum likelihood: the steps in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..errors import EstimationError
from . import covariance, poisson, separation
from .absorb import Absorber
from .fit import Dropped, Fit
from .groups import Layout, arrange
from .sample import Factor, Sample, build


@dataclass(frozen=True)
class Workings:
    """What diagnostics need of a fit: arrays over the rows in use.

    ``rows`` (n,) positions in the frame; ``design`` (k, n) covariates, ``clean`` (k, n) without fixed effects
    at the final weights; ``weights`` the given weights, ``working`` = weights * mu; ``bread`` = (clean W clean')^-1.
    """

    sample: Sample
    layout: Layout
    absorber: Absorber | None
    rows: np.ndarray
    outcome: np.ndarray
    mu: np.ndarray
    design: np.ndarray
    clean: np.ndarray
    weights: np.ndarray
    factors: tuple[Factor, ...]
    clusters: tuple[Factor, ...]
    bread: np.ndarray

    @property
    def working(self) -> np.ndarray:
        return np.asarray(self.weights * self.mu)

    @property
    def scores(self) -> np.ndarray:
        return np.asarray(self.clean * (self.weights * (self.outcome - self.mu)))


def ppml(
    frame: pd.DataFrame,
    outcome: str,
    covariates: Sequence[str] | str = (),
    fixed_effects: Sequence[str] | str = (),
    cluster: Sequence[str] | str | None = None,
    weights: str | None = None,
    offset: str | None = None,
    *,
    path: str = "auto",
) -> Fit:
    """Poisson pseudo-maximum likelihood with any number of fixed effects.

    E[y_r] = exp(offset_r + x_r'b + sum of the row's fixed effects).

    Parameters
    ----------
    frame:
        one row an observation; zero flows are rows with zero.
    outcome:
        column of flows, zero or more, any unit.
    covariates:
        columns of numbers. Without fixed effects a ``constant`` is added.
    fixed_effects:
        columns of labels; ``"exporter^year"`` interacts two or more columns.
    cluster:
        columns of labels (interactions too), one or several ways; None: robust to heteroskedasticity.
        The small-sample factors are those of :mod:`corridors.gravity.covariance`.
    weights, offset:
        columns of frequency-like weights, and of what enters with coefficient one.
    path:
        "dense" works on a tensor exporter x importer (x year), "sparse" on rows; "auto" takes the tensor
        where it is mostly filled. Both give the same answer.

    Returns
    -------
    Fit
        with coefficients, standard errors, fitted values for every row, and what was dropped.

    Raises
    ------
    EstimationError
        a column is missing, not a number, not finite or negative, or nothing is left to estimate.
    NotConverged
        the iteration did not settle; nothing inexact is returned.

    References
    ----------
    Silva and Tenreyro (2006), Review of Economics and Statistics 88(4); Correia, Guimaraes and Zylkin
    (2020), Stata Journal 20(1), and (2021) on separation.
    """
    if path not in ("auto", "dense", "sparse"):
        raise EstimationError(f"path is {path!r}; allowed are 'auto', 'dense' and 'sparse'")
    sample = build(
        frame, outcome, _listed(covariates), _listed(fixed_effects), _listed(cluster or ()), weights, offset
    )
    lost = separation.without_trade(sample.outcome, sample.weights, sample.factors)
    without_trade = int(lost.sum())
    while True:
        rows = np.flatnonzero(~lost)
        work, solution, reasons, scale = _fit_rows(sample, rows, path)
        separated = _separated(work, solution)
        if not separated.any():
            break
        lost = lost.copy()
        lost[rows[separated]] = True
    return _report(frame, outcome, sample, work, solution, scale, lost, without_trade, reasons)


def _fit_rows(
    sample: Sample, rows: np.ndarray, path: str
) -> tuple[Workings, poisson.Solution, dict[str, str], np.ndarray]:
    everything = rows.size == sample.outcome.size

    def cut(values: np.ndarray) -> np.ndarray:
        return values if everything else values[..., rows]

    y, design = cut(sample.outcome), cut(sample.design)
    factors = tuple(replace(f, codes=cut(f.codes)) for f in sample.factors)
    clusters = tuple(replace(c, codes=cut(c.codes)) for c in sample.clusters)
    layout = arrange(factors, {name: cut(codes) for name, (codes, _) in sample.columns.items()}, path)
    if path == "dense" and layout.path != "dense":
        raise EstimationError(
            "path is 'dense', but the rows do not fill a tensor of the columns under fixed_effects "
            "(too many holes, or several rows in one cell); use path='auto'"
        )
    weights = np.ones_like(y) if sample.weights is None else cut(sample.weights)
    absorber = Absorber(layout) if factors else None
    scale = np.sqrt((design**2).mean(axis=1))
    scale = np.where(scale > 0, scale, 1.0)
    cells_design = layout.to_cells(design / scale[:, None])
    cells_weights = layout.to_cells(weights)
    kept, reasons = separation.collinear(cells_design, sample.names, cells_weights, absorber)
    if len(kept) < len(sample.names):
        cells_design, design, scale = cells_design[kept], design[kept], scale[kept]
    solution = poisson.solve(
        layout.to_cells(y),
        cells_design,
        cells_weights,
        None if sample.offset is None else layout.to_cells(cut(sample.offset)),
        absorber,
    )
    clean = layout.to_rows(solution.clean_design)
    mu = layout.to_rows(solution.mu)
    gram = (clean * (weights * mu)) @ clean.T
    bread = np.linalg.inv(gram) if len(kept) else np.zeros((0, 0))
    workings = Workings(
        sample=sample,
        layout=layout,
        absorber=absorber,
        rows=rows,
        outcome=y,
        mu=mu,
        design=design,
        clean=clean * scale[:, None],
        weights=weights,
        factors=factors,
        clusters=clusters,
        bread=bread / np.outer(scale, scale),
    )
    return workings, solution, reasons, scale


def _separated(work: Workings, solution: poisson.Solution) -> np.ndarray:
    """Rows in use that are separated. The costly check runs only where the iteration hints at one."""
    none = np.zeros(work.rows.size, dtype=bool)
    if not work.layout.to_rows(solution.suspects).any():
        return none
    layout = work.layout
    present = layout.to_cells(np.ones_like(work.outcome)) > 0
    standard = np.sqrt((work.design**2).mean(axis=1, keepdims=True)) if work.design.size else 1.0
    found = separation.rectify(
        layout.to_cells(work.outcome), layout.to_cells(work.design / standard), present, work.absorber
    )
    return layout.to_rows(found)


def _report(
    frame: pd.DataFrame,
    outcome: str,
    sample: Sample,
    work: Workings,
    solution: poisson.Solution,
    scale: np.ndarray,
    lost: np.ndarray,
    without_trade: int,
    reasons: dict[str, str],
) -> Fit:
    names = pd.Index([n for n in sample.names if n not in reasons], name="covariate")
    inference = covariance.estimate(work.scores, work.bread, work.factors, work.clusters)
    fitted = np.zeros(len(frame))
    fitted[work.rows] = work.mu
    return Fit(
        outcome=outcome,
        fixed_effect_names=tuple(f.name for f in work.factors),
        cluster_names=tuple(c.name for c in work.clusters),
        coefficients=pd.Series(solution.beta / scale, names, name="coefficient"),
        standard_errors=pd.Series(np.sqrt(np.diag(inference.covariance)), names, name="standard_error"),
        covariance=pd.DataFrame(inference.covariance, names, names),
        fitted=fitted,
        fixed_effects=_effects(work, solution),
        dropped=Dropped(np.flatnonzero(lost), without_trade, int(lost.sum()) - without_trade, reasons),
        nobs=work.rows.size,
        nobs_given=len(frame),
        zeros=int((work.outcome == 0).sum()),
        clusters=inference.clusters,
        parameters=inference.parameters,
        small_sample_factor=inference.factor,
        iterations=solution.iterations,
        converged=solution.converged,
        path=work.layout.path,
        workings=work,
    )


def _effects(work: Workings, solution: poisson.Solution) -> dict[str, pd.Series]:
    """Fixed effects by level; levels that were dropped are missing.

    Two effects without a common column: the second has mean zero over its levels. Otherwise one of the
    many equivalent sets.
    """
    found: dict[str, pd.Series] = {}
    values = [np.full(f.levels, np.nan) for f in work.factors]
    for k, (factor, level) in enumerate(zip(work.factors, work.layout.level_of, strict=True)):
        values[k][factor.codes] = solution.effects[k][level]
    if len(values) == 2 and not set(work.factors[0].parts) & set(work.factors[1].parts):
        shift = np.nanmean(values[1])
        values = [values[0] + shift, values[1] - shift]
    for factor, effect in zip(work.factors, values, strict=True):
        found[factor.name] = pd.Series(effect, factor.labels, name=factor.name)
    return found


def _listed(names: Sequence[str] | str) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
