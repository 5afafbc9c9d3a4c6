"""Blocks: the same data for notebook, page and paper."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors.runtime.notebook_html import in_notebook
from corridors.show.blocks import (
    MIME,
    Block,
    Column,
    Cover,
    Figure,
    Group,
    KeyFigure,
    KeyFigures,
    Prose,
    Table,
    flat,
    from_dict,
    group,
    table,
)
from corridors.show.numbers import THIN
from sample_report import HOSTILE, blocks


class _Text(HTMLParser):
    """The tags and the text of a fragment."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
_tables = st.integers(1, 4).flatmap(
    lambda n: st.builds(
        Table, _text, st.tuples(*[st.builds(Column, _text, _text, st.sampled_from(["left", "right"]))] * n),
        st.lists(st.tuples(*[_text] * n), max_size=4).map(tuple), _text, _text,
    )
)  # fmt: skip
_figures = st.builds(
    Figure, st.just('<svg xmlns="http://www.w3.org/2000/svg"/>'), _text, _text, _text, st.none() | _tables, st.sampled_from(["full", "half"])
)
_simple = st.one_of(
    st.builds(Cover, _text, _text, _text, st.lists(st.tuples(_text, _text), max_size=3).map(tuple)),
    st.builds(Prose, st.lists(_text, min_size=1, max_size=3).map(tuple), st.sampled_from(["plain", "lead", "caveat", "note"]), st.booleans()),
    st.builds(KeyFigures, st.lists(st.builds(KeyFigure, _text, _text, _text), min_size=1, max_size=4).map(tuple)),
    _tables,
    _figures,
)
_blocks = _simple | st.lists(_simple, max_size=3).map(tuple).map(Group)


@given(_blocks)
def test_a_block_survives_its_way_through_a_notebook(block: Block) -> None:
    shown = json.loads(json.dumps(block._repr_mimebundle_()))
    assert from_dict(shown[MIME]) == block
    assert shown["text/html"] == in_notebook(block.html()) and shown["text/plain"] == block.text()


@given(_simple, _simple)
def test_text_never_changes_the_structure(one: Block, other: Block) -> None:
    """What stands in a block is text: the tags are those of the block with the text of another letter."""

    def plain(value: object, name: str = "") -> object:
        if isinstance(value, str):
            return value if name in ("kind", "style", "align", "width", "svg") or not value else "x"
        if isinstance(value, dict):
            return {k: plain(v, k) for k, v in value.items()}
        return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value

    for block in (one, other):
        tame = from_dict(plain(json.loads(json.dumps(block.as_dict()))))
        assert _Text(block.html()).tags == _Text(tame.html()).tags


def test_hostile_text_is_shown_as_it_is_written() -> None:
    for block in blocks(HOSTILE):
        assert "<script" not in block.html()
    assert HOSTILE in _Text(blocks(HOSTILE)[0].html()).text


def test_a_row_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="a row of 1 cells under 2 columns"):
        table("Trade", ["Year", "Value"], [["2026"]])


def test_rows_and_columns_have_heads() -> None:
    html = table("Trade", ["Year", Column("Value", "$ million", "right")], [["2026", "1,203"]]).html()
    assert html.count('scope="col"') == 2 and html.count('scope="row"') == 1
    assert "<caption><span>Trade</span></caption>" in html and '<span class="unit">$ million</span>' in html


def test_groups_open_in_order_and_leave_out_what_is_not_there() -> None:
    made = group(Prose(("a",)), None, group(Prose(("b",)), Prose(("c",))))
    assert [b["paragraphs"] for b in flat(made.as_dict())] == [("a",), ("b",), ("c",)]


def test_what_is_no_block_is_refused() -> None:
    with pytest.raises(ValueError, match="no block"):
        from_dict({"kind": "script"})


def test_dollars_are_never_mathematics_and_columns_keep_their_side_in_jupyterlab() -> None:
    shown = table("From $1 to $2", [Column("Way"), Column("Cost", "$ a tonne", "right")], [("by $ea", "$3")])._repr_mimebundle_()["text/html"]
    assert shown.startswith('<div class="mathjax_ignore') and shown.endswith("</div>")
    assert '<td class="right" style="text-align:right">$3</td>' in shown and '<th scope="row" class="left" style="text-align:left">by $ea</th>' in shown
    drawing = '<svg><g class="left"/></svg>'
    assert drawing in in_notebook(f"<p>a</p>{drawing}<p>b</p>")


def test_no_line_begins_with_the_sign_of_percent() -> None:
    texts = "18 % of 80 % bands"
    made = (
        Prose((texts,)), KeyFigures((KeyFigure(texts, texts, texts),)),
        table(texts, (Column("80 % band", "9 %"),), [(texts,)], texts, texts), Figure("<svg/>", texts, texts, texts),
    )  # fmt: skip
    for block in made:
        assert " %" not in block.html() and f"18{THIN}% of 80{THIN}%" in block.html() and " %" not in str(block.as_dict())
        assert from_dict(block.as_dict()) == block
