"""Standard errors of counterfactuals: derivatives against differences, delta method against draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from corridors.equilibrium import counterfactual, standard_errors
from corridors.errors import EquilibriumError
from test_equilibrium import ones, shock, world

THETA = 5.0


def covariance(
    theta: float = 0.05, agreement: float = 0.003, correlation: float = 0.4
) -> pd.DataFrame:
    cross = correlation * theta * agreement
    names = ["theta", "agreement"]
    return pd.DataFrame([[theta**2, cross], [cross, agreement**2]], names, names)


def direction(trade: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame((rng.random(trade.shape) < 0.3) * 1.0, trade.index, trade.columns)


@pytest.mark.parametrize("closure", ["partial", "conditional", "full"])
@pytest.mark.parametrize("moves", ["cost", "trade"])
@pytest.mark.parametrize(
    ("deficits", "numeraire"), [("output_share", "world_output"), ("world_share", "KAZ")]
)
def test_derivatives_and_draws(closure: str, moves: str, deficits: str, numeraire: str) -> None:
    trade = world(7, 2) + np.diag(world(7, 2).sum(axis=0))
    cost, way = shock(trade, 3, 0.1), direction(trade)
    options = {"closure": closure, "deficits": deficits, "numeraire": numeraire}

    def outcome(theta: float, step: float) -> pd.DataFrame:
        if moves == "cost":
            log_cost = np.log(cost) + step * way
        else:
            log_cost = (THETA * np.log(cost) - step * way) / theta
        out = counterfactual(trade, np.exp(log_cost), theta, **options)
        return out.to_frame()[list(delta.estimate.columns)]

    delta = standard_errors(
        trade, cost, covariance(), {"agreement": way}, THETA, moves=moves, **options
    )
    np.testing.assert_allclose(delta.estimate, outcome(THETA, 0.0), atol=1e-10)
    h = 1e-5
    by_theta = (outcome(THETA + h, 0.0) - outcome(THETA - h, 0.0)) / (2 * h)
    by_step = (outcome(THETA, h) - outcome(THETA, -h)) / (2 * h)
    np.testing.assert_allclose(delta.derivatives["theta"], by_theta, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(delta.derivatives["agreement"], by_step, rtol=1e-5, atol=1e-6)

    drawn = standard_errors(
        trade, cost, covariance(), {"agreement": way}, THETA, moves=moves, method="draws", **options
    )
    # 1,024 quasi-random draws and small standard errors: only curvature separates the two
    np.testing.assert_allclose(drawn.standard_error, delta.standard_error, rtol=0.02, atol=1e-3)
    np.testing.assert_allclose(drawn.estimate, delta.estimate, atol=1e-9)


def test_a_known_theta_and_a_sure_parameter_leave_no_error() -> None:
    trade = world(5, 4)
    zero = pd.DataFrame([[0.0]], ["agreement"], ["agreement"])
    out = standard_errors(trade, shock(trade, 5), zero, {"agreement": direction(trade)})
    assert (out.standard_error == 0).all(axis=None)


def test_errors_scale_with_the_uncertainty() -> None:
    trade = world(5, 6)
    cost, way = shock(trade, 7), {"agreement": direction(trade)}
    one = standard_errors(trade, cost, covariance(), way)
    two = standard_errors(trade, cost, covariance() * 4, way)
    np.testing.assert_allclose(two.standard_error, 2 * one.standard_error, rtol=1e-10)


def test_same_seed_same_draws() -> None:
    trade = world(5, 8)
    call = lambda seed: standard_errors(  # noqa: E731
        trade, shock(trade, 9), covariance(), {"agreement": direction(trade)}, method="draws", draws=64, seed=seed
    )  # fmt: skip
    assert call(1).standard_error.equals(call(1).standard_error)
    assert not call(1).standard_error.equals(call(2).standard_error)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"covariance": covariance().rename(index={"theta": "teta"})}, ["covariance", "rows and columns"]),
        ({"covariance": -covariance()}, ["covariance", "negative eigenvalue"]),
        ({"covariance": covariance().loc[["theta"], ["theta"]]}, ["directions", "agreement"]),
        ({"directions": {}}, ["covariance", "'agreement'"]),
        ({"directions": {"agreement": ones(world(4, 1))}}, ["directions['agreement']"]),
        (
            {"covariance": covariance(theta=9.0), "method": "draws"},
            ["draws of theta are 0 or less"],
        ),
        ({"method": "bootstrap"}, ["method", "bootstrap"]),
        ({"moves": "costs"}, ["moves", "did you mean 'cost'"]),
        ({"deficits": "closed"}, ["deficits", "closed"]),
    ],
)
def test_bad_input_is_named(change: dict, words: list[str]) -> None:
    trade = world(5, 10)
    good = {"covariance": covariance(), "directions": {"agreement": direction(trade)}}
    with pytest.raises(EquilibriumError) as caught:
        standard_errors(trade, shock(trade, 1), **{**good, **change})
    for word in words:
        assert word in str(caught.value)
