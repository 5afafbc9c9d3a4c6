"""The world network against what is published: every row has its figure, its address and its error, and misses are said."""

from __future__ import annotations

import numpy as np
import pytest

from corridors.data import tables
from corridors.show.words import world_ways as words
from corridors.transport.world_network import costs
from corridors.validation import world_ways
from validated import validated


def test_counts_of_trucks_stand_beside_what_trade_makes_of_them() -> None:
    frame = world_ways.compare()
    rows = frame[frame["kind"] == "trucks"].set_index("what")
    laredo = rows.loc["Nuevo Laredo-Laredo, 2024"]
    assert laredo["published"] == 16_500 and 10_000 < laredo["computed"] < 14_000
    found = world_ways.summary(frame)["trucks"]
    factor = np.maximum(rows["computed"] / rows["published"], rows["published"] / rows["computed"])
    assert found["median_factor"] == pytest.approx(float(np.median(factor)), rel=1e-9)
    assert found["within_three"] == (factor <= 3.0).sum() and found["count"] >= 38


def test_lengths_hours_and_the_shares_left_out() -> None:
    frame = world_ways.compare()
    known = tables.table("world_known_lengths")
    assert (frame["kind"] == "length").sum() == len(known), "every length has its address"
    assert tuple(frame.columns) == world_ways.COLUMNS
    counts = frame["kind"].value_counts()
    assert counts["length"] >= 35 and counts["hours"] >= 29 and counts["transit"] + counts["tested"] >= 41 and counts["share"] >= 20
    assert frame["source"].str.startswith("http").all()
    assert np.isfinite(frame[["published", "computed", "error_percent"]].to_numpy(dtype=float)).all()


def test_errors_are_those_of_the_rows() -> None:
    frame = world_ways.compare().set_index("what")
    kenya = frame.loc["Kenya: 440 km, Malaba border crossing"]
    assert kenya["published"] == 9.0 and kenya["computed"] == pytest.approx(costs.road("KEN").hours(440.0))
    assert kenya["error_percent"] == pytest.approx(100.0 * (kenya["computed"] / 9.0 - 1.0))
    burundi = frame.loc["Burundi: 225 km, Kobero-Kabanga border crossing"]
    assert burundi["published"] == pytest.approx((20.0 + 26.0) / 2.0), "exports and imports by one road are one case"
    known = tables.table("world_mode_shares_left_out")
    row = known[~known["floor"]].iloc[0]
    share = frame[frame["kind"] == "share"].iloc[0]
    assert share["error_percent"] == pytest.approx(100.0 * (row["predicted"] - row["share"]))


def test_a_missed_aim_is_said_to_be_missed() -> None:
    frame = world_ways.compare()
    summary = world_ways.summary(frame)
    causes = world_ways.causes()
    for kind, aim in world_ways.AIMS.items():
        errors = frame.loc[frame["kind"] == kind, "error_percent"].abs()
        assert summary[kind]["median_absolute_error"] == pytest.approx(float(errors.median()))
        for error in (0.5 * aim, 2.0 * aim):
            shown = {kind: {**summary[kind], "median_absolute_error": error}}
            found = validated({"world_ways": frame}, {"world_ways": shown, "world_ways_causes": causes})
            told = words.words(found).paragraphs[0]
            assert ("it is met" in told) == (error <= aim) and ("it is missed" in told) == (error > aim)
    everything = validated({"world_ways": frame}, {"world_ways": summary, "world_ways_causes": causes})
    assert len(words.words(everything).paragraphs) == 7
    assert len(words.misses(everything).rows) == len(frame)


def test_causes_start_from_the_errors_that_are_shown() -> None:
    summary, causes = world_ways.summary(world_ways.compare()), world_ways.causes()
    for kind in ("hours", "transit"):
        assert causes[kind]["model"] == pytest.approx(summary[kind]["median_absolute_error"])


def test_parts_of_a_trip_add_up_and_are_changed_one_at_a_time() -> None:
    """A trip of 20 hours at the wheel, 10 of rest and 6 at borders, and what each change makes of it."""
    trip = world_ways.Trip("there", 40.0, 20.0, 10.0, 6.0, 32.0, "")
    told = {name: hours(trip) for name, hours in world_ways.CHANGES.items()}
    assert told == pytest.approx({"model": 36, "full_days": 38, "no_queue": 33, "no_border": 30, "no_rest": 26, "faster": 31, "slower": 42})
    for parts in world_ways.causes().values():
        assert parts["wheel"] + parts["rest"] + parts["border"] == pytest.approx(100.0)
    found = world_ways.trips()
    assert all(trip.hours > 0 and trip.border >= 0 for every in found.values() for trip in every)
    assert {trip.border for trip in found["hours"]} == {0.0}, "hours in Africa are of one economy's roads"


def test_a_journey_goes_by_the_crossing_that_its_source_names() -> None:
    """From Kolkata to Dhaka by Petrapole as published, though another road is shorter; where only the drive is counted, only it is."""
    search = world_ways.roads.with_all_open()
    named, free = (world_ways._by(search, "ind_kolkata", via, "bgd_dhaka") for via in ("petrapole", float("nan")))
    assert named is not None and free is not None
    assert "petrapole" in named.crossings and named.cost >= free.cost
    assert world_ways._by(search, "jpn_tokyo", None, "usa_los_angeles") is None
    trip = world_ways.Trip("there", 40.0, 20.0, 10.0, 6.0, 32.0, "").at_the_wheel
    assert trip.hours == trip.full_days == 20.0
    rows = tables.table("world_transit_times")
    assert {name for via in rows["via"].dropna() for name in via.split()} <= set(search.graph.number)
    three = world_ways._by(search, "zaf_durban", "beitbridge chirundu kasumbalesa", "cod_lubumbashi")
    assert three is not None and three.crossings == ("beitbridge", "chirundu", "kasumbalesa")


def test_a_journey_has_the_borders_of_its_time() -> None:
    """Belarus and Ukraine were open to trucks in 2019 and shut in 2023; what a source names was open, what shut later too."""
    then, now = world_ways._shut_in("2019-06"), world_ways._shut_in("2023")
    post = "blr_ukr_novaya_huta"
    assert post not in then and post in now and "torkham" not in now and "torkham" in world_ways._shut_in("2025")
    assert "bgd_mmr_teknaf" in then, "no road crossed the Naf then either"
    number = world_ways.roads.with_all_open().graph.number
    assert not world_ways._in("2023", post).barred[number[post]] and world_ways._in("2023", None).barred[number[post]]


def test_rest_after_full_days_by_hand() -> None:
    """At 50 km/h and 12 hours a day: 590 km is a day's driving, 610 km needs a night in between."""
    cost = costs.RoadCost(0.1, 50.0, 0.5)
    assert world_ways._full_days([(590.0, cost)]) == pytest.approx(11.8)
    assert world_ways._full_days([(310.0, cost), (300.0, cost)]) == pytest.approx(12.2 + 12.0)
    assert cost.hours(590.0) == pytest.approx(23.6)
