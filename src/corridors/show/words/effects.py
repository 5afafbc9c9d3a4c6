"""Who else gains or loses, what did it, and how sure that is, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from corridors.show import findings
from corridors.show import numbers as n
from corridors.show.blocks import Prose
from corridors.show.lookups import (
    STILL,
    TINY_PERCENT,
    Band,
    band,
    clean,
    economy,
    effect,
    fact_band,
    has_measures,
    quoted,
    verdict,
    way,
)
from corridors.show.words import phrases
from corridors.study.result import StudyResult

_WORTH_MUSD = 0.05


def others_words(result: StudyResult) -> Prose | None:
    """Trade of other pairs that rises or falls most, and real output; None without measures."""
    if not has_measures(result):
        return None
    return Prose(tuple(p for p in (_pairs(result), _output(result)) if p))


def sectors_words(result: StudyResult) -> Prose | None:
    """Which goods gain, by direction; None without measures."""
    if not has_measures(result):
        return None
    told = [sentence for flow in ("exports", "imports") if (sentence := _goods(result, flow))]
    if not told:
        return Prose((f"No group of goods moves by as much as {n.musd(_WORTH_MUSD)} a year with a sign that is sure.",))
    return Prose((phrases.sentence(*told),))


def _goods(result: StudyResult, flow: str) -> str:
    rows = result["sectors"]
    rows = rows[rows["direction"] == flow].sort_values("change_musd_p50", ascending=False, kind="stable")
    rows = rows[findings.sure(rows, "change_musd")]
    up, down = (
        rows[rows["change_musd_p50"] >= _WORTH_MUSD].head(2),
        rows[rows["change_musd_p50"] <= -_WORTH_MUSD].tail(1),
    )
    told = []
    if len(up):
        found = n.listed([_sector(r) for r in up.itertuples(index=False)])
        told.append(f"the largest {n.plural(len(up), 'gain is', 'gains are')} in {found}")
    if len(down):
        told.append(f"the largest loss is in {_sector(next(down.itertuples(index=False)))}")
    text = f"{way(result, flow)} {'; '.join(told)}"
    return f"{text[:1].upper()}{text[1:]}." if told else ""


def _sector(row: Any) -> str:
    found = Band(float(row.change_musd_p10), float(row.change_musd_p50), float(row.change_musd_p90))
    return f"{row.short_name} ({n.musd(found.mid, sign=True)} a year, 80{n.THIN}% band {n.musd_range(found.low, found.high, sign=True)})"


def _pairs(result: StudyResult) -> str:
    rows = result["others"]
    if not len(rows):
        return "The measures touch the trade cost of no other pair."
    certain = rows[findings.sure(rows, "change_musd")]
    up = certain[certain["change_musd_p50"] >= _WORTH_MUSD].sort_values(
        "change_musd_p50", ascending=False, kind="stable"
    )
    down = certain[certain["change_musd_p50"] <= -_WORTH_MUSD].sort_values("change_musd_p50", kind="stable")
    moved, amount = len(up) + len(down), n.musd(_WORTH_MUSD)
    of_all = f"Of {n.in_words(len(rows))} other {n.plural(len(rows), 'direction', 'directions')} of trade on the network"
    if not moved:
        return f"{of_all} none moves by as much as {amount} a year with a sign that is sure."
    head = f"{of_all} {n.in_words(moved)} {n.plural(moved, 'moves', 'move')} by as much as {amount} a year with a sign that is sure."
    told = [head]
    if len(up):
        told.append(
            f"{'The largest gains are' if len(up) > 1 else 'The one gain worth naming is'} "
            f"{n.listed([_flow(r) for r in up.head(3).itertuples()])}."
        )
    if len(down):
        told.append(
            f"{'The largest losses are' if len(down) > 1 else 'The one loss worth naming is'} "
            f"{n.listed([_flow(r) for r in down.head(2).itertuples()])}."
        )
    else:
        told.append(f"No flow surely loses as much as {n.musd(_WORTH_MUSD)} a year.")
    return phrases.sentence(*told)


def _flow(row: pd.Series) -> str:
    change = float(row.change_musd_p50)
    return (
        f"{economy(str(row.exporter))} to {economy(str(row.importer))} ({n.musd(change, sign=True)} a year, "
        f"80{n.THIN}% band {n.musd_range(float(row.change_musd_p10), float(row.change_musd_p90), sign=True)})"
    )


def _output(result: StudyResult) -> str:
    rows = result["real_gdp"]
    if not len(rows):
        return ""
    year = result.years[-1]
    reach = float(rows[["change_percent_p10", "change_percent_p90"]].abs().to_numpy().max())
    if reach < TINY_PERCENT:
        return f"Real output in {year} changes by {phrases.less_than(TINY_PERCENT)} in every economy."
    own = {
        code: band(rows[rows["economy"] == code].iloc[0], "change_percent")
        for code in result.pair
        if (rows["economy"] == code).any()
    }
    small = [economy(code) for code, b in own.items() if b.most < TINY_PERCENT]
    vague = [economy(code) for code, b in own.items() if b.most >= TINY_PERCENT and not _moves(b)]
    told = [f"by {phrases.less_than(TINY_PERCENT)} in {n.listed(small)}"] if small else []
    told += [f"in {n.listed(vague)} by nothing that can be told from zero"] if vague else []
    told += [f"in {economy(code)} by about {_gdp(b)}" for code, b in own.items() if _moves(b)]
    most = rows.loc[rows["change_percent_p50"].abs().idxmax()]
    if str(most["economy"]) not in result.pair and _moves(band(most, "change_percent")):
        told.append(
            f"in {economy(str(most['economy']))}, where it changes most in the middle case, by "
            f"about {_gdp(band(most, 'change_percent'))}"
        )
    return f"Real output in {year} changes {'; '.join(told)}."


def _moves(change: Band) -> bool:
    return findings.told(change, findings.OF_OUTPUT)


def _gdp(change: Band) -> str:
    return f"{n.signed_percent(change.mid)} ({phrases.signed_range(change)})"


def contributions_words(result: StudyResult) -> Prose | None:
    """What each measure adds; the parts add up to the median effect. None where there is nothing to
    share out and nothing else to tell."""
    rows = result["contributions"]
    if not len(rows):
        return None
    more = evidence_words(result)
    total = float(rows["percent_points"].sum())
    order = rows.reindex(rows["percent_points"].abs().sort_values(ascending=False, kind="stable").index)
    top = order.iloc[0]
    if not findings.told(effect(result)):
        if not more:
            return None
        one = "There is one measure" if len(rows) == 1 else f"There are {n.in_words(len(rows))} measures"
        does = "it does" if len(rows) == 1 else "they do together"
        nothing = "is too small to matter" if verdict(effect(result)) == "slight" else "cannot be told from zero"
        return Prose(
            (
                f"{one}, and what {does} to two-way trade in {result.years[-1]} {nothing}: "
                f"{_both_ways(order) or 'there is nothing to share out.'}",
                *more,
            )
        )
    if len(rows) == 1:
        return Prose(
            (
                f"There is one measure, {quoted(top['measure'])}, so all of the effect is its own: "
                f"{phrases.change(effect(result))}.",
                *more,
            )
        )
    if order["percent_points"].abs().max() < TINY_PERCENT:
        return Prose(
            (
                f"No measure moves two-way trade by as much as {n.fixed(TINY_PERCENT, 2)} points: "
                f"all {n.in_words(len(rows))} together come to {phrases.signed_points(total)}.",
                *more,
            )
        )
    told = [
        f"Of the effect of {n.signed_percent(total)} in {result.years[-1]}, {quoted(top['measure'])} {_brings(top)}."
    ]
    second = order.iloc[1]
    if abs(float(second["percent_points"])) >= TINY_PERCENT:
        told.append(f"Next is {quoted(second['measure'])}, which {_brings(second)}.")
    small = int((order["percent_points"].abs() < TINY_PERCENT).sum())
    if small:
        told.append(
            f"{phrases.capital(n.in_words(small))} of the {n.in_words(len(rows))} measures "
            f"{n.plural(small, 'moves', 'move')} it by less than {n.fixed(TINY_PERCENT, 2)} "
            f"points{' each' if small > 1 else ''}."
        )
    told.append("Each share is the mean over orders in which the measures could come, in futures about the median, so the parts add up.")
    return Prose((phrases.sentence(*told), *more))


def _both_ways(order: pd.DataFrame) -> str:
    """The strongest pulls on each side with their figures, where measures pull both ways and a pull can be seen; ``order``: the largest first."""
    points = order["percent_points"].to_numpy(dtype=float)
    if points.max() < TINY_PERCENT or points.min() > -TINY_PERCENT:
        return ""
    up, down = (
        n.listed([f"{quoted(order['measure'].iloc[k])} ({phrases.signed_points(points[k])})" for k in phrases.strong(side * points)])
        for side in (1.0, -1.0)
    )
    return f"measures pull both ways, up {up}, down {down}. These are means over orders in which the measures could come, in futures about the median."


def evidence_words(result: StudyResult) -> tuple[str, ...]:
    """What studies of measures like these found, one paragraph a kind; flights that join whom planes join already."""
    paragraphs = []
    served = [" and ".join(row["route"]) for row in result.facts.get("flights", ()) if row["served"]]
    if served:
        paragraphs.append(
            f"Direct services join the economies of {n.listed(served)} already, so further flights "
            f"change nothing in their trade here."
        )
    rows = [row for row in result.facts["evidence"] if row["kind"] == "direct_flights"]
    known = [row for row in rows if row["central"] is not None]
    middles = [row["central"] for row in rows if row["central"] is not None]
    if known:
        low, high = min(middles), max(middles)
        paragraphs.append(
            f"What flights do rests on {n.in_words(len(known))} readings of "
            f"{n.percent_range(low, high)} more trade in goods made for a buyer from a frequent "
            f"first service "
            f"({'; '.join(_study(row) for row in known)}). None of it is of this pair. Bulk is "
            f"traded on exchanges and moves by none of it; a few flights a week do less than daily "
            f"ones."
        )
    apart = result.facts.get("effect_without_flights_percent")
    alone = fact_band(apart) if apart else effect(result)
    which = "all measures but flights" if apart else "all measures together"
    for kind in ("transit_regime", "single_window", "regular_service"):
        found = [row for row in result.facts["evidence"] if row["kind"] == kind]
        if found:
            told = "; ".join(f"{clean(row['found'])} ({_short_source(row)})" for row in found)
            paragraphs.append(
                f"Here {which} bring this pair {findings.percent(alone)} ({phrases.signed_range(alone)}). "
                f"What others saw of {phrases.measure_words(kind)} stands beside it and is no input of it: {told}."
            )
    grown = [_growth(row) for row in result.facts["adoption"]]
    if grown:
        paragraphs.append(
            f"How use grew where corridors opened sets how fast users come here, not how many: {'; '.join(grown)}. "
            "War and new railways are in those figures, so they are no forecast of what a regime alone brings."
        )
    return tuple(paragraphs)


def _growth(row: Mapping[str, Any]) -> str:
    """``Khorgos Gateway, open since 2015: 80,000 TEU a year in 2016, 372,000 in 2025 (astanatimes.com)``."""
    host = urlsplit(str(row["source_url"])).netloc.removeprefix("www.")
    return (
        f"{row['corridor']}, open since {row['opened']}: {row['quantity']} "
        f"{n.count(round(row['first']))} {row['unit']} in {row['first_year']}, "
        f"{n.count(round(row['last']))} in {row['last_year']} ({host})"
    )


def _short_source(row: Mapping[str, Any]) -> str:
    return clean(re.split(r", (?:The |the |Review|as reported)", str(row["source"]))[0].strip())


def _study(row: Mapping[str, Any]) -> str:
    """``Fu and co-authors 2022: 11 %``."""
    name = re.split(r"[,(]", str(row["source"]))[0].strip()
    if name.startswith("our estimate"):
        name = f"this project's panel, {clean(str(row['found']).split(': ', 1)[-1])}"
    return f"{name}: {n.percent(float(row['central']))}"


def _brings(row: pd.Series) -> str:
    points = float(row["percent_points"])
    return f"{'brings' if points >= 0 else 'takes away'} {phrases.points(abs(points))}"


def uncertainty_words(result: StudyResult) -> Prose:
    """Which open question matters most, and how much the band would narrow if it were answered."""
    if not has_measures(result):
        return Prose(
            (
                _how(result),
                "No measure is taken, so the effect has no uncertainty of its own; that of the "
                "path is in the fan above.",
            )
        )
    found = effect(result)
    if verdict(found) in STILL:
        return Prose((_how(result), "The effect is so small that no open question about it changes the answer."))
    if not findings.told(found):
        return Prose(tuple(p for p in (_how(result), _information(result)) if p))
    return Prose(tuple(p for p in (_how(result), _information(result), _tornado(result), _closures(result)) if p))


def _how(result: StudyResult) -> str:
    return (
        f"All that is uncertain was varied at once, in {result.draws:,} simulated futures: what "
        f"trade responds to, costs, hours, queues, output, today's level. "
        f"A band of 80{n.THIN}% leaves one case in ten below it and one in ten above."
    )


def _information(result: StudyResult) -> str:
    rows = result["information"]
    if not len(rows) or result.draws < phrases.FEWEST_FOR_A_DOUBT:
        return ""
    gain = rows["band_now_percent_points"] - rows["band_if_known_percent_points"]
    if not gain.max() > 0:
        return "No single fact would narrow the band by itself."
    top = rows.loc[gain.idxmax()]
    now, then = float(top["band_now_percent_points"]), float(top["band_if_known_percent_points"])
    question = phrases.doubt(result, str(top["parameter"]), str(top["meaning"]))
    rest = rows.assign(gain=gain).drop(index=gain.idxmax()).sort_values("gain", ascending=False, kind="stable")
    told = f"The fact most worth finding out is {question}. If it were known, the 80{n.THIN}% band would be {n.share(1 - then / now)} narrower."
    after = [
        phrases.doubt(result, str(r.parameter), str(r.meaning))
        for r in rest.head(2).itertuples()
        if r.gain > 0.05 * now
    ]
    return phrases.sentence(told, f"Next {n.plural(len(after), 'comes', 'come')} {n.listed(after)}." if after else "")


def _tornado(result: StudyResult) -> str:
    rows = result["sensitivity"]
    if not len(rows):
        return ""
    spread = (rows["effect_high_percent"] - rows["effect_low_percent"]).abs()
    if not spread.max() >= TINY_PERCENT:
        return ""
    top = rows.loc[spread.idxmax()]
    apart = abs(float(top["effect_high_percent"]) - float(top["effect_low_percent"]))
    return (
        f"Moved alone from the low to the high end of its range, with all else at its middle, one "
        f"quantity does most: {phrases.doubt(result, str(top['parameter']), str(top['meaning']))}. "
        f"From end to end of it the effect moves by {phrases.points(apart)}."
    )


def _closures(result: StudyResult) -> str:
    found = result.facts["closures"]
    effects = (found["partial"], found["conditional"], found["full"])
    if max(abs(v) for v in effects) < TINY_PERCENT:
        return ""
    spread = max(effects) - min(effects)
    if spread < 0.005:
        return "It makes no difference how much of the world is let to adjust: only this pair's cost, the trade of all, or prices and output as well."
    how = "hardly matters" if spread < 0.1 * max(abs(v) for v in effects) else "matters"
    return (
        f"How much of the world may adjust {how}. Here trade of all pairs, prices and output do. "
        f"If nothing but this pair's cost moved, the effect would be "
        f"{_off(found['partial'] - found['full'])}; "
        f"if the trade of all pairs moved, but not prices and output, {_off(found['conditional'] - found['full'])}."
    )


def _off(points: float) -> str:
    return "the same" if abs(points) < 0.005 else f"{phrases.points(points)} {'higher' if points > 0 else 'lower'}"
