"""A map that keeps up with a slider: coasts and borders drawn once a pair, ways and crossings as few lines of SVG.

The reports' map (:func:`corridors.show.charts.route_map`) places every label with care and takes a
good part of a second; this one has the same projection, colours and widths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

import numpy as np
import numpy.typing as npt

from corridors.data import gazetteer, tables
from corridors.data import names as vocabulary
from corridors.explore import shares as shares_of
from corridors.show import blocks, maps, numbers, theme
from corridors.show.charts.corridor_map import FEEDS
from corridors.show.theme import LIGHT as C
from corridors.study.pipeline import Study
from corridors.transport import frames
from corridors.transport.network import Link, Service
from corridors.transport.routes import Route
from corridors.transport.system import System, TransportState
from corridors.transport.world_network import shapes

Array = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]

_WIDE, _MARGIN, _TALLEST = 600.0, 2.0, 0.8
_UNITS_PER_POINT = _WIDE / (72.0 * theme.WIDTH_IN)
"""The reports' map is as wide in points as this one in units."""
_DASHES = {"rail": "5 3", "air": "1.5 3"}
_FEEDER_DASHES = "4 2"
_MODES = {"road": "road", "rail": "rail", "sea": "sea", "air": "air"}
_BY_LAND, _SHIPS = ("road", "rail"), ("sea", "ferry")
_LEGEND = 24.0
_SMALLEST_SHARE = 1e-5
_WIDE_CHARACTER = 5.6
"""Room for a letter of a crossing's name, in units of the map."""
_HALO = f'stroke="{C["paper"]}" stroke-width="2.4" paint-order="stroke" stroke-linejoin="round"'
_SOURCE = "Source: coasts and borders Natural Earth, roads OpenStreetMap; shares own calculation. " + maps.DISCLAIMER


@dataclass(frozen=True)
class Part:
    """A link of the ways between two economies: its mode, its line on the map, and the routes that use it."""

    mode: str
    line: str
    routes: tuple[int, ...]


@dataclass(frozen=True)
class Ground:
    """What does not move: what is drawn below and above, the height, parts of the ways, crossings with their points."""

    below: str
    above: str
    height: float
    parts: tuple[Part, ...]
    crossings: tuple[tuple[str, float, float], ...]
    named: tuple[Box, ...]
    """Room that names of cities take."""


def draw(study: Study) -> blocks.Figure | None:
    """The ways between the study's economies with the measures in place, as wide as their share;
    None off the network."""
    system, state = study.chain.system, study.change.after
    if system is None or state is None or not study.chain.on_network:
        return None
    routes = system.routes
    ground = _ground(routes, system.effects.links, system.effects.services)
    shares, borders = shares_of.by_route(system, state, study), _Borders.of(system, state)
    drawn = sorted(((_share(part, routes, shares), k) for k, part in enumerate(ground.parts)))
    fed = {k for share, k in drawn if _feeds(ground.parts[k], routes, shares, share)}
    ways = "".join(_way(ground.parts[k], share, k in fed) for share, k in drawn)
    seen = {k for share, k in drawn if share > _SMALLEST_SHARE}
    legend = _legend([ground.parts[k].mode for k in seen - fed], bool(seen & fed), ground.height)
    dots = _crossings(ground, borders, routes, shares)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE:g} {ground.height + _LEGEND:.0f}" width="100%" '
        f'font-family="{escape(theme.FONTS)}" font-size="11">{ground.below}{ways}{dots}{ground.above}{legend}</svg>'
    )
    return blocks.Figure(svg, *_words(study, system, borders, shares), _SOURCE)


def _share(part: Part, routes: Sequence[Route], shares: Array) -> float:
    """The larger share of a direction that uses a part."""
    each = {routes[r].exporter: 0.0 for r in part.routes}
    for r in part.routes:
        each[routes[r].exporter] += float(shares[r])
    return max(each.values())


def _feeds(part: Part, routes: Sequence[Route], shares: Array, share: float) -> bool:
    """Whether it is a road or railway whose goods go to a ship or come from one: as on the reports'
    map, it belongs to the sea."""
    to_ships = [float(shares[r]) if routes[r].mode in _SHIPS else 0.0 for r in part.routes]
    own = [routes[r].exporter for r in part.routes]
    return (
        part.mode in _BY_LAND
        and max(sum(s for s, o in zip(to_ships, own, strict=True) if o == one) for one in set(own))
        >= FEEDS * share
    )


