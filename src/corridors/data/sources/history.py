"""What a refresh replaced, kept so that it can be undone: one folder a refresh in ``data-old/``, newest last.

A folder holds the tables as they were, each by its path inside ``data/``, and ``sources.json`` with
the sources that ``datapackage.json`` named for them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from corridors.data import package as datapackage
from corridors.data import published
from corridors.errors import SourceError
from corridors.runtime import paths, whole_files

FOLDER = "data-old"
_SOURCES = "sources.json"
_UNDONE = "-undone"


def new_folder() -> Path:
    """Name of the folder for the tables of one refresh, not made yet: the day, and how many there are before it."""
    day, parent = date.today().isoformat(), paths.root() / FOLDER
    number = 1 + max((_number(p) for p in parent.glob(f"{day}-*") if _number(p)), default=0)
    return parent / f"{day}-{number:02d}"


def keep(table: str, folder: Path) -> Path:
    """Copy ``table`` as it is, and the sources named for it, to ``folder``; the path of the copy."""
    resource = datapackage.resource(table)
    kept = folder / str(resource.descriptor["path"])
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(resource.path, kept)
    noted = _noted(folder)
    noted[table] = resource.descriptor["sources"]
    _write_json(folder / _SOURCES, noted)
    return kept


def undo(confirm: Callable[[str], bool], say: Callable[[str], None]) -> bool:
    """Put back what the newest refresh replaced; True if it was done.

    Tables of now go to a folder beside it, named like it with ``-undone``: nothing is lost. Raises
    SourceError where no refresh is kept, or a table that was kept is no longer one of the
    project's.
    """
    kept = sorted(
        (p for p in (paths.root() / FOLDER).glob("*-*") if _number(p) and (p / _SOURCES).is_file()),
        key=_order,
    )
    if not kept:
        raise SourceError(f"no refresh to undo: {FOLDER}/ keeps none")
    folder = kept[-1]
    noted = _noted(folder)
    known = datapackage.resources()
    lost = [name for name in noted if name not in known or not (folder / str(known[name].descriptor["path"])).is_file()]
    if lost:
        raise SourceError(
            f"{FOLDER}/{folder.name}: {', '.join(lost)}: no such table now, or its copy is gone; nothing changed"
        )
    for name, sources in noted.items():
        if not isinstance(sources, list) or not all(
            isinstance(s, dict) and isinstance(s.get("title"), str) for s in sources
        ):
            raise SourceError(
                f"{FOLDER}/{folder.name}/{_SOURCES}: {name}: a list of sources with titles is expected; nothing changed"
            )
    for name in noted:
        say(f"{name}: as it was before {folder.name[:10]}")
    if not confirm(f"Put back {len(noted)} {'table' if len(noted) == 1 else 'tables'} in data/?"):
        say("nothing changed (answer yes, or give --yes)")
        return False
    away = folder.with_name(folder.name + _UNDONE)
    for name in noted:
        # One that was stopped half way has kept what was refreshed; what stands there now may be
        # the old table already.
        if not (away / str(known[name].descriptor["path"])).is_file():
            keep(name, away)
    for name, sources in noted.items():
        resource = datapackage.resource(name)
        whole_files.write(resource.path, (folder / str(resource.descriptor["path"])).read_bytes())
        set_sources(name, sources)
    _remove(folder, [str(known[name].descriptor["path"]) for name in noted])
    say(f"put back; the tables that were refreshed are kept as {FOLDER}/{away.name}")
    return True


def _remove(folder: Path, kept: Sequence[str]) -> None:
    """Remove the copies that a refresh kept, and folders that are empty by then: what else lies there is the user's."""
    for name in (*kept, _SOURCES):
        (folder / name).unlink(missing_ok=True)
    for inner in sorted((p for p in folder.rglob("*") if p.is_dir() and not p.is_symlink()), key=lambda p: -len(p.parts)):
        with suppress(OSError):
            inner.rmdir()
    with suppress(OSError):
        folder.rmdir()


def set_sources(table: str, sources: Sequence[dict[str, Any]]) -> None:
    """Write ``sources`` for ``table``, and the digests of the table as it is now, into ``datapackage.json``, whole or not at all."""

    def change(whole: dict[str, Any]) -> None:
        descriptor = next(r for r in whole["resources"] if r["name"] == table)
        descriptor["sources"] = list(sources)
        published.sign(descriptor)

    datapackage.rewrite(change)


def _number(folder: Path) -> int:
    """The number at the end of a folder's name; 0 for what is no refresh that can be undone."""
    last = folder.name.rpartition("-")[2]
    return int(last) if folder.name.count("-") == 3 and last.isdigit() else 0


def _order(folder: Path) -> tuple[str, int]:
    return folder.name[:10], _number(folder)


def _noted(folder: Path) -> dict[str, Any]:
    file = folder / _SOURCES
    try:
        found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except ValueError as error:
        raise SourceError(f"{FOLDER}/{folder.name}/{_SOURCES}: not readable ({error}); nothing changed") from None
    if not isinstance(found, dict):
        raise SourceError(f"{FOLDER}/{folder.name}/{_SOURCES}: an object of tables is expected; nothing changed")
    return found


def _write_json(file: Path, value: Any) -> None:
    whole_files.write(file, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())
