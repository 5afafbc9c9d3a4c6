"""Capacity is a limit and trade reacts to it: what must hold on the region's network and on random ones."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors import scenario, uncertainty
from corridors.study.counterfactual import SHIFT_TOLERANCE
from corridors.study.pipeline import Study
from corridors.transport import network
from corridors.transport import system as choice
from corridors.transport.network import Link, Network

DRAWS = uncertainty.sample(None, 128, 11)
FEW = {name: value[:16] for name, value in DRAWS.items()}
# Draws among which one loses by more capacity.
LOSING = uncertainty.sample(None, 16, 3)
PAIR = ("PAK", "RUS")
DEMAND = {("PAK", "RUS"): np.array([60.0, 90.0, 30.0, 5.0]), ("RUS", "PAK"): np.array([40.0, 5.0, 90.0, 500.0])}


def passes(system: choice.System, state: choice.TransportState) -> np.ndarray:
    week = system.network.crossings["days_open_per_week"].to_numpy(float) / 7.0
    return state.crossing_capacity * week * state.open_share


@pytest.mark.parametrize("year", [2025.0, 2035.0, 2050.0])
def test_no_crossing_passes_more_than_it_can_over_the_year(year: float) -> None:
    """Closure days, weekends and all; and the fuller it is, the dearer a place in the queue."""
    system = choice.compile_system(study=PAIR)
    state = system.solve(DRAWS, year=year, demand=DEMAND)
    assert (state.crossing_load_trucks_per_day <= passes(system, state)).all()
    full = state.crossing_load_trucks_per_day > 0.97 * passes(system, state)
    if year > 2030:
        assert full.any()
        assert (state.shadow_price_usd_per_truck[full & (state.open_share > 0)] > 20.0).all()
    assert (state.shadow_price_usd_per_truck >= 0.0).all()


def test_a_queue_has_no_ceiling_where_far_more_would_come_than_passes() -> None:
    """Khorgos at 100 a day: at most 100 pass, and the wait that turns the others away is days longer than before, weeks in some draws."""
    cut = SimpleNamespace(kind="border_capacity", crossings=("khorgos",), trucks_per_day=100.0)
    system = choice.compile_system(measures=[cut], study=PAIR)
    x = system.crossings.index("khorgos")
    before = system.solve(DRAWS, year=2027.0, demand=DEMAND)
    after = system.solve(DRAWS, active=np.ones(1), year=2027.0, demand=DEMAND)
    assert (after.crossing_load_trucks_per_day[:, x] < 100.0).all()
    assert np.median(after.queue_hours[:, x] - before.queue_hours[:, x]) > 96.0 and after.queue_hours[:, x].max() > 336.0
    assert (after.shadow_price_usd_per_truck[:, x] > before.shadow_price_usd_per_truck[:, x]).all()
    p = system.pair_index("CHN", "KAZ")
    assert (after.price_factor[:, p, :3] > before.price_factor[:, p, :3]).all()
    # Those turned away go by the next crossings.
    round_ = [system.crossings.index(c) for c in ("torugart", "irkeshtam")]
    assert (after.crossing_load_trucks_per_day[:, round_] >= before.crossing_load_trucks_per_day[:, round_]).all()


def test_trade_of_a_pair_falls_with_the_crossing_it_passes() -> None:
    raw = {"title": "Khorgos cut", "pair": ["CHN", "KAZ"], "measures": [{"kind": "border_capacity", "crossings": ["khorgos"], "trucks_per_day": 100}]}
    study = Study(scenario.parse(raw, name="khorgos-cut"), 64, 1)
    assert np.median(study.effect_percent) < -1.0 and (study.effect_percent < 0.0).all()
    assert study.change.residual.max() < 2 * SHIFT_TOLERANCE and study.change.unsettled == 0
    after = study.change.after
    assert after is not None and study.chain.system is not None
    assert after.crossing_load_trucks_per_day[:, study.chain.system.crossings.index("khorgos")].max() < 100.0


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 29), st.floats(1.05, 4.0), st.sampled_from([2027.0, 2040.0]))
def test_more_capacity_never_lowers_the_trade_of_all_pairs_together(x: int, factor: float, year: float) -> None:
    """Each pair's trade weighed by its trucks. Trucks drawn to the wider crossing can fill the next one on their way, so that
    all lose a little (Braess 1968): of 27 crossings, three widenings and 16 draws 0.001 % at most, at Sarpi; in the median never."""
    before, after, system = widened(network.load(), network.load().crossing_names()[x], factor, year)
    gain = sum_of_trade(system, after) / sum_of_trade(system, before) - 1.0
    assert np.median(gain) >= -1e-8 and gain.mean() >= -1e-8 and gain.min() > -2e-5


def widened(roads: Network, name: str, factor: float, year: float) -> tuple[choice.TransportState, choice.TransportState, choice.System]:
    """The states before and after a crossing takes ``factor`` times as much."""
    wider = SimpleNamespace(kind="border_capacity", crossings=(name,), trucks_per_day=factor * float(roads.crossings.loc[name, "capacity_trucks_per_day"]))
    system = choice.compile_system(roads, [wider], study=PAIR)
    before = system.solve(LOSING, year=year, demand=DEMAND)
    return before, system.solve(LOSING, active=np.ones(1), year=year, demand=DEMAND, near=before), system


def test_what_more_capacity_loses_is_lost_in_the_queues_of_other_crossings() -> None:
    """At Sarpi four times as wide one draw loses 0.001 %; with every other crossing wide enough for all, none does."""
    roads = network.load()
    before, after, system = widened(roads, "sarpi", 4.0, 2040.0)
    gain = sum_of_trade(system, after) / sum_of_trade(system, before) - 1.0
    assert -2e-5 < gain.min() < -1e-7
    worst = int(gain.argmin())
    longer = after.queue_hours[worst] - before.queue_hours[worst]
    assert longer[system.crossings.index("sarpi")] < 0.0 < longer.max()
    others = roads.crossings.copy()
    others.loc[others.index != "sarpi", "capacity_trucks_per_day"] *= 1000.0
    before, after, system = widened(replace(roads, crossings=others), "sarpi", 4.0, 2040.0)
    assert (sum_of_trade(system, after) / sum_of_trade(system, before) - 1.0).min() >= -1e-9


def sum_of_trade(system: choice.System, state: choice.TransportState) -> np.ndarray:
    """Trucks a day of all pairs of the tables by what their prices leave of them, rest included."""
    traffic = system.network.pair_traffic.set_index(["exporter", "importer"])
    total = state.rest_trucks_per_day.sum(axis=1)
    mix = system.classes["background_mix"].to_numpy(float)
    for p, pair in enumerate(system.pairs):
        if pair in traffic.index:
            trucks = float(traffic.loc[pair, "road_trucks_per_day"]) / max(float(traffic.loc[pair, "road_share"]), 1e-3)
            total = total + trucks * (mix * state.price_factor[:, p] ** -LOSING["trade_elasticity"][:, None]).sum(axis=1)
    return np.asarray(total)


@settings(max_examples=8, deadline=None)
@given(st.sampled_from([("taftan", ("PAK", "IRN")), ("khorgos", ("CHN", "KAZ")), ("khunjerab", ("PAK", "CHN")), ("astara", ("IRN", "AZE")),
                        ("torugart", ("CHN", "KGZ")), ("islam_qala", ("IRN", "AFG"))]), st.integers(100, 365))  # fmt: skip
def test_a_border_that_is_shut_never_raises_the_trade_of_its_pair(at: tuple[str, tuple[str, str]], days: int) -> None:
    crossing, pair = at
    shut = SimpleNamespace(kind="closure", crossings=(crossing,), days_per_year=float(days))
    system = choice.compile_system(measures=[shut], study=PAIR)
    before = system.solve(FEW, year=2030.0, demand=DEMAND)
    after = system.solve(FEW, active=np.ones(1), year=2030.0, demand=DEMAND, near=before)
    p = system.pair_index(*pair)
    roads = system.network.crossings.loc[crossing]
    more = days > float(roads["closure_days_per_year"]) * FEW["closure_days_factor"]
    road = [c for c, name in enumerate(system.cargo_classes) if bool(system.classes.loc[name, "by_road"])]
    assert (after.price_factor[more][:, p, road] >= before.price_factor[more][:, p, road] * (1 - 1e-9)).all()


def random_network(rng: np.random.Generator) -> tuple[Network, tuple[str, str]]:
    """Two economies joined by one to four crossings, of which none, some or all may be full or shut, with or without other ways."""
    base = network.load()
    count = int(rng.integers(1, 5))
    names = [f"gate_{k}" for k in range(count)]
    rows = base.crossings.iloc[:count].copy()
    rows.index = pd.Index(names, name="crossing")
    rows["capacity_trucks_per_day"] = rng.uniform(20, 1500, count)
    rows["background_trucks_per_day"] = rows["capacity_trucks_per_day"] * rng.uniform(0.0, 1.5, count)
    rows["lanes"] = rng.integers(1, 12, count)
    rows["processing_hours"] = rng.uniform(0.5, 40, count)
    rows["hours_open"] = rng.choice([8.0, 12.0, 24.0], count)
    rows["days_open_per_week"] = rng.choice([5.0, 7.0], count)
    rows["closure_days_per_year"] = rng.choice([0.0, 20.0, 200.0], count)
    rows["state"] = "open"
    links = []
    for name in names:
        for end, economy in (("aa", "AAA"), ("bb", "BBB")):
            km = float(rng.uniform(50, 2000))
            links.append(Link(f"{end}-{name}", end, name, "road", economy, km, km / 30.0, km * float(rng.uniform(0.03, 0.15))))
    trucks = float(rng.uniform(0.0, 3.0)) * float(rows["capacity_trucks_per_day"].sum())
    share = float(rng.choice([1e-3, 0.1, 0.5, 0.9]))
    traffic = pd.DataFrame({"exporter": ["AAA", "BBB"], "importer": ["BBB", "AAA"], "road_trucks_per_day": [trucks, 0.3 * trucks], "road_share": share})
    economies = {"aa": ("AAA",), "bb": ("BBB",), **{name: ("AAA", "BBB") for name in names}}
    made = replace(
        base, places={**{n: n for n in names}, "aa": "aa", "bb": "bb"}, coordinates={n: (40.0, 60.0 + k) for k, n in enumerate(economies)},
        economies=economies, links=tuple(links), services=(), crossings=rows, gateways={("AAA", ""): (("aa", 1.0),), ("BBB", ""): (("bb", 1.0),)},
        airports={}, pair_traffic=traffic, base_shares=base.base_shares.iloc[:0],
    )  # fmt: skip
    return made, ("AAA", "BBB")


def random_draws(seed: int, count: int) -> dict[str, Any]:
    return uncertainty.sample(None, count, seed)


@pytest.mark.parametrize("seed", range(40))
def test_pairs_that_are_the_main_traffic_of_a_crossing_settle(seed: int) -> None:
    """Random networks with one pair that may want many times what passes: 64 draws each, all of them settled, none over capacity."""
    rng = np.random.default_rng(seed)
    made, pair = random_network(rng)
    system = choice.compile_system(made, study=pair)
    scale = float(rng.choice([1.0, 100.0, 10_000.0, 200_000.0]))
    demand = {way: scale * rng.dirichlet(np.ones(4)) for way in (pair, pair[::-1])}
    state = system.solve(random_draws(seed, 64), year=float(rng.choice([2025.0, 2035.0, 2060.0])), demand=demand)
    assert state.settled.all() and state.gap.max() <= 1e-8
    assert (state.crossing_load_trucks_per_day <= passes(system, state)).all()
    assert np.isfinite(state.price_factor).all() and (state.price_factor > 0).all()


POSTS = ("torkham", "chaman", "ghulam_khan", "kharlachi")
"""What shut between Pakistan and Afghanistan in October 2025; Angoor Adda had been shut since 2023."""


@cache
def open_again() -> Study:
    """The posts that shut in October 2025 open from 2027, against the baseline in which they stay shut."""
    raw = {"title": "Open again", "pair": ["PAK", "AFG"], "horizon": [2026, 2030], "measures": [
        {"kind": "closure", "crossings": list(POSTS), "days_per_year": 10, "start": 2027, "years_to_full_effect": 0}]}  # fmt: skip
    return Study(scenario.parse(raw, name="open-again"), 128, 1)


def test_reopening_the_afghan_border_at_least_doubles_the_trade() -> None:
    """With the four posts that shut in October 2025; with Torkham and Chaman alone it was 104 %."""
    assert np.median(open_again().effect_percent) >= 100.0


def test_reopening_the_afghan_border_brings_back_much_of_the_trade_it_shut_out() -> None:
    """Without the closure the trade would be that of the base state."""
    study = open_again()
    assert np.median(study.effect_percent) > 40.0 and (study.effect_percent > 0.0).all()
    assert (study.change.before_factor[:, :2] < 1.0).all() and np.median(study.change.before_factor[:, :2]) < 0.7
    system, before, after = study.chain.system, study.change.before, study.change.after
    assert system is not None and before is not None and after is not None
    gates = [system.crossings.index(c) for c in POSTS]
    assert (before.crossing_load_trucks_per_day[:, gates] == 0.0).all() and (after.crossing_load_trucks_per_day[:, gates] > 0.0).all()
    # Landlocked neighbours have no way outside the network.
    assert all(route.mode == "road" for route in system.routes if {route.exporter, route.importer} == {"PAK", "AFG"})


def test_a_pair_whose_only_road_shuts_trades_next_to_nothing() -> None:
    rng = np.random.default_rng(5)
    made, pair = random_network(rng)
    made = replace(made, pair_traffic=made.pair_traffic.assign(road_share=1.0), bulk_by_road={way: (1.0, 0.3) for way in (pair, pair[::-1])})
    shut = SimpleNamespace(kind="closure", crossings=made.crossing_names(), days_per_year=365.0)
    system = choice.compile_system(made, [shut], study=pair)
    demand = {way: np.array([5.0, 5.0, 5.0, 5.0]) for way in (pair, pair[::-1])}
    state = system.solve(FEW, active=np.ones(1), year=2030.0, demand=demand)
    assert (state.crossing_load_trucks_per_day == 0.0).all() and state.settled.all()
    # The price is near a million times the base year's: next to nothing even at an elasticity of 1.
    assert (state.price_factor > 1e5).all()


def test_one_truck_a_day_settles_however_dear_the_wait_becomes() -> None:
    """Where all ways of a market queue beyond the reach of the arithmetic, their differences still count."""
    narrow = SimpleNamespace(kind="border_capacity", crossings=("taftan", "gabd"), trucks_per_day=1.0)
    system = choice.compile_system(measures=[narrow], study=("PAK", "IRN"))
    goods = {("PAK", "IRN"): np.array([60.0, 90.0, 30.0, 105.0]), ("IRN", "PAK"): np.array([40.0, 5.0, 90.0, 500.0])}
    state = system.solve(uncertainty.sample(None, 64, 20260213), active=np.ones(1), year=2035.0, demand=goods)
    here = [system.crossings.index(name) for name in ("taftan", "gabd")]
    assert state.gap.max() <= 1e-8 and state.settled.all()
    assert (state.crossing_load_trucks_per_day[:, here] < 1.0).all()
    assert np.isfinite(state.composite_cost).all() and (state.queue_hours[:, here] > 500.0).all()


@pytest.mark.filterwarnings("error")
def test_where_every_border_is_shut_nothing_is_lost_on_the_way_to_a_number() -> None:
    shut = [name for name in network.load().crossing_names() if {"PAK"} & set(network.load().economies[name])]
    one = scenario.parse(
        {"title": "Shut", "pair": ["PAK", "AFG"], "measures": [{"kind": "closure", "crossings": shut, "days_per_year": 365}]}, name="all-shut"
    )
    study = Study(one, 64, 1)
    assert np.isfinite(study.change.response.trade_factor).all() and np.isfinite(study.effect_percent).all()
    assert np.median(study.effect_percent) < -90.0
