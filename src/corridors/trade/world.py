"""The world's trade in the base year: what was observed, as it is, and what nobody reported, marked.

The base year is the newest year of ``data/world_trade.csv``. Each international flow is one of
these, and :func:`provenance` says which:

1. *reported* by either side: as it is;
2. *cited*: neither side is in that table, but another source has the flow
(``data/unreported_flows.csv``); 3. *older report*: neither side reports now, but the exporter did
within :data:`OLDEST_REPORT` years before: that flow,
   grown as the trade of both with everybody else grew since, X_ij(0) (G_i G_j / G), G_i being what
   i sold then and now to partners known in both years, G_j what j bought, G what all did, the
   growth within a factor :data:`WIDEST_GROWTH`. Reports of trade with an economy that the newest
   table leaves out hold what was not allocated to any (oil sold to "other Asia"): they count up to
   :data:`WIDEST_GROWTH` times what gravity expects;
4. *gravity model*: the rest, as :mod:`corridors.trade.expected_trade` expects it.

Where an economy's total is stated (``data/trade_totals.csv``) and kinds 3 and 4 are most of its
trade (Taiwan), they are scaled to fill what the total leaves, by no more than a factor
:data:`WIDEST_SCALING`. Where most is known from partners, what a total leaves is mostly the
partners' error, not the unknown flows: there the stated total stands beside the matrix's
(:func:`totals`). Flows of kinds 1 and 2 never move.

Sales at home are gross output minus exports, gross output being GDP times ``gross_output_ratio``
(an estimate with a range in ``data/parameters.csv``), and never less than a tenth of gross output
(entrepots re-export more than they make).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import panel, tables
from corridors.errors import DataError
from corridors.runtime.cache import kept
from corridors.trade import expected_trade

Array = npt.NDArray[np.float64]

LEAST_HOME_SHARE = 0.1
OLDEST_REPORT = 8
WIDEST_SCALING = 3.0
WIDEST_GROWTH = 4.0
MOSTLY = 0.5
FREIGHT_AND_INSURANCE = 1.06
"""Imports with freight and insurance over exports free on board: world average (Miao and Fortanier 2017, OECD)."""

REPORTED = "reported"
CITED = "cited source"
OLDER = "older report, grown with trade since"
MODEL = "gravity model"
ESTIMATE = "estimate from GDP"
UNREPORTED = (CITED, OLDER, MODEL)
"""Kinds of flows that neither side reports in the base year."""


@dataclass(frozen=True)
class World:
    """The matrix and where each number is from.

    ``trade`` million US dollars, rows exporters, columns importers, diagonal sales at home;
    ``basis`` the same shape, one of the constants of this module; ``gdp_musd`` by economy,
    ``gdp_basis`` of it.
    """

    year: int
    trade: pd.DataFrame
    basis: pd.DataFrame
    gdp_musd: pd.Series
    gdp_basis: pd.Series


def base_matrix(gross_output_ratio: float | None = None) -> pd.DataFrame:
    """Trade of the world in the base year, million US dollars, ISO3 x ISO3.

    Rows are exporters, columns importers, the diagonal is sales at home; every economy sells at
    home, and exports and imports something. ``gross_output_ratio`` replaces the central value of
    the parameter.
    """
    return build(gross_output_ratio).trade.copy()


def provenance() -> pd.DataFrame:
    """Where each international flow of :func:`base_matrix` is from.

    Columns: exporter, importer, trade_musd, basis (a constant of this module), filled (neither side
    reported it), home (sales at home).
    """
    world = build()
    names = world.trade.index
    n = len(names)
    frame = pd.DataFrame(
        {
            "exporter": np.repeat(names, n),
            "importer": np.tile(names, n),
            "trade_musd": world.trade.to_numpy().ravel(),
            "basis": world.basis.to_numpy().ravel(),
        }
    )
    frame["filled"] = frame["basis"].isin(UNREPORTED)
    frame["home"] = frame["exporter"] == frame["importer"]
    return frame


def totals() -> pd.DataFrame:
    """What each economy sells and buys by the matrix, how much of it nobody reported, and the total that is stated.

    Columns: economy, exports_musd, exports_unreported_musd, exports_stated_musd (NaN where none
    is), the same three of imports, gdp_basis.
    """
    world = build()
    abroad = world.trade.to_numpy().copy()
    np.fill_diagonal(abroad, 0.0)
    unknown = abroad * np.isin(world.basis.to_numpy(), UNREPORTED)
    stated = _stated(pd.Index(world.trade.index), world.year)
    return pd.DataFrame(
        {
            "economy": world.trade.index,
            "exports_musd": abroad.sum(axis=1),
            "exports_unreported_musd": unknown.sum(axis=1),
            "exports_stated_musd": stated[0],
            "imports_musd": abroad.sum(axis=0),
            "imports_unreported_musd": unknown.sum(axis=0),
            "imports_stated_musd": stated[1],
            "gdp_basis": world.gdp_basis.to_numpy(),
        }
    )


def build(gross_output_ratio: float | None = None) -> World:
    """Build the matrix once for each ratio; see the module's description for the steps."""
    return _built(gross_output_ratio)


