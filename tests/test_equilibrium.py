"""One counterfactual at a time: against an independent solution in levels, against theory, and on bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import root

from corridors.equilibrium import counterfactual, counterfactual_sectors
from corridors.errors import EquilibriumError

LABELS = ["CHN", "IRN", "KAZ", "PAK", "RUS", "TUR", "UZB", "AFG", "IND", "TJK"]
PERCENT = [
    "exports_percent", "imports_percent", "real_gdp_percent", "welfare_percent",
    "producer_price_percent", "price_index_percent",
]  # fmt: skip


def world(n: int, seed: int, home: float = 1.0) -> pd.DataFrame:
    """Trade of n economies of very different size, with deficits and with much intra-national trade."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(0, 1.5, n)
    flows = np.outer(size, size) / size.sum() * rng.lognormal(0, 1, (n, n))
    flows[np.diag_indices(n)] = home * flows.sum(axis=1) * rng.uniform(0.5, 3, n)
    labels = LABELS[:n] if n <= len(LABELS) else [f"E{i:02d}" for i in range(n)]
    return pd.DataFrame(flows, index=labels, columns=labels)


def shock(trade: pd.DataFrame, seed: int, spread: float = 0.2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    factor = np.exp(rng.normal(-0.05, spread, trade.shape))
    return pd.DataFrame(factor, index=trade.index, columns=trade.columns)


def ones(trade: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(1.0, index=trade.index, columns=trade.columns)


def in_levels(
    trade: pd.DataFrame, cost_factor: pd.DataFrame, theta: float, deficits: str
) -> dict[str, np.ndarray]:
    """The full equilibrium from other equations: an Armington world in levels, quantities and preferences
    backed out of the data, prices found by a general root finder, utility computed by its definition."""
    flows = trade.to_numpy()
    n, sigma = len(flows), theta + 1.0
    output, spending = flows.sum(axis=1), flows.sum(axis=0)
    rng = np.random.default_rng(0)
    old_price = rng.uniform(0.5, 2.0, n)
    quantity = output / old_price
    cost = rng.uniform(1.0, 2.0, (n, n))
    weight = flows / spending * (cost * old_price[:, None]) ** (sigma - 1)  # CES weights, index = 1

    def buy(price: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        income = price * quantity
        delivered = costs * price[:, None]
        index = (weight * delivered ** (1 - sigma)).sum(axis=0) ** (1 / (1 - sigma))
        if deficits == "output_share":
            spend = spending / output * income
            spend = spend * income.sum() / spend.sum()
        else:
            spend = income + (spending - output) / output.sum() * income.sum()
        return weight * (delivered / index) ** (1 - sigma) * spend, index, spend

    new_cost = cost * cost_factor.to_numpy()

    def excess(free: np.ndarray) -> np.ndarray:
        price = old_price * np.exp(np.append(free, 0.0))
        bought, _, _ = buy(price, new_cost)
        return (bought.sum(axis=1) - price * quantity)[:-1] / output[:-1]

    found = root(excess, np.zeros(n - 1), method="hybr", tol=1e-14)
    price = old_price * np.exp(np.append(found.x, 0.0))
    price *= output.sum() / (price @ quantity)
    bought, index, spend = buy(price, new_cost)
    _, old_index, _ = buy(old_price, cost)
    return {
        "trade": bought,
        "producer_price": price / old_price,
        "real_gdp": price / old_price / (index / old_index),
        "welfare": spend / spending / (index / old_index),
        "gap": np.abs(bought.sum(axis=1) / (price * quantity) - 1).max(),
    }


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("deficits", ["output_share", "world_share"])
def test_agrees_with_an_independent_solution_in_levels(seed: int, deficits: str) -> None:
    trade = world(4 + seed, seed)
    if deficits == "world_share":  # keep deficits small enough to be financed
        trade = trade + np.diag(trade.to_numpy().sum(axis=0) * 2)
    cost, theta = shock(trade, seed + 50), [2.0, 4.0, 5.03, 6.0, 8.0, 1.3][seed]
    ours = counterfactual(trade, cost, theta, deficits=deficits)
    theirs = in_levels(trade, cost, theta, deficits)
    assert theirs["gap"] < 1e-8  # the oracle's own accuracy limits the comparison
    np.testing.assert_allclose(ours.trade, theirs["trade"], rtol=2e-6)
    np.testing.assert_allclose(
        1 + ours.producer_price_percent / 100, theirs["producer_price"], rtol=1e-6
    )
    np.testing.assert_allclose(1 + ours.real_gdp_percent / 100, theirs["real_gdp"], rtol=1e-6)
    np.testing.assert_allclose(1 + ours.welfare_percent / 100, theirs["welfare"], rtol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_conditional_is_the_balancing_of_a_matrix(seed: int) -> None:
    """Incomes held, the new flows are the shocked ones scaled by row and column to their old totals."""
    trade, theta = world(6, seed), 5.03
    cost = shock(trade, seed + 9)
    flows = (trade * cost**-theta).to_numpy(copy=True)
    rows, columns = trade.sum(axis=1).to_numpy(), trade.sum(axis=0).to_numpy()
    for _ in range(5_000):
        flows *= (rows / flows.sum(axis=1))[:, None]
        flows *= columns / flows.sum(axis=0)
    ours = counterfactual(trade, cost, theta, closure="conditional")
    np.testing.assert_allclose(ours.trade, flows, rtol=1e-9)
    assert (ours.producer_price_percent == 0).all()


def test_partial_moves_only_the_shocked_pair() -> None:
    trade = world(5, 1)
    cost = ones(trade)
    cost.loc["PAK", "RUS"] = 0.9
    out = counterfactual(trade, cost, 4.0, closure="partial")
    ratio = out.trade / trade
    assert ratio.loc["PAK", "RUS"] == pytest.approx(0.9**-4)
    ratio.loc["PAK", "RUS"] = 1.0
    assert (ratio == 1.0).all(axis=None)
    assert (out.real_gdp_percent == 0).all()
    others = trade.loc["PAK"].drop(["PAK", "RUS"]).sum()
    base = trade.loc["PAK"].drop("PAK").sum()
    expected = 100 * ((others + trade.loc["PAK", "RUS"] * 0.9**-4) / base - 1)
    assert out.exports_percent["PAK"] == pytest.approx(expected)


def test_exports_and_imports_are_international_and_nominal() -> None:
    trade = world(7, 3)
    out = counterfactual(trade, shock(trade, 4))
    for axis, series in (("columns", out.exports_percent), ("index", out.imports_percent)):
        old = trade.sum(axis=axis) - np.diag(trade)
        new = out.trade.sum(axis=axis) - np.diag(out.trade)
        np.testing.assert_allclose(series, 100 * (new / old - 1), rtol=1e-9)


def test_real_gdp_is_the_home_share_formula() -> None:
    trade = world(7, 5)
    for closure in ("full", "conditional"):
        out = counterfactual(trade, shock(trade, 6), 4.2, closure=closure)
        old, new = np.diag(trade) / trade.sum(axis=0), np.diag(out.trade) / out.trade.sum(axis=0)
        # a change of the cost of one's own trade belongs in the formula as well
        own = np.diag(shock(trade, 6))
        expected = (new / old) ** (-1 / 4.2) / own
        np.testing.assert_allclose(1 + out.real_gdp_percent / 100, expected, rtol=1e-10)


def test_numeraire_moves_nominal_and_not_real() -> None:
    trade = world(6, 7)
    cost = shock(trade, 8)
    base, other = counterfactual(trade, cost), counterfactual(trade, cost, numeraire="KAZ")
    assert other.producer_price_percent["KAZ"] == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(base.real_gdp_percent, other.real_gdp_percent, atol=1e-10)
    np.testing.assert_allclose(base.trade / other.trade, (base.trade / other.trade).iloc[0, 0])
    output = trade.sum(axis=1)
    world_output = output @ (1 + base.producer_price_percent / 100)
    assert world_output == pytest.approx(output.sum(), rel=1e-13)


def test_default_deficits_keep_the_ratio_to_output_and_add_up() -> None:
    trade = world(6, 9)
    out = counterfactual(trade, shock(trade, 10))
    ratio = (out.trade.sum(axis=0) / out.trade.sum(axis=1)) / (
        trade.sum(axis=0) / trade.sum(axis=1)
    )
    np.testing.assert_allclose(ratio, ratio.iloc[0], rtol=1e-11)
    assert out.trade.to_numpy().sum() == pytest.approx(trade.to_numpy().sum(), rel=1e-12)


def test_world_share_keeps_the_deficit_and_closed_has_none() -> None:
    trade = world(6, 11) + np.diag(world(6, 11).sum(axis=0))
    cost = shock(trade, 12)
    out = counterfactual(trade, cost, deficits="world_share")
    old, new = (t.sum(axis=0) - t.sum(axis=1) for t in (trade, out.trade))
    np.testing.assert_allclose(new, old, atol=1e-9 * trade.to_numpy().sum())
    closed = counterfactual(trade, cost, deficits="closed")
    for table in (closed.baseline, closed.trade):
        np.testing.assert_allclose(table.sum(axis=0), table.sum(axis=1), rtol=1e-10)
    again = counterfactual(closed.baseline, cost)
    np.testing.assert_allclose(again.real_gdp_percent, closed.real_gdp_percent, atol=1e-9)


@pytest.mark.parametrize("closure", ["partial", "conditional", "full"])
@pytest.mark.parametrize("deficits", ["output_share", "world_share", "closed"])
def test_no_shock_is_exactly_no_change(closure: str, deficits: str) -> None:
    trade = world(8, 13)
    out = counterfactual(trade, ones(trade), closure=closure, deficits=deficits)
    assert (out.to_frame()[PERCENT] == 0).all(axis=None)
    assert (out.trade == out.baseline).all(axis=None)


def test_uniform_costs_are_neutral_where_theory_says_so() -> None:
    """Every flow dearer by the same factor, home trade included: prices and flows stay, real GDP falls by it."""
    trade = world(7, 14)
    out = counterfactual(trade, ones(trade) * 1.25)
    np.testing.assert_allclose(out.trade, trade, rtol=1e-12)
    np.testing.assert_allclose(1 + out.real_gdp_percent / 100, 1 / 1.25, rtol=1e-12)
    held = counterfactual(trade, ones(trade) * 1.25, closure="conditional")
    np.testing.assert_allclose(held.trade, trade, rtol=1e-12)


def test_a_cost_of_one_exporter_to_all_is_its_price() -> None:
    """Conditional flows do not notice a cost that one exporter pays everywhere, home included."""
    trade = world(6, 15)
    cost = ones(trade)
    cost.loc["IRN"] = 1.4
    out = counterfactual(trade, cost, closure="conditional")
    np.testing.assert_allclose(out.trade, trade, rtol=1e-10)


def test_removing_all_borders_converges() -> None:
    trade = world(40, 16, home=20)
    cost = ones(trade) * np.exp(-2.5)
    cost = cost.mask(np.eye(40, dtype=bool), 1.0)
    for closure in ("conditional", "full"):
        assert counterfactual(trade, cost, 6.0, closure).residual < 1e-10


def test_result_prints_its_residual() -> None:
    trade = world(4, 1)
    out = counterfactual(trade, shock(trade, 2))
    assert f"residual {out.residual:.1e}" in str(out)
    assert list(out.to_frame().columns) == PERCENT


# --- properties ----------------------------------------------------------------------------------------------

SEEDS = st.integers(0, 10_000)
THETAS = st.floats(1.0, 10.0)
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(SEEDS, THETAS, st.sampled_from(["conditional", "full"]), st.integers(2, 9))
def test_markets_clear(seed: int, theta: float, closure: str, n: int) -> None:
    trade = world(n, seed)
    out = counterfactual(trade, shock(trade, seed + 1, 0.3), theta, closure)
    output = trade.sum(axis=1) * (1 + out.producer_price_percent / 100)
    np.testing.assert_allclose(out.trade.sum(axis=1), output, rtol=1e-10)
    assert out.residual <= 1e-10
    shares = out.trade / out.trade.sum(axis=0)
    np.testing.assert_allclose(shares.sum(axis=0), 1.0, rtol=1e-12)


@QUICK
@given(SEEDS, st.floats(1e-6, 1e6), st.sampled_from(["partial", "conditional", "full"]))
def test_units_do_not_matter(seed: int, scale: float, closure: str) -> None:
    trade = world(6, seed)
    cost = shock(trade, seed + 1)
    one, other = counterfactual(trade, cost, closure=closure), counterfactual(trade * scale, cost, closure=closure)  # fmt: skip
    np.testing.assert_allclose(other.trade, one.trade * scale, rtol=1e-9)
    np.testing.assert_allclose(other.to_frame(), one.to_frame(), atol=1e-8)


@QUICK
@given(SEEDS, st.permutations(range(6)))
def test_order_does_not_matter(seed: int, order: list[int]) -> None:
    trade = world(6, seed)
    cost = shock(trade, seed + 1)
    names = [trade.index[k] for k in order]
    one = counterfactual(trade, cost)
    other = counterfactual(trade.loc[names, names], cost.loc[names[::-1], names])
    np.testing.assert_allclose(other.trade.loc[trade.index, trade.index], one.trade, rtol=1e-10)
    np.testing.assert_allclose(other.to_frame().loc[trade.index], one.to_frame(), atol=1e-9)


@QUICK
@given(SEEDS, st.floats(0.5, 0.999), THETAS, st.sampled_from(["partial", "conditional", "full"]))
def test_a_cheaper_pair_trades_more_and_gains(
    seed: int, factor: float, theta: float, closure: str
) -> None:
    trade = world(6, seed)
    cost = ones(trade)
    cost.loc["PAK", "CHN"] = factor
    out = counterfactual(trade, cost, theta, closure)
    assert out.trade.loc["PAK", "CHN"] > trade.loc["PAK", "CHN"]
    if closure == "full":
        assert out.welfare_percent["CHN"] > 0 or out.real_gdp_percent["PAK"] > 0


@QUICK
@given(SEEDS, st.floats(0.1, 10.0))
def test_undoing_a_shock_leads_back(seed: int, factor: float) -> None:
    """Hat algebra composes: the inverse shock, applied to the new world, restores the old one."""
    trade = world(5, seed)
    cost = ones(trade)
    cost.loc["KAZ"] = factor
    out = counterfactual(trade, cost, 4.0)
    back = counterfactual(out.trade, 1 / cost, 4.0)
    np.testing.assert_allclose(back.trade, trade, rtol=1e-8)


# --- sectors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("closure", ["partial", "conditional", "full"])
def test_one_sector_and_identical_sectors_are_the_plain_model(closure: str) -> None:
    trade = world(6, 20)
    cost = shock(trade, 21)
    plain = counterfactual(trade, cost, closure=closure)
    one = counterfactual_sectors({"all": trade}, cost, closure=closure)
    two = counterfactual_sectors({"a": trade * 0.3, "b": trade * 0.7}, {"a": cost, "b": cost}, closure=closure)  # fmt: skip
    for out in (one, two):
        np.testing.assert_allclose(out.trade, plain.trade, rtol=1e-10)
        np.testing.assert_allclose(out.to_frame(), plain.to_frame(), atol=1e-9)
    np.testing.assert_allclose(two.sectors["a"], plain.trade * 0.3, rtol=1e-10)


def test_sectors_keep_budget_shares_and_pool_labour() -> None:
    food, cars = world(6, 22), world(6, 23)
    food.loc["KAZ"] = 0.0  # an economy that makes no food
    food.loc[:, "KAZ"] = world(6, 22)["KAZ"].where(food.index != "KAZ", 0.0)
    out = counterfactual_sectors(
        {"food": food, "cars": cars}, shock(cars, 24), {"food": 3.0, "cars": 7.0}
    )
    share = out.sectors["food"].sum(axis=0) / out.trade.sum(axis=0)
    np.testing.assert_allclose(share, food.sum(axis=0) / (food + cars).sum(axis=0), rtol=1e-10)
    output = (food + cars).sum(axis=1) * (1 + out.producer_price_percent / 100)
    np.testing.assert_allclose(out.trade.sum(axis=1), output, rtol=1e-10)
    assert out.residual < 1e-10
    # product over sectors of home share ^ (-weight/theta), where all have home trade
    real = pd.Series(1.0, index=food.index)
    for name, old, theta in (("food", food, 3.0), ("cars", cars, 7.0)):
        home = (np.diag(out.sectors[name]) / out.sectors[name].sum(axis=0)) / (
            np.diag(old) / old.sum(axis=0)
        )
        weight = old.sum(axis=0) / (food + cars).sum(axis=0)
        own = np.diag(shock(cars, 24))
        real *= (home.where(home > 0, 1.0) ** (-1 / theta) / own) ** weight
    others = [name for name in food.index if name != "KAZ"]
    np.testing.assert_allclose(1 + out.real_gdp_percent[others] / 100, real[others], rtol=1e-9)
    held = counterfactual_sectors({"food": food, "cars": cars}, shock(cars, 24), 5.0, "conditional")
    np.testing.assert_allclose(
        held.sectors["food"].sum(axis=1), food.sum(axis=1), rtol=1e-9, atol=1e-9
    )


# --- bad input -----------------------------------------------------------------------------------------------


def _trade(change=None) -> pd.DataFrame:
    table = world(4, 30)
    if change:
        change(table)
    return table


def _set(row: str, column: str, value: float):
    def change(table: pd.DataFrame) -> None:
        table.loc[row, column] = value

    return change


@pytest.mark.parametrize(
    ("trade", "words"),
    [
        (_trade(_set("CHN", "KAZ", -1.0)), ["trade", "CHN", "KAZ", "-1", "negative"]),
        (_trade(_set("CHN", "KAZ", np.nan)), ["trade", "CHN", "KAZ", "missing"]),
        (_trade(_set("CHN", "KAZ", np.inf)), ["trade", "CHN", "KAZ", "finite"]),
        (_trade().drop(index="KAZ"), ["trade", "KAZ", "importer", "not square"]),
        (_trade().drop(columns="KAZ"), ["trade", "KAZ", "exporter", "not square"]),
        (_trade().rename(columns={"KAZ": "KGZ"}), ["trade", "KAZ", "row"]),
        (_trade(lambda t: t.__setitem__("PAK", 0.0)), ["trade", "PAK", "expenditure"]),
        (_trade(lambda t: t.loc.__setitem__("PAK", 0.0)), ["trade", "PAK", "output"]),
        (_trade().to_numpy(), ["trade", "DataFrame", "ndarray"]),
        (_trade().iloc[:1, :1], ["two economies"]),
        (pd.concat([_trade(), _trade().iloc[:1]]), ["trade", "CHN", "twice"]),
        (_trade().astype(object).replace({_trade().iloc[0, 0]: "many"}), ["trade", "numbers"]),
        (_trade().where(~np.eye(4, dtype=bool), 0.0), ["diagonal"]),
    ],
)  # fmt: skip
def test_bad_trade_is_named(trade, words: list[str]) -> None:
    with pytest.raises(EquilibriumError) as caught:
        counterfactual(trade, ones(world(4, 30)))
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (ones(_trade()) * 0, ["cost_factor", "CHN", "above 0"]),
        (-ones(_trade()), ["cost_factor", "-1"]),
        (ones(_trade()).mask(np.eye(4, dtype=bool)), ["cost_factor", "missing"]),
        (ones(_trade()).drop(index="KAZ"), ["cost_factor", "row KAZ", "missing"]),
        (ones(_trade()).rename(index={"KAZ": "KAS"}), ["cost_factor", "KAS", "did you mean 'KAZ'"]),
        (1.0, ["cost_factor", "DataFrame", "float"]),
    ],
)
def test_bad_costs_are_named(cost, words: list[str]) -> None:
    with pytest.raises(EquilibriumError) as caught:
        counterfactual(_trade(), cost)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"theta": 0}, ["theta", "0", "above 0"]),
        ({"theta": -4.0}, ["theta", "-4"]),
        ({"theta": float("nan")}, ["theta", "nan"]),
        ({"theta": "large"}, ["theta", "large"]),
        ({"closure": "conditonal"}, ["closure", "conditonal", "did you mean 'conditional'"]),
        ({"deficits": "close"}, ["deficits", "did you mean 'closed'"]),
        ({"numeraire": "KZA"}, ["numeraire", "did you mean 'KAZ'"]),
    ],
)
def test_bad_options_are_named(options: dict, words: list[str]) -> None:
    with pytest.raises(EquilibriumError) as caught:
        counterfactual(_trade(), ones(_trade()), **options)
    for word in words:
        assert word in str(caught.value)


