"""Diagnostics of a fit, its tables, and the missing trade of the world."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from corridors.data import panel, tables
from corridors.errors import DataError, EstimationError
from corridors.gravity import Fit, ppml
from corridors.gravity.diagnostics import counts, heterogeneity, influence, reset
from corridors.runtime.notebook_html import in_notebook
from corridors.study.result_tables import TABLES
from corridors.trade import expected_trade, missing_trade
from corridors.trade.gravity_effects import gravity_whatif

TWO_WAY = ["exporter", "importer"]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return made_up(seed=1)


@pytest.fixture(scope="module")
def fit(frame: pd.DataFrame) -> Fit:
    return ppml(frame, "trade", ["ln_distance", "tie"], TWO_WAY, "pair")


def made_up(seed: int, curve: float = 0.0, n: int = 25, poisson: bool = False) -> pd.DataFrame:
    """Trade whose log mean is linear in what is known, or not: ``curve`` times the square of it is added."""
    rng = np.random.default_rng(seed)
    i, j = (v.ravel() for v in np.meshgrid(np.arange(n), np.arange(n), indexing="ij"))
    distance = rng.uniform(0, 3, (n, n))
    distance = (distance + distance.T) / 2
    tie = (rng.random((n, n)) < 0.2).astype(float)
    size = rng.lognormal(0, 0.7, n)
    eta = np.log(np.outer(size, size)) - 0.8 * distance + 0.5 * tie
    mean = np.exp(eta + curve * eta**2)
    trade = rng.poisson(20 * mean) / 20 if poisson else mean * rng.gamma(4, 0.25, (n, n))
    out = pd.DataFrame(
        {
            "exporter": [f"E{k:02d}" for k in i], "importer": [f"E{k:02d}" for k in j],
            "pair": [f"{min(a, b)}-{max(a, b)}" for a, b in zip(i, j, strict=True)],
            "ln_distance": distance[i, j], "tie": tie[i, j], "trade": trade[i, j],
        }
    )  # fmt: skip
    return out[i != j].reset_index(drop=True)


# --- RESET ------------------------------------------------------------------------------------------------


def test_reset_refuses_a_wrong_form_and_keeps_its_size_where_the_form_is_right() -> None:
    def p_value(seed: int, curve: float) -> float:
        return reset(ppml(made_up(seed, curve, poisson=True), "trade", ["ln_distance", "tie"], TWO_WAY)).p_value

    right = [p_value(seed, 0.0) for seed in range(80)]
    assert sum(p < 0.05 for p in right) <= 11  # 4 expected; 12 or more would be a chance of 0.0007
    assert sum(p_value(seed, 0.1) < 0.01 for seed in range(10)) == 10


def test_reset_does_not_depend_on_units(frame: pd.DataFrame, fit: Fit) -> None:
    other = ppml(frame.assign(trade=1e6 * frame["trade"], ln_distance=7 + frame["ln_distance"]), "trade", ["ln_distance", "tie"], TWO_WAY, "pair")
    assert reset(other).p_value == pytest.approx(reset(fit).p_value, rel=1e-5)
    assert "chi2(2)" in str(reset(fit))
    with pytest.raises(EstimationError, match="whole numbers of 2 or more"):
        reset(fit, (1, 2))


# --- influence and heterogeneity --------------------------------------------------------------------------


def test_influence_is_what_leaving_a_pair_out_does(frame: pd.DataFrame, fit: Fit) -> None:
    table = influence(fit, frame, ["pair"])
    assert len(table) == frame["pair"].nunique()
    assert table["largest"].is_monotonic_decreasing
    for row in table.head(5).itertuples():
        without = ppml(frame[frame["pair"] != row.pair], "trade", ["ln_distance", "tie"], TWO_WAY, "pair")
        moved = (fit.coefficients - without.coefficients) / fit.standard_errors
        # one step: the fixed effects stay, so a move of half a standard error is told to a third of it
        np.testing.assert_allclose([row.ln_distance, row.tie], moved, atol=0.1, rtol=0.35)


def test_an_outlier_is_found(frame: pd.DataFrame) -> None:
    spoiled = frame.copy()
    spoiled.loc[(spoiled["exporter"] == "E03") & (spoiled["importer"] == "E17"), "trade"] *= 500
    found = influence(ppml(spoiled, "trade", ["ln_distance", "tie"], TWO_WAY, "pair"), spoiled)
    assert (found.loc[0, "exporter"], found.loc[0, "importer"]) == ("E03", "E17")
    with pytest.raises(EstimationError, match="no column 'exportr'.*'exporter'"):
        influence(ppml(frame, "trade", ["tie"], TWO_WAY), frame, ["exportr"])


def test_heterogeneity_finds_the_exporter_that_differs(frame: pd.DataFrame) -> None:
    steep = frame.copy()
    own = steep["exporter"] == "E05"
    steep.loc[own, "trade"] *= np.exp(-1.5 * steep.loc[own, "ln_distance"])
    fit = ppml(steep, "trade", ["ln_distance", "tie"], TWO_WAY, "pair")
    table = heterogeneity(fit, steep, "ln_distance").set_index("exporter")
    assert len(table) == 25
    assert table["estimate"].idxmin() == "E05"
    assert table.loc["E05", "estimate"] == pytest.approx(-2.3, abs=4 * table.loc["E05", "std_error"])
    others = table.drop(index="E05")
    assert ((others["low"] < -0.8) & (others["high"] > -0.8)).mean() > 0.8
    assert (table["common"] == fit.coefficients["ln_distance"]).all()
    with pytest.raises(EstimationError, match="'distance' is not a covariate.*'ln_distance'"):
        heterogeneity(fit, steep, "distance")


def test_counts(frame: pd.DataFrame) -> None:
    silent = frame.copy()
    silent.loc[silent["exporter"] == "E00", "trade"] = 0.0
    fit = ppml(silent, "trade", ["ln_distance", "tie"], TWO_WAY, "pair")
    table = counts(fit).set_index("what")["value"]
    assert table["rows given"] == len(frame)
    assert table["dropped: a fixed effect without any positive flow"] == 24
    assert table["rows used"] == len(frame) - 24
    assert 0 < table["share of the null deviance explained"] < 1


# --- tables to publish ------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Counts tags, and checks that each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_a_table_that_a_screen_reader_can_read(fit: Fit) -> None:
    reader = Tags()
    reader.feed(fit.to_html())
    assert not reader.open
    assert [t for t, _ in reader.seen].count("caption") == 1
    assert all(a.get("scope") in ("row", "col") for t, a in reader.seen if t == "th")
    assert fit._repr_html_() == in_notebook(fit.to_html())


def test_names_of_columns_never_become_markup(frame: pd.DataFrame) -> None:
    name = "<script>alert(1)</script>_&|*"
    fit = ppml(frame.assign(**{name: frame["tie"]}), "trade", [name], TWO_WAY)
    assert "<script" not in fit.to_html()
    assert r"\_\&" in fit.to_latex()
    assert "script" in fit.to_markdown() and r"\|" in fit.to_markdown()


@pytest.mark.parametrize("form", ["to_html", "to_latex", "to_markdown", "__str__"])
def test_every_form_shows_the_same_figures(fit: Fit, form: str) -> None:
    text = getattr(fit, form)()
    for estimate, error in zip(fit.coefficients, fit.standard_errors, strict=True):
        assert f"{estimate:.4f}" in text and f"({error:.4f})" in text
    assert f"{fit.nobs:,}" in text
    assert re.search(r"clustered by pair", text)


def test_the_interval_and_the_p_value_agree(fit: Fit) -> None:
    for level in (0.9, 0.95, 0.99):
        band = fit.confidence_interval(level)
        outside = (band["low"] > 0) | (band["high"] < 0)
        assert (outside == (fit.p_values < 1 - level)).all()


# --- missing trade ----------------------------------------------------------------------------------------


def test_missing_trade_has_the_columns_that_a_study_needs_and_adds_up() -> None:
    table = missing_trade.missing_trade(["PAK", "RUS"])
    assert not TABLES["missing_trade"].faults(table)
    assert not table.isna().any().any()
    world = missing_trade.world_fit()
    for economy in ("PAK", "RUS"):
        for direction, side in (("exports", "exporter"), ("imports", "importer")):
            rows = table[(table["study_economy"] == economy) & (table["direction"] == direction)]
            assert (rows[side] == economy).all()
            assert not rows["partner"].duplicated().any()
            # PPML meets the total of every exporter and importer, so what is missing here is more elsewhere
            assert rows["observed_musd"].sum() == pytest.approx(rows["predicted_musd"].sum(), rel=1e-6)
            assert len(rows) == (world.sample[side] == economy).sum()
    np.testing.assert_allclose(table["ratio"], table["observed_musd"] / table["predicted_musd"])
    assert ((table["ratio_p10"] <= table["ratio"]) & (table["ratio"] <= table["ratio_p90"])).all()
    assert table["rank"].between(0, 1).all()


def test_missing_trade_of_the_first_study_is_that_of_an_independent_fit() -> None:
    """Effects solved for by plain alternate scaling of the year's own matrix at the estimated slopes, and the ratios from it."""
    table = missing_trade.missing_trade(["PAK"]).set_index(["exporter", "importer"])["ratio"]
    sample = missing_trade.world_fit().sample
    slopes = expected_trade.answer().coefficients
    pull = np.exp(sample[list(slopes.index)].to_numpy(float) @ slopes.to_numpy())
    expected = pd.Series(pull, index=pd.MultiIndex.from_frame(sample[["exporter", "importer"]]))
    observed = pd.Series(sample["trade_musd"].to_numpy(), index=expected.index)
    for _ in range(300):
        for side in ("importer", "exporter"):
            factor = observed.groupby(side).sum() / expected.groupby(side).sum()
            expected = expected * factor.reindex(expected.index.get_level_values(side)).to_numpy()
    for pair in (("PAK", "RUS"), ("RUS", "PAK"), ("PAK", "KAZ"), ("KAZ", "PAK"), ("PAK", "CHN"), ("CHN", "PAK"), ("PAK", "AFG")):
        assert table[pair] == pytest.approx(observed[pair] / expected[pair], rel=1e-4)
    assert table["PAK", "RUS"] == pytest.approx(0.29, abs=0.02)
    assert table["RUS", "PAK"] == pytest.approx(1.0, abs=0.05)


