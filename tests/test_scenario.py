"""Scenario files: what they say is read exactly, what they leave out comes from defaults, and nothing else."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from corridors import scenario
from corridors.data import names as vocabulary
from corridors.data import tables
from corridors.errors import ScenarioError
from corridors.runtime import paths
from corridors.scenario import InvalidScenario, Scenario, template, yaml_reader
from corridors.scenario import schema as scenario_schema
from corridors.scenario.measures import KINDS

SHIPPED = [
    "baseline", "capacity-200", "capacity-800", "capacity-1000", "china-corridor", "central-asia-corridor",
    "iran-corridor", "direct-flights", "afghan-border-shut", "afghan-border-open", "full-connectivity",
]
FIELDS = {  # the names that stay
    "border_capacity": {"crossings", "trucks_per_day"},
    "crossing_time": {"crossings", "processing_hours"},
    "closure": {"crossings", "days_per_year"},
    "tariff_or_fee": {"crossings", "usd_per_truck"},
    "road": {"links", "speed_kmh", "usd_per_t_km"},
    "new_link": {"from", "to", "km", "mode", "speed_kmh", "usd_per_t_km"},
    "rail_service": {"from", "to", "trains_per_week", "teu_per_train", "days", "usd_per_teu"},
    "direct_flights": {"route", "flights_per_week"},
    "transit_regime": {"economies", "removes"},
    "single_window": {"crossings", "economies", "hours", "usd_per_truck"},
    "regular_service": {"from", "to", "departures_per_week"},
}
ONE_OF_EACH = {
    "border_capacity": {"crossings": ["torkham", "taftan"], "trucks_per_day": 800},
    "crossing_time": {"crossings": ["torkham"], "processing_hours": 3.5},
    "closure": {"crossings": ["torkham", "chaman", "taftan"], "days_per_year": 365},
    "tariff_or_fee": {"crossings": ["torkham"], "usd_per_truck": 1250},
    "road": {"links": ["taftan-quetta"], "speed_kmh": 45, "usd_per_t_km": 0.04},
    "new_link": {"from": "mazar", "to": "peshawar", "km": 672, "mode": "rail", "speed_kmh": 40, "usd_per_t_km": 0.05},
    "rail_service": {
        "from": "lahore", "to": "astrakhan", "trains_per_week": 1, "teu_per_train": 31, "days": 22, "usd_per_teu": 5200,
    },
    "direct_flights": {"route": ["ISB", "SVO"], "flights_per_week": 2},
    "transit_regime": {"economies": ["PAK", "IRN", "AZE", "RUS"], "removes": {"documents": 0.5}},
    "single_window": {"crossings": ["torkham"], "hours": 3, "usd_per_truck": 100},
    "regular_service": {"from": "lahore", "to": "moscow", "departures_per_week": 3},
}
LABELS = {
    "border_capacity": "800 trucks a day at Torkham and Taftan",
    "crossing_time": "Processing in 3.5 hours at Torkham",
    "closure": "Torkham, Chaman and Taftan shut all year",
    "tariff_or_fee": "A fee of 1,250 dollars a truck at Torkham",
    "road": "45 km/h and 0.04 dollars a tonne-km on Quetta to Taftan",
    "new_link": "A railway from Mazar-i-Sharif to Peshawar",
    "rail_service": "1 train a week from Lahore to Astrakhan",
    "direct_flights": "2 direct flights a week between Islamabad and Moscow",
    "transit_regime": "A transit regime for Pakistan, Iran, Azerbaijan and Russia",
    "single_window": "A single window for documents at Torkham",
    "regular_service": "A truck line with 3 departures a week from Lahore to Moscow",
}


def make(**fields: object) -> Scenario:
    return scenario.parse({"title": "A test", **fields}, name="a-test")


# --- the shipped scenarios -------------------------------------------------------------------------------


def test_the_promised_scenarios_are_there_and_a_second_study() -> None:
    names = scenario.names()
    assert names[0] == "baseline"
    assert set(SHIPPED) <= set(names)
    pairs = {scenario.load(name).pair for name in names}
    assert ("PAK", "RUS") in pairs and len(pairs) >= 2


@pytest.mark.parametrize("name", scenario.names())
def test_shipped_scenario_says_what_it_is(name: str) -> None:
    one = scenario.load(name)
    assert one.name == name
    assert len(one.summary) > 20 and one.summary.endswith(".")
    assert one.years[0] <= 2027 <= one.years[-1]
    text = (paths.scenarios() / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=scenario.schema.json\n#"), "no comment with its source"


def test_baseline_holds_no_measure_and_full_connectivity_most_kinds() -> None:
    assert scenario.load("baseline").measures == ()
    full = scenario.load("full-connectivity")
    assert len(full.measures) <= 12
    assert {m.kind for m in full.measures} >= {"border_capacity", "crossing_time", "closure", "road", "rail_service", "direct_flights"}


def test_capacity_800_is_the_example_of_the_interface() -> None:
    one = scenario.load("capacity-800")
    (measure,) = one.measures
    assert (measure.kind, measure.crossings, measure.trucks_per_day) == ("border_capacity", ("khunjerab", "torkham", "taftan"), 800)
    assert (measure.start, measure.years_to_full_effect) == (2027, 3)
    assert one.pair == ("PAK", "RUS") and one.horizon == (2026, 2035) and one.years == tuple(range(2026, 2036))
    assert (one.uncertainty.draws, one.uncertainty.seed) == (4096, 20260213)


def test_shared_aims_are_asked_of_their_pair_only() -> None:
    aims = [(t.flow, t.value_musd, t.year) for t in scenario.load("baseline").targets]
    assert aims == [("total", 5000, 2030), ("exports", 4000, 2029)]
    assert make(pair=["PAK", "KAZ"]).targets == ()
    (own,) = scenario.load("uzbekistan-trans-afghan").targets
    assert (own.flow, own.value_musd) == ("total", 2000)


# --- measures --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(FIELDS))
def test_each_kind_has_exactly_the_fields_of_the_interface(kind: str) -> None:
    model = KINDS[kind]
    names = {f.alias or n for n, f in model.model_fields.items()}
    assert names == FIELDS[kind] | {"kind", "start", "years_to_full_effect", "cost"}
    (measure,) = make(measures=[{"kind": kind, **ONE_OF_EACH[kind]}]).measures
    assert measure.label == LABELS[kind]
    assert (measure.start, measure.years_to_full_effect) == (2027, 3), "taken from defaults.yaml"


def test_road_links_are_understood_in_both_directions() -> None:
    (measure,) = make(measures=[{"kind": "road", "links": ["taftan-quetta", "khunjerab-islamabad"], "speed_kmh": 40}]).measures
    assert measure.links == ("quetta-taftan", "islamabad-khunjerab")


def test_new_link_has_from_under_another_name() -> None:
    (measure,) = make(measures=[{"kind": "new_link", **ONE_OF_EACH["new_link"]}]).measures
    assert (measure.from_, measure.to) == ("mazar", "peshawar")
    assert measure.model_dump()["from"] == "mazar"


# --- defaults --------------------------------------------------------------------------------------------


def test_an_empty_map_is_the_defaults() -> None:
    bare = scenario.parse({}, name="some-corridor")
    assert bare.title == "Some corridor"
    assert bare.model_dump(exclude={"name", "title", "summary"}) == scenario.load("baseline").model_dump(exclude={"name", "title", "summary"})


def test_uncertainty_is_filled_in_field_by_field() -> None:
    assert make(uncertainty={"draws": 128}).uncertainty.seed == 20260213
    assert make(uncertainty={"seed": 1}).uncertainty.draws == 4096


def test_appraisal_is_filled_in_field_by_field() -> None:
    bare = make().appraisal
    assert (bare.discount_percent, bare.carbon_usd_per_t) == (9, 80)
    assert make(appraisal={"discount_percent": 6}).appraisal.carbon_usd_per_t == 80
    assert make(appraisal={"carbon_usd_per_t": 0}).appraisal.discount_percent == 9


def test_a_cost_is_a_figure_or_its_range() -> None:
    one = {"kind": "closure", **ONE_OF_EACH["closure"]}
    costs = [{"capital_musd": 100}, {"capital_musd": [80, 100.5, 150], "yearly_musd": 2, "life_years": 30}, {"yearly_musd": 1}]
    figures, full, yearly = (m.cost for m in make(measures=[{**one, "start": 2027 + i, "cost": c} for i, c in enumerate(costs)]).measures)
    assert figures.capital_musd == (100, 100, 100) and figures.yearly_musd == (0, 0, 0) and figures.life_years is None
    assert full.capital_musd == (80, 100.5, 150) and full.yearly_musd == (2, 2, 2) and full.life_years == 30 and full.works_years is None
    assert yearly.capital_musd == (0, 0, 0)
    (without,) = make(measures=[one]).measures
    assert without.cost is None
    dear = make(measures=[{**one, "cost": costs[1]}])
    assert scenario.parse(dear.model_dump(mode="json"), name="a-test") == dear
    assert dear.measures[0].deed == without.deed and dear.measures[0].label == without.label


def test_start_of_the_file_holds_for_its_measures_and_moves_into_the_horizon() -> None:
    flights = {"kind": "direct_flights", **ONE_OF_EACH["direct_flights"]}
    assert make(start=2029, measures=[flights]).measures[0].start == 2029
    assert make(horizon=[2030, 2040], measures=[flights]).measures[0].start == 2030
    assert make(horizon=[2010, 2020], measures=[flights]).measures[0].start == 2020
    with pytest.raises(InvalidScenario, match="start"):
        make(start=2050, measures=[flights])


def test_targets_beyond_the_horizon_are_not_asked() -> None:
    assert make(horizon=[2026, 2028]).targets == ()
    assert [t.flow for t in make(pair=["RUS", "PAK"]).targets] == ["total", "imports"], "the same aims seen from the other side"


def test_every_economy_of_the_data_makes_a_pair() -> None:
    usable = vocabulary.economies_with_gdp() & vocabulary.economies_with_geography()
    assert len(usable) > 170
    for code in sorted(usable - {"PAK"}):
        assert make(pair=["PAK", code]).pair == ("PAK", code)


def test_a_pair_without_gdp_is_refused_with_the_reason() -> None:
    without = set(vocabulary.economies()) - vocabulary.economies_with_gdp()
    for code in sorted(without):
        with pytest.raises(InvalidScenario, match=r"has no figures in data/gdp\.csv"):
            make(pair=["PAK", code])


# --- frozen, hashable, canonical -------------------------------------------------------------------------


def test_scenarios_are_frozen_hashable_and_travel() -> None:
    one, again = scenario.load("full-connectivity"), scenario.load("full-connectivity")
    assert one == again and hash(one) == hash(again) and len({one, again}) == 1
    with pytest.raises(Exception, match="frozen"):
        one.title = "Other"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(one)) == one


@pytest.mark.parametrize("name", scenario.names())
def test_a_dump_reads_back_to_the_same(name: str) -> None:
    one = scenario.load(name)
    assert scenario.parse(json.loads(one.canonical_json()), name=name) == one
    assert scenario.parse(one.model_dump(), name=name) == one


def test_canonical_json_does_not_depend_on_order_or_defaults_stated() -> None:
    a = scenario.parse({"title": "T", "horizon": [2026, 2035], "pair": ["PAK", "RUS"]}, name="x")
    b = scenario.parse({"pair": ["PAK", "RUS"], "title": "T", "measures": [], "start": 2027}, name="x")
    assert a.canonical_json() == b.canonical_json()


def test_canonical_json_is_the_same_in_another_process() -> None:
    code = "from corridors import scenario; print(scenario.load('full-connectivity').canonical_json())"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"})
    assert out.stdout.rstrip("\n") == scenario.load("full-connectivity").canonical_json()


# --- writing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", scenario.names())
def test_yaml_written_reads_back_to_the_same(name: str) -> None:
    one = scenario.load(name)
    raw, _ = yaml_reader.parse(template.to_yaml(one, "a remark\nof two lines").encode(), name)
    assert scenario.parse(raw, name=name) == one


@given(
    draws=st.integers(64, 65_536), seed=st.integers(0, 2**32 - 1), first=st.integers(2000, 2058),
    length=st.integers(1, 40), hours=st.floats(0, 720, allow_subnormal=False), title=st.text("abcdefghij ,:#'\"%&é-", min_size=1, max_size=60),
)
def test_any_scenario_survives_being_written(draws: int, seed: int, first: int, length: int, hours: float, title: str) -> None:
    last = min(first + length - 1, 2060)
    title = title.strip() or "x"
    one = scenario.parse(
        {
            "title": title, "horizon": [first, last], "uncertainty": {"draws": draws, "seed": seed},
            "measures": [{"kind": "crossing_time", "crossings": ["taftan"], "processing_hours": hours, "start": last}],
        },
        name="any",
    )
    raw, _ = yaml_reader.parse(template.to_yaml(one).encode(), "any")
    assert scenario.parse(raw, name="any") == one


def test_a_new_scenario_is_valid_commented_and_never_overwrites(project: Path) -> None:
    path = template.write_new("kazakh-road", ["PAK", "KAZ"])
    one = scenario.load("kazakh-road")
    assert one.pair == ("PAK", "KAZ") and one.measures
    assert path.read_text(encoding="utf-8").count("#") > 8
    assert set(one.measures[0].crossings) == set(vocabulary.crossings_between("PAK", "KAZ", avoid=vocabulary.shut_crossings()))
    assert "torkham" not in one.measures[0].crossings, "shut: capacity there does nothing"
    assert "Shut today: torkham, chaman" in path.read_text(encoding="utf-8")
    with pytest.raises(ScenarioError, match="is there already"):
        template.write_new("kazakh-road", ["PAK", "KAZ"])
    assert "kazakh-road" in scenario.names()


@pytest.mark.parametrize(("code", "crossings"), [("BRA", 0), ("GBR", 0), ("POL", 4)])
def test_a_new_scenario_for_a_pair_outside_the_network(project: Path, code: str, crossings: int) -> None:
    """The crossings of the common border, or none where there is no border: then there is no measure to start from."""
    path = template.write_new("far-away", [code, "DEU"])
    assert ("no common border" in path.read_text(encoding="utf-8")) is (crossings == 0)
    read = scenario.load("far-away")
    assert read.pair == (code, "DEU")
    assert [len(m.crossings) for m in read.measures] == ([crossings] if crossings else [])


def test_uncommenting_the_examples_of_a_new_scenario_works(project: Path) -> None:
    path = template.write_new("all-kinds", ["PAK", "UZB"])
    text = path.read_text(encoding="utf-8").replace("#  - kind", "  - kind").replace("#    ", "    ")
    path.write_text(text, encoding="utf-8")
    assert len(scenario.load("all-kinds").measures) == 4


# --- messages --------------------------------------------------------------------------------------------


def test_every_mistake_is_listed_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "many.yaml"
    file.write_text(
        "title: Many mistakes\n"
        "pair: [PAK, Russia]\n"
        "horizon: [2026, 2035]\n"
        "measurs: []\n"
        "measures:\n"
        "  - kind: border_capacity\n"
        "    crossings: [torkam]\n"
        "    trucks_per_day: lots\n"
        "  - kind: closure\n"
        "    crossings: [chaman]\n"
        "    days_per_year: 366\n"
        "    start: 2036\n"
        "uncertainty: {draws: 63, seed: -1}\n",
        encoding="utf-8",
    )
    with pytest.raises(InvalidScenario) as caught:
        scenario.load(file)
    fields = [(m.line, m.field) for m in caught.value.mistakes]
    assert fields == [
        (2, "pair[1]"), (4, "measurs"), (7, "measures[0].crossings[0]"), (8, "measures[0].trucks_per_day"),
        (11, "measures[1].days_per_year"), (12, "measures[1].start"), (13, "uncertainty.draws"), (13, "uncertainty.seed"),
    ]
    text = str(caught.value)
    for part in (
        str(file), "8 mistakes", "did you mean 'RUS'", "did you mean 'measures'", "did you mean 'torkham'", "is 'lots'; allowed: a number",
        "is 366; allowed: at most 365", "inside the horizon, 2026 to 2035", "at least 64", "at least 0",
    ):
        assert part in text
    assert caught.value.exit_status == 2


def test_unknown_names_tell_the_nearest() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'capacity-800'"):
        scenario.load("capacity-80")
    with pytest.raises(ScenarioError, match="there is no such file"):
        scenario.load("nowhere/at-all.yaml")


def test_names_that_would_leave_the_folder_are_refused(tmp_path: Path) -> None:
    for name in ("..", "../defaults", "a/../../b", "defaults", "", "con fig", "a\x00b"):
        with pytest.raises(ScenarioError):
            scenario.load(name)


@pytest.mark.parametrize("name", ["Capital", "a_b", "-a", "a-", "comparison", "validation", "index", "ä", "a" * 65, "a.b"])
def test_file_names_that_are_no_scenario_names(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.yaml"
    file.write_text("title: Fine\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="name"):
        scenario.load(file)


# --- the published schema --------------------------------------------------------------------------------


def test_published_schema_is_that_of_the_models() -> None:
    published = (paths.scenarios() / scenario_schema.FILE).read_text(encoding="utf-8")
    assert published == scenario_schema.text(), "run: python -m corridors.scenario.schema"


def test_schema_accepts_the_shipped_and_refuses_the_wrong() -> None:
    schema = scenario_schema.scenario_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for file in paths.scenarios().glob("*.yaml"):
        assert list(validator.iter_errors(yaml.safe_load(file.read_text(encoding="utf-8")))) == []
    for kind, fields in ONE_OF_EACH.items():
        assert validator.is_valid({"measures": [{"kind": kind, **fields, **({"links": ["quetta-taftan"]} if kind == "road" else {})}]})
    assert not validator.is_valid({"measures": [{"kind": "closure", "crossings": ["torkam"], "days_per_year": 1}]})
    assert not validator.is_valid({"measures": [{"kind": "closure", "crossings": ["torkham"], "days_per_year": 366}]})
    assert not validator.is_valid({"nonsense": 1})


def test_names_of_the_light_reader_are_those_of_the_tables() -> None:
    places = tables.places()
    assert list(vocabulary.crossings()) == list(places.loc[places["kind"] == "crossing", "place"])
    assert list(vocabulary.places()) == list(places["place"])
    assert dict(vocabulary.economies()) == dict(zip(tables.economies()["iso3"], tables.economies()["name"], strict=True))


def test_loading_scenarios_needs_no_pandas() -> None:
    code = "from corridors import scenario; import sys; [scenario.load(name) for name in scenario.names()]; print('pandas' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


# --- in a notebook ---------------------------------------------------------------------------------------


def test_a_scenario_shows_itself_in_a_cell() -> None:
    shown = scenario.load("capacity-800")._repr_html_()
    assert "800 trucks a day at Khunjerab, Torkham and Taftan" in shown and "<td>2030</td>" in shown
    assert "No measures" in scenario.load("baseline")._repr_html_()
    odd = scenario.parse({"title": "Fish & chips \"now\""}, name="odd")._repr_html_()
    assert "Fish &amp; chips &quot;now&quot;" in odd


@pytest.mark.parametrize(
    ("pair", "crossing", "told"),
    [
        (["KEN", "UGA"], "malba", "did you mean 'malaba'?; allowed: for KEN and UGA: busia, malaba"),
        (["PAK", "RUS"], "taftn", "did you mean 'taftan'?; allowed: for PAK and RUS: taftan (Taftan / Mirjaveh), gabd (Gabd / Rimdan)"),
        (["RWA", "COD"], "Bukavu", "it is ambiguous: cod_rwa_bukavu (Bukavu-Cyangugu), cod_rwa_bukavu_2 (Bukavu-Bugarama); allowed: for RWA and COD:"),
        (["VNM", "CHN"], "Tra Linh", "'Tra Linh' is not a border crossing of the network; allowed: for VNM and CHN: huu_nghi (Huu Nghi-Youyiguan), "),
        (["JOR", "ISR"], "Allenby", "'Allenby' is not a border crossing of the network; allowed: for JOR and ISR: isr_jor_kfar_ruppin"),
        (["JPN", "USA"], "nowhere-at-all", "'nowhere-at-all' is not a border crossing of the network; allowed: any crossing of data/network"),
    ],
)
def test_an_unknown_crossing_is_told_those_of_the_pair(pair: list[str], crossing: str, told: str) -> None:
    measures = [{"kind": "border_capacity", "crossings": [crossing], "trucks_per_day": 900.0}]
    with pytest.raises(ScenarioError) as error:
        scenario.parse({"title": "x", "pair": pair, "measures": measures}, name="x")
    assert told in str(error.value)


def test_an_unknown_place_is_told_those_of_the_pair_and_of_what_the_measure_names() -> None:
    def told(start: str, end: str) -> str:
        link = {"kind": "new_link", "from": start, "to": end, "km": 900, "mode": "rail", "speed_kmh": 40, "usd_per_t_km": 0.04}
        with pytest.raises(ScenarioError) as error:
            scenario.parse({"title": "x", "pair": ["SRB", "HUN"], "measures": [link]}, name="x")
        return str(error.value)

    assert "'Belgrad' is not a place of the network; did you mean 'belgrade'?; allowed: in SRB: Belgrade, " in told("Belgrad", "Budapest")
    assert "did you mean 'sofia'" in told("Sofja", "bgr_varna")
    assert "'Moslem' is not a place of the network; allowed: in SRB" in told("Moslem", "Budapest")
