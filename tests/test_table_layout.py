"""Columns on paper: words whole, numbers on one line, all the width used."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corridors.report.export import table_layout

_cells = st.one_of(st.text("abc ", max_size=60), st.integers(-10**6, 10**6).map(lambda n: f"{n:,}"))
_tables = st.integers(1, 9).flatmap(
    lambda n: st.tuples(
        st.lists(st.fixed_dictionaries({"label": st.text("abc ", max_size=20), "unit": st.text("abc ", max_size=12), "align": st.sampled_from(["left", "right"])}), min_size=n, max_size=n),
        st.lists(st.lists(_cells, min_size=n, max_size=n), max_size=12),
    )
)


@given(_tables)
def test_every_table_has_a_size_and_a_width_for_each_column(table) -> None:
    columns, rows = table
    size, widths = table_layout.fit(columns, rows)
    assert size in table_layout.SIZES
    assert len(widths) == len(columns) and all(w >= 3 for w in widths)


def test_a_small_table_keeps_the_largest_type_and_its_proportions() -> None:
    columns = [{"label": "Year", "unit": "", "align": "left"}, {"label": "Trade", "unit": "$ million", "align": "right"}]
    size, widths = table_layout.fit(columns, [["2026", "1,203"], ["2027", "1,264"]])
    assert size == table_layout.SIZES[0]
    assert widths[1] > widths[0]


def test_numbers_are_never_broken_however_long_the_words_beside_them() -> None:
    columns = [{"label": "Way", "unit": "", "align": "left"}, *({"label": "Cost", "unit": "", "align": "right"} for _ in range(8))]
    _, widths = table_layout.fit(columns, [["a long way with many words in its name " * 4, *["1,100 to 1,350"] * 8]])
    assert all(w >= len("1,100 to 1,350") for w in widths[1:])


def test_a_table_that_is_too_wide_gets_the_smallest_type() -> None:
    columns = [{"label": "x" * 20, "unit": "", "align": "right"} for _ in range(20)]
    size, widths = table_layout.fit(columns, [["9" * 18] * 20])
    assert size == table_layout.SIZES[-1] and len(widths) == 20


def test_a_word_of_capitals_has_the_room_that_capitals_take() -> None:
    columns = [{"label": "Border", "unit": "", "align": "left"}, {"label": "Why", "unit": "", "align": "left"}]
    _, widths = table_layout.fit(columns, [["PAK–CHN", "a long text of many words " * 9]] * 3)
    assert widths[0] >= 9
