"""An executed notebook as a PDF for people: PDF/UA-1 and PDF/A-2a in one file, by Typst, without a browser or TeX.

The document of :mod:`corridors.report.export.document` goes to ``templates/report.typ`` as JSON, so
no text of a scenario or of a source can become markup, and page and paper show the same blocks.
Only the fonts inside the compiler and one of matplotlib's are used: the file is the same on every
machine.

``PdfReport`` is an nbconvert exporter, so ``jupyter nbconvert --to corridors-pdf FILE`` works too.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import typst
from nbconvert.exporters.base import Exporter
from nbformat import NotebookNode
from traitlets import default

from corridors.errors import BuildError, plain_page
from corridors.report.export import document, pages, svg, table_layout, typefaces
from corridors.report.export.html import description, long_date
from corridors.show.blocks import worded
from corridors.show.theme import LIGHT

TEMPLATE = Path(__file__).resolve().parents[1] / "templates" / "report.typ"
STANDARDS: list[Literal["a-2a", "ua-1"]] = ["a-2a", "ua-1"]
TYPEFACE = "Libertinus Serif"
AUTHOR = "Trade corridors"
PAGES = {"brief": 2, "report": 10}
"""Pages that a document may have."""
_LEAST_USED = 0.25
"""A last page of a few lines looks like a mistake; slightly smaller type takes them in."""
_SCALES = {"brief": (1.0, 0.97, 0.94, 0.91, 0.88, 0.85), "report": (1.0, 0.97, 0.94, 0.91)}
"""Sizes of type that are tried, largest first, until a document has no more pages than it may."""
_LARGEST_HOLE_PT = 150.0
"""White space at the end of a page, a fifth of it, for which smaller type is tried."""
_LONG_TABLE = {"brief": 16, "report": 10}
"""Rows up to which a table is kept whole on a page."""
_WORDY = 2000
"""Letters of a table of few rows that goes on on the next page all the same."""
_HIGHEST = 0.5
"""Height of a chart that no chart should pass, as a share of the text's width."""
_SMALLEST_SHARE = 0.76
_FRONT_SHARE = 0.92
"""Least share of the width that the front's chart takes, which has a page of its own."""
_EARLIEST = "1980-01-01"


class PdfReport(Exporter):
    """Notebook to a tagged PDF. ``resources["corridors"]`` may carry the build's ``about``."""

    export_from_notebook = "Report (PDF)"
    output_mimetype = "application/pdf"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pdf"

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any,
    ) -> tuple[bytes, dict[str, Any]]:
        """The PDF and its resources."""
        nb_copy, resources = super().from_notebook_node(nb, resources, **kw)
        resources["output_extension"] = ".pdf"
        about = dict(resources.get("corridors") or {})
        about.setdefault("date", _day_of(nb_copy))
        lost = sorted(
            set(document.read(nb_copy, about)["title"])
            - set(_settable(document.read(nb_copy, about)["title"]))
        )
        if lost:
            self.log.warning(
                "the title has letters that no typeface of the PDF has, which stand as replacement "
                "characters: %s; the HTML page shows them",
                " ".join(lost),
            )
        return to_pdf(nb_copy, about), resources


def _day_of(notebook: NotebookNode) -> str:
    """The day on which a notebook that no build dates was run, which PDF/A demands: papermill's, that of
    SOURCE_DATE_EPOCH (empty here, read later), or today's."""
    if os.environ.get("SOURCE_DATE_EPOCH", "").isdigit():
        return ""
    run = str(notebook.metadata.get("papermill", {}).get("end_time") or "")[:10]
    return run if re.fullmatch(r"\d{4}-\d{2}-\d{2}", run) else datetime.now(UTC).date().isoformat()


def to_pdf(notebook: NotebookNode, about: Mapping[str, Any]) -> bytes:
    """The PDF of an executed notebook; ``about`` is described at :func:`corridors.report.export.document.read`.

    A document whose ``stem`` is ``brief`` is set in two pages, others in ten at most: the type is
    made smaller step by step (to 85 % and 91 %) until it fits. The same notebook and ``about`` give
    the same bytes. Raises BuildError if the text cannot be set.
    """
    given = data(document.read(notebook, about))
    moment = datetime.combine(date.fromisoformat(given["date"] or _EARLIEST), datetime.min.time(), UTC)
    try:
        inputs = _fitting(given)
        made = _compiler(inputs).compile(
            format="pdf",
            sys_inputs=inputs,
            pdf_standards=list(STANDARDS),
            timestamp=int(moment.timestamp()),
        )
    except typst.TypstError as error:
        raise BuildError(
            f"{given['title']}: the PDF cannot be set: {error.message} {' '.join(error.hints)}".strip()
        ) from error
    assert isinstance(made, bytes)
    return made


def _fitting(given: Mapping[str, Any]) -> dict[str, str]:
    """The document as the template reads it, in the largest type at which one of its mode has no more pages than it
    may, no large hole and a last page that is not all but empty; if there is none, that with the
    fewest pages and least white among those, and the largest type of equals. Charts of a report are
    as large as leaves no holes.
    """
    tried: list[tuple[int, bool, float, float, dict[str, str]]] = []
    scales, most = list(_SCALES[given["mode"]]), PAGES[given["mode"]]
    while scales:
        scale = scales.pop(0)
        inputs, holes = (
            _without_holes(given, scale) if given["mode"] == "report" else (_inputs(given, scale), [])
        )
        count, used = json.loads(_compiler(inputs).query("<pages>", field="value", one=True))
        white = sum(high for high in holes if high > _LARGEST_HOLE_PT)
        if int(count) <= most and float(used) >= _LEAST_USED and not white:
            return inputs
        tried.append((max(int(count), most), float(used) < _LEAST_USED, white, -scale, inputs))
        if int(count) > most + 2:
            scales = scales[-1:]  # No size of type takes so much in: the smallest saves most.
    return min(tried, key=lambda one: one[:4])[4]


