"""The front of a scenario's report: cover, the answer in three sentences, four key figures."""

from __future__ import annotations

import math

from corridors.show import findings
from corridors.show import numbers as n
from corridors.show.blocks import Cover, KeyFigure, KeyFigures, Prose
from corridors.show.lookups import (  # fmt: skip
    STILL,
    Band,
    clean,
    effect,
    either_way,
    gate,
    has_measures,
    level,
    level_source,
    pair,
    pair_words,
    path,
    path_row,
    short_name,
    trucks_both,
    verdict,
    widened,
)
from corridors.show.words import phrases, reasons, trade, worth
from corridors.study.result import StudyResult


def cover(result: StudyResult) -> Cover:
    """What is studied: the scenario's title, its pair, its years."""
    count = len(result.scenario.get("measures", ()))
    summary = clean(result.scenario.get("summary", ""))
    return Cover(
        "Scenario report",
        clean(result.title),
        f"{summary}."
        if summary
        else f"Trade between {pair_words(result)}, {n.years(result.years[0], result.years[-1])}",
        (
            ("Trade between", pair_words(result)),
            ("Measures", n.in_words(count) if count else "none"),
            ("Years", n.years(result.years[0], result.years[-1])),
        ),
    )


def answer(result: StudyResult) -> Prose:
    """The answer in three sentences: what the measures do, why so much or so little, how sure that is."""
    return Prose((phrases.sentence(phrases.headline(result), _why(result), _how_sure(result)),), "lead")


def _why(result: StudyResult) -> str:
    kind = verdict(effect(result))
    if not has_measures(result) or kind in STILL:
        waiting, reason = _waiting(result), reasons.why_small(result)
        return f"{waiting}; {phrases.small(reason)}" if waiting else reason
    if kind == "open":
        return ""
    told, apart = _through(result), without_flights(result).split(" (")[0]
    others = any(m["kind"] != "direct_flights" for m in result.scenario["measures"])
    return f"{told.removesuffix('.')}; without flights there is {'an effect of ' if apart[:1] in '+' + n.MINUS else ''}{apart.replace('not told from zero', 'nothing that can be told from zero')}." if told and apart and others else _with_reason(result, told)


def _waiting(result: StudyResult) -> str:
    """That what widens a crossing which stays shut does nothing there."""
    _, shut = widened(result.scenario.get("measures") or (), result["crossings"])
    names = [short_name(name) for name in shut["name"]] if len(shut) else []
    return f"{n.listed(names)} {n.plural(len(names), 'stays', 'stay')} shut, so what is built there waits" if names else ""


def _with_reason(result: StudyResult, told: str) -> str:
    """What the effect comes through, and what takes trade away where it falls although its own cost does not rise."""
    reason = trade.rival(result, effect(result))
    return f"{told.removesuffix('.')}: {reason}." if told and reason else told


def without_flights(result: StudyResult) -> str:
    """What the other measures do: ``+0.6 % (80 % band 0.2 to 0.8 %)`` or that it is no finding;
    empty where the scenario has no flights."""
    found = result.facts.get("effect_without_flights_percent")
    if not found:
        return ""
    band = Band(float(found["p10"]), float(found["p50"]), float(found["p90"]))
    return (
        f"{n.signed_percent(band.mid)} ({phrases.signed_range(band)})"
        if findings.told(band)
        else findings.WORDS[verdict(band)]
    )


def _through(result: StudyResult) -> str:
    rows = result["contributions"]
    if len(rows) == 0:
        return ""
    order = rows.reindex(rows["percent_points"].abs().sort_values(ascending=False, kind="stable").index)
    top, total = order.iloc[0], float(rows["percent_points"].sum())
    subject = phrases.subject(result, int(order.index[0]), str(top["kind"]))
    if len(rows) == 1:
        return f"It works through {subject}."
    first = float(top["percent_points"])
    rest, part = total - first, first / total if total else 0.0
    others = phrases.others_count(len(rows) - 1)
    if part > 1:
        return f"More than that comes from {subject}; the other {others} {n.plural(len(rows) - 1, 'takes', 'take')} {phrases.points(abs(rest))} away."
    if part >= 0.9:
        return f"Nearly all of that comes from {subject}; the other {others} {'adds' if len(rows) == 2 else 'together add'} {phrases.points(abs(rest))}."
    if part >= 0.5:
        return f"Most of that comes from {subject} ({phrases.points(first).removesuffix(' points')} of {phrases.points(total)})."
    if part > 0:
        return f"The largest part comes from {subject} ({phrases.points(first).removesuffix(' points')} of {phrases.points(total)})."
    return f"Measures pull both ways; the strongest pull is that of {subject} ({phrases.signed_points(first)})."


