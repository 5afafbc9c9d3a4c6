"""Tables of the reports, made from a result's tables: each function returns a block or, with nothing to show, None.

Every column has its unit, every table a caption that says what it shows and a line with its source; a cell that has no
number is a dash, never ``NaN``. All texts are plain and escaped by the block.
"""

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
    targets,
    volumes,
)
from corridors.show.tables.transport import (
    closure_stress,
    costs,
    crossing_fill_years,
    crossings,
    measures,
    routes,
)

__all__ = [
    "closure_stress", "costs", "crossing_fill_years", "crossings", "disagreements", "frictions", "measures", "missing_trade_top", "others", "projection", "real_gdp", "routes", "scenarios", "sources",
    "targets", "trade_history", "volumes",
]  # fmt: skip
