"""One counterfactual at a time: what the world trades once bilateral costs have changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from corridors.equilibrium import hats, inputs
from corridors.equilibrium.hats import Array, Incomes, Point, World
from corridors.equilibrium.sector_world import stacked
from corridors.errors import EquilibriumError


@dataclass(frozen=True)
class Counterfactual:
    """A world after a change of trade costs, and by how much it differs from the base.

    Nominal, in the money of ``trade`` and at new prices under the named numeraire: ``trade``,
    ``exports_percent``, ``imports_percent`` (both international only), ``producer_price_percent``,
    ``price_index_percent``. Real: ``real_gdp_percent`` (output over the price index; by Arkolakis,
    Costinot and Rodriguez-Clare 2012 the home share to the power -1/theta) and ``welfare_percent``
    (expenditure over the price index; differs from real GDP only by the scale that a fixed ratio of
    expenditure to output, or a fixed deficit, needs).

    With ``closure="conditional"`` outputs and expenditures are held, so producer prices do not move
    and the price index is the inverse of real GDP. With ``"partial"`` only the flows of the shocked
    pairs move. ``residual`` is the largest |sales / output - 1| over economies.
    """

    trade: pd.DataFrame
    baseline: pd.DataFrame
    exports_percent: pd.Series
    imports_percent: pd.Series
    real_gdp_percent: pd.Series
    welfare_percent: pd.Series
    producer_price_percent: pd.Series
    price_index_percent: pd.Series
    residual: float
    steps: int
    theta: float | Mapping[str, float]
    closure: str
    deficits: str
    numeraire: str
    sectors: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    def to_frame(self) -> pd.DataFrame:
        """The percentage changes, one row an economy."""
        columns = (
            "exports_percent", "imports_percent", "real_gdp_percent", "welfare_percent",
            "producer_price_percent", "price_index_percent",
        )  # fmt: skip
        return pd.DataFrame({name: getattr(self, name) for name in columns})

    def __str__(self) -> str:
        return (
            f"Counterfactual: {len(self.trade)} economies, closure {self.closure}, deficits "
            f"{self.deficits}, numeraire {self.numeraire}; market-clearing residual {self.residual:.1e} "
            f"after {self.steps} steps\n{self.to_frame().round(4)}"
        )


def counterfactual(
    trade: pd.DataFrame,
    cost_factor: pd.DataFrame,
    theta: float = 5.03,
    closure: str = "full",
    deficits: str = "output_share",
    numeraire: str = inputs.WORLD_OUTPUT,
) -> Counterfactual:
    """World trade after bilateral costs change by ``cost_factor`` = tau'/tau, in exact hat algebra.

    Parameters
    ----------
    trade: square, rows exporters, columns importers, diagonal intra-national; any one currency
    unit.
    cost_factor: same labels (any order), 1 where nothing changes.
    theta: trade elasticity (sigma - 1 in an Armington model); default Head and Mayer (2014), 5.03.
    closure: ``"partial"``: X' = X tau^-theta, all else held. ``"conditional"``: multilateral
        resistances adjust, every economy's output and expenditure are held. ``"full"``: producer
        prices, output and expenditure adjust as well (Anderson, Larch and Yotov 2018).
    deficits: ``"output_share"``: expenditure stays in proportion to output, scaled so that world
        expenditure equals world output. ``"world_share"``: the deficit stays the same share of
        world output. ``"closed"``: the base world is balanced first (expenditure = output), and
        changes are measured against that balanced world, ``baseline`` (Ossa 2014).
    numeraire: ``"world_output"`` (at producer prices it stays the same) or an economy, whose
        producer price then stays the same. Only ``closure="full"`` depends on it.

    Raises EquilibriumError on bad input and NotConverged where a market stays further than 1e-10
    from clearing.
    """
    labels, values = inputs.flows(trade)
    factor = inputs.cost_factors(cost_factor, labels)
    elasticity = inputs.elasticity(theta)
    return _run(
        labels,
        values[None],
        factor[None],
        np.array([elasticity]),
        ("",),
        closure,
        deficits,
        numeraire,
    )


def counterfactual_sectors(
    trade: Mapping[str, pd.DataFrame],
    cost_factor: pd.DataFrame | Mapping[str, pd.DataFrame],
    theta: float | Mapping[str, float] = 5.03,
    closure: str = "full",
    deficits: str = "output_share",
    numeraire: str = inputs.WORLD_OUTPUT,
) -> Counterfactual:
    """:func:`counterfactual` with several sectors, labour moving freely between them.

    ``trade`` maps sectors to square tables of the same economies; ``cost_factor`` and ``theta`` are
    one for all or one a sector. Buyers spend fixed shares on sectors (Cobb-Douglas), each sector
    has its own elasticity, and one wage per economy is the producer price of all its sectors
    (Costinot and Rodriguez-Clare 2014, section 3.3, without intermediate inputs). With
    ``closure="conditional"`` output and expenditure are held in each sector. Real GDP: product over
    sectors of home share ^ (-weight/theta). The result's ``trade`` is the sum over sectors;
    ``sectors`` has the new flows of each.
    """
    if not isinstance(trade, Mapping) or not trade:
        raise EquilibriumError("trade: a mapping from sector to a square table is needed")
    names = tuple(trade)
    labels, values = stacked(trade)
    if isinstance(cost_factor, Mapping):
        inputs.sectors_agree(names, cost_factor, "cost_factor")
        factors = [
            inputs.cost_factors(cost_factor[n], labels, f"cost_factor[{n!r}]") for n in names
        ]
    else:
        factors = [inputs.cost_factors(cost_factor, labels)] * len(names)
    if isinstance(theta, Mapping):
        inputs.sectors_agree(names, theta, "theta")
        thetas = [inputs.elasticity(theta[n], f"theta[{n!r}]") for n in names]
    else:
        thetas = [inputs.elasticity(theta)] * len(names)
    return _run(labels, values, np.stack(factors), np.array(thetas), names, closure, deficits, numeraire)  # fmt: skip


def balanced(world: World, theta: Array) -> World:
    """The base world with every deficit closed, all costs unchanged."""
    unchanged = np.zeros_like(world.flows)
    point, _ = hats.solve(world, unchanged, theta, "balanced")
    x = point.x - numeraire_level(world, point.x, None)
    level = hats.evaluate(world, unchanged, theta, "balanced", x)
    return World.of(new_flows(world, unchanged, theta, level))


def _run(
    labels: pd.Index,
    values: Array,
    factor: Array,
    theta: Array,
    names: tuple[str, ...],
    closure: str,
    deficits: str,
    numeraire: str,
) -> Counterfactual:
    inputs.choice("closure", closure, inputs.CLOSURES)
    inputs.choice("deficits", deficits, inputs.DEFICITS)
    at = inputs.numeraire(numeraire, labels)
    inputs.active(values.sum(axis=0), labels, "output_share")
    world = World.of(values)
    if deficits == "closed":
        world = balanced(world, theta)
    log_k = -theta[:, None, None] * np.log(factor)
    incomes: Incomes = "world_share" if deficits == "world_share" else "output_share"
    if closure == "partial":
        flows, outcome, residual, steps = _partial(world, log_k)
    elif closure == "conditional":
        inputs.active(values.sum(axis=0), labels, "held")
        flows, outcome, residual, steps = _conditional(world, log_k, theta)
    else:
        flows, outcome, residual, steps = _full(world, log_k, theta, incomes, at)

    def table(array: Array) -> pd.DataFrame:
        return pd.DataFrame(array, index=labels, columns=pd.Index(labels), copy=True)

    def percent(log_change: Array) -> pd.Series:
        return pd.Series(100.0 * np.expm1(log_change), index=labels)

    old, new = world.flows.sum(axis=0), flows.sum(axis=0)
    several = len(names) > 1 or names[0] != ""
    return Counterfactual(
        trade=table(new),
        baseline=table(old),
        exports_percent=pd.Series(100.0 * international_change(old, new, 1), index=labels),
        imports_percent=pd.Series(100.0 * international_change(old, new, 0), index=labels),
        real_gdp_percent=percent(outcome.price - outcome.index),
        welfare_percent=percent(outcome.spending - outcome.index),
        producer_price_percent=percent(outcome.price),
        price_index_percent=percent(outcome.index),
        residual=residual,
        steps=steps,
        theta=dict(zip(names, map(float, theta), strict=True)) if several else float(theta[0]),
        closure=closure,
        deficits=deficits,
        numeraire=numeraire,
        sectors={n: table(f) for n, f in zip(names, flows, strict=True)} if several else {},
    )


def international_change(old: Array, new: Array, axis: int) -> Array:
    """Relative change of international exports (axis 1) or imports (axis 0); 0 where there is no trade."""
    apart = ~np.eye(len(old), dtype=bool)
    base = np.where(apart, old, 0.0).sum(axis=axis)
    moved = np.where(apart, new - old, 0.0).sum(axis=axis)
    return np.asarray(np.divide(moved, base, out=np.zeros_like(base), where=base > 0))


@dataclass(frozen=True)
class _Outcome:
    """Log changes (N,): producer price, price index, expenditure."""

    price: Array
    index: Array
    spending: Array


def new_flows(world: World, log_k: Array, theta: Array, point: Point) -> Array:
    """Flows (S,N,N) at new prices in every sector, in the money of ``world``: X' = X K a_i E^_j / Phi_j."""
    pull = np.exp(log_k - theta[:, None, None] * point.x[:, None])
    return np.asarray(world.flows * (pull * point.reach[:, None, :]))


