"""Published appraisals from their own flows: net present value and rate of return as printed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from corridors.appraisal import users
from corridors.data import tables
from corridors.show.words import validation as words
from corridors.validation import published
from corridors.validation import published_appraisals as ours
from validated import validated


def test_present_values_and_the_rate_of_return_are_as_printed() -> None:
    printed = tables.published_results().set_index(["table", "quantity"])
    found = {key: value for key, value in ours.figures().items() if key[0] not in ours.OF_TRANSPORT}
    assert len(found) == 8
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


def test_the_padma_bridge_by_hand() -> None:
    """Discounted year by year without our functions; gains a vehicle that grow with incomes are as the notes say."""
    vehicles = [23954 * (27800 / 23954) ** ((y - 2022) / 3) for y in range(2014, 2022)]
    known = {2022: 23954, 2025: 27800, 2030: 36785, 2040: 51807, 2050: 66829}
    for a, b in itertools.pairwise(known):
        vehicles += [known[a] + (known[b] - known[a]) * k / (b - a) for k in range(b - a)]
    vehicles = vehicles[:35]

    def worth(rate: float, dearer: float, gains: float, growth: float = 0.0) -> tuple[float, float]:
        spent = sum(share / rate**t for t, share in enumerate((1, 1, 1, 0.5)))
        came = sum(v * (1 + growth) ** t * (0.5 if t == 0 else 1) / rate ** (t + 3) for t, v in enumerate(vehicles))
        return dearer * spent, gains * came

    found = {k[1]: v for k, v in ours.figures().items() if k[0] == ours.PADMA}
    for case, dearer, gains in (("as appraised", 1, 1), ("works a fifth dearer", 1.2, 1), ("benefits a fifth less", 1, 0.8), ("both", 1.2, 0.8)):
        unit = 4.4 * worth(1.12, 1, 1)[0] / worth(1.12, 1, 1)[1]
        spent, came = worth(1 + found[f"economic internal rate of return, {case}"] / 100, dearer, gains)
        assert unit * came == pytest.approx(spent, rel=1e-6), case
    spent, came = worth(1.274, 1, 1, 0.04)
    base = worth(1.12, 1, 1, 0.04)
    assert 4.4 * base[0] / base[1] * came == pytest.approx(spent, rel=0.01), "the note's 27.4 %"


def test_our_gain_is_what_the_extended_rule_of_half_tends_to() -> None:
    """Table 7.2 of the guide takes four steps; the area under the demand, as users' gains are reckoned, is the limit."""
    for elasticity in ours.ELASTICITIES:
        fall, one = np.array([[[1.0 - ours.COST_FALL]]]), np.ones((1, 1, 1))
        gain = sum(float(g[0, 0]) for g in users.goods(one, 0.0 * one, fall, np.array([elasticity])))
        simple = 0.5 * ours.COST_FALL * (1.0 + float(fall[0, 0, 0]) ** -elasticity)
        assert 100.0 * (1.0 - gain / simple) == pytest.approx(ours.overstated(elasticity, 4000), abs=1e-3)
        assert ours.overstated(elasticity) < ours.overstated(elasticity, 4000)


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
    assert len(shown.rows) == len(of_projects) == 18
    assert (of_projects["note"].str.len() > 20).all() and of_projects["url"].str.startswith("https://").all()
