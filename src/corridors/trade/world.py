"""The world's trade in the latest year that GDP is known for.

The panel ends in 2016 and a fifth of the economies do not report their exports. The matrix is built in
five steps, and :func:`provenance` says of every cell which step it is from:

1. the last reported flows of every exporter (2016, or a report up to eight years older), the gap to 2016
   closed with the GDP growth of both sides;
2. exporters with no such report (Uzbekistan, Turkmenistan, Tajikistan ...) get the total that their GDP
   suggests, spread over partners as the partially pooled gravity model of 2016 predicts
   (:mod:`corridors.trade.pooled_gravity`) together with what the partners report of the opposite flow;
3. flows known from later sources are pinned: ``data/known_flows.csv``, and the latest
   level of each pair with a reported series (:mod:`corridors.trade.reported_level`);
4. all other flows grow to the latest year: the total of each exporter with its GDP, that of each importer with its
   GDP, the flows by biproportional balancing (:mod:`corridors.trade.balancing`) to 1e-10 of each total;
5. sales at home are gross output minus exports, gross output being GDP times ``gross_output_ratio``
   (an estimate with a range in ``data/parameters.csv``), and never less than a tenth of gross output
   (entrepots re-export more than they make).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import panel, tables
from corridors.errors import DataError
from corridors.runtime.cache import kept
from corridors.trade import pooled_gravity, reported_level
from corridors.trade.balancing import balance

Array = npt.NDArray[np.float64]

LEAST_HOME_SHARE = 0.1
OLDEST_REPORT = 8

GROWN = "reported, grown with GDP"
OLDER = "older report, grown with GDP"
MODEL = "gravity model"
KNOWN = "known"
KNOWN_TOGETHER = "known with others, divided by the model"
SERIES = "reported series of the pair"
ESTIMATE = "estimate from GDP"


@dataclass(frozen=True)
class World:
    """The balanced matrix and where each number is from.

    ``trade`` million US dollars, rows exporters, columns importers, diagonal sales at home; ``basis``
    the same shape, one of the constants of this module; ``gdp_musd`` by economy, ``gdp_basis`` of it.
    """

    year: int
    trade: pd.DataFrame
    basis: pd.DataFrame
    gdp_musd: pd.Series
    gdp_basis: pd.Series


def base_matrix(year: int | None = None, gross_output_ratio: float | None = None) -> pd.DataFrame:
    """Trade of the world in ``year`` (the latest with GDP), million US dollars, ISO3 x ISO3.

    Rows are exporters, columns importers, the diagonal is sales at home; every economy sells at home, and
    exports and imports something. ``gross_output_ratio`` replaces the central value of the parameter.
    """
    return build(year, gross_output_ratio).trade.copy()


def provenance(year: int | None = None) -> pd.DataFrame:
    """Where each international flow of :func:`base_matrix` is from.

    Columns: exporter, importer, trade_musd, basis (a constant of this module), filled (the exporter did not report
    in the last year of the panel), home (sales at home).
    """
    world = build(year)
    names = world.trade.index
    n = len(names)
    values = world.trade.to_numpy()
    frame = pd.DataFrame(
        {
            "exporter": np.repeat(names, n),
            "importer": np.tile(names, n),
            "trade_musd": values.ravel(),
            "basis": world.basis.to_numpy().ravel(),
        }
    )
    frame["filled"] = frame["basis"].isin([OLDER, MODEL, KNOWN_TOGETHER])
    frame["home"] = frame["exporter"] == frame["importer"]
    return frame


def filled_exporters(year: int | None = None) -> pd.DataFrame:
    """Exporters that did not report in the last year of the panel: economy, basis, exports_musd, gdp_basis."""
    world = build(year)
    values = world.trade.to_numpy().copy()
    np.fill_diagonal(values, 0.0)
    found = world.basis.to_numpy(dtype=object)
    basis = np.select([(found == OLDER).any(axis=1), (found == MODEL).any(axis=1)], [OLDER, MODEL], GROWN)
    frame = pd.DataFrame(
        {
            "economy": world.trade.index,
            "basis": basis,
            "exports_musd": values.sum(axis=1),
            "gdp_basis": world.gdp_basis.to_numpy(),
        }
    )
    return frame[frame["basis"] != GROWN].reset_index(drop=True)


def build(year: int | None = None, gross_output_ratio: float | None = None) -> World:
    """Build the matrix once for each pair of arguments; see the module's description for the steps."""
    return _built(year, gross_output_ratio)


