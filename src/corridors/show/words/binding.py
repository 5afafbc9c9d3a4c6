"""The question of capacity in words: which crossings bind, from when, whose trucks wait, what one more truck is worth."""

from __future__ import annotations

import math

from corridors.show import numbers as n
from corridors.show.blocks import Prose
from corridors.show.lookups import binding_here, economy, has_measures, shares_of, short_name
from corridors.show.words import phrases
from corridors.study.result import StudyResult


def binding_words(result: StudyResult) -> Prose | None:
    """For the first page: crossings that bind, the one to widen first and who is turned away there; None where none binds."""
    rows = binding_here(result)
    if not len(rows):
        return None
    case = "with the measures" if has_measures(result) else "with today's capacity"
    when = "after" if has_measures(result) else "before"
    named = []
    for r in rows.head(4).to_dict("records"):
        year = float(r[f"first_year_{when}"])
        named.append(
            f"{short_name(r['name'])} ({f'from {n.year(year)}' if not math.isnan(year) else 'only without them' if when == 'after' else 'in half of all draws'})"
        )
    rest = len(rows) - len(named)
    if rest:
        named.append(f"{n.in_words(rest)} more")
    return Prose(
        (
            phrases.sentence(
                f"Capacity binds at {n.listed(named)}, {case}.", _first(rows.iloc[0].to_dict())
            ),
        )
    )


def _first(row: dict[str, object]) -> str:
    name = short_name(row["name"])
    passes, worth = float(str(row["load_trucks_per_day"])), float(str(row["more_musd_per_year"]))
    price, away = (
        float(str(row["shadow_price_usd_per_truck"])),
        float(str(row["turned_away_trucks_per_day"])),
    )
    waits = _pairs(str(row["waiting"]))
    told = f"To widen first: {name}, where one more truck a day is worth {n.musd(worth)} a year and the wait costs each truck {n.dollars(price)}"
    told += f". {n.trucks(passes)[:1].upper()}{n.trucks(passes)[1:]} pass there" + (
        f", among them those of {waits}" if waits else ""
    )
    gone = _pairs(str(row["turned_away"]))
    return (
        f"{told}; {n.trucks(away)} are turned away"
        + (f", among them those of {gone}." if gone else ".")
        if away >= 0.5
        else f"{told}."
    )


def _pairs(shares: str) -> str:
    found = [key for key in shares_of(shares) if key != "-"][:2]
    return n.listed([" with ".join(economy(code) for code in key.split("-")) for key in found])
