"""Separated zeros and covariates that say nothing: against linear programming, at any scale, and refused by name."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from corridors.errors import EstimationError, NotConverged
from corridors.gravity import ppml

EFFECTS: list[list[str]] = [
    [], ["e"], ["e", "m"], ["e", "m"], ["e", "t"], ["e^t", "m^t"], ["e", "m", "t"], ["e^t", "m^t", "e^m"],
]  # fmt: skip


def random_panel(seed: int) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Three to six economies in one to three years, unbalanced, most flows zero in some; covariates of five kinds, and
    covariates and trade in units from 1e-98 to 1e40."""
    rng = np.random.default_rng(seed)
    n, years = int(rng.integers(3, 7)), int(rng.integers(1, 4))
    e, m, t = (v.ravel() for v in np.meshgrid(np.arange(n), np.arange(n), np.arange(years), indexing="ij"))
    kept = e != m
    if rng.random() < 0.5:
        kept &= rng.random(e.size) < rng.uniform(0.5, 1)
    frame = pd.DataFrame({"e": e[kept], "m": m[kept], "t": t[kept]})
    rows = len(frame)
    names = [f"x{k}" for k in range(rng.integers(0, 4))]
    for name in names:
        kind = rng.integers(0, 5)
        values = [
            lambda: rng.integers(0, 3, rows).astype(float),
            lambda: (rng.random(rows) < 0.2) * rng.integers(1, 5, rows).astype(float),
            lambda: rng.normal(size=rows),
            lambda: rng.integers(-4, 5, rows) * rng.choice([0, 0, 1.0], rows),
            lambda: (rng.random(rows) < 0.3) * 10.0 ** rng.integers(-2, 4, rows),
        ][kind]()
        frame[name] = values * (10.0 ** rng.integers(-30, 30) if rng.random() < 0.3 else 1.0)
    frame["y"] = rng.integers(1, 20, rows) * (rng.random(rows) > rng.uniform(0.1, 0.8))
    if rng.random() < 0.2:
        frame["y"] = frame["y"] * 10.0 ** rng.integers(-98, 40)
    if rng.random() < 0.2:
        frame["w"] = rng.integers(1, 5, rows).astype(float)
    return frame, names, list(EFFECTS[rng.integers(0, len(EFFECTS))])


def regressors(frame: pd.DataFrame, names: list[str], effects: list[str]) -> np.ndarray:
    blocks = [frame[names].to_numpy(float)]
    for effect in effects:
        label = frame[effect.split("^")].astype(str).agg("^".join, axis=1)
        blocks.append(pd.get_dummies(label).to_numpy(float))
    x = np.hstack(blocks if effects else [*blocks, np.ones((len(frame), 1))])
    largest = np.abs(x).max(axis=0)
    return x / np.where(largest > 0, largest, 1.0)


