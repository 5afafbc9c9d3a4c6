"""Scenarios: one YAML file each, read safely and checked completely before anything is computed.

``load("capacity-800")`` gives a frozen, hashable :class:`Scenario`. A file with mistakes raises
:class:`InvalidScenario`, which lists every one of them with its line, field, value and what is allowed.
What a file leaves out comes from ``scenarios/defaults.yaml``; ``docs/scenarios.md`` tells how to write one.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from corridors.data import codes, world_names
from corridors.data import names as vocabulary
from corridors.errors import ScenarioError, nearest
from corridors.runtime import paths
from corridors.runtime.file_names import is_reserved
from corridors.runtime.notebook_html import in_notebook
from corridors.scenario import yaml_reader
from corridors.scenario.measures import FIRST_YEAR, KINDS, LAST_YEAR, Cost, Frozen, Measure
from corridors.scenario.yaml_reader import Location, field_name

MAX_YEARS = 40
MAX_MEASURES = 12
DEFAULTS = "defaults"
RESERVED = frozenset({DEFAULTS, "comparison", "validation", "background", "index", "manifest", "assets"})
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_FILE_ONLY = ("start", "years_to_full_effect")  # stated once for all measures of a file
_FIELD_BY_FIELD = ("uncertainty", "appraisal")  # maps that a file may state in part


@dataclass(frozen=True)
class Mistake:
    """One mistake in a scenario: where, and what is wrong and allowed."""

    field: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.field}: {self.message}" if self.field else f"{where}{self.message}"


class InvalidScenario(ScenarioError):
    """A scenario with one or more mistakes, all of them in ``mistakes``."""

    def __init__(self, origin: str, mistakes: list[Mistake]) -> None:
        self.origin = origin
        self.mistakes = tuple(mistakes)
        if len(mistakes) == 1:
            super().__init__(f"{origin}: {mistakes[0]}")
        else:
            listed = "".join(f"\n  {m}" for m in mistakes)
            super().__init__(f"{origin}: {len(mistakes)} mistakes{listed}")


def _plain_text(value: str) -> str:
    """Titles reach HTML, PDF, tables and file listings: only visible characters, and none that mark up text."""
    for character in value:
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            raise PydanticCustomError(
                "plain_text", "holds the control character U+{code}; it must be plain text on one line",
                {"code": f"{ord(character):04X}"},
            )
        if character in "<>{}`\\":
            raise PydanticCustomError(
                "plain_text", "holds {character}; it must be plain text without < > {braces} ` \\", {"character": character, "braces": "{ }"}
            )
    if value != value.strip():
        raise PydanticCustomError("plain_text", "begins or ends with a space")
    return value


def _economy(value: str) -> str:
    known = vocabulary.economies()
    if value not in known:
        hint = codes.hint(value, known)
        raise PydanticCustomError(
            "unknown_name", "is not an economy{hint}",
            {"hint": hint, "allowed": "ISO 3166 alpha-3 codes such as PAK (data/economies.csv)"},
        )
    for have, file in (
        (vocabulary.economies_with_gdp(), "data/gdp.csv"),
        (vocabulary.economies_with_geography(), "data/pair_geography.csv"),
    ):
        if value not in have:
            raise PydanticCustomError("unknown_name", "has no figures in {file}", {"file": file})
    return value


Economy = Annotated[str, AfterValidator(_economy), Field(json_schema_extra={"names": "economies"})]
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
Title = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_plain_text)]
Summary = Annotated[str, Field(max_length=400), AfterValidator(_plain_text)]


class Uncertainty(Frozen):
    """How many draws of the whole chain, and from which seed."""

    draws: int = Field(ge=64, le=65_536, description="Draws of every uncertain quantity at once")
    seed: int = Field(ge=0, le=2**32 - 1, description="Same seed, same bytes")


class Appraisal(Frozen):
    """How benefits and costs of different years, and carbon, are made one sum."""

    discount_percent: float = Field(ge=0, le=30, description="Percent a year by which later dollars count less")
    carbon_usd_per_t: float = Field(ge=0, le=10_000, description="US dollars a tonne of carbon dioxide")


class Target(Frozen):
    """A stated aim, to ask how likely it is."""

    flow: Literal["exports", "imports", "total"] = Field(description="Which trade; exports go from the first economy of the pair to the second")
    value_musd: float = Field(gt=0, le=1e8, description="Million current US dollars a year")
    year: Year = Field(description="By which year")


FRICTION_UNITS = {"payment": "share of goods value", "sanctions": "share of goods value", "insecurity": "days a year"}
FRICTION_LIMITS = {"payment": 2.0, "sanctions": 2.0, "insecurity": 365.0}


class Friction(Frozen):
    """A cost of this pair's trade that no road mends, with its range; it replaces the row of data/frictions.csv."""

    kind: Literal["payment", "sanctions", "insecurity"]
    low: float = Field(ge=0, le=365, description="Low end: share of goods value; of insecurity, days a year a border is shut")
    central: float = Field(ge=0, le=365, description="Central value")
    high: float = Field(ge=0, le=365, description="High end")
    source: Annotated[str, Field(min_length=1, max_length=400), AfterValidator(_plain_text)]

    @model_validator(mode="after")
    def _ordered(self) -> Friction:
        if not self.low <= self.central <= self.high:
            raise PydanticCustomError("order", "needs low <= central <= high")
        if self.high > FRICTION_LIMITS[self.kind]:
            raise PydanticCustomError(
                "order", "of kind {kind} goes up to {high}; allowed: at most {most} ({unit})",
                {"kind": self.kind, "high": self.high, "most": FRICTION_LIMITS[self.kind], "unit": self.unit},
            )
        return self

    @property
    def unit(self) -> str:
        """What low, central and high count."""
        return FRICTION_UNITS[self.kind]


