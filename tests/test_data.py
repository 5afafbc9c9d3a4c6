"""Tables are typed, complete and consistent with one another; a damaged one is named to the cell."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from corridors.data import package, tables
from corridors.data.reader import read_checked
from corridors.errors import DataError

TABLES = [r.name for r in package.resources().values() if r.is_table]


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_valid_and_typed(name: str) -> None:
    frame = tables.table(name)
    resource = package.resource(name)
    assert list(frame.columns) == [f.name for f in resource.fields]
    assert len(frame) > 0
    kinds = {"string": "string", "integer": "integer", "year": "integer", "number": "number", "boolean": "boolean"}
    tests = {
        "string": lambda c: isinstance(c.dtype, pd.StringDtype),
        "integer": pd.api.types.is_integer_dtype,
        "number": pd.api.types.is_float_dtype,
        "boolean": pd.api.types.is_bool_dtype,
    }
    for field in resource.fields:
        column = frame[field.name]
        if column.notna().any():
            assert tests[kinds[field.type]](column), (field.name, column.dtype)


def test_whole_package_has_no_mistakes() -> None:
    assert tables.check() == []


# Tables that only checks and tests read, and those of data/world, are read by name.
@pytest.mark.parametrize("name", [t for t in TABLES if hasattr(tables, t)])
def test_a_function_named_as_a_table_gives_it(name: str) -> None:
    function = getattr(tables, name)
    assert function.__doc__ and function().equals(tables.table(name))


def test_a_caller_cannot_spoil_the_cache() -> None:
    mine = tables.gdp()
    before = tables.gdp().copy(deep=True)
    mine.loc[0, "gdp_musd"] = -1.0
    mine["extra"] = 0
    pd.testing.assert_frame_equal(tables.gdp(), before)


def test_the_large_panel_is_read_and_checked_fast() -> None:
    tables.table("economies")  # loads pandera
    name, folder = "bilateral_trade_panel", package.resource("bilateral_trade_panel").folder
    best = np.inf
    for _ in range(3):
        start = time.process_time()
        frame = read_checked(package.Resource(package.resource(name).descriptor, folder))
        best = min(best, time.process_time() - start)
    assert len(frame) == 154_090
    assert best < 0.6  # about 0.1 s on one free core


# --- tables agree with one another -----------------------------------------------------------------------


def test_every_economy_of_trade_has_a_name() -> None:
    named = set(tables.economies()["iso3"])
    panel = tables.bilateral_trade_panel()
    assert set(panel["exporter"]) | set(panel["importer"]) <= named
    assert set(tables.gdp()["iso3"]) <= named
    geography = tables.pair_geography()
    assert set(geography["a"]) | set(geography["b"]) <= named


def test_geography_is_unordered_and_complete() -> None:
    geography = tables.pair_geography()
    assert (geography["a"] < geography["b"]).all()
    n = len(set(geography["a"]) | set(geography["b"]))
    assert len(geography) == n * (n - 1) // 2


def test_panel_has_no_trade_with_oneself_and_known_years() -> None:
    panel = tables.bilateral_trade_panel()
    assert (panel["exporter"] != panel["importer"]).all()
    assert sorted(panel["year"].unique()) == [1992, 1996, 2000, 2004, 2008, 2012, 2016]


def test_world_trade_has_the_right_size() -> None:
    """World merchandise trade was 16.0 trillion dollars in 2016 (WTO, World Trade Statistical Review 2017);
    the panel leaves out some economies."""
    panel = tables.bilateral_trade_panel()
    total = panel.loc[panel["year"] == 2016, "trade_musd"].sum() / 1e6
    assert 12 < total < 16.5


def test_links_join_known_places_and_are_no_shorter_than_the_crow_flies() -> None:
    places = tables.places().set_index("place")
    links = tables.links()
    roads = links[links["mode"] == "road"]
    assert set(roads["from"]) | set(roads["to"]) <= set(places.index)
    a, b = places.loc[roads["from"]], places.loc[roads["to"]]
    lat1, lat2 = np.radians(a["latitude"].to_numpy()), np.radians(b["latitude"].to_numpy())
    dlon = np.radians(b["longitude"].to_numpy() - a["longitude"].to_numpy())
    central = np.sin(lat1) * np.sin(lat2) + np.cos(lat1) * np.cos(lat2) * np.cos(dlon)
    crow_km = 6371.0 * np.arccos(np.clip(central, -1, 1))
    assert (roads["length_km"].to_numpy() > 0.98 * crow_km).all()


def test_trade_series_totals_are_the_sum_of_the_flows() -> None:
    series = tables.trade_series().dropna(subset=["exports_musd", "imports_musd", "total_musd"])
    sums = series["exports_musd"] + series["imports_musd"]
    # One source rounds its total to the million.
    assert (np.abs(sums - series["total_musd"]) <= 1.0).all()
    assert (tables.trade_series()["start"] <= tables.trade_series()["end"]).all()


def test_every_statement_has_a_source() -> None:
    assert tables.trade_series()["source_title"].notna().all()
    assert tables.parameters()["source"].notna().all()
    assert tables.transport_facts()["source_url"].notna().all()


# --- damage ----------------------------------------------------------------------------------------------


def _damage(root: Path, file: str, line: int, old: str, new: str) -> None:
    path = root / "data" / file
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    path.write_text("".join(lines), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "line", "old", "new", "says"),
    [
        ("gdp.csv", 5, "4520.95", "many", ["gdp.csv: line 5: column 'gdp_musd' is 'many'", "a number"]),
        ("gdp.csv", 5, "4520.95", "-3", ["line 5: column 'gdp_musd' is -3", "at least 1"]),
        ("gdp.csv", 5, "4520.95", "nan", ["line 5: column 'gdp_musd'"]),
        ("gdp.csv", 5, "4520.95", "inf", ["line 5: column 'gdp_musd' is inf", "at most 100000000"]),
        ("gdp.csv", 5, "4520.95", "", ["line 5: column 'gdp_musd' is empty"]),
        ("gdp.csv", 5, "2003", "2003.5", ["line 5: column 'year' is '2003.5'", "a whole number"]),
        ("gdp.csv", 5, "2003", "2002", ["lines 4 and 5", "iso3 = AFG, year = 2002 occurs more than once"]),
        ("gdp.csv", 5, "AFG,", "Afg,", ["line 5: column 'iso3' is 'Afg'", "[A-Z]{3}"]),
        ("gdp.csv", 5, ",4520.95", "", ["line 5: 2 cells where the header has 3 columns"]),
        ("gdp.csv", 1, "gdp_musd", "gdp_mus", ["line 1: column 'gdp_musd' is missing; did you mean 'gdp_mus'?"]),
        ("gdp.csv", 1, "gdp_musd", "gdp_musd,note", ["line 1: column 'note' is not described"]),
        ("network/places.csv", 12, "crossing", "crosing", ["line 12: column 'kind' is 'crosing'", "did you mean 'crossing'?"]),
        ("network/places.csv", 12, "28.97", "128.97", ["line 12: column 'latitude' is 128.97", "at most 90"]),
        ("bilateral_trade_panel.csv", 100_000, ",0\n", ",2\n", ["line 100000: column 'trade_agreement' is 2", "one of 0, 1"]),
    ],
)
def test_damage_is_named_to_the_cell(project: Path, file: str, line: int, old: str, new: str, says: list[str]) -> None:
    _damage(project, file, line, old, new)
    name = Path(file).stem
    with pytest.raises(DataError) as caught:
        tables.table(name)
    for part in says:
        assert part in str(caught.value)
    assert any(str(caught.value) == mistake for mistake in tables.check())


def test_line_numbers_count_lines_inside_quotes(project: Path) -> None:
    path = project / "data" / "gdp.csv"
    path.write_text('iso3,year,gdp_musd\nAFG,2000,"1"\nAFG,"2001\n",2\nAFG,2002,-1\n', encoding="utf-8")
    with pytest.raises(DataError, match="line 3: column 'year'"):
        tables.gdp()
    series = project / "data" / "trade_series.csv"
    text = series.read_text(encoding="utf-8").splitlines(keepends=True)
    text[1] = text[1].replace("Russian trade representative", "Russian\ntrade representative")
    text[3] = text[3].replace("419.34", "-1")
    series.write_text("".join(text), encoding="utf-8")
    with pytest.raises(DataError, match="line 5: column 'total_musd' is -1"):
        tables.trade_series()


def test_missing_tables_and_names(project: Path) -> None:
    (project / "data" / "gdp.csv").unlink()
    with pytest.raises(DataError, match=r"gdp\.csv: missing"):
        tables.gdp()
    with pytest.raises(DataError, match="no table 'gpd'; did you mean 'gdp'"):
        tables.table("gpd")
    with pytest.raises(DataError, match="a file, not a table"):
        tables.table("lines")
    (project / "data" / "network" / "lines.geojson").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="not valid JSON"):
        tables.line_shapes()
    assert len(tables.check()) >= 2


def test_bytes_that_are_no_text(project: Path) -> None:
    (project / "data" / "gdp.csv").write_bytes(b"\xff\xfe\x00iso3")
    with pytest.raises(DataError, match="gdp.csv"):
        tables.gdp()


def test_a_changed_table_is_read_again(project: Path) -> None:
    before = tables.gdp()
    path = project / "data" / "gdp.csv"
    path.write_text("iso3,year,gdp_musd\nPAK,2023,338000\n", encoding="utf-8")
    assert len(tables.gdp()) == 1 < len(before)


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = "import corridors, corridors.cli, sys; print([m for m in ('pandas', 'numpy', 'pydantic', 'yaml', 'matplotlib') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
