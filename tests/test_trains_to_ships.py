"""A railway or train that a measure starts: bulk goes by railway too, and goods by train to and from ships."""

from __future__ import annotations

import numpy as np
import pytest

from corridors import uncertainty
from corridors.scenario.measures import NewLink, RailService
from corridors.study.counterfactual import network_of
from corridors.trade import cargo
from corridors.transport.legs import legs
from corridors.transport.system import System, TransportState, compile_system

BULK = cargo.CLASSES.index("bulk")
PAIR = ("ETH", "CHN")
WHEN = {"start": 2027, "years_to_full_effect": 1}


def railway(a: str, b: str, km: float) -> NewLink:
    return NewLink(kind="new_link", mode="rail", **{"from": a, "to": b}, km=km, speed_kmh=40, usd_per_t_km=0.04, **WHEN)


def trains(a: str, b: str) -> RailService:
    return RailService(
        kind="rail_service", **{"from": a, "to": b}, trains_per_week=21, teu_per_train=100, days=1, usd_per_teu=500, **WHEN
    )  # fmt: skip


def solved(measure: object, pair: tuple[str, str]) -> tuple[System, TransportState, TransportState]:
    """Without and with a measure, at the trade of the base year."""
    system = compile_system(network_of(pair, [measure]), [measure], study=pair)
    before, after = (system.solve(uncertainty.central(), active=np.array([[there]])) for there in (0.0, 1.0))
    return system, before, after


def chained(system: System) -> list[int]:
    return [r for r, route in enumerate(system.routes) if len(route.chain) > 1]


def test_goods_take_a_new_railway_to_the_port() -> None:
    """Addis Ababa-Djibouti: its trains run to the port though they end in the city, which is another place of the network."""
    system, before, after = solved(railway("eth_addis_ababa", "dji_djibouti", 750), PAIR)
    rows = chained(system)
    assert rows and all(system.routes[r].needs == (0,) and system.routes[r].mode == "sea" for r in rows)
    assert not before.route_share[0, rows].any()
    p = system.pair_index(*PAIR)
    of_pair = [r for r in rows if (system.routes[r].exporter, system.routes[r].importer) == PAIR]
    taken = after.route_share[0, of_pair].sum(axis=0)
    assert (taken > 0.01).all() and taken[BULK] > 0.1 and taken[0] > 0.1, "containers and bulk"
    assert (after.price_factor[0, p] < before.price_factor[0, p]).all()
    title = system.routes[of_pair[0]].title(system.network.places, system.effects.links, system.effects.services)
    assert "with railway Addis Ababa-Djibouti" in title


def test_the_base_year_knows_nothing_of_it() -> None:
    for pair, measure in (
        (PAIR, railway("eth_addis_ababa", "dji_djibouti", 750)),
        (("PAK", "UZB"), railway("mazar", "peshawar", 672)),
    ):
        system, before, _ = solved(measure, pair)
        plain = compile_system(network_of(pair, [measure]), [], study=pair)
        alone = plain.solve(uncertainty.central())
        p, q = (each.pair_index(*pair) for each in (system, plain))
        np.testing.assert_allclose(before.price_factor[0, p], alone.price_factor[0, q], rtol=1e-9)
        np.testing.assert_allclose(
            before.crossing_load_trucks_per_day, alone.crossing_load_trucks_per_day, rtol=1e-6, atol=1e-6
        )


def test_container_trains_meet_container_ships_alone() -> None:
    system, _, after = solved(trains("eth_addis_ababa", "dji_djibouti"), PAIR)
    services = system.effects.services
    assert {services[i].cargo for r in chained(system) for i in system.routes[r].chain} == {"container"}
    assert after.route_share[0, chained(system), BULK].sum() == 0.0
    # What the trains carry is never more than their room.
    assert 0.0 < after.service_load[0, 0] <= after.service_capacity[0, 0]


def test_legs_follow_each_other() -> None:
    system, _, after = solved(railway("dji_djibouti", "eth_addis_ababa", 750), PAIR)
    rows = chained(system)
    found = legs(system, [system.routes[r] for r in rows], after.queue_hours[0], np.ones(1), 20.0)
    for r, way in zip(rows, found, strict=True):
        route = system.routes[r]
        moves = [leg for leg in way if leg.a != leg.b]
        assert moves[0].a == route.origin and moves[-1].b == route.destination
        for one, other in zip(moves[:-1], moves[1:], strict=True):
            assert one.b == other.a or system.network.distance_km(one.b, other.a) < 60.0


def test_a_train_that_leads_away_is_none() -> None:
    """From one port to another, neither nearer to Ethiopia than the port its goods come to."""
    system, _, after = solved(railway("ken_mombasa", "tza_dar_es_salaam", 520), PAIR)
    assert not chained(system) and after.gap[0] < 1e-8


def test_a_new_railway_carries_bulk() -> None:
    """Mazar-i-Sharif to Peshawar: coal and grain as well as containers, which had it to themselves."""
    system, before, after = solved(railway("mazar", "peshawar", 672), ("PAK", "UZB"))
    rows = [r for r, route in enumerate(system.routes) if route.mode == "rail" and route.needs]
    assert rows and after.route_share[0, rows, BULK].sum() > 0.01
    assert before.route_share[0, rows].sum() == pytest.approx(0.0, abs=1e-12)
