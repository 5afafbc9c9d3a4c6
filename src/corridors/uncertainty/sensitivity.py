"""Where the width of the band comes from: Sobol indices, a tornado, and what each fact would be worth.

Two ways, for two budgets. :func:`sobol_indices` runs the model on a Saltelli design (SALib) and gives first-order and total
indices. :func:`first_order` and :func:`information` use the draws that were made anyway and cost no run
of the model: they sort the draws by one parameter, cut them into equal groups and look at what is left within
a group (Plischke, Borgonovo and Smith 2013).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors import uncertainty
from corridors.data import tables
from corridors.errors import DataError

Array = npt.NDArray[np.float64]
Model = Callable[[Mapping[str, Array]], Array]

GROUPS = 32
BAND = (0.1, 0.9)


def sobol_indices(
    model: Model, parameters: pd.DataFrame | None = None, samples: int = 64, seed: int = 1
) -> pd.DataFrame:
    """First-order and total Sobol indices of ``model`` with 95 % confidence half-widths.

    ``model`` maps draws (name -> (B,)) to an output (B,); it is called once with B = samples (D + 2) rows for D drawn
    parameters (Saltelli et al. 2010; ``samples`` a power of two). Columns: parameter, meaning, first_order,
    first_order_half_width, total, total_half_width, by falling total. An output that does not vary has all indices 0.
    """
    from SALib.analyze import sobol as analyse
    from SALib.sample import sobol as design

    table = _drawn(parameters)
    names = [str(n) for n in table["parameter"]]
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    unit = np.asarray(design.sample(problem, samples, calc_second_order=False, seed=seed), dtype=np.float64)
    draws = _values(parameters, unit)
    output = np.asarray(model(draws), dtype=np.float64)
    if np.ptp(output) <= 1e-12 * max(1.0, float(np.max(np.abs(output)))):
        zeros = np.zeros(len(names))
        indices = {"S1": zeros, "S1_conf": zeros, "ST": zeros, "ST_conf": zeros}
    else:
        indices = analyse.analyze(problem, output, calc_second_order=False, seed=seed, num_resamples=200)
    frame = pd.DataFrame(
        {
            "parameter": names,
            "meaning": table["meaning"].to_numpy(),
            "first_order": indices["S1"],
            "first_order_half_width": indices["S1_conf"],
            "total": indices["ST"],
            "total_half_width": indices["ST_conf"],
        }
    )
    return frame.sort_values("total", ascending=False, ignore_index=True)


def first_order(draws: Mapping[str, Array], output: Array, groups: int = GROUPS) -> pd.Series:
    """First-order indices Var(E[Y | X]) / Var(Y) by parameter from given draws, corrected for chance.

    Draws are cut into ``groups`` of equal count by each parameter; the between-group share of variance
    that pure noise would show, (G - 1) / (B - 1), is taken off and what falls below zero is set to it.
    """
    y = np.asarray(output, dtype=np.float64)
    variance = float(np.var(y))
    result = {}
    for name, order in _orders(draws):
        if variance == 0.0:
            result[name] = 0.0
            continue
        means = np.array([part.mean() for part in np.array_split(y[order], groups)])
        share = float(np.var(means)) / variance
        noise = (groups - 1) / (len(y) - 1)
        result[name] = float(np.clip((share - noise) / (1 - noise), 0.0, 1.0))
    return pd.Series(result, dtype=np.float64)


def tornado(model: Model, parameters: pd.DataFrame | None = None) -> pd.DataFrame:
    """The output with one parameter at a time at its 10th and 90th percentile, all others central.

    ``model`` is called once with 2 D + 1 rows. Columns: parameter, meaning, low_value, high_value (of the parameter),
    central, at_low, at_high (of the output), by falling swing.
    """
    table = _drawn(parameters)
    middle = uncertainty.central(parameters)
    count = len(table)
    rows = {name: np.full(2 * count + 1, value[0]) for name, value in middle.items()}
    lows, highs = np.empty(count), np.empty(count)
    for k, row in enumerate(table.to_dict("records")):
        lows[k], highs[k] = uncertainty.quantile(row, np.array(BAND))
        rows[str(row["parameter"])][1 + 2 * k : 3 + 2 * k] = lows[k], highs[k]
    output = np.asarray(model(rows), dtype=np.float64)
    frame = pd.DataFrame(
        {
            "parameter": table["parameter"].astype(str),
            "meaning": table["meaning"],
            "low_value": lows,
            "high_value": highs,
            "central": output[0],
            "at_low": output[1::2],
            "at_high": output[2::2],
        }
    )
    swing = (frame["at_high"] - frame["at_low"]).abs()
    return frame.iloc[np.argsort(-swing.to_numpy(), kind="stable")].reset_index(drop=True)


def information(
    draws: Mapping[str, Array], output: Array, parameters: pd.DataFrame | None = None, groups: int = GROUPS
) -> pd.DataFrame:
    """How much narrower the 80 % band would be, on average, if one parameter were known exactly.

    Columns: parameter, meaning, band_now, band_if_known (unit of ``output``), narrowing (0..1), by falling narrowing. The
    band within a group of like draws estimates the band if the parameter were known; grouping at random
    narrows a sample's band a little too, so that much is added back.
    """
    y = np.asarray(output, dtype=np.float64)
    band_now = _width(y)
    order = np.random.default_rng(0).permutation(len(y))
    by_chance = _mean_width(y[order], groups)
    correction = band_now / by_chance if by_chance > 0 else 1.0
    rows = [
        (name, band_now, min(band_now, correction * _mean_width(y[order], groups)))
        for name, order in _orders(draws)
    ]
    frame = pd.DataFrame(rows, columns=["parameter", "band_now", "band_if_known"])
    frame["narrowing"] = (1 - frame["band_if_known"] / band_now) if band_now > 0 else 0.0
    source = tables.parameters() if parameters is None else parameters
    meanings = source.set_index("parameter")["meaning"]
    frame.insert(1, "meaning", frame["parameter"].map(meanings))
    return frame.sort_values("narrowing", ascending=False, kind="stable", ignore_index=True)


def _orders(draws: Mapping[str, Array]) -> list[tuple[str, npt.NDArray[np.intp]]]:
    varying = [(name, values) for name, values in draws.items() if np.ptp(values) > 0]
    return [(name, np.argsort(values, kind="stable")) for name, values in varying]


def _width(values: Array) -> float:
    low, high = np.quantile(values, BAND)
    return float(high - low)


def _mean_width(ordered: Array, groups: int) -> float:
    return float(np.mean([_width(part) for part in np.array_split(ordered, groups)]))


def _drawn(parameters: pd.DataFrame | None) -> pd.DataFrame:
    table = tables.parameters() if parameters is None else parameters
    drawn = table[~table["distribution"].isin(["fixed", "check"])].reset_index(drop=True)
    if drawn.empty:
        raise DataError("parameters: nothing is uncertain, so there is nothing to attribute the band to")
    return drawn


def _values(parameters: pd.DataFrame | None, unit: Array) -> dict[str, Array]:
    """Draws from points (B, D) of the unit cube; fixed parameters at their central value."""
    values = {name: np.full(len(unit), middle[0]) for name, middle in uncertainty.central(parameters).items()}
    tiny = 2.0**-33
    rows: Sequence[dict[str, object]] = _drawn(parameters).to_dict("records")
    for column, row in zip(unit.T, rows, strict=True):
        values[str(row["parameter"])] = uncertainty.quantile(row, np.clip(column, tiny, 1 - tiny))
    return values
