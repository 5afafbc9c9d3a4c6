"""The files of a result: saved tables for notebooks to read; for people ``result.json`` and every table as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from corridors.report.messages import SAVED, Files


class Result(Protocol):
    """What a study and a validation have in common."""

    @property
    def tables(self) -> Mapping[str, Any]:
        """Data frames by name."""

    def files(self) -> Mapping[str, bytes]:
        """What reading it back needs."""

    def json(self) -> str:
        """A summary for other programs."""


def files(found: Result) -> Files:
    """Content by name; an empty table has no CSV."""
    made = {f"{SAVED}{name}": content for name, content in found.files().items()}
    made["result.json"] = found.json().encode()
    for name, frame in found.tables.items():
        if len(frame):
            made[f"tables/{name}.csv"] = frame.to_csv(index=False, lineterminator="\n").encode()
    return made
