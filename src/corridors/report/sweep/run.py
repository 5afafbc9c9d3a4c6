"""Thousands of scenarios at once, without notebooks: ``corridors sweep GRID.yaml``.

The scenarios (:mod:`corridors.report.sweep.grid`) are computed in chunks by forked workers here or
by a Dask cluster, and their rows come to a folder of parquet files, a chunk a file, each whole or
not there. A sweep that was stopped goes on where it was; a worker that dies costs its chunk, which
is done again.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corridors import scenario
from corridors.errors import BuildError, CorridorsError
from corridors.report.messages import Failure, Task
from corridors.report.progress import Progress, choose
from corridors.report.store import Store, canonical, locked, sha256, write_atomically
from corridors.report.sweep import grid as sweep_grid
from corridors.report.sweep.grid import Grid, Point
from corridors.report.sweep.work import FAILED, TABLE
from corridors.runtime import machine

if TYPE_CHECKING:
    import pandas as pd

    from corridors.report.processes.pool import Pool

CHUNK = 400
"""Scenarios a task at most: scenarios solved together cost less each, and a lost worker costs some seconds of work."""
SHARES, SMALLEST_CHUNK = 8, 25
"""A small sweep is cut into so many shares, so that several workers have something to do."""
WORK = "corridors.report.sweep.work"
ASKED, MADE_WITH = "scenario_sha256", "made_with"
SHOWN_FAILURES = 20

_TOLD = "_sweep.json"
_WORK_FOLDER = ".work"
_PART = re.compile(r"part-\d{4,}\.parquet")


@dataclass(frozen=True)
class _Chunk:
    file: str
    points: tuple[Point, ...]


def sweep(
    grid: Path, out: Path, scheduler: str | None = None, *, jobs: int | None = None,
    work: str = WORK, progress: Progress | None = None,
) -> int:
    """Compute every scenario of ``grid`` that is not yet in the folder ``out``; the exit status, 1 if some failed.

    ``out`` gets ``part-*.parquet``, one row a scenario in the order of the grid: its name and
    SHA-256, what was varied (a column a field), and the figures of
    :func:`corridors.study.headline.quick`. ``scheduler`` is the address of a Dask scheduler or
    ``local``; without it ``jobs`` processes here (default: cores). ``work`` is the module whose
    ``result`` computes a chunk.

    Raises ScenarioError if the grid or a scenario is wrong, before anything is computed; BuildError
    if ``out`` cannot be written or holds something else.
    """
    asked = sweep_grid.read(grid)
    out = Path(out).absolute()
    _refuse_other_use(out)
    with progress or choose(quiet=False, json_log=False) as telling, locked(
        out / _WORK_FOLDER / "lock", wait_seconds=600.0, on_wait=telling.say,
    ):
        return _Sweep(asked, out, scheduler, jobs, work, telling).run()


def read(out: Path) -> pd.DataFrame:
    """Every row of a sweep, in the order of its grid."""
    import pandas as pd

    parts = [pd.read_parquet(path) for path in _parts(out)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _parts(out: Path) -> list[Path]:
    return sorted(path for path in out.glob("part-*.parquet") if _PART.fullmatch(path.name))


def _refuse_other_use(out: Path) -> None:
    """Never mix rows with files of another kind, nor write over them or remove them.

    Other programs name their files like our parts: one that can be read must have our columns, and
    a damaged one counts as ours only beside what else a sweep leaves.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise BuildError(f"{out}: is a file; a sweep writes a folder of parquet files. Choose another with --out")
    swept = (out / _WORK_FOLDER).is_dir() or _is_told(out / _TOLD)
    for path in sorted(out.iterdir()):
        ours = path.is_dir() if path.name == _WORK_FOLDER else path.name == _TOLD and swept
        if path.is_symlink() or not (ours or _PART.fullmatch(path.name) and _is_part(path, swept)):
            raise BuildError(f"{out}: holds {path.name!r}, which is not of a sweep. Choose another folder with --out")


def _is_told(path: Path) -> bool:
    with suppress(OSError, ValueError, RecursionError):
        told = json.loads(path.read_bytes())
        return isinstance(told, dict) and isinstance(told.get(MADE_WITH), str)
    return False


def _is_part(path: Path, swept: bool) -> bool:
    import pyarrow.parquet

    try:
        return {ASKED, MADE_WITH} <= set(pyarrow.parquet.read_schema(path).names)
    except (OSError, ValueError):
        return swept and path.is_file()


