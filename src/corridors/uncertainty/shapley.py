"""What did it: the Shapley value of each measure in a bundle.

The contribution of measure m is its average marginal effect over all orders in which the bundle can
be put together (Shapley 1953):

    phi_m = sum over S without m of |S|! (M - |S| - 1)! / M! * (v(S + m) - v(S))

Exact over all 2^M subsets, so contributions add up to v(all) - v(none); a measure that changes
nothing gets nothing, and two that are interchangeable get the same. Subsets are rows of one array,
so that the whole chain can compute them in one batch.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

MOST_MEASURES = 12


def subsets(measures: int) -> Array:
    """All subsets of M measures, (2^M, M) of 0 and 1; row s has measure m where bit m of s is set."""
    if not 0 <= measures <= MOST_MEASURES:
        raise ValueError(f"attribution: {measures} measures; exact Shapley values take at most {MOST_MEASURES}")
    rows = np.arange(2**measures)[:, None]
    return ((rows >> np.arange(measures)) & 1).astype(np.float64)


def shapley(values: Array) -> Array:
    """Contributions (M, ...) from the values (2^M, ...) of all subsets in the order of :func:`subsets`."""
    values = np.asarray(values, dtype=np.float64)
    count = values.shape[0].bit_length() - 1
    if values.shape[0] != 2**count:
        raise ValueError(f"attribution: {values.shape[0]} values are not those of all subsets")
    rows = np.arange(2**count)
    sizes = np.array([int(r).bit_count() for r in rows])
    weight = np.array(
        [factorial(s) * factorial(count - s - 1) / factorial(count) for s in range(count)]
    )
    result = np.empty((count, *values.shape[1:]))
    for m in range(count):
        without = rows[(rows >> m) & 1 == 0]
        gain = values[without | (1 << m)] - values[without]
        result[m] = np.tensordot(weight[sizes[without]], gain, axes=(0, 0))
    return result


def shapley_of(value: Callable[[Array], Array], measures: int) -> Array:
    """Contributions (M, ...) of M measures by calling ``value`` once with ``active`` (2^M, M)."""
    return shapley(value(subsets(measures)))


def scaled_to(contributions: Array, total: float) -> Array:
    """Contributions (M,) that add up to ``total`` exactly as floats are summed, each with the sign that it has.

    Used where the Shapley values are of one central draw and the figure that is shown is a median
    over draws. Gains P and losses N (P, N > 0) become ``k P - N / k = total``: of one sign all keep
    their proportions; of both, gains and losses that nearly cancel are not blown up, and none turns
    round. Where no ``k`` does it (nothing but gains, and a total below zero) or contributions are
    nothing, the difference is spread evenly.
    """
    contributions = np.asarray(contributions, dtype=np.float64)
    if contributions.size == 0:
        return contributions.copy()
    up, down = np.maximum(contributions, 0.0), np.maximum(-contributions, 0.0)
    gains, losses = float(up.sum()), float(down.sum())
    k = _stretch(gains, losses, float(total))
    if k is None:
        scaled = contributions + (total - float(contributions.sum())) / contributions.size
    else:
        scaled = k * up - down / k
    largest = int(np.argmax(np.abs(scaled)))
    for _ in range(4):
        scaled[largest] += total - float(scaled.sum())
    return scaled


def _stretch(gains: float, losses: float, total: float) -> float | None:
    """The ``k > 0`` with ``k gains - losses / k = total``; None where there is none within a factor of a thousand."""
    if gains == 0.0 and losses == 0.0:
        return None
    root = float(np.sqrt(total * total + 4.0 * gains * losses))
    # Of the two forms of the root, the one that does not subtract near equals.
    k = (
        (total + root) / (2.0 * gains)
        if total >= 0.0 and gains > 0.0
        else 2.0 * losses / (root - total)
        if root > total
        else 0.0
    )
    return k if 1e-3 < k < 1e3 else None
