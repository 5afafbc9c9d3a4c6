"""The single numbers and labels of a study that sentences need beside its tables: what each is, its type and unit.

Declared here and nowhere else: :class:`corridors.study.result.StudyResult` refuses facts that
differ, and ``docs/results.md`` is written from it. "Before" is without the scenario's measures,
"after" with them; a share is 0 to 1.
"""

# No postponed annotations here: with them a TypedDict does not know which of its keys may be left
# out.
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    NotRequired,
    TypedDict,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from corridors.errors import DataError, nearest


class Band(TypedDict):
    """10th, 50th and 90th percentile of the draws."""

    p10: float
    p50: float
    p90: float


class Spread(TypedDict):
    """The same with the mean; None where there is none."""

    mean: float | None
    p10: float | None
    p50: float | None
    p90: float | None


class Level(TypedDict):
    """Trade that a projection starts from."""

    year: int
    exports_musd: float
    imports_musd: float
    source: str


class OneOff(TypedDict):
    """A cargo that the level leaves out."""

    exporter: str
    importer: str
    product: str
    start: str
    end: str
    value_musd: float
    why: str
    source: str


class Growth(TypedDict):
    """Two-way trade of the last year over the level, and the factors of the flow that adds most."""

    factor: float
    gdp: float
    reversion: float
    other: float


class Diagnostic(TypedDict):
    """One figure of the baseline's making."""

    item: str
    value: float
    meaning: str


class HiddenPart(TypedDict):
    """A named part of the road's hidden cost, dollars a tonne."""

    direction: str
    part: str
    name: str
    usd_per_t: float
    source: str
    source_url: str


class Study(TypedDict):
    """A published study of measures of one kind; percent of trade."""

    kind: str
    found: str
    low: float | None
    central: float | None
    high: float | None
    source: str
    source_url: str


class Adoption(TypedDict):
    """How use of a corridor grew after it opened."""

    corridor: str
    opened: int
    quantity: str
    unit: str
    first_year: int
    first: float
    last_year: int
    last: float
    source_url: str


class Flight(TypedDict):
    """A direct flight of the scenario: airports, and whether their economies have one already."""

    route: list[str]
    served: bool


class Closures(TypedDict):
    """Effect on two-way trade in the central case, percent, when less of the world adjusts."""

    partial: float
    conditional: float
    full: float


class Ratio(TypedDict):
    """Observed over expected trade of a direction, with the band of the expectation."""

    year: int
    p10: float
    p50: float
    p90: float
    predicted_musd: float
    observed_musd: float


class ByDirection(TypedDict):
    """A band for each direction."""

    exports: Band
    imports: Band


class Cases(TypedDict):
    """A share without and with the measures."""

    before: float
    after: float


class CaseBands(TypedDict):
    """A band without and with the measures."""

    before: Band
    after: Band


class SharesByDirection(TypedDict):
    """Shares by direction and case."""

    exports: Cases
    imports: Cases


class BandsByDirection(TypedDict):
    """Bands by direction and case."""

    exports: CaseBands
    imports: CaseBands


class CostsByDirection(TypedDict):
    """A cost by direction; None where nothing goes that way."""

    exports: float | None
    imports: float | None


class RatiosByDirection(TypedDict):
    """By direction; None where nobody reported."""

    exports: Ratio | None
    imports: Ratio | None


class Binding(TypedDict):
    """Names of crossings by case."""

    before: list[str]
    after: list[str]


class Switching(TypedDict):
    """By how many percent one thing alone must change for the net present value to be zero; None: no change does it."""

    benefits_percent: float | None
    costs_percent: float | None
    rate_percent: float | None


class RestsOn(TypedDict):
    """What the worth rests on besides its inputs."""

    held_year: Annotated[int, "first year in which all measures work fully"]
    bcr_held: Annotated[float | None, "mean benefits over mean costs if later benefits stayed as in that year"]
    shut: Annotated[list[str], "crossings that are shut and that no measure moves"]
    gain_if_opened: Annotated[
        float, "users' gain if those were open as they used to be, over the gain if not; central case"
    ]
    gain_if_widened: Annotated[
        float, "users' gain if every crossing were widened as fast as its traffic grows, over the gain if not; central case"
    ]


class Works(TypedDict):
    """Of measures whose cost is counted, beside others that cost nothing: central case brought to the mean, present values."""

    gain_musd: Annotated[float, "what they add to the others"]
    cost_musd: Annotated[float, "what they cost: mean"]
    free_musd: Annotated[float, "what the others are worth alone"]


class Appraisal(TypedDict):
    """What the measures are worth, million US dollars; a year means the last of the horizon."""

    year: int
    discount_percent: float
    carbon_usd_per_t: float
    base_year: Annotated[int, "to which present values are discounted"]
    first_year: int
    last_year: int
    user_benefits_musd: Spread
    user_benefits_by_economy_musd: dict[str, Spread]
    user_benefits_pair_musd: Spread
    real_income_musd: Spread
    fees_musd: Spread
    co2_kt: Spread
    costs_musd: Spread
    costs_typical: bool
    costs_note: str
    npv_musd: Spread
    bcr: Spread
    eirr_percent: Spread
    share_without_eirr: Annotated[float, "of draws: benefits never return the costs, or nothing is ever out of pocket"]
    probability_npv_positive: float
    npv_at_musd: dict[str, Spread]
    switching: Switching
    rests_on: RestsOn
    works: Works | None


