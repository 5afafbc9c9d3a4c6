"""A scenario: its fields, their limits, and how they fit together. Frozen and hashable."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from html import escape
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from corridors.data import codes
from corridors.data import names as vocabulary
from corridors.runtime.notebook_html import in_notebook
from corridors.scenario.measures import FIRST_YEAR, LAST_YEAR, Frozen, Measure
from corridors.scenario.yaml_reader import Location, field_name

MAX_YEARS = 40
MAX_MEASURES = 12
DEFAULTS = "defaults"
RESERVED = frozenset({DEFAULTS, "comparison", "validation", "background", "index", "manifest", "assets"})
FILE_ONLY = ("start", "years_to_full_effect")
"""Fields that a file states once for all its measures."""


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
                "plain_text",
                "holds {character}; it must be plain text without < > {braces} ` \\",
                {"character": character, "braces": "{ }"},
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

    flow: Literal["exports", "imports", "total"] = Field(
        description="Which trade; exports go from the first economy of the pair to the second"
    )
    value_musd: float = Field(gt=0, le=1e8, description="Million current US dollars a year")
    year: Year = Field(description="By which year")


FRICTION_UNITS = {"payment": "share of goods value", "sanctions": "share of goods value", "insecurity": "days a year"}
FRICTION_LIMITS = {"payment": 2.0, "sanctions": 2.0, "insecurity": 365.0}


class Friction(Frozen):
    """A cost of this pair's trade that no road mends, with its range; it replaces the row of data/frictions.csv."""

    kind: Literal["payment", "sanctions", "insecurity"]
    low: float = Field(
        ge=0,
        le=365,
        description="Low end: share of goods value; of insecurity, days a year a border is shut",
    )
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


class CrossMistakes(ValueError):
    """Mistakes that only show when fields are seen together."""

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
    measures: Annotated[tuple[Measure, ...], Field(max_length=MAX_MEASURES)] = Field(
        default=(), description="What is done"
    )
    uncertainty: Uncertainty
    appraisal: Appraisal
    targets: Annotated[tuple[Target, ...], Field(max_length=6)] = ()
    frictions: Annotated[tuple[Friction, ...], Field(max_length=3)] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Scenario:
        found = cross_checks(self.model_dump())
        if found:
            raise CrossMistakes(found)
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
            f"<tr><th "
            f"scope='row'>{escape(m.label)}</th><td>{m.start}</td><td>{m.start + m.years_to_full_effect}</td></tr>"
            for m in self.measures
        )
        table = (
            f"<table><thead><tr><th scope='col'>Measure</th><th scope='col'>Begins</th><th "
            f"scope='col'>Works fully</th></tr></thead><tbody>{rows}</tbody></table>"
            if rows
            else "<p>No measures: the baseline.</p>"
        )
        return in_notebook(
            f"<p><strong>{escape(self.title)}</strong> ({escape(' - '.join(self.pair))}, "
            f"{self.years[0]}-{self.years[-1]}, "
            f"{self.uncertainty.draws:,} draws)</p><p>{escape(self.summary)}</p>{table}"
        )


def cross_checks(raw: Mapping[str, Any]) -> list[tuple[Location, str]]:
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
        for i, item in enumerate(items_of(raw, field)):
            year = item.get(year_field) if isinstance(item, Mapping) else None
            if type(year) is int and FIRST_YEAR <= year <= LAST_YEAR and not first <= year <= last:
                found.append(((field, i, year_field), f"is {year}; allowed: inside the horizon, {first} to {last}"))
    measures = [_as_a_set(m) for m in items_of(raw, "measures")]
    for i, measure in enumerate(measures if len(measures) <= MAX_MEASURES else ()):
        if measure is not None and measure in measures[:i]:
            found.append((("measures", i), f"says the same as measures[{measures.index(measure)}]; its cost, and a way that it adds, would count twice: state it once"))
    kinds = [f.get("kind") if isinstance(f, Mapping) else None for f in items_of(raw, "frictions")]
    for i, kind in enumerate(kinds):
        if kind is not None and kind in kinds[:i]:
            found.append((("frictions", i, "kind"), f"{kind!r} occurs twice"))
    return found


def _as_a_set(measure: object) -> str | None:
    """A measure as text in which the order of names and of a way's two ends does not count, nor what it costs; none where it is
    no map."""
    if not isinstance(measure, Mapping):
        return None
    told = {k: sorted(map(str, v)) if isinstance(v, (tuple, list)) else v for k, v in measure.items() if k != "cost" and v is not None}
    if "from" in told and "to" in told:
        told["from"], told["to"] = sorted((str(told["from"]), str(told["to"])))
    return json.dumps(told, sort_keys=True, default=str)


def items_of(raw: Mapping[str, Any], field: str) -> tuple[Any, ...]:
    """The items of a field that holds a list; none where it does not."""
    items = raw.get(field)
    return tuple(items) if isinstance(items, (tuple, list)) else ()
