"""What one solved state of the network is worth against another: users' gains, treasuries' fees, ways of every pair.

A bridge from :class:`corridors.transport.system.TransportState` to the arrays of
:mod:`corridors.appraisal.users`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from corridors.appraisal import users
from corridors.transport import effects as measure_effects
from corridors.transport.choice_set import OUTSIDE
from corridors.transport.system import Pair, System, TransportState

Array = npt.NDArray[np.float64]
Params = Mapping[str, Array]
Index = npt.NDArray[np.intp]

_HOURS = 24.0
_ALL = slice(None)
_LEAST = 1e-24
"""What is left at least on the ways of a pair, as a part: that of a price a million times as high."""
DETOUR = 1.3
"""Length of a way outside the network over the great circle between its ends."""


def showing_all(system: System) -> System:
    """The same system with arrays for every pair's routes, not only the study's."""
    every = np.arange(len(system.choices.routes), dtype=np.intp)
    return replace(system, shown=every, layout=replace(system.layout, shown=every))


def of_each(
    system: System, params: Params, phases: Array, year: float, demand: Mapping[Pair, npt.ArrayLike], shift: npt.ArrayLike
) -> TransportState:
    """One batch of the central case ``params`` (1,), a case for each row of ``phases`` (B, M);
    ``demand`` (C,), ``shift`` (1, P)."""
    return system.solve(
        {name: np.repeat(value, len(phases)) for name, value in params.items()},
        active=phases,
        year=year,
        demand={pair: np.atleast_2d(value) for pair, value in demand.items()},
        shift=shift,
    )


def ends_of_crossings(system: System) -> tuple[tuple[str, str], ...]:
    """The two economies of each crossing."""
    found = (system.network.economies[name] for name in system.crossings)
    return tuple((pair[0], pair[1]) for pair in found)


def truck_value_usd(system: System, params: Params) -> Array:
    """(B, X) value of the goods on a truck of no known pair, by crossing."""
    return np.asarray(system.layout.truck_value[:, 0] * np.asarray(params["unit_value_factor"])[:, None])


def truck_hour_usd(system: System, params: Params) -> Array:
    """(B, X) what an hour at a border costs a loaded truck: its goods' time, the spread of that
    time, vehicle and driver."""
    spread = np.asarray(params["value_of_a_day"]) * (1.0 + np.asarray(params["reliability_ratio"]))
    goods = truck_value_usd(system, params) * system.layout.rest_day_multiplier * spread[:, None]
    return np.asarray((goods + np.asarray(params["truck_day_usd"])[:, None]) / _HOURS)


def rest_gains(system: System, before: TransportState, after: TransportState, params: Params) -> Array:
    """(B, X) million dollars a year that trucks of no known pair gain.

    They react as ``n exp(-e dc)`` to a delivered price that rises by a share ``dc``
    (:mod:`corridors.transport.assignment`), so that their surplus is ``n`` times the value of a
    truckload over ``e``: its change depends on the two states alone, openings and closures
    included.
    """
    worth = truck_value_usd(system, params) / np.asarray(params["rest_elasticity"])[:, None]
    more = after.rest_trucks_per_day - before.rest_trucks_per_day
    return np.asarray(more * worth * users.DAYS_PER_YEAR / users.MILLION)


def crossing_gains(
    system: System, before: TransportState, after: TransportState, params: Params, fee_saved: Array | float = 0.0
) -> Array:
    """(B, X) million dollars a year that all trucks together gain in hours and fees at crossings,
    by the rule of half."""
    saved = before.crossing_hours - after.crossing_hours
    trucks = [np.where(state.open_share > 0.0, state.crossing_load_trucks_per_day, 0.0) for state in (before, after)]
    return users.crossing_gains(trucks[0], trucks[1], saved, truck_hour_usd(system, params), np.asarray(fee_saved))


def traded(
    system: System, state: TransportState, value_musd: Array, theta: Array, pairs: Index | slice = _ALL
) -> Array:
    """(B, P, C) trade that some of the system's pairs have on its ways in a state, of what ``value_musd`` (B or 1, P, C) would
    be at the costs of the base year; what flows through pipelines left out."""
    kept = state.price_factor[:, pairs] ** -np.asarray(theta, dtype=float)[:, None, None]
    return np.asarray(value_musd * _carried(system.layout.piped[pairs], kept) * state.shift[:, pairs, None])


def price_on_ways(system: System, before: TransportState, factor: Array, theta: Array, pairs: Index | slice = _ALL) -> Array:
    """(B, P, C) delivered price on the ways, after over before, of some of the pairs whose price of all trade, pipelines
    included, moves by ``factor`` (B, P, C)."""
    piped = system.layout.piped[pairs]
    if not piped.any():
        return factor
    th = np.asarray(theta, dtype=float)[:, None, None]
    kept = before.price_factor[:, pairs] ** -th
    left = _carried(piped, kept * factor**-th) / _carried(piped, kept)
    return np.where((factor == 1.0) | (piped == 0.0), factor, left ** (-1.0 / th))


def _carried(piped: Array, kept: Array) -> Array:
    """What is on the ways of a pair's trade of which ``kept`` (B, P, C) is left, as a part of that of the base year."""
    return np.maximum(kept - piped, _LEAST) if piped.any() else kept


