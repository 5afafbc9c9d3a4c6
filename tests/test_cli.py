"""The command line: what it prints, where, with which status; every mistake is one clear message."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from corridors import __version__, cli, scenario


class Outcome:
    """What one run of the command line did."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def corridors(capfd: pytest.CaptureFixture[str]):
    """Run ``corridors`` in this process."""

    def run(*arguments: str) -> Outcome:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(list(arguments))
        out, err = capfd.readouterr()
        return Outcome(int(ended.value.code or 0), out, err)

    return run


def test_version(corridors) -> None:
    done = corridors("--version")
    assert (done.status, done.out.strip()) == (0, f"corridors {__version__}")


def test_list_has_one_line_a_scenario(corridors) -> None:
    done = corridors("list")
    assert done.status == 0 and done.err == ""
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines] == scenario.names()
    assert "Border crossings take 800 trucks a day" in done.out


def test_list_goes_on_after_a_broken_file(project: Path, corridors) -> None:
    (project / "scenarios" / "broken.yaml").write_text("title: T\nhorizn: [1, 2]\n", encoding="utf-8")
    done = corridors("list")
    assert done.status == 2
    assert "broken.yaml" in done.err and "horizn" in done.err
    assert len(done.out.splitlines()) == len(scenario.names()) - 1


def test_check_everything(corridors) -> None:
    done = corridors("check")
    assert done.status == 0, done.err
    assert re.fullmatch(r"\d+ scenarios and \d+ tables checked: no mistakes\n", done.out)


def test_check_prints_every_mistake_of_every_file(project: Path, corridors, tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text("title: T\npair: [PAK, PAK]\nuncertainty: {draws: 1}\n", encoding="utf-8")
    two.write_text("title: T\nmeasures: [{kind: closur}]\n", encoding="utf-8")
    done = corridors("check", str(one), str(two), "baseline")
    assert done.status == 2 and done.out == ""
    for part in ("one.yaml: 2 mistakes", "pair: names 'PAK' twice", "uncertainty.draws: is 1", "two.yaml", "did you mean 'closure'"):
        assert part in done.err


def test_check_finds_damage_in_data_and_scenarios_at_once(project: Path, corridors) -> None:
    (project / "data" / "gdp.csv").write_text("iso3,year,gdp_musd\nPAK,2020,x\n", encoding="utf-8")
    (project / "scenarios" / "wrong.yaml").write_text("title: T\nfoo: 1\n", encoding="utf-8")
    done = corridors("check")
    assert done.status == 2
    assert "gdp.csv: line 2: column 'gdp_musd' is 'x'" in done.err and "foo: is not a field" in done.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lst"], "did you mean 'list'"),
        (["data", "refrsh", "worldbank"], "did you mean 'refresh'"),
        (["--nonsense"], "--nonsense"),
        (["run"], "SCENARIO"),
        (["run", "capacity-80"], "did you mean 'capacity-800'"),
        (["run", "no/such/file.yaml"], "there is no such file"),
        (["run", "baseline", "--draws", "63"], "63"),
        (["run", "baseline", "--draws", "many"], "many"),
        (["run", "baseline", "--seed", "-1"], "-1"),
        (["build", "--formats", "docx"], "'docx'; allowed: html, pdf"),
        (["build", "--formats", ","], "is empty"),
        (["build", "--jobs", "0"], "0"),
        (["new", "x", "--pair", "PAK"], "two economies"),
        (["new", "x"], "two economies"),
        (["new", "x", "--pair", "PAK", "UZB", "KAZ"], "two economies"),
        (["new", "x", "--pair", "PAK,UZBE"], "did you mean 'UZB'"),
        (["new", "../x", "--pair", "PAK,UZB"], "the file's name is the scenario's name"),
        (["new", "baseline", "--pair", "PAK,UZB"], "is there already"),
        (["compare", "a.json", "b.json"], "a.json: cannot be read"),
        (["data", "refresh", "imff"], "'imff' is not one of 'imf'"),
    ],
)
def test_wrong_input_is_status_2_with_one_message(project: Path, corridors, arguments: list[str], says: str) -> None:
    done = corridors(*arguments)
    assert done.status == 2
    assert done.out == ""
    assert says in done.err
    assert "Traceback" not in done.err


