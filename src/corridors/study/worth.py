"""What a scenario is worth, to whom, against what cost: gathers a study's states, prices and costs for :mod:`corridors.appraisal`.

Benefits of the last year are computed in every draw. Earlier years follow the central case, year by
year, moved by each draw's own phase-in as trade is; later years, to the end of the longest life
among the measures, are as the last. What needs the ways of every pair (carbon) is solved in the
first :data:`DETAILED` draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.appraisal import (
    carbon,
    cash_flow,
    costs,
    income,
    priorities,
    resilience,
    states,
    users,
)
from corridors.appraisal.income import RealIncome
from corridors.appraisal.users import UserBenefits
from corridors.data import tables as data
from corridors.study import cost_units, worth_measures
from corridors.study.lots import by_lots
from corridors.study.settled import Change, stand_ins
from corridors.trade import cargo, sectors
from corridors.transport.system import Pair, System, TransportState
from corridors.uncertainty.cases import taken

if TYPE_CHECKING:
    from corridors.study.pipeline import Study

Array = npt.NDArray[np.float64]
Params = Mapping[str, Array]

DETAILED = 64
DISCOUNT_PERCENT, CARBON_USD_PER_T = 9.0, 80.0
OTHER_RATES_PERCENT = (6.0, 12.0)


@dataclass(frozen=True)
class Worth:
    """The appraisal of one study; every part is computed once, when it is first asked for."""

    study: Study

    # --- terms
    # -------------------------------------------------------------------------------------------

    @property
    def discount_percent(self) -> float:
        """Percent a year by which later dollars count less."""
        return float(getattr(getattr(self.study.scenario, "appraisal", None), "discount_percent", DISCOUNT_PERCENT))

    @property
    def carbon_usd_per_t(self) -> float:
        """Dollars a tonne of CO2 equivalent."""
        return float(getattr(getattr(self.study.scenario, "appraisal", None), "carbon_usd_per_t", CARBON_USD_PER_T))

    @property
    def acts(self) -> bool:
        """Whether the scenario has measures."""
        return self.study.chain.count > 0

    @property
    def system(self) -> System | None:
        """The solved network, None where none is known."""
        return self.study.chain.system

    # --- whose goods, and how many
    # -----------------------------------------------------------------------

    @cached_property
    def _shown(self) -> System | None:
        return None if self.system is None else states.showing_all(self.system)

    @cached_property
    def _central(self) -> tuple[TransportState, TransportState] | None:
        """Every pair's ways without and with the measures in the last year, central case."""
        change, flows = self.study.central_change
        last = {pair: value[-1:] for pair, value in flows.items()}
        return self._shown_states(change, self.study.middle, last, self.study.middle_active[None], slice(-1, None))

    def _shown_states(
        self, change: Change, params: Params, demand: Mapping[Pair, Array], phases: Array, rows: slice
    ) -> tuple[TransportState, TransportState] | None:
        """Some cases of a change, all routes shown: solved again from where they ended, with the same trade behind them."""
        if self._shown is None or change.before is None or change.after is None:
            return None
        own = demand if self.study.chain.on_network else None
        found = []
        for state, active in ((change.before, None), (change.after, phases if self.acts else None)):
            near = taken(state, np.arange(state.gap.size)[rows], state.gap.size)
            solved = self._shown.solve(
                params, active=active, year=self.study.last, demand=own, near=near, shift=near.shift
            )
            found.append(solved if solved.settled.all() else taken(solved, stand_ins(solved.settled), solved.gap.size))
        return found[0], found[1] if self.acts else found[0]

    @cached_property
    def _passed(self) -> Array:
        assert self._shown is not None and self._central is not None
        return states.passages(self._shown, self._central[0])

    def _growth(self, params: Params, year: float | Array) -> Array:
        """(B, P) growth of the trade of the system's pairs to ``year``."""
        assert self.system is not None
        return states.growth(self.system, params, year, self._passed)

    def _base_value(self, pairs: tuple[Pair, ...]) -> Array:
        """(P, C) trade of the base year by cargo class, million dollars; 0 where the world matrix does not know the pair."""
        if pairs not in self._base_values:
            self._base_values[pairs] = self._read_value(pairs)
        return self._base_values[pairs]

    @cached_property
    def _base_values(self) -> dict[tuple[Pair, ...], Array]:
        return {}

    def _read_value(self, pairs: tuple[Pair, ...]) -> Array:
        trade = self.study.chain.base_trade
        known = set(trade.index)
        flow = np.array([float(trade.loc[a, b]) if a in known and b in known else 0.0 for a, b in pairs])
        return np.asarray(flow[:, None] * cargo.usual_shares(pairs))

    def value(self, pairs: tuple[Pair, ...], params: Params, demand: Mapping[Pair, Array], year: float | Array) -> Array:
        """(B, P, C) trade of ``pairs`` in ``year`` at the costs of the base year, million dollars: the study's as projected, others' as their
        traffic grows."""
        size = max(np.atleast_1d(v).shape[0] for v in params.values())
        value = np.broadcast_to(self._base_value(pairs), (size, len(pairs), len(cargo.CLASSES))).copy()
        if self.system is not None:
            grown = self._growth(params, year)
            for p, k in enumerate(states.pair_positions(self.system.pairs, pairs)):
                if k >= 0:
                    value[:, p] *= grown[:, k, None]
        for p, pair in enumerate(pairs):
            if pair in demand:
                value[:, p] = demand[pair]
        return value

    # --- users
    # -------------------------------------------------------------------------------------------

    @cached_property
    def users(self) -> UserBenefits:
        """Users' gains in the last year, every draw."""
        return by_lots(lambda rows: self.users_of(*self._some(rows), self.study.last), self.study.draws)

    def _some(self, rows: slice) -> tuple[Change, Params, Mapping[Pair, Array]]:
        """What changes in some of the draws, and their parameters and demand."""
        return self.study.change.cases(rows), *self.study.some(rows)

    def users_of(self, change: Change, params: Params, demand: Mapping[Pair, Array], year: float | Array) -> UserBenefits:
        """Users' gains of a change, its cases in ``year``."""
        pairs = self.study.chain.pairs
        # What closures and queues since the base year have taken away is not there to gain: by
        # class where the network solves the pair, as a whole elsewhere.
        expected = self.value(pairs, params, demand, year)
        value = expected * change.before_factor[:, :, None]
        paid, factor = np.zeros_like(change.class_factor), np.array(change.class_factor)
        crossings: tuple[tuple[str, str], ...] = ()
        rest = np.zeros((len(value), 0))
        if self.system is not None and change.before is not None and change.after is not None:
            theta, before = params["trade_elasticity"], change.before
            at = np.array(states.pair_positions(self.system.pairs, pairs), dtype=np.intp)
            here, there = np.flatnonzero(at >= 0), at[at >= 0]
            paid[:, here] = before.mean_cost[:, there]
            value[:, here] = states.traded(self.system, before, expected[:, here], theta, there)
            factor[:, here] = states.price_on_ways(self.system, before, factor[:, here], theta, there)
            crossings = states.ends_of_crossings(self.system)
            rest = states.rest_gains(self.system, change.before, change.after, params)
        existing, new = users.goods(value, paid, factor, params["trade_elasticity"])
        return UserBenefits(pairs, existing, new, crossings, rest)

    def _fee_saved(self, params: Params, change: Change) -> Array:
        assert self.system is not None
        active = self.study.phases(params)[:, -1] if self.acts else np.zeros((1, 0))
        fee = states.fee_usd(self.system, active) if self.acts else self.system.layout.fee.T
        return np.asarray(self.system.layout.fee.T - fee)

    @cached_property
    def by_kind(self) -> dict[str, float]:
        """Users' gains of the last year by what is saved, central case, million dollars; adds up to the central total."""
        total = float(self._central_users.total[-1])
        if self._central is None or self._shown is None or self.system is None:
            return {"other": total}
        (before, after), params = self._central, self.study.middle
        value = self.value(
            self.system.pairs,
            params,
            {p: v[None] for p, v in self.study.middle_demand.items()},
            self.study.last,
        )[0]
        parts = states.saved_by_kind(
            self._shown,
            before,
            after,
            params,
            states.traded(self.system, before, value[None], params["trade_elasticity"])[0],
        )
        gains = self._central_users
        parts["new_trade"] = float(gains.new[-1].sum())
        parts["other_trucks"] = float(gains.other_trucks[-1].sum())
        parts["choice"] = total - sum(parts.values())
        return parts

    @cached_property
    def _central_users(self) -> UserBenefits:
        """Users' gains by year (T rows), central case."""
        study = self.study
        count = len(study.years)
        params = {name: np.repeat(value, count) for name, value in study.middle.items()}
        change, flows = study.central_change
        return self.users_of(change, params, flows, np.array(study.years, dtype=float))

    @cached_property
    def crossing_gains(self) -> Array:
        """(B, X) gains of all trucks at crossings in the last year by the rule of half, million dollars."""
        change, params = self.study.change, self.study.params
        if self.system is None or change.before is None or change.after is None:
            return np.zeros((self.study.draws, 0))
        return states.crossing_gains(self.system, change.before, change.after, params, self._fee_saved(params, change))

    # --- treasuries, carbon, income
    # ----------------------------------------------------------------------

    @cached_property
    def fees(self) -> Array:
        """(B, X) change of what trucks pay at crossings in the last year, million dollars."""
        return self.fees_of(self.study.change, self.study.phases(self.study.params)[:, -1])

    def fees_of(self, change: Change, active: Array) -> Array:
        """(B, X) the same of any change, by measures ``active`` (B, M)."""
        if self.system is None or change.before is None or change.after is None or not self.acts:
            return np.zeros((len(active), 0 if self.system is None else len(self.system.crossings)))
        return states.fees_musd(self.system, change.after, active) - states.fees_musd(self.system, change.before, None)

    @cached_property
    def _carbon(self) -> tuple[Array, dict[str, tuple[float, float]]]:
        """Change of emissions (B,), kt a year in the last year, and kt before and after by mode in the central case."""
        study = self.study
        if self.system is None or self._shown is None or not self.acts:
            return np.zeros(study.draws), {}
        count = min(DETAILED, study.draws)
        params, demand = study.some(slice(0, count))
        found = self._shown_states(study.change, params, demand, study.phases(params)[:, -1], slice(0, count))
        assert found is not None and self._central is not None
        change = self._emitted(found, params, demand)[2]
        middle = {p: v[None] for p, v in study.middle_demand.items()}
        modes = {
            mode: tuple(float(v.sum()) for v in self._emitted(self._central, study.middle, middle, mode)[:2])
            for mode in carbon.MODES
        }
        return np.resize(change, study.draws), modes  # type: ignore[return-value]

    def _emitted(
        self, found: tuple[TransportState, TransportState], params: Params, demand: Mapping[Pair, Array], only: str = ""
    ) -> tuple[Array, Array, Array]:
        """kt a year before and after (B, P), and their difference (B,), exactly 0 where nothing changes."""
        assert self._shown is not None and self.system is not None
        rates = {mode: rate if only in ("", mode) else 0.0 for mode, rate in emission_intensities().items()}
        kg = carbon.per_tonne(states.kilometres(self._shown), rates)
        value = self.value(self.system.pairs, params, demand, self.study.last)
        unit = self.system.layout.unit_value * np.asarray(params["unit_value_factor"])[:, None, None]
        traded = (states.traded(self.system, state, value, params["trade_elasticity"]) for state in found)
        kt = [states.carbon_kt(self._shown, state, goods, unit, kg) for state, goods in zip(found, traded, strict=True)]
        return kt[0], kt[1], (kt[1] - kt[0]).sum(axis=1)

    @property
    def co2_kt(self) -> Array:
        """(B,) change of emissions in the last year, kilotonnes of CO2 equivalent."""
        return self._carbon[0]

    @property
    def co2_by_mode(self) -> dict[str, tuple[float, float]]:
        """Kilotonnes before and after by mode, central case; empty without measures."""
        return self._carbon[1]

    @cached_property
    def income(self) -> RealIncome:
        """Real income of every economy in the last year, every draw; the world has the size of the base year, grown as the goods concerned."""
        return by_lots(lambda rows: self._income_of(*self._some(rows)), self.study.draws)

    def _income_of(self, change: Change, params: Params, demand: Mapping[Pair, Array]) -> RealIncome:
        pairs, trade = self.study.chain.pairs, self.study.chain.base_trade
        found = income.real_income(
            change.response.labels, trade.to_numpy(), pairs, change.cost_factor, params["trade_elasticity"],
            change.response.producer_price_factor, change.response.real_gdp_factor,
            spending=sectors.base_world().final_spending, output=sectors.base_world().value_added,
            before=change.before_factor,
        )  # fmt: skip
        saved = np.abs(1.0 - change.cost_factor)
        base = self._base_value(pairs).sum(axis=1)
        then = self.value(pairs, params, demand, self.study.last).sum(axis=2)
        grown = np.divide((saved * then).sum(axis=1), saved @ base, out=np.ones(len(saved)), where=saved @ base > 0.0)
        return replace(found, income=found.income * grown[:, None], users=found.users * grown[:, None])

    # --- against cost
    # ------------------------------------------------------------------------------------

    @cached_property
    def costs(self) -> tuple[costs.MeasureCost, ...]:
        """What each measure costs, stated or usual of its kind."""
        measures = self.study.scenario.measures
        return costs.of_measures(measures, cost_units.of_each(measures, self.study.chain.network), data.measure_costs())

    @cached_property
    def benefits_last(self) -> Array:
        """(B,) users' gains, treasuries' and carbon's together in the last year, million dollars."""
        return np.asarray(
            self.users.total
            + self.fees.sum(axis=1)
            - carbon.cost_musd(self.co2_kt, self.carbon_usd_per_t)
        )

    @cached_property
    def yearly(self) -> Array:
        """(B, T) the same by year of the horizon."""
        some = self.study.by_year
        gains = self.users_of(some.change, some.params, some.demand, some.when).total + self.fees_of(some.change, some.phases).sum(axis=1)
        return some.along(self.benefits_last, some.table(gains))

    @cached_property
    def appraisal(self) -> cash_flow.Appraisal:
        """Flows from the first works to the end of the measures' lives, at the scenario's rate, in money of the horizon's first year."""
        base, score = self.study.years[0], self.study.params["capital_cost_score"]
        last = max(costs.last_year(self.costs, base), self.study.last)
        first = costs.first_year(self.costs, score, base)
        before = np.zeros((self.study.draws, base - first))
        later = np.repeat(self.benefits_last[:, None], last - self.study.last, axis=1)
        spent = costs.spending(self.costs, score, first, last)
        return cash_flow.Appraisal(
            first,
            self.discount_percent / 100.0,
            np.concatenate([before, self.yearly, later], axis=1),
            spent,
            base,
        ).without_rounding()

    @cached_property
    def left_out(self) -> worth_measures.LeftOut:
        """What goes where measures are left out (:func:`corridors.study.worth_measures.lost`)."""
        return worth_measures.lost(self)

    # --- what is not added
    # -------------------------------------------------------------------------------

    @cached_property
    def _central_value(self) -> Array:
        assert self.system is not None
        middle = {p: v[None] for p, v in self.study.middle_demand.items()}
        return self.value(self.system.pairs, self.study.middle, middle, self.study.last)

    @cached_property
    def _own_demand(self) -> Mapping[Pair, Array]:
        return self.study.middle_demand if self.study.chain.on_network else {}

    @cached_property
    def second_ways(self) -> pd.DataFrame:
        """Expected loss from closures of each crossing, before measures and after; central case."""
        if self.system is None:
            return pd.DataFrame(columns=list(resilience.COLUMNS))
        before = self.study.middle_before.state
        return resilience.second_ways(
            self.system,
            self.study.middle,
            self._central_value,
            self._own_demand,
            self.study.last,
            self.study.middle_active,
            (1.0 if before is None else before.shift, self.study.middle_shift),
        )

    @cached_property
    def priorities(self) -> pd.DataFrame:
        """Marginal worth at every crossing and road link with the measures in place; central case."""
        if self.system is None:
            return pd.DataFrame(columns=list(priorities.COLUMNS))
        return priorities.marginal_worth(
            self.system,
            self.study.middle,
            self._central_value,
            self._own_demand,
            self.study.last,
            self.study.middle_active,
            self.study.middle_shift,
        )


def emission_intensities() -> dict[str, float]:
    """kg CO2e a tonne-kilometre by mode, the middle of ``data/emission_intensities.csv``."""
    table = data.emission_intensities()
    return dict(zip(table["mode"], table["kg_co2e_per_t_km"], strict=True))
