"""Sweeps: what a grid may say, that every scenario is computed once, whatever happens, and comes out in order."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors import scenario
from corridors.errors import BuildError, NotConverged, ScenarioError
from corridors.report.sweep import grid as sweep_grid
from corridors.report.sweep import run
from corridors.report.sweep import work as sweep_work

BASE = """
base:
  title: A grid
  pair: [PAK, RUS]
  measures:
    - {kind: border_capacity, crossings: [khunjerab], trucks_per_day: 300, start: 2027, years_to_full_effect: 1}
"""
GRID = BASE + "vary:\n  measures[0].trucks_per_day: {from: 201, to: 350}\n  measures[0].start: [2027, 2028]\n"


def _read(tmp_path: Path, text: str) -> sweep_grid.Grid:
    path = tmp_path / "grid.yaml"
    path.write_text(text)
    return sweep_grid.read(path)


# --- what a grid says ----------------------------------------------------------------------------------------


def test_a_grid_is_every_combination_in_order(tmp_path: Path) -> None:
    grid = _read(tmp_path, BASE + "vary:\n  measures[0].trucks_per_day: [100, 200]\n  pair: [[PAK, RUS], [PAK, KAZ]]\ndraws: 16\nseed: 5\n")
    found = [(p.scenario.measures[0].trucks_per_day, p.scenario.pair) for p in grid.points]
    assert found == list(itertools.product([100, 200], [("PAK", "RUS"), ("PAK", "KAZ")]))
    assert grid.varied == ("measures[0].trucks_per_day", "pair") and (grid.draws, grid.seed) == (16, 5)


def test_a_scenario_keeps_its_name_and_key_when_the_grid_grows(tmp_path: Path) -> None:
    small = _read(tmp_path, BASE + "vary: {'measures[0].trucks_per_day': [100, 200]}")
    large = _read(tmp_path, BASE + "vary: {'measures[0].trucks_per_day': [50, 100, 150, 200]}")
    known = {p.scenario.name: p.digest for p in large.points}
    assert all(known[p.scenario.name] == p.digest for p in small.points)


def test_the_base_may_be_a_known_scenario(tmp_path: Path) -> None:
    grid = _read(tmp_path, "base: capacity-800\nvary: {'measures[0].trucks_per_day': [800, 900]}")
    known = scenario.load("capacity-800")
    assert grid.points[0].scenario.measures == known.measures
    assert grid.points[0].scenario.title == known.title


def test_a_list_of_scenarios_and_names(tmp_path: Path) -> None:
    grid = _read(tmp_path, "scenarios:\n  - capacity-800\n  - {name: my-own, title: Mine, pair: [PAK, UZB]}\n  - {title: Other, pair: [PAK, KAZ]}\n")
    assert [p.scenario.name for p in grid.points][:2] == ["capacity-800", "my-own"]
    assert grid.points[2].scenario.pair == ("PAK", "KAZ")


@given(first=st.integers(-50, 50), steps=st.integers(0, 40), step=st.sampled_from([0.1, 0.25, 0.3, 1, 2, 7]))
def test_a_range_has_its_ends_and_even_steps(first: int, steps: int, step: float) -> None:
    last = first + steps * step
    values = sweep_grid._range("x", {"from": first, "to": last, "step": step})
    assert len(values) == steps + 1
    assert values[0] == first and values[-1] == pytest.approx(last, rel=1e-11, abs=1e-11)
    assert all(b - a == pytest.approx(step, abs=1e-9) for a, b in itertools.pairwise(values))
    assert all(type(v) is int for v in values) == (type(step) is int)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("- a", "a scenario is a map"),
        ("bose: capacity-800", "bose: is not a field of a grid; did you mean 'base'"),
        ("draws: 16", "needs either 'base' with 'vary', or 'scenarios'"),
        ("base: capacity-800\nscenarios: [baseline]", "needs either"),
        ("scenarios: [baseline]\nvary: {title: [a]}", "vary: goes with 'base'"),
        ("base: capacity-80\nvary: {title: [a]}", "no scenario 'capacity-80'; did you mean 'capacity-800'"),
        ("base: ../../etc/passwd\nvary: {title: [a]}", "base: no scenario"),
        ("base: 7\nvary: {title: [a]}", "base: is 7"),
        ("base: capacity-800", "vary: needs fields and their values"),
        ("base: capacity-800\nvary: {}", "vary: needs fields and their values"),
        (BASE + "vary: {'measures[0].truks_per_day': [1]}", r"truks_per_day: is not a field here; did you mean 'trucks_per_day'"),
        (BASE + "vary: {'measures[3].trucks_per_day': [1]}", r"vary.measures\[3\].trucks_per_day: there is no \[3\]; the base has 1, counted from 0"),
        (BASE + "vary: {'title.x': [1]}", r"there is no 'x' in 'A grid'"),
        (BASE + "vary: {'__import__(\"os\")': [1]}", "is not a field; write it as"),
        (BASE + "vary: {'measures[0].trucks_per_day': []}", "allowed: a list of values"),
        (BASE + "vary: {'measures[0].trucks_per_day': 5}", "is 5; allowed: a list of values"),
        (BASE + "vary: {'measures[0].trucks_per_day': [100, -1]}", r"trucks_per_day = -1: measures\[0\].trucks_per_day: is -1"),
        (BASE + "vary: {'measures[0].trucks_per_day': [100, 100]}", "100 occurs twice"),
        (BASE + "vary: {'measures[0].trucks_per_day': [100, 100.0]}", "asks the same as"),
        (BASE + "vary: {title: [a, b]}", "asks the same as"),
        (BASE + "vary: {'uncertainty.seed': [1, 2]}", "asks the same as"),
        (BASE + "vary: {'measures[0].start': [2020]}", "is 2020; allowed: inside the horizon"),
        (BASE + "vary: {'measures[0].trucks_per_day': {from: 1, until: 3}}", "until: is not a part of a range; allowed: from, to, step"),
        (BASE + "vary: {'measures[0].trucks_per_day': {from: 1}}", "to: is None; allowed: a number"),
        (BASE + "vary: {'measures[0].trucks_per_day': {from: 3, to: 1}}", "from 3 to 1 by 1; allowed: upwards"),
        (BASE + "vary: {'measures[0].trucks_per_day': {from: 1, to: 2, step: 0}}", "by a step above 0"),
        (BASE + "vary: {'measures[0].trucks_per_day': {from: 1, to: .inf}}", "to: is inf; allowed: a number"),
        (BASE + "vary: {'measures[0].trucks_per_day': {from: 1, to: 900000000}}", "allowed: at most 100,000"),
        (BASE + "vary: {'measures[0].trucks_per_day': {from: 1, to: 1000}, 'measures[0].start': [2027, 2028], 'measures[0].years_to_full_effect': {from: 0, to: 99}}", "1000 x 2 x 100 makes 200,000 scenarios; allowed: at most 100,000"),
        (BASE + "vary: {title: ['<script>']}", "title: holds <"),
        (BASE + "draws: 1\nvary: {'measures[0].start': [2027]}", "draws: is 1; allowed: a whole number from 4 to 4,096"),
        (BASE + "seed: -1\nvary: {'measures[0].start': [2027]}", "seed: is -1"),
        (BASE + "seed: true\nvary: {'measures[0].start': [2027]}", "seed: is True"),
        ("scenarios: baseline", "allowed: a list of scenarios"),
        ("scenarios: []", "allowed: a list of scenarios"),
        ("scenarios: [7]", r"scenarios\[0\]: is 7"),
        ("scenarios: [baseline, baseline]", r"scenarios\[1\]: the name 'baseline' is taken by scenarios\[0\]"),
        ("scenarios: [{name: ../evil, title: x, pair: [PAK, RUS]}]", "the file's name is the scenario's name"),
        ("scenarios: [{name: [x], title: x, pair: [PAK, RUS]}]", r"scenarios\[0\].name"),
        ("scenarios: [{name: a, title: x, pair: [PAK, RUS]}, {name: b, title: y, pair: [PAK, RUS]}]", r"scenarios\[1\]: asks the same as scenarios\[0\]"),
        ("base: &a capacity-800\nvary: *a", "anchors and aliases"),
        ("base: !!python/object/apply:os.system ['echo']\nvary: {title: [a]}", "tag"),
    ],
)
def test_a_wrong_grid_is_refused_with_field_value_and_what_is_allowed(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        _read(tmp_path, text)


def test_all_mistakes_of_a_grid_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as found:
        _read(tmp_path, BASE + "vary: {'measures[0].trucks_per_day': [-1, -2, 100]}")
    assert "= -1" in str(found.value) and "= -2" in str(found.value) and "= 100" not in str(found.value)


# --- computing -----------------------------------------------------------------------------------------------


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where the workers of a test log what they do."""
    monkeypatch.setenv("TINY_SWEEP", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    (tmp_path / "grid.yaml").write_text(GRID)
    return tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished sweep of the grid."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "grid.yaml").write_text(GRID)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINY_SWEEP", str(folder))
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        assert _sweep(folder) == 0
    assert _count(folder) == 300
    return folder / "out.parquet"


