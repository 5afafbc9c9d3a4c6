"""Every choice of every pair in array form: what a solved system is computed from.

Routes are sorted by market (a pair and its two gateways) and mode, so that the routes of a nest and
the nests of a market lie side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import tables as data
from corridors.runtime.cache import kept
from corridors.transport import new_trains, same_borders
from corridors.transport.effects import Effects
from corridors.transport.network import Network, load
from corridors.transport.path_size import path_sizes
from corridors.transport.routes import STUDY_LEFT_OUT, Path, RoadMap, Route, by_service

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

OUTSIDE = "other"
MODES = ("road", "rail", "sea", "air", OUTSIDE)

Way = tuple[str, str, bool]
"""Two places in order, and whether every crossing is to have a way through it."""


@dataclass(frozen=True)
class Market:
    """A pair between one gateway of each economy; ``weight`` is its part of the pair's trade.

    ``pairs`` are positions of directed pairs. Two directions whose choices cannot differ share a
    market.
    """

    pairs: tuple[int, ...]
    origin: str
    destination: str
    weight: float


@dataclass(frozen=True)
class ChoiceSet:
    """Routes with what each is made of. R routes, X crossings, S new services with a limit, L links moved.

    ``parts_hours`` (R, 3) hours that scale with road speed, with time at sea, and not at all;
    ``parts_usd`` (R, 4) dollars a tonne by road, sea, rail and air; ``wait_hours`` (R,) of them for
    a departure; ``path_size`` (R,) is what a way weighs in its nest for what it shares with others
    (:mod:`corridors.transport.path_size`); ways of one number in ``same_borders`` (R,) are one
    choice (:mod:`corridors.transport.same_borders`). ``through`` (R, X + S) counts passages of
    crossings and limited services, ``links_moved`` (L,) are positions of links that a measure moves
    and ``over`` (R, L) says which routes use them.
    """

    pairs: tuple[tuple[str, str], ...]
    markets: tuple[Market, ...]
    routes: tuple[Route, ...]
    modes: tuple[str, ...]
    market_of: Index
    parts_hours: Array
    parts_usd: Array
    wait_hours: Array
    path_size: Array
    same_borders: Index
    through: Array
    slots: Index
    links_moved: Index
    over: Array
    cargo: tuple[str, ...]


def build(
    network: Network, effects: Effects, pairs: Sequence[tuple[str, str]], study: Sequence[tuple[str, str]], limited: Sequence[int]
) -> ChoiceSet:
    """Enumerate the routes of all ``pairs`` (for those in ``study`` dear ones too) and lay them out as arrays.

    ``limited`` are positions of services with a capacity. Raises NetworkError where a pair has no
    gateway or no route at all.
    """
    roads = _road_maps(network, effects)
    shut = frozenset(str(c) for c, state in network.crossings["state"].items() if state == "shut")
    alike = _alike(network, pairs, study)
    wanted = dict.fromkeys(
        _way(origin, destination, pairs[numbers[0]] in study)
        for numbers in alike
        for origin, _ in network.gateway(*pairs[numbers[0]])
        for destination, _ in network.gateway(*pairs[numbers[0]][::-1])
    )
    found = _paths(network, effects, roads, shut, tuple(wanted))
    markets: list[Market] = []
    rows: list[tuple[int, int, Route]] = []
    stated = set(zip(network.base_shares["exporter"], network.base_shares["importer"], strict=True))
    # A pair has ways outside the network where the road does not carry all of its goods, or not all
    # of its bulk.
    outside = _outside(network) - stated
    never = (
        shut
        - {network.crossing_names()[move.index] for move in effects.closure_days}
        - set(network.usual_closure_days)
    )
    for numbers in alike:
        exporter, importer = pairs[numbers[0]]
        detailed = (exporter, importer) in study
        for origin, origin_weight in network.gateway(exporter, importer):
            for destination, destination_weight in network.gateway(importer, exporter):
                m = len(markets)
                markets.append(Market(numbers, origin, destination, origin_weight * destination_weight))
                routes = _by_road(
                    [each for each, _ in roads],
                    found[_way(origin, destination, detailed)],
                    (exporter, importer, origin, destination),
                )
                if not detailed:
                    routes = [route for route in routes if never.isdisjoint(route.crossings)]
                routes += by_service(network, roads[0][0], effects.services, exporter, importer, origin, destination)
                if (exporter, importer) in outside or not routes:
                    routes.append(
                        Route(
                            exporter,
                            importer,
                            origin,
                            destination,
                            OUTSIDE,
                            (origin, destination),
                            (),
                            (),
                        )
                    )
                rows += [(m, MODES.index(r.mode), r) for r in routes]
    rows.sort(key=lambda row: row[:2])
    return _arrays(network, effects, tuple(pairs), tuple(markets), rows, limited, roads[0][0], roads[-1][0])


def _outside(network: Network) -> set[tuple[str, str]]:
    traffic = network.pair_traffic
    pairs = zip(traffic["exporter"], traffic["importer"], traffic["road_share"], strict=True)
    return {(a, b) for a, b, share in pairs if share < 1.0 or network.bulk_by_road.get((a, b), (0.0, 0.0))[0] < 1.0}


def _alike(
    network: Network, pairs: Sequence[tuple[str, str]], study: Sequence[tuple[str, str]],
) -> list[tuple[int, ...]]:
    """Positions of directed pairs, two together where both directions have the same choices and shares."""
    traffic = network.pair_traffic.set_index(["exporter", "importer"])["road_share"].to_dict()
    special = set(zip(network.base_shares["exporter"], network.base_shares["importer"], strict=True)) | set(study)
    number = {pair: p for p, pair in enumerate(pairs)}
    found: dict[tuple[str, str], tuple[int, ...]] = {}
    for (a, b), p in number.items():
        same = (a, b) not in special and (b, a) not in special and traffic.get((a, b)) == traffic.get((b, a))
        same = same and network.bulk_by_road.get((a, b)) == network.bulk_by_road.get((b, a))
        if same and (b, a) in found:
            found[b, a] += (p,)
        else:
            found[a, b] = (p,)
    return list(found.values())


def _road_maps(network: Network, effects: Effects) -> list[tuple[RoadMap, frozenset[int]]]:
    """Roads with the measures in place: none; each one that works on links, alone; and all of them."""
    works = frozenset().union(*(_working(effects, i) for i in range(len(effects.links))))
    sets = [frozenset[int](), *(frozenset({m}) for m in sorted(works)), works]
    return [(_with(network, effects, there), there) for there in dict.fromkeys(sets)]


def _with(network: Network, effects: Effects, there: frozenset[int]) -> RoadMap:
    links = list(effects.links)
    for move in effects.link_hours:
        if move.measure in there:
            links[move.index] = replace(links[move.index], hours=move.level)
    for move in effects.link_usd_per_t:
        if move.measure in there:
            links[move.index] = replace(links[move.index], usd_per_t=move.level)
    return RoadMap(network, links, there)


def _working(effects: Effects, link: int) -> frozenset[int]:
    """Measures that make a link or work on it."""
    new = effects.links[link].new
    moving = frozenset(move.measure for move in effects.link_hours + effects.link_usd_per_t if move.index == link)
    return moving if new is None else moving | {new}


def _way(origin: str, destination: str, detailed: bool) -> Way:
    """Both directions take the same roads."""
    return min(origin, destination), max(origin, destination), detailed


Opened = tuple[Path, tuple[int, ...]]
"""A way by road and the measures that open it; none for one of today."""


def _by_road(
    maps: Sequence[RoadMap], paths: Sequence[Opened], ends: tuple[str, str, str, str]
) -> list[Route]:
    """The routes along ``paths``, by exporter, importer, origin and destination in ``ends``.

    The cheapest with all measures in place, the last of ``maps``, come first. Of those over the
    same borders one that is never better than another is left out.
    """
    step, full = -1 if ends[2] > ends[3] else 1, maps[-1]
    same: dict[tuple[str, ...], list[Opened]] = {}
    routes = []
    order = sorted(paths, key=lambda way: (full.cost(way[0]), way[1], way[0].links))
    for path, needs in order:
        before = same.setdefault(full.key(path), [])
        if any(
            set(other) <= set(needs) and same_borders.always_as_good(one, path, maps)
            for one, other in before
        ):
            continue
        before.append((path, needs))
        routes.append(
            Route(
                *ends, "road", path.places[::step], path.links[::step], path.crossings[::step],
                needs=needs,
            )
        )  # fmt: skip
    return routes


def _paths(
    network: Network,
    effects: Effects,
    roads: Sequence[tuple[RoadMap, frozenset[int]]],
    shut: frozenset[str],
    wanted: tuple[Way, ...],
) -> dict[Way, list[Opened]]:
    """Ways by road between the ends of each of ``wanted``: today's, then those that measures open.

    What measures do to links opens what is not among today's ways: it is there as far as they are.
    """
    of_data = load.cache_info().currsize > 0 and network is load()
    today = _of_data(tuple(sorted(shut)), wanted) if of_data else _several(roads[0][0], shut, wanted)
    found: dict[Way, list[Opened]] = {
        way: [(path, ()) for path in paths] for way, paths in zip(wanted, today, strict=True)
    }
    for changed, there in roads[1:]:
        for way, paths in zip(wanted, _of_changed(_Roads(changed, there), shut, wanted), strict=True):
            known = {path.links for path, _ in found[way]}
            for path in paths:
                needs = there.intersection(m for i in path.links for m in _working(effects, i))
                if needs and path.links not in known:
                    found[way].append((path, tuple(sorted(needs))))
    return found


@lru_cache(maxsize=64)
@kept
def _of_data(shut: tuple[str, ...], wanted: tuple[Way, ...]) -> list[list[Path]]:
    """Today's ways on the network of ``data/``."""
    network = load()
    return _several(RoadMap(network, network.links), frozenset(shut), wanted)


