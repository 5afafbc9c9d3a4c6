"""``manifest.json``: the hash of everything that went into the reports and came out, and how long it took."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from corridors import __version__
from corridors.report import fingerprint
from corridors.report.plan import Plan
from corridors.report.store import sha256_of_file

NAME = "manifest.json"
FORMAT = 1


def read(out: Path) -> dict[str, Any]:
    """The manifest in an output folder; an empty one if there is none or it is damaged."""
    try:
        found = json.loads((out / NAME).read_bytes())
    except (OSError, ValueError):
        found = None
    empty: dict[str, Any] = {"documents": {}, "scenarios": {}, "outputs": {}, "steps": {}}
    return {**empty, **found} if isinstance(found, dict) and found.get("format") == FORMAT else empty


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

    ``delivered`` are the files of this build; those of earlier ones count as long as their report is
    listed, and files that no build made never do. ``inputs`` are hashes by path, ``documents`` the reports by folder, ``steps`` the key and seconds of
    each step, ``failed`` the steps of this build that failed.
    """
    listed = {*documents, *(s.folder for s in plan.subjects.values() if s.folder is not None)}
    earlier = [name for name in before["outputs"] if any(name.startswith(f"{folder}/") for folder in listed)]
    there = outputs(out, [*delivered, *earlier])
    scenarios = {
        **before["scenarios"],
        **{s.name: {"source": s.source, "parameters": s.recipe} for s in plan.subjects.values() if s.kind == "scenario" and s.folder is not None},
    }
    return {
        "format": FORMAT,
        "package": {"name": "trade-corridors", "version": __version__},
        "date": plan.date,
        "versions": fingerprint.versions(),
        "inputs": dict(inputs),
        "scenarios": {name: found for name, found in sorted(scenarios.items()) if any(path.startswith(f"{name}/") for path in there)},
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
