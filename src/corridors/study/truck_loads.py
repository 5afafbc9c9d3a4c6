"""Do trade, trucks and shares of the road agree? Dollars of goods a truck at every crossing and of every pair.

What known pairs send through a crossing is their trade of the base year times the share of their
ways that pass it; over the trucks that are counted as theirs it gives a load. Where that lies
outside 5,000 to 120,000 dollars a row says why.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridors import uncertainty
from corridors.appraisal import states
from corridors.data import tables
from corridors.errors import NetworkError
from corridors.study.background_tables import TABLES
from corridors.trade import cargo, world
from corridors.transport import pair_values, truck_values
from corridors.transport.system import Pair, compile_system
from corridors.transport.truck_values import HIGHEST_USD, LOWEST_USD
from corridors.transport.world_network.study import network_of

FEW = 1.0
"""With fewer known trucks a day than this a load of theirs means nothing."""


def loads(pair: Pair) -> pd.DataFrame:
    """One row a crossing of the network of ``pair``, base year, central case; table ``truck_loads``. Empty without a network.

    ``known_usd_per_truck`` is NaN where next to no known pair passes, or the crossing is shut
    today.
    """
    try:
        system = states.showing_all(compile_system(network_of(pair, ()), study=pair))
    except NetworkError:
        return TABLES["truck_loads"].empty()
    state = system.solve(uncertainty.central())
    trade = world.base_matrix()
    flow = np.array([float(trade.loc[p]) if set(p) <= set(trade.index) else 0.0 for p in system.pairs])
    value = flow[:, None] * cargo.usual_shares(system.pairs)
    crossings = len(system.crossings)
    through = np.asarray(system.choices.through[system.shown, :crossings])
    musd = np.zeros((len(system.pairs), crossings))
    for row, r in enumerate(system.shown):
        for p in system.choices.markets[system.choices.market_of[r]].pairs:
            # Shares of a pair's routes add up to one over all its markets.
            musd[p] += through[row] * float(state.route_share[0, row] @ value[p])
    load, rest = state.crossing_load_trucks_per_day[0], state.rest_trucks_per_day[0]
    table = truck_values.at_crossings(system.network)
    rows = []
    for x, name in enumerate(system.crossings):
        known = float(load[x] - rest[x])
        total = float(musd[:, x].sum())
        a_truck = total * 1e6 / (365.0 * known) if known >= FEW else float("nan")
        other = table.loc[name]
        rows.append(
            (
                name, system.network.places[name], float(load[x]), known, total, a_truck, float(other["usd_per_truck"]),
                float(other["usd_low"]), float(other["usd_high"]), bool(other["estimate"]),
                _why(a_truck, system.pairs, musd[:, x]) or str(other["note"]),
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(TABLES["truck_loads"].columns))


def _why(usd: float, pairs: tuple[Pair, ...], musd: np.ndarray) -> str:
    """Why a load lies outside the bounds, in words; empty where it does not."""
    if not usd > HIGHEST_USD and not usd < LOWEST_USD:
        return ""
    full = tables.economies().set_index("iso3")["name"]
    a, b = pairs[int(np.argmax(musd))]
    most = f"trade of {full[a]} with {full[b]} as reported"
    if usd > HIGHEST_USD:
        return f"{most} is more than the trucks counted here can carry at {HIGHEST_USD:,.0f} dollars each"
    return f"{most} and all else that is known is less than the trucks counted here would carry at {LOWEST_USD:,.0f} dollars each"


def traffic(pair: Pair) -> pd.DataFrame:
    """Goods that go by road over the trucks of each directed pair of the network of ``pair``, table ``pair_loads``; empty without a network.

    Goods are trade of the base year by class times the road's share of it
    (``data/network/pair_traffic.csv``, bulk by ``bulk_by_road.csv``). ``why``, with the row's own
    note, says what a load outside 5,000 to 120,000 dollars comes from, and is empty inside.
    """
    try:
        network = network_of(pair, ())
    except NetworkError:
        return TABLES["pair_loads"].empty()
    rows = network.pair_traffic
    pairs = list(zip(rows["exporter"].astype(str), rows["importer"].astype(str), strict=True))
    trade = world.base_matrix()
    value = np.array([float(trade.loc[p]) if set(p) <= set(trade.index) else 0.0 for p in pairs])
    bulk = np.array([network.bulk_by_road.get(p, (0.0, 0.0))[0] for p in pairs])
    share = rows["road_share"].to_numpy(dtype=float)
    by_road = cargo.by_road()
    part = np.where(by_road, share[:, None], bulk[:, None])
    of_class = cargo.usual_shares(pairs)
    by_truck = value * (of_class * part).sum(axis=1)
    trucks = rows["road_trucks_per_day"].to_numpy(dtype=float)
    with_bulk = by_truck + value * (of_class * np.maximum(share[:, None] - part, 0.0)).sum(axis=1)
    number = {p: k for k, p in enumerate(pairs)}
    back = [number.get((b, a)) for a, b in pairs]
    both = [
        _load(by_truck[k] + by_truck[r], trucks[k] + trucks[r]) if r is not None else float("nan")
        for k, r in enumerate(back)
    ]
    reported = world.provenance().set_index(["exporter", "importer"])["basis"]
    found = []
    for k, (a, b) in enumerate(pairs):
        usd = _load(by_truck[k], trucks[k])
        basis = str(reported.get((a, b), "reported"))
        why, note = _why_pair(usd, both[k], _load(with_bulk[k], trucks[k]), basis), rows["note"].iloc[k]
        found.append(
            (
                a,
                b,
                float(trucks[k]),
                float(by_truck[k]),
                usd,
                f"{why}; {note}" if why and isinstance(note, str) else why,
            )
        )
    return pd.DataFrame(found, columns=list(TABLES["pair_loads"].columns))


def values(pair: Pair) -> pd.DataFrame:
    """Dollars a tonne by directed pair and class (:func:`corridors.transport.pair_values.table`): those of ``pair``, of counted pairs, then
    by trade, table ``tonne_values``; empty without a network."""
    try:
        network = network_of(pair, ())
    except NetworkError:
        return TABLES["tonne_values"].empty()
    own = [pair, pair[::-1]]
    listed = zip(
        network.pair_traffic["exporter"].astype(str),
        network.pair_traffic["importer"].astype(str),
        strict=True,
    )
    trade = world.base_matrix()

    def rank(p: Pair) -> tuple[int, bool, float]:
        size = float(trade.loc[p]) if set(p) <= set(trade.index) else 0.0
        return own.index(p) if p in own else len(own), pair_values.counted(network, *p) is None, -size

    return pair_values.table(network, sorted(dict.fromkeys([*own, *listed]), key=rank))


def _load(musd: float, trucks: float) -> float:
    return float(musd * 1e6 / (365.0 * trucks)) if trucks > 0.0 else float("nan")


def _why_pair(usd: float, both_ways: float, with_bulk: float, basis: str) -> str:
    """Why a pair's load lies outside the bounds, in words; empty where it does not."""
    if not usd > HIGHEST_USD and not usd < LOWEST_USD:
        return ""
    if usd > HIGHEST_USD:
        return (
            f"trade as reported is more than these trucks carry at {HIGHEST_USD:,.0f} dollars "
            f"each; the road's share and the trucks, kept within the "
            "counts at crossings, are our estimates: less of it goes by road, or more trucks pass than were counted"
        )
    if LOWEST_USD <= both_ways <= HIGHEST_USD:
        return f"trade is one-sided: trucks that bring goods the other way return with little; {round(both_ways, -2):,.0f} dollars a truck both ways together"
    if LOWEST_USD <= with_bulk <= HIGHEST_USD:
        return f"trucks carry bulk too, which the road's share leaves out; {round(with_bulk, -2):,.0f} dollars with bulk at the same share"
    source = "as reported" if basis == "reported" else f"({basis})"
    return f"trade {source}, bulk included, is less than these trucks would carry at {LOWEST_USD:,.0f} dollars each: part of it is not in the books, or the trucks carry others' goods"
