"""Sectors and inputs: against a plain program, the one-sector model, a published formula, and what must always hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plain_sectors import PlainSectors

from corridors.equilibrium import (
    counterfactual_sectors,
    respond,
    respond_sectors,
    sector_respond,
    sector_world,
)
from corridors.equilibrium.sector_engine import Engine, Slopes
from corridors.equilibrium.sector_respond import SectorResponse
from corridors.equilibrium.sector_world import SectorWorld
from corridors.errors import EquilibriumError, NotConverged

LABELS = ["A", "B", "C", "D", "E"]


def make(seed: int, sectors: int = 3, inputs: bool = True, economies: int = 5, balanced: bool = False) -> SectorWorld:
    """A random world; the last sector is not traded where there is more than one."""
    rng = np.random.default_rng(seed)
    labels = LABELS[:economies] if economies <= 5 else [f"E{k}" for k in range(economies)]
    flows = rng.lognormal(0, 0.8, (sectors, economies, economies))
    if balanced:
        flows = (flows + flows.transpose(0, 2, 1)) / 2
    off = ~np.eye(economies, dtype=bool)
    if sectors > 1:
        flows[-1] *= ~off
    share = rng.uniform(0.02, 0.5 / sectors, (sectors, sectors)) if inputs else np.zeros((sectors, sectors))
    sold, got = (flows * off).sum(axis=2), (flows * off).sum(axis=1)
    final = rng.uniform(4, 12, (sectors, economies)) * economies
    home = np.maximum(0.5 * got, np.linalg.solve(np.eye(sectors) - share, final + sold - got) - sold)
    # more at home never lowers what is left for final use of the same goods
    for s in range(sectors):
        np.fill_diagonal(flows[s], home[s] + 5.0 * economies)
    names = [f"s{k}" for k in range(sectors)]
    tables = {n: pd.DataFrame(f, labels, labels) for n, f in zip(names, flows, strict=True)}
    return sector_world(tables, pd.DataFrame(share, names, names))


def pairs_of(world: SectorWorld) -> list[tuple[str, str]]:
    return [(a, b) for a in world.labels for b in world.labels if a != b]


@pytest.mark.parametrize("deficits", ["output_share", "world_share"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_agrees_with_the_plain_program(seed: int, deficits: str) -> None:
    world = make(seed)
    rng = np.random.default_rng(seed)
    size, n = world.sales.shape
    pairs = pairs_of(world)[::2]
    factor = np.exp(rng.normal(-0.05, 0.15, (1, len(pairs), size)))
    theta = rng.uniform(1.5, 8.0, size)
    ours = respond_sectors(world, pairs, factor, theta, deficits=deficits)
    whole = np.ones((size, n, n))
    for p, (a, b) in enumerate(pairs):
        whole[:, LABELS.index(a), LABELS.index(b)] = factor[0, p]
    plain = PlainSectors(world.flows.tolist(), world.input_share.tolist(), whole.tolist(), theta.tolist(), deficits == "world_share")
    assert plain.off < 1e-12
    np.testing.assert_allclose(ours.real_gdp_factor[0], plain.real(), rtol=1e-10)
    np.testing.assert_allclose(ours.producer_price_factor[0], plain.wage, rtol=1e-10)
    new = np.array(plain.new)
    for p, (a, b) in enumerate(pairs):
        i, j = LABELS.index(a), LABELS.index(b)
        traded = world.flows[:, i, j] > 0
        np.testing.assert_allclose(
            ours.sector_factor[0, p, traded], (new[:, i, j] / np.where(traded, world.flows[:, i, j], 1))[traded], rtol=1e-9
        )
    off = ~np.eye(n, dtype=bool)
    np.testing.assert_allclose(ours.exports_factor[0], (new * off).sum((0, 2)) / (world.flows * off).sum((0, 2)), rtol=1e-10)
    np.testing.assert_allclose(ours.imports_factor[0], (new * off).sum((0, 1)) / (world.flows * off).sum((0, 1)), rtol=1e-10)


@pytest.mark.parametrize("closure", ["full", "conditional", "partial"])
def test_one_sector_without_inputs_is_the_single_sector_model(closure: str) -> None:
    world = make(4, sectors=1, inputs=False)
    table = pd.DataFrame(world.flows[0], LABELS, LABELS)
    rng = np.random.default_rng(0)
    pairs = pairs_of(world)[:7]
    factor, theta = np.exp(rng.normal(-0.05, 0.2, (40, 7))), rng.uniform(1, 9, 40)
    old = respond(table, pairs, factor, theta, closure)
    new = respond_sectors(world, pairs, factor[:, :, None], theta[:, None], closure)
    for name in ("trade_factor", "exports_factor", "imports_factor", "producer_price_factor", "real_gdp_factor"):
        np.testing.assert_allclose(getattr(new, name), getattr(old, name), rtol=1e-11, err_msg=name)


def test_sectors_without_inputs_are_those_of_the_older_solver() -> None:
    world = make(5, inputs=False)
    rng = np.random.default_rng(1)
    pairs = pairs_of(world)
    factor, theta = np.exp(rng.normal(-0.05, 0.1, (1, len(pairs), 3))), np.array([2.0, 6.0, 4.0])
    tables = {n: pd.DataFrame(f, LABELS, LABELS) for n, f in zip(world.names, world.flows, strict=True)}
    whole = {n: pd.DataFrame(1.0, LABELS, LABELS) for n in world.names}
    for p, (a, b) in enumerate(pairs):
        for s, name in enumerate(world.names):
            whole[name].loc[a, b] = factor[0, p, s]
    old = counterfactual_sectors(tables, whole, dict(zip(world.names, theta, strict=True)))
    new = respond_sectors(world, pairs, factor, theta)
    np.testing.assert_allclose(100 * (new.real_gdp_factor[0] - 1), old.real_gdp_percent, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(100 * (new.exports_factor[0] - 1), old.exports_percent, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("seed", [6, 7])
def test_autarky_costs_what_the_published_formula_says(seed: int) -> None:
    """Costinot and Rodriguez-Clare 2014, equation 29: home shares, input-output multipliers and elasticities say it all."""
    world = make(seed, balanced=True)
    size, n = world.sales.shape
    np.testing.assert_allclose(world.value_added, world.final_spending, rtol=1e-12)
    theta = np.array([3.0, 5.0, 4.0])
    pairs = pairs_of(world)
    found = respond_sectors(world, pairs, np.full((1, len(pairs), size), 1e4), theta)
    home = np.array([np.diag(world.flows[s]) / world.spending[s] for s in range(size)])
    for j in range(n):
        multiplier = np.linalg.inv(np.eye(size) - world.input_share[:, :, j].T)
        want = np.exp(world.final_share[:, j] @ multiplier @ (np.log(home[:, j]) / theta))
        assert found.real_gdp_factor[0, j] == pytest.approx(want, rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.floats(0.01, 0.6), economies=st.integers(2, 7))
def test_every_market_of_every_sector_clears(seed: int, size: float, economies: int) -> None:
    world = make(seed, economies=economies)
    rng = np.random.default_rng(seed)
    pairs = pairs_of(world)[:6]
    factor = np.exp(rng.normal(0, size, (9, len(pairs), 3)))
    factor[0] = 1.0
    found = respond_sectors(world, pairs, factor, rng.uniform(0.6, 9.0, (9, 3)))
    assert found.residual.max() <= 1e-10
    for name in ("sector_factor", "exports_factor", "imports_factor", "producer_price_factor", "real_gdp_factor"):
        assert (getattr(found, name)[0] == 1.0).all(), name
    # the numeraire: the world's value added
    np.testing.assert_allclose(found.producer_price_factor @ world.value_added, world.value_added.sum(), rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), fall=st.floats(0.01, 0.5))
def test_cheaper_transport_of_one_sector_raises_its_trade_and_the_buyers_income(seed: int, fall: float) -> None:
    world = make(seed)
    factor = np.ones((1, 1, 3))
    factor[0, 0, 0] = 1.0 - fall
    found = respond_sectors(world, [("A", "B")], factor, np.array([2.5, 5.0, 4.0]))
    assert found.sector_factor[0, 0, 0] > 1.0 + fall
    assert found.real_gdp_factor[0, 1] > 1.0
    assert found.sector_factor[0, 0, 0] > found.trade_factor[0, 0]


def test_inputs_make_the_same_saving_worth_more() -> None:
    """Cheaper goods go into other goods (Caliendo and Parro 2015, section 5.2; Costinot and Rodriguez-Clare 2014, table 4.1)."""
    with_inputs, without = make(8), make(8)
    tables = {n: pd.DataFrame(f, LABELS, LABELS) for n, f in zip(without.names, without.flows, strict=True)}
    without = sector_world(tables)
    pairs = pairs_of(without)
    factor = np.full((1, len(pairs), 3), 0.95)
    theta = np.array([4.0, 4.0, 4.0])
    gain = [(respond_sectors(w, pairs, factor, theta).real_gdp_factor[0] - 1) * w.value_added for w in (with_inputs, without)]
    share = [g.sum() / w.value_added.sum() for g, w in zip(gain, (with_inputs, without), strict=True)]
    assert share[0] > 1.3 * share[1]


def test_the_answer_is_the_same_in_any_batch() -> None:
    world = make(9)
    rng = np.random.default_rng(2)
    pairs = pairs_of(world)[:4]
    factor, theta = np.exp(rng.normal(0, 0.2, (300, 4, 3))), rng.uniform(1, 8, (300, 3))
    whole = respond_sectors(world, pairs, factor, theta)
    some = respond_sectors(world, pairs, factor[211:214], theta[211:214])
    np.testing.assert_allclose(some.sector_factor, whole.sector_factor[211:214], rtol=1e-10)


def test_the_derivative_of_a_large_world_is_found_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORRIDORS_CACHE", str(tmp_path / "kept"))
    found: list[str] = []
    linearised = Engine._linearised

    def watched(engine: Engine) -> Slopes:
        found.append(engine.world.digest)
        return linearised(engine)

    monkeypatch.setattr(Engine, "_linearised", watched)

    def answers(world: SectorWorld) -> SectorResponse:
        sector_respond._engine.cache_clear()  # as in another process
        pairs = pairs_of(world)[:4]
        return respond_sectors(world, pairs, np.full((2, 4, world.sales.shape[0]), 0.9), np.full(world.sales.shape[0], 4.0))

    world = make(3, sectors=8, economies=50)
    first, again = answers(world), answers(make(3, sectors=8, economies=50))
    assert found == [world.digest]
    for name in ("sector_factor", "real_gdp_factor", "residual"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
    other = make(3, sectors=8, economies=50)
    other.flows[0, 1, 2] *= 1.0 + 1e-12
    assert answers(other).residual.max() < 1e-10
    assert found == [world.digest, other.digest] and other.digest != world.digest
    answers(make(3))  # a small one is found quicker than read
    answers(make(3))
    assert len(found) == 4


def test_conditional_holds_sales_and_spending_of_every_sector() -> None:
    world = make(10)
    rng = np.random.default_rng(3)
    pairs = pairs_of(world)
    found = respond_sectors(world, pairs, np.exp(rng.normal(0, 0.2, (5, len(pairs), 3))), rng.uniform(1, 8, (5, 3)), "conditional")
    off = [(LABELS.index(a), LABELS.index(b)) for a, b in pairs]
    for d in range(5):
        for s in (0, 1):
            new = world.flows[s].copy()
            for p, (i, j) in enumerate(off):
                new[i, j] *= found.sector_factor[d, p, s]
            abroad = new * ~np.eye(5, dtype=bool)
            home = world.sales[s] - abroad.sum(axis=1)
            np.testing.assert_allclose(home, world.spending[s] - abroad.sum(axis=0), rtol=1e-8)


def test_mistakes_are_named() -> None:
    world = make(11)
    one = np.ones((1, 1, 3))
    with pytest.raises(EquilibriumError, match=r"shape \(draws, 1, 3\)"):
        respond_sectors(world, [("A", "B")], np.ones((1, 3)), np.ones(3))
    with pytest.raises(EquilibriumError, match="theta: draw 0, s1: -1"):
        respond_sectors(world, [("A", "B")], one, np.array([1.0, -1.0, 1.0]))
    with pytest.raises(EquilibriumError, match=r"cost_factor: draw 0, s2, A to B: 0"):
        respond_sectors(world, [("A", "B")], np.array([[[1.0, 1.0, 0.0]]]), np.ones(3))
    with pytest.raises(EquilibriumError, match="closure"):
        respond_sectors(world, [("A", "B")], one, np.ones(3), closure="ful")
    tables = {n: pd.DataFrame(f, LABELS, LABELS) for n, f in zip(world.names, world.flows, strict=True)}
    with pytest.raises(EquilibriumError, match="the inputs of s0 add up to 1.2"):
        sector_world(tables, pd.DataFrame(0.4, world.names, world.names))
    with pytest.raises(EquilibriumError, match="would use .* as inputs but buys only"):
        sector_world(tables, pd.DataFrame([[0.9, 0, 0], [0, 0, 0.9], [0, 0, 0]], world.names, world.names))
    with pytest.raises(EquilibriumError, match="row s2 is missing"):
        sector_world(tables, pd.DataFrame(0.1, ["s0", "s1"], ["s0", "s1"]))


def test_what_cannot_be_solved_is_refused() -> None:
    world = make(12)
    with pytest.raises(NotConverged, match="draw 0"):
        respond_sectors(world, [("A", "B")], np.full((1, 1, 3), 1e-300), np.full(3, 9.0))
