"""Hours and backlogs at a crossing, against a discrete-event simulation and against what must hold for any crossing."""

from __future__ import annotations

import heapq
import math
from typing import Any

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.errors import CrossingError
from corridors.transport import queue
from corridors.transport.crossing import Crossing


def crossing(**changes: Any) -> Crossing:
    fields: dict[str, Any] = {"capacity_trucks_per_day": 200.0, "lanes": 4, "processing_hours": 3.0, "longest_wait_days": 1000.0}
    return Crossing(**{**fields, **changes})


# A simulation of trucks one by one, first come first served, is the oracle.


def waits(arrivals: np.ndarray, services: np.ndarray, lanes: int) -> np.ndarray:
    """Wait of each truck in an event-by-event queue: it takes the lane that is free first."""
    free = [0.0] * lanes
    result = []
    for arrival, service in zip(arrivals.tolist(), services.tolist(), strict=True):
        start = max(free[0], arrival)
        result.append(start - arrival)
        heapq.heapreplace(free, start + service)
    return np.array(result)


def services(rng: np.random.Generator, count: int, mean: float, squared_variation: float) -> np.ndarray:
    if squared_variation == 0:
        return np.full(count, mean)
    return rng.gamma(1 / squared_variation, mean * squared_variation, count)


def steady_wait_days(load: float, capacity: float, lanes: int, squared_variation: float, seed: int = 5) -> float:
    """Mean wait of trucks that arrive at random, after a start; more of them where the queue moves slowly."""
    count = 1_200_000 if load >= 0.9 else 300_000
    rng = np.random.default_rng(seed)
    arrivals = np.cumsum(rng.exponential(1 / (load * capacity), count))
    return float(waits(arrivals, services(rng, count, lanes / capacity, squared_variation), lanes)[count // 20 :].mean())


@pytest.mark.parametrize("lanes", [1, 3, 8])
def test_the_simulation_of_these_tests_agrees_with_simpy_truck_by_truck(lanes: int) -> None:
    rng = np.random.default_rng(11)
    arrivals = np.cumsum(rng.exponential(1.0, 4000))
    work = rng.gamma(0.5, 2 * 0.9 * lanes, 4000)
    found = np.empty(4000)
    world = simpy.Environment()
    booths = simpy.Resource(world, capacity=lanes)

    def truck(number: int) -> Any:
        yield world.timeout(arrivals[number])
        with booths.request() as turn:
            yield turn
            found[number] = world.now - arrivals[number]
            yield world.timeout(work[number])

    for number in range(4000):
        world.process(truck(number))
    world.run()
    assert found == pytest.approx(waits(arrivals, work, lanes), abs=1e-8)


@pytest.mark.parametrize("load", [0.3, 0.5, 0.7, 0.8, 0.9, 0.95])
@pytest.mark.parametrize(("capacity", "lanes"), [(200, 1), (400, 2), (800, 4), (800, 8)])
def test_delay_of_random_service_is_within_ten_percent_of_the_simulation(capacity: int, lanes: int, load: float) -> None:
    simulated = 24 * steady_wait_days(load, capacity, lanes, 1.0)
    ours = crossing(capacity_trucks_per_day=capacity, lanes=lanes, processing_hours=0.0).hours(load * capacity)
    assert ours == pytest.approx(simulated, rel=0.10)


@pytest.mark.parametrize("squared_variation", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("load", [0.3, 0.5, 0.7, 0.8, 0.9, 0.95])
@pytest.mark.parametrize(("capacity", "lanes"), [(400, 2), (800, 8)])
def test_hours_of_general_service_are_within_ten_percent_of_the_simulation(
    capacity: int, lanes: int, load: float, squared_variation: float
) -> None:
    """Time in the lane counts as processing. Where the delay is a tenth of it or more, the delay holds by itself.

    Shorter delays in many lanes are where Allen and Cunneen's formula is known to be rough: they are seconds.
    """
    in_lane = 24 * lanes / capacity
    delay = 24 * steady_wait_days(load, capacity, lanes, squared_variation)
    ours = crossing(
        capacity_trucks_per_day=capacity, lanes=lanes, processing_hours=in_lane, service_variability=squared_variation
    ).hours(load * capacity)
    assert ours == pytest.approx(in_lane + delay, rel=0.10)
    if delay > 0.1 * in_lane:
        assert ours - in_lane == pytest.approx(delay, rel=0.10)


def a_year(load: float, days: float, hours_open: float = 24.0, days_a_week: int = 7, seed: int = 0) -> tuple[float, float]:
    """Mean wait in hours of all who arrive in so many days, from an empty start, and who wait at the end: 200 a day,
    4 lanes. Time is turned into hours of opening, in which the lanes work without a break."""
    share, capacity = hours_open / 24.0, 200.0 * days_a_week / 7.0

    def opened(time: np.ndarray) -> np.ndarray:
        week, day = np.divmod(time, 7.0)
        whole = np.floor(day)
        today = np.where(whole < days_a_week, np.minimum(day - whole, share), 0.0)
        return (week * days_a_week + np.minimum(whole, days_a_week)) * share + today

    def calendar(work: np.ndarray) -> np.ndarray:
        whole = np.floor(work / share + 1e-12)
        week, day = np.divmod(whole, days_a_week)
        return week * 7.0 + day + work - whole * share

    hours, left = [], []
    for repeat in range(8):
        rng = np.random.default_rng(seed + repeat)
        arrivals = np.cumsum(rng.exponential(1 / (load * capacity), int(1.3 * load * capacity * days) + 300))
        arrivals = arrivals[arrivals < days]
        work = opened(arrivals)
        start = work + waits(work, rng.exponential(4 / 200.0 * share, arrivals.size), 4)
        at_once = (start <= work + 1e-12) & (opened(arrivals + 1e-9) > work)
        begun = np.where(at_once, arrivals, calendar(start + 1e-12))
        hours.append(24 * float((begun - arrivals).mean()))
        left.append(float((begun > days).sum()))
    return float(np.mean(hours)), float(np.mean(left))


@pytest.mark.parametrize("load", [0.8, 0.9, 1.05, 1.2])
def test_mean_wait_of_a_year_near_and_over_capacity(load: float) -> None:
    simulated, _ = a_year(load, 365)
    assert crossing(processing_hours=0.0).hours(load * 200) == pytest.approx(simulated, rel=0.10)


@pytest.mark.parametrize(("hours_open", "days_a_week"), [(10.0, 7), (12.0, 5)])
@pytest.mark.parametrize("load", [0.5, 0.8, 0.95, 1.05])
def test_closed_hours_cost_what_the_simulation_says(load: float, hours_open: float, days_a_week: int) -> None:
    simulated, _ = a_year(load, 364, hours_open, days_a_week)
    ours = crossing(processing_hours=0.0, hours_open=hours_open, days_open_per_week=days_a_week)
    assert ours.hours(load * ours.average_capacity_per_day) == pytest.approx(simulated, rel=0.15)


@pytest.mark.parametrize(("load", "days"), [(1.0, 20.0), (1.1, 20.0), (2.0, 20.0), (1.05, 365.0)])
def test_backlog_is_that_of_the_simulation(load: float, days: float) -> None:
    _, left = a_year(load, days)
    # At exactly the capacity the backlog is all chance: the formula keeps its order of size.
    assert crossing().backlog(load * 200, days) == pytest.approx(left, rel=0.45 if load == 1.0 else 0.12)


# What must hold by construction.

crossings = st.builds(
    Crossing,
    capacity_trucks_per_day=st.floats(1, 5000),
    lanes=st.integers(1, 40),
    processing_hours=st.floats(0, 200),
    hours_open=st.floats(0.5, 24),
    days_open_per_week=st.floats(0.5, 7),
    arrival_variability=st.floats(0, 10),
    service_variability=st.floats(0, 10),
    longest_wait_days=st.floats(0.1, 400),
)
traffic = st.floats(0, 50_000)


@settings(max_examples=300)
@given(crossings, traffic)
def test_hours_are_finite_and_between_processing_and_the_ceiling(c: Crossing, trucks: float) -> None:
    hours = c.hours(trucks)
    assert math.isfinite(hours)
    assert c.processing_hours <= hours <= (c.processing_hours + 24 * c.longest_wait_days) * (1 + 1e-12)
    assert 0 <= c.backlog(trucks, 5.0) <= trucks * 5.0


@settings(max_examples=300)
@given(crossings, traffic, st.floats(0, 5000), st.floats(0.01, 400))
def test_more_traffic_never_shortens_hours_or_backlog(c: Crossing, trucks: float, more: float, days: float) -> None:
    assert c.hours(trucks + more) >= c.hours(trucks) * (1 - 1e-9)
    assert c.backlog(trucks + more, days) >= c.backlog(trucks, days) - 1e-9 * (1 + trucks * days)


@settings(max_examples=300)
@given(crossings, traffic, st.floats(1, 10))
def test_more_capacity_never_lengthens_hours_or_backlog(c: Crossing, trucks: float, factor: float) -> None:
    better = Crossing(**{**vars(c), "capacity_trucks_per_day": c.capacity_trucks_per_day * factor})
    assert better.hours(trucks) <= c.hours(trucks) * (1 + 1e-9)
    assert better.backlog(trucks, 5.0) <= c.backlog(trucks, 5.0) + 1e-9 * (1 + 5 * trucks)


@settings(max_examples=200)
@given(crossings, st.floats(0, 3))
def test_hours_are_continuous_through_capacity(c: Crossing, load: float) -> None:
    trucks = load * c.average_capacity_per_day
    nearby = c.hours(trucks * (1 + 1e-9))
    assert nearby == pytest.approx(c.hours(trucks), rel=1e-4, abs=1e-6)


@settings(max_examples=100)
@given(crossings, st.lists(traffic, min_size=1, max_size=6))
def test_arrays_give_what_numbers_give(c: Crossing, trucks: list[float]) -> None:
    assert c.hours(np.array(trucks)).tolist() == pytest.approx([c.hours(t) for t in trucks], rel=1e-12)
    assert c.backlog(np.array(trucks), 3.0).tolist() == pytest.approx([c.backlog(t, 3.0) for t in trucks], rel=1e-12, abs=1e-12)


def test_no_traffic_means_processing_only_and_no_backlog() -> None:
    assert crossing().hours(0) == 3.0
    assert crossing().backlog(0, 30) == 0.0
    assert crossing().backlog(500, 0) == 0.0


def test_far_over_capacity_the_backlog_is_arrivals_less_capacity() -> None:
    assert crossing(capacity_trucks_per_day=100).backlog(800, days=5) == pytest.approx(3500, rel=0.01)


def test_erlang_c_has_the_values_of_the_textbook() -> None:
    """One lane: the load itself. Two lanes: ``2 x^2 / (1 + x)``. Five lanes at 0.8: 0.5541 (any Erlang C table)."""
    x = np.linspace(0, 1, 11)
    assert queue.erlang_c(x, 1) == pytest.approx(x)
    assert queue.erlang_c(x, 2) == pytest.approx(2 * x * x / (1 + x))
    assert float(queue.erlang_c(0.8, 5)) == pytest.approx(0.5541, abs=5e-5)


@pytest.mark.parametrize("value", [0, -5, math.nan, math.inf, -math.inf, None, "800", True, 1 + 2j, [800]])
def test_impossible_capacity_is_refused_by_name(value: Any) -> None:
    with pytest.raises(CrossingError, match="capacity_trucks_per_day .*finite number above 0"):
        Crossing(capacity_trucks_per_day=value, lanes=4, processing_hours=1.0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lanes", 0), ("lanes", 2.5), ("lanes", 20_000), ("lanes", None), ("processing_hours", -1), ("processing_hours", math.nan),
        ("processing_hours", None), ("hours_open", 0), ("hours_open", 25), ("days_open_per_week", 0), ("days_open_per_week", 8),
        ("arrival_variability", -0.1), ("service_variability", math.inf), ("longest_wait_days", 0),
    ],
)  # fmt: skip
def test_impossible_fields_are_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(CrossingError, match=field):
        crossing(**{field: value})


@pytest.mark.parametrize("value", [-1, math.nan, math.inf, None, "many", [1.0, -2.0]])
def test_impossible_traffic_is_refused_by_name(value: Any) -> None:
    with pytest.raises(CrossingError, match="trucks_per_day"):
        crossing().hours(value)
    with pytest.raises(CrossingError, match="trucks_per_day"):
        crossing().backlog(value, 5)


def test_missing_capacity_is_refused_by_name() -> None:
    with pytest.raises(CrossingError, match="capacity_trucks_per_day is missing"):
        Crossing(lanes=4, processing_hours=1.0)
    with pytest.raises(CrossingError, match="days"):
        crossing().backlog(100, -1)
