"""Other pairs in a study's network: those whose trade passes the crossings that measures move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corridors.transport.world_network import crossing_rows, gateways, options
from corridors.transport.world_network import roads as road_search
from corridors.transport.world_network.parts import Parts
from corridors.transport.world_network.tables import roads

MOST_OTHER_PAIRS, LEAST_OTHER_TRUCKS = 6, 2.0


@dataclass(frozen=True)
class Other:
    """Another pair whose trade passes a crossing that a measure moves."""

    a: str
    b: str
    trucks_per_day: float
    road_share: float


def passing(parts: Parts, a: str, b: str, measured: Sequence[str]) -> list[Other]:
    """Other pairs through the ``measured`` crossings, the largest first, with the crossings of
    their ways among ``parts``."""
    table = crossing_rows.traffic()
    rows = table[table["crossing"].isin(measured) & (table["kind"] == "pair")]
    found: dict[tuple[str, str], Other] = {}
    for r in rows.sort_values("trucks_per_day", ascending=False, kind="stable").itertuples():
        pair = (str(r.economy_a), str(r.economy_b))
        if set(pair) == {a, b} or pair in found or r.trucks_per_day < LEAST_OTHER_TRUCKS or len(found) >= MOST_OTHER_PAIRS:
            continue
        found[pair] = Other(
            *pair,
            float((r.trucks_per_day - r.bulk_trucks_per_day) / max(r.part, 1e-3)),
            float(r.road_share),
        )
    for other in found.values():
        one, far = str(gateways.main_place(other.a)), str(gateways.main_place(other.b))
        parts.places.update({one: None, far: None})
        best = options.road(one, far)
        parts.take(best)
        graph, search = roads(), road_search.today()
        for crossing in measured:
            if best is not None and crossing in best.crossings:
                _, before = search.from_nodes([graph.number[one]], without=[graph.number[crossing]])
                parts.take(search.way(before[0], graph.number[one], graph.number[far]))
    return list(found.values())
