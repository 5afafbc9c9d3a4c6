"""The part of a sweep that workers do: some scenarios in, a table with a row for each out.

:mod:`corridors.report.tasks` calls :func:`result` in a forked worker here or on a worker of a
cluster. A scenario that cannot be computed costs only itself: it is told with its reason, and the
others have their rows.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from corridors import scenario
from corridors.errors import CorridorsError
from corridors.report.messages import Files
from corridors.runtime import installation
from corridors.scenario.model import Scenario

TABLE, FAILED = "rows.parquet", "failed.json"


def warm_up() -> None:
    """Do once, before workers are forked, what every scenario needs: data read, world trade
    balanced, effects fitted."""
    _compute([scenario.load("baseline")], None, None)


def result(kind: str, recipe: Mapping[str, Any]) -> Files:
    """``rows.parquet`` with a row for each scenario that could be computed, and ``failed.json``: reasons by name."""
    asked = [scenario.parse(fields, name=name) for name, fields in recipe["scenarios"].items()]
    rows, failed = compute(asked, recipe["draws"], recipe["seed"])
    table = io.BytesIO()
    rows.to_parquet(table, index=False)
    return {TABLE: table.getvalue(), FAILED: json.dumps(failed).encode()}


def compute(asked: Sequence[Scenario], draws: int | None, seed: int | None) -> tuple[pd.DataFrame, dict[str, str]]:
    """Rows of those that can be computed, in order, and why the others cannot, by name."""
    try:
        return _compute(asked, draws, seed), {}
    except CorridorsError as error:
        if len(asked) == 1:
            return pd.DataFrame(), {asked[0].name: str(error)}
    half = len(asked) // 2
    parts = [compute(asked[:half], draws, seed), compute(asked[half:], draws, seed)]
    rows = [table for table, _ in parts if len(table)]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(), {**parts[0][1], **parts[1][1]}


def _compute(asked: Sequence[Scenario], draws: int | None, seed: int | None) -> pd.DataFrame:
    from corridors.study.headline import DRAWS, quick

    return quick(asked, draws=DRAWS if draws is None else draws, seed=seed)


def version() -> str:
    """What must be the same on every machine that takes part: source and data."""
    return installation.digest()
