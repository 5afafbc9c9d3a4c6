"""The equations of a counterfactual in changes ("exact hat algebra"), and Newton's method on them.

A world of N economies and S sectors is known by its flows X_sij alone (Dekle, Eaton and Kortum
2008). A shock changes trade costs by tau'/tau; what buyers spend reacts with elasticity theta_s
(Armington, Eaton and Kortum 2002 and Krugman lead to the same equations). With x_i the log change
of the producer price of economy i, K_sij = (tau'/tau)^-theta_s and a_si = exp(-theta_s x_i):

    Phi_sj = sum_i pi_sij K_sij a_si                      pi: share of i in what j buys in sector s
    X'_sij = X_sij K_sij a_si E^_j / Phi_sj               E^: change of expenditure
    sum_sj X'_sij = Y_i exp(x_i)                          every market clears

Sums are taken over differences from 1, so that no shock gives exactly no change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from corridors.errors import NotConverged

Array = NDArray[np.float64]
#: How incomes follow prices: not at all; by fixed ratio of expenditure to output; with the deficit a fixed
#: share of world output; or with expenditure equal to output (used once, to balance the base world).
Incomes = Literal["held", "output_share", "world_share", "balanced"]

#: No result leaves this package with a market further from clearing than this, relative to its size.
RESIDUAL_LIMIT = 1e-10
_AIM = 1e-13
_MAX_STEPS = 80
_MAX_HALVINGS = 25


@dataclass(frozen=True)
class World:
    """Flows of one base year in the form the equations use. S sectors, N economies.

    flows (S,N,N) rows exporters; output (N,); spending (N,); sold (S,N,N) each flow as a share of
    its seller's output; bought (S,N,N) as a share of its buyer's spending in that sector; weights
    (S,N) share of each sector in spending.
    """

    flows: Array
    output: Array
    spending: Array
    sold: Array
    bought: Array
    weights: Array

    @classmethod
    def of(cls, flows: Array) -> World:
        """Shares and totals of ``flows`` (S,N,N) in money."""
        output = flows.sum(axis=(0, 2))
        by_sector = flows.sum(axis=1)
        spending = by_sector.sum(axis=0)
        safe = np.where(by_sector > 0, by_sector, 1.0)
        return cls(
            flows,
            output,
            spending,
            flows / output[None, :, None],
            flows / safe[:, None, :],
            by_sector / spending,
        )

    @property
    def world_output(self) -> float:
        return float(self.output.sum())


@dataclass(frozen=True)
class Point:
    """The economy at prices x: changes (minus 1) of Phi (S,N), expenditure (N,) and sales (N,); the factor
    reach = E^/Phi (S,N); and how far each market is from clearing, ln(sales) - ln(to be sold)
    (N,)."""

    x: Array
    phi: Array
    spending: Array
    reach: Array
    sales: Array
    gap: Array

    @property
    def residual(self) -> float:
        return float(np.abs(np.expm1(self.gap)).max())


def spending_change(world: World, incomes: Incomes, x: Array) -> Array:
    """E'/E - 1 at log producer prices ``x`` (..., N)."""
    if incomes == "held":
        return np.zeros_like(x)
    rise = np.expm1(x)
    total = world.world_output
    if incomes == "output_share":
        # the factor that makes world expenditure equal world output
        scale = (rise @ (world.output - world.spending)) / (total + rise @ world.spending)
        return np.asarray(rise + scale[..., None] * (1.0 + rise))
    ratio = world.output / world.spending
    if incomes == "balanced":
        return np.asarray(ratio * (1.0 + rise) - 1.0)
    deficit = 1.0 - ratio
    return ratio * rise + deficit * ((rise @ world.output) / total)[..., None]


def evaluate(world: World, log_k: Array, theta: Array, incomes: Incomes, x: Array) -> Point:
    """All quantities at log prices ``x``; ``log_k`` (S,N,N) is ln K = -theta ln(tau'/tau)."""
    pull = np.exp(log_k - theta[:, None, None] * x[:, None])
    spending = spending_change(world, incomes, x)
    phi = (world.bought * (pull - 1.0)).sum(axis=1)
    reach = (1.0 + spending) / (1.0 + phi)
    pull *= reach[:, None, :]
    pull -= 1.0
    sales = (world.sold * pull).sum(axis=(0, 2))
    gap = np.log1p(sales) - (0.0 if incomes == "held" else x)
    return Point(x, phi, spending, reach, sales, gap)