def by_linear_programming(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The largest support of x g over the zeros with x g >= 0 there and x g = 0 on positive flows, all dummies written out."""
    zero = y == 0
    k, zeros, rest = x.shape[1], int(zero.sum()), int((~zero).sum())
    found = np.zeros(len(y), dtype=bool)
    if zeros:
        answer = linprog(
            np.r_[np.zeros(k), -np.ones(zeros)],
            A_ub=np.hstack([-x[zero], np.eye(zeros)]), b_ub=np.zeros(zeros),
            A_eq=np.hstack([x[~zero], np.zeros((rest, zeros))]), b_eq=np.zeros(rest),
            bounds=[(None, None)] * k + [(0, 1)] * zeros,
        )  # fmt: skip
        found[zero] = answer.x[k:] > 0.5
    return found


def textbook(y: np.ndarray, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Fitted values by Newton's method with step halving on an orthonormal basis of all regressors."""
    basis, sizes, _ = np.linalg.svd(x, full_matrices=False)
    basis = basis[:, sizes > 1e-9 * sizes[0]]
    unit = y.max()
    y = y / unit
    eta = np.log(y + y.mean())
    for step in range(400):
        mu = np.maximum(np.exp(eta), 1e-300)
        root = np.sqrt(w * mu)
        move = basis @ np.linalg.lstsq(basis * root[:, None], (eta + (y - mu) / mu) * root, rcond=1e-15)[0] - eta
        share, before = 1.0, (w * (y * eta - mu)).sum()
        while step and share > 1e-4:
            then = eta + share * move
            if (w * (y * then - np.exp(np.minimum(then, 300)))).sum() >= before - 1e-13 * abs(before):
                break
            share /= 2
        eta = eta + share * move
        if np.abs(share * move * np.sqrt(mu)).max() < 1e-13:
            break
    return np.exp(eta) * unit


def test_what_effects_that_cancel_leave_is_no_sign() -> None:
    """A zero flow whose covariate is the mean, and whose effects cancel to 1e-25: it counted as separated, in one panel of 2,000."""
    frame, names, effects = random_panel(101_284)
    y = frame["y"].to_numpy(float)
    expected = by_linear_programming(y, regressors(frame, names, effects))
    assert np.flatnonzero(expected).tolist() == [1, 3, 5, 6, 9, 11, 14]
    assert ppml(frame, "y", names, effects).dropped.rows.tolist() == [1, 3, 5, 6, 9, 11, 14]


def test_what_cannot_be_told_apart_is_refused_without_a_warning_of_the_library() -> None:
    frame, names, effects = random_panel(102_826)
    with warnings.catch_warnings(), pytest.raises(NotConverged, match="covariates can no longer be told apart"):
        warnings.simplefilter("error")
        ppml(frame, "y", names, effects, weights="w")


def test_a_fit_that_runs_beyond_all_numbers_is_refused_by_name() -> None:
    """Three effects on sparse trade: working residuals beyond 1e154, whose squares overflowed with a warning of the library."""
    text = """020 .172906 0 021 5.5e-5 0 030 .0439 0 031 8.19e-4 0 050 .00745 0 051 .021166 8.702818185305428 200 3e-5 0 201 5.65e-4 0
              240 0 0 241 .014021 0 250 1 0 261 .137105 0 310 6.11e-4 0 320 .001405 0 321 .004993 0 340 7e-5 0 341 .440807 0
              350 .106573 0 351 .014994 9.187431785767355 401 2.42e-4 0 451 .046828 0 600 .05497 0 601 .02696 9.066897533456945
              630 .001269 0 631 .001145 0 640 .277364 0 641 0 7.437322893551255 650 .148863 0 651 .010721 8.557851724778095"""
    cells = text.split()
    frame = pd.DataFrame([[*map(int, cells[k]), *map(float, cells[k + 1 : k + 3])] for k in range(0, len(cells), 3)], columns=["e", "m", "t", "y", "x"])
    with warnings.catch_warnings(), pytest.raises(NotConverged, match="covariates can no longer be told apart"):
        warnings.simplefilter("error")
        ppml(frame, "y", ["x"], ["e^t", "m^t", "e^m"])


@pytest.mark.parametrize("part", range(8))
def test_two_thousand_random_panels_against_linear_programming(part: int) -> None:
    """No row dropped wrongly, no fit that is another's, and at most one in a hundred refused, by name."""
    refused = separated = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(250 * part, 250 * (part + 1)):
            frame, names, effects = random_panel(seed)
            y = frame["y"].to_numpy(float)
            if not y.any():
                continue
            x = regressors(frame, names, effects)
            expected = by_linear_programming(y, x)
            separated += bool(expected.any())
            try:
                fit = ppml(frame, "y", names, effects, weights="w" if "w" in frame else None)
            except (EstimationError, NotConverged) as error:
                assert any(name in str(error) for name in [*names, "covariate"])
                refused += 1
                continue
            assert fit.dropped.rows.tolist() == np.flatnonzero(expected).tolist(), (seed, names, effects)
            if seed % 5 == 0:
                kept = ~expected
                w = frame["w"].to_numpy(float) if "w" in frame else np.ones(len(y))
                wanted = textbook(y[kept], x[kept], w[kept])
                np.testing.assert_allclose(fit.fitted[kept], wanted, rtol=0, atol=1e-7 * y.max(), err_msg=str(seed))
    assert refused <= 2
    assert separated > 50


def test_only_the_rows_that_linear_programming_finds_are_dropped() -> None:
    """Integers with two fixed effects, where repeated rectified regressions stop too late; estimates as statsmodels has them."""
    text = """0,1,0,2,0,1 0,2,12,2,2,1 0,3,0,2,2,0 1,0,10,0,0,0 1,2,18,0,0,0 1,3,5,0,0,1 2,0,0,0,0,0 2,1,0,2,0,0
              2,3,3,0,0,0 3,0,2,2,0,0 3,1,18,0,0,0 3,2,15,2,2,0"""
    frame = pd.DataFrame([[float(v) for v in row.split(",")] for row in text.split()], columns=["e", "m", "y", "x0", "x1", "x2"])
    fit = ppml(frame, "y", ["x0", "x1", "x2"], ["e", "m"])
    assert fit.dropped.rows.tolist() == [0, 7]
    assert fit.coefficients.round(5).to_dict() == {"x1": 0.56666, "x2": 0.59668}
    assert fit.dropped.covariates["x0"].startswith("collinear with the fixed effects")


def test_what_only_separated_rows_tell_apart_is_told_from_collinearity() -> None:
    frame = pd.DataFrame({"y": [0, 0, 0, 0, 0, 4.0], "x0": [0, 0, 4, 4, -4, 1.0], "x1": [-4, 0, 0, 0, 0, -4.0]})
    fit = ppml(frame, "y", ["x0", "x1"])
    assert fit.dropped.separated == 5
    assert fit.coefficients.to_dict() == {"constant": pytest.approx(np.log(4))}
    assert all("separated" in why for why in fit.dropped.covariates.values())
    plain = ppml(frame.assign(y=1.0 + frame["x0"] ** 2, twice=2 * frame["x0"]), "y", ["x0", "twice"])
    assert plain.dropped.covariates == {"twice": "collinear with x0"}


@pytest.mark.parametrize("huge", [10.0, 100.0, 1e6, 1e12, 1e-9])
def test_separated_rows_are_found_at_any_scale(huge: float) -> None:
    fit = ppml(pd.DataFrame({"y": [0, 0, 0, 0, 1, 2, 3, 4.0], "x": [1, 2, 5, huge, 0, 0, 0, 0]}), "y", ["x"])
    assert fit.dropped.rows.tolist() == [0, 1, 2, 3]
    assert fit.coefficients["constant"] == pytest.approx(np.log(2.5))


def plain(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"exporter": "A", "importer": [f"I{i % 12}" for i in range(n)], "year": [2000 + i // 12 for i in range(n)]})
    frame["x"] = rng.normal(size=n)
    frame["y"] = rng.poisson(np.exp(0.5 * frame["x"] + 1)).astype(float)
    return frame


def test_one_economy_one_year_and_constant_covariates() -> None:
    frame = plain().assign(same=1e9, tenth=0.1, far=lambda f: 1e9 + np.sin(np.arange(len(f))))
    alone = ppml(frame, "y", ["x"], ["exporter", "importer"])
    assert alone.coefficients["x"] == pytest.approx(ppml(frame, "y", ["x"], ["importer"]).coefficients["x"], abs=1e-10)
    assert np.isfinite(ppml(frame[frame["year"] == 2000], "y", ["x"], ["year"]).coefficients["x"])
    for effects in ([], ["importer"]):
        fit = ppml(frame, "y", ["x", "same", "tenth", "far"], effects)
        near = ppml(frame.assign(far=frame["far"] - 1e9), "y", ["x", "far"], effects)
        assert fit.dropped.covariates == dict.fromkeys(["same", "tenth"], "the same in every row that is used")
        np.testing.assert_allclose(fit.coefficients[["x", "far"]], near.coefficients[["x", "far"]], atol=1e-6)
        np.testing.assert_allclose(fit.standard_errors[["x", "far"]], near.standard_errors[["x", "far"]], rtol=1e-6)


@pytest.mark.parametrize("unit", [1e-98, 1e40])
def test_units_beyond_all_measure_do_not_matter(unit: float) -> None:
    frame = plain()
    for effects in ([], ["importer"]):
        base = ppml(frame, "y", ["x"], effects)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            other = ppml(frame.assign(y=frame["y"] * unit, x=frame["x"] * 1e-98, w=unit), "y", ["x"], effects, weights="w")
            str(other)
        assert other.coefficients["x"] * 1e-98 == pytest.approx(base.coefficients["x"], rel=1e-9)
        assert other.standard_errors["x"] * 1e-98 == pytest.approx(base.standard_errors["x"], rel=1e-9)
        np.testing.assert_allclose(other.fitted / unit, base.fitted, rtol=1e-9)
        if effects:
            shift = other.fixed_effects["importer"] - base.fixed_effects["importer"]
            np.testing.assert_allclose(shift, np.log(unit), rtol=1e-9)
        else:
            assert other.coefficients["constant"] - base.coefficients["constant"] == pytest.approx(np.log(unit), rel=1e-9)


def test_a_dummy_that_rules_trade_out_has_no_coefficient() -> None:
    """https://github.com/lrberge/fixest/issues/529: a dummy that is one only where the outcome is zero."""
    rng = np.random.default_rng(123)
    first, second = rng.integers(0, 2, 2000), (rng.random(2000) < 0.3).astype(int)
    frame = pd.DataFrame({"y": np.where(second, 0, rng.poisson(np.exp(first))), "first": first, "second": second})
    fit, without = ppml(frame, "y", ["first", "second"]), ppml(frame[second == 0], "y", ["first"])
    assert "separated" in fit.dropped.covariates["second"] and fit.dropped.separated == second.sum()
    assert fit.coefficients["first"] == pytest.approx(without.coefficients["first"], abs=1e-10)


def test_fixed_effects_alone_without_a_covariate() -> None:
    """https://github.com/py-econometrics/pyfixest/issues/655: two fixed effects, no covariate, one separated row."""
    frame = pd.DataFrame({"y": [0, 1, 0, 0, 1], "id1": [1, 1, 2, 2, 2], "id2": [1, 1, 1, 2, 2]})
    assert ppml(frame, "y", [], ["id1", "id2"]).dropped.rows.tolist() == [2]
