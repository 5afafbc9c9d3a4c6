"""Sensitivity measures against models whose answers are known in closed form."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from corridors import uncertainty
from corridors.errors import DataError
from corridors.uncertainty import sensitivity


def parameters(kind: str, names: list[str], low: float, mid: float, high: float) -> pd.DataFrame:
    frame = pd.DataFrame({"parameter": names})
    frame = frame.assign(central=mid, low=low, high=high, distribution=kind)
    return frame.assign(meaning=[f"what {n} is; more" for n in names])


ISHIGAMI = parameters("uniform", ["x1", "x2", "x3"], -np.pi, 0.0, np.pi)
NORMAL = parameters("normal", ["big", "small", "none"], -1.0, 0.0, 1.0)


def ishigami(p: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.sin(p["x1"]) + 7 * np.sin(p["x2"]) ** 2 + 0.1 * p["x3"] ** 4 * np.sin(p["x1"])


def linear(p: Mapping[str, np.ndarray]) -> np.ndarray:
    return 3 * p["big"] + 1 * p["small"] + 0 * p["none"]


def test_sobol_indices_of_the_ishigami_function() -> None:
    found = sensitivity.sobol_indices(ishigami, ISHIGAMI, samples=2048, seed=3).set_index("parameter")
    assert found["first_order"].loc[["x1", "x2", "x3"]].tolist() == pytest.approx([0.3139, 0.4424, 0.0], abs=0.02)
    assert found["total"].loc[["x1", "x2", "x3"]].tolist() == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)


def test_the_model_runs_once_and_a_constant_output_has_no_indices() -> None:
    sizes = []

    def constant(p: Mapping[str, np.ndarray]) -> np.ndarray:
        sizes.append(len(p["big"]))
        return np.ones(len(p["big"]))

    found = sensitivity.sobol_indices(constant, NORMAL, samples=16)
    assert sizes == [16 * 5]
    assert (found[["first_order", "total"]] == 0).all().all()


def test_first_order_from_draws_of_a_linear_model() -> None:
    draws = uncertainty.sample(NORMAL, 8192, 5)
    found = sensitivity.first_order(draws, linear(draws))
    assert found["big"] == pytest.approx(0.9, abs=0.015)
    assert found["small"] == pytest.approx(0.1, abs=0.01)
    assert found["none"] < 0.005


def test_information_of_a_linear_model() -> None:
    draws = uncertainty.sample(NORMAL, 8192, 5)
    worth = sensitivity.information(draws, linear(draws), NORMAL).set_index("parameter")
    # Knowing `big` leaves sd 1 of sqrt(10); the groups are not points, so a little is left over.
    assert worth.loc["big", "narrowing"] == pytest.approx(1 - 1 / np.sqrt(10), abs=0.05)
    assert worth.loc["small", "narrowing"] == pytest.approx(1 - 3 / np.sqrt(10), abs=0.02)
    assert worth.loc["none", "narrowing"] < 0.01
    assert (worth["band_if_known"] <= worth["band_now"]).all()


def test_tornado_is_ordered_by_swing_and_moves_one_parameter_at_a_time() -> None:
    found = sensitivity.tornado(linear, NORMAL)
    assert found["parameter"].tolist() == ["big", "small", "none"]
    assert found["at_high"].tolist() == pytest.approx([3 * 1.28155, 1.28155, 0.0], abs=1e-4)
    assert found["at_low"].tolist() == pytest.approx([-3 * 1.28155, -1.28155, 0.0], abs=1e-4)


def test_nothing_uncertain_is_refused() -> None:
    fixed = NORMAL.assign(distribution="fixed")
    with pytest.raises(DataError, match="nothing is uncertain"):
        sensitivity.tornado(linear, fixed)
