"""The table ``sectors``: which goods gain and lose, by direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import tables
from corridors.study.tables import three
from corridors.trade import sectors as trade_sectors

if TYPE_CHECKING:
    from corridors.study.pipeline import Study

Array = npt.NDArray[np.float64]
DIRECTIONS = ("exports", "imports")


def sectors(study: Study) -> pd.DataFrame:
    """By direction and sector of goods in the last year: trade without the measures (median, million dollars), and its
    change in percent and in million dollars with bands; the sector's cost change and trade
    elasticity (medians).

    The dollars of a direction's sectors add up to what the direction changes, draw by draw.
    """
    change, chain = study.change, study.chain
    response, goods = change.response, chain.goods
    names = tables.sectors().set_index("sector")
    classes = {pair: (value / value.sum(axis=1, keepdims=True)) for pair, value in study.demand.items()}
    weights = goods.weights(classes)
    theta = np.broadcast_to(chain.elasticities(study.params, study.last), (study.draws, len(trade_sectors.names())))
    costs = goods.by_sector(change.class_factor)
    rows = []
    for k, (direction, pair) in enumerate(zip(DIRECTIONS, (study.pair, study.pair[::-1]), strict=True)):
        total = study.demand[pair].sum(axis=1)
        cost = costs[:, k]
        for s, name in enumerate(trade_sectors.names()):
            if name == trade_sectors.SERVICES:
                continue
            value = total * weights[:, k, s] * change.before_sector_factor[:, k, s]
            factor = response.sector_factor[:, k, s]
            rows.append(
                {
                    "direction": direction,
                    "sector": name,
                    "name": str(names.loc[name, "name"]),
                    "short_name": str(names.loc[name, "short_name"]),
                    "base_musd": float(np.median(value)),
                    "trade_elasticity": float(np.median(theta[:, s])),
                    "cost_change_percent": float(np.median(100.0 * (cost[:, s] - 1.0))),
                    **three("change_percent", 100.0 * (factor - 1.0)),
                    **three("change_musd", value * (factor - 1.0)),
                }
            )
    return pd.DataFrame(rows)
