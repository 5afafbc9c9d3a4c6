"""States in which traffic and world trade agree, and what lies between two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from corridors import equilibrium
from corridors.equilibrium.sector_moving import FACTORS
from corridors.study.joint import Place
from corridors.study.world_response import Goods, by_sector
from corridors.transport.assignment import must_settle
from corridors.transport.system import TransportState
from corridors.uncertainty import cases as many

Array = npt.NDArray[np.float64]
T = TypeVar("T")

_NAMES = (
    "sector_factor",
    "exports_factor",
    "imports_factor",
    "producer_price_factor",
    "real_gdp_factor",
    "residual",
)
OF_RESPONSE = dict(zip(FACTORS, _NAMES, strict=True))
"""Names in a :class:`corridors.equilibrium.SectorResponse` of what a search for world trade gives."""
_RATIOS = ("trade_factor", *_NAMES[:-1])


@dataclass(frozen=True)
class World:
    """World trade in a state, B cases against the base year.

    ``class_factor`` (B, P, C) cost factors by cargo class and ``cost_factor`` (B, P) of all goods,
    ``response`` the world trade that fits them, ``theta`` (B, S) its elasticities, ``place`` where
    its search ended, None where it was not searched for beside queues. ``pull`` (B, P, S) is what
    each sector keeps of its trade at its own cost, None where that is the cost to the power of
    ``-theta``: a later change may be answered by other elasticities than what was there before it.
    """

    class_factor: Array
    cost_factor: Array
    response: equilibrium.SectorResponse
    theta: Array
    place: Place | None = None
    pull: Array | None = None

    def own_pull(self, goods: Goods) -> Array:
        """(B, P, S) :attr:`pull` of the sectors of ``goods``."""
        if self.pull is not None:
            return self.pull
        return np.asarray(by_sector(goods, self.class_factor) ** -self.theta[:, None, :])


@dataclass(frozen=True)
class Settled:
    """A state of queues and routes, None off the network, and the world trade that fits it."""

    state: TransportState | None
    world: World

    @property
    def cases(self) -> int:
        """How many there are."""
        return len(self.world.class_factor)


@dataclass(frozen=True)
class Change:
    """What measures change in B cases.

    ``start`` and ``end`` are the solved states (``before`` and ``after`` their transport, None
    where no corridor is known). ``cost_factor`` (B, P) tau'/tau by directed pair, ``class_factor``
    (B, P, C) of its cargo classes, and ``response`` world trade that fits, by sector
    (:class:`corridors.equilibrium.SectorResponse`), all after over before. ``before_factor`` (B, P)
    is trade in the state before over the trade that the costs of the base year would allow in the
    same year: what queues that have grown and borders that have shut since take away;
    ``before_sector_factor`` (B, P, S) the same by sector. ``residual`` (B,) is the largest
    |ln| of trade over the trade behind the traffic of a pair, of both states. ``unsettled`` cases (a count) have been left out:
    each shows the figures of a case beside it, and is not its ``own`` (B,).
    """

    start: Settled
    end: Settled
    cost_factor: Array
    class_factor: Array
    response: equilibrium.SectorResponse
    before_factor: Array
    before_sector_factor: Array
    residual: Array
    own: npt.NDArray[np.bool_]
    unsettled: int = 0

    @property
    def before(self) -> TransportState | None:
        """Transport without the measures."""
        return self.start.state

    @property
    def after(self) -> TransportState | None:
        """Transport with them."""
        return self.end.state

    def trade_factor(self, p: int) -> Array:
        """New over old trade (B,) of directed pair number ``p``."""
        return np.asarray(self.response.trade_factor[:, p])

    def cases(self, rows: slice) -> Change:
        """Some of the cases; itself where they are all of them."""
        numbers = np.arange(len(self.residual))[rows]
        return self if numbers.size == len(self.residual) else many.taken(self, numbers, len(self.residual))


def joined(changes: Sequence[Change]) -> Change:
    """Changes of some cases each as one of all of them."""
    return replace(many.joined(changes), unsettled=sum(change.unsettled for change in changes))


def change_between(start: Settled, end: Settled, residual: Array, draws: int = 0) -> Change:
    """What happens from one state to another, B cases as many as in ``residual``, of a run of
    ``draws``; NotConverged where too many of them did not settle."""
    first, last = start.world, end.world
    cases, pairs = len(residual), first.response.trade_factor.shape[1]
    # Where nothing has changed, nothing has: not by the last digit of world trade solved in other
    # company.
    same = (last.class_factor == first.class_factor).all(axis=(1, 2))
    if same.all():
        last = spread(first, cases)
    elif same.any():
        last = _over(last, spread(first, cases), np.flatnonzero(same))
    found = Change(
        spread(start, cases), Settled(end.state, last), last.cost_factor / first.cost_factor,
        last.class_factor / first.class_factor,
        _ratio(last.response, first.response), np.broadcast_to(first.response.trade_factor, (cases, pairs)),
        np.broadcast_to(first.response.sector_factor, (cases, *first.response.sector_factor.shape[1:])), residual,
        np.ones(cases, dtype=bool),
    )  # fmt: skip
    return _without_unsettled(found, draws)


def spread(found: T, cases: int) -> T:
    """Something of one case as often as there are cases; of as many, itself."""
    size = found.cases if isinstance(found, Settled) else len(found.class_factor)  # type: ignore[attr-defined]
    return found if size == cases else many.taken(found, np.zeros(cases, dtype=np.intp), 1)


def _over(whole: World, other: World, rows: npt.NDArray[np.intp]) -> World:
    """``whole`` with the cases ``rows`` as in ``other``."""

    def mixed(value: Any, new: Any) -> Any:
        if isinstance(value, np.ndarray) and new is not None:
            value = value.copy()
            value[rows] = new[rows]
            return value
        if is_dataclass(value) and new is not None:
            return replace(
                value,
                **{
                    f.name: mixed(getattr(value, f.name), getattr(new, f.name))
                    for f in fields(value)
                },
            )  # type: ignore[type-var]
        return value

    return mixed(whole, other)  # type: ignore[no-any-return]


def _ratio(
    after: equilibrium.SectorResponse, before: equilibrium.SectorResponse
) -> equilibrium.SectorResponse:
    """What happens from one state of the world to another, both known against a third; what was
    nothing stays as it is."""
    factors = {}
    for name in _RATIOS:
        new, old = getattr(after, name), getattr(before, name)
        factors[name] = np.divide(
            new, old, out=np.ones(np.broadcast_shapes(new.shape, old.shape)), where=old > 0.0
        )
    return replace(after, **factors, residual=np.maximum(after.residual, before.residual))


def _without_unsettled(change: Change, draws: int) -> Change:
    """Cases of which a state did not settle show what a case beside them does; NotConverged where
    those are too many."""
    good = np.ones(len(change.residual), dtype=bool)
    for state in (change.before, change.after):
        if state is not None:
            good &= state.settled
    if good.all():
        return change
    must_settle(good, max(good.size, draws), "with or without the measures")
    return replace(many.taken(change, stand_ins(good), good.size), own=good, unsettled=int((~good).sum()))


def stand_ins(settled: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """(B,) the case that stands for each: itself where it has ``settled``, else one beside it."""
    good = np.flatnonzero(settled)
    of = np.arange(settled.size)
    of[~settled] = good[np.minimum(np.searchsorted(good, of[~settled]), good.size - 1)]
    return of


def for_tables(change: Change) -> Change:
    """Without what only a search that begins at its states needs, which is most of the memory. Nothing (B, 0, ...) is left of: the
    states' world trade, trucks by route, costs and hidden costs of the state after, exports and imports of economies. Sectors are
    those of the first two pairs, the study's, and so are prices of the state after."""

    def none(array: Array) -> Array:
        return np.empty((len(array), 0, *array.shape[2:]))

    def lean(settled: Settled, *more: str) -> Settled:
        state, found = settled.state, settled.world
        if state is not None:
            gone = ("composite_cost", "kept", "route_trucks_per_day", *more)
            state = replace(state, **{name: none(getattr(state, name)) for name in gone})  # type: ignore[arg-type]
            if settled is change.end:
                state = replace(state, price_factor=np.array(state.price_factor[:, :2]))
        of_response = {name: none(getattr(found.response, name)) for name in _RATIOS}
        response = replace(found.response, **of_response)  # type: ignore[arg-type]
        return Settled(state, World(none(found.class_factor), none(found.cost_factor), response, none(found.theta)))

    response = change.response
    return replace(
        change,
        start=lean(change.start),
        end=lean(change.end, "mean_cost", "hidden_usd_per_t"),
        response=replace(
            response, exports_factor=none(response.exports_factor), imports_factor=none(response.imports_factor),
            sector_factor=np.array(response.sector_factor[:, :2]),
        ),
        before_sector_factor=np.array(change.before_sector_factor[:, :2]),
    )  # fmt: skip
