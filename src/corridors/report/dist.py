"""One zip to send: reports, index, results, tables, manifest and ``SHA256SUMS``; and checking one that came.

:func:`make` writes the same bytes from the same reports: names sorted, one date for all (that of
the data), one mode, nothing that tells the machine. :func:`verify` trusts nothing in the file: it
reads, never extracts; names, sizes and checksums must all be right before it says that they are.
The checksums show damage and accidental changes; who replaces files and checksums alike is only
found out by comparing ``sha256`` of the zip with what the sender says it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from corridors.errors import CorridorsError, one_line
from corridors.report import manifest
from corridors.report.store import sha256_of_file, write_atomically
from corridors.runtime import plain_files
from corridors.runtime.file_names import is_safe

SUMS = "SHA256SUMS"
FOLDER = "trade-corridors-reports"
"""Every file lies under this folder in the zip, so that unpacking makes one folder."""

MAX_FILES = 20_000
MAX_BYTES = 4 * 2**30
MAX_RATIO = 1_000
"""A file that unpacks to more than this times its packed size is refused: reports pack some ten times."""

_EARLIEST = date(1980, 1, 1)
_SUM_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
_PIECE = 1 << 20


class DistError(CorridorsError):
    """There is nothing to send, or what came is damaged, incomplete or not what it says. Build
    again, or ask for the file again."""

    exit_status = 1


@dataclass(frozen=True)
class Checked:
    """What :func:`verify` found right."""

    file: Path
    sha256: str
    files: int
    bytes: int
    reports: tuple[str, ...]
    date: str
    version: str

    def __str__(self) -> str:
        listed = f"reports: {', '.join(self.reports)}" if self.reports else "no reports"
        return (
            f"{self.file}: whole. {self.files} files, {self.bytes:,} bytes: each has the SHA-256 "
            f"that {SUMS} and the manifest say, and none is missing or added\n"
            f"{listed}\n"
            f"made by trade-corridors {self.version} from data of {self.date}\n"
            f"SHA-256 of the zip, to compare with what the sender says: {self.sha256}"
        )


def make(reports: str | Path = "reports", out: str | Path | None = None) -> Path:
    """Zip what the last build delivered into ``reports``; the path of the zip (default: inside that folder).

    Raises DistError if nothing was built there, the last build failed, or a file is not as the
    build left it.
    """
    reports = Path(reports)
    told = manifest.read(reports)
    if not told["documents"]:
        raise DistError(f"{reports}: no reports are built here; run `corridors build --out {reports}` first")
    if told.get("failed"):
        raise DistError(
            f"{reports}: in the last build {', '.join(told['failed'])} failed; mend that and build again before sending"
        )
    target = Path(out) if out is not None else reports / f"{FOLDER}.zip"
    if os.path.lexists(target) and not _is_ours(target):
        raise DistError(
            f"{target}: is there already and was not made by `corridors dist`; nothing is written "
            f"over it. Choose another name with --out"
        )
    names = sorted(told["outputs"])
    content = {name: _delivered(reports, name, told["outputs"][name]["sha256"]) for name in names}
    content[manifest.NAME] = manifest.to_bytes(_for_sending(told, names))
    content[SUMS] = "".join(
        f"{hashlib.sha256(content[name]).hexdigest()}  {name}\n" for name in sorted(content)
    ).encode()
    write_atomically(target, _zip(content, told["date"]))
    return target


def _is_ours(file: Path) -> bool:
    """Whether this is a zip of reports that may be replaced by a newer one."""
    try:
        with zipfile.ZipFile(file) as archive:
            return not file.is_symlink() and f"{FOLDER}/{SUMS}" in archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False


def _delivered(reports: Path, name: str, digest: str) -> bytes:
    try:
        found = (reports / _safe(name, reports / manifest.NAME)).read_bytes()
    except OSError as error:
        raise DistError(f"{reports / name}: {error.strerror or error}; build again") from None
    if hashlib.sha256(found).hexdigest() != digest:
        raise DistError(f"{reports / name}: changed since it was built; build again, which puts it right")
    return found


def _for_sending(told: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """The manifest without what differs from one build to the next (times) and machine (paths of scenario files)."""
    scenarios = {
        name: {**found, "source": PurePosixPath(str(found["source"]).replace("\\", "/")).name}
        for name, found in told["scenarios"].items()
    }
    steps = {name: {"key": found["key"]} for name, found in told["steps"].items()}
    kept = {name: value for name, value in told.items() if name != "last_build"}
    return {**kept, "scenarios": scenarios, "outputs": {name: told["outputs"][name] for name in names}, "steps": steps}


def _zip(content: dict[str, bytes], day: str) -> bytes:
    import io

    packed = io.BytesIO()
    moment = max(date.fromisoformat(day), _EARLIEST)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", (moment.year, moment.month, moment.day, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content[name])
    return packed.getvalue()


# --- checking
# ------------------------------------------------------------------------------------------------


def verify(file: str | Path) -> Checked:
    """Check every file in the zip against ``SHA256SUMS`` and the manifest; what was checked, for people.

    Raises CorridorsError (exit status 2) if ``file`` cannot be read or is no zip from ``corridors
    dist``, and DistError (exit status 1) if it is damaged or not as it was made; every mistake is
    told.
    """
    file = Path(file)
    plain_files.check(file, None)
    try:
        with zipfile.ZipFile(file) as archive:
            return _verify(file, archive)
    except zipfile.BadZipFile as error:
        if file.is_file() and not _looks_like_zip(file):
            raise CorridorsError(f"{one_line(file)}: is no zip file") from None
        raise DistError(f"{one_line(file)}: damaged: {str(error).lower()}") from None
    except FileNotFoundError:
        raise CorridorsError(f"{one_line(file)}: there is no such file") from None
    except OSError as error:
        raise CorridorsError(f"{one_line(file)}: cannot be read: {error.strerror or error}") from None
    except (EOFError, zlib.error, NotImplementedError, RuntimeError, ValueError) as error:
        raise DistError(f"{one_line(file)}: damaged: {error}") from None


def _looks_like_zip(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(2) == b"PK"


def _verify(file: Path, archive: zipfile.ZipFile) -> Checked:
    entries = _entries(file, archive)
    if SUMS not in entries or manifest.NAME not in entries:
        missing = SUMS if SUMS not in entries else manifest.NAME
        raise CorridorsError(f"{one_line(file)}: has no {missing}; it is not made by `corridors dist`, or was packed anew")
    sums = _sums(file, _read(file, archive, entries[SUMS]))
    mistakes = [f"{name}: listed in {SUMS} but not in the zip" for name in sorted(sums.keys() - entries.keys())]
    mistakes += [
        f"{name}: in the zip but not listed in {SUMS}"
        for name in sorted(entries.keys() - sums.keys() - {SUMS})
    ]
    for name in sorted(sums.keys() & entries.keys()):
        try:
            right = _sha256(archive, entries[name]) == sums[name]
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            mistakes.append(f"{name}: damaged: {str(error).lower()}")
            continue
        if not right:
            mistakes.append(f"{name}: its content is not what {SUMS} says")
    if mistakes:
        raise DistError(
            f"{one_line(file)}: "
            + "; ".join(mistakes[:20])
            + (f"; and {len(mistakes) - 20} more" if len(mistakes) > 20 else "")
        )
    told = _manifest(file, _read(file, archive, entries[manifest.NAME]))
    listed = {name: found["sha256"] for name, found in told["outputs"].items()}
    if listed != {name: digest for name, digest in sums.items() if name != manifest.NAME}:
        raise DistError(f"{one_line(file)}: the manifest lists other files or checksums than {SUMS}")
    size = sum(entry.file_size for entry in entries.values())
    return Checked(
        file,
        sha256_of_file(file),
        len(entries),
        size,
        tuple(sorted(told["documents"])),
        str(told["date"]),
        str(told["package"]["version"]),
    )


def _entries(file: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files in the zip by their name below its folder; refuses what could harm whoever unpacks or reads it."""
    found: dict[str, zipfile.ZipInfo] = {}
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise DistError(f"{one_line(file)}: holds {len(entries):,} files; allowed: at most {MAX_FILES:,}")
    if sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise DistError(f"{one_line(file)}: unpacks to more than {MAX_BYTES / 2**30:g} GiB")
    folded: set[str] = set()
    for entry in entries:
        name = _safe(entry.orig_filename, file)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry.is_dir() or kind not in (0, stat.S_IFREG):
            raise DistError(f"{one_line(file)}: {name!r} is not a plain file")
        if entry.flag_bits & 0x1:
            raise DistError(f"{one_line(file)}: {name!r} is encrypted; reports are not")
        if entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise DistError(f"{one_line(file)}: {name!r} unpacks to over {MAX_RATIO:,} times its size")
        top, _, inner = name.partition("/")
        if top != FOLDER or not inner:
            raise CorridorsError(
                f"{one_line(file)}: {name!r} lies outside {FOLDER}/; it is not made by `corridors dist`, or was packed anew"
            )
        if inner.casefold() in folded:
            raise DistError(f"{one_line(file)}: {inner!r} occurs twice (perhaps in capitals): one would overwrite the other")
        folded.add(inner.casefold())
        found[inner] = entry
    return found


