"""What is uncertain: draws, where the width of a band comes from, and what did it."""

from corridors.uncertainty.draws import (
    BAND_AND_MIDDLE,
    DISTRIBUTIONS,
    PROBABILITIES,
    central,
    levels,
    lots,
    probability_of,
    quantile,
    quantiles,
    sample,
)

__all__ = [
    "BAND_AND_MIDDLE", "DISTRIBUTIONS", "PROBABILITIES", "central", "levels", "lots",
    "probability_of", "quantile", "quantiles", "sample",
]  # fmt: skip
