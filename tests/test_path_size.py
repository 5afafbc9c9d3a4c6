"""Path size: ways over one road share as one way, what nobody takes does not count, and today's ways stay as they are."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from corridors import uncertainty
from corridors.transport import system as choice
from corridors.transport.network import Link
from corridors.transport.path_size import path_sizes
from corridors.transport.routes import RoadMap, Route

PAIR = ("PAK", "RUS")
Way = dict[str, float]


def sizes_of(
    ways: list[Way],
    usd_per_t_km: float = 0.0,
    needs: list[tuple[int, ...]] | None = None,
    same_borders: list[int] | None = None,
) -> np.ndarray:
    """Path sizes of ways of one market, each given as its links with their kilometres; each over borders of its own."""
    names = sorted({name for way in ways for name in way})
    km = {name: length for way in ways for name, length in way.items()}
    links = [Link(name, name, name, "road", "AAA", km[name], 0.0, usd_per_t_km * km[name]) for name in names]
    routes = [
        Route("AAA", "BBB", "a", "b", "road", ("a", "b"), tuple(names.index(name) for name in way), (), needs=need)
        for way, need in zip(ways, needs or [()] * len(ways), strict=True)
    ]
    roads = RoadMap(SimpleNamespace(places=names, crossings=pd.DataFrame()), links)  # type: ignore[arg-type]
    return path_sizes(routes, [0] * len(routes), same_borders or range(len(routes)), roads, roads)


def test_ways_that_share_no_road_have_one() -> None:
    assert sizes_of([{"p": 100.0}, {"q": 250.0}, {"r": 10.0}]).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("n", [2, 3, 7])
def test_n_ways_over_one_road_weigh_as_one(n: int) -> None:
    assert sizes_of([{"p": 100.0, "q": 40.0}] * n) == pytest.approx(np.full(n, 1.0 / n), rel=1e-12)


def test_two_ways_that_part_at_the_last_post_are_little_more_than_one_beside_a_third() -> None:
    """Nine tenths of the road shared, all as dear as each other: a logit gives the two 2/3, with path size 1.1 of 2.1."""
    sizes = sizes_of([{"trunk": 90.0, "one": 10.0}, {"trunk": 90.0, "other": 10.0}, {"alone": 100.0}])
    assert sizes == pytest.approx([0.55, 0.55, 1.0], rel=1e-12)
    assert sizes[:2].sum() / sizes.sum() == pytest.approx(1.1 / 2.1, rel=1e-12)


def test_a_way_that_nobody_takes_changes_nothing() -> None:
    """At 20 dollars a kilometre the third is 2,000 dollars a tonne dearer than the first, on whose road it lies."""
    beside = sizes_of([{"p": 100.0}, {"q": 100.0}, {"p": 100.0, "far": 100.0}], usd_per_t_km=20.0)
    assert beside[:2] == pytest.approx([1.0, 1.0], abs=1e-8)
    dearer = sizes_of([{"p": 100.0, "q": 10.0}, {"p": 100.0, "r": 60.0}], usd_per_t_km=2.0)
    both = 1.0 + np.exp(-1.0)
    assert dearer == pytest.approx([(100.0 / both + 10.0) / 110.0, (100.0 / both + 60.0) / 160.0], rel=1e-12)


def test_what_measures_open_is_counted_beside_todays_ways_and_not_by_them() -> None:
    ways: list[Way] = [{"trunk": 90.0, "old": 10.0}, {"trunk": 90.0, "new": 10.0}, {"trunk": 90.0, "other": 10.0}]
    sizes = sizes_of(ways, needs=[(), (0,), (1,)])
    assert sizes == pytest.approx([1.0, 0.55, 0.55], rel=1e-12)
    assert sizes_of(ways, needs=[(), (0,), (0, 1)])[2] == pytest.approx(0.1 + 0.9 / 3.0, rel=1e-12)


def test_ways_over_the_same_borders_have_the_path_size_of_todays() -> None:
    """Whichever road is best between them: a better one that shares more or less of the way changes no size."""
    ways: list[Way] = [{"trunk": 90.0, "new": 10.0}, {"trunk": 50.0, "old": 50.0}, {"trunk": 90.0, "other": 10.0}]
    alone = sizes_of(ways[1:])
    assert sizes_of(ways, needs=[(0,), (), ()], same_borders=[0, 0, 1]) == pytest.approx([alone[0], *alone], rel=1e-12)
    further: list[Way] = [*ways, {"trunk": 90.0, "far": 10.0}]
    of_new = sizes_of(further, needs=[(0,), (), (), (0,)], same_borders=[0, 0, 1, 2])[3]
    assert of_new == pytest.approx(0.1 + 0.9 / 3.0, rel=1e-12)


def test_kilometres_count_and_not_links() -> None:
    whole = sizes_of([{"p": 60.0, "q": 40.0}, {"p": 60.0, "r": 90.0}])
    cut = sizes_of([{"p1": 20.0, "p2": 40.0, "q": 40.0}, {"p1": 20.0, "p2": 40.0, "r": 90.0}])
    assert whole == pytest.approx(cut, rel=1e-12)
    assert whole == pytest.approx([0.6 / 2 + 0.4, 0.4 / 2 + 0.6], rel=1e-12)


def test_todays_ways_weigh_the_same_whatever_is_asked() -> None:
    measures = [
        SimpleNamespace(
            kind="new_link", from_="quetta", to="taftan", mode="road", km=500.0, speed_kmh=90.0, usd_per_t_km=0.03
        ),
        SimpleNamespace(kind="closure", crossings=("astara",), days_per_year=200.0),
    ]
    plain, asked = (choice.compile_system(measures=m, study=PAIR).choices for m in ([], measures))
    sizes = dict(zip([(r.origin, r.destination, r.links, r.service) for r in plain.routes], plain.path_size, strict=True))
    same = 0
    for route, size in zip(asked.routes, asked.path_size, strict=True):
        if not route.needs:
            assert size == sizes[route.origin, route.destination, route.links, route.service]
            same += 1
    assert same == len(plain.routes) < len(asked.routes)
    assert ((plain.path_size > 0.0) & (plain.path_size <= 1.0)).all()
    assert (plain.path_size[[m != "road" for m in plain.modes]] == 1.0).all()


def test_ways_of_their_own_gain_on_those_that_share_and_modes_stay() -> None:
    """Most ways by road to Russia share Iran's; what all roads carry together is calibrated and does not move. Without loads: where
    trucks queue, those who go another way for it meet other queues."""
    system = choice.compile_system(study=PAIR, pairs=[])
    layout = system.layout
    alone = replace(system, layout=replace(layout, choices=replace(layout.choices, path_size=np.ones_like(layout.choices.path_size))))
    with_size, without = (s.solve(uncertainty.central()).route_share[0] for s in (system, alone))
    ours = np.array([(r.exporter, r.importer) == PAIR and r.mode == "road" for r in system.routes])
    assert ours.sum() > 10
    by_road = without[ours].sum(axis=0) > 1e-6
    for crossing, fewer in (("astara", True), ("khorgos", False)):
        rows = ours & np.array([crossing in r.crossings for r in system.routes])
        a, b = (share[rows][:, by_road].sum(axis=0) / share[ours][:, by_road].sum(axis=0) for share in (with_size, without))
        assert ((a < b) == fewer).all()
    assert with_size[ours].sum(axis=0) == pytest.approx(without[ours].sum(axis=0), rel=0.02)


