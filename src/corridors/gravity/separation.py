"""Observations for which no finite estimate exists, found by linear algebra before anything is iterated.

A zero flow is *separated* when some combination of the regressors is zero on every positive flow,
never negative on zero flows, and positive there: against it the likelihood pushes the fitted value
to zero without end. Such rows say nothing about the finite parameters and are dropped (Correia,
Guimaraes and Zylkin 2021, "Verifying the existence of maximum likelihood estimates for generalized
linear models").

The combinations that vanish on the positive flows form a space Z of few dimensions, mostly none:
covariates that fixed effects and other covariates explain wherever trade is positive, and groups of
fixed-effect levels that no positive flow ties together. :func:`directions` finds a basis of Z on
the zero flows, :func:`widest` the largest set of rows on which an element of Z that is nowhere
negative can be positive. Both work on directions only, so the scale of a covariate does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import EstimationError
from .absorb import Absorber
from .groups import Layout
from .sample import Factor

# Shares of a variable's size: what is left of it below this is rounding.
_NOTHING_LEFT = 1e-6
_SAME = 1e-7
_ROUNDING = 1e-8
# Of the largest covariate among positive flows: what effects that cancel leave on a row where all else is zero.
_CANCELLED = 1e-13
# An element of Z counts as positive, or as negative, on a row of unit length beyond this.
_SURE = 1e-7
# Levels of fixed effects outside the largest one up to which their ties are found by a
# decomposition.
MOST_LEVELS = 1_500


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


def loose(factors: Sequence[Factor], positive: np.ndarray) -> np.ndarray | None:
    """Rows that tie together levels of two fixed effects that no positive row does; None where there are more than two
    effects, whose ties are not to be had so cheaply."""
    if len(factors) > 2:
        return None
    if len(factors) < 2:
        return np.zeros(positive.size, dtype=bool)
    first, second = factors
    here, there = _parts(first, second, positive)
    return np.asarray(here[first.codes] != there[second.codes])


def one_way(factors: Sequence[Factor], positive: np.ndarray) -> np.ndarray:
    """Rows that two fixed effects alone separate: between parts that zero flows join in one direction only.

    Parts are levels tied by positive rows. A zero flow from part A to part B can be pushed to zero
    unless other zero flows lead from B back to A, so rows between strongly connected components are
    separated.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    first, second = factors
    here, there = _parts(first, second, positive)
    start, end = here[first.codes], there[second.codes]
    size = first.levels + 1
    graph = csr_matrix((np.ones(start.size), (start, end)), shape=(size, size))
    _, component = connected_components(graph, directed=True, connection="strong")
    return np.asarray(component[start] != component[end])


def directions(
    design: np.ndarray,
    layout: Layout,
    absorber: Absorber | None,
    factors: Sequence[Factor],
    positive: np.ndarray,
) -> np.ndarray:
    """A basis of Z on all rows in use, (directions, rows): each is zero on positive rows.

    ``design`` (covariates, rows), ``positive`` (rows,). Entries that are rounding are exactly zero.
    """
    found = [*_of_effects(factors, positive)]
    if design.size:
        clean = residuals(design, layout, absorber, positive)
        size = np.abs(design) + np.abs(design - clean)
        if absorber is not None:
            least = np.abs(design[:, positive]).max(axis=1, initial=0.0) * (_CANCELLED / _ROUNDING)
            size = np.maximum(size, least[:, None])
        for vector in _null(clean, design, positive):
            line = vector @ clean
            line[np.abs(line) <= _ROUNDING * (np.abs(vector) @ size)] = 0.0
            line[positive] = 0.0
            found.append(line)
    kept = [line for line in found if line.any()]
    return np.array(kept).reshape(len(kept), positive.size)


