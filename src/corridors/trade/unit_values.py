"""What a tonne is worth by pair and cargo class, from published values of groups of goods and what each economy sells.

A class's mean in the world (``data/cargo_classes.csv``) moves with what a pair trades within the
class. With ``a_g`` the weight of group ``g`` (:func:`corridors.trade.composition.weights`, bulk
left out), ``u_g`` published dollars a tonne of it (``data/unit_values.csv``, geometric mean over
products) and ``W`` the same mean for the world's exports,

    ``r = (sum a_g / sum a_g / u_g) / W``,      dollars a tonne = class mean ``r^w``,      ``w =
    max(0, 1 - noise / var ln r)``

``w`` is the reliability of the index (errors in variables): ``var ln r`` over exporters, and of it
``noise`` that the scatter ``s^2`` of products within groups makes, ``mean over exporters of sum
(t_g - T_g)^2 s^2 / n_g`` with ``t``, ``T`` the shares in tonnes of the exporter and of the world,
``n_g`` the products behind ``u_g``. A group without a published value counts as the mean; for bulk
and textiles nothing tells groups apart, so ``r`` is 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from corridors.data import tables
from corridors.trade import composition
from corridors.trade.cargo import CLASSES, classes

Array = npt.NDArray[np.float64]

_TABLES = ("unit_values", "trade_composition_by_economy", "cargo_classes")
_TWO_PRODUCTS = 2


@dataclass(frozen=True)
class Published:
    """Published values of groups of goods: ``ln_usd_per_t`` and number of ``products`` by group,
    and the variance ``scatter`` of a product's ln value about its group's."""

    ln_usd_per_t: Mapping[str, float]
    products: Mapping[str, int]
    scatter: float


def published() -> Published:
    """Dollars a tonne of each group of goods that ``data/unit_values.csv`` has a product of;
    several figures of one product count once."""
    return _published(tables.stamp("unit_values"))


@lru_cache(maxsize=2)
def _published(_stamp: object) -> Published:
    table = tables.unit_values().dropna(subset=["goods"])
    found: dict[str, dict[str, list[float]]] = {}
    for row in table.itertuples():
        for group in str(row.goods).split():
            found.setdefault(group, {}).setdefault(str(row.product), []).append(float(np.log(row.usd_per_t)))
    products = {
        group: np.array([np.mean(values) for values in by_product.values()])
        for group, by_product in found.items()
    }
    free = sum(values.size - 1 for values in products.values())
    squares = sum(float(((values - values.mean()) ** 2).sum()) for values in products.values())
    return Published(
        {group: float(values.mean()) for group, values in products.items()},
        {group: int(values.size) for group, values in products.items()},
        squares / free if free else 0.0,
    )


def by_composition(pairs: Sequence[tuple[str, str]]) -> Array:
    """Dollars a tonne (P, C) of directed pairs (exporter, importer), classes in the order of :data:`corridors.trade.cargo.CLASSES`.

    An exporter whose sales are not known has the world's means.
    """
    stamps = tuple(tables.stamp(name) for name in _TABLES)
    return np.array([_of(exporter, importer, stamps) for exporter, importer in pairs]).reshape(-1, len(CLASSES))


def world_means() -> Array:
    """Dollars a tonne (C,) of the classes, of all trade."""
    return np.asarray(classes()["usd_per_t"], dtype=np.float64)


def reliability(cargo_class: str) -> float:
    """How far the index of a class is believed, 0 to 1: the exponent ``w``."""
    return _world(tuple(tables.stamp(name) for name in _TABLES))[1][cargo_class]


@lru_cache(maxsize=4096)
def _of(exporter: str, importer: str, stamps: tuple[object, ...]) -> Array:
    """(C,) of one pair."""
    out, weights = world_means().copy(), composition.weights(exporter, importer)
    if weights is None:
        return out
    known, (means, reliable) = published(), _world(stamps)
    for c, name in enumerate(CLASSES):
        out[c] *= np.exp(reliable[name] * (_ln_mean(weights, name, known, means[name]) - means[name]))
    return out


@lru_cache(maxsize=2)
def _world(_stamps: tuple[object, ...]) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """ln of the world's mean by class, over groups with a published value, and the reliability of
    each class's index."""
    known = published()
    sales = tables.trade_composition_by_economy().set_index("iso3")
    value = sales["exports_musd"].fillna(0.0)
    world = {g: float((sales[g].fillna(0.0) * value).sum()) for g in composition.GROUPS}
    exporters = [found for code in sales.index if (found := composition.weights(str(code), "")) is not None]
    means, reliable = {}, {}
    for name in CLASSES:
        means[name] = _ln_mean(world, name, known, None)
        groups, tonnes = _tonnes(world, name, known, means[name])
        index, noise = [], []
        for weights in exporters:
            _, own = _tonnes(weights, name, known, means[name])
            if own.sum() > 0.0:
                index.append(_ln_mean(weights, name, known, means[name]))
                apart = own / own.sum() - tonnes / tonnes.sum()
                noise.append(
                    sum(
                        d * d * known.scatter / known.products[g]
                        for g, d in zip(groups, apart, strict=True)
                        if g in known.products
                    )
                )
        spread = float(np.var(index)) if len(index) >= _TWO_PRODUCTS else 0.0
        reliable[name] = max(0.0, 1.0 - float(np.mean(noise)) / spread) if spread > 0.0 else 0.0
    return means, reliable


def _tonnes(weights: Mapping[str, float], name: str, known: Published, mean: float) -> tuple[list[str], Array]:
    """Groups of a class and their tonnes, in no unit; what has no published value counts as
    ``mean`` (ln dollars a tonne)."""
    groups = [g for g, (_, kind, _) in composition.GROUPS.items() if kind == name]
    return groups, np.array(
        [
            weights[g] * (1.0 - composition.GROUPS[g][0]) * np.exp(-known.ln_usd_per_t.get(g, mean))
            for g in groups
        ]
    )


def _ln_mean(weights: Mapping[str, float], name: str, known: Published, mean: float | None) -> float:
    """ln of dollars a tonne of a class, value over tonnes; what has no published value counts as
    ``mean``, or is left out (None)."""
    groups = [
        g
        for g, (_, kind, _) in composition.GROUPS.items()
        if kind == name and (mean is not None or g in known.ln_usd_per_t)
    ]
    value = sum(weights[g] * (1.0 - composition.GROUPS[g][0]) for g in groups)
    tonnes = sum(
        weights[g]
        * (1.0 - composition.GROUPS[g][0])
        * np.exp(-known.ln_usd_per_t.get(g, mean or 0.0))
        for g in groups
    )
    return float(np.log(value / tonnes)) if tonnes > 0.0 else mean or 0.0
