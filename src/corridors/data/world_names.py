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


NEAR_AT_HOME, NEAR_ANYWHERE = 0.72, 0.84
"""How alike a name must be to be suggested: among those of the economies in question, and among all thousands."""


def hint(name: str, kind: str, economies: Iterable[str] = ()) -> str:
    """What to write instead of ``name``: those of a ``kind`` (crossing or place) that bear it, or the nearest name, first among
    those of ``economies``."""
    index = _crossing_index() if kind == "crossing" else _place_index()
    several = _found(name, index)
    if len(several) > 1:
        return f"; it is ambiguous: {', '.join(titled(place) for place in sorted(several)[:8])}"
    bare = _WITH_CODE.match(name)
    wanted = plain(bare.group(1) if bare else name)
    checked = names.crossings() if kind == "crossing" else names.places()
    here = frozenset(economies)

    def at_home(place: str) -> bool:
        sides = _economies(place, ())
        return bool(sides) and (sides <= here if kind == "crossing" else not sides.isdisjoint(here))

    own = {spelling for spelling, entries in index.items() if any(at_home(place) for place, _ in entries)}
    own |= {place for place in checked if at_home(place)}
    # the hand-checked first: of two equally near names the first is taken
    found = nearest(wanted, sorted(own, key=lambda spelling: (spelling not in checked, spelling)), likeness=NEAR_AT_HOME)
    found = found or nearest(wanted, dict.fromkeys([*checked, *sorted(index)]), likeness=NEAR_ANYWHERE)
    return found + look_alikes(name) if found else ""


def titled(place: str) -> str:
    """An id, with the readable name behind it where that says more."""
    name = places().get(place, "")
    return place if plain(name) in ("", place) else f"{place} ({name})"


def choices(kind: str, economies: Iterable[str], at_most: int = 12) -> str:
    """The crossings between two economies, or the largest places of each, to choose from; empty where there are none."""
    codes = list(economies)
    if kind == "crossing":
        own = crossings_for(*codes) if len(codes) == 2 else []
        return f"for {' and '.join(codes)}: {', '.join(titled(c) for c in own[:30])}" if own else ""
    rows = names.rows_of("world/road_places.csv", "name", "economy", "kind", "population")
    told = []
    for code in codes:
        checked = [name for name, both in names.rows_of("network/places.csv", "name", "economies") if both == code]
        ranked = sorted((r for r in rows if r[1] == code and r[2] != "port"), key=lambda r: (r[2] != "capital", -float(r[3] or 0.0)))
        own = list(dict.fromkeys([*checked, *(r[0] for r in ranked)]))[:at_most]
        told += [f"in {code}: {', '.join(own)}"] if own else []
    return "; ".join(told)


def economies_named(name: str) -> frozenset[str]:
    """The economies of the place or crossing that is called ``name``; none where there is none, or several."""
    place = place_id(name)
    return _economies(place, ()) if place else frozenset()


def _economies(place: str, codes: Iterable[str]) -> frozenset[str]:
    """The economies of a place or crossing of either network, beside ``codes``."""
    return frozenset((*codes, *_sides().get(place, ())))


@lru_cache(maxsize=1)
def _sides() -> Mapping[str, tuple[str, ...]]:
    checked = {place: tuple(both.split("-")) for place, both in names.rows_of("network/places.csv", "place", "economies")}
    return {**{place: (code,) for place, code in _economy_of_place().items()}, **{row[0]: (row[3], row[4]) for row in _crossing_rows()}, **checked}


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
