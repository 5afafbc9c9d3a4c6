"""Scenarios: one YAML file each, read safely and checked completely before anything is computed.

``load("capacity-800")`` gives a frozen, hashable :class:`Scenario`. A file with mistakes raises
:class:`InvalidScenario`, which lists every one of them with its line, field, value and what is
allowed. What a file leaves out comes from ``scenarios/defaults.yaml``; ``docs/scenarios.md`` tells
how to write one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from corridors.errors import ScenarioError, nearest, one_line
from corridors.runtime import paths
from corridors.runtime.file_names import is_reserved
from corridors.scenario import yaml_reader
from corridors.scenario.mistakes import InvalidScenario, Mistake, explain
from corridors.scenario.model import (
    DEFAULTS,
    FILE_ONLY,
    RESERVED,
    CrossMistakes,
    Scenario,
    cross_checks,
    items_of,
)
from corridors.scenario.yaml_reader import Location, field_name

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_FIELD_BY_FIELD = ("uncertainty", "appraisal")  # maps that a file may state in part


def load(scenario: str | Path) -> Scenario:
    """The scenario of that name in ``scenarios/``, or of that YAML file.

    Raises
    ------
    ScenarioError
        There is no such scenario (the nearest name is told), or the file is not readable.
    InvalidScenario
        The file has mistakes; all are listed.
    """
    path = _find(scenario)
    raw, lines = yaml_reader.read(path)
    return parse(raw, name=_name_of(path), origin=one_line(scenario if isinstance(scenario, Path) else path), lines=lines)


def with_line(scenario: str | Path, told: str) -> str:
    """What is told of a field of that scenario's file (``measures[0].km: ...``), behind the line where it stands."""
    field, _, _ = told.partition(": ")
    _, lines = yaml_reader.read(_find(scenario))
    line = next((line for at, line in lines.items() if at and field_name(at) == field), None)
    return f"line {line}: {told}" if line else told


def names() -> list[str]:
    """The names of all shipped scenarios, ``baseline`` first, then by alphabet."""
    found = [p.stem for p in paths.scenarios().glob("*.yaml") if p.stem != DEFAULTS and not p.stem.startswith("_")]
    return sorted(found, key=lambda n: (n != "baseline", n))


def parse(
    raw: Mapping[str, Any],
    *,
    name: str,
    origin: str | None = None,
    lines: Mapping[Location, int] | None = None,
) -> Scenario:
    """A scenario from a map of fields as a YAML file holds them (without ``name``); defaults are filled in.

    A map made by ``scenario.model_dump(mode="json")`` is understood too. ``origin`` and ``lines``
    are for messages.
    """
    origin = origin or name
    lines = lines or {}
    _check_name(name, origin)
    stated = _tuples({k: v for k, v in raw.items() if k != "name" or v != name})
    complete, mistakes = _with_defaults(stated)
    complete.setdefault("title", name.replace("-", " ").capitalize())
    found: list[tuple[Location, str]] = list(mistakes)
    if "name" in complete:
        found.append((("name",), "is not a field here; the file's name is the scenario's name"))
    try:
        scenario = Scenario.model_validate({**complete, "name": name})
        if not found:
            return scenario
    except ValidationError as error:
        details = error.errors(include_url=False)
        for detail in details:
            # A list whose items are wrong is reported as too short as well; the items say it
            # better.
            if detail["type"] != "too_short" or not detail["input"]:
                found += explain(detail, complete)
        if not any(isinstance(d.get("ctx", {}).get("error"), CrossMistakes) for d in details):
            found += cross_checks(complete)
    listed = [Mistake(field_name(at), what, _line(at, lines)) for at, what in dict.fromkeys(found)]
    raise InvalidScenario(origin, sorted(listed, key=lambda m: m.line or 0))


def _line(at: Location, lines: Mapping[Location, int]) -> int | None:
    while at and at not in lines:
        at = at[:-1]
    return lines.get(at) if at else None


