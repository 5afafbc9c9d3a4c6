"""Crossings of the world: what each takes, and whether it is shut today."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd

from corridors.data import tables as data
from corridors.transport.world_network import costs
from corridors.transport.world_network.tables import roads


@lru_cache(maxsize=1)
def all_borders() -> tuple[costs.Border, ...]:
    """Every crossing of the world, in the order of the table."""
    table = roads().crossings
    return tuple(
        costs.border(str(r.crossing), names_of(r), str(r.economy_a), str(r.economy_b)) for r in table.itertuples()
    )


def names_of(row: Any) -> tuple[str, ...]:
    """All names of a row of the table of crossings."""
    others = getattr(row, "other_names", "")
    return (str(row.crossing), str(row.name), *(str(others).split("|") if isinstance(others, str) else ()))


@lru_cache(maxsize=1)
def states() -> pd.DataFrame:
    """Borders shut in the base state: economy_a, economy_b, crossing (or missing), since, note, source_url."""
    table = data.table("world_border_states")
    return table[(table["state"] == "shut") & table["until"].isna()].reset_index(drop=True)


@lru_cache(maxsize=1)
def shut() -> frozenset[str]:
    """Ids of the crossings that are shut to trade today: ``data/network`` first, then ``border_states.csv``."""
    table = roads().crossings
    checked = {name: row["state"] for name, row in costs.checked_crossings().items()}
    rows = states().to_dict("records")
    whole = {frozenset((r["economy_a"], r["economy_b"])) for r in rows if not isinstance(r["crossing"], str)}
    single = {str(r["crossing"]) for r in rows if isinstance(r["crossing"], str)}
    sides = zip(table["crossing"].to_list(), table["economy_a"].to_list(), table["economy_b"].to_list(), strict=True)
    return frozenset(
        str(name)
        for name, a, b in sides
        if (checked[name] == "shut" if name in checked else frozenset((a, b)) in whole or name in single)
    )


LEAST_USE = 0.02


@lru_cache(maxsize=1)
def named() -> frozenset[str]:
    """Crossings that people know as posts: those of ``data/network``, ``crossing_names.csv`` and
    ``hand_crossings.csv``."""
    return frozenset(
        {*data.table("world_crossing_names")["crossing"], *data.table("world_hand_crossings")["crossing"]}
        | set(costs.checked_crossings())
    )


@lru_cache(maxsize=1)
def minor() -> frozenset[str]:
    """Crossings that hardly any city pair would use and nobody has named, on borders that have others: no ways for cargo.

    Where a road meets a border there need not be a customs post.
    """
    table = roads().crossings
    sides = [frozenset(pair) for pair in zip(table["economy_a"].to_list(), table["economy_b"].to_list(), strict=True)]
    ids = table["crossing"].to_list()
    major = [
        name in named() or share >= LEAST_USE
        for name, share in zip(ids, table["use_share"].to_list(), strict=True)
    ]
    served = {side for side, big in zip(sides, major, strict=True) if big}
    return frozenset(str(name) for name, side, big in zip(ids, sides, major, strict=True) if not big and side in served)


def why_shut(a: str, b: str) -> str | None:
    """A sentence why no crossing between two neighbours is open, None if one is or they are no neighbours."""
    for r in states().itertuples():
        if {r.economy_a, r.economy_b} == {a, b} and not isinstance(r.crossing, str):
            note = f": {r.note}" if isinstance(r.note, str) and r.note else ""
            since = f" since {r.since}" if isinstance(r.since, str) else ""
            return f"the border between the two has been shut to trade{since}{note} ({r.source_url})"
    return None
