"""Ways over the same borders and ferries are one choice: of those in place goods take the best.

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

from corridors.transport.routes import Path, RoadMap, Route

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


def numbers(routes: Sequence[Route], market_of: Sequence[int], roads: RoadMap) -> list[int]:
    """A number for each route, one for the ways by road of a market over the same borders."""
    found: dict[tuple[int, object], int] = {}
    result = []
    for r, (route, market) in enumerate(zip(routes, market_of, strict=True)):
        by_road = route.mode == "road"
        over = roads.key(Path(route.places, route.links, route.crossings)) if by_road else r
        result.append(found.setdefault((market, over), len(found)))
    return result


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
