"""Effects that others measured, held against what our chain says: checks, never inputs.

*A day of delay.* A day more on every way of a pair raises each class's cost by what its day is
worth, whatever is chosen; trade falls by ``factor^-theta`` before others respond, as in the
difference equations that measured it (:mod:`corridors.validation.day_of_delay`).

*Belt and Road.* Roads and borders of the whole network get faster by what de Soyres and others
(2018) find along the corridors; the route equilibrium, trade costs and world trade (multilateral
resistance included, output fixed) say what that does to trade among the economies that the network
joins.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from corridors import uncertainty
from corridors.study import counterfactual
from corridors.study.counterfactual import Chain
from corridors.study.settled import Change
from corridors.transport import network
from corridors.validation import day_of_delay

COLUMNS = ("effect", "published_low", "published", "published_high", "unit", "computed", "within", "source", "note")
FASTER = 0.119
"""Share by which shipment times fall along the corridors of Belt and Road, at most (de Soyres et al. 2018)."""
_PAIR = ("PAK", "CHN")


def compare() -> pd.DataFrame:
    """Each effect: what was published with its range, what we compute at central values, and whether it is within.

    Columns are :data:`COLUMNS`. Where a paper says "about" or "at least", half to double is the
    range; where it says "up to", anything from nothing to that.
    """
    return _compare().copy()


@lru_cache(maxsize=1)
def _compare() -> pd.DataFrame:
    day = day_of_delay.compare().set_index("quantity")["p50"]
    trade, price = float(day[day_of_delay.LOST]), float(day[day_of_delay.COST])
    faster, change = _everything_faster()
    rows: list[tuple[Any, ...]] = [
        (
            "Trade lost for a day of delay, all goods", 0.5, 1.0, 2.0, "percent", trade,
            "Djankov, Freund and Pham 2010, Review of Economics and Statistics "
            "(https://ideas.repec.org/p/wbk/wbrwps/3909.html)",
            "they find at least 1 percent; ours is the median of the draws, whose distribution "
            "stands in the table of a day of delay",
        ),
        (
            "Trade lost for a day more inland", 3.5, 7.0, 14.0, "percent", trade,
            "Freund and Rocha 2010, What Constrains Africa's Exports?, World Bank WPS 5184",
            "days on the road between factory and port, without those of papers",
        ),
        (
            "Ad valorem cost of a day inland", 0.75, 1.5, 3.0, "percent", price,
            "Freund and Rocha 2010, What Constrains Africa's Exports?, World Bank WPS 5184",
            "they say: like 1.5 percentage points of all importers' tariffs",
        ),
        (
            "Belt and Road: trade among members", 0.0, 4.1, 4.1, "percent", _among_members(faster, change),
            "Baniya, Rocha and Ruta 2019, World Bank WPS 8694",
            f"up to 4.1 percent; ours with all roads and borders of the network faster by "
            f"{100 * FASTER:.1f} %, which is the most they get; "
            "the sea and other ways stay as they are",
        ),
        (
            "Belt and Road: fall of trade costs, the pair that gains most", 0.0, 10.2, 10.2, "percent",
            100.0 * float(1.0 - change.cost_factor.min()),
            "de Soyres, Mulabdic, Murray, Rocha and Ruta 2018, World Bank",
            "up to 10.2 percent along the corridors",
        ),
    ]  # fmt: skip
    frame = pd.DataFrame(
        [
            (effect, low, mid, high, unit, ours, low <= ours <= high, source, note)
            for effect, low, mid, high, unit, ours, source, note in rows
        ],
        columns=list(COLUMNS),
    )
    return frame.astype({"within": bool})


def _everything_faster() -> tuple[Chain, Change]:
    """All roads and borders of the network take a share ``FASTER`` less time; what that changes."""
    roads = network.load()
    measures = []
    for economy, speed in roads.speed_kmh.items():
        links = tuple(link.name for link in roads.links if link.mode == "road" and link.economy == economy)
        if links:
            whole_day = speed * roads.moving_share[economy] / (1.0 - FASTER)
            measures.append(SimpleNamespace(kind="road", links=links, speed_kmh=whole_day, usd_per_t_km=None))
    for name, hours in roads.crossings["processing_hours"].items():
        measures.append(
            SimpleNamespace(
                kind="crossing_time",
                crossings=(str(name),),
                processing_hours=float(hours) * (1.0 - FASTER),
            )
        )
    links_of_world = counterfactual.build(_PAIR, measures)
    params = uncertainty.central()
    active = np.ones((1, len(measures)))
    return links_of_world, links_of_world.change(
        params, active, float(params["traffic_base_year"][0]), {}, closure="conditional"
    )


def _among_members(links: Chain, change: Change) -> float:
    """Percent by which trade among all pairs of the network rises."""
    trade = np.array([links.base_trade.loc[p] for p in links.pairs])
    return 100.0 * float((trade * change.response.trade_factor[0]).sum() / trade.sum() - 1.0)
