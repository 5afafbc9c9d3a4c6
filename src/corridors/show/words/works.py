"""Works that would have to be under way before the horizon begins, in words."""

from __future__ import annotations

import math

from corridors.show import numbers as n
from corridors.show.words import phrases
from corridors.study.result import StudyResult

_LONGER = "earlier in cases in which they take longer"


def under_way(result: StudyResult) -> str:
    """That what is worth something supposes works that have begun; empty where none would have had to."""
    late, every = _late(result)
    if not late:
        return ""
    if every and len(set(late.values())) == 1:
        return f"All of this supposes works that have been under way since about {min(late.values())}, {_LONGER}."
    return f"Some works would have to be under way already: {_since(late)}, {_LONGER}."


def late(result: StudyResult) -> str:
    """How works are counted that would have to be under way already."""
    begun, _ = _late(result)
    if not begun:
        return ""
    base = int(result.years[0])
    years = sorted({base - year for year in begun.values()})
    after = f"{n.in_words(years[0])} to {n.in_words(years[-1])} years" if len(years) > 1 else f"{years[0]} {n.plural(years[0], 'year', 'years')}"
    return (
        f"To begin in time, works would have to have been under way, {_since(begun)}, {_LONGER}: what is spent before {base} "
        f"is counted with interest, and what begins in {base} brings its benefits {after} later."
    )


def _late(result: StudyResult) -> tuple[dict[str, int], bool]:
    """Measures whose works would have begun before the horizon, with the year, and whether all that cost capital are among them."""
    rows = result["measure_costs"]
    rows = rows[rows["counted"] & (rows["capital_musd"] > 0.0)]
    begun = {str(r.measure): math.floor(r.start - max(r.works_years, 1.0)) for r in rows.itertuples()}
    late = {label: year for label, year in begun.items() if year < int(result.years[0])}
    return late, len(late) == len(begun)


def _since(late: dict[str, int]) -> str:
    by_year: dict[int, list[str]] = {}
    for label, year in late.items():
        by_year.setdefault(year, []).append(phrases.small(label))
    if len(by_year) == 1:
        return f"since about {next(iter(by_year))}"
    told = [f"those of {'; '.join(labels)} since about {year}" for year, labels in sorted(by_year.items())]
    return "; ".join(told)
