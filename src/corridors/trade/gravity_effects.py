"""What an agreement or a shorter distance would do to a pair's trade, by the gravity estimates alone.

No route, crossing or measure enters here: the estimate b of a covariate z says how trade moves with
it, trade costs move by ``tau'/tau = exp(-b dz / theta)``, and the world adjusts in general
equilibrium (:func:`corridors.equilibrium.respond`) from its trade today
(:func:`corridors.trade.world.base_matrix`). The band is that of the estimate, b +- 1.2816 standard
errors: trade is monotone in it, so its ends are those of trade. A pair that trades little gains
little in dollars: the percentages apply to what it trades today.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from corridors.equilibrium import respond, standard_errors
from corridors.errors import DataError, nearest
from corridors.trade import expected_trade, missing_trade, world

THETA = 5.03
"""Trade elasticity: median of the structural estimates in Head and Mayer (2014)."""

_P90 = float(ndtri(0.9))


def gravity_whatif(pair: tuple[str, str], shorter_percent: float = 10.0, closure: str = "full") -> pd.DataFrame:
    """Trade of ``pair`` (two ISO3 codes), both ways, with an agreement and with a shorter distance.

    Parameters
    ----------
    pair: two economies of the world matrix.
    shorter_percent: by how much the distance shrinks, percent, above 0 and below 100.
    closure: ``"conditional"`` or ``"full"``, as in :func:`corridors.equilibrium.counterfactual`.

    Returns
    -------
    One row a case and direction: case, exporter, importer, base_musd (million US dollars a year, in
    the year of the world matrix), direct_percent (trade costs alone, nothing else adjusts),
    change_percent_p10, _p50, _p90, and change_musd_p10, _p50, _p90. Where the pair has an agreement
    already, its case is left out.

    Raises DataError for an unknown economy or a distance that cannot shrink so far.
    """
    trade, cases = _checked(pair, shorter_percent)
    fit = expected_trade.answer()
    both = [(pair[0], pair[1]), (pair[1], pair[0])]
    base = np.array([float(trade.loc[a, b]) for a, b in both])
    tables = []
    for case, (covariate, step) in cases.items():
        estimate, error = float(fit.coefficients[covariate]), float(fit.standard_errors[covariate])
        pull = np.sort((estimate + np.array([-_P90, 0.0, _P90]) * error) * step)
        cost = np.repeat(np.exp(-pull / THETA)[:, None], 2, axis=1)
        factor = respond(trade, both, cost, THETA, closure).trade_factor
        percent = 100.0 * (factor - 1.0)
        table = pd.DataFrame(both, columns=["exporter", "importer"])
        table.insert(0, "case", case)
        table["base_musd"] = base
        table["direct_percent"] = 100.0 * np.expm1(estimate * step)
        for k, p in enumerate(("p10", "p50", "p90")):
            table[f"change_percent_{p}"] = percent[k]
        for k, p in enumerate(("p10", "p50", "p90")):
            table[f"change_musd_{p}"] = base * percent[k] / 100.0
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def whatif_by_economy(pair: tuple[str, str], shorter_percent: float = 10.0) -> pd.DataFrame:
    """What the same changes do to both economies as a whole, the world adjusting, with standard errors by the delta method.

    The estimate of the covariate is what varies; it is the direct effect on trade, so that the
    trade elasticity only says what it is worth in costs (Anderson and Yotov 2016;
    :func:`corridors.equilibrium.standard_errors`).

    Returns one row a case, economy and quantity (exports, imports, real_gdp): case, economy,
    quantity, change_percent, std_error_percent. Raises DataError as :func:`gravity_whatif` does.
    """
    trade, cases = _checked(pair, shorter_percent)
    fit = expected_trade.answer()
    none = pd.DataFrame(0.0, trade.index, trade.columns)
    rows = []
    for case, (covariate, step) in cases.items():
        moved = none.copy()
        for a, b in (pair, pair[::-1]):
            moved.loc[a, b] = step
        covariance = pd.DataFrame([[float(fit.standard_errors[covariate]) ** 2]], [covariate], [covariate])
        cost = np.exp(-float(fit.coefficients[covariate]) / THETA * moved)
        found = standard_errors(trade, cost, covariance, {covariate: moved}, THETA, moves="trade")
        for economy in pair:
            for quantity in ("exports", "imports", "real_gdp"):
                column = f"{quantity}_percent"
                rows.append(
                    (
                        case,
                        economy,
                        quantity,
                        float(found.estimate.loc[economy, column]),
                        float(found.standard_error.loc[economy, column]),
                    )
                )
    return pd.DataFrame(rows, columns=["case", "economy", "quantity", "change_percent", "std_error_percent"])


def _checked(pair: tuple[str, str], shorter_percent: float) -> tuple[pd.DataFrame, dict[str, tuple[str, float]]]:
    """World trade, and by case the covariate that moves and by how much; raises DataError for bad input."""
    trade = world.base_matrix()
    for economy in pair:
        if economy not in trade.index:
            raise DataError(f"what if: {economy!r} is not in the world matrix{nearest(economy, map(str, trade.index))}")
    if pair[0] == pair[1]:
        raise DataError(f"what if: {pair[0]} with itself; two economies are needed")
    if not 0.0 < shorter_percent < 100.0:
        raise DataError(f"what if: shorter_percent is {shorter_percent:g}; it must be above 0 and below 100")
    cases = {f"{shorter_percent:g} % shorter distance": ("ln_distance", float(np.log1p(-shorter_percent / 100.0)))}
    if not _have_agreement(pair):
        cases = {"trade agreement": ("trade_agreement", 1.0)} | cases
    return trade, cases


def _have_agreement(pair: tuple[str, str]) -> bool:
    """Is an agreement in force between the two in the last year of the panel?"""
    sample = missing_trade.world_fit().sample
    between = sample["exporter"].isin(pair) & sample["importer"].isin(pair)
    return bool((sample.loc[between, "trade_agreement"] > 0).any())
