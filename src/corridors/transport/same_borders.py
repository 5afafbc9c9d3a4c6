"""Ways over the same borders and ferries are one choice, and so are railways between the same two places: of those in place goods
take the best.

They differ in the roads between two borders only. Whoever chose the borders drives what is best for
his goods, so such ways have one path size (:mod:`corridors.transport.path_size`) and attract what
the most attractive of them does. Queues do not change which that is, as all pass the same. What
they attract together can only rise where a road gets better or a further one is built, and a second
road as good as the first changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from corridors.transport.network import Service
from corridors.transport.routes import Path, RoadMap, Route

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


def numbers(
    routes: Sequence[Route], market_of: Sequence[int], roads: RoadMap, services: Sequence[Service]
) -> list[int]:
    """A number for each route, one for the ways of a market by road over the same borders, and one for those by railway between the
    same two places with the same roads and ships before and after."""
    found: dict[tuple[int, object], int] = {}
    result = []
    for r, (route, market) in enumerate(zip(routes, market_of, strict=True)):
        over = roads.key(Path(route.places, route.links, route.crossings)) if route.mode == "road" else _railway(route, services) or r
        result.append(found.setdefault((market, over), len(found)))
    return result


def _railway(route: Route, services: Sequence[Service]) -> tuple[object, ...] | None:
    """What a way by a railway that takes anything is over, whatever lines it consists of; None for others. Trains with a limit are
    none of these: who finds one full takes another."""
    lines = {i for i in route.chain if services[i].mode == "rail" and services[i].cargo == "any"}
    if not lines:
        return None
    ends = route.places[route.before : route.before + 2]
    return route.mode, ends, route.crossings, tuple(i for i in route.chain if i not in lines)


def variants(number: Index) -> tuple[Index, ...]:
    """(n, V) positions of V ways of one ``number``, for every V above 1."""
    which, count = np.unique(number, return_counts=True)
    return tuple(
        np.array([np.flatnonzero(number == n) for n in which[count == size]], dtype=np.intp)
        for size in np.unique(count[count > 1])
    )


def always_as_good(one: Path, other: Path, maps: Sequence[RoadMap]) -> bool:
    """Whether ``one`` takes no more hours nor dollars than ``other`` over the same borders.

    On whichever of the maps each of the links that they do not share lies.
    """
    mine, its = set(one.links) - set(other.links), set(other.links) - set(one.links)

    def spent(links: set[int], extreme: Callable[[Iterable[float]], float], of: str) -> float:
        return sum(extreme(float(getattr(each.links[i], of)) for each in maps) for i in links)

    return all(spent(mine, max, of) <= spent(its, min, of) for of in ("hours", "usd_per_t"))


def there(routes: Sequence[Route], of: Index, active: Array) -> Array:
    """(n, V, b) how far the measures that the ways ``of`` (n, V) need are in place."""
    return np.array(
        [[active[list(routes[r].needs)].prod(axis=0) for r in ways] for ways in of.tolist()]
    )


def taken(attraction: Array, phase: Array) -> Array:
    """(n, V, b) part of goods that take each of V ways: of those in place the most attractive.

    ``phase`` is how far each is in place. The first of two that attract alike is taken.
    """
    part = np.ones_like(attraction)
    for v in range(attraction.shape[1]):
        for u in range(attraction.shape[1]):
            if u != v:
                one, other = attraction[:, u], attraction[:, v]
                ahead = one >= other if u < v else one > other
                part[:, v] *= np.where(ahead, 1.0 - phase[:, u], 1.0)
    return part
