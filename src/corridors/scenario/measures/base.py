"""What every kind of measure shares: types of fields, cost, and what a kind says of itself.

A measure is one class, and that class owns all that is known of its kind: its fields and their
limits, its label, what it is about in words, what it moves in the network (:meth:`Measured.act`),
whether it adds a way to choose from, and whether it acts at crossings alone. Every list of kinds is
made from the classes (:data:`KINDS`). What a kind costs where a file does not say is a row of
``data/measure_costs.csv``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, get_args

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
from corridors.data import world_names
from corridors.errors import nearest

FIRST_YEAR, LAST_YEAR = 2000, 2060


_TABLES = {
    "crossing": "data/network/crossings.csv and the world's in data/world/crossings.csv",
    "place": "data/network/places.csv and the world's in data/world/road_places.csv",
}


def _one_of(known: Iterable[str], what: str, rest: str) -> Any:
    """The error for a name that is not in ``known``, as a function of that name."""
    return lambda value: PydanticCustomError(
        "unknown_name",
        "is not {what}{hint}",
        {"what": what, "hint": nearest(value, known), "allowed": _listed(known, rest)},
    )


def _listed(known: Iterable[str], rest: str, at_most: int = 30) -> str:
    names = list(known)
    more = f" and {len(names) - at_most} more in {rest}" if len(names) > at_most else ""
    return ", ".join(names[:at_most]) + more


def _crossing(value: str) -> str:
    """The id of a crossing anywhere, named by id or by any common name."""
    found = world_names.crossing_id(value)
    if found is None:
        raise _unknown(value, vocabulary.crossings(), "crossing", "a border crossing of the network")
    return found


def _place(value: str) -> str:
    """The id of a place anywhere, named by id or by any common name."""
    found = world_names.place_id(value)
    if found is None:
        raise _unknown(value, vocabulary.places(), "place", "a place of the network")
    return found


def _unknown(value: str, known: Iterable[str], kind: str, what: str) -> PydanticCustomError:
    context = {"what": what, "hint": world_names.hint(value, kind), "allowed": _listed(known, _TABLES[kind]), "of": kind}
    return PydanticCustomError("unknown_name", "is not {what}{hint}", context)


def _airport(value: str) -> str:
    known = vocabulary.airports()
    if value not in known:
        raise _one_of(known, "an airport of the network", "data/network/airports.csv")(value)
    return value


def _economy(value: str) -> str:
    known = vocabulary.economies()
    if value not in known:
        raise _one_of(known, "an economy", "data/economies.csv")(value)
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
    ends = [world_names.place_id(end) for end in value.split("-")]
    if len(ends) == 2 and all(ends) and ends[0] != ends[1] and world_names.on_one_road(str(ends[0]), str(ends[1])):
        return f"{ends[0]}-{ends[1]}"
    raise _one_of(known, "a road link of the network", "data/network/links.csv, or any two places of one economy")(value)


def all_different(values: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a name that stands there twice."""
    for value in values:
        if values.count(value) > 1:
            raise PydanticCustomError("twice", "names {value} twice", {"value": value})
    return values


Crossing = Annotated[str, AfterValidator(_crossing), Field(json_schema_extra={"names": "crossings"})]
Place = Annotated[str, AfterValidator(_place), Field(json_schema_extra={"names": "places"})]
RoadLink = Annotated[str, AfterValidator(_road_link), Field(json_schema_extra={"names": "road_links"})]
Crossings = Annotated[tuple[Crossing, ...], Field(min_length=1, max_length=40), AfterValidator(all_different)]
Economy = Annotated[str, AfterValidator(_economy), Field(json_schema_extra={"names": "economies"})]
Economies = Annotated[tuple[Economy, ...], Field(min_length=1, max_length=40), AfterValidator(all_different)]
Airport = Annotated[str, AfterValidator(_airport), Field(json_schema_extra={"names": "airports"})]


