"""The route equilibrium: against a plain one, and what must hold for any draw."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors import uncertainty
from corridors.errors import DataError, NetworkError, NotConverged
from corridors.transport import network
from corridors.transport import system as choice
from corridors.transport.system import System
from plain_equilibrium import PlainEquilibrium

PAIR = ("PAK", "RUS")
DEMAND = {("PAK", "RUS"): np.array([60.0, 90.0, 30.0, 5.0]), ("RUS", "PAK"): np.array([40.0, 5.0, 90.0, 500.0])}
SMALL = (("PAK", "IRN"), ("IRN", "PAK"), ("PAK", "CHN"), ("AZE", "RUS"), ("PAK", "UZB"))
CENTRAL = uncertainty.central()
DRAWS = uncertainty.sample(None, 64, 7)


def one_draw(number: int) -> dict[str, float]:
    return {name: float(values[number]) for name, values in DRAWS.items()}


def measure(kind: str, **fields: Any) -> SimpleNamespace:
    return SimpleNamespace(kind=kind, **fields)


@cache
def whole() -> System:
    return choice.compile_system(study=PAIR)


MEASURES = [
    measure("border_capacity", crossings=("taftan", "astara"), trucks_per_day=800.0),
    measure("crossing_time", crossings=("taftan", "samur"), processing_hours=4.0),
    measure("closure", crossings=("torkham",), days_per_year=30.0),
    measure("tariff_or_fee", crossings=("taftan",), usd_per_truck=100.0),
]
AFTER = {
    ("taftan", "capacity_trucks_per_day"): 800.0, ("astara", "capacity_trucks_per_day"): 800.0,
    ("taftan", "processing_hours"): 4.0, ("samur", "processing_hours"): 4.0,
    ("torkham", "closure_days_per_year"): 30.0, ("taftan", "fee_usd_per_truck"): 100.0,
}  # fmt: skip


@pytest.mark.parametrize("number", [None, 0, 3, 11])
@pytest.mark.parametrize("improved", [False, True])
def test_equilibrium_is_that_of_a_plain_computation(number: int | None, improved: bool) -> None:
    """Six pairs on the real network in 2032, before and after measures, at central values and in draws."""
    params = {k: float(v[0]) for k, v in CENTRAL.items()} if number is None else one_draw(number)
    system = choice.compile_system(measures=MEASURES, pairs=SMALL, study=PAIR)
    ours = system.solve(params, active=np.full(4, float(improved)), year=2032.0, demand=DEMAND, tolerance=1e-12)
    plain = PlainEquilibrium(system, params, AFTER if improved else {}, 2032.0, {k: v.tolist() for k, v in DEMAND.items()})
    load, study, choices = plain.choose(plain.wait)
    assert ours.queue_hours[0] == pytest.approx([plain.wait[x] for x in system.crossings], rel=1e-6, abs=1e-9)
    assert ours.crossing_load_trucks_per_day[0] == pytest.approx([load[x] for x in system.crossings], rel=1e-8)
    assert ours.study_trucks_per_day[0] == pytest.approx([study[x] for x in system.crossings], rel=1e-6, abs=1e-12)
    for c, name in enumerate(system.cargo_classes):
        kept = dict.fromkeys(system.pairs, 0.0)
        share = np.zeros(len(system.choices.routes))
        for pair, origin, destination, weight in plain.markets():
            routes, factor = choices[pair, origin, destination, name]
            kept[pair] += weight * factor ** -params["trade_elasticity"]
            for i, s in routes.items():
                share[i] += weight * s
        factors = [kept[p] ** (-1.0 / params["trade_elasticity"]) for p in system.pairs]
        assert ours.price_factor[0, :, c] == pytest.approx(factors, rel=1e-8)
        assert ours.route_share[0, :, c] == pytest.approx(share[system.shown], rel=1e-6, abs=1e-12)
    usd, hours = zip(*(plain.usd_and_hours(int(i), plain.wait, before=False) for i in system.shown), strict=True)
    assert ours.route_usd_per_t[0] == pytest.approx(usd, rel=1e-10)
    assert ours.route_hours[0] == pytest.approx(hours, rel=1e-8)


def test_shares_of_a_pair_add_up_to_one_in_every_draw_and_class() -> None:
    system = whole()
    state = system.solve(DRAWS, demand=DEMAND, year=2030.0)
    for pair in system.study:
        rows = [i for i, r in enumerate(system.routes) if (r.exporter, r.importer) == pair]
        assert state.route_share[:, rows].sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    assert (state.route_share >= 0).all() and np.isfinite(state.composite_cost).all()
    assert (state.crossing_hours >= state.queue_hours).all() and (state.queue_hours >= 0).all()


def test_the_derivative_of_the_log_sum_is_the_share() -> None:
    """A dollar more at a border costs the share that passes it. The pair itself adds no truck, so queues stand still."""
    fee = measure("tariff_or_fee", crossings=("astara",), usd_per_truck=2000.0)
    system = choice.compile_system(measures=[fee], pairs=[], study=PAIR)
    step = 1e-4
    # Traffic of nobody in particular would leave for the fee, and queues with it.
    still = {**CENTRAL, "rest_elasticity": np.zeros(1)}
    state = system.solve(still, active=np.array([[0.5 - step], [0.5], [0.5 + step]]), tolerance=1e-12)
    now = float(system.network.crossings.loc["astara", "fee_usd_per_truck"])
    usd_per_t = 2 * step * (2000.0 - now) / float(CENTRAL["truck_payload_t"][0])
    for p, pair in enumerate(system.pairs):
        rows = [i for i, r in enumerate(system.routes) if (r.exporter, r.importer) == pair and "astara" in r.crossings]
        share = state.route_share[1, rows].sum(axis=0)
        change = state.composite_cost[2, p] - state.composite_cost[0, p]
        assert change == pytest.approx(share * usd_per_t / system.layout.unit_value[p], rel=1e-5, abs=1e-12)


@settings(max_examples=12)
@given(st.integers(0, 63), st.floats(0.0, 4.0), st.sampled_from([2025.0, 2032.0, 2040.0]))
def test_the_start_does_not_matter(number: int, start: float, year: float) -> None:
    system, params = whole(), one_draw(number)
    usual = system.solve(params, year=year, demand=DEMAND)
    other = system.solve(params, year=year, demand=DEMAND, start=start)
    assert usual.gap.max() <= 1e-8 and other.gap.max() <= 1e-8
    assert other.crossing_load_trucks_per_day == pytest.approx(usual.crossing_load_trucks_per_day, rel=1e-5)
    assert other.composite_cost == pytest.approx(usual.composite_cost, rel=1e-6, abs=1e-8)
    assert other.route_share == pytest.approx(usual.route_share, rel=1e-4, abs=1e-9)


def test_starting_from_another_state_gives_the_same_answer() -> None:
    """From the same state to the last bit in one round; from others, of another year or one case for all, to the tolerance."""
    system, params = whole(), uncertainty.sample(None, 40, 5)
    usual = system.solve(params, year=2030.0, demand=DEMAND)
    again = system.solve(params, year=2030.0, demand=DEMAND, near=usual)
    assert again.rounds == 1 and again.composite_cost.tobytes() == usual.composite_cost.tobytes()
    one = system.solve({name: value[:1] for name, value in params.items()}, year=2030.0, demand=DEMAND)
    later = system.solve(params, year=2040.0, demand=DEMAND)
    crossings = len(system.crossings)
    for near in (one, later, later.place[:, :crossings], later.place[:, : crossings - 1]):
        other = system.solve(params, year=2030.0, demand=DEMAND, near=near)
        assert other.gap.max() <= 1e-8
        assert other.composite_cost == pytest.approx(usual.composite_cost, rel=1e-6, abs=1e-8)
        assert other.crossing_load_trucks_per_day == pytest.approx(usual.crossing_load_trucks_per_day, rel=1e-5)


@pytest.mark.parametrize("year", [2025.0, 2035.0, 2045.0])
def test_every_draw_reaches_the_gap(year: float) -> None:
    state = whole().solve(uncertainty.sample(None, 256, 3), year=year, demand=DEMAND)
    assert state.gap.max() <= 1e-8


@pytest.mark.parametrize(("pair", "value"), [(("CHN", "KAZ"), 50_000.0), (("RUS", "TUR"), 50_000.0), (("PAK", "CHN"), 100_000.0)])
@pytest.mark.parametrize("year", [2027.0, 2050.0])
def test_a_study_that_fills_the_crossings_reaches_the_gap(pair: tuple[str, str], value: float, year: float) -> None:
    """Hundreds of trucks a day of the study's own, which do not grow as the background does; from other starts too."""
    system = choice.compile_system(study=pair)
    demand = {way: value * np.array([0.2, 0.2, 0.5, 0.1]) for way in (pair, pair[::-1])}
    state = system.solve(DRAWS, year=year, demand=demand)
    other = system.solve(DRAWS, year=year, demand=demand, start=0.3)
    assert state.gap.max() <= 1e-8 and state.study_trucks_per_day.max() > 50
    assert other.crossing_load_trucks_per_day == pytest.approx(state.crossing_load_trucks_per_day, rel=1e-4, abs=1e-3)


