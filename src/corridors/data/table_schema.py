"""What a computed table holds: its columns with type, unit and meaning, declared once.

From a declaration follow the check of a frame, the frame without rows, the page ``docs/results.md``
and the descriptor that is delivered beside a report's CSV files. Columns are those of
:mod:`corridors.data.package`, so that a table that is computed is described as one that is shipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from corridors.data.package import Field
from corridors.errors import DataError, nearest

if TYPE_CHECKING:
    import pandas as pd

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
TABLE_PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"
_KINDS = {"string": "OUTS", "number": "f", "integer": "iu", "year": "iu", "boolean": "b"}
"""Kinds of numpy's types by type of column; pandas calls its own strings O."""
_DTYPES = {"string": "str", "number": "float64", "integer": "int64", "year": "int64", "boolean": "bool"}


@dataclass(frozen=True)
class TableSchema:
    """A table that is computed: what a row is, and its columns in the order in which they are shown."""

    title: str
    fields: tuple[Field, ...]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(field.name for field in self.fields)

    def empty(self) -> pd.DataFrame:
        """The table without rows, each column of its type."""
        import pandas as pd

        return pd.DataFrame({f.name: pd.Series(dtype=_dtype(f)) for f in self.fields})

    def faults(self, frame: pd.DataFrame) -> list[str]:
        """What of ``frame`` is not as declared: columns missing, not known or out of order, types, missing values; none if all is well.

        Types of a table without rows are not looked at.
        """
        found = [f"lacks the column {name!r}" for name in self.columns if name not in frame.columns]
        found += [
            f"has a column {name!r} that is not declared{nearest(str(name), self.columns)}"
            for name in frame.columns if name not in self.columns
        ]  # fmt: skip
        if not found and tuple(frame.columns) != self.columns:
            found = [f"has its columns in another order than {', '.join(self.columns)}"]
        if len(frame):
            for field in self.fields:
                if field.name in frame.columns:
                    found += _fault(field, frame[field.name])
        return found

    def descriptor(self, name: str) -> dict[str, Any]:
        """The table as a resource of a data package: ``name.csv`` and its schema."""
        fields = [
            {
                "name": f.name, "type": f.type, "description": f.description,
                **({"unit": f.unit} if f.unit else {}),
                **({"constraints": {"required": True}} if f.required else {}),
            }
            for f in self.fields
        ]  # fmt: skip
        return {
            "name": name, "type": "table", "path": f"{name}.csv", "title": self.title, "mediatype": "text/csv",
            "encoding": "utf-8", "schema": {"$schema": TABLE_PROFILE, "fields": fields},
        }  # fmt: skip


def package(title: str, schemas: Mapping[str, TableSchema], names: Iterable[str]) -> dict[str, Any]:
    """The descriptor (Data Package v2) of those tables ``names`` that are delivered."""
    resources = [schemas[name].descriptor(name) for name in names]
    return {"$schema": PROFILE, "name": "tables", "title": title, "resources": resources}


def check(tables: Mapping[str, pd.DataFrame], schemas: Mapping[str, TableSchema], whose: str) -> None:
    """Raise DataError unless there is every table of ``schemas``, no other, and each is as declared."""
    for name in schemas:
        if name not in tables:
            raise DataError(f"{whose}: table {name!r} is missing")
    for name, frame in tables.items():
        if name not in schemas:
            raise DataError(f"{whose}: table {name!r} is not declared{nearest(name, schemas)}")
        if faults := schemas[name].faults(frame):
            raise DataError(f"{whose}: table {name!r} {'; '.join(faults)}")


def table(title: str, *parts: Field | Iterable[Field]) -> TableSchema:
    """A declaration of columns and groups of columns."""
    fields: list[Field] = []
    for part in parts:
        fields += [part] if isinstance(part, Field) else part
    return TableSchema(title, tuple(fields))


def text(name: str, meaning: str, missing: bool = False) -> Field:
    """A column of text; ``missing``: a row may have none."""
    return _field(name, "string", "", meaning, missing)


def flag(name: str, meaning: str, missing: bool = False) -> Field:
    """A column of yes or no."""
    return _field(name, "boolean", "", meaning, missing)


def year(name: str, meaning: str, missing: bool = False) -> Field:
    """A column of years."""
    return _field(name, "year", "", meaning, missing)


def whole(name: str, unit: str, meaning: str, missing: bool = False) -> Field:
    """A column of whole numbers."""
    return _field(name, "integer", unit, meaning, missing)


def number(name: str, unit: str, meaning: str, missing: bool = False) -> Field:
    """A column of numbers."""
    return _field(name, "number", unit, meaning, missing)


QUANTILES = {
    "p2_5": "2.5th percentile", "p10": "10th percentile", "p25": "25th percentile", "p50": "median",
    "p75": "75th percentile",
    "p90": "90th percentile", "p97_5": "97.5th percentile",
}  # fmt: skip
"""Quantile columns: the 95 % band is p2_5 to p97_5, the 80 % band p10 to p90, the 50 % band p25 to p75."""
BAND = ("p10", "p50", "p90")


def spread(
    name: str, unit: str, meaning: str, points: Iterable[str] = BAND, missing: bool = False,
) -> tuple[Field, ...]:
    """Columns ``name_p10``, ``name_p50`` ... (without a name: ``p10`` ...) over the draws."""
    words = {"mean": "mean", **QUANTILES}
    return tuple(
        _field(f"{name}_{p}" if name else p, "number", unit, f"{meaning}: {words[p]} of the draws", missing)
        for p in points
    )


def before_after(name: str, unit: str, meaning: str) -> tuple[Field, Field]:
    """Columns ``name_before`` and ``name_after``."""
    return (
        number(f"{name}_before", unit, f"{meaning}, without the measures"),
        number(f"{name}_after", unit, f"{meaning}, with the measures"),
    )


def _field(name: str, kind: str, unit: str, meaning: str, missing: bool) -> Field:
    return Field(name, kind, unit, meaning, {} if missing else {"required": True})


def _dtype(field: Field) -> str:
    if field.required or field.type in ("string", "number"):
        return _DTYPES[field.type]
    # numpy has no whole numbers and no yes and no with gaps.
    return "boolean" if field.type == "boolean" else "float64"


def _fault(field: Field, column: pd.Series) -> list[str]:
    lacking = int(column.isna().sum())
    kinds = _KINDS[field.type]
    if not field.required:
        kinds += {"integer": "f", "year": "f", "boolean": "O"}.get(field.type, "")
    values: dict[str, type] = {"string": str, "boolean": bool}
    if column.dtype.kind not in kinds or (
        column.dtype.kind == "O" and not all(isinstance(v, values[field.type]) for v in column.dropna().unique())
    ):
        return [f"has a column {field.name!r} of type {column.dtype}, where {field.type} is declared"]
    if lacking and field.required:
        return [f"has no value in {lacking} of {len(column)} rows of column {field.name!r}"]
    return []
