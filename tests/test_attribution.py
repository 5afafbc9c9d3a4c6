"""Shapley values against their axioms and against the definition over all orders."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from corridors.uncertainty import shapley


def games(measures: int) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(np.float64, 2**measures, elements=st.floats(-1e3, 1e3))


def by_orders(values: np.ndarray, measures: int) -> np.ndarray:
    total, orders = np.zeros(measures), list(permutations(range(measures)))
    for order in orders:
        inside = 0
        for m in order:
            total[m] += values[inside | 1 << m] - values[inside]
            inside |= 1 << m
    return total / len(orders)


@settings(max_examples=50)
@given(games(4))
def test_definition_over_all_orders(values: np.ndarray) -> None:
    assert shapley.shapley(values) == pytest.approx(by_orders(values, 4), abs=1e-9)


@settings(max_examples=30)
@given(games(6))
def test_contributions_add_up_to_the_total(values: np.ndarray) -> None:
    assert shapley.shapley(values).sum() == pytest.approx(values[-1] - values[0], abs=1e-9)


def test_a_measure_that_does_nothing_gets_nothing_and_like_measures_get_the_same() -> None:
    active = shapley.subsets(5)
    values = np.log1p(active[:, 0] + active[:, 1]) * (1 + active[:, 2])
    shares = shapley.shapley(values)
    assert shares[3] == pytest.approx(0, abs=1e-15)
    assert shares[4] == pytest.approx(0, abs=1e-15)
    assert shares[0] == pytest.approx(shares[1])


def test_independent_effects_come_back_and_batches_keep_their_shape() -> None:
    effect = np.array([3.0, -1.0, 0.5])
    calls = []

    def value(active: np.ndarray) -> np.ndarray:
        calls.append(len(active))
        return np.stack([active @ effect, active @ effect * 2], axis=1)

    shares = shapley.shapley_of(value, 3)
    assert calls == [8]
    assert shares == pytest.approx(np.stack([effect, 2 * effect], axis=1))


def test_twelve_measures_are_exact_and_thirteen_refused() -> None:
    active = shapley.subsets(12)
    values = np.prod(1 + 0.01 * active, axis=1)
    assert shapley.shapley(values).sum() == pytest.approx(values[-1] - 1, abs=1e-12)
    with pytest.raises(ValueError, match="at most 12"):
        shapley.subsets(13)
    with pytest.raises(ValueError, match="all subsets"):
        shapley.shapley(np.zeros(6))


def test_no_measures() -> None:
    assert shapley.shapley(np.zeros(1)).shape == (0,)
    assert shapley.scaled_to(np.empty(0), 0.0).shape == (0,)


@given(hnp.arrays(np.float64, st.integers(1, 12), elements=st.floats(-50, 50)), st.floats(-50, 50))
def test_scaled_contributions_add_up_to_the_figure_shown(shares: np.ndarray, total: float) -> None:
    assert abs(shapley.scaled_to(shares, total).sum() - total) <= 1e-12 * max(1.0, abs(total), np.abs(shares).max())


@given(hnp.arrays(np.float64, st.integers(1, 12), elements=st.floats(-50, 50).map(lambda v: round(v, 3))), st.floats(-50, 50))
def test_no_contribution_turns_round(shares: np.ndarray, total: float) -> None:
    """Unless all have one sign and the total another, or is out of all proportion to them."""
    scaled = shapley.scaled_to(shares, total)
    gains, losses = shares[shares > 0].sum(), -shares[shares < 0].sum()
    if gains > 0.5 and losses > 0.5:
        assert (np.sign(scaled) * np.sign(shares) >= 0).all()
    elif gains + losses > 0.5 and (gains > 0.5) == (total > 0.5) and min(gains, losses) == 0 and abs(total) > 0.5:
        np.testing.assert_allclose(scaled, shares * total / shares.sum(), rtol=1e-9, atol=1e-12)


def test_gains_and_losses_that_nearly_cancel_are_not_blown_up() -> None:
    """Flights bring 0.4 and open borders take 0.35 in the central case; the median of the draws is 0.25, not 0.05."""
    scaled = shapley.scaled_to(np.array([0.4, -0.35]), 0.25)
    assert scaled.sum() == pytest.approx(0.25, abs=1e-15)
    assert 0.4 < scaled[0] < 0.6 and -0.35 < scaled[1] < -0.2, "by proportion they would be 2.0 and -1.75"
    np.testing.assert_allclose(scaled[0] / 0.4, -0.35 / scaled[1], rtol=1e-12)
