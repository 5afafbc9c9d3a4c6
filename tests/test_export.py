"""The page: what is in it and what is not, whatever text comes; and that page and PDF say the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import nbformat
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.exporters import get_exporter

from corridors.errors import BuildError
from corridors.report.export import document, svg
from corridors.report.export.notebook import to_html, to_pdf
from corridors.show.blocks import Figure
from corridors.show.theme import LIGHT
from page_reader import NUMBER, Page, loads, unknown_references, without
from sample_report import ABOUT, HOSTILE, blocks, chart, notebook


def pdf_text(content: bytes) -> str:
    """All text of a PDF, as copying it gives."""
    return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content))


def squeezed(text: str) -> str:
    """Without white space, which lines on paper break differently, and with one form of every letter."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


@pytest.fixture(scope="module")
def html() -> str:
    """The page of the sample."""
    return to_html(notebook(blocks()), ABOUT)


# --- what a page has ---------------------------------------------------------------------------------------


def test_the_page_is_well_formed_and_its_ids_are_its_own(html: str) -> None:
    page = Page(html)
    assert page.unclosed == []
    assert len(page.ids()) == len(set(page.ids()))
    assert unknown_references(page) == set()


def test_headings_are_in_order_under_one_title(html: str) -> None:
    levels = Page(html).levels()
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))


def test_the_page_says_what_it_is(html: str) -> None:
    page = Page(html)
    assert page.all("html")[0].attributes["lang"] == "en-GB"
    assert page.all("title")[0].text == ABOUT["title"]
    assert len(page.all("main")) == 1 and len(page.all("footer")) == 1
    skip = page.all("a")[0]
    assert skip.attributes["href"] == "#" + page.all("main")[0].attributes["id"]
    assert all(nav.attributes.get("aria-label") or nav.attributes.get("aria-labelledby") for nav in page.all("nav"))
    assert page.all("time")[0].text == "13 February 2026"


def test_every_chart_has_a_title_words_for_who_cannot_see_it_and_numbers(html: str) -> None:
    page = Page(html)
    shown = [b for b in blocks() if isinstance(b, Figure)]
    drawn = [e for e in page.elements if e.attributes.get("role") == "img"]
    assert [e.attributes["aria-label"] for e in drawn] == [b.alt for b in shown]
    assert [e.text.strip() for e in page.all("figcaption")] == [b.title for b in shown]
    assert all(e.attributes["aria-hidden"] == "true" for e in page.all("svg"))
    assert len([e for e in page.all("details") if "class" not in e.attributes]) == sum(b.data is not None for b in shown)


def test_every_table_has_heads_with_scope(html: str) -> None:
    page = Page(html)
    assert page.all("th") and all(e.attributes.get("scope") in ("col", "row") for e in page.all("th"))
    for e in page.elements:
        if e.attributes.get("class") == "scroll":
            assert e.attributes["tabindex"] == "0" and e.attributes["aria-label"]


def test_contents_lead_to_every_section(html: str) -> None:
    page = Page(html)
    wanted = [f"#{e.attributes['id']}" for e in page.all("h2") if "section" in e.around]
    assert [e.attributes["href"] for e in page.all("a") if "nav" in e.around and "ol" in e.around] == wanted
    assert len(wanted) == 4


def test_nothing_is_loaded_or_run(html: str) -> None:
    assert loads(html) == []
    assert "Content-Security-Policy" in html and "default-src &#39;none&#39;" in html


def test_code_printed_text_and_warnings_stay_in_the_notebook(html: str) -> None:
    made = notebook(blocks())
    made.cells.append(nbformat.v4.new_code_cell("SECRET_CODE", outputs=[
        nbformat.v4.new_output("error", ename="ValueError", evalue="SECRET_ERROR", traceback=["SECRET_ERROR"]),
        nbformat.v4.new_output("display_data", data={"text/plain": "SECRET_PLAIN", "text/html": "<b>SECRET_HTML</b>"}),
    ]))  # fmt: skip
    for text in (html, to_html(made, ABOUT), pdf_text(to_pdf(made, ABOUT))):
        assert "SECRET" not in text
        assert "For those who open the notebook" not in text
        assert "capacity-800'" not in text


