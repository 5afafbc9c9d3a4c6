"""Several scenarios side by side, in words: which does what, and one recommendation that follows from the numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from corridors.show import findings
from corridors.show import numbers as n
from corridors.show.blocks import Cover, Prose
from corridors.show.lookups import (
    effect,
    has_measures,
    pair_words,
    quoted,
    verdict,
)
from corridors.show.words import phrases, worth, worth_measures
from corridors.study.result import StudyResult

ENOUGH = 0.8
"""A smaller package that reaches this part of the best median effect is preferred to the best one."""
_MEASURABLE = ("rise", "fall")
_RULE = (
    f"The rule behind this: of the scenarios whose net present value is positive in at least "
    f"{n.fixed(100 * worth.SURE)}{n.THIN}% of cases, the one with the fewest measures that reaches "
    f"{n.fixed(100 * ENOUGH)}{n.THIN}% of the best mean. If none is that sure, there is not enough to decide."
)


def main_pair(results: Sequence[StudyResult]) -> list[StudyResult]:
    """The results of the pair that most of them are about, findings first, the largest rise on top."""
    pair = Counter(r.pair for r in results).most_common(1)[0][0]
    return sorted((r for r in results if r.pair == pair), key=findings.rank)


def _others(results: Sequence[StudyResult]) -> list[StudyResult]:
    kept = {id(r) for r in main_pair(results)}
    return [r for r in results if id(r) not in kept]


def _acting(results: Sequence[StudyResult]) -> list[StudyResult]:
    return [r for r in main_pair(results) if has_measures(r)]


def compare_cover(results: Sequence[StudyResult]) -> Cover:
    """The front of the comparison."""
    if not results:
        return Cover("Comparison brief", "No scenario to compare")
    own = main_pair(results)
    last = own[0].years[-1]
    draws = sorted({r.draws for r in results})
    return Cover(
        "Comparison brief",
        f"What would help trade between {pair_words(own[0])}?",
        f"{phrases.capital(n.in_words(len(results)))} {n.plural(len(results), 'scenario')} side by "
        f"side, {n.years(own[0].years[0], last)}",
        (
            ("Expected without measures", f"{findings.level(own[0])} in {last}"),
            ("Simulated futures", n.listed([f"{d:,}" for d in draws])),
        ),
    )


def compare_answer(results: Sequence[StudyResult]) -> Prose:
    """How many scenarios do anything that can be measured, which does most, and how sure that is."""
    acting = _acting(results)
    if not acting:
        return Prose(("None of these scenarios takes a measure, so there is nothing to compare.",), "lead")
    moving = [r for r in acting if verdict(effect(r)) in _MEASURABLE]
    last = acting[0].years[-1]
    trade = phrases.what_changes(acting[0])
    if not moving:
        return Prose(
            (f"{_none_of(len(acting))} {trade} in {last} by an amount that matters and can be told from zero. {worth.worth_answer(results)}",),
            "lead",
        )
    best = moving[0]
    still = len(acting) - len(moving)
    head = f"Of {n.in_words(len(acting))} {n.plural(len(acting), 'scenario')} with measures, {n.in_words(len(moving))} {n.plural(len(moving), 'changes', 'change')} {trade} in {last} measurably."
    if effect(best).mid > 0:
        top = f"{quoted(best.title)} does most: {phrases.change(effect(best))}, about {n.musd(findings.money(best))} a year."
    else:
        least = "the smallest fall is by" if len(moving) > 1 else "the fall is by"
        top = f"None raises it; {least} {quoted(best.title)}: {phrases.change(effect(best))}."
    rest = f"{phrases.capital(n.in_words(still))} {n.plural(still, 'has', 'have')} an effect too small to matter or too uncertain to tell from none." if still else ""
    return Prose((phrases.sentence(head, top, rest, worth.worth_answer(results)),), "lead")


def _none_of(count: int) -> str:
    if count == 1:
        return "The one scenario that takes measures does not change"
    return f"None of the {n.in_words(count)} scenarios that take measures changes"


def ranking_words(results: Sequence[StudyResult]) -> Prose:
    """The scenarios in order, in groups that the bands support; other pairs by themselves."""
    acting = _acting(results)
    if not acting:
        return Prose(("None of these scenarios takes a measure.",))
    moving = [r for r in acting if verdict(effect(r)) in _MEASURABLE]
    open_ = [r for r in acting if verdict(effect(r)) == "open"]
    slight = [r for r in acting if verdict(effect(r)) == "slight"]
    still = [r for r in acting if verdict(effect(r)) in ("none", "tiny", "nil")]
    told = [f"{quoted(r.title)}: {phrases.change(effect(r))} in {r.years[-1]}." for r in [*moving, *open_]]
    if slight:
        told.append(f"Too small to matter: {n.listed([quoted(r.title) for r in slight])}.")
    if still:
        told.append(f"No measurable effect: {n.listed([quoted(r.title) for r in still])}.")
    if len(moving) > 1 and (order := _order(moving[0], moving[1])):
        told.append(order)
    told += [
        f"For another pair, {pair_words(r)}, {quoted(r.title)}: {phrases.change(effect(r))} in {r.years[-1]}."
        for r in _others(results)
        if has_measures(r)
    ]
    return Prose(tuple(told), bullets=len(told) > 1)


def _order(first: StudyResult, second: StudyResult) -> str:
    a, b = effect(first), effect(second)
    if a.mid > 0 > b.mid:
        return ""
    apart = a.low > b.high
    if apart:
        return f"The first is ahead of the second beyond doubt: even the low end of its band, {n.percent(a.low)}, lies above the high end of the other, {n.percent(b.high)}."
    return f"The bands of the first two overlap; in the middle case they are {phrases.points(a.mid - b.mid)} apart."


def recommendation(results: Sequence[StudyResult]) -> Prose:
    """One recommendation by a stated rule that weighs worth and cost, and what it costs to be wrong.

    Of the scenarios whose net present value is positive in at least nine cases of ten, the one with
    fewest measures that reaches 80 % of the best mean. Where none is that sure but one is positive
    on average, there is not enough to decide: what would decide is said. Where none is positive on
    average, none is recommended.
    """
    acting = [r for r in results if has_measures(r)]
    if not acting:
        return Prose(("Nothing can be recommended: none of these scenarios takes a measure.",))
    gaining = [r for r in acting if worth.mean(r, "npv_musd") > findings.SMALL_MUSD]
    own = _trade(main_pair(acting))
    if not gaining:
        return Prose(tuple(p for p in (_nothing(acting), _wrong_nothing(acting), own, _RULE) if p))
    sure = [r for r in gaining if worth.chance(r) >= worth.SURE]
    if not sure:
        return Prose(tuple(p for p in (_open(gaining), own, _RULE) if p))
    best = max(sure, key=lambda r: (worth.mean(r, "npv_musd"), r.name))
    enough = [r for r in sure if worth.mean(r, "npv_musd") >= ENOUGH * worth.mean(best, "npv_musd")]
    chosen = min(enough, key=lambda r: (len(r.scenario["measures"]), -worth.mean(r, "npv_musd"), r.name))
    return Prose(tuple(p for p in (_take(chosen, best), _wrong(chosen), _more(gaining, chosen), own, _RULE) if p))


def _spent(result: StudyResult) -> str:
    found, spent = worth.appraisal(result), worth.mean(result, "costs_musd")
    if not spent > 0:
        return "no cost of works counted"
    return f"{'typical costs, not offers,' if found['costs_typical'] else 'stated costs'} of {n.musd(spent)} in today's value"


def _take(chosen: StudyResult, best: StudyResult) -> str:
    count = len(chosen.scenario["measures"])
    head = f"Recommendation: {quoted(chosen.title)}, {n.in_words(count)} {n.plural(count, 'measure')}."
    why = f"In {chosen.years[-1]} it saves those who ship {worth.a_year(chosen)}; with {_spent(chosen)}, that is worth {n.musd(worth.mean(chosen, 'npv_musd'))} net in today's value."
    why = phrases.sentence(why, worth.dear(chosen), worth_measures.works(chosen))
    if chosen is best:
        return phrases.sentence(head, why)
    more = len(best.scenario["measures"]) - count
    gap = worth.mean(best, "npv_musd") - worth.mean(chosen, "npv_musd")
    return phrases.sentence(
        head,
        why,
        f"{quoted(best.title)} is worth {n.musd(gap)} more with {n.in_words(more)} more {n.plural(more, 'measure')}.",
    )


def _wrong(chosen: StudyResult) -> str:
    npv = worth.appraisal(chosen)["npv_musd"]
    question = worth.doubt(chosen)
    return phrases.sentence(
        f"The cost of being wrong: one case in ten is worth less than {n.musd(npv['p10'])}, one in "
        f"ten more than {n.musd(npv['p90'])}.",
        f"Most hangs on {question}." if question else "",
        worth.rests_on(chosen),
        "Get offers for the works before they are let: the costs here are those usual of their kind."
        if worth.appraisal(chosen)["costs_typical"] and worth.mean(chosen, "costs_musd") > 0
        else "",
    )


def _more(gaining: Sequence[StudyResult], chosen: StudyResult) -> str:
    """A scenario that is worth more on average, but not sure enough."""
    top = max(gaining, key=lambda r: (worth.mean(r, "npv_musd"), r.name))
    if top is chosen or worth.chance(top) >= worth.SURE or worth.mean(top, "npv_musd") <= worth.mean(chosen, "npv_musd"):
        return ""
    return f"{quoted(top.title)} is worth more on average, {n.musd(worth.mean(top, 'npv_musd'))}, but positive only in {_unsure(top)} of cases: there is not enough to decide on it."


def _unsure(result: StudyResult) -> str:
    """In how many cases it is worth it, where those are too few: never rounded up to what is asked."""
    chance = worth.chance(result)
    text = n.share(chance)
    return text if text != n.share(worth.SURE) else f"{n.fixed(math.floor(1000 * chance) / 10, 1)}{n.THIN}%"


def _open(gaining: Sequence[StudyResult]) -> str:
    top = max(gaining, key=lambda r: (worth.mean(r, "npv_musd"), r.name))
    npv = worth.appraisal(top)["npv_musd"]
    question = worth.doubt(top)
    return phrases.sentence(
        "Recommendation: none yet; there is not enough to decide.",
        f"{quoted(top.title)} is worth {n.musd(npv['mean'])} net in today's value on average, with "
        f"{_spent(top)}, but it is positive only in {_unsure(top)} of cases, fewer "
        f"than nine in ten.",
        f"The cost of being wrong: one case in ten is worth less than {n.musd(npv['p10'])}, one in "
        f"ten more than {n.musd(npv['p90'])}.",
        worth.rests_on(top),
        f"What would help most to decide is to find out {question}." if question else "",
    )


def _trade(acting: Sequence[StudyResult]) -> str:
    """What it means for the pair's own trade, which is another question."""
    if not acting:
        return ""
    rising = [r for r in acting if verdict(effect(r)) == "rise"]
    last = acting[0].years[-1]
    if not rising:
        falls = any(verdict(effect(r)) == "fall" for r in acting)
        does = "raises it by an amount" if falls else "does anything"
        return f"For {phrases.what_changes(acting[0])} itself none of them {does} that can be told from zero by {last}: whatever they are worth, they are worth it to others who pass."
    found = effect(rising[0])
    return f"For {phrases.what_changes(rising[0])} itself {quoted(rising[0].title)} does most: {phrases.change(found)} in {last}."


def _nothing(acting: Sequence[StudyResult]) -> str:
    return "Recommendation: none of these measures. Against their costs none of them is worth it on average to those who ship, treasuries and air together."


def _wrong_nothing(acting: Sequence[StudyResult]) -> str:
    top = max(acting, key=lambda r: (float(worth.appraisal(r)["npv_musd"]["p90"] or 0.0), r.name))
    high = float(worth.appraisal(top)["npv_musd"]["p90"] or 0.0)
    if high <= findings.SMALL_MUSD:
        return "The cost of being wrong is small: nine cases of ten give none of them a positive worth."
    return f"The cost of being wrong: one case in ten gives {quoted(top.title)} a net worth of more than {n.musd(high)}."
