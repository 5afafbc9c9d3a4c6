"""Which installation this is: one hash over the library's source and the data, and whether either changed since it was loaded."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from corridors.runtime import paths

_SOURCE = Path(__file__).resolve().parents[1]
_LOADED_NS = time.time_ns()


@lru_cache
def digest() -> str:
    """SHA-256 over every file of the package and of its data, to tell one installation from another."""
    whole = hashlib.sha256()
    for root in _roots():
        for path in sorted(Path(entry.path) for entry in _files(root)):
            whole.update(f"{path.relative_to(root).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def unchanged() -> bool:
    """Whether source and data are as this process found them; if not, its memory is not what :func:`digest` says."""
    now = _stamps()
    return now == _first_stamps() and all(changed_ns <= _LOADED_NS for _, changed_ns, _ in now)


@lru_cache
def _first_stamps() -> list[tuple[str, int, int]]:
    return _stamps()


def _stamps() -> list[tuple[str, int, int]]:
    found = []
    for root in _roots():
        for entry in _files(root):
            stat = entry.stat()
            # Copying tools can set the time of the content back, but not that of the change.
            found.append((entry.path, max(stat.st_mtime_ns, stat.st_ctime_ns), stat.st_size))
    return sorted(found)


def _roots() -> tuple[Path, Path]:
    return _SOURCE, paths.data()


def _files(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """Every file below; hidden ones, compiled Python and the copy of the data that a wheel carries are none of the source."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name in ("__pycache__", "_shipped"):
                continue
            if entry.is_dir():
                yield from _files(entry.path)
            elif entry.is_file():
                yield entry
