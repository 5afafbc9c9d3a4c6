"""The front page of a build: every scenario ranked by what it does to trade, every report one click away.

Made from the saved results alone, so its figures are those of the reports. It opens from a memory stick:
one file, relative links, no script.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from corridors.errors import plain_page
from corridors.report.export import sparkline
from corridors.report.export.document import LANGUAGE, slug
from corridors.report.export.html import TEMPLATES, furnished
from corridors.show import numbers
from corridors.show.lookups import Band, verdict
from corridors.show.words import phrases

_VALIDATION = "validation"


@dataclass(frozen=True)
class Found:
    """What the page needs of one saved result: names, last year, effect in percent (p10, p50, p90), paths in million dollars."""

    name: str
    pair: tuple[str, str]
    names: tuple[str, str]
    summary: str
    measured: bool
    last: int
    effect: tuple[float, float, float]
    paths: pd.DataFrame
    draws: int
    worth: str
    """What it is worth to all who ship and net of cost, in one line; empty without measures."""


def render(entries: Sequence[Mapping[str, Any]], results_folder: str | Path, about: Mapping[str, Any]) -> str:
    """The page as text. ``entries``: a mapping for each report with ``folder``, ``title``, ``stem``, ``formats``, ``reads``
    (names of results) and ``date``; ``results_folder`` has a saved result in a folder of each name; ``about`` has ``date``.

    A report whose result cannot be read is listed without numbers. Same inputs, same bytes.
    """
    results = {entry["folder"]: read(Path(results_folder) / entry["folder"]) for entry in entries if _is_scenario(entry)}
    scenarios = [(entry, found) for entry in entries if (found := results.get(entry["folder"])) is not None]
    pairs = [_pair(group) for group in _by_pair(scenarios)]
    listed = {entry["folder"] for entry, _ in scenarios}
    others = [_report(entry) for entry in entries if entry["folder"] not in listed]
    page = {
        "language": LANGUAGE,
        "date": str(about.get("date") or ""),
        "pairs": pairs,
        "count": sum(len(pair["ranked"]) for pair in pairs),
        "brief": next((o for o in others if o["stem"] == "brief"), None),
        "validation": next((o for o in others if o["folder"] == _VALIDATION), None),
        "background": [o for o in others if o["stem"] != "brief" and o["folder"] != _VALIDATION],
        "years": sorted({str(found.last) for _, found in scenarios}),
    }
    return plain_page(_environment().get_template("front.html.j2").render(page=page))


@lru_cache
def _environment() -> Environment:
    return furnished(Environment(loader=FileSystemLoader(TEMPLATES / "corridors"), keep_trailing_newline=True))


def read(folder: Path) -> Found | None:
    """What the page needs of the result saved in ``folder``; None where there is none that can be read."""
    try:
        head = json.loads((folder / "study.json").read_text(encoding="utf-8"))
        effect = pd.read_parquet(folder / "effect.parquet")
        paths = pd.read_parquet(folder / "projection.parquet")
        last = int(head["years"][-1])
        row = effect[(effect["year"] == last) & (effect["flow"] == "total") & (effect["unit"] == "percent")].iloc[0]
        names = head["facts"].get("names") or head["pair"]
        return Found(
            name=str(head["scenario"]["name"]), pair=(str(head["pair"][0]), str(head["pair"][1])), names=(str(names[0]), str(names[1])),
            summary=str(head["scenario"].get("summary") or ""), measured=bool(head["scenario"].get("measures")), last=last,
            effect=(float(row["p10"]), float(row["p50"]), float(row["p90"])),
            paths=paths[paths["flow"] == "total"].sort_values("year"), draws=int(head["draws"]), worth=_worth(head["facts"].get("appraisal"), head["scenario"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None


def _worth(appraisal: Mapping[str, Any] | None, scenario: Mapping[str, Any]) -> str:
    if not appraisal or not scenario.get("measures"):
        return ""
    gain, npv, sure = (appraisal["user_benefits_musd"]["mean"], appraisal["npv_musd"]["mean"], appraisal["probability_npv_positive"])
    return f"Worth to all who ship: {numbers.musd(gain)} a year; net of cost {numbers.musd(npv)} in today's value, positive in {numbers.fixed(100.0 * sure)}{numbers.THIN}% of draws."


def answer(found: Found) -> str:
    """What the scenario does, in one line with its range; the verdict is that of the reports."""
    band = Band(*found.effect)
    kind, trade = verdict(band), f"two-way trade in {found.last}"
    if not found.measured:
        return f"What the others are measured against: two-way trade of {numbers.musd(_value(found, 'baseline'))} in {found.last}."
    if kind == "none":
        return f"Changes nothing in {trade}."
    if kind == "tiny":
        return f"No measurable effect on {trade}: {phrases.less_than(0.05)}."
    if kind == "nil":
        return f"No measurable effect on {trade} ({phrases.signed_range(band)})."
    if kind == "open":
        return f"May change {trade} by {numbers.signed_percent(band.mid)}, or not at all ({phrases.signed_range(band)})."
    return f"{'Raises' if kind == 'rise' else 'Lowers'} {trade} by {numbers.percent(abs(band.mid))} ({phrases.plain_range(band)})."


def _value(found: Found, case: str, quantile: str = "p50") -> float:
    """Two-way trade in the last year, million dollars."""
    row = found.paths[(found.paths["case"] == case) & (found.paths["year"] == found.last)]
    return float(row[quantile].iloc[0])


def _is_scenario(entry: Mapping[str, Any]) -> bool:
    return entry.get("stem") == "report" and entry["folder"] != _VALIDATION and list(entry.get("reads", ())) == [entry["folder"]] and "/" not in entry["folder"]


def _by_pair(scenarios: Sequence[tuple[Mapping[str, Any], Found]]) -> list[list[tuple[Mapping[str, Any], Found]]]:
    """Scenarios of the same pair and last year together, the pair with most of them first."""
    groups: dict[tuple[Any, ...], list[tuple[Mapping[str, Any], Found]]] = {}
    for entry, found in scenarios:
        groups.setdefault((found.pair, found.last), []).append((entry, found))
    return [groups[key] for key in sorted(groups, key=lambda k: (-len(groups[k]), k))]


def _pair(group: Sequence[tuple[Mapping[str, Any], Found]]) -> dict[str, Any]:
    """A pair's scenarios: ranked by median effect, those without a measure apart; all fans on one scale."""
    top = max(float(found.paths["p90"].max()) for _, found in group)
    ordered = sorted(group, key=lambda g: (-g[1].effect[1], g[1].name))
    span = [min(0.0, *(f.effect[0] for _, f in group)), max(0.0, *(f.effect[2] for _, f in group))]
    first = group[0][1]
    title = f"{first.names[0]} and {first.names[1]}"
    cards = [_card(entry, found, top, (span[0], span[1])) for entry, found in ordered]
    return {
        "id": slug(f"{first.pair[0]} {first.pair[1]} {first.last}"),
        "title": title,
        "last": first.last,
        "top": numbers.musd(top),
        "ranked": [card for card, (_, found) in zip(cards, ordered, strict=True) if found.measured],
        "reference": [card for card, (_, found) in zip(cards, ordered, strict=True) if not found.measured],
    }


