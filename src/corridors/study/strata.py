"""Draws that stand for all: of each stratum the one nearest to its mean."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_AS_NEAR = 1e-6
"""What two distances may differ by, as a part of the values, and be one: values of very many draws have seven digits."""


def strata(value: Array, count: int, own: npt.NDArray[np.bool_]) -> tuple[Index, Index, Array]:
    """Draws that stand for all (N,), the one that stands for each (B,), and their weights (N,), which add to one.

    Strata part the draws, in order of ``value`` (B,), at ``count`` even ranks and at as many even parts of the sum of their sizes:
    few draws may have most of it. None that is not its ``own`` (B,) stands for others, where a stratum has one that is.
    """
    order = np.argsort(value, kind="stable")
    size = np.abs(value[order])
    at = np.arange(value.size) / value.size
    among = (np.cumsum(size) - 0.5 * size) / size.sum() if size.sum() > 0.0 else at
    key = np.floor(count * at) + (count + 1) * np.floor(count * np.minimum(among, 1.0))
    number = np.unique(key, return_inverse=True)[1]
    rows = np.empty(number.max() + 1, dtype=np.intp)
    of = np.empty(value.size, dtype=np.intp)
    weight = np.empty(rows.size)
    for k in range(rows.size):
        members = order[number == k]
        good = members[own[members]] if own[members].any() else members
        off = np.abs(value[good] - value[members].mean())
        # Two draws are as far from their mean as each other: the lower one, however values were rounded.
        rows[k] = good[np.argmax(off <= off.min() + _AS_NEAR * np.abs(value[good]).max())]
        of[members], weight[k] = k, members.size / value.size
    return rows, of, weight
