"""The published figures of the WTO and UNCTAD guide, computed again from the tables of this package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from corridors.data import tables
from corridors.equilibrium import guide
from corridors.errors import DataError
from corridors.gravity import guide as gravity_guide
from corridors.validation import published, published_appraisals

NOT_CONVERGED = "full change of exports"


@pytest.fixture(scope="module")
def ours() -> pd.DataFrame:
    return published.compare()


def test_every_figure_is_reproduced_but_those_of_the_iteration_that_stopped_early(ours: pd.DataFrame) -> None:
    """Appraisals of crossings have a table of their own that says where and why they differ (test_appraisals)."""
    converged = ours[~ours["quantity"].str.startswith(NOT_CONVERGED) & ~ours["table"].isin(published_appraisals.OF_TRANSPORT)]
    missed = converged[~converged["passed"]]
    assert missed.empty, missed[["table", "quantity", "published", "ours", "tolerance"]].to_string()
    assert len(converged) >= 180


def test_figures_of_the_iteration_that_stopped_early_are_shown_as_they_are(ours: pd.DataFrame) -> None:
    stopped = ours[ours["quantity"].str.startswith(NOT_CONVERGED)]
    assert len(stopped) == 10
    assert (stopped["passed"] == (stopped["difference"].abs() <= stopped["tolerance"])).all()
    assert stopped["note"].str.contains("not converged").all()
    counted = published.counts()
    assert counted == {"published_passed": int(ours["passed"].sum()), "published_total": len(ours)}


def test_the_headline_figures(ours: pd.DataFrame) -> None:
    """What everybody knows of the guide, so that a change of the table of figures cannot hide a miss."""
    value = ours.set_index(["table", "quantity"])["ours"]
    assert value[gravity_guide.PAIR_EFFECTS, "coefficient of trade_agreement"] == pytest.approx(0.557, abs=5e-4)
    assert value[gravity_guide.TRADITIONAL, "coefficient of ln_distance"] == pytest.approx(-0.841, abs=5e-4)
    assert value[gravity_guide.DIVERSION, "coefficient of trade_agreement"] == pytest.approx(0.409, abs=5e-4)
    assert value[guide.AGREEMENT, "conditional change of exports, CAN"] == pytest.approx(35.0, abs=0.05)


def test_applications_clear_every_market() -> None:
    panel, pairs = tables.manufacturing_trade_panel(), tables.manufacturing_trade_pairs()
    result = guide.trade_without_borders(panel, pairs)
    for world in (result.conditional, result.full):
        assert world.residual < 1e-10
    held = result.conditional
    np.testing.assert_allclose(held.trade.sum(axis=1), held.baseline.sum(axis=1), rtol=1e-9)
    np.testing.assert_allclose(held.trade.sum(axis=0), held.baseline.sum(axis=0), rtol=1e-9)
    assert result.resistance.loc[guide.REFERENCE, "inward_percent"] == pytest.approx(0.0, abs=1e-9)


def test_a_figure_that_nothing_computes_is_named(project: Path) -> None:
    file = project / "data" / "published_results.csv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[1] = lines[1].replace("multilateral resistance, ARG", "multilateral resistence, ARG")
    file.write_text("".join(lines), encoding="utf-8")
    published._compare.cache_clear()
    try:
        with pytest.raises(DataError, match=r"resistence, ARG.*did you mean.*resistance, ARG"):
            published.compare()
    finally:
        published._compare.cache_clear()