@pytest.fixture
def done(finished: Path, work: Path) -> Path:
    """A copy of it to go on with."""
    shutil.copytree(finished, work / "out.parquet")
    return work


def _sweep(work: Path, out: str = "out.parquet") -> int:
    return run.sweep(work / "grid.yaml", work / out, jobs=2, work="tiny_sweep")


def _files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def _count(work: Path) -> int:
    return len((work / "log").read_text().split())


def test_every_scenario_has_its_row_in_the_order_of_the_grid(finished: Path) -> None:
    rows = run.read(finished)
    expected = list(itertools.product(range(201, 351), [2027, 2028]))
    assert list(zip(rows["measures[0].trucks_per_day"], rows["measures[0].start"], strict=True)) == expected
    assert (rows["effect"] == 10.0 * rows["measures[0].trucks_per_day"]).all()
    assert rows["scenario"].is_unique and rows["scenario_sha256"].is_unique
    assert set(_files(finished)) == {"_sweep.json", *(f"part-000{i}.parquet" for i in range(8))}
    pd.testing.assert_frame_equal(pd.read_parquet(finished), rows)


def test_what_is_there_is_not_computed_again(done: Path) -> None:
    work = done
    before = _files(work / "out.parquet")
    assert _sweep(work) == 0
    assert not (work / "log").exists() and _files(work / "out.parquet") == before


