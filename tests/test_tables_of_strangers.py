"""Tables as strangers save and mend them: read alike, or refused by file, line and column; never a traceback or another number."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conftest import REPOSITORY
from corridors.data import codes, computed, names, package, relations, tables
from corridors.errors import DataError
from corridors.runtime import paths

NETWORK = ("places", "links", "crossings", "services", "gateways", "airports", "road_costs", "pair_traffic", "base_shares")


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data in a folder of their own, without what is large and is not asked for here."""
    shutil.copytree(paths.data(), tmp_path / "data", ignore=shutil.ignore_patterns("world", "map", "*.geojson"))
    monkeypatch.setenv("CORRIDORS_ROOT", str(tmp_path))
    paths.root.cache_clear()
    yield tmp_path / "data"
    monkeypatch.undo()
    paths.root.cache_clear()


@pytest.fixture
def world(copy: Path) -> Path:
    """The tables of the world beside them."""
    return Path(shutil.copytree(REPOSITORY / "data" / "world", copy / "world"))


def edited(file: Path, row: int, column: str, value: str) -> int:
    """One cell changed; its line."""
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))
    rows[row + 1][rows[0].index(column)] = value
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    file.write_text(out.getvalue(), encoding="utf-8")
    return row + 2


def semicolons(text: str, comma: bool = True) -> str:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    out = io.StringIO()
    numeric = {k for k in range(len(rows[0])) if all(_is_number(row[k]) for row in rows[1:])}
    for row in rows[1:] if comma else []:
        for k in numeric:
            row[k] = row[k].replace(".", ",")
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


SAVED: dict[str, Callable[[str], bytes]] = {
    "byte-order mark": lambda t: b"\xef\xbb\xbf" + t.encode(),
    "semicolons": lambda t: semicolons(t, comma=False).encode(),
    "semicolons and decimal commas": lambda t: semicolons(t).encode("utf-8-sig"),
    "sep first": lambda t: b"sep=,\r\n" + t.encode(),
    "sep semicolon": lambda t: b"sep=;\r\n" + semicolons(t).encode(),
    "UTF-16": lambda t: t.encode("utf-16"),
    "UTF-16 tabs": lambda t: "\n".join("\t".join(r) for r in csv.reader(io.StringIO(t, newline=""))).encode("utf-16"),
    "trailing columns": lambda t: "".join(f"{line},,\n" for line in t.splitlines()).encode(),
    "carriage returns alone": lambda t: t.replace("\n", "\r").encode(),
    "carriage returns": lambda t: t.replace("\n", "\r\n").encode(),
}


@pytest.mark.parametrize("way", SAVED, ids=str)
def test_what_a_spreadsheet_makes_of_a_table_is_read_alike(way: str, copy: Path) -> None:
    before = {name: tables.table(name) for name in ("places", "links", "gateways")}
    known = names.places()
    for name in before:
        file = copy / "network" / f"{name}.csv"
        file.write_bytes(SAVED[way](file.read_text(encoding="utf-8")))
    for name, frame in before.items():
        pd.testing.assert_frame_equal(tables.table(name), frame)
    assert names.places() == known


def test_another_encoding_is_named_once_with_its_line(copy: Path) -> None:
    file = copy / "network" / "places.csv"
    line = edited(file, 3, "name", "Chah-é Mirza")
    file.write_bytes(file.read_text(encoding="utf-8").encode("cp1252"))
    with pytest.raises(DataError, match=rf"places.csv: line {line}: byte 0xe9 is not UTF-8.*Windows-1252.*save it as CSV UTF-8"):
        tables.table("places")
    with pytest.raises(DataError, match="is not UTF-8"):
        names.places()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lambda t: t.encode("utf-16-le"), "holds zero bytes: it is UTF-16 or UTF-32 that does not say so"),
        (lambda t: t.encode("utf-32"), "holds zero bytes: it is UTF-16 or UTF-32 that does not say so"),
        (lambda t: b"\0\0" + t.encode(), "holds zero bytes"),
        (lambda t: b"PK\x03\x04\x14\0\x06\0" + t.encode(), "is a workbook or a packed file and no CSV table"),
        (lambda t: b"\xd0\xcf\x11\xe0\xa1\xb1" + t.encode(), "is a workbook or a packed file and no CSV table"),
    ],
    ids=["UTF-16 without a mark", "UTF-32", "zeros", "xlsx", "xls"],
)  # fmt: skip
def test_what_is_no_text_is_named_by_what_it_is(content: Callable[[str], bytes], told: str, copy: Path) -> None:
    file = copy / "network" / "links.csv"
    file.write_bytes(content(file.read_text(encoding="utf-8")))
    (message,) = _check_tables()
    assert told in message and message.endswith("; save it as CSV UTF-8")


