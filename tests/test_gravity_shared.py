"""Oracles on samples that are not shipped: the guide's with every digit and its lags, the world of 2006, gegravity's.

The guide's figures are printed by its replication in R, github.com/pachadotdev/tradepolicy.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from corridors.equilibrium import counterfactual
from corridors.gravity import ppml

SHARED = Path(os.environ.get("CORRIDORS_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the reference data sets are not there (they are not shipped)"),
]
EFFECTS = ["exporter^year", "importer^year", "tie"]


@pytest.fixture(scope="module")
def guide() -> pd.DataFrame:
    """The guide's sample: every fourth year, trade within economies included."""
    frame = pd.read_parquet(SHARED / "agtpa_panel_1986_2006.parquet")
    frame = frame[frame["year"].isin(range(1986, 2007, 4))].reset_index(drop=True)
    within = (frame["exporter"] == frame["importer"]).to_numpy()
    frame["tie"] = np.where(within, "home", frame["pair_id"].astype(int).astype(str))
    for year in range(1986, 2003, 4):
        frame[f"border in {year}"] = (~within & (frame["year"] == year)).astype(float)
    return frame


@pytest.mark.parametrize(
    ("covariates", "printed"),
    [
        (["rta"], [0.5571853]),
        (["rta", "rta_lead4"], [0.520, 0.0774]),
        (["rta", "rta_lag4", "rta_lag8", "rta_lag12"], [0.291, 0.414, 0.169, 0.119]),
        (
            ["rta", "rta_lag4", "rta_lag8", "rta_lag12", *(f"border in {y}" for y in range(1986, 2003, 4))],
            [0.116, 0.288, 0.0693, 0.00236, -0.706, -0.480, -0.367, -0.158, -0.141],
        ),
    ],
    ids=["agreement", "lead", "lags", "globalisation"],
)
def test_agreements_of_the_guide_with_every_digit(guide: pd.DataFrame, covariates: list[str], printed: list[float]) -> None:
    """Half a unit of the last digit that is printed by the replication of application 3."""
    fit = ppml(guide, "trade", covariates, EFFECTS, "pair_id")
    assert fit.nobs == 28_482
    for name, value in zip(covariates, printed, strict=True):
        digits = len(f"{value:.7f}".rstrip("0").split(".")[1])
        assert fit.coefficients[name] == pytest.approx(value, abs=0.51 * 10.0 ** -max(digits, 3)), name


def test_total_effect_of_agreements_and_its_error(guide: pd.DataFrame) -> None:
    """The sum over lags is 0.9926189 with a standard error of 0.0942526, as printed (clustered by pair, G / (G - 1))."""
    names = ["rta", "rta_lag4", "rta_lag8", "rta_lag12"]
    fit = ppml(guide, "trade", names, EFFECTS, "pair_id")
    groups = fit.clusters[0]
    variance = fit.covariance.to_numpy().sum() / fit.small_sample_factor * groups / (groups - 1)
    assert fit.coefficients.sum() == pytest.approx(0.9926189, abs=1e-6)
    assert np.sqrt(variance) == pytest.approx(0.09425262, rel=1e-4)


def test_the_guides_robust_error(guide: pd.DataFrame) -> None:
    """0.055771 in the log of application 2 of chapter 2, without a small-sample factor."""
    fit = ppml(guide, "trade", ["rta"], EFFECTS)
    assert fit.standard_errors["rta"] / np.sqrt(fit.small_sample_factor) == pytest.approx(0.055771, abs=2e-5)


@pytest.fixture(scope="module")
def world_2006() -> pd.DataFrame:
    frame = pd.read_csv(SHARED / "bilateral_trade_2006.csv")
    distance = next(c for c in frame.columns if "dist" in c)
    return frame.assign(ln_distance=np.log(frame[distance]))


@pytest.mark.slow
def test_the_world_of_2006_as_pyfixest_fits_it(world_2006: pd.DataFrame) -> None:
    pyfixest = pytest.importorskip("pyfixest")
    outcome = next(c for c in world_2006.columns if c.startswith("trade_musd") or c == "trade")
    ties = ["ln_distance", "contiguous", "common_language", "trade_agreement"]
    ours = ppml(world_2006, outcome, ties, ["exporter", "importer"], ["exporter", "importer"])
    theirs = pyfixest.fepois(
        f"{outcome} ~ {' + '.join(ties)} | exporter + importer", data=world_2006, vcov={"CRV1": "exporter+importer"},
        iwls_tol=1e-12, fixef_tol=1e-11, fixef_rm="none", iwls_maxiter=100,
    )  # fmt: skip
    np.testing.assert_allclose(ours.coefficients, theirs.coef()[ties], rtol=0, atol=1e-7)
    np.testing.assert_allclose(ours.standard_errors, theirs.se()[ties], rtol=1e-4)


@pytest.mark.slow
def test_a_full_equilibrium_as_gegravity_solves_it() -> None:
    """Its markets are uncleared by about 1e-3 of output, so the two agree to a few hundredths of a percentage point."""
    gegravity = pytest.importorskip("gegravity")
    frame = pd.read_csv(SHARED / "gegravity_sample_2006.csv")
    costs = ["lndist", "contiguity", "common_language", "pta", "international"]
    fit = ppml(frame, "trade", costs, ["exporter", "importer"])
    estimates = pd.DataFrame({"var": costs, "coeff": fit.coefficients.to_numpy(), "ste": fit.standard_errors.to_numpy()})
    base = gegravity.BaselineData(frame, trade_var_name="trade", output_var_name="Y", expend_var_name="E")
    model = gegravity.OneSectorGE(
        baseline=base, year="2006", reference_importer="DEU", sigma=5, cost_variables=costs, quiet=True,
        cost_coeff_values=gegravity.CostCoeffs(estimates, identifier_col="var", coeff_col="coeff", stderr_col="ste"),
    )  # fmt: skip
    model.build_baseline(omr_rescale=1, imr_rescale=0.1)
    experiment = base.baseline_data.copy()
    both = experiment["exporter"].isin(["CAN", "JPN"]) & experiment["importer"].isin(["CAN", "JPN"])
    experiment.loc[both & (experiment["exporter"] != experiment["importer"]), "pta"] = 1
    model.define_experiment(experiment)
    model.simulate()
    flows = model.bilateral_trade_results.reset_index()
    trade = flows.pivot(index="exporter", columns="importer", values="baseline modeled trade")
    factor = pd.DataFrame(1.0, trade.index, trade.columns)
    factor.loc["CAN", "JPN"] = factor.loc["JPN", "CAN"] = np.exp(-fit.coefficients["pta"] / 4)
    ours = counterfactual(trade, factor, 4.0)
    assert ours.residual < 1e-10
    theirs = model.country_results["GDP change (percent)"].reindex(trade.index)
    np.testing.assert_allclose(ours.real_gdp_percent, theirs, atol=0.03)
    assert ours.real_gdp_percent.drop(["CAN", "JPN"]).max() < ours.real_gdp_percent[["CAN", "JPN"]].min()
