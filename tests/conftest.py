"""What every test has: quiet plotting, repeatable property tests, and a copy of the project to damage."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

# Before any numerical library is loaded: tests run side by side, one thread each.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
# What a test computes it computes itself; tests/test_kept.py has folders of its own.
os.environ["CORRIDORS_CACHE"] = ""

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

from corridors.runtime import paths  # noqa: E402

# The machine's speed must not decide whether a property holds.
settings.register_profile(
    "project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _own_path() -> Iterator[None]:
    """The command line makes its process's path a safe one for good: what one test runs must not change the next."""
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "PYTHONSAFEPATH")}
    yield
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of data/, scenarios/ and notebooks/ that the library works on for the length of a test."""
    root = tmp_path / "project"
    for folder in ("data", "scenarios", "notebooks"):
        if (REPOSITORY / folder).is_dir():
            shutil.copytree(REPOSITORY / folder, root / folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    monkeypatch.setenv("CORRIDORS_ROOT", str(root))
    paths.root.cache_clear()
    yield root
    monkeypatch.undo()
    paths.root.cache_clear()
