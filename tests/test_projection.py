"""Baseline paths: bands, determinism, what they start from, and how measures come into effect."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from corridors import uncertainty
from corridors.data import panel, tables
from corridors.errors import DataError
from corridors.study import pipeline
from corridors.trade import (
    baseline,
    cargo,
    expected_trade,
    flow_forecast,
    flow_targets,
    flow_training,
    gdp_forecast,
    reported_level,
    unit_values,
)

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
    assert all(np.allclose(base.by_class("imports", t).sum(axis=1), base.imports_musd[:, t]) for t in range(10))


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


def test_faster_reversion_moves_the_pair_nearer_to_its_target() -> None:
    """Pakistan sells Russia less than its target: the faster the reversion, the more it sells."""
    results = []
    for factor in (0.5, 1.0, 2.0):
        params = dict(uncertainty.central(), reversion_factor=np.array([factor]))
        results.append(baseline.baseline(PAIR, YEARS, params).exports_musd[0, -1])
    assert results == sorted(results)


# --- what is tested is what is used ------------------------------------------------------------------------


@pytest.mark.parametrize("pair", [("DEU", "NLD"), ("CHN", "KGZ"), ("PAK", "IND"), ("KEN", "UGA")])
def test_a_projection_is_the_forecast_that_the_backtest_judges(pair: tuple[str, str]) -> None:
    """The same flow, described by the projection and by the backtest, is the same row; and its middle is the forecaster's median."""
    world_panel, trained = panel.load(), flow_training.trained()
    targets = np.full((len(world_panel.years), *trained.ln_target.shape), np.nan)
    targets[-1], targets[-2] = trained.ln_target, trained.ln_previous - trained.previous
    year, last = world_panel.years[-1], len(world_panel.years) - 1
    ahead = np.array([3, 9, 12])
    made = baseline.baseline(pair, tuple(year + ahead), uncertainty.central())
    ln_gdp = [[gdp_forecast.middle(pair, y)[k] for y in (year, *(year + ahead))] for k in (0, 1)]
    for (exporter, importer), path, turn in (((pair[0], pair[1]), made.exports_musd, 1), ((pair[1], pair[0]), made.imports_musd, -1)):
        i, j = world_panel.position(exporter), world_panel.position(importer)
        growth = [np.array(g[1:]) - g[0] for g in ln_gdp[::turn]]
        for t, h in enumerate(ahead):
            grown = np.full(len(world_panel.economies), np.nan)
            grown[i], grown[j] = growth[0][t], growth[1][t]
            rows = flow_training.examples(world_panel, targets, last, year + int(h), grown)
            row = rows.subset((rows.i == i) & (rows.j == j))
            told = baseline.flow_of(exporter, importer, year, float(row.ln_trade[0]), [h])
            for field in ("horizon", "ln_trade", "ln_target", "residual", "previous_residual", "previous_growth", "other_source"):
                assert getattr(told, field)[0] == pytest.approx(getattr(row, field)[0], rel=1e-12, nan_ok=True), field
            expected = np.exp(row.ln_trade[0] + trained.forecaster.median(row)[0])
            assert path[0, t] == pytest.approx(expected, rel=1e-6)


def test_bands_of_a_projection_are_the_quantiles_of_the_backtest() -> None:
    """With GDP and elasticities held at the middle, a draw's error is the forecaster's quantile."""
    centre = uncertainty.central()
    draws = {name: np.repeat(value, 3) for name, value in centre.items()}
    pair, year = ("DEU", "NLD"), panel.load().years[-1]
    scores = np.array([-1.2815515655446004, 0.0, 1.2815515655446004])
    together = flow_training.trained().direction_correlation
    draws["pair_residual"] = scores / np.sqrt((1 + together) / 2)
    made = baseline.baseline(pair, (year + 8,), draws)
    level = float(np.log(made.anchor_musd[0]))
    e = baseline.flow_of(*pair, year, level, [8])
    low, high = flow_training.trained().forecaster.error(e, np.array([0.1, 0.9]))[0]
    found = np.log(made.exports_musd[:, 0] / made.exports_musd[1, 0])
    # One year is one point of the walk: both components share it, so the score counts by the first one's weight.
    weight = gdp_forecast.walk_components(np.array([8]), 8)[0][0]
    inner = flow_training.trained().forecaster.error(e, ndtr(np.array([-1.2815515655446004, 1.2815515655446004]) * weight))[0]
    assert found[[0, 2]] == pytest.approx(inner, rel=1e-6)
    assert low < inner[0] < 0 < inner[1] < high


