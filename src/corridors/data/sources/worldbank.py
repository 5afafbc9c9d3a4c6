"""Gross domestic product from the World Bank (World Development Indicators, NY.GDP.MKTP.CD, current US dollars)."""

from __future__ import annotations

import math
import re
from typing import Any

import pandas as pd

from corridors.data import names
from corridors.data.sources.http import Client, require_columns
from corridors.errors import SourceError

ADDRESS = "https://api.worldbank.org/v2"
INDICATOR = "NY.GDP.MKTP.CD"
MOST_USD = 1e14
MOST_PAGES = 100
_WHERE = f"World Bank: {INDICATOR}"
_NEEDED = ("countryiso3code", "date", "value")


def client(base: str = ADDRESS) -> Client:
    """The source; its rules ask for no more than a few calls a second."""
    return Client("World Bank", base, min_interval=0.3)


def gdp(source: Client, first: int = 1990, last: int = 2030) -> pd.DataFrame:
    """GDP as ``data/gdp.csv`` holds it: iso3, year, gdp_musd, sorted, six significant digits.

    Only economies of ``data/economies.csv`` (the World Bank's groups of countries are left out).
    Raises SourceError if the source fails for good or has changed its columns.
    """
    found: dict[tuple[str, int], float] = {}
    page, pages = 1, 1
    known = names.economies()
    while page <= pages:
        answer = source.get_json(
            f"country/all/indicator/{INDICATOR}",
            {"format": "json", "per_page": 20_000, "date": f"{first}:{last}", "page": page},
        )
        pages, records = _page(source, answer)
        for record in records:
            require_columns(record, _NEEDED, _WHERE)
            iso, value = record["countryiso3code"], record["value"]
            if value is None or not isinstance(iso, str) or iso not in known:
                continue
            year = _year(source, record["date"], first, last)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MOST_USD:
                raise SourceError(
                    f"{_WHERE}: {iso} {year} is {source.told(repr(value))}; expected: US dollars, "
                    f"more than 0 and at most {MOST_USD:g}"
                )
            if (iso, year) in found:
                raise SourceError(f"{_WHERE}: {iso} {year} occurs more than once")
            found[iso, year] = _six_digits(float(value) / 1e6)
        page += 1
    if not found:
        raise SourceError(f"{_WHERE}: no figures for {first} to {last}")
    rows = [(iso, year, value) for (iso, year), value in sorted(found.items())]
    return pd.DataFrame(rows, columns=["iso3", "year", "gdp_musd"])


def _page(source: Client, answer: Any) -> tuple[int, list[dict[str, Any]]]:
    """How many pages there are, and the records of this one."""
    if isinstance(answer, list) and answer and isinstance(answer[0], dict) and "message" in answer[0]:
        raise SourceError(f"World Bank: {source.told(_message(answer[0]['message']))}")
    form = isinstance(answer, list) and len(answer) == 2 and isinstance(answer[0], dict) and "pages" in answer[0]
    if not form or not isinstance(answer[1], list) or not all(isinstance(record, dict) for record in answer[1]):
        raise SourceError(f"{_WHERE}: an answer of another form than pages of records")
    pages = answer[0]["pages"]
    if type(pages) is not int or not 0 <= pages <= MOST_PAGES:
        raise SourceError(f"{_WHERE}: {source.told(repr(pages))} pages; expected: a number up to {MOST_PAGES}")
    return pages, answer[1]


def _message(told: Any) -> str:
    first = told[0] if isinstance(told, list) and told else told
    return str(first.get("value", "refused")) if isinstance(first, dict) else str(first)


def _year(source: Client, told: Any, first: int, last: int) -> int:
    if isinstance(told, str) and re.fullmatch(r"[0-9]{4}", told) and first <= int(told) <= last:
        return int(told)
    raise SourceError(f"{_WHERE}: date is {source.told(repr(told))}; asked for: {first} to {last}")


def _six_digits(value: float) -> float:
    return round(value, 5 - math.floor(math.log10(abs(value)))) if value else 0.0
