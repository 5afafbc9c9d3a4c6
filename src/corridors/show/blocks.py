"""What a report is made of: cover, prose, key figures, figures and tables, as plain data.

A notebook cell returns a block. JupyterLab shows its HTML; the exporters read the same block as
plain JSON (:data:`MIME`) and lay it out for the page and for paper, so that all three say the same.
Every text in a block is plain text: it is escaped for HTML here and never read as markup by the
PDF's template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, ClassVar, Literal

from corridors.runtime.notebook_html import in_notebook
from corridors.show.numbers import THIN

MIME = "application/vnd.corridors.block+json"

Align = Literal["left", "right"]

_MOST_COLUMNS_ON_A_PHONE = 3
_MOST_COLUMNS_OF_THE_TEXT = 5
"""A table of more may use the empty margin of a wide screen."""
LONG_CELL = 48
"""Characters from which on a cell is a sentence, and wants a column wide enough to read it in."""


_PERCENT = re.compile(r"(?<=\d) %")


def _unparted(texts: Any) -> Any:
    """Texts, however deep in tuples, in which no line begins with the sign of percent."""
    return _PERCENT.sub(f"{THIN}%", texts) if isinstance(texts, str) else tuple(_unparted(text) for text in texts)


def _keep_together(block: Any, *names: str) -> None:
    """The named texts of a block anew, with the narrow no-break space between a number and its percent."""
    for name in names:
        object.__setattr__(block, name, _unparted(getattr(block, name)))


class Block:
    """Anything a report shows. ``as_dict`` is its data, ``html`` its HTML, both from the same fields."""

    kind: ClassVar[str] = ""

    def as_dict(self) -> dict[str, Any]:
        """The block as JSON-ready data, with ``kind`` telling which block it is."""
        return {"kind": self.kind, **asdict(self)}  # type: ignore[call-overload]

    def html(self) -> str:
        """The block as an HTML fragment; all text escaped."""
        raise NotImplementedError

    def text(self) -> str:
        """The block as plain text, for terminals and for search."""
        raise NotImplementedError

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {MIME: self.as_dict(), "text/html": in_notebook(self.html()), "text/plain": self.text()}


@dataclass(frozen=True)
class Cover(Block):
    """The front of a report: ``kicker`` (what kind of report), ``title``, ``subtitle``, and
    ``facts`` (label, value)."""

    kind: ClassVar[str] = "cover"
    kicker: str
    title: str
    subtitle: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    def html(self) -> str:
        facts = "".join(f"<div><dt>{escape(a)}</dt><dd>{escape(b)}</dd></div>" for a, b in self.facts)
        kicker = f'<p class="kicker">{escape(self.kicker)}</p>' if self.kicker else ""
        subtitle = f'<p class="subtitle">{escape(self.subtitle)}</p>' if self.subtitle else ""
        facts = f'<dl class="facts">{facts}</dl>' if facts else ""
        return f'<header class="cover">{kicker}<h1>{escape(self.title)}</h1>{subtitle}{facts}</header>'

    def text(self) -> str:
        return "\n".join([self.title, self.subtitle, *(f"{a}: {b}" for a, b in self.facts)])


_AMOUNT = re.compile("\u2212\\$[0-9.,]+[0-9]")
_KEPT = r'<span class="kept">\g<0></span>'
"""A minus and its amount are never parted by the end of a line."""


@dataclass(frozen=True)
class Prose(Block):
    """Paragraphs, or with ``bullets`` a list. ``style``: ``plain``, ``lead`` (the answer),
    ``caveat`` (set apart), ``note``."""

    kind: ClassVar[str] = "prose"
    paragraphs: tuple[str, ...]
    style: Literal["plain", "lead", "caveat", "note"] = "plain"
    bullets: bool = False

    def __post_init__(self) -> None:
        _keep_together(self, "paragraphs")

    def html(self) -> str:
        tag = "li" if self.bullets else "p"
        inner = "".join(f"<{tag}>{_AMOUNT.sub(_KEPT, escape(p))}</{tag}>" for p in self.paragraphs)
        if self.bullets:
            inner = f"<ul>{inner}</ul>"
        return f'<div class="prose {self.style}">{inner}</div>'

    def text(self) -> str:
        mark = "- " if self.bullets else ""
        return "\n".join(mark + p for p in self.paragraphs)


@dataclass(frozen=True)
class KeyFigure:
    """One number that matters: what it is, the number with its unit, its range or context in words."""

    label: str
    value: str
    detail: str = ""

    def __post_init__(self) -> None:
        _keep_together(self, "label", "value", "detail")


_WORDED = 12


def worded(value: str) -> bool:
    """Whether a value is words, which are set smaller than a number: they would take two lines."""
    return len(value) > _WORDED and not any(c.isdigit() for c in value)


@dataclass(frozen=True)
class KeyFigures(Block):
    """Up to four numbers that matter, side by side."""

    kind: ClassVar[str] = "key_figures"
    items: tuple[KeyFigure, ...]

    def html(self) -> str:
        cells = "".join(
            f'<div class="key-figure"><dt>{escape(i.label)}</dt><dd><span '
            f'class="value{" worded" if worded(i.value) else ""}">{escape(i.value)}</span>'
            + (f' <span class="detail">{escape(i.detail)}</span>' if i.detail else "")
            + "</dd></div>"
            for i in self.items
        )
        return f'<dl class="key-figures">{cells}</dl>'

    def text(self) -> str:
        return "\n".join(f"{i.label}: {i.value} ({i.detail})" for i in self.items)


@dataclass(frozen=True)
class Column:
    """A column of a table: its head, its unit (shown under the head), and how its cells are set."""

    label: str
    unit: str = ""
    align: Align = "left"

    def __post_init__(self) -> None:
        _keep_together(self, "label", "unit")


@dataclass(frozen=True)
class Table(Block):
    """A table of texts as people read them; the first column names the row. ``caption`` says what it shows."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    source: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.caption!r}: a row of {len(row)} cells under {len(self.columns)} columns")
        _keep_together(self, "caption", "rows", "source", "note")

    def html(self) -> str:
        notes = "".join(
            f'<p class="{name}">{escape(t)}</p>'
            for name, t in (("note", self.note), ("source", self.source))
            if t
        )
        wide = " wide" if len(self.columns) > _MOST_COLUMNS_OF_THE_TEXT else ""
        return f'<div class="table{wide}">{self._html_scrolled()}{notes}</div>'

    def _html_scrolled(self) -> str:
        # A wide table scrolls by itself on a small screen; the keyboard reaches it, hence the
        # tabindex.
        return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(self.caption or "Table")}">{self.html_table()}</div>'

    def html_table(self) -> str:
        """The ``table`` element alone."""
        heads = "".join(
            f'<th scope="col" class="{c.align}">{escape(c.label)}'
            + (f'<span class="unit">{escape(c.unit)}</span>' if c.unit else "")
            + "</th>"
            for c in self.columns
        )
        # Where a table folds into cards on a phone, roles keep it a table and each cell says what
        # it is.
        folds = len(self.columns) > _MOST_COLUMNS_ON_A_PHONE
        role = {
            name: f' role="{name}"' if folds else ""
            for name in ("table", "rowgroup", "row", "cell", "rowheader", "columnheader")
        }
        said = [
            f' data-label="{escape(", ".join(p for p in (c.label, c.unit) if p))}"' if folds else ""
            for c in self.columns
        ]
        heads = heads.replace("<th ", f"<th{role['columnheader']} ")
        body = "".join(
            f"<tr{role['row']}>"
            + "".join(
                f'<th scope="row"{role["rowheader"]} class="{c.align}">{escape(v)}</th>'
                if k == 0
                else f'<td{role["cell"]}{said[k]} class="{c.align}{" long" * (len(v) > LONG_CELL)}">{escape(v)}</td>'
                for k, (c, v) in enumerate(zip(self.columns, row, strict=True))
            )
            + "</tr>"
            for row in self.rows
        )
        caption = f"<caption><span>{escape(self.caption)}</span></caption>" if self.caption else ""
        kind = ' class="folds"' if folds else ""
        return f"<table{role['table']}{kind}>{caption}<thead{role['rowgroup']}><tr{role['row']}>{heads}</tr></thead><tbody{role['rowgroup']}>{body}</tbody></table>"

    def text(self) -> str:
        lines = [self.caption, " | ".join(c.label for c in self.columns)]
        return "\n".join([*lines, *(" | ".join(row) for row in self.rows)])


