"""The models of measures: limits, names, labels."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from corridors.scenario import measures
from corridors.scenario.measures import KINDS, Measure

READER: TypeAdapter[Any] = TypeAdapter(Measure)
GOOD: dict[str, dict[str, Any]] = {
    "border_capacity": {"crossings": ("taftan", "torkham"), "trucks_per_day": 800},
    "crossing_time": {"crossings": ("taftan",), "processing_hours": 4},
    "closure": {"crossings": ("torkham",), "days_per_year": 10},
    "tariff_or_fee": {"crossings": ("taftan",), "usd_per_truck": 100},
    "road": {"links": ("quetta-taftan",), "speed_kmh": 40},
    "new_link": {"from": "mazar", "to": "peshawar", "km": 672, "mode": "rail", "speed_kmh": 40, "usd_per_t_km": 0.05},
    "rail_service": {"from": "lahore", "to": "astrakhan", "trains_per_week": 1, "teu_per_train": 31, "days": 22, "usd_per_teu": 2500},
    "direct_flights": {"route": ("ISB", "SVO"), "flights_per_week": 3},
    "transit_regime": {"economies": ("PAK", "IRN", "AZE", "RUS"), "removes": {"documents": 0.5}},
    "single_window": {"economies": ("PAK",), "usd_per_truck": 100},
    "regular_service": {"from": "lahore", "to": "moscow", "departures_per_week": 3},
}
LABELS = {
    "border_capacity": "800 trucks a day at Taftan and Torkham",
    "crossing_time": "Processing in 4 hours at Taftan",
    "closure": "Torkham open but for 10 days a year",
    "tariff_or_fee": "A fee of 100 dollars a truck at Taftan",
    "road": "40 km/h on Quetta to Taftan",
    "new_link": "A railway from Mazar-i-Sharif to Peshawar",
    "rail_service": "1 train a week from Lahore to Astrakhan",
    "direct_flights": "3 direct flights a week between Islamabad and Moscow",
    "transit_regime": "A transit regime for Pakistan, Iran, Azerbaijan and Russia",
    "single_window": "A single window for documents in Pakistan",
    "regular_service": "A truck line with 3 departures a week from Lahore to Moscow",
}


def read(kind: str, **changes: Any) -> Any:
    fields = {"kind": kind, "start": 2027, "years_to_full_effect": 3, **GOOD[kind], **changes}
    return READER.validate_python({k: v for k, v in fields.items() if v is not Ellipsis})


def test_there_is_an_example_of_every_kind() -> None:
    assert set(GOOD) == set(KINDS) == set(LABELS)


@pytest.mark.parametrize("kind", GOOD)
def test_a_measure_is_frozen_hashable_and_says_what_it_does(kind: str) -> None:
    made = read(kind)
    assert isinstance(made, KINDS[kind])
    assert made.label == LABELS[kind]
    assert hash(made) == hash(read(kind)) and made == read(kind)
    with pytest.raises(ValidationError):
        made.start = 2030
    assert READER.validate_python(made.model_dump()) == made


@pytest.mark.parametrize("kind", GOOD)
def test_no_field_may_be_missing_unknown_or_of_another_type(kind: str) -> None:
    optional = {"road": {"speed_kmh", "usd_per_t_km"}, "transit_regime": {"removes"}, "single_window": {"economies", "usd_per_truck"}}.get(kind, set())
    for field in set(GOOD[kind]) - optional:
        with pytest.raises(ValidationError, match=field):
            read(kind, **{field: ...})
        with pytest.raises(ValidationError):
            read(kind, **{field: "eight hundred"})
    with pytest.raises(ValidationError, match="color"):
        read(kind, color="blue")


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("border_capacity", "trucks_per_day", 0), ("border_capacity", "trucks_per_day", float("inf")),
        ("border_capacity", "trucks_per_day", float("nan")), ("border_capacity", "trucks_per_day", "800"),
        ("border_capacity", "crossings", ()), ("border_capacity", "crossings", ("taftan", "taftan")),
        ("crossing_time", "processing_hours", -1), ("crossing_time", "processing_hours", 721),
        ("closure", "days_per_year", 366), ("closure", "days_per_year", -1), ("tariff_or_fee", "usd_per_truck", -0.01),
        ("road", "speed_kmh", 4), ("road", "speed_kmh", 151), ("road", "usd_per_t_km", 0),
        ("new_link", "km", 0), ("new_link", "mode", "canal"), ("new_link", "to", "mazar"),
        ("rail_service", "trains_per_week", 0), ("rail_service", "to", "lahore"), ("rail_service", "days", 201),
        ("direct_flights", "route", ("ISB",)), ("direct_flights", "route", ("ISB", "ISB")), ("direct_flights", "flights_per_week", 0),
        ("transit_regime", "economies", ("PAK",)), ("transit_regime", "removes", {"documents": 1.5}), ("transit_regime", "removes", {"paper": 0.5}),
        ("single_window", "crossings", ("taftan",)), ("single_window", "economies", None), ("single_window", "hours", 3.0),
        ("regular_service", "to", "lahore"), ("regular_service", "departures_per_week", 0),
        ("closure", "start", 1999), ("closure", "years_to_full_effect", -1), ("closure", "years_to_full_effect", 2.5),
    ],
)  # fmt: skip
def test_limits_hold(kind: str, field: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        read(kind, **{field: value})


@pytest.mark.parametrize(
    ("kind", "field", "value", "hint"),
    [
        ("border_capacity", "crossings", ("torkam",), "torkham"), ("road", "links", ("queta-taftan",), "quetta-taftan"),
        ("rail_service", "from", "lahor", "lahore"), ("direct_flights", "route", ("ISB", "SVOO"), "SVO"),
    ],
)  # fmt: skip
def test_unknown_names_come_with_the_nearest(kind: str, field: str, value: Any, hint: str) -> None:
    with pytest.raises(ValidationError, match=f"did you mean '{hint}'"):
        read(kind, **{field: value})


def test_a_road_needs_speed_or_cost() -> None:
    with pytest.raises(ValidationError, match="speed_kmh or usd_per_t_km"):
        read("road", speed_kmh=None)
    assert read("road", usd_per_t_km=0.05).label == "40 km/h and 0.05 dollars a tonne-km on Quetta to Taftan"


@given(st.floats(0, 365))
def test_labels_of_closures_name_their_ends(days: float) -> None:
    label = read("closure", days_per_year=days).label
    assert label.startswith("Torkham ")
    assert ("open all year" in label) == (days == 0) and ("shut all year" in label) == (days == 365)


def test_long_lists_are_counted() -> None:
    names = ("khunjerab", "torkham", "chaman", "taftan", "gabd")
    assert read("border_capacity", crossings=names).label == "800 trucks a day at 5 crossings"
    assert measures.FIRST_YEAR < measures.LAST_YEAR
