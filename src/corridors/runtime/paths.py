"""Where the project's data, scenarios and notebooks lie: in a checkout, or inside the installed package."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


@lru_cache
def root() -> Path:
    """The folder with ``data/``, ``scenarios/`` and ``notebooks/``.

    ``CORRIDORS_ROOT`` if set, else the checkout this package runs from, else the copy shipped in
    the wheel.
    """
    named = os.environ.get("CORRIDORS_ROOT")
    return Path(named) if named else came_with()


@lru_cache
def came_with() -> Path:
    """The same folder as it came with this version of the program, whatever ``CORRIDORS_ROOT`` says."""
    checkout = _PACKAGE.parents[1]
    if (checkout / "data" / "datapackage.json").exists():
        return checkout
    return _PACKAGE / "_shipped"


def inside_package() -> bool:
    """Whether :func:`root` is the copy inside the installed package, where nobody should write."""
    return root() == _PACKAGE / "_shipped"


def data() -> Path:
    """The folder of data tables."""
    return root() / "data"


def scenarios() -> Path:
    """The folder of scenario files."""
    return root() / "scenarios"


def new_scenarios() -> Path:
    """Where a new scenario goes: beside the others, or where the user is if those lie inside the package."""
    return Path.cwd() if inside_package() else scenarios()


def notebooks() -> Path:
    """The folder of report notebooks."""
    return root() / "notebooks"
