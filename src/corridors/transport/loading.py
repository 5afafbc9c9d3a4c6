"""Traffic that given queues bring forth, for a block of cases: calibrated to the base year, cases
last in every array."""

from __future__ import annotations

import copy
from typing import Self

import numpy as np
import numpy.typing as npt

from corridors.transport import crossing_constants, hidden, queue
from corridors.transport import effects as measure_effects
from corridors.transport.arrays import Layout, placed
from corridors.transport.cases import Cases
from corridors.transport.clearance import MOST_COUNTED
from corridors.transport.feedback import Trade
from corridors.transport.nested_logit import NestedLogit, base_exponent

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_DAYS_PER_YEAR = 365.0
_HOURS_PER_DAY = 24.0
# Places run from next to no traffic to a queue of centuries.
EMPTIEST, FULLEST = -40.0, 40.0
# A train or aircraft that fills rations its room by price, here in hours at a border that would
# cost the same: this
# many hours x / (1 - x) where a share x of the room is taken, so that it is never more than full.
_RATION_HOURS = 1.0
# A market that sends less than this part of its trucks through a crossing is not what was counted
# too often there.
_PASSES = 1e-3


class Loading:
    """Some cases: crossings, ways and choices of the base year, and the traffic at queues that somebody else finds."""

    place: Array
    load: Array
    wait: Array
    gap: Array

    def __init__(self, layout: Layout, cases: Cases) -> None:
        self.layout, self.values, self.traded = layout, cases.values, cases.traded
        values = self.values
        self.size = cases.phases.shape[-1]
        theta = values["trade_elasticity"]
        # Choices nest consistently where routes are closer substitutes than modes, and modes than
        # trading at all.
        self.scale = np.maximum(values["route_scale"], theta)
        self.phi = np.clip(values["mode_dissimilarity"], theta / self.scale, 1.0)
        self.pair_shift = np.broadcast_to(cases.shift, (len(layout.choices.pairs), self.size))
        self.trade: Trade | None = None
        self._driven: Trade | None = None
        # Pairs whose trade is trucks at crossings: counted ones and the study's.
        pairs = layout.choices.pairs
        self.driving = np.array(
            [
                p
                for p in sorted(set(layout.first_pair))
                if layout.counted[p] or pairs[p] in self.traded
            ],
            dtype=np.intp,
        )
        fee = self._crossings(cases.phases)
        self._traffic(cases.years)
        self._routes(cases.phases, fee)
        exponents = [[base_exponent(self, group, j) for j in range(group.classes.size)] for group in layout.groups]
        self.sizes = crossing_constants.sizes(self, [[exponent for exponent, _ in found] for found in exponents])
        self.groups = [NestedLogit(self, group, cases.phases, found) for group, found in zip(layout.groups, exponents, strict=True)]
        self._share_out()
        self._rest(fee)

    def respond(self, trade: Trade) -> None:
        """From now on what world trade makes of demand follows prices as ``trade`` says."""
        self.trade, self._driven = trade, trade.of(self.driving)
        slope = np.broadcast_to(
            self.values["trade_elasticity"], (len(self.layout.choices.pairs), self.size)
        ).copy()
        slope[self.driving] = self._driven.elasticity()
        for group in self.groups:
            group.slope = slope[self.layout.first_pair]

    def _crossings(self, active: Array) -> Array:
        """Crossings before and after measures; returns the fees after them."""
        layout, effects, values = self.layout, self.layout.effects, self.values
        shape = (layout.capacity.shape[0], self.size)
        self.capacity = np.array(
            np.broadcast_to(measure_effects.apply(layout.capacity, effects.capacity, active), shape)
        )
        base = np.broadcast_to(layout.processing, shape)
        self.base_processing = base * values["processing_factor"]
        self.processing = measure_effects.apply(base, effects.processing_hours, active) * values["processing_factor"]
        days = np.where(layout.shut, layout.closure, layout.closure * values["closure_days_factor"])
        days = np.minimum(days, _DAYS_PER_YEAR)
        usual = np.minimum(layout.usual_closure * values["closure_days_factor"], _DAYS_PER_YEAR)
        self.base_open = np.broadcast_to(1.0 - np.where(np.isnan(usual), days, usual) / _DAYS_PER_YEAR, shape)
        self.open = np.broadcast_to(
            1.0 - measure_effects.apply(days, effects.closure_days, active) / _DAYS_PER_YEAR, shape
        )
        week = layout.days_open / 7.0
        # What passes in a year, a calendar day; a crossing that is shut all year keeps a trace, for
        # the arithmetic.
        self.room = self.capacity * week * np.maximum(self.open, 1e-9)
        self.base_room = np.broadcast_to(layout.capacity, shape) * week * np.maximum(self.base_open, 1e-9)
        self.service_capacity = np.maximum(active[layout.service_measure], 1e-3) * layout.tonnes_per_day
        self.service_capacity /= values["truck_payload_t"]
        return np.broadcast_to(measure_effects.apply(layout.fee, effects.fee, active), shape)

    def _traffic(self, years: Array) -> None:
        """Counted traffic, its growth and the queues of the base year."""
        layout, values = self.layout, self.values
        counts = layout.background * values["background_traffic_factor"]
        # A crossing that is shut in the base year has the counts to expect if it were open.
        usual = np.where(self.base_open > 0.0, self.base_room, layout.capacity * layout.days_open / 7.0)
        self.counts = np.minimum(counts, MOST_COUNTED * usual)
        rate = np.maximum(layout.growth + layout.growth_sd * values["background_traffic_growth"], -0.2)
        self.grown = (1.0 + rate) ** (years - values["traffic_base_year"])
        self.base_queue = self._queue(
            self.counts / (usual - self.counts), np.broadcast_to(layout.capacity, counts.shape)
        )
        self.base_usual = usual

    def _routes(self, active: Array, fee: Array) -> None:
        """Hours, dollars and availability of routes before measures, and what measures add."""
        layout, effects, values, choices = self.layout, self.layout.effects, self.values, self.layout.choices
        through = layout.through_crossings
        speed = 1.0 / values["road_speed_factor"]
        self.base_border = through @ (self.base_processing + self.base_queue)
        base_hours = np.array(self.base_border)
        for part, factor in zip(
            choices.parts_hours.T, (speed, values["sea_time_factor"], np.ones(self.size)),
            strict=True,
        ):
            base_hours += part[:, None] * factor
        self.base_hours = base_hours
        base_usd = through @ (np.broadcast_to(layout.fee, fee.shape) / values["truck_payload_t"])
        for part, mode in zip(choices.parts_usd.T, ("road", "sea", "rail", "air"), strict=True):
            base_usd += part[:, None] * values[f"{mode}_cost_factor"]
        self.base_usd = base_usd
        self.more_border = through @ (self.processing - self.base_processing)
        self.more_hours = np.zeros_like(base_hours)
        self.more_usd = through @ ((fee - layout.fee) / values["truck_payload_t"])
        if choices.links_moved.size:
            moved = choices.links_moved
            hours = (
                measure_effects.apply(layout.link_hours, placed(effects.link_hours, moved), active)
                - layout.link_hours
            )
            usd = (
                measure_effects.apply(
                    layout.link_usd, placed(effects.link_usd_per_t, moved), active
                )
                - layout.link_usd
            )
            ones = np.ones((moved.size, self.size))
            self.more_hours += (layout.over @ (hours * ones)) * speed
            self.more_usd += (layout.over @ (usd * ones)) * values["road_cost_factor"]
        self.saved_usd = np.zeros_like(self.more_usd)
        if effects.reliefs:
            haulage = choices.parts_usd[:, 0]
            proven = frozenset(pair for pair, counted in zip(choices.pairs, layout.counted, strict=True) if counted)
            self.saved_usd = hidden.saved_usd_per_t(
                effects.reliefs, choices.routes, layout.economies, haulage, proven, values, active
            )
            self.more_usd = self.more_usd - self.saved_usd
        self.base_weight = self._availability(self.base_open, np.zeros_like(active))
        self.weight = self._availability(self.open, active)

    def _availability(self, open_share: Array, active: Array) -> Array:
        """(R, b) chance that every crossing of a route is open, times how far its new parts are
        there."""
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

    def _share_out(self) -> None:
        """Make the counted trucks of pairs and the counts of crossings agree, and let the pairs' trade grow.

        Pairs cannot have sent more trucks through a crossing than were counted there: in a draw in
        which they would, those who pass there stand for fewer. What nobody is known to have sent is
        the rest. A pair's trade grows as the traffic of the crossings that it passes does.
        """
        crossings = self.counts.shape[0]
        markets = len(self.layout.choices.markets)
        counted = self._counted()
        part = np.ones((markets, self.size))
        for x in np.flatnonzero((counted > self.counts * (1.0 + 1e-12)).any(axis=1)):
            ratio = np.minimum(1.0, self.counts[x] / np.maximum(counted[x], 1e-12))
            here = sum(group.passing(int(x)) for group in self.groups)
            all_ = sum(group.sent() for group in self.groups)
            np.minimum(part, np.where(here > _PASSES * all_, ratio, 1.0), out=part)
        if (part < 1.0).any():
            for group in self.groups:
                group.scale_counted(part)
            counted = self._counted()
        self.rest_base = np.maximum(self.counts - counted, 0.0)
        self.base_load = np.maximum(self.counts, counted)[:crossings]
        for group in self.groups:
            group.grow(self.grown)
        most = MOST_COUNTED * self.base_usual
        self.wait_zero = np.concatenate([
            self._queue(np.minimum(self.base_load, most) / np.maximum(
                self.base_usual - np.minimum(self.base_load, most), 1e-12,
            ),
                        np.broadcast_to(self.layout.capacity, self.capacity.shape)),
            np.zeros_like(self.service_capacity),
        ])  # fmt: skip

    def studied(self) -> Array:
        """(X, b) trucks a day of the study's pairs among those counted in the base year."""
        layout, total = self.layout, np.zeros_like(self.counts)
        for group in self.groups:
            rows = layout.studied[group.group.market_of_nest][group.group.nest_of_row]
            total += (group.group.loads @ np.where(rows[:, None], group.base_flow, 0.0))[: self.counts.shape[0]]
        return total

    def _counted(self) -> Array:
        crossings = self.counts.shape[0]
        total = np.zeros_like(self.counts)
        for group in self.groups:
            total += (group.group.loads @ group.base_flow)[:crossings]
        return total

    def _rest(self, fee: Array) -> None:
        """Traffic of nobody in particular with no change of its wait: it grows, and leaves for cost as any other does.

        ``rest exp(-e dc)`` for a delivered price that rises by a share ``dc``: queue, clearance and
        fee of the mean truck.
        """
        layout, values = self.layout, self.values
        truck = layout.truck_value * values["unit_value_factor"]
        day = truck * values["value_of_a_day"] * layout.rest_day_multiplier
        self.rest_day_usd = day
        hour = self._border_hour(day / truck, truck)
        self.rest_pull = values["rest_elasticity"] * hour
        dearer = values["rest_elasticity"] * (
            hour * (self.processing - self.base_processing) + (fee - layout.fee) / truck
        )
        opened = np.where(self.base_open > 0.0, self.open / np.maximum(self.base_open, 1e-9), self.open)
        self.rest_zero = self.rest_base * self.grown * opened * np.exp(-dearer)
        self.rest = self.rest_zero

    def _border_hour(self, day_share: Array, truck_usd: Array) -> Array:
        """Cost of an hour at a border as a share of goods value: the goods' time, its spread, and the truck that stands.

        ``day_share`` is what a day costs as a share of goods value, ``truck_usd`` the value of the
        goods on a truck. The standard deviation of a queue is taken as its mean (an exponential
        wait, as heavy traffic has it), and a standard deviation costs ``reliability_ratio`` times
        as much as the mean (de Jong et al. 2014).
        """
        values = self.values
        spread = 1.0 + values["reliability_ratio"]
        return np.asarray((day_share * spread + values["truck_day_usd"] / truck_usd) / _HOURS_PER_DAY)

    def _queue(self, odds: Array, capacity: Array) -> Array:
        layout = self.layout
        return queue.steady_hours(odds, capacity, layout.lanes, layout.hours_open, layout.days_open, layout.variability)

    def _at(self, place: Array) -> tuple[Array, Array, Array, Array]:
        """Load and wait where the iteration stands, and how much more of each a step brings.

        Load = K / (1 + exp -u) for what can pass, K, so that it is never more; the wait of a
        crossing that is nearly full, and the premium of a service, are in proportion to exp u.
        """
        crossings = self.counts.shape[0]
        odds = np.exp(place)
        limit = np.concatenate([self.room, self.service_capacity])
        load = limit * (odds / (1.0 + odds))
        stretch = load / (1.0 + odds)
        wait = self._queue(odds[:crossings], self.capacity)
        nudge = 1e-5
        rise = (self._queue(odds[:crossings] * np.exp(nudge), self.capacity) - wait) / nudge
        premium = _RATION_HOURS * odds[crossings:]
        return load, np.concatenate([wait, premium]), stretch, np.concatenate([np.maximum(rise, 1e-12), premium])

    def _loads(self, wait: Array) -> Array:
        """Traffic at crossings and services that queues of ``wait`` hours bring forth."""
        crossings = self.counts.shape[0]
        load = np.zeros_like(wait)
        more = wait - self.wait_zero
        for group in self.groups:
            if group.congested or not group.kept:
                group.look(group.group.through @ more)
        shift = self._shift()
        for group in self.groups:
            if group.congested:
                load += group.group.loads @ group.flows(shift)
        self.rest = self.rest_zero * np.exp(-self.rest_pull * more[:crossings])
        load[:crossings] += self.rest
        return load

    def _shift(self) -> Array:
        """(markets, b) factor on demand at the prices that were looked at last."""
        if self.trade is not None and self._driven is not None:
            pairs, kept = self.driving, self.kept()
            moved = np.ones((len(self.layout.choices.pairs), self.size))
            moved[pairs] = self._driven.shift(kept[pairs], self.trade.signals(kept))
            return np.asarray(moved[self.layout.first_pair])
        return np.asarray(self.pair_shift[self.layout.first_pair])

    def kept(self) -> Array:
        """(P, C, b) ln of what pairs keep of their trade in each class at the prices that were looked at last.

        A pair's price over that of the base year moves its trade as those of its markets do:
        ``(sum w (p / p0)^-theta)^(-1/theta)``. Of a class of which a part ``q`` flows through
        pipelines, that stays: ``q + (1 - q) (p / p0)^-theta``.
        """
        parts = self.layout.market_of_pair
        out = np.zeros((parts.shape[0], self.layout.payload.size, self.size))
        for group in self.groups:
            for c, kept in zip(group.group.classes, group.kept, strict=True):
                out[:, c] = parts @ kept
        if self.layout.piped.any():
            piped = self.layout.piped[:, :, None]
            out = piped + (1.0 - piped) * out
        return np.asarray(np.log(np.maximum(out, 1e-300)))

    def part(self, columns: Index) -> Self:
        """The same block with some of its cases only."""
        other = copy.copy(self)
        for name in (
            "capacity", "room", "open", "counts", "base_load", "grown", "wait_zero",
            "service_capacity", "rest_zero", "rest_pull", "rest",
            "pair_shift",
        ):  # fmt: skip
            setattr(other, name, getattr(self, name)[..., columns])
        if "place" in vars(self):
            other.place = self.place[..., columns]
        other.values = {
            name: value if value.shape[-1] == 1 else value[..., columns]
            for name, value in self.values.items()
        }
        if self.trade is not None and self._driven is not None:
            other.trade, other._driven = self.trade.part(columns), self._driven.part(columns)
        other.groups = [group.part(columns) for group in self.groups]
        other.size = columns.size
        return other

    def results(self) -> dict[str, Array]:
        """Arrays of the state that the block stands at (:meth:`stand`), cases last."""
        layout, kept = self.layout, self.kept()
        routes, pairs, classes = len(layout.choices.routes), len(layout.choices.pairs), layout.payload.size
        crossings = self.counts.shape[0]
        shape = (pairs, classes, self.size)
        composite, mean = np.zeros(shape), np.zeros(shape)
        share = np.zeros((routes, classes, self.size))
        hidden = np.zeros((routes, classes, self.size))
        study = np.zeros_like(self.load)
        trucks = np.zeros((routes, self.size))
        for group in self.groups:
            if group.congested:
                trucks[group.group.rows] += group.flow
            group.report(layout, composite, mean, share, hidden)
            if self.traded and group.congested:
                study += group.group.loads @ np.where(group.ours[:, None], group.flow, 0.0)
        shown = layout.shown
        # Hours as they are waited: choices were calibrated at the queues of the counts, from which
        # those here differ.
        queues = layout.through_crossings @ (self.wait[:crossings] - self.base_queue)
        hours = self.base_hours + self.more_hours + self.more_border + queues
        day = (
            self.rest_day_usd * (1.0 + self.values["reliability_ratio"])
            + self.values["truck_day_usd"]
        ) / _HOURS_PER_DAY
        idle = self._queue(np.full_like(self.room, np.exp(EMPTIEST)), self.capacity)
        full = np.where(self.open > 0.0, np.maximum(self.wait[:crossings] - idle, 0.0), 0.0)
        return {
            "composite_cost": composite,
            "mean_cost": np.maximum(mean, 0.0),
            "kept": kept,
            "price_factor": np.exp(kept / -self.values["trade_elasticity"]),
            "route_share": share[shown],
            "route_hours": hours[shown],
            "route_usd_per_t": (self.base_usd + self.more_usd + self.saved_usd)[shown],
            "hidden_usd_per_t": hidden[shown],
            "route_trucks_per_day": trucks[shown],
            "crossing_hours": self.processing + self.wait[:crossings],
            "queue_hours": self.wait[:crossings],
            "capacity_hours": full,
            "shadow_price_usd_per_truck": full * day,
            "crossing_load_trucks_per_day": np.where(self.open > 0.0, self.load[:crossings], 0.0),
            "crossing_capacity": self.capacity,
            "study_trucks_per_day": study[:crossings],
            "rest_trucks_per_day": self.rest,
            "open_share": self.open,
            "service_load": self.load[crossings:],
            "service_capacity": self.service_capacity,
            "service_premium_hours": self.wait[crossings:],
            "shift": self.pair_shift,
            "gap": self.gap,
            "place": self.place,
        }
