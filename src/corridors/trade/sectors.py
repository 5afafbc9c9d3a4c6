"""The world's trade by sector, an estimate: what each economy sells and buys, balanced to who trades with whom.

Bilateral trade by sector is known for few pairs at hand, what each economy sells (16 groups of
goods, four stages of processing) and buys (four stages) for most
(``data/trade_composition_by_economy.csv``). The estimate is the table nearest in relative entropy
to a first guess that agrees with all of it (Deming and Stephan 1940):

1. which stages a group's goods are at is read off the exporters (non-negative least squares over
   economies), so that an exporter's shares by sector and stage follow from its groups;
2. the first guess divides each flow by its exporter's shares, those of sectors that travel badly
   falling with distance by their own elasticity (``data/trade_elasticities_gtap.csv``);
3. it is scaled in turn to what exporters sell by sector and stage, to what importers buy by stage,
   and to each flow's total, which it meets exactly; the compositions of ``data/sector_shares.csv``
   are held.

Economies without a report have the mean of the five nearest that have one, or a row in
``sector_shares``.

Sales at home: with input shares and final demand of ``data/sector_inputs.csv`` and
``data/sectors.csv``, an economy's spending is what its GDP and its deficit in goods pay for, and at
least a tenth of what it imports in a sector is made there as well. Re-exporting economies make more
than their GDP says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import panel, tables
from corridors.equilibrium import SectorWorld, sector_world
from corridors.runtime.cache import kept
from corridors.trade import composition as composition_of_pairs
from corridors.trade import world

Array = npt.NDArray[np.float64]
Pair = tuple[str, str]

STAGES = ("raw_materials", "intermediate_goods", "consumer_goods", "capital_goods")
LEAST_HOME = 0.1
LEAST_FINAL = 0.3
SERVICES = "services"
REPORTED, NEAR, OWN_ROW = "reported", "mean of the nearest economies that report", "sector_shares"
_ROUNDS = 80
_MET = 1e-4


@dataclass(frozen=True)
class Composition:
    """Trade by sector of N economies: ``goods`` the G sectors of goods, ``trade`` (G,N,N) million dollars,
    diagonal 0; ``basis`` where each exporter's shares are from; ``off`` by how much what economies
    sell or buy by sector and stage is missed, as a share of all trade (sources disagree; flows'
    totals are met)."""

    economies: tuple[str, ...]
    goods: tuple[str, ...]
    trade: Array
    basis: tuple[str, ...]
    off: float

    def shares(self, pair: Pair) -> Array:
        """Shares (G,) of the sectors in one directed flow, from the most general where it is nothing."""
        i, j = self.economies.index(pair[0]), self.economies.index(pair[1])
        flow = self.trade[:, i, j]
        for value in (flow, self.trade[:, i].sum(axis=1), self.trade.sum(axis=(1, 2))):
            if value.sum() > 0:
                return np.asarray(value / value.sum())
        raise AssertionError("no trade at all")


def names() -> tuple[str, ...]:
    """Every sector, services last."""
    return _names(tables.stamp("sectors"))


@lru_cache(maxsize=4)
def _names(_stamp: object) -> tuple[str, ...]:
    return tuple(tables.sectors()["sector"])


def goods() -> tuple[str, ...]:
    """The sectors of goods."""
    return tuple(s for s in names() if s != SERVICES)


@lru_cache(maxsize=1)
def composition() -> Composition:
    """The estimate for :func:`corridors.trade.world.base_matrix`."""
    trade, economies, basis, off = _estimated()
    return Composition(economies, goods(), trade, basis, off)


@lru_cache(maxsize=1)
def base_world() -> SectorWorld:
    """The world that sector responses start from: flows and sales at home by sector, with input shares."""
    found = world.build()
    flows = composition().trade
    sectors = tables.sectors().set_index("sector").loc[list(names())]
    share = input_share()
    final = sectors["final_share"].to_numpy(dtype=float)
    home = sales_at_home(flows, found.gdp_musd.to_numpy(), share, final / final.sum())
    whole = np.concatenate([flows, np.zeros((1, *flows.shape[1:]))])
    diagonal = np.arange(flows.shape[1])
    whole[:, diagonal, diagonal] = home
    labels = list(found.trade.index)
    frames = {n: pd.DataFrame(f, labels, labels) for n, f in zip(names(), whole, strict=True)}
    return sector_world(frames, pd.DataFrame(share, names(), names()))


def input_share() -> Array:
    """(S,S) spending on goods of the row's sector for a unit of sales of the column's."""
    table = tables.sector_inputs().pivot(index="input", columns="sector", values="share")
    return np.asarray(table.loc[list(names()), list(names())].to_numpy(dtype=float))


def sales_at_home(flows: Array, gdp: Array, share: Array, final: Array) -> Array:
    """Sales at home (S,N) of the goods in ``flows`` (S-1,N,N) and of services.

    Final spending is ``gdp`` (N,) and the deficit in goods, at least ``LEAST_FINAL`` of GDP; it is
    divided by ``final`` (S,). Production R is the least that serves it and the inputs that R itself
    needs, R = max(exports + LEAST_HOME imports, exports - imports + share R + final spending),
    reached from below.
    """
    sold = np.vstack([flows.sum(axis=2), np.zeros(flows.shape[1])])
    got = np.vstack([flows.sum(axis=1), np.zeros(flows.shape[1])])
    spending = np.maximum(gdp + (got - sold).sum(axis=0), LEAST_FINAL * gdp)
    wanted = final[:, None] * spending
    made = sold + LEAST_HOME * got
    for _ in range(10_000):
        new = np.maximum(sold + LEAST_HOME * got, sold - got + share @ made + wanted)
        done = np.abs(new - made).max() <= 1e-12 * new.max()
        made = new
        if done:
            break
    return np.asarray(made - sold)


def class_of(pairs: Sequence[Pair]) -> dict[Pair, dict[str, str]]:
    """The cargo class that each sector's goods travel in, by pair and sector of goods."""
    usual = dict(zip(tables.sectors()["sector"], tables.sectors()["cargo_class"], strict=True))
    own = tables.sector_shares().dropna(subset=["cargo_class"])
    other = {(r.exporter, r.importer, r.sector): str(r.cargo_class) for r in own.itertuples() if r.cargo_class}
    return {pair: {s: other.get((*pair, s), str(usual[s])) for s in goods()} for pair in pairs}


