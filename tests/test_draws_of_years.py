"""Years before the last, and what did it, by draws that are solved: against solving the year, and by the sums they must keep."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from corridors import scenario
from corridors.study import strata, what_did_it, year_paths
from corridors.study.pipeline import Study


@cache
def study(name: str, until: int = 0, draws: int = 96) -> Study:
    asked = scenario.load(name)
    if until:
        asked = asked.model_copy(update={"horizon": (asked.horizon[0], until)})
    return Study(asked, draws, 7)


def test_strata_part_the_draws_and_know_those_that_have_most() -> None:
    value = np.random.default_rng(1).lognormal(0.0, 3.0, 500)
    rows, of, weight = strata.strata(value, 8, np.ones(500, dtype=bool))
    assert weight.sum() == pytest.approx(1.0) and 8 <= rows.size <= 16
    assert (of[rows] == np.arange(rows.size)).all() and set(of) == set(range(rows.size))
    np.testing.assert_allclose(np.bincount(of) / value.size, weight)
    assert weight @ value[rows] == pytest.approx(value.mean(), rel=0.1)
    assert value.max() in value[rows], "one draw has most of it"
    left = np.ones(500, dtype=bool)
    left[rows] = False
    assert left[strata.strata(value, 8, left)[0]][weight * 500 > 1.5].all(), "another of the stratum stands for it"
    assert strata.strata(np.zeros(40), 8, np.ones(40, dtype=bool))[0].size == 8


def test_a_draw_that_is_solved_takes_its_own_path() -> None:
    one = study("uzbekistan-trans-afghan")
    found, path = one.by_year, one.by_year.ln_trade(0)
    last = np.log(one.change.trade_factor(0))
    grown = one.growth[0]
    np.testing.assert_allclose(grown[:, -1], last, rtol=1e-9, atol=1e-12)
    rows = [int(np.flatnonzero((found.of == k) & np.isclose(last, path[k, -1], rtol=1e-5, atol=1e-9))[0]) for k in range(found.count)]
    np.testing.assert_allclose(grown[rows], path, rtol=1e-3, atol=1e-7)
    assert (grown[:, 0] == 0.0).all(), "nothing before measures begin"


@pytest.mark.parametrize("year", [2030, 2032])
def test_a_year_on_the_way_is_near_to_solving_it(year: int) -> None:
    """Kenya and Uganda, whose queues are in few draws and late: the path of the central case had four times the gain of 2030."""
    whole, short = study("examples/kenya-uganda.yaml"), study("examples/kenya-uganda.yaml", year)
    t = whole.years.index(year)
    direct, told = short.worth.benefits_last, whole.worth.yearly[:, t]
    central = year_paths.of_the_central_case(whole).along(whole.worth.benefits_last, whole.worth._central_users.total[None])[:, t]
    assert abs(told.mean() / direct.mean() - 1.0) < 0.5 * abs(central.mean() / direct.mean() - 1.0)
    assert np.median(told) == pytest.approx(np.median(direct), rel=0.5)


def test_contributions_of_a_draw_add_up_to_its_effect() -> None:
    for name, few in (("examples/kenya-uganda.yaml", True), ("full-connectivity", False)):
        one = study(name, draws=16)
        assert (one.chain.count <= what_did_it.EXACT) is few
        rows = np.array([2, 9])
        found = what_did_it.of_draws(one, rows)
        # Solved from the central case here and in company there: to what a search leaves open.
        np.testing.assert_allclose(found.sum(axis=1), one.effect_percent[rows], rtol=1e-4, atol=1e-5)


def test_two_measures_have_what_each_brings_first_and_last() -> None:
    one, rows = study("examples/kenya-uganda.yaml", draws=16), np.array([1, 5, 11])
    solved = what_did_it.Solved(one, rows)
    alone = [solved.effects(np.arange(3), np.tile(only, (3, 1))) for only in np.eye(2)]
    both = solved.effect(solved.change)
    expected = np.column_stack([0.5 * (alone[0] + both - alone[1]), 0.5 * (alone[1] + both - alone[0])])
    np.testing.assert_allclose(what_did_it.of_draws(one, rows), expected, rtol=1e-6, atol=1e-9)


def test_draws_about_the_median_are_of_the_middle_half() -> None:
    effect = np.random.default_rng(3).standard_normal(400)
    own = np.ones(400, dtype=bool)
    own[::3] = False
    rows = what_did_it.typical(effect, own)
    low, high = np.percentile(effect[own], [24, 76])
    assert rows.size == what_did_it.TYPICAL and ((effect[rows] > low) & (effect[rows] < high)).all()
    assert own[rows].all() and what_did_it.typical(np.array([3.0]), np.array([True])).tolist() == [0]
