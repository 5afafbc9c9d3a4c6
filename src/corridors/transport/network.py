"""The corridor network: places, roads, crossings and services, and every sensible route between two economies.

The network is directed in use and undirected in its tables: a road or a service serves both ways.
Costs are money a tonne and hours. A number comes from a table of ``data/network/`` where it has a
source or is named as an estimate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import pandas as pd

from corridors.data import tables
from corridors.data.geometry import EARTH_RADIUS_KM
from corridors.errors import NetworkError, nearest
from corridors.transport import clearance


@dataclass(frozen=True)
class Link:
    """One road or ferry between two places, with its cost in the base state.

    ``usd_per_t`` and ``hours`` are for the whole link; ``hours`` holds rest, and for a ferry the
    wait for a departure. ``new`` is the number of the measure that builds it, or None if it is
    there.
    """

    name: str
    a: str
    b: str
    mode: str
    economy: str
    km: float
    hours: float
    usd_per_t: float
    wait_hours: float = 0.0
    estimate: bool = False
    new: int | None = None


@dataclass(frozen=True)
class Service:
    """A ship, train or flight between two places.

    ``hours`` runs from departure to arrival, ``transshipment_hours`` of them between two ships or
    trains; ``wait_hours`` is half the gap between departures and comes on top. ``serves`` are the
    two economies whose goods it carries, the first from ``a`` (None: any that have its ends), over
    at most ``borders`` crossings by road before and after it.
    """

    name: str
    title: str
    mode: str
    a: str
    b: str
    km: float
    hours: float
    wait_hours: float
    usd_per_t: float
    cargo: str
    running: bool
    estimate: bool = True
    transshipment_hours: float = 0.0
    new: int | None = None
    serves: tuple[str, str] | None = None
    borders: int = 0


@dataclass(frozen=True, eq=False)
class Network:
    """Tables of the network, keyed for use; equal only to itself. Build it with :func:`load`."""

    places: Mapping[str, str]
    coordinates: Mapping[str, tuple[float, float]]
    economies: Mapping[str, tuple[str, ...]]
    links: tuple[Link, ...]
    services: tuple[Service, ...]
    crossings: pd.DataFrame
    gateways: Mapping[tuple[str, str], tuple[tuple[str, float], ...]]
    airports: Mapping[str, str]
    speed_kmh: Mapping[str, float]
    moving_share: Mapping[str, float]
    pair_traffic: pd.DataFrame = field(repr=False)
    base_shares: pd.DataFrame = field(repr=False)
    road_cargo: str = "truck"
    """What goes by road: goods other than bulk (truck), or all of them (any)."""
    piped: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """Part of the bulk of a directed pair, by value, that flows through pipelines: on no way here."""
    compiled: bool = False
    """Whether its ways are compiled from open data and not checked by hand."""
    messages: tuple[str, ...] = ()
    """Sentences that a user must see."""
    usual_closure_days: Mapping[str, float] = field(default_factory=dict)
    """Days a year that a crossing which has shut since was shut in the state that base traffic and shares belong to."""
    bulk_by_road: Mapping[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    """By directed pair: share of its bulk that goes by truck, and part of its trucks that carry it."""
    at_crossings: Mapping[tuple[str, str], Mapping[str, float]] = field(default_factory=dict)
    """By directed pair: trucks a day at crossings, bulk left out, both ways; only their ratios count."""
    trucks_of_a_load: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """By directed pair: trucks that are counted for one that its trade would fill; one where nothing is said."""

    @property
    def bulk_by_truck(self) -> bool:
        """Whether all goods may go by road, bulk too, as on compiled networks."""
        return self.road_cargo == "any"

    def crossing_names(self) -> tuple[str, ...]:
        """Ids of all crossings, in the order of the arrays of a solved system."""
        return tuple(self.crossings.index)

    def link_names(self) -> tuple[str, ...]:
        """Road links as ``from-to``."""
        return tuple(link.name for link in self.links if link.mode == "road")

    def crossing(self, name: str) -> str:
        """``name`` if it is a crossing, else NetworkError with the nearest valid name."""
        if name not in self.crossings.index:
            raise NetworkError(f"network: crossing {name!r} is unknown{nearest(name, self.crossing_names())}")
        return name

    def place(self, name: str) -> str:
        """``name`` if it is a place, else NetworkError with the nearest valid name."""
        if name not in self.places:
            raise NetworkError(f"network: place {name!r} is unknown{nearest(name, self.places)}")
        return name

    def link(self, name: str) -> int:
        """Position of the road link ``a-b`` (or ``b-a``) among the links, else NetworkError."""
        for i, link in enumerate(self.links):
            if link.mode == "road" and name in (f"{link.a}-{link.b}", f"{link.b}-{link.a}"):
                return i
        raise NetworkError(f"network: road link {name!r} is unknown{nearest(name, self.link_names())}")

    def airport(self, iata: str) -> str:
        """The place an airport serves, else NetworkError with the nearest valid code."""
        if iata not in self.airports:
            raise NetworkError(
                f"network: airport {iata!r} is unknown{nearest(iata, self.airports)}; "
                f"known: {', '.join(self.airports)}"
            )
        return self.airports[iata]

    def gateway(self, economy: str, partner: str) -> tuple[tuple[str, float], ...]:
        """Places where an economy's trade with a partner enters, with weights that add to one; else NetworkError."""
        found = self.gateways.get((economy, partner)) or self.gateways.get((economy, ""))
        if not found:
            known = sorted({e for e, _ in self.gateways})
            raise NetworkError(
                f"network: economy {economy!r} has no gateway in data/network/gateways.csv"
                f"{nearest(economy, known)}; there are {', '.join(known)}"
            )
        return found

    def distance_km(self, a: str, b: str) -> float:
        """Great-circle distance between two places."""
        (lat1, lon1), (lat2, lon2) = (map(math.radians, self.coordinates[p]) for p in (a, b))
        chord = math.sin((lat2 - lat1) / 2) ** 2
        chord += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
        return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(chord))

    def is_crossing(self, place: str) -> bool:
        """Whether the place is a border crossing."""
        return place in self.crossings.index

    def name(self, place: str) -> str:
        """A place's name without its second half."""
        return self.places[place].split(" / ")[0].split(" (")[0]


