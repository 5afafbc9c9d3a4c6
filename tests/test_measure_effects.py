"""What measures do to queues, routes and costs: signs that must hold, order that must not matter."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors import scenario, uncertainty
from corridors.errors import NetworkError, ScenarioError
from corridors.transport import effects as measure_effects
from corridors.transport import system as choice
from corridors.transport.effects import Move, apply
from corridors.transport.network import load
from corridors.transport.system import System, TransportState

PAIR = ("PAK", "RUS")
NETWORK = load()
CENTRAL = uncertainty.central()
DRAWS = uncertainty.sample(None, 16, 5)
DEMAND = {("PAK", "RUS"): np.array([60.0, 90.0, 30.0, 5.0]), ("RUS", "PAK"): np.array([40.0, 5.0, 90.0, 500.0])}
CONSTANTS = {"tonnes_per_teu": 12.0, "tonnes_per_flight": 10.0}
OPEN = [c for c in NETWORK.crossing_names() if NETWORK.crossings.loc[c, "state"] == "open"]


def measure(kind: str, **fields: Any) -> SimpleNamespace:
    return SimpleNamespace(kind=kind, **fields)


@cache
def bare() -> System:
    return choice.compile_system(study=PAIR)


def before_and_after(measures: list[Any], params: Any = CENTRAL, **more: Any) -> tuple[System, TransportState, TransportState]:
    system = choice.compile_system(measures=measures, study=PAIR, **{k: v for k, v in more.items() if k == "pairs"})
    solving = {k: v for k, v in more.items() if k != "pairs"}
    none = system.solve(params, active=np.zeros(len(measures)), **solving)
    return system, none, system.solve(params, active=np.ones(len(measures)), **solving)


def greatest_relief(system: System, before: TransportState, after: TransportState, pair: int) -> np.ndarray:
    """(B, C) most that shorter queues can take off the cost of a pair: hours saved on its most relieved route."""
    queue = after.queue_hours - before.queue_hours
    hours = np.zeros(queue.shape[0])
    market = [m for m, market in enumerate(system.choices.markets) if pair in market.pairs]
    for r, route in enumerate(system.choices.routes):
        if system.choices.market_of[r] in market:
            saved = sum(np.maximum(-queue[:, system.crossings.index(c)], 0.0) for c in route.crossings)
            hours = np.maximum(hours, saved)
    classes, central = system.classes, {name: float(value[0]) for name, value in CENTRAL.items()}
    # An hour at a border costs the goods' time and its spread, and the truck that stands.
    day = classes["value_of_a_day_multiplier"].to_numpy(dtype=float) * central["value_of_a_day"]
    truck = system.layout.unit_value[pair] * classes["truck_payload_t"].to_numpy(dtype=float) * central["unit_value_factor"]
    return hours[:, None] * (day * (1.0 + central["reliability_ratio"]) + central["truck_day_usd"] / truck) / 24.0


# Nothing done, nothing changed.


@pytest.mark.parametrize("name", ["capacity-800", "iran-corridor", "china-corridor", "full-connectivity", "direct-flights"])
def test_measures_that_have_not_begun_change_nothing_to_the_last_bit(name: str) -> None:
    measures = scenario.load(name).measures
    system = choice.compile_system(measures=measures, study=PAIR)
    none = system.solve(DRAWS, year=2030.0, demand=DEMAND)
    idle = system.solve(DRAWS, active=np.zeros(len(measures)), year=2030.0, demand=DEMAND)
    for field in ("composite_cost", "mean_cost", "route_share", "route_hours", "route_usd_per_t", "queue_hours"):
        assert (getattr(none, field) == getattr(idle, field)).all()


@settings(max_examples=10)
@given(st.sampled_from(OPEN))
def test_a_measure_that_states_what_is_there_changes_nothing(crossing: str) -> None:
    row = NETWORK.crossings.loc[crossing]
    as_it_is = [
        measure("border_capacity", crossings=(crossing,), trucks_per_day=float(row["capacity_trucks_per_day"])),
        measure("crossing_time", crossings=(crossing,), processing_hours=float(row["processing_hours"])),
        measure("tariff_or_fee", crossings=(crossing,), usd_per_truck=float(row["fee_usd_per_truck"])),
        measure("closure", crossings=(crossing,), days_per_year=float(row["closure_days_per_year"])),
    ]
    _, none, done = before_and_after(as_it_is, demand=DEMAND)
    assert done.composite_cost == pytest.approx(none.composite_cost, rel=1e-9, abs=1e-12)


# Signs.


@settings(max_examples=12)
@given(st.sampled_from(OPEN), st.floats(1.0, 10.0), st.sampled_from([2025.0, 2035.0]))
def test_more_capacity_never_lengthens_the_wait_there(crossing: str, factor: float, year: float) -> None:
    now = float(NETWORK.crossings.loc[crossing, "capacity_trucks_per_day"])
    system, none, done = before_and_after(
        [measure("border_capacity", crossings=(crossing,), trucks_per_day=now * factor)], DRAWS, demand=DEMAND, year=year
    )
    x = system.crossings.index(crossing)
    assert (done.queue_hours[:, x] <= none.queue_hours[:, x] * (1 + 1e-5) + 1e-6).all()
    assert (done.crossing_load_trucks_per_day[:, x] >= none.crossing_load_trucks_per_day[:, x] * (1 - 1e-6) - 1e-6).all()


def test_more_capacity_everywhere_lengthens_no_wait() -> None:
    everywhere = [measure("border_capacity", crossings=tuple(NETWORK.crossing_names()), trucks_per_day=5000.0)]
    _, none, done = before_and_after(everywhere, DRAWS, demand=DEMAND, year=2035.0)
    assert (done.queue_hours <= none.queue_hours * (1 + 1e-6) + 1e-6).all()
    assert (done.composite_cost <= none.composite_cost + 1e-7).all()


REPLACED = ("chabahar-zahedan", "zahedan-mashhad", "mashhad-tehran", "karachi-bannu", "karachi-dera_ismail_khan")
"""Roads that, three times as fast, put other ways over the same borders in place of today's."""


