"""World trade beside the search for queues: :class:`corridors.transport.feedback.Feedback` of a study's chain.

For each block of cases the world's answer to prices is solved from where it stood at the last ones,
first roughly and then exactly. What a case's prices leave as they are in the state beside it, it
takes over from there, to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors import uncertainty
from corridors.equilibrium.batch import positions
from corridors.equilibrium.sector_engine import State, Tuning
from corridors.equilibrium.sector_linear import Linear, linear
from corridors.equilibrium.sector_moving import FACTORS, Moving, tuning
from corridors.study.world_response import CLEARING, Goods
from corridors.trade import elasticities, sectors
from corridors.transport.feedback import Trade

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
_LEAST = 1e-300


@dataclass(frozen=True)
class Place:
    """Where a search for world trade ended, for B cases: factor prices ``x`` (B, N), price indices ``p`` and changes of sales ``rise`` (B, S, N)
    of the world's equations, its ``signals`` (B, F), and ``rest`` (B, P'), ln of what its answer
    adds to that to first order, by pair of the network."""

    x: Array
    p: Array
    rise: Array
    signals: Array
    rest: Array


PLACE = ("x", "p", "rise", "signals", "rest")


@dataclass(frozen=True)
class Beside:
    """What is known of another state of the same cases (or of one): ``class_factor`` (B, P, C), ``pull`` (B, P, S), what each
    sector keeps of its trade at its own cost, ``cost_factor`` (B, P), and what the world makes of it.

    ``answer`` (B, P') is ln of what the world makes of trade and ``slack`` (B, P') what that state
    leaves open between trade and traffic, both by pair of the network; ``world`` the arrays of
    :class:`Joint` by name, without its place.
    """

    class_factor: Array
    pull: Array
    cost_factor: Array
    answer: Array
    slack: Array
    world: Mapping[str, Array]


@dataclass(frozen=True)
class Joint:
    """World trade for B cases.

    ``here`` are positions among the P pairs of ``goods`` of those that the network solves,
    ``there`` their positions among its P' pairs. ``theta`` (B,) is the elasticity of traffic,
    ``by_sector`` (B, S) those of trade, ``later`` (B, S) those with which it answers what differs from the state ``beside``
    (None: the same); ``class_weight`` (B or 1, P, C) and ``weight`` (B or 1, P,
    S) shares of trade; ``flown`` (B, P, C) cost factors of first flights, None without. The search
    begins at ``near``, of as many cases or one; None: at the base world. They are a part of a run of
    ``draws``.
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
    near: Place | None = None
    beside: Beside | None = None
    draws: int = 0
    later: Array | None = None

    @property
    def before(self) -> Beside | None:
        """The state beside where what differs from it is answered by elasticities of its own."""
        return None if self.later is None else self.beside

    def pull(self, classes: Array, cases: Index | slice) -> Array:
        """(b, P, S) what each sector keeps of its trade at cost factors ``classes`` (b, P, C) of some of the cases."""
        cost, before = self.goods.by_sector(classes), self.before
        if before is None or self.later is None:
            return np.asarray(cost ** -_cut(self.by_sector, cases)[:, None, :])
        known = self.goods.by_sector(_cut(before.class_factor, cases))
        return np.asarray(_cut(before.pull, cases) * (cost / known) ** -_cut(self.later, cases)[:, None, :])

    def cost(self, classes: Array, cases: Index | slice) -> Array:
        """(b, P, S) cost factors that leave as much at the elasticities ``by_sector``."""
        if self.before is None:
            return self.goods.by_sector(classes)
        pull = np.maximum(self.pull(classes, cases), _LEAST)
        return np.asarray(pull ** (-1.0 / _cut(self.by_sector, cases)[:, None, :]))

    @property
    def answers(self) -> bool:
        """False where nothing but the pairs' own trade moves: ``rest`` is nil."""
        return self.closure != "partial"

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of what each case gives, by name."""
        p, n, s = len(self.goods.pairs), len(sectors.base_world().labels), len(sectors.names())
        return {
            "sector": (p, s), "exports": (n,), "imports": (n,), "price": (n,), "real": (n,), "residual": (),
            "x": (n,), "p": (s, n), "rise": (s, n),
            "signals": (0 if self.linear is None else self.linear.response.shape[2],),
            "rest": (self.network_pairs,),
        }  # fmt: skip

    @cached_property
    def tuning(self) -> Tuning | None:
        """What all blocks share."""
        return tuning(sectors.base_world(), self.by_sector, self.closure)

    @cached_property
    def linear(self) -> Linear | None:
        """The world's answer to first order, which all blocks share: at central elasticities, so that a case's way to its answer
        does not depend on the company that it is solved in."""
        if self.closure != "full":
            return None
        base = sectors.base_world()
        rows, columns = positions(pd.Index(base.labels), self.goods.pairs)
        return linear(base, rows, columns, elasticities.by_sector(uncertainty.central())[0])

    @cached_property
    def answer(self) -> Linear | None:
        """The same by pair of the network."""
        found = self.linear
        if found is None:
            return None
        out = [
            np.zeros((*share.shape[:2], self.network_pairs)) for share in (found.bought, found.sold)
        ]
        for share, known in zip(out, (found.bought, found.sold), strict=True):
            share[:, :, self.there] = known[:, :, self.here]
        response = np.zeros((self.network_pairs, *found.response.shape[1:]))
        response[self.there] = found.response[self.here]
        return replace(found, bought=out[0], sold=out[1], response=response)

    def block(self, first: int, last: int) -> JointBlock:
        """Cases ``first`` to ``last``."""
        return JointBlock(self, slice(first, last))


def _cut(array: Array, cases: Index | slice) -> Array:
    return array if len(array) == 1 else array[cases]


class JointBlock:
    """Some cases of a :class:`Joint`."""

    def __init__(self, whole: Joint, rows: slice) -> None:
        self.whole, self.answers = whole, whole.answers
        self.size = size = rows.stop - rows.start
        self.first = rows.start

        def cut(array: Array) -> Array:
            return array[rows] if array.shape[0] == whole.cases else array

        def spread(array: Array) -> Array:
            return np.broadcast_to(cut(array), (size, *array.shape[1:]))

        self.by_sector = np.ascontiguousarray(spread(whole.by_sector))
        self.weight = cut(whole.weight)
        self.flown = None if whole.flown is None else cut(whole.flown)
        beside, near = whole.beside, whole.near
        self.known = None if beside is None else spread(beside.class_factor)
        self.known_world = (
            None
            if beside is None
            else {name: spread(value) for name, value in beside.world.items()}
        )
        self.beside = None if beside is None else np.ascontiguousarray(spread(beside.answer).T)
        begin = signals = None
        if near is not None:
            signals = None if whole.linear is None else np.array(spread(near.signals).T)
            p, rise = (
                np.array(spread(part).transpose(1, 0, 2), order="C")
                for part in (near.p, near.rise)
            )
            begin = State(np.array(spread(near.x)), p, rise)
        self.moving = Moving(
            sectors.base_world(),
            whole.goods.pairs,
            self.by_sector,
            whole.closure,
            whole.tuning,
            whole.linear,
            begin,
            signals,
        )
        pairs, here, there = whole.network_pairs, whole.here, whole.there
        classes = whole.class_weight.shape[2]
        self.theta = cut(whole.theta)
        # a pair that world trade does not know follows its prices alone
        weight = np.zeros((pairs, self.by_sector.shape[1], len(self.weight)))
        weight[:, 0] = 1.0
        of_class = np.full((pairs, self.by_sector.shape[1]), -1, dtype=np.intp)
        weight[there] = self.weight[:, here].transpose(1, 2, 0)
        of_class[there] = whole.goods.class_of[here]
        own = cut(whole.class_weight)
        class_weight = np.zeros((pairs, classes, len(own)))
        class_weight[there] = own[:, here].transpose(1, 2, 0)
        more = None
        if self.flown is not None or whole.later is not None:
            more = np.ones((*weight.shape[:2], size))
            more[there] = self._beyond_prices()[:, here].transpose(1, 2, 0)
            weight = weight * more
        answering = self.by_sector if whole.later is None else spread(whole.later)
        zero = np.zeros((pairs, size))
        self.trade = Trade(
            theta=self.theta, power=np.ascontiguousarray((answering / self.theta[:, None]).T),
            weight=weight, of_class=of_class,
            class_weight=class_weight, answer=whole.answer, more=more,
            rest=zero if near is None or not self.answers else np.ascontiguousarray(spread(near.rest).T),
            slack=zero if beside is None else np.ascontiguousarray(spread(beside.slack).T),
        )  # fmt: skip

    def _beyond_prices(self) -> Array:
        """(b, P, S) what moves each sector's trade beside the prices of today: first flights, and prices of the state beside
        where those were answered by other elasticities."""
        goods, cases = self.whole.goods, self._numbers(np.arange(self.size))
        classes = self.flown if self.flown is not None else np.ones((self.size, len(goods.pairs), self.whole.class_weight.shape[2]))
        return self.whole.pull(classes, cases)

    def _numbers(self, cases: Index) -> Index:
        """Cases of the block as numbers among all."""
        return np.asarray(self.first + cases)

    def _classes(self, kept: Array, cases: Index) -> Array:
        """(b', P, C) cost factors of all pairs where the network's keep ``kept`` (P', C, b') of their trade."""
        price = np.moveaxis(np.exp(kept / -self.theta[cases]), -1, 0)
        out = np.ones((len(cases), len(self.whole.goods.pairs), price.shape[2]))
        out[:, self.whole.here] = price[:, self.whole.there]
        return out if self.flown is None else out * self.flown[cases]

    def _moved(self, classes: Array, cases: Index) -> npt.NDArray[np.bool_]:
        """(b',) whether prices are others than those that the world's answer is known to."""
        known = 1.0 if self.known is None else self.known[cases]
        return np.asarray((classes != known).any(axis=(1, 2)))

    def rest(self, kept: Array, cases: Index, clearing: float) -> tuple[Array, Array]:
        """What the world adds to its answer to first order, and all that it makes of trade: (P', b'), ln."""
        classes = self._classes(kept, cases)
        new = np.flatnonzero(self._moved(classes, cases))
        pairs = len(self.trade.of_class)
        out = np.array(np.broadcast_to(self.trade.rest, (pairs, self.size))[:, cases])
        whole = np.zeros(out.shape) if self.beside is None else self.beside[:, cases]
        if new.size:
            rows, here, there = cases[new], self.whole.here, self.whole.there
            cost = self.whole.cost(classes[new], self._numbers(rows))
            found = self.moving.sectors(cost, rows, clearing)[:, here]
            weight = (self.weight if len(self.weight) == 1 else self.weight[rows])[:, here]
            trade = np.log(np.maximum(1.0 + (weight * (found - 1.0)).sum(axis=2), _LEAST)).T
            part, own = self.trade.part(rows), kept[:, :, new]
            out[np.ix_(there, new)] = trade - part.sectors(own, part.signals(own))[there]
            whole = np.array(whole)
            whole[np.ix_(there, new)] = trade - part.sectors(own, None)[there]
        return out, whole

    def finished(self, kept: Array, rest: Array) -> dict[str, Array]:
        """World trade in the end, arrays of :attr:`Joint.shapes`; where nothing has changed that is
        known or all ones."""
        cases = np.arange(self.size)
        classes = self._classes(kept, cases)
        new = np.flatnonzero(self._moved(classes, cases))
        if self.known_world is not None:
            out = {name: np.array(value) for name, value in self.known_world.items()}
        else:
            out = {name: np.ones((self.size, *self.whole.shapes[name])) for name in FACTORS}
            out["residual"][:] = 0.0
        if new.size:
            found = self.moving.factors(self.whole.cost(classes[new], self._numbers(new)), new, CLEARING)
            for name, value in found.items():
                out[name][new] = value
        state = self.moving.standing()
        signals = np.empty((self.size, 0)) if self.moving.signals is None else self.moving.signals.T
        return {
            **out, "x": state.x, "p": state.p.transpose(1, 0, 2), "rise": state.rise.transpose(1, 0, 2), "signals": signals, "rest": rest.T
        }  # fmt: skip
