"""``manifest.json``: the hash of everything that went into the reports and came out, and how long it took."""

from __future__ import annotations

import json
from collections.abc import Mapping
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


def outputs(out: Path) -> dict[str, dict[str, Any]]:
    """SHA-256 and size of every delivered file, by path; hidden files, the manifest and failed notebooks left out."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out)
        if path.is_file() and name.name not in (NAME, "notebook.failed.ipynb") and not any(p.startswith(".") for p in name.parts):
            found[name.as_posix()] = {"sha256": sha256_of_file(path), "bytes": path.stat().st_size}
    return found


def make(
    out: Path,
    plan: Plan,
    *,
    before: Mapping[str, Any],
    inputs: Mapping[str, str],
    documents: Mapping[str, Any],
    steps: Mapping[str, Any],
    failed: list[str],
) -> dict[str, Any]:
    """The manifest of the reports that now lie in ``out``; ``before`` is the previous one.

    ``inputs`` are hashes by path, ``documents`` the reports by folder, ``steps`` the key and seconds of
    each step, ``failed`` the steps of this build that failed.
    """
    delivered = outputs(out)
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
        "scenarios": {name: found for name, found in sorted(scenarios.items()) if any(path.startswith(f"{name}/") for path in delivered)},
        "documents": {folder: documents[folder] for folder in sorted(documents)},
        "outputs": delivered,
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
