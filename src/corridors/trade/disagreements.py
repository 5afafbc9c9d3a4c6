"""Where sources contradict each other, or themselves, about the same trade. Shown, not smoothed away."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from corridors.data import panel, tables
from corridors.trade import reported_level

COLUMNS = (
    "period", "what", "value_a_musd", "source_a", "value_b_musd", "source_b", "difference_percent",
)  # fmt: skip
WORTH_SHOWING = 0.02
WORTH_SHOWING_UNLIKE = 0.15
LEAST_OVERLAP, LEAST_OVERLAP_FAR_APART, FAR_APART = 10, 6, 2.0
_FLOWS = ("exports", "imports", "total")
_PANEL_SOURCE = "World trade panel (UN Comtrade)"


def disagreements(pair: tuple[str, str]) -> pd.DataFrame:
    """Every contradiction among the reports of the pair, the largest first.

    Compares, two at a time, reports of the same flow over periods that share at least ten months
    (as yearly rates, so that a year can be held against eleven months of it), or six where one is
    twice the other or more, which no growth explains; the world panel included; the parts of a report with its own total; a stated balance with the reported flows
    (``data/stated_figures.csv``); and an average over years with the smoothed path. Differences
    under 2 % are rounding and left out, and so are differences under 15 % between periods that are
    not the same. ``difference_percent`` is b against a. Empty where the pair has no reported
    series.
    """
    turned = pair not in reported_level.pairs()
    own = pair[::-1] if turned else pair
    if own not in reported_level.pairs():
        return pd.DataFrame(columns=list(COLUMNS))
    table = tables.trade_series()
    rows = table[(table["economy"] == own[0]) & (table["partner"] == own[1])]
    found = [*_same_flow(own, rows), *_own_total(rows), *_stated(own, rows), *_averages(own, rows)]
    frame = pd.DataFrame(found, columns=list(COLUMNS))
    frame = frame[frame["difference_percent"].abs() >= 100 * WORTH_SHOWING]
    if turned:
        swap = {"exports": "imports", "imports": "exports"}
        frame["what"] = frame["what"].map(lambda w: swap.get(w, w))
    order = frame["difference_percent"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _row(period: str, what: str, a: float, source_a: str, b: float, source_b: str) -> tuple[Any, ...]:
    return period, what, a, source_a, b, source_b, 100 * (b - a) / abs(a)


def _same_flow(pair: tuple[str, str], rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    reports = []
    for r in rows.itertuples():
        start, end = pd.Period(r.start, "M"), pd.Period(r.end, "M")
        months = (end - start).n + 1
        if months <= reported_level.LAGS:
            values = [float(getattr(r, f"{flow}_musd")) * 12 / months for flow in _FLOWS]
            reports.append((start, end, r.period, f"{r.source_title}", values))
    world = panel.load()
    i, j = world.position(pair[0]), world.position(pair[1])
    for k, year in enumerate(world.years):
        values = [float(world.trade[k, i, j]), float(world.trade[k, j, i])]
        start, end = pd.Period(f"{year}-01", "M"), pd.Period(f"{year}-12", "M")
        reports.append((start, end, str(year), _PANEL_SOURCE, [*values, sum(values)]))
    found = []
    for a, b in combinations(reports, 2):
        shared = (min(a[1], b[1]) - max(a[0], b[0])).n + 1
        if shared < LEAST_OVERLAP_FAR_APART:
            continue
        same = a[:2] == b[:2]
        period = a[2] if same else f"{a[2]} against {b[2]}, as yearly rates"
        for flow, x, y in zip(_FLOWS, a[4], b[4], strict=True):
            if not (np.isfinite(x) and np.isfinite(y) and x > 0):
                continue
            if shared < LEAST_OVERLAP and not (y > 0 and max(x / y, y / x) >= FAR_APART):
                continue
            if same or abs(y / x - 1) >= WORTH_SHOWING_UNLIKE:
                found.append(_row(period, flow, x, a[3], y, b[3]))
    return found


def _own_total(rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    found = []
    for r in rows.itertuples():
        parts = float(r.exports_musd) + float(r.imports_musd)
        if np.isfinite(parts) and np.isfinite(float(r.total_musd)):
            total = float(r.total_musd)
            found.append(_row(r.period, "total", total, r.source_title, parts, "its exports plus its imports"))
    return found


def _stated(pair: tuple[str, str], rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    stated = tables.table("stated_figures")
    stated = stated[(stated["economy"] == pair[0]) & (stated["partner"] == pair[1])]
    found = []
    for s in stated.itertuples():
        for r in rows[rows["period"] == s.period].itertuples():
            sign = -1.0 if s.what == "balance" else 1.0
            flows = float(r.exports_musd) + sign * float(r.imports_musd)
            if np.isfinite(flows):
                words = "its exports minus its imports" if s.what == "balance" else "its exports plus its imports"
                found.append(_row(s.period, s.what, float(s.stated_musd), s.source_title, flows, words))
    return found


def _averages(pair: tuple[str, str], rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    level = reported_level.estimate(pair)
    found = []
    for r in rows[rows["period_kind"] == "average"].itertuples():
        first, last = int(r.start[:4]), int(r.end[:4])
        inside = (level.years >= first) & (level.years <= last)
        if inside.sum() == last - first + 1:
            mean = float(np.exp(level.ln_level[inside]).sum(axis=1).mean())
            period = f"average {first}-{last}"
            found.append(
                _row(
                    period,
                    "total",
                    float(r.total_musd),
                    r.source_title,
                    mean,
                    "our smoothed path of all reports",
                )
            )
    return found
