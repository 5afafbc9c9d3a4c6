"""Read one CSV table and check it; say exactly which cell is wrong if it is damaged."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as arrow
import pyarrow.compute as arrow_compute
import pyarrow.csv as arrow_csv

from corridors.data import dialect
from corridors.data.package import Field, Resource, pandera_schema
from corridors.errors import DataError, nearest, one_line
from corridors.runtime import plain_files

_ARROW = {
    "string": arrow.string(),
    "integer": arrow.int64(),
    "year": arrow.int64(),
    "number": arrow.float64(),
    "boolean": arrow.bool_(),
}
_TRUE, _FALSE = ["1", "true", "True", "TRUE"], ["0", "false", "False", "FALSE"]
_UNPRINTABLE = r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
_KIND = {"integer": "a whole number", "year": "a year", "number": "a number", "boolean": "0 or 1"}


def read_checked(resource: Resource) -> pd.DataFrame:
    """The table of ``resource`` with the types of its descriptor, validated with pandera.

    Raises
    ------
    DataError
        The file, the line (the header is line 1), the column, the value found and what is allowed.
    """
    path = resource.path
    plain_files.check(path)
    _check_header(resource)
    options = arrow_csv.ConvertOptions(
        column_types={f.name: _ARROW[f.type] for f in resource.fields},
        null_values=[""],
        strings_can_be_null=True,
        true_values=_TRUE,
        false_values=_FALSE,
    )
    parsing = arrow_csv.ParseOptions(newlines_in_values=True)
    try:
        source = (
            path
            if dialect.is_usual(path, [f.name for f in resource.fields])
            else io.BytesIO(_opened(resource).read().encode())
        )
        read = arrow_csv.read_csv(source, convert_options=options, parse_options=parsing)
    except OSError as error:
        raise DataError(f"{one_line(path)}: cannot be read: {error.strerror or error}") from None
    except arrow.ArrowInvalid as error:
        raise _first_bad_cell(resource, str(error)) from None
    plain_files.check_rows(path, read.num_rows)
    _check_numbers(resource, read)
    frame = read.to_pandas(types_mapper={arrow.string(): pd.StringDtype(na_value=float("nan"))}.get)
    for field in resource.fields:
        if field.type in ("integer", "year") and frame[field.name].dtype.kind == "f":
            frame[field.name] = frame[field.name].astype("Int64")
    _validate(resource, frame)
    return frame


def _check_header(resource: Resource) -> None:
    path = resource.path
    expected = [f.name for f in resource.fields]
    try:
        if dialect.is_usual(path, expected):
            return
        whole, skipped = dialect.text(path, expected)
        header = next(csv.reader(io.StringIO(whole, newline="")), [])
    except FileNotFoundError:
        raise DataError(f"{one_line(path)}: missing; datapackage.json lists it as table {resource.name!r}") from None
    except OSError as error:
        raise DataError(f"{one_line(path)}: cannot be read: {error}") from None
    except csv.Error as error:
        raise DataError(f"{one_line(path)}: not a readable CSV table: {error}") from None
    line = 1 + skipped
    for name in expected:
        if name not in header:
            raise DataError(f"{one_line(path)}: line {line}: column {name!r} is missing{nearest(name, header)}")
    for name in header:
        if name not in expected:
            raise DataError(
                f"{one_line(path)}: line {line}: column {name!r} is not described in datapackage.json{nearest(name, expected)}"
            )
    if len(set(header)) != len(header):
        raise DataError(f"{one_line(path)}: line {line}: a column name occurs twice")


def _opened(resource: Resource) -> io.StringIO:
    numbers = [f.name for f in resource.fields if f.type in ("number", "integer", "year")]
    return dialect.opened(resource.path, [f.name for f in resource.fields], numbers)


def _validate(resource: Resource, frame: pd.DataFrame) -> None:
    import pandera.errors

    try:
        pandera_schema(resource).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        raise _describe(resource, frame, error.failure_cases) from None
    for field in resource.fields:
        if field.type == "string":
            _plain(resource, field, frame)
        # Neither NaN nor infinity is written on purpose; comparison checks let NaN pass as
        # "missing".
        if field.type == "number":
            values = frame[field.name]
            infinite = values.abs() == float("inf")
            if infinite.any():
                row = int(infinite.to_numpy().argmax())
                raise DataError(
                    _cell(
                        resource.path,
                        line_of(resource, row),
                        field,
                        str(values.iloc[row]),
                        "a finite number",
                    )
                )


def _check_numbers(resource: Resource, read: arrow.Table) -> None:
    """DataError for a cell that says that it is no number: what is not known is left empty."""
    for field in resource.fields:
        if field.type == "number":
            odd = arrow_compute.fill_null(arrow_compute.is_nan(read[field.name]), False).to_numpy()
            if odd.any():
                raise DataError(
                    _cell(
                        resource.path, line_of(resource, int(odd.argmax())), field, "'nan'",
                        f"{_KIND['number']}, or nothing",
                    )
                )


def _plain(resource: Resource, field: Field, frame: pd.DataFrame) -> None:
    """DataError for a cell that runs over several lines, or in which characters move others: it is
    never what is meant, and never found."""
    odd = frame[field.name].str.contains(_UNPRINTABLE, na=False).to_numpy(bool)
    if odd.any():
        row = int(odd.argmax())
        value = str(frame[field.name].iloc[row])
        raise DataError(
            _cell(
                resource.path, line_of(resource, row), field, ascii(value[:80]),
                "text on one line without control characters",
            )
        )


def _describe(resource: Resource, frame: pd.DataFrame, cases: pd.DataFrame) -> DataError:
    """The first failure as one sentence, with the number of further ones."""
    located = cases[cases["index"].notna()]
    if located.empty:
        return DataError(f"{one_line(resource.path)}: {cases.iloc[0]['check']}")
    first = located.sort_values("index", kind="stable").iloc[0]
    row = int(first["index"])
    line = line_of(resource, row)
    others = located["index"].nunique() - 1
    more = f" (and {others} more rows)" if others else ""
    check = str(first["check"])
    if "unique" in check and not any(f.constraints.get("unique") for f in resource.fields if f.name == first["column"]):
        keys = frame[list(resource.primary_key)]
        same = ((keys == keys.iloc[row]) | (keys.isna() & keys.iloc[row].isna())).all(axis=1).to_numpy().nonzero()[0]
        lines = " and ".join(str(line_of(resource, int(i))) for i in same[:3])
        named = ", ".join(f"{name} {'empty' if pd.isna(value) else f'= {value}'}" for name, value in keys.iloc[row].items())
        return DataError(f"{one_line(resource.path)}: lines {lines}: {named} occurs more than once")
    field = next(f for f in resource.fields if f.name == first["column"])
    value = frame[field.name].iloc[row]
    shown = "empty" if pd.isna(value) else repr(value.item() if hasattr(value, "item") else value).removesuffix(".0")
    hint = nearest(value, field.constraints["enum"]) if "enum" in field.constraints else ""
    return DataError(_cell(resource.path, line, field, shown, _allowed(field, check)) + hint + more)


def _allowed(field: Field, check: str) -> str:
    limits: dict[str, Any] = dict(field.constraints)
    if "not_nullable" in check:
        return "a value (the column may not be empty)"
    if "unique" in check:
        return "a value that occurs once"
    if "enum" in limits:
        return "one of " + ", ".join(map(str, limits["enum"]))
    if "pattern" in limits:
        return f"text of the form {limits['pattern']}"
    bounds = [f"at least {limits['minimum']}"] if "minimum" in limits else []
    bounds += [f"at most {limits['maximum']}"] if "maximum" in limits else []
    return " and ".join(bounds) or check


def _cell(path: Path, line: int, field: Field, value: str, allowed: str) -> str:
    unit = f" {field.unit}" if field.unit and "at " in allowed else ""
    return f"{one_line(path)}: line {line}: column {field.name!r} is {value}; allowed: {allowed}{unit}"


def _first_bad_cell(resource: Resource, reason: str) -> DataError:
    """Read the file cell by cell to find what the fast reader stumbled on."""
    path = resource.path
    begins = shift = 0
    try:
        shift = dialect.text(path, [f.name for f in resource.fields])[1]
        with _opened(resource) as handle:
            reader = csv.reader(handle, strict=True)
            header = next(reader)
            types = {f.name: f for f in resource.fields}
            begins = reader.line_num + 1
            for cells in reader:
                line, begins = begins + shift, reader.line_num + 1
                if not cells:
                    continue
                if len(cells) != len(header):
                    return DataError(
                        f"{one_line(path)}: line {line}: {len(cells)} cells where the header has {len(header)} columns"
                    )
                for name, cell in zip(header, cells, strict=True):
                    if cell and not _parses(cell, types[name].type):
                        return DataError(
                            _cell(path, line, types[name], repr(cell[:80]), _KIND[types[name].type])
                        )
    except csv.Error as error:
        return DataError(
            f"{one_line(path)}: line {begins + shift}: not a readable CSV table: {error}; look for a "
            f"quotation mark without its other"
        )
    return DataError(f"{one_line(path)}: not a readable CSV table: {reason}")


def _parses(cell: str, kind: str) -> bool:
    if kind == "string":
        return True
    if kind == "boolean":
        return cell in _TRUE + _FALSE
    if "_" in cell or cell != cell.strip() or not cell.isascii():
        return False  # Python would read these as numbers; the table format does not
    try:
        if kind in ("integer", "year"):
            return abs(int(cell)) < 2**63
        float(cell)
    except ValueError:
        return False
    return True


def line_of(resource: Resource, row: int) -> int:
    """The line of the file on which data row ``row`` (from 0) begins; quoted cells may span lines."""
    columns = [f.name for f in resource.fields]
    whole, shift = dialect.text(resource.path, columns)
    reader = csv.reader(io.StringIO(whole, newline=""))
    next(reader)
    begins = reader.line_num + 1
    seen = -1
    for cells in reader:
        if cells:
            seen += 1
        if seen == row:
            return begins + shift
        begins = reader.line_num + 1
    return row + 2 + shift
