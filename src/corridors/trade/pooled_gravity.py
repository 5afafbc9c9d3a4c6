"""Gravity with partially pooled exporter and importer effects: what a pair would trade if it were like others.

    ln X_ij = c + g_1 ln Y_i + g_2 ln Y_j + b'z_ij + a_i + d_j + e_ij,
    a_i ~ N(0, s_a^2),  d_j ~ N(0, s_d^2),  e_ij ~ N(0, s^2)

Fixed effects need trade of the economy itself; a random effect falls back on the regression on GDP
where an exporter has not reported (Uzbekistan, Turkmenistan ...), and leans on it where few flows
are known. Solved by Henderson's mixed-model equations, the variances by EM steps. In logs, over
positive flows: the forecast is judged by its log error, for which the conditional median is wanted,
not the mean that PPML estimates. (Estimates of the elasticities for the report come from PPML,
:mod:`corridors.gravity`.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corridors.data.panel import Panel

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

COVARIATES = (
    "constant",
    "ln_gdp_exporter",
    "ln_gdp_importer",
    "ln_distance",
    "contiguous",
    "common_language",
    "colonial_link",
    "trade_agreement",
)


@dataclass(frozen=True)
class PooledGravity:
    """A fitted year. ``ln_fitted`` (N, N): prediction for every pair whose covariates are known, else NaN."""

    coefficients: dict[str, float]
    sigma: float
    sigma_exporter: float
    sigma_importer: float
    ln_fitted: Array


def fit(panel: Panel, year: int, ln_gdp: Array | None = None) -> PooledGravity:
    """Fit one year of the panel; ``ln_gdp`` (N,) replaces the GDP of that year where given."""
    k = panel.years.index(year)
    sizes = panel.ln_gdp(year) if ln_gdp is None else ln_gdp
    design = covariates(panel, k, sizes)
    trade = panel.trade[k]
    known = np.isfinite(design).all(axis=2)
    used = known & (np.nan_to_num(trade) > 0)
    i, j = (np.asarray(v, dtype=np.int64) for v in np.nonzero(used))
    y = np.log(trade[used])
    beta, a, d, s = _solve(y, i, j, design[used], len(panel.economies))
    fitted = np.where(known, np.nan_to_num(design) @ beta, np.nan) + a[:, None] + d[None, :]
    return PooledGravity(
        dict(zip(COVARIATES, beta.tolist(), strict=True)), s[0], s[1], s[2], fitted
    )


def covariates(panel: Panel, k: int, ln_gdp: Array) -> Array:
    """The design (N, N, 8) of the ``k``-th year in the order of :data:`COVARIATES`."""
    n = len(panel.economies)
    columns = [
        np.ones((n, n)),
        np.broadcast_to(ln_gdp[:, None], (n, n)),
        np.broadcast_to(ln_gdp[None, :], (n, n)),
        *np.moveaxis(panel.geography, 2, 0),
        panel.agreement[k],
    ]
    return np.stack(columns, axis=2)


def _solve(
    y: Array, i: IntArray, j: IntArray, x: Array, n: int, steps: int = 4
) -> tuple[Array, Array, Array, tuple[float, float, float]]:
    """Henderson's equations [X'X X'Z; Z'X Z'Z + L] [b; u] = [X'y; Z'y] and EM updates of the variances."""
    m = x.shape[1]
    size = m + 2 * n
    base = np.zeros((size, size))
    base[:m, :m] = x.T @ x
    for c in range(m):
        base[c, m : m + n] = np.bincount(i, x[:, c], n)
        base[c, m + n :] = np.bincount(j, x[:, c], n)
    base[m:, :m] = base[:m, m:].T
    cross = np.bincount(i * n + j, minlength=n * n).reshape(n, n)
    base[m : m + n, m + n :] = cross
    base[m + n :, m : m + n] = cross.T
    exporters, importers = np.arange(m, m + n), np.arange(m + n, size)
    base[exporters, exporters] = np.bincount(i, minlength=n)
    base[importers, importers] = np.bincount(j, minlength=n)
    right = np.concatenate([x.T @ y, np.bincount(i, y, n), np.bincount(j, y, n)])

    sigma, sigma_a, sigma_d = 2.0, 1.0, 0.8
    for _ in range(steps):
        system = base.copy()
        system[exporters, exporters] += (sigma / sigma_a) ** 2
        system[importers, importers] += (sigma / sigma_d) ** 2
        inverse = np.linalg.inv(system)
        solution = inverse @ right
        beta, a, d = solution[:m], solution[m : m + n], solution[m + n :]
        residual = y - x @ beta - a[i] - d[j]
        spread = np.diag(inverse) * sigma**2
        sigma_a = float(np.sqrt((a @ a + spread[exporters].sum()) / n))
        sigma_d = float(np.sqrt((d @ d + spread[importers].sum()) / n))
        sigma = float(np.sqrt(residual @ y / (len(y) - m)))
    return beta, a, d, (sigma, sigma_a, sigma_d)
