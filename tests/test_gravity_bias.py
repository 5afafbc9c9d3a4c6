"""The bias of three-way estimates and its correction: four checks that share nothing.

1. The same formulas written down once more, dense and with derivatives out of the likelihood (``plain_bias``).
2. A coefficient that another package prints, corrected in the manner of the authors' own program.
3. The split-panel jackknife, which knows no formula for the bias.
4. Worlds of known truth. Only worlds whose variance equals their mean are drawn here; where it grows steeply with the
   covariate the correction removes far less (docs/reproducibility.md).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from corridors.data import tables
from corridors.errors import EstimationError
from corridors.gravity import Fit, bias_correction, ppml
from plain_bias import plain_bias

ECONOMIES, YEARS, TRUTH, WORLDS = 20, 2, 1.0, 300
EFFECTS = ["exporter^year", "importer^year", "exporter^importer"]


def world(rng: np.random.Generator, economies: int = ECONOMIES) -> pd.DataFrame:
    """A panel whose variance is its mean; the covariate hangs together with all three effects and with its own past."""
    i, j, t = (a.ravel() for a in np.meshgrid(range(economies), range(economies), range(YEARS), indexing="ij"))
    abroad = i != j
    i, j, t = i[abroad], j[abroad], t[abroad]
    exporter, importer = rng.normal(0, 0.25, (2, economies, YEARS))
    pair = rng.normal(0, 0.25, (economies, economies))
    x = np.zeros((economies, economies, YEARS))
    before = rng.normal(0, 0.25, (economies, economies))
    for year in range(YEARS):
        before = 0.5 * before + exporter[:, None, year] + importer[None, :, year] + pair + rng.normal(0, 0.5, before.shape)
        x[:, :, year] = before
    mu = np.exp(TRUTH * x[i, j, t] + exporter[i, t] + importer[j, t] + pair[i, j])
    spread = np.sqrt(np.log1p(1 / mu))
    trade = mu * np.exp(rng.normal(-0.5 * spread**2, spread))
    return pd.DataFrame({"exporter": [f"E{k}" for k in i], "importer": [f"E{k}" for k in j], "year": t, "x": x[i, j, t], "trade": trade})


def fitted(frame: pd.DataFrame) -> Fit:
    return ppml(frame, "trade", ["x"], EFFECTS, None)


def small_panel(
    economies: int, years: int, covariates: int, *, home: float = 1.0, zeros: float = 0.0, missing: float = 0.0, idle: int = 0
) -> pd.DataFrame:
    """Trade with errors that grow with it; ``home`` is how much larger sales at home are (0: none), ``zeros`` and
    ``missing`` the shares of rows without trade and not there at all, ``idle`` the pairs that never trade."""
    rng = np.random.default_rng(7)
    exporter, importer = rng.normal(0, 0.5, (2, economies, years))
    rows = []
    for i in range(economies):
        for j in range(economies):
            pair = rng.normal() + (np.log(home) if i == j and home else 0.0)
            for t in range(years):
                x = 0.5 * exporter[i, t] + 0.5 * importer[j, t] + 0.3 * pair + rng.normal(0, 0.5, covariates)
                x[1:2] = rng.random() < 0.4
                mu = np.exp(2 + x @ np.array([0.8, -0.3, 0.5])[:covariates] + exporter[i, t] + importer[j, t] + pair)
                trade = mu * rng.gamma(1.5, 1 / 1.5) * (rng.random() >= zeros) * (not i < idle or j != i + 1)
                if rng.random() >= missing and (home or i != j):
                    rows.append((f"E{i}", f"E{j}", 1990 + 4 * t, trade, *x))
    return pd.DataFrame(rows, columns=["exporter", "importer", "year", "trade", *(f"x{k}" for k in range(covariates))])


@pytest.mark.parametrize(
    "panel",
    [
        pytest.param({"economies": 12, "years": 2, "covariates": 1, "home": 0.0}, id="one covariate, two years, no sales at home"),
        pytest.param({"economies": 9, "years": 2, "covariates": 3}, id="three covariates, two years"),
        pytest.param({"economies": 8, "years": 4, "covariates": 2}, id="four years"),
        pytest.param({"economies": 9, "years": 3, "covariates": 2, "zeros": 0.25, "idle": 3}, id="zeros, and pairs without trade"),
        pytest.param({"economies": 9, "years": 4, "covariates": 2, "zeros": 0.1, "missing": 0.2}, id="missing years"),
        pytest.param({"economies": 8, "years": 6, "covariates": 1, "home": 3000.0}, id="mostly sales at home, six years"),
    ],
)
def test_bias_and_errors_are_those_of_the_formulas_written_down_plainly(panel: dict[str, float]) -> None:
    """To one part in ten million; the largest relative difference seen is 1e-9."""
    frame = small_panel(**panel)  # type: ignore[arg-type]
    names = [name for name in frame if name.startswith("x")]
    plain = plain_bias(frame, "trade", names)
    found = bias_correction(ppml(frame, "trade", names, EFFECTS, None), frame)
    for ours, theirs in (
        (found.uncorrected, plain.estimate),
        (found.bias, plain.bias),
        (found.coefficients, plain.estimate - plain.bias),
        (found.uncorrected_standard_errors, np.sqrt(np.diag(plain.covariance))),
        (found.standard_errors, np.sqrt(np.diag(plain.corrected_covariance))),
    ):
        assert ours.to_numpy() == pytest.approx(theirs, rel=1e-7)


# The counts drawn for the test below, in the order of exporter, importer and year.
COUNTS = (
    "222412314241533311112121311311131211311222134422124111233232111122112221212222213"
    "321132321312222124323211142111222211221222321351113131131313233221222121122322211"
    "123212232111221231333211223632242112211121151441221221112251121122121312142112114"
    "313123124122142223113121123152121122121241121212111224242231232112313233112222121"
    "121221322131322232212211122211122311222234212431112113222123131731221221223211232"
    "212313223243124252312232313322112222222112312111112313322121134131232212221123312"
)


def test_a_printed_coefficient_is_matched_to_its_last_digit() -> None:
    """-0.0088560: the tests of GLFixedEffectModels.jl (test/biascorr_test.jl, three-way Poisson), whose authors say that
    they get what ppml_fe_bias, the program of Weidner and Zylkin, does.

    Nine exporters, nine importers and six years out of Julia's StableRNG(1234): the covariate rand(rng, 486), drawn anew
    here (a multiplicative generator), and after it the flows rand(rng, Poisson(), 486) .+ 1, written out above.
    """
    state, covariate = 2 * 1234 + 1, []
    for _ in COUNTS:
        state = state * 0x45A31EFC5A35D971261FD0407A968ADD % 2**128
        covariate.append((state >> 64) % 2**52 / 2**52)
    index = pd.MultiIndex.from_product([range(9), range(9), range(6)], names=["exporter", "importer", "year"])
    frame = pd.DataFrame({"x": covariate, "trade": [float(count) for count in COUNTS]}, index).reset_index()
    found = bias_correction(fitted(frame), frame)
    assert found.coefficients["x"] == pytest.approx(-0.0088560, abs=5e-8)
    assert found.uncorrected["x"] == pytest.approx(-0.0122274, abs=5e-8), "so it is the correction that is matched"


def test_the_split_panel_jackknife_finds_a_bias_of_the_same_sign_and_size() -> None:
    """The jackknife of the same paper: exporters and importers in random halves; the mean of the four quarters' estimates
    less the estimate is the bias. It knows no formula, but is noisy, and its quarters have more bias of second order:
    60 economies, where that is small."""
    rng = np.random.default_rng(5)
    analytical, jackknife = [], []
    for _ in range(20):
        frame = world(rng, 60)
        fit = fitted(frame)
        halves = [frame[side].map(dict(zip(frame[side].unique(), rng.permutation(60) % 2, strict=True))) for side in ("exporter", "importer")]
        quarters = [fitted(part.reset_index(drop=True)).coefficients["x"] for _, part in frame.groupby(halves)]
        analytical.append(bias_correction(fit, frame).bias["x"])
        jackknife.append(np.mean(quarters) - fit.coefficients["x"])
    noise = np.std(jackknife, ddof=1) / np.sqrt(len(jackknife))
    assert np.mean(analytical) > 0 and np.mean(jackknife) > 2.5 * noise
    assert abs(np.mean(analytical) - np.mean(jackknife)) < 2.5 * noise


def test_sales_at_home_that_dwarf_exports_leave_enough_to_correct_with() -> None:
    """Economies that sell nearly all at home, as in the guide's panel; two in a hundred of a residual are left at least."""
    frame = tables.manufacturing_trade_panel()
    found = bias_correction(ppml(frame, "trade_musd", ["trade_agreement"], EFFECTS, None), frame)
    assert found.pairs > 4_600 and found.standard_errors["trade_agreement"] > found.uncorrected_standard_errors["trade_agreement"]


