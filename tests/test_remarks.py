"""What a user must be told of a pair and of measures that cannot do anything: in JSON, terminal, report and explorer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corridors import scenario, study
from corridors.errors import ScenarioError
from corridors.report.export import found as saved
from corridors.scenario.measures import KINDS
from corridors.show import lookups, numbers, words
from corridors.show.words import front_page, reasons
from corridors.study import counterfactual, possible
from corridors.study.remarks import _at_shut_crossings, before_the_data, remarks
from studied import studied

CAPACITY = {"kind": "border_capacity", "crossings": ["torkham"], "trucks_per_day": 800}


def made(measures: list[dict[str, object]], pair: tuple[str, str] = ("PAK", "UZB")) -> scenario.Scenario:
    return scenario.parse({"title": "A test", "pair": list(pair), "measures": measures, "uncertainty": {"draws": 64}}, name="a-test")


@pytest.fixture(scope="module")
def at_torkham() -> study.StudyResult:
    return study.run(made([CAPACITY]))


def test_a_measure_at_a_crossing_that_is_shut_is_told_everywhere(at_torkham: study.StudyResult) -> None:
    summary = at_torkham.summary()
    (message,) = (text for text in summary["messages"] if "Torkham" in text)
    assert "has been shut since 2025-10-12" in message and "800 trucks a day at Torkham" in message
    assert message in " ".join(str(at_torkham).split())
    # a report writes the date out
    told = message.rstrip(".").replace("2025-10-12", "12 October 2025")
    assert told in words.corridors_words(at_torkham).html().replace("&#39;", "'")


def test_a_closure_that_opens_it_ends_the_message() -> None:
    shut = {"torkham": "2025-10-12"}
    still = made([CAPACITY, {"kind": "closure", "crossings": ["torkham"], "days_per_year": 365}]).measures
    opened = made([CAPACITY, {"kind": "closure", "crossings": ["torkham"], "days_per_year": 20}]).measures
    assert len(_at_shut_crossings(shut, still)) == 1
    assert _at_shut_crossings(shut, opened) == []
    assert _at_shut_crossings({"chaman": ""}, still) == []


ELSEWHERE = {"kind": "border_capacity", "crossings": ["malaba", "khunjerab"], "trucks_per_day": 900}


@pytest.mark.parametrize(
    ("pair", "crossings", "told"),
    [
        (("PAK", "RUS"), ["malaba"], "Pakistan and Russia have no way over Malaba: \u201c900 trucks a day at Malaba\u201d can move their trade only "
         "through that of others (Kenya and Uganda; Tanzania and Uganda; Kenya and Rwanda)."),
        (("KEN", "UGA"), ["malaba", "khunjerab"], "no way over Khunjerab: \u201c900 trucks a day at Malaba and Khunjerab\u201d can move their trade there only"),
        (("PAK", "RUS"), ["sarpi", "gurbulak", "khunjerab"], ""),
        (("GBR", "JPN"), ["sarpi", "malaba"], "over Sarpi or Malaba: "),
    ],
)  # fmt: skip
def test_a_measure_at_a_crossing_that_the_pair_cannot_use_says_whose_trade_it_moves(pair: tuple[str, str], crossings: list[str], told: str) -> None:
    one = made([{**ELSEWHERE, "crossings": crossings}], pair)
    found = [text for _, text in possible.notes([one]) if "is a cut" not in text]
    assert found == [text for text in remarks(counterfactual.build(one.pair, one.measures), one.measures) if "no way over" in text]
    assert len(found) == bool(told) and told in " ".join(found)
    assert possible.refusals([one]) == []


def test_capacity_at_a_crossing_that_the_scenario_shuts_is_told() -> None:
    shutting = {"kind": "closure", "crossings": ["taftan"], "days_per_year": 365, "start": 2028}
    one = made([{**CAPACITY, "crossings": ["taftan", "gabd"]}, shutting], ("PAK", "IRN"))
    (told,) = remarks(counterfactual.build(one.pair, one.measures), one.measures)
    assert told.endswith("\u201c800 trucks a day at Taftan and Gabd\u201d does nothing at Taftan from 2028 on.") and "Taftan shut all year" in told


@pytest.mark.parametrize(
    ("pair", "link", "told"),
    [
        (("CHL", "NZL"), {"from": "santiago", "to": "wellington", "km": 9500, "mode": "road"}, "measures[0]: a road from Santiago to Wellington would cross a border where"),
        (("KAZ", "AZE"), {"from": "aktau", "to": "baku", "km": 470, "mode": "road"}, "measures[0]: a road from Aktau to Baku would cross a border where"),
        (("CHL", "NZL"), {"from": "chl_santiago", "to": "nzl_auckland", "km": 1, "mode": "rail"}, "measures[0].km: is 1; the straight line from Santiago to Auckland is 9,"),
        (("KAZ", "AZE"), {"from": "aktau", "to": "baku", "km": 470, "mode": "ferry"}, ""),
    ],
)  # fmt: skip
def test_a_link_that_cannot_be_is_refused_by_check_and_run_alike(pair: tuple[str, str], link: dict[str, object], told: str) -> None:
    one = made([{"kind": "new_link", "speed_kmh": 40, "usd_per_t_km": 0.05, **link}], pair)
    found = " ".join(why for _, why in possible.refusals([one]))
    assert found.startswith(told) and bool(found) == bool(told)
    if told:
        with pytest.raises(ScenarioError) as refused:
            counterfactual.build(one.pair, one.measures)
        assert str(refused.value) == found


def test_years_before_the_data_are_no_account_of_what_was() -> None:
    assert before_the_data((2026, 2035), 2025) == () == before_the_data((2020, 2025), 2025)
    assert "lie before 2025" in before_the_data((2010, 2015), 2025)[0]


def test_shipped_scenarios_move_their_own_pair() -> None:
    every = [scenario.load(name) for name in scenario.names()]
    assert [text for _, text in possible.notes(every) if "shut since" not in text] == []


def test_the_explorer_tells_it_too() -> None:
    from corridors.explore.answers import answer
    from corridors.explore.question import Question

    found = answer(Question(("PAK", "UZB"), ("torkham",), 800.0, None, None, None))
    assert any("Torkham has been shut" in text for text in found.result.facts["messages"])


def test_a_pair_without_a_way_by_land_says_why() -> None:
    from corridors.transport.world_network.subnetwork import messages

    told = " ".join(messages("GBR", "JPN"))
    assert "United Kingdom and Japan have no way by road" in told


@pytest.mark.parametrize(("hours", "label"), [(1, "Processing in 1 hour at Taftan"), (2, "Processing in 2 hours at Taftan")])
def test_one_hour_is_no_hours(hours: int, label: str) -> None:
    (measure,) = made([{"kind": "crossing_time", "crossings": ["taftan"], "processing_hours": hours}]).measures
    assert measure.label == label
    assert isinstance(measure, KINDS["crossing_time"])


def test_a_capacity_below_todays_is_told_as_a_cut() -> None:
    less = made([{**CAPACITY, "crossings": ["khorgos", "taftan"], "trucks_per_day": 300}], ("CHN", "KAZ"))
    told = remarks(counterfactual.build(less.pair, less.measures), less.measures)
    (message,) = (text for text in told if "is a cut" in text)
    assert "800 at Khorgos" in message and " at Taftan are" not in message, "Taftan takes fewer today"
    elsewhere = made([{**CAPACITY, "crossings": ["detroit"], "trucks_per_day": 10_000}], ("CAN", "USA"))
    (message,) = (text for text in remarks(counterfactual.build(elsewhere.pair, elsewhere.measures), elsewhere.measures) if "is a cut" in text)
    assert message.endswith("(an estimate).")
    more = made([{**CAPACITY, "crossings": ["khorgos"], "trucks_per_day": 1_500}], ("CHN", "KAZ"))
    assert not any("is a cut" in text for text in remarks(counterfactual.build(more.pair, more.measures), more.measures))


RAILWAY = {"kind": "new_link", "from": "mazar", "to": "peshawar", "km": 672, "mode": "rail", "speed_kmh": 40, "usd_per_t_km": 0.05}


def test_a_railway_over_a_border_that_is_shut_is_told() -> None:
    def told(measures: list[dict[str, object]]) -> list[str]:
        asked = made(measures)
        return [text for text in remarks(counterfactual.build(asked.pair, asked.measures), asked.measures) if "taken to run" in text]

    (message,) = told([RAILWAY])
    assert "A railway from Mazar-i-Sharif to Peshawar" in message and "Afghanistan and Pakistan" in message
    assert not told([RAILWAY, {"kind": "closure", "crossings": ["torkham"], "days_per_year": 10}])
    assert not told([{**RAILWAY, "from": "termez", "to": "mazar", "km": 100}]), "that border is open"


def test_gains_of_others_by_a_new_link_are_said_not_to_be_counted() -> None:
    """Belgrade-Budapest alone was worth 13 million a year, with today's fee stated at Röszke, which brings other pairs, 605."""
    railway = {**RAILWAY, "from": "srb_belgrade", "to": "hun_budapest", "km": 350}

    def told(*measures: dict[str, object]) -> list[str]:
        asked = made(list(measures), ("SRB", "HUN"))
        return [text for text in remarks(counterfactual.build(asked.pair, asked.measures), asked.measures) if "is not counted" in text]

    (message,) = told(railway)
    assert message.startswith("What other pairs of economies gain by \u201cA railway from Belgrade to Budapest\u201d, and trade inside one, is not counted")
    inside = {**RAILWAY, "from": "srb_belgrade", "to": "srb_nis", "km": 240}
    assert "Belgrade to Nis" in names_of(told(inside))
    assert not told(railway, {"kind": "tariff_or_fee", "crossings": ["Röszke"], "usd_per_truck": 12})
    assert not told({"kind": "tariff_or_fee", "crossings": ["Röszke"], "usd_per_truck": 12})


