"""Path size: ways that share most of their road are not as many choices as they are ways.

A logit knows no likeness between the ways of a nest: two that part at the last border post only
would together be taken twice as often as one. Each weighs its path size (Ben-Akiva and Bierlaire
1999),

    PS_r = sum over links i of r of (l_i / L_r) / n_i ,    n_i = sum_j p_j / max_j p_j ,

with ``l_i`` the kilometres of a link, ``L_r`` those of the way, and ``n_i`` how many ways of the
market use the link: ``ln PS_r`` is added to its utility. A way that shares nothing has 1, each of n
ways that are one road 1/n, so that together they weigh as one. Ways that nobody takes must not
count, or the answer hangs on which of them are listed (Duncan et al. 2020): each counts by its pull
``p_j`` against the best that uses the link, that of a logit at costs without queues by which the
list of ways is cut too (:mod:`corridors.transport.routes`).

A path size stands for likeness of what is not observed, which no measure changes, so it is a
constant of the borders that a way crosses: all ways over the same borders have that of today's,
and goods take the best of them (:mod:`corridors.transport.same_borders`). Counted anew on each
network, as is usual, it lowers the log-sum where a better road between the same borders shares more
of its length with rivals than the one it replaces: a better road would make trade dearer. Constant,
as if all borders were open, it leaves the log-sum monotone: no better or further road raises a
cost, and no closure lowers one.

Ways over borders that only measures make worth the while are counted beside today's; today's do not
count them, so that a state without measures is the same whatever else is asked. That overstates
what two equal ways are worth together, at 1.55 of one where nine tenths are shared and one is new,
against 1.1 where both are of today; without path sizes it is 2.

Counted are roads and ferries of the ways by road; trains, ships and flights are services of their
own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from corridors.transport.routes import USD_PER_T_E_FOLD, Path, RoadMap, Route

Array = npt.NDArray[np.float64]


def path_sizes(
    routes: Sequence[Route],
    market_of: Sequence[int],
    same_borders: Sequence[int],
    today: RoadMap,
    full: RoadMap,
) -> Array:
    """(R,) path sizes, in (0, 1]; 1 for all that is no way by road.

    ``market_of`` (R,) says which routes compete, ``same_borders`` (R,) which are over the same
    borders and have one path size, the cheapest with all measures first. ``today`` has the roads
    without measures and ``full`` those with all of them, by which ways that measures open are
    weighed.
    """
    lead: dict[int, int] = {}
    of_market: dict[int, list[int]] = defaultdict(list)
    for r, (route, borders) in enumerate(zip(routes, same_borders, strict=True)):
        if borders not in lead or (routes[lead[borders]].needs and not route.needs):
            lead[borders] = r
        if route.mode == "road":
            of_market[market_of[r]].append(r)
    users: dict[tuple[int, tuple[int, ...]], dict[int, float]] = {}
    sizes = np.ones(len(routes))
    for r in lead.values():
        route, roads = routes[r], full if routes[r].needs else today
        on = list(dict.fromkeys(route.links))
        km = np.array([today.links[i].km for i in on])
        if route.mode != "road" or km.sum() <= 0.0:
            continue
        key = market_of[r], route.needs
        if key not in users:
            beside: dict[int, Route] = {}
            for j in of_market[market_of[r]]:
                if set(routes[j].needs) <= set(route.needs):
                    beside.setdefault(same_borders[j], routes[j])
            users[key] = _users(list(beside.values()), roads)
        sizes[r] = (km / np.array([users[key][i] for i in on])).sum() / km.sum()
    return sizes[[lead[borders] for borders in same_borders]]


def _users(routes: Sequence[Route], roads: RoadMap) -> dict[int, float]:
    """By link, how many of ``routes`` use it: 1 and what the others are taken against the best."""
    usd_per_t: dict[int, list[float]] = defaultdict(list)
    for route in routes:
        cost = roads.cost(Path(route.places, route.links, route.crossings))
        for i in dict.fromkeys(route.links):
            usd_per_t[i].append(cost)
    return {i: _count(costs) for i, costs in usd_per_t.items()}


def _count(usd_per_t: Sequence[float]) -> float:
    """How many ways those of such cost count for: 1 and what the others are taken against the best."""
    above = np.array(usd_per_t) - min(usd_per_t)
    return float(np.exp(-above / USD_PER_T_E_FOLD).sum())
