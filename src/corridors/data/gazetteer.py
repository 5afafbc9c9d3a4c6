"""Where every place, crossing and port is: the hand-checked network's, then the world's."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from corridors.data import tables


@lru_cache(maxsize=1)
def places() -> pd.DataFrame:
    """Index: place. Columns: name, kind (city, port, crossing), economies, latitude, longitude. Not to be changed."""
    own = tables.places()
    cities = tables.table("world_road_places").rename(columns={"economy": "economies"})
    cities = cities.assign(kind=cities["kind"].replace({"capital": "city"}))
    crossings = tables.table("world_crossings").rename(columns={"crossing": "place"})
    crossings = crossings.assign(kind="crossing", economies=crossings["economy_a"] + "-" + crossings["economy_b"])
    ports = tables.table("world_ports").rename(columns={"port": "place", "economy": "economies"}).assign(kind="port")
    columns = ["place", "name", "kind", "economies", "latitude", "longitude"]
    everything = pd.concat([table[columns] for table in (own, cities, crossings, ports)], ignore_index=True)
    return everything.drop_duplicates("place").set_index("place")
