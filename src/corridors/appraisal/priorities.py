"""Where one more truck a day, or one hour less, is worth most: every crossing and every road link, in one batch.

Each case of the batch differs from the first in one thing: a crossing that passes one truck a day
more, a crossing that clears in an hour less, a road that takes an hour less. All cases are solved
together from the same state, queues and ways included, so the worth is the full derivative: more
traffic comes where it is quicker, and queues elsewhere shorten or grow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from corridors.appraisal import states
from corridors.transport.effects import Move
from corridors.transport.system import Pair, System
from corridors.uncertainty.cases import taken

Array = npt.NDArray[np.float64]
Params = Mapping[str, Array]

COLUMNS = ("what", "place", "unit", "worth_musd_per_year", "now")


def marginal_worth(
    system: System,
    params: Params,
    value_musd: Array,
    demand: Mapping[Pair, npt.ArrayLike],
    year: float,
    active: Array,
    shift: npt.ArrayLike = 1.0,
    trucks: float = 1.0,
    hours: float = 1.0,
) -> pd.DataFrame:
    """Million dollars a year to everybody who ships, by crossing and link, the largest first.

    Parameters
    ----------
    params: central case (1,). value_musd: (1, P, C) of all pairs of the system.
    demand: the study's trade by directed pair (C,), million dollars. active: (M,) measures in
    place.
    shift: (1, P) what world trade makes of demand
    (:attr:`corridors.transport.system.TransportState.shift`).
    trucks, hours: the step; the worth is of one unit of it. A stretch that takes less than two
    steps is moved by half of what it takes; one that takes no time is worth nothing more.

    Columns: ``what`` (capacity, crossing_hours, link_hours), ``place`` (crossing, or link as
    from-to), ``unit``, ``worth_musd_per_year``, and ``now`` (trucks a day that can pass, or hours
    it takes).
    """
    names, wide, phases, steps, now = _cases(system, np.asarray(active, dtype=float), params, trucks, hours)
    state = states.of_each(wide, params, phases, year, demand, shift)
    count = len(phases) - 1
    base, moved = (
        taken(state, rows, state.gap.size)
        for rows in (np.zeros(count, dtype=np.intp), np.arange(1, count + 1))
    )
    some = {name: np.repeat(value, count) for name, value in params.items()}
    existing, new = states.pair_gains(wide, base, moved, value_musd, some["trade_elasticity"])
    gain = existing.sum(axis=1) + new.sum(axis=1) + states.rest_gains(wide, base, moved, some).sum(axis=1)
    frame = pd.DataFrame(
        {
            "what": [what for what, _ in names],
            "place": [place for _, place in names],
            "unit": ["one truck a day more" if what == "capacity" else "one hour less" for what, _ in names],
            "worth_musd_per_year": np.divide(gain, steps, out=np.zeros(count), where=np.not_equal(steps, 0.0)),
            "now": now,
        }
    )
    return frame.sort_values(["worth_musd_per_year", "what", "place"], ascending=[False, True, True], ignore_index=True)


def _cases(
    system: System, active: Array, params: Params, trucks: float, hours: float
) -> tuple[list[tuple[str, str]], System, Array, Array, Array]:
    """Names of the cases after the first, the system with their moves, phases, steps and present levels."""
    count = system.effects.count
    network, layout, effects = system.network, system.layout, system.effects
    capacity = levels(layout.capacity[:, 0], effects.capacity, active)
    processing = levels(layout.processing[:, 0], effects.processing_hours, active)
    roads = [i for i, link in enumerate(effects.links) if link.mode == "road" and link.new is None]
    link_hours = levels(np.array([link.hours for link in effects.links]), effects.link_hours, active)
    names: list[tuple[str, str]] = []
    steps: list[float] = []
    now: list[float] = []
    more: dict[str, list[Move]] = {"capacity": [], "processing_hours": [], "link_hours": []}

    def case(
        what: str, place: str, field: str, index: int, level: float, step: float, worth_of: float,
        at: float,
    ) -> None:
        more[field].append(Move(index, count + len(names), level + step))
        names.append((what, place))
        steps.append(worth_of)
        now.append(at)

    for x, name in enumerate(system.crossings):
        case("capacity", name, "capacity", x, float(capacity[x]), trucks, trucks, float(capacity[x]))
    factor = float(np.atleast_1d(params["processing_factor"])[0])
    for x, name in enumerate(system.crossings):
        least = min(hours, 0.5 * float(processing[x]) * factor)
        case(
            "crossing_hours",
            name,
            "processing_hours",
            x,
            float(processing[x]),
            -least / factor,
            least,
            float(processing[x]) * factor,
        )
    speed = 1.0 / float(np.atleast_1d(params["road_speed_factor"])[0])
    for i in roads:
        link = effects.links[i]
        least = min(hours, 0.5 * float(link_hours[i]) * speed)
        case(
            "link_hours",
            link.name,
            "link_hours",
            i,
            float(link_hours[i]),
            -least / speed,
            least,
            float(link_hours[i]) * speed,
        )
    wide = replace(
        effects,
        count=count + len(names),
        capacity=(*effects.capacity, *more["capacity"]),
        processing_hours=(*effects.processing_hours, *more["processing_hours"]),
        link_hours=(*effects.link_hours, *more["link_hours"]),
    )
    phases = np.zeros((len(names) + 1, wide.count))
    phases[:, :count] = active
    phases[1:, count:] = np.eye(len(names))
    moved = np.array(sorted(set(roads) | set(system.choices.links_moved.tolist())), dtype=np.intp)
    over = np.zeros((len(system.choices.routes), moved.size))
    position = {int(i): k for k, i in enumerate(moved)}
    for r, route in enumerate(system.choices.routes):
        for i in route.links:
            if i in position:
                over[r, position[i]] += 1.0
    choices = replace(system.choices, links_moved=moved, over=over)
    links = [effects.links[i] for i in moved]
    arrays = replace(
        layout,
        choices=choices,
        effects=wide,
        link_hours=np.array([link.hours for link in links])[:, None],
        link_usd=np.array([link.usd_per_t for link in links])[:, None],
        over=sparse.csr_array(over),
    )
    return (
        names,
        replace(system, network=network, effects=wide, choices=choices, layout=arrays),
        phases,
        np.array(steps),
        np.array(now),
    )


def levels(base: Array, moves: tuple[Move, ...], active: Array) -> Array:
    """Levels with measures ``active`` (M,) in place."""
    out = np.array(base, dtype=float)
    for move in moves:
        out[move.index] += active[move.measure] * (move.level - out[move.index])
    return out
