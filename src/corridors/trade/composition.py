"""What cargo classes a pair trades, from what the one sells to the world and the other buys from it.

With x_g the share of goods g in the exporter's sales (16 groups of the Harmonized System), m_s the
share of stage s (raw, intermediate, consumer, capital goods) in the importer's purchases and M_s
its median over economies,

    w_g  proportional to  x_g m_s(g) / M_s(g)

so that a buyer of much raw material is taken to buy more of the exporter's raw goods. Each group is
bulk in part (:data:`GROUPS`): fuels and minerals whole, metals, farm goods, wood and chemicals by
about what goes in bulk (coal, ore, grain, fertiliser, steel); the rest of it is food, textiles or
machinery, the class of all other general cargo. The share of bulk has a range of :data:`ROOM`
either way: the composition of one pair is not that of all. World Bank WITS, mostly of 2021
(``data/trade_composition_by_economy.csv``).

An exporter that does not report sells what the five nearest that do sell in the mean, brought to
its own sectors where ``data/sector_shares.csv`` tells them; its share of bulk has the wider range
:data:`ROOM_NEAR`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import panel, tables

Array = npt.NDArray[np.float64]

ROOM = 0.15
NEIGHBOURS = 5
ROOM_NEAR = 0.29
"""Four in five of the economies that report lie so near to the mean of their five nearest
(``tests/test_composition.py``)."""
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
"""Group: share that goes in bulk, class of the rest, stage of processing on the importer's side.
The shares in bulk are our estimates."""
CONTESTABLE = ("food", "textiles", "machinery")


def class_shares(exporter: str, importer: str) -> tuple[float, float, Array] | None:
    """Low and high share of bulk, and shares (3,) of :data:`CONTESTABLE` in the rest; None where nothing is known of the exporter's sales.

    An importer whose purchases are not known buys like the median.
    """
    weight, room = weights(exporter, importer), ROOM
    if weight is None:
        near = _estimated(exporter, (tables.stamp("trade_composition_by_economy"), tables.stamp("sector_shares")))
        if near is None:
            return None
        weight, room = _leaning(near, importer), ROOM_NEAR
    total = sum(weight.values())
    bulk = sum(weight[g] * share for g, (share, _, _) in GROUPS.items()) / total
    rest = np.array(
        [
            sum(weight[g] * (1 - share) for g, (share, name, _) in GROUPS.items() if name == kind)
            for kind in CONTESTABLE
        ]
    )
    rest = rest / rest.sum() if rest.sum() > 0 else np.full(len(CONTESTABLE), 1 / len(CONTESTABLE))
    return max(bulk - room, 0.0), min(bulk + room, 1.0), rest


def weights(exporter: str, importer: str) -> dict[str, float] | None:
    """``w_g`` by group of goods, up to a factor; None where the exporter's sales are not known."""
    _, sold, _ = _tables(tables.stamp("trade_composition_by_economy"))
    if exporter not in sold:
        return None
    found = _leaning(sold[exporter], importer)
    return found if sum(found.values()) > 0 else None


def _leaning(own: Mapping[str, float], importer: str) -> dict[str, float]:
    """What an exporter sells of each group, leaning to what ``importer`` buys."""
    lean = _tables(tables.stamp("trade_composition_by_economy"))[2].get(importer)
    return {g: float(own[g]) * (1.0 if lean is None else lean[stage]) for g, (_, _, stage) in GROUPS.items()}


def nearest(economy: str, known: Collection[str]) -> list[str]:
    """The :data:`NEIGHBOURS` economies of ``known`` nearest to ``economy``, itself left out; none
    where it has no place."""
    facts = panel.load()
    at = facts.position(economy)
    if at < 0:
        return []
    far = facts.geography[at, :, 0]
    order = np.argsort(np.where(np.isfinite(far), far, np.inf))
    return [
        facts.economies[k]
        for k in order
        if facts.economies[k] in known and facts.economies[k] != economy
    ][:NEIGHBOURS]


@lru_cache(maxsize=512)
def _estimated(exporter: str, _stamps: object) -> dict[str, float] | None:
    """What an exporter without a report sells, by group."""
    sold = _tables(tables.stamp("trade_composition_by_economy"))[0]
    near = nearest(exporter, set(sold.index))
    if not near:
        return None
    own: dict[str, float] = sold.loc[near].div(sold.loc[near].sum(axis=1), axis=0).mean().to_dict()
    rows = tables.sector_shares()
    told = rows[(rows["exporter"] == exporter) & (rows["importer"] == "*")].set_index("sector")["share"]
    for sector, groups in tables.sectors().set_index("sector")["goods"].dropna().items() if len(told) else ():
        inside = str(groups).split()
        total = sum(own[g] for g in inside)
        for g in inside:
            own[g] = (
                own[g] / total * float(told.get(sector, 0.0))
                if total > 0
                else float(told.get(sector, 0.0)) / len(inside)
            )
    return own


@lru_cache(maxsize=2)
def _tables(_stamp: object) -> tuple[pd.DataFrame, dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Sales by group, as a frame and by exporter; and purchases by stage over their median, by importer."""
    frame = tables.trade_composition_by_economy().set_index("iso3")
    stages = sorted({stage for _, _, stage in GROUPS.values()})
    sold = frame[list(GROUPS)].fillna(0.0)
    sold = sold[sold.sum(axis=1) > 0.5]
    bought = frame[stages].dropna()
    return sold, sold.to_dict("index"), (bought / bought.median()).to_dict("index")
