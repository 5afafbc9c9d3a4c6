"""The charts of the reports: each takes a result and returns a figure whose title states what it shows.

A chart that has nothing to show returns None. Colours and type are of :mod:`corridors.theme`.
"""

from corridors.charts.border import closure_stress, crossing_fill, delay_curves
from corridors.charts.checks import backtest_skill, coverage, known_effects, published, real_cases
from corridors.charts.corridor_map import route_map
from corridors.charts.many import scenarios_ranked, small_fans
from corridors.charts.needs import history, volumes
from corridors.charts.reasons import contributions, information, tornado
from corridors.charts.trade import fan
from corridors.charts.ways import breakdown, legs, route_shares
from corridors.charts.world import missing_trade, others, real_gdp

__all__ = [
    "backtest_skill", "breakdown", "closure_stress", "contributions", "coverage", "crossing_fill", "delay_curves", "fan", "history",
    "information", "known_effects", "legs", "missing_trade", "others", "published", "real_cases", "real_gdp", "route_map",
    "route_shares", "scenarios_ranked", "small_fans", "tornado", "volumes",
]  # fmt: skip
