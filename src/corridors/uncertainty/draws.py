"""Draws of everything that is uncertain, in one quasi-random pass.

A parameter is a row of ``data/parameters.csv``. Its quantile function turns one coordinate of a
scrambled Sobol sequence (Owen 1998; Joe and Kuo 2008, through ``scipy.stats.qmc``) into draws, so
that a few thousand draws give quantiles that plain random numbers would need many times more for.
The same table, number of draws and seed give the same bytes.

==============  ==========================================================================
distribution    meaning of low, central, high
==============  ==========================================================================
``normal``      one standard deviation below, median, one standard deviation above; the two
                sides may differ (split normal)
``lognormal``   10th percentile, median, 90th percentile; the two sides may differ
``triangular``  lowest value, mode, highest value
``uniform``     lowest value, middle, highest value
``mixture``     10th percentile, median, 90th percentile of a mixture of literatures (for reading
                only: it is drawn from their table, :data:`MIXTURES`)
``fixed``       always ``central``; low and high are for reading only
``check``       a known effect to hold a result against; never drawn and never an input
==============  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr, ndtri

from corridors.errors import DataError, nearest
from corridors.runtime.cache import kept

Array = npt.NDArray[np.float64]

DISTRIBUTIONS = ("normal", "lognormal", "triangular", "uniform", "mixture", "fixed", "check")
MIXTURES: Mapping[str, str] = {"trade_elasticity": "trade_elasticity_literatures"}
"""Parameters drawn from a mixture, and the table (``weight``, ``median``, ``low``, ``high``) of its parts: each is
lognormal with its 10th percentile, median and 90th percentile, the two sides may differ."""
PROBABILITIES: Mapping[str, float] = {
    "p2_5": 0.025,
    "p10": 0.10,
    "p25": 0.25,
    "p50": 0.50,
    "p75": 0.75,
    "p90": 0.90,
    "p97_5": 0.975,
}
BAND_AND_MIDDLE = (0.1, 0.5, 0.9)
"""The ends of the 80 % band and the median between them, for :func:`levels`."""

_Z90 = float(ndtri(0.9))
_MOST_KEPT = 8192
LOT = 65_536
"""Draws that :func:`lots` makes at a time, a power of two."""


def sample(parameters: pd.DataFrame | None, draws: int, seed: int) -> dict[str, Array]:
    """Draw every parameter ``draws`` times, jointly and independently.

    ``parameters`` is the table ``data/parameters.csv`` (``None`` reads it). Returns one array of
    shape (draws,) a parameter, in the order of the table; rows marked ``check`` are left out. Any
    ``draws`` >= 1 is allowed: the first points of the next power of two are used. Raises
    :class:`~corridors.errors.DataError` where a row cannot be drawn from.
    """
    table = _checked(parameters)
    if draws < 1:
        raise DataError(f"uncertainty: draws must be at least 1, not {draws}")
    return _drawn(table, _sobol(draws, _dimensions(table), seed))


def lots(draws: int, seed: int) -> Iterator[dict[str, Array]]:
    """The draws of :func:`sample`, :data:`LOT` at a time, where all of them together are more than
    one wants to hold."""
    if draws <= LOT:
        yield sample(None, draws, seed)
        return
    table = _checked(None)
    engine = _engine(_dimensions(table), seed)
    for first in range(0, draws, LOT):
        yield _drawn(table, _inside(engine.random(min(LOT, draws - first))))


def _dimensions(table: pd.DataFrame) -> int:
    return int((table["distribution"] != "fixed").sum())


def _drawn(table: pd.DataFrame, points: Array) -> dict[str, Array]:
    draws, random = len(points), table["distribution"] != "fixed"
    columns = iter(points.T)
    result: dict[str, Array] = {}
    for row, drawn in zip(table.to_dict("records"), random, strict=True):
        name = str(row["parameter"])
        result[name] = quantile(row, next(columns)) if drawn else np.full(draws, row["central"])
    return result


def central(parameters: pd.DataFrame | None = None) -> dict[str, Array]:
    """The central value of every parameter, as arrays of shape (1,): the same keys as :func:`sample`."""
    if parameters is not None:
        return _central(parameters)
    from corridors.data import tables

    return dict(_kept_central(tables.stamp("parameters")))


def _central(parameters: pd.DataFrame | None) -> dict[str, Array]:
    found = {
        str(row["parameter"]): np.array([float(row["central"])])
        for row in _checked(parameters).to_dict("records")
    }
    for value in found.values():
        value.setflags(write=False)
    return found


@lru_cache(maxsize=4)
def _kept_central(_stamp: object) -> dict[str, Array]:
    return _central(None)


def quantile(row: Mapping[Any, Any], probability: Array | float) -> Array:
    """The value of the parameter in ``row`` at each ``probability`` in (0, 1); any shape."""
    u = np.asarray(probability, dtype=np.float64)
    low, mid, high = float(row["low"]), float(row["central"]), float(row["high"])
    kind = row["distribution"]
    if kind == "normal":
        z = ndtri(u)
        return np.asarray(mid + z * np.where(z < 0, mid - low, high - mid))
    if kind == "lognormal":
        z = ndtri(u) / _Z90
        return np.asarray(mid * np.exp(z * np.where(z < 0, np.log(mid / low), np.log(high / mid))))
    if kind == "triangular":
        turn = (mid - low) / (high - low)
        rising = low + np.sqrt(u * (high - low) * (mid - low))
        falling = high - np.sqrt((1 - u) * (high - low) * (high - mid))
        return np.asarray(np.where(u < turn, rising, falling))
    if kind == "uniform":
        return np.asarray(low + u * (high - low))
    if kind == "mixture":
        value, share = _mixture(str(row["parameter"]))
        return np.asarray(np.exp(np.interp(u, share, value)))
    return np.full(u.shape, mid)


def _mixture(parameter: str) -> tuple[Array, Array]:
    """ln of a parameter on a fine grid, and the share of the mixture below it."""
    if parameter not in MIXTURES:
        raise DataError(
            f"parameters.csv: {parameter}: distribution 'mixture' is for {', '.join(MIXTURES)} only"
            f"{nearest(parameter, MIXTURES)}"
        )
    from corridors.data import tables

    return _mixed(MIXTURES[parameter], tables.stamp(MIXTURES[parameter]))


@lru_cache(maxsize=8)
def _mixed(table: str, _stamp: object) -> tuple[Array, Array]:
    from corridors.data import tables

    parts = tables.table(table)
    weight = parts["weight"].to_numpy(dtype=np.float64)
    low, mid, high = (np.log(parts[c].to_numpy(dtype=np.float64)) for c in ("low", "median", "high"))
    below, above = (mid - low) / _Z90, (high - mid) / _Z90
    value = np.linspace((mid - 8.0 * below).min(), (mid + 8.0 * above).max(), 40_001)
    far = value[:, None] - mid
    share = ndtr(far / np.where(far < 0, below, above)) @ weight / weight.sum()
    return value, share


def quantiles(values: npt.ArrayLike, axis: int = 0) -> pd.DataFrame:
    """Quantiles over the draws: columns ``p2_5 .. p97_5``, one row for each remaining element.

    ``values`` has any shape; ``axis`` is the one of the draws. The rest is flattened in C order. A
    one-dimensional input gives one row. Bands never cross: a row is non-decreasing by construction.
    """
    found = levels(values, list(PROBABILITIES.values()), axis)
    # Interpolation can break ties by one unit in the last place; a band must not cross even by
    # that.
    return pd.DataFrame(np.maximum.accumulate(found, axis=0).reshape(len(found), -1).T, columns=list(PROBABILITIES))


def levels(values: npt.ArrayLike, probabilities: Sequence[float], axis: int = 0) -> Array:
    """Quantiles (Q, ...) of ``values`` at ``probabilities`` along ``axis``, between two draws in proportion.

    Sorting is several times faster than the partial sorting of ``np.quantile``, with which this
    agrees to rounding.
    """
    array = np.moveaxis(np.asarray(values, dtype=np.float64), axis, 0)
    ordered = np.sort(np.ascontiguousarray(array.reshape(array.shape[0], -1).T), axis=1)
    place = np.asarray(probabilities) * (ordered.shape[1] - 1)
    below = np.floor(place).astype(np.intp)
    low, high = ordered[:, below], ordered[:, np.minimum(below + 1, ordered.shape[1] - 1)]
    found = low + (high - low) * (place - below)
    found[np.isnan(ordered[:, -1])] = np.nan
    return np.asarray(found.T.reshape(len(place), *array.shape[1:]))


def probability_of(values: npt.ArrayLike, target: float) -> float:
    """The share of draws that reach ``target`` or more."""
    return float(np.mean(np.asarray(values, dtype=np.float64) >= target))


def _sobol(draws: int, dimensions: int, seed: int) -> Array:
    if dimensions == 0:
        return np.empty((draws, 0))
    return (
        _kept_points(draws, dimensions, seed)
        if draws <= _MOST_KEPT
        else _points(draws, dimensions, seed)
    )


def _points(draws: int, dimensions: int, seed: int) -> Array:
    exponent = max(0, int(np.ceil(np.log2(draws))))
    return _inside(_engine(dimensions, seed).random_base2(exponent)[:draws])


def _engine(dimensions: int, seed: int) -> Any:
    # Loading it takes longer than drawing the points.
    from scipy.stats import qmc

    return qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))


def _inside(points: npt.ArrayLike) -> Array:
    # A scrambled point can be 0; its normal score would be infinite.
    tiny = 2.0**-33
    return np.clip(np.asarray(points, dtype=np.float64), tiny, 1 - tiny)


_kept_points = kept(_points)


def _checked(parameters: pd.DataFrame | None) -> pd.DataFrame:
    if parameters is None:
        from corridors.data import tables

        parameters = tables.parameters()
    table = parameters.copy()
    unknown = ~table["distribution"].isin(DISTRIBUTIONS)
    if unknown.any():
        row = table[unknown].iloc[0]
        raise DataError(
            f"parameters.csv: {row['parameter']}: distribution {row['distribution']!r} is none of "
            f"{', '.join(DISTRIBUTIONS)}{nearest(row['distribution'], DISTRIBUTIONS)}"
        )
    table = table[table["distribution"] != "check"].reset_index(drop=True)
    numbers = table[["low", "central", "high"]].astype(float)
    duplicate = table["parameter"][table["parameter"].duplicated()]
    if len(duplicate):
        raise DataError(f"parameters.csv: {duplicate.iloc[0]} stands there twice")
    fixed = table["distribution"] == "fixed"
    ordered = (numbers["low"] <= numbers["central"]) & (numbers["central"] <= numbers["high"])
    spread = (numbers["low"] < numbers["high"]) | fixed
    positive = (numbers["low"] > 0) | (table["distribution"] != "lognormal")
    known = numbers["central"].notna() & (fixed | numbers.notna().all(axis=1))
    bad = ~(known & (ordered | fixed) & spread & positive)
    if bad.any():
        row = table[bad].iloc[0]
        raise DataError(
            f"parameters.csv: {row['parameter']} ({row['distribution']}): needs low <= central <= high, "
            f"low < high, all finite, and low > 0 if lognormal; it has "
            f"{row['low']}, {row['central']}, {row['high']}"
        )
    table[["low", "central", "high"]] = numbers
    return table
