"""The files of a result: saved tables for notebooks to read; for people ``result.json`` and every table as CSV."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from corridors.data import table_schema
from corridors.errors import plain
from corridors.report.messages import SAVED, Files

if TYPE_CHECKING:
    import pandas as pd

    from corridors.data.table_schema import TableSchema


class Result(Protocol):
    """What a study and a validation have in common."""

    @property
    def tables(self) -> Mapping[str, Any]:
        """Data frames by name."""

    @property
    def title(self) -> str:
        """What it is of, in a line."""

    @property
    def schemas(self) -> Mapping[str, TableSchema]:
        """What each table's columns are."""

    def files(self) -> Mapping[str, bytes]:
        """What reading it back needs."""

    def json(self) -> str:
        """A summary for other programs."""


def files(found: Result) -> Files:
    """Content by name; an empty table has no CSV. ``tables/datapackage.json`` says what the columns
    of the CSV files are."""
    made = {f"{SAVED}{name}": content for name, content in found.files().items()}
    made["result.json"] = found.json().encode()
    shown = {name: frame for name, frame in found.tables.items() if len(frame)}
    for name, frame in shown.items():
        made[f"tables/{name}.csv"] = neutral(frame).to_csv(index=False, lineterminator="\n").encode()
    described = table_schema.package(found.title, found.schemas, shown)
    made["tables/datapackage.json"] = (json.dumps(described, indent=1, ensure_ascii=False) + "\n").encode()
    return made


_NUMBER = re.compile(r"[-+]?[\d.,\s]*\d\s*%?")


def neutral(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame for a spreadsheet: no text in it begins a formula or holds control characters.

    A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@``; such a text gets an
    apostrophe before it, as a spreadsheet's own user would write it. Numbers stay as they are.
    """
    import pandas as pd

    made = frame.rename(columns=lambda name: _neutral(name))
    for position, kind in enumerate(made.dtypes):
        if pd.api.types.is_object_dtype(kind) or pd.api.types.is_string_dtype(kind) or isinstance(kind, pd.CategoricalDtype):
            made.isetitem(position, made.iloc[:, position].map(_neutral).astype(object))
    return made


def _neutral(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = plain(value)
    return (
        f"'{text}"
        if text[:1] in ("=", "+", "-", "@", "\t", "\n")
        and len(text) > 1
        and not _NUMBER.fullmatch(text)
        else text
    )
