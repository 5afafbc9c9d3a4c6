"""GDP of an economy in the years to come: state-space models in statsmodels, weighted by their past forecasts.

Candidates on ln GDP (current US dollars): local level (random walk), local level with drift, local linear trend, and
growth that returns to its mean (a damped trend, ARIMA(1,1,0) with drift). Each is fitted on the years up
to four past origins and forecasts four and eight years. The forecast is their mean, weighted by the inverse fourth
power of the mean absolute error (in the manner of Bates and Granger 1969): with one economy's few origins the single best model is
too much a matter of luck. The variance is that of the mixture, so disagreement of the models counts, and is widened where
past errors were larger than stated. Errors of economies move together: an economy's error is correlated with the
world's as its growth was.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import panel
from corridors.errors import DataError
from corridors.runtime.cache import kept

Array = npt.NDArray[np.float64]

MODELS = ("local level", "local level with drift", "local linear trend", "damped trend")
_STRUCTURAL = {
    "local level": "rwalk",
    "local level with drift": "rwdrift",
    "local linear trend": "lltrend",
}
LONGEST = 60
HORIZONS = (4, 8)
FEWEST_YEARS = 12
MOST_WIDENING = 2.0


@dataclass(frozen=True)
class GdpForecast:
    """``last_year`` and ``ln_last``: the last observation; ``ln_growth`` (H,) and ``sd`` (H,): median and standard
    deviation of ln GDP against it, 1..H years on; ``history`` Series by year (million US dollars);
    ``model`` the one with most weight; ``scores`` mean absolute log error and ``weights`` by model; ``world_share`` correlation of its growth with the world's."""

    economy: str
    model: str
    last_year: int
    ln_last: float
    ln_growth: Array
    sd: Array
    history: pd.Series
    scores: Mapping[str, float]
    weights: Mapping[str, float]
    widening: float
    world_share: float


@lru_cache(maxsize=256)
@kept
def forecast(economy: str) -> GdpForecast:
    """Choose, fit and forecast one economy. Raises :class:`~corridors.errors.DataError` if its GDP is unknown."""
    table = panel.load().gdp
    if economy not in table.index or table.loc[economy].notna().sum() < FEWEST_YEARS:
        raise DataError(f"gdp.csv: fewer than {FEWEST_YEARS} years of GDP for {economy}; a forecast needs them")
    history = table.loc[economy].dropna()
    values = np.log(history.to_numpy(dtype=np.float64))
    scores, ratios = _past_forecasts(values)
    inverse = {name: score**-4 for name, score in scores.items()}
    weights = {name: value / sum(inverse.values()) for name, value in inverse.items()}
    growth, variance = np.zeros(LONGEST), np.zeros(LONGEST)
    for name, weight in weights.items():
        ahead, sd = _ahead(values, name, LONGEST)
        growth += weight * ahead
        variance += weight * (sd**2 + ahead**2)
    variance -= growth**2
    widening = sum(weights[name] * ratios[name] for name in weights)
    widening = float(np.clip(widening, 1.0, MOST_WIDENING))
    return GdpForecast(
        economy,
        max(weights, key=lambda name: weights[name]),
        int(history.index[-1]),
        float(values[-1]),
        growth,
        np.sqrt(variance) * widening,
        history,
        scores,
        weights,
        widening,
        _world_share(economy),
    )


def paths(
    economies: tuple[str, str], years: tuple[int, ...], params: Mapping[str, Array]
) -> tuple[Array, Array]:
    """ln GDP of both economies: two arrays (B, T); years that are known have their known value in every draw.

    The errors of both share ``gdp_world_score`` with the weight of each economy's ``world_share``; the rest is its own, in
    two components of a random walk's path (``gdp_exporter_score``, ``gdp_exporter_turn`` and the same for
    ``importer``): the overall level and early against late years.
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

    sin((k - 1/2) pi h / H) weighted by 1/(k - 1/2), k = 1, 2: together nine tenths of the path's variance; the
    scaling puts the rest back, so that only the shape of paths is simplified, not the width of bands.
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


def _past_forecasts(values: Array) -> tuple[dict[str, float], dict[str, float]]:
    """Mean absolute error and root mean square of error over stated sd, by model, over past origins."""
    errors: dict[str, list[float]] = {name: [] for name in MODELS}
    scaled: dict[str, list[float]] = {name: [] for name in MODELS}
    for back in (16, 12, 8, 4):
        if len(values) - back < FEWEST_YEARS:
            continue
        past = values[:-back]
        for name in MODELS:
            growth, sd = _ahead(past, name, max(HORIZONS))
            for h in HORIZONS:
                if h <= back:
                    error = values[len(past) + h - 1] - past[-1] - growth[h - 1]
                    errors[name].append(abs(error))
                    scaled[name].append(error / sd[h - 1])
    if not errors[MODELS[0]]:
        return {"local level with drift": 1.0}, {"local level with drift": 1.0}
    return (
        {name: float(np.mean(e)) for name, e in errors.items()},
        {name: float(np.sqrt(np.mean(np.square(z)))) for name, z in scaled.items()},
    )


def _ahead(values: Array, model: str, steps: int) -> tuple[Array, Array]:
    """Median of ln GDP minus its last value, and its standard deviation, 1..steps years on."""
    with warnings.catch_warnings():
        # Thirty yearly values and at most three variances: warnings about starting values carry no news.
        warnings.simplefilter("ignore")
        fitted = _model(values, model).fit(disp=0)
        ahead = fitted.get_forecast(steps)
    sd = np.maximum(np.asarray(ahead.se_mean, dtype=np.float64), 1e-3)
    return np.asarray(ahead.predicted_mean, dtype=np.float64) - values[-1], sd


def _model(values: Array, model: str) -> Any:
    # Here, since forecasts are mostly kept from an earlier run and loading statsmodels takes longer than all else.
    from statsmodels.tsa.statespace.sarimax import SARIMAX
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    if model == "damped trend":
        return SARIMAX(values, order=(1, 1, 0), trend="c")
    return UnobservedComponents(values, _STRUCTURAL[model])


@lru_cache(maxsize=1)
def _growth() -> pd.DataFrame:
    return np.log(panel.load().gdp).diff(axis=1)


def _world_share(economy: str) -> float:
    """Correlation of the economy's yearly growth with the median growth of all others, at least 0."""
    growth = _growth()
    own = growth.loc[economy]
    others = growth.drop(index=economy).median()
    both = own.notna() & others.notna()
    return float(np.clip(np.corrcoef(own[both], others[both])[0, 1], 0.0, 0.95))
