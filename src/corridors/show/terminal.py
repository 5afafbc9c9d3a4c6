"""What ``corridors run`` prints for people: the answer of a study in a dozen lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from corridors.scenario.model import Scenario
from corridors.show import findings
from corridors.show import numbers as n
from corridors.show.lookups import STILL, Band, fact_band, verdict

if TYPE_CHECKING:
    from corridors.transport.ways import Ways

_MOST_WAYS = 12
_SMALL_MUSD = 10.0
"""Trade below this, in million dollars, is written with digits after the point."""


def describe(scenario: Scenario, summary: Mapping[str, Any]) -> str:
    """The summary of a result (``StudyResult.summary()``) as plain text."""
    a, b = summary["pair"]
    last = summary["years"][-1]
    effect = fact_band(summary["effect_percent"])
    lines = [f"{scenario.title}  ({a}-{b}, {summary['draws']:,} simulated futures, seed {summary['seed']})", ""]
    for case, title in (("baseline", "Without the measures"), ("projected", "With the measures")):
        total = summary[case]["total_musd"][-1]
        if case == "projected":
            total = {**total, "p50": findings.raised(summary["baseline"]["total_musd"][-1]["p50"], effect)}
        lines.append(f"{title + f', two-way trade in {last}':<44} {_band(total, ',.0f' if total['p50'] >= _SMALL_MUSD else ',.2f')} million dollars")
    lines.append(f"{f'Effect on two-way trade in {last}':<44} {_effect(effect)}")
    if "effect_without_flights_percent" in summary:
        lines.append(f"{'  without the flights':<44} {_effect(fact_band(summary['effect_without_flights_percent']))}")
    lines.append(f"{'Change of the trade cost':<44} {_band(summary['trade_cost_change_percent'], '+.2f')} %")
    if summary["contributions"] and findings.told(effect):
        lines += ["", "What did it (percentage points of trade):"]
        lines += [f"  {c['percent_points']:+7.2f}  {c['measure']}" for c in summary["contributions"]]
    lines += ["", *summary["messages"]] if summary["messages"] else []
    return "\n".join(
        [
            *lines,
            "",
            "Bands are the 10th to the 90th percentile; minus is less trade than without the measures.",
        ]
    )


def _effect(band: Band) -> str:
    """The effect as everywhere: digits only where it is a finding."""
    if verdict(band) in STILL:
        return findings.WORDS[verdict(band)]
    return f"{findings.percent(band)}  ({n.percent_range(band.low, band.high, sign=True, mid=band.mid)})".replace(
        n.THIN, " "
    ).replace(n.MINUS, "-")


def _band(values: Mapping[str, float], form: str) -> str:
    middle, low, high = (_figure(values[p], form) for p in ("p50", "p10", "p90"))
    return f"{middle}  ({low} to {high})"


def _figure(value: float, form: str) -> str:
    """A figure in ``form``; nothing has no sign."""
    told = f"{value:{form}}"
    return told if re.search("[1-9]", told) else told.lstrip("+-")


def describe_ways(found: Ways) -> str:
    """The ways of a pair (``corridors ways``) as plain text: those that carry something, by direction."""
    lines = []
    for exporter, importer in (found.pair, found.pair[::-1]):
        rows = [way for way in found.ways if way.exporter == exporter]
        if rows:
            lines += [
                f"{exporter} to {importer}",
                f"  {'share':>7}  {'mode':<5} {'km':>7} {'days':>6} {'USD/t':>7}  way",
            ]
        for way in rows[:_MOST_WAYS]:
            ends = f"{way.origin} to {way.destination}: {way.name}"
            lines.append(
                f"  {100 * way.share:6.1f}%  {way.mode:<5} {way.km:7,.0f} {way.days:6.1f} {way.usd_per_t:7,.0f}  {ends}"
            )
        if len(rows) > _MOST_WAYS:
            lines.append(f"  and {len(rows) - _MOST_WAYS} more (--json has all)")
    if found.crossings:
        lines += ["", "Crossings"]
    for row in sorted(found.crossings, key=lambda r: -float(r["load_trucks_per_day"])):
        known = (
            f"{row['capacity_trucks_per_day']:,.0f}"
            if row["capacity_known"]
            else f"{row['capacity_low']:,.0f}-{row['capacity_high']:,.0f} (estimate)"
        )
        lines.append(
            f"  {row['crossing']:<22} {row['state']:<5} {row['load_trucks_per_day']:8,.0f} trucks a day of {known}, "
            f"{row['hours']:.1f} hours, {row['fee_usd_per_truck']:,.0f} USD"
        )
    return "\n".join([*lines, *([""] if lines and found.messages else []), *found.messages])
