"""Names of the world's crossings and places as users write them, read with the standard library only.

A scenario may name a crossing by its id, by a common name ("Malaba", "Beitbridge", "Laredo"), by a
town on either side, or by any spelling that differs in accents, case and punctuation only. Where
several economies have the name the code goes behind it: "Hyderabad (PAK)", "Busia (KEN)". The
hand-checked set of ``data/network`` goes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from corridors.data import names
from corridors.data.spelling import plain
from corridors.errors import look_alikes, nearest

_WITH_CODE = re.compile(r"^(.*?)\s*\(([A-Za-z]{3})\)$")


def crossings() -> Mapping[str, str]:
    """Names of all border crossings by id: the hand-checked, then the world's."""
    checked = names.crossings()
    return {**checked, **{row[0]: row[1] for row in _crossing_rows() if row[0] not in checked}}


def places() -> Mapping[str, str]:
    """Names of all places (crossings too) by id: the hand-checked, then the world's."""
    return dict(_places())


def crossing_id(name: str) -> str | None:
    """The id of the crossing that is called ``name``, None if there is none or several."""
    if name in names.crossings():
        return name
    found = _found(name, _crossing_index())
    return found[0] if len(found) == 1 else None


def place_id(name: str) -> str | None:
    """The id of the place or crossing that is called ``name``, None if there is none or several."""
    if name in names.places():
        return name
    found = _found(name, _place_index())
    return found[0] if len(found) == 1 else crossing_id(name) if not found else None


def hint(name: str, kind: str) -> str:
    """What to write instead of ``name``: the nearest names of a ``kind`` (crossing or place), or
    those meant with codes."""
    index = _crossing_index() if kind == "crossing" else _place_index()
    several = _found(name, index)
    if len(several) > 1:
        return "; there are several: " + ", ".join(sorted(several)[:8])
    bare = _WITH_CODE.match(name)
    checked = names.crossings() if kind == "crossing" else names.places()
    # the hand-checked first: of two equally near names the first is taken
    found = nearest(plain(bare.group(1) if bare else name), dict.fromkeys([*checked, *sorted(index)]), likeness=0.65)
    return found + look_alikes(name) if found else ""


def crossings_for(a: str, b: str) -> list[str]:
    """Ids of the crossings on the border of these two; of two without one, all of the hand-checked
    set if both have places there."""
    own = [*names.crossings_of_both(a, b), *crossings_between(a, b)]
    if not own and names.has_places(a) and names.has_places(b):
        own = list(names.crossings())
    return list(dict.fromkeys(own))


def economies_of(crossing: str) -> tuple[str, str] | None:
    """The two economies that a crossing of the world joins."""
    return next(((row[3], row[4]) for row in _crossing_rows() if row[0] == crossing), None)


def on_one_road(a: str, b: str) -> bool:
    """Whether two places or crossings of the world lie in, or on the border of, one economy."""

    def sides(place: str) -> frozenset[str]:
        return frozenset(economies_of(place) or (_economy_of_place().get(place, ""),)) - {""}

    return bool(sides(a) & sides(b))


@lru_cache(maxsize=1)
def _economy_of_place() -> Mapping[str, str]:
    return {place: economy for place, economy in names.rows_of("world/road_places.csv", "place", "economy")}


def crossings_between(a: str, b: str) -> list[str]:
    """Ids of the world's crossings between two economies, those that most roads use first."""
    rows = [row for row in _crossing_rows() if {row[3], row[4]} == {a, b}]
    return [row[0] for row in sorted(rows, key=lambda row: -float(row[5] or 0.0))]


def name_of(place: str) -> str | None:
    """What a place or crossing of the world is called; None if there is none of that id."""
    return _places().get(place)


def _places() -> Mapping[str, str]:
    return _places_at(
        names.stamp_of(
            "network/places.csv", "world/crossings.csv", "world/road_places.csv", "world/ports.csv"
        )
    )


@lru_cache(maxsize=2)
def _places_at(_stamp: object) -> Mapping[str, str]:
    checked = names.places()
    own = {p: n for p, n in names.rows_of("world/road_places.csv", "place", "name")}
    ports = {p: n for p, n in names.rows_of("world/ports.csv", "port", "name") if p not in own}
    return {**checked, **own, **ports, **{row[0]: row[1] for row in _crossing_rows() if row[0] not in checked}}


def _crossing_rows() -> tuple[tuple[str, ...], ...]:
    return names.rows_of(
        "world/crossings.csv",
        "crossing",
        "name",
        "other_names",
        "economy_a",
        "economy_b",
        "use_share",
    )


def _found(name: str, index: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]) -> list[str]:
    """Ids that ``name`` may mean; one that is an id itself means that alone."""
    match = _WITH_CODE.match(name)
    word, code = (match.group(1), match.group(2).upper()) if match else (name, "")
    entries = index.get(plain(word), ())
    meant = {place for place, other, _ in _other_names() if plain(other) == plain(word)}
    if not code and any(place in meant for place, _ in entries):
        # Written down as what people mean by the name: Sydney is not the one in Canada.
        entries = tuple(e for e in entries if e[0] in meant)
    if code:
        entries = tuple(e for e in entries if code in e[1])
    ids = list(dict.fromkeys(place for place, _ in entries))
    return [plain(word)] if plain(word) in ids and not code else ids


def _other_names() -> tuple[tuple[str, ...], ...]:
    """Place, name and economy of ``place_names.csv``: other spellings, former names, cities that a place stands for."""
    return names.rows_of("world/place_names.csv", "place", "name", "economy")


@lru_cache(maxsize=1)
def _crossing_index() -> Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for crossing, name, others, a, b, _ in _crossing_rows():
        _enter(found, crossing, (a, b), (crossing, name, *others.split("|"), *re.split(r"[-/(]", name)))
    for crossing, name in names.crossings().items():
        _enter(found, crossing, (), (crossing, name, *re.split(r" / |\(", name)))
    known = crossings()
    for place, name, economy in _other_names():
        if place in known:
            _enter(found, place, (economy,), (name,))
    return {key: tuple(dict.fromkeys(entries)) for key, entries in found.items()}


@lru_cache(maxsize=1)
def _place_index() -> Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    rows = names.rows_of("world/road_places.csv", "place", "name", "economy", "kind")
    for place, name, economy, kind in rows:
        # A city goes before its own port of the same name.
        served = kind == "port" and any(economy in codes for _, codes in found.get(plain(name), ()))
        _enter(found, place, (economy,), (place,) if served else (place, name))
    for place, name, economy in _other_names():
        _enter(found, place, (economy,), (name,))
    for place, name, both in names.rows_of("network/places.csv", "place", "name", "economies"):
        if "-" not in both:
            # The hand-checked place of the same name goes before the compiled one.
            for spelling in (place, name):
                entries = [e for e in found.get(plain(spelling), []) if both not in e[1]]
                found[plain(spelling)] = [*entries, (place, (both,))]
    return {key: tuple(dict.fromkeys(entries)) for key, entries in found.items()}


def _enter(
    found: dict[str, list[tuple[str, tuple[str, ...]]]], place: str, codes: tuple[str, ...],
    spellings: Iterable[str],
) -> None:
    for spelling in dict.fromkeys(plain(s) for s in spellings):
        if spelling:
            found.setdefault(spelling, []).append((place, codes))
