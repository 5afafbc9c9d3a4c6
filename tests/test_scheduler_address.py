"""An address of a scheduler that is none, or where nobody or somebody else answers, is told within ten seconds."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from pathlib import Path

import pytest

from corridors.errors import BuildError
from corridors.report.processes.cluster import ClusterPool
from corridors.report.store import Store


@pytest.mark.parametrize(
    "address",
    [
        "", "nonsense", "nonsense://x", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp://127.0.0.1:99999", "tcp://127.0.0.1:0", "tcp://[::1", "127.0.0.1:x", "tcp://a:1/b",
        "http://127.0.0.1:9", "tcp://\u0000:1", "tcp://user@127.0.0.1:9", "tcp://" + "x" * 300 + ":1", "LOCAL", "file:///etc/passwd", "tcp://127.0.0.1:9", "127.0.0.1:9", "tcp://name.invalid:8786",
    ],
)  # fmt: skip
def test_what_is_no_address_or_has_nobody_behind_it(tmp_path: Path, address: str) -> None:
    started = time.monotonic()
    with pytest.raises(BuildError) as caught:
        ClusterPool(address, Store(tmp_path), ())
    assert time.monotonic() - started < 10
    assert str(caught.value).startswith("--scheduler ") and "Give tcp://HOST:PORT, or 'local'" in str(caught.value) and "\0" not in str(caught.value)


def test_something_else_behind_the_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=hang_up, daemon=True).start()
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(BuildError, match=f"--scheduler {address}: no Dask scheduler answers there"):
            ClusterPool(address, Store(tmp_path), ())
        assert time.monotonic() - started < 15, "ten on a machine that does nothing else"
