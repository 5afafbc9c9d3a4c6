"""From cost factors of cargo classes to world trade, sector by sector.

Each sector's goods travel in a cargo class (:func:`corridors.trade.sectors.class_of`) and pay its
cost factor; :func:`corridors.equilibrium.respond_sectors` says what world trade fits, inputs
included, with elasticities by sector and by years since costs changed
(:mod:`corridors.trade.elasticities`). A study's own flows are divided over classes draw by draw;
inside a class its sectors have their shares in the pair's trade.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from corridors.data import tables
from corridors.equilibrium import SectorResponse, respond_sectors
from corridors.trade import cargo, elasticities, sectors

Array = npt.NDArray[np.float64]
Pair = tuple[str, str]
Params = Mapping[str, Array]


_LEAST = 1e-300
CLEARING = 5e-11
"""How near to clearing markets of the answer are."""


@dataclass(frozen=True)
class Goods:
    """What P directed pairs trade: ``pairs``; ``share`` (P,S) of sectors; ``class_of`` (P,S) the class that a sector's goods
    travel in, -1 for what does not travel; ``inside`` (P,S,C) shares of sectors in what goes in
    each class, zero where none does."""

    pairs: tuple[Pair, ...]
    share: Array
    class_of: npt.NDArray[np.intp]
    inside: Array

    def by_sector(self, class_factor: Array) -> Array:
        """(B,P,S) of sectors: what the class (B,P,C) has that their goods travel in, 1 for what does not travel."""
        padded = np.concatenate([class_factor, np.ones_like(class_factor[:, :, :1])], axis=2)
        return np.asarray(padded[:, np.arange(padded.shape[1])[:, None], self.class_of])

    def weights(self, class_weights: Mapping[Pair, Array]) -> Array:
        """Shares (B or 1, P, S) of sectors: those of the pair's trade, or, where the shares of classes are given, (B, C),
        theirs. What a class without sectors has in a pair is spread over the others."""
        rows = []
        for p, pair in enumerate(self.pairs):
            row = (
                np.atleast_2d(class_weights[pair]) @ self.inside[p].T
                if pair in class_weights
                else self.share[p][None]
            )
            rows.append(row / row.sum(axis=1, keepdims=True))
        size = max(len(row) for row in rows)
        return np.stack([np.broadcast_to(row, (size, row.shape[1])) for row in rows], axis=1)


def goods_of(pairs: Sequence[Pair]) -> Goods:
    """What ``pairs`` trade, by sector and cargo class."""
    return _goods_of(
        tuple((a, b) for a, b in pairs), (tables.stamp("sectors"), tables.stamp("sector_shares"))
    )


@lru_cache(maxsize=32)
def _goods_of(pairs: tuple[Pair, ...], _stamps: object) -> Goods:
    names, kinds = sectors.names(), cargo.CLASSES
    found, classes = sectors.composition(), sectors.class_of(pairs)
    share = np.zeros((len(pairs), len(names)))
    class_of = np.full((len(pairs), len(names)), -1, dtype=np.intp)
    for p, pair in enumerate(pairs):
        for s, name in enumerate(found.goods):
            class_of[p, names.index(name)] = kinds.index(classes[pair][name])
            share[p, names.index(name)] = found.shares(pair)[s]
    of_class = (class_of[:, :, None] == np.arange(len(kinds))).astype(float)
    inside = of_class * share[:, :, None]
    # a class whose sectors the pair does not trade yet: alike
    inside = np.where(inside.sum(axis=1, keepdims=True) > 0, inside, of_class)
    total = inside.sum(axis=1, keepdims=True)
    return Goods(tuple(pairs), share, class_of, np.divide(inside, total, out=np.zeros_like(inside), where=total > 0))


def by_sector(goods: Goods, class_factor: Array) -> Array:
    """Cost factors (B,P,S) of sectors from those of classes (B,P,C); what differs from 1 by rounding alone is 1."""
    cost = goods.by_sector(class_factor)
    return np.where(np.abs(cost - 1.0) < 1e-15, 1.0, cost)


def respond(
    goods: Goods, class_factor: Array, class_weights: Mapping[Pair, Array], params: Params, closure: str = "full",
    years: npt.ArrayLike | None = None,
) -> tuple[Array, SectorResponse]:  # fmt: skip
    """One cost factor a pair, and world trade that fits.

    Parameters
    ----------
    goods: of the P pairs.
    class_factor: (B,P,C) tau'/tau by cargo class.
    class_weights: shares (B,C) or (1,C) of cargo classes in the flows where they are known draw by
    draw.
    params: draws (B,) or (1,) of the elasticities.
    closure: as in :func:`corridors.equilibrium.respond_sectors`.
    years: (B,) since costs changed, 1 the first; None: the long run.

    The cost factor (B,P) is the uniform one that moves the pair's trade as much as its sectors' do,
    before others respond. ``trade_factor`` of the response is that of the weights.
    """
    cases = class_factor.shape[0]
    cost = by_sector(goods, class_factor)
    theta = np.broadcast_to(elasticities.by_sector(params, years), (cases, cost.shape[2]))
    found = respond_sectors(
        sectors.base_world(), goods.pairs, cost, theta, closure, clearing=CLEARING
    )
    return summed(goods.weights(class_weights), cost, theta, found)


def summed(
    weight: Array, cost: Array, theta: Array, found: SectorResponse
) -> tuple[Array, SectorResponse]:
    """One cost factor a pair (B,P), and ``found`` with the trade of all sectors together, by their shares ``weight`` (B or 1,P,S).

    ``cost`` (B,P,S) and ``theta`` (B,S) as in :func:`respond`.
    """
    mean = (weight * theta[:, None, :]).sum(axis=2)
    own = (weight * (cost ** -theta[:, None, :] - 1.0)).sum(axis=2)
    factor = np.where(own == 0.0, 1.0, np.maximum(1.0 + own, _LEAST) ** (-1.0 / mean))
    trade = 1.0 + (weight * (found.sector_factor - 1.0)).sum(axis=2)
    return factor, replace(found, trade_factor=trade)


def alone(weight: Array, pull: Array) -> Array:
    """(B,P) trade of each pair over what it was, by its own pull (B,P,S) alone; ``weight`` as in :func:`summed`."""
    return np.asarray(1.0 + (weight * (pull - 1.0)).sum(axis=2))


def felt_cost(weight: Array, before: Array, after: Array, theta: Array) -> Array:
    """(B,P) the uniform cost factor that moves each pair's trade as its sectors' pulls (B,P,S) do from ``before`` to ``after``,
    before others respond; ``theta`` (B,S) the elasticities with which they do."""
    there = weight * before
    total = np.maximum(there.sum(axis=2), _LEAST)
    mean = (there * theta[:, None, :]).sum(axis=2) / total
    moved = (weight * (after - before)).sum(axis=2) / total
    return np.asarray(np.where(moved == 0.0, 1.0, np.maximum(1.0 + moved, _LEAST) ** (-1.0 / np.maximum(mean, _LEAST))))


def nothing(goods: Goods, cases: int, closure: str = "full") -> SectorResponse:
    """The response to costs that stay as they are."""
    base = sectors.base_world()
    pairs, economies = np.ones((cases, len(goods.pairs))), np.ones((cases, len(base.labels)))
    return SectorResponse(
        base.labels, goods.pairs, pairs, economies, economies, economies, economies,
        np.zeros(cases), closure, base.names,
        np.ones((cases, len(goods.pairs), len(base.names))),
    )  # fmt: skip
