"""The front page of a build: the finding first, one chart of all scenarios, what does nothing in a line each with why.

Made from the saved results alone, so its figures are those of the reports. It opens from a memory
stick: one file, relative links, no script.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from corridors.errors import plain_page
from corridors.report.export import sparkline
from corridors.report.export.document import LANGUAGE, slug
from corridors.report.export.found import read
from corridors.report.export.html import TEMPLATES, furnished
from corridors.show import findings, numbers
from corridors.show.lookups import verdict
from corridors.show.words import front_page as front_words
from corridors.show.words import phrases
from corridors.show.words.front_page import Found

_VALIDATION = "validation"


def render(entries: Sequence[Mapping[str, Any]], results_folder: str | Path, about: Mapping[str, Any]) -> str:
    """The page as text. ``entries``: a mapping for each report with ``folder``, ``title``, ``stem``, ``formats``, ``reads``
    (names of results) and ``date``; ``results_folder`` has a saved result in a folder of each name;
    ``about`` has ``date``.

    A report whose result cannot be read is listed without numbers. Same inputs, same bytes.
    """
    results = {
        entry["folder"]: read(Path(results_folder) / entry["folder"])
        for entry in entries
        if _is_scenario(entry)
    }
    scenarios = [(entry, found) for entry in entries if (found := results.get(entry["folder"])) is not None]
    pairs = [_pair(group) for group in _by_pair(scenarios)]
    listed = {entry["folder"] for entry, _ in scenarios}
    others = [_report(entry) for entry in entries if entry["folder"] not in listed]
    page = {
        "language": LANGUAGE,
        "date": str(about.get("date") or ""),
        "pairs": pairs,
        "brief": next((o for o in others if o["stem"] == "brief"), None),
        "validation": next((o for o in others if o["folder"] == _VALIDATION), None),
        "background": [o for o in others if o["stem"] != "brief" and o["folder"] != _VALIDATION],
        "years": sorted({str(found.last) for _, found in scenarios}),
    }
    return plain_page(_environment().get_template("front.html.j2").render(page=page))


@lru_cache
def _environment() -> Environment:
    return furnished(Environment(loader=FileSystemLoader(TEMPLATES / "corridors"), keep_trailing_newline=True))


def _is_scenario(entry: Mapping[str, Any]) -> bool:
    return (
        entry.get("stem") == "report"
        and entry["folder"] != _VALIDATION
        and list(entry.get("reads", ())) == [entry["folder"]]
        and "/" not in entry["folder"]
    )


def _by_pair(scenarios: Sequence[tuple[Mapping[str, Any], Found]]) -> list[list[tuple[Mapping[str, Any], Found]]]:
    """Scenarios of the same pair and last year together, the pair with most of them first."""
    groups: dict[tuple[Any, ...], list[tuple[Mapping[str, Any], Found]]] = {}
    for entry, found in scenarios:
        groups.setdefault((found.pair, found.last), []).append((entry, found))
    return [groups[key] for key in sorted(groups, key=lambda k: (-len(groups[k]), k))]


def _pair(group: Sequence[tuple[Mapping[str, Any], Found]]) -> dict[str, Any]:
    """A pair's scenarios: findings first, then those that do nothing measurable, what has no
    measure apart; one scale for all."""
    ordered = sorted(group, key=lambda g: findings.order(g[1].effect, g[1].measured, g[1].name))
    acting = [(entry, found) for entry, found in ordered if found.measured]
    span = (min(0.0, *(f.effect.low for _, f in group), 0.0), max(0.0, *(f.effect.high for _, f in group), 0.0))
    first = group[0][1]
    rows = [_row(entry, found, span) for entry, found in acting]
    names = {found.name: str(entry["title"]) for entry, found in group}
    return {
        "id": slug(f"{first.pair[0]} {first.pair[1]} {first.last}"),
        "title": f"{first.names[0]} and {first.names[1]}",
        "last": first.last,
        "headline": front_words.headline([found for _, found in acting]) if acting else "",
        "because": phrases.sentence(
            front_words.because([found for _, found in acting], names),
            front_words.worth_most([found for _, found in acting], names),
        ),
        "capacity": sorted(
            (row for row, (_, found) in zip(rows, acting, strict=True) if found.only_capacity),
            key=lambda row: [int(v) for v in re.findall(r"\d+", row["folder"])],
        ),
        "needs": next((told for _, found in group if (told := front_words.needs(found))), ""),
        "rows": rows,
        "still": [row for row in rows if not row["told"]],
        "reference": [
            {**_report(entry), "level": found.level}
            for entry, found in ordered
            if not found.measured
        ],
        "scale": (numbers.signed_percent(span[0]), numbers.signed_percent(span[1])),
    }


def _row(entry: Mapping[str, Any], found: Found, span_percent: tuple[float, float]) -> dict[str, Any]:
    band = found.effect
    told = findings.told(band)
    answer = front_words.answer(found)
    title = f"{entry['title']}: {answer}"
    return {
        **_report(entry),
        "told": told,
        "answer": answer,
        "why": front_words.why(found),
        "own_reason": front_words.why(found, needed=False),
        "held_up": front_words.why(found, others=False),
        "gained": front_words.gained(found),
        "effect": findings.percent(band),
        "range": numbers.percent_range(
            band.low, band.high, sign=True, mid=band.mid,
        ) if told or verdict(band) == "open" else "",
        "interval": Markup(sparkline.interval(band.low, band.mid, band.high, span_percent, told, str(escape(title)))),
        "worth": found.worth,
        "cost": found.cost,
        "sure": found.sure,
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