def shares(world: World, log_k: Array, theta: Array, point: Point) -> tuple[Array, Array]:
    """New shares (sold, bought), each (S,N,N), at ``point``."""
    pull = np.exp(log_k - theta[:, None, None] * point.x[:, None])
    bought = world.bought * pull / (1.0 + point.phi)[:, None, :]
    sold = world.sold * pull * point.reach[:, None, :] / (1.0 + point.sales)[None, :, None]
    return sold, bought


def spending_slope(world: World, incomes: Incomes, point: Point) -> Array:
    """d ln E'_j / d x_k (N,N)."""
    n = len(point.x)
    if incomes == "held":
        return np.zeros((n, n))
    if incomes == "balanced":
        return np.eye(n)
    price = np.exp(point.x)
    earned = world.output * price
    if incomes == "output_share":
        spent = world.spending * price
        return np.asarray(np.eye(n) + (earned / earned.sum() - spent / spent.sum()))
    new_spending = world.spending * (1.0 + point.spending)
    deficit = world.spending - world.output
    slope = np.outer(deficit, earned / world.world_output)
    slope[np.diag_indices(n)] += earned
    return slope / new_spending[:, None]


def jacobian(
    world: World, theta: Array, incomes: Incomes, point: Point, new: tuple[Array, Array]
) -> Array:
    """d gap / d x (N,N), made invertible by tying world output at producer prices (see ``solve``)."""
    sold, bought = new
    n = len(point.x)
    slope = np.zeros((n, n))
    for t, s, b in zip(theta, sold, bought, strict=True):
        slope += t * (s @ b.T)
        slope[np.diag_indices(n)] -= t * s.sum(axis=1)
    if incomes != "held":
        slope += sold.sum(axis=0) @ spending_slope(world, incomes, point)
        slope[np.diag_indices(n)] -= 1.0
    # Prices matter only relative to each other, so the matrix has the null vector 1; by Walras' law
    # it
    # also has a left null vector. Minus 1 w' leaves the step unchanged where it is determined.
    return np.asarray(slope - world.output / world.world_output)


def solve(
    world: World, log_k: Array, theta: Array, incomes: Incomes, start: Array | None = None
) -> tuple[Point, int]:
    """Newton's method with step halving from the base prices, or from log prices ``start`` where markets
    are nearer to clearing there. Returns the point and the steps taken.

    Raises NotConverged above ``RESIDUAL_LIMIT``, and where expenditure would turn negative.
    """
    point = evaluate(world, log_k, theta, incomes, np.zeros(len(world.output)))
    if start is not None and np.isfinite(start).all():
        with np.errstate(all="ignore"):
            other = evaluate(world, log_k, theta, incomes, start)
        if np.abs(other.gap).max() < np.abs(point.gap).max() and (other.spending > -1.0).all():
            point = other
    steps = 0
    while point.residual > _AIM and steps < _MAX_STEPS:
        new = shares(world, log_k, theta, point)
        step = np.linalg.solve(jacobian(world, theta, incomes, point, new), -point.gap)
        better = _search(world, log_k, theta, incomes, point, step)
        steps += 1
        if better is None:
            break
        point = better
    if not point.residual <= RESIDUAL_LIMIT:
        raise NotConverged(
            f"counterfactual: the markets are {point.residual:.1e} from clearing after {steps} steps "
            f"(allowed: {RESIDUAL_LIMIT:.0e}). Try a smaller shock, or check cost_factor and trade for "
            "extreme values"
        )
    return point, steps


def _search(
    world: World,
    log_k: Array,
    theta: Array,
    incomes: Incomes,
    point: Point,
    step: NDArray[np.floating],
) -> Point | None:
    """The point along ``step`` that is nearer to clearing, or None where rounding is all that is left."""
    largest = np.abs(theta.max() * step).max()
    length = min(1.0, 5.0 / largest) if largest > 0 else 1.0
    before = np.abs(point.gap).max()
    for _ in range(_MAX_HALVINGS):
        with np.errstate(all="ignore"):
            trial = evaluate(world, log_k, theta, incomes, point.x + length * step)
        after = np.abs(trial.gap).max()
        if np.isfinite(after) and after < before and (trial.spending > -1.0).all():
            return trial
        length /= 2.0
    return None
