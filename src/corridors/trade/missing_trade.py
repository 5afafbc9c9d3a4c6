"""Missing trade: what pairs trade, over what the gravity model expects of two such economies.

The model is the one gravity estimate of the library (:mod:`corridors.trade.expected_trade`: PPML on
all years of the panel, effects of exporter and year and of importer and year) at the last year of
the panel. A ratio of 0.3 means: a third of what the pair would trade if it were like the average
pair of its size, distance and ties. It is a description, not a forecast: the ratio holds everything
that the covariates leave out (sanctions, payments, politics, oil).

The band of a ratio is the estimation error of the expectation from that year's trade alone, fixed
effects included: with eta = D'g the linear predictor and V the covariance of all parameters
clustered by unordered pair, ``ln ratio +- 1.2816 sqrt(D'V D)``. How far ratios of other pairs of
that expected size lie from one is another matter, told in ``typical_p10`` and ``typical_p90``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.special import ndtri

from corridors.data import panel, tables
from corridors.errors import DataError, nearest
from corridors.gravity import Fit
from corridors.runtime.cache import kept
from corridors.trade import expected_trade

Array = npt.NDArray[np.float64]

_LITERATURE = {
    "ln_distance": "distance_elasticity_literature",
    "contiguous": "contiguity",
    "common_language": "common_language",
    "colonial_link": "colonial_link",
    "trade_agreement": "rta",
}
_P90 = float(ndtri(0.9))
# Pairs with the nearest expected trade whose ratios say what is typical.
_NEIGHBOURS = 1_000


@dataclass(frozen=True)
class WorldFit:
    """The world's trade in ``year`` and what is expected of it.

    ``sample`` has one row a directed pair: exporter, importer, year, trade_musd and the covariates;
    ``expected_musd`` goes with its rows, million US dollars.
    """

    year: int
    sample: pd.DataFrame
    expected_musd: Array


def sample_of_year(year: int) -> pd.DataFrame:
    """Directed pairs of ``year`` in the world panel with geography: one row each, ready for :func:`corridors.gravity.ppml`.

    Columns: exporter, importer, year, trade_musd (million US dollars, zeros kept) and the
    covariates (:data:`corridors.trade.expected_trade.COVARIATES`). A pair whose trade is not known
    has no row. Raises DataError for a year that the panel lacks.
    """
    world = panel.load()
    if year not in world.years:
        raise DataError(f"missing trade: year {year} is not in the panel; it has {', '.join(map(str, world.years))}")
    return expected_trade.sample(world, [world.years.index(year)])


@lru_cache(maxsize=1)
def world_fit() -> WorldFit:
    """Trade of the panel's last year beside what is expected."""
    world = panel.load()
    sample = sample_of_year(world.years[-1])
    names = pd.Index(world.economies)
    i, j = names.get_indexer(sample["exporter"]), names.get_indexer(sample["importer"])
    return WorldFit(world.years[-1], sample, np.exp(expected_trade.answer().ln_trade[-1, i, j]))


@lru_cache(maxsize=1)
def pooled_fit() -> tuple[Fit, pd.DataFrame]:
    """The estimate behind it all with its sample, for diagnostics."""
    world = panel.load()
    return expected_trade.fit_on(world, len(world.years)), expected_trade.sample(world, range(len(world.years)))


def missing_trade(economies: Sequence[str]) -> pd.DataFrame:
    """Observed over expected trade of each of ``economies`` with all its partners, both directions.

    Columns: exporter, importer, partner, direction ("exports" or "imports" as ``study_economy``
    sees it), study_economy, year, observed_musd, predicted_musd (million US dollars), ratio,
    ratio_p10, ratio_p90 (the estimation error of the expectation), typical_p10, typical_p90 (80 %
    of pairs of that expected size have a ratio between them), rank (share of those pairs that have
    a lower ratio). Sorted by expected trade within economy and direction. A direction that nobody
    reported has no row.

    Raises DataError for an economy that has no trade in that year of the panel.
    """
    world = world_fit()
    sample = world.sample
    known = sorted({*sample["exporter"].unique(), *sample["importer"].unique()})
    for economy in economies:
        if economy not in known:
            raise DataError(
                f"missing trade: {economy!r} has no trade in {world.year} in the panel{nearest(economy, known)}"
            )
    exporter, importer = sample["exporter"].to_numpy(object), sample["importer"].to_numpy(object)
    pieces = []
    for economy in dict.fromkeys(economies):
        for direction, own, partner in (("exports", exporter, importer), ("imports", importer, exporter)):
            rows = np.flatnonzero((own == economy) & (world.expected_musd > 0))
            rows = rows[np.argsort(-world.expected_musd[rows], kind="stable")]
            pieces.append(_ratios(world, rows, economy, direction, partner[rows]))
    return pd.concat(pieces, ignore_index=True)


