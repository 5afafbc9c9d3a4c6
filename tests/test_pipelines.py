"""What flows through pipelines is on no truck, train or ship: of pairs with a published share, of economies, and without either."""

from __future__ import annotations

import numpy as np
import pytest

from corridors.data import tables as data
from corridors.study.counterfactual import network_of
from corridors.trade import cargo, unit_values, world
from corridors.transport import pair_values
from corridors.transport.world_network import mode_model, pipelines, subnetwork, traffic

BULK = cargo.CLASSES.index("bulk")


def test_a_published_share_of_a_pair_is_met() -> None:
    """Canada and the United States by the Bureau of Transportation Statistics, mean of three months: 15 % of value by pipeline."""
    table = data.table("world_mode_shares")
    rows = table[(table["mode"] == "pipeline") & (table["exporter"] == "USA") & (table["importer"] == "CAN")]
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
    assert pipelines.of_bulk("KAZ", "ITA") == pytest.approx(0.96 * pipelines.parts_of_bulk("KAZ", "ITA")["x_fuels"])


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
    assert count == pytest.approx(expected.sum(), rel=1e-9) and bulk == pytest.approx(expected[BULK], rel=1e-9)


def test_a_study_puts_on_its_ways_what_pipelines_leave() -> None:
    net = network_of(("DZA", "TUN"), ())
    ways = [("DZA", "TUN"), ("TUN", "DZA")]
    carried, worth = pair_values.of_pairs(net, ways), unit_values.by_composition(ways)
    part = pipelines.of_bulk("DZA", "TUN")
    assert 0.8 < part < 0.9 and net.piped == {("DZA", "TUN"): part}
    np.testing.assert_allclose(carried[0, BULK], worth[0, BULK] / (1.0 - part), rtol=1e-12)
    np.testing.assert_array_equal(carried[1], worth[1])
    np.testing.assert_array_equal(np.delete(carried[0], BULK), np.delete(worth[0], BULK))
    shown = pair_values.table(net, ways).set_index(["exporter", "cargo_class"])["usd_per_t"]
    assert shown["DZA", "bulk"] == pytest.approx(worth[0, BULK]), "what a tonne is worth stays"


def test_it_is_told() -> None:
    told = " ".join(subnetwork.for_pair("DZA", "TUN").messages)
    assert "Pipelines carry 8" in told and "of what Algeria sells Tunisia, by value; none of the ways here does." in told
    assert "Tunisia sells" not in told
    assert not any("ipeline" in m for m in subnetwork.for_pair("KEN", "UGA").messages)
