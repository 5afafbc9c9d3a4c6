"""A block of draws of :func:`~corridors.equilibrium.respond_sectors` that is solved again and again
as its shock moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from corridors.equilibrium import sector_conditional, sector_respond
from corridors.equilibrium.batch import Pair, positions
from corridors.equilibrium.hats import Array
from corridors.equilibrium.sector_engine import Shock, State, Tuning
from corridors.equilibrium.sector_linear import Linear
from corridors.equilibrium.sector_world import SectorWorld
from corridors.equilibrium.shocks import Places

FACTORS = ("sector", "exports", "imports", "price", "real", "residual")


class Moving:
    """B draws of shocks to P directed pairs, each solution begun where the last one ended.

    ``theta`` (B,S); closure as in :func:`~corridors.equilibrium.respond_sectors`, deficits
    ``"output_share"``. ``tuning`` from :func:`tuning`, one for all blocks of a run; None where the
    closure is not ``"full"``. The first begins at ``begin``, of as many draws, whose signals to
    ``answer`` were ``signals`` (F,B); None: the base world.
    """

    def __init__(
        self,
        world: SectorWorld,
        pairs: Sequence[Pair],
        theta: Array,
        closure: str,
        tuning: Tuning | None,
        answer: Linear | None = None,
        begin: State | None = None,
        signals: Array | None = None,
    ) -> None:
        self.world, self.closure, self.tuning = world, closure, tuning
        self.rows, self.columns = positions(pd.Index(world.labels), pairs)
        self.theta = np.ascontiguousarray(theta.T)
        self.answer, self.state = answer, begin
        if answer is not None and signals is None:
            signals = np.zeros((answer.response.shape[2], len(theta)))
        self.signals = signals

    def standing(self) -> State:
        """Where the draws stand."""
        if self.state is None:
            self.state = sector_respond.engine_of(self.world).start(self.theta.shape[1])
        return self.state

    def sectors(self, cost_factor: Array, draws: Places, clearing: float) -> Array:
        """(b,P,S) trade of each pair by sector, new over old, at ``cost_factor`` (b,P,S) of some of the draws."""
        return self.factors(cost_factor, draws, clearing, only_sectors=True)["sector"]

    def factors(
        self, cost_factor: Array, draws: Places, clearing: float, only_sectors: bool = False
    ) -> dict[str, Array]:
        """:data:`FACTORS` of some of the draws: arrays of a
        :class:`~corridors.equilibrium.SectorResponse`, draws first."""
        theta = self.theta[:, draws]
        log_k = np.ascontiguousarray(
            (-theta.T[:, None, :] * np.log(cost_factor)).transpose(2, 0, 1)
        )
        shock = Shock(self.rows, self.columns, log_k, len(self.world.labels))
        with np.errstate(all="ignore"):
            if self.closure == "conditional":
                return sector_conditional.solve(self.world, shock, theta)
            if self.closure == "partial":
                return sector_conditional.partial(self.world, shock)
            return self._full(shock, theta, draws, clearing, only_sectors)

    def _full(
        self, shock: Shock, theta: Array, draws: Places, clearing: float, only_sectors: bool
    ) -> dict[str, Array]:
        engine = sector_respond.engine_of(self.world)
        tuning = self.tuning if self.tuning is not None else _tuning(self.world, self.theta)
        whole = self.standing()
        begin = State(whole.x[draws], whole.p[:, draws], whole.rise[:, draws])
        if self.answer is not None and self.signals is not None:
            signals = self.answer.signals(np.exp(shock.log_k).transpose(0, 2, 1))
            begin = self.answer.ahead(begin, signals - self.signals[:, draws], theta)
            self.signals[:, draws] = signals
        sector = np.empty((len(draws), len(self.rows), len(theta))) if only_sectors else None
        state, left, level = sector_respond.solve(
            engine, tuning, shock, theta, clearing, begin=begin, sector=sector
        )
        whole.x[draws], whole.p[:, draws], whole.rise[:, draws] = state.x, state.p, state.rise
        out = (
            {"sector": sector}
            if sector is not None
            else sector_respond.factors(self.world, engine, shock, theta, state, level)
        )
        for draw in left:
            at = draws[draw]
            whole.x[at], whole.p[:, at], whole.rise[:, at] = 0.0, 0.0, 0.0
            if self.signals is not None:
                self.signals[:, at] = 0.0
            one = sector_respond.in_parts(
                engine, tuning, shock.some(np.array([draw])), theta[:, draw : draw + 1]
            )
            for name in out:
                out[name][draw] = one[name]
        return out


def tuning(world: SectorWorld, theta: Array, closure: str) -> Tuning | None:
    """What all blocks of a run with elasticities ``theta`` (B,S) share."""
    return _tuning(world, theta.T) if closure == "full" else None


def _tuning(world: SectorWorld, theta: Array) -> Tuning:
    return sector_respond.tuned(sector_respond.engine_of(world), sector_respond.proportions(theta))
