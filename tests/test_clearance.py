"""Hours that sources quote with the queue are split where the table is read: clearance and queue add up to them again."""

from __future__ import annotations

import math

import numpy as np
import pytest

from corridors import uncertainty
from corridors.data import tables
from corridors.errors import NetworkError
from corridors.transport import assignment, cases, clearance, network
from corridors.transport import system as choice
from corridors.transport.world_network import costs, crossing_rows

CENTRAL = uncertainty.central()
QUOTED = tables.crossings().set_index("crossing")
NET = network.load().crossings
HELD = [str(name) for name in tables.hours_with_queue()["crossing"]]


def test_clearance_and_queue_of_the_base_state_add_up_to_the_hours_quoted() -> None:
    """As the equilibrium has them before anything moves, where the queue is no more than half of what is quoted."""
    system = choice.compile_system()
    empty = cases.Cases(
        {name: np.atleast_1d(np.asarray(CENTRAL[name], dtype=float)) for name in choice.PARAMETERS},
        np.zeros((1, system.effects.count)), np.atleast_1d(CENTRAL["traffic_base_year"]), {}, np.ones((1, 1)),
    )  # fmt: skip
    block = assignment.block(system.layout, empty, 1, 0, 1)
    together = dict(zip(system.crossings, (block.base_processing + block.base_queue)[:, 0], strict=True))
    assert {"torkham", "chaman", "taftan", "hairatan", "farap"} <= set(HELD)
    for name in HELD:
        quoted = float(QUOTED.loc[name, "processing_hours"]) * float(CENTRAL["processing_factor"][0])
        if NET.loc[name, "processing_hours"] > clearance.LEAST * QUOTED.loc[name, "processing_hours"]:
            assert together[name] == pytest.approx(quoted, rel=1e-9), name
        else:
            assert quoted < together[name] < quoted * 1.1, name


def test_taftan_by_hand() -> None:
    """160 trucks a day of 200 on 351 days: an M/G/4 queue with squared variation 4, no closed hours."""
    x, lanes = 160.0 / (200.0 * (1.0 - 14.0 / 365.0)), 4
    term = [(lanes * x) ** k / math.factorial(k) for k in range(lanes + 1)]
    busy = term[-1] / (1 - x) / (sum(term[:-1]) + term[-1] / (1 - x))
    wait = 24.0 * 4.0 * busy / (200.0 * (1 - x))
    assert 1.0 < wait < 3.0
    assert NET.loc["taftan", "processing_hours"] == pytest.approx(24.0 - wait, rel=1e-12)
    assert NET.loc["taftan", "processing_high"] == pytest.approx(36.0 - wait, rel=1e-12)


def test_what_is_quoted_without_a_queue_stays_and_the_range_holds() -> None:
    for name in set(QUOTED.index) - set(HELD):
        assert (NET.loc[name, "processing_hours"], NET.loc[name, "processing_low"]) == (QUOTED.loc[name, "processing_hours"], QUOTED.loc[name, "processing_low"])
    assert (NET["processing_low"] <= NET["processing_hours"]).all() and (NET["processing_hours"] <= NET["processing_high"]).all()
    assert (NET["processing_hours"] >= clearance.LEAST * QUOTED["processing_hours"]).all()
    # With room for the traffic counted at Torkham and no more, the queue is more than half of what is quoted.
    full = QUOTED.assign(capacity_trucks_per_day=QUOTED["capacity_trucks_per_day"].where(QUOTED.index != "torkham", 440.0))
    found = clearance.without_queue(full, network.load().usual_closure_days, HELD)
    assert found.loc["torkham", "processing_hours"] == clearance.LEAST * QUOTED.loc["torkham", "processing_hours"]


def test_the_split_is_made_once_and_for_the_world_network_too() -> None:
    assert costs.checked_crossings()["taftan"]["processing_hours"] == NET.loc["taftan", "processing_hours"]
    assert crossing_rows.table(("taftan",), "PAK", "IRN").loc["taftan", "processing_hours"] == NET.loc["taftan", "processing_hours"]
    assert (clearance.without_queue(NET, {}, ())["processing_hours"] == NET["processing_hours"]).all()


def test_a_crossing_that_is_none_is_named_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tables.hours_with_queue().assign(crossing=["taftam", *HELD[1:]])
    monkeypatch.setattr(tables, "hours_with_queue", lambda: wrong)
    with pytest.raises(NetworkError, match=r"hours_with_queue.csv: crossing 'taftam' has no row.*taftan"):
        network.load.__wrapped__()
