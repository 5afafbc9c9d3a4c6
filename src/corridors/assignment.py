"""The stochastic user equilibrium of :mod:`corridors.choice` in plain arrays, in blocks of cases.

Arrays inside have cases last, so that each step runs along contiguous memory; a block is small enough
to stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from corridors import choice_set, measure_effects, queueing
from corridors.choice_set import OUTSIDE, ChoiceSet
from corridors.errors import NotConverged
from corridors.measure_effects import Effects
from corridors.network import Network

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

BLOCK = 256
_MOST_ITERATIONS = 200
_SHORTEST_STEP = 1e-3
# Below this a nest has no route at all; its logarithm stays finite.
_NOTHING = 1e-250
# Exponents stop here, so that a route of absurd cost still has a finite logarithm.
_LEAST = -550.0
_DAYS_PER_YEAR = 365.0


@dataclass(frozen=True)
class Group:
    """Cargo classes that choose among the same routes: rows of the choice set, nests and markets of these rows."""

    classes: Index
    rows: Index
    nest_starts: Index
    nest_of_row: Index
    market_starts: Index
    market_of_nest: Index
    nest_mode: tuple[str, ...]
    base_share: Array
    """(classes, nests) observed share; NaN for a mode that does not run in the base year."""
    road_nest: Index
    """(markets,) nest of the road in each market, or -1."""
    coupling: Coupling
    trucks_base: Array
    """(classes, markets) truckloads a day in the base year on the road, from counts; 0 where not counted."""


@dataclass(frozen=True)
class Coupling:
    """Which crossings share routes, nests and markets: sums over routes as sparse matrices.

    ``pairs`` (2, Q) are pairs x <= y of crossings. ``together`` (Q, rows) sums over routes through both;
    ``visits`` (V, rows) sums over routes of a nest through one crossing, ``visit_nest`` (V,) names the
    nest. ``first``, ``second`` (U,) are visits of one nest, to be multiplied and summed by ``products``
    (Q, U). ``nests`` (N, rows) sums over the routes of a nest.
    """

    pairs: Index
    together: sparse.csr_array
    visits: sparse.csr_array
    visit_nest: Index
    first: Index
    second: Index
    products: sparse.csr_array
    nests: sparse.csr_array


@dataclass(frozen=True)
class Layout:
    """All constant arrays of a system."""

    choices: ChoiceSet
    effects: Effects
    groups: tuple[Group, ...]
    shown: Index
    market_pair: Index
    market_weight: Array
    link_hours: Array
    link_usd: Array
    capacity: Array
    lanes: Array
    processing: Array
    hours_open: Array
    days_open: Array
    variability: Array
    longest_wait: Array
    closure: Array
    shut: npt.NDArray[np.bool_]
    fee: Array
    background: Array
    growth: Array
    growth_sd: Array
    unit_value: Array
    day_multiplier: Array
    payload: Array
    needs: tuple[tuple[int, tuple[int, ...]], ...]
    tonnes_per_day: Array
    service_measure: Index
    counted: npt.NDArray[np.bool_]
    """(pairs,) whether the pair's trucks are part of the counted background traffic."""


