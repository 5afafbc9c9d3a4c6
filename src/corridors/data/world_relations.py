"""What the tables of ``data/world`` must have to do with one another.

Most of them are written by programs and obey exact rules: a road lies in one economy and is no
shorter than the great circle between its ends, no two join the same two points there, a place
stands at the same point in every table, what passes a crossing is the same part of its pair's
trucks wherever it is told. What breaks one is named by file, line, column and value. Where all that
is obeyed and a table is still not as it was computed, :mod:`corridors.data.computed` says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import computed
from corridors.data.geometry import great_circle_km
from corridors.data.telling import at, economies, known

Frames = Mapping[str, pd.DataFrame]

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
    "world_pipelines": ("economy",), "world_truck_speeds": ("iso3",), "world_hand_links": ("economy",),
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
_SHORTEST = 0.98
"""Least length of a link as a multiple of the great circle between its ends."""
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
        yield from known(
            links,
            edges,
            column,
            position,
            f"a place or crossing of the tables {places} and {crossings}",
        )
    a, b = (edges[c].map(position).to_numpy(float) for c in ("from", "to"))
    there = np.flatnonzero(np.isfinite(a) & np.isfinite(b))
    a, b = a[there].astype(int), b[there].astype(int)
    yield from _each_once(links, edges, there, a, b)
    one = np.array([*inside["economy"], *border["economy_a"]], dtype=str)
    other = np.array([*inside["economy"], *border["economy_b"]], dtype=str)
    code = edges["economy"].to_numpy(dtype=str)[there]
    for column, end in (("from", a), ("to", b)):
        for k in np.flatnonzero((one[end] != code) & (other[end] != code)).tolist():
            sides = " or ".join(dict.fromkeys((one[end[k]], other[end[k]])))
            row = int(there[k])
            yield at(
                links,
                row,
                "economy",
                str(code[k]),
                f"the economy that the road lies in, here {sides} at {edges[column].iloc[row]}",
            )
    latitude, longitude = (
        np.concatenate([t[c].to_numpy(float) for t in (inside, border)])
        for c in ("latitude", "longitude")
    )
    yield from _long_enough(
        links, edges["length_km"].to_numpy(float), "length_km", there, a, b, latitude, longitude
    )
    for economy in np.unique(one[: len(inside)]):
        own = np.flatnonzero((one == economy) | (other == economy))
        for row in own[own < len(inside)].tolist() if len(own) > 1 else []:
            rest = own[own != row]
            near = float(
                great_circle_km(
                    latitude[row], longitude[row], latitude[rest], longitude[rest]
                ).min()
            )
            if near > _FARTHEST_PLACE_KM:
                yield at(
                    places,
                    row,
                    "longitude",
                    float(longitude[row]),
                    f"a place within {_FARTHEST_PLACE_KM:,.0f} km of the next in {economy}; it is "
                    f"{near:,.0f} km away",
                )


def _each_once(
    table: str,
    edges: pd.DataFrame,
    there: npt.NDArray[np.intp],
    a: npt.NDArray[np.int_],
    b: npt.NDArray[np.int_],
) -> Iterator[str]:
    for k in np.flatnonzero(a == b).tolist():
        row = int(there[k])
        yield at(
            table, row, "to", edges["to"].iloc[row], "another point than the one it starts from"
        )
    ends = pd.DataFrame({"low": np.minimum(a, b), "high": np.maximum(a, b)})
    if "economy" in edges:
        ends["economy"] = edges["economy"].to_numpy(dtype=str)[there]
    for k in np.flatnonzero(ends.duplicated()).tolist():
        row = int(there[k])
        yield at(
            table,
            row,
            "to",
            edges["to"].iloc[row],
            f"a pair of points that no line before it joins; {edges['from'].iloc[row]} is joined "
            f"to it already",
        )


def _long_enough(
    table: str, km: npt.NDArray[np.float64], column: str, there: npt.NDArray[np.intp], a: npt.NDArray[np.int_], b: npt.NDArray[np.int_],
    latitude: npt.NDArray[np.float64], longitude: npt.NDArray[np.float64],
) -> Iterator[str]:  # fmt: skip
    straight = np.asarray(great_circle_km(latitude[a], longitude[a], latitude[b], longitude[b]))
    for k in np.flatnonzero(km[there] < _SHORTEST * straight - 0.5).tolist():
        row = int(there[k])
        yield at(
            table,
            row,
            column,
            float(km[row]),
            f"at least the great circle between its ends, {straight[k]:,.0f} km, unless one of "
            f"them has a wrong latitude or longitude",
        )


def _sea(nodes: pd.DataFrame, lanes: pd.DataFrame, ports: pd.DataFrame) -> Iterator[str]:
    position = {int(n): i for i, n in enumerate(nodes["sea_node"])}
    for table, frame, columns in (
        ("world_sea_links", lanes, ("from", "to")),
        ("world_ports", ports, ("sea_node",)),
    ):
        for column in columns:
            for row in np.flatnonzero(~frame[column].isin(list(position)).to_numpy(bool)).tolist():
                yield at(
                    table,
                    row,
                    column,
                    int(frame[column].iloc[row]),
                    "a node of world/sea_nodes.csv",
                )
    a, b = (lanes[c].map(position).to_numpy(float) for c in ("from", "to"))
    there = np.flatnonzero(np.isfinite(a) & np.isfinite(b))
    a, b = a[there].astype(int), b[there].astype(int)
    yield from _each_once("world_sea_links", lanes, there, a, b)
    latitude, longitude = nodes["latitude"].to_numpy(float), nodes["longitude"].to_numpy(float)
    yield from _long_enough(
        "world_sea_links", lanes["km"].to_numpy(float), "km", there, a, b, latitude, longitude
    )
    at_node = ports["sea_node"].map(position).to_numpy(float)
    for row in np.flatnonzero(
        np.isfinite(at_node) & ports["access_km"].notna().to_numpy()
    ).tolist():
        node = int(at_node[row])
        straight = float(
            great_circle_km(
                ports["latitude"].iloc[row],
                ports["longitude"].iloc[row],
                latitude[node],
                longitude[node],
            )
        )
        if abs(straight - float(ports["access_km"].iloc[row])) > _ACCESS_KM:
            yield at(
                "world_ports",
                row,
                "access_km",
                float(ports["access_km"].iloc[row]),
                f"the great circle to its node, {straight:,.1f} km, unless latitude or longitude "
                f"is wrong",
            )


def _same_points(roads: pd.DataFrame, rails: pd.DataFrame) -> Iterator[str]:
    """Places that both networks have stand at one point, with as many people."""
    both = (
        rails[["place", "latitude", "longitude"]]
        .reset_index()
        .merge(roads[["place", "latitude", "longitude"]], on="place", suffixes=("", "_by_road"))
    )
    for column in ("latitude", "longitude"):
        differ = (both[column] - both[f"{column}_by_road"]).abs() > 1e-6
        for _, row in both[differ].iterrows():
            yield at(
                "world_rail_places",
                int(row["index"]),
                column,
                float(row[column]),
                f"that of {row['place']} in world/road_places.csv, {row[column + '_by_road']:g}, "
                f"unless it is wrong there",
            )


def _traffic(frame: pd.DataFrame) -> Iterator[str]:
    """What passes a crossing agrees with what the same pair's trucks do at others."""
    table, key = "world_crossing_traffic", ["crossing", "economy_a", "economy_b"]
    pairs = (frame["kind"] == "pair").to_numpy(bool)
    twice = np.where(
        pairs,
        frame.assign(port=~pairs).duplicated([*key, "port"]),
        frame.duplicated() & (frame["trucks_per_day"] >= _FEW_TRUCKS),
    )
    for row in np.flatnonzero(twice).tolist():
        yield at(
            table,
            row,
            "crossing",
            str(frame["crossing"].iloc[row]),
            "a crossing and pair of which no line before it tells",
        )
    for row in np.flatnonzero(
        frame["bulk_trucks_per_day"] > frame["trucks_per_day"] + 0.05
    ).tolist():
        yield at(
            table,
            row,
            "bulk_trucks_per_day",
            float(frame["bulk_trucks_per_day"].iloc[row]),
            f"at most trucks_per_day, which is {frame['trucks_per_day'].iloc[row]:g}",
        )
    of_pairs = frame[pairs]
    by = [of_pairs["economy_a"], of_pairs["economy_b"]]
    usual = of_pairs["road_share"].groupby(by).transform("median")
    for row in of_pairs.index[(of_pairs["road_share"] - usual).abs() > 0.0011].tolist():
        yield at(
            table,
            int(row),
            "road_share",
            float(frame["road_share"].loc[row]),
            f"that of the pair at its other crossings, {usual.loc[row]:g}",
        )
    least = (of_pairs["part"] - 0.0005).clip(lower=1e-6)
    trucks = of_pairs["trucks_per_day"] / of_pairs["part"].clip(lower=1e-6)
    middle = trucks.groupby(by).transform("median")
    slack = _OF_A_PAIR + 0.001 / least + 0.1 / of_pairs["trucks_per_day"].clip(lower=0.05)
    off = (trucks / middle - 1.0).abs() > slack
    for row in of_pairs.index[off.to_numpy(bool)].tolist():
        expected = float(middle.loc[row] * of_pairs["part"].loc[row])
        yield at(
            table,
            int(row),
            "trucks_per_day",
            float(frame["trucks_per_day"].loc[row]),
            f"the pair's trucks times part, {expected:,.1f} by its other crossings",
        )
