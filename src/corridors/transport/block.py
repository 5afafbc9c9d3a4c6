"""The search for the queues that agree with the choices, for a block of cases."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from corridors.transport.cases import Start
from corridors.transport.clearance import MOST_COUNTED
from corridors.transport.loading import EMPTIEST, FULLEST, Loading

Array = npt.NDArray[np.float64]

# Rounds of the usual iteration and of the careful one, and the longest step of each.
_ROUNDS, _CAREFUL_ROUNDS = 200, 2000
_LONGEST_STEP, _CAREFUL_STEP = 2.5, 0.2
# Finished cases leave the block at these rounds.
_SORT_OUT = frozenset({3, 4, 6, 7, 8, 10, 12, 16, 24, 48, 96, 192, 384, 768})
_SHORTEST_STEP = 1e-3
# What a round may leave of the gap before a derivative that was held is taken anew.
_SLOW = 0.2
# How steeply the objective may rise at the end of a step, of its fall at the beginning.
_OVERSHOOT = 0.5


class Block(Loading):
    """Some cases: calibrated to the base year, then brought to the queues that agree with the choices."""

    _looked: tuple[Array, Array, Array] | None = None

    def again(self, tolerance: float) -> int:
        """Find the loads anew from near by, where the block stands; returns rounds."""
        return self._from(self.place, tolerance, _Held())

    def stand(self) -> None:
        """Loads, waits and gap of the place that the block has."""
        self.load, self.wait, _, _ = self._at(self.place)
        self.gap = self._apart(self.load, self.wait)
        if self.trade is not None:
            kept = self.kept()
            self.pair_shift = self.trade.shift(kept, self.trade.signals(kept))

    def equilibrate(self, tolerance: float, start: Start) -> int:
        """Find the loads that bring forth themselves; returns the number of rounds of the slowest case.

        Newton's method on a convex function of the waits (the sum of the integrals of loads over
        waits less what shippers gain), whose slope is ``load - load(wait)``. A step that ends where
        the function rises half as steeply as it fell at its beginning is halved. With ``A`` how
        much less traffic comes for an hour more, ``s`` trucks and ``t`` hours for a step of the
        place, the step is ``(s + A t)^-1 (load(wait) - load)``. ``A`` is positive semidefinite,
        ``s`` and ``t`` are positive, so the matrix has an inverse and the solution is unique. Cases
        that are not there in time are taken up again by simple steps (:meth:`_averaged`) and
        finished by short ones.
        """
        return self._from(np.clip(self._first(start), EMPTIEST, FULLEST), tolerance)

    def _from(self, place: Array, tolerance: float, held: _Held | None = None) -> int:
        final = np.array(place)
        rounds = self._rounds(place, tolerance, final, _ROUNDS, _LONGEST_STEP, held)
        if rounds >= _ROUNDS:
            left = np.flatnonzero(self._gap(final) > tolerance)
            if left.size:
                some = self.part(left)
                again = some._averaged(np.clip(some._first(Start()), EMPTIEST, FULLEST), tolerance)
                rounds += _CAREFUL_ROUNDS + some._rounds(again, tolerance, again, _ROUNDS, _CAREFUL_STEP)
                final[:, left] = again
        self.place = final
        if self._looked is None:
            self.stand()
        else:
            self.load, self.wait, self.gap = self._looked
        return rounds

    def _averaged(self, place: Array, tolerance: float) -> Array:
        """Where simple steps lead: the odds of each crossing go a part of the way to its traffic, a part that halves where it
        overshoots. Slow, but it asks nothing of slopes.
        """
        pace, last = np.full_like(place, 0.5), np.zeros_like(place)
        best, least = place, np.full(place.shape[-1], np.inf)
        for _ in range(_CAREFUL_ROUNDS):
            load, wait, _, _ = self._at(place)
            come = self._loads(wait)
            gap = np.abs(come - load).sum(axis=0) / np.maximum(load.sum(axis=0), 1.0)
            best, least = np.where(gap < least, place, best), np.minimum(gap, least)
            if (least <= tolerance).all():
                break
            error = np.log(np.maximum(come, 1e-300) / np.maximum(load, 1e-300))
            pace = np.where(error * last < 0.0, 0.5 * pace, np.minimum(1.1 * pace, 1.0))
            place, last = np.clip(place + np.clip(pace * error, -1.0, 1.0), EMPTIEST, FULLEST), error
        return np.array(best)

    def _gap(self, place: Array) -> Array:
        load, wait, _, _ = self._at(place)
        return self._apart(load, wait)

    def _apart(self, load: Array, wait: Array) -> Array:
        """Relative gap (b,) between the traffic that is there and the one that its queues bring forth."""
        return np.asarray(np.abs(self._loads(wait) - load).sum(axis=0) / np.maximum(load.sum(axis=0), 1.0))

    def _first(self, start: Start) -> Array:
        """Where the iteration begins. Where nothing has changed since ``start`` its place stands as it is; where a capacity
        has, the traffic stands instead.
        """
        traffic = start.factor * self.base_load * self.grown
        if start.load is not None:
            traffic = np.where(start.load > 1e-3 * traffic, start.load, traffic)
        x = np.clip(traffic / self.room, 1e-12, MOST_COUNTED)
        here = np.log(x / (1.0 - x))
        crossings = here.shape[0]
        premium = np.zeros_like(self.service_capacity)
        if start.place is not None:
            known = start.place[:crossings]
            if start.capacity is None or start.opened is None or start.service_capacity is None:
                here = np.array(known)
            else:
                here = np.where((self.capacity == start.capacity) & (self.open == start.opened), known, here)
                premium = np.where(self.service_capacity == start.service_capacity, start.place[crossings:], 0.0)
        here[self.open <= 0.0] = EMPTIEST
        return np.concatenate([here, premium])

    def _rounds(
        self, place: Array, tolerance: float, final: Array, most: int, longest: float, held: _Held | None = None
    ) -> int:
        """Iterate from ``place``; where each case ends is written to ``final``. ``held`` spares derivatives."""
        work = self
        self._looked = None
        columns = np.arange(self.size)
        here = kept = place
        step = np.zeros_like(place)
        size = np.ones(self.size)
        slope = np.full(self.size, np.inf)
        for count in range(1, most + 1):
            load, wait, stretch, rise = work._at(here)
            error = work._loads(wait) - load
            gap = np.abs(error).sum(axis=0) / np.maximum(load.sum(axis=0), 1.0)
            done = gap <= tolerance
            final[:, columns] = here
            if done.all():
                if work is self:
                    # all of them stand where they were looked at last
                    self._looked = load, wait, gap
                return count
            if count in _SORT_OUT and done.any():
                left = np.flatnonzero(~done)
                columns = columns[left]
                work = work.part(left)
                here, kept, step, error, stretch, rise = (a[:, left] for a in (here, kept, step, error, stretch, rise))
                size, slope, done, gap = size[left], slope[left], done[left], gap[left]
                if held is not None:
                    held.keep(left)
            pull = error * rise
            along = -(pull * step).sum(axis=0)
            good = (along <= _OVERSHOOT * np.abs(slope)) | (size < _SHORTEST_STEP)
            if held is None:
                moved = work._newton(stretch, rise, error)
            else:
                moved = held.step(work, stretch, rise, error, np.where(done, 0.0, gap))
            moved = np.clip(moved, -longest, longest)
            down = -(pull * moved).sum(axis=0)
            kept = np.where(good, here, kept)
            step = np.where(good, moved, step)
            slope = np.where(good, down, slope)
            size = np.where(good, 1.0, 0.5 * size)
            # A case that is done stays where it is, so that its neighbours do not matter.
            here = np.where(done, here, np.clip(kept + size * step, EMPTIEST, FULLEST))
        return most

    def _newton(self, stretch: Array, rise: Array, error: Array) -> Array:
        matrix, by = self._derivative(stretch, rise)
        return np.asarray(np.nan_to_num(np.linalg.solve(matrix, (error / by).T[:, :, None])[:, :, 0].T))

    def _derivative(self, stretch: Array, rise: Array) -> tuple[Array, Array]:
        """(b, size, size) derivative of what comes less than is there, and (size, b) what its rows were divided by."""
        crossings, size = self.counts.shape[0], rise.shape[0]
        matrix = np.zeros((size, size, self.size))
        for group in self.groups:
            if group.congested:
                members = group.group.coupling.members
                matrix[np.ix_(members, members)] += group.response()
        diagonal = np.arange(size)
        matrix[diagonal[:crossings], diagonal[:crossings]] += self.rest_pull * self.rest
        matrix *= rise[None, :, :]
        matrix[diagonal, diagonal] += stretch
        # Rows are of very different size where crossings are empty or full; each is brought to
        # about 1.
        by = np.maximum(np.abs(matrix).max(axis=1), 1e-290)
        matrix /= by[:, None, :]
        return np.moveaxis(matrix, -1, 0), by


class _Held:
    """The derivative of where a short search began, taken anew in a case that a round brings not much nearer."""

    _inverse: Array
    _by: Array
    _gap: Array | None = None

    def step(self, block: Block, stretch: Array, rise: Array, error: Array, gap: Array) -> Array:
        """Newton's step (size, b), nearly, in cases a relative ``gap`` (b,) away (0: done)."""
        if self._gap is None:
            self._inverse, self._by = self._of(block, stretch, rise)
        else:
            slow = np.flatnonzero(gap > _SLOW * self._gap)
            if slow.size:
                self._inverse[slow], self._by[:, slow] = self._of(block.part(slow), stretch[:, slow], rise[:, slow])
        self._gap = gap
        return np.asarray(np.nan_to_num((self._inverse @ (error / self._by).T[:, :, None])[:, :, 0].T))

    @staticmethod
    def _of(block: Block, stretch: Array, rise: Array) -> tuple[Array, Array]:
        matrix, by = block._derivative(stretch, rise)
        return np.asarray(np.linalg.inv(matrix), dtype=float), by

    def keep(self, cases: npt.NDArray[np.intp]) -> None:
        """Forget all cases but these."""
        if self._gap is not None:
            self._inverse, self._by, self._gap = self._inverse[cases], self._by[:, cases], self._gap[cases]
