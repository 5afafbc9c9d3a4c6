"""Write ``data/world/*.csv`` from compiled tables and the hand-checked layer."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from corridors.data.world_compiler import layers

_SEA = {
    "sea_ports": "ports",
    "sea_nodes": "sea_nodes",
    "sea_links": "sea_links",
}


def write(compiled: Path, data: Path) -> tuple[str, ...]:
    """Lay the checked layer over the tables in ``compiled`` and write ``data/world``; names that found no place.

    ``compiled`` has road_places, road_crossings, road_links, the same for rail, sea_ports, sea_nodes and sea_links.
    """
    world = data / "world"

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(compiled / f"{name}.csv", keep_default_na=False, na_values=[""])

    hand = {name: pd.read_csv(world / f"{name}.csv", keep_default_na=False, na_values=[""]) for name in ("crossing_names", "hand_crossings", "hand_links")}
    places = read("road_places")
    laid = layers.lay(
        places, read("road_crossings"), read("road_links"), hand["crossing_names"], hand["hand_crossings"],
        pd.read_csv(data / "network" / "places.csv"), pd.read_csv(data / "network" / "links.csv"), hand["hand_links"],
    )  # fmt: skip
    _save(places.rename(columns={"geonameid_or_port": "source_id"}), world / "road_places.csv")
    _save(laid.crossings, world / "crossings.csv")
    _save(laid.links, world / "road_links.csv")
    _save(read("rail_places").rename(columns={"geonameid_or_port": "source_id"}), world / "rail_places.csv")
    _save(read("rail_crossings").drop(columns=["parallel_roads"]), world / "rail_crossings.csv")
    rails = read("rail_links")
    rails["length_km"] = (rails["length_km"] * layers.BENDS).round(1)
    _save(rails.assign(basis="OpenStreetMap"), world / "rail_links.csv")
    for name, target in _SEA.items():
        _save(read(name), world / f"{target}.csv")
    return laid.unplaced


def _save(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, lineterminator="\n")
