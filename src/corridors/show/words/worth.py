"""What a scenario is worth in words: who gains, by how much, against what cost, how sure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from corridors.show import findings
from corridors.show import numbers as n
from corridors.show.blocks import Prose
from corridors.show.findings import SMALL_MUSD
from corridors.show.lookups import economy, has_measures, pair_words, quoted, short_name
from corridors.show.words import phrases, works
from corridors.show.words.past_closings import when_they_shut
from corridors.study.result import StudyResult

_A_LARGE_PART = 0.15
"""Economies with less than this share of the gain are not named on the front page."""
_NEXT_TO_NOTHING = 0.005
_SKEWED = 0.7
"""With a median below this part of the mean, the mean alone would mislead."""
_LARGE = 10.0
"""From this ratio of benefits to costs on a reader is told what it rests on."""
_MATTERS = 0.2
"""A gain that moves by less than this part is called the same; what treasuries take is told from this part of it on."""
_MAY_HARM = ("closure", "tariff_or_fee")
"""Measures that may be meant to save nobody anything."""
SURE = 0.9
"""From this chance of a positive net present value on a scenario is called worth its cost."""


def appraisal(result: StudyResult) -> Mapping[str, Any]:
    """The appraisal of a result."""
    found: Mapping[str, Any] = result.facts["appraisal"]
    return found


def chance(result: StudyResult) -> float:
    """Share of draws in which the net present value is positive."""
    return float(appraisal(result)["probability_npv_positive"])


def mean(result: StudyResult, what: str) -> float:
    """The mean over the draws of one quantity of the appraisal; NaN where there is none."""
    found = appraisal(result)[what]["mean"]
    return math.nan if found is None else float(found)


def a_year(result: StudyResult) -> str:
    """``about $410 million a year (four cases in five: $1 to $1,100 million)``; less where it is next to nothing."""
    gain = appraisal(result)["user_benefits_musd"]
    if abs(mean(result, "user_benefits_musd")) < SMALL_MUSD:
        return f"less than {n.musd(SMALL_MUSD)} a year"
    return f"{n.musd(gain['mean'])} a year on average (four cases in five: {n.musd_range(gain['p10'], gain['p90'])})"


def worth_words(result: StudyResult) -> Prose | None:
    """Who gains, against what cost, how sure; None without measures."""
    if not has_measures(result):
        return None
    told = [_users(result), _cost(result), phrases.sentence(rests_on(result, ratio_told=True), _hangs_on(result)), when_they_shut(result), _income(result)]
    return Prose(tuple(p for p in told if p))


def worth_line(result: StudyResult) -> Prose | None:
    """What it is worth in one sentence, for the front page; None without measures."""
    if not has_measures(result):
        return None
    found, last = appraisal(result), result.years[-1]
    gain = mean(result, "user_benefits_musd")
    if abs(gain) < SMALL_MUSD:
        return Prose(
            (
                f"Nobody who ships gains or loses by it to speak of: {a_year(result)} in {last}, all together.",
            ),
            "lead",
        )
    head = f"To everybody who ships it {'is worth' if gain > 0 else 'costs'} about {n.musd(abs(gain))} a year on average in {last} ({span(result)})"
    whom = _for_whom(result, gain)
    rate = f"{found['discount_percent']:g}{n.THIN}%"
    costs, net = mean(result, "costs_musd"), mean(result, "npv_musd")
    less = (
        f", less {'typical' if found['costs_typical'] else 'the stated'} costs of {n.musd(costs)},"
        if costs > 0
        else ""
    )
    free = "" if costs > 0 else f"; no cost is counted ({_why_no_cost(result)})"
    years = f"Over the years to {found['last_year']} that{less} comes to {n.musd(net)} in today's value (future years count {rate} less each). It is above zero in {of_cases(chance(result))}{free}"
    return Prose((phrases.sentence(f"{head}.", pulled(result), whom, fees(result), f"{years}.", dear(result)),), "lead")


def fees(result: StudyResult) -> str:
    """What treasuries take more or less in fees, where it matters beside what shippers gain or lose, or turns its sign."""
    taken, gain = mean(result, "fees_musd"), mean(result, "user_benefits_musd")
    if abs(taken) < max(SMALL_MUSD, _MATTERS * abs(gain)):
        return ""
    return f"Treasuries take {n.musd(abs(taken))} a year {'more' if taken > 0 else 'less'} in fees at borders, which is counted in what follows."


def pulled(result: StudyResult) -> str:
    """That few cases make the mean of what those who ship gain or lose, where it lies outside its band."""
    gains = appraisal(result)["user_benefits_musd"]
    if gains["p10"] <= gains["mean"] <= gains["p90"]:
        return ""
    kind = "gains" if gains["mean"] > 0 else "losses"
    return f"Few cases with very large {kind} make that mean, which lies outside the band."


def _for_whom(result: StudyResult, gain: float) -> str:
    """Whose gain or loss it is: ``Afghanistan and Pakistan have most of it; 12 % is on trade
    between Pakistan and Russia.``"""
    rows = result["worth_by_economy"]
    order = rows.assign(part=rows["users_musd_mean"] / gain).sort_values("part", ascending=False, kind="stable").head(3)
    order = order[order["part"] > _A_LARGE_PART]
    own = mean(result, "user_benefits_pair_musd") / gain
    pair = f"trade between {pair_words(result)}"
    share = _share_of(own, gain, pair)
    if not len(order):
        return f"{phrases.capital(share)}."
    first = n.listed([economy(str(code)) for code in order["economy"]])
    most = "most" if float(order["part"].sum()) > 0.5 else "the largest part"
    verb = n.plural(len(order), "has", "have") if gain > 0 else n.plural(len(order), "bears", "bear")
    return f"{phrases.capital(first)} {verb} {most} of it; {share}."


def _share_of(own: float, gain: float, pair: str) -> str:
    """How much of a ``gain`` the part ``own`` of it is that ``pair`` has."""
    if own < 0.0:
        return f"{pair} itself {'loses' if gain > 0 else 'gains'} {n.musd(abs(own * gain))}"
    if own == 0.0 or own >= 1.0:
        return f"{'all' if own else 'none'} of it is on {pair}"
    most = "next to nothing" if own < _NEXT_TO_NOTHING else "nearly all" if own > 1 - _NEXT_TO_NOTHING else ""
    return f"{most} of it is on {pair}" if most else f"{n.share(own)} is on {pair}"


def band_words(result: StudyResult) -> str:
    """The band of what those who ship gain a year, with its sign."""
    gains = appraisal(result)["user_benefits_musd"]
    return f"80{n.THIN}% band {n.musd_range(gains['p10'], gains['p90'])}"


def span(result: StudyResult) -> str:
    """The band of what those who ship gain or lose a year, as amounts of the side that its mean is on."""
    gains = appraisal(result)["user_benefits_musd"]
    turned = 1.0 if mean(result, "user_benefits_musd") > 0 else -1.0
    return f"80{n.THIN}% band {n.musd_range(*sorted((turned * gains['p10'], turned * gains['p90'])))}"


def _users(result: StudyResult) -> str:
    gain, last = mean(result, "user_benefits_musd"), result.years[-1]
    if abs(gain) < SMALL_MUSD:
        return phrases.sentence(f"To everybody who ships the measures are worth {a_year(result)} in {last}.", fees(result))
    verb = "saves" if gain > 0 else "costs"
    gains = appraisal(result)["user_benefits_musd"]
    turned = 1.0 if gain > 0 else -1.0
    span = n.musd_range(*sorted((turned * gains["p10"], turned * gains["p90"])))
    head = f"In {last} it {verb} everybody who ships about {n.musd(abs(gain))} a year on average (four cases in five: {span})."
    half = (
        f"In half of the cases it is less than {n.musd(gains['p50'])}: few cases with very large gains pull the mean up."
        if 0.0 < gains["p50"] < _SKEWED * gain
        else pulled(result)
    )
    return phrases.sentence(head, half, _whose(result, gain), _where(result), why_loss(result), fees(result))


def rests_on(result: StudyResult, ratio_told: bool = False) -> str:
    """What a gain rests on that the measures do not bring about: that nobody else builds, and that what is shut stays shut."""
    found = appraisal(result)["rests_on"]
    ratio, held = appraisal(result)["bcr"]["mean"], found["bcr_held"]
    told = [_queue(result, held, ratio_told)] if ratio is not None and held is not None and ratio >= _LARGE else []
    if mean(result, "user_benefits_musd") >= SMALL_MUSD:
        widened, opened = (float(found[f"gain_if_{what}"]) for what in ("widened", "opened"))
        if abs(widened - 1.0) >= _MATTERS:
            grown = "as fast as its traffic is expected to grow"
            told.append(f"If every crossing were widened anyway {grown}, {_left(widened)} in the central case.")
        if found["shut"] and abs(opened - 1.0) >= _MATTERS:
            place = result["worth_by_crossing"].set_index("crossing")["name"]
            names = n.listed([short_name(place[name]) for name in found["shut"]])
            told.append(f"If {names}, shut today, opened again, {_left(opened)} in the central case.")
    return phrases.sentence(*told)


def _left(part: float) -> str:
    """What another state of the world leaves of a gain."""
    part = round(part, 2)
    if part <= 0:
        return "nothing of this gain would be left"
    if part < 1:
        return f"{n.share(part)} of this gain would be left"
    return f"the gain would be {phrases.times(part)} this"


def _queue(result: StudyResult, held: float, ratio_told: bool) -> str:
    """That a queue which nobody else shortens carries the gain, where one does."""
    rows = result["worth_by_crossing"]
    if not len(rows):
        return ""
    top = rows.iloc[0]
    much = float(top["gain_musd_mean"]) > _A_LARGE_PART * mean(result, "user_benefits_musd")
    if not much or float(top["hours_saved"]) < 1.0:
        return ""
    year = appraisal(result)["rests_on"]["held_year"]
    return (
        f"So large a {'ratio' if ratio_told else 'gain for what it costs'} rests on a queue that nobody else shortens: without the measures trucks would "
        f"wait {n.hours(float(top['hours_saved']))} longer on average at {short_name(top['name'])} by {result.years[-1]}. "
        f"If benefits stayed as in {year}, {'next to nothing would be left of them' if held < 0.05 else f'they would be {phrases.times(held)} costs'}."
    )


def why_loss(result: StudyResult) -> str:
    """Why those who ship lose by a measure that was to help them: a crossing on the way fills up; empty where they gain."""
    rows, gain = result["worth_by_crossing"], mean(result, "user_benefits_musd")
    if gain > 0 or not len(rows):
        return ""
    worst = rows.loc[rows["gain_musd_mean"].idxmin()]
    longer = -float(worst["hours_saved"])
    if longer <= 0 or float(worst["gain_musd_mean"]) > 0.2 * gain:
        return ""
    then = f"{short_name(worst['name'])}, where all who pass then wait {n.hours(longer)} longer on average"
    known = result["crossings"]
    cut = len(known) and (known["capacity_after"] < known["capacity_before"]).any()
    if cut or any(m["kind"] in _MAY_HARM for m in result.scenario["measures"]):
        return f"A part of it is the wait at {then}."
    reason = f"The reason is a border that is full: what is saved on the way brings more trucks to {then}."
    return f"{reason} Capacity there would have to come first."


def _whose(result: StudyResult, gain: float) -> str:
    own = mean(result, "user_benefits_pair_musd") / gain
    if own < -_NEXT_TO_NOTHING:
        return f"{phrases.capital(_share_of(own, gain, f'trade between {pair_words(result)}'))} a year."
    if own > 0.9:
        return f"Nearly all of it is on trade between {pair_words(result)}."
    if own < 0.1:
        return f"Little of it is on trade between {pair_words(result)}: others who pass have {'nearly all' if own < 0.01 else 'most'} of it."
    return f"Of that {n.share(own)} is on trade between {pair_words(result)}, the rest on that of others who pass."


def _where(result: StudyResult) -> str:
    rows = result["worth_by_economy"]
    gain = mean(result, "user_benefits_musd")
    order = rows.reindex(
        (rows["users_musd_mean"] * (1 if gain > 0 else -1))
        .sort_values(ascending=False, kind="stable")
        .index
    )
    top = [r for r in order.head(3).itertuples() if r.users_musd_mean / gain > 0.05]
    return f"By economy, half to each end: {n.listed([f'{economy(str(r.economy))} {n.musd(r.users_musd_mean)}' for r in top])}." if top else ""


def _cost(result: StudyResult) -> str:
    found, rate = appraisal(result), f"{appraisal(result)['discount_percent']:g}"
    spent = mean(result, "costs_musd")
    npv = found["npv_musd"]
    worth = f"the net present value at {rate}{n.THIN}% is {n.musd(npv['mean'])} on average (four cases in five: {n.musd_range(npv['p10'], npv['p90'])})"
    if not spent > 0 and abs(float(npv["mean"])) < SMALL_MUSD:
        return f"No cost is counted: {_why_no_cost(result)}."
    if not spent > 0:
        return f"No cost is counted: {_why_no_cost(result)}; over the years to {found['last_year']} {worth}."
    typical = (
        "usual for such works (there are no offers yet)"
        if found["costs_typical"]
        else "as the scenario states them"
    )
    head = f"Against costs of {n.musd(spent)} in today's value, {typical}, {worth}. It is positive in {of_cases(found['probability_npv_positive'])}."
    return phrases.sentence(head, _return(found), _switch(found), works.under_way(result))


def _hangs_on(result: StudyResult) -> str:
    question = doubt(result)
    return (
        f"How much it is worth hangs most on {question}."
        if question and abs(mean(result, "npv_musd")) >= SMALL_MUSD
        else ""
    )


def _why_no_cost(result: StudyResult) -> str:
    rows = result["measure_costs"]
    if len(rows) and (rows["item"] == "unknown").any():
        return "what such measures usually cost is not known"
    if len(rows) and not rows["counted"].any():
        return "carriers pay for it out of the rate, and shippers pay the rate"
    return "it is a decision and no works"


def of_cases(probability: float) -> str:
    """A share of the simulated futures: ``85 % of cases``, ``all cases``, ``no case``."""
    if 0 < probability < 0.01:
        return "fewer than one case in a hundred"
    return f"{n.share(probability)} of cases" if 0 < probability < 1 else "all cases" if probability else "no case"


def _return(found: Mapping[str, Any]) -> str:
    rate, ratio = found["eirr_percent"]["mean"], found["bcr"]["mean"]
    told = f"Benefits are {phrases.times(ratio)} costs" if ratio is not None and ratio > 0 else ""
    if rate is None:
        # Nobody is ever out of pocket, so that every rate would do.
        endless = " and cover them from the first year on, so there is no rate of return to give" if ratio is not None and ratio > 1 else ""
        return f"{told}{endless}." if told else ""
    back = (
        f"the economic rate of return of the mean flows is {n.percent(rate)}"
        if 0 < rate <= 100
        else "the mean flows return more than their cost within a year"
        if rate > 100
        else "the mean flows never return their cost"
    )
    back += _rates(found) if rate > 0 else ""
    return f"{told} and {back}." if told else f"{phrases.capital(back)}."


def _rates(found: Mapping[str, Any]) -> str:
    """The band of the rate of return, and how many cases have none."""
    low, high = found["eirr_percent"]["p10"], found["eirr_percent"]["p90"]
    none = found["share_without_eirr"]
    if low is None or high is None or low <= -100.0:
        return f" (in {of_cases(none)} there is no rate of return)" if none > 0 else ""
    without = f", none in {of_cases(none)}" if none >= _NEXT_TO_NOTHING else ""
    of_all = "" if found["eirr_percent"]["mean"] <= 100 else "rate of return in "
    # Beyond that a rate says that little was spent, and its figure nothing.
    band = f"{n.percent(low)} to more than 100{n.THIN}%" if low <= 100.0 < high else n.percent_range(low, high)
    return f" ({of_all}four cases in five: {band}{without})"


def _switch(found: Mapping[str, Any]) -> str:
    benefits, costs = found["switching"]["benefits_percent"], found["switching"]["costs_percent"]
    if benefits is None or costs is None:
        return ""
    if benefits < -99.0:
        return "It would pay even if benefits were a hundredth of what is assumed."
    if benefits < 0:
        return f"It would break even if benefits were {n.percent(-benefits)} lower, or costs {phrases.times(1 + costs / 100)} what is assumed."
    return f"To break even, benefits would have to be {n.percent(benefits)} higher, or costs {n.percent(-costs)} lower."


def _income(result: StudyResult) -> str:
    rows = result["worth_by_economy"]
    gain = mean(result, "real_income_musd")
    if abs(gain) < SMALL_MUSD:
        return ""
    own = [
        (economy(code), float(rows.loc[rows["economy"] == code, "real_income_musd_mean"].iloc[0]))
        for code in result.pair
        if (rows["economy"] == code).any()
    ]
    shown = n.listed([f"{name} {n.musd(value, sign=True)}" for name, value in own if abs(value) >= SMALL_MUSD])
    told = f"Once all prices have adjusted, real income of the world {'rises' if gain > 0 else 'falls'} by {n.musd(abs(gain))} a year on average"
    end = "That is the same gain or loss seen from the other end, and is not added: counted on the value of goods as they leave the seller, where shippers' is on what they cost delivered (far more where the way is dear), and without trucks whose goods nobody knows."
    return f"{told} ({shown}). {end}" if shown else f"{told}. {end}"


def dear(result: StudyResult) -> str:
    """:func:`too_dear` of a result."""
    return too_dear(result["worth_by_measure"], mean(result, "npv_musd"))


def too_dear(rows: pd.DataFrame, npv_musd: float) -> str:
    """How many of the measures are worth less than they cost beside the others, in a sentence; empty where all are worth it."""
    count = len(findings.losing(rows, npv_musd))
    if not count:
        return ""
    which = f"{n.in_words(count)} of its {n.in_words(len(rows))}" if count < len(rows) else "both of its" if count == 2 else f"all {n.in_words(count)} of its"
    return f"{phrases.capital(which)} measures {n.plural(count, 'costs', 'cost')} more than {n.plural(count, 'it adds', 'they add')}."


def worth_answer(results: Sequence[StudyResult]) -> str:
    """One line for a comparison: which scenario is worth most after its cost."""
    acting = [r for r in results if has_measures(r)]
    if not acting:
        return ""
    top = max(acting, key=lambda r: (mean(r, "npv_musd"), r.name))
    if not mean(top, "npv_musd") > SMALL_MUSD:
        return "Against their costs none of them is worth it on average."
    return most(top.title, mean(top, "npv_musd"), chance(top), [int(appraisal(r)["last_year"]) for r in acting])


def most(title: str, net_musd: float, positive: float, counted_to: Sequence[int] = ()) -> str:
    """The sentence of :func:`worth_answer` on the scenario that is worth most, and that periods differ where the years ``counted_to`` do."""
    apart = f" Each counts until its measures have lived, from {min(counted_to)} to {max(counted_to)}: longer-lived ones count for longer." if len(set(counted_to)) > 1 else ""
    return f"Worth most after its cost is {quoted(title)}: {n.musd(net_musd)} in today's value on average, positive in {of_cases(positive)}.{apart}"


def doubt(result: StudyResult) -> str:
    """The open question on which the net present value hangs most; empty where nothing is open."""
    rows = result["worth_doubts"]
    rows = rows[rows["share"] > 0.02] if len(rows) and result.draws >= phrases.FEWEST_FOR_A_DOUBT else rows.iloc[:0]
    return phrases.doubt(result, str(rows.iloc[0]["parameter"]), str(rows.iloc[0]["meaning"])) if len(rows) else ""
