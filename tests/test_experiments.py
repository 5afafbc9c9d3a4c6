"""Experiments that nature made: asked of the model as scenarios, compared only where both sides are whole."""

from __future__ import annotations

import pandas as pd
import pytest

from corridors.data import tables
from corridors.errors import DataError
from corridors.scenario.model import InvalidScenario
from corridors.validation import experiments

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


def test_bands_meet_where_they_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = tables.experiments_observed()
    exact = pd.DataFrame({
        "experiment": seen["experiment"], "title": "t", "predicted_p10": seen["observed"] - 1, "predicted_p50": seen["observed"],
        "predicted_p90": seen["observed"] + 1, "note": "n",
    })  # fmt: skip
    monkeypatch.setattr(experiments, "predict", lambda: exact)
    assert experiments.compare()["within"].all() and experiments.compare()["same_way"].all()
    monkeypatch.setattr(experiments, "predict", lambda: exact.assign(predicted_p10=1.0, predicted_p50=2.0, predicted_p90=3.0))
    assert not experiments.compare()["within"].any() and not experiments.compare()["same_way"].any()
