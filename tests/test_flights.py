"""Direct flights: nothing for whom planes join already, in proportion, saturating, for goods made for a buyer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors import scenario, uncertainty
from corridors.data import tables
from corridors.study import run
from corridors.study.headline import quick
from corridors.trade import cargo
from corridors.transport import flights, system
from corridors.transport.network import load
from studied import studied

gains, halves, thetas = st.floats(0.001, 0.5), st.floats(0.5, 20.0), st.floats(1.0, 10.0)


def flown(pair: list[str], route: list[str], per_week: float, **more: Any) -> scenario.Scenario:
    measures = [{"kind": "direct_flights", "route": route, "flights_per_week": per_week}]
    return scenario.parse({"pair": pair, "measures": measures, **more}, name=f"{route[0]}-{route[1]}-{per_week:g}".lower())


@given(st.floats(0.0, 200.0), st.floats(0.01, 200.0), gains, halves)
def test_more_flights_do_more_and_each_less_than_the_one_before(few: float, step: float, gain: float, half: float) -> None:
    one, two, three = (float(flights.trade_factor(few + k * step, gain, half)) for k in range(3))
    assert 1.0 <= one < two < three < 1.0 + gain
    assert three - two < two - one
    assert flights.trade_factor(0.0, gain, half) == 1.0
    assert flights.trade_factor(half, gain, half) == pytest.approx(1.0 + gain / 2)


@given(st.floats(0.0, 100.0), gains, halves, thetas, st.lists(st.floats(0.0, 1.0), min_size=1, max_size=4))
def test_the_cost_moves_trade_as_the_service_does(f: float, gain: float, half: float, theta: float, d: list[float]) -> None:
    factor = flights.cost_factor(np.array([f]), d, gain, half, np.array([theta]))[0]
    more = float(flights.trade_factor(f, gain, half)) - 1.0
    assert factor**-theta == pytest.approx(1.0 + np.array(d) * more, rel=1e-12)
    assert (factor <= 1.0).all()


def test_bulk_is_traded_on_exchanges() -> None:
    shares = dict(zip(cargo.CLASSES, flights.differentiated_shares(cargo.CLASSES), strict=True))
    assert shares["bulk"] == 0.0 and shares["machinery"] > shares["food"] > 0.0


def test_who_is_joined_today() -> None:
    for pair in (("TUR", "RUS"), ("KAZ", "UZB"), ("PAK", "CHN"), ("PAK", "UZB"), ("RUS", "UZB"), ("IRN", "PAK"), ("GBR", "USA"), ("PAK", "PAK")):
        assert flights.joined(*pair) and flights.joined(*pair[::-1]), pair
    for pair in (("PAK", "RUS"), ("IND", "PAK"), ("PAK", "BLR")):
        assert not flights.joined(*pair), pair


def test_a_newer_row_stands_in_place_of_2014() -> None:
    old = {frozenset(p) for p in tables.table("direct_air_services_2014")[["economy_a", "economy_b"]].itertuples(index=False, name=None)}
    new = tables.table("air_services")
    assert frozenset(("IND", "PAK")) in old and not flights.joined("IND", "PAK")
    assert (new["economy_a"] < new["economy_b"]).all() and new["as_of"].str.fullmatch(r"20\d\d-[01]\d").all()
    assert (new.loc[~new["flying"].astype(bool), "flights_per_week"] == 0).all()


@pytest.mark.parametrize(
    ("pair", "route"), [(["TUR", "RUS"], ["IST", "SVO"]), (["UZB", "KAZ"], ["TAS", "ALA"]), (["PAK", "CHN"], ["ISB", "URC"])]
)
@pytest.mark.parametrize("per_week", [1.0, 14.0])
def test_flights_where_planes_fly_already_do_next_to_nothing(pair: list[str], route: list[str], per_week: float) -> None:
    row = quick([flown(pair, route, per_week, targets=[])], draws=64).iloc[0]
    assert abs(row[["effect_percent_p10", "effect_percent_p50", "effect_percent_p90"]].to_numpy(dtype=float)).max() < 1.0


def test_they_add_no_room_for_freight_either() -> None:
    measure = flown(["TUR", "RUS"], ["IST", "SVO"], 7.0).measures
    compiled = system.compile_system(measures=measure, study=("TUR", "RUS"))
    assert compiled.effects.services == load().services


def test_islamabad_moscow_twice_a_week_and_daily() -> None:
    found = quick([flown(["PAK", "RUS"], ["ISB", "SVO"], f) for f in (1.0, 2.0, 14.0)], draws=256)["effect_percent_p50"]
    assert 0.2 < found[1] < 3.0
    assert found[2] > 2.0 * found[0] > 0.0


def test_the_prior_stands_among_the_studies_and_below_our_own_upper_bound() -> None:
    studies = tables.table("flight_studies")
    given_ = studies["central_percent"].dropna() / 100.0
    row = tables.parameters().set_index("parameter").loc["flight_gain"]
    assert len(given_) >= 5
    assert ((given_ >= row["low"]) & (given_ <= 1.3 * row["high"])).all()
    assert given_.min() < row["central"] < given_.median(), "below the middle: most studies are of cities"
    draws = uncertainty.sample(None, 4096, 1)["flight_gain"]
    assert np.quantile(draws, 0.975) < 0.01 * flights.upper_bound().loc["own_level", "high_percent"]


def test_our_own_estimate_is_what_the_table_says() -> None:
    table = tables.table("flight_studies").set_index("study")
    for name, row in flights.upper_bound().iterrows():
        for column in ("low", "central", "high"):
            found = row["percent" if column == "central" else f"{column}_percent"]
            assert table.loc[name, f"{column}_percent"] == pytest.approx(found, abs=0.06), (name, column)
    assert flights.upper_bound().loc["own_past_trade", "percent"] < flights.upper_bound().loc["own_level", "percent"]


def test_the_headline_is_given_with_and_without_flights() -> None:
    only = studied("direct-flights").summary()
    assert only["effect_without_flights_percent"] == {"p10": 0.0, "p50": 0.0, "p90": 0.0}
    both = studied("full-connectivity").summary()
    assert both["effect_without_flights_percent"]["p50"] < both["effect_percent"]["p50"]
    assert "effect_without_flights_percent" not in studied("capacity-800").summary()


def test_without_flights_is_the_scenario_without_them() -> None:
    full = scenario.load("full-connectivity")
    raw = full.model_dump(mode="json", exclude={"name"})
    raw["measures"] = [m for m in raw["measures"] if m["kind"] != "direct_flights"]
    other = run(scenario.parse(raw, name="no-flights"), draws=64).headline()
    apart = studied("full-connectivity").facts["effect_without_flights_percent"]
    for p in other:
        assert apart[p] == pytest.approx(other[p], abs=2e-3), p
