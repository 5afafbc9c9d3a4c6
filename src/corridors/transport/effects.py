"""What measures do to the network: the quantity each one moves, and how several of them combine.

A measure states a level that holds when it is fully there (800 trucks a day, 4 hours, 60 km/h). Phased in by
``a`` between 0 and 1, it moves its quantity that share of the way from where the quantity stands:
``x <- x + a (level - x)``. Where several measures move one quantity they act in the order below, whatever order
the file has them in, so that with all of them fully there the last one holds:

====================  ===========================================  ==============================
quantity              moved by                                     order, so what wins
====================  ===========================================  ==============================
capacity              border_capacity                              lowest first: the largest
processing hours      crossing_time                                longest first: the shortest
closure days          closure                                      fewest first: the most days
fee                   tariff_or_fee                                lowest first: the highest
hours on a link       road (speed_kmh)                             slowest first: the fastest
dollars on a link     road (usd_per_t_km)                          dearest first: the cheapest
====================  ===========================================  ==============================

New links and services (new_link, rail_service, direct_flights) are choices that weigh ``a``: nobody uses them at 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corridors.errors import NetworkError
from corridors.transport.network import Link, Network, Service, road_economy

Array = npt.NDArray[np.float64]

_HOURS_PER_WEEK = 168.0
_TEU = "tonnes_per_teu"
_FLIGHT = "tonnes_per_flight"


@dataclass(frozen=True)
class Move:
    """Measure number ``measure`` takes quantity number ``index`` to ``level``."""

    index: int
    measure: int
    level: float


@dataclass(frozen=True)
class Effects:
    """What a list of measures moves, by quantity, each list in the order in which moves act."""

    count: int
    capacity: tuple[Move, ...]
    processing_hours: tuple[Move, ...]
    closure_days: tuple[Move, ...]
    fee: tuple[Move, ...]
    link_hours: tuple[Move, ...]
    link_usd_per_t: tuple[Move, ...]
    links: tuple[Link, ...]
    services: tuple[Service, ...]
    tonnes_per_day: Mapping[int, float]
    """Capacity of new services, by position in ``services``."""


def read(network: Network, measures: Sequence[Any], constants: Mapping[str, float]) -> Effects:
    """Translate measures; NetworkError names what is unknown and the nearest valid name.

    ``constants`` has the fixed parameters ``tonnes_per_teu`` and ``tonnes_per_flight``.
    """
    moves: dict[str, list[Move]] = {
        k: [] for k in ("capacity", "processing_hours", "closure_days", "fee", "link_hours", "link_usd_per_t")
    }
    links, services, tonnes = list(network.links), list(network.services), {}
    crossings = {name: i for i, name in enumerate(network.crossing_names())}
    field = {
        "border_capacity": ("capacity", "trucks_per_day"),
        "crossing_time": ("processing_hours", "processing_hours"),
        "closure": ("closure_days", "days_per_year"),
        "tariff_or_fee": ("fee", "usd_per_truck"),
    }
    for m, measure in enumerate(measures):
        if measure.kind in field:
            quantity, attribute = field[measure.kind]
            for name in measure.crossings:
                index = crossings[network.crossing(name)]
                moves[quantity].append(Move(index, m, float(getattr(measure, attribute))))
        elif measure.kind == "road":
            for name in measure.links:
                index = network.link(name)
                if measure.speed_kmh is not None:
                    moves["link_hours"].append(Move(index, m, links[index].km / float(measure.speed_kmh)))
                if measure.usd_per_t_km is not None:
                    moves["link_usd_per_t"].append(Move(index, m, links[index].km * float(measure.usd_per_t_km)))
        elif measure.kind == "new_link" and measure.mode in ("road", "ferry"):
            links.append(_new_link(network, measure, m))
        elif measure.kind in ("new_link", "rail_service", "direct_flights"):
            service, daily = _new_service(network, measure, m, constants)
            if daily is not None:
                tonnes[len(services)] = daily
            services.append(service)
        else:
            raise NetworkError(f"network: measure {m + 1}: kind {measure.kind!r} does not act on the network")
    rising = {"capacity", "closure_days", "fee"}
    ordered = {
        quantity: tuple(sorted(found, key=lambda v: (v.index, v.level if quantity in rising else -v.level)))
        for quantity, found in moves.items()
    }
    return Effects(len(measures), **ordered, links=tuple(links), services=tuple(services), tonnes_per_day=tonnes)


def apply(base: Array, moves: Sequence[Move], active: Array) -> Array:
    """Quantities after measures: ``base`` (Q, B) or (Q, 1), ``active`` (M, B); returns (Q, B).

    Rows that no measure moves are the base's, to the last bit, and so are all where ``active`` is 0.
    """
    if not moves:
        return base
    result = np.array(np.broadcast_to(base, (base.shape[0], active.shape[1])))
    for move in moves:
        row = result[move.index]
        result[move.index] = row + active[move.measure] * (move.level - row)
    return result


def _end(measure: Any, name: str) -> str:
    """``from`` is a reserved word, so models may call the field ``from_``."""
    value = getattr(measure, name, None)
    return str(value if value is not None else getattr(measure, f"{name}_"))


def _new_link(network: Network, measure: Any, m: int) -> Link:
    a, b = network.place(_end(measure, "from")), network.place(_end(measure, "to"))
    mode = str(measure.mode)
    return Link(
        name=f"{a}-{b}",
        a=a,
        b=b,
        mode=mode,
        economy=road_economy(a, b, network.economies) if mode == "road" else "SEA",
        km=float(measure.km),
        hours=float(measure.km) / float(measure.speed_kmh),
        usd_per_t=float(measure.km) * float(measure.usd_per_t_km),
        estimate=True,
        new=m,
    )


def _new_service(network: Network, measure: Any, m: int, constants: Mapping[str, float]) -> tuple[Service, float | None]:
    """The service that a measure starts, and its capacity in tonnes a day (None: no limit)."""
    if measure.kind == "direct_flights":
        a, b = (network.airport(code) for code in measure.route)
        like = next(s for s in network.services if s.mode == "air_direct")
        km = network.distance_km(a, b)
        service = Service(
            name=f"air_{measure.route[0]}_{measure.route[1]}",
            title=f"Air freight on direct flights {measure.route[0]}-{measure.route[1]}",
            mode="air",
            a=a,
            b=b,
            km=km,
            hours=like.hours,
            wait_hours=0.5 * _HOURS_PER_WEEK / float(measure.flights_per_week),
            usd_per_t=like.usd_per_t * km / like.km,
            cargo="container",
            running=True,
            new=m,
        )
        return service, float(measure.flights_per_week) * constants[_FLIGHT] / 7.0
    a, b = network.place(_end(measure, "from")), network.place(_end(measure, "to"))
    title = f"{network.name(a)}-{network.name(b)}"
    if measure.kind == "rail_service":
        service = Service(
            name=f"rail_{a}_{b}",
            title=f"Train {title}",
            mode="rail",
            a=a,
            b=b,
            km=1.3 * network.distance_km(a, b),
            hours=24.0 * float(measure.days),
            wait_hours=0.5 * _HOURS_PER_WEEK / float(measure.trains_per_week),
            usd_per_t=float(measure.usd_per_teu) / constants[_TEU],
            cargo="container",
            running=True,
            new=m,
        )
        return service, float(measure.trains_per_week) * float(measure.teu_per_train) * constants[_TEU] / 7.0
    service = Service(
        name=f"{measure.mode}_{a}_{b}",
        title=f"{'Railway' if measure.mode == 'rail' else 'Sea link'} {title}",
        mode=str(measure.mode),
        a=a,
        b=b,
        km=float(measure.km),
        hours=float(measure.km) / float(measure.speed_kmh),
        wait_hours=0.0,
        usd_per_t=float(measure.km) * float(measure.usd_per_t_km),
        cargo="container",
        running=True,
        new=m,
    )
    return service, None
