"""What a route is made of, leg by leg, before and after measures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corridors.transport import new_trains
from corridors.transport.effects import Move
from corridors.transport.network import Link, Service
from corridors.transport.routes import Route
from corridors.transport.system import System

COMPONENTS = (
    "driving", "border processing", "border queue", "waiting for departure", "transshipment", "sea", "air", "rail",
)  # fmt: skip


@dataclass(frozen=True)
class Leg:
    """One leg with its hours and dollars a tonne; ``component`` says where its hours count.

    ``kind`` is link, crossing, transshipment or wait. Of a crossing's hours, ``queue_hours`` are
    queue.
    """

    kind: str
    name: str
    a: str
    b: str
    mode: str
    component: str
    km: float
    hours: float
    usd_per_t: float
    estimate: bool
    queue_hours: float = 0.0


def legs(
    system: System, routes: Sequence[Route], queue_hours: npt.ArrayLike, phases: npt.ArrayLike, payload_t: float
) -> list[list[Leg]]:
    """The legs of each route in the order of travel.

    All factors on costs and times are at 1, their central value; ``queue_hours`` (X,) are those of
    a solved state and ``phases`` (M,) how far measures are in place. ``payload_t`` turns dollars a
    truck into dollars a tonne.
    """
    active = np.asarray(phases, dtype=float)
    queues = np.asarray(queue_hours, dtype=float)
    run = _Road(system, queues, active, payload_t)
    return [_of_route(run, route) for route in routes]


def _of_route(run: _Road, route: Route) -> list[Leg]:
    found: list[Leg] = []
    if route.service is None:
        found += run.along(route.places, route.links, route.crossings)
    else:
        first, last = route.places[: route.before + 1], route.places[route.before + 1 :]
        reached = [c for c in route.crossings if c in first]
        found += run.along(first, route.links[: route.before], reached)
        here = first[-1]
        for service in new_trains.ridden(run.system.effects.services, route.chain):
            # A train may begin in the city of the port that the ship came to.
            there = max((service.b, service.a), key=lambda place: run.system.network.distance_km(here, place))
            found += _service(service, here, there)
            here = there
        found += run.along(last, route.links[route.before :], route.crossings[len(reached) :])
    return found


def _service(service: Service, here: str, there: str) -> Iterator[Leg]:
    mode = {"rail_feeder": "rail"}.get(service.mode, service.mode)
    if service.wait_hours:
        yield Leg(
            "wait",
            f"Wait for {service.title}",
            here,
            here,
            mode,
            "waiting for departure",
            0.0,
            service.wait_hours,
            0.0,
            True,
        )
    moving = service.hours - service.transshipment_hours
    yield Leg("link", service.title, here, there, mode, mode, service.km, moving, service.usd_per_t, service.estimate)
    if service.transshipment_hours:
        name = f"Transshipment on {service.title}"
        yield Leg(
            "transshipment",
            name,
            there,
            there,
            mode,
            "transshipment",
            0.0,
            service.transshipment_hours,
            0.0,
            True,
        )


class _Road:
    """Runs of road and ferry under measures."""

    def __init__(
        self, system: System, queues: npt.NDArray[np.float64], active: npt.NDArray[np.float64],
        payload_t: float,
    ) -> None:
        self.system, self.queues, self.active, self.payload = system, queues, active, payload_t
        effects = system.effects
        self.hours, self.usd = _by_index(effects.link_hours), _by_index(effects.link_usd_per_t)
        self.processing, self.fee = _by_index(effects.processing_hours), _by_index(effects.fee)
        self.position = {name: i for i, name in enumerate(system.crossings)}
        columns = ["processing_hours", "fee_usd_per_truck", "estimates"]
        self.known = system.network.crossings[columns].to_dict("index")

    def along(self, places: Sequence[str], links: Sequence[int], crossings: Sequence[str]) -> Iterator[Leg]:
        for k, i in enumerate(links):
            yield from self._link(i, self.system.effects.links[i], places[k], places[k + 1])
            if places[k + 1] in crossings:
                yield self._crossing(places[k + 1])

    def _link(self, i: int, link: Link, here: str, there: str) -> Iterator[Leg]:
        hours = _moved(link.hours - link.wait_hours, self.hours.get(i, ()), self.active)
        usd = _moved(link.usd_per_t, self.usd.get(i, ()), self.active)
        if link.wait_hours:
            yield Leg(
                "wait",
                "Wait for the ferry",
                here,
                here,
                link.mode,
                "waiting for departure",
                0.0,
                link.wait_hours,
                0.0,
                True,
            )
        names = self.system.network
        title = f"{names.name(here)} to {names.name(there)}"
        yield Leg(
            "link",
            title,
            here,
            there,
            link.mode,
            "driving" if link.mode == "road" else "sea",
            link.km,
            hours,
            usd,
            link.estimate,
        )

    def _crossing(self, place: str) -> Leg:
        x = self.position[place]
        row = self.known[place]
        work = _moved(float(row["processing_hours"]), self.processing.get(x, ()), self.active)
        fee = _moved(float(row["fee_usd_per_truck"]), self.fee.get(x, ()), self.active)
        queue = float(self.queues[x])
        estimate = "processing_hours" in str(row["estimates"]).split()
        name = self.system.network.places[place]
        return Leg(
            "crossing",
            name,
            place,
            place,
            "border",
            "border processing",
            0.0,
            work + queue,
            fee / self.payload,
            estimate,
            queue,
        )


def _by_index(moves: Sequence[Move]) -> Mapping[int, tuple[Move, ...]]:
    found: dict[int, tuple[Move, ...]] = {}
    for move in moves:
        found[move.index] = (*found.get(move.index, ()), move)
    return found


def _moved(value: float, moves: Sequence[Move], active: npt.NDArray[np.float64]) -> float:
    for move in moves:
        value += float(active[move.measure]) * (move.level - value)
    return value