@pytest.mark.parametrize(("folder", "up"), [("capacity-800", "../"), ("background/01_trade_profile", "../../")])
def test_links_lead_to_what_lies_beside(folder: str, up: str) -> None:
    page = Page(to_html(notebook(blocks()), {**ABOUT, "folder": folder}))
    addresses = {e.attributes["href"] for e in page.all("a")}
    assert f"{up}index.html" in addresses and "report.pdf" in addresses
    only_html = Page(to_html(notebook(blocks()), {**ABOUT, "formats": ["html"]}))
    assert "report.pdf" not in {e.attributes["href"] for e in only_html.all("a")}


# --- whatever text comes -----------------------------------------------------------------------------------


def test_hostile_text_is_text_on_the_page() -> None:
    tame, wild = (to_html(notebook(blocks(text)), ABOUT) for text in ("harmless", HOSTILE))
    assert [e.tag for e in Page(wild).elements] == [e.tag for e in Page(tame).elements]
    assert loads(wild) == []
    assert Page(wild).all("h1")[0].text.endswith(HOSTILE)
    assert Page(wild).all("title")[0].text.endswith(HOSTILE)


def test_hostile_text_is_text_on_paper() -> None:
    text = squeezed(pdf_text(to_pdf(notebook(blocks(HOSTILE)), {**ABOUT, "title": HOSTILE})))
    # In the title, the subtitle, the lead, paragraphs, bullets, a key figure, the chart and its title.
    assert text.count(squeezed(HOSTILE)) >= 7


def test_html_in_a_text_cell_is_text() -> None:
    made = notebook(blocks(), headings=["## Heading <img src=x onerror=alert(1)>\n\n<script>alert(1)</script>\n\nSome <b>bold</b> [link](javascript:alert(1)) ![picture](https://example.org/x.png)"])
    page = to_html(made, ABOUT)
    assert loads(page) == []
    assert "<script>alert(1)</script>" in Page(page).all("main")[0].text
    assert "javascript" not in page


_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@pytest.mark.filterwarnings("ignore:Glyph")
@settings(max_examples=25)
@given(_texts)
def test_any_text_at_all_makes_a_page_and_a_pdf(text: str) -> None:
    shown = [b for k, b in enumerate(blocks(text)) if k < 4]
    page = to_html(notebook(shown), ABOUT)
    assert loads(page) == [] and Page(page).unclosed == []
    assert to_pdf(notebook(shown), ABOUT).startswith(b"%PDF-")


@given(st.lists(st.integers(1, 6), max_size=8), st.booleans())
def test_levels_of_headings_never_skip(levels: list[int], cover: bool) -> None:
    cells = [nbformat.v4.new_markdown_cell(f"{'#' * level} Heading\n\nText.") for level in levels]
    made = notebook(blocks()[:1] if cover else [])
    made.cells.extend(cells)
    found = document.read(made)
    shown = [p["level"] for p in found["parts"] if p["kind"] == "heading"]
    all_levels = ([1] if any(p["kind"] == "cover" for p in found["parts"]) else []) + shown
    assert all_levels.count(1) == 1 and all_levels[0] == 1
    assert all(b <= a + 1 for a, b in zip(all_levels, all_levels[1:], strict=False))
    ids = [p["id"] for p in found["parts"] if p["kind"] == "heading"]
    assert len(ids) == len(set(ids))


def test_a_section_with_nothing_to_show_is_left_out() -> None:
    made = notebook(blocks()[:4], headings=[])
    made.cells.extend(nbformat.v4.new_markdown_cell(text) for text in ("## Empty", "## Also empty\n\n### Empty below", "## Full\n\nText.", "## Empty at the end"))
    assert [p["id"] for p in document.read(made)["parts"] if p["kind"] == "heading"] == ["full"]


def test_what_is_for_the_page_only_is_not_on_paper() -> None:
    made = notebook(blocks()[:4], headings=[])
    made.cells.append(nbformat.v4.new_markdown_cell("## Reference\n\nONLY_PAGE", metadata={"tags": ["page-only"]}))
    assert "ONLY_PAGE" in to_html(made, ABOUT)
    assert "ONLY_PAGE" not in pdf_text(to_pdf(made, ABOUT))


# --- charts ------------------------------------------------------------------------------------------------


