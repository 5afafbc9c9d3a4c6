"""Single rows and numbers that sentences and tables ask a result for.

All bands are quantiles over the draws (columns p10, p50, p90 are the 80 % band and the median);
money is in million dollars a year, effects are in percent of the trade that would be there without
the measures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from corridors.data import names
from corridors.data.names import the
from corridors.show import numbers as n

if TYPE_CHECKING:
    from corridors.study import result_facts as facts
    from corridors.study.result import StudyResult

FLOWS = ("exports", "imports", "total")
TINY_PERCENT = 0.05
"""What would read 0.0 %: called less than 0.05 %."""
_SEEN_PERCENT = 0.005
SLIGHT_PERCENT = 0.5
"""A band that includes zero and stays under this is called no measurable effect."""
MATTERS_PERCENT = 0.1
"""A change of trade below this, a dollar in a thousand, is too small to matter however sure its sign is."""


@dataclass(frozen=True)
class Band:
    """The 80 % band and the median of one quantity."""

    low: float
    mid: float
    high: float

    @property
    def still(self) -> bool:
        """Whether it is zero in all of the band."""
        return self.low == 0 and self.mid == 0 and self.high == 0

    @property
    def most(self) -> float:
        """The larger end of the band, without its sign."""
        return max(abs(self.low), abs(self.high))


BACKTEST_SOURCE = "own backtest on the world trade panel, 1992 to 2023 (UN Comtrade, CEPII BACI)"
"""What forecasts were scored on: the panel to 2016 and, of another source, 2023."""
SHUT_DAYS = 360.0
"""A crossing closed for so many days of a year is called shut."""
OUTSIDE = "other"
"""The mode of ways that are not in the network: other ports, pipelines, railways."""

Direction = Literal["exports", "imports"]
Case = Literal["before", "after"]
Kind = Literal["none", "tiny", "nil", "open", "slight", "rise", "fall"]
STILL: tuple[Kind, ...] = ("none", "tiny", "nil", "slight")
"""What counts as doing nothing to trade."""


def verdict(band: Band, matters_percent: float = MATTERS_PERCENT) -> Kind:
    """What an effect in percent supports saying.

    ``none``: nothing changes at all. ``tiny``: both ends round to 0.0 %. ``nil``: the band, as
    shown, includes zero and is narrow. ``open``: it includes zero and is wide. ``slight``: all of
    the band is on one side, but its middle is less than ``matters_percent`` and none of it is
    large. ``rise``, ``fall``: all of the band is on one side, and it matters.
    """
    if band.still:
        return "none"
    if band.most < TINY_PERCENT:
        return "tiny"
    if (band.low > 0 or band.high < 0) and ends_apart_from_zero(band):
        if abs(band.mid) < matters_percent and band.most < SLIGHT_PERCENT:
            return "slight"
        return "rise" if band.low > 0 else "fall"
    return "nil" if band.most < SLIGHT_PERCENT else "open"


def ends_apart_from_zero(band: Band) -> bool:
    """Whether neither end of the band is zero to two decimals, or written as zero: a sign that
    readers cannot see is not claimed."""
    if min(abs(band.low), abs(band.high)) < _SEEN_PERCENT:
        return False
    shown = n.percent_range(band.low, band.high, sign=True, mid=band.mid)
    return all(any(c in "123456789" for c in end) for end in shown.split(" to "))


def either_way(band: Band) -> bool:
    """Whether the band, as it is written, has a fall and a rise in it."""
    return band.low < 0 < band.high and ends_apart_from_zero(band)


def economy(code: str) -> str:
    """The name of an economy by its code, as it stands in a sentence; the code where it has none."""
    return the(names.economies().get(code, code))


def pair(result: StudyResult) -> tuple[str, str]:
    """Both economies' names as they stand in a sentence."""
    first, second = result.facts["names"]
    return the(str(first)), the(str(second))


def pair_words(result: StudyResult) -> str:
    """``Pakistan and Russia``."""
    return " and ".join(pair(result))


