"""Colours: contrast and readers without one kind of cone; SVG: repeatable, small, its own ids."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from corridors.show import theme
from corridors.show.theme import DARK, LIGHT

TEXT = ("ink", "muted", "accent", "baseline", "scenario", "gain", "loss", "warn")
MARKS = ("faint", "road", "rail", "sea", "air", "other")
# Colours that meet in one chart and must be told apart.
FAMILIES = (
    ("baseline", "scenario", "warn", "loss"),
    ("gain", "loss", "baseline"),
    ("gain", "loss", "warn"),
    ("road", "rail", "sea", "air", "other"),
    ("band50", "band80", "band95", "paper"),
    ("base50", "base80", "base95", "paper"),
)
# Machado, Oliveira and Fernandes 2009, severity 1.0.
CONES = {
    "all cones": np.eye(3),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
# Distance in OKLab times 100; 2 is about the least that can be seen side by side.
APART = 6.5
TINTS_APART = 3.5


def linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    high, low = sorted((float(linear(x) @ [0.2126, 0.7152, 0.0722]) for x in (a, b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def oklab(rgb: np.ndarray) -> np.ndarray:
    """Ottosson 2020."""
    lms = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]]) @ np.clip(rgb, 0, 1)
    return np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]]) @ np.cbrt(lms)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_and_marks_have_the_contrast_of_wcag(tokens: dict[str, str]) -> None:
    for ground in ("paper", "surface"):
        for name in TEXT:
            assert contrast(tokens[name], tokens[ground]) >= 4.5 - (0.001 if name != "warn" else 0.0), (name, ground)
        for name in MARKS:
            assert contrast(tokens[name], tokens[ground]) >= 3.0, (name, ground)


@pytest.mark.parametrize("cones", CONES)
@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_that_meet_stay_apart(tokens: dict[str, str], cones: str) -> None:
    for family in FAMILIES:
        least = TINTS_APART if "paper" in family else APART
        for a, b in combinations(family, 2):
            seen = [oklab(CONES[cones] @ linear(tokens[name])) for name in (a, b)]
            assert 100 * np.linalg.norm(seen[0] - seen[1]) >= least, (a, b, cones)


def test_light_and_dark_name_the_same_things() -> None:
    assert LIGHT.keys() == DARK.keys()
    for tokens in (LIGHT, DARK):
        assert all(re.fullmatch("#[0-9a-f]{6}", value) for value in tokens.values())
        assert len(set(tokens.values())) == len(tokens), "a page tells tokens apart by their value"


def test_every_mode_has_a_token() -> None:
    assert {theme.mode_token(m) for m in ("road", "rail", "sea", "air", "ferry", "rail_feeder", "balloon")} == {"road", "rail", "sea", "air", "other"}
    assert theme.mode_colour("ferry") == LIGHT["sea"]


def drawing(words: str = "0.1234567 < 2 & more") -> Figure:
    with theme.style():
        figure = Figure(figsize=(3, 2))
        ax = figure.subplots()
        ax.plot([1, 2, 3], [1, 2, -1.23456789], color=LIGHT["scenario"])
        ax.fill_between([1, 2, 3], [0, 1, 2], [1, 2, 3], color=LIGHT["band80"], linewidth=0)
        ax.text(2, 1, words, gid=theme.HALO)
    return figure


def test_svg_is_repeatable_and_says_no_date_or_program() -> None:
    first, second = theme.figure_svg(drawing()), theme.figure_svg(drawing())
    assert first == second
    assert first.startswith("<svg") and "metadata" not in first and "atplotlib" not in first
    assert "<style" not in first, "a style element would hold for the whole page"


def test_svg_ids_belong_to_the_drawing() -> None:
    one, other = theme.figure_svg(drawing()), theme.figure_svg(drawing("another"))
    found = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (one, other)]
    assert found[0] and not found[0] & found[1]
    for svg, ids in zip((one, other), found, strict=True):
        used = set(re.findall(r"url\(#([^)]+)\)", svg)) | set(re.findall(r'href="#([^"]+)"', svg))
        assert used <= ids, "a reference leads nowhere"
        assert len(re.findall(r'\bid="', svg)) == len(ids), "an id is given twice"


def test_texts_stay_texts_with_all_their_digits() -> None:
    root = ElementTree.fromstring(theme.figure_svg(drawing()))
    words = ["".join(t.itertext()) for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "0.1234567 < 2 & more" in words


def test_coordinates_are_short() -> None:
    svg = theme.figure_svg(drawing())
    assert not re.findall(r'\bd="[^"]*\d\.\d{3}', svg)


def test_the_style_leaves_no_trace() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    with theme.style():
        assert matplotlib.rcParams["axes.spines.top"] is False
    assert dict(matplotlib.rcParams) == before