@lru_cache(maxsize=8)
@kept
def _built(gross_output_ratio: float | None) -> World:
    panels = panel.load()
    year = panels.years[-1]
    if year not in panels.gdp.columns:
        raise DataError(f"world: trade of {year} is newer than GDP, which is known to {int(panels.gdp.columns.max())}")
    names = pd.Index(panels.economies)
    trade, basis = _flows(panels)
    gdp, gdp_basis = _complete_gdp(panels, trade, year)
    ratio = _gross_output_ratio() if gross_output_ratio is None else gross_output_ratio
    output = ratio * gdp
    home = np.maximum(output - trade.sum(axis=1), LEAST_HOME_SHARE * output)
    np.fill_diagonal(trade, home)
    np.fill_diagonal(basis, ESTIMATE)
    return World(
        year,
        pd.DataFrame(trade, index=names, columns=names),
        pd.DataFrame(basis, index=names, columns=names),
        pd.Series(gdp, index=names),
        pd.Series(gdp_basis, index=names),
    )


def _flows(panels: panel.Panel) -> tuple[Array, npt.NDArray[np.object_]]:
    """International flows of the last year (N, N) and where each is from."""
    trade = panels.trade[-1].copy()
    basis = np.full(trade.shape, REPORTED, dtype=object)
    np.fill_diagonal(trade, 0.0)
    unknown = np.isnan(trade)
    expected = np.nan_to_num(np.exp(expected_trade.answer().ln_trade[-1]))
    trade[unknown], basis[unknown] = expected[unknown], MODEL
    older = grown_reports(panels)
    left_out = np.isnan(panels.trade[-1]).all(axis=1) & np.isnan(panels.trade[-1]).all(axis=0)
    older = np.where(
        left_out[:, None] | left_out,
        np.where(expected > 0, np.minimum(older, WIDEST_GROWTH * expected), older),
        older,
    )
    use = unknown & np.isfinite(older)
    trade[use], basis[use] = older[use], OLDER
    free = unknown.copy()
    for rows, columns, value in _cited(pd.Index(panels.economies), panels.years[-1]):
        block = np.ix_(rows, columns)
        here = free[block]
        if not here.any():
            continue
        weights = np.where(here, trade[block], 0.0)
        # A sum of several flows is divided as they would be without it, what is reported of it
        # taken off.
        rest = max(value - float(np.where(here, 0.0, trade[block]).sum()), 0.0)
        share = weights / weights.sum() if weights.sum() > 0 else here / here.sum()
        trade[block] = np.where(here, rest * share, trade[block])
        basis[block] = np.where(here, CITED, basis[block])
        free[block] = False
    exports, imports = _stated(pd.Index(panels.economies), panels.years[-1])
    silent = np.where(unknown, trade, 0.0)
    exports = np.where(silent.sum(axis=1) >= MOSTLY * exports, exports, np.nan)
    imports = np.where(silent.sum(axis=0) >= MOSTLY * imports, imports, np.nan)
    return _to_totals(trade, free, (exports, imports)), basis


