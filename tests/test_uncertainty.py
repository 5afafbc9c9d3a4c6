"""Draws: distributions against scipy, determinism to the byte, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from corridors import uncertainty
from corridors.errors import DataError


def table(**changes: object) -> pd.DataFrame:
    rows = [
        ("a", 1.0, 0.5, 2.0, "normal"),
        ("b", 5.0, 3.0, 8.0, "lognormal"),
        ("c", 0.0, 0.0, 3.0, "triangular"),
        ("d", 0.5, 0.0, 1.0, "uniform"),
        ("e", 7.0, np.nan, np.nan, "fixed"),
        ("f", np.nan, 0.0, 1.0, "check"),
    ]
    frame = pd.DataFrame(rows, columns=["parameter", "central", "low", "high", "distribution"])
    frame["meaning"] = "of " + frame["parameter"]
    for column, value in changes.items():
        frame.loc[0, column] = value
    return frame


def test_same_seed_same_bytes_and_another_seed_other_ones() -> None:
    first = uncertainty.sample(None, 1000, 7)
    again = uncertainty.sample(None, 1000, 7)
    other = uncertainty.sample(None, 1000, 8)
    assert list(first) == list(again)
    assert all(first[k].tobytes() == again[k].tobytes() for k in first)
    assert any(first[k].tobytes() != other[k].tobytes() for k in first)


def test_fewer_draws_are_the_first_of_more() -> None:
    few, many = uncertainty.sample(table(), 100, 3), uncertainty.sample(table(), 128, 3)
    assert all(np.array_equal(few[k], many[k][:100]) for k in few)


def test_names_shapes_and_what_is_left_out() -> None:
    draws = uncertainty.sample(table(), 64, 1)
    assert list(draws) == ["a", "b", "c", "d", "e"]
    assert all(v.shape == (64,) and np.isfinite(v).all() for v in draws.values())
    assert np.all(draws["e"] == 7.0)
    middle = uncertainty.central(table())
    assert {k: v.tolist() for k, v in middle.items()} == {"a": [1.0], "b": [5.0], "c": [0.0], "d": [0.5], "e": [7.0]}


def test_every_parameter_of_the_product_can_be_drawn_within_its_kind() -> None:
    draws = uncertainty.sample(None, 4096, 1)
    assert draws["trade_elasticity"].min() > 0
    low, middle, high = np.quantile(draws["flight_gain"], [0.1, 0.5, 0.9])
    assert (low, middle, high) == pytest.approx((0.015, 0.06, 0.14), rel=0.02)


@pytest.mark.parametrize("u", [0.001, 0.1, 0.37, 0.5, 0.9, 0.999])
def test_quantile_functions_against_scipy(u: float) -> None:
    normal = {"low": 1.0, "central": 3.0, "high": 5.0, "distribution": "normal"}
    assert uncertainty.quantile(normal, u) == pytest.approx(stats.norm(3, 2).ppf(u))
    lognormal = {"low": 2.0, "central": 4.0, "high": 8.0, "distribution": "lognormal"}
    shape = np.log(2) / stats.norm.ppf(0.9)
    assert uncertainty.quantile(lognormal, u) == pytest.approx(stats.lognorm(shape, scale=4).ppf(u))
    triangular = {"low": 1.0, "central": 2.0, "high": 5.0, "distribution": "triangular"}
    assert uncertainty.quantile(triangular, u) == pytest.approx(stats.triang(0.25, 1, 4).ppf(u))
    uniform = {"low": -1.0, "central": 1.0, "high": 3.0, "distribution": "uniform"}
    assert uncertainty.quantile(uniform, u) == pytest.approx(stats.uniform(-1, 4).ppf(u))


@given(st.floats(0.01, 10), st.floats(0.01, 10), st.floats(0.001, 0.999), st.floats(0.0, 0.5))
def test_quantile_functions_rise(below: float, above: float, u: float, step: float) -> None:
    for kind in ("normal", "lognormal", "triangular", "uniform"):
        row = {"low": 1.0, "central": 1.0 + below, "high": 1.0 + below + above, "distribution": kind}
        v = min(u + step, 0.9999)
        assert uncertainty.quantile(row, v) >= uncertainty.quantile(row, u) - 1e-12


def test_quasi_random_quantiles_are_near_the_true_ones() -> None:
    draws = uncertainty.sample(table(), 4096, 11)["b"]
    assert np.quantile(draws, [0.1, 0.5, 0.9]) == pytest.approx([3, 5, 8], rel=2e-3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"distribution": "norml"}, "did you mean 'normal'"),
        ({"low": 1.5}, "low <= central"),
        ({"high": np.nan}, "all finite"),
        ({"distribution": "lognormal", "low": -1.0}, "low > 0"),
        ({"parameter": "b"}, "twice"),
    ],
)
def test_rows_that_cannot_be_drawn_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        uncertainty.sample(table(**changes), 64, 1)


def test_no_draws_are_refused() -> None:
    with pytest.raises(DataError, match="at least 1"):
        uncertainty.sample(table(), 0, 1)


@settings(max_examples=60)
@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=6), elements=st.floats(-1e9, 1e9)))
def test_bands_never_cross(values: np.ndarray) -> None:
    bands = uncertainty.quantiles(values)
    assert list(bands.columns) == ["p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5"]
    assert len(bands) == values[0].size
    assert np.all(np.diff(bands.to_numpy(), axis=1) >= 0)


def test_quantiles_along_another_axis() -> None:
    values = np.arange(12.0).reshape(3, 4)
    assert uncertainty.quantiles(values, axis=1)["p50"].tolist() == [1.5, 5.5, 9.5]


def test_chance_of_a_target() -> None:
    assert uncertainty.probability_of([1.0, 2.0, 3.0, 4.0], 3.0) == 0.5


@pytest.mark.parametrize("shape", [(1,), (2, 3), (5, 2, 2), (4096, 7)])
def test_levels_are_those_of_numpy(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(4).lognormal(size=shape)
    wanted = (0.0, 0.025, 0.1, 0.5, 0.9, 1.0)
    assert uncertainty.levels(values, wanted) == pytest.approx(np.quantile(values, wanted, axis=0), rel=1e-14)
    values.flat[0] = np.nan
    assert np.array_equal(np.isnan(uncertainty.levels(values, wanted)), np.isnan(np.quantile(values, wanted, axis=0)))
