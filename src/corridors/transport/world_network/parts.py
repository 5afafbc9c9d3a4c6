"""What a study's network is made of while it is gathered, and what its nodes are called and where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from corridors.transport.network import load
from corridors.transport.world_network import gateways, options
from corridors.transport.world_network import roads as road_search
from corridors.transport.world_network.tables import Graph, roads, sea


@dataclass
class Parts:
    """Ids of places and crossings, ports by number."""

    places: dict[str, None] = field(default_factory=dict)
    crossings: dict[str, None] = field(default_factory=dict)
    ports: dict[int, None] = field(default_factory=dict)

    def take(self, way: road_search.Way | None) -> None:
        """Add the crossings of a way."""
        if way is not None:
            self.crossings.update(dict.fromkeys(way.crossings))

    def nodes(self) -> list[str]:
        """All ids, those of ports off the roads last."""
        alone = [port_place(p) for p in self.ports]
        return list(dict.fromkeys([*self.places, *self.crossings, *alone]))

    def names(self) -> Mapping[str, str]:
        """What each node is called."""
        return {name: place_name(name) for name in self.nodes()}

    def positions(self) -> Mapping[str, tuple[float, float]]:
        """Latitude and longitude of each node."""
        checked = load().coordinates
        return {n: checked[n] if _checked_alone(n) else options.position(n) for n in self.nodes()}

    def economies(self, graph: Graph) -> Mapping[str, tuple[str, ...]]:
        """The economy of each place, the two of each crossing."""
        checked, ports = load().economies, sea().ports.set_index("port")["economy"]
        return {
            n: graph.sides[graph.number[n]] if n in graph.number else checked[n] if _checked_alone(n) else (str(ports[n]),)
            for n in self.nodes()
        }


def port_place(port: int) -> str:
    """The road place of port number ``port``, or its own id where no road is known."""
    return gateways.place_of_port(port) or str(sea().ports["port"].iloc[port])


def place_name(name: str) -> str:
    """What a place, crossing or port of the world is called."""
    graph = roads()
    if name in graph.number:
        node = graph.number[name]
        if graph.is_crossing(node):
            return str(graph.crossings["name"].iloc[node - len(graph.places)])
        return str(graph.places["name"].iloc[node])
    if _checked_alone(name):
        return load().places[name]
    ports = sea().ports
    return str(ports.loc[ports["port"] == name, "name"].iloc[0])


def _checked_alone(name: str) -> bool:
    """Whether only the hand-checked network knows a place of that id."""
    return name in load().places and name not in roads().number
