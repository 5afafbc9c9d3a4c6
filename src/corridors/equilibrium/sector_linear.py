"""World trade's answer to what a few pairs sell each other, to first order: for searches that ask it often.

A pair's pull in a sector is ``K = tau^-theta``, 1 in the base world. It reaches others through what
each importer's goods cost, ``u_sj = ln(1 + sum_i b_sij (K_sij - 1))``, and what each exporter
sells, ``v_si = ln(1 + sum_j q_sij (K_sij - 1))``, ``b`` and ``q`` the shares of purchases and of
sales. In these logarithms the answer is nearly linear, also where a pull falls to nothing: ``ln``
trade of a pair is ``ln K`` plus a matrix times ``u`` and ``v``, found by one step of the engine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from corridors.equilibrium import sector_respond
from corridors.equilibrium.hats import Array
from corridors.equilibrium.sector_engine import Level, Short, State
from corridors.equilibrium.sector_world import Keyed, SectorWorld

_LEAST = 1e-6
"""What a market keeps at least, as a share, so that its logarithm stays finite."""


@dataclass(frozen=True)
class Linear:
    """Answer of the world to the pulls of P pairs in S sectors through F signals, of I importers and X exporters.

    ``bought`` (S,I,P) and ``sold`` (S,X,P) are shares in purchases and sales; ``response`` (P,S,F)
    by how much the ln of trade of a pair, less its own ln K, moves with each signal. ``state`` (F,
    N + 2 S N) is the same for the unknowns of the world's equations: factor prices, ``theta`` times
    price indices, ln of sales.
    """

    bought: Array
    sold: Array
    response: Array
    state: Short

    def signals(self, pull: Array) -> Array:
        """(F,b) u and v at pulls (S,P,b)."""
        rise = pull - 1.0
        parts = [
            np.log(np.maximum(1.0 + share @ rise, _LEAST)).reshape(-1, rise.shape[2])
            for share in (self.bought, self.sold)
        ]
        return np.concatenate(parts)

    def of(self, pairs: NDArray[np.intp]) -> Linear:
        """The same signals, and the answer of some of the pairs."""
        return replace(self, response=self.response[pairs])

    def ahead(self, state: State, signals: Array, theta: Array) -> State:
        """Where ``state`` will be, to first order, when signals have moved by ``signals`` (F,b); ``theta`` (S,b)."""
        moved = State.of(signals.T.astype(np.float32) @ self.state, len(state.p))
        return State(
            state.x + moved.x,
            state.p + moved.p / theta[:, :, None],
            state.rise + (1.0 + state.rise) * np.expm1(moved.rise),
        )


def linear(
    world: SectorWorld, rows: NDArray[np.intp], columns: NDArray[np.intp], theta: Array
) -> Linear:
    """The answer of ``world`` with elasticities of about ``theta`` (S,), to a tenth.

    ``rows``, ``columns`` (P,) are exporters and importers by number. Closure ``"full"``, deficits
    ``"output_share"`` as in :func:`~corridors.equilibrium.respond_sectors`.
    """
    ends = tuple(map(int, rows)), tuple(map(int, columns))
    return _linear(Keyed(world), *ends, tuple(np.round(theta, 1).clip(0.1)))


@lru_cache(maxsize=16)
def _linear(
    key: Keyed, rows: tuple[int, ...], columns: tuple[int, ...], theta: tuple[float, ...]
) -> Linear:
    world, engine = key.world, sector_respond.engine_of(key.world)
    size, n = world.sales.shape
    exporter, importer = np.array(rows, dtype=np.intp), np.array(columns, dtype=np.intp)
    buyers, sellers = np.unique(importer), np.unique(exporter)
    at = np.arange(len(rows))
    bought = np.zeros((size, len(buyers), len(rows)))
    bought[:, np.searchsorted(buyers, importer), at] = engine.bought[:, exporter, importer]
    sold = np.zeros((size, len(sellers), len(rows)))
    sold[:, np.searchsorted(sellers, exporter), at] = engine.sold[:, exporter, importer]
    # a unit of each signal, as what it leaves open in the base world's equations
    own = np.array(theta)[:, None]
    count = size * (len(buyers) + len(sellers))
    price_gap, sales_gap = np.zeros((2, size, count, n))
    for s in range(size):
        u = s * len(buyers) + np.arange(len(buyers))
        price_gap[s, u, buyers] = -1.0 / own[s]
        sales_gap[s, u] = -engine.sold[s][:, buyers].T
        sales_gap[s, size * len(buyers) + s * len(sellers) + np.arange(len(sellers)), sellers] = 1.0
    nothing, none = np.zeros((size, count, n)), np.zeros((count, n))
    level = Level(nothing, nothing, nothing, nothing, nothing, none, price_gap, sales_gap, none)
    tuning = sector_respond.tuned(engine, sector_respond.proportions(own))
    state = engine.step(np.repeat(own, count, axis=1), engine.start(count), level, tuning)
    cost = (
        np.einsum("ksj,kbj->sbj", world.input_share, state.p)
        + world.value_added_share[:, None, :] * state.x
    )
    spending = np.einsum("stj,tbj->sbj", engine.input_part, state.rise)
    spending += engine.final_part[:, None, :] * (state.x @ engine.income_slope().T)
    demand = spending + own[:, :, None] * state.p
    answer = (
        demand[:, :, importer]
        - own[:, :, None] * cost[:, :, exporter]
        - (state.x @ engine.weights)[:, None]
    )
    unknowns = State(state.x, own[:, :, None] * state.p, state.rise).flat()
    return Linear(
        bought,
        sold,
        np.ascontiguousarray(answer.transpose(2, 0, 1)),
        unknowns.astype(np.float32),
    )
