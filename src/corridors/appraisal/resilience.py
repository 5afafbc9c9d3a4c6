"""What a second way is worth: what shutting each crossing would cost everybody, before measures and after.

Each crossing is shut in turn, all in one batch. ``loss_musd_per_day`` is a three hundred and
sixty-fifth of what a year of closure costs all who ship, once they have found their other ways;
times the days a year on which the crossing is to be expected shut it is the expected loss. Measures
that open a second way lower it. It is shown and not added to users' gains: the routes' own
availability (Manski 1977) has part of it in the log-sum already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.appraisal import states
from corridors.transport.effects import Move
from corridors.transport.system import Pair, System
from corridors.uncertainty.cases import taken

Array = npt.NDArray[np.float64]
Params = Mapping[str, Array]

COLUMNS = (
    "crossing", "days_per_year_before", "days_per_year_after", "loss_musd_per_day_before",
    "loss_musd_per_day_after", "expected_loss_musd_before",
    "expected_loss_musd_after",
)  # fmt: skip
_DAYS = 365.0


def shutting(system: System) -> System:
    """The system with one more measure a crossing, that shuts it all year."""
    count = system.effects.count
    moves = tuple(Move(x, count + x, _DAYS) for x in range(len(system.crossings)))
    effects = replace(
        system.effects, count=count + len(moves), closure_days=(*system.effects.closure_days, *moves)
    )
    return replace(system, effects=effects, layout=replace(system.layout, effects=effects))


def second_ways(
    system: System,
    params: Params,
    value_musd: Array,
    demand: Mapping[Pair, npt.ArrayLike],
    year: float,
    active: Array,
    shift: tuple[npt.ArrayLike, npt.ArrayLike] = (1.0, 1.0),
) -> pd.DataFrame:
    """One row a crossing that is open in the base year: expected days shut, loss a day before and after measures.

    ``params`` of the central case (1,); ``value_musd`` (1, P, C) of all pairs of the system;
    ``active`` (M,) measures in place afterwards; ``shift`` what world trade makes of demand (1, P) before and after. Columns: crossing, days_per_year_before,
    days_per_year_after, loss_musd_per_day_before, loss_musd_per_day_after,
    expected_loss_musd_before, expected_loss_musd_after.
    """
    count, crossings = system.effects.count, len(system.crossings)
    wide = shutting(system)
    phases = np.zeros((2 * (crossings + 1), count + crossings))
    phases[crossings + 1 :, :count] = active
    for half in (0, crossings + 1):
        phases[half + 1 : half + 1 + crossings, count:] = np.eye(crossings)
    pairs = np.ones((1, len(system.pairs)))
    shifts = np.concatenate([np.repeat(pairs * np.asarray(factor), crossings + 1, axis=0) for factor in shift])
    state = states.of_each(wide, params, phases, year, demand, shifts)
    loss = []
    for first in (0, crossings + 1):
        base = taken(state, np.full(crossings, first), state.gap.size)
        shut = taken(state, np.arange(first + 1, first + 1 + crossings), state.gap.size)
        some = {name: np.repeat(value, crossings) for name, value in params.items()}
        existing, new = states.pair_gains(wide, base, shut, value_musd, some["trade_elasticity"])
        rest = states.rest_gains(system, base, shut, some)
        loss.append(-(existing.sum(axis=1) + new.sum(axis=1) + rest.sum(axis=1)) / _DAYS)
    days = [_DAYS * (1.0 - state.open_share[row]) for row in (0, crossings + 1)]
    frame = pd.DataFrame(
        {
            "crossing": list(system.crossings),
            "days_per_year_before": days[0],
            "days_per_year_after": days[1],
            "loss_musd_per_day_before": loss[0],
            "loss_musd_per_day_after": loss[1],
            "expected_loss_musd_before": loss[0] * days[0],
            "expected_loss_musd_after": loss[1] * days[1],
        }
    )
    return frame[frame["days_per_year_before"] < _DAYS].sort_values(
        ["expected_loss_musd_before", "crossing"], ascending=[False, True], ignore_index=True
    )
