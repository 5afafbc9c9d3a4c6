"""The project's own papers agree with one another: environment, lock, package, citation, checks before a commit."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import corridors

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PYTHONS = ("3.11.9", "3.12.7", "3.13.1")


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(python: str) -> dict[str, str]:
    """Versions that the lock gives to this Python on Linux."""
    environment = {"python_full_version": python, "python_version": python.rsplit(".", 1)[0], "sys_platform": "linux", "os_name": "posix"}
    out: dict[str, str] = {}
    for line in re.findall(r"^([A-Za-z0-9_.-]+==[^\\\n]+?) ?\\?$", LOCK, re.MULTILINE):
        name_version, _, marker = line.partition(" ; ")
        if not marker or Marker(marker).evaluate({**environment, "implementation_name": "cpython", "platform_python_implementation": "CPython"}):
            name, version = name_version.split("==")
            out[_canonical(name)] = version.strip()
    return out


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_satisfies_every_dependency(python: str) -> None:
    assert python in SpecifierSet(PYPROJECT["project"]["requires-python"])
    locked = pins(python)
    extras = PYPROJECT["project"]["optional-dependencies"]
    for text in [*PYPROJECT["project"]["dependencies"], *(d for extra in extras.values() for d in extra)]:
        requirement = Requirement(text)
        name = _canonical(requirement.name)
        assert name in locked, f"{name} is not in requirements.lock for Python {python}"
        assert locked[name] in requirement.specifier, f"{name} {locked[name]} does not satisfy {text}"


def test_every_package_of_the_lock_has_hashes_and_no_address() -> None:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", LOCK)
    entries = [b for b in blocks if re.match(r"[A-Za-z0-9_.-]+==", b)]
    assert len(entries) > 100
    assert all("--hash=sha256:" in b for b in entries)
    assert "://" not in re.sub(r"#.*", "", LOCK), "no index address in the lock"


def test_environment_yml_is_the_lock() -> None:
    """Conda gives Python alone; every package comes from requirements.lock, so that both resolve alike."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    plain = [d for d in environment["dependencies"] if isinstance(d, str)]
    (pip,) = [d["pip"] for d in environment["dependencies"] if isinstance(d, dict)]
    assert pip == ["--require-hashes", "-r requirements.lock"]
    python = next(d for d in plain if d.startswith("python"))
    assert SpecifierSet(python.removeprefix("python")) == SpecifierSet(PYPROJECT["project"]["requires-python"])
    assert set(plain) == {python, "pip"}


def test_make_installs_the_lock_alone() -> None:
    """Old pips look past a pin for a package with extras (coverage[toml]) and stop at its next release."""
    installs = re.findall(r"pip install .*-r requirements\.lock", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert len(installs) == 2
    assert all("--require-hashes --no-deps " in line for line in installs)
    check = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout


def test_one_version_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert PYPROJECT["project"]["version"] == corridors.__version__ == str(citation["version"])
    assert citation["license"] == PYPROJECT["project"]["license"] == "MIT"
    assert "MIT License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_hooks_run_tools_of_the_lock() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    entries = {h["id"]: h["entry"] for repo in hooks for h in repo["hooks"]}
    assert set(entries) == {"ruff", "nbstripout", "data-package", "reference"}
    locked = pins(PYTHONS[0])
    assert {"ruff", "nbstripout", "pre-commit"} <= set(locked)
    assert all(e.startswith(".venv/bin/") for e in entries.values())


def test_what_is_declared_is_imported_and_the_other_way_round() -> None:
    """Only the library itself: what tests and benchmarks need besides is in the extras."""
    declared = {_canonical(Requirement(d).name) for d in PYPROJECT["project"]["dependencies"]}
    modules = {"yaml": "pyyaml", "dask": "distributed", "jupyter_client": "nbclient",
               "traitlets": "nbclient", "mistune": "nbconvert", "markupsafe": "jinja2", "IPython": "jupyterlab", "ipykernel": "jupyterlab", "packaging": "nbconvert",
               "pydantic_core": "pydantic", "jinja2": "jinja2", "zmq": "nbclient", "psutil": "distributed", "urllib3": "requests"}
    used: set[str] = set()
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                used |= {a.name.split(".")[0] for a in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                used.add(node.module.split(".")[0])
    outside = {m for m in used if m not in sys.stdlib_module_names and m != "corridors"}
    found = {_canonical(modules.get(m, m)) for m in outside}
    assert found - declared == set()
    # Programs that `make lab` and `make explore` start.
    assert declared - found <= {"jupyterlab", "voila"}


def test_no_name_of_a_machine_is_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.splitlines():
        file = ROOT / name
        if file.suffix in (".py", ".md", ".yaml", ".yml", ".toml", ".json", ".csv", ".ipynb", ".cff", ".jinja", ".typ") and file.exists():
            text = file.read_text(encoding="utf-8", errors="replace")
            assert not re.search(r"(?<![\w.])/(work|root|home/(?!someone/)\w+)/", text), f"{name} names a path of one machine"


def test_notebooks_are_stored_without_outputs() -> None:
    import nbformat

    for file in (ROOT / "notebooks").glob("*.ipynb"):
        for cell in nbformat.read(file, as_version=4).cells:
            if cell.cell_type == "code":
                assert not cell.outputs and cell.execution_count is None, file.name
