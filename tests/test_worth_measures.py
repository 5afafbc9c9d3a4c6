"""What each measure is worth beside the others: against studies without it, against the whole, and in words."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from corridors import scenario
from corridors.show import tables, words
from corridors.show.words import works as begun
from corridors.show.words import worth as worth_words
from corridors.show.words.worth_measures import works as works_words
from corridors.study import pipeline, worth_measures
from corridors.study.pipeline import Study
from corridors.study.worth import Worth
from studied import studied


@cache
def worth(name: str, *left_out: int) -> Worth:
    asked = scenario.load(name)
    kept = tuple(m for k, m in enumerate(asked.measures) if k not in left_out)
    return Worth(Study(asked.model_copy(update={"measures": kept}), 64, 3))


@pytest.mark.parametrize("left_out", [1, 2])
def test_without_one_measure_it_is_a_study_without_it(left_out: int) -> None:
    """In each draw that is looked at."""
    whole, alone = worth("china-corridor"), worth("china-corridor", left_out)
    kept = np.ones((1, whole.study.chain.count))
    kept[0, left_out] = 0.0
    rows = np.arange(0, 64, 7)
    every, without = worth_measures.gains(whole, rows, kept)

    def last(one: Worth) -> np.ndarray:
        return np.asarray((one.users.total + one.fees.sum(axis=1))[rows])

    np.testing.assert_allclose(every, last(whole), rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(without[:, 0], last(alone), rtol=5e-3, atol=0.05)
    assert np.abs(last(alone) / last(whole) - 1.0).max() > 0.05


def test_what_no_queue_of_the_central_case_shows_is_credited_to_capacity() -> None:
    """Kenya and Uganda: quicker processing had four fifths of the effect and nine tenths of the worth, by a central case without a
    queue; alone it is worth less than it costs."""
    found = pipeline.run(scenario.load("examples/kenya-uganda.yaml"), 128, 7)
    points = found["contributions"].set_index("kind")["percent_points"]
    assert points["border_capacity"] > 1.1 * points["crossing_time"] > 0.0
    rows = found["worth_by_measure"].set_index("kind")
    assert rows.loc["border_capacity", "net_present_musd"] > 10.0 * abs(rows.loc["crossing_time", "net_present_musd"])


def test_works_and_decisions_make_up_the_whole_and_costs_add_up() -> None:
    """Opening a border is a decision; the mean present value of all benefits is what decisions are worth and works add to them."""
    one = worth("central-asia-corridor")
    found = worth_measures.works(one)
    assert found is not None
    assert found["free_musd"] + found["gain_musd"] == pytest.approx(one.appraisal.present_benefits.mean(), rel=1e-9)
    frame = worth_measures.by_measure(one)
    assert frame["cost_present_musd"].sum() == pytest.approx(one.appraisal.present_costs.mean(), rel=1e-9) == found["cost_musd"]
    assert (frame["net_present_musd"] == frame["gain_present_musd"] - frame["cost_present_musd"]).all()
    assert list(frame["measure"]) == [m.label for m in one.study.scenario.measures]


def test_where_there_is_one_measure_it_is_the_whole() -> None:
    assert worth_measures.by_measure(worth("capacity-800")).empty and worth_measures.works(worth("capacity-800")) is None
    assert tables.worth_by_measure(studied("capacity-800")) is None and words.worth_measures(studied("capacity-800")) is None


def test_a_measure_that_costs_more_than_it_adds_is_told() -> None:
    """The faster Karakoram road fills posts behind it: without it the corridor is worth more."""
    found = studied("china-corridor")
    road = found["worth_by_measure"].set_index("kind").loc["road"]
    assert road["net_present_musd"] < -1000.0
    assert worth_words.dear(found) == "One of its four measures costs more than it adds."
    told = words.worth_measures(found)
    assert told is not None and "Khunjerab to Kashgar” (" in told.paragraphs[0]
    front = words.worth_line(found)
    assert front is not None and worth_words.dear(found) in front.paragraphs[0]
    table = tables.worth_by_measure(found)
    assert table is not None and len(table.rows) == 4
    better = replace(found, tables={**found.tables, "worth_by_measure": found["worth_by_measure"].query("kind != 'road'")})
    assert worth_words.dear(better) == "" and words.worth_measures(better) is None


def test_works_that_add_less_than_they_cost_are_told_beside_decisions() -> None:
    assert works_words(studied("china-corridor")) == ""
    told = works_words(studied("uzbekistan-trans-afghan"))
    assert "Measures without a counted cost are worth" in told and ("about what they cost" in told or "less than they cost" in told or "times their cost" in told)


def test_works_that_would_have_begun_are_told_with_their_years() -> None:
    """"Since about 2023" was said of a railway of 2031 whose works begin in 2025: it was a customs hall's year."""
    one = studied("uzbekistan-trans-afghan", 64)
    rows = one["measure_costs"].copy()
    first, last = (str(label) for label in rows["measure"].iloc[[0, -1]])
    rows["counted"], rows["capital_musd"], rows["works_years"] = False, 0.0, 2.0

    def told(*starts: tuple[str, int]) -> tuple[str, str]:
        for label, start in starts:
            rows.loc[rows["measure"] == label, ["counted", "capital_musd", "start"]] = [True, 10.0, start]
        found = replace(one, tables={**one.tables, "measure_costs": rows.copy()})
        return begun.under_way(found), begun.late(found)

    base = int(one.years[0])
    assert told((first, base + 5)) == ("", "")
    whole, note = told((first, base - 1))
    assert whole.startswith(f"All of this supposes works that have been under way since about {base - 3},")
    assert f"since about {base - 3}," in note and note.endswith("brings its benefits 3 years later.")
    some, note = told((last, base + 1))
    assert f"since about {base - 3}; those of " in some and f"since about {base - 1}," in some and "All of this" not in some
    assert note.endswith("brings its benefits one to three years later.")
    some, _ = told((last, base + 9))
    assert some.startswith("Some works would have to be under way already: since about")
