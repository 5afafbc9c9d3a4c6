"""Where a pair's trade goes without any measure, year by year, both directions, in every draw.

    ln X_t = ln X_0 + g_e dlnY_e + g_m dlnY_m - w_t r + z_t

X_0 is the latest level: of the reported series where the pair has one (:mod:`corridors.trade.reported_level`), else
of the world matrix (:mod:`corridors.trade.world`), each with its error. dlnY is the growth of GDP since then
(:mod:`corridors.trade.gdp_forecast`), r the distance of the level to what the gravity model predicts, of which a share w_t =
1 - (1 - q)^(t - t_0) is lost over the years. z_t is what else happens: a random walk whose variance, like q,
is what the world panel shows for flows of this size (:mod:`corridors.trade.flow_forecast`); the two directions' are
correlated. Nothing in here knows about measures: the scenario multiplies these paths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors import uncertainty
from corridors.data import panel, tables
from corridors.errors import DataError, nearest
from corridors.trade import cargo, flow_forecast, gdp_forecast, reported_level, world
from corridors.trade.disagreements import disagreements
from corridors.trade.gdp_forecast import walk_components

Array = npt.NDArray[np.float64]

DIRECTION_CORRELATION = 0.3
SMALLEST_FLOW_MUSD = 0.01

__all__ = ["Anchor", "Baseline", "baseline", "disagreements", "history", "latest_level", "phase_in"]


@dataclass(frozen=True)
class Baseline:
    """``exports_musd`` and ``imports_musd`` (B, T) of the pair's first economy; ``export_shares`` and ``import_shares``
    (B, 4) of :data:`corridors.trade.cargo.CLASSES`; ``ln_gdp`` both economies' (B, T); ``anchor_year`` and ``anchor_musd``
    (exports, imports) the latest level; ``diagnostics`` a frame item, value, meaning."""

    pair: tuple[str, str]
    years: tuple[int, ...]
    exports_musd: Array
    imports_musd: Array
    export_shares: Array
    import_shares: Array
    ln_gdp: tuple[Array, Array]
    anchor_year: int
    anchor_musd: tuple[float, float]
    diagnostics: pd.DataFrame

    @property
    def total_musd(self) -> Array:
        """Both directions together (B, T)."""
        return self.exports_musd + self.imports_musd

    def paths(self) -> dict[str, Array]:
        """exports, imports and total, each (B, T)."""
        return {"exports": self.exports_musd, "imports": self.imports_musd, "total": self.total_musd}

    def by_class(self, flow: str) -> Array:
        """``exports`` or ``imports`` by cargo class (B, T, 4), million US dollars."""
        if flow == "exports":
            return self.exports_musd[:, :, None] * self.export_shares[:, None, :]
        return self.imports_musd[:, :, None] * self.import_shares[:, None, :]

    def frame(self) -> pd.DataFrame:
        """year, flow and the quantiles p2_5 .. p97_5 in million US dollars."""
        parts = []
        for flow, values in self.paths().items():
            part = uncertainty.quantiles(values)
            part.insert(0, "flow", flow)
            part.insert(0, "year", list(self.years))
            parts.append(part)
        return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class Anchor:
    """The latest level: ``ln_level`` (2,) of exports and imports in ``year``, ``covariance`` (2, 2), ``basis`` in words."""

    year: int
    ln_level: Array
    covariance: Array
    basis: str


def baseline(pair: tuple[str, str], years: Sequence[int], params: Mapping[str, Array]) -> Baseline:
    """Project the pair's trade over ``years`` for every draw in ``params`` (:func:`corridors.uncertainty.sample`).

    Raises :class:`~corridors.errors.DataError` for an economy that is not in the data.
    """
    pair = (pair[0], pair[1])
    for economy in pair:
        _known(economy)
    anchor = latest_level(pair)
    span = (*tuple(int(y) for y in years), anchor.year)
    gdp = gdp_forecast.paths(pair, span, params)
    growth = tuple(path[:, :-1] - path[:, -1:] for path in gdp)
    ahead = np.abs(np.asarray(years) - anchor.year)
    elasticity = params["gdp_elasticity_exporter"], params["gdp_elasticity_importer"]

    level = anchor.ln_level + _measurement(anchor.covariance, params)
    fitted = _gravity_level(pair, anchor.year, gdp, elasticity)
    walks = _walks(ahead, params)
    paths, rows = [], []
    for k, flow in enumerate(("exports", "imports")):
        sender, receiver = (growth[0], growth[1]) if k == 0 else (growth[1], growth[0])
        noise, rate = flow_forecast.spread(float(anchor.ln_level[k]))
        lost = flow_forecast.reversion(float(anchor.ln_level[k]))
        kept = (1 - lost) ** (ahead * params["reversion_factor"][:, None])
        distance = np.nan_to_num(level[:, k] - fitted[:, k])
        moved = elasticity[0][:, None] * sender + elasticity[1][:, None] * receiver
        path = level[:, k : k + 1] + moved - (1 - kept) * distance[:, None] + np.sqrt(rate * ahead) * walks[k]
        paths.append(np.exp(path))
        rows += [
            (f"level_{flow}_musd", float(np.exp(anchor.ln_level[k])), f"{flow} in {anchor.year}: {anchor.basis}"),
            (f"level_{flow}_error", float(np.sqrt(anchor.covariance[k, k])), "standard deviation of its log"),
            (f"gravity_{flow}_ratio", float(np.exp(np.median(distance))), "level over the gravity prediction"),
            (f"reversion_{flow}", lost, "share of the distance to gravity lost in a year"),
            (f"variance_{flow}", rate, "variance of ln trade that a year adds, GDP known"),
            (f"noise_{flow}", noise, "variance of ln trade in one report, both ends"),
        ]
    return Baseline(
        pair,
        tuple(int(y) for y in years),
        paths[0],
        paths[1],
        cargo.shares(pair[0], pair[1], params["class_mix_exports"]),
        cargo.shares(pair[1], pair[0], params["class_mix_imports"]),
        (gdp[0][:, :-1], gdp[1][:, :-1]),
        anchor.year,
        (float(np.exp(anchor.ln_level[0])), float(np.exp(anchor.ln_level[1]))),
        pd.DataFrame(rows, columns=["item", "value", "meaning"]),
    )


def latest_level(pair: tuple[str, str]) -> Anchor:
    """The pair's latest level: of its reported series, else of the world matrix with the error of growing it."""
    if reported_level.has_series(pair):
        reports = reported_level.estimate(pair)
        year = int(reports.readings["end"].str[:4].astype(int).max())
        row = year - int(reports.years[0])
        return Anchor(year, reports.ln_level[row], reports.covariance[row], "reported series of the pair")
    matrix = world.build()
    names = matrix.trade.index
    i, j = names.get_loc(pair[0]), names.get_loc(pair[1])
    flows = np.array([matrix.trade.to_numpy()[i, j], matrix.trade.to_numpy()[j, i]])
    basis = [matrix.basis.to_numpy()[i, j], matrix.basis.to_numpy()[j, i]]
    ln_level = np.log(np.maximum(flows, SMALLEST_FLOW_MUSD))
    variance = []
    for size, how in zip(ln_level, basis, strict=True):
        noise, rate = flow_forecast.spread(float(size))
        # A flow that only the model knows is as uncertain as a pair's distance to the model.
        model = flow_forecast.gravity_fits()[-1].sigma ** 2
        variance.append({world.MODEL: model, world.OLDER: noise / 2 + rate * world.OLDEST_REPORT}.get(how, noise / 2))
    return Anchor(matrix.year, ln_level, np.diag(variance), "; ".join(dict.fromkeys(basis)))


