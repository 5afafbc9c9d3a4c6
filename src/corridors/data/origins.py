"""Where a row of a table comes from: an address that was opened, or the words that say nobody checked it.

Tables with a column ``source_url`` tell it row by row; :data:`ESTIMATE` stands there where the
figure is the project's own and no source was found for it. Tables without that column tell it for
the whole file, in ``data/datapackage.json``.
"""

from __future__ import annotations

import pandas as pd

from corridors.data import package, tables

ESTIMATE = "project estimate, not checked against a source"
"""What ``source_url`` says where a figure is the project's own."""


def estimates(table: str) -> int | None:
    """Rows of ``table`` whose source is :data:`ESTIMATE`; None where the table has no column ``source_url``.

    Raises :class:`~corridors.errors.DataError` if there is no such table.
    """
    frame = tables.table(table)
    return int((frame["source_url"] == ESTIMATE).sum()) if "source_url" in frame else None


def untold(table: str) -> pd.DataFrame:
    """Rows of ``table`` that tell neither an address nor that they are estimates; empty for a table
    without ``source_url``."""
    frame = tables.table(table)
    if "source_url" not in frame:
        return frame.iloc[:0]
    told = frame["source_url"].fillna("").astype(str)
    return frame[~(told.str.startswith(("http://", "https://")) | (told == ESTIMATE))]


def by_table() -> dict[str, int]:
    """Estimates of every table that has any, the most first."""
    counts = {r.name: estimates(r.name) or 0 for r in package.resources().values() if r.is_table}
    return dict(sorted(((name, n) for name, n in counts.items() if n), key=lambda item: (-item[1], item[0])))
