"""Measures that make ways better or add new ones: roads, links, trains, flights."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from corridors.data import names as vocabulary
from corridors.scenario.measures.base import (
    Airport,
    Measured,
    Place,
    RoadLink,
    Works,
    all_different,
    different_ends,
    joined,
    number,
)


class Road(Measured):
    """Road links become faster or cheaper."""

    about = "better roads"
    kind: Literal["road"]
    links: Annotated[tuple[RoadLink, ...], Field(min_length=1, max_length=100), AfterValidator(all_different)]
    speed_kmh: float | None = Field(
        default=None,
        ge=5,
        le=150,
        description="Speed over the whole day, rest included: kilometres by hours of the journey",
    )
    usd_per_t_km: float | None = Field(default=None, ge=0.001, le=10, description="US dollars a tonne-kilometre")

    @model_validator(mode="after")
    def _says_something(self) -> Road:
        if self.speed_kmh is None and self.usd_per_t_km is None:
            raise PydanticCustomError("missing", "needs speed_kmh or usd_per_t_km, or both")
        return self

    @property
    def label(self) -> str:
        what = []
        if self.speed_kmh is not None:
            what.append(f"{number(self.speed_kmh)} km/h")
        if self.usd_per_t_km is not None:
            what.append(f"{self.usd_per_t_km:g} dollars a tonne-km")
        roads = [" to ".join(vocabulary.short_name(p) for p in link.split("-")) for link in self.links]
        named = joined(roads) if len(roads) <= 3 else f"{len(roads)} road links"
        return f"{' and '.join(what)} on {named}"

    def act(self, works: Works) -> None:
        works.set_on_roads(self.links, self.speed_kmh, self.usd_per_t_km)


class NewLink(Measured):
    """A link that is not there today."""

    about = "the new link"
    adds_a_way = True
    kind: Literal["new_link"]
    from_: Place = Field(alias="from", description="Place where it begins")
    to: Place = Field(description="Place where it ends")
    km: float = Field(gt=0, le=20_000, description="Length")
    mode: Literal["road", "rail", "sea", "ferry"] = Field(description="Mode")
    speed_kmh: float = Field(ge=1, le=300, description="Speed over the whole day, stops included")
    usd_per_t_km: float = Field(ge=0.001, le=10, description="US dollars a tonne-kilometre")

    @model_validator(mode="after")
    def _two_ends(self) -> NewLink:
        different_ends(self.from_, self.to)
        return self

    @property
    def label(self) -> str:
        what = {"road": "road", "rail": "railway", "sea": "sea link", "ferry": "ferry"}[self.mode]
        return f"A {what} from {vocabulary.short_name(self.from_)} to {vocabulary.short_name(self.to)}"

    def act(self, works: Works) -> None:
        works.add_link((self.from_, self.to), self.mode, self.km, self.speed_kmh, self.usd_per_t_km)


class RailService(Measured):
    """Container trains between two places."""

    about = "the train service"
    adds_a_way = True
    kind: Literal["rail_service"]
    from_: Place = Field(alias="from", description="Place where trains begin")
    to: Place = Field(description="Place where trains end")
    trains_per_week: float = Field(gt=0, le=500, description="Departures a week, each way")
    teu_per_train: float = Field(ge=1, le=400, description="Twenty-foot containers a train")
    days: float = Field(gt=0, le=200, description="Days from departure to arrival")
    usd_per_teu: float = Field(gt=0, le=100_000, description="US dollars a twenty-foot container")

    @model_validator(mode="after")
    def _two_ends(self) -> RailService:
        different_ends(self.from_, self.to)
        return self

    @property
    def label(self) -> str:
        each = f"{number(self.trains_per_week)} train{'s' * (self.trains_per_week != 1)} a week"
        return f"{each} from {vocabulary.short_name(self.from_)} to {vocabulary.short_name(self.to)}"

    def act(self, works: Works) -> None:
        works.add_trains((self.from_, self.to), self.trains_per_week, self.teu_per_train, self.days, self.usd_per_teu)


class DirectFlights(Measured):
    """Direct flights between two airports, one in each economy."""

    about = "direct flights"
    adds_a_way = True
    kind: Literal["direct_flights"]
    route: Annotated[tuple[Airport, Airport], AfterValidator(all_different)] = Field(description="Two IATA codes")
    flights_per_week: float = Field(gt=0, le=1_000, description="Flights a week, each way")

    @property
    def label(self) -> str:
        each = f"{number(self.flights_per_week)} direct flight{'s' * (self.flights_per_week != 1)} a week"
        first, second = (vocabulary.city_of_airport(code) for code in self.route)
        return (
            f"{each} between {first} and {second}"
            if first != second
            else f"{each} between {' and '.join(self.route)}"
        )

    def act(self, works: Works) -> None:
        works.add_flights(self.route, self.flights_per_week)
