"""Draws every page of a report on one sheet: ``python docs/contact_sheet.py reports/capacity-800/report.pdf``.

Writes ``docs/images/report.png``, five pages a row. Needs what the tests need (pypdfium2) and Pillow, which matplotlib brings.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pypdfium2
from PIL import Image

ACROSS, WIDTH, GAP, GROUND = 5, 380, 14, "#e4e2dc"


def sheet(report: Path) -> Image.Image:
    """All pages of ``report``, side by side in reading order."""
    document = pypdfium2.PdfDocument(report)
    pages = [page.render(scale=2.0).to_pil().convert("RGB") for page in document]
    height = round(WIDTH * pages[0].height / pages[0].width)
    down = -(-len(pages) // ACROSS)
    made = Image.new("RGB", (ACROSS * (WIDTH + GAP) + GAP, down * (height + GAP) + GAP), GROUND)
    for number, page in enumerate(pages):
        at = (GAP + number % ACROSS * (WIDTH + GAP), GAP + number // ACROSS * (height + GAP))
        made.paste(page.resize((WIDTH, height), Image.Resampling.LANCZOS), at)
    return made


if __name__ == "__main__":
    # The blues and greens are few among so much white: an octree keeps them where a median cut would not.
    made = sheet(Path(sys.argv[1])).quantize(255, method=Image.Quantize.FASTOCTREE)
    made.save(Path(__file__).parent / "images" / "report.png", optimize=True)
