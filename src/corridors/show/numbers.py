"""Numbers as people write them: $1.2 billion, 18 %, 640 trucks a day, about 1 in 20.

Every function takes plain numbers with the unit in its name and returns text; what is not a number
is ``n/a``. A range shows as many digits as its width supports and no more; nothing is ever ``-0.0
%`` or ``1e+03``. Between a number and its unit stands a narrow no-break space, so that they stay on
one line; minus is a true minus sign.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

THIN = "\u202f"
"""Narrow no-break space, between a number and ``%`` or a short unit."""
MINUS = "\u2212"
MISSING = "n/a"
_MOST_DECIMALS = 6
_SEEN_PERCENT, _SEEN_DECIMALS = 0.05, 1
_MOST_RANGE_DECIMALS = 3
_NOTHING = 5e-7
"""What is smaller than this is written as 0: six decimals are the most that are shown."""

_ONES = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def known(value: float | None) -> bool:
    """Whether there is a finite number to write."""
    return value is not None and math.isfinite(value)


def fixed(value: float | None, decimals: int = 0, *, sign: bool = False) -> str:
    """``value`` with thousands separated by commas; ``sign`` puts a plus before what is more than zero."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{abs(value):,.{max(decimals, 0)}f}"
    if not _shows(text):
        return text
    return (MINUS if value < 0 else "+" if sign else "") + text


def decimals_for(value: float, digits: int = 2) -> int:
    """Decimals that show ``digits`` significant digits of ``value``, never fewer than none nor more than six."""
    if not math.isfinite(value) or value == 0:
        return 0
    place = math.floor(math.log10(abs(value)))
    rounded = round(value, digits - 1 - place)
    place = math.floor(math.log10(abs(rounded))) if rounded else place
    return min(max(digits - 1 - place, 0), _MOST_DECIMALS)


def significant(value: float | None, digits: int = 2, *, sign: bool = False) -> str:
    """``value`` to ``digits`` significant digits, written out: 0.0123 is ``0.012``, 8,765 is ``8,800``."""
    if value is None or not math.isfinite(value):
        return MISSING
    if abs(value) < _NOTHING:
        return "0"
    place = math.floor(math.log10(abs(value)))
    return fixed(round(value, digits - 1 - place), decimals_for(value, digits), sign=sign)


# --- money
# -----------------------------------------------------------------------------------------------


def _scale(most_musd: float) -> tuple[float, str]:
    """Divisor and name for money of this size in million dollars."""
    if most_musd >= 999_500:
        return 1e6, " trillion"
    if most_musd >= 999.5:
        return 1e3, " billion"
    if most_musd >= 0.9995:
        return 1.0, " million"
    return 1e-6, ""


def _musd_digits(value_musd: float) -> int:
    # Two digits tell a size; a third is wanted where the first is a 1, else 1.04 and 1.10 read the
    # same.
    divisor, name = _scale(abs(value_musd))
    lead = abs(value_musd) / divisor
    return 3 if name and lead >= 100 else 2


def musd(value_musd: float | None, digits: int | None = None, *, sign: bool = False) -> str:
    """Million dollars in words: 1234.5 is ``$1.2 billion``, 640 is ``$640 million``, 0.04 is ``$40,000``."""
    if value_musd is None or not math.isfinite(value_musd):
        return MISSING
    divisor, name = _scale(abs(value_musd))
    digits = digits or _musd_digits(value_musd)
    if name == "" and abs(value_musd) < 0.5e-6:
        return "$0"
    number = significant(abs(value_musd) / divisor, digits) if name else significant(abs(value_musd) * 1e6, digits)
    return (MINUS if value_musd < 0 else "+" if sign else "") + f"${number}{name}"


