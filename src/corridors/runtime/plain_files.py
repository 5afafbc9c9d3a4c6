"""Files that are read whole: plain ones, and not too large for a machine that does other things too."""

from __future__ import annotations

import stat
from pathlib import Path

from corridors.errors import DataError, one_line

MOST_BYTES = 512 * 2**20
"""A hundred times the largest table of the project."""
MOST_ROWS = 2_000_000


def check(path: Path, most_bytes: int | None = MOST_BYTES) -> None:
    """DataError if the file is a device or a pipe, which may never end, or too large (None: one that is read in pieces may have
    any size). One that is missing is not judged here."""
    try:
        found = path.stat()
    except OSError:
        return
    if not stat.S_ISREG(found.st_mode):
        raise DataError(f"{one_line(path)}: is no plain file")
    if most_bytes is not None and found.st_size > most_bytes:
        raise DataError(f"{one_line(path)}: is {found.st_size / 2**20:,.0f} MB; allowed: at most {most_bytes / 2**20:,.0f} MB")


def check_rows(path: Path, rows: int) -> None:
    """DataError if a table has more rows than checking it has memory for."""
    if rows > MOST_ROWS:
        raise DataError(f"{one_line(path)}: has {rows:,} rows; allowed: at most {MOST_ROWS:,}")
