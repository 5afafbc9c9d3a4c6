"""One shipment followed through a result: its frames are the result's figures, for any pair, way and direction."""

from __future__ import annotations

import math
from pathlib import Path

import nbformat
import numpy as np
import pytest

from corridors import scenario
from corridors.errors import CorridorsError, NetworkError, ScenarioError
from corridors.report.open_result import open_result
from corridors.show import charts, lookups, tables, words
from corridors.study import pipeline, shipment
from corridors.study.result import StudyResult
from studied import studied, without_a_way

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks" / "07_one_truck.ipynb"


@pytest.fixture(scope="module")
def result() -> StudyResult:
    return studied("capacity-800")


@pytest.mark.parametrize("direction", ["exports", "imports"])
def test_frames_are_those_of_the_result(result: StudyResult, direction: str) -> None:
    truck = shipment.follow(result, direction)
    routes = result["routes"][result["routes"]["direction"] == direction].set_index("route")
    roads = routes[routes["mode"] == "road"]
    assert roads.loc[truck.way, "share_before"] == roads["share_before"].max() > 0
    assert truck["queue"]["crossing"].to_list() == roads.loc[truck.way, "crossings"].split()
    crossings = result["crossings"].set_index("crossing")
    for row in truck["queue"].itertuples():
        assert row.hours_after == crossings.loc[row.crossing, "hours_after"]
        assert row.shadow_price_usd_per_truck_before == crossings.loc[row.crossing, "shadow_price_usd_per_truck_before"]
    legs = truck["legs"]
    assert legs["hours_so_far_after"].iloc[-1] == pytest.approx(legs["hours_after"].sum())
    assert legs["km"].sum() == pytest.approx(roads.loc[truck.way, "km"])
    # Legs are of the central case, ways medians of the draws: near, and never the same quantity.
    assert legs["usd_per_t_so_far_before"].iloc[-1] == pytest.approx(roads.loc[truck.way, "usd_per_t_before"], rel=0.25)
    choice = truck["choice"]
    assert choice["taken"].sum() == 1 and choice["share_before"].sum() == pytest.approx(1.0) == choice["share_after"].sum()
    assert truck["cost"]["weight"].sum() == pytest.approx(1.0, abs=0.05)
    for row in truck["trade"].itertuples():
        alone = math.expm1(-row.trade_elasticity * math.log1p(row.cost_change_percent / 100.0))
        assert row.alone_percent == pytest.approx(100.0 * alone, abs=1e-12)
    gains = result["worth_by_crossing"].set_index("crossing")["gain_musd_mean"]
    for row in truck["worth"].itertuples():
        assert 365.0 * row.trucks_after * row.gain_usd_per_truck / 1e6 == pytest.approx(gains[row.crossing])


def test_any_way_can_be_followed(result: StudyResult) -> None:
    """Every way of the network: by sea, rail and air too; what it passes is what its row says."""
    routes = result["routes"].query("direction == 'exports' and mode != 'other'")
    assert set(routes["mode"]) >= {"road", "sea", "air"}
    for row in routes.itertuples():
        truck = shipment.follow(result, "exports", row.route)
        assert truck.way == row.route and truck.name == row.name
        assert list(truck["queue"]["crossing"]) == row.crossings.split()
        assert len(truck["legs"]) > 0 and np.isfinite(truck["legs"]["hours_so_far_after"]).all()


@pytest.mark.parametrize(
    ("direction", "way", "told"),
    [("export", "", "did you mean 'exports'"), ("", "", "exports or imports"), ("exports", "road-lahore-taftn", "'road-lahore-taftn' is not a way of capacity-800; did you mean")],
)
def test_a_direction_or_way_that_is_not_there_is_told(result: StudyResult, direction: str, way: str, told: str) -> None:
    with pytest.raises(NetworkError, match=told):
        shipment.follow(result, direction, way)


