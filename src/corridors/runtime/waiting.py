"""Saying what is worked on while it takes long: one line on a terminal, one under a cell of a notebook, elsewhere nothing.

What works says :func:`step`; who asks for the work chooses where that is shown. The line is drawn
anew by an alarm of the system, not by a thread: with one, work could not be forked to other cores.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_shown: list[Callable[[str], None]] = []
_EVERY_SECONDS = 1.0
_CLEAR = "\r\x1b[K"


def step(words: str) -> dict[str, Any]:
    """What is worked on from now on. Gives nothing to add, so that it may stand between the parts of a dict."""
    if _shown:
        _shown[-1](words)
    return {}


@contextmanager
def on_terminal(title: str) -> Iterator[None]:
    """Show steps and seconds on standard error, if that is a terminal; nothing of it stays."""
    if not sys.stderr.isatty() or _shown:
        yield
        return
    began, now = time.monotonic(), ""

    def draw(*_: Any) -> None:
        line = f"{title}: {now or 'reading'}, {time.monotonic() - began:.0f} s"
        # Past the text layer: an alarm may come while that one writes.
        os.write(2, (_CLEAR + line[: shutil.get_terminal_size().columns - 1]).encode(errors="replace"))

    def tell(words: str) -> None:
        nonlocal now
        now = words
        draw()

    with _shown_by(tell):
        alarmed = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGALRM, draw) if alarmed else None
        try:
            if alarmed:
                signal.siginterrupt(signal.SIGALRM, False)
                signal.setitimer(signal.ITIMER_REAL, _EVERY_SECONDS, _EVERY_SECONDS)
            yield
        finally:
            if alarmed:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)
            os.write(2, _CLEAR.encode())


@contextmanager
def under_cell(title: str = "") -> Iterator[None]:
    """Show steps under the cell of a notebook that runs, if one does; nothing of it stays."""
    if _shown or not _in_kernel():
        yield
        return
    from IPython.display import clear_output, display

    began, shown = time.monotonic(), display({"text/plain": "..."}, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def tell(words: str) -> None:
        line = f"{title}{': ' if title else ''}{words} ... ({time.monotonic() - began:.0f} s so far)"
        shown.update({"text/plain": line}, raw=True)

    try:
        with _shown_by(tell):
            yield
    finally:
        clear_output()  # type: ignore[no-untyped-call]


@contextmanager
def _shown_by(tell: Callable[[str], None]) -> Iterator[None]:
    _shown.append(tell)
    try:
        yield
    finally:
        _shown.pop()


def _in_kernel() -> bool:
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return threading.current_thread() is threading.main_thread() and hasattr(shell, "kernel")
