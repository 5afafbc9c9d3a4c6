"""Reads a page as a browser or a screen reader would, for tests: elements, text, headings, addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input", "line", "path", "use", "circle", "rect", "polygon", "polyline"}
NUMBER = re.compile(r"\d[\d.,]*\d|\d")


@dataclass
class Element:
    """One element: its tag, attributes, the tags around it and the text directly and indirectly in it."""

    tag: str
    attributes: dict[str, str]
    around: tuple[str, ...]
    text: str = ""
    inside: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """A parsed page; ``elements`` in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.unclosed: list[str] = []
        self.feed(html)
        self.unclosed += [e.tag for e in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {k: v or "" for k, v in attrs}, tuple(e.tag for e in self._open))
        self.elements.append(made)
        if tag not in VOID:
            self._open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {k: v or "" for k, v in attrs}, tuple(e.tag for e in self._open)))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open[-1].tag != tag:
            self.unclosed.append(tag)
            return
        self._open.pop()
        if tag in ("td", "th", "p", "dt", "dd", "li", "text", "caption", "figcaption", "h1", "h2", "h3", "h4", "div"):
            self.handle_data("\n")

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, *tags: str) -> list[Element]:
        """Elements with one of these tags."""
        return [e for e in self.elements if e.tag in tags]

    def levels(self) -> list[int]:
        """Levels of the headings, in order."""
        return [int(e.tag[1]) for e in self.all("h1", "h2", "h3", "h4", "h5", "h6")]

    def ids(self) -> list[str]:
        """Every id."""
        return [e.attributes["id"] for e in self.elements if "id" in e.attributes]


def without(html: str, *tags: str) -> str:
    """``html`` without these elements and what is in them (elements that do not nest)."""
    for tag in tags:
        html = re.sub(rf"<{tag}\b.*?</{tag}>", "", html, flags=re.DOTALL)
    return html


def loads(html: str) -> list[str]:
    """Everything in a page that a browser would fetch or run; a picture or typeface inside it is neither."""
    page = Page(html)
    found = [e.tag for e in page.all("script", "iframe", "object", "embed", "base", "form", "audio", "video", "foreignobject")]
    for e in page.elements:
        found += [f"{e.tag} {name}" for name in e.attributes if name.startswith("on")]
        for name in ("src", "srcset", "data", "poster", "xlink:href"):
            if name in e.attributes and not e.attributes[name].startswith("data:"):
                found.append(f"{e.tag} {name}={e.attributes[name]}")
        if e.tag != "a" and "href" in e.attributes and not e.attributes["href"].startswith(("#", "data:")):
            found.append(f"{e.tag} href={e.attributes['href']}")
        if e.tag == "a" and re.match(r"\s*(javascript|data|vbscript):", e.attributes.get("href", ""), re.IGNORECASE):
            found.append(e.attributes["href"])
    return found + re.findall(r"url\(\s*(?!['\"]?(?:#|data:font/woff;base64,))[^)]*\)|@import[^;]*", html)


def unknown_references(page: Page) -> set[str]:
    """Ids that something in the page refers to and nothing has."""
    wanted = set()
    for e in page.elements:
        if e.attributes.get("href", "").startswith("#"):
            wanted.add(e.attributes["href"][1:])
        for name in ("aria-labelledby", "aria-describedby"):
            wanted |= set(e.attributes.get(name, "").split())
        for value in e.attributes.values():
            wanted |= set(re.findall(r"url\(#([^)]+)\)", value))
    return wanted - set(page.ids())
