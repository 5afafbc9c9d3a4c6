"""HTML as JupyterLab shows it: what we print stays text, columns stay where they are.

JupyterLab reads what stands between two dollar signs as mathematics, also in HTML outputs, unless
an element says ``mathjax_ignore``. Its own style sets every cell of a table flush right, and it
drops style sheets in outputs of notebooks that it does not trust; attributes stay.
"""

from __future__ import annotations

import re

_STYLES = {
    "key-figures": "display:flex;flex-wrap:wrap;gap:1.5em;margin:1em 0",
    "key-figure": "flex:1 1 9em;margin:0",
    "value": "display:block;font-size:1.5em;font-weight:600;margin:0",
    "detail": "display:block;opacity:.75",
    "unit": "display:block;font-weight:normal;opacity:.75",
    "left": "text-align:left",
    "right": "text-align:right",
    "source": "opacity:.75;font-size:.9em",
    "note": "opacity:.75;font-size:.9em",
    "kicker": "opacity:.75;font-size:.9em;margin:0",
}
_PLAIN = {"dd": "margin:0", "caption": "text-align:left;font-weight:600;padding:.4em 0"}


def in_notebook(html: str) -> str:
    """``html`` for an output cell: never typeset as mathematics, laid out by attributes alone."""
    parts = re.split(r"(<svg\b.*?</svg>)", html, flags=re.DOTALL)
    styled = "".join(part if part.startswith("<svg") else _styled(part) for part in parts)
    return f'<div class="mathjax_ignore tex2jax_ignore">{styled}</div>'


def _styled(html: str) -> str:
    html = re.sub(r'class="([\w -]+)"', _with_style, html)
    for tag, style in _PLAIN.items():
        html = html.replace(f"<{tag}>", f'<{tag} style="{style}">')
    return html


def _with_style(match: re.Match[str]) -> str:
    styles = [_STYLES[name] for name in match[1].split() if name in _STYLES]
    return f'{match[0]} style="{";".join(styles)}"' if styles else match[0]
