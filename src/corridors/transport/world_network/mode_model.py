"""What part of a pair's trade goes by road, rail, sea and air, predicted from costs and from pairs whose shares are known.

A multinomial logit for each cargo class ``c`` and mode ``m`` between two cities::

    V = -kappa g(m, c) + alpha_m + beta_m' x + u_m(region),     share = exp V / sum exp V

``g`` is money and time as a share of the goods' value (the class's mean in the world, 1.3 % a day).
A pair's own values (:mod:`corridors.trade.unit_values`) tell its tonnes from its value; in ``g``
they say too little of single pairs: with them ``kappa`` falls from 5.3 to 4.3 and pairs left out
are missed by more. ``x`` holds a common land border, a customs union, the length, and how many of
the two have no port of their own; ``u`` is a random effect of the region that both economies are
in. Shares of a pair are those of its cities, weighted, and of its classes. All constants are in
``data/world/mode_constants.csv``, fitted by :mod:`corridors.transport.world_network.mode_fit` to
published shares; what the fit misses when it has not seen a pair is the uncertainty of every other
pair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import tables as data
from corridors.trade import cargo, unit_values, world
from corridors.trade.cargo import CLASSES, classes
from corridors.transport.world_network import borders, costs, gateways, pipelines, seas
from corridors.transport.world_network.options import options

Array = npt.NDArray[np.float64]

MODES = ("road", "rail", "sea", "air")
DAY = 0.013
TERMS = (
    "kappa",
    "road",
    "rail",
    "air",
    "road_border",
    "rail_border",
    "road_union",
    "road_length",
    "rail_length",
    "air_length",
    "bulk_rail",
    "sea_landlocked",
)
"""Names of the constants, in the order of a vector; random effects come behind them."""
_REGIONAL = ("road", "rail")
_SEA_TOO, _FLOOR = ("river",), "_at_least"
SMALLEST_SHARE = 1e-4


@dataclass(frozen=True)
class Features:
    """What the model knows of a pair: markets with weights, and for each mode whether it is there, cost and covariates.

    ``there`` (K, M), ``cost`` (K, C, M) share of value, ``length`` (K, M) ln of (km of the way /
    1000), K city pairs.
    """

    weight: Array
    there: npt.NDArray[np.bool_]
    cost: Array
    length: Array
    border: bool
    union: bool
    landlocked: int
    region: str


@lru_cache(maxsize=1)
def regions() -> tuple[str, ...]:
    """Names of the groups of economies of ``data/world/road_rates.csv``."""
    return tuple(str(g) for g in data.table("world_road_rates")["group"])


@lru_cache(maxsize=1)
def _region_of() -> Mapping[str, str]:
    table = data.table("world_road_rates")
    found = {
        code: str(r.group)
        for r in table.itertuples()
        if isinstance(r.economies, str)
        for code in r.economies.split()
    }
    # The hand-checked economies have rates of their own, so no group there.
    former = "Former Soviet Union and Mongolia"
    found.update({c: former for c in ("KAZ", "KGZ", "UZB", "TKM", "AZE", "RUS")})
    found.update(
        {
            "PAK": "South Asia",
            "AFG": "South Asia",
            "IRN": "Middle East",
            "TUR": "Middle East",
            "CHN": "East Asia",
        }
    )
    return found


@lru_cache(maxsize=2)
def neighbours() -> frozenset[frozenset[str]]:
    """Pairs of economies with a crossing by road between them that is open today."""
    table, shut = data.table("world_crossings"), borders.shut()
    open_ = table[~table["crossing"].isin(shut)]
    return frozenset(frozenset((str(a), str(b))) for a, b in zip(open_["economy_a"], open_["economy_b"], strict=True))


def landlocked(a: str, b: str) -> int:
    """How many of two economies have no port at the ocean; none of two that both have one at the Caspian."""
    here, there = (seas.of_economies().get(code, frozenset()) for code in (a, b))
    return 0 if here & there else int(True not in here) + int(True not in there)


@lru_cache(maxsize=1)
def _goods() -> tuple[Array, Array]:
    """Dollars a tonne and value of a day (share of value) by class."""
    return unit_values.world_means(), DAY * classes()["value_of_a_day_multiplier"].to_numpy(dtype=float)


@lru_cache(maxsize=4096)
def features(a: str, b: str) -> Features | None:
    """What is known of the pair; None if one of the two has no place at all."""
    ends_a, ends_b = gateways.weights(a, b), gateways.weights(b, a)
    if not ends_a or not ends_b:
        return None
    weight, each = [], []
    for one, share_a in ends_a:
        for other, share_b in ends_b:
            each.append(_market(one, other, MODES))
            weight.append(share_a * share_b)
    return _features(a, b, np.array(weight), each)


def between(a: str, place_a: str, b: str, place_b: str, modes: Sequence[str] = MODES) -> Features | None:
    """The same of two places in two economies, of some modes only; None where none of these joins them."""
    here = _market(place_a, place_b, modes)
    return _features(a, b, np.ones(1), [here]) if here[0].any() else None


_Market = tuple[npt.NDArray[np.bool_], Array, Array]


def _market(one: str, other: str, modes: Sequence[str]) -> _Market:
    """Which modes are there between two places (M,), their cost (C, M) as a share of value, and ln length (M,)."""
    value, day = _goods()
    cost, there = np.full((len(CLASSES), len(MODES)), np.nan), np.zeros(len(MODES), dtype=bool)
    km = np.full(len(MODES), 1000.0)
    for option in options(one, other):
        if option.mode not in modes:
            continue
        m = MODES.index(option.mode)
        km[m] = max(option.km, 100.0)
        usd = np.full(len(CLASSES), option.usd_per_t)
        usd[CLASSES.index("bulk")] = option.bulk_usd_per_t
        cost[:, m] = usd / value + day * option.days
        there[m] = True
    return there, cost, np.log(km / 1000.0)


def _features(a: str, b: str, weight: Array, markets: Sequence[_Market]) -> Features:
    own = _region_of()
    return Features(
        weight=weight,
        there=np.array([there for there, _, _ in markets]),
        cost=np.array([cost for _, cost, _ in markets]),
        length=np.array([length for _, _, length in markets]),
        border=frozenset((a, b)) in neighbours(),
        union=costs.union_of(a, b) is not None,
        landlocked=landlocked(a, b),
        region=own.get(a, "") if own.get(a, "") == own.get(b, "-") else "",
    )


def shares(known: Features, constants: Mapping[str, float]) -> Array:
    """Share (C, M) of each class's goods by mode; rows add to one."""
    part = city_shares(Stacked.of([known]), constants)
    return np.asarray((known.weight[:, None, None] * part).sum(axis=0))