def pair_gains(
    system: System, before: TransportState, after: TransportState, value_musd: Array, theta: Array
) -> tuple[Array, Array]:
    """(B, P) gains of existing goods and of new trade of all pairs of a system.

    ``value_musd`` (B or 1, P, C) is trade at the costs of the base year; what is left of it in
    ``before`` gains.
    """
    factor = price_on_ways(system, before, after.price_factor / before.price_factor, theta)
    return users.goods(traded(system, before, value_musd, theta), np.maximum(before.mean_cost, 0.0), factor, theta)


def fee_usd(system: System, active: Array) -> Array:
    """(B, X) dollars a truck at crossings with measures ``active`` (B, M)."""
    moved = measure_effects.apply(system.layout.fee, system.effects.fee, np.asarray(active, dtype=float).T)
    return np.asarray(moved.T)


def fees_musd(system: System, state: TransportState, active: Array | None) -> Array:
    """(B, X) what trucks pay at crossings a year, million dollars, with measures ``active`` (B, M) or none."""
    fee = system.layout.fee.T if active is None else fee_usd(system, active)
    return np.asarray(state.crossing_load_trucks_per_day * fee * users.DAYS_PER_YEAR / users.MILLION)


def saved_by_kind(
    system: System, before: TransportState, after: TransportState, params: Params, value_musd: Array
) -> dict[str, float]:
    """Million dollars a year that existing goods save in the first case, by the rule of half over every way.

    ``system`` shows all routes; ``value_musd`` (P, C). ``time``: hours of the goods;
    ``reliability``: the spread of hours at borders; ``vehicles``: trucks and drivers that stand
    there; ``money``: freight and fees.
    """
    one = {name: float(np.atleast_1d(value)[0]) for name, value in params.items()}
    by_route = np.zeros_like(before.route_share[0])
    for row, r in enumerate(system.shown):
        by_route[row] = value_musd[list(system.choices.markets[system.choices.market_of[r]].pairs)].sum(axis=0)
    goods = by_route * 0.5 * (before.route_share[0] + after.route_share[0])
    hours = before.route_hours[0] - after.route_hours[0]
    at_border = system.choices.through[system.shown, : len(system.crossings)] @ (
        before.crossing_hours[0] - after.crossing_hours[0]
    )
    usd = before.route_usd_per_t[0] - after.route_usd_per_t[0]
    layout = system.layout
    day = one["value_of_a_day"] * layout.day_multiplier / _HOURS
    ways = layout.first_pair[system.choices.market_of[system.shown]]
    a_tonne = layout.unit_value[ways] * one["unit_value_factor"]
    a_truck = a_tonne * layout.payload
    ratio, standing = one.get("reliability_ratio", 0.0), one.get("truck_day_usd", 0.0) / _HOURS
    return {
        "time": float((goods * hours[:, None] * day).sum()),
        "reliability": float((goods * at_border[:, None] * day).sum()) * ratio,
        "vehicles": float((goods * at_border[:, None] / a_truck).sum()) * standing,
        "money": float((goods * usd[:, None] / a_tonne).sum()),
    }


