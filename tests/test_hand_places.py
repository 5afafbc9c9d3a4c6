"""Hand-checked places where a study is solved on the world's network."""

from __future__ import annotations

from pathlib import Path

import pytest

from corridors import cli, scenario
from corridors.errors import NetworkError
from corridors.study import counterfactual, possible
from corridors.transport.network import load
from corridors.transport.world_network import hand_places

LINK = {"kind": "new_link", "mode": "rail", "speed_kmh": 40, "usd_per_t_km": 0.05, "start": 2029}
TRAINS = {"kind": "rail_service", "trains_per_week": 3, "teu_per_train": 60, "days": 6, "usd_per_teu": 2000, "start": 2029}
LINE = {"kind": "regular_service", "departures_per_week": 7, "start": 2029}


def asked(pair: tuple[str, str], *measures: dict[str, object]) -> scenario.Scenario:
    return scenario.parse({"pair": list(pair), "measures": list(measures)}, name="asked")


@pytest.mark.parametrize(
    ("pair", "measure"),
    [
        (("PAK", "ARE"), {**LINK, "from": "Karachi", "to": "Dubai", "km": 1250, "mode": "ferry"}),
        (("AZE", "ARM"), {**LINK, "from": "Baku", "to": "Yerevan", "km": 600}),
        (("PAK", "OMN"), {**LINK, "from": "Gwadar", "to": "Muscat", "km": 450, "mode": "ferry"}),
        (("IRN", "TUR"), {**TRAINS, "from": "Tehran", "to": "Ankara"}),
        (("KAZ", "DEU"), {**TRAINS, "from": "Almaty", "to": "Berlin", "days": 14}),
        (("UZB", "IND"), {**LINE, "from": "Tashkent", "to": "Mumbai"}),
    ],
)  # fmt: skip
def test_a_measure_may_join_a_hand_checked_place_and_any_other(pair: tuple[str, str], measure: dict[str, object]) -> None:
    one = asked(pair, measure)
    assert possible.refusals([one]) == []
    chain = counterfactual.build(one.pair, one.measures)
    assert chain.on_network and not any("have a way on the network" in text for text in chain.messages)


def test_a_road_between_hand_checked_places_is_one_of_the_world_beside_a_crossing_of_the_world() -> None:
    road = {"kind": "road", "links": ["karachi-quetta"], "speed_kmh": 60, "start": 2029}
    one = asked(("PAK", "IND"), road, {"kind": "closure", "crossings": ["ind_pak_firozpur"], "days_per_year": 9})
    assert possible.refusals([one]) == []
    chain = counterfactual.build(one.pair, one.measures)
    assert chain.on_network and chain.network.links[chain.network.link("karachi-quetta")].name == "pak_karachi-pak_quetta"


def test_every_hand_checked_city_is_one_of_the_world_or_comes_with_its_roads() -> None:
    checked = load()
    cities = [place for place in checked.places if not checked.is_crossing(place)]
    assert hand_places.in_world("baku") == "aze_baku" and hand_places.in_world("karachi-quetta") == "pak_karachi-pak_quetta"
    alone = hand_places.lacking(cities)
    assert {"gwadar", "chabahar"} <= set(alone) and len(alone) < 0.2 * len(cities)
    joined = [place for place in alone if hand_places.neighbours([place])]
    assert set(joined) == set(alone)


def test_what_is_wrong_is_told_of_the_network_that_is_used_and_by_check_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A crossing that the world lacks; the hand-checked network, which was tried next, lacks the other one."""
    one = asked(("PAK", "IND"), {"kind": "closure", "crossings": ["kharlachi", "ind_pak_firozpur"], "days_per_year": 9})
    with pytest.raises(NetworkError, match=r"measures\[0\]: crossing 'kharlachi' is unknown"):
        counterfactual.build(one.pair, one.measures)
    file = tmp_path / "two.yaml"
    file.write_text("title: t\npair: [PAK, IND]\nmeasures:\n  - kind: closure\n    crossings: [kharlachi, ind_pak_firozpur]\n    days_per_year: 9\n")
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", str(file)])
    assert ended.value.code == 2
    assert "two.yaml: line 4: measures[0]: crossing 'kharlachi' is unknown" in capsys.readouterr().err


def test_what_is_built_between_checked_places_is_asked_of_the_pair_itself() -> None:
    """Chabahar-Zahedan for Afghanistan and India was answered by what other pairs gain; a closure on the checked network still is."""
    pair, railway = ("AFG", "IND"), {**LINK, "from": "chabahar", "to": "zahedan", "km": 628}
    shut = {"kind": "closure", "crossings": ["kharlachi"], "days_per_year": 10, "start": 2028}
    built = asked(pair, railway)
    chain = counterfactual.build(built.pair, built.measures)
    assert chain.on_network and chain.network.compiled and chain.network.place("chabahar") == "chabahar"
    for measures in ([shut], [shut, railway]):
        assert counterfactual.network_of(pair, asked(pair, *measures).measures) is load()