def numeraire_level(world: World, x: Array, at: int | None) -> float:
    """Log of the numeraire at prices ``x``: taking it off every price makes the numeraire 1."""
    if at is not None:
        return float(x[at])
    return float(np.log1p(np.expm1(x) @ world.output / world.world_output))


def _partial(world: World, log_k: Array) -> tuple[Array, _Outcome, float, int]:
    none = np.zeros_like(world.output)
    return world.flows * np.exp(log_k), _Outcome(none, none, none), 0.0, 0


def _conditional(world: World, log_k: Array, theta: Array) -> tuple[Array, _Outcome, float, int]:
    """Each sector is a matrix to be balanced to its old margins; theta plays no part in that."""
    unit = np.ones(1)
    flows = np.empty_like(world.flows)
    real = np.zeros_like(world.output)
    worst, steps = 0.0, 0
    for s in range(len(theta)):
        sells = world.flows[s].sum(axis=1) > 0
        buys = world.flows[s].sum(axis=0) > 0
        if not (sells.all() and buys.all()):
            # economies outside this sector take no part; a floor keeps the balancing square
            floor = np.diag(np.where(sells & buys, 0.0, 1.0))
            own = World.of((world.flows[s] + floor)[None])
        else:
            own = World.of(world.flows[s][None])
        point, taken = hats.solve(own, log_k[s : s + 1], unit, "held")
        flows[s] = np.where(
            world.flows[s] > 0, new_flows(own, log_k[s : s + 1], unit, point)[0], 0.0
        )
        real += world.weights[s] * (point.x + np.log1p(point.phi[0])) / theta[s]
        worst, steps = max(worst, point.residual), max(steps, taken)
    none = np.zeros_like(real)
    return flows, _Outcome(none, -real, none), worst, steps


def _full(
    world: World, log_k: Array, theta: Array, incomes: Incomes, at: int | None
) -> tuple[Array, _Outcome, float, int]:
    solved, steps = hats.solve(world, log_k, theta, incomes)
    # demand depends on relative prices only, so the numeraire can be set afterwards
    point = hats.evaluate(
        world, log_k, theta, incomes, solved.x - numeraire_level(world, solved.x, at)
    )
    index = -(world.weights * np.log1p(point.phi) / theta[:, None]).sum(axis=0)
    outcome = _Outcome(point.x, index, np.log1p(point.spending))
    return new_flows(world, log_k, theta, point), outcome, point.residual, steps
