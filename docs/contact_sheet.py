"""Draws the pictures of README.md from a build: ``make pictures``, or ``python docs/contact_sheet.py reports``.

``docs/images/report.png`` has every page of the report on all corridors, five a row; ``docs/images/front.png`` the first
screen of the front page, 1280 pixels wide. Needs what the tests need (pypdfium2, Playwright and a Chromium) and Pillow.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import sync_playwright

ACROSS, WIDTH, GAP, GROUND = 5, 380, 14, "#e4e2dc"
SHOWN = "full-connectivity"
SCREEN = {"width": 1280, "height": 900}
IMAGES = Path(__file__).parent / "images"


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


def first_screen(page: Path, made: Path) -> None:
    """What a reader sees of ``page`` before scrolling, written to ``made``."""
    browser_file = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if browser_file is None:
        raise SystemExit("no Chromium here: sh tests/install_browser.sh installs it (Debian, as root)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_file, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_page(viewport=SCREEN)
        opened.goto(page.resolve().as_uri())
        opened.screenshot(path=made)
        browser.close()


if __name__ == "__main__":
    built = Path(sys.argv[1])
    # The blues and greens are few among so much white: an octree keeps them where a median cut would not.
    sheet(built / SHOWN / "report.pdf").quantize(255, method=Image.Quantize.FASTOCTREE).save(IMAGES / "report.png", optimize=True)
    first_screen(built / "index.html", IMAGES / "front.png")
    with Image.open(IMAGES / "front.png") as screen:
        small = screen.convert("RGB").quantize(64, method=Image.Quantize.FASTOCTREE)
    small.save(IMAGES / "front.png", optimize=True)
