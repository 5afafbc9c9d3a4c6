"""Published applications, done with this engine: trade without borders, and the effects of an agreement.

WTO and UNCTAD, An Advanced Guide to Trade Policy Analysis (Yotov, Piermartini, Monteiro and Larch
2016), chapter 2: (1) what 69 economies would trade in 2006 if borders (not distance) ceased to
matter; (2) what NAFTA did to the trade of 1994, with costs from pair effects. The guide's figures
are printed by its replication code; ``data/published_results.csv`` holds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.equilibrium.single import Counterfactual, counterfactual
from corridors.gravity import ppml
from corridors.gravity.guide import EFFECTS, SOURCE, TIES, sample

__all__ = [
    "AGREEMENT", "BORDERS", "COSTS", "SOURCE", "Application", "effects_of_agreement", "figures",
    "trade_without_borders",
]  # fmt: skip

BORDERS = "Chapter 2, application 1: trade without borders"
AGREEMENT = "Chapter 2, application 2: effects of NAFTA"
COSTS = "Chapter 2, application 2: pair effects explained by gravity"
SIGMA = 7.0
REFERENCE = "DEU"
NAFTA = ("CAN", "MEX", "USA")

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Application:
    """An application's results.

    ``coefficients`` what was estimated on the way; ``conditional`` and ``full`` the world after the
    change; ``resistance`` by economy the conditional change in percent of outward and inward
    multilateral resistance (columns outward_percent, inward_percent), Germany's inward one held
    (the guide's norm).
    """

    coefficients: dict[str, float]
    conditional: Counterfactual
    full: Counterfactual
    resistance: pd.DataFrame


def trade_without_borders(panel: pd.DataFrame, pairs: pd.DataFrame, year: int = 2006) -> Application:
    """Estimate the border in one year of ``panel``, fit trade, take the border away; sigma = 7.

    ``panel`` and ``pairs`` as in :func:`corridors.gravity.guide.sample`.
    """
    frame = sample(panel[panel["year"] == year], pairs)
    fit = ppml(frame, "trade_musd", ["ln_distance", "contiguous", "border"], ["exporter", "importer"])
    trade = _square(frame, fit.fitted)
    border = float(fit.coefficients["border"])
    abroad = ~np.eye(len(trade), dtype=bool)
    return _application({"border": border}, trade, np.where(abroad, -border, 0.0))


def effects_of_agreement(
    panel: pd.DataFrame, pairs: pd.DataFrame, year: int = 1994, members: Sequence[str] = NAFTA
) -> Application:
    """Take the agreement between ``members`` out of the trade of ``year``; sigma = 7.

    In two stages (Anderson and Yotov 2016): pair effects and the effect of agreements from the
    whole panel; pair effects regressed on geography, to fill those of pairs that never traded.
    Trade is then fitted to these costs, so that outputs and expenditures are as observed.
    """
    frame = sample(panel, pairs)
    first = ppml(frame, "trade_musd", ["trade_agreement"], [*EFFECTS, "tie"])
    agreement = float(first.coefficients["trade_agreement"])
    effects = first.fixed_effects["tie"]
    frame["cost"] = np.exp(frame["tie"].map(effects).to_numpy(float) - float(effects["home"]))
    now = frame[frame["year"] == year].reset_index(drop=True)
    known = now[(now["border"] == 1) & now["cost"].notna()].reset_index(drop=True)
    second = ppml(known, "cost", TIES, ["exporter", "importer"])
    unknown = now["cost"].isna()
    now.loc[unknown, "cost"] = np.exp(
        now.loc[unknown, list(TIES)].to_numpy(float) @ second.coefficients.to_numpy()
        + now.loc[unknown, "exporter"].map(second.fixed_effects["exporter"]).to_numpy(float)
        + now.loc[unknown, "importer"].map(second.fixed_effects["importer"]).to_numpy(float)
    )
    now["ln_cost"] = np.log(now["cost"]) + agreement * now["trade_agreement"]
    fit = ppml(now, "trade_musd", (), ["exporter", "importer"], offset="ln_cost")
    trade = _square(now, fit.fitted)
    inside = np.isin(trade.index, members)
    lost = np.outer(inside, inside) & ~np.eye(len(trade), dtype=bool)
    coefficients = {"trade_agreement": agreement, **{str(k): float(v) for k, v in second.coefficients.items()}}
    return _application(coefficients, trade, np.where(lost, -agreement, 0.0))


def figures(panel: pd.DataFrame, pairs: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Every figure of both applications by (table, quantity).

    Changes of application 2 are those that the agreement brought, so from the world without it to
    the one with it.
    """
    found: dict[tuple[str, str], float] = {}
    borders, agreement = trade_without_borders(panel, pairs), effects_of_agreement(panel, pairs)
    for side in ("outward", "inward"):
        quantity = f"conditional change of {side} multilateral resistance"
        for economy, value in borders.resistance[f"{side}_percent"].items():
            found[BORDERS, f"{quantity}, {economy}"] = float(value)
        for economy, value in agreement.resistance[f"{side}_percent"].items():
            found[AGREEMENT, f"{quantity}, {economy}"] = _back(value)
    for closure in (agreement.conditional, agreement.full):
        for economy, value in closure.exports_percent.items():
            found[AGREEMENT, f"{closure.closure} change of exports, {economy}"] = _back(value)
    for economy, value in agreement.full.real_gdp_percent.items():
        found[AGREEMENT, f"full change of real GDP, {economy}"] = _back(value)
    for name in TIES:
        found[COSTS, f"coefficient of {name}"] = agreement.coefficients[name]
    return found


def _back(percent: float) -> float:
    """The change the other way round, percent."""
    return float(100.0 * (1.0 / (1.0 + percent / 100.0) - 1.0))


def _square(frame: pd.DataFrame, fitted: Array) -> pd.DataFrame:
    return frame.assign(fitted=fitted).pivot(index="exporter", columns="importer", values="fitted")


def _application(coefficients: dict[str, float], trade: pd.DataFrame, pull: Array) -> Application:
    """Both closures after trade costs to the power 1 - sigma are multiplied by exp(pull)."""
    factor = pd.DataFrame(np.exp(-pull / (SIGMA - 1.0)), index=trade.index, columns=trade.columns)
    conditional = counterfactual(trade, factor, SIGMA - 1.0, "conditional")
    full = counterfactual(trade, factor, SIGMA - 1.0, "full")
    left = np.log(conditional.trade / trade) - pull
    seller = left[REFERENCE]
    buyer = left.iloc[0] - seller.iloc[0]
    resistance = pd.DataFrame(
        {
            "outward_percent": 100.0 * np.expm1(seller / (SIGMA - 1.0)),
            "inward_percent": 100.0 * np.expm1(buyer / (SIGMA - 1.0)),
        }
    )
    return Application(coefficients, conditional, full, resistance)
