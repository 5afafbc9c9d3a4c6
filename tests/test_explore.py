"""The explorer answers as the study does, follows its controls, and saves what it found as a scenario."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html import escape
from pathlib import Path
from unittest.mock import patch

import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors import explore, scenario
from corridors.errors import CorridorsError, ScenarioError
from corridors.explore.answers import corridors_of
from corridors.explore.engine import Engine, engine
from corridors.explore.page import App
from corridors.explore.question import SEED, Question, asked_by
from corridors.runtime import paths
from corridors.scenario.model import Scenario
from corridors.show import blocks, findings, lookups, maps, theme
from corridors.study import counterfactual, pipeline, what_did_it, year_paths
from corridors.study.ages import timed
from corridors.study.result import StudyResult
from corridors.trade import missing_trade
from corridors.transport import crossing as border
from corridors.uncertainty import shapley
from no_way import no_way

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks" / "00_explore.ipynb"
ASKED = Question(("PAK", "RUS"), ("taftan", "khunjerab"), trucks_per_day=800, processing_hours=4)


# --- the answer is the study's -------------------------------------------------------------------------------


# Traffic and world trade agree to 2e-7; two ways to that point are apart by a few of it.
JOINT = 1e-5


def along_the_central_case(asked: Scenario) -> StudyResult:
    """The study with years on the way, and weights of measures, as the explorer has them."""
    def central(study: pipeline.Study) -> np.ndarray:
        return shapley.shapley_of(study.central_effect, study.chain.count)

    with (
        patch.object(year_paths, "of_draws", lambda study, _: year_paths.of_the_central_case(study)),
        patch.object(year_paths, "without_measures", year_paths.step_of_the_central_case),
        patch.object(what_did_it, "contributions", central),
    ):
        return pipeline.run(asked, draws=64, seed=SEED)


def test_the_answer_is_that_of_the_study_for_the_same_draws() -> None:
    """All years, both directions, bands: the quick way and the full one, for levels put into a compiled network."""
    explore.answer(replace(ASKED, trucks_per_day=300), draws=64)  # compiled for other levels
    found = explore.answer(ASKED, draws=64)
    full = along_the_central_case(ASKED.scenario())
    for name in ("projection", "effect", "trade_history"):
        pd.testing.assert_frame_equal(found.result[name], full[name], rtol=JOINT, atol=1e-8)
    pd.testing.assert_frame_equal(found.result["crossings"], full["crossings"], rtol=JOINT, atol=1e-8)
    assert found.result.facts["trade_cost_change_percent"] == pytest.approx(full.facts["trade_cost_change_percent"], rel=JOINT, abs=1e-8)
    assert found.road_share["after"] == pytest.approx(full.facts["road_share"]["exports"]["after"], rel=1e-3)


def test_flights_and_borders_that_open_are_compiled_anew() -> None:
    asked = replace(ASKED, crossings=("torkham",), closed_days=10, route=("ISB", "SVO"))
    found = explore.answer(asked, draws=64)
    full = along_the_central_case(asked.scenario())
    pd.testing.assert_frame_equal(found.result["effect"], full["effect"], rtol=JOINT, atol=1e-8)


@settings(max_examples=12)
@given(
    trucks=st.integers(50, 2000), hours=st.integers(0, 72), fee=st.integers(0, 2000),
    crossings=st.lists(st.sampled_from(["taftan", "khunjerab", "khorgos", "astara"]), min_size=1, max_size=3, unique=True),
)  # fmt: skip
def test_exchanging_levels_is_compiling_anew(trucks: int, hours: int, fee: int, crossings: list[str]) -> None:
    asked = replace(ASKED, crossings=tuple(crossings), trucks_per_day=trucks, processing_hours=hours, usd_per_truck=fee)
    made = explore.answer(asked, draws=8).study
    fresh = timed(counterfactual.build(made.pair, asked.scenario().measures), made.chain.since, made.chain.parts, made.chain.usual)
    before = fresh.settle(made.params, None, made.last, made.demand)
    change = fresh.change(made.params, made.phases(made.params)[:, -1], made.last, made.demand, before=before)
    np.testing.assert_allclose(made.change.cost_factor, change.cost_factor, rtol=1e-9)
    np.testing.assert_allclose(made.change.response.trade_factor, change.response.trade_factor, rtol=1e-9)


def test_no_measure_changes_nothing() -> None:
    found = explore.answer(Question(("PAK", "RUS")))
    assert found.effect_percent == {"p10": 0.0, "p50": 0.0, "p90": 0.0}
    assert (found.result["effect"][["p2_5", "p97_5"]] == 0).all(axis=None)


def test_assumptions_move_the_answer_and_the_baseline_by_its_queues_only() -> None:
    flown = replace(ASKED, route=("ISB", "SVO"))
    usual, dear = (explore.answer(replace(flown, trade_elasticity=theta)) for theta in (None, 8.0))
    assert usual.study.projected_paths.at("total", -1).tobytes() == dear.study.projected_paths.at("total", -1).tobytes()
    base = [a.result["projection"].query("case == 'baseline'")["p50"].to_numpy() for a in (usual, dear)]
    assert base[0] == pytest.approx(base[1], rel=0.02)
    assert dear.study.params["trade_elasticity"].mean() > usual.study.params["trade_elasticity"].mean()
    same = explore.answer(replace(flown, trade_elasticity=2.94, value_of_a_day=0.013))
    assert same.effect_percent == pytest.approx(usual.effect_percent, rel=1e-9)
    slow = explore.answer(replace(ASKED, value_of_a_day=0.03))
    assert slow.effect_percent != explore.answer(ASKED).effect_percent


def test_what_is_kept_is_limited() -> None:
    asked = engine(("PAK", "RUS"), (2026, 2035), 4)
    for flights in range(1, 12):
        asked.study(replace(ASKED, route=("ISB", "SVO"), flights_per_week=flights))
    assert len(asked._solver.chains) <= 8 and len(asked._solver.states) <= 8


# --- what it shows ---------------------------------------------------------------------------------------------


def test_charts_say_what_they_show_and_are_well_formed() -> None:
    found = explore.answer(ASKED)
    for figure in (found.fan(), found.fan("exports"), found.map(), found.curve()):
        assert isinstance(figure, blocks.Figure)
        assert not figure.small, "the page of the explorer shows no drawing for phones"
        assert figure.title and len(figure.alt) > 60 and figure.source
        ET.fromstring(figure.svg)
    assert "Karachi" in found.map().svg and "Taftan" in found.map().svg  # type: ignore[union-attr]
    assert found.words().items[0].value == findings.percent(lookups.fact_band(found.effect_percent))
    shown = found._repr_mimebundle_()
    assert shown["text/html"].count("<figure") == 3  # each drawn for a page and for a phone


def test_the_map_follows_the_shares() -> None:
    ways = [explore.answer(replace(ASKED, crossings=("taftan",), usd_per_truck=fee)).map() for fee in (0, 2000)]
    assert ways[0] is not None and ways[1] is not None and ways[0].svg != ways[1].svg


def test_ways_are_as_wide_as_on_the_map_of_the_reports() -> None:
    """Most goods go by sea: its line is as wide as the reports', and a way by road of a thousandth looks small beside it."""
    drawn = explore.answer(ASKED).map()
    assert drawn is not None and "square root" in drawn.alt
    widths: dict[str, list[float]] = {"sea": [], "road": []}
    for path in ET.fromstring(drawn.svg).iter("{http://www.w3.org/2000/svg}path"):
        for mode, found in widths.items():
            if path.get("stroke") == theme.LIGHT[mode] and path.get("stroke-linecap") == "round":
                found.append(float(path.get("stroke-width", 0)))
    per_point = 600.0 / (72.0 * theme.WIDTH_IN)
    assert max(widths["sea"]) == pytest.approx(per_point * maps.way_width(0.97), rel=0.05)
    assert 0.6 * per_point <= min(widths["road"]) + 0.005 and 5 * min(widths["road"]) < max(widths["sea"])


