"""Trade today, trade expected, and stated aims, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from corridors.show import findings
from corridors.show import numbers as n
from corridors.show.blocks import Prose
from corridors.show.lookups import (  # fmt: skip
    STILL,
    Band,
    clean,
    dated,
    economy,
    effect,
    fact_band,
    full_reports,
    has_measures,
    level,
    level_source,
    pair,
    path,
    path_row,
    period_words,
    verdict,
    way,
)
from corridors.show.words import phrases
from corridors.study.result import StudyResult
from corridors.study.result_facts import Ratio

MANYFOLD = 4.0
_NEWEST_YEARS, _MOST_REPORTS = 3, 7
_FLOW = {"exports": "exports", "imports": "imports", "total": "two-way trade", "balance": "the balance"}


def trade_today(result: StudyResult) -> Prose:
    """Levels, the reports that disagree, and trade that is missing."""
    paragraphs = [
        phrases.sentence(_level(result), _one_off(result), _reported(result)),
        _growth(result),
        _disagree(result),
        _missing(result),
    ]
    return Prose(tuple(p for p in paragraphs if p))


def _level(result: StudyResult) -> str:
    year, exports, imports = level(result)
    first, second = pair(result)
    larger = max(exports, imports) / (exports + imports)
    lopsided = (
        f" {phrases.capital(second if imports > exports else first)} sells {n.share(larger)} of it."
        if larger >= 0.7
        else ""
    )
    return (
        f"In {year}, {phrases.what_changes(result)} came to about {n.musd(exports + imports)}: "
        f"{first} sold goods worth {n.musd(exports)} "
        f"and {second} goods worth {n.musd(imports)} ({level_source(result)}).{lopsided}"
    )


def _one_off(result: StudyResult) -> str:
    """What the level leaves out, with its source."""
    cargoes = result.facts["one_off"]
    told = [
        f"{clean(c['product'])} for {n.musd(float(c['value_musd']))} "
        f"({_months(c['start'], c['end'])}; {dated(clean(c['source']))})"
        for c in cargoes
    ]
    if not told:
        return ""
    why = clean(str(cargoes[0]["why"]))
    return f"Cargoes that will not come every year are left out of that level: {n.listed(told)}. The reason: {why}."


def _months(start: object, end: object) -> str:
    first, last = str(start), str(end)
    if first[:4] == last[:4] and first.endswith("-01") and last.endswith("-12"):
        return first[:4]
    return dated(f"{first} to {last}")


def _growth(result: StudyResult) -> str:
    """Why trade more than quadruples in the middle case, where it does."""
    growth = result.facts["growth"]
    if not growth["factor"] > MANYFOLD:
        return ""
    return (
        f"Without measures trade grows to {phrases.times(growth['factor'])} its level by "
        f"{result.years[-1]} in the middle case: output of both sides makes "
        f"{phrases.times(growth['gdp'])} of it, the way back towards what such economies trade "
        f"{phrases.times(growth['reversion'])}, "
        f"and the growth that flows of this size have shown {phrases.times(growth['other'])}."
    )


def _reported(result: StudyResult) -> str:
    reports = full_reports(result)
    if not len(reports):
        return "No series of reports on this pair is in the data; the level comes from the world matrix."
    newest = _newest(result)
    told = "; ".join(f"{period_words(r['period'])} {_amount(result, r)} ({dated(clean(r['source_title']))})" for r in newest)
    return f"Reported since {str(newest[0]['start'])[:4]}: {told}."


def _newest(result: StudyResult) -> list[Mapping[Any, Any]]:
    """The reports that end in the last three years for which there are any, the oldest first; six at most."""
    rows = result["trade_history"]
    rows = rows[rows[["exports_musd", "imports_musd", "total_musd"]].notna().any(axis=1)]
    ended = rows["end"].astype(str).str[:4].astype(int)
    rows = rows[ended > ended.max() - _NEWEST_YEARS].sort_values(["start", "end"], kind="stable")
    return list(rows.tail(_MOST_REPORTS).to_dict("records"))


def _amount(result: StudyResult, report: Mapping[Any, Any]) -> str:
    """What a report gives: both ways where it does, else what one side sold."""
    if pd.notna(report["total_musd"]):
        return f"{n.musd(float(report['total_musd']))} both ways"
    flow = "exports" if pd.notna(report["exports_musd"]) else "imports"
    return f"{n.musd(float(report[f'{flow}_musd']))} {way(result, flow)}"


def _disagree(result: StudyResult) -> str:
    rows = result["disagreements"]
    if not len(rows):
        return ""
    count, worst = len(rows), rows.iloc[0]
    reasons = (
        ["fiscal years run from July to June and calendar years do not"]
        if rows["period"].astype(str).str.contains("FY").any()
        else []
    )
    reasons += [
        "exports are counted without freight and imports with it",
        "central banks count payments while customs count goods",
    ]
    many = (
        f"{phrases.capital(n.in_words(count))} pairs of reported figures contradict each other"
        if count > 1
        else "One pair of reported figures contradicts itself"
    )
    a, b = sorted((float(worst["value_a_musd"]), float(worst["value_b_musd"])), key=abs)
    return (
        f"{many}. The widest gap is in {_FLOW.get(str(worst['what']), clean(worst['what']))}, "
        f"{period_words(worst['period'])}: {n.musd(a)} in one source, "
        f"{n.musd(b)} in another. Part of that is how trade is counted: {'; '.join(reasons)}. All "
        f"figures are shown as reported, and their spread is part of the uncertainty."
    )


def _missing(result: StudyResult) -> str:
    told = []
    year = 0
    for flow in ("exports", "imports"):
        found = result.facts["predicted_ratio"][flow]
        if not found or not found["p50"] > 0:
            continue
        year = int(found["year"])
        told.append(
            f"{phrases.capital(way(result, flow))} {n.musd(found['observed_musd'])} was observed "
            f"where the gravity model expects {n.musd(found['predicted_musd'])}, "
            f"{_ratio(found)}"
        )
    if not told:
        return "What share of expected trade is missing cannot be told: the world panel has no figure for this pair."
    return phrases.sentence(
        f"What economies of their size and distance usually trade is a yardstick, here for {year}, "
        f"the last year of the world panel. {'. '.join(told)}.",
        _since(result),
        "That describes; it is no promise that a better road would close a gap.",
    )


def _since(result: StudyResult) -> str:
    """Whether trade has moved so far since the panel's last year that the ratios are out of date."""
    year, exports, imports = level(result)
    ratios = result.facts["predicted_ratio"]
    told = []
    for flow, now, found in (("exports", exports, ratios["exports"]), ("imports", imports, ratios["imports"])):
        if not found or not found["observed_musd"] > 0:
            continue
        factor = now / found["observed_musd"]
        once = _once(result, flow, int(found["year"]))
        if factor >= 1.5:
            told.append(f"{way(result, flow)} it has grown to {phrases.times(factor)} that")
        elif 0 < factor <= 1 / 1.5:
            told.append(f"{way(result, flow)} it has shrunk to {n.share(factor)} of that{once}")
    return (
        f"By {year} trade has moved on: {' and '.join(told)}, so that yardstick has to be read with care."
        if told
        else ""
    )


