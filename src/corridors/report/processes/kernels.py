"""Warm kernels: Jupyter kernels forked from a process that has everything loaded.

Starting Python with our libraries takes seconds; forking a process that has them takes
milliseconds. :class:`WarmProvisioner` is Jupyter's own extension point for this (entry point group
``jupyter_client.kernel_provisioners``): papermill starts a kernel as always and gets a forked one.
Where forking is not to be had (Windows, no zygote) the kernel is started in the usual way.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from importlib.metadata import EntryPoint
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from corridors.report.processes import forks

PROVISIONER = "corridors-warm"
_GROUP = "jupyter_client.kernel_provisioners"
_TAIL = 4000
_GREETING_END = "k.json\n"
"""Every kernel first prints how to connect to it, ending with its connection file."""


class WarmProvisioner(LocalProvisioner):
    """Forks kernels from the zygote named by the environment variable ``CORRIDORS_ZYGOTE``, else spawns them.

    Configuration (the ``config`` of the kernel spec's ``kernel_provisioner``): ``memory_mb`` limits
    the kernel's memory, ``seed`` fixes its initial random state.
    """

    memory_mb: int | None = None
    seed: int | None = None

    def __init__(self, **settings: Any) -> None:
        self.memory_mb = settings.pop("memory_mb", None)
        self.seed = settings.pop("seed", None)
        super().__init__(**settings)
        self.warm = False
        self.exit_status: int | None = None
        self.why = ""
        self._log_file: Any = None

    async def launch_kernel(self, cmd: list[str], **settings: Any) -> KernelConnectionInfo:
        """Fork a kernel that serves the connection file in ``cmd``, or run ``cmd`` if that cannot be."""
        self._log_file = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the kernel)
        address = os.environ.get(forks.ZYGOTE_VARIABLE)
        if address and forks.can_fork() and os.path.exists(address):
            folder = settings.get("cwd") or os.getcwd()
            arguments = {"argv": cmd[cmd.index("-f") :]}
            files = [self._log_file.fileno()] * 2
            environment = settings.get("env") or os.environ
            try:
                process = forks.fork(
                    address,
                    "kernel",
                    arguments,
                    files=files,
                    environment=environment,
                    folder=folder,
                    seed=self.seed,
                    memory_mb=self.memory_mb,
                )
            except OSError as error:
                self.log.warning("cannot fork a kernel (%s): starting one instead", error)
            else:
                self.process = process  # type: ignore[assignment]  # It has the methods of Popen that are called.
                self.warm, self.pid, self.pgid, self.cwd = True, process.pid, process.pid, folder
                return self.connection_info
        return await super().launch_kernel(cmd, **{**settings, "stdout": self._log_file, "stderr": self._log_file})

    async def post_launch(self, **settings: Any) -> None:
        """Wait for the kernel's sockets, so that the client's first try to connect finds them."""
        await super().post_launch(**settings)
        if self.connection_info.get("transport") != "ipc":
            return
        last_bound = Path(f"{self.connection_info['ip']}-{self.connection_info['hb_port']}")
        while not last_bound.exists() and await self.poll() is None:
            await asyncio.sleep(0.005)

    async def poll(self) -> int | None:
        """The exit status if the kernel has ended, else None; kept for whoever asks why."""
        status = await super().poll()
        if status is not None and self.process is not None:
            self.exit_status = status
            self.why = getattr(self.process, "why", "")
        return status

    async def wait(self) -> int | None:
        """Wait for the kernel to end (it was told to); its exit status."""
        while self.process is not None and await self.poll() is None:
            await asyncio.sleep(0.005)
        return await super().wait()

    def last_words(self) -> str:
        """The end of what the kernel wrote to its own standard error, e.g. why it crashed."""
        if self._log_file is None:
            return ""
        size = self._log_file.seek(0, os.SEEK_END)
        self._log_file.seek(max(0, size - _TAIL))
        text: str = self._log_file.read().decode(errors="replace")
        return text.rpartition(_GREETING_END)[2].strip()


def register() -> None:
    """Make the provisioner known to Jupyter in this process, also where the package is not installed anew."""
    factory = KernelProvisionerFactory.instance()
    entry = EntryPoint(PROVISIONER, f"{__name__}:{WarmProvisioner.__name__}", _GROUP)
    factory.provisioners.setdefault(PROVISIONER, entry)


class _PromptClient(AsyncKernelClient):
    """A client that is ready as soon as the kernel is: Jupyter's own listens for 0.2 s for stragglers."""

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        """Return when the kernel answers and its output reaches us; RuntimeError if it dies or is too slow."""
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            self.kernel_info()
            try:
                answer = await self.get_shell_msg(timeout=1)
                await self.get_iopub_msg(timeout=0.2)
            except Empty:
                if not await self.is_alive():
                    raise RuntimeError("the kernel died before it was ready") from None
                if time.monotonic() > deadline:
                    raise RuntimeError(f"the kernel was not ready within {timeout} s") from None
                continue
            if answer["msg_type"] == "kernel_info_reply":
                self._handle_kernel_info_reply(answer)
                return

    wait_for_ready = _async_wait_for_ready


class BuildKernelManager(AsyncKernelManager):
    """Starts kernels for the build: through the provisioner, private (Unix sockets that only this user can open), without the user's profile.

    Set ``memory_mb`` and ``seed`` on a subclass (:func:`manager`). After the kernel has ended,
    ``exit_status`` tells how, and ``last_words`` what it last wrote to its own standard error.
    """

    memory_mb: int | None = None
    seed: int | None = None

    def __init__(self, **settings: Any) -> None:
        register()
        self._folder = Path(tempfile.mkdtemp(prefix="k"))  # Short: names of sockets may not be long.
        settings["transport"] = "ipc" if os.name == "posix" else "tcp"
        settings["connection_file"] = str(self._folder / "k.json")
        super().__init__(client_factory=_PromptClient, **settings)
        self.exit_status: int | None = None
        self.why = ""
        self.last_words = ""

    @property
    def kernel_spec(self) -> KernelSpec:
        """A spec of our own, so that nothing needs to be installed and no user setting interferes."""
        metadata = {
            "kernel_provisioner": {
                "provisioner_name": PROVISIONER,
                "config": {"memory_mb": self.memory_mb, "seed": self.seed},
            }
        }
        argv = [
            sys.executable,
            "-P",
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
            "--HistoryManager.enabled=False",
            "--IPKernelApp.ignore_cwd=True",
        ]
        environment = {"IPYTHONDIR": str(self._folder / "ipython"), "PYTHONHASHSEED": "0"}
        return KernelSpec(
            argv=argv,
            display_name="trade-corridors",
            language="python",
            env=environment,
            metadata=metadata,
        )

    async def _async_wait(self, pollinterval: float = 0.005) -> None:
        await super()._async_wait(pollinterval)

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        """Remove the kernel's private folder, keeping how it ended."""
        provisioner = self.provisioner
        if isinstance(provisioner, WarmProvisioner):
            self.exit_status, self.why = provisioner.exit_status, provisioner.why
            self.last_words = provisioner.last_words()
        await super()._async_cleanup_resources(restart)
        if not restart:
            shutil.rmtree(self._folder, ignore_errors=True)

    cleanup_resources = _async_cleanup_resources


def manager(*, memory_mb: int | None, seed: int | None) -> type[BuildKernelManager]:
    """A kernel manager class with these limits."""
    return type("LimitedKernelManager", (BuildKernelManager,), {"memory_mb": memory_mb, "seed": seed})
