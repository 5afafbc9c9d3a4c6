"""The network's tables agree with each other, with geography and with published lengths; slips are named."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.data import tables
from corridors.errors import CorridorsError, DataError, NetworkError
from corridors.transport import network as network_module
from corridors.transport.network import load, road_economy, road_hours

NETWORK = load()
ROADS = [link for link in NETWORK.links if link.mode == "road"]


@pytest.fixture
def fresh(project: Path) -> Iterator[Path]:
    """The network is kept once a process: forget it before and after a test that damages a table."""
    load.cache_clear()
    yield project
    load.cache_clear()


def test_no_road_is_shorter_than_the_great_circle() -> None:
    """A place is a point and a city is not: two percent are allowed."""
    short = {link.name: (link.km, NETWORK.distance_km(link.a, link.b)) for link in ROADS if link.km < 0.98 * NETWORK.distance_km(link.a, link.b)}
    assert not short


def test_no_road_winds_more_than_mountains_explain() -> None:
    assert {link.name for link in ROADS if link.km > 2.3 * NETWORK.distance_km(link.a, link.b)} == set()


def test_great_circle_of_the_table_is_that_of_the_coordinates() -> None:
    for row in tables.links().itertuples():
        assert row.great_circle_km == pytest.approx(NETWORK.distance_km(row[1], row[2]), abs=2.0)


@pytest.mark.parametrize(("a", "b", "km"), [("karachi", "moscow", 4237), ("lahore", "tashkent", 1175), ("baku", "moscow", 1930)])
def test_great_circles_are_those_of_a_formula_written_differently(a: str, b: str, km: float) -> None:
    """Spherical law of cosines, and round figures of any atlas."""
    (lat1, lon1), (lat2, lon2) = (map(math.radians, NETWORK.coordinates[p]) for p in (a, b))
    cosine = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(lon1 - lon2)
    assert NETWORK.distance_km(a, b) == pytest.approx(6371.0 * math.acos(cosine), rel=1e-9)
    assert NETWORK.distance_km(a, b) == pytest.approx(km, rel=0.02)


def test_every_crossing_is_reached_from_both_sides() -> None:
    for crossing in NETWORK.crossing_names():
        inside = {link.economy for link in ROADS if crossing in (link.a, link.b)}
        assert inside == set(NETWORK.economies[crossing]), crossing


def test_every_place_is_joined_to_the_rest() -> None:
    reached, todo = {"karachi"}, ["karachi"]
    ends = [(x.a, x.b) for x in (*NETWORK.links, *NETWORK.services)]
    while todo:
        here = todo.pop()
        for a, b in ends:
            for there in ((b,) if a == here else (a,) if b == here else ()):
                if there not in reached:
                    reached.add(there)
                    todo.append(there)
    assert reached == set(NETWORK.places)


def test_ranges_hold_their_value_and_estimates_name_columns() -> None:
    crossings, services, costs = tables.crossings(), tables.services(), tables.table("road_costs")
    for frame, value, low, high in (
        (crossings, "capacity_trucks_per_day", "capacity_low", "capacity_high"),
        (crossings, "processing_hours", "processing_low", "processing_high"),
        (crossings, "closure_days_per_year", "closure_low", "closure_high"),
        (crossings, "background_trucks_per_day", "background_low", "background_high"),
        (services, "days", "days_low", "days_high"),
        (services, "usd_per_t", "usd_per_t_low", "usd_per_t_high"),
        (costs, "usd_per_t_km", "usd_per_t_km_low", "usd_per_t_km_high"),
    ):
        assert ((frame[low] <= frame[value]) & (frame[value] <= frame[high])).all(), value
    for frame in (crossings, services, costs):
        for row in frame.to_dict("records"):
            named = set(str(row["estimates"] or "").split()) - {"nan"}
            assert named <= set(frame.columns), named - set(frame.columns)


def test_a_figure_without_address_is_an_estimate() -> None:
    crossings = tables.crossings()
    bare = crossings[crossings["source_url"].fillna("").eq("")]
    for row in bare.itertuples():
        assert {"capacity_trucks_per_day", "processing_hours", "background_trucks_per_day"} <= set(row.estimates.split()), row.crossing


def test_shut_crossings_say_since_when_and_are_shut_all_year() -> None:
    crossings = tables.crossings()
    shut = crossings["state"] == "shut"
    assert (crossings.loc[shut, "closure_days_per_year"] == 365).all()
    assert crossings.loc[shut, "state_since"].notna().all()
    assert (crossings.loc[~shut, "closure_days_per_year"] < 365).all()


def test_gateways_of_a_pair_add_up_to_one() -> None:
    for economy, partner in NETWORK.gateways:
        assert sum(w for _, w in NETWORK.gateway(economy, partner)) == pytest.approx(1.0)
        assert all(economy in NETWORK.economies[place] for place, _ in NETWORK.gateway(economy, partner))


def test_base_shares_add_up_to_one() -> None:
    totals = NETWORK.base_shares.groupby(["exporter", "importer", "cargo_class"])["share"].sum()
    assert totals.to_numpy() == pytest.approx(1.0)


def test_traffic_counted_by_pair_does_not_exceed_what_crossings_count() -> None:
    """Pakistan's borders: what its pairs send cannot be more than what is counted there."""
    traffic = NETWORK.pair_traffic
    iran = traffic[traffic["exporter"].isin(["PAK", "IRN"]) & traffic["importer"].isin(["PAK", "IRN"])]
    counted = NETWORK.crossings.loc[["taftan", "gabd"], "background_trucks_per_day"].sum()
    assert iran["road_trucks_per_day"].sum() <= counted


