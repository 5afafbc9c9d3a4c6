"""Numbers as people write them: examples, and properties over anything that is drawn."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors.show import numbers
from corridors.show.numbers import MINUS, THIN

FINITE = st.floats(min_value=-1e7, max_value=1e7, allow_nan=False, allow_infinity=False)
POSITIVE = st.floats(min_value=1e-9, max_value=1e7)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1234.5, "$1.2 billion"), (640, "$640 million"), (0.04, "$40,000"), (999.6, "$1.0 billion"), (104, "$104 million"),
        (-12.34, f"{MINUS}$12 million"), (0, "$0"), (1.2e6, "$1.2 trillion"), (float("nan"), "n/a"), (None, "n/a"),
    ],
)  # fmt: skip
def test_money(value: float | None, words: str) -> None:
    assert numbers.musd(value) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (900, 1400, "$0.9 to $1.4 billion"), (-5, 30, f"{MINUS}$5 to $30 million"), (640, 642, "$640 to $642 million"),
        (12, 1300, "$10 to $1,300 million"), (-12, 1300, f"{MINUS}$10 to $1,300 million"), (0.3, 1300, "$0 to $1.3 billion"), (1200, 1200.4, "$1.2 billion"), (float("nan"), 1, "n/a"),
    ],
)  # fmt: skip
def test_money_ranges(low: float, high: float, words: str) -> None:
    assert numbers.musd_range(low, high) == words


@pytest.mark.parametrize(
    ("value", "plain", "signed"),
    [
        (18.2, "18", "+18"), (2.34, "2.3", "+2.3"), (0.0123, "0.012", "+0.012"), (-0.4, f"{MINUS}0.40", f"{MINUS}0.40"),
        (-0.0001, "0", "0"), (123.4, "123", "+123"), (9.96, "10", "+10"), (0.0, "0", "0"),
    ],
)  # fmt: skip
def test_percent(value: float, plain: str, signed: str) -> None:
    assert numbers.percent(value) == f"{plain}{THIN}%"
    assert numbers.signed_percent(value) == f"{signed}{THIN}%"


def test_percent_ranges_keep_the_side_of_zero_and_the_small_end() -> None:
    assert numbers.percent_range(-5, 30, sign=True) == f"{MINUS}5 to +30{THIN}%"
    assert numbers.percent_range(0.9, 22, sign=True) == f"+1 to +22{THIN}%"
    assert numbers.percent_range(0.2, 7.9, sign=True) == f"+0.2 to +7.9{THIN}%"
    assert numbers.percent_range(-22, -0.9, sign=True) == f"{MINUS}22 to {MINUS}1{THIN}%"
    assert numbers.percent_range(0.007, 8, sign=True) == f"0 to +8{THIN}%"
    assert numbers.percent_range(0.6, 21, mid=0.9) == f"0.6 to 21.0{THIN}%"
    assert numbers.percent_range(12.3, 18.4) == f"12 to 18{THIN}%"


def test_shares_near_the_whole_are_not_the_whole() -> None:
    assert numbers.share(0.9996) == f"99.96{THIN}%"
    assert numbers.share(1) == f"100{THIN}%"
    assert numbers.share(0.18) == f"18{THIN}%"


@pytest.mark.parametrize(
    ("value", "words"),
    [(640, "640 trucks a day"), (1, "1 truck a day"), (0, "no trucks"), (0.01, "1 truck every 100 days"), (0.001, "less than 1 truck a year"), (1234, "1,230 trucks a day")],
)
def test_trucks(value: float, words: str) -> None:
    assert numbers.trucks(value) == words


@pytest.mark.parametrize(("value", "words"), [(0.5, "30 minutes"), (1, "1 hour"), (23.2, "23 hours"), (48, "2 days"), (100, "4.2 days"), (1000, "42 days")])
def test_hours(value: float, words: str) -> None:
    assert numbers.hours(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.05, "about 1 in 20"), (0.5, "about even"), (0.75, "about 3 in 4"), (0.95, "about 19 in 20"), (0.0, "less than 1 in 200"), (1.0, "almost certain")],
)
def test_chances(value: float, words: str) -> None:
    assert numbers.probability(value) == words


def test_no_chance_beyond_one() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        numbers.probability(1.2)


def test_lists_and_plurals() -> None:
    assert numbers.listed(["a", "b", "c"]) == "a, b and c" and numbers.listed(["a"]) == "a" and numbers.listed([]) == ""
    assert numbers.plural(1, "truck") == "truck" and numbers.plural(2, "crossing") == "crossings"
    assert numbers.in_words(0) == "no" and numbers.in_words(12) == "twelve" and numbers.in_words(13) == "13"
    assert numbers.years(2026, 2035) == "2026\u20132035" and numbers.years(2026, 2026) == "2026" and numbers.year(2027.0) == "2027"


def parsed(words: str) -> float:
    """The first number of a text."""
    found = re.search(rf"({MINUS}?)\+?\$?([\d,]*\.?\d+)( trillion| billion| million)?", words)
    assert found, words
    scale = {" trillion": 1e6, " billion": 1e3, " million": 1.0}.get(found.group(3) or "", 1.0)
    return (-1 if found.group(1) else 1) * float(found.group(2).replace(",", "")) * scale


def sane(words: str) -> None:
    """What no number in a report may look like."""
    assert not re.search(r"nan|inf|\de[+-]?\d", words, re.IGNORECASE), words
    assert "-" not in words and "+-" not in words, words
    assert not re.search(rf"[{MINUS}+]\$?0(?:\.0*)?(?![\d.,])", words), f"a signed nothing: {words}"
    assert "  " not in words and words.strip() == words, words
    assert not re.search(r"(?<![.\d])\d{5}", words), f"no thousands: {words}"


@given(FINITE)
def test_every_single_number_is_sane(value: float) -> None:
    for write in (numbers.musd, numbers.percent, numbers.signed_percent, numbers.points, numbers.hours, numbers.days, numbers.dollars, numbers.tonnes, numbers.significant, numbers.count, numbers.trucks):
        sane(write(value))
    sane(numbers.musd(value, sign=True))


@given(FINITE, FINITE)
def test_every_range_is_sane(a: float, b: float) -> None:
    for write in (numbers.musd_range, numbers.percent_range, numbers.number_range):
        for sign in (False, True):
            words = write(a, b, sign=sign)
            sane(words)
            assert words == write(b, a, sign=sign)
            parts = words.split(" to ")
            assert len(parts) == 1 or parts[0] != parts[1], f"two ends alike: {words}"


def places(words: str) -> set[int]:
    """How many decimals the ends of a range have; an end that is zero has none of its own."""
    ends = [end for end in words.split(" to ") if re.search("[1-9]", end)]
    return {len(found.group(1)) if (found := re.search(r"\.(\d+)", end)) else 0 for end in ends}


@given(FINITE, FINITE, st.floats(min_value=0, max_value=1))
def test_both_ends_of_a_range_have_one_precision_and_the_middle_between_them(a: float, b: float, part: float) -> None:
    low, high = sorted((a, b))
    mid = low + part * (high - low)
    for write in (numbers.percent_range, numbers.number_range):
        words = write(low, high, mid=mid)
        assert len(places(words)) <= 1, words
        if " to " in words:
            first, last = (parsed(end) for end in words.split(" to "))
            room = 0.0006 + 0.001 * (high - low)
            assert first - room <= mid <= last + room, (words, mid)
    for words in (numbers.musd_range(low, high), numbers.musd_range(low, high, mid_musd=mid)):
        assert len(places(words)) <= 1 and len(re.findall("illion", words)) <= 1, words


@given(st.floats(min_value=1e-5, max_value=1e6))
def test_money_is_what_it_says(value: float) -> None:
    words = numbers.musd(value)
    said = parsed(words) / (1.0 if "illion" in words else 1e6)
    assert math.isclose(said, value, rel_tol=0.051)


@given(st.floats(min_value=0.01, max_value=1e6), st.sampled_from([1, -1]))
def test_percent_is_what_it_says(value: float, sign: int) -> None:
    assert math.isclose(parsed(numbers.signed_percent(sign * value)), sign * value, rel_tol=0.06, abs_tol=0.0006)


@given(FINITE, FINITE)
def test_a_range_is_about_what_it_says(a: float, b: float) -> None:
    low, high = sorted((a, b))
    words = numbers.number_range(low, high)
    ends = [parsed(w) for w in words.split(" to ")]
    room = 0.11 * (high - low) + 0.0051 * max(abs(low), abs(high)) + 0.0006
    assert abs(ends[0] - low) <= room and abs(ends[-1] - high) <= room


@given(st.floats(min_value=0, max_value=1))
def test_chances_are_near_what_they_say(value: float) -> None:
    words = numbers.probability(value)
    found = re.search(r"about (\d+) in (\d+)", words)
    if found:
        said = int(found.group(1)) / int(found.group(2))
        odds = [p / (1 - p) for p in (said, min(max(value, 1e-9), 1 - 1e-9))]
        assert 0.6 < odds[0] / odds[1] < 1.7


@given(st.floats(min_value=0, max_value=1))
def test_shares_are_sane(value: float) -> None:
    words = numbers.share(value)
    sane(words)
    assert value == 1 or not words.startswith("100"), words


def test_what_is_missing_says_so() -> None:
    for write in (numbers.musd, numbers.percent, numbers.hours, numbers.days, numbers.trucks, numbers.share, numbers.probability, numbers.tonnes, numbers.points, numbers.usd_per_t, numbers.year):
        assert write(float("nan")) == "n/a" and write(None) == "n/a"
