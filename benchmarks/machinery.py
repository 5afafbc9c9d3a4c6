"""Our machinery of several cores and of what is kept, beside the standard library and well-kept packages doing the same.

``python -m benchmarks machinery``. Seconds are medians of a few runs in turn, in one process after the other. What each side
guarantees is in ``docs/machinery.md``; the figures there are from this module.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

RUNS = 5
CASES, WIDTH = 4096, 182


def run() -> list[dict[str, Any]]:
    """Rows with name, ours_s, peer, peer_s, ratio (peer over ours) and note."""
    return [_arrays(), _kept(), _imports(), _hashes(), _kernels()]


def _row(name: str, ours: Callable[[], object], peer: str, theirs: Callable[[], object], note: str) -> dict[str, Any]:
    """Both in turn, so that what else the machine does meets both."""
    mine, others = [], []
    for _ in range(RUNS):
        mine.append(_seconds(ours))
        others.append(_seconds(theirs))
    ours_s, peer_s = statistics.median(mine), statistics.median(others)
    return {"name": name, "ours_s": ours_s, "peer": peer, "peer_s": peer_s, "ratio": peer_s / ours_s, "note": note}


def _seconds(do: Callable[[], object]) -> float:
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


# --- arrays filled on two cores --------------------------------------------------------------------------


def _fill(first: int, last: int) -> dict[str, np.ndarray]:
    return {"x": np.full((last - first, 6, WIDTH), float(first)), "y": np.full((last - first, 6, WIDTH), float(last))}


def _one(bounds: tuple[int, int]) -> dict[str, np.ndarray]:
    return _fill(*bounds)


def _arrays() -> dict[str, Any]:
    from corridors.runtime import cores

    shapes = {"x": (6, WIDTH), "y": (6, WIDTH)}

    def pool() -> None:
        bounds = [(k, k + 128) for k in range(0, CASES, 128)]
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as executor:
            parts = list(executor.map(_one, bounds))
        for name in shapes:
            np.concatenate([part[name] for part in parts])

    note = f"{CASES:,} cases of two arrays of 6 x {WIDTH}, nothing to compute: what handing out and gathering costs"
    return _row("arrays filled on two cores", lambda: cores.fill(shapes, CASES, 128, _fill), "concurrent.futures, two processes", pool, note)


# --- what is kept between runs ---------------------------------------------------------------------------


def _answer_of(size: int) -> dict[str, np.ndarray]:
    return {"trade": np.arange(float(size)), "costs": np.arange(float(size))}


@contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before


def _kept() -> dict[str, Any]:
    import joblib

    from corridors.runtime import cache

    with tempfile.TemporaryDirectory() as folder, _variable(cache.VARIABLE, f"{folder}/ours"):
        ours = cache.kept(_answer_of)
        theirs = joblib.Memory(f"{folder}/joblib", verbose=0).cache(_answer_of)
        ours(500_000)
        theirs(500_000)
        return _row("an answer of 8 MB read again", lambda: ours(500_000), "joblib.Memory", lambda: theirs(500_000), "both on the same disk, in its cache")


# --- what a step leans on --------------------------------------------------------------------------------


def _imports() -> dict[str, Any]:
    from modulefinder import ModuleFinder

    from corridors.report import fingerprint

    spec = importlib.util.find_spec("corridors")
    assert spec is not None and spec.origin is not None
    source = Path(spec.origin).parent

    def theirs() -> None:
        finder = ModuleFinder(path=[str(source.parent)])
        finder.import_hook("corridors.study.pipeline")

    ours = lambda: fingerprint.Library(source).digest(["corridors.study.pipeline"])  # noqa: E731
    return _row("modules that a study leans on", ours, "modulefinder", theirs, "ours hashes them too, and sees imports inside functions")


def _hashes() -> dict[str, Any]:
    from corridors.runtime import paths
    from corridors.runtime.installation import Snapshot

    def theirs() -> Mapping[str, str]:
        found = {}
        for path in sorted(paths.data().rglob("*")):
            if path.is_file():
                with path.open("rb") as file:
                    found[str(path)] = hashlib.file_digest(file, "sha256").hexdigest()
        return found

    return _row("hashes of all files of data/", lambda: Snapshot({"data": paths.data()}), "hashlib.file_digest in a loop", theirs, "ours also takes stamps, so that what moves later is found")


# --- warm kernels ----------------------------------------------------------------------------------------


def _loaded() -> list[str]:
    """What both sides load before the first fork: all that notebooks of reports use."""
    from corridors.report.processes import warm

    return [*warm.FOR_RESULTS[:2], "corridors.study.pipeline", *warm.LIBRARIES, *warm.OURS]


def _serve(connection_file: str) -> None:
    """Be a kernel: what a child of multiprocessing's forkserver does."""
    from ipykernel.kernelapp import IPKernelApp

    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    app = IPKernelApp.instance()
    app.initialize(["-f", connection_file])
    app.start()


async def _ready(client: Any) -> None:
    """Wait until the kernel answers."""
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    client.stop_channels()


def _kernels() -> dict[str, Any]:
    from jupyter_client.connect import write_connection_file

    from corridors.report.processes import forks, kernels

    def managed() -> None:
        async def whole() -> None:
            manager = kernels.manager(memory_mb=None, seed=None)()
            await manager.start_kernel()
            await _ready(manager.client())
            await manager.shutdown_kernel(now=True)

        asyncio.run(whole())

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_loaded())

    def forkserver() -> None:
        with tempfile.TemporaryDirectory(prefix="k") as folder:
            file = f"{folder}/k.json"
            write_connection_file(file, transport="ipc", ip=f"{folder}/k")
            process = context.Process(target=_serve, args=(file,))
            process.start()
            client = kernels._PromptClient(connection_file=file)
            client.load_connection_file()
            asyncio.run(_ready(client))
            process.kill()
            process.join()

    alone = statistics.median(_seconds(managed) for _ in range(3))  # no zygote: a new interpreter
    with forks.ZygoteProcess(_loaded(), environment={**os.environ, **forks.ONE_THREAD}) as zygote, _variable(forks.ZYGOTE_VARIABLE, zygote.address):
        hello = zygote.hello()
        assert not hello["failed"], hello
        forkserver()  # starts the server
        note = f"from the request to the answer of a kernel and its end; a new interpreter takes {alone:.2f} s, without our libraries loaded"
        return _row("a kernel that has everything loaded", managed, "multiprocessing forkserver", forkserver, note)