def test_the_map_says_what_its_colours_mean() -> None:
    """Every colour and pattern of a way that is drawn is in the legend below the map; roads to a port are the sea's."""
    drawn = explore.answer(ASKED).map()
    assert drawn is not None
    tree = ET.fromstring(drawn.svg)
    svg = "{http://www.w3.org/2000/svg}"
    legend = {(p.get("stroke"), p.get("stroke-dasharray")) for g in tree.iter(f"{svg}g") for p in g.iter(f"{svg}path")}
    ways = {(p.get("stroke"), p.get("stroke-dasharray")) for p in tree.iter(f"{svg}path") if p.get("fill") == "none" and p.get("stroke-linejoin")}
    assert ways and ways <= legend
    assert "to a ship" in drawn.svg and (theme.LIGHT["sea"], "4 2") in ways
    roads = [float(p.get("stroke-width", 0)) for p in tree.iter(f"{svg}path") if p.get("stroke") == theme.LIGHT["road"] and p.get("stroke-linejoin")]
    assert max(roads) < 0.5 * 600.0 / (72.0 * theme.WIDTH_IN) * maps.way_width(0.97), "hardly anything goes all the way by road"


def test_figures_inside_the_noise_have_no_digits() -> None:
    """Effect, trade cost and worth: a number where the whole band is on one side of zero, words where not."""
    for asked in (ASKED, replace(ASKED, trucks_per_day=300, processing_hours=None), replace(ASKED, usd_per_truck=400)):
        found = explore.answer(asked)
        effect, cost, _, worth = found.words().items
        assert effect.value == findings.percent(lookups.fact_band(found.effect_percent))
        assert cost.value == findings.percent(lookups.fact_band(found.result.facts["trade_cost_change_percent"]))
        low, high = np.percentile(found.worth.users.total, [10, 90])
        assert ("$" in worth.value) == (low > 0 or high < 0), (worth, low, high)


