"""How long measures have been there where they began at different times: each counts by what it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from corridors.scenario.model import Scenario
from corridors.study.counterfactual import Chain, effect_of
from corridors.study.phases import phases, since_of, usual_since
from corridors.transport.system import Pair

Array = npt.NDArray[np.float64]

NOTHING_PERCENT = 1e-6
"""What moves a pair's trade by less does nothing."""


def dated(chain: Chain, asked: Scenario, middle: Mapping[str, Array], demand: Mapping[Pair, Array]) -> Chain:
    """``chain`` with the years since when the measures of ``asked`` have been there. Those that began at different times count
    by what each alone does to the pair's trade, in the last year of the central case ``middle`` (1,), where that is ``demand``
    (C,).

    Elasticities grow with the years that measures have been there; a measure that does nothing has no say in how fast trade
    answers the others. Where all began together, or none does anything, they count alike.
    """
    alike = timed(chain, since_of(asked), (), usual_since(asked))
    if len(set(alike.since)) < 2:
        return alike
    last = asked.years[-1]
    active = phases(asked.measures, [last], middle)[0, -1]
    every = {name: np.repeat(value, alike.count) for name, value in middle.items()}
    flows = {pair: np.atleast_2d(value) for pair, value in demand.items()}
    moved = np.abs(effect_of(alike.change(every, np.diag(active), last, flows), flows, alike.study))
    if not moved.max() > NOTHING_PERCENT:
        return alike
    return timed(alike, alike.since, tuple(np.round(moved / moved.sum(), 6).tolist()), alike.usual)


def timed(chain: Chain, since: tuple[float, ...], parts: tuple[float, ...], usual: tuple[float, ...]) -> Chain:
    """``chain`` with other years and parts; what it has worked out of its pairs does not depend on them."""
    new = replace(chain, since=since, parts=parts, usual=usual)
    vars(new).update({name: value for name, value in vars(chain).items() if name not in vars(new)})
    return new
