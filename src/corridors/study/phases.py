"""How far measures are in place, year by year, and since when: works that take time, and users who come over the years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from corridors import uncertainty
from corridors.scenario.measures import Measured
from corridors.scenario.model import Scenario
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


def starts(measures: Sequence[Any]) -> tuple[float, ...]:
    """Years in which ``measures`` start; empty where one does not say."""
    found = [getattr(m, "start", None) for m in measures]
    return tuple(float(start) for start in found if start is not None) if None not in found else ()


def since_of(asked: Scenario) -> tuple[float, ...]:
    """:func:`starts` of a scenario's measures; without any, :func:`usual_since`."""
    return starts(asked.measures) if asked.measures else usual_since(asked)


def usual_since(asked: Scenario) -> tuple[float, ...]:
    """The year after the one that traffic and shares are of, or the horizon's last: since when trade answers what happens
    without measures, queues that grow and borders that have shut, so that the world without them is the same in all studies
    of a pair."""
    base = float(uncertainty.central()["traffic_base_year"][0])
    return (min(base + 1.0, float(asked.horizon[1])),)


def years_in_force(since: Sequence[float], year: npt.ArrayLike, parts: Sequence[float] = ()) -> Array | None:
    """Years, 1 the first, that what started ``since`` and is there in ``year`` has been there: their mean, by ``parts`` (how much
    each does; empty: all alike). None where nothing is known to start: the long run. Of the shape of ``year``."""
    if not since:
        return None
    age = np.asarray(year, dtype=float)[..., None] - np.array(since, dtype=float) + 1.0
    there = np.where(age >= 1.0, np.array(parts, dtype=float) if parts else 1.0, 0.0)
    total = there.sum(axis=-1)
    return np.asarray((there * age).sum(axis=-1) / np.where(total > 0.0, total, 1.0))