@dataclass(frozen=True)
class Stacked:
    """City pairs of many pairs, one below the other (K rows in all), and where each pair begins."""

    there: npt.NDArray[np.bool_]
    cost: Array
    weight: Array
    length: Array
    border: Array
    union: Array
    landlocked: Array
    region: npt.NDArray[np.intp]
    """Number of the region, -1 for none."""
    first: npt.NDArray[np.intp]

    @classmethod
    def of(cls, pairs: Sequence[Features]) -> Stacked:
        """Stack the features of ``pairs``."""
        sizes = [len(k.weight) for k in pairs]
        names = regions()
        return cls(
            there=np.concatenate([k.there for k in pairs]),
            cost=np.nan_to_num(np.concatenate([k.cost for k in pairs])),
            weight=np.concatenate([k.weight for k in pairs]),
            length=np.concatenate([k.length for k in pairs]),
            border=np.repeat([float(k.border) for k in pairs], sizes),
            union=np.repeat([float(k.union) for k in pairs], sizes),
            landlocked=np.repeat([float(k.landlocked) for k in pairs], sizes),
            region=np.repeat([names.index(k.region) if k.region in names else -1 for k in pairs], sizes),
            first=np.cumsum([0, *sizes[:-1]]),
        )


def city_shares(known: Stacked, constants: Mapping[str, float]) -> Array:
    """Share (K, C, M) of each class's goods by mode between each two cities."""
    c = constants
    constant = np.zeros((len(known.weight), len(MODES)))
    constant[:, 0] = (
        c["road"]
        + c["road_length"] * known.length[:, 0]
        + c["road_border"] * known.border
        + c["road_union"] * known.union
    )
    constant[:, 1] = c["rail"] + c["rail_length"] * known.length[:, 1] + c["rail_border"] * known.border
    constant[:, 2] = c["sea_landlocked"] * known.landlocked
    constant[:, 3] = c["air"] + c["air_length"] * known.length[:, 3]
    for mode in _REGIONAL:
        effect = np.array([c.get(f"{mode}: {name}", 0.0) for name in regions()] + [0.0])
        constant[:, MODES.index(mode)] += effect[known.region]
    v = constant[:, None, :] - c["kappa"] * known.cost
    bulk = CLASSES.index("bulk")
    v[:, bulk, MODES.index("rail")] += c["bulk_rail"]
    usable = np.repeat(known.there[:, None, :], len(CLASSES), axis=1)
    # Bulk flies only where there is no other way at all.
    usable[:, bulk, MODES.index("air")] &= ~known.there[:, :3].any(axis=1)
    v = np.where(usable, v, -np.inf)
    weight = np.exp(v - v.max(axis=2, keepdims=True))
    return np.asarray(weight / weight.sum(axis=2, keepdims=True))


