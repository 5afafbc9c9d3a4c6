"""The tables that programs wrote about the world: whatever is changed in them, check says so."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from corridors.data import computed, package, tables, world_relations

NEEDED = ("economies", "world_crossing_names", "world_hand_crossings")


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return {name: tables.table(name) for name in (*NEEDED, *computed.names())}


def told(frames: dict[str, pd.DataFrame], name: str, frame: pd.DataFrame) -> list[str]:
    return world_relations.mistakes({**frames, name: frame.reset_index(drop=True)})


def test_as_they_are_they_are_right(frames: dict[str, pd.DataFrame]) -> None:
    assert world_relations.mistakes(frames) == []
    assert len(computed.names()) == 12


@pytest.mark.parametrize("name", computed.names())
def test_a_sign_a_digit_and_a_line_are_told_wherever_they_change(name: str, frames: dict[str, pd.DataFrame]) -> None:
    rng = np.random.default_rng(len(name))
    whole = frames[name]
    for column in whole.columns:
        if whole[column].dtype.kind not in "fi" and str(whole[column].dtype) != "Int64":
            continue
        rows = np.flatnonzero(whole[column].notna() & (whole[column] != 0))
        row = int(rng.choice(rows))
        for factor in (-1, 1000):
            changed = whole.copy()
            changed[column] = changed[column].astype(float)
            changed.loc[row, column] = float(whole[column].iloc[row]) * factor
            if column in ("sea_node", "from", "to"):
                changed[column] = changed[column].astype(int)
            (found,) = computed.differences(name, changed)
            assert f".csv: column '{column}' differs from what was computed" in found, (column, row, factor)
    (found,) = computed.differences(name, pd.concat([whole, whole.iloc[[5]]], ignore_index=True))
    assert f"{len(whole) + 1:,} rows where {len(whole):,} were written" in found


def test_lines_in_another_order_are_the_same_table(frames: dict[str, pd.DataFrame]) -> None:
    name = "world_road_links"
    shuffled = frames[name].sample(frac=1.0, random_state=3)
    assert told(frames, name, shuffled) == []
    whole = frames["world_ports"].copy()
    assert list(computed.differences("world_ports", whole.assign(ship_calls_a_year=whole["ship_calls_a_year"].astype(float)))) == []


CASES: dict[str, tuple[str, str, object, str]] = {
    "a city beyond the equator": ("world_road_places", "latitude", -1.0, r"'length_km' is .* at least the great circle|'latitude'"),
    "a road across a border": ("world_road_links", "economy", "FRA", r"'economy' is 'FRA'; allowed: the economy that the road lies in, here"),
    "a road to nowhere": ("world_road_links", "to", "are_dubia", r"'to' is 'are_dubia'.*did you mean 'are_dubai'"),
    "a road too short": ("world_road_links", "length_km", 0.1, r"'length_km' is 0.1; allowed: at least the great circle"),
    "a port far from its node": ("world_ports", "access_km", 400.0, r"'access_km' is 400; allowed: the great circle to its node"),
    "more bulk than trucks": ("world_crossing_traffic", "bulk_trucks_per_day", 9e5, r"'bulk_trucks_per_day' is 900000; allowed: at most trucks_per_day"),
    "trucks that the pair has not": ("world_crossing_traffic", "trucks_per_day", 9e5, r"'trucks_per_day' is 900000; allowed: the pair's trucks times part"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_breaks_a_rule_is_named_by_line_and_value(case: str, frames: dict[str, pd.DataFrame]) -> None:
    name, column, value, message = CASES[case]
    frame = frames[name].copy()
    right = frame["kind"] == "pair" if name == "world_crossing_traffic" else frame[column].notna()
    if case == "a road too short":
        right = frame["length_km"] > 100
    if case == "trucks that the pair has not":
        right &= frame["part"] > 0.5
    row = int(right.to_numpy().argmax()) + (0 if name != "world_road_places" else 30)
    frame.loc[row, column] = -frame.loc[row, column] if value == -1.0 else value
    found = [text for text in told(frames, name, frame) if re.search(message, text)]
    assert any(".csv: line " in text for text in found), told(frames, name, frame)
    assert name == "world_road_places" or any(f"line {row + 2}:" in text for text in found)


def test_the_same_road_twice_is_told_also_the_other_way_round(frames: dict[str, pd.DataFrame]) -> None:
    links = frames["world_rail_links"]
    back = links.iloc[[7]].rename(columns={"from": "to", "to": "from"})[links.columns]
    (found,) = told(frames, "world_rail_links", pd.concat([links, back]))
    assert f"rail_links.csv: line {len(links) + 2}: column 'to'" in found and "no line before it joins" in found


def test_digests_are_of_tables_that_a_program_writes() -> None:
    for name in computed.names():
        assert package.resource(name).descriptor["computed"]["by"].startswith("python -m corridors.")