class _Sweep:
    """One sweep of one folder. Hold the folder's lock while running it."""

    def __init__(
        self, grid: Grid, out: Path, scheduler: str | None, jobs: int | None, work: str,
        progress: Progress,
    ) -> None:
        from corridors.report.catalogue import Catalogue

        self.grid, self.out, self.scheduler, self.work, self.progress = grid, out, scheduler, work, progress
        self.jobs = jobs or machine.cores()
        self.seed = scenario.defaults()["uncertainty"]["seed"] if grid.seed is None else grid.seed
        self.sources = Catalogue()
        self.made_with = sha256(canonical([self.sources.ingredients("sweep", None), work, grid.draws, self.seed]))[:16]
        self.store = Store(out / _WORK_FOLDER)
        points = grid.points
        # By the number of scenarios alone, so that the same grid gives the same files on every
        # machine.
        size = min(CHUNK, max(SMALLEST_CHUNK, -(-len(points) // SHARES)))
        self.chunks = [
            _Chunk(f"part-{i // size:04d}.parquet", points[i : i + size])
            for i in range(0, len(points), size)
        ]
        self.cells = {field: _cells(points, field) for field in grid.varied}
        self.failed: dict[str, str] = {}

    def run(self) -> int:
        """Compute what is missing. Returns the exit status."""
        started = time.monotonic()
        self._clear_work()
        there = self._rows_there()
        todo = []
        for chunk in self.chunks:
            missing = tuple(p for p in chunk.points if p.digest not in there)
            if missing:
                todo.append(_Chunk(chunk.file, missing))
            else:
                self._write(chunk, there)
        count = sum(len(chunk.points) for chunk in todo)
        self.progress.begin(count, len(self.grid.points) - count)
        if todo:
            self._compute(todo, there)
        self._finish()
        return self._tell(count, time.monotonic() - started)

    def _clear_work(self) -> None:
        for name in ("contents", "steps", "scratch"):
            shutil.rmtree(self.store.folder / name, ignore_errors=True)

    def _rows_there(self) -> dict[str, dict[str, Any]]:
        """Rows of an earlier run by what was asked. Refuses to lose rows that this grid does not ask for."""
        import pandas as pd

        wanted = {point.digest for point in self.grid.points}
        found: dict[str, dict[str, Any]] = {}
        others = 0
        for path in _parts(self.out):
            try:
                table = pd.read_parquet(path)
                rows = table.to_dict("records")
                asked = [(str(row[ASKED]), row[MADE_WITH]) for row in rows]
            except (OSError, ValueError, KeyError):  # Damaged: its rows are computed again.
                with suppress(OSError):
                    path.unlink()
                continue
            others += sum(digest not in wanted for digest, _ in asked)
            found.update(
                {
                    digest: row
                    for (digest, made_with), row in zip(asked, rows, strict=True)
                    if digest in wanted and made_with == self.made_with
                }
            )
        if others:
            raise BuildError(
                f"{self.out}: holds {others:,} scenarios that are not in this grid. Choose another "
                f"folder with --out, or remove this one"
            )
        return found

    # --- computing
    # ---------------------------------------------------------------------------------------

    def _compute(self, todo: Sequence[_Chunk], there: dict[str, dict[str, Any]]) -> None:
        whole = {chunk.file: chunk for chunk in self.chunks}
        waiting = list(reversed(todo))
        running: dict[str, _Chunk] = {}
        started = time.monotonic()
        done = 0
        total = sum(len(chunk.points) for chunk in todo)
        pool = self._pool(min(self.jobs, len(todo)))
        try:
            while waiting or running:
                while waiting and pool.room():
                    chunk = waiting.pop()
                    running[chunk.file] = chunk
                    pool.submit(self._task(chunk))
                    self.progress.started(chunk.file)
                answer = pool.next_done(timeout=1.0)
                if answer is None:
                    continue
                if moved := self.sources.moved():
                    raise BuildError(
                        f"{moved[0]}{f' and {len(moved) - 1} more' if len(moved) > 1 else ''} "
                        f"changed while the sweep ran: what was made since is discarded; sweep "
                        f"again"
                    )
                outcome, kept = answer
                chunk = running.pop(outcome.unit)
                done += len(chunk.points)
                if outcome.failure is not None:
                    self._fail(chunk, outcome.failure)
                else:
                    files = {name: self._content(digest) for step in kept.values() for name, digest in step.items()}
                    there.update(self._rows(chunk, files[TABLE]))
                    self._note_failures(json.loads(files[FAILED]))
                self._write(whole[chunk.file], there)
                left = (time.monotonic() - started) / done * (total - done)
                self.progress.done(chunk.file, sum(outcome.seconds.values()), len(chunk.points), left)
        finally:
            pool.close()

    def _pool(self, jobs: int) -> Pool:
        preload = ("corridors.report.processes.worker", "corridors.report.tasks", self.work)
        if self.scheduler:
            from corridors.report.processes.cluster import ClusterPool

            return ClusterPool(self.scheduler, self.store, preload, jobs=jobs)
        from corridors.report.processes.pool import LocalPool

        return LocalPool(jobs, self.store, preload)

    def _task(self, chunk: _Chunk) -> Task:
        fields = {
            p.scenario.name: p.scenario.model_dump(mode="json", by_alias=True, exclude={"name"})
            for p in chunk.points
        }
        recipe = {"scenarios": fields, "draws": self.grid.draws, "seed": self.seed}
        return Task(
            unit=chunk.file, kind="result", craft=self.work, todo={"result": chunk.file},
            given={"kind": "sweep", "recipe": recipe},
            inputs={}, environment={machine.CORES_VARIABLE: "1"}, seed=0,
        )  # fmt: skip

    def _content(self, digest: str) -> bytes:
        content = self.store.content(digest)
        if content is None:
            raise BuildError(f"{self.store.folder}: a part was damaged as soon as it was written; is the disk sound?")
        return content

    def _rows(self, chunk: _Chunk, table: bytes) -> dict[str, dict[str, Any]]:
        """Rows by what was asked, with what was varied put before the figures."""
        import pandas as pd

        frame = pd.read_parquet(io.BytesIO(table))
        figures = {str(row.pop("scenario")): row for row in frame.to_dict("records")} if len(frame) else {}
        return {
            point.digest: {
                "scenario": point.scenario.name, ASKED: point.digest, MADE_WITH: self.made_with,
                **{field: self.cells[field](value) for field, value in point.values.items()},
                **figures[point.scenario.name],
            }
            for point in chunk.points
            if point.scenario.name in figures
        }  # fmt: skip

    def _write(self, chunk: _Chunk, there: Mapping[str, Mapping[str, Any]]) -> None:
        """The chunk's rows as its file, unless it is that already."""
        import pandas as pd

        rows = [there[point.digest] for point in chunk.points if point.digest in there]
        path = self.out / chunk.file
        if not rows:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return
        table = io.BytesIO()
        pd.DataFrame(rows).to_parquet(table, index=False)
        content = table.getvalue()
        if not path.exists() or path.read_bytes() != content:
            write_atomically(path, content, self.store.scratch)

    # --- telling
    # -----------------------------------------------------------------------------------------

    def _fail(self, chunk: _Chunk, failure: Failure) -> None:
        if failure.about_disk:
            raise BuildError(f"{failure.error}. What was computed before is kept; sweep again to go on")
        self._note_failures({point.scenario.name: failure.error for point in chunk.points})

    def _note_failures(self, failed: Mapping[str, str]) -> None:
        for name, error in failed.items():
            if len(self.failed) < SHOWN_FAILURES:
                self.progress.failed(f"{name}: {error}", 0)
            self.failed[name] = error

    def _finish(self) -> None:
        """Remove parts beyond the grid, and say beside the parts what they are."""
        used = {chunk.file for chunk in self.chunks}
        for path in _parts(self.out):
            if path.name not in used:
                path.unlink()
        told = {
            "scenarios": len(self.grid.points),
            "varied": list(self.grid.varied),
            "draws": self.grid.draws,
            "seed": self.seed,
            MADE_WITH: self.made_with,
            "failed": dict(sorted(self.failed.items())),
        }
        content = (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode()
        if not (self.out / _TOLD).exists() or (self.out / _TOLD).read_bytes() != content:
            write_atomically(self.out / _TOLD, content, self.store.scratch)
        self._clear_work()

    def _tell(self, computed: int, seconds: float) -> int:
        total = len(self.grid.points)
        each = f", {1000 * seconds / computed:.1f} ms each" if computed else ""
        self.progress.end(
            f"{total - len(self.failed):,} of {total:,} scenarios are in {self.out}: "
            f"{computed - len(self.failed):,} computed in {seconds:.1f} s{each}, "
            f"{total - computed:,} were there"
        )
        if not self.failed:
            return 0
        reasons = Counter(error for error in self.failed.values()).most_common(5)
        self.progress.end(
            "\n".join(
                [
                    f"{len(self.failed):,} failed:",
                    *(f"  {count:,} times: {reason}" for reason, count in reasons),
                ]
            )
        )
        return 1


def _cells(points: Sequence[Point], field: str) -> Callable[[Any], Any]:
    """How this column holds what was varied: one type in all parts, lists and maps as JSON."""
    kinds = {type(point.values[field]) for point in points}
    if kinds == {int, float}:
        return float
    if len(kinds) == 1 and kinds <= {int, float, str, bool}:
        return lambda value: value
    return lambda value: canonical(value).decode()


def failures(out: Path) -> Mapping[str, str]:
    """Why scenarios of a finished sweep are missing, by name."""
    try:
        found: dict[str, str] = json.loads((out / _TOLD).read_bytes())["failed"]
    except (OSError, ValueError, KeyError) as error:
        raise CorridorsError(f"{out}: holds no finished sweep") from error
    return found
