"""Which ways a pair has: a property of the network and the pair, cut by cost, and what measures add."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from corridors import scenario, uncertainty
from corridors.runtime import paths
from corridors.transport import choice_set, network, routes
from corridors.transport import system as choice

PAIR = ("PAK", "RUS")
DEMAND = {
    PAIR: np.array([200.0, 150.0, 100.0, 50.0]),
    PAIR[::-1]: np.array([100.0, 50.0, 150.0, 500.0]),
}
FEW = uncertainty.sample(None, 16, 3)
SCENARIOS = sorted(file.stem for file in (paths.root() / "scenarios").glob("*.yaml") if file.stem != "defaults")


def ways(system: choice.System) -> list[Any]:
    return [(r.exporter, r.importer, r.mode, r.links, r.service, r.crossings) for r in system.choices.routes if not r.needs]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_has_the_ways_of_the_baseline_and_those_that_its_measures_open(name: str) -> None:
    asked = scenario.load(name)
    plain = choice.compile_system(study=asked.pair)
    system = choice.compile_system(measures=asked.measures, study=asked.pair)
    # Ways by a border that is shut count where a measure may open it: nobody passes there before.
    shut = {str(c) for c, state in plain.network.crossings["state"].items() if state == "shut"}
    assert set(ways(plain)) <= set(ways(system))
    assert all(shut & set(way[-1]) for way in set(ways(system)) - set(ways(plain)))


def test_roads_that_measures_improve_leave_the_state_without_them_as_it_is() -> None:
    """To the last bit where the ways come in the same order; a road at twice the speed, and a new one, open ways."""
    roads = network.load()
    measures = [
        SimpleNamespace(kind="road", links=(roads.links[4].name,), speed_kmh=80.0, usd_per_t_km=None),
        second_road(1.5),
    ]
    plain = choice.compile_system(study=PAIR).solve(FEW, year=2030.0, demand=DEMAND)
    system = choice.compile_system(measures=measures, study=PAIR)
    without = system.solve(FEW, year=2030.0, demand=DEMAND)
    assert any(route.needs for route in system.choices.routes)
    assert without.price_factor == pytest.approx(plain.price_factor, rel=1e-9)
    assert without.crossing_load_trucks_per_day == pytest.approx(plain.crossing_load_trucks_per_day, rel=1e-9)


def test_what_the_cut_leaves_out_carries_below_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all counted trucks less than ``LEFT_OUT`` take ways that the cut leaves out, and of no pair more than twice that."""
    few = choice.compile_system()
    roads = routes.RoadMap(few.network, few.network.links)
    whole = routes.RoadMap.several
    monkeypatch.setattr(
        routes.RoadMap,
        "several",
        lambda self, a, b, shut, by=(), left_out=0.0: whole(self, a, b, shut, by, left_out=1e-3),
    )
    monkeypatch.setattr(choice_set, "_of_data", lambda shut, wanted: choice_set._several(roads, frozenset(shut), wanted))
    many = choice.compile_system()
    trucks = many.solve(uncertainty.central()).route_trucks_per_day[0]
    kept = {(r.exporter, r.importer, r.links, r.service) for r in few.routes}
    out = np.array([(r.exporter, r.importer, r.links, r.service) not in kept for r in many.routes])
    assert out.sum() > 100
    assert 0.0 < trucks[out].sum() < routes.LEFT_OUT * trucks.sum()
    for pair in {(r.exporter, r.importer) for r in many.routes}:
        own = np.array([(r.exporter, r.importer) == pair for r in many.routes])
        assert trucks[own & out].sum() <= 2.0 * routes.LEFT_OUT * trucks[own].sum(), pair


def second_road(better: float) -> SimpleNamespace:
    """A road beside one of today's, of its length and rate, ``better`` times as fast and as cheap."""
    link = next(link for link in network.load().links if {link.a, link.b} == {"quetta", "taftan"})
    return SimpleNamespace(
        kind="new_link", from_=link.a, to=link.b, mode="road", km=link.km, speed_kmh=better * link.km / link.hours,
        usd_per_t_km=link.usd_per_t / link.km / better,
    )  # fmt: skip


def effect(measure: SimpleNamespace, pair: tuple[str, str]) -> np.ndarray:
    """Percent change of trade at the pair's own prices, by draw and class."""
    system = choice.compile_system(measures=[measure], study=pair)
    demand = dict.fromkeys((pair, pair[::-1]), np.full(4, 100.0))
    before = system.solve(FEW, year=2030.0, demand=demand)
    after = system.solve(FEW, active=np.ones(1), year=2030.0, demand=demand)
    p = system.pair_index(*pair)
    theta = FEW["trade_elasticity"][:, None]
    return np.asarray(100.0 * ((after.price_factor[:, p] / before.price_factor[:, p]) ** -theta - 1.0))


@pytest.mark.parametrize("pair", [("PAK", "IRN"), ("PAK", "TUR")])
def test_an_identical_second_road_changes_nothing_and_a_slightly_better_one_little(pair: tuple[str, str]) -> None:
    """Those who pass the same borders take the better road: a second one is no second choice."""
    assert np.abs(effect(second_road(1.0), pair)).max() < 0.02
    # Mean over classes: one that cares little for the road can lose, as the others fill the next border.
    slightly, clearly = (effect(second_road(better), pair).mean(axis=1) for better in (1.01, 1.3))
    # With Afghanistan's trade round by Iran the queue at Taftan takes all of the gain in a draw, and a hundredth of the largest more.
    assert (slightly > -0.01 * slightly.max()).all() and np.median(slightly) > 0.0 and slightly.max() < 0.1
    assert (np.abs(clearly) > 5.0 * np.abs(slightly)).all()