def test_an_economy_with_one_partner_in_a_year_is_refused() -> None:
    frame = small_panel(8, 3, 1)
    alone = frame["exporter"].eq("E0") & frame["importer"].ne("E1") & frame["year"].eq(1990)
    lonely = frame[~alone].reset_index(drop=True)
    with pytest.raises(EstimationError, match="one partner only"):
        bias_correction(ppml(lonely, "trade", ["x0"], EFFECTS, None), lonely)


@pytest.mark.slow
def test_the_correction_takes_most_of_the_bias_where_variance_is_the_mean_and_widens_the_errors() -> None:
    rng = np.random.default_rng(2021)
    rows = []
    for _ in range(WORLDS):
        frame = world(rng)
        found = bias_correction(fitted(frame), frame)
        rows.append([found.uncorrected["x"], found.coefficients["x"], found.uncorrected_standard_errors["x"], found.standard_errors["x"]])
    raw, corrected, plain_error, error = np.array(rows).T
    noise = raw.std() / np.sqrt(WORLDS)
    assert raw.mean() - TRUTH > 2.5 * noise, "there is a bias to correct"
    assert abs(corrected.mean() - TRUTH) < 2.5 * noise
    assert abs(corrected.mean() - TRUTH) < 0.5 * abs(raw.mean() - TRUTH)
    assert plain_error.mean() < error.mean()
    # Each error beside the spread of the estimate that it belongs to.
    assert abs(error.mean() / corrected.std() - 1) < abs(plain_error.mean() / raw.std() - 1)


def test_units_do_not_matter_and_the_table_adds_up() -> None:
    frame = world(np.random.default_rng(1))
    one = bias_correction(fitted(frame), frame)
    many = frame.assign(trade=1000.0 * frame["trade"])
    other = bias_correction(fitted(many), many)
    assert other.bias["x"] == pytest.approx(one.bias["x"], rel=1e-5)
    assert one.coefficients["x"] == pytest.approx(one.uncorrected["x"] - one.bias["x"])
    assert "Weidner and Zylkin" in str(one)


def test_a_fit_without_pair_effects_is_refused() -> None:
    frame = world(np.random.default_rng(1))
    two_way = ppml(frame, "trade", ["x"], EFFECTS[:2], None)
    with pytest.raises(EstimationError):
        bias_correction(two_way, frame)
