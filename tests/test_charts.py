"""Every chart on several real results: sound SVG, titles that agree with the numbers, colours of the theme, repeatable."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from unittest.mock import patch
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from corridors.report.export import svg
from corridors.show import blocks, charts, findings, lookups, maps, numbers, theme
from corridors.show.charts import border, corridor_map, draw, reasons, ticks, trade, world
from corridors.show.words import past, validation
from corridors.study import shipment
from corridors.study.result import QUANTILES, StudyResult
from studied import studied, without_a_way

NAMES = ("full-connectivity", "capacity-800", "baseline", "no-corridor")
SVG = "{http://www.w3.org/2000/svg}"
LARGEST = 120_000

ONE: dict[str, Callable[[StudyResult], blocks.Figure | None]] = {
    "fan": charts.fan,
    "fan of exports": lambda r: charts.fan(r, "exports"),
    "fan of imports": lambda r: charts.fan(r, "imports"),
    "route_map": charts.route_map,
    "breakdown": charts.breakdown,
    "breakdown of all goods": lambda r: charts.breakdown(r, "all"),
    "delay_curves": charts.delay_curves,
    "crossing_fill": charts.crossing_fill,
    "closure_stress": charts.closure_stress,
    "route_shares": charts.route_shares,
    "missing_trade": charts.missing_trade,
    "missing_trade of the partner": lambda r: charts.missing_trade(r, r.pair[1]),
    "others": charts.others,
    "real_gdp": charts.real_gdp,
    "contributions": charts.contributions,
    "tornado": charts.tornado,
    "volumes": charts.volumes,
    "history": charts.history,
    "worth_by_economy": charts.worth_by_economy,
    "worth_by_year": charts.worth_by_year,
    "priorities": charts.priorities,
}
CORRIDOR = ("route_map", "breakdown", "breakdown of all goods", "delay_curves", "crossing_fill", "closure_stress", "route_shares", "history", "priorities")
OF_A_FINDING = ("contributions", "tornado")
NEEDS_MEASURES = ("others", "contributions", "tornado", "real_gdp", "worth_by_economy", "worth_by_year")


@cache
def result_of(name: str) -> StudyResult:
    if name == "no-corridor":
        return without_a_way("BRA", "JPN", name)
    return studied(name)


@cache
def figure_of(name: str, chart: str) -> blocks.Figure | None:
    return ONE[chart](result_of(name))


@pytest.fixture(params=NAMES, scope="module")
def result(request: pytest.FixtureRequest) -> StudyResult:
    return result_of(request.param)


def texts(svg: str) -> list[str]:
    return ["".join(t.itertext()) for t in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def sound(figure: blocks.Figure) -> None:
    """What holds for every chart there is."""
    root = ElementTree.fromstring(figure.svg)
    assert root.tag == f"{SVG}svg" and len(figure.svg.encode()) < LARGEST
    colours = set(re.findall(r"#[0-9a-fA-F]{6}\b", figure.svg))
    assert colours <= set(theme.LIGHT.values()), "a colour that has no name"
    assert "opacity" not in figure.svg.replace("opacity: 1;", ""), "a mixture has no dark counterpart"
    ids = re.findall(r'\bid="([^"]+)"', figure.svg)
    assert len(ids) == len(set(ids))
    assert figure.title and not figure.title.endswith(".") and "  " not in figure.title
    assert len(figure.alt) > 60 and figure.alt.rstrip().endswith(".")
    assert figure.source.startswith("Source: ")
    assert figure.data is not None and figure.data.rows and figure.data.caption
    words = [figure.title, figure.alt, *texts(figure.svg), *(c for row in figure.data.rows for c in row)]
    for text in words:
        assert not re.search(r"\b[Nn]a[Nn]\b|\binf\b|\bNone\b|\de[+-]\d|<NA>", text), text
        assert not re.search(rf"[{numbers.MINUS}+-]0(?:\.0+)?{numbers.THIN}%", text), f"a signed nothing: {text}"


@pytest.mark.parametrize("chart", ONE)
@pytest.mark.parametrize("name", NAMES)
def test_every_chart_is_sound_or_not_there(name: str, chart: str) -> None:
    figure = figure_of(name, chart)
    if figure is not None:
        sound(figure)
    if name == "no-corridor" and chart in CORRIDOR or name in ("no-corridor", "baseline") and chart in NEEDS_MEASURES:
        assert figure is None, "there is nothing to show"
    if name == "full-connectivity" and (chart not in OF_A_FINDING or findings.told(lookups.effect(result_of(name)))):
        assert figure is not None
    if chart in OF_A_FINDING and not findings.told(lookups.effect(result_of(name))):
        assert figure is None, "what lies inside the noise is not shared out"


@pytest.mark.parametrize("chart", ONE)
def test_the_same_result_gives_the_same_bytes(chart: str) -> None:
    assert ONE[chart](result_of("full-connectivity")) == figure_of("full-connectivity", chart)


def test_no_two_charts_share_an_id() -> None:
    seen: set[str] = set()
    for chart in ONE:
        figure = figure_of("full-connectivity", chart)
        if figure is None:
            continue
        ids = set(re.findall(r'\bid="([^"]+)"', figure.svg))
        assert not ids & seen, chart
        seen |= ids


# --- titles agree with the numbers ------------------------------------------------------------------------


def test_the_fan_says_where_trade_ends(result: StudyResult) -> None:
    figure = charts.fan(result)
    middle = findings.with_measures(result)
    assert figure.title.startswith(f"Trade between {' and '.join(draw.pair_names(result))} is about {findings.trade(middle)} in {result.years[-1]}")
    assert ("if nothing changes" in figure.title) is not draw.has_measures(result)
    # Without measures there is one path, and no column of another.
    assert figure.data is not None and figure.data.rows[-1][3 if draw.has_measures(result) else 1] == findings.trade(middle)
    assert len(figure.data.columns) == (7 if draw.has_measures(result) else 3)
    assert len(figure.data.rows) == len(result.years)


def with_effect(result: StudyResult, low: float, middle: float, high: float) -> StudyResult:
    """The result with other effects on two-way trade, all years alike."""
    effect = result["effect"].copy()
    chosen = (effect["unit"] == "percent") & (effect["flow"] == "total")
    for name, value in zip(QUANTILES, np.interp([2.5, 10, 25, 50, 75, 90, 97.5], [10, 50, 90], [low, middle, high]), strict=True):
        effect.loc[chosen, name] = value
    return replace(result, tables={**result.tables, "effect": effect})


@settings(max_examples=12)
@given(st.lists(st.floats(-40, 40, allow_subnormal=False).map(lambda v: round(v, 4)), min_size=3, max_size=3))
def test_the_fan_never_says_more_where_it_is_less(values: list[float]) -> None:
    low, middle, high = sorted(values)
    figure = charts.fan(with_effect(result_of("capacity-800"), low, middle, high))
    sound(figure)
    kind = lookups.verdict(lookups.Band(low, middle, high))
    assert {
        "none": "no different", "tiny": "no measurable effect", "nil": "no measurable effect", "open": "not told from zero", "rise": " more than without", "fall": " less than without",
    }[kind] in figure.title  # fmt: skip


@pytest.mark.parametrize("scale", [1.0, -1.0, 1e-4, 1e-9, 0.0])
def test_charts_stand_any_size_and_sign_of_effect(scale: float) -> None:
    one = result_of("full-connectivity")
    tables = dict(one.tables)
    for name, columns in (
        ("effect", list(QUANTILES)), ("contributions", ["percent_points"]), ("others", ["change_percent_p10", "change_percent_p50", "change_percent_p90", "change_musd_p10", "change_musd_p50", "change_musd_p90"]),
        ("real_gdp", ["change_percent_p10", "change_percent_p50", "change_percent_p90"]), ("sensitivity", ["effect_low_percent", "effect_high_percent", *(["central"] if "central" in one["sensitivity"] else [])]),
    ):  # fmt: skip
        frame = tables[name].copy()
        frame[columns] = frame[columns].to_numpy(dtype=float) * scale
        if scale < 0:
            for low in [c for c in columns if c.endswith("_p10")]:
                high = low.replace("_p10", "_p90")
                frame[[low, high]] = frame[[high, low]].to_numpy()
            if name == "effect":
                frame[columns] = frame[columns[::-1]].to_numpy()
        tables[name] = frame
    changed = replace(one, tables=tables)
    for chart in ("fan", "contributions", "others", "real_gdp", "tornado"):
        figure = ONE[chart](changed)
        if figure is not None:
            sound(figure)
            assert "rises by" not in figure.title
    ranked = charts.scenarios_ranked([changed, result_of("capacity-800")])
    assert ranked is not None
    sound(ranked)


def test_contributions_add_up_in_the_chart() -> None:
    one = with_effect(result_of("full-connectivity"), 1.0, 2.0, 4.0)
    figure = charts.contributions(one)
    assert figure is not None and figure.data is not None
    total = one["contributions"]["percent_points"].sum()
    assert figure.data.rows[-1][1] == numbers.significant(total, 2, sign=True)
    assert len(figure.data.rows) == len(one["contributions"]) + 1
    assert numbers.signed_percent(total) in figure.title


def test_the_winner_elsewhere_is_the_winner() -> None:
    one = result_of("full-connectivity")
    sure = one["others"].query("change_musd_p10 > 0 or change_musd_p90 < 0")
    top = sure.sort_values("change_musd_p50").iloc[-1]
    figure = charts.others(one)
    assert figure is not None
    assert f"from {draw.economy(top['exporter'])} to {draw.economy(top['importer'])} gains most: {numbers.musd(top['change_musd_p50'])}" in figure.title
    assert figure.data is not None and len(figure.data.rows) == len(one["others"])


def test_missing_trade_tells_the_ratio_of_the_pair() -> None:
    one = result_of("capacity-800")
    table = one["missing_trade"]
    row = table[(table["exporter"] == one.pair[0]) & (table["importer"] == one.pair[1]) & (table["study_economy"] == one.pair[0])].iloc[0]
    figure = charts.missing_trade(one)
    assert figure is not None and numbers.significant(row["ratio"], 2) in figure.alt
    assert any(draw.economy(one.pair[1]) in t for t in texts(figure.svg)), "the study's partner is named in the chart"


def test_shares_of_the_routes_are_told_as_they_are() -> None:
    one = result_of("full-connectivity")
    grouped = one["routes"][one["routes"]["direction"] == "exports"].groupby("mode")["share_after"].sum()
    figure = charts.route_shares(one)
    assert figure is not None
    assert figure.title.startswith(f"With the measures {numbers.share(grouped.max())}")


def test_the_first_crossings_shown_are_those_of_the_measures() -> None:
    one = result_of("capacity-800")
    assert border.chosen_crossings(one, 3) == ["khunjerab", "torkham", "taftan"]
    figure = charts.delay_curves(one, ["taftan"])
    assert figure is not None and figure.data is not None and len(figure.data.rows) == 1
    sound(figure)


def test_no_curve_ends_at_the_frame_without_its_capacity() -> None:
    """The curve for 1,000 trucks was cut at the end of the axis and had no label."""
    figure = charts.delay_curves(result_of("capacity-800"), ["taftan"])
    assert figure is not None and {"200", "800", "1,000"} <= set(texts(figure.svg))


def _words(figure: blocks.Figure) -> str:
    return " ".join(texts(figure.svg))


def test_without_measures_no_chart_speaks_of_them() -> None:
    one = result_of("baseline")
    for chart in (charts.route_shares, charts.breakdown, charts.fan):
        figure = chart(one)
        assert figure is not None and figure.data is not None
        assert not re.search(r"with(out)? measures|\u25cb without|\u25cf with", _words(figure))
    shares = charts.route_shares(one)
    assert shares is not None and [c.label for c in shares.data.columns] == ["Route", "Mode", "Share"]


def test_traffic_at_a_crossing_is_that_of_the_first_and_the_last_year_as_solved() -> None:
    """Both of one kind: what passes with everybody's choice of way. At Gabd, where Pakistan's trade with Afghanistan goes round the
    shut border, counts of years before say 60 trucks a day, and it is full from the first year on."""
    one = result_of("capacity-800")
    row = one["crossings"].set_index("crossing").loc["gabd"]
    figure = charts.delay_curves(one, ["gabd"])
    assert figure is not None
    assert row["load_first_year_before"] > 0.9 * row["load_before"]
    assert f"{numbers.count(row['load_first_year_before'])} a day in {one.years[0]}, {numbers.count(row['load_before'])} in {one.years[-1]}" in _words(figure)


def test_a_shut_crossing_has_no_traffic_and_one_that_opens_that_of_after() -> None:
    shut, opened = result_of("capacity-800"), result_of("full-connectivity")
    for one in (shut, opened):
        figure = charts.delay_curves(one, ["torkham"])
        assert figure is not None and "0 in 2035" not in _words(figure)
        row = one["crossings"].set_index("crossing").loc["torkham"]
        said = "nobody passes" if one is shut else f"opened: {numbers.count(row['load_after'])} in {one.years[-1]}"
        assert said in _words(figure)
        assert ("stays shut, so nobody queues there" in figure.title) == (one is shut)


@pytest.mark.parametrize("chart", ["fan", "route_map", "breakdown", "breakdown of all goods", "route_shares", "priorities"])
def test_without_measures_nothing_is_told_twice(chart: str) -> None:
    """A result that has none shows the world once: no heads Without and With, no caption that speaks of measures."""
    figure = figure_of("baseline", chart)
    assert figure is not None and figure.data is not None
    told = [figure.title, figure.alt, figure.data.caption, figure.data.note, *(f"{c.label} {c.unit}" for c in figure.data.columns)]
    assert not [words for words in told if re.search(r"\b[Ww]ith(out)? (the )?measures|\b[Ww]ith(out)? (days|\$)|\bwith(out)?$", words)]


def _lower_panel(one: StudyResult) -> tuple[tuple[float, float], blocks.Figure]:
    """Limits of the lower panel of the fan on a page, and the fan."""
    limits = []
    write = theme.figure_svg

    def watched(figure: Figure) -> str:
        limits.append(figure.axes[1].get_ylim())
        return write(figure)

    with patch.object(theme, "figure_svg", watched):
        figure = charts.fan(one)
    return limits[0], figure


@pytest.mark.parametrize("name", ["capacity-800", "direct-flights", "full-connectivity"])
def test_the_widest_band_of_a_difference_is_shown_whole_or_said_to_go_on(name: str) -> None:
    one = result_of(name)
    effect = trade.effect_rows(one, "total", "percent")
    (low, high), figure = _lower_panel(one)
    assert low <= effect["p2_5"].min() and high >= effect["p97_5"].max() and "goes on" not in figure.source
    longer = one["effect"].assign(p97_5=lambda e: e["p97_5"] + 40 * (e["p90"] - e["p10"]))
    (_, cut), figure = _lower_panel(replace(one, tables={**one.tables, "effect": longer}))
    most = float(trade.effect_rows(one, "total", "percent").eval("p97_5 + 40 * (p90 - p10)").max())
    assert cut < most and f"the widest band goes on to {numbers.signed_percent(most)}." in figure.source


def test_the_fill_year_is_the_first_with_even_chances() -> None:
    one = result_of("capacity-800")
    figure = charts.crossing_fill(one)
    years = one["crossing_years"]
    assert figure is not None and figure.data is not None
    for crossing, case, name, label in (("torkham", "today", "Torkham", "today\u2019s"), ("khorgos", "800", "Khorgos", "800")):
        part = years[(years["crossing"] == crossing) & (years["capacity_case"] == case)]
        full = part.loc[part["probability_full"] >= 0.5, "year"]
        row = next((r for r in figure.data.rows if r[0] == name and r[1] == label), None)
        if row is not None:
            assert row[3] == (str(full.min()) if len(full) else f"after {one.years[-1]}")


# --- scenarios together --------------------------------------------------------------------------------------


def test_scenarios_are_ranked_by_their_effect() -> None:
    some = [result_of(n) for n in ("baseline", "capacity-800", "full-connectivity")]
    figure = charts.scenarios_ranked(some)
    assert figure is not None and figure.data is not None
    sound(figure)
    assert [r[0] for r in figure.data.rows] == [r.title for r in sorted(some, key=findings.rank) if r.scenario["measures"]]
    assert charts.scenarios_ranked([result_of("baseline")]) is None and charts.scenarios_ranked([]) is None


# --- validation ----------------------------------------------------------------------------------------------


def test_published_figures_are_counted_as_passed() -> None:
    frame = pd.DataFrame({
        "source": ["A", "A", "B"], "table": ["1", "1", "2"], "quantity": ["x", "y", "z"], "unit": ["", "", ""], "published": [1.0, 2.0, 3.0],
        "ours": [1.001, 2.0, 3.5], "difference": [0.001, 0.0, 0.5], "tolerance": [0.01, 0.0, 0.1], "passed": [True, True, False], "note": ["", "", ""],
    })  # fmt: skip
    figure = charts.published(frame)
    assert figure is not None and figure.title.startswith("2 of 3 published figures")
    assert "Not reproduced: z (3 published" in figure.alt.replace("3.000", "3")
    sound(figure)
    all_good = charts.published(frame.iloc[:2])
    assert all_good is not None and all_good.title.startswith("All 2 ")


def test_published_covariates_have_words() -> None:
    frame = pd.DataFrame([
        {"source": "A guide", "table": "Chapter 1", "quantity": f"coefficient of {name}", "published": 1.0, "ours": 1.001, "difference": 0.001 * k, "tolerance": 0.1, "passed": True, "note": ""}
        for k, name in enumerate(("ln_distance in 2006", "contiguous", "colonial_link"))
    ])  # fmt: skip
    for k in range(len(frame)):
        told = validation.published({"published": frame.iloc[[k]]}).rows[0][2]  # type: ignore[arg-type]
        assert "_" not in told and told.startswith(("coefficient of distance in 2006", "coefficient of a c"))


def test_backtest_and_coverage() -> None:
    rows = [(m, g, h, 1.0 + h / 10, s, 0.5, 0.8, 0.95) for m, g, s in (("last value", "none", 0.0), ("ours", "known", 0.2), ("ours", "forecast", -0.1), ("drift", "none", -0.5)) for h in (4, 8)]
    summary = pd.DataFrame(rows, columns=["method", "gdp", "horizon", "error", "skill", "coverage_50", "coverage_80", "coverage_95"])
    figure = charts.backtest_skill(summary)
    assert figure is not None and "20 % smaller" in figure.title.replace(numbers.THIN, " ")
    sound(figure)
    bands = pd.DataFrame([("ours", "known", h, level, level / 100 - 0.02, level / 100 - 0.05, level / 100, 10) for h in (4, 8) for level in (50, 80, 95)], columns=["method", "gdp", "horizon", "level", "coverage", "lowest_origin", "highest_origin", "pairs"])
    held = charts.coverage(bands)
    assert held is not None and "78" in held.title
    sound(held)
    assert charts.coverage(bands, "drift") is None and charts.backtest_skill(summary.iloc[:0]) is None
    scored = summary.assign(pairs=10, mase=1.0, crps=0.5)
    written = past.backtest_table({"backtest": scored})  # type: ignore[arg-type]
    assert figure.source == held.source and written.source.startswith(figure.source.rstrip(".")) and "2023" in figure.source


def test_cases_and_effects_are_counted_as_they_agree() -> None:
    cases = pd.DataFrame({
        "case": ["A", "B"], "quantity": ["km", "hours"], "unit": ["km", "h"], "reported_low": [9.0, 0.0], "reported": [10.0, 0.0], "reported_high": [11.0, 1.0],
        "computed": [10.5, 3.0], "within": [True, False], "source_url": ["", ""], "note": ["", ""],
    })  # fmt: skip
    figure = charts.real_cases(cases)
    assert figure is not None and figure.title.startswith("1 of 2 cases agree")
    assert figure.data is not None and len(figure.data.rows) == 2, "what has no ratio is in the table"
    sound(figure)
    effects = pd.DataFrame({"effect": ["E"], "published_low": [0.5], "published": [1.0], "published_high": [2.0], "unit": ["percent"], "computed": [1.2], "within": [True], "source": [""]})
    known = charts.known_effects(effects)
    assert known is not None and known.title.startswith("All 1 ")
    sound(known)


# --- the map ---------------------------------------------------------------------------------------------------


def test_the_projection_is_snyders() -> None:
    """Numerical example of Snyder 1987, page 295: parallels 33 and 45 N, origin 23 N 96 W, point 35 N 75 W."""
    conic = maps.Conic(33, 45, -96)
    origin, point = conic([(-96, 23), (-75, 35)])
    assert point - origin == pytest.approx([0.2966785, 0.2462112], abs=5e-7)


@given(st.floats(-170, 170), st.floats(-60, 80), st.floats(-170, 170), st.floats(-60, 80))
def test_a_great_circle_is_as_long_as_the_haversine_says(a: float, b: float, c: float, d: float) -> None:
    lat1, lat2 = np.radians([b, d])
    h = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin(np.radians(c - a) / 2) ** 2
    whole = 2 * np.arcsin(min(1.0, np.sqrt(h)))
    line = np.radians(maps.great_circle((a, b), (c, d), 60))
    if whole > np.pi - 0.05:
        return  # between antipodes every way is the shortest
    steps = np.diff(line, axis=0)
    h = np.sin(steps[:, 1] / 2) ** 2 + np.cos(line[:-1, 1]) * np.cos(line[1:, 1]) * np.sin(steps[:, 0] / 2) ** 2
    assert 2 * np.arcsin(np.sqrt(h)).sum() == pytest.approx(whole, rel=1e-6, abs=1e-6)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=3, max_size=12))
def test_clipping_leaves_nothing_outside_and_keeps_what_is_inside(points: list[tuple[float, float]]) -> None:
    ring = np.array(points)
    part = maps.clip(ring, (-5, -4, 5, 4))
    if len(part):
        assert (part >= [-5 - 1e-9, -4 - 1e-9]).all() and (part <= [5 + 1e-9, 4 + 1e-9]).all()
    assert np.array_equal(maps.clip(ring, (-10, -10, 10, 10)), ring)


def test_outlines_have_land_borders_of_both_kinds_lanes_and_names() -> None:
    found = maps.outlines()
    assert len(found["land"]) > 100 and len(found["international"]) > 100 and len(found["disputed"]) > 10
    # The line between India and China north of Nepal and the one of control in Kashmir are among the disputed.
    kashmir = [line for line in found["disputed"] if ((line[:, 0] > 73) & (line[:, 0] < 80) & (line[:, 1] > 32.3) & (line[:, 1] < 37)).any()]
    assert kashmir
    assert not [line for line in found["international"] if ((line[:, 0] > 74.5) & (line[:, 0] < 77) & (line[:, 1] > 33.5) & (line[:, 1] < 35)).any()]


def test_the_map_says_that_it_takes_no_side_and_widths_grow_with_shares() -> None:
    one = result_of("full-connectivity")
    figure = figure_of("full-connectivity", "route_map")
    assert figure is not None and maps.DISCLAIMER in figure.source and maps.DISCLAIMER in figure.alt
    used = corridor_map.ways(one)
    shares = [w.share for w in used]
    assert shares == sorted(shares) and min(shares) > 0 and max(shares) <= 1.0001
    assert {w.mode for w in used} >= {"road", "sea"}
    assert maps.way_width(0.97) > 5 * maps.way_width(0.004), "what carries little looks little"
    feeders = [w for w in used if w.feeds]
    assert feeders and all(w.mode in ("road", "rail") for w in feeders) and max(w.share for w in feeders) > max(w.share for w in used if w.mode == "road" and not w.feeds)
    assert "by land to a port" in texts(figure.svg)


def test_the_map_marks_crossings_as_they_are_with_the_measures() -> None:
    """Torkham, which the measures open, was crossed out under a title that said "reopened"."""
    one = result_of("full-connectivity")
    ax = Figure().add_subplot()
    ax.set_xlim(-180.0, 180.0)
    ax.set_ylim(-90.0, 90.0)
    at = corridor_map._crossing_marks(ax, lambda xy: np.asarray(xy), one, [], -180.0)
    table = one["crossings"].set_index("crossing").loc[list(at)]
    kinds = {line.get_marker(): {tuple(np.round(xy, 6)) for xy in line.get_xydata()} for line in ax.lines}
    shut = table["closure_days_after"] >= lookups.SHUT_DAYS
    opened = table.index[~shut & (table["state"] == "shut")]
    assert "torkham" in opened
    for crossing, xy in at.items():
        kind = "X" if shut[crossing] else "D" if table.loc[crossing, "binds_after"] else "o"
        assert tuple(np.round(xy, 6)) in kinds[kind], crossing
    figure = figure_of("full-connectivity", "route_map")
    assert figure is not None
    assert ("No queue of more" in figure.alt) != ("Queues of more than half a day at" in figure.alt)


def test_traffic_with_the_measures_stands_beside_that_without() -> None:
    """Taftan at 800 a day has twice the trucks: the chart and the table said 190 of both."""
    one = result_of("capacity-800")
    row = one["crossings"].set_index("crossing").loc["taftan"]
    before, after = (numbers.count(row[f"load_{case}"]) for case in ("before", "after"))
    assert row["load_after"] > 1.5 * row["load_before"]
    figure = charts.delay_curves(one, ["taftan"])
    assert figure is not None and figure.data is not None
    assert f"{before} in {one.years[-1]}, {after} with measures" in _words(figure) and f"{after} with the measures" in figure.alt
    cells = dict(zip([column.label for column in figure.data.columns], figure.data.rows[0], strict=True))
    assert (cells["Traffic without"], cells["Traffic with"]) == (before, after)


@pytest.mark.parametrize("chart", ONE)
def test_every_chart_is_drawn_for_a_phone_too(chart: str) -> None:
    figure = figure_of("full-connectivity", chart)
    if figure is None:
        return
    root = ElementTree.fromstring(figure.small)
    wide = float(root.attrib["viewBox"].split()[2])
    assert wide == pytest.approx(72 * theme.NARROW_IN, abs=0.5)
    sizes = [float(v) for v in re.findall(r"font(?:-size)?:[^;\"]*?([\d.]+)px", figure.small)]
    assert sizes and min(sizes) * 325 / wide >= 11.0, "the smallest text in the column of a screen of 360 pixels"
    sound(replace(figure, svg=figure.small))


def test_a_pointer_over_a_range_is_told_what_it_shows() -> None:
    figure = charts.scenarios_ranked([result_of("full-connectivity"), result_of("capacity-800")])
    assert figure is not None
    titles = [t.text for t in ElementTree.fromstring(figure.svg).iter(f"{SVG}title")]
    assert any(t and t.startswith(result_of("capacity-800").title) for t in titles)
    assert "<title>" in svg.for_page(figure.svg, "f1-") and "<script" not in svg.for_page(figure.svg.replace("<title>", "<title><script/>", 1), "f1-")


# --- words ------------------------------------------------------------------------------------------------------


def test_every_uncertain_quantity_of_the_tornado_has_a_plain_name() -> None:
    for name in ("full-connectivity", "capacity-800"):
        for r in result_of(name)["sensitivity"].itertuples():
            words = reasons.parameter_name(r.parameter, r.meaning)
            assert 5 < len(words) < 60 and words[0].islower(), words


def test_names_of_economies_fit() -> None:
    assert world.draw.short_economy("ARE") == "UAE" and draw.short_economy("COD") == "DR Congo"


def test_labels_are_moved_apart_and_keep_their_order() -> None:
    moved = draw.spread([1.0, 1.0, 5.0, 1.1], 1.0)
    assert sorted(range(4), key=lambda k: moved[k]) == [0, 1, 3, 2]
    assert (np.diff(sorted(moved)) >= 1.0 - 1e-6).all()


def _words_drawn(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every text of a figure that is seen, with the room it takes in pixels."""
    FigureCanvasAgg(figure).draw()
    unseen = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=False)
            unseen |= {label for at, label in ticks if not ax.axison or not low - 1e-9 <= at <= high + 1e-9}
    drawn = [t for t in figure.findobj(Text) if t.get_text().strip() and t not in unseen]
    return [(t.get_text(), t.get_window_extent()) for t in drawn]


