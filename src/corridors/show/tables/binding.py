"""Which crossings bind: from when, whose trucks wait, who is turned away and where they go, what
one more truck is worth."""

from __future__ import annotations

import math
from collections.abc import Callable

from corridors.data import world_names
from corridors.show import numbers as n
from corridors.show.blocks import Column, Table, table
from corridors.show.lookups import (
    OUTSIDE,
    binding_here,
    economy,
    has_measures,
    shares_of,
    short_name,
)
from corridors.show.tables.cells import DASH, cell, fixed, model, right, text
from corridors.show.theme import MODES
from corridors.study.result import StudyResult


def binding(result: StudyResult) -> Table | None:
    """All crossings on the pair's ways that bind in the last year, the one to widen first on top; None where none does."""
    rows = binding_here(result)
    if not len(rows):
        return None
    changed = has_measures(result)
    body = []
    for r in rows.to_dict("records"):
        cells = [
            text(short_name(r["name"])),
            *_since(r, changed),
            fixed(r["passes_trucks_per_day"]),
            fixed(r["load_trucks_per_day"]),
            fixed(r["queue_hours"]),
        ]
        cells += [n.dollars(r["shadow_price_usd_per_truck"]), cell(n.musd, r["more_musd_per_year"])]
        body.append(tuple(cells))
    heads: list[str | Column] = [
        "Crossing",
        *(
            [right("Binds from", "without"), right("Binds from", "with measures")]
            if changed
            else [right("Binds from")]
        ),
    ]
    heads += [
        right("Can pass", "trucks a day"),
        right("Do pass", "trucks a day"),
        right("Wait", "hours"),
        right("Shadow price", "a truck"),
    ]
    heads.append(right("One truck a day more", "a year"))
    return table(
        f"Crossings where capacity binds in {result.years[-1]}, the one to widen first on top",
        heads, body, model(result),
        "Can pass: over the year, closures and weekends counted. Shadow price: what the wait costs "
        "a truck, and what a place without a wait would sell for.",
    )  # fmt: skip


def turned_away(result: StudyResult) -> Table | None:
    """Who waits at the crossings of :func:`binding`, who no longer comes for the wait, and where they
    go; None where none binds."""
    rows = binding_here(result)
    if not len(rows):
        return None
    body = [
        (
            text(short_name(r["name"])), _named(str(r["waiting"]), _pair), fixed(r["turned_away_trucks_per_day"]),
            _named(str(r["turned_away"]), _pair), _named(str(r["to"]), _way),
        )
        for r in rows.to_dict("records")
    ]  # fmt: skip
    return table(
        f"Whose trucks wait in {result.years[-1]}, and who is turned away",
        ("Crossing", "Whose trucks wait", right("Turned away", "trucks a day"), "Who they are", "Where they go"),
        body, model(result),
        "Turned away: who would come if there were no queue; pairs and ways in the central case, "
        "shares under 2 % left out.",
    )  # fmt: skip


def _since(row: dict[str, object], changed: bool) -> list[str]:
    cases = ("before", "after") if changed else ("before",)
    years = [float(str(row[f"first_year_{case}"])) for case in cases]
    return [DASH if math.isnan(year) else n.year(year) for year in years]


def _named(shares: str, name: Callable[[str], str]) -> str:
    return (
        ", ".join(
            f"{text(name(key))} {n.share(value)}"
            for key, value in list(shares_of(shares).items())[:3]
        )
        or DASH
    )


def _pair(key: str) -> str:
    if key == "-":
        return "trucks of no known pair"
    return "\u2013".join(economy(code).removeprefix("the ") for code in key.split("-"))


def _way(key: str) -> str:
    if key == OUTSIDE:
        return "ways outside the network"
    if key in MODES:
        return f"by {MODES[key]}"
    places = world_names.places()
    known = [short_name(places.get(c, c)) for c in key.split(" ")]
    return key if key == "not traded" else "by " + ", ".join(known)
