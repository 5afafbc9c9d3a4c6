"""Do trade, trucks and shares of the road agree? Dollars of goods a truck at every crossing, of known pairs and of the rest.

What known pairs send through a crossing is their trade of the base year times the share of their ways that pass it; over
the trucks that are counted as theirs it gives a load. Where that lies outside 5,000 to 120,000 dollars a row says why.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridors import uncertainty
from corridors.appraisal import states
from corridors.data import tables
from corridors.errors import NetworkError
from corridors.trade import cargo, world
from corridors.transport import truck_values
from corridors.transport.system import Pair, compile_system
from corridors.transport.truck_values import HIGHEST_USD, LOWEST_USD
from corridors.transport.world_network.study import network_of

COLUMNS = (
    "crossing", "name", "trucks_per_day", "known_trucks_per_day", "known_musd_per_year", "known_usd_per_truck",
    "other_usd_per_truck", "other_usd_low", "other_usd_high", "estimate", "note",
)  # fmt: skip
FEW = 1.0
"""With fewer known trucks a day than this a load of theirs means nothing."""


def loads(pair: Pair) -> pd.DataFrame:
    """One row a crossing of the network of ``pair``, base year, central case; columns :data:`COLUMNS`. Empty without a network.

    ``known_usd_per_truck`` is NaN where next to no known pair passes, or the crossing is shut today.
    """
    try:
        system = states.showing_all(compile_system(network_of(pair, ()), study=pair))
    except NetworkError:
        return pd.DataFrame(columns=list(COLUMNS))
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
                float(other["usd_low"]), float(other["usd_high"]), bool(other["estimate"]), _why(a_truck, system.pairs, musd[:, x]) or str(other["note"]),
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


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
