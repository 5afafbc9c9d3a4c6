"""A study of very many draws, solved a lot at a time: what a lot leaves behind is what tables are made of.

A search holds some 150 KB a draw, most of it what another that begins there would need; what is
left of a draw are some 25 KB (Mongolia and China, 96 ways). A case does not
depend on the company that it is solved in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from corridors.study.settled import Change, for_tables
from corridors.transport.assignment import BLOCK, must_settle

if TYPE_CHECKING:
    from corridors.study.pipeline import Study

Array = npt.NDArray[np.float64]
T = TypeVar("T")

LOT = 4096
"""The most draws that are solved together; a quarter of it where there are many lots, whose tables take the room."""
MANY_LOTS = 4
SHORT_FROM = MANY_LOTS * LOT
"""Beyond so many draws what tables and gains are made of is held in seven digits where that is enough."""
SHORT = frozenset(
    {
        "route_share", "route_hours", "route_usd_per_t", "hidden_usd_per_t", "mean_cost", "price_factor", "class_factor", "cost_factor",
        "shift", "crossing_hours", "queue_hours", "capacity_hours", "shadow_price_usd_per_truck", "crossing_load_trucks_per_day",
        "crossing_capacity", "study_trucks_per_day", "rest_trucks_per_day", "open_share", "income", "users", "existing", "new", "other_trucks",
    }
)  # fmt: skip
"""What is held in seven digits: ways, crossings, gains and real income, of which tables show three, and prices, of which each error
is a ten-millionth of a pair's trade."""


@dataclass(frozen=True)
class Solved:
    """What all measures change in the last year, every draw, and ``without_flights`` (B, 2), trade of the study's two
    directions after over before with the measures other than flights."""

    change: Change
    without_flights: Array


def slices(draws: int) -> Iterator[slice]:
    """Lots of about the same size, whole blocks of the solver."""
    most = LOT if draws <= MANY_LOTS * LOT else LOT // 4
    count = -(-draws // most)
    size = -(-draws // (count * BLOCK)) * BLOCK
    return (slice(first, min(first + size, draws)) for first in range(0, draws, size))


def solved(study: Study) -> Solved:
    """The last year of every draw."""
    phases = study.phases(study.params)[:, -1]
    apart = phases.copy()
    apart[:, study.flies] = 0.0

    def lot(rows: slice) -> Solved:
        params, demand = study.some(rows)
        change = study.chain.change(
            params, phases[rows], study.last, demand, near=study.middle_before, draws=study.draws
        )
        without = change
        if study.flies and apart.any():
            without = study.chain.change(
                params, apart[rows], study.last, demand, before=change.start, draws=study.draws
            )
        factor = np.array(without.response.trade_factor[:, :2])
        return Solved(for_tables(change), np.ones_like(factor) if not apart.any() else factor)

    left: list[int] = []

    def counted(rows: slice) -> Solved:
        found = lot(rows)
        left.append(found.change.unsettled)
        return found

    found = by_lots(counted, study.draws)
    must_settle(np.arange(study.draws) >= sum(left), study.draws, "with or without the measures")
    return replace(found, change=replace(found.change, unsettled=sum(left)))


def by_lots(do: Callable[[slice], T], draws: int) -> T:
    """What ``do`` makes of all ``draws``, a lot at a time: what it needs on the way is held for one lot."""
    return gathered(map(do, slices(draws)), draws)


def gathered(lots: Iterable[T], cases: int) -> T:
    """``cases`` cases that come lot by lot: arrays one after another, all else as in the first. Each lot is let go before the
    next is asked for."""
    whole: Any = None
    first = 0
    for lot in lots:
        size = _cases(lot)
        if size == cases:
            return lot
        whole = _put(whole, lot, slice(first, first + size), size, cases, "")
        first += size
        del lot
    return whole  # type: ignore[no-any-return]


def _cases(lot: Any) -> int:
    if isinstance(lot, np.ndarray):
        return len(lot)
    return next(_cases(value) for f in fields(lot) if _holds(value := getattr(lot, f.name)))


def _holds(value: Any) -> bool:
    """Whether there are cases in it."""
    return isinstance(value, np.ndarray) or is_dataclass(value)


def _put(whole: Any, lot: Any, rows: slice, size: int, cases: int, name: str) -> Any:
    """``whole`` (None: room for all) with ``lot`` in its ``rows``, of a field of this ``name``."""
    if isinstance(lot, np.ndarray):
        if lot.shape[:1] != (size,):
            return lot
        if whole is None:
            short = cases > SHORT_FROM and name in SHORT
            whole = np.empty((cases, *lot.shape[1:]), dtype=np.float32 if short else lot.dtype)
        whole[rows] = lot
        return whole
    if not is_dataclass(lot):
        return lot if whole is None else whole
    parts = {
        f.name: _put(None if whole is None else getattr(whole, f.name), getattr(lot, f.name), rows, size, cases, f.name)
        for f in fields(lot)
    }
    return replace(lot, **parts)  # type: ignore[type-var]
