"""Thousands of counterfactuals of one base world at once: :func:`respond` and :func:`counterfactuals`.

The equations are those of ``hats``; the unknowns are y = -theta x. All draws are moved together by
a chord method: the derivative of the markets at the base world is inverted once, and each step
costs two products of the draws with the base shares plus a correction for the shocked flows. The
derivative depends on theta only through (1/theta) times a matrix, so one inverse at the mean of
1/theta serves all draws. Draws that a chord cannot bring to clearing are solved by Newton one by
one, so no draw is less exact than another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from corridors.equilibrium import hats, inputs
from corridors.equilibrium.anderson import Anderson
from corridors.equilibrium.hats import Array, Incomes, World
from corridors.equilibrium.shocks import DenseShock, PairShock, Places, Shock
from corridors.equilibrium.single import balanced, international_change, new_flows, numeraire_level
from corridors.errors import EquilibriumError, nearest

_AIM = 2e-13
# beyond it the difference form of _level loses digits; such draws are left to Newton
_PULL_LIMIT = 8.0
_ROWS = 256
_DENSE_ROWS = 16

Pair = tuple[str, str]


@dataclass(frozen=True)
class Response:
    """What B draws of a shock do; every factor is new over old, 1 where nothing changes.

    trade_factor (B,P) for ``pairs`` (exporter, importer); exports_factor and imports_factor (B,N),
    international and nominal at new prices; producer_price_factor (B,N), nominal; real_gdp_factor
    (B,N), by Arkolakis, Costinot and Rodriguez-Clare (2012); residual (B,), the largest |sales /
    output - 1|; labels, the N economies in order.
    """

    labels: tuple[str, ...]
    pairs: tuple[Pair, ...]
    trade_factor: Array
    exports_factor: Array
    imports_factor: Array
    producer_price_factor: Array
    real_gdp_factor: Array
    residual: Array
    closure: str

    @property
    def draws(self) -> int:
        return len(self.residual)

    def __str__(self) -> str:
        return (
            f"Response: {self.draws} draws, {len(self.labels)} economies, {len(self.pairs)} pairs, closure "
            f"{self.closure}; largest market-clearing residual {self.residual.max():.1e}"
        )


def respond(
    trade: pd.DataFrame,
    pairs: Sequence[Pair],
    cost_factor: Array,
    theta: Array | float,
    closure: str = "conditional",
    deficits: str = "output_share",
    numeraire: str = inputs.WORLD_OUTPUT,
) -> Response:
    """Draws of a shock to a few directed pairs; the same answer as :func:`counterfactual` for each draw.

    Parameters
    ----------
    trade: as in :func:`counterfactual`.
    pairs: P directed pairs (exporter, importer); all others keep their cost.
    cost_factor: (B,P) tau'/tau of those pairs, or (P,) for one draw.
    theta: (B,), or one number for all draws.
    closure, deficits, numeraire: as in :func:`counterfactual`.

    Where all cost factors of a draw are 1 its factors are exactly 1. With ``deficits="closed"`` all
    draws share one balanced base world, made at the mean of 1/theta. Raises EquilibriumError on bad
    input and NotConverged where a draw stays further than 1e-10 from clearing.
    """
    labels, flows = inputs.flows(trade)
    rows, columns = positions(labels, pairs)
    factor = np.atleast_2d(np.asarray(cost_factor, dtype=float))
    if factor.ndim != 2 or factor.shape[1] != len(rows):
        raise EquilibriumError(
            f"cost_factor: shape (draws, {len(rows)}) is needed, one column a pair, "
            f"{np.shape(cost_factor)} given"
        )
    elasticity = inputs.elasticities(theta, len(factor) if len(factor) > 1 else None)
    if len(factor) == 1 and len(elasticity) > 1:
        factor = np.repeat(factor, len(elasticity), axis=0)
    bad = ~(np.isfinite(factor) & (factor > 0))
    if bad.any():
        draw, p = map(int, np.argwhere(bad)[0])
        raise EquilibriumError(
            f"cost_factor: {pairs[p][0]} to {pairs[p][1]}, draw {draw}: {factor[draw, p]:g} is not a finite "
            "number above 0; tau'/tau is 1 where nothing changes"
        )
    engine = _Engine.of(labels, flows, elasticity, closure, deficits, numeraire)
    return Base(labels, engine).respond(pairs, -elasticity[:, None] * np.log(factor), elasticity)


@dataclass(frozen=True)
class Base:
    """A base world ready for any shock to a few pairs: what :func:`respond` makes anew in each call."""

    labels: pd.Index
    engine: _Engine

    @classmethod
    def of(cls, trade: pd.DataFrame, closure: str) -> Base:
        """Of ``trade`` as in :func:`counterfactual`, for a closure that does not rest on
        elasticities: conditional or partial."""
        labels, flows = inputs.flows(trade)
        return cls(
            labels,
            _Engine.of(labels, flows, np.ones(1), closure, "output_share", inputs.WORLD_OUTPUT),
        )

    def respond(self, pairs: Sequence[Pair], log_k: Array, theta: Array) -> Response:
        """Draws of ``log_k`` (B,P), -theta ln tau'/tau, with elasticities (B,)."""
        rows, columns = positions(self.labels, pairs)
        parts = []
        for start in range(0, len(log_k), _ROWS):
            now = slice(start, start + _ROWS)
            shock = PairShock(rows, columns, log_k[now], np.expm1(log_k[now]), len(self.labels))
            parts.append(self.engine.run(shock, theta[now], rows, columns))
        return _gather(
            self.labels, tuple((str(a), str(b)) for a, b in pairs), parts, self.engine.closure
        )


