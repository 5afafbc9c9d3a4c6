"""How large the charts of a document on paper are, so that its pages have no holes.

A chart is never cut, so one that just does not fit leaves the rest of its page white. Page by page
the charts before such a hole and the one behind it are made smaller, as far as they stay legible,
until it fits; where that is not enough, the charts before it grow into the hole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOP_PT, BOTTOM_PT, WIDTH_PT = 62.4, 785.2, 470.6
"""Where text begins and ends on a page of ``report.typ``, from the page's top, and how wide it is."""
HOLE_PT = 60.0
"""White space at the end of a page that is left as it is: five lines."""
SMALLEST_SHARE = 0.7
"""A chart's least share of the text's width: its type of 8 points becomes 6."""
_BETWEEN_PT = 20.0
_TRIES_A_PAGE = 3
_LONG_TABLE = 10

Ends = Mapping[int, tuple[int, float]]
"""By number of a part: the page and the height from its top at which it ends, in points."""


@dataclass(frozen=True)
class Hole:
    """White space at the end of a page: its height, and the part that did not fit into it with its own height, points."""

    page: int
    high_pt: float
    behind: int
    needed_pt: float


def splits(part: Mapping[str, Any]) -> bool:
    """Whether a part may go on on the next page (as ``report.typ`` sets it)."""
    if part["kind"] in ("figure", "row", "key_figures", "cover"):
        return False
    if part["kind"] == "table":
        return len(part["rows"]) > _LONG_TABLE
    return not (part["kind"] == "prose" and part["style"] == "caveat")


def holes(parts: Sequence[Mapping[str, Any]], ends: Ends) -> list[Hole]:
    """The holes before parts that are never cut, in order of pages."""
    found = []
    shown = sorted(ends)
    for before, behind in zip(shown, shown[1:], strict=False):
        (page, y), (next_page, next_y) = ends[before], ends[behind]
        high = BOTTOM_PT - y
        if next_page > page and not splits(parts[behind]) and high > HOLE_PT:
            found.append(Hole(page, high, behind, next_y - TOP_PT + _BETWEEN_PT))
    return found


def fitted(parts: Sequence[Mapping[str, Any]], aspects: Mapping[int, float], laid_out: Callable[[Mapping[int, float]], Ends]) -> dict[int, float]:
    """Shares of the text's width for the charts of ``parts``, by number.

    ``aspects``: height over width of each chart. ``laid_out`` sets the document with such shares
    and says where its parts end.
    """
    shares = {k: float(parts[k]["share"]) for k in aspects}
    ends = laid_out(shares)
    tries: dict[int, int] = {}
    while (hole := next((h for h in holes(parts, ends) if tries.get(h.page, 0) < _TRIES_A_PAGE), None)) is not None:
        tries[hole.page] = tries.get(hole.page, 0) + 1
        changed = _closed(hole, shares, aspects, ends)
        if changed is None:
            tries[hole.page] = _TRIES_A_PAGE
            continue
        shares, ends = changed, laid_out(changed)
    return shares


def _closed(hole: Hole, shares: Mapping[int, float], aspects: Mapping[int, float], ends: Ends) -> dict[int, float] | None:
    """Shares with which the part behind the hole fits, or those that fill the hole; None where nothing helps."""
    on_page = [k for k in shares if ends[k][0] == hole.page]
    near = [*on_page, hole.behind] if hole.behind in shares else on_page
    missing = hole.needed_pt - hole.high_pt + 1.0
    spare = {k: max(shares[k] - SMALLEST_SHARE, 0.0) * WIDTH_PT * aspects[k] for k in near}
    if 0 < missing <= sum(spare.values()):
        part = missing / sum(spare.values())
        return {**shares, **{k: shares[k] - part * max(shares[k] - SMALLEST_SHARE, 0.0) for k in near}}
    room = {k: max(1.0 - shares[k], 0.0) * WIDTH_PT * aspects[k] for k in on_page}
    if sum(room.values()) < 10.0:
        return None
    part = min(1.0, (hole.high_pt - 6.0) / sum(room.values()))
    return {**shares, **{k: shares[k] + part * max(1.0 - shares[k], 0.0) for k in on_page}}
