"""One yearly path from reports on other years, other flows and other bases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from corridors.errors import DataError
from corridors.trade import reported_level


def readings(rows: list[tuple[str, str, str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["start", "end", "flow", "trade_musd"])
    start, end = pd.PeriodIndex(frame["start"], freq="M"), pd.PeriodIndex(frame["end"], freq="M")
    frame["months"] = [(b - a).n + 1 for a, b in zip(start, end, strict=True)]
    return frame.assign(view="made").sort_values(["end", "start", "flow"], ignore_index=True)


def test_reports_that_agree_are_met_whatever_their_year() -> None:
    rows = [
        ("2015-01", "2015-12", "exports", 100.0),
        ("2015-01", "2015-12", "imports", 300.0),
        ("2015-07", "2016-06", "exports", 100.0),
        ("2016-07", "2017-04", "total", 400.0),
        ("2017-01", "2017-12", "imports", 300.0),
        ("2017-07", "2018-06", "total", 400.0),
    ]
    level = reported_level._fit(("AAA", "BBB"), readings(rows), pd.period_range("2015-01", "2018-12", freq="M"))
    assert np.exp(level.ln_level[:, 0]) == pytest.approx([100] * 4, rel=0.03)
    assert np.exp(level.ln_level[:, 1]) == pytest.approx([300] * 4, rel=0.03)


def test_a_gap_is_wider_than_a_year_with_reports() -> None:
    level = reported_level.estimate(("PAK", "RUS"))
    spread = {int(y): float(level.covariance[k, 0, 0]) for k, y in enumerate(level.years)}
    assert spread[2018] > 2 * spread[2015]


def test_fiscal_years_are_not_shifted_into_calendar_years() -> None:
    """A jump in mid-year shows in both fiscal years as it is, and half in the calendar year between them."""
    rows = [(f"{y - 1}-07", f"{y}-06", f, v) for y, v in ((2014, 100.0), (2015, 100.0), (2016, 400.0), (2017, 400.0)) for f in ("exports", "imports")]
    level = reported_level._fit(("AAA", "BBB"), readings(rows), pd.period_range("2013-07", "2017-12", freq="M"))
    middle = level.level_musd(2015)[0]
    assert 150 < middle < 320
    assert level.level_musd(2014)[0] < 130
    assert level.level_musd(2016)[0] > 330


def test_disagreement_is_estimated_from_reports_that_differ() -> None:
    months = pd.period_range("2010-01", "2016-12", freq="M")
    close, apart = [], []
    for y in range(2010, 2017):
        for flow in ("exports", "imports"):
            close += [(f"{y}-01", f"{y}-12", flow, v) for v in (98.0, 102.0)]
            apart += [(f"{y}-01", f"{y}-12", flow, v) for v in (60.0, 160.0)]
    assert reported_level._fit(("A", "B"), readings(close), months).disagreement < 0.07
    assert reported_level._fit(("A", "B"), readings(apart), months).disagreement == pytest.approx(np.log(160 / 60) / 2, rel=0.25)


def test_the_other_order_swaps_the_directions() -> None:
    one, other = reported_level.estimate(("PAK", "RUS")), reported_level.estimate(("RUS", "PAK"))
    assert one.level_musd(2023) == other.level_musd(2023)[::-1]


def test_the_latest_level_lies_among_the_reports() -> None:
    exports, imports = reported_level.estimate(("PAK", "RUS")).level_musd(2023)
    assert 60 < exports < 120
    # 886 by BACI, 846 by the ministry for the fiscal year, over 900 by Russia; 568 of it wheat that will not come every year
    assert 250 < imports < 550


def test_an_unknown_pair_and_year_are_refused() -> None:
    with pytest.raises(DataError, match="no reports of FRA and DEU"):
        reported_level.estimate(("FRA", "DEU"))
    with pytest.raises(DataError, match="no level for 1950"):
        reported_level.estimate(("PAK", "RUS")).level_musd(1950)