def counterfactuals(
    trade: pd.DataFrame,
    cost_factors: Array,
    theta: Array | float = 5.03,
    closure: str = "full",
    deficits: str = "output_share",
    numeraire: str = inputs.WORLD_OUTPUT,
    pairs: Sequence[Pair] = (),
) -> Response:
    """Draws of a shock to any or all pairs: ``cost_factors`` (B,N,N), tau'/tau in the order of ``trade``.

    As :func:`counterfactual` for each draw; ``theta`` (B,) or one number. Works through the draws
    in small blocks, so that memory beyond ``cost_factors`` itself (a memory map will do) stays at a
    few megabytes. ``pairs`` asks for the trade factors of some directed pairs as well.
    """
    labels, flows = inputs.flows(trade)
    n = len(labels)
    if np.ndim(cost_factors) != 3 or np.shape(cost_factors)[1:] != (n, n):
        raise EquilibriumError(
            f"cost_factors: shape (draws, {n}, {n}) is needed, {np.shape(cost_factors)} given"
        )
    elasticity = inputs.elasticities(theta, len(cost_factors))
    rows, columns = positions(labels, pairs)
    engine = _Engine.of(labels, flows, elasticity, closure, deficits, numeraire)
    parts = []
    for start in range(0, len(cost_factors), _DENSE_ROWS):
        now = slice(start, start + _DENSE_ROWS)
        factor = np.asarray(cost_factors[now], dtype=float)
        if not (np.isfinite(factor).all() and factor.min() > 0):
            draw, i, j = np.argwhere(~(np.isfinite(factor) & (factor > 0)))[0]
            raise EquilibriumError(
                f"cost_factors: {labels[i]} to {labels[j]}, draw {start + draw}: {factor[draw, i, j]:g} is "
                "not a finite number above 0; tau'/tau is 1 where nothing changes"
            )
        log_k = -elasticity[now, None, None] * np.log(factor)
        shock = DenseShock(log_k, np.expm1(log_k), np.arange(len(log_k)), {})
        parts.append(engine.run(shock, elasticity[now], rows, columns))
    return _gather(labels, tuple((str(a), str(b)) for a, b in pairs), parts, closure)


@dataclass(frozen=True)
class _Level:
    """Draws at log pulls y (B,N): a and a - 1 (rise); change of Phi; reach = E^/Phi and reach - 1 (moved);
    ln(sales) - ln(to be sold)."""

    a: Array
    rise: Array
    phi: Array
    reach: Array
    moved: Array
    gap: Array