@lru_cache(maxsize=1)
def constants() -> Mapping[str, float]:
    """The fitted constants of ``data/world/mode_constants.csv``."""
    table = data.table("world_mode_constants")
    return {str(r.constant): float(r.value) for r in table.itertuples()}


def predicted(a: str, b: str) -> Array | None:
    """Share (C, M) by class and mode of the trade between two economies; None if one has no place."""
    known = features(a, b)
    return None if known is None else shares(known, constants())


@dataclass(frozen=True)
class Goods:
    """What two economies trade but for what flows through pipelines, both directions together: value shares (C,) of the classes,
    dollars a tonne (C,) of each, and the part of all value that pipelines carry."""

    mix: Array
    usd_per_t: Array
    piped: float = 0.0

    def weights(self, unit: str = "value") -> Array:
        """Weights (C,) of the classes in a share over all goods: by value, by tonnes, or of containers (``TEU``)."""
        weight = self.mix
        if unit != "value":
            weight = weight / self.usd_per_t
        if unit == "TEU":
            weight = np.where(np.arange(len(CLASSES)) == CLASSES.index("bulk"), 0.0, weight)
        return np.asarray(weight / weight.sum())

    @classmethod
    def of(cls, ways: Sequence[tuple[str, str]]) -> Goods:
        """Of directed pairs by their trade in the base year: :func:`corridors.trade.cargo.usual_shares` (bulk in the middle of its
        range) and :func:`corridors.trade.unit_values.by_composition`; a tonne is worth all value of
        a class over all its tonnes."""
        trade = world.base_matrix()
        known = set(trade.index)
        value = np.array([float(trade.loc[way]) if known.issuperset(way) else 0.0 for way in ways])
        shares = cargo.usual_shares(ways)
        by_class = shares * (value if value.sum() > 0.0 else np.ones(len(ways)))[:, None]
        whole = by_class.sum()
        by_class[:, CLASSES.index("bulk")] *= [1.0 - pipelines.of_bulk(*way) for way in ways]
        each = unit_values.by_composition(ways)
        tonnes = (by_class / each).sum(axis=0)
        worth = np.divide(by_class.sum(axis=0), tonnes, out=each.mean(axis=0), where=tonnes > 0.0)
        return cls(by_class.sum(axis=0) / by_class.sum(), worth, float(1.0 - by_class.sum() / whole))


@lru_cache(maxsize=32_768)
def goods_of(a: str, b: str) -> Goods:
    """What two economies trade with each other."""
    return Goods.of(((a, b), (b, a)))


