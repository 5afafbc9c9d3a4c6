"""Reports as really built, with few draws: every page accessible, every PDF sound, the same numbers everywhere.

One build of two scenarios serves all tests here.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pikepdf
import pypdfium2
import pytest
from playwright.sync_api import Browser

from browsing import SIZES, chromium, needs_chromium, violations
from corridors.report import build as building
from page_reader import NUMBER, Page, loads, unknown_references, without
from test_pdf import checked

pytestmark = pytest.mark.slow

SCENARIO = """title: {title}
pair: [PAK, RUS]
horizon: [2026, 2035]
measures: {measures}
uncertainty: {{draws: 64, seed: 20260213}}
"""
MEASURES = "[{kind: border_capacity, crossings: [khunjerab, torkham, taftan], trucks_per_day: 800, start: 2027, years_to_full_effect: 3}]"
HOSTILE = "#let x = 1 $x^2$ *b* _i_ [l](u) & 'more' @d 100 %"
"""What a title may hold (scenarios refuse more) that is markup somewhere."""


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of a scenario, with a title full of markup, and of one where nothing changes."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # One build for all workers: the second waits for the first and finds everything done.
        folder = folder.parent
    folder = folder / "real-reports"
    folder.mkdir(exist_ok=True)
    (folder / "wider.yaml").write_text(SCENARIO.format(title=json.dumps(f"Wider borders {HOSTILE}"), measures=MEASURES))
    (folder / "same.yaml").write_text(SCENARIO.format(title="Nothing changes", measures="[]"))
    out = folder / "reports"
    assert building.build([str(folder / "wider.yaml"), str(folder / "same.yaml")], out=out, jobs=2, quiet=True) == 0
    return out


PAGES = ("index.html", "comparison/brief.html", "wider/report.html", "same/report.html")
PDFS = ("comparison/brief.pdf", "wider/report.pdf", "same/report.pdf")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_loads_nothing(reports: Path, name: str) -> None:
    html = (reports / name).read_text(encoding="utf-8")
    page = Page(html)
    assert page.unclosed == [] and loads(html) == [] and unknown_references(page) == set()
    assert len(page.ids()) == len(set(page.ids()))
    levels = page.levels()
    assert levels.count(1) == 1 and all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))
    assert len(html.encode()) < 3_000_000
    text = page.all("main")[0].text
    assert not re.search(r"\b[Nn]a[Nn]\b|\d[eE][+-]\d\d|Traceback", text)


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_files_that_are_there(reports: Path, name: str) -> None:
    file = reports / name
    for link in Page(file.read_text(encoding="utf-8")).all("a"):
        address = link.attributes["href"]
        if not address.startswith(("#", "https://", "http://", "mailto:")):
            assert (file.parent / address).exists(), address


@pytest.mark.parametrize("name", PDFS)
def test_a_pdf_is_sound(reports: Path, name: str) -> None:
    content = (reports / name).read_bytes()
    checked(pikepdf.open(io.BytesIO(content)))
    assert len(content) < 2_000_000
    pages = len(pypdfium2.PdfDocument(content))
    # Ten pages, and two of worth: who gains against what cost, and where a little more is worth most.
    assert pages <= 2 if name.startswith("comparison") else 6 <= pages <= 12


@pytest.mark.parametrize("name", ["wider/report", "same/report", "comparison/brief"])
def test_paper_says_nothing_that_the_page_does_not(reports: Path, name: str) -> None:
    """Every number of the PDF stands on the page, to the digit; the page has reference tables besides."""
    html = without((reports / f"{name}.html").read_text(encoding="utf-8"), "nav", "style", "head")
    on_page = set(NUMBER.findall(" ".join(e.text for e in Page(html).all("main", "footer"))))
    pages = pypdfium2.PdfDocument((reports / f"{name}.pdf").read_bytes())
    text = re.sub(r"Page \d+ of \d+", "", "\n".join(p.get_textpage().get_text_bounded() for p in pages))
    # Words that a line on paper breaks at a hyphen or a slash are joined again.
    on_paper = set(NUMBER.findall(text))
    assert len(on_paper) > 20
    assert {v for v in on_paper - on_page if len(v) > 1} == set()


def test_page_front_page_json_and_csv_agree(reports: Path) -> None:
    from corridors.show import findings, lookups, numbers

    result = json.loads((reports / "wider/result.json").read_text())
    mid = numbers.percent(abs(result["effect_percent"]["p50"]))
    effect = pd.read_csv(reports / "wider/tables/effect.csv")
    row = effect[(effect["year"] == 2035) & (effect["flow"] == "total") & (effect["unit"] == "percent")].iloc[0]
    assert numbers.percent(abs(row["p50"])) == mid
    band = lookups.Band(*(result["effect_percent"][p] for p in ("p10", "p50", "p90")))
    span = numbers.percent_range(band.low, band.high, sign=True)
    pages = {name: Page((reports / name).read_text(encoding="utf-8")).all("main")[0].text for name in ("index.html", "wider/report.html")}
    assert span in pages["wider/report.html"]
    if findings.told(band):
        assert all(findings.percent(band) in text and span in text for text in pages.values())
    else:
        # What lies in the noise is words on both, and its middle is a number on neither.
        assert all((findings.WORDS[lookups.verdict(band)] in text or "measurable" in text) and f"{numbers.signed_percent(band.mid)} (" not in text for text in pages.values())


def test_a_title_is_text_everywhere(reports: Path) -> None:
    wanted = f"Wider borders {HOSTILE}"
    for name in ("index.html", "wider/report.html"):
        assert wanted in Page((reports / name).read_text(encoding="utf-8")).all("main")[0].text
    text = "".join(p.get_textpage().get_text_bounded() for p in pypdfium2.PdfDocument((reports / "wider/report.pdf").read_bytes()))
    assert re.sub(r"\s", "", wanted) in re.sub(r"\s", "", text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all pages."""
    with chromium() as started:
        yield started


