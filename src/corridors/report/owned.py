"""Which files of an output folder are a build's own: it writes, replaces and removes no others.

Two lists say so, each enough without the other: the manifest, written at the end of a build, and
the claims in the build's ``.cache``, written before a file is. A file counts as a build's own by
its name for being replaced, and by name and content for being removed.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from corridors.errors import BuildError, CorridorsError
from corridors.report import manifest
from corridors.report.store import canonical, explain, locked, sha256_of_file, write_atomically
from corridors.runtime.file_names import is_safe

STORE = ".cache"
_CLAIMS = "claims.json"
_STORED = ("contents", "steps", "scratch", "last.json", "used.json", _CLAIMS, "lock")
_HARMLESS = {".gitkeep", ".gitignore", ".DS_Store", "desktop.ini", "Thumbs.db", ".directory"}
"""What file managers and git leave in any folder."""


class Owned:
    """The names of the files in ``out`` that builds made, with the hashes of what they wrote there."""

    def __init__(self, out: Path, listed: Mapping[str, Mapping[str, Any]]) -> None:
        """``listed`` are the outputs of the manifest."""
        self._out = out
        self._listed = {name: str(found["sha256"]) for name, found in listed.items()}
        self._claims = _read_claims(out)

    def names(self) -> list[str]:
        """Every name, sorted."""
        return sorted(self._listed.keys() | self._claims.keys())

    def has(self, name: str) -> bool:
        """Whether a build made a file of this name."""
        return name in self._listed or name in self._claims

    def untouched(self, name: str) -> bool:
        """Whether the file of this name is there as a build wrote it."""
        path = self._out / name
        if not self.has(name) or path.is_symlink() or not path.is_file() or self._through_link(name):
            return False
        try:
            return sha256_of_file(path) in (self._listed.get(name), self._claims.get(name))
        except OSError:
            return False

    def check(self, names: Iterable[str]) -> None:
        """BuildError if one of these files is there already and no build made it, or lies behind a link."""
        for name in names:
            path = self._out / name
            through = self._through_link(name)
            if through:
                raise BuildError(
                    f"{through}: is a link to another place, and a build writes only inside "
                    f"{self._out}. Remove the link, or choose another folder with --out"
                )
            if not self.has(name) and (path.exists() or path.is_symlink()):
                raise BuildError(
                    f"{path}: is there already and no build made it; nothing is written over it. "
                    f"Move it away, or choose another folder with --out"
                )

    def claim(self, digests: Mapping[str, str], scratch: Path) -> None:
        """Note the files about to be written, by name, with their hashes. BuildError as :meth:`check`."""
        self.check(digests)
        if any(self._claims.get(name) != digest for name, digest in digests.items()):
            self._claims.update(digests)
            write_atomically(self._out / STORE / _CLAIMS, canonical(self._claims), scratch)

    def _through_link(self, name: str) -> Path | None:
        """The first folder on the way to the file that is a link."""
        folder = self._out
        for part in Path(name).parts[:-1]:
            folder = folder / part
            if folder.is_symlink():
                return folder
        return None


def _read_claims(out: Path) -> dict[str, str]:
    try:
        found = json.loads((out / STORE / _CLAIMS).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: digest
        for name, digest in found.items()
        if isinstance(digest, str) and is_safe(name) and os.path.lexists(out / name)
    }


def refuse_foreign(out: Path) -> None:
    """BuildError if ``out`` holds files but nothing that a build left there."""
    if not out.is_dir() or is_ours(out):
        return
    try:
        found = sorted(entry.name for entry in out.iterdir() if entry.name not in _HARMLESS)
    except OSError as error:
        raise explain(error, out) from error
    if found:
        raise BuildError(
            f"{out}: holds {found[0]!r}{f' and {len(found) - 1} more' if len(found) > 1 else ''}, "
            f"and no build made it. Choose an empty or a new folder with --out"
        )


def is_ours(out: Path) -> bool:
    """Whether a build has been here: its manifest, or a store with nothing else in it."""
    if manifest.is_there(out):
        return True
    try:
        stored = {entry.name for entry in (out / STORE).iterdir()}
    except OSError:
        return False
    return bool(stored) and stored <= set(_STORED)


def clean(out: Path) -> tuple[int, list[str]]:
    """Remove what builds left in ``out``: how many files, and the names of those kept since someone changed them.

    Files are removed if the manifest or a claim lists them and they are as they were written; then
    the store, and folders that are empty by then. Raises BuildError if nothing says that a build
    made the folder, it is the root or a home folder, or a build is running there.
    """
    resolved = out.resolve()
    homes = {Path.home().resolve()} if _has_home() else set()
    if resolved.parent == resolved or any(resolved == home or resolved in home.parents for home in homes):
        raise BuildError(f"{out}: is no folder of reports; nothing is deleted there")
    if not out.exists():
        return 0, []
    if not out.is_dir():
        raise BuildError(f"{out}: is a file, not a folder of reports")
    if not is_ours(out):
        refuse_foreign(out)
        return 0, []
    with locked(out / STORE / "lock", wait_seconds=0.0, on_wait=lambda _: None):
        return _clean(out)


def _has_home() -> bool:
    with suppress(RuntimeError):
        return bool(Path.home())
    return False


def _clean(out: Path) -> tuple[int, list[str]]:
    owned = Owned(out, manifest.read(out)["outputs"])
    removed, kept = 0, []
    folders: set[Path] = set()
    try:
        for name in owned.names():
            path = out / name
            if owned.untouched(name):
                path.unlink()
                removed += 1
                folders.update(folder for folder in path.parents if out in folder.parents)
            elif path.exists() or path.is_symlink():
                kept.append(name)
        for folder in sorted(folders, key=lambda found: -len(found.parts)):
            with suppress(OSError):  # Not empty: something of the user's is in it.
                folder.rmdir()
        removed += _remove_zip(out)
        if not kept:
            (out / manifest.NAME).unlink(missing_ok=True)
            _remove_store(out / STORE)
    except OSError as error:
        raise BuildError(f"cannot delete in {out}: {error.strerror or error}") from error
    return removed, kept


def _remove_zip(out: Path) -> int:
    """Remove the zip of ``corridors dist``, if it is one and whole; how many that were."""
    from corridors.report.dist import FOLDER, verify

    file = out / f"{FOLDER}.zip"
    if file.is_symlink() or not file.is_file():
        return 0
    try:
        verify(file)
    except CorridorsError:
        return 0
    file.unlink()
    return 1


def _remove_store(folder: Path) -> None:
    for name in _STORED:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
