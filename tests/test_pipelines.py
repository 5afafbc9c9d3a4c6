"""What flows through pipelines is on no truck, train or ship: of pairs with a published share, of economies, and without either."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from corridors import uncertainty
from corridors.appraisal import states
from corridors.data import tables as data
from corridors.scenario import parse
from corridors.scenario.measures import Closure, TariffOrFee
from corridors.study import class_values
from corridors.study.counterfactual import build, network_of
from corridors.study.pipeline import Study
from corridors.trade import cargo, sectors, unit_values, world
from corridors.transport import pair_values
from corridors.transport.system import compile_system
from corridors.transport.world_network import mode_model, pipelines, subnetwork, traffic

BULK = cargo.CLASSES.index("bulk")


def test_a_published_share_of_a_pair_is_met() -> None:
    """Canada and the United States by the Bureau of Transportation Statistics, mean of three months: 15 % of value by pipeline."""
    table = data.table("world_mode_shares")
    rows = table[
        (table["mode"] == "pipeline") & (table["exporter"] == "USA") & (table["importer"] == "CAN")
    ]
    trade = world.base_matrix()
    ways = (("USA", "CAN"), ("CAN", "USA"))
    piped = sum(trade.loc[way] * pipelines.of_value(*way) for way in ways)
    share = piped / sum(trade.loc[way] for way in ways)
    assert len(rows) == 3 and 0.13 < share < 0.16
    assert share == pytest.approx(rows["share"].mean(), rel=1e-9)
    assert mode_model.goods_of("USA", "CAN").piped == pytest.approx(share, rel=1e-9)


def test_a_partner_goes_before_all_others() -> None:
    fuels = pipelines.parts_of_bulk("RUS", "BLR")["x_fuels"]
    assert pipelines.of_bulk("RUS", "BLR") == pytest.approx(0.94 * fuels) and fuels > 0.3
    assert pipelines.of_bulk("RUS", "LTU") == pipelines.of_bulk("BLR", "RUS") == 0.0
    assert pipelines.of_bulk("KAZ", "ITA") == pytest.approx(
        0.96 * pipelines.parts_of_bulk("KAZ", "ITA")["x_fuels"]
    )


def test_trucks_carry_what_pipelines_leave() -> None:
    """By hand, of Bahrain and Saudi Arabia, whose crude oil the refinery at Sitra gets by pipeline."""
    pair = ("BHR", "SAU")
    goods, known = mode_model.goods_of(*pair), mode_model.pair_shares(*pair)
    assert known is not None and goods.piped > 0.1
    ways = (pair, pair[::-1])
    trade = world.base_matrix()
    value = np.array([float(trade.loc[way]) for way in ways])
    by_class = cargo.usual_shares(ways) * value[:, None]
    by_class[:, BULK] *= [1.0 - pipelines.of_bulk(*way) for way in ways]
    tonnes = (by_class / unit_values.by_composition(ways)).sum(axis=0) * 1e6 * known.by_class[:, 0]
    expected = tonnes / cargo.classes()["truck_payload_t"].to_numpy(float) / cargo.DAYS_A_YEAR
    count, bulk = traffic.trucks(value.sum(), goods, known.by_class[:, 0])
    assert count == pytest.approx(expected.sum(), rel=1e-9) and bulk == pytest.approx(
        expected[BULK], rel=1e-9
    )


def test_a_study_puts_on_its_ways_what_pipelines_leave() -> None:
    net = network_of(("DZA", "TUN"), ())
    ways = [("DZA", "TUN"), ("TUN", "DZA")]
    piped, worth = pair_values.piped(net, ways), unit_values.by_composition(ways)
    part = pipelines.of_bulk("DZA", "TUN")
    assert 0.8 < part < 0.9 and net.piped == {("DZA", "TUN"): part}
    assert piped[0, BULK] == part and piped.sum() == part
    np.testing.assert_array_equal(pair_values.worth(net, ways), worth)
    shown = pair_values.table(net, ways).set_index(["exporter", "cargo_class"])["usd_per_t"]
    assert shown["DZA", "bulk"] == pytest.approx(worth[0, BULK]), "what a tonne is worth stays"
    # Trucks of a demand are those of what is left.
    system = compile_system(net, study=("DZA", "TUN"))
    bulk = np.zeros((1, len(cargo.CLASSES)))
    bulk[0, BULK] = 100.0
    half = bulk * (1.0 - part)
    central = uncertainty.central()
    state = system.solve(central, demand={("DZA", "TUN"): bulk})
    plain = replace(system, layout=replace(system.layout, piped=np.zeros_like(system.layout.piped)))
    alone = plain.solve(central, demand={("DZA", "TUN"): half})
    np.testing.assert_allclose(state.study_trucks_per_day, alone.study_trucks_per_day, rtol=1e-6)


def test_it_is_told() -> None:
    told = " ".join(subnetwork.for_pair("DZA", "TUN").messages)
    assert (
        "Pipelines carry 8" in told
        and "of what Algeria sells Tunisia, by value; none of the ways here does, and most of it stays whatever they cost."
        in told
    )
    assert "Tunisia sells" not in told
    assert not any("ipeline" in m for m in subnetwork.for_pair("KEN", "UGA").messages)
    # On the hand-checked network they are among what goes by no way of it.
    (message,) = build(("KAZ", "CHN"), ()).messages
    assert "of what Kazakhstan sells China" in message and message.endswith("they are among the ways outside this network.")
    assert not build(("PAK", "RUS"), ()).messages


def test_what_is_in_pipelines_stays_when_the_ways_shut() -> None:
    """Saudi Arabia's crude oil for Bahrain: of bulk the part in pipelines is left, on the ways next to nothing, and what users
    lose is the area under the demand of the ways alone."""
    network = network_of(("SAU", "BHR"), ())
    crossing = next(
        c for c in network.crossing_names() if set(network.economies[c]) == {"SAU", "BHR"}
    )
    shut = Closure(
        kind="closure", crossings=(crossing,), days_per_year=365, start=2027, years_to_full_effect=1
    )
    system = compile_system(network, [shut], study=("SAU", "BHR"))
    central = uncertainty.central()
    demand = {
        pair: np.full((1, len(cargo.CLASSES)), 100.0) for pair in (("SAU", "BHR"), ("BHR", "SAU"))
    }
    before, after = (
        system.solve(central, active=np.array([[there]]), demand=demand) for there in (0.0, 1.0)
    )
    p = system.pair_index("SAU", "BHR")
    q, theta = pipelines.of_bulk("SAU", "BHR"), float(central["trade_elasticity"][0])
    assert 0.8 < q < 1.0 and system.layout.piped[p, BULK] == q
    assert np.exp(after.kept[0, p, BULK]) > q and np.exp(before.kept[0, p, BULK]) == pytest.approx(
        1.0, abs=0.1
    )
    value = np.full((1, len(system.pairs), len(cargo.CLASSES)), 100.0)
    on_ways = [
        states.traded(system, state, value, central["trade_elasticity"])[0, p]
        for state in (before, after)
    ]
    assert on_ways[0][BULK] == pytest.approx(
        100.0 * (np.exp(before.kept[0, p, BULK]) - q), rel=1e-9
    )
    # The rest of a class without pipelines is what it keeps.
    other = 1 - BULK if BULK in (0, 1) else 0
    assert on_ways[1][other] == pytest.approx(100.0 * np.exp(after.kept[0, p, other]), rel=1e-9)
    factor = states.price_on_ways(
        system, before, after.price_factor / before.price_factor, central["trade_elasticity"]
    )
    assert factor[0, p, BULK] ** -theta == pytest.approx(
        on_ways[1][BULK] / on_ways[0][BULK], rel=1e-6
    )
    assert factor[0, p, BULK] > (after.price_factor / before.price_factor)[0, p, BULK]


def test_a_small_change_counts_in_proportion_to_what_is_on_the_ways() -> None:
    network = network_of(("DZA", "TUN"), ())
    crossing = network.crossing_names()[0]
    fee = TariffOrFee(
        kind="tariff_or_fee",
        crossings=(crossing,),
        usd_per_truck=float(network.crossings.loc[crossing, "fee_usd_per_truck"]) + 1.0,
        start=2027,
        years_to_full_effect=1,
    )
    system = compile_system(network, [fee], study=("DZA", "TUN"))
    central, p = uncertainty.central(), system.pair_index("DZA", "TUN")
    demand = {("DZA", "TUN"): np.full((1, len(cargo.CLASSES)), 10.0)}
    before, after = (
        system.solve(central, active=np.array([[there]]), demand=demand) for there in (0.0, 1.0)
    )
    whole = np.log(after.price_factor / before.price_factor)[0, p]
    ways = np.log(
        states.price_on_ways(
            system, before, after.price_factor / before.price_factor, central["trade_elasticity"]
        )
    )[0, p]
    assert ways[BULK] > 0.0 and whole[BULK] == pytest.approx(
        (1.0 - pipelines.of_bulk("DZA", "TUN")) * ways[BULK], rel=0.02
    )
    np.testing.assert_array_equal(np.delete(whole, BULK), np.delete(ways, BULK))


def test_weight_and_trucks_are_of_what_is_on_ways() -> None:
    """King Fahd Causeway shut: volumes had 84 % of Saudi Arabia's bulk left, though what was on trucks was all but gone, and
    classes that fell by a quarter where their sectors fell by two thirds."""
    asked = parse(
        {
            "title": "shut", "pair": ["SAU", "BHR"],
            "measures": [{"kind": "closure", "crossings": ["King Fahd Causeway"], "days_per_year": 365, "start": 2027, "years_to_full_effect": 1}],
        },
        name="shut",
    )  # fmt: skip
    study = Study(asked, 64, 1)
    before, after = (class_values.values(study, "exports", case) for case in ("baseline", "scenario"))
    np.testing.assert_allclose(after.sum(axis=2), study.scenario_paths.first("exports", 64), rtol=1e-12)
    assert (np.median(after[:, 0] / before[:, 0], axis=0) > 0.999).all(), "nothing before it begins"
    loaded = [np.median(class_values.carried(study, "exports", case)[:, -1], axis=0) for case in ("baseline", "scenario")]
    piped = study.piped["exports"][BULK]
    assert loaded[0][BULK] == pytest.approx(np.median(before[:, -1, BULK]) * (1.0 - piped), rel=0.05)
    assert loaded[1][BULK] < 0.35 * loaded[0][BULK]
    # Whatever the world makes of the pair's fuels moves what is in pipelines and what is on ways alike.
    state = study.change.after
    left = state.price_factor[:, study.chain.system.pair_index("SAU", "BHR"), BULK] ** -study.params["trade_elasticity"]
    by_hand = after[:, -1, BULK] * np.maximum(left - piped, 0.0) / left
    np.testing.assert_allclose(class_values.carried(study, "exports", "scenario")[:, -1, BULK], by_hand, rtol=1e-9)
    food = cargo.CLASSES.index("food")
    own = np.median(study.change.response.sector_factor[:, 0, sectors.names().index("food")])
    assert loaded[1][food] / loaded[0][food] == pytest.approx(own, rel=0.1)
