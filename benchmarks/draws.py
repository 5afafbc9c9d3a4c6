"""How much the draws of a scenario cost: a whole study with 4,096 of them, beside the same with 64.

``python -m benchmarks draws``. Each runs in a process of its own, with nothing kept from earlier runs; seconds are of a
second study in it, so that reading tables is not part of them; memory is the most that the process and its helper held together.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from benchmarks.timing import Memory

SCENARIOS = ("capacity-800", "direct-flights", "full-connectivity", "uzbekistan-trans-afghan")
MANY, FEW = 4_096, 64

_WORK = """
import json, sys, time
from corridors import scenario, study
asked = scenario.load(sys.argv[1])
seconds = []
for _ in range(3):
    start = time.perf_counter()
    study.run(asked, draws=int(sys.argv[2]))
    seconds.append(time.perf_counter() - start)
print(json.dumps({"first": seconds[0], "again": min(seconds[1:])}))
"""


def run() -> list[dict[str, Any]]:
    """Rows with name, ours_s, peer, peer_s, ratio and note; the ratio is below 1, as few draws cost less."""
    rows = []
    for name in SCENARIOS:
        many, few = _study(name, MANY), _study(name, FEW)
        rows.append(
            {
                "name": f"{name}: study with {MANY:,} draws", "ours_s": many["again"], "peer": f"{FEW} draws", "peer_s": few["again"],
                "ratio": few["again"] / many["again"],
                "note": f"aim: under 3 s, at most 8 times {FEW} draws, under 1,000 MB; {many['mb']:,.0f} MB; the first in a process {many['first']:.1f} s",
            }
        )  # fmt: skip
    return rows


def _study(name: str, draws: int) -> dict[str, float]:
    settings = {**os.environ, "CORRIDORS_CACHE": ""}
    process = subprocess.Popen([sys.executable, "-c", _WORK, name, str(draws)], env=settings, stdout=subprocess.PIPE, text=True)
    watch = Memory(process.pid)
    said, _ = process.communicate()
    watch.stop()
    assert process.returncode == 0
    return {**json.loads(said), "mb": watch.peak_mb}
