"""The corridor map: the ways of the study in the colours of their modes on coasts and borders, crossings as marks.

No economy is filled with a colour, and disputed borders and lines of control are dashed: the map
takes no side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from corridors.data import gazetteer, tables
from corridors.show import blocks, lookups, numbers, theme
from corridors.show.charts import draw
from corridors.show.charts.border import chosen_crossings, crossing_name
from corridors.show.maps import (
    DISCLAIMER,
    Projection,
    great_circle,
    ground,
    joined,
    outlines,
    outlines_for,
    positions,
    projection,
    thin,
    way_width,
)
from corridors.show.theme import LIGHT as C
from corridors.study.result import StudyResult
from corridors.transport.world_network import shapes

__all__ = ["route_map"]

Array = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]

_MARGIN_DEGREES = 2.0
_MOST_ASPECT = 0.95
_SMALLEST_SHARE = 1e-5
_DRAWN_TOLERANCE_PT = 0.7
_MARKS = {"open": ("o", 4.0, "paper", "ink"), "full": ("D", 5.0, "warn", "paper"), "shut": ("X", 6.5, "loss", "paper")}


@dataclass(frozen=True)
class Way:
    """A link or service of the study with its line, its mode and the larger share of a direction that uses it."""

    a: str
    b: str
    mode: str
    share: float
    line: Array
    straight: bool
    feeds: bool = False
    """Whether it is a road or railway on which goods go to a ship or come from one."""


FEEDS = 0.9
"""A link by land of whose use this part is on its way to a ship or from one belongs to the sea."""
_FEEDER_STYLE = (0, (1.6, 0.8))
_NAMED_ON_A_PHONE = 0.1


def ways(result: StudyResult) -> list[Way]:
    """Every link and service that a route of the study uses, the busiest last."""
    routes, legs = result["routes"], result["legs"]
    if draw.is_empty(routes) or draw.is_empty(legs):
        return []
    share = routes.set_index("route")["share_after"]
    moving = legs[legs["kind"] == "link"].copy()
    moving["share"] = moving["route"].map(share).fillna(0.0)
    on_ships = moving["route"].map(routes.set_index("route")["mode"]).isin(["sea", "ferry"])
    moving["to_ships"] = moving["share"].where(on_ships, 0.0)
    ends = np.sort(moving[["from_place", "to_place"]].to_numpy(dtype=str), axis=1)
    moving["a"], moving["b"] = ends[:, 0], ends[:, 1]
    moving["lane"] = np.where(moving["name"].astype(str).str.contains("Cape"), "Cape", "")
    used = moving.groupby(["a", "b", "mode", "lane", "exporter"], as_index=False)[["share", "to_ships"]].sum()
    used = used.groupby(["a", "b", "mode", "lane"], as_index=False)[["share", "to_ships"]].max()
    used = used[used["share"] > _SMALLEST_SHARE].sort_values("share", kind="stable")
    places = gazetteer.places()
    roads = {frozenset((f["properties"]["from"], f["properties"]["to"])): np.array(f["geometry"]["coordinates"]) for f in tables.line_shapes()["features"]}
    found = []
    for r in used.itertuples():
        line, straight = _line(r.a, r.b, r.mode, r.lane, roads, places)
        found.append(Way(r.a, r.b, theme.mode_token(r.mode), float(r.share), line, straight, r.mode in ("road", "rail") and r.to_ships >= FEEDS * r.share))
    return [replace(way, line=line) for way, line in zip(found, joined([way.line for way in found]), strict=True)]


def _line(a: str, b: str, mode: str, lane: str, roads: dict[frozenset[str], Array], places: pd.DataFrame) -> tuple[Array, bool]:
    pair = frozenset((a, b))
    if mode == "sea":
        lanes = [shape for start, end, via, shape in outlines()["lanes"] if frozenset((start, end)) == pair and (via == "Cape") == (lane == "Cape")]
        if lanes:
            return lanes[0], False
    if mode in ("road", "ferry", "sea") and pair in roads:
        return roads[pair], False
    compiled = shapes.line(a, b, mode)
    if compiled is not None and len(compiled) > 1:
        return compiled, False
    ends = [(float(places.loc[p, "longitude"]), float(places.loc[p, "latitude"])) for p in (a, b)]
    return great_circle(ends[0], ends[1]), True


@draw.chart
def route_map(result: StudyResult) -> blocks.Figure | None:
    """Map of the ways between the two economies with the measures: width by share of trade, crossings open, shut and full."""
    lines = ways(result)
    if not lines:
        return None
    west, south, east, north = _extent(lines)
    project = projection((west, south, east, north))
    figure, ax = _base(project, (west, south, east, north))
    _draw_ways(ax, project, lines)
    taken: list[Array] = []
    own = draw.pair_names(result)
    box = (west, south, east, north)
    # All marks first: no name stands on one.
    crossings = _crossing_marks(ax, project, result, taken, west)
    places = _place_marks(ax, project, lines, taken, west)
    _draw_names(ax, project, taken, own, box, only=True)
    _name_crossings(ax, result, crossings, taken)
    _name_places(ax, places, taken)
    _draw_names(ax, project, taken, own, box)
    _key(figure, lines)
    title, alt = _words(result, lines)
    source = "Source: coasts and borders Natural Earth, roads OpenStreetMap, sea lanes Eurostat searoute; shares own calculation. " + DISCLAIMER
    return draw.finish(figure, title, alt, source, _table(result, lines))


def _extent(lines: Sequence[Way]) -> tuple[float, float, float, float]:
    """West, south, east, north of the roads (of all ways where there is no road)."""
    chosen = [w for w in lines if w.mode == "road"] or list(lines)
    points = np.concatenate([w.line for w in chosen])
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    return west - _MARGIN_DEGREES, south - _MARGIN_DEGREES, east + _MARGIN_DEGREES, north + _MARGIN_DEGREES


def _base(project: Projection, box: tuple[float, float, float, float]) -> tuple[Figure, Axes]:
    """The empty map: water, land, borders; axes fitted to the box."""
    west, south, east, north = box
    edge = np.array(
        [(x, y) for x in np.linspace(west, east, 30) for y in (south, north)]
        + [(x, y) for x in (west, east) for y in np.linspace(south, north, 30)]
    )
    corners = project(edge)
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    width = draw.width_in()
    aspect = (y1 - y0) / (x1 - x0)
    if aspect > _MOST_ASPECT:
        more = ((y1 - y0) / _MOST_ASPECT - (x1 - x0)) / 2
        x0, x1 = x0 - more, x1 + more
    elif aspect < 0.6:
        more = (0.6 * (x1 - x0) - (y1 - y0)) / 2
        y0, y1 = y0 - more, y1 + more
    height = width * (y1 - y0) / (x1 - x0)
    figure = draw.canvas(height + 0.34, width)
    ax = draw.panel(figure, left=0, right=0, top=0, bottom=0.34)
    ax.set_xlim(x0, x1)
    ax.set_ylim(y0, y1)
    ax.set_axis_off()
    ax.add_patch(PathPatch(Path(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)])), facecolor=C["water"], linewidth=0, zorder=0))
    wide, tall = max(14.0, 0.45 * (east - west)), max(3.0, 0.12 * (north - south))
    near = (west - wide, south - tall, east + wide, min(north + tall, 85.0))
    unit = (x1 - x0) / (width * 72)
    land, borders = ground(project, near, _DRAWN_TOLERANCE_PT * unit)
    if land is not None:
        ax.add_patch(PathPatch(land, facecolor=C["land"], edgecolor=C["border"], linewidth=0.5, zorder=1))
    for status, dashes in (("international", "solid"), ("disputed", (0, (2, 2)))):
        shown = [line for line in borders[status] if _inside_any(ax, line)]
        if shown:
            # One path for all: a path a border would be twice as long in SVG.
            codes = [code for line in shown for code in (Path.MOVETO, *[Path.LINETO] * (len(line) - 1))]
            path = Path(np.concatenate(shown), codes)
            ax.add_patch(PathPatch(path, facecolor="none", edgecolor=C["border"], linewidth=0.7, linestyle=dashes, zorder=2))
    return figure, ax


def _inside_any(ax: Axes, xy: Array) -> bool:
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    return bool(((xy[:, 0] > x0) & (xy[:, 0] < x1) & (xy[:, 1] > y0) & (xy[:, 1] < y1)).any())


def _draw_ways(ax: Axes, project: Projection, lines: Sequence[Way]) -> None:
    least = _DRAWN_TOLERANCE_PT * (ax.get_xlim()[1] - ax.get_xlim()[0]) / (draw.width_in() * 72)
    for order, mode in enumerate(("air", "sea", "rail", "road", "other")):
        near = [(way, thin(xy, least)) for way, xy in ((w, project(w.line)) for w in lines if w.mode == mode) if _inside_any(ax, xy)]
        feeders = [pair for pair in near if pair[0].feeds]
        if feeders:
            widths = [way_width(way.share) for way, _ in feeders]
            ax.add_collection(LineCollection([xy for _, xy in feeders], colors=C["sea"], linewidths=widths, linestyles=[_FEEDER_STYLE], capstyle="butt", joinstyle="round", zorder=2.9), autolim=False)
        chosen = [pair for pair in near if not pair[0].feeds]
        if not chosen:
            continue
        style = {"rail": (0, (3, 1.6)), "air": (0, (1, 2.2))}.get(mode, "solid")
        widths = [way_width(way.share) if style == "solid" else 1.7 for way, _ in chosen]
        # Shares ascend, so the busiest lies on top.
        ax.add_collection(LineCollection([xy for _, xy in chosen], colors=C[mode], linewidths=widths, linestyles=[style], capstyle="round", joinstyle="round", zorder=3 + order), autolim=False)


def _inside(ax: Axes, xy: Array) -> bool:
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    return bool(x0 < xy[0] < x1 and y0 < xy[1] < y1)


def _mark_box(ax: Axes, xy: Array) -> Array:
    half = 3.2 * (ax.get_xlim()[1] - ax.get_xlim()[0]) / (draw.width_in() * 72)
    return np.array([xy[0] - half, xy[1] - half, xy[0] + half, xy[1] + half])


def _crossing_marks(ax: Axes, project: Projection, result: StudyResult, taken: list[Array], west: float) -> dict[str, Array]:
    """Crossings as dots; where they stand is added to ``taken`` and returned."""
    table = result["crossings"].set_index("crossing")
    places = gazetteer.places()
    shown = table[table.index.isin(places.index)]
    at = dict(zip(shown.index, project(positions(places, list(shown.index), west)), strict=True)) if len(shown) else {}
    at = {crossing: xy for crossing, xy in at.items() if _inside(ax, xy)}
    kinds: dict[str, list[Array]] = {"open": [], "full": [], "shut": []}
    for crossing, xy in at.items():
        row = table.loc[crossing]
        # As the ways are drawn: with the measures.
        shut = row["closure_days_after"] >= lookups.SHUT_DAYS
        kinds["shut" if shut else "full" if bool(row["binds_after"]) else "open"].append(xy)
    for kind, (marker, size, face, edge) in _MARKS.items():
        if kinds[kind]:
            xy = np.array(kinds[kind])
            ax.plot(xy[:, 0], xy[:, 1], linestyle="none", marker=marker, markersize=size, markerfacecolor=C[face], markeredgecolor=C[edge], markeredgewidth=0.8, zorder=9)
    taken += [_mark_box(ax, xy) for xy in at.values()]
    return at


def _name_crossings(ax: Axes, result: StudyResult, at: dict[str, Array], taken: list[Array]) -> None:
    """The names of the crossings that matter to the study."""
    table = result["crossings"].set_index("crossing")
    for crossing in chosen_crossings(result, 5 if draw.narrow() else 9):
        if crossing in at:
            _place_label(ax, at[crossing], crossing_name(str(table.loc[crossing, "name"])), taken, C["ink"], bold=False)


def _place_label(ax: Axes, xy: Array, words: str, taken: list[Array], colour: str, *, bold: bool, must: bool = True) -> bool:
    """A label at the first of twelve places round a point where it meets no mark and no other label."""
    unit = (ax.get_xlim()[1] - ax.get_xlim()[0]) / (draw.width_in() * 72)
    long, tall = (5.8 if bold else 5.1) * len(words) * unit, 9.5 * unit
    for ha, dx, dy in (("left", 6, 0), ("right", -6, 0), ("left", 5, 8), ("right", -5, 8), ("left", 5, -8), ("right", -5, -8), ("center", 0, 10), ("center", 0, -10), ("left", 8, 14), ("right", -8, 14), ("left", 8, -14), ("right", -8, -14)):
        left = xy[0] + dx * unit - {"left": 0.0, "right": long, "center": long / 2}[ha]
        box = np.array([left, xy[1] + dy * unit - tall / 2, left + long, xy[1] + dy * unit + tall / 2])
        (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
        if box[0] < x0 or box[2] > x1 or box[1] < y0 or box[3] > y1:
            continue
        if any(box[0] < t[2] and box[2] > t[0] and box[1] < t[3] and box[3] > t[1] for t in taken):
            continue
        taken.append(box)
        draw.text(ax, float(xy[0]), float(xy[1]), words, colour, ha=ha, dx=dx, dy=dy, bold=bold, halo=True)
        return True
    return False


def _place_marks(ax: Axes, project: Projection, lines: Sequence[Way], taken: list[Array], west: float) -> list[tuple[str, Array]]:
    """Cities and ports where ways begin, end or change mode, as squares; those to be named, with where they are, are returned."""
    places = gazetteer.places()
    use: dict[str, float] = {}
    modes: dict[str, set[str]] = {}
    for way in lines:
        for place in (way.a, way.b):
            use[place] = max(use.get(place, 0.0), way.share)
            modes.setdefault(place, set()).add(way.mode)
    chosen = [p for p in sorted(use, key=lambda p: (-len(modes[p]), -use[p], p)) if p in places.index and places.loc[p, "kind"] != "crossing"]
    if not chosen:
        return []
    at = project(positions(places, chosen, west))
    inside = [k for k, xy in enumerate(at) if _inside(ax, xy)]
    ax.plot(at[inside, 0], at[inside, 1], "s", markersize=3.0, color=C["ink"], zorder=8)
    taken += [_mark_box(ax, at[k]) for k in inside]
    named = [
        k
        for k in inside
        if (len(modes[chosen[k]]) > 1 or use[chosen[k]] > 0.01)
        and not (draw.narrow() and use[chosen[k]] < _NAMED_ON_A_PHONE)
    ]
    return [(str(places.loc[chosen[k], "name"]).split(" (")[0], at[k]) for k in named]


def _name_places(ax: Axes, places: Sequence[tuple[str, Array]], taken: list[Array]) -> None:
    for name, xy in places:
        _place_label(ax, xy, name, taken, C["ink"], bold=True)


def _draw_names(ax: Axes, project: Projection, taken: list[Array], own: Sequence[str], extent: Box, *, only: bool = False) -> None:
    """Names of countries, quiet, where there is room for them; ``own`` are the study's, drawn alone and darker with ``only``."""
    unit = (ax.get_xlim()[1] - ax.get_xlim()[0]) / (draw.width_in() * 72)
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    for name, _, points in sorted(outlines_for(extent)["names"], key=lambda n: -n[1]):
        if (name in own) is not only:
            continue
        words = name.upper()
        long, tall = (6.2 if only else 5.4) * len(words) * unit, 9.0 * unit
        for xy in project(points):
            box = np.array([xy[0] - long / 2, xy[1] - tall / 2, xy[0] + long / 2, xy[1] + tall / 2])
            edge = 8 * unit
            if box[0] < x0 + edge or box[2] > x1 - edge or box[1] < y0 + edge or box[3] > y1 - edge:
                continue
            if any(box[0] < t[2] and box[2] > t[0] and box[1] < t[3] and box[3] > t[1] for t in taken):
                continue
            taken.append(box)
            draw.text(
                ax,
                float(xy[0]),
                float(xy[1]),
                words,
                C["ink"] if only else C["muted"],
                ha="center",
                size=theme.SMALL_PT - (0.5 if only else 1.5),
                halo=True,
            )
            break


