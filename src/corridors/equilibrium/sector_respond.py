"""Thousands of draws of a shock to a few pairs, in a world with sectors and inputs: :func:`respond_sectors`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from corridors.equilibrium import inputs, sector_conditional
from corridors.equilibrium.anderson import Anderson
from corridors.equilibrium.batch import Pair, Response, positions
from corridors.equilibrium.hats import RESIDUAL_LIMIT, Array
from corridors.equilibrium.sector_engine import Engine, Level, Shock, State, Tuning
from corridors.equilibrium.sector_world import Keyed, SectorWorld
from corridors.errors import EquilibriumError, NotConverged
from corridors.runtime import cache, cores

_AIM = 2e-12
_STEPS = 40
_ROWS = 128
_SPLITS = 12
_WORTH_KEEPING = 400
"""Sectors times economies of a world whose derivative takes longer to find than to read."""
DEFICITS = ("output_share", "world_share")


@dataclass(frozen=True)
class SectorResponse(Response):
    """A :class:`~corridors.equilibrium.Response` with its sectors; every factor is new over old.

    ``trade_factor`` (B,P), ``exports_factor`` and ``imports_factor`` (B,N) are of all sectors
    together. ``real_gdp_factor`` (B,N) is what the factors of an economy earn over the price of its
    final demand, inputs included (Caliendo and Parro 2015); ``producer_price_factor`` (B,N) the
    price of those factors. ``sector_factor`` (B,P,S) is trade of each pair by sector, ``names`` the
    S sectors. ``residual``: the largest failure of any price, market of goods in any sector or
    market of factors, as a share.
    """

    names: tuple[str, ...]
    sector_factor: Array


def respond_sectors(
    world: SectorWorld,
    pairs: Sequence[Pair],
    cost_factor: Array,
    theta: Array,
    closure: str = "full",
    deficits: str = "output_share",
    clearing: float = 2e-12,
) -> SectorResponse:
    """Draws of a shock to the costs of a few directed pairs, sector by sector.

    Parameters
    ----------
    world: from :func:`~corridors.equilibrium.sector_world`.
    pairs: P directed pairs (exporter, importer); all others keep their costs.
    cost_factor: (B,P,S) tau'/tau, 1 where nothing changes.
    theta: (B,S) trade elasticities, or (S,) for all draws.
    closure: ``"full"``: factor prices, incomes, prices of inputs and sales adjust.
        ``"conditional"``: sales and spending of every economy are held in every sector.
        ``"partial"``: only the pairs' own flows move.
    deficits: ``"output_share"``: final spending stays in proportion to value added, scaled so that
        the world spends what it earns. ``"world_share"``: the deficit stays the same share of the
        world's value added.

    clearing: how near to clearing a draw must come for steps to end, at most 1e-10; it saves a step
        in five at 5e-11.

    With one sector and no inputs the answer is that of :func:`respond`. Where all cost factors of a
    draw are 1 its factors are exactly 1. The numeraire is the world's value added. Raises
    EquilibriumError on bad input and NotConverged where a draw stays further than 1e-10 from
    clearing.
    """
    inputs.choice("closure", closure, inputs.CLOSURES)
    inputs.choice("deficits", deficits, DEFICITS)
    if not 0.0 < clearing <= RESIDUAL_LIMIT / 2:
        raise EquilibriumError(f"clearing: {clearing:g} is not above 0 and at most {RESIDUAL_LIMIT / 2:g}")
    rows, columns = positions(pd.Index(world.labels), pairs)
    size, n = world.sales.shape
    factor = np.asarray(cost_factor, dtype=float)
    if factor.ndim != 3 or factor.shape[1:] != (len(rows), size):
        raise EquilibriumError(
            f"cost_factor: shape (draws, {len(rows)}, {size}) is needed, one column a pair and sector, "
            f"{factor.shape} given"
        )
    elasticity = np.asarray(theta, dtype=float)
    if elasticity.ndim == 1:
        elasticity = np.broadcast_to(elasticity, (len(factor), len(elasticity)))
    if elasticity.shape != (len(factor), size):
        raise EquilibriumError(
            f"theta: shape ({len(factor)}, {size}) is needed, one column a sector, {elasticity.shape} given"
        )
    for name, given in (("cost_factor", factor), ("theta", elasticity)):
        bad = ~(np.isfinite(given) & (given > 0))
        if bad.any():
            at = tuple(map(int, np.argwhere(bad)[0]))
            where = f"draw {at[0]}, {world.names[at[-1]]}"
            if name == "cost_factor":
                where += f", {pairs[at[1]][0]} to {pairs[at[1]][1]}"
            raise EquilibriumError(f"{name}: {where}: {given[at]:g} is not a finite number above 0")
    log_k = np.ascontiguousarray((-elasticity[:, None, :] * np.log(factor)).transpose(2, 0, 1))
    own = np.ascontiguousarray(elasticity.T)
    run = _Run(world, rows, columns, log_k, own, closure, deficits == "world_share", clearing)
    shapes = {
        "sector": (len(rows), size), "exports": (n,), "imports": (n,), "price": (n,), "real": (n,), "residual": (),
    }  # fmt: skip
    if closure == "full":
        # before helpers are forked, so that they share it
        engine_of(world, run.fixed_deficit)
    out = cores.fill(shapes, len(factor), _ROWS, run.part)
    worst = float(out["residual"].max(initial=0.0))
    if not worst <= RESIDUAL_LIMIT:
        draw = int(np.nanargmax(np.where(np.isfinite(out["residual"]), out["residual"], np.inf)))
        raise NotConverged(
            f"respond_sectors: draw {draw}: markets are {worst:.1e} from clearing (allowed: "
            f"{RESIDUAL_LIMIT:.0e}). Try a smaller shock, or check cost_factor and trade for extreme values"
        )
    base = world.flows[:, rows, columns].T
    total = base.sum(axis=1)[:, None]
    # a pair that trades nothing has the mean factor of its sectors
    weight = np.divide(base, total, out=np.full_like(base, 1.0 / size), where=total > 0)
    change = (weight * (out["sector"] - 1.0)).sum(axis=2)
    return SectorResponse(
        labels=world.labels, pairs=tuple((str(a), str(b)) for a, b in pairs), trade_factor=1.0 + change,
        exports_factor=out["exports"], imports_factor=out["imports"], producer_price_factor=out["price"],
        real_gdp_factor=out["real"], residual=out["residual"], closure=closure, names=world.names,
        sector_factor=out["sector"],
    )  # fmt: skip


@dataclass(frozen=True)
class _Run:
    """One call: ``log_k`` (S,B,P) and ``theta`` (S,B)."""

    world: SectorWorld
    rows: np.ndarray
    columns: np.ndarray
    log_k: Array
    theta: Array
    closure: str
    fixed_deficit: bool
    clearing: float

    def part(self, first: int, last: int) -> dict[str, Array]:
        """The factors of some draws."""
        log_k, theta = self.log_k[:, first:last], self.theta[:, first:last]
        with np.errstate(all="ignore"):
            return self._part(Shock(self.rows, self.columns, log_k, len(self.world.labels)), theta)

    def _part(self, shock: Shock, theta: Array) -> dict[str, Array]:
        if self.closure == "conditional":
            return sector_conditional.solve(self.world, shock, theta)
        if self.closure == "partial":
            return sector_conditional.partial(self.world, shock)
        engine = engine_of(self.world, self.fixed_deficit)
        tuning = tuned(engine, proportions(self.theta))
        state, left, level = solve(engine, tuning, shock, theta, self.clearing)
        out = factors(self.world, engine, shock, theta, state, level)
        for draw in left:
            one = in_parts(engine, tuning, shock.some(np.array([draw])), theta[:, draw : draw + 1])
            for name, value in one.items():
                out[name][draw] = value
        return out


def proportions(theta: Array) -> tuple[float, ...]:
    """Mean elasticities (S,B) of the sectors to one another, rounded so that like calls share what rests on them."""
    mean = 1.0 / np.mean(1.0 / theta, axis=1)
    return tuple(np.round(mean / mean.mean(), 1).clip(0.1))


def engine_of(world: SectorWorld, fixed_deficit: bool = False) -> Engine:
    """The engine of ``world``, kept for the next call."""
    return _engine(Keyed(world), fixed_deficit)


@lru_cache(maxsize=2)
def _engine(key: Keyed, fixed_deficit: bool) -> Engine:
    world = key.world
    if world.sales.size < _WORTH_KEEPING:
        return Engine(world, fixed_deficit)
    slopes = cache.answer(
        f"{__name__}.slopes",
        (world.digest, fixed_deficit),
        lambda: Engine(world, fixed_deficit).slopes,
        passing=True,
    )
    return Engine(world, fixed_deficit, slopes)


@lru_cache(maxsize=8)
def tuned(engine: Engine, proportions: tuple[float, ...]) -> Tuning:
    """What steps at elasticities in these proportions share, kept for the next call."""
    return engine.tuned(np.array(proportions))


def solve(
    engine: Engine, tuning: Tuning, shock: Shock, theta: Array, clearing: float, accepted: float = RESIDUAL_LIMIT / 20,
    begin: State | None = None, sector: Array | None = None,
) -> tuple[State, list[int], Level | None]:  # fmt: skip
    """Steps from ``begin`` (None: the base world) until every draw clears to ``clearing``; those further from it than that and
    ``accepted`` are left. ``sector`` (B,P,S) is filled with trade of the pairs, new over old, where
    each draw ended. The level is that of the state, where no draw had to leave ``begin``."""
    draws = theta.shape[1]
    accepted = max(accepted, clearing)
    now = engine.start(draws) if begin is None else begin
    whole = State(now.x.copy(), now.p.copy(), now.rise.copy())
    best = np.full(draws, np.inf)
    open_draws = np.arange(draws)
    part, own = shock, theta
    before, memory = best, Anderson()
    stands: Level | None = None
    for count in range(_STEPS):
        level = engine.level(part, own, now)
        size = level.residual
        fine = np.isfinite(size)
        better = fine & (size < best[open_draws])
        at = open_draws[better]
        whole.x[at], whole.p[:, at], whole.rise[:, at] = now.x[better], now.p[:, better], now.rise[:, better]
        best[at] = size[better]
        # at the limit of rounding steps wander; what grows without bound is left to smaller shocks
        done = (
            (size <= clearing)
            | ~fine
            | ((size >= before) & (size <= RESIDUAL_LIMIT / 20))
            | (size > 1e3)
        )
        if sector is not None and done.any():
            sector[open_draws[done]] = traded(engine, part, level, now.x)[done]
        if done.all():
            if count == 0 and fine.all():
                stands = level
            break
        if done.any():
            keep = np.flatnonzero(~done)
            open_draws = open_draws[keep]
            now = State(now.x[keep], now.p[:, keep], now.rise[:, keep])
            part, own, size = part.some(keep), own[:, keep], size[keep]
            level = level.some(keep)
            memory.keep(keep)
        before = size
        new = engine.step(own, now, level, tuning)
        here = now.flat()
        now = State.of(memory.step(here, new.flat() - here), len(own))
    else:
        if sector is not None:
            sector[open_draws] = traded(engine, part, engine.level(part, own, now), now.x)
    return whole, [int(d) for d in np.flatnonzero(~(best <= accepted))], stands


def factors(
    world: SectorWorld, engine: Engine, shock: Shock, theta: Array, state: State, level: Level | None = None
) -> dict[str, Array]:
    """The factors at solved ``state``, the world's value added as numeraire; ``level`` if it is known already."""
    level = engine.level(shock, theta, state) if level is None else level
    shift = np.log1p(np.expm1(state.x) @ engine.weights)[:, None]
    up = np.expm1(-shift)
    abroad = world.flows * ~np.eye(len(world.labels), dtype=bool)
    exports, imports = abroad.sum(axis=(0, 2)), abroad.sum(axis=(0, 1))
    # value of goods sold abroad less what it was, at the numeraire's prices
    out = level.moved @ abroad.transpose(0, 2, 1)
    shock.add_sold(out, level.reach, abroad)
    out = out * level.a + level.a_rise * abroad.sum(axis=2)[:, None, :]
    into = level.a_rise @ abroad
    shock.add_bought(into, level.a, abroad)
    into = into * level.reach + level.moved * abroad.sum(axis=1)[:, None, :]
    price = state.x - shift
    index = (world.final_share[:, None, :] * state.p).sum(axis=0)
    return {
        "sector": traded(engine, shock, level, state.x),
        "exports": 1.0 + _moved(_ratio(out.sum(axis=0), exports), up),
        "imports": 1.0 + _moved(_ratio(into.sum(axis=0), imports), up),
        "price": np.exp(price),
        "real": np.exp(state.x - index),
        "residual": level.residual,
    }


