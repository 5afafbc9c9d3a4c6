"""Weighted least squares on fixed effects: take the fixed effects out of variables.

For weights w and dummies D of all fixed effects, :class:`Absorber` finds a with
``D'W(v - D a) = 0`` for several variables v at once. Two fixed effects (or one) are solved exactly by a
Schur complement; when they share a dimension (exporter-year and importer-year share the year) the
complement falls into one small block for each year, solved as a batch. Further fixed effects (the pair)
are solved around that exact part by preconditioned conjugate gradients, which are warm-started: between
two Newton steps the weights hardly move, so a few iterations are enough.

The exact part replaces the alternating projections of Guimaraes and Portugal (2010) and Correia (2016);
the conjugate gradients accelerate what remains of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np

from ..errors import NotConverged
from .groups import AxisGroups, Grouping, Layout, RowGroups

# Dense Schur complements are affordable up to here: entries of the cross table, and levels of the smaller side.
_LARGEST_TABLE = 20_000_000
_LARGEST_BLOCK = 1_500
_MOST_STEPS = 2_000


def _inverse_or_zero(values: np.ndarray) -> np.ndarray:
    """1/x, and 0 for levels that hold no weight."""
    out = np.zeros_like(values)
    np.divide(1.0, values, out=out, where=values > 0)
    return out


@dataclass(frozen=True)
class _Table:
    """How the cross table of two fixed effects falls into blocks: (blocks, first's own, second's own)."""

    first: int
    second: int
    shared: int
    own_first: int
    own_second: int
    order_first: tuple[int, ...] | None = None
    order_second: tuple[int, ...] | None = None
    kept_first: tuple[int, ...] = ()
    kept_second: tuple[int, ...] = ()

    @property
    def work(self) -> float:
        small, large = sorted((self.own_first, self.own_second))
        return float(self.shared) * (2.0 * small**3 + small**2 * large)


class Absorber:
    """Takes fixed effects out of variables laid out as in a :class:`~corridors.gravity.groups.Layout`."""

    def __init__(self, layout: Layout) -> None:
        self.groups: tuple[RowGroups | AxisGroups, ...] = layout.groups
        self._table = _choose_table(self.groups)
        if self._table is not None:
            self._exact: tuple[int, ...] = (self._table.first, self._table.second)
        else:
            largest = max(range(len(self.groups)), key=lambda g: self.groups[g].levels)
            self._exact = (largest,)
        self._rest = tuple(g for g in range(len(self.groups)) if g not in self._exact)
        self.steps = 0

    def weigh(self, weights: np.ndarray) -> None:
        """Set the weights (cells,) and prepare the exact part for them."""
        self._weights = weights
        row = weights[None, :]
        self._mass = [group.sums(row)[0] for group in self.groups]
        self._inverse = [_inverse_or_zero(mass) for mass in self._mass]
        if self._table is not None:
            self._prepare_table()

    def residualise(
        self, values: np.ndarray, start: list[np.ndarray] | None = None, tolerance: float = 1e-10
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Residuals of ``values`` (variables, cells) and the effects, one (variables, levels) array a grouping.

        ``start`` are effects from an earlier call; ``tolerance`` is on the normal equations of the fixed
        effects outside the exact part, relative to their size before any of them was taken out.
        """
        if not self._rest:
            effects = self._solve_exact(values)
            return values - self._combine(effects), effects
        guess = [
            np.zeros((values.shape[0], self.groups[g].levels)) if start is None else start[g]
            for g in self._rest
        ]
        target = values if start is None else values - self._combine(dict(zip(self._rest, guess, strict=True)))
        projected, _ = self._project(target)
        residual = [self.groups[g].sums(projected * self._weights) for g in self._rest]
        scale = self._size(self._right_hand_side(values)) if start is not None else self._size(residual)
        found = self._conjugate_gradients(residual, scale, tolerance)
        rest = {g: a + b for g, a, b in zip(self._rest, guess, found, strict=True)}
        outer = values - self._combine(rest)
        exact = self._solve_exact_dict(outer)
        effects = {**rest, **exact}
        ordered = [effects[g] for g in range(len(self.groups))]
        return outer - self._combine(exact), ordered

    # -- the exact part ------------------------------------------------------------------------------

    def _solve_exact(self, values: np.ndarray) -> list[np.ndarray]:
        found = self._solve_exact_dict(values)
        return [found[g] for g in range(len(self.groups))]

    def _solve_exact_dict(self, values: np.ndarray) -> dict[int, np.ndarray]:
        weighted = values * self._weights
        return self._solve_sums([self.groups[g].sums(weighted) for g in self._exact])

    def _solve_sums(self, sums: list[np.ndarray]) -> dict[int, np.ndarray]:
        if self._table is None:
            return {self._exact[0]: sums[0] * self._inverse[self._exact[0]]}
        table = self._table
        first = _to_blocks(sums[0], table.kept_first, table.order_first, table.shared, table.own_first)
        second = _to_blocks(sums[1], table.kept_second, table.order_second, table.shared, table.own_second)
        # Scaled by the square roots of the masses the system is [I C; C' I], well conditioned whatever the units.
        first, second = first * self._root_first, second * self._root_second
        if self._small_is_second:
            b = (second - (first[:, :, None, :] @ self._cross)[:, :, 0, :])[:, :, None, :] @ self._schur
            b = b[:, :, 0, :]
            a = first - (self._cross @ b[..., None])[..., 0]
        else:
            a = (first - (self._cross @ second[..., None])[..., 0])[:, :, None, :] @ self._schur
            a = a[:, :, 0, :]
            b = second - (a[:, :, None, :] @ self._cross)[:, :, 0, :]
        a, b = a * self._root_first, b * self._root_second
        return {
            table.first: _from_blocks(a, table.kept_first, table.order_first),
            table.second: _from_blocks(b, table.kept_second, table.order_second),
        }

    def _prepare_table(self) -> None:
        table = self._table
        assert table is not None
        cross = self._cross_table(table)
        first = _to_blocks(self._mass[table.first][None, :], table.kept_first, table.order_first, table.shared, table.own_first)[0]
        second = _to_blocks(self._mass[table.second][None, :], table.kept_second, table.order_second, table.shared, table.own_second)[0]
        self._root_first = np.sqrt(_inverse_or_zero(first))
        self._root_second = np.sqrt(_inverse_or_zero(second))
        cross = cross * self._root_first[:, :, None] * self._root_second[:, None, :]
        self._cross = cross
        self._small_is_second = table.own_second <= table.own_first
        if self._small_is_second:
            gram, null = np.swapaxes(cross, 1, 2) @ cross, np.sqrt(second)
        else:
            gram, null = cross @ np.swapaxes(cross, 1, 2), np.sqrt(first)
        size = gram.shape[1]
        schur = np.eye(size) * (1.0 + 1e-13) - gram
        # The sum of all levels of one effect equals that of the other: fill that null direction, so that
        # the block can be inverted. The right-hand side is orthogonal to it.
        norm = np.sqrt((null**2).sum(axis=1, keepdims=True))
        null = null / np.where(norm > 0, norm, 1.0)
        schur += null[:, :, None] * null[:, None, :]
        self._schur = np.linalg.inv(schur)

    def _cross_table(self, table: _Table) -> np.ndarray:
        one, two = self.groups[table.first], self.groups[table.second]
        if isinstance(one, AxisGroups) and isinstance(two, AxisGroups):
            shape = one.shape
            shared = [a for a in one.axes if a in two.axes]
            own_one = [a for a in one.axes if a not in two.axes]
            own_two = [a for a in two.axes if a not in one.axes]
            gone = tuple(a for a in range(len(shape)) if a not in one.axes and a not in two.axes)
            tensor = self._weights.reshape(shape)
            left = [a for a in range(len(shape)) if a not in gone]
            tensor = tensor.sum(axis=gone) if gone else tensor
            order = [left.index(a) for a in (*shared, *own_one, *own_two)]
            return np.ascontiguousarray(tensor.transpose(order)).reshape(
                table.shared, table.own_first, table.own_second
            )
        assert isinstance(one, RowGroups) and isinstance(two, RowGroups)
        joint = one.codes * table.own_second + two.codes
        flat = np.bincount(joint, self._weights, table.own_first * table.own_second)
        return flat.reshape(1, table.own_first, table.own_second)

    # -- the rest ------------------------------------------------------------------------------------

    def _project(self, values: np.ndarray) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        effects = self._solve_exact_dict(values)
        return values - self._combine(effects), effects

    def _combine(self, effects: dict[int, np.ndarray] | list[np.ndarray]) -> np.ndarray:
        items = effects.items() if isinstance(effects, dict) else enumerate(effects)
        total: np.ndarray | None = None
        for g, effect in items:
            part = self.groups[g].spread(effect)
            total = part if total is None else total + part
        assert total is not None
        return total

    def _right_hand_side(self, values: np.ndarray) -> list[np.ndarray]:
        projected, _ = self._project(values)
        return [self.groups[g].sums(projected * self._weights) for g in self._rest]

    def _size(self, vectors: list[np.ndarray]) -> np.ndarray:
        return np.sqrt(
            sum(
                (vector**2 * self._inverse[g]).sum(axis=1)
                for g, vector in zip(self._rest, vectors, strict=True)
            )
        )

    def _conjugate_gradients(
        self, residual: list[np.ndarray], scale: np.ndarray, tolerance: float
    ) -> list[np.ndarray]:
        inverse = np.concatenate([self._inverse[g] for g in self._rest])
        bounds = np.cumsum([0, *(self.groups[g].levels for g in self._rest)])
        r = np.concatenate(residual, axis=1)
        x = np.zeros_like(r)
        z = r * inverse
        p = z
        rz = (r * z).sum(axis=1)
        goal = (tolerance * scale) ** 2
        for _ in range(_MOST_STEPS):
            if np.all(rz <= goal):
                break
            self.steps += 1
            parts = {g: p[:, bounds[k] : bounds[k + 1]] for k, g in enumerate(self._rest)}
            projected, _ = self._project(self._combine(parts))
            projected *= self._weights
            q = np.concatenate([self.groups[g].sums(projected) for g in self._rest], axis=1)
            curvature = (p * q).sum(axis=1)
            step = np.where((rz > goal) & (curvature > 0), rz / np.where(curvature > 0, curvature, 1.0), 0.0)
            if not step.any():
                break
            x = x + step[:, None] * p
            r = r - step[:, None] * q
            z = r * inverse
            new = (r * z).sum(axis=1)
            p = z + np.where(rz > 0, new / np.where(rz > 0, rz, 1.0), 0.0)[:, None] * p
            rz = new
        else:
            raise NotConverged(
                f"the fixed effects could not be taken out in {_MOST_STEPS} conjugate-gradient steps; "
                "groups of rows that hardly overlap are the usual cause: drop the smallest, or one fixed effect"
            )
        return [x[:, bounds[k] : bounds[k + 1]] for k in range(len(self._rest))]