@lru_cache(maxsize=8)
@kept
def _built(year: int | None, gross_output_ratio: float | None) -> World:
    panels = panel.load()
    last = panels.years[-1]
    latest = int(panels.gdp.columns.max()) if year is None else year
    if latest not in panels.gdp.columns or latest < last:
        raise DataError(
            f"world: no base matrix for {latest}: GDP is known for {last} to {int(panels.gdp.columns.max())}"
        )
    gdp, gdp_basis = _complete_gdp(panels)
    names = pd.Index(panels.economies)
    seed, basis = _last_reports(panels, gdp)
    growth = gdp[latest] / gdp[last]

    grown = seed * np.sqrt(np.outer(growth, growth))
    held = np.zeros(seed.shape, dtype=bool)
    for rows, columns, value, how in _known(names, latest):
        block = np.ix_(rows, columns)
        weights = grown[block]
        grown[block] = value * weights / weights.sum() if weights.sum() > 0 else value / weights.size
        basis[block] = how
        held[block] = True
    free = np.where(held, 0.0, seed)
    rows_wanted = free.sum(axis=1) * growth
    columns_wanted = free.sum(axis=0) * growth
    # World trade keeps its ratio to GDP as exporters see it; importers are scaled to the same sum.
    columns_wanted *= rows_wanted.sum() / columns_wanted.sum()
    trade = balance(grown, rows_wanted, columns_wanted, held)

    ratio = _gross_output_ratio() if gross_output_ratio is None else gross_output_ratio
    output = ratio * gdp[latest]
    home = np.maximum(output - trade.sum(axis=1), LEAST_HOME_SHARE * output)
    np.fill_diagonal(trade, home)
    np.fill_diagonal(basis, ESTIMATE)
    return World(
        latest,
        pd.DataFrame(trade, index=names, columns=names),
        pd.DataFrame(basis, index=names, columns=names),
        pd.Series(gdp[latest], index=names),
        pd.Series(gdp_basis, index=names),
    )


def _complete_gdp(panels: panel.Panel) -> tuple[dict[int, Array], list[str]]:
    """GDP of every economy and year (N,) by year: gaps follow the world's growth; none at all: from its trade."""
    values = np.log(panels.gdp.to_numpy(dtype=np.float64))
    years = [int(y) for y in panels.gdp.columns]
    steps = np.nanmedian(np.diff(values, axis=1), axis=0)
    missing_last = np.isnan(values[:, -1])
    for k in range(1, len(years)):
        gap = np.isnan(values[:, k])
        values[gap, k] = values[gap, k - 1] + steps[k - 1]
    basis = np.where(missing_last, "carried forward with the median growth of the world", "reported").astype(object)
    none = np.isnan(values[:, -1])
    if none.any():
        last = panels.years[-1]
        flows = np.nan_to_num(panels.trade[-1])
        with np.errstate(divide="ignore"):
            size = np.log(flows.sum(axis=0))
        column = years.index(last)
        fit = np.isfinite(size) & ~none & np.isfinite(values[:, column])
        slope, constant = np.polyfit(size[fit], values[fit, column], 1)
        path = np.concatenate([[0.0], np.cumsum(steps)])
        values[none] = (constant + slope * size[none])[:, None] + path - path[column]
        basis[none] = "inferred from its imports"
    return {y: np.exp(values[:, k]) for k, y in enumerate(years)}, [str(b) for b in basis]


