"""How many units of ``data/measure_costs.csv`` each measure is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from corridors.transport.network import Network


def of_each(measures: Sequence[Any], network: Network) -> list[float]:
    """Hundreds of trucks a day added, kilometres, train sets, crossings, economies, departures: as its kind is counted."""
    return [_units(measure, measures, network) for measure in measures]


def _units(measure: Any, measures: Sequence[Any], network: Network) -> float:
    if measure.kind == "border_capacity":
        more = (max(measure.trucks_per_day - _held(measure, c, measures, network), 0.0) for c in measure.crossings)
        return float(sum(more) / 100.0)
    if measure.kind == "road":
        return float(sum(network.links[network.link(name)].km for name in measure.links))
    if measure.kind == "new_link":
        return float(measure.km) if measure.mode in ("road", "rail") else 1.0
    if measure.kind == "rail_service":
        # A set goes there and back and is turned round in a day at each end.
        return float(measure.trains_per_week) * (2.0 * float(measure.days) + 2.0) / 7.0
    for field in ("crossings", "economies"):
        if getattr(measure, field, None):
            return float(len(getattr(measure, field)))
    return float(getattr(measure, "departures_per_week", 1.0))


def _held(measure: Any, crossing: str, measures: Sequence[Any], network: Network) -> float:
    """Trucks a day that a crossing takes before a measure widens it: today's, or those of a smaller step that is paid for."""
    steps = [
        float(m.trucks_per_day)
        for m in measures
        if m.kind == measure.kind and crossing in m.crossings and m.trucks_per_day < measure.trucks_per_day
    ]
    return max([float(network.crossings["capacity_trucks_per_day"][crossing]), *steps])
