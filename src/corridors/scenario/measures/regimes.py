"""Measures that take from the road's hidden cost: a transit regime, a single window, a regular truck line."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from corridors.data import names as vocabulary
from corridors.scenario.measures.base import (
    Crossings,
    Economies,
    Economy,
    Frozen,
    Measured,
    Place,
    Works,
    all_different,
    different_ends,
    joined,
    named,
    number,
)

_HALF_FREQUENCY = 2.0
"""Departures a week at which a line does half of what a frequent one does; our choice."""


class Removed(Frozen):
    """Share of each named part of the hidden cost that goes (data/hidden_cost.csv); left out: what is usual."""

    documents: float | None = Field(default=None, ge=0, le=1, description="Of documents and their clearance")
    guarantee: float | None = Field(default=None, ge=0, le=1, description="Of the guarantee for duties in transit")
    security: float | None = Field(default=None, ge=0, le=1, description="Of insurance and security")
    empty_return: float | None = Field(default=None, ge=0, le=1, description="Of the empty return")
    waiting: float | None = Field(default=None, ge=0, le=1, description="Of waiting for a load")
    unproven_way: float | None = Field(
        default=None, ge=0, le=1, description="Of what first trips on an unproven way cost"
    )


class TransitRegime(Measured):
    """One document and one guarantee for the whole way, such as TIR, on ways that pass its economies alone."""

    about = "a transit regime with one document and one guarantee for the whole way"
    adopted = True
    kind: Literal["transit_regime"]
    economies: Annotated[
        tuple[Economy, ...], Field(min_length=2, max_length=40), AfterValidator(all_different)
    ] = Field(description="Economies that take part; ways that leave them gain nothing")
    removes: Removed = Field(
        default=Removed(),
        description="Share of named parts of the hidden cost that goes; left out: what is usual",
    )

    @property
    def label(self) -> str:
        return f"A transit regime for {_economies(self.economies)}"

    def act(self, works: Works) -> None:
        works.take_from_hidden(self.removes.model_dump(), economies=self.economies)


class SingleWindow(Measured):
    """Documents are handed in once, at crossings or in all of an economy."""

    about = "a single window for documents"
    adopted = True
    kind: Literal["single_window"]
    crossings: Crossings | None = Field(default=None, description="Crossings where it works")
    economies: Economies | None = Field(
        default=None, description="Economies in which it works; ways that pass one of them gain"
    )
    hours: float | None = Field(
        default=None, ge=0, le=720, description="Hours of processing at its crossings with no queue"
    )
    usd_per_truck: float | None = Field(
        default=None,
        ge=0,
        le=100_000,
        description="What documents still cost, US dollars a truck; left out: what is usual",
    )

    @model_validator(mode="after")
    def _somewhere(self) -> SingleWindow:
        if (self.crossings is None) == (self.economies is None):
            raise PydanticCustomError("missing", "needs crossings or economies, one of the two")
        if self.hours is not None and self.crossings is None:
            raise PydanticCustomError("missing", "needs crossings where it states hours")
        return self

    @property
    def label(self) -> str:
        where = f"at {named(self.crossings)}" if self.crossings else f"in {_economies(self.economies or ())}"
        return f"A single window for documents {where}"

    def act(self, works: Works) -> None:
        if self.hours is not None:
            works.set_at_crossings("processing_hours", self.crossings or (), self.hours)
        where = self.crossings or works.crossings_of(self.economies or ())
        works.take_from_hidden({}, crossings=tuple(where), left_usd=self.usd_per_truck)


class RegularService(Measured):
    """A scheduled truck line between two places, both ways."""

    about = "a regular truck line"
    adopted = True
    kind: Literal["regular_service"]
    from_: Place = Field(alias="from", description="Place where it begins")
    to: Place = Field(description="Place where it ends")
    departures_per_week: float = Field(gt=0, le=500, description="Departures a week, each way")

    @model_validator(mode="after")
    def _two_ends(self) -> RegularService:
        different_ends(self.from_, self.to)
        return self

    @property
    def label(self) -> str:
        each = f"{number(self.departures_per_week)} departure{'s' * (self.departures_per_week != 1)} a week"
        return f"A truck line with {each} from {vocabulary.short_name(self.from_)} to {vocabulary.short_name(self.to)}"

    def act(self, works: Works) -> None:
        reach = self.departures_per_week / (self.departures_per_week + _HALF_FREQUENCY)
        works.take_from_hidden({}, ends=(self.from_, self.to), reach=reach)


def _economies(codes: tuple[str, ...]) -> str:
    known = vocabulary.economies()
    names = [known[code] for code in codes]
    return joined(names) if len(names) <= 5 else f"{len(names)} economies"