@lru_cache(maxsize=1)
def load() -> Network:
    """The network of ``data/network/``, read once a process. Raises DataError or NetworkError if a table is damaged."""
    places = tables.places()
    economies = {str(r.place): tuple(str(r.economies).split("-")) for r in places.itertuples()}
    costs = tables.table("road_costs").set_index("economy")
    services = tables.services()
    links = [
        _road(str(r["from"]), str(r["to"]), float(r["length_km"]), str(r["basis"]), economies, costs)
        for r in tables.links().to_dict("records")
    ]
    links += [_ferry(r) for r in services.to_dict("records") if r["mode"] == "ferry"]
    gateways: dict[tuple[str, str], tuple[tuple[str, float], ...]] = {}
    doors = tables.gateways().fillna({"partner": ""})
    for (economy, partner), rows in doors.groupby(["economy", "partner"], sort=False):
        total = float(rows["weight"].sum())
        gateways[str(economy), str(partner)] = tuple(
            (str(p), float(w) / total) for p, w in zip(rows["place"], rows["weight"], strict=True)
        )
    airports = tables.table("airports")
    network = Network(
        places={
            str(r.place): str(r.name) for r in places[["place", "name"]].itertuples(index=False)
        },
        coordinates={
            str(r.place): (float(r.latitude), float(r.longitude)) for r in places.itertuples()
        },
        economies=economies,
        links=tuple(links),
        services=tuple(_service(r) for r in services.to_dict("records") if r["mode"] != "ferry"),
        crossings=checked_crossings(),
        gateways=gateways,
        airports=dict(zip(airports["iata"], airports["place"], strict=True)),
        speed_kmh=costs["speed_kmh"].to_dict(),
        moving_share=(costs["moving_hours_per_day"] / 24.0).to_dict(),
        pair_traffic=tables.table("pair_traffic"),
        base_shares=tables.table("base_shares"),
        usual_closure_days=usual_closure_days(),
        bulk_by_road={
            (str(r.exporter), str(r.importer)): (float(r.road_share), float(r.truck_part))
            for r in tables.bulk_by_road().itertuples()
        },
    )
    _check(network)
    return network


