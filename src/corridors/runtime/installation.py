"""Which installation this is: the hashes of the library's source and of the data, and whether either changed since.

:class:`Snapshot` is the one place that says what files a computation leans on and whether they are
still the same.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from corridors.runtime import paths

_SOURCE = Path(__file__).resolve().parents[1]
_LOADED_NS = time.time_ns()
_LATELY_NS = 100_000_000


@lru_cache
def digest() -> str:
    """SHA-256 over every file of the package and of its data, to tell one installation from another."""
    whole = hashlib.sha256()
    for root in _roots():
        for path in sorted(Path(entry.path) for entry in _files(root)):
            whole.update(
                f"{path.relative_to(root).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()
            )
    return whole.hexdigest()


def unchanged() -> bool:
    """Whether source and data are as this process found them; if not, its memory is not what :func:`digest` says."""
    at, now = time.monotonic_ns(), _stamps()
    found = now == _first_stamps() and all(changed_ns <= _LOADED_NS for _, changed_ns, _ in now)
    _seen[paths.data()] = at, found
    return found


_seen: dict[Path, tuple[int, bool]] = {}
"""When :func:`unchanged` last looked, by folder of the data, and what it saw."""


def unchanged_lately() -> bool:
    """:func:`unchanged`, or what it saw within the last tenth of a second: for those who ask often and read only."""
    at, found = _seen.get(paths.data(), (-_LATELY_NS, False))
    return found if time.monotonic_ns() - at < _LATELY_NS else unchanged()


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


class Snapshot:
    """The files in some folders as they are now: ``hashes``, and later which of them have :meth:`moved`.

    ``roots`` are folders by the name that their files get (``data`` gives ``data/gdp.csv``). Stamps
    are taken before a file is read, so whoever reads the files between now and a moment when
    nothing has moved has read what was hashed.
    """

    _TICK_NS = 100_000_000
    """A file written so shortly before it was hashed may be written again without another time of change."""

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self._roots = dict(roots)
        self._taken_ns = time.time_ns()
        self._stamps = self._look()
        self.hashes = {name: _sha256(path) for name, (path, _) in self._stamps.items()}

    def below(self, root: str) -> dict[str, str]:
        """Hashes of the files of one of the folders, by their path in it."""
        return {
            name.removeprefix(f"{root}/"): found
            for name, found in self.hashes.items()
            if name.startswith(f"{root}/")
        }

    def moved(self) -> list[str]:
        """Files that were written, added or removed since, sorted; also those written back to what they were."""
        now = self._look()
        return sorted(name for name in now.keys() | self._stamps.keys() if self._has_moved(name, now))

    def _has_moved(self, name: str, now: Mapping[str, tuple[Path, tuple[int, ...]]]) -> bool:
        if name not in now or name not in self._stamps:
            return True
        (path, found), (_, before) = now[name], self._stamps[name]
        (*content, changed), (*content_before, _) = found, before
        if content != content_before:
            return True
        # Only the time of change: another owner or right, or a tool that sets the time of the
        # content back.
        return (found != before or changed > self._taken_ns - self._TICK_NS) and _sha256(path) != self.hashes[name]

    def _look(self) -> dict[str, tuple[Path, tuple[int, ...]]]:
        found = {}
        for root, folder in self._roots.items():
            for entry in _files(folder):
                path = Path(entry.path)
                stat = path.stat()
                found[f"{root}/{path.relative_to(folder).as_posix()}"] = (
                    path,
                    (stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_ctime_ns),
                )
        return dict(sorted(found.items()))


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _roots() -> tuple[Path, Path]:
    return _SOURCE, paths.data()


def _files(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """Every file below; hidden ones, compiled Python and the copy of the data that a wheel carries
    are none of the source."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name in ("__pycache__", "_shipped"):
                continue
            if entry.is_dir():
                yield from _files(entry.path)
            elif entry.is_file():
                yield entry