@dataclass(frozen=True)
class _Engine:
    """A base world with everything that all draws share."""

    world: World
    closure: str
    incomes: Incomes
    numeraire: int | None
    inverse: Array
    sold: Array
    bought: Array
    abroad_sold: Array
    abroad_bought: Array

    @classmethod
    def of(
        cls,
        labels: pd.Index,
        flows: Array,
        theta: Array,
        closure: str,
        deficits: str,
        numeraire: str,
    ) -> _Engine:
        inputs.choice("closure", closure, inputs.CLOSURES)
        inputs.choice("deficits", deficits, inputs.DEFICITS)
        at = inputs.numeraire(numeraire, labels)
        incomes: Incomes = "world_share" if deficits == "world_share" else "output_share"
        inputs.active(flows, labels, incomes)
        if closure == "conditional":
            incomes = "held"
            inputs.active(flows, labels, incomes)
        world = World.of(flows[None])
        mean = np.atleast_1d(1.0 / np.mean(1.0 / theta))
        if deficits == "closed":
            world = balanced(world, mean)
        if incomes == "held":
            mean = np.ones(1)
        abroad = np.where(np.eye(len(labels), dtype=bool), 0.0, world.flows[0])
        exports, imports = abroad.sum(axis=1), abroad.sum(axis=0)
        unchanged = np.zeros_like(world.flows)
        base = hats.evaluate(world, unchanged, mean, incomes, np.zeros(len(labels)))
        slope = hats.jacobian(world, mean, incomes, base, (world.sold, world.bought))
        return cls(
            world,
            closure,
            incomes,
            at,
            np.linalg.inv(slope / -mean[0]),
            world.sold[0],
            world.bought[0],
            abroad / np.where(exports > 0, exports, 1.0)[:, None],
            abroad / np.where(imports > 0, imports, 1.0),
        )

    def run(self, shock: Shock, theta: Array, rows: Places, columns: Places) -> tuple[Array, ...]:
        """The factors of one block of draws, in the order of ``Response``."""
        draws, n = len(theta), len(self.world.output)
        if self.closure == "partial":
            one = np.ones((draws, n))
            return (
                1.0 + shock.at(rows, columns),
                1.0 + shock.sold(one, self.abroad_sold),
                1.0 + shock.bought(one, self.abroad_bought),
                one,
                one,
                np.zeros(draws),
            )
        scale = np.ones(draws) if self.incomes == "held" else theta
        y, left = self._chord(shock, scale)
        if self.incomes != "held":
            x = -y / scale[:, None]
            if self.numeraire is None:
                total = self.world.world_output
                shift = np.log1p(np.expm1(x) @ self.world.output / total)
            else:
                shift = x[:, self.numeraire]
            y = y + (scale * shift)[:, None]
        level = self._level(shock, scale, y)
        to_all = level.moved @ self.abroad_sold.T + shock.sold(level.reach, self.abroad_sold)
        from_all = level.rise @ self.abroad_bought + shock.bought(level.a, self.abroad_bought)
        exports, imports = level.rise + level.a * to_all, level.moved + level.reach * from_all
        sells, buys = self.abroad_sold.any(axis=1), self.abroad_bought.any(axis=0)
        price = np.ones_like(y) if self.incomes == "held" else np.exp(-y / scale[:, None])
        out = (
            (1.0 + shock.at(rows, columns)) * level.a[:, rows] * level.reach[:, columns],
            1.0 + np.where(sells, exports, 0.0),
            1.0 + np.where(buys, imports, 0.0),
            price,
            np.exp((np.log1p(level.phi) - y) / theta[:, None]),
            np.abs(np.expm1(level.gap)).max(axis=1),
        )
        for draw in left:
            solved = self._newton(
                shock.dense(draw), theta[draw], scale[draw], y[draw], rows, columns
            )
            for whole, one in zip(out, solved, strict=True):
                whole[draw] = one
        return out

    def _newton(
        self, log_k: Array, theta: float, scale: float, y: Array, rows: Places, columns: Places
    ) -> tuple[Array, ...]:
        """One draw by Newton from the chord's last point; the factors in the order of ``Response``."""
        world, power = self.world, np.array([scale])
        point, _ = hats.solve(world, log_k[None], power, self.incomes, -y / scale)
        price = np.zeros_like(point.x)
        if self.incomes != "held":
            level = numeraire_level(world, point.x, self.numeraire)
            point = hats.evaluate(world, log_k[None], power, self.incomes, point.x - level)
            price = point.x
        old, new = world.flows[0], new_flows(world, log_k[None], power, point)[0]
        pull = np.exp(log_k - scale * point.x[:, None]) * point.reach
        return (
            pull[rows, columns],
            1.0 + international_change(old, new, 1),
            1.0 + international_change(old, new, 0),
            np.exp(price),
            np.exp((scale * point.x + np.log1p(point.phi[0])) / theta),
            np.asarray(point.residual),
        )

    def _level(self, shock: Shock, scale: Array, y: Array) -> _Level:
        sold, bought = self.sold, self.bought
        x = -y / scale[:, None]
        rise, a = np.expm1(y), np.exp(y)
        phi = rise @ bought + shock.bought(a, bought)
        spending = hats.spending_change(self.world, self.incomes, x)
        reach = (1.0 + spending) / (1.0 + phi)
        moved = (spending - phi) / (1.0 + phi)
        sales = rise + a * (moved @ sold.T + shock.sold(reach, sold))
        gap = np.log1p(sales)
        if self.incomes != "held":
            gap -= x
        return _Level(a, rise, phi, reach, moved, gap)

    def _chord(self, shock: Shock, scale: Array) -> tuple[Array, list[int]]:
        """Chord steps with Anderson's acceleration: y (B,N), and the draws that are left for Newton."""
        y = np.zeros((len(scale), len(self.world.output)))
        open_draws = np.arange(len(scale))
        now, part, memory = y, shock, Anderson()
        before = np.full(len(scale), np.inf)
        with np.errstate(all="ignore"):
            for _ in range(shock.steps):
                gap = self._level(part, scale[open_draws], now).gap
                size = np.abs(gap).max(axis=1)
                done = (size <= _AIM) | ~np.isfinite(size)
                # at the limit of rounding a chord wanders; further steps gain nothing
                done |= (size >= before) & (size <= 10 * _AIM)
                if done.any():
                    y[open_draws] = now
                    keep = np.flatnonzero(~done)
                    if not len(keep):
                        break
                    open_draws, now, gap, size = open_draws[keep], now[keep], gap[keep], size[keep]
                    part = shock.some(open_draws)
                    memory.keep(keep)
                now = memory.step(now, -gap @ self.inverse.T)
                before = size
            else:
                y[open_draws] = now
            size = np.abs(self._level(shock, scale, y).gap).max(axis=1)
        fine = (size <= hats.RESIDUAL_LIMIT / 10) & (np.abs(y).max(axis=1) < _PULL_LIMIT)
        y[~np.isfinite(y).all(axis=1)] = 0.0
        return y, [int(draw) for draw in np.flatnonzero(~fine)]


def positions(labels: pd.Index, pairs: Sequence[Pair]) -> tuple[Places, Places]:
    """Rows and columns (P,) of directed ``pairs`` among ``labels``; EquilibriumError for an unknown or doubled one."""
    places = {label: i for i, label in enumerate(labels)}
    seen = set()
    for pair in pairs:
        for label in pair:
            if label not in places:
                raise EquilibriumError(
                    f"pairs: {label!r} in {tuple(pair)} is no economy of trade{nearest(label, labels)}"
                )
        if tuple(pair) in seen:
            raise EquilibriumError(f"pairs: {tuple(pair)} is given twice; keep one")
        seen.add(tuple(pair))
    rows = np.array([places[a] for a, _ in pairs], dtype=np.intp)
    return rows, np.array([places[b] for _, b in pairs], dtype=np.intp)


def _gather(
    labels: pd.Index, pairs: tuple[Pair, ...], parts: list[tuple[Array, ...]], closure: str
) -> Response:
    trade, exports, imports, price, real_gdp, residual = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    return Response(
        tuple(map(str, labels)), pairs, trade, exports, imports, price, real_gdp, residual, closure
    )
