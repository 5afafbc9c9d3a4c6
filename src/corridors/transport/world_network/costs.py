"""What a kilometre of road and a border crossing cost and take, anywhere: cited where it is, else by group.

*Roads.* The hand-checked economies keep the rates and speeds of ``data/network/road_costs.csv``.
Elsewhere the rate is that of the group (``road_rates.csv``), halved in logarithm with Doing
Business's domestic haulage where there is some (``road_transport_africa.csv``, 15 t a truck). The
speed of a truck on the move is a published one (``truck_speeds.csv``, also where the hand-checked
one is an estimate), else a fixed part of the mean speed of a car between large cities
(``road_speeds.csv``): the median of that ratio over the hand-checked economies.

*Crossings.* Hours are those seen by trucks (``border_times.csv``), else what Doing Business 2020
says both sides take, damped: ``exp(a + b ln H)`` fitted to the crossings with both. A union of
customs (``unions.csv``) sets its own where nobody has seen the crossing. Hours seen hold queues, so processing without a queue is half
of them. The fee is a quarter of the border compliance cost, which holds handling and brokers at
ports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from corridors.data import tables as data
from corridors.data.spelling import plain
from corridors.transport import clearance, network

USD_PER_T_HOUR = 1.6
"""What an hour costs a tonne of a typical good in a search for ways: 3,000 USD a tonne, 1.3 % a day."""
PAYLOAD_T = 20.0
_DOING_BUSINESS_TRUCK_T = 15.0
_WITHOUT_QUEUE, _FEE_PART = 0.5, 0.25
_UNKNOWN_HOURS, _UNKNOWN_FEE = 60.0, 300.0
SPREAD = 2.0
"""Factor either way on compiled hours of a crossing: residuals of the fit have a standard deviation
of about 0.7 in logs."""


@dataclass(frozen=True)
class RoadCost:
    """Rate, speed and share of the day on the move of trucks in an economy."""

    usd_per_t_km: float
    speed_kmh: float
    moving_share: float

    def hours(self, km: float) -> float:
        """Hours on a road, rest included."""
        return km / self.speed_kmh / self.moving_share


@dataclass(frozen=True)
class Border:
    """A crossing without a queue: processing hours with range, fee in dollars a truck, what they rest on."""

    hours: float
    low: float
    high: float
    fee_usd: float
    basis: str
    source_url: str = ""


@lru_cache(maxsize=256)
def road(economy: str) -> RoadCost:
    """Costs and speeds of trucks in an economy."""
    r = _checked_roads().get(economy)
    published = _trucks().get(economy)
    if r is not None:
        guessed = "speed_kmh" in str(r["estimates"]).split()
        speed = published if guessed and published is not None else float(r["speed_kmh"])
        return RoadCost(float(r["usd_per_t_km"]), speed, float(r["moving_hours_per_day"]) / 24.0)
    group = _groups().get(economy, _groups()[""])
    usd = float(group["usd_per_t_km"])
    seen = _hauled().get(economy)
    if seen is not None:
        usd = float(np.clip(np.sqrt(usd * seen), group["usd_per_t_km_low"], group["usd_per_t_km_high"]))
    speed = published or float(np.clip(truck_share() * _cars().get(economy, _cars()[""]), 15.0, 75.0))
    return RoadCost(usd, speed, float(group["moving_hours_per_day"]) / 24.0)


@lru_cache(maxsize=1)
def _checked_roads() -> Mapping[str, Mapping[str, Any]]:
    return {str(row["economy"]): row for row in data.road_costs().to_dict("records")}


@lru_cache(maxsize=1)
def truck_share() -> float:
    """Speed of a truck on the move over that of a car: median over the hand-checked economies."""
    known = data.road_costs().set_index("economy")["speed_kmh"].copy()
    known.update(pd.Series(_trucks(), dtype=float))
    cars = data.table("world_road_speeds").set_index("iso3")["mean_speed_kmh"]
    both = known.index.intersection(cars.index)
    return float((known[both] / cars[both]).median())


@lru_cache(maxsize=1)
def _trucks() -> Mapping[str, float]:
    table = data.table("world_truck_speeds")
    return dict(zip(table["iso3"], table["speed_kmh"].astype(float), strict=True))


@lru_cache(maxsize=1)
def _cars() -> Mapping[str, float]:
    table = data.table("world_road_speeds")
    return {
        **dict(zip(table["iso3"], table["mean_speed_kmh"].astype(float), strict=True)),
        "": float(table["mean_speed_kmh"].median()),
    }


@lru_cache(maxsize=1)
def _groups() -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for row in data.table("world_road_rates").to_dict("records"):
        codes = str(row["economies"]).split() if isinstance(row["economies"], str) else [""]
        found.update(dict.fromkeys(codes, row))
    return found


@lru_cache(maxsize=1)
def _hauled() -> Mapping[str, float]:
    """Dollars a tonne-kilometre of domestic haulage by Doing Business, geometric mean of both directions."""
    table = data.table("world_road_transport_africa").dropna(subset=["distance_km", "cost_usd"])
    iso = {
        str(n): str(i)
        for i, n in zip(
            data.table("world_border_compliance")["iso3"],
            data.table("world_border_compliance")["name"],
            strict=True,
        )
    }
    rate = np.log(table["cost_usd"] / table["distance_km"] / _DOING_BUSINESS_TRUCK_T)
    means = rate.groupby(table["country"]).mean()
    return {iso[str(name)]: float(np.exp(value)) for name, value in means.items() if str(name) in iso}


@lru_cache(maxsize=4096)
def border(crossing: str, names: tuple[str, ...], a: str, b: str) -> Border:
    """A crossing between economies ``a`` and ``b``; ``names`` are all it is known by."""
    r = checked_crossings().get(crossing)
    if r is not None:
        return Border(
            float(r["processing_hours"]), float(r["processing_low"]), float(r["processing_high"]),
            float(r["fee_usd_per_truck"]),
            "checked: data/network/crossings.csv", str(r["source_url"]) if isinstance(r["source_url"], str) else "",
        )  # fmt: skip
    stated = _stated().get(crossing)
    union = union_of(a, b)
    fee = _FEE_PART * _compliance_usd(a, b)
    if stated is not None:
        return Border(
            float(stated["value"]),
            float(stated["low"]),
            float(stated["high"]),
            fee,
            "hours cited",
            str(stated["source_url"]),
        )
    if union is not None:
        fee = float(union["fee_usd_per_truck"])
    seen = _seen().get(frozenset((a, b)), {})
    for name in names:
        if (key := plain(name)) in seen:
            hours, url = seen[key]
            hours *= _WITHOUT_QUEUE
            return Border(hours, hours / 1.7, hours * 1.7, fee, "hours seen at this crossing", url)
    if union is not None:
        hours = float(union["hours"])
        return Border(hours, hours / SPREAD, hours * SPREAD, fee, f"{union['union']}", str(union["source_url"]))
    hours = _WITHOUT_QUEUE * damped(compliance_hours(a, b))
    return Border(hours, hours / SPREAD, hours * SPREAD, fee, "Doing Business 2020 of both sides, damped",
                  "https://archive.doingbusiness.org/en/data/exploretopics/trading-across-borders")  # fmt: skip


@lru_cache(maxsize=1)
def checked_crossings() -> Mapping[str, Mapping[str, Any]]:
    """Rows of ``data/network/crossings.csv`` by id, hours net of the queue."""
    return {str(row["crossing"]): row for row in network.checked_crossings().reset_index().to_dict("records")}


@lru_cache(maxsize=1)
def _stated() -> Mapping[str, Mapping[str, Any]]:
    table = data.table("world_crossing_facts")
    return {str(row["crossing"]): row for row in table[table["quantity"] == "processing_hours"].to_dict("records")}


def union_of(a: str, b: str) -> Mapping[str, Any] | None:
    """The customs union or single market that both economies are in, the one with the shortest
    hours; None without one."""
    found = [row for row in _unions() if a in row["members"] and b in row["members"]]
    return min(found, key=lambda row: row["hours"], default=None)


@lru_cache(maxsize=1)
def _unions() -> tuple[Mapping[str, Any], ...]:
    rows = data.table("world_unions").to_dict("records")
    return tuple({**row, "members": frozenset(str(row["economies"]).split())} for row in rows)


@lru_cache(maxsize=1)
def _compliance() -> Mapping[str, Mapping[str, float]]:
    table = data.table("world_border_compliance").set_index("iso3")
    return {
        str(code): row
        for code, row in zip(
            table.index, table.select_dtypes("number").to_dict("records"), strict=True
        )
    }


def compliance_hours(a: str, b: str) -> float:
    """Border compliance of both sides, mean of the two directions, hours (Doing Business 2020)."""
    return _both(a, b, "hours", _UNKNOWN_HOURS)


def _compliance_usd(a: str, b: str) -> float:
    return _both(a, b, "usd", _UNKNOWN_FEE)


def _both(a: str, b: str, unit: str, unknown: float) -> float:
    table = _compliance()
    total = 0.0
    for economy in (a, b):
        for way in ("export", "import"):
            value = float(table.get(economy, {}).get(f"{way}_border_{unit}", np.nan))
            total += 0.5 * (value if np.isfinite(value) else unknown)
    return total


@lru_cache(maxsize=1)
def _seen() -> Mapping[frozenset[str], Mapping[str, tuple[float, str]]]:
    """Hours seen at crossings, both sides together: by border, then by name; a side alone counts twice."""
    table = data.table("world_border_times")
    table = table[~table["side"].str.contains("closure")]
    found: dict[frozenset[str], dict[str, tuple[float, str]]] = {}
    for (name, a, b), rows in table.groupby(["crossing", "economy_a", "economy_b"]):
        both = rows[rows["side"] == "both"]
        sides = rows[rows["side"] != "both"].groupby("side")["hours"].mean()
        hours = float(both["hours"].mean()) if len(both) else float(sides.sum()) * (2.0 if len(sides) == 1 else 1.0)
        where = found.setdefault(frozenset((str(a), str(b))), {})
        for part in dict.fromkeys((str(name), *str(name).split("-"))):
            where[plain(part)] = (hours, str(rows["source_url"].iloc[0]))
    return found


@lru_cache(maxsize=1)
def damping() -> tuple[float, float, float]:
    """``a``, ``b`` and residual standard deviation of ln(hours seen) on ln(Doing Business hours),
    ``b`` within 0 to 1."""
    rows: list[tuple[float, float]] = []
    for pair, crossings in _seen().items():
        a, b = sorted(pair)
        rows += [
            (np.log(compliance_hours(a, b)), np.log(hours))
            for hours in dict.fromkeys(h for h, _ in crossings.values())
        ]
    checked = network.checked_crossings()
    # Arrival to release, as the hours seen elsewhere are: clearance and the settled wait of the
    # traffic counted there.
    seen = checked["processing_hours"].to_numpy(dtype=float) + clearance.counted_wait(
        checked, network.usual_closure_days()
    )
    sides = data.places().set_index("place")["economies"]
    # Posts of one border with the same hours are one observation: theirs are taken from each other.
    once: dict[tuple[str, float], float] = {}
    for name, hours in zip(checked.index, seen.tolist(), strict=True):
        once.setdefault((str(sides[name]), round(hours, 6)), hours)
    for (between, _), hours in once.items():
        a, b = between.split("-")
        if union_of(a, b) is None:
            rows.append((np.log(compliance_hours(a, b)), np.log(hours)))
    x, y = np.array(rows).T
    slope = float(np.clip(np.cov(x, y)[0, 1] / np.var(x, ddof=1), 0.0, 1.0))
    level = float(y.mean() - slope * x.mean())
    return level, slope, float(np.std(y - level - slope * x, ddof=2))


def damped(hours: float) -> float:
    """Hours that trucks take where Doing Business says ``hours``; the fit holds above six hours,
    below it is proportional."""
    level, slope, _ = damping()
    floor = 6.0
    at_floor = float(np.exp(level + slope * np.log(max(hours, floor))))
    return at_floor * min(hours / floor, 1.0)
