"""How everything looks: colours by what they mean, type, and charts as small, repeatable SVG.

One colour has one meaning in every chart, table and page: ``baseline`` is the world without the
measures (and "before"), ``scenario`` the world with them (and "after"), ``gain`` and ``loss`` are
more and less, ``warn`` is a limit or a caveat, and each mode of transport has its own. Names are
the same in light and dark; the values of :data:`LIGHT` are what charts are drawn with, and a page
may exchange them for those of :data:`DARK`.

Texts keep a contrast of 4.5 to 1 and marks of 3 to 1 on ``paper`` and ``surface`` (WCAG 2.2, 1.4.3
and 1.4.11), and colours that meet in a chart stay apart for readers without one kind of cone
(simulated after Machado, Oliveira and Fernandes 2009): tests hold both. No mixing by transparency:
every tint is a token of its own.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from typing import Any

import matplotlib
from matplotlib.figure import Figure

LIGHT: dict[str, str] = {
    "ink": "#1a1f26",
    "muted": "#565d66",
    "faint": "#858c95",
    "paper": "#ffffff",
    "surface": "#f4f3ef",
    "line": "#d9d8d2",
    "accent": "#14406b",
    "baseline": "#4b535c",
    "scenario": "#2660d4",
    "gain": "#117b66",
    "loss": "#9e2508",
    "warn": "#8f6309",
    "road": "#8a4f1c",
    "rail": "#6a1f92",
    "sea": "#2b93b4",
    "air": "#c03d78",
    "other": "#3a4038",
    # the fan of a scenario: half of all draws, four in five, nineteen in twenty
    "band50": "#9dbcf2",
    "band80": "#c5d8f8",
    "band95": "#e3ecfc",
    # the same for the baseline
    "base50": "#b3b8be",
    "base80": "#d0d4d8",
    "base95": "#e8eaec",
    # quiet grounds behind words or marks
    "accent_tint": "#e6edf5",
    "gain_tint": "#cfe9e1",
    "loss_tint": "#f7d9cf",
    "warn_tint": "#f8ecd0",
    # the map
    "water": "#eaf1f5",
    "land": "#f6f5f1",
    "land_study": "#e9e4d4",
    "border": "#b5b3aa",
}
"""Colours on white paper, by meaning."""

DARK: dict[str, str] = {
    "ink": "#eceef1",
    "muted": "#aab1ba",
    "faint": "#7f8791",
    "paper": "#14171b",
    "surface": "#1e2227",
    "line": "#363c44",
    "accent": "#8fc1f0",
    "baseline": "#c3ccd5",
    "scenario": "#6f9bff",
    "gain": "#38c2b0",
    "loss": "#f0693c",
    "warn": "#f0b850",
    "road": "#f5c48f",
    "rail": "#a974d8",
    "sea": "#4fd2f5",
    "air": "#e0567f",
    "other": "#a9b39d",
    "band50": "#31508f",
    "band80": "#263b66",
    "band95": "#1d2942",
    "base50": "#565d66",
    "base80": "#3e444b",
    "base95": "#2a2f35",
    "accent_tint": "#1b2b3b",
    "gain_tint": "#16382f",
    "loss_tint": "#47231a",
    "warn_tint": "#3d3117",
    "water": "#1a2530",
    "land": "#23272c",
    "land_study": "#38362d",
    "border": "#626870",
}
"""The same names on a dark screen."""

MODES: Mapping[str, str] = {
    "road": "road", "rail": "rail", "rail_feeder": "rail", "sea": "sea", "ferry": "sea",
    "air": "air", "border": "other",
}  # fmt: skip
"""Token of a mode of transport; a mode that is not here is ``other``."""

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif"
"""Typefaces of pages and charts, the reader's own first: nothing is loaded."""

WIDTH_IN = 6.0
"""Width of a full chart in inches: at the width of a page its 9-point labels are read as body text is."""

NARROW_IN = 3.25
"""Width of the drawing for phones: in the column of a screen of 360 pixels (325) its 8-point labels
are 11 pixels high."""

BASE_PT = 9.0
SMALL_PT = 8.0

