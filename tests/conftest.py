"""What every test has: quiet plotting, repeatable property tests, what one run of the tests keeps, and a copy of the project to damage."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Before any numerical library is loaded: tests run side by side, one thread each.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
# One folder for a run of the tests, empty at its start: what depends on library and data alone is computed once in it,
# not once in each worker and in each process that a test starts. Nothing of an earlier run is read.
RUN = "CORRIDORS_TEST_RUN"
if RUN not in os.environ:
    os.environ[RUN] = tempfile.mkdtemp(prefix="corridors-tests-")
    atexit.register(shutil.rmtree, os.environ[RUN], ignore_errors=True)
os.environ["CORRIDORS_CACHE"] = str(Path(os.environ[RUN]) / "kept")

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

from corridors.runtime import paths  # noqa: E402

# The machine's speed must not decide whether a property holds.
settings.register_profile(
    "project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))

REPOSITORY = Path(__file__).resolve().parents[1]
# Side by side, a file goes to one worker whole: what its tests share is made once. Those that take longest go first, so that
# no worker is left alone with one of them at the end.
LONGEST_FIRST = (
    "test_faults.py", "test_build.py", "test_docs.py", "test_package.py", "test_real_reports.py", "test_explore.py", "test_study.py",
    "test_kept.py", "test_charts.py", "test_narrative.py", "test_sources.py", "test_build_kernels.py", "test_build_cluster.py",
    "test_capacity.py", "test_hidden.py", "test_one_arithmetic.py", "test_many_cores.py", "test_any_pair.py", "test_unsettled.py",
    "test_flights.py", "test_measure_effects.py", "test_choice.py", "test_gravity.py", "test_gravity_bias.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


@pytest.fixture(autouse=True)
def _nothing_kept_of_what_is_altered(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that alters the library neither reads what others computed nor leaves them what it computes."""
    before = os.environ["CORRIDORS_CACHE"]
    if "monkeypatch" in request.fixturenames:
        os.environ["CORRIDORS_CACHE"] = ""
    yield
    os.environ["CORRIDORS_CACHE"] = before


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
