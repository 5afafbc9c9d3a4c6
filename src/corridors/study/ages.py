"""How long measures have been there where they began at different times: each counts by what it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from corridors.study.counterfactual import Chain, effect_of
from corridors.transport.system import Pair

Array = npt.NDArray[np.float64]

NOTHING_PERCENT = 1e-6
"""What moves a pair's trade by less does nothing."""


def weighed(chain: Chain, middle: Mapping[str, Array], active: Array, year: float, demand: Mapping[Pair, Array]) -> Chain:
    """``chain`` with measures that began at different times counted by what each alone does to the pair's trade: in the central
    case ``middle`` (1,), with measures ``active`` (M,) in place and the pair's trade ``demand`` (C,) in ``year``.

    Elasticities grow with the years that measures have been there; a measure that does nothing has no say in how fast trade
    answers the others. Measures that began together, or do nothing, leave the chain as it is.
    """
    if len(set(chain.since)) < 2:
        return chain
    every = {name: np.repeat(value, chain.count) for name, value in middle.items()}
    flows = {pair: np.atleast_2d(value) for pair, value in demand.items()}
    moved = np.abs(effect_of(chain.change(every, np.diag(active), year, flows), flows, chain.study))
    return replace(chain, parts=tuple(np.round(moved / moved.sum(), 6).tolist())) if moved.max() > NOTHING_PERCENT else chain