def _safe(name: str, where: Path) -> str:
    """``name`` if it is a relative path that stays inside any folder on any system, else DistError."""
    if not is_safe(name):
        raise DistError(f"{where}: {name[:120]!r} is not a name that is safe to unpack")
    return name


def _sums(file: Path, content: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        match = _SUM_LINE.fullmatch(line)
        if match is None or match[2] in found:
            raise DistError(f"{one_line(file)}: {SUMS}: line {number} is not 'checksum  name', or names a file twice")
        found[match[2]] = match[1]
    return found


def _manifest(file: Path, content: bytes) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(content)
        {name: found["sha256"] for name, found in told["outputs"].items()}
        sorted(told["documents"])
        told["date"], told["package"]["version"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DistError(f"{one_line(file)}: {manifest.NAME} is not a manifest of `corridors build`") from None
    return told


def _read(file: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The whole content of one of the two lists; those of 20,000 files are of some megabytes."""
    if entry.file_size > manifest.MAX_BYTES:
        name = PurePosixPath(entry.filename).name
        raise DistError(
            f"{one_line(file)}: {name} is {entry.file_size / 2**20:,.0f} MB; allowed: at most "
            f"{manifest.MAX_BYTES / 2**20:,.0f} MB"
        )
    return b"".join(_pieces(archive, entry))


def _sha256(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(archive, entry):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content in pieces; zipfile gives no more than the size that the entry states, which was checked."""
    with archive.open(entry) as stream:
        while piece := stream.read(_PIECE):
            yield piece