@dataclass(frozen=True)
class Figure(Block):
    """A chart: ``svg`` (one element), ``title`` that states the finding, ``alt`` that tells what it shows, ``source``,
    and the numbers behind it as ``data``. ``width`` is ``full`` or ``half`` of the text's width."""

    kind: ClassVar[str] = "figure"
    svg: str
    title: str
    alt: str
    source: str = ""
    data: Table | None = None
    width: Literal["full", "half"] = "full"
    small: str = ""
    """The same chart drawn for a phone, about 340 px wide; empty where there is none. CSS chooses."""

    def __post_init__(self) -> None:
        _keep_together(self, "title", "alt", "source")

    def html(self) -> str:
        # The alternative text goes on a wrapper: the SVG inside is decoration to a screen reader.
        details = (
            f"<details><summary>The numbers behind this chart</summary>{self.data.html()}</details>"
            if self.data is not None
            else ""
        )
        source = f'<p class="source">{escape(self.source)}</p>' if self.source else ""
        return (
            f'<figure class="chart {self.width}"><figcaption>{escape(self.title)}</figcaption>'
            # On a phone its own drawing is shown; a chart without one keeps a size at which it can
            # be read, and scrolls.
            f"{self._html_drawn()}"
            f"{source}{details}</figure>"
        )

    def _html_drawn(self) -> str:
        drawn = f'role="img" aria-label="{escape(self.alt)}">'
        if self.small:
            return f'<div class="svg page" {drawn}{self.svg}</div><div class="svg phone" style="display:none" {drawn}{self.small}</div>'
        return f'<div class="scroll" tabindex="0" role="group" aria-label="Chart"><div class="svg" {drawn}{self.svg}</div></div>'

    def text(self) -> str:
        return f"{self.title}\n{self.alt}"


