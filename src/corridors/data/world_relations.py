"""What the tables of ``data/world`` must have to do with one another.

Most of them are written by programs and obey exact rules: a road lies in one economy and is no
shorter than the great circle between its ends, no two join the same two points there, a place
stands at the same point in every table, what passes a crossing is the same part of its pair's
trucks wherever it is told. What breaks one is named by file, line, column and value. Where all that
is obeyed and a table is still not as it was computed, :mod:`corridors.data.computed` says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import computed
from corridors.data.geometry import SHORTEST_ROAD, great_circle_km
from corridors.data.telling import each, economies, known

Frames = Mapping[str, pd.DataFrame]
Index = npt.NDArray[np.intp]

_POINTS = {
    "world_road_places": "place", "world_crossings": "crossing", "world_crossing_names": "crossing",
    "world_hand_crossings": "crossing",
}  # fmt: skip
"""Tables with the points of the world's roads, and the column that names them."""
_TOLD = {
    "world_hand_links": ("from", "to"), "world_known_lengths": ("from", "to"),
    "world_transit_times": ("from", "to", "via"), "world_place_names": ("place",),
    "world_crossing_facts": ("crossing",), "world_border_states": ("crossing",),
    "world_crossing_traffic": ("crossing",),
}  # fmt: skip
"""Tables that people write, and traffic, and the columns that name such a point; others whose economies are told:"""
_ECONOMIES = {
    "world_place_names": ("economy",),
    "world_pipelines": ("economy", "partner"), "world_truck_speeds": ("iso3",), "world_hand_links": ("economy",), "world_hand_ports": ("economy",),
    "world_border_states": ("economy_a", "economy_b"), "world_crossing_names": ("economy_a", "economy_b"),
    "world_hand_crossings": ("economy_a", "economy_b"), "world_border_times": ("economy_a", "economy_b"),
    "world_border_traffic": ("economy_a", "economy_b"), "world_crossing_traffic": ("economy_a", "economy_b"),
}  # fmt: skip
_GRAPHS = (
    ("world_road_places", "world_crossings", "world_road_links"),
    ("world_rail_places", "world_rail_crossings", "world_rail_links"),
)
WITH_RULES_OF_THEIR_OWN = ("world_crossing_traffic",)
"""Two ports of one economy may get the same few trucks of another, to the digits kept."""
_FEW_TRUCKS = 2.0
_FARTHEST_PLACE_KM = 2000.0
"""From the next place, crossing or port of the same economy: Yakutsk has 1,352."""
_OF_A_PAIR = 0.08
"""By how much a pair's trucks at one crossing, over their part, may differ from those at the others: parts have three digits."""
_ACCESS_KM = 1.0


def mistakes(frames: Frames) -> list[str]:
    """Every mistake in the tables that ``frames`` has, one sentence each."""
    found: list[str] = []
    if all(name in frames for name in (*_POINTS, "economies")):
        found += _names(frames)
    for places, crossings, links in _GRAPHS:
        if all(name in frames for name in (places, crossings, links)):
            found += _graph(frames, places, crossings, links)
    if all(name in frames for name in ("world_sea_nodes", "world_sea_links", "world_ports")):
        found += _sea(frames["world_sea_nodes"], frames["world_sea_links"], frames["world_ports"])
    if all(name in frames for name in ("world_road_places", "world_rail_places")):
        found += _same_points(frames["world_road_places"], frames["world_rail_places"])
    if "world_crossing_traffic" in frames:
        found += _traffic(frames["world_crossing_traffic"])
    named = "\n".join(found)
    return found + [
        text
        for name, frame in frames.items()
        for text in computed.differences(name, frame)
        if text.split(":")[0] not in named
    ]


def _names(frames: Frames) -> Iterator[str]:
    """Points and economies of tables about the world network: what names none counts for nothing."""
    points = {str(value) for table, column in _POINTS.items() for value in frames[table][column]}
    codes = dict(zip(frames["economies"]["iso3"], frames["economies"]["name"], strict=True))
    world = {**dict.fromkeys(frames["world_road_places"]["economy"].astype(str), ""), **codes}
    for table, columns in _TOLD.items():
        for column in columns if table in frames else ():
            what = "a place or crossing of the world network"
            yield from known(table, frames[table], column, points, what, several=column == "via")
    for table, columns in _ECONOMIES.items():
        for column in columns if table in frames else ():
            yield from economies(table, frames[table], column, world)


