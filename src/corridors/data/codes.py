"""What to say of an economy's code that the data do not have: retired, of an economy without data, or misspelled."""

from __future__ import annotations

from collections.abc import Mapping

from corridors.errors import nearest

RETIRED = {
    "ANT": "CUW", "BUR": "MMR", "BYS": "BLR", "CSK": "CZE", "DDR": "DEU", "FRG": "DEU",
    "ROM": "ROU", "RUM": "ROU", "SCG": "SRB", "SUN": "RUS",
    "TMP": "TLS", "YMD": "YEM", "YUG": "SRB", "ZAR": "COD", "S19": "TWN",
}  # fmt: skip
"""Codes that ISO 3166-1 has withdrawn, or that a source uses of its own, and what stands for the
economy (or its largest part) now."""

OTHERS = {
    "KSV": "XKX", "UNK": "XKX", "WBG": "PSE",
}
"""Other codes in use for economies that have one in :data:`WITHOUT_DATA`."""

WITHOUT_DATA = {
    "XKX": "Kosovo", "SSD": "South Sudan", "PSE": "Palestine", "TLS": "Timor-Leste",
    "PRK": "North Korea", "CUW": "Curacao", "ESH": "Western Sahara",
    "LIE": "Liechtenstein", "MCO": "Monaco", "SMR": "San Marino", "AND": "Andorra", "VAT": "the Holy See",
}  # fmt: skip
"""Economies that sources count with others or do not report, so that the tables have no row for them."""

_COMMON = {"UK": "GBR", "USD": "USA", "US": "USA", "UAE": "ARE", "GER": "DEU", "KSA": "SAU", "SUI": "CHE", "NED": "NLD"}


def hint(code: object, known: Mapping[str, str]) -> str:
    """``; did you mean 'COD'?`` or why there is no such economy; empty if nothing is near.

    A code is near if it is one of another list for the same economy, the code in another case, an
    alpha-2-like or swapped spelling with the same letters, or two of its three letters in their
    places.
    """
    text = str(code).strip()
    upper = text.upper()
    now = RETIRED.get(upper) or OTHERS.get(upper) or _COMMON.get(upper) or upper
    if now in known and now != text:
        return f"; did you mean {now!r}?"
    if now in WITHOUT_DATA and now not in known:
        called = f" ({now} today)" if now != upper else ""
        return f"; {WITHOUT_DATA[now]}{called} has no trade or no GDP in the data"
    if len(text) != 3:
        by_name = {name.lower(): c for c, name in known.items()}
        if text.lower() in by_name:
            return f"; did you mean {by_name[text.lower()]!r}?"
        return nearest(upper, known)
    swapped = sorted(c for c in known if sorted(c) == sorted(upper))
    close = swapped or sorted(c for c in known if sum(a == b for a, b in zip(c, upper, strict=False)) == 2)
    return f"; did you mean {close[0]!r}?" if len(close) == 1 or swapped else nearest(upper, close)
