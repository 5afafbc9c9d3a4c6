"""A Jupyter kernel in a forked process; what it sends is cut at what anybody could want to see."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

MOST_WRITTEN = 4 * 2**20
"""Characters that a kernel hands on of one text printed at once: many times what a report shows."""
MOST_SENT = 64 * 2**20
"""Characters of one picture or table: more than all that a notebook may show."""


def run(arguments: dict[str, Any], files: list[int]) -> int:
    """Be a kernel with the command line ``arguments["argv"]`` until it is told to end."""
    for file in files:
        os.close(file)
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.initialize(arguments["argv"])  # type: ignore[no-untyped-call]
    for stream in (sys.stdout, sys.stderr):
        stream.write = _cutting(stream.write)  # type: ignore[method-assign]
    app.session.send = _sending_less(app.session.send)
    app.start()  # type: ignore[no-untyped-call]
    return 0


def _cutting(write: Callable[[str], Any]) -> Callable[[str], Any]:
    """``write`` that hands on the beginning of a text that is far too long: what reads it holds all of it in memory."""

    def cut(text: str) -> Any:
        return write(text[:MOST_WRITTEN]) if isinstance(text, str) and len(text) > MOST_WRITTEN else write(text)

    return cut


def _sending_less(send: Callable[..., Any]) -> Callable[..., Any]:
    """``Session.send`` for messages whose texts are cut at what anybody could want to see."""

    def cut(stream: Any, message: Any, content: Any = None, *others: Any, **named: Any) -> Any:
        if isinstance(message, dict) and "content" in message:
            message = {**message, "content": _shorter(message["content"])}
        return send(stream, message, _shorter(content), *others, **named)

    return cut


def _shorter(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= MOST_SENT else value[:MOST_SENT]
    if isinstance(value, dict):
        return {name: _shorter(inner) for name, inner in value.items()}
    return [_shorter(inner) for inner in value] if isinstance(value, list) else value
