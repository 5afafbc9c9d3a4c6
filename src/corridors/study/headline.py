"""Headline effects of many scenarios at once, for sweeps: no tables, no sensitivities, few draws.

Scenarios of one pair and horizon are solved together: the network is compiled once with the
measures of all of them, and each case has only its own scenario's measures in place. The answers
are those of :func:`corridors.study.run` for the same draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors import uncertainty
from corridors.scenario.model import Scenario
from corridors.study import counterfactual
from corridors.study.ages import dated, timed
from corridors.study.phases import phases, since_of, usual_since, years_in_force
from corridors.study.settled import Change
from corridors.trade import baseline
from corridors.transport.world_network.study import structure
from corridors.uncertainty.cases import taken

Array = npt.NDArray[np.float64]

DRAWS = 8
MOST_MEASURES = 512
MOST_NEW_SERVICES = 16
COLUMNS = (
    "scenario", "exporter", "importer", "year", "draws", "effect_percent_p10", "effect_percent_p50",
    "effect_percent_p90",
    "exports_percent_p50", "imports_percent_p50", "trade_cost_change_percent_p10", "trade_cost_change_percent_p50",
    "trade_cost_change_percent_p90", "baseline_musd_p50", "scenario_musd_p50",
)  # fmt: skip


def quick(scenarios: Sequence[Scenario], draws: int = DRAWS, seed: int | None = None) -> pd.DataFrame:
    """One row a scenario, in the order given: effect on trade and trade cost in the last year, percent.

    ``draws`` of all quantities, the same for every scenario; ``seed`` None: the first scenario's.
    Columns :data:`COLUMNS`; two-way trade where no direction is named, million dollars.
    """
    rows: dict[int, dict[str, Any]] = {}
    for batch in _batches(scenarios):
        first = scenarios[batch[0]]
        params = uncertainty.sample(None, draws, first.uncertainty.seed if seed is None else seed)
        found = _solve([scenarios[i] for i in batch], params)
        rows.update(zip(batch, found, strict=True))
    return pd.DataFrame([rows[i] for i in range(len(scenarios))], columns=list(COLUMNS))


def _batches(scenarios: Sequence[Scenario]) -> Iterator[list[int]]:
    """Positions of scenarios that share pair, last year, how long measures have been there in it and the ways there are to choose
    from (a road that only another improves would bring ways of its own), with a limited number of
    different measures."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for i, one in enumerate(scenarios):
        # Elasticities grow with the years that measures are there: those of one batch are the same.
        since, parts = _ages(one)
        age = years_in_force(since, one.years[-1], parts)
        key = (one.pair, one.years[-1], None if age is None else float(age), structure(one.pair, one.measures))
        groups.setdefault(key, []).append(i)
    for members in groups.values():
        batch: list[int] = []
        known: dict[str, bool] = {}
        for i in members:
            more = {m.deed: m.adds_a_way for m in scenarios[i].measures}
            together = {**known, **more}
            if batch and (len(together) > MOST_MEASURES or sum(together.values()) > MOST_NEW_SERVICES):
                yield batch
                batch, together = [], more
            batch.append(i)
            known = together
        yield batch