def test_what_lies_inside_the_noise_has_no_digits(result: StudyResult) -> None:
    """Rows of the tables whose band holds zero show a dash, in every step that shows a change."""
    truck = shipment.follow(result)
    for block, frame, name, column in (
        (tables.shipment_trade(truck), truck["trade"], "change_percent", 4), (tables.shipment_cost(truck), truck["cost"], "cost_change_percent", 3),
        (tables.shipment_worth(truck), truck["worth"], "gain_musd", 3),
    ):  # fmt: skip
        assert block is not None
        for row, cells in zip(frame.itertuples(), block.rows, strict=True):
            low, high = getattr(row, f"{name}_p10"), getattr(row, f"{name}_p90")
            assert (cells[column] == "\u2013") == (low <= 0 <= high), (cells, low, high)


def test_the_chart_says_what_the_table_of_legs_says(result: StudyResult) -> None:
    truck = shipment.follow(result)
    figure = charts.shipment_way(truck)
    assert figure is not None and figure.data is not None and figure.small
    assert len(figure.data.rows) == len(truck["legs"]) and figure.title.count("18 days") <= 1
    assert all(name in figure.alt for name in truck["legs"]["name"])
    assert "days" in words.shipment_words(truck).text()


def test_a_pair_without_a_way_has_the_steps_that_need_none() -> None:
    found = without_a_way("ISL", "FJI")
    truck = shipment.follow(found)
    assert truck.way == "" == truck.name
    assert not len(truck["queue"]) and not len(truck["legs"]) and not len(truck["worth"])
    assert tables.shipment_legs(truck) is None and charts.shipment_way(truck) is None
    assert "no way" in words.shipment_words(truck).text() and words.shipment_cover(truck).title
    with pytest.raises(NetworkError, match="no way between the two"):
        shipment.follow(found, "exports", "road")


def test_the_measures_of_a_scenario_can_be_asked_of_another_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[scenario.Scenario] = []
    monkeypatch.setattr(pipeline, "run", lambda one, draws, seed: asked.append(one))
    open_result("capacity-800", "", ["CHN", "KAZ"])
    open_result("capacity-800", "", ["PAK", "RUS"])
    known = scenario.load("capacity-800")
    assert asked[0].pair == ("CHN", "KAZ") and asked[0].measures == known.measures and not asked[0].targets
    assert asked[1] == known
    with pytest.raises(ScenarioError, match="pair"):
        open_result("capacity-800", "", ["CHN", "CHN"])


def _executed(**parameters: object) -> nbformat.NotebookNode:
    from papermill.execute import execute_notebook

    return execute_notebook(str(NOTEBOOK), None, parameters, progress_bar=False, kernel_name="python3", cwd=str(NOTEBOOK.parent))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "crossing"), [("kenya-uganda", "Busia"), ("mexico-united-states", "Laredo")])
def test_the_notebook_runs_for_another_pair_with_the_figures_of_its_report(name: str, crossing: str, tmp_path: Path) -> None:
    found = pipeline.run(scenario.load(str(ROOT / "examples" / f"{name}.yaml")), draws=64)
    found.save(tmp_path / name)
    notebook = _executed(scenario=str(ROOT / "examples" / f"{name}.yaml"), result_dir=str(tmp_path / name))
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert not any(o.output_type == "error" or o.get("name") == "stderr" for o in outputs)
    shown = " ".join(str(o.get("data", {}).get("text/plain", "")) for o in outputs)
    assert crossing in shown and "Traceback" not in shown
    # The headline is the report's, word for word.
    assert words.answer(found).text().split(". ")[0].rstrip(".") in shown
    assert lookups.way(found, "exports") in shown


@pytest.mark.slow
def test_a_wrong_parameter_of_the_notebook_is_one_line() -> None:
    from nbclient import NotebookClient

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    position = next(i for i, c in enumerate(notebook.cells) if "parameters" in c.metadata.get("tags", []))
    notebook.cells = notebook.cells[: position + 2]
    notebook.cells.insert(position + 1, nbformat.v4.new_code_cell('scenario = "capacity-80"'))
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    told = [o for o in notebook.cells[-1].outputs]
    assert any("capacity-80" in str(o) and "did you mean" in str(o) for o in told)
    assert not any(len(o.get("traceback", [])) > 1 or "open_result.py" in str(o) for o in told), told


def test_the_notebook_is_thin() -> None:
    import ast

    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "code":
            assert not any(isinstance(n, (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Lambda)) for n in ast.walk(ast.parse(cell.source)))
            assert not cell.outputs
    assert issubclass(NetworkError, CorridorsError)
