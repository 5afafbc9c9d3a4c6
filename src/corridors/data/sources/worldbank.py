"""Gross domestic product from the World Bank (World Development Indicators, NY.GDP.MKTP.CD, current US dollars)."""

from __future__ import annotations

import math

import pandas as pd

from corridors.data import names
from corridors.data.sources.http import Client, require_columns
from corridors.errors import SourceError

ADDRESS = "https://api.worldbank.org/v2"
INDICATOR = "NY.GDP.MKTP.CD"
_NEEDED = ("countryiso3code", "date", "value")


def client(base: str = ADDRESS) -> Client:
    """The source; its rules ask for no more than a few calls a second."""
    return Client("World Bank", base, min_interval=0.3)


def gdp(source: Client, first: int = 1990, last: int = 2030) -> pd.DataFrame:
    """GDP as ``data/gdp.csv`` holds it: iso3, year, gdp_musd, sorted, six significant digits.

    Only economies of ``data/economies.csv`` (the World Bank's groups of countries are left out).
    Raises SourceError if the source fails for good or has changed its columns.
    """
    rows: list[tuple[str, int, float]] = []
    page, pages = 1, 1
    known = names.economies()
    while page <= pages:
        answer = source.get_json(
            f"country/all/indicator/{INDICATOR}",
            {"format": "json", "per_page": 20_000, "date": f"{first}:{last}", "page": page},
        )
        if isinstance(answer, list) and answer and "message" in answer[0]:
            raise SourceError(f"World Bank: {answer[0]['message'][0].get('value', 'refused')}")
        if not (isinstance(answer, list) and len(answer) == 2 and isinstance(answer[1], list) and "pages" in answer[0]):
            raise SourceError(f"World Bank: {INDICATOR}: an answer of another form than pages of records")
        pages = int(answer[0]["pages"])
        for record in answer[1]:
            require_columns(record, _NEEDED, f"World Bank: {INDICATOR}")
            value = record["value"]
            if value is not None and record["countryiso3code"] in known:
                rows.append((record["countryiso3code"], int(record["date"]), _six_digits(float(value) / 1e6)))
        page += 1
    if not rows:
        raise SourceError(f"World Bank: {INDICATOR}: no figures for {first} to {last}")
    return pd.DataFrame(rows, columns=["iso3", "year", "gdp_musd"]).sort_values(["iso3", "year"], ignore_index=True)


def _six_digits(value: float) -> float:
    return round(value, 5 - math.floor(math.log10(abs(value)))) if value else 0.0