def _key(figure: Figure, lines: Sequence[Way]) -> None:
    """What colours, widths and marks mean, in a row below the map."""
    height = float(figure.get_size_inches()[1])
    ax = draw.panel(figure, left=0, right=0, top=height - 0.34, bottom=0)
    ax.set_xlim(0, draw.width_in() * 72)
    ax.set_ylim(0, 24)
    ax.set_axis_off()
    at = 4.0
    for mode in [m for m in ("road", "sea", "rail", "air") if any(w.mode == m and not w.feeds for w in lines)]:
        style = (0, (3, 1.6)) if mode == "rail" else (0, (1, 2.2)) if mode == "air" else "solid"
        ax.plot([at, at + 16], [15, 15], color=C[mode], linewidth=2.4, linestyle=style)
        draw.text(ax, at + 19, 15, mode, C[mode], bold=True)
        at += 26 + 5.4 * len(mode)
    if any(w.feeds for w in lines):
        ax.plot([at, at + 16], [15, 15], color=C["sea"], linewidth=2.4, linestyle=_FEEDER_STYLE)
        draw.text(ax, at + 19, 15, "to port" if draw.narrow() else "by land to a port", C["sea"], bold=True)
    at, row = 4.0, 5
    for kind, words in (("open", "crossing"), ("full", "long queue" if draw.narrow() else "queue over half a day"), ("shut", "shut")):
        marker, _, face, edge = _MARKS[kind]
        ax.plot(
            [at + 4],
            [row],
            marker=marker,
            markersize=5,
            markerfacecolor=C[face],
            markeredgecolor=C[edge],
            markeredgewidth=0.8,
            linestyle="none",
        )
        draw.text(ax, at + 11, row, words, C["ink"])
        at += 19 + 4.9 * len(words)
    if not draw.narrow():
        draw.text(
            ax,
            at + 6,
            5,
            "Width: share of trade, by its square root. Air: straight.",
            C["muted"],
            size=theme.SMALL_PT - 1,
        )


