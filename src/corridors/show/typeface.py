"""The typeface that pages and the explorer carry inside them, so that charts and tables look alike on every machine."""

from __future__ import annotations

import base64
from functools import lru_cache
from pathlib import Path

NAME = "Corridors Sans"
_FACES = {"400": "regular", "600 900": "semibold"}
"""Files of ``fonts/`` by weight, written by docs/write_typeface.py."""


@lru_cache(maxsize=1)
def css() -> str:
    """Rules that name the faces, each a WOFF file in base64; a little larger, as its letters are smaller than those of most."""
    folder = Path(__file__).with_name("fonts")
    return "".join(
        f'@font-face{{font-family:"{NAME}";font-weight:{weight};size-adjust:106%;'
        f'src:url("data:font/woff;base64,{base64.b64encode((folder / f"{file}.woff").read_bytes()).decode("ascii")}") format("woff")}}\n'
        for weight, file in _FACES.items()
    )
