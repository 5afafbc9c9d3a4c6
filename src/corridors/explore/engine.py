"""The chain, kept warm: what is slow is done once for a pair, what a slider moves is solved anew.

Compiling the network takes a fifth of a second and depends on new services and on borders that
open, not on levels at crossings: these are put into the compiled system as they are. The state
without measures depends on neither. Draws and the years of the central path are cases of one pass.
Answers are those of :func:`corridors.study.run` for the same draws, to the tolerance of the
solvers: a test holds both beside each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from corridors.data import tables
from corridors.explore.question import SEED, Question
from corridors.scenario.model import Friction, Scenario
from corridors.study import counterfactual
from corridors.study.ages import dated
from corridors.study.counterfactual import Chain
from corridors.study.pipeline import Params, Study, demand
from corridors.study.settled import Change, Settled
from corridors.transport import effects as measure_effects
from corridors.transport.system import Pair
from corridors.transport.world_network.study import network_of

Array = npt.NDArray[np.float64]

DRAWS = 32
_MOST_KEPT = 8
_OF_A_BASELINE = ("baseline", "projected_paths", "middle_baseline", "demand", "middle_demand")
_OF_A_CHAIN = ("pairs", "base_trade", "_usual_shares", "goods")


@lru_cache(maxsize=4)
def engine(
    pair: Pair, horizon: tuple[int, int], draws: int = DRAWS, seed: int = SEED,
    frictions: tuple[Friction, ...] = (),
) -> Engine:
    """The engine of a pair and horizon; the last few are kept."""
    return Engine(pair, horizon, draws, seed, frictions)


class Engine:
    """Answers questions about one pair. Raises DataError for an economy without trade in the data."""

    def __init__(
        self, pair: Pair, horizon: tuple[int, int], draws: int = DRAWS, seed: int = SEED, frictions: tuple[Friction, ...] = ()
    ) -> None:
        self.pair, self.draws, self.seed, self.frictions = pair, draws, seed, frictions
        self.years = tuple(range(horizon[0], horizon[1] + 1))
        self._chains: dict[Any, Chain] = {}
        self._before: dict[Any, Settled] = {}

    @cached_property
    def _plain(self) -> Study:
        """The study without measures: its draws and baselines are those of every question."""
        horizon = (self.years[0], self.years[-1])
        bare = Question(self.pair, start=horizon[0], horizon=horizon).scenario()
        return Study(bare.model_copy(update={"frictions": self.frictions}), self.draws, self.seed)

    @cached_property
    def _constants(self) -> Mapping[str, float]:
        table = tables.parameters().set_index("parameter")["central"]
        return {str(name): float(value) for name, value in table.items()}

    @property
    def today(self) -> Chain:
        """The network as it is, compiled and not solved."""
        horizon = (self.years[0], self.years[-1])
        return self._chain(Question(self.pair, start=horizon[0], horizon=horizon).scenario())

    def study(self, question: Question) -> Study:
        """The solved study of a question, every part of it there."""
        scenario = question.scenario()
        links = self._chain(scenario)
        found = Study(scenario, self.draws, self.seed)
        vars(found).update({name: getattr(self._plain, name) for name in _OF_A_BASELINE})
        vars(found).update(
            params=self._assumed(self._plain.params, question),
            middle=self._assumed(self._plain.middle, question),
        )  # fmt: skip
        vars(found)["chain"] = links = dated(links, scenario, found.middle, found.middle_demand)
        if len({(m.start, m.years_to_full_effect) for m in scenario.measures}) < 2:
            vars(found)["shapley"] = np.ones(links.count)  # those that begin together need no weights between them
        vars(found).update(zip(("change", "central_change"), self._solve(found, question), strict=True))
        return found

    def _assumed(self, values: Params, question: Question) -> Params:
        """Draws moved so that the central value is the one that the question assumes."""
        moved = dict(values)
        for name in ("value_of_a_day", "trade_elasticity"):
            wanted = getattr(question, name)
            if wanted is not None:
                moved[name] = values[name] * (wanted / self._constants[name])
        return moved

    def _chain(self, scenario: Scenario) -> Chain:
        """The compiled network: levels at crossings are exchanged, anything else is compiled anew and kept."""
        key = counterfactual.structure(scenario.measures)
        if key not in self._chains:
            while len(self._chains) >= _MOST_KEPT:
                self._chains.pop(next(iter(self._chains)))
            self._chains[key] = self._unmeasured(scenario, key) or counterfactual.build(self.pair, scenario.measures)
        known = self._chains[key]
        if known.measures == scenario.measures:
            return known
        new = replace(known, measures=scenario.measures)
        if known.system is None:
            return new
        effects = measure_effects.read(known.network, scenario.measures, self._constants)
        system = replace(known.system, effects=effects, layout=replace(known.system.layout, effects=effects))
        new = replace(new, system=system)
        # These depend on pairs alone.
        vars(new).update({name: getattr(known, name) for name in _OF_A_CHAIN})
        return new

    def _unmeasured(self, scenario: Scenario, key: tuple[Any, ...]) -> Chain | None:
        """Today's network, where it is compiled and that of the measures differs by levels alone."""
        today = self._chains.get((False, *key[1:]))
        if today is None or today.system is None or network_of(self.pair, scenario.measures) is not today.network:
            return None
        return today

    def _solve(self, study: Study, question: Question) -> tuple[Change, tuple[Change, Mapping[Pair, Array]]]:
        """What changes in the last year by draw, and year by year in the central case
        (:attr:`Study.central_change`)."""
        years, links = self.years, study.chain
        count = len(years)
        params = {
            name: np.concatenate([study.params[name], np.repeat(study.middle[name], count)])
            for name in study.params
        }
        active = np.concatenate([study.phases(study.params)[:, -1], study.phases(study.middle)[0]])
        when = np.concatenate([np.full(self.draws, float(study.last)), np.array(years, dtype=float)])
        central = [demand(study.middle_baseline, t) for t in range(count)]
        flows = {pair: np.concatenate([value, *(at[pair] for at in central)]) for pair, value in study.demand.items()}
        before = self._state_before(links, params, when, flows, question)
        change = links.change(params, active, when, flows, before=before)
        yearly = {pair: np.concatenate([at[pair] for at in central]) for pair in flows}
        return change.cases(slice(0, self.draws)), (change.cases(slice(self.draws, None)), yearly)

    def _state_before(
        self, links: Chain, params: Params, when: Array, flows: Mapping[Pair, Array], question: Question
    ) -> Settled:
        """Queues, routes and trade without measures: the same for all levels of measures that start
        in the same years, and for any number of them that start in one."""
        key = (
            counterfactual.structure(links.measures),
            links.since if len(set(links.since)) > 1 else links.since[:1],
            links.parts,
            question.value_of_a_day,
            question.trade_elasticity,
        )
        if key not in self._before:
            while len(self._before) >= _MOST_KEPT:
                self._before.pop(next(iter(self._before)))
            self._before[key] = links.settle(params, None, when, flows)
        return self._before[key]
