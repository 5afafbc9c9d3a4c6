"""What draws of a shock do to flows, as the products that the equations of :mod:`corridors.equilibrium.batch` need.

``k = K - 1`` is the change of a pair's pull: of a few pairs (:class:`PairShock`) or of all
(:class:`DenseShock`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from corridors.equilibrium.hats import Array

# a step is cheap beside Newton where few pairs are shocked, less so where all are
_PAIR_STEPS = 60
_DENSE_STEPS = 24

Places = NDArray[np.intp]


class Shock(Protocol):
    """K - 1 of some draws, as the products the equations need."""

    @property
    def steps(self) -> int:
        """How many chord steps are worth while."""

    def bought(self, a: Array, shares: Array) -> Array:
        """sum_i shares_ij k_ij a_i (B,N)."""

    def sold(self, u: Array, shares: Array) -> Array:
        """sum_j shares_ij k_ij u_j (B,N)."""

    def at(self, rows: Places, columns: Places) -> Array:
        """k of some pairs (B,P)."""

    def dense(self, draw: int) -> Array:
        """ln K of one draw (N,N)."""

    def some(self, draws: Places) -> Shock:
        """The same for some of the draws."""


@dataclass(frozen=True)
class PairShock:
    """Of the pairs ``rows`` and ``columns`` (P,): ``log_k`` and ``change`` (B,P)."""

    rows: Places
    columns: Places
    log_k: Array
    change: Array
    economies: int
    steps: int = _PAIR_STEPS

    def bought(self, a: Array, shares: Array) -> Array:
        into = np.zeros((len(self.rows), a.shape[1]))
        into[np.arange(len(self.rows)), self.columns] = shares[self.rows, self.columns]
        return np.asarray((a[:, self.rows] * self.change) @ into)

    def sold(self, u: Array, shares: Array) -> Array:
        out = np.zeros((len(self.rows), u.shape[1]))
        out[np.arange(len(self.rows)), self.rows] = shares[self.rows, self.columns]
        return np.asarray((u[:, self.columns] * self.change) @ out)

    def at(self, rows: Places, columns: Places) -> Array:
        return np.asarray(self.change)

    def dense(self, draw: int) -> Array:
        log_k = np.zeros((self.economies, self.economies))
        log_k[self.rows, self.columns] = self.log_k[draw]
        return log_k

    def some(self, draws: Places) -> PairShock:
        return PairShock(
            self.rows, self.columns, self.log_k[draws], self.change[draws], self.economies
        )


@dataclass(frozen=True)
class DenseShock:
    """``log_k`` and ``change`` are of the whole block; this shock is of those of its ``draws``."""

    log_k: Array
    change: Array
    draws: Places
    # change times each table of shares that was asked for: a step reads it once instead of making
    # it again
    weighted: dict[int, Array]
    steps: int = _DENSE_STEPS

    def bought(self, a: Array, shares: Array) -> Array:
        return np.asarray(np.matmul(a[:, None, :], self._times(shares))[:, 0, :])

    def sold(self, u: Array, shares: Array) -> Array:
        return np.asarray(np.matmul(self._times(shares), u[:, :, None])[:, :, 0])

    def at(self, rows: Places, columns: Places) -> Array:
        return np.asarray(self.change[self.draws][:, rows, columns])

    def dense(self, draw: int) -> Array:
        return np.asarray(self.log_k[self.draws[draw]])

    def some(self, draws: Places) -> DenseShock:
        kept = {table: product[draws] for table, product in self.weighted.items()}
        return DenseShock(self.log_k, self.change, self.draws[draws], kept)

    def _times(self, shares: Array) -> Array:
        """``shares`` lives in the engine, which outlives the shock, so its identity is a safe key."""
        if id(shares) not in self.weighted:
            whole = len(self.draws) == len(self.change)
            self.weighted[id(shares)] = (self.change if whole else self.change[self.draws]) * shares
        return self.weighted[id(shares)]