def grown_reports(panels: panel.Panel) -> Array:
    """The latest earlier report of every flow (N, N), at most :data:`OLDEST_REPORT` years old, brought to the last year.

    Grown as both sides' trade with partners known in both years did; NaN where there is no such
    report or no such partner.
    """
    last = panels.trade[-1]
    out = np.full(last.shape, np.nan)
    for k in range(len(panels.years) - 1):
        if panels.years[k] < panels.years[-1] - OLDEST_REPORT:
            continue
        then = panels.trade[k]
        both = np.isfinite(then) & np.isfinite(last)
        a, b = np.where(both, then, 0.0), np.where(both, last, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            sold, bought = b.sum(axis=1) / a.sum(axis=1), b.sum(axis=0) / a.sum(axis=0)
            world = b.sum() / a.sum()
        # Who has no partner known in both years grows like the world.
        sold, bought = (np.where(np.isfinite(g) & (g > 0), g, world) for g in (sold, bought))
        growth = np.outer(sold, bought) / world
        new = then * np.clip(growth, 1 / WIDEST_GROWTH, WIDEST_GROWTH)
        out = np.where(np.isfinite(new), new, out)
    return out


def _to_totals(trade: Array, free: npt.NDArray[np.bool_], stated: tuple[Array, Array]) -> Array:
    """Scale ``free`` flows towards what stated totals leave for them, rows and columns in turn, within bounds."""
    start = np.where(free, trade, 0.0)
    fixed = np.where(free, 0.0, trade)
    scale = np.ones(trade.shape)
    for _ in range(50):
        for axis, total in ((1, stated[0]), (0, stated[1])):
            have = (start * scale).sum(axis=axis)
            left = total - fixed.sum(axis=axis)
            with np.errstate(divide="ignore", invalid="ignore"):
                step = np.where(np.isfinite(left) & (have > 0), np.maximum(left, 0.0) / have, 1.0)
            scale = np.clip(scale * np.expand_dims(step, axis), 1 / WIDEST_SCALING, WIDEST_SCALING)
    return fixed + start * scale


def _stated(names: pd.Index, year: int) -> tuple[Array, Array]:
    """Totals stated for the year (N,), (N,): exports and imports, both free on board, NaN where none is."""
    table = tables.trade_totals()
    table = table[table["year"] == year].set_index("economy").reindex(names)
    return table["exports_musd"].to_numpy(dtype=np.float64), table["imports_musd"].to_numpy(
        dtype=np.float64
    ) / FREIGHT_AND_INSURANCE


def _cited(names: pd.Index, year: int) -> list[tuple[list[int], list[int], float]]:
    """Flows that another source has for ``year``: positions of exporters and importers, value."""
    found = []
    for (exporter, importer), reports in tables.unreported_flows().groupby(["exporter", "importer"]):
        value = _in_year(reports, year)
        sides = [str(exporter).split("+"), str(importer).split("+")]
        if value is not None and all(e in names for side in sides for e in side):
            rows, columns = ([int(names.get_loc(e)) for e in side] for side in sides)
            found.append((rows, columns, value))
    return found


def _in_year(reports: pd.DataFrame, year: int) -> float | None:
    """The calendar year's value from reports on periods that overlap it, weighted by the months shared.

    A calendar year is half of one fiscal year and half of the next; where only one of them is known
    it stands for both.
    """
    first, last = pd.Period(f"{year}-01", "M"), pd.Period(f"{year}-12", "M")
    weights, rates = [], []
    for row in reports.itertuples():
        start, end = pd.Period(row.start, "M"), pd.Period(row.end, "M")
        shared = (min(end, last) - max(start, first)).n + 1
        if shared > 0:
            weights.append(shared)
            rates.append(float(row.trade_musd) * 12 / ((end - start).n + 1))
    return float(np.average(rates, weights=weights)) if weights else None


def _complete_gdp(panels: panel.Panel, trade: Array, year: int) -> tuple[Array, list[str]]:
    """GDP of every economy in ``year`` (N,): a gap follows the median growth of the world; none at
    all: from what it buys."""
    values = np.log(panels.gdp.to_numpy(dtype=np.float64))
    steps = np.nanmedian(np.diff(values, axis=1), axis=0)
    years = [int(y) for y in panels.gdp.columns]
    at = years.index(year)
    basis = np.where(
        np.isnan(values[:, at]), "carried forward with the median growth of the world", "reported"
    ).astype(object)
    for k in range(1, at + 1):
        gap = np.isnan(values[:, k])
        values[gap, k] = values[gap, k - 1] + steps[k - 1]
    ln_gdp = values[:, at]
    none = np.isnan(ln_gdp)
    if none.any():
        bought = np.log(np.maximum(trade.sum(axis=0), 1e-6))
        slope, constant = np.polyfit(bought[~none], ln_gdp[~none], 1)
        ln_gdp = np.where(none, constant + slope * bought, ln_gdp)
        basis[none] = "inferred from its imports"
    return np.exp(ln_gdp), [str(b) for b in basis]


def _gross_output_ratio() -> float:
    table = tables.parameters().set_index("parameter")
    return float(table.loc["gross_output_ratio", "central"])
