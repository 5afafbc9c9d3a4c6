"""``python -m corridors.explore.helper FD``: solve the cases that come through the socket, until it closes."""

from __future__ import annotations

import contextlib
import sys
from multiprocessing.connection import Connection

from corridors.explore.solver import Solver, make_room
from corridors.transport.system import Pair

_PAIRS = 4


def serve(channel: Connection) -> None:
    """Answer each ``(pair, cases)`` with their change, or None where they cannot be solved: who asked solves them
    too, and is told why."""
    solvers: dict[Pair, Solver] = {}
    with contextlib.suppress(EOFError, OSError):
        channel.send("here")
        while True:
            pair, cases = channel.recv()
            if pair not in solvers:
                make_room(solvers, _PAIRS)
                solvers[pair] = Solver(pair)
            try:
                found = solvers[pair].change(cases)
            except Exception:
                found = None
            channel.send(found)


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
