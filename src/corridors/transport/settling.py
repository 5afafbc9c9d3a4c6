"""One search for queues and world trade: a block of cases to where traffic and trade agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from corridors.equilibrium.anderson import Anderson
from corridors.transport.block import Block
from corridors.transport.cases import Start
from corridors.transport.feedback import World

MOST_ROUNDS = 24
FINEST = 2e-9
CLEARING = (1e-4, 1e-7, 5e-11)
"""How near to clearing markets are taken in the first rounds; a case may be done where that is a
30th of what is asked."""
GAPS = (1e-5, 1e-6)
"""Relative gap of the queues before the world is asked for the first and the second time; after
that all that is asked."""


def settle(block: Block, world: World, start: Start, tolerance: float, gap: float) -> int:
    """Bring ``block`` to where traffic and world trade agree: queues to a relative ``gap`` and ``rest`` within ``tolerance``
    in every pair that has trucks, or a thousandth of what it moves from a state beside. Returns
    rounds of the queues."""
    trade = world.trade
    block.respond(trade)
    if not world.answers:
        rounds = block.equilibrate(gap, start)
        block.stand()
        return rounds
    rounds = block.equilibrate(max(gap, GAPS[0]), start)
    rest = np.array(np.broadcast_to(trade.rest, (len(trade.of_class), block.size)))
    cases, some = np.arange(block.size), block
    memory = Anderson()
    limit = np.full(block.size, 0.5 * tolerance)
    for turn in range(MOST_ROUNDS):
        now = rest[:, cases]
        clearing = CLEARING[min(turn, len(CLEARING) - 1)]
        found, whole = world.rest(some.kept(), cases, clearing)
        move = found - now
        # pairs without trucks follow at once: no traffic depends on them
        still = np.setdiff1d(np.arange(len(move)), block.driving)
        now[still] = found[still]
        move[still] = 0.0
        rest[:, cases] = now
        apart = np.abs(move).max(axis=0, initial=0.0)
        if turn == 0 and world.beside is not None:
            # A state beside another is there for its difference, which may be small.
            moved = np.abs(whole - world.beside)[block.driving].max(axis=0, initial=0.0)
            limit = np.clip(1e-3 * moved, 0.1 * FINEST, limit)
        rough = (some.gap > gap) | ((apart > 0.0) & (clearing > np.maximum(limit[cases], FINEST) / 30.0))
        left = np.flatnonzero((apart > limit[cases]) | rough)
        if not left.size or turn == MOST_ROUNDS - 1:
            break
        memory.keep(left) if left.size < cases.size else None
        cases = cases[left]
        new = memory.step(
            np.ascontiguousarray(now[:, left].T), np.ascontiguousarray(move[:, left].T)
        ).T
        rest[:, cases] = new
        some = block.part(cases)
        some.respond(replace(trade.part(cases), rest=new))
        rounds += some.again(max(gap, GAPS[1]) if turn == 0 else gap)
        block.place[:, cases] = some.place
    block.respond(replace(trade, rest=rest))
    block.stand()
    return rounds