def test_debug_shows_where(project: Path, corridors) -> None:
    from corridors.errors import ScenarioError

    with pytest.raises(ScenarioError):
        cli.main(["--debug", "run", "capacity-80"])
    with pytest.raises(ScenarioError):
        cli.main(["run", "capacity-80", "--debug"])


def test_a_fault_of_the_program_is_status_1(corridors, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> list[str]:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(scenario, "names", fail)
    done = corridors("list")
    assert done.status == 1
    assert "the disk is on fire" in done.err and "--debug" in done.err and "Traceback" not in done.err


def test_interruption_is_status_130(corridors, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(scenario, "names", interrupt)
    done = corridors("list")
    assert done.status == 130 and "interrupted" in done.err


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as on POSIX")
def test_a_real_interrupt_of_a_real_process() -> None:
    code = "import time; from corridors import cli, scenario; scenario.names = lambda: (print('ready', flush=True), time.sleep(30)); cli.main(['list'])"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_data_list(corridors) -> None:
    done = corridors("data", "list")
    assert done.status == 0
    assert "bilateral_trade_panel" in done.out and "154,090" in done.out and "2026-11-24" in done.out and "CC BY 4.0" in done.out
    rows = json.loads(corridors("data", "list", "--json").out)
    assert {"name", "rows", "licence", "accessed", "source_title"} <= set(rows[0])


def test_new_writes_a_scenario_that_check_accepts(project: Path, corridors) -> None:
    done = corridors("new", "uzbek-road", "--pair", "PAK,UZB", "--title", "An Uzbek road: now")
    assert done.status == 0
    path = Path(done.out.strip())
    assert path == project / "scenarios" / "uzbek-road.yaml"
    assert corridors("check", "uzbek-road").status == 0
    assert scenario.load("uzbek-road").title == "An Uzbek road: now"


def test_help_answers_at_once() -> None:
    best = min(_seconds(["--help"]) for _ in range(3))
    assert best < 0.4


def _seconds(arguments: list[str]) -> float:
    """Processor time, which other processes on the machine do not change."""
    before = os.times()
    subprocess.run([sys.executable, "-m", "corridors.cli", *arguments], capture_output=True, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def test_output_to_a_closed_pipe_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m corridors.cli data list | head -1", shell=True, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr and done.stdout.startswith("table")


def test_every_command_has_help(corridors) -> None:
    for command in cli.commands.commands:
        done = corridors(command, "--help")
        assert done.status == 0 and len(done.out.splitlines()) > 3


# --- what commands hand on -------------------------------------------------------------------------------


class FakeResult:
    """Stands in for a computed study: the command line only hands on and prints."""

    def __init__(self) -> None:
        band = {"p10": 900.0, "p50": 1000.0, "p90": 1150.0}
        self.saved: Path | None = None
        paths_ = {f"{flow}_musd": [{"year": 2026, **band}, {"year": 2027, **band}] for flow in ("exports", "imports", "total")}
        self._summary = {
            "scenario": "baseline", "pair": ["PAK", "RUS"], "years": [2026, 2027], "draws": 64, "seed": 7,
            "baseline": paths_, "projected": paths_, "effect_percent": {"p10": -0.1, "p50": 0.25, "p90": 0.75},
            "trade_cost_change_percent": {"p10": -0.2, "p50": -0.125, "p90": 0.0},
            "contributions": [{"measure": "800 trucks a day at Torkham", "kind": "border_capacity", "percent_points": 0.25}],
            "messages": [],
        }

    def summary(self) -> dict[str, object]:
        return self._summary

    def json(self) -> str:
        return json.dumps(self._summary) + "\n"

    def __str__(self) -> str:
        return "the page"

    def save(self, folder: Path) -> None:
        self.saved = folder

    @staticmethod
    def refuse_other_files(folder: Path) -> None:
        assert not folder.exists()


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Replaces ``corridors.study`` and records how it was called."""
    import types

    import corridors as package

    called: dict[str, object] = {"result": FakeResult()}
    module = types.ModuleType("corridors.study")

    def run(one: object, draws: int | None = None, seed: int | None = None) -> object:
        called.update(scenario=one, draws=draws, seed=seed)
        return called["result"]

    module.run = run  # type: ignore[attr-defined]
    module.StudyResult = FakeResult  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "corridors.study", module)
    monkeypatch.setattr(package, "study", module, raising=False)
    return called


def test_run_hands_on_scenario_draws_and_seed(corridors, study: dict[str, object], tmp_path: Path) -> None:
    done = corridors("run", "capacity-800", "--json", "--draws", "128", "--seed", "9", "--save", str(tmp_path / "kept"))
    assert done.status == 0 and done.err == ""
    assert json.loads(done.out)["effect_percent"]["p50"] == 0.25
    assert (study["scenario"].name, study["draws"], study["seed"]) == ("capacity-800", 128, 9)  # type: ignore[attr-defined]
    assert study["result"].saved == tmp_path / "kept"  # type: ignore[attr-defined]
    corridors("run", "capacity-800")
    assert (study["draws"], study["seed"]) == (None, None), "as the scenario says"


def test_run_prints_the_result_as_a_page(corridors, study: dict[str, object]) -> None:
    assert corridors("run", "baseline").out == "the page\n"


def test_build_hands_on_every_option(corridors, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from corridors.report import build

    called: dict[str, object] = {}

    def fake(names: tuple[str, ...], **options: object) -> int:
        called.update(names=names, **options)
        return 1

    monkeypatch.setattr(build, "build", fake)
    done = corridors("build", "baseline", "capacity-800", "--formats", "PDF,html,pdf", "--jobs", "3", "--out", str(tmp_path), "--force",
                     "--dry-run", "--scheduler", "tcp://127.0.0.1:1", "--quiet", "--json-log")
    assert done.status == 1, "a failed report is the build's status"
    assert called == {
        "names": ("baseline", "capacity-800"), "formats": ("pdf", "html"), "jobs": 3, "out": tmp_path, "force": True,
        "dry_run": True, "scheduler": "tcp://127.0.0.1:1", "quiet": True, "json_log": True,
    }


def test_refresh_does_not_write_without_a_terminal_or_yes(project: Path, corridors, monkeypatch: pytest.MonkeyPatch) -> None:
    from corridors.data.sources import refresh

    answers: list[bool] = []

    def fake(source: str, *, confirm, **_: object) -> int:
        answers.append(confirm("Write?"))
        return 0

    monkeypatch.setattr(refresh, "refresh", fake)
    assert corridors("data", "refresh", "worldbank").status == 0
    assert corridors("data", "refresh", "worldbank", "--yes").status == 0
    assert answers == [False, True]


def test_a_source_that_fails_is_status_1_and_one_message(project: Path, corridors, monkeypatch: pytest.MonkeyPatch) -> None:
    from corridors.data.sources import http, worldbank

    monkeypatch.setattr(worldbank, "client", lambda: http.Client("World Bank", "http://127.0.0.1:9", min_interval=0, attempts=1))
    done = corridors("data", "refresh", "worldbank", "--yes")
    assert done.status == 1
    assert "World Bank: country/all/indicator/NY.GDP.MKTP.CD: no complete answer" in done.err and "Traceback" not in done.err


@pytest.mark.parametrize(("given", "used"), [(None, "1"), ("3", "3")])
def test_numerical_libraries_get_one_thread_unless_the_user_says_otherwise(given: str | None, used: str) -> None:
    """Two runs side by side on two cores took twice as long with a thread for each core."""
    code = (
        "import os, sys\nfrom corridors import cli\ntry:\n    cli.main(['--version'])\nexcept SystemExit:\n"
        "    print([os.environ[n] for n in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS')], 'numpy' in sys.modules)"
    )
    plain = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environment = plain if given is None else {**plain, "OMP_NUM_THREADS": given, "OPENBLAS_NUM_THREADS": given}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == f"{[used, used]} False", done.stderr


_COUNT = """
import ctypes, pathlib, {module}
library, = pathlib.Path({module}.__file__).parent.with_name("{module}.libs").glob("*openblas*")
import {loading}
threads = next(f for f in (getattr(ctypes.CDLL(str(library)), f"scipy_openblas_get_num_threads{{end}}", None) for end in ("64_", "")) if f)
{before}
import corridors
print(threads(), os.environ.get("OPENBLAS_NUM_THREADS"))
"""


@pytest.mark.skipif((os.cpu_count() or 1) < 2 or not list((Path(np.__file__).parents[1] / "numpy.libs").glob("*openblas*")), reason="one core, or NumPy brought no OpenBLAS")
@pytest.mark.parametrize(("module", "loading"), [("numpy", "numpy.linalg"), ("scipy", "scipy.linalg")])
@pytest.mark.parametrize(("given", "used"), [(None, "1 1"), ("2", "2 2")])
def test_a_library_that_a_notebook_loaded_first_gets_one_thread_too(module: str, loading: str, given: str | None, used: str) -> None:
    """A notebook that begins with `import numpy` waited three minutes for its first answer: threads waited for threads."""
    plain = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environment = plain if given is None else {**plain, "OMP_NUM_THREADS": given, "OPENBLAS_NUM_THREADS": given}
    code = "import os\n" + _COUNT.format(module=module, loading=loading, before="assert threads() > 1")
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == used, done.stderr


@pytest.mark.parametrize("command", [["build", "--out"], ["clean", "--out"], ["sweep", "grid.yaml", "--out"], ["dist", "--out"], ["run", "baseline", "--save"], ["new", "a-b", "--pair", "PAK,UZB", "--out"]])
@pytest.mark.parametrize("empty", ["", "  ", "a\x1b[2Jb", "a\nb"])
def test_an_empty_place_to_write_to_is_a_mistake(corridors, command: list[str], empty: str) -> None:
    done = corridors(*command, empty)
    assert done.status == 2 and ("is empty" in done.err or "control characters" in done.err) and "\x1b" not in done.err


@pytest.mark.parametrize("content", ["{}", "[]", "{", '{"scenario": 1, "pair": 2}'])
def test_a_list_of_another_program_makes_no_saved_result(corridors, tmp_path: Path, content: str) -> None:
    (tmp_path / "study.json").write_text(content)
    done = corridors("run", "baseline", "--draws", "64", "--save", str(tmp_path))
    assert done.status == 2 and "holds 'study.json', which is not of a saved result" in done.err
    assert (tmp_path / "study.json").read_text() == content


def test_a_result_is_not_saved_among_other_files(corridors, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years")
    done = corridors("run", "baseline", "--draws", "64", "--save", str(tmp_path))
    assert done.status == 2 and "holds 'thesis.txt', which is not of a saved result" in done.err
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(("typed", "offered"), [("corridors run cap", {"plain,capacity-200", "plain,capacity-800", "plain,capacity-1000"}), ("corridors build ./my", {"file,./my"}), ("corridors comp", {"plain,compare"})])
def test_the_shell_is_told_scenarios_and_files(typed: str, offered: set[str]) -> None:
    environment = {**os.environ, "_CORRIDORS_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    done = subprocess.run([sys.executable, "-m", "corridors.cli"], env=environment, cwd=scenario.__file__.rsplit("/src/", 1)[0], capture_output=True, text=True)
    assert offered == set(done.stdout.split()), done.stderr


@pytest.mark.skipif(os.name != "posix", reason="no signals")
@pytest.mark.parametrize("loading", ["corridors.runtime.machine", "ctypes", "corridors.errors", "click", "corridors.scenario"])
@pytest.mark.parametrize("asked", ["corridors", "another program"])
def test_an_interruption_while_the_command_line_is_loaded_is_told_as_ever(loading: str, asked: str) -> None:
    """It ended in a traceback of Python in the first tenth of a second; a program that uses the library is left alone."""
    code = (
        "import os, signal, sys; sent = []\n"
        "def interrupt(event, found):\n"
        f"    if event == 'import' and found[0] == {loading!r} and not sent:\n"
        "        sent.append(1); os.kill(os.getpid(), signal.SIGINT)\n"
        f"sys.argv = [{asked!r}, 'list']; sys.addaudithook(interrupt)\n"
        "from corridors.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60)
    if asked == "corridors" or loading == "corridors.scenario":
        assert (done.returncode, done.stderr.strip()) == (130, "corridors: interrupted")
    else:
        assert "KeyboardInterrupt" in done.stderr


def test_check_says_what_a_measure_cannot_move_and_that_nothing_is_wrong(corridors, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.yaml"
    file.write_text("pair: [PAK, RUS]\nmeasures:\n  - {kind: border_capacity, crossings: [malaba], trucks_per_day: 900, start: 2028}\n")
    checked = corridors("check", str(file))
    assert (checked.status, checked.out) == (0, "1 scenario checked: no mistakes\n")
    assert "elsewhere.yaml: Pakistan and Russia have no way over Malaba: " in checked.err
