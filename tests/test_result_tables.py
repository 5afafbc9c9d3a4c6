"""What a result holds is declared once: checked when it is made, described beside its CSV files, and on a page."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from corridors.data import table_schema
from corridors.data.table_schema import flag, number, text, whole, year
from corridors.errors import DataError
from corridors.report import result_files
from corridors.study import background_tables, result, result_facts, result_tables
from corridors.study.result import StudyResult
from corridors.validation import result_tables as validation_tables
from studied import studied

ROOT = Path(__file__).resolve().parents[1]
ALL = {
    **result_tables.TABLES,
    **{f"validation.{k}": v for k, v in validation_tables.TABLES.items()},
    **{f"background.{k}": v for k, v in background_tables.TABLES.items()},
}

_spec = importlib.util.spec_from_file_location("write_results_page", ROOT / "docs" / "write_results_page.py")
assert _spec and _spec.loader
page = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(page)

THINGS = table_schema.table(
    "A thing",
    text("name", "what it is called"),
    text("note", "what is said of it", missing=True),
    number("length_km", "km", "how long it is"),
    whole("lanes", "", "how many lanes"),
    year("opened", "since when", missing=True),
    flag("paved", "whether it is"),
)  # fmt: skip


def things(**changed: Any) -> pd.DataFrame:
    good: dict[str, Any] = {
        "name": ["a", "b"], "note": ["x", None], "length_km": [1.0, 2.5], "lanes": [2, 4], "opened": [np.nan, 2004.0], "paved": [True, False],
    }  # fmt: skip
    return pd.DataFrame({k: v for k, v in {**good, **changed}.items() if v is not ...})


@pytest.fixture(scope="module")
def one() -> StudyResult:
    return studied("capacity-800")


def test_a_frame_as_declared_has_no_fault() -> None:
    assert THINGS.faults(things()) == []
    assert THINGS.faults(THINGS.empty()) == []
    assert [str(t) for t in THINGS.empty().dtypes] == ["str", "str", "float64", "int64", "float64", "bool"]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"lanes": ...}, "lacks the column 'lanes'"),
        ({"length": [1.0, 2.0]}, "has a column 'length' that is not declared; did you mean 'length_km'?"),
        ({"length_km": ["1", "2"]}, "column 'length_km' of type str, where number is declared"),
        ({"length_km": [1.0, np.nan]}, "has no value in 1 of 2 rows of column 'length_km'"),
        ({"lanes": [2.0, 4.0]}, "column 'lanes' of type float64, where integer is declared"),
        ({"paved": [1, 0]}, "column 'paved' of type int64, where boolean is declared"),
        ({"note": [1, 2]}, "column 'note' of type int64, where string is declared"),
        ({"note": pd.Series(["x", 2], dtype=object)}, "column 'note' of type object, where string is declared"),
    ],
)  # fmt: skip
def test_every_fault_of_a_frame_is_named(changed: dict[str, Any], named: str) -> None:
    assert len(found := THINGS.faults(things(**changed))) == 1
    assert named in found[0]


def test_columns_stand_in_the_declared_order() -> None:
    assert THINGS.faults(things()[list(THINGS.columns[::-1])]) == [
        "has its columns in another order than name, note, length_km, lanes, opened, paved"
    ]


@pytest.mark.parametrize("name", ALL)
def test_declaration_is_complete(name: str) -> None:
    schema = ALL[name]
    assert schema.title and not schema.title.endswith(".")
    assert len(set(schema.columns)) == len(schema.columns)
    for field in schema.fields:
        assert field.description and field.description[-1] != ".", field.name
        # A bare number travels with its unit.
        for ending in ("musd", "km", "hours", "days", "percent", "usd_per_t", "percent_points"):
            if field.name.endswith(f"_{ending}") and field.type == "number":
                assert field.unit, field.name
    assert schema.faults(schema.empty()) == []


def test_a_result_that_differs_is_refused_by_table_and_column(one: StudyResult) -> None:
    routes = one["routes"]
    with pytest.raises(DataError, match=r"capacity-800: table 'routes' lacks the column 'km'"):
        replace(one, tables={**one.tables, "routes": routes.drop(columns="km")})
    with pytest.raises(DataError, match=r"table 'routes' has a column 'kn' that is not declared"):
        replace(one, tables={**one.tables, "routes": routes.assign(kn=1.0)})
    with pytest.raises(DataError, match=r"table 'routes' .*'km' of type str, where number"):
        replace(one, tables={**one.tables, "routes": routes.astype({"km": str})})
    with pytest.raises(DataError, match=r"table 'routs' is not declared; did you mean 'routes'"):
        replace(one, tables={**one.tables, "routs": routes})
    with pytest.raises(DataError, match=r"table 'routes' is missing"):
        replace(one, tables={k: v for k, v in one.tables.items() if k != "routes"})


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"base": ...}, "base is missing"),
        ({"bases": 1}, "bases is not declared; did you mean 'base'?"),
        ({"route_gap": "none"}, "route_gap is 'none', where number is declared"),
        ({"unsettled_draws": True}, "unsettled_draws is True, where whole number is declared"),
        ({"names": ["Pakistan", 7]}, r"names\[1\] is 7, where text is declared"),
        ({"closures": {"partial": 0.0, "full": 0.0}}, "closures.conditional is missing"),
        ({"hidden_usd_per_t": {"exports": None, "imports": "x"}}, "hidden_usd_per_t.imports is 'x', where number or none is declared"),
    ],
)  # fmt: skip
def test_facts_that_differ_are_refused_by_name(one: StudyResult, changed: dict[str, Any], named: str) -> None:
    facts: Any = {k: v for k, v in {**one.facts, **changed}.items() if v is not ...}
    with pytest.raises(DataError, match=f"facts: {named}"):
        replace(one, facts=facts)


def test_a_light_answer_has_labels_alone(one: StudyResult) -> None:
    labels: Any = {k: one.facts[k] for k in ("names", "corridor_known", "messages", "trade_cost_change_percent")}  # type: ignore[literal-required]
    assert replace(one, facts=labels, light=True).facts == labels
    with pytest.raises(DataError, match="base is missing"):
        replace(one, facts=labels)


def test_a_saved_result_is_as_declared(one: StudyResult, tmp_path: Path) -> None:
    one.save(tmp_path)
    again = result.load(tmp_path)
    assert again.facts == json.loads(json.dumps(result.plain(dict(one.facts))))
    assert set(again.tables) == set(result_tables.TABLES)


def test_tables_of_a_report_come_with_their_description(one: StudyResult, tmp_path: Path) -> None:
    made = result_files.files(one)
    described = json.loads(made["tables/datapackage.json"])
    assert described["$schema"] == table_schema.PROFILE and described["title"] == one.title
    names = {name.removeprefix("tables/") for name in made if name.startswith("tables/") and name.endswith(".csv")}
    assert {r["path"] for r in described["resources"]} == names
    for resource in described["resources"]:
        file = tmp_path / resource["path"]
        file.write_bytes(made[f"tables/{resource['path']}"])
        head = list(pd.read_csv(file, nrows=0).columns)
        assert [f["name"] for f in resource["schema"]["fields"]] == head, resource["name"]


def test_the_page_is_up_to_date_and_has_every_fact() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert text == page.page(), "run: make docs"
    for name in result_facts.meanings():
        assert f"| `{name}` |" in text
