"""Everything the zygote loads before it forks: libraries that notebooks and exports use, and ours.

Importing this module is the point of it. ``warm_up`` does what libraries do on first use.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import suppress

FOR_RESULTS = (
    "numpy",
    "pandas",
    "corridors.report.processes.worker",
    "corridors.report.tasks",
    "corridors.report.steps",
    "corridors.study.pipeline",
)
"""What computing a scenario needs: first, so that it can begin while the rest is loaded."""

LIBRARIES = (
    "numpy.random", "scipy.stats", "scipy.sparse.linalg", "scipy.optimize", "scipy.special", "scipy.linalg",
    "pyarrow.parquet", "matplotlib.pyplot", "matplotlib.backends.backend_svg",
    "matplotlib.backends.backend_agg", "seaborn",
    "IPython", "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell",
    "ipykernel.debugger", "matplotlib_inline.backend_inline",
    "papermill", "nbclient", "nbformat", "nbconvert", "jinja2", "typst",
)  # fmt: skip

OURS = (
    "corridors.show.charts",
    "corridors.show.tables",
    "corridors.show.words",
    "corridors.show.blocks",
    "corridors.report.export.notebook",
)


def warm_up() -> Iterator[None]:
    """Load what there is, with a pause after each once results can be computed.

    A module that cannot be loaded is left for the step that needs it to report.
    """
    for name in FOR_RESULTS:
        _load(name)
    yield
    _load_jsonschema()
    yield
    for name in (*LIBRARIES, *OURS):
        _load(name)
        yield


def _load_jsonschema() -> None:
    """Load what nbformat checks notebooks with, without its optional grammar of international addresses.

    No notebook holds any to check, and building that grammar takes as long as loading all of
    matplotlib and papermill.
    """
    grammar = "rfc3987_syntax"
    if grammar in sys.modules:
        return
    sys.modules[grammar] = None  # type: ignore[assignment]
    try:
        _load("jsonschema")
    finally:
        del sys.modules[grammar]


def _load(name: str) -> None:
    with suppress(Exception):
        prepare = getattr(importlib.import_module(name), "warm_up", None)
        if callable(prepare):
            prepare()