@kept
def _estimated() -> tuple[Array, tuple[str, ...], tuple[str, ...], float]:
    total = world.base_matrix()
    economies = tuple(map(str, total.index))
    flows = total.to_numpy().copy()
    np.fill_diagonal(flows, 0.0)
    sold, basis = exporter_shares(economies)
    held = _held(economies)
    free = flows.copy()
    for (i, j), _ in held.items():
        free[i, j] = 0.0
    bought = _importer_stages(economies)
    first = sold[:, :, :, None] * _travelled(economies)[:, None]
    found, off = balanced(first, free, sold, bought)
    trade = found.sum(axis=1)
    for (i, j), share in held.items():
        trade[:, i, j] = share * flows[i, j]
    return trade, economies, basis, off


def balanced(first: Array, flows: Array, sold: Array, bought: Array) -> tuple[Array, float]:
    """``first`` guess (G,Q,N,1 or N) of shares by sector, stage, exporter and importer, scaled to the margins.

    flows (N,N) are met exactly; sold (G,Q,N), each exporter's shares, and bought (Q,N), each
    importer's, as nearly as they agree with one another. Returns the table (G,Q,N,N) and the part
    of all trade by which the margins are missed.
    """
    exports, imports = flows.sum(axis=1), flows.sum(axis=0)
    wanted_sold = sold * exports
    # what importers say of stages is scaled to what exporters say, or no table could meet both
    stages = wanted_sold.sum(axis=(0, 2))
    wanted_bought = bought * imports
    for _ in range(50):
        wanted_bought *= _ratio(stages, wanted_bought.sum(axis=1))[:, None]
        wanted_bought *= _ratio(imports, wanted_bought.sum(axis=0))
    table = first * _ratio(flows, first.sum(axis=(0, 1)))
    off = np.inf
    for _ in range(_ROUNDS):
        table *= _ratio(wanted_sold, table.sum(axis=3))[:, :, :, None]
        table *= _ratio(wanted_bought, table.sum(axis=(0, 2)))[None, :, None, :]
        table *= _ratio(flows, table.sum(axis=(0, 1)))
        missed = np.abs(table.sum(axis=3) - wanted_sold).sum() + np.abs(table.sum(axis=(0, 2)) - wanted_bought).sum()
        before, off = off, float(missed / flows.sum())
        if off <= _MET or off > before * 0.999:
            break
    return table, off


