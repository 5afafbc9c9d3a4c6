"""Charts as they go into a page or a PDF: only drawing, ids of their own, colours by name.

An SVG comes from matplotlib with texts of people in it (titles of scenarios, names of places). It
is parsed and written anew with known elements and attributes only, so nothing in it can run or load
anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from xml.etree import ElementTree

from corridors.errors import BuildError
from corridors.show.theme import LIGHT

_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_ELEMENTS = frozenset((
    "svg", "g", "defs", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan",
    "use", "clipPath", "linearGradient", "radialGradient", "stop", "pattern", "symbol", "mask", "title",
))  # fmt: skip
_ATTRIBUTES = frozenset((
    "id", "class", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "d", "points",
    "width", "height", "viewBox", "transform", "style", "fill", "fill-opacity", "fill-rule", "stroke",
    "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap",
    "stroke-linejoin", "stroke-miterlimit", "opacity", "clip-path", "clip-rule", "clipPathUnits", "offset",
    "stop-color", "stop-opacity", "gradientUnits", "gradientTransform", "patternUnits", "patternTransform",
    "mask", "text-anchor", "dominant-baseline", "font-size", "font-weight", "font-style", "font-family",
    "preserveAspectRatio", "letter-spacing",
))  # fmt: skip
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^'\")]+)['\"]?\s*\)")
_OUTSIDE = re.compile(r"url\(\s*['\"]?(?!#)", re.IGNORECASE)
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
_FONT = re.compile(r"font-family:[^;]*;?|font:([^;]*?)([\d.]+px)[^;]*")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*>", re.IGNORECASE)
_HEAD = re.compile(r"^\s*(<\?xml[^>]*\?>)?\s*")


def for_page(svg: str, prefix: str) -> str:
    """``svg`` for an HTML page: ids begin with ``prefix``, colours of the theme become CSS variables,
    the page chooses the typeface and the width. Raises BuildError if it is not one SVG element."""
    return _written(svg, prefix, _as_variable, keep_size=False, family=None)


def for_paper(svg: str, family: str) -> str:
    """``svg`` for the PDF: same drawing in the light colours, text in the typeface ``family``."""
    return _written(svg, "", lambda colour: colour, keep_size=True, family=family)


def _written(svg: str, prefix: str, colour: Callable[[str], str], *, keep_size: bool, family: str | None) -> str:
    text = _DOCTYPE.sub("", _HEAD.sub("", svg), count=1)
    if "<!" in text.replace("<!--", ""):
        raise BuildError("a chart declares entities of its own")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise BuildError(f"a chart is not readable SVG: {error}") from error
    if root.tag != f"{_SVG}svg":
        raise BuildError(f"a chart is no SVG element but {root.tag}")
    _clean(root, prefix, colour, family)
    if not keep_size:
        for name in ("width", "height"):
            root.attrib.pop(name, None)
        root.set("aria-hidden", "true")
        root.set("focusable", "false")
    # Matplotlib says these in a style element, which inside a page would hold for the whole page.
    root.set("stroke-linejoin", "round")
    root.set("stroke-linecap", "butt")
    root.set("xmlns", "http://www.w3.org/2000/svg")
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def _clean(element: ElementTree.Element, prefix: str, colour: Callable[[str], str], family: str | None) -> None:
    element.tag = element.tag.removeprefix(_SVG)
    link = element.attrib.get(_LINK) or element.attrib.get("href", "")
    kept = {name: value for name, value in element.attrib.items() if name in _ATTRIBUTES and not _OUTSIDE.search(value)}
    for name, value in kept.items():
        if name == "style":
            value = _style(value)
        if name in ("style", "fill", "stroke", "stop-color"):
            value = _COLOUR.sub(lambda found: colour(found.group().lower()), value)
        kept[name] = _REFERENCE.sub(rf"url(#{prefix}\1)", value)
    kept.pop("font-family", None)
    if family is not None and element.tag == "text":
        kept["font-family"] = family
    if "id" in kept:
        kept["id"] = prefix + kept["id"]
    if element.tag == "use" and link.startswith("#"):
        kept["href"] = f"#{prefix}{link[1:]}"
    element.attrib.clear()
    element.attrib.update(kept)
    for child in list(element):
        if isinstance(child.tag, str) and child.tag.startswith(_SVG) and child.tag.removeprefix(_SVG) in _ELEMENTS:
            _clean(child, prefix, colour, family)
        else:
            element.remove(child)


def _style(value: str) -> str:
    """Without a typeface (the page or an attribute says it); the short form ``font`` keeps weight and size."""
    kept = _FONT.sub(_weight_and_size, value)
    return "; ".join(part.strip() for part in kept.split(";") if part.strip())


def _weight_and_size(found: re.Match[str]) -> str:
    if found.group(2) is None:
        return ""
    marks = found.group(1).split()
    weight = next((f"font-weight: {m}; " for m in marks if m == "bold" or m.isdigit()), "")
    slant = "font-style: italic; " if "italic" in marks else ""
    return f"{weight}{slant}font-size: {found.group(2)}"


@lru_cache
def _variables() -> Mapping[str, str]:
    """Names of the theme's colours by their hex value in light; where two share one, the first has it."""
    found: dict[str, str] = {}
    for name, value in LIGHT.items():
        found.setdefault(value.lower(), name)
    return found


def _as_variable(colour: str) -> str:
    name = _variables().get(colour)
    return f"var(--{name.replace('_', '-')}, {colour})" if name else colour