@settings(max_examples=15)
@given(st.sampled_from(NETWORK.link_names()), st.floats(1.0, 5.0), st.booleans())
def test_a_better_road_never_raises_a_cost(name: str, factor: float, cheaper: bool) -> None:
    raises_no_cost(name, factor, cheaper)


@pytest.mark.parametrize("cheaper", [False, True])
@pytest.mark.parametrize("name", REPLACED)
def test_nor_does_one_by_which_a_better_way_over_the_same_borders_replaces_todays(name: str, cheaper: bool) -> None:
    raises_no_cost(name, 3.0, cheaper)


def raises_no_cost(name: str, factor: float, cheaper: bool) -> None:
    """With queues as they are. Where the road draws trucks into a queue, those who wait there may lose: see below."""
    link = NETWORK.links[NETWORK.link(name)]
    speed = link.km / link.hours * factor
    price = link.usd_per_t / link.km / factor if cheaper else None
    fast = measure("road", links=(name,), speed_kmh=speed, usd_per_t_km=price)
    for params in (CENTRAL, DRAWS):
        _, none, done = before_and_after([fast], params, pairs=[])
        assert (done.composite_cost <= none.composite_cost + 1e-12).all()


@settings(max_examples=10)
@given(st.sampled_from(NETWORK.link_names()), st.floats(0.3, 3.0), st.floats(0.3, 3.0))
def test_a_further_road_never_raises_a_cost(name: str, as_fast: float, as_dear: float) -> None:
    """Beside one of today's, be it slower or dearer: who is not served by it takes the other."""
    _, none, done = before_and_after([second_road(name, as_fast, as_dear)], DRAWS, pairs=[])
    assert (done.composite_cost <= none.composite_cost + 1e-12).all()


@settings(max_examples=6)
@given(st.lists(st.sampled_from(NETWORK.link_names()), min_size=3, max_size=3, unique=True), st.floats(1.0, 4.0), st.floats(1.0, 2.0))
def test_the_further_roads_are_in_place_the_less_it_costs(names: list[str], factor: float, as_dear: float) -> None:
    """Two roads made better and a dearer one built, one by one and each in two steps."""
    measures = [
        *(
            measure("road", links=(name,), speed_kmh=factor * link.km / link.hours, usd_per_t_km=None)
            for name, link in ((name, NETWORK.links[NETWORK.link(name)]) for name in names[:2])
        ),
        second_road(names[2], 2.0 * factor, as_dear),
    ]
    steps = np.array([[min(max(0.5 * k - m, 0.0), 1.0) for m in range(3)] for k in range(7)])
    system = choice.compile_system(measures=measures, study=PAIR, pairs=[])
    cost = system.solve({name: np.repeat(value, len(steps)) for name, value in CENTRAL.items()}, active=steps).composite_cost
    assert (np.diff(cost, axis=0) <= 1e-12).all()


