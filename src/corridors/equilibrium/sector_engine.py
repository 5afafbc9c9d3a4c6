"""The equations of a world with sectors and inputs in changes, and their derivative at the base world.

Unknown for each draw: log factor prices x (N,), log price indices p (S,N), changes of sales r - 1
(S,N).

    c_sj = gamma_sj x_j + sum_k Gamma_ksj p_kj                    log cost of a unit
    Phi_sj = sum_i b_sij K_sij exp(-theta_s c_si)                 b: share of i in what j buys
    p_sj = -ln(Phi_sj) / theta_s
    E_sj = alpha_sj I'_j + sum_t Gamma_stj R_jt r_jt              spending, final and on inputs
    r_si = sum_n q_sin K_sin exp(-theta_s c_si) (E_sn / X_sn) / Phi_sn      q: share of n in what i
    sells sum_s gamma_si R_is r_si = V_i exp(x_i)                       factor markets clear

(Caliendo and Parro 2015, equations 10 to 14, without tariffs.) A step solves these linearised at
the base world, exactly in every draw's own elasticities: prices and sales are eliminated with two
inverses that do not depend on theta, and the N factor markets that are left are A + sum_s theta_s
B_s, solved by iteration from the eigenvectors of (A, sum_s mean theta_s B_s). Steps are taken in
single precision, what they are held against in double, so the answer is as exact as if all were
double.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corridors.equilibrium.hats import Array
from corridors.equilibrium.sector_world import SectorWorld

Short = NDArray[np.float32]
_INNER = 2
_DIRECTIONS = 110


@dataclass(frozen=True)
class State:
    """A block of B draws: x (B,N), p and rise = r - 1 (S,B,N)."""

    x: Array
    p: Array
    rise: Array

    def flat(self) -> Array:
        """(B, N + 2 S N) all unknowns."""
        return np.concatenate([self.x, _fold(self.p), _fold(self.rise)], axis=1)

    @classmethod
    def of(cls, flat: NDArray[Any], size: int) -> State:
        """The state of ``size`` sectors whose unknowns :meth:`flat` laid out."""
        x, p, rise = np.split(flat, (flat.shape[1] // (1 + 2 * size)) * np.array([1, 1 + size]), axis=1)
        return cls(x, _unfold(p, size), _unfold(rise, size))


@dataclass(frozen=True)
class Level:
    """What follows from a state: a = exp(-theta c) and a - 1; Phi - 1; reach = (E/X)/Phi and reach - 1
    (moved), all (S,B,N); final spending change (B,N); and by how much each equation fails."""

    a: Array
    a_rise: Array
    phi: Array
    reach: Array
    moved: Array
    income: Array
    price_gap: Array
    sales_gap: Array
    factor_gap: Array

    @property
    def residual(self) -> Array:
        """(B,) largest failure of any price, market of goods or market of factors, as a share."""
        worst = np.abs(self.factor_gap).max(axis=1)
        for gap in (self.price_gap, self.sales_gap):
            worst = np.maximum(worst, np.abs(gap).max(axis=(0, 2)))
        return np.asarray(worst)

    def some(self, draws: NDArray[np.intp]) -> Level:
        """The same for some of the draws."""
        by_draw = {"income", "factor_gap"}
        return Level(
            **{
                f.name: getattr(self, f.name)[draws]
                if f.name in by_draw
                else getattr(self, f.name)[:, draws]
                for f in fields(self)
            }
        )


class Shock:
    """K - 1 of B draws for P directed pairs in S sectors: ``change`` (S,B,P)."""

    def __init__(self, rows: NDArray[np.intp], columns: NDArray[np.intp], log_k: Array, economies: int) -> None:
        self.rows, self.columns, self.log_k, self.economies = rows, columns, log_k, economies
        self.change = np.expm1(log_k)
        self._touched = [s for s in range(len(log_k)) if log_k[s].any()]

    def some(self, draws: NDArray[np.intp]) -> Shock:
        """The same for some of the draws."""
        return Shock(self.rows, self.columns, self.log_k[:, draws], self.economies)

    def add_bought(self, out: Array, a: Array, shares: Array) -> None:
        """Add sum_i shares_sij (K_sij - 1) a_si to ``out`` (S,B,N)."""
        for s in self._touched:
            into = np.zeros((len(self.rows), self.economies))
            into[np.arange(len(self.rows)), self.columns] = shares[s, self.rows, self.columns]
            out[s] += (a[s][:, self.rows] * self.change[s]) @ into

    def add_sold(self, out: Array, u: Array, shares: Array) -> None:
        """Add sum_j shares_sij (K_sij - 1) u_sj to ``out`` (S,B,N)."""
        for s in self._touched:
            into = np.zeros((len(self.rows), self.economies))
            into[np.arange(len(self.rows)), self.rows] = shares[s, self.rows, self.columns]
            out[s] += (u[s][:, self.columns] * self.change[s]) @ into


@dataclass(frozen=True)
class Tuning:
    """The factor markets' derivative at elasticities in the proportions of ``theta`` (S,), by its eigenvectors."""

    theta: Array
    values: NDArray[np.complex64]
    into: NDArray[np.complex64]
    back: NDArray[np.complex64]


