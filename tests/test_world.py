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


def test_known_flows_are_pinned() -> None:
    trade, year = world.base_matrix(), world.build().year
    assert year == 2023
    partners = tables.pakistan_exports_by_partner().set_index("partner")
    for partner in ("USA", "CHN", "ARE"):
        expected = partners.loc[partner, ["fy2023_musd", "fy2024_musd"]].mean()
        assert trade.loc["PAK", partner] == pytest.approx(expected)
    together = ["KGZ", "TJK", "TKM"]
    assert trade.loc["PAK", together].sum() == pytest.approx(25.19)


def test_known_flows_agree_with_the_partner_table_they_are_from() -> None:
    flows = tables.table("known_flows").set_index(["exporter", "importer", "period"])["trade_musd"]
    for row in tables.pakistan_exports_by_partner().itertuples():
        for period, value in (("FY2023", row.fy2023_musd), ("FY2024", row.fy2024_musd)):
            if np.isfinite(value):
                assert flows["PAK", row.partner, period] == value


def test_totals_that_are_not_pinned_grow_with_gdp() -> None:
    built, panels = world.build(), panel.load()
    free = built.basis.loc["DEU"] == world.GROWN
    i = panels.position("DEU")
    then = np.nansum(panels.trade[-1, i][free.to_numpy()])
    growth = panels.gdp.loc["DEU", built.year] / panels.gdp.loc["DEU", panels.years[-1]]
    assert built.trade.loc["DEU"][free].sum() == pytest.approx(then * growth, rel=1e-8)


def test_exporters_that_do_not_report_are_filled_and_marked() -> None:
    filled = world.filled_exporters().set_index("economy")["basis"]
    assert filled["UZB"] == filled["TKM"] == filled["TJK"] == world.MODEL
    assert filled["KEN"] == world.OLDER
    assert "DEU" not in filled.index
    origin = world.provenance()
    own = origin[(origin["exporter"] == "UZB") & (origin["importer"] == "RUS")].iloc[0]
    assert own["filled"]
    assert own["trade_musd"] > 0
    assert origin["home"].sum() == len(world.base_matrix())


def test_more_gross_output_is_more_sold_at_home_and_nothing_else() -> None:
    low, high = world.base_matrix(gross_output_ratio=1.6), world.base_matrix(gross_output_ratio=2.4)
    difference = (high - low).to_numpy()
    assert (np.diag(difference) > 0).all()
    assert np.abs(difference - np.diag(np.diag(difference))).max() == 0


def test_a_year_without_gdp_is_refused() -> None:
    with pytest.raises(DataError, match="no base matrix for 2050"):
        world.base_matrix(2050)


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
    predicted = world.with_mirror(fit.ln_fitted, panels.trade[panels.years.index(2004)])[i, j]
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
