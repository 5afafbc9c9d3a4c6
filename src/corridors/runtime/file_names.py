"""Names of files that are safe on any system, whoever made them up."""

from __future__ import annotations

RESERVED = frozenset(
    {
        "con",
        "prn",
        "aux",
        "nul",
        "conin$",
        "conout$",
        *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³"),
    }
)
"""Names that Windows keeps for devices, with any ending."""
LONGEST = 400


def is_safe(name: object) -> bool:
    """Whether ``name`` is a relative path with ``/`` that stays inside any folder on any system."""
    if not isinstance(name, str) or not name.isprintable() or len(name) > LONGEST:
        return False
    if any(character in name for character in '\\:*?"<>|'):
        return False
    parts = name.split("/")
    return not any(
        part in ("", ".", "..") or part != part.strip() or part.endswith(".") or is_reserved(part)
        for part in parts
    )


def is_reserved(name: str) -> bool:
    """Whether Windows would take a file of this name, with any ending, for a device."""
    return name.split(".")[0].strip().lower() in RESERVED
