"""What every chart is drawn with: a canvas measured in inches, axes without clutter, labels beside the lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from corridors.data import names
from corridors.show import blocks, numbers, theme
from corridors.show.charts import ticks
from corridors.show.theme import LIGHT as C
from corridors.study.result import StudyResult

LEFT_IN, RIGHT_IN, TOP_IN, BOTTOM_IN = 0.52, 0.12, 0.26, 0.34
"""Margins that leave room for an axis, its heading and the years below."""
_WIDE_LABELS_IN = 1.55
_ROW_AND_NAME_IN = 0.37


P = ParamSpec("P")
R = TypeVar("R")


_NARROW: ContextVar[bool] = ContextVar("narrow", default=False)


_ONLY_WIDE: ContextVar[bool] = ContextVar("only_wide", default=False)


@contextmanager
def only_wide() -> Iterator[None]:
    """Charts drawn inside have no drawing for phones: where it is never shown, and each chart must be quick."""
    mark = _ONLY_WIDE.set(True)
    try:
        yield
    finally:
        _ONLY_WIDE.reset(mark)


def narrow() -> bool:
    """Whether the drawing for phones is being made: about 340 px wide, the same sizes of type."""
    return _NARROW.get()


def width_in() -> float:
    """Width in inches of the drawing being made."""
    return theme.NARROW_IN if narrow() else theme.WIDTH_IN


def chart(function: Callable[P, R]) -> Callable[P, R]:
    """A function that draws: it runs in the style of the theme, once for a page and, save in
    :func:`only_wide`, once for a phone."""

    @wraps(function)
    def styled(*args: P.args, **kwargs: P.kwargs) -> R:
        with theme.style():
            full = function(*args, **kwargs)
            if narrow() or _ONLY_WIDE.get() or not isinstance(full, blocks.Figure):
                return full
            mark = _NARROW.set(True)
            try:
                small = function(*args, **kwargs)
            finally:
                _NARROW.reset(mark)
            return replace(full, small=small.svg)  # type: ignore[attr-defined]

    return styled


def canvas(height_in: float, width: float | None = None) -> Figure:
    """An empty figure; no global state of pyplot is touched."""
    return Figure(figsize=(width or width_in(), height_in), dpi=100)


def panel(
    figure: Figure,
    left: float = LEFT_IN,
    right: float = RIGHT_IN,
    top: float = TOP_IN,
    bottom: float = BOTTOM_IN,
) -> Axes:
    """Axes with these margins in inches, so that a layout does not hang on the widths of letters.

    A column for long names of rows is left out on a phone, where they stand above their rows.
    """
    width, height = figure.get_size_inches()
    if narrow() and left > _WIDE_LABELS_IN and not figure.axes:
        left, right = 0.08, min(right, 1.5)
    return figure.add_axes(
        (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    )


def text(
    ax: Axes, x: float, y: float, words: str, colour: str = C["ink"], *, ha: str = "left", va: str = "center",
    size: float = theme.SMALL_PT, bold: bool = False, halo: bool = False, axes: str = "data",
    dx: float = 0.0, dy: float = 0.0,
    italic: bool = False,
) -> None:  # fmt: skip
    """One line of text at (x, y), moved by (dx, dy) points.

    ``axes``: ``data``, ``axes`` (both 0 to 1), ``x`` (x of the data, y of the axes) or ``y`` (y of
        the data).
    """
    transform: Any = {
        "data": ax.transData,
        "axes": ax.transAxes,
        "x": ax.get_xaxis_transform(),
        "y": ax.get_yaxis_transform(),
    }[axes]
    size = max(size, theme.SMALL_PT) if narrow() else size
    note = ax.annotate(
        words, (x, y), xycoords=transform, xytext=(dx, dy), textcoords="offset points", ha=ha, va=va, color=colour,
        fontsize=size, fontweight="bold" if bold else "normal",
        fontstyle="italic" if italic else "normal", annotation_clip=False,
        zorder=12,
    )  # fmt: skip
    if halo:
        note.set_gid(theme.HALO)


def heading(ax: Axes, words: str, *, x: float = 0.0, dx: float = 0.0, dy: float = 8.0, bold: bool = False) -> None:
    """What an axis or a panel shows and in what unit, above its top left corner."""
    text(ax, x, 1.0, words, C["ink"] if bold else C["muted"], va="bottom", axes="axes", dx=dx, dy=dy, bold=bold)


def tick_text(value: float, _position: int | None = None) -> str:
    """A tick as people write it: 1,200, 0.5, −2."""
    if value == 0:
        return "0"
    digits = max(0, min(8, 3 - int(np.floor(np.log10(abs(value))))))
    words = numbers.fixed(value, digits)
    return words.rstrip("0").rstrip(".") if "." in words else words


def value_axis(ax: Axes, which: str = "y", most: int = 5, style: Callable[[float], str] = tick_text) -> None:
    """Few round ticks on a linear axis."""
    axis = ax.yaxis if which == "y" else ax.xaxis
    axis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda v, _: style(v)))


def log_axis(ax: Axes, which: str, values: Sequence[float], style: Callable[[float], str]) -> None:
    """A logarithmic axis with ticks at these values only."""
    (ax.set_yscale if which == "y" else ax.set_xscale)("log")
    axis = ax.yaxis if which == "y" else ax.xaxis
    axis.set_major_locator(FixedLocator(list(values)))
    axis.set_major_formatter(FuncFormatter(lambda v, _: style(v)))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def powers(low: float, high: float, steps: Sequence[float] = (1.0,)) -> list[float]:
    """Round values ``step * 10**n`` from low to high."""
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    found = [s * 10.0**n for n in range(first, last + 1) for s in steps]
    return [v for v in found if low * 0.999 <= v <= high * 1.001]


def years_axis(ax: Axes, first: float, last: float, every: int | None = None) -> None:
    """Whole years below, the first and last labelled."""
    span = int(last - first)
    if narrow() and every is None and span > 6:
        every = 10 if span > 12 else span
    step = every or (1 if span <= 6 else 2 if span <= 12 else 5)
    start = int(np.ceil(first))
    marks = [y for y in range(start, int(last) + 1) if (y - int(last)) % step == 0] if span <= 12 else [
        y for y in range(start, int(last) + 1) if y % step == 0
    ]  # fmt: skip
    ax.xaxis.set_major_locator(FixedLocator(marks))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0f}"))


def zero_line(ax: Axes, which: str = "y") -> None:
    """The line where nothing changes."""
    draw = ax.axhline if which == "y" else ax.axvline
    draw(0, color=C["faint"], linewidth=0.9, zorder=1.5)


def rows_axis(ax: Axes, labels: Sequence[str], size: float = theme.SMALL_PT, bold: Sequence[bool] = ()) -> None:
    """Names of rows at the left, the first row on top; no line or mark with them."""
    size = max(size, theme.SMALL_PT) if narrow() else size
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.yaxis.set_major_locator(FixedLocator(list(range(len(labels)))))
    ax.set_yticklabels(list(labels), fontsize=size, color=C["ink"])
    for k, tick in enumerate(ax.get_yticklabels()):
        if k < len(bold) and bold[k]:
            tick.set_fontweight("bold")
    ax.grid(False, axis="y")
    ax.grid(True, axis="x")
    if names_above(ax):
        ax.set_yticklabels([""] * len(labels))
        _make_room(ax, len(labels))
        for k, label in enumerate(labels):
            text(ax, 0, k, cut(label, 50), C["ink"], axes="y", dy=11, bold=k < len(bold) and bold[k], halo=True)


def names_above(ax: Axes) -> bool:
    """Whether names of rows stand above them: on a phone, where no column is left for them."""
    figure = ax.get_figure(root=True)
    return (
        narrow()
        and figure is not None
        and len(figure.axes) == 1
        and ax.get_position().x0 * figure.get_size_inches()[0] < 0.1
    )


def _make_room(ax: Axes, rows: int) -> None:
    """A taller figure with the same margins, so that a line of text fits above each row."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    width, height = figure.get_size_inches()
    box = ax.get_position()
    below, above = box.y0 * height, (1 - box.y1) * height
    taller = max(height, below + above + _ROW_AND_NAME_IN * (rows + 0.3))
    figure.set_size_inches(width, taller)
    ax.set_position((box.x0, below / taller, box.width, (taller - below - above) / taller))
    low, high = ax.get_ylim()
    ax.set_ylim(low, high - 0.3)


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Places moved apart to at least ``gap``, as little as that takes, order kept."""
    order = np.argsort(np.asarray(places), kind="stable")
    moved = np.asarray(places, dtype=float)[order]
    for _ in range(200):
        close = np.flatnonzero(np.diff(moved) < gap - 1e-9)
        if not len(close):
            break
        for k in close:
            middle = (moved[k] + moved[k + 1]) / 2
            moved[k], moved[k + 1] = middle - gap / 2, middle + gap / 2
    out = np.empty_like(moved)
    out[order] = moved
    return [float(v) for v in out]


def points_y(ax: Axes, points: float) -> float:
    """So many points of height in units of a linear y axis."""
    low, high = sorted(ax.get_ylim())
    height = ax.get_position().height * ax.get_figure(root=True).get_size_inches()[1] * 72  # type: ignore[union-attr]
    return float(points * (high - low) / height)


def tip(artist: Any, words: str) -> None:
    """What a pointer shows over a mark."""
    artist.set_gid(theme.TIP + words.encode().hex())


def finish(
    figure: Figure, title: str, alt: str, source: str, table: blocks.Table | None, width: str = "full"
) -> blocks.Figure:
    """The chart as a block of a report; no label of a tick is cut at its edge."""
    ticks.inside(figure)
    return blocks.Figure(theme.figure_svg(figure), title, alt, source, table, "half" if width == "half" else "full")


def numeric(label: str, unit: str = "") -> blocks.Column:
    """A column of numbers."""
    return blocks.Column(label, unit, "right")


# --- statistical marks, drawn by seaborn
# ---------------------------------------------------------------------
# It is imported where it draws: `corridors --help` needs none of it.


def ranges(
    ax: Axes, ends: Sequence[Sequence[float]], colours: Sequence[str], tints: Sequence[str], *, width: float = 4.0, dot: float = 5.0, tips: Sequence[str] = ()
) -> None:  # fmt: skip
    """Ranked dots with their ranges: (low, middle, high) a row, the first on top; ``tips`` is what a pointer shows."""
    import seaborn

    for n, (three, colour, tint) in enumerate(zip(ends, colours, tints, strict=True)):
        marks = len(ax.lines)
        frame = pd.DataFrame({"value": [float(v) for v in three], "row": float(n)})
        seaborn.pointplot(
            frame, x="value", y="row", orient="h", native_scale=True, estimator="median",
            errorbar=_ends, linestyle="none", color=colour,
            marker="o", markersize=dot, markeredgewidth=0,
            err_kws={"color": tint, "linewidth": width, "solid_capstyle": "butt"}, ax=ax,
            legend=False,
        )  # fmt: skip
        for line in ax.lines[marks:]:
            line.set_zorder(3 if line.get_linestyle() == "None" else 2)
            if n < len(tips):
                tip(line, tips[n])
    ax.set(xlabel="", ylabel="")


def band(ax: Axes, x: Any, low: Any, high: Any, colour: str) -> None:
    """A band over the years between two quantiles."""
    x, low, high = (np.asarray(values, dtype=float) for values in (x, low, high))
    ax.fill_between(x, low, high, color=colour, linewidth=0, zorder=2)


def bars(ax: Axes, values: Sequence[float], colour: str, *, width: float = 0.55) -> None:
    """Bars from zero, one a row, the first on top."""
    import seaborn

    frame = pd.DataFrame({"value": [float(v) for v in values], "row": np.arange(len(values), dtype=float)})
    seaborn.barplot(
        frame,
        x="value",
        y="row",
        orient="h",
        native_scale=True,
        color=colour,
        saturation=1.0,
        width=width,
        errorbar=None,
        ax=ax,
        legend=False,
        zorder=3,
    )
    ax.set(xlabel="", ylabel="")


def dots(ax: Axes, x: Any, y: Any, colour: str, *, size: float = 3.0, zorder: float = 3.0) -> None:
    """Dots of one kind; ``size`` is their width in points."""
    import seaborn

    seaborn.scatterplot(
        x=np.asarray(x, dtype=float),
        y=np.asarray(y, dtype=float),
        color=colour,
        s=size**2,
        linewidth=0,
        ax=ax,
        legend=False,
        zorder=zorder,
    )
    ax.set(xlabel="", ylabel="")


def _ends(values: Any) -> tuple[float, float]:
    return float(np.min(values)), float(np.max(values))


# --- words that many charts need
# ---------------------------------------------------------------------------


def economy(code: str) -> str:
    """Name of an economy; an unknown code as it is."""
    return names.economies().get(code, code)


_SHORTER = (
    ("United Arab Emirates", "UAE"), ("United States", "US"), ("United Kingdom", "UK"), (" SAR, China", ""), ("Taiwan, China", "Taiwan"),
    ("Democratic Republic of the Congo", "DR Congo"), ("Bosnia and Herzegovina", "Bosnia"), ("Trinidad and Tobago", "Trinidad"),
)  # fmt: skip


def short_economy(code: str) -> str:
    """Name of an economy that fits beside a mark."""
    name = economy(code)
    for long, short in _SHORTER:
        name = name.replace(long, short)
    return cut(name, 18)


def pair_names(result: StudyResult) -> tuple[str, str]:
    """Names of the two economies of a study."""
    first, second = result.facts["names"]
    return first, second


def direction_name(result: StudyResult, direction: str) -> str:
    """``Pakistan to Russia`` for exports of the first economy, turned round for its imports."""
    a, b = pair_names(result)
    return {"exports": f"{a} to {b}", "imports": f"{b} to {a}"}.get(direction, f"{a} and {b}, both ways")


def by_mode(mode: str) -> str:
    """``by sea``; what is none of the known modes goes ``other ways``."""
    return "other ways" if mode == "other" else f"by {mode}"


def has_measures(result: StudyResult) -> bool:
    """Whether the scenario does anything at all."""
    return bool(len(result["contributions"])) or bool(result.scenario.get("measures"))


def model_source(result: StudyResult, *data: str) -> str:
    """Where a computed chart is from: this study, its draws, and the data beneath it."""
    own = f"own calculation, {result.draws:,} simulated futures"
    return f"Source: {own}; {'; '.join(data)}." if data else f"Source: {own}."


def wrapped(words: str, most: int) -> list[str]:
    """Words in lines of at most ``most`` letters."""
    lines: list[str] = []
    for word in words.split():
        if lines and len(lines[-1]) + 1 + len(word) <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def cut(words: str, most: int) -> str:
    """Words of at most ``most`` letters, an ellipsis where something is left out."""
    return words if len(words) <= most else words[: most - 1].rstrip(" ,;") + "\u2026"


def is_empty(frame: pd.DataFrame) -> bool:
    """Whether a table has nothing to draw."""
    return len(frame) == 0
