"""The bias of three-way estimates and its correction, by Monte Carlo with known truth.

Only worlds whose variance equals their mean are drawn here; where it grows steeply with the covariate the
correction removes far less (docs/method.md).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from corridors.errors import EstimationError
from corridors.gravity import Fit, bias_correction, ppml

ECONOMIES, YEARS, TRUTH, WORLDS = 20, 2, 1.0, 300
EFFECTS = ["exporter^year", "importer^year", "exporter^importer"]


def world(rng: np.random.Generator) -> pd.DataFrame:
    """A panel whose variance is its mean; the covariate hangs together with all three effects and with its own past."""
    i, j, t = (a.ravel() for a in np.meshgrid(range(ECONOMIES), range(ECONOMIES), range(YEARS), indexing="ij"))
    abroad = i != j
    i, j, t = i[abroad], j[abroad], t[abroad]
    exporter, importer = rng.normal(0, 0.25, (2, ECONOMIES, YEARS))
    pair = rng.normal(0, 0.25, (ECONOMIES, ECONOMIES))
    x = np.zeros((ECONOMIES, ECONOMIES, YEARS))
    before = rng.normal(0, 0.25, (ECONOMIES, ECONOMIES))
    for year in range(YEARS):
        before = 0.5 * before + exporter[:, None, year] + importer[None, :, year] + pair + rng.normal(0, 0.5, before.shape)
        x[:, :, year] = before
    mu = np.exp(TRUTH * x[i, j, t] + exporter[i, t] + importer[j, t] + pair[i, j])
    spread = np.sqrt(np.log1p(1 / mu))
    trade = mu * np.exp(rng.normal(-0.5 * spread**2, spread))
    return pd.DataFrame({"exporter": [f"E{k}" for k in i], "importer": [f"E{k}" for k in j], "year": t, "x": x[i, j, t], "trade": trade})


def fitted(frame: pd.DataFrame) -> Fit:
    return ppml(frame, "trade", ["x"], EFFECTS, None)


@pytest.mark.slow
def test_the_correction_takes_most_of_the_bias_where_variance_is_the_mean_and_widens_the_errors() -> None:
    rng = np.random.default_rng(2021)
    rows = []
    for _ in range(WORLDS):
        frame = world(rng)
        found = bias_correction(fitted(frame), frame)
        rows.append([found.uncorrected["x"], found.coefficients["x"], found.uncorrected_standard_errors["x"], found.standard_errors["x"]])
    raw, corrected, plain_error, error = np.array(rows).T
    noise = raw.std() / np.sqrt(WORLDS)
    assert raw.mean() - TRUTH > 2.5 * noise, "there is a bias to correct"
    assert abs(corrected.mean() - TRUTH) < 2.5 * noise
    assert abs(corrected.mean() - TRUTH) < 0.5 * abs(raw.mean() - TRUTH)
    assert plain_error.mean() < error.mean()
    # Each error beside the spread of the estimate that it belongs to.
    assert abs(error.mean() / corrected.std() - 1) < abs(plain_error.mean() / raw.std() - 1)


def test_units_do_not_matter_and_the_table_adds_up() -> None:
    frame = world(np.random.default_rng(1))
    one = bias_correction(fitted(frame), frame)
    many = frame.assign(trade=1000.0 * frame["trade"])
    other = bias_correction(fitted(many), many)
    assert other.bias["x"] == pytest.approx(one.bias["x"], rel=1e-5)
    assert one.coefficients["x"] == pytest.approx(one.uncorrected["x"] - one.bias["x"])
    assert "Weidner and Zylkin" in str(one)


def test_a_fit_without_pair_effects_is_refused() -> None:
    frame = world(np.random.default_rng(1))
    two_way = ppml(frame, "trade", ["x"], EFFECTS[:2], None)
    with pytest.raises(EstimationError):
        bias_correction(two_way, frame)
