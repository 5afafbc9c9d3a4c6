"""The explorer as `make explore` serves it, in a real browser: what is seen, what moves, and that no network is needed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browsing import chromium, free_port, needs_chromium, wait_for
from conftest import REPOSITORY

pytestmark = [pytest.mark.browser, pytest.mark.slow, needs_chromium]

PATIENCE_MS = 180_000
HOSTS = {"127.0.0.1", "localhost", ""}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The recipe of the Makefile without its browser, on a folder of scenarios of its own: address and folder."""
    folder = tmp_path_factory.mktemp("explored")
    for name in ("data", "notebooks"):
        (folder / name).symlink_to(REPOSITORY / name)
    shutil.copytree(REPOSITORY / "scenarios", folder / "scenarios")
    recipe = re.search(r"^explore:.*\n\t@(.*)$", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert recipe is not None
    port = free_port()
    command = recipe[1].replace("$(BIN)", shlex.quote(str(Path(sys.executable).parent))).replace("$(CURDIR)", str(REPOSITORY))
    # What would be opened is written down: here is no browser of a person's own.
    (folder / "browser").write_text(f"echo \"$1\" >> {shlex.quote(str(folder / 'opened'))}\n", encoding="utf-8")
    env = {**os.environ, "CORRIDORS_ROOT": str(folder), "BROWSER": f"sh {shlex.quote(str(folder / 'browser'))} %s"}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            ["sh", "-c", f"{command} --no-browser --port={port}"],
            cwd=REPOSITORY, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            wait_for(port, server, folder / "log", PATIENCE_MS / 1000)
            yield f"http://127.0.0.1:{port}/", folder
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


@pytest.fixture(scope="module")
def opened(browser: Browser, served: tuple[str, Path]) -> Iterator[tuple[Page, list[str]]]:
    """The explorer with its first answer, and every address that it asked for."""
    page = browser.new_page(viewport={"width": 1024, "height": 768})
    page.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.goto(served[0])
    _answered(page)
    yield page, asked
    page.close()


def _answered(page: Page) -> None:
    """Wait until an answer stands whole."""
    expect(page.locator("[role=status]")).to_contain_text("quick sample of", timeout=PATIENCE_MS)


def _moved(page: Page, label: str, key: str, times: int = 1) -> None:
    """Move a slider by the keyboard, one stop a key; each is answered before the next."""
    handle = page.locator(".widget-hslider", has=page.locator("label", has_text=re.compile(f"^{label}$"))).locator(".noUi-handle")
    for _ in range(times):
        with _answer(page):
            handle.press(key)


@contextmanager
def _answer(page: Page) -> Iterator[None]:
    """What is done inside is answered at its end: the line of the last answer is another one then."""
    page.locator("[role=status]").evaluate("line => line.classList.add('old')")
    yield
    expect(page.locator("[role=status]:not(.old)")).to_contain_text("quick sample of", timeout=PATIENCE_MS)


def test_no_request_leaves_this_machine(opened: tuple[Page, list[str]]) -> None:
    _, asked = opened
    assert len(asked) > 20
    assert [a for a in asked if (urlsplit(a).hostname or "") not in HOSTS] == []


def test_code_is_hidden_and_the_answer_is_there(opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    assert page.title() == "Trade corridors: explorer"
    assert "explore.app()" not in page.locator("body").inner_text()
    assert page.locator(".corridors-explore .value").count() == 4
    assert page.locator(".corridors-explore figure").count() == 3


@pytest.mark.parametrize("width", [1280, 1024, 360])
def test_nothing_is_wider_than_the_window(opened: tuple[Page, list[str]], width: int) -> None:
    page, _ = opened
    page.set_viewport_size({"width": width, "height": 768})
    page.wait_for_timeout(300)
    wider = page.evaluate("[...document.querySelectorAll('.corridors-page *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('svg, .scroll')).map(e => e.className)")
    page.set_viewport_size({"width": 1024, "height": 768})
    assert wider == []


def test_the_answer_stays_in_view_at_1024_pixels(opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    page.mouse.move(700, 600)
    page.mouse.wheel(0, 500)
    page.wait_for_timeout(300)
    fan = page.locator(".corridors-explore figure").first.bounding_box()
    assert fan is not None and fan["y"] < 0, "nothing was scrolled"
    top = page.locator(".corridors-top").bounding_box()
    assert top is not None and abs(top["y"]) < 1 and top["height"] < 768 / 3
    page.mouse.wheel(0, -2000)
    page.wait_for_timeout(300)


def test_a_slider_moved_is_a_measure_and_leaves_a_line_behind(opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    assert not page.get_by_label("Processing").is_checked()
    _moved(page, "Hours, no queue", "ArrowLeft", 2)
    assert page.get_by_label("Processing").is_checked()
    assert "before" in _fan(page)


def test_a_stands_beside_b_and_reset_goes_back(opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    page.reload()
    _answered(page)
    asked = page.locator(".widget-hslider", has=page.locator("label", has_text=re.compile("^Trucks a day$"))).locator(".widget-readout")
    before, shown = asked.inner_text(), _figures(page)
    beside = page.locator("table", has=page.get_by_text("A, kept, and B, as the controls stand"))
    with _answer(page):
        page.get_by_role("button", name="Keep as A").click()
    _moved(page, "Trucks a day", "ArrowRight", 2)
    assert asked.inner_text() != before
    kept, now = ([row[at] for row in _rows(beside)] for at in (1, 2))
    assert kept != now and set(shown) <= {cell.split(" (")[0] for cell in kept}
    assert set(_figures(page)) <= {cell.split(" (")[0] for cell in now}
    with _answer(page):
        page.get_by_role("button", name="Reset").click()
    assert asked.inner_text() == before and _figures(page) == shown
    assert [row[1] for row in _rows(beside)] == [row[2] for row in _rows(beside)]
    with _answer(page):
        page.get_by_role("button", name="Let go of A").click()
    assert beside.count() == 0


def test_a_saved_scenario_and_a_pair_without_a_road(opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    status = page.locator("[role=status]")
    with _answer(page):
        page.get_by_label("Start from").select_option(label="direct-flights")
    expect(status).to_contain_text("Also done: 2 direct flights a week", timeout=PATIENCE_MS)
    with _answer(page):
        page.get_by_label("Start from").select_option(label="A question of my own")
    with _answer(page):
        page.get_by_label("Seller", exact=True).select_option(label="Japan")
    page.get_by_label("and buyer").select_option(label="United States")
    # Before anything is solved.
    expect(status).to_contain_text("have no way by road", timeout=PATIENCE_MS)
    _answered(page)


def test_the_report_is_built_opened_and_told(opened: tuple[Page, list[str]], served: tuple[str, Path], browser: Browser) -> None:
    page, _ = opened
    with _answer(page):
        page.get_by_label("Start from").select_option(label="capacity-200")
    page.get_by_role("button", name="Build its report").click()
    status = page.locator("[role=status]")
    expect(status).to_contain_text("takes a minute or so")
    expect(status).to_contain_text("report.html", timeout=PATIENCE_MS)
    report = served[1] / "reports" / "capacity-200" / "report.html"
    assert str(report) in status.inner_text() and "opened in a browser" in status.inner_text()
    assert (served[1] / "opened").read_text(encoding="utf-8").split() == [report.as_uri()]
    read = browser.new_page()
    read.goto(report.as_uri())
    assert "200 trucks a day" in read.locator("h1").first.inner_text() or "200 trucks a day" in read.title()
    read.close()


def _fan(page: Page) -> str:
    return page.locator(".corridors-explore figure").first.text_content() or ""


def _figures(page: Page) -> list[str]:
    """The key figures at the top."""
    return [text.strip() for text in page.locator(".corridors-explore .value").all_inner_texts()]


def _rows(table: Locator) -> list[list[str]]:
    return [row.locator("th, td").all_inner_texts() for row in table.locator("tbody tr").all()]
