"""The whole chain: nothing changes without measures, contributions add up, the same seed gives the same bytes."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from corridors import scenario
from corridors.show import terminal
from corridors.study import counterfactual, frictions, headline, pipeline, result
from corridors.study.phases import years_in_force
from corridors.study.pipeline import Study
from corridors.study.result import QUANTILES, StudyResult
from corridors.trade import baseline as projection
from no_way import no_way
from studied import studied

DRAWS = 128


@pytest.fixture(scope="module")
def results() -> dict[str, StudyResult]:
    names = ("baseline", "capacity-800", "full-connectivity", "uzbekistan-trans-afghan")
    return {name: studied(name, DRAWS) for name in names}


def far_pair(measures: list[dict]) -> scenario.Scenario:
    return scenario.parse({"title": "No corridor known", "pair": ["DEU", "USA"], "measures": measures}, name="far-pair")


def test_without_measures_the_effect_is_exactly_zero_in_every_draw(results) -> None:
    baseline = Study(scenario.load("baseline"), DRAWS, 1)
    assert (baseline.effect_percent == 0.0).all()
    assert (baseline.change.response.trade_factor == 1.0).all()
    effect = results["baseline"]["effect"]
    assert (effect[list(QUANTILES)] == 0.0).all(axis=None)


def test_a_closure_that_is_there_already_changes_nothing() -> None:
    shut = Study(scenario.load("afghan-border-shut"), DRAWS, 1)
    assert (shut.effect_percent == 0.0).all()


def test_contributions_add_up_to_the_median_effect(results) -> None:
    for one in results.values():
        total = one["contributions"]["percent_points"].sum()
        assert total == pytest.approx(one.headline()["p50"], abs=1e-12)
        assert len(one["contributions"]) == len(one.scenario["measures"])


def test_bands_never_cross(results) -> None:
    for one in results.values():
        for name in ("projection", "effect"):
            steps = np.diff(one[name][list(QUANTILES)].to_numpy(float), axis=1)
            assert (steps >= 0).all(), name


def test_route_shares_add_to_one_by_direction_before_and_after(results) -> None:
    for one in results.values():
        for _, part in one["routes"].groupby("direction"):
            assert part["share_before"].sum() == pytest.approx(1.0, abs=1e-9)
            assert part["share_after"].sum() == pytest.approx(1.0, abs=1e-9)


def test_nothing_happens_before_a_measure_begins_and_all_of_it_in_the_last_year(results) -> None:
    one = results["capacity-800"]
    effect = one["effect"][(one["effect"]["flow"] == "total") & (one["effect"]["unit"] == "percent")].set_index("year")
    assert (effect.loc[2026, list(QUANTILES)] == 0.0).all()
    whole = Study(scenario.load("capacity-800"), DRAWS, scenario.load("capacity-800").uncertainty.seed)
    ends = whole.growth[0][:, -1]
    np.testing.assert_allclose(ends, np.log(whole.change.trade_factor(0)), rtol=1e-12)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    one = scenario.load("capacity-800")
    first, again = pipeline.run(one, draws=64), pipeline.run(one, draws=64)
    assert first.files() == again.files()
    assert first.json() == again.json()
    assert pipeline.run(one, draws=64, seed=1).json() != first.json()


def test_a_result_is_saved_through_no_link(tmp_path, results) -> None:
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("ten years")
    (tmp_path / "kept").mkdir()
    for name in ("study.json", "effect.parquet"):
        (tmp_path / "kept" / name).symlink_to(thesis)
    one = results["full-connectivity"]
    one.save(tmp_path / "kept")
    assert thesis.read_text() == "ten years" and result.load(tmp_path / "kept").json() == one.json()
    result.StudyResult.refuse_other_files(tmp_path / "kept")


def test_a_saved_result_reads_back_as_it_was(tmp_path, results) -> None:
    one = results["full-connectivity"]
    one.save(tmp_path)
    back = result.load(tmp_path)
    assert back.json() == one.json()


def test_the_summary_has_what_others_lean_on(results) -> None:
    summary = json.loads(results["full-connectivity"].json())
    assert summary["pair"] == ["PAK", "RUS"] and summary["draws"] == DRAWS
    assert summary["years"] == list(range(2026, 2036))
    for case in ("baseline", "projected"):
        for flow in ("exports_musd", "imports_musd", "total_musd"):
            rows = summary[case][flow]
            assert len(rows) == 10
            assert all(row["p10"] <= row["p50"] <= row["p90"] for row in rows)
    for key in ("effect_percent", "trade_cost_change_percent"):
        assert {"p10", "p50", "p90"} <= set(summary[key])
    assert set(summary["routes"]) == {"exports", "imports"}
    assert {"name", "mode", "share", "days", "usd_per_t"} <= set(summary["routes"]["exports"][0])
    assert {"name", "capacity_trucks_per_day", "load_trucks_per_day", "hours"} <= set(summary["crossings"][0])
    assert sum(c["percent_points"] for c in summary["contributions"]) == pytest.approx(summary["effect_percent"]["p50"])
    assert summary["real_gdp_percent"]["PAK"]["p50"] == pytest.approx(0.0, abs=1.0)


def test_capacity_alone_hardly_moves_trade_and_the_report_can_say_so(results) -> None:
    """The sober finding, as a bound: what is traded needs far fewer trucks than pass today."""
    one = results["capacity-800"]
    assert abs(one.headline()["p50"]) < 0.5
    needed = one.facts["trucks_by_road"]
    assert max(needed[flow]["after"]["p90"] for flow in needed) < 50


def test_twice_the_draws_move_no_headline_by_one_per_cent_of_its_value() -> None:
    one = scenario.load("direct-flights")
    half, whole = Study(one, 2048, one.uncertainty.seed), Study(one, 4096, one.uncertainty.seed)
    # Half as many are the first half of twice as many, and no case depends on those beside it: they are solved once.
    assert all(np.array_equal(value, np.broadcast_to(whole.params[name], 4096)[:2048]) for name, value in half.params.items())
    half.__dict__["change"] = whole.change.cases(slice(0, 2048))
    for level in (10, 50, 90):
        a, b = (np.percentile(s.scenario_paths.at("total", -1), level) for s in (half, whole))
        assert a == pytest.approx(b, rel=0.01)
    assert np.median(half.effect_percent) == pytest.approx(np.median(whole.effect_percent), rel=0.01)


def test_a_pair_without_a_corridor_uses_distance_alone() -> None:
    measures = [{"kind": "border_capacity", "crossings": ["taftan"], "trucks_per_day": 900}]
    with no_way():
        one = pipeline.run(far_pair(measures), draws=64)
        plain = pipeline.run(far_pair([]), draws=64)
    assert one.facts["corridor_known"] is False
    assert len(one["routes"]) == 0 and len(one["closure_stress"]) == 0
    assert abs(one.headline()["p50"]) < 0.01
    assert plain.headline() == {"p10": 0.0, "p50": 0.0, "p90": 0.0}


def test_flights_move_what_people_sell_and_no_bulk() -> None:
    whole = Study(scenario.load("direct-flights"), DRAWS, 1)
    factor = whole.change.class_factor[:, 0]
    assert (factor[:, 3] == 1.0).all()
    assert (np.median(factor[:, :3], axis=0) < 1.0).all()


def test_quick_answers_are_those_of_the_whole_study(results) -> None:
    """To what an agreement of traffic and trade leaves open; a road that only another scenario improves brings no ways."""
    names = list(results)
    rows = headline.quick([scenario.load(name) for name in names], draws=DRAWS).set_index("scenario")
    for name in names:
        one, row = results[name], rows.loc[name]
        whole = Study(scenario.load(name), DRAWS, one.seed)
        for p, value in zip((10, 50, 90), np.percentile(whole.effect_percent, (10, 50, 90)), strict=True):
            assert row[f"effect_percent_p{p}"] == pytest.approx(value, rel=1e-3, abs=2e-5)
        cost = one.facts["trade_cost_change_percent"]
        assert row["trade_cost_change_percent_p50"] == pytest.approx(cost["p50"], rel=1e-3, abs=1e-5)


def test_quick_answers_do_not_depend_on_who_else_is_asked() -> None:
    """Trade answers the more the longer measures are there: one that starts later has elasticities of its own."""
    measure = {"kind": "border_capacity", "crossings": ["taftan"], "trucks_per_day": 800, "years_to_full_effect": 1}
    both = [
        scenario.parse({"title": "T", "pair": ["PAK", "IRN"], "measures": [{**measure, "start": start}]}, name=f"from-{start}")
        for start in (2027, 2033)
    ]
    together = headline.quick(both, draws=64)
    apart = pd.concat([headline.quick([one], draws=64) for one in both], ignore_index=True)
    pd.testing.assert_frame_equal(together, apart)
    assert together["effect_percent_p50"].iloc[0] > together["effect_percent_p50"].iloc[1] > 0


def test_more_closed_days_are_asked_with_the_elasticities_of_the_scenario() -> None:
    """What begins this year in the question is not what has begun this year in the scenario."""
    assert years_in_force((2027.0, 2031.0), 2035) == 7.0
    assert years_in_force((2027.0, 2036.0), 2035) == 9.0, "what is not there yet does not count"
    assert years_in_force((), 2035) is None
    chain = counterfactual.build(("PAK", "RUS"), scenario.load("capacity-800").measures)
    assert chain.since == (2027.0,)


def test_less_of_the_hidden_cost_never_lowers_trade(results) -> None:
    row = results["uzbekistan-trans-afghan"]["frictions"].set_index("kind").loc["road_hidden"]
    assert 0.0 <= row["effect_percent_low"] <= row["effect_percent_central"] <= row["effect_percent_high"]


def test_what_is_told_of_one_economy_is_asked_of_its_pairs_alone(results) -> None:
    """Payments by third countries and the risk of sanctions are reported of Russia: no report on Pakistan and Uzbekistan tells them,
    unless its scenario does."""
    of_russia = results["capacity-800"]["frictions"].set_index("kind")
    assert 0.0 < of_russia.loc["payment", "effect_percent_low"] < of_russia.loc["payment", "effect_percent_high"]
    assert "sanctions" in of_russia.index
    assert list(results["uzbekistan-trans-afghan"]["frictions"]["kind"]) == ["insecurity", "road_hidden"]
    stated = scenario.parse({"title": "Own", "pair": ["PAK", "UZB"], "frictions": [{"kind": "payment", "low": 0, "central": 0.01, "high": 0.02, "source": "S"}]}, name="own")
    assert [row["kind"] for row in frictions._rows(stated.frictions, ("PAK", "UZB"))] == ["payment", "insecurity", "road_hidden"]


def test_each_direction_of_a_pair_is_the_other_seen_from_the_other_side() -> None:
    there = projection.baseline(("PAK", "UZB"), [2030], pipeline.uncertainty.central())
    back = projection.baseline(("UZB", "PAK"), [2030], pipeline.uncertainty.central())
    assert there.exports_musd == pytest.approx(back.imports_musd, rel=1e-9)


OPENED = {"kind": "closure", "crossings": ["torkham", "chaman"], "days_per_year": 10, "start": 2027}
IDLE = {"kind": "border_capacity", "crossings": ["angoor_adda"], "trucks_per_day": 201, "start": 2035}


def test_a_measure_that_does_nothing_leaves_the_answer_to_others_as_it_is() -> None:
    """It used to make all measures younger in the mean, and trade slower to answer them: 5.8 % instead of 6.6."""
    asked = [{"title": "T", "pair": ["UZB", "PAK"], "measures": measures} for measures in ([OPENED], [OPENED, IDLE])]
    alone, both = (pipeline.run(scenario.parse(one, name=f"s{k}"), draws=64, seed=1) for k, one in enumerate(asked))
    assert both["effect"].query("unit == 'percent'")["p50"].to_numpy() == pytest.approx(alone["effect"].query("unit == 'percent'")["p50"].to_numpy(), rel=1e-3, abs=1e-6)
    assert years_in_force((2027.0, 2035.0), 2035, (1.0, 0.0)) == 9.0 and years_in_force((2027.0, 2035.0), 2035) == 5.0
    quick = [headline.quick([scenario.parse(one, name="s")], draws=64, seed=1)["effect_percent_p50"].iloc[0] for one in asked]
    assert quick[0] == pytest.approx(quick[1], rel=1e-6)


def test_the_world_without_measures_is_one_in_all_studies_of_a_pair(results) -> None:
    """Trade answers queues and closures as fast in the baseline as where measures begin in the usual year."""
    columns = ["crossing", "load_before", "hours_before", "queue_hours_before"]
    one, other = (results[name]["crossings"][columns].set_index("crossing") for name in ("baseline", "capacity-800"))
    pd.testing.assert_frame_equal(one, other, rtol=1e-9)
    paths = [r["projection"].query("case == 'baseline'").reset_index(drop=True) for r in (results["baseline"], results["capacity-800"])]
    pd.testing.assert_frame_equal(*paths, rtol=1e-9)


@pytest.mark.parametrize(
    "measures",
    [
        [{"kind": "single_window", "economies": ["PAK", "IRN"]}],
        [{"kind": "crossing_time", "crossings": ["taftan"], "processing_hours": 0}],
    ],
    ids=["names-no-crossing", "takes-no-time"],
)  # fmt: skip
def test_measures_at_their_limits_are_answered_and_told(measures: list[dict[str, object]]) -> None:
    result = pipeline.run(scenario.parse({"title": "T", "pair": ["PAK", "IRN"], "measures": measures}, name="limit"), draws=64)
    assert np.isfinite(result["priorities"]["worth_musd_per_year"]).all()
    assert "million dollars" in terminal.page(result)
