"""How fast the transport half is: equilibria one by one and in one call, routes beside networkx.

Targets: one equilibrium of the whole network in 50 ms, a thousand in one call in 2 s on one core. Times are the best
of several runs after a first one, so that reading tables and compiling the network are not part of them where the
row does not say so.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import networkx
import numpy as np

from corridors import uncertainty
from corridors.runtime import machine
from corridors.transport import network
from corridors.transport import system as choice
from corridors.transport.closure import closure_stress
from corridors.transport.routes import RoadMap

PAIR = ("PAK", "RUS")
DEMAND = {("PAK", "RUS"): np.array([60.0, 90.0, 30.0, 5.0]), ("RUS", "PAK"): np.array([40.0, 5.0, 90.0, 500.0])}
CASES = 1000
_NETWORKX = f"networkx {networkx.__version__}"


def run() -> list[dict[str, Any]]:
    """Rows of name, ours_s, peer, peer_s, ratio (peer's time over ours) and note; None where there is no peer."""
    return [*_equilibria(), *_routes()]


def _seconds(work: Callable[[], object], repeats: int = 5) -> float:
    work()
    best = float("inf")
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return best


def _row(name: str, ours: float, peer: str | None = None, peers: float | None = None, note: str = "") -> dict[str, Any]:
    ratio = None if peers is None else peers / ours
    return {"name": name, "ours_s": ours, "peer": peer, "peer_s": peers, "ratio": ratio, "note": note}


def _equilibria() -> list[dict[str, Any]]:
    roads = network.load()
    system = choice.compile_system(roads, study=PAIR)
    central, draws = uncertainty.central(), uncertainty.sample(None, CASES, 1)
    size = f"{len(system.pairs)} directed pairs, {len(system.choices.routes)} routes, {len(system.crossings)} crossings"

    def one_by_one() -> None:
        for i in range(CASES):
            system.solve({name: value[i : i + 1] for name, value in draws.items()}, year=2032.0, demand=DEMAND)

    single = _seconds(lambda: system.solve(central, year=2032.0, demand=DEMAND))
    with patch.dict(os.environ, {machine.CORES_VARIABLE: "1"}):
        batch = _seconds(lambda: system.solve(draws, year=2032.0, demand=DEMAND), repeats=3)
    loop = _seconds(one_by_one, repeats=1)
    return [
        _row("One equilibrium of the whole network", single, note=f"target 0.05 s; {size}, gap below 1e-8"),
        _row("A thousand equilibria in one call", batch, "our own solver in a plain loop", loop, "target 2 s; one core"),
        _row("The network compiled for a study", _seconds(lambda: choice.compile_system(roads, study=PAIR)), note="routes of the network known from a first call"),
        _row("What a month's closure of each crossing does", _seconds(lambda: closure_stress(roads, (), PAIR, central, DEMAND)), note="target 0.2 s; compiling included"),
    ]


def _routes() -> list[dict[str, Any]]:
    """The same graph for both: what a crossing costs lies on the ways into it."""
    roads = network.load()
    ours = RoadMap(roads, roads.links)
    theirs = networkx.DiGraph()
    for a, steps in ours.neighbours.items():
        for b, _, cost in steps:
            weight = cost + ours.toll.get(b, 0.0)
            if not theirs.has_edge(a, b) or weight < theirs[a][b]["weight"]:
                theirs.add_edge(a, b, weight=weight)
    cities = [place for place in roads.places if place in theirs and not roads.is_crossing(place)]
    ends = list(itertools.islice(itertools.permutations(cities, 2), 300))

    def by_us() -> None:
        for a, b in ends:
            ours.best(a, b)

    def by_them() -> None:
        for a, b in ends:
            networkx.dijkstra_path(theirs, a, b)

    shut = frozenset(c for c in roads.crossing_names() if roads.crossings.loc[c, "state"] == "shut")
    wanted = len(ours.several("lahore", "moscow", shut))

    def others() -> None:
        """Shortest simple paths until as many ways differ in their borders."""
        found: set[tuple[str, ...]] = set()
        for path in networkx.shortest_simple_paths(theirs, "lahore", "moscow", weight="weight"):
            found.add(tuple(p for p in path if roads.is_crossing(p)))
            if len(found) >= wanted:
                break

    several = _seconds(lambda: ours.several("lahore", "moscow", shut))
    return [
        _row(f"Cheapest ways between {len(ends)} pairs of cities", _seconds(by_us), f"{_NETWORKX} dijkstra_path", _seconds(by_them), "the same costs"),
        _row(
            f"{wanted} ways from Lahore to Moscow that differ in borders", several, f"{_NETWORKX} shortest_simple_paths",
            _seconds(others, repeats=1), "by shutting crossings in turn; beside all shortest paths until as many differ",
        ),
    ]  # fmt: skip