def _last_reports(panels: panel.Panel, gdp: dict[int, Array]) -> tuple[Array, npt.NDArray[np.object_]]:
    """Flows at the last year of the panel (N, N) and where each is from."""
    last = panels.years[-1]
    trade = panels.trade[-1].copy()
    basis = np.full(trade.shape, GROWN, dtype=object)
    silent = np.isnan(trade).all(axis=1)
    fitted = pooled_gravity.fit(panels, last, np.log(gdp[last]))
    predicted = np.exp(with_mirror(fitted.ln_fitted, panels.trade[-1]))
    np.fill_diagonal(predicted, 0.0)
    predicted = np.nan_to_num(predicted)
    totals = _exports_by_gdp(trade, silent, np.log(gdp[last]))
    for i in np.flatnonzero(silent):
        reports = [
            k
            for k, year in enumerate(panels.years)
            if year >= last - OLDEST_REPORT and np.isfinite(panels.trade[k, i]).any()
        ]
        if reports:
            k = reports[-1]
            then = panels.years[k]
            growth = gdp[last] / gdp[then]
            trade[i] = panels.trade[k, i] * np.sqrt(growth[i] * growth)
            basis[i] = OLDER
        else:
            trade[i] = totals[i] * predicted[i] / predicted[i].sum()
            basis[i] = MODEL
    gaps = np.isnan(trade)
    np.fill_diagonal(gaps, False)
    trade[gaps] = 0.0
    np.fill_diagonal(trade, 0.0)
    return trade, basis


def with_mirror(ln_fitted: Array, trade: Array) -> Array:
    """The prediction (N, N) in logs, moved by what is known of the opposite flow.

    A pair that trades more than predicted one way does so the other way too (shared history, pipelines, diasporas). The
    slope of one residual on the other is estimated over pairs that are known both ways; where the opposite flow is not
    reported or zero, the prediction stays as it is.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = np.log(trade) - ln_fitted
    residual[~np.isfinite(residual)] = np.nan
    both = np.isfinite(residual) & np.isfinite(residual.T)
    slope = float(residual[both] @ residual.T[both] / (residual[both] @ residual[both]))
    return np.asarray(ln_fitted + slope * np.nan_to_num(residual.T))


def _exports_by_gdp(trade: Array, silent: npt.NDArray[np.bool_], ln_gdp: Array) -> Array:
    """Total exports (N,) that an economy's GDP suggests: a regression in logs over the exporters that report.

    The gravity model gives the shape of an unreported exporter's trade; its level, a median in logs, would
    be a poor total.
    """
    said = ~silent
    sums = np.nansum(trade, axis=1)
    slope, constant = np.polyfit(ln_gdp[said], np.log(sums[said]), 1)
    return np.asarray(np.exp(constant + slope * ln_gdp))


def _known(names: pd.Index, year: int) -> list[tuple[list[int], list[int], float, str]]:
    """Flows known for ``year`` from later sources: positions of exporters and importers, value, basis."""
    found: dict[tuple[str, str], tuple[float, str]] = {}
    for (exporter, importer), reports in tables.table("known_flows").groupby(["exporter", "importer"]):
        value = _in_year(reports, year)
        if value is not None:
            together = "+" in f"{exporter}{importer}"
            found[str(exporter), str(importer)] = (value, KNOWN_TOGETHER if together else KNOWN)
    for pair in reported_level.pairs():
        exports, imports = reported_level.estimate(pair).level_musd(year)
        found[pair] = (exports, SERIES)
        found[pair[1], pair[0]] = (imports, SERIES)
    return [
        (
            [int(names.get_loc(e)) for e in exporter.split("+")],
            [int(names.get_loc(m)) for m in importer.split("+")],
            value,
            basis,
        )
        for (exporter, importer), (value, basis) in found.items()
        if all(e in names for e in [*exporter.split("+"), *importer.split("+")])
    ]


def _in_year(reports: pd.DataFrame, year: int) -> float | None:
    """The calendar year's value from reports on periods that overlap it, weighted by the months shared.

    A calendar year is half of one fiscal year and half of the next; where only one of them is known it stands for both.
    """
    first, last = pd.Period(f"{year}-01", "M"), pd.Period(f"{year}-12", "M")
    weights, rates = [], []
    for row in reports.itertuples():
        start, end = pd.Period(row.start, "M"), pd.Period(row.end, "M")
        shared = (min(end, last) - max(start, first)).n + 1
        if shared > 0:
            weights.append(shared)
            rates.append(float(row.trade_musd) * 12 / ((end - start).n + 1))
    return float(np.average(rates, weights=weights)) if weights else None


def _gross_output_ratio() -> float:
    table = tables.parameters().set_index("parameter")
    return float(table.loc["gross_output_ratio", "central"])
