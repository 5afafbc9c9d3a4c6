"""Solved systems as tables for reports: routes, legs, crossings, where hours and dollars go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.transport.legs import COMPONENTS, Leg, legs
from corridors.transport.routes import Route
from corridors.transport.system import Pair, System, TransportState
from corridors.uncertainty.draws import BAND_AND_MIDDLE, levels

Array = npt.NDArray[np.float64]
Weights = Mapping[Pair, npt.ArrayLike]

HOURS_PER_DAY = 24.0
AT_ONCE = 4096
# A crossing binds where the queue of its median case is longer than this many hours.
BINDING_QUEUE_HOURS = 12.0


def route_ids(system: System) -> list[str]:
    """A readable id for each route of the state: mode, gateways, and what it passes."""
    ids = []
    for route in system.routes:
        middle = system.effects.services[route.service].name if route.service is not None else ""
        parts = [route.mode, route.origin, middle, *route.crossings, *_ferries(system, route), route.destination]
        ids.append("-".join(part for part in parts if part))
    return ids


def _ferries(system: System, route: Route) -> list[str]:
    return [system.effects.links[i].name for i in route.links if system.effects.links[i].mode == "ferry"]


def _title(system: System, route: Route) -> str:
    return route.title(system.network.places, system.effects.links, system.effects.services)


def _km(system: System, route: Route) -> float:
    return float(
        sum(system.effects.links[i].km for i in route.links)
        + sum(system.effects.services[i].km for i in route.chain)
    )


def _direction(system: System, exporter: str) -> str:
    """exports or imports, seen from the first economy of the study."""
    return "exports" if not system.study or exporter == system.study[0][0] else "imports"


def _class_weights(system: System, weights: Weights | None, pair: Pair) -> Array:
    count = len(system.cargo_classes)
    if weights is None or pair not in weights:
        return np.full(count, 1.0 / count)
    value = np.asarray(weights[pair], dtype=float)
    value = value if value.ndim == 1 else np.median(value, axis=0)
    return np.asarray(value / value.sum())


def _weights_by_route(system: System, weights: Weights | None) -> Array:
    """(R, C) value shares of cargo classes in the trade of each route's pair."""
    pairs = [(r.exporter, r.importer) for r in system.routes]
    known = {pair: _class_weights(system, weights, pair) for pair in dict.fromkeys(pairs)}
    return np.stack([known[pair] for pair in pairs])


def _over_classes(system: System, state: TransportState, weights: Weights | None) -> Array:
    """(B, R) route shares of the pair's trade, all cargo classes together by value."""
    by_route = _weights_by_route(system, weights)
    share = state.route_share
    return np.concatenate([(share[rows] * by_route).sum(axis=2) for rows in _few(len(share))])


def _few(cases: int) -> list[slice]:
    """Some cases at a time, where what is made of them is larger than what is kept."""
    return [slice(first, first + AT_ONCE) for first in range(0, max(cases, 1), AT_ONCE)]


def _spread(prefix: str, values: Array, suffix: str) -> dict[str, Array]:
    p10, p50, p90 = levels(values, BAND_AND_MIDDLE)
    return {f"{prefix}_{suffix}": p50, f"{prefix}_{suffix}_p10": p10, f"{prefix}_{suffix}_p90": p90}


