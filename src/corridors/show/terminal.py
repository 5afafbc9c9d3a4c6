"""What ``corridors run`` and ``print(result)`` show people: the answer of a study on one screen."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from corridors.show import findings, words
from corridors.show import numbers as n
from corridors.show.blocks import Prose
from corridors.show.lookups import OUTSIDE, STILL, Band, clean, fact_band, verdict

if TYPE_CHECKING:
    from corridors.study.compare import Comparison
    from corridors.study.result import StudyResult
    from corridors.transport.ways import Ways

_MOST_WAYS = 12
_WIDTH = 100
_LABEL, _COLUMN = 47, 38
_NO_WAY_PERCENT = 1e5
_SMALL_MUSD = 10.0
"""Trade below this, in million dollars, is written with digits after the point."""


def page(result: StudyResult) -> str:
    """A result as plain text: the answer and what it is worth in words, the figures, what did it, what is full."""
    summary = result.summary()
    a, b = result.pair
    last = result.years[-1]
    effect = fact_band(summary["effect_percent"])
    lines = [
        clean(result.title),
        f"{a}-{b}, {result.years[0]}-{last}, {result.draws:,} simulated futures, seed {result.seed}",
    ]
    lines += ["", *_paragraphs(words.answer(result))]
    if worth := words.worth_line(result):
        lines += _paragraphs(Prose((*worth.paragraphs, words.why_loss(result), words.rests_on(result))))
    for case, title in (("baseline", "Without the measures"), ("projected", "With the measures")):
        total = summary[case]["total_musd"][-1]
        if case == "projected":
            total = {**total, "p50": findings.raised(summary["baseline"]["total_musd"][-1]["p50"], effect)}
        lines.append(
            f"{title + f', two-way trade in {last}':<44} "
            f"{_band(total, ',.0f' if total['p50'] >= _SMALL_MUSD else ',.2f')} million dollars"
        )
    lines.append(f"{f'Effect on two-way trade in {last}':<44} {_effect(effect)}")
    if "effect_without_flights_percent" in summary:
        lines.append(f"{'  without the flights':<44} {_effect(fact_band(summary['effect_without_flights_percent']))}")
    cost = summary["trade_cost_change_percent"]
    changed = f"{_band(cost, '+.2f')} %" if cost["p50"] < _NO_WAY_PERCENT else "no way is left"
    lines.append(f"{'Change of the trade cost':<44} {changed}")
    if summary["contributions"] and findings.told(effect):
        lines += ["", "What did it (percentage points of trade):"]
        lines += [f"  {round(c['percent_points'], 2) + 0.0:+7.2f}  {clean(c['measure'])}" for c in summary["contributions"]]
    lines += [
        "", *_paragraphs(words.binding_words(result)),
        *(line for text in summary["messages"] for line in (*_wrapped(f"{clean(text)}."), "")),
    ]
    lines += _wrapped("In brackets the 10th to the 90th percentile; minus is less trade than without the measures.")
    return "\n".join(lines)


def _paragraphs(block: Prose | None) -> list[str]:
    """The paragraphs of a block, each with an empty line after it, in characters of a keyboard."""
    plain = (text.replace(n.THIN, " ").replace(n.MINUS, "-") for text in (block.paragraphs if block else ()))
    return [line for text in plain if text for line in (*_wrapped(text), "")]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def compared(found: Comparison) -> str:
    """Two results beside each other in what matters, then where on the way they part."""
    rows: list[tuple[str, Callable[[Mapping[str, Any]], str]]] = [
        ("", lambda r: textwrap.shorten(str(r["title"]), _COLUMN - 2, placeholder="...")),
        ("Two-way trade, last year, million dollars", lambda r: _band(r["projected"]["total_musd"][-1], ",.0f")),
        ("Effect of the measures", lambda r: _effect(fact_band(r["effect_percent"]))),
        ("Change of the trade cost, %", lambda r: _band(r["trade_cost_change_percent"], "+.2f")),
        ("Worth a year to all who ship, million dollars", lambda r: _worth(r["appraisal"]["user_benefits_musd"])),
    ]
    if found.first_step is None:
        return str(found)
    head = ["A: " + found.a, "B: " + found.b, "", f"{'':<{_LABEL}}{'A':<{_COLUMN}}B"]
    for label, of in rows:
        cells = [_told(of, result) for result in found.results]
        head.append(f"{label:<{_LABEL}}{cells[0]:<{_COLUMN}}{cells[1]}")
    return "\n".join([*head, "", *str(found).splitlines()[2:]])


def _told(of: Callable[[Mapping[str, Any]], str], result: Mapping[str, Any]) -> str:
    """A cell; a result of another version may lack what it is of, or hold something else there."""
    try:
        return of(result)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return "-"


def _worth(values: Mapping[str, float]) -> str:
    return _band({**values, "p50": values["mean"]}, ",.0f")


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
            figures = f"{way.km:7,.0f} {way.days:6.1f} {way.usd_per_t:7,.0f}"
            if way.mode == OUTSIDE:
                figures = f"{'-':>7} {'-':>6} {'-':>7}"
            lines.append(f"  {100 * way.share:6.1f}%  {way.mode:<5} {figures}  {ends}")
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
