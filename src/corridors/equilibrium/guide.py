"""A published application, done with this engine: trade without borders.

WTO and UNCTAD, An Advanced Guide to Trade Policy Analysis (Yotov, Piermartini, Monteiro and Larch 2016),
chapter 2, application 1: what 69 economies would trade in 2006 if borders (not distance) ceased to matter.
The guide's figures are printed by its replication code; ``data/published_results.csv`` holds them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from corridors.equilibrium.single import Counterfactual, counterfactual
from corridors.gravity import ppml

SOURCE = "WTO and UNCTAD, Advanced Guide to Trade Policy Analysis"
TABLE = "Chapter 2, application 1: trade without borders"
SIGMA = 7.0
REFERENCE = "DEU"


@dataclass(frozen=True)
class TradeWithoutBorders:
    """The application's results. ``multilateral_resistance`` has, by economy, the conditional change in
    percent of outward and inward multilateral resistance, Germany's inward one held (the guide's norm)."""

    border_coefficient: float
    conditional: Counterfactual
    full: Counterfactual
    multilateral_resistance: pd.DataFrame


def trade_without_borders(
    panel: pd.DataFrame, pairs: pd.DataFrame, year: int = 2006
) -> TradeWithoutBorders:
    """Estimate the border in ``panel`` (exporter, importer, year, trade_musd) with ``pairs`` (a, b,
    distance_km, contiguous), fit trade, take the border away, and solve with sigma = 7."""
    sample = panel.loc[panel["year"] == year, ["exporter", "importer", "trade_musd"]]
    sample = sample.reset_index(drop=True)
    unordered = np.sort(sample[["exporter", "importer"]].to_numpy(object), axis=1)
    ties = pairs.set_index(["a", "b"]).loc[pd.MultiIndex.from_arrays(unordered.T)]
    sample["ln_distance"] = np.log(ties["distance_km"].to_numpy(float))
    sample["contiguous"] = ties["contiguous"].to_numpy(float)
    sample["border"] = (sample["exporter"] != sample["importer"]).astype(float)
    fit = ppml(
        sample,
        outcome="trade_musd",
        covariates=["ln_distance", "contiguous", "border"],
        fixed_effects=["exporter", "importer"],
    )
    sample["fitted"] = fit.fitted
    trade = sample.pivot(index="exporter", columns="importer", values="fitted")
    border = float(fit.coefficients["border"])
    abroad = ~np.eye(len(trade), dtype=bool)
    # exp(border) = tau^(1 - sigma): without the border tau changes by exp(border / (sigma - 1))
    factor = np.where(abroad, np.exp(border / (SIGMA - 1.0)), 1.0)
    cost_factor = pd.DataFrame(factor, index=trade.index, columns=trade.columns)
    conditional = counterfactual(trade, cost_factor, SIGMA - 1.0, "conditional")
    full = counterfactual(trade, cost_factor, SIGMA - 1.0, "full")

    pull = np.log(conditional.trade / trade) - np.where(abroad, -border, 0.0)
    seller = pull[REFERENCE]
    buyer = pull.iloc[0] - seller.iloc[0]
    resistance = pd.DataFrame(
        {
            "outward_percent": 100.0 * np.expm1(seller / (SIGMA - 1.0)),
            "inward_percent": 100.0 * np.expm1(buyer / (SIGMA - 1.0)),
        }
    )
    return TradeWithoutBorders(border, conditional, full, resistance)


def reproduced(published: pd.DataFrame, panel: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``published`` (columns of data/published_results.csv) that belong to this application, with
    the columns ``ours``, ``difference``, ``ok`` and ``residual`` (how far our markets are from clearing)."""
    rows = published[(published["source"] == SOURCE) & (published["table"] == TABLE)].copy()
    result = trade_without_borders(panel, pairs)
    ours = {
        f"conditional change of {side} multilateral resistance, {economy}": value
        for side in ("outward", "inward")
        for economy, value in result.multilateral_resistance[f"{side}_percent"].items()
    }
    rows["ours"] = rows["quantity"].map(ours)
    rows["difference"] = rows["ours"] - rows["value"]
    rows["ok"] = rows["difference"].abs() <= rows["tolerance"]
    rows["residual"] = result.conditional.residual
    return rows
