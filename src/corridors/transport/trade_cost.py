"""From transport to trade: one ad valorem trade cost per pair, before and after.

The generalised cost of a cargo class (money and time, as a share of the goods' value) moves the
delivered price ``1 + g``. Classes respond one by one with the trade elasticity, so a pair's trade
cost is the elasticity-weighted mean of its classes', and cheap transport for a class that does not
use the corridor changes nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def class_factors(composite_before: ArrayLike, composite_after: ArrayLike, mean_cost: ArrayLike) -> Array:
    """Ad valorem cost factor of every cargo class: ``(1 + g + dc) / (1 + g)``.

    ``g`` is ``mean_cost``, what shippers pay in money and time before, and ``dc`` the change of the
    log-sum cost: the level of a log-sum has no meaning, its changes do (Small and Rosen 1981). All
    are shares of goods value of one shape, usually (draws, pairs, classes). A delivered price never
    falls below the value of the goods, so the factor is at least ``1 / (1 + g)``. Exactly 1 where
    the two costs are equal.
    """
    change = np.asarray(composite_after, dtype=float) - np.asarray(composite_before, dtype=float)
    price = 1.0 + np.maximum(np.asarray(mean_cost, dtype=float), 0.0)
    return np.asarray(np.maximum(price + change, 1.0) / price)


def pair_factors(factors: ArrayLike, weights: ArrayLike, theta: ArrayLike) -> Array:
    """One cost factor per pair from its cargo classes.

    ``(sum_k w_k f_k^-theta)^(-1/theta)``: the uniform change that would move the pair's trade as
    much as the classes together do.

    Parameters
    ----------
    factors: (B, P, C) cost factor of each class.
    weights: (B, P, C) or broadcastable; base-year value shares, adding to one over C.
    theta: (B,) trade elasticity.
    """
    f = np.asarray(factors, dtype=float)
    w = np.broadcast_to(np.asarray(weights, dtype=float), f.shape)
    th = np.asarray(theta, dtype=float)[:, None]
    response = (w * f ** -th[..., None]).sum(axis=-1) / w.sum(axis=-1)
    # An unchanged pair keeps exactly its cost: rounding in the powers must not invent an effect.
    unchanged = (f == 1.0).all(axis=-1)
    return np.where(unchanged, 1.0, response ** (-1.0 / th))
