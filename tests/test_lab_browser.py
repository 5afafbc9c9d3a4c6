"""Notebooks in JupyterLab as `make lab` opens it, in a real browser: legible in light and dark, nothing typeset, files left as they were."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from browsing import chromium, free_port, needs_chromium, wait_for
from conftest import REPOSITORY

pytestmark = [pytest.mark.browser, pytest.mark.slow, needs_chromium]

PATIENCE_MS = 180_000
SHOWN = """from corridors.show import blocks
from corridors.show.charts import draw
figure = draw.canvas(1.0); ax = draw.panel(figure, left=0.5, right=0.5, top=0.3, bottom=0.3); draw.heading(ax, "a chart")
blocks.group(
    blocks.Cover("kind", "Title", "", (("Trade between", "Pakistan and Russia"),)),
    blocks.Prose(("It costs $5 here and $6 there.",)),
    blocks.KeyFigures((blocks.KeyFigure("Effect of the measures in 2035", "$1.2 billion", "of $7 or $8"),)),
    blocks.table("Costs", ["Way", blocks.Column("Cost", "dollars", "right")], [("by $sea$", "$1")]),
    draw.finish(figure, "A chart", "alt", "source", None),
)"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, Path]]:
    """JupyterLab on a copy of the checkout's notebooks, by the recipe of the Makefile, and the folder."""
    import nbformat

    folder = tmp_path_factory.mktemp("lab")
    for name in ("notebooks", "data", "scenarios", ".jupyter"):
        shutil.copytree(REPOSITORY / name, folder / name)
    book = nbformat.read(folder / "notebooks" / "explorer.ipynb", as_version=4)
    book.cells = [nbformat.v4.new_code_cell(source, id=f"c{k}") for k, source in enumerate((SHOWN, "from corridors import scenario\nscenario.load('capacity-8000')"))]
    (folder / "notebooks" / "shown.ipynb").write_text(nbformat.writes(book) + "\n", encoding="utf-8")
    for command in (["init", "-q"], ["add", "notebooks"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    recipe = re.search(r"^lab:.*\n\t@((?:.*\\\n)*.*)$", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert recipe is not None
    port = free_port()
    command = recipe[1].replace("$(BIN)", shlex.quote(str(Path(sys.executable).parent)))
    added = f"--no-browser --allow-root --port={port} --IdentityProvider.token= --LabApp.expose_app_in_browser=True"
    env = {**os.environ, "CORRIDORS_ROOT": str(folder), "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}
    with (folder / "log").open("w") as log, chromium() as browser:
        server = subprocess.Popen(["sh", "-c", f"{command} {added}"], cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            wait_for(port, server, folder / "log", PATIENCE_MS / 1000)
            page = browser.new_page(viewport={"width": 1250, "height": 1400})
            page.set_default_timeout(PATIENCE_MS)
            page.goto(f"http://127.0.0.1:{port}/lab/tree/shown.ipynb")
            expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_visible(timeout=PATIENCE_MS)
            _run_all(page, page.locator(".jp-Notebook .jp-Cell", has_text="capacity-8000").locator(".jp-OutputArea-output").first)
            yield page, folder
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)


def _run_all(page: Page, last: Locator) -> None:
    """Run all cells and wait for what the last one says; asked again where JupyterLab, still busy, let the command fall."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while True:
        page.evaluate("() => {jupyterapp.commands.execute('notebook:run-all-cells')}")
        try:
            expect(last).to_be_visible(timeout=PATIENCE_MS / 4)
            return
        except AssertionError:
            if time.monotonic() > until:
                raise


def test_text_stays_text_and_a_mistake_is_one_line(lab: tuple[Page, Path]) -> None:
    page, _ = lab
    page.wait_for_timeout(1500)
    assert page.locator(".jp-OutputArea mjx-container, .jp-OutputArea .MathJax").count() == 0
    shown = page.locator(".jp-OutputArea-output").last.inner_text()
    assert "capacity-8000" in shown and "capacity-800" in shown and "Traceback" not in shown and len(shown.strip().splitlines()) == 1


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_outputs_are_legible_and_keep_their_layout(lab: tuple[Page, Path], theme: str) -> None:
    page, _ = lab
    page.evaluate("t => {jupyterapp.commands.execute('apputils:change-theme', {theme: t})}", theme)
    expect(page.locator(f"body[data-jp-theme-name='{theme}']")).to_be_attached(timeout=PATIENCE_MS)
    page.wait_for_timeout(500)
    label, value = (page.locator(f".jp-OutputArea .key-figure {part}").bounding_box() for part in ("dt", ".value"))
    assert label and value and label["y"] + label["height"] <= value["y"] + 1 and label["height"] < 40, "the label stands beside its figure"
    assert page.locator(".jp-OutputArea .svg.phone").count() == 0 or not page.locator(".jp-OutputArea .svg.phone").first.is_visible()
    chart = page.locator(".jp-OutputArea .svg").first
    assert chart.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    sides = page.locator(".jp-OutputArea td, .jp-OutputArea tbody th").evaluate_all("all => all.map(e => getComputedStyle(e).textAlign)")
    assert sides == ["left", "right"]


def test_a_notebook_that_ran_is_saved_as_it_was(lab: tuple[Page, Path]) -> None:
    page, folder = lab
    at = folder / "notebooks" / "shown.ipynb"
    before, stamp = at.read_bytes(), at.stat().st_mtime_ns
    page.evaluate("() => {jupyterapp.commands.execute('docmanager:save')}")
    until = time.monotonic() + 20
    while at.stat().st_mtime_ns == stamp and time.monotonic() < until:
        time.sleep(0.2)
    assert at.stat().st_mtime_ns != stamp, "nothing was saved"
    assert at.read_bytes() == before
