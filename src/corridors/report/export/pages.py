"""How large the charts of a document on paper are and in which order, so that its pages have no holes.

A chart is never cut, so one that just does not fit leaves the rest of its page white. Page by page
the charts before such a hole and the one behind it are made smaller, as far as they stay legible,
until it fits; where that is not enough, a smaller chart of the same run goes first, or the charts
before the hole grow into it.

Pages are foretold from the heights of the parts (:class:`Foretold`), which the compiler is asked
for once; it lays the document out again only to see that what was foretold holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

TOP_PT, BOTTOM_PT, WIDTH_PT = 62.4, 785.2, 470.6
"""Where text begins and ends on a page of ``report.typ``, from the page's top, and how wide it is."""
HOLE_PT = 60.0
"""White space at the end of a page that is left as it is: five lines."""
SMALLEST_SHARE = 0.7
"""A chart's least share of the text's width: its type of 8 points becomes 6."""
_BETWEEN_PT = 17.0
_OVER_HEADING_PT = 21.0
_MARGINS_PT = (5.0, 20.0)
"""What a part must fit by where pages are foretold: little at first, more where that did not hold."""
_LINE_PT = 13.4
_WITH_HEADING_PT = 60.0
"""What a heading and the two lines that stay with it take."""
_HEAD_PT = 40.0
"""The head of a table and the row that did not fit before it."""
_ROOM_FOR_A_TABLE_PT = 150.0
_TRIES_A_PAGE = 3

Ends = Mapping[int, tuple[int, float]]
"""By number of a part: the page and the height from its top at which it ends, in points."""


@dataclass(frozen=True)
class Plan:
    """The parts in the order in which they are set, and each chart's share of the text's width, by number."""

    order: tuple[int, ...]
    shares: Mapping[int, float]


@dataclass(frozen=True)
class Hole:
    """White space at the end of a page: its height, and the part that did not fit into it with its
    own height, points."""

    page: int
    high_pt: float
    behind: int
    needed_pt: float


def splits(part: Mapping[str, Any]) -> bool:
    """Whether a part may go on on the next page (as ``report.typ`` sets it)."""
    if part["kind"] in ("figure", "row", "key_figures", "cover"):
        return False
    return part["kind"] != "table" or bool(part["long"])


def holes(parts: Sequence[Mapping[str, Any]], ends: Ends) -> list[Hole]:
    """The holes before parts that are never cut, in order of pages; ``ends`` in the order of the document."""
    found = []
    shown = list(ends)
    for before, behind in zip(shown, shown[1:], strict=False):
        (page, y), (next_page, next_y) = ends[before], ends[behind]
        high = BOTTOM_PT - y
        if next_page > page and not splits(parts[behind]) and high > HOLE_PT:
            found.append(Hole(page, high, behind, next_y - TOP_PT + _BETWEEN_PT))
    return found


@dataclass(frozen=True)
class Foretold:
    """Where parts end, from where they end on one endless page (points, by number) with charts of some size."""

    parts: Sequence[Mapping[str, Any]]
    aspects: Mapping[int, float]
    endless_pt: Mapping[int, float]
    shares: Mapping[int, float]

    def __call__(self, plan: Plan) -> dict[int, tuple[int, float]]:
        """The ends with ``plan``; a part that splits leaves about a line at the foot of its page, a
        table repeats its head."""
        ends: dict[int, tuple[int, float]] = {}
        page, y, headed = 1, TOP_PT, False
        for k in plan.order:
            if k not in self.endless_pt:
                headed = headed or self.parts[k]["kind"] == "heading"
                continue
            high = self._highs_pt[k] + (
                plan.shares.get(k, 0.0) - self.shares.get(k, 0.0)
            ) * WIDTH_PT * self.aspects.get(k, 0.0)
            least = min(high, _WITH_HEADING_PT if headed else 2 * _LINE_PT) if splits(self.parts[k]) else high
            if y + least > BOTTOM_PT and y > TOP_PT:
                page, y = page + 1, TOP_PT
                high -= _OVER_HEADING_PT if headed else _BETWEEN_PT if not splits(self.parts[k]) else _LINE_PT / 2
            y += high
            while y > BOTTOM_PT and splits(self.parts[k]):
                page, y = page + 1, TOP_PT + y - BOTTOM_PT + (
                    _HEAD_PT if self.parts[k]["kind"] == "table" else _LINE_PT
                )
            ends[k] = (page, y)
            headed = False
        return ends

    @cached_property
    def _highs_pt(self) -> Mapping[int, float]:
        """Each part's own height with the space before it and the headings over it."""
        ends = sorted(set(self.endless_pt.values()))
        before = dict(zip(ends, [TOP_PT, *ends], strict=False))
        return {k: y - before[y] for k, y in self.endless_pt.items()}