def _choose_table(groups: tuple[Grouping, ...]) -> _Table | None:
    """The two fixed effects to solve together: those that leave the fewest levels to iterate on."""
    best: tuple[float, _Table] | None = None
    total = sum(g.levels for g in groups)
    for one, two in combinations(range(len(groups)), 2):
        table = _table_of(one, two, groups[one], groups[two])
        if table is None:
            continue
        small = min(table.own_first, table.own_second)
        if small > _LARGEST_BLOCK or table.shared * table.own_first * table.own_second > _LARGEST_TABLE:
            continue
        left = total - groups[one].levels - groups[two].levels
        if best is None or (left, table.work) < (best[0], best[1].work):
            best = (left, table)
    return None if best is None else best[1]


def _table_of(one: int, two: int, first: Grouping, second: Grouping) -> _Table | None:
    if isinstance(first, RowGroups) and isinstance(second, RowGroups):
        return _Table(one, two, 1, first.levels, second.levels)
    if not (isinstance(first, AxisGroups) and isinstance(second, AxisGroups)):
        return None
    if first.labels is not None or second.labels is not None:
        return None
    shape = first.shape
    shared = [a for a in first.axes if a in second.axes]
    own_one = [a for a in first.axes if a not in second.axes]
    own_two = [a for a in second.axes if a not in first.axes]
    if not own_one or not own_two:
        return None
    return _Table(
        one,
        two,
        prod(shape[a] for a in shared),
        prod(shape[a] for a in own_one),
        prod(shape[a] for a in own_two),
        tuple(first.axes.index(a) for a in (*shared, *own_one)),
        tuple(second.axes.index(a) for a in (*shared, *own_two)),
        first.kept,
        second.kept,
    )


def _to_blocks(
    values: np.ndarray, kept: tuple[int, ...], order: tuple[int, ...] | None, shared: int, own: int
) -> np.ndarray:
    lead = values.shape[0]
    if order is not None and order != tuple(range(len(order))):
        values = values.reshape(lead, *kept).transpose(0, *(o + 1 for o in order))
    return values.reshape(lead, shared, own)


def _from_blocks(blocks: np.ndarray, kept: tuple[int, ...], order: tuple[int, ...] | None) -> np.ndarray:
    lead = blocks.shape[0]
    if order is not None and order != tuple(range(len(order))):
        ordered = blocks.reshape(lead, *(kept[o] for o in order))
        back = np.argsort(order)
        blocks = ordered.transpose(0, *(b + 1 for b in back))
    return blocks.reshape(lead, -1)
