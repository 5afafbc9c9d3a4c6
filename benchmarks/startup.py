"""How long one waits before anything happens: importing the package, and the first word of the command line.

``python -m benchmarks startup``. Each is the fastest of several fresh processes.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

TRIES = 7


def run() -> list[dict[str, Any]]:
    """Rows with name, ours_s, peer, peer_s, ratio (peer over ours) and note."""
    ours, peer = _import("corridors"), _import("pyfixest")
    help_ours, help_peer = _command("corridors", "--help"), _command("papermill", "--help")
    return [
        {"name": "import", "ours_s": ours, "peer": "pyfixest", "peer_s": peer, "ratio": peer / ours, "note": "aim: under 0.3 s"},
        {"name": "import of the whole model (corridors.study.pipeline)", "ours_s": _import("corridors.study.pipeline"), "peer": None, "peer_s": None, "ratio": None, "note": "what a notebook waits for once"},
        {"name": "--help", "ours_s": help_ours, "peer": "papermill", "peer_s": help_peer, "ratio": help_peer / help_ours, "note": "aim: under 0.4 s"},
        {"name": "list every scenario", "ours_s": _command("corridors", "list"), "peer": None, "peer_s": None, "ratio": None, "note": "each file checked in full"},
    ]


def _import(package: str) -> float:
    """Seconds that the import takes in a fresh process, Python's own start not counted."""
    code = f"import time; start = time.perf_counter(); import {package}; print(time.perf_counter() - start)"
    return min(float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) for _ in range(TRIES))


def _command(name: str, *arguments: str) -> float:
    """Seconds from start to end of a command, Python's own start counted."""
    command = [str(Path(sys.executable).with_name(name)), *arguments]
    times = []
    for _ in range(TRIES):
        start = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    return min(times)