def _words(result: StudyResult, lines: Sequence[Way]) -> tuple[str, str]:
    a, b = draw.pair_names(result)
    routes, crossings = result["routes"], result["crossings"]
    by_mode = (
        routes[routes["direction"] == routes["direction"].iloc[0]]
        .groupby("mode")["share_after"]
        .sum()
        .sort_values(ascending=False)
    )
    used = sorted({c for w in lines if w.mode == "road" for c in (w.a, w.b)} & set(crossings["crossing"]))
    table = crossings.set_index("crossing").loc[used]
    closed = crossings["state"] == "shut"
    opens = closed & (crossings["closure_days_after"] < lookups.SHUT_DAYS)
    shut = [crossing_name(str(n)) for n in crossings.loc[closed & ~opens, "name"]]
    reopened = [crossing_name(str(n)) for n in crossings.loc[opens, "name"]]
    binding = [
        crossing_name(str(n))
        for n in table.loc[table["binds_after"].astype(bool) & (table["closure_days_after"] < lookups.SHUT_DAYS), "name"]
    ]
    lead = str(by_mode.index[0])
    measured = "With the measures, of" if draw.has_measures(result) else "Of"
    title = f"{measured} what {a} sells to {b} {numbers.share(float(by_mode.iloc[0]))} goes {draw.by_mode(lead)}; the roads pass {numbers.in_words(len(used))} {numbers.plural(len(used), 'crossing')}"
    if shut:
        title += f", with {numbers.listed(shut)} shut today"
    if reopened:
        title += f", {'and' if shut else 'with'} {numbers.listed(reopened)} reopened"
    shares = ", ".join(f"{m} {numbers.share(float(s))}" for m, s in by_mode.items())
    alt = f"Map of the ways between {a} and {b}. Shares of what {a} sells{' with the measures' if draw.has_measures(result) else ''}: {shares}. "
    alt += f"Roads pass {numbers.listed([crossing_name(str(n)) for n in table['name']])}. " if used else ""
    alt += f"Queues of more than half a day at {numbers.listed(binding)}. " if binding else "No queue of more than half a day. "
    alt += f"Shut: {numbers.listed(shut)}. " if shut else ""
    alt += f"Reopened by the measures: {numbers.listed(reopened)}. " if reopened else ""
    return title, alt + DISCLAIMER


def _table(result: StudyResult, lines: Sequence[Way]) -> blocks.Table:
    names = gazetteer.places()["name"].to_dict()
    rows = [
        (f"{names.get(w.a, w.a)} \u2013 {names.get(w.b, w.b)}", w.mode, numbers.share(w.share))
        for w in sorted(lines, key=lambda w: -w.share)
    ]
    return blocks.table(
        "Links and services used, with the measures" if draw.has_measures(result) else "Links and services used",
        [
            blocks.Column("Between"),
            blocks.Column("Mode"),
            draw.numeric("Share of trade", "of the direction that uses it more"),
        ],
        rows,
    )