class _Roads:
    """A map of roads as a cache key: the links, and by identity the network, which holds frames."""

    def __init__(self, roads: RoadMap, there: frozenset[int]) -> None:
        self.roads, self.links = roads, (there, tuple(roads.links))

    def __hash__(self) -> int:
        return hash((id(self.roads.network), self.links))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Roads) and other.roads.network is self.roads.network and other.links == self.links


@lru_cache(maxsize=4)
def _of_changed(key: _Roads, shut: frozenset[str], wanted: tuple[Way, ...]) -> list[list[Path]]:
    """Ways on roads that measures have changed: a scenario compiles them again for what its model leaves out."""
    return _several(key.roads, shut, wanted)


def _several(roads: RoadMap, shut: frozenset[str], wanted: Sequence[Way]) -> list[list[Path]]:
    crossings = roads.network.crossing_names()
    return [
        roads.several(a, b, shut, crossings, STUDY_LEFT_OUT) if detailed else roads.several(a, b, shut)
        for a, b, detailed in wanted
    ]


def _arrays(
    network: Network,
    effects: Effects,
    pairs: tuple[tuple[str, str], ...],
    markets: tuple[Market, ...],
    rows: Sequence[tuple[int, int, Route]],
    limited: Sequence[int],
    today: RoadMap,
    full: RoadMap,
) -> ChoiceSet:
    routes = tuple(route for _, _, route in rows)
    crossings = {name: i for i, name in enumerate(network.crossing_names())}
    moved = sorted({move.index for move in effects.link_hours + effects.link_usd_per_t})
    hours = np.zeros((len(routes), 3))
    usd = np.zeros((len(routes), 4))
    wait = np.zeros(len(routes))
    through = np.zeros((len(routes), len(crossings) + len(limited)))
    over = np.zeros((len(routes), len(moved)))
    cargo = []
    market_of = [m for m, _, _ in rows]
    numbers = same_borders.numbers(routes, market_of, full, effects.services)
    for r, route in enumerate(routes):
        for i in route.links:
            link = effects.links[i]
            column = 0 if link.mode == "road" else 1
            hours[r, column] += link.hours - link.wait_hours
            hours[r, 2] += link.wait_hours
            wait[r] += link.wait_hours
            usd[r, column] += link.usd_per_t
            if i in moved:
                over[r, moved.index(i)] += 1.0
        for crossing in route.crossings:
            through[r, crossings[crossing]] += 1.0
        for i, service in zip(route.chain, new_trains.ridden(effects.services, route.chain), strict=True):
            hours[r, 1 if service.mode == "sea" else 2] += service.hours
            hours[r, 2] += service.wait_hours
            wait[r] += service.wait_hours
            usd[r, {"sea": 1, "air": 3}.get(service.mode, 2)] += service.usd_per_t
            if i in limited:
                through[r, len(crossings) + list(limited).index(i)] += 1.0
        if route.mode == OUTSIDE:
            cargo.append("any")
        else:
            cargo.append(network.road_cargo if route.service is None else _cargo([effects.services[i].cargo for i in route.chain]))
    most = max((len(r.crossings) for r in routes), default=0)
    slots = np.full((len(routes), max(most, 1)), len(crossings), dtype=np.intp)
    for r, route in enumerate(routes):
        slots[r, : len(route.crossings)] = [crossings[c] for c in route.crossings]
    return ChoiceSet(
        pairs=pairs,
        markets=markets,
        routes=routes,
        modes=tuple(route.mode for route in routes),
        market_of=np.array(market_of, dtype=np.intp),
        path_size=path_sizes(routes, market_of, numbers, today, full),
        same_borders=np.array(numbers, dtype=np.intp),
        parts_hours=hours,
        parts_usd=usd,
        wait_hours=wait,
        through=through,
        slots=slots,
        links_moved=np.array(moved, dtype=np.intp),
        over=over,
        cargo=tuple(cargo),
    )


