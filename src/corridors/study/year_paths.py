"""Years before the last: solved year by year for some of the draws, of which each other takes the path.

In the last year every draw is solved. How much of that is there earlier hangs on when queues grow,
which the central case cannot tell of a draw in which they are and there are none in it. Draws are
parted in strata by what all gain in them; of each stratum the draw nearest to its mean is
solved in every year, and the others move along its path: with ``r`` the path of that draw and ``v``
the last year of another,

    v_t = r_t + (v - r_T) s_t ,    s_t = r_t / r_T within 0 and 1,

so that what is nearly nothing in the last year is not blown up on the way. Where measures phase in at
another pace, ``v_t`` is moved by the ratio of what is there, no further than to the last year's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from corridors.study.settled import Change, for_tables, stand_ins
from corridors.study.strata import strata

if TYPE_CHECKING:
    from corridors.study.pipeline import Params, Study
    from corridors.transport.system import Pair

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

MOST, MOST_BEFORE, DRAWS_EACH = 32, 8, 4
"""At most so many draws are solved year by year, with measures and without, and one for so many."""
LEAST_LEFT = 1e-9
"""What is left of a pair's trade at least, where no way is left to it."""
_NOTHING = 1e-12


@dataclass(frozen=True)
class ByYear:
    """N draws solved in all T years: cases are draw by draw, years last. ``of`` (B,) is the one whose path each draw takes,
    ``weight`` (N, T) how far its measures are there, ``own`` (B, T) the same of each draw."""

    change: Change
    params: Params
    demand: Mapping[Pair, Array]
    phases: Array
    of: Index
    weight: Array
    own: Array
    years: tuple[int, ...]

    @property
    def count(self) -> int:
        """N."""
        return len(self.weight)

    def table(self, values: Array) -> Array:
        """(N, T) of values by case."""
        return values.reshape(self.count, len(self.years))

    @cached_property
    def when(self) -> Array:
        """The year of each case."""
        return np.tile(np.array(self.years, dtype=float), self.count)

    def along(self, last: Array, path: Array) -> Array:
        """(B, T) of what is ``last`` (B,) in the last year of each draw and takes the paths (N, T) of those that are solved."""
        end, weight = path[:, -1:], self.weight
        known = np.abs(end) > _NOTHING
        usual = np.divide(weight, weight[:, -1:], out=np.zeros_like(weight), where=weight[:, -1:] > 0.0)
        part = np.clip(np.where(known, np.divide(path, end, out=np.zeros_like(path), where=known), usual), 0.0, 1.0)
        part[:, -1] = 1.0
        ratio = np.divide(self.own, weight[self.of], out=np.zeros_like(self.own), where=weight[self.of] > 0.0)
        ratio = np.divide(ratio, ratio[:, -1:], out=np.zeros_like(ratio), where=ratio[:, -1:] > 0.0)
        found = path[self.of] + (last[:, None] - end[self.of]) * part[self.of]
        found = np.where(weight[self.of] > 0.0, found, 0.0)
        # The first part of a measure does more than its share: a draw in which more is there has no more than it has in the end.
        most = np.maximum(np.abs(found), np.abs(last)[:, None])
        return np.asarray(np.clip(found * ratio, -most, most))

    def ln_trade(self, k: int) -> Array:
        """(N, T) ln of trade with the measures over that without, exports (0) or imports (1)."""
        return self.table(ln_left(self.change.trade_factor(k)))


def ln_left(factor: Array) -> Array:
    """ln of what is left of trade, finite where nothing is."""
    return np.asarray(np.log(np.maximum(factor, LEAST_LEFT)))


def of_draws(study: Study, gain: Array) -> ByYear:
    """Some draws of a study in every year, strata by what all gain in the last one, ``gain`` (B,); the central case where draws
    are few."""
    count = min(MOST, study.draws // DRAWS_EACH)
    if count < 2 or study.chain.system is None or not study.chain.count:
        return of_the_central_case(study)
    rows, of, _ = strata(gain, count // 2, study.change.own)
    params, flows, when = _cases(study, rows)
    phases = study.phases(study.params)[rows].reshape(len(when), -1)
    change = study.chain.change(params, phases, when, flows, near=study.middle_before, draws=max(study.draws, len(when)))
    own = study.phase_weight(study.params)
    return ByYear(for_tables(change), params, flows, phases, of, own[rows], own, study.years)


def without_measures(study: Study) -> tuple[Array, Array]:
    """ln of trade without measures over trade at the borders and queues of the base year (B, T), exports and imports.

    Strata are by what queues and borders leave of two-way trade in the last year, so that all studies of a pair have one
    baseline.
    """
    count = min(MOST_BEFORE, study.draws // DRAWS_EACH)
    if count < 2 or study.chain.system is None:
        return step_of_the_central_case(study)
    rows, of, _ = strata(_left_before(study), count // 2, study.change.own)
    params, flows, when = _cases(study, rows)
    settled = study.chain.settle(params, None, when, flows, study.middle_before)
    found = settled.world.response.trade_factor
    if settled.state is not None:
        found = found[stand_ins(settled.state.settled)]
    return _from_last(study, found[:, :2].reshape(rows.size, len(study.years), 2), of)


def step_of_the_central_case(study: Study) -> tuple[Array, Array]:
    """The same along the path of the central case."""
    change, _ = study.central_change
    return _from_last(study, change.before_factor[None, :, :2], np.zeros(study.draws, dtype=np.intp))


def _from_last(study: Study, left: Array, of: Index) -> tuple[Array, Array]:
    """ln of what is left (B, T), exports and imports, from the last year's of each draw and what is ``left`` (N, T, 2) in others."""
    path, last = ln_left(left), ln_left(study.change.before_factor[:, :2])
    exports, imports = (last[:, k, None] + (path[:, :, k] - path[:, -1:, k])[of] for k in (0, 1))
    return exports, imports


def _cases(study: Study, rows: Index) -> tuple[Params, Mapping[Pair, Array], Array]:
    """Parameters, demand and year of some draws in every year, draw by draw."""
    years = len(study.years)
    params = {name: np.repeat(value[rows], years) for name, value in study.params.items()}
    flows = {
        pair: np.stack([study.demand_in(t)[pair][rows] for t in range(years)], axis=1).reshape(rows.size * years, -1)
        for pair in study.demand
    }
    return params, flows, np.tile(np.array(study.years, dtype=float), rows.size)


def _left_before(study: Study) -> Array:
    """(B,) ln of what queues and borders have left of two-way trade in the last year, without measures: the same in all studies of
    a pair, as its baseline must be."""
    flows = [study.demand[pair].sum(axis=1) for pair in (study.pair, study.pair[::-1])]
    left = sum(flow * study.change.before_factor[:, k] for k, flow in enumerate(flows))
    return ln_left(np.asarray(left / sum(flows)))


def of_the_central_case(study: Study) -> ByYear:
    """The path of the central case for every draw."""
    change, flows = study.central_change
    params = {name: np.repeat(value, len(study.years)) for name, value in study.middle.items()}
    weight = study.phase_weight(study.middle)
    return ByYear(
        change, params, flows, study.phases(study.middle)[0], np.zeros(study.draws, dtype=np.intp), weight,
        study.phase_weight(study.params), study.years,
    )  # fmt: skip
