"""Experiments that nature made, measured in something else than a pair's trade: queues, trucks at a crossing, lanes at sea.

``data/experiments_measured.csv`` says how the model computes each quantity; what came is in
``data/experiments_measured_observed.csv`` and sets no parameter.

=================
===================================================================================== method
computed =================
===================================================================================== queue_mean
trucks waiting in the mean in one direction: arrivals times hours of queue queue_drain        days
until ``waiting`` trucks are gone while the usual traffic arrives trucks             change of
trucks a day at a crossing by a measure, or by that measure undone sea_km, sea_days   more
kilometres, days between two ports without a passage sea_container_usd  dollars that a container of
forty feet costs more sea_container_km   percent that tonne-kilometres of containers grow in the
world sea_trade          percent by which two-way trade of an economy with the European single
market changes =================
=====================================================================================

Ranges of traffic and capacity that the world's tables compile are one another's cause (capacity is
set by traffic), so both lie at the same place in their ranges. Of lanes the model has no range:
such a prediction is one figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors import uncertainty
from corridors.data import tables
from corridors.errors import DataError
from corridors.runtime.cache import kept
from corridors.study.headline import crossing_trucks
from corridors.transport import hidden
from corridors.transport.crossing import Crossing
from corridors.transport.world_network.seas import Lane
from corridors.transport.world_network.study import network_of
from corridors.validation import sea_detour
from corridors.validation.experiments import DRAWS, PREDICTED, SEED, beside, scenario_of, undone

Array = npt.NDArray[np.float64]
Inputs = Mapping[str, str]

BAND = (10.0, 50.0, 90.0)
HOURS_PER_DAY = 24.0
_MARKET = "European single market"


@kept
def predict() -> pd.DataFrame:
    """One row a quantity of ``data/experiments_measured.csv``: middle and 80 % band
    (:data:`~corridors.validation.experiments.PREDICTED`)."""
    rows = []
    for row in tables.experiments_measured().to_dict("records"):
        if row["method"] not in METHODS:
            raise DataError(
                f"experiments_measured.csv: {row['experiment']}: method {row['method']!r} is not "
                f"one of {', '.join(METHODS)}"
            )
        inputs = dict(part.split("=", 1) for part in str(row["inputs"]).split())
        band = np.percentile(METHODS[row["method"]](inputs), BAND)
        kept_columns = {name: row[name] for name in ("experiment", "title", "quantity", "unit", "note")}
        rows.append(kept_columns | dict(zip(PREDICTED, map(float, band), strict=True)))
    return pd.DataFrame(rows)


def compare() -> pd.DataFrame:
    """Predictions, today's and those committed first, beside what came; columns as of
    :func:`corridors.validation.experiments.compare`."""
    return beside(predict(), tables.experiments_measured_first_predictions(), tables.experiments_measured_observed())


def _scores() -> Array:
    return np.random.default_rng(SEED).standard_normal(DRAWS)


def _one_way(inputs: Inputs) -> list[tuple[Crossing, float]]:
    """The crossing in one direction and its trucks a day, in each draw."""
    a, b = inputs["pair"].split("-")
    row = network_of((a, b)).crossings.loc[inputs["crossing"]]
    capacity, traffic = (
        0.5 * hidden.spread(float(row[low]), float(row[middle]), float(row[high]), _scores())
        for low, middle, high in (
            ("capacity_low", "capacity_trucks_per_day", "capacity_high"),
            ("background_low", "background_trucks_per_day", "background_high"),
        )
    )
    return [
        (
            Crossing(
                capacity_trucks_per_day=float(k), lanes=max(int(row["lanes"]) // 2, 1),
                processing_hours=float(row["processing_hours"]),
                hours_open=float(row["hours_open"]),
                days_open_per_week=float(row["days_open_per_week"]),
                arrival_variability=float(row["variability"]),
                service_variability=float(row["variability"]), longest_wait_days=float(row["longest_wait_days"]),
            ),
            float(trucks),
        )
        for k, trucks in zip(capacity, traffic, strict=True)
    ]  # fmt: skip


def _queue_mean(inputs: Inputs) -> Array:
    return np.array(
        [
            trucks * (post.hours(trucks) - post.processing_hours) / HOURS_PER_DAY
            for post, trucks in _one_way(inputs)
        ]
    )


def _queue_drain(inputs: Inputs) -> Array:
    return np.array([post.days_to_drain(float(inputs["waiting"]), trucks) for post, trucks in _one_way(inputs)])


def _trucks(inputs: Inputs) -> Array:
    a, b = inputs["pair"].split("-")
    row = {
        "experiment": f"{inputs['crossing']}-{inputs['year']}", "title": inputs["crossing"],
        "economy_a": a, "economy_b": b, "year": inputs["year"],
        "measure": inputs["measure"], "crossings": inputs["crossing"], "value": inputs["value"],
    }  # fmt: skip
    before, after = crossing_trucks(scenario_of(row), inputs["crossing"], DRAWS, SEED)
    percent = 100.0 * (after / before - 1.0)
    return np.array([undone(p) for p in percent]) if inputs["reverse"] == "yes" else percent


def _sea_km(inputs: Inputs) -> Array:
    before, after = _lanes(inputs)
    return np.array([after.km - before.km])


def _sea_days(inputs: Inputs) -> Array:
    before, after = _lanes(inputs)
    return np.array([after.days - before.days])


def _sea_container_usd(inputs: Inputs) -> Array:
    before, after = _lanes(inputs)
    return np.array([sea_detour.CONTAINER_T * (after.container_usd_per_t - before.container_usd_per_t)])


def _lanes(inputs: Inputs) -> tuple[Lane, Lane]:
    return sea_detour.lanes(inputs["passage"], inputs["from"], inputs["to"])


@lru_cache(maxsize=1)
def _longer(passage: str) -> sea_detour.Longer:
    return sea_detour.longer(passage)


def _sea_container_km(inputs: Inputs) -> Array:
    return np.array([_longer(inputs["passage"]).container_km_percent])


def _sea_trade(inputs: Inputs) -> Array:
    unions = tables.table("world_unions").set_index("union")["economies"]
    params = uncertainty.sample(None, DRAWS, SEED)
    return sea_detour.trade_percent(
        _longer(inputs["passage"]), inputs["exporter"], str(unions[_MARKET]).split(), params
    )


METHODS: Mapping[str, Callable[[Inputs], Array]] = {
    "queue_mean": _queue_mean, "queue_drain": _queue_drain, "trucks": _trucks, "sea_km": _sea_km, "sea_days": _sea_days,
    "sea_container_usd": _sea_container_usd, "sea_container_km": _sea_container_km, "sea_trade": _sea_trade,
}  # fmt: skip
