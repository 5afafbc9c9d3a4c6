"""What a trade agreement does, seen in pairs that made or left one: the estimate with effects of pairs, less its bias.

    X_ijt = exp(a_it + d_jt + g_ij + b agreement_ijt) e_ijt

by PPML on every year of the panel. What is lasting about a pair (distance, history, and that
neighbours who trade much make agreements) is in g_ij, so that only trade before and after an
agreement is compared (Baier and Bergstrand 2007). The bias of order one over the number of
economies is taken off, and the errors widened (:mod:`corridors.gravity.bias`).
"""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from corridors.data import panel
from corridors.gravity import BiasCorrection, bias_correction, ppml
from corridors.runtime.cache import kept
from corridors.trade import expected_trade

FEWEST_PARTNERS = 20
"""Economies that in some year of the panel sell to fewer, or buy from fewer, are left out: their
own effects fit such a pair exactly."""


@lru_cache(maxsize=1)
@kept
def estimate() -> BiasCorrection:
    """The coefficient of an agreement with effects of pairs by direction, its bias and errors
    clustered by pair, in log points."""
    world = panel.load()
    sample = _of_well_connected(expected_trade.sample(world, range(len(world.years))))
    fit = ppml(
        sample, outcome="trade_musd", covariates=["trade_agreement"],
        fixed_effects=["exporter^year", "importer^year", "exporter^importer"], cluster=["exporter", "importer"],
    )  # fmt: skip
    return bias_correction(fit, sample)


def _of_well_connected(sample: pd.DataFrame) -> pd.DataFrame:
    """Rows of which both economies have :data:`FEWEST_PARTNERS` in every year."""
    flows = sample[sample["trade_musd"] > 0.0]
    for side in ("exporter", "importer"):
        partners = flows.groupby([side, "year"]).size().unstack(fill_value=0)
        known = partners.index[(partners >= FEWEST_PARTNERS).all(axis=1)]
        sample = sample[sample["exporter"].isin(known) & sample["importer"].isin(known)]
    return sample
