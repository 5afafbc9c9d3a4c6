"""The descriptor says everything about every file of data/, in the form of Data Package v2."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from corridors.data import package, tables
from corridors.errors import DataError
from corridors.runtime import paths

DESCRIPTOR = json.loads((paths.data() / package.FILE).read_text(encoding="utf-8"))
RESOURCES = list(package.resources().values())
IDS = [r.name for r in RESOURCES]


def test_package_has_the_properties_of_data_package_2() -> None:
    assert DESCRIPTOR["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    for name in ("name", "title", "description", "version", "licenses", "contributors", "resources"):
        assert DESCRIPTOR[name]
    names = [r["name"] for r in DESCRIPTOR["resources"]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("resource", RESOURCES, ids=IDS)
def test_resource_is_described(resource: package.Resource) -> None:
    d = resource.descriptor
    assert re.fullmatch(r"[a-z0-9._-]+", d["name"])
    assert d["title"] and d["description"] and d["mediatype"] and d["licenses"]
    assert not Path(d["path"]).is_absolute() and ".." not in Path(d["path"]).parts
    assert resource.path.is_file()
    assert resource.sources, "a table without a source"
    for source in resource.sources:
        assert source.title
        assert source.licence, f"{d['name']}: {source.title}: no licence"
        assert date.fromisoformat(source.accessed) <= date(2030, 1, 1)
        assert not source.path or source.path.startswith("https://")


@pytest.mark.parametrize("resource", [r for r in RESOURCES if r.is_table], ids=[r.name for r in RESOURCES if r.is_table])
def test_every_column_has_type_and_meaning(resource: package.Resource) -> None:
    assert resource.descriptor["schema"]["$schema"] == "https://datapackage.org/profiles/2.0/tableschema.json"
    names = [f.name for f in resource.fields]
    assert len(names) == len(set(names))
    assert set(resource.primary_key) <= set(names)
    known = {"required", "unique", "minimum", "maximum", "enum", "pattern"}
    for field in resource.fields:
        assert field.description, f"{resource.name}.{field.name} has no meaning"
        assert set(field.constraints) <= known
        if "pattern" in field.constraints:
            re.compile(field.constraints["pattern"])
        # A bare number travels with its unit: in its name's ending, and in words.
        if re.search(r"_(musd|km|kmh|hours|days|usd_per_t)$", field.name):
            assert field.unit, f"{resource.name}.{field.name} has no unit"


def test_every_file_of_data_is_described() -> None:
    described = {r.path.resolve() for r in RESOURCES} | {(paths.data() / package.FILE).resolve()}
    found = {p.resolve() for p in paths.data().rglob("*") if p.is_file() and not p.name.startswith(".")}
    assert found == described


def test_a_data_folder_of_another_version_is_told(project: Path) -> None:
    """Descriptor and table of before a column was added: nothing in them is wrong."""
    file, table = project / "data" / package.FILE, project / "data" / "frictions.csv"
    older = json.loads(file.read_text(encoding="utf-8"))
    (entry,) = (r for r in older["resources"] if r["name"] == "frictions")
    entry["schema"]["fields"] = [f for f in entry["schema"]["fields"] if f["name"] != "only_with"]
    file.write_text(json.dumps(older), encoding="utf-8")
    pd.read_csv(table, dtype=str, keep_default_na=False).drop(columns="only_with").to_csv(table, index=False)
    with pytest.raises(DataError, match="frictions: field 'only_with' is missing.*of another version"):
        tables.frictions()
    assert package.resource("parameters").fields, "tables that are as they were are read"


def test_broken_descriptors_are_named(project: Path) -> None:
    file = project / "data" / package.FILE
    good = file.read_text(encoding="utf-8")
    file.write_text(good[:-20], encoding="utf-8")
    with pytest.raises(DataError, match="line .*not valid JSON"):
        package.resources()
    file.write_text('{"resources": [{"title": "no name"}]}', encoding="utf-8")
    with pytest.raises(DataError, match="lacks '(name|path)'"):
        package.resources()
    wrong = json.loads(good)
    wrong["resources"][0]["schema"]["fields"][0]["type"] = "strng"
    file.write_text(json.dumps(wrong), encoding="utf-8")
    with pytest.raises(DataError, match="type is 'strng'.*did you mean 'string'"):
        _ = package.resource(wrong["resources"][0]["name"]).fields
    file.unlink()
    with pytest.raises(DataError, match="missing"):
        package.resources()
