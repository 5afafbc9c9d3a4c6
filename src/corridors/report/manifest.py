"""``manifest.json``: the hash of everything that went into the reports and came out, and how long it took."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from corridors import __version__
from corridors.report import fingerprint
from corridors.report.plan import FORMATS, Plan
from corridors.report.store import sha256_of_file
from corridors.runtime.file_names import is_safe

NAME = "manifest.json"
FORMAT = 1
MAX_BYTES = 64 * 2**20


def read(out: Path) -> dict[str, Any]:
    """The manifest in an output folder, without what is damaged; an empty one if there is none.

    Nothing in it is trusted: parts of another type than a build writes, and names that are not
    safe, are left out.
    """
    found = _load(out)
    if found is None:
        return {"documents": {}, "scenarios": {}, "outputs": {}, "steps": {}}
    parts = {part: _whole(found.get(part), check) for part, check in _PARTS.items()}
    failed = found.get("failed")
    return {
        **found,
        **parts,
        "date": _day(found.get("date")),
        "failed": [str(name) for name in failed] if isinstance(failed, list) else [],
    }


def _day(found: object) -> str:
    with suppress(ValueError, TypeError):
        return date.fromisoformat(found).isoformat()  # type: ignore[arg-type]
    return "1980-01-01"


def is_there(out: Path) -> bool:
    """Whether the folder holds a manifest of a build."""
    return _load(out) is not None


def _load(out: Path) -> dict[str, Any] | None:
    try:
        with (out / NAME).open("rb") as stream:
            found = json.loads(stream.read(MAX_BYTES + 1)[:MAX_BYTES])
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("format") == FORMAT else None


def _whole(part: object, check: Callable[[str, dict[str, Any]], bool]) -> dict[str, Any]:
    if not isinstance(part, dict):
        return {}
    return {name: found for name, found in part.items() if isinstance(found, dict) and check(name, found)}


def _is_document(folder: str, found: dict[str, Any]) -> bool:
    texts = all(isinstance(found.get(name), str) and found[name].isprintable() for name in ("title", "stem", "date"))
    lists = all(
        isinstance(found.get(name), list) and all(isinstance(one, str) for one in found[name])
        for name in ("formats", "reads")
    )
    return is_safe(folder) and texts and lists and is_safe(found["stem"]) and set(found["formats"]) <= set(FORMATS)


def _is_scenario(name: str, found: dict[str, Any]) -> bool:
    return is_safe(name) and isinstance(found.get("source"), str) and isinstance(found.get("parameters"), dict)


def _is_output(name: str, found: dict[str, Any]) -> bool:
    return is_safe(name) and isinstance(found.get("sha256"), str) and type(found.get("bytes")) is int


def _is_step(name: str, found: dict[str, Any]) -> bool:
    return isinstance(found.get("key"), str) and isinstance(found.get("seconds"), int | float)


_PARTS: dict[str, Callable[[str, dict[str, Any]], bool]] = {
    "documents": _is_document, "scenarios": _is_scenario, "outputs": _is_output, "steps": _is_step,
}  # fmt: skip


def outputs(out: Path, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """SHA-256 and size of every file of these names that lies in ``out``."""
    there = [(name, out / name) for name in sorted(set(names)) if (out / name).is_file()]
    return {name: {"sha256": sha256_of_file(path), "bytes": path.stat().st_size} for name, path in there}


def make(
    out: Path,
    plan: Plan,
    *,
    delivered: Iterable[str],
    before: Mapping[str, Any],
    inputs: Mapping[str, str],
    documents: Mapping[str, Any],
    steps: Mapping[str, Any],
    failed: list[str],
) -> dict[str, Any]:
    """The manifest of the reports that now lie in ``out``; ``before`` is the previous one.

    ``delivered`` are the files of this build; those of earlier ones count as long as their report
    is listed, and files that no build made never do. ``inputs`` are hashes by path, ``documents``
    the reports by folder, ``steps`` the key and seconds of each step, ``failed`` the steps of this
    build that failed.
    """
    listed = {
        *documents,
        *(folder.partition("/")[0] for folder in documents),
        *(s.folder for s in plan.subjects.values() if s.folder is not None),
    }
    earlier = [name for name in before["outputs"] if any(name.startswith(f"{folder}/") for folder in listed)]
    there = outputs(out, [*delivered, *earlier])
    scenarios = {
        **before["scenarios"],
        **{
            s.name: {"source": s.source, "parameters": s.recipe}
            for s in plan.subjects.values()
            if s.kind == "scenario" and s.folder is not None
        },
    }
    return {
        "format": FORMAT,
        "package": {"name": "trade-corridors", "version": __version__},
        "date": plan.date,
        "versions": fingerprint.versions(),
        "inputs": dict(inputs),
        "scenarios": {
            name: found
            for name, found in sorted(scenarios.items())
            if any(path.startswith(f"{name}/") for path in there)
        },
        "documents": {folder: documents[folder] for folder in sorted(documents)},
        "outputs": there,
        "steps": {name: steps[name] for name in sorted(steps)},
        "failed": sorted(failed),
    }


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """True if two manifests tell the same but for the time taken."""
    return _timeless(one) == _timeless(other)


def _timeless(manifest: Mapping[str, Any]) -> dict[str, Any]:
    steps = {name: step.get("key") for name, step in manifest.get("steps", {}).items()}
    return {**{name: value for name, value in manifest.items() if name != "last_build"}, "steps": steps}


def to_bytes(manifest: Mapping[str, Any]) -> bytes:
    """The manifest as a file."""
    return (json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=False) + "\n").encode()
