"""Where the width of the band comes from: tables of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from corridors.study import tables as study_tables
from corridors.uncertainty import sensitivity

if TYPE_CHECKING:
    from corridors.study.pipeline import Study

NO_SWING = 1e-4
"""A parameter that moves the effect by less than this part of the largest swing does not move it:
that is how exact a search is."""


def uncertain(study: Study) -> dict[str, pd.DataFrame]:
    """The tables ``sensitivity`` (tornado, Sobol indices) and ``information`` of the effect in the last year."""
    if not study.chain.count:
        return {name: study_tables.empty(name) for name in ("sensitivity", "information")}
    swings = sensitivity.tornado(study.model).rename(
        columns={"at_low": "effect_low_percent", "at_high": "effect_high_percent"}
    )
    swing = (swings["effect_high_percent"] - swings["effect_low_percent"]).abs()
    moved = swings[swing > NO_SWING * swing.max()]
    shares = study.variance.shares
    table = moved.copy()
    for column in shares.columns:
        table[column] = table["parameter"].map(shares[column]).fillna(0.0)
    worth = sensitivity.information(study.params, study.effect_percent).rename(
        columns={"band_now": "band_now_percent_points", "band_if_known": "band_if_known_percent_points"}
    )
    worth = worth[worth["parameter"].isin(moved["parameter"])].reset_index(drop=True)
    return {"sensitivity": table, "information": worth}
