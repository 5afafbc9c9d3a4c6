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


@dataclass(frozen=True)
class Question:
    """What is done at ``crossings``, and which of the model's assumptions differ; None leaves a thing as it is.

    ``trucks_per_day`` served, ``processing_hours`` with no queue, ``closed_days`` a year, ``usd_per_truck`` in all:
    levels that hold afterwards. ``route`` (two IATA codes) gets ``flights_per_week`` direct flights.
    ``value_of_a_day`` (share of goods value that a day in transit costs) and ``trade_elasticity`` (theta) replace the
    central values of ``data/parameters.csv``, their spread in proportion. ``horizon`` None: as ``defaults.yaml`` has it.
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
        if self.horizon is not None:
            fields["horizon"] = self.horizon
        return scenario.parse(fields, name=name)

    def _measures(self) -> tuple[dict[str, Any], ...]:
        levels = (
            ("border_capacity", "trucks_per_day", self.trucks_per_day),
            ("crossing_time", "processing_hours", self.processing_hours),
            ("closure", "days_per_year", self.closed_days),
            ("tariff_or_fee", "usd_per_truck", self.usd_per_truck),
        )
        at_crossings: list[dict[str, Any]] = [
            {"kind": kind, "crossings": self.crossings, field: float(level)} for kind, field, level in levels if level is not None
        ]
        if at_crossings and not self.crossings:
            raise ScenarioError("explore: measures at crossings need crossings; name at least one")
        if self.route is None:
            return tuple(at_crossings)
        # First, so that its number among the measures does not depend on the others: the engine builds on that.
        return ({"kind": "direct_flights", "route": self.route, "flights_per_week": float(self.flights_per_week)}, *at_crossings)

    def _title(self) -> str:
        names = vocabulary.economies()
        return " and ".join(names.get(code, code) for code in self.pair) + ", explored"


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
        for parameter, value in (("value_of_a_day", question.value_of_a_day), ("trade_elasticity", question.trade_elasticity))
        if value is not None
    ]
    text = "Saved from the explorer (notebooks/00_explore.ipynb)."
    if assumed:
        text += f"\nIt was seen there with {' and '.join(assumed)}: such assumptions are rows of data/parameters.csv."
    return text


def airports_of(pair: Sequence[str]) -> tuple[str, str] | None:
    """The first airport of each economy that the network knows, or None."""
    from corridors.transport import network

    roads = network.load()
    found = [next((iata for iata, place in roads.airports.items() if roads.economies[place][0] == code), None) for code in pair]
    return (found[0], found[1]) if found[0] and found[1] else None
