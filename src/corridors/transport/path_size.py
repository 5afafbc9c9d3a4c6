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

Path sizes are constants of the choice set, as if all borders were open: what is shut, slow or full
moves what ways cost and never how much they count, so a closure never makes anything cheaper. Ways
that measures open are counted beside those of today that they leave; today's do not count them, so
that a state without measures is the same whatever else is asked. That overstates what two equal
ways are worth together, at 1.55 of one where nine tenths are shared and one is new, against 1.1
where both are of today; without path sizes it is 2.

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


def path_sizes(routes: Sequence[Route], market_of: Sequence[int], today: RoadMap, full: RoadMap) -> Array:
    """(R,) path sizes, in (0, 1]; 1 for all that is no way by road.

    ``market_of`` (R,) says which routes compete, ``today`` has the roads without measures and
    ``full`` those with all of them, by which ways that measures open are weighed.
    """
    users: dict[tuple[int, int], list[int]] = defaultdict(list)
    on: list[list[int]] = [[] for _ in routes]
    for r, (route, market) in enumerate(zip(routes, market_of, strict=True)):
        if route.mode == "road":
            on[r] = list(dict.fromkeys(route.links))
            for i in on[r]:
                users[market, i].append(r)
    known: dict[tuple[int, int, tuple[int, ...]], float] = {}
    sizes = np.ones(len(routes))
    for r, (route, market) in enumerate(zip(routes, market_of, strict=True)):
        km = np.array([today.links[i].km for i in on[r]])
        if km.sum() <= 0.0:
            continue
        roads = full if route.needs else today
        for i in on[r]:
            key = market, i, route.needs
            if key not in known:
                beside = [routes[j] for j in users[market, i] if _beside(routes[j], frozenset(route.needs))]
                known[key] = _count([roads.cost(Path(b.places, b.links, b.crossings)) for b in beside])
        sizes[r] = (km / np.array([known[market, i, route.needs] for i in on[r]])).sum() / km.sum()
    return sizes


def _beside(route: Route, there: frozenset[int]) -> bool:
    """Whether a way is one with just the measures ``there``: built, and not one that yields to a better road."""
    return there.issuperset(route.needs) and not any(there.issuperset(better) for better in route.yields_to)


def _count(usd_per_t: Sequence[float]) -> float:
    """How many ways those of such cost count for: 1 and what the others are taken against the best."""
    above = np.array(usd_per_t) - min(usd_per_t)
    return float(np.exp(-above / USD_PER_T_E_FOLD).sum())
