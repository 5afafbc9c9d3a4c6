"""Constants by crossing: a pair's trucks are where they were counted, in every draw, and nothing else is touched."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from corridors.data import tables
from corridors.trade import cargo, world
from corridors.transport import assignment, crossing_constants, outlook, system
from corridors.transport.block import Block
from corridors.transport.cases import Cases
from corridors.transport.system import System
from corridors.transport.world_network import crossing_rows, study
from corridors.uncertainty import draws as uncertain


def draws(count: int) -> dict[str, np.ndarray]:
    drawn = uncertain.sample(None, count, 7)
    return {name: np.asarray(drawn[name], dtype=float) for name in system.PARAMETERS}


@lru_cache(maxsize=8)
def compiled(a: str, b: str) -> System:
    return system.compile_system(study.network_of((a, b)), (), study=(a, b))


@lru_cache(maxsize=8)
def block(a: str, b: str, count: int = 24) -> Block:
    one = compiled(a, b)
    ways = ((a, b), (b, a))
    traded = {
        way: np.repeat((float(world.base_matrix().loc[way]) * share)[None], count, axis=0)
        for way, share in zip(ways, cargo.usual_shares(ways), strict=True)
    }
    values = draws(count)
    years = values["traffic_base_year"]
    cases = Cases(values, np.zeros((1, 0)), years, traded, np.ones((1, 1)))
    return assignment.block(one.layout, cases, count, 0, count)


@pytest.mark.parametrize("pair", [("MEX", "USA"), ("CAN", "USA"), ("CHN", "VNM"), ("IND", "NPL"), ("POL", "UKR")])
def test_a_pair_s_trucks_are_where_they_were_counted_in_every_draw(pair: tuple[str, str]) -> None:
    here, one = block(*pair), compiled(*pair)
    # In a draw in which more was counted than can pass, that much less of it is known.
    held = here.counts / (one.layout.background * here.values["background_traffic_factor"])
    known = one.layout.known[0][:, None] * held
    at = np.flatnonzero(one.layout.known[0] >= 10.0)
    passing = here._counted()[at]
    assert at.size >= 4
    miss = np.abs(np.log(passing / passing.sum(axis=0)) - np.log(known[at] / known[at].sum(axis=0))).max(axis=0)
    assert np.median(miss) < 5e-3
    # India's trains to Nepal end at crossings: in a draw with many of them they are more than was counted there.
    assert (miss < 0.05).sum() >= miss.size - (4 if pair == ("IND", "NPL") else 0)


@pytest.mark.parametrize("pair", [("MEX", "USA"), ("CAN", "USA")])
def test_a_study_s_trucks_are_near_the_counts_where_cost_alone_had_up_to_four_times_as_many(pair: tuple[str, str]) -> None:
    one = compiled(*pair)
    ways = (pair, pair[::-1])
    demand = {
        way: float(world.base_matrix().loc[way]) * share
        for way, share in zip(ways, cargo.usual_shares(ways), strict=True)
    }
    state = one.solve(uncertain.central(), demand=demand)
    facts = tables.table("world_crossing_facts")
    counted = facts[facts["quantity"] == "trucks_per_day"].set_index("crossing")["value"].astype(float)
    at = [x for x, name in enumerate(one.crossings) if name in counted.index]
    assert len(at) >= 10
    ratio = state.crossing_load_trucks_per_day[0, at] / counted.loc[[one.crossings[x] for x in at]].to_numpy()
    assert np.median(np.exp(np.abs(np.log(ratio)))) < 1.4
    assert ratio.min() > 0.5
    assert ratio.max() < 1.6
    assert state.queue_hours.max() < 5.0


def test_trucks_of_a_load_are_counted_ones_over_those_by_trade() -> None:
    rows = tables.table("world_crossing_traffic")
    own = rows[(rows["kind"] == "pair") & (rows["economy_a"] == "IND") & (rows["economy_b"] == "NPL")].set_index("crossing")
    other = own["trucks_per_day"] - own["bulk_trucks_per_day"]
    facts = tables.table("world_crossing_facts")
    counted = facts[facts["quantity"] == "trucks_per_day"].set_index("crossing")["value"].astype(float)
    total = rows.groupby("crossing")["trucks_per_day"].sum()
    known = sum(float(load) * (counted[name] / total[name] if name in counted.index else 1.0) for name, load in other.items())
    assert {"raxaul", "nepalgunj"} <= set(other.index) & set(counted.index)
    assert crossing_rows.trucks_of_a_load("IND", "NPL") == pytest.approx(known / other.sum(), rel=1e-12)
    assert crossing_rows.trucks_of_a_load("JPN", "USA") == 1.0
    assert crossing_rows.trucks_of_a_load("AFG", "TKM") == crossing_rows.TRAFFIC_FACTOR


def test_what_is_counted_of_a_study_s_own_trade_is_not_counted_twice() -> None:
    one = compiled("MEX", "USA")
    laredo = one.crossings.index("laredo")
    assert 0.95 < one.own_part[laredo] <= 1.0
    assert (one.own_part >= 0.0).all() and (one.own_part <= 1.0 + 1e-9).all()
    counted = one.network.crossings["background_trucks_per_day"].to_numpy(dtype=float)
    central = uncertain.central()
    year = [int(central["traffic_base_year"][0])]
    alone = outlook.crossing_years(one, central, year)
    with_own = outlook.crossing_years(one, central, year, (one.own_part * counted)[None, :])
    assert with_own["utilisation_p50"].to_numpy() == pytest.approx(alone["utilisation_p50"].to_numpy(), rel=1e-9)


def test_where_nothing_is_said_of_crossings_path_sizes_stand_as_they_are() -> None:
    one = system.compile_system(study=("PAK", "RUS"))
    values = draws(3)
    cases = Cases(values, np.zeros((1, one.effects.count)), values["traffic_base_year"], {}, np.ones((1, 1)))
    sizes = assignment.block(one.layout, cases, 3, 0, 3).sizes
    assert not one.layout.known.any()
    assert np.array_equal(sizes, one.choices.path_size[:, None])


def test_a_crossing_without_trade_has_next_to_none_of_a_pair_s_trucks() -> None:
    known = crossing_rows.spread("ZAF", "ZMB", ("beitbridge", "plumtree"))
    assert 0.0 < known["plumtree"] < 0.5 * crossing_rows.LEAST_TRUCKS
    assert known["beitbridge"] > 20.0


@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 4), st.booleans())
def test_scaling_agrees_with_a_general_solver(seed: int, crossings: int, nests: int, twice: bool) -> None:
    r = np.random.default_rng(seed)
    nest = np.repeat(np.arange(nests), crossings)
    passes = np.tile(np.eye(crossings), (nests, 1))
    if twice:
        nest = np.append(nest, nests - 1)
        passes = np.vstack([passes, np.eye(crossings)[0] + np.eye(crossings)[1]])
    pulls = [np.exp(r.normal(size=(nest.size, 1))) for _ in range(2)]
    trucks = [r.uniform(1.0, 5.0, size=(nests, 1)) for _ in range(2)]
    known = r.uniform(1.0, 4.0, size=(crossings, 1))

    def load(ln: np.ndarray) -> np.ndarray:
        out = np.zeros(crossings)
        for pull, sent in zip(pulls, trucks, strict=True):
            for n in range(nests):
                taken = np.where(nest == n, pull[:, 0] * np.exp(passes @ ln), 0.0)
                out += sent[n, 0] * passes.T @ (taken / taken.sum())
        return out

    def miss(ln: np.ndarray) -> np.ndarray:
        found = load(ln)
        short = np.log(found / found.sum()) - np.log(known[:, 0] / known.sum())
        # One constant is free: the mean is nil.
        short[-1] = ln @ known[:, 0] / known.sum()
        return short

    plain = optimize.root(miss, np.zeros(crossings), tol=1e-12)
    found = crossing_constants.scaled(np.array(pulls), np.array(trucks), nest, passes, known)[:, 0]
    there = load(found)
    assert np.abs(np.log(there / there.sum()) - np.log(known[:, 0] / known.sum())).max() < 0.02
    if plain.success:
        assert found == pytest.approx(plain.x, abs=0.05)


def test_a_case_does_not_depend_on_those_beside_it() -> None:
    r = np.random.default_rng(3)
    nest, passes = np.array([0, 0, 0, 1, 1, 1]), np.tile(np.eye(3), (2, 1))
    pulls, trucks = np.exp(2.0 * r.normal(size=(1, 6, 40))), np.array([[[3.0], [2.0]]])
    known = r.uniform(1.0, 4.0, size=(3, 40))
    together = crossing_constants.scaled(pulls, trucks, nest, passes, known)
    for k in (0, 17, 39):
        alone = crossing_constants.scaled(pulls[:, :, [k]], trucks, nest, passes, known[:, [k]])
        assert np.array_equal(alone[:, 0], together[:, k])
