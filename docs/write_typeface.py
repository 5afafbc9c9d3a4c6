"""Write the typeface that pages carry, from the font files of Source Sans Pro: ``python docs/write_typeface.py FOLDER``.

``FOLDER`` holds SourceSansPro-Regular.ttf and SourceSansPro-Semibold.ttf (in the package font-source-sans-pro on PyPI).
Kept are Latin letters, figures and signs, without hints for small screens of old; letters of other scripts are left to the
reader's own typefaces. The licence lets changed fonts go under another name only, so these are called Corridors Sans.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).resolve().parents[1] / "src/corridors/show/fonts"
FACES = {"regular": "SourceSansPro-Regular.ttf", "semibold": "SourceSansPro-Semibold.ttf"}
NAME = "Corridors Sans"
LETTERS = (range(0x20, 0x7F), range(0xA0, 0x17F))
SIGNS = "‒–—‘’‚“”„†•…‹›€←↑→↓−×÷≈≠≤≥△▲▼◆■\u202fθλφΔ"
SAME = {0x2009: 0x202F, 0x2010: 0x2D, 0x2011: 0x2D}
"""Signs that the typeface lacks, and which it has instead: a thin space, two hyphens."""
FEATURES = ["ccmp", "kern", "liga", "lnum", "locl", "mark", "mkmk", "tnum"]


def write(folder: Path) -> None:
    """The faces, smaller, into the package."""
    TARGET.mkdir(exist_ok=True)
    for face, file in FACES.items():
        options = subset.Options(hinting=False, layout_features=FEATURES, name_IDs=[0, 1, 2, 3, 4, 6, 13, 14])
        with TTFont(folder / file, recalcTimestamp=False) as font:
            for table in font["cmap"].tables:
                table.cmap.update({new: table.cmap[old] for new, old in SAME.items() if old in table.cmap})
            subsetter = subset.Subsetter(options)
            subsetter.populate(unicodes=[*(c for part in LETTERS for c in part), *map(ord, SIGNS), *SAME])
            subsetter.subset(font)
            for record in font["name"].names:
                if record.nameID in (1, 3, 4, 6):
                    told = NAME if record.nameID == 1 else f"{NAME} {face.capitalize()}"
                    record.string = told.replace(" ", "") if record.nameID == 6 else told
            font.flavor = "woff"
            font.save(TARGET / f"{face}.woff")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