def _graph(frames: Frames, places: str, crossings: str, links: str) -> Iterator[str]:
    """Links between points of one economy, each once and long enough; places that links cannot tell are near others."""
    inside, border, edges = frames[places], frames[crossings], frames[links]
    names = [*inside["place"].astype(str), *border["crossing"].astype(str)]
    position = {name: i for i, name in enumerate(names)}
    for column in ("from", "to"):
        what = f"a place or crossing of the tables {places} and {crossings}"
        yield from known(links, edges, column, position, what)
    there, a, b = _ends(edges, position)
    yield from _each_once(links, edges, there, a, b)
    one = np.array([*inside["economy"], *border["economy_a"]], dtype=str)
    other = np.array([*inside["economy"], *border["economy_b"]], dtype=str)
    code = edges["economy"].to_numpy(dtype=str)[there]
    for column, end in (("from", a), ("to", b)):
        sides = {
            int(row): " or ".join(dict.fromkeys((one[k], other[k])))
            for row, k in zip(there, end, strict=True)
        }
        wrong = _rows(edges, there, (one[end] != code) & (other[end] != code))
        yield from each(
            links, edges, wrong, "economy",
            lambda row, sides=sides, column=column: f"the economy that the road lies in, here {sides[row]} at {edges[column].iloc[row]}",  # type: ignore[misc]
        )  # fmt: skip
    latitude, longitude = (
        np.concatenate([t[c].to_numpy(float) for t in (inside, border)])
        for c in ("latitude", "longitude")
    )
    yield from _long_enough(links, edges, "length_km", there, a, b, latitude, longitude)
    near = np.zeros(len(inside))
    for economy in np.unique(one[: len(inside)]):
        own = np.flatnonzero((one == economy) | (other == economy))
        for row in own[own < len(inside)].tolist() if len(own) > 1 else []:
            rest = own[own != row]
            apart = great_circle_km(latitude[row], longitude[row], latitude[rest], longitude[rest])
            near[row] = apart.min()
    yield from each(
        places, inside, near > _FARTHEST_PLACE_KM, "longitude",
        lambda row: f"a place within {_FARTHEST_PLACE_KM:,.0f} km of the next in {one[row]}; it is {near[row]:,.0f} km away",
    )  # fmt: skip


def _ends(edges: pd.DataFrame, position: Mapping[Any, int]) -> tuple[Index, Index, Index]:
    """Rows whose two ends are known, and the positions of those ends."""
    a, b = (edges[c].map(position).to_numpy(float) for c in ("from", "to"))
    there = np.flatnonzero(np.isfinite(a) & np.isfinite(b))
    return there, a[there].astype(np.intp), b[there].astype(np.intp)


