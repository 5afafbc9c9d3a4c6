"""Sectors with sales and spending held, or with nothing but the shocked flows moving."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corridors.equilibrium.batch import Base, Pair
from corridors.equilibrium.hats import Array
from corridors.equilibrium.sector_engine import Shock
from corridors.equilibrium.sector_world import Keyed, SectorWorld


def solve(world: SectorWorld, shock: Shock, theta: Array) -> dict[str, Array]:
    """Factors of some draws: every sector is a matrix balanced to its old margins.

    Real GDP: the price of final demand, its shares alpha over the sectors' price indices; what
    cheaper inputs do to costs is not in it, as sales are held.
    """
    size, draws, count = shock.change.shape
    n = len(world.labels)
    sector = np.ones((draws, count, size))
    real, residual = np.zeros((draws, n)), np.zeros(draws)
    out, into = np.zeros((draws, n)), np.zeros((draws, n))
    abroad = world.flows * ~np.eye(n, dtype=bool)
    pairs: list[Pair] = [
        (world.labels[i], world.labels[j]) for i, j in zip(shock.rows, shock.columns, strict=True)
    ]
    for s in range(size):
        if not (shock.log_k[s].any() and world.flows[s][shock.rows, shock.columns].any()):
            continue
        here, base = _base(Keyed(world), s)
        inside = [p for p in range(count) if here[shock.rows[p]] and here[shock.columns[p]]]
        found = base.respond([pairs[p] for p in inside], shock.log_k[s][:, inside], theta[s])
        sector[:, inside, s] = found.trade_factor
        at = np.flatnonzero(here)
        sold, got = abroad[s].sum(axis=1)[at], abroad[s].sum(axis=0)[at]
        out[:, at] += sold * (found.exports_factor - 1.0)
        into[:, at] += got * (found.imports_factor - 1.0)
        real[:, at] += world.final_share[s, at] * np.log(found.real_gdp_factor)
        residual = np.maximum(residual, found.residual)
    return _all(world, abroad, sector, out, into, np.exp(real), residual)


@lru_cache(maxsize=64)
def _base(key: Keyed, sector: int) -> tuple[NDArray[np.bool_], Base]:
    """Economies that sell and buy goods of a sector, and their flows, ready for any shock."""
    flows = key.world.flows[sector]
    here = (flows.sum(axis=1) > 0) & (flows.sum(axis=0) > 0)
    names = [key.world.labels[i] for i in np.flatnonzero(here)]
    return here, Base.of(
        pd.DataFrame(flows[np.ix_(here, here)], index=names, columns=names), "conditional"
    )


def partial(world: SectorWorld, shock: Shock) -> dict[str, Array]:
    """Factors of some draws when only the shocked flows move, by tau^-theta."""
    size, draws, _ = shock.change.shape
    n = len(world.labels)
    abroad = world.flows * ~np.eye(n, dtype=bool)
    one = np.ones((size, draws, n))
    out, into = np.zeros_like(one), np.zeros_like(one)
    shock.add_sold(out, one, abroad)
    shock.add_bought(into, one, abroad)
    sector = (1.0 + shock.change).transpose(1, 2, 0)
    return _all(world, abroad, sector, out.sum(axis=0), into.sum(axis=0), one[0], np.zeros(draws))


def _all(
    world: SectorWorld, abroad: Array, sector: Array, out: Array, into: Array, real: Array, residual: Array
) -> dict[str, Array]:
    exports, imports = abroad.sum(axis=(0, 2)), abroad.sum(axis=(0, 1))
    return {
        "sector": sector,
        "exports": 1.0 + np.divide(out, exports, out=np.zeros_like(out), where=exports > 0),
        "imports": 1.0 + np.divide(into, imports, out=np.zeros_like(into), where=imports > 0),
        "price": np.ones_like(real),
        "real": real,
        "residual": residual,
    }
