"""Poisson pseudo-maximum likelihood: against independent estimators, by its invariances, and on bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.errors import EstimationError
from corridors.gravity import Fit, groups, ppml
from corridors.gravity.sample import Factor

TWO_WAY = ["exporter", "importer"]
THREE_WAY = ["exporter^year", "importer^year", "exporter^importer"]


def panel(n: int = 12, years: int = 4, seed: int = 1, zeros: float = 0.2) -> pd.DataFrame:
    """Trade of n economies: heteroskedastic, with zeros, with agreements that come into force over the years."""
    rng = np.random.default_rng(seed)
    i, j, t = (v.ravel() for v in np.meshgrid(np.arange(n), np.arange(n), np.arange(years), indexing="ij"))
    size = rng.lognormal(0, 1, n)
    distance = rng.uniform(0.5, 3, (n, n))
    distance = (distance + distance.T) / 2
    start = rng.integers(1, 2 * years, (n, n))
    frame = pd.DataFrame(
        {
            "exporter": [f"E{k:02d}" for k in i],
            "importer": [f"E{k:02d}" for k in j],
            "year": 2000 + t,
            "ln_distance": distance[i, j],
            "agreement": (t >= start[i, j]).astype(float),
            "quality": rng.normal(size=i.size),
            "weight": rng.uniform(0.5, 2, i.size),
            "known": rng.normal(0, 0.3, i.size),
        }
    )
    frame["pair"] = [f"{min(a, b):02d}-{max(a, b):02d}" for a, b in zip(i, j, strict=True)]
    mean = size[i] * size[j] * np.exp(1 - frame["ln_distance"] + 0.5 * frame["agreement"] + 0.1 * frame["quality"] + 0.05 * t)
    frame["trade"] = mean * rng.gamma(1.5, 1 / 1.5, i.size) * (rng.random(i.size) > zeros)
    return frame[i != j].reset_index(drop=True)


FRAME = panel()
YEAR = FRAME[FRAME["year"] == 2002].reset_index(drop=True)
# Enough clusters for variances that need no repair two ways.
WIDE = panel(24, 2, seed=5)
COVARIATES = ["ln_distance", "agreement", "quality"]


def dummies(frame: pd.DataFrame, names: list[str]) -> np.ndarray:
    blocks = []
    for name in names:
        label = frame[name.split("^")].astype(str).agg("^".join, axis=1)
        blocks.append(pd.get_dummies(label).to_numpy(float))
    return np.hstack(blocks)


def textbook(frame: pd.DataFrame, covariates: list[str], effects: list[str], **given: str) -> tuple[np.ndarray, np.ndarray]:
    """Estimates by Newton's method on all dummies, and the bread of the sandwich for the covariates' scores."""
    x = np.hstack([frame[covariates].to_numpy(float), dummies(frame, effects) if effects else np.ones((len(frame), 1))])
    y = frame["trade"].to_numpy(float)
    w = frame[given["weights"]].to_numpy(float) if "weights" in given else np.ones(len(y))
    o = frame[given["offset"]].to_numpy(float) if "offset" in given else np.zeros(len(y))
    eta = np.log(y + y.mean())
    for _ in range(60):
        mu = np.exp(eta)
        root = np.sqrt(w * mu)
        b = np.linalg.lstsq(x * root[:, None], (eta - o + (y - mu) / mu) * root, rcond=1e-13)[0]
        eta = x @ b + o
    return b[: len(covariates)], np.exp(eta)


def sandwich(frame: pd.DataFrame, fit: Fit, covariates: list[str], effects: list[str], clusters: list[str]) -> np.ndarray:
    """Standard errors by the formula of Cameron, Gelbach and Miller (2011), one cluster after another."""
    d = dummies(frame, effects)
    x, y, mu = frame[covariates].to_numpy(float), frame["trade"].to_numpy(float), fit.fitted
    root = np.sqrt(mu)[:, None]
    clean = x - d @ np.linalg.lstsq(d * root, x * root, rcond=1e-13)[0]
    bread = np.linalg.inv((clean * mu[:, None]).T @ clean)
    scores = clean * (y - mu)[:, None]
    n = len(frame)

    def middle(columns: list[str]) -> np.ndarray:
        sums = pd.DataFrame(scores).groupby([frame[c].to_numpy() for c in columns]).sum().to_numpy()
        return sums.T @ sums

    levels = sum(frame[e.split("^")].drop_duplicates().shape[0] for e in effects)
    if not clusters:
        k = len(covariates) + levels - (len(effects) - 1)
        return np.sqrt(np.diag(bread @ (scores.T @ scores) @ bread) * n / (n - k))
    nested = [e for e in effects if any((frame.groupby(e.split("^"))[c].nunique() == 1).all() for c in clusters)]
    inside = sum(frame[e.split("^")].drop_duplicates().shape[0] for e in nested)
    k = len(covariates) + levels - (len(effects) - 1) - inside + (len(nested) if nested else 0)
    total = middle(clusters[:1])
    if len(clusters) == 2:
        total = total + middle(clusters[1:]) - middle(clusters)
    groups = min(frame[c].nunique() for c in clusters)
    return np.sqrt(np.diag(bread @ total @ bread) * (n - 1) / (n - k) * groups / (groups - 1))


# --- independent estimators ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pyfixest() -> object:
    return pytest.importorskip("pyfixest")


@pytest.mark.parametrize(
    ("effects", "cluster", "vcov"),
    [
        (TWO_WAY, None, "hetero"),
        (TWO_WAY, ["exporter"], {"CRV1": "exporter"}),
        (TWO_WAY, ["exporter", "importer"], {"CRV1": "exporter+importer"}),
        (["exporter^year", "importer^year"], ["pair"], {"CRV1": "pair"}),
        (THREE_WAY, ["pair"], {"CRV1": "pair"}),
    ],
    ids=["robust", "one way", "two ways", "interactions", "three-way"],
)
def test_agrees_with_pyfixest(pyfixest, effects: list[str], cluster: list[str] | None, vcov: object) -> None:
    covariates = COVARIATES if effects != THREE_WAY else ["agreement", "quality"]
    frame = WIDE if cluster == TWO_WAY else FRAME
    ours = ppml(frame, "trade", covariates, effects, cluster)
    theirs = pyfixest.fepois(
        f"trade ~ {' + '.join(covariates)} | {' + '.join(effects)}", data=frame, vcov=vcov,
        iwls_tol=1e-13, fixef_tol=1e-12, fixef_rm="none", iwls_maxiter=100,
    )  # fmt: skip
    assert ours.nobs == theirs._N
    np.testing.assert_allclose(ours.coefficients, theirs.coef()[covariates], rtol=0, atol=1e-7)
    np.testing.assert_allclose(ours.standard_errors, theirs.se()[covariates], rtol=1e-4)


@pytest.mark.parametrize("given", [{}, {"weights": "weight"}, {"offset": "known"}, {"weights": "weight", "offset": "known"}])
def test_agrees_with_statsmodels(given: dict[str, str]) -> None:
    sm = pytest.importorskip("statsmodels.api")
    ours = ppml(YEAR, "trade", COVARIATES, TWO_WAY, **given)
    x = np.hstack([YEAR[COVARIATES], dummies(YEAR, TWO_WAY)[:, 1:]])
    theirs = sm.GLM(
        YEAR["trade"], x, family=sm.families.Poisson(),
        freq_weights=YEAR["weight"] if "weights" in given else None,
        offset=YEAR["known"] if "offset" in given else None,
    ).fit(tol=1e-13, maxiter=200)  # fmt: skip
    np.testing.assert_allclose(ours.coefficients, theirs.params[:3], rtol=0, atol=1e-7)
    np.testing.assert_allclose(ours.fitted, theirs.fittedvalues, rtol=1e-6)
    assert ours.deviance == pytest.approx(theirs.deviance, rel=1e-9)


@pytest.mark.parametrize("cluster", [[], ["exporter"], ["exporter", "importer"], ["pair"]])
@pytest.mark.parametrize("effects", [TWO_WAY, ["exporter^year", "importer^year"], THREE_WAY], ids=["2", "2 yearly", "3"])
def test_standard_errors_are_those_of_the_textbook(effects: list[str], cluster: list[str]) -> None:
    covariates = COVARIATES if effects != THREE_WAY else ["agreement", "quality"]
    frame = WIDE if cluster == TWO_WAY and effects != THREE_WAY else FRAME
    fit = ppml(frame, "trade", covariates, effects, cluster or None)
    estimate, fitted = textbook(frame, covariates, effects)
    np.testing.assert_allclose(fit.coefficients, estimate, rtol=0, atol=1e-7)
    np.testing.assert_allclose(fit.fitted, fitted, rtol=1e-6)
    np.testing.assert_allclose(fit.standard_errors, sandwich(frame, fit, covariates, effects, cluster), rtol=1e-6)


def test_a_negative_variance_two_ways_is_repaired() -> None:
    """With 12 clusters a way the formula can give a negative variance; the nearest that is none is taken."""
    with np.errstate(invalid="ignore"):
        bare = sandwich(FRAME, ppml(FRAME, "trade", COVARIATES, TWO_WAY), COVARIATES, TWO_WAY, TWO_WAY)
    assert np.isnan(bare).any()
    fit = ppml(FRAME, "trade", COVARIATES, TWO_WAY, TWO_WAY)
    assert (fit.standard_errors > 0).all()
    assert np.linalg.eigvalsh(fit.covariance).min() > -1e-12


def test_without_fixed_effects_there_is_a_constant() -> None:
    fit = ppml(YEAR, "trade", COVARIATES)
    estimate, _ = textbook(YEAR, COVARIATES, [])
    np.testing.assert_allclose(fit.coefficients[COVARIATES], estimate, atol=1e-7)
    assert fit.covariates[-1] == "constant"
    assert fit.fitted.sum() == pytest.approx(YEAR["trade"].sum())


# --- paths ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "effects",
    [[*TWO_WAY, "year"], ["exporter^year", "importer"], ["exporter^year", "importer^year"], THREE_WAY, ["exporter^year", "importer^year", "pair"],
     ["exporter^year", "importer", "pair", "year"]],
    ids=lambda e: "+".join(e),
)  # fmt: skip
def test_tensor_and_sparse_paths_agree(effects: list[str]) -> None:
    covariates = ["agreement", "quality"]
    shuffled = FRAME.sample(frac=1, random_state=3).reset_index(drop=True)
    dense = ppml(FRAME, "trade", covariates, effects, ["pair"], path="dense")
    sparse = ppml(shuffled, "trade", covariates, effects, ["pair"], path="sparse")
    assert (dense.path, sparse.path) == ("dense", "sparse")
    np.testing.assert_allclose(dense.coefficients, sparse.coefficients, rtol=0, atol=1e-9)
    np.testing.assert_allclose(dense.standard_errors, sparse.standard_errors, rtol=1e-7)
    again = pd.Series(sparse.fitted, pd.MultiIndex.from_frame(shuffled[["exporter", "importer", "year"]]))
    wanted = pd.MultiIndex.from_frame(FRAME[["exporter", "importer", "year"]])
    np.testing.assert_allclose(dense.fitted, again.reindex(wanted), rtol=1e-7)


def test_effects_of_groups_that_nothing_ties_together() -> None:
    """Two worlds that never trade with each other, and a year's effects for each: as if estimated together with dummies."""
    other = panel(7, 3, seed=9)
    for side in TWO_WAY:
        other[side] = "other " + other[side]
    frame = pd.concat([FRAME, other], ignore_index=True)
    for effects in (TWO_WAY, ["exporter^year", "importer^year"]):
        estimate, _ = textbook(frame, COVARIATES, effects)
        for path in ("auto", "sparse"):
            np.testing.assert_allclose(ppml(frame, "trade", COVARIATES, effects, path=path).coefficients, estimate, atol=1e-8)


