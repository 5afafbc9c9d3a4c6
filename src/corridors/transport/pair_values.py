"""What a tonne is worth by pair and cargo class: by counted trucks where there are any between the two, else by what they trade.

Values by composition (:mod:`corridors.trade.unit_values`) are of all of a pair's goods. Where
trucks are counted at crossings between two economies (rows of ``data/network/truck_values.csv``
with a source), what they carry is the better witness for what goes by road: with ``V`` dollars on a
counted truck (mean by trucks over the crossings), ``L`` those on a truck of the pair's goods at the
values by composition, both ways together, and ``s`` the part of their value that goes by road,

    dollars a tonne = by composition * ``(V / L)^s``      in every class and both directions.

What flows through pipelines (:func:`piped`) is on no way of a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import tables
from corridors.trade import cargo, unit_values, world
from corridors.transport import truck_values
from corridors.transport.network import Network

Array = npt.NDArray[np.float64]
Pair = tuple[str, str]

COLUMNS = ("exporter", "importer", "cargo_class", "usd_per_t", "low", "high", "estimate", "basis", "source_url")
_BULK = cargo.CLASSES.index("bulk")
_MOST_PIPED = 0.99
BY_COMPOSITION = "published values of what the exporter sells"
BY_MEAN = "mean of the class: what the exporter sells is not known"


@dataclass(frozen=True)
class Counted:
    """Dollars on a counted truck between two economies, with range, and on one of their goods at the values by composition; where
    from; and the part of their goods that goes by road."""

    usd_per_truck: float
    low: float
    high: float
    by_composition: float
    crossings: tuple[str, ...]
    road_part: float
    estimate: bool
    source_url: str


def piped(network: Network | None, pairs: Sequence[Pair]) -> Array:
    """Part (P, C) of the value of each pair's trade that flows through pipelines, 0 where no network is given."""
    out = np.zeros((len(pairs), len(cargo.CLASSES)))
    if network is not None:
        out[:, _BULK] = [min(network.piped.get(pair, 0.0), _MOST_PIPED) for pair in pairs]
    return out


def worth(network: Network | None, pairs: Sequence[Pair]) -> Array:
    """(P, C) dollars that a tonne is worth."""
    out = unit_values.by_composition(pairs)
    if network is not None:
        out *= _factors(network, pairs)[:, :1]
    return out


def table(network: Network | None, pairs: Sequence[Pair]) -> pd.DataFrame:
    """What a tonne is worth with range and basis, one row a directed pair and class, columns :data:`COLUMNS`.

    The range is the class's (``data/cargo_classes.csv``), narrowed by ``s`` to that of the counted
    trucks.
    """
    values = worth(network, pairs)
    factors = _factors(network, pairs) if network is not None else np.ones((len(pairs), 3))
    classes = cargo.classes()
    known = set(tables.trade_composition_by_economy()["iso3"])
    names = network.places if network is not None else {}
    rows = []
    for p, pair in enumerate(pairs):
        found = counted(network, *pair) if network is not None else None
        basis, url, part, estimate = BY_COMPOSITION if pair[0] in known else BY_MEAN, "", 0.0, True
        if found is not None:
            *others, last = (str(names[c]) for c in found.crossings)
            at = f"{', '.join(others)} and {last}" if others else last
            basis, url, part, estimate = (
                f"trucks counted at {at}",
                found.source_url,
                found.road_part,
                found.estimate or found.road_part < 1.0,
            )
        for c, name in enumerate(cargo.CLASSES):
            middle = float(classes.loc[name, "usd_per_t"])
            ends = [float(classes.loc[name, f"usd_per_t_{end}"]) / middle for end in ("low", "high")]
            low, high = (
                values[p, c] * end ** (1.0 - part) * factors[p, k] / factors[p, 0]
                for k, end in enumerate(ends, start=1)
            )
            rows.append((*pair, name, float(values[p, c]), float(low), float(high), estimate, basis, url))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def counted(network: Network, a: str, b: str) -> Counted | None:
    """What trucks counted between two economies carry; None where nobody has counted them, or the two do not trade."""
    rows = _reported()
    here = [c for c in network.crossing_names() if c in rows.index and set(network.economies[c]) == {a, b}]
    load = truck_values.between(network, a, b) if here else None
    if load is None:
        return None
    trucks = network.crossings.loc[here, "background_trucks_per_day"].to_numpy(dtype=float)
    weight = trucks / trucks.sum() if trucks.sum() > 0.0 else np.full(len(here), 1.0 / len(here))
    usd, low, high = (
        float(weight @ rows.loc[here, column].to_numpy(dtype=float))
        for column in ("usd_per_truck", "usd_low", "usd_high")
    )
    main = here[int(np.argmax(weight))]
    return Counted(
        usd,
        low,
        high,
        load,
        tuple(here),
        road_part(network, a, b),
        bool(rows.loc[main, "estimate"]),
        str(rows.loc[main, "source_url"]),
    )


def _reported() -> pd.DataFrame:
    """Loads of trucks that somebody reported, by crossing."""
    return tables.truck_values().dropna(subset=["source_url"]).set_index("crossing")


def road_part(network: Network, a: str, b: str) -> float:
    """Part of the value of two economies' trade, both ways, that goes by road in the base year."""
    ways = ((a, b), (b, a))
    trade, traffic = (
        world.base_matrix(),
        network.pair_traffic.set_index(["exporter", "importer"])["road_share"].to_dict(),
    )
    by_road = cargo.by_road()
    total = road = 0.0
    for pair, shares in zip(ways, cargo.usual_shares(ways), strict=True):
        value = float(trade.loc[pair]) * shares
        part = np.where(by_road, float(traffic.get(pair, 0.0)), network.bulk_by_road.get(pair, (0.0, 0.0))[0])
        total += float(value.sum())
        road += float((value * part).sum())
    return road / total if total > 0.0 else 0.0


def _factors(network: Network, pairs: Sequence[Pair]) -> Array:
    """(P, 3) factor on values by composition that counted trucks make: middle, low and high; 1 where there are none."""
    out = np.ones((len(pairs), 3))
    reported = _reported().index
    for ends in {frozenset(network.economies[c]) for c in network.crossing_names() if c in reported}:
        here = [p for p, pair in enumerate(pairs) if frozenset(pair) == ends]
        known = counted(network, *sorted(ends)) if here else None
        if known is not None:
            out[here] = (
                np.array([known.usd_per_truck, known.low, known.high]) / known.by_composition
            ) ** known.road_part
    return out
