"""One scenario, from the data to every table of its reports. Read this page first.

``run(load("capacity-800"))`` draws everything that is uncertain, projects the pair's trade without
any measure, solves queues and routes with and without the measures, turns the difference into trade
costs, lets world trade adjust, and says what did it and how sure that is. Each step is one call;
the mathematics is in the modules called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors import uncertainty
from corridors.errors import ScenarioError
from corridors.runtime.waiting import step, under_cell
from corridors.scenario.model import Scenario
from corridors.study import (
    binding,
    counterfactual,
    lots,
    sector_tables,
    single_cases,
    what_did_it,
    worth_tables,
    year_paths,
)
from corridors.study import facts as study_facts
from corridors.study import tables as study_tables
from corridors.study.ages import dated
from corridors.study.counterfactual import Chain, effect_of
from corridors.study.evidence import FLIGHTS
from corridors.study.phases import phases
from corridors.study.projected import FLOWS, WAYS, Paths
from corridors.study.result import StudyResult
from corridors.study.settled import Change, Settled
from corridors.study.worth import Worth
from corridors.trade import baseline as projection
from corridors.trade import missing_trade
from corridors.trade.baseline import Baseline
from corridors.transport import pair_values
from corridors.transport.system import Pair, TransportState
from corridors.uncertainty import expansion
from corridors.uncertainty import shapley as attribution

Array = npt.NDArray[np.float64]
Params = Mapping[str, Array]

PATHS_A_DRAW = 16


@under_cell()
def run(scenario: Scenario, draws: int | None = None, seed: int | None = None) -> StudyResult:
    """The whole chain for one scenario. ``draws`` and ``seed`` None: as the scenario says.

    The same scenario, data, draws and seed give the same tables to the last byte. Raises DataError
    for an economy without trade in the data, NotConverged where a step cannot be solved as exactly
    as promised.
    """
    draws = scenario.uncertainty.draws if draws is None else draws
    seed = scenario.uncertainty.seed if seed is None else seed
    study = Study(scenario, draws, seed)
    worth = study.worth
    known = {
        **step("what is known of the pair"),
        "trade_history": projection.history(scenario.pair),
        "disagreements": projection.disagreements(scenario.pair),
        "gravity": missing_trade.gravity_table(),
        "missing_trade": missing_trade.missing_trade(scenario.pair),
        **step(f"queues, routes and world trade in {draws:,} futures"),
    }
    _ = study.change, study.central_change
    # What is asked of single cases takes about as long as tables and years do, and a core that these leave idle.
    with single_cases.beside(study) as of_cases:
        tables = {
            **known,
            **study_tables.corridors(study),
            "costs": study_tables.costs(study),
            **step("what trade does"),
            "projection": study_tables.paths(study),
            "effect": study_tables.effects(study),
            "volumes": study_tables.volumes(study),
            "sectors": sector_tables.sectors(study),
            "targets": study_tables.targets(study),
            "others": study_tables.others(study),
            "real_gdp": study_tables.real_gdp(study),
            **step("what did it, and how sure that is"),
            "contributions": contributions(study),
            **step("what it is worth"),
            **worth_tables.tables(worth),
            "sources": study_tables.sources(),
        }
        more, closures = of_cases()
    tables |= more
    tables["binding"] = binding.table(study, tables["crossings"], tables["priorities"])
    # Checked against its declaration when the result is made.
    facts: Any = {**study_facts.facts(study, tables, closures), "appraisal": worth_tables.summary(worth)}
    return StudyResult(
        scenario={**scenario.model_dump(mode="json"), "labels": [m.label for m in scenario.measures]},
        pair=scenario.pair,
        years=scenario.years,
        draws=draws,
        seed=seed,
        tables=tables,
        facts=facts,
    )


@dataclass(frozen=True)
class Study:
    """One scenario with its draws; every part is computed once, when it is first asked for."""

    scenario: Scenario
    draws: int
    seed: int

    @property
    def pair(self) -> Pair:
        """The study's economies; exports run from the first to the second."""
        return self.scenario.pair

    @property
    def years(self) -> tuple[int, ...]:
        """The horizon."""
        return self.scenario.years

    @property
    def last(self) -> int:
        """The last year: the one that headline figures are of."""
        return self.years[-1]

    @cached_property
    def params(self) -> Params:
        """Draws of every uncertain quantity (B,)."""
        return uncertainty.sample(None, self.draws, self.seed)

    @cached_property
    def middle(self) -> Params:
        """The central value of every quantity (1,)."""
        return uncertainty.central()

    @cached_property
    def baseline(self) -> Baseline:
        """The pair's trade without measures, by year and draw."""
        return projection.baseline(self.pair, self.years, self.params)

    @cached_property
    def projected_paths(self) -> Paths:
        """Trade at the borders and queues of the base year in :data:`PATHS_A_DRAW` times as many draws, the first of them
        :attr:`params`: the tails of a wide band need them."""
        count = self.draws * PATHS_A_DRAW
        out = {flow: np.empty((count, len(self.years))) for flow in WAYS}
        first = 0
        for params in uncertainty.lots(count, self.seed):
            found = projection.baseline(self.pair, self.years, params).paths()
            for flow, values in out.items():
                values[first : first + len(found[flow])] = found[flow]
            first += len(found["total"])
        return Paths(out)

    @cached_property
    def baseline_paths(self) -> Paths:
        """The same without measures: what queues that have grown and borders that have shut since leave of it."""
        return self.projected_paths.moved(self.step)

    @cached_property
    def middle_baseline(self) -> Baseline:
        """The same in the central case."""
        return projection.baseline(self.pair, self.years, self.middle)

    @cached_property
    def usd_per_t(self) -> Mapping[str, Array]:
        """Dollars a tonne of exports and imports by cargo class in every draw, (B, C) each."""
        values = pair_values.worth(self.chain.network, (self.pair, self.pair[::-1]))
        factor = np.broadcast_to(self.params["unit_value_factor"], (self.draws,))[:, None]
        return {flow: row * factor for flow, row in zip(WAYS, values, strict=True)}

    @cached_property
    def piped(self) -> Mapping[str, Array]:
        """Part of exports and imports by cargo class that flows through pipelines, (C,) each."""
        return dict(zip(WAYS, pair_values.piped(self.chain.network, (self.pair, self.pair[::-1])), strict=True))

    @cached_property
    def chain(self) -> Chain:
        """The network with the scenario's measures."""
        try:
            built = counterfactual.build(self.pair, self.scenario.measures)
        except ScenarioError as error:
            raise ScenarioError(f"{self.scenario.name}: {error}") from None
        return dated(built, self.scenario, self.middle, self.middle_demand)

    @cached_property
    def demand(self) -> Mapping[Pair, Array]:
        """Trade of the last year by directed pair, (B, C) million dollars."""
        return demand(self.baseline, -1)

    def demand_in(self, t: int) -> Mapping[Pair, Array]:
        """The same of year number ``t``."""
        return demand(self.baseline, t)

    def some(self, rows: slice | npt.NDArray[np.intp]) -> tuple[Params, Mapping[Pair, Array]]:
        """:attr:`params` and :attr:`demand` of some of the draws."""
        params = {name: value[rows] for name, value in self.params.items()}
        return params, {pair: value[rows] for pair, value in self.demand.items()}

    @cached_property
    def middle_demand(self) -> Mapping[Pair, Array]:
        """The same in the central case, (C,)."""
        return {pair: value[0] for pair, value in demand(self.middle_baseline, -1).items()}

    @cached_property
    def _solved(self) -> lots.Solved:
        return lots.solved(self)

    @cached_property
    def change(self) -> Change:
        """What all measures change in the last year, in every draw (:func:`corridors.study.settled.for_tables`)."""
        return self._solved.change

    @property
    def middle_before(self) -> Settled:
        """The last year without measures in the central case: where the search for any other begins."""
        return self.central_change[0].cases(slice(-1, None)).start

    def phases(self, params: Params) -> Array:
        """How far each measure is in place (B, T, M)."""
        return phases(self.scenario.measures, self.years, params)

    @cached_property
    def worth(self) -> Worth:
        """What it is worth."""
        return Worth(self)

    @cached_property
    def by_year(self) -> year_paths.ByYear:
        """Some draws in every year, of which the others take the paths."""
        return year_paths.of_draws(self, self.worth.benefits_last)

    @cached_property
    def growth(self) -> tuple[Array, Array]:
        """ln of scenario over baseline trade (B, T), exports and imports: the last year solved in every draw, others by
        :attr:`by_year`."""
        exports, imports = (self.by_year.along(year_paths.ln_left(self.change.trade_factor(k)), self.by_year.ln_trade(k)) for k in (0, 1))
        return exports, imports

    @cached_property
    def central_change(self) -> tuple[Change, Mapping[Pair, Array]]:
        """What the measures change in the central case, each year of the horizon solved for itself
        (T cases), and its demand."""
        count = len(self.years)
        params = {name: np.repeat(value, count) for name, value in self.middle.items()}
        flows = {
            pair: np.concatenate([demand(self.middle_baseline, t)[pair] for t in range(count)])
            for pair in self.demand
        }
        return self.chain.change(params, self.phases(self.middle)[0], np.array(self.years, dtype=float), flows), flows

    @cached_property
    def step(self) -> tuple[Array, Array]:
        """ln of trade without measures over trade at the borders and queues of the base year (B, T), exports and imports; as
        :attr:`growth`."""
        return year_paths.without_measures(self)

    def phase_weight(self, params: Params) -> Array:
        """(B, T) how far the measures are in place, each weighing what it contributes."""
        phases = self.phases(params)
        if not self.chain.count:
            return np.zeros(phases.shape[:2])
        share = np.abs(self.shapley)
        share = share if share.sum() > 0 else np.ones_like(share)
        return np.asarray(phases @ (share / share.sum()))

    @cached_property
    def scenario_paths(self) -> Paths:
        """The same with the measures.

        Measures move trade by a factor that does not depend on how the baseline turns out, so the
        factors of the draws are repeated along :attr:`baseline_paths`.
        """
        return self.baseline_paths.moved(self.growth)

    @cached_property
    def effect_percent(self) -> Array:
        """Effect on two-way trade in the last year, percent (B,)."""
        return effect_of(self.change, self.demand, self.pair)

    @cached_property
    def flies(self) -> tuple[int, ...]:
        """Numbers of the measures that are direct flights."""
        return tuple(m for m, measure in enumerate(self.scenario.measures) if measure.kind == FLIGHTS)

    @cached_property
    def effect_without_flights(self) -> dict[str, float]:
        """What the measures other than flights do to two-way trade in the last year, percent: p10, p50, p90.

        By the arithmetic of the headline: trade factors of the draws repeated along
        :attr:`baseline_paths`.
        """
        base = {flow: self.baseline_paths.at(flow, -1) for flow in FLOWS}
        factors = (np.tile(factor, PATHS_A_DRAW) for factor in self._solved.without_flights.T)
        after = sum(base[flow] * factor for flow, factor in zip(WAYS, factors, strict=True))
        low, mid, high = np.percentile(100.0 * (after / base["total"] - 1.0), [10, 50, 90])
        return {"p10": float(low), "p50": float(mid), "p90": float(high)}

    @cached_property
    def variance(self) -> expansion.Expansion:
        """Which quantities the spread of :attr:`effect_percent` comes from."""
        return expansion.variance_shares(self.params, self.effect_percent)

    @cached_property
    def shapley(self) -> Array:
        """Contributions (M,) of the measures, percentage points of two-way trade (:mod:`corridors.study.what_did_it`)."""
        return what_did_it.contributions(self)

    def central_effect(self, active: Array) -> Array:
        """Effect on two-way trade (S,) of subsets ``active`` (S, M) of the measures in the central case, percent."""
        phased = active * self.phases(self.middle)[0, -1]
        flows = {pair: value[None] for pair, value in self.middle_demand.items()}
        change = self.central_change[0].cases(slice(-1, None))
        # None of them and all of them are known.
        some = np.flatnonzero(active.any(axis=1) & ~active.all(axis=1))
        out = np.where(active.any(axis=1), effect_of(change, flows, self.pair)[0], 0.0)
        if some.size:
            params = {name: np.repeat(value, some.size) for name, value in self.middle.items()}
            out[some] = effect_of(
                self.chain.change(params, phased[some], self.last, flows, change.start),
                flows,
                self.pair,
            )
        return np.asarray(out)

    @property
    def middle_end(self) -> Settled:
        """The last year with all measures in the central case."""
        return self.central_change[0].cases(slice(-1, None)).end

    @property
    def middle_after(self) -> TransportState | None:
        """Its queues and routes."""
        return self.middle_end.state

    @cached_property
    def middle_active(self) -> Array:
        """(M,) how far each measure is there in the last year of the central case."""
        return np.asarray(self.phases(self.middle)[0, -1])

    @property
    def middle_shift(self) -> Array:
        """(1, P) what world trade makes of demand in the last year with all measures in the central
        case; (1, 1) of one without a network."""
        after = self.middle_after
        return np.ones((1, 1)) if after is None else after.shift

    def model(self, params: Params, closure: str = "full") -> Array:
        """Effect on two-way trade in the last year (B,) for any draws, percent: what sensitivities are of."""
        base = projection.baseline(self.pair, [self.last], params)
        flows = demand(base, -1)
        return self.model_of(params, flows, self.phases(params)[:, -1], closure)

    def model_of(
        self, params: Params, flows: Mapping[Pair, Array], phased: Array, closure: str
    ) -> Array:
        """Effect on two-way trade (B,) of measures as far in place as ``phased`` (B, M) in the last year, percent."""
        change = self.chain.change(
            params, phased, self.last, flows, closure=closure, near=self.middle_before
        )
        return effect_of(change, flows, self.pair)


def demand(base: Baseline, t: int) -> dict[Pair, Array]:
    """Trade of year number ``t`` by directed pair, (B, C) million dollars."""
    return {base.pair: base.by_class("exports", t), base.pair[::-1]: base.by_class("imports", t)}


def contributions(study: Study) -> pd.DataFrame:
    """Shapley values of the measures in draws of about the median effect, stretched to add up to it, no sign turned."""
    measures = study.scenario.measures
    base, with_measures = study.baseline_paths.at("total", -1), study.scenario_paths.at("total", -1)
    median = float(np.median(100.0 * (with_measures / base - 1.0)))
    scaled = attribution.scaled_to(study.shapley, median) if measures else np.zeros(0)
    return pd.DataFrame(
        {"measure": [m.label for m in measures], "kind": [m.kind for m in measures], "percent_points": scaled}
    ).astype({"measure": str, "kind": str, "percent_points": float})
