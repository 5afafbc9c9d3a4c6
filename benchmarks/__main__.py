"""Run the benchmarks and show them side by side: ``python -m benchmarks [NAME ...]``.

Each module's ``run()`` gives rows with ``name``, ``ours_s``, ``peer``, ``peer_s``, ``ratio`` (peer over ours) and
``note``. They are printed and written to ``benchmarks/out/``: a JSON file a module and ``benchmarks.md`` with all of
them. A module with ``drawing(rows)`` has its picture there too, as SVG. One that fails is named, and the others run.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# Before any numerical library is loaded: one thread each, for us and for every peer.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(_variable, "1")

NAMES = ("startup", "machinery", "explore", "gravity", "equilibrium", "transport", "draws", "sweep", "pairs", "build", "kills")
"""Quickest first."""
OUT = Path(__file__).resolve().parent / "out"
COLUMNS = ("name", "ours_s", "peer", "peer_s", "ratio", "note")

Row = Mapping[str, Any]


def main(arguments: Sequence[str]) -> int:
    """Run these benchmarks (none named: all); 0, 1 if one failed, 2 if a name is unknown."""
    unknown = [name for name in arguments if name not in NAMES]
    if unknown:
        print(f"benchmarks: no benchmark {unknown[0]!r}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    OUT.mkdir(exist_ok=True)
    failed = []
    for name in arguments or NAMES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        start = time.perf_counter()
        try:
            module = importlib.import_module(f"benchmarks.{name}")
            rows = module.run()
            picture = module.drawing(rows) if hasattr(module, "drawing") else ""
        except Exception:
            traceback.print_exc()
            failed.append(name)
            continue
        told = {"seconds": round(time.perf_counter() - start, 1), "machine": machine(), "rows": rows}
        (OUT / f"{name}.json").write_text(json.dumps(told, indent=1, default=float) + "\n", encoding="utf-8")
        print(f"\n{name} ({told['seconds']} s)\n{text(rows)}\n", flush=True)
        if picture:
            drawn = OUT / f"{name}.svg"
            drawn.write_text(picture, encoding="utf-8")
            print(f"drawn: {drawn}\n", flush=True)
    (OUT / "benchmarks.md").write_text(markdown(), encoding="utf-8")
    print(f"written to {OUT}", file=sys.stderr)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def machine() -> str:
    """What the figures were measured on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"


def cells(row: Row) -> list[str]:
    """A row as people read it."""
    ratio = row.get("ratio")
    return [
        str(row["name"]), seconds(row.get("ours_s")), str(row.get("peer") or ""), seconds(row.get("peer_s")),
        "" if ratio is None else f"{ratio:.3g}", str(row.get("note") or ""),
    ]  # fmt: skip


def seconds(value: float | None) -> str:
    """A duration with the digits that matter: 12 ms, 1.2 s, 85 s."""
    if value is None:
        return ""
    if value < 1e-3:
        return f"{value * 1e6:.0f} us"
    if value < 1:
        return f"{value * 1e3:.3g} ms"
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


def text(rows: Sequence[Row]) -> str:
    """Rows as a table for a terminal; notes on a line of their own."""
    table = [["", "ours", "peer", "theirs", "ratio"], *(cells(row)[:5] for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in table]
    for position, row in enumerate(rows):
        if row.get("note"):
            lines[position + 1] += f"\n    {row['note']}"
    return "\n".join(lines)


def markdown() -> str:
    """All that was measured last, as one table for each benchmark."""
    parts = ["# Benchmarks\n"]
    for name in NAMES:
        try:
            told = json.loads((OUT / f"{name}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        lines = [f"## {name}\n", f"{told['machine']}\n", "| what | ours | peer | theirs | ratio | note |", "|---|---:|---|---:|---:|---|"]
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells(row)) + " |" for row in told["rows"]]
        if (OUT / f"{name}.svg").exists():
            lines += ["", f"![{name}]({name}.svg)"]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
