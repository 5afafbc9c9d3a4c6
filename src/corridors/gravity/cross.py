"""Cross tables of two fixed effects: the weight that falls on each combination of their levels.

With T = D_f' W D_g, the normal equations of all fixed effects are made of such tables and of the
masses of the levels, so that iterations run over levels and never over rows. On the dense layout a
table is a batch of small matrices, one for each cell of the axes that both effects share:
exporter-year and pair share the exporter, so there is a matrix years x importers for each exporter.
On rows it is a sparse matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Protocol

import numpy as np

from .groups import AxisGroups, RowGroups

Groups = RowGroups | AxisGroups


class Cross(Protocol):
    """The table of two effects, first x second, at the weights set last."""

    def weigh(self, weights: np.ndarray) -> None:
        """Set the weights (cells,)."""

    def from_second(self, values: np.ndarray) -> np.ndarray:
        """(variables, second's levels) -> (variables, first's levels)."""

    def from_first(self, values: np.ndarray) -> np.ndarray:
        """(variables, first's levels) -> (variables, second's levels)."""


@dataclass(frozen=True)
class Blocks:
    """How the axes of two dense groups fall into shared ones, the first's own and the second's own."""

    first: AxisGroups
    second: AxisGroups

    @property
    def shared_axes(self) -> tuple[int, ...]:
        return tuple(a for a in self.first.axes if a in self.second.axes)

    @property
    def first_axes(self) -> tuple[int, ...]:
        return tuple(a for a in self.first.axes if a not in self.second.axes)

    @property
    def second_axes(self) -> tuple[int, ...]:
        return tuple(a for a in self.second.axes if a not in self.first.axes)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(shared, first's own, second's own)."""
        size = self.first.shape
        return (
            prod(size[a] for a in self.shared_axes),
            prod(size[a] for a in self.first_axes),
            prod(size[a] for a in self.second_axes),
        )

    def table(self, weights: np.ndarray) -> np.ndarray:
        """The weights as (shared, first's own, second's own)."""
        size = self.first.shape
        gone = tuple(a for a in range(len(size)) if a not in self.first.axes and a not in self.second.axes)
        left = [a for a in range(len(size)) if a not in gone]
        tensor = weights.reshape(size)
        tensor = tensor.sum(axis=gone) if gone else tensor
        order = [left.index(a) for a in (*self.shared_axes, *self.first_axes, *self.second_axes)]
        return np.ascontiguousarray(tensor.transpose(order)).reshape(self.shape)

    def split_first(self, values: np.ndarray) -> np.ndarray:
        """(variables, levels) -> (shared, variables, own)."""
        return _split(values, self.first, self.shared_axes, self.first_axes)

    def split_second(self, values: np.ndarray) -> np.ndarray:
        return _split(values, self.second, self.shared_axes, self.second_axes)

    def join_first(self, blocks: np.ndarray) -> np.ndarray:
        """(shared, variables, own) -> (variables, levels)."""
        return _join(blocks, self.first, self.shared_axes, self.first_axes)

    def join_second(self, blocks: np.ndarray) -> np.ndarray:
        return _join(blocks, self.second, self.shared_axes, self.second_axes)


class DenseCross:
    """The table as a batch of matrices; labelled groups (a symmetric pair) are folded onto their labels."""

    def __init__(self, first: AxisGroups, second: AxisGroups) -> None:
        self._blocks = Blocks(first, second)

    def weigh(self, weights: np.ndarray) -> None:
        self._table = self._blocks.table(weights)

    def from_second(self, values: np.ndarray) -> np.ndarray:
        blocks = self._blocks
        cells = blocks.split_second(blocks.second.unfold(values))
        return blocks.first.fold(blocks.join_first(cells @ self._table.transpose(0, 2, 1)))

    def from_first(self, values: np.ndarray) -> np.ndarray:
        blocks = self._blocks
        cells = blocks.split_first(blocks.first.unfold(values))
        return blocks.second.fold(blocks.join_second(cells @ self._table))


class SparseCross:
    """The table as a compressed sparse matrix whose pattern is found once."""

    def __init__(self, first: RowGroups, second: RowGroups) -> None:
        from scipy import sparse

        joint = first.codes.astype(np.int64) * second.levels + second.codes
        cells, self._cell_of_row = np.unique(joint, return_inverse=True)
        rows, columns = np.divmod(cells, second.levels)
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=first.levels))])
        self._matrix = sparse.csr_matrix(
            (np.ones(cells.size), columns, starts), shape=(first.levels, second.levels)
        )

    def weigh(self, weights: np.ndarray) -> None:
        self._matrix.data = np.bincount(self._cell_of_row, weights, self._matrix.nnz)
        self._transposed = self._matrix.T

    def from_second(self, values: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray((self._matrix @ values.T).T)

    def from_first(self, values: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray((self._transposed @ values.T).T)


def cross(first: Groups, second: Groups) -> Cross:
    """The table of two groupings of the same layout."""
    if isinstance(first, AxisGroups) and isinstance(second, AxisGroups):
        return DenseCross(first, second)
    assert isinstance(first, RowGroups) and isinstance(second, RowGroups)
    return SparseCross(first, second)


def _split(values: np.ndarray, group: AxisGroups, shared: tuple[int, ...], own: tuple[int, ...]) -> np.ndarray:
    lead = values.shape[0]
    position = {axis: k + 1 for k, axis in enumerate(group.axes)}
    order = [*(position[a] for a in shared), 0, *(position[a] for a in own)]
    blocks = values.reshape(lead, *group.kept).transpose(order)
    return np.ascontiguousarray(blocks).reshape(
        prod(group.shape[a] for a in shared), lead, prod(group.shape[a] for a in own)
    )


def _join(blocks: np.ndarray, group: AxisGroups, shared: tuple[int, ...], own: tuple[int, ...]) -> np.ndarray:
    lead = blocks.shape[1]
    parts = blocks.reshape(*(group.shape[a] for a in shared), lead, *(group.shape[a] for a in own))
    position = {axis: k for k, axis in enumerate(shared)}
    position.update({axis: len(shared) + 1 + k for k, axis in enumerate(own)})
    return parts.transpose([len(shared), *(position[a] for a in group.axes)]).reshape(lead, -1)
