"""One error type for each kind of mistake that a user can make.

Every error tells where the mistake is (file, field or row), what stands there, what is allowed
and, where there is one, the nearest valid choice. The command line prints ``str(error)`` and
exits with ``error.exit_status``; no traceback is shown.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable


def nearest(value: object, allowed: Iterable[str], likeness: float = 0.5) -> str:
    """A hint ``; did you mean 'x'?`` for the allowed choice nearest to ``value``, or nothing.

    ``likeness`` (0 to 1) is how alike the two must be: of thousands of names some are half alike by
    chance.
    """
    known = [str(a) for a in allowed]
    close = difflib.get_close_matches(str(value), known, n=1, cutoff=likeness)
    if not close:
        folded = {name.casefold(): name for name in reversed(known)}
        close = [folded[name] for name in difflib.get_close_matches(str(value).casefold(), folded, n=1, cutoff=max(likeness, 0.75))]
    return f"; did you mean {close[0]!r}?{look_alikes(str(value))}" if close else ""


def look_alikes(value: str) -> str:
    """Letters of other alphabets, which nobody sees, in a word that has some of ours."""
    odd = {c: unicodedata.name(c, "") for c in value if not c.isascii() and c.isalpha()}
    told = [f"{c!r} in it is {name}" for c, name in odd.items() if name.startswith(("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "FULLWIDTH"))]
    return f" ({', '.join(told)})" if told and any(c.isascii() and c.isalpha() for c in value) else ""


_JOINERS = "\u200c\u200d"
"""Invisible, but part of how Persian, Urdu and Hindi are written; they change no direction."""
_hidden: set[str] = set()


def hide(secret: str) -> None:
    """From now on no message shows ``secret``, nor what it looks like in an address or a header."""
    import base64
    import urllib.parse

    encoded = secret.encode()
    _hidden.update(
        (
            secret,
            urllib.parse.quote(secret, safe=""),
            urllib.parse.quote_plus(secret),
            base64.b64encode(encoded).decode(),
        )
    )


def plain(text: str, *, longest: int | None = None) -> str:
    """``text`` for a terminal, a page or a table: what is hidden masked, and control characters written out.

    Escapes could rewrite what a terminal shows, characters that change the direction of text what a
    reader sees. Line breaks and tabs stay. ``longest``: cut, and said to be.
    """
    for secret in sorted(_hidden, key=len, reverse=True):
        text = text.replace(secret, "***")
    if not (text.isascii() and text.isprintable()):
        text = "".join(character if _is_plain(character) else _written_out(character) for character in text)
    return text if longest is None or len(text) <= longest else f"{text[:longest]}..."


def one_line(name: object) -> str:
    """The name of a file for a message: breaks of lines, which a name may hold too, are written out."""
    return plain(str(name)).translate({ord("\n"): "\\n", ord("\t"): "\\t"})


def plain_json(text: str) -> str:
    """JSON in which control characters stand as escapes, so that it can be printed and means the same."""
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(
        character
        if _is_plain(character)
        else "".join(f"\\u{unit:04x}" for unit in _units(character))
        for character in text
    )


def _units(character: str) -> tuple[int, ...]:
    """The character in UTF-16, as JSON writes it."""
    packed = character.encode("utf-16-be", "surrogatepass")
    return tuple(int.from_bytes(packed[i : i + 2], "big") for i in range(0, len(packed), 2))


_TURNING = {
    code: "\N{REPLACEMENT CHARACTER}"
    for code in (
        0x61C,
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        0xFEFF,
        *range(0x7F, 0xA0),
    )
}
_TURNING.update({code: "\N{REPLACEMENT CHARACTER}" for code in range(0x20) if chr(code) not in "\n\t\r"})


def plain_page(text: str) -> str:
    """A page without control characters and without those that change the direction of text; a sign
    stands in their place."""
    return text.translate(_TURNING)


def _is_plain(character: str) -> bool:
    return (
        character in "\n\t"
        or character in _JOINERS
        or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    )


def _written_out(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


class CorridorsError(Exception):
    """A mistake that the user can mend. ``exit_status`` is what the command line returns.

    Its text is :func:`plain`, whatever a file or a server had put into it.
    """

    exit_status = 2

    def __str__(self) -> str:
        return plain(super().__str__())

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it, by the protocol of IPython: what is wrong, and no traceback."""
        return [f"{type(self).__name__}: {self}"]


class ScenarioError(CorridorsError):
    """A scenario file is wrong. Mend the named field; ``corridors check FILE`` lists all mistakes."""


class DataError(CorridorsError):
    """A table in ``data/`` is missing or damaged. Restore it, or mend the named row and column."""


class EstimationError(CorridorsError):
    """The gravity model cannot be estimated on this sample: a column is missing, not finite or negative,
    or nothing is left after separated observations are dropped."""


class EquilibriumError(CorridorsError):
    """A counterfactual cannot be computed from these inputs. The message names the argument and the economy."""


class NotConverged(CorridorsError):
    """A solver stopped before it met its tolerance. The result is withheld: an inexact one could mislead.
    What usually helps: a smaller shock, or checking the input for extreme shares."""

    exit_status = 1


class NetworkError(CorridorsError):
    """A place, link, crossing or route is unknown or cannot be reached."""


class CrossingError(CorridorsError):
    """A border crossing was described with an impossible number (capacity, lanes, hours)."""


class BuildError(CorridorsError):
    """A report could not be built. What succeeded is kept; what failed is named."""

    exit_status = 1


class SourceError(CorridorsError):
    """An official source could not be read (network, quota, changed columns). ``data/`` is left as it was."""

    exit_status = 1
