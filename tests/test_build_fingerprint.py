"""What goes into a key: the modules that a step leans on and no others, data, notebooks, versions."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import pytest

from corridors.errors import CorridorsError
from corridors.report import catalogue, fingerprint
from corridors.report.catalogue import ROOTS, Catalogue
from corridors.report.plan import make
from corridors.runtime import paths

SOURCE = Path(fingerprint.__file__).resolve().parents[1]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package's source to change."""
    shutil.copytree(SOURCE, tmp_path / "corridors", ignore=shutil.ignore_patterns("__pycache__", "_shipped"))
    return tmp_path / "corridors"


def test_a_module_counts_only_for_what_leans_on_it(package: Path) -> None:
    before = fingerprint.Library(package)
    (package / "report" / "export" / "notebook.py").write_text("# another export\n")
    after = fingerprint.Library(package)
    assert after.digest(ROOTS["html"]) != before.digest(ROOTS["html"])
    assert after.digest(ROOTS["scenario"]) == before.digest(ROOTS["scenario"])


def test_what_a_step_leans_on_counts_through_others(package: Path) -> None:
    before = fingerprint.Library(package)
    path = package / "transport" / "queue.py"
    path.write_text(path.read_text() + "\n# other words\n")
    after = fingerprint.Library(package)
    for kind in ("scenario", "validation", "background", "sweep"):
        assert after.digest(ROOTS[kind]) != before.digest(ROOTS[kind]), kind


def test_results_do_not_hang_on_charts_and_templates() -> None:
    reached = fingerprint.Library(SOURCE).modules(ROOTS["scenario"])
    assert not [name for name in reached if name.startswith(("corridors.show.charts", "corridors.show.words", "corridors.report.export.notebook", "corridors.show.theme"))]


def test_every_root_is_a_module() -> None:
    known = fingerprint.Library(SOURCE).modules(root for roots in ROOTS.values() for root in roots)
    assert {root for roots in ROOTS.values() for root in roots} <= set(known)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import corridors.show.charts as c", {"corridors.show.charts"}),
        ("def f():\n    from corridors import study", {"corridors", "corridors.study"}),
        ("from . import (\n    a,  # one\n    b,\n)", {"corridors.report", "corridors.report.a", "corridors.report.b"}),
        ("from ..gravity import ppml", {"corridors.gravity", "corridors.gravity.ppml"}),
        ("from corridors import a, \\\n    b", {"corridors", "corridors.a", "corridors.b"}),
        ("import numpy\nimport corridorsque", set()),
        ("# import corridors.show.charts", set()),
    ],
)
def test_imports_are_found_wherever_they_stand(source: str, found: set[str]) -> None:
    assert fingerprint.imports(source, "corridors.report") == found


def test_no_import_of_the_package_is_overlooked() -> None:
    """Against the whole syntax tree of every module."""
    for path in SOURCE.rglob("*.py"):
        if "_shipped" in path.parts:
            continue
        source = path.read_text(encoding="utf-8")
        named = {a.name for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Import) for a in n.names}
        named |= {n.module for n in ast.walk(ast.parse(source)) if isinstance(n, ast.ImportFrom) and n.module and not n.level}
        assert {name for name in named if name.split(".")[0] == "corridors"} <= fingerprint.imports(source, "corridors"), path


def test_a_changed_table_changes_every_key_and_a_new_scenario_only_its_own(project: Path) -> None:
    before = make(Catalogue(), ()).steps
    shutil.copy(project / "scenarios" / "capacity-800.yaml", project / "scenarios" / "my-own.yaml")
    path = project / "scenarios" / "my-own.yaml"
    path.write_text(path.read_text().replace("trucks_per_day: 800", "trucks_per_day: 850"))
    grown = make(Catalogue(), ()).steps
    changed = {name for name in before if grown[name].key != before[name].key}
    assert changed == {name for name in before if name.partition(":")[2] == "comparison" or name == "index"}
    table = project / "data" / "frictions.csv"
    table.write_text(table.read_text() + "\n")
    after = make(Catalogue(), ()).steps
    assert all(after[name].key != grown[name].key for name in grown)


def test_the_order_in_which_scenarios_are_asked_for_changes_nothing(project: Path) -> None:
    one, other = make(Catalogue(), ("capacity-800", "baseline"), also=["china-corridor"]), make(Catalogue(), ("baseline", "capacity-800"), also=["china-corridor"])
    assert list(one.steps.values()) == list(other.steps.values())
    together = make(Catalogue(), ("china-corridor", "capacity-800", "baseline"))
    assert together.documents["comparison"].parameters == one.documents["comparison"].parameters


def test_two_scenarios_of_one_name_are_refused(project: Path, tmp_path: Path) -> None:
    from corridors.errors import ScenarioError

    other = tmp_path / "capacity-800.yaml"
    other.write_text((project / "scenarios" / "capacity-800.yaml").read_text().replace("trucks_per_day: 800", "trucks_per_day: 900"))
    with pytest.raises(ScenarioError, match="another scenario of this build is called 'capacity-800' too"):
        Catalogue().subjects(["capacity-800", str(other)], ())


def test_the_date_of_reports_is_the_newest_in_the_data(tmp_path: Path) -> None:
    package = tmp_path / "datapackage.json"
    package.write_text(json.dumps({"created": "2026-01-05T10:00:00Z", "resources": [{"sources": [{"accessed": "2026-02-13"}], "note": "2027-01-01"}]}))
    assert fingerprint.source_date(package) == "2026-02-13"
    package.write_text("{")
    assert fingerprint.source_date(package) == "1980-01-01"


def test_every_notebook_of_the_project_is_reported() -> None:
    told = {document.notebook.stem for document in Catalogue().documents((), ())}
    there = {path.stem for path in (catalogue.paths.notebooks()).glob("*.ipynb")}
    assert there - told == {"00_explore", "07_one_truck", "explorer"}, "only the notebooks to play with are no report"


def test_notebooks_that_are_missing_are_an_error_and_not_fewer_reports(project: Path) -> None:
    """A build without the folder computed, made no report and said that all was well."""
    (paths.notebooks() / "05_comparison.ipynb").unlink()
    with pytest.raises(CorridorsError, match=r"notebooks: missing: 05_comparison.ipynb; reports are made by these notebooks.*corridors run SCENARIO"):
        make(Catalogue(), ("baseline",))
    shutil.rmtree(paths.notebooks())
    with pytest.raises(CorridorsError, match="missing: 04_scenario.ipynb, 05_comparison.ipynb, 06_validation.ipynb") as caught:
        make(Catalogue(), ())
    assert caught.value.exit_status == 2
