"""What a day of delay does to trade, as a distribution, beside the two studies that measured it.

Djankov, Freund and Pham (2010) find that a day more before shipment cuts trade by about 1 %;
Hummels and Schaur (2013) that a day in transit is worth 0.6 to 2.1 % of the goods. Which trade
elasticity joins the two is what our draws are uncertain about: both of its literatures are in them.
Neither effect sets a parameter of trade; the second is the source of what a day costs, so that only
the first tests the chain.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors import uncertainty
from corridors.errors import NetworkError
from corridors.study import counterfactual
from corridors.trade import elasticities
from corridors.transport import trade_cost

Array = npt.NDArray[np.float64]

DRAWS, SEED = 4096, 1
COLUMNS = ("quantity", "unit", "published_low", "published", "published_high", "p10", "p50", "p90", "within", "source")
LOST, COST = "Trade lost for a day more on every way, long run", "Ad valorem cost of that day"
FIRST = "Trade lost in the first year"
_PAIR = ("PAK", "CHN")


def compare() -> pd.DataFrame:
    """The distribution over the draws: columns :data:`COLUMNS`; ``within`` is the share of draws in the published range.

    Published: "at least 1 percent" and "about 1 percent" with half to double as range; 0.6 to 2.1 %
        as they say.
    """
    return _compare().copy()


def draws() -> tuple[Array, Array, Array]:
    """Percent of trade lost in the long run and in the first year, and ad valorem cost of the day in percent, (B,) each.

    Means over all pairs of the network, weighted by their trade; before others respond, as in the
    difference equations that measured it. Bulk of the study's pair is in the middle of its range.
    """
    links = counterfactual.build(_PAIR, ())
    middle = uncertainty.central()
    state = links.settle(middle, None, float(middle["traffic_base_year"][0]), {}).state
    if links.system is None or state is None:
        raise NetworkError(f"day of delay: the network does not join {' and '.join(_PAIR)}")
    here = [p for p, pair in enumerate(links.pairs) if pair in links.system.pairs]
    paid = state.mean_cost[0, [links.system.pairs.index(links.pairs[p]) for p in here]]
    weight, class_of = links.goods.share[here], links.goods.class_of[here]
    trade = np.array([links.base_trade.loc[links.pairs[p]] for p in here])
    trade = trade / trade.sum()
    params = uncertainty.sample(None, DRAWS, SEED)
    long, short = elasticities.by_sector(params), elasticities.by_sector(params, 1)
    lost, first, cost = (np.zeros(DRAWS) for _ in range(3))
    for p in range(len(here)):
        day = params["value_of_a_day"][:, None] * links.system.layout.day_multiplier
        factor = trade_cost.class_factors(np.zeros_like(day), day, paid[p])
        traded = weight[p] > 0
        by_sector = factor[:, class_of[p, traded]]
        lost += trade[p] * (1.0 - (weight[p, traded] * by_sector ** -long[:, traded]).sum(axis=1))
        first += trade[p] * (1.0 - (weight[p, traded] * by_sector ** -short[:, traded]).sum(axis=1))
        cost += trade[p] * (day[:, class_of[p, traded]] * weight[p, traded]).sum(axis=1)
    return 100.0 * lost, 100.0 * first, 100.0 * cost


@lru_cache(maxsize=1)
def _compare() -> pd.DataFrame:
    lost, first, cost = draws()
    delay = "Djankov, Freund and Pham 2010, Review of Economics and Statistics (https://ideas.repec.org/p/wbk/wbrwps/3909.html)"
    time = "Hummels and Schaur 2013, American Economic Review (https://doi.org/10.1257/aer.103.7.2935)"
    rows = []
    for name, values, low, middle, high, source in (
        (LOST, lost, 0.5, 1.0, 2.0, delay), (FIRST, first, 0.5, 1.0, 2.0, delay), (COST, cost, 0.6, 1.3, 2.1, time),
    ):  # fmt: skip
        held = float(np.mean((values >= low) & (values <= high)))
        rows.append((name, "percent", low, middle, high, *np.quantile(values, [0.1, 0.5, 0.9]), held, source))
    return pd.DataFrame(rows, columns=list(COLUMNS))
