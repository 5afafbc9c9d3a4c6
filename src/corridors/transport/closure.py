"""What if a border shuts for a month: who waits, who goes round, and what the second corridor is worth.

While a crossing is shut for ``t`` days, those who come to it wait ``t / 2`` days on average; in the
fluid queue that holds for all who arrive until the backlog has gone, whatever the capacity. So a
closure is a crossing that takes ``12 t`` hours longer, and the equilibrium of
:mod:`corridors.transport.system` says who still comes (and stands there in the end) and who takes
another road, ship or train. For goods by road, the cost of choosing among routes of generalised
cost ``g`` is the log-sum ``I = -ln(sum exp(-lambda g)) / lambda`` of
:mod:`corridors.transport.nested_logit`; its change is

    ``dI = g_r' - g_r + (ln s_r' - ln s_r) / lambda``, the same for every road route ``r`` of share
    ``s_r``.

Who has no way round loses ``(t / 2)`` times what a day at a border costs, goods, spread and truck. The difference is what the second
corridor is worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.errors import DataError
from corridors.transport import system as choice
from corridors.transport import trade_cost as cost
from corridors.transport.effects import Move
from corridors.transport.frames import HOURS_PER_DAY
from corridors.transport.network import Network
from corridors.transport.system import Pair, System, TransportState

Array = npt.NDArray[np.float64]

COLUMNS = (
    "crossing", "name", "days", "road_share_through", "diverted_share", "diverted_by_road_share",
    "diverted_by_other_modes_share", "main_alternative", "extra_days", "extra_usd_per_t", "extra_cost_usd_per_t",
    "extra_ad_valorem_percent", "cost_if_only_waiting_usd_per_t", "cost_if_only_waiting_percent",
    "second_corridor_worth_usd_per_t", "second_corridor_worth_percent", "composite_cost_change_percent",
    "backlog_trucks", "backlog_study_trucks", "backlog_if_nobody_diverts_trucks", "days_to_clear",
)  # fmt: skip


@dataclass(frozen=True)
class _Goods:
    """Goods of the study by route shown (R) and class (C): value, dollars a tonne of the pair, and what a day costs."""

    value: Array
    """(R, C) million dollars a year of the pair that the route belongs to, pipelines left out."""
    usd_per_t: Array
    """(R, C)"""
    day: Array
    """(C,) cost of a day as a share of goods value."""
    at_border: Array
    """(R, C) the same of a day at a border, where its spread counts too and a truck stands."""
    scale: float
    theta: float
    road: npt.NDArray[np.bool_]
    """(R,)"""
    market: npt.NDArray[np.intp]
    """(R,) number of the market (pair and gateways)."""


def closure_stress(
    network: Network,
    measures: Sequence[Any],
    pair: Pair,
    params_central: Mapping[str, npt.ArrayLike],
    demand: Mapping[Pair, npt.ArrayLike],
    days: float = 30.0,
    year: float | None = None,
) -> pd.DataFrame:
    """What shutting each crossing for ``days`` does to the study's road goods, one row a crossing.

    Parameters
    ----------
    network: from :func:`corridors.transport.network.load`.
    measures: those of the scenario; all are taken as fully in place.
    pair: the study's two economies; both directions count together, by value.
    params_central: from :func:`corridors.uncertainty.central`.
    demand: directed pair -> (C,) million dollars a year, in the order of the cargo classes.
    days: length of the closure, above 0 and up to 365.
    year: of ``demand``, to which all other traffic has grown; None: the base year of traffic.

    Crossings that some road goods of the study pass have a row; one that is shut anyway has none.
    Shares are between 0 and 1.

    ==================================
    ========================================================================== crossing, name, days
    which crossing is shut, and for how long road_share_through                  part of the study's
    road goods (by value) that passes there before diverted_share                      part of those
    that goes another way rather than wait; of it by other roads
                                        (diverted_by_road_share) and by ship, train or aircraft (the
                                        rest)
    main_alternative                    the route that gains most, by name
    extra_days, extra_usd_per_t         more transit days and dollars a tonne, mean of goods that
    stay on the road extra_cost_usd_per_t,               cost to goods that pass there, days and
    dollars together, with all ways extra_ad_valorem_percent            round open: ``dI``, a tonne
    and in percent of goods value cost_if_only_waiting_usd_per_t,     the same if they could only
    wait cost_if_only_waiting_percent second_corridor_worth_usd_per_t,    the difference: what
    having another way is worth second_corridor_worth_percent composite_cost_change_percent       of
    the delivered price of all the pair's goods, by all modes, during the closure: the
                                        ratio of price factors by class, put together as the trade
                                        they leave
    backlog_trucks                      trucks that stand there on the last day, all trade
    backlog_study_trucks                of these the study's
    backlog_if_nobody_diverts_trucks    the same if all waited
    days_to_clear                       days after opening until that backlog has gone; missing: it
    never does ==================================
    ==========================================================================

    Raises DataError if ``days`` is not within its limits, NetworkError for an unknown economy.
    """
    return stress_of(choice.compile_system(network, measures, study=pair), params_central, demand, days, year)


def stress_of(
    system: System,
    params_central: Mapping[str, npt.ArrayLike],
    demand: Mapping[Pair, npt.ArrayLike],
    days: float = 30.0,
    year: float | None = None,
    active: npt.NDArray[np.float64] | None = None,
    shift: npt.ArrayLike = 1.0,
) -> pd.DataFrame:
    """:func:`closure_stress` for a network that is compiled already, with the study's pair and the measures in it.

    ``active`` (M,) is how far measures are in place (None: fully), ``shift`` (1, P) what world
    trade makes of demand.
    """
    if not 0 < days <= 365:
        raise DataError(f"closure_stress: days = {days!r}: must be above 0 and at most 365")
    count = system.effects.count
    there = np.ones(count) if active is None else active
    now = system.solve(params_central, active=there, year=year, demand=demand, shift=shift)
    carrying = now.route_share[0].sum(axis=1) > 0
    passed = {
        c
        for r, used in zip(system.routes, carrying, strict=True)
        if used and r.mode == "road"
        for c in r.crossings
    }
    crossings = [x for x, name in enumerate(system.crossings) if name in passed]
    if not crossings:
        return pd.DataFrame(columns=list(COLUMNS))
    shut = _with_waits(system, crossings, 0.5 * HOURS_PER_DAY * days / _factor(params_central))
    closed = np.concatenate([np.tile(there, (len(crossings), 1)), np.eye(len(crossings))], axis=1)
    then = shut.solve(params_central, active=closed, year=year, demand=demand, shift=shift)
    goods = _goods(system, params_central, demand)
    rows = [_row(system, now, then, k, x, goods, days) for k, x in enumerate(crossings)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _factor(params: Mapping[str, npt.ArrayLike]) -> float:
    return float(np.atleast_1d(np.asarray(params["processing_factor"], dtype=float))[0])


def _with_waits(system: System, crossings: Sequence[int], hours: float) -> System:
    """The system with one more measure a crossing, which takes that many hours longer, after all others there."""
    count = system.effects.count
    working = system.network.crossings["processing_hours"].to_numpy(dtype=float).copy()
    for move in system.effects.processing_hours:
        working[move.index] = move.level
    waits = tuple(Move(x, count + k, float(working[x] + hours)) for k, x in enumerate(crossings))
    effects = replace(
        system.effects, count=count + len(crossings), processing_hours=(*system.effects.processing_hours, *waits)
    )
    # Only the lists of what measures move are replaced: routes and arrays stay as they are.
    return replace(system, effects=effects, layout=replace(system.layout, effects=effects))


def _goods(system: System, params: Mapping[str, npt.ArrayLike], demand: Mapping[Pair, npt.ArrayLike]) -> _Goods:
    def one(name: str) -> float:
        return float(np.atleast_1d(np.asarray(params[name], dtype=float))[0])

    routes = system.routes
    keys = [(r.exporter, r.importer, r.origin, r.destination) for r in routes]
    number = {key: m for m, key in enumerate(dict.fromkeys(keys))}
    none = np.zeros(len(system.cargo_classes))
    ways = system.layout.first_pair[system.choices.market_of[system.shown]]
    usd_per_t = np.asarray(system.layout.unit_value[ways] * one("unit_value_factor"))
    day = np.asarray(system.layout.day_multiplier * one("value_of_a_day"))
    return _Goods(
        value=np.stack([np.asarray(demand.get((r.exporter, r.importer), none), dtype=float) for r in routes])
        * (1.0 - system.layout.piped[ways]),
        usd_per_t=usd_per_t,
        day=day,
        at_border=day * (1.0 + one("reliability_ratio")) + one("truck_day_usd") / (usd_per_t * system.layout.payload),
        scale=one("route_scale"),
        theta=one("trade_elasticity"),
        road=np.array([r.mode == "road" for r in routes]),
        market=np.array([number[key] for key in keys], dtype=np.intp),
    )


def _row(
    system: System, now: TransportState, then: TransportState, k: int, x: int, goods: _Goods, days: float
) -> dict[str, Any]:
    name = system.crossings[x]
    here = np.array([name in r.crossings for r in system.routes]) & goods.road
    before, after = now.route_share[0], then.route_share[k]
    value_before, value_after = goods.value * before, goods.value * after
    through, on_road = value_before[here].sum(), value_before[goods.road].sum()
    lost = through - value_after[here].sum()
    gained = np.where(here[:, None], 0.0, np.maximum(value_after - value_before, 0.0)).sum(axis=1)
    by_road = gained[goods.road].sum() / gained.sum() if gained.sum() > 0 else 0.0
    best = int(np.argmax(gained))
    borders = system.choices.through[system.shown, : len(system.crossings)] @ (then.crossing_hours[k] - now.crossing_hours[0])
    cost = _road_cost(now, then, k, goods, borders / HOURS_PER_DAY)
    # Value and tonnes of what passed the crossing before, by route and class, say whose cost is
    # meant.
    value = np.where(here[:, None], value_before, 0.0)
    tonnes = value / goods.usd_per_t
    waiting = 0.5 * days * goods.at_border
    load = now.crossing_load_trucks_per_day[0, x]
    room = now.crossing_capacity[0, x] * float(system.layout.days_open[x, 0]) / 7.0 - load
    none = not through > 0
    return {
        "crossing": name,
        "name": system.network.places[name],
        "days": days,
        "road_share_through": through / on_road if on_road > 0 else np.nan,
        "diverted_share": np.nan if none else lost / through,
        "diverted_by_road_share": np.nan if none else lost / through * by_road,
        "diverted_by_other_modes_share": np.nan if none else lost / through * (1.0 - by_road),
        "main_alternative": "" if none else _named(system, best),
        "extra_days": _mean_on_road(then.route_hours[k], value_after, goods) / HOURS_PER_DAY
        - _mean_on_road(now.route_hours[0], value_before, goods) / HOURS_PER_DAY,
        "extra_usd_per_t": _mean_on_road(then.route_usd_per_t[k], value_after, goods)
        - _mean_on_road(now.route_usd_per_t[0], value_before, goods),
        "extra_cost_usd_per_t": _mean(cost * goods.usd_per_t, tonnes),
        "extra_ad_valorem_percent": 100.0 * _mean(cost, value),
        "cost_if_only_waiting_usd_per_t": _mean(waiting * goods.usd_per_t, tonnes),
        "cost_if_only_waiting_percent": 100.0 * _mean(waiting, value),
        "second_corridor_worth_usd_per_t": _mean((waiting - cost) * goods.usd_per_t, tonnes),
        "second_corridor_worth_percent": 100.0 * _mean(waiting - cost, value),
        "composite_cost_change_percent": _delivered(system, now, then, k, goods),
        "backlog_trucks": then.crossing_load_trucks_per_day[k, x] * days,
        "backlog_study_trucks": then.study_trucks_per_day[k, x] * days,
        "backlog_if_nobody_diverts_trucks": load * days,
        "days_to_clear": then.crossing_load_trucks_per_day[k, x] * days / room if room > 0 else np.nan,
    }


def _named(system: System, position: int) -> str:
    route = system.routes[position]
    return route.title(system.network.places, system.effects.links, system.effects.services)


def _road_cost(now: TransportState, then: TransportState, k: int, goods: _Goods, border_days: Array) -> Array:
    """(R, C) change of the log-sum over road routes of each route's market, as a share of goods value; ``border_days`` (R,) of the
    change of days are at borders."""
    hours = (then.route_hours[k] - now.route_hours[0]) / HOURS_PER_DAY
    usd = then.route_usd_per_t[k] - now.route_usd_per_t[0]
    change = hours[:, None] * goods.day + border_days[:, None] * (goods.at_border - goods.day) + usd[:, None] / goods.usd_per_t
    result: Array = np.zeros(change.shape)
    for m in np.unique(goods.market):
        rows = np.flatnonzero((goods.market == m) & goods.road)
        before, after = now.route_share[0][rows], then.route_share[k][rows]
        for c in range(change.shape[1]):
            total, later = before[:, c].sum(), after[:, c].sum()
            if not (total > 0 and later > 0):
                continue
            # The route that carries most afterwards has the most exact logarithm.
            r = int(np.argmax(after[:, c]))
            share = np.log(after[r, c] / later) - np.log(before[r, c] / total)
            result[rows, c] = change[rows[r], c] + share / goods.scale
    return result


def _mean(values: Array, weights: Array) -> float:
    total = weights.sum()
    return float((values * weights).sum() / total) if total > 0 else float("nan")


def _mean_on_road(quantity: Array, value: Array, goods: _Goods) -> float:
    """Mean over a tonne of the study's road goods."""
    tonnes = np.where(goods.road[:, None], value / goods.usd_per_t, 0.0)
    return _mean(np.broadcast_to(quantity[:, None], tonnes.shape), tonnes)


def _delivered(system: System, now: TransportState, then: TransportState, k: int, goods: _Goods) -> float:
    """Percent change of the delivered price of all the pair's goods, those in pipelines too, both directions, weighted by value."""
    total = change = 0.0
    for pair in system.study:
        p = system.pair_index(*pair)
        first = next(i for i, r in enumerate(system.routes) if (r.exporter, r.importer) == pair)
        value = goods.value[first] / (1.0 - system.layout.piped[p])
        if value.sum() > 0.0:
            factor = then.price_factor[k, p] / now.price_factor[0, p]
            change += float(value.sum()) * (
                float(cost.pair_factors(factor[None, None], value, [goods.theta])[0, 0]) - 1.0
            )
            total += float(value.sum())
    return 100.0 * change / total if total > 0 else float("nan")
