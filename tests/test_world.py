"""The base-year world matrix: balanced, pinned, complete, and honest about what it fills."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from corridors.data import panel, tables
from corridors.errors import DataError, NotConverged
from corridors.trade import pooled_gravity, world
from corridors.trade.balancing import balance

SHARED = Path(os.environ.get("CORRIDORS_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"


@given(
    hnp.arrays(np.float64, (4, 4), elements=st.floats(0.01, 100)),
    hnp.arrays(np.float64, (4, 4), elements=st.floats(0.01, 100)),
)
def test_balancing_meets_totals_and_keeps_cross_ratios(seed: np.ndarray, other: np.ndarray) -> None:
    result = balance(seed, other.sum(axis=1), other.sum(axis=0))
    assert result.sum(axis=1) == pytest.approx(other.sum(axis=1), rel=1e-8)
    assert result.sum(axis=0) == pytest.approx(other.sum(axis=0), rel=1e-8)
    def odds(m: np.ndarray) -> float:
        return float(m[0, 0] * m[1, 1] / (m[0, 1] * m[1, 0]))

    assert odds(result) == pytest.approx(odds(seed), rel=1e-6)


def test_held_cells_stay_and_do_not_count() -> None:
    seed = np.array([[5.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    held = np.zeros((3, 3), dtype=bool)
    held[0, 0] = True
    result = balance(seed, np.array([2.0, 6.0, 6.0]), np.array([4.0, 5.0, 5.0]), held)
    assert result[0, 0] == 5.0
    assert np.where(held, 0, result).sum(axis=1) == pytest.approx([2, 6, 6])


def test_what_cannot_be_balanced_is_refused() -> None:
    with pytest.raises(NotConverged, match="column totals"):
        balance(np.ones((2, 2)), np.array([1.0, 1.0]), np.array([1.0, 2.0]))
    with pytest.raises(NotConverged, match="no cell"):
        balance(np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([1.0, 1.0]), np.array([1.0, 1.0]), max_steps=50)


def test_the_matrix_is_square_complete_and_positive_at_home() -> None:
    trade = world.base_matrix()
    assert list(trade.index) == list(trade.columns) == list(panel.load().economies)
    values = trade.to_numpy()
    assert np.isfinite(values).all()
    assert (values >= 0).all()
    assert (np.diag(values) > 0).all()
    abroad = values - np.diag(np.diag(values))
    assert (abroad.sum(axis=0) > 0).all()
    assert (abroad.sum(axis=1) > 0).all()


def test_the_callers_copy_is_its_own() -> None:
    own = world.base_matrix()
    own.iloc[0, 0] = -1.0
    assert world.base_matrix().iloc[0, 0] > 0


def test_what_either_side_reports_is_as_it_is() -> None:
    """Every flow of the table, to the last digit, and nothing where it has no row."""
    rows = tables.world_trade()
    year = int(rows["year"].max())
    reported = rows[(rows["year"] == year) & (rows["status"] == "reported")]
    built = world.build()
    assert built.year == year
    names = built.trade.index
    here = reported["exporter"].isin(names) & reported["importer"].isin(names)
    i, j = names.get_indexer(reported.loc[here, "exporter"]), names.get_indexer(reported.loc[here, "importer"])
    assert np.array_equal(built.trade.to_numpy()[i, j], reported.loc[here, "trade_musd"].to_numpy())
    origin = world.provenance()
    said = origin[(origin["basis"] == world.REPORTED) & (origin["trade_musd"] > 0)]
    assert len(said) == int((reported.loc[here, "trade_musd"] > 0).sum())


BACI = "CEPII BACI V202501, https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37"
CHANGED = {
    ("RUS", "UKR"): (4.5578, BACI),
    ("RUS", "IND"): (66149, BACI),
    ("RUS", "TUR"): (30979, BACI),
    ("RUS", "CHN"): (1.29e+05, BACI),
    ("CHN", "RUS"): (1.1001e+05, BACI),
    ("DEU", "RUS"): (9840.5, BACI),
    ("UZB", "AFG"): (765.97, BACI),
    ("PAK", "RUS"): (88.286, BACI),
    ("RUS", "PAK"): (885.59, BACI),
    ("CHN", "KGZ"): (18182, BACI),
    ("CHN", "KAZ"): (23901, BACI),
    ("TUR", "RUS"): (10806, BACI),
    ("TUR", "KGZ"): (1262.9, BACI),
    ("DEU", "KGZ"): (770.52, BACI),
    ("KAZ", "RUS"): (9782.1, BACI),
    ("ARM", "RUS"): (3378.5, BACI),
    ("RUS", "ARM"): (3879.6, BACI),
    ("ARE", "RUS"): (4489.2, BACI),
    ("PAK", "IND"): (0.59415, BACI),
    ("IND", "PAK"): (556.79, BACI),
    ("BLR", "UKR"): (19.815, BACI),
    ("RUS", "SWE"): (46.279, BACI),
    ("KAZ", "AUT"): (1880.3, BACI),
    ("QAT", "NLD"): (3070, BACI),
    ("GUY", "USA"): (3245.3, BACI),
    ("ARM", "ARE"): (2254.5, BACI),
    ("USA", "NLD"): (74184, BACI),
    ("RUS", "NLD"): (3030.9, BACI),
    ("USA", "CHN"): (1.4533e+05, BACI),
    ("CHN", "USA"): (4.4048e+05, BACI),
    ("KOR", "VNM"): (53490, "https://en.baochinhphu.vn/print/viet-nam-remains-south-koreas-third-biggest-trade-partner-in-2023-111240206103520139.htm"),
    ("VNM", "KOR"): (25940, "https://en.baochinhphu.vn/print/viet-nam-remains-south-koreas-third-biggest-trade-partner-in-2023-111240206103520139.htm"),
    ("RUS", "BLR"): (22600, "https://tass.com/economy/1792767"),
    ("BLR", "RUS"): (23900, "https://tass.com/economy/1792767"),
    ("KOR", "POL"): (9020, "http://world.kbs.co.kr/service/news_view.htm?lang=e&Seq_Code=183131"),
    ("VNM", "PHL"): (5150, "https://en.vneconomy.vn/philippines-a-market-of-potential-for-vietnamese-exports.htm"),
    ("RUS", "POL"): (2600, "https://www.yahoo.com/news/figures-exceeded-level-2021-much-185056141.html"),
    ("TWN", "CHN"): (95700, "https://bubbleteaisland.com/2024/11/26/taiwans-top-25-trading-partners"),
    ("TWN", "USA"): (76300, "https://bubbleteaisland.com/2024/11/26/taiwans-top-25-trading-partners"),
    ("IRN", "IRQ"): (9400, "https://www.shafaq.com/en/Economy/Iran-boosts-exports-to-Iraq-by-21-over-5-months"),
}
"""Pairs whose trade changed after 2016 (war, sanctions, new suppliers, ways round): million dollars of 2023, and where it stands."""


@pytest.mark.parametrize("pair", CHANGED, ids="-".join)
def test_pairs_that_changed_are_as_observed(pair: tuple[str, str]) -> None:
    observed, source = CHANGED[pair]
    assert "http" in source
    assert len(CHANGED) == 40
    assert world.base_matrix().loc[pair] == pytest.approx(observed, rel=0.15)


def test_no_large_flow_is_far_from_a_report_without_a_mark() -> None:
    """Over a billion dollars in either: within 1.3 of the report, or marked as not reported."""
    rows = tables.world_trade()
    said = rows[rows["status"] == "reported"].set_index(["exporter", "importer"])["trade_musd"]
    origin = world.provenance().set_index(["exporter", "importer"])
    origin = origin[~origin["home"]]
    both = origin.join(said.rename("said"), how="left")
    large = both[(both["trade_musd"] > 1000) | (both["said"] > 1000)]
    off = large[~large["trade_musd"].between(large["said"] / 1.3, large["said"] * 1.3)]
    assert off["filled"].all()
    assert len(large) > 2000


def test_flows_that_nobody_reports_are_marked_and_near_other_sources() -> None:
    """What older reports would give for flows that another source has: within a factor of two, save where war and sanctions came
    between (Poland buys a seventh of what it bought from Russia, Belarus sells Russia four times as much)."""
    built = world.build()
    grown = pd.DataFrame(world.grown_reports(panel.load()), index=built.trade.index, columns=built.trade.index)
    pairs = [("KOR", "VNM"), ("VNM", "KOR"), ("RUS", "BLR"), ("BLR", "RUS"), ("KOR", "POL"), ("VNM", "PHL"), ("PHL", "VNM"), ("RUS", "POL")]
    assert all(built.basis.loc[pair] == world.CITED for pair in pairs)
    far = {pair for pair in pairs if not 0.5 < grown.loc[pair] / built.trade.loc[pair] < 2}
    assert far == {("BLR", "RUS"), ("RUS", "POL")}
    assert built.basis.loc["RUS", "IRN"] == world.OLDER
    assert built.basis.loc["TKM", "AFG"] == world.MODEL


def test_totals_stand_beside_what_economies_state() -> None:
    frame = world.totals().set_index("economy")
    stated = frame[frame["exports_stated_musd"].notna()]
    assert set(stated.index) >= {"KOR", "RUS", "TWN"}
    for flow in ("exports", "imports"):
        ratio = stated[f"{flow}_musd"] / stated[f"{flow}_stated_musd"]
        assert ratio.between(0.85, 1.15).all(), ratio
    abroad = world.base_matrix().to_numpy().copy()
    np.fill_diagonal(abroad, 0.0)
    assert frame["exports_musd"].to_numpy() == pytest.approx(abroad.sum(axis=1))
    assert frame["exports_musd"].sum() == pytest.approx(frame["imports_musd"].sum())
    assert (frame["exports_unreported_musd"] <= frame["exports_musd"] * (1 + 1e-12)).all()


def test_known_flows_agree_with_the_partner_table_they_are_from() -> None:
    flows = tables.table("known_flows").set_index(["exporter", "importer", "period"])["trade_musd"]
    for row in tables.table("pakistan_exports_by_partner").itertuples():
        for period, value in (("FY2023", row.fy2023_musd), ("FY2024", row.fy2024_musd)):
            if np.isfinite(value):
                assert flows["PAK", row.partner, period] == value


def test_exporters_with_unknown_flows_are_named() -> None:
    totals = world.totals().set_index("economy")
    filled = totals[totals["exports_unreported_musd"] > 0]
    assert {"RUS", "KOR", "TKM", "TWN"} <= set(filled.index)
    origin = world.provenance()
    own = origin[(origin["exporter"] == "TKM") & (origin["importer"] == "AFG")].iloc[0]
    assert own["filled"]
    assert own["trade_musd"] > 0
    assert origin["home"].sum() == len(world.base_matrix())


def test_more_gross_output_is_more_sold_at_home_and_nothing_else() -> None:
    low, high = world.base_matrix(gross_output_ratio=1.6), world.base_matrix(gross_output_ratio=2.4)
    difference = (high - low).to_numpy()
    assert (np.diag(difference) > 0).all()
    assert np.abs(difference - np.diag(np.diag(difference))).max() == 0


def test_a_panel_newer_than_gdp_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    panels = panel.load()
    newer = panel.with_reconciled(panels, 2050, tables.world_trade())
    monkeypatch.setattr(panel, "load", lambda: newer)
    with pytest.raises(DataError, match="trade of 2050 is newer than GDP"):
        world._built.__wrapped__.__wrapped__(None)  # type: ignore[attr-defined]


def test_pooled_gravity_recovers_known_coefficients() -> None:
    panels = panel.load()
    rng = np.random.default_rng(2)
    n, k = len(panels.economies), len(panels.years) - 1
    size = panels.ln_gdp(panels.years[k])
    x = pooled_gravity.covariates(panels, k, size)
    truth = np.array([-8.0, 1.1, 0.8, -1.0, 0.5, 0.4, 0.3, 0.2])
    y = x @ truth + rng.normal(0, 0.9, n)[:, None] + rng.normal(0, 0.6, n) + rng.normal(0, 1.5, (n, n))
    trade = panels.trade.copy()
    trade[k] = np.exp(y)
    made = panel.Panel(panels.economies, panels.years, trade, panels.agreement, panels.geography, panels.gdp)
    fit = pooled_gravity.fit(made, panels.years[k])
    found = np.array(list(fit.coefficients.values()))
    # A standard error is about 0.02 for distance and agreements, 0.1 for the few neighbours and colonies.
    assert found[[3, 5, 7]] == pytest.approx(truth[[3, 5, 7]], abs=0.1)
    assert found[[4, 6]] == pytest.approx(truth[[4, 6]], abs=0.3)
    assert found[1:3] == pytest.approx(truth[1:3], abs=0.12)
    assert (fit.sigma, fit.sigma_exporter, fit.sigma_importer) == pytest.approx((1.5, 0.9, 0.6), abs=0.1)


@pytest.mark.shared
def test_filled_exporters_are_near_an_independent_source() -> None:
    """What the model says Uzbekistan and its neighbours sell, against CEPII's reconciled flows of 2006."""
    file = SHARED / "bilateral_trade_2006.csv"
    if not file.exists():
        pytest.skip("the reference sets are not beside the checkout")
    known = pd.read_csv(file)
    known = known[(known["trade_musd"] > 1) & known["exporter"].isin(["UZB", "TKM", "TJK"])]
    panels = panel.load()
    fit = pooled_gravity.fit(panels, 2004)
    names = pd.Index(panels.economies)
    known = known[known["importer"].isin(names)]
    i, j = names.get_indexer(known["exporter"]), names.get_indexer(known["importer"])
    predicted = fit.ln_fitted[i, j]
    actual = np.log(known["trade_musd"].to_numpy())
    use = np.isfinite(predicted)
    assert use.sum() > 40
    by_size = panels.ln_gdp(2004)[j]

    def spread_error(guess: np.ndarray) -> float:
        """How far off the pattern over partners is, whatever the level of the exporter."""
        miss = pd.Series(actual[use] - guess[use])
        exporter = known["exporter"].to_numpy()[use]
        return float((miss - miss.groupby(exporter).transform("median")).abs().mean())

    assert spread_error(predicted) < spread_error(by_size)
    assert spread_error(predicted) < 1.7
