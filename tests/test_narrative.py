"""Words made from numbers: over hundreds of drawn results they make sense, and never say more than the numbers support."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors.data import names
from corridors.data import tables as data
from corridors.show import lookups, numbers
from corridors.show import words as narrative
from corridors.show.blocks import Block, KeyFigures, Prose
from corridors.show.lookups import Band
from corridors.show.words import closing, phrases
from corridors.study.result import QUANTILES, StudyResult
from corridors.transport.routes import WORST
from studied import studied, without_a_way

DRAWN = 240
READ_IN_FULL = 90
HOSTILE = "<script>alert(1)</script>\n\n#let x = 1 \u202e & \"g\" *a*"
HOSTILE_SHOWN = "<script>.*?\\*a\\*"
OF_ONE = (
    "cover", "answer", "key_figures", "trade_today", "corridors_words", "border_words", "projection_words", "targets_words",
    "others_words", "contributions_words", "uncertainty_words", "left_out", "method_words", "data_words", "worth_words", "worth_line", "priorities_words", "binding_words",
)  # fmt: skip
OF_MANY = ("compare_cover", "compare_answer", "ranking_words", "recommendation")
MODES = ("scale", "flip", "zero", "shrink", "widen", "straddle", "sure")


@pytest.fixture(scope="module")
def results() -> dict[str, StudyResult]:
    found = {name: studied(name) for name in ("baseline", "capacity-800", "full-connectivity")}
    return {**found, "far-pair": without_a_way("DEU", "USA")}


@pytest.fixture(scope="module")
def many(results) -> list[StudyResult]:
    return list(drawn(results))


def drawn(results: dict[str, StudyResult], count: int = DRAWN) -> Iterator[StudyResult]:
    """Results as they might come out: effects scaled, turned round, gone, narrow, wide, on both sides of zero; all else shaken."""
    rng = np.random.default_rng(20260213)
    bases = [results[name] for name in ("capacity-800", "full-connectivity", "far-pair", "baseline")]
    for k in range(count):
        base = bases[k % len(bases)] if k % 8 else bases[1]
        yield shaken(base, MODES[k % len(MODES)], rng)


def shaken(result: StudyResult, mode: str, rng: np.random.Generator) -> StudyResult:
    tables = {name: frame.copy() for name, frame in result.tables.items()}
    facts = {**result.facts}
    if result.scenario["measures"]:
        size = float(10 ** rng.uniform(-3.0, 2.0))
        for name in ("effect",):
            tables[name][list(QUANTILES)] = [moved(row, mode, size, rng) for row in tables[name][list(QUANTILES)].to_numpy(float)]
        for name, prefix in (("others", "change_musd"), ("others", "change_percent"), ("real_gdp", "change_percent")):
            columns = [f"{prefix}_{p}" for p in ("p10", "p50", "p90")]
            if len(tables[name]):
                tables[name][columns] = [moved(row, mode, size, rng) for row in tables[name][columns].to_numpy(float)]
        if len(tables["contributions"]):
            pull = rng.choice([1.0, 1.0, -1.0, 0.0], len(tables["contributions"]))
            tables["contributions"]["percent_points"] = np.abs(tables["contributions"]["percent_points"]) * pull * size
        tables["sensitivity"][["effect_low_percent", "effect_high_percent"]] *= size
        tables["information"][["band_now_percent_points", "band_if_known_percent_points"]] *= size
        facts["closures"] = {k: v * size for k, v in facts["closures"].items()}
        facts["appraisal"] = appraised(facts["appraisal"], mode, size, rng)
    if len(tables["crossings"]):
        crossings = tables["crossings"]
        for case in ("before", "after"):
            crossings[f"binds_{case}"] = rng.random(len(crossings)) < rng.choice([0.0, 0.1, 0.6])
            crossings[f"hours_{case}"] = crossings[f"hours_{case}"] * 10 ** rng.uniform(-1.5, 1.0)
        crossings["closure_days_after"] = np.where(rng.random(len(crossings)) < 0.2, 365.0, crossings["closure_days_after"])
        tables["crossing_years"]["probability_full"] = np.clip(tables["crossing_years"]["probability_full"] * rng.choice([0.0, 0.4, 1.0, 1.5]), 0, 1)
    if len(tables["routes"]):
        share = rng.choice([0.0, 0.02, 0.4, 1.0])
        road = (tables["routes"]["mode"] == "road").to_numpy()
        for case in ("before", "after"):
            column = tables["routes"][f"share_{case}"].to_numpy(float).copy()
            column[road] = share / road.sum()
            column[~road] = column[~road] / max(column[~road].sum(), 1e-12) * (1 - share)
            tables["routes"][f"share_{case}"] = column
        facts["road_share"] = {flow: {case: float(share) for case in ("before", "after")} for flow in ("exports", "imports")}
        if share == 0.0:
            facts["hidden_usd_per_t"] = {"exports": None, "imports": None}
    for flow in ("exports", "imports"):
        factor = float(10 ** rng.uniform(-3.0, 3.0))
        facts["trucks_needed"] = {**facts["trucks_needed"], flow: {p: v * factor for p, v in facts["trucks_needed"][flow].items()}}
    if len(tables["targets"]):
        tables["targets"]["probability_baseline"] = rng.choice([0.0, 0.003, 0.2, 0.5, 0.97, 1.0], len(tables["targets"]))
        tables["targets"]["probability_scenario"] = rng.choice([0.0, 0.003, 0.2, 0.5, 0.97, 1.0], len(tables["targets"]))
    level = float(10 ** rng.uniform(-4.0, 2.0))
    facts["base"] = {**facts["base"], **{k: v * level for k, v in facts["base"].items() if k.endswith("musd")}}
    tables["projection"][list(QUANTILES)] *= float(10 ** rng.uniform(-4.0, 2.0))
    title = HOSTILE if rng.random() < 0.3 else result.title
    return replace(result, tables=tables, facts=facts, scenario={**result.scenario, "title": title, "summary": title})


def appraised(found: dict[str, Any], mode: str, size: float, rng: np.random.Generator) -> dict[str, Any]:
    """An appraisal as it might come out: gains and net value moved, any chance, costs up to none at all."""
    out = {**found}
    for key in ("user_benefits_musd", "real_income_musd", "npv_musd", "user_benefits_pair_musd"):
        low, mid, high = (float(v) for v in moved(np.array([found[key][p] for p in ("p10", "p50", "p90")]), mode, size, rng))
        out[key] = {"p10": low, "p50": mid, "p90": high, "mean": float(rng.choice([mid, 0.5 * (low + high)]))}
    out["probability_npv_positive"] = float(rng.choice([0.0, 0.3, 0.65, 0.92, 1.0]))
    if rng.random() < 0.2:
        out["costs_musd"] = dict.fromkeys(("mean", "p10", "p50", "p90"), 0.0)
        out["bcr"] = out["eirr_percent"] = dict.fromkeys(("mean", "p10", "p50", "p90"))
        out["switching"] = dict.fromkeys(("benefits_percent", "costs_percent", "rate_percent"))
    return out


def moved(row: np.ndarray, mode: str, size: float, rng: np.random.Generator) -> np.ndarray:
    """A row of quantiles (in order) after the change."""
    middle = row[len(row) // 2]
    out = {
        "scale": row * size,
        "flip": -row * size,
        "zero": row * 0.0,
        "shrink": middle * size + (row - middle) * 1e-3,
        "widen": row + (np.arange(len(row)) - len(row) // 2) * size,
        "sure": (row - row.min() + 0.3) * size * rng.choice([-1.0, 1.0]),
        "straddle": (np.arange(len(row)) - rng.uniform(0.2, len(row) - 1.2)) * size,
    }[mode]
    return np.sort(out)


def texts(block: Block | None) -> list[str]:
    """All texts of a block, one by one."""
    if block is None:
        return []
    if isinstance(block, Prose):
        return list(block.paragraphs)
    if isinstance(block, KeyFigures):
        return [part for item in block.items for part in (item.label, item.value, item.detail)]
    found = block.as_dict()
    return [found["kicker"], found["title"], found["subtitle"], *[t for fact in found["facts"] for t in fact]]


def every_text(result: StudyResult) -> Iterator[tuple[str, str]]:
    for name in OF_ONE:
        for text in texts(getattr(narrative, name)(result)):
            yield name, text


NONSENSE = {
    "something that is not a number": r"\b(nan|None(?! of| raises)|inf|n/a|NaT|True|False)\b",
    "code": r"[{}\[\]_]|e[+-]0\d",
    "doubled or stray white space": r"  |\s[.,;:)]|\(\s|^\s|\s$|\n",
    "doubled marks": r"\.\.|,,|;;|\(\)|, ?\.|; ?\.",
    "minus zero or a bare zero change": r"[−-]0(\.0+)?[\u202f ]?%|(rise|fall|raise|lower)\D{0,60}? by about 0(\.0+)?\u202f%",
    "a rise or fall by a negative amount": r"(rise|fall) of (about )?[−-]|(raise|lower)s? [^.(]{0,80} by about [−+-]",
    "one of many": r"(?<![.,\d])1 (trucks|days|hours|points|tonnes|minutes|draws)\b|\bone (measures|crossings|flows|scenarios|exporters)\b",
    "many of one": r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) (measure|crossing|flow|scenario|pair)\b",
    "an orphan unit": r"(^|[^\d])\u202f%|(^|[^\u202f])%|[^\da] (million|billion|trillion)\b",
    "false precision": r"\d\.\d{4,}",
    "about twice": r"\babout (no|less|about)\b|\babout about\b|\bby by\b|\bof of\b|\bthe the\b",
    "a half-said chance": r"chance of (almost|about even)",
}  # fmt: skip


def check(name: str, text: str) -> None:
    for what, pattern in NONSENSE.items():
        found = re.search(pattern, text)
        # A label in quotation marks is its author's; only what surrounds it is ours.
        if found and re.search(pattern, re.sub(r"“[^”]*”", "“label”", text)):
            raise AssertionError(f"{name}: {what}: ...{text[max(found.start() - 60, 0) : found.end() + 40]}...")


@pytest.mark.parametrize("name", ["baseline", "capacity-800", "full-connectivity", "far-pair"])
def test_real_results_read_well(results, name) -> None:
    for function, text in every_text(results[name]):
        check(function, text)


def test_drawn_results_make_sense(many) -> None:
    for result in many[:READ_IN_FULL]:
        for function, text in every_text(result):
            if function == "cover" and lookups.clean(result.title) in text or "script" in text:
                continue
            check(function, text)


def test_paragraphs_are_sentences(results, many) -> None:
    for result in [*results.values(), *many[:24]]:
        for name in OF_ONE:
            block = getattr(narrative, name)(result)
            for text in block.paragraphs if isinstance(block, Prose) else ():
                assert text.endswith((".", ".”")), (name, text)
                assert text[0].isupper() or text[0] in "“$" or text[0].isdigit(), (name, text)


def test_the_answer_is_short_and_of_few_sentences(results, many) -> None:
    long_names = replace(results["baseline"], facts={**results["baseline"].facts, "names": ["Central African Republic", "United Arab Emirates"]})
    for result in [*results.values(), *many, long_names]:
        (answer,) = narrative.answer(result).paragraphs
        assert len(answer.split()) <= 90, answer
        assert 2 <= len(re.findall(r"\.(?=\s|$)", answer)) <= 3, answer


def test_the_answer_claims_what_the_band_supports(many) -> None:
    seen = set()
    for result in many:
        (answer,) = narrative.answer(result).paragraphs
        band = lookups.effect(result)
        if "would raise" in answer:
            assert band.low > 0, answer
            seen.add("raise")
        if "would lower" in answer:
            assert band.high < 0, answer
            seen.add("lower")
        if "includes zero" in answer:
            assert band.low < 0 < band.high, answer
            seen.add("open")
        if "No measurable effect" in answer:
            assert band.most < lookups.SLIGHT_PERCENT
            seen.add("nil")
        if "change nothing" in answer:
            assert band.still
            seen.add("none")
        if band.low < 0 < band.high:
            assert "would raise" not in answer and "would lower" not in answer
    assert seen >= {"raise", "lower", "open", "nil", "none"}


@given(ends=st.tuples(*[st.floats(-300, 300, allow_nan=False)] * 3))
def test_a_change_in_words_never_contradicts_its_band(ends) -> None:
    band = Band(*sorted(ends))
    kind, told = lookups.verdict(band), phrases.change(band)
    if "a rise" in told:
        assert kind in ("rise", "slight") and band.low > 0
    if "a fall" in told:
        assert kind in ("fall", "slight") and band.high < 0
    if band.low < 0 < band.high:
        assert kind in ("tiny", "nil", "open")
    check("change", told)


@pytest.mark.parametrize(
    ("ends", "kind"),
    [
        ((0.0, 0.0, 0.0), "none"), ((-0.049, 0.0, 0.049), "tiny"), ((0.01, 0.02, 0.04), "tiny"), ((-0.2, 0.1, 0.4), "nil"), ((0.0001, 0.02, 0.3), "nil"), ((0.01, 0.2, 0.3), "rise"),
        ((-1.0, 0.5, 2.0), "open"), ((0.7, 4.0, 21.0), "rise"), ((-6.0, -3.0, -1.0), "fall"), ((-0.18, -0.015, -0.00026), "nil"),
    ],
)  # fmt: skip
def test_verdicts(ends, kind) -> None:
    assert lookups.verdict(Band(*ends)) == kind


# --- numbers in words are numbers in the tables -----------------------------------------------------------

_NUMBER = re.compile(r"[−+]?\$?(\d[\d,]*(?:\.\d+)?)")
_SCALE = {"trillion": 1e6, "billion": 1e3, "million": 1.0, "": 1e-6}


def tolerance(digits: str) -> float:
    """Half a unit of the last digit shown; trailing zeros of a whole number say nothing."""
    plain = digits.replace(",", "")
    if "." in plain:
        return 0.5 * 10.0 ** -len(plain.split(".")[1])
    return 0.5 * 10.0 ** (len(plain) - len(plain.rstrip("0")) if plain.strip("0") else 0)


def shows(text: str, value: float) -> bool:
    """Whether the first number in a text is ``value`` to the digits shown."""
    found = _NUMBER.search(text)
    assert found, text
    digits = found.group(1)
    scale = next((s for word, s in _SCALE.items() if word and word in text), 1e-6 if "$" in text else 1.0)
    sign = -1.0 if text[found.start()] == "−" else 1.0
    return abs(sign * float(digits.replace(",", "")) * scale - value) <= tolerance(digits) * scale * 1.001 + 1e-12


def test_the_headline_is_the_median_to_the_digit_shown(results, many) -> None:
    checked = 0
    for result in [*results.values(), *many]:
        (answer,) = narrative.answer(result).paragraphs
        band = lookups.effect(result)
        found = re.search(r"would (?:raise|lower) .*? by about (\S+)\u202f% \(.*?\), or (\$\S+(?: \w+illion)?) a year", answer)
        if found:
            assert shows(found.group(1), abs(band.mid)), (answer, band)
            money = abs(band.mid) / 100.0 * lookups.path(result, "total", "baseline").mid
            assert abs(in_musd(found.group(2)) / money - 1.0) < 0.12, (answer, money)
            checked += 1
    assert checked >= 15


def in_musd(told: str) -> float:
    """Million dollars of ``$1.07 billion``."""
    number, _, name = told.lstrip("$").partition(" ")
    return float(number.replace(",", "")) * {"": 1e-6, "million": 1.0, "billion": 1e3, "trillion": 1e6}[name]


def test_bands_in_the_answer_are_the_quantiles(many) -> None:
    checked = 0
    for result in many:
        (answer,) = narrative.answer(result).paragraphs
        band = lookups.effect(result)
        found = re.search(r"80\u202f% band (\S+) to (\S+)\u202f%(?:\)| includes zero| reaches down)", answer)
        if found and result.scenario["measures"]:
            low, high = sorted((band.low, band.high)) if "would lower" not in answer else sorted((-band.low, -band.high))
            assert shows(found.group(1), low) and shows(found.group(2), high), (answer, band)
            checked += 1
    assert checked >= 20


def test_key_figures_are_in_the_tables(results, many) -> None:
    for result in [*results.values(), *many]:
        items = narrative.key_figures(result).items
        year, exports, imports = lookups.level(result)
        path = lookups.path(result, "total", "baseline")
        if not result.scenario["measures"]:
            today, expected, trucks = items
            assert str(year) in today.label and shows(today.value, exports + imports)
            assert str(result.years[-1]) in expected.label and shows(expected.value, path.mid)
            continue
        effect, worth, trucks, expected = items
        assert str(result.years[-1]) in expected.label and shows(expected.value, path.mid)
        assert f"{numbers.musd(exports + imports)} in {year}" in expected.detail
        gain = result.facts["appraisal"]["user_benefits_musd"]
        assert worth.value == "Nothing" if abs(gain["mean"]) < 0.05 else shows(worth.value, gain["mean"]) and "80\u202f% band" in worth.detail
        band = lookups.effect(result)
        if band.still:
            assert effect.value == "No change"
        elif lookups.verdict(band) in ("tiny", "nil"):
            assert effect.value == "Not measurable"
        elif lookups.verdict(band) == "slight":
            assert effect.value == "Too small to matter"
        elif lookups.verdict(band) == "open":
            assert effect.value == "Not clear"
        else:
            assert shows(effect.value, band.mid), (effect, band)
        assert trucks.label.startswith("Trucks a day")


def test_trade_today_tells_level_and_reports(results) -> None:
    result = results["capacity-800"]
    told = " ".join(narrative.trade_today(result).paragraphs)
    year, exports, imports = lookups.level(result)
    assert f"In {year}" in told
    for value in (exports, imports, exports + imports):
        assert any(shows(m.group(0), value) for m in re.finditer(r"\$[\d,.]*\d (?:m|b)illion", told))
    assert "fiscal year" in told and "FY" not in told
    assert "No series" in " ".join(narrative.trade_today(results["far-pair"]).paragraphs)


def test_what_the_newest_years_brought_is_told_report_by_report(results) -> None:
    """Not one report of a whole year alone: 2023, parts of 2024 and 2025, and those that disagree on the fiscal year."""
    told = narrative.trade_today(results["capacity-800"]).text()
    for said in (
        "fiscal year 2022/23 $920 million both ways (APP / The Nation 13 October 2023)", "$667 million both ways (The Nation 7 March 2024)", "2023 $1.0 billion both ways",
        "January to August 2024 $753 million both ways", "January to July 2025 $45 million from Pakistan to Russia",
    ):  # fmt: skip
        assert said in told
    assert "shrunk" not in told or "wheat for $568 million that will not come every year was in it" in told


def test_a_crossing_that_stays_shut_is_told_with_the_answer() -> None:
    """What a shut crossing does to a scenario that widens it."""
    said = "Torkham stays shut, so what is built there waits; "
    assert said in narrative.answer(studied("capacity-800")).text()
    assert "stays shut" not in narrative.answer(studied("full-connectivity")).text()


def test_a_crossing_that_queues_is_not_given_a_small_chance_of_being_full(results) -> None:
    """Gabd is full of trucks that go round the shut Afghan border; those counted there alone would not fill it."""
    result = results["capacity-800"]
    row = result["crossings"].set_index("crossing").loc["gabd"]
    assert row["binds_before"]
    told = narrative.border_words(result).text()
    assert re.search(r"Gabd[^.]* fills? with trucks that go round borders which are shut or full", told)
    assert not re.search(r"Chances? of being full[^.]*Gabd", told)
    assert "99.9" not in told


def test_a_mean_that_lies_outside_its_band_is_explained(results) -> None:
    base = results["capacity-800"]
    found = base.facts["appraisal"]
    losing = replace(base, facts={**base.facts, "appraisal": {**found, "user_benefits_musd": {"mean": -4.0, "p10": -1.1, "p50": -0.2, "p90": 0.0}}})
    for told in (narrative.worth_line(losing), narrative.worth_words(losing)):
        assert told is not None and "Few cases with very large losses make that mean, which lies outside the band." in told.text()
    assert "made by few cases" in next(i.detail for i in narrative.key_figures(losing).items if i.label.startswith("Worth"))
    assert "Few cases" not in narrative.worth_line(base).text()


def test_what_treasuries_take_is_told_where_it_turns_a_loss_into_a_gain(results) -> None:
    base = results["capacity-800"]
    found = base.facts["appraisal"]
    paid = {"mean": 870.0, "p10": 800.0, "p50": 870.0, "p90": 900.0}
    taxed = replace(base, facts={**base.facts, "appraisal": {**found, "fees_musd": paid, "user_benefits_musd": {"mean": -260.0, "p10": -600.0, "p50": -250.0, "p90": -20.0}}})
    for told in (narrative.worth_line(taxed), narrative.worth_words(taxed)):
        assert told is not None and "Treasuries take $870 million a year more in fees at borders" in told.text()
    assert "Treasuries" not in narrative.worth_line(base).text()


def test_what_competes_is_looked_for_in_the_direction_that_moves() -> None:
    """Pakistan sells Afghanistan far more, but it is what it buys from Russia that falls."""
    result = studied("afghan-border-open")
    moved = result["effect"].query("unit == 'musd' and year == 2035").set_index("flow")["p50"]
    assert moved["imports"] < moved["exports"] < 0
    told = narrative.projection_words(result).text()
    assert re.search("trade from Afghanistan to Pakistan grows by [^.]*, and what is bought there is not bought here", told)


def test_a_band_that_ends_at_nothing_says_which_way_it_goes() -> None:
    base = studied("capacity-800")
    for low, mid, high, told in ((-29.0, -4.1, -0.0004, "up to nothing, and none of it is a rise"), (0.0, 4.1, 34.0, "down to nothing, and none of it is a fall")):
        rows = base["effect"].copy()
        here = (rows["unit"] == "percent") & (rows["flow"] == "total")
        for column, value in zip(("p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5"), np.interp(range(7), (0, 1, 3, 5, 6), (low, low, mid, high, high)), strict=True):
            rows.loc[here, column] = value
        assert told in phrases.headline(replace(base, tables={**base.tables, "effect": rows}))


def test_what_share_a_railway_takes_is_told(results) -> None:
    """Also that the pair is not offered it, and where its effect comes from then."""
    full = results["full-connectivity"]
    rail = lookups.mode_shares(full, "exports", "after")["rail"]
    assert f"With the measures trains take, by value, {numbers.share(rail)} from Pakistan to Russia" in narrative.corridors_words(full).text()
    by_rail = studied("uzbekistan-trans-afghan")
    none = "rail" not in lookups.mode_shares(by_rail, "exports", "after")
    assert ("No goods between Pakistan and Uzbekistan are offered the railway of this scenario" in narrative.corridors_words(by_rail).text()) == none
    assert "train" not in narrative.corridors_words(results["capacity-800"]).text()
    routes = by_rail["routes"]
    barred = replace(by_rail, tables={**by_rail.tables, "routes": routes[routes["mode"] != "rail"]})
    told = narrative.corridors_words(barred).text()
    assert "offered the railway" in told and f"none that costs less than {WORST} times the best by road" in told


def test_others_that_move_are_counted_and_those_that_do_not_are_not_said_to(results) -> None:
    flown = studied("direct-flights")
    rows = flown["others"]
    sure = ((rows["change_musd_p10"] > 0) | (rows["change_musd_p90"] < 0)) & (rows["change_musd_p50"].abs() >= 0.05)
    said = f"Of {numbers.in_words(len(rows))} other directions of trade on the network {numbers.in_words(int(sure.sum())) if sure.any() else 'none'} "
    assert said in narrative.others_words(flown).text()


def test_capacity_is_said_not_to_hold_trade_that_is_not_there(results) -> None:
    told = narrative.border_words(results["capacity-800"]).paragraphs
    assert told[0].startswith(("Capacity does not hold this trade back.", "Capacity does not bind:"))
    assert any("200, " in p and "1,000 trucks a day" in p for p in told)
    assert any("shut since 12 October 2025" in p for p in told)
    assert "No border crossing" in narrative.border_words(results["far-pair"]).paragraphs[0]


def test_capacity_that_adds_trade_is_not_said_to_add_none(results) -> None:
    base = results["capacity-800"]
    effect = base["effect"].assign(**dict(zip(QUANTILES, (0.5, 1.0, 2.0, 2.5, 3.0, 4.0, 5.0), strict=True)))
    gains = replace(base, tables={**base.tables, "effect": effect, "contributions": base["contributions"].assign(percent_points=2.5)})
    first = narrative.border_words(gains).paragraphs[0]
    assert "does not hold" not in first and "about +2.5" in first


def test_a_crossing_that_opens_is_said_to_open(results) -> None:
    told = " ".join(narrative.border_words(results["full-connectivity"]).paragraphs)
    assert "Torkham, Chaman, Ghulam Khan and Kharlachi open in this scenario" in told
    stays = " ".join(narrative.border_words(results["capacity-800"]).paragraphs)
    assert "stay shut here for all years" in stays


def test_without_measures_nothing_is_claimed(results) -> None:
    told = " ".join(text for _, text in every_text(results["baseline"]))
    assert "would raise" not in told and "would lower" not in told and "with the measures" not in told
    assert narrative.answer(results["baseline"]).paragraphs[0].startswith("Nothing is changed here")
    # What there is nothing to say of has no sentence, and so no section.
    assert narrative.contributions_words(results["baseline"]) is narrative.worth_words(results["baseline"]) is narrative.sectors_words(results["baseline"]) is None


def test_a_closure_is_told_by_what_it_does(results) -> None:
    full, shut = results["full-connectivity"], results["capacity-800"]
    assert full.scenario["measures"][0]["kind"] == "closure"
    assert phrases.subject(full, 0, "closure") == "keeping four crossings open"
    measure = {"kind": "closure", "crossings": ["taftan"], "days_per_year": 100.0, "start": 2027, "years_to_full_effect": 1}
    crossings = shut["crossings"].copy()
    crossings.loc[crossings["crossing"] == "taftan", "closure_days_after"] = 100.0
    longer = replace(shut, scenario={**shut.scenario, "measures": [measure]}, tables={**shut.tables, "crossings": crossings})
    assert phrases.subject(longer, 0, "closure") == "shutting Taftan for longer"
    assert phrases.subject(full, 99, "closure") == phrases.MEASURES["closure"]


def test_ways_outside_the_network_are_not_counted_as_free_and_at_once(results) -> None:
    base = results["capacity-800"]
    routes = base["routes"].copy()
    outside = (routes["mode"] == "sea").to_numpy()
    routes.loc[outside, "mode"] = lookups.OUTSIDE
    breakdown = base["breakdown"].copy()
    some = replace(base, tables={**base.tables, "routes": routes, "breakdown": breakdown})
    share = lookups.mode_shares(some, "exports")[lookups.OUTSIDE]
    days, usd = lookups.travel(some, "exports")
    known_days, known_usd = lookups.travel(base, "exports")
    assert days == pytest.approx(known_days / (1 - share)) and usd == pytest.approx(known_usd / (1 - share))
    told = narrative.corridors_words(some).paragraphs[0]
    assert "takes ways outside this network" in told
    check("corridors_words", told)


def test_what_is_said_of_real_output_holds_for_all_of_the_band(results, many) -> None:
    seen = 0
    for result in [*results.values(), *many]:
        block = narrative.others_words(result)
        assert (block is None) == (not result.scenario["measures"])
        if block is None:
            continue
        told = " ".join(block.paragraphs)
        reach = result["real_gdp"][["change_percent_p10", "change_percent_p90"]].abs().to_numpy().max()
        if "in every economy" in told:
            assert reach < lookups.TINY_PERCENT, told
            seen += 1
        rows = result["real_gdp"].set_index("economy")
        for name, code in zip(result.facts["names"], result.pair, strict=True):
            if re.search(rf"by less than 0\.05\u202f% in [^.;]*{name}", told):
                assert rows.loc[code, ["change_percent_p10", "change_percent_p90"]].abs().max() < lookups.TINY_PERCENT
    assert seen


def test_a_pair_without_corridor_is_said_to_have_none(results) -> None:
    assert "no corridor" in narrative.corridors_words(results["far-pair"]).paragraphs[0]
    assert narrative.targets_words(results["far-pair"]) is None or results["far-pair"]["targets"].shape[0] > 0
    assert "the United States" in narrative.cover(results["far-pair"]).as_dict()["facts"][0][1]


def test_a_middle_estimate_lies_in_its_range_where_most_does_less_than_half() -> None:
    """Where more trucks than fit want to pass, all of the hidden cost gone may bring less than half of it."""
    row = {"friction": "hidden", "name": "Hidden cost", "what_if": "", "low": 0.25, "central": 0.5, "high": 1.0, "unit": "share of it that goes",
           "effect_percent_low": 0.07, "effect_percent_central": 0.44, "effect_percent_high": 0.30}  # fmt: skip
    assert "about +0.44\u202f% (range +0.07 to +0.44\u202f%)" in closing._friction(row, False)


def test_what_a_report_says_of_contracts_and_fiscal_years_is_of_its_pair(results) -> None:
    own = results["full-connectivity"]
    assert "contracts for oil, gas or grain" in narrative.left_out(own).paragraphs[0] and "July to June" in narrative.data_words(own).paragraphs[1]
    volumes, reports = own["volumes"].assign(cargo_class="textiles"), own["trade_history"].assign(period_kind="calendar_year")
    other = replace(own, tables={**own.tables, "volumes": volumes, "trade_history": reports})
    assert "or which large contracts are signed" in narrative.left_out(other).paragraphs[0] and "fiscal" not in narrative.data_words(other).paragraphs[1]


def test_what_is_left_out_is_named(results) -> None:
    told = " ".join(narrative.left_out(results["full-connectivity"]).paragraphs).lower()
    for word in ("politics", "sanctions", "payments", "security", "hidden cost"):
        assert word in told


def test_every_uncertain_quantity_has_plain_words(results) -> None:
    table = data.parameters()
    drawn_ones = set(table.loc[~table["distribution"].isin(["check", "fixed"]), "parameter"])
    assert drawn_ones <= set(phrases.DOUBTS)
    for result in results.values():
        for name in ("sensitivity", "information"):
            for row in result[name].itertuples():
                assert phrases.doubt(result, row.parameter, row.meaning)


def test_an_unknown_quantity_is_told_by_its_description(results) -> None:
    assert phrases.doubt(results["baseline"], "new_one", "cost of ice: on roads") == "cost of ice"
    assert phrases.doubt(results["baseline"], "new_one") == "new one"


# --- comparison -------------------------------------------------------------------------------------------


def test_comparisons_make_sense(results, many) -> None:
    pool = [*results.values(), *many[:120]]
    for k in range(0, len(pool) - 5, 3):
        group = pool[k : k + 5]
        for name in OF_MANY:
            for text in texts(getattr(narrative, name)(group)):
                check(name, re.sub(HOSTILE_SHOWN, "title", text))


def test_the_recommendation_follows_its_rule(many) -> None:
    """Worth is weighed against cost: sure enough of a positive net value, few measures; not enough to decide; none."""
    seen = set()
    pool = [r for r in many if r.pair == ("PAK", "RUS")]

    def npv(result: StudyResult) -> float:
        return float(result.facts["appraisal"]["npv_musd"]["mean"])

    for k in range(0, len(pool) - 4, 2):
        group = [replace(r, scenario={**r.scenario, "title": f"Plan {i}"}) for i, r in enumerate(pool[k : k + (4 if k % 4 else 1)])]
        first = narrative.recommendation(group).paragraphs[0]
        acting = [r for r in group if r.scenario["measures"]]
        gaining = [r for r in acting if npv(r) > 0.05]
        sure = [r for r in gaining if r.facts["appraisal"]["probability_npv_positive"] >= 0.9]
        if not acting:
            assert "Nothing can be recommended" in first
        elif not gaining:
            assert first.startswith("Recommendation: none of these measures")
            seen.add("none")
        elif not sure:
            assert first.startswith("Recommendation: none yet; there is not enough to decide")
            seen.add("open")
        else:
            enough = [r for r in sure if npv(r) >= 0.8 * max(npv(r) for r in sure)]
            fewest = min(len(r.scenario["measures"]) for r in enough)
            (chosen,) = [r for r in sure if f"“{r.title}”" in first.split(".")[0]]
            assert any(chosen is r for r in enough) and len(chosen.scenario["measures"]) == fewest
            seen.add("one")
        if acting:
            assert "cost of being wrong" in " ".join(narrative.recommendation(group).paragraphs)
    assert seen == {"none", "open", "one"}


def test_a_chance_below_what_is_asked_is_never_rounded_up_to_it(results) -> None:
    base = results["capacity-800"]
    found = base.facts["appraisal"]
    said = {
        chance: narrative.recommendation([replace(base, facts={**base.facts, "appraisal": {**found, "probability_npv_positive": chance}})]).text()
        for chance in (0.89, 0.896, 0.89999)
    }
    for chance, text in zip(("89", "89.6", "89.9"), said.values(), strict=True):
        assert f"positive only in {chance}{numbers.THIN}% of cases, fewer than nine in ten" in text


def test_ranking_is_by_the_median(results) -> None:
    group = list(results.values())
    first = narrative.ranking_words(group).paragraphs[0]
    best = max((r for r in group if r.scenario["measures"] and r.pair == ("PAK", "RUS")), key=lambda r: lookups.effect(r).mid)
    assert f"“{best.title}”" in first


def test_one_scenario_alone_is_spoken_of_in_the_singular(results, many) -> None:
    still = [r for r in many if r.scenario["measures"] and r.pair == ("PAK", "RUS") and lookups.verdict(lookups.effect(r)) not in ("rise", "fall")]
    for result in still[:12]:
        told = narrative.compare_answer([result, results["baseline"]]).paragraphs[0]
        assert told.startswith("The one scenario that takes measures does not change")
        check("compare_answer", re.sub(HOSTILE_SHOWN, "title", told))


def test_comparing_nothing_is_said(results) -> None:
    assert narrative.compare_cover([]).as_dict()["title"] == "No scenario to compare"
    assert "nothing to compare" in narrative.compare_answer([results["baseline"]]).paragraphs[0]


# --- text of others ---------------------------------------------------------------------------------------


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)


def test_markup_of_others_stays_text(results) -> None:
    base = results["full-connectivity"]
    tables = {**base.tables, "contributions": base["contributions"].assign(measure=HOSTILE)}
    hostile = replace(base, tables=tables, scenario={**base.scenario, "title": HOSTILE, "summary": HOSTILE, "labels": [HOSTILE] * 9})
    blocks = [getattr(narrative, name)(hostile) for name in OF_ONE] + [getattr(narrative, name)([hostile, base]) for name in OF_MANY]
    for block in blocks:
        if block is None:
            continue
        parser = _Tags()
        parser.feed(block.html())
        assert parser.tags <= {"header", "p", "h1", "dl", "div", "dt", "dd", "span", "ul", "li"}
        for text in texts(block):
            assert "\n" not in text and "\u202e" not in text


# --- small words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("FY2023", "fiscal year 2022/23"), ("FY2022 Jul-May", "July to May of fiscal year 2021/22"), ("2024 Jan-Aug", "January to August 2024"), ("2012", "2012"),
        ("FY2022 against FY2022 Jul-May, as yearly rates", "fiscal year 2021/22 against July to May of fiscal year 2021/22, as yearly rates"),
        ("average since 2004", "average since 2004"), ("FY2000", "fiscal year 1999/00"),
    ],
)  # fmt: skip
def test_periods(written, told) -> None:
    assert lookups.period_words(written) == told


@pytest.mark.parametrize(("written", "told"), [("2025-10-12", "12 October 2025"), ("2025-06", "June 2025"), ("2024", "2024"), ("", ""), (float("nan"), "")])
def test_dates(written, told) -> None:
    assert lookups.date_words(written) == told


def test_a_crossing_has_one_name_in_measures_charts_and_words() -> None:
    """Kazbegi and Upper Lars are one post, and so are Bazargan and Gurbulak."""
    for code, name in names.places().items():
        assert names.short_name(code) == lookups.short_name(name)


@pytest.mark.parametrize(("name", "told"), [("United States", "the United States"), ("Pakistan", "Pakistan"), ("Netherlands", "the Netherlands"), ("Central African Republic", "the Central African Republic")])
def test_articles(name, told) -> None:
    assert lookups.the(name) == told


@pytest.mark.parametrize(("probability", "told"), [(0.0, "came out in none of 256 cases"), (1.0, "came out in all 256 cases"), (0.5, "has about even chances"), (0.999, "is almost certain"), (1 / 3, "has a chance of about 1 in 3")])
def test_chances(probability, told) -> None:
    assert phrases.chance(probability, 256) == told


def test_tables_without_a_pair_of_reports_do_not_break_words(results) -> None:
    base = results["capacity-800"]
    empty = {name: base[name].iloc[:0] for name in ("trade_history", "disagreements", "others", "closure_stress", "targets", "information", "sensitivity", "frictions")}
    bare = replace(base, tables={**base.tables, **empty}, facts={**base.facts, "predicted_ratio": {"exports": None, "imports": None}})
    for function, text in every_text(bare):
        check(function, text)
    assert isinstance(pd.DataFrame(bare["others"]), pd.DataFrame)


def test_a_sign_against_the_cost_is_explained() -> None:
    """The Afghan border opens: this pair's trade falls though its cost does not rise, because that of the neighbours grows."""
    told = narrative.projection_words(studied("afghan-border-open")).text()
    both = "(from Pakistan to Afghanistan grows by .* sold there is not sold here|from Afghanistan to Pakistan grows by .* bought there is not bought here)"
    assert re.search(rf"It falls although its own cost does not rise: trade {both}", told)
    flown = narrative.projection_words(studied("direct-flights")).text()
    assert "although" not in flown