def test_rows_that_do_not_fill_a_tensor_take_the_sparse_path() -> None:
    twice = pd.concat([YEAR, YEAR], ignore_index=True)
    assert ppml(twice, "trade", COVARIATES, TWO_WAY).path == "sparse"
    with pytest.raises(EstimationError, match="do not fill a tensor"):
        ppml(twice, "trade", COVARIATES, TWO_WAY, path="dense")


# --- separation and collinearity --------------------------------------------------------------------------

# The examples of Correia, Guimaraes and Zylkin's guide to separation (github.com/sergiocorreia/ppmlhdfe, guides),
# with the rows that they show to be separated.
SEPARATED = {
    "one regressor": ("y x", ["0 1", "0 1", "0 0", "1 0", "2 0", "3 0"], ["x"], [], [0, 1]),
    "two regressors": ("y x1 x2", ["0 2 -1", "0 -1 2", "0 0 0", "1 0 0", "2 5 -10", "3 6 -12"], ["x1", "x2"], [], [0]),
    "a combination": (
        "y x1 x2 x3",
        ["0 0 1 0", "0 0 0 0", "0 0 0 0", "0 0 0 0", "0 1 9 0", "2 21 21 21", "3 0 0 0", "5 0 0 0", "7 0 0 0", "10 -18 -18 0"],
        ["x1", "x2", "x3"], [], [0, 4],
    ),
    "convergence to nonsense": (
        "y x1 x2 x3 x4",
        ["0 0 0 2 10", "0 0 0 0 -2", "0 0 0 0 6", "0 0 0 4 5", "0 1 0 0 3", "2 0 0 0 3", "2 0 0 0 4", "2 0 0 -2 15", "2 0 0 0 -7",
         "4 0 0 -3 15", "6 -3 -3 0 4", "6 0 0 0 4"],
        ["x1", "x2", "x3", "x4"], [], [4],
    ),
    "a fixed effect": ("y id", ["0 1", "0 1", "0 2", "1 2", "2 3", "3 3"], [], ["id"], [0, 1]),
    "two fixed effects": ("y id1 id2", ["0 1 1", "1 1 1", "0 2 1", "0 2 2", "1 2 2"], [], ["id1", "id2"], [2]),
    "not separated, nearly": (
        "y id1 id2", ["0 1 1", "1 1 1", "0 2 1", "0 2 2", "1 2 2", "1e-6 2 1", "1e-6 2 1", "1e-6 2 1"], [], ["id1", "id2"], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SEPARATED, ids=str)
def test_separated_rows_are_found_and_no_other(case: str) -> None:
    header, lines, covariates, effects, expected = SEPARATED[case]
    frame = pd.DataFrame([[float(v) for v in line.split()] for line in lines], columns=header.split())
    fit = ppml(frame, "y", covariates, effects)
    assert fit.dropped.rows.tolist() == expected
    assert (fit.fitted[expected] == 0).all()
    assert fit.dropped.without_trade + fit.dropped.separated == len(expected)


def test_estimates_without_separated_rows_are_those_of_the_guide() -> None:
    """b[x3] = 0.066 in the first benchmark and a constant of 0.59095 in the second, as the guide prints."""
    header, lines, covariates, _, _ = SEPARATED["a combination"]
    frame = pd.DataFrame([[float(v) for v in line.split()] for line in lines], columns=header.split())
    assert ppml(frame, "y", covariates).coefficients["x3"] == pytest.approx(0.066, abs=5e-4)
    header, lines, covariates, _, _ = SEPARATED["convergence to nonsense"]
    frame = pd.DataFrame([[float(v) for v in line.split()] for line in lines], columns=header.split())
    fit = ppml(frame, "y", covariates)
    assert fit.coefficients["constant"] == pytest.approx(0.59095, abs=5e-6)
    assert fit.dropped.covariates == {"x2": "collinear with x1 (only zero flows that are separated, and so left out, say more)"}


def test_pairs_that_never_trade_are_dropped_and_do_not_matter() -> None:
    silent = FRAME.copy()
    silent.loc[silent["pair"] == "00-05", "trade"] = 0.0
    effects = ["exporter^year", "importer^year", "pair"]
    with_them = ppml(silent, "trade", ["agreement"], effects, "pair")
    without = ppml(silent[silent["pair"] != "00-05"], "trade", ["agreement"], effects, "pair")
    assert with_them.dropped.without_trade == 8
    assert with_them.nobs == without.nobs
    np.testing.assert_allclose(with_them.coefficients, without.coefficients, atol=1e-10)
    np.testing.assert_allclose(with_them.standard_errors, without.standard_errors, rtol=1e-8)
    assert "8 rows" in str(with_them.dropped)


def test_collinear_covariates_are_dropped_and_named() -> None:
    frame = FRAME.assign(
        double=2 * FRAME["quality"], of_exporter=FRAME["exporter"].str[1:].astype(float), nothing=0.0,
        mixed=FRAME["quality"] - 3 * FRAME["agreement"],
    )  # fmt: skip
    fit = ppml(frame, "trade", ["quality", "double", "of_exporter", "agreement", "nothing", "mixed"], ["exporter^year", "importer^year"])
    assert fit.covariates == ("quality", "agreement")
    assert fit.dropped.covariates == {
        "double": "collinear with quality",
        "of_exporter": "collinear with the fixed effects",
        "nothing": "zero in every row that is used",
        "mixed": "collinear with quality, agreement",
    }
    plain = ppml(frame, "trade", ["quality", "agreement"], ["exporter^year", "importer^year"])
    np.testing.assert_allclose(fit.coefficients, plain.coefficients, atol=1e-10)


# --- invariances ------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(unit=st.floats(1e-6, 1e9), scale=st.floats(1e-4, 1e4), shift=st.floats(-50, 50))
def test_units_do_not_matter(unit: float, scale: float, shift: float) -> None:
    fit = ppml(YEAR, "trade", COVARIATES, TWO_WAY, TWO_WAY)
    moved = YEAR.assign(trade=unit * YEAR["trade"], quality=scale * YEAR["quality"] + shift)
    other = ppml(moved, "trade", COVARIATES, TWO_WAY, TWO_WAY)
    back = np.array([1, 1, scale])
    np.testing.assert_allclose(other.coefficients * back, fit.coefficients, atol=1e-8)
    np.testing.assert_allclose(other.standard_errors * back, fit.standard_errors, rtol=1e-6)
    np.testing.assert_allclose(other.fitted / unit, fit.fitted, rtol=1e-7)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_order_of_rows_and_names_of_economies_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = dict(zip(sorted(YEAR["exporter"].unique()), rng.permutation(900)[:12], strict=True))
    order = rng.permutation(len(YEAR))
    other = YEAR.assign(exporter=YEAR["exporter"].map(names), importer=YEAR["importer"].map(names)).iloc[order]
    fit, again = ppml(YEAR, "trade", COVARIATES, TWO_WAY, TWO_WAY), ppml(other, "trade", COVARIATES, TWO_WAY, TWO_WAY)
    np.testing.assert_allclose(again.coefficients, fit.coefficients, atol=1e-9)
    np.testing.assert_allclose(again.standard_errors, fit.standard_errors, rtol=1e-7)
    np.testing.assert_allclose(again.fitted, fit.fitted[order], rtol=1e-8)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), zeros=st.floats(0, 0.6))
