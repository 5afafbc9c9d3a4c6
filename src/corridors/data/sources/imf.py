"""GDP, growth, prices and population from the IMF's World Economic Outlook, by its DataMapper service.

The service gives the newest edition, forecasts included. It has no deflator and does not say which
year is the last that is no forecast: what an earlier edition said of these stays for the years that
it had.
"""

from __future__ import annotations

import math

import pandas as pd

from corridors.data.sources.http import Client
from corridors.errors import SourceError

ADDRESS = "https://www.imf.org/external/datamapper/api/v1"
INDICATORS = {
    "NGDPD": "gdp_busd",
    "PPPGDP": "gdp_ppp_bintl",
    "NGDP_RPCH": "real_growth_pct",
    "PCPIPCH": "cpi_inflation_pct",
    "LP": "population_m",
}
_NEVER_NEGATIVE = ("gdp_busd", "gdp_ppp_bintl", "population_m")
KEPT = ("gdp_deflator_index", "gdp_latest_actual")


def client(base: str = ADDRESS) -> Client:
    """The source; a few calls in all."""
    return Client("IMF", base, min_interval=1.0)


def outlook(source: Client, known: pd.DataFrame, first: int = 2000) -> pd.DataFrame:
    """The table ``imf_weo`` with the newest edition in the place of ``known``, sorted.

    Only codes that ``known`` has (groups of countries are left out). Raises SourceError if the
    source fails for good, has changed its form, or gives figures that cannot be (not finite,
    negative output, no United States).
    """
    codes = set(known["iso3"])
    frames = []
    for code, column in INDICATORS.items():
        answer = source.get_json(code)
        values = answer.get("values", {}).get(code) if isinstance(answer, dict) else None
        if not isinstance(values, dict) or not values:
            raise SourceError(f"IMF: {code}: an answer of another form than values by economy and year")
        rows = []
        for economy, years in values.items():
            if economy not in codes or not isinstance(years, dict):
                continue
            for year, value in years.items():
                rows.append((economy, *_figure(code, economy, year, value)))
        frame = pd.DataFrame(rows, columns=["iso3", "year", column])
        if (frame[column] < 0).any() and column in _NEVER_NEGATIVE:
            worst = frame[frame[column] < 0].iloc[0]
            raise SourceError(
                f"IMF: {code}: {worst['iso3']} {worst['year']} is {worst[column]:g}; it cannot be negative"
            )
        frames.append(frame[frame["year"] >= first].set_index(["iso3", "year"]))
    new = pd.concat(frames, axis=1).reset_index()
    if "USA" not in set(new["iso3"]):
        raise SourceError("IMF: no figures for USA, by whose prices dollars are deflated")
    out = new.merge(known[["iso3", "year", *KEPT]], on=["iso3", "year"], how="left")
    latest = known.dropna(subset=["gdp_latest_actual"]).drop_duplicates("iso3").set_index("iso3")["gdp_latest_actual"]
    out["gdp_latest_actual"] = out["gdp_latest_actual"].fillna(out["iso3"].map(latest))
    return out[list(known.columns)].sort_values(["iso3", "year"], ignore_index=True)


def _figure(code: str, economy: str, year: object, value: object) -> tuple[int, float]:
    try:
        when, number = int(str(year)), float(str(value))
    except ValueError:
        raise SourceError(f"IMF: {code}: {economy} {year!r}: {value!r} is no figure of a year") from None
    if not (1900 < when < 2101 and math.isfinite(number)):
        raise SourceError(f"IMF: {code}: {economy} {when}: {number} is no figure of a year")
    return when, number
