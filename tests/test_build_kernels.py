"""Warm kernels: forked quickly, each with a state of its own, limited, and gone when they should be."""

from __future__ import annotations

import ast
import contextlib
import os
import signal
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from corridors.report import run
from corridors.report.messages import Task
from corridors.report.processes import forks
from corridors.report.processes.forks import ZygoteProcess
from corridors.report.processes.pool import LocalPool
from corridors.report.store import Store
from tiny_build import QUICK, Tiny, notebook


@pytest.fixture(scope="module")
def zygote() -> Iterator[ZygoteProcess]:
    modules = [name for name in Tiny.preload if name not in ("tiny_build", "corridors.report.processes.worker", "corridors.report.tasks")]
    with ZygoteProcess(modules) as started:
        yield started


@pytest.fixture
def warm(zygote: ZygoteProcess, monkeypatch: pytest.MonkeyPatch) -> ZygoteProcess:
    monkeypatch.setenv(forks.ZYGOTE_VARIABLE, zygote.address)
    return zygote


def _printed(folder: Path, *cells: str, **settings: object) -> str:
    notebook(folder / "n.ipynb", {"x": 1}, *cells)
    done = run.execute(folder / "n.ipynb", {"x": 2}, limits=QUICK, **settings)  # type: ignore[arg-type]
    return "".join(o.text for c in done.cells if c.cell_type == "code" for o in c.outputs if o.output_type == "stream")


def test_the_warm_process_has_one_thread_and_loaded_everything(zygote: ZygoteProcess) -> None:
    hello = zygote.hello()
    assert hello == {"ready": True, "failed": {}, "threads": 1}


def test_a_kernel_is_forked_from_it(warm: ZygoteProcess, tmp_path: Path) -> None:
    assert _printed(tmp_path, "import os; print(os.getppid())").strip() == str(warm.pid)


def test_kernels_share_nothing(warm: ZygoteProcess, tmp_path: Path) -> None:
    change = "import json, os\njson.spoiled = True\nos.environ['SPOILED'] = '1'\nleft = 5"
    _printed(tmp_path, change)
    look = "import json, os\nprint(hasattr(json, 'spoiled'), 'SPOILED' in os.environ, 'left' in globals())"
    assert _printed(tmp_path, look).strip() == "False False False"


def test_random_numbers_follow_the_seed_and_differ_without_one(warm: ZygoteProcess, tmp_path: Path) -> None:
    draw = "import random, numpy\nprint(random.random(), numpy.random.rand())"
    assert _printed(tmp_path, draw, seed=7) == _printed(tmp_path, draw, seed=7) != _printed(tmp_path, draw, seed=8)
    assert _printed(tmp_path, draw) != _printed(tmp_path, draw)


def test_a_kernel_cannot_be_reached_over_the_network(warm: ZygoteProcess, tmp_path: Path) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("open sockets are read from /proc")
    look = (
        "import os, pathlib\n"
        "held = {os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{n}')}\n"
        "lines = [line.split() for kind in ('tcp', 'tcp6') for line in pathlib.Path(f'/proc/net/{kind}').read_text().splitlines()[1:] if pathlib.Path(f'/proc/net/{kind}').exists()]\n"
        "print([line[1] for line in lines if f'socket:[{line[9]}]' in held])"
    )
    # IPython's kernel collects what its own children print through one port of the loopback interface, with a secret.
    assert all(address.startswith("0100007F:") for address in ast.literal_eval(_printed(tmp_path, look)))


def test_without_a_warm_process_a_kernel_is_started_as_usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(forks.ZYGOTE_VARIABLE, str(tmp_path / "gone"))
    assert _printed(tmp_path, "import os; print(os.getppid())").strip() == str(os.getpid())


def test_parameters_reach_the_notebook_as_values_only(warm: ZygoteProcess, tmp_path: Path) -> None:
    nasty = "'); import os; os._exit(1) #\n\"\"\"{x}"
    notebook(tmp_path / "n.ipynb", {"title": ""}, "print(ascii(title))")
    done = run.execute(tmp_path / "n.ipynb", {"title": nasty}, limits=QUICK)
    assert done.cells[-1].outputs[0].text.strip() == ascii(nasty)
    with pytest.raises(TypeError, match="a Path is not a plain value|a PosixPath is not a plain value"):
        run.execute(tmp_path / "n.ipynb", {"title": tmp_path}, limits=QUICK)
    with pytest.raises(TypeError, match="is not a name"):
        run.execute(tmp_path / "n.ipynb", {"title = 1; import os": 1}, limits=QUICK)


def test_the_cell_is_counted_as_in_the_source_notebook(warm: ZygoteProcess, tmp_path: Path) -> None:
    notebook(tmp_path / "n.ipynb", {"x": 1}, "1 + 1", "raise ValueError('no')")
    for parameters in ({}, {"x": 3}):
        with pytest.raises(run.NotebookFailure) as failed:
            run.execute(tmp_path / "n.ipynb", parameters, limits=QUICK)
        assert failed.value.cell == 3 and str(failed.value) == "cell 3 (raise ValueError('no')): ValueError: no"


def test_everything_ends_with_the_warm_process(tmp_path: Path) -> None:
    with ZygoteProcess(()) as short:
        child = forks.fork(short.address, "kernel", {"argv": ["-f", str(tmp_path / "k.json")]}, files=[2, 2])
        folder = short.folder
    assert child.wait(10) != 0 and not folder.exists()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes cannot be held here")
