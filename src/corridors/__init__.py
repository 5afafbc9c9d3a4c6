"""Trade corridors: how much more would two countries trade if a corridor got better, and how sure are we?

Start with :mod:`corridors.study`, which calls every step of the chain in order.
Importing this package is cheap: the heavy libraries load when a step is first used.
"""

from corridors.runtime import interruption

interruption.until_loaded()

from corridors.runtime import machine  # noqa: E402

__version__ = "0.1.0"

machine.one_thread()
