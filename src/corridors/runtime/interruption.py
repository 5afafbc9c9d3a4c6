"""Ctrl-C while the command line is still being loaded, which takes a tenth of a second and is nobody's to catch yet."""

from __future__ import annotations

import os
import signal


def until_loaded() -> None:
    """End the command line on Ctrl-C with our words and status 130, until :func:`restored`; one that was told to ignore
    Ctrl-C goes on ignoring it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def restored() -> None:
    """From here on Ctrl-C is KeyboardInterrupt again."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(*_: object) -> None:
    os.write(2, b"corridors: interrupted\n")
    os._exit(130)