def test_costs_are_named_only_where_they_are_counted(results) -> None:
    seen = set()
    for result in many_costs(results):
        block = narrative.worth_line(result)
        assert block is not None
        counted = result.facts["appraisal"]["costs_musd"]["mean"] > 0
        if "in today's value" in block.paragraphs[0]:
            assert (" costs of $" in block.paragraphs[0]) == counted and ("no cost is counted (" in block.paragraphs[0]) == (not counted)
            seen.add(counted)
    assert seen == {True, False}


def many_costs(results: dict[str, StudyResult]) -> Iterator[StudyResult]:
    """A scenario whose measures cost something, and the same with nothing counted."""
    result = results["full-connectivity"]
    found = result.facts["appraisal"]
    for mean in (found["costs_musd"]["mean"], 0.0):
        yield replace(result, facts={**result.facts, "appraisal": {**found, "costs_musd": {**found["costs_musd"], "mean": mean}}})


def test_a_recommendation_does_not_deny_a_fall() -> None:
    """Where the only finding is a fall, nothing raises trade; that nothing moves it would be untrue."""
    group = [studied(name) for name in ("afghan-border-open", "capacity-800")]
    told = narrative.recommendation(group).text()
    assert "none of them raises it by an amount that can be told from zero" in told and "does anything" not in told
    assert "None raises it; the fall is by “The Afghan border opens again”" in narrative.compare_answer(group).text()


