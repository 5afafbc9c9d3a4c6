"""The build, end to end on a small project: what runs and why, what is kept, what fails alone, what comes out."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tiny_build
from corridors.errors import BuildError
from corridors.report import manifest, owned
from corridors.report.build import build
from corridors.report.plan import make, mark
from corridors.report.processes import forks
from corridors.report.processes.forks import ZygoteProcess
from corridors.report.store import Store, locked
from tiny_build import QUICK, Tiny, files, notebook

TWO = {"a": {"number": 1}, "b": {"number": 2}}
BOOM = "x = 1\nraise KeyError('no such tariff')"


class _Lent(ZygoteProcess):
    """One warm process for all builds of this module, to save the time to load it; test_faults.py has builds with their own."""

    one: ZygoteProcess | None = None

    def __new__(cls, modules: tuple[str, ...]) -> ZygoteProcess:  # type: ignore[misc]
        if cls.one is None:
            cls.one = ZygoteProcess(modules)
            cls.one.end, cls.one.stop = cls.one.stop, lambda: None  # type: ignore[attr-defined, method-assign]
        return cls.one


@pytest.fixture(scope="module", autouse=True)
def _one_warm_process() -> Iterator[None]:
    """Processes started by the build can import the small project, and come from one warm process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(tiny_build.__file__).parent))
        patch.setattr(forks, "ZygoteProcess", _Lent)
        yield
    if _Lent.one is not None:
        _Lent.one.end()  # type: ignore[attr-defined]
        _Lent.one = None