def way(result: StudyResult, flow: str) -> str:
    """A direction of trade in words: ``from Pakistan to Russia``, ``both ways``."""
    first, second = pair(result)
    if flow == "total":
        return "both ways"
    return f"from {first} to {second}" if flow == "exports" else f"from {second} to {first}"


def clean(text: object) -> str:
    """Text of others on one line: runs of white space become one space, no control characters, no
    full stop at its end."""
    kept = "".join(c if c.isprintable() else " " for c in str(text))
    return " ".join(kept.split()).rstrip(". ")


def quoted(text: object) -> str:
    """A label as its author wrote it, set off by quotation marks."""
    return f"\u201c{clean(text)}\u201d"


def path_row(result: StudyResult, flow: str, case: str, year: int | None = None) -> pd.Series:
    """Trade of a flow in a year (the last one if left out), million dollars, with its quantiles."""
    rows = result["projection"]
    chosen = rows[(rows["flow"] == flow) & (rows["case"] == case) & (rows["year"] == (year or result.years[-1]))]
    return chosen.iloc[0]


def path(result: StudyResult, flow: str, case: str, year: int | None = None) -> Band:
    """The 80 % band of a flow in a year, million dollars."""
    return band(path_row(result, flow, case, year))


def effect(result: StudyResult, flow: str = "total", unit: str = "percent", year: int | None = None) -> Band:
    """What the measures change in a year (the last one if left out): ``unit`` is percent or musd."""
    rows = result["effect"]
    chosen = rows[(rows["flow"] == flow) & (rows["unit"] == unit) & (rows["year"] == (year or result.years[-1]))]
    return band(chosen.iloc[0])


def band(row: pd.Series, name: str = "") -> Band:
    """The band in columns ``name_p10``, ``name_p50``, ``name_p90`` of a row (without a name: ``p10``...)."""
    prefix = f"{name}_" if name else ""
    return Band(*(float(row[f"{prefix}{p}"]) for p in ("p10", "p50", "p90")))


def fact_band(values: facts.Band) -> Band:
    """The band of a fact that has p10, p50 and p90."""
    return Band(float(values["p10"]), float(values["p50"]), float(values["p90"]))


def has_measures(result: StudyResult) -> bool:
    """Whether the scenario does anything."""
    return len(result.scenario.get("measures", ())) > 0


def level(result: StudyResult) -> tuple[int, float, float]:
    """Year, exports and imports of the level from which the projection starts."""
    found = result.facts["base"]
    return int(found["year"]), float(found["exports_musd"]), float(found["imports_musd"])


_LEVELS = {
    "reported series of the pair": "estimate from the reports on this pair",
    "reported": "trade as either side reports it, reconciled by CEPII",
    "cited source": "estimate: a figure of another source",
    "older report, grown with trade since": "estimate: an older report, grown with trade since",
    "gravity model": "estimate from the gravity model, no report",
    "estimate from GDP": "estimate from output, no report",
}


def level_source(result: StudyResult) -> str:
    """Where that level is from, in a few words."""
    for item in result.facts["diagnostics"]:
        if item["item"].startswith("level_exports") and ": " in item["meaning"]:
            found = item["meaning"].split(": ", 1)[1]
            return _LEVELS.get(found, f"estimate: {found}")
    return "estimate from the world matrix"


def trucks(result: StudyResult, flow: Direction) -> Band:
    """Trucks a day, one way, if all goods that can go by road did; last year, with the measures."""
    return fact_band(result.facts["trucks_needed"][flow])


def trucks_both(result: StudyResult) -> Band:
    """Both directions added, each at its own quantile (so the ends are a little too wide)."""
    out, back = trucks(result, "exports"), trucks(result, "imports")
    return Band(out.low + back.low, out.mid + back.mid, out.high + back.high)


def road_share(result: StudyResult, flow: Direction, case: Case = "before") -> float:
    """Share of the pair's goods in a direction, by value, that goes by road."""
    return result.facts["road_share"][flow][case]


def on_the_way(result: StudyResult) -> pd.DataFrame:
    """Crossings that matter here: those of the pair's road routes, and those that a measure names;
    in the table's order."""
    return near(result["crossings"], result["routes"], named_crossings(result))