def routes_frame(
    system: System, before: TransportState, after: TransportState, weights: Weights | None = None,
) -> pd.DataFrame:
    """One row a route of the study: days, dollars a tonne and share before and after, hidden cost.

    Plain columns are medians over cases, ``_p10`` and ``_p90`` quantiles; shares are means, so that
    they add to one. ``share`` is of the pair's trade with the value ``weights`` (C,) of cargo
    classes by pair (None: equal). ``hidden_usd_per_t`` is the calibrated hidden cost of the mode,
    weighted alike over classes that use it.
    """
    shares = [_over_classes(system, state, weights) for state in (before, after)]
    after_levels = levels(shares[1], BAND_AND_MIDDLE)
    frame = pd.DataFrame(
        {
            "direction": [_direction(system, r.exporter) for r in system.routes],
            "exporter": [r.exporter for r in system.routes],
            "importer": [r.importer for r in system.routes],
            "route": route_ids(system),
            "name": [_title(system, r) for r in system.routes],
            "mode": [r.mode for r in system.routes],
            "origin": [r.origin for r in system.routes],
            "destination": [r.destination for r in system.routes],
            "crossings": [" ".join(r.crossings) for r in system.routes],
            "open_today": [
                all(before.open_share[:, system.crossings.index(c)].max() > 0 for c in r.crossings)
                and not r.needs
                for r in system.routes
            ],
            "km": [_km(system, r) for r in system.routes],
            **_spread("days", before.route_hours / HOURS_PER_DAY, "before"),
            **_spread("days", after.route_hours / HOURS_PER_DAY, "after"),
            **_spread("usd_per_t", before.route_usd_per_t, "before"),
            **_spread("usd_per_t", after.route_usd_per_t, "after"),
            "share_before": shares[0].mean(axis=0),
            "share_after": shares[1].mean(axis=0),
            "share_after_p10": after_levels[0],
            "share_after_p90": after_levels[2],
        }
    )
    hidden = _hidden(system, before, weights)
    frame["hidden_usd_per_t"] = hidden[1]
    frame["hidden_usd_per_t_p10"], frame["hidden_usd_per_t_p90"] = hidden[0], hidden[2]
    order = frame.assign(_first=frame["direction"].eq("imports")).sort_values(
        ["_first", "share_before", "route"], ascending=[True, False, True]
    )
    return order.drop(columns="_first").reset_index(drop=True)


def _hidden(system: System, state: TransportState, weights: Weights | None) -> Array:
    """(3, R) 10th, 50th and 90th percentile of the hidden cost, over the classes that a route carries."""
    by_route = _weights_by_route(system, weights)
    used = state.route_share.max(axis=0) > 0
    found = []
    for rows in _few(len(state.hidden_usd_per_t)):
        hidden = state.hidden_usd_per_t[rows]
        usable = np.isfinite(hidden) & used
        part = np.where(usable, by_route, 0.0)
        value = np.where(usable, hidden, 0.0)
        found.append((part * value).sum(axis=2) / np.maximum(part.sum(axis=2), 1e-12))
    return levels(np.concatenate(found), BAND_AND_MIDDLE)


def _route_legs(system: System, state: TransportState, phases: npt.ArrayLike, payload_t: float) -> list[list[Leg]]:
    queues = np.median(state.queue_hours, axis=0)
    return legs(system, system.routes, queues, phases, payload_t)


def legs_frame(
    system: System, before: TransportState, after: TransportState, payload_t: float, phases: npt.ArrayLike | None = None
) -> pd.DataFrame:
    """One row a leg of each route of the study: kind, places, km, hours and dollars a tonne before and after.

    Factors on costs and times are at their central value; queues are medians of the two states.
    ``phases`` (M,) is how far measures are in place after (None: fully).
    """
    count = system.effects.count
    full = np.ones(count) if phases is None else phases
    first, second = _route_legs(system, before, np.zeros(count), payload_t), _route_legs(system, after, full, payload_t)
    rows = []
    for route, name, old, new in zip(system.routes, route_ids(system), first, second, strict=True):
        for order, (was, now) in enumerate(zip(old, new, strict=True), start=1):
            rows.append(
                {
                    "exporter": route.exporter,
                    "importer": route.importer,
                    "route": name,
                    "order": order,
                    "kind": was.kind,
                    "from_place": was.a,
                    "to_place": was.b,
                    "name": was.name,
                    "mode": was.mode,
                    "km": was.km,
                    "hours_before": was.hours,
                    "hours_after": now.hours,
                    "usd_per_t_before": was.usd_per_t,
                    "usd_per_t_after": now.usd_per_t,
                    "estimate": was.estimate,
                }
            )
    return pd.DataFrame(rows)