def exporter_shares(economies: tuple[str, ...]) -> tuple[Array, tuple[str, ...]]:
    """What each economy sells (G,Q,N), by sector and stage, adding to one, and where that is from."""
    # A quarter of a second that whoever reads kept answers need not wait.
    from scipy.optimize import nnls

    table = tables.trade_composition_by_economy().set_index("iso3")
    groups = _groups()
    columns = [g for found in groups.values() for g in found]
    by_group = table[columns].fillna(0.0)
    by_group = by_group.div(by_group.sum(axis=1), axis=0)
    by_stage = table[[f"x_{q}" for q in STAGES]].fillna(0.0)
    by_stage = by_stage.div(by_stage.sum(axis=1), axis=0)
    bridge = np.column_stack([nnls(by_group.to_numpy(), by_stage[c].to_numpy())[0] for c in by_stage])
    bridge /= bridge.sum(axis=1, keepdims=True)
    weight = by_group.to_numpy()[:, :, None] * bridge
    at = {c: k for k, c in enumerate(columns)}
    known = np.stack([weight[:, [at[g] for g in found]].sum(axis=1) for found in groups.values()])
    place = {str(e): k for k, e in enumerate(table.index)}
    out = np.zeros((len(groups), len(STAGES), len(economies)))
    basis = []
    own = tables.sector_shares()
    rest = own[own["importer"] == "*"]
    stage_of = known.mean(axis=1)
    stage_of /= stage_of.sum(axis=1, keepdims=True)
    for n, economy in enumerate(economies):
        if economy in place:
            out[:, :, n] = known[:, place[economy]]
            basis.append(REPORTED)
        elif economy in set(rest["exporter"]):
            share = (
                rest[rest["exporter"] == economy]
                .set_index("sector")["share"]
                .reindex(list(groups))
                .to_numpy(dtype=float)
            )
            out[:, :, n] = share[:, None] * stage_of
            basis.append(OWN_ROW)
        else:
            near = composition_of_pairs.nearest(economy, place) or list(place)
            out[:, :, n] = known[:, [place[e] for e in near]].mean(axis=1)
            basis.append(NEAR)
    return out / out.sum(axis=(0, 1)), tuple(basis)


def _groups() -> dict[str, list[str]]:
    table = tables.sectors().set_index("sector")
    return {s: str(table.loc[s, "goods"]).split() for s in goods()}


def _importer_stages(economies: tuple[str, ...]) -> Array:
    """What each economy buys (Q,N) by stage; the mean where it does not report."""
    table = tables.trade_composition_by_economy().set_index("iso3")[[f"m_{q}" for q in STAGES]]
    table = table.div(table.sum(axis=1), axis=0)
    whole = table.reindex(list(economies)).fillna(table.mean())
    return np.asarray(whole.to_numpy(dtype=float).T)


def _travelled(economies: tuple[str, ...]) -> Array:
    """How much each sector's share falls with distance (G,N,N): distance to its median elasticity less their mean."""
    table = tables.trade_elasticities_gtap()
    middle = table.groupby("sector")["distance_elasticity"].median().reindex(list(goods())).to_numpy(dtype=float)
    facts = panel.load()
    at = [facts.position(e) for e in economies]
    ln_distance = facts.geography[np.ix_(at, at)][:, :, 0]
    ln_distance = np.where(np.isfinite(ln_distance), ln_distance, np.nanmean(ln_distance))
    ln_distance = ln_distance - np.nanmean(ln_distance)
    return np.asarray(np.exp((middle - middle.mean())[:, None, None] * ln_distance))


def _held(economies: tuple[str, ...]) -> dict[tuple[int, int], Array]:
    """Pairs whose composition is known, by position: shares (G,)."""
    table = tables.sector_shares()
    table = table[table["importer"] != "*"]
    out = {}
    for (a, b), rows in table.groupby(["exporter", "importer"]):
        if a in economies and b in economies:
            share = rows.set_index("sector")["share"].reindex(list(goods())).fillna(0.0).to_numpy(dtype=float)
            out[economies.index(str(a)), economies.index(str(b))] = share / share.sum()
    return out


def _ratio(wanted: Array, have: Array) -> Array:
    return np.divide(wanted, have, out=np.zeros(np.broadcast_shapes(wanted.shape, have.shape)), where=have > 0)
