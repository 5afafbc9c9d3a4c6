"""``python -m corridors.data.world_compiler FOLDER``: write ``data/world`` from the compiled tables in FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

from corridors.data.world_compiler import tables


def main(arguments: list[str]) -> int:
    """Compile; 0 when done, 2 when the arguments are wrong."""
    if len(arguments) != 2:
        print("usage: python -m corridors.data.world_compiler COMPILED_FOLDER DATA_FOLDER", file=sys.stderr)
        return 2
    unplaced = tables.write(Path(arguments[0]), Path(arguments[1]))
    if unplaced:
        print(f"not on the compiled graph, so joined to the nearest places by the great circle: {', '.join(unplaced)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