def test_the_expectation_is_that_of_the_estimator_in_every_year() -> None:
    """The effects that balance each year are the fixed effects of the fit: both give the same expectation."""
    fit, sample = missing_trade.pooled_fit()
    answer, panels = expected_trade.answer(), panel.load()
    names = pd.Index(panels.economies)
    year = pd.Index(panels.years).get_indexer(sample["year"])
    ours = np.exp(answer.ln_trade[year, names.get_indexer(sample["exporter"]), names.get_indexer(sample["importer"])])
    use = np.isfinite(fit.fitted) & (fit.fitted > 1.0)
    np.testing.assert_allclose(ours[use], fit.fitted[use], rtol=1e-4)


def test_errors_of_the_expectation_are_those_of_a_full_covariance() -> None:
    """Against dummies and explicit sums over pairs, for a small part of the world."""
    errors = missing_trade.prediction_errors()
    world = missing_trade.world_fit()
    assert len(errors) == len(world.sample)
    assert (errors > 0).all()
    sample, mu = world.sample, world.expected_musd
    x = np.hstack(
        [
            pd.get_dummies(sample["exporter"]).to_numpy(float),
            pd.get_dummies(sample["importer"]).to_numpy(float)[:, 1:],
            sample[list(expected_trade.COVARIATES)].to_numpy(float),
        ]
    )
    bread = np.linalg.inv((x * mu[:, None]).T @ x)
    pair = np.sort(sample[["exporter", "importer"]].to_numpy(object), axis=1)
    scores = pd.DataFrame(x * (sample["trade_musd"].to_numpy() - mu)[:, None]).groupby([pair[:, 0], pair[:, 1]]).sum().to_numpy()
    half = scores @ bread
    rows = np.arange(0, len(sample), 997)
    expected = np.sqrt(((x[rows] @ half.T) ** 2).sum(axis=1))
    np.testing.assert_allclose(errors[rows], expected, rtol=1e-6)


