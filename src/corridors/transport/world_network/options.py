"""The ways between two cities by each mode, with what they cost and take: what mode constants and
studies are built from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
Ports = Sequence[tuple[int, float]]
"""Numbers of ports, and dollars a tonne from a place to each."""


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
    """The ports worth considering from a place: those that compete for its containers, and of its own economy
    the one that is cheapest to reach and the one that is cheapest for containers."""
    reach = gateways.port_access(place)
    rank = _ranked(reach)
    home = economy_of(place)
    own = [p for p in reach if _owner(p) == home]
    nearest = [min(own, key=by.__getitem__) for by in (rank, reach) if own]
    return tuple(dict.fromkeys([*_competing(place), *((p, reach[p]) for p in nearest)]))


@lru_cache(maxsize=1024)
def _competing(place: str) -> tuple[tuple[int, float], ...]:
    """Ports that compete for containers: the cheapest to reach, and what ships call at in numbers."""
    reach = gateways.port_access(place)
    rank = _ranked(reach)
    order = sorted(rank, key=lambda p: (rank[p], p))[:MOST_PORTS]
    return tuple((p, reach[p]) for p in order if rank[p] <= rank[order[0]] + _PORT_SLACK)


def _own_ports(place: str) -> Ports:
    """Those of :func:`ports_of` that lie in the economy of the place."""
    home = economy_of(place)
    return [(p, usd) for p, usd in ports_of(place) if _owner(p) == home]


def _ranked(reach: Mapping[int, float]) -> Mapping[int, float]:
    """Dollars a tonne of containers by each port that ``reach`` has the way to, waits at a small port included."""
    calls = sea().ports["ship_calls_a_year"].to_numpy(dtype=float)
    return {p: cost + small_port(calls[p]) for p, cost in reach.items()}


def economy_of(place: str) -> str:
    """The economy of a place of the roads or a port."""
    graph = roads()
    if place in graph.number:
        return graph.sides[graph.number[place]][0]
    return _owner(list(sea().ports["port"]).index(place))


def _owner(port: int) -> str:
    """The economy of port number ``port``."""
    return _owners()[port]


@lru_cache(maxsize=1)
def _owners() -> list[str]:
    return [str(code) for code in sea().ports["economy"]]


def small_port(calls: float) -> float:
    """Dollars a tonne that waiting for a ship and a transshipment at a small port are worth."""
    days = seas.transshipment_days(calls) + seas.wait_days(seas.departures_a_week(calls))
    return days * 24.0 * costs.USD_PER_T_HOUR


@lru_cache(maxsize=8192)
def by_sea(origin: str, destination: str) -> tuple[SeaWay, ...]:
    """Ways by sea between two cities by the ports that compete for containers, the cheapest first:
    at most one for each pair of economies whose ports they use. Shares by mode rest on the first."""
    best: dict[tuple[str, str], SeaWay] = {}
    for way in _between(_competing(origin), _competing(destination)):
        key = (_owner(way.port_a), _owner(way.port_b))
        if key not in best or way.cost < best[key].cost:
            best[key] = way
    return tuple(sorted(best.values(), key=_container_cost))


@lru_cache(maxsize=8192)
def lanes(origin: str, destination: str, most: int) -> tuple[SeaWay, ...]:
    """Ways by sea that a study looks at: the ``most`` cheapest of :func:`by_sea` and, between ports
    of the two economies themselves, the cheapest for containers and the cheapest for bulk (of an
    economy without any, those of its neighbours).

    No way comes to the economy where it ends before the ship sails, or leaves the one where it
    begins after it: it would pass the buyer and come back.
    """
    ports_a, ports_b = _own_ports(origin), _own_ports(destination)
    own = _between(ports_a or _competing(origin), ports_b or _competing(destination)) if ports_a or ports_b else []
    return tuple(dict.fromkeys([*_onward(by_sea(origin, destination), origin, destination)[:most], *_cheapest(own, origin, destination)]))


@lru_cache(maxsize=1024)
def lanes_by(port: int, origin: str, destination: str) -> tuple[SeaWay, ...]:
    """Ways by sea between two cities by one port, be the road to it what it may: a railway is to lead there."""

    def at(city: str) -> Ports:
        return [(port, gateways.port_access(city).get(port, 0.0))]

    both = _between(at(origin), ports_of(destination)), _between(ports_of(origin), at(destination))
    return tuple(dict.fromkeys(way for ways in both for way in _cheapest(ways, origin, destination)))


def _onward(ways: Iterable[SeaWay], origin: str, destination: str) -> list[SeaWay]:
    start, end = economy_of(origin), economy_of(destination)
    return [w for w in ways if _owner(w.port_a) != end and _owner(w.port_b) != start]


def _cheapest(ways: Iterable[SeaWay], origin: str, destination: str) -> list[SeaWay]:
    """Of ways that do not come by the other's port the cheapest for containers and for bulk."""
    found = _onward(ways, origin, destination)
    return [min(found, key=cost) for cost in (_container_cost, _bulk_cost) if found]


def _between(ports_a: Ports, ports_b: Ports) -> Iterator[SeaWay]:
    """A way by each port of the one and each of the other that ships sail between."""
    for a, access_a in ports_a:
        for b, access_b in ports_b:
            lane = seas.lane(a, b) if a != b else None
            if lane is not None:
                hours = 24.0 * (lane.days + lane.wait_days)
                cost = access_a + access_b + lane.container_usd_per_t + costs.USD_PER_T_HOUR * hours
                yield SeaWay(a, b, access_a + access_b, lane, cost)


def _container_cost(way: SeaWay) -> float:
    return way.cost


def _bulk_cost(way: SeaWay) -> float:
    """Dollars a tonne of bulk: its ship goes direct from a small port too and waits for no departure."""
    hours = 24.0 * (way.lane.days - way.lane.transshipment_days)
    return way.access_cost + way.lane.bulk_usd_per_t + costs.USD_PER_T_HOUR * hours


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
