"""Tables as they were published: whatever is changed in data/ is a mistake or is told by file, line and column."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from corridors.cli import main
from corridors.data import package, published, relations, tables
from corridors.errors import DataError

Rows = list[list[str]]


def test_nothing_differs_in_what_is_published() -> None:
    """After an edit of a table that is meant to stay: make docs."""
    assert published.notes() == []
    assert {name for name, one in package.resources().items() if one.is_table and not {"computed", "published"} & set(one.descriptor)} == set()


def edited(file: Path, edit: Callable[[Rows], object]) -> None:
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))
    edit(rows)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    file.write_text(out.getvalue(), encoding="utf-8")


def swap(rows: Rows, a: tuple[int, int], b: tuple[int, int]) -> None:
    (i, j), (k, m) = a, b
    rows[i][j], rows[k][m] = rows[k][m], rows[i][j]


EDITS: dict[str, tuple[str, Callable[[Rows], object], str]] = {
    "a share of a thousandth": ("class_shares.csv", lambda r: swap(r, (1, 2), (1, 3)), r"class_shares.csv: not as it was published: line 2; columns "),
    "a flow of ten times": ("world_trade.csv", lambda r: r[700].__setitem__(3, str(10 * float(r[700][3]))), "world_trade.csv: not as it was published: column 'trade_musd'"),
    "a row is gone": ("trade_elasticity_literatures.csv", lambda r: r.pop(), "published: number of rows 1, published 2"),
    "a row is new": ("network/places.csv", lambda r: r.append(["kabwe", "Kabwe", "city", "ZMB", "-14.4", "28.4"]), "places.csv: .*: line 88|line [0-9]+; "),
    "two economies change places": ("pair_geography.csv", lambda r: swap(r, (9, 2), (700, 2)), "values of a column stand in other rows"),
    "a note": ("network/crossings.csv", lambda r: r[3].__setitem__(-1, "seen by me"), r"crossings.csv: .*: line 4; column '"),
}  # fmt: skip


@pytest.mark.parametrize("case", EDITS, ids=str)
def test_an_edit_that_may_be_right_is_told_and_is_no_mistake(case: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import re

    file, edit, told = EDITS[case]
    edited(project / "data" / file, edit)
    (note,) = published.notes()
    assert re.search(told, note) and note.startswith(str(project / "data" / file))
    published.renew()
    assert published.notes() == []


def test_check_tells_it_and_ends_well(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    edited(project / "data" / "network" / "crossings.csv", lambda rows: rows[3].__setitem__(-1, "seen by me"))
    with pytest.raises(SystemExit) as end:
        main(["check"])
    out, err = capfd.readouterr()
    assert end.value.code == 0 and "no mistakes" in out
    assert "crossings.csv: not as it was published: line 4; column " in err


def test_other_bytes_of_the_same_table_are_the_same(project: Path) -> None:
    file = project / "data" / "class_shares.csv"
    head, *lines = file.read_text(encoding="utf-8").splitlines()
    file.write_bytes("\r\n".join([head, *reversed(lines)]).encode("utf-8-sig"))
    assert published.notes() == []


@pytest.mark.parametrize("told", [3, [], {}, {"bytes": 1, "columns": [], "lines": 7, "rows": "x"}, None])
def test_digests_that_are_none_break_nothing(told: object, project: Path) -> None:
    file = project / "data" / package.FILE
    whole = json.loads(file.read_text(encoding="utf-8"))
    next(one for one in whole["resources"] if one["name"] == "class_shares")["published"] = told
    file.write_text(json.dumps(whole), encoding="utf-8")
    assert all("class_shares.csv" in note for note in published.notes())


def _mutated(rows: Rows, rng: np.random.Generator) -> str:
    """One change of a kind that people and spreadsheets make; what it was."""
    numbers = [(r, c) for r in range(1, len(rows)) for c in range(len(rows[0])) if rows[r][c].replace(".", "", 1).isdigit() and float(rows[r][c])]
    row, column = numbers[int(rng.integers(len(numbers)))] if numbers else (1, 0)
    kind = ("line gone", "sorted")[int(rng.integers(2))] if not numbers else ("thousandfold", "turned", "line gone", "shifted", "swapped", "doubled", "sorted")[int(rng.integers(7))]
    if kind == "thousandfold":
        rows[row][column] = repr(1000 * float(rows[row][column]))
    elif kind == "turned":
        rows[row][column] = "-" + rows[row][column]
    elif kind == "line gone":
        rows.pop(row)
    elif kind in ("shifted", "sorted"):
        cells = [r[column] for r in rows[1:]]
        cells = sorted(cells) if kind == "sorted" else [*cells[1:], cells[0]]
        for r, cell in zip(rows[1:], cells, strict=True):
            r[column] = cell
    elif kind == "swapped":
        other = int(rng.integers(1, len(rows)))
        rows[row][column], rows[other][column] = rows[other][column], rows[row][column]
    else:
        rows.insert(row, list(rows[row]))
    return f"{kind}: line {row + 1}, {rows[0][column]}"


def test_a_hundred_mutated_tables_change_no_number_silently(project: Path) -> None:
    """Every kind of table, of seven kinds of change: a mistake of the table, or told; the same values otherwise."""
    rng = np.random.default_rng(11)
    names = [name for name, one in package.resources().items() if one.is_table and one.path.stat().st_size < 200_000 and "computed" not in one.descriptor]
    mistakes = 0
    for number in range(100):
        name = names[number % len(names)]
        file, before = package.resource(name).path, tables.table(name)
        original = file.read_text(encoding="utf-8")
        kinds: list[str] = []
        edited(file, lambda rows, kinds=kinds: kinds.append(_mutated(rows, rng)))  # type: ignore[misc]
        try:
            told = [*published._differences(package.resource(name))]
            now = tables.table(name)
        except DataError as error:
            mistakes += 1
            assert file.name in str(error) and "line" in str(error), (kinds, str(error))
        else:
            columns = list(before.columns)
            same = now.sort_values(columns, ignore_index=True).equals(before.sort_values(columns, ignore_index=True))
            assert same != bool(told), (name, kinds, told)
        file.write_text(original, encoding="utf-8")
    assert 10 < mistakes < 90 and relations.mistakes() == []