def _way(part: Part, share: float, feeds: bool) -> str:
    if share <= _SMALLEST_SHARE:
        return ""
    pattern = _FEEDER_DASHES if feeds else _DASHES.get(part.mode, "")
    dashes = f' stroke-dasharray="{pattern}"' if pattern else ""
    width = 1.9 if part.mode in _DASHES and not feeds else _UNITS_PER_POINT * maps.way_width(share)
    # A round end would close the gaps of a wide dashed line.
    cap = "butt" if feeds else "round"
    colour = C["sea" if feeds else part.mode]
    return f'<path d="{part.line}" fill="none" stroke="{colour}" stroke-width="{width:.2f}" stroke-linecap="{cap}" stroke-linejoin="round"{dashes}/>'


def _legend(modes: Sequence[str], feeds: bool, height: float) -> str:
    """What colours and marks mean, in a row below the map."""
    items = [
        (
            f'<path d="M0 0H18" stroke="{C[mode]}" stroke-width="3"'
            + (f' stroke-dasharray="{_DASHES[mode]}"' if mode in _DASHES else "")
            + "/>",
            words,
        )
        for mode, words in _MODES.items()
        if mode in modes
    ]
    if feeds:
        items.append(
            (
                f'<path d="M0 0H18" stroke="{C["sea"]}" stroke-width="3" stroke-dasharray="{_FEEDER_DASHES}"/>',
                "to a ship",
            )
        )
    items += [
        (f'<circle cx="12" r="4" fill="{fill}" stroke="{C["ink"]}"/>', words)
        for fill, words in ((C["paper"], "crossing"), (C["warn"], "queue over half a day"), (C["faint"], "shut"))
    ]
    out, at = [f'<rect y="{height:.0f}" width="{_WIDE:g}" height="{_LEGEND:g}" fill="{C["paper"]}"/>'], 4.0
    for mark, words in items:
        out.append(
            f'<g transform="translate({at:.0f} {height + 13:.0f})">{mark}<text x="22" y="4" '
            f'font-size="11" fill="{C["ink"]}">{escape(words)}</text></g>'
        )
        at += 34 + 5.8 * len(words)
    return "".join(out)


@dataclass(frozen=True)
class _Borders:
    """Medians at crossings by their name: hours, hours of queue, share of days open."""

    hours: dict[str, float]
    queue: dict[str, float]
    open: dict[str, float]

    @classmethod
    def of(cls, system: System, state: TransportState) -> _Borders:
        names = system.crossings
        columns = (np.median(v, axis=0).tolist() for v in (state.crossing_hours, state.queue_hours, state.open_share))
        return cls(*(dict(zip(names, column, strict=True)) for column in columns))

    def shut(self, crossing: str) -> bool:
        return self.open[crossing] <= 0.0

    def full(self, crossing: str) -> bool:
        return not self.shut(crossing) and self.queue[crossing] > frames.BINDING_QUEUE_HOURS


def _crossings(ground: Ground, borders: _Borders, routes: Sequence[Route], shares: Array) -> str:
    """Dots, and names where anybody passes, or would if it were not shut: the busiest first, each where there is room.

    A name that finds none is told when the pointer is on its dot.
    """
    passed = {
        place: sum(float(s) for s, r in zip(shares, routes, strict=True) if place in r.crossings)
        for place, *_ in ground.crossings
    }
    taken = [*ground.named, *((x - 4.5, y - 4.5, x + 4.5, y + 4.5) for _, x, y in ground.crossings)]
    names = []
    for place, x, y in sorted(ground.crossings, key=lambda one: -passed[one[0]]):
        if passed[place] <= _SMALLEST_SHARE and not borders.shut(place):
            continue
        words = vocabulary.short_name(place)
        wide = _WIDE_CHARACTER * len(words)
        for left, low in ((x + 6, y + 3.5), (x - 6 - wide, y + 3.5), (x - wide / 2, y - 7), (x - wide / 2, y + 14)):
            box = (left, low - 8, left + wide, low + 2)
            if not any(
                _over(box, other) for other in taken
            ) and left >= 0 and box[2] <= _WIDE and box[1] >= 0 and box[3] <= ground.height:
                taken.append(box)
                names.append(
                    f'<text x="{left:.1f}" y="{low:.1f}" {_HALO} fill="{C["ink"]}" '
                    f'font-size="9.5">{escape(words)}</text>'
                )
                break
    return "".join([*(_dot(place, x, y, borders) for place, x, y in ground.crossings), *names])


