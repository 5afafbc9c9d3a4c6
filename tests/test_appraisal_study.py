"""The appraisal of whole scenarios: nothing without measures, parts that add up, costs and rates that act as they must."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from corridors.appraisal import states
from corridors.scenario import load
from corridors.show.words import worth as words
from corridors.study import StudyResult, run, worth_tables
from corridors.study.pipeline import Study
from corridors.study.worth import Worth
from corridors.study.worth_columns import WORTH

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
    rows = pd.DataFrame({"counted": [True, False], "capital_musd": [9.0, 9.0], "start": [2027, 2027], "works_years": [2.5, 9.0]})
    result = type("R", (), {"years": (2026, 2035), "__getitem__": lambda self, name: rows})()
    told = words.late(result)
    assert "since 2024" in told and "2 years later" in told and "before 2026" in told
    rows["start"] = 2029
    assert words.late(result) == ""


def test_without_measures_every_benefit_is_zero_to_the_last_bit() -> None:
    found = run(load("baseline"), draws=DRAWS).summary()["appraisal"]
    for key in ("user_benefits_musd", "real_income_musd", "co2_kt", "npv_musd", "costs_musd", "fees_musd"):
        assert found[key] == {"mean": 0.0, "p10": 0.0, "p50": 0.0, "p90": 0.0}, key
    assert all(v == 0.0 for gain in found["user_benefits_by_economy_musd"].values() for v in gain.values())
    assert found["probability_npv_positive"] == 0.0 and found["bcr"]["mean"] is None


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
    """Gains of the network's states, existing goods: from nothing to one measure, to both; and the other way round."""
    chain = Study(load("iran-corridor"), 1, 7).chain
    system = chain.system
    assert system is not None and chain.count >= 2
    params = {name: np.repeat(value, 4) for name, value in study.middle.items()}
    phases = np.zeros((4, chain.count))
    phases[1, 0] = phases[2, 1] = 1.0
    phases[3, :2] = 1.0
    state = system.solve(params, active=phases, year=2035)
    composite = state.composite_cost
    value = np.ones((1, *composite.shape[1:]))

    def gain(a: int, b: int) -> float:
        # Existing goods of one value: the change of the log-sum.
        return float((value[0] * (composite[a] - composite[b])).sum())

    assert gain(0, 1) + gain(1, 3) == pytest.approx(gain(0, 3), rel=1e-9)
    assert gain(0, 2) + gain(2, 3) == pytest.approx(gain(0, 3), rel=1e-9)


def test_a_marginal_truck_is_worth_what_a_second_solution_says(worth: Worth) -> None:
    """One entry of the ranking against two systems compiled and solved for themselves."""
    from corridors.scenario.measures import BorderCapacity
    from corridors.transport.system import compile_system

    study = worth.study
    row = worth.priorities.query("what == 'capacity' and place == 'samur'").iloc[0]
    more = BorderCapacity(kind="border_capacity", crossings=("samur",), trucks_per_day=float(row["now"]) + 1.0, start=2027, years_to_full_effect=0)
    system = compile_system(study.chain.network, [*study.scenario.measures, more], study=study.pair)
    assert worth.system is not None and system.pairs == worth.system.pairs
    active = np.append(study.phases(study.middle)[0, -1], 0.0)
    own = {pair: value[None] for pair, value in study.middle_demand.items()}
    before = system.solve(study.middle, active=active, year=study.last, demand=own, shift=worth.study.middle_shift)
    after = system.solve(study.middle, active=np.append(active[:-1], 1.0), year=study.last, demand=own, shift=worth.study.middle_shift)
    existing, new = states.pair_gains(before, after, worth._central_value, study.middle["trade_elasticity"])
    rest = states.rest_gains(system, before, after, study.middle)
    assert row["worth_musd_per_year"] == pytest.approx(float(existing.sum() + new.sum() + rest.sum()), rel=1e-4)
    assert row["worth_musd_per_year"] > 0


def test_an_hour_less_is_worth_more_where_more_trucks_pass(worth: Worth) -> None:
    table = worth.priorities
    hours = table[table["what"] == "crossing_hours"].set_index("place")["worth_musd_per_year"]
    assert hours["gurbulak"] > hours["bekdash"]
    assert set(table["what"]) == {"capacity", "crossing_hours", "link_hours"}


def test_doubling_a_stated_cost_moves_npv_by_its_present_value(worth: Worth) -> None:
    from dataclasses import replace

    first = worth.costs[0]
    once = replace(first, stated=True, counted=True, capital_musd=(50.0, 50.0, 50.0), yearly_musd=(1.0, 1.0, 1.0))
    twice = replace(once, capital_musd=(100.0, 100.0, 100.0), yearly_musd=(2.0, 2.0, 2.0))
    found: list[Any] = []
    for cost in (once, twice):
        one = Worth(worth.study)
        one.__dict__["costs"] = (cost,)
        found.append(one.appraisal)
    np.testing.assert_allclose(found[0].npv - found[1].npv, found[0].present_costs, rtol=1e-9)


def test_second_ways_cost_most_where_most_passes(worth: Worth) -> None:
    table = worth.second_ways
    assert table["expected_loss_musd_before"].is_monotonic_decreasing and table["loss_musd_per_day_before"].iloc[0] > 0
    assert (table["expected_loss_musd_before"] == table["loss_musd_per_day_before"] * table["days_per_year_before"]).all()
    assert "torkham" not in set(table["crossing"])  # shut already


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
