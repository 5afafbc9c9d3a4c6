"""Whether figures that a source brought can be what was asked for: not of one economy for all, nor in other units.

A source may be wrong in a form that fits the table. What is refused here is far outside what
statistics do: revisions of GDP have gone up to double, world trade has never halved or tripled from
one edition to the next.
"""

from __future__ import annotations

import pandas as pd

from corridors.errors import SourceError

MOST_GDP_MUSD = 1e8
"""Of one economy: about the whole world's of 2023."""
MOST_FLOW_MUSD = 5e6
"""Of one pair: ten times the largest flow of 2023."""
RECENT_YEARS = 5
LEAST_COVERAGE = 0.5
MOST_REVISION = 20.0
MOST_SHIFT = 2.0
WORLD_TRADE = (0.2, 10.0)
"""All flows together, as a multiple of those of the latest year that the data hold."""


def gdp(fetched: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """``fetched`` (iso3, year, gdp_musd), held against what the data hold. SourceError if it cannot
    be GDP in US dollars."""
    _refuse(fetched["gdp_musd"] > MOST_GDP_MUSD, fetched, "gdp_musd", f"at most {MOST_GDP_MUSD:g} million US dollars")
    recent = known[known["year"] > known["year"].max() - RECENT_YEARS]
    both = recent.merge(fetched, on=["iso3", "year"], suffixes=("_known", ""))
    if len(both) < LEAST_COVERAGE * len(recent):
        raise SourceError(
            f"GDP: figures for only {len(both):,} of the {len(recent):,} economies and years since "
            f"{recent['year'].min()} that data/gdp.csv has; "
            "an answer cut short is not taken"
        )
    ratio = both["gdp_musd"] / both["gdp_musd_known"]
    if not 1 / MOST_SHIFT <= ratio.median() <= MOST_SHIFT:
        raise SourceError(
            f"GDP: the median figure is {ratio.median():.3g} times what data/gdp.csv has; other "
            f"units or prices than current US dollars?"
        )
    _refuse(
        (ratio > MOST_REVISION) | (ratio < 1 / MOST_REVISION),
        both,
        "gdp_musd",
        f"within {MOST_REVISION:g} times of data/gdp.csv",
    )
    return fetched


def trade(flows: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    """``flows`` of one year (exporter, importer, year, trade_musd), held against the panel's latest
    year. SourceError if they cannot be exports of the world."""
    _refuse(flows["trade_musd"] > MOST_FLOW_MUSD, flows, "trade_musd", f"at most {MOST_FLOW_MUSD:g} million US dollars")
    latest = panel[panel["year"] == panel["year"].max()]
    least = LEAST_COVERAGE * latest["exporter"].nunique()
    if flows["exporter"].nunique() < least:
        raise SourceError(
            f"trade: exports of only {flows['exporter'].nunique():,} economies, and "
            f"{latest['year'].iloc[0]} has {latest['exporter'].nunique():,}; "
            "the newest year comes late, or the answer was cut short"
        )
    ratio = flows["trade_musd"].sum() / latest["trade_musd"].sum()
    if not WORLD_TRADE[0] <= ratio <= WORLD_TRADE[1]:
        raise SourceError(
            f"trade: all flows together are {ratio:.3g} times those of {latest['year'].iloc[0]}; "
            f"other units than current US dollars, or imports for exports?"
        )
    return flows


def _refuse(wrong: pd.Series, frame: pd.DataFrame, column: str, allowed: str) -> None:
    if wrong.any():
        row = frame[wrong].iloc[0]
        where = " ".join(str(row[name]) for name in ("iso3", "exporter", "importer", "year") if name in frame)
        raise SourceError(f"{where}: {column} is {row[column]:g}; allowed: {allowed}")
