"""Tables as they were published: an edit is no mistake, but no figure is another without a word.

``datapackage.json`` keeps digests of every table that people may edit: of its bytes, of the values of each column, and of
each row where rows are few. ``python -m corridors.data.published`` (part of ``make docs``) writes them anew after an edit
that is meant to stay; a refresh does so by itself. Tables that programs wrote are held to theirs by
:mod:`corridors.data.computed`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from corridors.data import computed, package, tables
from corridors.data.reader import line_of
from corridors.errors import one_line

FIELD = "published"
MOST_ROWS = 2_500
"""Tables of more rows have no digest of each."""
_ROW_DIGITS = 6
_SHOWN = 3


def notes() -> list[str]:
    """A sentence for each table that is not as it was published; none for data as shipped. The tables must be readable."""
    return [note for resource in package.resources().values() if resource.is_table for note in _differences(resource)]


def renew() -> None:
    """Write the digests of all tables that people may edit as they are now into ``datapackage.json``."""

    def change(whole: dict[str, Any]) -> None:
        for descriptor in whole["resources"]:
            sign(descriptor)

    package.rewrite(change)


def sign(descriptor: dict[str, Any]) -> None:
    """Put the digests of a table that people may edit into its descriptor, as it is now."""
    if descriptor.get("type") == "table" and "computed" not in descriptor:
        descriptor[FIELD] = _digests(package.resource(descriptor["name"]))


def _digests(resource: package.Resource) -> dict[str, Any]:
    frame = tables.table(resource.name)
    told = {"bytes": _of_bytes(resource), "whole": computed.of_rows(frame), "rows": len(frame), "columns": computed.of_columns(frame)}
    return {**told, "lines": " ".join(sorted(_of_rows(frame)))} if len(frame) <= MOST_ROWS else told


def _of_bytes(resource: package.Resource) -> str:
    return hashlib.sha256(resource.path.read_bytes()).hexdigest()[: computed.DIGITS]


def _of_rows(frame: pd.DataFrame) -> list[str]:
    return [hashlib.sha256(line.encode()).hexdigest()[:_ROW_DIGITS] for line in computed.lines(frame)]


def _differences(resource: package.Resource) -> Iterator[str]:
    kept = resource.descriptor.get(FIELD)
    if not isinstance(kept, Mapping) or _of_bytes(resource) == kept.get("bytes"):
        return
    frame = tables.table(resource.name)
    if computed.of_rows(frame) == kept.get("whole"):  # Written in another way, or rows in another order.
        return
    before = kept["columns"] if isinstance(kept.get("columns"), Mapping) else {}
    columns = computed.other_columns(frame, before)
    told = []
    if "lines" in kept:
        known = Counter(str(kept["lines"]).split())
        new = []
        for row, digest in enumerate(_of_rows(frame)):
            if known[digest]:
                known[digest] -= 1
            else:
                new.append(row)
        told += [_lines(resource, new)] if new else []
    if not columns:
        told.append("values of a column stand in other rows")
    elif len(columns) < len(frame.columns):
        told.append(f"column{'s' * (len(columns) > 1)} {', '.join(map(repr, columns))}")
    if kept.get("rows") != len(frame):
        told.append(f"number of rows {len(frame):,}, published {kept.get('rows')}")
    yield f"{one_line(resource.path)}: not as it was published: {'; '.join(told)}"


def _lines(resource: package.Resource, rows: list[int]) -> str:
    shown = ", ".join(str(line_of(resource, row)) for row in rows[:_SHOWN])
    return f"line{'s' * (len(rows) > 1)} {shown}{f' and {len(rows) - _SHOWN:,} more' if len(rows) > _SHOWN else ''}"


if __name__ == "__main__":
    renew()
