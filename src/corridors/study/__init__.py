"""One scenario, answered: ``run(load("capacity-800"))``. Read :mod:`corridors.study.pipeline` first.

Results are read by many who compute nothing, so the chain behind :func:`run` loads when it is first
asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corridors.study.asked import run
    from corridors.study.result import StudyResult

__all__ = ["StudyResult", "run"]


def __getattr__(name: str) -> Any:
    if name == "run":
        from corridors.study.asked import run

        return run
    if name == "StudyResult":
        from corridors.study.result import StudyResult

        return StudyResult
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