@pytest.mark.parametrize("chart", ONE)
def test_no_text_of_a_chart_is_cut_off_or_stands_on_another(chart: str) -> None:
    """On a page and on a phone: all words lie inside the drawing, and no two of them on each other."""
    of = ("full-connectivity", "capacity-800", "direct-flights", "uzbekistan-trans-afghan", "china-corridor")
    _texts_have_room(lambda: [ONE[chart](result_of(name)) for name in of])


def test_texts_of_the_way_of_a_shipment_have_room() -> None:
    followed = [shipment.follow(result_of("capacity-800"), flow) for flow in ("exports", "imports")]
    _texts_have_room(lambda: [charts.shipment_way(one) for one in followed])


def test_texts_of_what_was_checked_have_room() -> None:
    """Published figures, the backtest, real cases and known effects, with the names and numbers that a build shows."""
    units = (("trucks", 1500.0), ("a day", 471.0), ("USD a truck", 3750.0), ("h", 7.4), ("km", 2760.0))
    cases = pd.DataFrame([
        {"case": f"Karachi-Tashkent by Kabul and Termez {k}", "quantity": "trucks a day crossing", "unit": unit, "reported_low": 0.8 * value, "reported": value,
         "reported_high": 1.2 * value, "computed": 1.1 * value, "within": True, "source_url": "", "note": ""} for k, (unit, value) in enumerate(units)
    ])  # fmt: skip
    effects = pd.DataFrame([
        {"effect": "Belt and Road: fall of trade costs, the pair that gains most", "published_low": 0.0, "published": 10.2, "published_high": 12.0, "unit": "percent",
         "computed": 0.788, "within": True, "source": "", "source_url": ""},
    ])  # fmt: skip
    figures = pd.DataFrame([
        {"source": "A guide", "table": "Chapter 1, application 2: distance puzzle, with internal distance", "quantity": str(k), "unit": "", "published": 1.0, "ours": 1.0 + d,
         "difference": d, "tolerance": 0.001, "passed": d < 0.001} for k, d in enumerate((0.0, 1e-7, 1e-4, 0.02))
    ])  # fmt: skip
    horizons = (4, 7, 8, 11, 12, 15)
    summary = pd.DataFrame(
        [(m, g, h, 1.0, s) for m, g, s in (("ours", "known", 0.2), ("ours", "forecast", 0.1), ("drift", "none", -1.5), ("gdp", "known", 0.1), ("ets", "none", -0.2)) for h in horizons],
        columns=["method", "gdp", "horizon", "error", "skill"],
    )
    bands = pd.DataFrame(
        [("ours", g, h, level, level / 100 + 0.02, level / 100 - 0.05, level / 100 + 0.03, 10) for g in ("known", "forecast") for h in horizons for level in (50, 80, 95)],
        columns=["method", "gdp", "horizon", "level", "coverage", "lowest_origin", "highest_origin", "pairs"],
    )
    _texts_have_room(lambda: [charts.real_cases(cases), charts.known_effects(effects), charts.published(figures), charts.backtest_skill(summary), charts.coverage(bands)])