def test_names_on_the_map_stand_clear_of_each_other() -> None:
    svg = explore.answer(ASKED).map().svg  # type: ignore[union-attr]
    found = re.findall(r'<text x="([0-9.]+)" y="([0-9.]+)"[^>]*font-size="9.5">([^<]+)<', svg)
    assert len(found) > 10
    rooms = [(float(x), float(y) - 8, float(x) + 5.2 * len(name), float(y) + 2, name) for x, y, name in found]
    met = [(one[4], other[4]) for k, one in enumerate(rooms) for other in rooms[k + 1 :] if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]]
    assert met == []


def test_no_report_is_told_where_none_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without notebooks, with a report of an earlier day: it was told as built."""
    page = explore.app()
    old = tmp_path / "reports" / "capacity-200"
    old.mkdir(parents=True)
    (old / "report.html").write_text("of an earlier day")
    for name in ("data", "scenarios"):
        (tmp_path / name).symlink_to(paths.root() / name)
    monkeypatch.setattr(paths, "root", lambda: tmp_path)
    page.controls["name"].value = "capacity-200"  # type: ignore[union-attr]
    page.controls["build"].click()  # type: ignore[union-attr]
    assert "No report can be built" in page.status.value and "04_scenario.ipynb" in page.status.value  # type: ignore[union-attr]


def test_routes_of_a_table_add_up() -> None:
    rows = explore.answer(ASKED).routes().rows
    assert len(rows) > 10 and all(row[0].startswith(("PAK to RUS", "RUS to PAK")) for row in rows)


def test_corridors_of_a_pair_pass_its_crossings() -> None:
    found = corridors_of(("PAK", "RUS"))
    assert any("taftan" in passed for passed in found.values()) and any("khunjerab" in passed for passed in found.values())
    assert corridors_of(("DEU", "USA")) == {}


def test_a_pair_without_a_corridor_is_answered_by_distance() -> None:
    with no_way():
        found = explore.answer(Question(("ISL", "FJI"), ("torkham",), trucks_per_day=800))
        assert explore.answer(Question(("ISL", "FJI"))).curve() is None
    assert found.map() is None and found.effect_percent["p50"] == pytest.approx(0.0, abs=0.01)
    assert "none known" in found.words().text()


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (Question(("PAK", "XXX")), "XXX"),
        (Question(("PAK", "PAK")), "two economies"),
        (replace(ASKED, crossings=("torkam",)), "torkham"),
        (replace(ASKED, crossings=()), "name at least one"),
        (replace(ASKED, trucks_per_day=0), "at least 1"),
        (replace(ASKED, start=1990), "1990"),
        (replace(ASKED, route=("ISB", "XXX")), "XXX"),
    ],
)
def test_an_impossible_question_is_told(question: Question, told: str) -> None:
    with pytest.raises(CorridorsError, match=told):
        explore.answer(question)


# --- what it saves -----------------------------------------------------------------------------------------------


def test_what_is_saved_is_the_question(project: Path) -> None:
    asked = replace(ASKED, route=("ISB", "SVO"), value_of_a_day=0.02)
    path = explore.save(asked, "found-it", 'Taftan: "faster" & wider')
    assert path == project / "scenarios" / "found-it.yaml"
    read = scenario.load("found-it")
    assert read.measures == asked.scenario("found-it").measures and read.title == 'Taftan: "faster" & wider'
    assert "value_of_a_day 0.02" in path.read_text(encoding="utf-8")
    with pytest.raises(ScenarioError, match="is there already"):
        explore.save(asked, "found-it")


@pytest.mark.parametrize("name", ["../outside", "No Capitals", "a/b", "defaults", "x" * 65])
def test_a_bad_name_writes_nothing(project: Path, name: str) -> None:
    before = sorted(project.rglob("*"))
    with pytest.raises(ScenarioError):
        explore.save(ASKED, name)
    assert sorted(project.rglob("*")) == before
    assert explore.save(ASKED, "") is None


# --- the page ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page() -> App:
    made = explore.app(("PAK", "RUS"))
    assert isinstance(made, App)
    return made


def test_every_control_has_a_label_and_none_needs_a_mouse(page: App) -> None:
    import ipywidgets as w

    for control in page.controls.values():
        assert control.description
        assert isinstance(control, (w.Dropdown, w.SelectMultiple, w.Checkbox, w.IntSlider, w.FloatSlider, w.Text, w.Button))


def test_controls_move_the_charts(page: App) -> None:
    page.controls["crossings"].value = ("taftan",)
    for name, value in (("trucks_per_day", 1500), ("processing_hours_on", True), ("processing_hours", 1), ("value_of_a_day", 2.5), ("trade_elasticity", 8.0)):
        before = {k: c.value for k, c in page.charts.items()}
        page.controls[name].value = value
        assert page.charts["fan"].value != before["fan"] or page.charts["curve"].value != before["curve"], name
    assert page.answer is not None and page.answer.question == page.question()
    assert page.question().processing_hours == 1 and page.question().trade_elasticity == 8.0
    assert "quick sample of 32 futures" in page.status.value


def test_a_corridor_chooses_its_crossings(page: App) -> None:
    title, passed = next((t, p) for t, p in page.controls["corridor"].options if "khunjerab" in p)
    page.controls["corridor"].value = passed
    assert set(page.controls["crossings"].value) == set(passed)
    assert "Khunjerab" in title and page.answer is not None and set(page.answer.question.crossings) == set(passed)


def test_mistakes_are_told_and_the_last_answer_stays(page: App, project: Path) -> None:
    shown = page.charts["fan"].value
    page.controls["crossings"].value = ()
    assert "name at least one" in page.status.value and page.charts["fan"].value == shown
    page.controls["crossings"].value = ("taftan",)
    page.controls["save"].click()
    assert "name" in page.status.value
    page.controls["name"].value = "<b>bold</b>"
    page.controls["save"].click()
    assert "<b>" not in page.status.value and "&lt;b&gt;" in page.status.value
    page.controls["name"].value = "from-sliders"
    page.controls["save"].click()
    assert (project / "scenarios" / "from-sliders.yaml").exists() and "Saved" in page.status.value


def test_another_pair_brings_its_own_corridors(page: App) -> None:
    page.controls["second"].value = "UZB"
    assert page.answer is not None and page.answer.study.pair == ("PAK", "UZB")
    assert "Uzbekistan" in page.charts["fan"].value
    page.controls["first"].value = "UZB"
    assert "two different economies" in page.status.value
    page.controls["first"].value, page.controls["second"].value = "DEU", "USA"
    assert page.answer.study.pair == ("DEU", "USA")
    assert page.controls["flights_on"].disabled
    page.controls["first"].value, page.controls["second"].value = "PAK", "RUS"


def test_without_widgets_a_note_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    assert isinstance(explore.app(widgets=False), blocks.Prose)
    real = builtins.__import__

    def missing(name: str, *rest: object, **more: object) -> object:
        if name == "ipywidgets":
            raise ImportError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", missing)
    assert isinstance(explore.app(), blocks.Prose)


# --- things show themselves --------------------------------------------------------------------------------------


def test_things_show_themselves_in_a_cell() -> None:
    crossing = border.Crossing(capacity_trucks_per_day=800, lanes=8, processing_hours=3.0, hours_open=12)
    html = crossing._repr_html_()
    assert "800 trucks a day" in html and html.count("<tr>") == 7
    route = next(r for r in explore.answer(ASKED).study.chain.system.routes if r.mode == "road")  # type: ignore[union-attr]
    assert "→" in route._repr_html_() and "<strong>" in route._repr_html_()
    assert "distance" in missing_trade.pooled_fit()[0]._repr_html_()
    assert "<table" in scenario.load("capacity-800")._repr_html_()
    light = explore.answer(ASKED).result
    assert "two-way trade" in light._repr_html_() and "a quick sample" in str(light)


def test_what_lies_inside_the_noise_has_no_digits_in_the_explorer(monkeypatch: pytest.MonkeyPatch) -> None:
    found = explore.answer(ASKED)
    for ends, shown in (((-1.0, 0.4, 2.0), "not told from zero"), ((0.5, 1.2, 2.0), "+1.2\u202f%")):
        monkeypatch.setattr(type(found), "effect_percent", dict(zip(("p10", "p50", "p90"), ends, strict=True)))
        item = found.words().items[0]
        assert item.value == shown and item.detail.endswith("in four of five cases")


# --- the notebook --------------------------------------------------------------------------------------------------

MOVED = """
shown = {name: chart.value for name, chart in page.charts.items()}
page.controls["crossings"].value = ("khunjerab", "taftan")
page.controls["trucks_per_day"].value = 1200
print("fan moved", page.charts["fan"].value != shown["fan"])
print("curve moved", page.charts["curve"].value != shown["curve"])
page.controls["flights_on"].value = True
print("map moved", page.charts["map"].value != shown["map"])
print("asked", page.answer.question.trucks_per_day, page.answer.question.route)
"""


def _executed(parameters: str = "", extra: str = "") -> nbformat.NotebookNode:
    from nbclient import NotebookClient

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    position = next(i for i, c in enumerate(notebook.cells) if "parameters" in c.metadata.get("tags", []))
    if parameters:
        notebook.cells.insert(position + 1, nbformat.v4.new_code_cell(parameters))
    if extra:
        notebook.cells.append(nbformat.v4.new_code_cell(extra))
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    return notebook


def _text(cell: nbformat.NotebookNode) -> str:
    return "".join(o.get("text", "") for o in cell.outputs)


@pytest.mark.slow
def test_the_notebook_runs_and_its_widgets_move_the_charts() -> None:
    notebook = _executed(extra=MOVED)
    told = _text(notebook.cells[-1])
    assert told.splitlines()[:3] == ["fan moved True", "curve moved True", "map moved True"]
    assert "asked 1200.0" in told
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert any("application/vnd.jupyter.widget-view+json" in o.get("data", {}) for o in outputs)
    assert sum("text/html" in o.get("data", {}) for o in outputs) >= 6
    assert not any(o.output_type == "error" or o.get("name") == "stderr" for o in outputs)


@pytest.mark.slow
def test_the_notebook_runs_without_widgets_for_another_pair() -> None:
    notebook = _executed('widgets = False\npair = ["PAK", "UZB"]\ncrossings = ["torkham"]')
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert not any("application/vnd.jupyter.widget-view+json" in o.get("data", {}) for o in outputs)
    assert any("Widgets are off" in str(o.get("data", {}).get("text/html", "")) for o in outputs)
    assert any("Uzbekistan" in str(o.get("data", {}).get("text/html", "")) for o in outputs)


def test_the_notebook_is_thin() -> None:
    import ast

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not any(isinstance(n, (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Lambda)) for n in ast.walk(ast.parse(cell.source)))
            assert not cell.outputs


def test_answers_do_not_depend_on_what_was_asked_before() -> None:
    """Trade answers the more the longer a measure is there; the state without measures is one."""
    later = replace(ASKED, start=2033)
    alone = Engine(ASKED.pair, (2026, 2035), 16, SEED).study(later).effect_percent
    asked = Engine(ASKED.pair, (2026, 2035), 16, SEED)
    asked.study(ASKED)
    assert (asked.study(later).effect_percent == alone).all()


def test_answers_do_not_depend_on_which_crossings_were_asked_of_before() -> None:
    """Elsewhere the network of a study is that part of the world which its measures reach."""
    pair = ("KEN", "UGA")
    asked = Engine(pair, (2026, 2035), 8, SEED)
    for crossings in (("malaba",), ("gatuna",), ("elegu",), ("beitbridge",)):
        question = Question(pair, crossings, trucks_per_day=300)
        found, study = asked.study(question), pipeline.Study(question.scenario(), 8, SEED)
        np.testing.assert_allclose(found.effect_percent, study.effect_percent, rtol=JOINT, atol=1e-6)


def test_days_shut_are_a_level_where_a_border_is_open() -> None:
    asked = Engine(("PAK", "RUS"), (2026, 2035), 4, SEED)
    for level in ({"trucks_per_day": 800.0}, {"closed_days": 30.0}):
        asked.study(Question(("PAK", "RUS"), ("khorgos",), **level))
    assert len(asked._solver.chains) == 1
    asked.study(Question(("PAK", "RUS"), ("torkham",), closed_days=30.0))
    assert len(asked._solver.chains) == 2


# --- what is loaded, moved, kept ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", scenario.names())
def test_a_saved_scenario_is_asked_as_it_is(name: str) -> None:
    saved = scenario.load(name)
    asked = asked_by(saved).scenario(saved.name, saved.title)
    assert {m.model_dump_json() for m in asked.measures} == {m.model_dump_json() for m in saved.measures}
    assert asked.model_copy(update={"measures": saved.measures}) == saved


def test_a_loaded_scenario_is_answered_as_the_study_does() -> None:
    """One whose measures begin in different years and of which no slider holds most."""
    saved = scenario.load("china-corridor")
    found = explore.answer(asked_by(saved), draws=64)
    full = along_the_central_case(found.study.scenario)
    # Traffic and trade agree to 2e-7, 2e-5 percentage points of an effect; what is smaller is nobody's.
    pd.testing.assert_frame_equal(found.result["effect"], full["effect"], rtol=JOINT, atol=1e-6)


def test_the_page_loads_moves_keeps_and_goes_back() -> None:
    page = explore.app(("PAK", "RUS"))
    assert isinstance(page, App)
    c = page.controls
    c["scenario"].value = "capacity-1000"
    saved = scenario.load("capacity-1000")
    assert page.question().scenario(saved.name, saved.title) == saved
    assert c["trucks_per_day"].value == 1000 and set(c["crossings"].value) == set(saved.measures[0].crossings)
    loaded = page.charts["words"].value

    assert not c["processing_hours_on"].value
    c["processing_hours"].value = 2
    assert c["processing_hours_on"].value and page.question().processing_hours == 2, "a slider that moves is a measure"
    assert "dotted: before" in page.charts["fan"].value

    c["hold"].click()
    c["usd_per_truck"].value = 1500
    kept = page.charts["beside"].value
    assert page.held is not None and page.answer is not None
    for one in (page.held, page.answer):
        for item in one.words().items:
            assert escape(item.value) in kept
    assert page.held.words() != page.answer.words()

    c["hold"].click()
    c["reset"].click()
    assert page.question().scenario(saved.name, saved.title) == saved and page.held is None
    assert page.charts["beside"].value == "" and page.charts["words"].value == loaded


def test_a_further_measure_or_another_year_leaves_what_is_known_without_measures() -> None:
    asked = engine(("PAK", "RUS"), (2026, 2035), 4)
    for more in ({}, {"processing_hours": 3.0}, {"processing_hours": 2.0, "usd_per_truck": 50.0}):
        asked.study(replace(ASKED, trucks_per_day=800.0, **more))
    asked.study(replace(ASKED, trucks_per_day=800.0, start=ASKED.start + 1))
    assert len(asked._solver.states) == 1


def test_measures_of_different_years_count_as_in_a_report() -> None:
    asked = asked_by(scenario.load("uzbekistan-trans-afghan"))
    one = asked.scenario()
    shown, told = explore.answer(asked, draws=16).study, pipeline.Study(one, 16, SEED)
    assert len(set(shown.chain.since)) > 1 and shown.chain.parts == told.chain.parts != ()
    np.testing.assert_allclose(shown.effect_percent, told.effect_percent, rtol=1e-5)
