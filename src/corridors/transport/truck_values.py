"""What the goods on a truck are worth at each crossing: as counted there, else by what the two neighbours trade.

Trucks whose owners no pair of the network stands for are most of the traffic at many crossings, and
what an hour costs them is in proportion to their load. A mean load for all would make coal at
Torkham as dear as machines at Khunjerab. Where customs or reports give trade and trucks,
``data/network/truck_values.csv`` has the figure; elsewhere it is

    sum of value / sum of trucks,        trucks of class c = value_c / (dollars a tonne_c *
    payload_c)

with dollars a tonne of the pair (:mod:`corridors.trade.unit_values`)

over the trade of the base year between the two economies that meet there, both ways, without bulk
that does not go by truck. Such an estimate has half and twice of itself as range; all lie in 5,000
to 120,000 dollars.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import tables
from corridors.trade import cargo, unit_values, world
from corridors.transport.network import Network

Array = npt.NDArray[np.float64]

LOWEST_USD, HIGHEST_USD = 5_000.0, 120_000.0
COLUMNS = ("usd_per_truck", "usd_low", "usd_high", "estimate", "note", "source_url")
BY_TRADE = "by what the two neighbours trade, half to twice"
BY_MEAN = "mean of all trucks: what the two neighbours trade is not known"


def at_crossings(network: Network) -> pd.DataFrame:
    """Dollars of goods on a truck at every crossing of ``network`` (index ``crossing``), columns :data:`COLUMNS`."""
    known = tables.truck_values().set_index("crossing")
    rows = []
    for name in network.crossing_names():
        if name in known.index:
            row = known.loc[name]
            rows.append(tuple(row[column] for column in COLUMNS))
            continue
        a, b = network.economies[name]
        value = between(network, a, b)
        basis = BY_TRADE if value is not None else BY_MEAN
        level = float(np.clip(mean_load() if value is None else value, LOWEST_USD, HIGHEST_USD))
        rows.append((level, max(level / 2.0, LOWEST_USD), min(level * 2.0, HIGHEST_USD), True, basis, ""))
    frame = pd.DataFrame(rows, columns=list(COLUMNS), index=pd.Index(list(network.crossing_names()), name="crossing"))
    return frame.assign(source_url=frame["source_url"].fillna(""))


def between(network: Network, a: str, b: str) -> float | None:
    """Dollars a truck of the trade between two economies, both ways; None where the base year has none of it."""
    trade = world.base_matrix()
    if a not in trade.index or b not in trade.index:
        return None
    classes = cargo.classes()
    ways = ((a, b), (b, a))
    loads = unit_values.by_composition(ways) * classes["truck_payload_t"].to_numpy(float)
    by_road = classes["by_road"].to_numpy(dtype=bool)
    value = trucks = 0.0
    for pair, share, load in zip(ways, cargo.usual_shares(ways), loads, strict=True):
        part = np.where(by_road, 1.0, network.bulk_by_road.get(pair, (0.0, 0.0))[0])
        dollars = float(trade.loc[pair]) * share * part
        value += float(dollars.sum())
        trucks += float((dollars / load).sum())
    return value / trucks if trucks > 0.0 else None


def mean_load() -> float:
    """Dollars of goods on the mean truck, by the mix of ``data/cargo_classes.csv``."""
    classes = tables.cargo_classes()
    return float((classes["background_mix"] * classes["usd_per_t"] * classes["truck_payload_t"]).sum())
