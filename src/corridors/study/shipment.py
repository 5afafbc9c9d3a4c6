"""One shipment followed through a result: queue, way, choice, trade cost, trade, worth.

Every figure is a row of the result's tables; what is computed here is the sum along the way, the
change that a sector's cost would make if nothing else moved, ``100 ((1 + c / 100)^-theta - 1)``
percent, and a crossing's gain over its trucks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from corridors.data.table_schema import TableSchema, check
from corridors.errors import NetworkError, nearest
from corridors.study.result import StudyResult
from corridors.study.shipment_tables import TABLES

DIRECTIONS = ("exports", "imports")
DAYS_PER_YEAR = 365.0
_OUTSIDE = "other"


@dataclass(frozen=True)
class Shipment:
    """A ``direction`` of trade and the id of its way, and a frame for each step: ``tables`` as in :data:`TABLES`.

    ``way`` is empty where the network has no way between the two; then the steps that need one have
    no rows.
    """

    result: StudyResult
    direction: str
    way: str
    tables: Mapping[str, pd.DataFrame]

    schemas: ClassVar[Mapping[str, TableSchema]] = TABLES

    def __post_init__(self) -> None:
        check(self.tables, TABLES, f"shipment of {self.result.name}")

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.tables[table]

    @property
    def pair(self) -> tuple[str, str]:
        """Who sells and who buys, ISO 3166-1 alpha-3."""
        a, b = self.result.pair
        return (a, b) if self.direction == "exports" else (b, a)

    @property
    def name(self) -> str:
        """The way in words; empty where there is none."""
        known = self["choice"]
        return "" if not self.way else str(known.loc[known["taken"], "name"].iloc[0])


def follow(result: StudyResult, direction: str = "exports", way: str = "") -> Shipment:
    """Follow one shipment in a ``direction`` (exports or imports of the pair's first economy) on the ``way`` with that id.

    Without a way: the road that most goods take without the measures, where there is no road the
    way that most take. Raises NetworkError for a direction or a way that the result does not have.
    """
    if direction not in DIRECTIONS:
        raise NetworkError(f"direction: {direction!r} is not one; exports or imports{nearest(direction, DIRECTIONS)}")
    rows = result["routes"]
    rows = rows[(rows["direction"] == direction) & (rows["mode"] != _OUTSIDE)]
    taken = _taken(rows, way, result)
    legs = _legs(result, rows, taken)
    passed = _passed(rows, taken)
    return Shipment(
        result,
        direction,
        taken,
        {
            "queue": _queue(result, passed),
            "legs": legs,
            "choice": _choice(result, direction, taken),
            "cost": _of(result, "costs", direction, "cost"),
            "trade": _trade(result, direction),
            "worth": _worth(result, passed),
        },
    )


def _taken(rows: pd.DataFrame, way: str, result: StudyResult) -> str:
    known = [str(name) for name in rows["route"]]
    if way:
        if way not in known:
            there = (
                ", ".join(known[:6]) + (" ..." if len(known) > 6 else "")
                if known
                else "none: the network has no way between the two"
            )
            raise NetworkError(f"way: {way!r} is not a way of {result.name}{nearest(way, known)}. There are {there}")
        return way
    # The most used first, as the result has them.
    by_road = rows[rows["mode"] == "road"]
    order = (by_road if len(by_road) else rows).sort_values("share_before", ascending=False, kind="stable")
    return str(order["route"].iloc[0]) if len(order) else ""


def _passed(rows: pd.DataFrame, taken: str) -> list[str]:
    return str(rows.loc[rows["route"] == taken, "crossings"].iloc[0]).split() if taken else []


def _queue(result: StudyResult, passed: list[str]) -> pd.DataFrame:
    if not passed:
        return TABLES["queue"].empty()
    frame = result["crossings"].set_index("crossing").loc[passed].reset_index()
    frame["order"] = np.arange(1, len(frame) + 1)
    return frame[list(TABLES["queue"].columns)]


def _legs(result: StudyResult, rows: pd.DataFrame, taken: str) -> pd.DataFrame:
    if not taken:
        return TABLES["legs"].empty()
    own = rows[rows["route"] == taken].iloc[0]
    frame = result["legs"]
    frame = frame[
        (frame["route"] == taken)
        & (frame["exporter"] == own["exporter"])
        & (frame["importer"] == own["importer"])
    ]
    frame = frame.sort_values("order").reset_index(drop=True)
    for quantity in ("hours", "usd_per_t"):
        for case in ("before", "after"):
            frame[f"{quantity}_so_far_{case}"] = frame[f"{quantity}_{case}"].cumsum()
    return frame[list(TABLES["legs"].columns)]


def _choice(result: StudyResult, direction: str, taken: str) -> pd.DataFrame:
    frame = result["routes"]
    if not len(frame):
        return TABLES["choice"].empty()
    frame = (
        frame[frame["direction"] == direction]
        .sort_values("share_before", ascending=False, kind="stable")
        .reset_index(drop=True)
    )
    return frame.assign(taken=frame["route"] == taken)[list(TABLES["choice"].columns)]


def _of(result: StudyResult, name: str, direction: str, step: str) -> pd.DataFrame:
    frame = result[name]
    if not len(frame):
        return TABLES[step].empty()
    return frame[frame["direction"] == direction].reset_index(drop=True)[list(TABLES[step].columns)]


def _trade(result: StudyResult, direction: str) -> pd.DataFrame:
    frame = result["sectors"]
    if not len(frame):
        return TABLES["trade"].empty()
    frame = frame[frame["direction"] == direction].reset_index(drop=True)
    alone = 100.0 * ((1.0 + frame["cost_change_percent"] / 100.0) ** -frame["trade_elasticity"] - 1.0)
    return frame.assign(alone_percent=alone)[list(TABLES["trade"].columns)]


def _worth(result: StudyResult, passed: list[str]) -> pd.DataFrame:
    frame = result["worth_by_crossing"]
    known = set(frame["crossing"]) if len(frame) else set()
    chosen = [c for c in passed if c in known]
    if not chosen:
        return TABLES["worth"].empty()
    frame = frame.set_index("crossing").loc[chosen].reset_index()
    trucks = DAYS_PER_YEAR * frame["trucks_after"]
    frame["gain_usd_per_truck"] = (1e6 * frame["gain_musd_mean"] / trucks.where(trucks > 0.0)).astype(float)
    return frame[list(TABLES["worth"].columns)]