def test_a_child_that_ends_just_as_it_is_given_up_takes_nothing_along(tmp_path: Path) -> None:
    """Held for a moment, the process that forks sees both at once, in either order."""
    with ZygoteProcess(()) as held:
        held.hello()
        for _ in range(30):
            child = forks.fork(held.address, "kernel", {"argv": ["-f", str(tmp_path / "k.json")]}, files=[2, 2])
            os.kill(held.pid, signal.SIGSTOP)
            os.kill(child.pid, signal.SIGKILL)
            time.sleep(0.02)
            child.close()
            os.kill(held.pid, signal.SIGCONT)
            time.sleep(0.02)
        assert held._process.poll() is None


SLOW = """
import sys, time

def warm_up():
    sys.loaded = 1
    yield
    while not {go}.exists():
        time.sleep(0.02)
        yield
    sys.loaded = 2
"""


def test_early_work_starts_while_the_rest_is_loaded_and_later_work_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = tmp_path / "go"
    (tmp_path / "slow_module.py").write_text("from pathlib import Path\n" + SLOW.format(go=f"Path({str(go)!r})"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parent)])}

    def start(early: bool, then: Callable[[forks.Forked, Connection], None]) -> None:
        ours, theirs = socket.socketpair()
        arguments = {"store_folder": str(tmp_path / "store"), "zygote": zygote.address}
        child = forks.fork(zygote.address, "worker", arguments, files=[2, 2, theirs.fileno()], environment=environment, early=early)
        theirs.close()
        with Connection(ours.detach()) as channel:
            then(child, channel)
        child.close()

    seen: list[bool] = []
    with ZygoteProcess(("slow_module", "corridors.report.processes.worker"), environment=environment) as zygote:
        late = threading.Thread(target=start, args=(False, lambda child, _: seen.append(child.warm)))
        late.start()
        start(True, lambda child, _: seen.append(child.warm))
        assert seen == [False] and late.is_alive()
        go.touch()
        late.join(20)
        assert seen == [False, True]
        assert zygote.hello() == {"ready": True, "failed": {}, "threads": 1}
        start(True, lambda child, _: seen.append(child.warm))
    assert seen == [False, True, True]


def test_a_worker_from_before_all_was_loaded_is_replaced_for_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = tmp_path / "go"
    (tmp_path / "slow_module.py").write_text("from pathlib import Path\n" + SLOW.format(go=f"Path({str(go)!r})"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path(__file__).parent)]))
    store = Store(tmp_path / "store")
    pool = LocalPool(1, store, ("slow_module", "corridors.report.processes.worker", "corridors.report.tasks"))
    try:
        process_ids = []
        for kind in ("result", "result", "index"):
            if kind == "index":
                go.touch()
            given = {"kind": "number", "recipe": {"number": 3}, "entries": [], "about": {}}
            pool.submit(Task(unit=kind, kind=kind, craft="tiny_build", todo={kind: kind}, given=given, inputs={}, environment={}, seed=0))
            process_ids.append(pool._workers[0].process.pid)
            done = pool.next_done(timeout=30.0)
            assert done is not None and done[0].unit == kind and done[0].failure is None, done
    finally:
        pool.close()
    first, second, third = process_ids
    assert first == second != third


# --- limits that hold ----------------------------------------------------------------------------------------

DAEMON = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', {mark!r}], start_new_session=True)"
DOUBLE = "import os, sys\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(600)', {mark!r}])\n    os._exit(0)"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands on orphans")
@pytest.mark.parametrize("start", [DAEMON, DOUBLE], ids=["own session", "daemon"])
def test_what_a_notebook_leaves_running_ends_with_it(warm: ZygoteProcess, tmp_path: Path, start: str) -> None:
    mark = uuid.uuid4().hex

    def running() -> list[str]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark.encode() in (process / "cmdline").read_bytes().split(b"\0") and "Z" not in (process / "stat").read_text().rpartition(")")[2].split()[0]:
                    found.append(process.name)
        return found

    looks = f"import time, pathlib\ntime.sleep(0.3)\nprint(sum({mark!r}.encode() in p.read_bytes() for p in pathlib.Path('/proc').glob('[0-9]*/cmdline')))"
    told = _printed(tmp_path, start.format(mark=mark), looks.replace("p.read_bytes()", "(p.read_bytes() if p.exists() else b'')"))
    assert told.strip() in ("1", "0"), "it was started (a daemon may be ended at once)"
    deadline = time.monotonic() + 10
    while running() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much memory is shared")
def test_memory_shared_between_processes_counts(warm: ZygoteProcess, tmp_path: Path) -> None:
    hoard = "import mmap, time\nfor _ in range(40):\n    m = mmap.mmap(-1, 2**26)\n    m.write(b'x' * 2**26)\n    globals().setdefault('kept', []).append(m)\n    time.sleep(0.02)\ntime.sleep(5)\nprint('reached')"
    with pytest.raises(run.NotebookFailure, match=r"KernelDied: the kernel ended with signal 9: it held [\d,]+ MB of memory; allowed: 900 MB"):
        notebook(tmp_path / "n.ipynb", {"x": 1}, hoard)
        run.execute(tmp_path / "n.ipynb", {"x": 2}, limits=replace(QUICK, memory_mb=900))


@pytest.mark.parametrize("cell", ["print('x' * 300_000_000)", "import sys\nsys.stderr.write('y' * 300_000_000)\nNone", "from IPython.display import HTML, display\ndisplay(HTML('z' * 300_000_000))"], ids=["print", "error", "display"])
def test_what_is_shown_at_once_is_cut_before_it_is_sent(warm: ZygoteProcess, tmp_path: Path, cell: str) -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    notebook(tmp_path / "n.ipynb", {"x": 1}, cell, "print('after')")
    done = run.execute(tmp_path / "n.ipynb", {"x": 2}, limits=replace(QUICK, memory_mb=4096))
    text = run.to_bytes(done)
    assert len(text) < 1_000_000 and b"after" in text and (b"output cut here" in text or b"output left out" in text)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 250_000, "kilobytes: not the text as a whole"