def phase_in(
    start: int | Sequence[int],
    years_to_full_effect: float | Sequence[float],
    years: Sequence[int],
    speed: Array | float,
) -> Array:
    """How far a measure is in effect (B, T), 0 before its start and 1 from its full effect on.

    Sequences of M starts and ramps give (B, T, M).

    Logistic in s = (year - start + 1) / (years_to_full_effect + 1): (L(s) - L(0)) / (L(1) - L(0)) with L(s) = 1 / (1 +
    exp(-k (s - 1/2))) and k = ``speed`` (B,). It is exactly 0 in years before ``start``, positive in the start
    year, and exactly 1 from the year start + years_to_full_effect on (at once where that is 0).
    """
    k = np.atleast_1d(np.asarray(speed, dtype=np.float64))[:, None, None]
    first = np.atleast_1d(np.asarray(start, dtype=np.float64))
    full = np.atleast_1d(np.asarray(years_to_full_effect, dtype=np.float64))
    year = np.asarray(years, dtype=np.float64)[:, None]
    s = np.clip((year - first + 1) / (full + 1), 0.0, 1.0)
    # tanh form of the logistic: no overflow, and exact at both ends.
    value = 0.5 * (1 + np.tanh(k * (s - 0.5) / 2) / np.tanh(k / 4))
    result = np.where(s <= 0, 0.0, np.where(s >= 1, 1.0, value))
    return result[:, :, 0] if np.ndim(start) == 0 else result


