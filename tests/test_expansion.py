"""Shares of variance from given draws: against closed forms, against SALib, and against chance."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.uncertainty import expansion
from corridors.uncertainty.expansion import variance_shares


def drawn(count: int, seed: int, *names: str) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    return {name: generator.uniform(-np.pi, np.pi, count) for name in names}


def ishigami(p: dict[str, np.ndarray]) -> np.ndarray:
    return np.sin(p["x1"]) + 7 * np.sin(p["x2"]) ** 2 + 0.1 * p["x3"] ** 4 * np.sin(p["x1"])


def test_the_ishigami_function() -> None:
    """Published: Ishigami and Homma 1990; no polynomial is exact for it."""
    draws = drawn(4096, 0, "x1", "x2", "x3", "idle")
    found = variance_shares(draws, ishigami(draws))
    names = ["x1", "x2", "x3", "idle"]
    assert found.shares.loc[names, "first_order"].tolist() == pytest.approx([0.3139, 0.4424, 0, 0], abs=0.03)
    assert found.shares.loc[names, "total"].tolist() == pytest.approx([0.5576, 0.4424, 0.2437, 0], abs=0.03)
    assert found.explained > 0.95


def test_against_a_saltelli_design() -> None:
    """SALib runs the model a hundred thousand times where the expansion has two thousand draws."""
    from SALib.analyze import sobol as analyse
    from SALib.sample import sobol as design

    def model(u: np.ndarray) -> np.ndarray:
        return np.exp(u[:, 0]) * (1 + u[:, 1]) + np.maximum(u[:, 2] - 0.4, 0) * 2 + 0.3 * u[:, 3] * u[:, 4]

    names = list("abcde")
    problem = {"num_vars": 5, "names": names, "bounds": [[0.0, 1.0]] * 5}
    unit = design.sample(problem, 16384, calc_second_order=False, seed=1)
    theirs = analyse.analyze(problem, model(unit), calc_second_order=False, seed=1, num_resamples=10)
    own = np.random.default_rng(2).uniform(size=(2048, 5))
    ours = variance_shares(dict(zip(names, own.T, strict=True)), model(own)).shares
    assert ours["first_order"].tolist() == pytest.approx(theirs["S1"].tolist(), abs=0.02)
    assert ours["total"].tolist() == pytest.approx(theirs["ST"].tolist(), abs=0.02)


def test_draws_of_any_distribution_count_by_rank() -> None:
    """y = 3 a + b with normal a, b and heavy tails that do nothing."""
    generator = np.random.default_rng(4)
    draws = {"a": generator.normal(size=4096), "b": generator.normal(size=4096), "c": generator.standard_cauchy(4096)}
    found = variance_shares(draws, 3 * draws["a"] + draws["b"]).shares
    assert found["total"].tolist() == pytest.approx([0.9, 0.1, 0.0], abs=0.02)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(64, 600), st.integers(2, 40))
def test_of_noise_nothing_is_explained(seed: int, count: int, quantities: int) -> None:
    """Half-widths hold what chance makes of shares, and left-out draws are not predicted."""
    generator = np.random.default_rng(seed)
    draws = {f"q{k}": generator.uniform(size=count) for k in range(quantities)}
    found = variance_shares(draws, generator.normal(size=count))
    assert found.explained < 0.2
    assert (found.shares[["first_order", "total"]] >= 0).all().all()
    assert (found.shares["total"] <= 1).all()
    assert (found.shares["total"] >= found.shares["first_order"] - 1e-12).all()


def test_half_widths_cover_the_truth() -> None:
    """Of 60 sets of 256 draws nine in ten and more hold the share of y = 2 a + b within their half-width."""
    inside = []
    for seed in range(60):
        draws = drawn(256, seed, "a", "b", "c", "d")
        row = variance_shares(draws, 2 * draws["a"] + draws["b"] + np.random.default_rng(seed + 1000).normal(0, 3, 256)).shares.loc["a"]
        truth = 4 * np.pi**2 / 3 / (5 * np.pi**2 / 3 + 9)
        inside.append(abs(row["total"] - truth) <= row["total_half_width"])
    assert np.mean(inside) >= 0.85


def test_what_does_not_vary_or_is_hardly_drawn_has_no_shares() -> None:
    draws = drawn(64, 1, "a", "b")
    flat = variance_shares(draws, np.full(64, 3.0))
    assert flat.explained == 0.0 and (flat.shares == 0.0).all().all()
    few = variance_shares({name: value[:10] for name, value in draws.items()}, draws["a"][:10])
    assert few.explained == 0.0 and (few.shares == 0.0).all().all()


def test_many_draws_are_fitted_block_by_block_with_the_same_shares_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """65,536 draws took 5 GB here, beside all that the run holds."""
    rng = np.random.default_rng(5)
    draws = {f"q{d}": rng.random(6144) for d in range(20)}
    output = sum((14 - d) * draws[f"q{d}"] for d in range(14)) + 5 * draws["q0"] * draws["q1"] + np.exp(draws["q2"])

    def peak() -> tuple[expansion.Expansion, int]:
        tracemalloc.start()
        try:
            return variance_shares(draws, output), tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    # what helpers fill is seen by no tracer
    monkeypatch.setenv("CORRIDORS_NO_FORK", "1")
    monkeypatch.setattr(expansion, "LEADING", (8,))
    monkeypatch.setattr(expansion, "BLOCK", len(output))
    whole, much = peak()
    monkeypatch.setattr(expansion, "BLOCK", 512)
    parts, little = peak()
    np.testing.assert_allclose(parts.shares, whole.shares, rtol=0, atol=1e-12)
    assert parts.explained == pytest.approx(whole.explained, abs=1e-12)
    assert little < 0.4 * much
