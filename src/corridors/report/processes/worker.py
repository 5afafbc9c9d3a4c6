"""A worker: does the tasks that come through its channel, one after the other, and puts what it made into the store."""

from __future__ import annotations

import contextlib
import os
from multiprocessing.connection import Connection
from pathlib import Path

from corridors.errors import BuildError
from corridors.report.messages import Failure, Outcome, Task
from corridors.report.processes import forks
from corridors.report.store import Store
from corridors.report.tasks import perform


def serve(channel: Connection, store_folder: str, zygote: str | None) -> None:
    """Answer each :class:`Task` with the Outcome's failure, files left, seconds and hashes, until
    the channel closes."""
    store = Store(Path(store_folder))
    if zygote is not None:
        os.environ[forks.ZYGOTE_VARIABLE] = zygote
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            task: Task = channel.recv()
            channel.send(_stored(store, perform(task, lambda digest: _read(store, digest))))


def _read(store: Store, digest: str) -> bytes:
    content = store.content(digest)
    if content is None:
        raise BuildError("a stored file was damaged while it was needed; build again to make it anew")
    return content


def _stored(store: Store, outcome: Outcome) -> tuple[Outcome, dict[str, dict[str, str]]]:
    """The outcome without its contents, and the hashes under which the store has them."""
    kept: dict[str, dict[str, str]] = {}
    try:
        for step, files in outcome.made.items():
            kept[step] = {name: store.put_content(content) for name, content in files.items()}
    except BuildError as error:
        outcome.failure = Failure(step, str(error), about_disk=True)
    outcome.made = {}
    return outcome, kept
