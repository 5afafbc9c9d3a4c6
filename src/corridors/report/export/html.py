"""An executed notebook as one HTML file that needs nothing else: no script, no host, its typeface inside it.

``HtmlReport`` is an nbconvert exporter, so ``jupyter nbconvert --to corridors-html FILE`` works
too. Its template lays out the document that :mod:`corridors.report.export.document` reads from the
notebook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import default

from corridors.errors import plain_page
from corridors.report.export import document, svg
from corridors.show import typeface
from corridors.show.blocks import Figure, Prose, Table, from_dict
from corridors.show.theme import DARK, LIGHT

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
"""What a page may load: nothing but the styles, pictures and typeface inside it."""
MOST_ROWS = 7
"""A table with more rows is folded behind its caption."""

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class HtmlReport(TemplateExporter):
    """Notebook to a self-contained report page. ``resources["corridors"]`` may carry the build's ``about``."""

    export_from_notebook = "Report page (HTML)"
    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "corridors"

    @default("extra_template_basedirs")
    def _default_extra_template_basedirs(self) -> list[str]:
        return [str(TEMPLATES)]

    def _create_environment(self) -> Environment:
        return furnished(super()._create_environment())  # type: ignore[no-untyped-call]

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page and its resources."""
        resources = dict(resources or {})
        found = document.read(nb, resources.get("corridors"))
        resources["page"] = page(found)
        return super().from_notebook_node(nb, resources, **kw)


def to_html(notebook: NotebookNode, about: Mapping[str, Any]) -> str:
    """The report page of an executed notebook; ``about`` is described at :func:`corridors.report.export.document.read`.

    The same notebook and ``about`` give the same text. Raises BuildError if a chart is damaged.
    """
    text, _ = HtmlReport().from_notebook_node(  # type: ignore[no-untyped-call]
notebook, {"corridors": dict(about)}
    )
    return plain_page(text)


def furnished(environment: Environment) -> Environment:
    """``environment`` with every text escaped unless said otherwise, and with what our templates use."""
    environment.autoescape = True
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals.update(policy=POLICY, light=LIGHT, dark=DARK, typeface=typeface.css())
    environment.filters["long_date"] = long_date
    return environment


def long_date(iso: str) -> str:
    """``2026-03-05`` as ``5 March 2026``; other text as it is."""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def page(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the template shows: the front (all above the first section), sections, contents, footer."""
    number = count(1)
    front: list[Any] = []
    sections: list[dict[str, Any]] = []
    for part in document.side_by_side(found["parts"]):
        if part["kind"] == "heading" and part["level"] == 2:
            sections.append({"id": part["id"], "heading": part, "parts": []})
        else:
            (sections[-1]["parts"] if sections else front).append(_shown(part, number))
    return {
        **{name: found[name] for name in ("title", "subtitle", "kicker", "date", "language", "keywords")},
        "front": front,
        "sections": sections,
        "description": description(found),
        "links": _links(found["about"]),
        "sources": _sources(found["parts"]),
    }


def _shown(part: Mapping[str, Any], number: count[int]) -> Mapping[str, Any]:
    """The part; a block with its HTML, its chart made fit for the page under ids of its own."""
    if part["kind"] in ("heading", "paragraph", "list", "quote", "code"):
        return part
    if part["kind"] == "row":
        return {"kind": "row", "parts": [_shown(block, number) for block in part["blocks"]]}
    block = from_dict(part)
    if isinstance(block, Figure):
        drawn = svg.for_page(block.svg, f"f{next(number)}-")
        small = svg.for_page(block.small, f"f{next(number)}-") if block.small else ""
        block = replace(block, svg=drawn, small=small)
    shown = Markup(block.html())
    if isinstance(block, Table) and len(block.rows) > MOST_ROWS:
        shown = Markup(
            '<details class="folded"><summary>{} <span class="rows">({} rows)</span></summary>{}</details>'
        ).format(block.caption or "Table", len(block.rows), shown)
    return {"kind": "block", "block": part["kind"], "html": shown}


def description(found: Mapping[str, Any]) -> str:
    """The answer in one line, for search and for previews of links: the first sentence of the lead."""
    for part in found["parts"]:
        if part["kind"] == Prose.kind and part["style"] == "lead" and part["paragraphs"]:
            return str(part["paragraphs"][0])
    return str(found["subtitle"] or found["title"])


def _links(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Label and relative address of what the build puts beside this page; nothing without a build."""
    folder, stem = str(about.get("folder") or ""), str(about.get("stem") or "report")
    if not folder:
        return []
    up = "../" * len(Path(folder).parts)
    found = [("All reports", f"{up}index.html")]
    if "pdf" in about.get("formats", ()):
        found.append(("This report as PDF", f"{stem}.pdf"))
    return [*found, ("The notebook it was made by", "notebook.ipynb")]


def _sources(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every source named under a chart or table, once, in order."""
    named = [
        str(part.get("source") or "").removeprefix("Source: ")
        for part in parts
        if part["kind"] in ("figure", "table")
    ]
    return list(dict.fromkeys(text for text in named if text))
