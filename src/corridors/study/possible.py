"""Which scenarios a study would refuse, and whose measures would do nothing, told without computing one."""

from __future__ import annotations

import json
from collections.abc import Sequence

from corridors.errors import CorridorsError, DataError, NetworkError, ScenarioError, nearest
from corridors.runtime.cache import kept
from corridors.scenario import Scenario, parse


def refusals(scenarios: Sequence[Scenario]) -> list[tuple[int, str]]:
    """What :func:`corridors.study.run` would refuse these for, by their position; empty if it would compute them all.

    Raises DataError if the gravity model cannot be estimated on the data's sample, or the world's
    trade not be balanced: then no scenario can be computed, and the tables are to blame.
    """
    if not scenarios:
        return []
    year, known = _with_trade()
    ways = [
        (position, text)
        for position, one in enumerate(scenarios)
        if one.measures
        for text in _compiled(one)[0]
    ]
    return ways + [
        (
            position,
            f"pair[{place}]: {economy!r} has no trade in {year} in the data, so nothing can be "
            f"computed for it{nearest(economy, known)}",
        )
        for position, one in enumerate(scenarios)
        for place, economy in enumerate(one.pair)
        if economy not in known
    ]


def notes(scenarios: Sequence[Scenario]) -> list[tuple[int, str]]:
    """What a study of these would say of measures that do nothing for their pair, by position: no mistakes, but seldom meant."""
    return [
        (position, text)
        for position, one in enumerate(scenarios)
        if any(getattr(measure, "crossings", None) for measure in one.measures)
        for text in _compiled(one)[1]
    ]


def _compiled(one: Scenario) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What compiling the network with the measures refuses, and what is remarked of them; kept, as it takes a part of a second."""
    return _told(one.name, one.model_dump_json(by_alias=True, exclude={"name"}))


@kept
def _told(name: str, fields: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from corridors.study import counterfactual, remarks

    one = parse(json.loads(fields), name=name)
    try:
        chain = counterfactual.build(one.pair, one.measures)
    except (NetworkError, ScenarioError) as error:
        return (str(error),), ()
    return (), tuple(remarks.on_measures(chain, one.measures))


@kept
def _with_trade() -> tuple[int, tuple[str, ...]]:
    """The year that the gravity model is estimated on, and the economies in its sample."""
    # Here, since a check that finds the answer kept needs none of the heavy libraries.
    from corridors.trade import missing_trade, world

    try:
        fit = missing_trade.world_fit()
        world.build()
    except CorridorsError as error:
        raise DataError(f"data: the model cannot be computed from these tables: {error}") from error
    except Exception as error:  # Libraries name what they cannot compute in many ways.
        raise DataError(
            f"data: the model cannot be computed from these tables: {type(error).__name__}: {error}"
        ) from error
    return fit.year, tuple(sorted({*fit.sample["exporter"], *fit.sample["importer"]}))
