"""Ways by sea: the nearest ports of an economy, or of its neighbours where it has none, and the lane between.

*Rates.* Dollars a tonne of container cargo are a line in the length of the lane through the
container services of ``data/network/services.csv``, and so are those of bulk. *Days.* Ships make
:data:`KM_PER_DAY`; containers spend :data:`PORT_DAYS` in each port, and :data:`TRANSSHIPMENT_DAYS`
more where one of the ports is too small for a direct ship. *Departures.* A container ship for every
tenth call at the smaller port, between one in two weeks and daily.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from corridors.data import tables as data
from corridors.transport.world_network.tables import both_ways, sea

Array = npt.NDArray[np.float64]

KM_PER_DAY = 560.0
"""About 12.6 knots: 7,652 km in the 17 days of the direct ship Karachi-Novorossiysk, ports left out."""
PORT_DAYS = 2.0
TRANSSHIPMENT_DAYS = 7.0
_DIRECT_CALLS = 4000.0
_CALLS_A_DEPARTURE, _LEAST_DEPARTURES, _MOST_DEPARTURES = 10.0, 0.5, 7.0


@dataclass(frozen=True)
class Lane:
    """A lane between two ports: length, days from port to port, departures a week, dollars a tonne by kind of ship."""

    km: float
    days: float
    transshipment_days: float
    departures_per_week: float
    container_usd_per_t: float
    bulk_usd_per_t: float

    @property
    def wait_days(self) -> float:
        """Days that containers wait for the ship."""
        return wait_days(self.departures_per_week)


def transshipment_days(calls: float) -> float:
    """Days that containers lose in a port where ``calls`` ships call a year; none where it is large
    enough for a direct ship."""
    return TRANSSHIPMENT_DAYS * max(0.0, 1.0 - calls / _DIRECT_CALLS)


def departures_a_week(calls: float) -> float:
    """Container ships a week from a port where ``calls`` ships call a year."""
    return float(np.clip(calls / 52.0 / _CALLS_A_DEPARTURE, _LEAST_DEPARTURES, _MOST_DEPARTURES))


def wait_days(departures: float) -> float:
    """Days until the next of so many ``departures`` a week, in the mean: half the time between two."""
    return 3.5 / departures


@lru_cache(maxsize=1)
def _rates() -> tuple[tuple[float, float], tuple[float, float]]:
    """(intercept, slope) of dollars a tonne on kilometres: containers, bulk."""
    table = data.services()
    table = table[table["mode"] == "sea"]
    found = []
    for cargo in ("container", "bulk"):
        rows = table[(table["cargo"] == cargo) & (table["via"] != "Cape")]
        slope, level = np.polyfit(rows["km"].to_numpy(dtype=float), rows["usd_per_t"].to_numpy(dtype=float), 1)
        found.append((float(max(level, 5.0)), float(max(slope, 0.0))))
    return found[0], found[1]


@lru_cache(maxsize=4)
def matrix(shut: str = "") -> sparse.csr_array:
    """Sea lanes as a sparse matrix of kilometres between nodes, those of the passage ``shut`` left out."""
    graph = sea()
    open_ = graph.passage != shut if shut else np.ones(len(graph.a), dtype=bool)
    return both_ways(graph.a[open_], graph.b[open_], np.maximum(graph.km[open_], 1e-3), len(graph.latitude))


@lru_cache(maxsize=1024)
def km_from(port: int, shut: str = "") -> Array:
    """Kilometres (P,) from port number ``port`` to every port, access to the lanes included; infinite where ships cannot go.

    ``shut`` is a strait or canal (``suez``) that no ship takes; empty: all are open.
    """
    ports = sea().ports
    nodes = ports["sea_node"].to_numpy(dtype=np.intp)
    access = ports["access_km"].to_numpy(dtype=float)
    distance = dijkstra(matrix(shut), directed=True, indices=int(nodes[port]))
    return np.asarray(distance[nodes] + access + access[port])


@lru_cache(maxsize=1)
def at_the_ocean() -> npt.NDArray[np.bool_]:
    """(P,) whether ships sail from each port to the busiest one of the world; not from the Caspian's."""
    return np.isfinite(km_from(int(sea().ports["ship_calls_a_year"].to_numpy(dtype=float).argmax())))


@lru_cache(maxsize=1)
def of_economies() -> Mapping[str, frozenset[bool]]:
    """For each economy with ports whether it has any at the ocean (True), at the Caspian (False), or at both."""
    found: dict[str, set[bool]] = {}
    for code, ocean in zip(sea().ports["economy"], at_the_ocean().tolist(), strict=True):
        found.setdefault(str(code), set()).add(ocean)
    return {code: frozenset(at) for code, at in found.items()}


def lane(a: int, b: int, shut: str = "") -> Lane | None:
    """The lane between ports number ``a`` and ``b``, without the passage ``shut``; None where ships cannot go."""
    km = float(km_from(a, shut)[b])
    if not np.isfinite(km) or a == b:
        return None
    calls = float(np.min(sea().ports["ship_calls_a_year"].to_numpy(dtype=float)[[a, b]]))
    shifted = transshipment_days(calls)
    container, bulk = _rates()
    return Lane(
        km=km,
        days=km / KM_PER_DAY + 2 * PORT_DAYS + shifted,
        transshipment_days=shifted,
        departures_per_week=departures_a_week(calls),
        container_usd_per_t=container[0] + container[1] * km,
        bulk_usd_per_t=bulk[0] + bulk[1] * km,
    )
