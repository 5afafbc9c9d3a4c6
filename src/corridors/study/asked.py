"""The chain, asked: the same question of the same installation is computed once and read after that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corridors.runtime import cache
from corridors.study.result import StudyResult

if TYPE_CHECKING:
    from corridors.scenario.model import Scenario


def run(scenario: Scenario, draws: int | None = None, seed: int | None = None) -> StudyResult:
    """The result of a scenario; ``draws`` and ``seed`` None: as the scenario says.

    :func:`corridors.study.pipeline.run` computes it; what it found for the same scenario, draws and
    seed is kept in the user's cache (:mod:`corridors.runtime.cache`) and read from there, as long as
    source, data and libraries are the same. Raises what the pipeline raises: DataError for an economy
    without trade in the data, NotConverged where a step cannot be solved as exactly as promised.
    """

    def compute() -> StudyResult:
        # Who reads a kept answer needs none of it.
        from corridors.study import pipeline

        return pipeline.run(scenario, draws, seed)

    draws = scenario.uncertainty.draws if draws is None else draws
    seed = scenario.uncertainty.seed if seed is None else seed
    return cache.answer(f"{__name__}.run", (scenario.model_dump_json(), draws, seed), compute, passing=True)