def test_first_order_conditions_hold(seed: int, zeros: float) -> None:
    """Totals of every fixed effect are met, and scores of covariates are zero, whatever the data."""
    frame = panel(8, 3, seed, zeros)
    fit = ppml(frame, "trade", ["agreement", "quality"], ["exporter^year", "importer^year"])
    total = frame["trade"].sum()
    rest = frame["trade"] - fit.fitted
    for effect in (["exporter", "year"], ["importer", "year"]):
        assert rest.groupby([frame[c] for c in effect]).sum().abs().max() < 1e-7 * total
    for name in fit.covariates:
        assert abs(rest @ frame[name]) < 1e-6 * total
    assert (fit.fitted >= 0).all()


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_weights_count_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = rng.integers(0, 4, len(YEAR))
    weighted = ppml(YEAR.assign(times=times), "trade", COVARIATES, TWO_WAY, weights="times")
    repeated = ppml(YEAR.loc[YEAR.index.repeat(times)], "trade", COVARIATES, TWO_WAY)
    np.testing.assert_allclose(weighted.coefficients, repeated.coefficients, atol=1e-8)


def test_an_offset_is_a_covariate_with_coefficient_one() -> None:
    fit = ppml(YEAR, "trade", COVARIATES, TWO_WAY)
    held = YEAR.assign(held=YEAR["quality"] * fit.coefficients["quality"])
    other = ppml(held, "trade", ["ln_distance", "agreement"], TWO_WAY, offset="held")
    np.testing.assert_allclose(other.coefficients, fit.coefficients[["ln_distance", "agreement"]], atol=1e-8)
    np.testing.assert_allclose(other.fitted, fit.fitted, rtol=1e-7)


