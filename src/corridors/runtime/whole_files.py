"""Files that appear whole or not at all: a temporary file beside them, flushed to the disk, then renamed."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path


def write(path: Path, content: bytes, scratch: Path | None = None) -> None:
    """Write ``content`` to ``path`` so that a reader sees the old file or the new one, never half of one; a link there is
    replaced, not followed.

    ``scratch`` is a folder of the same file system for the temporary file (None: that of ``path``).
    Raises OSError if it cannot be written; ``path`` is then as it was, and nothing is left beside it.
    """
    temporary = (scratch or path.parent) / f".{path.name}.{os.getpid()}.{time.monotonic_ns()}.tmp"
    try:
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        _flush_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _flush_folder(folder: Path) -> None:
    """Make a rename survive a power cut, where folders can be flushed (not on Windows)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