def _over(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _dot(place: str, x: float, y: float, borders: _Borders) -> str:
    """White where trucks pass freely, amber where they queue for more than half a day, grey where it is shut."""
    fill = C["faint"] if borders.shut(place) else C["warn"] if borders.full(place) else C["paper"]
    told = "shut" if borders.shut(place) else numbers.hours(borders.hours[place])
    name = escape(vocabulary.short_name(place))
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{C["ink"]}"><title>{name}: {escape(told)}</title></circle>'


def _words(study: Study, system: System, borders: _Borders, shares: Array) -> tuple[str, str]:
    """Title and alternative text."""
    modes: dict[str, float] = {}
    for share, route in zip(shares, system.routes, strict=True):
        if route.exporter == study.pair[0]:
            modes[route.mode] = modes.get(route.mode, 0.0) + float(share)
    a, b = (vocabulary.economies().get(code, code) for code in study.pair)
    listed = ", ".join(
        f"{'other ways' if m == 'other' else m} {numbers.share(s)}"
        for m, s in sorted(modes.items(), key=lambda one: -one[1])
        if s > 0
    )
    passed = dict.fromkeys(c for r in system.routes for c in r.crossings)
    queues = [vocabulary.short_name(c) for c in passed if borders.full(c)]
    title = f"What {a} sells to {b} goes: {listed}"
    waits = (
        f"Queues of more than half a day at {numbers.listed(queues)}."
        if queues
        else "No queue of more than half a day."
    )
    return title, f"Map of the ways between {a} and {b}, as wide as the square root of their share. {title}. {waits}"


@lru_cache(maxsize=8)
def _ground(routes: tuple[Route, ...], links: tuple[Link, ...], services: tuple[Service, ...]) -> Ground:
    """Everything that shares do not move."""
    used = _used(routes, links, services)
    lines = dict(zip(used, maps.joined([_line(*key) for key in used]), strict=True))
    by_road = [line for (_, _, mode), line in lines.items() if mode == "road"]
    points = np.concatenate(by_road or list(lines.values()))
    (west, south), (east, north) = (points.min(axis=0) - _MARGIN).tolist(), (points.max(axis=0) + _MARGIN).tolist()
    project = maps.projection((west, south, east, north))
    edge = project([(x, y) for x in np.linspace(west, east, 30) for y in (south, north)])
    low, high = edge.min(axis=0), edge.max(axis=0)
    scale = _WIDE / (high[0] - low[0])
    height = min((high[1] - low[1]) * scale, _TALLEST * _WIDE)
    scale = min(scale, height / (high[1] - low[1]))
    shift = (_WIDE - (high[0] - low[0]) * scale) / 2

    def place(lonlat: npt.ArrayLike) -> Array:
        xy = project(lonlat)
        return np.column_stack([shift + (xy[:, 0] - low[0]) * scale, (high[1] - xy[:, 1]) * scale])

    wide = 0.6 * (east - west)
    box = (west - wide, south - 5.0, east + wide, min(north + 5.0, 85.0))
    at = gazetteer.places()
    passed = dict.fromkeys(c for r in routes for c in r.crossings)
    ends = dict.fromkeys(p for r in routes for p in (r.origin, r.destination) if p in at.index)
    named = list(dict.fromkeys([*passed, *ends]))
    spots = dict(zip(named, place(maps.positions(at, named, west)), strict=True))
    tokens = {"ferry": "sea"}
    return Ground(
        _below(place, box, height),
        "".join(_city(name, *spots[name]) for name in ends),
        height,
        tuple(
            Part(
                tokens.get(mode, theme.mode_token(mode)),
                _path(place(lines[a, b, mode])),
                tuple(users),
            )
            for (a, b, mode), users in used.items()
        ),
        tuple((name, float(spots[name][0]), float(spots[name][1])) for name in passed),
        tuple(_room(name, *spots[name]) for name in ends),
    )


def _used(
    routes: Sequence[Route], links: Sequence[Link], services: Sequence[Service],
) -> dict[tuple[str, str, str], list[int]]:
    """Links and services (two places in order, mode) with the routes that use them."""
    used: dict[tuple[str, str, str], list[int]] = {}
    for r, route in enumerate(routes):
        parts: list[Link | Service] = [*(links[i] for i in route.links), *(services[i] for i in route.chain)]
        for one in parts:
            a, b = sorted((one.a, one.b))
            used.setdefault((a, b, one.mode), []).append(r)
    return used


@lru_cache(maxsize=1)
def _shapes() -> tuple[dict[frozenset[str], Array], dict[frozenset[str], Array]]:
    """Lines of roads and of sea lanes by their two ends."""
    roads = {
        frozenset((f["properties"]["from"], f["properties"]["to"])): np.array(
            f["geometry"]["coordinates"]
        )
        for f in tables.line_shapes()["features"]
    }
    lanes: dict[frozenset[str], Array] = {}
    for feature in tables.outlines()["features"]:
        about = feature["properties"]
        if about["kind"] == "sea_lane":
            lanes.setdefault(frozenset((about["from"], about["to"])), np.array(feature["geometry"]["coordinates"]))
    return roads, lanes


def _line(a: str, b: str, mode: str) -> Array:
    roads, lanes = _shapes()
    ends = frozenset((a, b))
    if mode == "sea" and ends in lanes:
        return lanes[ends]
    if mode in ("road", "ferry", "sea") and ends in roads:
        return roads[ends]
    compiled = shapes.line(a, b, mode)
    if compiled is not None and len(compiled) > 1:
        return compiled
    at = gazetteer.places()
    first, last = ((float(at.loc[p, "longitude"]), float(at.loc[p, "latitude"])) for p in (a, b))
    return maps.great_circle(first, last)


def _below(place: Callable[[npt.ArrayLike], Array], box: Box, height: float) -> str:
    """Water, land and borders."""
    land: list[str] = []
    solid: list[str] = []
    dashed: list[str] = []
    outlines = maps.outlines_for(box)
    for polygon in outlines["land"]:
        rings = [maps.clip(ring[:-1], box) for ring in polygon if maps.touches(ring, box)]
        land += [_path(place(ring)) + "Z" for ring in rings if len(ring) > 2]
    solid += [_path(place(line)) for line in outlines["international"] if maps.touches(line, box)]
    dashed += [_path(place(line)) for line in outlines["disputed"] if maps.touches(line, box)]
    thin = f'fill="none" stroke="{C["border"]}" stroke-width="0.8"'
    return (
        f'<rect width="{_WIDE:g}" height="{height:.0f}" fill="{C["water"]}"/>'
        f'<path d="{"".join(land)}" fill="{C["land"]}" fill-rule="evenodd" stroke="{C["border"]}" stroke-width="0.5"/>'
        f'<path d="{"".join(solid)}" {thin}/><path d="{"".join(dashed)}" {thin} stroke-dasharray="3 3"/>'
    )


def _room(name: str, x: float, y: float) -> Box:
    return float(x) - 2, float(y) - 14, float(x) + 5 + 1.3 * _WIDE_CHARACTER * len(vocabulary.short_name(name)), float(y) + 2


def _city(name: str, x: float, y: float) -> str:
    title = escape(vocabulary.short_name(name))
    return (
        f'<rect x="{x - 2:.1f}" y="{y - 2:.1f}" width="4" height="4" fill="{C["ink"]}"/>'
        f'<text x="{x + 5:.1f}" y="{y - 4:.1f}" {_HALO} fill="{C["ink"]}" font-weight="bold">{title}</text>'
    )


def _path(points: Array) -> str:
    """Points as the ``d`` of an SVG path, to a tenth of a unit, those that fall together left out."""
    rounded = np.round(points, 1)
    keep = np.ones(len(rounded), dtype=bool)
    keep[1:-1] = np.abs(np.diff(rounded, axis=0)[:-1]).sum(axis=1) >= 0.4
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in rounded[keep])
