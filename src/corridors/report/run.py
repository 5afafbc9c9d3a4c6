"""Running one notebook by papermill, within limits, and the same bytes each time.

Papermill puts in the parameters and executes; the kernel comes from
:mod:`corridors.report.processes.kernels`. A notebook that runs too long, dies, or floods its output
cannot hold up or fill up the build.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellControlSignal, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from corridors.report.messages import Limits
from corridors.report.processes import kernels

ENGINE = "corridors"
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TRUNCATED = "\n[output cut here: more than {limit:,} characters of text in one cell]\n"


@dataclass
class NotebookFailure(Exception):
    """A notebook did not run to its end. Carries the cell, the error and the notebook as far as it came.

    ``cell`` counts from 1 over all cells of the source notebook; 0 means that no cell had started.
    """

    cell: int
    source: str
    name: str
    message: str
    notebook: NotebookNode | None = field(default=None, repr=False)

    def __str__(self) -> str:
        where = f"cell {self.cell}" if self.cell else "before the first cell"
        first_line = next((line for line in self.source.splitlines() if line.strip() and not line.startswith("#")), "")
        shown = f" ({first_line.strip()[:80]})" if first_line else ""
        return f"{where}{shown}: {self.name}: {self.message}"


class _LimitedClient(PapermillNotebookClient):  # type: ignore[misc]
    """Papermill's client with a deadline for the notebook and a ceiling on its output."""

    def __init__(self, nb_man: Any, limits: Limits, **settings: Any) -> None:
        super().__init__(nb_man, timeout_func=self._seconds_left, **settings)
        self.limits = limits
        self.current_cell: int | None = None
        self.manager: Any = None
        self._deadline = time.monotonic() + limits.notebook_seconds
        self._text: dict[int, int] = {}
        self._bytes = 0

    def _seconds_left(self, _cell: NotebookNode) -> float:
        return max(0.1, min(self.limits.cell_seconds, self._deadline - time.monotonic()))

    def create_kernel_manager(self) -> Any:
        self.manager = super().create_kernel_manager()
        return self.manager

    def execute_cell(self, cell: NotebookNode, index: int, **settings: Any) -> NotebookNode:
        self.current_cell = index
        done: NotebookNode = super().execute_cell(cell, index, **settings)
        return done

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int,
    ) -> NotebookNode | None:
        """Append an output, unless the cell or the notebook has shown too much; then say so, once."""
        if msg["msg_type"] == "stream":
            limit = self.limits.text_characters
            before = self._text.get(cell_index, 0)
            text = msg["content"]["text"]
            self._text[cell_index] = before + len(text)
            if before > limit:
                return None
            if before + len(text) > limit:
                msg["content"]["text"] = text[: limit - before] + _TRUNCATED.format(limit=limit)
            # One running text per stream: kernels may cut what is printed anywhere.
            if outs and outs[-1].output_type == "stream" and outs[-1].name == msg["content"]["name"]:
                outs[-1].text += msg["content"]["text"]
                return None
        elif msg["msg_type"] in ("display_data", "execute_result"):
            self._bytes += sum(len(str(value)) for value in msg["content"]["data"].values())
            if self._bytes > self.limits.output_bytes:
                note = f"[output left out: the notebook shows more than {self.limits.output_bytes // 2**20} MB]"
                msg["content"]["data"] = {"text/plain": note}
        shown: NotebookNode | None = super().output(outs, msg, display_id, cell_index)
        return shown


