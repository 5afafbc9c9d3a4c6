"""What each measure is worth beside the others in words: which cost more than they add, and what works add to decisions."""

from __future__ import annotations

from corridors.show import findings
from corridors.show import numbers as n
from corridors.show.blocks import Prose
from corridors.show.lookups import quoted
from corridors.show.words import phrases
from corridors.show.words.worth import appraisal, dear, mean
from corridors.study.result import StudyResult

_MOST_NAMED = 3


def worth_measures(result: StudyResult) -> Prose | None:
    """Which measures cost more than they add, and what works are worth beside decisions; None where there is nothing to say."""
    told = [_losing(result), works(result)]
    return Prose(tuple(t for t in told if t)) if any(told) else None


def _losing(result: StudyResult) -> str:
    rows = findings.losing(result["worth_by_measure"], mean(result, "npv_musd"))
    if not len(rows):
        return ""
    parts = [
        f"{quoted(r.measure)} ({'adds' if r.gain_present_musd > 0 else 'takes away'} {n.musd(abs(r.gain_present_musd))}"
        + (f", costs {n.musd(r.cost_present_musd)})" if r.cost_present_musd > 0 else ")")
        for r in rows.head(_MOST_NAMED).itertuples()
    ]
    rest = len(rows) - len(parts)
    more = f" and {n.in_words(rest)} more" if rest else ""
    alone = f"Without it the others would be worth {n.musd(-float(rows.iloc[0]['net_present_musd']))} more." if len(rows) == 1 else "Each is left out alone."
    return phrases.sentence(dear(result), f"Present values: {n.listed(parts)}{more}.", alone)


def works(result: StudyResult) -> str:
    """What measures that cost something add to those that cost nothing; empty where there are not both."""
    found = appraisal(result)["works"]
    if found is None or found["free_musd"] < findings.SMALL_MUSD:
        return ""
    gain, cost = float(found["gain_musd"]), float(found["cost_musd"])
    head = f"Measures without a counted cost are worth {n.musd(found['free_musd'])} by themselves, in today's value."
    if gain <= 0:
        return f"{head} Those that cost {n.musd(cost)} add nothing to that."
    more = "about what they cost" if gain < 1.15 * cost else f"{phrases.times(gain / cost)} their cost"
    ratio = more if gain >= cost else "less than they cost"
    return f"{head} The others add {n.musd(gain)} for {n.musd(cost)}, {ratio}."
