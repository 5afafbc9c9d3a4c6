"""How sure a counterfactual is: standard errors by the delta method and by draws.

The trade elasticity and any number of parameters that move trade costs are estimates with a
covariance. The delta method needs the derivative of every outcome with respect to them, which the
implicit function theorem gives in one linear solve: with F(x, psi) = 0 the market clearing of
``hats``, dx/dpsi = -F_x^-1 F_psi. Draws need no derivative; the two agree where the parameters are
known well enough for the world to be near linear in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from corridors.equilibrium import hats, inputs
from corridors.equilibrium.batch import Response, counterfactuals
from corridors.equilibrium.hats import Array, Incomes, World
from corridors.equilibrium.single import international_change
from corridors.errors import EquilibriumError

THETA = "theta"
_OUTCOMES = ("exports_percent", "imports_percent", "real_gdp_percent", "producer_price_percent")


@dataclass(frozen=True)
class Precision:
    """Outcomes of a counterfactual with their standard errors, all in percent, one row an economy.

    ``estimate`` and ``standard_error`` have the columns exports_percent, imports_percent,
    real_gdp_percent and producer_price_percent. ``derivatives`` maps each parameter to the
    derivatives of these outcomes (delta method only). ``draws`` has the drawn outcomes (B,N) by
    name (draws only).
    """

    estimate: pd.DataFrame
    standard_error: pd.DataFrame
    method: str
    derivatives: Mapping[str, pd.DataFrame]
    draws: Mapping[str, Array]


def standard_errors(
    trade: pd.DataFrame,
    cost_factor: pd.DataFrame,
    covariance: pd.DataFrame,
    directions: Mapping[str, pd.DataFrame] | None = None,
    theta: float = 5.03,
    closure: str = "full",
    deficits: str = "output_share",
    numeraire: str = inputs.WORLD_OUTPUT,
    moves: str = "cost",
    method: str = "delta",
    draws: int = 1024,
    seed: int = 0,
) -> Precision:
    """Standard errors of :func:`counterfactual`.

    Parameters
    ----------
    covariance: square, labelled by parameter on both sides; ``"theta"`` is the trade elasticity,
        any other name a key of ``directions``. Leave theta out where it is known.
    directions: parameter -> (N,N) table. With ``moves="cost"`` the derivative of ln(tau'/tau) with
        respect to the parameter. With ``moves="trade"`` the derivative of the direct effect on
        trade, -theta ln(tau'/tau), which is then estimated as such and does not move with theta: a
        gravity coefficient times the change of its covariate (Anderson and Yotov 2016).
    method: ``"delta"``, or ``"draws"``: ``draws`` normal quasi-random draws (scrambled Sobol) from
    ``seed``. Others as in :func:`counterfactual`; ``deficits="closed"`` is not offered (balance the
    world first, by the ``baseline`` of a counterfactual).

    Raises EquilibriumError on bad input and where draws reach a theta of 0 or less.
    """
    directions = {} if directions is None else directions
    inputs.choice("closure", closure, inputs.CLOSURES)
    inputs.choice("deficits", deficits, inputs.DEFICITS[:2])
    inputs.choice("moves", moves, ("cost", "trade"))
    inputs.choice("method", method, ("delta", "draws"))
    labels, flows = inputs.flows(trade)
    log_cost = np.log(inputs.cost_factors(cost_factor, labels))
    theta = inputs.elasticity(theta)
    names, spread = _covariance(covariance, directions)
    tables = {n: _direction(n, directions[n], labels) for n in names if n != THETA}
    incomes: Incomes = "world_share" if deficits == "world_share" else "output_share"
    at = inputs.numeraire(numeraire, labels)

    if method == "draws":
        response = _draw(
            trade, log_cost, names, spread, tables, theta, closure, deficits, numeraire, moves,
            draws, seed,
        )  # fmt: skip
        parts = {
            "exports_percent": response.exports_factor,
            "imports_percent": response.imports_factor,
            "real_gdp_percent": response.real_gdp_factor,
            "producer_price_percent": response.producer_price_factor,
        }
        drawn = {name: 100.0 * (factor[1:] - 1.0) for name, factor in parts.items()}
        estimate = {name: 100.0 * (factor[0] - 1.0) for name, factor in parts.items()}
        errors = {name: values.std(axis=0, ddof=1) for name, values in drawn.items()}
        return Precision(
            pd.DataFrame(estimate, labels), pd.DataFrame(errors, labels), method, {}, drawn
        )

    inputs.active(flows, labels, "held" if closure == "conditional" else "output_share")
    world = World.of(flows[None])
    tangent = _Tangent.at(world, log_cost, theta, closure, incomes, at)
    slopes = {}
    for name in names:
        if name == THETA:
            direct = -log_cost if moves == "cost" else np.zeros_like(log_cost)
            slopes[name] = tangent.along(direct, 1.0)
        else:
            direct = tables[name] if moves == "trade" else -theta * tables[name]
            slopes[name] = tangent.along(direct, 0.0)
    stack = np.stack([slopes[name] for name in names])
    variance = np.einsum("kon,kl,lon->on", stack, spread, stack)
    frame = {name: pd.DataFrame(slope.T, labels, list(_OUTCOMES)) for name, slope in slopes.items()}
    return Precision(
        pd.DataFrame(tangent.estimate.T, labels, list(_OUTCOMES)),
        pd.DataFrame(np.sqrt(np.maximum(variance, 0.0)).T, labels, list(_OUTCOMES)),
        method,
        frame,
        {},
    )


@dataclass(frozen=True)
class _Tangent:
    """The solved world and what is needed to differentiate it."""

    world: World
    flows: Array
    sold: Array
    bought: Array
    price: Array
    log_phi: Array
    slope: Array
    spending_slope: Array
    theta: float
    closure: str
    numeraire: int | None

    @classmethod
    def at(
        cls,
        world: World,
        log_cost: Array,
        theta: float,
        closure: str,
        incomes: Incomes,
        at: int | None,
    ) -> _Tangent:
        log_k = -theta * log_cost[None]
        n = len(world.output)
        if closure == "partial":
            flows = world.flows[0] * np.exp(log_k[0])
            none = np.zeros((n, n))
            return cls(
                world, flows, none, none, np.zeros(n), np.zeros(n), np.eye(n), none, theta, closure,
                at,
            )  # fmt: skip
        held: Incomes = "held" if closure == "conditional" else incomes
        power = np.array([1.0 if closure == "conditional" else theta])
        point, _ = hats.solve(world, log_k, power, held)
        if closure == "full":
            shift = (
                float(np.log1p(np.expm1(point.x) @ world.output / world.world_output))
                if at is None
                else float(point.x[at])
            )
            point = hats.evaluate(world, log_k, power, held, point.x - shift)
        new = hats.shares(world, log_k, power, point)
        flows = new[0][0] * (world.output * (1.0 + point.sales))[:, None]
        return cls(
            world,
            flows,
            new[0][0],
            new[1][0],
            point.x,
            np.log1p(point.phi[0]),
            hats.jacobian(world, power, held, point, new),
            hats.spending_slope(world, held, point),
            theta,
            closure,
            at,
        )

    @property
    def estimate(self) -> Array:
        """The outcomes (4,N) in percent."""
        old = self.world.flows[0]
        factors = [1.0 + international_change(old, self.flows, axis) for axis in (1, 0)]
        if self.closure == "partial":
            factors += [np.ones(len(old))] * 2
        elif self.closure == "conditional":
            factors += [np.exp((self.price + self.log_phi) / self.theta), np.ones(len(old))]
        else:
            factors += [np.exp(self.price + self.log_phi / self.theta), np.exp(self.price)]
        return 100.0 * (np.stack(factors) - 1.0)

    def along(self, direct: Array, d_theta: float) -> Array:
        """Derivative of the outcomes (4,N), percent, where the direct effect on trade, ln K, moves by
        ``direct`` (N,N) and theta by ``d_theta``."""
        old, new = self.world.flows[0], self.flows
        theta, x = self.theta, self.price
        full = self.closure == "full"
        move = direct
        d_real = d_price = np.zeros(len(old))
        if self.closure != "partial":
            # at unchanged x: the pull of seller i also moves by -x_i dtheta
            pull = direct - x[:, None] * d_theta if full else direct
            d_phi = (self.bought * pull).sum(axis=0)
            push = (self.sold * (pull - d_phi)).sum(axis=1)
            d_x = np.linalg.solve(self.slope, -push)
            if full:
                weight = self.world.output * np.exp(x)
                d_x = d_x - (
                    weight @ d_x / weight.sum() if self.numeraire is None else d_x[self.numeraire]
                )
            power = theta if full else 1.0
            d_log_phi = d_phi - power * (self.bought.T @ d_x)
            move = pull - power * d_x[:, None] - d_log_phi + self.spending_slope @ d_x
            real = (x + self.log_phi) / theta if not full else x + self.log_phi / theta
            if full:
                d_real = d_x + d_log_phi / theta - self.log_phi * d_theta / theta**2
                d_price = np.exp(x) * d_x
            else:
                d_real = (d_x + d_log_phi - real * d_theta) / theta
            d_real = np.exp(real) * d_real
        apart = ~np.eye(len(old), dtype=bool)
        moved = np.where(apart, new * move, 0.0)
        base = np.where(apart, old, 0.0)
        exports, imports = (_ratio(moved.sum(axis=a), base.sum(axis=a)) for a in (1, 0))
        return 100.0 * np.stack([exports, imports, d_real, d_price])


def _ratio(part: Array, whole: Array) -> Array:
    """part / whole, 0 for an economy that trades nothing abroad."""
    return np.asarray(np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0))


def _draw(
    trade: pd.DataFrame,
    log_cost: Array,
    names: list[str],
    spread: Array,
    tables: Mapping[str, Array],
    theta: float,
    closure: str,
    deficits: str,
    numeraire: str,
    moves: str,
    draws: int,
    seed: int,
) -> Response:
    """The counterfactual at the estimates (first row) and at draws of the parameters."""
    # Loading it takes longer than most calls of the package.
    from scipy.stats import norm, qmc

    sobol = qmc.Sobol(len(names), scramble=True, rng=np.random.default_rng(seed))
    uniform = sobol.random(draws)
    value, vectors = np.linalg.eigh(spread)
    root = vectors * np.sqrt(np.maximum(value, 0.0))
    step = np.vstack([np.zeros(len(names)), norm.ppf(uniform) @ root.T])
    thetas = np.full(draws + 1, theta)
    if THETA in names:
        thetas = theta + step[:, names.index(THETA)]
        if thetas.min() <= 0:
            raise EquilibriumError(
                f"covariance: {int((thetas <= 0).sum())} of {draws} draws of theta are 0 or less (estimate "
                f"{theta:g}, standard error {np.sqrt(spread[names.index(THETA), names.index(THETA)]):g}); "
                "theta is too uncertain for a normal distribution"
            )
    # a covariate's effect on trade is estimated as such: only its cost equivalent moves with theta
    base = log_cost[None] if moves == "cost" else (theta / thetas)[:, None, None] * log_cost[None]
    cost = np.broadcast_to(base, (draws + 1, *log_cost.shape)).copy()
    for k, name in enumerate(names):
        if name != THETA:
            scale = step[:, k] if moves == "cost" else -step[:, k] / thetas
            cost += scale[:, None, None] * tables[name]
    np.exp(cost, out=cost)
    return counterfactuals(trade, cost, thetas, closure, deficits, numeraire)


def _covariance(
    covariance: pd.DataFrame, directions: Mapping[str, object]
) -> tuple[list[str], Array]:
    if not isinstance(covariance, pd.DataFrame) or not covariance.index.equals(covariance.columns):
        raise EquilibriumError(
            "covariance: a square DataFrame with the same parameters on rows and columns is needed"
        )
    names = [str(name) for name in covariance.index]
    for name in names:
        if name != THETA:
            inputs.choice("covariance: parameter", name, [THETA, *directions])
    for name in directions:
        inputs.choice("directions: parameter", name, names)
    spread = covariance.to_numpy(dtype=float)
    if not np.isfinite(spread).all() or not np.allclose(spread, spread.T):
        raise EquilibriumError("covariance: entries must be finite and symmetric")
    if np.linalg.eigvalsh(spread).min() < -1e-10 * max(np.abs(spread).max(), 1e-300):
        raise EquilibriumError(
            "covariance: it has a negative eigenvalue, so it is the covariance of nothing"
        )
    return names, spread


def _direction(name: str, table: pd.DataFrame, labels: pd.Index) -> Array:
    argument = f"directions[{name!r}]"
    for axis in (table.index, table.columns):
        for label in axis.symmetric_difference(labels):
            raise EquilibriumError(f"{argument}: {label} is not on both sides of it and in trade")
    values = np.asarray(table.loc[labels, labels], dtype=float)
    if not np.isfinite(values).all():
        raise EquilibriumError(f"{argument}: all entries must be finite; 0 where nothing moves")
    return values
