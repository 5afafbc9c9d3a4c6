"""Sums over the levels of a fixed effect, and their spreading back, on rows or on a dense tensor.

A *cell* is one slot of the working arrays. On the sparse path cells are the rows themselves. On the
dense path they are the cells of a tensor whose axes are the columns that the fixed effects are made
of (exporter x importer x year): a sum over levels is then a sum over axes, with no index to chase.
Arrays of several variables are (variables, cells).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import prod

import numpy as np

from .sample import Factor, combine

# A tensor with more holes than this costs more than chasing indices does.
_LEAST_FILLED = 0.4


@dataclass(frozen=True)
class RowGroups:
    """Levels given by a code for each cell."""

    codes: np.ndarray
    levels: int

    def sums(self, cells: np.ndarray) -> np.ndarray:
        return np.stack([np.bincount(self.codes, line, self.levels) for line in cells])

    def spread(self, values: np.ndarray) -> np.ndarray:
        return values[:, self.codes]


@dataclass(frozen=True)
class AxisGroups:
    """Levels that are the cells of some axes of the tensor, or labels on those (a symmetric pair)."""

    shape: tuple[int, ...]
    axes: tuple[int, ...]
    labels: np.ndarray | None = None

    @property
    def kept(self) -> tuple[int, ...]:
        return tuple(self.shape[a] for a in self.axes)

    @cached_property
    def levels(self) -> int:
        return prod(self.kept) if self.labels is None else int(self.labels.max()) + 1

    def sums(self, cells: np.ndarray) -> np.ndarray:
        lead = cells.shape[0]
        others = tuple(a + 1 for a in range(len(self.shape)) if a not in self.axes)
        reduced = cells.reshape(lead, *self.shape)
        reduced = reduced.sum(axis=others) if others else reduced
        return self.fold(reduced.reshape(lead, -1))

    def spread(self, values: np.ndarray) -> np.ndarray:
        """As a view that broadcasts over the other axes: (variables, *tensor)."""
        lead = values.shape[0]
        broad = [n if a in self.axes else 1 for a, n in enumerate(self.shape)]
        return self.unfold(values).reshape(lead, *broad)

    def fold(self, cells: np.ndarray) -> np.ndarray:
        """Sum (variables, cells of the axes) over each label."""
        if self.labels is None:
            return cells
        return np.stack([np.bincount(self.labels, line, self.levels) for line in cells])

    def unfold(self, values: np.ndarray) -> np.ndarray:
        """Give each cell of the axes the value of its label."""
        return values if self.labels is None else values[:, self.labels]


@dataclass(frozen=True)
class Layout:
    """Where each row lies among the cells, and how each fixed effect groups the cells.

    ``level_of`` gives, for each fixed effect, the row's level in this layout's numbering.
    """

    path: str
    cells: int
    place: np.ndarray | None
    groups: tuple[RowGroups | AxisGroups, ...]
    level_of: tuple[np.ndarray, ...]

    def to_cells(self, rows: np.ndarray, empty: float = 0.0) -> np.ndarray:
        """Spread (..., rows) over the cells; holes of the tensor get ``empty``."""
        if self.place is None:
            return rows
        out = np.full((*rows.shape[:-1], self.cells), empty)
        out[..., self.place] = rows
        return out

    def to_rows(self, cells: np.ndarray) -> np.ndarray:
        return cells if self.place is None else cells[..., self.place]


def arrange(
    factors: Sequence[Factor], columns: dict[str, np.ndarray], path: str = "auto"
) -> Layout:
    """Choose the dense layout where the rows fill most of a tensor, else the sparse one."""
    if path != "sparse" and factors:
        dense = _dense(factors, columns)
        if dense is not None:
            return dense
    return Layout(
        "sparse",
        factors[0].codes.size if factors else -1,
        None,
        tuple(RowGroups(f.codes, f.levels) for f in factors),
        tuple(f.codes for f in factors),
    )


def _dense(factors: Sequence[Factor], columns: dict[str, np.ndarray]) -> Layout | None:
    axes = _axes(factors, columns)
    sizes = [int(columns[a].max()) + 1 for a in axes]
    rows = factors[0].codes.size
    if prod(sizes) * _LEAST_FILLED > rows:
        return None
    place = np.zeros(rows, dtype=np.int64)
    for axis, size in zip(axes, sizes, strict=True):
        place = place * size + columns[axis]
    filled = np.zeros(prod(sizes), dtype=bool)
    filled[place] = True
    if int(filled.sum()) != rows:
        return None
    shape = tuple(sizes)
    groups, level_of = [], []
    for factor in factors:
        found = _group_of(factor, axes, columns, shape)
        if found is None:
            return None
        groups.append(found[0])
        level_of.append(found[1])
    return Layout("dense", prod(sizes), place, tuple(groups), tuple(level_of))


def _axes(factors: Sequence[Factor], columns: dict[str, np.ndarray]) -> list[str]:
    """The columns that span the tensor: a column that others determine (the pair) is left out.

    Small axes come first, so that the large ones lie together in memory.
    """
    names = sorted(dict.fromkeys(part for f in factors for part in f.parts), key=lambda n: int(columns[n].max()))
    for name in list(reversed(names)):
        others = [n for n in names if n != name]
        for two in combinations(others, 2):
            if int(columns[name].max()) > max(int(columns[o].max()) for o in two):
                joint, _ = combine(columns[two[0]], columns[two[1]])
                if _determines(joint, columns[name]):
                    names.remove(name)
                    break
    return names


def _group_of(
    factor: Factor, axes: list[str], columns: dict[str, np.ndarray], shape: tuple[int, ...]
) -> tuple[AxisGroups, np.ndarray] | None:
    if all(part in axes for part in factor.parts):
        kept = tuple(sorted(axes.index(p) for p in factor.parts))
        joint = _ravel(kept, axes, columns, shape)
        return AxisGroups(shape, kept), joint
    for size in range(1, len(axes) + 1):
        for kept in combinations(range(len(axes)), size):
            joint = _ravel(kept, axes, columns, shape)
            if _determines(joint, factor.codes):
                # Holes of the tensor weigh nothing, so any level will do for them.
                labels = np.zeros(prod(shape[a] for a in kept), dtype=np.int64)
                labels[joint] = factor.codes
                return AxisGroups(shape, kept, labels), factor.codes
    return None


def _ravel(
    kept: tuple[int, ...], axes: list[str], columns: dict[str, np.ndarray], shape: tuple[int, ...]
) -> np.ndarray:
    joint = np.zeros(columns[axes[0]].size, dtype=np.int64)
    for axis in kept:
        joint = joint * shape[axis] + columns[axes[axis]]
    return joint


def _determines(joint: np.ndarray, codes: np.ndarray) -> bool:
    """Is ``codes`` a function of ``joint``?"""
    seen = np.zeros(int(joint.max()) + 1, dtype=np.int64)
    seen[joint] = codes
    return bool(np.array_equal(seen[joint], codes))
