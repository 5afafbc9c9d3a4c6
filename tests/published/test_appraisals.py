"""Published appraisals from their own flows: net present value and rate of return as printed."""

from __future__ import annotations

import pytest

from corridors.data import tables
from corridors.validation import published_appraisals as ours


def test_present_values_and_the_rate_of_return_are_as_printed() -> None:
    printed = tables.published_results().set_index(["table", "quantity"])
    found = ours.figures()
    assert len(found) == 4
    for key, value in found.items():
        row = printed.loc[key]
        assert value == pytest.approx(float(row["value"]), abs=float(row["tolerance"]) * (1 + 1e-9)), key
        assert str(row["url"]).startswith("https://")


def test_the_arithmetic_of_the_printed_net_flow() -> None:
    flows = tables.published_appraisals().set_index(["appraisal", "flow", "year"])["value"]
    net = flows["viet_nam_transmission", "benefits"] - flows["viet_nam_transmission", "costs"]
    assert list(net.index) == list(range(2007, 2026))
    assert (net[2007], net[2008], net[2012], net[2025]) == (-4652, -11674, 3136, 25704)
