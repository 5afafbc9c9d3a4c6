"""Nested logit of cargo classes over routes, modes and trading at all, for a block of cases (cases
last in every array)."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from corridors.transport import same_borders
from corridors.transport.arrays import Group, Layout
from corridors.transport.choice_set import OUTSIDE

if TYPE_CHECKING:
    from corridors.transport.loading import Loading

Array = npt.NDArray[np.float64]

# Below this a nest has no route at all; its logarithm stays finite.
_NOTHING = 1e-250
# Exponents stop here, so that a route of absurd cost still has a finite logarithm.
_LEAST = -550.0
# From here on what all routes of a market lose is kept apart, so that their differences stay in
# reach.
_FAR = 300.0
# Where no way is open at all: the delivered price in units of the goods' value, at which nothing is
# traded.
_NO_WAY = 1e6
# Goods cannot be delivered for less than they are worth at the gate.
_CHEAPEST = 1.0
_DAYS_PER_YEAR = 365.0
# Cases whose derivative is taken at a time: so few that what it is made of stays in the processor's cache.
_TOGETHER = 64


def goods_usd_per_t(block: Loading, group: Group) -> Array:
    """(C, markets, b) dollars a tonne of each of a group's classes."""
    layout = block.layout
    each = layout.unit_value[layout.first_pair][:, group.classes].T[:, :, None]
    return np.asarray(each * block.values["unit_value_factor"])


Exponent = tuple[Array, tuple[Array, Array, Array]]


def base_exponent(block: Loading, group: Group, j: int) -> Exponent:
    """(rows, b) exponent of what attracts the group's class number ``j`` to each route in the base year, path sizes apart, and what
    is taken off it for a dollar a tonne (rows, b), an hour (b or 1,) and an hour at a border (nests, b)."""
    layout, values, c = block.layout, block.values, group.classes[j]
    nest, market = group.nest_of_row, group.market_of_nest
    value = goods_usd_per_t(block, group)[j]
    day = values["value_of_a_day"] * layout.day_multiplier[c]
    per_usd = (block.scale / value)[market][nest]
    per_hour = block.scale * day / 24.0
    # A truck that stands costs the cheap goods on it more.
    at_nest = (block.scale * block._border_hour(day, value * layout.payload[c]))[market]
    exponent = block.base_usd[group.rows] * -per_usd
    exponent -= block.base_hours[group.rows] * per_hour
    exponent -= block.base_border[group.rows] * (at_nest[nest] - per_hour)
    outside = np.flatnonzero([layout.choices.modes[r] == OUTSIDE for r in group.rows])
    exponent[outside] = -block.scale * values["outside_cost"]
    return np.maximum(exponent, _LEAST, out=exponent), (per_usd, per_hour, at_nest)


def base_odds(group: Group, j: int, values: Mapping[str, Array]) -> Array:
    """(nests, b) what modes carry of the group's class number ``j`` in the base year, up to a factor: as observed for the one that
    carries most, the others as drawn."""
    share = np.nan_to_num(group.base_share[j])[:, None]
    return np.asarray(np.where(_leads(group, j)[:, None], share, share * values["base_share_factor"]))


def _leads(group: Group, j: int) -> npt.NDArray[np.bool_]:
    share = np.nan_to_num(group.base_share[j])
    largest = np.zeros(group.sum_markets.shape[0])
    np.maximum.at(largest, group.market_of_nest, share)
    return np.asarray(share == largest[group.market_of_nest])