def test_base_shares_come_out_in_every_draw() -> None:
    """No measure, base year: modes have the shares of data/network/base_shares.csv, with the drawn odds."""
    # The base state is the one before crossings shut that are shut today: here they are taken as they were then.
    as_today = replace(network.load(), usual_closure_days={})
    system = choice.compile_system(as_today, study=PAIR)
    # What a draw takes off the hidden cost of the road comes after the base year.
    state = system.solve({**DRAWS, "road_hidden_kept": np.ones(1)})
    table = system.network.base_shares.set_index(["exporter", "importer", "cargo_class", "mode"])["share"].sort_index()
    for pair in system.study:
        for c, name in enumerate(system.cargo_classes):
            known = table.loc[(*pair, name)]
            lead = known.idxmax()
            odds = {m: s * (1.0 if m == lead else DRAWS["base_share_factor"]) for m, s in known.items()}
            total = sum(odds.values())
            for mode, odd in odds.items():
                rows = [i for i, r in enumerate(system.routes) if (r.exporter, r.importer) == pair and r.mode == mode]
                assert state.route_share[:, rows, c].sum(axis=1) == pytest.approx(odd / total, rel=1e-9, abs=1e-12), (pair, name, mode)


def test_hidden_cost_is_what_keeps_goods_off_the_road() -> None:
    """Nil for the mode that carries most, dear for the road; without it high-value goods would go by truck."""
    system = whole()
    state = system.solve(CENTRAL)
    textiles = system.cargo_classes.index("textiles")
    road = np.array([r.mode == "road" for r in system.routes])
    sea = np.array([r.mode == "sea" for r in system.routes])
    assert (state.hidden_usd_per_t[0, road, textiles] > 0).all()
    assert state.hidden_usd_per_t[0, sea, textiles] == pytest.approx(0.0, abs=1e-9)


