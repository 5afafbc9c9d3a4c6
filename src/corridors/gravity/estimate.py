"""Estimate a gravity model by Poisson pseudo-maximum likelihood: the steps in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import EstimationError, NotConverged
from . import covariance, poisson, separation
from .absorb import Absorber
from .fit import Dropped, Fit
from .groups import Layout
from .sample import Factor, Sample, build
from .task import Task, prepare


@dataclass(frozen=True)
class Workings:
    """What diagnostics need of a fit: arrays over the rows in use.

    ``rows`` (n,) positions in the frame; ``design`` (k, n) covariates, ``clean`` (k, n) without
    fixed effects at the final weights; ``weights`` the given weights, ``working`` = weights * mu;
    ``bread`` = (clean W clean')^-1.
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
        columns of labels (interactions too), one or several ways; None: robust to
        heteroskedasticity. The small-sample factors are those of
        :mod:`corridors.gravity.covariance`.
    weights, offset:
        columns of frequency-like weights, and of what enters with coefficient one.
    path:
        "dense" works on a tensor exporter x importer (x year), "sparse" on rows; "auto" takes the
        tensor where it is mostly filled. Both give the same answer.

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
    Silva and Tenreyro (2006), Review of Economics and Statistics 88(4); Correia, Guimaraes and
    Zylkin (2020), Stata Journal 20(1), and (2021) on separation.
    """
    if path not in ("auto", "dense", "sparse"):
        raise EstimationError(f"path is {path!r}; allowed are 'auto', 'dense' and 'sparse'")
    sample = build(
        frame, outcome, _listed(covariates), _listed(fixed_effects), _listed(cluster or ()), weights, offset
    )
    lost = separation.without_trade(sample.outcome, sample.weights, sample.factors)
    without_trade = int(lost.sum())
    whole: dict[str, str] | None = None
    while True:
        task = prepare(sample, np.flatnonzero(~lost), path)
        kept, reasons, separated = _identified(task)
        if whole is None and separated.any():
            _, whole = _collinear(task, np.ones_like(task.positive))
        if not separated.any():
            solution, separated = _fit(task, kept)
            if solution is not None and not separated.any():
                break
        lost = lost.copy()
        lost[task.rows[separated]] = True
    if whole is not None:
        reasons = {n: why if n in whole else why + _BY_SEPARATION for n, why in reasons.items()}
    return _report(frame, outcome, task, kept, solution, lost, without_trade, reasons)


_BY_SEPARATION = " (only zero flows that are separated, and so left out, say more)"


def _collinear(task: Task, used: np.ndarray) -> tuple[list[int], dict[str, str]]:
    kept, reasons = separation.collinear(
        task.cells, task.sample.names, task.layout.to_cells(used.astype(float)), task.absorber
    )
    for name, why in reasons.items():
        if why.startswith("zero") and task.middle[task.sample.names.index(name)]:
            reasons[name] = "the same in every row that is used"
    return kept, reasons


def _identified(task: Task) -> tuple[list[int], dict[str, str], np.ndarray]:
    """Covariates to keep, reasons for the others, and the rows in use that are separated.

    Where covariates and fixed effects tell positive flows apart as well as all, nothing is
    collinear or separated.
    """
    positive = task.positive
    none = np.zeros(positive.size, dtype=bool)
    loose = separation.loose(task.factors, positive)
    few = sum(f.levels for f in task.factors) - max((f.levels for f in task.factors), default=0)
    try:
        kept, reasons = _collinear(task, positive)
    except NotConverged:  # groups of positive rows that hardly overlap
        kept, reasons, loose = [], {"": ""}, None
    if not reasons and (not loose.any() if loose is not None else few > _FEW_LEVELS):
        return kept, reasons, none
    found = _separated(task, bool(reasons), loose)
    kept, reasons = _collinear(task, np.ones_like(none))
    return kept, reasons, found


# With three fixed effects their ties are looked into beforehand up to so many levels outside the
# largest, and
# otherwise where the iteration hints at a need.
_FEW_LEVELS = 150


def _separated(task: Task, covariates_too: bool, loose: np.ndarray | None) -> np.ndarray:
    positive = task.positive
    if loose is not None and loose.any():
        found = separation.one_way(task.factors, positive)
        if found.any() or not covariates_too:
            return found
    basis = separation.directions(task.design, task.layout, task.absorber, task.factors, positive)
    return separation.widest(basis, task.sample.names)


def _fit(task: Task, kept: list[int]) -> tuple[poisson.Solution | None, np.ndarray]:
    """The fit on the covariates ``kept``, and rows that turn out separated all the same."""
    layout, none = task.layout, np.zeros(task.rows.size, dtype=bool)
    many = len(task.factors) > 2
    solution = None
    try:
        solution = poisson.solve(
            layout.to_cells(task.outcome),
            task.cells if len(kept) == len(task.design) else task.cells[kept],
            layout.to_cells(task.weights),
            None if task.offset is None else layout.to_cells(task.offset),
            task.absorber,
        )
    except NotConverged:
        found = _separated(task, True, None) if many else none
        if found.any():
            return solution, found
        raise
    suspects = layout.to_rows(solution.suspects)
    if many and suspects.any():
        found = _separated(task, True, None)
        if not found.any():
            found = _running_off(layout.to_rows(solution.move), suspects, task.positive)
        return solution, found
    return solution, none


def _running_off(move: np.ndarray, suspects: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Suspects of the iteration that its last step proves separated: it moves them down, no zero flow up and no
    positive flow at all."""
    if np.abs(move[positive]).max() < 1e-5 and move.max() < 1e-5:
        return suspects & (move < -0.05)
    return np.zeros_like(suspects)


def _report(
    frame: pd.DataFrame,
    outcome: str,
    task: Task,
    kept: list[int],
    solution: poisson.Solution,
    lost: np.ndarray,
    without_trade: int,
    reasons: dict[str, str],
) -> Fit:
    names = pd.Index([task.sample.names[k] for k in kept], name="covariate")
    there, back = task.given(kept)
    clean, mu = task.layout.to_rows(solution.clean_design), task.layout.to_rows(solution.mu)
    bread = poisson.inverse((clean * (task.weights * mu)) @ clean.T) if kept else np.zeros((0, 0))
    # in standard units, where squares of scores neither overflow nor vanish
    scores = clean * (task.weights * (task.outcome - mu))
    inference = covariance.estimate(scores, bread, task.factors, task.clusters)
    variance = back @ inference.covariance @ back.T
    coefficients = back @ solution.beta
    ln_unit = float(np.log(task.unit))
    effects = {}
    if task.factors:
        effects = _effects(task, solution, ln_unit - float(task.middle[kept] @ coefficients))
    else:
        coefficients[list(names).index("constant")] += ln_unit
    with np.errstate(over="ignore", under="ignore"):
        work = Workings(
            sample=task.sample,
            layout=task.layout,
            absorber=task.absorber,
            rows=task.rows,
            outcome=task.outcome * task.unit,
            mu=mu * task.unit,
            design=task.design[kept] * task.scale[kept][:, None] + task.middle[kept][:, None],
            clean=there @ clean,
            weights=task.weights * task.weight_unit,
            factors=task.factors,
            clusters=task.clusters,
            bread=back @ bread @ back.T / task.unit / task.weight_unit,
        )
    fitted = np.zeros(len(frame))
    fitted[work.rows] = work.mu
    return Fit(
        outcome=outcome,
        fixed_effect_names=tuple(f.name for f in work.factors),
        cluster_names=tuple(c.name for c in work.clusters),
        coefficients=pd.Series(coefficients, names, name="coefficient"),
        standard_errors=pd.Series(np.sqrt(np.maximum(np.diag(variance), 0.0)), names, name="standard_error"),
        covariance=pd.DataFrame(variance, names, names),
        fitted=fitted,
        fixed_effects=effects,
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


def _effects(task: Task, solution: poisson.Solution, shift: float) -> dict[str, pd.Series]:
    """Fixed effects by level, ``shift`` added to the first; levels that were dropped are missing.

    Two effects without a common column: the second has mean zero over its levels. Otherwise one of
    the many equivalent sets.
    """
    found: dict[str, pd.Series] = {}
    values = [np.full(f.levels, np.nan) for f in task.factors]
    for k, (factor, level) in enumerate(zip(task.factors, task.layout.level_of, strict=True)):
        values[k][factor.codes] = solution.effects[k][level]
    values[0] = values[0] + shift
    if len(values) == 2 and not set(task.factors[0].parts) & set(task.factors[1].parts):
        mean = np.nanmean(values[1])
        values = [values[0] + mean, values[1] - mean]
    for factor, effect in zip(task.factors, values, strict=True):
        found[factor.name] = pd.Series(effect, factor.labels, name=factor.name)
    return found


def _listed(names: Sequence[str] | str) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
