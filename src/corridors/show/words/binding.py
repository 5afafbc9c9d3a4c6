"""The question of capacity in words: which crossings bind, from when, whose trucks wait, what one
more truck is worth."""

from __future__ import annotations

import math

import pandas as pd

from corridors.show import numbers as n
from corridors.show.blocks import Prose
from corridors.show.lookups import (
    SHUT_DAYS,
    binding_here,
    economy,
    has_measures,
    shares_of,
    short_name,
)
from corridors.show.words import phrases
from corridors.study.result import StudyResult

_MOST_NAMED = 4


def binding_words(result: StudyResult) -> Prose | None:
    """For the first page: crossings that bind, the one to widen first and who is turned away there;
    None where none binds."""
    rows = binding_here(result)
    if not len(rows):
        return None
    if not has_measures(result):
        return Prose(
            (
                phrases.sentence(
                    f"Trucks wait for want of capacity at {_named(rows, 'before')}.",
                    _first(rows.iloc[0].to_dict()),
                ),
            )
        )
    case = result["crossings"].set_index("crossing").loc[rows["crossing"]]
    then = case["binds_after"].astype(bool).to_numpy()
    # A crossing that the measures shut is no relief, nor is one that they open.
    open_ = ((case["closure_days_before"] < SHUT_DAYS) & (case["closure_days_after"] < SHUT_DAYS)).to_numpy()
    binding, gone = rows[then], rows[~then & open_]
    relieved = f"no longer at {n.listed([short_name(name) for name in gone['name']])}" if len(gone) else ""
    if not len(binding):
        return Prose(
            (f"With the measures trucks no longer wait for want of capacity {relieved.removeprefix('no longer ')}.",)
        ) if relieved else None
    text = (
        f"With the measures trucks still wait for want of capacity at {_named(binding, 'after')}"
        + (f"; {relieved}" if relieved else "")
    )
    return Prose((phrases.sentence(f"{text}.", _first(binding.iloc[0].to_dict())),))


def _named(rows: pd.DataFrame, case: str) -> str:
    """``Taftan (from 2028), Khorgos (in half of all cases) and two more``: since when the central
    case binds, if it does."""
    shown = [
        f"{short_name(r['name'])} "
        f"({'in half of all cases' if math.isnan(r[f'first_year_{case}']) else 'from ' + n.year(r[f'first_year_{case}'])})"
        for r in rows.head(_MOST_NAMED).to_dict("records")
    ]
    rest = len(rows) - len(shown)
    return n.listed([*shown, f"{n.in_words(rest)} more"] if rest else shown)


def _first(row: dict[str, object]) -> str:
    name = short_name(row["name"])
    passes, worth = float(str(row["load_trucks_per_day"])), float(str(row["more_musd_per_year"]))
    price, away = (
        float(str(row["shadow_price_usd_per_truck"])),
        float(str(row["turned_away_trucks_per_day"])),
    )
    waits = _pairs(str(row["waiting"]))
    told = f"To widen first: {name}, where room for one more truck a day is worth {n.musd(worth)} a year and the wait costs each truck {phrases.about_usd(price)}"
    told += f". {phrases.capital(n.trucks(passes))} {'passes' if round(passes) <= 1 else 'pass'} there" + (f", among them those of {waits}" if waits else "")
    return f"{told}; {n.trucks(away)} more find no room." if away >= 0.5 else f"{told}."


def _pairs(shares: str) -> str:
    found = [key for key in shares_of(shares) if key != "-"][:2]
    return n.listed([" with ".join(economy(code) for code in key.split("-")) for key in found])
