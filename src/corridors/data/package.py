"""The description of ``data/``: which tables there are, what their columns mean, where they come from.

One file, ``data/datapackage.json`` (Data Package v2), is the only place where a table's types,
units, limits and sources are written down. Here it is read, and turned into a pandera schema per
table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corridors.errors import DataError, nearest
from corridors.runtime import paths, plain_files, whole_files

if TYPE_CHECKING:
    import pandera.pandas as pa

FILE = "datapackage.json"
FIELD_TYPES = ("string", "integer", "number", "boolean", "year")


@dataclass(frozen=True)
class Field:
    """One column: its type, unit, meaning and limits."""

    name: str
    type: str
    unit: str
    description: str
    constraints: Mapping[str, Any]

    @property
    def required(self) -> bool:
        """Whether every row must have a value."""
        return bool(self.constraints.get("required", False))


@dataclass(frozen=True)
class Source:
    """Where a table's figures were taken from."""

    title: str
    path: str
    licence: str
    accessed: str


@dataclass(frozen=True)
class Resource:
    """One table or file of the package, with everything the descriptor says about it."""

    descriptor: Mapping[str, Any]
    folder: Path

    @property
    def name(self) -> str:
        """The name to ask for it by: ``data.table(name)``."""
        return str(self.descriptor["name"])

    @property
    def title(self) -> str:
        """What it is, in a line."""
        return str(self.descriptor.get("title", self.name))

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / str(self.descriptor["path"])

    @cached_property
    def text(self) -> str:
        """The descriptor as one line of JSON."""
        return json.dumps(self.descriptor, sort_keys=True)

    @property
    def is_table(self) -> bool:
        """Whether it is a CSV table with described columns (a map, for one, is not)."""
        return self.descriptor.get("type") == "table"

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The columns, in the order of the file."""
        out = []
        for field in self.descriptor.get("schema", {}).get("fields", []):
            if field["type"] not in FIELD_TYPES:
                raise DataError(
                    f"{FILE}: resource {self.name}: field {field['name']}: type is {field['type']!r}; "
                    f"allowed: {', '.join(FIELD_TYPES)}{nearest(field['type'], FIELD_TYPES)}"
                )
            out.append(
                Field(
                    field["name"],
                    field["type"],
                    field.get("unit", ""),
                    field.get("description", ""),
                    field.get("constraints", {}),
                )
            )
        return tuple(out)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns that together name a row; empty if rows may repeat."""
        key = self.descriptor.get("schema", {}).get("primaryKey", [])
        return (key,) if isinstance(key, str) else tuple(key)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where its figures come from."""
        return tuple(
            Source(s["title"], s.get("path", ""), s.get("licence", ""), s.get("accessed", ""))
            for s in self.descriptor.get("sources", [])
        )


def resources() -> dict[str, Resource]:
    """Every resource of the package by name.

    Raises
    ------
    DataError
        The descriptor is missing, is not JSON, or has a resource without name or path.
    """
    return _read_file(paths.data() / FILE)


def _read_file(file: Path) -> dict[str, Resource]:
    try:
        stamp = file.stat()
    except OSError:
        raise DataError(f"{file}: missing; it describes every table of data/") from None
    return _read(file, stamp.st_mtime_ns, stamp.st_size)


def resource(name: str) -> Resource:
    """The resource ``name``; DataError with the nearest name if there is none."""
    known = resources()
    if name not in known:
        raise DataError(f"{FILE}: no table {name!r}{nearest(name, known)}; there are: {', '.join(sorted(known))}")
    _of_this_version(known[name])
    return known[name]


def rewrite(change: Callable[[dict[str, Any]], None], folder: Path | None = None) -> None:
    """Write the descriptor of ``folder`` (None: ours) anew as ``change`` leaves it, whole or not at all, ended as it was."""
    file = (folder or paths.data()) / FILE
    text = file.read_text(encoding="utf-8")
    whole = json.loads(text)
    change(whole)
    end = text[len(text.rstrip()) :]
    whole_files.write(file, (json.dumps(whole, indent=1, ensure_ascii=False) + end).encode())


def _of_this_version(table: Resource) -> None:
    """Raise DataError where a data folder that somebody named lacks a column that came with this program."""
    own = paths.came_with() / "data"
    if table.folder == own or not (own / FILE).is_file():
        return
    there, known = {f.name for f in table.fields}, _read_file(own / FILE).get(table.name)
    for field in () if known is None else known.fields:
        if field.name not in there:
            raise DataError(
                f"{table.folder / FILE}: resource {table.name}: field {field.name!r} is missing, which this version of "
                "the program reads; the data folder is of another version: take the one that came with the program"
            )


@lru_cache(maxsize=4)
def _read(file: Path, mtime_ns: int, size: int) -> dict[str, Resource]:
    plain_files.check(file)
    try:
        descriptor = json.loads(file.read_text(encoding="utf-8"))
        return {r["name"]: Resource(r, file.parent) for r in descriptor["resources"] if r["path"]}
    except json.JSONDecodeError as error:
        raise DataError(f"{file}: line {error.lineno}: not valid JSON ({error.msg})") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"{file}: not valid JSON ({str(error).splitlines()[0]})") from None
    except (KeyError, TypeError) as error:
        raise DataError(f"{file}: a resource lacks {error}") from None


def pandera_schema(table: Resource) -> pa.DataFrameSchema:
    """The pandera schema that a table of this resource must meet: columns, types, limits, key."""
    import pandera.pandas as pa

    columns = {}
    for field in table.fields:
        limits = field.constraints
        checks = []
        if "minimum" in limits:
            checks.append(pa.Check.ge(limits["minimum"]))
        if "maximum" in limits:
            checks.append(pa.Check.le(limits["maximum"]))
        if "enum" in limits:
            checks.append(pa.Check.isin(limits["enum"]))
        if "pattern" in limits:
            checks.append(pa.Check.str_matches(f"^(?:{limits['pattern']})$"))
        columns[field.name] = pa.Column(
            checks=checks,
            nullable=not field.required,
            unique=bool(limits.get("unique", False)),
        )
    return pa.DataFrameSchema(
        columns, strict=True, unique=list(table.primary_key) or None, name=table.name
    )
