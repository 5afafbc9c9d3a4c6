"""Whether figures that a source brought can be what was asked for: not of one economy for all, nor in other units.

A source may be wrong in a form that fits the table. What is refused here is far outside what
statistics do: revisions of GDP have gone up to double, world trade has never halved or tripled from
one edition to the next.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridors.data import names
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
NEAR_YEARS = 5
LEAST_KEPT = 0.95
"""Of world trade, between pairs that trade in both of two near years: 0.99 in every four years since 1992."""
MOST_GROWTH = ((2, 1.6), (NEAR_YEARS, 3.0), (1000, 10.0))
"""Years apart, and how many times as much the same pairs may trade."""
LARGE_MUSD, TRADER_MUSD = 10.0, 5_000.0
"""Flows and economies that are looked at one by one."""
MOST_APART = 1.5
"""Median of the logarithms by which large flows differ in near years: 0.7 at most since 1992."""


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


def world(flows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """``flows`` (exporter, importer, year, trade_musd; one or more years of a reconciled edition), each year held against the
    nearest that the data hold. SourceError if they are a part of the world's, another unit, or in other directions."""
    ours = list(names.economies())
    reported = known[(known["status"] == "reported") & known["exporter"].isin(ours) & known["importer"].isin(ours)]
    for year in sorted(flows["year"].unique()):
        own = flows[(flows["year"] == year) & (flows["exporter"] != flows["importer"])]
        _refuse(~(own["trade_musd"] <= MOST_FLOW_MUSD) | (own["trade_musd"] < 0), own, "trade_musd", f"0 to {MOST_FLOW_MUSD:g} million US dollars")
        nearest = min(reported["year"].unique(), key=lambda other: (abs(other - year), other))
        old = reported[(reported["year"] == nearest) & (reported["trade_musd"] > 0)]
        _hold(own, old, int(year), int(nearest))
    return flows


def _hold(own: pd.DataFrame, old: pd.DataFrame, year: int, known_year: int) -> None:
    named, gap = f"CEPII: trade of {year}", abs(year - known_year)
    both = old.merge(own[own["trade_musd"] > 0], on=["exporter", "importer"], suffixes=("", "_now"))
    least = LEAST_KEPT if gap <= NEAR_YEARS else LEAST_COVERAGE
    kept = both["trade_musd"].sum() / old["trade_musd"].sum()
    if kept < least:
        raise SourceError(f"{named}: pairs with {100 * (1 - kept):.0f} % of the trade of {known_year} have none; a part of the file, or filtered?")
    ratio = both["trade_musd_now"].sum() / both["trade_musd"].sum()
    most = next(most for years, most in MOST_GROWTH if gap <= years)
    if not 1 / most <= ratio <= most:
        raise SourceError(
            f"{named}: {ratio:.3g} times that of {known_year} between the same pairs; rows twice, or other units than thousands of US dollars?"
        )
    large = both[both["trade_musd"] > LARGE_MUSD]
    turned = large.merge(own.rename(columns={"exporter": "importer", "importer": "exporter", "trade_musd": "trade_musd_back"})[["exporter", "importer", "trade_musd_back"]])
    turned = turned[turned["trade_musd_back"] > 0]
    ahead, back = (
        float(np.log(turned[name] / turned["trade_musd"]).abs().median()) for name in ("trade_musd_now", "trade_musd_back")
    )
    if back < ahead:
        raise SourceError(f"{named}: nearer to {known_year} with exporters and importers in each other's place; imports for exports?")
    if gap > NEAR_YEARS:
        return
    if ahead > MOST_APART:
        raise SourceError(f"{named}: half of the flows are over {np.exp(MOST_APART):.0f} times off those of {known_year}; codes of another list?")
    for side in ("exporter", "importer"):
        before = old.groupby(side)["trade_musd"].sum()
        share = (both.groupby(side)["trade_musd"].sum().reindex(before.index, fill_value=0.0) / before)[before > TRADER_MUSD]
        if (share < LEAST_COVERAGE).any():
            gone = ", ".join(share.index[share < LEAST_COVERAGE][:3])
            raise SourceError(f"{named}: {side} {gone}: pairs with most of its trade of {known_year} have none; a part of the file, or filtered?")


def _refuse(wrong: pd.Series, frame: pd.DataFrame, column: str, allowed: str) -> None:
    if wrong.any():
        row = frame[wrong].iloc[0]
        where = " ".join(str(row[name]) for name in ("iso3", "exporter", "importer", "year") if name in frame)
        raise SourceError(f"{where}: {column} is {row[column]:g}; allowed: {allowed}")
