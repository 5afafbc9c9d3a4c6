"""Baseline paths: bands, determinism, what they start from, and how measures come into effect."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors import uncertainty
from corridors.errors import DataError
from corridors.study import pipeline
from corridors.trade import baseline, cargo, flow_forecast, gdp_forecast, reported_level

YEARS = tuple(range(2026, 2036))
PAIR = ("PAK", "RUS")


@pytest.fixture(scope="module")
def draws() -> dict[str, np.ndarray]:
    return uncertainty.sample(None, 4096, 20260213)


@pytest.fixture(scope="module")
def base(draws: dict[str, np.ndarray]) -> baseline.Baseline:
    return baseline.baseline(PAIR, YEARS, draws)


def test_shapes_signs_and_bands(base: baseline.Baseline) -> None:
    assert base.exports_musd.shape == base.imports_musd.shape == (4096, 10)
    assert (base.exports_musd > 0).all()
    assert np.isfinite(base.total_musd).all()
    frame = base.frame()
    assert len(frame) == 30
    assert (np.diff(frame.iloc[:, 2:].to_numpy(), axis=1) >= 0).all()
    assert np.allclose(base.by_class("imports").sum(axis=2), base.imports_musd)


def test_same_draws_same_bytes(base: baseline.Baseline, draws: dict[str, np.ndarray]) -> None:
    assert baseline.baseline(PAIR, YEARS, draws).total_musd.tobytes() == base.total_musd.tobytes()


def test_bands_widen_with_time(base: baseline.Baseline) -> None:
    low, high = np.quantile(np.log(base.total_musd), [0.1, 0.9], axis=0)
    assert (np.diff(high - low) > 0).all()


def test_the_first_years_start_from_the_reported_level(base: baseline.Baseline) -> None:
    exports, imports = reported_level.estimate(PAIR).level_musd(base.anchor_year)
    assert base.anchor_musd == pytest.approx((exports, imports))
    now = baseline.baseline(PAIR, (base.anchor_year,), uncertainty.central())
    assert now.exports_musd[0, 0] == pytest.approx(exports)
    assert now.imports_musd[0, 0] == pytest.approx(imports)


def test_twice_the_draws_move_no_headline_by_one_per_cent() -> None:
    """At as many draws as a study of 4,096 makes of its baseline (corridors.study.pipeline.PATHS_A_DRAW)."""
    size = 4096 * pipeline.PATHS_A_DRAW
    paths = [baseline.baseline(PAIR, YEARS[-1:], uncertainty.sample(None, n, 20260213)).paths() for n in (size, 2 * size)]
    for flow in ("exports", "imports", "total"):
        few, many = (np.quantile(p[flow][:, -1], [0.1, 0.5, 0.9]) for p in paths)
        assert few == pytest.approx(many, rel=0.01)


def test_the_other_order_of_the_pair_swaps_the_directions(draws: dict[str, np.ndarray], base: baseline.Baseline) -> None:
    other = baseline.baseline(PAIR[::-1], YEARS, draws)
    middle, swapped = np.median(base.exports_musd, axis=0), np.median(other.imports_musd, axis=0)
    assert swapped == pytest.approx(middle, rel=0.03)


def test_a_pair_without_reports_starts_from_the_world_matrix(draws: dict[str, np.ndarray]) -> None:
    base = baseline.baseline(("TKM", "AFG"), YEARS, draws)
    assert base.anchor_year == 2023
    assert "gravity model" in " ".join(base.diagnostics["meaning"])
    ratio = np.quantile(base.exports_musd[:, 0], 0.9) / np.quantile(base.imports_musd[:, 0], 0.9)
    assert np.isfinite(ratio)


def test_a_horizon_in_the_past_uses_known_gdp(draws: dict[str, np.ndarray]) -> None:
    past = baseline.baseline(PAIR, (2010, 2015), draws)
    for path in past.ln_gdp:
        assert np.ptp(path, axis=0) == pytest.approx([0, 0], abs=1e-12)


def test_an_unknown_economy_is_named_with_the_nearest() -> None:
    with pytest.raises(DataError, match="'PKA'"):
        baseline.baseline(("PKA", "RUS"), YEARS, uncertainty.central())


def test_a_baseline_of_4096_draws_is_fast_once_the_models_are_fitted(base: baseline.Baseline) -> None:
    start = time.process_time()
    draws = uncertainty.sample(None, 4096, 1)
    baseline.baseline(PAIR, YEARS, draws)
    assert time.process_time() - start < 0.5


def test_shorter_memory_moves_the_pair_nearer_to_gravity() -> None:
    """Pakistan sells Russia less than gravity predicts: the faster the reversion, the more it sells."""
    results = []
    for factor in (0.5, 1.0, 2.0):
        params = dict(uncertainty.central(), reversion_factor=np.array([factor]))
        results.append(baseline.baseline(PAIR, YEARS, params).exports_musd[0, -1])
    assert results == sorted(results)


# --- phase-in --------------------------------------------------------------------------------------------


@given(st.integers(2020, 2040), st.floats(0, 12), st.floats(0.5, 40))
def test_phase_in_is_nothing_before_and_everything_after(start: int, ramp: float, speed: float) -> None:
    years = range(2015, 2060)
    path = baseline.phase_in(start, ramp, years, np.array([speed]))[0]
    year = np.array(years)
    assert (path[year < start] == 0).all()
    assert (path[year >= start + ramp] == 1).all()
    assert (np.diff(path) >= 0).all()
    assert ((path[year >= start] > 0) & (path[year >= start] <= 1)).all()


def test_phase_in_of_several_measures_and_draws() -> None:
    path = baseline.phase_in([2027, 2030], [3.0, 0.0], YEARS, np.array([4.0, 6.0, 9.0]))
    assert path.shape == (3, 10, 2)
    assert path[0, 2, 0] == pytest.approx(0.5)
    assert path[:, 4, 1].tolist() == [1, 1, 1]


# --- GDP -------------------------------------------------------------------------------------------------


def test_gdp_is_known_in_known_years_and_uncertain_after(draws: dict[str, np.ndarray]) -> None:
    pak, rus = gdp_forecast.paths(PAIR, (2023, 2024, 2030), draws)
    assert np.exp(pak[:, 0]) == pytest.approx(338368.0)
    assert pak[:, 1].std() < pak[:, 2].std()
    assert np.corrcoef(pak[:, 2], rus[:, 2])[0, 1] == pytest.approx(
        gdp_forecast.forecast("PAK").world_share * gdp_forecast.forecast("RUS").world_share, abs=0.03
    )


def test_gdp_spread_is_as_stated(draws: dict[str, np.ndarray]) -> None:
    forecast = gdp_forecast.forecast("RUS")
    path = gdp_forecast.paths(PAIR, (2026, 2031), draws)[1]
    assert path.std(axis=0) == pytest.approx(forecast.sd[[2, 7]], rel=0.03)
    assert np.median(path, axis=0) == pytest.approx(forecast.ln_last + forecast.ln_growth[[2, 7]], abs=0.02)


def test_gdp_models_are_weighted_by_past_error() -> None:
    forecast = gdp_forecast.forecast("KAZ")
    assert sum(forecast.weights.values()) == pytest.approx(1)
    assert min(forecast.scores, key=forecast.scores.__getitem__) == forecast.model
    assert (np.diff(forecast.sd) > 0).all()


def test_gdp_of_an_economy_without_data_is_refused() -> None:
    with pytest.raises(DataError, match="PRK"):
        gdp_forecast.forecast("PRK")


def test_walk_components_have_unit_size() -> None:
    level, turn = gdp_forecast.walk_components(np.arange(1, 13), 12)
    assert np.hypot(level, turn) == pytest.approx(np.ones(12))


# --- spread, cargo, disagreements ------------------------------------------------------------------------


@pytest.mark.parametrize("size", [-3.0, 0.0, 3.0, 6.0, 9.0])
def test_small_flows_are_noisier_and_go_back_to_gravity_faster(size: float) -> None:
    noise, rate = flow_forecast.spread(size)
    bigger_noise, bigger_rate = flow_forecast.spread(size + 3)
    assert noise >= bigger_noise >= 0
    assert rate > 0
    assert bigger_rate > 0
    assert flow_forecast.reversion(size) >= flow_forecast.reversion(size + 3) > 0


def test_class_shares_add_to_one_and_bulk_never_drives() -> None:
    position = np.linspace(0, 1, 5)
    for pair in (("PAK", "RUS"), ("RUS", "PAK"), ("FRA", "DEU")):
        assert cargo.shares(*pair, position).sum(axis=1) == pytest.approx(np.ones(5))
    shares = cargo.shares("RUS", "PAK", position)
    assert shares[0, 3] == pytest.approx(0.75)
    assert shares[-1, 3] == pytest.approx(0.95)
    assert cargo.trucks_per_day(100 * shares)[:, 3].tolist() == [0] * 5


def test_tonnes_and_trucks_by_hand() -> None:
    value = np.array([6.0, 0.0, 0.0, 35.0])
    assert cargo.tonnes(value) == pytest.approx([10_000, 0, 0, 100_000])
    assert cargo.trucks_per_day(value) == pytest.approx([10_000 / 20 / 365, 0, 0, 0])
    assert cargo.tonnes(value, 2.0)[0] == pytest.approx(5_000)


def test_volumes_have_a_row_a_flow_class_and_year(base: baseline.Baseline, draws: dict[str, np.ndarray]) -> None:
    paths = {"exports": base.exports_musd, "imports": base.imports_musd}
    shares = {"exports": base.export_shares, "imports": base.import_shares}
    frame = cargo.volumes(paths, shares, draws["unit_value_factor"])
    assert len(frame) == 2 * 4 * 10
    for quantity in ("value_musd", "tonnes", "trucks_per_day"):
        assert (frame[f"{quantity}_p10"] <= frame[f"{quantity}_p50"]).all()
        assert (frame[f"{quantity}_p50"] <= frame[f"{quantity}_p90"]).all()


def test_disagreements_are_shown_with_both_sources() -> None:
    frame = baseline.disagreements(PAIR)
    payments = frame[frame["period"].str.contains("FY2022")].iloc[0]
    assert payments["value_a_musd"] == pytest.approx(388.492)
    assert payments["value_b_musd"] == pytest.approx(567.5 * 12 / 11)
    balance = frame[frame["what"] == "balance"].iloc[0]
    assert (balance["value_a_musd"], balance["value_b_musd"]) == pytest.approx((-620.99, -601.99))
    assert (frame["source_a"] != frame["source_b"]).all()
    assert frame["difference_percent"].abs().is_monotonic_decreasing


def test_disagreements_of_a_pair_without_reports_are_none_and_turned_pairs_swap() -> None:
    assert baseline.disagreements(("FRA", "DEU")).empty
    turned = baseline.disagreements(("RUS", "PAK"))
    assert set(turned["what"]) <= {"exports", "imports", "total", "balance"}


def test_history_has_every_report_in_the_order_of_the_pair() -> None:
    own, turned = baseline.history(PAIR), baseline.history(PAIR[::-1])
    assert len(own) == len(turned) > 10
    row = own[own["period"] == "FY2021"].iloc[0]
    other = turned[turned["period"] == "FY2021"].iloc[0]
    assert (row["exports_musd"], row["imports_musd"]) == (other["imports_musd"], other["exports_musd"])
