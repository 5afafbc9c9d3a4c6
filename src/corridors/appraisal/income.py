"""Real income of economies in dollars, and how users' gains, terms of trade and real income hang together.

With ``W_j = E_j / P_j`` the real spending of economy ``j``, hats for new over old and tau the trade
cost,

    ``ln W^_j = ln E^_j - ln P^_j``,   ``P^_j^-theta = sum_i pi_ij (p^_i tau^_ij)^-theta``.

Money: ``E_j (W^_j - 1)``. Split the price index at the old producer prices: what users of goods
gain there is ``E_j (1 / P~_j - 1)`` with ``P~_j^-theta = sum_i pi_ij tau^_ij^-theta``, and the rest
of real income is terms of trade, what an economy's own goods fetch against what it buys. Over the
world the rest is of second order: world output at producer prices is the numeraire, so that one
economy's better price is another's dearer purchase (Dixit and Norman 1980; Atkin and Donaldson
2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Pair = tuple[str, str]


@dataclass(frozen=True)
class RealIncome:
    """(B, N) million dollars a year at the size of the base year: real income, users' part, terms of trade."""

    labels: tuple[str, ...]
    income: Array
    users: Array

    @property
    def terms_of_trade(self) -> Array:
        return self.income - self.users

    @property
    def total(self) -> Array:
        """(B,) of the world."""
        return np.asarray(self.income.sum(axis=1))


def spending_factor(output: Array, spending: Array, price_factor: Array) -> Array:
    """(B, N) spending after over before where each economy keeps its ratio of spending to output
    and world spending equals world output."""
    rise = price_factor - 1.0
    scale = (rise @ (output - spending)) / (output.sum() + rise @ spending)
    return np.asarray(1.0 + rise + scale[:, None] * (1.0 + rise))


def real_income(
    labels: Sequence[str],
    trade: Array,
    pairs: Sequence[Pair],
    cost_factor: Array,
    theta: Array,
    price_factor: Array,
    real_wage_factor: Array,
    closure: str = "full",
    spending: Array | None = None,
    output: Array | None = None,
    before: Array | None = None,
) -> RealIncome:
    """Real income of every economy and the users' part of it.

    Parameters
    ----------
    labels, trade: economies, and (N, N) base flows with sales at home, rows exporters, million
    dollars.
    pairs, cost_factor: directed pairs and (B, P) tau'/tau of them.
    theta: (B,) trade elasticity.
    price_factor, real_wage_factor: (B, N) producer prices, and producer prices over the price
    index, new over old.
    closure: ``full`` where incomes follow prices; else spending is held.
    spending, output: (N,) what incomes are spent on and earned from. With intermediate inputs that
        is final spending and value added, and ``price_factor`` the price of factors: goods that go
        into goods are in the flows, not in income (Hulten 1978). None: all spending and sales, as
        without inputs.
    before: (B, P) trade of the pairs before the change over ``trade``, where borders have shut since
        or queues have grown; None: as in ``trade``.

    Exactly 0 in a case whose cost factors are all 1.
    """
    names = {name: i for i, name in enumerate(labels)}
    spending = trade.sum(axis=0) if spending is None else spending
    output = trade.sum(axis=1) if output is None else output
    gain = np.zeros(price_factor.shape)
    th = np.asarray(theta, dtype=float)
    moved = cost_factor != 1.0
    for p, (seller, buyer) in enumerate(pairs):
        i, j = names[seller], names[buyer]
        share = trade[i, j] / spending[j] * (1.0 if before is None else before[:, p])
        gain[:, j] += np.where(moved[:, p], share * np.expm1(-th * np.log(cost_factor[:, p])), 0.0)
    users = spending * np.expm1(np.log1p(gain) / th[:, None])
    spent = spending_factor(output, spending, price_factor) if closure == "full" else np.ones_like(price_factor)
    factor = spent / price_factor * real_wage_factor
    still = ~moved.any(axis=1)
    factor[still] = 1.0
    return RealIncome(tuple(labels), spending * (factor - 1.0), users)