def _once(result: StudyResult, flow: str, year: int) -> str:
    """That a cargo which will not come again was in the figure of a year, as half a sentence."""
    seller = result.pair[0 if flow == "exports" else 1]
    cargoes = [
        c for c in result.facts["one_off"]
        if c["exporter"] == seller and str(c["start"])[:4] <= str(year) <= str(c["end"])[:4]
    ]  # fmt: skip
    told = [f"{clean(c['product'])} for {n.musd(float(c['value_musd']))}" for c in cargoes]
    return f" ({n.listed(told)} that will not come every year was in it)" if told else ""


def _ratio(found: Ratio) -> str:
    band = f"80{n.THIN}% band {n.number_range(found['p10'], found['p90'])}"
    if found["p10"] > 1:
        return f"{phrases.times(found['p50'])} as much ({band})"
    if found["p90"] < 1:
        return f"so {n.share(1 - found['p50'])} is missing (observed over expected {n.significant(found['p50'])}, {band})"
    return f"not clearly different from what is expected (observed over expected {n.significant(found['p50'])}, {band})"


def projection_words(result: StudyResult) -> Prose:
    """Where trade goes without the measures and with them, both directions, with bands."""
    return Prose(tuple(p for p in (_baseline(result), _with_measures(result), _volumes(result)) if p))


def _baseline(result: StudyResult) -> str:
    year, exports, imports = level(result)
    last = result.years[-1]
    band = path(result, "total", "baseline")
    wide = path_row(result, "total", "baseline")
    ratio = band.mid / (exports + imports)
    trend = (
        f"{phrases.times(ratio)} the level of {year}"
        if ratio >= 1.05
        else f"about the level of {year}"
        if ratio > 0.95
        else f"{n.share(1 - ratio)} less than in {year}"
    )
    each = " and ".join(
        f"{findings.trade(path(result, flow, 'baseline').mid)} {way(result, flow)} "
        f"({phrases.money_range(path(result, flow, 'baseline'))})"
        for flow in ("exports", "imports")
    )
    return (
        f"Without the measures, {phrases.what_changes(result)} is expected at about "
        f"{findings.trade(band.mid)} in {last}, {trend}. "
        f"The 80{n.THIN}% band runs from {n.musd_range(band.low, band.high)}; 19 cases of 20 lie "
        f"within {n.musd_range(float(wide['p2_5']), float(wide['p97_5']))}. By direction, the middle of each (middles do not add up): {each}."
    )


def _with_measures(result: StudyResult) -> str:
    if not has_measures(result):
        return "No measure is taken, so the path with and without measures is the same."
    last, band = result.years[-1], effect(result)
    total = path(result, "total", "scenario")
    kind = verdict(band)
    if kind == "none":
        return f"With the measures it is the same, {findings.trade(findings.with_measures(result))}."
    if kind in STILL:
        head = f"With the measures the picture does not change: {phrases.change(band)} in {last}."
    else:
        head = f"With the measures it is about {findings.trade(findings.with_measures(result))} ({phrases.money_range(total)}). Measured case by case, that is {phrases.change(band)}."
    each = " and ".join(
        f"{phrases.change(effect(result, flow))} {way(result, flow)}"
        for flow in ("exports", "imports")
    )
    return phrases.sentence(head, f"By direction: {each}.", _although(result, band), _against_doubt(result, band))


