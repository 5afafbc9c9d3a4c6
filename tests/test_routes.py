"""Routes: the cheapest by an independent library, ways round every crossing, and legs that join up."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.show.terminal import describe_ways
from corridors.transport import choice_set
from corridors.transport import system as choice
from corridors.transport.network import load
from corridors.transport.routes import RoadMap, by_service, feeder
from corridors.transport.ways import ways_between

NETWORK = load()
ROADS = RoadMap(NETWORK, NETWORK.links)
PLACES = sorted({p for link in NETWORK.links for p in (link.a, link.b)})
SHUT = frozenset(c for c in NETWORK.crossing_names() if NETWORK.crossings.loc[c, "state"] == "shut")
cities = st.sampled_from([p for p in PLACES if not NETWORK.is_crossing(p)])
some_crossings = st.frozensets(st.sampled_from(NETWORK.crossing_names()), max_size=6)


def graph(shut: frozenset[str] = frozenset()) -> networkx.DiGraph:
    """The same roads for networkx: what a crossing costs lies on the ways into it."""
    result = networkx.DiGraph()
    result.add_nodes_from(p for p in PLACES if p not in shut)
    for a, steps in ROADS.neighbours.items():
        for b, _, cost in steps:
            if a in shut or b in shut:
                continue
            total = cost + ROADS.toll.get(b, 0.0)
            if not result.has_edge(a, b) or total < result[a][b]["weight"]:
                result.add_edge(a, b, weight=total)
    return result


@settings(max_examples=150)
@given(cities, cities, some_crossings)
def test_best_route_costs_what_networkx_finds(a: str, b: str, shut: frozenset[str]) -> None:
    found = ROADS.best(a, b, shut)
    try:
        expected = networkx.dijkstra_path_length(graph(shut), a, b)
    except networkx.NetworkXNoPath:
        assert found is None
        return
    assert found is not None
    cost, path = found
    assert cost == pytest.approx(expected, rel=1e-12, abs=1e-9)
    assert not shut.intersection(path.places)


@settings(max_examples=60)
@given(cities, cities)
def test_routes_join_up_and_never_turn_back(a: str, b: str) -> None:
    for path in ROADS.several(a, b, SHUT):
        assert path.places[0] == a and path.places[-1] == b
        assert len(set(path.places)) == len(path.places)
        for (here, there), i in zip(itertools.pairwise(path.places), path.links, strict=True):
            assert {here, there} == {NETWORK.links[i].a, NETWORK.links[i].b}
        economies = [NETWORK.links[i].economy for i in path.links if NETWORK.links[i].mode == "road"]
        borders = sum(x != y for x, y in itertools.pairwise(economies))
        # A ferry lands in another economy without a crossing of the table.
        assert len(path.crossings) <= borders
        assert all(NETWORK.is_crossing(c) for c in path.crossings)


@settings(max_examples=60)
@given(cities, cities, st.floats(0.001, 0.9))
def test_the_cheapest_open_route_is_among_them_and_they_differ(a: str, b: str, left_out: float) -> None:
    several = ROADS.several(a, b, SHUT, left_out=left_out)
    best = ROADS.best(a, b, SHUT)
    if best is not None and a != b:
        assert best[1] in several
    keys = [(p.crossings, tuple(i for i in p.links if NETWORK.links[i].mode == "ferry")) for p in several]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("a", "b"), [("lahore", "moscow"), ("karachi", "moscow"), ("karachi", "tashkent"), ("islamabad", "almaty")])
def test_every_crossing_of_the_best_route_has_a_way_round(a: str, b: str) -> None:
    best = ROADS.best(a, b, SHUT)
    assert best is not None
    several = ROADS.several(a, b, SHUT)
    for crossing in best[1].crossings:
        assert ROADS.best(a, b, SHUT | {crossing}) is not None
        assert any(crossing not in path.crossings and not SHUT.intersection(path.crossings) for path in several)


@settings(max_examples=60)
@given(cities, cities, st.sampled_from(NETWORK.crossing_names()), some_crossings)
def test_a_way_through_a_crossing_passes_it_and_comes_to_no_economy_twice(a: str, b: str, crossing: str, shut: frozenset[str]) -> None:
    found = ROADS.through(a, crossing, b, shut - {crossing})
    if found is None:
        return
    cost, path = found
    assert crossing in path.crossings and not (shut - {crossing}).intersection(path.places)
    economies = [e for e, _ in itertools.groupby(NETWORK.links[i].economy for i in path.links if NETWORK.links[i].mode == "road")]
    assert len(set(economies)) == len(economies)
    best = ROADS.best(a, b, shut - {crossing})
    assert best is not None and cost >= best[0] - 1e-9


def test_routes_from_a_place_to_itself_are_empty() -> None:
    assert ROADS.several("lahore", "lahore", SHUT)[0].links == ()
    assert feeder(ROADS, "lahore", "lahore", 0) is not None


def test_a_feeder_stays_inside_the_economy_unless_it_may_cross() -> None:
    inside = feeder(ROADS, "lahore", "karachi", 0)
    assert inside is not None and inside.crossings == ()
    assert feeder(ROADS, "lahore", "moscow", 0) is None
    abroad = feeder(ROADS, "lahore", "zahedan", 2)
    assert abroad is not None and abroad.crossings == ("taftan",)


def test_ships_trains_and_flights_run_both_ways_and_only_if_they_run() -> None:
    out = list(by_service(NETWORK, ROADS, NETWORK.services, "PAK", "RUS", "lahore", "moscow"))
    back = list(by_service(NETWORK, ROADS, NETWORK.services, "RUS", "PAK", "moscow", "lahore"))
    assert {r.chain for r in out} == {tuple(reversed(r.chain)) for r in back}
    running = {s.name for s in NETWORK.services if s.running and s.mode != "rail_feeder"}
    assert {NETWORK.services[r.service].name for r in out if r.service is not None} == running
    for route in out:
        assert route.places[0] == "lahore" and route.places[-1] == "moscow" and route.crossings == ()


def test_titles_name_borders_ferries_and_services() -> None:
    names = {r.title(NETWORK.places, NETWORK.links, NETWORK.services) for r in choice.compile_system(study=("PAK", "RUS")).routes}
    assert "Road by Taftan, Astara, Samur" in names
    assert "Road by Taftan, ferry Bandar-e Anzali-Astrakhan" in names
    assert "Karachi-Novorossiysk, direct ship" in names


def test_a_way_without_borders_has_no_empty_name() -> None:
    """By two ferries over a third economy's port no border post is passed; outside the network nothing is known."""
    found = ways_between("AZE", "IRN")
    names = {way.name for way in found.ways}
    assert "Road by ferry Baku-Aktau, Bandar-e Anzali-Aktau" in names and not any("by ," in name for name in names)
    told = [line.split() for line in describe_ways(found).splitlines() if line.endswith("Ways outside this network")]
    assert told and all(words[1:5] == ["other", "-", "-", "-"] for words in told)


