"""A strait or canal that no ship takes: longer lanes, and what they do to container traffic and trade, in today's world.

Lanes are the shortest ways along ``data/world/sea_links.csv``, with the passage and without it,
between the same ports. The cost of a pair's goods rises by

    sum over classes  w_c s_c (du / p_c + d m_c dt)

as a share of their value: ``w`` share of the class in value, ``s`` of it by sea, ``du`` dollars a
tonne and ``dt`` days more, ``p`` dollars a tonne of goods, ``d`` value of a day and ``m`` its
multiplier. Trade follows in the exact hat algebra of one sector with the elasticity of the first
year. Ways over land do not take anything over, so it is an upper end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corridors import equilibrium
from corridors.errors import DataError
from corridors.trade import cargo, elasticities, world
from corridors.transport.world_network import gateways, mode_model, options, seas
from corridors.transport.world_network.tables import sea

Array = npt.NDArray[np.float64]
Pair = tuple[str, str]

SHARE_OF_TRADE = 0.8
"""Of world trade that the largest pairs looked at make up."""
CONTAINER_T = 24.0
"""Tonnes in a container of forty feet, two of twenty feet at 12 t as in ``data/network/services.csv``."""


def lanes(shut: str, origin: str, destination: str) -> tuple[seas.Lane, seas.Lane]:
    """The lane between two ports, by id, with the passage ``shut`` and without it. Raises DataError
    for an unknown port or passage."""
    if shut not in sea().passage:
        raise DataError(
            f"sea_links.csv: no passage {shut!r}; there are: {', '.join(sorted(set(sea().passage) - {''}))}"
        )
    ports = sea().ports["port"].to_list()
    for port in (origin, destination):
        if port not in ports:
            raise DataError(f"ports.csv: no port {port!r}")
    found = [seas.lane(ports.index(origin), ports.index(destination), way) for way in ("", shut)]
    if found[0] is None or found[1] is None:
        raise DataError(f"sea_links.csv: no lane from {origin} to {destination}")
    return found[0], found[1]


@dataclass(frozen=True)
class Longer:
    """What a shut passage does to P directed pairs that go by sea.

    tonnes (P,): in containers by sea a year; km, longer_km (P,): with the passage, and more without
    it; longer_days (P,); by_class: value shares by sea of each class (P, C), ``w_c s_c``; usd_per_t
    (P, C): dearer by, containers or bulk.
    """

    pairs: tuple[Pair, ...]
    tonnes: Array
    km: Array
    longer_km: Array
    longer_days: Array
    by_class: Array
    usd_per_t: Array

    @property
    def container_km_percent(self) -> float:
        """By how much tonne-kilometres of containers grow, percent."""
        return 100.0 * float((self.tonnes * self.longer_km).sum() / (self.tonnes * self.km).sum())


def longer(shut: str) -> Longer:
    """The pairs of largest trade whose goods go by sea, and their ways without the passage ``shut``."""
    classes = cargo.classes()
    value, in_bulk = classes["usd_per_t"].to_numpy(dtype=float), np.array([c == "bulk" for c in cargo.CLASSES])
    pairs, rows = [], []
    for pair, musd in _largest():
        ways = _by_sea(pair)
        modes = mode_model.pair_shares(*pair)
        if not ways or modes is None:
            continue
        after = seas.lane(ways[0].port_a, ways[0].port_b, shut)
        if after is None:
            continue
        before = ways[0].lane
        by_sea = cargo.usual_shares([pair])[0] * modes.by_class[:, mode_model.MODES.index("sea")]
        tonnes = float((musd * 1e6 * by_sea / value)[~in_bulk].sum())
        dearer = np.where(
            in_bulk,
            after.bulk_usd_per_t - before.bulk_usd_per_t,
            after.container_usd_per_t - before.container_usd_per_t,
        )
        pairs.append(pair)
        rows.append((tonnes, before.km, after.km - before.km, after.days - before.days, by_sea, dearer))
    return Longer(tuple(pairs), *(np.array(column, dtype=float) for column in zip(*rows, strict=True)))


def _largest() -> list[tuple[Pair, float]]:
    trade = world.base_matrix().copy()
    flows = trade.to_numpy(copy=True)
    np.fill_diagonal(flows, 0.0)
    order = np.argsort(-flows, axis=None)
    kept = order[: int(np.searchsorted(np.cumsum(flows.ravel()[order]), SHARE_OF_TRADE * flows.sum())) + 1]
    names = trade.index
    return [((str(names[i // len(names)]), str(names[i % len(names)])), float(flows.ravel()[i])) for i in kept]


def _by_sea(pair: Pair) -> Sequence[options.SeaWay]:
    ends = [gateways.main_place(economy) for economy in pair]
    return options.by_sea(ends[0], ends[1]) if ends[0] and ends[1] else ()


def trade_percent(found: Longer, economy: str, partners: Sequence[str], params: Mapping[str, Array]) -> Array:
    """(B,) change of the two-way trade of ``economy`` with ``partners`` in the first year, percent."""
    classes = cargo.classes()
    money = (found.by_class * found.usd_per_t / classes["usd_per_t"].to_numpy(dtype=float)).sum(axis=1)
    days = (found.by_class * classes["value_of_a_day_multiplier"].to_numpy(dtype=float)).sum(axis=1) * found.longer_days
    trade = world.base_matrix()
    place = {e: i for i, e in enumerate(trade.index)}
    theta = params["trade_elasticity"] * elasticities.run(params, np.ones(len(params["trade_elasticity"])))
    factor = np.ones((len(theta), len(trade), len(trade)))
    for p, (a, b) in enumerate(found.pairs):
        factor[:, place[a], place[b]] += money[p] + params["value_of_a_day"] * days[p]
    asked = [pair for e in partners if e in place for pair in ((economy, e), (e, economy))]
    before = np.array([float(trade.loc[pair]) for pair in asked])
    after = equilibrium.counterfactuals(trade, factor, theta, pairs=asked).trade_factor
    return np.asarray(100.0 * ((after * before).sum(axis=1) / before.sum() - 1.0))
