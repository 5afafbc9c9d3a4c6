"""Trade answers a measure by the years that it has been there, and all else by those of the year: one world without measures."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from corridors import scenario
from corridors.equilibrium import respond_sectors
from corridors.scenario.model import Scenario
from corridors.study.counterfactual import SHIFT_TOLERANCE
from corridors.study.pipeline import Study
from corridors.study.world_response import by_sector, felt_cost
from corridors.study.worth import Worth
from corridors.trade import elasticities, sectors

LATE = 2033


def begun(year: int, name: str = "capacity-800") -> Scenario:
    asked = scenario.load(name)
    return asked.model_copy(update={"measures": tuple(m.model_copy(update={"start": year}) for m in asked.measures)})


@cache
def study(year: int) -> Study:
    return Study(begun(year), 64, 3)


def test_the_world_without_measures_is_one_whenever_measures_begin() -> None:
    soon, late = study(2027), study(LATE)
    assert soon.chain.since != late.chain.since
    for flow in ("exports", "imports"):
        assert soon.baseline_paths.at(flow, -1).tobytes() == late.baseline_paths.at(flow, -1).tobytes()
    assert soon.change.before is not None and late.change.before is not None
    assert soon.change.before.crossing_hours.tobytes() == late.change.before.crossing_hours.tobytes()
    none = Study(scenario.load("baseline"), 64, 3)
    assert none.change.before is not None
    np.testing.assert_allclose(none.change.before.queue_hours, late.change.before.queue_hours, rtol=1e-5, atol=1e-6)


def test_begun_later_it_is_worth_less_and_moves_trade_less() -> None:
    years = (2027, 2029, 2031, LATE)
    effects = [abs(float(np.median(study(year).effect_percent))) for year in years]
    values = [float(Worth(study(year)).appraisal.npv.mean()) for year in years]
    assert effects == sorted(effects, reverse=True) and values == sorted(values, reverse=True)


def test_what_a_late_measure_hardly_does_hardly_moves_anything() -> None:
    late = study(LATE)
    little = late.chain.change(late.params, np.full((64, 1), 1e-7), late.last, late.demand, near=late.middle_before)
    assert np.abs(np.log(little.response.trade_factor)).max() < 1e-5
    nothing = late.chain.change(late.params, np.zeros((64, 1)), late.last, late.demand, near=late.middle_before)
    assert (nothing.response.trade_factor == 1.0).all() and (nothing.cost_factor == 1.0).all()


@pytest.fixture(scope="module")
def late() -> Study:
    """Of the Afghan border, which opens: a change that is large."""
    return Study(begun(LATE, "afghan-border-open"), 64, 3)


def test_own_trade_by_hand(late: Study) -> None:
    """Held apart from all others, a pair's trade is what the state before leaves, times what the measure's own elasticities make."""
    chain = late.chain
    active = late.phases(late.params)[:, -1]
    change = chain.change(late.params, active, late.last, late.demand, closure="partial")
    before, after = change.start.world, change.end.world
    base = chain.elasticities(late.params, late.last, before=True)[:, None, :]
    own = chain.elasticities(late.params, late.last)[:, None, :]
    assert (own < base).all(), "younger"
    weights = chain.goods.weights(chain._own_shares(late.demand))
    left = by_sector(chain.goods, before.class_factor) ** -base
    moved = left * (by_sector(chain.goods, after.class_factor) / by_sector(chain.goods, before.class_factor)) ** -own
    expected = (weights * moved).sum(axis=2) / (weights * left).sum(axis=2)
    assert np.abs(np.log(expected)).max() > 0.3
    np.testing.assert_allclose(change.response.trade_factor, expected, rtol=1e-9)
    assert change.residual.max() <= SHIFT_TOLERANCE


def test_the_world_by_itself_at_the_pulls_found_is_the_same(late: Study) -> None:
    """Others answer with the elasticities of the year to what the pairs' own trade does."""
    chain, active = late.chain, late.phases(late.params)[:, -1]
    change = chain.change(late.params, active, late.last, late.demand, near=late.middle_before)
    theta = np.broadcast_to(chain.elasticities(late.params, late.last, before=True), (64, len(sectors.names())))
    pull = change.end.world.own_pull(chain.goods)
    found = respond_sectors(sectors.base_world(), chain.pairs, pull ** (-1.0 / theta[:, None, :]), theta)
    np.testing.assert_allclose(found.sector_factor, change.end.world.response.sector_factor, rtol=1e-7)
    np.testing.assert_allclose(found.real_gdp_factor, change.end.world.response.real_gdp_factor, rtol=1e-9)


def test_without_measures_trade_has_had_the_years_since_that_of_the_traffic() -> None:
    """Counted from the first year of measures it hardly answered queues in that year, which made them longest and gains from
    shortening them largest then."""
    base = float(study(2027).middle["traffic_base_year"][0])
    assert study(2027).chain.usual == study(LATE).chain.usual == (base + 1.0,)
    theta = study(2027).chain.elasticities(study(2027).middle, np.array([2027.0]), before=True)
    np.testing.assert_array_equal(theta, elasticities.by_sector(study(2027).middle, np.array([2027.0 - base])))
    soon = Study(study(2027).scenario.model_copy(update={"horizon": (2026, 2027)}), 64, 3)
    first, last = (Worth(one).benefits_last.mean() for one in (soon, study(2027)))
    assert 0.0 < first < 0.9 * last


def test_measures_begun_in_the_usual_year_are_answered_by_one_set_of_elasticities() -> None:
    usual = study(2026)
    assert usual.chain.usual == usual.chain.since[:1]
    change = usual.chain.change(usual.params, usual.phases(usual.params)[:, -1], usual.last, usual.demand, near=usual.middle_before)
    assert change.end.world.pull is None


def test_the_cost_that_is_told_is_the_one_that_was_changed() -> None:
    """With one cost for all goods of a pair, that is the factor, whatever the elasticities before."""
    rng = np.random.default_rng(1)
    weight, before = rng.dirichlet(np.ones(4), size=(8, 3)), rng.uniform(0.2, 1.5, (8, 3, 4))
    theta, factor = np.repeat(rng.uniform(1.0, 6.0, (8, 1)), 4, axis=1), rng.uniform(0.7, 1.6, (8, 3))
    after = before * factor[:, :, None] ** -theta[:, None, :]
    np.testing.assert_allclose(felt_cost(weight, before, after, theta), factor, rtol=1e-12)
