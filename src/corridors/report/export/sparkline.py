"""Small drawings for the front page, written as SVG: a fan over the years, and a range on a common scale.

Colours are the page's CSS variables; sizes are in the drawing's own units (the page sets the width).
"""

from __future__ import annotations

import pandas as pd

from corridors.show import numbers

FAN = (220.0, 76.0)
"""Width and height of a fan."""
RANGE = (220.0, 22.0)
"""Width and height of a range."""


def fan(paths_musd: pd.DataFrame, top_musd: float) -> tuple[str, str]:
    """The scenario's median and 80 % band over the years against the baseline's median, and what it shows in words.

    ``paths_musd`` has ``year``, ``case`` (``baseline``, ``scenario``) and ``p10``, ``p50``, ``p90``; the scale goes
    from zero to ``top_musd``, so fans drawn with the same top can be compared.
    """
    width, height = FAN
    years = paths_musd["year"]
    first, last = int(years.min()), int(years.max())

    def points(case: str, quantile: str) -> list[str]:
        rows = paths_musd[paths_musd["case"] == case].sort_values("year")
        across = [(int(y) - first) / max(last - first, 1) * (width - 8) + 2 for y in rows["year"]]
        down = [height - 3 - float(v) / (top_musd or 1) * (height - 8) for v in rows[quantile]]
        return [f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True)]

    band = " ".join([*points("scenario", "p90"), *reversed(points("scenario", "p10"))])
    end_x, end_y = points("scenario", "p50")[-1].split(",")
    drawn = (
        f'<svg viewBox="0 0 {width:g} {height:g}" aria-hidden="true" focusable="false">'
        f'<line x1="0" x2="{width:g}" y1="{height - 3:g}" y2="{height - 3:g}" stroke="var(--faint)" stroke-width="1"/>'
        f'<polygon points="{band}" fill="var(--band80)"/>'
        f'<polyline points="{" ".join(points("baseline", "p50"))}" fill="none" stroke="var(--baseline)" stroke-width="1.4" stroke-dasharray="3 2.5"/>'
        f'<polyline points="{" ".join(points("scenario", "p50"))}" fill="none" stroke="var(--scenario)" stroke-width="2" stroke-linecap="round"/>'
        f'<circle cx="{end_x}" cy="{end_y}" r="3" fill="var(--scenario)"/></svg>'
    )
    ends = {case: paths_musd[(paths_musd["case"] == case) & (paths_musd["year"] == last)].iloc[0] for case in ("baseline", "scenario")}
    low, high = float(ends["scenario"]["p10"]), float(ends["scenario"]["p90"])
    alt = (
        f"Two-way trade {first} to {last}: {numbers.musd(float(ends['scenario']['p50']))} in {last}, 80{numbers.THIN}% range "
        f"{numbers.musd_range(low, high)}; baseline {numbers.musd(float(ends['baseline']['p50']))}."
    )
    return drawn, alt


def interval(low: float, mid: float, high: float, span: tuple[float, float]) -> str:
    """A range from ``low`` to ``high`` with its middle, on a scale from ``span[0]`` to ``span[1]`` that includes zero."""
    width, height = RANGE
    left, right = span

    def x(value: float) -> float:
        return 5 + (value - left) / ((right - left) or 1) * (width - 10)

    middle = height / 2
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" aria-hidden="true" focusable="false">'
        f'<line x1="0" x2="{width:g}" y1="{middle:g}" y2="{middle:g}" stroke="var(--line)" stroke-width="1"/>'
        f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="3" y2="{height - 3:g}" stroke="var(--faint)" stroke-width="1"/>'
        f'<line x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{middle:g}" y2="{middle:g}" stroke="var(--scenario)" stroke-width="6" stroke-opacity=".35"/>'
        f'<circle cx="{x(mid):.1f}" cy="{middle:g}" r="4.5" fill="var(--scenario)"/></svg>'
    )
