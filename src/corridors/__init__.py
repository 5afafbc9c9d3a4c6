"""Trade corridors: how much more would two countries trade if a corridor got better, and how sure are we?

Start with :mod:`corridors.study`, which calls every step of the chain in order.
Importing this package is cheap: the heavy libraries load when a step is first used.
"""

import os
import signal
import sys


def _leave(*_: object) -> None:
    """Ctrl-C while the command line is still being loaded, which takes a tenth of a second."""
    os.write(2, b"corridors: interrupted\n")
    os._exit(130)


if (os.path.basename(sys.argv[0] if sys.argv else "") in ("corridors", "corridors.exe") or "corridors.cli" in sys.orig_argv) and (
    signal.getsignal(signal.SIGINT) is signal.default_int_handler
):
    signal.signal(signal.SIGINT, _leave)  # Until `cli.main` has loaded what it needs and catches it itself.

from corridors.runtime import machine  # noqa: E402

__version__ = "0.1.0"

machine.one_thread()