class _CrossMistakes(ValueError):
    def __init__(self, found: list[tuple[Location, str]]) -> None:
        self.found = found
        super().__init__("; ".join(f"{field_name(at)}: {what}" for at, what in found))


class Scenario(Frozen):
    """One question: this pair, this horizon, these measures. Frozen and hashable."""

    name: str = Field(description="The file's name without .yaml")
    title: Title = Field(description="One line, plain text")
    summary: Summary = Field(default="", description="One sentence of context, plain text")
    pair: tuple[Economy, Economy] = Field(description="Two ISO 3166 alpha-3 codes")
    horizon: tuple[Year, Year] = Field(description="First and last year, both included; at most 40 years")
    measures: Annotated[tuple[Measure, ...], Field(max_length=MAX_MEASURES)] = Field(default=(), description="What is done")
    uncertainty: Uncertainty
    appraisal: Appraisal
    targets: Annotated[tuple[Target, ...], Field(max_length=6)] = ()
    frictions: Annotated[tuple[Friction, ...], Field(max_length=3)] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Scenario:
        found = _cross_checks(self.model_dump())
        if found:
            raise _CrossMistakes(found)
        return self

    @property
    def years(self) -> tuple[int, ...]:
        """Every year of the horizon."""
        return tuple(range(self.horizon[0], self.horizon[1] + 1))

    def canonical_json(self) -> str:
        """The scenario after defaults, always the same text for the same scenario: what caches are keyed by."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def _repr_html_(self) -> str:
        """How a scenario shows itself in a notebook."""
        rows = "".join(
            f"<tr><td>{escape(m.label)}</td><td>{m.start}</td><td>{m.start + m.years_to_full_effect}</td></tr>"
            for m in self.measures
        )
        table = (
            f"<table><thead><tr><th>Measure</th><th>Begins</th><th>Works fully</th></tr></thead><tbody>{rows}</tbody></table>"
            if rows
            else "<p>No measures: the baseline.</p>"
        )
        return in_notebook(
            f"<p><strong>{escape(self.title)}</strong> ({escape(' - '.join(self.pair))}, {self.years[0]}-{self.years[-1]}, "
            f"{self.uncertainty.draws:,} draws)</p><p>{escape(self.summary)}</p>{table}"
        )


def _cross_checks(raw: Mapping[str, Any]) -> list[tuple[Location, str]]:
    """Mistakes that only show when fields are seen together. Fields of a wrong type are left to pydantic."""
    found: list[tuple[Location, str]] = []
    pair = raw.get("pair")
    if isinstance(pair, (tuple, list)) and len(pair) == 2 and pair[0] == pair[1]:
        found.append((("pair",), f"names {pair[0]!r} twice; a pair is two economies"))
    horizon = raw.get("horizon")
    if not (isinstance(horizon, (tuple, list)) and len(horizon) == 2 and all(type(y) is int for y in horizon)):
        return found
    first, last = horizon
    if last < first:
        found.append((("horizon",), f"ends in {last}, before it begins in {first}"))
        return found
    if last - first + 1 > MAX_YEARS:
        found.append((("horizon",), f"is {last - first + 1} years long; allowed: at most {MAX_YEARS}"))
    for field, year_field in (("measures", "start"), ("targets", "year")):
        for i, item in enumerate(_items(raw, field)):
            year = item.get(year_field) if isinstance(item, Mapping) else None
            if type(year) is int and FIRST_YEAR <= year <= LAST_YEAR and not first <= year <= last:
                found.append(((field, i, year_field), f"is {year}; allowed: inside the horizon, {first} to {last}"))
    kinds = [f.get("kind") if isinstance(f, Mapping) else None for f in _items(raw, "frictions")]
    for i, kind in enumerate(kinds):
        if kind is not None and kind in kinds[:i]:
            found.append((("frictions", i, "kind"), f"{kind!r} occurs twice"))
    return found


def _items(raw: Mapping[str, Any], field: str) -> tuple[Any, ...]:
    items = raw.get(field)
    return tuple(items) if isinstance(items, (tuple, list)) else ()


# --- loading ---------------------------------------------------------------------------------------------


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
    return parse(raw, name=_name_of(path), origin=str(scenario if isinstance(scenario, Path) else path), lines=lines)


def names() -> list[str]:
    """The names of all shipped scenarios, ``baseline`` first, then by alphabet."""
    found = [p.stem for p in paths.scenarios().glob("*.yaml") if p.stem != DEFAULTS and not p.stem.startswith("_")]
    return sorted(found, key=lambda n: (n != "baseline", n))


def load_all() -> list[Scenario]:
    """Every scenario of :func:`names`, in that order; the first one with mistakes raises."""
    return [load(name) for name in names()]


def parse(
    raw: Mapping[str, Any],
    *,
    name: str,
    origin: str | None = None,
    lines: Mapping[Location, int] | None = None,
) -> Scenario:
    """A scenario from a map of fields as a YAML file holds them (without ``name``); defaults are filled in.

    A map made by ``scenario.model_dump(mode="json")`` is understood too. ``origin`` and ``lines`` are for messages.
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
            # A list whose items are wrong is reported as too short as well; the items say it better.
            if detail["type"] != "too_short" or not detail["input"]:
                found += _explain(detail, complete)
        if not any(isinstance(d.get("ctx", {}).get("error"), _CrossMistakes) for d in details):
            found += _cross_checks(complete)
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
            f"{origin}: the file's name is the scenario's name: {name[:80]!r}; allowed: a to z, 0 to 9 and hyphens, at most 64"
        )
    if name in RESERVED:
        raise ScenarioError(f"{origin}: the name {name!r} is taken by the project itself; choose another")
    if is_reserved(name):
        raise ScenarioError(f"{origin}: the name {name!r} is one that Windows keeps for a device, so its reports could not be opened there; choose another")


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
    span = horizon if isinstance(horizon, tuple) and len(horizon) == 2 and all(type(y) is int for y in horizon) else None
    if "targets" not in stated:
        # The shared aim was stated for the shared pair; it means nothing for another, or beyond the horizon.
        pair, its_pair = _items(out, "pair"), _items(shared, "pair")
        seen_from = {its_pair: _SAME_SIDE, its_pair[::-1]: _OTHER_SIDE}.get(pair) if _hashable(pair) else None
        out["targets"] = tuple(
            {**t, "flow": seen_from[t["flow"]]}
            for t in _items(shared, "targets")
            if seen_from and span and span[0] <= t["year"] <= span[1]
        )
    every = {field: out.pop(field, None) for field in _FILE_ONLY}
    if "start" not in stated and span and every["start"] is not None:
        every["start"] = min(max(every["start"], span[0]), span[1])
    mistakes: list[tuple[Location, str]] = [
        ((field,), f"is {every[field]!r}; allowed: a whole number") for field in _FILE_ONLY
        if every[field] is not None and type(every[field]) is not int
    ]
    for at, _ in mistakes:
        every[str(at[0])] = shared.get(str(at[0]))
    if isinstance(out.get("measures"), tuple):
        out["measures"] = tuple({**every, **m} if isinstance(m, Mapping) else m for m in out["measures"])
    return out, mistakes


