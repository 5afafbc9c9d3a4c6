"""The front page: scenarios in order, each with its answer and range, every link where its file will be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from corridors.report.export import index_page, sparkline
from page_reader import Page, loads, unknown_references
from sample_report import HOSTILE, SCENARIOS, saved_results


@pytest.fixture
def entries(tmp_path: Path) -> list[dict[str, Any]]:
    """Entries of a build whose results lie in ``tmp_path``."""
    return saved_results(tmp_path)


def rendered(entries: list[dict[str, Any]], folder: Path) -> str:
    """The page."""
    return index_page.render(entries, folder, {"date": "2026-02-13"})


def test_scenarios_are_ranked_by_their_median_within_their_pair(entries: list[dict[str, Any]], tmp_path: Path) -> None:
    page = Page(rendered(entries, tmp_path))
    titles = [e.text.strip() for e in page.all("h3")]
    assert titles[:5] == ["Scenario full-connectivity", "Scenario capacity-800", "Scenario nothing", "Scenario baseline", "Scenario trans-afghan"]
    sections = [e.text.strip() for e in page.all("h2") if "section" in e.around]
    assert sections == ["Pakistan and Russia", "Pakistan and Uzbekistan", "How far to trust it", "Background"]
    assert len([e for e in page.all("li") if e.attributes.get("class") == "card"]) == 4, "what has no measure is not ranked"


def test_each_answer_has_its_range_and_says_no_more(entries: list[dict[str, Any]], tmp_path: Path) -> None:
    answers = {n: index_page.answer(found).replace("\u202f", " ") for n in SCENARIOS if (found := index_page.read(tmp_path / n))}
    assert answers["full-connectivity"] == "Raises two-way trade in 2035 by 12 % (80 % band 4 to 22 %)."
    assert answers["capacity-800"] == "May change two-way trade in 2035 by +2.5 %, or not at all (80 % band \u22121 to +9 %)."
    assert answers["trans-afghan"].startswith("Lowers two-way trade in 2035 by 3.0 %")
    assert answers["nothing"].startswith("No measurable effect")
    assert answers["baseline"] == "What the others are measured against: two-way trade of $1.4 billion in 2035."
    text = Page(rendered(entries, tmp_path)).all("main")[0].text
    for name in SCENARIOS:
        assert answers[name] in text.replace("\u202f", " ")


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
    assert len([e for e in page.all("li") if e.attributes.get("class") == "card"]) == 2


def test_hostile_titles_are_text(entries: list[dict[str, Any]], tmp_path: Path) -> None:
    tame = rendered(entries, tmp_path)
    wild = rendered([{**e, "title": HOSTILE} for e in entries], tmp_path)
    assert [e.tag for e in Page(tame).elements] == [e.tag for e in Page(wild).elements]
    assert loads(wild) == [] and HOSTILE in Page(wild).all("main")[0].text


def test_nothing_built_is_a_page_too(tmp_path: Path) -> None:
    assert Page(rendered([], tmp_path)).unclosed == []


def test_fans_of_a_pair_share_a_scale(entries: list[dict[str, Any]], tmp_path: Path) -> None:
    """The same trade stands at the same height in every fan."""
    found = [index_page.read(tmp_path / n) for n in ("baseline", "full-connectivity")]
    drawn = [sparkline.fan(f.paths, 5000.0)[0] for f in found if f]
    lines = [re.search(r'<polyline points="([^"]+)"', d) for d in drawn]
    assert lines[0] and lines[1] and lines[0].group(1) == lines[1].group(1)


def test_a_range_lies_within_its_scale() -> None:
    drawn = sparkline.interval(-1.0, 2.5, 9.0, (-2.0, 22.0))
    numbers = [float(v) for v in re.findall(r'(?:x1|x2|cx)="([\d.]+)"', drawn)]
    assert min(numbers) >= 0 and max(numbers) <= sparkline.RANGE[0]
