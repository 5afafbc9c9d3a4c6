"""The bias of three-way PPML written down once more, plainly: what ``corridors.gravity.bias`` is compared with.

After the formulas of Weidner and Zylkin (2021), "Bias and consistency in three-way gravity models", Journal of
International Economics 132, and nothing of the package's. What the package works out by algebra is taken here from
one thing alone, the log-likelihood of a pair over its years with the pair's own effect maximised out:

    l(v) = sum_t y_t v_t - (sum_t y_t) log sum_t exp(v_t),   v_t = x_t'beta + exporter-year + importer-year.

Its first three derivatives (score S, minus Hessian H, third-order G) come from its values on a circle in the complex
plane (Cauchy's integral), so that no derivative is written out by hand. Exporter-years and importer-years are explicit
dummies, matrices are dense, inverses Moore-Penrose, sums loops over pairs. Slow: for panels of a dozen economies.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement, permutations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

CIRCLE = 0.4 * np.exp(2j * np.pi * np.arange(32) / 32)


@dataclass(frozen=True)
class Plain:
    """Estimates, their bias, and errors clustered by pair, in the order of the covariates."""

    estimate: Array
    bias: Array
    covariance: Array
    corrected_covariance: Array


@dataclass
class Pair:
    """What is known of one exporter and one importer: flows, covariates and dummies of the years seen."""

    exporter: str
    importer: str
    seen: list[int]
    flows: Array
    design: Array


def along(flows: Array, index: Array, directions: Array, order: int) -> Array:
    """The derivative of that order of a pair's log-likelihood along each direction, at the index."""
    points = CIRCLE[:, None, None] * directions[None, :, :]
    values = points @ flows - flows.sum() * np.log(np.exp(index - index.max() + points).sum(axis=2))
    factorial = (1, 1, 2, 6)[order]
    return factorial * (values * CIRCLE[:, None] ** -order).mean(axis=0).real


def score(flows: Array, index: Array) -> Array:
    return along(flows, index, np.eye(len(flows)), 1)


def minus_hessian(flows: Array, index: Array) -> Array:
    """H, by polarisation: what a form gives for a pair of directions out of what it gives for single ones."""
    years = len(flows)
    unit = np.eye(years)
    found = np.zeros((years, years))
    for s, t in combinations_with_replacement(range(years), 2):
        both, first, second = along(flows, index, np.array([unit[s] + unit[t], unit[s], unit[t]]), 2)
        found[s, t] = found[t, s] = -(both - first - second) / 2
    return found


def third(flows: Array, index: Array) -> Array:
    """G, likewise by polarisation, every entry of it."""
    years = len(flows)
    unit = np.eye(years)
    found = np.zeros((years, years, years))
    for rst in combinations_with_replacement(range(years), 3):
        a, b, c = (unit[t] for t in rst)
        f = along(flows, index, np.array([a + b + c, a + b, a + c, b + c, a, b, c]), 3)
        for place in permutations(rst):
            found[place] = (f[0] - f[1] - f[2] - f[3] + f[4] + f[5] + f[6]) / 6
    return found


def laid_out(frame: pd.DataFrame, trade: str, covariates: list[str]) -> tuple[list[Pair], int]:
    """The pairs with any trade at all; covariates first in each design, then exporter-years, then importer-years."""
    years = sorted(set(frame["year"]))
    exporter_years = sorted(set(zip(frame["exporter"], frame["year"], strict=True)))
    importer_years = sorted(set(zip(frame["importer"], frame["year"], strict=True)))
    pairs = []
    for (exporter, importer), rows in frame.sort_values("year").groupby(["exporter", "importer"]):
        flows = rows[trade].to_numpy(float)
        if flows.sum() == 0:
            continue
        dummies = np.zeros((len(rows), len(exporter_years) + len(importer_years)))
        for row, year in enumerate(rows["year"]):
            dummies[row, exporter_years.index((exporter, year))] = 1
            dummies[row, len(exporter_years) + importer_years.index((importer, year))] = 1
        design = np.hstack([rows[covariates].to_numpy(float), dummies])
        pairs.append(Pair(exporter, importer, [years.index(year) for year in rows["year"]], flows, design))
    return pairs, len(years)


def log_likelihood(pairs: list[Pair], parameters: Array) -> float:
    total = 0.0
    for pair in pairs:
        index = pair.design @ parameters
        total += pair.flows @ index - pair.flows.sum() * np.log(np.exp(index).sum())
    return float(total)