def _card(entry: Mapping[str, Any], found: Found, top_musd: float, span_percent: tuple[float, float]) -> dict[str, Any]:
    low, mid, high = found.effect
    before, after = numbers.musd(_value(found, "baseline")), numbers.musd(_value(found, "scenario"))
    same = not found.measured or verdict(Band(low, mid, high)) in ("none", "tiny", "nil")
    drawn, alt = sparkline.fan(found.paths, top_musd)
    return {
        **_report(entry),
        "summary": found.summary,
        "answer": answer(found),
        "worth": found.worth,
        "effect": numbers.signed_percent(mid),
        "range": numbers.percent_range(low, high, sign=True),
        "interval": Markup(sparkline.interval(low, mid, high, span_percent)) if found.measured else "",
        "fan": Markup(drawn),
        "alt": alt,
        # Rounding must not show a difference where the verdict is that there is none.
        "end": f"{before} in {found.last}" + (", with it and without it" if found.measured else "") if same else f"{after} in {found.last}; {before} without it",
        "years": f"{int(found.paths['year'].min())} to {found.last}",
        "draws": f"{found.draws:,}",
    }


def _report(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Where a report's files lie, relative to the page."""
    folder, stem = str(entry["folder"]), str(entry["stem"])
    forms = list(entry.get("formats", ()))
    scenario = _is_scenario(entry)
    return {
        "folder": folder,
        "stem": stem,
        "title": str(entry["title"]),
        "date": str(entry.get("date") or ""),
        "main": f"{folder}/{stem}.{'html' if 'html' in forms or not forms else forms[0]}",
        "pdf": f"{folder}/{stem}.pdf" if "pdf" in forms else "",
        "data": f"{folder}/result.json" if scenario or folder == _VALIDATION else "",
        "tables": f"{folder}/tables/" if scenario else "",
    }
