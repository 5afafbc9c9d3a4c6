"""What is wrong with a scenario, in words: line, field, value, what is allowed and the nearest valid choice."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails

from corridors.data import world_names
from corridors.errors import ScenarioError, nearest
from corridors.scenario.measures import KINDS, Cost, Frozen
from corridors.scenario.model import (
    FILE_ONLY,
    Appraisal,
    CrossMistakes,
    Friction,
    Scenario,
    Target,
    Uncertainty,
)
from corridors.scenario.yaml_reader import Location

_AS_WRITTEN = {"None": "empty", "True": "true", "False": "false"}
"""What a file calls what Python calls otherwise."""


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


def explain(detail: ErrorDetails, raw: Mapping[str, Any]) -> list[tuple[Location, str]]:
    """Pydantic's finding in our words: location, value, what is allowed, the nearest valid choice."""
    context = detail.get("ctx", {})
    if isinstance(context.get("error"), CrossMistakes):
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
        return [(at, f"{shown} {_unknown(value, context, raw, at) or detail['msg']}{_choice(context, raw)}")]
    if kind in ("plain_text", "twice", "same_place", "order") or (kind == "missing" and "needs" in detail["msg"]):
        return [(at, detail["msg"])]
    if kind == "too_long" and isinstance(value, (list, tuple)) and shown.endswith("..."):
        return [(at, f"has {context['actual_length']} items; allowed: at most {context['max_length']}")]
    return [(at, f"is {shown}; allowed: {_allowed(kind, context, detail['msg'])}")]


def _unknown(value: object, context: Mapping[str, Any], raw: Mapping[str, Any], at: Location) -> str:
    """What is wrong with the name of a place or crossing, with the nearest that the economies of the file have."""
    if context.get("of") is None:
        return ""
    economies = dict.fromkeys(_pair(raw))
    if len(at) > 1 and at[0] == "measures":
        for text in _texts(raw["measures"][at[1]]):
            economies.update(dict.fromkeys(sorted(world_names.economies_named(text))))
    return f"is not {context['what']}{world_names.hint(str(value), context['of'], economies)}"


def _texts(value: object) -> list[str]:
    """All texts in a measure of a file."""
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    return [text for item in value for text in _texts(item)] if isinstance(value, (list, tuple)) else [value] if isinstance(value, str) else []


def _choice(context: Mapping[str, Any], raw: Mapping[str, Any]) -> str:
    """What is allowed: of crossings and places those of the two economies of the file, not of another region."""
    kind, pair = context.get("of"), _pair(raw)
    if kind is None or not pair:
        return f"; allowed: {context['allowed']}" if context.get("allowed") else ""
    own = world_names.choices(kind, pair)
    others = {
        "crossing": "any crossing of data/network/places.csv and data/world/crossings.csv",
        "place": "any place of data/network/places.csv and data/world/road_places.csv",
    }[kind]
    return f"; allowed: {own}{'; ' if own else ''}{others}"


def _pair(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The two economies of a file; none where it does not name two."""
    pair = raw.get("pair")
    return tuple(pair) if isinstance(pair, (list, tuple)) and len(pair) == 2 and all(isinstance(e, str) for e in pair) else ()


def _allowed(kind: str, context: Mapping[str, Any], message: str) -> str:
    bound = {
        "greater_than_equal": "at least {ge}", "less_than_equal": "at most {le}", "greater_than": "more than {gt}",
        "less_than": "less than {lt}", "int_type": "a whole number", "int_from_float": "a whole number",
        "float_type": "a number", "finite_number": "a finite number", "string_type": "text",
        "string_too_long": "at most {max_length} characters", "string_too_short": "at least {min_length} character",
        "tuple_type": "a list in square brackets", "model_type": "a map of fields", "model_attributes_type": "a map of fields",
        "dict_type": "a map of fields", "string_pattern_mismatch": "text of the form {pattern}",
    }.get(kind)
    if kind == "too_long":
        return f"at most {context['max_length']} of them, not {context['actual_length']}"
    if kind == "too_short":
        return f"at least {context['min_length']}"
    return bound.format(**{k: _number(v) for k, v in context.items()}) if bound else message


def _number(limit: Any) -> Any:
    """A limit as people write it: 365, and 100,000."""
    if isinstance(limit, bool) or not isinstance(limit, (int, float)):
        return limit
    return f"{limit:,.0f}" if float(limit).is_integer() and abs(limit) >= 10_000 else f"{limit:g}"


def _without_tags(loc: tuple[str | int, ...]) -> Location:
    """Pydantic puts the kind of a measure into the location; a reader's file does not have it there."""
    return tuple(p for i, p in enumerate(loc) if not (i == 2 and loc[0] == "measures" and p in KINDS))


def _fields_at(at: Location, raw: Mapping[str, Any]) -> list[str]:
    if not at:
        return [*(f for f in Scenario.model_fields if f != "name"), *FILE_ONLY]
    models: dict[str, type[Frozen]] = {
        "uncertainty": Uncertainty,
        "appraisal": Appraisal,
        "targets": Target,
        "frictions": Friction,
    }
    if at[0] == "measures" and "cost" in at[2:]:
        return list(Cost.model_fields)
    if at[0] == "measures":
        kind = raw["measures"][at[1]]["kind"]
        return [f.alias or n for n, f in KINDS[kind].model_fields.items()]
    return list(models[str(at[0])].model_fields)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, tuple, list)) else repr(value)
    text = _AS_WRITTEN.get(text, text)
    return text if len(text) <= 80 else text[:77] + "..."
