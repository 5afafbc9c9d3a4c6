"""A railway or train that a measure starts: bulk goes by railway too, and goods by train to and from ships."""

from __future__ import annotations

import numpy as np
import pytest

from corridors import uncertainty
from corridors.scenario.measures import NewLink, RailService
from corridors.study.counterfactual import network_of
from corridors.trade import cargo
from corridors.transport import new_trains
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


def test_nobody_drives_down_a_line_to_ride_back_up() -> None:
    """Chabahar-Zahedan for Türkiye and Uzbekistan: goods went by truck to Chabahar and by train back, and the other way round,
    for five percent of trade."""
    system, _, _ = solved(railway("chabahar", "zahedan", 628), ("TUR", "UZB"))
    assert not [route for route in system.routes if route.needs and {route.exporter, route.importer} == {"TUR", "UZB"}]


def test_two_halves_of_a_line_are_the_line() -> None:
    """Mombasa-Kampala in one measure raised trade by a quarter, in two nothing: a way took one train."""
    pair, whole, halves = ("UGA", "CHN"), [railway("ken_mombasa", "uga_kampala", 1140)], [
        railway("ken_mombasa", "ken_nairobi", 480), railway("ken_nairobi", "uga_kampala", 660),
    ]  # fmt: skip
    price, costs = [], []
    for measures in (whole, halves):
        system = compile_system(network_of(pair, halves + whole), measures, study=pair)
        state = system.solve(uncertainty.central(), active=np.ones((1, len(measures))))
        price.append(state.price_factor[0, system.pair_index(*pair)])
        rows = [r for r in chained(system) if len(system.routes[r].needs) == len(measures)]
        hours, usd = system.choices.parts_hours[system.shown].sum(axis=1), system.choices.parts_usd[system.shown].sum(axis=1)
        services = system.effects.services
        costs.append({
            (route.origin, services[route.service].name, route.destination): (hours[r], usd[r])
            for r in rows if (route := system.routes[r]).service is not None and services[route.chain[0]].a != services[route.chain[-1]].a
        })  # fmt: skip
        # Legs add up to the way.
        told = legs(system, [system.routes[r] for r in rows], state.queue_hours[0], np.ones(len(measures)), 20.0)
        for r, way in zip(rows, told, strict=True):
            assert sum(leg.usd_per_t for leg in way) == pytest.approx(usd[r] + fees(system, r), rel=1e-9)
    # What else the halves bring is the way by one of them.
    assert (price[1] <= price[0] + 1e-9).all() and (price[1] < 0.99).any()
    assert costs[0] and costs[0].keys() == costs[1].keys()
    for way, found in costs[0].items():
        assert costs[1][way] == pytest.approx(found, rel=1e-9), way


def fees(system: System, r: int) -> float:
    crossings = system.network.crossings
    return float(sum(crossings.loc[c, "fee_usd_per_truck"] for c in system.routes[r].crossings)) / 20.0


def test_ships_call_at_the_port_that_a_railway_leads_to() -> None:
    """Walvis Bay-Lusaka: ports were chosen by today's roads, so that no ship of Zambia and China called there."""
    pair, line = ("ZMB", "CHN"), railway("nam_walvis_bay", "zmb_lusaka", 2_000)
    assert not [s for s in network_of(pair, []).services if s.mode == "sea" and "walvis" in s.name]
    system, _, after = solved(line, pair)
    assert chained(system) and after.route_share[0, chained(system)].sum() > 0.1


def test_a_port_of_another_economy_is_not_the_city_s() -> None:
    """Aqaba and Eilat are 6 km apart, and a border."""
    net = network_of(("JOR", "ISR"), [railway("jor_amman", "jor_aqaba", 350), railway("isr_eilat", "jor_amman", 350)])
    assert net.distance_km("isr_eilat", "jor_aqaba") < new_trains.PORT_CITY_KM
    assert not new_trains.at_port(net, "jor_aqaba", "isr_eilat") and new_trains.at_port(net, "isr_eilat", "isr_eilat")


def test_a_second_railway_as_good_as_the_first_changes_nothing() -> None:
    """Twice Mombasa-Kampala raised trade of Uganda and China by 20 % where once did by 16, and so did the whole beside its halves."""
    pair, whole = ("UGA", "CHN"), railway("ken_mombasa", "uga_kampala", 1140)
    halves = [railway("ken_mombasa", "ken_nairobi", 480), railway("ken_nairobi", "uga_kampala", 660)]

    def price(*measures: NewLink) -> np.ndarray:
        system = compile_system(network_of(pair, [whole, *halves]), measures, study=pair)
        return system.solve(uncertainty.central(), active=np.ones((1, len(measures)))).price_factor[0, system.pair_index(*pair)]

    np.testing.assert_allclose(price(whole, whole), price(whole), rtol=1e-9)
    np.testing.assert_allclose(price(*halves, whole), price(*halves), rtol=1e-9)
    better = price(whole, railway("ken_mombasa", "uga_kampala", 800))
    np.testing.assert_allclose(better, price(railway("ken_mombasa", "uga_kampala", 800)), rtol=1e-9)


def test_a_railway_beside_today_s_train_is_no_second_choice() -> None:
    """Nairobi-Kampala has a train: a railway as good adds nothing, a better one takes its goods."""
    pair = ("KEN", "UGA")
    net = network_of(pair, [railway("ken_nairobi", "uga_kampala", 660)])
    train = next(s for s in net.services if s.mode == "rail" and {s.a, s.b} == {"ken_nairobi", "uga_kampala"})
    dear = NewLink(kind="new_link", mode="rail", **{"from": "ken_nairobi", "to": "uga_kampala"}, km=660, speed_kmh=10, usd_per_t_km=1, **WHEN)
    system, before, after = solved(dear, pair)
    p = system.pair_index(*pair)
    # Cities without a train of their own come to the railway by road, hardly any at that price.
    np.testing.assert_allclose(after.price_factor[0, p], before.price_factor[0, p], rtol=1e-4)
    system, before, after = solved(railway("ken_nairobi", "uga_kampala", 660), pair)
    ways = [way for way in enumerate(system.routes) if (way[1].exporter, way[1].importer) == pair]
    own = [r for r, way in ways if way.chain and system.effects.services[way.chain[0]].name == train.name]
    new = [r for r, way in ways if way.needs and way.origin == "ken_nairobi" and way.destination == "uga_kampala" and not way.links]
    assert len(own) == len(new) == 1 and (before.route_share[0, own] > 0.0).all()
    taken = after.route_share[0, own] > 0.0, after.route_share[0, new] > 0.0
    assert (taken[0] != taken[1]).all() and taken[1].any(), "each class takes the better of the two"
    assert (after.price_factor[0, p] <= before.price_factor[0, p] + 1e-12).all() and (after.price_factor[0, p] < before.price_factor[0, p]).any()
