"""CSV tables as spreadsheets save them: read where only one reading is possible, refused with the cause where not.

Tables are UTF-8 with commas. What programs add or change on the way is undone: a byte-order mark,
UTF-16, carriage returns alone, a first line ``sep=;``, semicolons or tabs for commas (and then commas for decimal points),
empty columns at the right. Letters in an encoding that does not say its name (Windows-1252, 1251,
...) could be read in several ways and are refused.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from corridors.errors import DataError, one_line

_DELIMITERS = (",", ";", "\t")
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_DECIMAL_POINT = re.compile(r"-?\d+\.\d+")


def text(path: Path, columns: Sequence[str] = (), numbers: Sequence[str] = ()) -> tuple[str, int]:
    """The table as UTF-8 text with commas, and how many lines before the header were taken off.

    ``columns`` are those that the header must have, ``numbers`` those that hold numbers. Raises
    DataError with the one cause if the file cannot be read as text, or in more than one way;
    OSError if it cannot be opened.
    """
    whole = _decoded(path)
    first, _, rest = whole.partition("\n")
    skipped = 0
    named = None
    if re.fullmatch(r'"?sep=(.)"?', first.strip("\r ")):
        named, whole, skipped = first.strip('"\r ')[4], rest, 1
    delimiter = named or _delimiter(whole, columns)
    if delimiter == "," and not _trailing(whole):
        return whole, skipped
    return _rewritten(path, whole, delimiter, set(numbers), skipped), skipped


def opened(path: Path, columns: Sequence[str] = (), numbers: Sequence[str] = ()) -> io.StringIO:
    """:func:`text` as a file."""
    return io.StringIO(text(path, columns, numbers)[0], newline="")


def is_usual(path: Path, columns: Sequence[str]) -> bool:
    """Whether the file begins with these columns in any order, in plain UTF-8 with commas: nothing is to be undone."""
    with path.open("rb") as handle:
        header = handle.readline(65_536)
    return set(header.decode("utf-8", "replace").strip("\r\n").split(",")) == set(columns)


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    encoding = "utf-8"
    for mark, called in (
        (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if raw.startswith(mark):
            raw, encoding = raw[len(mark) :], called
            break
    if what := _no_text(raw[:4096], encoding):
        raise DataError(f"{one_line(path)}: {what}; save it as CSV UTF-8")
    try:
        whole = raw.decode(encoding)
        # Old Macintosh, and what Excel calls CSV (Macintosh).
        return whole if "\n" in whole else whole.replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(
            f"{one_line(path)}: line {line}: byte {raw[error.start]:#04x} is not {encoding.upper()}: the "
            f"table was saved in another encoding, "
            "such as Windows-1252, whose letters cannot be told for sure; save it as CSV UTF-8"
        ) from None


def _no_text(begin: bytes, encoding: str) -> str:
    """What a file is that begins so after its mark and is no text; nothing if it may be text."""
    if begin.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "is a workbook or a packed file and no CSV table"
    # Of UTF-16 half are zeros, of UTF-32 three quarters; one in a cell is told with the cell.
    if begin.startswith(b"\0") or begin.count(0) > len(begin) * (0.2 if encoding == "utf-8" else 0.6):
        return "holds zero bytes: it is UTF-16 or UTF-32 that does not say so, or no text"
    return ""


def _delimiter(whole: str, columns: Sequence[str]) -> str:
    """The delimiter with which the header has the columns; the comma where none has."""
    header = whole.split("\n", 1)[0].rstrip("\r")
    for delimiter in _DELIMITERS:
        cells = next(csv.reader([header], delimiter=delimiter), [])
        if columns and set(columns) <= set(cells):
            return delimiter
    counts = {d: header.count(d) for d in _DELIMITERS}
    return max(counts, key=lambda d: counts[d]) if not counts[","] and any(counts.values()) else ","


def _trailing(whole: str) -> bool:
    return whole.split("\n", 1)[0].rstrip("\r").endswith(",")


def _rewritten(path: Path, whole: str, delimiter: str, numbers: set[str], skipped: int) -> str:
    rows = list(csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter))
    if not rows:
        return whole
    width = max((k + 1 for k, cell in enumerate(rows[0]) if cell.strip()), default=0)
    places = [k for k, cell in enumerate(rows[0][:width]) if cell in numbers]
    cells = [row[k] for row in rows[1:] for k in places if k < len(row)]
    commas = any(_DECIMAL_COMMA.fullmatch(cell) for cell in cells)
    if commas and any(_DECIMAL_POINT.fullmatch(cell) for cell in cells):
        raise DataError(
            f"{one_line(path)}: some numbers have a decimal comma and some a decimal point, so one of the "
            f"two may divide thousands; allowed: points"
        )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for line, row in enumerate(rows, start=1 + skipped):
        if any(cell for cell in row[width:]):
            raise DataError(f"{one_line(path)}: line {line}: {len(row)} cells where the header has {width} columns")
        kept = row[:width]
        for k in places if commas and line > 1 + skipped else []:
            if k < len(kept) and _DECIMAL_COMMA.fullmatch(kept[k]):
                kept[k] = kept[k].replace(",", ".")
        writer.writerow(kept)
    return out.getvalue()