def traded(engine: Engine, shock: Shock, level: Level, x: Array) -> Array:
    """(B,P,S) trade of the pairs at the numeraire's prices, new over old."""
    up = np.expm1(-np.log1p(np.expm1(x) @ engine.weights))[:, None]
    pull = (1.0 + shock.change) * level.a[:, :, shock.rows] * level.reach[:, :, shock.columns]
    return np.asarray(1.0 + _moved(pull - 1.0, up[None]).transpose(1, 2, 0))


def _moved(change: Array, up: Array) -> Array:
    """(1 + change) (1 + up) - 1."""
    return np.asarray(change + up + change * up)


def _ratio(change: Array, base: Array) -> Array:
    return np.divide(change, base, out=np.zeros_like(change), where=base > 0)


def in_parts(engine: Engine, tuning: Tuning, shock: Shock, theta: Array) -> dict[str, Array]:
    """One draw whose shock is too large for steps from the base world: in parts, each from the world that the
    last one made. Changes of changes multiply, so the answer is the same."""
    world, here = engine.world, engine
    total: dict[str, Array] = {}
    done, part, splits = 0.0, 0.5, 0
    worst = 0.0
    while done < 1.0:
        if world is not here.world:
            here = Engine(world, engine.fixed_deficit)
            tuning = here.tuned(theta[:, 0])
        length = min(part, 1.0 - done)
        some = Shock(shock.rows, shock.columns, shock.log_k * length, shock.economies)
        state, left, _ = solve(
            here, tuning, some, theta, _AIM, RESIDUAL_LIMIT / (20 if splits < _SPLITS / 2 else 10)
        )
        if left:
            splits += 1
            if splits > _SPLITS:
                return _unsolved(engine, shock)
            part = length / 2.0
            continue
        got = factors(world, here, some, theta, state)
        worst = max(worst, float(got["residual"].max()))
        total = {k: v * total[k] if total else v for k, v in got.items()}
        world = _next_world(world, here, some, theta, state)
        done += length
    total["residual"] = np.array([worst])
    return {name: value[0] for name, value in total.items()}


def _unsolved(engine: Engine, shock: Shock) -> dict[str, Array]:
    size, n = engine.world.sales.shape
    nothing = np.full(n, np.nan)
    return {
        "sector": np.full((len(shock.rows), size), np.nan), "exports": nothing, "imports": nothing,
        "price": nothing, "real": nothing, "residual": np.array(np.inf),
    }  # fmt: skip


def _next_world(world: SectorWorld, engine: Engine, shock: Shock, theta: Array, state: State) -> SectorWorld:
    """The world that one draw of a shock makes."""
    level = engine.level(shock, theta, state)
    pull = np.ones_like(world.flows)
    pull[:, shock.rows, shock.columns] += shock.change[:, 0]
    flows = world.flows * pull * level.a[:, 0][:, :, None] * level.reach[:, 0][:, None, :]
    sales, spending = flows.sum(axis=2), flows.sum(axis=1)
    final = np.maximum(spending - np.einsum("ksj,sj->kj", world.input_share, sales), 0.0)
    return SectorWorld(
        world.labels, world.names, flows, world.input_share, world.value_added_share, sales, spending, final,
        (world.value_added_share * sales).sum(axis=0), final.sum(axis=0),
    )  # fmt: skip
