"""How wide the columns of a table on paper are, and how large its type: what a browser does for a page by itself.

A column is at least as wide as its longest word and at most as its longest text. What room is left
between goes character by character to the column for which most rows are as high as they are (CSS 2,
17.5.2.2, shares it by the longest text instead, which leaves the column of a long note narrow where
every row has one). Numbers never break. Where even the words do not fit, the type gets smaller.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

SIZES = (0.86, 0.8, 0.75, 0.7, 0.64)
"""Type of a table, in the size of the text around it; the last only where the words do not fit otherwise."""

_LINE = 101.0
"""Average characters of the text's size that fit on one line of text."""
_GAP = 2.4
"""What stands between two columns, in characters."""
_DISLIKE = 2.0
"""Smaller type is worth it where it saves more than this share of the lines for each unit of size given up."""
_LONG_TEXT = 150
"""Beside a cell of more characters a range in brackets may stand below its figure: the row is high anyhow."""
_BOLD = 1.15
"""How much wider the bold letters of heads are."""
_CAPITALS = 1.3
"""How much wider capitals are."""
_BREAKS = re.compile(r"[ /]|(?<=[a-z])-(?=[a-z])")


def fit(columns: Sequence[Mapping[str, Any]], rows: Sequence[Sequence[str]]) -> tuple[float, list[float]]:
    """Size of type and shares of width for a table with these columns (``label``, ``unit``, ``align``) and rows."""
    texts = [[column["label"], column["unit"], *(row[k] for row in rows)] for k, column in enumerate(columns)]
    long = any(len(v) > _LONG_TEXT for row in rows for v in row)
    least = (
        [
            max(
                math.ceil(_BOLD * max(map(_longest_word, t[:2]))),
                *(_least(v, c, long) for v in t[2:]),
                3,
            )
            for t, c in zip(texts, columns, strict=True)
        ]
        if rows
        else []
    )
    most = [max(*(max(len(v), _longest_word(v)) for v in t), 3) for t in texts]
    least = [min(a, b) for a, b in zip(least, most, strict=True)] if rows else list(most)
    found: tuple[float, float, list[float]] | None = None
    for size in SIZES:
        room = _LINE / size - _GAP * (len(columns) - 1)
        widths = _shared(least, most, room, [t[2:] for t in texts])
        if widths is not None and (found is None or size > SIZES[-1]):
            height = _lines(texts, widths) * (1 + _DISLIKE * (SIZES[0] - size))
            if found is None or height < found[0]:
                found = (height, size, widths)
    return (found[1], found[2]) if found else (SIZES[-1], [float(v) for v in least])


def _longest_word(text: str) -> int:
    """In average characters; of capitals alone (``PAK–CHN``) a word is wider than of small letters."""
    return max((math.ceil(len(word) * (_CAPITALS if word.isupper() else 1.0)) for word in _BREAKS.split(text)), default=0)


def _least(text: str, column: Mapping[str, Any], long: bool) -> int:
    """Numbers stay on one line up to a length, save that a range in brackets may stand below its
    figure beside a long text; words break where words end."""
    if long and column["align"] == "right" and " (" in text:
        # A figure above its range.
        text = max(text.replace(" (", "\n(").split("\n"), key=len)
    if column["align"] == "right" and len(text) <= 18:
        return len(text)
    return min(_longest_word(text), 24)


def _shared(
    least: Sequence[int], most: Sequence[int], room: float, cells: Sequence[Sequence[str]]
) -> list[float] | None:
    """Widths between ``least`` and ``most`` that together fill ``room``; None where even the least do
    not fit. ``cells`` by column and row."""
    if sum(most) <= room:
        return [float(v) + 2 for v in most]
    spare = room - sum(least)
    if spare < 0:
        return None
    letters = np.array([[len(text) for text in column] for column in cells], dtype=float)
    widths, full = np.array(least, dtype=float), np.array(most, dtype=float)
    for _ in range(int(spare)):
        lines = letters / widths[:, None]
        highest = lines == lines.max(axis=0)
        # what a row of that height loses with one more character
        saved = np.where(widths < full, (lines * highest).sum(axis=1) / widths, 0.0)
        if not saved.any():
            break
        widths[saved.argmax()] += 1.0
    widths += (room - widths.sum()) * widths / widths.sum()
    return [float(w) for w in widths]


def _lines(texts: Sequence[Sequence[str]], widths: Sequence[float]) -> float:
    """Lines that a row takes, on average."""
    bodies = list(zip(*(t[2:] for t in texts), strict=True))
    if not bodies:
        return 1.0
    lines = [max(math.ceil(len(v) / w) for v, w in zip(row, widths, strict=True)) for row in bodies]
    return sum(lines) / len(lines)
