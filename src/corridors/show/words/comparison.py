"""Several scenarios side by side, in words: which does what, and one recommendation that follows from the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from corridors.show import numbers as n
from corridors.show.blocks import Cover, Prose
from corridors.show.lookups import (
    Band,
    band,
    effect,
    has_measures,
    pair_words,
    path,
    quoted,
    verdict,
)
from corridors.show.words import phrases
from corridors.study.result import StudyResult

ENOUGH = 0.8
"""A smaller package that reaches this part of the best median effect is preferred to the best one."""
_MEASURABLE = ("rise", "fall")
_RULE = (
    f"The rule behind this: of the scenarios whose whole 80{n.THIN}% band is a rise, the one with the fewest measures that reaches "
    f"{n.fixed(100 * ENOUGH)}{n.THIN}% of the best median effect."
)


def main_pair(results: Sequence[StudyResult]) -> list[StudyResult]:
    """The results of the pair that most of them are about, largest median effect first."""
    pair = Counter(r.pair for r in results).most_common(1)[0][0]
    return sorted((r for r in results if r.pair == pair), key=lambda r: (-effect(r).mid, r.name))


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
        f"{phrases.capital(n.in_words(len(results)))} {n.plural(len(results), 'scenario')} side by side, {n.years(own[0].years[0], last)}",
        (
            ("Scenarios", str(len(results))),
            ("Expected without measures", f"{n.musd(path(own[0], 'total', 'baseline').mid)} in {last}"),
            ("Draws", n.listed([f"{d:,}" for d in draws])),
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
        most = max(effect(r).most for r in acting)
        return Prose((
            f"{_none_of(len(acting))} {trade} in {last} by an amount that can be told from zero. "
            + (f"The farthest end of any 80{n.THIN}% band is {n.percent(most)}." if most > 0 else "The effect is zero in every draw."),
        ), "lead")  # fmt: skip
    best = moving[0]
    still = len(acting) - len(moving)
    head = f"Of {n.in_words(len(acting))} {n.plural(len(acting), 'scenario')} with measures, {n.in_words(len(moving))} {n.plural(len(moving), 'changes', 'change')} {trade} in {last} measurably."
    if effect(best).mid > 0:
        top = f"{quoted(best.title)} does most: {phrases.change(effect(best))}, about {n.musd(effect(best, unit='musd').mid)} a year."
    else:
        top = f"None raises it; the smallest fall is {quoted(best.title)}: {phrases.change(effect(best))}."
    rest = f"{phrases.capital(n.in_words(still))} {n.plural(still, 'has', 'have')} an effect too small or too uncertain to tell from none." if still else ""
    return Prose((phrases.sentence(head, top, rest),), "lead")


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
    still = [r for r in acting if verdict(effect(r)) in ("none", "tiny", "nil")]
    told = [f"{quoted(r.title)}: {phrases.change(effect(r))} in {r.years[-1]}." for r in [*moving, *open_]]
    if still:
        most = max(effect(r).most for r in still)
        names = n.listed([quoted(r.title) for r in still])
        told.append(f"No measurable effect ({'not more than ' + n.percent(most) + ' either way in 80' + n.THIN + '% of draws' if most > 0 else 'none at all'}): {names}.")
    if len(moving) > 1:
        told.append(_order(moving[0], moving[1]))
    told += [f"For another pair, {pair_words(r)}, {quoted(r.title)}: {phrases.change(effect(r))} in {r.years[-1]}." for r in _others(results) if has_measures(r)]
    return Prose(tuple(told), bullets=len(told) > 1)


def _order(first: StudyResult, second: StudyResult) -> str:
    a, b = effect(first), effect(second)
    apart = a.low > b.high
    if apart:
        return f"The first is ahead of the second beyond doubt: even the low end of its band, {n.percent(a.low)}, lies above the high end of the other, {n.percent(b.high)}."
    return f"The bands of the first two overlap; in the middle case they are {phrases.points(a.mid - b.mid)} apart."


def recommendation(results: Sequence[StudyResult]) -> Prose:
    """One recommendation by a stated rule, and what it costs to be wrong.

    The rule: of the scenarios whose whole 80 % band is a rise, take the one with fewest measures that reaches
    80 % of the best median. If there is none, recommend no measure for the sake of this trade.
    """
    acting = _acting(results)
    if not acting:
        return Prose(("Nothing can be recommended: none of these scenarios takes a measure.",))
    rising = [r for r in acting if verdict(effect(r)) == "rise"]
    if not rising:
        return Prose((_nothing(acting), _wrong_nothing(acting), _elsewhere(acting)))
    best = rising[0]
    enough = [r for r in rising if effect(r).mid >= ENOUGH * effect(best).mid]
    chosen = min(enough, key=lambda r: (len(r.scenario["measures"]), -effect(r).mid, r.name))
    return Prose(tuple(p for p in (_take(chosen, best), _wrong(chosen), _elsewhere(acting), _RULE) if p))


def _take(chosen: StudyResult, best: StudyResult) -> str:
    last, found = chosen.years[-1], effect(chosen)
    count = len(chosen.scenario["measures"])
    head = f"Recommendation: {quoted(chosen.title)}, {n.in_words(count)} {n.plural(count, 'measure')}."
    why = f"In the model it raises {phrases.what_changes(chosen)} in {last} by about {n.percent(found.mid)} ({phrases.plain_range(found)})."
    if chosen is best:
        return phrases.sentence(head, why, "No other scenario does more in the middle case.")
    more = len(best.scenario["measures"]) - count
    return phrases.sentence(
        head, why,
        f"{quoted(best.title)} reaches {n.percent(effect(best).mid)} with {n.in_words(more)} more {n.plural(more, 'measure')}: {phrases.points(effect(best).mid - found.mid)} that this trade alone would have to justify.",
    )  # fmt: skip


def _wrong(chosen: StudyResult) -> str:
    money = effect(chosen, unit="musd")
    gdp = _own_gdp(chosen)
    last = chosen.years[-1]
    return phrases.sentence(
        _hangs_on(chosen),
        f"The cost of being wrong: at the low end of the band the gain in {last} is {n.musd(money.low)} a year, at the high end {n.musd(money.high)}.",
        f"If works cost more a year than trade worth {n.musd(money.low)} brings in, they rest on hope." if money.low > 0 else "",
        "No cost of works is in this model, and added trade is not added income:",
        gdp,
    )


def _hangs_on(result: StudyResult) -> str:
    question = phrases.top_doubt(result)
    return f"Most hangs on one open question: {question}." if question else ""


def _own_gdp(result: StudyResult) -> str:
    rows = result["real_gdp"]
    told = []
    for code, name in zip(result.pair, result.facts["names"], strict=True):
        found = rows[rows["economy"] == code]
        if len(found):
            change = band(found.iloc[0], "change_percent")
            told.append(f"{phrases.less_than(0.05)} in {name}" if change.most < 0.05 else f"about {n.signed_percent(change.mid)} in {name} ({phrases.signed_range(change)})")
    if len(told) == 2 and all(t.startswith("less") for t in told):
        return f"real output changes by {phrases.less_than(0.05)} in both economies."
    return f"real output changes by {n.listed(told)}." if told else "what it does to real output is not known."


def _nothing(acting: Sequence[StudyResult]) -> str:
    return f"Recommendation: none of these measures for the sake of {phrases.what_changes(acting[0])}. No scenario's 80{n.THIN}% band in {acting[0].years[-1]} is a rise from end to end."


def _wrong_nothing(acting: Sequence[StudyResult]) -> str:
    top = max(acting, key=lambda r: (effect(r).high, r.name))
    high = effect(top)
    money = effect(top, unit="musd")
    if high.high <= 0:
        return "The cost of being wrong is small: no scenario's band reaches above zero."
    return f"The cost of being wrong: the best that is forgone, at the high end of any band, is {n.percent(high.high)} or {n.musd(money.high)} a year, with {quoted(top.title)}."


def _elsewhere(acting: Sequence[StudyResult]) -> str:
    """Border works may be worth it for others' trade; say which scenario does most for them."""
    gains: list[tuple[float, StudyResult, Band]] = []
    for r in acting:
        rows = r["others"]
        if len(rows):
            top = rows.iloc[0]
            gains.append((float(rows["change_musd_p50"].sum()), r, Band(float(top["change_musd_p10"]), float(top["change_musd_p50"]), float(top["change_musd_p90"]))))
    if not gains:
        return ""
    total, top_result, _ = max(gains, key=lambda g: (g[0], g[1].name))
    own = effect(top_result, unit="musd").mid
    if not (total > 0.5 and total > own):
        return ""
    return (
        f"What measures do for others counts, too: {quoted(top_result.title)} adds about {n.musd(total)} a year to other flows "
        f"(sum of medians, at the trade of {top_result.facts['base_year']}), while trade between {pair_words(top_result)} changes by {n.musd(own, sign=True)} a year."
    )
