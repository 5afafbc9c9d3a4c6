"""Queues, routes and world trade of some cases of a question: in the kernel, and in the helpers beside it.

Compiling the network takes a fifth of a second and depends on new services and on borders that
open, not on levels at crossings: these are put into the compiled system as they are. The state
without measures depends on neither. Both are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from corridors.data import tables
from corridors.scenario.model import Scenario
from corridors.study import counterfactual
from corridors.study.ages import timed
from corridors.study.counterfactual import Chain
from corridors.study.phases import usual_since
from corridors.study.settled import Change, Settled
from corridors.transport import effects as measure_effects
from corridors.transport.system import Pair
from corridors.transport.world_network.study import structure

Array = npt.NDArray[np.float64]

MOST_KEPT = 8
_OF_A_CHAIN = ("pairs", "base_trade", "_usual_shares", "goods")


@dataclass(frozen=True)
class Cases:
    """B cases of a question that are solved together.

    ``scenario`` with its measures, the years ``since`` when they have been there and their
    ``parts`` (:class:`corridors.study.counterfactual.Chain`); ``params`` (B,), ``active`` (B, M),
    ``year`` (B,) and ``demand`` (B, C) by directed pair. ``same`` names what the state without
    measures depends on beside the structure of the network: equal for cases that share it.
    """

    scenario: Scenario
    since: tuple[float, ...]
    parts: tuple[float, ...]
    params: Mapping[str, Array]
    active: Array
    year: Array
    demand: Mapping[Pair, Array]
    same: tuple[Any, ...]

    def some(self, rows: slice) -> Cases:
        """Some of the cases."""
        return replace(
            self,
            params={name: value[rows] for name, value in self.params.items()},
            active=self.active[rows],
            year=self.year[rows],
            demand={pair: value[rows] for pair, value in self.demand.items()},
            same=(*self.same, rows.start, rows.stop),
        )


class Solver:
    """Solves cases of one pair; the last few networks and states without measures are kept."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.chains: dict[Any, Chain] = {}
        self.states: dict[Any, Settled] = {}

    @cached_property
    def constants(self) -> Mapping[str, float]:
        """Central values by parameter."""
        table = tables.parameters().set_index("parameter")["central"]
        return {str(name): float(value) for name, value in table.items()}

    def chain(self, scenario: Scenario) -> Chain:
        """The compiled network: levels at crossings are exchanged, anything else is compiled anew and kept."""
        key = structure(self.pair, scenario.measures)
        if key not in self.chains:
            make_room(self.chains)
            self.chains[key] = self._unmeasured(key) or counterfactual.build(self.pair, scenario.measures)
        known = self.chains[key]
        if known.measures == scenario.measures:
            return known
        new = replace(known, measures=scenario.measures)
        if known.system is None:
            return new
        effects = measure_effects.read(known.network, scenario.measures, self.constants)
        system = replace(known.system, effects=effects, layout=replace(known.system.layout, effects=effects))
        new = replace(new, system=system)
        # These depend on pairs alone.
        vars(new).update({name: getattr(known, name) for name in _OF_A_CHAIN})
        return new

    def _unmeasured(self, key: tuple[Any, ...]) -> Chain | None:
        """Today's network, where it is compiled and that of the measures differs by levels alone."""
        roads, _, *more = key
        today = self.chains.get((roads, False, *more))
        return today if today is not None and today.system is not None else None

    def change(self, cases: Cases) -> Change:
        """What the measures change in them."""
        links = timed(self.chain(cases.scenario), cases.since, cases.parts, usual_since(cases.scenario))
        before = self._before(links, cases)
        return links.change(cases.params, cases.active, cases.year, cases.demand, before=before)

    def _before(self, links: Chain, cases: Cases) -> Settled:
        """Queues, routes and trade without measures: the same for all levels of measures, whenever they start."""
        key = (structure(self.pair, links.measures), links.usual, cases.same)
        if key not in self.states:
            make_room(self.states)
            self.states[key] = links.settle(cases.params, None, cases.year, cases.demand)
        return self.states[key]


def make_room(kept: dict[Any, Any], most: int = MOST_KEPT) -> None:
    """Let the first go where there are so many, so that one more can be kept."""
    while len(kept) >= most:
        kept.pop(next(iter(kept)))
