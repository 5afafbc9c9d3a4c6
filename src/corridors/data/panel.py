"""The world trade panel as arrays: year x exporter x importer, with geography and GDP on the same axes."""

from __future__ import annotations

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
    ``agreement`` (Y, N, N) 0/1; ``geography`` (N, N, 4) in the order of :data:`GEOGRAPHY`, NaN where
    unknown; ``gdp`` frame of million US dollars, economies x calendar years, NaN where unknown.
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
    """The panel of ``data/bilateral_trade_panel.csv``: every economy that exports or imports in it."""
    return from_tables(tables.bilateral_trade_panel(), tables.pair_geography(), tables.gdp())


def from_tables(trade: pd.DataFrame, geography: pd.DataFrame, gdp: pd.DataFrame) -> Panel:
    """Arrange three tables (columns as in ``data/``) on common axes."""
    economies = tuple(sorted(set(trade["exporter"]) | set(trade["importer"])))
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