def test_commas_that_may_divide_thousands_are_refused(copy: Path) -> None:
    file = copy / "network" / "places.csv"
    text = semicolons(file.read_text(encoding="utf-8"), comma=False)
    rows = text.splitlines()
    cells = rows[2].split(";")
    cells[4] = cells[4].replace(".", ",")
    file.write_text("\n".join([*rows[:2], ";".join(cells), *rows[3:]]), encoding="utf-8")
    with pytest.raises(DataError, match="some numbers have a decimal comma and some a decimal point"):
        tables.table("places")


def test_the_code_of_namibia_is_not_missing(copy: Path) -> None:
    """pandas takes NA for missing unless told otherwise (the ISO alpha-2 code; in text columns generally)."""
    file = copy / "network" / "places.csv"
    edited(file, 0, "name", "NA")
    assert tables.table("places")["name"].iloc[0] == "NA"
    assert "NAM" in names.economies()


WRONG: dict[str, tuple[str, int, str, str, str]] = {
    "unknown place": ("links", 0, "from", "karatschi", r"column 'from' is 'karatschi'.*did you mean 'karachi'"),
    "capitalised place": ("links", 0, "from", "Karachi", r"'Karachi'.*did you mean 'karachi'"),
    "padded place": ("links", 1, "to", " lahore", r"' lahore'.*did you mean 'lahore'"),
    "place joined with itself": ("links", 0, "to", "karachi", r"column 'to' is 'karachi'; allowed: another place"),
    "shorter than the great circle": ("links", 0, "length_km", "66", r"column 'length_km' is 66; allowed: at least the great circle"),
    "road without its crossing": ("links", 0, "to", "mashhad", r"column 'to' is 'mashhad'.*passes a border at a crossing"),
    "366 days": ("crossings", 0, "closure_days_per_year", "366", r"'closure_days_per_year' is 366; allowed"),
    "low above high": ("crossings", 0, "capacity_low", "9000", r"'capacity_low' is 9000; allowed: at most capacity_high"),
    "middle outside": ("crossings", 0, "capacity_trucks_per_day", "9000", r"'capacity_trucks_per_day' is 9000; allowed: from capacity_low to"),
    "a date with slashes": ("crossings", 0, "state_since", "12/10/2025", r"'state_since' is '12/10/2025'; allowed: a date"),
    "weights of 0.9": ("gateways", 0, "weight", "0.45", r"weights of PAK that add to 1; they add to 0.9"),
    "unknown economy": ("gateways", 0, "economy", "PKA", r"'economy' is 'PKA'.*did you mean 'PAK'"),
    "roads without a price": ("road_costs", 0, "economy", "FRA", r"in an economy with a row in network/road_costs.csv, which PAK has not"),
    "no gateway": ("gateways", 0, "economy", "FRA", r"weights of PAK"),
    "crossing that nothing describes": ("crossings", 0, "crossing", "khunjirab", r"'khunjirab'.*did you mean 'khunjerab'"),
}


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_check_names_what_reads_well_and_is_wrong(case: str, copy: Path) -> None:
    table, row, column, value, message = WRONG[case]
    assert relations.mistakes() == []
    line = edited(copy / "network" / f"{table}.csv", row, column, value)
    told = " | ".join([*_check_tables(), *relations.mistakes()])
    assert re.search(message, told), told
    if case not in ("roads without a price", "no gateway"):
        assert f"{table}.csv: line {line}:" in told


