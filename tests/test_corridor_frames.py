"""Tables of routes, legs, crossings and the breakdown: they add up to what the equilibrium says."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from corridors import uncertainty
from corridors.errors import DataError, NetworkError
from corridors.study.result_tables import TABLES
from corridors.transport import frames as corridor_frames
from corridors.transport import network, outlook, queue
from corridors.transport import system as choice
from corridors.transport.closure import closure_stress
from corridors.transport.legs import COMPONENTS, legs
from corridors.transport.system import System, TransportState

PAIR = ("PAK", "RUS")
CENTRAL = uncertainty.central()
DRAWS = uncertainty.sample(None, 32, 9)
DEMAND = {("PAK", "RUS"): np.array([60.0, 90.0, 30.0, 5.0]), ("RUS", "PAK"): np.array([40.0, 5.0, 90.0, 500.0])}
PAYLOAD = float(CENTRAL["truck_payload_t"][0])
MEASURES = (
    SimpleNamespace(kind="border_capacity", crossings=("taftan",), trucks_per_day=800.0),
    SimpleNamespace(kind="crossing_time", crossings=("taftan", "astara"), processing_hours=4.0),
    SimpleNamespace(kind="tariff_or_fee", crossings=("taftan",), usd_per_truck=100.0),
    SimpleNamespace(kind="road", links=("quetta-taftan",), speed_kmh=40.0, usd_per_t_km=0.04),
    SimpleNamespace(kind="rail_service", from_="lahore", to="astrakhan", trains_per_week=1.0, teu_per_train=31.0, days=20.0, usd_per_teu=2000.0),
)


@cache
def solved(draws: bool = False) -> tuple[System, TransportState, TransportState]:
    system = choice.compile_system(measures=MEASURES, study=PAIR)
    params = DRAWS if draws else CENTRAL
    before = system.solve(params, demand=DEMAND)
    return system, before, system.solve(params, active=np.ones(len(MEASURES)), demand=DEMAND)


def test_frames_have_the_columns_of_a_result() -> None:
    system, before, after = solved(True)
    frames = {
        "routes": corridor_frames.routes_frame(system, before, after, DEMAND),
        "legs": corridor_frames.legs_frame(system, before, after, PAYLOAD),
        "crossings": corridor_frames.crossings_frame(system, before, after, before),
        "breakdown": corridor_frames.breakdown_frame(system, before, after, PAYLOAD, DEMAND),
        "crossing_years": outlook.crossing_years(system, DRAWS, [2026, 2030, 2035], after=after),
        "crossing_curves": outlook.crossing_curves(system, after, ["taftan"]),
        "closure_stress": closure_stress(network.load(), MEASURES, PAIR, CENTRAL, DEMAND),
    }
    for name, frame in frames.items():
        # What a tonne emits is added where the data of emissions are known (tests/test_appraisal_study.py).
        given = frame.assign(co2_kg_per_t=1.0) if name == "routes" else frame
        assert not TABLES[name].faults(given), name
        assert len(frame), name


@pytest.mark.parametrize("phase", [0.0, 1.0])
def test_legs_of_a_route_add_up_to_its_hours_and_dollars(phase: float) -> None:
    system, before, after = solved()
    state = after if phase else before
    for i, route in enumerate(system.routes):
        (parts,) = legs(system, [route], state.queue_hours[0], np.full(len(MEASURES), phase), PAYLOAD)
        assert sum(leg.hours for leg in parts) == pytest.approx(state.route_hours[0, i], rel=1e-9)
        assert sum(leg.usd_per_t for leg in parts) == pytest.approx(state.route_usd_per_t[0, i], rel=1e-9)
        assert parts[0].a == route.origin and parts[-1].b == route.destination
        assert all(one.b == next_.a for one, next_ in zip(parts, parts[1:], strict=False))
        assert {leg.name for leg in parts if leg.kind == "crossing"} == {system.network.places[c] for c in route.crossings}


def test_legs_frame_has_every_leg_in_order() -> None:
    system, before, after = solved()
    frame = corridor_frames.legs_frame(system, before, after, PAYLOAD)
    assert (frame.groupby(["exporter", "importer", "route"], sort=False)["order"].apply(lambda o: o.tolist() == list(range(1, len(o) + 1)))).all()
    routes = corridor_frames.routes_frame(system, before, after)
    hours = frame.groupby(["exporter", "importer", "route"])["hours_before"].sum() / 24
    days = routes.set_index(["exporter", "importer", "route"])["days_before"]
    assert hours.sort_index().to_numpy() == pytest.approx(days.sort_index().to_numpy(), rel=1e-9)


def test_shares_of_routes_add_up_to_one_each_way() -> None:
    system, before, after = solved()
    frame = corridor_frames.routes_frame(system, before, after, DEMAND)
    for column in ("share_before", "share_after"):
        assert frame.groupby("direction")[column].sum().to_numpy() == pytest.approx(1.0)
    assert not frame["route"].duplicated().any() or frame.groupby("direction")["route"].apply(lambda r: r.is_unique).all()
    assert set(frame["direction"]) == {"exports", "imports"}
    assert (frame["share_before"] >= 0).all()
    assert frame.loc[frame["mode"] == "rail", "share_before"].eq(0).all()


def test_spread_of_days_holds_the_middle() -> None:
    system, before, after = solved(True)
    frame = corridor_frames.routes_frame(system, before, after, DEMAND)
    for what in ("days", "usd_per_t"):
        for case in ("before", "after"):
            assert (frame[f"{what}_{case}_p10"] <= frame[f"{what}_{case}"]).all()
            assert (frame[f"{what}_{case}"] <= frame[f"{what}_{case}_p90"]).all()
    assert (frame["hidden_usd_per_t_p10"] <= frame["hidden_usd_per_t_p90"]).all()


def test_crossings_say_what_capacity_does_and_where_it_binds() -> None:
    system, before, after = solved()
    frame = corridor_frames.crossings_frame(system, before, after, before).set_index("crossing")
    assert (frame["load_first_year_before"].to_numpy() == before.crossing_load_trucks_per_day[0]).all()
    assert frame.loc["taftan", "capacity_after"] == 800.0 and frame.loc["taftan", "capacity_before"] == 200.0
    assert frame.loc["taftan", "hours_after"] < frame.loc["taftan", "hours_before"]
    assert frame.loc["torkham", "closure_days_before"] == pytest.approx(365.0)
    assert (frame["binds_before"] == (np.median(before.capacity_hours, axis=0) > corridor_frames.BINDING_QUEUE_HOURS)).all()
    assert (frame["shadow_price_usd_per_truck_before"] >= 0).all() and frame.loc["torkham", "shadow_price_usd_per_truck_before"] == 0
    assert (frame["background_trucks_per_day"] + frame["study_trucks_per_day_before"]).to_numpy() == pytest.approx(frame["load_before"].to_numpy())
    assert frame.loc["torkham", "utilisation_before"] == 0.0 and (frame["utilisation_before"] < 1.0).all()
    passes = before.crossing_capacity * (system.network.crossings["days_open_per_week"].to_numpy() / 7) * before.open_share
    x = system.crossings.index("taftan")
    assert frame.loc["taftan", "utilisation_before"] == pytest.approx(np.median(before.crossing_load_trucks_per_day[:, x] / passes[:, x]))


def test_the_breakdown_adds_up_to_mean_days_and_dollars() -> None:
    system, before, after = solved()
    frame = corridor_frames.breakdown_frame(system, before, after, PAYLOAD, DEMAND)
    routes = corridor_frames.routes_frame(system, before, after, DEMAND)
    assert set(frame["component"]) == set(COMPONENTS)
    for direction in ("exports", "imports"):
        for case in ("before", "after"):
            rows = frame[(frame["direction"] == direction) & (frame["case"] == case) & (frame["goods"] == "all")]
            mine = routes[routes["direction"] == direction]
            weight = mine[f"share_{case}"] / mine[f"share_{case}"].sum()
            assert rows["days"].sum() == pytest.approx((weight * mine[f"days_{case}"]).sum(), rel=1e-6)
            assert rows["usd_per_t"].sum() == pytest.approx((weight * mine[f"usd_per_t_{case}"]).sum(), rel=1e-6)


def test_crossings_fill_earlier_with_more_traffic_and_later_with_more_room() -> None:
    system, _, after = solved(True)
    years = list(range(2026, 2046))
    frame = outlook.crossing_years(system, DRAWS, years, after=after)
    assert frame["probability_full"].between(0, 1).all()
    assert (frame["utilisation_p10"] <= frame["utilisation_p50"]).all() and (frame["utilisation_p50"] <= frame["utilisation_p90"]).all()
    wide = frame.pivot_table(index=["crossing", "year"], columns="capacity_case", values="probability_full")
    assert (wide["200"] >= wide["800"]).all() and (wide["800"] >= wide["1000"]).all()
    # Kazbegi takes 1,100 today: 800 is no cut there
    room = frame.pivot_table(index="crossing", columns="capacity_case", values="capacity_trucks_per_day")
    assert (room["today"] > 1000).any() and (room["800"] == np.maximum(room["today"], 800)).all()
    assert (room["1000"] == np.maximum(room["today"], 1000)).all() and (room["200"] == 200).all()
    assert (wide["today"] >= wide["800"]).all()
    busier = outlook.crossing_years(system, DRAWS, years, study_trucks_per_day=50.0)
    same = frame[frame["capacity_case"] != "scenario"].reset_index(drop=True)
    assert (busier["utilisation_p50"] > same["utilisation_p50"]).all()


def test_curves_rise_with_traffic_and_fall_with_capacity() -> None:
    system, _, after = solved()
    frame = outlook.crossing_curves(system, after, ["taftan", "khunjerab"])
    for (_, _), rows in frame.groupby(["crossing", "capacity_case"]):
        assert (np.diff(rows["hours"]) >= -1e-9).all() and np.isfinite(rows["hours"]).all()
    taftan = frame[frame["crossing"] == "taftan"].pivot_table(index="trucks_per_day", columns="capacity_case", values="hours")
    for few, many in (("200", "800"), ("800", "1000")):
        both = taftan[[few, many]].dropna()
        assert len(both) > 5 and (both[many] <= both[few] + 1e-9).all()
    with pytest.raises(NetworkError, match="tafta.*taftan"):
        outlook.crossing_curves(system, after, ["tafta"])


def test_curves_end_at_what_passes_and_no_wait_has_a_ceiling() -> None:
    """Taftan, by hand: 200 trucks a day on the days it is open; near the end of the curve a truck waits v C / (K (1 - x)) days."""
    system, _, _ = solved()
    frame = outlook.crossing_curves(system, None, ["taftan"])
    now = frame[frame["capacity_case"] == "today"]
    row = system.network.crossings.loc["taftan"]
    passes = 200.0 * (1.0 - float(row["closure_days_per_year"]) / 365.0)
    assert now["trucks_per_day"].max() == pytest.approx(0.995 * passes, rel=1e-12)
    busy = float(queue.erlang_c(0.995, int(row["lanes"])))
    assert now["hours"].max() == pytest.approx(float(row["processing_hours"]) + 24.0 * float(row["variability"]) * busy / (200.0 * 0.005), rel=1e-9)
    fuller = outlook.steady_hours(system, "taftan", 200.0, 1.0, np.array([199.0, 199.99, 200.0, 900.0]))
    assert fuller[1] > 24.0 * 100.0 > fuller[0] and np.isinf(fuller[2:]).all()


def test_curves_are_the_waits_of_the_equilibrium() -> None:
    """At the load of every crossing that is open, hours are those of the solved state."""
    system = choice.compile_system(study=PAIR)
    state = system.solve(CENTRAL)
    for x, name in enumerate(system.crossings):
        if state.open_share[0, x] > 0.0:
            hours = outlook.steady_hours(system, name, float(state.crossing_capacity[0, x]), float(state.open_share[0, x]), state.crossing_load_trucks_per_day[0, x])
            assert float(hours) == pytest.approx(state.crossing_hours[0, x], rel=1e-6), name


# A border shut for a month.


def test_closure_stress_is_consistent_with_itself() -> None:
    frame = closure_stress(network.load(), (), PAIR, CENTRAL, DEMAND, days=30)
    assert frame["crossing"].is_unique and {"taftan", "khunjerab", "astara"} <= set(frame["crossing"])
    assert not {"torkham", "chaman"} & set(frame["crossing"])
    assert frame["road_share_through"].between(0, 1).all() and frame["diverted_share"].between(0, 1).all()
    both = frame["diverted_by_road_share"] + frame["diverted_by_other_modes_share"]
    assert both.to_numpy() == pytest.approx(frame["diverted_share"].to_numpy())
    # Where next to nothing of the study passes, the shorter queues that others leave elsewhere may outweigh the way round.
    used = frame[frame["road_share_through"] > 0.01]
    assert len(used) > 8
    # At Sarakhs others' trade that is shut out frees the queues before it, hours that a truck pays for standing.
    freed = used["crossing"] == "sarakhs"
    assert (used["extra_cost_usd_per_t"] > 0)[~freed].all() and (used["extra_ad_valorem_percent"] > 0)[~freed].all()
    assert (frame["extra_ad_valorem_percent"] > -0.2).all()
    assert (frame["second_corridor_worth_usd_per_t"] > 0).all(), "a way round is never worth less than nothing"
    assert (frame["extra_ad_valorem_percent"] <= frame["cost_if_only_waiting_percent"] + 1e-9).all()
    worth = frame["cost_if_only_waiting_usd_per_t"] - frame["extra_cost_usd_per_t"]
    assert frame["second_corridor_worth_usd_per_t"].to_numpy() == pytest.approx(worth.to_numpy())
    assert (frame["backlog_trucks"] <= frame["backlog_if_nobody_diverts_trucks"] * (1 + 1e-6)).all()
    assert (frame["backlog_study_trucks"] <= frame["backlog_trucks"]).all()
    # Every border of Pakistan's with Iran or China: all road goods pass one of them.
    first = frame.set_index("crossing").loc[["taftan", "gabd", "khunjerab"], "road_share_through"]
    assert first.sum() == pytest.approx(1.0, abs=1e-6)


def test_a_longer_closure_costs_more_and_sends_more_away() -> None:
    short, long = (closure_stress(network.load(), (), PAIR, CENTRAL, DEMAND, days=d).set_index("crossing") for d in (5, 60))
    used = short["road_share_through"] > 0.01
    # At Sarakhs others' trade that is shut out frees the queues before it: days on the road fall, with a longer closure more.
    freed = short["extra_days"] < -0.05
    assert set(short.index[used & freed]) <= {"sarakhs"} and (long["extra_days"] < short["extra_days"])[freed].all()
    assert (long["extra_cost_usd_per_t"] > short["extra_cost_usd_per_t"])[used & ~freed].all()
    assert (long["diverted_share"] > short["diverted_share"]).all()
    assert (long["second_corridor_worth_percent"] > short["second_corridor_worth_percent"]).all()


def test_waiting_costs_half_the_closure_times_the_worth_of_a_day() -> None:
    """Textiles alone: 15 days at 1.3 % of value, their spread with it, and a truck that stands."""
    only = {PAIR: np.array([0.0, 100.0, 0.0, 0.0]), PAIR[::-1]: np.array([0.0, 100.0, 0.0, 0.0])}
    frame = closure_stress(network.load(), (), PAIR, CENTRAL, only, days=30)
    system = choice.compile_system(network.load(), study=PAIR)
    ends = []
    for pair in only:
        value = system.layout.unit_value[system.pair_index(*pair), 1] * CENTRAL["unit_value_factor"]
        truck = CENTRAL["truck_day_usd"] / (value * system.layout.payload[1])
        ends.append(15 * 100 * float((CENTRAL["value_of_a_day"] * (1.0 + CENTRAL["reliability_ratio"]) + truck)[0]))
    assert frame["cost_if_only_waiting_percent"].between(min(ends) - 1e-6, max(ends) + 1e-6).all() and max(ends) < 1.2 * min(ends)


def test_closure_stress_tells_wrong_days() -> None:
    for days in (0, -1, 366, float("nan")):
        with pytest.raises(DataError, match="days"):
            closure_stress(network.load(), (), PAIR, CENTRAL, DEMAND, days=days)


def test_other_traffic_has_grown_by_the_year_of_the_closure() -> None:
    now, later = (closure_stress(network.load(), (), PAIR, CENTRAL, DEMAND, year=year).set_index("crossing") for year in (None, 2040.0))
    assert later.loc["taftan", "backlog_trucks"] > 1.2 * now.loc["taftan", "backlog_trucks"]


def test_what_a_closure_does_to_the_delivered_price_is_the_price_factors_of_the_chain() -> None:
    """Taftan shut for 30 days is a crossing that takes 360 hours longer; the pair's price by hand from the two states."""
    frame = closure_stress(network.load(), (), PAIR, CENTRAL, DEMAND, days=30).set_index("crossing")
    waits = float(network.load().crossings.loc["taftan", "processing_hours"]) + 360.0 / float(CENTRAL["processing_factor"][0])
    system = choice.compile_system(measures=[SimpleNamespace(kind="crossing_time", crossings=("taftan",), processing_hours=waits)], study=PAIR)
    now, then = system.solve(CENTRAL, demand=DEMAND), system.solve(CENTRAL, active=np.ones(1), demand=DEMAND)
    theta, change = float(CENTRAL["trade_elasticity"][0]), 0.0
    for pair, value in DEMAND.items():
        p = system.pair_index(*pair)
        kept = (value / value.sum() * (then.price_factor[0, p] / now.price_factor[0, p]) ** -theta).sum()
        change += value.sum() * (kept ** (-1.0 / theta) - 1.0)
    expected = 100.0 * change / sum(value.sum() for value in DEMAND.values())
    assert expected > 0.0
    assert frame.loc["taftan", "composite_cost_change_percent"] == pytest.approx(expected, rel=1e-6)
