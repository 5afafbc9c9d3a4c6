"""How a mistake in a table is told: file, line, column, value and what is allowed, with the nearest choice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import codes as hints
from corridors.data import package
from corridors.data.reader import line_of
from corridors.errors import nearest, one_line

EVERY = "*"
"""Stands for every economy; several that are told together are joined by a plus."""


def at(table: str, row: int, column: str, value: object, allowed: str) -> str:
    """The cell of ``column`` in data row ``row`` (from 0) of ``table``, and what is allowed there."""
    resource = package.resource(table)
    shown = (
        repr(value)
        if isinstance(value, str)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
    return f"{one_line(resource.path)}: line {line_of(resource, row)}: column {column!r} is {shown}; allowed: {allowed}"


def each(
    table: str, frame: pd.DataFrame, wrong: npt.ArrayLike, column: str, allowed: str | Callable[[int], str]
) -> Iterator[str]:
    """The cells of ``column`` in the data rows where ``wrong`` (a truth for each row) holds; what is
    allowed in one, or for all."""
    for row in np.flatnonzero(np.asarray(wrong, dtype=bool)).tolist():
        value = frame[column].iloc[row]
        told = value.item() if isinstance(value, np.generic) else value
        yield at(table, row, column, told, allowed if isinstance(allowed, str) else allowed(row))


def known(
    table: str,
    frame: pd.DataFrame,
    column: str,
    allowed: Iterable[str],
    what: str,
    several: bool = False,
) -> Iterator[str]:
    """Names that are none of ``allowed``; ``several`` stand in a cell with a space between them."""
    names = set(allowed)
    for row, cell in enumerate(frame[column]):
        for value in () if not isinstance(cell, str) else cell.split(" ") if several else (cell,):
            if value and value not in names:
                hint = nearest(
                    value.strip().lower() if value.strip().lower() in names else value, names
                )
                yield at(table, row, column, value, f"{what}{hint}")


def economies(
    table: str, frame: pd.DataFrame, column: str, codes: Mapping[str, str]
) -> Iterator[str]:
    """Codes that no economy has."""
    values = frame[column]
    for row in np.flatnonzero(
        values.notna().to_numpy() & ~values.isin([*codes, EVERY, ""]).to_numpy(bool)
    ).tolist():
        value = str(values.iloc[row])
        for code in value.split("+"):
            if code not in codes:
                yield at(
                    table, row, column, value, f"a code of economies.csv{hints.hint(code, codes)}"
                )