def history(pair: tuple[str, str]) -> pd.DataFrame:
    """Every report of the pair as it stands: the contract's table ``trade_history``, in the pair's order."""
    table = tables.trade_series()
    columns = [
        "reporter_view", "period", "period_kind", "start", "end", "exports_musd", "imports_musd", "total_musd",
        "note", "source_title", "source_url",
    ]  # fmt: skip
    own = table[(table["economy"] == pair[0]) & (table["partner"] == pair[1])][columns]
    turned = table[(table["economy"] == pair[1]) & (table["partner"] == pair[0])]
    turned = turned.rename(columns={"exports_musd": "imports_musd", "imports_musd": "exports_musd"})[columns]
    return pd.concat([own, turned], ignore_index=True).sort_values(["start", "end"], ignore_index=True)


def _known(economy: str) -> None:
    names = panel.load().economies
    if economy not in names:
        raise DataError(f"projection: no trade of {economy!r} in bilateral_trade_panel.csv{nearest(economy, names)}")


def _measurement(covariance: Array, params: Mapping[str, Array]) -> Array:
    """Errors (B, 2) of the latest level with the given covariance."""
    factor = np.linalg.cholesky(covariance + 1e-12 * np.eye(2))
    scores = np.column_stack([params["measurement_score"], params["measurement_balance"]])
    return np.asarray(scores @ factor.T)


def _walks(ahead: npt.NDArray[np.int64], params: Mapping[str, Array]) -> tuple[Array, Array]:
    """Unit-variance paths (B, T) of both directions with correlation :data:`DIRECTION_CORRELATION`."""
    level, turn = walk_components(ahead, max(1, int(ahead.max())))
    both = params["pair_residual"][:, None] * level + params["pair_residual_turn"][:, None] * turn
    apart = params["pair_balance"][:, None] * level + params["pair_balance_turn"][:, None] * turn
    a = np.sqrt((1 + DIRECTION_CORRELATION) / 2)
    b = np.sqrt((1 - DIRECTION_CORRELATION) / 2)
    return a * both + b * apart, a * both - b * apart


def _gravity_level(
    pair: tuple[str, str], year: int, gdp: tuple[Array, Array], elasticity: tuple[Array, Array]
) -> Array:
    """ln of what the pooled gravity model of the panel's last year predicts for ``year`` (B, 2); NaN if unknown."""
    panels = panel.load()
    last = panels.years[-1]
    fitted = flow_forecast.gravity_fits()[-1].ln_fitted
    i, j = panels.position(pair[0]), panels.position(pair[1])
    since = [path[:, -1] - _ln_gdp(economy, last) for path, economy in zip(gdp, pair, strict=True)]
    out = fitted[i, j] + elasticity[0] * since[0] + elasticity[1] * since[1]
    back = fitted[j, i] + elasticity[0] * since[1] + elasticity[1] * since[0]
    return np.column_stack([out, back])


def _ln_gdp(economy: str, year: int) -> float:
    return float(np.log(panel.load().gdp.loc[economy, year]))