@given(st.floats(1, 5000), st.floats(5, 100), st.floats(0.1, 1))
@settings(max_examples=50)
def test_road_hours_grow_with_length_and_fall_with_speed(km: float, speed: float, share: float) -> None:
    hours = road_hours(km, speed, share)
    assert hours == pytest.approx(km / (speed * share))
    assert road_hours(km + 1, speed, share) > hours > road_hours(km, speed + 1, share)


def test_cost_of_a_road_is_that_of_its_economy() -> None:
    link = NETWORK.links[NETWORK.link("taftan-quetta")]
    assert link.name == "quetta-taftan" and link.economy == "PAK"
    row = tables.table("road_costs").set_index("economy").loc["PAK"]
    assert link.usd_per_t == pytest.approx(link.km * row["usd_per_t_km"])
    assert link.hours == pytest.approx(24 * link.km / row["speed_kmh"] / row["moving_hours_per_day"])


def test_unknown_names_are_refused_with_the_nearest() -> None:
    for call, wrong, hint in (
        (NETWORK.crossing, "torkam", "torkham"),
        (NETWORK.place, "karachy", "karachi"),
        (NETWORK.link, "quetta-taftaan", "quetta-taftan"),
        (NETWORK.airport, "SVX", "SVO"),
    ):
        with pytest.raises(NetworkError, match=f"{wrong}.*{hint}"):
            call(wrong)
    with pytest.raises(NetworkError, match="BRA.*gateways.csv"):
        NETWORK.gateway("BRA", "PAK")


def test_a_road_across_a_border_needs_a_crossing() -> None:
    assert road_economy("quetta", "taftan", NETWORK.economies) == "PAK"
    with pytest.raises(NetworkError, match="karachi-moscow joins two economies without a crossing"):
        road_economy("karachi", "moscow", NETWORK.economies)
    with pytest.raises(NetworkError, match="karachy.*karachi"):
        road_economy("karachy", "lahore", NETWORK.economies)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("network/links.csv", "karachi,quetta,road", "karachi,queta,road", "queta.*quetta"),
        ("network/gateways.csv", "RUS,,moscow", "RUS,,moskow", "moskow.*moscow"),
        ("network/road_costs.csv", "\nIRN,", "\nIRQ,", "lies in IRN"),
        ("network/crossings.csv", "\ntaftan,", "\ntehran,", "tehran"),
        ("network/services.csv", "sea,karachi,novorossiysk", "sea,karachi,novorosiysk", "novorosiysk"),
        ("network/crossings.csv", "\ntaftan,200,", "\ntaftan,-200,", "capacity_trucks_per_day"),
        ("network/crossings.csv", "\ntaftan,200,", "\ntaftan,inf,", "capacity_trucks_per_day"),
    ],
)
def test_a_slip_in_a_table_is_named(fresh: Path, file: str, old: str, new: str, message: str) -> None:
    path = fresh / "data" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CorridorsError, match=message) as caught:
        network_module.load()
    assert isinstance(caught.value, (NetworkError, DataError))
