"""The zip to send: complete, the same bytes each time, and no way to spoil it that is not found out."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_build
from corridors import cli
from corridors.errors import CorridorsError
from corridors.report import dist
from corridors.report.build import build
from corridors.report.dist import FOLDER, SUMS, DistError, make, verify
from tiny_build import QUICK, Tiny, files

TWO = {"a": {"number": 1}, "b": {"number": 2}}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small reports."""
    folder = tmp_path_factory.mktemp("dist")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(tiny_build.__file__).parent))
        assert build(out=folder / "reports", sources=Tiny(folder / "notebooks", TWO), limits=QUICK, quiet=True) == 0
    return folder / "reports"


@pytest.fixture(scope="module")
def packed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their zip."""
    return make(built, tmp_path_factory.mktemp("zip") / "reports.zip")


@pytest.fixture
def reports(built: Path, tmp_path: Path) -> Path:
    """A copy of the reports to damage."""
    shutil.copytree(built, tmp_path / "reports")
    return tmp_path / "reports"


def test_the_zip_holds_every_report_and_its_checksums(built: Path, packed: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        inside = {name.removeprefix(f"{FOLDER}/"): archive.read(name) for name in archive.namelist()}
    made = files(built)
    assert {name: inside[name] for name in made} == made
    assert set(inside) == {*made, "manifest.json", SUMS}
    told = dict(reversed(line.split("  ")) for line in inside[SUMS].decode().splitlines())
    assert told == {name: hashlib.sha256(content).hexdigest() for name, content in inside.items() if name != SUMS}


def test_sha256sum_understands_the_checksums(packed: Path, tmp_path: Path) -> None:
    import subprocess

    if shutil.which("sha256sum") is None:
        pytest.skip("there is no sha256sum here")
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path)
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", SUMS], cwd=tmp_path / FOLDER, check=True)


def test_the_same_reports_give_the_same_bytes(reports: Path, packed: Path, tmp_path: Path) -> None:
    told = json.loads((reports / "manifest.json").read_text())
    told["last_build"] = {"seconds": 99.0, "jobs": 7, "steps_run": 1}
    for step in told["steps"].values():
        step["seconds"] = 1.23
    (reports / "manifest.json").write_text(json.dumps(told))
    assert make(reports, tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def test_zipping_twice_does_not_put_the_first_zip_into_the_second(reports: Path) -> None:
    first = make(reports).read_bytes()
    assert make(reports).read_bytes() == first
    assert make(reports).parent == reports


@pytest.mark.parametrize("content", [b"ten years", b"", b"PK\x03\x04 but damaged"])
def test_a_file_of_others_is_not_written_over(reports: Path, tmp_path: Path, content: bytes) -> None:
    mine = tmp_path / "thesis.zip"
    mine.write_bytes(content)
    with pytest.raises(DistError, match="was not made by"):
        make(reports, mine)
    (tmp_path / "link.zip").symlink_to(mine)
    with pytest.raises(DistError, match="was not made by"):
        make(reports, tmp_path / "link.zip")
    assert mine.read_bytes() == content


def test_a_file_lying_about_is_not_sent(reports: Path, packed: Path, tmp_path: Path) -> None:
    (reports / "a" / "private.txt").write_text("for my eyes only")
    assert make(reports, tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def test_the_path_of_a_scenario_file_is_not_sent(reports: Path, tmp_path: Path) -> None:
    told = json.loads((reports / "manifest.json").read_text())
    told["scenarios"]["a"]["source"] = "/srv/someone/secret project/a.yaml"
    (reports / "manifest.json").write_text(json.dumps(told))
    with zipfile.ZipFile(make(reports, tmp_path / "x.zip")) as archive:
        sent = json.loads(archive.read(f"{FOLDER}/manifest.json"))
    assert sent["scenarios"]["a"]["source"] == "a.yaml" and "someone" not in json.dumps(sent)


def test_verify_says_what_it_checked(packed: Path) -> None:
    checked = verify(packed)
    with zipfile.ZipFile(packed) as archive:
        assert checked.files == len(archive.namelist())
    assert checked.reports == ("a", "b", "comparison")
    assert hashlib.sha256(packed.read_bytes()).hexdigest() in str(checked)
    assert f"{checked.files} files" in str(checked) and "a, b, comparison" in str(checked)


def test_verify_writes_nothing(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    verify(packed)
    assert not list(tmp_path.iterdir())


# --- nothing to send -----------------------------------------------------------------------------------------


def test_an_empty_folder_has_nothing_to_send(tmp_path: Path) -> None:
    with pytest.raises(DistError, match="no reports are built here"):
        make(tmp_path)


def test_a_report_changed_by_hand_is_not_sent(reports: Path) -> None:
    (reports / "a" / "report.html").write_text("<p>ten times as much")
    with pytest.raises(DistError, match=r"a/report.html: changed since it was built"):
        make(reports)
    (reports / "a" / "report.html").unlink()
    with pytest.raises(DistError, match=r"a/report.html: No such file"):
        make(reports)
    assert not list(reports.glob("*.zip"))


def test_a_build_with_failures_is_not_sent(reports: Path) -> None:
    told = json.loads((reports / "manifest.json").read_text())
    told["failed"] = ["notebook:a"]
    (reports / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(DistError, match="notebook:a failed"):
        make(reports)


# --- tampering -----------------------------------------------------------------------------------------------


def _repacked(packed: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(packed) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    change(content)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return target


def _resummed(content: dict[str, bytes]) -> None:
    sums = f"{FOLDER}/{SUMS}"
    content[sums] = "".join(f"{hashlib.sha256(data).hexdigest()}  {name.removeprefix(FOLDER + '/')}\n" for name, data in content.items() if name != sums).encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update({f"{FOLDER}/a/report.html": b"other"}), "a/report.html: its content is not what SHA256SUMS says"),
        (lambda c: c.pop(f"{FOLDER}/a/report.pdf"), "a/report.pdf: listed in SHA256SUMS but not in the zip"),
        (lambda c: c.update({f"{FOLDER}/a/extra.html": b"x"}), "a/extra.html: in the zip but not listed"),
        (lambda c: (c.update({f"{FOLDER}/a/report.html": b"other"}), _resummed(c)), "manifest lists other files or checksums"),
        (lambda c: (c.update({f"{FOLDER}/a/extra.html": b"x"}), _resummed(c)), "manifest lists other files or checksums"),
        (lambda c: (c.update({f"{FOLDER}/manifest.json": b"[]"}), _resummed(c)), "manifest.json is not a manifest"),
        (lambda c: c.update({f"{FOLDER}/{SUMS}": b"nonsense\n"}), "SHA256SUMS: line 1"),
        (lambda c: c.update({f"{FOLDER}/A/report.html": c[f"{FOLDER}/a/report.html"]}), "occurs twice"),
    ],
)
def test_a_changed_zip_is_found_out(packed: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None], said: str) -> None:
    with pytest.raises(DistError, match=said) as found:
        verify(_repacked(packed, tmp_path / "bad.zip", change))
    assert found.value.exit_status == 1


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/passwd", f"{FOLDER}/../../evil", f"{FOLDER}/a/../../x", "C:/evil", "a\\..\\evil", f"{FOLDER}/a//b", f"{FOLDER}/./a", f"{FOLDER}/con.txt", f"{FOLDER}/a\x00b", f"{FOLDER}/a\nb", f"{FOLDER}/a. ", f"{FOLDER}/a\u202egpj.exe"],
)
def test_a_name_that_could_leave_the_folder_is_refused(packed: Path, tmp_path: Path, name: str) -> None:
    def add(content: dict[str, bytes]) -> None:
        content[name.replace("\x00", "~")] = b"x"

    bad = _repacked(packed, tmp_path / "bad.zip", add)
    if "\x00" in name:  # zipfile would cut the name there when writing.
        bad.write_bytes(bad.read_bytes().replace(b"a~b", b"a\x00b"))
    with pytest.raises(CorridorsError):
        verify(bad)


def test_links_and_folders_are_refused(packed: Path, tmp_path: Path) -> None:
    for mode in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFDIR):
        bad = tmp_path / f"{mode}.zip"
        shutil.copy(packed, bad)
        with zipfile.ZipFile(bad, "a") as archive:
            entry = zipfile.ZipInfo(f"{FOLDER}/a/link")
            entry.create_system = 3
            entry.external_attr = (mode | 0o777) << 16
            archive.writestr(entry, "/etc/passwd")
        with pytest.raises(DistError, match="not a plain file"):
            verify(bad)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def add(content: dict[str, bytes]) -> None:
        content[f"{FOLDER}/a/bomb"] = bytes(30 * 2**20)

    bad = _repacked(packed, tmp_path / "bad.zip", add)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(DistError, match="unpacks to over 1,000 times"):
        verify(bad)


def test_limits_on_number_and_size(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dist, "MAX_FILES", 3)
    with pytest.raises(DistError, match="at most 3"):
        verify(packed)
    monkeypatch.setattr(dist, "MAX_FILES", 1000)
    monkeypatch.setattr(dist, "MAX_BYTES", 100)
    with pytest.raises(DistError, match="unpacks to more"):
        verify(packed)


def test_lists_that_are_larger_than_any_are_not_read(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read whole: one that says it is 4 GB of digits would take as much memory."""
    monkeypatch.setattr(dist.manifest, "MAX_BYTES", 100)
    with pytest.raises(DistError, match=f"{dist.SUMS} is 0 MB; allowed: at most 0 MB"):
        verify(packed)


