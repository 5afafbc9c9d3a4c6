"""What a tonne is worth by pair: by what is sold and by counted trucks, against hand reckoning, and felt in routes and loads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from corridors import uncertainty
from corridors.data import tables
from corridors.trade import cargo, composition, unit_values, world
from corridors.transport import pair_values, truck_values
from corridors.transport.network import load
from corridors.transport.system import compile_system

CENTRAL = uncertainty.central()
FOOD, TEXTILES, MACHINERY, BULK = range(4)
GROUPS_OF_FOOD = ("x_animal", "x_vegetable", "x_food_products")


def figures(*products: tuple[str, ...]) -> list[float]:
    """ln of the mean of each of ``products``, which are lists of figures in ``data/unit_values.csv``."""
    return [float(np.mean(np.log([float(v) for v in one]))) for one in products]


# The figures of the table, product by product, typed anew.
ANIMAL = figures(("3149",), ("3697",))
VEGETABLE = figures(("500", "533", "380"), ("378",), ("936",), ("996",))
PREPARED = figures(("1454",), ("1222",), ("1977",))


def test_groups_have_the_geometric_mean_of_their_products() -> None:
    found = unit_values.published()
    for group, products in zip(GROUPS_OF_FOOD, (ANIMAL, VEGETABLE, PREPARED), strict=True):
        assert found.ln_usd_per_t[group] == pytest.approx(np.mean(products), rel=1e-12)
        assert found.products[group] == len(products), "three figures of one fruit are one product"


def by_hand(exporter: str, importer: str, reliable: float) -> float:
    """Dollars a tonne of food, step by step."""
    usd = dict(zip(GROUPS_OF_FOOD, (np.exp(np.mean(p)) for p in (ANIMAL, VEGETABLE, PREPARED)), strict=True))
    loose = {"x_animal": 1.0, "x_vegetable": 0.6, "x_food_products": 0.9}
    sales = tables.trade_composition_by_economy()
    of_world = {g: float((sales[g].fillna(0.0) * sales["exports_musd"].fillna(0.0)).sum()) * loose[g] for g in loose}
    weights = composition.weights(exporter, importer)
    assert weights is not None
    of_pair = {g: weights[g] * loose[g] for g in loose}
    mean_world, mean_pair = (sum(of.values()) / sum(of[g] / usd[g] for g in of) for of in (of_world, of_pair))
    return float(600.0 * (mean_pair / mean_world) ** reliable)


@pytest.mark.parametrize("pair", [("PAK", "RUS"), ("DEU", "POL"), ("KAZ", "CHN")])
def test_food_by_composition_by_hand(pair: tuple[str, str]) -> None:
    reliable = unit_values.reliability("food")
    assert 0.5 < reliable < 1.0
    assert unit_values.by_composition((pair,))[0, FOOD] == pytest.approx(by_hand(*pair, reliable), rel=1e-12)


def test_reliability_is_the_part_of_the_spread_that_products_do_not_make() -> None:
    """By simulation: with products drawn again about their groups' means, indices scatter as the noise says."""
    rng = np.random.default_rng(3)
    known = unit_values.published()
    sales = [w for code in tables.trade_composition_by_economy()["iso3"] if (w := composition.weights(str(code), "")) is not None]
    groups = [g for g, (_, kind, _) in composition.GROUPS.items() if kind == "food"]
    loose = np.array([[w[g] * (1.0 - composition.GROUPS[g][0]) for g in groups] for w in sales])
    loose = loose[loose.sum(axis=1) > 0.0]
    table = tables.trade_composition_by_economy()
    of_world = np.array([float((table[g].fillna(0.0) * table["exports_musd"].fillna(0.0)).sum()) * (1.0 - composition.GROUPS[g][0]) for g in groups])
    ln_usd = np.array([known.ln_usd_per_t[g] for g in groups])
    sd = np.sqrt(known.scatter / np.array([known.products[g] for g in groups]))

    def index(ln: np.ndarray) -> np.ndarray:
        means = [np.log(a.sum(axis=-1) / (a * np.exp(-ln)).sum(axis=-1)) for a in (loose, of_world)]
        return means[0] - means[1]

    # Small steps, as the noise is the first order of the index in the products' scatter.
    step = 0.01
    moved = np.array([index(ln_usd + step * sd * rng.standard_normal(len(groups))) - index(ln_usd) for _ in range(4000)]) / step
    by_chance = 1.0 - float((moved**2).mean()) / float(np.var(index(ln_usd)))
    assert unit_values.reliability("food") == pytest.approx(by_chance, abs=0.02)


def test_nothing_tells_bulk_and_textiles_apart_and_an_unknown_seller_has_the_mean() -> None:
    found = unit_values.by_composition((("DEU", "POL"), ("AFG", "IRN"), ("XXX", "YYY")))
    assert (found[:, [TEXTILES, BULK]] == [7000.0, 350.0]).all()
    assert (found[1:] == unit_values.world_means()).all()
    assert found[0, MACHINERY] != unit_values.world_means()[MACHINERY]


def test_a_pair_with_counted_trucks_has_the_load_that_was_counted() -> None:
    """Pakistan and Afghanistan, all by road: value over trucks at their dollars a tonne is the 5,700 of the posts between them."""
    network, ways = load(), (("PAK", "AFG"), ("AFG", "PAK"))
    payload = tables.cargo_classes().set_index("cargo_class")["truck_payload_t"].to_dict()
    value = trucks = 0.0
    for way, shares, usd_per_t in zip(ways, cargo.usual_shares(ways), pair_values.worth(network, ways), strict=True):
        for name, share, usd in zip(cargo.CLASSES, shares, usd_per_t, strict=True):
            dollars = float(world.base_matrix().loc[way]) * float(share)
            value += dollars
            trucks += dollars / usd / payload[name]
    assert value / trucks == pytest.approx(5_700.0, rel=1e-12)
    by_composition = truck_values.between(network, *ways[0])
    assert by_composition is not None and by_composition > 5_700.0