class Frozen(BaseModel):
    """Closed (an unknown field is a mistake), strict (``"800"`` is no number) and hashable."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, serialize_by_alias=True,
        validate_by_alias=True, validate_by_name=True,
    )


def _range(value: Any, most: float) -> tuple[float, float, float] | None:
    """One figure from 0 to ``most``, or its range; a figure alone is a range without width. None: it is neither."""
    figures = value if isinstance(value, (tuple, list)) else (value,) * 3
    good = len(figures) == 3 and all(type(v) in (int, float) and 0 <= v <= most for v in figures)
    if not (good and figures[0] <= figures[1] <= figures[2]):
        return None
    low, central, high = (float(v) for v in figures)
    return low, central, high


def _low_central_high(value: Any) -> tuple[float, float, float]:
    found = _range(value, _MOST_MUSD)
    if found is None:
        raise PydanticCustomError(
            "amounts", "a number of million dollars from 0 to {most}, or three of them: low <= central <= high",
            {"most": f"{_MOST_MUSD:,.0f}"},
        )
    return found


_MOST_MUSD = 1e6
_AMOUNT = {"type": "number", "minimum": 0, "maximum": _MOST_MUSD}
Amounts = Annotated[
    tuple[float, float, float],
    BeforeValidator(_low_central_high),
    WithJsonSchema({"anyOf": [_AMOUNT, {"type": "array", "items": _AMOUNT, "minItems": 3, "maxItems": 3}]}),
]


_MOST_WORKS = 20


def _years_of_works(value: Any) -> tuple[float, float, float]:
    found = _range(value, _MOST_WORKS)
    if found is None:
        raise PydanticCustomError(
            "years_of_works", "a number of years from 0 to {most}, or three of them: low <= central <= high",
            {"most": _MOST_WORKS},
        )
    return found


_WORKS = {"type": "number", "minimum": 0, "maximum": _MOST_WORKS}
WorksYears = Annotated[
    tuple[float, float, float],
    BeforeValidator(_years_of_works),
    WithJsonSchema({"anyOf": [_WORKS, {"type": "array", "items": _WORKS, "minItems": 3, "maxItems": 3}]}),
]


class Cost(Frozen):
    """What a measure costs those who build and run it, for the appraisal: each a figure or [low, central, high]."""

    capital_musd: Amounts = Field(
        default=(0.0, 0.0, 0.0),
        description="Million dollars to build it, spent over the years of works before its start",
    )
    yearly_musd: Amounts = Field(default=(0.0, 0.0, 0.0), description="Million dollars a year to run and keep it")
    life_years: float | None = Field(
        default=None,
        ge=1,
        le=100,
        description="Years until it is worn out; left out: what is usual of its kind",
    )
    works_years: WorksYears | None = Field(
        default=None,
        description="Years of works before its start; left out: what is usual of its kind",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Cost:
        if not self.model_fields_set & {"capital_musd", "yearly_musd"}:
            raise PydanticCustomError("missing", "needs capital_musd or yearly_musd, or both")
        return self


class Works(Protocol):
    """The network as a measure sees it: what it can set and what it can add. Names are the network's own."""

    def set_at_crossings(self, quantity: str, crossings: Sequence[str], level: float) -> None:
        """``capacity``, ``processing_hours``, ``closure_days`` or ``fee`` goes to ``level`` at each crossing."""

    def set_on_roads(self, links: Sequence[str], speed_kmh: float | None, usd_per_t_km: float | None) -> None:
        """Road links take this speed and cost; None leaves one as it is."""

    def add_link(self, ends: tuple[str, str], mode: str, km: float, speed_kmh: float, usd_per_t_km: float) -> None:
        """A link that is not there today; one by road or ferry joins the roads, another is a way of its own."""

    def add_trains(
        self, ends: tuple[str, str], per_week: float, teu_per_train: float, days: float, usd_per_teu: float
    ) -> None:
        """Container trains, up to their capacity."""

    def crossings_of(self, economies: Sequence[str]) -> Sequence[str]:
        """Crossings of the network at which one of ``economies`` meets another."""

    def take_from_hidden(
        self,
        shares: Mapping[str, float | None],
        economies: Sequence[str] = (),
        ends: tuple[str, str] | None = None,
        crossings: Sequence[str] = (),
        reach: float = 1.0,
        left_usd: float | None = None,
    ) -> None:
        """Named parts of the road's hidden cost shrink on some ways: those that pass only ``economies``, join the
        economies of ``ends`` or pass ``crossings``. ``shares`` by part is how much of it goes; a
        part that is not there or None: what is usual of the kind, times ``reach``. ``left_usd``:
        what it still costs a truck, in its place."""

    def add_flights(self, route: tuple[str, str], per_week: float) -> None:
        """Room for air freight on direct flights between two airports."""


KINDS: dict[str, type[Measured]] = {}
"""Every kind of measure by its name, in the order in which messages list them."""


class Measured(Frozen):
    """Begins in a year, takes some years to work fully, may state its cost; the base of every kind."""

    about: ClassVar[str]
    """What the kind is about, as the subject of a sentence: ``better roads``."""
    adds_a_way: ClassVar[bool] = False
    """Whether it adds a way to choose from, which makes every case a little larger."""
    at_crossings: ClassVar[bool] = False
    """Whether all it moves are quantities of crossings, so that the network is compiled alike without it."""
    costs_as: ClassVar[str] = ""
    """The kind whose usual cost it has, where ``data/measure_costs.csv`` has no row of its own."""
    adopted: ClassVar[bool] = False
    """Whether its users come over the years, as to corridors that opened, on top of the years until it works fully."""

    if TYPE_CHECKING:
        kind: str

    start: int = Field(ge=FIRST_YEAR, le=LAST_YEAR, description="Year in which it begins; lies inside the horizon")
    years_to_full_effect: int = Field(ge=0, le=40, description="Years until it works fully; 0: at once")
    cost: Cost | None = Field(default=None, description="What it costs; left out: what is usual of its kind")

    @classmethod
    def __pydantic_init_subclass__(cls, **more: Any) -> None:
        """A kind is known as soon as its class is there."""
        super().__pydantic_init_subclass__(**more)
        (kind,) = get_args(cls.model_fields["kind"].annotation)
        KINDS[kind] = cls

    def act(self, works: Works) -> None:
        """Say to ``works`` what the measure moves or adds when it is fully there."""
        raise NotImplementedError

    @property
    def deed(self) -> str:
        """What it does as canonical text: the same for two measures that differ in when they begin
        or what they cost."""
        return self.model_dump_json(exclude={"start", "years_to_full_effect", "cost"})

    @property
    def label(self) -> str:
        """What it does, as a sentence begins: ``800 trucks a day at Torkham and Taftan``."""
        raise NotImplementedError


def different_ends(a: str, b: str) -> None:
    """Refuse a way from a place to itself."""
    if a == b:
        raise PydanticCustomError("same_place", "begins and ends at {place}", {"place": a})


def number(value: float) -> str:
    """A figure of a label: ``1,200``, ``3.5``."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,g}"


def counted(value: float, unit: str) -> str:
    """A figure with its unit: ``1 hour``, ``1,200 trucks``."""
    return f"{number(value)} {unit}{'' if value == 1 else 's'}"


def joined(words: list[str]) -> str:
    """``A, B and C``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def named(crossings: tuple[str, ...]) -> str:
    """Crossings by name, or how many where they are more than four."""
    names = [vocabulary.short_name(c) for c in crossings]
    return joined(names) if len(names) <= 4 else f"{len(names)} crossings"
