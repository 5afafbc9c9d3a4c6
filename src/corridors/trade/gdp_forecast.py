"""GDP of an economy in the years to come: the IMF to 2030, SSP2 after, and how wrong such forecasts have been.

The middle, in current dollars, goes on from the last known year with the growth of the IMF's dollar
GDP (World Economic Outlook); where the IMF gives no dollar path (Pakistan, Afghanistan: no exchange
rate is assumed), with its real growth and the dollar's inflation, that is, at a constant real
exchange rate. After the IMF's last year real growth is that of SSP2 (GDP at purchasing power
parity, between its five-year points evenly), the real exchange rate stays, and dollars lose what
the IMF says of its last year. An economy that neither has follows the median of all others.

The spread is that of past forecasts: from every year since 2005 dollar GDP is forecast with the
drift of ten years, shrunk half way to the world's, one to twelve years on, and the errors (half the
width of their central 80 %) are taken by horizon and by income group; an economy's own record moves
its group's by as much as it has years (weight :data:`OWN_WEIGHT`). The IMF's own forecasts of five
years ago are not in the data; they know more than a drift of growth and no more of exchange rates,
which are most of the error in dollars.
Errors of economies move together: an economy's is correlated with the world's as its growth was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import panel, tables
from corridors.errors import DataError
from corridors.runtime.cache import kept

Array = npt.NDArray[np.float64]

LONGEST = 60
LONGEST_JUDGED = 12
FIRST_ORIGIN = 2005
DRIFT_YEARS = 10
SHRINK_DRIFT = 0.5
FEWEST_YEARS = 12
OWN_WEIGHT = 0.5
GROUPS = (10_000.0, 30_000.0)
"""Bounds of the income groups, international dollars of GDP a person in 2023."""
GROUP_NAMES = ("low", "middle", "high")
_EIGHTY = 2 * 1.2815515655446004


@dataclass(frozen=True)
class GdpForecast:
    """``last_year`` and ``ln_last``: the last observation; ``ln_growth`` (H,) and ``sd`` (H,): median and standard
    deviation of ln GDP against it, 1..H years on; ``history`` Series by year (million US dollars);
    ``source`` of the middle in words, ``group`` of income; ``world_share`` correlation of its
    growth with the world's."""

    economy: str
    source: str
    group: str
    last_year: int
    ln_last: float
    ln_growth: Array
    sd: Array
    history: pd.Series
    world_share: float


@lru_cache(maxsize=256)
def forecast(economy: str) -> GdpForecast:
    """Forecast one economy. Raises :class:`~corridors.errors.DataError` if its GDP is unknown."""
    table = panel.load().gdp
    if economy not in table.index or table.loc[economy].notna().sum() < FEWEST_YEARS:
        raise DataError(f"gdp.csv: fewer than {FEWEST_YEARS} years of GDP for {economy}; a forecast needs them")
    history = table.loc[economy].dropna()
    last = int(history.index[-1])
    steps, source = _steps(economy, last)
    spread, shares, groups = _records()
    return GdpForecast(
        economy,
        source,
        groups[economy],
        last,
        float(np.log(history.iloc[-1])),
        np.cumsum(steps),
        spread[economy],
        history,
        shares[economy],
    )


def middle(economies: tuple[str, str], year: int) -> tuple[float, float]:
    """ln GDP of both economies in ``year``, known or in the middle of its forecast."""
    out = []
    for economy in economies:
        ahead = forecast(economy)
        h = year - ahead.last_year
        out.append(
            ahead.ln_last + float(ahead.ln_growth[min(h, LONGEST) - 1])
            if h > 0
            else float(_known(ahead, (year,))[0])
        )
    return out[0], out[1]


