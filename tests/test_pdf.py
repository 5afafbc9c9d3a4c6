"""The PDF: tagged, titled, whole, and fit for a screen reader and an archive."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from corridors.report.export import pages
from corridors.report.export import pdf as pdf_export
from corridors.report.export.notebook import to_pdf
from corridors.report.export.pdf import PAGES
from corridors.show.blocks import Cover, Figure, Prose, group
from sample_report import ABOUT, blocks, notebook, numbers


@pytest.fixture(scope="module")
def content() -> bytes:
    """The PDF of the sample."""
    return to_pdf(notebook(blocks()), ABOUT)


@pytest.fixture(scope="module")
def pdf(content: bytes) -> pikepdf.Pdf:
    """The same, opened."""
    return pikepdf.open(io.BytesIO(content))


def elements(node: Any) -> Iterator[pikepdf.Dictionary]:
    """Structure elements, in reading order."""
    if isinstance(node, pikepdf.Array):
        for child in node:
            yield from elements(child)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        yield node
        if "/K" in node:
            yield from elements(node.K)


def tags(pdf: pikepdf.Pdf, *names: str) -> list[pikepdf.Dictionary]:
    """Structure elements with one of these names."""
    return [e for e in elements(pdf.Root.StructTreeRoot.K) if str(e.S) in {f"/{n}" for n in names}]


def checked(pdf: pikepdf.Pdf) -> None:
    """What every PDF of ours must have; other tests use it on real reports."""
    assert pdf.Root.MarkInfo.Marked
    assert str(pdf.Root.Lang) == "en-GB"
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    for name in ("/Title", "/Author", "/Subject", "/Keywords", "/CreationDate"):
        assert str(pdf.docinfo[name]).strip(), name
    with pdf.open_metadata() as metadata:
        assert str(metadata["pdfuaid:part"]) == "1"
        assert (str(metadata["pdfaid:part"]), str(metadata["pdfaid:conformance"])) == ("2", "A")
    levels = [int(str(e.S)[2:]) for e in tags(pdf, "H1", "H2", "H3", "H4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))
    assert all(str(e.get("/Alt", "")).strip() for e in tags(pdf, "Figure"))
    for table in tags(pdf, "Table"):
        inside = list(elements(table.K))
        heads = [e for e in inside if str(e.S) == "/TH"]
        assert heads and all(_scope(e) for e in heads)
    fonts = [font for page in pdf.pages for font in dict(page.Resources.get("/Font", {})).values()]
    assert fonts
    for font in fonts:
        for inner in font.get("/DescendantFonts", [font]):
            assert any(name in inner.FontDescriptor for name in ("/FontFile", "/FontFile2", "/FontFile3")), font.BaseFont
    for page in pdf.pages:
        assert [round(float(v)) for v in page.mediabox[2:]] == [595, 842]
        assert str(page.obj.get("/Tabs")) == "/S"


def _scope(element: pikepdf.Dictionary) -> str:
    attributes = element.get("/A", [])
    return next((str(a["/Scope"]) for a in ([attributes] if isinstance(attributes, pikepdf.Dictionary) else attributes) if "/Scope" in a), "")


def test_it_is_tagged_titled_archivable(pdf: pikepdf.Pdf, content: bytes) -> None:
    checked(pdf)
    assert str(pdf.docinfo["/Title"]) == ABOUT["title"]
    assert len(content) < 2_000_000


def test_the_date_is_that_of_the_data(pdf: pikepdf.Pdf) -> None:
    assert str(pdf.docinfo["/CreationDate"]).startswith("D:20260213")


def test_bookmarks_are_the_sections(pdf: pikepdf.Pdf) -> None:
    with pdf.open_outline() as outline:
        assert [item.title for item in outline.root] == ["What changes", "How sure we are", "What it leaves out", "Method"]
        assert [item.title for item in outline.root[0].children] == ["Below"]


def test_every_chart_is_a_figure_with_its_words(pdf: pikepdf.Pdf) -> None:
    assert [str(e.Alt) for e in tags(pdf, "Figure")] == [b.alt for b in blocks() if isinstance(b, Figure)]
    assert len(tags(pdf, "Caption")) == 3, "two charts and the table of years"


def test_charts_are_drawn_and_not_pixels(pdf: pikepdf.Pdf) -> None:
    for page in pdf.pages:
        for thing in dict(page.Resources.get("/XObject", {})).values():
            assert str(thing.Subtype) != "/Image"


def test_links_have_words(pdf: pikepdf.Pdf) -> None:
    found = [a for page in pdf.pages for a in page.obj.get("/Annots", []) if str(a.Subtype) == "/Link"]
    addresses = [str(a.A.URI) for a in found if "/A" in a and "/URI" in a.A]
    assert addresses == ["https://example.org/a"]
    assert all(str(a.get("/Contents", "")).strip() for a in found)


def test_pages_are_counted_and_carry_the_title(content: bytes) -> None:
    pages = list(pypdfium2.PdfDocument(content))
    for number, page in enumerate(pages, 1):
        text = page.get_textpage().get_text_bounded()
        assert f"Page {number} of {len(pages)}" in text
        assert ABOUT["title"] in re.sub(r"\s+", " ", text)


def test_a_long_table_repeats_its_head_and_keeps_its_rows_whole() -> None:
    made = to_pdf(notebook([blocks()[0], numbers(120)]), ABOUT)
    texts = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(made)]
    assert len(texts) > 2
    for text in texts:
        assert "Baseline" in text and "$ million" in text
    rows = [str(2026 + k) for k in range(120)]
    # Each row, year to range, stands whole on one page.
    for k, year in enumerate(rows):
        assert any(re.search(rf"{year}\s+{1203 + 61 * k:,}\s+{1203 + 83 * k:,}\s+{1100 + 70 * k:,} to", text) for text in texts)


def test_a_minus_and_its_amount_stand_on_one_line() -> None:
    lines = tuple(f"{'x' * k} Uzbekistan to Afghanistan \u2212$15 million and Iran to T\u00fcrkiye (\u2212$3.9 million a year) and \u2212$8,400,000 more." for k in range(1, 40))
    made = pypdfium2.PdfDocument(to_pdf(notebook([blocks()[0], Prose(lines)]), ABOUT))
    text = "\n".join(page.get_textpage().get_text_bounded() for page in made)
    assert text.count("\u2212$") == 3 * len(lines)
    assert not re.search(r"\u2212\s*\r?\n\s*\$", text)


def test_the_brief_has_two_pages_however_its_text_runs() -> None:
    for paragraphs in (9, 13, 16):
        long = group(*(Prose(("A paragraph of the brief, as long as paragraphs of briefs are, with a number such as 640 trucks a day. " * 4,)) for _ in range(paragraphs)))
        made = to_pdf(notebook([*blocks()[:4], long, numbers(12)], headings=["## All scenarios"]), {**ABOUT, "stem": "brief"})
        assert len(pypdfium2.PdfDocument(made)) == PAGES["brief"]


def test_a_notebook_without_a_cover_has_a_title() -> None:
    made = pikepdf.open(io.BytesIO(to_pdf(notebook([Prose(("Text.",))], headings=[]), {"title": "Trade profile", "date": "2026-02-13"})))
    checked_title = str(made.docinfo["/Title"])
    assert checked_title == "Trade profile"
    assert len(tags(made, "H1")) == 1


def test_an_unprintable_character_is_left_out() -> None:
    made = to_pdf(notebook([Cover("Kicker", "Title\x00\x07 with\ufeff controls", ""), Prose(("\x1b[31mred",))]), ABOUT)
    assert "Title with controls" in "".join(p.get_textpage().get_text_bounded() for p in pypdfium2.PdfDocument(made))


def test_no_page_is_left_for_a_few_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slightly smaller type takes them in; without that rule some of these reports would end on a page of a line or two."""

    def pages(paragraphs: int) -> list[str]:
        long = group(*(Prose(("A paragraph as long as paragraphs of reports are, of a queue at a border and who waits in it. " * 4,)) for _ in range(paragraphs)))
        made = pypdfium2.PdfDocument(to_pdf(notebook([*blocks(), long]), ABOUT))
        return [page.get_textpage().get_text_bounded() for page in made]

    lengths = range(1, 13)
    usual = [pages(count) for count in lengths]
    monkeypatch.setattr(pdf_export, "_LEAST_USED", 0.0)
    plain = [pages(count) for count in lengths]
    changed = [(old, new) for old, new in zip(plain, usual, strict=True) if old != new]
    assert changed
    assert all(len(new) == len(old) - 1 and len(old[-1]) < 1200 < len(new[-1]) for old, new in changed)


