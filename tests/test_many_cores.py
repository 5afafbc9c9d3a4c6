"""Many cases on several cores: the same bits, errors that arrive, helpers that die."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from corridors.runtime import cores as many_cores
from corridors.runtime import machine

# A process of its own for each: the test runner has threads, and a process with threads does not fork.
HELPED = """
import os, signal, sys
import numpy as np
from corridors.runtime import cores as many_cores
parent = os.getpid()
SHAPES = {"square": (2,), "who": ()}
def do(first, last):
    if os.getpid() != parent and TROUBLE == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if TROUBLE == "error" and first >= 30:
        raise ValueError(f"case {first} is wrong")
    cases = np.arange(first, last, dtype=float)
    return {"square": np.stack([cases**2, -cases], axis=1), "who": np.full(last - first, float(os.getpid()))}
"""


def run(code: str, cores: int, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, machine.CORES_VARIABLE: str(cores)}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=tmp_path, timeout=240)


@pytest.mark.skipif(sys.platform != "linux", reason="helpers are forked on Linux only")
@pytest.mark.parametrize(("trouble", "cores", "processes"), [("", 3, 3), ("", 1, 1), ("killed", 3, 1)])
def test_every_case_is_filled_once_by_whoever_is_there(tmp_path: Path, trouble: str, cores: int, processes: int) -> None:
    code = f"TROUBLE = {trouble!r}\n{HELPED}" + """
found = many_cores.fill(SHAPES, 47, 5, do)
cases = np.arange(47.0)
assert np.array_equal(found["square"], np.stack([cases**2, -cases], axis=1))
print(len(set(found["who"])))
"""
    done = run(code, cores, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(processes)]


@pytest.mark.parametrize("cores", [1, 3])
def test_an_error_of_a_helper_is_raised_as_it_is(tmp_path: Path, cores: int) -> None:
    code = f"TROUBLE = 'error'\n{HELPED}" + """
try:
    many_cores.fill(SHAPES, 47, 5, do)
except ValueError as error:
    print(error)
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("no helper left")
"""
    done = run(code, cores, tmp_path)
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    assert first.startswith(("case 3", "case 4"))
    assert rest == ["no helper left"]


def test_a_process_with_threads_does_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_cores.threading, "active_count", lambda: 2)
    monkeypatch.setattr(many_cores, "_forked", lambda *_: pytest.fail("forked a process that has threads"))
    monkeypatch.setenv(machine.CORES_VARIABLE, "4")
    found = many_cores.fill({"x": ()}, 10, 1, lambda first, last: {"x": np.arange(first, last, dtype=float)})
    assert found["x"].tolist() == list(range(10))


def test_queues_and_routes_are_the_same_bits_on_any_number_of_cores(tmp_path: Path) -> None:
    code = """
import hashlib
from dataclasses import fields
import numpy as np
from corridors import scenario
from corridors.runtime import cores as many_cores
from corridors.study.pipeline import Study
from corridors.transport import assignment
assignment.BLOCK = 24
forks = []
real = many_cores._forked
many_cores._forked = lambda *a: forks.append(1) or real(*a)
study = Study(scenario.load("capacity-800"), 96, 1)
change = study.change
told = hashlib.sha256()
for state in (change.before, change.after):
    for field in fields(state):
        told.update(np.ascontiguousarray(getattr(state, field.name)).tobytes())
told.update(change.response.trade_factor.tobytes())
print(told.hexdigest(), len(forks))
"""
    said = [run(code, cores, tmp_path) for cores in (1, 2)]
    assert all(done.returncode == 0 for done in said), said[0].stderr + said[1].stderr
    (one, none), (two, some) = (done.stdout.split() for done in said)
    assert one == two and none == "0" and (int(some) >= 2 or sys.platform != "linux")


def test_the_forecaster_is_the_same_on_any_number_of_cores(tmp_path: Path) -> None:
    code = """
import hashlib
import numpy as np
from corridors.data import panel
from corridors.data.panel import Panel
from corridors.trade import flow_targets, flow_training
whole = panel.load()
world = Panel(whole.economies, whole.years[:3], whole.trade[:3], whole.agreement[:3], whole.geography, whole.gdp)
targets, sigma = flow_targets.ln_targets(world)
told = hashlib.sha256(targets.tobytes() + np.float64(sigma).tobytes())
for found in flow_training.forecasts(world, targets):
    told.update(found.forecaster.coefficients.tobytes() + found.error.tobytes())
print(told.hexdigest())
"""
    said = [run(code, cores, tmp_path) for cores in (1, 2)]
    assert all(done.returncode == 0 for done in said), said[0].stderr + said[1].stderr
    assert said[0].stdout == said[1].stdout and len(said[0].stdout) == 65


@pytest.mark.skipif(sys.platform != "linux", reason="helpers are forked on Linux only")
def test_where_no_helper_can_be_had_all_is_done_here(tmp_path: Path) -> None:
    code = f"TROUBLE = ''\n{HELPED}" + """
calls = []
real = os.fork
def fork():
    calls.append(1)
    if len(calls) == 2:
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return real()
os.fork = fork
found = many_cores.fill(SHAPES, 47, 5, do)
assert np.array_equal(found["square"][:, 0], np.arange(47.0) ** 2)
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print(len(set(found["who"])))
"""
    done = run(code, 3, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["2"]


BESIDE = """
import os, signal
import numpy as np
from corridors.runtime import cores
parent = os.getpid()
def do():
    if os.getpid() != parent and TROUBLE == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if TROUBLE == "error":
        raise ValueError("wrong")
    return os.getpid() == parent, np.arange(500_000)
with cores.beside(do) as other:
    if TROUBLE != "unread":
        try:
            here, many = other()
            assert np.array_equal(many, np.arange(500_000))
            print("here" if here else "beside")
        except ValueError as error:
            print(error)
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("nobody left")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="helpers are forked on Linux only")
@pytest.mark.parametrize(
    ("trouble", "cores", "told"),
    [("", 2, "beside"), ("", 1, "here"), ("killed", 2, "here"), ("error", 2, "wrong"), ("unread", 2, "")],
)
def test_what_is_done_beside_comes_whole_or_is_done_here(tmp_path: Path, trouble: str, cores: int, told: str) -> None:
    done = run(f"TROUBLE = {trouble!r}\n{BESIDE}", cores, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [*([told] if told else []), "nobody left"]
    assert "Traceback" not in done.stderr