def musd_range(
    low_musd: float | None, high_musd: float | None, *, sign: bool = False, mid_musd: float | None = None
) -> str:
    """A range of money in one unit and one precision: ``$0.9 to $1.4 billion``, ``$10 to $1,290 million``.

    ``mid_musd``: what lies between the ends, which never stands outside of them as they are
    written.
    """
    if low_musd is None or high_musd is None or not (math.isfinite(low_musd) and math.isfinite(high_musd)):
        return MISSING
    low_musd, high_musd = sorted((low_musd, high_musd))
    divisor, name = _scale(max(abs(low_musd), abs(high_musd)))
    power = _range_step(low_musd, high_musd, mid_musd, _LITTLE_MONEY)
    if divisor > 1 and 10.0**power < 0.05 * divisor:
        # Hundredths of a billion are read more easily as tens of millions.
        divisor, name = _scale(0.9 * divisor)
    power = max(power - round(math.log10(divisor)), -_MOST_DECIMALS if name else -2)
    ends = [round(v / divisor, -power) for v in (low_musd, high_musd)]
    first, last = _same_form(fixed(abs(v), max(-power, 0)) for v in ends)
    if first == last == "0":
        return "$0"
    if first == last and (ends[0] < 0) == (ends[1] < 0):
        return musd(high_musd, sign=sign)

    def marked(value: float, text: str) -> str:
        mark = MINUS if value < 0 else "+" if sign else ""
        return f"{mark}${text}" if _shows(text) else "$0"

    return f"{marked(ends[0], first)} to {marked(ends[1], last)}{name}"


def _shows(text: str) -> bool:
    """Whether a written number is anything but zero."""
    return any(c in "123456789" for c in text)


def usd_per_t(value: float | None) -> str:
    """Dollars a tonne: ``$212 a tonne``, ``$4.5 a tonne``."""
    return MISSING if not known(value) else f"{dollars(value)} a tonne"


def dollars(value: float | None) -> str:
    """Plain dollars: whole from ten on, else two digits."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = fixed(abs(value), 0) if abs(value) >= 9.95 else significant(abs(value), 2)
    return (MINUS if value < 0 and _shows(text) else "") + f"${text}"


# --- percent and shares
# ------------------------------------------------------------------------------------


def percent(value: float | None, decimals: int | None = None, *, sign: bool = False) -> str:
    """Percent given in percent: 18.2 is ``18 %``, 2.34 is ``2.3 %``, 0.0123 is ``0.012 %``.

    Without ``decimals`` two significant digits, whole from ten on; what would round to nothing
    below 0.001 is ``less than 0.001 %`` (signed: ``0 %``).
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if decimals is not None:
        return f"{fixed(value, decimals, sign=sign)}{THIN}%"
    if 0 < abs(value) < 0.0005:
        return f"0{THIN}%" if sign or value < 0 else f"less than 0.001{THIN}%"
    return f"{fixed(value, _percent_decimals(value), sign=sign)}{THIN}%"


def _percent_decimals(value: float) -> int:
    if abs(value) < 0.01 and value:
        return 3
    return 0 if abs(value) >= 9.95 else decimals_for(value, 2)


def percent_written(value: float) -> float:
    """The number that :func:`percent` writes: 0.3988 is 0.40, 18.2 is 18."""
    return round(value, _percent_decimals(value)) if math.isfinite(value) else value


def rounded(value: float, digits: int) -> float:
    """``value`` to so many significant digits."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def signed_percent(value: float | None, decimals: int | None = None) -> str:
    """A change in percent with its sign: ``+2.3 %``, ``−0.4 %``, ``0 %``."""
    return percent(value, decimals, sign=True)


def share(value: float | None) -> str:
    """A share of one as percent: 0.18 is ``18 %``, 0.995 is ``99.5 %``, 0.0004 is ``0.04 %``.

    Near the whole, what is missing from it keeps its digits: 0.9996 is ``99.96 %`` and never ``100
    %``.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if 0.95 <= value < 1:
        rest = 100 * (1 - value)
        decimals = min(max(decimals_for(rest, 1), 0), 3)
        text = fixed(100 * value, decimals)
        return f"more than 99.999{THIN}%" if text.startswith("100") else f"{text}{THIN}%"
    return percent(100 * value)


def whole_share(value: float | None) -> str:
    """A share of one as whole percent: ``18 %``."""
    return percent(None if value is None else 100 * value, 0)


def cases(value: float) -> str:
    """A share of simulated futures: as :func:`share`, but no finer than they tell: ``under 1 %``."""
    return f"under 1{THIN}%" if 0.0 < value < 0.01 else share(value)


