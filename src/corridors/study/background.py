"""The world around a pair, whatever the measures: gravity estimates, output, what changed, loads of trucks.

Computed once in a build and read by the background reports, which compute nothing. Each figure is
one call; the mathematics is in the modules called.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from corridors.data import panel, tables
from corridors.gravity import diagnostics
from corridors.study import truck_loads
from corridors.study.background_tables import TABLES
from corridors.study.saved_tables import SavedTables
from corridors.trade import (
    agreement_within_pairs,
    expected_trade,
    gdp_forecast,
    gravity_effects,
    missing_trade,
    world,
)
from corridors.transport.system import Pair
from corridors.transport.truck_values import HIGHEST_USD, LOWEST_USD

THEN = 2016
"""What changed since: the last year that exporters alone report."""
MOST_CHANGED = 8
MOST_INFLUENTIAL = 10
OUTPUT_YEARS = (2025, 2030, 2035)
OUTPUT_ALSO = ("CHN", "PAK")
"""Economies beside the pair whose output is shown."""
_P90 = 1.2816


@dataclass(frozen=True)
class Background(SavedTables):
    """Tables of the world around a pair (:mod:`corridors.study.background_tables`); the summary names the pair."""

    whose = "background"
    declared = TABLES
    title = "The world around the pair"


def run(pair: Pair) -> Background:
    """Compute every table for ``pair`` (two ISO 3166 codes). Raises DataError for an economy
    without trade or output."""
    fit, sample = missing_trade.pooled_fit()
    found = {
        "scope": _scope(),
        "trade_change": trade_change(pair),
        "output": output([*pair, *OUTPUT_ALSO]),
        "whatif": gravity_effects.gravity_whatif(pair),
        "whatif_by_economy": gravity_effects.whatif_by_economy(pair),
        "agreement_within_pairs": _within_pairs(),
        "diagnostics": diagnostics.counts(fit),
        "reset": pd.DataFrame([diagnostics.reset(fit)]),
        "influence": diagnostics.influence(fit, sample)
        .head(MOST_INFLUENTIAL)[["exporter", "importer", "largest"]]
        .rename(columns={"largest": "largest_std_errors"}),
        "truck_loads": truck_loads.loads(pair),
        "pair_loads": truck_loads.traffic(pair),
        "tonne_values": truck_loads.values(pair),
    }
    return Background(found, {"pair": list(pair)})


def _scope() -> pd.DataFrame:
    fitted = expected_trade.answer()
    row = (fitted.nobs, fitted.years[0], fitted.years[-1], int(world.build().year), LOWEST_USD, HIGHEST_USD)
    return pd.DataFrame([row], columns=list(TABLES["scope"].columns))


def trade_change(pair: Pair) -> pd.DataFrame:
    """The flows of each of the two that changed most between :data:`THEN` and the newest year, in
    dollars; table ``trade_change``."""
    known = panel.load()
    k, last = known.years.index(THEN), known.years[-1]
    rows = []
    for economy in pair:
        i = known.position(economy)
        found = []
        for flow, then, now in (
            ("exports", known.trade[k, i], known.trade[-1, i]),
            ("imports", known.trade[k, :, i], known.trade[-1, :, i]),
        ):
            both = np.flatnonzero(np.isfinite(then) & np.isfinite(now))
            found += [
                (
                    abs(now[j] - then[j]),
                    flow,
                    str(known.economies[j]),
                    float(then[j]),
                    float(now[j]),
                )
                for j in both
            ]
        rows += [
            (economy, flow, partner, THEN, last, before, after)
            for _, flow, partner, before, after in sorted(found, reverse=True)[:MOST_CHANGED]
        ]
    return pd.DataFrame(rows, columns=list(TABLES["trade_change"].columns))


def output(economies: list[str]) -> pd.DataFrame:
    """GDP of ``economies`` as projected, beside the IMF's; table ``output``."""
    imf = tables.imf_weo().set_index(["iso3", "year"])["gdp_busd"]
    rows = []
    for economy in dict.fromkeys(economies):
        ahead = gdp_forecast.forecast(economy)
        for year in OUTPUT_YEARS:
            middle = float(np.exp(gdp_forecast.middle((economy, economy), year)[0]))
            sd = float(ahead.sd[year - ahead.last_year - 1]) if year > ahead.last_year else float("nan")
            low, high = (middle * float(np.exp(z * sd)) / 1e6 for z in (-_P90, _P90))
            rows.append((economy, year, middle / 1e6, low, high, float(imf.get((economy, year), float("nan"))) / 1e3))
    return pd.DataFrame(rows, columns=list(TABLES["output"].columns))


def _within_pairs() -> pd.DataFrame:
    found = agreement_within_pairs.estimate()
    frame = found.table().reset_index(drop=True)
    return frame.assign(economies=found.exporters, pairs=found.pairs)