def passages(system: System, state: TransportState) -> Array:
    """(P, X) mean number of times that a pair's goods pass each crossing, classes alike, in the
    first case of ``state``."""
    crossings = len(system.crossings)
    share = state.route_share[0].mean(axis=1)
    by_route = share[:, None] * system.choices.through[system.shown, :crossings]
    found = np.zeros((len(system.pairs), crossings))
    for row, r in enumerate(system.shown):
        for p in system.choices.markets[system.choices.market_of[r]].pairs:
            found[p] += by_route[row]
    return found


def growth(system: System, params: Params, year: float | Array, passed: Array) -> Array:
    """(B, P) growth of a pair's trade from the base year of traffic to ``year``: that of the counts at the crossings it passes.

    A pair that passes none grows as the mean of all. ``passed`` is from :func:`passages`.
    """
    layout = system.layout
    rate = np.maximum(layout.growth + layout.growth_sd * np.asarray(params["background_traffic_growth"]), -0.2)
    grown = (1.0 + rate) ** (year - np.asarray(params["traffic_base_year"]))
    if not passed.shape[1]:
        return np.ones((grown.shape[1], passed.shape[0]))  # no crossing at all, so no count that grows
    total = passed.sum(axis=1, keepdims=True)
    weight = np.where(total > 1e-9, passed / np.maximum(total, 1e-9), 1.0 / passed.shape[1])
    return np.asarray((weight @ grown).T)


def kilometres(system: System) -> dict[str, Array]:
    """(R,) kilometres by mode of every route shown. Ways outside count as rail over the great
    circle, a third longer."""
    out = {mode: np.zeros(len(system.shown)) for mode in ("road", "ferry", "sea", "rail", "air")}
    for row, route in enumerate(system.routes):
        for i in route.links:
            link = system.effects.links[i]
            out[link.mode if link.mode in out else "sea"][row] += link.km
        for i in route.chain:
            mode = system.effects.services[i].mode
            out[mode if mode in out else "rail"][row] += system.effects.services[i].km
        if route.mode == OUTSIDE:
            out["rail"][row] += DETOUR * system.network.distance_km(route.origin, route.destination)
    return out


def carbon_kt(system: System, state: TransportState, value_musd: Array, unit_value: Array, kg_per_t: Array) -> Array:
    """(B, P) kilotonnes of CO2e a year of the goods of all pairs, ways by their shares.

    ``value_musd`` (B or 1, P, C); ``unit_value`` (B or 1, P, C) dollars a tonne; ``kg_per_t`` (R,)
    of the routes shown.
    """
    size = state.route_share.shape[0]
    mean = np.zeros((size, len(system.pairs), len(system.cargo_classes)))
    weighted = state.route_share * kg_per_t[None, :, None]
    for row, r in enumerate(system.shown):
        for p in system.choices.markets[system.choices.market_of[r]].pairs:
            mean[:, p] += weighted[:, row]
    tonnes = value_musd * users.MILLION / unit_value
    return np.asarray((tonnes * mean).sum(axis=-1) / 1e6)


def pair_positions(pairs: tuple[Pair, ...], wanted: tuple[Pair, ...]) -> list[int]:
    """Where each of ``wanted`` stands among ``pairs``, -1 where it does not."""
    known = {pair: p for p, pair in enumerate(pairs)}
    return [known.get(pair, -1) for pair in wanted]
