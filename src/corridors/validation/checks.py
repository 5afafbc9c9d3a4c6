"""Is the model right? Published results, real crossings and routes, the past, known effects: computed in every build.

Nothing here is tuned to pass. A row that fails is kept, counted and shown as failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from corridors.data import tables as data
from corridors.runtime.notebook_html import in_notebook
from corridors.runtime.waiting import step
from corridors.study.saved_tables import SavedTables
from corridors.trade import baseline, reported_level
from corridors.validation import (
    backtest,
    day_of_delay,
    experiments,
    experiments_measured,
    known_effects,
    published,
    real_cases,
    world_ways,
)
from corridors.validation.result_tables import TABLES


@dataclass(frozen=True)
class ValidationResult(SavedTables):
    """Tables of what was checked (:mod:`corridors.validation.result_tables`), and the counts that
    ``validation/result.json`` states."""

    whose = "validation"
    declared = TABLES
    title = "Is the model right?"

    def _repr_html_(self) -> str:
        s = self.summary
        return in_notebook(
            f"<p>Published results reproduced: {s['published_passed']} of {s['published_total']}. "
            f"Backtest skill against "
            f"the last value: {s['backtest']['skill_vs_naive']:.2f}; 80 % bands held "
            f"{100 * s['backtest']['coverage_80']:.0f} %.</p>"
        )


def run() -> ValidationResult:
    """Check everything that can be checked against something from outside."""
    step("forecasts of the past")
    past = backtest.run()
    tables = {
        **step("published results"),
        "published": published.compare(),
        "backtest": past.summary(),
        "coverage": past.coverage,
        "by_size": past.sizes,
        "by_line": past.lines,
        "first_scores": data.forecast_first_scores(),
        "pairs": past.pairs,
        "real_cases": real_cases.compare(),
        **step("known effects"),
        "known_effects": known_effects.compare(),
        **step("borders that shut, opened or slowed"),
        "experiments": experiments.compare(),
        "experiments_measured": experiments_measured.compare(),
        "day_of_delay": day_of_delay.compare(),
        **step("ways anywhere on earth"),
        "world_ways": world_ways.compare(),
        "disagreements": _disagreements(),
        "sources": data.catalogue(),
    }
    return ValidationResult(tables, _summary(tables, past))


def _disagreements() -> pd.DataFrame:
    """Contradictions among reports of every pair that has a series."""
    parts = []
    for pair in reported_level.pairs():
        frame = baseline.disagreements(pair)
        frame.insert(0, "pair", "-".join(pair))
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def _summary(tables: Mapping[str, pd.DataFrame], past: backtest.BacktestResult) -> dict[str, Any]:
    counts = {
        "published": tables["published"]["passed"],
        "real_cases": tables["real_cases"]["within"],
        "known_effects": tables["known_effects"]["within"],
        "experiments": tables["experiments"]["within"],
        "experiments_measured": tables["experiments_measured"]["within"],
    }
    out: dict[str, Any] = {}
    for name, column in counts.items():
        known = column.dropna().astype(bool)
        out[f"{name}_passed"], out[f"{name}_total"] = int(known.sum()), len(known)
    out["backtest"] = past.headline()
    out["world_ways"] = world_ways.summary(tables["world_ways"])
    out["world_ways_causes"] = world_ways.causes()
    out["disagreements"] = len(tables["disagreements"])
    return out
