"""Where a pair's trade goes without any measure, year by year, both directions, in every draw.

    ln X_t = ln X_0 + m_(t-0)(X_0, GDP) + e_t

X_0 is the latest level: of the reported series where the pair has one
(:mod:`corridors.trade.reported_level`), else of the world matrix (:mod:`corridors.trade.world`),
each with its error. m is the median and e the error of the forecaster that the backtest judges
(:mod:`corridors.trade.flow_forecast`), the same functions called with the same arguments: growth of
GDP since then (:mod:`corridors.trade.gdp_forecast`), the distance of the level to the pair's
target, held within bounds and nothing where policy shut the pair, and what the pair did before. A
draw moves along the quantiles of e on a random walk's path; the two directions' walks are
correlated as errors of the backtest are. Nothing in here knows about
measures: the scenario multiplies these paths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from corridors import uncertainty
from corridors.data import names, panel, tables
from corridors.errors import DataError, nearest
from corridors.trade import cargo, flow_targets, flow_training, gdp_forecast, reported_level, world
from corridors.trade.disagreements import disagreements
from corridors.trade.flow_forecast import Examples
from corridors.trade.gdp_forecast import walk_components

Array = npt.NDArray[np.float64]

CITED_ERROR = 0.15
SMALLEST_FLOW_MUSD = 0.01

__all__ = ["Anchor", "Baseline", "baseline", "disagreements", "history", "latest_level", "phase_in"]


@dataclass(frozen=True)
class Baseline:
    """``exports_musd`` and ``imports_musd`` (B, T) of the pair's first economy; ``export_shares`` and ``import_shares``
    (B, 4) of :data:`corridors.trade.cargo.CLASSES`; ``ln_gdp`` both economies' (B, T);
    ``anchor_year`` and ``anchor_musd`` (exports, imports) the latest level, ``anchor_basis`` where
    it is from; ``diagnostics`` a frame item, value, meaning; ``parts`` by flow what moves the
    middle of the last year: ln of GDP's part, of reversion's and of all else."""

    pair: tuple[str, str]
    years: tuple[int, ...]
    exports_musd: Array
    imports_musd: Array
    export_shares: Array
    import_shares: Array
    ln_gdp: tuple[Array, Array]
    anchor_year: int
    anchor_musd: tuple[float, float]
    anchor_basis: str
    diagnostics: pd.DataFrame
    parts: Mapping[str, tuple[float, float, float]]

    @property
    def total_musd(self) -> Array:
        """Both directions together (B, T)."""
        return self.exports_musd + self.imports_musd

    def paths(self) -> dict[str, Array]:
        """exports, imports and total, each (B, T)."""
        return {"exports": self.exports_musd, "imports": self.imports_musd, "total": self.total_musd}

    def by_class(self, flow: str, t: int) -> Array:
        """``exports`` or ``imports`` of year number ``t`` by cargo class (B, 4), million US dollars."""
        if flow == "exports":
            return self.exports_musd[:, t, None] * self.export_shares
        return self.imports_musd[:, t, None] * self.import_shares

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
    """The latest level: ``ln_level`` (2,) of exports and imports in ``year``, ``covariance`` (2,
    2), ``basis`` in words."""

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
    extra = [params[f"gdp_elasticity_{role}"] - _central(f"gdp_elasticity_{role}") for role in ("exporter", "importer")]
    level = anchor.ln_level + _measurement(anchor.covariance, params)
    walks = _walks(ahead, params)
    model = flow_training.trained().forecaster
    paths, rows = [], []
    parts: dict[str, tuple[float, float, float]] = {}
    for k, flow in enumerate(("exports", "imports")):
        exporter, importer = pair if k == 0 else pair[::-1]
        e = flow_of(exporter, importer, anchor.year, float(anchor.ln_level[k]), np.maximum(ahead, 1))
        sender, receiver = (growth[0], growth[1]) if k == 0 else (growth[1], growth[0])
        send, receive = model.elasticities(e)
        pull = model.reversion(e)
        still = model.apart_from_gdp(e) - pull
        moved = (send + extra[0][:, None]) * sender + (receive + extra[1][:, None]) * receiver
        held = np.clip(params["reversion_factor"][:, None] * pull, -np.abs(e.residual), np.abs(e.residual))
        error = model.error(e, ndtr(walks[k]).T).T
        drift = np.where(ahead > 0, still + held + error, 0.0)
        paths.append(np.exp(level[:, k : k + 1] + moved + drift))
        parts[flow] = (float(np.median(moved[:, -1])), float(np.median(held[:, -1])), float(still[-1]))
        eight = flow_of(exporter, importer, anchor.year, float(anchor.ln_level[k]), np.array([8]))
        low, high = model.error(eight, np.array([0.1, 0.9]))[0]
        shut = flow_targets.closure_of(pair, anchor.year)
        rows += [
            (
                f"level_{flow}_musd",
                float(np.exp(anchor.ln_level[k])),
                f"{flow} in {anchor.year}: {anchor.basis}",
            ),
            (
                f"level_{flow}_error",
                float(np.sqrt(anchor.covariance[k, k])),
                "standard deviation of its log",
            ),
            (
                f"gravity_{flow}_ratio",
                float(np.exp(anchor.ln_level[k] - eight.ln_target[0])),
                "level over the target of reversion",
            ),
            (
                f"reversion_{flow}",
                float(np.expm1(model.reversion(eight)[0])),
                f"what reversion adds in eight years, as a share{f'; none, as {shut}' if shut else ''}",
            ),
            (
                f"band_{flow}_low",
                float(np.exp(low)),
                "eight years on, GDP known: low end of the 80 % band over the middle",
            ),
            (
                f"band_{flow}_high",
                float(np.exp(high)),
                "eight years on, GDP known: high end of the 80 % band over the middle",
            ),
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
        anchor.basis,
        pd.DataFrame(rows, columns=["item", "value", "meaning"]),
        parts,
    )


def one_offs(pair: tuple[str, str]) -> list[dict[str, object]]:
    """Cargoes between the two that the level leaves out: exporter, importer, product, start, end,
    value_musd, why, source."""
    table = tables.one_off_cargoes()
    own = table[table["exporter"].isin(pair) & table["importer"].isin(pair)].rename(columns={"source_title": "source"})
    return [{str(k): v for k, v in row.items()} for row in own.drop(columns=["source_url"]).to_dict("records")]


def growth_parts(middle: Baseline) -> dict[str, float]:
    """Two-way trade of the last year over the level (``factor``), and the factors of GDP (``gdp``), reversion (``reversion``) and all
    else (``other``) in the flow that adds most."""
    start = np.array(middle.anchor_musd)
    end = np.array([float(np.median(middle.exports_musd[:, -1])), float(np.median(middle.imports_musd[:, -1]))])
    flow = ("exports", "imports")[int(np.argmax(end - start))]
    gdp, reversion, other = (float(np.exp(v)) for v in middle.parts[flow])
    return {"factor": float(end.sum() / start.sum()), "gdp": gdp, "reversion": reversion, "other": other}


def flow_of(exporter: str, importer: str, year: int, ln_level: float, ahead: npt.ArrayLike) -> Examples:
    """A flow at ``year`` as the forecaster wants it, once for each of the years ``ahead`` (T,); growth of GDP left at nothing.

    In the panel's last year this is the row that :func:`corridors.trade.flow_training.examples`
    makes of the flow. In a later year the target has grown with GDP since, and the observation
    before is the same.
    """
    world, trained = panel.load(), flow_training.trained()
    i, j = world.position(exporter), world.position(importer)
    horizon = np.asarray(ahead, dtype=np.float64)
    one = np.ones_like(horizon)
    target = float(trained.ln_target[i, j])
    last = world.years[-1]
    if year != last and np.isfinite(target):
        then, now = (gdp_forecast.middle((exporter, importer), y) for y in (last, year))
        size = flow_of(exporter, importer, last, ln_level, [1.0])
        send, receive = trained.forecaster.elasticities(size)
        target += float(send[0] * (now[0] - then[0]) + receive[0] * (now[1] - then[1]))
    if not np.isfinite(target):
        target = ln_level
    shut = flow_targets.closure_of((exporter, importer), year) is not None
    previous = float(trained.previous[i, j])
    residual = 0.0 if shut else ln_level - target
    before = (0.0 if np.isfinite(previous) else previous) if shut else previous
    return Examples(
        np.full(horizon.shape, i), np.full(horizon.shape, j), horizon, ln_level * one, target * one, residual * one,
        before * one, (ln_level - float(trained.ln_previous[i, j])) * one, 0.0 * one, 0.0 * one,
        0.0 * one, np.nan * one,
    )  # fmt: skip


def latest_level(pair: tuple[str, str]) -> Anchor:
    """The pair's latest level: of its reported series, else of the world matrix.

    The error of a flow that is reported lies in the forecaster's own, which come from single
    reports; what nobody reports is less sure: a cited figure by a sixth, an older report by the
    errors of a forecast over as many years, a flow that only the model knows by the spread of trade
    about the model.
    """
    if reported_level.has_series(pair):
        reports = reported_level.estimate(pair)
        year = int(reports.readings["end"].str[:4].astype(int).max())
        row = year - int(reports.years[0])
        return Anchor(year, reports.ln_level[row], reports.covariance[row], "reported series of the pair")
    matrix = world.build()
    codes = matrix.trade.index
    i, j = codes.get_loc(pair[0]), codes.get_loc(pair[1])
    flows = np.array([matrix.trade.to_numpy()[i, j], matrix.trade.to_numpy()[j, i]])
    basis = [matrix.basis.to_numpy()[i, j], matrix.basis.to_numpy()[j, i]]
    ln_level = np.log(np.maximum(flows, SMALLEST_FLOW_MUSD))
    trained = flow_training.trained()
    variance = []
    for k, how in enumerate(basis):
        exporter, importer = pair if k == 0 else pair[::-1]
        older = flow_of(exporter, importer, matrix.year, float(ln_level[k]), np.array([world.OLDEST_REPORT]))
        known = {
            world.CITED: CITED_ERROR**2,
            world.OLDER: float(trained.forecaster.spread(older)[0]) ** 2,
            world.MODEL: trained.sigma**2,
        }
        variance.append(known.get(how, 0.0))
    return Anchor(matrix.year, ln_level, np.diag(variance), "; ".join(dict.fromkeys(basis)))


def phase_in(
    start: int | Sequence[int],
    years_to_full_effect: float | Sequence[float],
    years: Sequence[int],
    speed: Array | float,
) -> Array:
    """How far a measure is in effect (B, T), 0 before its start and 1 from its full effect on.

    Sequences of M starts and ramps give (B, T, M).

    Logistic in s = (year - start + 1) / (years_to_full_effect + 1): (L(s) - L(0)) / (L(1) - L(0))
    with L(s) = 1 / (1 + exp(-k (s - 1/2))) and k = ``speed`` (B,). It is exactly 0 in years before
    ``start``, positive in the start year, and exactly 1 from the year start + years_to_full_effect
    on (at once where that is 0).
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
    traded = panel.load().economies
    if economy not in traded:
        # An economy that exists needs no guess at another's code.
        told = "" if economy in names.economies() else nearest(economy, traded)
        raise DataError(
            f"projection: {economy!r} has no trade in data/bilateral_trade_panel.csv, so none can be projected{told}"
        )


def _measurement(covariance: Array, params: Mapping[str, Array]) -> Array:
    """Errors (B, 2) of the latest level with the given covariance."""
    factor = np.linalg.cholesky(covariance + 1e-12 * np.eye(2))
    scores = np.column_stack([params["measurement_score"], params["measurement_balance"]])
    return np.asarray(scores @ factor.T)


def _walks(ahead: npt.NDArray[np.int64], params: Mapping[str, Array]) -> tuple[Array, Array]:
    """Unit-variance paths (B, T) of both directions, correlated as errors of past forecasts are."""
    level, turn = walk_components(ahead, max(1, int(ahead.max())))
    both = params["pair_residual"][:, None] * level + params["pair_residual_turn"][:, None] * turn
    apart = params["pair_balance"][:, None] * level + params["pair_balance_turn"][:, None] * turn
    together = flow_training.trained().direction_correlation
    a = np.sqrt((1 + together) / 2)
    b = np.sqrt((1 - together) / 2)
    return a * both + b * apart, a * both - b * apart


def _central(parameter: str) -> float:
    return float(uncertainty.central()[parameter][0])
