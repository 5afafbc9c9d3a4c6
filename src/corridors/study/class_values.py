"""A study's trade by cargo class, year and draw, without measures and with them, and what of it is on ways.

Measures move each class by what its sectors do in the last year (``F_c``, new over old); in a year in which a part ``e`` of the
last year's ln growth is there, by ``F_c^e``, so that the classes add up to the path. What flows through pipelines is on no way
and stays: the rest of a class is its value less ``q`` times that without measures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from corridors.study.projected import FLOWS

if TYPE_CHECKING:
    from corridors.study.pipeline import Study

Array = npt.NDArray[np.float64]

_NOTHING = 1e-9


def values(study: Study, flow: str, case: str) -> Array:
    """(B, T, C) million dollars a year of ``flow`` (exports or imports) by class; ``case``: baseline or scenario."""
    shares = study.baseline.export_shares if flow == "exports" else study.baseline.import_shares
    paths = (study.baseline_paths if case == "baseline" else study.scenario_paths).first(flow, study.draws)
    if case == "baseline":
        return np.asarray(paths[:, :, None] * shares[:, None, :])
    parts = shares[:, None, :] * _factors(study, flow)
    return np.asarray(paths[:, :, None] * (parts / parts.sum(axis=2, keepdims=True)))


def carried(study: Study, flow: str, case: str) -> Array:
    """The same without what flows through pipelines."""
    whole, piped = values(study, flow, case), study.piped[flow]
    if not piped.any():
        return whole
    before = whole if case == "baseline" else values(study, flow, "baseline")
    return np.maximum(whole - piped * before, 0.0)


def _factors(study: Study, flow: str) -> Array:
    """(B, T, C) what measures do to the trade of each class, new over old."""
    k = FLOWS.index(flow)
    sectors = np.asarray(study.change.response.sector_factor)[:, k]
    goods = study.chain.goods.inside[k]
    travels = goods.sum(axis=0) > 0.0
    factor = np.where(travels, sectors @ goods, 1.0)
    growth = study.growth[k]
    last = growth[:, -1:]
    there = np.clip(np.divide(growth, last, out=np.zeros_like(growth), where=np.abs(last) > _NOTHING), 0.0, 1.0)
    return np.asarray(np.maximum(factor, _NOTHING)[:, None, :] ** there[:, :, None])
