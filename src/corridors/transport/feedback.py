"""What world trade makes of traffic while queues are being found, so that both agree in one search.

A pair's trucks are those of the trade that its prices leave. Each class of cargo keeps ``f^-theta``
of its trade at ``f`` times the price of the base year; its sectors do so with elasticities
``theta_s`` of their own, and the world answers to both. The factor on demand that takes traffic to
that trade is, with class weights ``w_c``, sector weights ``W_s`` and the class ``c(s)`` that a
sector's goods travel in,

    ln shift = ln sum_s W_s m_s f_c(s)^-theta_s exp(R_s) - ln sum_c w_c f_c^-theta + rest .

The sums are functions of prices, so they are part of every evaluation of the traffic
(:meth:`Trade.shift`). ``R_s`` is the world's answer to the prices of all pairs to first order
(:mod:`corridors.equilibrium.sector_linear`), ``rest`` what the exact one adds;
:func:`corridors.transport.settling.settle` finds it by a fixed point, which it is near to from the
beginning, accelerated for each case by itself (Walker and Ni 2011). ``m_s`` is anything else that
moves a sector's trade, first flights among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from corridors.equilibrium.sector_linear import Linear

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

CLOSING, CLOSED = 50.0, 100.0
"""Beyond the second price, in units of the base year's, a pair has no way and the world no say in its trade; from the first on it
has less and less, so that traffic never jumps."""
LONGEST = 3.0
"""The largest |ln shift|."""
_LEAST = 1e-300


@dataclass(frozen=True)
class Trade:
    """How the trade of P pairs follows their prices, cases last (b, or 1 where all are alike).

    ``power`` (S, b) is ``theta_s / theta``; ``weight`` (P, S, b) has ``m_s`` in it, ``more`` (P, S,
    b) is ``m_s`` where it is not 1; ``of_class`` (P, S) the class of a sector, -1 for one that does
    not travel; ``class_weight`` (P, C, b); ``rest`` (P, b) and ``slack`` (P, b), a factor's
    logarithm that is kept beside it. ``answer`` is the world's to first order, None: none.
    """

    theta: Array
    power: Array
    weight: Array
    of_class: Index
    class_weight: Array
    rest: Array
    slack: Array
    answer: Linear | None = None
    more: Array | None = None

    def signals(self, kept: Array) -> Array | None:
        """(F, b) what the world answers to where ``kept`` (P, C, b) is the logarithm of what each
        class keeps of its trade."""
        if self.answer is None:
            return None
        pull = self._pull(kept)
        if self.more is not None:
            pull = pull * self.more
        return self.answer.signals(pull.transpose(1, 0, 2))

    def shift(self, kept: Array, signals: Array | None) -> Array:
        """(P, b) from ``kept`` (P, C, b) and :meth:`signals` of all pairs."""
        own = np.log(np.maximum((self.class_weight * np.exp(kept)).sum(axis=1), _LEAST))
        wedge = self.sectors(kept, signals) - own + self.rest
        return np.asarray(np.exp(within(wedge, own / -self.theta) + self.slack))

    def elasticity(self) -> Array:
        """(P, b) of the trade of all sectors together at the prices of the base year."""
        return np.asarray(
            (self.weight * self.power).sum(axis=1) / self.weight.sum(axis=1) * self.theta
        )

    def sectors(self, kept: Array, signals: Array | None) -> Array:
        """(P, b) ln of the trade of all sectors, before ``rest``."""
        moved = self._pull(kept)
        if self.answer is not None and signals is not None:
            response = self.answer.response
            moved *= np.exp((response.reshape(-1, response.shape[2]) @ signals).reshape(moved.shape))
        moved *= self.weight
        return np.asarray(np.log(np.maximum(moved.sum(axis=1), _LEAST)))

    def _pull(self, kept: Array) -> Array:
        """(P, S, b) what each sector keeps of its trade by its own price."""
        padded = np.concatenate([kept, np.zeros_like(kept[:, :1])], axis=1)
        moved = padded[np.arange(len(kept))[:, None], self.of_class]
        moved *= self.power
        return np.asarray(np.exp(moved, out=moved))

    def part(self, cases: Index) -> Trade:
        """The same for some of the cases."""

        def cut(array: Array) -> Array:
            return array if array.shape[-1] == 1 else array[..., cases]

        return replace(
            self, theta=cut(self.theta), power=cut(self.power), weight=cut(self.weight),
            class_weight=cut(self.class_weight),
            rest=cut(self.rest), slack=cut(self.slack), more=None if self.more is None else cut(self.more),
        )  # fmt: skip

    def of(self, pairs: Index) -> Trade:
        """The same for some of the pairs, with the signals of all."""
        return replace(
            self, weight=self.weight[pairs], of_class=self.of_class[pairs], class_weight=self.class_weight[pairs],
            rest=self.rest[pairs], slack=self.slack[pairs], more=None if self.more is None else self.more[pairs],
            answer=None if self.answer is None else self.answer.of(pairs),
        )  # fmt: skip


def within(wedge: Array, price: Array) -> Array:
    """What the world makes of trade (ln, any shape) within its limits where a pair's ``price`` (ln, same shape) is that."""
    open_to = np.clip((np.log(CLOSED) - price) / np.log(CLOSED / CLOSING), 0.0, 1.0)
    return np.asarray(np.clip(wedge, -LONGEST, LONGEST) * open_to)


class World(Protocol):
    """What answers to the prices of one block of cases.

    ``answers`` is False where nothing but the pairs' own trade moves: ``rest`` is nil. ``beside``
    (P, b) is ln of what the world makes of trade in a state near by, None where none is known.
    """

    trade: Trade
    answers: bool
    beside: Array | None

    def rest(self, kept: Array, cases: Index, clearing: float) -> tuple[Array, Array]:
        """(P, b') what the world adds to its answer to first order where some of the cases keep ``kept`` (P, C, b') of their trade,
        and ln of all that it makes of it; where prices are those that it knows, what it knows."""
        ...

    def finished(self, kept: Array, rest: Array) -> Mapping[str, Array]:
        """World trade where cases keep ``kept`` (P, C, b) in the end, with ``rest`` (P, b), cases first, by name."""
        ...


class Feedback(Protocol):
    """Worlds for all blocks: how many ``cases`` there are, of a run of how many ``draws``, ``shapes`` of what they give, and the
    ``tolerance`` of ``rest``."""

    @property
    def cases(self) -> int: ...

    @property
    def draws(self) -> int: ...

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]: ...

    @property
    def tolerance(self) -> float: ...

    @property
    def answers(self) -> bool: ...

    def block(self, first: int, last: int) -> World:
        """That of cases ``first`` to ``last``."""
        ...
