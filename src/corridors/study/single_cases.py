"""What single cases tell, most of them the central one: a month's closures, sensitivities, frictions, less of the world adjusting.

They are many short searches one after the other, which take about as long as tables and years of all draws do.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import pandas as pd

from corridors.runtime import cores
from corridors.study import facts, lots
from corridors.study import tables as study_tables
from corridors.study.frictions import frictions
from corridors.study.uncertain import uncertain
from corridors.transport.closure import stress_of

if TYPE_CHECKING:
    from corridors.study.pipeline import Study

Found = tuple[dict[str, pd.DataFrame], dict[str, float]]


def beside(study: Study) -> AbstractContextManager[Callable[[], Found]]:
    """:func:`found` on another core while this one goes on; with many draws, whose memory would be held twice, on this one."""
    return cores.beside(lambda: found(study)) if study.draws <= lots.LOT else nullcontext(lambda: found(study))


def found(study: Study) -> Found:
    """The tables ``closure_stress``, ``sensitivity``, ``information`` and ``frictions``, and the facts ``closures``."""
    tables = {
        "closure_stress": _stress(study),
        **uncertain(study),
        "frictions": frictions(
            study.chain,
            study.scenario.frictions,
            study.middle,
            study.middle_demand,
            study.last,
            study.middle_active,
            study.middle_end,
        ),
    }
    return tables, facts.closures(study)


def _stress(study: Study) -> pd.DataFrame:
    """What a month's closure of each crossing in the last year does to the study's road goods, measures in place."""
    if study.chain.system is None or not study.chain.on_network:
        return study_tables.empty("closure_stress")
    return stress_of(
        study.chain.system,
        study.middle,
        study.middle_demand,
        year=study.last,
        active=study.middle_active,
        shift=study.middle_shift,
    )