def percent_range(low: float | None, high: float | None, *, sign: bool = False, mid: float | None = None) -> str:
    """A range in percent: ``12 to 18 %``, ``−0.4 to +1.2 %``, with as many decimals as its width supports.

    ``mid``: what lies between the ends, which never stands outside of them as they are written. An
    end of a tenth of a percent, rounded, or more is not written as zero: it may be all that tells a sign.
    """
    return _range(low, high, lambda text: f"{text}{THIN}%", sign, mid, _SEEN_PERCENT)


def points(value: float | None, *, sign: bool = True) -> str:
    """Percentage points: ``+0.4 points``, ``−1 point``."""
    text = significant(value, 2, sign=sign)
    if text == MISSING:
        return MISSING
    return f"{text} point" if text.lstrip("+" + MINUS) == "1" else f"{text} points"


# --- things counted
# ----------------------------------------------------------------------------------------


def count(value: float | None, digits: int = 3) -> str:
    """A number of things, whole; over a thousand to ``digits`` significant digits: 12,345 is ``12,300``."""
    if value is None or not math.isfinite(value):
        return MISSING
    if abs(value) < 1000:
        return fixed(value, 0)
    return significant(value, digits)


def in_words(value: int) -> str:
    """A small whole number in words up to twelve (``no``, ``one``, ``two``), else in digits."""
    return _ONES[value] if 0 <= value < len(_ONES) else fixed(value)


def plural(value: float, one: str, many: str | None = None) -> str:
    """``one`` or ``many`` (``one`` with s if left out), as the number wants it."""
    return one if value == 1 else many or f"{one}s"


def trucks(value: float | None) -> str:
    """Trucks a day: ``640 trucks a day``, ``1 truck a day``, below one a period: ``1 truck every 9 days``."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value < 0:
        return f"{MINUS}{trucks(-value)}"
    if value == 0:
        return "no trucks"
    if value < 0.75:
        every = 1 / value
        if every >= 365:
            return "less than 1 truck a year"
        if every < 1.75:
            return "about 1 truck a day"
        return f"1 truck every {fixed(round(every) if every < 10 else round(every, -1))} days"
    whole = round(value) if value < 100 else rounded(value, 2 if value < 1000 else 3)
    return f"{fixed(whole)} {plural(whole, 'truck')} a day"


def hours(value: float | None) -> str:
    """A length of time given in hours: ``40 minutes``, ``6 hours``, ``3.5 days``."""
    if value is None or not math.isfinite(value):
        return MISSING
    size = abs(value)
    mark = MINUS if value < 0 else ""
    if size == 0:
        return "0 hours"
    if size < 1 / 60:
        return "less than a minute"
    if size < 0.992:
        minutes = round(60 * size)
        return f"{mark}{minutes} {plural(minutes, 'minute')}"
    if size < 47.5:
        text = fixed(size, 1 if size < 9.95 else 0).removesuffix(".0")
        return f"{mark}{text} {plural(1 if text == '1' else 2, 'hour')}"
    return mark + days(size / 24)


def days(value: float | None) -> str:
    """A length of time given in days: ``18 days``, ``3.5 days``, ``1 day``."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = (fixed(value, 1) if abs(value) < 9.95 else fixed(value, 0)).removesuffix(".0")
    return f"{text} {plural(1 if text == '1' else 2, 'day')}"


def tonnes(value: float | None) -> str:
    """Tonnes: ``640 tonnes``, ``12,300 tonnes``, ``1.2 million tonnes``."""
    if value is None or not math.isfinite(value):
        return MISSING
    if abs(value) >= 999_500:
        return f"{significant(value / 1e6, 2)} million tonnes"
    text = count(value, 2 if abs(value) < 10_000 else 3)
    return f"{text} {plural(1 if text == '1' else 2, 'tonne')}"


# --- time and chance
# ---------------------------------------------------------------------------------------


def year(value: float | None) -> str:
    """A year without a comma: ``2027``."""
    return MISSING if value is None or not math.isfinite(value) else f"{round(value):d}"