# --- messages --------------------------------------------------------------------------------------------


def _explain(detail: ErrorDetails, raw: Mapping[str, Any]) -> list[tuple[Location, str]]:
    """Pydantic's finding in our words: location, value, what is allowed, the nearest valid choice."""
    context = detail.get("ctx", {})
    if isinstance(context.get("error"), _CrossMistakes):
        return list(context["error"].found)
    at = _without_tags(detail["loc"])
    kind, value = detail["type"], detail["input"]
    shown = _shown(value)
    if kind == "missing" and not context and "needs" not in detail["msg"]:
        return [(at, "is missing")]
    if kind == "extra_forbidden":
        allowed = _fields_at(at[:-1], raw)
        return [(at, f"is not a field here{nearest(at[-1], allowed)}; allowed: {', '.join(allowed)}")]
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        got = value.get("kind") if isinstance(value, Mapping) else None
        if got is None:
            return [((*at, "kind"), f"is missing; allowed: {', '.join(KINDS)}")]
        return [((*at, "kind"), f"is {_shown(got)}; allowed: {', '.join(KINDS)}{nearest(got, KINDS)}")]
    if kind == "amounts":
        return [(at, f"is {shown}; allowed: {detail['msg']}")]
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        return [(at, f"is {shown}; allowed: {', '.join(choices)}{nearest(value, choices)}")]
    if kind == "unknown_name":
        known = _of_the_pair(raw) if context.get("of") == "crossing" else ""
        choice = known or (f"; allowed: {context['allowed']}" if context.get("allowed") else "")
        return [(at, f"{shown} {detail['msg']}{choice}")]
    if kind in ("plain_text", "twice", "same_place", "order") or (kind == "missing" and "needs" in detail["msg"]):
        return [(at, detail["msg"])]
    return [(at, f"is {shown}; allowed: {_allowed(kind, context, detail['msg'])}")]