def test_measures_that_pull_both_ways_are_told_with_their_figures(results) -> None:
    """Where an effect is not told from zero nothing was said of a train that adds as much as open crossings take away."""
    base = results["full-connectivity"]
    effect = base["effect"].assign(**dict(zip(QUANTILES, (-1.0, -0.5, -0.2, 0.3, 0.6, 1.0, 2.0), strict=True)))
    shares = base["contributions"].assign(percent_points=0.0)
    shares.loc[shares["kind"] == "direct_flights", "percent_points"] = 0.439
    shares.loc[shares["kind"] == "rail_service", "percent_points"] = 0.265
    shares.loc[0, "percent_points"] = -0.266
    shares.loc[1, "percent_points"] = -0.081
    told = narrative.contributions_words(replace(base, tables={**base.tables, "effect": effect, "contributions": shares})).paragraphs[0]
    train = shares.loc[shares["kind"] == "rail_service", "measure"].iloc[0]
    assert f"“{train}” (+0.27 points), down “{shares['measure'].iloc[0]}” (−0.27 points)" in told and "(+0.44 points)" in told and "0.08" not in told
    still = replace(base, tables={**base.tables, "effect": effect, "contributions": shares.assign(percent_points=0.01)})
    assert "there is nothing to share out" in narrative.contributions_words(still).paragraphs[0]