def _although(result: StudyResult, band: Band) -> str:
    """Why trade falls though its own cost does not rise, or rises though that does not fall; empty
    where :func:`rival` is."""
    told = rival(result, band)
    return f"It {'falls although its own cost does not rise' if band.mid < 0 else 'rises although its own cost does not fall'}: {told}." if told else ""


def rival(result: StudyResult, band: Band) -> str:
    """What moves trade against its own cost: another flow of one of the two over the same borders, as half a sentence; empty
    where the cost explains it, or no flow that moves the other way is sure."""
    cost = fact_band(result.facts["trade_cost_change_percent"]).mid
    return rival_of(result.pair, cost, result["others"], result["effect"], band)


def rival_of(pair: tuple[str, str], cost_percent: float, others: pd.DataFrame, moved: pd.DataFrame, band: Band) -> str:
    """:func:`rival` from the parts of a result: the pair, the change of its trade cost, trade of others, its own effects. What
    competes with the direction that moves most is what its seller sells, or its buyer buys, elsewhere."""
    if not findings.told(band) or band.mid * cost_percent < 0 or not len(others):
        return ""
    falls = band.mid < 0
    last = moved[(moved["unit"] == "musd") & (moved["year"] == moved["year"].max())].set_index("flow")["p50"]
    outward = bool((last["exports"] < last["imports"]) == falls)
    seller, buyer = pair if outward else pair[::-1]
    against = findings.sure(others, "change_musd") & ((others["change_musd_p50"] > 0) == falls)
    rows = others[against & ((others["exporter"] == seller) | (others["importer"] == buyer))]
    if not len(rows):
        return ""
    top = rows.loc[rows["change_musd_p50"].abs().idxmax()]
    flow = f"trade from {economy(str(top['exporter']))} to {economy(str(top['importer']))}"
    size = f"{n.musd(abs(float(top['change_musd_p50'])))} a year"
    if falls:
        deal = "sold" if str(top["exporter"]) == seller else "bought"
        return f"{flow} grows by {size}, and what is {deal} there is not {deal} here"
    return f"{flow} shrinks by {size}, and part of that comes to this pair"


def _against_doubt(result: StudyResult, band: Band) -> str:
    base = path(result, "total", "baseline")
    if 100 * (base.high / base.mid - 1) > 5 * band.most:
        return f"What nobody can know about the years until {result.years[-1]} weighs far more: even without any measure the high end of the 80{n.THIN}% band is {phrases.times(base.high / base.mid)} its middle."
    return ""


def _volumes(result: StudyResult) -> str:
    rows = result["volumes"]
    if not len(rows):
        return ""
    last = rows[(rows["year"] == result.years[-1]) & (rows["case"] == "scenario")]
    told = []
    for flow in ("exports", "imports"):
        part = last[last["flow"] == flow]
        top = part.loc[part["tonnes_p50"].idxmax()]
        share = float(top["tonnes_p50"]) / float(part["tonnes_p50"].sum()) if part["tonnes_p50"].sum() > 0 else 0.0
        told.append(
            f"{way(result, flow)} about {n.tonnes(float(part['tonnes_p50'].sum()))}, "
            f"{n.share(share)} of it {_cargo(str(top['cargo_class']))}"
        )
    case = ", with the measures" if has_measures(result) else ""
    return f"By weight that is {'; '.join(told)} ({result.years[-1]}{case}, sums of middle estimates)." if told else ""


def _cargo(name: str) -> str:
    return {
        "bulk": "bulk cargo",
        "food": "food",
        "textiles": "textiles and leather",
        "machinery": "machinery and other manufactures",
    }.get(name, name)


def targets_words(result: StudyResult) -> Prose | None:
    """How likely the stated aims are; None where none is asked about."""
    rows = result["targets"]
    if not len(rows):
        return None
    return Prose(tuple(_target(result, row) for row in rows.itertuples()), bullets=len(rows) > 1)


def _target(result: StudyResult, row: pd.Series) -> str:
    flow = str(row.flow)
    what = phrases.what_changes(result) if flow == "total" else f"trade {way(result, flow)}"
    before, after = float(row.probability_baseline), float(row.probability_scenario)
    year = int(row.year)
    band = path(result, flow, "scenario", year)
    first, second = phrases.chance(before, result.draws), phrases.chance(after, result.draws)
    told = f"That {what} reaches {n.musd(float(row.target_musd))} by {year} {first}"
    if has_measures(result):
        told += (
            ", with the measures and without"
            if first == second
            else f" without the measures; with them it {second}"
        )
    return f"{told}. The middle estimate for that year{' with the measures' if has_measures(result) else ''} is {findings.trade(band.mid)}."


