"""Bad and hostile scenario files: each is refused, with the field or line named, and nothing else happens."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors import scenario
from corridors.errors import ScenarioError
from corridors.scenario import Scenario, yaml_reader
from corridors.scenario.measures import KINDS

M = "title: T\nmeasures:\n  - "


def costing(cost: str) -> str:
    return M + f"{{kind: closure, crossings: [torkham], days_per_year: 1, cost: {cost}}}"


def closure(days: str) -> str:
    return f"{M}{{kind: closure, crossings: [torkham], days_per_year: {days}}}"


BAD: dict[str, tuple[str | bytes, str]] = {
    # what YAML can do to a reader
    "empty": ("", "the file is empty"),
    "only-comments": ("# nothing\n", "the file is empty"),
    "a-list": ("- a\n- b\n", "line 1: a scenario is a map"),
    "a-word": ("hello", "line 1: a scenario is a map"),
    "two-documents": ("title: A\n---\ntitle: B\n", "line 2: a scenario file holds one document"),
    "unclosed": ("title: [a, b\n", "not readable as YAML"),
    "tabs": ("title: T\nmeasures:\n\t- a\n", "not readable as YAML"),
    "not-utf8": (b"title: \xff\xfe\n", "is not UTF-8"),
    "utf16": ("title: T\n".encode("utf-16"), "is not UTF-8"),
    "nul-byte": (b"title: a\x00b\n", "not readable as YAML"),
    "python-object": ("title: !!python/object/apply:os.system ['touch /tmp/owned']\n", "title: the tag"),
    "python-name": ("title: !!python/name:os.system\n", "title: the tag"),
    "own-tag": ("title: !include /etc/passwd\n", "title: the tag '!include'"),
    "binary-tag": ("title: !!binary aGVsbG8=\n", "title: the tag"),
    "set-tag": ("measures: !!set {a, b}\n", "measures: the tag"),
    "alias-bomb": (
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\ntitle: T\n",
        "line 1: anchors and aliases",
    ),
    "endless-alias": ("measures: &m [*m]\n", "line 1: anchors and aliases"),
    "merge-key": ("<<: {title: T}\n", "<<: is not a field here"),
    "deep": ("title: T\nmeasures: " + "[" * 200 + "]" * 200, "line 2: nested deeper than 12"),
    "very-deep": ("title: T\nmeasures: " + "[" * 30_000 + "]" * 30_000, "nested deeper than 12"),
    "many-values": ("title: T\nmeasures: [" + "a," * 5_000 + "a]", "line 2: more than 4000 values"),
    "huge": ("title: T\n# " + "x" * 70_000, "larger than 64 KiB"),
    "duplicate-key": ("title: A\ntitle: B\n", "line 2: title: stated twice"),
    "duplicate-inner-key": ("title: A\nuncertainty: {seed: 1, seed: 2}\n", "uncertainty.seed: stated twice"),
    "number-as-key": ("title: T\n1: x\n", "line 2: the file: a field's name must be text"),
    "list-as-key": ("title: T\n? [a]\n: b\n", "a field's name must be text"),
    "endless-number": ("title: T\nuncertainty: {seed: " + "9" * 5_000 + "}\n", "uncertainty.seed"),
    # titles that would be something else
    "html-title": ("title: <script>alert(1)</script>\n", "title: holds <"),
    "jinja-title": ("title: '{{ 7*7 }}'\n", "title: holds {"),
    "latex-title": ("title: \\input{/etc/passwd}\n", "title: holds"),
    "code-title": ("title: '`rm -rf`'\n", "title: holds `"),
    "newline-title": ('title: "a\\nb"\n', "title: holds the control character U+000A"),
    "escape-title": ('title: "a\\x1b[31m"\n', "title: holds the control character U+001B"),
    "right-to-left-title": ('title: "a\\u202Eb"\n', "title: holds the control character U+202E"),
    "long-title": ("title: " + "a" * 121, "title: is"),
    "empty-title": ("title: ''\n", "title: is ''"),
    "number-title": ("title: 5\n", "title: is 5; allowed: text"),
    "list-title": ("title: [a]\n", "title: is"),
    "html-summary": ("title: T\nsummary: <img src=x onerror=alert(1)>\n", "summary: holds <"),
    "long-summary": ("title: T\nsummary: " + "a " * 300 + "a", "summary: is"),
    # as a stranger reads it
    "a-letter-of-another-alphabet": (
        f"{M}{{kind: closure, crossings: [t\u043erkham], days_per_year: 9}}\n",
        "did you mean 'torkham'? ('\u043e' in it is CYRILLIC SMALL LETTER O)",
    ),
    "a-limit-as-people-write-it": (closure("366"), "days_per_year: is 366; allowed: at most 365"),
    "a-large-limit": (f"{M}{{kind: border_capacity, crossings: [torkham], trucks_per_day: 1e300}}\n", "allowed: at most 100,000"),
    "nothing-there": (f"{M}{{kind: border_capacity, crossings: null, trucks_per_day: 9}}\n", "crossings: is empty; allowed: a list in square"),
    "too-many": ("title: T\nmeasures:\n" + "".join(closure(str(i))[len("title: T\nmeasures:\n"):] + "\n" for i in range(1, 14)), "measures: has 13 items; allowed: at most 12"),
    "an-airport": (f"{M}{{kind: direct_flights, route: [ISB, XXX], flights_per_week: 3}}\n", "more in data/network/airports.csv"),
    # measures twice
    "the-same-measure": (
        f"{M}{{kind: closure, crossings: [torkham], days_per_year: 9}}\n  - {{kind: closure, crossings: [torkham], days_per_year: 9}}\n",
        "line 4: measures[1]: says the same as measures[0]",
    ),
    "the-same-in-another-order": (
        f"{M}{{kind: border_capacity, crossings: [torkham, taftan], trucks_per_day: 800, start: 2027}}\n"
        "  - {kind: border_capacity, trucks_per_day: 800, crossings: [taftan, torkham], cost: {capital_musd: 9}}\n",
        "measures[1]: says the same as measures[0]",
    ),
    "the-same-railway-from-its-other-end": (
        f"{M}{{kind: new_link, from: mazar, to: peshawar, km: 672, mode: rail, speed_kmh: 40, usd_per_t_km: 0.05}}\n"
        "  - {kind: new_link, from: peshawar, to: mazar, km: 672, mode: rail, speed_kmh: 40, usd_per_t_km: 0.05}\n",
        "measures[1]: says the same as measures[0]",
    ),
    # fields
    "unknown-field": ("title: T\nmeasurs: []\n", "line 2: measurs: is not a field here; did you mean 'measures'"),
    "name-inside": ("title: T\nname: other\n", "name: is not a field here"),
    "dunder": ("title: T\n__class__: x\n", "__class__: is not a field here"),
    "pair-of-one": ("title: T\npair: [PAK]\n", "pair"),
    "pair-of-three": ("title: T\npair: [PAK, RUS, KAZ]\n", "pair: is"),
    "pair-twice": ("title: T\npair: [PAK, PAK]\n", "pair: names 'PAK' twice"),
    "pair-by-name": ("title: T\npair: [Pakistan, RUS]\n", "pair[0]: 'Pakistan' is not an economy; did you mean 'PAK'"),
    "pair-unknown": ("title: T\npair: [PAK, XXX]\n", "pair[1]: 'XXX' is not an economy"),
    "pair-text": ("title: T\npair: PAK-RUS\n", "pair: is 'PAK-RUS'; allowed: a list"),
    "pair-path": ("title: T\npair: [../../etc/passwd, RUS]\n", "pair[0]"),
    "horizon-early": ("title: T\nhorizon: [1999, 2010]\n", "horizon[0]: is 1999; allowed: at least 2000"),
    "horizon-late": ("title: T\nhorizon: [2026, 2061]\n", "horizon[1]: is 2061; allowed: at most 2060"),
    "horizon-long": ("title: T\nhorizon: [2010, 2050]\n", "horizon: is 41 years long"),
    "horizon-backwards": ("title: T\nhorizon: [2035, 2026]\n", "horizon: ends in 2026"),
    "horizon-text": ("title: T\nhorizon: ['2026', '2035']\n", "horizon[0]: is '2026'; allowed: a whole number"),
    "horizon-fraction": ("title: T\nhorizon: [2026.5, 2035]\n", "horizon[0]: is 2026.5"),
    "draws-few": ("title: T\nuncertainty: {draws: 63}\n", "uncertainty.draws: is 63; allowed: at least 64"),
    "draws-many": ("title: T\nuncertainty: {draws: 65537}\n", "uncertainty.draws: is 65537; allowed: at most 65,536"),
    "draws-infinite": ("title: T\nuncertainty: {draws: .inf}\n", "uncertainty.draws: is inf"),
    "draws-true": ("title: T\nuncertainty: {draws: true}\n", "uncertainty.draws: is true; allowed: a whole number"),
    "seed-negative": ("title: T\nuncertainty: {seed: -1}\n", "uncertainty.seed: is -1"),
    "uncertainty-text": ("title: T\nuncertainty: high\n", "uncertainty: is 'high'"),
    # measures
    "measures-map": ("title: T\nmeasures: {kind: closure}\n", "measures: is"),
    "measure-text": ("title: T\nmeasures: [closure]\n", "measures[0]"),
    "no-kind": (M + "{crossings: [torkham]}", "measures[0].kind: is missing"),
    "unknown-kind": (M + "{kind: border_capcity, crossings: [torkham], trucks_per_day: 1}", "measures[0].kind: is 'border_capcity'"),
    "kind-list": (M + "{kind: [closure]}", "measures[0].kind"),
    "unknown-crossing": (M + "{kind: closure, crossings: [torkam], days_per_year: 1}", "did you mean 'torkham'"),
    "city-as-crossing": (M + "{kind: closure, crossings: [lahore], days_per_year: 1}", "'lahore' is not a border crossing"),
    "no-crossings": (M + "{kind: closure, crossings: [], days_per_year: 1}", "measures[0].crossings"),
    "crossing-twice": (M + "{kind: closure, crossings: [torkham, torkham], days_per_year: 1}", "names torkham twice"),
    "crossing-text": (M + "{kind: closure, crossings: torkham, days_per_year: 1}", "measures[0].crossings: is 'torkham'; allowed: a list"),
    "crossing-path": (M + "{kind: closure, crossings: [../../x], days_per_year: 1}", "measures[0].crossings[0]"),
    "366-days": (closure("366"), "measures[0].days_per_year: is 366; allowed: at most 365"),
    "minus-days": (closure("-1"), "measures[0].days_per_year: is -1; allowed: at least 0"),
    "days-nan": (closure(".nan"), "measures[0].days_per_year: is nan; allowed: a finite number"),
    "days-text": (closure("'10'"), "measures[0].days_per_year: is '10'; allowed: a number"),
    "days-null": (closure("null"), "measures[0].days_per_year"),
    "days-huge": (closure("1e308"), "measures[0].days_per_year"),
    "start-early": (M + "{kind: closure, crossings: [torkham], days_per_year: 1, start: 2025}", "measures[0].start: is 2025; allowed: inside the horizon"),
    "start-late": (M + "{kind: closure, crossings: [torkham], days_per_year: 1, start: 2036}", "measures[0].start: is 2036"),
    "phase-in-negative": (M + "{kind: closure, crossings: [torkham], days_per_year: 1, years_to_full_effect: -1}", "measures[0].years_to_full_effect"),
    "field-of-another-kind": (M + "{kind: closure, crossings: [torkham], days_per_year: 1, trucks_per_day: 5}", "measures[0].trucks_per_day: is not a field here"),
    "missing-field": (M + "{kind: closure, crossings: [torkham]}", "measures[0].days_per_year: is missing"),
    "zero-capacity": (M + "{kind: border_capacity, crossings: [torkham], trucks_per_day: 0}", "measures[0].trucks_per_day: is 0"),
    "road-says-nothing": (M + "{kind: road, links: [quetta-taftan]}", "measures[0]: needs speed_kmh or usd_per_t_km"),
    "unknown-link": (M + "{kind: road, links: [quetta-taftn], speed_kmh: 50}", "did you mean 'quetta-taftan'"),
    "fast-road": (M + "{kind: road, links: [quetta-taftan], speed_kmh: 900}", "measures[0].speed_kmh: is 900"),
    "unknown-place": (M + "{kind: rail_service, from: lahor, to: moscow, trains_per_week: 1, teu_per_train: 1, days: 1, usd_per_teu: 1}", "measures[0].from: 'lahor' is not a place"),
    "link-to-itself": (M + "{kind: new_link, from: quetta, to: quetta, km: 1, mode: road, speed_kmh: 9, usd_per_t_km: 1}", "begins and ends at quetta"),
    "unknown-mode": (M + "{kind: new_link, from: quetta, to: zahedan, km: 1, mode: trian, speed_kmh: 9, usd_per_t_km: 1}", "measures[0].mode: is 'trian'"),
    "one-airport": (M + "{kind: direct_flights, route: [ISB], flights_per_week: 1}", "measures[0].route"),
    "same-airport": (M + "{kind: direct_flights, route: [ISB, ISB], flights_per_week: 1}", "names ISB twice"),
    "no-airport": (M + "{kind: direct_flights, route: [Islamabad, SVO], flights_per_week: 1}", "measures[0].route[0]"),
    "unknown-airport": (M + "{kind: direct_flights, route: [ISL, SVO], flights_per_week: 1}", "is not an airport of the network; did you mean"),
    "thirteen-measures": ("title: T\nmeasures:\n" + "  - {kind: closure, crossings: [torkham], days_per_year: 1}\n" * 13, "measures: has 13 items; allowed: at most 12"),
    # costs and their sum
    "cost-unknown-field": (costing("{capital_usd: 5}"), "measures[0].cost.capital_usd: is not a field here; did you mean 'capital_musd'"),
    "cost-order": (costing("{capital_musd: [5, 4, 6]}"), "measures[0].cost.capital_musd: is [5, 4, 6]; allowed: a number of million dollars from 0 to 1,000,000, or three of them: low <= central <= high"),
    "cost-of-two": (costing("{capital_musd: [5, 6]}"), "measures[0].cost.capital_musd: is [5, 6]"),
    "cost-negative": (costing("{yearly_musd: -1}"), "measures[0].cost.yearly_musd: is -1"),
    "cost-text": (costing("{capital_musd: '5'}"), "measures[0].cost.capital_musd: is '5'"),
    "cost-nan": (costing("{capital_musd: .nan}"), "measures[0].cost.capital_musd: is nan"),
    "cost-nothing": (costing("{life_years: 5}"), "measures[0].cost: needs capital_musd or yearly_musd, or both"),
    "cost-works": (costing("{capital_musd: 5, works_years: [3, 2, 4]}"), "measures[0].cost.works_years: is [3, 2, 4]; allowed: a number of years from 0 to 20"),
    "cost-life": (costing("{capital_musd: 5, life_years: 0}"), "measures[0].cost.life_years: is 0; allowed: at least 1"),
    "cost-number": (costing("100"), "measures[0].cost: is 100"),
    "discount": ("title: T\nappraisal: {discount_percent: 31}\n", "appraisal.discount_percent: is 31; allowed: at most 30"),
    "carbon-text": ("title: T\nappraisal: {carbon_usd_per_t: dear}\n", "appraisal.carbon_usd_per_t: is 'dear'; allowed: a number"),
    "appraisal-field": ("title: T\nappraisal: {discount: 9}\n", "appraisal.discount: is not a field here; did you mean 'discount_percent'"),
    "appraisal-number": ("title: T\nappraisal: 9\n", "appraisal: is 9"),
    # the rest
    "target-flow": ("title: T\ntargets: [{flow: totl, value_musd: 1, year: 2030}]\n", "targets[0].flow: is 'totl'; allowed: exports, imports, total; did you mean 'total'"),
    "target-year": ("title: T\ntargets: [{flow: total, value_musd: 1, year: 2050}]\n", "targets[0].year: is 2050"),
    "target-negative": ("title: T\ntargets: [{flow: total, value_musd: -1, year: 2030}]\n", "targets[0].value_musd: is -1"),
    "friction-order": ("title: T\nfrictions: [{kind: payment, low: 0.3, central: 0.2, high: 0.4, source: S}]\n", "frictions[0]: needs low <= central <= high"),
    "friction-share-of-40": ("title: T\nfrictions: [{kind: payment, low: 0, central: 1, high: 40, source: S}]\n", "frictions[0]: of kind payment goes up to 40"),
    "friction-kind": ("title: T\nfrictions: [{kind: weather, low: 0, central: 0, high: 0, source: S}]\n", "frictions[0].kind: is 'weather'"),
    "friction-twice": ("title: T\nfrictions: [{kind: payment, low: 0, central: 0, high: 0, source: S}, {kind: payment, low: 0, central: 0, high: 0, source: S}]\n", "frictions[1].kind: 'payment' occurs twice"),
    "friction-no-source": ("title: T\nfrictions: [{kind: payment, low: 0, central: 0, high: 0}]\n", "frictions[0].source: is missing"),
    "file-start-text": ("title: T\nstart: soon\n", "start: is 'soon'"),
}


def test_there_are_more_than_forty() -> None:
    assert len(BAD) >= 100


@pytest.mark.parametrize("name", list(BAD))
def test_refused_with_the_field_named(tmp_path: Path, name: str) -> None:
    content, says = BAD[name]
    file = tmp_path / f"{name}.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    before = time.perf_counter()
    with pytest.raises(ScenarioError) as caught:
        scenario.load(file)
    assert time.perf_counter() - before < 5
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert says in message
    assert len(message) < 3_000, "a hostile file must not flood the terminal"
    assert caught.value.exit_status == 2


def test_nothing_was_executed() -> None:
    assert not Path("/tmp/owned").exists()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"), ("yes", "yes"), ("on", "on"), ("12:30", "12:30"), ("2026-01-01", "2026-01-01"), ("0x1F", "0x1F"), ("1_000", "1_000"),
        ("true", True), ("1e3", 1000.0), ("-3", -3), ("010", 10), (".5", 0.5), ("~", None), ("", None), ("=", "="),
    ],
)
def test_plain_words_are_read_as_in_yaml_1_2(text: str, value: object) -> None:
    raw, _ = yaml_reader.parse(f"a: {text}\n".encode(), "x")
    assert raw["a"] == value and type(raw["a"]) is type(value)


def test_a_directory_and_an_unreadable_path_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "folder.yaml"
    folder.mkdir()
    with pytest.raises(ScenarioError, match=r"folder\.yaml: cannot be read"):
        scenario.load(folder)


# --- whatever comes, only a ScenarioError goes -------------------------------------------------------------


def _outcome(content: bytes) -> None:
    try:
        raw, lines = yaml_reader.parse(content, "fuzz.yaml")
        scenario.parse(raw, name="fuzz", origin="fuzz.yaml", lines=lines)
    except ScenarioError as error:
        assert str(error).startswith("fuzz.yaml: ")


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    _outcome(content)


@given(st.text(alphabet="abc:-[]{}&*!#|>'\"%@`,? \n\t0123456789.~<=", max_size=120))
def test_any_text_that_looks_like_yaml(text: str) -> None:
    _outcome(text.encode())


_SCALARS = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=8)
_VALUES = st.recursive(_SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3), max_leaves=8)
_FIELDS = st.sampled_from([*Scenario.model_fields, "start", "years_to_full_effect", "else"])
_MEASURES = st.lists(
    st.dictionaries(
        st.sampled_from(["kind", "crossings", "links", "from", "to", "mode", "start", "route", "days_per_year", "speed_kmh", "cost", "x"]),
        st.sampled_from([*KINDS, "torkham", "rail", 3, 2030, None, 1.5, ["torkham"], ["ISB", "SVO"], {}, [[]]]),
        max_size=6,
    ),
    max_size=3,
)


@given(st.dictionaries(_FIELDS, _VALUES | _MEASURES, max_size=5))
def test_any_map_of_fields(fields: dict[str, object]) -> None:
    try:
        made = scenario.parse(fields, name="fuzz")
    except ScenarioError:
        return
    assert scenario.parse(made.model_dump(mode="json"), name="fuzz") == made
