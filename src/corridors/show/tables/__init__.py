"""Tables of the reports, made from a result's tables: each function returns a block or, with nothing to show, None.

Every column has its unit, every table a caption that says what it shows and a line with its source;
a cell that has no number is a dash, never ``NaN``. All texts are plain and escaped by the block.
"""

from corridors.show.tables.binding import binding, turned_away
from corridors.show.tables.known import (
    disagreements,
    missing_trade_top,
    sources,
    trade_history,
)
from corridors.show.tables.outcome import (  # fmt: skip
    frictions,
    others,
    projection,
    real_gdp,
    scenarios,
    sectors,
    targets,
    volumes,
)
from corridors.show.tables.shipment import (
    shipment_choice,
    shipment_cost,
    shipment_legs,
    shipment_queue,
    shipment_trade,
    shipment_worth,
)
from corridors.show.tables.transport import (
    closure_stress,
    costs,
    crossing_fill_years,
    crossings,
    measures,
    routes,
)
from corridors.show.tables.worth import (
    against_cost,
    measure_costs,
    priorities,
    second_ways,
    worth,
    worth_by_economy,
    worth_by_measure,
)

__all__ = [
    "against_cost", "binding", "closure_stress", "costs", "crossing_fill_years", "crossings",
    "disagreements", "frictions", "measure_costs", "measures",
    "missing_trade_top", "others", "priorities", "projection", "real_gdp", "routes", "scenarios",
    "second_ways", "sectors", "shipment_choice", "shipment_cost", "shipment_legs",
    "shipment_queue", "shipment_trade", "shipment_worth", "sources", "targets", "trade_history",
    "turned_away", "volumes", "worth", "worth_by_economy", "worth_by_measure",
]  # fmt: skip
