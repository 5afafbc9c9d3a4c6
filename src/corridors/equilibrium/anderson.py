"""Anderson's acceleration of many searches at once, each on its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from corridors.equilibrium.hats import Array

_TOGETHER = 8
"""Draws that are mixed at a time: few enough that all of their earlier steps lie in the processor's cache."""


class Anderson:
    """Anderson's acceleration of y -> y + r(y), for each draw (row) on its own (Walker and Ni 2011)."""

    depth = 3

    def __init__(self) -> None:
        self.y: list[Array] = []
        self.r: list[Array] = []

    def keep(self, draws: NDArray[np.intp]) -> None:
        """Forget all draws but these."""
        self.y = [y[draws] for y in self.y]
        self.r = [r[draws] for r in self.r]

    def step(self, y: Array, r: Array) -> Array:
        """The next y after residual step ``r`` at ``y``."""
        self.y.append(y)
        self.r.append(r)
        if len(self.y) > self.depth + 1:
            del self.y[0], self.r[0]
        if len(self.y) == 1:
            return np.asarray(y + r)
        out = np.empty_like(y)
        for first in range(0, len(y), _TOGETHER):
            some = slice(first, first + _TOGETHER)
            out[some] = _mixed([old[some] for old in self.y], [old[some] for old in self.r])
        return out


def _mixed(y: list[Array], r: list[Array]) -> Array:
    """The next of some draws: where plain steps led, mixed so that what is left of their residuals is least."""
    moves = np.stack([r[-1] - old for old in r[:-1]], axis=1)
    gram = moves @ moves.transpose(0, 2, 1)
    gram[:, np.arange(gram.shape[1]), np.arange(gram.shape[1])] *= 1.0 + 1e-10
    gram += np.finfo(float).tiny * np.eye(gram.shape[1])
    weight = np.linalg.solve(gram, moves @ r[-1][:, :, None])
    here = y[-1] + r[-1]
    back = np.stack([here - (old + step) for old, step in zip(y[:-1], r[:-1], strict=True)], axis=1)
    return np.asarray(here - (weight.transpose(0, 2, 1) @ back)[:, 0, :])