WRONG_OF_THE_WORLD: dict[str, tuple[str, str, str, str]] = {
    "a pipeline of nobody": ("pipelines", "economy", "KZA", r"'economy' is 'KZA'.*did you mean 'KAZ'"),
    "speeds of nobody": ("truck_speeds", "iso3", "CNH", r"'iso3' is 'CNH'.*did you mean 'CHN'"),
    "a time from nowhere": ("transit_times", "from", "slv_san_salvadro", r"'slv_san_salvadro'.*did you mean 'slv_san_salvador'"),
    "a time by no crossing": ("transit_times", "via", "khorgoz", r"'via' is 'khorgoz'.*did you mean 'khorgos'"),
    "a length to nowhere": ("known_lengths", "to", "beitbrigde", r"'to' is 'beitbrigde'.*did you mean 'beitbridge'"),
    "a fact of no crossing": ("crossing_facts", "crossing", "buzia", r"'crossing' is 'buzia'.*did you mean 'busia'"),
    "hours between nobody": ("border_times", "economy_b", "UGX", r"'economy_b' is 'UGX'.*did you mean 'UGA'"),
}


@pytest.mark.parametrize("case", WRONG_OF_THE_WORLD, ids=str)
def test_check_names_what_is_wrong_in_a_table_of_the_world(case: str, world: Path) -> None:
    table, column, value, message = WRONG_OF_THE_WORLD[case]
    rows = tables.table(f"world_{table}")
    row = int(rows[column].notna().to_numpy().argmax()) if column == "via" else 0
    line = edited(world / f"{table}.csv", row, column, value)
    (told,) = relations.mistakes()
    assert re.search(message, told) and f"world/{table}.csv: line {line}:" in told, told


def test_swapped_latitude_and_longitude_are_told(copy: Path) -> None:
    file = copy / "network" / "places.csv"
    frame = tables.table("places")
    row = int((frame["place"] == "lahore").to_numpy().argmax())
    edited(file, row, "latitude", str(frame["longitude"][row]))
    edited(file, row, "longitude", str(frame["latitude"][row]))
    assert any("latitude and longitude of lahore are swapped" in text for text in relations.mistakes())


def _check_tables() -> list[str]:
    found = []
    for name in NETWORK:
        try:
            tables.table(name)
        except DataError as error:
            found.append(str(error))
    return found


def test_a_hundred_mutated_tables_end_in_a_message_or_leave_every_number_as_it_was(copy: Path) -> None:
    """Cells emptied, padded, misspelled, negated, with letters, commas or quotes; lines cut, doubled and swapped."""
    for file in copy.glob("*.csv"):
        if file.stem not in ("economies", "cargo_classes"):
            file.unlink()  # nothing is mutated there, and reading them a hundred times took most of the time
    rng = np.random.default_rng(7)
    originals = {name: (copy / "network" / f"{name}.csv").read_text(encoding="utf-8") for name in NETWORK}
    frames = {name: tables.table(name) for name in NETWORK}
    told = 0
    for number in range(100):
        name = str(rng.choice(NETWORK))
        file = copy / "network" / f"{name}.csv"
        file.write_text(_mutated(originals[name], rng), encoding="utf-8")
        mistakes = [*_check_tables(), *relations.mistakes()]
        if mistakes:
            told += 1
            assert all(".csv" in text for text in mistakes), mistakes
        else:
            _same_or_stated(tables.table(name), frames[name], number)
        file.write_text(originals[name], encoding="utf-8")
    assert told >= 60


def _same_or_stated(now: pd.DataFrame, before: pd.DataFrame, number: int) -> None:
    """What was not told moved no number and no name: lines in another order, or an optional text emptied or padded."""
    key = [c for c in before.columns if before[c].dtype.kind in "fib" or c in ("place", "from", "to", "crossing", "economy", "service", "iata")]
    left, right = (f[key].sort_values(key, ignore_index=True) for f in (now, before))
    pd.testing.assert_frame_equal(left, right, obj=f"mutation {number}")


