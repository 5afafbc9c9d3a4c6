"""The hand-checked layer on top of the compiled tables: names, lengths and crossings that people have looked at.

What is compiled from OpenStreetMap is short by some percent (straightened bends) and much too short
in mountains; some crossings are missing, and towns name crossings that everybody knows by another
name. In order:

0. edges over a border are cut where the border is
(:mod:`corridors.data.world_compiler.border_edges`); 1. every length is multiplied by :data:`BENDS`;
2. crossings of ``data/network`` and of ``crossing_names.csv`` give their ids and names to the
nearest compiled
   crossing of the same two economies;
3. crossings that the graph lacks (``hand_crossings.csv``, or any of 2 without a match) are joined
   to the nearest places on either side by the great circle times a detour;
4. where a link of ``data/network`` has a cited length, the compiled roads between its ends are
   stretched to it, or a link of that length is added if they are longer;
5. no link is shorter than the great circle between its ends (a city lies off the graph that it is
joined to).

Each row says in ``basis`` which of these it comes from.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from corridors.data.geometry import great_circle_km
from corridors.data.world_compiler import border_edges

BENDS = 1.06
"""Driven over compiled length: median of 33 known distances (docs/method.md)."""
NAMED_WITHIN_KM, CHECKED_WITHIN_KM, PLACE_WITHIN_KM = 30.0, 40.0, 45.0
_STRETCH_FROM, _SHORTEN_FROM, _MOST_STRETCH = 1.06, 0.94, 2.2
_NEAREST_PLACES, _DETOUR = 3, 1.35


@dataclass(frozen=True)
class Layered:
    """Road tables with the hand-checked layer on top, and what could not be placed."""

    crossings: pd.DataFrame
    links: pd.DataFrame
    unplaced: tuple[str, ...]


def lay(
    places: pd.DataFrame,
    crossings: pd.DataFrame,
    links: pd.DataFrame,
    names: pd.DataFrame,
    by_hand: pd.DataFrame,
    checked_places: pd.DataFrame,
    checked_links: pd.DataFrame,
    hand_links: pd.DataFrame,
    edges: pd.DataFrame,
) -> Layered:
    """Lay the checked tables over the compiled ones.

    Parameters
    ----------
    places, crossings, links: compiled tables (place/crossing ids, coordinates, ``length_km`` as on
    the graph).
    names, by_hand: ``data/world/crossing_names.csv`` and ``hand_crossings.csv``.
    checked_places, checked_links: ``data/network/places.csv`` and ``links.csv``.
    hand_links: ``data/world/hand_links.csv``, roads with a cited length that the graph lacks.
    edges: the edge that passes each compiled crossing (:func:`border_edges.of_crossings`).
    """
    checked = checked_places[checked_places["kind"] == "crossing"].copy()
    checked[["economy_a", "economy_b"]] = checked["economies"].str.split("-", expand=True).to_numpy()
    checked = checked.rename(columns={"place": "crossing"})
    checked["other_names"] = checked["name"].str.replace(" / ", "|").str.replace(" (", "|").str.replace(")", "")
    found, renamed, unplaced = _named(crossings, checked, names)
    links = border_edges.cut_at_the_border(links, _where_people_say(crossings, renamed, checked, names), edges)
    links = links.assign(length_km=links["length_km"] * BENDS, basis="OpenStreetMap")
    links["from"] = links["from"].map(renamed).fillna(links["from"].str.removeprefix("x_"))
    links["to"] = links["to"].map(renamed).fillna(links["to"].str.removeprefix("x_"))
    missing = pd.concat([checked, names])
    missing = missing[missing["crossing"].isin(unplaced)].assign(detour_factor=_DETOUR)
    added, ways = _by_hand(places, pd.concat([by_hand, missing], ignore_index=True))
    found = _told_apart(pd.concat([found, added], ignore_index=True), {*checked["crossing"], *names["crossing"]})
    links = pd.concat([links, ways], ignore_index=True)
    links = _cited_lengths(places, found, links, checked_places, checked_links)
    links = pd.concat(
        [
            hand_links[["from", "to", "economy", "length_km"]].assign(
                basis="checked: hand_links.csv"
            ),
            links,
        ],
        ignore_index=True,
    )
    links = _once(links).sort_values(["economy", "from", "to"], kind="stable")
    links["length_km"] = not_too_short(links, places, found)
    found = found.sort_values(
        ["economy_a", "economy_b", "use_share", "crossing"],
        ascending=[True, True, False, True],
        kind="stable",
    )
    return Layered(found, links.reset_index(drop=True), tuple(unplaced))


def _once(links: pd.DataFrame) -> pd.DataFrame:
    """Links without those that join the same two nodes again inside one economy, either way round: the first stays."""
    ends = links[["from", "to"]].to_numpy(dtype=str)
    return links[
        ~pd.DataFrame(np.sort(ends, axis=1))
        .assign(economy=links["economy"].to_numpy())
        .duplicated()
        .to_numpy()
    ]


def not_too_short(links: pd.DataFrame, places: pd.DataFrame, crossings: pd.DataFrame) -> pd.Series:
    """Lengths of links, km to a tenth, none of them below the great circle between its ends."""
    nodes = pd.concat([places.rename(columns={"place": "node"}), crossings.rename(columns={"crossing": "node"})])
    at = nodes.drop_duplicates("node").set_index("node")[["latitude", "longitude"]].astype(float)
    ends = [at.loc[links[end]] for end in ("from", "to")]
    straight = great_circle_km(*(ends[k][column].to_numpy() for k in (0, 1) for column in ("latitude", "longitude")))
    # A tenth is rounded up: a length is never below its great circle.
    return pd.Series(
        np.maximum(links["length_km"].round(1), np.ceil(10.0 * straight) / 10.0), index=links.index
    ).round(1)


def _named(
    crossings: pd.DataFrame, checked: pd.DataFrame, names: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """Compiled crossings with the ids and names that people use; old ids to new; ids that found no crossing."""
    table = crossings.assign(other_names="", basis="OpenStreetMap", id=crossings["crossing"].str.removeprefix("x_"))
    towns = table["name"].str.replace("-", "|")
    taken: set[int] = set()
    unplaced = []
    for rows, within in ((checked, CHECKED_WITHIN_KM), (names, NAMED_WITHIN_KM)):
        for row in rows.itertuples():
            both = {row.economy_a, row.economy_b}
            here = table.index[[{a, b} == both for a, b in zip(table["economy_a"], table["economy_b"], strict=True)]]
            here = [i for i in here if i not in taken]
            if not here:
                unplaced.append(str(row.crossing))
                continue
            km = great_circle_km(row.latitude, row.longitude, table.loc[here, "latitude"], table.loc[here, "longitude"])
            if float(np.min(km)) > within:
                unplaced.append(str(row.crossing))
                continue
            best = here[int(np.argmin(km))]
            taken.add(best)
            others = [o for o in str(row.other_names if isinstance(row.other_names, str) else "").split("|") if o]
            table.loc[best, "id"] = row.crossing
            table.loc[best, "name"] = row.name
            table.loc[best, "other_names"] = "|".join(dict.fromkeys([*others, *towns[best].split("|")]))
    rest = [i for i in table.index if i not in taken]
    table.loc[rest, "other_names"] = towns[rest]
    table["id"] = _unique(table["id"])
    renamed = dict(zip(crossings["crossing"], table["id"], strict=True))
    table["crossing"] = table["id"]
    columns = [
        "crossing",
        "name",
        "other_names",
        "economy_a",
        "economy_b",
        "latitude",
        "longitude",
        "use_share",
        "parallel_roads",
        "basis",
    ]
    return table[columns], renamed, unplaced


def _told_apart(crossings: pd.DataFrame, known: Collection[str]) -> pd.DataFrame:
    """Crossings of a border that two towns name alike say where they lie: ``Tala Bay-Haql north``, the
    other ``south``. One that people have named (``known``) keeps its name, and the towns' names mean it."""
    table = crossings.copy()
    for (_, _, name), rows in crossings.groupby(["economy_a", "economy_b", "name"], sort=False):
        if len(rows) < 2:
            continue
        at = rows[["latitude", "longitude"]].astype(float)
        wide = float(np.ptp(at["longitude"])) * float(np.cos(np.radians(at["latitude"].mean())))
        column, first, last = ("longitude", "west", "east") if wide > np.ptp(at["latitude"]) else ("latitude", "south", "north")
        order = at[column].sort_values(kind="stable").index
        named = not set(rows["crossing"]).isdisjoint(known)
        between = [f"middle {i}" for i in range(1, len(order) - 1)]
        for i, where in zip(order, [first, *between, last], strict=True):
            if table.at[i, "crossing"] not in known:
                table.at[i, "name"] = f"{name} {where}"
                table.at[i, "other_names"] = "" if named else f"{name}|{table.at[i, 'other_names']}"
    return table


