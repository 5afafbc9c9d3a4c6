"""The hidden cost of the road by its named parts, and what regimes take away from them.

What base-year shares ask for beside money and time (:mod:`corridors.transport.system`) is one
figure. Cited figures name some of it (``data/hidden_cost.csv``): documents, guarantee, insurance
and security, the empty return, waiting for a load, first trips on an unproven way. The rest is
unexplained, and no measure touches it. A transit regime, a single window or a regular line takes a
share of named parts away (``data/regime_effects.csv`` or its own fields); several measures on one
part leave ``prod (1 - a s)`` of it. Both tables are drawn by one score each, 10th to 90th
percentile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corridors.data import tables

Array = npt.NDArray[np.float64]
Share = tuple[float, float, float]

PARAMETERS = ("hidden_parts_score", "regime_reach_score")
UNPROVEN = "unproven_way"
PER_TRUCK, OF_HAULAGE = "usd per truck", "share of haulage"
_Z90 = 1.2815515655446004


@dataclass(frozen=True)
class Relief:
    """Measure number ``measure`` takes ``shares`` (low, central, high by part) away on some roads.

    On those that pass only ``economies``, join the two economies of ``ends``, or pass ``crossings``
    (each of a way's crossings then counts for its part of the way's borders). ``left_usd``: what
    documents still cost a truck.
    """

    measure: int
    shares: tuple[tuple[str, Share], ...]
    economies: frozenset[str] = frozenset()
    ends: frozenset[str] = frozenset()
    crossings: frozenset[str] = frozenset()
    left_usd: float | None = None

    def reach(self, route: Any, economies: Mapping[str, Sequence[str]]) -> float:
        """How much of its effect a road route feels, 0 to 1."""
        if self.ends:
            return float({route.exporter, route.importer} == self.ends)
        if self.economies:
            if len(route.crossings) < 2:
                return 0.0  # no economy in between, so nothing is in transit
            passed = {route.exporter, route.importer, *(e for c in route.crossings for e in economies[c])}
            return float(passed <= self.economies)
        here = sum(c in self.crossings for c in route.crossings)
        return here / len(route.crossings) if here else 0.0


def usual(kind: str, shares: Mapping[str, float | None], reach: float) -> tuple[tuple[str, Share], ...]:
    """Shares by part: as stated, else what is usual of the kind times ``reach``; parts of neither are left out."""
    rows = tables.regime_effects()
    found: dict[str, Share] = {
        str(r["part"]): (reach * float(r["low"]), reach * float(r["central"]), reach * float(r["high"]))
        for r in rows[rows["kind"] == kind].to_dict("records")
    }
    found.update({part: (float(s),) * 3 for part, s in shares.items() if s is not None})
    return tuple(found.items())


def spread(low: float, central: float, high: float, score: Array) -> Array:
    """A figure at ``score`` (B,) standard deviations: low and high are its 10th and 90th percentile, in logs."""
    if low == high:
        return np.full(np.shape(score), central)
    z = np.asarray(score, dtype=float) / _Z90
    return np.asarray(central * np.exp(z * np.where(z < 0, np.log(central / low), np.log(high / central))))


def part_usd_per_t(haulage_usd_per_t: Array, values: Mapping[str, Array]) -> dict[str, Array]:
    """Each named part (R, B) in dollars a tonne, for ways whose road haulage costs
    ``haulage_usd_per_t`` (R, B or 1)."""
    out = {}
    for row in tables.hidden_cost().to_dict("records"):
        level = spread(float(row["low"]), float(row["central"]), float(row["high"]), values[PARAMETERS[0]])
        if row["unit"] == PER_TRUCK:
            out[str(row["part"])] = np.broadcast_to(
                level / values["truck_payload_t"],
                np.broadcast_shapes(haulage_usd_per_t.shape, level.shape),
            )
        else:
            out[str(row["part"])] = haulage_usd_per_t * level
    return out


def saved_usd_per_t(
    reliefs: Sequence[Relief], routes: Sequence[Any], economies: Mapping[str, Sequence[str]], haulage_usd_per_t: Array,
    proven: frozenset[tuple[str, str]], values: Mapping[str, Array], active: Array,
) -> Array:  # fmt: skip
    """Dollars a tonne (R, B) that measures ``active`` (M, B) take off the named parts of road routes.

    ``haulage_usd_per_t`` (R,) is the road haulage of each route, ``economies`` those that meet at
    each crossing, ``proven`` the pairs whose trucks are counted on roads today: first trips on an
    unproven way are behind them; ``values`` has ``truck_payload_t``, ``road_cost_factor`` and
    :data:`PARAMETERS`. Exactly 0 where nothing acts.
    """
    on_road = np.array([route.mode == "road" for route in routes], dtype=float)
    parts = part_usd_per_t(haulage_usd_per_t[:, None] * values["road_cost_factor"], values)
    known = np.array([(route.exporter, route.importer) in proven for route in routes])
    parts[UNPROVEN] = np.where(known[:, None], 0.0, parts[UNPROVEN])
    left = {part: np.ones((len(routes), active.shape[1])) for part in parts}
    for relief in reliefs:
        reach = np.array([relief.reach(route, economies) for route in routes]) * on_road
        for part, (low, central, high) in relief.shares:
            share: Array = np.minimum(spread(low, central, high, values[PARAMETERS[1]]), 1.0)
            if relief.left_usd is not None:
                still = relief.left_usd / values["truck_payload_t"]
                share = np.maximum(1.0 - still / np.maximum(parts[part], 1e-12), 0.0)
            left[part] = left[part] * (1.0 - reach[:, None] * share * active[relief.measure])
    return np.asarray(sum(cost * (1.0 - left[part]) for part, cost in parts.items()))
