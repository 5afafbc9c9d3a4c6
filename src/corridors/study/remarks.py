"""Sentences that a user must see: why a pair has no way, and measures that cannot do anything as things are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from corridors.data import names

if TYPE_CHECKING:
    from corridors.study.counterfactual import Chain

SHUT_ALL_YEAR = 365.0
"""Days a year of a closure that opens nothing."""


def remarks(chain: Chain, measures: Sequence[Any]) -> tuple[str, ...]:
    """What the network says of the pair, then each measure at a crossing that is shut whatever the others do."""
    return (*chain.messages, *_at_shut_crossings(_shut(chain), measures))


def unsettled(count: int, draws: int) -> tuple[str, ...]:
    """A sentence where ``count`` of the ``draws`` simulated futures have been left out because
    queues and choices did not come to agree."""
    if not count:
        return ()
    were = "was" if count == 1 else "were"
    return (
        f"{count:,} of {draws:,} simulated futures {were} left out: the queues at crossings and "
        f"the choice of ways did not come to agree there.",
    )


def _shut(chain: Chain) -> Mapping[str, str]:
    """Crossings of the chain's network that are shut in the base state, with the date since when."""
    table = chain.network.crossings
    rows = table[table["state"] == "shut"]
    return {str(name): str(since or "") for name, since in zip(rows.index, rows["state_since"].fillna(""), strict=True)}


def _at_shut_crossings(shut: Mapping[str, str], measures: Sequence[Any]) -> list[str]:
    opened = {c for m in measures if m.kind == "closure" and m.days_per_year < SHUT_ALL_YEAR for c in m.crossings}
    found = []
    for crossing, since in shut.items():
        if crossing in opened:
            continue
        idle = [m.label for m in measures if m.kind != "closure" and crossing in (getattr(m, "crossings", None) or ())]
        if idle:
            dated = f" since {since}" if since else ""
            labels = " and ".join(f"\u201c{label}\u201d" for label in idle)
            does = "does" if len(idle) == 1 else "do"
            found.append(
                f"{names.short_name(crossing)} {'has been' if since else 'is'} shut{dated}: "
                f"{labels} {does} nothing there while it stays shut."
            )
    return found