def lay_out(
    network: Network, effects: Effects, choices: ChoiceSet, classes: pd.DataFrame, shown: Index, limited: tuple[int, ...]
) -> Layout:
    """Gather the constant arrays of a system."""
    table = network.crossings

    def column(name: str) -> Array:
        return table[name].to_numpy(dtype=float)[:, None]

    traffic = network.pair_traffic.set_index(["exporter", "importer"])["road_trucks_per_day"]
    counted = np.array([pair in traffic.index for pair in choices.pairs])
    shares = choice_set.base_shares(network, choices.pairs, list(classes.index))
    trucks = np.array([float(traffic[pair]) if pair in traffic.index else 0.0 for pair in choices.pairs])
    links = [effects.links[i] for i in choices.links_moved]
    return Layout(
        choices=choices,
        effects=effects,
        groups=_groups(choices, classes, shares, trucks),
        shown=shown,
        market_pair=np.array([m.pair for m in choices.markets], dtype=np.intp),
        market_weight=np.array([m.weight for m in choices.markets])[:, None],
        link_hours=np.array([link.hours for link in links])[:, None],
        link_usd=np.array([link.usd_per_t for link in links])[:, None],
        capacity=column("capacity_trucks_per_day"),
        lanes=column("lanes"),
        processing=column("processing_hours"),
        hours_open=column("hours_open"),
        days_open=column("days_open_per_week"),
        variability=column("variability"),
        longest_wait=column("longest_wait_days"),
        closure=column("closure_days_per_year"),
        shut=(table["state"] == "shut").to_numpy()[:, None],
        fee=column("fee_usd_per_truck"),
        background=column("background_trucks_per_day"),
        growth=column("growth_percent") / 100.0,
        growth_sd=column("growth_sd_percent") / 100.0,
        unit_value=classes["usd_per_t"].to_numpy(dtype=float),
        day_multiplier=classes["value_of_a_day_multiplier"].to_numpy(dtype=float),
        payload=classes["truck_payload_t"].to_numpy(dtype=float),
        needs=tuple((r, route.needs) for r, route in enumerate(choices.routes) if route.needs),
        tonnes_per_day=np.array([effects.tonnes_per_day[i] for i in limited])[:, None],
        service_measure=np.array([effects.services[i].new for i in limited], dtype=np.intp),
        counted=counted,
    )


def _groups(
    choices: ChoiceSet, classes: pd.DataFrame, shares: Mapping[tuple[int, str, str], float], trucks: Array
) -> tuple[Group, ...]:
    by_road = classes["by_road"].to_numpy(dtype=bool)
    mix = classes["background_mix"].to_numpy(dtype=float)
    groups = []
    for on_road in (True, False):
        members = np.flatnonzero(by_road == on_road)
        allowed = ("truck", "container", "any") if on_road else ("bulk", "any")
        rows = np.array([r for r, cargo in enumerate(choices.cargo) if cargo in allowed], dtype=np.intp)
        if not members.size or not rows.size:
            continue
        nests: list[tuple[int, str]] = []
        starts, of_row = [], []
        for k, r in enumerate(rows):
            nest = (int(choices.market_of[r]), choices.modes[r])
            if not nests or nests[-1] != nest:
                nests.append(nest)
                starts.append(k)
            of_row.append(len(nests) - 1)
        present = sorted({m for m, _ in nests})
        if len(present) != len(choices.markets):
            lost = choices.markets[next(m for m in range(len(choices.markets)) if m not in present)]
            raise ValueError(f"no route for {classes.index[members[0]]} from {lost.origin} to {lost.destination}")
        share = np.full((members.size, len(nests)), np.nan)
        for j, c in enumerate(members):
            for n, (m, mode) in enumerate(nests):
                share[j, n] = shares.get((choices.markets[m].pair, str(classes.index[c]), mode), np.nan)
        road = np.full(len(choices.markets), -1, dtype=np.intp)
        for n, (m, mode) in enumerate(nests):
            if mode == "road":
                road[m] = n
        weight = np.array([m.weight for m in choices.markets])
        counted = trucks[[m.pair for m in choices.markets]] * weight
        groups.append(
            Group(
                classes=members,
                rows=rows,
                nest_starts=np.array(starts, dtype=np.intp),
                nest_of_row=np.array(of_row, dtype=np.intp),
                market_starts=np.array([next(n for n, (m, _) in enumerate(nests) if m == k) for k in present], dtype=np.intp),
                market_of_nest=np.array([m for m, _ in nests], dtype=np.intp),
                nest_mode=tuple(mode for _, mode in nests),
                base_share=_completed(share, [m for m, _ in nests], [mode for _, mode in nests]),
                road_nest=road,
                coupling=_coupling(choices.through[rows], np.array(of_row, dtype=np.intp), len(nests)),
                trucks_base=mix[members][:, None] * counted[None, :],
            )
        )
    return tuple(groups)