def near(crossings: pd.DataFrame, routes: pd.DataFrame, named: Sequence[str]) -> pd.DataFrame:
    """Rows of ``crossings`` that road ``routes`` pass, and those ``named``."""
    if not len(crossings):
        return crossings
    road = routes[routes["mode"] == "road"]["crossings"] if len(routes) else ()
    return crossings[crossings["crossing"].isin({c for text in road for c in str(text).split()} | set(named))]


def named_crossings(result: StudyResult) -> list[str]:
    """Crossings that measures name, in their order; some measures name none."""
    return [str(c) for m in result.scenario.get("measures", ()) for c in m.get("crossings") or ()]


def at_home(result: StudyResult) -> pd.DataFrame:
    """Those of :func:`on_the_way` on a border of one of the pair, or named by a measure."""
    rows = on_the_way(result)
    if not len(rows):
        return rows
    named = set(named_crossings(result))
    own = rows["economies"].map(lambda both: bool(set(str(both).split("-")) & set(result.pair)))
    return rows[own | rows["crossing"].isin(named)]


def binding_here(result: StudyResult) -> pd.DataFrame:
    """Rows of the table of binding crossings that are on the pair's ways or named by a measure, the
    one to widen first on top."""
    rows, near = result["binding"], on_the_way(result)
    return rows[rows["crossing"].isin(near["crossing"])] if len(rows) and len(near) else rows.iloc[:0]


def shares_of(listed: str) -> dict[str, float]:
    """``{"CHN-KAZ": 0.63, "CHN-KGZ": 0.2}`` of ``CHN-KAZ=0.63; CHN-KGZ=0.2``; empty of an empty text."""
    pairs = (part.rsplit("=", 1) for part in listed.split("; ") if part)
    return {key: float(value) for key, value in pairs}


def short_name(name: object) -> str:
    """The first of a crossing's two names: ``Taftan`` of ``Taftan / Mirjaveh``, ``Khunjerab`` of
    ``Khunjerab (Sost)``."""
    return str(name).split(" / ")[0].split(" (")[0]


def crossing_year(result: StudyResult, crossing: str, case: str = "today") -> pd.DataFrame:
    """How full a crossing is year by year at a capacity."""
    rows = result["crossing_years"]
    return rows[(rows["crossing"] == crossing) & (rows["capacity_case"] == case)].sort_values("year")


def first_full_year(result: StudyResult, crossing: str, case: str = "today", probability: float = 0.5) -> int | None:
    """The first year in which a crossing is full with at least this probability; None if it does not happen."""
    return first_full(crossing_year(result, crossing, case), probability)


def first_full(rows: pd.DataFrame, probability: float) -> int | None:
    """The first year of :func:`crossing_year` with at least this probability."""
    full = rows[rows["probability_full"] >= probability]
    return int(full["year"].iloc[0]) if len(full) else None


def full_reports(result: StudyResult, column: str = "total_musd") -> pd.DataFrame:
    """Reports of one whole year that give this figure, the oldest first."""
    rows = result["trade_history"]
    if not len(rows):
        return rows
    whole = rows["period_kind"].isin(["calendar_year", "fiscal_year"])
    return rows[whole & rows[column].notna()].sort_values("end", kind="stable")


_PERIOD = re.compile(r"(?:(FY)(\d{4})|(\d{4}))(?: ([A-Z][a-z]{2})-([A-Z][a-z]{2}))?")
_MONTHS = dict(zip(
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    strict=True,
))  # fmt: skip


def period_words(period: object) -> str:
    """A reported period as people say it: ``fiscal year 2022/23``, ``July to May of fiscal year 2021/22``, ``2023``."""
    return _PERIOD.sub(_period, clean(period))


def _period(found: re.Match[str]) -> str:
    fiscal, year, plain, first, last = found.groups()
    name = f"fiscal year {int(year) - 1}/{int(year) % 100:02d}" if fiscal else plain
    if first in _MONTHS and last in _MONTHS:
        return (
            f"{_MONTHS[first]} to {_MONTHS[last]} of {name}"
            if fiscal
            else f"{_MONTHS[first]} to {_MONTHS[last]} {name}"
        )
    return name