def test_fixed_effects_and_coefficients_make_the_fitted_values() -> None:
    fit = ppml(YEAR, "trade", COVARIATES, TWO_WAY)
    eta = YEAR[COVARIATES].to_numpy() @ fit.coefficients.to_numpy()
    eta = eta + YEAR["exporter"].map(fit.fixed_effects["exporter"]) + YEAR["importer"].map(fit.fixed_effects["importer"])
    np.testing.assert_allclose(np.exp(eta), fit.fitted, rtol=1e-8)
    assert fit.fixed_effects["importer"].mean() == pytest.approx(0, abs=1e-10)


# --- bad input --------------------------------------------------------------------------------------------

BAD = {
    "no column": ({"covariates": ["ln_distanse"]}, r"no column 'ln_distanse' \(covariate\).*did you mean 'ln_distance'"),
    "no outcome": ({"outcome": "trad"}, r"no column 'trad' \(outcome\).*did you mean 'trade'"),
    "no effect": ({"fixed_effects": ["exporter^yeer"]}, r"no column 'yeer' \(fixed effect\).*'year'"),
    "no cluster": ({"cluster": "paair"}, r"no column 'paair' \(cluster\).*'pair'"),
    "text": ({"covariates": ["pair"]}, r"'pair' \(covariate\) is not numeric: row 0 holds '00-01'.*fixed_effects"),
    "twice": ({"covariates": ["quality", "quality"]}, "covariates names 'quality' twice"),
    "path": ({"path": "fast"}, "path is 'fast'; allowed are"),
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_bad_arguments_are_named(case: str) -> None:
    arguments, message = BAD[case]
    with pytest.raises(EstimationError, match=message):
        ppml(FRAME, **{"outcome": "trade", "covariates": COVARIATES, "fixed_effects": TWO_WAY, **arguments})


DAMAGE = {
    "negative trade": ("trade", 7, -1.0, r"'trade' is negative in row 7 \(-1\); trade flows are zero or more"),
    "missing trade": ("trade", 3, np.nan, r"'trade' \(outcome\) is missing in row 3"),
    "log of zero": ("ln_distance", 5, -np.inf, r"'ln_distance' \(covariate\) is -inf in row 5.*logarithm of zero"),
    "missing label": ("exporter", 2, None, r"'exporter' \(fixed effect\) is missing in row 2; every row needs a label"),
    "negative weight": ("weight", 4, -0.5, r"'weight' is negative in row 4"),
}


@pytest.mark.parametrize("case", DAMAGE, ids=str)
def test_bad_values_are_named_with_their_row(case: str) -> None:
    column, row, value, message = DAMAGE[case]
    frame = FRAME.copy()
    frame.loc[row, column] = value
    with pytest.raises(EstimationError, match=message):
        ppml(frame, "trade", COVARIATES, TWO_WAY, weights="weight")


def test_nothing_to_estimate() -> None:
    with pytest.raises(EstimationError, match="no rows"):
        ppml(FRAME.iloc[:0], "trade", COVARIATES, TWO_WAY)
    with pytest.raises(EstimationError, match="zero in every row"):
        ppml(FRAME.assign(trade=0.0), "trade", COVARIATES, TWO_WAY)
    with pytest.raises(EstimationError, match=r"'weight' \(weights\) is zero in every row"):
        ppml(FRAME.assign(weight=0.0), "trade", COVARIATES, TWO_WAY, weights="weight")


def test_the_frame_is_left_alone() -> None:
    before = FRAME.copy(deep=True)
    ppml(FRAME, "trade", COVARIATES, THREE_WAY, ["pair"], weights="weight", offset="known")
    pd.testing.assert_frame_equal(FRAME, before)


def test_columns_of_a_size_lie_in_the_order_in_which_they_were_named() -> None:
    """A set of names has another order in each process: fits differed in their last digits."""
    rng = np.random.default_rng(1)
    codes = {f"{side}_{k}": rng.permutation(6) for k in range(24) for side in ("seller", "buyer")}
    for k in range(24):
        named = (f"seller_{k}", f"buyer_{k}")
        factors = [Factor(name, (name,), codes[name], 6, pd.RangeIndex(6)) for name in named]
        assert groups._axes(factors, {name: codes[name] for name in named}) == list(named)