class Project:
    """The small project in a folder, and what its last build said."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.out, self._capsys = folder / "notebooks", folder / "out", capsys
        self.said = self.printed = ""

    def build(self, recipes: dict[str, dict], *names: str, out: Path | None = None, **settings: object) -> int:
        """Build with these recipes; the exit status. ``said`` is then what went to standard error."""
        settings = {"jobs": 2, "limits": QUICK, **settings}
        status = build(names, out=out or self.out, sources=Tiny(self.folder, recipes), **settings)
        self.printed, self.said = self._capsys.readouterr()
        return status

    def ran(self) -> set[str]:
        """The units that the last build has done."""
        return {line.split("] ")[1].split(" (")[0] for line in self.said.splitlines() if line.startswith("[")}

    def manifest(self) -> dict:
        """What the manifest says."""
        return json.loads((self.out / "manifest.json").read_text())


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project(tmp_path, capsys)


# --- what is built -------------------------------------------------------------------------------------------


def test_everything_promised_is_delivered_and_says_what_it_should(project: Project) -> None:
    assert project.build(TWO) == 0
    made = files(project.out)
    each = {"notebook.ipynb", "report.html", "report.pdf", "result.json", "tables/value.csv"}
    assert set(made) == {f"{name}/{file}" for name in TWO for file in each} | {"comparison/notebook.ipynb", "comparison/brief.html", "comparison/brief.pdf", "index.html"}
    assert b"b is 4" in made["b/report.html"] and made["b/report.pdf"].startswith(b"%PDF")
    assert b"a 2\nb 4" in made["comparison/brief.html"]
    assert made["index.html"].decode().splitlines() == ["a: About a html,pdf", "b: About b html,pdf", "comparison: Side by side html,pdf"]


def test_the_manifest_tells_hashes_of_what_went_in_and_came_out(project: Project) -> None:
    project.build(TWO)
    told = project.manifest()
    made = files(project.out)
    assert set(told["outputs"]) == set(made)
    assert all(told["outputs"][name]["sha256"] == hashlib.sha256(content).hexdigest() for name, content in made.items())
    assert set(told["inputs"]) == {"show.ipynb", "compare.ipynb"}
    assert told["scenarios"]["a"]["parameters"] == {"number": 1}
    assert told["failed"] == [] and told["versions"]["papermill"]


def test_a_notebook_handed_out_holds_no_path_of_this_machine_and_no_time(project: Project) -> None:
    project.build({"a": {"number": 1}})
    text = (project.out / "a" / "notebook.ipynb").read_text()
    assert "/tmp" not in text and str(project.out) not in text and "start_time" not in text
    assert "result_dir = ''" in text


def test_building_elsewhere_gives_the_same_bytes(project: Project, tmp_path: Path) -> None:
    project.build(TWO)
    project.build(TWO, out=tmp_path / "elsewhere", jobs=1)
    assert files(project.out) == files(tmp_path / "elsewhere")
    assert manifest.same(json.loads((tmp_path / "elsewhere" / "manifest.json").read_text()), project.manifest())


def test_without_warm_kernels_the_same_bytes_come_out(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = {"a": {"number": 1}}
    project.build(one)
    monkeypatch.setenv("CORRIDORS_NO_FORK", "1")
    assert project.build(one, out=tmp_path / "spawned", jobs=1) == 0
    assert files(project.out) == files(tmp_path / "spawned")


def test_one_format_only(project: Project) -> None:
    project.build({"a": {"number": 1}}, formats=("html",))
    assert not (project.out / "a" / "report.pdf").exists()
    project.build({"a": {"number": 1}})
    assert project.ran() == {"document:a", "document:comparison", "index"}, "the notebooks are there: only PDFs are made"
    assert (project.out / "a" / "report.pdf").exists()
    project.build({"a": {"number": 1}}, formats=("html",))
    assert not (project.out / "a" / "report.pdf").exists(), "a PDF that is not kept up to date must not lie there"


def test_a_format_that_is_not_known_is_refused(project: Project) -> None:
    with pytest.raises(BuildError, match="docx.*allowed: html,pdf"):
        project.build(TWO, formats=("docx",))


# --- what runs, and why --------------------------------------------------------------------------------------


def test_nothing_changed_nothing_runs_and_nothing_is_written(project: Project) -> None:
    project.build(TWO)
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in project.out.rglob("*") if p.is_file() and p.name != "lock"}
    assert project.build(TWO) == 0
    after = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in project.out.rglob("*") if p.is_file() and p.name != "lock"}
    assert after == before
    assert "nothing to do" in project.said and not project.ran()


def test_one_scenario_changed_runs_it_the_comparison_and_the_index(project: Project) -> None:
    project.build(TWO)
    old = files(project.out)
    assert project.build({**TWO, "b": {"number": 3}}) == 0
    assert project.ran() == {"result:b", "document:b", "document:comparison", "index"}
    new = files(project.out)
    assert b"b is 6" in new["b/report.html"]
    assert {name: content for name, content in new.items() if name.startswith("a/")} == {name: content for name, content in old.items() if name.startswith("a/")}


def test_going_back_runs_nothing_but_brings_the_old_files(project: Project) -> None:
    project.build(TWO)
    old = files(project.out)
    project.build({**TWO, "b": {"number": 3}})
    project.build(TWO)
    assert files(project.out) == old and not project.ran()


def test_a_changed_notebook_runs_its_reports_and_no_result(project: Project) -> None:
    project.build(TWO)
    notebook(project.folder / "show.ipynb", {"scenario": "", "result_dir": ""}, "print('new words for', scenario)")
    project.build(TWO)
    assert project.ran() == {"document:a", "document:b"}


def test_dry_run_tells_what_would_run_and_why_and_writes_nothing(project: Project) -> None:
    project.build(TWO)
    before = files(project.out)
    assert project.build({"a": {"number": 1}, "b": {"number": 9}}, dry_run=True) == 0
    lines = [line.split(maxsplit=1) for line in project.printed.splitlines()]
    assert ["result:b", "parameters changed"] in lines and ["notebook:b", "result:b changed"] in lines
    assert not any(line[0] == "result:a" for line in lines)
    assert project.printed.splitlines()[-1] == "8 of 12 steps to run, 4 up to date"
    assert files(project.out) == before


def test_dry_run_in_a_new_folder_leaves_no_folder(project: Project) -> None:
    assert project.build(TWO, dry_run=True) == 0
    assert "not built yet" in project.printed and not project.out.exists()


def test_force_runs_all_and_gives_the_same_bytes(project: Project) -> None:
    project.build(TWO)
    old = files(project.out)
    project.build(TWO, force=True)
    assert project.ran() == {"result:a", "result:b", "document:a", "document:b", "document:comparison", "index"}
    assert files(project.out) == old


def test_a_file_that_someone_spoiled_is_put_back_without_running(project: Project) -> None:
    project.build(TWO)
    old = files(project.out)
    (project.out / "a" / "report.html").write_text("scribble")
    (project.out / "b" / "report.pdf").unlink()
    project.build(TWO)
    assert files(project.out) == old and not project.ran()


def test_a_result_is_computed_once_however_many_read_it(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "log"
    recipes = {name: {"number": number, "log": str(log)} for number, name in enumerate("abc")}
    project.build(recipes)
    assert sorted(log.read_text().split()) == ["0", "1", "2"]


def test_some_scenarios_now_others_later_are_compared_together(project: Project) -> None:
    project.build(TWO, "a")
    assert not (project.out / "b").exists()
    assert (project.out / "comparison" / "brief.html").read_text().count("\n") == 1
    project.build(TWO, "b")
    brief = (project.out / "comparison" / "brief.html").read_text()
    assert "a 2" in brief and "b 4" in brief
    assert "a: About a" in (project.out / "index.html").read_text(), "the earlier report stays listed"
    assert set(project.manifest()["scenarios"]) == {"a", "b"}


def test_a_scenario_dropped_is_no_longer_listed_after_a_whole_build(project: Project) -> None:
    project.build(TWO)
    project.build({"a": {"number": 1}})
    assert "b: About b" not in (project.out / "index.html").read_text()
    assert not any(name.startswith("b/") for name in project.manifest()["outputs"])


def test_a_file_that_no_build_made_is_left_alone_and_not_listed(project: Project) -> None:
    project.build(TWO)
    (project.out / "a" / "my notes.txt").write_text("remember")
    project.build({**TWO, "a": {"number": 5}})
    assert (project.out / "a" / "my notes.txt").read_text() == "remember"
    assert "a/my notes.txt" not in project.manifest()["outputs"]


def test_keys_change_with_everything_that_goes_in(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path, TWO)
    first = make(tiny, ())
    assert make(Tiny(tmp_path, TWO), ()).steps["index"].key == first.steps["index"].key
    tiny.date = lambda: "2027-01-01"  # type: ignore[method-assign]
    other_day = make(tiny, ())
    changed = {name for name in first.steps if other_day.steps[name].key != first.steps[name].key}
    assert changed == {name for name in first.steps if not name.startswith("result:")}
    tiny.ingredients = lambda kind, notebook: {"library": "other"}  # type: ignore[method-assign]
    other_library = make(tiny, ())
    assert all(other_library.steps[name].key != other_day.steps[name].key for name in first.steps)


def test_an_empty_store_marks_everything_as_not_built(tmp_path: Path) -> None:
    plan = mark(make(Tiny(tmp_path / "n", TWO), ()), Store(tmp_path / "store"), {})
    assert {step.why for step in plan.steps.values()} == {"not built yet"}


# --- failing alone -------------------------------------------------------------------------------------------


def _with_broken(project: Project) -> dict[str, dict]:
    recipes = {**TWO, "c": {"number": 3, "notebook": "broken.ipynb"}}
    Tiny(project.folder, recipes)
    notebook(project.folder / "broken.ipynb", {"scenario": "", "result_dir": ""}, "print('so far so good')", BOOM)
    return recipes


def test_a_failed_notebook_is_named_with_cell_and_error_and_the_others_are_done(project: Project) -> None:
    status = project.build(_with_broken(project))
    assert status == 1
    assert "FAILED notebook:c: notebook broken, cell 3 (x = 1): KeyError: 'no such tariff'" in project.said
    made = files(project.out)
    assert {"a/report.html", "b/report.pdf", "comparison/brief.html", "c/result.json", "index.html"} <= set(made)
    assert "c/report.html" not in made and b"c: About c" not in made["index.html"]
    failed = json.loads(made["c/notebook.failed.ipynb"])
    assert "so far so good\n" in ["".join(o.get("text", "")) for c in failed["cells"] for o in c.get("outputs", [])]
    assert str(project.out / "c" / "notebook.failed.ipynb") in project.said
    assert project.manifest()["failed"] == ["notebook:c"]


def test_a_mended_notebook_runs_alone_and_leaves_nothing_of_the_failure(project: Project, tmp_path: Path) -> None:
    recipes = _with_broken(project)
    project.build(recipes)
    notebook(project.folder / "broken.ipynb", {"scenario": "", "result_dir": ""}, "print('so far so good')")
    assert project.build(recipes) == 0
    assert project.ran() == {"document:c", "index"}
    project.build(recipes, out=tmp_path / "fresh")
    assert files(project.out) == files(tmp_path / "fresh")


def test_the_last_good_report_stays_while_its_notebook_fails(project: Project) -> None:
    recipes = {**TWO, "c": {"number": 3, "notebook": "mine.ipynb"}}
    Tiny(project.folder, recipes)
    notebook(project.folder / "mine.ipynb", {"scenario": "", "result_dir": ""}, "print('good')")
    project.build(recipes)
    notebook(project.folder / "mine.ipynb", {"scenario": "", "result_dir": ""}, BOOM)
    assert project.build(recipes) == 1
    assert "good" in (project.out / "c" / "report.html").read_text()
    assert "c: About c" in (project.out / "index.html").read_text()


def test_a_failed_result_leaves_out_what_needs_it_and_nothing_else(project: Project) -> None:
    assert project.build({**TWO, "b": {"number": 2, "fail": "borders are shut"}}) == 1
    assert "FAILED result:b: ValueError: borders are shut" in project.said
    assert "document:a" in project.ran() and "index" in project.ran()
    assert "notebook:comparison: left out, because result:b failed" in project.said
    assert not (project.out / "b").exists()
    assert project.build(TWO) == 0
    assert "result:a" not in project.ran() and "document:a" not in project.ran()


def test_a_failing_build_ends_the_same_way_when_tried_again(project: Project) -> None:
    recipes = _with_broken(project)
    project.build(recipes)
    first = files(project.out)
    assert project.build(recipes) == 1
    assert project.ran() == {"index"}
    assert files(project.out) == first


# --- telling -------------------------------------------------------------------------------------------------


def test_json_log_is_one_object_a_line(project: Project) -> None:
    project.build(TWO, json_log=True)
    events = [json.loads(line) for line in project.said.splitlines()]
    assert events[0] == {"event": "begin", "seconds_since_start": events[0]["seconds_since_start"], "steps": 12, "up_to_date": 0}
    assert sum(event["steps"] for event in events if event["event"] == "done") == 12
    assert events[-1]["event"] == "end"


def test_quiet_says_only_what_failed(project: Project) -> None:
    project.build(TWO, quiet=True)
    assert project.said == ""
    project.build({"a": {"number": 1, "fail": "no"}}, quiet=True)
    assert project.said.splitlines()[0] == "FAILED result:a: ValueError: no"


# --- one folder, one build -----------------------------------------------------------------------------------


def test_a_second_build_waits_and_says_for_whom(project: Project) -> None:
    holding, free = threading.Event(), threading.Event()

    def hold() -> None:
        with locked(project.out / ".cache" / "lock", wait_seconds=0, on_wait=lambda _: None):
            holding.set()
            free.wait(20)

    other = threading.Thread(target=hold)
    other.start()
    holding.wait(20)
    threading.Timer(0.5, free.set).start()
    start = time.monotonic()
    assert project.build({"a": {"number": 1}}) == 0
    assert time.monotonic() - start > 0.3 and "is being built by process" in project.said
    other.join()


def test_a_second_build_gives_up_when_told_not_to_wait(project: Project) -> None:
    with locked(project.out / ".cache" / "lock", wait_seconds=0, on_wait=lambda _: None), pytest.raises(BuildError, match="is being built by process .* --out"):
        project.build(TWO, wait_seconds=0)
    assert not files(project.out)


# --- of one state --------------------------------------------------------------------------------------------


def _while_computing(log: Path, *edits: Callable[[], object]) -> threading.Thread:
    """Do the edits, a moment apart, once the first result is being computed."""

    def edit() -> None:
        deadline = time.monotonic() + 30
        while not log.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        for one in edits:
            time.sleep(0.15)
            one()

    thread = threading.Thread(target=edit)
    thread.start()
    return thread


@pytest.mark.parametrize("back", [False, True], ids=["edited", "edited and put back"])
def test_what_was_made_from_data_edited_meanwhile_is_neither_kept_nor_delivered(project: Project, back: bool) -> None:
    data, log = project.folder.parent / "data" / "x.txt", project.folder.parent / "log"
    data.parent.mkdir()
    data.write_text("10")
    recipes = {"a": {"number": 1, "reads": str(data), "log": str(log), "sleep": 0.6}}
    edits = [lambda: data.write_text("50"), *([lambda: data.write_text("10")] if back else [])]
    editor = _while_computing(log, *edits)
    assert project.build(recipes) == 1
    editor.join()
    assert "FAILED result:a: data/x.txt changed while the build ran: this and" in project.said
    assert not (project.out / "a" / "result.json").exists(), "of two states at once"
    assert project.build(recipes) == 0
    assert json.loads((project.out / "a" / "result.json").read_text())["value"] == 2 * (1 + 2 * (10 if back else 50))
    project.build(recipes)
    assert project.ran() == set()


def test_a_notebook_edited_meanwhile_is_run_as_it_was_hashed(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "log"
    recipes = {"a": {"number": 1, "log": str(log), "sleep": 0.5}}
    Tiny(project.folder, recipes)
    edited = tiny_build.SHOW.replace("is", "was")
    editor = _while_computing(log, lambda: notebook(project.folder / "show.ipynb", {"scenario": "", "result_dir": ""}, edited))
    assert project.build(recipes) == 0
    editor.join()
    assert "a is 2" in (project.out / "a" / "report.html").read_text()
    assert project.build(recipes) == 0
    assert project.ran() == {"document:a"} and "a was 2" in (project.out / "a" / "report.html").read_text()


# --- nothing of others ---------------------------------------------------------------------------------------


def test_a_folder_of_other_files_is_refused_before_anything_is_computed(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "log"
    project.out.mkdir()
    (project.out / "index.html").write_text("my homepage")
    with pytest.raises(BuildError, match="holds 'index.html', and no build made it"):
        project.build({"a": {"number": 1, "log": str(log)}})
    (tmp_path / "link").symlink_to(project.out)
    with pytest.raises(BuildError, match="no build made it"):
        project.build({"a": {"number": 1, "log": str(log)}}, out=tmp_path / "link")
    assert [p.name for p in project.out.iterdir()] == ["index.html"] and not log.exists()


def test_a_file_of_others_where_a_new_report_would_go_is_not_written_over(project: Project) -> None:
    assert project.build({"a": {"number": 1}}) == 0
    for name in ("b/report.html", "b/result.json", "b/notebook.ipynb", "b/tables/value.csv"):
        mine = project.out / name
        mine.parent.mkdir(parents=True, exist_ok=True)
        mine.write_text("mine")
        with pytest.raises(BuildError, match=f"{name}: is there already and no build made it"):
            project.build(TWO)
        assert mine.read_text() == "mine"
        mine.unlink()
    assert project.build(TWO) == 0


def test_a_table_of_others_beside_ours_is_not_cleared_away(project: Project) -> None:
    project.build({"a": {"number": 1}})
    mine = project.out / "a" / "tables" / "mine.csv"
    mine.write_text("mine")
    assert project.build({"a": {"number": 2}}) == 0
    assert mine.read_text() == "mine"


def test_nothing_is_written_through_a_link_in_the_folder(project: Project, tmp_path: Path) -> None:
    assert project.build({"a": {"number": 1}}) == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "report.html").write_text("mine")
    (project.out / "b").symlink_to(elsewhere)
    with pytest.raises(BuildError, match="is a link to another place"):
        project.build(TWO)
    assert [p.read_text() for p in elsewhere.iterdir()] == ["mine"]


@pytest.mark.parametrize("name", ["", "contents", "steps", "scratch", "last.json", "claims.json", "lock", "contents/ab"])
def test_the_store_is_no_link_for_building_or_cleaning(project: Project, tmp_path: Path, name: str) -> None:
    """What a link led to was written over, swept by a build and removed by clean."""
    project.build({"a": {"number": 1}})
    elsewhere = tmp_path / "elsewhere"
    for file in ("contents/ab/thesis.txt", "steps/thesis.json", "scratch/thesis.txt", "last.json", "thesis.txt"):
        (elsewhere / file).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere / file).write_text("ten years")
    link = project.out / ".cache" / name
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.symlink_to(elsewhere / "thesis.txt" if name in ("last.json", "claims.json", "lock") else elsewhere)
    for attempt in (lambda: project.build(TWO), lambda: owned.clean(project.out)):
        with pytest.raises(BuildError, match="is a link to another place"):
            attempt()
    left = [p for p in elsewhere.rglob("*") if p.is_file()]
    assert len(left) == 5 and {p.read_text() for p in left} == {"ten years"}
    assert (project.out / "a" / "report.html").is_file()


def test_an_empty_name_of_a_folder_is_an_error_and_not_the_current_one(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BuildError, match="--out: is empty"):
        build([], out="", sources=Tiny(project.folder, TWO))


@pytest.mark.parametrize("lost", ["manifest.json", ".cache"])
def test_what_builds_made_is_known_by_either_list(project: Project, lost: str) -> None:
    """The manifest without the store, the store without the manifest: the next build goes on as ever."""
    project.build(TWO)
    path = project.out / lost
    shutil.rmtree(path) if path.is_dir() else path.write_text('{"format": 1, "outputs": [')
    assert project.build({**TWO, "a": {"number": 7}}) == 0
    assert "a is 14" in (project.out / "a" / "report.html").read_text()


# --- cleaning ------------------------------------------------------------------------------------------------


def test_clean_removes_what_was_built_and_nothing_else(project: Project) -> None:
    Tiny(project.folder, {})
    notebook(project.folder / "broken.ipynb", {"scenario": "", "result_dir": ""}, BOOM)
    assert project.build({**TWO, "c": {"number": 3, "notebook": "broken.ipynb"}}) == 1
    assert (project.out / "c" / "notebook.failed.ipynb").exists()
    (project.out / "a" / "my notes.txt").write_text("remember")
    count = len(files(project.out))
    assert owned.clean(project.out) == (count - 1, [])
    assert [p.relative_to(project.out).as_posix() for p in sorted(project.out.rglob("*"))] == ["a", "a/my notes.txt"]


def test_clean_keeps_a_report_that_was_changed_and_says_so(project: Project) -> None:
    project.build(TWO)
    (project.out / "a" / "report.html").write_text("with my remarks")
    _, kept = owned.clean(project.out)
    assert kept == ["a/report.html"]
    assert sorted(files(project.out)) == ["a/report.html"]
    assert project.build(TWO) == 0, "it is still known as a build's own"


def test_clean_waits_for_no_build_and_deletes_nothing_under_one(project: Project) -> None:
    project.build(TWO)
    before = files(project.out)
    with locked(project.out / ".cache" / "lock", wait_seconds=1, on_wait=print), pytest.raises(BuildError, match="is being built by process"):
        owned.clean(project.out)
    assert files(project.out) == before


def test_clean_of_what_no_build_made_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    (home / "docs").mkdir(parents=True)
    (home / "docs" / "thesis.txt").write_text("ten years")
    monkeypatch.setenv("HOME", str(home))
    for place in (Path("/"), home, tmp_path, home / "docs", home / ".." / "home"):
        with pytest.raises(BuildError):
            owned.clean(place)
    assert owned.clean(tmp_path / "nowhere") == (0, [])
    assert (home / "docs" / "thesis.txt").exists() and not (home / "docs" / ".cache").exists()


def test_clean_follows_no_name_of_a_manifest_out_of_the_folder(project: Project, tmp_path: Path) -> None:
    project.build({"a": {"number": 1}})
    (tmp_path / "thesis.txt").write_text("ten years")
    (project.out / "link").symlink_to(tmp_path)
    told = project.manifest()
    digest = {"sha256": hashlib.sha256(b"ten years").hexdigest(), "bytes": 9}
    told["outputs"].update({"../thesis.txt": digest, str(tmp_path / "thesis.txt"): digest, "link/thesis.txt": digest, "a/../../thesis.txt": digest})
    (project.out / "manifest.json").write_text(json.dumps(told))
    owned.clean(project.out)
    assert (tmp_path / "thesis.txt").read_text() == "ten years" and not (project.out / "a").exists()


def test_a_build_that_waited_for_a_cleaning_does_not_build_beside_another(tmp_path: Path) -> None:
    """The file of the lock is removed by whoever cleans: who waited for it must not believe to hold the new one."""
    lock, told = tmp_path / ".cache" / "lock", []

    def second() -> None:
        with locked(lock, wait_seconds=20, on_wait=told.append):
            told.append(lock.exists())

    with locked(lock, wait_seconds=1, on_wait=print):
        thread = threading.Thread(target=second)
        thread.start()
        while not told:
            time.sleep(0.01)
        lock.unlink()
    thread.join()
    assert told[-1] is True
