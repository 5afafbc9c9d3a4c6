"""Every pair of economies works: with corridors, with distance alone, or with a clear word on why not."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corridors import scenario
from corridors.data import names
from corridors.errors import CorridorsError, ScenarioError
from corridors.scenario import template
from corridors.study import headline, pipeline
from corridors.transport.ways import proposal_for, ways_between

USABLE = sorted(names.economies_with_gdp() & names.economies_with_geography() & set(names.economies()))
ON_NETWORK = [e for e in USABLE if names.has_places(e)]
pairs = st.lists(st.sampled_from(USABLE), min_size=2, max_size=2, unique=True)
half_known = st.tuples(st.sampled_from(USABLE), st.sampled_from(ON_NETWORK)).filter(lambda p: p[0] != p[1])


def asked(pair: tuple[str, str], crossing: str = "taftan", **more: object) -> scenario.Scenario:
    measures = [{"kind": "border_capacity", "crossings": [crossing], "trucks_per_day": 800.0}]
    return scenario.parse({"pair": list(pair), "measures": measures, **more}, name="any-pair")


@pytest.mark.slow
@settings(max_examples=12)
@given(pair=st.one_of(pairs.map(tuple), half_known))
def test_any_pair_is_answered(pair: tuple[str, str]) -> None:
    """Bands are ordered, trade is positive and finite, and both directions are the other way round the same."""
    try:
        found = headline.quick([asked(pair), asked(pair[::-1])], draws=64)
    except CorridorsError as error:
        # The pairs of whose flows nothing is known say which.
        assert any(code in str(error) for code in pair)
        assume(False)
    one, other = (found.iloc[k] for k in (0, 1))
    numbers = found.select_dtypes("number").to_numpy()
    assert np.isfinite(numbers).all()
    assert one["baseline_musd_p50"] > 0 and one["scenario_musd_p50"] > 0
    assert (found["effect_percent_p10"] <= found["effect_percent_p50"]).all() and (found["effect_percent_p50"] <= found["effect_percent_p90"]).all()
    assert one["baseline_musd_p50"] == pytest.approx(other["baseline_musd_p50"], rel=0.5)
    assert one["exports_percent_p50"] == pytest.approx(other["imports_percent_p50"], rel=0.3, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(("pair", "known"), [(("PAK", "KAZ"), True), (("DEU", "USA"), True), (("MDV", "PAK"), True), (("ISL", "FJI"), True)])
def test_a_study_of_another_pair_has_every_table(pair: tuple[str, str], known: bool) -> None:
    result = pipeline.run(asked(pair), draws=64)
    assert result.facts["corridor_known"] is known
    assert result.pair == pair and len(result["projection"]) == 6 * len(result.years)
    assert bool(len(result["routes"])) is known
    assert not len(result["targets"]), "an aim stated for one pair is not another's"
    assert result.facts["distance_km"] > 100


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        (("PAK", "LIE"), "LIE"),  # no figures at all
        (("PAK", "TWN"), "gdp.csv"),  # trade but no GDP
        (("PAK", "PAK"), "two economies"),
        (("PAK", "Russia"), "RUS"),
        (("pak", "RUS"), "PAK"),
    ],
)
def test_a_pair_that_cannot_be_answered_says_why(pair: tuple[str, str], told: str) -> None:
    with pytest.raises(CorridorsError, match=told):
        asked(pair)


def test_an_economy_without_trade_in_the_panel_says_so_and_guesses_no_other() -> None:
    with pytest.raises(CorridorsError, match=r"'PRI' has no trade in data/bilateral_trade_panel\.csv") as told:
        headline.quick([asked(("PRI", "DEU"))], draws=64)
    assert "did you mean" not in str(told.value)


@settings(max_examples=40)
@given(pair=pairs.map(tuple))
def test_a_new_scenario_can_be_written_for_any_pair(pair: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("new")
    path = template.write_new("some-pair", pair, folder=folder)
    read = scenario.load(path)
    assert read.pair == pair and len(read.measures) <= 1
    if template.on_checked_network(pair):
        assert not {c for m in read.measures for c in m.crossings} & names.shut_crossings(), "capacity does nothing where it is shut"
    shown = re.sub(r"^(\s*)# (cost|appraisal): ", r"\1\2: ", path.read_text(), flags=re.M)
    (folder / "shown.yaml").write_text(shown)
    used = scenario.load(folder / "shown.yaml")
    assert used.appraisal.discount_percent == 9 and all(m.cost.capital_musd == (20.0, 45.0, 120.0) for m in used.measures)
    with pytest.raises(ScenarioError, match="is there already"):
        template.write_new("some-pair", pair, folder=folder)


def test_a_crossing_is_proposed_a_quarter_more_than_it_has_itself() -> None:
    """Not one figure for all from the largest: Laredo passes thousands, Ciudad Acuña a handful."""
    found = {str(row["crossing"]): float(row["capacity_trucks_per_day"]) for row in ways_between("MEX", "USA").crossings}
    proposal = proposal_for("MEX", "USA")
    assert len(proposal.crossings) >= 2
    for name, trucks in proposal.trucks_per_day:
        assert found[name] < trucks <= max(1.4 * found[name], found[name] + 20.0)
    assert dict(proposal.trucks_per_day)["laredo"] == 24_000, "19,000 and a quarter, to two digits"
    alike = template.Proposal((("a", 800), ("b", 90), ("c", 800)), ())
    assert alike.measures() == [(("a", "c"), 800), (("b",), 90)]


def test_trucks_today_hold_the_pair_s_own_with_their_bulk() -> None:
    """Half of the trucks between Malaysia and Singapore were not told, and no capacity is below what passes today."""
    (row,) = ways_between("MYS", "SGP").crossings
    assert not row["capacity_known"]
    assert 0.9 < 1.05 * row["load_trucks_per_day"] / row["capacity_low"] < 1.01


def test_the_road_goes_round_what_is_shut() -> None:
    direct = names.crossings_between("PAK", "UZB")
    assert "torkham" in direct
    around = names.crossings_between("PAK", "UZB", avoid=names.shut_crossings())
    assert around and not set(around) & names.shut_crossings()
    assert names.crossings_between("DEU", "USA") == []
