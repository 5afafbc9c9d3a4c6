"""What world trade makes of traffic while queues are being found, so that both agree in one search.

A pair's trucks are those of the trade that its prices leave. Each class of cargo keeps ``f^-theta`` of its trade at
``f`` times the price of the base year; its sectors do so with elasticities ``theta_s`` of their own, and the world
answers to both. The factor on demand that takes traffic to that trade is, with class weights ``w_c``, sector weights
``W_s`` and the class ``c(s)`` that a sector's goods travel in,

    ln shift = ln sum_s W_s m_s f_c(s)^-theta_s - ln sum_c w_c f_c^-theta + rest .

The sums are functions of prices, so they are part of every evaluation of the traffic (:meth:`Trade.shift`). ``rest`` is what
the world's answer adds; :func:`settle` finds it by a fixed point, which it is near to from the beginning, accelerated for
each case by itself (Walker and Ni 2011). ``m_s`` is anything else that moves a sector's trade, first flights among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from corridors.equilibrium.batch import Anderson

if TYPE_CHECKING:
    from corridors.transport.assignment import Block, Start

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

MOST_ROUNDS = 24
CLOSED = 100.0
"""Beyond this price, in units of the base year's, a pair has no way."""
FINEST = 2e-9
LONGEST = 3.0
"""The largest |ln shift|."""
CLEARING = (3e-3, 1e-4, 3e-6, 1.5e-8, 1e-9, 5e-11)
"""How near to clearing markets are taken in the first rounds; a case may be done where that is a 30th of what is asked."""
GAP = (1e-4, 1e-5, 1e-6)
"""Relative gap of the queues in the first rounds, from the one that the block comes with on; after these all that is asked."""
_LEAST = 1e-300


@dataclass(frozen=True)
class Trade:
    """How the trade of P pairs follows their prices, cases last (b, or 1 where all are alike).

    ``power`` (S, b) is ``theta_s / theta``; ``weight`` (P, S, b) has ``m_s`` in it; ``of_class`` (P, S) the class of a sector, -1 for one that
    does not travel; ``class_weight`` (P, C, b); ``rest`` (P, b) and ``slack`` (P, b), a factor's logarithm that is kept beside it.
    """

    theta: Array
    power: Array
    weight: Array
    of_class: Index
    class_weight: Array
    rest: Array
    slack: Array

    def shift(self, kept: Array) -> Array:
        """(P, b) from ``kept`` (P, C, b), the logarithm of what each class keeps of its trade."""
        own = np.log(np.maximum((self.class_weight * np.exp(kept)).sum(axis=1), _LEAST))
        wedge = self.sectors(kept) - own + self.rest
        wedge = np.where(own > -self.theta * np.log(CLOSED), np.clip(wedge, -LONGEST, LONGEST), 0.0)
        return np.asarray(np.exp(wedge + self.slack))

    def elasticity(self) -> Array:
        """(P, b) of the trade of all sectors together at the prices of the base year."""
        return np.asarray(
            (self.weight * self.power).sum(axis=1) / self.weight.sum(axis=1) * self.theta
        )

    def sectors(self, kept: Array) -> Array:
        """(P, b) ln of the trade of all sectors, before the world answers."""
        padded = np.concatenate([kept, np.zeros_like(kept[:, :1])], axis=1)
        moved = padded[np.arange(len(kept))[:, None], self.of_class]
        moved *= self.power
        np.exp(moved, out=moved)
        moved *= self.weight
        return np.asarray(np.log(np.maximum(moved.sum(axis=1), _LEAST)))

    def part(self, cases: Index) -> Trade:
        """The same for some of the cases."""

        def cut(array: Array) -> Array:
            return array if array.shape[-1] == 1 else array[..., cases]

        return Trade(
            cut(self.theta),
            cut(self.power),
            cut(self.weight),
            self.of_class,
            cut(self.class_weight),
            cut(self.rest),
            cut(self.slack),
        )

    def of(self, pairs: Index) -> Trade:
        """The same for some of the pairs."""
        return Trade(
            self.theta,
            self.power,
            self.weight[pairs],
            self.of_class[pairs],
            self.class_weight[pairs],
            self.rest[pairs],
            self.slack[pairs],
        )


class World(Protocol):
    """What answers to the prices of one block of cases.

    ``answers`` is False where nothing but the pairs' own trade moves: ``rest`` is nil. ``beside``: whether the world's answer to a
    state near by is known.
    """

    trade: Trade
    answers: bool
    beside: bool

    def rest(self, price_factor: Array, cases: Index, clearing: float) -> Array:
        """(P, b') what the world adds at prices (b', P, C) of some of the cases; where they are those that it knows, what it knows."""
        ...

    def finished(self, price_factor: Array) -> Mapping[str, Array]:
        """World trade at the final prices (b, P, C), cases first, by name."""
        ...


class Feedback(Protocol):
    """Worlds for all blocks of a run: how many ``cases`` there are, ``shapes`` of what they give, and the ``tolerance`` of ``rest``."""

    @property
    def cases(self) -> int: ...

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]: ...

    @property
    def tolerance(self) -> float: ...

    @property
    def answers(self) -> bool: ...

    def block(self, first: int, last: int) -> World:
        """That of cases ``first`` to ``last``."""
        ...


def settle(block: Block, world: World, start: Start, tolerance: float, gap: float) -> int:
    """Bring ``block`` to where traffic and world trade agree: queues to a relative ``gap`` and ``rest`` within ``tolerance``
    in every pair that has trucks, or a thousandth of what it moves from a state beside. Returns rounds of the queues."""
    trade = world.trade
    block.respond(trade)
    if not world.answers:
        return block.equilibrate(gap, start)
    rounds = block.equilibrate(max(gap, GAP[0]), start)
    block_gap = max(gap, GAP[0])
    rest = np.array(np.broadcast_to(trade.rest, (len(trade.of_class), block.size)))
    cases, some = np.arange(block.size), block
    memory = Anderson()
    limit = np.full(block.size, 0.5 * tolerance)
    for turn in range(MOST_ROUNDS):
        now = rest[:, cases]
        clearing = CLEARING[min(turn, len(CLEARING) - 1)]
        found = world.rest(some.price_factors(), cases, clearing)
        move = found - now
        # pairs without trucks follow at once: no traffic depends on them
        still = np.setdiff1d(np.arange(len(move)), block.driving)
        now[still] = found[still]
        move[still] = 0.0
        rest[:, cases] = now
        apart = np.abs(move).max(axis=0, initial=0.0)
        if turn == 0 and world.beside:
            # A state beside another is there for its difference, which may be small.
            limit = np.clip(1e-3 * apart, 0.1 * FINEST, limit)
        rough = (some.gap > gap) | ((apart > 0.0) & ((clearing > np.maximum(limit[cases], FINEST) / 30.0) | (block_gap > gap)))
        left = np.flatnonzero((apart > limit[cases]) | rough)
        if not left.size or turn == MOST_ROUNDS - 1:
            break
        memory.keep(left) if left.size < cases.size else None
        cases = cases[left]
        new = memory.step(
            np.ascontiguousarray(now[:, left].T), np.ascontiguousarray(move[:, left].T)
        ).T
        rest[:, cases] = new
        some = block.part(cases)
        some.respond(replace(trade.part(cases), rest=new))
        block_gap = max(gap, GAP[turn + 1]) if turn + 1 < len(GAP) else gap
        rounds += some.again(block_gap)
        block.place[:, cases] = some.place
    block.respond(replace(trade, rest=rest))
    block.stand()
    return rounds
