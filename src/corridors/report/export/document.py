"""A report as plain data: headings, paragraphs, lists and blocks, read from an executed notebook.

Page and paper are both made from this one document, so they cannot say different things. Text cells
are parsed as Markdown; what a code cell returned is taken only if it is a block
(:data:`corridors.show.blocks.MIME`): code, printed text, warnings and tracebacks never reach a
reader. Every text stays plain text to the end; HTML in a text cell is shown as the characters it is
written with.

The document is what ``json`` can write::

    {"title", "subtitle", "kicker", "date", "language", "keywords", "about": {...}, "parts": [...]}

A part is a heading (level, id, spans), a paragraph (spans), a list (ordered, items: lists of
parts), a quote (parts), or a block. A span is a run of text with its marks: ``{"text", "strong",
"emphasis", "code", "link"}``.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import unescape
from typing import Any

import mistune
from nbformat import NotebookNode

from corridors.show.blocks import MIME, Cover, Figure, Table, flat

LANGUAGE = "en-GB"
KEYWORDS = ("trade", "transport corridors", "border crossings", "gravity model", "projection")
HIDDEN_TAGS = frozenset({"parameters", "injected-parameters", "remove-cell", "notebook-only"})
"""Cells with one of these tags are for those who open the notebook, not for readers of the report."""

PAGE_ONLY_TAG = "page-only"
"""What a cell with this tag shows stands on the page and not on paper, which has less room."""

_SAFE_LINK = re.compile(r"^(https?://|mailto:|#|[\w./-]+$)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")

Part = dict[str, Any]
Span = dict[str, Any]


def read(notebook: NotebookNode, about: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The document in ``notebook``, an executed one.

    ``about`` says what the build knows: ``title``, ``folder`` and ``stem`` (where the file will
    lie), ``date`` (YYYY-MM-DD), ``formats`` (the forms that lie side by side). All may be missing,
    as when
    nbconvert is called by hand: then the title is the cover's or the first heading's and the date
    comes from SOURCE_DATE_EPOCH.
    """
    about = dict(about or {})
    parts: list[Part] = printable(list(_parts(notebook)))
    cover = next((p for p in parts if p["kind"] == Cover.kind), None)
    parts = _without_empty_sections(_titled(parts, cover))
    title = cover["title"] if cover else _first_heading(parts) or printable(str(about.get("title") or "")) or "Report"
    if cover is None and not any(p["kind"] == "heading" and p["level"] == 1 for p in parts):
        parts.insert(0, Cover("", title).as_dict())
    _number_headings(parts)
    return {
        "title": title,
        "subtitle": cover["subtitle"] if cover else "",
        "kicker": cover["kicker"] if cover else "",
        "date": str(about.get("date") or _source_date()),
        "language": LANGUAGE,
        "keywords": list(KEYWORDS),
        "about": about,
        "parts": parts,
    }


def printable(value: Any) -> Any:
    """``value`` without control characters in its texts: XML and PDF/UA know no way to write them."""
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, Mapping):
        return {name: printable(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable(inner) for inner in value]
    return value


def _source_date() -> str:
    """The date in SOURCE_DATE_EPOCH, or nothing: a report never carries the day it happened to be built."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(seconds), UTC).date().isoformat() if seconds.isdigit() else ""


def _parts(notebook: NotebookNode) -> Iterator[Part]:
    for cell in notebook.cells:
        tags = set(cell.get("metadata", {}).get("tags", []))
        if HIDDEN_TAGS & tags:
            continue
        only = {"page_only": True} if PAGE_ONLY_TAG in tags else {}
        if cell.cell_type == "markdown":
            yield from ({**part, **only} for part in markdown(cell.source))
        elif cell.cell_type == "code":
            for output in cell.get("outputs", []):
                block = output.get("data", {}).get(MIME)
                if isinstance(block, Mapping):
                    yield from ({**b, **only} for b in flat(block))


def on_paper(parts: Sequence[Part]) -> list[Part]:
    """The parts without those for the page only, nor the headings under which nothing is left then."""
    return _without_empty_sections([part for part in parts if not part.get("page_only")])


def _titled(parts: list[Part], cover: Part | None) -> list[Part]:
    """With a cover first: its title is the report's, so the notebook's own title (level 1, above it) goes."""
    if cover is None:
        return parts
    before = parts[: parts.index(cover)]
    after = parts[parts.index(cover) + 1 :]
    return [cover, *(p for p in before if not (p["kind"] == "heading" and p["level"] == 1)), *after]


def _without_empty_sections(parts: Sequence[Part]) -> list[Part]:
    """Without headings that nothing stands under: a section whose block had nothing to show in this scenario."""
    kept: list[Part] = []
    for part in reversed(parts):
        below = kept[-1] if kept else None
        empty = (
            part["kind"] == "heading"
            and part["level"] > 1
            and (below is None or (below["kind"] == "heading" and below["level"] <= part["level"]))
        )
        if not empty:
            kept.append(part)
    return kept[::-1]


def _first_heading(parts: Sequence[Part]) -> str:
    return next((plain(p["spans"]) for p in parts if p["kind"] == "heading"), "")


def _number_headings(parts: Sequence[Part]) -> None:
    """Levels without a gap below the one title (1), and an id of its own for each heading."""
    titled = any(p["kind"] == Cover.kind for p in parts)
    last, used = (1 if titled else 0), set[str]()
    for part in parts:
        if part["kind"] != "heading":
            continue
        lowest = 2 if titled else 1
        part["level"] = last = min(max(part["level"], lowest), last + 1)
        titled = titled or last == 1
        part["id"] = _unused(slug(plain(part["spans"])), used)


def side_by_side(parts: Sequence[Part]) -> list[Part]:
    """The parts with each two charts of half width that follow one another put into one row."""
    found: list[Part] = []
    for part in parts:
        half = part["kind"] == Figure.kind and part.get("width") == "half"
        if half and found and found[-1]["kind"] == "row" and len(found[-1]["blocks"]) == 1:
            found[-1]["blocks"].append(part)
        else:
            found.append({"kind": "row", "blocks": [part]} if half else part)
    return [part["blocks"][0] if part["kind"] == "row" and len(part["blocks"]) == 1 else part for part in found]


def slug(text: str) -> str:
    """``text`` as an id: ASCII letters, digits and hyphens, beginning with a letter."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    found = re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")[:60]
    return found if found[:1].isalpha() else f"section-{found}".rstrip("-")


