"""The chain, kept warm: what is slow is done once for a pair, what a slider moves is solved anew.

Draws and the years of the central path are cases of one pass, shared out among the kernel and its
helpers. Answers are those of :func:`corridors.study.run` for the same draws, to the tolerance of
the solvers: a test holds both beside each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from corridors.explore import helpers
from corridors.explore.question import SEED, Question
from corridors.explore.solver import Cases, Solver
from corridors.scenario.model import Friction
from corridors.study.ages import dated
from corridors.study.counterfactual import Chain
from corridors.study.pipeline import Params, Study, demand
from corridors.study.settled import Change
from corridors.study.year_paths import of_the_central_case, step_of_the_central_case
from corridors.transport.system import Pair
from corridors.uncertainty.shapley import shapley_of

Array = npt.NDArray[np.float64]

DRAWS = 32
_OF_A_BASELINE = ("baseline", "projected_paths", "middle_baseline", "demand", "middle_demand")


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
        self._solver = Solver(pair)

    @cached_property
    def _plain(self) -> Study:
        """The study without measures: its draws and baselines are those of every question."""
        horizon = (self.years[0], self.years[-1])
        bare = Question(self.pair, start=horizon[0], horizon=horizon).scenario()
        return Study(bare.model_copy(update={"frictions": self.frictions}), self.draws, self.seed)

    @property
    def today(self) -> Chain:
        """The network as it is, compiled and not solved."""
        horizon = (self.years[0], self.years[-1])
        return self._solver.chain(Question(self.pair, start=horizon[0], horizon=horizon).scenario())

    def study(self, question: Question) -> Study:
        """The solved study of a question, every part of it there."""
        scenario = question.scenario()
        found = Study(scenario, self.draws, self.seed)
        vars(found).update({name: getattr(self._plain, name) for name in _OF_A_BASELINE})
        vars(found).update(
            params=self._assumed(self._plain.params, question),
            middle=self._assumed(self._plain.middle, question),
        )  # fmt: skip
        links = dated(self._solver.chain(scenario), scenario, found.middle, found.middle_demand)
        vars(found)["chain"] = links
        vars(found).update(zip(("change", "central_change"), self._solve(found, question), strict=True))
        together = len({(m.start, m.years_to_full_effect) for m in scenario.measures}) < 2
        # Those that begin together need no weights between them; paths and weights of draws would take the second that is not there.
        vars(found)["shapley"] = np.ones(links.count) if together else shapley_of(found.central_effect, links.count)
        vars(found).update(by_year=of_the_central_case(found), step=step_of_the_central_case(found))
        return found

    def _assumed(self, values: Params, question: Question) -> Params:
        """Draws moved so that the central value is the one that the question assumes."""
        moved = dict(values)
        for name in ("value_of_a_day", "trade_elasticity"):
            wanted = getattr(question, name)
            if wanted is not None:
                moved[name] = values[name] * (wanted / self._solver.constants[name])
        return moved

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
        cases = Cases(
            study.scenario, links.since, links.parts, params, active, when, flows,
            (self.years, self.draws, self.seed, self.frictions, question.value_of_a_day, question.trade_elasticity),
        )  # fmt: skip
        change = helpers.solved(self.pair, self._solver, cases)
        yearly = {pair: np.concatenate([at[pair] for at in central]) for pair in flows}
        return change.cases(slice(0, self.draws)), (change.cases(slice(self.draws, None)), yearly)
