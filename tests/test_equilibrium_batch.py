"""Many counterfactuals at once give what one at a time gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.equilibrium import counterfactual, counterfactuals, respond
from corridors.errors import EquilibriumError
from test_equilibrium import shock, world

CLOSURES = ["partial", "conditional", "full"]
FACTORS = {
    "exports_factor": "exports_percent",
    "imports_factor": "imports_percent",
    "producer_price_factor": "producer_price_percent",
    "real_gdp_factor": "real_gdp_percent",
}


def sparse(trade: pd.DataFrame, draws: int, pairs: int, seed: int, spread: float = 0.2):
    rng = np.random.default_rng(seed)
    n = len(trade)
    chosen = rng.choice(n * n, pairs, replace=False)
    names = [(trade.index[k // n], trade.index[k % n]) for k in chosen]
    return (
        names,
        np.exp(rng.normal(-0.05, spread, (draws, pairs))),
        rng.normal(5.03, 1.0, draws).clip(1.5),
    )


def table(trade: pd.DataFrame, pairs, factors) -> pd.DataFrame:
    cost = pd.DataFrame(1.0, index=trade.index, columns=trade.columns)
    for pair, factor in zip(pairs, factors, strict=True):
        cost.loc[pair] = factor
    return cost


def same(one, many, draw: int, tolerance: float = 1e-9) -> None:
    for factor, percent in FACTORS.items():
        np.testing.assert_allclose(
            getattr(many, factor)[draw], 1 + getattr(one, percent) / 100, atol=tolerance
        )
    for k, pair in enumerate(many.pairs):
        assert many.trade_factor[draw, k] == pytest.approx(
            one.trade.loc[pair] / one.baseline.loc[pair], abs=tolerance
        )


@pytest.mark.parametrize("closure", CLOSURES)
@pytest.mark.parametrize("deficits", ["output_share", "world_share"])
@pytest.mark.parametrize("numeraire", ["world_output", "E03"])
def test_respond_is_counterfactual(closure: str, deficits: str, numeraire: str) -> None:
    trade = world(14, 1)
    if deficits == "world_share":
        trade = trade + np.diag(trade.to_numpy().sum(axis=0))
    pairs, cost, theta = sparse(trade, 40, 12, 2)
    many = respond(trade, pairs, cost, theta, closure, deficits, numeraire)
    assert many.residual.max() <= 1e-10
    for draw in (0, 17, 39):
        one = counterfactual(trade, table(trade, pairs, cost[draw]), theta[draw], closure, deficits, numeraire)  # fmt: skip
        same(one, many, draw)


@pytest.mark.parametrize("closure", CLOSURES)
def test_dense_is_counterfactual(closure: str) -> None:
    trade = world(12, 3)
    costs = np.stack([shock(trade, k, 0.3).to_numpy() for k in range(20)])
    theta = np.linspace(2, 9, 20)
    pairs = [("E00", "E01"), ("E05", "E05")]
    many = counterfactuals(trade, costs, theta, closure, pairs=pairs)
    for draw in (0, 10, 19):
        cost = pd.DataFrame(costs[draw], trade.index, trade.columns)
        same(counterfactual(trade, cost, theta[draw], closure), many, draw)


def test_closed_deficits_agree_where_theta_is_one_number() -> None:
    trade = world(12, 4)
    pairs, cost, _ = sparse(trade, 5, 6, 5)
    many = respond(trade, pairs, cost, 4.0, "full", "closed")
    same(counterfactual(trade, table(trade, pairs, cost[3]), 4.0, deficits="closed"), many, 3)


@pytest.mark.parametrize("closure", CLOSURES)
@pytest.mark.parametrize("deficits", ["output_share", "world_share", "closed"])
def test_unshocked_draws_are_exactly_one(closure: str, deficits: str) -> None:
    trade = world(14, 6)
    pairs, cost, theta = sparse(trade, 300, 10, 7)
    cost[[0, 5, 299]] = 1.0
    out = respond(trade, pairs, cost, theta, closure, deficits)
    dense = counterfactuals(trade, np.ones((3, 14, 14)), theta[:3], closure, deficits)
    for name in (*FACTORS, "trade_factor"):
        assert (getattr(out, name)[[0, 5, 299]] == 1.0).all()
        assert (getattr(dense, name) == 1.0).all()


def test_draws_do_not_influence_each_other() -> None:
    """The same draw among others, alone, or in another place: equal far below any use of it."""
    trade = world(14, 8)
    pairs, cost, theta = sparse(trade, 600, 10, 9)
    together = respond(trade, pairs, cost, theta, "full")
    turned = respond(trade, pairs, cost[::-1], theta[::-1], "full")
    np.testing.assert_allclose(together.trade_factor, turned.trade_factor[::-1], rtol=1e-11)
    alone = respond(trade, pairs, cost[411], theta[411], "full")
    np.testing.assert_allclose(together.trade_factor[411], alone.trade_factor[0], rtol=1e-11)
    again = respond(trade, pairs, cost, theta, "full")
    assert np.array_equal(together.trade_factor, again.trade_factor)  # same input, same bytes


def test_a_shock_that_dwarfs_the_base_world_is_still_solved() -> None:
    """Where chord steps from the base world fail, Newton takes over."""
    trade = world(14, 10)
    pairs, cost, theta = sparse(trade, 4, 60, 11, spread=1.0)
    out = respond(trade, pairs, cost, theta, "full")
    assert out.residual.max() <= 1e-10
    for draw in range(4):
        one = counterfactual(trade, table(trade, pairs, cost[draw]), theta[draw])
        np.testing.assert_allclose(
            out.real_gdp_factor[draw], 1 + one.real_gdp_percent / 100, rtol=1e-9
        )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(0.5, 2.0), st.sampled_from(["conditional", "full"]))
def test_property_agreement(seed: int, factor: float, closure: str) -> None:
    trade = world(6, seed)
    cost = np.array([[factor, 1.0]])
    many = respond(trade, [("PAK", "RUS"), ("RUS", "PAK")], cost, 5.0, closure)
    one = counterfactual(trade, table(trade, many.pairs, cost[0]), 5.0, closure)
    same(one, many, 0)


def test_one_theta_and_one_shock_serve_all_draws() -> None:
    trade = world(6, 12)
    pairs = [("PAK", "RUS")]
    assert respond(trade, pairs, np.array([[0.9], [0.8]]), 4.0).draws == 2
    assert respond(trade, pairs, np.array([0.9]), np.array([3.0, 4.0, 5.0])).draws == 3
    assert "2 draws" in str(respond(trade, pairs, np.array([[0.9], [0.8]]), 4.0))


@pytest.mark.parametrize(
    ("pairs", "cost", "theta", "words"),
    [
        ([("PAK", "RUZ")], [[0.9]], 5.0, ["pairs", "RUZ", "did you mean 'RUS'"]),
        ([("PAK", "RUS")] * 2, [[0.9, 0.9]], 5.0, ["pairs", "twice"]),
        ([("PAK", "RUS")], [[0.9, 0.8]], 5.0, ["cost_factor", "shape"]),
        ([("PAK", "RUS")], [[0.9], [0.0]], 5.0, ["PAK to RUS", "draw 1", "0 is not"]),
        ([("PAK", "RUS")], [[np.nan]], 5.0, ["PAK to RUS", "nan"]),
        ([("PAK", "RUS")], [[0.9], [0.9]], [5.0, -1.0], ["theta[1]", "-1"]),
        ([("PAK", "RUS")], [[0.9], [0.9]], [5.0, 1.0, 2.0], ["3 values for 2 draws"]),
    ],
)
def test_bad_draws_are_named(pairs, cost, theta, words: list[str]) -> None:
    with pytest.raises(EquilibriumError) as caught:
        respond(world(6, 1), pairs, np.array(cost), theta)
    for word in words:
        assert word in str(caught.value)


def test_bad_dense_draws_are_named() -> None:
    trade = world(6, 1)
    with pytest.raises(EquilibriumError, match=r"cost_factors: shape \(draws, 6, 6\)"):
        counterfactuals(trade, np.ones((2, 5, 6)))
    costs = np.ones((40, 6, 6))
    costs[33, 1, 2] = 0.0
    with pytest.raises(EquilibriumError, match="IRN to KAZ, draw 33: 0 is not"):
        counterfactuals(trade, costs)
    with pytest.raises(EquilibriumError, match="did you mean 'full'"):
        counterfactuals(trade, np.ones((1, 6, 6)), closure="ful")