def _find(scenario: str | Path) -> Path:
    text = str(scenario)
    if isinstance(scenario, Path) or "/" in text or "\\" in text or text.endswith((".yaml", ".yml")):
        return Path(text)
    path = paths.scenarios() / f"{text}.yaml"
    if text == DEFAULTS or not _NAME.fullmatch(text) or not path.is_file():
        known = names()
        raise ScenarioError(f"no scenario {text!r}{nearest(text, known)}; there are: {', '.join(known)}")
    return path


def _name_of(path: Path) -> str:
    return path.name.removesuffix(".yaml").removesuffix(".yml")


def _check_name(name: str, origin: str) -> None:
    if not _NAME.fullmatch(name):
        raise ScenarioError(
            f"{origin}: the file's name is the scenario's name: {name[:80]!r}; allowed: a to z, 0 "
            f"to 9 and hyphens, at most 64"
        )
    if name in RESERVED:
        raise ScenarioError(f"{origin}: the name {name!r} is taken by the project itself; choose another")
    if is_reserved(name):
        raise ScenarioError(
            f"{origin}: the name {name!r} is one that Windows keeps for a device, so its reports "
            f"could not be opened there; choose another"
        )


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _tuples(v) for k, v in value.items()}
    return tuple(_tuples(v) for v in value) if isinstance(value, (list, tuple)) else value


@lru_cache(maxsize=4)
def _defaults(path: Path, mtime_ns: int) -> tuple[dict[str, Any], dict[Location, int]]:
    return yaml_reader.read(path)


def defaults() -> dict[str, Any]:
    """What ``scenarios/defaults.yaml`` says."""
    path = paths.scenarios() / f"{DEFAULTS}.yaml"
    try:
        return dict(_defaults(path, path.stat().st_mtime_ns)[0])
    except OSError:
        raise ScenarioError(f"{path}: missing; it holds what scenarios share") from None


_SAME_SIDE = {"exports": "exports", "imports": "imports", "total": "total"}
_OTHER_SIDE = {"exports": "imports", "imports": "exports", "total": "total"}


def _hashable(pair: tuple[Any, ...]) -> bool:
    return all(isinstance(code, str) for code in pair)


def _with_defaults(stated: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[Location, str]]]:
    shared = defaults()
    out = {**shared, **{k: v for k, v in stated.items() if v is not None}}
    for field in _FIELD_BY_FIELD:
        if isinstance(stated.get(field), Mapping) and isinstance(shared.get(field), Mapping):
            out[field] = {**shared[field], **stated[field]}
    horizon = out.get("horizon")
    span = (
        horizon
        if isinstance(horizon, tuple) and len(horizon) == 2 and all(type(y) is int for y in horizon)
        else None
    )
    if "targets" not in stated:
        # The shared aim was stated for the shared pair; it means nothing for another, or beyond the
        # horizon.
        pair, its_pair = items_of(out, "pair"), items_of(shared, "pair")
        seen_from = {its_pair: _SAME_SIDE, its_pair[::-1]: _OTHER_SIDE}.get(pair) if _hashable(pair) else None
        out["targets"] = tuple(
            {**t, "flow": seen_from[t["flow"]]}
            for t in items_of(shared, "targets")
            if seen_from and span and span[0] <= t["year"] <= span[1]
        )
    every = {field: out.pop(field, None) for field in FILE_ONLY}
    if "start" not in stated and span and every["start"] is not None:
        every["start"] = min(max(every["start"], span[0]), span[1])
    mistakes: list[tuple[Location, str]] = [
        ((field,), f"is {every[field]!r}; allowed: a whole number") for field in FILE_ONLY
        if every[field] is not None and type(every[field]) is not int
    ]
    for at, _ in mistakes:
        every[str(at[0])] = shared.get(str(at[0]))
    if isinstance(out.get("measures"), tuple):
        out["measures"] = tuple({**every, **m} if isinstance(m, Mapping) else m for m in out["measures"])
    return out, mistakes
