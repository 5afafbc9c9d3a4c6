"""What the explorer answers: a result light enough to be made anew for every slider, drawn by the reports' charts."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import pandas as pd

from corridors.data import names as vocabulary
from corridors.explore import shares
from corridors.explore.engine import DRAWS, engine
from corridors.explore.question import SEED, Question
from corridors.scenario.loading import defaults
from corridors.show import blocks, findings, lookups, numbers
from corridors.study import facts as study_facts
from corridors.study import tables as study_tables
from corridors.study.counterfactual import Chain
from corridors.study.pipeline import Study
from corridors.study.remarks import remarks
from corridors.study.result import StudyResult
from corridors.study.result_facts import Band
from corridors.study.result_tables import TABLES
from corridors.study.worth import Worth
from corridors.trade import baseline
from corridors.transport import frames, outlook
from corridors.transport.system import Pair
from corridors.uncertainty.draws import BAND_AND_MIDDLE, levels

_ONE_AT_A_TIME = threading.RLock()
"""Engines keep what they solved; the page's first answer is found beside the kernel's cells."""
_ROUTE_HEADS = (
    ("Share without", "% by value"), ("Share with", "% by value"), ("Time without", "days"), ("Time with", "days"),
    ("Cost without", "dollars a tonne"), ("Cost with", "dollars a tonne"),
)  # fmt: skip
_SMALLEST_SHARE = 1e-4
"""Ways that carry less, with the measures and without, are counted and not listed."""


@dataclass(frozen=True)
class Answer:
    """The solved study of a question. In a cell it shows the answer in figures, the fan, the map and the crossing."""

    question: Question
    study: Study

    @cached_property
    def result(self) -> StudyResult:
        """The tables that charts of trade and crossings need; the others are empty. For all of them: ``study.run``."""
        return _light(self.study, self.question, self._effects)

    @cached_property
    def worth(self) -> Worth:
        """What it is worth to everybody who ships, and against its cost."""
        return Worth(self.study)

    @cached_property
    def road_share(self) -> dict[str, float]:
        """Share of the pair's trade that goes by road, ``before`` and ``after`` the measures."""
        return {case: shares.of_mode(self.study, "road", case) for case in ("before", "after")}

    @property
    def effect_percent(self) -> Band:
        """Effect on two-way trade in the last year: p10, p50, p90."""
        found = self._effects
        row = found[
            (found["year"] == self.study.last) & (found["flow"] == "total") & (found["unit"] == "percent")
        ].iloc[0]
        return Band(p10=float(row["p10"]), p50=float(row["p50"]), p90=float(row["p90"]))

    @cached_property
    def _effects(self) -> pd.DataFrame:
        return study_tables.effects(self.study)

    def words(self, worth: bool = True) -> blocks.KeyFigures:
        """The answer in figures; without ``worth``, which has a pass of its own, three dots in its place."""
        effect, cost = self.effect_percent, Band(**study_facts.cost_change(self.study))  # type: ignore[typeddict-item]
        last = self.study.last
        road = self.road_share
        items = [
            blocks.KeyFigure(f"Trade in {last}", findings.percent(lookups.fact_band(effect)), _band(effect)),
            blocks.KeyFigure("Trade cost", findings.percent(lookups.fact_band(cost), findings.OF_OUTPUT), _band(cost)),
        ]
        if self.study.chain.on_network:
            items.append(
                blocks.KeyFigure(
                    "By road",
                    numbers.share(road["after"]),
                    f"of what is sold; {numbers.share(road['before'])} without measures",
                )
            )
        else:
            items.append(blocks.KeyFigure("Corridor", "none known", "distance alone"))
        items.append(self._worth_figure() if worth else blocks.KeyFigure(f"Worth in {last}", "…", "being worked out"))
        return blocks.KeyFigures(tuple(items))

    def _worth_figure(self) -> blocks.KeyFigure:
        """A year's gain of all who ship, as a finding or in words, and what it is beside its cost."""
        from corridors.show.words.worth import of_cases

        gain, found = self.worth.users.total, self.worth.appraisal
        low, mid, high = (float(v) for v in levels(gain, BAND_AND_MIDDLE))
        if not gain.any():
            return blocks.KeyFigure(f"Worth in {self.study.last}", findings.WORDS["none"])
        told = (
            f"{numbers.musd(float(gain.mean()))} a year"
            if findings.apart(low, mid, high)
            else findings.WORDS["open"]
        )
        net = "net of cost" if float(found.present_costs.mean()) > 0 else "no cost is counted,"
        return blocks.KeyFigure(
            f"Worth in {self.study.last}", told,
            f"to all who ship, {numbers.musd_range(low, high)} in four of five cases; {net} "
            f"{numbers.musd(float(found.npv.mean()))} in today's value, "
            f"above zero in {of_cases(float((found.npv > 0).mean()))}",
        )  # fmt: skip

    def fan(self, flow: str = "total", ghost: Answer | None = None) -> blocks.Figure:
        """Trade with and without the measures, year by year: ``exports``, ``imports`` or ``total``;
        ``ghost``: beside this answer."""
        from corridors.show import charts
        from corridors.show.charts import draw

        with draw.only_wide():
            same = ghost is not None and ghost.study.pair == self.study.pair and ghost.study.years == self.study.years
            return charts.fan(self.result, flow, ghost.result if ghost is not None and same else None)

    def curve(self, crossing: str | None = None) -> blocks.Figure | None:
        """Hours against trucks a day at one crossing (default: the question's first); None off the network."""
        from corridors.show import charts
        from corridors.show.charts import draw

        chosen = crossing or next(iter(self.question.crossings), None)
        known = self.result["crossings"]
        if chosen is None or not len(known):
            return None
        with draw.only_wide():
            return charts.delay_curves(self.result, [chosen])

    def map(self) -> blocks.Figure | None:
        """The ways between the two economies, as wide as their share of trade; None where no corridor is known."""
        from corridors.explore import live_map

        return live_map.draw(self.study)

    def routes(self) -> blocks.Table:
        """Routes that carry a ten-thousandth or more of a direction, with share, days and dollars a
        tonne, before and after."""
        system, before, after = self.study.chain.system, self.study.change.before, self.study.change.after
        heads = [blocks.Column("Route"), *(blocks.Column(h, unit, "right") for h, unit in _ROUTE_HEADS)]
        if system is None or before is None or after is None or not self.study.chain.on_network:
            return blocks.table("No corridor is known between the two economies", heads, [])
        frame = frames.routes_frame(system, before, after, self.study.demand)
        rows = [
            (f"{r.exporter} to {r.importer}: {r.name}", *(
                numbers.share(v).removesuffix("%").strip() for v in (r.share_before, r.share_after)
            ),
             numbers.fixed(r.days_before, 1), numbers.fixed(r.days_after, 1), numbers.fixed(r.usd_per_t_before), numbers.fixed(r.usd_per_t_after))
            for r in frame.itertuples()
            if max(r.share_before, r.share_after) >= _SMALLEST_SHARE
        ]  # fmt: skip
        return blocks.table(
            "Routes without and with the measures",
            heads,
            rows,
            note=f"Medians; queues at borders included. {numbers.count(len(frame) - len(rows))} more ways carry less than 0.01 % or nothing.",
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return blocks.group(self.words(), self.fan(), self.map(), self.curve())._repr_mimebundle_()


def answer(question: Question, draws: int = DRAWS) -> Answer:
    """Solve ``question`` with a few ``draws``; the first time for a pair takes some seconds, then a fraction of one.

    Raises InvalidScenario or ScenarioError for a question that makes no scenario, DataError for a
    pair without data.
    """
    pair: Pair = (question.pair[0], question.pair[1])
    one = question.scenario()  # says what is wrong before anything is computed
    with _ONE_AT_A_TIME:
        return Answer(question, engine(pair, one.horizon, draws, SEED, one.frictions).study(question))


def corridors_of(pair: Pair) -> dict[str, tuple[str, ...]]:
    """Road corridors between two economies: their names, and the crossings each passes in the order of travel."""
    system = _today(pair).system
    if system is None:
        return {}
    names = system.network
    found: dict[str, tuple[str, ...]] = {}
    for route in system.routes:
        if route.mode == "road" and route.exporter == pair[0] and route.crossings:
            title = route.title(names.places, system.effects.links, system.effects.services)
            found.setdefault(title, route.crossings)
    return found


def known_of(pair: Pair) -> list[str]:
    """What must be known of a pair before anything is asked: that it has no way by land, that its
    ways are unchecked."""
    return list(remarks(_today(pair), ()))


def _today(pair: Pair) -> Chain:
    horizon = tuple(defaults()["horizon"])
    return engine(pair, (horizon[0], horizon[1])).today


@lru_cache(maxsize=16)
def _history(pair: Pair) -> pd.DataFrame:
    return baseline.history(pair)


@lru_cache(maxsize=1)
def _without_rows() -> dict[str, pd.DataFrame]:
    return {name: study_tables.empty(name) for name in TABLES}


def _light(study: Study, question: Question, effects: pd.DataFrame) -> StudyResult:
    tables = dict(_without_rows())
    tables["trade_history"] = _history(study.pair)
    tables["projection"], tables["effect"] = study_tables.paths(study), effects
    system, before, after = study.chain.system, study.change.before, study.change.after
    path = study.central_change[0].before
    if system is not None and before is not None and after is not None and path is not None:
        tables["crossings"] = frames.crossings_frame(system, before, after, path)
        shown = [c for c in question.crossings if c in system.crossings] or list(system.crossings[:1])
        tables["crossing_curves"] = outlook.crossing_curves(system, after, shown)
        first = study.years[:1]
        tables["crossing_years"] = outlook.crossing_years(
            system, study.params, first, before.study_trucks_per_day, after, study_tables.growth_to_the_last(study)[:, :1]
        )
    economies = vocabulary.economies()
    facts: Any = {
        "names": [economies.get(code, code) for code in study.pair],
        "corridor_known": study.chain.on_network,
        "messages": list(remarks(study.chain, study.scenario.measures)),
        "trade_cost_change_percent": study_facts.cost_change(study),
    }
    described = {**study.scenario.model_dump(mode="json"), "labels": [m.label for m in study.scenario.measures]}
    return StudyResult(described, study.pair, study.years, study.draws, study.seed, tables, facts, light=True)


def _band(values: Band) -> str:
    return f"{numbers.percent_range(values['p10'], values['p90'], sign=True, mid=values['p50'])} in four of five cases"