def _coupling(through: Array, nest_of_row: Index, nests: int) -> Coupling:
    rows = np.arange(through.shape[0])
    summed = sparse.csr_array((np.ones(rows.size), (nest_of_row, rows)), shape=(nests, rows.size))
    passes = (summed @ through) > 0
    visit_nest, visit_crossing = (np.asarray(axis, dtype=np.intp) for axis in np.nonzero(passes))
    visit_rows = through[:, visit_crossing].T * (nest_of_row[None, :] == visit_nest[:, None])
    first, second = [], []
    for nest in np.unique(visit_nest):
        members = np.flatnonzero(visit_nest == nest)
        i, j = np.triu_indices(members.size)
        first.append(members[i])
        second.append(members[j])
    ends = (np.concatenate(side) if side else np.zeros(0, dtype=np.intp) for side in (first, second))
    one, other = ends
    crossings = np.stack([visit_crossing[one], visit_crossing[other]])
    pairs, position = np.unique(crossings, axis=1, return_inverse=True)
    position = position.reshape(-1)
    products = sparse.csr_array((np.ones(one.size), (position, np.arange(one.size))), shape=(pairs.shape[1], one.size))
    together = sparse.csr_array((through[:, pairs[0]] * through[:, pairs[1]]).T)
    return Coupling(pairs, together, sparse.csr_array(visit_rows), visit_nest, one, other, products, summed)


def _completed(share: Array, market: list[int], mode: list[str]) -> Array:
    """Shares that add to one over the modes a market has today; a mode without a row stays NaN.

    A market for which nothing is known gives all to its last mode, the one outside the network.
    """
    result = share.copy()
    markets = np.array(market)
    for m in np.unique(markets):
        nests = np.flatnonzero(markets == m)
        for j in range(share.shape[0]):
            known = np.nan_to_num(result[j, nests])
            if known.sum() > 0:
                result[j, nests] = np.where(np.isnan(result[j, nests]), np.nan, known / known.sum())
            else:
                fallback = next((n for n in nests if mode[n] == OUTSIDE), nests[-1])
                result[j, nests] = np.nan
                result[j, fallback] = 1.0
    return result