def test_trucks_speak_for_the_part_of_the_goods_that_goes_by_road() -> None:
    """By hand for Iran and Pakistan: the part by road, and the factor it makes of 11,000 dollars a truck."""
    network, ways = load(), (("IRN", "PAK"), ("PAK", "IRN"))
    total = road = 0.0
    for way, shares in zip(ways, cargo.usual_shares(ways), strict=True):
        value = float(world.base_matrix().loc[way]) * shares
        total += value.sum()
        road += 0.6 * value[:3].sum() + 0.9 * value[3]
    found = pair_values.counted(network, *ways[0])
    assert found is not None and found.usd_per_truck == 11_000.0 and found.crossings == ("taftan", "gabd")
    assert found.road_part == pytest.approx(road / total, rel=1e-12)
    usual = truck_values.between(network, *ways[0])
    assert usual is not None
    factor = pair_values.worth(network, ways) / unit_values.by_composition(ways)
    assert factor == pytest.approx((11_000.0 / usual) ** (road / total), rel=1e-12)
    # A thousandth of China's goods goes by Khunjerab, so its trucks say next to nothing of the rest.
    khunjerab = pair_values.worth(network, (("CHN", "PAK"),)) / unit_values.by_composition((("CHN", "PAK"),))
    assert np.abs(khunjerab - 1.0).max() < 0.01
    assert pair_values.counted(network, "PAK", "RUS") is None


def test_ranges_hold_the_value_and_narrow_where_trucks_are_counted() -> None:
    table = pair_values.table(load(), (("PAK", "AFG"), ("PAK", "RUS"))).set_index(["importer", "cargo_class"])
    assert (table["low"] < table["usd_per_t"]).all() and (table["usd_per_t"] < table["high"]).all()
    counted, by_sales = table.loc["AFG"], table.loc["RUS"]
    assert (counted["low"] / counted["usd_per_t"]).to_list() == pytest.approx([5_000 / 5_700] * 4)
    assert (counted["high"] / counted["usd_per_t"]).to_list() == pytest.approx([9_000 / 5_700] * 4)
    assert by_sales.loc["textiles", ["low", "high"]].tolist() == pytest.approx([4500.0, 9500.0])
    assert counted["source_url"].str.startswith("http").all() and by_sales["estimate"].all()
    assert "Torkham" in counted["basis"].iloc[0] and "sells" in by_sales["basis"].iloc[0]


def test_a_system_has_the_values_of_its_pairs_and_cheap_goods_feel_a_dollar_more() -> None:
    """Half the value and half of every dollar is the same choice: cost a tonne over value is all that money does."""
    system = compile_system(study=("PAK", "AFG"))
    here = [system.pair_index(*pair) for pair in system.study]
    np.testing.assert_array_equal(system.layout.unit_value[here], pair_values.worth(system.network, system.study))
    cheap = replace(system, layout=replace(system.layout, unit_value=system.layout.unit_value / 2.0))
    # Nothing waits and no truck stands, so that money is on the way alone.
    quiet = {**CENTRAL, "truck_day_usd": np.zeros(1), "background_traffic_factor": np.full(1, 1e-6)}
    dollars = ("road_cost_factor", "sea_cost_factor", "rail_cost_factor", "air_cost_factor")
    half = {**quiet, **{name: quiet[name] / 2.0 for name in dollars}}
    fees = system.layout.fee
    less = replace(cheap, layout=replace(cheap.layout, fee=fees / 2.0))
    a, b, c = system.solve(quiet), less.solve(half), cheap.solve(quiet)
    np.testing.assert_allclose(a.mean_cost[0, here], b.mean_cost[0, here], rtol=1e-9)
    assert (c.mean_cost[0, here] > a.mean_cost[0, here]).all()


def test_the_same_trade_of_cheaper_goods_fills_more_trucks() -> None:
    system = compile_system(study=("PAK", "KAZ"))
    cheap = replace(system, layout=replace(system.layout, unit_value=system.layout.unit_value / 2.0, truck_value=system.layout.truck_value / 2.0))
    demand = {pair: np.full((1, 4), 0.01) for pair in system.study}
    # So little trade that it moves no queue; routes are held by the same values of their goods.
    few, many = (s.solve({**CENTRAL, "unit_value_factor": np.full(1, f)}, demand=demand) for s, f in ((system, 1.0), (cheap, 2.0)))
    np.testing.assert_allclose(few.study_trucks_per_day, many.study_trucks_per_day, rtol=1e-9)
    more = cheap.solve(CENTRAL, demand=demand)
    assert more.study_trucks_per_day.sum() > 1.2 * few.study_trucks_per_day.sum()


def test_two_directions_that_share_a_market_share_their_geometric_mean() -> None:
    system = compile_system(study=("PAK", "RUS"))
    shared = [market.pairs for market in system.choices.markets if len(market.pairs) == 2]
    assert shared
    p, q = shared[0]
    own = pair_values.worth(system.network, (system.pairs[p], system.pairs[q]))
    np.testing.assert_allclose(system.layout.unit_value[[p, q]], np.sqrt(own[0] * own[1])[None].repeat(2, axis=0), rtol=1e-12)