def test_an_unknown_economy_is_named() -> None:
    with pytest.raises(DataError, match="'PAKK' has no trade in 2023.*'PAK'"):
        missing_trade.missing_trade(["PAKK"])
    with pytest.raises(DataError, match="year 2015 is not in the panel; it has 1992"):
        missing_trade.sample_of_year(2015)


def test_estimates_stand_beside_the_literature() -> None:
    table = missing_trade.gravity_table()
    assert not TABLES["gravity"].faults(table)
    by = table.set_index("covariate")
    known = tables.parameters().set_index("parameter")
    assert by.loc["ln_distance", "literature_mean"] == known.loc["distance_elasticity_literature", "central"]
    assert by.loc["ln_distance", "estimate"] == pytest.approx(-0.637, abs=5e-4)
    assert by.loc["ln_distance", "std_error"] == pytest.approx(0.055, abs=5e-4)
    assert by.loc["trade_agreement", "estimate"] == pytest.approx(0.471, abs=5e-4)
    said = by["literature_mean"].notna()
    assert (by.loc[said, "literature_low"] < by.loc[said, "literature_high"]).all()
    assert by.loc[said, "source"].str.contains("Head and Mayer").all()


def test_what_if() -> None:
    table = gravity_whatif(("PAK", "RUS"))
    assert set(table["case"]) == {"trade agreement", "10 % shorter distance"}
    assert len(table) == 4
    for p, q in (("p10", "p50"), ("p50", "p90")):
        assert (table[f"change_percent_{p}"] < table[f"change_percent_{q}"]).all()
    assert (table["change_percent_p50"] > 0).all()
    # the world adjusts: both ways together, the pair gains less than its own cost would say
    together = table.groupby("case")[["change_musd_p50", "base_musd"]].sum()
    gained = 100 * together["change_musd_p50"] / together["base_musd"]
    assert (gained < table.groupby("case")["direct_percent"].first()).all()
    fit = expected_trade.answer()
    agreement = table[table["case"] == "trade agreement"]
    np.testing.assert_allclose(agreement["direct_percent"], 100 * np.expm1(fit.coefficients["trade_agreement"]))
    assert set(gravity_whatif(("PAK", "CHN"))["case"]) == {"10 % shorter distance"}
    with pytest.raises(DataError, match="'PAC' is not in the world matrix"):
        gravity_whatif(("PAC", "RUS"))
    with pytest.raises(DataError, match="above 0 and below 100"):
        gravity_whatif(("PAK", "RUS"), shorter_percent=100)
    with pytest.raises(DataError, match="two economies are needed"):
        gravity_whatif(("PAK", "PAK"))