def _how_sure(result: StudyResult) -> str:
    band, kind = effect(result), verdict(effect(result))
    if not has_measures(result):
        base = path(result, "total", "baseline")
        if not base.low > 0:
            return ""
        head = "The path's range is wide" if base.high > 3 * base.low else "The path's range is moderate"
        return f"{head}: its high end is {phrases.times(base.high / base.low)} its low end."
    if kind == "none":
        return "All simulated futures agree on that."
    if kind in STILL:
        return f"That is fairly sure: {_nineteen(result)}."
    top = phrases.top_doubt(result)
    leads = f", above all because of one open question: {top}" if phrases.doubt_leads(result) else f"; the largest of several open questions is {top}"
    reason = leads if top else ""
    if kind == "open":
        return f"Neither direction nor size is sure{reason}." if either_way(band) else f"The size is not sure{reason}."
    if _ratio(band) >= 3:
        return f"In the model the direction is clear, the size is not{reason}."
    return f"In the model direction and size are both fairly clear{'; the largest open question is ' + top if top else ''}."


def _ratio(band: Band) -> float:
    ends = sorted((abs(band.low), abs(band.high)))
    return ends[1] / ends[0] if ends[0] else float("inf")


def _nineteen(result: StudyResult) -> str:
    rows = result["effect"]
    row = rows[(rows["year"] == result.years[-1]) & (rows["flow"] == "total") & (rows["unit"] == "percent")].iloc[0]
    wide = Band(float(row["p2_5"]), float(row["p50"]), float(row["p97_5"]))
    if wide.most < 0.05:
        return f"in 19 cases of 20 the change stays under 0.05{n.THIN}%"
    return f"in 19 cases of 20 it stays under {n.percent(_round_up(wide.most))} either way"


def _round_up(size: float) -> float:
    """A bound that is met, to one digit: 0.23 is 0.3."""
    place = 10.0 ** math.floor(math.log10(size))
    return math.ceil(size / place - 1e-9) * place


def key_figures(result: StudyResult) -> KeyFigures:
    """The effect, what it is worth, trucks needed against capacity, trade expected; without
    measures trade today and expected."""
    if not has_measures(result):
        return KeyFigures((_today(result), _expected(result), _trucks(result)))
    return KeyFigures((_effect(result), _worth(result), _trucks(result), _expected(result)))


def _today(result: StudyResult) -> KeyFigure:
    year, exports, imports = level(result)
    first, second = pair(result)
    return KeyFigure(
        f"Two-way trade in {year}",
        n.musd(exports + imports),
        f"{first} sells {n.musd(exports)}, {second} {n.musd(imports)}; {level_source(result)}",
    )


def _expected(result: StudyResult) -> KeyFigure:
    row = path_row(result, "total", "baseline")
    span = phrases.money_range(Band(float(row["p10"]), float(row["p50"]), float(row["p90"])))
    if not has_measures(result):
        return KeyFigure(f"Expected in {result.years[-1]}", findings.trade(float(row["p50"])), span)
    year, exports, imports = level(result)
    return KeyFigure(
        f"Two-way trade in {result.years[-1]} without the measures",
        findings.level(result),
        f"{span}; {n.musd(exports + imports)} in {year} ({level_source(result)})",
    )


def _worth(result: StudyResult) -> KeyFigure:
    label, gain = f"Worth a year to all who ship, {result.years[-1]}", worth.mean(result, "user_benefits_musd")
    if abs(gain) < findings.SMALL_MUSD:
        return KeyFigure(label, "Nothing", worth.a_year(result))
    sure = worth.chance(result)
    costs = "costs counted" if worth.mean(result, "costs_musd") > 0 else "no cost counted"
    return KeyFigure(
        label,
        n.musd(gain),
        f"on average{', made by few cases' if worth.pulled(result) else ''}; {worth.band_words(result)}; "
        f"{costs}, above zero in {worth.of_cases(sure)}",
    )


def _effect(result: StudyResult) -> KeyFigure:
    band, year = effect(result), result.years[-1]
    kind = verdict(band)
    label = f"Effect of the measures in {year}"
    if kind == "none":
        return KeyFigure(label, "No change", "the same in every case")
    if kind in ("tiny", "nil"):
        return KeyFigure(label, "Not measurable", f"no measurable effect: {_nineteen(result)}")
    if kind == "slight":
        side = "up" if band.mid > 0 else "down"
        return KeyFigure(
            label, "Too small to matter",
            f"{side}, by less than {phrases.A_THOUSANDTH}; {_nineteen(result)}",
        )
    if kind == "open":
        return KeyFigure(
            label,
            "Not clear",
            phrases.signed_range(band)
            + (": includes zero" if either_way(band) else ": reaches down to nothing"),
        )
    apart = without_flights(result)
    return KeyFigure(
        label,
        n.signed_percent(band.mid),
        phrases.signed_range(band) + (f"; without the flights {apart}" if apart else ""),
    )


def _trucks(result: StudyResult) -> KeyFigure:
    need = trucks_both(result)
    narrow = gate(result)
    held = (
        f"; {phrases.own(narrow[0])} open crossings on these ways take {n.count(narrow[1])} today"
        if narrow
        else "; no road corridor in the network"
    )
    return KeyFigure(
        f"Trucks a day in {result.years[-1]}, both ways",
        "Fewer than 1"
        if need.mid < 0.75
        else f"About {n.trucks(need.mid).removesuffix(' a day').removesuffix(' trucks').removesuffix(' truck')}",
        f"if all goods that suit trucks went by road (80{n.THIN}% band "
        f"{n.number_range(need.low, need.high, mid=need.mid)}){held}",
    )
