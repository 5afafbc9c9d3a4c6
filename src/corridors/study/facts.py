"""Single numbers and labels of a study that sentences need, beside its tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import panel
from corridors.data import tables as data
from corridors.scenario.measures import DirectFlights
from corridors.study import class_values, counterfactual
from corridors.study.evidence import adoption, evidence, served
from corridors.study.projected import WAYS
from corridors.study.remarks import before_the_data, full_once_open, remarks, unsettled
from corridors.trade import baseline, cargo, world
from corridors.transport import hidden

if TYPE_CHECKING:
    from corridors.study.pipeline import Study

Array = npt.NDArray[np.float64]


def facts(study: Study, tables: Mapping[str, pd.DataFrame], closures: Mapping[str, float]) -> dict[str, Any]:
    """The facts of :class:`corridors.study.result_facts.Facts` but the appraisal's; ``closures`` from :func:`closures`."""
    economies = data.economies().set_index("iso3")
    matrix = world.build()
    change = study.change
    state = change.after
    return {
        "names": [str(economies.loc[e, "name"]) for e in study.pair],
        "demonyms": [str(economies.loc[e, "demonym"]) for e in study.pair],
        "corridor_known": study.chain.on_network,
        "messages": [
            *remarks(study.chain, study.scenario.measures),
            *full_once_open(study.chain, study.scenario.measures, study.years, study.central_change[0].after),
            *before_the_data(study.years, int(study.middle["traffic_base_year"][0])),
            *unsettled(change.unsettled, study.draws),
        ],
        "distance_km": counterfactual.distance_km(study.pair),
        "base_year": int(matrix.year),
        "trade_year": int(panel.load().years[-1]),
        "unreported_percent": _unreported_percent(),
        "base": {
            "year": study.baseline.anchor_year,
            "exports_musd": study.baseline.anchor_musd[0],
            "imports_musd": study.baseline.anchor_musd[1],
            "source": study.baseline.anchor_basis,
        },
        "one_off": baseline.one_offs(study.pair),
        "growth": baseline.growth_parts(study.middle_baseline),
        "diagnostics": study.baseline.diagnostics.to_dict("records"),
        "trade_cost_change_percent": cost_change(study),
        **_flights(study),
        "hidden_parts": _hidden_parts(study, tables["routes"]),
        "evidence": evidence([m.kind for m in study.scenario.measures]),
        "adoption": adoption([m.kind for m in study.scenario.measures]),
        "closures": dict(closures),
        "market_clearing_residual": float(change.response.residual.max()),
        "route_gap": float(state.gap.max()) if state is not None else 0.0,
        "trade_traffic_residual": float(change.residual.max(initial=0.0)),
        "unsettled_draws": change.unsettled,
        "variance_explained": study.variance.explained if study.chain.count else 0.0,
        "baseline_step_percent": {
            flow: _three(100.0 * np.expm1(step[:, -1]))
            for flow, step in zip(("exports", "imports"), study.step, strict=True)
        },
        **_trucks(study),
        **_road(tables["routes"]),
        "binding": {case: _binding(tables["crossings"], case) for case in ("before", "after")},
        "predicted_ratio": _ratios(study, tables["missing_trade"]),
    }


def _unreported_percent() -> float:
    flows = world.provenance()
    abroad = flows[~flows["home"]]
    return float(100.0 * abroad.loc[abroad["filled"], "trade_musd"].sum() / abroad["trade_musd"].sum())


def _three(values: Array) -> dict[str, float]:
    low, mid, high = np.percentile(values, [10, 50, 90])
    return {"p10": float(low), "p50": float(mid), "p90": float(high)}


def _flights(study: Study) -> dict[str, Any]:
    """The headline without the flights, and which of them join economies that are joined already."""
    if not study.flies:
        return {}
    routes = [one.route for one in study.scenario.measures if isinstance(one, DirectFlights)]
    return {
        "effect_without_flights_percent": study.effect_without_flights,
        "flights": [
            {"route": list(route), "served": there}
            for route, there in zip(routes, served(routes), strict=True)
        ],
    }


def _hidden_parts(study: Study, routes: pd.DataFrame) -> list[dict[str, Any]]:
    """What of the road's hidden cost cited figures name, dollars a tonne in the middle case on the way most used.

    Rows by direction: part, name, usd_per_t, source, source_url; the last of each direction is what
    is unexplained. Where the pair's trucks are counted its way is proven: first trips are behind
    it, and no part of what is left.
    """
    system = study.chain.system
    if system is None or not study.chain.on_network or not len(routes):
        return []
    named, out = data.hidden_cost().set_index("part"), []
    for direction, pair in (("exports", study.pair), ("imports", study.pair[::-1])):
        road = routes[(routes["direction"] == direction) & (routes["mode"] == "road") & (routes["share_before"] > 0)]
        if not len(road):
            continue
        ways = [
            r
            for r, way in enumerate(system.choices.routes)
            if (way.exporter, way.importer) == pair and way.mode == "road"
        ]
        haulage = system.choices.parts_usd[ways, 0]
        parts = hidden.part_usd_per_t(haulage[[int(np.argmin(haulage))], None], study.middle)
        if system.layout.counted[system.pair_index(*pair)]:
            del parts[hidden.UNPROVEN]
        rows = [
            {
                "direction": direction, "part": part, "name": str(named.loc[part, "name"]),
                "usd_per_t": float(usd[0, 0]),
                "source": str(named.loc[part, "source_title"]), "source_url": str(named.loc[part, "source_url"]),
            }
            for part, usd in parts.items()
        ]  # fmt: skip
        rest = float(road["hidden_usd_per_t"].median()) - sum(float(usd[0, 0]) for usd in parts.values())
        unexplained = {
            "direction": direction,
            "part": "unexplained",
            "name": "Unexplained",
            "usd_per_t": max(rest, 0.0),
            "source": "",
            "source_url": "",
        }
        out += [*rows, unexplained]
    return out


