"""From transport to trade: one ad valorem trade cost per pair, before and after.

The generalised cost of a cargo class (money and time, as a share of the goods' value) moves the
delivered price ``1 + g``. Classes respond one by one with the trade elasticity, so a pair's trade
cost is the elasticity-weighted mean of its classes', and cheap transport for a class that does not
use the corridor changes nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

KM_PER_MILE = 1.609344

Array = NDArray[np.float64]


def class_factors(composite_before: ArrayLike, composite_after: ArrayLike, mean_cost: ArrayLike) -> Array:
    """Ad valorem cost factor of every cargo class: ``(1 + g + dc) / (1 + g)``.

    ``g`` is ``mean_cost``, what shippers pay in money and time before, and ``dc`` the change of the log-sum
    cost: the level of a log-sum has no meaning, its changes do (Small and Rosen 1981). All are shares of goods
    value of one shape, usually (draws, pairs, classes). A delivered price never falls below the value of
    the goods, so the factor is at least ``1 / (1 + g)``. Exactly 1 where the two costs are equal.
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


def flight_factor(
    distance_km: float, miles: ArrayLike, distance_elasticity: ArrayLike, theta: ArrayLike, active: ArrayLike = 1.0
) -> Array:
    """Cost factor of a first direct flight, which works like a shorter distance.

    ``((D - m) / D) ^ (-delta / theta)`` with ``delta < 0`` the elasticity of trade to distance:
    trade then moves by ``((D - m) / D) ^ delta``, before prices respond elsewhere.

    Parameters
    ----------
    distance_km: distance between the two economies, D.
    miles: (B,) miles that the flight is worth (Yilmazkuday and Yilmazkuday 2017: 1,400 for a first
        flight, 305 for a further one; the higher figure is an upper bound for goods). At most half
        the distance counts, and never less than nothing.
    distance_elasticity, theta: (B,) elasticities.
    active: (B,) how far the service has started, 0 to 1.
    """
    saved_km = np.clip(np.asarray(miles, dtype=float) * KM_PER_MILE, 0.0, 0.5 * distance_km) * np.asarray(active, dtype=float)
    remaining = (distance_km - saved_km) / distance_km
    exponent = -np.asarray(distance_elasticity, dtype=float) / np.asarray(theta, dtype=float)
    return np.asarray(remaining**exponent, dtype=float)
