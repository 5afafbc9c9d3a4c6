"""Published estimates, done with this engine: the gravity tables of the WTO and UNCTAD guide.

WTO and UNCTAD, An Advanced Guide to Trade Policy Analysis (Yotov, Piermartini, Monteiro and Larch
2016), chapter 1: manufacturing trade of 69 economies every fourth year 1986-2006. Its PPML
estimates with exporter-year and importer-year effects are made here from
``data/manufacturing_trade_panel.csv``, and stand beside the printed ones in
``data/published_results.csv``. Standard errors are clustered by pair; the guide's only small-sample
factor is G / (G - 1), so ours are taken to the same.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from corridors.gravity.diagnostics import reset
from corridors.gravity.estimate import ppml
from corridors.gravity.fit import Fit

SOURCE = "WTO and UNCTAD, Advanced Guide to Trade Policy Analysis"
TIES = ("ln_distance", "contiguous", "common_language", "colonial_link")
EFFECTS = ("exporter^year", "importer^year")

TRADITIONAL = "Chapter 1, application 1: traditional gravity, PPML with fixed effects"
INTERNAL_DISTANCE = "Chapter 1, application 2: distance puzzle, with internal distance"
HOME_BIAS = "Chapter 1, application 2: distance puzzle, with internal distance and home bias"
HOME_EFFECTS = "Chapter 1, application 2: distance puzzle, with effects of each home market"
AGREEMENT = "Chapter 1, application 3: agreements, international trade only"
DIVERSION = "Chapter 1, application 3: agreements, with domestic trade"
PAIR_EFFECTS = "Chapter 1, application 3: agreements, with pair effects"


def sample(panel: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """The guide's sample: rows of ``panel`` (exporter, importer, year, trade_musd, trade_agreement) with ties.

    ``pairs`` has a, b (a <= b), distance_km, contiguous, common_language, colonial_link. Added
    columns: the four of :data:`TIES`, ``pair`` (unordered), ``tie`` (the pair, or "home" for all
    trade within economies), ``home`` (the economy's name for its trade within, else "abroad") and
    ``border`` (1 between economies).
    """
    frame = panel.reset_index(drop=True)
    exporter, importer = frame["exporter"].to_numpy(object), frame["importer"].to_numpy(object)
    a, b = np.minimum(exporter, importer), np.maximum(exporter, importer)
    facts = pairs.set_index(["a", "b"]).loc[pd.MultiIndex.from_arrays([a, b])]
    frame["ln_distance"] = np.log(facts["distance_km"].to_numpy(float))
    for name in TIES[1:]:
        frame[name] = facts[name].to_numpy(float)
    within = exporter == importer
    frame["pair"] = a + "-" + b
    frame["tie"] = np.where(within, "home", frame["pair"])
    frame["home"] = np.where(within, exporter, "abroad")
    frame["border"] = (~within).astype(float)
    frame["trade_agreement"] = frame["trade_agreement"].astype(float)
    return frame


def estimates(panel: pd.DataFrame, pairs: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Every figure of the guide's gravity tables by (table, quantity), from our estimator."""
    frame = sample(panel, pairs)
    abroad = frame[frame["border"] == 1].reset_index(drop=True)
    found: dict[tuple[str, str], float] = {}

    def fit(table: str, rows: pd.DataFrame, covariates: tuple[str, ...], *more: str) -> Fit:
        result = ppml(rows, "trade_musd", covariates, [*EFFECTS, *more], "pair")
        errors = result.standard_errors * np.sqrt(_guides_factor(result))
        for name, value in result.coefficients.items():
            found[table, f"coefficient of {name}"] = float(value)
            found[table, f"standard error of {name}"] = float(errors[name])
        found[table, "observations"] = float(result.nobs)
        return result

    traditional = fit(TRADITIONAL, abroad, TIES)
    squares = reset(traditional, powers=(2,))
    found[TRADITIONAL, "RESET, p value"] = float(chdtrc(1, squares.statistic / _guides_factor(traditional)))
    fit(AGREEMENT, abroad, (*TIES, "trade_agreement"))

    yearly = []
    for year in sorted(frame["year"].unique()):
        name = f"ln_distance in {year}"
        frame[name] = frame["ln_distance"] * frame["border"] * (frame["year"] == year)
        yearly.append(name)
    frame["ln_internal_distance"] = frame["ln_distance"] * (1 - frame["border"])
    frame["same_economy"] = 1 - frame["border"]
    puzzle = (*yearly, *TIES[1:])
    fit(INTERNAL_DISTANCE, frame, (*puzzle, "ln_internal_distance"))
    fit(HOME_BIAS, frame, (*puzzle, "ln_internal_distance", "same_economy"))
    fit(HOME_EFFECTS, frame, puzzle, "home")
    fit(DIVERSION, frame, (*TIES, "trade_agreement"), "home")
    fit(PAIR_EFFECTS, frame, ("trade_agreement",), "tie")
    return found


def _guides_factor(fit: Fit) -> float:
    """What takes a variance of ours to the guide's small-sample rule."""
    groups = fit.clusters[0]
    return groups / (groups - 1) / fit.small_sample_factor