def cost_change(study: Study) -> dict[str, float]:
    """Change of the pair's ad valorem trade cost, both directions by value, percent."""
    value = np.stack([study.demand[p].sum(axis=1) for p in (study.pair, study.pair[::-1])], axis=1)
    value = value * study.change.before_factor[:, :2]
    factor = study.change.cost_factor[:, :2]
    return _three(100.0 * ((value * factor).sum(axis=1) / value.sum(axis=1) - 1.0))


def closures(study: Study) -> dict[str, float]:
    """Effect on two-way trade in the central case when less of the world adjusts."""
    flows = {pair: value[None] for pair, value in study.middle_demand.items()}
    phased = study.middle_active[None]
    out = {
        closure: float(study.model_of(study.middle, flows, phased, closure)[0])
        for closure in ("partial", "conditional")
    }
    out["full"] = (
        float(study.central_effect(np.ones((1, study.chain.count)))[0])
        if study.chain.count
        else 0.0
    )
    return out


def _trucks(study: Study) -> dict[str, Any]:
    """Trucks a day, one way: if everything that could go by road did, and what does."""
    needed: dict[str, Any] = {}
    for flow in WAYS:
        value = class_values.carried(study, flow, "scenario")[:, -1]
        needed[flow] = _three(cargo.trucks_per_day(value, study.usd_per_t[flow], study.chain.network.bulk_by_truck).sum(axis=-1))
    return {"trucks_needed": needed, "trucks_by_road": {flow: _by_road(study, flow) for flow in WAYS}}


def _by_road(study: Study, flow: str) -> dict[str, dict[str, float]]:
    """Trucks a day that take the road, before and after."""
    chain_, system = study.chain, study.chain.system
    pair = study.pair if flow == "exports" else study.pair[::-1]
    out = {}
    for case, state in (("before", study.change.before), ("after", study.change.after)):
        if system is None or state is None or not chain_.on_network:
            out[case] = {"p10": 0.0, "p50": 0.0, "p90": 0.0}
            continue
        rows = [
            r
            for r, route in enumerate(system.routes)
            if (route.exporter, route.importer) == pair and route.mode == "road"
        ]
        share = state.route_share[:, rows].sum(axis=1)
        # What queues, borders and measures leave of the trade that is passed.
        k = WAYS.index(flow)
        left = study.change.before_factor[:, k] * (study.change.trade_factor(k) if case == "after" else 1.0)
        trucks = cargo.trucks_per_day(study.demand[pair] * left[:, None] * class_values.on_ways(study, flow, "baseline" if case == "before" else "scenario") * share, study.usd_per_t[flow], bulk=True)
        out[case] = _three(trucks.sum(axis=-1))
    return out


def _road(routes: pd.DataFrame) -> dict[str, Any]:
    out: dict[str, Any] = {"road_share": {}, "hidden_usd_per_t": {}}
    for direction in ("exports", "imports"):
        chosen = routes[routes["direction"] == direction] if len(routes) else routes
        road = chosen[chosen["mode"] == "road"] if len(chosen) else chosen
        out["road_share"][direction] = {
            case: float(road[f"share_{case}"].sum()) if len(road) else 0.0 for case in ("before", "after")
        }
        open_road = road[road["share_before"] > 0] if len(road) else road
        out["hidden_usd_per_t"][direction] = float(open_road["hidden_usd_per_t"].median()) if len(open_road) else None
    return out


def _binding(crossings: pd.DataFrame, case: str) -> list[str]:
    if not len(crossings):
        return []
    rows = crossings[crossings[f"binds_{case}"].astype(bool) & (crossings["state"] != "shut")]
    return [str(name) for name in rows["name"]]


def _ratios(study: Study, missing: pd.DataFrame) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for direction, (exporter, importer) in (("exports", study.pair), ("imports", study.pair[::-1])):
        rows = missing[(missing["exporter"] == exporter) & (missing["importer"] == importer)]
        out[direction] = (
            {
                "year": int(rows["year"].iloc[0]),
                **{
                    p: float(rows[c].iloc[0])
                    for p, c in (("p10", "ratio_p10"), ("p50", "ratio"), ("p90", "ratio_p90"))
                },
                "predicted_musd": float(rows["predicted_musd"].iloc[0]),
                "observed_musd": float(rows["observed_musd"].iloc[0]),
            }
            if len(rows)
            else None
        )
    return out