def test_bulk_stays_off_trucks_and_trucks_off_bulk_carriers() -> None:
    system = whole()
    state = system.solve(DRAWS, demand=DEMAND)
    bulk = system.cargo_classes.index("bulk")
    carries_bulk = np.array([r.service is not None and system.effects.services[r.service].cargo == "bulk" for r in system.routes])
    assert (state.route_share[:, ~carries_bulk, bulk] == 0).all()
    others = [c for c in range(len(system.cargo_classes)) if c != bulk]
    assert (state.route_share[:, carries_bulk][:, :, others] == 0).all()


def test_a_case_does_not_depend_on_its_neighbours() -> None:
    """Alone or among others, to the last bit; and the same again."""
    system = whole()
    together = system.solve(DRAWS, year=2033.0, demand=DEMAND)
    again = system.solve(DRAWS, year=2033.0, demand=DEMAND)
    alone = system.solve({k: v[5:6] for k, v in DRAWS.items()}, year=2033.0, demand=DEMAND)
    for name in ("composite_cost", "route_share", "crossing_load_trucks_per_day"):
        assert (getattr(together, name) == getattr(again, name)).all()
        assert getattr(alone, name)[0] == pytest.approx(getattr(together, name)[5], rel=1e-12, abs=1e-15)


def test_cases_of_different_years_and_demands_sit_side_by_side() -> None:
    system = whole()
    years = np.array([2026.0, 2030.0, 2034.0])
    demand = {pair: np.stack([value, 2 * value, 3 * value]) for pair, value in DEMAND.items()}
    batch = system.solve(CENTRAL, year=years, demand=demand)
    for i, year in enumerate(years):
        single = system.solve(CENTRAL, year=year, demand={pair: value[i] for pair, value in demand.items()})
        assert batch.crossing_load_trucks_per_day[i] == pytest.approx(single.crossing_load_trucks_per_day[0], rel=1e-12)


