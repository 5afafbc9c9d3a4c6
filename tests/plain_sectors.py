"""Caliendo and Parro's (2015) algorithm once more, one number at a time: what the batch of sectors is held against.

Wages in the outer loop, prices of goods and inputs in the middle, spending by a linear system inside, as in their
appendix; nothing is shared with ``corridors.equilibrium``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

Table = Sequence[Sequence[float]]


class PlainSectors:
    """One change of costs. ``flows[s][i][j]``, ``share[k][s][j]`` input shares, ``factor[s][i][j]`` tau'/tau."""

    def __init__(
        self, flows: Sequence[Table], share: Sequence[Table], factor: Sequence[Table], theta: Sequence[float], keep_deficit: bool = False
    ) -> None:
        self.x, self.g, self.k, self.theta = flows, share, factor, theta
        self.S, self.N = range(len(flows)), range(len(flows[0]))
        self.keep_deficit = keep_deficit
        self.sales = [[sum(flows[s][i][j] for j in self.N) for i in self.N] for s in self.S]
        self.buys = [[sum(flows[s][i][j] for i in self.N) for j in self.N] for s in self.S]
        self.own = [[1 - sum(share[k][s][j] for k in self.S) for j in self.N] for s in self.S]
        self.earned = [sum(self.own[s][j] * self.sales[s][j] for s in self.S) for j in self.N]
        final = [[self.buys[k][j] - sum(share[k][s][j] * self.sales[s][j] for s in self.S) for j in self.N] for k in self.S]
        self.spent = [sum(final[k][j] for k in self.S) for j in self.N]
        self.alpha = [[final[k][j] / self.spent[j] for j in self.N] for k in self.S]
        self.solve()

    def prices(self, wage: list[float]) -> None:
        """Price indices and costs that agree with each other at ``wage``."""
        price = [[1.0] * len(wage) for _ in self.S]
        for _ in range(2000):
            cost = [
                [wage[j] ** self.own[s][j] * math.prod(price[k][j] ** self.g[k][s][j] for k in self.S) for j in self.N] for s in self.S
            ]
            new = [
                [
                    sum(self.x[s][i][j] / self.buys[s][j] * (cost[s][i] * self.k[s][i][j]) ** -self.theta[s] for i in self.N)
                    ** (-1 / self.theta[s])
                    for j in self.N
                ]
                for s in self.S
            ]
            far = max(abs(a / b - 1) for p, q in zip(new, price, strict=True) for a, b in zip(p, q, strict=True))
            price = new
            if far < 1e-15:
                break
        self.price, self.cost = price, cost
        self.share = [
            [
                [self.x[s][i][j] / self.buys[s][j] * (cost[s][i] * self.k[s][i][j] / price[s][j]) ** -self.theta[s] for j in self.N]
                for i in self.N
            ]
            for s in self.S
        ]

    def income(self, wage: list[float]) -> list[float]:
        """Final spending at ``wage``."""
        earned = [wage[j] * self.earned[j] for j in self.N]
        if self.keep_deficit:
            world = sum(earned) / sum(self.earned)
            return [earned[j] + (self.spent[j] - self.earned[j]) * world for j in self.N]
        wanted = [earned[j] * self.spent[j] / self.earned[j] for j in self.N]
        return [w * sum(earned) / sum(wanted) for w in wanted]

    def solve(self) -> None:
        """Wages until what each economy's factors are paid is what they ask for."""
        n, count = len(self.N), len(self.S) * len(self.N)
        wage = [1.0] * n
        for _ in range(6000):
            self.prices(wage)
            income = self.income(wage)
            matrix, right = np.eye(count), np.zeros(count)
            for k in self.S:
                for j in self.N:
                    right[k * n + j] = self.alpha[k][j] * income[j]
                    for s in self.S:
                        for m in self.N:
                            matrix[k * n + j, s * n + m] -= self.g[k][s][j] * self.share[s][j][m]
            buys = np.linalg.solve(matrix, right)
            self.new = [[[self.share[s][i][j] * buys[s * n + j] for j in self.N] for i in self.N] for s in self.S]
            paid = [sum(self.own[s][i] * sum(self.new[s][i]) for s in self.S) for i in self.N]
            off = [paid[i] / (wage[i] * self.earned[i]) - 1 for i in self.N]
            if max(map(abs, off)) < 1e-13:
                break
            wage = [w * (1 + 0.3 * o) for w, o in zip(wage, off, strict=True)]
            level = sum(w * e for w, e in zip(wage, self.earned, strict=True)) / sum(self.earned)
            wage = [w / level for w in wage]
        self.wage, self.off = wage, max(map(abs, off))

    def real(self) -> list[float]:
        """Earnings over the price of final demand, new over old."""
        return [self.wage[j] / math.prod(self.price[k][j] ** self.alpha[k][j] for k in self.S) for j in self.N]
