"""The trade elasticity by sector and by years since costs changed.

``theta_s(h) = theta rho_s exp(spread_s z_s) r(h)``: theta is a draw's elasticity of the long run
for all goods (two literatures, ``data/trade_elasticity_literatures.csv``); rho_s is the sector's
over the mean of all trade, from tariff elasticities by product group (Fontagne, Guimbard and
Orefice 2022), their geometric mean with its standard error as spread; z_s a standard normal draw.
In year h (1 the first) after a change,

    r(h) = 1 - (1 - f) 10^(-(h - 1) / (Y - 1)),

f the share of the first year and Y the years until nine tenths of the way to the long run are gone
(Boehm, Levchenko and Pandalai-Nayar 2023: 0.76 at first, 1.75 to 2.25 after 7 to 10 years).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import tables
from corridors.trade import sectors

Array = npt.NDArray[np.float64]


def by_sector(params: Mapping[str, Array], years: npt.ArrayLike | None = None) -> Array:
    """theta (B,S) of every sector of :func:`corridors.trade.sectors.names`, above 0.

    ``params`` has draws (B,) or (1,) of ``trade_elasticity`` and ``elasticity_<sector>``, and,
    where ``years`` (B,) since costs changed are given (1 is the first; None: the long run), of
    ``elasticity_first_year`` and ``elasticity_years``. Services, which are not traded, have the
    elasticity of all goods.
    """
    theta = np.atleast_1d(np.asarray(params["trade_elasticity"], dtype=float))
    if years is not None:
        theta = theta * run(params, years)
    table = relative()
    columns = []
    for name in sectors.names():
        if name in table.index:
            score = np.asarray(params[f"elasticity_{name}"], dtype=float)
            columns.append(theta * table.loc[name, "share"] * np.exp(table.loc[name, "spread"] * score))
        else:
            columns.append(theta)
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def run(params: Mapping[str, Array], years: npt.ArrayLike) -> Array:
    """r (B,) of the module's second equation; years below 1 count as the first."""
    later = np.maximum(np.asarray(years, dtype=float) - 1.0, 0.0)
    first, whole = params["elasticity_first_year"], params["elasticity_years"]
    return np.asarray(1.0 - (1.0 - first) * 10.0 ** (-later / (whole - 1.0)))


def relative() -> pd.DataFrame:
    """By sector of goods: ``share`` of its elasticity in the mean of all trade, ``spread`` (standard error of its
    logarithm), ``groups`` and ``elasticity`` (geometric mean) of the product groups behind it."""
    return _relative((tables.stamp("trade_elasticities_gtap"), tables.stamp("sectors")))


@lru_cache(maxsize=2)
def _relative(_stamps: object) -> pd.DataFrame:
    table = tables.trade_elasticities_gtap().dropna(subset=["tariff_elasticity"])
    logs = np.log(-table.set_index("sector")["tariff_elasticity"]).groupby(level=0)
    found = pd.DataFrame(
        {"elasticity": np.exp(logs.mean()), "spread": logs.std() / np.sqrt(logs.size()), "groups": logs.size()}
    ).loc[list(sectors.goods())]
    traded = sectors.composition().trade.sum(axis=(1, 2))
    mean = float((found["elasticity"].to_numpy() * traded).sum() / traded.sum())
    found["share"] = found["elasticity"] / mean
    return found
