"""Where the width of the band comes from: a tornado, and what each fact would be worth.

:func:`information` uses the draws that were made anyway and costs no run of the model: it sorts
them by one parameter, cuts them into equal groups and looks at what is left within a group
(Plischke, Borgonovo and Smith 2013). Shares of variance are those of
:mod:`corridors.uncertainty.expansion`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors import uncertainty
from corridors.data import tables
from corridors.errors import DataError

Array = npt.NDArray[np.float64]
Model = Callable[[Mapping[str, Array]], Array]

GROUPS, DRAWS_A_GROUP = 32, 8
"""Into how many groups draws are cut, and how many a group has at least: fewer have no band to speak of."""
BAND = (0.1, 0.9)


def tornado(model: Model, parameters: pd.DataFrame | None = None) -> pd.DataFrame:
    """The output with one parameter at a time at its 10th and 90th percentile, all others central.

    ``model`` is called once with 2 D + 1 rows. Columns: parameter, meaning, low_value, high_value
    (of the parameter), central, at_low, at_high (of the output), by falling swing.
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

    Columns: parameter, meaning, band_now, band_if_known (unit of ``output``), narrowing (0..1), by
    falling narrowing. The band within a group of like draws estimates the band if the parameter
    were known; grouping at random narrows a sample's band a little too, so that much is added back.
    """
    y = np.asarray(output, dtype=np.float64)
    groups = max(1, min(groups, len(y) // DRAWS_A_GROUP))
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