def _mutated(text: str, rng: np.random.Generator) -> str:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    row, column = int(rng.integers(1, len(rows))), int(rng.integers(0, len(rows[0])))
    cell = rows[row][column]
    kind = int(rng.integers(0, 9))
    if kind == 0:
        rows[row][column] = ""
    elif kind == 1:
        rows[row][column] = f" {cell}"
    elif kind == 2:
        rows[row][column] = cell.upper() + "x"
    elif kind == 3 and rows[0][column] in ("latitude", "longitude", "growth_percent"):
        pass  # may be negative: that it was not meant to be cannot be known
    elif kind == 3:
        rows[row][column] = f"-{cell}" if _is_number(cell) and float(cell) else cell + "?"
    elif kind == 4:
        rows[row][column] = cell.replace(".", ",") + " km" if _is_number(cell) else cell
    elif kind == 5:
        rows[row] = rows[row][:-1]
    elif kind == 6:
        rows.insert(row, list(rows[row]))
    elif kind == 7:
        rows[row], rows[-1] = rows[-1], rows[row]
    else:
        rows[0][column] = rows[0][column] + "s"
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize(
    ("code", "told"),
    [("TMP", "Timor-Leste"), ("ZAR", "did you mean 'COD'"), ("PSE", "Palestine"), ("KSV", "Kosovo (XKX today)"), ("SSD", "South Sudan"),
     ("PKA", "did you mean 'PAK'"), ("UK", "did you mean 'GBR'"), ("Kenya", "did you mean 'KEN'"), ("S19", "did you mean 'TWN'")],
)  # fmt: skip
def test_codes_of_other_lists_and_economies_without_data_are_told(code: str, told: str) -> None:
    assert told in codes.hint(code, names.economies())


def test_points_that_divide_thousands_are_named_in_their_own_cell(copy: Path) -> None:
    """https://github.com/pandas-dev/pandas/issues/59299: the message named a cell that was right."""
    file = copy / "network" / "links.csv"
    rows = semicolons(file.read_text(encoding="utf-8"), comma=False).splitlines()
    cells = rows[2].split(";")
    cells[3] = "1.179,00"
    file.write_text("\n".join([*rows[:2], ";".join(cells), *rows[3:]]), encoding="utf-8")
    with pytest.raises(DataError, match=r"links.csv: line 3: column 'length_km' is '1.179,00'; allowed: a number"):
        tables.table("links")


