"""Helpers beside the kernel answer their part of a question as the kernel does, in time or not at all."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corridors import explore
from corridors.errors import NotConverged
from corridors.explore import helpers
from corridors.explore.engine import Engine
from corridors.explore.question import SEED, Question
from corridors.explore.solver import Cases, Solver
from corridors.study.settled import Change

PAIR = ("PAK", "AFG")
ASKED = Question(PAIR, ("torkham",), trucks_per_day=800, processing_hours=4)
YEARS = (2026, 2035)
PATIENCE_SECONDS = 120.0


@pytest.fixture
def one() -> Iterator[helpers.Helper]:
    """One helper, there and with nothing to do."""
    helpers.start(1)
    helper = helpers._of_this_kernel[0]
    assert helper._received(PATIENCE_SECONDS) == "here"
    yield helper
    helpers.stop()


@pytest.fixture(scope="module")
def asked() -> Cases:
    """The cases that an explorer of 8 draws has solved for a question."""
    found: list[Cases] = []

    class Noted(Solver):
        def change(self, cases: Cases) -> Change:
            found.append(cases)
            return super().change(cases)

    engine = Engine(PAIR, YEARS, 8, SEED)
    engine._solver = Noted(PAIR)
    engine.study(ASKED)
    return found[0]


def test_a_helper_finds_what_the_kernel_finds(one: helpers.Helper, asked: Cases) -> None:
    part = asked.some(slice(3, 11))
    assert one.ask(PAIR, part) and not one.ask(PAIR, part), "it does one thing at a time"
    found = one.answer(PATIENCE_SECONDS)
    assert found is not None and pickle.dumps(found) == pickle.dumps(pickle.loads(pickle.dumps(Solver(PAIR).change(part))))


def test_an_answer_in_parts_is_the_answer(one: helpers.Helper) -> None:
    alone = Engine(PAIR, YEARS, 8, SEED)
    helpers._of_this_kernel.clear()
    whole = alone.study(ASKED)
    helpers._of_this_kernel.append(one)
    shared = Engine(PAIR, YEARS, 8, SEED).study(ASKED)
    assert shared.change.residual.shape == whole.change.residual.shape == (8,)
    np.testing.assert_allclose(shared.effect_percent, whole.effect_percent, rtol=1e-6)
    np.testing.assert_allclose(shared.growth[0], whole.growth[0], rtol=1e-6, atol=1e-12)
    assert shared.change.before is not None and whole.change.before is not None
    np.testing.assert_allclose(shared.change.before.queue_hours, whole.change.before.queue_hours, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("how", ["killed", "stopped for a while", "still starting"])
def test_what_a_helper_does_not_answer_the_kernel_does(how: str, asked: Cases) -> None:
    helpers.start(1)
    helper = helpers._of_this_kernel[0]
    try:
        if how != "still starting":
            assert helper._received(PATIENCE_SECONDS) == "here"
        if how == "killed":
            helper._process.kill()
            helper._process.wait()
        if how == "stopped for a while":
            helper._process.send_signal(signal.SIGSTOP)
        solver = Solver(PAIR)
        found = helpers.solved(PAIR, solver, asked)
        np.testing.assert_allclose(found.cost_factor, Solver(PAIR).change(asked).cost_factor, rtol=1e-8)
        if how == "stopped for a while":
            helper._process.send_signal(signal.SIGCONT)
        if how != "killed":
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not helper.ask(PAIR, asked):
                assert time.monotonic() < deadline, "it answers again when it has done what came too late"
                time.sleep(0.05)
    finally:
        helpers.stop()
    assert helper._process.returncode is not None


def test_what_cannot_be_solved_is_told_by_the_kernel(one: helpers.Helper, asked: Cases) -> None:
    nowhere = replace(asked, params={**asked.params, "route_scale": np.full(len(asked.year), np.nan)})
    assert one.ask(PAIR, nowhere) and one.answer(PATIENCE_SECONDS) is None
    assert one.ask(PAIR, asked), "and the helper goes on"
    with pytest.raises(NotConverged):
        Solver(PAIR).change(nowhere)


def test_a_helper_ends_with_its_kernel() -> None:
    code = "from corridors.explore import helpers; helpers.start(1); print(helpers._of_this_kernel[0]._process.pid, flush=True); input()"
    kernel = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert kernel.stdout is not None and kernel.stdin is not None
    pid = int(kernel.stdout.readline())
    kernel.kill()
    kernel.wait()
    kernel.stdin.close()
    kernel.stdout.close()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _lives(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_plain_script_starts_none() -> None:
    explore.answer(ASKED, draws=8)
    assert not helpers._of_this_kernel
