"""The tables of a study that are made from its solved states and paths; columns as in :mod:`corridors.study.result`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors import uncertainty
from corridors.appraisal import carbon, states
from corridors.data import tables
from corridors.study import class_values
from corridors.study.projected import FLOWS, WAYS, Paths
from corridors.study.result_tables import TABLES
from corridors.study.worth import emission_intensities
from corridors.trade import cargo
from corridors.transport import frames, outlook
from corridors.transport.choice_set import OUTSIDE
from corridors.transport.system import System

if TYPE_CHECKING:
    from corridors.study.pipeline import Study

Array = npt.NDArray[np.float64]

_P3 = ("p10", "p50", "p90")


def three(name: str, values: Array, axis: int = 0) -> dict[str, Array]:
    """The columns ``name_p10``, ``name_p50`` and ``name_p90`` over the draws."""
    found = uncertainty.levels(values, uncertainty.BAND_AND_MIDDLE, axis)
    return {f"{name}_{p}": q for p, q in zip(_P3, found, strict=True)}


def empty(name: str) -> pd.DataFrame:
    """The table ``name`` without rows."""
    return TABLES[name].empty()


def corridors(study: Study) -> dict[str, pd.DataFrame]:
    """routes, legs, breakdown, crossings, crossing_years and crossing_curves; without rows off the network."""
    names = ("routes", "legs", "breakdown", "crossings", "crossing_years", "crossing_curves")
    out = {name: empty(name) for name in names}
    system, before, after = study.chain.system, study.change.before, study.change.after
    path = study.central_change[0].before
    if system is None or before is None or after is None or path is None:
        return out
    out["crossings"] = frames.crossings_frame(system, before, after, path)
    out["crossing_years"] = outlook.crossing_years(
        system, study.params, study.years, before.study_trucks_per_day, after, growth_to_the_last(study)
    )
    out["crossing_curves"] = outlook.crossing_curves(system, after)
    if study.chain.on_network:
        payload = float(study.middle["truck_payload_t"][0])
        phases = study.middle_active
        out["routes"] = _with_carbon(frames.routes_frame(system, before, after, study.demand), system)
        out["legs"] = frames.legs_frame(system, before, after, payload, phases)
        out["breakdown"] = frames.breakdown_frame(system, before, after, payload, study.demand, phases)
    return out


def growth_to_the_last(study: Study) -> Array:
    """(B, T) the pair's trade without the measures over that of the last year."""
    total = np.add(*(study.baseline_paths.first(flow, study.draws) for flow in WAYS))
    return np.asarray(total / total[:, -1:])


def _with_carbon(routes: pd.DataFrame, system: System) -> pd.DataFrame:
    """With what a tonne emits on the whole way, kg of CO2 equivalent; missing for ways outside the network."""
    kg = carbon.per_tonne(states.kilometres(system), emission_intensities())
    ids = zip(system.routes, frames.route_ids(system), kg, strict=True)
    known = {(r.exporter, name): float(v) if r.mode != OUTSIDE else np.nan for r, name, v in ids}
    keys = zip(routes["exporter"], routes["route"], strict=True)
    return routes.assign(co2_kg_per_t=[known[key] for key in keys])


def costs(study: Study) -> pd.DataFrame:
    """Trade cost by direction and cargo class: what shippers pay before and after, and the change in percent.

    ``composite_cost_before`` is money and time as a share of goods value, ``composite_cost_after``
    the same moved by the change of the log-sum; both medians.
    """
    change, chain = study.change, study.chain
    rows = []
    for k, (direction, pair) in enumerate(zip(("exports", "imports"), (study.pair, study.pair[::-1]), strict=True)):
        value = study.demand[pair]
        weight = value / value.sum(axis=1, keepdims=True)
        factor = change.class_factor[:, k]
        if change.before is not None and chain.on_network and chain.system is not None:
            paid = change.before.mean_cost[:, chain.system.pair_index(*pair)]
        else:
            paid = np.zeros_like(factor)
        for c, name in enumerate(cargo.CLASSES):
            rows.append(
                {
                    "direction": direction,
                    "cargo_class": name,
                    "weight": float(np.median(weight[:, c])),
                    "composite_cost_before": float(np.median(paid[:, c])),
                    "composite_cost_after": float(np.median((1.0 + paid[:, c]) * factor[:, c] - 1.0)),
                    **{k2: float(v) for k2, v in three("cost_change_percent", 100.0 * (factor[:, c] - 1.0)).items()},
                }
            )
    return pd.DataFrame(rows)


def paths(study: Study) -> pd.DataFrame:
    """Trade by year, flow and case (baseline, scenario) with its quantiles, million dollars."""
    parts = []
    for case, found in (("baseline", study.baseline_paths), ("scenario", study.scenario_paths)):
        for flow in FLOWS:
            parts.append(_banded(study, partial(found.at, flow), flow=flow, case=case))
    return pd.concat(parts, ignore_index=True)


