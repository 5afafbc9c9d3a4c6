"""Experiments measured in queues, trucks at a crossing and lanes at sea: the pieces by hand, the list as a whole."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from corridors.border import Crossing
from corridors.data import tables
from corridors.errors import CrossingError, DataError
from corridors.show.words import validation as words
from corridors.trade import world
from corridors.transport.world_network import seas
from corridors.transport.world_network.tables import sea
from corridors.validation import experiments_measured as measured
from corridors.validation import sea_detour
from corridors.validation.checks import ValidationResult
from validated import validated


def test_a_queue_drains_by_what_is_released_beyond_what_arrives() -> None:
    post = Crossing(capacity_trucks_per_day=700, lanes=4, processing_hours=2.0, days_open_per_week=5.0)
    assert post.days_to_drain(300, 400) == pytest.approx(3.0)
    assert post.days_to_drain(0, 900) == 0.0 and post.days_to_drain(1, 500) == math.inf
    with pytest.raises(CrossingError, match="waiting"):
        post.days_to_drain(-1, 10)


def test_no_lane_is_shorter_without_a_passage_and_those_that_never_took_it_are_as_long() -> None:
    ports = sea().ports["port"].to_list()
    rotterdam = ports.index("nld_rotterdam")
    usual, round_africa = seas.km_from(rotterdam), seas.km_from(rotterdam, "suez")
    there = np.isfinite(round_africa)
    assert (round_africa[there] >= usual[there] - 1e-6).all()
    assert round_africa[ports.index("chn_shanghai_yangshan")] > usual[ports.index("chn_shanghai_yangshan")] + 3000
    assert round_africa[ports.index("usa_new_york_new_jersey")] == pytest.approx(usual[ports.index("usa_new_york_new_jersey")])


def test_what_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(DataError, match="atlantis"):
        sea_detour.lanes("atlantis", "chn_shanghai_yangshan", "nld_rotterdam")
    with pytest.raises(DataError, match="nowhere"):
        sea_detour.lanes("suez", "nowhere", "nld_rotterdam")


@pytest.mark.parametrize("days", [0.0, 7.0])
def test_longer_lanes_lower_trade_and_lanes_as_long_change_nothing(days: float) -> None:
    """One pair by hand in the formula; the world's answer has the same sign and is smaller than where all else stays."""
    share = np.zeros((1, 4))
    share[0, 2] = 0.8
    found = sea_detour.Longer((("CHN", "DEU"),), np.ones(1), np.full(1, 2e4), np.full(1, 560 * days), np.full(1, days), share, np.full((1, 4), 4.0 * days))
    params = {name: np.array([value]) for name, value in {"trade_elasticity": 3.0, "elasticity_first_year": 0.4, "elasticity_years": 8.0, "value_of_a_day": 0.01}.items()}
    percent = sea_detour.trade_percent(found, "CHN", ["DEU"], params)[0]
    if days == 0:
        assert percent == 0.0
        return
    goods = tables.cargo_classes().set_index("cargo_class").loc["machinery"]
    factor = 1 + 0.8 * (4.0 * days / goods["usd_per_t"] + 0.01 * days * goods["value_of_a_day_multiplier"])
    both = world.base_matrix()
    exports = both.loc["CHN", "DEU"] / (both.loc["CHN", "DEU"] + both.loc["DEU", "CHN"])
    alone = 100 * exports * (factor ** -(3.0 * 0.4) - 1)
    assert alone < percent < 0.5 * alone
    assert found.container_km_percent == pytest.approx(100 * 560 * days / 2e4)


def test_every_quantity_has_a_method_and_a_first_prediction() -> None:
    rows, first = tables.experiments_measured(), tables.experiments_measured_first_predictions()
    assert set(rows["method"]) <= set(measured.METHODS)
    assert list(rows["experiment"]) == list(first["experiment"])
    assert (first["predicted_p10"] <= first["predicted_p50"]).all() and (first["predicted_p50"] <= first["predicted_p90"]).all()


def test_first_predictions_are_history() -> None:
    """The table is never computed anew: what was said before comparing stays as it was said."""
    assert tables.experiments_measured_first_predictions().set_index("experiment")["predicted_p50"].to_dict() == {
        "chop-2025-mean": 19.19, "chop-2025-first": 0.658, "chop-2025-second": 0.904, "kazungula-2021": 277.8, "khunjerab-2024": 23.0,
        "red-sea-2024-km": 4032.1, "red-sea-2024-days": 7.2, "red-sea-2024-usd": 683.8, "red-sea-2024-teu-km": 11.5, "red-sea-2024-trade": -7.95,
    }  # fmt: skip


def test_the_record_of_the_queue_gives_what_is_written_of_it() -> None:
    queue = tables.table("border_queue_chop_zahony")
    queue = queue.assign(time=pd.to_datetime(queue["time_utc"])).set_index("time")["trucks_in_queue"]
    seen = tables.experiments_measured_observed().set_index("experiment")["observed"]
    assert queue.mean() == pytest.approx(seen["chop-2025-mean"], abs=0.5)
    for name, begins, waiting, until in (("chop-2025-first", "2025-06-11 07:02", 332, 28), ("chop-2025-second", "2025-06-15 09:02", 456, 8)):
        after = queue[queue.index >= begins]
        assert after.iloc[0] == waiting
        gone = after.index[int(np.argmax(after.to_numpy() <= until))]
        assert (gone - after.index[0]).total_seconds() / 86_400 == pytest.approx(seen[name], abs=0.01)


def _as_if(monkeypatch: pytest.MonkeyPatch, more: float) -> ValidationResult:
    """The comparison, were today's predictions the observed figures plus this."""
    seen = tables.experiments_measured_observed().set_index("experiment")["observed"]
    said = tables.experiments_measured()[["experiment", "title", "quantity", "unit", "note"]]
    middle = said["experiment"].map(seen) + more
    monkeypatch.setattr(measured, "predict", lambda: said.assign(predicted_p10=middle - 0.01, predicted_p50=middle, predicted_p90=middle + 0.01))
    return validated({"experiments_measured": measured.compare()})


def test_the_chapter_shows_every_quantity_and_says_misses(monkeypatch: pytest.MonkeyPatch) -> None:
    hit, missed = _as_if(monkeypatch, 0.0), _as_if(monkeypatch, 1e6)
    assert hit["experiments_measured"]["within"].all() and not missed["experiments_measured"]["within"].any()
    assert len(words.measured(hit).rows) == len(tables.experiments_measured())
    assert not any("Left out" in str(row) for row in words.measured(hit).rows)
    assert sum("Left out" in str(row) for row in words.measured(missed).rows) == int(tables.experiments_measured_observed()["left_out"].notna().sum())
    assert "ten meet" in words.measured_words(hit).paragraphs[0] and "Chop" not in words.measured_words(hit).paragraphs[0] and "none meets" in words.measured_words(missed).paragraphs[0]


def test_an_unknown_method_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tables.experiments_measured().assign(method="guess")
    monkeypatch.setattr(tables, "experiments_measured", lambda: rows)
    with pytest.raises(DataError, match="guess"):
        measured.predict.__wrapped__()
