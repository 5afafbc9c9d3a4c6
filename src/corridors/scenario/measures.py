"""The measures a scenario can hold, each a frozen pydantic model with its fields, limits and a label.

Every measure also has ``start`` (the year it begins), ``years_to_full_effect`` (0: at once) and, if its file says
so, its ``cost``. All levels are what holds *after* the measure: ``trucks_per_day: 800`` means that the crossing then serves 800 trucks a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from corridors.data import names as vocabulary
from corridors.errors import nearest

FIRST_YEAR, LAST_YEAR = 2000, 2060


def _one_of(known: Iterable[str], what: str) -> Any:
    """The error for a name that is not in ``known``, as a function of that name."""
    return lambda value: PydanticCustomError(
        "unknown_name",
        "is not {what}{hint}",
        {"what": what, "hint": nearest(value, known), "allowed": _listed(known)},
    )


def _listed(known: Iterable[str], at_most: int = 30) -> str:
    names = list(known)
    rest = len(names) - at_most
    return ", ".join(names[:at_most]) + (f" and {rest} more in data/network" if rest > 0 else "")


def _crossing(value: str) -> str:
    known = vocabulary.crossings()
    if value not in known:
        raise _one_of(known, "a border crossing of the network")(value)
    return value


def _place(value: str) -> str:
    known = vocabulary.places()
    if value not in known:
        raise _one_of(known, "a place of the network")(value)
    return value


def _airport(value: str) -> str:
    known = vocabulary.airports()
    if value not in known:
        raise _one_of(known, "an airport of the network")(value)
    return value


def _road_link(value: str) -> str:
    """The link as the table writes it; either direction is understood."""
    known = vocabulary.road_links()
    if value in known:
        return value
    for link in known:
        a, _, b = link.partition("-")
        if value == f"{b}-{a}":
            return link
    raise _one_of(known, "a road link of the network")(value)


def _all_different(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if values.count(value) > 1:
            raise PydanticCustomError("twice", "names {value} twice", {"value": value})
    return values


Crossing = Annotated[str, AfterValidator(_crossing), Field(json_schema_extra={"names": "crossings"})]
Place = Annotated[str, AfterValidator(_place), Field(json_schema_extra={"names": "places"})]
RoadLink = Annotated[str, AfterValidator(_road_link), Field(json_schema_extra={"names": "road_links"})]
Crossings = Annotated[tuple[Crossing, ...], Field(min_length=1, max_length=40), AfterValidator(_all_different)]
Airport = Annotated[str, AfterValidator(_airport), Field(json_schema_extra={"names": "airports"})]


class Frozen(BaseModel):
    """Closed (an unknown field is a mistake), strict (``"800"`` is no number) and hashable."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, serialize_by_alias=True,
        validate_by_alias=True, validate_by_name=True,
    )


def _low_central_high(value: Any) -> tuple[float, float, float]:
    """One figure, or its range; a figure alone is a range without width."""
    figures = value if isinstance(value, (tuple, list)) else (value,) * 3
    good = len(figures) == 3 and all(type(v) in (int, float) and 0 <= v <= _MOST_MUSD for v in figures)
    if not (good and figures[0] <= figures[1] <= figures[2]):
        raise PydanticCustomError(
            "amounts", "a number of million dollars from 0 to {most}, or three of them: low <= central <= high",
            {"most": f"{_MOST_MUSD:,.0f}"},
        )
    low, central, high = (float(v) for v in figures)
    return low, central, high


_MOST_MUSD = 1e6
_AMOUNT = {"type": "number", "minimum": 0, "maximum": _MOST_MUSD}
Amounts = Annotated[
    tuple[float, float, float],
    BeforeValidator(_low_central_high),
    WithJsonSchema({"anyOf": [_AMOUNT, {"type": "array", "items": _AMOUNT, "minItems": 3, "maxItems": 3}]}),
]


class Cost(Frozen):
    """What a measure costs those who build and run it, for the appraisal: each a figure or [low, central, high]."""

    capital_musd: Amounts = Field(default=(0.0, 0.0, 0.0), description="Million dollars to build it, in the years before it works fully")
    yearly_musd: Amounts = Field(default=(0.0, 0.0, 0.0), description="Million dollars a year to run and keep it")
    life_years: float | None = Field(default=None, ge=1, le=100, description="Years until it is worn out; left out: what is usual of its kind")

    @model_validator(mode="after")
    def _says_something(self) -> Cost:
        if not self.model_fields_set & {"capital_musd", "yearly_musd"}:
            raise PydanticCustomError("missing", "needs capital_musd or yearly_musd, or both")
        return self


class _Measure(Frozen):
    start: int = Field(ge=FIRST_YEAR, le=LAST_YEAR, description="Year in which it begins; lies inside the horizon")
    years_to_full_effect: int = Field(ge=0, le=40, description="Years until it works fully; 0: at once")
    cost: Cost | None = Field(default=None, description="What it costs; left out: what is usual of its kind")

    @property
    def deed(self) -> str:
        """What it does as canonical text: the same for two measures that differ in when they begin or what they cost."""
        return self.model_dump_json(exclude={"start", "years_to_full_effect", "cost"})

    @property
    def label(self) -> str:
        """What it does, as a sentence begins: ``800 trucks a day at Torkham and Taftan``."""
        raise NotImplementedError


class BorderCapacity(_Measure):
    """Crossings serve so many trucks a day (per day of opening, both lanes and booths together)."""

    kind: Literal["border_capacity"]
    crossings: Crossings
    trucks_per_day: float = Field(ge=1, le=100_000, description="Trucks a day that the crossing can serve")

    @property
    def label(self) -> str:
        return f"{_number(self.trucks_per_day)} trucks a day at {_names(self.crossings)}"


