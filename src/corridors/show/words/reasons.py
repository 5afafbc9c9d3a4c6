"""Why measures do so little to a pair's trade, by what they are: what the new way takes, what a regime reaches, what borders hold up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from corridors.show import numbers as n
from corridors.show.lookups import gate, has_measures, road_share, trucks_both
from corridors.show.words import phrases
from corridors.study.result import StudyResult

SMALL_ROAD_SHARE = 0.05
"""Goods of which less than this part goes by road have little to do with what changes there."""
_NEW_WAYS = {"new_link", "rail_service"}
"""Measures that bring a way and change nothing at borders."""
_REGIMES = {"transit_regime", "single_window", "regular_service"}
"""Measures that take something off what the road costs beside money and time."""
_AT_THE_GATE = {"border_capacity", "closure"}
"""Measures that let more or fewer trucks through."""


def why_small(result: StudyResult) -> str:
    """What the trade has to do with what is done, as a sentence: nothing joins the two, the new way is not taken, a regime
    reaches none of their roads, few trucks are needed."""
    if not result.facts["corridor_known"]:
        if has_measures(result):
            return "The network that the measures change has no corridor between the two, so they reach this trade only through the prices of others."
        return "The network has no corridor between the two, so no measure at a border bears on it directly."
    measures = list(result.scenario.get("measures", ()))
    flown = result.facts.get("flights", ())
    if len(flown) == len(measures) > 0 and all(row["served"] for row in flown):
        return "Planes join the two already, so further flights change nothing in their trade here."
    kinds = {str(m["kind"]) for m in measures}
    if measures and kinds <= _NEW_WAYS:
        return f"{_taken(result['routes'])}."
    if measures and kinds <= _REGIMES:
        return f"{_regimes(result, measures)}."
    beside, (before, after) = _taken_beside(result, measures), _by_road(result)
    shares = shares_by_road(before, after)
    if not beside:
        return f"{shares}; {_trucks(result, kinds)}."
    return f"{beside}; {phrases.small(shares)}." if before < SMALL_ROAD_SHARE else f"{beside}."


def _by_road(result: StudyResult) -> tuple[float, float]:
    """The larger share of the pair's goods, by value, that goes by road in a direction, without the measures and with them."""
    before, after = (max(road_share(result, flow, case) for flow in ("exports", "imports")) for case in ("before", "after"))
    return before, after


def shares_by_road(before: float, after: float) -> str:
    """``No more than 0.35 % of the goods, by value, go by road without the measures and 1.1 % with them``."""
    now = f"{_at_most(before)} of the goods, by value, go by road" if before > 0 else "None of it goes by road"
    return now if n.share(before) == n.share(after) else f"{now} without the measures and {n.share(after) if after > 0 else 'none'} with them"


def _trucks(result: StudyResult, kinds: set[str]) -> str:
    """How many trucks the trade would need, against what its borders take where measures are about that."""
    need, narrow = trucks_both(result), gate(result)
    told = f"all that suits trucks would need {phrases.about_trucks(need.mid)} both ways"
    if narrow is None or kinds and not kinds & _AT_THE_GATE:
        return told
    whose = f"{phrases.own(narrow[0])} open crossings"
    if need.mid < narrow[1]:
        return f"{told}, and {whose} on the way take {n.count(narrow[1])}"
    return f"{told}, more than the {n.count(narrow[1])} that {whose} take"


def _at_most(share: float) -> str:
    """``No more than 0.35 %``, ``Less than 0.001 %``."""
    told = n.share(share)
    return phrases.capital(told) if told.startswith("less than") else f"No more than {told}"


def _taken(rows: pd.DataFrame) -> str:
    """How much takes the ways that the measures bring; ``rows`` of ``routes`` among which they are."""
    new = rows[(rows["share_before"] == 0.0) & (rows["share_after"] > 0.0)]
    most = float(new.groupby("direction")["share_after"].sum().max()) if len(new) else 0.0
    if most > 0.0:
        return f"{_at_most(most)} of the goods, by value, take the new way"
    return "None of the goods take the new way: no way over it is nearer or costs less"


def _taken_beside(result: StudyResult, measures: list[Mapping[str, Any]]) -> str:
    """The same where other measures stand beside; empty without such ways, and where a border that opens brings ways by the same mode."""
    modes = {"rail" if m.get("mode", "rail") == "rail" else "road" for m in measures if m["kind"] in _NEW_WAYS}
    modes |= {"sea"} if "rail" in modes else set()
    if not modes or "road" in modes and any(m["kind"] == "closure" for m in measures):
        return ""
    rows = result["routes"]
    return _taken(rows[rows["mode"].isin(modes)])


def _regimes(result: StudyResult, measures: list[Mapping[str, Any]]) -> str:
    """What of this trade a regime on roads reaches."""
    rows = result["routes"]
    rows = rows[rows["mode"] == "road"]
    lines = any(m["kind"] == "regular_service" for m in measures)
    if not len(rows) or lines or any(_reaches(result, m, str(row)) for m in measures for row in rows["crossings"]):
        return shares_by_road(*_by_road(result))
    return _not_reached(result, measures, rows)


def _reaches(result: StudyResult, measure: Mapping[str, Any], crossings: str) -> bool:
    """Whether a regime holds on a way by road over these crossings."""
    passed, known = crossings.split(), result["crossings"].set_index("crossing")["economies"]
    there = {code for c in passed if c in known.index for code in str(known[c]).split("-")}
    economies = set(measure.get("economies") or ())
    if measure["kind"] == "transit_regime":
        return len(passed) > 1 and there | set(result.pair) <= economies
    return bool(there & economies or set(passed) & set(measure.get("crossings") or ()))


def _not_reached(result: StudyResult, measures: list[Mapping[str, Any]], rows: pd.DataFrame) -> str:
    """Why a regime holds on none of the pair's ways by road."""
    if any(m["kind"] == "single_window" for m in measures):
        return "No way of this trade by road passes where the measures hold"
    if (rows["crossings"].map(lambda passed: len(str(passed).split())) < 2).all():
        return "No way of this trade by road passes a third economy, so nothing of it is in transit"
    return "No way of this trade by road stays within the economies of the regime"
