"""Greenhouse gases of transport: what a tonne on a way emits, what a change of ways and volumes adds, what that is worth.

Intensities in kilograms of CO2 equivalent a tonne-kilometre by mode
(``data/emission_intensities.csv``), well to wheel, with the empty way back, as in ISO 14083 and the
framework of the Global Logistics Emissions Council. Trucks that stand in a queue are left out.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
MODES = ("road", "ferry", "sea", "rail", "air")


def per_tonne(km_by_mode: Mapping[str, Array], intensity: Mapping[str, float]) -> Array:
    """(R,) kg CO2e a tonne that goes the whole way, from kilometres by mode (R,) of each way."""
    total = sum(np.asarray(km, dtype=float) * intensity[mode] for mode, km in km_by_mode.items())
    return np.asarray(total)


def cost_musd(kilotonnes: Array, usd_per_t: float) -> Array:
    """Million dollars that emissions cost at a price a tonne: 1 kt at 80 dollars a tonne is 0.08."""
    return np.asarray(kilotonnes) * usd_per_t / 1e3
