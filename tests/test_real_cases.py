"""Real cases and known effects: each is computed from the model, and what does not agree says so."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from corridors import uncertainty
from corridors.data import tables
from corridors.errors import DataError
from corridors.transport import network
from corridors.validation import day_of_delay, known_effects, real_cases

CASES = real_cases.compare()


def case(name: str, quantity: str) -> dict[str, object]:
    found = CASES[(CASES["case"] == name) & (CASES["quantity"] == quantity)]
    assert len(found) == 1
    return dict(found.iloc[0])


def test_every_case_has_a_figure_an_address_and_a_verdict() -> None:
    assert tuple(CASES.columns) == real_cases.COLUMNS
    assert CASES["source_url"].str.startswith("http").all()
    assert np.isfinite(CASES[["reported_low", "reported", "reported_high", "computed"]].to_numpy(dtype=float)).all()
    assert (CASES["within"] == ((CASES["reported_low"] <= CASES["computed"]) & (CASES["computed"] <= CASES["reported_high"]))).all()


def test_the_cases_asked_for_are_there() -> None:
    names = " ".join(CASES["case"])
    for wanted in (
        "Khorgos, November 2025", "Yarag-Kazmalyar, 2020", "Kazbegi / Upper Lars, 2020", "Torkham, 2022", "Torkham, January 2024",
        "Karachi-Kashgar", "Taftan-Moscow", "Karachi-Baku", "St Petersburg by sea", "Karachi-Tashkent", "Irkeshtam, 2023", "Astara, 2025",
    ):  # fmt: skip
        assert wanted in names


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("Khorgos, November 2025", "trucks waiting"), ("Astara, 2025", "trucks a day that want to cross"),
        ("Karachi-Kashgar", "transit time"), ("Taftan-Moscow by Astara", "transit time"), ("Taftan-Moscow by Astara", "road distance"),
        ("Karachi-Baku by Iran", "transit time"), ("Karachi-Baku by Iran", "road distance"),
        ("Karachi-Tashkent by Kabul and Termez", "transit time"), ("Karachi-Tashkent by Kabul and Termez", "road distance"),
        ("Karachi-St Petersburg by sea", "transit time"), ("Karachi-Istanbul by Iran", "road distance"),
        ("Sagarchin-St Petersburg", "road distance"), ("Karachi-Aktau-Baku", "distance"),
    ],
)  # fmt: skip
def test_these_agree_with_what_was_reported(name: str, quantity: str) -> None:
    """Lengths within 5 %, days within 20 %, the queue at Khorgos within what 700 to 750 trucks a day make of it."""
    assert case(name, quantity)["within"]


def test_a_length_is_the_sum_of_its_links() -> None:
    roads = {frozenset((link.a, link.b)): link.km for link in network.load().links}
    cases = tables.table("real_cases")
    for row in cases[cases["method"] == "road_km"].itertuples():
        expected = sum(roads[frozenset(pair)] for pair in itertools.pairwise(row.along.split()))
        assert case(row.case, row.quantity)["computed"] == pytest.approx(expected)


def test_the_queue_at_khorgos_is_that_of_simple_sums() -> None:
    """21 days from the agreement to the report, 800 came and 725 were served a day; chance adds some."""
    computed = float(case("Khorgos, November 2025", "trucks waiting")["computed"])  # type: ignore[arg-type]
    assert 21 * (800 - 725) <= computed <= 1.1 * 21 * (800 - 725)


def test_a_case_without_its_fact_is_refused(project: Path) -> None:
    file = project / "data" / "real_cases.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("Karachi-Kashgar via Khunjerab", "Karachi-Kashgar via nowhere"), encoding="utf-8")
    with pytest.raises(DataError, match="Karachi-Kashgar.*0 rows of transport_facts.csv.*via nowhere"):
        real_cases.compare()
    file.write_text(text.replace("karachi lahore islamabad khunjerab", "karachi lahore islamabat khunjerab"), encoding="utf-8")
    with pytest.raises(DataError, match="real_cases.csv: Karachi-Kashgar.*islamabat.*islamabad"):
        real_cases.compare()
    file.write_text(text.replace("karachi lahore islamabad khunjerab", "karachi moscow khunjerab"), encoding="utf-8")
    with pytest.raises(DataError, match="no link joins karachi and moscow"):
        real_cases.compare()


def test_known_effects_have_the_right_sign_and_an_honest_verdict() -> None:
    frame = known_effects.compare()
    assert tuple(frame.columns) == known_effects.COLUMNS
    assert (frame["computed"] > 0).all()
    assert (frame["within"] == frame["computed"].between(frame["published_low"], frame["published_high"])).all()
    by_name = frame.set_index("effect")["computed"]
    # A day's ad valorem cost is the mean of the classes' (0.2 to 1.5 times 1.3 %), trade falls by about theta times that.
    assert 0.2 * 1.3 < by_name["Ad valorem cost of a day inland"] < 1.5 * 1.3
    day = by_name["Trade lost for a day of delay, all goods"]
    assert day < 5.03 * by_name["Ad valorem cost of a day inland"]
    assert by_name["Belt and Road: trade among members"] < 4.1


def test_a_day_of_delay_is_a_distribution_that_both_studies_touch() -> None:
    frame = day_of_delay.compare()
    assert tuple(frame.columns) == day_of_delay.COLUMNS
    assert (frame["p10"] < frame["p50"]).all() and (frame["p50"] < frame["p90"]).all()
    lost, first, cost = day_of_delay.draws()
    assert lost.shape == first.shape == cost.shape == (day_of_delay.DRAWS,)
    assert (first < lost).all(), "trade responds less at first"
    # a small change: trade falls by a draw's mean elasticity times the rise of the delivered price, which is below the cost
    theta = uncertainty.sample(None, day_of_delay.DRAWS, day_of_delay.SEED)["trade_elasticity"]
    assert np.corrcoef(np.log(lost), np.log(theta * cost))[0, 1] > 0.95
    row = frame.set_index("quantity").loc[day_of_delay.LOST]
    assert row["p10"] < 2.0 and row["p90"] > 1.0, "the band and the published range of a day overlap"
    assert row["within"] == np.mean((lost >= row["published_low"]) & (lost <= row["published_high"]))
