"""Trade corridors: how much more would two countries trade if a corridor got better, and how sure are we?

Start with :mod:`corridors.study`, which calls every step of the chain in order.
Importing this package is cheap: the heavy libraries load when a step is first used.
"""

import os
import sys

_as_module = any(
    word.startswith("-mcorridors.") or (word == "-m" and then.startswith("corridors."))
    for word, then in zip(sys.orig_argv, [*sys.orig_argv[1:], ""], strict=True)
)
_as_program = os.path.basename(sys.argv[0] if sys.argv else "") in ("corridors", "corridors.exe")
if (_as_module or _as_program) and not os.path.isdir("corridors") and os.getcwd() not in os.environ.get("PYTHONPATH", "").split(os.pathsep):
    # `python -m`, and an empty name in PYTHONPATH, put the current folder first: a file named like a library's may lie there.
    # Nothing is imported before this but what Python has loaded to start.
    sys.path[:] = [name for name in sys.path if name not in ("", os.getcwd())]

if _as_program or "corridors.cli" in sys.orig_argv:
    from corridors.runtime import interruption

    interruption.until_loaded()

from corridors.runtime import machine  # noqa: E402

__version__ = "0.1.0"

machine.one_thread()
