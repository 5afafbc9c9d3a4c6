"""Results kept from one run to the next: what depends on the library and its data alone is computed once.

A function marked with :func:`kept` writes its answer to the user's cache folder and reads it there
in later processes. The folder's name holds a hash of all that the answer depends on (source, data,
versions of libraries, processor, threads), so an edit anywhere means that it is computed again. A
damaged entry is computed again too; where nothing can be written, nothing is kept.
``CORRIDORS_CACHE`` names another folder; empty, nothing is kept. Deleting the folder loses only
time.

Answers are pickles: whoever may write to the folder may run code, so one that others can write to
is not used.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import re
import shutil
import tempfile
from collections.abc import Callable
from functools import lru_cache, wraps
from importlib import metadata
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from corridors.runtime import installation, machine, paths

P = ParamSpec("P")
R = TypeVar("R")

VARIABLE = "CORRIDORS_CACHE"
GENERATIONS = 3
"""Folders of other versions of source or data that stay: branches are switched back and forth."""
MOST_BYTES = 200 * 2**20
"""What one such folder may hold; beyond it passing answers and then the entries written first go. A
study of one pair needs a tenth of it."""
_LIBRARIES = ("numpy", "pandas", "pandera", "pyarrow", "scipy", "statsmodels")
_HASH_BYTES = 32
_GENERATION = re.compile("[0-9a-f]{24}")
_PASSING = ".passing"


def kept(function: Callable[P, R]) -> Callable[P, R]:
    """Keep what ``function`` gives for each set of arguments (text, numbers, None, or tuples of them).

    Fresh or kept, an answer has been through the same encoding, so both are alike to the last bit.
    """

    @wraps(function)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
        return answer(
            f"{function.__module__}.{function.__qualname__}", (args, sorted(kwargs.items())),
            lambda: function(*args, **kwargs),
        )

    return remembered


def answer(name: str, question: object, find: Callable[[], R], passing: bool = False) -> R:
    """What ``find`` gives: as it was kept for this ``question`` (whatever its ``repr`` tells apart), or found now and kept.

    ``passing``: there may be any number of such questions, so where the folder is full their answers
    go before those that all lean on.
    """
    file = _file(name, question)
    if file is not None and passing:
        file = file.with_name(file.name + _PASSING)
    content = None if file is None else _read(file)
    if content is not None:
        with contextlib.suppress(Exception):
            kept_answer: R = pickle.loads(content)  # noqa: S301 (only from a folder of the user's own)
            return kept_answer
    content = pickle.dumps(find(), protocol=pickle.HIGHEST_PROTOCOL)
    if file is not None and installation.unchanged():
        _write(file, content)
    found: R = pickle.loads(content)  # noqa: S301
    return found


def folder() -> Path | None:
    """Where answers are kept, None if nowhere."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(named).absolute() if named else None
    from platformdirs import user_cache_path

    with contextlib.suppress(RuntimeError, OSError):  # A user without a home.
        found = user_cache_path("trade-corridors")
        return found if found.is_absolute() else None
    return None


def _file(name: str, arguments: object) -> Path | None:
    """Where the answer of ``name`` to ``arguments`` is or would be; None where nothing is kept."""
    top = folder()
    if top is None or not installation.unchanged_lately():
        return None
    place = _generation(top, paths.data())
    return None if place is None else place / f"{name}-{hashlib.sha256(repr(arguments).encode()).hexdigest()[:24]}"


@lru_cache
def _generation(top: Path, _data: Path) -> Path | None:
    """The folder for this state of everything, made if need be, those long unused removed; None if
    it cannot be used."""
    place = top / hashlib.sha256(repr(_state()).encode()).hexdigest()[:24]
    try:
        top.parent.mkdir(parents=True, exist_ok=True)
        # Each with the mode said here: what a umask of 002 gives a folder would let a group write
        # to it.
        for folder in (top, place):
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o700)
        if not (_own(top) or _made_own(top)) or not _own(place):
            return None
        os.utime(place)
        # By name: the folder may be one that the user has other things in.
        others = sorted(
            (p for p in top.iterdir() if _GENERATION.fullmatch(p.name) and p.is_dir() and not p.is_symlink() and p != place),
            key=lambda p: p.stat().st_mtime,
            reverse=True,
        )
    except OSError:
        return None
    for old in others[GENERATIONS:]:
        shutil.rmtree(old, ignore_errors=True)
    return place


def _own(place: Path) -> bool:
    """Whether nobody else can write there."""
    found = place.stat()
    return not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o022)


def _made_own(top: Path) -> bool:
    """Take the group's right to write from a folder that holds only folders of our own, as earlier
    versions made it under a umask of 002."""
    found = top.stat()
    if found.st_uid != os.getuid() or found.st_mode & 0o002 or not all(
        _GENERATION.fullmatch(inner.name) and _own(inner) and not inner.is_symlink() for inner in top.iterdir()
    ):
        return False
    top.chmod(0o700)
    return _own(top)


def _state() -> list[Any]:
    """All that an answer depends on besides its arguments: another processor or thread count may round otherwise."""
    import platform

    import numpy

    arithmetic: dict[str, Any] = numpy.show_config(mode="dicts") or {}  # type: ignore[assignment]
    threads = [os.environ.get(name, "") for name in (*machine.ARITHMETIC_THREADS, "OPENBLAS_CORETYPE")]
    versions = [(name, metadata.version(name)) for name in _LIBRARIES]
    return [
        installation.digest(),
        platform.python_version(),
        platform.machine(),
        arithmetic.get("SIMD Extensions"),
        threads,
        versions,
    ]


def _read(file: Path) -> bytes | None:
    """The pickle in ``file``, None if it is not there or not whole."""
    try:
        whole = file.read_bytes()
    except OSError:
        return None
    content = whole[_HASH_BYTES:]
    return content if hashlib.sha256(content).digest() == whole[:_HASH_BYTES] else None


def _write(file: Path, content: bytes) -> None:
    """Put ``content`` there, whole or not at all; a full or read-only disk only means that it is not kept."""
    with contextlib.suppress(OSError):
        handle, name = tempfile.mkstemp(dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(hashlib.sha256(content).digest() + content)
            os.replace(name, file)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        _trim(file.parent)


def _trim(place: Path) -> None:
    """Remove what was written first while the folder holds too much, passing answers before others."""
    there = sorted(
        ((s.st_mtime_ns, s.st_size, p) for p in place.iterdir() for s in (p.stat(),)),
        key=lambda entry: (not entry[2].name.endswith(_PASSING), entry[0]),
    )
    total = sum(size for _, size, _ in there)
    for _, size, path in there:
        if total <= MOST_BYTES:
            return
        path.unlink(missing_ok=True)
        total -= size