ODD_CELLS = {
    "a code over two lines": ("known_flows", 3, "importer", "ARE\nx", r"line 5: column 'importer' is 'ARE\\nx'; allowed: text on one line"),
    "a name that turns round": ("economies", 3, "name", "\u202eFiji", r"line 5: column 'name' is '\\u202eFiji'; allowed: text on one line"),
    "a name that ends in nothing": ("economies", 3, "name", "Fiji\0", r"line 5: column 'name' is 'Fiji\\x00'; allowed: text on one line"),
    "digits of another script": ("frictions", 0, "low", "\u0661.\u0665", r"line 2: column 'low' is '\u0661.\u0665'; allowed: a number"),
    "a number that is none": ("regime_studies", 1, "percent", "nan", r"line 3: column 'percent' is 'nan'; allowed: a number, or nothing"),
    "a year of many digits": ("gdp", 2, "year", "9" * 25, r"line 4: column 'year' is '9{25}'; allowed: a whole number"),
    "a share above all": ("base_shares", 2, "share", "1e25", r"line 4: column 'share' is 1e\+25; allowed: at least 0 and at most 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD_CELLS, ids=str)
def test_a_cell_that_is_never_meant_is_named(case: str, copy: Path) -> None:
    table, row, column, value, message = ODD_CELLS[case]
    edited(package.resource(table).path, row, column, value)
    with pytest.raises(DataError, match=message):
        tables.table(table)


def test_a_quotation_mark_without_its_other_is_named_by_the_line_it_begins_on(copy: Path) -> None:
    file = copy / "gdp.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[40] = '"' + lines[40]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"gdp.csv: line 41: not a readable CSV table: .* quotation mark"):
        tables.table("gdp")


def _where(table: str, **cells: object) -> int:
    frame = tables.table(table)
    right = [(frame[name].isna() if value != value else frame[name] == value).to_numpy(bool) for name, value in cells.items()]
    return int(np.all(right, axis=0).argmax()) if right else 0


ODD_ROWS = {
    "an economy of no table": ("trade_series", {}, "partner", "RUX", r"'partner' is 'RUX'; allowed: a code of economies.csv"),
    "one of several together": ("known_flows", {"importer": "KGZ+TJK+TKM"}, "importer", "KGZ+TJX", r"'importer' is 'KGZ\+TJX'; allowed: a code of economies.csv"),
    "a report of nothing": ("trade_series", {"exports_musd": float("nan"), "imports_musd": float("nan")}, "total_musd", "", r"'total_musd' is ''; allowed: a number, or one of"),
    "half of a range": ("parameters", {"parameter": "gdp_importer_turn"}, "low", "", r"'low' is ''; allowed: a number, since the distribution is normal"),
    "a range of costs upside down": ("measure_costs", {}, "capital_low_musd", "5e3", r"'capital_low_musd' is 5000; allowed: at most capital_high_musd"),
    "a ratio from nothing": ("parameters", {"distribution": "lognormal"}, "low", "0", r"'low' is 0; allowed: above 0"),
    "an output of another unit": ("gdp", {"iso3": "PAK", "year": 2010}, "gdp_musd", "19616900", r"'gdp_musd' is 1.96169e\+07; allowed: within 20 times the years"),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD_ROWS, ids=str)
def test_a_row_that_nobody_would_find_or_believe_is_named(case: str, copy: Path) -> None:
    table, cells, column, value, message = ODD_ROWS[case]
    line = edited(package.resource(table).path, _where(table, **cells), column, value)
    (told,) = relations.mistakes()
    assert re.search(message, told) and f".csv: line {line}:" in told, told


def test_a_row_that_stands_there_twice_is_named_also_without_a_key(copy: Path) -> None:
    file = copy / "unit_values.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*lines, lines[3]]) + "\n", encoding="utf-8")
    (told,) = relations.mistakes()
    assert f"unit_values.csv: line {len(lines) + 1}: column" in told and "differs from every one before it" in told


def test_a_row_of_the_same_thing_with_another_figure_is_named(world: Path) -> None:
    file = world / "border_times.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*lines, lines[1].replace(",13.0,", ",31.0,")]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"border_times.csv: lines 2 and {len(lines) + 1}: crossing = Beitbridge.* occurs more than once"):
        tables.table("world_border_times")


def test_a_row_whose_key_is_partly_empty_is_named_with_both_lines(world: Path) -> None:
    """Of fuels to all partners: no line was told, as nothing equals what is missing."""
    file = world / "pipelines.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    (first,) = [k for k, line in enumerate(lines) if line.startswith("KAZ,,")]
    file.write_text("\n".join([*lines, lines[first].replace("KAZ,,0.96", "KAZ,,0.5")]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"pipelines.csv: lines {first + 1} and {len(lines) + 1}: economy = KAZ, partner empty occurs more than once"):
        tables.table("world_pipelines")


ABSURD = {
    "less than nothing is left": ("experiments_observed", "observed_low", "-250", "at least -100"),
    "a million percent": ("experiments_observed", "observed_high", "1e6", "at most 100000"),
    "a middle outside its range": ("experiments_observed", "observed", "99999", "from observed_low to observed_high"),
    "an observed quantity beyond all": ("experiments_measured_observed", "observed", "-1e9", "at least -1000000"),
    "a year of no calendar": ("experiments", "year", "20245", "at most 2100"),
    "hours upside down": ("world_transit_times", "hours", "1", "from hours_low to hours_high"),
}  # fmt: skip


@pytest.mark.parametrize("case", ABSURD, ids=str)
def test_a_figure_that_cannot_be_is_named(case: str, world: Path) -> None:
    table, column, value, allowed = ABSURD[case]
    frame = tables.table(table)
    row = int(frame["hours_low"].notna().to_numpy().argmax()) if table == "world_transit_times" else 0
    line = edited(package.resource(table).path, row, column, value)
    told = " | ".join([*tables.check(), *relations.mistakes()])
    assert f".csv: line {line}: column '{column}' is" in told and allowed in told, told


def test_every_number_says_what_is_least_and_most() -> None:
    open_ended = [
        f"{resource.name}.{field.name}"
        for resource in package.resources().values()
        for field in resource.fields
        if field.type in ("integer", "number", "year") and not {"minimum", "maximum"} <= set(field.constraints) and "enum" not in field.constraints
    ]
    assert open_ended == []


@pytest.mark.parametrize("digest", [{"whole": "x"}, {"whole": "x", "by": "", "rows": "many", "columns": {}}, {"whole": "x", "by": 5, "rows": 3, "columns": {}}, {"columns": 3}, [], "x"])
def test_a_digest_that_is_none_is_named(digest: object, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "world_road_places"
    ours = package.resource(name)
    told = package.Resource({**ours.descriptor, "computed": digest}, ours.folder)
    monkeypatch.setattr(package, "resource", lambda _: told)
    (said,) = computed.differences(name, tables.table(name).head(3))
    assert "datapackage.json: 'computed' of table 'world_road_places'" in said and "allowed: as" in said
