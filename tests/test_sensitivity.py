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


NORMAL = parameters("normal", ["big", "small", "none"], -1.0, 0.0, 1.0)


def linear(p: Mapping[str, np.ndarray]) -> np.ndarray:
    return 3 * p["big"] + 1 * p["small"] + 0 * p["none"]


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