def _ages(one: Scenario) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Since when the measures have been there, and the part of each (:func:`~corridors.study.ages.dated`)."""
    since = since_of(one)
    return (since, ()) if len(set(since)) < 2 else _weighed(one)


@lru_cache(maxsize=256)
def _weighed(one: Scenario) -> tuple[tuple[float, ...], tuple[float, ...]]:
    middle = uncertainty.central()
    base = baseline.baseline(one.pair, one.years[-1:], middle)
    flows = {one.pair: base.by_class("exports", 0)[0], one.pair[::-1]: base.by_class("imports", 0)[0]}
    chain = dated(counterfactual.build(one.pair, one.measures), one, middle, flows)
    return chain.since, chain.parts


def crossing_trucks(
    scenario: Scenario, crossing: str, draws: int = DRAWS, seed: int | None = None,
) -> tuple[Array, Array]:
    """(B,) trucks a calendar day at a crossing before and after the measures of ``scenario``, in its last year.

    All traffic of the scenario's network. Raises :class:`~corridors.errors.NetworkError` for a
    crossing that is not on it.
    """
    params = uncertainty.sample(None, draws, scenario.uncertainty.seed if seed is None else seed)
    links, change, _ = _changed([scenario], params)
    x = links.network.crossing(crossing)
    assert change.before is not None and change.after is not None
    at = list(links.network.crossing_names()).index(x)
    return change.before.crossing_load_trucks_per_day[:, at], change.after.crossing_load_trucks_per_day[:, at]


def _changed(
    scenarios: Sequence[Scenario], params: Mapping[str, Array],
) -> tuple[counterfactual.Chain, Change, dict[tuple[str, str], Array]]:
    """The network of scenarios of one batch, what their measures change in it (scenario by
    scenario, each in every draw), and the pair's flows before."""
    pair, year = scenarios[0].pair, scenarios[0].years[-1]
    measures = {m.deed: m for one in scenarios for m in one.measures}
    position = {key: m for m, key in enumerate(measures)}
    since, parts = _ages(scenarios[0])
    links = timed(counterfactual.build(pair, list(measures.values())), since, parts, usual_since(scenarios[0]))
    draws, count = len(params["phase_in_speed"]), len(scenarios)
    active = np.zeros((count, draws, len(measures)))
    for s, one in enumerate(scenarios):
        for m in one.measures:
            phase = phases([m], [year], params)[:, 0, 0]
            active[s, :, position[m.deed]] = np.maximum(active[s, :, position[m.deed]], phase)
    base = baseline.baseline(pair, [year], params)
    flows = {pair: base.by_class("exports", 0), pair[::-1]: base.by_class("imports", 0)}
    alone = links.settle(params, None, year, flows)
    change = links.change(
        {name: np.tile(value, count) for name, value in params.items()},
        active.reshape(count * draws, len(measures)),
        year,
        {p: np.tile(value, (count, 1)) for p, value in flows.items()},
        before=taken(alone, np.tile(np.arange(draws), count), draws),
    )
    return links, change, flows


def _solve(scenarios: Sequence[Scenario], params: Mapping[str, Array]) -> list[dict[str, Any]]:
    pair, year = scenarios[0].pair, scenarios[0].years[-1]
    draws, count = len(params["phase_in_speed"]), len(scenarios)
    _, change, flows = _changed(scenarios, params)
    there = change.before_factor[:draws]
    flows = {pair: flows[pair] * there[:, :1], pair[::-1]: flows[pair[::-1]] * there[:, 1:2]}
    exports, imports = flows[pair].sum(axis=1), flows[pair[::-1]].sum(axis=1)
    factor = change.response.trade_factor.reshape(count, draws, -1)
    cost = change.cost_factor.reshape(count, draws, -1)
    total = exports + imports
    percent = counterfactual.two_way(factor, flows, pair)
    mean_cost = (exports * cost[:, :, 0] + imports * cost[:, :, 1]) / total
    effect = np.percentile(percent, [10, 50, 90], axis=1)
    change_cost = np.percentile(100.0 * (mean_cost - 1.0), [10, 50, 90], axis=1)
    each = np.median(100.0 * (factor[:, :, :2] - 1.0), axis=1)
    return [
        dict(
            zip(
                COLUMNS,
                (
                    one.name, *pair, year, draws, *effect[:, s], each[s, 0], each[s, 1], *change_cost[:, s],
                    float(np.median(total)), float(np.median(total * (1.0 + percent[s] / 100.0))),
                ),
                strict=True,
            )
        )
        for s, one in enumerate(scenarios)
    ]  # fmt: skip