@dataclass(frozen=True)
class PairShares:
    """Shares (C, M) of a pair's goods by class and mode, and whether its total is published or only modelled."""

    by_class: Array
    published: tuple[str, ...]
    """Modes whose share over all goods is a published one."""
    goods: Goods

    def share(self, mode: str, unit: str = "value") -> float:
        """Share of a mode over all goods."""
        return float(self.goods.weights(unit) @ self.by_class[:, MODES.index(mode)])


@lru_cache(maxsize=4096)
def pair_shares(a: str, b: str) -> PairShares | None:
    """Shares of a pair, both directions alike; published shares of its modes are met exactly. None without a place.

    The model's odds of a published mode are moved by one factor over all classes (raking, Deming
    and Stephan 1940), mode after mode until all are met.
    """
    by_class = predicted(a, b)
    if by_class is None:
        return None
    known = {mode: (share, unit) for (mode, unit), share in _published().get(frozenset((a, b)), {}).items()}
    known = {mode: value for mode, value in known.items() if by_class[:, MODES.index(mode)].max() > 0}
    goods = goods_of(a, b)
    for _ in range(200 if known else 0):
        before = by_class
        for mode, (share, unit) in known.items():
            by_class = _raked(by_class, MODES.index(mode), share, goods.weights(unit))
        if float(np.abs(by_class - before).max()) < 1e-9:
            break
    by_class = np.where(by_class < SMALLEST_SHARE, 0.0, by_class)
    return PairShares(by_class / by_class.sum(axis=1, keepdims=True), tuple(known), goods)


def _raked(by_class: Array, m: int, share: float, weight: Array) -> Array:
    """``by_class`` with the odds of mode ``m`` multiplied so that its share over all classes is ``share``."""
    low, high = -30.0, 30.0
    own = by_class[:, m]
    for _ in range(60):
        middle = 0.5 * (low + high)
        moved = own * np.exp(middle) / (1.0 - own + own * np.exp(middle))
        low, high = (middle, high) if float(weight @ moved) < share else (low, middle)
    rest = np.divide(1.0 - moved, 1.0 - own, out=np.zeros_like(own), where=own < 1.0)
    out: Array = by_class * rest[:, None]
    out[:, m] = moved
    return out


@lru_cache(maxsize=1)
def published() -> pd.DataFrame:
    """Shares of ``data/world/mode_shares.csv`` by exporter, importer, unit, period and mode, with ``floor`` and ``source_url``.

    Rivers count as sea. Where a source has all four modes they are divided by what they add up to:
    pipelines are left out.
    """
    table = data.table("world_mode_shares")
    table = table[table["use"] == "fit"]
    bare = table["mode"].replace(dict.fromkeys(_SEA_TOO, "sea"))
    table = table.assign(mode=bare.str.removesuffix(_FLOOR), floor=bare.str.endswith(_FLOOR))
    key = ["exporter", "importer", "unit", "period"]
    found = (
        table[table["mode"].isin(MODES)]
        .groupby([*key, "mode", "floor"], sort=False, as_index=False)
        .agg(share=("share", "sum"), source_url=("source_url", "first"))
    )
    by_mode = found[~found["floor"]].groupby(key)["share"]
    whole = by_mode.sum().where(by_mode.size() == len(MODES), 1.0).rename("whole")
    found = found.join(whole, on=key)
    return found.assign(share=found["share"] / found["whole"].fillna(1.0)).drop(columns="whole")


@lru_cache(maxsize=1)
def _published() -> Mapping[frozenset[str], Mapping[tuple[str, str], float]]:
    """Mean published share by pair, mode and unit; floors and shares with the whole world left out."""
    table = published()
    table = table[~table["floor"] & (table["exporter"] != "WLD") & (table["importer"] != "WLD")]
    found: dict[frozenset[str], dict[tuple[str, str], float]] = {}
    keys = [frozenset((str(a), str(b))) for a, b in zip(table["exporter"], table["importer"], strict=True)]
    for (pair, mode, unit), rows in table.groupby([pd.Series(keys, index=table.index), "mode", "unit"]):
        found.setdefault(pair, {})[str(mode), str(unit)] = float(rows["share"].mean())
    return found
