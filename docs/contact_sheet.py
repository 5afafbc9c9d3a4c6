"""Draws the pictures of README.md from a build: ``make pictures``, or ``python docs/contact_sheet.py reports``.

``docs/images/report.png`` has every page of the report on all corridors, five a row; ``docs/images/front.png`` the first
screen of the front page and ``docs/images/explore.png`` that of the explorer, 1280 pixels wide. Needs what the tests need
(pypdfium2, Playwright and a Chromium) and Pillow.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Page, sync_playwright

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


@contextmanager
def window() -> Iterator[Page]:
    """An empty page of a browser of SCREEN's size."""
    browser_file = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if browser_file is None:
        raise SystemExit("no Chromium here: sh tests/install_browser.sh installs it (Debian, as root)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_file, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page(viewport=SCREEN)
        browser.close()


@contextmanager
def explorer() -> Iterator[str]:
    """The address of the explorer as ``make explore`` serves it."""
    server = subprocess.Popen(
        ["make", "--no-print-directory", "explore"], cwd=IMAGES.parents[1], stderr=subprocess.PIPE, text=True,
        env={**os.environ, "BROWSER": "true"}, start_new_session=True,
    )  # fmt: skip
    assert server.stderr is not None
    try:
        said = (re.search(r"http://[\w.]+:\d+/", line) for line in server.stderr)
        yield next(address[0] for address in said if address)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def save_small(screen: Path) -> None:
    """The picture in ``screen`` in 64 colours."""
    with Image.open(screen) as drawn:
        small = drawn.convert("RGB").quantize(64, method=Image.Quantize.FASTOCTREE)
    small.save(screen, optimize=True)


if __name__ == "__main__":
    built = Path(sys.argv[1])
    # The blues and greens are few among so much white: an octree keeps them where a median cut would not.
    sheet(built / SHOWN / "report.pdf").quantize(255, method=Image.Quantize.FASTOCTREE).save(IMAGES / "report.png", optimize=True)
    with window() as page:
        page.goto((built / "index.html").resolve().as_uri())
        page.screenshot(path=IMAGES / "front.png")
        with explorer() as address:
            page.goto(address)
            page.get_by_text("quick sample of").wait_for(timeout=180_000)
            page.screenshot(path=IMAGES / "explore.png")
    for name in ("front.png", "explore.png"):
        save_small(IMAGES / name)