def _cargo(of_chain: Sequence[str]) -> str:
    """What all services of a chain carry."""
    return next((kind for kind in of_chain if kind != "any"), "any")


def base_shares(
    network: Network, pairs: Sequence[tuple[str, str]], classes: Sequence[str],
) -> Mapping[tuple[int, str, str], float]:
    """Base-year share of a mode by (pair, cargo class, mode), from the tables of shares and of traffic."""
    number = {pair: p for p, pair in enumerate(pairs)}
    by_road = data.cargo_classes().set_index("cargo_class")["by_road"]
    shares: dict[tuple[int, str, str], float] = {}
    traffic: pd.DataFrame = network.pair_traffic
    stated = set(zip(network.base_shares["exporter"], network.base_shares["importer"], strict=True))
    for exporter, importer, share in zip(traffic["exporter"], traffic["importer"], traffic["road_share"], strict=True):
        if (exporter, importer) in number and (exporter, importer) not in stated:
            for name in classes:
                road = float(share) if by_road[name] else network.bulk_by_road.get((exporter, importer), (0.0, 0.0))[0]
                shares[number[exporter, importer], name, "road"] = road
                shares[number[exporter, importer], name, OUTSIDE] = 1.0 - road
    for row in network.base_shares.itertuples():
        if (row.exporter, row.importer) in number:
            shares[number[str(row.exporter), str(row.importer)], str(row.cargo_class), str(row.mode)] = float(row.share)
    return shares
