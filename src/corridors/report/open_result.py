"""What a notebook opens: a result that the build has computed already, or, run by hand, one computed now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from corridors.runtime.waiting import step, under_cell

if TYPE_CHECKING:
    from corridors.study.background import Background
    from corridors.study.result import StudyResult
    from corridors.validation.checks import ValidationResult


def open_result(scenario: str, result_dir: str = "", pair: Sequence[str] = ()) -> StudyResult:
    """The study saved in ``result_dir``; where that is empty, the scenario of that name or file is computed.

    ``pair``: two ISO 3166 codes, if the scenario's measures are asked of another pair; its aims are
    left out then. Raises ScenarioError where measures and pair do not fit.
    """
    if result_dir:
        from corridors.study import result

        return result.load(result_dir)
    from corridors import scenario as scenarios
    from corridors.study import asked

    chosen = scenarios.load(scenario)
    if pair and tuple(pair) != chosen.pair:
        same = chosen.model_dump(mode="json", exclude={"name", "targets"}, exclude_none=True)
        chosen = scenarios.parse({**same, "pair": list(pair)}, name=chosen.name)
    return asked.run(chosen)


def open_results(scenarios: Sequence[str], results_dir: str = "") -> list[StudyResult]:
    """The studies of several scenarios, each saved in its own folder of ``results_dir``, or computed now."""
    if results_dir:
        return [open_result(name, str(Path(results_dir) / name)) for name in scenarios]
    found = []
    for number, name in enumerate(scenarios, 1):
        with under_cell(f"{name}, {number} of {len(scenarios)}"):
            found.append(open_result(name))
    return found


def open_validation(result_path: str = "") -> ValidationResult:
    """The validation saved in ``result_path``; where that is empty, it is computed now."""
    from corridors.validation import checks

    if result_path:
        return checks.ValidationResult.load(result_path)
    with under_cell():
        return checks.run()


def open_with_background(scenario: str, results_dir: str = "") -> tuple[StudyResult, Background]:
    """The study and the world around its pair, each saved in its own folder of ``results_dir``, or computed now."""
    from corridors.study import background

    result = open_result(scenario, str(Path(results_dir) / scenario) if results_dir else "")
    if results_dir:
        return result, background.Background.load(Path(results_dir) / background.Background.whose)
    with under_cell():
        step("the world around the pair")
        return result, background.run(result.pair)