def years(first: int, last: int) -> str:
    """A span of years: ``2026–2035``; one year alone as itself."""
    return str(first) if first == last else f"{first}\u2013{last}"


def probability(value: float | None) -> str:
    """A chance in words: ``about 1 in 20``, ``even chances``, ``about 3 in 4``, ``almost certain``.

    Below 1 in 200 and above 199 in 200 it says so without a figure that the draws do not support.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if not -1e-9 <= value <= 1 + 1e-9:
        raise ValueError(f"a probability lies between 0 and 1, not at {value}")
    if value < 0.005:
        return "less than 1 in 200"
    if value > 0.995:
        return "almost certain"
    if value < 0.15:
        every = 1 / value
        nice = min((7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100, 200), key=lambda n: abs(math.log(n / every)))
        return f"about 1 in {nice}"
    if value > 0.85:
        every = 1 / (1 - value)
        nice = min((7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100, 200), key=lambda n: abs(math.log(n / every)))
        return f"about {nice - 1} in {nice}"
    choices = ((1, 6), (1, 5), (1, 4), (1, 3), (2, 5), (1, 2), (3, 5), (2, 3), (3, 4), (4, 5), (5, 6))
    part, whole = min(choices, key=lambda c: abs(c[0] / c[1] - value))
    return "about even" if (part, whole) == (1, 2) else f"about {part} in {whole}"


# --- ranges
# ------------------------------------------------------------------------------------------------


_NEXT_TO_NOTHING = 0.02
"""An end of a range nearer to zero than this share of its width is written as zero."""
_LITTLE_MONEY = 0.005
"""The same for money, where a small loss beside large gains is told."""


def _range_step(low: float, high: float, mid: float | None, nothing: float = _NEXT_TO_NOTHING) -> int:
    """Power of ten to which both ends of a range are rounded.

    By its width: 0.5 is told by tenths, 30 by ones, five to fifty steps from end to end. Finer where
    an end that is not next to nothing would be moved by half of itself, or ``mid`` would lie outside.
    """
    width = abs(high - low)
    largest = max(abs(low), abs(high))
    if width < 1e-3 * largest or width == 0:
        return math.floor(math.log10(largest)) - 2 if largest else 0
    power = math.floor(math.log10(width / 5) + 1e-9)
    for _ in range(2):
        ends = [round(v, -power) for v in (low, high)]
        lost = any(
            abs(v - end) > 0.5 * abs(v) >= 0.5 * nothing * width
            for v, end in zip((low, high), ends, strict=True)
        )
        if not lost and (mid is None or not low <= mid <= high or min(ends) <= mid <= max(ends)):
            break
        power -= 1
    return power


def _range(
    low: float | None, high: float | None, unit: Callable[[str], str], sign: bool, mid: float | None = None, seen: float = math.inf
) -> str:
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return MISSING
    low, high = sorted((low, high))
    power = max(_range_step(low, high, mid), -_MOST_RANGE_DECIMALS)
    first, last = _same_form(
        fixed(round(v, -power), max(-power, 0), sign=sign) for v in (low, high)
    )
    if low * high > 0 and any(not _shows(text) and abs(end) >= seen for text, end in ((first, low), (last, high))):
        first, last = (fixed(end, _SEEN_DECIMALS, sign=sign) for end in (low, high))
    return unit(first) if first == last else f"{first} to {unit(last)}"


def _same_form(texts: Iterable[str]) -> list[str]:
    """Zeros that say nothing go: ``0.000`` is ``0``, and decimals that are zero in all texts are left out."""
    parts = list(texts)
    while all("." in t and t[-1] in "0." for t in parts):
        parts = [t[:-1] for t in parts]
    return [t.rstrip(".") if _shows(t) else "0" for t in parts]


def number_range(low: float | None, high: float | None, *, sign: bool = False, mid: float | None = None) -> str:
    """A range of plain numbers: ``0.12 to 0.20``, ``300 to 1,200``; ``mid`` as in :func:`percent_range`."""
    return _range(low, high, lambda text: text, sign, mid)


def listed(parts: Sequence[str]) -> str:
    """Names in a row: ``a``, ``a and b``, ``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
