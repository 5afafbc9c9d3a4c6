"""What measures do to the network: the quantity each one moves, and how several of them combine.

A measure states a level that holds when it is fully there (800 trucks a day, 4 hours, 60 km/h).
Phased in by ``a`` between 0 and 1, it moves its quantity that share of the way from where the
quantity stands: ``x <- x + a (level - x)``. Where several measures move one quantity they act in
the order below, whatever order the file has them in, so that with all of them fully there the last
one holds:

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

New links and services (new_link, rail_service, direct_flights) are choices that weigh ``a``: nobody
uses them at 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corridors.data import names as vocabulary
from corridors.errors import NetworkError, ScenarioError
from corridors.scenario.measures import KINDS
from corridors.transport import flights, hidden
from corridors.transport.network import Link, Network, Service, road_economy
from corridors.transport.world_network.roads import gap_km
from corridors.transport.world_network.trains import BORDER_DAYS, TERMINAL_DAYS, TERMINAL_USD_PER_T

Array = npt.NDArray[np.float64]

_HOURS_PER_WEEK = 168.0
_TEU = "tonnes_per_teu"
_FLIGHT = "tonnes_per_flight"
AT_CROSSINGS = ("capacity", "processing_hours", "closure_days", "fee")
ON_LINKS = ("link_hours", "link_usd_per_t")
_RISING = frozenset({"capacity", "closure_days", "fee"})


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
    reliefs: tuple[hidden.Relief, ...] = ()
    """What measures take from the road's hidden cost."""


def read(network: Network, measures: Sequence[Any], constants: Mapping[str, float]) -> Effects:
    """Translate measures; NetworkError names what is unknown and the nearest valid name.

    ``measures`` are objects with ``kind`` and the fields of that kind; what one does is said by its
    class (:meth:`corridors.scenario.measures.Measured.act`). ``constants`` has the fixed parameters
    ``tonnes_per_teu`` and ``tonnes_per_flight``.
    """
    works = _Works(network, constants)
    for number, measure in enumerate(measures):
        works.measure, works.kind = number, str(measure.kind)
        if measure.kind not in KINDS:
            raise NetworkError(f"network: measure {number + 1}: kind {measure.kind!r} does not act on the network")
        try:
            KINDS[measure.kind].act(measure, works)
        except NetworkError as error:
            raise NetworkError(f"measures[{number}]: {str(error).removeprefix('network: ')}") from None
    return works.effects(len(measures))


SHORTEST, SHORTEST_BY_KM = 0.75, 5.0
"""A new link is refused from this much below the straight line between its ends on: places have a size, and plans are rounded."""

WIDEST_GAP_KM = 700.0
"""Between cities of two lands, beyond which no tunnel or bridge is thought of (the gap of Darien is half of it)."""


