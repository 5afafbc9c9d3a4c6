"""The worth of more room at Taftan by hand: counted trucks, hours and what an hour costs, from figures in plain sight."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from corridors import uncertainty
from corridors.appraisal import states
from corridors.transport import system as choice

CENTRAL = uncertainty.central()


def test_what_800_trucks_a_day_at_taftan_are_worth_by_hand() -> None:
    """Trucks times hours times dollars an hour, and traffic, growth and load within what is reported of Taftan."""
    wide = SimpleNamespace(kind="border_capacity", crossings=("taftan",), trucks_per_day=800.0)
    system = states.showing_all(choice.compile_system(measures=[wide], study=("PAK", "RUS")))
    x = system.crossings.index("taftan")
    before, after = system.solve(CENTRAL, year=2035.0), system.solve(CENTRAL, active=np.ones(1), year=2035.0)
    # A load of 11,000 dollars loses 1.3 % a day, times its mix of goods, and 0.8 of that for the spread; the truck costs 70.
    goods = 11_000.0 * system.layout.rest_day_multiplier * 0.013 * (1.0 + 0.8)
    an_hour = (goods + 70.0) / 24.0
    assert float(states.truck_hour_usd(system, CENTRAL)[0, x]) == pytest.approx(an_hour, rel=1e-9)
    trucks = [float(state.crossing_load_trucks_per_day[0, x]) for state in (before, after)]
    hours = float(before.crossing_hours[0, x] - after.crossing_hours[0, x])
    by_hand = 0.5 * sum(trucks) * hours * an_hour * 365.0 / 1e6
    assert float(states.crossing_gains(system, before, after, CENTRAL)[0, x]) == pytest.approx(by_hand, rel=1e-9)
    # More than 150 trucks a day passed to Pakistan in 2022 (Mehr, 27 February 2022); traffic grows by 4 % a year.
    row = system.network.crossings.loc["taftan"]
    assert 150.0 <= row["background_trucks_per_day"] < row["capacity_trucks_per_day"] == 200.0
    assert trucks[0] < 200.0 < trucks[1] < 2.0 * 160.0 * 1.04**10
    assert 50.0 < by_hand < 250.0 and 48.0 < hours < 168.0
