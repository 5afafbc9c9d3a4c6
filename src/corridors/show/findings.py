"""One arithmetic for all that is told of an effect: headline, table, label of a chart, tornado, terminal, index and brief.

An effect is a finding where its whole 80 % band lies on one side of zero and it is large enough to
matter (:func:`corridors.show.lookups.verdict` is ``rise`` or ``fall``). Then its middle is written,
by :func:`percent`, the same digits everywhere. What lies inside the noise, or is sure but too small
to matter, is written in words: its middle has no digits anywhere, only its band may be shown, which
says how far it might go. Trade with the measures is trade without them times the effect as it is
written, and what it comes to in dollars is the same product, so that what readers work out agrees:
medians of paths and of their differences are other numbers, and are never shown as the effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from corridors.show import numbers as n
from corridors.show.lookups import MATTERS_PERCENT, Band, Kind, effect, path, verdict
from corridors.study.worth_columns import REST_OF_WORLD

if TYPE_CHECKING:
    from corridors.study.result import StudyResult

WORDS: dict[Kind, str] = {
    "none": "no change",
    "tiny": "no measurable effect",
    "nil": "no measurable effect",
    "open": "not told from zero",
    "slight": "too small to matter",
}
"""What is said instead of a number."""


_GAINERS, _LEAST_SHARE = 8, 0.01
"""The most economies that are shown one by one, and the least gain of such a one, in parts of the largest."""
SMALL_MUSD = 0.05
"""Less than this a year is called nothing to speak of."""
_A_LOSS = 0.01
"""A measure that takes less than this part of what all are worth is not told."""
OF_OUTPUT = 0.0
"""What matters of a change of output: all that can be told from zero."""


def told(band: Band, matters_percent: float = MATTERS_PERCENT) -> bool:
    """Whether an effect is a finding: all of its 80 % band is on one side of zero, seen to be, and it matters."""
    return verdict(band, matters_percent) in ("rise", "fall")


def percent(band: Band, matters_percent: float = MATTERS_PERCENT) -> str:
    """An effect in percent: ``+0.42 %`` where it is a finding, else words."""
    kind = verdict(band, matters_percent)
    return WORDS.get(kind) or n.signed_percent(band.mid)


def amount(band: Band) -> str:
    """The digits of :func:`percent` for a column whose head says percent."""
    return percent(band).removesuffix(f"{n.THIN}%")


def span(band: Band) -> str:
    """The band in percent for a column whose head says percent: as many decimals as its width supports."""
    return n.number_range(band.low, band.high, sign=True, mid=band.mid)


def with_measures(result: StudyResult, flow: str = "total", year: int | None = None) -> float:
    """Trade with the measures in the middle, million dollars: without them times one plus the
    effect, if that is a finding."""
    return raised(path(result, flow, "baseline", year).mid, effect(result, flow, "percent", year))


def raised(before_musd: float, change: Band) -> float:
    """``before_musd`` with an effect in percent; as it is where the effect is no finding."""
    return before_musd * (1.0 + n.percent_written(change.mid) / 100.0) if told(change) else before_musd


def money(result: StudyResult) -> float:
    """What the effect on two-way trade comes to in the last year, million dollars: the percent as
    it is written times the trade without measures as it is written (:func:`level`)."""
    before = path(result, "total", "baseline").mid
    return n.percent_written(effect(result).mid) / 100.0 * n.rounded(before, LEVEL_DIGITS)


LEVEL_DIGITS = 3
"""Digits of trade without the measures beside an effect, so that the two multiply to the amount that is told."""


def trade(value_musd: float) -> str:
    """The middle of trade of a year, without the measures or with them, as it is written everywhere: ``$1.07 billion``."""
    return n.musd(value_musd, LEVEL_DIGITS)


def level(result: StudyResult) -> str:
    """Trade without the measures in the last year."""
    return trade(path(result, "total", "baseline").mid)


def apart(low: float, mid: float, high: float) -> bool:
    """Whether the change of one flow or economy, in any unit, has a sign: zero lies outside its band."""
    return bool(min(low, mid, high) > 0 or max(low, mid, high) < 0)


def sure(frame: pd.DataFrame, name: str) -> pd.Series:
    """:func:`apart` of every row: which changes ``name_p10`` to ``name_p90`` have a sign."""
    return (frame[f"{name}_p10"] > 0) | (frame[f"{name}_p90"] < 0)


def rank(result: StudyResult) -> tuple[int, float, str]:
    """A sort key: findings first, the largest rise on top, then what cannot be told from zero by
    name, then what has no measure."""
    return order(effect(result), bool(result.scenario.get("measures")), result.name)


def order(band: Band, measured: bool, name: str) -> tuple[int, float, str]:
    """The key of :func:`rank` from its parts."""
    if not measured:
        return 2, 0.0, name
    return (0, -band.mid, name) if told(band) else (1, 0.0, name)


def gainers(result: StudyResult) -> tuple[pd.DataFrame, pd.Series]:
    """Rows of ``worth_by_economy`` that are shown one by one, the pair's own and the largest, and
    all others together: no band where several make them up, as ends of bands do not add."""
    rows = result["worth_by_economy"]
    size = rows[["users_musd_mean", "real_income_musd_mean"]].abs().max(axis=1)
    size = size.where(rows["economy"] != REST_OF_WORLD, -1.0)
    large = (size.rank(ascending=False, method="first") <= _GAINERS) & (size > _LEAST_SHARE * size.max())
    named = rows["economy"].isin(result.pair) | large
    named &= rows["economy"] != REST_OF_WORLD
    cut = rows[~named]
    others = cut.drop(columns="economy").sum()
    if len(cut) > 1:
        others[[c for c in others.index if c.endswith(("_p10", "_p50", "_p90"))]] = float("nan")
    return rows[named], others


def losing(rows: pd.DataFrame, npv_musd: float) -> pd.DataFrame:
    """Rows of ``worth_by_measure`` without which all others are worth more, the dearest first; ``npv_musd`` is what all are worth."""
    least = max(SMALL_MUSD, _A_LOSS * abs(npv_musd))
    return rows[rows["net_present_musd"] < -least].sort_values("net_present_musd", kind="stable")
