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
    named_crossings,
    shares_of,
    short_name,
)
from corridors.show.words import phrases
from corridors.study.result import StudyResult

_MOST_NAMED = 4
NOTICEABLE = 0.05
"""Share of the pair's goods from which on a crossing matters to it, where few of the trucks there are its own."""


def binding_words(result: StudyResult) -> Prose | None:
    """For the first page: crossings that bind, the one to widen first and who is turned away there;
    None where none binds. Those that hardly any truck of the pair passes are told as that where there is no other."""
    rows = binding_here(result)
    if not len(rows):
        return None
    own = rows["crossing"].isin(_of_the_pair(result, rows))
    if not own.any():
        case = "after" if has_measures(result) else "before"
        return Prose((f"Trucks wait for want of capacity at {_named(rows, case)}; hardly any of them carry goods of {_both(result)}.",))
    others, rows = rows[~own], rows[own]
    if not has_measures(result):
        text = f"Trucks wait for want of capacity at {_named(rows, 'before')}."
        return Prose((phrases.sentence(text, _elsewhere(result, others, "before"), _first(rows.iloc[0].to_dict(), len(others) > 0)),))
    case = result["crossings"].set_index("crossing").loc[rows["crossing"]]
    then, before = (case[f"binds_{when}"].astype(bool).to_numpy() for when in ("after", "before"))
    # A crossing that the measures shut is no relief, nor is one that they open; that one binds anew.
    shut = (case["closure_days_before"] >= SHUT_DAYS).to_numpy()
    open_ = ~shut & (case["closure_days_after"] < SHUT_DAYS).to_numpy()
    anew, still, gone = rows[then & (shut | ~before)], rows[then & before & ~shut], rows[~then & open_]
    parts = [
        f"{word} at {_named(each, 'after')}" for word, each in (("newly", anew), ("still", still)) if len(each)
    ] + ([f"no longer at {n.listed([short_name(name) for name in gone['name']])}"] if len(gone) else [])
    if not parts:
        return None
    word, first = parts[0].split(" ", 1) if not parts[0].startswith("no longer") else ("no longer", parts[0].removeprefix("no longer "))
    text = "; ".join([f"With the measures trucks {word} wait for want of capacity {first}", *parts[1:]])
    widen = _first(rows[then].iloc[0].to_dict(), len(others) > 0) if then.any() else ""
    return Prose((phrases.sentence(f"{text}.", _elsewhere(result, others, "after"), widen),))


def _both(result: StudyResult) -> str:
    return " and ".join(economy(code) for code in result.pair)


def _elsewhere(result: StudyResult, rows: pd.DataFrame, case: str) -> str:
    """Crossings that bind on ways of the pair that next to none of its goods take."""
    there = set(result["crossings"].loc[result["crossings"][f"binds_{case}"].astype(bool), "crossing"])
    rows = rows[rows["crossing"].isin(there)]
    return f"They {'do so' if case == 'before' else 'wait'} at {_named(rows, case)} too, where hardly any goods of {_both(result)} pass." if len(rows) else ""


def _of_the_pair(result: StudyResult, rows: pd.DataFrame) -> set[str]:
    """Crossings of ``rows`` where the pair's trucks are among those that wait or are turned away, that a noticeable part of its
    goods passes, or that a measure names."""
    pair, routes = "-".join(sorted(result.pair)), result["routes"]
    passed: dict[str, float] = {}
    for r in routes.to_dict("records"):
        for crossing in str(r["crossings"]).split():
            passed[crossing] = passed.get(crossing, 0.0) + 0.5 * max(float(r["share_before"]), float(r["share_after"]))
    return {
        str(r["crossing"])
        for r in rows.to_dict("records")
        if pair in {**shares_of(str(r["waiting"])), **shares_of(str(r["turned_away"]))} or passed.get(str(r["crossing"]), 0.0) >= NOTICEABLE
    } | set(named_crossings(result))


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


def _first(row: dict[str, object], of_some: bool) -> str:
    """The crossing to widen first; ``of_some``: where crossings of others are left out."""
    name = short_name(row["name"])
    passes, worth = float(str(row["load_trucks_per_day"])), float(str(row["more_musd_per_year"]))
    price, away = (
        float(str(row["shadow_price_usd_per_truck"])),
        float(str(row["turned_away_trucks_per_day"])),
    )
    waits = _pairs(str(row["waiting"]))
    told = f"To widen first{', of those that this trade passes or a measure names' if of_some else ''}: {name}, where in the central case room for one more truck a day is worth {n.musd(worth)} a year"
    if away >= 0.5:
        told += f" and {n.trucks(away)} {'finds' if round(away) <= 1 else 'find'} no room"
    told += f". In the median of all cases the wait costs each truck {phrases.about_usd(price)} and {n.trucks(passes)} {'passes' if round(passes) <= 1 else 'pass'} there"
    return told + (f", among them those of {waits}." if waits else ".")


def _pairs(shares: str) -> str:
    found = [key for key in shares_of(shares) if key != "-"][:2]
    return n.listed([" with ".join(economy(code) for code in key.split("-")) for key in found])