class CrossingTime(_Measure):
    """What a truck spends at crossings when there is no queue."""

    kind: Literal["crossing_time"]
    crossings: Crossings
    processing_hours: float = Field(ge=0, le=720, description="Hours of processing with no queue")

    @property
    def label(self) -> str:
        return f"Processing in {_number(self.processing_hours)} hours at {_names(self.crossings)}"


class Closure(_Measure):
    """Crossings are shut so many days a year; 365 shuts them for good."""

    kind: Literal["closure"]
    crossings: Crossings
    days_per_year: float = Field(ge=0, le=365, description="Days a year on which the crossing is shut")

    @property
    def label(self) -> str:
        names = _names(self.crossings)
        if self.days_per_year == 365:
            return f"{names} shut all year"
        if self.days_per_year == 0:
            return f"{names} open all year"
        return f"{names} shut {_number(self.days_per_year)} days a year"


class TariffOrFee(_Measure):
    """What a truck pays at crossings."""

    kind: Literal["tariff_or_fee"]
    crossings: Crossings
    usd_per_truck: float = Field(ge=0, le=100_000, description="US dollars a truck pays in all")

    @property
    def label(self) -> str:
        return f"A fee of {_number(self.usd_per_truck)} dollars a truck at {_names(self.crossings)}"


class Road(_Measure):
    """Road links become faster or cheaper."""

    kind: Literal["road"]
    links: Annotated[tuple[RoadLink, ...], Field(min_length=1, max_length=100), AfterValidator(_all_different)]
    speed_kmh: float | None = Field(default=None, ge=5, le=150, description="Speed over the whole day, rest included: kilometres by hours of the journey")
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
            what.append(f"{_number(self.speed_kmh)} km/h")
        if self.usd_per_t_km is not None:
            what.append(f"{self.usd_per_t_km:g} dollars a tonne-km")
        roads = [" to ".join(vocabulary.short_name(p) for p in link.split("-")) for link in self.links]
        named = _and(roads) if len(roads) <= 3 else f"{len(roads)} road links"
        return f"{' and '.join(what)} on {named}"


class NewLink(_Measure):
    """A link that is not there today."""

    kind: Literal["new_link"]
    from_: Place = Field(alias="from", description="Place where it begins")
    to: Place = Field(description="Place where it ends")
    km: float = Field(gt=0, le=20_000, description="Length")
    mode: Literal["road", "rail", "sea", "ferry"] = Field(description="Mode")
    speed_kmh: float = Field(ge=1, le=300, description="Speed over the whole day, stops included")
    usd_per_t_km: float = Field(ge=0.001, le=10, description="US dollars a tonne-kilometre")

    @model_validator(mode="after")
    def _two_ends(self) -> NewLink:
        _different_ends(self.from_, self.to)
        return self

    @property
    def label(self) -> str:
        what = {"road": "road", "rail": "railway", "sea": "sea link", "ferry": "ferry"}[self.mode]
        return f"A {what} from {vocabulary.short_name(self.from_)} to {vocabulary.short_name(self.to)}"


class RailService(_Measure):
    """Container trains between two places."""

    kind: Literal["rail_service"]
    from_: Place = Field(alias="from", description="Place where trains begin")
    to: Place = Field(description="Place where trains end")
    trains_per_week: float = Field(gt=0, le=500, description="Departures a week, each way")
    teu_per_train: float = Field(ge=1, le=400, description="Twenty-foot containers a train")
    days: float = Field(gt=0, le=200, description="Days from departure to arrival")
    usd_per_teu: float = Field(gt=0, le=100_000, description="US dollars a twenty-foot container")

    @model_validator(mode="after")
    def _two_ends(self) -> RailService:
        _different_ends(self.from_, self.to)
        return self

    @property
    def label(self) -> str:
        each = f"{_number(self.trains_per_week)} train{'s' * (self.trains_per_week != 1)} a week"
        return f"{each} from {vocabulary.short_name(self.from_)} to {vocabulary.short_name(self.to)}"


class DirectFlights(_Measure):
    """Direct flights between two airports, one in each economy."""

    kind: Literal["direct_flights"]
    route: Annotated[tuple[Airport, Airport], AfterValidator(_all_different)] = Field(description="Two IATA codes")
    flights_per_week: float = Field(gt=0, le=1_000, description="Flights a week, each way")

    @property
    def label(self) -> str:
        each = f"{_number(self.flights_per_week)} direct flight{'s' * (self.flights_per_week != 1)} a week"
        return f"{each} between {self.route[0]} and {self.route[1]}"


Measure = Annotated[
    BorderCapacity | CrossingTime | Closure | TariffOrFee | Road | NewLink | RailService | DirectFlights,
    Field(discriminator="kind"),
]
KINDS: Mapping[str, type[_Measure]] = {
    "border_capacity": BorderCapacity,
    "crossing_time": CrossingTime,
    "closure": Closure,
    "tariff_or_fee": TariffOrFee,
    "road": Road,
    "new_link": NewLink,
    "rail_service": RailService,
    "direct_flights": DirectFlights,
}


def _different_ends(a: str, b: str) -> None:
    if a == b:
        raise PydanticCustomError("same_place", "begins and ends at {place}", {"place": a})


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,g}"


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _names(crossings: tuple[str, ...]) -> str:
    names = [vocabulary.short_name(c) for c in crossings]
    return _and(names) if len(names) <= 4 else f"{len(names)} crossings"
