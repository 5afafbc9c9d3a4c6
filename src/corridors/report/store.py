"""Files that appear whole or not at all, a store of what was built, and the lock of an output folder.

Everything the build writes goes through :func:`write_atomically`. A build that is killed, runs out
of disk or loses its folder leaves the last good files as they were.

The store keeps what each step made under the hash of its content, and for each step a record that
names those contents. A record is only trusted after every content it names has been read and its
hash found right, so a damaged entry means work is done again and never a wrong report.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corridors.errors import BuildError
from corridors.runtime import whole_files

KEEP_BUILDS = 5
"""A stored step that no plan asked for in this many builds is dropped."""

_NO_ROOM = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file is larger than this process may write",
}
_NO_RIGHT = {
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
}


def sha256(content: bytes) -> str:
    """The SHA-256 of ``content`` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def sha256_of_file(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def canonical(value: object) -> bytes:
    """``value`` as JSON with sorted keys and no spaces: the same bytes for the same value everywhere."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def explain(error: OSError, path: Path) -> BuildError:
    """A message that a user can act on, for an operating system error met while writing ``path``."""
    what = {**_NO_ROOM, **_NO_RIGHT}.get(error.errno or 0) or (error.strerror or str(error)).lower()
    advice = "free some space" if error.errno in _NO_ROOM else "choose another folder with --out"
    return BuildError(f"cannot write {path}: {what}. What was built before is untouched; {advice} and build again")


def is_about_disk(error: BaseException) -> bool:
    """True if ``error`` says that writing cannot go on at all (full, read-only or forbidden)."""
    return isinstance(error, OSError) and error.errno in {**_NO_ROOM, **_NO_RIGHT}


def write_atomically(path: Path, content: bytes, scratch: Path | None = None) -> None:
    """Write ``content`` to ``path`` so that a reader sees the old file or the new one, never half of one.

    ``scratch`` is a folder of the same file system for the temporary file; default: the folder of
    ``path``. Raises BuildError if it cannot be written; ``path`` is then as it was.
    """
    try:
        for folder in {path.parent, scratch or path.parent}:
            folder.mkdir(parents=True, exist_ok=True)
        whole_files.write(path, content, scratch)
    except OSError as error:
        raise explain(error, path) from error


@contextmanager
def locked(path: Path, *, wait_seconds: float, on_wait: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock file ``path`` so that two builds never write into one folder.

    A second build calls ``on_wait`` once with who holds the lock, then waits up to
    ``wait_seconds``. The lock is the operating system's: it is gone with the process that held it,
    however that ended.

    Raises BuildError after ``wait_seconds``, if the folder cannot be written, or if it or a folder or
    file in it is a link: what is written and swept there would be someone else's.
    """
    _refuse_links(path.parent)
    deadline, told = time.monotonic() + wait_seconds, False
    handle = _opened(path)
    try:
        while not (_try_lock(handle) and _is_still(path, handle)):
            holder = os.pread(handle, 64, 0).decode(errors="replace").strip() if hasattr(os, "pread") else ""
            who = f"process {holder}" if holder.isdigit() else "another process"
            os.close(handle)
            handle = -1
            if time.monotonic() >= deadline:
                waited = f"; waited {wait_seconds:.0f} s" if wait_seconds else ""
                raise BuildError(
                    f"{path.parent.parent} is being built by {who}{waited}. Try again when it is "
                    f"done, or with another folder with --out"
                )
            if not told:
                on_wait(f"{path.parent.parent} is being built by {who}; waiting for it")
                told = True
            time.sleep(0.1)
            handle = _opened(path)
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        if handle >= 0:
            os.close(handle)


def _refuse_links(folder: Path) -> None:
    try:
        inside = [entry for below in (folder, folder / "contents") if below.is_dir() for entry in below.iterdir()]
    except OSError as error:
        raise explain(error, folder) from error
    for found in (folder, *inside):
        if found.is_symlink():
            raise BuildError(
                f"{found}: is a link to another place, and nothing is written or deleted outside {folder.parent}. "
                f"Remove the link, or choose another folder with --out"
            )


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
    except OSError as error:
        raise explain(error, path.parent) from error


def _is_still(path: Path, handle: int) -> bool:
    """Whether the locked file is the one under that name: whoever held the lock before may have removed it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except OSError:
        return False


def _try_lock(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


@dataclass(frozen=True)
class Record:
    """What a step made: the hash of each content by name, the seconds it took, and facts about it."""

    key: str
    node: str
    outputs: Mapping[str, str]
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)


class Store:
    """What was built before, by the key of the step; safe for several processes of one build.

    ``contents/ab/abcd...`` hold the bytes under their own hash, ``steps/KEY.json`` the records.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._contents = folder / "contents"
        self._steps = folder / "steps"
        self.scratch = folder / "scratch"

    def sweep_scratch(self) -> None:
        """Remove what a killed build left half-written. Call only while holding the lock."""
        shutil.rmtree(self.scratch, ignore_errors=True)

    def put_content(self, content: bytes) -> str:
        """Keep ``content``; its SHA-256, under which :meth:`content` gives it back."""
        digest = sha256(content)
        path = self._path(digest)
        if not path.exists() or path.stat().st_size != len(content):
            write_atomically(path, content, self.scratch)
        return digest

    def content(self, digest: str) -> bytes | None:
        """The bytes with this hash, or None if they are missing or damaged (a damaged file is removed)."""
        path = self._path(digest)
        try:
            found = path.read_bytes()
        except OSError:
            return None
        if sha256(found) != digest:
            with suppress(OSError):
                path.unlink()
            return None
        return found

    def has_contents(self, digests: Iterable[str]) -> bool:
        """True if all these contents are there and whole."""
        return all(self.content(digest) is not None for digest in digests)

    def put(self, record: Record) -> None:
        """Keep the record of a step whose contents were put before."""
        body = {
            "node": record.node,
            "outputs": dict(record.outputs),
            "seconds": record.seconds,
            "facts": dict(record.facts),
        }
        sealed = {"body": body, "sha256": sha256(canonical(body))}
        write_atomically(self._steps / f"{record.key}.json", canonical(sealed), self.scratch)

    def get(self, key: str) -> Record | None:
        """The record of the step with this key, or None if there is none or it is damaged."""
        try:
            sealed = json.loads((self._steps / f"{key}.json").read_bytes())
            body = sealed["body"]
            if sha256(canonical(body)) != sealed["sha256"]:
                return None
            return Record(key, body["node"], body["outputs"], body["seconds"], body["facts"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def files(self, record: Record) -> dict[str, bytes] | None:
        """All contents of a record, or None if any is missing or damaged."""
        found = {name: self.content(digest) for name, digest in record.outputs.items()}
        whole = {name: content for name, content in found.items() if content is not None}
        return whole if len(whole) == len(found) else None

    def forget_unused(self, used_keys: Iterable[str]) -> None:
        """Count this build, and drop steps that the last builds did not ask for, with their contents.

        Counted in builds, not by the clock, which may be set back.
        """
        path = self.folder / "used.json"
        try:
            history = [list(keys) for keys in json.loads(path.read_bytes())]
        except (OSError, ValueError, TypeError):
            history = []
        history = [sorted(set(used_keys)), *history][:KEEP_BUILDS]
        write_atomically(path, canonical(history), self.scratch)
        wanted = {key for keys in history for key in keys}
        kept: set[str] = set()
        for step in self._steps.glob("*.json"):
            record = self.get(step.stem)
            if step.stem in wanted and record is not None:
                kept.update(record.outputs.values())
            else:
                step.unlink(missing_ok=True)
        for content in self._contents.glob("*/*"):
            if content.name not in kept:
                content.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self._contents / digest[:2] / digest
