"""An address of a scheduler that is none, or where nobody or somebody else answers, is told within ten seconds."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
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


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", bytes(8) + b"\xff" * 64], ids=["http", "nothing", "noise"])
def test_something_else_behind_the_port(tmp_path: Path, said: bytes) -> None:
    """As a command, so that what a client that is let go prints or waits for counts too."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        open_ones = []

        def speak() -> None:
            with contextlib.suppress(OSError):
                while True:
                    open_ones.append(listener.accept()[0])
                    if said:
                        open_ones[-1].sendall(said)

        threading.Thread(target=speak, daemon=True).start()
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        code = "import sys, pathlib; from corridors.report.processes.cluster import ClusterPool; from corridors.report.store import Store\ntry: ClusterPool(sys.argv[1], Store(pathlib.Path(sys.argv[2])), ())\nexcept Exception as error: print(type(error).__name__, error)"
        started = time.monotonic()
        found = subprocess.run([sys.executable, "-c", code, address, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False)
        seconds = time.monotonic() - started
        for one in open_ones:
            one.close()
    assert found.stdout.startswith(f"BuildError --scheduler {address}: no Dask scheduler answers there (") and "EiB" not in found.stdout
    assert not found.stderr and found.returncode == 0
    assert seconds < 10
