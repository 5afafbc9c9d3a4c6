"""Anderson's acceleration of many searches at once, each on its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from corridors.equilibrium.hats import Array


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
        moves = np.stack([r - old for old in self.r[:-1]], axis=1)
        gram = moves @ moves.transpose(0, 2, 1)
        gram[:, np.arange(gram.shape[1]), np.arange(gram.shape[1])] *= 1.0 + 1e-10
        gram += np.finfo(float).tiny * np.eye(gram.shape[1])
        weight = np.linalg.solve(gram, moves @ r[:, :, None])
        back = np.stack(
            [y + r - (old + step) for old, step in zip(self.y[:-1], self.r[:-1], strict=True)],
            axis=1,
        )
        return np.asarray(y + r - (weight.transpose(0, 2, 1) @ back)[:, 0, :])
