"""How a cell reads: numbers with aligned decimals, a dash for what is not there, names, source lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from corridors.show import findings
from corridors.show import numbers as n
from corridors.show.blocks import Column
from corridors.show.lookups import clean
from corridors.study.result import StudyResult

DASH = "\u2013"
BAND = f"80{n.THIN}% band"
MODES = {
    "sea": "Sea",
    "road": "Road",
    "rail": "Rail",
    "air": "Air",
    "border": "Border",
    "ferry": "Ferry",
    "other": "Outside",
}
CARGO = {
    "food": "Food",
    "textiles": "Textiles and leather",
    "machinery": "Machinery and other manufactures",
    "bulk": "Bulk cargo",
}
FLOWS = {"exports": "Exports", "imports": "Imports", "total": "Two-way trade", "balance": "Balance"}


def right(label: str, unit: str = "") -> Column:
    """The head of a column of numbers."""
    return Column(label, unit, "right")


def text(value: Any) -> str:
    """Text on one line; a dash for nothing."""
    if value is None or isinstance(value, float) and not math.isfinite(value):
        return DASH
    return clean(value) or DASH


def cell(write: Callable[[float], str], value: Any) -> str:
    """A number by its writer; a dash where there is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return DASH
    return write(number) if math.isfinite(number) else DASH


def fixed(value: Any, decimals: int = 0, *, sign: bool = False) -> str:
    """A number with so many decimals."""
    return cell(lambda v: n.fixed(v, decimals, sign=sign), value)


def column_decimals(values: Iterable[float], digits: int = 2, most: int = 3) -> int:
    """Decimals for a whole column: as many as its largest number needs for ``digits`` significant digits."""
    sizes = [abs(float(v)) for v in values if v is not None and math.isfinite(float(v)) and v != 0]
    return min(n.decimals_for(max(sizes), digits), most) if sizes else 0


def two_decimals(middles: Iterable[float], ends: Iterable[float]) -> tuple[int, int]:
    """Decimals for a column of medians and for the column of their bands, which shows at least a
    tenth where the median does."""
    fine = column_decimals(middles)
    return fine, max(column_decimals(ends), min(fine, 1))


def money_unit(values: Iterable[float]) -> tuple[float, str, int]:
    """Divisor, name of the unit and decimals for a column of million dollars."""
    sizes = [abs(float(v)) for v in values if v is not None and math.isfinite(float(v))]
    most = max(sizes, default=0.0)
    if most >= 10_000:
        return 1000.0, "billion dollars", 1
    return 1.0, "million dollars", 0 if most >= 100 else 1 if most >= 10 else 2 if most >= 1 else 3


def percent(value: Any) -> str:
    """A change in percent with its sign, as the column's unit says percent the sign is left out of the cell."""
    return cell(lambda v: n.signed_percent(v).removesuffix(f"{n.THIN}%"), value)


def span(low: Any, high: Any, decimals: int) -> str:
    """A band with so many decimals and its signs, the unit in the head."""
    return f"{fixed(low, decimals, sign=True)} to {fixed(high, decimals, sign=True)}"


def share(value: Any) -> str:
    """A share in percent, the unit in the head."""
    return cell(lambda v: "0" if v == 0 else n.share(v).removesuffix(f"{n.THIN}%"), value)


def sure(row: Any, name: str, decimals: int) -> str:
    """The middle of a change whose sign is sure; else a dash."""
    low, mid, high = (float(getattr(row, f"{name}_{p}")) for p in ("p10", "p50", "p90"))
    return fixed(mid, decimals, sign=True) if findings.apart(low, mid, high) else DASH


def model(result: StudyResult) -> str:
    """The source line of a table that the model computed."""
    return f"Source: own calculation, {result.draws:,} simulated futures; data and method as described in this report."