def test_economies_cut_off_are_named() -> None:
    trade = _trade()
    trade.loc["PAK", trade.columns != "PAK"] = 0.0
    trade.loc[trade.index != "PAK", "PAK"] = 0.0
    with pytest.raises(EquilibriumError, match="PAK does not trade with the rest"):
        counterfactual(trade, ones(trade))


def test_an_economy_without_home_trade_is_solved() -> None:
    """An entrepot sells nothing to itself: the home share says nothing, prices still do."""
    trade = world(6, 31)
    trade.loc["KAZ", "KAZ"] = 0.0
    cost = shock(trade, 32, 0.1)
    out = counterfactual(trade, cost)
    theirs = in_levels(trade, cost, 5.03, "output_share")
    np.testing.assert_allclose(1 + out.real_gdp_percent / 100, theirs["real_gdp"], rtol=1e-6)


def test_sectors_must_agree() -> None:
    trade = _trade()
    with pytest.raises(EquilibriumError, match="sector: 'foood'.*did you mean 'food'"):
        counterfactual_sectors({"food": trade}, ones(trade), {"foood": 4.0})
    with pytest.raises(EquilibriumError, match="sector 'food' is missing"):
        counterfactual_sectors({"food": trade, "cars": trade}, {"cars": ones(trade)})
    with pytest.raises(EquilibriumError, match="only one of them"):
        counterfactual_sectors({"food": trade, "cars": world(5, 1)}, ones(trade))
    with pytest.raises(EquilibriumError, match="mapping"):
        counterfactual_sectors({}, ones(trade))