class Labels(TypedDict):
    """What even the explorer's light answer has."""

    names: Annotated[list[str], "the pair's names"]
    corridor_known: Annotated[bool, "whether the network joins the pair"]
    messages: Annotated[list[str], "sentences that a user must see"]
    trade_cost_change_percent: Annotated[Band, "change of the pair's ad valorem trade cost, both ways, percent"]


class Facts(Labels):
    """All of them."""

    demonyms: Annotated[list[str], "adjectives of the pair"]
    distance_km: Annotated[float, "between the two, km"]
    base_year: Annotated[int, "year of the world matrix"]
    trade_year: Annotated[int, "newest year of world trade behind it"]
    unreported_percent: Annotated[float, "share of its value that neither side reports, percent"]
    base: Annotated[Level, "the level that everything starts from, million US dollars a year, and what it rests on"]
    one_off: Annotated[list[OneOff], "cargoes that the level leaves out, million US dollars"]
    growth: Annotated[Growth, "factors of trade from the level to the last year, central case"]
    diagnostics: Annotated[list[Diagnostic], "figures of the baseline's making"]
    effect_without_flights_percent: NotRequired[
        Annotated[Band, "effect of the other measures on two-way trade, percent"]
    ]
    flights: NotRequired[Annotated[list[Flight], "direct flights of the scenario"]]
    hidden_parts: Annotated[
        list[HiddenPart],
        "named parts of the road's hidden cost, dollars a tonne, on the way most used",
    ]
    evidence: Annotated[list[Study], "published studies of measures like these"]
    adoption: Annotated[list[Adoption], "how use grew where corridors opened"]
    closures: Annotated[Closures, "effect by equilibrium closure, central case, percent"]
    market_clearing_residual: Annotated[float, "largest of all draws, share of world output"]
    route_gap: Annotated[float, "largest of all draws between queues and route choice"]
    trade_traffic_residual: Annotated[float, "largest |ln| of trade over the trade behind a pair's traffic"]
    unsettled_draws: Annotated[int, "draws that could not be solved and are left out"]
    variance_explained: Annotated[
        float,
        "share of the variance of left-out draws that the shares of variance predict; 0 where nothing varies",
    ]
    baseline_step_percent: Annotated[
        ByDirection,
        "what queues and closures since the base year do to trade without measures by the last year, percent",
    ]
    trucks_needed: Annotated[
        ByDirection,
        "trucks a day, one way, if all goods that can go by road did, with the measures",
    ]
    trucks_by_road: Annotated[BandsByDirection, "trucks a day, one way, that take the road"]
    road_share: Annotated[SharesByDirection, "share of the pair's trade by value that goes by road"]
    hidden_usd_per_t: Annotated[CostsByDirection, "hidden cost of open roads, dollars a tonne: median of ways"]
    binding: Annotated[Binding, "crossings where capacity matters"]
    predicted_ratio: Annotated[RatiosByDirection, "observed over expected trade"]
    appraisal: Annotated[Appraisal, "what the measures are worth"]


def check(facts: Mapping[str, Any], whose: str, light: bool = False) -> None:
    """Raise DataError unless ``facts`` are as declared (``light``: :class:`Labels` alone); every fault is named.

    By hand, since a pydantic adapter of these types takes 60 ms in every process that opens a
    result, and this one.
    """
    if faults := list(_faults(facts, Labels if light else Facts, "")):
        raise DataError(f"{whose}: facts: {'; '.join(faults)}")


def meanings() -> dict[str, tuple[str, str]]:
    """Type and meaning of every fact by name."""
    found = {}
    for name, hint in get_type_hints(Facts, include_extras=True).items():
        inner = get_args(hint)[0] if get_origin(hint) is NotRequired else hint
        kind, meaning = get_args(inner)
        found[name] = (type_words(kind), meaning)
    return found


def type_words(kind: Any) -> str:
    """A type as the documentation writes it."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return " or ".join(type_words(part) for part in parts)
    if origin is list:
        return f"list of {type_words(parts[0])}"
    if origin is dict:
        return f"{type_words(parts[1])} by name"
    plain = {NoneType: "none", str: "text", float: "number", int: "whole number", bool: "yes or no"}
    return plain[kind] if kind in plain else str(kind.__name__)


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _faults(value: Any, kind: Any, where: str) -> Iterator[str]:
    origin, parts = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        if not isinstance(value, Mapping):
            yield f"{where} is {value!r:.40}, where {type_words(kind)} is declared"
            return
        hints, before = _hints(kind), f"{where}." if where else ""
        yield from (f"{before}{name} is missing" for name in sorted(kind.__required_keys__ - value.keys()))
        for name, part in value.items():
            if name in hints:
                yield from _faults(part, hints[name], f"{before}{name}")
            else:
                yield f"{before}{name} is not declared{nearest(str(name), hints)}"
    elif origin is UnionType:
        if all(list(_faults(value, part, where)) for part in parts):
            yield f"{where} is {value!r:.40}, where {type_words(kind)} is declared"
    elif origin in (list, dict):
        if not isinstance(value, list if origin is list else Mapping):
            yield f"{where} is {value!r:.40}, where a {type_words(kind)} is declared"
            return
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, part in items:
            yield from _faults(part, parts[-1], f"{where}[{key}]")
    elif type(value) is not kind and not (kind is float and type(value) is int):
        # Exactly: True is no whole number, and a numpy scalar no number of Python's.
        yield f"{where} is {value!r:.40}, where {type_words(kind)} is declared"
