"""Tables that programs wrote and nobody edits: are they as they were computed?

``datapackage.json`` keeps a digest of the content of each, and of each of its columns. It is of
values, not of bytes: lines in another order, or ``1.0`` written ``1``, are the same table. ``python
-m corridors.data.computed`` writes the digests anew; the programs that write such tables do so by
themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from corridors.data import package
from corridors.data.reader import read_checked
from corridors.errors import one_line
from corridors.runtime import paths

DIGITS = 16
"""Hexadecimal digits of a digest."""


def differences(name: str, frame: pd.DataFrame) -> Iterator[str]:
    """One sentence if the table is not as it was computed, naming the columns that differ."""
    resource = package.resource(name)
    signed = resource.descriptor.get("computed")
    if signed is None:
        return
    if not _is_signature(signed):
        yield (
            f"{one_line(resource.folder / package.FILE)}: 'computed' of table {name!r} is no digest of a table; "
            "allowed: as `python -m corridors.data.computed` writes it"
        )
        return
    if of_rows(frame) == signed["whole"]:
        return
    columns = other_columns(frame, signed["columns"])
    what = (
        f"column{'s' * (len(columns) > 1)} {', '.join(map(repr, columns))}"
        if columns
        else "the order of values in a column"
    )
    rows = (
        f", {len(frame):,} rows where {signed['rows']:,} were written"
        if signed["rows"] != len(frame)
        else ""
    )
    yield f"{resource.path}: {what} differ{'s' * (len(columns) < 2)} from what was computed{rows}; allowed: the table as {signed['by'] or 'its program'} writes it"


def _is_signature(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("columns"), dict)
        and type(value.get("rows")) is int
        and all(isinstance(value.get(name), str) for name in ("by", "whole"))
    )


def sign(names: Iterable[str], folder: Path | None = None) -> None:
    """Write the digests of the tables ``names`` as they are now into ``datapackage.json`` of ``folder``, ours unless told."""
    place = folder or paths.data()

    def change(whole: dict[str, Any]) -> None:
        for descriptor in whole["resources"]:
            if descriptor["name"] in names:
                frame = read_checked(package.Resource(descriptor, place))
                descriptor["computed"] = {
                    "by": str(_dict(descriptor.get("computed")).get("by", "")), "rows": len(frame),
                    "whole": of_rows(frame), "columns": of_columns(frame),
                }  # fmt: skip

    package.rewrite(change, place)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def names() -> list[str]:
    """The tables that have a digest."""
    return [
        name for name, resource in package.resources().items() if "computed" in resource.descriptor
    ]


def _cells(column: pd.Series) -> list[str]:
    number = column.dtype.kind in "fiu"
    return [
        "" if value != value else repr(float(value)) if number else str(value)
        for value in column.to_numpy(dtype=object, na_value=float("nan"))
    ]


def of_columns(frame: pd.DataFrame) -> dict[str, str]:
    """A digest of the values of each column, in whatever order."""
    return {str(c): _digest(_cells(frame[c])) for c in frame.columns}


def other_columns(frame: pd.DataFrame, kept: Mapping[str, Any]) -> list[str]:
    """Columns whose values are not those of the digests ``kept``."""
    return [name for name, digest in of_columns(frame).items() if digest != kept.get(name)]


def of_rows(frame: pd.DataFrame) -> str:
    """A digest of the rows of a table, in whatever order."""
    return _digest(lines(frame))


def lines(frame: pd.DataFrame) -> list[str]:
    """Each row as one text, whatever the order of columns."""
    return [
        "\x1f".join(row)
        for row in zip(*(_cells(frame[c]) for c in sorted(frame.columns)), strict=True)
    ]


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:DIGITS]


if __name__ == "__main__":
    sign(names())
