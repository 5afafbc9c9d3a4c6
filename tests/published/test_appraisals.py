"""Published appraisals from their own flows: net present value and rate of return as printed."""

from __future__ import annotations

import pytest

from corridors.data import tables
from corridors.show.words import validation as words
from corridors.validation import published
from corridors.validation import published_appraisals as ours
from validated import validated


def test_present_values_and_the_rate_of_return_are_as_printed() -> None:
    printed = tables.published_results().set_index(["table", "quantity"])
    found = {key: value for key, value in ours.figures().items() if key[0] not in ours.OF_TRANSPORT}
    assert len(found) == 4
    for key, value in found.items():
        row = printed.loc[key]
        assert value == pytest.approx(float(row["value"]), abs=float(row["tolerance"]) * (1 + 1e-9)), key
        assert str(row["url"]).startswith("https://")


def test_the_arithmetic_of_the_printed_net_flow() -> None:
    flows = tables.published_appraisals().set_index(["appraisal", "flow", "year"])["value"].sort_index()
    net = flows["viet_nam_transmission", "benefits"] - flows["viet_nam_transmission", "costs"]
    assert list(net.index) == list(range(2007, 2026))
    assert (net[2007], net[2008], net[2012], net[2025]) == (-4652, -11674, 3136, 25704)


def test_the_bridge_over_the_oresund_by_hand() -> None:
    """Discounted year by year without our functions; what growth after 2010 does is as its note says."""
    vehicles = [9128 * 184 / 365, 8085, 9393, 10360, 11816, 13602, 15801, 18482, 19367, 19462, 19388]
    for growth, ratio in ((0.01, 1.9), (ours.GROWTH, 2.2), (0.03, 2.5)):
        traffic = vehicles + [19388 * (1 + growth) ** k for k in range(1, 40)]
        present = [v / 1.035**t for t, v in enumerate(traffic)]
        expected = sum(present) / sum(present[:11]) * 2000 / 4000
        found = ours.oresund(growth)
        assert found.years == tuple(range(2000, 2050))
        assert float(found.bcr[0]) == pytest.approx(expected, rel=1e-12) == pytest.approx(ratio, abs=0.05)
        rate = 1 + float(found.eirr[0])
        euro = 2000 / sum(present[:11])
        assert sum(euro * v / rate**t for t, v in enumerate(traffic)) == pytest.approx(4000, rel=1e-9)


def test_chirundu_and_kazungula_by_hand() -> None:
    found = ours.figures()
    assert found[ours.CHIRUNDU, "costs saved a year"] == pytest.approx(268 * 365 * 140 * 70 / 24 / 1e6)
    for tolls, revenue in (("low", 360), ("high", 605)):
        rate = 1 + found[ours.KAZUNGULA, f"financial rate of return at {tolls} tolls"] / 100
        assert sum(revenue / 30 / rate**t for t in range(4, 34)) == pytest.approx(sum(25 / rate**t for t in range(4)), rel=1e-9)


def test_the_upgraded_railway_by_hand() -> None:
    """Half of what the road spares those who leave it is what parts ours from the guide, and nothing else."""
    found, printed = ours.figures(), tables.published_results().set_index(["table", "quantity"])["value"]
    for option, rail, road, left_half in (
        ("option 1", 6.3 * 3.58 + 4.5 * 1.79, 36.2 * 0.22, (40.7 - 36.2) * 0.22 / 2),
        ("option 2", 6.3 * 6.27 + 10.98 * 6.27 / 2, 29.7 * 0.96, (40.7 - 29.7) * 0.96 / 2),
    ):
        key = ours.RAILWAY, f"users' gain in the opening year, passengers, {option}"
        assert found[key] == pytest.approx(rail + road + left_half, rel=1e-12)
        assert found[key] - left_half == pytest.approx(printed[key], abs=0.1)


def test_appraisals_of_projects_are_shown_with_what_differs() -> None:
    frame = published.compare()
    shown = words.transport_appraisals(validated({"published": frame}))
    of_projects = frame[frame["table"].isin(ours.OF_TRANSPORT)]
    assert len(shown.rows) == len(of_projects) == 9
    assert (of_projects["note"].str.len() > 20).all() and of_projects["url"].str.startswith("https://").all()
