"""A constant by crossing, so that a pair's trucks are spread over crossings as they were counted or follow from trade.

What cost alone does not say of a crossing (lanes, brokers, yards, roads that the map lacks) is one
weight ``w`` of every way of the pair through it, beside its path size: ``A = S w exp(-lambda c)``,
an alternative-specific constant (Ben-Akiva and Lerman 1985, section 5.2). It is found in every
draw, like the hidden cost of a mode, by iterative scaling (Darroch and Ratcliff 1972): with ``L``
the trucks of the base year through a crossing and ``t`` those known,

    w <- w (t / L * sum L / sum t)^(1/n)

over the crossings that are known, ``n`` the most of them that one way passes. Only the ratios of
what is known count: what goes round them, and how many trucks there are, is left to cost and trade.
Weights are 1 in the mean of the known trucks' logarithms, so that a crossing of which nothing is
known is like the mean of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from corridors.transport import nested_logit

if TYPE_CHECKING:
    from corridors.transport.arrays import Group
    from corridors.transport.loading import Loading

Array = npt.NDArray[np.float64]

_NOTHING = 1e-250
ROUNDS, NEAR, FARTHEST = 300, 1e-4, 10.0
"""Rounds of scaling at most, and the relative miss that ends them. What no choice of ways can give (of two crossings in a row the
second cannot have more than the first) is met as nearly as so many rounds bring it, and no logarithm of a weight goes beyond the last."""


def sizes(block: Loading) -> Array:
    """(R, b) or (R, 1) what each route weighs beside its cost: its path size, times the constants of crossings where a pair's
    trucks are known there."""
    layout = block.layout
    result = layout.choices.path_size[:, None]
    for p in np.flatnonzero((layout.known > 0.0).any(axis=1)):
        here = np.flatnonzero(layout.first_pair == p)
        routes = np.flatnonzero(np.isin(layout.choices.market_of, here))
        for group in layout.groups:
            if group.trucks_base[:, here].any():
                rows = np.flatnonzero(np.isin(group.rows, routes))
                # A draw in which a count is more than can pass has less of it there.
                held = block.counts / np.maximum(layout.background * block.values["background_traffic_factor"], _NOTHING)
                ln = _fitted(block, group, rows, layout.known[p][:, None] * held)
                if result.shape[1] != block.size:
                    result = np.repeat(result, block.size, axis=1)
                result[routes] *= np.exp(layout.through_crossings[routes] @ ln)
                break
    return np.asarray(result)


def _fitted(block: Loading, group: Group, rows: npt.NDArray[np.intp], known: Array) -> Array:
    """(X, b) logarithms of the weights of crossings for a pair whose ways are ``rows`` of ``group``, from its trucks ``known``
    (X, b) there."""
    ways = group.rows[rows]
    passes = block.layout.through_crossings[ways].toarray()
    at = np.flatnonzero((known > 0.0).all(axis=1) & passes.any(axis=0))
    out = np.zeros((known.shape[0], block.size))
    # Where trade has most of them at crossings that none of the ways passes, it says nothing of those that they pass.
    if at.size < 2 or (known[at].sum(axis=0) < 0.5 * np.nansum(known, axis=0)).any():
        return out
    first, nest = np.unique(group.nest_of_row[rows], return_inverse=True)
    pulls, trucks = [], []
    for j in range(group.classes.size):
        exponent = nested_logit.base_exponent(block, group, j)[0][rows]
        # Cost differences are all that counts in a nest; the best way has 1.
        best = np.full((first.size, block.size), -np.inf)
        np.maximum.at(best, nest, exponent)
        pull = np.exp(exponent - best[nest]) * block.layout.choices.path_size[ways][:, None]
        pulls.append(pull * block.base_weight[ways])
        trucks.append(_of_nests(block, group, j)[first])
    out[at] = scaled(pulls, trucks, nest, passes[:, at], known[at])
    return out


def scaled(pulls: Sequence[Array], trucks: Sequence[Array], nest: npt.NDArray[np.intp], passes: Array, known: Array) -> Array:
    """(X, b) logarithms of the weights with which trucks through crossings are in the ratios of ``known`` (X, b).

    By class: ``pulls`` (W, b) of ways and ``trucks`` (N, b) of nests; ``nest`` (W,) of each way, and ``passes`` (W, X) how often it
    passes each crossing.
    """
    part, most = known / known.sum(axis=0), passes.sum(axis=1).max()
    # Sparse products, so that a case does not depend on how many stand beside it.
    over, some = sparse.csr_array(passes), np.flatnonzero(passes.any(axis=1))
    through = sparse.csr_array(passes[some].T)
    sums = sparse.csr_array((np.ones(nest.size), (nest, np.arange(nest.size))))
    ln = np.zeros_like(part)
    for _ in range(ROUNDS):
        weight = np.exp(over @ ln)
        flow = np.zeros((some.size, ln.shape[1]))
        for pull, sent in zip(pulls, trucks, strict=True):
            taken = pull * weight
            flow += taken[some] * (sent / np.maximum(sums @ taken, _NOTHING))[nest[some]]
        load = np.maximum(through @ flow, _NOTHING)
        miss = np.log(part) - np.log(load / load.sum(axis=0))
        left = np.abs(miss).max(axis=0) > NEAR
        if not left.any():
            break
        moved = ln + miss / most
        ln = np.where(left, np.clip(moved - (part * moved).sum(axis=0), -FARTHEST, FARTHEST), ln)
    return np.asarray(ln)


def _of_nests(block: Loading, group: Group, j: int) -> Array:
    """(nests, b) truckloads a day of class number ``j`` in the base year, all modes in proportion to those counted on the road."""
    market, road = group.market_of_nest, group.road_nest
    odds = nested_logit.base_odds(group, j, block.values)
    part = odds / np.maximum(group.sum_markets @ odds, _NOTHING)[market]
    on_road = np.where((road >= 0)[:, None], part[np.maximum(road, 0)], 0.0)
    sent = np.where(on_road > 0.0, group.trucks_base[j][:, None] / np.maximum(on_road, 1e-9), 0.0)
    return np.asarray(sent[market] * part)
