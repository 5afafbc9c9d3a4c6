"""What share of a pair's trade takes which way, of a solved study; draws nothing and loads nothing that does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from corridors.study.pipeline import Study
from corridors.transport.system import System, TransportState


def of_mode(study: Study, mode: str, case: str) -> float:
    """Share of the exports of the study's first economy that go by a mode, ``before`` or ``after``;
    0 off the network."""
    system = study.chain.system
    state = getattr(study.change, case)
    if system is None or state is None or not study.chain.on_network:
        return 0.0
    shares = by_route(system, state, study)
    return float(
        sum(
            s
            for s, r in zip(shares, system.routes, strict=True)
            if r.mode == mode and r.exporter == study.pair[0]
        )
    )


def by_route(system: System, state: TransportState, study: Study) -> npt.NDArray[np.float64]:
    """Mean share (R,) of each route in its direction's trade, all cargo classes together by value."""
    weights = {pair: np.median(value, axis=0) for pair, value in study.demand.items()}
    each = np.stack(
        [
            weights[r.exporter, r.importer] / weights[r.exporter, r.importer].sum()
            for r in system.routes
        ]
    )
    return np.asarray((state.route_share * each).sum(axis=2).mean(axis=0))
