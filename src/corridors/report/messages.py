"""What a build and its workers tell each other: plain values only, so that it can be sent anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from corridors.errors import plain

Files = dict[str, bytes]
LONGEST_ERROR = 2_000
SAVED = "saved/"
"""Outputs of a result under this name are for notebooks to read; the others are for people."""


@dataclass(frozen=True)
class Limits:
    """How far a notebook may go, and any other piece of work.

    ``cell_seconds`` and ``notebook_seconds`` of time, ``text_characters`` of printed text a cell,
    ``output_bytes`` of everything shown by the notebook, ``memory_mb`` of data in its kernel;
    ``task_seconds`` of time for one result, or for one report with its notebook and all its
    formats.
    """

    cell_seconds: float = 300.0
    notebook_seconds: float = 900.0
    task_seconds: float = 1800.0
    start_seconds: float = 120.0
    text_characters: int = 100_000
    output_bytes: int = 32 * 2**20
    memory_mb: int | None = 4096


@dataclass(frozen=True)
class Task:
    """One unit of work.

    ``todo`` maps the kinds of step to do (``result``, ``notebook``, ``html``, ``pdf``, ``index``)
    to step names; ``craft`` is the module that knows how; ``inputs`` maps the path of each file it
    needs, relative to a folder made for it, to the hash of its content.
    """

    unit: str
    kind: str
    craft: str
    todo: Mapping[str, str]
    given: Mapping[str, Any]
    inputs: Mapping[str, str]
    environment: Mapping[str, str]
    seed: int
    limits: Limits = field(default_factory=Limits)


@dataclass
class Failure:
    """Why a step failed, for people: ``cell`` is 0 where no notebook cell is to blame."""

    step: str
    error: str
    cell: int = 0
    detail: str = ""
    about_disk: bool = False

    def __post_init__(self) -> None:
        self.error = plain(self.error, longest=LONGEST_ERROR)

    def __str__(self) -> str:
        return f"{self.step}: {self.error}"


@dataclass
class Outcome:
    """What a task made, by step and file name; ``left`` are files to keep beside a failed report."""

    unit: str
    made: dict[str, Files] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failure: Failure | None = None
    left: Files = field(default_factory=dict)
