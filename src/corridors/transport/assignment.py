"""The stochastic user equilibrium of :mod:`corridors.transport.system` in plain arrays, in blocks of cases.

Arrays inside have cases last, so that each step runs along contiguous memory; a block is small
enough to stay in the processor's cache. What comes out for a case depends on that case alone, not
on its neighbours: two calls with the same numbers give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from corridors.errors import NotConverged
from corridors.runtime import cores
from corridors.transport.arrays import Layout
from corridors.transport.block import Block
from corridors.transport.cases import Cases, Start
from corridors.transport.feedback import Feedback
from corridors.transport.settling import settle

Array = npt.NDArray[np.float64]

BLOCK = 256
_LEAST_BLOCK = 24
MOST_UNSETTLED = 1e-3
"""Part of the cases of a run that may be left out as unsettled; of fewer than its inverse, one."""
FEWEST_DRAWS = 64
"""Fewer cases than a scenario may have draws are years or measures of the central case: each of them must settle."""


def most_unsettled(count: int) -> int:
    """How many of ``count`` cases may be left out: 1 in 1,000, of 64 to 1,000 draws one, of fewer than 64 none."""
    return 0 if count < FEWEST_DRAWS else max(1, int(count * MOST_UNSETTLED))


def must_settle(settled: npt.NDArray[np.bool_], count: int, how_far: str) -> None:
    """Raise NotConverged where more cases are open than :func:`most_unsettled` of ``count`` allows;
    ``how_far`` says how far they came."""
    left, allowed = int((~settled).sum()), most_unsettled(count)
    if left > allowed:
        may = f"at most {allowed:,} may be left out" if allowed else "none may be left out"
        raise NotConverged(
            f"choice: in {left:,} of {count:,} cases the queues at crossings and the choice of "
            f"ways do not agree ({how_far}); {may}. "
            "What usually helps: a smaller change of capacity or fees, or a capacity nearer to the traffic"
        )


def solve(
    layout: Layout,
    cases: Cases,
    count: int,
    tolerance: float,
    start: Start,
    feedback: Feedback | None = None,
) -> dict[str, Any]:
    """Arrays of a :class:`corridors.transport.system.TransportState` for ``count`` cases, and those that ``feedback`` gives.

    Cases that the usual iteration leaves open are solved another way and with short steps. Raises
    NotConverged where more than :func:`most_unsettled` are still open after that; fewer are marked
    in ``settled``; where the cases are a part of a run, of its draws.
    """
    shapes = _shapes(layout) if feedback is None else {**_shapes(layout), **feedback.shapes}
    step, least = BLOCK, cores.LEAST_BLOCKS
    if feedback is not None and feedback.answers:
        # World trade is most of the work, so that two halves are worth a helper; how many cores
        # there are must not matter.
        step, least = min(BLOCK, max(_LEAST_BLOCK, -(-count // 2))), 1
    out = cores.fill(
        shapes,
        count,
        step,
        lambda a, b: _some(layout, cases, count, tolerance, start, feedback, a, b),
        least,
    )
    rounds = int(out.pop("rounds").max(initial=0.0))
    settled = np.asarray(out["gap"] <= tolerance)
    worst = float(np.nan_to_num(out["gap"], nan=np.inf).max(initial=0.0))
    of = count if feedback is None else max(count, feedback.draws)
    must_settle(settled, of, f"relative gap {worst:.1e} after {rounds} rounds, wanted {tolerance:.0e}")
    return {**out, "rounds": rounds, "settled": settled}


def _shapes(layout: Layout) -> dict[str, tuple[int, ...]]:
    crossings, services = layout.capacity.shape[0], layout.tonnes_per_day.shape[0]
    n_classes, n_shown, n_pairs = layout.payload.size, layout.shown.size, len(layout.choices.pairs)
    return {
        "composite_cost": (n_pairs, n_classes),
        "mean_cost": (n_pairs, n_classes),
        "kept": (n_pairs, n_classes),
        "price_factor": (n_pairs, n_classes),
        "route_share": (n_shown, n_classes),
        "route_hours": (n_shown,),
        "route_usd_per_t": (n_shown,),
        "hidden_usd_per_t": (n_shown, n_classes),
        "route_trucks_per_day": (n_shown,),
        "crossing_hours": (crossings,),
        "queue_hours": (crossings,),
        "capacity_hours": (crossings,),
        "shadow_price_usd_per_truck": (crossings,),
        "crossing_load_trucks_per_day": (crossings,),
        "crossing_capacity": (crossings,),
        "study_trucks_per_day": (crossings,),
        "rest_trucks_per_day": (crossings,),
        "open_share": (crossings,),
        "service_load": (services,),
        "service_capacity": (services,),
        "service_premium_hours": (services,),
        "shift": (n_pairs,),
        "gap": (),
        "place": (crossings + services,),
        "rounds": (),
    }


def block(layout: Layout, cases: Cases, count: int, first: int, last: int) -> Block:
    """Cases ``first`` to ``last``, not yet solved."""
    return Block(layout, cases.cut(_cutter(count, first, last)))


def _cutter(count: int, first: int, last: int) -> Callable[[Array], Array]:
    def cut(array: Array) -> Array:
        part = array[first:last] if array.shape[0] == count else np.repeat(array, last - first, axis=0)
        return np.ascontiguousarray(np.moveaxis(part, 0, -1))

    return cut


def _some(
    layout: Layout,
    cases: Cases,
    count: int,
    tolerance: float,
    start: Start,
    feedback: Feedback | None,
    first: int,
    last: int,
) -> dict[str, Array]:
    some = block(layout, cases, count, first, last)
    begin = start.cut(_cutter(count, first, last))
    if feedback is None:
        world, rounds = None, some.equilibrate(tolerance, begin)
    else:
        world = feedback.block(first, last)
        rounds = settle(some, world, begin, feedback.tolerance, tolerance)
    found: dict[str, Array] = {
        name: np.moveaxis(value, -1, 0) for name, value in some.results().items()
    }
    if world is not None:
        assert some.trade is not None
        found.update(world.finished(some.kept(), np.broadcast_to(some.trade.rest, some.pair_shift.shape)))
    return {**found, "rounds": np.full(last - first, float(rounds))}