def names_of(found: list[str]) -> str:
    (message,) = found
    return message.replace("\u0161", "s")


def test_a_railway_to_a_port_that_no_ship_is_known_of_says_so() -> None:
    """Arica-La Paz: "others cost less" was said where no cost had been compared, as no ship of Arica was in the data; Tacna has none."""
    asked = made([{**RAILWAY, "from": "per_tacna", "to": "bol_la_paz", "km": 440}], ("BOL", "CHN"))
    (message,) = [text for text in remarks(counterfactual.build(asked.pair, asked.measures), asked.measures) if "No port" in text]
    assert "lies at Tacna or La Paz" in message and "by road alone" in message
    for port in ("per_callao", "chl_arica"):
        known = made([{**RAILWAY, "from": port, "to": "bol_la_paz", "km": 1_400}], ("BOL", "CHN"))
        assert not [text for text in remarks(counterfactual.build(known.pair, known.measures), known.measures) if "No port" in text]


def test_a_railway_over_an_ocean_is_refused() -> None:
    asked = made([{**RAILWAY, "from": "fji_suva", "to": "aus_brisbane", "km": 2_800}], ("FJI", "AUS"))
    with pytest.raises(ScenarioError, match="would cross an ocean; state a link by sea or ferry"):
        counterfactual.build(asked.pair, asked.measures)
    tunnel = made([{**RAILWAY, "from": "jpn_tokyo", "to": "kor_seoul", "km": 1_300}], ("JPN", "KOR"))
    assert counterfactual.build(tunnel.pair, tunnel.measures).on_network


