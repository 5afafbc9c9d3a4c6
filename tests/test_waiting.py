"""What is said while work takes long: on a terminal that stays clean, under a cell, and nowhere else."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest

from corridors.runtime import waiting

SLOW = """
import time, threading
from corridors.runtime import waiting
with waiting.on_terminal("a study"):
    parts = {**waiting.step("queues"), "a": 1}
    until = time.monotonic() + 2.5
    while time.monotonic() < until: pass
    assert threading.active_count() == 1, "work could not be forked"
print("done", parts)
"""


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")
def test_a_terminal_sees_steps_and_seconds_and_keeps_nothing() -> None:
    ours, theirs = pty.openpty()
    done = subprocess.Popen([sys.executable, "-c", SLOW], stderr=theirs, stdout=subprocess.PIPE, text=True)
    os.close(theirs)
    seen = b""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if not select.select([ours], [], [], 1.0)[0]:
            continue
        try:
            got = os.read(ours, 4096)
        except OSError:
            break
        if not got:
            break
        seen += got
    os.close(ours)
    out, _ = done.communicate(timeout=60)
    assert out == "done {'a': 1}\n"
    lines = seen.decode().split("\r\x1b[K")
    assert [re.sub("[0-9]+", "N", line) for line in lines if line] == ["a study: queues, N s"] * 3 and lines[-1] == ""
    assert "a study: queues, 2 s" in lines


def test_nothing_is_said_where_nobody_looks(capfd: pytest.CaptureFixture[str]) -> None:
    with waiting.on_terminal("a study"), waiting.under_cell():
        assert waiting.step("queues") == {}
    assert capfd.readouterr() == ("", "")


def test_the_outer_place_is_kept() -> None:
    told: list[str] = []
    with waiting._shown_by(told.append), waiting.on_terminal("inner"):
        waiting.step("one")
    waiting.step("two")
    assert told == ["one"]