def climbed(pairs: list[Pair]) -> Array:
    """Newton's method with every dummy in it, halving a step that does not climb."""
    parameters = np.zeros(pairs[0].design.shape[1])
    for _ in range(60):
        gradient, curvature = np.zeros_like(parameters), np.zeros((len(parameters), len(parameters)))
        for pair in pairs:
            index = pair.design @ parameters
            gradient += pair.design.T @ score(pair.flows, index)
            curvature += pair.design.T @ minus_hessian(pair.flows, index) @ pair.design
        step = np.linalg.pinv(curvature, rcond=1e-11, hermitian=True) @ gradient
        if gradient @ step < 1e-22 * sum(pair.flows.sum() for pair in pairs):
            return parameters + step
        here = log_likelihood(pairs, parameters)
        while log_likelihood(pairs, parameters + step) < here - 1e-12 * abs(here):
            step /= 2
        parameters = parameters + step
    raise AssertionError("the plain fit did not converge")


def widened(values: Array, seen: list[int], years: int) -> Array:
    """A vector, matrix or tensor over a pair's years in all years, with zeros for the years that the pair lacks."""
    wide = np.zeros((years,) * values.ndim)
    wide[np.ix_(*[seen] * values.ndim)] = values
    return wide


def plain_bias(frame: pd.DataFrame, trade: str, covariates: list[str]) -> Plain:
    """Estimate, bias and variances; bias has the factors N/(N-1), variances the factor pairs/(pairs-1)."""
    pairs, years = laid_out(frame, trade, covariates)
    count = len(covariates)
    parameters = climbed(pairs)

    curvature = np.zeros((len(parameters), len(parameters)))
    scores, hessians = [], []
    for pair in pairs:
        index = pair.design @ parameters
        scores.append(score(pair.flows, index))
        hessians.append(minus_hessian(pair.flows, index))
        curvature += pair.design.T @ hessians[-1] @ pair.design

    # Covariates less what exporter-years and importer-years tell of them, weighted by H.
    effects = np.linalg.pinv(curvature[count:, count:], rcond=1e-11, hermitian=True)
    told = effects @ curvature[count:, :count]
    residuals = [pair.design[:, :count] - pair.design[:, count:] @ told for pair in pairs]
    information = sum(x.T @ h @ x for x, h in zip(residuals, hessians, strict=True))
    inverse = np.linalg.inv(information)

    def side(names: list[str]) -> Array:
        """The sum over economies of one side: -Tr[H+ sum HxS'] + Tr[Gx H+ sum SS' H+] / 2, by covariate."""
        total = np.zeros(count)
        for name in sorted(set(names)):
            mine = [at for at, other in enumerate(names) if other == name]
            whole, outer = np.zeros((years, years)), np.zeros((years, years))
            first, second = np.zeros((count, years, years)), np.zeros((count, years, years))
            for at in mine:
                pair = pairs[at]
                s = widened(scores[at], pair.seen, years)
                h = widened(hessians[at], pair.seen, years)
                g = widened(third(pair.flows, pair.design @ parameters), pair.seen, years)
                whole += h
                outer += np.outer(s, s)
                for k in range(count):
                    x = widened(residuals[at][:, k], pair.seen, years)
                    first[k] += np.outer(h @ x, s)
                    second[k] += np.einsum("rst,t->rs", g, x)
            inverted = np.linalg.pinv(whole, rcond=1e-11, hermitian=True)
            for k in range(count):
                total[k] += -np.trace(inverted @ first[k]) + np.trace(second[k] @ inverted @ outer @ inverted) / 2
        number = len(set(names))
        return total * number / (number - 1)

    bias = inverse @ (side([pair.exporter for pair in pairs]) + side([pair.importer for pair in pairs]))

    # A score shrinks towards zero because the pair itself moved the estimates: by H times the pair's own leverage,
    # here out of the inverse of the whole curvature, covariates and dummies together.
    whole = np.linalg.pinv(curvature, rcond=1e-11, hermitian=True)
    meat, corrected_meat = np.zeros((count, count)), np.zeros((count, count))
    for pair, s, h, x in zip(pairs, scores, hessians, residuals, strict=True):
        leverage = h @ pair.design @ whole @ pair.design.T
        undone = np.linalg.inv(np.eye(len(s)) - leverage)
        meat += x.T @ np.outer(s, s) @ x
        corrected_meat += x.T @ undone @ np.outer(s, s) @ x
    small = len(pairs) / (len(pairs) - 1)
    corrected = small * inverse @ corrected_meat @ inverse
    return Plain(parameters[:count], bias, small * inverse @ meat @ inverse, (corrected + corrected.T) / 2)