def _of_the_pair(raw: Mapping[str, Any]) -> str:
    """Which crossings the two economies of a file have, so that not those of another region are listed."""
    pair = raw.get("pair")
    if not (isinstance(pair, (list, tuple)) and len(pair) == 2 and all(isinstance(e, str) for e in pair)):
        return ""
    own = world_names.crossings_for(*pair)
    named = f"for {' and '.join(pair)}: {', '.join(own[:30])}; " if own else ""
    return f"; allowed: {named}any crossing of data/network/places.csv and data/world/crossings.csv"


def _allowed(kind: str, context: Mapping[str, Any], message: str) -> str:
    bound = {
        "greater_than_equal": "at least {ge}", "less_than_equal": "at most {le}", "greater_than": "more than {gt}",
        "less_than": "less than {lt}", "int_type": "a whole number", "int_from_float": "a whole number",
        "float_type": "a number", "finite_number": "a finite number", "string_type": "text",
        "string_too_long": "at most {max_length} characters", "string_too_short": "at least {min_length} character",
        "tuple_type": "a list", "model_type": "a map of fields", "model_attributes_type": "a map of fields",
        "dict_type": "a map of fields", "string_pattern_mismatch": "text of the form {pattern}",
    }.get(kind)
    if kind == "too_long":
        return f"at most {context['max_length']} of them, not {context['actual_length']}"
    if kind == "too_short":
        return f"at least {context['min_length']}"
    return bound.format(**context) if bound else message


def _without_tags(loc: tuple[str | int, ...]) -> Location:
    """Pydantic puts the kind of a measure into the location; a reader's file does not have it there."""
    return tuple(p for i, p in enumerate(loc) if not (i == 2 and loc[0] == "measures" and p in KINDS))


def _fields_at(at: Location, raw: Mapping[str, Any]) -> list[str]:
    if not at:
        return [*(f for f in Scenario.model_fields if f != "name"), *_FILE_ONLY]
    models: dict[str, type[Frozen]] = {"uncertainty": Uncertainty, "appraisal": Appraisal, "targets": Target, "frictions": Friction}
    if at[0] == "measures" and "cost" in at[2:]:
        return list(Cost.model_fields)
    if at[0] == "measures":
        kind = raw["measures"][at[1]]["kind"]
        return [f.alias or n for n, f in KINDS[kind].model_fields.items()]
    return list(models[str(at[0])].model_fields)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, tuple, list)) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
