"""Trains that measures start: those that meet are one, and those that end at a port meet its ships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from corridors.transport.network import Network, Service
from corridors.transport.world_network.trains import TERMINAL_DAYS, TERMINAL_USD_PER_T

PORT_CITY_KM = 60.0
"""A port within so many kilometres of a city of its economy is the city's."""
_MOST_TOGETHER = 4


def is_new(service: Service) -> bool:
    """Whether a measure starts it, and it is a train."""
    return service.mode == "rail" and service.new is not None


def ways(services: Sequence[Service]) -> list[tuple[tuple[int, ...], str, str]]:
    """Every way over new trains: their positions in the order of travel, where it begins and where it ends."""
    ends = [(i, *pair) for i, s in enumerate(services) if is_new(s) for pair in ((s.a, s.b), (s.b, s.a))]
    found: list[tuple[tuple[int, ...], tuple[str, ...]]] = [((i,), (a, b)) for i, a, b in ends]
    for chain, places in found:
        if len(chain) < _MOST_TOGETHER:
            found += [((*chain, i), (*places, b)) for i, a, b in ends if a == places[-1] and b not in places]
    return [(chain, places[0], places[-1]) for chain, places in found]


def at_port(network: Network, place: str, port: str) -> bool:
    """Whether trains that end at a place run to a port: it is the port, or the city that it lies in."""
    if place == port:
        return True
    return network.economies[place] == network.economies[port] and network.distance_km(place, port) <= PORT_CITY_KM


def ridden(services: Sequence[Service], chain: Sequence[int]) -> list[Service]:
    """The services of a chain as goods ride on them: from one new railway to the next nobody unloads, so that two halves of a
    line are the line."""
    found: list[Service] = []
    for k, i in enumerate(chain):
        service = services[i]
        if k and _is_line(services[chain[k - 1]]) and _is_line(service):
            hours = 24.0 * TERMINAL_DAYS
            service = replace(
                service, hours=service.hours - hours, transshipment_hours=service.transshipment_hours - hours,
                usd_per_t=service.usd_per_t - 2.0 * TERMINAL_USD_PER_T,
            )  # fmt: skip
        found.append(service)
    return found


def _is_line(service: Service) -> bool:
    """A railway that carries anything, and no timetable of container trains."""
    return is_new(service) and service.cargo == "any"