_RC: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": BASE_PT,
    "text.color": LIGHT["ink"],
    "text.parse_math": False,
    "axes.facecolor": "none",
    "axes.edgecolor": LIGHT["faint"],
    "axes.labelcolor": LIGHT["muted"],
    "axes.labelsize": SMALL_PT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
    "grid.color": LIGHT["line"],
    "grid.linewidth": 0.6,
    "xtick.color": LIGHT["faint"],
    "ytick.color": LIGHT["faint"],
    "xtick.labelcolor": LIGHT["muted"],
    "ytick.labelcolor": LIGHT["muted"],
    "xtick.labelsize": SMALL_PT,
    "ytick.labelsize": SMALL_PT,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
    "ytick.major.pad": 4.0,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "patch.linewidth": 0.0,
    "figure.facecolor": "none",
    "figure.edgecolor": "none",
    "savefig.facecolor": "none",
    "savefig.edgecolor": "none",
    "hatch.linewidth": 0.8,
    "svg.fonttype": "none",
    "svg.hashsalt": "corridors",
    "path.simplify": True,
}


@contextmanager
def style() -> Iterator[None]:
    """Matplotlib drawn as this theme says, for as long as the block lasts."""
    with matplotlib.rc_context(_RC):
        yield


def mode_token(mode: str) -> str:
    """The token of a mode of transport: ``road``, ``rail``, ``sea``, ``air`` or ``other``."""
    return MODES.get(mode, "other")


def mode_colour(mode: str) -> str:
    """The colour in light of a mode of transport."""
    return LIGHT[mode_token(mode)]


TIP = "tip-"
"""Group id of a mark with what a pointer shows over it, in hexadecimal."""
HALO = "halo"
"""Group id (``gid``) of a text that is drawn with a rim in the colour of the paper, so that it reads on lines."""

_PROLOGUE = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_STYLE = re.compile(r"\s*<defs>\s*<style[^>]*>.*?</style>\s*</defs>", re.DOTALL)
_FAMILY = re.compile(r"font-family: [^;\"]*; ?")
_ID = re.compile(r'\sid="([^"]+)"')
_REFERENCE = re.compile(r'(?<=url\(#)([^)]+)(?=\))|(?<=href="#)([^"]+)(?=")')
_COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)
_HALO = re.compile(rf'<g id="{HALO}">')
_TIP = re.compile(rf'<g id="{TIP}([0-9a-f]+)">')
_BETWEEN = re.compile(r"\s*([MLCQZ])\s*")
_DRAWN = re.compile(r'(?<=[\s"])(?:d|x|y|transform|points|width|height)="[^"]*"')
_LONG = re.compile(r"(?<=\d\.\d\d)\d+")


def figure_svg(figure: Figure) -> str:
    """``figure`` as one SVG element: the same bytes for the same drawing, ids that no other chart has.

    Texts stay texts (they can be found and read aloud, and take the typeface of the page), without
    date or program in it, coordinates to a hundredth of a point.
    """
    buffer = io.StringIO()
    with style():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = _PROLOGUE.sub("", buffer.getvalue(), count=1)
    for unwanted in (_METADATA, _STYLE, _COMMENT):
        svg = unwanted.sub("", svg)
    svg = _FAMILY.sub("", svg)
    # Only in what is drawn: a text keeps its digits.
    svg = _DRAWN.sub(lambda m: _shorter(m.group()), svg)
    rim = f"stroke: {LIGHT['paper']}; stroke-width: 2.4px; paint-order: stroke; stroke-linejoin: round"
    svg = _HALO.sub(f'<g style="{rim}">', svg)
    svg = _TIP.sub(lambda m: f"<g><title>{escape(bytes.fromhex(m.group(1)).decode())}</title>", svg)
    svg = svg.replace("<svg ", f'<svg font-family="{FONTS}" stroke-linejoin="round" stroke-linecap="butt" ', 1)
    return _own_ids(svg).strip() + "\n"


def _shorter(attribute: str) -> str:
    return _BETWEEN.sub(r"\1", _LONG.sub("", attribute)) if attribute.startswith("d=") else _LONG.sub("", attribute)


def _own_ids(svg: str) -> str:
    """Ids that something refers to, with a prefix made from the drawing itself; the rest go."""
    prefix = "c" + hashlib.sha256(svg.encode()).hexdigest()[:10] + "-"
    used = {str(a or b) for a, b in _REFERENCE.findall(svg)}
    svg = _ID.sub(lambda m: f' id="{prefix}{m.group(1)}"' if m.group(1) in used else "", svg)
    return _REFERENCE.sub(lambda m: prefix + str(m.group(1) or m.group(2)), svg)
