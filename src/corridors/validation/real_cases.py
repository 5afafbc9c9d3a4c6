"""Real cases beside what the model computes for them: queues and closures at borders, lengths and days of routes.

``data/real_cases.csv`` says what happened and how the same is computed; what was reported stands in
``data/transport_facts.csv`` with its address. A case that does not agree stays in the table and
says so.

============
======================================================================================= method
computed ============
======================================================================================= backlog
trucks waiting after ``days`` of ``arrivals`` at ``capacity``
(:class:`corridors.transport.crossing.Crossing`) closed        trucks that would have come to
crossings shut for ``days``, at the counted traffic served        trucks a day that pass at
``capacity`` where ``arrivals`` come queue         hours of queue at ``capacity`` with ``arrivals``
hours_saved   hours of queue at capacity ``before`` less those at ``after``, at the counted traffic
closure_days  days a year that the network expects the crossing to be shut grown         ``count`` a
day after ``years`` at ``rate`` road_km       length of the links along the places road_usd
dollars a truck for haulage, ferries and fees at borders road_days     driving, ferries, processing
and queues along the places, in the base year sea_days      days of a direct ship, of transshipment,
and half the gap between departures of the other ============
=======================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from corridors.data import tables
from corridors.errors import DataError, NetworkError
from corridors.transport import network, queue
from corridors.transport.crossing import Crossing
from corridors.transport.network import Link, Network

HOURS_PER_DAY = 24.0
COLUMNS = (
    "case",
    "quantity",
    "unit",
    "reported_low",
    "reported",
    "reported_high",
    "computed",
    "within",
    "source_url",
    "note",
)
LENGTH_TOLERANCE, OTHER_TOLERANCE = 0.05, 0.20


def compare() -> pd.DataFrame:
    """Every case: what was reported, what is computed, and whether the two agree (``within`` low to high).

    Columns are :data:`COLUMNS`. Where ``data/real_cases.csv`` states no range, lengths agree within
    5 % and everything else within 20 %. Raises DataError for a case without a fact or with an
    unknown place.
    """
    roads = network.load()
    facts = tables.transport_facts()
    rows = []
    for case in tables.real_cases().to_dict("records"):
        fact = _fact(facts, case)
        reported = float(fact["value"])
        tolerance = LENGTH_TOLERANCE if case["unit"] == "km" else OTHER_TOLERANCE
        low, high = (
            ((1.0 - tolerance) * reported, (1.0 + tolerance) * reported)
            if pd.isna(case["low"])
            else (case["low"], case["high"])
        )
        try:
            computed = _METHODS[case["method"]](roads, str(case["along"]).split(), _inputs(case["inputs"]))
        except (KeyError, NetworkError) as error:
            raise DataError(f"real_cases.csv: {case['case']}, {case['quantity']}: {error}") from error
        rows.append(
            {
                "case": case["case"],
                "quantity": case["quantity"],
                "unit": case["unit"],
                "reported_low": low,
                "reported": reported,
                "reported_high": high,
                "computed": computed,
                "within": bool(low <= computed <= high),
                "source_url": fact["source_url"],
                "note": "" if pd.isna(case["note"]) else case["note"],
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _fact(facts: pd.DataFrame, case: Mapping[Any, Any]) -> Mapping[Any, Any]:
    same = (
        (facts["place"] == case["fact_place"])
        & (facts["quantity"] == case["fact_quantity"])
        & (facts["period"] == case["fact_period"])
    )
    if same.sum() != 1:
        raise DataError(
            f"real_cases.csv: {case['case']}, {case['quantity']}: {int(same.sum())} rows of "
            f"transport_facts.csv have place "
            f"{case['fact_place']!r}, quantity {case['fact_quantity']!r} and period "
            f"{case['fact_period']!r}; there must be one"
        )
    return dict(facts[same].iloc[0])


def _inputs(text: Any) -> dict[str, float]:
    if pd.isna(text):
        return {}
    return {name: float(value) for name, _, value in (part.partition("=") for part in str(text).split())}


def _crossing(roads: Network, name: str, capacity: float | None = None) -> Crossing:
    row = roads.crossings.loc[roads.crossing(name)]
    return Crossing(
        capacity_trucks_per_day=float(row["capacity_trucks_per_day"]) if capacity is None else capacity,
        lanes=int(row["lanes"]),
        processing_hours=float(row["processing_hours"]),
        hours_open=float(row["hours_open"]),
        days_open_per_week=float(row["days_open_per_week"]),
        arrival_variability=float(row["variability"]),
        service_variability=float(row["variability"]),
        longest_wait_days=float(row["longest_wait_days"]),
    )


def _queue(roads: Network, name: str, trucks: float, capacity: float | None = None) -> float:
    crossing = _crossing(roads, name, capacity)
    return crossing.hours(trucks) - crossing.processing_hours


def _traffic(roads: Network, name: str) -> float:
    return float(roads.crossings.loc[roads.crossing(name), "background_trucks_per_day"])


def _backlog(roads: Network, along: Sequence[str], x: Mapping[str, float]) -> float:
    return _crossing(roads, along[0], x["capacity"]).backlog(x["arrivals"], days=x["days"])


def _closed(roads: Network, along: Sequence[str], x: Mapping[str, float]) -> float:
    return float(sum(_traffic(roads, name) for name in along) * x["days"])


def _served(roads: Network, along: Sequence[str], x: Mapping[str, float]) -> float:
    """What arrives less what is left waiting, over a year."""
    waiting = _crossing(roads, along[0], x["capacity"]).backlog(x["arrivals"], days=queue.HORIZON_DAYS)
    return x["arrivals"] - waiting / queue.HORIZON_DAYS


def _queue_of_case(roads: Network, along: Sequence[str], x: Mapping[str, float]) -> float:
    return _queue(roads, along[0], x["arrivals"], x["capacity"])


def _hours_saved(roads: Network, along: Sequence[str], x: Mapping[str, float]) -> float:
    trucks = _traffic(roads, along[0])
    return _queue(roads, along[0], trucks, x["before"]) - _queue(roads, along[0], trucks, x["after"])


def _closure_days(roads: Network, along: Sequence[str], x: Mapping[str, float]) -> float:
    return float(roads.crossings.loc[roads.crossing(along[0]), "closure_days_per_year"])


def _grown(roads: Network, along: Sequence[str], x: Mapping[str, float]) -> float:
    return float(x["count"] * (1.0 + x["rate"]) ** x["years"])


def _links(roads: Network, along: Sequence[str]) -> list[Link]:
    found = []
    for a, b in zip(along, along[1:], strict=False):
        links = [link for link in roads.links if {link.a, link.b} == {roads.place(a), roads.place(b)}]
        if not links:
            raise NetworkError(f"network: no link joins {a} and {b}")
        found.append(min(links, key=lambda link: link.hours))
    return found


def _road_km(roads: Network, along: Sequence[str], x: Mapping[str, float]) -> float:
    return sum(link.km for link in _links(roads, along))


def _road_days(roads: Network, along: Sequence[str], x: Mapping[str, float]) -> float:
    hours = sum(link.hours for link in _links(roads, along))
    # Who sets out at a border has it still to cross; who arrives at one has not crossed it.
    for name in along[:-1]:
        if roads.is_crossing(name):
            hours += _crossing(roads, name).hours(_traffic(roads, name))
    return hours / HOURS_PER_DAY


def _road_usd(roads: Network, along: Sequence[str], x: Mapping[str, float]) -> float:
    payload = float(tables.parameters().set_index("parameter").loc["truck_payload_t", "central"])
    haulage = sum(link.usd_per_t for link in _links(roads, along)) * payload
    return float(
        haulage
        + sum(
            roads.crossings.loc[name, "fee_usd_per_truck"]
            for name in along[:-1]
            if roads.is_crossing(name)
        )
    )


def _sea_days(roads: Network, along: Sequence[str], x: Mapping[str, float]) -> float:
    services = {service.name: service for service in roads.services}
    direct, other = services[along[0]], services[along[1]]
    facts = tables.transport_facts()
    added = facts.loc[facts["quantity"] == "days added by transshipment", "value"].astype(float)
    return (direct.hours + other.wait_hours) / HOURS_PER_DAY + float(added.iloc[0])


_METHODS: Mapping[str, Callable[[Network, Sequence[str], Mapping[str, float]], float]] = {
    "backlog": _backlog,
    "closed": _closed,
    "served": _served,
    "queue": _queue_of_case,
    "hours_saved": _hours_saved,
    "closure_days": _closure_days,
    "grown": _grown,
    "road_km": _road_km,
    "road_days": _road_days,
    "road_usd": _road_usd,
    "sea_days": _sea_days,
}
