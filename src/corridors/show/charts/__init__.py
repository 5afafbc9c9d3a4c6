"""The charts of the reports: each takes a result and returns a figure whose title states what it shows.

A chart that has nothing to show returns None. Colours and type are of :mod:`corridors.show.theme`.
"""

from corridors.show.charts.border import closure_stress, crossing_fill, delay_curves
from corridors.show.charts.checks import (
    backtest_skill,
    coverage,
    known_effects,
    published,
    real_cases,
)
from corridors.show.charts.corridor_map import route_map
from corridors.show.charts.many import scenarios_ranked
from corridors.show.charts.needs import history, volumes
from corridors.show.charts.reasons import contributions, tornado
from corridors.show.charts.shipment import shipment_way
from corridors.show.charts.trade import fan
from corridors.show.charts.ways import breakdown, route_shares
from corridors.show.charts.world import missing_trade, others, real_gdp
from corridors.show.charts.worth import priorities, worth_by_economy, worth_by_year

__all__ = [
    "backtest_skill", "breakdown", "closure_stress", "contributions", "coverage", "crossing_fill", "delay_curves", "fan", "history",
    "known_effects", "missing_trade", "others", "priorities", "published", "real_cases", "real_gdp", "route_map",
    "route_shares", "scenarios_ranked", "shipment_way", "tornado", "volumes", "worth_by_economy", "worth_by_year",
]  # fmt: skip
