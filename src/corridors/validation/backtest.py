"""Would these forecasts have been right? Rolling origins on the world panel, 1992 to the newest year.

From every year of the panel the trade of all pairs that trade then is forecast to every later year
up to fifteen years on and held against what came. Methods:

- ``last value``: nothing changes;
- ``drift``: the change since the previous observation goes on;
- ``gdp``: trade in proportion to the GDP of both;
- ``ets``: exponential smoothing by statsmodels (damped trend or none, by AICc), from origins with at least four
  observations, on a sample of pairs (every k-th, stated), because it takes milliseconds a pair;
- ``ours``: :mod:`corridors.trade.flow_forecast`, the same functions that projections call.

At each origin ours is trained, and its bands are measured, on forecasts that were complete by then.
Bands of the other methods are quantiles of their own errors on flows of like size from earlier
origins; an origin without such errors has no bands and is not scored on them. ``gdp`` and ``ours``
are run with known GDP growth (the trade model is tested) and with forecast GDP (everything is:
drift estimated before the origin, shrunk half way to the world's). Horizons of four, eight and
twelve years end by 2016; seven, eleven and fifteen end in 2023, measured by another source.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import panel
from corridors.data.panel import Panel
from corridors.runtime.cache import kept
from corridors.trade import flow_targets, flow_training
from corridors.trade.flow_forecast import Examples
from corridors.validation import scoring

Array = npt.NDArray[np.float64]

HORIZONS = (4, 7, 8, 11, 12, 15)
STEP = 4
HEADLINE_HORIZONS = (4, 8)
UNSEEN_HORIZONS = (7, 11, 15)
"""To 2023, which no one had seen when the first method was chosen."""
FAR_ABOVE = "over 2.7 times what gravity expects"
LEVELS = (50, 80, 95)
CRPS_PARTS = 20
BINS = 12
CORRIDOR = ("PAK", "RUS", "KAZ", "UZB", "KGZ", "TJK", "TKM", "CHN", "IRN", "AFG", "AZE", "TUR")
FOCUS = ("PAK", "RUS")
ETS_PAIRS = 60
ETS_LEAST = 4
SHRINK_DRIFT = 0.5
DRIFT_YEARS = 10


@dataclass(frozen=True)
class BacktestResult:
    """``scores``: method, gdp (known|forecast|none), horizon, origin, pairs, error (mean absolute log error), mase, crps,
    reference (error of the last value on the same pairs), skill. ``coverage``: method, gdp,
    horizon, level, coverage, pairs. ``sizes``: skill and coverage of ours by size of flow.
    ``lines``: the same of flows over a billion dollars by distance from the gravity line.
    ``pairs``: exporter, importer, origin, horizon, target_year, last_musd, actual_musd, p10, p50,
    p90, inside (80 % band), error_ours, error_last."""

    scores: pd.DataFrame
    coverage: pd.DataFrame
    sizes: pd.DataFrame
    lines: pd.DataFrame
    pairs: pd.DataFrame

    @property
    def skill_vs_naive(self) -> float:
        """1 - ratio of mean absolute log errors, ours to last value, known GDP, all origins at 4 and 8 years."""
        return self.skill("ours", "known")

    @property
    def skill_forecast_gdp(self) -> float:
        """The same with GDP forecast from before the origin."""
        return self.skill("ours", "forecast")

    @property
    def coverage_80(self) -> float:
        """Share of outcomes in the 80 % band, 4 and 8 years, known GDP, mean over horizons."""
        return float(np.mean([self.coverage_at(h, 80) for h in HEADLINE_HORIZONS]))

    def coverage_at(self, horizon: int, level: int, method: str = "ours", gdp: str = "known") -> float:
        """Coverage of the band of ``level`` per cent at ``horizon`` years."""
        t = self.coverage
        chosen = t[(t["method"] == method) & (t["gdp"] == gdp) & (t["horizon"] == horizon) & (t["level"] == level)]
        return float(chosen["coverage"].iloc[0])

    def skill(self, method: str, gdp: str, horizons: Sequence[int] = HEADLINE_HORIZONS) -> float:
        """Skill against the last value, errors averaged over pairs within an origin and then over origins."""
        t = self.scores
        chosen = t[(t["method"] == method) & (t["gdp"] == gdp) & t["horizon"].isin(horizons)]
        return scoring.skill(float(chosen["error"].mean()), float(chosen["reference"].mean()))

    def summary(self) -> pd.DataFrame:
        """method, gdp, horizon, origins, pairs, error, skill, mase, crps, coverage_50, coverage_80, coverage_95."""
        groups = self.scores.groupby(["method", "gdp", "horizon"], sort=False)
        table = groups.agg(
            origins=("origin", "size"),
            pairs=("pairs", "sum"),
            error=("error", "mean"),
            reference=("reference", "mean"),
            mase=("mase", "mean"),
            crps=("crps", "mean"),
        ).reset_index()
        by = [pd.factorize(table[name])[0] for name in ("gdp", "method")]
        table = table.iloc[np.lexsort((table["horizon"], *by))].reset_index(drop=True)
        table.insert(6, "skill", 1 - table["error"] / table.pop("reference"))
        wide = self.coverage.pivot(index=["method", "gdp", "horizon"], columns="level", values="coverage")
        wide.columns = [f"coverage_{level}" for level in wide.columns]
        return table.merge(wide.reset_index(), on=["method", "gdp", "horizon"], how="left")

    def headline(self) -> dict[str, float]:
        """The figures of ``validation/result.json``."""
        figures = {
            "skill_vs_naive": self.skill_vs_naive,
            "skill_vs_naive_forecast_gdp": self.skill_forecast_gdp,
            "coverage_80": self.coverage_80,
        }
        for h in HORIZONS:
            for level in LEVELS:
                figures[f"coverage_{level}_{h}_years"] = self.coverage_at(h, level)
        figures["skill_on_2023"] = self.skill("ours", "known", UNSEEN_HORIZONS)
        figures["coverage_80_on_2023"] = float(np.mean([self.coverage_at(h, 80) for h in UNSEEN_HORIZONS]))
        figures["coverage_80_large_far_above"] = float(
            self.lines.loc[self.lines["line"] == FAR_ABOVE, "coverage_80"].mean()
        )
        return figures


@dataclass(frozen=True)
class _Forecast:
    """One method at one origin and horizon: examples with a known outcome, its median, and its bands if there are any."""

    examples: Examples
    horizon: int
    predicted: Array
    quantiles: Array | None

    @property
    def error(self) -> Array:
        return self.examples.outcome - self.predicted


_CRPS_P = (np.arange(CRPS_PARTS) + 0.5) / CRPS_PARTS
_BAND_P = np.array([0.025, 0.1, 0.25, 0.75, 0.9, 0.975])
_ALL_P = np.concatenate([_CRPS_P, _BAND_P])
_BANDS = {95: (0, 5), 80: (1, 4), 50: (2, 3)}


@lru_cache(maxsize=1)
@kept
def run() -> BacktestResult:
    """The backtest on ``data/bilateral_trade_panel.csv``, computed once on a machine (:mod:`corridors.runtime.cache`)."""
    return run_on(panel.load())


def run_on(world: Panel) -> BacktestResult:
    """The backtest on any panel."""
    targets, _ = flow_targets.ln_targets(world)
    made: dict[tuple[str, str], dict[tuple[int, int], _Forecast]] = {}
    growth = {(a, b): _forecast_growth(world, world.years[a], world.years[b] - world.years[a]) for a, b in flow_training.spans(world)}
    for gdp, guess in (("known", None), ("forecast", growth)):
        ours: dict[tuple[int, int], _Forecast] = {}
        plain: dict[tuple[int, int], _Forecast] = {}
        for f in flow_training.forecasts(world, targets, guess):
            if f.horizon not in HORIZONS:
                continue
            e, span = f.examples, (f.origin, f.horizon)
            median = f.forecaster.median(e)
            bands = median[:, None] + f.forecaster.error(e, _ALL_P) if f.forecaster.banded else None
            ours[span] = _Forecast(e, f.horizon, median, bands)
            plain[span] = _with_bands(e, span, e.growth_i + e.growth_j, plain)
            if gdp == "known":
                last = made.setdefault(("last value", "none"), {})
                last[span] = _with_bands(e, span, np.zeros(len(e.outcome)), last)
                drift = made.setdefault(("drift", "none"), {})
                change = np.nan_to_num(e.previous_growth) * f.horizon / STEP
                drift[span] = _with_bands(e, span, change, drift)
        made["gdp", gdp] = plain
        made["ours", gdp] = ours
    made["ets", "none"] = _ets(world, made["ours", "known"])
    known = made["ours", "known"]
    return BacktestResult(_scores(made), _coverage(made), _sizes(known), _lines(known), _pairs(world, known))


def _with_bands(e: Examples, span: tuple[int, int], predicted: Array, earlier: dict[tuple[int, int], _Forecast]) -> _Forecast:
    """The forecast with quantiles (n, k) from the method's own earlier errors on flows of like size."""
    origin, horizon = span
    past = [f for (o, h), f in earlier.items() if h == horizon and o + h <= origin]
    stretch = 1.0
    if not past:
        past = [f for (o, h), f in earlier.items() if h == STEP and o + h <= origin]
        # Errors of a random walk grow with the square root of the horizon.
        stretch = float(np.sqrt(horizon / STEP))
    if not past:
        return _Forecast(e, horizon, predicted, None)
    size = np.concatenate([f.examples.ln_trade for f in past])
    error = np.concatenate([f.error for f in past]) * stretch
    edges = np.quantile(size, np.linspace(0, 1, BINS + 1)[1:-1])
    place = np.searchsorted(edges, size)
    table = np.stack([np.quantile(error[place == b], _ALL_P) for b in range(BINS)])
    return _Forecast(e, horizon, predicted, predicted[:, None] + table[np.searchsorted(edges, e.ln_trade)])