def _null(clean: np.ndarray, design: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Combinations (found, covariates) of the lines of ``clean`` that are zero on positive rows."""
    used = clean[:, positive]
    length = np.sqrt((used**2).sum(axis=1))
    empty = length <= _NOTHING_LEFT * np.sqrt((design[:, positive] ** 2).sum(axis=1))
    alone = np.eye(len(clean))[empty]
    if empty.all():
        return np.asarray(alone)
    triangle = np.linalg.qr((used[~empty] / length[~empty, None]).T, mode="r")
    _, values, vectors = np.linalg.svd(triangle, full_matrices=True)
    vectors = vectors[np.concatenate([values, np.zeros(len(vectors) - values.size)]) <= _SAME]
    together = np.zeros((len(vectors), len(clean)))
    together[:, ~empty] = np.where(np.abs(vectors) > _ROUNDING, vectors, 0.0) / length[~empty]
    return np.concatenate([alone, together])


def residuals(
    design: np.ndarray, layout: Layout, absorber: Absorber | None, used: np.ndarray
) -> np.ndarray:
    """``design`` (covariates, rows) without the fixed effects as the rows ``used`` give them; without fixed
    effects as it is."""
    if absorber is None or not design.size:
        return design
    absorber.weigh(layout.to_cells(used.astype(float)), anew=True)
    cells = layout.to_cells(design)
    for _ in range(2):  # the second time takes out what rounding left
        cells, _ = absorber.residualise(cells, None, 1e-12)
    return np.asarray(layout.to_rows(cells))


def widest(basis: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """The rows on which some combination of ``basis`` (directions, rows), nowhere negative, is positive.

    With rows of unit length b: maximise sum s over 0 <= s <= 1, s <= b'g. At the optimum s is 0 or
    1. ``names`` are told where rounding leaves the sign of a row open.
    """
    found = np.zeros(basis.shape[1], dtype=bool)
    rows = np.flatnonzero(basis.any(axis=0))
    if not rows.size:
        return found
    scaled = basis[:, rows].T
    for _ in range(3):
        scaled = scaled / np.abs(scaled).max(axis=0)
        scaled = scaled / np.sqrt((scaled**2).sum(axis=1, keepdims=True))
    unique, of_row = np.unique(scaled.round(11), axis=0, return_inverse=True)
    if unique.shape[1] == 1:
        same_sign = (unique > 0).all() or (unique < 0).all()
        found[rows] = same_sign
        return found
    support = _largest_support(unique)
    if support is None:
        raise EstimationError(
            "whether covariates predict zero flows perfectly cannot be told for sure from numbers "
            "this far apart in size; "
            f"rescale or drop one of {', '.join(names)}"
        )
    found[rows] = support[of_row.reshape(-1)]
    return found


def _largest_support(lines: np.ndarray) -> np.ndarray | None:
    """Rows with s = 1 in the linear programme of :func:`widest`; None where rounding leaves a sign open."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix, hstack, identity

    rows, columns = lines.shape
    answer = linprog(
        np.concatenate([np.zeros(columns), -np.ones(rows)]),
        A_ub=hstack([csr_matrix(-lines), identity(rows)], format="csr"),
        b_ub=np.zeros(rows),
        bounds=[(None, None)] * columns + [(0, 1)] * rows,
        method="highs",
    )
    if answer.x is None:
        return None
    combination, inside = answer.x[:columns], answer.x[columns:] > 0.5
    value = lines @ combination
    sure = _SURE * max(1.0, float(np.abs(combination).max()))
    return None if (value[inside] <= sure).any() or (value[~inside] < -sure).any() else inside


def _parts(first: Factor, second: Factor, used: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each level of either factor the lowest level of the first that rows ``used`` tie it to."""
    one, two = first.codes[used], second.codes[used]
    here = np.arange(first.levels)
    while True:
        there = np.full(second.levels, first.levels)
        np.minimum.at(there, two, here[one])
        new = here.copy()
        np.minimum.at(new, one, there[two])
        if np.array_equal(new, here):
            return here, there
        here = new


def _of_effects(factors: Sequence[Factor], positive: np.ndarray) -> list[np.ndarray]:
    """Combinations of fixed effects that are zero on positive rows, over all rows."""
    if len(factors) < 2:
        return []
    if len(factors) == 2:
        first, second = factors
        here, there = _parts(first, second, positive)
        one, two = here[first.codes], there[second.codes]
        apart = np.unique(np.concatenate([one[one != two], two[one != two]]))
        return [(one == part).astype(float) - (two == part) for part in apart]
    return _of_many(factors, positive)


def _of_many(factors: Sequence[Factor], positive: np.ndarray) -> list[np.ndarray]:
    """As :func:`_of_effects` for three or more: null vectors of the Schur complement of the largest effect."""
    from scipy.sparse import csr_matrix, hstack

    order = sorted(factors, key=lambda f: -f.levels)
    rows = positive.size
    blocks = [csr_matrix((np.ones(rows), (np.arange(rows), f.codes)), shape=(rows, f.levels)) for f in order]
    rest = hstack(blocks[1:], format="csr")
    if rest.shape[1] > MOST_LEVELS:
        return []
    large, small = blocks[0][positive], rest[positive]
    mass = np.asarray(large.sum(axis=0)).ravel()
    inverse = np.divide(1.0, mass, out=np.zeros_like(mass), where=mass > 0)
    cross = (large.T @ small).tocsr()
    weighted = cross.multiply(inverse[:, None]).tocsr()
    gram = (small.T @ small - cross.T @ weighted).toarray()
    scale = np.sqrt(np.maximum(np.asarray(small.sum(axis=0)).ravel(), 1.0))
    values, vectors = np.linalg.eigh(gram / np.outer(scale, scale))
    null = vectors[:, values < 1e-9] / scale[:, None]
    lines = rest @ null - blocks[0] @ (weighted @ null)
    lines[positive] = 0.0
    lines[np.abs(lines) <= _ROUNDING] = 0.0
    _, sizes, basis = np.linalg.svd(lines[lines.any(axis=1)], full_matrices=False)
    kept = sizes > _SAME * max(float(sizes.max(initial=0.0)), 1e-300)
    lines = lines @ basis[kept].T
    lines[np.abs(lines) <= _ROUNDING] = 0.0
    return list(lines.T)


def collinear(
    design: np.ndarray, names: Sequence[str], used: np.ndarray, absorber: Absorber | None
) -> tuple[list[int], dict[str, str]]:
    """Positions of the covariates to keep, and for each dropped one the reason, judged on cells ``used`` (1, others 0).

    A covariate is dropped when less than 1e-6 of its variation is left after the fixed effects, or
    1e-7 of what is left after the covariates named before it. A covariate named ``constant`` comes
    before all others.
    """
    if not design.size:
        return [], {}
    clean = design
    if absorber is not None:
        absorber.weigh(used, anew=True)
        clean, _ = absorber.residualise(design, None, 1e-9)
    clean = clean * used
    original = np.sqrt(np.einsum("kc,kc,c->k", design, design, used))
    left = np.sqrt(np.einsum("kc,kc->k", clean, clean))
    kept: list[int] = []
    dropped: dict[str, str] = {}
    basis: list[np.ndarray] = []
    for k in sorted(range(len(names)), key=lambda k: absorber is not None or names[k] != "constant"):
        name = names[k]
        if original[k] == 0:
            dropped[name] = "zero in every row that is used"
            continue
        if left[k] <= _NOTHING_LEFT * original[k]:
            dropped[name] = "collinear with the fixed effects"
            continue
        line = clean[k] / left[k]
        for _ in range(2):
            for vector in basis:
                line = line - (line @ vector) * vector
        size = float(np.sqrt(line @ line))
        if size <= _SAME:
            others = [names[i] for i in sorted(kept) if absorber is not None or names[i] != "constant"]
            dropped[name] = f"collinear with {', '.join(others)}" if others else "the same in every row that is used"
            continue
        basis.append(line / size)
        kept.append(k)
    return sorted(kept), dropped
