"""Pages in a real browser: accessible, on a phone and on a desk, light and dark, without a network, on paper.

Chromium is the system's (``tests/install_browser.sh`` installs it where it can); without one these tests are skipped.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page

from browsing import SIZES, chromium, needs_chromium, violations
from corridors.report.export import index_page
from corridors.report.export.notebook import to_html
from sample_report import ABOUT, HOSTILE, blocks, notebook, saved_results

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files as a build would leave them: a report, one with hostile text, one without a build, the front page."""
    folder = tmp_path_factory.mktemp("reports")
    entries = saved_results(folder / "results")
    pages = {
        "report": to_html(notebook(blocks()), ABOUT),
        "hostile": to_html(notebook(blocks(HOSTILE)), ABOUT),
        "alone": to_html(notebook(blocks()), {}),
        "front": index_page.render(entries, folder / "results", {"date": "2026-02-13"}),
    }
    made = {}
    for name, text in pages.items():
        made[name] = folder / f"{name}.html"
        made[name].write_text(text, encoding="utf-8")
    return made


NAMES = ("report", "hostile", "alone", "front")


@pytest.fixture
def opened(browser: Browser, site: dict[str, Path], request: pytest.FixtureRequest) -> Iterator[tuple[Page, list[str]]]:
    """A page opened as ``(name, size, scheme)`` says, and every address it asked for."""
    name, size, scheme = request.param
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.on("console", lambda m: asked.append(f"console: {m.text}") if m.type in ("error", "warning") else None)
    page.goto(site[name].as_uri())
    yield page, asked
    context.close()


EVERY = [(name, size, scheme) for name in NAMES for size in SIZES for scheme in ("light", "dark")]


def test_axe_finds_what_is_wrong(browser: Browser) -> None:
    """The check itself works: it names a picture without words, pale text and a skipped language."""
    page = browser.new_page()
    page.set_content('<html><body><img src="data:,"><p style="color: #bbb; background: #fff">pale</p></body></html>')
    found = {v.partition(":")[0] for v in violations(page)}
    page.close()
    assert {"image-alt", "color-contrast", "html-has-lang"} <= found


@pytest.mark.parametrize("opened", EVERY, indirect=True, ids="-".join)
def test_a_page_is_accessible_fits_and_asks_for_nothing(opened: tuple[Page, list[str]]) -> None:
    page, asked = opened
    assert [a for a in asked if not a.startswith(("file:", "data:"))] == [] and len([a for a in asked if a.startswith("file:")]) == 1
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "scrolls sideways"
    # What is folded away must be accessible too.
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "scrolls sideways with details open"
    assert violations(page) == []


@pytest.mark.parametrize("opened", [("report", "phone", "light"), ("front", "phone", "light")], indirect=True, ids="-".join)
def test_a_page_is_set_in_the_typeface_that_it_carries(opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    assert page.evaluate("document.fonts.ready.then(f => [...f].map(face => `${face.family} ${face.status}`))") == ["Corridors Sans loaded"] * 2
    texts = page.evaluate("[...document.querySelectorAll('.svg text, table')].map(e => getComputedStyle(e).fontFamily)")
    assert texts and all(text.startswith('"Corridors Sans"') for text in texts)


@pytest.mark.parametrize("opened", [("report", "phone", "light")], indirect=True)
def test_the_keyboard_skips_to_the_report_and_reaches_everything(opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top >= 0"), "the skip link shows itself"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName + ' ' + document.activeElement.className"))
    assert {"A ", "SUMMARY ", "DIV scroll"} <= reached


@pytest.mark.parametrize("opened", [("report", "desk", "light"), ("report", "desk", "dark")], indirect=True, ids="-".join)
def test_charts_follow_the_colours_of_the_page(opened: tuple[Page, list[str]]) -> None:
    """Every text of a chart stands out against the page (4.5 to 1), in light and in dark."""
    page, _ = opened
    pairs = page.evaluate(
        "[...document.querySelectorAll('.svg text')].map(t => [getComputedStyle(t).fill, getComputedStyle(document.body).backgroundColor])"
    )
    assert pairs
    assert min(contrast(a, b) for a, b in pairs) >= 4.5


def contrast(one: str, other: str) -> float:
    """Contrast of two ``rgb(r, g, b)`` colours by WCAG 2."""

    def luminance(colour: str) -> float:
        channels = [float(v) / 255 for v in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("opened", [("report", "desk", "dark"), ("front", "desk", "dark")], indirect=True, ids="-".join)
def test_a_page_can_be_printed(opened: tuple[Page, list[str]]) -> None:
    """On paper: several A4 pages, light, without what only a screen needs."""
    page, _ = opened
    printed = page.pdf(prefer_css_page_size=True)
    pages = pypdfium2.PdfDocument(io.BytesIO(printed))
    assert 2 <= len(pages) <= 12
    assert all([round(v) for v in p.get_size()] in ([595, 842], [596, 842]) for p in pages)
    text = "".join(p.get_textpage().get_text_bounded() for p in pages)
    assert "Contents" not in text and "Skip to" not in text
    page.emulate_media(media="print")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"


@pytest.mark.parametrize("opened", [("report", "phone", "light")], indirect=True)
def test_a_page_can_be_read_at_twice_the_size_of_type(opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("opened", [("hostile", "desk", "light")], indirect=True)
def test_hostile_text_runs_nothing(opened: tuple[Page, list[str]]) -> None:
    page, asked = opened
    assert page.evaluate("document.scripts.length") == 0
    assert page.evaluate("document.querySelector('h1').textContent").endswith(HOSTILE)
    assert not [a for a in asked if a.startswith("console")]