def _rows(frame: pd.DataFrame, there: Index, wrong: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """A truth for each row of ``frame`` from those of the rows ``there``."""
    found = np.zeros(len(frame), dtype=bool)
    found[there] = wrong
    return found


def _each_once(table: str, edges: pd.DataFrame, there: Index, a: Index, b: Index) -> Iterator[str]:
    same = "another point than the one it starts from"
    yield from each(table, edges, _rows(edges, there, a == b), "to", same)
    ends = pd.DataFrame({"low": np.minimum(a, b), "high": np.maximum(a, b)})
    if "economy" in edges:
        ends["economy"] = edges["economy"].to_numpy(dtype=str)[there]
    yield from each(
        table, edges, _rows(edges, there, ends.duplicated().to_numpy()), "to",
        lambda row: f"a pair of points that no line before it joins; {edges['from'].iloc[row]} is joined to it already",
    )  # fmt: skip


def _long_enough(
    table: str, edges: pd.DataFrame, column: str, there: Index, a: Index, b: Index,
    latitude: npt.NDArray[np.float64], longitude: npt.NDArray[np.float64],
) -> Iterator[str]:  # fmt: skip
    straight = np.zeros(len(edges))
    straight[there] = great_circle_km(latitude[a], longitude[a], latitude[b], longitude[b])
    yield from each(
        table, edges, edges[column].to_numpy(float) < SHORTEST_ROAD * straight - 0.5, column,
        lambda row: f"at least the great circle between its ends, {straight[row]:,.0f} km, unless one of them has a wrong latitude or longitude",
    )  # fmt: skip


def _sea(nodes: pd.DataFrame, lanes: pd.DataFrame, ports: pd.DataFrame) -> Iterator[str]:
    position = {int(n): i for i, n in enumerate(nodes["sea_node"])}
    for table, frame, columns in (
        ("world_sea_links", lanes, ("from", "to")),
        ("world_ports", ports, ("sea_node",)),
    ):
        for column in columns:
            unknown = ~frame[column].isin(list(position))
            yield from each(table, frame, unknown, column, "a node of world/sea_nodes.csv")
    there, a, b = _ends(lanes, position)
    yield from _each_once("world_sea_links", lanes, there, a, b)
    latitude, longitude = nodes["latitude"].to_numpy(float), nodes["longitude"].to_numpy(float)
    yield from _long_enough("world_sea_links", lanes, "km", there, a, b, latitude, longitude)
    at_node = ports["sea_node"].map(position).to_numpy(float)
    placed = np.flatnonzero(np.isfinite(at_node))
    node = at_node[placed].astype(np.intp)
    straight = np.full(len(ports), np.nan)
    straight[placed] = great_circle_km(
        ports["latitude"].to_numpy(float)[placed], ports["longitude"].to_numpy(float)[placed], latitude[node], longitude[node]
    )  # fmt: skip
    yield from each(
        "world_ports", ports, np.abs(straight - ports["access_km"].to_numpy(float)) > _ACCESS_KM, "access_km",
        lambda row: f"the great circle to its node, {straight[row]:,.1f} km, unless latitude or longitude is wrong",
    )  # fmt: skip


def _same_points(roads: pd.DataFrame, rails: pd.DataFrame) -> Iterator[str]:
    """Places that both networks have stand at one point."""
    by_road = roads.drop_duplicates("place").set_index("place")
    for column in ("latitude", "longitude"):
        there = rails["place"].map(by_road[column])
        yield from each(
            "world_rail_places", rails, (rails[column] - there).abs() > 1e-6, column,
            lambda row, there=there: f"that of {rails['place'].iloc[row]} in world/road_places.csv, {there.iloc[row]:g}, unless it is wrong there",  # type: ignore[misc]
        )  # fmt: skip


def _traffic(frame: pd.DataFrame) -> Iterator[str]:
    """What passes a crossing agrees with what the same pair's trucks do at others."""
    table, key = "world_crossing_traffic", ["crossing", "economy_a", "economy_b"]
    pairs = (frame["kind"] == "pair").to_numpy(bool)
    twice = np.where(
        pairs,
        frame.assign(port=~pairs).duplicated([*key, "port"]),
        frame.duplicated() & (frame["trucks_per_day"] >= _FEW_TRUCKS),
    )
    yield from each(table, frame, twice, "crossing", "a crossing and pair of which no line before it tells")
    bulk = frame["bulk_trucks_per_day"] > frame["trucks_per_day"] + 0.05
    yield from each(
        table, frame, bulk, "bulk_trucks_per_day",
        lambda row: f"at most trucks_per_day, which is {frame['trucks_per_day'].iloc[row]:g}",
    )  # fmt: skip
    of_pairs = frame[pairs].reindex(frame.index)
    by = [of_pairs["economy_a"], of_pairs["economy_b"]]
    usual = of_pairs["road_share"].groupby(by).transform("median")
    yield from each(
        table, frame, (of_pairs["road_share"] - usual).abs() > 0.0011, "road_share",
        lambda row: f"that of the pair at its other crossings, {usual.iloc[row]:g}",
    )  # fmt: skip
    part = of_pairs["part"].clip(lower=1e-6)
    trucks = of_pairs["trucks_per_day"] / part
    # A row of few trucks says little of the pair's: its digits end.
    many = trucks.where(of_pairs["trucks_per_day"] >= _FEW_TRUCKS).groupby(by).transform("median")
    middle = many.fillna(trucks.groupby(by).transform("median"))
    least = (of_pairs["part"] - 0.0005).clip(lower=1e-6)
    slack = _OF_A_PAIR + 0.001 / least + 0.1 / of_pairs["trucks_per_day"].clip(lower=0.05)
    yield from each(
        table, frame, (trucks / middle - 1.0).abs() > slack, "trucks_per_day",
        lambda row: f"the pair's trucks times part, {middle.iloc[row] * frame['part'].iloc[row]:,.1f} by its other crossings",
    )  # fmt: skip
