"""What trade itself says of the traffic at a crossing where nobody has counted it.

Each pair's trade by road (value by class over what a tonne of it is worth and payload) takes the
ways between its cities by a logit of the scale that route choice has. Between neighbours these are
all cities, weighted with their people and nearness (``P P' / (km + 300)``), and all crossings of
the common border; elsewhere the largest cities, the cheapest way, and the cheapest round each
crossing of it. A crossing that stands for several roads, merged within 12 km, counts as so many
ways (the size of an aggregated alternative, Ben-Akiva and Lerman 1985, chapter 9), one that people
know by name as :data:`NAMED_POST`. Landlocked
economies send what goes by sea to the ports of others (:mod:`hinterland`). ``python -m
corridors.transport.world_network.traffic`` writes ``data/world/crossing_traffic.csv``. Within a
factor of two to three at crossings that are counted, so it is a prior, not a figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import computed
from corridors.data.geometry import great_circle_km
from corridors.runtime import paths
from corridors.trade import world
from corridors.trade.cargo import CLASSES, DAYS_A_YEAR, classes
from corridors.transport.world_network import (
    borders,
    gateways,
    hinterland,
    mode_model,
    options,
    subnetwork,
)
from corridors.transport.world_network import roads as road_search
from corridors.transport.world_network.crossing_rows import LEAST_TRUCKS
from corridors.transport.world_network.mode_model import MODES, Goods
from corridors.transport.world_network.tables import roads, sea

Array = npt.NDArray[np.float64]

LEAST_TRADE_MUSD = 2.0
FARTHEST_USD_PER_T = 600.0
NAMED_POST = 10.0
"""How many unnamed crossings one that people know as a post counts as: a road over a border need not have customs for cargo. An order
of magnitude: at crossings that are counted the misses fall up to about there and no further beyond
it (left out one by one they are off by 1.6 in the median, 1.9 without)."""


def trucks(value_musd: float, goods: Goods, by_class: Array) -> tuple[float, float]:
    """Trucks a day, both ways together, and how many of them carry bulk, of a value of ``goods``
    and shares of each class (C,) that go by road; what flows through pipelines is in the value and
    on no truck."""
    return _of_tonnes(value_musd * 1e6 * (1.0 - goods.piped) * goods.mix * by_class / goods.usd_per_t)


def _of_tonnes(tonnes: Array) -> tuple[float, float]:
    """Trucks a day that carry ``tonnes`` (C,) a year, and how many of them carry bulk."""
    a_year = tonnes / classes()["truck_payload_t"].to_numpy(float)
    return float(a_year.sum() / DAYS_A_YEAR), float(a_year[CLASSES.index("bulk")] / DAYS_A_YEAR)


@lru_cache(maxsize=1)
def _roads_at() -> Mapping[str, float]:
    """How many ways each crossing counts as: the roads it stands for, and more where people know it as a post."""
    table, posts = roads().crossings, borders.named()
    size = np.maximum(table["parallel_roads"].to_numpy(float), 1.0)
    known = np.array([name in posts for name in table["crossing"]])
    size = np.where(known, NAMED_POST * size, size)
    return dict(zip(table["crossing"].astype(str), size.tolist(), strict=True))


def ways_round(origin: str, destination: str) -> list[tuple[float, road_search.Way]]:
    """The cheapest way and the cheapest round each of its crossings, with logit weights that add to one."""
    best = options.road(origin, destination)
    if best is None:
        return []
    graph, search = roads(), road_search.today()
    start, end = graph.number[origin], graph.number[destination]
    found = {best.crossings: best}
    for crossing in best.crossings[:4]:
        _, before = search.from_nodes([start], without=[graph.number[crossing]])
        other = search.way(before[0], start, end)
        if other is not None and other.cost < 2.0 * best.cost + 50.0:
            found.setdefault(other.crossings, other)
    size = [min((_roads_at()[c] for c in way.crossings), default=1.0) for way in found.values()]
    weight = options.chosen(np.array([w.cost for w in found.values()]), size)
    return list(zip(weight.tolist(), found.values(), strict=True))


def over_the_border(a: str, b: str) -> dict[str, float]:
    """Parts of the trade by road of two neighbours by crossing: of their border, and of others where the way through a third
    economy is cheaper; empty where none of their border is open or reached."""
    shut = borders.shut() | borders.minor()
    names = [c for c in subnetwork.common_border(a, b) if c not in shut]
    ends = [gateways.cities(a), gateways.cities(b)]
    if not names or not all(ends):
        return {}
    graph = roads()
    posts = np.array([graph.number[c] for c in names])
    nodes = [np.array([graph.number[city] for city, _ in cities]) for cities in ends]
    people = [np.array([count for _, count in cities]) for cities in ends]
    cost = _to_posts(nodes[0], posts, a)[:, None, :] + _to_posts(nodes[1], posts, b)[None, :, :]
    km = great_circle_km(
        *(
            (graph.latitude[nodes[0]][:, None], graph.longitude[nodes[0]][:, None])
            + (graph.latitude[nodes[1]], graph.longitude[nodes[1]])
        )
    )
    pull = people[0][:, None] * people[1] / (km + gateways.NEAR_KM)
    round_it = _round_the_border(nodes[0], nodes[1], cost.min(axis=2), frozenset(names))
    dearer = np.array([[round_it[k, j].cost if (k, j) in round_it else np.inf for j in range(len(nodes[1]))] for k in range(len(nodes[0]))])
    # Who has a border in common has permits and papers for it: a way through others counts as one, as a road without a post does.
    size = [*(_roads_at()[c] for c in names), 1.0]
    taken = pull[:, :, None] * options.chosen(np.concatenate([cost, dearer[:, :, None]], axis=2), size)
    parts = dict(zip(names, taken[:, :, :-1].sum(axis=(0, 1)).tolist(), strict=True))
    for (k, j), way in round_it.items():
        for crossing in way.crossings:
            parts[crossing] = parts.get(crossing, 0.0) + float(taken[k, j, -1])
    total = float(taken.sum())
    return {crossing: part / total for crossing, part in parts.items()} if total > 0.0 else {}


def _round_the_border(
    starts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp], direct: Array, names: frozenset[str]
) -> dict[tuple[int, int], road_search.Way]:
    """By position of two cities of neighbours: the way through others where it is cheaper than any over their common border
    (Moscow and Warsaw by Belarus, not by Kaliningrad)."""
    search, found = road_search.today(), {}
    cost, before = search.from_nodes(starts)
    for k, j in zip(*np.nonzero(cost[:, ends] < 0.999 * direct), strict=True):
        way = search.way(before[k], int(starts[k]), int(ends[j]))
        if way is not None and way.crossings and names.isdisjoint(way.crossings):
            found[int(k), int(j)] = way
    return found


def _to_posts(cities: npt.NDArray[np.intp], posts: npt.NDArray[np.intp], economy: str) -> Array:
    """Dollars a tonne (K, X) from cities to crossings, half of their fees and hours with them;
    infinite where the way arrives from the other side."""
    search = road_search.today()
    cost, before = search.from_nodes(cities)
    found = cost[:, posts]
    for x, post in enumerate(posts):
        for k in np.flatnonzero(np.isfinite(found[:, x])):
            if search.economy_between(int(before[k, post]), int(post)) != economy:
                found[k, x] = np.inf
    return np.asarray(found)


def passing(a: str, b: str) -> dict[str, float]:
    """Parts of the trade by road of two economies by crossing: of neighbours each city's trade, however far apart the largest
    are; of others each is passed by its part, none where the cheapest way costs more than :data:`FARTHEST_USD_PER_T`."""
    if frozenset((a, b)) in mode_model.neighbours() and (direct := over_the_border(a, b)):
        return direct
    one, other = str(gateways.main_place(a)), str(gateways.main_place(b))
    way = options.road(one, other)
    return {} if way is None or way.cost > FARTHEST_USD_PER_T else _by_ways(one, other)


def _by_ways(origin: str, destination: str) -> dict[str, float]:
    """Part of what goes between two places that passes each crossing."""
    found: dict[str, float] = {}
    for share, way in ways_round(origin, destination):
        for crossing in way.crossings:
            found[crossing] = found.get(crossing, 0.0) + share
    return found


def rows() -> Iterator[dict[str, object]]:
    """Trucks a day by crossing and pair, and of landlocked economies to ports."""
    trade = world.base_matrix()
    codes = [str(c) for c in trade.index if gateways.main_place(str(c)) in roads().number]
    for i, a in enumerate(codes):
        for b in codes[i + 1 :]:
            value = float(trade.loc[a, b] + trade.loc[b, a])
            if value < LEAST_TRADE_MUSD:
                continue
            parts = passing(a, b)
            known = mode_model.pair_shares(a, b) if parts else None
            if known is None:
                continue
            by_class = known.by_class[:, MODES.index("road")]
            count, bulk = trucks(value, known.goods, by_class)
            if count < LEAST_TRUCKS:
                continue
            for crossing, share in parts.items():
                if share * count >= LEAST_TRUCKS:
                    yield {"crossing": crossing, "economy_a": a, "economy_b": b, "kind": "pair", "trucks_per_day": share * count,
                           "bulk_trucks_per_day": share * bulk, "road_share": known.share("road"), "part": min(share, 1.0)}  # fmt: skip
    owners = sea().ports["economy"].to_numpy(dtype=str)
    for a in codes:
        if a not in hinterland.without_an_ocean():
            continue
        for port, place, tonnes in hinterland.to_ports(a):
            count, bulk = _of_tonnes(tonnes)
            for crossing, part in _by_ways(str(gateways.main_place(a)), place).items():
                if part * count >= LEAST_TRUCKS:
                    yield {"crossing": crossing, "economy_a": a, "economy_b": str(owners[port]), "kind": "to a port", "trucks_per_day": part * count,
                           "bulk_trucks_per_day": part * bulk, "road_share": 1.0, "part": part}  # fmt: skip


def main() -> None:
    """Write ``data/world/crossing_traffic.csv``."""
    table = pd.DataFrame(rows()).sort_values(["crossing", "trucks_per_day"], ascending=[True, False], kind="stable")
    table = table.round({"trucks_per_day": 1, "bulk_trucks_per_day": 1, "road_share": 3, "part": 3})
    table.to_csv(paths.data() / "world" / "crossing_traffic.csv", index=False, lineterminator="\n")
    computed.sign(["world_crossing_traffic"])


if __name__ == "__main__":
    main()