def test_a_device_or_a_pipe_is_not_read(tmp_path: Path) -> None:
    """Whether a file is a zip is seen at its end, and these have none."""
    os.mkfifo(tmp_path / "pipe")
    for name in ("/dev/zero", tmp_path / "pipe"):
        code = "import sys; from corridors.cli import main; main(sys.argv[1:])"
        found = subprocess.run([sys.executable, "-c", code, "verify", str(name)], capture_output=True, text=True, timeout=20, check=False)
        assert (found.returncode, found.stderr) == (2, f"corridors: {name}: is no plain file\n")


@given(st.data())
def test_whatever_byte_is_changed_nothing_but_a_clear_error_comes(packed: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    content = bytearray(packed.read_bytes())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= data.draw(st.integers(1, 255))
    bad = tmp_path_factory.mktemp("flip") / "bad.zip"
    bad.write_bytes(content)
    try:
        checked = verify(bad)
    except CorridorsError as error:
        assert str(bad) in str(error)
    else:
        # A byte that means nothing for the content, such as a time: what is inside must be what was sent.
        assert checked.sha256 != verify(packed).sha256
        with zipfile.ZipFile(bad) as changed, zipfile.ZipFile(packed) as sent:
            assert {n: changed.read(n) for n in changed.namelist()} == {n: sent.read(n) for n in sent.namelist()}


@given(cut=st.integers(0, 10_000))
def test_a_zip_cut_short_is_found_out(packed: Path, tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    content = packed.read_bytes()
    bad = tmp_path_factory.mktemp("cut") / "bad.zip"
    bad.write_bytes(content[: cut % len(content)])
    with pytest.raises(CorridorsError):
        verify(bad)


@pytest.mark.parametrize(("content", "status"), [(b"hello", 2), (b"", 2), (b"PK\x03\x04 but no more", 1)])
def test_what_is_no_zip_is_told_apart_from_a_damaged_one(tmp_path: Path, content: bytes, status: int) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(CorridorsError) as found:
        verify(tmp_path / "x.zip")
    assert found.value.exit_status == status


def test_another_zip_is_named_as_such(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("holiday.jpg", "x")
    with pytest.raises(CorridorsError, match="not made by `corridors dist`") as found:
        verify(tmp_path / "x.zip")
    assert found.value.exit_status == 2


def test_the_command_line_zips_and_verifies(reports: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            cli.main(list(arguments))
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    assert run("dist", "--reports", str(reports), "--out", str(tmp_path / "x.zip")) == (0, f"{tmp_path / 'x.zip'}\n", "")
    status, out, _ = run("verify", str(tmp_path / "x.zip"))
    assert status == 0 and "whole" in out
    assert run("verify", str(tmp_path / "none.zip"))[0] == 2
    (tmp_path / "x.zip").write_bytes((tmp_path / "x.zip").read_bytes()[:-30])
    status, out, err = run("verify", str(tmp_path / "x.zip"))
    assert status == 1 and not out and "damaged" in err
