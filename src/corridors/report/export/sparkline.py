"""A small drawing for the front page, written as SVG: a range on a scale that all scenarios share.

Colours are the page's CSS variables; sizes are in the drawing's own units (the page sets the
width).
"""

from __future__ import annotations

RANGE = (220.0, 22.0)
"""Width and height of a range."""


def interval(low: float, mid: float, high: float, span: tuple[float, float], told: bool = True, title: str = "") -> str:
    """A range from ``low`` to ``high`` with its middle, on a scale from ``span[0]`` to ``span[1]`` that includes zero.

    What is not ``told`` from zero is grey and has no dot. ``title`` (escaped) is what a pointer
    shows.
    """
    width, height = RANGE
    left, right = span

    def x(value: float) -> float:
        return 5 + (value - left) / ((right - left) or 1) * (width - 10)

    middle = height / 2
    colour = "scenario" if told else "faint"
    dot = f'<circle cx="{x(mid):.1f}" cy="{middle:g}" r="4.5" fill="var(--{colour})"/>' if told else ""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" aria-hidden="true" focusable="false">'
        + (f"<title>{title}</title>" if title else "")
        + f'<line x1="0" x2="{width:g}" y1="{middle:g}" y2="{middle:g}" stroke="var(--line)" stroke-width="1"/>'
        f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="3" y2="{height - 3:g}" stroke="var(--faint)" stroke-width="1"/>'
        f'<line x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{middle:g}" y2="{middle:g}" '
        f'stroke="var(--{colour})" stroke-width="6" stroke-opacity=".35"/>'
        f"{dot}</svg>"
    )