def _where_people_say(crossings: pd.DataFrame, renamed: dict[str, str], *named: pd.DataFrame) -> pd.DataFrame:
    """Compiled crossings at the positions of those whose names they took: a long edge passes the
    border beside the post."""
    at = pd.concat(named).drop_duplicates("crossing").set_index("crossing")[["latitude", "longitude"]].astype(float)
    known = at.reindex(crossings["crossing"].map(renamed))
    return crossings.assign(
        **{
            column: known[column]
            .fillna(pd.Series(crossings[column].to_numpy(), known.index))
            .to_numpy()
            for column in at
        }
    )


def _unique(ids: Iterable[str]) -> list[str]:
    seen: dict[str, int] = {}
    out = []
    for name in ids:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return out


def _by_hand(places: pd.DataFrame, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Crossings that the graph lacks, and links from each to the nearest places of both economies."""
    added, ways = [], []
    for row in rows.itertuples():
        others = row.other_names if isinstance(row.other_names, str) else ""
        added.append(
            {"crossing": row.crossing, "name": row.name, "other_names": others, "economy_a": row.economy_a, "economy_b": row.economy_b,
             "latitude": row.latitude, "longitude": row.longitude, "use_share": 0.0, "parallel_roads": 1, "basis": "hand"}
        )  # fmt: skip
        for economy in (row.economy_a, row.economy_b):
            near = places[places["economy"] == economy]
            km = great_circle_km(row.latitude, row.longitude, near["latitude"], near["longitude"])
            for i in np.argsort(km)[:_NEAREST_PLACES]:
                length = max(float(km[i]) * row.detour_factor, 1.0)
                ways.append(
                    {"from": near["place"].iloc[i], "to": row.crossing, "economy": economy, "length_km": length,
                     "basis": f"great circle x {row.detour_factor:g}"}
                )  # fmt: skip
    return pd.DataFrame(added), pd.DataFrame(ways)


def _cited_lengths(
    places: pd.DataFrame, crossings: pd.DataFrame, links: pd.DataFrame, checked_places: pd.DataFrame, checked_links: pd.DataFrame
) -> pd.DataFrame:
    """Links stretched, or added, so that the way between two checked places is as long as it is known to be."""
    node = _same_place(places, crossings, checked_places)
    economy_of = checked_places.set_index("place")["economies"].to_dict()
    links = links.copy()
    factor = np.ones(len(links))
    roads = _Roads(links)
    new = []
    for row in checked_links[checked_links["mode"] == "road"].itertuples():
        a, b = node.get(str(row._1)), node.get(str(row.to))
        if a is None or b is None or a == b:
            continue
        shared = [e for e in economy_of[str(row._1)].split("-") if e in economy_of[str(row.to)].split("-")]
        km, way = roads.shortest(a, b, shared[0])
        known = float(row.length_km)
        if way is None or known < _SHORTEN_FROM * km:
            new.append({"from": a, "to": b, "economy": shared[0], "length_km": known, "basis": f"checked: {row.basis}"})
        elif known > _STRETCH_FROM * km:
            factor[way] = np.maximum(factor[way], min(known / km, _MOST_STRETCH))
    stretched = factor > 1.0
    links["length_km"] = links["length_km"] * factor
    links.loc[stretched, "basis"] = "OpenStreetMap, stretched to a checked length"
    return pd.concat([pd.DataFrame(new, columns=links.columns), links], ignore_index=True) if new else links


def _same_place(places: pd.DataFrame, crossings: pd.DataFrame, checked: pd.DataFrame) -> dict[str, str]:
    """The compiled node of each checked place: crossings by id, others the nearest of the economy."""
    ids = set(crossings["crossing"])
    found = {}
    for row in checked.itertuples():
        if row.kind == "crossing":
            if row.place in ids:
                found[str(row.place)] = str(row.place)
            continue
        near = places[places["economy"] == row.economies]
        if near.empty:
            continue
        km = great_circle_km(row.latitude, row.longitude, near["latitude"], near["longitude"])
        if float(np.min(km)) <= PLACE_WITHIN_KM:
            found[str(row.place)] = str(near["place"].iloc[int(np.argmin(km))])
    return found


class _Roads:
    """Shortest paths inside one economy, with the rows of the links on them."""

    def __init__(self, links: pd.DataFrame) -> None:
        self.near: dict[tuple[str, str], list[tuple[str, float, int]]] = {}
        for i, (a, b, economy, km) in enumerate(
            zip(links["from"], links["to"], links["economy"], links["length_km"], strict=True)
        ):
            self.near.setdefault((economy, a), []).append((b, km, i))
            self.near.setdefault((economy, b), []).append((a, km, i))

    def shortest(self, a: str, b: str, economy: str) -> tuple[float, list[int] | None]:
        queue: list[tuple[float, str]] = [(0.0, a)]
        best = {a: 0.0}
        came: dict[str, tuple[str, int]] = {}
        while queue:
            km, here = heapq.heappop(queue)
            if here == b:
                way = []
                while here != a:
                    here, link = came[here]
                    way.append(link)
                return km, way
            if km > best[here]:
                continue
            for there, length, link in self.near.get((economy, here), ()):
                if km + length < best.get(there, float("inf")):
                    best[there] = km + length
                    came[there] = (here, link)
                    heapq.heappush(queue, (km + length, there))
        return float("inf"), None