def test_no_target_is_beyond_what_gravity_expects() -> None:
    trained, expected = flow_training.trained(), expected_trade.answer().ln_trade[-1]
    known = np.isfinite(trained.ln_target) & np.isfinite(expected)
    gap = (trained.ln_target - expected)[known]
    assert gap.max() < flow_targets.ABOVE + 0.1 and gap.min() > -flow_targets.BELOW - 0.1
    world_panel = panel.load()
    i, j = world_panel.position("DEU"), world_panel.position("NLD")
    assert np.exp(trained.ln_target[i, j]) < 1e6, "once nineteen trillion"


@pytest.mark.parametrize("pair", [("PAK", "IND"), ("RUS", "UKR"), ("DEU", "RUS"), ("ARM", "AZE")])
def test_a_pair_that_policy_shut_does_not_revert(pair: tuple[str, str]) -> None:
    rows = baseline.baseline(pair, YEARS, uncertainty.central()).diagnostics.set_index("item")
    assert rows.loc["reversion_exports", "value"] == rows.loc["reversion_imports", "value"] == 0
    assert "none" in rows.loc["reversion_exports", "meaning"]


@pytest.mark.parametrize("pair", [("PAK", "RUS"), ("PAK", "UZB"), ("PAK", "KAZ"), ("PAK", "IND"), ("PAK", "CHN"), ("PAK", "AFG"), ("CHN", "KGZ"), ("MNG", "CHN"), ("UZB", "RUS"), ("KEN", "UGA"), ("DEU", "NLD"), ("RUS", "UKR"), ("PAK", "IRN")])
def test_no_pair_grows_more_than_fourfold_in_the_middle(pair: tuple[str, str]) -> None:
    made = baseline.baseline(pair, YEARS, uncertainty.central())
    assert made.total_musd[0, -1] < 4 * sum(made.anchor_musd)
    parts = baseline.growth_parts(made)
    assert parts["factor"] == pytest.approx(made.total_musd[0, -1] / sum(made.anchor_musd))


def test_one_off_cargoes_are_not_in_the_level() -> None:
    """Wheat was 568 of the 886 million dollars that Russia sold Pakistan in 2023."""
    assert reported_level.one_off_musd(("RUS", "PAK"), "2023-01", "2023-12", "exports") == pytest.approx(568.3)
    assert reported_level.one_off_musd(PAIR, "2023-01", "2023-06", "total") == pytest.approx(568.3 / 2)
    assert reported_level.one_off_musd(PAIR, "2023-01", "2023-12", "exports") == 0
    imports = reported_level.estimate(PAIR).level_musd(2023)[1]
    assert 250 < imports < 550
    assert {c["product"] for c in baseline.one_offs(PAIR)} == {"wheat"}
    assert baseline.baseline(PAIR, YEARS, uncertainty.central()).anchor_year == 2025


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


def test_gdp_follows_the_imf_to_2030_and_ssp2_after() -> None:
    imf = tables.imf_weo().set_index(["iso3", "year"])
    for economy in ("CHN", "RUS", "KAZ", "DEU"):
        grown = gdp_forecast.middle((economy, "USA"), 2030)[0] - gdp_forecast.middle((economy, "USA"), 2023)[0]
        assert grown == pytest.approx(np.log(imf.loc[(economy, 2030), "gdp_busd"] / imf.loc[(economy, 2023), "gdp_busd"]), abs=1e-9)
    # No dollar path by the IMF: its real growth, and the dollar's inflation.
    dollar = np.log(imf.loc[("USA", 2030), "gdp_deflator_index"] / imf.loc[("USA", 2025), "gdp_deflator_index"])
    real = np.log1p(imf.loc[("PAK", slice(2026, 2030)), "real_growth_pct"].to_numpy() / 100).sum()
    assert np.diff([gdp_forecast.middle(("PAK", "USA"), y)[0] for y in (2025, 2030)])[0] == pytest.approx(real + dollar, abs=1e-9)
    ssp = tables.ssp2().set_index(["iso3", "year"])["gdp_ppp_b"]
    after = np.diff([gdp_forecast.middle(("CHN", "USA"), y)[0] for y in (2035, 2040)])[0]
    inflation = np.log(imf.loc[("USA", 2030), "gdp_deflator_index"] / imf.loc[("USA", 2029), "gdp_deflator_index"])
    assert after == pytest.approx(np.log(ssp["CHN", 2040] / ssp["CHN", 2035]) + 5 * inflation, abs=1e-9)


def test_gdp_errors_grow_with_the_horizon_and_differ_by_record() -> None:
    for economy in ("PAK", "CHN", "RUS", "DEU"):
        assert (np.diff(gdp_forecast.forecast(economy).sd) >= 0).all()
    assert gdp_forecast.forecast("RUS").sd[7] > gdp_forecast.forecast("DEU").sd[7]
    assert 0.15 < gdp_forecast.forecast("DEU").sd[7] < 0.6


