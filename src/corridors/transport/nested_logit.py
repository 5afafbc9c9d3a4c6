"""Nested logit of cargo classes over routes and modes, for a block of cases (cases last in every array)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from corridors.transport.arrays import Group, Layout
from corridors.transport.choice_set import OUTSIDE

if TYPE_CHECKING:
    from corridors.transport.assignment import Block

Array = npt.NDArray[np.float64]

# Below this a nest has no route at all; its logarithm stays finite.
_NOTHING = 1e-250
# Exponents stop here, so that a route of absurd cost still has a finite logarithm.
_LEAST = -550.0
_DAYS_PER_YEAR = 365.0


class NestedLogit:
    """Choices of one group of cargo classes.

    With ``E`` the attraction of a route, a nest sums to ``S = sum E``, weighs ``S^phi H`` in its
    market (``H`` carries the hidden cost) and the market sums to ``T``; the composite cost is
    ``-ln(T) / (phi lambda)``.
    """

    def __init__(self, block: Block, group: Group, traded: Mapping[tuple[str, str], Array]) -> None:
        layout, values = block.layout, block.values
        choices = layout.choices
        self.group, self.size = group, block.size
        self.phi = block.phi
        self.scale = block.scale
        self.hour = block.scale * values["value_of_a_day"] / 24.0
        self.congested = group.coupling.members.size > 0
        rows, classes, market = group.rows, group.classes, group.market_of_nest
        self.value = layout.unit_value[classes][:, None] * values["unit_value_factor"]
        self.multiplier = layout.day_multiplier[classes]
        usd, hours, more_usd = block.base_usd[rows], block.base_hours[rows], block.more_usd[rows]
        base_weight, weight = block.base_weight[rows], block.weight[rows]
        dearer = bool(np.any(more_usd))
        outside = np.flatnonzero([choices.modes[r] == OUTSIDE for r in rows])
        counted = layout.counted[layout.first_pair][market][group.nest_of_row]
        ours = np.isin(market, [m for m, p in enumerate(layout.first_pair) if choices.pairs[p] in traded])
        lifted = ours & (group.road_nest[market] == np.arange(market.size))
        self.attraction: list[Array] = []
        self.hidden: list[Array] = []
        self.trucks: list[Array] = []
        self.base_flow = np.zeros((rows.size, block.size))
        for j, c in enumerate(classes):
            per_usd = block.scale / self.value[j]
            exponent = usd * -per_usd
            exponent -= hours * (self.multiplier[j] * self.hour)
            exponent[outside] = -block.scale * values["outside_cost"]
            pull = np.exp(np.maximum(exponent, _LEAST, out=exponent), out=exponent)
            base = pull * base_weight
            sums = np.maximum(group.sum_nests @ base, _NOTHING)
            hidden = self._calibrate(j, sums, pull, values)
            tops = np.exp(self.phi * np.log(sums)) * hidden
            part = tops / np.maximum(group.sum_markets @ tops, _NOTHING)[market]
            trucks = self._trucks(j, part, traded, int(c), block)
            attraction = pull * weight
            if dearer:
                attraction *= np.exp(np.maximum(more_usd * -per_usd, _LEAST))
            self.attraction.append(attraction)
            self.hidden.append(np.where(lifted[:, None] & (hidden < 1.0), hidden ** values["road_hidden_kept"], hidden))
            self.trucks.append(trucks)
            if self.congested:
                self.base_flow += base * (part / sums * trucks[market])[group.nest_of_row]
        self.base_flow[~counted] = 0.0
        self.sensitive = np.zeros((0, block.size))
        self.by_class: list[Array] = []

    def _calibrate(self, j: int, sums: Array, pull: Array, values: Mapping[str, Array]) -> Array:
        """Hidden weights ``H`` of all nests with which the base year's shares come out.

        ``H = share / S^phi``, divided by that of the mode that carries most, whose hidden cost is
        nil. Odds of the other modes are drawn (``base_share_factor``). A nest that is shut in the
        base year is calibrated as if it were open.
        """
        group = self.group
        observed = group.base_share[j]
        share = np.nan_to_num(observed)
        largest = np.zeros(group.sum_markets.shape[0])
        np.maximum.at(largest, group.market_of_nest, share)
        leads = share == largest[group.market_of_nest]
        odds = np.where(leads[:, None], share[:, None], share[:, None] * values["base_share_factor"])
        closed = (sums <= _NOTHING) & (share > 0)[:, None]
        if closed.any():
            sums = np.where(closed, np.maximum(group.sum_nests @ pull, _NOTHING), sums)
        weight = odds * np.exp(-self.phi * np.log(sums))
        lead = group.sum_markets @ np.where(leads[:, None], weight, 0.0)
        hidden = weight / lead[group.market_of_nest]
        new = np.isnan(observed)
        if new.any():
            road = group.road_nest[group.market_of_nest[new]]
            like = np.where((road >= 0)[:, None], hidden[np.maximum(road, 0)], 1.0)
            hidden[new] = np.where(like > 0.0, like, 1.0) ** values["new_service_hidden_share"]
        return np.asarray(hidden)

    def _trucks(self, j: int, part: Array, traded: Mapping[tuple[str, str], Array], c: int, block: Block) -> Array:
        """(markets, b) truckloads a day of all modes: passed as trade, or scaled up from counted trucks."""
        group, layout = self.group, block.layout
        road = group.road_nest
        on_road = np.where((road >= 0)[:, None], part[np.maximum(road, 0)], 0.0)
        counted = group.trucks_base[j][:, None] * block.values["background_traffic_factor"]
        trucks = np.where(on_road > 0.0, counted / np.maximum(on_road, 1e-9), 0.0)
        for pair, musd in traded.items():
            markets = layout.first_pair == layout.choices.pairs.index(pair)
            loads = musd[c] * 1e6 / self.value[j] / layout.payload[c] / _DAYS_PER_YEAR
            trucks[markets] = layout.market_weight[markets] * loads
        return trucks

    def _attractions(self, more_hours: Array) -> list[Array]:
        """Attraction of routes that take ``more_hours`` (rows, b) than in the base year, class by class."""
        slower = {m: np.exp(np.maximum(more_hours * (-m * self.hour), _LEAST)) for m in set(self.multiplier.tolist())}
        return [e * slower[m] for e, m in zip(self.attraction, self.multiplier.tolist(), strict=True)]

    def _sums(self, attraction: Array, hidden: Array) -> tuple[Array, Array, Array]:
        """Sums over the routes of a nest, weights of nests, sums over the nests of a market."""
        sums = np.maximum(self.group.sum_nests @ attraction, _NOTHING)
        tops = np.exp(self.phi * np.log(sums)) * hidden
        return sums, tops, np.maximum(self.group.sum_markets @ tops, _NOTHING)

    def flows(self, more_hours: Array) -> Array:
        """(rows, b) truckloads a day on the group's routes, all classes together."""
        market, nest = self.group.market_of_nest, self.group.nest_of_row
        total = np.zeros((self.group.rows.size, self.size))
        self.sensitive = np.zeros_like(total)
        self.by_class = []
        for j, attraction in enumerate(self._attractions(more_hours)):
            sums, tops, totals = self._sums(attraction, self.hidden[j])
            attraction *= (tops / sums * (self.trucks[j] / totals)[market])[nest]
            total += attraction
            self.by_class.append(attraction)
            self.sensitive += attraction if self.multiplier[j] == 1.0 else self.multiplier[j] * attraction
        return total

    def response(self, part: npt.NDArray[np.bool_] | None = None) -> Array:
        """(Y, Y, b) trucks a day lost at one crossing for an hour more at another, at the last flows.

        ``part`` (rows,) leaves out the routes of all markets but some.

        For a nested logit ``-df_r/dg_s = lambda [f_r 1(r = s) - (1 - phi) f_r f_s / F_nest - phi f_r f_s /
        F_market]``.
        """
        coupling = self.group.coupling
        market = self.group.market_of_nest
        only = 1.0 if part is None else part[:, None].astype(float)
        lost = coupling.together @ (self.sensitive * only * self.hour)
        for m, whole, trucks in zip(self.multiplier.tolist(), self.by_class, self.trucks, strict=True):
            flow = whole * only
            share = (1.0 - self.phi) / np.maximum(self.group.sum_nests @ flow, 1e-12)
            share += self.phi / np.maximum(trucks, 1e-12)[market]
            visits = coupling.visits @ flow
            scaled = visits * (share * (m * self.hour))[coupling.visit_nest]
            lost -= coupling.products @ (scaled[coupling.first] * visits[coupling.second])
        size = coupling.members.size
        matrix = np.zeros((size, size, self.size))
        x, y = coupling.pairs
        matrix[x, y] = lost
        matrix[y, x] = lost
        return matrix

    def part(self, columns: npt.NDArray[np.intp]) -> NestedLogit:
        """The same choices for some of the cases only."""
        other = copy.copy(self)
        for name in ("phi", "scale", "hour", "value", "sensitive"):
            setattr(other, name, getattr(self, name)[..., columns])
        for name in ("attraction", "hidden", "trucks", "by_class"):
            setattr(other, name, [array[:, columns] for array in getattr(self, name)])
        other.size = columns.size
        return other

    def report(
        self, more_hours: Array, layout: Layout, composite: Array, mean: Array, share: Array, hidden_cost: Array
    ) -> None:
        """Add the group's classes to composite and mean cost (P, C, b), shares and hidden cost (R, C, b)."""
        group = self.group
        for j, attraction in enumerate(self._attractions(more_hours)):
            c = group.classes[j]
            sums, tops, totals = self._sums(attraction, self.hidden[j])
            composite[:, c] = layout.market_of_pair @ (-np.log(totals) / (self.phi * self.scale))
            part = (tops / sums * (layout.market_weight / totals)[group.market_of_nest])[group.nest_of_row]
            taken = attraction * part
            share[group.rows, c] = taken
            # Money and time of what is chosen: the exponent of its attraction, availability being near 1 where it is used.
            paid = taken * (np.log(np.maximum(attraction, _NOTHING)) / -self.scale)
            by_market = group.sum_markets @ (group.sum_nests @ paid)
            mean[:, c] = (layout.market_of_pair > 0.0) @ by_market
            with np.errstate(divide="ignore"):
                equivalent = -np.log(self.hidden[j]) / (self.phi * self.scale) * self.value[j]
            hidden_cost[group.rows, c] = equivalent[group.nest_of_row]