def test_a_ratio_is_spoken_of_only_after_it_was_told(results) -> None:
    base = results["capacity-800"]
    found = base.facts["appraisal"]
    rests = {**found["rests_on"], "bcr_held": 31.0}
    large = replace(base, facts={**base.facts, "appraisal": {**found, "bcr": {**found["bcr"], "mean": 56.0}, "rests_on": rests}})
    assert "So large a ratio" in narrative.worth_words(large).text()
    told = narrative.recommendation([large]).text()
    assert "rests on a queue" in told and "ratio" not in told


def test_values_of_unequal_periods_are_told_as_that(results) -> None:
    base = results["capacity-800"]
    longer = replace(base, facts={**base.facts, "appraisal": {**base.facts["appraisal"], "last_year": 2070}})
    year = base.facts["appraisal"]["last_year"]
    assert f"from {year} to 2070: longer-lived ones count for longer." in narrative.compare_answer([base, longer]).text()
    assert "longer-lived" not in narrative.compare_answer([base, base]).text()


def test_a_border_that_opens_is_told_with_what_its_closing_did(results) -> None:
    """The model takes away 62 % where 99 % went, and reports that open the border did not say so."""
    told = narrative.worth_words(results["full-connectivity"]).text()
    seen = data.experiments_observed().set_index("experiment").loc["afghanistan-pakistan", "observed"]
    found = re.search(r"When Torkham, Chaman, Ghulam Khan and Kharlachi were shut, trade between Afghanistan and Pakistan fell by (\d+)\u202f% \(Pakistan's customs, [^)]*\); in the model it is (\d+)\u202f% lower in 2035 without the measures", told)
    assert found and found.group(1) == f"{-seen:.0f}" and 0 < int(found.group(2)) < 99
    assert "orders against trade by any way, which the model does not have" in told
    assert "were shut, trade" not in narrative.worth_words(results["capacity-800"]).text(), "what it widens stays shut"
