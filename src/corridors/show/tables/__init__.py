"""Tables of the reports, made from a result's tables: each function returns a block or, with nothing to show, None.

Every column has its unit, every table a caption that says what it shows and a line with its source; a cell that has no
number is a dash, never ``NaN``. All texts are plain and escaped by the block.
"""

from corridors.show.tables.known import (
    disagreements,
    gravity,
    missing_trade_top,
    sources,
    trade_history,
)
from corridors.show.tables.outcome import (  # fmt: skip
    by_direction,
    contributions,
    frictions,
    information,
    others,
    projection,
    real_gdp,
    scenarios,
    sensitivity,
    targets,
    volumes,
)
from corridors.show.tables.transport import (
    closure_stress,
    costs,
    crossing_fill_years,
    crossings,
    legs,
    measures,
    routes,
)

__all__ = [
    "by_direction", "closure_stress", "contributions", "costs", "crossing_fill_years", "crossings", "disagreements", "frictions", "gravity",
    "information", "legs", "measures", "missing_trade_top", "others", "projection", "real_gdp", "routes", "scenarios", "sensitivity", "sources",
    "targets", "trade_history", "volumes",
]  # fmt: skip
