"""Read GRID.yaml of ``corridors sweep``: a base scenario with values to vary, or a list of scenarios.

::

    base: capacity-800                  # a scenario's name, or its fields as in a scenario file
    vary:
      measures[0].trucks_per_day: [200, 400, 800]
      measures[0].start: {from: 2027, to: 2030, step: 1}
    draws: 64

It is read with the same care as a scenario (:mod:`corridors.scenario.yaml_reader`), every scenario
is checked in full before the first is computed, and the number of scenarios is known, and limited,
before they are made.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from corridors import scenario
from corridors.errors import ScenarioError, nearest
from corridors.report.store import canonical, sha256
from corridors.scenario import yaml_reader
from corridors.scenario.model import Scenario

MAX_SCENARIOS = 100_000
MAX_LIST_BYTES = 4 * 2**20
MAX_LIST_VALUES = 200_000
MIN_DRAWS, MAX_DRAWS = 4, 4_096
MAX_MISTAKES = 20

_FIELDS = ("base", "vary", "scenarios", "draws", "seed")
_RANGE = ("from", "to", "step")
_PATH = re.compile(r"[a-z_]+(?:\[\d{1,3}\]|\.[a-z_]+)*")
_PART = re.compile(r"[a-z_]+|\d+")


@dataclass(frozen=True)
class Point:
    """One scenario of a sweep: ``values`` are what was varied, by field."""

    scenario: Scenario
    values: Mapping[str, Any]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is asked: the scenario without its name and words, and without its draws and seed.

        A sweep has one seed for all its scenarios, so that they differ by what was varied and by
        nothing else.
        """
        asked = self.scenario.model_dump(mode="json", exclude={"name", "title", "summary", "uncertainty"})
        return sha256(canonical(asked))


@dataclass(frozen=True)
class Grid:
    """All scenarios of a sweep, in order, with draws and seed for all of them."""

    points: tuple[Point, ...]
    varied: tuple[str, ...]
    draws: int | None
    seed: int | None


def read(path: Path) -> Grid:
    """The grid in the file. Raises ScenarioError naming field, value and what is allowed; several mistakes at once."""
    raw, _ = yaml_reader.read(path, max_bytes=MAX_LIST_BYTES, max_values=MAX_LIST_VALUES)
    origin = str(path)
    for field in raw:
        if field not in _FIELDS:
            raise ScenarioError(
                f"{origin}: {field}: is not a field of a grid{nearest(field, _FIELDS)}; allowed: {', '.join(_FIELDS)}"
            )
    draws = _whole(raw.get("draws"), f"{origin}: draws", MIN_DRAWS, MAX_DRAWS)
    seed = _whole(raw.get("seed"), f"{origin}: seed", 0, 2**32 - 1)
    if ("scenarios" in raw) == ("base" in raw):
        raise ScenarioError(f"{origin}: needs either 'base' with 'vary', or 'scenarios'")
    if "scenarios" in raw:
        if "vary" in raw:
            raise ScenarioError(f"{origin}: vary: goes with 'base', not with 'scenarios'")
        return Grid(_checked(origin, _listed(origin, raw["scenarios"])), (), draws, seed)
    axes = _axes(origin, raw.get("vary"))
    return Grid(_checked(origin, _crossed(origin, _base(origin, raw["base"]), axes)), tuple(axes), draws, seed)


Candidate = tuple[str, str | None, Mapping[str, Any], Mapping[str, Any]]
"""Where it stands, its name if it has one, its fields, and what was varied."""


def _whole(value: Any, where: str, least: int, most: int) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not least <= value <= most:
        raise ScenarioError(f"{where}: is {value!r}; allowed: a whole number from {least:,} to {most:,}")
    return value


def _base(origin: str, base: Any) -> dict[str, Any]:
    """The fields of the base scenario. A file's own shorthand (``start`` for all measures) works in them."""
    if isinstance(base, str):
        return _plain(_named(f"{origin}: base", base))
    if isinstance(base, Mapping):
        return dict(base)
    raise ScenarioError(f"{origin}: base: is {base!r}; allowed: the name of a scenario, or its fields")


def _named(where: str, name: str) -> Scenario:
    """A scenario of the project by its name: a stranger's grid may not make us read other files."""
    if name not in scenario.names():
        raise ScenarioError(
            f"{where}: no scenario {name[:80]!r}{nearest(name, scenario.names())}; there are: "
            f"{', '.join(scenario.names())}"
        )
    return scenario.load(name)


def _plain(one: Scenario) -> dict[str, Any]:
    fields = one.model_dump(mode="json", by_alias=True, exclude={"name"})
    return {field: _tuples(value) for field, value in fields.items()}


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _tuples(inner) for key, inner in value.items()}
    return tuple(_tuples(inner) for inner in value) if isinstance(value, list | tuple) else value


def _axes(origin: str, vary: Any) -> dict[str, tuple[Any, ...]]:
    if not isinstance(vary, Mapping) or not vary:
        raise ScenarioError(
            f"{origin}: vary: needs fields and their values, such as measures[0].trucks_per_day: [200, 400]"
        )
    axes = {field: _values(f"{origin}: vary.{field}", field, value) for field, value in vary.items()}
    count = math.prod(len(values) for values in axes.values())
    if count > MAX_SCENARIOS:
        sizes = " x ".join(str(len(values)) for values in axes.values())
        raise ScenarioError(f"{origin}: vary: {sizes} makes {count:,} scenarios; allowed: at most {MAX_SCENARIOS:,}")
    return axes