def paths(
    economies: tuple[str, str], years: tuple[int, ...], params: Mapping[str, Array]
) -> tuple[Array, Array]:
    """ln GDP of both economies: two arrays (B, T); years that are known have their known value in every draw.

    The errors of both share ``gdp_world_score`` with the weight of each economy's ``world_share``;
    the rest is its own, in two components of a random walk's path (``gdp_exporter_score``,
    ``gdp_exporter_turn`` and the same for ``importer``): the overall level and early against late
    years.
    """
    world = params["gdp_world_score"][:, None]
    result = []
    for economy, role in zip(economies, ("exporter", "importer"), strict=True):
        ahead = forecast(economy)
        horizon = np.asarray(years) - ahead.last_year
        longest = max(1, int(horizon.max()))
        step = np.clip(horizon, 1, LONGEST) - 1
        known = horizon <= 0
        middle = np.where(known, _known(ahead, years), ahead.ln_last + ahead.ln_growth[step])
        sd = np.where(known, 0.0, ahead.sd[step])
        level, turn = walk_components(np.maximum(horizon, 0), longest)
        own = params[f"gdp_{role}_score"][:, None] * level + params[f"gdp_{role}_turn"][:, None] * turn
        share = ahead.world_share
        result.append(middle + sd * (share * world + np.sqrt(1 - share**2) * own))
    return result[0], result[1]


def walk_components(horizon: npt.NDArray[np.int64], longest: int) -> tuple[Array, Array]:
    """The two leading components of a random walk's path (Karhunen-Loeve), scaled to unit variance at each horizon.

    sin((k - 1/2) pi h / H) weighted by 1/(k - 1/2), k = 1, 2: together nine tenths of the path's
    variance; the scaling puts the rest back, so that only the shape of paths is simplified, not the
    width of bands.
    """
    share = np.maximum(horizon, 1) / longest
    level = np.sin(0.5 * np.pi * share) / 0.5
    turn = np.sin(1.5 * np.pi * share) / 1.5
    size = np.hypot(level, turn)
    return level / size, turn / size


def _known(ahead: GdpForecast, years: tuple[int, ...]) -> Array:
    """ln GDP in known years; a year before the first or in a gap takes the value interpolated over time."""
    known = ahead.history.index.to_numpy(dtype=np.float64), np.log(ahead.history.to_numpy(dtype=np.float64))
    return np.asarray(np.interp(np.asarray(years, dtype=np.float64), *known))


@lru_cache(maxsize=1)
def _outlook() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, Array]:
    """Yearly steps of ln dollar GDP by the IMF and of its real GDP, by SSP2 of real GDP (economies
    x years), and the dollar's inflation."""
    imf = tables.imf_weo()
    dollars = np.log(imf.pivot(index="iso3", columns="year", values="gdp_busd").where(lambda v: v > 0)).diff(axis=1)
    real = np.log1p(imf.pivot(index="iso3", columns="year", values="real_growth_pct") / 100.0)
    deflator = np.log(imf[imf["iso3"] == "USA"].set_index("year")["gdp_deflator_index"]).diff()
    ssp = tables.ssp2().dropna(subset=["gdp_ppp_b"]).pivot(index="iso3", columns="year", values="gdp_ppp_b")
    marks = np.log(ssp.reindex(columns=range(int(ssp.columns.min()), int(ssp.columns.max()) + 1)))
    beyond = marks.interpolate(axis=1, limit_area="inside").diff(axis=1)
    years = np.arange(int(dollars.columns.min()), int(beyond.columns.max()) + LONGEST)
    inflation = deflator.reindex(years).ffill().bfill().to_numpy()
    return (
        dollars.reindex(columns=years),
        real.reindex(columns=years),
        beyond.reindex(columns=years).ffill(axis=1),
        inflation,
    )


def _steps(economy: str, last: int) -> tuple[Array, str]:
    """Growth of ln dollar GDP in each of the :data:`LONGEST` years after ``last``, and where it is from."""
    dollars, real, beyond, inflation = _outlook()
    first = int(dollars.columns[0])
    at = slice(last + 1 - first, last + 1 - first + LONGEST)

    def row(frame: pd.DataFrame) -> Array:
        values = frame.loc[economy] if economy in frame.index else pd.Series(np.nan, index=frame.columns)
        own = values.to_numpy(dtype=np.float64)[at]
        out = np.full(LONGEST, np.nan)
        out[: len(own)] = own
        return out

    price = np.full(LONGEST, inflation[-1])
    price[: len(inflation[at])] = inflation[at]
    fund, volume, after = row(dollars), row(real) + price, row(beyond) + price
    typical = np.full(LONGEST, float(np.nanmedian(beyond.to_numpy()[:, -1]))) + price
    known = dollars.to_numpy()[:, at]
    for k in np.flatnonzero(np.isfinite(known).any(axis=0)):
        typical[k] = np.nanmedian(known[:, k])
    steps = np.where(
        np.isfinite(fund),
        fund,
        np.where(np.isfinite(volume), volume, np.where(np.isfinite(after), after, typical)),
    )
    used = []
    if np.isfinite(fund).any():
        used.append("IMF, dollars")
    if (~np.isfinite(fund) & np.isfinite(volume)).any():
        used.append("IMF, real growth at a constant real exchange rate")
    if (~np.isfinite(fund) & ~np.isfinite(volume) & np.isfinite(after)).any():
        used.append("SSP2")
    if not (np.isfinite(fund) | np.isfinite(volume) | np.isfinite(after)).all():
        used.append("median of all economies")
    return steps, "; then ".join(used)


