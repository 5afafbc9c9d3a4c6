"""The trade elasticity: two literatures, sectors around their mean, short run to long run."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from corridors import uncertainty
from corridors.data import tables
from corridors.errors import DataError
from corridors.trade import elasticities, sectors


def test_draws_hold_both_literatures() -> None:
    draws = uncertainty.sample(None, 4096, 3)["trade_elasticity"]
    # half the draws about 2, the other half as wide as the structural estimates
    assert np.mean(draws < 2.0) == pytest.approx(0.25, abs=0.02)
    assert np.mean(draws > 5.03) == pytest.approx(0.25, abs=0.02)
    assert np.mean(draws > 8.0) == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize("x", [1.5, 1.9, 2.3, 4.0, 7.5, 12.0])
def test_mixture_against_scipy(x: float) -> None:
    row = tables.parameters().set_index("parameter", drop=False).loc["trade_elasticity"]
    want = 0.0
    for part in tables.table("trade_elasticity_literatures").itertuples():
        end = part.low if x < part.median else part.high
        sigma = abs(np.log(end / part.median)) / stats.norm.ppf(0.9)
        want += part.weight * stats.norm.cdf(np.log(x / part.median) / sigma)
    assert float(uncertainty.quantile(row, want)) == pytest.approx(x, rel=1e-5)


def test_the_row_says_what_the_mixture_is() -> None:
    row = tables.parameters().set_index("parameter", drop=False).loc["trade_elasticity"]
    found = uncertainty.quantile(row, np.array([0.1, 0.5, 0.9]))
    assert found == pytest.approx([row["low"], row["central"], row["high"]], rel=5e-3)


def test_a_mixture_without_a_table_is_refused() -> None:
    row = {"parameter": "route_scale", "low": 1.0, "central": 2.0, "high": 3.0, "distribution": "mixture"}
    with pytest.raises(DataError, match="'mixture' is for trade_elasticity only"):
        uncertainty.quantile(row, 0.5)


def test_sectors_lie_around_the_mean_of_all_trade() -> None:
    params = uncertainty.sample(None, 256, 1)
    theta = elasticities.by_sector(params)
    assert theta.shape == (256, len(sectors.names())) and (theta > 0).all()
    middle = elasticities.by_sector(uncertainty.central())[0]
    traded = sectors.composition().trade.sum(axis=(1, 2))
    assert middle[:-1] @ traded / traded.sum() == pytest.approx(2.94, rel=1e-6)
    table = elasticities.relative()
    assert table.loc["food", "share"] < table.loc["machinery", "share"] < table.loc["fuels", "share"]
    assert table["groups"].sum() == tables.trade_elasticities_gtap()["tariff_elasticity"].notna().sum()
    np.testing.assert_allclose(theta[:, -1], params["trade_elasticity"])


def test_the_short_run_is_the_published_one() -> None:
    middle = uncertainty.central()
    assert 2.0 * elasticities.run(middle, 1)[0] == pytest.approx(0.76, abs=0.01)
    assert 2.0 * elasticities.run(middle, 8.5)[0] == pytest.approx(1.9, abs=0.05)
    path = [float(elasticities.run(middle, h)[0]) for h in range(40)]
    assert (np.diff(path[1:]) > 0).all() and path[0] == path[1] and path[-1] < 1.0
    long, short = elasticities.by_sector(middle), elasticities.by_sector(middle, 1)
    np.testing.assert_allclose(short / long, 0.38)