def test_the_corridors_that_the_governments_named_are_choices() -> None:
    """Open or shut today: by Khunjerab and Torugart, Irkeshtam or Khorgos; through Afghanistan to Uzbekistan and
    Turkmenistan; through Iran to Astara, Sarakhs with Turkmenistan and Kazakhstan, and the Caspian ports; by sea to
    three coasts."""
    system = choice.compile_system(study=("PAK", "RUS"))
    road = {r.crossings for r in system.routes if r.mode == "road" and r.exporter == "PAK"}
    for corridor in (
        ("khunjerab", "torugart"), ("khunjerab", "irkeshtam"), ("khunjerab", "khorgos"), ("torkham", "hairatan"),
        ("chaman", "hairatan"), ("chaman", "torghundi"), ("taftan", "astara", "samur"), ("gabd", "astara", "samur"),
        ("gabd", "sarakhs", "bekdash"), ("taftan", "sarakhs", "bekdash"), ("taftan", "astara", "red_bridge", "upper_lars"),
    ):  # fmt: skip
        assert any(c[: len(corridor)] == corridor for c in road), corridor
    services = {system.effects.services[r.service].name for r in system.routes if r.service is not None}
    assert {"sea_novorossiysk", "sea_st_petersburg", "sea_vladivostok", "sea_st_petersburg_cape"} <= services
    ferries = {system.effects.links[i].name for r in system.routes for i in r.links if system.effects.links[i].mode == "ferry"}
    assert {"ferry_anzali_astrakhan"} <= ferries


def test_a_planned_train_is_a_choice_once_a_measure_starts_it() -> None:
    train = SimpleNamespace(
        kind="rail_service", from_="lahore", to="astrakhan", trains_per_week=2.0, teu_per_train=31.0, days=22.5, usd_per_teu=2500.0
    )
    system = choice.compile_system(measures=[train], study=("PAK", "RUS"))
    trains = [r for r in system.routes if r.mode == "rail"]
    assert trains and all(r.needs == (0,) for r in trains)
    assert not [r for r in choice.compile_system(study=("PAK", "RUS")).routes if r.mode == "rail"]


def railway(usd_per_t_km: float) -> SimpleNamespace:
    return SimpleNamespace(
        kind="new_link", from_="mazar", to="peshawar", km=672.0, mode="rail", speed_kmh=40.0, usd_per_t_km=usd_per_t_km
    )


def test_a_railway_a_border_away_is_offered_and_cost_decides() -> None:
    """From Peshawar to Mazar: neither end is in Uzbekistan, and Lahore lies 370 km from the one, Tashkent as far from the other."""
    system = choice.compile_system(NETWORK, [railway(0.05)], study=("PAK", "UZB"))
    by_rail = [r for r in system.routes if r.mode == "rail" and r.needs]
    assert {("lahore", "tashkent"), ("tashkent", "lahore")} <= {(r.origin, r.destination) for r in by_rail}
    (train,) = (s for s in system.effects.services if s.new == 0)
    # two terminals and a border beside the ride
    assert train.hours == pytest.approx(672.0 / 40.0 + 24.0 * 3.0) and train.transshipment_hours == 72.0
    assert train.usd_per_t == pytest.approx(672.0 * 0.05 + 28.0)
    dear = choice.compile_system(NETWORK, [railway(1.5)], study=("PAK", "UZB"))
    assert not [r for r in dear.routes if r.mode == "rail" and r.needs], "1,000 dollars a tonne"


def test_markets_cover_each_pair_once() -> None:
    choices = choice.compile_system(study=("PAK", "RUS")).choices
    weight = dict.fromkeys(range(len(choices.pairs)), 0.0)
    for market in choices.markets:
        for p in market.pairs:
            weight[p] += market.weight
    assert list(weight.values()) == pytest.approx([1.0] * len(choices.pairs))
    assert set(choices.modes) <= set(choice_set.MODES)
