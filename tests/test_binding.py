"""Which crossings bind, whose trucks wait there, who is turned away: held against the network solved once more with a wider crossing."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from corridors import scenario, uncertainty
from corridors.appraisal import states
from corridors.show import lookups, tables, words
from corridors.show.lookups import shares_of
from corridors.study import binding, pipeline, result
from corridors.transport import system as choice

RAW = {"title": "Khorgos cut", "pair": ["CHN", "KAZ"], "horizon": [2026, 2030], "measures": [
    {"kind": "border_capacity", "crossings": ["khorgos"], "trucks_per_day": 100, "start": 2026, "years_to_full_effect": 0}]}  # fmt: skip


@pytest.fixture(scope="module")
def cut() -> result.StudyResult:
    return pipeline.run(scenario.parse(RAW, name="khorgos-cut"), draws=64, seed=1)


def test_khorgos_at_a_hundred_passes_a_hundred_and_the_report_says_who_waits(cut) -> None:
    row = cut["binding"].set_index("crossing").loc["khorgos"]
    assert row["load_trucks_per_day"] <= row["passes_trucks_per_day"] <= 100.0
    assert row["first_year_after"] == 2026 and row["first_year_before"] > 2026
    assert row["shadow_price_usd_per_truck"] > 1000.0 and row["more_musd_per_year"] > 1.0
    assert row["turned_away_trucks_per_day"] > 500.0
    assert {"CHN-KAZ", "CHN-RUS"} <= set(shares_of(row["turned_away"]))
    assert any("torugart" in way for way in shares_of(row["to"]))  # the next crossing
    block, gone, said = tables.binding(cut), tables.turned_away(cut), words.binding_words(cut)
    assert block is not None and gone is not None and said is not None
    shown = next(cells for cells in block.rows if cells[0] == "Khorgos")
    assert float(shown[4]) <= 100.0
    shown = next(cells for cells in gone.rows if cells[0] == "Khorgos")
    assert float(shown[2]) > 500.0 and all("China\u2013Kazakhstan" in shown[at] for at in (1, 3)) and "Torugart" in shown[4]
    assert "Khorgos (from 2026)" in said.paragraphs[0]


def test_rows_are_ranked_by_what_one_more_truck_is_worth(cut) -> None:
    rows = cut["binding"]
    assert list(rows["rank"]) == list(range(1, len(rows) + 1))
    assert (np.diff(rows["more_musd_per_year"]) <= 0.0).all()
    capacity = cut["priorities"][cut["priorities"]["what"] == "capacity"].set_index("place")["worth_musd_per_year"]
    for r in rows.to_dict("records"):
        assert r["more_musd_per_year"] == capacity[r["crossing"]]
    crossings = cut["crossings"].set_index("crossing")
    binds = crossings[(crossings["binds_before"] | crossings["binds_after"]) & (crossings["closure_days_after"] < 365.0)]
    assert set(rows["crossing"]) == set(binds.index)


def test_shares_add_up(cut) -> None:
    for r in cut["binding"].to_dict("records"):
        for column in ("waiting", "turned_away", "to"):
            found = shares_of(r[column])
            assert all(share >= binding.SMALLEST_SHARE for share in found.values())
            assert 0.6 < sum(found.values()) <= 1.0 + 0.001 * len(found)  # the rest is many small ones


def test_those_turned_away_are_the_trucks_that_come_to_a_wider_crossing() -> None:
    """Against a system compiled with another measure, ten times as wide, in the central case of the last year."""
    study = pipeline.Study(scenario.parse(RAW, name="khorgos-cut"), 16, 1)
    before, after = study.change.before, study.change.after
    assert study.chain.system is not None and before is not None and after is not None
    found = binding._turned_away(study, study.chain.system, ["khorgos"])["khorgos"]
    wide = SimpleNamespace(kind="border_capacity", crossings=("khorgos",), trucks_per_day=1000.0)
    system = choice.compile_system(study.chain.network, [wide], study=study.pair)
    state = study.central_change[0].after
    assert state is not None
    flows = {pair: np.atleast_2d(value) for pair, value in study.middle_demand.items()}
    then = system.solve(study.middle, active=np.ones(1), year=study.last, demand=flows, shift=state.shift[-1:])
    x = system.crossings.index("khorgos")
    more = then.crossing_load_trucks_per_day[0, x] - state.crossing_load_trucks_per_day[-1, x]
    assert found["turned_away_trucks_per_day"] == pytest.approx(more, rel=1e-3)


def test_trucks_on_routes_and_those_of_no_pair_are_the_load() -> None:
    system = choice.compile_system(study=("PAK", "RUS"))
    every = states.showing_all(system)
    state = every.solve(uncertainty.central(), year=2030.0)
    through = every.choices.through[:, : len(every.crossings)]
    load = state.route_trucks_per_day[0] @ through + state.rest_trucks_per_day[0]
    open_ = state.open_share[0] > 0.0
    assert load[open_] == pytest.approx(state.crossing_load_trucks_per_day[0, open_], rel=1e-6)


def test_what_binds_only_without_the_measures_is_said_to_bind_no_longer(cut) -> None:
    rows, crossings = cut["binding"].copy(), cut["crossings"].copy()
    near = lookups.binding_here(cut)
    codes, names = list(near["crossing"]), [lookups.short_name(name) for name in near["name"]]
    assert len(near) > 1 and near["rank"].is_monotonic_increasing
    crossings["closure_days_before"] = crossings["closure_days_after"] = 0.0

    def told(after: list[str], year: float = 2027.0) -> str:
        crossings["binds_before"], crossings["binds_after"] = crossings["crossing"].isin(codes), crossings["crossing"].isin(after)
        rows["first_year_before"], rows["first_year_after"] = 2027.0, np.where(rows["crossing"].isin(after), year, np.nan)
        found = words.binding_words(replace(cut, tables={**cut.tables, "binding": rows, "crossings": crossings}))
        assert found is not None
        return found.paragraphs[0]

    one = told(codes[:1])
    assert one.startswith(f"With the measures trucks still wait for want of capacity at {names[0]} (from 2027); no longer at {names[1]}")
    assert f"To widen first: {names[0]}," in one and "without them" not in one
    other = told(codes[1:])
    assert f"no longer at {names[0]}." in other and f"To widen first: {names[1]}," in other
    assert f"{names[0]} (in half of all cases)" in told(codes[:1], np.nan)
    none = told([])
    assert none.startswith(f"With the measures trucks no longer wait for want of capacity at {names[0]}") and "To widen" not in none


def test_crossings_that_hardly_any_truck_of_the_pair_passes_are_no_advice(cut) -> None:
    """Burkina Faso and China: "To widen first: Irkeshtam", on a road of 15,000 km that nothing takes."""
    rows, routes = cut["binding"].copy(), cut["routes"].copy()
    others = rows["crossing"] != "khorgos"
    assert "torugart" in set(rows[others]["crossing"])
    rows.loc[others, ["waiting", "turned_away"]] = "-=1.000"
    routes[["share_before", "share_after"]] = 0.001
    some = words.binding_words(replace(cut, tables={**cut.tables, "binding": rows, "routes": routes}))
    assert some is not None
    at, widen = some.paragraphs[0].split(" To widen first, of those that this trade passes or a measure names: ")
    own, elsewhere = at.split(" They wait at ")
    assert "Khorgos" in own and "Torugart" not in own and widen.startswith("Khorgos, where")
    assert "Torugart" in elsewhere and elsewhere.endswith(" too, where hardly any goods of China and Kazakhstan pass.")
    none = words.binding_words(replace(cut, tables={**cut.tables, "binding": rows[others], "routes": routes}))
    assert none is not None and none.paragraphs[0].endswith("; hardly any of them carry goods of China and Kazakhstan.")
    assert "To widen first" not in none.paragraphs[0]


def test_what_is_of_the_central_case_and_what_is_a_median_is_said(cut) -> None:
    said = words.binding_words(cut)
    assert said is not None
    first = said.paragraphs[0].split("To widen first: ")[1]
    central, median = first.split(". In the median of all cases ")
    assert "in the central case room for one more truck a day is worth" in central and "find no room" in central
    assert "the wait costs each truck" in median and "pass there" in median


def test_what_binds_with_the_measures_alone_is_said_to_bind_newly(cut) -> None:
    """Torkham, opened, is full from its first year; Hairatan binds by the trucks that come then: "still" is true of neither."""
    rows, crossings = cut["binding"].copy(), cut["crossings"].copy()
    near = lookups.binding_here(cut)
    codes, names = list(near["crossing"]), [lookups.short_name(name) for name in near["name"]]
    crossings["closure_days_before"] = crossings["closure_days_after"] = 0.0
    crossings["binds_after"] = crossings["crossing"].isin(codes)

    def told() -> str:
        rows["first_year_after"] = 2030.0
        found = words.binding_words(replace(cut, tables={**cut.tables, "binding": rows, "crossings": crossings}))
        assert found is not None
        return found.paragraphs[0]

    crossings["binds_before"] = False
    assert told().startswith(f"With the measures trucks newly wait for want of capacity at {names[0]} (from 2030)") and "still" not in told()
    crossings["binds_before"] = crossings["crossing"].isin(codes[1:])
    both = told()
    assert f"newly wait for want of capacity at {names[0]} (from 2030); still at {names[1]} (from 2030)" in both
    # One that was shut binds anew, whatever its queue would have been.
    crossings.loc[crossings["crossing"] == codes[1], "closure_days_before"] = 365.0
    assert f"still at {names[1]}" not in told()