@pytest.mark.browser
@needs_chromium
@pytest.mark.parametrize("name", PAGES)
def test_a_built_page_is_accessible_fits_and_asks_for_nothing(reports: Path, browser: Browser, name: str) -> None:
    """On a phone and on a desk, light and dark, with everything unfolded; and it prints on several pages."""
    for width, height in SIZES.values():
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            asked: list[str] = []
            page.on("request", lambda r, to=asked: to.append(r.url))
            page.goto((reports / name).as_uri())
            cut = "[...document.querySelectorAll('.scroll')].filter(e => !e.closest('details:not([open])') && e.scrollWidth > e.clientWidth + 1).map(e => e.innerText.slice(0, 60))"
            assert page.evaluate(cut) == [], f"cut off at {width} px"
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert len(asked) == 1
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"scrolls sideways at {width} px"
            assert violations(page) == [], f"{width} px, {scheme}"
            page.close()


@pytest.mark.browser
@needs_chromium
def test_a_built_page_prints(reports: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto((reports / "wider/report.html").as_uri())
    assert 6 <= len(pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))) <= 30
    page.close()


@needs_chromium
def test_a_wide_table_uses_the_margin_of_a_wide_screen(reports: Path, browser: Browser) -> None:
    """Tables of many columns or of sentences are not cut off where the page has room beside the text; their notes keep to the
    column of text."""
    page = browser.new_page(viewport={"width": 1920, "height": 1000})
    page.goto((reports / "wider/report.html").as_uri())
    tables = page.evaluate(
        """() => [...document.querySelectorAll('section > :is(.wide, .table:has(.long))')].map(table => {
            const end = e => e.getBoundingClientRect().right, box = table.querySelector('.scroll');
            return {cut: box.scrollWidth > box.clientWidth, right: end(table), text: end(table.closest('section')), notes: [...table.querySelectorAll('.note, .source')].map(end)};
        })"""
    )
    page.close()
    assert tables
    for table in tables:
        assert not table["cut"]
        assert table["text"] < table["right"] <= 1920
        assert all(note <= table["text"] + 1 for note in table["notes"])


@pytest.mark.browser
@needs_chromium
@pytest.mark.parametrize("name", ["wider/report.html", "same/report.html"])
def test_the_first_screen_of_a_desk_holds_all_key_figures(reports: Path, browser: Browser, name: str) -> None:
    """What changes, for whom, how sure and what it is worth, to the last line, at 1280 x 800."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto((reports / name).as_uri())
    ends = page.evaluate("[...document.querySelectorAll('.key-figure .detail')].map(e => e.getBoundingClientRect().bottom)")
    page.close()
    assert len(ends) >= 3 and max(ends) <= 800