@kept
def _judged() -> tuple[list[str], Array, Array, list[str]]:
    """Economies; standard deviations (N, LONGEST) of forecast errors; correlation (N,) with the world; income group."""
    table = panel.load().gdp
    values = np.log(table.to_numpy(dtype=np.float64))
    years = [int(y) for y in table.columns]
    steps = np.diff(values, axis=1)
    errors = np.full((len(values), LONGEST_JUDGED, len(years)), np.nan)
    for k, origin in enumerate(years):
        if origin < FIRST_ORIGIN:
            continue
        own = _mean(steps[:, max(0, k - DRIFT_YEARS) : k])
        common = float(np.nanmedian(own))
        drift = np.where(np.isfinite(own), SHRINK_DRIFT * own + (1 - SHRINK_DRIFT) * common, common)
        for h in range(1, LONGEST_JUDGED + 1):
            if k + h < len(years):
                errors[:, h - 1, k] = values[:, k + h] - values[:, k] - h * drift
    groups = _groups(list(table.index))
    pooled = np.stack(
        [
            [_width(errors[[g == name for g in groups], h]) for h in range(LONGEST_JUDGED)]
            for name in GROUP_NAMES
        ]
    )
    pooled = np.maximum.accumulate(pooled, axis=1)
    sd = np.empty((len(values), LONGEST))
    for n, group in enumerate(groups):
        typical = pooled[GROUP_NAMES.index(group)]
        ratios = [_rms(errors[n, h]) / typical[h] for h in (3, 7) if np.isfinite(errors[n, h]).sum() >= FEWEST_YEARS]
        factor = float(np.exp(OWN_WEIGHT * np.log(np.clip(np.mean(ratios), 0.5, 2.5)))) if ratios else 1.0
        ahead = np.arange(1, LONGEST + 1)
        sd[n] = (
            factor
            * typical[np.minimum(ahead, LONGEST_JUDGED) - 1]
            * np.sqrt(np.maximum(ahead / LONGEST_JUDGED, 1.0))
        )
    share = np.empty(len(values))
    for n in range(len(values)):
        others = np.nanmedian(np.delete(steps, n, axis=0), axis=0)
        both = np.isfinite(steps[n]) & np.isfinite(others)
        share[n] = np.clip(np.corrcoef(steps[n, both], others[both])[0, 1], 0.0, 0.95) if both.sum() > 2 else 0.5
    return [str(e) for e in table.index], sd, share, groups


@lru_cache(maxsize=1)
def _records() -> tuple[dict[str, Array], dict[str, float], dict[str, str]]:
    names, sd, share, groups = _judged()
    return (
        dict(zip(names, sd, strict=True)),
        dict(zip(names, share.tolist(), strict=True)),
        dict(zip(names, groups, strict=True)),
    )


def _groups(names: list[str]) -> list[str]:
    imf = tables.imf_weo()
    now = imf[imf["year"] == 2023].set_index("iso3").reindex(names)
    person = (1000.0 * now["gdp_ppp_bintl"] / now["population_m"]).fillna(0.0)
    return [GROUP_NAMES[int(np.searchsorted(GROUPS, v))] for v in person]


def _mean(values: Array) -> Array:
    known = np.isfinite(values)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _width(errors: Array) -> float:
    known = errors[np.isfinite(errors)]
    low, high = np.quantile(known, [0.1, 0.9])
    return float((high - low) / _EIGHTY)


def _rms(errors: Array) -> float:
    known = errors[np.isfinite(errors)]
    return float(np.sqrt(np.mean(known**2)))
