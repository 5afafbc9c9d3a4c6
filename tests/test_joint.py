"""Traffic and world trade found in one search are those that each gives to the other when it is solved by itself."""

from __future__ import annotations

import numpy as np
import pytest

from corridors import scenario
from corridors.equilibrium import respond_sectors
from corridors.study.counterfactual import SHIFT_TOLERANCE
from corridors.study.pipeline import Study
from corridors.study.world_response import by_sector
from corridors.trade import sectors


@pytest.fixture(scope="module")
def study() -> Study:
    return Study(scenario.load("capacity-800"), 64, 3)


def test_queues_by_themselves_at_the_factor_found_are_the_same(study: Study) -> None:
    change, system = study.change, study.chain.system
    assert system is not None and change.before is not None and change.after is not None
    alone = system.solve(study.params, year=study.last, demand=study.demand, shift=change.before.shift)
    assert alone.price_factor == pytest.approx(change.before.price_factor, rel=1e-6)
    assert alone.crossing_load_trucks_per_day == pytest.approx(change.before.crossing_load_trucks_per_day, rel=1e-5, abs=1e-5)
    assert np.abs(np.log(change.before.shift)).max() > 0.05, "nothing to agree about"


def test_world_trade_by_itself_at_the_prices_found_is_the_same(study: Study) -> None:
    # with the sectors of all pairs, of which a study keeps its own
    chain, active = study.chain, study.phases(study.params)[:, -1]
    change = chain.change(study.params, active, study.last, study.demand, near=study.middle_before)
    here, there = chain._solved
    classes = np.ones((study.draws, len(chain.pairs), 4))
    classes[:, here] = change.before.price_factor[:, there]
    theta = np.broadcast_to(chain.elasticities(study.params, study.last, before=True), (study.draws, len(sectors.names())))
    found = respond_sectors(sectors.base_world(), chain.pairs, by_sector(chain.goods, classes), theta)
    assert found.sector_factor == pytest.approx(change.before_sector_factor, rel=1e-7)
    assert found.sector_factor[:, :2] == pytest.approx(study.change.before_sector_factor, rel=1e-7)


def test_trade_and_traffic_agree_in_every_draw(study: Study) -> None:
    assert study.change.residual.max() <= SHIFT_TOLERANCE
    assert study.central_change[0].residual.max() <= SHIFT_TOLERANCE


def test_a_search_that_begins_elsewhere_ends_there_too(study: Study) -> None:
    far = study.chain.change(study.params, study.phases(study.params)[:, -1], study.last, study.demand)
    assert far.response.trade_factor == pytest.approx(study.change.response.trade_factor, rel=2e-6)
