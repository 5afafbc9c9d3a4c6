"""What a scenario's worth rests on besides its inputs: that traffic goes on growing and nobody
else builds, that crossings stay as wide as they are, and that borders which are shut stay shut."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from corridors.appraisal import states
from corridors.study.worth import Worth
from corridors.transport import effects as measure_effects
from corridors.transport.system import System, compile_system
from corridors.uncertainty.cases import taken

Array = npt.NDArray[np.float64]


def full_from(worth: Worth) -> int:
    """The first year in which all measures work fully, inside the horizon."""
    measures = worth.study.scenario.measures
    year = max((m.start + m.years_to_full_effect for m in measures), default=worth.study.last)
    return int(min(max(year, worth.study.years[0]), worth.study.last))


def rests_on(worth: Worth) -> dict[str, Any]:
    """``corridors run --json`` shows it as ``appraisal.rests_on``."""
    year = full_from(worth)
    flat = worth.appraisal.held_from(year)
    cost = float(flat.present_costs.mean())
    shut, part = if_opened(worth)
    return {
        "held_year": year,
        "bcr_held": float(flat.present_benefits.mean()) / cost if cost > 0.0 else float("nan"),
        "shut": list(shut),
        "gain_if_opened": part,
        "gain_if_widened": if_widened(worth),
    }


def if_opened(worth: Worth) -> tuple[tuple[str, ...], float]:
    """Crossings that are shut and that no measure moves, and what users would gain by the measures
    were those open as they used to be, over what they gain: central case, last year, world prices
    held. 1 where none is shut or nobody gains."""
    system = _acting(worth)
    names = () if system is None else _shut(system)
    if system is None or not names:
        return (), 1.0
    usual = system.network.usual_closure_days
    opening = [
        SimpleNamespace(kind="closure", crossings=(name,), days_per_year=float(usual[name]))
        for name in names
    ]
    return names, _part_left(worth, system, opening, np.ones((2, len(opening))))


def if_widened(worth: Worth) -> float:
    """What users would gain by the measures were every crossing widened as fast as its own traffic is
    expected to grow, with the measures and without, over what they gain where nobody else builds:
    central case, last year, world prices held. 1 where no traffic grows or nobody gains."""
    study, system = worth.study, _acting(worth)
    if system is None:
        return 1.0
    layout, middle = system.layout, study.middle
    rate = np.maximum(layout.growth[:, 0], 0.0)
    ages = study.last - float(middle["traffic_base_year"][0])
    pace = layout.capacity[:, 0] * (1.0 + rate) ** max(ages, 0.0)
    there = study.middle_active[:, None]
    built = measure_effects.apply(layout.capacity, system.effects.capacity, there)[:, 0]
    wider, placed = [], []
    for x in np.flatnonzero(rate > 0.0):
        # what a measure has made wider than that stays so
        for rows, level in (((1.0, 0.0), pace[x]), ((0.0, 1.0), max(pace[x], built[x]))):
            wider.append(
                SimpleNamespace(
                    kind="border_capacity", crossings=(system.crossings[x],), trucks_per_day=level
                )
            )
            placed.append(rows)
    return _part_left(worth, system, wider, np.array(placed).T) if wider else 1.0


def _acting(worth: Worth) -> System | None:
    """The network that measures act on, with the pair's own goods on it; None where there is none."""
    return worth.system if worth.acts and worth.study.chain.on_network else None


def _part_left(worth: Worth, system: System, others: Sequence[Any], there: Array) -> float:
    """What users gain by the scenario's measures where ``others`` are there too, as far as ``there``
    (2, K) without and with them, over what they gain alone; 1 where nobody gains."""
    study = worth.study
    wide = compile_system(
        study.chain.network, [*study.scenario.measures, *others], system.pairs, study.pair
    )
    count = study.middle_active.size
    phases = np.zeros((4, count + len(others)))
    phases[1::2, :count] = study.middle_active
    phases[2:, count:] = there
    state = states.of_each(
        wide, study.middle, phases, study.last, study.middle_demand, study.middle_shift
    )
    before, after = (taken(state, np.array(rows), state.gap.size) for rows in ([0, 2], [1, 3]))
    two = {name: np.repeat(value, 2) for name, value in study.middle.items()}
    middle = {pair: value[None] for pair, value in study.middle_demand.items()}
    value = worth.value(wide.pairs, study.middle, middle, study.last)
    existing, new = states.pair_gains(wide, before, after, value, two["trade_elasticity"])
    gain = existing.sum(axis=1) + new.sum(axis=1) + states.rest_gains(wide, before, after, two).sum(axis=1)
    return float(gain[1] / gain[0]) if gain[0] > 0.0 else 1.0


def _shut(system: System) -> tuple[str, ...]:
    moved = {move.index for move in system.effects.closure_days}
    usual = system.network.usual_closure_days
    return tuple(
        name
        for x, name in enumerate(system.crossings)
        if system.layout.shut[x, 0] and x not in moved and name in usual
    )