def crossings_frame(
    system: System, before: TransportState, after: TransportState, path: TransportState,
) -> pd.DataFrame:
    """One row a crossing: state, capacity, traffic, utilisation, hours and closure days before and after.

    ``path`` is the central case without measures, a case a year: its first one gives the traffic
    that the horizon begins with. Traffic, hours and prices are medians over cases. ``utilisation`` is of what can pass over the
    year, closures and weekends counted. ``binds`` where a truck waits more than 12 hours longer
    than at an empty crossing in the median case: capacity matters there, elsewhere it does not.
    ``shadow_price_usd_per_truck`` is what that wait costs a truck.
    """
    table = system.network.crossings
    days_open = table["days_open_per_week"].to_numpy(dtype=float) / 7.0
    frame = pd.DataFrame(
        {
            "crossing": list(system.crossings),
            "name": [system.network.places[c] for c in system.crossings],
            "economies": ["-".join(system.network.economies[c]) for c in system.crossings],
            "state": table["state"].to_list(),
            "state_since": table["state_since"].fillna("").astype(str).to_list(),
        }
    )
    for label, state in (("before", before), ("after", after)):
        load = np.median(state.crossing_load_trucks_per_day, axis=0)
        capacity = np.median(state.crossing_capacity, axis=0)
        queue = np.median(state.queue_hours, axis=0)
        frame[f"capacity_{label}"] = capacity
        frame[f"load_{label}"] = load
        frame[f"study_trucks_per_day_{label}"] = np.median(state.study_trucks_per_day, axis=0)
        passes = state.crossing_capacity * days_open * state.open_share
        used = np.divide(state.crossing_load_trucks_per_day, passes, out=np.zeros_like(passes), where=passes > 0.0)
        frame[f"utilisation_{label}"] = np.median(used, axis=0)
        frame[f"shadow_price_usd_per_truck_{label}"] = np.median(state.shadow_price_usd_per_truck, axis=0)
        low, middle, high = levels(state.crossing_hours, BAND_AND_MIDDLE)
        frame[f"hours_{label}"], frame[f"hours_{label}_p10"], frame[f"hours_{label}_p90"] = middle, low, high
        frame[f"queue_hours_{label}"] = queue
        frame[f"closure_days_{label}"] = np.median(365.0 * (1.0 - state.open_share), axis=0)
        frame[f"binds_{label}"] = np.median(state.capacity_hours, axis=0) > BINDING_QUEUE_HOURS
    frame["load_first_year_before"] = path.crossing_load_trucks_per_day[0]
    frame["background_trucks_per_day"] = frame["load_before"] - frame["study_trucks_per_day_before"]
    frame["study_trucks_per_day"] = frame["study_trucks_per_day_after"]
    return frame


def breakdown_frame(
    system: System,
    before: TransportState,
    after: TransportState,
    payload_t: float,
    weights: Weights | None = None,
    phases: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """Where days and dollars go, by direction, case and component, for all goods and for those by road.

    Weighted over routes by mean shares; ``goods`` is all or road. Rows of one direction, case and
    ``goods`` add up to its mean days and dollars a tonne.
    """
    count = system.effects.count
    full = np.ones(count) if phases is None else phases
    rows = []
    for case, state, active in (("before", before, np.zeros(count)), ("after", after, full)):
        share = _over_classes(system, state, weights).mean(axis=0)
        route_legs = _route_legs(system, state, active, payload_t)
        for pair in dict.fromkeys((r.exporter, r.importer) for r in system.routes):
            for goods in ("all", "road"):
                chosen = [
                    i
                    for i, r in enumerate(system.routes)
                    if (r.exporter, r.importer) == pair and (goods == "all" or r.mode == "road")
                ]
                total = share[chosen].sum()
                if not total > 0:
                    continue
                sums = _components([route_legs[i] for i in chosen], share[chosen] / total)
                rows += [
                    {
                        "direction": _direction(system, pair[0]),
                        "exporter": pair[0],
                        "importer": pair[1],
                        "goods": goods,
                        "case": case,
                        "component": component,
                        "days": sums[component][0] / HOURS_PER_DAY,
                        "usd_per_t": sums[component][1],
                    }
                    for component in COMPONENTS
                ]
    return pd.DataFrame(rows)


def _components(route_legs: Sequence[Sequence[Leg]], shares: Array) -> dict[str, list[float]]:
    sums = {component: [0.0, 0.0] for component in COMPONENTS}
    for parts, share in zip(route_legs, shares, strict=True):
        for leg in parts:
            entry = sums[leg.component]
            entry[0] += share * (leg.hours - leg.queue_hours)
            entry[1] += share * leg.usd_per_t
            sums["border queue"][0] += share * leg.queue_hours
    return sums