class _Engine(NBClientEngine):  # type: ignore[misc]
    """The papermill engine of the build: limits, warm kernels, nothing that depends on the clock."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, limits: Limits, seed: int | None,
        kept: list[NotebookNode], **settings: Any,
    ) -> None:
        kept.append(nb_man.nb)
        client = _LimitedClient(
            nb_man,
            limits,
            kernel_manager_class=kernels.manager(memory_mb=limits.memory_mb, seed=seed),
            kernel_name=kernel_name,
            startup_timeout=int(limits.start_seconds),
            shutdown_kernel="immediate",
            record_timing=False,
            ipython_hist_file="",
        )
        try:
            client.execute()
        except (CellTimeoutError, DeadKernelError, TimeoutError, RuntimeError, CellControlSignal) as error:
            raise _failure(client, error) from error


def _failure(client: _LimitedClient, error: BaseException) -> NotebookFailure:
    manager = client.manager
    index = client.current_cell
    source = client.nb.cells[index].source if index is not None else ""
    if isinstance(error, CellTimeoutError):
        limits = client.limits
        name, message = "TimeLimit", f"stopped after the time limit ({limits.cell_seconds:g} s a cell, {limits.notebook_seconds:g} s a notebook)"
    elif isinstance(error, DeadKernelError):
        status = getattr(manager, "exit_status", None)
        how = "" if status is None else f" with {f'signal {-status}' if status < 0 else f'exit status {status}'}"
        words = getattr(manager, "last_words", "")
        ended = getattr(manager, "why", "")
        told = f": {ended}" if ended else f"; it last wrote: {words[-500:]}" if words else ""
        name, message = "KernelDied", f"the kernel ended{how}{told}"
    else:
        name, message = type(error).__name__, str(error)
    return NotebookFailure(_source_index(client.nb, index), source, name, message, client.nb)


def _source_index(notebook: NotebookNode, index: int | None) -> int:
    """The cell's number in the source notebook, from 1: papermill's own cells are not counted."""
    if index is None:
        return 0
    cells = [c for c in notebook.cells if "papermill-error-cell-tag" not in c.metadata.get("tags", [])]
    return sum("injected-parameters" not in c.metadata.get("tags", []) for c in cells[: index + 1])


papermill_engines.register(ENGINE, _Engine)


def execute(
    source: Path, parameters: Mapping[str, Any], *, limits: Limits | None = None,
    seed: int | None = None, folder: Path | None = None,
) -> NotebookNode:
    """The notebook ``source`` executed with ``parameters`` (plain values: text, numbers, booleans, lists of those).

    ``seed`` fixes the kernel's initial random state; ``folder`` is where it runs (default: the
    notebook's own). Raises NotebookFailure with the notebook as far as it came.
    """
    _check_plain(parameters)
    kept: list[NotebookNode] = []
    try:
        done: NotebookNode = papermill.execute_notebook(
            str(source),
            None,
            parameters=dict(parameters),
            engine_name=ENGINE,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            cwd=str(folder or source.parent),
            limits=limits or Limits(),
            seed=seed,
            kept=kept,
        )
    except PapermillExecutionError as error:
        cell = _source_index(kept[0], error.cell_index)
        raise NotebookFailure(cell, error.source, error.ename, _ANSI.sub("", error.evalue), kept[0]) from error
    return done


def _check_plain(value: object, where: str = "parameters") -> None:
    """Refuse anything that papermill could write into the notebook as other than a literal."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not (isinstance(key, str) and key.isidentifier()):
                raise TypeError(f"{where}: {key!r} is not a name")
            _check_plain(inner, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for inner in value:
            _check_plain(inner, where)
    elif not isinstance(value, str | int | float | bool | None):
        raise TypeError(f"{where}: a {type(value).__name__} is not a plain value")


def settled(notebook: NotebookNode, parameters: Mapping[str, Any]) -> NotebookNode:
    """A copy that is the same for the same inputs: no times, durations, paths of this machine or random ids.

    ``parameters`` replace the injected ones, so the notebook can be opened and run anywhere.
    """
    clean: NotebookNode = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
    clean.metadata.pop("papermill", None)
    clean.metadata.pop("widgets", None)
    for number, cell in enumerate(clean.cells):
        cell["id"] = f"cell-{number:03d}"
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = "# Parameters\n" + "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    return clean


def to_bytes(notebook: NotebookNode) -> bytes:
    """The notebook as a file."""
    text: str = nbformat.writes(notebook, version=4)  # type: ignore[no-untyped-call]
    return (text if text.endswith("\n") else text + "\n").encode()


def from_bytes(content: bytes) -> NotebookNode:
    """The notebook in a file."""
    notebook: NotebookNode = nbformat.reads(content.decode(), as_version=4)  # type: ignore[no-untyped-call]
    return notebook
