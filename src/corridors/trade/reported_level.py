"""What a pair really traded, from reports that disagree: one state-space model in statsmodels.

Reports differ in reporter (Pakistan, Russia, a data base), in basis (customs, payments), in year
(calendar, fiscal from July to June, some months of one) and have gaps. They are all readings of one
monthly state:

    x_t = x_(t-1) + u_t,          u_t ~ N(0, s^2/12 [1 r; r 1])         (x: log yearly rate of
    exports, imports) y   = ln( mean over the months of the report of exp x ) + v,        v ~ N(0,
    m^2)

where a report of both flows together reads ln(mean(exp x_1 + exp x_2)). A fiscal year is simply the
twelve months that it covers, so no report is shifted or averaged by hand. The reading is not
linear; the model is linearised at the smoothed path and smoothed again until the path stays
(iterated extended Kalman smoother). The yearly volatility s and the disagreement m are estimated by
maximum likelihood; the correlation r of the two directions is 0.3. Cargoes that will not come every
year (``data/one_off_cargoes.csv``: wheat bought after a short harvest) are taken out of the months
they came in, so that the level is what goes on. Months are taken to be alike: there are too few
reports to estimate a season.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import panel, tables
from corridors.errors import DataError
from corridors.runtime.cache import kept

if TYPE_CHECKING:
    from statsmodels.tsa.statespace.kalman_smoother import KalmanSmoother

Array = npt.NDArray[np.float64]

LAGS = 12
CORRELATION = 0.3
YEARS_BACK = 20
_PANEL_VIEW = "world panel"


@dataclass(frozen=True)
class PairLevel:
    """The smoothed yearly trade of a pair.

    ``years`` (Y,); ``ln_level`` (Y, 2) log of exports and imports in million US dollars over the
    calendar year; ``covariance`` (Y, 2, 2) of its error; ``volatility`` s a year and
    ``disagreement`` m, both in logs; ``readings`` the reports used: view, start, end, flow,
    trade_musd (as a yearly rate), ln_error (report minus smoothed).
    """

    pair: tuple[str, str]
    years: npt.NDArray[np.int64]
    ln_level: Array
    covariance: Array
    volatility: float
    disagreement: float
    readings: pd.DataFrame

    def level_musd(self, year: int) -> tuple[float, float]:
        """Exports and imports of the calendar year (medians)."""
        exports, imports = np.exp(self.ln_level[self._row(year)])
        return float(exports), float(imports)

    def error(self, year: int) -> Array:
        """Covariance (2, 2) of the log levels of the calendar year."""
        return np.asarray(self.covariance[self._row(year)])

    def _row(self, year: int) -> int:
        if not self.years[0] <= year <= self.years[-1]:
            raise DataError(
                f"trade of {'-'.join(self.pair)}: no level for {year}; "
                f"reports allow {self.years[0]} to {self.years[-1]}"
            )
        return int(year - self.years[0])


def pairs() -> list[tuple[str, str]]:
    """The pairs with a reported series in ``data/trade_series.csv``, as (economy, partner)."""
    table = tables.trade_series()[["economy", "partner"]].drop_duplicates()
    return [(str(a), str(b)) for a, b in table.itertuples(index=False)]


def has_series(pair: tuple[str, str]) -> bool:
    """Whether the pair, in either order, has a reported series."""
    return pair in pairs() or pair[::-1] in pairs()


@lru_cache(maxsize=16)
@kept
def estimate(pair: tuple[str, str]) -> PairLevel:
    """Fit the model to every report of the pair, the world panel's included.

    ``pair`` in either order; exports are those of its first economy. Raises
    :class:`~corridors.errors.DataError` where the pair has no reported series.
    """
    if pair not in pairs():
        if pair[::-1] in pairs():
            return _turned(estimate(pair[::-1]))
        raise DataError(f"trade_series.csv: no reports of {pair[0]} and {pair[1]}")
    last_year = max(int(panel.load().gdp.columns.max()), int(_series(pair)["end"].str[:4].max()))
    readings = _readings(pair)
    last_year = max(last_year, int(readings["end"].str[:4].max()))
    first = max(pd.Period(readings["start"].min(), "M"), pd.Period(f"{last_year - YEARS_BACK}-01", "M"))
    readings = readings[pd.PeriodIndex(readings["start"], freq="M") >= first].reset_index(drop=True)
    months = pd.period_range(first, f"{last_year}-12", freq="M")
    return _fit(pair, readings, months)


def _series(pair: tuple[str, str]) -> pd.DataFrame:
    table = tables.trade_series()
    return table[(table["economy"] == pair[0]) & (table["partner"] == pair[1])]


def _readings(pair: tuple[str, str]) -> pd.DataFrame:
    """One row a number reported: view, start, end, months, flow (exports|imports|total), trade_musd (yearly rate)."""
    rows: list[dict[str, Any]] = []

    def add(view: str, start: str, end: str, flow: str, value: float) -> None:
        months = (pd.Period(end, "M") - pd.Period(start, "M")).n + 1
        value -= one_off_musd(pair, start, end, flow)
        # An average over many years is a check on the path, not a reading of a year.
        if np.isfinite(value) and value > 0 and months <= LAGS:
            rate = value * 12 / months
            rows.append({"view": view, "start": start, "end": end, "months": months, "flow": flow, "trade_musd": rate})

    for row in _series(pair).itertuples():
        exports, imports = float(row.exports_musd), float(row.imports_musd)
        add(row.reporter_view, row.start, row.end, "exports", exports)
        add(row.reporter_view, row.start, row.end, "imports", imports)
        if not (np.isfinite(exports) and np.isfinite(imports)):
            add(row.reporter_view, row.start, row.end, "total", float(row.total_musd))
    world = panel.load()
    a, b = world.position(pair[0]), world.position(pair[1])
    if a >= 0 and b >= 0:
        for k, year in enumerate(world.years):
            add(_PANEL_VIEW, f"{year}-01", f"{year}-12", "exports", float(world.trade[k, a, b]))
            add(_PANEL_VIEW, f"{year}-01", f"{year}-12", "imports", float(world.trade[k, b, a]))
    return pd.DataFrame(rows).sort_values(["end", "start", "flow"], ignore_index=True)


def one_off_musd(pair: tuple[str, str], start: str, end: str, flow: str) -> float:
    """Cargoes of ``data/one_off_cargoes.csv`` between two months (YYYY-MM), million dollars: of ``exports``, ``imports`` or ``total``.

    A cargo of several months is taken to have come evenly over them.
    """
    table = tables.one_off_cargoes()
    directions = {"exports": [pair], "imports": [pair[::-1]], "total": [pair, pair[::-1]]}[flow]
    first, last, found = pd.Period(start, "M"), pd.Period(end, "M"), 0.0
    for row in table.itertuples():
        if (row.exporter, row.importer) in directions:
            a, b = pd.Period(row.start, "M"), pd.Period(row.end, "M")
            shared = (min(b, last) - max(a, first)).n + 1
            found += float(row.value_musd) * max(shared, 0) / ((b - a).n + 1)
    return found


def _fit(pair: tuple[str, str], readings: pd.DataFrame, months: pd.PeriodIndex) -> PairLevel:
    ends = months.get_indexer(pd.PeriodIndex(readings["end"], freq="M"))
    slot = readings.groupby("end").cumcount().to_numpy()
    spans = readings["months"].to_numpy()
    flows = readings["flow"].map({"exports": 0, "imports": 1, "total": 2}).to_numpy()
    y = np.log(readings["trade_musd"].to_numpy(dtype=np.float64))
    width, length = int(slot.max()) + 1, len(months)

    path = _first_path(flows, ends, y, length)
    scales = np.array([0.35, 0.2])
    smoothed: Any = None
    for sweep in range(12):
        design = np.zeros((width, 2 * LAGS, length))
        observed = np.full((width, length), np.nan)
        for k in range(len(y)):
            value, slope = _reading(path, ends[k], spans[k], flows[k])
            design[slot[k], :, ends[k]] = slope
            observed[slot[k], ends[k]] = y[k] - value + slope @ _state(path, ends[k])
        filtered = _smoother(design, observed)
        if sweep in (1, 4):
            scales = _likeliest(filtered, scales)
        _set_scales(filtered, scales)
        smoothed = filtered.smooth()
        new = smoothed.smoothed_state[[0, LAGS]].T
        change = float(np.max(np.abs(new - path)))
        path = new
        if sweep > 4 and change < 1e-6:
            break

    errors = smoothed.smoothed_state_cov
    years = np.arange(months[0].year, months[-1].year + 1)
    levels, covariances = [], []
    for year in years:
        december = months.get_loc(pd.Period(f"{year}-12", "M"))
        value0, slope0 = _reading(path, december, LAGS, 0)
        value1, slope1 = _reading(path, december, LAGS, 1)
        weights = np.stack([slope0, slope1])
        levels.append([value0, value1])
        covariances.append(weights @ errors[:, :, december] @ weights.T)
    fitted = np.array([_reading(path, ends[k], spans[k], flows[k])[0] for k in range(len(y))])
    readings = readings.assign(ln_error=y - fitted)
    return PairLevel(
        pair, years, np.array(levels), np.array(covariances), float(scales[0]), float(scales[1]), readings
    )


def _state(path: Array, month: int) -> Array:
    """The state vector at ``month``: the last twelve months of both flows, latest first."""
    back = np.maximum(month - np.arange(LAGS), 0)
    return np.concatenate([path[back, 0], path[back, 1]])


def _reading(path: Array, month: int, span: int, flow: int) -> tuple[float, Array]:
    """ln of the mean rate over ``span`` months up to ``month``, and its slope in the state (2 LAGS,)."""
    levels = np.exp(_state(path, month)).reshape(2, LAGS)
    levels[:, span:] = 0.0
    if flow < 2:
        levels[1 - flow] = 0.0
    total = levels.sum()
    return float(np.log(total / span)), (levels / total).ravel()


def _first_path(flows: npt.NDArray[Any], ends: npt.NDArray[Any], y: Array, length: int) -> Array:
    path = np.zeros((length, 2))
    for flow in (0, 1):
        own = flows == flow
        use = own if own.any() else np.ones(len(y), dtype=bool)
        order = np.argsort(ends[use], kind="stable")
        path[:, flow] = np.interp(np.arange(length), ends[use][order], y[use][order])
    return path


def _smoother(design: Array, observed: Array) -> KalmanSmoother:
    # Here, since levels are mostly kept from an earlier run.
    from statsmodels.tsa.statespace.kalman_smoother import KalmanSmoother

    width = observed.shape[0]
    model = KalmanSmoother(k_endog=width, k_states=2 * LAGS, k_posdef=2)
    model.bind(np.asfortranarray(observed))
    model["design"] = design
    transition = np.zeros((2 * LAGS, 2 * LAGS))
    selection = np.zeros((2 * LAGS, 2))
    for flow in (0, 1):
        first = flow * LAGS
        transition[first, first] = 1.0
        transition[np.arange(first + 1, first + LAGS), np.arange(first, first + LAGS - 1)] = 1.0
        selection[first, flow] = 1.0
    model["transition"] = transition
    model["selection"] = selection
    # A vague start: the first level is anywhere within a factor of some hundreds of 50 million
    # dollars.
    model.initialize_known(np.full(2 * LAGS, np.log(50.0)), np.kron(np.eye(2), np.full((LAGS, LAGS), 4.0)))
    return model


def _set_scales(model: KalmanSmoother, scales: Array) -> None:
    volatility, disagreement = scales
    model["state_cov"] = volatility**2 / 12 * np.array([[1.0, CORRELATION], [CORRELATION, 1.0]])
    model["obs_cov"] = np.eye(model.k_endog) * disagreement**2


def _likeliest(model: KalmanSmoother, start: Array) -> Array:
    """Maximum likelihood of (volatility, disagreement), the latter at least 0.05: no report is exact."""
    # A quarter of a second that whoever reads kept answers need not wait.
    from scipy.optimize import minimize


    def loss(logs: Array) -> float:
        _set_scales(model, np.exp(logs))
        return -float(model.loglike())

    bounds = [(np.log(0.05), np.log(1.5)), (np.log(0.05), np.log(0.8))]
    found = minimize(loss, np.log(start), method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-2, "fatol": 1e-3})
    return np.asarray(np.exp(found.x))


def _turned(level: PairLevel) -> PairLevel:
    swap = {"exports": "imports", "imports": "exports", "total": "total"}
    return PairLevel(
        level.pair[::-1],
        level.years,
        level.ln_level[:, ::-1].copy(),
        level.covariance[:, ::-1, ::-1].copy(),
        level.volatility,
        level.disagreement,
        level.readings.assign(flow=level.readings["flow"].map(swap)),
    )
