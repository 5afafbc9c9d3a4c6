"""Comparing two results tells on which step of the chain the difference arises."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors.errors import DataError
from corridors.show.terminal import compared
from corridors.study.compare import REQUIRED, STEPS, compare, compare_files


def _band(value: float) -> dict[str, float]:
    return {"p10": value * 0.8, "p50": value, "p90": value * 1.2}


RESULT = {
    "scenario": "a", "title": "A", "pair": ["PAK", "RUS"], "seed": 1, "draws": 64, "years": [2026, 2027],
    "facts": {"base_year": 2016},
    "baseline": {"total_musd": [{"year": 2026, **_band(1000.0)}, {"year": 2027, **_band(1050.0)}]},
    "projected": {"total_musd": [{"year": 2026, **_band(1000.0)}, {"year": 2027, **_band(1060.0)}]},
    "effect_percent": _band(0.95), "trade_cost_change_percent": _band(-0.2),
    "routes": {"exports": [{"name": "By sea", "route": "sea", "share": {"before": 0.9, "after": 0.88}}]},
    "crossings": [{"name": "torkham", "hours": {"before": 24.0, "after": 4.0}}],
    "contributions": [{"measure": "M", "kind": "closure", "percent_points": 0.95}],
    "real_gdp_percent": {"PAK": _band(0.01)}, "targets": [],
    "base": {"year": 2023}, "corridor_known": True, "messages": [], "unsettled_draws": 0,
    "appraisal": {"npv_musd": _band(12.0)},
}


def test_the_same_result_has_no_difference() -> None:
    found = compare(RESULT, copy.deepcopy(RESULT))
    assert found.first_step is None
    assert "the same" in str(found)
    assert list(found.steps) == list(STEPS)


def test_every_part_of_a_result_belongs_to_a_step() -> None:
    assert {k.split(".")[0] for keys in STEPS.values() for k in keys} == set(RESULT)


def test_a_change_is_found_on_its_step_and_downstream() -> None:
    other = copy.deepcopy(RESULT)
    other["crossings"][0]["hours"]["after"] = 8.0  # type: ignore[index]
    other["effect_percent"]["p50"] = 0.8  # type: ignore[index]
    found = compare(RESULT, other)
    assert found.first_step == "Border crossings"
    (change,) = found.steps["Border crossings"]
    assert (change.where, change.a, change.b) == ("crossings[torkham].hours.after", 4.0, 8.0)
    assert found.steps["Routes"] == ()
    assert "-15.79 %" in str(found)


def test_items_are_matched_by_name_not_by_position() -> None:
    other = copy.deepcopy(RESULT)
    other["crossings"].insert(0, {"name": "chaman", "hours": {"before": 54.0, "after": 54.0}})  # type: ignore[attr-defined]
    found = compare(RESULT, other)
    assert {c.where for c in found.steps["Border crossings"]} == {
        "crossings[chaman].name", "crossings[chaman].hours.before", "crossings[chaman].hours.after",
    }
    assert all(c.a is None for c in found.steps["Border crossings"])


@given(st.floats(0.5, 2.0))
def test_size_is_symmetric_and_medians_come_first(factor: float) -> None:
    other = copy.deepcopy(RESULT)
    other["effect_percent"] = {p: v * factor for p, v in RESULT["effect_percent"].items()}  # type: ignore[attr-defined]
    there, back = compare(RESULT, other).steps["Response of trade"], compare(other, RESULT).steps["Response of trade"]
    assert [c.size for c in there] == pytest.approx([c.size for c in back])
    if there:
        assert there[0].where.endswith("p50")


def test_files_that_are_no_results(tmp_path: Path) -> None:
    good = tmp_path / "a.json"
    good.write_text(json.dumps(RESULT), encoding="utf-8")
    bad = tmp_path / "b.json"
    for text, says in (("{", "not JSON"), ("[]", "'scenario' is missing"), ('{"scenario": 1}', "'pair' is missing")):
        bad.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=says):
            compare_files(good, bad)
    with pytest.raises(DataError, match="cannot be read"):
        compare_files(good, tmp_path / "none.json")
    assert compare_files(good, good).first_step is None


def test_facts_belong_to_the_step_that_makes_them() -> None:
    one = {**RESULT, "facts": {"base_year": 2016, "road_share": 0.1, "binding": {"before": ["Torkham"]}}}
    found = compare(one, {**one, "facts": {**one["facts"], "road_share": 0.2}})
    assert found.first_step == "Routes" and found.steps["Routes"][0].where == "facts.road_share"
    assert compare(one, {**one, "facts": {**one["facts"], "binding": {"before": []}}}).first_step == "Border crossings"
    assert compare(one, {**one, "facts": {**one["facts"], "base_year": 2023}}).first_step == "What is known"


# --- whatever the files hold ---------------------------------------------------------------------------------

_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(10**300, 10**400) | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("p50", "name", "flow", "year", "route", "x\x1b[2J")), inner, max_size=3), max_leaves=10,
)  # fmt: skip


@given(_ANY, _ANY, st.sampled_from([*REQUIRED, "facts", "routes", "crossings"]))
def test_two_files_of_anything_are_compared_or_refused(tmp_path_factory: pytest.TempPathFactory, one: object, other: object, key: str) -> None:
    folder = tmp_path_factory.mktemp("compare")
    for name, value in (("a", one), ("b", other)):
        (folder / name).write_text(json.dumps({**dict.fromkeys(REQUIRED), key: value}))
    found = compare_files(folder / "a", folder / "b")
    json.dumps(found.as_dict())
    assert str(found)


@pytest.mark.parametrize("content", [b"[" * 100_000, b"\xff\xfe\x00", b"", b"null", b"7", b"[]", b'{"scenario": ' + b'{"a":' * 900 + b"1" + b"}" * 901], ids=range(7))
def test_a_file_of_nonsense_is_no_fault_of_the_program(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(DataError):
        compare_files(tmp_path / "a", tmp_path / "a")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no endless file here")
def test_an_endless_file_is_not_read_to_its_end() -> None:
    with pytest.raises(DataError, match="larger than 64 MB"):
        compare_files("/dev/zero", "/dev/zero")


def test_what_matters_leads_and_a_damaged_result_has_dashes() -> None:
    other = copy.deepcopy(RESULT)
    other["appraisal"]["user_benefits_musd"] = {**_band(30.0), "mean": 31.0}  # type: ignore[index]
    other["effect_percent"] = "none"
    lines = compared(compare(RESULT, other, "one.json", "two.json")).splitlines()
    assert lines[:2] == ["A: one.json", "B: two.json"]
    rows = {line[:47].strip(): (line[47:85].strip(), line[85:].strip()) for line in lines[3:9]}
    assert rows["Two-way trade, last year, million dollars"] == ("1,060  (848 to 1,272)",) * 2
    assert rows["Effect of the measures"] == ("+0.95 %  (+0.76 to +1.14 %)", "-")
    assert rows["Worth a year to all who ship, million dollars"] == ("-", "31  (24 to 36)")
    assert lines.index("The first difference is in: Response of trade.") > 8