def _values(where: str, field: str, value: Any) -> tuple[Any, ...]:
    if not _PATH.fullmatch(field):
        raise ScenarioError(f"{where}: is not a field; write it as in measures[0].trucks_per_day")
    if isinstance(value, Mapping):
        values = _range(where, value)
    elif isinstance(value, tuple) and value:
        values = value
    else:
        raise ScenarioError(f"{where}: is {value!r}; allowed: a list of values, or {{from: .., to: .., step: ..}}")
    told = [canonical(v) for v in values]
    for position, one in enumerate(told):
        if one in told[:position]:
            raise ScenarioError(f"{where}: {one.decode()} occurs twice")
        if position > 1000:  # A range cannot repeat itself; a list this long is compared by the digest of its scenarios.
            break
    return values


def _range(where: str, given: Mapping[str, Any]) -> tuple[Any, ...]:
    for part in given:
        if part not in _RANGE:
            raise ScenarioError(f"{where}.{part}: is not a part of a range; allowed: {', '.join(_RANGE)}")
    numbers = []
    for part in _RANGE:
        value = given.get(part, 1 if part == "step" else None)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ScenarioError(f"{where}.{part}: is {value!r}; allowed: a number")
        numbers.append(value)
    first, last, step = numbers
    if step <= 0 or last < first:
        raise ScenarioError(f"{where}: goes from {first} to {last} by {step}; allowed: upwards, by a step above 0")
    steps = (last - first) / step
    if steps >= MAX_SCENARIOS:
        raise ScenarioError(f"{where}: has over {MAX_SCENARIOS:,} values; allowed: at most {MAX_SCENARIOS:,} scenarios")
    count = int(steps + 1e-9) + 1
    if all(type(number) is int for number in numbers):
        return tuple(first + i * step for i in range(count))
    # Rounded, so that 0.1 + 2 * 0.1 is 0.3 for a reader too.
    return tuple(float(f"{first + i * step:.12g}") for i in range(count))


def _crossed(origin: str, base: Mapping[str, Any], axes: Mapping[str, tuple[Any, ...]]) -> Iterator[Candidate]:
    paths = {field: [int(part) if part.isdigit() else part for part in _PART.findall(field)] for field in axes}
    for combination in itertools.product(*axes.values()):
        values = dict(zip(axes, combination, strict=True))
        fields: Any = base
        for field, value in values.items():
            fields = _set(f"{origin}: vary.{field}", fields, paths[field], value)
        where = ", ".join(f"{field} = {canonical(value).decode()}" for field, value in values.items())
        yield where, None, fields, values


def _set(where: str, inside: Any, path: list[Any], value: Any) -> Any:
    """``inside`` with the value at ``path`` replaced; the rest is shared, not copied."""
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        if not isinstance(inside, tuple) or first >= len(inside):
            size = len(inside) if isinstance(inside, tuple) else 0
            raise ScenarioError(f"{where}: there is no [{first}]; the base has {size}, counted from 0")
        return (*inside[:first], _set(where, inside[first], rest, value), *inside[first + 1 :])
    if not isinstance(inside, Mapping):
        raise ScenarioError(f"{where}: there is no {first!r} in {inside!r}")
    return {**inside, first: _set(where, inside.get(first, {}) if rest else None, rest, value)}


def _listed(origin: str, listed: Any) -> Iterator[Candidate]:
    if not isinstance(listed, tuple) or not listed:
        raise ScenarioError(
            f"{origin}: scenarios: is {str(listed)[:60]!r}; allowed: a list of scenarios or of names of scenarios"
        )
    if len(listed) > MAX_SCENARIOS:
        raise ScenarioError(f"{origin}: scenarios: {len(listed):,} of them; allowed: at most {MAX_SCENARIOS:,}")
    for position, item in enumerate(listed):
        where = f"scenarios[{position}]"
        if isinstance(item, str):
            yield where, item, _plain(_named(f"{origin}: {where}", item)), {}
        elif isinstance(item, Mapping):
            name = item.get("name")
            if name is not None and not isinstance(name, str):
                raise ScenarioError(f"{origin}: {where}.name: is {name!r}; allowed: text")
            yield where, name, {field: value for field, value in item.items() if field != "name"}, {}
        else:
            raise ScenarioError(
                f"{origin}: {where}: is {item!r}; allowed: the fields of a scenario, or the name of one"
            )


def _checked(origin: str, candidates: Iterator[Candidate]) -> tuple[Point, ...]:
    """Every candidate as a valid scenario; the first mistakes of all of them together otherwise."""
    points: list[Point] = []
    seen: dict[str, str] = {}
    names: dict[str, str] = {}
    mistakes: list[str] = []
    for where, name, fields, values in candidates:
        # Named after what it is, so that it keeps its name when the grid grows.
        given = name or f"s-{sha256(canonical(json.loads(canonical(fields))))[:16]}"
        try:
            point = Point(scenario.parse(fields, name=given, origin=f"{origin}: {where}"), values)
            digest = point.digest
            if given in names and name is not None:
                raise ScenarioError(f"{origin}: {where}: the name {given!r} is taken by {names[given]}")
            if digest in seen:
                raise ScenarioError(f"{origin}: {where}: asks the same as {seen[digest]}")
        except ScenarioError as error:
            mistakes.append(str(error))
            if len(mistakes) == MAX_MISTAKES:
                mistakes.append("and perhaps more")
                break
            continue
        seen[digest] = names[given] = where
        points.append(point)
    if mistakes:
        raise ScenarioError("\n".join(mistakes))
    return tuple(points)