@dataclass(frozen=True)
class Group(Block):
    """Several blocks from one cell, one after the other."""

    kind: ClassVar[str] = "group"
    blocks: tuple[Block, ...]

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "blocks": [b.as_dict() for b in self.blocks]}

    def html(self) -> str:
        return "".join(b.html() for b in self.blocks)

    def text(self) -> str:
        return "\n\n".join(b.text() for b in self.blocks)


def group(*blocks: Block | None) -> Group:
    """A group of those blocks that are there."""
    return Group(tuple(b for b in blocks if b is not None))


def table(
    caption: str, columns: Sequence[Column | str], rows: Sequence[Sequence[str]], source: str = "", note: str = ""
) -> Table:
    """A table; a column given as text is a left-aligned head without a unit."""
    heads = tuple(c if isinstance(c, Column) else Column(c) for c in columns)
    return Table(caption, heads, tuple(tuple(str(v) for v in row) for row in rows), source, note)


def flat(block: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The blocks of a dict made by :meth:`Block.as_dict`, groups opened."""
    if block.get("kind") != Group.kind:
        return [block]
    return [inner for b in block["blocks"] for inner in flat(b)]


def from_dict(data: Mapping[str, Any]) -> Block:
    """The block whose :meth:`Block.as_dict` is ``data``, also after a way through JSON. Raises
    ValueError for what is no block."""
    kind = data.get("kind")
    fields = {name: value for name, value in data.items() if name not in ("kind", "page_only")}
    if kind == Cover.kind:
        return Cover(**{**fields, "facts": tuple((a, b) for a, b in fields.get("facts", ()))})
    if kind == Prose.kind:
        return Prose(**{**fields, "paragraphs": tuple(fields["paragraphs"])})
    if kind == KeyFigures.kind:
        return KeyFigures(tuple(KeyFigure(**item) for item in fields["items"]))
    if kind == Table.kind:
        return _table_from(fields)
    if kind == Figure.kind:
        data_behind = fields.get("data")
        return Figure(**{**fields, "data": _table_from(data_behind) if data_behind else None})
    if kind == Group.kind:
        return Group(tuple(from_dict(b) for b in fields["blocks"]))
    raise ValueError(f"no block: kind {kind!r}")


def _table_from(fields: Mapping[str, Any]) -> Table:
    columns = tuple(Column(**c) for c in fields["columns"])
    rows = tuple(tuple(row) for row in fields["rows"])
    return Table(fields["caption"], columns, rows, fields.get("source", ""), fields.get("note", ""))
