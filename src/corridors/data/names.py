"""The names a scenario may use: economies, places, crossings, links. Read with the standard library only.

Scenario files are checked often (listing, planning a build), so this reads the few small columns it
needs without loading pandas; :mod:`corridors.data.tables` validates the same tables in full.
"""

from __future__ import annotations

import csv
import heapq
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from corridors.data import dialect
from corridors.errors import DataError
from corridors.runtime import paths, plain_files


@lru_cache(maxsize=32)
def _rows(path: Path, mtime_ns: int, columns: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    plain_files.check(path)
    try:
        with dialect.opened(path, columns) as handle:
            reader = csv.reader(handle)
            header = next(reader, [])
            missing = [c for c in columns if c not in header]
            if missing:
                raise DataError(f"{path}: line 1: column {missing[0]!r} is missing")
            picked = [header.index(c) for c in columns]
            last = max(picked)
            return tuple(tuple(cells[i] for i in picked) for cells in reader if len(cells) > last)
    except (UnicodeDecodeError, csv.Error) as error:
        # Not a ValueError: whoever validates a scenario would take it for a mistake of the
        # scenario.
        raise DataError(f"{path}: not a readable CSV table: {error}") from None


def _mapping(file: str, key: str, value: str) -> dict[str, str]:
    """One column of a table by another."""
    return {a: b for a, b in _column_rows(file, key, value)}


def _column_rows(file: str, *columns: str) -> tuple[tuple[str, ...], ...]:
    path = paths.data() / file
    try:
        return _rows(path, path.stat().st_mtime_ns, columns)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def rows_of(file: str, *columns: str) -> tuple[tuple[str, ...], ...]:
    """The cells of some columns of a table in ``data/``, as text; DataError if the file or a column is missing."""
    return _column_rows(file, *columns)


def stamp_of(*files: str) -> tuple[tuple[Path, int], ...]:
    """What tells tables of ``data/`` as they are now from themselves at another time; DataError if one is missing."""
    found = []
    for file in files:
        path = paths.data() / file
        try:
            found.append((path, path.stat().st_mtime_ns))
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    return tuple(found)


def economies() -> Mapping[str, str]:
    """Names of economies by ISO 3166 alpha-3 code."""
    return _mapping("economies.csv", "iso3", "name")


@lru_cache(maxsize=8)
def _distinct(path: Path, mtime_ns: int, columns: tuple[str, ...]) -> frozenset[str]:
    return frozenset(value for row in _rows(path, mtime_ns, columns) for value in row)


def _values(file: str, *columns: str) -> frozenset[str]:
    """All that stands in these columns; kept, since every scenario asks for it and one table has 16,000 rows."""
    path = paths.data() / file
    try:
        return _distinct(path, path.stat().st_mtime_ns, columns)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def economies_with_gdp() -> frozenset[str]:
    """Economies whose gross domestic product is known for some year: without it trade cannot be projected."""
    return _values("gdp.csv", "iso3")


def economies_with_geography() -> frozenset[str]:
    """Economies whose distances to others are known."""
    return _values("pair_geography.csv", "a", "b")


def places() -> Mapping[str, str]:
    """Names of all places of the network (cities, ports, crossings) by id."""
    return _mapping("network/places.csv", "place", "name")


def crossings() -> Mapping[str, str]:
    """Names of the border crossings by id."""
    rows = _column_rows("network/places.csv", "place", "name", "kind")
    return {place: name for place, name, kind in rows if kind == "crossing"}


def city_of_airport(iata: str) -> str:
    """The city that an airport serves, as people call it: ``Islamabad`` for ISB; the code where it is not known."""
    place = _mapping("network/airports.csv", "iata", "place").get(iata, "")
    name = _mapping("network/places.csv", "place", "name").get(place, "")
    return name.split(" (")[0].split(" / ")[0] or iata


def airports() -> tuple[str, ...]:
    """IATA codes of the airports that serve places of the network."""
    return tuple(code for (code,) in _column_rows("network/airports.csv", "iata"))


def crossings_of(*economies: str) -> list[str]:
    """Ids of the crossings on a border of any of these economies, in the order of the table."""
    rows = _column_rows("network/places.csv", "place", "kind", "economies")
    return [place for place, kind, both in rows if kind == "crossing" and set(both.split("-")) & set(economies)]


def shut_crossings() -> frozenset[str]:
    """Ids of the crossings that are shut today."""
    return frozenset(
        crossing
        for crossing, state in _column_rows("network/crossings.csv", "crossing", "state")
        if state == "shut"
    )


def crossings_of_both(a: str, b: str) -> list[str]:
    """Ids of the hand-checked crossings on the border of these two economies, in the order of the table."""
    return [place for place in crossings_of(a) if place in set(crossings_of(b))]


def crossings_between(a: str, b: str, avoid: frozenset[str] = frozenset()) -> list[str]:
    """Ids of the crossings on the shortest road from any place of economy ``a`` to any of ``b``, in order.

    No crossing of ``avoid`` is passed; an empty list if there is no such road.
    """
    rows = _column_rows("network/places.csv", "place", "kind", "economies")
    kinds = {place: kind for place, kind, _ in rows}
    inside = {code: {p for p, kind, both in rows if both == code and kind != "crossing"} for code in (a, b)}
    roads: dict[str, list[tuple[str, float]]] = {}
    for start, end, mode, length_km in _column_rows("network/links.csv", "from", "to", "mode", "length_km"):
        if mode == "road":
            roads.setdefault(start, []).append((end, float(length_km)))
            roads.setdefault(end, []).append((start, float(length_km)))
    queue: list[tuple[float, str, tuple[str, ...]]] = [(0.0, p, ()) for p in sorted(inside[a])]
    reached: set[str] = set()
    while queue:
        km, place, passed = heapq.heappop(queue)
        if place in inside[b]:
            return list(passed)
        if place in reached or place in avoid:
            continue
        reached.add(place)
        if kinds.get(place) == "crossing":
            passed = (*passed, place)
        for neighbour, length in roads.get(place, ()):
            heapq.heappush(queue, (km + length, neighbour, passed))
    return []


def has_places(economy: str) -> bool:
    """Whether the network has a city or port in this economy."""
    return any(economy == code for code, in _column_rows("network/places.csv", "economies"))


def road_links() -> tuple[str, ...]:
    """Road links as ``from-to``, in the order of data/network/links.csv; either direction names the same road."""
    rows = _column_rows("network/links.csv", "from", "to", "mode")
    return tuple(f"{a}-{b}" for a, b, mode in rows if mode == "road")


def short_name(place: str) -> str:
    """The first of a place's two names, the one that reports use: ``Torkham``, ``Kazbegi``; an unknown id as it is."""
    known = places().get(place)
    if known is None:
        from corridors.data import world_names

        return (world_names.name_of(place) or place).split(" (")[0]
    return known.split(" / ")[0].split(" (")[0]


def the(name: str) -> str:
    """An economy's name as it stands in a sentence: ``the United States``, ``Pakistan``."""
    first = name.split()[0]
    needs = first in (
        "United", "Central", "Democratic", "Republic", "Dominican", "Solomon", "Marshall", "Cayman",
        "Faroe",
    ) or name in (
        "Netherlands", "Philippines", "Gambia", "Maldives", "Bahamas", "Comoros", "Seychelles", "Czech Republic",
    )  # fmt: skip
    return f"the {name}" if needs else name
