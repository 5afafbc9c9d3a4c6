"""Routes between two places: a few good ones that differ in the borders they cross.

The best road route is found by Dijkstra's method on generalised cost. Others follow by link
elimination (Azevedo et al. 1993): each crossing of a route found is shut in turn and the search
repeated, so that every crossing that matters has a way round it among the choices. Of the studied
pair every crossing also has a way through it, so that a corridor is a choice even where it is not
among the cheapest today. Routes by sea, rail and air are a service with roads at both ends.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from corridors.data import names as vocabulary
from corridors.runtime.notebook_html import in_notebook
from corridors.transport import new_trains
from corridors.transport.network import Link, Network, Service

# What an hour costs a tonne of a typical good (3,000 USD a tonne, 1.3 % a day): only for the
# search.
_USD_PER_T_HOUR = 1.6
_PAYLOAD_T = 20.0
WORST = 1.8
"""A way through a crossing, or by a train or ship that a measure starts a border away, that costs more than this times the
best is none that a study of the pair looks at."""
_ASIDE = 0.75
"""Roads to and from a service of today that begins or ends a border away, of the straight line."""
LEFT_OUT, STUDY_LEFT_OUT = 0.05, 0.005
"""Ways are left out, dearest first, as long as together they would carry less than this part of the goods; of the pair a
study is of, the second."""
# What a route has to cost more to be taken 1/e as often: 3,000 USD a tonne over the central scale
# of route choice, 30.
USD_PER_T_E_FOLD = 100.0
_MOST_TRIED = 48


@dataclass(frozen=True)
class Path:
    """A way over roads and ferries: links (by position in the network), places, and borders crossed."""

    places: tuple[str, ...]
    links: tuple[int, ...]
    crossings: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """One choice of a shipper: from a gateway of the exporter to one of the importer.

    ``links`` are positions in the list of links; ``service`` is the position of the main ship,
    train or flight (None for a road route), ``chain`` has all services in the order of travel,
    after the first ``before`` links. ``needs`` are numbers of measures without which the route is
    not there.
    """

    exporter: str
    importer: str
    origin: str
    destination: str
    mode: str
    places: tuple[str, ...]
    links: tuple[int, ...]
    crossings: tuple[str, ...]
    service: int | None = None
    chain: tuple[int, ...] = ()
    before: int = 0
    needs: tuple[int, ...] = ()

    def title(self, places: Mapping[str, str], links: Sequence[Link], services: Sequence[Service]) -> str:
        """Readable name: the service, or the borders that a road crosses. ``places`` has names."""

        def short(place: str) -> str:
            return places[place].split(" / ")[0].split(" (")[0]

        via = ", ".join(short(crossing) for crossing in self.crossings)
        if self.service is not None:
            trains = [services[i].title for i in self.chain if i != self.service and services[i].new is not None]
            return " with ".join([services[self.service].title, *map(_lowered, trains)]) + (f" by {via}" if via else "")
        if not self.links:
            return "Ways outside this network"
        ferries = [short(links[i].a) + "-" + short(links[i].b) for i in self.links if links[i].mode == "ferry"]
        over = [*([via] if via else []), *([f"ferry {', '.join(ferries)}"] if ferries else [])]
        return f"Road by {', '.join(over)}" if over else "Road"

    def _repr_html_(self) -> str:
        """How a route shows itself in a notebook: its places in the order of travel, crossings in bold."""
        from html import escape

        names = [(escape(vocabulary.short_name(p)), p in self.crossings) for p in self.places]
        way = " → ".join(f"<strong>{name}</strong>" if crossing else name for name, crossing in names)
        return in_notebook(f"<p>{escape(self.exporter)} to {escape(self.importer)} by {escape(self.mode)}: {way}</p>")


def _lowered(title: str) -> str:
    return title[:1].lower() + title[1:]


class RoadMap:
    """Roads and ferries of a network as an adjacency list, with the generalised cost of each.

    ``there`` are the measures in place: links of others are not on the map (None: all are).
    """

    def __init__(self, network: Network, links: Sequence[Link], there: Collection[int] | None = None) -> None:
        self.network = network
        self.links = links
        self.neighbours: dict[str, list[tuple[str, int, float]]] = {place: [] for place in network.places}
        for i, link in enumerate(links):
            if there is not None and link.new is not None and link.new not in there:
                continue
            cost = link.usd_per_t + _USD_PER_T_HOUR * link.hours
            self.neighbours[link.a].append((link.b, i, cost))
            self.neighbours[link.b].append((link.a, i, cost))
        self.toll = {
            str(c): row["fee_usd_per_truck"] / _PAYLOAD_T + _USD_PER_T_HOUR * row["processing_hours"]
            for c, row in network.crossings.iterrows()
        }

    def best(
        self,
        origin: str,
        destination: str,
        shut: frozenset[str] = frozenset(),
        leaving: str | None = None,
        arriving: str | None = None,
    ) -> tuple[float, Path] | None:
        """The cheapest way that avoids the crossings ``shut``, with its cost; None if there is none.

        ``leaving`` and ``arriving`` are economies in which the first and the last link must lie.
        """
        cost = {origin: 0.0}
        came: dict[str, tuple[str, int]] = {}
        heap = [(0.0, origin)]
        done: set[str] = set()
        while heap:
            here_cost, here = heapq.heappop(heap)
            if here in done:
                continue
            done.add(here)
            if here == destination:
                return here_cost, self._path(origin, destination, came)
            for there, link, step in self.neighbours[here]:
                if there in done or there in shut:
                    continue
                side = self.links[link].economy
                if (here == origin and leaving not in (None, side)) or (
                    there == destination and arriving not in (None, side)
                ):
                    continue
                total = here_cost + step + self.toll.get(there, 0.0)
                if total < cost.get(there, float("inf")):
                    cost[there] = total
                    came[there] = (here, link)
                    heapq.heappush(heap, (total, there))
        return None

    def _path(self, origin: str, destination: str, came: Mapping[str, tuple[str, int]]) -> Path:
        places, links = [destination], []
        while places[-1] != origin:
            before, link = came[places[-1]]
            places.append(before)
            links.append(link)
        places.reverse()
        links.reverse()
        return self._with_crossings(tuple(places), tuple(links))

    def _with_crossings(self, places: tuple[str, ...], links: tuple[int, ...]) -> Path:
        crossings = tuple(
            place
            for k, place in enumerate(places)
            if place in self.toll
            and 0 < k < len(links)
            and self.links[links[k - 1]].economy != self.links[links[k]].economy
        )
        return Path(places, links, crossings)

    def through(self, origin: str, crossing: str, destination: str, shut: frozenset[str]) -> tuple[float, Path] | None:
        """The cheapest way that passes ``crossing``, avoids ``shut`` and comes to no economy twice;
        None without one."""
        found = []
        one, other = self.network.economies[crossing]
        for near, far in ((one, other), (other, one)):
            first = self.best(origin, crossing, shut, arriving=near)
            second = self.best(crossing, destination, shut, leaving=far)
            if first is None or second is None:
                continue
            path = self._with_crossings(first[1].places + second[1].places[1:], first[1].links + second[1].links)
            economies = [
                e
                for e, _ in itertools.groupby(
                    self.links[i].economy for i in path.links if self.links[i].mode == "road"
                )
            ]
            if len(set(path.places)) == len(path.places) and len(set(economies)) == len(economies):
                found.append((first[0] + second[0], path))
        return min(found, key=lambda item: item[0], default=None)

    def several(
        self,
        origin: str,
        destination: str,
        shut_today: frozenset[str],
        by_way_of: Iterable[str] = (),
        left_out: float = LEFT_OUT,
    ) -> list[Path]:
        """Routes that differ in crossings, but for the dearest, which would carry less than ``left_out`` of the goods.

        The best open today, ways round each of its crossings, and those that need a crossing shut
        today. Shares are those of a logit at costs without queues, ``exp(-cost / 100 USD a
        tonne)``: what queues there are depends on the question, which ways there are should not.
        The bound holds with today's borders shut and with all of them open. Besides, each crossing
        of ``by_way_of`` has the best route through it, unless that is far dearer than the best of
        all.
        """
        if origin == destination:
            return [Path((origin,), (), ())]
        found: dict[tuple[str, ...], tuple[float, Path]] = {}
        tried: set[frozenset[str]] = set()
        queue: list[frozenset[str]] = [frozenset(), shut_today]
        while queue and len(tried) < _MOST_TRIED:
            shut = queue.pop(0)
            if shut in tried:
                continue
            tried.add(shut)
            answer = self.best(origin, destination, shut)
            if answer is None:
                continue
            cost, path = answer
            key = self.key(path)
            if key not in found or cost < found[key][0]:
                found[key] = (cost, path)
            queue.extend(shut | {crossing} for crossing in path.crossings if len(shut) < 5)
        wanted = frozenset(by_way_of)
        for crossing, shut in itertools.product(sorted(wanted), (frozenset[str](), shut_today)):
            answer = None if crossing in shut else self.through(origin, crossing, destination, shut)
            if answer is not None:
                key = self.key(answer[1])
                found[key] = min(found.get(key, answer), answer, key=lambda item: item[0])
        return _choose(list(found.values()), shut_today, left_out, wanted)

    def cost(self, path: Path) -> float:
        """Dollars a tonne of a way on this map, hours and fees in money, queues left out."""
        links = (self.links[i] for i in path.links)
        driven = sum(link.usd_per_t + _USD_PER_T_HOUR * link.hours for link in links)
        return float(driven + sum(self.toll[c] for c in path.crossings))

    def key(self, path: Path) -> tuple[str, ...]:
        """What makes two routes different: borders and ferries."""
        return path.crossings + tuple(self.links[i].name for i in path.links if self.links[i].mode == "ferry")


def _choose(
    found: list[tuple[float, Path]], shut_today: frozenset[str], left_out: float, wanted: frozenset[str] = frozenset()
) -> list[Path]:
    """The cheapest of those open today and of all, up to ``1 - left_out`` of the goods; a way round each crossing of the
    best open one; then one for each crossing of ``wanted`` that none of them passes."""
    ranked = sorted(found, key=lambda item: (item[0], item[1].places))
    open_now = [item for item in ranked if not shut_today.intersection(item[1].crossings)]
    kept = {path.links: (cost, path) for cost, path in _carrying(open_now, left_out) + _carrying(ranked, left_out)}
    if open_now:
        taken = [path for _, path in kept.values() if not shut_today.intersection(path.crossings)]
        for crossing in open_now[0][1].crossings:
            around = next((item for item in open_now if crossing not in item[1].crossings), None)
            if around is not None and all(crossing in path.crossings for path in taken):
                kept[around[1].links] = around
                taken.append(around[1])
    for item in ranked:
        passed = {crossing for _, path in kept.values() for crossing in path.crossings}
        if item[0] <= WORST * ranked[0][0] and wanted.intersection(item[1].crossings) - passed:
            kept[item[1].links] = item
    return [path for _, path in sorted(kept.values(), key=lambda item: (item[0], item[1].places))]


def _carrying(ranked: Sequence[tuple[float, Path]], left_out: float) -> list[tuple[float, Path]]:
    """The cheapest that together carry more than ``1 - left_out`` of what takes one of ``ranked``."""
    pull = [math.exp((ranked[0][0] - cost) / USD_PER_T_E_FOLD) for cost, _ in ranked]
    up_to = itertools.accumulate(pull, initial=0.0)
    return [item for item, before in zip(ranked, up_to, strict=False) if before <= (1.0 - left_out) * sum(pull)]


def feeder(roads: RoadMap, a: str, b: str, borders: int, shut: frozenset[str] = frozenset()) -> Path | None:
    """The way by road between a gateway and a port over at most ``borders`` crossings, none of ``shut``, or None."""
    if a == b:
        return Path((a,), (), ())
    answer = roads.best(a, b, frozenset(roads.toll) if borders == 0 else shut)
    return answer[1] if answer is not None and len(answer[1].crossings) <= borders else None


def by_service(
    network: Network, roads: RoadMap, services: Sequence[Service], exporter: str, importer: str, origin: str, destination: str
) -> Iterable[Route]:
    """Routes by sea, rail and air: road to the service, the service, and road or a feeder train onward.

    Trains that measures start also carry goods to and from ships, where the road to them costs less than the road to the
    port, and those of several measures that meet are one train. Flights join the two economies, and nearly all services of
    today. On a compiled network, where trains and flights join city with city, those of the two cities themselves are taken,
    others only where there are none. A train or ship that a measure starts may also begin or end a border away: cost decides,
    so it is offered where the whole way costs no more than :data:`WORST` times the best by road, were every border open, and
    where each end of it is nearer by road to the goods that it takes there than the other: nobody drives down a line to ride
    back up.
    """
    feeders = [(i, s.a, s.b) for i, s in enumerate(services) if s.mode == "rail_feeder"]
    trains = new_trains.ways(services)
    ports = {port for s in services if s.mode == "sea" and s.running for port in (s.a, s.b)} if trains else set()
    # From one port to another goods stay on the ship.
    to_ships = [way for way in trains if not any(new_trains.at_port(network, way[1], port) for port in ports)]
    # Asked only where a measure starts a service.
    started = any(s.new is not None and s.serves is None and s.mode != "air" for s in services)
    best = roads.best(origin, destination) if started else None
    most = float("inf") if best is None else WORST * best[0]
    shut = frozenset(str(c) for c, state in network.crossings["state"].items() if state == "shut")
    of_cities = {s.mode for s in services if s.new is None and {s.a, s.b} == {origin, destination} and s.mode != "sea"} if network.compiled else set()

    @cache
    def by_road(a: str, b: str, borders: int, barred: frozenset[str]) -> Path | None:
        return feeder(roads, a, b, borders, barred)

    def nearer(city: str, place: str, than: str, borders: int, barred: frozenset[str]) -> bool:
        """Whether a place is nearer to a city by road than another."""
        here, there = by_road(city, place, borders, barred), by_road(city, than, borders, barred)
        return here is not None and (there is None or roads.cost(here) < roads.cost(there))

    def along(chain: tuple[int, ...], first: str, last: str, main: int, borders: int, barred: frozenset[str], joins: bool) -> Iterable[Route]:
        before, after = by_road(origin, first, borders, barred), by_road(last, destination, borders, barred)
        if before is None or after is None:
            return
        if not joins and services[main].new is not None:
            ridden = sum(s.usd_per_t + _USD_PER_T_HOUR * s.hours for s in new_trains.ridden(services, chain))
            if roads.cost(before) + ridden + roads.cost(after) > most:
                return
        yield Route(
            exporter=exporter,
            importer=importer,
            origin=origin,
            destination=destination,
            mode=services[main].mode,
            places=before.places + after.places,
            links=before.links + after.links,
            crossings=before.crossings + after.crossings,
            service=main,
            chain=chain,
            before=len(before.links),
            needs=tuple(sorted({new for k in chain if (new := services[k].new) is not None})),
        )

    for i, service in enumerate(services):
        if service.mode == "rail_feeder" or not service.running or new_trains.is_new(service):
            continue
        if service.mode in of_cities and service.new is None and {service.a, service.b} != {origin, destination}:
            continue
        # Nobody trucks air freight across a border to a flight: other flights are nearer.
        borders = service.borders if service.new is None or service.mode == "air" else 2
        barred = shut if service.serves is not None else frozenset()
        for start, end in ((service.a, service.b), (service.b, service.a)):
            if service.serves is not None:
                joins = (exporter, importer) == (service.serves if start == service.a else service.serves[::-1])
            else:
                joins = exporter in network.economies[start] and importer in network.economies[end]
            if not joins and not borders:
                continue
            if not joins and service.new is None:
                aside = network.distance_km(origin, start) + network.distance_km(end, destination)
                if aside >= _ASIDE * network.distance_km(origin, destination):
                    continue
            if not joins and service.new is not None and not (
                nearer(origin, start, end, borders, barred) and nearer(destination, end, start, borders, barred)
            ):
                continue
            yield from along((i,), start, end, i, borders, barred, joins)
            for j, near, far in feeders:
                if near == end:
                    yield from along((i, j), start, far, i, borders, barred, joins)
                if near == start:
                    yield from along((j, i), far, end, i, borders, barred, joins)
            if service.mode != "sea":
                continue
            inland = [
                [((), port), *((chain, far) for chain, far, at in to_ships if new_trains.at_port(network, at, port) and nearer(city, far, port, borders, barred))]
                for city, port in ((origin, start), (destination, end))
            ]
            for (before, first), (after, last) in itertools.product(*inland):
                chain = (*before, i, *after[::-1])
                if len(chain) > 1 and not {services[k].cargo for k in chain} >= {"bulk", "container"}:
                    yield from along(chain, first, last, i, borders, barred, joins)
    for chain, start, end in trains:
        if nearer(origin, start, end, 2, frozenset()) and nearer(destination, end, start, 2, frozenset()):
            joins = exporter in network.economies[start] and importer in network.economies[end]
            yield from along(chain, start, end, chain[0], 2, frozenset(), joins)
