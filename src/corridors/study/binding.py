"""Which crossings bind, from when, whose trucks wait there, who is turned away and where they go.

A crossing binds where the truck of the median case waits more than half a day longer than at an
empty one. Whoever would come if it passed ten times as much has been turned away: the equilibrium
is solved once more with that crossing so wide that there is no queue, all other queues and ways
adjusting. The crossing to widen first is the one where one more truck a day is worth most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.appraisal import priorities, states
from corridors.study.result_tables import TABLES
from corridors.transport.effects import Move
from corridors.transport.frames import BINDING_QUEUE_HOURS
from corridors.transport.system import System, TransportState

if TYPE_CHECKING:
    from corridors.study.pipeline import Study

Array = npt.NDArray[np.float64]

WIDER = 10.0
"""By how much a crossing is widened to see who would come if there were no queue."""
SMALLEST_SHARE = 0.02
ELSEWHERE = "not traded"
"""Where those are who take no way of the network; of trucks of no known pair it is not known."""
UNKNOWN = "-"


def table(study: Study, crossings: pd.DataFrame, ranked: pd.DataFrame) -> pd.DataFrame:
    """One row a crossing that binds without or with the measures in the last year, the one to widen first on top.

    Load, wait and price are medians over draws with the measures (where it binds only without them:
    without). ``first_year_before`` and ``first_year_after`` are the first years of the horizon in
    which it binds in the central case without and with the measures, NaN where none does.
    ``more_musd_per_year`` is what one more truck a day is worth to all who ship, million dollars a
    year, central case with the measures. ``waiting`` names the pairs whose trucks stand there with
    their share of the load; ``turned_away_trucks_per_day`` how many more would come if there were
    no queue there, ``turned_away`` whose they are and ``to`` where they go instead, with shares of
    those turned away: crossings passed in order, a mode, or ``not traded`` (trucks of no known pair
    too); central case with the measures. Pairs are ``AAA-BBB``, both directions together; ``-``
    trucks of no known pair.
    """
    system = study.chain.system
    empty = TABLES["binding"].empty()
    if system is None or not len(crossings):
        return empty
    shut = (crossings["closure_days_before"] >= 365.0) & (crossings["closure_days_after"] >= 365.0)
    rows = crossings[
        (crossings["binds_before"].astype(bool) | crossings["binds_after"].astype(bool)) & ~shut
    ]
    if not len(rows):
        return empty
    years = {case: _first_years(study, case) for case in ("before", "after")}
    flows = _turned_away(study, system, [str(c) for c in rows["crossing"]])
    worth = ranked[ranked["what"] == "capacity"].set_index("place")["worth_musd_per_year"]
    week = system.network.crossings["days_open_per_week"].astype(float) / 7.0
    out = []
    for r in rows.to_dict("records"):
        crossing = str(r["crossing"])
        case = "after" if r["binds_after"] else "before"
        out.append(
            {
                "crossing": crossing, "name": r["name"], "economies": r["economies"],
                **{f"first_year_{when}": years[when].get(crossing, np.nan) for when in years},
                "passes_trucks_per_day": float(r[f"capacity_{case}"]) * float(week[crossing]) * (
                    1.0 - float(r[f"closure_days_{case}"]) / 365.0
                ),
                "load_trucks_per_day": float(r[f"load_{case}"]), "queue_hours": float(r[f"queue_hours_{case}"]),
                "shadow_price_usd_per_truck": float(r[f"shadow_price_usd_per_truck_{case}"]),
                "more_musd_per_year": float(worth.get(crossing, np.nan)), **flows[crossing],
            }
        )  # fmt: skip
    frame = pd.DataFrame(out).sort_values(
        ["more_musd_per_year", "crossing"], ascending=[False, True], ignore_index=True
    )
    frame.insert(0, "rank", np.arange(1, len(frame) + 1))
    return frame


def _first_years(study: Study, case: str) -> dict[str, float]:
    change, _ = study.central_change
    state, system = (change.before if case == "before" else change.after), study.chain.system
    if state is None or system is None:
        return {}
    binds = state.capacity_hours > BINDING_QUEUE_HOURS
    return {
        name: float(study.years[int(np.argmax(binds[:, x]))])
        for x, name in enumerate(system.crossings)
        if binds[:, x].any()
    }


def _turned_away(study: Study, system: System, names: list[str]) -> dict[str, dict[str, object]]:
    """Whose trucks are at each crossing and whose would be, were it wide enough: one batch of
    cases, the first as it is."""
    count = system.effects.count
    positions = [system.crossings.index(name) for name in names]
    now = study.middle_active
    levels = priorities.levels(system.layout.capacity[:, 0], system.effects.capacity, now)
    moves = tuple(Move(x, count + k, WIDER * float(levels[x])) for k, x in enumerate(positions))
    effects = replace(system.effects, count=count + len(moves), capacity=(*system.effects.capacity, *moves))
    wide = states.showing_all(replace(system, effects=effects, layout=replace(system.layout, effects=effects)))
    phases = np.zeros((len(moves) + 1, effects.count))
    phases[:, :count] = now
    phases[1:, count:] = np.eye(len(moves))
    params = {name: np.repeat(value, len(phases)) for name, value in study.middle.items()}
    own = (
        {pair: np.atleast_2d(value) for pair, value in study.middle_demand.items()}
        if study.chain.on_network
        else {}
    )
    state = wide.solve(params, active=phases, year=study.last, demand=own, shift=study.middle_shift)
    return {
        name: _row(wide, state, x, k + 1)
        for k, (name, x) in enumerate(zip(names, positions, strict=True))
    }


def _row(system: System, state: TransportState, x: int, case: int) -> dict[str, object]:
    crossing = system.crossings[x]
    here = np.array([crossing in route.crossings for route in system.routes])
    pairs = ["-".join(sorted((route.exporter, route.importer))) for route in system.routes]
    trucks, wide = state.route_trucks_per_day[0], state.route_trucks_per_day[case]
    load = float(state.crossing_load_trucks_per_day[0, x])
    waiting = _by(pairs, np.where(here, trucks, 0.0))
    waiting[UNKNOWN] = max(load - sum(waiting.values()), 0.0)
    more = _by(pairs, np.where(here, wide - trucks, 0.0))
    more[UNKNOWN] = float(state.rest_trucks_per_day[case, x] - state.rest_trucks_per_day[0, x])
    more = {pair: max(value, 0.0) for pair, value in more.items()}
    total = sum(more.values())
    # A pair's trucks that leave other crossings when this one is wide went there instead of here.
    to: dict[str, float] = {}
    left = np.where(here, 0.0, np.maximum(trucks - wide, 0.0))
    for route, away in zip(system.routes, left, strict=True):
        if away > 0.0 and more.get("-".join(sorted((route.exporter, route.importer))), 0.0) > 0.0:
            key = (
                " ".join(min(route.crossings, route.crossings[::-1]))
                if route.mode == "road" and route.crossings
                else route.mode
            )
            to[key] = to.get(key, 0.0) + float(away)
    found = sum(to.values())
    if found > total > 0.0:
        to = {key: value * total / found for key, value in to.items()}
    to[ELSEWHERE] = max(total - found, 0.0)
    return {
        "waiting": shares(waiting), "turned_away_trucks_per_day": total, "turned_away": shares(more), "to": shares(to),
    }  # fmt: skip


def _by(names: list[str], values: Array) -> dict[str, float]:
    out: dict[str, float] = {}
    for name, value in zip(names, values, strict=True):
        if value != 0.0:
            out[name] = out.get(name, 0.0) + float(value)
    return out


def shares(amounts: Mapping[str, float]) -> str:
    """``name=0.62; name=0.30``: shares of the sum, the largest first, those under 2 % left out;
    empty where there is nothing."""
    total = sum(amounts.values())
    if not total > 0.0:
        return ""
    ranked = sorted(
        ((value / total, name) for name, value in amounts.items()),
        key=lambda item: (-item[0], item[1]),
    )
    return "; ".join(f"{name}={share:.3f}" for share, name in ranked if share >= SMALLEST_SHARE)