def test_a_pair_whose_trade_the_checked_network_does_not_know_is_not_all_by_road() -> None:
    """China and Türkiye: only the road joined them, and shutting Irkeshtam halved their trade."""
    chain = counterfactual.build(("CHN", "TUR"), ())
    assert chain.system is not None and chain.network.compiled
    assert {"road", "sea", "air"} <= {route.mode for route in chain.system.routes}
    assert not counterfactual.build(("PAK", "RUS"), ()).network.compiled


def test_a_pair_that_no_way_is_left_to_has_no_trade_and_says_so() -> None:
    chain = counterfactual.build(("AFG", "PAK"), ())
    assert chain.system is not None
    every = sorted({crossing for route in chain.system.routes for crossing in route.crossings})
    found = study.run(made([{"kind": "closure", "crossings": every, "days_per_year": 365}], ("AFG", "PAK")))
    last = found["projection"].query("case == 'scenario' and flow == 'total' and year == 2035").iloc[0]
    assert 0.0 <= last["p90"] < 0.02, "of some hundred million dollars"
    assert "no way is left" in str(found) and "100 %" in str(found)


def test_a_border_that_opens_with_a_capacity_nobody_counted_is_told() -> None:
    opening = {"kind": "closure", "crossings": ["vaalimaa"], "days_per_year": 0}

    def told(measures: list[dict[str, object]], pair: tuple[str, str]) -> list[str]:
        asked = made(measures, pair)
        return [text for text in remarks(counterfactual.build(asked.pair, asked.measures), asked.measures) if "Nobody has counted" in text]

    (message,) = told([opening], ("FIN", "RUS"))
    assert "at Vaalimaa-Torfyanovka" in message and "border_capacity" in message
    assert not told([opening, {**CAPACITY, "crossings": ["vaalimaa"]}], ("FIN", "RUS"))
    assert not told([{**opening, "crossings": ["torkham"]}], ("PAK", "AFG")), "counted before it was shut"


