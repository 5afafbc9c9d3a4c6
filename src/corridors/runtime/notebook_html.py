"""HTML as JupyterLab shows it: what we print stays text, columns stay where they are.

JupyterLab reads what stands between two dollar signs as mathematics, also in HTML outputs, unless
an element says ``mathjax_ignore``. Its own style sets every cell of a table flush right and lays
lists of terms out in two columns, and it drops style sheets in outputs of notebooks that it does
not trust; attributes stay. Charts are drawn for white paper, which they keep in a dark theme.
"""

from __future__ import annotations

import re

_STYLES = {
    "key-figures": "display:flex;flex-wrap:wrap;gap:1.5em;margin:1em 0",
    "facts": "display:flex;flex-wrap:wrap;gap:.5em 2em",
    "key-figure": "flex:1 1 9em;margin:0",
    "value": "display:block;font-size:1.5em;font-weight:600;margin:0",
    "detail": "display:block;opacity:.75",
    "unit": "display:block;font-weight:normal;opacity:.75",
    "left": "text-align:left",
    "right": "text-align:right",
    "long": "min-width:14em;overflow-wrap:anywhere",
    "svg": "background:#fff;color:#1a1f26",
    "source": "opacity:.75;font-size:.9em",
    "note": "opacity:.75;font-size:.9em",
    "kicker": "opacity:.75;font-size:.9em;margin:0",
}
_PLAIN = {
    "dd": "float:none;width:auto;margin:0", "dt": "float:none;width:auto;font-weight:normal",
    "caption": "text-align:left;font-weight:600;padding:.4em 0",
}


def in_notebook(html: str) -> str:
    """``html`` for an output cell: never typeset as mathematics, laid out by attributes alone."""
    parts = re.split(r"(<svg\b.*?</svg>)", html, flags=re.DOTALL)
    styled = "".join(part if part.startswith("<svg") else _styled(part) for part in parts)
    return f'<div class="mathjax_ignore tex2jax_ignore">{styled}</div>'


def _styled(html: str) -> str:
    html = re.sub(r'class="([\w -]+)"', _with_style, html)
    for tag, style in _PLAIN.items():
        html = html.replace(f"<{tag}>", f'<{tag} style="{style}">')
    # What names a row is words, and so is the head above it.
    html = re.sub("<th scope=(['\"])row\\1>", '<th scope="row" style="text-align:left">', html)
    return re.sub("<tr><th scope=(['\"])col\\1>", '<tr><th scope="col" style="text-align:left">', html)


def _with_style(match: re.Match[str]) -> str:
    names = match[1].split()
    # The drawing for a phone has a style of its own, which hides it.
    styles = [_STYLES[name] for name in names if name in _STYLES and "phone" not in names]
    return f'{match[0]} style="{";".join(styles)}"' if styles else match[0]
