"""Warm kernels: forked quickly, each with a state of its own, limited, and gone when they should be."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from corridors.report import forks, run
from corridors.report.forks import ZygoteProcess
from tiny_build import QUICK, Tiny, notebook


@pytest.fixture(scope="module")
def zygote() -> Iterator[ZygoteProcess]:
    modules = [name for name in Tiny.preload if name not in ("tiny_build", "corridors.report.worker", "corridors.report.tasks")]
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
