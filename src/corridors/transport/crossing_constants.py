"""A constant by crossing, so that a pair's trucks are spread over crossings as they were counted or follow from trade.

What cost alone does not say of a crossing (lanes, brokers, yards, roads that the map lacks) is one
weight ``w`` of every way of the pair through it, beside its path size: ``A = S w exp(-lambda c)``,
an alternative-specific constant (Ben-Akiva and Lerman 1985, section 5.2). It is found in every
draw, like the hidden cost of a mode, by iterative scaling (Darroch and Ratcliff 1972): with ``L``
the trucks of the base year through a crossing and ``t`` those known,

    w <- w (t / L * sum L / sum t)^(1/n)

over the crossings that are known, ``n`` the most of them that one way passes. Only the ratios of
what is known count: what goes round them, and how many trucks there are, is left to cost and trade.
The logarithms of weights have mean nil over the known trucks, so that a crossing of which nothing
is known is like the mean of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from corridors.transport import nested_logit

if TYPE_CHECKING:
    from corridors.transport.arrays import Group
    from corridors.transport.loading import Loading

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_NOTHING = 1e-250
ROUNDS, NEAR, FARTHEST = 300, 1e-3, 10.0
"""Rounds of scaling at most, the relative miss that ends them, and how far a logarithm of a weight goes."""
LOOKED_AT, STUCK = 8, 0.9
"""A case whose miss has not fallen to this part in so many rounds is left where it is: no choice of ways gives what is known (of
two crossings in a row the second cannot have more than the first)."""


def sizes(block: Loading, exponents: Sequence[Sequence[Array]]) -> Array:
    """(R, b) or (R, 1) what each route weighs beside its cost: its path size, times the constants of crossings where a pair's
    trucks are known there. ``exponents`` (rows, b) by group and class are those of the base year."""
    layout = block.layout
    result = layout.choices.path_size[:, None]
    known = np.flatnonzero((layout.known > 0.0).sum(axis=1) > 1)
    if not known.size:
        return result
    result = np.repeat(result, block.size, axis=1)
    # A draw in which a count is more than can pass has less of it there.
    held = block.counts / np.maximum(layout.background * block.values["background_traffic_factor"], _NOTHING)
    for p in known:
        here = np.flatnonzero(layout.first_pair == p)
        routes = np.flatnonzero(np.isin(layout.choices.market_of, here))
        for group, found in zip(layout.groups, exponents, strict=True):
            if group.trucks_base[:, here].any():
                rows = np.flatnonzero(np.isin(group.rows, routes))
                ln = _fitted(block, group, rows, [e[rows] for e in found], layout.known[p], held)
                result[routes] *= np.exp(layout.through_crossings[routes] @ ln)
                break
    return np.asarray(result)


def _fitted(block: Loading, group: Group, rows: Index, exponents: Sequence[Array], known: Array, held: Array) -> Array:
    """(X, b) logarithms of the weights of crossings for a pair whose ways are ``rows`` of ``group``, from its trucks ``known``
    (X,) there, of which cases have ``held`` (X, b)."""
    ways = group.rows[rows]
    passes = block.layout.through_crossings[ways].toarray()
    at = np.flatnonzero((known > 0.0) & passes.any(axis=0))
    out = np.zeros((known.size, block.size))
    # Where trade has most of them at crossings that none of the ways passes, it says nothing of those that they pass.
    if at.size < 2 or known[at].sum() < 0.5 * known.sum():
        return out
    first, nest = np.unique(group.nest_of_row[rows], return_inverse=True)
    pulls, trucks = [], []
    for j, exponent in enumerate(exponents):
        # Cost differences are all that counts in a nest; the best way has 1.
        best = np.full((first.size, block.size), -np.inf)
        np.maximum.at(best, nest, exponent)
        pull = np.exp(exponent - best[nest]) * block.layout.choices.path_size[ways][:, None]
        pulls.append(pull * block.base_weight[ways])
        trucks.append(_of_nests(block, group, j)[first])
    out[at] = scaled(np.array(pulls), np.array(trucks), nest, passes[:, at], known[at, None] * np.maximum(held[at], _NOTHING))
    return out


def scaled(pulls: Array, trucks: Array, nest: Index, passes: Array, known: Array) -> Array:
    """(X, b) logarithms of the weights with which trucks through crossings are in the ratios of ``known`` (X, b).

    ``pulls`` (C, W, b) of ways and ``trucks`` (C, N, b) of nests by class; ``nest`` (W,) of each way, in order, and ``passes``
    (W, X) how often it passes each crossing.
    """
    part, most = known / known.sum(axis=0), passes.sum(axis=1).max()
    # Sums of rows in order, so that a case does not depend on how many stand beside it.
    begin = np.searchsorted(nest, np.arange(trucks.shape[1]))
    crossing, way = np.nonzero(passes.T)
    often, starts = passes[way, crossing][:, None], np.searchsorted(crossing, np.arange(known.shape[0]))
    slots = np.full((nest.size, int(most)), known.shape[0], dtype=np.intp)
    for w in np.flatnonzero(passes.any(axis=1)):
        passed = np.repeat(np.arange(known.shape[0]), passes[w].astype(int))
        slots[w, : passed.size] = passed
    ln = np.zeros((known.shape[0] + 1, known.shape[1]))
    target, before = np.log(part), np.full(known.shape[1], np.inf)
    open_ = np.ones(known.shape[1], dtype=bool)
    for count in range(1, ROUNDS + 1):
        weight = ln[slots[:, 0]]
        for k in range(1, slots.shape[1]):
            weight = weight + ln[slots[:, k]]
        taken = pulls * np.exp(weight)
        shared = trucks / np.maximum(np.add.reduceat(taken, begin, axis=1), _NOTHING)
        taken *= shared[:, nest]
        flow = taken[0]
        for other in taken[1:]:
            flow = flow + other
        load = np.maximum(np.add.reduceat(flow[way] * often, starts, axis=0), _NOTHING)
        miss = target - np.log(load / load.sum(axis=0))
        far = np.abs(miss).max(axis=0)
        open_ &= far > NEAR
        if count % LOOKED_AT == 0:
            open_ &= far < STUCK * before
            before = far
        if not open_.any():
            break
        moved = ln[:-1] + miss / most
        moved = np.clip(moved - (part * moved).sum(axis=0), -FARTHEST, FARTHEST)
        ln[:-1] = np.where(open_, moved, ln[:-1])
    return ln[:-1]


def _of_nests(block: Loading, group: Group, j: int) -> Array:
    """(nests, b) truckloads a day of class number ``j`` in the base year, all modes in proportion to those counted on the road."""
    market, road = group.market_of_nest, group.road_nest
    odds = nested_logit.base_odds(group, j, block.values)
    part = odds / np.maximum(group.sum_markets @ odds, _NOTHING)[market]
    on_road = np.where((road >= 0)[:, None], part[np.maximum(road, 0)], 0.0)
    sent = np.where(on_road > 0.0, group.trucks_base[j][:, None] / np.maximum(on_road, 1e-9), 0.0)
    return np.asarray(sent[market] * part)
