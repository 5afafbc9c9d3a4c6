"""Telling how a build goes: a live bar on a terminal, plain lines when piped, JSON lines for machines, or nothing.

All of it goes to standard error; standard output stays free for results.
"""

from __future__ import annotations

import json
import sys
import time
from types import TracebackType
from typing import Any, Protocol, TextIO

from corridors.errors import plain, plain_json


class Progress(Protocol):
    """What a build reports while it runs."""

    def __enter__(self) -> Progress: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def say(self, message: str) -> None:
        """A message worth reading even when all goes well."""

    def begin(self, steps: int, up_to_date: int) -> None:
        """The plan is known: so many steps to run, so many up to date."""

    def started(self, unit: str) -> None:
        """A unit of work has started."""

    def done(self, unit: str, seconds: float, steps: int, expected_left: float | None) -> None:
        """A unit that covers ``steps`` steps is done."""

    def failed(self, message: str, steps: int) -> None:
        """Steps failed, or were left out because of one that failed."""

    def end(self, message: str) -> None:
        """The build is over."""


class Quiet:
    """Says only what failed."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr

    def __enter__(self) -> Quiet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def say(self, message: str) -> None: ...

    def begin(self, steps: int, up_to_date: int) -> None: ...

    def started(self, unit: str) -> None: ...

    def done(self, unit: str, seconds: float, steps: int, expected_left: float | None) -> None: ...

    def failed(self, message: str, steps: int) -> None:
        print(f"FAILED {plain(message)}", file=self._stream, flush=True)

    def end(self, message: str) -> None: ...


class Plain(Quiet):
    """One line an event, for logs and pipes."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._total = self._count = 0

    def say(self, message: str) -> None:
        print(plain(message), file=self._stream, flush=True)

    def begin(self, steps: int, up_to_date: int) -> None:
        self._total = steps
        if steps:
            self.say(f"{steps} steps to run, {up_to_date} up to date")

    def done(self, unit: str, seconds: float, steps: int, expected_left: float | None) -> None:
        self._count += steps
        left = f", about {expected_left:.0f} s left" if expected_left else ""
        self.say(f"[{self._count}/{self._total}] {unit} ({seconds:.1f} s{left})")

    def failed(self, message: str, steps: int) -> None:
        self._count += steps
        super().failed(message, steps)

    def end(self, message: str) -> None:
        self.say(message)


class JsonLines(Quiet):
    """One JSON object a line: ``event``, ``seconds_since_start`` and what belongs to the event."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._start = time.monotonic()

    def _event(self, event: str, **details: Any) -> None:
        line = {"event": event, "seconds_since_start": round(time.monotonic() - self._start, 3), **details}
        print(plain_json(json.dumps(line, ensure_ascii=False)), file=self._stream, flush=True)

    def say(self, message: str) -> None:
        self._event("message", message=message)

    def begin(self, steps: int, up_to_date: int) -> None:
        self._event("begin", steps=steps, up_to_date=up_to_date)

    def started(self, unit: str) -> None:
        self._event("started", unit=unit)

    def done(self, unit: str, seconds: float, steps: int, expected_left: float | None) -> None:
        self._event("done", unit=unit, seconds=seconds, steps=steps, expected_seconds_left=expected_left)

    def failed(self, message: str, steps: int) -> None:
        self._event("failed", message=message, steps=steps)

    def end(self, message: str) -> None:
        self._event("end", message=message)


class Live(Plain):
    """A bar with what is being done and the time left, for a terminal."""

    def __enter__(self) -> Live:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        self._running: dict[str, None] = {}
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
        )
        self._bars = Bars(*columns, console=Console(file=self._stream, highlight=False), transient=True)
        self._bars.start()
        self._bar: Any = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def say(self, message: str) -> None:
        self._bars.console.print(plain(message), markup=False, soft_wrap=True)

    def begin(self, steps: int, up_to_date: int) -> None:
        self._total = steps
        if steps:
            self._bar = self._bars.add_task("loading libraries", total=steps, left="")

    def started(self, unit: str) -> None:
        self._running[unit] = None
        self._show()

    def done(self, unit: str, seconds: float, steps: int, expected_left: float | None) -> None:
        self._running.pop(unit, None)
        left = f"about {expected_left:.0f} s left" if expected_left else ""
        self._bars.update(self._bar, advance=steps, left=left)
        self._show()

    def failed(self, message: str, steps: int) -> None:
        self._bars.console.print(f"FAILED {plain(message)}", markup=False, style="bold red", soft_wrap=True)
        if self._bar is not None:
            self._bars.update(self._bar, advance=steps)

    def _show(self) -> None:
        self._bars.update(self._bar, description=", ".join(self._running) or "finishing")


def choose(*, quiet: bool, json_log: bool, stream: TextIO | None = None) -> Progress:
    """The way to tell progress that fits the options and where standard error goes."""
    stream = stream or sys.stderr
    if json_log:
        return JsonLines(stream)
    if quiet:
        return Quiet(stream)
    return Live(stream) if stream.isatty() else Plain(stream)
