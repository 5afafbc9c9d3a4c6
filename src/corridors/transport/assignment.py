"""The stochastic user equilibrium of :mod:`corridors.transport.system` in plain arrays, in blocks of cases.

Arrays inside have cases last, so that each step runs along contiguous memory; a block is small enough
to stay in the processor's cache. What comes out for a case depends on that case alone, not on its
neighbours: two calls with the same numbers give the same bits.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corridors.errors import NotConverged
from corridors.runtime import cores
from corridors.transport import effects as measure_effects
from corridors.transport import queue
from corridors.transport.arrays import Layout, placed
from corridors.transport.nested_logit import NestedLogit

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

BLOCK = 256
_MOST_ROUNDS = 400
# Finished cases leave the block at these rounds.
_SORT_OUT = frozenset({4, 6, 7, 8, 10, 12, 16, 24, 48, 96})
_SHORTEST_STEP, _LONGEST_STEP = 1e-2, 2.5
# Below this part of what crossings can serve the study's own trucks are taken for others' when steps are chosen, not when loads are.
_NEGLIGIBLE = 0.02
# How steeply the objective may rise at the end of a step, of its fall at the beginning.
_OVERSHOOT = 0.5
_DAYS_PER_YEAR = 365.0
# A train or aircraft that fills rations its room by price, here in hours a shipper would wait instead: this many
# hours x / (1 - x) where a share x of the room is taken, so that it is never more than full.
_RATION_HOURS = 1.0
_FULLEST = 40.0


@dataclass(frozen=True)
class Start:
    """Where the iteration begins: at ``factor`` times the traffic of the base year, or where another solution ended.

    ``place`` (B, X + S) is the other's, or (B, X) if its services are none of ours. With its ``load`` (B, X),
    ``capacity`` (B, X) and ``service_capacity`` (B, S), what has another capacity by now begins elsewhere.
    """

    place: Array | None = None
    load: Array | None = None
    capacity: Array | None = None
    service_capacity: Array | None = None
    factor: float = 1.0

    def cut(self, part: Callable[[Array], Array]) -> Start:
        """The same for the cases that ``part`` takes from an array."""
        place, load, capacity, service = (
            None if array is None else part(array) for array in (self.place, self.load, self.capacity, self.service_capacity)
        )
        return Start(place, load, capacity, service, self.factor)


def solve(
    layout: Layout,
    values: Mapping[str, Array],
    phases: Array,
    years: Array,
    traded: Mapping[tuple[str, str], Array],
    count: int,
    tolerance: float,
    start: Start,
) -> dict[str, Any]:
    """Arrays of a :class:`corridors.transport.system.TransportState` for ``count`` cases."""
    crossings = layout.capacity.shape[0]
    services = layout.tonnes_per_day.shape[0]
    n_classes, n_shown = layout.unit_value.size, layout.shown.size
    shapes = {
        "composite_cost": (len(layout.choices.pairs), n_classes),
        "mean_cost": (len(layout.choices.pairs), n_classes),
        "route_share": (n_shown, n_classes),
        "route_hours": (n_shown,),
        "route_usd_per_t": (n_shown,),
        "hidden_usd_per_t": (n_shown, n_classes),
        "crossing_hours": (crossings,),
        "queue_hours": (crossings,),
        "crossing_load_trucks_per_day": (crossings,),
        "crossing_capacity": (crossings,),
        "study_trucks_per_day": (crossings,),
        "rest_trucks_per_day": (crossings,),
        "open_share": (crossings,),
        "service_load": (services,),
        "service_capacity": (services,),
        "service_premium_hours": (services,),
        "gap": (),
        "place": (crossings + services,),
        "rounds": (),
    }

    def some(first: int, last: int) -> dict[str, Array]:
        def cut(array: Array) -> Array:
            part = array[first:last] if array.shape[0] == count else np.repeat(array, last - first, axis=0)
            return np.ascontiguousarray(np.moveaxis(part, 0, -1))

        block = Block(
            layout,
            {name: cut(value) for name, value in values.items()},
            cut(phases),
            cut(years),
            {pair: cut(value) for pair, value in traded.items()},
        )
        rounds = block.equilibrate(tolerance, start.cut(cut))
        found = {name: np.moveaxis(value, -1, 0) for name, value in block.results().items()}
        return {**found, "rounds": np.full(last - first, float(rounds))}

    out: dict[str, Any] = cores.fill(shapes, count, BLOCK, some)
    rounds = int(out.pop("rounds").max(initial=0.0))
    worst = float(out["gap"].max(initial=0.0))
    if not worst <= tolerance:
        raise NotConverged(
            f"choice: queues and choices do not agree after {rounds} rounds: relative gap {worst:.1e}, wanted {tolerance:.0e}"
        )
    return {**out, "rounds": rounds}


class Block:
    """Some cases: calibrated to the base year, then brought to the queues that agree with the choices."""

    def __init__(
        self,
        layout: Layout,
        values: Mapping[str, Array],
        active: Array,
        years: Array,
        traded: Mapping[tuple[str, str], Array],
    ) -> None:
        self.layout, self.values = layout, values
        self.study_counts: npt.NDArray[np.bool_] = np.zeros(active.shape[-1], dtype=np.bool_)
        self.size = active.shape[-1]
        self.scale = values["route_scale"]
        self.phi = np.minimum(values["mode_dissimilarity"], 1.0)
        fee = self._crossings(active)
        self._traffic(years)
        self._routes(active, fee)
        in_study = np.array([pair in traded for pair in layout.choices.pairs])[layout.first_pair]
        self.groups = [NestedLogit(self, group, traded) for group in layout.groups]
        self.ours = [in_study[group.market_of_nest][group.nest_of_row] for group in layout.groups]
        size = self.counts.shape[0]
        counted, own = np.zeros_like(self.counts), np.zeros_like(self.counts)
        for group, ours in zip(self.groups, self.ours, strict=True):
            counted += (group.group.loads @ np.where(ours[:, None], 0.0, group.base_flow))[:size]
            own += (group.group.loads @ np.where(ours[:, None], group.base_flow, 0.0))[:size]
        # Pairs cannot send more trucks through a crossing than are counted there: in a draw in which they would,
        # each of them stands for less than a truck, and the base year comes out.
        self.counted_part = np.minimum(1.0, self.counts / np.maximum(counted, 1e-12))
        self.steady = np.maximum(self.counts - self.counted_part * counted - own, 0.0)

    def _crossings(self, active: Array) -> Array:
        """Crossings before and after measures; returns the fees after them."""
        layout, effects, values = self.layout, self.layout.effects, self.values
        shape = (layout.capacity.shape[0], self.size)
        self.capacity = np.array(np.broadcast_to(measure_effects.apply(layout.capacity, effects.capacity, active), shape))
        base = np.broadcast_to(layout.processing, shape)
        self.base_processing = base * values["processing_factor"]
        self.processing = measure_effects.apply(base, effects.processing_hours, active) * values["processing_factor"]
        days = np.where(layout.shut, layout.closure, layout.closure * values["closure_days_factor"])
        days = np.minimum(days, _DAYS_PER_YEAR)
        self.base_open = 1.0 - days / _DAYS_PER_YEAR
        self.open = 1.0 - measure_effects.apply(days, effects.closure_days, active) / _DAYS_PER_YEAR
        self.service_capacity = np.maximum(active[layout.service_measure], 1e-3) * layout.tonnes_per_day
        self.service_capacity /= values["truck_payload_t"]
        return np.broadcast_to(measure_effects.apply(layout.fee, effects.fee, active), shape)

    def _traffic(self, years: Array) -> None:
        """Counted traffic, its growth and the queues of the base year."""
        layout, values = self.layout, self.values
        self.counts = layout.background * values["background_traffic_factor"]
        rate = np.maximum(layout.growth + layout.growth_sd * values["background_traffic_growth"], -0.2)
        self.grown = (1.0 + rate) ** (years - values["traffic_base_year"])
        self.base_queue = self._queue(self.counts, layout.capacity)

    def _routes(self, active: Array, fee: Array) -> None:
        """Hours, dollars and availability of routes before measures, and what measures add."""
        layout, effects, values, choices = self.layout, self.layout.effects, self.values, self.layout.choices
        through = layout.through_crossings
        speed = 1.0 / values["road_speed_factor"]
        base_hours = through @ (self.base_processing + self.base_queue)
        for part, factor in zip(choices.parts_hours.T, (speed, values["sea_time_factor"], np.ones(self.size)), strict=True):
            base_hours += part[:, None] * factor
        self.base_hours = base_hours
        base_usd = through @ (np.broadcast_to(layout.fee, fee.shape) / values["truck_payload_t"])
        for part, mode in zip(choices.parts_usd.T, ("road", "sea", "rail", "air"), strict=True):
            base_usd += part[:, None] * values[f"{mode}_cost_factor"]
        self.base_usd = base_usd
        self.more_hours = through @ (self.processing - self.base_processing)
        self.more_usd = through @ ((fee - layout.fee) / values["truck_payload_t"])
        if choices.links_moved.size:
            moved = choices.links_moved
            hours = measure_effects.apply(layout.link_hours, placed(effects.link_hours, moved), active) - layout.link_hours
            usd = measure_effects.apply(layout.link_usd, placed(effects.link_usd_per_t, moved), active) - layout.link_usd
            ones = np.ones((moved.size, self.size))
            self.more_hours += (layout.over @ (hours * ones)) * speed
            self.more_usd += (layout.over @ (usd * ones)) * values["road_cost_factor"]
        self.base_weight = self._availability(self.base_open, np.zeros_like(active))
        self.weight = self._availability(self.open, active)

    def _availability(self, open_share: Array, active: Array) -> Array:
        """(R, b) chance that every crossing of a route is open, times how far its new parts are there."""
        slots = self.layout.choices.slots
        padded = np.concatenate([np.broadcast_to(open_share, self.capacity.shape), np.ones((1, self.size))])
        result = padded[slots[:, 0]]
        for k in range(1, slots.shape[1]):
            rows = np.flatnonzero(slots[:, k] < padded.shape[0] - 1)
            result[rows] *= padded[slots[rows, k]]
        for r, needs in self.layout.needs:
            for m in needs:
                result[r] *= active[m]
        return np.asarray(result)

    def _queue(self, load: Array, capacity: Array) -> Array:
        layout = self.layout
        return queue.queue_hours(
            load, capacity, layout.lanes, layout.hours_open, layout.days_open, layout.variability, layout.longest_wait
        )

    def _at(self, place: Array) -> tuple[Array, Array, Array, Array]:
        """Load, wait, hours more for a truck more, and trucks more for a step, where the iteration stands.

        At crossings load = K (1 + s sinh u): near capacity the logarithm of the wait is linear in u. In
        services load = K / (1 + exp -u) and the premium is proportional to exp u.
        """
        crossings = self.counts.shape[0]
        u, limit = place[:crossings], self.capacity_a_day
        load = np.maximum(limit * (1.0 + self.bend * np.sinh(u)), 0.0)
        wait = self._queue(load, self.capacity)
        nudge = 1e-6 * (1.0 + load)
        steepness = (self._queue(load + nudge, self.capacity) - wait) / nudge
        slope = limit * self.bend * np.cosh(u)
        if place.shape[0] == crossings:
            return load, wait, steepness, slope
        u = np.minimum(place[crossings:], _FULLEST)
        taken = 1.0 / (1.0 + np.exp(-u))
        premium = _RATION_HOURS * np.exp(u)
        room = self.service_capacity * taken / (1.0 + np.exp(u))
        return (
            np.concatenate([load, self.service_capacity * taken]),
            np.concatenate([wait, premium]),
            np.concatenate([steepness, premium / room]),
            np.concatenate([slope, room]),
        )

    def _loads(self, wait: Array) -> tuple[Array, Array]:
        """Traffic at crossings and services that queues of ``wait`` hours bring forth; also the study's part."""
        crossings = self.counts.shape[0]
        by_others = np.zeros_like(wait)
        by_study = np.zeros_like(wait)
        for group, ours in zip(self.groups, self.ours, strict=True):
            if group.congested:
                flow = group.flows(self._extra_hours(group, wait))
                study = group.group.loads @ np.where(ours[:, None], flow, 0.0)
                flow[ours] = 0.0
                by_others += group.group.loads @ flow
                by_study += study
        load = by_others + by_study
        load[:crossings] = (self.steady + self.counted_part * by_others[:crossings]) * self.grown + by_study[:crossings]
        self.study_counts = np.asarray((by_study[:crossings] > _NEGLIGIBLE * self.capacity_a_day).any(axis=0))
        return load, by_study

    def _extra_hours(self, group: NestedLogit, wait: Array) -> Array:
        """Hours that the group's routes take beyond those of the base year."""
        more = group.group.through @ (wait - self.wait_zero)
        more += self.more_hours[group.group.rows]
        return np.asarray(more)

    def equilibrate(self, tolerance: float, start: Start) -> int:
        """Find the loads that bring forth themselves; returns the number of rounds of the slowest case.

        Newton's method on a convex function of the waits (the sum of the integrals of loads over waits less
        what shippers gain), whose slope is ``load - load(wait)``. A step that ends where the function
        rises half as steeply as it fell at its beginning is halved. With ``K`` how much less traffic
        comes for an hour more, and ``D`` how many hours more for a truck more, the step is
        ``(I + K D)^-1 (load(wait(l)) - l)``. ``K`` is positive semidefinite and ``D`` not negative, so
        the matrix has an inverse and the solution is unique.
        """
        layout = self.layout
        services = np.zeros((layout.tonnes_per_day.shape[0], self.size))
        self.wait_zero = np.concatenate([self.base_queue, services])
        self.capacity_a_day = self.capacity * layout.days_open / 7.0
        self.bend = np.sqrt(8.0 * (layout.variability + 0.0 * self.counts) / (self.capacity_a_day * queue.HORIZON_DAYS))
        # Where a crossing has no traffic at all; further down nothing changes any more.
        self.empty = np.concatenate([np.arcsinh(-1.0 / self.bend), np.full_like(services, -np.inf)])
        place = np.maximum(self._first(start), self.empty)
        final = np.array(place)
        rounds = self._rounds(place, tolerance, final)
        load, self.wait, _, _ = self._at(final)
        self.load, self.study = self._loads(self.wait)
        self.gap = np.abs(self.load - load).sum(axis=0) / np.maximum(load.sum(axis=0), 1.0)
        self.place = final
        return rounds

    def _first(self, start: Start) -> Array:
        """Where the iteration begins. Where nothing has changed since ``start`` its place stands as it is; where a capacity
        has, the traffic stands instead.
        """
        traffic = start.factor * self.counts * self.grown if start.load is None else start.load
        here = np.arcsinh((traffic / self.capacity_a_day - 1.0) / self.bend)
        crossings = here.shape[0]
        if start.place is None or start.capacity is None:
            known = here if start.place is None else start.place[:crossings]
            return np.concatenate([known, np.zeros_like(self.service_capacity)])
        known, premium = start.place[:crossings], start.place[crossings:]
        return np.concatenate(
            [
                np.where(self.capacity == start.capacity, known, here),
                np.where(self.service_capacity == start.service_capacity, premium, 0.0),
            ]
        )

    def _rounds(self, place: Array, tolerance: float, final: Array) -> int:
        """Iterate from ``place``; where each case ends is written to ``final``."""
        work = self
        columns = np.arange(self.size)
        here = kept = place
        step = np.zeros_like(place)
        size = np.ones(self.size)
        slope = np.full(self.size, np.inf)
        for count in range(1, _MOST_ROUNDS + 1):
            load, wait, steepness, stretch = work._at(here)
            error = work._loads(wait)[0] - load
            gap = np.abs(error).sum(axis=0) / np.maximum(load.sum(axis=0), 1.0)
            done = gap <= tolerance
            final[:, columns] = here
            if done.all():
                return count
            if count in _SORT_OUT and done.any():
                left = np.flatnonzero(~done)
                columns = columns[left]
                work = work.part(left)
                here, kept, step, error, steepness, stretch = (a[:, left] for a in (here, kept, step, error, steepness, stretch))
                size, slope, done = size[left], slope[left], done[left]
            pull = error * steepness * stretch
            pull[: work.counts.shape[0]] /= work.grown * work.counted_part
            along = -(pull * step).sum(axis=0)
            good = (along <= _OVERSHOOT * np.abs(slope)) | (size < _SHORTEST_STEP)
            moved = np.clip(work._newton(steepness, error) / stretch, -_LONGEST_STEP, _LONGEST_STEP)
            down = -(pull * moved).sum(axis=0)
            plain = np.clip(error / stretch, -_LONGEST_STEP, _LONGEST_STEP)
            moved = np.where(down < 0.0, moved, plain)
            step = np.where(good, moved, step)
            slope = np.where(good, np.minimum(down, -(pull * plain).sum(axis=0) * (down >= 0.0)), slope)
            kept = np.where(good, here, kept)
            size = np.where(good, 1.0, 0.5 * size)
            # A case that is done stays where it is, so that its neighbours do not matter.
            here = np.where(done, here, np.maximum(kept + size * step, work.empty))
        return _MOST_ROUNDS

    def part(self, columns: Index) -> Block:
        """The same block with some of its cases only."""
        other = copy.copy(self)
        for name in ("capacity", "capacity_a_day", "counts", "steady", "counted_part", "grown", "wait_zero", "bend", "empty", "more_hours", "service_capacity"):
            setattr(other, name, getattr(self, name)[..., columns])
        other.groups = [group.part(columns) for group in self.groups]
        other.study_counts = self.study_counts[columns]
        other.size = columns.size
        return other

    def _newton(self, steepness: Array, error: Array) -> Array:
        growth = np.ones_like(error)
        growth[: self.counts.shape[0]] = self.grown * self.counted_part
        step = np.array(error)
        for group, ours in zip(self.groups, self.ours, strict=True):
            if not group.congested:
                continue
            members = group.group.coupling.members
            matrix = group.response() * growth[members][:, None, :]
            many = np.flatnonzero(self.study_counts)
            if many.size and ours.any():
                # The study's trade does not grow as the background does; a few trucks of it do not turn the step.
                few = group.part(many)
                matrix[..., many] = few.response(~ours) * growth[members][:, None, many] + few.response(ours)
            matrix *= steepness[members][None, :, :]
            diagonal = np.arange(members.size)
            matrix[diagonal, diagonal] += 1.0
            solved = np.linalg.solve(np.moveaxis(matrix, -1, 0), error[members].T[:, :, None])
            step[members] = solved[:, :, 0].T
        return step

    def results(self) -> dict[str, Array]:
        """Arrays of the state, cases last."""
        layout = self.layout
        routes, pairs, classes = len(layout.choices.routes), len(layout.choices.pairs), layout.unit_value.size
        crossings = self.counts.shape[0]
        composite = np.zeros((pairs, classes, self.size))
        mean = np.zeros((pairs, classes, self.size))
        share = np.zeros((routes, classes, self.size))
        hidden = np.zeros((routes, classes, self.size))
        for group in self.groups:
            group.report(self._extra_hours(group, self.wait), layout, composite, mean, share, hidden)
        shown = layout.shown
        more = self.more_hours + layout.through_crossings @ (self.wait - self.wait_zero)[:crossings]
        return {
            "composite_cost": composite,
            "mean_cost": np.maximum(mean, 0.0),
            "route_share": share[shown],
            "route_hours": (self.base_hours + more)[shown],
            "route_usd_per_t": (self.base_usd + self.more_usd)[shown],
            "hidden_usd_per_t": hidden[shown],
            "crossing_hours": self.processing + self.wait[:crossings],
            "queue_hours": self.wait[:crossings],
            "crossing_load_trucks_per_day": self.load[:crossings],
            "crossing_capacity": self.capacity,
            "study_trucks_per_day": self.study[:crossings],
            "rest_trucks_per_day": self.steady * self.grown,
            "open_share": np.broadcast_to(self.open, self.capacity.shape),
            "service_load": self.load[crossings:],
            "service_capacity": self.service_capacity,
            "service_premium_hours": self.wait[crossings:],
            "gap": self.gap,
            "place": self.place,
        }
