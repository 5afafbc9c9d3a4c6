"""What cargo classes a pair trades, from what the one sells to the world and the other buys from it.

With x_g the share of goods g in the exporter's sales (16 groups of the Harmonized System), m_s the share of stage s (raw, intermediate,
consumer, capital goods) in the importer's purchases and M_s its median over economies,

    w_g  proportional to  x_g m_s(g) / M_s(g)

so that a buyer of much raw material is taken to buy more of the exporter's raw goods. Each group is bulk in part
(:data:`GROUPS`): fuels and minerals whole, metals, farm goods, wood and chemicals by about what goes in bulk (coal, ore, grain,
fertiliser, steel); the rest of it is food, textiles or machinery, the class of all other general cargo. The share of bulk has a range of :data:`ROOM` either
way: the composition of one pair is not that of all. World Bank WITS, mostly of 2021 (``data/trade_composition_by_economy.csv``).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import tables

Array = npt.NDArray[np.float64]

ROOM = 0.15
GROUPS = {
    "x_animal": (0.0, "food", "m_consumer_goods"),
    "x_vegetable": (0.4, "food", "m_raw_materials"),
    "x_food_products": (0.1, "food", "m_consumer_goods"),
    "x_minerals": (1.0, "machinery", "m_raw_materials"),
    "x_fuels": (1.0, "machinery", "m_raw_materials"),
    "x_chemicals": (0.3, "machinery", "m_intermediate_goods"),
    "x_plastic_or_rubber": (0.1, "machinery", "m_intermediate_goods"),
    "x_hides_and_skins": (0.0, "textiles", "m_intermediate_goods"),
    "x_wood": (0.4, "machinery", "m_intermediate_goods"),
    "x_textiles_and_clothing": (0.0, "textiles", "m_consumer_goods"),
    "x_footwear": (0.0, "textiles", "m_consumer_goods"),
    "x_stone_and_glass": (0.0, "machinery", "m_intermediate_goods"),
    "x_metals": (0.6, "machinery", "m_intermediate_goods"),
    "x_mach_and_elec": (0.0, "machinery", "m_capital_goods"),
    "x_transportation": (0.0, "machinery", "m_capital_goods"),
    "x_miscellaneous": (0.0, "machinery", "m_consumer_goods"),
}
"""Group: share that goes in bulk, class of the rest, stage of processing on the importer's side. The shares in bulk are our estimates."""
CONTESTABLE = ("food", "textiles", "machinery")


def class_shares(exporter: str, importer: str) -> tuple[float, float, Array] | None:
    """Low and high share of bulk, and shares (3,) of :data:`CONTESTABLE` in the rest; None where the exporter's sales are not known.

    An importer whose purchases are not known buys like the median.
    """
    weight = weights(exporter, importer)
    if weight is None:
        return None
    total = sum(weight.values())
    bulk = sum(weight[g] * share for g, (share, _, _) in GROUPS.items()) / total
    rest = np.array([sum(weight[g] * (1 - share) for g, (share, name, _) in GROUPS.items() if name == kind) for kind in CONTESTABLE])
    rest = rest / rest.sum() if rest.sum() > 0 else np.full(len(CONTESTABLE), 1 / len(CONTESTABLE))
    return max(bulk - ROOM, 0.0), min(bulk + ROOM, 1.0), rest


def weights(exporter: str, importer: str) -> dict[str, float] | None:
    """``w_g`` by group of goods, up to a factor; None where the exporter's sales are not known."""
    sold, bought, usual = _tables(tables.stamp("trade_composition_by_economy"))
    if exporter not in sold.index:
        return None
    lean = (bought.loc[importer] / usual).to_dict() if importer in bought.index else dict.fromkeys(usual.index, 1.0)
    own = sold.loc[exporter].to_dict()
    found = {g: float(own[g]) * float(lean[stage]) for g, (_, _, stage) in GROUPS.items()}
    return found if sum(found.values()) > 0 else None


@lru_cache(maxsize=2)
def _tables(_stamp: object) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Sales by group, purchases by stage, and the median purchases."""
    frame = tables.trade_composition_by_economy().set_index("iso3")
    stages = sorted({stage for _, _, stage in GROUPS.values()})
    sold = frame[list(GROUPS)].fillna(0.0)
    bought = frame[stages].dropna()
    return sold[sold.sum(axis=1) > 0.5], bought, bought.median()
