"""Where an economy's trade begins and ends: a few cities, weighted, and the ports that serve them.

A city weighs what its people and its nearness to the partner make of it: population over (distance
to the partner + 300 km). The three heaviest stand for the economy. Ports are the cheapest from
those cities by road, borders included, so that a landlocked economy reaches the sea by the ports of
its neighbours that compete in reality.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from corridors.data.geometry import great_circle_km
from corridors.transport.world_network import roads as road_search
from corridors.transport.world_network.tables import port_places, roads, sea

Array = npt.NDArray[np.float64]

MOST_CITIES = 3
NEAR_KM = 300.0
_FAR_FROM_ROADS_KM = 120.0
_LEAST_WEIGHT = 0.1


def main_place(economy: str) -> str | None:
    """The largest city of an economy on the roads, or its busiest port where no road is known; None without either."""
    known = cities(economy)
    if known:
        return max(known, key=lambda c: c[1])[0]
    return _busiest_port(economy)


@lru_cache(maxsize=4096)
def weights(economy: str, partner: str) -> tuple[tuple[str, float], ...]:
    """Ids of up to three places of ``economy`` for trade with ``partner``, with weights that add to one."""
    known = cities(economy)
    if not known:
        port = _busiest_port(economy)
        return ((port, 1.0),) if port else ()
    latitude, longitude = centre(partner)
    graph = roads()
    at = [graph.number[name] for name, _ in known]
    km = great_circle_km(latitude, longitude, graph.latitude[at], graph.longitude[at])
    pull = np.array([people for _, people in known]) / (km + NEAR_KM)
    order = np.argsort(-pull)[:MOST_CITIES]
    share = pull[order] / pull[order].sum()
    order, share = order[share >= _LEAST_WEIGHT], share[share >= _LEAST_WEIGHT]
    return tuple((known[i][0], float(w)) for i, w in zip(order, share / share.sum(), strict=True))


@lru_cache(maxsize=256)
def centre(economy: str) -> tuple[float, float]:
    """Mean position of an economy's people, degrees (of its ports where no city is known)."""
    graph = roads()
    known = cities(economy)
    if known:
        at = [graph.number[name] for name, _ in known]
        people = np.array([p for _, p in known])
        lat, lon = graph.latitude[at], graph.longitude[at]
    else:
        ports = sea().ports
        rows = ports[ports["economy"] == economy]
        if rows.empty:
            return 0.0, 0.0
        people, lat, lon = np.ones(len(rows)), rows["latitude"].to_numpy(float), rows["longitude"].to_numpy(float)
    lat, lon = np.radians(lat), np.radians(lon)
    x, y, z = (float((people * v).sum()) for v in (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
    return float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x)))


@lru_cache(maxsize=256)
def cities(economy: str) -> tuple[tuple[str, float], ...]:
    """Ids of the cities of an economy near its roads, with their people."""
    graph = roads()
    found = []
    for i in graph.places_of.get(economy, ()):
        row = graph.places.iloc[int(i)]
        if row["kind"] != "port" and float(row["access_km"]) <= _FAR_FROM_ROADS_KM:
            found.append((str(row["place"]), float(row["population"]) if np.isfinite(row["population"]) else 1e4))
    return tuple(found)


def _busiest_port(economy: str) -> str | None:
    ports = sea().ports
    rows = ports[ports["economy"] == economy]
    return None if rows.empty else str(rows.loc[rows["ship_calls_a_year"].idxmax(), "port"])


@lru_cache(maxsize=1)
def _port_nodes() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Numbers of the ports with a place on the roads, and those places' nodes."""
    graph, at = roads(), port_places()
    rows = [(i, graph.number[at[str(p)]]) for i, p in enumerate(sea().ports["port"]) if str(p) in at]
    return np.array([r[0] for r in rows], dtype=np.intp), np.array([r[1] for r in rows], dtype=np.intp)


@lru_cache(maxsize=1024)
def port_access(place: str) -> Mapping[int, float]:
    """Generalised cost by road, dollars a tonne, from a place to each port that it can reach, by number of the port."""
    graph = roads()
    if place not in graph.number:
        number = list(sea().ports["port"]).index(place)
        return {number: 0.0}
    cost, _ = road_search.today().from_nodes([graph.number[place]])
    ports, nodes = _port_nodes()
    return {int(p): float(c) for p, c in zip(ports, cost[0, nodes], strict=True) if np.isfinite(c)}


def place_of_port(port: int) -> str | None:
    """The road place of port number ``port``; None where no road is known."""
    return port_places().get(str(sea().ports["port"].iloc[port]))
