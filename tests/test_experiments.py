"""Experiments that nature made: asked of the model as scenarios, compared only where both sides are whole."""

from __future__ import annotations

import pandas as pd
import pytest

from corridors.data import tables
from corridors.errors import DataError
from corridors.scenario import InvalidScenario
from corridors.show import numbers
from corridors.show.words import validation as words
from corridors.validation import experiments
from validated import validated

ROWS = tables.experiments().to_dict("records")


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r["experiment"])
def test_each_experiment_is_a_scenario_of_crossings_that_exist(row: dict) -> None:
    scenario = experiments.scenario_of(row)
    assert scenario.pair == (row["economy_a"], row["economy_b"]) and len(scenario.measures) == 1
    assert scenario.measures[0].years_to_full_effect == 0


def test_a_crossing_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidScenario):
        experiments.scenario_of({**ROWS[0], "crossings": "atlantis"})
    with pytest.raises(DataError, match="measure"):
        experiments.scenario_of({**ROWS[0], "measure": "toll"})


@pytest.mark.parametrize(("opened", "shut"), [(0.0, 0.0), (100.0, -50.0), (400.0, -80.0)])
def test_a_closing_is_an_opening_undone(opened: float, shut: float) -> None:
    assert experiments.undone(opened) == pytest.approx(shut)


def test_first_predictions_and_observations_are_of_the_same_experiments_and_ordered() -> None:
    names = set(tables.experiments()["experiment"])
    first, seen = tables.experiments_first_predictions(), tables.experiments_observed()
    # Every prediction is committed first; what came is added only where a source tells it.
    assert set(first["experiment"]) == names and set(seen["experiment"]) <= names
    assert (first["predicted_p10"] <= first["predicted_p50"]).all() and (first["predicted_p50"] <= first["predicted_p90"]).all()
    # A range that starts at zero, or has it inside, cannot fail.
    assert (seen["observed_low"] < seen["observed"]).all() and (seen["observed"] < seen["observed_high"]).all()
    assert (seen["observed_low"] * seen["observed_high"] > 0).all()
    assert seen["source_url"].str.startswith("http").all()


def _as_if(monkeypatch: pytest.MonkeyPatch, low: float, middle: float, high: float) -> pd.DataFrame:
    """The comparison, were today's predictions the observed figures plus these."""
    seen = tables.experiments()[["experiment", "title"]].merge(tables.experiments_observed(), on="experiment", how="left")["observed"].fillna(0.0)
    rows = tables.experiments()
    said = rows[["experiment", "kind", "title"]].assign(predicted_p10=seen + low, predicted_p50=seen + middle, predicted_p90=seen + high, note=rows["note"])
    monkeypatch.setattr(experiments, "predict", lambda: said)
    return experiments.compare()


def test_bands_meet_where_they_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    known = set(tables.experiments_observed()["experiment"])
    found = _as_if(monkeypatch, -1, 0, 1)
    assert found["within"].dropna().all() and found["same_way"].dropna().all()
    assert set(found.loc[found["within"].notna(), "experiment"]) == known and len(found) > len(known)
    found = _as_if(monkeypatch, 20_000, 20_001, 20_002)
    assert not found["within"].dropna().any()


def test_there_are_ten_with_an_outcome_openings_and_closings() -> None:
    seen = tables.experiments_observed()
    assert len(seen) >= 10 and (seen["observed"] > 0).any() and (seen["observed"] < 0).any()


def test_the_chapter_shows_all_says_misses_and_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    hit, missed = validated({"experiments": _as_if(monkeypatch, -1, 0, 1)}), validated({"experiments": _as_if(monkeypatch, 900_000, 900_001, 900_002)})
    shown = words.experiments(hit)
    assert len(shown.rows) == len(ROWS)
    assert not any("Left out" in str(row) for row in shown.rows)
    told = [str(row) for row in words.experiments(missed).rows]
    assert sum("Left out" in row for row in told) == len(tables.experiments_observed())
    assert sum("no figure found" in row for row in told) == len(ROWS) - len(tables.experiments_observed())
    assert "went the other way" not in " ".join(words.experiments_words(hit).paragraphs)
    assert "went the other way" in " ".join(words.experiments_words(missed).paragraphs)
    by_kind = " ".join(words.experiments_words(missed).paragraphs)
    assert all(text in by_kind for text in ("neighbour's goods", "war or its end", "a road alone was shut", f"38{numbers.THIN}% of its elasticity"))
    assert "whose predictions wait" in " ".join(map(str, words.experiments_words(hit).paragraphs))


def test_too_little_the_wrong_way_and_too_much_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rise that was predicted where trade fell is no case of too little."""
    found = _as_if(monkeypatch, -1, 0, 1)
    known = found.index[found["observed"] > 0][:3]
    said = {known[0]: 0.1, known[1]: -0.01, known[2]: 9.0}
    for row, times in said.items():
        found.loc[row, "predicted_p50"] = times * found.loc[row, "observed"]
        found.loc[row, "within"] = False
    few = found.loc[list(known)]
    paragraphs = words.experiments_words(validated({"experiments": few})).paragraphs
    told = {start: [p for p in paragraphs if start in p] for start in ("says too little", "went the other way", "says too much")}
    assert all(len(p) == 1 and p[0].startswith("In one ") for p in told.values())
    wrong, much = (few.loc[known[k]] for k in (1, 2))
    assert str(wrong["title"]) in told["went the other way"][0] and numbers.signed_percent(much["predicted_p50"], 0) in told["says too much"][0]
    assert "observed in none;" in paragraphs[0]


def test_the_digit_that_decides_is_shown() -> None:
    """3,607 of 3,610 to 3,990 is a miss, and was written as 3,610."""
    cases = pd.DataFrame({
        "case": ["A", "B"], "quantity": "road distance", "unit": "km", "reported_low": [3610.0, 3496.0], "reported": [3800.0, 3680.0],
        "reported_high": [3990.0, 3864.0], "computed": 3607.0, "within": [False, True], "source_url": "", "note": "",
    })  # fmt: skip
    rows = words.real_cases(validated({"real_cases": cases})).rows
    assert [row[2:4] for row in rows] == [("3,610 to 3,990", "3,607"), ("3,500 to 3,860", "3,610")]


def test_first_predictions_are_history() -> None:
    """The table is never computed anew: what was said before comparing stays as it was said."""
    first = tables.experiments_first_predictions().set_index("experiment")["predicted_p50"]
    said = {
        "afghanistan-pakistan": -6.5, "china-kyrgyzstan": -14.87, "rwanda-uganda": -44.0, "cambodia-thailand": -1.1, "iraq-jordan": -9.29,
        "poland-ukraine": -15.78, "qatar-saudi-2017": -3.88, "qatar-saudi-2021": 4.03, "colombia-venezuela-2022": 8.97, "jordan-syria-2018": 169.2,
        "benin-nigeria-2019": -47.8, "rwanda-uganda-2022": 26.52, "kyrgyzstan-tajikistan-2021": -1.27, "kyrgyzstan-tajikistan-2025": 1.29,
        "india-pakistan-2019": -3.19, "benin-niger-2023": -1.91, "uzbekistan-tajikistan-2018": 12.62, "saudi-iraq-2020": 2.35,
        "libya-tunisia-2024": -0.87, "nepal-india-2015": -0.22,
    }  # fmt: skip
    assert first.to_dict() == said
