"""What trade itself says of the traffic at a crossing where nobody has counted it.

Each pair's trade by road (value by class over dollars a tonne and payload) takes the ways between the largest cities of
the two economies: the cheapest, and the cheapest round each crossing of it, by a logit of the scale that route choice has.
Landlocked economies send what goes by sea to the ports that they use. ``python -m
corridors.transport.world_network.traffic`` writes ``data/world/crossing_traffic.csv``. Within a factor of two to three at
crossings that are counted, so it is a prior, not a figure.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from corridors.runtime import paths
from corridors.trade import world
from corridors.trade.cargo import CLASSES, classes
from corridors.transport.world_network import gateways, mode_model, options
from corridors.transport.world_network import roads as road_search
from corridors.transport.world_network.mode_model import MODES
from corridors.transport.world_network.tables import roads, sea

LEAST_TRADE_MUSD, LEAST_TRUCKS = 2.0, 0.5
FARTHEST_USD_PER_T = 600.0
ROUTE_SCALE = 30.0
_TYPICAL_USD_PER_T = 3000.0
_TWO_PORTS = 2


def trucks(value_musd: float, mix: np.ndarray, by_class: np.ndarray) -> tuple[float, float]:
    """Trucks a day, both ways together, and how many of them carry bulk, of a value, shares of classes in it (C,) and shares of each (C,) that go by road."""
    table = classes()
    a_year = value_musd * 1e6 * mix * by_class / table["usd_per_t"].to_numpy(float) / table["truck_payload_t"].to_numpy(float)
    return float(a_year.sum() / 365.0), float(a_year[CLASSES.index("bulk")] / 365.0)


def mix_with_all(economy: str) -> np.ndarray:
    """Value shares (C,) of the classes in all trade of an economy."""
    trade = world.base_matrix()
    others = [str(code) for code in trade.index if code != economy]
    value = np.array([float(trade.loc[economy, code] + trade.loc[code, economy]) for code in others])
    return np.average([mode_model.mix_of(economy, code) for code in others], axis=0, weights=value)


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
    cost = np.array([w.cost for w in found.values()])
    weight = np.exp(-ROUTE_SCALE * (cost - cost.min()) / _TYPICAL_USD_PER_T)
    return list(zip((weight / weight.sum()).tolist(), found.values(), strict=True))


def ways_of(a: str, b: str) -> list[tuple[float, road_search.Way]]:
    """Ways between two economies with their parts: of neighbours between all their cities, else between the largest."""
    ends: list[tuple[tuple[str, float], ...]] = [((str(gateways.main_place(a)), 1.0),), ((str(gateways.main_place(b)), 1.0),)]
    if frozenset((a, b)) in mode_model.neighbours():
        ends = [gateways.weights(a, b), gateways.weights(b, a)]
    return [(wa * wb * share, way) for p, wa in ends[0] for q, wb in ends[1] for share, way in ways_round(p, q)]


def rows() -> Iterator[dict[str, object]]:
    """Trucks a day by crossing and pair, and of landlocked economies to ports."""
    trade = world.base_matrix()
    codes = [str(c) for c in trade.index if gateways.main_place(str(c)) in roads().number]
    by_sea: dict[str, float] = dict.fromkeys(codes, 0.0)
    for i, a in enumerate(codes):
        for b in codes[i + 1 :]:
            value = float(trade.loc[a, b] + trade.loc[b, a])
            if value < LEAST_TRADE_MUSD:
                continue
            one, other = str(gateways.main_place(a)), str(gateways.main_place(b))
            way = options.road(one, other)
            if way is None or way.cost > FARTHEST_USD_PER_T:
                continue
            known = mode_model.pair_shares(a, b)
            if known is None:
                continue
            by_class = known.by_class[:, MODES.index("road")]
            count, bulk = trucks(value, known.mix, by_class)
            if count < LEAST_TRUCKS:
                continue
            by_sea[a] -= value
            by_sea[b] -= value
            passing: dict[str, float] = {}
            for share, path in ways_of(a, b):
                for crossing in path.crossings:
                    passing[crossing] = passing.get(crossing, 0.0) + share
            for crossing, share in passing.items():
                if share * count >= LEAST_TRUCKS:
                    yield {"crossing": crossing, "economy_a": a, "economy_b": b, "kind": "pair", "trucks_per_day": share * count,
                           "bulk_trucks_per_day": share * bulk, "road_share": known.share("road"), "part": min(share, 1.0)}  # fmt: skip
    ports = sea().ports["economy"].to_numpy(dtype=str)
    for a in codes:
        own = str(gateways.main_place(a))
        chosen = [(p, cost) for p, cost in options.ports_of(own)]
        if not chosen or any(ports[p] == a for p, _ in chosen):
            continue
        value = float(trade.loc[a].sum() + trade[a].sum() - 2 * trade.loc[a, a]) + by_sea[a]
        count, bulk = trucks(max(value, 0.0), mix_with_all(a), np.full(len(CLASSES), 0.7))
        cost = np.array([c for _, c in chosen[:_TWO_PORTS]])
        weight = np.exp(-ROUTE_SCALE * (cost - cost.min()) / _TYPICAL_USD_PER_T)
        for (port, _), share in zip(chosen, weight / weight.sum(), strict=False):
            place = gateways.place_of_port(port)
            access = options.road(own, place) if place else None
            for crossing in access.crossings if access is not None else ():
                yield {"crossing": crossing, "economy_a": a, "economy_b": str(ports[port]), "kind": "to a port", "trucks_per_day": share * count,
                       "bulk_trucks_per_day": share * bulk, "road_share": 0.7, "part": share}  # fmt: skip


def main() -> None:
    """Write ``data/world/crossing_traffic.csv``."""
    table = pd.DataFrame(rows()).sort_values(["crossing", "trucks_per_day"], ascending=[True, False], kind="stable")
    table = table.round({"trucks_per_day": 1, "bulk_trucks_per_day": 1, "road_share": 3, "part": 3})
    table.to_csv(paths.data() / "world" / "crossing_traffic.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
