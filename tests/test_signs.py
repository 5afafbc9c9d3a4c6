"""Fifteen statements that a minister would take for granted, as properties over drawn measures, queues as they are.

One network holds all measures; each case has one of them in place. Where a statement has an exception, the test says
which: road traffic can gain from a slower rival road, and shorter queues elsewhere can help those who do not pass a
crossing that shuts (both in ``test_measure_effects.py``, where queues react).
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors import uncertainty
from corridors.scenario.measures.regimes import Removed
from corridors.transport import flights, system
from corridors.transport.network import load

NETWORK = load()
CENTRAL = uncertainty.central()
PAIR = ("PAK", "RUS")
ROAD = NETWORK.links[NETWORK.link("quetta-taftan")]
TAFTAN = NETWORK.crossings.loc["taftan"]
SIZE = 1e-9


def measure(kind: str, **fields: Any) -> SimpleNamespace:
    return SimpleNamespace(kind=kind, **fields)


def drawn(better: float, days: float, trains: float) -> dict[str, SimpleNamespace]:
    """One measure of each sign, by name; ``better`` > 1 is how much, ``days`` of closure a year, ``trains`` a week."""
    now, price = ROAD.km / ROAD.hours, ROAD.usd_per_t / ROAD.km
    at = ("taftan",)
    return {
        "fast road": measure("road", links=("quetta-taftan",), speed_kmh=now * better, usd_per_t_km=None),
        "faster road": measure("road", links=("quetta-taftan",), speed_kmh=now * better * 1.5, usd_per_t_km=None),
        "cheap road": measure("road", links=("quetta-taftan",), speed_kmh=None, usd_per_t_km=price / better),
        "fee": measure("tariff_or_fee", crossings=at, usd_per_truck=float(TAFTAN["fee_usd_per_truck"]) + 200.0 * better),
        "quick border": measure("crossing_time", crossings=at, processing_hours=float(TAFTAN["processing_hours"]) / better),
        "closure": measure("closure", crossings=at, days_per_year=float(TAFTAN["closure_days_per_year"]) + days),
        "train": measure("rail_service", from_="lahore", to="moscow", trains_per_week=trains, teu_per_train=60.0, days=15.0, usd_per_teu=1800.0),
        "regime": measure("transit_regime", economies=("PAK", "IRN", "AZE", "RUS"), removes=Removed()),
        "line": measure("regular_service", from_="lahore", to="moscow", departures_per_week=trains),
        "window": measure("single_window", crossings=at, economies=None, hours=None, usd_per_truck=None),
    }


class Solved:
    """Every measure alone, beside none: shares by mode and costs of the pair's contestable goods."""

    def __init__(self, measures: dict[str, SimpleNamespace]) -> None:
        compiled = system.compile_system(measures=list(measures.values()), study=PAIR, pairs=[])
        active = np.vstack([np.zeros(len(measures)), np.eye(len(measures))])
        state = compiled.solve({k: np.repeat(v, len(active)) for k, v in CENTRAL.items()}, active=active)
        self.row = {"nothing": 0, **{name: 1 + m for m, name in enumerate(measures)}}
        self.compiled, self.state = compiled, state
        self.pair = compiled.pair_index(*PAIR)

    def share(self, case: str, mode: str, through: str = "") -> np.ndarray:
        rows = [
            r for r, way in enumerate(self.compiled.routes)
            if way.mode == mode and way.exporter == PAIR[0] and (not through or through in way.crossings)
        ]  # fmt: skip
        return self.state.route_share[self.row[case], rows].sum(axis=0)[:3]

    def cost(self, case: str) -> np.ndarray:
        return self.state.composite_cost[self.row[case], self.pair, :3]


@settings(max_examples=4, deadline=None)
@given(st.floats(1.05, 3.0), st.floats(10.0, 200.0), st.floats(1.0, 7.0))
def test_what_measures_do_to_modes_and_costs(better: float, days: float, trains: float) -> None:
    s = Solved(drawn(better, days, trains))
    road, cost = s.share("nothing", "road"), s.cost("nothing")
    for name in ("fast road", "cheap road", "quick border", "regime", "line", "window"):
        assert (s.share(name, "road") >= road - SIZE).all(), f"1-6: {name} never lowers road volume"
        assert (s.cost(name) <= cost + SIZE).all(), f"7: {name} never makes the pair's goods dearer"
    assert (s.share("faster road", "road") >= s.share("fast road", "road") - SIZE).all(), "8: a still faster road carries no less"
    assert (s.share("fee", "road") <= road + SIZE).all(), "9: a fee never raises the road volume of those who pay it"
    assert (s.cost("fee") >= cost - SIZE).all(), "10: nor does it make their trade cheaper"
    assert (s.share("fee", "road", "taftan") <= s.share("nothing", "road", "taftan") + SIZE).all()
    assert (s.share("closure", "road", "taftan") <= s.share("nothing", "road", "taftan") + SIZE).all(), "11: a border shut longer passes no more"
    assert (s.cost("closure") >= cost - SIZE).all(), "12: and makes nothing cheaper"
    lost_at_sea, lost_on_road = s.share("nothing", "sea") - s.share("train", "sea"), road - s.share("train", "road")
    assert (lost_at_sea >= lost_on_road - SIZE).all(), "13: a train takes from the sea, which carries most, before the road"
    assert (s.share("train", "rail") >= 0.0).all() and (s.cost("train") <= cost + SIZE).all(), "14: and makes nothing dearer"


@given(st.floats(0.5, 50.0), st.floats(0.1, 50.0))
def test_a_further_flight_never_takes_trade_away(per_week: float, more: float) -> None:
    """15."""
    few, many = (float(flights.trade_factor(f, 0.06, 4.0)) for f in (per_week, per_week + more))
    assert 1.0 < few < many


def test_a_fee_moves_no_more_than_switching_explains() -> None:
    """What a fee costs the pair is at most what all would pay who pass there today."""
    measures = {"fee": measure("tariff_or_fee", crossings=("taftan",), usd_per_truck=float(TAFTAN["fee_usd_per_truck"]) + 500.0)}
    s = Solved(measures)
    value = s.compiled.layout.unit_value[s.compiled.pair_index("PAK", "RUS"), :3] * CENTRAL["unit_value_factor"][0]
    most = s.share("nothing", "road", "taftan") * 500.0 / CENTRAL["truck_payload_t"][0] / value
    assert (s.cost("fee") - s.cost("nothing") <= most + SIZE).all()
    assert s.cost("fee") == pytest.approx(s.cost("nothing"), abs=float(most.max()) + SIZE)