def _chart(title: str, high_pt: float) -> Figure:
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 432 {high_pt}"><path d="M0 0H432V{high_pt}H0Z" fill="none" stroke="#111"/></svg>'
    return Figure(drawing, title, "A frame and nothing in it, for the sake of its size.", "Source: none.")


@pytest.mark.parametrize("heights", [(330, 270, 250), (250, 250, 250, 250), (200, 420, 300)])
def test_pages_have_no_holes_where_charts_can_close_them(heights: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left white at the ends of pages, before charts that are never cut, shrinks; no chart leaves its limits."""
    seen: list[tuple[list[Any], Any]] = []
    find = pages.holes

    def watched(parts: Any, ends: Any) -> Any:
        seen.append((parts, find(parts, ends)))
        return seen[-1][1]

    monkeypatch.setattr(pages, "holes", watched)
    story = [block for k, high in enumerate(heights) for block in (Prose(("A paragraph of a report about a queue at a border and who waits in it. " * 5,)), _chart(f"Chart {k}", high))]
    to_pdf(notebook([blocks()[0], group(*story)], headings=[]), ABOUT)
    left = [sum(hole.high_pt for hole in found) for _, found in seen]
    assert left[0] > 0 and min(left) < 0.75 * left[0]


def planned(parts: list[dict[str, Any]], aspects: dict[int, float], heights: dict[int, float]) -> pages.Plan:
    """The plan for parts of such heights, on pages as they are foretold."""
    ends, y = {}, pages.TOP_PT
    for k, high in heights.items():
        y += high
        ends[k] = y
    shares = {k: float(parts[k]["share"]) for k in aspects}
    return pages.fitted(parts, aspects, lambda _: ends, pages.Foretold(parts, aspects, ends, shares))


def test_a_chart_is_shrunk_to_fit_or_grown_to_fill_or_goes_first() -> None:
    chart = {"kind": "figure", "share": 0.9}
    near = planned([chart] * 2, {0: 0.6, 1: 0.6}, {0: 440.0, 1: 320.0})
    assert near.order == (0, 1) and all(pages.SMALLEST_SHARE <= share < 0.9 for share in near.shares.values())
    far = planned([{**chart, "share": 0.8}] * 2, {0: 0.6, 1: 1.4}, {0: 440.0, 1: 640.0})
    assert 0.8 < far.shares[0] <= 1.0 and far.shares[1] == 0.8
    swapped = planned([chart] * 3, {0: 0.6, 1: 1.4, 2: 0.4}, {0: 440.0, 1: 640.0, 2: 240.0})
    assert swapped.order == (0, 2, 1) and swapped.shares == {0: 0.9, 1: 0.9, 2: 0.9}
    # Never over a heading: a chart stays in its section.
    apart = planned([chart, chart, {"kind": "heading"}, chart], {0: 0.6, 1: 1.4, 3: 0.4}, {0: 440.0, 1: 640.0, 3: 240.0})
    assert apart.order == (0, 1, 2, 3)


@pytest.mark.parametrize("heights", [(300, 420, 260, 380), (500, 320, 410), (240, 240, 560, 300, 450)])
def test_pages_come_out_as_foretold_and_are_laid_out_three_times_at_most(heights: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A line or two where text is cut between pages; a document is laid out endless, on pages, and once more where that did not hold."""
    seen: list[tuple[Any, ...]] = []
    fitted = pages.fitted

    def watched(parts: Any, aspects: Any, endless: Any, laid_out: Any) -> pages.Plan:
        calls = [0]

        def counted(ask: Any) -> Any:
            def asked(plan: Any) -> Any:
                calls[0] += 1
                return ask(plan)

            return asked

        plan = pages.Plan(tuple(range(len(parts))), {k: float(parts[k]["share"]) for k in aspects})
        foretold, real = pages.Foretold(parts, aspects, endless(plan), plan.shares)(plan), laid_out(plan)
        assert list(foretold) == list(real)
        for k, (page, y) in real.items():
            height = pages.BOTTOM_PT - pages.TOP_PT
            assert abs((foretold[k][0] - page) * height + foretold[k][1] - y) < 30 * page, (k, foretold[k], real[k])
        found = fitted(parts, aspects, counted(endless), counted(laid_out))
        seen.append((calls[0],))
        return found

    monkeypatch.setattr(pages, "fitted", watched)
    story = [block for k, high in enumerate(heights) for block in (Prose(("A paragraph of a report about a queue at a border and who waits in it. " * 5,)), _chart(f"Chart {k}", high))]
    to_pdf(notebook([blocks()[0], group(*story)], headings=[]), ABOUT)
    assert seen and all(calls <= 3 for (calls,) in seen)


def test_a_title_that_a_pdf_cannot_set_is_told_before_it_is_built(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A build was silent: the words of the exporter stayed in the process that wrote the PDF."""
    from corridors.report.build import Build, build
    from corridors.report.export import typefaces

    assert typefaces.without(["Taftan: 800 trucks", "\u041a\u043e\u0440\u0438\u0434\u043e\u0440", "\u0645\u0645\u0631 \u00e9\u2013"]) == ""
    told = typefaces.without(["Taftan", "\u8d70\u5eca A \u0917"])
    assert "'\u8d70\u5eca A \u0917' has letters" in told and told.endswith("there: \u0917 \u5eca \u8d70; the HTML page shows them")
    file = tmp_path / "odd.yaml"
    file.write_text("title: \u8d70\u5eca\nmeasures: []\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Build, "run", lambda self: 0)
        assert build((str(file),), out=tmp_path / "out") == 0
        assert "'\u8d70\u5eca' has letters that no typeface of the PDF has" in capfd.readouterr().err
        assert build((str(file),), out=tmp_path / "out", formats=("html",)) == 0
        assert "typeface" not in capfd.readouterr().err