def _unused(name: str, used: set[str]) -> str:
    found, number = name, 1
    while found in used:
        number += 1
        found = f"{name}-{number}"
    used.add(found)
    return found


def plain(spans: Sequence[Span]) -> str:
    """The text of spans without their marks."""
    return "".join(str(s["text"]) for s in spans).strip()


# --- Markdown
# ---------------------------------------------------------------------------------------------


def markdown(source: str) -> list[Part]:
    """The parts of a text cell."""
    parse = mistune.create_markdown(renderer=None, plugins=["table"])
    tokens = parse(source)
    assert not isinstance(tokens, str)
    return list(_from_tokens(tokens))


def _from_tokens(tokens: Sequence[Mapping[str, Any]]) -> Iterator[Part]:
    for token in tokens:
        kind = token["type"]
        if kind == "heading":
            yield {"kind": "heading", "level": int(token["attrs"]["level"]), "spans": list(_spans(token["children"]))}
        elif kind in ("paragraph", "block_text"):
            spans = list(_spans(token["children"]))
            if plain(spans):
                yield {"kind": "paragraph", "spans": spans}
        elif kind == "list":
            items = [list(_from_tokens(item["children"])) for item in token["children"]]
            yield {"kind": "list", "ordered": bool(token["attrs"].get("ordered")), "items": items}
        elif kind == "block_quote":
            yield {"kind": "quote", "parts": list(_from_tokens(token["children"]))}
        elif kind == "block_code":
            yield {"kind": "code", "text": token["raw"].rstrip("\n")}
        elif kind == "table":
            yield _table(token)
        elif kind == "block_html" and not token["raw"].lstrip().startswith("<!--"):
            yield {"kind": "paragraph", "spans": [_span(token["raw"].strip())]}


def _table(token: Mapping[str, Any]) -> Part:
    """A Markdown table as the same block that results are shown in; its cells are plain text."""
    head, *bodies = token["children"]
    rows = [
        [plain(list(_spans(cell["children"]))) for cell in row["children"]]
        for body in bodies
        for row in body["children"]
    ]
    columns = [
        {
            "label": plain(list(_spans(cell["children"]))),
            "unit": "",
            "align": "right" if cell["attrs"]["align"] == "right" else "left",
        }
        for cell in head["children"]
    ]
    return {"kind": Table.kind, "caption": "", "columns": columns, "rows": rows, "source": "", "note": ""}


def _span(text: str, **marks: Any) -> Span:
    return {"text": text, **marks}


def _spans(tokens: Sequence[Mapping[str, Any]], **marks: Any) -> Iterator[Span]:
    for token in tokens:
        kind = token["type"]
        if kind == "text":
            if token["raw"]:
                yield _span(unescape(token["raw"]), **marks)
        elif kind in ("softbreak", "linebreak"):
            yield _span(" ", **marks)
        elif kind == "codespan":
            yield _span(unescape(token["raw"]), **{**marks, "code": True})
        elif kind in ("strong", "emphasis"):
            yield from _spans(token["children"], **{**marks, kind: True})
        elif kind == "link":
            link = str(token["attrs"]["url"])
            yield from _spans(token["children"], **({**marks, "link": link} if _SAFE_LINK.match(link) else marks))
        elif kind == "image":
            yield from _spans(token["children"], **marks)
        elif "raw" in token and not token["raw"].startswith("<!--"):
            yield _span(token["raw"], **marks)