def test_an_opened_border_that_is_full_at_once_says_that_the_answer_hangs_on_its_capacity() -> None:
    opening = {"kind": "closure", "crossings": ["vaalimaa"], "days_per_year": 0, "start": 2028}

    def told(*more: dict[str, object]) -> list[str]:
        found = study.run(made([opening, *more], ("FIN", "RUS")))
        return [text for text in found.facts["messages"] if "hangs on that capacity" in text]

    (message,) = told()
    assert message.startswith("Full from the first year that it is open: Vaalimaa-Torfyanovka (200 trucks a day, from 2028).")
    assert not told({**CAPACITY, "crossings": ["vaalimaa"], "trucks_per_day": 60, "start": 2028}), "somebody stated it"


def test_measures_where_nothing_says_how_a_pair_trades_reach_it_through_others() -> None:
    """Both economies are on the hand-checked network, which the railway alone is on, and no goods of theirs are known to pass."""
    chain = counterfactual.build(("TKM", "UZB"), made([RAILWAY]).measures)
    assert not chain.on_network and "no goods of this pair pass" in chain.messages[0]
    assert counterfactual.build(("PAK", "UZB"), made([RAILWAY]).measures).on_network


def test_what_takes_a_new_way_is_told_of_ferries_too() -> None:
    ferry = {"kind": "new_link", "from": "aktau", "to": "baku", "km": 470, "mode": "ferry", "speed_kmh": 30, "usd_per_t_km": 0.05}
    found = study.run(made([ferry], ("KAZ", "AZE")))
    taken = found["routes"].query("share_before == 0 and share_after > 0")
    assert set(taken["mode"]) == {"road"}
    assert reasons.why_small(found) == f"No more than {numbers.share(taken.groupby('direction')['share_after'].sum().max())} of the goods, by value, take the new way."


def test_the_reason_for_so_little_is_that_of_the_measure() -> None:
    """Trucks and what crossings take were told of a transit regime on a border with no transit, and of roads that nobody takes."""
    base = studied("iran-transit-regime")
    told = reasons.why_small(base)
    before, after = (max(base.facts["road_share"][flow][case] for flow in ("exports", "imports")) for case in ("before", "after"))
    assert told == f"No more than {numbers.share(before)} of the goods, by value, go by road without the measures and {numbers.share(after)} with them."

    def of(measures: list[dict[str, Any]], **columns: Any) -> str:
        tables = {**base.tables, "routes": base["routes"].assign(**columns)}
        return reasons.why_small(replace(base, scenario={**base.scenario, "measures": measures}, tables=tables))

    regime = {"kind": "transit_regime", "economies": ["PAK", "IRN", "AZE", "RUS"]}
    assert of([regime], crossings="taftan") == "No way of this trade by road passes a third economy, so nothing of it is in transit."
    assert of([{**regime, "economies": ["PAK", "RUS"]}]) == "No way of this trade by road stays within the economies of the regime."
    assert of([{"kind": "single_window", "crossings": ["irun"]}]) == "No way of this trade by road passes where the measures hold."
    line = {"kind": "regular_service", "from": "lahore", "to": "moscow"}
    assert of([line]) == told
    train, faster = {"kind": "rail_service", "from": "lahore", "to": "astrakhan"}, {"kind": "road", "links": ["quetta-taftan"]}
    beside = of([train, faster])
    assert beside.startswith("None of the goods take the new way: no way over it is nearer or costs less; no more than ") and "trucks" not in beside
    shares = {flow: {"before": 0.93, "after": 0.93} for flow in ("exports", "imports")}
    most = replace(base, scenario={**base.scenario, "measures": [train, faster]}, facts={**base.facts, "road_share": shares})
    assert reasons.why_small(most) == "None of the goods take the new way: no way over it is nearer or costs less.", "93 % by road is no reason"
    assert "open crossings" not in of([faster]) and "open crossings on the way take" in of([CAPACITY])


def test_the_front_page_counts_the_open_crossings_as_the_report_does(tmp_path: Path) -> None:
    """It added up those that a measure names, 400, and called them the open crossings; the report says 540."""
    result = studied("capacity-800")
    result.save(tmp_path)
    kept = saved.read(tmp_path)
    assert kept is not None and kept.capacity == lookups.gate(result)
    whose, most = kept.capacity
    assert f"{numbers.count(most)} that {whose}'s open crossings on these ways take today" in front_page.why(kept)
    assert f"{whose}'s open crossings on the way take {numbers.count(most)}" in reasons.why_small(result)
    few = replace(kept, trucks=None, effect=lookups.Band(-0.1, 0.0, 0.1), shut=(), by_road=0.0035, with_measures_by_road=0.011)
    assert front_page.why(few, others=False) == "No more than 0.35\u202f% of the goods, by value, go by road without the measures and 1.1\u202f% with them."
