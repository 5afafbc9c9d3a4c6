"""What ``corridors run`` prints for people: the answer of a study in a dozen lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corridors.scenario.model import Scenario


def describe(scenario: Scenario, summary: Mapping[str, Any]) -> str:
    """The summary of a result (``StudyResult.summary()``) as plain text."""
    a, b = summary["pair"]
    last = summary["years"][-1]
    lines = [f"{scenario.title}  ({a}-{b}, {summary['draws']:,} draws, seed {summary['seed']})", ""]
    for case, title in (("baseline", "Without the measures"), ("projected", "With the measures")):
        total = summary[case]["total_musd"][-1]
        lines.append(f"{title + f', two-way trade in {last}':<44} {_band(total, ',.0f')} million dollars")
    lines.append(f"{f'Effect on two-way trade in {last}':<44} {_band(summary['effect_percent'], '+.2f')} %")
    if "effect_without_flights_percent" in summary:
        lines.append(f"{'  without the flights':<44} {_band(summary['effect_without_flights_percent'], '+.2f')} %")
    lines.append(f"{'Change of the trade cost':<44} {_band(summary['trade_cost_change_percent'], '+.2f')} %")
    if summary["contributions"]:
        lines += ["", "What did it (percentage points of trade):"]
        lines += [f"  {c['percent_points']:+7.2f}  {c['measure']}" for c in summary["contributions"]]
    return "\n".join([*lines, "", "Bands are the 10th to the 90th percentile."])


def _band(values: Mapping[str, float], form: str) -> str:
    return f"{values['p50']:{form}}  ({values['p10']:{form}} to {values['p90']:{form}})"