def date_words(date: object) -> str:
    """A date as people write it: ``12 October 2025``, ``June 2025``, ``2024``; empty where there is none."""
    parts = clean(date).split("-")
    if not parts[0].isdigit():
        return ""
    if len(parts) == 1:
        return parts[0]
    if not 1 <= int(parts[1]) <= 12:
        return clean(date)
    month = list(_MONTHS.values())[int(parts[1]) - 1]
    return f"{month} {parts[0]}" if len(parts) == 2 else f"{int(parts[2])} {month} {parts[0]}"


_DATE = re.compile(r"\b(?:19|20)\d{2}-\d{2}(?:-\d{2})?\b")


def dated(text: str) -> str:
    """A text with its dates as people write them: ``12 October 2025`` for ``2025-10-12``."""
    return _DATE.sub(lambda found: date_words(found[0]), text)


def travel(result: StudyResult, direction: str, case: str = "before", goods: str = "all") -> tuple[float, float] | None:
    """Days and dollars a tonne between the gateways, mean over all goods or over those by road; None where there is no way.

    Goods that go by ways outside the network are left out: nothing is known of their days and
    dollars.
    """
    rows = parts(result, direction, case, goods)
    return (float(rows["days"].sum()), float(rows["usd_per_t"].sum())) if len(rows) and rows["days"].sum() > 0 else None


def parts(result: StudyResult, direction: str, case: str = "before", goods: str = "all") -> pd.DataFrame:
    """Where those days and dollars go: rows of ``breakdown``, the longest part first."""
    rows = result["breakdown"]
    if not len(rows):
        return rows
    chosen = (rows["direction"] == direction) & (rows["case"] == case) & (rows["goods"] == goods)
    found = rows[chosen].sort_values("days", ascending=False, kind="stable")
    inside = 1.0 - mode_shares(result, direction, case).get(OUTSIDE, 0.0)
    if goods == "all" and 0 < inside < 1:
        found = found.assign(days=found["days"] / inside, usd_per_t=found["usd_per_t"] / inside)
    return found


def mode_shares(result: StudyResult, direction: str, case: str = "before") -> dict[str, float]:
    """Share of the pair's goods by mode, by value, the largest first; medians, brought to a sum of one."""
    rows = result["routes"]
    if not len(rows):
        return {}
    found = (
        rows[rows["direction"] == direction]
        .groupby("mode")[f"share_{case}"]
        .sum()
        .sort_values(ascending=False, kind="stable")
    )
    total = float(found.sum())
    return {str(mode): float(value) / total for mode, value in found.items() if value > 0} if total > 0 else {}


def widened(measures: Sequence[Mapping[str, Any]], crossings: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of ``crossings`` to which measures give another capacity: those that are open with the measures, those that stay shut."""
    named = {str(c) for m in measures if m.get("kind") == "border_capacity" for c in m.get("crossings") or ()}
    if not len(crossings):
        return crossings, crossings
    rows = crossings[crossings["crossing"].isin(named)]
    shut = rows["closure_days_after"] >= SHUT_DAYS
    return rows[~shut], rows[shut]


def gate(result: StudyResult, case: Case = "before") -> tuple[str, float] | None:
    """The economy whose open crossings on the pair's roads carry least, and their capacity together, trucks a day.

    The narrower of the two borders bounds what can go by road. None where no road of the pair
    crosses an open border.
    """
    return narrowest(result.pair, pair(result), on_the_way(result), case) if len(result["routes"]) else None


def narrowest(codes: Sequence[str], called: Sequence[str], rows: pd.DataFrame, case: Case = "before") -> tuple[str, float] | None:
    """:func:`gate` of two economies, by code and name, from the crossings on their ways."""
    if not len(rows):
        return None
    passable = rows[rows[f"closure_days_{case}"] < 365]
    found = []
    for code, name in zip(codes, called, strict=True):
        own = passable[passable["economies"].map(lambda both, code=code: code in str(both).split("-"))]
        if len(own):
            found.append((float(own[f"capacity_{case}"].sum()), name))
    return (min(found)[1], min(found)[0]) if found else None