def test_a_dear_fast_road_carries_what_time_is_dear_to_and_the_other_the_rest() -> None:
    """Each class takes the better of two roads between the same borders, and all trucks of a class the same."""
    system, none, done = before_and_after([second_road("quetta-taftan", 3.0, 1.6)], pairs=[])
    p, new = system.pair_index(*PAIR), len(NETWORK.links)
    by_it = [r for r, route in enumerate(system.routes) if new in route.links]
    borders = {system.choices.same_borders[system.shown[r]] for r in by_it}
    beside = [r for r, number in enumerate(system.choices.same_borders[system.shown]) if number in borders and r not in by_it]
    share = done.route_share[0]
    one, other = share[by_it].sum(axis=0), share[beside].sum(axis=0)
    road = one + other > 1e-9
    assert (np.minimum(one, other)[road] == 0.0).all()
    assert (one[road] > 0.0).any() and (other[road] > 0.0).any()
    gained = none.composite_cost[0, p] - done.composite_cost[0, p]
    assert (gained[road & (one > 0.0)] > 1e-9).all() and gained[road & (other > 0.0)] == pytest.approx(0.0, abs=1e-12)


def second_road(name: str, as_fast: float, as_dear: float) -> SimpleNamespace:
    """A road beside one of today's, of its length."""
    link = NETWORK.links[NETWORK.link(name)]
    return measure(
        "new_link", from_=link.a, to=link.b, mode="road", km=link.km, speed_kmh=as_fast * link.km / link.hours,
        usd_per_t_km=as_dear * link.usd_per_t / link.km,
    )  # fmt: skip


@settings(max_examples=6)
@given(st.sampled_from(NETWORK.link_names()), st.floats(1.5, 5.0))
def test_with_queues_a_better_road_costs_no_more_than_the_queues_it_brings(name: str, factor: float) -> None:
    costs_no_more_than_queues(name, factor)


@pytest.mark.parametrize("name", REPLACED)
def test_so_does_one_by_which_a_better_way_over_the_same_borders_replaces_todays(name: str) -> None:
    costs_no_more_than_queues(name, 3.0)


def costs_no_more_than_queues(name: str, factor: float) -> None:
    link = NETWORK.links[NETWORK.link(name)]
    fast = measure("road", links=(name,), speed_kmh=link.km / link.hours * factor, usd_per_t_km=None)
    system, none, done = before_and_after([fast], demand=DEMAND)
    for p in range(len(system.pairs)):
        harm = greatest_relief(system, done, none, p)
        assert (done.composite_cost[:, p] - none.composite_cost[:, p] <= harm + 1e-7).all()


@settings(max_examples=10)
@given(st.sampled_from(OPEN), st.floats(30.0, 365.0))
def test_closing_a_crossing_never_lowers_a_cost(crossing: str, days: float) -> None:
    """With queues as they are: exactly. With queues, a pair gains at most what shorter queues are worth to it."""
    shut = measure("closure", crossings=(crossing,), days_per_year=max(days, float(NETWORK.crossings.loc[crossing, "closure_days_per_year"])))
    _, none, done = before_and_after([shut], pairs=[])
    assert (done.composite_cost >= none.composite_cost - 1e-12).all()
    system, none, done = before_and_after([shut], demand=DEMAND)
    for p in range(len(system.pairs)):
        assert (done.composite_cost[:, p] - none.composite_cost[:, p] >= -greatest_relief(system, none, done, p) - 1e-7).all()


def test_a_crossing_shut_all_year_carries_nobody() -> None:
    system, _, done = before_and_after([measure("closure", crossings=("taftan",), days_per_year=365.0)], demand=DEMAND)
    x = system.crossings.index("taftan")
    through = [i for i, r in enumerate(system.routes) if "taftan" in r.crossings]
    assert (done.route_share[:, through] == 0).all() and done.open_share[0, x] == 0
    assert done.study_trucks_per_day[0, x] == 0


