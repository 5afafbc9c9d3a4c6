"""What kinds of goods a pair trades, and how many tonnes and trucks that makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import tables
from corridors.errors import DataError
from corridors.trade import composition
from corridors.uncertainty.draws import BAND_AND_MIDDLE, levels

Array = npt.NDArray[np.float64]

CLASSES = ("food", "textiles", "machinery", "bulk")
CONTESTABLE = ("food", "textiles", "machinery")
DAYS_A_YEAR = 365.0


def classes() -> pd.DataFrame:
    """What is known of each class (``data/cargo_classes.csv``), one row a class in the order of :data:`CLASSES`."""
    return _classes(tables.stamp("cargo_classes")).copy(deep=False)


@lru_cache(maxsize=2)
def _classes(_stamp: object) -> pd.DataFrame:
    return tables.cargo_classes().set_index("cargo_class").loc[list(CLASSES)]


def by_road() -> npt.NDArray[np.bool_]:
    """(4,) whether trucks carry a class over these distances; of bulk, what ``bulk_by_road.csv`` says."""
    return np.asarray(classes()["by_road"], dtype=bool)


def shares(exporter: str, importer: str, position: Array) -> Array:
    """Value shares (B, 4) of :data:`CLASSES` in a flow; rows add to one.

    ``position`` (B,) in 0..1 says where in its range (``data/class_shares.csv``) the share of bulk
    lies. The other classes divide the rest as the table says. A pair without a row of its own has
    what its exporter sells and its importer buys (:mod:`corridors.trade.composition`), one of whose
    exporter nothing is known the row ``*``, ``*``.
    """
    return _shares(_stated(tables.stamp("class_shares")), exporter, importer, position)


def usual_shares(pairs: Sequence[tuple[str, str]]) -> Array:
    """:func:`shares` (P, 4) of many directed pairs, bulk in the middle of its range."""
    stamps = (tables.stamp("class_shares"), tables.stamp("trade_composition_by_economy"))
    return _usual(tuple((a, b) for a, b in pairs), stamps).copy()


@lru_cache(maxsize=64)
def _usual(pairs: tuple[tuple[str, str], ...], _stamps: object) -> Array:
    stated = _stated(tables.stamp("class_shares"))
    return np.concatenate([_shares(stated, *pair, np.array([0.5])) for pair in pairs])


@lru_cache(maxsize=2)
def _stated(_stamp: object) -> dict[tuple[str, str], tuple[float, float, Array]]:
    """Low and high share of bulk and shares (3,) of :data:`CONTESTABLE` in the rest, by the first row of each pair."""
    table = tables.table("class_shares").drop_duplicates(["exporter", "importer"])
    rest = table[list(CONTESTABLE)].to_numpy(dtype=np.float64)
    low, high = table["bulk_low"].to_numpy(dtype=float), table["bulk_high"].to_numpy(dtype=float)
    pairs = zip(table["exporter"], table["importer"], strict=True)
    return {pair: (low[k], high[k], rest[k] / rest[k].sum()) for k, pair in enumerate(pairs)}


def _shares(
    stated: Mapping[tuple[str, str], tuple[float, float, Array]], exporter: str, importer: str, position: Array
) -> Array:
    found = stated.get((exporter, importer)) or composition.class_shares(exporter, importer) or stated.get(("*", "*"))
    if found is None:
        raise DataError(f"class_shares.csv: no row for {exporter},{importer} and none for *,*")
    low, high, rest = found
    bulk = low + position * (high - low)
    return np.column_stack([(1 - bulk)[:, None] * rest, bulk])


def tonnes(value_musd: Array, usd_per_t: Array) -> Array:
    """Tonnes a year of a value by class (..., 4) in million dollars, at ``usd_per_t`` (4,) or broadcastable."""
    return np.asarray(value_musd * 1e6 / usd_per_t)


def trucks_per_day(value_musd: Array, usd_per_t: Array, bulk: bool = False) -> Array:
    """Trucks a day, one way, that a value by class (..., 4) would fill if all of it went by road.

    Tonnes over the payload of the class (20 t for heavy goods, less for light ones that fill a
    truck by volume) over 365 days; 0 for bulk, which does not go by truck over these distances,
    but where ``bulk`` says that it does.
    """
    by_road = (_column("by_road") > 0) | bulk
    trucks = tonnes(value_musd, usd_per_t) / _column("truck_payload_t") / DAYS_A_YEAR
    return np.asarray(np.where(by_road, trucks, 0.0))


def volumes(
    value_musd: Mapping[str, Array], carried_musd: Mapping[str, Array],
    usd_per_t: Mapping[str, Array],
    bulk: bool = False,
) -> pd.DataFrame:
    """Median and 80 % band of value, tonnes and trucks a day (``bulk`` among them or not) by flow, class and year position.

    ``value_musd`` and ``carried_musd``, what of it has weight on a way, by flow (B, T, 4), ``usd_per_t`` (B, 4). Columns:
    flow, cargo_class, t (0-based year), and value_musd, tonnes, trucks_per_day each with _p10,
    _p50, _p90.
    """
    rows = []
    for flow, value in value_musd.items():
        carried, a_tonne = carried_musd[flow], usd_per_t[flow][:, None, :]
        for name, array in (
            ("value_musd", value),
            ("tonnes", tonnes(carried, a_tonne)),
            ("trucks_per_day", trucks_per_day(carried, a_tonne, bulk)),
        ):
            low, mid, high = levels(array, BAND_AND_MIDDLE)
            for c, cargo in enumerate(CLASSES):
                for t in range(value.shape[1]):
                    rows.append((flow, cargo, t, name, low[t, c], mid[t, c], high[t, c]))
    long = pd.DataFrame(rows, columns=["flow", "cargo_class", "t", "quantity", "p10", "p50", "p90"])
    wide = long.pivot(index=["flow", "cargo_class", "t"], columns="quantity", values=["p10", "p50", "p90"])
    wide.columns = [f"{quantity}_{p}" for p, quantity in wide.columns]
    order = [f"{q}_{p}" for q in ("value_musd", "tonnes", "trucks_per_day") for p in ("p10", "p50", "p90")]
    return wide[order].reset_index()


def _column(name: str) -> Array:
    return np.asarray(classes()[name], dtype=np.float64)
