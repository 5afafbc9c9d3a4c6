"""World trade beside the search for queues: :class:`corridors.transport.feedback.Feedback` of a study's chain.

For each block of cases the world's answer to prices is solved from where it stood at the last ones, first roughly and
then exactly. What a case's prices leave as they are in the state beside it, it takes over from there, to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from corridors.equilibrium.sector_engine import Tuning
from corridors.equilibrium.sector_moving import FACTORS, Moving, tuning
from corridors.study.world_response import CLEARING, Goods
from corridors.trade import sectors
from corridors.transport.feedback import Trade

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
_LEAST = 1e-300


@dataclass(frozen=True)
class Beside:
    """What is known of another state of the same cases (or of one): ``class_factor`` (B, P, C) and what the world makes of it.

    ``rest`` (B, P') is what the world adds to trade and ``slack`` (B, P') what that state leaves open between trade and traffic,
    ln, both by pair of the network; ``world`` the arrays of :class:`Joint` by name.
    """

    class_factor: Array
    rest: Array
    slack: Array
    world: Mapping[str, Array]


@dataclass(frozen=True)
class Joint:
    """World trade for B cases.

    ``here`` are positions among the P pairs of ``goods`` of those that the network solves, ``there`` their positions among its P' pairs.
    ``theta`` (B,) is the elasticity of traffic, ``by_sector`` (B, S) those of trade; ``class_weight`` (B or 1, P, C) and ``weight`` (B or 1, P,
    S) shares of trade; ``flown`` (B, P, C) cost factors of first flights, None without.
    """

    goods: Goods
    here: Index
    there: Index
    network_pairs: int
    theta: Array
    by_sector: Array
    class_weight: Array
    weight: Array
    flown: Array | None
    closure: str
    tolerance: float
    cases: int
    beside: Beside | None = None
    begin: Array | None = None
    """(1, P') where ``rest`` begins if nothing is known beside."""

    @property
    def answers(self) -> bool:
        """False where nothing but the pairs' own trade moves: ``rest`` is nil."""
        return self.closure != "partial"

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of what each case gives, by name."""
        p, n, s = len(self.goods.pairs), len(sectors.base_world().labels), len(sectors.names())
        shapes = {
            "sector": (p, s),
            "exports": (n,),
            "imports": (n,),
            "price": (n,),
            "real": (n,),
            "residual": (),
        }
        return {name: shapes[name] for name in FACTORS}

    @cached_property
    def tuning(self) -> Tuning | None:
        """What all blocks share."""
        return tuning(sectors.base_world(), self.by_sector, self.closure)

    @cached_property
    def of_class(self) -> Index:
        """(P, S) class of each sector's goods, -1 for what does not travel."""
        found = self.goods.of_class
        return np.where(found.sum(axis=2) > 0, found.argmax(axis=2), -1)

    def block(self, first: int, last: int) -> JointBlock:
        """Cases ``first`` to ``last``."""
        return JointBlock(self, slice(first, last))


class JointBlock:
    """Some cases of a :class:`Joint`."""

    def __init__(self, whole: Joint, rows: slice) -> None:
        self.whole = whole
        self.answers, self.beside = whole.answers, whole.beside is not None
        size = rows.stop - rows.start

        def cut(array: Array) -> Array:
            return array[rows] if array.shape[0] == whole.cases else array

        self.by_sector = np.ascontiguousarray(
            np.broadcast_to(cut(whole.by_sector), (size, whole.by_sector.shape[1]))
        )
        self.weight = cut(whole.weight)
        self.flown = None if whole.flown is None else cut(whole.flown)
        beside = whole.beside
        self.known = (
            None
            if beside is None
            else np.broadcast_to(cut(beside.class_factor), (size, *beside.class_factor.shape[1:]))
        )
        self.known_world = None if beside is None else {
            name: np.broadcast_to(cut(value), (size, *value.shape[1:])) for name, value in beside.world.items()
        }  # fmt: skip
        self.moving = Moving(
            sectors.base_world(), whole.goods.pairs, self.by_sector, whole.closure, whole.tuning
        )
        self.size = size
        pairs, here, there = whole.network_pairs, whole.here, whole.there
        classes = whole.class_weight.shape[2]
        theta = cut(whole.theta)
        # a pair that world trade does not know follows its prices alone
        weight = np.zeros((pairs, self.by_sector.shape[1], len(self.weight)))
        weight[:, 0] = 1.0
        of_class = np.full((pairs, self.by_sector.shape[1]), -1, dtype=np.intp)
        class_weight = np.full((pairs, classes, 1), 0.0)
        weight[there] = self.weight[:, here].transpose(1, 2, 0)
        of_class[there] = whole.of_class[here]
        own = cut(whole.class_weight)
        class_weight = np.zeros((pairs, classes, len(own)))
        class_weight[there] = own[:, here].transpose(1, 2, 0)
        if self.flown is not None:
            weight = np.array(np.broadcast_to(weight, (*weight.shape[:2], size)))
            weight[there] *= self._flown_power()[:, here].transpose(1, 2, 0)
        zero = np.zeros((pairs, size))
        if beside is not None:
            rest = np.ascontiguousarray(np.broadcast_to(cut(beside.rest), (size, pairs)).T)
        elif whole.begin is not None and self.answers:
            rest = np.repeat(whole.begin.T, size, axis=1)
        else:
            rest = zero
        self.trade = Trade(
            theta=theta, power=np.ascontiguousarray((self.by_sector / theta[:, None]).T), weight=weight, of_class=of_class,
            class_weight=class_weight, rest=rest,
            slack=zero if beside is None else np.ascontiguousarray(np.broadcast_to(cut(beside.slack), (size, pairs)).T),
        )  # fmt: skip

    def _flown_power(self) -> Array:
        """(b, P, S) what first flights make of each sector's trade."""
        assert self.flown is not None
        return np.asarray(self._by_sector(self.flown) ** -self.by_sector[:, None, :])

    def _by_sector(self, class_factor: Array) -> Array:
        """(b, P, S) cost factors of sectors."""
        padded = np.concatenate([class_factor, np.ones_like(class_factor[:, :, :1])], axis=2)
        return np.asarray(padded[:, np.arange(padded.shape[1])[:, None], self.whole.of_class])

    def _classes(self, price_factor: Array, cases: Index) -> Array:
        """(b', P, C) cost factors of all pairs at prices (b', P', C) of the network's."""
        out = np.ones((len(cases), len(self.whole.goods.pairs), price_factor.shape[2]))
        out[:, self.whole.here] = price_factor[:, self.whole.there]
        return out if self.flown is None else out * self.flown[cases]

    def _moved(self, classes: Array, cases: Index) -> npt.NDArray[np.bool_]:
        """(b',) whether prices are others than those that the world's answer is known to."""
        known = 1.0 if self.known is None else self.known[cases]
        return np.asarray((classes != known).any(axis=(1, 2)))

    def rest(self, price_factor: Array, cases: Index, clearing: float) -> Array:
        """(P', b') ln of what the world adds to the trade of the network's pairs at these prices."""
        classes = self._classes(price_factor, cases)
        new = np.flatnonzero(self._moved(classes, cases))
        out = np.array(
            np.broadcast_to(self.trade.rest, (len(self.trade.of_class), self.size))[:, cases]
        )
        if new.size:
            rows, here = cases[new], self.whole.here
            cost = self._by_sector(classes[new])
            found = self.moving.sectors(cost, rows, clearing)[:, here]
            weight = (self.weight if len(self.weight) == 1 else self.weight[rows])[:, here]
            own = cost[:, here] ** -self.by_sector[rows][:, None, :]
            trade, alone = (
                1.0 + (weight * (found - 1.0)).sum(axis=2),
                1.0 + (weight * (own - 1.0)).sum(axis=2),
            )
            out[np.ix_(self.whole.there, new)] = (
                np.log(np.maximum(trade, _LEAST)) - np.log(np.maximum(alone, _LEAST))
            ).T
        return out

    def finished(self, price_factor: Array) -> dict[str, Array]:
        """World trade at the final prices, arrays of :attr:`Joint.shapes`; where nothing has changed that is known or all ones."""
        cases = np.arange(self.size)
        classes = self._classes(price_factor, cases)
        new = np.flatnonzero(self._moved(classes, cases))
        if self.known_world is not None:
            out = {name: np.array(value) for name, value in self.known_world.items()}
        else:
            out = {name: np.ones((self.size, *shape)) for name, shape in self.whole.shapes.items()}
            out["residual"][:] = 0.0
        if new.size:
            for name, value in self.moving.factors(
                self._by_sector(classes[new]), new, CLEARING
            ).items():
                out[name][new] = value
        return out
