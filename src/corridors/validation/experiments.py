"""Experiments that nature made: borders that shut, opened or slowed, and what the model says that does to the pair's trade.

``data/experiments.csv`` says what was done to which crossings; the model answers with the world as
it is in the base year, in every draw, without knowing what came. Where a border is shut in today's
data the model opens it, and the closing is that change undone: -100 e / (100 + e) for an effect of
e percent. No parameter is set from any of them.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from corridors.data import tables
from corridors.errors import DataError
from corridors.runtime.cache import kept
from corridors.scenario.loading import parse
from corridors.scenario.model import Scenario
from corridors.study.headline import quick

DRAWS = 64
SEED = 20260213
PREDICTED = ("predicted_p10", "predicted_p50", "predicted_p90")


@kept
def predict() -> pd.DataFrame:
    """One row an experiment: change of the pair's two-way trade in percent, middle and 80 % band.

    Columns: those of ``data/experiments.csv`` that name the experiment, and :data:`PREDICTED`.
    Raises :class:`~corridors.errors.DataError` where a row names a crossing that is not there.
    """
    rows = []
    for row in tables.experiments().to_dict("records"):
        found = quick([scenario_of(row)], draws=DRAWS, seed=SEED).iloc[0]
        band = [float(found[f"effect_percent_{p}"]) for p in ("p10", "p50", "p90")]
        if row["reverse"] == "yes":
            band = [undone(effect) for effect in reversed(band)]
        rows.append(
            {
                "experiment": row["experiment"],
                "kind": row["kind"],
                "title": row["title"],
                **dict(zip(PREDICTED, band, strict=True)),
                "note": row["note"],
            }
        )
    return pd.DataFrame(rows)


def compare() -> pd.DataFrame:
    """Predictions, today's and those committed first, beside what came.

    ``within``: the observed range and the model's 80 % band of today meet. ``same_way``: the middle
    has the observed sign. Both are missing where no report tells what came.
    """
    return beside(predict(), tables.experiments_first_predictions(), tables.experiments_observed())


def beside(predicted: pd.DataFrame, first: pd.DataFrame, observed: pd.DataFrame) -> pd.DataFrame:
    """Predictions, those committed first (``first_p10`` ...) and what came, by ``experiment``; the
    note of a prediction becomes ``simplified``."""
    found = predicted.rename(columns={"note": "simplified"}).merge(
        first.rename(columns={p: p.replace("predicted", "first") for p in PREDICTED}),
        on="experiment",
        how="left",
    )
    found = found.merge(observed, on="experiment", how="left")
    met = (found["predicted_p10"] <= found["observed_high"]) & (found["observed_low"] <= found["predicted_p90"])
    alike = found["predicted_p50"] * found["observed"] > 0
    known = found["observed"].notna()
    return found.assign(within=met.astype("boolean").where(known), same_way=alike.astype("boolean").where(known))


def undone(effect_percent: float) -> float:
    """What taking back a change of ``effect_percent`` means in percent of the state with it."""
    return -100.0 * effect_percent / (100.0 + effect_percent)


def scenario_of(row: dict[Any, Any]) -> Scenario:
    """The experiment as a scenario of one measure that works in full in its year."""
    crossings = str(row["crossings"]).split()
    measure: dict[str, Any] = {
        "kind": row["measure"],
        "crossings": crossings,
        "start": int(row["year"]) - 1,
        "years_to_full_effect": 0,
    }
    if row["measure"] == "closure":
        measure["days_per_year"] = int(row["value"])
    elif row["measure"] == "border_capacity":
        measure["trucks_per_day"] = float(row["value"])
    elif row["measure"] == "crossing_time":
        measure["processing_hours"] = float(row["value"])
    else:
        raise DataError(
            f"experiments.csv: {row['experiment']}: measure {row['measure']!r} is not closure, "
            f"border_capacity or crossing_time"
        )
    return parse(
        {
            "title": row["title"], "pair": [row["economy_a"], row["economy_b"]],
            "horizon": [int(row["year"]) - 1, int(row["year"])],
            "measures": [measure],
        },
        name=str(row["experiment"]),
    )  # fmt: skip
