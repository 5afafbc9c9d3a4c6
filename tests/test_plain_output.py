"""No control character, no character that turns text round, and no formula reaches a terminal, a page or a table."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corridors import scenario
from corridors.data import tables
from corridors.errors import DataError, ScenarioError, plain, plain_json, plain_page
from corridors.report import manifest, owned, result_files
from corridors.report.messages import Failure
from corridors.report.progress import JsonLines, Live, Plain, Quiet
from corridors.runtime import plain_files
from corridors.runtime.file_names import is_safe
from corridors.scenario import parse

EVIL = "a\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\u2066\x00b"
CONTROL = st.text(st.characters(categories=("Cc", "Cf", "Lu", "Zl", "Zp")), max_size=12)


def is_plain(text: str) -> bool:
    return not [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in "\n\t\u200c\u200d"]


@pytest.mark.parametrize("kind", [Quiet, Plain, JsonLines, Live])
def test_no_progress_shows_what_could_rewrite_a_terminal(kind: type) -> None:
    stream = io.StringIO()
    with kind(stream) as progress:
        progress.begin(2, 0)
        progress.failed(EVIL, 1)
        progress.say(EVIL)
        progress.end(EVIL)
    told = stream.getvalue()
    for bad in ("\x1b]", "\x1b[2J", "\x07", "\x9b", "\u202e", "\u2066", "\x00"):
        assert bad not in told


@given(CONTROL)
@example(EVIL)
def test_json_with_its_control_characters_written_out_means_the_same(text: str) -> None:
    told = plain_json(json.dumps({text: [text]}, ensure_ascii=False))
    assert is_plain(told) and json.loads(told) == {text: [text]}


@given(CONTROL)
@example(EVIL)
def test_a_page_turns_no_text_round(text: str) -> None:
    page = plain_page(f"<p>{text}</p>")
    assert len(page) == len(text) + 7
    assert not [c for c in page if (unicodedata.category(c) == "Cc" and c not in "\n\t\r") or unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")]


@given(st.text(max_size=3000))
def test_a_failure_is_told_in_plain_words_and_not_too_long(text: str) -> None:
    told = str(Failure("notebook:a", text))
    assert is_plain(told) and len(told) < 2_100


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=HYPERLINK(\"http://x\")", EVIL])
def test_a_cell_that_begins_a_formula_is_neutralised(cell: str) -> None:
    frame = pd.DataFrame({cell: [1.5], "text": [cell], "kind": pd.Categorical([cell]), "string": pd.array([cell], dtype="string")})
    text = result_files.neutral(frame).to_csv(index=False)
    back = pd.read_csv(io.StringIO(text), keep_default_na=False)
    for shown in (*back.columns, *back.iloc[0, 1:]):
        assert str(shown)[0] not in "=+-@\t\r\n" and is_plain(str(shown))


def test_numbers_and_words_stay_as_they_are() -> None:
    frame = pd.DataFrame({"x": [-1.5, 2.0], "text": ["-1.5", "+3 %"], "word": ["-", "Türkiye – Iran"], "none": [None, "a"]})
    assert result_files.neutral(frame).to_csv() == frame.to_csv()


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=1, max_size=4))
@example(["=1"])
def test_no_text_in_a_table_begins_a_formula(texts: list[str]) -> None:
    made = result_files.neutral(pd.DataFrame({"a": texts}))["a"]
    assert all(not one or one[0] not in "=+@\t\r" or len(one) == 1 or result_files._NUMBER.fullmatch(one) for one in made)


@pytest.mark.parametrize("name", ["con", "nul", "aux", "prn", "com1", "lpt9"])
def test_a_name_that_windows_keeps_for_a_device_is_refused(name: str) -> None:
    from corridors.errors import ScenarioError

    with pytest.raises(ScenarioError, match="keeps for a device"):
        parse({"title": "A", "pair": ("PAK", "RUS")}, name=name)
    assert not is_safe(f"{name}/report.html") and not is_safe(f"a/{name.upper()}.txt")


@given(st.text(max_size=30))
@example("../x")
@example("a/../../x")
@example("/etc/passwd")
@example("C:\\x")
@example("a//b")
@example("COM¹.txt")
def test_a_safe_name_stays_inside(name: str) -> None:
    if is_safe(name):
        inside = (Path("/out") / name).resolve()
        assert Path("/out") in inside.parents and name == plain(name)


# --- a manifest of anything ----------------------------------------------------------------------------------

_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.sampled_from(("../x", "a/report.html", "report", "html", "2026-02-13", "0" * 64)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("sha256", "bytes", "title", "stem", "date", "formats", "reads", "source", "parameters", "key", "seconds", "a", "../x")), inner, max_size=6),
    max_leaves=15,
)  # fmt: skip


@given(documents=_ANY, scenarios=_ANY, outputs=_ANY, steps=_ANY, failed=_ANY, date=_ANY)
def test_a_manifest_of_anything_is_read_as_what_is_whole_in_it(tmp_path_factory: pytest.TempPathFactory, **parts: object) -> None:
    out = tmp_path_factory.mktemp("out")
    (out / "manifest.json").write_text(json.dumps({"format": 1, **parts}))
    told = manifest.read(out)
    for folder, document in told["documents"].items():
        assert is_safe(folder) and is_safe(f"{folder}/{document['stem']}.html") and sorted(document["formats"]) is not None and list(document["reads"]) is not None
    assert all(is_safe(name) and found["sha256"] for name, found in told["outputs"].items())
    assert all(isinstance(found["source"], str) for found in told["scenarios"].values()) and all(found["key"] is not None for found in told["steps"].values())
    assert told["date"][4] == "-" and all(isinstance(name, str) for name in told["failed"])
    manifest.same(told, told)
    beside = out.parent / "x"
    beside.write_text("mine")
    owned.clean(out)
    assert beside.read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"[" * 100_000, b"null", b"[1]", b"\xff", b'{"format": 2}', b'{"format": 1}'], ids=range(7))
def test_a_damaged_manifest_lists_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    told = manifest.read(tmp_path)
    assert not told["outputs"] and not told["documents"] and not told["scenarios"] and not told["steps"]


# --- files that have no end ----------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no endless file here")
@pytest.mark.parametrize("name", ["gdp.csv", "economies.csv", "datapackage.json", "outlines.geojson"])
def test_an_endless_table_is_an_error_and_not_read(project: Path, name: str) -> None:
    (file,) = project.joinpath("data").rglob(name)
    file.unlink()
    file.symlink_to("/dev/zero")
    with pytest.raises(DataError, match="is no plain file"):
        told = tables.check()
        raise DataError("\n".join(told))


def test_a_table_with_too_many_rows_is_refused_before_it_is_checked(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_files, "MOST_ROWS", 1000)
    with pytest.raises(DataError, match=r"gdp.csv: has [\d,]+ rows; allowed: at most 1,000"):
        tables.gdp()
    monkeypatch.setattr(plain_files, "MOST_ROWS", 10**9)
    file = project / "data" / "frictions.csv"
    with pytest.raises(DataError, match="allowed: at most"):
        plain_files.check(file, most_bytes=10)


def test_a_description_of_nonsense_is_an_error_of_the_data(project: Path) -> None:
    for content in (b"[" * 100_000, b"\xff", b"[]", b'{"resources": 7}', b'{"resources": [7]}', b"null"):
        (project / "data" / "datapackage.json").write_bytes(content)
        with pytest.raises(DataError):
            tables.check()


@pytest.mark.parametrize("odd", ["a\nb.yaml", "a\x1b[2Jb.yaml", "a\u2028corridors: done.yaml"])
def test_a_name_over_several_lines_is_refused_and_shown_on_one(odd: str, tmp_path: Path) -> None:
    for command in (["check", odd], ["compare", odd, odd], ["build", odd], ["verify", odd], ["run", "baseline", "--save", odd]):
        done = subprocess.run([sys.executable, "-m", "corridors.cli", *command], capture_output=True, text=True, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1 and "holds control characters" in done.stderr and "\\" in done.stderr
    with pytest.raises(ScenarioError, match="there is no such file") as caught:
        scenario.load(tmp_path / odd)
    assert str(caught.value).isprintable()