def test_a_chart_takes_the_colours_of_the_page_and_ids_of_its_own() -> None:
    one, two = svg.for_page(chart(), "f1-"), svg.for_page(chart(), "f2-")
    assert f"var(--scenario, {LIGHT['scenario']})" in one
    assert not re.search(r"(?<!, )#[0-9a-f]{6}", one), "a colour that the theme does not know"
    assert not set(Page(one).ids()) & set(Page(two).ids())
    assert unknown_references(Page(one)) == set()
    assert "font-family" not in one and "<style" not in one


def test_a_chart_that_would_run_or_load_something_cannot() -> None:
    wild = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9" onload="a()">'
        '<script>a()</script><style>@import "http://x"</style><foreignObject><p/></foreignObject><image href="http://x"/>'
        '<use xlink:href="http://x#y"/><a href="javascript:a()"><text>in a link</text></a><path d="M0 0" style="fill: url(http://x)" onclick="a()"/>'
        '<animate attributeName="href"/><text>kept &lt;b&gt;</text></svg>'
    )
    for made in (svg.for_page(wild, "f-"), svg.for_paper(wild, "Libertinus Serif")):
        assert loads(made) == []
        assert "kept &lt;b&gt;" in made


@pytest.mark.parametrize("broken", ["<svg", "<p/>", "", '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"><text>&a;</text></svg>'])
def test_what_is_no_chart_is_refused(broken: str) -> None:
    with pytest.raises(BuildError, match="chart"):
        svg.for_page(broken, "f-")


# --- page and paper ----------------------------------------------------------------------------------------


def test_page_and_pdf_have_the_same_numbers() -> None:
    made = notebook(blocks())
    # Folded tables stay; what they add to their caption is how long they are.
    unfolded = re.sub(r'<details class="folded">(.*?)</details>', r"\1", re.sub(r'<span class="rows">.*?</span>', "", to_html(made, ABOUT)), flags=re.DOTALL)
    page = Page(without(unfolded, "details", "nav", "style", "head", "footer"))
    on_page = set(NUMBER.findall(page.all("main")[0].text))
    pages = pypdfium2.PdfDocument(to_pdf(made, ABOUT))
    # Numbers of pages and of list items are the layout's.
    text = re.sub(r"Page \d+ of \d+|^\d\. ", "", "\n".join(p.get_textpage().get_text_bounded() for p in pages), flags=re.MULTILINE)
    assert len(on_page) > 100
    assert set(NUMBER.findall(text)) == on_page


def test_same_inputs_same_bytes_in_another_process() -> None:
    code = (
        "import sys, hashlib; sys.path.insert(0, 'tests'); from sample_report import *; from corridors.report.export.notebook import to_html, to_pdf\n"
        "n = notebook(blocks()); print(hashlib.sha256(to_html(n, ABOUT).encode()).hexdigest(), hashlib.sha256(to_pdf(n, ABOUT)).hexdigest())"
    )
    root = Path(__file__).resolve().parents[1]
    made = {
        subprocess.run([sys.executable, "-c", code], cwd=root, env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}, capture_output=True, text=True, check=True).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Karachi"))
    }
    assert len(made) == 1


# --- nbconvert ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "starts"), [("corridors-html", "<!DOCTYPE html>"), ("corridors-pdf", b"%PDF-")])
def test_nbconvert_finds_our_exporters(name: str, starts: str | bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1770940800")
    made, resources = get_exporter(name)().from_notebook_node(notebook(blocks()))
    assert made.startswith(starts)
    assert resources["output_extension"] == f".{name.rpartition('-')[2]}"


@pytest.mark.parametrize("name", ["corridors-pdf", "corridors-html"])
def test_nbconvert_needs_no_date_in_the_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PDF/A demands a date: papermill's, or today's (as in https://github.com/typst/typst/issues/6758)."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    made = notebook(blocks())
    assert get_exporter(name)().from_notebook_node(made)[0]
    made.metadata["papermill"] = {"end_time": "2026-02-13T10:00:00"}
    found = get_exporter(name)().from_notebook_node(made)[0]
    assert name != "corridors-pdf" or b"2026-02-13" in found


def test_a_section_of_which_nothing_is_on_paper_has_no_heading_there() -> None:
    parts = [
        {"kind": "heading", "level": 2, "spans": [{"text": "On the page alone"}]}, {"kind": "table", "page_only": True},
        {"kind": "heading", "level": 2, "spans": [{"text": "On both"}]}, {"kind": "prose"},
    ]  # fmt: skip
    assert document.on_paper(parts) == parts[2:]
