"""What the model leaves out, as far as it can be asked: payments, sanctions, insecurity.

Costs of payment and of the risk of sanctions are in today's trade already. Their row says what
trade would do if they went away: the pair's trade cost falls by 1 / (1 + cost), and world trade
adjusts. The hidden cost of the road (:mod:`corridors.transport.system`) can go away in part or
whole, with the scenario's measures in place. Insecurity is asked the other way round: what if every
crossing of the pair's roads were shut for so many more days a year?
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import tables
from corridors.equilibrium import Response
from corridors.scenario.measures import Closure
from corridors.scenario.model import Friction
from corridors.study import counterfactual as chains
from corridors.study import world_response
from corridors.study.counterfactual import Chain
from corridors.study.settled import Settled
from corridors.trade import cargo
from corridors.transport.system import Pair

Array = npt.NDArray[np.float64]

LEVELS = ("low", "central", "high")
INSECURITY, ROAD_HIDDEN = "insecurity", "road_hidden"
_WHAT_IF = {INSECURITY: "if borders shut for so many more days", ROAD_HIDDEN: "if so much of it went away"}
_DAYS = 365.0


def frictions(
    chain: Chain, stated: Sequence[Friction], params: Mapping[str, Array], demand: Mapping[Pair, Array], year: int,
    active: Array, after: Settled,
) -> pd.DataFrame:  # fmt: skip
    """Effect on two-way trade in percent at the low, central and high end of each friction.

    ``stated`` are the scenario's own and replace rows of ``data/frictions.csv``, of which those that
    are about the trade of one economy count for its pairs alone; ``params`` the
    central values, ``demand`` the study's trade (C,) by directed pair, ``active`` (M,) how far the
    scenario's measures are there in ``year``, ``after`` a state of one case to begin at. Columns:
    friction, kind, what_if, unit, low, central, high, effect_percent_low, effect_percent_central,
    effect_percent_high, estimate, basis, source, source_url.
    """
    rows = []
    for row in _rows(stated, chain.study):
        levels = [float(row[level]) for level in LEVELS]
        if row["kind"] == INSECURITY:
            effects = _shut(chain, levels, params, demand, year, active, after)
        elif row["kind"] == ROAD_HIDDEN:
            effects = _unhidden(chain, levels, params, demand, year, active, after)
        else:
            effects = _gone(chain, levels, params, demand, year)
        rows.append({**row, **{f"effect_percent_{level}": e for level, e in zip(LEVELS, effects, strict=True)}})
    return pd.DataFrame(rows)


def _rows(stated: Sequence[Friction], pair: Pair) -> Iterator[dict[str, Any]]:
    own = {f.kind: f for f in stated}
    for row in tables.frictions().to_dict("records"):
        kind = str(row["friction"])
        mine = own.get(kind)  # type: ignore[call-overload]
        if mine is None and pd.notna(row["only_with"]) and row["only_with"] not in pair:
            continue
        source = row if mine is None else {**row, "low": mine.low, "central": mine.central, "high": mine.high}
        yield {
            "friction": str(row["name"]) if "name" in row else kind,
            "kind": kind,
            "what_if": _WHAT_IF.get(kind, "if it went away"),
            "unit": str(row["unit"]),
            **{level: float(source[level]) for level in LEVELS},
            "estimate": True if mine is not None else bool(row["estimate"]),
            "basis": "stated by the scenario" if mine is not None else str(row["basis"]),
            "source": mine.source if mine is not None else str(row["source_title"]),
            "source_url": "" if mine is not None else str(row["source_url"]),
        }


def _gone(
    chain: Chain, costs: Sequence[float], params: Mapping[str, Array], demand: Mapping[Pair, Array], year: int
) -> list[float]:
    """The pair's cost without a friction of ``costs`` (shares of goods value)."""
    goods = world_response.goods_of((chain.study, chain.study[::-1]))
    factor = np.broadcast_to(1.0 / (1.0 + np.array(costs)[:, None, None]), (len(costs), 2, len(cargo.CLASSES)))
    shares = {pair: (value / value.sum())[None] for pair, value in demand.items()}
    _, found = world_response.respond(goods, factor, shares, params, years=chain.ages(year))
    return _effects(found, chain, demand)


def _shut(
    chain: Chain, days: Sequence[float], params: Mapping[str, Array], demand: Mapping[Pair, Array], year: int,
    there: Array, after: Settled,
) -> list[float]:  # fmt: skip
    """Crossings of the pair's roads that are open today shut for ``days`` more a year."""
    if chain.system is None or not chain.on_network:
        return [0.0] * len(days)
    used = {c for r in chain.system.routes if r.mode == "road" for c in r.crossings}
    # With the scenario's measures in place.
    open_share = after.state.open_share[0] if after.state is not None else np.zeros(len(chain.system.crossings))
    shut_days = dict(zip(chain.system.crossings, np.round(_DAYS * (1.0 - open_share), 9).tolist(), strict=True))
    passed = [c for c in chain.system.crossings if c in used and shut_days[c] < _DAYS]
    if not passed:
        return [0.0] * len(days)
    # A closure of its own for each crossing and level, on top of the days that it is shut already.
    measures = [
        Closure(
            kind="closure", crossings=(c,), days_per_year=min(shut_days[c] + d, _DAYS),
            start=year, years_to_full_effect=0,
        )
        for d in days
        for c in passed
    ]  # fmt: skip
    # Trade answers as to the scenario's measures, not as to what has begun this year.
    shut = replace(_without_flights(chains.build(chain.study, [*chain.measures, *measures])), since=chain.since, parts=chain.parts)
    active = np.hstack([np.tile(there, (len(days), 1)), np.kron(np.eye(len(days)), np.ones((1, len(passed))))])
    flows = {pair: value[None] for pair, value in demand.items()}
    repeated = {name: np.repeat(value, len(days)) for name, value in params.items()}
    # Its ways are more than the chain's: those that are taken where others are shut.
    with_measures = np.hstack([there[None], np.zeros((1, len(measures)))])
    before = shut.settle(params, with_measures, year, flows, near=after)
    change = shut.change(repeated, active, year, flows, before=before)
    return [float(v) for v in chains.effect_of(change, demand, chain.study)]


def _unhidden(
    chain: Chain, shares: Sequence[float], params: Mapping[str, Array], demand: Mapping[Pair, Array], year: int,
    there: Array, after: Settled,
) -> list[float]:  # fmt: skip
    """The road without ``shares`` of its hidden cost."""
    if chain.system is None or not chain.on_network:
        return [0.0] * len(shares)
    flows = {pair: value[None] for pair, value in demand.items()}
    same = {name: np.repeat(value, len(shares)) for name, value in params.items()}
    active = np.tile(there, (len(shares), 1))
    plain = _without_flights(chain)
    before = plain.settle(params, active[:1], year, flows, near=after)
    lifted = {**same, "road_hidden_kept": 1.0 - np.array(shares)}
    change = plain.change(lifted, active, year, flows, before=before)
    return [float(v) for v in chains.effect_of(change, demand, chain.study)]


def _without_flights(chain: Chain) -> Chain:
    """The chain with the meeting of people left as it is: the comparison is between two worlds that
    both have the measures."""
    return replace(chain, flights=())


def _effects(response: Response, chain: Chain, demand: Mapping[Pair, Array]) -> list[float]:
    """Percent change of the pair's two-way trade, level by level."""
    return [float(v) for v in chains.two_way(response.trade_factor, demand, chain.study)]
