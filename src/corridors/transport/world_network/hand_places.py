"""Hand-checked places on the world's network: ``baku`` of ``data/network`` is ``aze_baku`` there.

One that the world lacks (Gwadar) comes with its hand-checked roads to places that the world has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from corridors.data.geometry import great_circle_km
from corridors.transport.network import Link, Network, load
from corridors.transport.world_network import costs
from corridors.transport.world_network.tables import roads

SAME_WITHIN_KM = 30.0


@dataclass(frozen=True, eq=False)
class WorldNetwork(Network):
    """A part of the world's network, in which the name of a hand-checked place means that place of the world."""

    def place(self, name: str) -> str:
        """The id here of a place, else NetworkError with the nearest valid name."""
        return super().place(in_world(name))

    def link(self, name: str) -> int:
        """Position of the road link ``a-b`` (or ``b-a``) among the links, else NetworkError."""
        return super().link(in_world(name))


def in_world(name: str) -> str:
    """The world's id of a place or crossing, and of a road as two of them joined by a hyphen; a name that it has no other for
    as it is."""
    return "-".join(_same_place(end) or end for end in name.split("-"))


@lru_cache(maxsize=1024)
def _same_place(name: str) -> str | None:
    """The city of the world, else the port, that lies where a hand-checked place does."""
    checked, graph = load(), roads()
    if name in graph.number or name not in checked.places or checked.is_crossing(name):
        return None
    (economy,) = checked.economies[name]
    nodes = graph.places_of[economy]
    km = great_circle_km(*checked.coordinates[name], graph.latitude[nodes], graph.longitude[nodes])
    port = graph.places["kind"].to_numpy()[nodes] == "port"
    first = np.lexsort((km, port, km > SAME_WITHIN_KM))[0]
    return graph.names[int(nodes[first])] if km[first] <= SAME_WITHIN_KM else None


def lacking(names: Iterable[str]) -> list[str]:
    """Those of some hand-checked places that the world has no place for."""
    checked = load()
    return [n for n in names if n in checked.places and not checked.is_crossing(n) and _same_place(n) is None and n not in roads().number]


def neighbours(names: Iterable[str]) -> list[str]:
    """Places of the world that a hand-checked road joins to ``names``."""
    graph = roads()
    return [end for _, end, _ in _checked_roads(names) if end in graph.number and not graph.is_crossing(graph.number[end])]


def links(names: Iterable[str], nodes: Iterable[str]) -> tuple[Link, ...]:
    """Hand-checked roads from ``names`` to those of ``nodes`` that they lead to, at the world's rates."""
    there, found = set(nodes), []
    for name, end, link in _checked_roads(names):
        if end in there:
            rate = costs.road(link.economy)
            hours, usd_per_t = rate.hours(link.km), rate.usd_per_t_km * link.km
            found.append(Link(f"{name}-{end}", name, end, "road", link.economy, link.km, hours, usd_per_t, estimate=True))
    return tuple(found)


def _checked_roads(names: Iterable[str]) -> Iterator[tuple[str, str, Link]]:
    """Each of ``names``, the other end of a road from there as the world calls it, and the road."""
    for name in names:
        for link in load().links:
            if link.mode == "road" and name in (link.a, link.b):
                yield name, in_world(link.b if name == link.a else link.a), link
