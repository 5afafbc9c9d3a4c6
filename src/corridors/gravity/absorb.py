"""Weighted least squares on fixed effects: take the fixed effects out of variables.

For weights w and dummies D of all fixed effects, :class:`Absorber` finds a with
``D'W(v - D a) = 0`` for several variables v at once. Two fixed effects (or one) are solved exactly
by a Schur complement; when they share a dimension (exporter-year and importer-year share the year)
the complement falls into one small block for each year. Further fixed effects (the pair) are solved
around that exact part by preconditioned conjugate gradients on the tables of
:mod:`corridors.gravity.cross`, which are warm-started: between two Newton steps the weights hardly
move, so a few iterations are enough.

The exact part replaces the alternating projections of Guimaraes and Portugal (2010) and Correia
(2016); the conjugate gradients accelerate what remains of them.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ..errors import NotConverged
from .cross import Blocks, Cross, Groups, cross
from .groups import AxisGroups, Layout, RowGroups

# Dense Schur complements are affordable up to here: entries of the cross table, and levels of the
# smaller side.
_LARGEST_TABLE = 20_000_000
_LARGEST_BLOCK = 1_500
_MOST_STEPS = 2_000
# What rounding leaves of the sums of a variable, relative to its size: no residual can be made
# smaller.
_ROUNDING = 1e-14

Effects = list[np.ndarray]


class Absorber:
    """Takes fixed effects out of variables laid out as in a :class:`~corridors.gravity.groups.Layout`.

    Variables are (variables, cells); effects are a list with one (variables, levels) array a fixed
    effect.
    """

    def __init__(self, layout: Layout) -> None:
        self.groups = layout.groups
        couple = _choose_couple(self.groups)
        self._couple = None if couple is None else _Couple(self.groups[couple[0]], self.groups[couple[1]])
        largest = max(range(len(self.groups)), key=lambda g: self.groups[g].levels)
        self._exact: tuple[int, ...] = (largest,) if couple is None else couple
        self._rest = tuple(g for g in range(len(self.groups)) if g not in self._exact)
        self._tables: dict[tuple[int, int], Cross] = {
            (one, two): cross(self.groups[one], self.groups[two])
            for one, two in [*((e, r) for e in self._exact for r in self._rest), *combinations(self._rest, 2)]
        }
        self.steps = 0

    def weigh(self, weights: np.ndarray, anew: bool = False) -> None:
        """Set the weights (cells,) and prepare the exact part for them. ``anew``: other cells than
        before may be zero."""
        self._weights = weights
        if anew and self._couple is not None:
            self._couple.forget()
        self._mass = [group.sums(weights[None, :])[0] for group in self.groups]
        self._inverse = [_inverse_or_zero(mass) for mass in self._mass]
        if self._couple is not None:
            self._couple.weigh(weights, *(self._mass[g] for g in self._exact))
        for table in self._tables.values():
            table.weigh(weights)

    def residualise(
        self, values: np.ndarray, start: Effects | None = None, tolerance: float = 1e-10
    ) -> tuple[np.ndarray, Effects]:
        """Residuals of ``values`` (variables, cells), and the effects that were taken out.

        ``start`` are effects from an earlier call. ``tolerance`` is on the normal equations of the
        fixed effects outside the exact part, relative to their size when none of those is taken
        out.
        """
        weighted = values * self._weights
        sums = [group.sums(weighted) for group in self.groups]
        effects: Effects = [np.zeros(0)] * len(self.groups)
        for g, effect in zip(self._exact, self._solve_exact([sums[g] for g in self._exact]), strict=True):
            effects[g] = effect
        if self._rest:
            floor = _ROUNDING**2 * ((values**2) @ self._weights)
            rest = self._around(sums, [effects[g] for g in self._exact], start, tolerance, floor)
            inner = [sums[g] - self._reach(g, rest) for g in self._exact]
            for g, effect in zip(self._exact, self._solve_exact(inner), strict=True):
                effects[g] = effect
            for g, effect in zip(self._rest, rest, strict=True):
                effects[g] = effect
        return self._without(values, effects), effects

    def _without(self, values: np.ndarray, effects: Effects) -> np.ndarray:
        """Values less the effects of each cell, slice by slice of the first axis so that a slice stays in cache."""
        first = self.groups[0]
        shape = (len(values), *first.shape) if isinstance(first, AxisGroups) else values.shape
        spread = [group.spread(effect) for group, effect in zip(self.groups, effects, strict=True)]
        whole = values.reshape(shape)
        out = np.empty(shape)
        many = isinstance(first, AxisGroups)
        for k in range(shape[1] if many else 1):
            now = np.s_[:, k : k + 1] if many else np.s_[:]
            part = np.subtract(whole[now], spread[0][now] if spread[0].shape[1] > 1 else spread[0], out=out[now])
            for one in spread[1:]:
                part -= one[now] if one.shape[1] > 1 else one
        return out.reshape(values.shape)

    def _solve_exact(self, sums: Effects) -> Effects:
        if self._couple is None:
            return [sums[0] * self._inverse[self._exact[0]]]
        return self._couple.solve(sums[0], sums[1])

    def _reach(self, exact: int, rest: Effects) -> np.ndarray:
        """What the rest of the effects adds to the sums of an exact one."""
        return np.asarray(sum(self._tables[exact, r].from_second(v) for r, v in zip(self._rest, rest, strict=True)))

    def _around(
        self, sums: Effects, exact: Effects, start: Effects | None, tolerance: float, floor: np.ndarray
    ) -> Effects:
        """The effects outside the exact part, by conjugate gradients on their Schur complement."""
        plain = [
            sums[r] - sum(self._tables[e, r].from_first(v) for e, v in zip(self._exact, exact, strict=True))
            for r in self._rest
        ]
        right = np.concatenate(plain, axis=1)
        inverse = np.concatenate([self._inverse[r] for r in self._rest])
        goal = np.maximum(tolerance**2 * (right**2 * inverse).sum(axis=1), floor)
        x = np.zeros_like(right)
        if start is not None:
            x = np.concatenate([start[r] for r in self._rest], axis=1)
            right = right - self._complement(x)
        return self._cut(self._conjugate_gradients(x, right, inverse, goal))

    def _complement(self, x: np.ndarray) -> np.ndarray:
        """The Schur complement of the exact part, applied."""
        parts = self._cut(x)
        solved = self._solve_exact([self._reach(e, parts) for e in self._exact])
        out = []
        for r, part in zip(self._rest, parts, strict=True):
            line = part * self._mass[r]
            for e, value in zip(self._exact, solved, strict=True):
                line -= self._tables[e, r].from_first(value)
            for other, value in zip(self._rest, parts, strict=True):
                if other < r:
                    line += self._tables[other, r].from_first(value)
                elif other > r:
                    line += self._tables[r, other].from_second(value)
            out.append(line)
        return np.concatenate(out, axis=1)

    def _cut(self, x: np.ndarray) -> Effects:
        return np.split(x, np.cumsum([self.groups[r].levels for r in self._rest])[:-1], axis=1)

    def _conjugate_gradients(
        self, x: np.ndarray, r: np.ndarray, inverse: np.ndarray, goal: np.ndarray
    ) -> np.ndarray:
        z = r * inverse
        p = z
        rz = (r * z).sum(axis=1)
        for _ in range(_MOST_STEPS):
            if np.all(rz <= goal):
                return x
            self.steps += 1
            q = self._complement(p)
            curvature = (p * q).sum(axis=1)
            moving = (rz > goal) & (curvature > 0)
            if not moving.any():
                return x
            step = np.where(moving, rz / np.where(moving, curvature, 1.0), 0.0)
            x = x + step[:, None] * p
            r = r - step[:, None] * q
            z = r * inverse
            new = (r * z).sum(axis=1)
            p = z + np.where(moving, new / np.where(moving, rz, 1.0), 0.0)[:, None] * p
            rz = new
        raise NotConverged(
            f"the fixed effects could not be taken out in {_MOST_STEPS} conjugate-gradient steps; "
            "groups of rows that hardly overlap are the usual cause: drop the smallest, or one fixed effect"
        )


class _Couple:
    """Two fixed effects solved together, exactly.

    Scaled by the square roots of the masses their normal equations are [I T; T' I]; the larger
    effect is eliminated and I - T'T of the smaller one inverted, block by block. It has one null
    direction for each set of levels that no cell ties to the others (each year, where both effects
    are interacted with it).
    """

    def __init__(self, first: Groups, second: Groups) -> None:
        self._first, self._second = first, second
        self._parts: np.ndarray | None = None
        self._blocks = (
            Blocks(first, second) if isinstance(first, AxisGroups) and isinstance(second, AxisGroups) else None
        )

    def forget(self) -> None:
        """Which levels hang together is to be found again at the next weights."""
        self._parts = None

    def weigh(self, weights: np.ndarray, first_mass: np.ndarray, second_mass: np.ndarray) -> None:
        table = self._table(weights)
        # The smaller side is eliminated last; hold the table as (blocks, large, small).
        self._flip = table.shape[1] < table.shape[2]
        if self._parts is None:
            self._parts = _parts(table > 0)[0 if self._flip else 1]
        first, second = self._split(first_mass[None, :], second_mass[None, :])
        self._root_first = np.sqrt(_inverse_or_zero(first))
        self._root_second = np.sqrt(_inverse_or_zero(second))
        table *= self._root_first.transpose(0, 2, 1)
        table *= self._root_second
        self._scaled = table
        across = table.transpose(0, 2, 1)
        gram = table @ across if self._flip else across @ table
        null = np.sqrt((first if self._flip else second)[:, 0, :])
        schur = -gram
        size = np.arange(schur.shape[1])
        schur[:, size, size] += 1.0 + 1e-13
        # In each part the sum of all levels of one effect equals that of the other: fill that null
        # direction,
        # so that the block can be inverted. The right-hand side is orthogonal to it.
        together = self._parts[:, :, None] == self._parts[:, None, :]
        norm = np.sqrt((together @ (null**2)[:, :, None])[:, :, 0])
        null = null / np.where(norm > 0, norm, 1.0)
        schur += together * (null[:, :, None] * null[:, None, :])
        self._inverse = _invert(schur)

    def solve(self, first: np.ndarray, second: np.ndarray) -> Effects:
        """Effects of (variables, levels) sums."""
        a, b = self._split(first, second)
        a, b = a * self._root_first, b * self._root_second
        across = self._scaled.transpose(0, 2, 1)
        if self._flip:
            a = (a - b @ across) @ self._inverse
            b = b - a @ self._scaled
        else:
            b = (b - a @ self._scaled) @ self._inverse
            a = a - b @ across
        a, b = a * self._root_first, b * self._root_second
        if self._blocks is None:
            return [a[0], b[0]]
        return [self._blocks.join_first(a), self._blocks.join_second(b)]

    def _split(self, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(variables, levels) -> (blocks, variables, own levels)."""
        if self._blocks is None:
            return first[None], second[None]
        return self._blocks.split_first(first), self._blocks.split_second(second)

    def _table(self, weights: np.ndarray) -> np.ndarray:
        if self._blocks is not None:
            table = self._blocks.table(weights)
            return table.copy() if np.shares_memory(table, weights) else table
        assert isinstance(self._first, RowGroups) and isinstance(self._second, RowGroups)
        joint = self._first.codes * self._second.levels + self._second.codes
        size = self._first.levels * self._second.levels
        return np.bincount(joint, weights, size).reshape(1, self._first.levels, self._second.levels)


def _parts(present: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which levels hang together through cells that are ``present`` (blocks, first, second).

    A number for each level of either side, (blocks, first) and (blocks, second): the lowest
    position among the first's levels that it can be reached from. Levels without cells keep their
    own.
    """
    blocks, rows, columns = present.shape
    far = rows + columns
    first = np.broadcast_to(np.arange(rows), (blocks, rows))
    second = np.full((blocks, columns), far)
    while True:
        second = np.minimum(second, np.where(present, first[:, :, None], far).min(axis=1))
        new = np.minimum(first, np.where(present, second[:, None, :], far).min(axis=2))
        if np.array_equal(new, first):
            return first, np.where(second == far, rows + np.arange(columns), second)
        first = new


def _inverse_or_zero(values: np.ndarray) -> np.ndarray:
    """1/x, and 0 for levels that hold no weight."""
    out = np.zeros_like(values)
    np.divide(1.0, values, out=out, where=values > 0)
    return out


def _invert(blocks: np.ndarray) -> np.ndarray:
    """Inverses of symmetric positive definite blocks.

    By numpy and not by scipy: each brings its own pool of threads, and two pools that take turns
    many times a second hold each other up.
    """
    try:
        return np.asarray(np.linalg.inv(blocks))
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.pinv(blocks, hermitian=True))


def _choose_couple(groups: tuple[Groups, ...]) -> tuple[int, int] | None:
    """The two fixed effects to solve together: those that leave the fewest levels, then the cheapest."""
    best: tuple[float, float, int, int] | None = None
    total = sum(g.levels for g in groups)
    for one, two in combinations(range(len(groups)), 2):
        shape = _couple_shape(groups[one], groups[two])
        if shape is None or min(shape[1:]) > _LARGEST_BLOCK or shape[0] * shape[1] * shape[2] > _LARGEST_TABLE:
            continue
        small, large = sorted(shape[1:])
        left = total - groups[one].levels - groups[two].levels
        candidate = (float(left), shape[0] * float(small) ** 2 * (small + large), one, two)
        best = candidate if best is None else min(best, candidate)
    return None if best is None else (best[2], best[3])


def _couple_shape(first: Groups, second: Groups) -> tuple[int, int, int] | None:
    if isinstance(first, RowGroups) and isinstance(second, RowGroups):
        return 1, first.levels, second.levels
    if not (isinstance(first, AxisGroups) and isinstance(second, AxisGroups)):
        return None
    blocks = Blocks(first, second)
    if first.labels is not None or second.labels is not None or not blocks.first_axes or not blocks.second_axes:
        return None
    return blocks.shape
