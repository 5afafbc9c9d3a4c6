"""What of the machine this process may use."""

from __future__ import annotations

import ctypes
import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from corridors.errors import CorridorsError, one_line

CORES_VARIABLE = "CORRIDORS_CORES"

ARITHMETIC_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that say how many threads numerical libraries start, read when they are loaded."""


def one_thread() -> None:
    """Numerical libraries use one thread, unless the user said otherwise.

    Our matrices are many and small: more threads do not help, and they wait for each other and for
    those of other processes. What is kept between runs is kept by thread count, too.
    """
    if {os.environ.get(name) or "1" for name in ARITHMETIC_THREADS} != {"1"}:
        return
    if "numpy" in sys.modules and not _limit_loaded():
        # Which library computes is not known here; what is kept must not say one thread.
        return
    for name in ARITHMETIC_THREADS:
        os.environ[name] = "1"


_SET_THREADS = tuple(f"{start}openblas_set_num_threads{end}" for start in ("scipy_", "") for end in ("64_", ""))


def _limit_loaded() -> bool:
    """One thread for each OpenBLAS that NumPy and SciPy brought and have loaded; whether NumPy's was found.

    One that is loaded later reads the variables.
    """
    found = False
    for name in ("numpy", "scipy"):
        folder = Path(getattr(sys.modules.get(name), "__file__", None) or "nowhere/x").parent
        for file in (*folder.with_name(f"{name}.libs").glob("*openblas*"), *(folder / ".dylibs").glob("*openblas*")):
            with suppress(OSError, AttributeError):
                library = ctypes.CDLL(str(file), mode=os.RTLD_NOW | os.RTLD_NOLOAD)
                for call in (getattr(library, symbol, None) for symbol in _SET_THREADS):
                    if call is not None:
                        call(1)
                        found = found or name == "numpy"
    return found


# mallopt(3): M_TRIM_THRESHOLD and M_MMAP_THRESHOLD, and the largest that glibc takes for the
# second.
_TRIM, _MMAP, _LARGEST_MMAP = -1, -3, 32 * 1024 * 1024


@cache
def keep_freed_memory() -> None:
    """Memory that arrays of up to 32 MB leave stays with this process for the next ones (glibc; elsewhere nothing happens).

    Otherwise the kernel gives and takes it with every array of a block, page by page: a tenth of a
    run's time.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            mallopt = ctypes.CDLL(None).mallopt
            mallopt(_MMAP, _LARGEST_MMAP)
            mallopt(_TRIM, 2**31 - 1)


def safe_path(environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` for a Python process that must not find modules in the folder it is started in.

    Python puts that folder on the path of what is started with ``-m`` or ``-c``, and for every
    empty name in ``PYTHONPATH`` (``PYTHONPATH=$PYTHONPATH:/more``); a ``random.py`` that lies there
    would be run.
    """
    named = [name for name in environment.get("PYTHONPATH", "").split(os.pathsep) if name]
    kept = {name: value for name, value in environment.items() if name != "PYTHONPATH"}
    return {**kept, "PYTHONSAFEPATH": "1", **({"PYTHONPATH": os.pathsep.join(named)} if named else {})}


@contextmanager
def starting_processes() -> Iterator[None]:
    """While processes are started by libraries that hand on this process's own environment: make it a safe one."""
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "PYTHONSAFEPATH")}
    safe = safe_path(os.environ)
    try:
        for name in before:
            _set(name, safe.get(name))
        yield
    finally:
        for name, value in before.items():
            _set(name, value)


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def leave_current_folder() -> None:
    """Take the current folder off this process's path, unless it was named there in full or holds this package.

    For programs, not for a library: who imports us may well have modules of their own in that
    folder.
    """
    here = os.getcwd()
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if here not in named and here != str(Path(__file__).resolve().parents[2]):
        sys.path[:] = [name for name in sys.path if name not in ("", here)]
    safe = safe_path(os.environ)
    for name in ("PYTHONPATH", "PYTHONSAFEPATH"):
        _set(name, safe.get(name))


def only_names_on_one_line(arguments: Iterable[str]) -> None:
    """CorridorsError where a name, of what is asked for or where it is looked for, has a line break or another control character.

    In a message such a name could pass for another message.
    """
    settings = {name: os.environ.get(name, "") for name in ("CORRIDORS_ROOT", "CORRIDORS_CACHE")}
    for what, value in (*(("", a) for a in arguments), ("current folder ", os.getcwd()), *((f"{n} ", v) for n, v in settings.items())):
        if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in value):
            raise CorridorsError(f"{what}'{one_line(value)}': holds control characters; allowed: names on one line")


def cores() -> int:
    """Cores this process may use; ``CORRIDORS_CORES`` says so where several computations run side by side."""
    named = os.environ.get(CORES_VARIABLE, "")
    if named.isdigit() and int(named) > 0:
        return int(named)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