def test_a_crossing_that_opens_is_used() -> None:
    system, none, done = before_and_after([measure("closure", crossings=("torkham",), days_per_year=10.0)], demand=DEMAND)
    through = [i for i, r in enumerate(system.routes) if "torkham" in r.crossings]
    assert (none.route_share[:, through] == 0).all()
    assert done.route_share[:, through].sum() > 0
    p = system.pair_index("PAK", "RUS")
    assert (done.composite_cost[0, p, :3] < none.composite_cost[0, p, :3]).all()


def test_turkey_and_uzbekistan_feel_a_pakistani_border_by_rerouting_only() -> None:
    """Their ways cross Iran: what Taftan sends past Sarakhs and Gurbulak is all they can feel of it."""
    wide = [measure("border_capacity", crossings=("taftan", "torkham", "khunjerab"), trucks_per_day=1000.0)]
    for params in (CENTRAL, DRAWS):
        system, none, done = before_and_after(wide, params, demand=DEMAND, year=2030.0)
        for pair in (("TUR", "UZB"), ("UZB", "TUR")):
            p = system.pair_index(*pair)
            change = np.abs(done.composite_cost[:, p] - none.composite_cost[:, p])
            bound = np.maximum(greatest_relief(system, none, done, p), greatest_relief(system, done, none, p))
            dearest = [DRAWS[name].max() / CENTRAL[name][0] for name in ("value_of_a_day", "truck_day_usd")]
            dearest[0] *= (1.0 + DRAWS["reliability_ratio"].max()) / (1.0 + CENTRAL["reliability_ratio"][0])
            dearest[1] *= CENTRAL["unit_value_factor"][0] / DRAWS["unit_value_factor"].min()
            assert (change <= bound * max(*dearest, 1.0) + 1e-8).all()
            # A queue has no ceiling: in single draws in which one binds on their way it moves more.
            assert np.median(change, axis=0).max() < 1e-3
    alone, none, done = before_and_after(wide, DRAWS, pairs=[("TUR", "UZB")], year=2030.0)
    p = alone.pair_index("TUR", "UZB")
    assert done.composite_cost[:, p] == pytest.approx(none.composite_cost[:, p], abs=1e-9)


def test_a_further_step_of_the_phase_in_moves_further() -> None:
    fast = measure("crossing_time", crossings=("taftan", "astara", "samur"), processing_hours=1.0)
    system = choice.compile_system(measures=[fast], study=PAIR)
    state = system.solve(CENTRAL, active=np.linspace(0, 1, 6)[:, None], demand=DEMAND)
    p = system.pair_index("PAK", "RUS")
    assert (np.diff(state.composite_cost[:, p, :3], axis=0) < 0).all()


def test_new_services_are_used_but_never_more_than_full() -> None:
    train = measure("rail_service", from_="lahore", to="astrakhan", trains_per_week=0.5, teu_per_train=31.0, days=12.0, usd_per_teu=900.0)
    plane = measure("direct_flights", route=("ISB", "SVO"), flights_per_week=2.0)
    more = {pair: 20 * value for pair, value in DEMAND.items()}
    system, none, done = before_and_after([train, plane], DRAWS, demand=more)
    assert (done.service_load <= done.service_capacity * (1 + 1e-9)).all()
    assert (done.service_load > 0).all()
    assert (done.service_premium_hours >= 0).all()
    new = [i for i, r in enumerate(system.routes) if r.needs]
    assert (none.route_share[:, new] == 0).all() and done.route_share[:, new].sum() > 0


# Order.


