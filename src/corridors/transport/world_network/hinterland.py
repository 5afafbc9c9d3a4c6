"""What landlocked economies send to the ports of others, and what part of it goes there by truck.

*What.* Of the trade with each partner what goes by sea (:func:`mode_model.pair_shares`), by class,
in tonnes; of fuels sold, what pipelines leave (:mod:`pipelines`).
*Where.* A logit over the ports that can be reached, by the cost of the road and, of all but bulk,
by the days that a small port takes; for bulk, whose ships sail for one cargo, a port counts by its
ship calls (the size of an aggregated alternative, Ben-Akiva and Lerman 1985, chapter 9). *How.* By
road or rail as the mode model has it between the main city and the port's place: where a railway
joins them, most of the bulk takes it. An economy with a port at the ocean is taken to use its own;
the Caspian's are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from corridors.data import tables as data
from corridors.trade import cargo, unit_values, world
from corridors.trade.cargo import CLASSES
from corridors.transport.world_network import gateways, mode_model, options, pipelines, seas
from corridors.transport.world_network.mode_model import MODES
from corridors.transport.world_network.tables import sea

Array = npt.NDArray[np.float64]

MOST_PORTS = 6
_BULK = CLASSES.index("bulk")


@lru_cache(maxsize=1)
def without_an_ocean() -> frozenset[str]:
    """Economies without a port at the ocean."""
    own = seas.of_economies()
    return frozenset(str(code) for code in data.economies()["iso3"] if True not in own.get(str(code), ()))


def seaborne_tonnes(economy: str) -> Array:
    """Tonnes a year (C,) that an economy's trade takes by sea, both directions, pipelines left out.

    Metals weigh by their published value, the rest of the bulk by its mean in the world: copper at
    the value of coal would be twenty times its tonnes.
    """
    trade, metals = world.base_matrix(), float(np.exp(unit_values.published().ln_usd_per_t["x_metals"]))
    total = np.zeros(len(CLASSES))
    for partner in (str(code) for code in trade.index if code != economy):
        ways = ((economy, partner), (partner, economy))
        known = mode_model.pair_shares(economy, partner) if any(trade.loc[way] > 0.0 for way in ways) else None
        if known is None:
            continue
        worth = known.goods.usd_per_t
        tonnes = float(sum(trade.loc[way] for way in ways)) * (1.0 - known.goods.piped) * known.goods.mix / worth
        tonnes[_BULK] = 0.0
        for way, share in zip(ways, cargo.usual_shares(ways), strict=True):
            piped, metal = pipelines.of_bulk(*way), pipelines.parts_of_bulk(*way)["x_metals"]
            tonnes[_BULK] += trade.loc[way] * share[_BULK] * ((1.0 - piped - metal) / worth[_BULK] + metal / metals)
        total += 1e6 * tonnes * known.by_class[:, MODES.index("sea")]
    return total


def ports(place: str) -> tuple[list[int], Array]:
    """Numbers of the ports worth considering from a place, the :data:`MOST_PORTS` cheapest for bulk
    and for the rest, and their shares (C, P)."""
    calls = sea().ports["ship_calls_a_year"].to_numpy(dtype=float)
    reach = {p: cost for p, cost in gateways.port_access(place).items() if seas.at_the_ocean()[p] and calls[p] > 0.0}
    small = {p: cost + options.small_port(calls[p]) for p, cost in reach.items()}
    bulk = {p: cost - np.log(calls[p]) * options.TYPICAL_USD_PER_T / options.ROUTE_SCALE for p, cost in reach.items()}
    nearest = [p for by in (small, bulk) for p in sorted(by, key=lambda p: by[p])[:MOST_PORTS]]
    found = list(dict.fromkeys(nearest))
    cost = np.array([[(bulk if c == _BULK else small)[p] for p in found] for c in range(len(CLASSES))])
    return found, options.chosen(cost) if found else np.zeros((len(CLASSES), 0))


def road_share(economy: str, place: str, other: str, far: str) -> Array | None:
    """Share (C,) of goods between two places in two economies that goes by road where only road and
    rail are asked; None without a road."""
    here = mode_model.between(economy, place, other, far, ("road", "rail"))
    return None if here is None or not here.there[0, 0] else mode_model.shares(here, mode_model.constants())[:, 0]


def to_ports(economy: str) -> Iterator[tuple[int, str, Array]]:
    """Number of each port an economy uses, the place on the roads that stands for it, and tonnes a
    year (C,) by road."""
    place = gateways.main_place(economy)
    if place is None:
        return
    numbers, part = ports(place)
    tonnes = part * seaborne_tonnes(economy)[:, None]
    owners = sea().ports["economy"].to_numpy(dtype=str)
    for p, number in enumerate(numbers):
        far = gateways.place_of_port(number)
        by_road = road_share(economy, place, str(owners[number]), far) if far else None
        if far and by_road is not None:
            yield number, far, tonnes[:, p] * by_road