def fitted(
    parts: Sequence[Mapping[str, Any]],
    aspects: Mapping[int, float],
    endless: Callable[[Plan], Mapping[int, float]],
    laid_out: Callable[[Plan], Ends],
) -> Plan:
    """Order of ``parts`` and shares of the text's width for their charts.

    ``aspects``: height over width of each chart. ``endless`` sets the document on one endless page
    and says how far down its parts end, ``laid_out`` on pages, in the order of the document.
    """
    plan = Plan(tuple(range(len(parts))), {k: float(parts[k]["share"]) for k in aspects})
    foretold = Foretold(parts, aspects, endless(plan), plan.shares)
    tried: list[tuple[float, Plan]] = []
    for margin_pt in _MARGINS_PT:
        found = _without(parts, aspects, plan, foretold, margin_pt)
        tried.append((_white_pt(parts, laid_out(found)), found))
        if tried[-1][0] <= _white_pt(parts, foretold(found)) + HOLE_PT:
            break
    return min(tried, key=lambda one: one[0])[1]


def _white_pt(parts: Sequence[Mapping[str, Any]], ends: Ends) -> float:
    return sum(hole.high_pt for hole in holes(parts, ends))


def _without(
    parts: Sequence[Mapping[str, Any]], aspects: Mapping[int, float], plan: Plan, laid_out: Callable[[Plan], Ends], margin_pt: float
) -> Plan:
    """The plan with holes closed one by one, from the first page on."""
    ends = laid_out(plan)
    tries: dict[int, int] = {}
    while (hole := next((h for h in holes(parts, ends) if tries.get(h.page, 0) < _TRIES_A_PAGE), None)) is not None:
        tries[hole.page] = tries.get(hole.page, 0) + 1
        changed = _closed(parts, hole, plan, aspects, ends, margin_pt)
        if changed is None:
            tries[hole.page] = _TRIES_A_PAGE
            continue
        plan, ends = changed, laid_out(changed)
    return plan


def _closed(
    parts: Sequence[Mapping[str, Any]], hole: Hole, plan: Plan, aspects: Mapping[int, float], ends: Ends, margin_pt: float
) -> Plan | None:
    """A plan with which the part behind the hole fits, another chart goes first, or charts fill the
    hole; None where nothing helps."""
    shares = plan.shares
    on_page = [k for k in shares if ends[k][0] == hole.page]
    near = [*on_page, hole.behind] if hole.behind in shares else on_page
    missing = hole.needed_pt - hole.high_pt + margin_pt
    spare = {k: max(shares[k] - SMALLEST_SHARE, 0.0) * WIDTH_PT * aspects[k] for k in near}
    if 0 < missing <= sum(spare.values()):
        part = missing / sum(spare.values())
        return replace(
            plan,
            shares={**shares, **{k: shares[k] - part * max(shares[k] - SMALLEST_SHARE, 0.0) for k in near}},
        )
    first = _goes_first(parts, hole, plan, ends, margin_pt)
    if first is not None:
        order = [k for k in plan.order if k != first]
        order.insert(order.index(hole.behind), first)
        return replace(plan, order=tuple(order))
    room = {k: max(1.0 - shares[k], 0.0) * WIDTH_PT * aspects[k] for k in on_page}
    if sum(room.values()) < 10.0:
        return None
    part = min(1.0, (hole.high_pt - 6.0) / sum(room.values()))
    return replace(plan, shares={**shares, **{k: shares[k] + part * max(1.0 - shares[k], 0.0) for k in on_page}})


def _goes_first(parts: Sequence[Mapping[str, Any]], hole: Hole, plan: Plan, ends: Ends, margin_pt: float) -> int | None:
    """The next chart or table behind the hole, of the same run of such parts, that fits into it or
    goes on behind it."""
    place = plan.order.index(hole.behind)
    for before, k in zip(plan.order[place:], plan.order[place + 1 :], strict=False):
        if parts[k]["kind"] not in ("figure", "table", "row"):
            return None
        if splits(parts[k]):
            return k if hole.high_pt > _ROOM_FOR_A_TABLE_PT else None
        (page, y), (own_page, own_y) = ends[before], ends[k]
        high = own_y - y if own_page == page else own_y - TOP_PT + _BETWEEN_PT
        if high + margin_pt < hole.high_pt:
            return k
    return None
