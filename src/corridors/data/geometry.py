"""Distances on the earth, taken as a sphere."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

EARTH_RADIUS_KM = 6371.0
SHORTEST_ROAD = 0.98
"""Least length of a road as a multiple of the great circle: places stand with two decimals."""


def great_circle_km(
    latitude: npt.ArrayLike, longitude: npt.ArrayLike, latitudes: npt.ArrayLike, longitudes: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Great-circle distance, kilometres (haversine formula); degrees in, any shapes that broadcast."""
    a, b = np.radians(np.asarray(latitude, dtype=float)), np.radians(np.asarray(latitudes, dtype=float))
    across = np.radians(np.asarray(longitudes, dtype=float)) - np.radians(np.asarray(longitude, dtype=float))
    chord = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(across / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0))))
