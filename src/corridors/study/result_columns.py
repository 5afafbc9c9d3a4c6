"""Columns and units that several tables of a result share."""

from __future__ import annotations

from corridors.data.package import Field
from corridors.data.table_schema import BAND, number, text

MUSD, MUSD_A_YEAR = "million US dollars", "million US dollars a year"
PERCENT, POINTS, SHARE = "percent", "percentage points", "share"
DAYS, HOURS, KM, TRUCKS, USD_PER_T = "days", "hours", "km", "trucks a day", "US dollars a tonne"
MEAN_AND_BAND = ("mean", *BAND)
"""Money adds up in means, so that a mean stands beside the band."""

DIRECTION = text("direction", "exports or imports, as the study's first economy sees it")
EXPORTER = text("exporter", "economy that sells, ISO 3166-1 alpha-3")
IMPORTER = text("importer", "economy that buys, ISO 3166-1 alpha-3")
CROSSING = text("crossing", "id of the border crossing in data/network/crossings.csv")
CROSSING_NAME = text("name", "the crossing's name, as people read it")
FLOW = text("flow", "exports, imports or total (both together)")
PARAMETER = (
    text("parameter", "uncertain quantity, as in data/parameters.csv"),
    text("meaning", "what it is"),
)


def with_ends(name: str, unit: str, meaning: str) -> tuple[Field, ...]:
    """A median with the ends of its 80 % band."""
    return (
        number(name, unit, f"{meaning}: median of the draws"),
        number(f"{name}_p10", unit, f"{meaning}: 10th percentile of the draws"),
        number(f"{name}_p90", unit, f"{meaning}: 90th percentile of the draws"),
    )