def test_gdp_of_an_economy_without_data_is_refused() -> None:
    with pytest.raises(DataError, match="PRK"):
        gdp_forecast.forecast("PRK")


def test_walk_components_have_unit_size() -> None:
    level, turn = gdp_forecast.walk_components(np.arange(1, 13), 12)
    assert np.hypot(level, turn) == pytest.approx(np.ones(12))


# --- spread, cargo, disagreements ------------------------------------------------------------------------


def test_small_flows_are_noisier_and_go_back_to_their_target_faster() -> None:
    model = flow_training.trained().forecaster
    one = np.ones(5)
    size = np.array([-1.0, 1.0, 3.0, 5.0, 8.0])
    e = flow_forecast.Examples(
        np.zeros(5, int), np.ones(5, int), 8 * one, size, size + 1.5, -1.5 * one, np.nan * one, np.nan * one, 0 * one, 0 * one, 0 * one, np.nan * one
    )
    width = np.diff(model.error(e, np.array([0.1, 0.9])), axis=1)[:, 0]
    assert (np.diff(width) < 0).all()
    pull = model.reversion(e)
    assert (pull > 0).all() and pull[0] > pull[2] > pull[4]
    assert (pull <= flow_forecast.FARTHEST + 1.0).all()


def test_errors_widen_with_the_horizon_and_pass_the_probabilities() -> None:
    model = flow_training.trained().forecaster
    e = baseline.flow_of("DEU", "NLD", panel.load().years[-1], 11.0, np.array([4, 8, 16]))
    quantiles = model.error(e, np.array([0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999]))
    assert (np.diff(quantiles, axis=1) > 0).all()
    assert (np.diff(quantiles[:, 5] - quantiles[:, 1]) > 0).all()
    assert quantiles[:, 3] == pytest.approx(np.zeros(3), abs=1e-12)


def test_class_shares_add_to_one_and_bulk_never_drives() -> None:
    position = np.linspace(0, 1, 5)
    for pair in (("PAK", "RUS"), ("RUS", "PAK"), ("FRA", "DEU")):
        assert cargo.shares(*pair, position).sum(axis=1) == pytest.approx(np.ones(5))
    shares = cargo.shares("RUS", "PAK", position)
    assert shares[0, 3] == pytest.approx(0.75)
    assert shares[-1, 3] == pytest.approx(0.95)
    assert cargo.trucks_per_day(100 * shares, unit_values.world_means())[:, 3].tolist() == [0] * 5


def test_tonnes_and_trucks_by_hand() -> None:
    value = np.array([6.0, 0.0, 0.0, 35.0])
    usd_per_t = np.array([600.0, 7000.0, 3000.0, 350.0])
    assert cargo.tonnes(value, usd_per_t) == pytest.approx([10_000, 0, 0, 100_000])
    assert cargo.trucks_per_day(value, usd_per_t) == pytest.approx([10_000 / 20 / 365, 0, 0, 0])
    assert cargo.tonnes(value, 2.0 * usd_per_t)[0] == pytest.approx(5_000)


def test_volumes_have_a_row_a_flow_class_and_year(base: baseline.Baseline, draws: dict[str, np.ndarray]) -> None:
    paths = {"exports": base.exports_musd, "imports": base.imports_musd}
    shares = {"exports": base.export_shares, "imports": base.import_shares}
    a_tonne = unit_values.by_composition((PAIR, PAIR[::-1]))[:, None] * draws["unit_value_factor"][:, None]
    value = {flow: path[:, :, None] * shares[flow][:, None, :] for flow, path in paths.items()}
    carried = {flow: 0.5 * each for flow, each in value.items()}
    frame = cargo.volumes(value, carried, dict(zip(paths, a_tonne, strict=True)))
    whole = cargo.volumes(value, value, dict(zip(paths, a_tonne, strict=True)))
    np.testing.assert_allclose(whole["tonnes_p50"], 2.0 * frame["tonnes_p50"], rtol=1e-12)
    np.testing.assert_array_equal(whole["value_musd_p50"], frame["value_musd_p50"])
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


def test_reports_that_differ_twofold_need_share_half_a_year_only() -> None:
    """Pakistan's central bank has a quarter to a third of what Uzbekistan's statistics and both presidents have of Pakistan and
    Uzbekistan: fiscal years share six months with calendar years, so that nothing was told."""
    frame = baseline.disagreements(("PAK", "UZB"))
    far = frame[frame["period"].str.contains("FY") & frame["period"].str.contains("against 2024")]
    assert len(far) and (frame["what"] == "total").any()
    ratio = far["value_b_musd"] / far["value_a_musd"]
    assert (np.maximum(ratio, 1.0 / ratio) >= 2.0).all() and ratio.max() > 3.0


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