@dataclass(frozen=True)
class Slopes:
    """The derivative at a base world, prices and sales eliminated: what takes long to find, and what steps are made of."""

    price_inverse: _Inverse
    by_factor: Short
    sales_inverse: _Inverse
    to_factors: Short
    income_reach: Short
    income: Array
    theta: Array


class Engine:
    """A base world with everything that all draws share; ``slopes`` if they are known already."""

    def __init__(
        self, world: SectorWorld, fixed_deficit: bool = False, slopes: Slopes | None = None
    ) -> None:
        self.world = world
        self.fixed_deficit = fixed_deficit
        flows, sales, spending = world.flows, world.sales, world.spending
        self.bought = flows / np.where(spending > 0, spending, 1.0)[:, None, :]
        self.sold = flows / np.where(sales > 0, sales, 1.0)[:, :, None]
        self.sold_t = np.ascontiguousarray(self.sold.transpose(0, 2, 1))
        self.sells = sales > 0
        safe = np.where(spending > 0, spending, 1.0)
        self.final_part = np.where(spending > 0, world.final / safe, 0.0)
        self.input_part = np.where(spending[:, None] > 0, world.input_share * sales[None] / safe[:, None], 0.0)
        self.factor_part = world.value_added_share * sales / world.value_added
        self.weights = world.value_added / world.value_added.sum()
        self.sold_short = _short(self.sold_t)
        self.input_short = world.input_share.astype(np.float32)
        self.gamma_short = world.value_added_share.astype(np.float32)
        self.weights_short = self.weights.astype(np.float32)
        self.slopes = self._linearised() if slopes is None else slopes
        self.slope_income_short = _short(self.slopes.income.T)
        self.slope_theta_short = _short(
            self.slopes.theta.transpose(2, 0, 1).reshape(len(self.weights), -1)
        )

    def _linearised(self) -> Slopes:
        world = self.world
        size, n = world.sales.shape
        whole = size * n
        # prices: dp = price_inverse (gap + b gamma dx)
        passed = np.einsum("sij,ksi->sjki", self.bought, world.input_share).reshape(whole, whole)
        price_inverse = np.linalg.inv(np.eye(whole) - passed)
        own = (self.bought * world.value_added_share[:, :, None]).transpose(0, 2, 1).reshape(whole, n)
        by_factor = (price_inverse @ own).reshape(size, n, n)
        # sales: dr = sales_inverse (gap + ...)
        wanted = np.einsum("sij,stj->sitj", self.sold, self.input_part).reshape(whole, whole)
        sales_inverse = np.linalg.inv(np.eye(whole) - wanted)
        earned = np.einsum("si,ij->isj", self.factor_part, np.eye(n)).reshape(n, whole)
        to_factors = (earned @ sales_inverse).reshape(n, size, n)
        cost = np.einsum("ksj,kjm->sjm", world.input_share, by_factor)
        cost += np.einsum("sj,jm->sjm", world.value_added_share, np.eye(n))
        reaction = self.sold @ by_factor - cost
        income = np.einsum("sij,sj->sij", self.sold, self.final_part) @ self.income_slope()
        return Slopes(
            price_inverse=_Inverse(price_inverse.T, size),
            by_factor=_short(by_factor.transpose(2, 0, 1).reshape(n, whole)),
            sales_inverse=_Inverse(sales_inverse.T, size),
            to_factors=_short(to_factors.reshape(n, whole).T),
            income_reach=_short(income.transpose(2, 0, 1).reshape(n, whole)),
            income=np.einsum("isj,sjm->im", to_factors, income) - np.eye(n),
            theta=np.einsum("isj,sjm->sim", to_factors, reaction),
        )

    def tuned(self, theta: Array) -> Tuning:
        """For steps of draws whose elasticities are about ``theta`` (S,) times any number."""
        n = len(self.weights)
        at_mean = np.einsum("s,sim->im", theta, self.slopes.theta) - np.outer(np.ones(n), self.weights)
        inverse = np.linalg.inv(at_mean)
        values, vectors = np.linalg.eig(inverse @ self.slopes.income)
        return Tuning(
            np.asarray(theta, dtype=float),
            values.astype(np.complex64),
            np.ascontiguousarray((np.linalg.inv(vectors) @ inverse).T).astype(np.complex64),
            np.ascontiguousarray(vectors.T).astype(np.complex64),
        )

    def income_slope(self) -> Array:
        """d ln I'_j / d x_k (N,N) at the base world."""
        world, n = self.world, len(self.world.labels)
        if self.fixed_deficit:
            ratio = world.value_added / world.final_spending
            return np.asarray(np.diag(ratio) + np.outer(1.0 - ratio, self.weights))
        return np.asarray(np.eye(n) + self.weights - world.final_spending / world.final_spending.sum())

    def income_change(self, x: Array) -> Array:
        """I'/I - 1 (B,N): in proportion to value added, scaled so that the world spends what it earns; or with
        the deficit a fixed share of the world's value added."""
        world = self.world
        rise = np.expm1(x)
        if self.fixed_deficit:
            ratio = world.value_added / world.final_spending
            return np.asarray(ratio * rise + (1.0 - ratio) * (rise @ self.weights)[:, None])
        total = world.value_added.sum()
        scale = (rise @ (world.value_added - world.final_spending)) / (total + rise @ world.final_spending)
        return np.asarray(rise + scale[:, None] * (1.0 + rise))

    def start(self, draws: int) -> State:
        """The base world: all changes zero."""
        size, n = self.world.sales.shape
        return State(np.zeros((draws, n)), np.zeros((size, draws, n)), np.zeros((size, draws, n)))

    def level(self, shock: Shock, theta: Array, state: State) -> Level:
        """Everything at ``state``; ``theta`` (S,B)."""
        world = self.world
        cost = np.einsum("ksj,kbj->sbj", world.input_share, state.p)
        cost += world.value_added_share[:, None, :] * state.x[None]
        power = -theta[:, :, None] * cost
        a_rise = np.expm1(power)
        a = 1.0 + a_rise
        phi = a_rise @ self.bought
        shock.add_bought(phi, a, self.bought)
        price_gap = -np.log1p(phi) / theta[:, :, None] - state.p
        income = self.income_change(state.x)
        spending = np.einsum("stj,tbj->sbj", self.input_part, state.rise)
        spending += self.final_part[:, None, :] * income[None]
        moved = (spending - phi) / (1.0 + phi)
        reach = 1.0 + moved
        sales = moved @ self.sold_t
        shock.add_sold(sales, reach, self.sold)
        sales *= a
        sales += a_rise
        sales_gap = np.where(self.sells[:, None, :], sales - state.rise, 0.0)
        factor_gap = (self.factor_part[:, None, :] * state.rise).sum(axis=0) - np.expm1(state.x)
        return Level(a, a_rise, phi, reach, moved, income, price_gap, sales_gap, factor_gap)

    def step(self, theta: Array, state: State, level: Level, tuning: Tuning) -> State:
        """One step of Newton's method with the derivative of the base world."""
        size, draws, n = level.price_gap.shape
        th = theta.astype(np.float32)[:, :, None]
        # scaled, so that single precision serves as well near the answer
        scale = np.maximum(level.residual, 1e-300)
        down = (1.0 / scale)[None, :, None]
        gap_p = (level.price_gap * down).astype(np.float32)
        gap_r = (level.sales_gap * down).astype(np.float32)
        gap_x = (level.factor_gap * down[0]).astype(np.float32)
        dp = self.slopes.price_inverse.times(gap_p)
        right = gap_r + self._reaction(th, dp, dp - gap_p)
        gap_x = gap_x + _fold(right) @ self.slopes.to_factors
        dx = self._factors(theta.astype(np.float32), gap_x, tuning)
        more = _unfold(dx @ self.slopes.by_factor, size)
        right += self._reaction(th, more, more, dx)
        right += _unfold(dx @ self.slopes.income_reach, size)
        dp += more
        dr = self.slopes.sales_inverse.times(right)
        up = scale[None, :, None]
        return State(state.x + up[0] * dx, state.p + up * dp, state.rise + up * dr)

    def _reaction(self, th: Short, dp: Short, felt: Short, dx: Short | None = None) -> Short:
        """Change of sales as costs and competitors' prices change; incomes apart."""
        cost = np.einsum("ksj,kbj->sbj", self.input_short, dp)
        if dx is not None:
            cost += self.gamma_short[:, None, :] * dx[None]
        return np.asarray(th * (felt @ self.sold_short - cost))

    def _factors(self, theta: Short, gap: Short, tuning: Tuning) -> Short:
        """dx (B,N) with (A + sum_s theta_s B_s) dx = -gap."""
        size, draws = theta.shape
        power = (theta.T @ (1.0 / tuning.theta).astype(np.float32)) / np.float32(size)
        dx = np.zeros_like(gap)
        left = -gap
        for turn in range(_INNER):
            dx = dx + ((left @ tuning.into / (tuning.values + power[:, None])) @ tuning.back).real
            if turn == _INNER - 1:
                break
            by_sector = (dx @ self.slope_theta_short).reshape(draws, size, -1)
            applied = dx @ self.slope_income_short + np.einsum("sb,bsn->bn", theta, by_sector)
            applied -= (power * (dx @ self.weights_short))[:, None]
            left = -gap - applied
        return dx.astype(np.float32)


