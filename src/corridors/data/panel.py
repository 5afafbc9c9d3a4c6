"""The world trade panel as arrays: year x exporter x importer, with geography and GDP on the same axes.

Years to 2016 are what exporters reported (``data/bilateral_trade_panel.csv``); the newest are
reconciled from both sides (``data/world_trade.csv``), in which a pair without a row traded nothing
and one marked unreported is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import tables
from corridors.runtime.cache import kept

Array = npt.NDArray[np.float64]

GEOGRAPHY = ("ln_distance", "contiguous", "common_language", "colonial_link")


@dataclass(frozen=True)
class Panel:
    """Trade of N economies in Y years.

    ``trade`` (Y, N, N) million US dollars, rows exporters, NaN where the exporter did not report;
    ``agreement`` (Y, N, N) 0/1; ``geography`` (N, N, 4) in the order of :data:`GEOGRAPHY`, NaN
    where unknown; ``gdp`` frame of million US dollars, economies x calendar years, NaN where
    unknown.
    """

    economies: tuple[str, ...]
    years: tuple[int, ...]
    trade: Array
    agreement: Array
    geography: Array
    gdp: pd.DataFrame

    def ln_gdp(self, year: int) -> Array:
        """ln GDP of every economy in ``year`` (N,), NaN where unknown."""
        return np.asarray(np.log(self.gdp[year].to_numpy(dtype=np.float64)))

    def position(self, economy: str) -> int:
        """The place of ``economy`` on the axes, or -1 where it has no trade in the panel."""
        return self.economies.index(economy) if economy in self.economies else -1


@lru_cache(maxsize=1)
@kept
def load() -> Panel:
    """Every economy with trade and geography, in the years of both tables of trade; GDP of :func:`known_gdp`."""
    panel = from_tables(
        tables.bilateral_trade_panel(),
        tables.pair_geography(),
        known_gdp(),
        others=_newest_economies(),
    )
    for year, rows in tables.world_trade().groupby("year"):
        panel = with_reconciled(panel, int(year), rows)
    return panel


def known_gdp() -> pd.DataFrame:
    """GDP that is known: iso3, year, gdp_musd. The World Bank's; the IMF's of an economy that the World Bank leaves out (Taiwan),
    to the last year of the World Bank's table."""
    bank = tables.gdp()
    fund = tables.imf_weo()[["iso3", "year", "gdp_busd"]].dropna()
    fund = fund[~fund["iso3"].isin(set(bank["iso3"])) & (fund["year"] <= bank["year"].max()) & (fund["gdp_busd"] > 0)]
    fund = fund.assign(gdp_musd=1000.0 * fund["gdp_busd"])[["iso3", "year", "gdp_musd"]]
    return pd.concat([bank, fund], ignore_index=True)


def _newest_economies() -> set[str]:
    """Economies of the newest trade that have a name and a place on the map."""
    rows, geography = tables.world_trade(), tables.pair_geography()
    traded = set(rows["exporter"]) | set(rows["importer"])
    placed = set(geography["a"]) | set(geography["b"])
    return {str(e) for e in traded & placed & set(tables.economies()["iso3"])}


def with_reconciled(panel: Panel, year: int, rows: pd.DataFrame) -> Panel:
    """The panel with a year of reconciled trade added, or put in the place of what it had of that year.

    ``rows``: exporter, importer, trade_musd, status. Among its economies a pair without a row is
    zero, one that is ``unreported`` unknown (NaN), as is all trade of economies that it leaves out.
    Agreements in force are those of the panel's year before: no source of flows has them.
    """
    index, n = pd.Index(panel.economies), len(panel.economies)
    there = index.isin(set(rows["exporter"]) | set(rows["importer"]))
    flow = np.full((n, n), np.nan)
    flow[np.ix_(there, there)] = 0.0
    i, j = index.get_indexer(rows["exporter"]), index.get_indexer(rows["importer"])
    use = (i >= 0) & (j >= 0)
    value = np.where(rows["status"] == "reported", rows["trade_musd"].to_numpy(dtype=np.float64), np.nan)
    flow[i[use], j[use]] = value[use]
    np.fill_diagonal(flow, np.nan)
    before = [k for k, y in enumerate(panel.years) if y < year]
    after = [k for k, y in enumerate(panel.years) if y > year]
    agreement = panel.agreement[before[-1]] if before else np.zeros((n, n))
    return Panel(
        panel.economies,
        (*(panel.years[k] for k in before), year, *(panel.years[k] for k in after)),
        np.concatenate([panel.trade[before], flow[None], panel.trade[after]]),
        np.concatenate([panel.agreement[before], agreement[None], panel.agreement[after]]),
        panel.geography,
        panel.gdp,
    )


def from_tables(
    trade: pd.DataFrame, geography: pd.DataFrame, gdp: pd.DataFrame, others: Iterable[str] = ()
) -> Panel:
    """Arrange three tables (columns as in ``data/``) on common axes, with room for ``others`` that
    do not trade in them."""
    economies = tuple(sorted({*trade["exporter"].unique(), *trade["importer"].unique(), *others}))
    years = tuple(int(y) for y in sorted(trade["year"].unique()))
    index = pd.Index(economies)
    n = len(economies)
    y = pd.Index(years).get_indexer(trade["year"])
    i, j = index.get_indexer(trade["exporter"]), index.get_indexer(trade["importer"])
    flows = np.full((len(years), n, n), np.nan)
    flows[y, i, j] = trade["trade_musd"].to_numpy(dtype=np.float64)
    agreement = np.zeros((len(years), n, n))
    agreement[y, i, j] = trade["trade_agreement"].to_numpy(dtype=np.float64)

    a, b = index.get_indexer(geography["a"]), index.get_indexer(geography["b"])
    known = (a >= 0) & (b >= 0)
    values = np.column_stack(
        [
            np.log(geography["distance_km"].to_numpy(dtype=np.float64)),
            geography[["contiguous", "common_language", "colonial_link"]].to_numpy(dtype=np.float64),
        ]
    )[known]
    facts = np.full((n, n, len(GEOGRAPHY)), np.nan)
    facts[a[known], b[known]] = values
    facts[b[known], a[known]] = values
    wide = gdp.pivot(index="iso3", columns="year", values="gdp_musd").reindex(index)
    return Panel(economies, years, flows, agreement, facts, wide)
