"""Ctrl-C while the command line is still being loaded, which takes a tenth of a second and is nobody's to catch yet."""

from __future__ import annotations

import os
import signal
import sys


def until_loaded() -> None:
    """If this process is our command line, end it on Ctrl-C with our words and status 130, until :func:`restored`.

    A program that uses the library keeps its own way, and one that was told to ignore Ctrl-C goes on ignoring it.
    """
    program = os.path.basename(sys.argv[0] if sys.argv else "")
    if (program in ("corridors", "corridors.exe") or "corridors.cli" in sys.orig_argv) and (
        signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):
        signal.signal(signal.SIGINT, _leave)


def restored() -> None:
    """From here on Ctrl-C is KeyboardInterrupt again."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(*_: object) -> None:
    os.write(2, b"corridors: interrupted\n")
    os._exit(130)