class NestedLogit:
    """Choices of one group of cargo classes.

    With ``E`` the attraction of a route, a nest sums to ``S = sum E``, weighs ``S^phi H`` in its
    market (``H`` carries the hidden cost) and the market sums to ``T``; the composite cost is
    ``c = -ln(T) / (phi lambda)``. The market trades ``q = q0 (p / p0)^-theta`` with ``p = p0 + c -
    c0`` the delivered price in units of the goods' value and ``p0 = 1 + g0`` that of the base year,
    in which money and time come to ``g0``. ``q`` is the slope of a concave function of ``c``, so
    trade that reacts leaves the equilibrium a convex programme.
    """

    def __init__(self, block: Loading, group: Group, active: Array, exponents: Sequence[Exponent]) -> None:
        layout, values, traded = block.layout, block.values, block.traded
        choices = layout.choices
        self.group, self.size = group, block.size
        self.phi, self.scale, self.theta = block.phi, block.scale, values["trade_elasticity"]
        self.congested = group.coupling.members.size > 0
        rows, classes, market, nest = group.rows, group.classes, group.market_of_nest, group.nest_of_row
        self.value = goods_usd_per_t(block, group)
        more_usd, more_hours, more_border = block.more_usd[rows], block.more_hours[rows], block.more_border[rows]
        base_weight, weight = block.base_weight[rows], block.weight[rows]
        self.sizes = block.sizes[rows]
        phases = [same_borders.there(choices.routes, rows[v], active) for v in group.variants]
        moved = bool(np.any(more_usd) or np.any(more_border) or np.any(more_hours))
        counted = layout.counted[layout.first_pair][market][nest]
        mine = np.isin(
            np.arange(layout.first_pair.size),
            [m for m, p in enumerate(layout.first_pair) if choices.pairs[p] in traded],
        )
        self.ours = mine[market][nest]
        lifted = layout.studied[market] & (group.road_nest[market] == np.arange(market.size))
        # Shut is what is shut, not what is dear beyond reach of the arithmetic.
        self.opened = np.asarray(group.sum_nests @ (weight > 0.0) > 0.0)
        self.has_way = np.asarray(group.sum_markets @ self.opened > 0.0)
        self.attraction: list[Array] = []
        self.hidden: list[Array] = []
        self.trucks: list[Array] = []
        # Cost of an hour at a border by route, and by nest.
        self.border: list[Array] = []
        self.at_nest: list[Array] = []
        self.cost_zero: list[Array] = []
        self.price_zero: list[Array] = []
        self.base_flow = np.zeros((rows.size, block.size))
        for j, c in enumerate(classes):
            exponent, (per_usd, per_hour, at_nest) = exponents[j]
            at = at_nest[nest]
            pull = np.exp(exponent)
            pull *= self.sizes
            base = pull * base_weight
            sums = np.maximum(group.sum_nests @ base, _NOTHING)
            hidden = self._calibrate(j, sums, pull, values)
            tops, totals = self._market(sums, hidden, group.sum_nests @ (base_weight > 0.0) > 0.0)
            part = tops / totals[market]
            within = (part / sums)[nest]
            self._reference(base, base_weight, within, exponent, pull, hidden, totals)
            attraction = pull * weight
            easier = None
            if moved:
                more = more_usd * -per_usd
                more -= more_hours * per_hour
                more -= more_border * at
                easier = np.exp(np.maximum(more, _LEAST, out=more), out=more)
                attraction *= easier
            for ways, phase in zip(group.variants, phases, strict=True):
                whole = pull[ways] if easier is None else pull[ways] * easier[ways]
                attraction[ways] *= same_borders.taken(whole, phase)
            trucks = self._trucks(j, part, block)
            if self.congested:
                flow = base * within
                flow *= trucks[market][nest]
                self.base_flow += flow
            for pair, musd in traded.items():
                p = choices.pairs.index(pair)
                here = layout.first_pair == p
                loads = musd[c] * (1.0 - layout.piped[p, c]) * 1e6 / self.value[j][here] / layout.payload[c] / _DAYS_PER_YEAR
                trucks[here] = layout.market_weight[here] * layout.trucks_of_a_load[p] * loads
            self.border.append(at)
            self.at_nest.append(at_nest)
            self.attraction.append(attraction)
            self.hidden.append(np.where(lifted[:, None] & (hidden < 1.0), hidden ** values["road_hidden_kept"], hidden))
            self.trucks.append(trucks)
        self.base_flow[~counted] = 0.0
        self.not_ours = ~mine
        self.flow = self.sensitive = np.zeros((0, block.size))
        self.by_class: list[Array] = []
        self.curvature: list[Array] = []
        # The elasticity that steps reckon with: a pair's sectors may have another than its classes.
        self.slope = np.broadcast_to(self.theta, (group.sum_markets.shape[0], block.size))
        self.looked: list[tuple[Array, ...]] = []
        self.kept: list[Array] = []

    def _calibrate(self, j: int, sums: Array, pull: Array, values: Mapping[str, Array]) -> Array:
        """Hidden weights ``H`` of all nests with which the base year's shares come out.

        ``H = share / S^phi``, divided by that of the mode that carries most, whose hidden cost is
        nil. Odds of the other modes are drawn (``base_share_factor``). A nest that is shut in the
        base year is calibrated as if it were open.
        """
        group = self.group
        observed = group.base_share[j]
        share, leads = np.nan_to_num(observed), _leads(group, j)
        odds = base_odds(group, j, values)
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

    def _reference(
        self, base: Array, base_weight: Array, within: Array, exponent: Array, pull: Array, hidden: Array, totals: Array
    ) -> None:
        """Composite cost and delivered price of the base year, from which trade moves; as if open
        where all was shut."""
        group = self.group
        paid = base * within
        paid *= exponent
        with np.errstate(divide="ignore", invalid="ignore"):
            paid += np.where(base_weight > 0.0, base * within * np.log(base_weight), 0.0)
        mean = (group.sum_markets @ (group.sum_nests @ paid)) / -self.scale
        shut = totals <= _NOTHING
        if shut.any():
            nest, market = group.nest_of_row, group.market_of_nest
            sums = np.maximum(group.sum_nests @ pull, _NOTHING)
            tops, opened = self._market(sums, hidden, np.ones(sums.shape, dtype=bool))
            taken = pull * (tops / sums / opened[market])[nest]
            mean = np.where(shut, (group.sum_markets @ (group.sum_nests @ (taken * exponent))) / -self.scale, mean)
            totals = np.where(shut, opened, totals)
        self.cost_zero.append(-np.log(totals) / (self.phi * self.scale))
        self.price_zero.append(1.0 + np.maximum(mean, 0.0))

    def _trucks(self, j: int, part: Array, block: Loading) -> Array:
        """(markets, b) truckloads a day of all modes in the base year, scaled up from counted trucks."""
        group = self.group
        road = group.road_nest
        on_road = np.where((road >= 0)[:, None], part[np.maximum(road, 0)], 0.0)
        counted = group.trucks_base[j][:, None] * block.values["background_traffic_factor"]
        return np.where(on_road > 0.0, counted / np.maximum(on_road, 1e-9), 0.0)

    def sent(self) -> Array:
        """(markets, b) counted trucks a day in the base year."""
        return np.asarray(self.group.sum_markets @ (self.group.sum_nests @ self.base_flow))

    def passing(self, crossing: int) -> Array:
        """(markets, b) of them, those through one crossing."""
        rows = np.flatnonzero(self.group.through[:, [crossing]].toarray()[:, 0])
        only = np.zeros_like(self.base_flow)
        only[rows] = self.base_flow[rows]
        return np.asarray(self.group.sum_markets @ (self.group.sum_nests @ only))

    def scale_counted(self, part: Array) -> None:
        """Let the trucks of each market that is counted, and not the study's, stand for fewer:
        ``part`` (markets, b)."""
        self.base_flow *= part[self.group.market_of_nest][self.group.nest_of_row]
        scale = np.where(self.not_ours[:, None], part, 1.0)
        self.trucks = [trucks * scale for trucks in self.trucks]

    def grow(self, grown: Array) -> None:
        """Trucks of other pairs grow as the traffic of the crossings that they pass."""
        group = self.group
        only = group.through[:, : grown.shape[0]]
        passes = np.maximum(np.asarray(only.sum(axis=1)), 1e-12)[:, None]
        carried = self.base_flow * (np.asarray(only.sum(axis=1)) > 0)[:, None]
        total = group.sum_markets @ (group.sum_nests @ carried)
        carried *= (only @ grown) / passes
        growth = (group.sum_markets @ (group.sum_nests @ carried)) / np.maximum(total, 1e-300)
        growth = np.where(total > 0.0, growth, 1.0)
        scale = np.where(self.not_ours[:, None], growth, 1.0)
        self.trucks = [trucks * scale for trucks in self.trucks]

    def _slower(self, more_hours: Array) -> Iterator[tuple[Array, Array]]:
        """Attraction of routes with ``more_hours`` (rows, b) of queues than in the base year, class by class, and what was taken
        off the exponents of a market's routes together (markets, b, or 1 and nil): where all of
        them queue beyond the reach of the arithmetic, their differences still count.
        """
        none = np.zeros((1, 1))
        for e, at in zip(self.attraction, self.border, strict=True):
            lost = more_hours * at
            off = self._common(lost, e) if lost.max(initial=0.0) > _FAR else none
            apart = lost if off is none else lost - off[self.group.market_of_nest][self.group.nest_of_row]
            yield e * np.exp(np.clip(-apart, _LEAST, -_LEAST)), off

    def _common(self, lost: Array, attraction: Array) -> Array:
        """(markets, b) the least that any open route of a market loses, 0 where that is within reach."""
        least = np.full((self.group.sum_markets.shape[0], self.size), np.inf)
        market = self.group.market_of_nest[self.group.nest_of_row]
        np.minimum.at(least, market, np.where(attraction > 0.0, lost, np.inf))
        return np.where((least > _FAR) & np.isfinite(least), least, 0.0)

    def _market(self, sums: Array, hidden: Array, opened: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
        """Weights of nests, 0 for those that are shut, and their sums over the nests of a market."""
        tops = np.exp(self.phi * np.log(sums)) * hidden
        tops[~opened] = 0.0
        return tops, np.maximum(self.group.sum_markets @ tops, _NOTHING)

    def _cost(self, totals: Array, off: Array) -> Array:
        """(markets, b) composite cost; ``off`` was taken off all exponents of a market."""
        return np.asarray(-np.log(totals) / (self.phi * self.scale) + off / self.scale)

    def _price(self, j: int, totals: Array, off: Array) -> Array:
        """(markets, b) delivered price in units of the goods' value."""
        cost = self._cost(totals, off)
        price = np.maximum(self.price_zero[j] + cost - self.cost_zero[j], _CHEAPEST)
        return np.where(self.has_way, price, _NO_WAY)

    def look(self, more_hours: Array) -> None:
        """Attraction, nests, markets and prices with ``more_hours`` of queues, and in ``kept`` (markets, b), class by class, what
        a market keeps of its trade."""
        self.looked, self.kept = [], []
        for j, (attraction, off) in enumerate(self._slower(more_hours)):
            sums = np.maximum(self.group.sum_nests @ attraction, _NOTHING)
            tops, totals = self._market(sums, self.hidden[j], self.opened)
            price = self._price(j, totals, off)
            self.looked.append((attraction, off, sums, tops, totals, price))
            self.kept.append((price / self.price_zero[j]) ** -self.theta)

    def flows(self, shift: Array) -> Array:
        """(rows, b) truckloads a day on the group's routes, all classes together, at what was looked at last.

        ``shift`` (markets, b) is what world trade makes of demand.
        """
        market, nest = self.group.market_of_nest, self.group.nest_of_row
        total = np.zeros((self.group.rows.size, self.size))
        self.sensitive = np.zeros_like(total)
        self.by_class, self.curvature = [], []
        for j, (attraction, _, sums, tops, totals, price) in enumerate(self.looked):
            trade = self.trucks[j] * shift * self.kept[j]
            flow = attraction * (tops / sums * (trade / totals)[market])[nest]
            total += flow
            self.by_class.append(flow)
            self.sensitive += flow * self.border[j]
            # What a share of a market loses to the others less what the market loses altogether,
            # per truck.
            loss = np.where(price > _CHEAPEST, self.slope / (price * self.scale), 0.0)
            self.curvature.append((self.phi - loss) / np.maximum(trade, 1e-30))
        self.flow = total
        return total

    def response(self) -> Array:
        """(Y, Y, b) trucks a day lost at one crossing for an hour more at another, at the last flows.

        For a nested logit of trade that reacts ``-df_r/dg_s = lambda [f_r 1(r = s) - (1 - phi) f_r
        f_s / F_nest - (phi - theta / (lambda p)) f_r f_s / F_market]``.
        """
        x, y = self.group.coupling.pairs
        lost = np.empty((x.size, self.size))
        for first in range(0, self.size, _TOGETHER):
            some = slice(first, first + _TOGETHER)
            lost[:, some] = self._lost(some)
        size = self.group.coupling.members.size
        matrix = np.zeros((size, size, self.size))
        matrix[x, y] = lost
        matrix[y, x] = lost
        return matrix

    def _lost(self, some: slice) -> Array:
        """(pairs of crossings, b') of :meth:`response`, in some of the cases."""
        coupling, market = self.group.coupling, self.group.market_of_nest
        lost = np.asarray(coupling.together @ np.ascontiguousarray(self.sensitive[:, some]))
        own = 1.0 - self.phi[some]
        for at, by_class, curvature in zip(self.at_nest, self.by_class, self.curvature, strict=True):
            flow = np.ascontiguousarray(by_class[:, some])
            across = curvature[:, some][market]
            within = across + own / np.maximum(self.group.sum_nests @ flow, 1e-30)
            visits = coupling.visits @ flow
            scaled = visits * (within * at[:, some])[coupling.visit_nest]
            lost -= coupling.products @ (scaled[coupling.first] * visits[coupling.second])
            if coupling.far_first.size:
                scaled = visits * (across * at[:, some])[coupling.visit_nest]
                lost -= coupling.far_products @ (scaled[coupling.far_first] * visits[coupling.far_second])
        return lost

    def part(self, columns: npt.NDArray[np.intp]) -> NestedLogit:
        """The same choices for some of the cases only."""
        other = copy.copy(self)
        for name in (
            "phi",
            "scale",
            "theta",
            "value",
            "sensitive",
            "flow",
            "opened",
            "has_way",
            "slope",
        ):
            setattr(other, name, getattr(self, name)[..., columns])
        for name in (
            "attraction",
            "hidden",
            "trucks",
            "by_class",
            "border",
            "at_nest",
            "cost_zero",
            "price_zero",
            "curvature",
            "kept",
        ):
            setattr(other, name, [array[..., columns] for array in getattr(self, name)])
        other.sizes = self.sizes if self.sizes.shape[-1] == 1 else self.sizes[:, columns]
        other.looked = []
        other.size = columns.size
        return other

    def report(
        self,
        layout: Layout,
        composite: Array,
        mean: Array,
        share: Array,
        hidden_cost: Array,
    ) -> None:
        """Add the group's classes to composite and mean cost (P, C, b), shares and hidden cost (R,
        C, b), at what was looked at last."""
        group = self.group
        ln_size = np.log(self.sizes)
        for j, (attraction, off, sums, tops, totals, _) in enumerate(self.looked):
            c = group.classes[j]
            composite[:, c] = layout.market_of_pair @ self._cost(totals, off)
            part = (tops / sums * (layout.market_weight / totals)[group.market_of_nest])[group.nest_of_row]
            taken = attraction * part
            share[group.rows, c] = taken
            # Money and time of what is chosen: the exponent of its attraction, availability being
            # near 1 where it is used.
            paid = taken * ((np.log(np.maximum(attraction, _NOTHING)) - ln_size) / -self.scale)
            by_market = group.sum_markets @ (group.sum_nests @ paid) + layout.market_weight * off / self.scale
            mean[:, c] = (layout.market_of_pair > 0.0) @ by_market
            with np.errstate(divide="ignore"):
                equivalent = -np.log(self.hidden[j]) / (self.phi * self.scale) * self.value[j][group.market_of_nest]
            hidden_cost[group.rows, c] = equivalent[group.nest_of_row]
