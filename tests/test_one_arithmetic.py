"""Headline, table, label of a chart, terminal, index and brief show one number for one thing, and none inside the noise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors.show import charts, findings, lookups, numbers, tables, words
from corridors.show.lookups import Band
from corridors.show.terminal import page
from corridors.show.words import front_page
from corridors.study.result import StudyResult
from studied import studied
from test_narrative import OF_ONE, drawn, in_musd, texts

COUNT = 252
CHARTED = 42
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
    shown = page(result)
    line = next(line for line in shown.splitlines() if line.startswith("Effect on"))
    return effect, block.rows[0][column], line[44:].split("  (")[0].strip()


def labels(svg: str) -> list[str]:
    return ["".join(t.itertext()) for t in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def told_of(many: Sequence[StudyResult]) -> Iterator[tuple[int, StudyResult, Band]]:
    """Number, result and effect of those whose effect is a finding."""
    effects = ((k, result, lookups.effect(result)) for k, result in enumerate(many))
    return (one for one in effects if findings.told(one[2]))


def test_a_finding_is_the_same_number_everywhere(many) -> None:
    seen = 0
    for k, result, band in told_of(many):
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
            assert fan.data.rows[-1][3] == findings.trade(middle) and findings.trade(middle) in fan.title
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
            # How far it may go at most is told in digits, which may be those of the middle.
            said = re.sub(r"stays under [\d.]+\u202f%", "", text.replace(ends, ""))
            if kind in ("none", "tiny", "nil"):
                assert not re.search(r"(?<!in )(?<!0\.)\b[+-]?\d[\d.]*\u202f% (more|less)|(raise|lower)s? .* by about", said), said
            assert not re.search(rf"(?<![\d.]){re.escape(middle)}", said), (middle, said)
        seen[kind] = seen.get(kind, 0) + 1
    assert seen.keys() >= {"none", "tiny", "nil", "open", "slight"} and sum(seen.values()) >= 60


def test_percent_times_trade_is_the_amount_as_all_three_are_written(many) -> None:
    """A reader multiplies the headline's percent with the trade that the figure beside it tells."""
    seen = 0
    for k, result, band in told_of(many):
        (answer,) = words.answer(result).paragraphs
        said = re.search(rf"by about ([\d.,]+){numbers.THIN}% \(.*?\), or (\$[\d.,]+(?: [a-z]+illion)?) a year", answer)
        assert said, answer
        level = next(i for i in words.key_figures(result).items if i.label.endswith("without the measures")).value
        product = float(said.group(1).replace(",", "")) / 100.0 * in_musd(level)
        assert said.group(2) == numbers.musd(product), (said.groups(), level)
        block = tables.scenarios([result])
        assert block is not None
        column = next(n for n, c in enumerate(block.columns) if c.label == "Change")
        assert block.rows[0][column].lstrip("+" + numbers.MINUS) == numbers.fixed(product, numbers.decimals_for(product, 2))
        if k % (COUNT // CHARTED) == 0:
            fan = charts.fan(result)
            sign = 1.0 if band.mid > 0 else -1.0
            before = lookups.path(result, "total", "baseline").mid
            assert fan.data is not None
            assert fan.data.rows[-1][3] == findings.trade(before * (1.0 + sign * float(said.group(1).replace(",", "")) / 100.0))
        seen += 1
    assert seen >= 40


_ENDS = re.compile(rf"band ([+{numbers.MINUS}]?\$?[\d.,]+)( [a-z]+illion)? to ([+{numbers.MINUS}]?\$?[\d.,]*\d)")


def test_both_ends_of_every_band_have_one_precision_and_no_word_of_the_method_is_used(many) -> None:
    bands = 0
    for result in many:
        for name in OF_ONE:
            for text in texts(getattr(words, name)(result)):
                for low, unit, high in _ENDS.findall(text):
                    ends = [end for end in (low, high) if re.search("[1-9]", end)]
                    assert not unit, text
                    assert len({len(end.partition(".")[2]) for end in ends}) <= 1, text
                    bands += 1
                if name not in ("method_words", "data_words", "left_out"):
                    assert not re.search(r"\b(draws?|seeds?|[Ss]hapley|trailers?)\b", text), text
    assert bands >= 500


@given(st.floats(0.0051, 0.0999), st.floats(0.2, 1.0), st.floats(1.0, 4.0), st.booleans())
def test_what_is_sure_but_too_small_to_matter_is_no_finding(mid, down, up, falls) -> None:
    ends = (down * mid, mid, min(up * mid, 0.49))
    band = Band(*ends) if not falls else Band(*(-v for v in reversed(ends)))
    if lookups.verdict(band) in ("tiny", "nil"):
        return
    assert lookups.verdict(band) == "slight" and findings.percent(band) == "too small to matter"
    assert findings.raised(1000.0, band) == 1000.0
    found = front_page.Found("s", ("PAK", "RUS"), ("Pakistan", "Russia"), True, 2035, band, "$1 billion")
    assert front_page.answer(found).startswith("Too small to matter") and not re.search(r"\d", front_page.answer(found).replace("2035", ""))
    assert "None of two" in front_page.headline([found, found])
    # Of output the same change is told: a tenth of a percent of it is a great deal.
    assert findings.told(band, findings.OF_OUTPUT)


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


def test_a_printed_result_is_a_page_and_shares_out_only_findings(many) -> None:
    """What `corridors run` and `print(result)` show: the answer in words, worth, figures; lines for a terminal."""
    shared = set()
    for result in many:
        shown = page(result)
        lines = shown.splitlines()
        told = findings.told(lookups.effect(result))
        shared.add(told)
        assert ("What did it" in shown) == told
        assert lines[0] == lookups.clean(result.title) and max(len(line) for line in lines) <= 132
        assert plain(" ".join(words.answer(result).text().split())) in " ".join(shown.split())
        worth = words.worth_line(result)
        assert worth is None or plain(" ".join(worth.text().split())) in " ".join(shown.split())
    assert shared == {True, False}