@settings(max_examples=4)
@given(st.permutations(range(6)), st.lists(st.floats(0.0, 1.0), min_size=6, max_size=6))
def test_the_order_in_the_file_does_not_matter(order: list[int], phases: list[float]) -> None:
    measures = [
        measure("border_capacity", crossings=("taftan", "astara"), trucks_per_day=800.0),
        measure("border_capacity", crossings=("taftan",), trucks_per_day=500.0),
        measure("crossing_time", crossings=("taftan", "samur"), processing_hours=6.0),
        measure("crossing_time", crossings=("samur",), processing_hours=3.0),
        measure("road", links=("quetta-taftan", "taftan-zahedan"), speed_kmh=40.0, usd_per_t_km=None),
        measure("closure", crossings=("torkham",), days_per_year=20.0),
    ]
    straight = choice.compile_system(measures=measures, study=PAIR)
    mixed = choice.compile_system(measures=[measures[i] for i in order], study=PAIR)
    one = straight.solve(CENTRAL, active=np.array(phases), demand=DEMAND)
    other = mixed.solve(CENTRAL, active=np.array([phases[i] for i in order]), demand=DEMAND)
    assert other.composite_cost == pytest.approx(one.composite_cost, rel=1e-10, abs=1e-13)
    assert other.queue_hours == pytest.approx(one.queue_hours, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize(
    ("quantity", "measures", "wins"),
    [
        ("capacity", [("border_capacity", "trucks_per_day", 900.0), ("border_capacity", "trucks_per_day", 400.0)], 900.0),
        ("processing_hours", [("crossing_time", "processing_hours", 2.0), ("crossing_time", "processing_hours", 8.0)], 2.0),
        ("closure_days", [("closure", "days_per_year", 90.0), ("closure", "days_per_year", 5.0)], 90.0),
        ("fee", [("tariff_or_fee", "usd_per_truck", 300.0), ("tariff_or_fee", "usd_per_truck", 20.0)], 300.0),
    ],
)
def test_of_two_measures_the_stated_one_wins(quantity: str, measures: list[tuple[str, str, float]], wins: float) -> None:
    for pick in (measures, measures[::-1]):
        built = [measure(kind, crossings=("taftan",), **{field: level}) for kind, field, level in pick]
        effects = measure_effects.read(NETWORK, built, CONSTANTS)
        moves = getattr(effects, quantity)
        base = np.full((len(NETWORK.crossing_names()), 1), 7.0)
        moved = apply(base, moves, np.ones((2, 1)))
        x = NETWORK.crossing_names().index("taftan")
        assert moved[x, 0] == wins
        assert (np.delete(moved[:, 0], x) == 7.0).all()


def test_of_two_road_measures_the_faster_and_the_cheaper_win() -> None:
    built = [
        measure("road", links=("quetta-taftan",), speed_kmh=50.0, usd_per_t_km=0.09),
        measure("road", links=("taftan-quetta",), speed_kmh=30.0, usd_per_t_km=0.02),
    ]
    effects = measure_effects.read(NETWORK, built, CONSTANTS)
    i = NETWORK.link("quetta-taftan")
    km = NETWORK.links[i].km
    base = np.full((len(NETWORK.links), 1), 100.0)
    assert apply(base, effects.link_hours, np.ones((2, 1)))[i, 0] == pytest.approx(km / 50.0)
    assert apply(base, effects.link_usd_per_t, np.ones((2, 1)))[i, 0] == pytest.approx(km * 0.02)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1000.0), st.floats(0.0, 1000.0))
def test_a_phase_moves_its_share_of_the_way(a: float, base: float, level: float) -> None:
    moved = apply(np.array([[base], [base]]), [Move(0, 0, level)], np.array([[a]]))
    assert moved[0, 0] == pytest.approx(base + a * (level - base))
    assert moved[1, 0] == base


def test_unknown_names_and_kinds_are_refused() -> None:
    for wrong, message in (
        (measure("border_capacity", crossings=("tafta",), trucks_per_day=1.0), "tafta.*taftan"),
        (measure("road", links=("quetta-tafta",), speed_kmh=40.0, usd_per_t_km=None), "quetta-tafta.*quetta-taftan"),
        (measure("new_link", from_="lahor", to="multan", mode="rail", km=1.0, speed_kmh=1.0, usd_per_t_km=1.0), "lahor.*lahore"),
        (measure("new_link", from_="lahore", to="moscow", mode="road", km=4500.0, speed_kmh=1.0, usd_per_t_km=1.0), r"measures\[0\]: a road from Lahore to Moscow would cross a border"),
        (measure("new_link", from_="lahore", to="moscow", mode="rail", km=450.0, speed_kmh=1.0, usd_per_t_km=1.0), r"measures\[0\]\.km: is 450; the straight line from Lahore to Moscow is 3,9"),
        (measure("direct_flights", route=("LHE", "XXX"), flights_per_week=1.0), "XXX"),
        (measure("magic"), "measure 1: kind 'magic'"),
    ):
        with pytest.raises((NetworkError, ScenarioError), match=message):
            measure_effects.read(NETWORK, [wrong], CONSTANTS)