def solve(
    layout: Layout,
    values: Mapping[str, Array],
    phases: Array,
    years: Array,
    traded: Mapping[tuple[str, str], Array],
    count: int,
    tolerance: float,
    start: float,
) -> dict[str, Any]:
    """Arrays of a :class:`corridors.choice.TransportState` for ``count`` cases."""
    crossings = layout.capacity.shape[0]
    services = layout.tonnes_per_day.shape[0]
    n_classes, n_shown = layout.unit_value.size, layout.shown.size
    shapes = {
        "composite_cost": (len(layout.choices.pairs), n_classes),
        "route_share": (n_shown, n_classes),
        "route_hours": (n_shown,),
        "route_usd_per_t": (n_shown,),
        "hidden_usd_per_t": (n_shown, n_classes),
        "crossing_hours": (crossings,),
        "queue_hours": (crossings,),
        "crossing_load_trucks_per_day": (crossings,),
        "crossing_capacity": (crossings,),
        "study_trucks_per_day": (crossings,),
        "open_share": (crossings,),
        "service_load": (services,),
        "service_capacity": (services,),
        "gap": (),
    }
    out: dict[str, Any] = {name: np.empty((count, *shape)) for name, shape in shapes.items()}
    iterations = 0
    for first in range(0, count, BLOCK):
        last = min(first + BLOCK, count)
        # Whole multiples of eight cases: every case then meets the same arithmetic, wherever it stands.
        padded = -(-(last - first) // 8) * 8

        def cut(array: Array, first: int = first, last: int = last, padded: int = padded) -> Array:
            part = array[first:last] if array.shape[0] == count else np.repeat(array, last - first, axis=0)
            extra = padded - part.shape[0]
            part = np.concatenate([part, np.repeat(part[-1:], extra, axis=0)]) if extra else part
            return np.ascontiguousarray(np.moveaxis(part, 0, -1))

        block = _Block(
            layout,
            {name: cut(value) for name, value in values.items()},
            cut(phases),
            cut(years),
            {pair: cut(value) for pair, value in traded.items()},
        )
        block.iterate(tolerance, start)
        iterations = max(iterations, block.iterations)
        for name, value in block.results().items():
            out[name][first:last] = np.moveaxis(value[..., : last - first], -1, 0)
    worst = float(out["gap"].max(initial=0.0))
    if not worst <= tolerance:
        raise NotConverged(f"choice: queues and choices do not agree after {iterations} rounds: relative gap {worst:.2e}, wanted {tolerance:.0e}")
    return {**out, "iterations": iterations}


class _Block:
    """One block of cases: calibrate to the base year, then find the queues that agree with the choices."""

    def __init__(self, layout: Layout, values: Mapping[str, Array], active: Array, years: Array, traded: Mapping[tuple[str, str], Array]) -> None:
        self.layout, self.values, self.active = layout, values, active
        self.size = active.shape[-1]
        choices, effects = layout.choices, layout.effects
        self.scale = values["route_scale"]
        self.phi = np.minimum(values["mode_dissimilarity"], 1.0)
        crossings = layout.capacity.shape[0]

        # Crossings before and after measures.
        self.capacity = measure_effects.apply(layout.capacity, effects.capacity, active)
        base_processing = np.broadcast_to(layout.processing, (crossings, self.size))
        self.processing = measure_effects.apply(base_processing, effects.processing_hours, active) * values["processing_factor"]
        self.base_processing = base_processing * values["processing_factor"]
        days = np.where(layout.shut, layout.closure, layout.closure * values["closure_days_factor"])
        days = np.minimum(days, _DAYS_PER_YEAR)
        self.base_open = 1.0 - days / _DAYS_PER_YEAR
        self.open = 1.0 - measure_effects.apply(days, effects.closure_days, active) / _DAYS_PER_YEAR
        fee = measure_effects.apply(layout.fee, effects.fee, active)

        # Traffic and queues of the base year.
        self.counts = layout.background * values["background_traffic_factor"]
        rate = np.maximum(layout.growth + layout.growth_sd * values["background_traffic_growth"], -0.2)
        self.grown = (1.0 + rate) ** (years - values["traffic_base_year"])
        self.base_queue = self._queue(self.counts, layout.capacity)

        # Routes before measures, then what measures add.
        speed = 1.0 / values["road_speed_factor"]
        factors = np.stack([speed, values["sea_time_factor"], np.ones(self.size)])
        self.base_hours = choices.parts_hours @ factors + choices.through[:, :crossings] @ (self.base_processing + self.base_queue)
        prices = np.stack([values[f"{mode}_cost_factor"] for mode in ("road", "sea", "rail", "air")])
        toll = np.broadcast_to(layout.fee, (crossings, self.size)) / values["truck_payload_t"]
        self.base_usd = choices.parts_usd @ prices + choices.through[:, :crossings] @ toll
        self.more_hours = choices.through[:, :crossings] @ (self.processing - self.base_processing)
        self.more_usd = choices.through[:, :crossings] @ ((fee - layout.fee) / values["truck_payload_t"])
        if choices.links_moved.size:
            position = {int(link): k for k, link in enumerate(choices.links_moved)}
            hours = measure_effects.apply(layout.link_hours, _placed(effects.link_hours, position), active) - layout.link_hours
            usd = measure_effects.apply(layout.link_usd, _placed(effects.link_usd_per_t, position), active) - layout.link_usd
            self.more_hours = self.more_hours + (choices.over @ np.broadcast_to(hours, (len(position), self.size))) * speed
            self.more_usd = self.more_usd + (choices.over @ np.broadcast_to(usd, (len(position), self.size))) * values["road_cost_factor"]
        self.base_weight = self._availability(self.base_open, np.zeros_like(active))
        self.weight = self._availability(self.open, active)

        self.service_capacity = np.maximum(active[layout.service_measure], 1e-3) * layout.tonnes_per_day / values["truck_payload_t"]
        self.groups = [_Choice(self, group, traded) for group in layout.groups]
        base = sum((g.base_flow for g in self.groups), np.zeros((len(choices.routes), self.size)))
        on_crossings = choices.through.T @ base
        # Pairs cannot send more trucks through a crossing than are counted there.
        self.steady = np.maximum(self.counts, on_crossings[:crossings]) - on_crossings[:crossings]
        self.iterations = 0

    def _queue(self, load: Array, capacity: Array) -> Array:
        layout = self.layout
        return queueing.queue_hours(
            load, capacity, layout.lanes, layout.hours_open, layout.days_open, layout.variability, layout.longest_wait
        )

    def _availability(self, open_share: Array, active: Array) -> Array:
        """(R, b) chance that every crossing of a route is open, times how far its new parts are there."""
        layout = self.layout
        padded = np.concatenate([np.broadcast_to(open_share, (open_share.shape[0], self.size)), np.ones((1, self.size))])
        slots = layout.choices.slots
        result = padded[slots[:, 0]]
        for k in range(1, slots.shape[1]):
            result = result * padded[slots[:, k]]
        for r, needs in layout.needs:
            for m in needs:
                result[r] = result[r] * active[m]
        return np.asarray(result)

    def _loads(self, wait: Array) -> tuple[Array, Array, Array]:
        """Traffic at crossings and services that queues of ``wait`` hours bring forth; also the study's part."""
        choices = self.layout.choices
        crossings = self.counts.shape[0]
        hours = self.more_hours + choices.through @ (wait - self.wait_zero)
        by_others = np.zeros_like(wait)
        by_study = np.zeros_like(wait)
        for group in self.groups:
            if group.congested:
                flow = group.flows(hours)
                through = choices.through[group.group.rows]
                by_others += through[~group.in_study].T @ flow[~group.in_study]
                by_study += through[group.in_study].T @ flow[group.in_study]
        load = by_others + by_study
        load[:crossings] = (self.steady + by_others[:crossings]) * self.grown + by_study[:crossings]
        return np.maximum(load, 0.0), by_study, hours

    def _waits(self, load: Array) -> Array:
        crossings = self.counts.shape[0]
        queues = self._queue(load[:crossings], self.capacity)
        if not self.layout.tonnes_per_day.size:
            return queues
        trains = queueing.queue_hours(load[crossings:], self.service_capacity, 1.0, longest_wait_days=60.0)
        return np.concatenate([queues, trains])

    def iterate(self, tolerance: float, start: float) -> None:
        """Find the loads that bring forth themselves, by Newton's method with shorter steps where one is too long.

        With ``K`` how much less traffic comes for an hour more, and ``D`` how much an hour more comes for
        a truck more, the step is ``(I + K D)^-1 (load(wait(l)) - l)``. ``K`` is positive semidefinite and
        ``D`` not negative, so the matrix has an inverse and the solution is unique.
        """
        services = self.layout.tonnes_per_day.shape[0]
        self.wait_zero = np.concatenate([self.base_queue, np.zeros((services, self.size))])
        here = start * np.concatenate([self.counts * self.grown, np.zeros((services, self.size))])
        step = np.zeros_like(here)
        size = np.ones(self.size)
        kept = here
        best = np.full(self.size, np.inf)
        for self.iterations in range(1, _MOST_ITERATIONS + 1):
            self.wait = self._waits(here)
            self.load, self.study, self.hours = self._loads(self.wait)
            error = self.load - here
            gap = np.abs(error).sum(axis=0) / np.maximum(here.sum(axis=0), 1.0)
            if (gap <= tolerance).all():
                break
            better = (gap < best) | (size < _SHORTEST_STEP)
            best = np.where(better, gap, best)
            kept = np.where(better, here, kept)
            size = np.where(better, 1.0, 0.5 * size)
            if better.any():
                step = np.where(better, self._newton(here, error), step)
            here = np.maximum(kept + size * step, 0.0)
        self.gap = gap

    def _newton(self, load: Array, error: Array) -> Array:
        nudge = 1e-6 * (1.0 + load)
        steepness = (self._waits(load + nudge) - self.wait) / nudge
        response = sum(group.response() for group in self.groups if group.congested)
        crossings = self.counts.shape[0]
        growth = np.ones_like(load)
        growth[:crossings] = self.grown
        matrix = response * growth[:, None, :] * steepness[None, :, :]
        diagonal = np.arange(load.shape[0])
        matrix[diagonal, diagonal] += 1.0
        solved = np.linalg.solve(np.moveaxis(matrix, -1, 0), error.T[:, :, None])
        return np.ascontiguousarray(solved[:, :, 0].T)

    def results(self) -> dict[str, Array]:
        """Arrays of the state, cases last."""
        layout = self.layout
        choices = layout.choices
        crossings = self.counts.shape[0]
        pairs, classes = len(choices.pairs), layout.unit_value.size
        shown = layout.shown
        composite = np.zeros((pairs, classes, self.size))
        share = np.zeros((len(choices.routes), classes, self.size))
        hidden = np.zeros((len(choices.routes), classes, self.size))
        for group in self.groups:
            group.report(self.hours, composite, share, hidden)
        return {
            "composite_cost": composite,
            "route_share": share[shown],
            "route_hours": (self.base_hours + self.hours)[shown],
            "route_usd_per_t": (self.base_usd + self.more_usd)[shown],
            "hidden_usd_per_t": hidden[shown],
            "crossing_hours": self.processing + self.wait[:crossings],
            "queue_hours": self.wait[:crossings],
            "crossing_load_trucks_per_day": self.load[:crossings],
            "crossing_capacity": np.broadcast_to(self.capacity, (crossings, self.size)),
            "study_trucks_per_day": self.study[:crossings],
            "open_share": np.broadcast_to(self.open, (crossings, self.size)),
            "service_load": self.load[crossings:],
            "service_capacity": self.service_capacity,
            "gap": self.gap,
        }


class _Choice:
    """Nested logit of one group of cargo classes in one block of cases.

    With ``E`` the attraction of a route, a nest sums to ``S = sum E``, weighs ``S^phi H`` in its
    market (``H`` carries the hidden cost) and the market sums to ``T``; the composite cost is
    ``-ln(T) / (phi lambda)``.
    """

    def __init__(self, block: _Block, group: Group, traded: Mapping[tuple[str, str], Array]) -> None:
        layout, values = block.layout, block.values
        choices = layout.choices
        self.block, self.group = block, group
        rows, classes = group.rows, group.classes
        self.congested = bool(choices.through[rows].any())
        self.value = layout.unit_value[classes][:, None] * values["unit_value_factor"]
        self.day_multiplier = layout.day_multiplier[classes]
        usd, hours, more_usd = block.base_usd[rows], block.base_hours[rows], block.more_usd[rows]
        base_weight, weight = block.base_weight[rows], block.weight[rows]
        outside = np.array([choices.modes[r] == OUTSIDE for r in rows])[:, None]
        study = [p for p, pair in enumerate(choices.pairs) if pair in traded]
        self.in_study = np.isin(layout.market_pair, study)[group.market_of_nest][group.nest_of_row]
        market_counted = layout.counted[layout.market_pair]
        counted_row = market_counted[group.market_of_nest][group.nest_of_row][:, None]
        self.attraction: list[Array] = []
        self.hidden: list[Array] = []
        self.trucks: list[Array] = []
        self.base_flow = np.zeros((len(choices.routes), block.size))
        for j, c in enumerate(classes):
            day = self.day_multiplier[j] * values["value_of_a_day"]
            cost = np.where(outside, values["outside_cost"], usd / self.value[j] + day / 24.0 * hours)
            pull = np.exp(np.maximum(-block.scale * cost, _LEAST))
            base = pull * base_weight
            hidden = self._calibrate(j, base, pull)
            sums, tops, totals = self._sums(base, hidden)
            part = tops / totals[group.market_of_nest]
            trucks = self._trucks(j, part, traded, int(c))
            self.attraction.append(pull * weight * np.exp(np.maximum(-block.scale * more_usd / self.value[j], _LEAST)))
            self.hidden.append(hidden)
            self.trucks.append(trucks)
            flow = base * (part / sums * trucks[group.market_of_nest])[group.nest_of_row]
            self.base_flow[rows] += np.where(counted_row, flow, 0.0)

    def _sums(self, attraction: Array, hidden: Array) -> tuple[Array, Array, Array]:
        """Sums over the routes of a nest, weights of nests, sums over the nests of a market."""
        sums = np.maximum(np.add.reduceat(attraction, self.group.nest_starts, axis=0), _NOTHING)
        tops = np.exp(self.block.phi * np.log(sums)) * hidden
        totals = np.add.reduceat(tops, self.group.market_starts, axis=0)
        return sums, tops, np.maximum(totals, _NOTHING)

    def _calibrate(self, j: int, base: Array, pull: Array) -> Array:
        """Hidden weights ``H`` of all nests with which the base year's shares come out.

        ``H = share / S^phi``, divided by that of the mode that carries most, whose hidden cost is
        nil. Odds of the other modes are drawn (``base_share_factor``). A nest that is shut in the
        base year is calibrated as if it were open.
        """
        group, values = self.group, self.block.values
        observed = group.base_share[j]
        share = np.nan_to_num(observed)
        largest = np.maximum.reduceat(share, group.market_starts)[group.market_of_nest]
        leads = share == largest
        odds = np.where(leads[:, None], share[:, None], share[:, None] * values["base_share_factor"])
        sums = np.add.reduceat(base, group.nest_starts, axis=0)
        if (sums[share > 0] <= _NOTHING).any():
            sums = np.where(sums > _NOTHING, sums, np.add.reduceat(pull, group.nest_starts, axis=0))
        weight = odds / np.exp(self.block.phi * np.log(np.maximum(sums, _NOTHING)))
        lead = np.maximum.reduceat(np.where(leads[:, None], weight, 0.0), group.market_starts, axis=0)
        hidden = weight / lead[group.market_of_nest]
        new = np.isnan(observed)
        if new.any():
            road = group.road_nest[group.market_of_nest[new]]
            like = np.where((road >= 0)[:, None], hidden[np.maximum(road, 0)], 1.0)
            like = np.where(like > 0.0, like, 1.0)
            hidden[new] = like ** values["new_service_hidden_share"]
        return hidden

    def _trucks(self, j: int, part: Array, traded: Mapping[tuple[str, str], Array], c: int) -> Array:
        """(markets, b) truckloads a day of all modes: passed as trade, or scaled up from counted trucks."""
        group, layout, values = self.group, self.block.layout, self.block.values
        road = group.road_nest
        on_road = np.where((road >= 0)[:, None], part[np.maximum(road, 0)], 0.0)
        counted = group.trucks_base[j][:, None] * values["background_traffic_factor"]
        trucks = np.where(on_road > 0.0, counted / np.maximum(on_road, 1e-9), 0.0)
        for pair, musd in traded.items():
            markets = layout.market_pair == layout.choices.pairs.index(pair)
            loads = musd[c] * 1e6 / self.value[j] / layout.payload[c] / _DAYS_PER_YEAR
            trucks[markets] = layout.market_weight[markets] * loads
        return trucks

    def _attractions(self, hours: Array) -> list[Array]:
        """Attraction of routes that take ``hours`` (R, b) more than in the base year, class by class."""
        values = self.block.values
        more = hours[self.group.rows]
        rate = self.block.scale * values["value_of_a_day"] / 24.0
        slower = {m: np.exp(np.maximum(-(m * rate) * more, _LEAST)) for m in np.unique(self.day_multiplier)}
        return [e * slower[m] for e, m in zip(self.attraction, self.day_multiplier, strict=True)]

    def flows(self, hours: Array) -> Array:
        """Truckloads a day on the group's routes, all classes together."""
        total = np.zeros((self.group.rows.size, self.block.size))
        market = self.group.market_of_nest
        self.sensitive = np.zeros_like(total)
        for j, attraction in enumerate(self._attractions(hours)):
            sums, tops, totals = self._sums(attraction, self.hidden[j])
            flow = attraction * (tops / sums * (self.trucks[j] / totals)[market])[self.group.nest_of_row]
            total += flow
            self.sensitive += self.day_multiplier[j] * flow
        return total

    def response(self) -> Array:
        """(X, X, b) trucks a day lost at one crossing for an hour more at another, at the last flows.

        For a nested logit ``-df_r/dg_s = lambda [f_r 1(r = s) - (1 - phi) f_r f_s / F_nest - phi f_r f_s /
        F_market]``. Classes are taken together and modes that no truck uses left out of ``F_market``,
        which is exact enough for a Newton step.
        """
        block, coupling = self.block, self.group.coupling
        flow = self.sensitive * (block.scale * block.values["value_of_a_day"] / 24.0)
        in_nest = coupling.nests @ flow
        market = self.group.market_of_nest
        demand = sum(m * trucks for m, trucks in zip(self.day_multiplier, self.trucks, strict=True))
        demand = demand * (block.scale * block.values["value_of_a_day"] / 24.0)
        share = (1.0 - block.phi) / np.maximum(in_nest, 1e-12) + block.phi / np.maximum(demand[market], 1e-12)
        visits = coupling.visits @ flow
        scaled = visits * share[coupling.visit_nest]
        lost = coupling.together @ flow - coupling.products @ (scaled[coupling.first] * visits[coupling.second])
        size = block.counts.shape[0] + block.layout.tonnes_per_day.shape[0]
        matrix = np.zeros((size, size, block.size))
        x, y = coupling.pairs
        matrix[x, y] = lost
        matrix[y, x] = lost
        return matrix

    def report(self, hours: Array, composite: Array, share: Array, hidden_cost: Array) -> None:
        """Add the group's classes to composite cost (P, C, b), shares and hidden cost (R, C, b)."""
        block, group, layout = self.block, self.group, self.block.layout
        rows = group.rows
        weight = layout.market_weight
        for j, attraction in enumerate(self._attractions(hours)):
            c = group.classes[j]
            sums, tops, totals = self._sums(attraction, self.hidden[j])
            logsum = -np.log(totals) / (block.phi * block.scale)
            np.add.at(composite[:, c], layout.market_pair, weight * logsum)
            within = (tops / sums * (weight / totals)[group.market_of_nest])[group.nest_of_row]
            share[rows, c] = attraction * within
            with np.errstate(divide="ignore"):
                equivalent = -np.log(self.hidden[j]) / (block.phi * block.scale) * self.value[j]
            hidden_cost[rows, c] = equivalent[group.nest_of_row]


def _placed(moves: tuple[measure_effects.Move, ...], position: Mapping[int, int]) -> list[measure_effects.Move]:
    return [measure_effects.Move(position[m.index], m.measure, m.level) for m in moves]
