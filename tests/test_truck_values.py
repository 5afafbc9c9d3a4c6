"""What the goods on a truck are worth: as reported where it is known, by the neighbours' trade elsewhere, and felt in worth."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from corridors import uncertainty
from corridors.appraisal import states
from corridors.data import tables
from corridors.show.words import background_world
from corridors.study import background, truck_loads
from corridors.trade import cargo, unit_values, world
from corridors.transport import truck_values
from corridors.transport.network import load
from corridors.transport.system import compile_system

MIDDLE = uncertainty.central()
POSTS = ("torkham", "chaman", "ghulam_khan", "kharlachi")
"""Posts between Pakistan and Afghanistan that carried the trade of the base year."""


def test_every_crossing_has_a_load_within_bounds_and_says_where_it_is_from() -> None:
    found = truck_values.at_crossings(load())
    assert tuple(found.index) == load().crossing_names()
    assert found["usd_per_truck"].between(5_000, 120_000).all()
    assert (found["usd_low"] <= found["usd_per_truck"]).all() and (found["usd_per_truck"] <= found["usd_high"]).all()
    assert (found["estimate"].astype(bool) | found["source_url"].str.startswith("http")).all()
    assert found["note"].str.len().gt(0).all()


def test_coal_and_fruit_are_worth_less_than_what_comes_from_china() -> None:
    usd = truck_values.at_crossings(load())["usd_per_truck"]
    assert usd["torkham"] < 15_000 < usd["khunjerab"] < usd["khorgos"]
    assert usd["taftan"] == 11_000, "as reported"
    # By customs, 502 m USD passed the border in 92 days, on the 956 trucks a day of the four posts.
    trade = tables.table("afghan_closure_2025")
    quarter = trade[(trade["basis"] == "customs") & (trade["period"] == "2024-07..2024-09")]["value_musd"].sum()
    trucks = load().crossings.loc[list(POSTS), "background_trucks_per_day"].sum() * 92
    assert usd["torkham"] == pytest.approx(1e6 * quarter / trucks, rel=0.05)


def test_by_the_neighbours_trade_by_hand() -> None:
    """At the values by composition, which test_pair_values holds against hand reckoning."""
    pair = ("CHN", "KAZ")
    classes = tables.cargo_classes().set_index("cargo_class")
    value = trucks = 0.0
    for a, b in (pair, pair[::-1]):
        for name, share, usd_per_t in zip(cargo.CLASSES, cargo.usual_shares(((a, b),))[0], unit_values.by_composition(((a, b),))[0], strict=True):
            if name == "bulk":
                continue
            usd = float(world.base_matrix().loc[a, b]) * float(share)
            value += usd
            trucks += usd / float(usd_per_t) / float(classes.loc[name, "truck_payload_t"])
    assert truck_values.between(load(), *pair) == pytest.approx(value / trucks, rel=1e-12)
    assert truck_values.between(load(), "XXX", "KAZ") is None


def test_an_hour_costs_in_proportion_to_the_load_and_a_truck_in_any_case() -> None:
    system = compile_system()
    hour = states.truck_hour_usd(system, MIDDLE)[0]
    value = states.truck_value_usd(system, MIDDLE)[0]
    standing = float(MIDDLE["truck_day_usd"][0]) / 24.0
    np.testing.assert_allclose((hour - standing) / value, (hour - standing)[0] / value[0], rtol=1e-12)
    assert (hour > standing).all()


def test_worth_of_other_trucks_goes_with_their_load() -> None:
    """Where an hour is all that changes and few react, twice the load makes nearly twice the worth of its time."""
    system = compile_system()
    x = system.crossings.index("torkham")
    loads = system.layout.truck_value.copy()
    loads[x] *= 2.0
    twice = replace(system, layout=replace(system.layout, truck_value=loads))
    base = system.solve(MIDDLE)
    small = {**MIDDLE, "rest_elasticity": np.array([0.01])}
    gains = []
    for one in (system, twice):
        value = float(states.truck_value_usd(one, small)[0, x])
        gains.append(value * float(base.rest_trucks_per_day[0, x]) * 1e-3 / 0.01)
        more = replace(base, rest_trucks_per_day=base.rest_trucks_per_day * 1.001)
        assert states.rest_gains(one, base, more, small)[0, x] == pytest.approx(gains[-1] * 365 / 1e6, rel=1e-6)
    assert gains[1] == pytest.approx(2.0 * gains[0])


def test_trade_and_trucks_give_loads_within_bounds_or_the_row_says_why() -> None:
    found = truck_loads.loads(("PAK", "RUS")).set_index("crossing")
    assert list(found.index) == list(load().crossing_names())
    assert (found.loc[list(POSTS), "trucks_per_day"] < 1.0).all(), "shut today"
    theirs = found["known_usd_per_truck"].dropna()
    outside = theirs[~theirs.between(5_000, 120_000)]
    assert len(theirs) >= 20 and len(outside) <= 3
    for crossing in outside.index:
        word = "more than" if outside[crossing] > 120_000 else "less than"
        assert word in found.loc[crossing, "note"] and "trucks counted" in found.loc[crossing, "note"], crossing
    by_hand = found["known_musd_per_year"] * 1e6 / 365 / found["known_trucks_per_day"]
    np.testing.assert_allclose(theirs, by_hand[theirs.index], rtol=1e-12)


@cache
def around() -> background.Background:
    return background.run(("PAK", "RUS"))


def test_the_table_of_loads_is_told_in_the_background_report() -> None:
    shown = background_world.loads_table(around())
    assert shown is not None and len(shown.rows) == len(load().crossing_names())
    text = " ".join(str(cell) for row in shown.rows for cell in row)
    assert "Kyrgyz" in text and "shut" in text and "nan" not in text


def test_pairs_whose_trade_and_trucks_disagree_say_why() -> None:
    found = truck_loads.traffic(("PAK", "RUS")).set_index(["exporter", "importer"])
    load_ = found["usd_per_truck"]
    outside = ~load_.between(5_000, 120_000)
    assert (found["why"].ne("") == outside).all() and 15 <= outside.sum() <= 30
    # By hand: 0.9 of what China sells Kyrgyzstan but bulk, over 91.4 trucks a day.
    goods = float(world.base_matrix().loc["CHN", "KGZ"]) * cargo.usual_shares((("CHN", "KGZ"),))[0, :3].sum() * 0.9
    assert load_["CHN", "KGZ"] == pytest.approx(goods * 1e6 / 365 / 91.4, rel=1e-12)
    assert "more than these trucks carry" in found.loc[("CHN", "KGZ"), "why"]
    assert "one-sided" in found.loc[("AFG", "IRN"), "why"] and "bulk" in found.loc[("IRN", "RUS"), "why"]
    assert "gravity model" in found.loc[("TKM", "AFG"), "why"]
    assert "imports 130 m USD in FY2025" in found.loc[("KAZ", "PAK"), "why"], "the row's own note"


def test_the_tables_of_pairs_are_told_in_the_background_report() -> None:
    found = around()
    why, values = background_world.traffic_table(found), background_world.values_table(found)
    assert why is not None and values is not None
    assert len(why.rows) == (found["pair_loads"]["why"] != "").sum()
    assert len(values.rows) == background_world.MOST_PAIRS and values.rows[0][0] == "Pakistan to Russia"
    by_pair = {row[0]: row for row in values.rows}
    assert "Torkham" in str(by_pair["Pakistan to Afghanistan"][-1]) and "240 (210 to 370)" in str(by_pair["Pakistan to Afghanistan"][1])
    assert "nan" not in " ".join(str(cell) for row in (*why.rows, *values.rows) for cell in row)
