"""The typeface that pages carry, and the files that appear whole or not at all."""

from __future__ import annotations

import base64
import io
import os
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from corridors.runtime import whole_files
from corridors.show import numbers, typeface

SIGNS = f"0123456789+{numbers.MINUS}{numbers.THIN}%$,.()–—“”‘’·×→≤≥ÅéıŽ"


@pytest.mark.parametrize("at", [0, 1], ids=["regular", "semibold"])
def test_faces_have_what_charts_and_tables_write(at: int) -> None:
    file = re.findall(r"base64,([^\"]+)", typeface.css())[at]
    with TTFont(io.BytesIO(base64.b64decode(file))) as font:
        known, named = font.getBestCmap(), {str(record) for record in font["name"].names if record.nameID in (1, 4)}
    assert {sign for sign in SIGNS if ord(sign) not in known} == set()
    # The licence keeps the name Source for fonts that nobody has changed.
    assert named and not any("Source" in name for name in named)


def test_a_file_is_the_old_one_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, elsewhere = tmp_path / "table.csv", tmp_path / "of_others.csv"
    elsewhere.write_bytes(b"theirs")
    file.symlink_to(elsewhere)
    whole_files.write(file, b"old")
    assert elsewhere.read_bytes() == b"theirs" and not file.is_symlink()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        whole_files.write(file, b"new")
    assert file.read_bytes() == b"old" and sorted(p.name for p in tmp_path.iterdir()) == ["of_others.csv", "table.csv"]
