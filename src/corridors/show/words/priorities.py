"""Where a little more is worth most, in words."""

from __future__ import annotations

from corridors.show import numbers as n
from corridors.show.blocks import Prose
from corridors.show.findings import SMALL_MUSD
from corridors.show.lookups import short_name
from corridors.show.words import phrases
from corridors.study.result import StudyResult


def priorities_words(result: StudyResult) -> Prose | None:
    """Where one more truck a day, and one hour less, is worth most."""
    rows = result["priorities"]
    if not len(rows):
        return None
    told = []
    for what, head in (("capacity", "Of all crossings, whoever passes, one more truck a day is worth most at"), (
        "crossing_hours", "One hour less at a border is worth most at",
    ),
                       ("link_hours", "One hour less on the road is worth most from")):  # fmt: skip
        top = rows[(rows["what"] == what) & (rows["worth_musd_per_year"] > SMALL_MUSD)].head(3)
        if len(top):
            named = [
                f"{short_name(r.name) if what != 'link_hours' else r.name} ({n.musd(r.worth_musd_per_year)} a year)"
                for r in top.itertuples(index=False)
            ]
            told.append(f"{head} {n.listed(named)}.")
    once = f"Each is of one step in {result.years[-1]}, in the central case: they do not add up, and a hundred trucks more are worth less than a hundred times one."
    return Prose((phrases.sentence(*told, once),)) if told else None
