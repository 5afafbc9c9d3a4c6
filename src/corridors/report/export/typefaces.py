"""Which letters the typefaces of the PDF have: the one inside the compiler, and DejaVu Sans, which
comes with matplotlib.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def fallback() -> Path:
    """Where DejaVu Sans lies, which has letters that the typeface lacks (Arabic, Georgian, Armenian)."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


@lru_cache(maxsize=4096)
def has(character: str) -> bool:
    """Whether a PDF can show the character."""
    return character.isascii() or (
        unicodedata.category(character) not in ("Co", "Cn", "Cs")
        and ord(character) in _characters()
    )


def without(titles: Iterable[str]) -> str:
    """A sentence on those titles that a PDF shows with replacement characters; empty if all can be set."""
    lost = [title for title in dict.fromkeys(titles) if not all(map(has, title))]
    letters = " ".join(sorted({c for title in lost for c in title if not has(c)}))
    return (
        f"the title {lost[0]!r} has letters that no typeface of the PDF has, which stand as "
        f"replacement characters there: {letters}; the HTML page shows them"
        if lost
        else ""
    )


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    from matplotlib.font_manager import get_font

    return frozenset(get_font(fallback()).get_charmap())
