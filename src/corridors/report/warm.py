"""Everything the zygote loads before it forks: libraries that notebooks and exports use, and ours.

Importing this module is the point of it. ``warm_up`` does what libraries do on first use.
"""

from __future__ import annotations

import importlib
from contextlib import suppress

LIBRARIES = (
    "numpy", "numpy.random", "pandas", "scipy.stats", "scipy.sparse.linalg", "scipy.optimize", "scipy.special", "scipy.linalg",
    "pyarrow.parquet", "matplotlib.pyplot", "matplotlib.backends.backend_svg", "matplotlib.backends.backend_agg", "seaborn",
    "IPython", "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger", "matplotlib_inline.backend_inline",
    "papermill", "nbclient", "nbformat", "nbconvert", "jinja2", "typst",
)  # fmt: skip

OURS = (
    "corridors.study", "corridors.charts", "corridors.tables", "corridors.narrative", "corridors.report.blocks", "corridors.report.export",
    "corridors.report.craft", "corridors.report.worker", "corridors.report.tasks",
)  # fmt: skip


def warm_up() -> None:
    """Load what there is; a module that cannot be loaded is left for the step that needs it to report."""
    for name in (*LIBRARIES, *OURS):
        with suppress(Exception):
            module = importlib.import_module(name)
            prepare = getattr(module, "warm_up", None)
            if callable(prepare):
                prepare()
