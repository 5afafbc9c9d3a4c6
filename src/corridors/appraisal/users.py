"""What those who ship gain from a change of the network: log-sum, rule of half, by pair and by crossing.

*Goods of the pairs.* Existing goods of value ``V`` gain what their log-sum cost falls by (Small and
Rosen 1981), whatever way and mode they take before and after. New trade gains on the way from the
old to the new delivered price. With trade free on board that responds by the elasticity ``theta``
to the delivered price factor ``f = (1 + g + dc) / (1 + g)``, as trucks on the network do
(:mod:`corridors.transport.feedback`), both together are

    ``V (1 + g) (f^(1 - theta) - 1) / (theta - 1)``

of which existing goods ``V (1 + g) (1 - f) = -V dc``: the area under ``V f^-theta``. It depends on
where a change begins and ends and not on the path, as ``V (1 + g)`` has become ``V (1 + g)
f^(1 - theta)`` there, so the gains of two measures add up in any order. Where ``f`` is exactly 1 it
is exactly 0.

*Other trucks.* A crossing also carries trucks whose owners no pair of the network stands for. They
gain the hours and fees they are spared, existing trucks in full and new ones half of it (the rule
of half).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Pair = tuple[str, str]

DAYS_PER_YEAR = 365.0
MILLION = 1e6
_SAME = 1e-9
"""An elasticity nearer to 1 than this is taken so far from it: the limit is a logarithm."""


@dataclass(frozen=True)
class UserBenefits:
    """Gains a year in million dollars, B cases.

    existing, new: (B, P) of goods that are traded anyway, and of trade that comes on top, by
    directed pair.
    other_trucks: (B, X) of trucks that no pair stands for, by crossing; nothing (B, 0) off the
        network.
    """

    pairs: tuple[Pair, ...]
    existing: Array
    new: Array
    crossings: tuple[tuple[str, str], ...]
    """The two economies of each crossing of the X axis."""
    other_trucks: Array

    @cached_property
    def by_pair(self) -> Array:
        """(B, P) existing and new goods together."""
        return self.existing + self.new

    @cached_property
    def total(self) -> Array:
        """(B,) of everybody who ships."""
        return np.asarray(self.by_pair.sum(axis=1) + self.other_trucks.sum(axis=1))

    def of_pair(self, pair: Pair) -> Array:
        """(B,) of the goods of a pair, both directions; 0 where it is not among the pairs."""
        columns = [p for p, directed in enumerate(self.pairs) if directed in (pair, pair[::-1])]
        return np.asarray(self.by_pair[:, columns].sum(axis=1))

    @cached_property
    def by_economy(self) -> dict[str, Array]:
        """(B,) by economy; adds up to :attr:`total`.

        Half of a pair's gain goes to each end, half of the other trucks' to each side of the
        crossing: who of seller, carrier and buyer keeps a saving is a matter of bargaining that no
        network can tell.
        """
        found: dict[str, Array] = {}
        sides = [(pair, self.by_pair[:, p]) for p, pair in enumerate(self.pairs)]
        sides += [(ends, self.other_trucks[:, x]) for x, ends in enumerate(self.crossings)]
        for ends, gain in sides:
            for economy in ends:
                found[economy] = found.get(economy, np.zeros(len(gain))) + 0.5 * gain
        return found

    def by_end(self) -> dict[str, tuple[Array, Array]]:
        """(B,) of goods that each economy sends, and that it receives, in full: the sum over
        economies is each the pairs' total."""
        found: dict[str, tuple[Array, Array]] = {}
        zero = np.zeros(len(self.existing))
        for p, (origin, destination) in enumerate(self.pairs):
            sent, received = found.get(origin, (zero, zero))
            found[origin] = (sent + self.by_pair[:, p], received)
            sent, received = found.get(destination, (zero, zero))
            found[destination] = (sent, received + self.by_pair[:, p])
        return found


def goods(value_musd: Array, paid: Array, factor: Array, theta: Array) -> tuple[Array, Array]:
    """Gains of existing goods and of new trade, (B, P) each, million dollars a year.

    Parameters
    ----------
    value_musd: (B or 1, P, C) value of goods a year before the change, free on board.
    paid: (B or 1, P, C) what shippers pay in money and time before, ``g``, as a share of that
    value.
    factor: (B, P, C) delivered price after over before, ``f`` > 0.
    theta: (B,) or (1,) elasticity of trade to the delivered price, above 0.
    """
    delivered = np.asarray(value_musd, dtype=float) * (1.0 + np.maximum(np.asarray(paid, dtype=float), 0.0))
    f = np.asarray(factor, dtype=float)
    th = np.asarray(theta, dtype=float)[:, None, None]
    existing = delivered * (1.0 - f)
    rise = np.where(np.abs(th - 1.0) < _SAME, _SAME, th - 1.0)
    both = delivered * np.expm1(-rise * np.log(f)) / rise
    # Rounding must not invent a gain where nothing has changed.
    new = np.where(f == 1.0, 0.0, both - existing)
    return existing.sum(axis=-1), new.sum(axis=-1)


def rule_of_half(before: Array, after: Array, saved: Array) -> Array:
    """``(before + after) / 2 * saved``: the gain of quantities that a saving a unit moves from one to the other.

    Arguments broadcast. Exact for existing users; for the rest exact where demand is a straight
    line.
    """
    return np.asarray(0.5 * (np.asarray(before) + np.asarray(after)) * np.asarray(saved))


def crossing_gains(
    trucks_before: Array, trucks_after: Array, hours_saved: Array, usd_per_hour: Array,
    fee_saved: Array,
) -> Array:
    """(B, X) million dollars a year that trucks gain at crossings by the rule of half.

    ``trucks_*`` (B, X) a calendar day; ``hours_saved`` (B, X); ``usd_per_hour`` (B or 1, X or 1)
    what an hour of a truck and its goods costs; ``fee_saved`` (B or 1, X) dollars a truck.
    """
    saved = np.asarray(hours_saved) * np.asarray(usd_per_hour) + np.asarray(fee_saved)
    return rule_of_half(trucks_before, trucks_after, saved) * DAYS_PER_YEAR / MILLION
