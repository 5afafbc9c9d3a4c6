"""The world around a pair is a result of its own: declared, saved, checked by hand; reports of it compute nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from corridors.equilibrium import counterfactual
from corridors.report import manifest, result_files, steps
from corridors.report.catalogue import Catalogue
from corridors.report.plan import make
from corridors.show.words import background as words
from corridors.show.words import background_world
from corridors.study import background
from corridors.study.background import Background
from corridors.study.background_tables import TABLES
from corridors.trade import expected_trade, gravity_effects, world
from studied import studied

PAIR = ("PAK", "RUS")
SHOW = Path(words.__file__).resolve().parents[1]
COMPUTE = {"gravity", "equilibrium", "trade"}


@pytest.fixture(scope="module")
def found() -> Iterator[Background]:
    yield background.run(PAIR)


def test_it_is_saved_and_read_back(found: Background, tmp_path: Path) -> None:
    for name, content in found.files().items():
        (tmp_path / name).write_bytes(content)
    again = Background.load(tmp_path)
    for name in TABLES:
        pd.testing.assert_frame_equal(again[name], found[name])
    assert dict(again.summary) == {"pair": list(PAIR)}


def test_a_build_makes_it_once_and_its_reports_read_it(found: Background) -> None:
    assert steps.result("background", {"pair": list(PAIR)}) == result_files.files(found)
    plan = make(Catalogue(), ())
    readers = {d.folder for d in plan.documents.values() if "background" in d.reads}
    assert readers == {f"background/{stem}" for stem in ("01_trade_profile", "02_gravity", "03_corridors")}
    assert all("result:background" in plan.steps[f"notebook:{folder}"].needs for folder in readers)


def test_its_files_stay_the_builds_own_when_one_scenario_is_built_again(tmp_path: Path) -> None:
    for name in ("background/result.json", "background/01_trade_profile/report.html", "gone/report.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    before = {"outputs": {name: {} for name in ("background/result.json", "background/01_trade_profile/report.html", "gone/report.html")}, "scenarios": {}}
    plan = make(Catalogue(), ("baseline",))
    made = manifest.make(tmp_path, plan, delivered=(), before=before, inputs={}, documents={"background/01_trade_profile": {}}, steps={}, failed=[])
    assert set(made["outputs"]) == {"background/result.json", "background/01_trade_profile/report.html"}


def test_what_is_shown_computes_nothing() -> None:
    """No module of ``show`` imports a room that estimates, balances or projects."""
    for file in SHOW.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("corridors."):
                assert node.module.split(".")[1] not in COMPUTE, f"{file.name}:{node.lineno}"


def test_standard_errors_of_an_agreement_are_those_of_a_step_by_hand(found: Background) -> None:
    trade, fit = world.base_matrix(), expected_trade.answer()
    b, error = float(fit.coefficients["trade_agreement"]), float(fit.standard_errors["trade_agreement"])

    def solved(coefficient: float) -> pd.DataFrame:
        cost = pd.DataFrame(1.0, trade.index, trade.columns)
        for pair in (PAIR, PAIR[::-1]):
            cost.loc[pair] = np.exp(-coefficient / gravity_effects.THETA)
        out = counterfactual(trade, cost, theta=gravity_effects.THETA)
        return pd.DataFrame({"exports": out.exports_percent, "imports": out.imports_percent, "real_gdp": out.real_gdp_percent}).loc[list(PAIR)]

    step = 1e-3
    slope = (solved(b + step) - solved(b - step)) / (2 * step)
    told = found["whatif_by_economy"].set_index(["case", "economy", "quantity"])
    for economy in PAIR:
        for quantity in ("exports", "imports", "real_gdp"):
            row = told.loc[("trade agreement", economy, quantity)]
            assert row["change_percent"] == pytest.approx(solved(b).loc[economy, quantity], rel=1e-6)
            assert row["std_error_percent"] == pytest.approx(abs(slope.loc[economy, quantity]) * error, rel=1e-4)


def test_pairs_compared_with_themselves_show_less_of_an_agreement(found: Background) -> None:
    row = found["agreement_within_pairs"].iloc[0]
    assert row["corrected"] == pytest.approx(row["estimate"] - row["bias"], abs=1e-12)
    assert 0 < row["estimate"] < expected_trade.answer().coefficients["trade_agreement"] / 2
    assert row["corrected_std_error"] > row["std_error"] and row["economies"] >= 60
    said = " ".join(words.within_pairs_words(studied("baseline"), found).paragraphs)
    low = np.expm1(row["corrected"] - 1.96 * row["corrected_std_error"])
    assert ("is not told from nothing" in said) == (low < 0) and f"{row['economies']:.0f} economies" in said


def test_what_changed_and_output_are_those_of_the_tables(found: Background) -> None:
    change = found["trade_change"]
    assert change.groupby("economy").size().to_dict() == {"PAK": 8, "RUS": 8}
    for economy in PAIR:
        moved = (change["musd_after"] - change["musd_before"])[change["economy"] == economy].abs()
        assert moved.is_monotonic_decreasing
    output = found["output"].set_index(["economy", "year"])
    known = output["gdp_tusd_p10"].notna()
    assert (output["gdp_tusd_p10"] < output["gdp_tusd"])[known].all() and (output["gdp_tusd"] < output["gdp_tusd_p90"])[known].all()
    shown = background_world.gdp_table(found)
    assert len(shown.rows) == len(output) and "nan" not in str(shown.rows)
