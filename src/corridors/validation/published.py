"""Published results beside ours: every row of ``data/published_results.csv``, computed again.

Nothing is chosen here: a row is computed from the tables of this package by the same engine that
makes the reports, and one that differs by more than its tolerance is shown as failing.
"""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from corridors.data import tables
from corridors.equilibrium import guide as equilibrium_guide
from corridors.errors import DataError, nearest
from corridors.gravity import guide as gravity_guide
from corridors.validation import published_appraisals

COLUMNS = (
    "source", "table", "quantity", "unit", "published", "ours", "difference", "tolerance", "passed", "note", "url",
)  # fmt: skip


def compare() -> pd.DataFrame:
    """Each published figure beside ours; columns :data:`COLUMNS`, rows as in ``data/published_results.csv``.

    ``difference`` is ours minus published in ``unit``; ``passed`` says whether it is within
    ``tolerance``. Raises DataError for a figure that no computation of ours is called by.
    """
    return _compare().copy()


def counts() -> dict[str, int]:
    """``published_passed`` and ``published_total``: how many figures are reproduced, of how many."""
    passed = _compare()["passed"]
    return {"published_passed": int(passed.sum()), "published_total": len(passed)}


@lru_cache(maxsize=1)
def _compare() -> pd.DataFrame:
    panel, pairs = tables.manufacturing_trade_panel(), tables.manufacturing_trade_pairs()
    ours = (
        gravity_guide.estimates(panel, pairs)
        | equilibrium_guide.figures(panel, pairs)
        | published_appraisals.figures()
    )
    frame = tables.published_results().rename(columns={"value": "published"})
    found = []
    for table, quantity in zip(frame["table"], frame["quantity"], strict=True):
        if (table, quantity) not in ours:
            near = nearest(quantity, [q for t, q in ours if t == table] or sorted({t for t, _ in ours}))
            raise DataError(f"published_results.csv: {table}: {quantity!r} is not computed by anything here{near}")
        found.append(ours[table, quantity])
    frame["ours"] = found
    frame["difference"] = frame["ours"] - frame["published"]
    # a difference that equals the tolerance but for rounding passes
    frame["passed"] = frame["difference"].abs() <= frame["tolerance"] * (1 + 1e-9)
    frame["note"] = frame["note"].fillna("")
    return frame[list(COLUMNS)]