def test_texts_of_scenarios_side_by_side_have_room() -> None:
    _texts_have_room(lambda: charts.scenarios_ranked([result_of(name) for name in ("capacity-800", "direct-flights", "afghan-border-open", "china-corridor")]))


def test_no_tick_of_scenarios_side_by_side_is_cut_whatever_their_effects() -> None:
    """Where the first tick lies hangs on the effects: by some, its label began outside the drawing of a phone."""
    some = [result_of(name) for name in ("capacity-800", "direct-flights", "china-corridor")]
    for times in (1.0, 1.4, 2.0, 2.8, 4.0, 5.6):
        _texts_have_room(lambda: charts.scenarios_ranked([_stronger(one, times) for one in some]))  # noqa: B023


def _stronger(one: StudyResult, times: float) -> StudyResult:
    """A result whose effects are so many times as large."""
    effect = one["effect"].copy()
    effect[list(QUANTILES)] *= times
    return replace(one, tables={**one.tables, "effect": effect})


@settings(deadline=None, max_examples=40)
@given(st.floats(-2000, -0.002), st.floats(0.001, 4000), st.booleans(), st.booleans())
def test_no_label_of_a_tick_is_cut(low: float, high: float, phone: bool, logarithmic: bool) -> None:
    """Axes that begin and end at the edge of the drawing keep the labels of their ticks inside it."""
    figure = draw.canvas(1.5, theme.NARROW_IN if phone else None)
    ax = draw.panel(figure, left=0.08, right=0.05)
    if logarithmic:
        draw.log_axis(ax, "x", draw.powers(-low, -low * 1000), lambda v: f"{draw.tick_text(v)} trucks")
        ax.set_xlim(-low, -low * 1000)
    else:
        draw.value_axis(ax, "x", style=lambda v: f"{draw.tick_text(v)}{numbers.THIN}%")
        ax.set_xlim(low, high)
    draw.value_axis(ax)
    ax.set_ylim(low, high)
    ticks.inside(figure)
    assert not [words for words, box in _words_drawn(figure) if box.x0 < -1 or box.x1 > figure.bbox.x1 + 1]