def _ratios(
    world: WorldFit, rows: npt.NDArray[np.intp], economy: str, direction: str, partner: npt.NDArray[np.object_]
) -> pd.DataFrame:
    observed = world.sample["trade_musd"].to_numpy(float)[rows]
    predicted = world.expected_musd[rows]
    ratio = observed / predicted
    spread = np.exp(_P90 * prediction_errors()[rows])
    low, high, rank = _typical(rows)
    return pd.DataFrame(
        {
            "exporter": world.sample["exporter"].to_numpy(object)[rows],
            "importer": world.sample["importer"].to_numpy(object)[rows],
            "partner": partner,
            "direction": direction,
            "study_economy": economy,
            "year": world.year,
            "observed_musd": observed,
            "predicted_musd": predicted,
            "ratio": ratio,
            "ratio_p10": ratio / spread,
            "ratio_p90": ratio * spread,
            "typical_p10": low,
            "typical_p90": high,
            "rank": rank,
        }
    )


def gravity_table() -> pd.DataFrame:
    """Our estimates beside the literature's.

    Columns: covariate, estimate, std_error, literature_mean, literature_low, literature_high (mean
    plus or minus one standard deviation over published estimates; missing where
    ``data/parameters.csv`` has none), source.
    """
    fit = expected_trade.answer()
    known = tables.parameters().set_index("parameter")
    table = pd.DataFrame({"covariate": list(fit.coefficients.index)})
    table["estimate"] = fit.coefficients.to_numpy()
    table["std_error"] = fit.standard_errors.to_numpy()
    rows = known.reindex([_LITERATURE[c] for c in table["covariate"]])
    for ours, theirs in (("mean", "central"), ("low", "low"), ("high", "high")):
        table[f"literature_{ours}"] = rows[theirs].to_numpy(float)
    table["source"] = rows["source"].fillna("").to_numpy(object)
    return table


@lru_cache(maxsize=1)
@kept
def prediction_errors() -> Array:
    """Standard errors of the ln of :attr:`WorldFit.expected_musd`, (rows,), fixed effects included, clustered by pair.

    Rows of economies that sell or buy nothing in the year have none (NaN).
    """
    world = world_fit()
    rows = np.flatnonzero(np.nan_to_num(world.expected_musd) > 0)
    sample, fitted = world.sample.iloc[rows], world.expected_musd[rows]
    design = _full_design(sample, expected_trade.COVARIATES)
    bread = np.linalg.inv((design.T @ design.multiply(fitted[:, None])).toarray())
    pair = _unordered(sample)
    gather = sparse.csr_matrix(
        (sample["trade_musd"].to_numpy(float) - fitted, (pair, np.arange(len(pair)))), shape=(pair.max() + 1, len(pair))
    )
    scores = gather @ design
    covariance = bread @ (scores.T @ scores).toarray() @ bread
    variance = np.asarray(design.multiply(design @ covariance).sum(axis=1)).ravel()
    errors = np.full(len(world.sample), np.nan)
    errors[rows] = np.sqrt(variance)
    return errors


def _full_design(sample: pd.DataFrame, covariates: Sequence[str]) -> sparse.csr_matrix:
    """Dummies of both fixed effects and the covariates, (rows, parameters)."""
    i, exporters = pd.factorize(sample["exporter"])
    j, importers = pd.factorize(sample["importer"])
    rows = np.arange(len(sample))
    one = np.ones(len(sample))
    first = sparse.csr_matrix((one, (rows, i)), shape=(len(sample), len(exporters)))
    # both sets of dummies add up to one, so that one importer's effect is the origin
    second = sparse.csr_matrix((one, (rows, j)), shape=(len(sample), len(importers)))[:, 1:]
    numbers = sparse.csr_matrix(sample[list(covariates)].to_numpy(float))
    return sparse.hstack([first, second, numbers]).tocsr()


def _unordered(sample: pd.DataFrame) -> npt.NDArray[np.int64]:
    """A number for each unordered pair, by row."""
    names = pd.Index(sorted({*sample["exporter"].unique(), *sample["importer"].unique()}))
    i, j = names.get_indexer(sample["exporter"]), names.get_indexer(sample["importer"])
    return np.asarray(pd.factorize(np.minimum(i, j) * len(names) + np.maximum(i, j))[0])


def _typical(rows: npt.NDArray[np.intp]) -> tuple[Array, Array, Array]:
    """For each row: 10 % and 90 % points of the ratios of pairs of like expected trade, and its place among them."""
    order, ordered = _by_expected_trade()
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    width = min(_NEIGHBOURS, len(order))
    start = np.clip(place[rows] - width // 2, 0, len(order) - width)
    windows = ordered[start[:, None] + np.arange(width)]
    low, high = np.quantile(windows, [0.1, 0.9], axis=1)
    rank = (windows < ordered[place[rows]][:, None]).mean(axis=1)
    return low, high, rank


@lru_cache(maxsize=1)
def _by_expected_trade() -> tuple[npt.NDArray[np.intp], Array]:
    """Rows in order of expected trade, and their ratios in that order."""
    world = world_fit()
    order = np.argsort(world.expected_musd, kind="stable")
    observed = world.sample["trade_musd"].to_numpy(float)
    fitted = world.expected_musd
    ratio = np.divide(observed, fitted, out=np.zeros_like(fitted), where=fitted > 0)
    return order, ratio[order]