def checked_crossings() -> pd.DataFrame:
    """``data/network/crossings.csv`` by crossing, hours net of the queue (:mod:`corridors.transport.clearance`)."""
    measured = set(tables.hours_with_queue()["crossing"])
    return clearance.without_queue(tables.crossings().set_index("crossing"), usual_closure_days(), measured)


def usual_closure_days() -> dict[str, float]:
    """Days a year that crossings which have shut since were shut in the base state."""
    rows = tables.recent_closures()
    return {
        str(name): float(value)
        for name, value in zip(rows["crossing"], rows["usual_closure_days_per_year"], strict=True)
    }


def road_hours(km: float, speed_kmh: float, moving_share: float) -> float:
    """Hours on a road, rest included: ``km / speed / moving_share``."""
    return km / speed_kmh / moving_share


def _road(a: str, b: str, km: float, basis: str, economies: Mapping[str, tuple[str, ...]], costs: pd.DataFrame) -> Link:
    economy = road_economy(a, b, economies)
    if economy not in costs.index:
        raise NetworkError(f"network: road {a}-{b} lies in {economy}, which has no row in data/network/road_costs.csv")
    row = costs.loc[economy]
    return Link(
        name=f"{a}-{b}",
        a=a,
        b=b,
        mode="road",
        economy=economy,
        km=km,
        hours=road_hours(km, float(row["speed_kmh"]), float(row["moving_hours_per_day"]) / 24.0),
        usd_per_t=km * float(row["usd_per_t_km"]),
        estimate=basis.startswith("estimate"),
    )


def road_economy(a: str, b: str, economies: Mapping[str, tuple[str, ...]]) -> str:
    """The economy in which a road between two places lies: the one that both belong to."""
    for place in (a, b):
        if place not in economies:
            raise NetworkError(f"network: place {place!r} is unknown{nearest(place, economies)}")
    shared = [e for e in economies[a] if e in economies[b]]
    if not shared:
        raise NetworkError(f"network: road {a}-{b} joins two economies without a crossing between them")
    return shared[0]


def _ferry(row: Mapping[str, object]) -> Link:
    wait = 0.5 * 168.0 / float(row["departures_per_week"])  # type: ignore[arg-type]
    return Link(
        name=str(row["service"]),
        a=str(row["from"]),
        b=str(row["to"]),
        mode="ferry",
        economy="SEA",
        km=float(row["km"]),  # type: ignore[arg-type]
        hours=24.0 * float(row["days"]) + wait,  # type: ignore[arg-type]
        usd_per_t=float(row["usd_per_t"]),  # type: ignore[arg-type]
        wait_hours=wait,
        estimate=True,
    )


def _service(row: Mapping[str, object]) -> Service:
    departures = float(row["departures_per_week"])  # type: ignore[arg-type]
    estimates = str(row["estimates"] or "").split()
    return Service(
        name=str(row["service"]),
        title=str(row["name"]),
        mode=str(row["mode"]),
        a=str(row["from"]),
        b=str(row["to"]),
        km=float(row["km"]),  # type: ignore[arg-type]
        hours=24.0 * float(row["days"]),  # type: ignore[arg-type]
        wait_hours=0.5 * 168.0 / departures if departures > 0 else 0.0,
        usd_per_t=float(row["usd_per_t"]),  # type: ignore[arg-type]
        cargo=str(row["cargo"]),
        running=row["state"] == "running",
        estimate="days" in estimates,
        transshipment_hours=24.0 * float(row["transshipment_days"]),  # type: ignore[arg-type]
    )


def _check(network: Network) -> None:
    """Names that the tables use must exist: a slip in one would silently lose a route."""
    for link in network.links:
        network.place(link.a)
        network.place(link.b)
    for service in network.services:
        network.place(service.a)
        network.place(service.b)
    for crossing in network.crossings.index:
        if len(network.economies.get(str(crossing), ())) != 2:
            raise NetworkError(f"network: crossing {crossing!r} must be a place between two economies")
    for crossing in network.usual_closure_days:
        network.crossing(crossing)
    for name in tables.hours_with_queue()["crossing"].astype(str):
        if name not in network.crossings.index:
            raise NetworkError(
                f"network/hours_with_queue.csv: crossing {name!r} has no row in "
                f"network/crossings.csv{nearest(name, network.crossings.index)}"
            )
    for gateway in network.gateways.values():
        for place, _ in gateway:
            network.place(place)
    for place in network.airports.values():
        network.place(place)