def test_a_stopped_sweep_goes_on_and_ends_with_the_same_bytes(done: Path, finished: Path) -> None:
    work = done
    (work / "out.parquet" / "part-0001.parquet").unlink()
    (work / "out.parquet" / "part-0002.parquet").write_bytes(b"half a fi")
    assert _sweep(work) == 0
    assert _count(work) == 2 * 38
    assert _files(work / "out.parquet") == _files(finished)


def test_a_larger_grid_computes_only_what_is_new(done: Path) -> None:
    work = done
    (work / "grid.yaml").write_text(GRID.replace("[2027, 2028]", "[2027, 2028, 2029]"))
    assert _sweep(work) == 0
    assert _count(work) == 150
    _sweep(work, "fresh.parquet")
    pd.testing.assert_frame_equal(run.read(work / "out.parquet"), run.read(work / "fresh.parquet"))


def test_other_draws_compute_all_again(done: Path) -> None:
    work = done
    (work / "grid.yaml").write_text(GRID + "draws: 32\n")
    assert _sweep(work) == 0
    assert set(run.read(work / "out.parquet")["draws"]) == {32}


def test_a_killed_worker_costs_only_its_chunk(work: Path) -> None:
    (work / "die").touch()
    assert _sweep(work) == 0
    assert not (work / "die").exists() and len(run.read(work / "out.parquet")) == 300


def test_a_scenario_that_cannot_be_computed_is_named_and_the_others_are_there(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "grid.yaml").write_text(GRID.replace("from: 201, to: 350", "from: 10, to: 20"))
    assert _sweep(work) == 1
    rows = run.read(work / "out.parquet")
    assert 13 not in set(rows["measures[0].trucks_per_day"]) and len(rows) == 20
    assert set(run.failures(work / "out.parquet").values()) == {"thirteen is refused"}
    said = capsys.readouterr().err
    assert "20 of 22 scenarios" in said and "2 times: thirteen is refused" in said
    (work / "log").unlink()
    assert _sweep(work) == 1
    assert _count(work) == 2, "only what is missing is tried again"


def test_numbers_of_a_column_have_one_type_in_all_parts(work: Path) -> None:
    (work / "grid.yaml").write_text(BASE + f"vary: {{'measures[0].trucks_per_day': {[*range(20, 140), 140.5]}}}")
    assert _sweep(work) == 0
    assert pd.read_parquet(work / "out.parquet")["measures[0].trucks_per_day"].dtype == "float64"


def test_rows_of_another_grid_are_never_lost(done: Path) -> None:
    work = done
    before = _files(work / "out.parquet")
    (work / "grid.yaml").write_text(GRID.replace("from: 201, to: 350", "from: 100, to: 101"))
    with pytest.raises(BuildError, match="holds 300 scenarios that are not in this grid"):
        _sweep(work)
    assert _files(work / "out.parquet") == before


