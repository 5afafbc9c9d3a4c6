"""The backtest through 2023: what it scores, and that bands hold where they are said to."""

from __future__ import annotations

import re

import numpy as np
import pytest

from corridors.data import panel, tables
from corridors.show import numbers
from corridors.show.words import past as words
from corridors.show.words import validation
from corridors.trade import flow_training
from corridors.validation import backtest
from validated import validated

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found() -> backtest.BacktestResult:
    return backtest.run()


def test_the_contract_of_the_summary(found: backtest.BacktestResult) -> None:
    figures = found.headline()
    assert {"skill_vs_naive", "coverage_80", "skill_on_2023"} <= set(figures)
    assert figures["skill_vs_naive"] == found.skill("ours", "known")
    assert 0.74 <= figures["coverage_80"] <= 0.86


def test_the_new_method_beats_the_first_on_the_year_that_neither_had_seen(found: backtest.BacktestResult) -> None:
    """Origins to 2016 against 2023, pair by pair the same flows as the first version was scored on."""
    first = tables.forecast_first_scores()
    first = first[(first["group"] == "all") & first["method"].str.startswith("as the code")].set_index("horizon")["skill"]
    ours = found.scores[(found.scores["method"] == "ours") & (found.scores["gdp"] == "known")].set_index("horizon")
    for horizon in backtest.UNSEEN_HORIZONS:
        assert ours.loc[horizon, "skill"] > first[horizon]
        assert ours.loc[horizon, "pairs"] > 14_000


def test_bands_hold_at_every_size_and_above_the_gravity_line(found: backtest.BacktestResult) -> None:
    by_size = found.sizes.groupby("from_musd")["coverage_80"].mean()
    assert by_size.between(0.74, 0.86).all(), by_size
    far = found.lines[found.lines["line"] == backtest.FAR_ABOVE].set_index("horizon")["coverage_80"]
    assert far.mean() == pytest.approx(0.8, abs=0.06)
    assert far.loc[[4, 7, 8]].between(0.74, 0.86).all(), far


def test_every_origin_is_trained_on_its_past_alone() -> None:
    """A future that is made up changes no forecast made before it."""
    world = panel.load()
    from corridors.trade import flow_targets

    targets, _ = flow_targets.ln_targets(world)
    changed = panel.Panel(
        world.economies, world.years, np.concatenate([world.trade[:-1], world.trade[-1:] * 7.0]), world.agreement, world.geography, world.gdp
    )
    before, after = (flow_training.forecasts(w, targets) for w in (world, changed))
    for a, b in zip(before, after, strict=True):
        assert np.array_equal(a.forecaster.coefficients, b.forecaster.coefficients)
        assert np.array_equal(a.forecaster.errors, b.forecaster.errors)
        if a.end == world.years[-1]:
            assert np.allclose(b.error - a.error, np.log(7.0))


def test_what_does_not_hold_is_said(found: backtest.BacktestResult) -> None:
    class Saved(dict):  # type: ignore[type-arg]
        summary: dict[str, object] = {}

    saved = Saved(backtest=found.summary(), by_line=found.lines, by_size=found.sizes, first_scores=tables.forecast_first_scores())
    text = " ".join(words.backtest(saved).paragraphs)  # type: ignore[arg-type]
    assert "2023" in text and "first version" in text
    ahead = [int(years) for years in re.findall(r"(\d+) years", text.split("At every horizon")[0])]
    assert ahead == sorted(ahead) and len(ahead) == len(backtest.HORIZONS)
    for part in (found.lines, found.sizes):
        for row in part[~part["coverage_80"].between(0.74, 0.86)].itertuples():
            assert f"at {row.horizon} years ({100 * row.coverage_80:.1f}{numbers.THIN}% of" in text
    assert "reversion" not in text


def test_skill_and_coverage_are_shown_by_size_and_by_distance_from_the_gravity_line(found: backtest.BacktestResult) -> None:
    shown = words.parts_tables({"by_size": found.sizes, "by_line": found.lines}).blocks  # type: ignore[arg-type]
    for block, part in zip(shown, (found.sizes, found.lines), strict=True):
        assert len(block.rows) == len(part) > 0
        told = {(row[1], row[2]): row[-3:] for row in block.rows}
        for row in part.itertuples():
            held = tuple(f"{100 * getattr(row, f'coverage_{level}'):.0f}{numbers.THIN}%" for level in (50, 80, 95))
            assert told[f"{row.horizon} years", numbers.count(row.pairs)] == held


def test_single_figures_of_the_past_name_their_horizons(found: backtest.BacktestResult) -> None:
    """They are of four and eight years, and the chart on the page shows others."""
    counted = {f"{name}_{of}": 1 for name in ("published", "real_cases", "known_effects") for of in ("passed", "total")}
    one = validated({"backtest": found.summary()}, {**counted, "backtest": found.headline()})
    known, forecast = (found.summary().query("method == 'ours' and gdp == @gdp and horizon in (4, 8)")["coverage_80"].mean() for gdp in ("known", "forecast"))
    said = validation.answer(one).text()
    assert f"held {numbers.whole_share(known)} four and eight years ahead with GDP known" in said
    assert f"with GDP forecast, as reports project it, {numbers.whole_share(forecast)}, a little less often than they should" in said
    assert validation.key_figures(one).items[-1].value == f"{numbers.whole_share(forecast)}"
    told = validation.answer(one).paragraphs[1]
    assert told.count("four and eight years ahead") == 3 and "at four years" in told and " at 15)" in told
    figures = validation.key_figures(one).items
    assert all("four and eight years ahead" in figures[k].detail for k in (1, 3))
    assert "skill" not in " ".join(f.label.lower() for f in figures)


def test_words_of_the_trade_are_explained_where_they_stand(found: backtest.BacktestResult) -> None:
    shown = words.backtest_table({"backtest": found.summary()})  # type: ignore[arg-type]
    for column in shown.columns:
        if column.label in ("Error", "Skill", "MASE", "CRPS"):
            assert f"{column.label}: " in shown.note or f"{column.label} (" in shown.note
