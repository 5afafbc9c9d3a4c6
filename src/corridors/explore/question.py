"""A question for the explorer: a pair, some crossings, and what is done there; it becomes a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corridors import scenario
from corridors.data import names as vocabulary
from corridors.errors import ScenarioError
from corridors.scenario import template
from corridors.scenario.model import Scenario

SEED = 20260213
NAME = "explored"
LEVELS = {
    "border_capacity": ("trucks_per_day", "trucks_per_day"),
    "crossing_time": ("processing_hours", "processing_hours"),
    "closure": ("days_per_year", "closed_days"),
    "tariff_or_fee": ("usd_per_truck", "usd_per_truck"),
}
"""Kinds of measures at crossings that a question has a field for: the measure's own field, and the question's."""
_MEASURE_FIELDS = ("kind", "crossings", "start", "years_to_full_effect")
_SHARED = ("summary", "frictions", "targets", "appraisal", "uncertainty")


@dataclass(frozen=True)
class Question:
    """What is done at ``crossings``, and which of the model's assumptions differ; None leaves a thing as it is.

    ``trucks_per_day`` served, ``processing_hours`` with no queue, ``closed_days`` a year,
    ``usd_per_truck`` in all: levels that hold afterwards. ``route`` (two IATA codes) gets
    ``flights_per_week`` direct flights. ``value_of_a_day`` (share of goods value that a day in
    transit costs) and ``trade_elasticity`` (theta) replace the central values of
    ``data/parameters.csv``, their spread in proportion. ``horizon`` None: as ``defaults.yaml`` has
    it. ``based_on`` is a scenario whose measures, frictions, aims and appraisal go with the
    question (:func:`asked_by`).
    """

    pair: tuple[str, str]
    crossings: tuple[str, ...] = ()
    trucks_per_day: float | None = None
    processing_hours: float | None = None
    closed_days: float | None = None
    usd_per_truck: float | None = None
    route: tuple[str, str] | None = None
    flights_per_week: float = 2.0
    start: int = 2027
    years_to_full_effect: int = 3
    horizon: tuple[int, int] | None = None
    value_of_a_day: float | None = None
    trade_elasticity: float | None = None
    based_on: Scenario | None = None

    def __post_init__(self) -> None:
        for name in ("pair", "crossings", "route", "horizon"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, tuple(value))  # a notebook's parameters are lists

    def scenario(self, name: str = NAME, title: str | None = None) -> Scenario:
        """The question as a scenario; InvalidScenario lists every mistake. Assumptions are no part of it."""
        fields: dict[str, Any] = {
            "title": title or self._title(), "pair": self.pair, "measures": self._measures(),
            "start": self.start, "years_to_full_effect": self.years_to_full_effect,
            "uncertainty": {"seed": SEED},
        }  # fmt: skip
        if self.based_on is not None:
            shared = self.based_on.model_dump(mode="json", include=set(_SHARED), exclude_none=True)
            fields |= {key: value for key, value in shared.items() if value}
        if self.horizon is not None:
            fields["horizon"] = self.horizon
        return scenario.parse(fields, name=name)

    def _measures(self) -> tuple[dict[str, Any], ...]:
        at_crossings: list[dict[str, Any]] = [
            {"kind": kind, "crossings": self.crossings, field: float(level)}
            for kind, (field, asked) in LEVELS.items()
            if (level := getattr(self, asked)) is not None
        ]
        if at_crossings and not self.crossings:
            raise ScenarioError("explore: measures at crossings need crossings; name at least one")
        # First, so that their numbers among the measures do not depend on the sliders: the engine
        # builds on that.
        first = [m.model_dump(mode="json", exclude_none=True) for m in self.based_on.measures] if self.based_on else []
        if self.route is not None:
            first.append(
                {
                    "kind": "direct_flights",
                    "route": self.route,
                    "flights_per_week": float(self.flights_per_week),
                }
            )
        return (*first, *at_crossings)

    def _title(self) -> str:
        names = vocabulary.economies()
        return " and ".join(names.get(code, code) for code in self.pair) + ", explored"


def asked_by(chosen: Scenario) -> Question:
    """The question that a saved scenario asks: what a question has fields for in these, all else in ``based_on``.

    Fields are those of measures at the crossings, and with the years, of the first measure of a
    kind in :data:`LEVELS`.
    """
    held: dict[str, Any] = {}
    first: Any = None
    others: list[Any] = []
    m: Any
    for m in chosen.measures:
        field, asked = LEVELS.get(m.kind, ("", ""))
        plain = bool(asked) and set(m.model_dump(exclude_none=True)) == {*_MEASURE_FIELDS, field}  # no cost of its own
        if plain and asked not in held and all(
            first is None or getattr(m, f) == getattr(first, f) for f in _MEASURE_FIELDS[1:]
        ):
            first = first or m
            held[asked] = float(getattr(m, field))
        else:
            others.append(m)
    begun: dict[str, Any] = (
        {}
        if first is None
        else {
            "crossings": first.crossings,
            "start": first.start,
            "years_to_full_effect": first.years_to_full_effect,
        }
    )
    rest = chosen.model_copy(update={"measures": tuple(others)})
    return Question(chosen.pair, horizon=chosen.horizon, based_on=rest, **begun, **held)


def save(question: Question, name: str, title: str | None = None, folder: Path | None = None) -> Path | None:
    """Write ``question`` as the scenario ``name`` and give its path; nothing happens for an empty name.

    Raises ScenarioError if the name is not allowed or taken: nothing is ever overwritten.
    """
    if not name:
        return None
    return template.write(question.scenario(name, title), folder=folder, comment=_remark(question))


def _remark(question: Question) -> str:
    """What the scenario cannot hold, for the reader of the file."""
    assumed = [
        f"{parameter} {value:g}"
        for parameter, value in (
            ("value_of_a_day", question.value_of_a_day),
            ("trade_elasticity", question.trade_elasticity),
        )
        if value is not None
    ]
    text = "Saved from the explorer (make explore)."
    if assumed:
        text += f"\nIt was seen there with {' and '.join(assumed)}: such assumptions are rows of data/parameters.csv."
    return text


def airports_of(pair: Sequence[str]) -> tuple[str, str] | None:
    """The first airport of each economy that the network knows, or None."""
    from corridors.transport import network

    roads = network.load()
    found = [
        next(
            (iata for iata, place in roads.airports.items() if roads.economies[place][0] == code),
            None,
        )
        for code in pair
    ]
    return (found[0], found[1]) if found[0] and found[1] else None
