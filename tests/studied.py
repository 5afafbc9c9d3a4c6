"""Studies that several files look at: each is computed once in a run of the tests, and every caller gets a copy of its own."""

from __future__ import annotations

import hashlib
import os
import pickle
from contextlib import nullcontext
from functools import cache
from pathlib import Path

from corridors import scenario
from corridors.report.store import locked
from corridors.scenario.model import Scenario
from corridors.study import pipeline
from corridors.study.result import StudyResult
from no_way import no_way


def studied(name: str, draws: int = 64, seed: int | None = None) -> StudyResult:
    """What :func:`corridors.study.pipeline.run` gives for a scenario of the project."""
    found: StudyResult = pickle.loads(_kept(scenario.load(name), draws, seed, way=True))  # noqa: S301
    return found


def without_a_way(exporter: str, importer: str, name: str = "far-pair") -> StudyResult:
    """The same with 64 draws for two economies that no corridor joins, with no measure."""
    far = scenario.parse({"title": "No corridor known", "pair": [exporter, importer], "measures": []}, name=name)
    found: StudyResult = pickle.loads(_kept(far, 64, None, way=False))  # noqa: S301
    return found


@cache
def _kept(one: Scenario, draws: int, seed: int | None, way: bool) -> bytes:
    """The result as bytes, from whichever worker computes it first."""
    key = hashlib.sha256(repr((one.model_dump_json(), one.name, draws, seed, way)).encode()).hexdigest()[:24]
    file = Path(os.environ["CORRIDORS_TEST_RUN"]) / "studies" / key
    file.parent.mkdir(exist_ok=True)
    with locked(file.with_suffix(".lock"), wait_seconds=300.0, on_wait=lambda _: None):
        if not file.exists():
            with nullcontext() if way else no_way():
                found = pipeline.run(one, draws=draws, seed=seed)
            whole = file.with_suffix(".new")
            whole.write_bytes(pickle.dumps(found))
            whole.replace(file)
        return file.read_bytes()
