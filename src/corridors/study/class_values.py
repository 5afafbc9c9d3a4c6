"""A study's trade by cargo class, year and draw, without measures and with them, and what of it is on ways.

Measures move each class by what its sectors do in the last year (``F_c``, new over old); in a year in which a part ``e`` of the
last year's ln growth is there, by ``F_c^e``, so that the classes add up to the path. What flows through pipelines is on no way:
of a class of which the ways' prices leave ``K`` of base-year trade, ``q`` of it through pipelines, a part ``1 - q / K`` is on
ways, whatever the rest of the world makes of both.
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
    whole = values(study, flow, case)
    if not study.piped[flow].any():
        return whole
    ln = np.log(_kept(study, flow, "baseline"))[:, None]
    if case != "baseline":
        ln = ln + _there(study, flow)[:, :, None] * (np.log(_kept(study, flow, case))[:, None] - ln)
    return np.asarray(whole * _on_ways(study.piped[flow], np.exp(ln)))


def on_ways(study: Study, flow: str, case: str) -> Array:
    """(B, C) part of ``flow`` that is on ways in the last year; the rest flows through pipelines."""
    return _on_ways(study.piped[flow], _kept(study, flow, case))


def _on_ways(piped: Array, kept: Array) -> Array:
    return np.asarray(np.maximum(1.0 - piped / kept, 0.0))


def _kept(study: Study, flow: str, case: str) -> Array:
    """(B, C) what prices on the ways leave of base-year trade in the last year, pipelines included."""
    state, system = study.change.before if case == "baseline" else study.change.after, study.chain.system
    if state is None or system is None or not study.chain.on_network:
        return np.ones((study.draws, study.piped[flow].size))
    at = system.pair_index(*(study.pair if flow == "exports" else study.pair[::-1]))
    return np.asarray(np.maximum(state.price_factor[:, at] ** -study.params["trade_elasticity"][:, None], _NOTHING))


def _there(study: Study, flow: str) -> Array:
    """(B, T) how much of the last year's ln growth is there in each year."""
    growth = study.growth[FLOWS.index(flow)]
    last = growth[:, -1:]
    return np.clip(np.divide(growth, last, out=np.zeros_like(growth), where=np.abs(last) > _NOTHING), 0.0, 1.0)


def _factors(study: Study, flow: str) -> Array:
    """(B, T, C) what measures do to the trade of each class, new over old."""
    k = FLOWS.index(flow)
    sectors = np.asarray(study.change.response.sector_factor)[:, k]
    goods = study.chain.goods.inside[k]
    travels = goods.sum(axis=0) > 0.0
    factor = np.where(travels, sectors @ goods, 1.0)
    return np.asarray(np.maximum(factor, _NOTHING)[:, None, :] ** _there(study, flow)[:, :, None])
