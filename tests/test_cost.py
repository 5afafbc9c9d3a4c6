"""Transport costs become one ad valorem factor per pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors.transport.trade_cost import class_factors, pair_factors

shares = st.lists(st.floats(0.01, 1.0), min_size=4, max_size=4)
costs = st.lists(st.floats(1.0, 2.0), min_size=4, max_size=4)
thetas = st.floats(1.0, 12.0)


@given(costs, shares, thetas)
def test_no_change_of_cost_is_exactly_no_change(cost, weight, theta):
    factors = class_factors([[cost]], [[cost]], [[cost]])
    assert (pair_factors(factors, np.array(weight) / sum(weight), [theta]) == 1.0).all()


@given(costs, shares, thetas, st.floats(0.01, 0.5))
def test_a_uniform_change_passes_through_whole(cost, weight, theta, cut):
    before = np.array([[cost]])
    after = (1.0 + before) * (1.0 - cut) - 1.0
    out = pair_factors(class_factors(before, after, before), np.array(weight) / sum(weight), [theta])
    assert out == pytest.approx(1.0 - cut, rel=1e-12)


@given(costs, shares, thetas, st.integers(0, 3), st.floats(0.001, 0.3))
def test_a_cheaper_class_lowers_the_pair_cost_and_stays_within_the_classes(cost, weight, theta, which, cut):
    before = np.array([[cost]])
    after = before.copy()
    after[0, 0, which] -= cut
    factors = class_factors(before, after, before)
    out = float(pair_factors(factors, np.array(weight) / sum(weight), [theta])[0, 0])
    assert factors.min() - 1e-12 <= out < 1.0


@given(st.floats(0.0, 2.0), st.floats(-3.0, 3.0), st.floats(-4.0, 4.0))
def test_only_changes_of_the_log_sum_count_and_no_price_falls_below_the_goods(mean, change, level):
    factor = float(class_factors(level, level + change, mean))
    assert factor == pytest.approx(max(1.0 + mean + change, 1.0) / (1.0 + mean), rel=1e-9)
    assert factor >= 1.0 / (1.0 + mean)


def test_classes_are_weighted_by_trade_and_elasticity():
    # Half the trade gets 10 % cheaper at theta 2: trade rises by half of (1/0.81 - 1).
    out = pair_factors([[[0.9, 1.0]]], [0.5, 0.5], [2.0])
    assert out[0, 0] ** -2.0 == pytest.approx(0.5 * (1 / 0.81) + 0.5, rel=1e-12)
