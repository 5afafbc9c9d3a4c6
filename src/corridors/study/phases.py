"""How far measures are in place, year by year: works that take time, and users who come over the years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from corridors.scenario.measures import Measured
from corridors.trade.baseline import phase_in

Array = npt.NDArray[np.float64]


def phases(measures: Sequence[Measured], years: Sequence[int], params: Mapping[str, Array]) -> Array:
    """How far each measure is in place (B, T, M): its phase-in, times its adoption where its users have to come."""
    done = phase_in(
        [m.start for m in measures],
        [m.years_to_full_effect for m in measures],
        years,
        params["phase_in_speed"],
    )
    for number, measure in enumerate(measures):
        if measure.adopted:
            done[:, :, number] *= adoption(measure.start, years, params["adoption_half_years"])
    return done


def adoption(start: int, years: Sequence[int], half_years: npt.ArrayLike) -> Array:
    """Share (B, T) of those who will ever use a new regime or line that do so: ``1 - 2^(-(t - start + 1) / h)``.

    ``half_years`` (B,) is h; 0 before the start. Corridors that opened filled like this
    (data/corridor_adoption.csv).
    """
    since = np.maximum(np.asarray(years, dtype=float) - start + 1.0, 0.0)
    return np.asarray(1.0 - 2.0 ** (-since / np.atleast_1d(np.asarray(half_years, dtype=float))[:, None]))