def _texts_have_room(draw_them: Callable[[], object]) -> None:
    drawn: list[tuple[bool, list[tuple[str, Bbox]], Bbox]] = []
    write = theme.figure_svg

    def watched(figure: Figure) -> str:
        drawn.append((draw.narrow(), _words_drawn(figure), figure.bbox))
        return write(figure)

    with patch.object(theme, "figure_svg", watched):
        draw_them()
    assert drawn
    faults = []
    for phone, texts_, whole in drawn:
        where = "on a phone" if phone else "on a page"
        faults += [f"{where}: {words!r} is cut off" for words, box in texts_ if box.x0 < -1 or box.y0 < -1 or box.x1 > whole.x1 + 1 or box.y1 > whole.y1 + 1]
        for k, (words, box) in enumerate(texts_):
            for other, over in texts_[k + 1 :]:
                if min(box.x1, over.x1) - max(box.x0, over.x0) > 1.5 and min(box.y1, over.y1) - max(box.y0, over.y0) > 2.5:
                    faults.append(f"{where}: {words!r} stands on {other!r}")
    assert not faults, "\n".join(faults)


def test_figures_that_disagree_stand_in_the_order_of_the_legend() -> None:
    result = studied("capacity-800")
    figure = charts.history(result)
    assert figure is not None
    table = result["disagreements"]
    rows = table.reindex(table["difference_percent"].abs().sort_values(ascending=False, kind="stable").index).head(5)
    for a, b in zip(rows["value_a_musd"], rows["value_b_musd"], strict=True):
        assert f"{numbers.fixed(a)} and {numbers.fixed(b)}" in figure.small