class _Works:
    """What measures say, gathered: the network's side of :class:`corridors.scenario.measures.Works`."""

    def __init__(self, network: Network, constants: Mapping[str, float]) -> None:
        self.network, self.constants = network, constants
        self.measure, self.kind = 0, ""
        self.reliefs: list[hidden.Relief] = []
        self.moves: dict[str, list[Move]] = {quantity: [] for quantity in (*AT_CROSSINGS, *ON_LINKS)}
        self.links, self.services = list(network.links), list(network.services)
        self.tonnes: dict[int, float] = {}
        self.crossings = {name: i for i, name in enumerate(network.crossing_names())}

    def set_at_crossings(self, quantity: str, crossings: Sequence[str], level: float) -> None:
        for name in crossings:
            self._move(quantity, self.crossings[self.network.crossing(name)], level)

    def set_on_roads(self, links: Sequence[str], speed_kmh: float | None, usd_per_t_km: float | None) -> None:
        for name in links:
            index = self.network.link(name)
            km = self.links[index].km
            if speed_kmh is not None:
                self._move("link_hours", index, km / float(speed_kmh))
            if usd_per_t_km is not None:
                self._move("link_usd_per_t", index, km * float(usd_per_t_km))

    def add_link(self, ends: tuple[str, str], mode: str, km: float, speed_kmh: float, usd_per_t_km: float) -> None:
        a, b = (self.network.place(end) for end in ends)
        self._possible(a, b, mode, km)
        if mode in ("road", "ferry"):
            economy = road_economy(a, b, self.network.economies) if mode == "road" else "SEA"
            self.links.append(
                Link(
                    name=f"{a}-{b}", a=a, b=b, mode=mode, economy=economy, km=float(km),
                    hours=float(km) / float(speed_kmh),
                    usd_per_t=float(km) * float(usd_per_t_km), estimate=True, new=self.measure,
                )
            )  # fmt: skip
            return
        shifted_hours = shifted_usd = 0.0
        if mode == "rail":
            # Goods go from truck to train and back, and customs sees them where it crosses a border.
            abroad = set(self.network.economies[a]).isdisjoint(self.network.economies[b])
            shifted_hours = 24.0 * (TERMINAL_DAYS + BORDER_DAYS * abroad)
            shifted_usd = 2.0 * TERMINAL_USD_PER_T
        self._serve(
            f"new_{mode}_{a}_{b}", f"{'Railway' if mode == 'rail' else 'Sea link'} {self._title(a, b)}",
            mode, (a, b), float(km),
            hours=float(km) / float(speed_kmh) + shifted_hours, wait_hours=0.0, shifted_hours=shifted_hours,
            usd_per_t=float(km) * float(usd_per_t_km) + shifted_usd, tonnes_per_day=None, cargo="any",
        )  # fmt: skip

    def _possible(self, a: str, b: str, mode: str, km: float) -> None:
        """ScenarioError for a link far shorter than the straight line, a road that would cross a border where no crossing is, or
        a railway over an ocean."""
        said, places = f"measures[{self.measure}]", (vocabulary.short_name(a), vocabulary.short_name(b))
        line = self.network.distance_km(a, b)
        if km < SHORTEST * line - SHORTEST_BY_KM:
            raise ScenarioError(f"{said}.km: is {km:,.4g}; the straight line from {places[0]} to {places[1]} is {line:,.0f} km")
        sides = [set(self.network.economies.get(place, ())) for place in (a, b)]
        if mode == "road" and not sides[0] & sides[1]:
            raise ScenarioError(
                f"{said}: a road from {places[0]} to {places[1]} would cross a border where the network has no crossing; "
                "state a road to a crossing, or a link by rail, sea or ferry"
            )

        if mode == "rail" and gap_km(a, b) > WIDEST_GAP_KM:
            raise ScenarioError(f"{said}: a railway from {places[0]} to {places[1]} would cross an ocean; state a link by sea or ferry")

    def add_trains(
        self, ends: tuple[str, str], per_week: float, teu_per_train: float, days: float, usd_per_teu: float
    ) -> None:
        a, b = (self.network.place(end) for end in ends)
        per_teu = self.constants[_TEU]
        self._serve(
            f"new_trains_{a}_{b}", f"Train {self._title(a, b)}", "rail", (a, b), 1.3 * self.network.distance_km(a, b),
            hours=24.0 * float(days), wait_hours=_half_headway(per_week), usd_per_t=float(usd_per_teu) / per_teu,
            tonnes_per_day=float(per_week) * float(teu_per_train) * per_teu / 7.0,
        )  # fmt: skip

    def crossings_of(self, economies: Sequence[str]) -> Sequence[str]:
        return [
            name
            for name in self.network.crossing_names()
            if not set(economies).isdisjoint(self.network.economies[name])
        ]

    def take_from_hidden(
        self,
        shares: Mapping[str, float | None],
        economies: Sequence[str] = (),
        ends: tuple[str, str] | None = None,
        crossings: Sequence[str] = (),
        reach: float = 1.0,
        left_usd: float | None = None,
    ) -> None:
        joined = {self.network.economies[self.network.place(end)][0] for end in ends or ()}
        named = frozenset(self.network.crossing(name) for name in crossings)
        found = hidden.usual(self.kind, shares, reach)
        self.reliefs.append(
            hidden.Relief(
                self.measure, found, frozenset(economies), frozenset(joined), named, left_usd
            )
        )

    def add_flights(self, route: tuple[str, str], per_week: float) -> None:
        a, b = (self.network.airport(code) for code in route)
        if flights.joined(*(self.network.economies[place][0] for place in (a, b))):
            return  # their goods have room on the services that fly already
        like = next(s for s in self.network.services if s.mode == "air_direct")
        km = self.network.distance_km(a, b)
        self._serve(
            f"air_{route[0]}_{route[1]}",
            f"Air freight on direct flights "
            f"{vocabulary.city_of_airport(route[0])}-{vocabulary.city_of_airport(route[1])}",
            "air", (a, b), km,
            hours=like.hours, wait_hours=_half_headway(per_week), usd_per_t=like.usd_per_t * km / like.km,
            tonnes_per_day=float(per_week) * self.constants[_FLIGHT] / 7.0,
        )  # fmt: skip

    def effects(self, count: int) -> Effects:
        """All that was said, each quantity's moves in the order in which they act."""
        ordered = {
            quantity: tuple(sorted(found, key=lambda v: (v.index, v.level if quantity in _RISING else -v.level)))
            for quantity, found in self.moves.items()
        }
        return Effects(
            count, **ordered, links=tuple(self.links), services=tuple(self.services), tonnes_per_day=self.tonnes,
            reliefs=tuple(self.reliefs),
        )

    def _move(self, quantity: str, index: int, level: float) -> None:
        self.moves[quantity].append(Move(index, self.measure, float(level)))

    def _title(self, a: str, b: str) -> str:
        return f"{self.network.name(a)}-{self.network.name(b)}"

    def _serve(
        self, name: str, title: str, mode: str, ends: tuple[str, str], km: float, *,
        hours: float, wait_hours: float, usd_per_t: float, tonnes_per_day: float | None, shifted_hours: float = 0.0,
        cargo: str = "container",
    ) -> None:  # fmt: skip
        """A service; ``tonnes_per_day`` is its room, None where it has no limit, ``shifted_hours`` those
        of its hours in which goods change vehicles and pass customs."""
        if tonnes_per_day is not None:
            self.tonnes[len(self.services)] = tonnes_per_day
        self.services.append(
            Service(
                name=name, title=title, mode=mode, a=ends[0], b=ends[1], km=km, hours=hours, wait_hours=wait_hours,
                usd_per_t=usd_per_t, cargo=cargo, running=True, new=self.measure, transshipment_hours=shifted_hours,
            )
        )  # fmt: skip


def _half_headway(per_week: float) -> float:
    """Hours that goods wait for a departure on average."""
    return 0.5 * _HOURS_PER_WEEK / float(per_week)


def apply(base: Array, moves: Sequence[Move], active: Array) -> Array:
    """Quantities after measures: ``base`` (Q, B) or (Q, 1), ``active`` (M, B); returns (Q, B).

    Rows that no measure moves are the base's, to the last bit, and so are all where ``active`` is
    0.
    """
    if not moves:
        return base
    result = np.array(np.broadcast_to(base, (base.shape[0], active.shape[1])))
    for move in moves:
        row = result[move.index]
        result[move.index] = row + active[move.measure] * (move.level - row)
    return result
