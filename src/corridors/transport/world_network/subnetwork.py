"""The part of the world that a study of a pair needs, as a network that is solved exactly.

Nodes are the pair's cities, the crossings that its ways pass or could pass instead, the ports it
uses and what measures name; roads between them are the shortest inside each economy. Services are
ships, trains and flights between the same cities and ports. Other pairs whose trade passes the
crossings that measures move are in it too. Everything else stands still.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from corridors.data import names
from corridors.data.geometry import great_circle_km
from corridors.errors import NetworkError
from corridors.trade.cargo import CLASSES
from corridors.transport.network import Link, Network, Service, load
from corridors.transport.new_trains import PORT_CITY_KM
from corridors.transport.world_network import (
    borders,
    costs,
    crossing_rows,
    gateways,
    hand_places,
    mode_model,
    options,
    pipelines,
    rails,
    seas,
)
from corridors.transport.world_network import roads as road_search
from corridors.transport.world_network.mode_model import MODES
from corridors.transport.world_network.others import Other, passing
from corridors.transport.world_network.parts import Parts, place_name, port_place
from corridors.transport.world_network.tables import Graph, both_ways, roads, sea

MOST_BORDERS, MOST_VARIANTS, MOST_LANES = 12, 12, 3
_WORST = 2.0
_REDUNDANT = 1.0005

Ends = Sequence[tuple[str, float]]
"""Cities of an economy and what part of its trade each carries."""


@lru_cache(maxsize=32)
def for_pair(
    a: str, b: str, named: tuple[str, ...] = (), airports: tuple[str, ...] = (), stations: tuple[str, ...] = ()
) -> Network:
    """The network of a study of ``a`` and ``b``.

    Parameters
    ----------
    named: ids of the places and crossings that measures name, and of roads as two of them joined by
    a hyphen.
    airports: IATA codes of flights that measures start (``data/network/airports.csv``).
    stations: ids of places where railways that measures build or trains that they start end; ships call at the ports of these.

    Raises NetworkError if one of the two economies has no place at all, or nothing joins them.
    """
    graph = roads()
    ends = {(a, b): gateways.weights(a, b), (b, a): gateways.weights(b, a)}
    for (economy, _), places in ends.items():
        if not places:
            raise NetworkError(f"network: economy {economy!r} has neither a city on a road nor a port in data/world")
    shares = mode_model.pair_shares(a, b)
    if shares is None:
        raise NetworkError(f"network: nothing joins {a} and {b} in data/world")
    parts = Parts()
    for places in ends.values():
        parts.places.update(dict.fromkeys(place for place, _ in places))
    roads_named = {frozenset(name.split("-")) for name in named if "-" in name}
    ends_named = dict.fromkeys(n for name in named for n in name.split("-"))
    measured = [name for name in ends_named if name in graph.number and graph.is_crossing(graph.number[name])]
    lacking = hand_places.lacking(ends_named)
    parts.places.update(dict.fromkeys(n for n in ends_named if n in graph.number and n not in measured))
    parts.places.update(dict.fromkeys((*lacking, *hand_places.neighbours(lacking))))
    _roads_between(parts, ends[a, b], ends[b, a], a, b)
    parts.crossings.update(dict.fromkeys(measured))
    lanes = _lanes(parts, ends[a, b], ends[b, a], stations)
    others = passing(parts, a, b, measured)
    served = _airports(parts, airports, ends)
    links = (*_links(graph, parts, roads_named), *hand_places.links(lacking, parts.nodes()))
    services = (*_ships(lanes, a, b), *_trains(ends[a, b], ends[b, a], a, b), *_flights(ends[a, b], ends[b, a], a, b))
    if served:
        services += tuple(s for s in load().services if s.mode == "air_direct")
    modes = {s.mode for s in services} | (
        {"road"} if any(options.road(p, q) for p, _ in ends[a, b] for q, _ in ends[b, a]) else set()
    )
    counted = [way for pair in ((a, b), *((o.a, o.b) for o in others)) for way in (pair, pair[::-1])]
    return hand_places.WorldNetwork(
        places=parts.names(),
        coordinates=parts.positions(),
        economies=parts.economies(graph),
        links=links,
        services=services,
        crossings=crossing_rows.table(tuple(parts.crossings), a, b),
        gateways=_gateways(ends, others),
        airports=served,
        speed_kmh={},
        moving_share={},
        pair_traffic=_traffic(a, b, others, shares),
        base_shares=_base_shares(a, b, shares, modes),
        road_cargo="any",
        piped={pair: part for pair in ends if (part := pipelines.of_bulk(*pair)) > 0.0},
        at_crossings={way: crossing_rows.spread(*way, tuple(parts.crossings), measured) for way in counted},
        trucks_of_a_load={way: crossing_rows.trucks_of_a_load(*way) for way in counted},
        compiled=True,
        messages=(*messages(a, b), *pipelines.told(a, b)),
    )


def _roads_between(parts: Parts, ends_a: Ends, ends_b: Ends, a: str, b: str) -> None:
    """Crossings of the best roads, of roads round each of them, of the common border and of ways shut today."""
    graph, search = roads(), road_search.today()
    for one, _ in ends_a:
        for other, _ in ends_b:
            best = options.road(one, other)
            if best is None:
                continue
            parts.take(best)
            barred: list[tuple[str, ...]] = [(c,) for c in best.crossings]
            tried = 0
            while barred and tried < MOST_VARIANTS:
                shut = barred.pop(0)
                tried += 1
                _, before = search.from_nodes([graph.number[one]], without=[graph.number[c] for c in shut])
                way = search.way(before[0], graph.number[one], graph.number[other])
                if way is not None and way.cost <= _WORST * best.cost:
                    parts.take(way)
                    if len(shut) < 2:
                        barred += [(*shut, c) for c in way.crossings if c not in shut]
    known = crossing_rows.own_at(a, b)
    served = sorted((c for c in common_border(a, b) if c not in borders.minor()), key=lambda c: -known.get(c, 0.0))
    parts.crossings.update(dict.fromkeys(served[:MOST_BORDERS]))
    start, end = graph.number.get(ends_a[0][0]), graph.number.get(ends_b[0][0])
    if not parts.crossings and start is not None and end is not None:
        everywhere = road_search.with_all_open()
        _, before = everywhere.from_nodes([start])
        parts.take(everywhere.way(before[0], start, end))


def common_border(a: str, b: str) -> list[str]:
    """Ids of the crossings between two economies, those that most roads use first, minor ones too."""
    table = roads().crossings
    rows = table[
        ((table["economy_a"] == a) & (table["economy_b"] == b))
        | ((table["economy_a"] == b) & (table["economy_b"] == a))
    ]
    return [str(c) for c in rows.sort_values("use_share", ascending=False, kind="stable")["crossing"]]


@dataclass(frozen=True)
class _Lane:
    port_a: int
    port_b: int
    lane: seas.Lane


def _lanes(parts: Parts, ends_a: Ends, ends_b: Ends, stations: Sequence[str]) -> list[_Lane]:
    """Lanes worth taking between any two cities and those by the ports of ``stations``, with the roads to their ports among ``parts``."""
    found: dict[tuple[int, int], _Lane] = {}
    reached = dict.fromkeys(port for port in map(port_of, stations) if port is not None)
    for one, _ in ends_a:
        for other, _ in ends_b:
            for way in (*options.lanes(one, other, MOST_LANES), *(w for port in reached for w in options.lanes_by(port, one, other))):
                if (way.port_a, way.port_b) not in found:
                    found[way.port_a, way.port_b] = _Lane(way.port_a, way.port_b, way.lane)
                for city, port in ((one, way.port_a), (other, way.port_b)):
                    parts.ports[port] = None
                    place = gateways.place_of_port(port)
                    if place is not None and city in roads().number:
                        parts.places[place] = None
                        parts.take(options.road(city, place))
    return list(found.values())


def port_of(station: str) -> int | None:
    """Number of the busiest port at the ocean that trains to a place come to; None where there is none."""
    graph, ports = roads(), sea().ports
    if station not in graph.number:
        return None
    at = graph.number[station]
    km = great_circle_km(graph.latitude[at], graph.longitude[at], ports["latitude"].to_numpy(float), ports["longitude"].to_numpy(float))
    calls = ports["ship_calls_a_year"].to_numpy(dtype=float)
    near = (km <= PORT_CITY_KM) & (ports["economy"] == graph.sides[at][0]).to_numpy() & seas.at_the_ocean() & (calls > 0.0)
    return int(np.argmax(np.where(near, calls, 0.0))) if near.any() else None


def _ships(lanes: Iterable[_Lane], a: str, b: str) -> Iterable[Service]:
    called = sea().ports["name"].to_list()
    for one in lanes:
        start, end = port_place(one.port_a), port_place(one.port_b)
        if start == end:
            continue
        title = f"{called[one.port_a]}-{called[one.port_b]}"
        for cargo, usd, days, shift in (
            ("container", one.lane.container_usd_per_t, one.lane.days, one.lane.transshipment_days),
            ("bulk", one.lane.bulk_usd_per_t, one.lane.days - one.lane.transshipment_days, 0.0),
        ):
            yield Service(
                name=f"{'sea' if cargo == 'container' else 'bulk'}_{start}_{end}",
                title=f"Ship {title}{'' if cargo == 'container' else ', bulk'}",
                mode="sea", a=start, b=end, km=one.lane.km, hours=24.0 * days, wait_hours=24.0 * one.lane.wait_days,
                usd_per_t=usd, cargo=cargo, running=True, transshipment_hours=24.0 * shift, serves=(a, b), borders=4,
            )  # fmt: skip


def _trains(ends_a: Ends, ends_b: Ends, a: str, b: str) -> Iterable[Service]:
    """A train between any two of the cities that a railway joins."""
    for one, other in _cities(ends_a, ends_b):
        track = rails.train(one, other)
        if track is not None:
            yield Service(
                name=f"rail_{one}_{other}", title=f"Train {_short(one)}-{_short(other)}",
                mode="rail", a=one, b=other, km=track.km,
                hours=24.0 * track.days, wait_hours=24.0 * seas.wait_days(rails.TRAINS_PER_WEEK),
                usd_per_t=track.usd_per_t, cargo="any", running=True, serves=(a, b), borders=1,
            )  # fmt: skip


def _flights(ends_a: Ends, ends_b: Ends, a: str, b: str) -> Iterable[Service]:
    """Air freight between any two of the cities."""
    for one, other in _cities(ends_a, ends_b):
        flight = options.by_air(one, other)
        cargo = "container" if options.road(one, other) or options.by_sea(one, other) or rails.train(one, other) else "any"
        yield Service(
            name=f"air_{one}_{other}", title=f"Air freight {_short(one)}-{_short(other)}", mode="air",
            a=one, b=other, km=flight.km,
            hours=24.0 * options.AIR_DAYS, wait_hours=12.0, usd_per_t=flight.usd_per_t, cargo=cargo, running=True, serves=(a, b),
        )  # fmt: skip


def _cities(ends_a: Ends, ends_b: Ends) -> list[tuple[str, str]]:
    """A city of the one and a city of the other, those that carry most first."""
    return [(p, q) for _, p, q in sorted(((wa * wb, p, q) for p, wa in ends_a for q, wb in ends_b), reverse=True)]


def _airports(
    parts: Parts, codes: Sequence[str], ends: Mapping[tuple[str, str], Sequence[tuple[str, float]]]
) -> dict[str, str]:
    """The place that each airport serves: the heaviest city of its economy."""
    found = {}
    heaviest = {economy: max(places, key=lambda p: p[1])[0] for (economy, _), places in ends.items()}
    for code in codes:
        economy = load().economies[load().airports[code]][0]
        place = heaviest.get(economy) or gateways.main_place(economy)
        if place is not None:
            found[code] = place
            parts.places[place] = None
    return found


def _links(graph: Graph, parts: Parts, kept: set[frozenset[str]]) -> tuple[Link, ...]:
    """Roads between the chosen nodes of each economy, without those that pass another chosen place anyway;
    roads in ``kept`` stay."""
    nodes = [graph.number[name] for name in (*parts.places, *parts.crossings) if name in graph.number]
    inside: dict[str, list[int]] = {}
    for node in nodes:
        for economy in graph.sides[node]:
            inside.setdefault(economy, []).append(node)
    found = []
    for economy, members in inside.items():
        edges = graph.edges_of.get(economy)
        if edges is None or len(members) < 2:
            continue
        used, position = np.unique(np.concatenate([graph.a[edges], graph.b[edges], members]), return_inverse=True)
        count = len(edges)
        matrix = both_ways(position[:count], position[count : 2 * count], np.maximum(graph.km[edges], 1e-3), len(used))
        at = position[2 * count :]
        distance = dijkstra(matrix, directed=True, indices=at)[:, at]
        rate = costs.road(economy)
        inner = [k for k, node in enumerate(members) if not graph.is_crossing(node)]
        for i in range(len(members)):
            for j in range(i + 1, len(members)):
                length = float(distance[i, j])
                one, other = graph.names[members[i]], graph.names[members[j]]
                passing = any(k not in (i, j) and distance[i, k] + distance[k, j] <= _REDUNDANT * length for k in inner)
                if not np.isfinite(length) or (passing and frozenset((one, other)) not in kept):
                    continue
                found.append(
                    Link(
                        f"{one}-{other}",
                        one,
                        other,
                        "road",
                        economy,
                        length,
                        rate.hours(length),
                        rate.usd_per_t_km * length,
                        estimate=True,
                    )
                )
    return tuple(found)


def _short(name: str) -> str:
    return place_name(name).split(" / ")[0]


def _gateways(
    ends: Mapping[tuple[str, str], Sequence[tuple[str, float]]], others: Sequence[Other]
) -> Mapping[tuple[str, str], tuple[tuple[str, float], ...]]:
    found = {key: tuple(places) for key, places in ends.items()}
    for other in others:
        for code in (other.a, other.b):
            found.setdefault((code, ""), ((str(gateways.main_place(code)), 1.0),))
    return found


def _traffic(a: str, b: str, others: Sequence[Other], shares: mode_model.PairShares) -> pd.DataFrame:
    rows = []
    own = crossing_rows.own_trucks(a, b) * crossing_rows.trucks_of_a_load(a, b)
    if own > 0:
        rows += [(x, y, 0.5 * own, shares.share("road"), True, "by trade") for x, y in ((a, b), (b, a))]
    rows += [
        (x, y, 0.5 * o.trucks_per_day * crossing_rows.trucks_of_a_load(o.a, o.b), o.road_share, True, "by trade")
        for o in others
        for x, y in ((o.a, o.b), (o.b, o.a))
    ]
    return pd.DataFrame(rows, columns=["exporter", "importer", "road_trucks_per_day", "road_share", "estimate", "note"])


def _base_shares(a: str, b: str, shares: mode_model.PairShares, modes: set[str]) -> pd.DataFrame:
    note = f"published: {', '.join(shares.published)}" if shares.published else "mode model"
    rows = [
        (x, y, name, mode, float(shares.by_class[c, m]), not shares.published, note)
        for x, y in ((a, b), (b, a)) for c, name in enumerate(CLASSES) for m, mode in enumerate(MODES) if mode in modes
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["exporter", "importer", "cargo_class", "mode", "share", "estimate", "note"])


def messages(a: str, b: str) -> tuple[str, ...]:
    """Sentences that a user must see: that ways are compiled, and why there is none by land."""
    found = [
        "The ways of this pair are compiled from open data and have not been checked by hand; "
        "capacities of crossings are estimates from trade."
    ]
    ends_a, ends_b = gateways.weights(a, b), gateways.weights(b, a)
    if any(options.road(p, q) for p, _ in ends_a for q, _ in ends_b):
        return tuple(found)
    both = " and ".join(names.economies().get(e, e) for e in (a, b))
    if (why := borders.why_shut(a, b)) is not None:
        found.append(f"{both} have no way by road today: {why}.")
    elif not all(p in roads().number for p, _ in (*ends_a, *ends_b)):
        found.append(f"{both} have no way by road: one of them is not on any road that leads abroad.")
    else:
        found.append(f"{both} have no way by road: no chain of open crossings joins them.")
    return tuple(found)


@lru_cache(maxsize=1)
def checked_economies() -> frozenset[str]:
    """Economies with a gateway in the hand-checked network."""
    return frozenset(economy for economy, _ in load().gateways)
