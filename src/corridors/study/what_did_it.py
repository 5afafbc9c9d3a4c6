"""Which measure did it, by draws whose effect is like the median: what holds in the central case, where a queue may not be, need
not hold in most.

Each of :data:`TYPICAL` draws, spread evenly over the middle half of effects, has its own Shapley
values; the mean over them is told. Up to :data:`EXACT` measures they are exact; of more each draw
has an order of its own and the same backwards (Castro, Gomez and Tejada 2009), of which the mean
over draws is unbiased and adds up all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from corridors.study.counterfactual import effect_of
from corridors.study.settled import Change
from corridors.uncertainty import shapley
from corridors.uncertainty.cases import taken

if TYPE_CHECKING:
    from corridors.study.pipeline import Params, Study
    from corridors.transport.system import Pair

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

TYPICAL, EXACT = 16, 4


def contributions(study: Study) -> Array:
    """(M,) percentage points of two-way trade in the last year that each measure brings."""
    count = study.chain.count
    rows = typical(study.effect_percent, study.change.own)
    if count < 2:
        return np.full(count, study.effect_percent[rows].mean())
    return np.asarray(of_draws(study, rows).mean(axis=0))


def typical(effect: Array, own: npt.NDArray[np.bool_]) -> Index:
    """Draws at even distances in the middle half of effects (B,), the lowest first, of those that are their ``own`` (B,)."""
    among = np.flatnonzero(own)
    ranks = np.linspace(0.25, 0.75, min(TYPICAL, among.size)) * (among.size - 1)
    return np.asarray(among[np.argsort(effect[among], kind="stable")[np.round(ranks).astype(np.intp)]])


def of_draws(study: Study, rows: Index) -> Array:
    """(N, M) contributions in some of the draws, each adding up to the draw's effect."""
    count = study.chain.count
    whole = Solved(study, rows)
    full = whole.effect(whole.change)
    if count <= EXACT:
        subsets = shapley.subsets(count)
        some = whole.effects(np.repeat(np.arange(rows.size), len(subsets) - 2), np.tile(subsets[1:-1], (rows.size, 1)))
        values = np.column_stack([np.zeros(rows.size), some.reshape(rows.size, -1), full])
        return np.asarray(shapley.shapley(values.T).T)
    orders = [np.random.default_rng(n).permutation(count) for n in range(rows.size)]
    orders = [order for pair in ((o, o[::-1]) for o in orders) for order in pair]
    # One row for each beginning of an order: which measures are there already.
    there = np.array([np.isin(np.arange(count), order[:k]) for order in orders for k in range(1, count)], dtype=float)
    some = whole.effects(np.repeat(np.arange(rows.size), 2 * (count - 1)), there).reshape(len(orders), count - 1)
    values = np.column_stack([np.zeros(len(orders)), some, np.repeat(full, 2)])
    found = np.empty((len(orders), count))
    for k, order in enumerate(orders):
        found[k, order] = np.diff(values[k])
    return np.asarray(found.reshape(rows.size, 2, count).mean(axis=1))


class Solved:
    """Some draws of a study, solved without measures and with all of them, from which subsets are."""

    def __init__(self, study: Study, rows: Index) -> None:
        self.study = study
        self.params, self.demand = study.some(rows)
        self.phases = study.phases(study.params)[rows, -1]
        self.change = study.chain.change(
            self.params, self.phases, study.last, self.demand, near=study.middle_before, draws=study.draws
        )

    def some(self, rows: Index) -> tuple[Params, Mapping[Pair, Array]]:
        """Parameters and demand of the draws ``rows`` (S,) of these."""
        return {name: v[rows] for name, v in self.params.items()}, {pair: v[rows] for pair, v in self.demand.items()}

    def subset(self, rows: Index, active: Array) -> Change:
        """What those of the measures that ``active`` (S, M) has change in the draws ``rows`` (S,) of these."""
        params, demand = self.some(rows)
        start = taken(self.change.start, rows, len(self.phases))
        return self.study.chain.change(
            params, active * self.phases[rows], self.study.last, demand, before=start, draws=self.study.draws
        )

    def effect(self, change: Change) -> Array:
        """Percent of two-way trade."""
        return effect_of(change, self.demand, self.study.pair)

    def effects(self, rows: Index, active: Array) -> Array:
        """The same of :meth:`subset`."""
        return effect_of(self.subset(rows, active), self.some(rows)[1], self.study.pair)
