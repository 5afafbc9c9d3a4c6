"""Headline, table, label of a chart, terminal, index and brief show one number for one thing, and none inside the noise."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors import scenario
from corridors.show import charts, findings, lookups, numbers, tables, words
from corridors.show.lookups import Band
from corridors.show.terminal import describe
from corridors.show.words import front_page
from corridors.study.result import StudyResult
from studied import studied
from test_narrative import drawn

COUNT = 240
CHARTED = 40
"""Charts take a second each: every sixth result is drawn as well."""


@pytest.fixture(scope="module")
def many() -> list[StudyResult]:
    found = {name: studied(name) for name in ("baseline", "capacity-800", "full-connectivity", "direct-flights")}
    some = drawn({**found, "far-pair": found["direct-flights"]}, COUNT)
    return [r for r in some if r.scenario["measures"]]


def plain(text: str) -> str:
    """Narrow spaces and true minus signs as keyboards have them."""
    return text.replace(numbers.THIN, " ").replace(numbers.MINUS, "-").replace("\u2212", "-")


def cells_of(result: StudyResult) -> tuple[str, str, str]:
    """Effect in the last year as two tables and the terminal write it."""
    effect = tables.projection(result).rows[-1][5]
    block = tables.scenarios([result])
    assert block is not None
    column = next(k for k, c in enumerate(block.columns) if c.label == "Effect")
    shown = describe(scenario.load("capacity-800"), result.summary())
    line = next(line for line in shown.splitlines() if line.startswith("Effect on"))
    return effect, block.rows[0][column], line[44:].split("  (")[0].strip()


def labels(svg: str) -> list[str]:
    return ["".join(t.itertext()) for t in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_a_finding_is_the_same_number_everywhere(many) -> None:
    seen = 0
    for k, result in enumerate(many):
        band = lookups.effect(result)
        if not findings.told(band):
            continue
        amount, signed = numbers.percent(abs(band.mid)), numbers.signed_percent(band.mid)
        (answer,) = words.answer(result).paragraphs
        assert f"by about {amount} (" in answer
        assert next(i for i in words.key_figures(result).items if i.label.startswith("Effect")).value == signed
        first, second, third = cells_of(result)
        assert first == second == signed.removesuffix(f"{numbers.THIN}%") and third == plain(signed)
        if k % (COUNT // CHARTED) == 0:
            fan = charts.fan(result)
            middle = findings.with_measures(result)
            assert signed in labels(fan.svg) and amount in fan.title and fan.data is not None and fan.data.rows[-1][5] == signed
            assert fan.data.rows[-1][3] == numbers.musd(middle) and numbers.musd(middle) in fan.title
            ranked = charts.scenarios_ranked([result])
            assert ranked is not None and signed in labels(ranked.svg)
        seen += 1
    assert seen >= 40


def test_what_lies_inside_the_noise_has_no_digits_anywhere(many) -> None:
    seen: dict[str, int] = {}
    for k, result in enumerate(many):
        band = lookups.effect(result)
        kind = lookups.verdict(band)
        if findings.told(band):
            continue
        assert set(cells_of(result)) == {findings.WORDS[kind]}
        shared = words.contributions_words(result)
        texts = [*words.answer(result).paragraphs, *(shared.paragraphs[:1] if shared else ()), *words.compare_answer([result]).paragraphs, *words.ranking_words([result]).paragraphs]
        figure = next(i for i in words.key_figures(result).items if i.label.startswith("Effect"))
        assert not re.search(r"\d", figure.value)
        if k % (COUNT // CHARTED) == 0:
            fan = charts.fan(result)
            texts += [fan.title]
            assert charts.contributions(result) is None and charts.tornado(result) is None
            assert not any(label == numbers.signed_percent(band.mid) for label in labels(fan.svg))
        middle = numbers.percent(abs(band.mid))
        ends = numbers.percent_range(band.low, band.high, sign=True)
        for text in texts:
            said = text.replace(ends, "")
            if kind in ("none", "tiny", "nil"):
                assert not re.search(r"(?<!in )(?<!0\.)\b[+-]?\d[\d.]*\u202f% (more|less)|(raise|lower)s? .* by about", said), said
            assert not re.search(rf"(?<![\d.]){re.escape(middle)}", said) or kind in ("none", "tiny", "nil") and "stays under" in said, (middle, said)
        seen[kind] = seen.get(kind, 0) + 1
    assert seen.keys() >= {"none", "tiny", "nil", "open"} and sum(seen.values()) >= 60


@given(st.tuples(*[st.floats(-60, 60, allow_nan=False)] * 3))
def test_digits_are_shown_exactly_where_all_of_the_band_is_on_one_side(ends) -> None:
    band = Band(*sorted(ends))
    shown = findings.percent(band)
    assert any(c.isdigit() for c in shown) == findings.told(band)
    if band.low <= 0 <= band.high:
        assert not findings.told(band) and findings.raised(1000.0, band) == 1000.0
    row = pd.DataFrame([dict(zip(("gain_p10", "gain_p50", "gain_p90"), (band.low, band.mid, band.high), strict=True))])
    assert findings.sure(row, "gain").tolist() == [findings.apart(band.low, band.mid, band.high)]
    found = front_page.Found("s", ("PAK", "RUS"), ("Pakistan", "Russia"), True, 2035, band, "$1 billion")
    if findings.told(band):
        assert numbers.percent(abs(band.mid)) in front_page.answer(found) and shown.lstrip("+" + numbers.MINUS) == numbers.percent(abs(band.mid))
    elif lookups.verdict(band) != "open":
        assert not re.search(r"\d", front_page.answer(found).replace("2035", ""))
