"""The front page: the finding first, each scenario with its answer and range or why it does nothing, every link where its file will be."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors.report.export import index_page, sparkline
from corridors.report.export.found import read
from corridors.show import lookups, numbers
from corridors.show.lookups import Band, verdict
from corridors.show.words import front_page
from corridors.show.words.front_page import Found
from corridors.study import result
from page_reader import Page, loads, unknown_references
from sample_report import HOSTILE, SCENARIOS, saved_results
from studied import studied


@pytest.fixture
def entries(tmp_path: Path) -> list[dict[str, Any]]:
    """Entries of a build whose results lie in ``tmp_path``."""
    return saved_results(tmp_path)


def rendered(entries: list[dict[str, Any]], folder: Path) -> str:
    """The page."""
    return index_page.render(entries, folder, {"date": "2026-02-13"})


def rows(page: Page) -> list[Any]:
    """Rows of the comparing tables, by their class."""
    return [e for e in page.all("tr") if e.attributes.get("class") in ("told", "still")]


def test_the_finding_comes_first_and_what_does_nothing_is_folded(entries: list[dict[str, Any]], tmp_path: Path) -> None:
    page = Page(rendered(entries, tmp_path))
    assert page.all("h1")[0].text == "One of three packages moves trade between Pakistan and Russia"
    shown = [(row.attributes["class"], row.text.split("Scenario ")[1].split()[0]) for row in rows(page)]
    assert shown == [("told", "full-connectivity"), ("still", "capacity-800"), ("still", "nothing"), ("told", "trans-afghan")]
    sections = [e.text.strip() for e in page.all("h2") if "section" in e.around]
    assert sections == ["Pakistan and Russia", "Pakistan and Uzbekistan", "How far to trust it", "Background"]
    text = page.all("main")[0].text
    assert "The one package here moves trade between Pakistan and Uzbekistan" in text
    assert "Why the others do not move this trade" in text and "Without any of them: two-way trade of $1.40 billion in 2035" in text


def test_each_answer_has_its_range_and_says_no_more(entries: list[dict[str, Any]], tmp_path: Path) -> None:
    answers = {n: front_page.answer(found).replace("\u202f", " ") for n in SCENARIOS if (found := read(tmp_path / n))}
    assert answers["full-connectivity"] == "Raises two-way trade in 2035 by 12 % (80 % band 4 to 22 %)."
    assert answers["capacity-800"] == "Not told from zero: two-way trade in 2035 may change by \u22121 to +9 %."
    assert answers["trans-afghan"].startswith("Lowers two-way trade in 2035 by 3.0 %")
    assert answers["nothing"] == "No measurable effect on two-way trade in 2035."
    assert answers["baseline"] == "What the others are measured against: two-way trade of $1.40 billion in 2035."


def found(name: str, band: Band, **more: Any) -> Found:
    """A scenario of the front page."""
    return Found(name=name, pair=("PAK", "RUS"), names=("Pakistan", "Russia"), measured=True, last=2035, effect=band, level="$1.4 billion", **more)


@given(st.lists(st.tuples(*[st.floats(-40, 40).map(lambda v: round(v, 3))] * 3), min_size=1, max_size=12))
def test_words_of_the_front_page_count_what_the_bands_support(ends: list[tuple[float, float, float]]) -> None:
    some = [found(f"s{k}", Band(*sorted(e)), because="direct flights") for k, e in enumerate(ends)]
    moving = [f for f in some if verdict(f.effect) in ("rise", "fall")]
    head, told = front_page.headline(some), front_page.because(some, {f.name: f"title {f.name}" for f in some})
    if len(some) > 1:
        assert head.lower().startswith(numbers.in_words(len(moving)) if moving else "none")
    for f in some:
        assert (f"\u201ctitle {f.name}\u201d" in told) == (f in moving[:3])
    assert ("because of direct flights" in told) == bool(moving)


def test_why_nothing_moves_is_told_from_the_result() -> None:
    still = found("c", Band(-0.1, 0.0, 0.1), only_capacity=True, trucks=30.0, capacity=("Pakistan", 540.0), shut=("Torkham",), others_gain="about $2 billion")
    assert front_page.why(still) == (
        "Torkham stays shut, so what is built there waits; all of this trade that suits trucks would need about 30 trucks a day, both ways, "
        "less than the 540 that Pakistan's open crossings on these ways take today; others who pass gain about $2 billion a year."
    )
    assert front_page.gained(still) == "Others who pass gain about $2 billion a year." and front_page.gained(replace(still, others_gain="")) == ""
    assert front_page.why(still, others=False).endswith("open crossings on these ways take today.")
    assert "more than the 540" in front_page.why(replace(still, trucks=600.0))
    rich = [found(name, Band(0.0, 0.0, 0.0), net_musd=net, net_positive=0.96) for name, net in (("a", 10.0), ("b", 39_000.0), ("c", -5.0))]
    said = "Worth most after its cost is \u201ctitle b\u201d: $39 billion in today's value on average, positive in 96\u202f% of cases."
    assert front_page.worth_most(rich, {f.name: f"title {f.name}" for f in rich}) == said
    apart = [replace(f, counted_to=year) for f, year in zip(rich, (2036, 2051, 2070), strict=True)]
    longer = " Each counts until its measures have lived, from 2036 to 2070: longer-lived ones count for longer."
    assert front_page.worth_most(apart, {f.name: f"title {f.name}" for f in rich}) == said + longer
    costly = [replace(f, dear="One of its two measures costs more than it adds.") for f in rich]
    assert front_page.worth_most(costly, {f.name: f"title {f.name}" for f in rich}) == said + " One of its two measures costs more than it adds."
    assert front_page.worth_most(rich[2:], {"c": "c"}) == front_page.worth_most([found("d", Band(0.0, 0.0, 0.0))], {"d": "d"}) == ""
    torn = found("n", Band(-0.3, 0.2, 1.3), pulls=(("direct flights", "a train"), ("keeping four crossings open",)), by_road=0.003)
    assert front_page.why(torn) == "Pulled up by direct flights and a train and down by keeping four crossings open; which is stronger is not known."
    assert front_page.why(found("n", Band(-0.1, 0.0, 0.1), corridor_known=False)) == "No road or railway of the network joins the two."


def test_the_reason_is_a_measure_that_works_in_the_direction_of_the_effect(entries: list[dict[str, Any]], tmp_path: Path) -> None:
    folder = tmp_path / "full-connectivity"
    shares = pd.DataFrame({"measure": ["flights", "regime"], "kind": ["direct_flights", "transit_regime"], "percent_points": 0.0})
    told = []
    for points in ([9.0, 2.0], [2.0, -9.0], [-9.0, 2.0]):
        shares["percent_points"] = points
        shares.to_parquet(folder / "contributions.parquet")
        one = read(folder)
        assert one is not None and one.effect.mid > 0
        told.append(one.because)
    assert told[0] == told[1] != told[2]
    assert one.pulls == ((told[2],), (told[0],)), "what pulls up, then what pulls down"
    three = pd.concat([shares, shares.assign(measure="train", kind="rail_service", percent_points=-3.0)], ignore_index=True).iloc[:3]
    three.assign(percent_points=[-9.0, 2.0, -5.0]).to_parquet(folder / "contributions.parquet")
    one = read(folder)
    assert one is not None and len(one.pulls[1]) == 2, "a part that is half the largest is named"
    shares["percent_points"] = -1.0
    shares.to_parquet(folder / "contributions.parquet")
    one = read(folder)
    assert one is not None and one.because == ""


@pytest.mark.parametrize(
    ("lost", "heading"),
    [((), "the others do"), (("nothing",), "the other does"), (("full-connectivity",), "these do"), (("full-connectivity", "nothing"), "it does")],
)
def test_what_cannot_be_told_from_zero_is_counted_right(entries: list[dict[str, Any]], tmp_path: Path, lost: tuple[str, ...], heading: str) -> None:
    text = rendered([e for e in entries if e["folder"] not in lost], tmp_path)
    assert f"<h3>Why {heading} not move this trade</h3>" in text and "nothing measurable to this trade</h3>" not in text


def test_those_that_are_not_named_are_not_said_to_move_it_less() -> None:
    some = [found(f"s{k}", Band(1.0, 2.0, 3.0)) for k in range(5)]
    assert front_page.because(some, {f.name: f.name for f in some}).endswith("Two more move it, too.")


def test_a_real_result_is_read_with_its_reasons(tmp_path: Path) -> None:
    studied("capacity-800").save(tmp_path / "capacity-800")
    one = read(tmp_path / "capacity-800")
    assert one is not None and one.only_capacity and one.shut == ("Torkham",) and one.worth.startswith("$") and one.cost.startswith("$")
    assert one.capacity == lookups.gate(result.load(tmp_path / "capacity-800"))


def test_the_page_is_well_formed_and_loads_nothing(entries: list[dict[str, Any]], tmp_path: Path) -> None:
    html = rendered(entries, tmp_path)
    page = Page(html)
    assert page.unclosed == [] and loads(html) == [] and unknown_references(page) == set()
    assert len(page.ids()) == len(set(page.ids()))
    levels = page.levels()
    assert levels.count(1) == 1 and all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))
    assert html == rendered(entries, tmp_path)


def test_links_are_relative_and_lead_to_files_of_the_build(entries: list[dict[str, Any]], tmp_path: Path) -> None:
    page = Page(rendered(entries, tmp_path))
    addresses = {e.attributes["href"] for e in page.all("a") if not e.attributes["href"].startswith("#")}
    assert addresses == {
        "manifest.json", "comparison/brief.html", "comparison/brief.pdf", "validation/report.html", "validation/report.pdf", "validation/result.json",
        "background/01_trade_profile/report.html", "background/01_trade_profile/report.pdf",
        *(f"{n}/{file}" for n in SCENARIOS for file in ("report.html", "report.pdf", "result.json", "tables/")),
    }  # fmt: skip


def test_forms_that_were_not_built_are_not_linked(entries: list[dict[str, Any]], tmp_path: Path) -> None:
    only = [{**e, "formats": ["pdf"]} for e in entries]
    addresses = {e.attributes["href"] for e in Page(rendered(only, tmp_path)).all("a")}
    assert not [a for a in addresses if a.endswith(".html")]
    assert "comparison/brief.pdf" in addresses


def test_a_report_whose_result_is_lost_is_still_listed(entries: list[dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "capacity-800" / "effect.parquet").unlink()
    (tmp_path / "full-connectivity" / "study.json").write_text("{")
    page = Page(rendered(entries, tmp_path))
    assert {"capacity-800/report.html", "full-connectivity/report.html"} <= {e.attributes["href"] for e in page.all("a")}
    assert len(rows(page)) == 2


def test_hostile_titles_are_text(entries: list[dict[str, Any]], tmp_path: Path) -> None:
    tame = rendered(entries, tmp_path)
    wild = rendered([{**e, "title": HOSTILE} for e in entries], tmp_path)
    assert [e.tag for e in Page(tame).elements] == [e.tag for e in Page(wild).elements]
    assert loads(wild) == [] and HOSTILE in Page(wild).all("main")[0].text


def test_nothing_built_is_a_page_too(tmp_path: Path) -> None:
    assert Page(rendered([], tmp_path)).unclosed == []


def test_a_range_lies_within_its_scale() -> None:
    drawn = sparkline.interval(-1.0, 2.5, 9.0, (-2.0, 22.0))
    numbers = [float(v) for v in re.findall(r'(?:x1|x2|cx)="([\d.]+)"', drawn)]
    assert min(numbers) >= 0 and max(numbers) <= sparkline.RANGE[0]
