"""Memory of a run grows with its draws by what tables are made of, not by what solving them takes; lots change no bit."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest

from corridors import scenario, uncertainty
from corridors.errors import NotConverged
from corridors.study import lots, pipeline
from corridors.study.worth import Worth
from corridors.uncertainty import draws

KB_A_DRAW = 42
"""Of capacity-800, in lots: 39 to 40 as measured; 36 before three more crossings were on the network, whose states and ways are kept too."""


def peak(count: int) -> int:
    tracemalloc.start()
    try:
        pipeline.run(scenario.load("capacity-800"), draws=count)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_each_draw_of_a_run_takes_a_bounded_amount_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    # what helpers fill is seen by no tracer
    monkeypatch.setenv("CORRIDORS_NO_FORK", "1")
    monkeypatch.setattr(lots, "LOT", 256)
    pipeline.run(scenario.load("capacity-800"), draws=64)
    few, many = peak(512), peak(768)
    assert many - few < 256 * KB_A_DRAW * 1024, f"{(many - few) / 256 / 1024:.1f} KB a draw"


def test_lots_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draws, "LOT", 2048)
    asked = scenario.load("full-connectivity")
    whole = pipeline.Study(asked, 512, 3)
    monkeypatch.setattr(lots, "LOT", 256)
    parts = pipeline.Study(asked, 512, 3)
    assert len(list(lots.slices(512))) == 2
    assert whole.effect_percent.tobytes() == parts.effect_percent.tobytes()
    assert whole.effect_without_flights == parts.effect_without_flights
    for name in ("class_factor", "before_factor", "residual"):
        np.testing.assert_array_equal(getattr(whole.change, name), getattr(parts.change, name))
    assert whole.change.after is not None and parts.change.after is not None
    np.testing.assert_array_equal(whole.change.after.route_share, parts.change.after.route_share)
    np.testing.assert_array_equal(whole.change.response.real_gdp_factor, parts.change.response.real_gdp_factor)
    one, other = Worth(whole), Worth(parts)
    np.testing.assert_array_equal(one.users.new, other.users.new)
    np.testing.assert_array_equal(one.users.other_trucks, other.users.other_trucks)
    np.testing.assert_allclose(one.income.users, other.income.users, rtol=1e-12)


def test_what_is_held_in_seven_digits_shows_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond :data:`lots.SHORT_FROM` draws; below, every bit stays."""
    for name in ("LOT", "BLOCK"):
        monkeypatch.setattr(lots, name, 32)
    asked = scenario.load("capacity-800")
    whole = pipeline.run(asked, 64, 3)
    monkeypatch.setattr(lots, "SHORT_FROM", 32)
    short = pipeline.run(asked, 64, 3)
    for name, table in whole.tables.items():
        numbers = table.select_dtypes("number")
        other = short.tables[name][numbers.columns]
        # a hundred-thousandth of a percent, a thousandth of one of a fitted share, fifty thousand dollars of world trade in trillions
        least = [1e-5 if "percent" in c or (name, c) == ("worth_doubts", "share") else 0.05 if "musd" in c or name == "worth" else 0.0 for c in numbers]
        apart, scale = (numbers - other).abs().max(axis=0), numbers.abs().max(axis=0)
        assert (apart <= 2e-5 * scale + np.array(least) + 1e-12).all(), name
    assert short["effect"].equals(whole["effect"])
    nothing = pipeline.run(scenario.load("baseline"), 64, 3)
    assert nothing.facts["appraisal"]["user_benefits_musd"]["mean"] == 0.0


@dataclass(frozen=True)
class Some:
    class_factor: npt.NDArray[np.float64]
    real_gdp_factor: npt.NDArray[np.float64]


def test_only_ways_and_prices_of_very_many_draws_are_held_in_seven_digits() -> None:
    def lots_of(cases: int) -> Some:
        half = Some(np.full((cases // 2, 3), 1.1), np.full((cases // 2, 2), 1.1))
        return lots.gathered([half, half], cases)

    few, many = lots_of(lots.SHORT_FROM), lots_of(lots.SHORT_FROM + 2)
    assert few.class_factor.dtype == few.real_gdp_factor.dtype == many.real_gdp_factor.dtype == np.float64
    assert many.class_factor.dtype == np.float32 and (many.class_factor == np.float32(1.1)).all()


def test_draws_come_in_lots_as_they_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = uncertainty.sample(None, 1000, 7)
    monkeypatch.setattr(draws, "LOT", 256)
    found = list(uncertainty.lots(1000, 7))
    assert [len(lot["trade_elasticity"]) for lot in found] == [256, 256, 256, 232]
    for name, values in whole.items():
        np.testing.assert_array_equal(np.concatenate([lot[name] for lot in found]), values)


@pytest.mark.parametrize("count", [1, 64, 4096, 4097, 5000, 65_536])
def test_lots_are_whole_blocks_that_cover_all_draws(count: int) -> None:
    rows = list(lots.slices(count))
    assert [r.start for r in rows] == [0, *(r.stop for r in rows[:-1])] and rows[-1].stop == count
    assert all(r.stop - r.start <= lots.LOT for r in rows)
    assert all(r.start % 256 == 0 for r in rows)


def test_what_is_left_out_is_counted_over_all_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 512 draws one may be left out, whatever lot it is in; two lots with one each are too many."""
    monkeypatch.setattr(lots, "LOT", 256)
    study = pipeline.Study(scenario.load("capacity-800"), 512, 3)
    honest = lots.for_tables

    def left_out(change: object) -> object:
        return replace(honest(change), unsettled=1)  # type: ignore[arg-type, type-var]

    monkeypatch.setattr(lots, "for_tables", left_out)
    with pytest.raises(NotConverged, match="in 2 of 512 cases"):
        _ = study.change
