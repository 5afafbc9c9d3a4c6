"""The hidden cost of the road by parts, what regimes take away from it, and how fast their users come."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors import scenario, uncertainty
from corridors.data import tables
from corridors.scenario.measures import KINDS
from corridors.scenario.measures.regimes import Removed
from corridors.show import numbers as n
from corridors.show import words
from corridors.show.lookups import effect
from corridors.study import facts, pipeline
from corridors.study.phases import adoption
from corridors.transport import effects, hidden, system
from corridors.transport.network import load
from corridors.transport.world_network.study import network_of
from studied import studied

CENTRAL = uncertainty.central()
DRAWS = uncertainty.sample(None, 32, 5)
NETWORK = load()
PAIR = ("PAK", "RUS")
CONSTANTS = {"tonnes_per_teu": 12.0, "tonnes_per_flight": 10.0}
REGIME = SimpleNamespace(kind="transit_regime", economies=("PAK", "IRN", "AZE", "RUS"), removes=Removed())
LINE = SimpleNamespace(kind="regular_service", from_="lahore", to="moscow", departures_per_week=3.0)
WINDOW = SimpleNamespace(kind="single_window", crossings=("taftan",), economies=None, hours=None, usd_per_truck=None)


_compiled: dict[tuple[int, ...], tuple[list[Any], system.System]] = {}
"""Networks by the measures they are compiled with (kept, so that none is another at the same address): they do not depend on draws."""


def saved(measures: list[Any], active: Any = None, params: Any = CENTRAL) -> tuple[system.System, np.ndarray]:
    key = tuple(id(measure) for measure in measures)
    if key not in _compiled:
        _compiled[key] = measures, system.compile_system(measures=measures, study=PAIR)
    compiled = _compiled[key][1]
    choices, layout = compiled.choices, compiled.layout
    proven = frozenset(p for p, counted in zip(choices.pairs, layout.counted, strict=True) if counted)
    on = np.ones((len(measures), len(params["truck_payload_t"]))) if active is None else active
    return compiled, hidden.saved_usd_per_t(
        compiled.effects.reliefs, choices.routes, layout.economies, choices.parts_usd[:, 0], proven, params, on
    )


def test_every_part_and_kind_of_the_tables_is_known() -> None:
    parts = set(tables.hidden_cost()["part"])
    assert parts == set(Removed.model_fields)
    assert set(tables.regime_effects()["part"]) <= parts
    assert {"transit_regime", "single_window", "regular_service"} == set(tables.regime_effects()["kind"]) == {k for k, m in KINDS.items() if m.adopted}
    assert set(tables.regime_studies()["kind"]) == set(tables.regime_effects()["kind"])


def test_parts_by_hand() -> None:
    parts = hidden.part_usd_per_t(np.array([[250.0]]), CENTRAL)
    assert {k: float(v[0, 0]) for k, v in parts.items()} == pytest.approx(
        {"documents": 15.0, "guarantee": 10.0, "security": 37.5, "empty_return": 100.0, "waiting": 21.25, "unproven_way": 190.0}
    )


def test_draws_keep_their_percentiles() -> None:
    score = uncertainty.sample(None, 4096, 1)["hidden_parts_score"]
    found = np.quantile(hidden.spread(150.0, 300.0, 600.0, score), [0.1, 0.5, 0.9])
    assert found == pytest.approx([150.0, 300.0, 600.0], rel=0.02)


@pytest.mark.parametrize("measure", [REGIME, LINE, WINDOW], ids=lambda m: m.kind)
def test_a_plain_computation_gives_the_same(measure: Any) -> None:
    compiled, found = saved([measure])
    cost = {r["part"]: r for r in tables.hidden_cost().to_dict("records")}
    usual = {r["part"]: r["central"] for r in tables.regime_effects().to_dict("records") if r["kind"] == measure.kind}
    counted = set(zip(NETWORK.pair_traffic["exporter"], NETWORK.pair_traffic["importer"], strict=True))
    for r, route in enumerate(compiled.choices.routes):
        reach = 0.0
        if route.mode == "road" and measure.kind == "transit_regime":
            passed = {route.exporter, route.importer} | {e for c in route.crossings for e in NETWORK.economies[c]}
            reach = float(len(route.crossings) > 1 and passed <= set(measure.economies))
        elif route.mode == "road" and measure.kind == "regular_service":
            reach = 0.6 * ({route.exporter, route.importer} == {"PAK", "RUS"})
        elif route.mode == "road":
            reach = route.crossings.count("taftan") / max(len(route.crossings), 1)
        total = 0.0
        for part, share in usual.items():
            level = cost[part]["central"]
            usd = level / 20.0 if cost[part]["unit"] == "usd per truck" else level * compiled.choices.parts_usd[r, 0]
            if part == "unproven_way" and (route.exporter, route.importer) in counted:
                usd = 0.0
            total += usd * share * reach
        assert found[r, 0] == pytest.approx(total, abs=1e-9), route


@given(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3))
def test_measures_together_take_no_more_than_there_is_and_order_does_not_matter(phases: list[float]) -> None:
    active = np.repeat(np.array(phases)[:, None], 32, axis=1)
    compiled, found = saved([REGIME, LINE, WINDOW], active, DRAWS)
    _, turned = saved([WINDOW, REGIME, LINE], active[[2, 0, 1]], DRAWS)
    assert found == pytest.approx(turned, abs=1e-9)
    haulage = compiled.choices.parts_usd[:, 0][:, None] * DRAWS["road_cost_factor"]
    whole = sum(hidden.part_usd_per_t(haulage, DRAWS).values())
    assert (found >= 0.0).all() and (found <= whole + 1e-9).all()
    assert (found[[r for r, route in enumerate(compiled.choices.routes) if route.mode != "road"]] == 0.0).all()


def test_what_has_not_begun_saves_nothing() -> None:
    _, found = saved([REGIME, LINE], np.zeros((2, 1)))
    assert (found == 0.0).all()


def test_stated_shares_and_dollars_hold_in_place_of_what_is_usual() -> None:
    none = SimpleNamespace(kind="transit_regime", economies=REGIME.economies, removes=Removed(documents=0.0, guarantee=0.0, unproven_way=0.0))
    assert (saved([none])[1] == 0.0).all()
    free, dear = (SimpleNamespace(**{**vars(WINDOW), "usd_per_truck": usd}) for usd in (0.0, 1e5))
    assert saved([dear])[1].max() == 0.0
    assert saved([free])[1].max() > saved([WINDOW])[1].max() > 0.0


def test_hours_of_a_single_window_are_those_of_processing() -> None:
    quick = SimpleNamespace(**{**vars(WINDOW), "hours": 2.0})
    moves = effects.read(NETWORK, [quick], CONSTANTS).processing_hours
    assert [(m.index, m.level) for m in moves] == [(NETWORK.crossing_names().index("taftan"), 2.0)]


@pytest.mark.parametrize("measure", [REGIME, LINE], ids=lambda m: m.kind)
def test_the_road_gains_and_the_dollars_that_are_shown_stay(measure: Any) -> None:
    compiled = system.compile_system(measures=[measure], study=PAIR, pairs=[])
    none, done = compiled.solve(CENTRAL, active=np.zeros(1)), compiled.solve(CENTRAL, active=np.ones(1))
    road = [r for r, route in enumerate(compiled.routes) if route.mode == "road" and route.exporter == "PAK"]
    assert (done.route_share[0, road].sum(axis=0)[:3] > none.route_share[0, road].sum(axis=0)[:3]).all()
    assert done.route_usd_per_t == pytest.approx(none.route_usd_per_t, rel=1e-12)
    assert (done.composite_cost <= none.composite_cost + 1e-12).all()


def test_users_come_as_they_came_to_corridors_that_opened() -> None:
    rows = tables.corridor_adoption().dropna(subset=["value"])
    port = rows[rows["corridor"] == "khorgos_gateway"].sort_values("at")
    full = port["value"].iloc[-1]
    for row in port.iloc[:-1].itertuples():
        since = row.at - row.opened
        low, high = (1.0 - 2.0 ** (-since / h) for h in (7.0, 2.5))
        assert low < row.value / full < high, row
    assert (adoption(2027, [2026], [4.0]) == 0.0).all()
    path = adoption(2027, range(2026, 2036), [4.0])[0]
    assert (np.diff(path) > 0).all() and path[4] == pytest.approx(0.5) and path[-1] < 1.0


def test_the_report_states_the_effect_beside_what_regimes_did_elsewhere() -> None:
    result = studied("iran-transit-regime")
    told = " ".join(words.contributions_words(result).paragraphs)
    band = effect(result)
    assert n.percent_range(band.low, band.high, sign=True) in told and "all measures together" in told and "but flights" not in told
    row = result["effect"].index[(result["effect"]["flow"] == "total") & (result["effect"]["unit"] == "percent")][-1]
    for ends in ((0.2, 0.9, 1.9), (-0.9, 0.7, 1.9)):
        moved = result["effect"].copy()
        moved.loc[row, ["p10", "p50", "p90"]] = ends
        said = " ".join(words.contributions_words(replace(result, tables={**result.tables, "effect": moved})).paragraphs)
        assert (n.signed_percent(ends[1]) in said) == (ends[0] > 0), "a middle inside the noise has no digits"
    for row in result.facts["adoption"]:
        assert row["corridor"] in told and row["source_url"].startswith("http") and row["last"] > row["first"] > 0
    assert {row["corridor"] for row in result.facts["adoption"]} == {"Khorgos Gateway", "Middle Corridor"}
    assert "El Salvador" in told and "Pakistan: first TIR trucks" in told
    assert studied("capacity-800").facts["adoption"] == []


def test_a_regime_that_fills_a_border_is_told_with_its_reason() -> None:
    result = studied("iran-transit-regime")
    gain = result.facts["appraisal"]["user_benefits_musd"]["mean"]
    rows = result["worth_by_crossing"]
    worst = rows.loc[rows["gain_musd_mean"].idxmin()]
    told = " ".join(words.worth_words(result).paragraphs)
    assert ("a border that is full" in told) == (gain < -0.05 and worst["hours_saved"] < 0 and worst["gain_musd_mean"] <= 0.2 * gain)
    if "a border that is full" in told:
        assert str(worst["name"]).split(" / ")[0] in told


@pytest.mark.parametrize(("pair", "economy"), [(("DEU", "POL"), "POL"), (("DEU", "KAZ"), "KAZ")])
def test_a_single_window_in_an_economy_finds_its_crossings_anywhere(pair: tuple[str, str], economy: str) -> None:
    window = SimpleNamespace(kind="single_window", crossings=None, economies=(economy,), hours=None, usd_per_truck=None)
    found = network_of(pair, (window,))
    (relief,) = system.compile_system(found, [window], study=pair).effects.reliefs
    assert relief.crossings == {name for name in found.crossing_names() if economy in found.economies[name]} != set()


@pytest.mark.parametrize(("name", "proven"), [("capacity-800", False), ("examples/kenya-uganda.yaml", True)])
def test_first_trips_are_behind_a_pair_whose_trucks_are_counted(name: str, proven: bool) -> None:
    study = pipeline.Study(scenario.load(name), 16, 1)
    there = study.chain.system
    assert there is not None and there.layout.counted[there.pair_index(*study.pair)] == proven
    routes = pd.DataFrame({"direction": ["exports"], "mode": ["road"], "share_before": [0.5], "hidden_usd_per_t": [900.0]})
    parts = {row["part"]: row["usd_per_t"] for row in facts._hidden_parts(study, routes)}
    assert (hidden.UNPROVEN in parts) == (not proven)
    assert sum(parts.values()) == pytest.approx(900.0)