def _forecast_growth(world: Panel, origin: int, horizon: int) -> Array:
    """Growth of ln GDP (N,) as it could be forecast at ``origin``: local level with drift, the drift shrunk."""
    past = [y for y in world.gdp.columns if origin - DRIFT_YEARS <= y <= origin]
    values = np.log(world.gdp[past].to_numpy(dtype=np.float64))
    steps = np.diff(values, axis=1)
    with warnings.catch_warnings():
        # An economy without any GDP before the origin has no mean of its own.
        warnings.simplefilter("ignore", RuntimeWarning)
        own = np.nanmean(steps, axis=1)
    common = float(np.nanmedian(own))
    drift = np.where(np.isfinite(own), SHRINK_DRIFT * own + (1 - SHRINK_DRIFT) * common, common)
    return np.where(np.isfinite(world.ln_gdp(origin)), drift * horizon, np.nan)


def _ets(
    world: Panel, ours: dict[tuple[int, int], _Forecast]
) -> dict[tuple[int, int], _Forecast]:
    """Exponential smoothing of the pair's own series, on every k-th pair that has enough observations."""
    result: dict[tuple[int, int], _Forecast] = {}
    for (origin, horizon), reference in ours.items():
        upto = world.years.index(origin) + 1
        e = reference.examples
        with np.errstate(divide="ignore", invalid="ignore"):
            series = np.log(world.trade[:upto, e.i, e.j])
        full = np.isfinite(series).sum(axis=0) == upto
        if upto < ETS_LEAST or full.sum() < ETS_PAIRS:
            continue
        chosen = np.flatnonzero(full)
        chosen = chosen[:: len(chosen) // ETS_PAIRS][:ETS_PAIRS]
        keep = np.zeros(len(e.i), dtype=bool)
        keep[chosen] = True
        if horizon % STEP:
            continue
        steps = horizon // STEP
        predicted = np.array([_smoothed(series[:, c], steps) for c in chosen])
        result[origin, horizon] = _Forecast(e.subset(keep), horizon, predicted, None)
    return result


def _smoothed(values: Array, steps: int) -> float:
    """Change of the series ``steps`` ahead by exponential smoothing, with a damped trend where AICc wants it."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    best, forecast = np.inf, 0.0
    with warnings.catch_warnings():
        # Short series: the optimiser warns of flat likelihoods; AICc decides anyway.
        warnings.simplefilter("ignore")
        for trend in (None, "add"):
            fitted = ExponentialSmoothing(
                values,
                trend=trend,
                damped_trend=trend is not None,
                initialization_method="heuristic" if len(values) >= 10 else "legacy-heuristic",
            ).fit()
            if fitted.aicc < best or best == np.inf:
                best, forecast = fitted.aicc, float(fitted.forecast(steps)[-1] - values[-1])
    return forecast


def _scores(made: dict[tuple[str, str], dict[tuple[int, int], _Forecast]]) -> pd.DataFrame:
    rows = []
    for (method, gdp), forecasts in made.items():
        for (origin, horizon), f in forecasts.items():
            y = f.examples.outcome
            error = scoring.mean_absolute_log_error(y, f.predicted)
            reference = scoring.mean_absolute_log_error(y, np.zeros(len(y)))
            crps = float("nan")
            if f.quantiles is not None:
                crps = scoring.crps_from_quantiles(y, f.quantiles[:, :CRPS_PARTS], _CRPS_P.tolist())
            rows.append(
                (
                    method,
                    gdp,
                    horizon,
                    origin,
                    len(y),
                    error,
                    scoring.mase(f.error, f.examples.previous_growth),
                    crps,
                    reference,
                    scoring.skill(error, reference),
                )
            )
    columns = ["method", "gdp", "horizon", "origin", "pairs", "error", "mase", "crps", "reference", "skill"]
    return pd.DataFrame(rows, columns=columns)


def _coverage(made: dict[tuple[str, str], dict[tuple[int, int], _Forecast]]) -> pd.DataFrame:
    """Coverage by horizon: mean over origins, so that each origin counts alike."""
    rows = []
    for (method, gdp), forecasts in made.items():
        for horizon in HORIZONS:
            banded = [f for (_, h), f in forecasts.items() if h == horizon and f.quantiles is not None]
            if not banded:
                continue
            for level, (low, high) in _BANDS.items():
                shares = [_inside(f, low, high).mean() for f in banded]
                count = sum(len(f.predicted) for f in banded)
                rows.append(
                    (
                        method,
                        gdp,
                        horizon,
                        level,
                        float(np.mean(shares)),
                        float(min(shares)),
                        float(max(shares)),
                        count,
                    )
                )
    columns = ["method", "gdp", "horizon", "level", "coverage", "lowest_origin", "highest_origin", "pairs"]
    return pd.DataFrame(rows, columns=columns)


def _inside(f: _Forecast, low: int, high: int) -> npt.NDArray[np.bool_]:
    assert f.quantiles is not None
    y = f.examples.outcome
    return (y >= f.quantiles[:, CRPS_PARTS + low]) & (y <= f.quantiles[:, CRPS_PARTS + high])


def _sizes(ours: dict[tuple[int, int], _Forecast]) -> pd.DataFrame:
    """Ours with known GDP by size of flow: horizon, from_musd, to_musd, pairs, error, reference, skill, coverage_50, _80, _95."""
    edges = [0.0, 0.1, 1.0, 10.0, 100.0, 1000.0, np.inf]
    rows = []
    for horizon in HORIZONS:
        for low, high in zip(edges[:-1], edges[1:], strict=True):

            def sized(e: Examples, low: float = low, high: float = high) -> npt.NDArray[np.bool_]:
                return np.asarray((np.exp(e.ln_trade) >= low) & (np.exp(e.ln_trade) < high))

            found = _group(ours, horizon, sized)
            rows.append((horizon, low, high, *found))
    return pd.DataFrame(rows, columns=["horizon", "from_musd", "to_musd", *_GROUP])


def _lines(ours: dict[tuple[int, int], _Forecast]) -> pd.DataFrame:
    """Ours on flows over a billion dollars by distance from the target: horizon, line, and the columns of :func:`_sizes`."""
    rows = []
    for horizon in HORIZONS:
        for line, low, high in (
            (FAR_ABOVE, 1.0, np.inf),
            ("within 2.7 times of what gravity expects", -1.0, 1.0),
            ("under 1/2.7 of what gravity expects", -np.inf, -1.0),
        ):

            def between(e: Examples, low: float = low, high: float = high) -> npt.NDArray[np.bool_]:
                return np.asarray((np.exp(e.ln_trade) >= 1000) & (e.residual > low) & (e.residual <= high))

            found = _group(ours, horizon, between)
            rows.append((horizon, line, *found))
    return pd.DataFrame(rows, columns=["horizon", "line", *_GROUP])


_GROUP = ("pairs", "error", "reference", "skill", "coverage_50", "coverage_80", "coverage_95")


def _group(
    ours: dict[tuple[int, int], _Forecast], horizon: int, chosen: Callable[[Examples], npt.NDArray[np.bool_]]
) -> tuple[int, float, float, float, float, float, float]:
    """Scores of the flows that ``chosen`` picks, each origin counting alike."""
    runs = [(f, chosen(f.examples)) for (_, h), f in ours.items() if h == horizon and f.quantiles is not None]
    runs = [(f, k) for f, k in runs if k.any()]
    if not runs:
        return (0, *(float("nan"),) * 6)
    error = float(np.mean([np.abs(f.error[k]).mean() for f, k in runs]))
    naive = float(np.mean([np.abs(f.examples.outcome[k]).mean() for f, k in runs]))
    held = [float(np.mean([_inside(f, *_BANDS[level])[k].mean() for f, k in runs])) for level in LEVELS]
    return (int(sum(k.sum() for _, k in runs)), error, naive, scoring.skill(error, naive), held[0], held[1], held[2])


def _pairs(world: Panel, ours: dict[tuple[int, int], _Forecast]) -> pd.DataFrame:
    """Corridor pairs by name: every forecast between a focus economy and another of the corridor."""
    names = np.array(world.economies)
    rows = []
    for (origin, horizon), f in ours.items():
        e = f.examples
        a, b = names[e.i], names[e.j]
        wanted = np.isin(a, CORRIDOR) & np.isin(b, CORRIDOR) & (np.isin(a, FOCUS) | np.isin(b, FOCUS))
        for k in np.flatnonzero(wanted):
            last = float(np.exp(e.ln_trade[k]))
            if f.quantiles is None:
                low = high = float("nan")
            else:
                low, high = last * np.exp(f.quantiles[k, [CRPS_PARTS + 1, CRPS_PARTS + 4]])
            actual = last * float(np.exp(e.outcome[k]))
            rows.append(
                (
                    a[k],
                    b[k],
                    origin,
                    horizon,
                    origin + horizon,
                    last,
                    actual,
                    low,
                    last * float(np.exp(f.predicted[k])),
                    high,
                    None if f.quantiles is None else bool(low <= actual <= high),
                    abs(float(f.error[k])),
                    abs(float(e.outcome[k])),
                )
            )
    columns = [
        "exporter", "importer", "origin", "horizon", "target_year", "last_musd", "actual_musd", "p10", "p50", "p90",
        "inside", "error_ours", "error_last",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["exporter", "importer", "horizon", "origin"], ignore_index=True
    )
