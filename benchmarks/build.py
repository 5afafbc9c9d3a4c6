"""All reports to HTML and PDF, against the same notebooks one after the other by papermill, then nbconvert to HTML alone.

``python -m benchmarks build``. The peer is what one does without this project's build: for each report a fresh
``papermill`` and a fresh ``jupyter nbconvert --to html``. Its notebooks compute what they need, as they do when someone
opens them; no PDF, no index, no tables. Ours starts from an empty folder. Both work on the same copy of the project, and
each begins with nothing kept from earlier runs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.timing import Memory

PROJECT = Path(__file__).resolve().parents[1]
CHANGED = "capacity-800"


def run(scenarios: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Rows with name, ours_s, peer, peer_s, ratio (peer over ours) and note; of these scenarios (default: everything)."""
    with tempfile.TemporaryDirectory() as name:
        root, out = Path(name) / "project", Path(name) / "reports"
        for part in ("data", "scenarios", "notebooks"):
            shutil.copytree(PROJECT / part, root / part)
        environment = {**os.environ, "CORRIDORS_ROOT": str(root), "CORRIDORS_CACHE": str(Path(name) / "kept")}
        whole = _build(environment, out, scenarios)
        reports = sorted(json.loads((out / "manifest.json").read_text())["documents"])
        nothing = min((_build(environment, out, scenarios) for _ in range(3)), key=lambda done: done["seconds"])
        _change(root / "scenarios" / f"{CHANGED}.yaml")
        changed = _build(environment, out, scenarios)
        environment["CORRIDORS_CACHE"] = str(Path(name) / "kept-by-peer")
        peer = _one_after_the_other(environment, root, reports, Path(name) / "peer")
    plain = "papermill, then nbconvert to HTML"
    return [
        {
            "name": f"{len(reports)} reports to HTML and PDF", "ours_s": whole["seconds"], "peer": plain, "peer_s": peer, "ratio": peer / whole["seconds"],
            "note": f"aim: 8 times faster; first report after {whole['first']:.1f} s (aim: 10 s); peak memory {whole['peak_mb']:,.0f} MB (aim: under 2,000)",
        },
        {"name": "nothing changed", "ours_s": nothing["seconds"], "peer": plain, "peer_s": peer, "ratio": peer / nothing["seconds"], "note": "aim: under 1 s; the peer does all again"},
        {
            "name": "one scenario changed", "ours_s": changed["seconds"], "peer": plain, "peer_s": peer, "ratio": peer / changed["seconds"],
            "note": f"aim: under 6 s; ran {', '.join(changed['units'])}",
        },
    ]  # fmt: skip


def _change(file: Path) -> None:
    """Another number in the scenario."""
    text = file.read_text(encoding="utf-8")
    assert "trucks_per_day: 800" in text
    file.write_text(text.replace("trucks_per_day: 800", "trucks_per_day: 790"), encoding="utf-8")


def _build(environment: dict[str, str], out: Path, scenarios: Sequence[str]) -> dict[str, Any]:
    """Build in a process of its own: seconds, units done, seconds to the first report, peak memory of all its processes."""
    command = [str(Path(sys.executable).with_name("corridors")), "build", *scenarios, "--out", str(out), "--json-log"]
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    watch = _Watch(process.pid, out)
    _, said = process.communicate()
    seconds = time.perf_counter() - start
    watch.stop()
    assert process.returncode == 0, said[-3000:]
    events = [json.loads(line) for line in said.splitlines()]
    first = watch.first - start if watch.first else seconds
    return {"seconds": seconds, "units": [e["unit"] for e in events if e["event"] == "done"], "first": first, "peak_mb": watch.peak_mb}


class _Watch(Memory):
    """Looks, while a build runs, when its first report is there and how much memory its processes hold together."""

    def __init__(self, pid: int, out: Path) -> None:
        self._out = out
        self.first: float | None = None
        super().__init__(pid, every_s=0.5)

    def look(self) -> None:
        """Once."""
        if self.first is None and any(self._out.glob("*/*.html")):
            self.first = time.perf_counter()
        super().look()


def _one_after_the_other(environment: dict[str, str], root: Path, reports: Sequence[str], folder: Path) -> float:
    """Seconds of papermill and nbconvert for the notebook and parameters of every report."""
    jobs = [(report, *_notebook_of(report, root)) for report in reports]
    scripts = Path(sys.executable).parent
    start = time.perf_counter()
    for report, notebook, parameters in jobs:
        done = folder / report / "notebook.ipynb"
        done.parent.mkdir(parents=True, exist_ok=True)
        given = done.parent / "parameters.json"  # YAML reads JSON.
        given.write_text(json.dumps(parameters), encoding="utf-8")
        run_it = [str(scripts / "papermill"), str(notebook), str(done), "-f", str(given), "-k", "python3", "--no-progress-bar", "--cwd", str(root / "notebooks")]
        subprocess.run(run_it, env=environment, check=True, capture_output=True)
        subprocess.run([str(scripts / "jupyter"), "nbconvert", "--to", "html", str(done)], env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def _notebook_of(report: str, root: Path) -> tuple[Path, dict[str, Any]]:
    """The notebook of a report and the parameters that make it compute the same by itself."""
    from corridors import scenario

    notebooks = root / "notebooks"
    if report == "comparison":
        return notebooks / "05_comparison.ipynb", {"scenarios": scenario.names()}
    if report == "validation":
        return notebooks / "06_validation.ipynb", {}
    if report.startswith("background/"):
        return notebooks / f"{report.partition('/')[2]}.ipynb", {"scenario": "baseline"}
    return notebooks / "04_scenario.ipynb", {"scenario": report}