class _Inverse:
    """A matrix between sectors and economies (S N, S N): exactly within each economy, between economies by its leading
    directions (Halko, Martinsson and Tropp 2011). What that leaves out is below 3 percent, and the
    next step takes it up."""

    def __init__(self, matrix: Array, size: int) -> None:
        n = len(matrix) // size
        blocks = matrix.reshape(size, n, size, n)
        here = np.arange(n)
        self.own = _short(blocks[:, here, :, here].transpose(1, 2, 0))
        far = np.array(matrix)
        far.reshape(size, n, size, n)[:, here, :, here] = 0.0
        seen = np.random.default_rng(0).standard_normal((len(far), min(_DIRECTIONS, n)))
        basis, _ = np.linalg.qr(far @ (far.T @ (far @ seen)))
        self.into, self.back = _short(basis), _short(basis.T @ far)

    def times(self, array: Short) -> Short:
        """(S,B,N) from (S,B,N)."""
        out: Short = _unfold(np.asarray((_fold(array) @ self.into) @ self.back, dtype=np.float32), len(array))
        for s, block in enumerate(self.own):
            for t, share in enumerate(block):
                out[t] += array[s] * share
        return out


def _short(array: Array) -> Short:
    return np.ascontiguousarray(array, dtype=np.float32)


def _fold(array: NDArray[Any]) -> NDArray[Any]:
    """(S,B,N) to (B, S N)."""
    return np.ascontiguousarray(array.transpose(1, 0, 2)).reshape(array.shape[1], -1)


def _unfold(array: NDArray[Any], size: int) -> NDArray[Any]:
    """(B, S N) to (S,B,N)."""
    return np.ascontiguousarray(array.reshape(len(array), size, -1).transpose(1, 0, 2))
