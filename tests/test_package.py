"""The wheel is the whole product: installed into a folder of its own it gives library and command line with their data."""

from __future__ import annotations

import email
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("data", "notebooks", "scenarios")
Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.slow


def _copy(target: Path) -> Path:
    """A copy to build from, so that nothing is left behind in the checkout."""
    target.mkdir()
    for name in (*SHIPPED, "src"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CITATION.cff", "CHANGELOG.md"):
        shutil.copy(ROOT / name, target / name)
    return target


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as ``pip install .`` builds it; nothing is fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", str(_copy(folder / "source")), "--no-deps", "--no-build-isolation",
               "--disable-pip-version-check", "-q", "-w", str(folder)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs the installed command line in a folder that has nothing to do with the checkout."""
    site, elsewhere = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("elsewhere")
    command = [sys.executable, "-m", "pip", "install", str(wheel), "--no-deps", "--no-index", "--disable-pip-version-check", "-q",
               "--target", str(site)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    environment = {k: v for k, v in os.environ.items() if k != "CORRIDORS_ROOT"} | {"PYTHONPATH": str(site)}

    def run(*arguments: str, program: tuple[str, ...] = ("-m", "corridors.cli")) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, *program, *arguments], cwd=elsewhere, env=environment, capture_output=True, text=True)

    where = run(program=("-c", "import corridors, corridors.runtime.paths as p; print(corridors.__file__); print(p.root())"))
    module, root = where.stdout.split()
    assert Path(module).is_relative_to(site) and Path(root) == Path(module).parent / "_shipped"
    return run


def test_the_wheel_has_every_file_of_library_data_notebooks_and_scenarios(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    ignored = {"__pycache__", ".ipynb_checkpoints"}
    for folder, where in (("src/corridors", "corridors"), *((f, f"corridors/_shipped/{f}") for f in SHIPPED)):
        files = [f for f in (ROOT / folder).rglob("*") if f.is_file() and not ignored.intersection(f.parts)]
        assert files
        assert {f"{where}/{f.relative_to(ROOT / folder).as_posix()}" for f in files} <= inside
    assert not [name for name in inside if "__pycache__" in name or ".ipynb_checkpoints" in name or name.startswith("tests/")]


def test_the_wheel_says_what_it_needs(wheel: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        metadata = email.message_from_string(archive.read(name).decode())
        points = archive.read(name.replace("METADATA", "entry_points.txt")).decode()
    assert metadata["Version"] == project["version"]
    assert len([d for d in metadata.get_all("Requires-Dist") or [] if "extra ==" not in d]) == len(project["dependencies"])
    assert str(metadata.get_payload()).strip() == (ROOT / "README.md").read_text(encoding="utf-8").strip()
    assert "corridors = corridors.cli:main" in points and "corridors-html" in points


def test_list_and_check_from_another_folder(installed: Run) -> None:
    listed = installed("list")
    assert listed.returncode == 0, listed.stderr
    assert {line.split()[0] for line in listed.stdout.splitlines()} == {
        p.stem for p in (ROOT / "scenarios").glob("*.yaml") if p.stem != "defaults"
    }
    checked = installed("check")
    assert checked.returncode == 0 and "no mistakes" in checked.stdout, checked.stderr


def test_run_from_another_folder(installed: Run) -> None:
    done = installed("run", "capacity-800", "--draws", "64", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["pair"] == ["PAK", "RUS"]


def test_a_new_scenario_is_written_where_the_user_is_not_into_the_package(installed: Run) -> None:
    made = installed("new", "pak-kaz", "--pair", "PAK,KAZ")
    assert made.returncode == 0, made.stderr
    path = Path(made.stdout.strip())
    assert path.is_absolute() and path.name == "pak-kaz.yaml" and "_shipped" not in path.parts
    assert str(path) in made.stderr
    checked = installed("check", str(path))
    assert checked.returncode == 0, checked.stderr


def test_from_nothing_to_a_report_from_another_folder(installed: Run, tmp_path: Path) -> None:
    """What a new user does: one YAML file for a pair of their own, then its report in both formats."""
    written = installed("new", "first-try", "--pair", "PAK,UZB", "--out", str(tmp_path))
    assert written.returncode == 0, written.stderr
    file = tmp_path / "first-try.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "uncertainty: {draws: 64}\n", encoding="utf-8")
    built = installed("build", str(file), "--out", str(tmp_path / "reports"), "--jobs", "1")
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "reports" / "first-try" / "report.pdf").read_bytes().startswith(b"%PDF")
    page = (tmp_path / "reports" / "first-try" / "report.html").read_text(encoding="utf-8")
    assert "Uzbekistan" in page and str(ROOT) not in page


def test_data_inside_the_package_are_not_overwritten(installed: Run) -> None:
    refused = installed("data", "refresh", "worldbank", "--yes")
    assert refused.returncode != 0
    assert "CORRIDORS_ROOT" in refused.stderr and "Traceback" not in refused.stderr


def test_the_source_archive_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    """What is published as source is complete."""
    script = "import sys; from hatchling.build import build_sdist; print(build_sdist(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=wheel.parent / "source", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "out", filter="data")
    (source,) = (tmp_path / "out").iterdir()
    command = [sys.executable, "-m", "pip", "wheel", str(source), "--no-deps", "--no-build-isolation", "-q", "-w", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (again,) = tmp_path.glob("*.whl")
    assert set(zipfile.ZipFile(again).namelist()) == set(zipfile.ZipFile(wheel).namelist())