def test_a_folder_or_file_of_something_else_is_left_alone(work: Path) -> None:
    (work / "out.parquet").write_text("x")
    with pytest.raises(BuildError, match="is a file"):
        _sweep(work)
    (work / "mine").mkdir()
    (work / "mine" / "thesis.docx").write_text("x")
    with pytest.raises(BuildError, match=r"holds 'thesis.docx'"):
        _sweep(work, "mine")
    assert [p.name for p in (work / "mine").iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize("name", ["part-00000-4f1e.snappy.parquet", "part-0000.parquet", "part-7.parquet", "_sweep.json"])
@pytest.mark.parametrize("whole", [True, False])
def test_parts_of_another_program_are_left_alone(work: Path, name: str, whole: bool) -> None:
    """Spark and Dask name theirs like ours: they were removed, or written over."""
    (work / "mine").mkdir()
    file = work / "mine" / name
    pd.DataFrame({"scenario": ["mine"], "pages": [300]}).to_parquet(file) if whole else file.write_bytes(b"PAR1 half")
    before = file.read_bytes()
    with pytest.raises(BuildError, match=f"holds '{name}', which is not of a sweep"):
        _sweep(work, "mine")
    assert {p.name: p.read_bytes() for p in (work / "mine").iterdir()} == {name: before}


@pytest.mark.parametrize("name", ["part-0003.parquet", "part-0900.parquet", "_sweep.json", ".work", ".work/contents", ".work/lock"])
def test_a_sweep_writes_through_no_link(done: Path, name: str) -> None:
    elsewhere = done / "elsewhere"
    (elsewhere / "contents").mkdir(parents=True)
    thesis = elsewhere / "contents" / "thesis.txt"
    thesis.write_text("ten years")
    link = done / "out.parquet" / name
    link.parent.mkdir(exist_ok=True)
    shutil.rmtree(link) if link.is_dir() else link.unlink(missing_ok=True)
    link.symlink_to(elsewhere if name.startswith(".work") and not name.endswith("lock") else thesis)
    (done / "grid.yaml").write_text(GRID.replace("[2027, 2028]", "[2027, 2028, 2029]"))
    with pytest.raises(BuildError, match=r"is a link to another place|is not of a sweep"):
        _sweep(done)
    assert thesis.read_text() == "ten years" and [p.name for p in elsewhere.rglob("*")] == ["contents", "thesis.txt"]


def test_a_wrong_grid_computes_nothing_and_leaves_no_folder(work: Path) -> None:
    (work / "grid.yaml").write_text(GRID.replace("[2027, 2028]", "[2027, 1999]"))
    with pytest.raises(ScenarioError):
        _sweep(work)
    assert not (work / "out.parquet").exists() and not (work / "log").exists()


def test_one_bad_scenario_is_found_among_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that fails is halved until the one to blame is alone."""
    asked = [scenario.parse({"title": "x", "pair": ["PAK", "RUS"]}, name=f"s-{i}") for i in range(13)]

    def compute(some: list[scenario.Scenario], draws: object, seed: object) -> pd.DataFrame:
        if any(one.name == "s-7" for one in some):
            raise NotConverged("s-7 wobbles")
        return pd.DataFrame({"scenario": [one.name for one in some]})

    monkeypatch.setattr(sweep_work, "_compute", compute)
    rows, failed = sweep_work.compute(asked, None, None)
    assert failed == {"s-7": "s-7 wobbles"}
    assert list(rows["scenario"]) == [f"s-{i}" for i in range(13) if i != 7]


@pytest.mark.slow
def test_the_figures_are_those_of_the_model(tmp_path: Path) -> None:
    from corridors.study.headline import quick

    (tmp_path / "grid.yaml").write_text("base: capacity-800\nvary: {'measures[0].trucks_per_day': [400, 800]}\ndraws: 8\nseed: 3\n")
    assert run.sweep(tmp_path / "grid.yaml", tmp_path / "out", jobs=1) == 0
    rows = run.read(tmp_path / "out")
    direct = quick([p.scenario for p in sweep_grid.read(tmp_path / "grid.yaml").points], draws=8, seed=3)
    figures = [c for c in direct.columns if c != "scenario"]
    pd.testing.assert_frame_equal(rows[figures], direct[figures])
    told = json.loads((tmp_path / "out" / "_sweep.json").read_text())
    assert told["scenarios"] == 2 and told["failed"] == {}