def test_the_studys_trucks_load_the_crossings_they_pass() -> None:
    system = whole()
    with_trade = system.solve(CENTRAL, demand=DEMAND)
    trucks = with_trade.study_trucks_per_day[0]
    assert trucks[system.crossings.index("taftan")] > 0
    assert trucks[system.crossings.index("torkham")] == 0
    none = system.solve(CENTRAL)
    assert (none.study_trucks_per_day == 0).all()


def test_mean_cost_is_what_routes_cost_by_their_shares() -> None:
    """Money and time; a crossing shut on a share q of days counts as a cost of -ln(1 - q) / lambda."""
    system = whole()
    state = system.solve(CENTRAL, demand=DEMAND)
    value = np.array([system.layout.unit_value[system.pair_index(r.exporter, r.importer)] for r in system.routes])
    day = system.classes["value_of_a_day_multiplier"].to_numpy(dtype=float) * float(CENTRAL["value_of_a_day"][0])
    central = {k: float(v[0]) for k, v in CENTRAL.items()}
    payload = system.classes["truck_payload_t"].to_numpy(dtype=float)
    border = np.array([sum(state.crossing_hours[0, system.crossings.index(c)] for c in r.crossings) for r in system.routes])
    standing = day * central["reliability_ratio"] + central["truck_day_usd"] / (payload * value)
    cost = state.route_usd_per_t[0][:, None] / value + state.route_hours[0][:, None] / 24 * day + border[:, None] / 24 * standing
    open_share = dict(zip(system.crossings, state.open_share[0], strict=True))
    with np.errstate(divide="ignore"):
        shut = np.array([-sum(np.log(open_share[c]) for c in r.crossings) for r in system.routes]) / float(CENTRAL["route_scale"][0])
    cost += np.where(np.isfinite(shut), shut, 0.0)[:, None]
    for pair in system.study:
        rows = [i for i, r in enumerate(system.routes) if (r.exporter, r.importer) == pair]
        expected = (state.route_share[0, rows] * cost[rows]).sum(axis=0)
        assert state.mean_cost[0, system.pair_index(*pair)] == pytest.approx(expected, rel=1e-9)


def test_wrong_input_is_named() -> None:
    system = whole()
    with pytest.raises(DataError, match="value_of_a_day is missing"):
        system.solve({k: v for k, v in CENTRAL.items() if k != "value_of_a_day"})
    with pytest.raises(NetworkError, match="active has 2 columns for 0 measures"):
        system.solve(CENTRAL, active=np.ones(2))
    with pytest.raises(NetworkError, match="PAK-RUSS is not solved.*PAK-RUS"):
        system.solve(CENTRAL, demand={("PAK", "RUSS"): np.ones(4)})
    with pytest.raises(NetworkError, match=r"cases disagree: \[1, 3, 64\]"):
        system.solve(DRAWS, year=np.array([2026.0, 2027.0, 2028.0]))
    with pytest.raises(NetworkError, match="XXX"):
        choice.compile_system(study=("PAK", "XXX"))
    with pytest.raises(NotConverged, match="relative gap"):
        system.solve(CENTRAL, year=2035.0, demand=DEMAND, tolerance=0.0)
