"""One spelling for names that differ in accents, case and punctuation only."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """Lower-case ASCII letters and digits of a name, words joined by underscores: what ids are made of."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "_".join("".join(c if c.isalnum() else " " for c in letters).split())
