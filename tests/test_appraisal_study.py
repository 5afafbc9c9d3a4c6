"""The appraisal of whole scenarios: nothing without measures, parts that add up, costs and rates that act as they must."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from corridors.appraisal import states
from corridors.scenario import load
from corridors.scenario.measures import BorderCapacity, Closure
from corridors.show.charts.worth import worth_by_year
from corridors.show.words import works
from corridors.show.words import worth as words
from corridors.study import StudyResult, run, tables, worth_rests, worth_tables
from corridors.study.pipeline import Study
from corridors.study.worth import Worth
from corridors.study.worth_columns import WORTH
from corridors.transport.system import compile_system
from corridors.uncertainty.cases import taken

DRAWS = 64


@pytest.fixture(scope="module")
def study() -> Study:
    return Study(load("capacity-800"), DRAWS, 7)


@pytest.fixture(scope="module")
def worth(study: Study) -> Worth:
    return Worth(study)


@pytest.fixture(scope="module")
def result() -> StudyResult:
    return run(load("iran-corridor"), draws=DRAWS)


def test_works_that_would_lie_in_the_past_are_told() -> None:
    rows = pd.DataFrame({"measure": ["A", "B"], "counted": [True, False], "capital_musd": [9.0, 9.0], "start": [2027, 2027], "works_years": [2.5, 9.0]})
    result = type("R", (), {"years": (2026, 2035), "__getitem__": lambda self, name: rows})()
    told = works.late(result)
    assert "since about 2024" in told and "2 years later" in told and "before 2026" in told
    rows["start"] = 2029
    assert works.late(result) == ""


def test_without_measures_every_benefit_is_zero_to_the_last_bit() -> None:
    found = run(load("baseline"), draws=DRAWS).summary()["appraisal"]
    for key in ("user_benefits_musd", "real_income_musd", "co2_kt", "npv_musd", "costs_musd", "fees_musd"):
        assert found[key] == {"mean": 0.0, "p10": 0.0, "p50": 0.0, "p90": 0.0}, key
    assert all(v == 0.0 for gain in found["user_benefits_by_economy_musd"].values() for v in gain.values())
    assert found["probability_npv_positive"] == 0.0 and found["bcr"]["mean"] is None


def test_what_rounding_leaves_of_nothing_is_nothing(worth: Worth) -> None:
    """A measure that states what is there had a rate of return of -100 and a net value that was positive in 58 of 100 cases."""
    flows = worth.appraisal
    noise = 1e-12 * np.random.default_rng(1).standard_normal(flows.benefits.shape)
    with patch.dict(worth.__dict__, yearly=noise[:, : len(worth.study.years)], benefits_last=noise[:, -1], costs=()):
        del worth.__dict__["appraisal"]
        assert not worth.appraisal.benefits.any()
        found, rates, doubts = worth_tables.summary(worth), worth_tables.tables(worth)["worth_rates"], worth_tables.tables(worth)["worth_doubts"]
    assert found["npv_musd"] == {"mean": 0.0, "p10": 0.0, "p50": 0.0, "p90": 0.0} and found["probability_npv_positive"] == 0.0
    assert set(found["eirr_percent"].values()) == set(found["switching"].values()) == {None}
    assert (rates["probability_npv_positive"] == 0.0).all() and not len(doubts)
    some = replace(flows, benefits=np.vstack([noise[:1], flows.benefits[1:]]), costs=np.vstack([0.0 * noise[:1], flows.costs[1:]]))
    kept = some.without_rounding()
    assert not kept.benefits[0].any() and np.array_equal(kept.benefits[1:], flows.benefits[1:])


def test_names_and_sums_of_the_summary(result: StudyResult) -> None:
    found = json.loads(result.json())["appraisal"]
    assert set(found) >= {
        "discount_percent", "user_benefits_musd", "real_income_musd", "co2_kt", "npv_musd", "user_benefits_by_economy_musd", "costs_musd", "bcr",
        "eirr_percent", "probability_npv_positive", "switching",
    }  # fmt: skip
    by_economy = [gain["mean"] for gain in found["user_benefits_by_economy_musd"].values()]
    assert sum(by_economy) == pytest.approx(found["user_benefits_musd"]["mean"], rel=1e-9)
    assert "rest_of_world" in found["user_benefits_by_economy_musd"]
    assert found["costs_typical"] and "typical" in found["costs_note"]
    assert all(route["co2_kg_per_t"] is None or route["co2_kg_per_t"] > 0 for rows in json.loads(result.json())["routes"].values() for route in rows)


def test_tables_agree_with_the_summary(result: StudyResult) -> None:
    found, table = result.summary()["appraisal"], result["worth"].set_index("item")
    assert table.loc["users", "mean"] == found["user_benefits_musd"]["mean"]
    assert table.loc["npv", "p10"] == found["npv_musd"]["p10"]
    parts = table.loc[["users_pair", "users_other_pairs", "users_other_trucks"], "mean"].sum()
    assert parts == pytest.approx(table.loc["users", "mean"], rel=1e-9)
    assert result["worth_by_economy"]["users_musd_mean"].sum() == pytest.approx(table.loc["users", "mean"], rel=1e-9)
    chosen = result["worth_rates"].query("chosen").iloc[0]
    assert chosen["npv_musd_mean"] == pytest.approx(table.loc["npv", "mean"])


def test_the_chart_tells_works_of_the_past_and_what_is_left_from_costs(result: StudyResult) -> None:
    years, costs = result["worth_by_year"]["year"].to_numpy(), result["worth_by_year"]["costs_musd_mean"].to_numpy()
    assert years[0] < result.years[0] and costs[-1] < 0.0, "works of six years, and a road that outlives the horizon"
    shown = worth_by_year(result)
    assert shown is not None
    assert f"Hollow: works before {result.years[0]}" in shown.source and f"still worth in {years[-1]}" in shown.source


def test_what_a_ratio_rests_on_is_told_where_it_is_large_or_hangs_on_a_shut_border(result: StudyResult) -> None:
    def told(ratio: float | None, part: float, shut: list[str], widened: float = 1.0) -> str:
        rests = {"held_year": 2030, "bcr_held": 31.0, "shut": shut, "gain_if_opened": part, "gain_if_widened": widened}
        found = {**result.facts["appraisal"], "bcr": {**result.facts["appraisal"]["bcr"], "mean": ratio}, "rests_on": rests}
        return words.rests_on(replace(result, facts={**result.facts, "appraisal": found}))

    assert told(6.0, 1.0, []) == told(None, 0.9, ["torkham"]) == ""
    large = told(56.0, 1.0, [])
    assert large.startswith("So large a gain for what it costs rests"), "a ratio is named only where one was told"
    assert "longer on average at Taftan by 2035" in large and "as in 2030, they would be 31 times costs" in large
    assert "If Torkham and Chaman, shut today, opened again, 29" in told(6.0, 0.29, ["torkham", "chaman"])
    assert "nothing of this gain would be left" in told(6.0, 0.0, ["torkham"]) and "twice this" in told(6.0, 2.0, ["torkham"])
    assert told(6.0, 1.0, [], 0.85) == ""
    wider = told(6.0, 1.0, [], 0.34)
    assert "widened anyway as fast as its traffic is expected to grow, 34" in wider and "would be left" in wider


def test_a_lower_rate_raises_what_comes_later(result: StudyResult) -> None:
    rates = result["worth_rates"].sort_values("rate_percent")
    assert rates["npv_musd_mean"].is_monotonic_decreasing and list(rates["rate_percent"]) == [6.0, 9.0, 12.0]


def test_gains_by_kind_add_up_and_time_leads_where_queues_shorten(worth: Worth) -> None:
    kinds = worth.by_kind
    assert sum(kinds.values()) == pytest.approx(float(worth._central_users.total[-1]), rel=1e-9)
    assert kinds["time"] > 0


def test_log_sum_and_rule_of_half_agree_where_ways_hardly_change(worth: Worth) -> None:
    """Existing goods by the log-sum, against hours and dollars of every way by the rule of half, central case."""
    kinds = worth.by_kind
    by_half = kinds["time"] + kinds["reliability"] + kinds["vehicles"] + kinds["money"]
    assert by_half + kinds["choice"] == pytest.approx(by_half, rel=0.05)


def test_measures_in_either_order_add_up_to_both(study: Study) -> None:
    """Everybody's gains on the network, new trade and trucks of no known pair with them: by one measure first, or by the others.

    To a thousandth: the price that a gain is taken at is the mean over the ways, and it moves by the log-sum.
    """
    one = Worth(Study(load("iran-corridor"), 1, 7))
    system, middle = one.system, one.study.middle
    assert system is not None and one.study.chain.count >= 2
    phases = np.zeros((4, one.study.chain.count))
    phases[1, 0] = 1.0
    phases[2, 1:] = 1.0
    phases[3] = 1.0
    state = states.of_each(system, middle, phases, 2035, one.study.middle_demand, one.study.middle_shift)

    def gain(a: int, b: int) -> float:
        before, after = (taken(state, np.array([row]), state.gap.size) for row in (a, b))
        parts = states.pair_gains(system, before, after, one._central_value, middle["trade_elasticity"])
        return float(sum(p.sum() for p in parts) + states.rest_gains(system, before, after, middle).sum())

    assert gain(0, 3) > 100.0 and abs(gain(0, 1) + gain(0, 2) - gain(0, 3)) > 1.0, "the two do not merely add up"
    assert gain(0, 1) + gain(1, 3) == pytest.approx(gain(0, 3), rel=1e-3)
    assert gain(0, 2) + gain(2, 3) == pytest.approx(gain(0, 3), rel=1e-3)


@pytest.mark.parametrize("what", ["capacity", "crossing_hours", "link_hours"])
def test_a_step_is_worth_what_a_second_solution_says(worth: Worth, what: str) -> None:
    """The first entry of each ranking against two systems compiled and solved for themselves."""
    from corridors.scenario.measures import BorderCapacity, CrossingTime, Road

    study = worth.study
    row = worth.priorities.query("what == @what").iloc[0]
    now, when = float(row["now"]), {"start": 2027, "years_to_full_effect": 0}
    middle = {name: float(value[0]) for name, value in study.middle.items()}
    if what == "capacity":
        more: Any = BorderCapacity(kind="border_capacity", crossings=(row["place"],), trucks_per_day=now + 1.0, **when)
    elif what == "crossing_hours":
        hours = (now - 1.0) / middle["processing_factor"]
        more = CrossingTime(kind="crossing_time", crossings=(row["place"],), processing_hours=hours, **when)
    else:
        links = study.chain.network.links
        link = links[study.chain.network.link(row["place"])]
        speed = link.km / ((now - 1.0) * middle["road_speed_factor"])
        more = Road(kind="road", links=(row["place"],), speed_kmh=speed, **when)
    system = compile_system(study.chain.network, [*study.scenario.measures, more], study=study.pair)
    assert worth.system is not None and system.pairs == worth.system.pairs
    active = np.append(study.phases(study.middle)[0, -1], 0.0)
    own = {pair: value[None] for pair, value in study.middle_demand.items()}
    before = system.solve(study.middle, active=active, year=study.last, demand=own, shift=worth.study.middle_shift)
    after = system.solve(study.middle, active=np.append(active[:-1], 1.0), year=study.last, demand=own, shift=worth.study.middle_shift)
    existing, new = states.pair_gains(system, before, after, worth._central_value, study.middle["trade_elasticity"])
    rest = states.rest_gains(system, before, after, study.middle)
    assert row["worth_musd_per_year"] == pytest.approx(float(existing.sum() + new.sum() + rest.sum()), rel=1e-3)
    assert row["worth_musd_per_year"] > 0


def test_an_hour_less_is_worth_more_where_more_trucks_pass(worth: Worth) -> None:
    table = worth.priorities
    hours = table[table["what"] == "crossing_hours"].set_index("place")["worth_musd_per_year"]
    assert hours["gurbulak"] > hours["bekdash"]
    assert set(table["what"]) == {"capacity", "crossing_hours", "link_hours"}


def test_doubling_a_stated_cost_moves_npv_by_its_present_value(worth: Worth) -> None:
    first = worth.costs[0]
    once = replace(first, stated=True, counted=True, capital_musd=(50.0, 50.0, 50.0), yearly_musd=(1.0, 1.0, 1.0))
    twice = replace(once, capital_musd=(100.0, 100.0, 100.0), yearly_musd=(2.0, 2.0, 2.0))
    found: list[Any] = []
    for cost in (once, twice):
        one = Worth(worth.study)
        one.__dict__["costs"] = (cost,)
        found.append(one.appraisal)
    np.testing.assert_allclose(found[0].npv - found[1].npv, found[0].present_costs, rtol=1e-9)


def test_what_a_gain_rests_on_is_what_a_study_with_the_border_open_says(worth: Worth) -> None:
    """Crossings that are shut and stay so: the same measures where a scenario has opened them first."""
    found = worth_rests.rests_on(worth)
    assert {"torkham", "chaman"} <= set(found["shut"]) and found["held_year"] == 2030
    opened = Closure(kind="closure", crossings=tuple(found["shut"]), days_per_year=10, start=2027, years_to_full_effect=1)
    both = compile_system(worth.study.chain.network, [*worth.study.scenario.measures, opened], study=worth.study.pair)
    middle, own = worth.study.middle, {pair: value[None] for pair, value in worth.study.middle_demand.items()}
    gains = []
    for open_share in (0.0, 1.0):
        phases = np.array([[0.0, open_share], [1.0, open_share]])
        before, after = (
            both.solve(middle, active=row[None], year=worth.study.last, demand=own, shift=worth.study.middle_shift)
            for row in phases
        )
        parts = states.pair_gains(both, before, after, worth._central_value, middle["trade_elasticity"])
        gains.append(float(sum(p.sum() for p in parts) + states.rest_gains(both, before, after, middle).sum()))
    # Ten days a year of short closures here, the usual days of each crossing there.
    assert found["gain_if_opened"] == pytest.approx(gains[1] / gains[0], abs=0.03) and found["gain_if_opened"] < 0.8


def test_what_a_gain_rests_on_is_what_wider_crossings_everywhere_leave_of_it(worth: Worth) -> None:
    """The same network with the capacities of the last year typed in, and none of it where traffic stands still."""
    found = worth_rests.if_widened(worth)
    study, roads = worth.study, worth.study.chain.network
    ages = study.last - float(study.middle["traffic_base_year"][0])
    rate = roads.crossings["growth_percent"].clip(lower=0.0) / 100.0
    pace = roads.crossings["capacity_trucks_per_day"] * (1.0 + rate) ** ages
    assert (rate > 0).any()
    every = [
        BorderCapacity(
            kind="border_capacity", crossings=(name,), trucks_per_day=float(trucks), start=2027, years_to_full_effect=0
        )
        for name, trucks in pace.items()
    ]
    own_capacity = [m for m in study.scenario.measures if m.kind == "border_capacity"]
    assert own_capacity and all(m.trucks_per_day > pace[name] for m in own_capacity for name in m.crossings)
    wide = compile_system(roads, [*every, *study.scenario.measures], study=study.pair)
    own = {pair: value[None] for pair, value in study.middle_demand.items()}
    gains = []
    for there in (0.0, 1.0):
        before, after = (
            wide.solve(
                study.middle, active=np.r_[np.full(len(every), there), scenario][None], year=study.last, demand=own,
                shift=study.middle_shift,
            )
            for scenario in (np.zeros(study.middle_active.size), study.middle_active)
        )  # fmt: skip
        parts = states.pair_gains(wide, before, after, worth._central_value, study.middle["trade_elasticity"])
        gains.append(float(sum(p.sum() for p in parts) + states.rest_gains(wide, before, after, study.middle).sum()))
    assert found == pytest.approx(gains[1] / gains[0], rel=1e-3) and 0.0 < found < 0.8
    still = worth.system
    assert still is not None
    none = replace(still.layout, growth=np.zeros_like(still.layout.growth))
    with patch.object(worth_rests, "_acting", lambda _: replace(still, layout=none)):
        assert worth_rests.if_widened(worth) == 1.0


def test_benefits_held_at_one_year_end_where_they_were(worth: Worth) -> None:
    flat = worth.appraisal.held_from(2030)
    years = list(flat.years)
    at = years.index(2030)
    np.testing.assert_array_equal(flat.benefits[:, : at + 1], worth.appraisal.benefits[:, : at + 1])
    assert (flat.benefits[:, at:] == flat.benefits[:, at : at + 1]).all()
    ratio = flat.present_benefits.mean() / flat.present_costs.mean()
    assert worth_rests.rests_on(worth)["bcr_held"] == pytest.approx(ratio)
    assert worth_rests.rests_on(Worth(Study(load("baseline"), 1, 7)))["gain_if_opened"] == 1.0
    assert worth_rests.if_widened(Worth(Study(load("baseline"), 1, 7))) == 1.0


def test_second_ways_cost_most_where_most_passes(worth: Worth) -> None:
    table = worth.second_ways
    assert table["expected_loss_musd_before"].is_monotonic_decreasing and table["loss_musd_per_day_before"].iloc[0] > 0
    assert (table["expected_loss_musd_before"] == table["loss_musd_per_day_before"] * table["days_per_year_before"]).all()
    assert "torkham" not in set(table["crossing"])  # shut already


def test_second_ways_without_the_measures_are_the_same_whatever_these_are(worth: Worth) -> None:
    wide = worth.second_ways.set_index("crossing")["loss_musd_per_day_before"]
    other = Worth(Study(load("china-corridor"), DRAWS, 7)).second_ways.set_index("crossing")["loss_musd_per_day_before"]
    assert other[wide.index].to_numpy() == pytest.approx(wide.to_numpy(), rel=1e-4, abs=1e-5)


def test_a_cheap_measure_beside_others_does_not_cut_their_gains_short() -> None:
    from corridors.appraisal.costs import USUAL_LIFE_YEARS, MeasureCost, last_year

    def cost(capital: float, life: int, counted: bool = True) -> MeasureCost:
        return MeasureCost("a", "b", "c", 1.0, "d", (capital,) * 3, (0.0,) * 3, life, 2027, (0.0,) * 3, True, counted, "e", "", "")

    alone = last_year([cost(0.0, 30)], 2026)
    assert alone == 2026 + USUAL_LIFE_YEARS - 1 == last_year([cost(0.0, 30), cost(0.001, 10)], 2026) == last_year([], 2026)
    assert last_year([cost(5.0, 40)], 2026) == 2066 and last_year([cost(5.0, 10)], 2026) == 2036


def test_what_is_said_of_returns_is_of_the_mean_flows() -> None:
    """A rate where there is one, with its band and the cases without; where nobody is ever out of pocket, that; where all is lost, that."""

    def said(rate: float | None, ratio: float | None, ends: tuple[float | None, float | None] = (8.0, 31.0), none: float = 0.0) -> str:
        rates = {"mean": rate, "p10": ends[0], "p90": ends[1]}
        return words._return({"eirr_percent": rates, "bcr": {"mean": ratio}, "share_without_eirr": none})

    for rate, ratio, part in (
        (18.4, 2.0, "the economic rate of return of the mean flows is 18"),
        (None, 68.0, "cover them from the first year on, so there is no rate of return to give"),
        (-100.0, 0.2, "never return their cost"),
    ):
        assert part in said(rate, ratio)
    assert said(None, None) == "" and "no rate" not in said(None, 0.9)
    assert "(four cases in five: 8 to 31" in said(18.4, 2.0) and "none in" not in said(18.4, 2.0)
    assert "none in 6" in said(18.4, 2.0, none=0.06)
    assert "year (rate of return in four cases in five: 8 to 31" in said(140.0, 60.0)
    assert "(in 13" in said(140.0, 60.0, ends=(-100.0, 700.0), none=0.13), "one case in ten loses all"
    assert "four cases" not in said(-100.0, 0.2)


def test_parts_by_kind_are_of_the_central_case_and_say_so(worth: Worth) -> None:
    total = worth_tables.tables(worth)["worth_by_kind"]["musd"].sum()
    assert total == pytest.approx(float(worth._central_users.total[-1]), rel=1e-9)
    said = {field.name: field.description for field in WORTH["worth_by_kind"].fields}
    assert "central case" in said["musd"]


def test_trade_comes_back_to_what_it_was_where_a_border_opens_again() -> None:
    """What is left of the base year's trade, and what the opening adds, is the base year's trade; over the world terms of trade
    are small beside users' gains."""
    study = Study(load("afghan-border-open"), 32, 1)
    rows = tables.others(study).set_index(["exporter", "importer"])
    for pair in (("PAK", "AFG"), ("AFG", "PAK")):
        row = rows.loc[pair]
        assert row["before_musd"] < 0.6 * row["base_musd"]
        assert row["before_musd"] + row["change_musd_p50"] == pytest.approx(row["base_musd"], rel=0.05)
    income = Worth(study).income
    assert abs(income.terms_of_trade.sum(axis=1).mean()) < 0.2 * income.users.sum(axis=1).mean()
