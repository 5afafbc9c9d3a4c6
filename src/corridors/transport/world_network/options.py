"""The ways between two cities by each mode, with what they cost and take: what mode constants and
studies are built from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from corridors.data import tables as data
from corridors.data.geometry import great_circle_km
from corridors.transport.world_network import costs, gateways, rails, seas
from corridors.transport.world_network import roads as road_search
from corridors.transport.world_network.tables import roads, sea

MOST_PORTS = 4
ROUTE_SCALE, TYPICAL_USD_PER_T = 30.0, 3000.0
_PORT_SLACK = 60.0
"""Dollars a tonne that a port may cost more by road than the cheapest: containers choose among several."""


def chosen(cost: np.ndarray, size: npt.ArrayLike = 1.0) -> np.ndarray:
    """Shares of ways by their cost, dollars a tonne, and by how many roads each stands for; along
    the last axis, infinite costs none."""
    least = np.min(cost, axis=-1, keepdims=True)
    weight = np.asarray(size) * np.exp(
        -ROUTE_SCALE * (cost - np.where(np.isfinite(least), least, 0.0)) / TYPICAL_USD_PER_T
    )
    total = weight.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(weight, total, out=np.zeros_like(weight), where=total > 0.0))


@dataclass(frozen=True)
class Option:
    """A mode between two cities: km, days door to door without queues, dollars a tonne of containers, and of bulk."""

    mode: str
    km: float
    days: float
    usd_per_t: float
    bulk_usd_per_t: float


@dataclass(frozen=True)
class SeaWay:
    """Road to a port, lane, road onward; ``cost`` is what the search minimises, dollars a tonne with time in it."""

    port_a: int
    port_b: int
    access_cost: float
    lane: seas.Lane
    cost: float


@lru_cache(maxsize=8192)
def road(origin: str, destination: str) -> road_search.Way | None:
    """The cheapest way by road open today; None without one."""
    graph, search = roads(), road_search.today()
    if origin not in graph.number or destination not in graph.number:
        return None
    _, before = _tree(origin)
    return search.way(before, graph.number[origin], graph.number[destination])


@lru_cache(maxsize=512)
def _tree(origin: str) -> tuple[np.ndarray, np.ndarray]:
    cost, before = road_search.today().from_nodes([roads().number[origin]])
    return cost[0], before[0]


@lru_cache(maxsize=1024)
def ports_of(place: str) -> tuple[tuple[int, float], ...]:
    """The ports worth considering from a place: the cheapest to reach, and what ships call at in numbers."""
    reach = gateways.port_access(place)
    if not reach:
        return ()
    calls = sea().ports["ship_calls_a_year"].to_numpy(dtype=float)
    ranked = sorted((cost + small_port(calls[p]), p) for p, cost in reach.items())
    return tuple((p, reach[p]) for rank, p in ranked[:MOST_PORTS] if rank <= ranked[0][0] + _PORT_SLACK)


def small_port(calls: float) -> float:
    """Dollars a tonne that waiting for a ship and a transshipment at a small port are worth."""
    days = seas.transshipment_days(calls) + seas.wait_days(seas.departures_a_week(calls))
    return days * 24.0 * costs.USD_PER_T_HOUR


@lru_cache(maxsize=8192)
def by_sea(origin: str, destination: str) -> tuple[SeaWay, ...]:
    """Ways by sea between two cities, the cheapest first: at most one for each pair of economies
    whose ports they use."""
    ports = sea().ports["economy"].to_numpy(dtype=str)
    best: dict[tuple[str, str], SeaWay] = {}
    for a, access_a in ports_of(origin):
        for b, access_b in ports_of(destination):
            lane = seas.lane(a, b) if a != b else None
            if lane is None:
                continue
            hours = 24.0 * (lane.days + lane.wait_days)
            cost = access_a + access_b + lane.container_usd_per_t + costs.USD_PER_T_HOUR * hours
            key = (str(ports[a]), str(ports[b]))
            if key not in best or cost < best[key].cost:
                best[key] = SeaWay(a, b, access_a + access_b, lane, cost)
    return tuple(sorted(best.values(), key=lambda way: way.cost))


@lru_cache(maxsize=1)
def _air_rate() -> tuple[float, float]:
    """(intercept, slope) of dollars a tonne on kilometres through the air services of ``data/network/services.csv``."""
    table = data.services()
    table = table[table["mode"].str.startswith("air")]
    slope, level = np.polyfit(table["km"].to_numpy(dtype=float), table["usd_per_t"].to_numpy(dtype=float), 1)
    return float(level), float(slope)


AIR_DAYS = 3.0


def by_air(origin: str, destination: str) -> Option:
    """Air freight between two cities through a hub: great circle, three days, once a day."""
    km = float(great_circle_km(*position(origin), *position(destination)))
    level, slope = _air_rate()
    usd = max(level, 900.0) + slope * km
    return Option("air", km, AIR_DAYS + 0.5, usd, usd)


def position(place: str) -> tuple[float, float]:
    """Latitude and longitude of a place of the roads or a port."""
    graph = roads()
    if place in graph.number:
        at = graph.number[place]
        return float(graph.latitude[at]), float(graph.longitude[at])
    ports = sea().ports
    row = ports[ports["port"] == place].iloc[0]
    return float(row["latitude"]), float(row["longitude"])


@lru_cache(maxsize=8192)
def options(origin: str, destination: str) -> tuple[Option, ...]:
    """All modes between two cities."""
    found = []
    way = road(origin, destination)
    if way is not None:
        found.append(Option("road", way.km, way.hours / 24.0, way.usd_per_t, way.usd_per_t))
    track = rails.train(origin, destination)
    if track is not None:
        found.append(
            Option(
                "rail",
                track.km,
                track.days + seas.wait_days(rails.TRAINS_PER_WEEK),
                track.usd_per_t,
                track.usd_per_t,
            )
        )
    ways = by_sea(origin, destination)
    if ways:
        w = ways[0]
        # Of the access by road the larger part is money; time is in days of its own.
        days = w.lane.days + w.lane.wait_days + 0.4 * w.access_cost / costs.USD_PER_T_HOUR / 24.0
        money = 0.6 * w.access_cost
        found.append(Option("sea", w.lane.km, days, money + w.lane.container_usd_per_t, money + w.lane.bulk_usd_per_t))
    found.append(by_air(origin, destination))
    return tuple(found)