def effects(study: Study) -> pd.DataFrame:
    """Scenario against baseline draw by draw: in percent and in million dollars."""
    base, with_measures = study.baseline_paths, study.scenario_paths
    parts = []
    for flow in FLOWS:
        for unit in ("percent", "musd"):
            parts.append(_banded(study, partial(_changed, with_measures, base, unit, flow), flow=flow, unit=unit))
    return pd.concat(parts, ignore_index=True)


def _changed(after: Paths, before: Paths, unit: str, flow: str, years: slice) -> Array:
    new, old = after.at(flow, years), before.at(flow, years)
    return 100.0 * (new / old - 1.0) if unit == "percent" else new - old


def _banded(study: Study, of_years: Callable[[slice], Array], **labels: str) -> pd.DataFrame:
    """A row a year; ``of_years`` gives the draws of some years (W, t)."""
    parts = [uncertainty.quantiles(of_years(years)) for years in study.projected_paths.few_at_once()]
    frame = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    for name, label in reversed(labels.items()):
        frame.insert(0, name, label)
    frame.insert(0, "year", list(study.years))
    return frame


def volumes(study: Study) -> pd.DataFrame:
    """Value by year, flow, cargo class and case, and tonnes and trucks a day, one way, of what no pipeline carries."""
    parts = []
    for case in ("baseline", "scenario"):
        whole, carried = ({flow: of(study, flow, case) for flow in WAYS} for of in (class_values.values, class_values.carried))
        frame = cargo.volumes(whole, carried, study.usd_per_t, study.chain.network.bulk_by_truck)
        frame.insert(0, "case", case)
        frame.insert(0, "year", [study.years[int(t)] for t in frame.pop("t")])
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def targets(study: Study) -> pd.DataFrame:
    """How likely each stated aim is, without and with the measures."""
    rows = []
    for target in study.scenario.targets:
        t = study.years.index(target.year)
        chance = [
            uncertainty.probability_of(found.at(target.flow, t), target.value_musd)
            for found in (study.baseline_paths, study.scenario_paths)
        ]
        rows.append((target.flow, target.year, target.value_musd, *chance))
    return pd.DataFrame(rows, columns=list(TABLES["targets"].columns))


def others(study: Study) -> pd.DataFrame:
    """What the measures do to every other pair whose cost they change, the largest gain in dollars first.

    ``through`` names the crossings of measures on that pair's roads. Dollars are at the size of the
    base year: its trade, less what queues that have grown and borders that have shut since take
    away, is what the measures change.
    """
    chain, change = study.chain, study.change
    touched = {c for m in study.scenario.measures for c in getattr(m, "crossings", None) or ()}
    passed: dict[tuple[str, str], set[str]] = {}
    if chain.system is not None:
        for market in chain.system.choices.markets:
            for p in market.pairs:
                passed.setdefault(chain.system.pairs[p], set())
        for r, m in zip(chain.system.choices.routes, chain.system.choices.market_of, strict=True):
            for p in chain.system.choices.markets[m].pairs:
                passed[chain.system.pairs[p]] |= touched.intersection(r.crossings)
    rows = []
    for p, pair in enumerate(chain.pairs):
        factor = change.response.trade_factor[:, p]
        if p < 2 or (change.cost_factor[:, p] == 1.0).all():
            continue
        flow = float(chain.base_trade.loc[pair[0], pair[1]])
        left = flow * change.before_factor[:, p]
        rows.append(
            {
                "exporter": pair[0],
                "importer": pair[1],
                "through": " ".join(sorted(passed.get(pair, ()))),
                **three("change_percent", 100.0 * (factor - 1.0)),
                **three("change_musd", left * (factor - 1.0)),
                "base_musd": flow,
                "before_musd": float(np.median(left)),
            }
        )
    if not rows:
        return empty("others")
    frame = pd.DataFrame(rows)
    return frame.sort_values(
        ["change_musd_p50", "exporter", "importer"],
        ascending=[False, True, True],
        ignore_index=True,
    )


def real_gdp(study: Study) -> pd.DataFrame:
    """Change of real GDP of every economy in percent, the largest rise first."""
    response = study.change.response
    frame = pd.DataFrame(
        {"economy": list(response.labels), **three("change_percent", 100.0 * (response.real_gdp_factor - 1.0))}
    )
    return frame.sort_values(["change_percent_p50", "economy"], ascending=[False, True], ignore_index=True)


def sources() -> pd.DataFrame:
    """Every table of the data with its source."""
    frame = tables.provenance().rename(columns={"name": "table", "source_url": "url"})
    return frame[["table", "title", "source_title", "url", "licence", "accessed"]]
