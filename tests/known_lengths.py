"""How far the world's roads are off the lengths that are known (``data/world/known_lengths.csv``)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.transport.world_network import roads as road_search


def errors(known: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Length of the way over the known one less 1 (R,), every border open; each row must have a way."""
    search = road_search.with_all_open()
    found = []
    for row in known.to_dict("records"):
        start, end = search.graph.number[row["from"]], search.graph.number[row["to"]]
        way = search.way(search.from_nodes([start])[1][0], start, end)
        assert way is not None, row
        found.append(way.km / row["km"] - 1.0)
    return np.array(found)
