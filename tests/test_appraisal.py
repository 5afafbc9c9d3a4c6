"""The appraisal's arithmetic against what can be worked out by hand, and its invariances."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors import equilibrium
from corridors.appraisal import carbon, cash_flow, costs, income, users
from corridors.appraisal.users import UserBenefits
from corridors.data import tables as data


def test_one_crossing_one_class_by_hand() -> None:
    # Goods for 200 m USD pay 10 % of their value for the way; an hour less at the border saves 0.5 % of it; theta 4.
    value, paid, saved, theta = 200.0, 0.10, 0.005, 4.0
    factor = (1.0 + paid - saved) / (1.0 + paid)
    existing, new = users.goods(np.array([[[value]]]), np.array([[[paid]]]), np.array([[[factor]]]), np.array([theta]))
    assert existing[0, 0] == pytest.approx(value * saved, rel=1e-12)  # 1.0 m USD
    # The area under X f^-theta between the two prices, integrated by Simpson's rule.
    f = np.linspace(factor, 1.0, 2001)
    quantity = value * (1.0 + paid) * f**-theta
    weights = np.ones(2001)
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    area = float((weights * quantity).sum() * (f[1] - f[0]) / 3.0)
    assert existing[0, 0] + new[0, 0] == pytest.approx(area, rel=1e-10)
    # Half of what the new trade saves, to first order: the rule of half.
    more = value * (factor**-theta - 1.0)
    assert new[0, 0] == pytest.approx(float(users.rule_of_half(np.array(0.0), np.array(more), np.array(saved))), rel=0.02)


def test_trucks_at_a_crossing_by_hand() -> None:
    # 300 trucks a day save 2 hours at 8 USD and 10 USD of fees: 300 x 365 x 26 = 2.847 m USD a year; half of it for 20 more.
    gain = users.crossing_gains(np.array([[300.0]]), np.array([[320.0]]), np.array([[2.0]]), np.array([8.0]), np.array([[10.0]]))
    assert gain[0, 0] == pytest.approx((300 + 10) * 365 * 26 / 1e6, rel=1e-12)


def test_nothing_changes_nothing_to_the_last_bit() -> None:
    rng = np.random.default_rng(1)
    value, paid = rng.uniform(0, 1e4, (7, 5, 4)), rng.uniform(0, 0.5, (7, 5, 4))
    existing, new = users.goods(value, paid, np.ones((7, 5, 4)), rng.uniform(2, 8, 7))
    assert not existing.any() and not new.any()


@settings(max_examples=50, deadline=None)
@given(
    first=st.lists(st.floats(0.8, 1.2), min_size=4, max_size=4), second=st.lists(st.floats(0.8, 1.2), min_size=4, max_size=4), theta=st.floats(1.1, 10.0),
)  # fmt: skip
def test_two_measures_in_either_order_add_up_to_both(first: list[float], second: list[float], theta: float) -> None:
    """A then B, B then A, and both at once: trade free on board moves to ``V f^-theta`` in between, and the price with it."""
    value, paid, th = np.array([[[50.0, 10.0, 3.0, 400.0]]]), np.array([[[0.7, 0.6, 0.65, 0.9]]]), np.array([theta])
    a, b = np.array([[first]]), np.array([[second]])

    def both(v: np.ndarray, p: np.ndarray, f: np.ndarray) -> float:
        return float(sum(part.sum() for part in users.goods(v, p, f, th)))

    def after(f: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return value * f**-theta, (1.0 + paid) * f - 1.0

    together = both(value, paid, a * b)
    assert both(value, paid, a) + both(*after(a), b) == pytest.approx(together, rel=1e-9, abs=1e-9)
    assert both(value, paid, b) + both(*after(b), a) == pytest.approx(together, rel=1e-9, abs=1e-9)


def test_an_elasticity_of_one_is_the_limit_of_those_beside_it() -> None:
    found = [sum(float(g[0, 0]) for g in users.goods(np.ones((1, 1, 1)), np.zeros((1, 1, 1)), np.full((1, 1, 1), 0.8), np.array([t]))) for t in (0.999999, 1.0, 1.000001)]
    assert found[1] == pytest.approx(-math.log(0.8), rel=1e-8)
    assert found[0] == pytest.approx(found[1], rel=1e-5) and found[2] == pytest.approx(found[1], rel=1e-5)


def _some_benefits() -> UserBenefits:
    rng = np.random.default_rng(3)
    pairs = (("PAK", "RUS"), ("RUS", "PAK"), ("CHN", "KAZ"), ("KAZ", "CHN"), ("IRN", "PAK"))
    return UserBenefits(pairs, rng.normal(size=(9, 5)), rng.normal(size=(9, 5)), (("PAK", "IRN"), ("KAZ", "CHN")), rng.normal(size=(9, 2)))


def test_by_economy_adds_up_to_the_total() -> None:
    found = _some_benefits()
    np.testing.assert_allclose(np.sum(list(found.by_economy.values()), axis=0), found.total, rtol=1e-12, atol=1e-12)
    sent, received = (np.sum([ends[k] for ends in found.by_end().values()], axis=0) for k in (0, 1))
    np.testing.assert_allclose(sent, found.by_pair.sum(axis=1), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(received, found.by_pair.sum(axis=1), rtol=1e-12, atol=1e-12)
    own = found.of_pair(("RUS", "PAK"))
    np.testing.assert_array_equal(own, found.by_pair[:, 0] + found.by_pair[:, 1])


# --- present value -------------------------------------------------------------------------------------------


def test_present_value_and_rate_by_hand() -> None:
    # 100 now, 60 after one year and 60 after two: 8.2 at 7.3 %, nothing at 13.07 %.
    flows = np.array([[-100.0, 60.0, 60.0]])
    assert cash_flow.present_value(flows, 0.10)[0] == pytest.approx(-100 + 60 / 1.1 + 60 / 1.21, rel=1e-12)
    rate = (60.0 + math.sqrt(60.0**2 + 4 * 100 * 60)) / 200.0 - 1.0
    assert cash_flow.internal_rate(flows)[0] == pytest.approx(rate, rel=1e-9)


def test_rates_where_there_is_none() -> None:
    found = cash_flow.internal_rate(np.array([[1.0, 2.0, 3.0], [-1.0, -2.0, 0.0], [0.0, 0.0, 0.0]]))
    assert found[0] == math.inf and found[1] == -1.0 and math.isnan(found[2])


def test_doubling_a_cost_moves_npv_by_its_present_value_and_a_lower_rate_raises_it() -> None:
    benefits = np.tile(np.array([0.0, 5.0, 10.0, 20.0, 20.0]), (3, 1))
    spent = np.array([[30.0, 0, 0, 0, 0], [40.0, 1, 1, 1, 1], [50.0, 0, 0, 0, 0]])
    once, twice = cash_flow.Appraisal(2026, 0.09, benefits, spent), cash_flow.Appraisal(2026, 0.09, benefits, 2 * spent)
    np.testing.assert_allclose(once.npv - twice.npv, once.present_costs, rtol=1e-12)
    assert (once.at(0.06).npv > once.npv).all() and (once.at(0.12).npv < once.npv).all()
    np.testing.assert_allclose(cash_flow.present_value(benefits - spent, once.eirr), 0.0, atol=1e-9)
    change = once.switching()
    gain, cost = once.present_benefits.mean(), once.present_costs.mean()
    assert gain * (1 + change["benefits_percent"] / 100) == pytest.approx(cost)
    assert cost * (1 + change["costs_percent"] / 100) == pytest.approx(gain)


# --- costs ---------------------------------------------------------------------------------------------------


def _measure(**fields: object) -> SimpleNamespace:
    return SimpleNamespace(**{"kind": "road", "label": "A road", "start": 2027, "years_to_full_effect": 3, "cost": None, **fields})


def test_a_measure_without_a_cost_has_the_usual_one_of_its_kind_and_a_stated_one_is_kept() -> None:
    table = data.table("measure_costs")
    stated = _measure(cost=SimpleNamespace(capital_musd=(80.0, 100.0, 150.0), yearly_musd=2.0, life_years=None, works_years=(1.0, 2.0, 4.0)))
    usual, own = costs.of_measures([_measure(), stated], [200.0, 200.0], table)
    row = table.set_index("item").loc["road_rehabilitation"]
    assert not usual.stated and usual.capital_musd[1] == pytest.approx(200.0 * row["capital_musd"])
    assert own.stated and own.capital_musd == (80.0, 100.0, 150.0) and own.yearly_musd == (2.0, 2.0, 2.0) and own.life_years == row["life_years"]
    assert own.works_years == (1.0, 2.0, 4.0) and usual.works_years == tuple(row[c] for c in ("works_low_years", "works_years", "works_high_years"))


def test_what_shippers_pay_in_the_rate_is_shown_and_not_added() -> None:
    table = data.table("measure_costs")
    train = costs.of_measures([_measure(kind="rail_service")], [4.0], table)
    assert train[0].capital_musd[1] > 0 and not train[0].counted
    assert not costs.spending(train, np.zeros(1), 2026, 2050).any()


def test_every_kind_of_measure_has_a_usual_cost() -> None:
    from corridors.scenario.measures import KINDS

    table = data.table("measure_costs")
    for kind, model in KINDS.items():
        for mode in ("road", "rail", "sea", "ferry") if kind == "new_link" else ("",):
            assert costs.of_measures([_measure(kind=kind, mode=mode, costs_as=model.costs_as)], [1.0], table)[0].item != "unknown"
    unknown = costs.of_measures([_measure(kind="teleport")], [1.0], table)[0]
    assert unknown.item == "unknown" and not unknown.counted and "state one" in unknown.note


def test_spending_is_built_renewed_kept_and_ends_with_what_is_left() -> None:
    cost = costs.MeasureCost("m", "road", "i", 1.0, "km", (30.0, 30.0, 30.0), (1.0, 1.0, 1.0), 4, 2027, (2.0, 2.0, 2.0), True, True, "", "", "")
    flows = costs.spending([cost], np.zeros(1), 2025, 2032)[0]
    # built 2025-26, again 2029-30; upkeep from 2027; of the life 2031-2034 two of four years are left at the end of 2032.
    np.testing.assert_allclose(flows, [15, 15, 1, 1, 16, 16, 1, 1 - 15])


def _works(years: tuple[float, float, float], start: int = 2027, life: int = 30) -> costs.MeasureCost:
    return costs.MeasureCost("m", "road", "i", 1.0, "km", (30.0, 30.0, 30.0), (0.0, 0.0, 0.0), life, start, years, True, True, "", "", "")


def test_works_end_before_benefits_begin_and_longer_ones_begin_earlier() -> None:
    z = 1.2815515655446004
    works = [_works((1.0, 2.5, 4.0))]
    score = np.array([-z, 0.0, z])
    first = costs.first_year(works, score, 2026)
    assert first == 2023
    flows = costs.spending(works, score, first, 2056)
    np.testing.assert_allclose(flows[:, :4], [[0, 0, 0, 30], [0, 6, 12, 12], [7.5, 7.5, 7.5, 7.5]], atol=1e-9)
    assert not flows[:, 4:].any()
    np.testing.assert_array_equal(costs.spending(works, np.array([4.0, -4.0]), first, 2056), flows[[2, 0]])
    at_once = costs.spending([_works((0.0, 0.0, 0.0))], np.zeros(1), 2026, 2056)[0]
    assert at_once[0] == pytest.approx(30.0) and not at_once[1:].any()
    assert costs.first_year([_works((2.0, 2.0, 2.0), start=2035)], score, 2026) == 2026
    assert costs.first_year([], score, 2026) == 2026


def test_what_is_spent_before_the_base_year_gains_interest_and_leaves_the_rate_of_return() -> None:
    """100 in 2024, 12 a year for ever from 2026 (here 150 years): 12 % a year less one year of waiting, in closed form."""
    spent, gained = np.zeros((1, 150)), np.full((1, 150), 12.0)
    spent[0, 0], gained[0, :2] = 100.0, 0.0
    found = cash_flow.Appraisal(2024, 0.09, gained, spent, 2026)
    assert found.present_costs[0] == pytest.approx(100.0 * 1.09**2)
    assert found.present_benefits[0] == pytest.approx(12.0 * 1.09 / 0.09, rel=1e-5)
    assert found.at(0.06).present_costs[0] == pytest.approx(100.0 * 1.06**2)
    assert found.net_until[0, 0] == pytest.approx(-100.0 * 1.09**2)
    assert found.net_until[0, 2] == pytest.approx(12.0 - 100.0 * 1.09**2)
    np.testing.assert_allclose(found.net_until[:, -1], found.npv, rtol=1e-12)
    # 12 / r / (1 + r) = 100
    rate = (-1.0 + np.sqrt(1.0 + 4.0 * 0.12)) / 2.0
    assert found.eirr[0] == pytest.approx(rate, abs=1e-6)
    assert cash_flow.Appraisal(2024, 0.09, gained, spent).eirr[0] == pytest.approx(rate, abs=1e-6)


def test_a_range_is_drawn_between_its_ends() -> None:
    z = 1.2815515655446004
    np.testing.assert_allclose(costs.drawn((5.0, 10.0, 40.0), np.array([-z, 0.0, z])), [5.0, 10.0, 40.0])
    np.testing.assert_allclose(costs.drawn((0.0, 10.0, 40.0), np.array([-9.0, 0.0, z])), [0.0, 10.0, 40.0])


def test_carbon_by_hand() -> None:
    kg = carbon.per_tonne({"road": np.array([1000.0, 0.0]), "sea": np.array([0.0, 5000.0])}, {"road": 0.08, "sea": 0.01})
    np.testing.assert_allclose(kg, [80.0, 50.0])
    assert carbon.cost_musd(np.array(100.0), 80.0) == pytest.approx(8.0)


# --- users, terms of trade and real income -------------------------------------------------------------------


def _world() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    names = ["AAA", "BBB", "CCC", "DDD", "EEE"]
    flows = rng.uniform(5, 60, (5, 5))
    np.fill_diagonal(flows, rng.uniform(300, 900, 5))
    return pd.DataFrame(flows, index=names, columns=names)


def _income(cost: np.ndarray, theta: float = 4.0, before: np.ndarray | None = None) -> income.RealIncome:
    world, pairs = _world(), [("AAA", "BBB"), ("BBB", "AAA"), ("CCC", "BBB")]
    found = equilibrium.respond(world, pairs, cost, theta, closure="full")
    return income.real_income(
        found.labels, world.to_numpy(), pairs, np.atleast_2d(cost), np.full(1, theta), found.producer_price_factor, found.real_gdp_factor,
        before=before,
    )  # fmt: skip


def test_users_gain_plus_terms_of_trade_is_real_income_and_the_rest_sums_to_second_order() -> None:
    """Over the world terms of trade cancel to first order, so users' gain is the world's: a tenth of the shock, a hundredth of the rest."""
    large, small = _income(np.array([0.95, 0.96, 0.97])), _income(np.array([0.995, 0.996, 0.997]))
    for found in (large, small):
        np.testing.assert_allclose(found.users + found.terms_of_trade, found.income, rtol=1e-12, atol=1e-12)
        assert found.users.sum() > 0
    assert abs(small.terms_of_trade.sum()) < 0.02 * abs(large.terms_of_trade.sum())
    assert abs(small.terms_of_trade.sum()) < 0.01 * small.users.sum()
    # Not because nobody's terms of trade move: they do, against each other.
    assert np.abs(small.terms_of_trade).sum() > 0.2 * small.users.sum()


def test_users_part_is_value_times_saving_to_first_order() -> None:
    cost = np.array([0.999, 0.998, 0.9995])
    world = _world()
    first = world.loc["AAA", "BBB"] * 0.001 + world.loc["BBB", "AAA"] * 0.002 + world.loc["CCC", "BBB"] * 0.0005
    assert _income(cost).users.sum() == pytest.approx(first, rel=0.01)
    # Where a border has shut since, only what is left has something to save.
    left = world.loc["AAA", "BBB"] * 0.001 * 0.5 + world.loc["BBB", "AAA"] * 0.002 * 0.25 + world.loc["CCC", "BBB"] * 0.0005
    assert _income(cost, before=np.array([[0.5, 0.25, 1.0]])).users.sum() == pytest.approx(left, rel=0.01)


def test_real_income_is_spending_over_the_price_index_computed_anew() -> None:
    """Against an independent computation: new spending and price index from the counterfactual's own flows."""
    world = _world()
    shock = pd.DataFrame(1.0, index=world.index, columns=world.columns)
    shock.loc["AAA", "BBB"], shock.loc["BBB", "AAA"], shock.loc["CCC", "BBB"] = 0.95, 0.96, 0.97
    theta = 4.0
    out = equilibrium.counterfactual(world, shock, theta=theta, closure="full")
    price = 1.0 + out.producer_price_percent.to_numpy() / 100.0
    shares = world.to_numpy() / world.to_numpy().sum(axis=0)
    index = (shares * (price[:, None] * shock.to_numpy()) ** -theta).sum(axis=0) ** (-1.0 / theta)
    new = out.trade.to_numpy().sum(axis=0)
    by_hand = new / index - world.to_numpy().sum(axis=0)
    np.testing.assert_allclose(_income(np.array([0.95, 0.96, 0.97])).income[0], by_hand, rtol=1e-7, atol=1e-7)


def test_no_shock_no_income() -> None:
    found = _income(np.ones(3))
    assert not found.income.any() and not found.users.any()