def _inputs(given: Mapping[str, Any], scale: float) -> dict[str, str]:
    return {"document": json.dumps(given, ensure_ascii=False, sort_keys=True), "scale": str(scale)}


def _compiler(inputs: dict[str, str]) -> typst.Compiler:
    return typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=_fonts(), sys_inputs=inputs)


def _without_holes(given: Mapping[str, Any], scale: float) -> tuple[dict[str, str], list[float]]:
    """The document with the charts of :func:`corridors.report.export.pages.fitted`, and how high the
    holes are that are left, points."""
    parts = given["parts"]

    def planned(plan: pages.Plan) -> dict[str, str]:
        shares = plan.shares
        ordered = [{**parts[k], "share": round(shares[k], 4)} if k in shares else parts[k] for k in plan.order]
        return _inputs({**given, "parts": ordered}, scale)

    known: dict[tuple[str, ...], dict[int, tuple[int, float]]] = {}

    def asked(inputs: dict[str, str]) -> dict[int, tuple[int, float]]:
        key = tuple(inputs.values())
        if key not in known:
            found = json.loads(_compiler(inputs).query("<end>", field="value"))
            known[key] = {int(k): (int(page), float(y)) for k, page, y in found}
        return known[key]

    aspects = {k: _aspect(part["svg"]) for k, part in enumerate(parts) if part["kind"] == "figure"}
    plan = pages.fitted(
        parts,
        aspects,
        lambda plan: {k: y for k, (_, y) in asked({**planned(plan), "endless": "yes"}).items()},
        lambda plan: asked(planned(plan)),
    )
    ends = asked(planned(plan))
    return planned(plan), [hole.high_pt for hole in pages.holes(parts, ends)]


def data(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the template reads: the document, charts in the typeface of the text, widths of columns, colours."""
    mode = "brief" if found["about"].get("stem") == "brief" else "report"
    parts = [
        {**_for_paper(part, _LONG_TABLE[mode]), "index": k}
        for k, part in enumerate(document.side_by_side(document.on_paper(found["parts"])))
    ]
    first = next((k for k, part in enumerate(parts) if part["kind"] == "heading"), len(parts))
    for part in parts[:first] if mode == "report" else []:
        if part["kind"] == "figure":
            part["share"] = max(part["share"], _FRONT_SHARE)
    day = long_date(found["date"])
    made: dict[str, Any] = _settable(
        {
            "mode": mode,
            "title": found["title"],
            "running": _short(found["title"]),
            "foot": f"Data as of {day}" if day else "",
            "date": found["date"] if re.fullmatch(r"\d{4}-\d{2}-\d{2}", found["date"]) else "",
            "author": AUTHOR,
            "description": description(found),
            "keywords": list(found["keywords"]),
            "ids": [part["id"] for part in parts if part["kind"] == "heading"],
            "colours": {name: value for name, value in LIGHT.items() if re.fullmatch(r"#[0-9a-fA-F]{6}", value)},
            "parts": parts,
        }
    )
    return made


def _for_paper(part: Mapping[str, Any], most_rows: int) -> dict[str, Any]:
    """What the template reads of a part; a table of more than ``most_rows`` or of much text is ``long``."""
    if part["kind"] == "row":
        return {"kind": "row", "blocks": [_for_paper(block, most_rows) for block in part["blocks"]]}
    if part["kind"] == "figure":
        drawn = {name: part[name] for name in ("kind", "title", "alt", "source")}
        return {**drawn, "svg": svg.for_paper(part["svg"], TYPEFACE), "share": chart_share(part["svg"])}
    if part["kind"] == "key_figures":
        return {**part, "items": [{**item, "worded": worded(item["value"])} for item in part["items"]]}
    if part["kind"] == "table":
        size, widths = table_layout.fit(part["columns"], part["rows"])
        letters = sum(len(cell) for row in part["rows"] for cell in row)
        long = len(part["rows"]) > most_rows or letters > _WORDY
        return {**part, "size": size, "widths": widths, "long": long}
    return dict(part)


def chart_share(drawing: str) -> float:
    """Share of the text's width that a chart takes: all of it, less where it is high, so that two fit on a page."""
    return round(min(1.0, max(_SMALLEST_SHARE, _HIGHEST / _aspect(drawing))), 3)


def _aspect(drawing: str) -> float:
    """Height over width of a drawing; what says neither counts as low."""
    found = re.search(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', drawing)
    return float(found.group(2)) / float(found.group(1)) if found else _HIGHEST


def _short(title: str, length: int = 90) -> str:
    return title if len(title) <= length else f"{title[: length - 1].rstrip()}…"


def _settable(value: Any) -> Any:
    """With the replacement character for what no typeface at hand has: PDF/UA and PDF/A refuse empty boxes."""
    if isinstance(value, str):
        value = plain_page(value)
        return value if value.isascii() else "".join(c if typefaces.has(c) else "\ufffd" for c in value)
    if isinstance(value, Mapping):
        return {name: _settable(inner) for name, inner in value.items()}
    if isinstance(value, Sequence):
        return [_settable(inner) for inner in value]
    return value


def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=True,
        font_paths=[typefaces.fallback()],
    )
