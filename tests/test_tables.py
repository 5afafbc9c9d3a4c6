"""Tables of the reports: every cell is a number of the result or a dash, heads have units, captions say what is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from corridors.show import charts, findings, lookups, numbers, tables
from corridors.show.blocks import Table
from corridors.show.tables import cells
from corridors.study.result import StudyResult
from corridors.study.result_tables import TABLES
from studied import studied, without_a_way

HOSTILE = "<b onclick=alert(1)>x</b>\n#let"
PLAIN = (
    "binding", "closure_stress", "costs", "crossing_fill_years", "crossings", "disagreements", "frictions",
    "measures", "others", "projection", "real_gdp", "sources", "targets", "trade_history", "volumes", "worth", "against_cost",
    "worth_by_economy", "measure_costs", "priorities", "second_ways",
)  # fmt: skip


@pytest.fixture(scope="module")
def results() -> dict[str, StudyResult]:
    found = {name: studied(name) for name in ("baseline", "capacity-800", "full-connectivity")}
    return {**found, "far-pair": without_a_way("DEU", "USA")}


def every_table(result: StudyResult) -> Iterator[tuple[str, Table | None]]:
    for name in PLAIN:
        yield name, getattr(tables, name)(result)
    for flow in ("exports", "imports"):
        yield "routes", tables.routes(result, flow)
    for code in result.pair:
        yield "missing_trade_top", tables.missing_trade_top(result, code, 12)
    yield "scenarios", tables.scenarios([result, result])


def number(cell: str) -> float:
    return float(cell.replace(",", "").replace("−", "-").replace("+", ""))


def near(cell: str, value: float) -> bool:
    """Whether a cell is ``value`` to the digits that it shows."""
    digits = cell.lstrip("+−").replace(",", "")
    step = 10.0 ** -len(digits.split(".")[1]) if "." in digits else 10.0 ** (len(digits) - len(digits.rstrip("0")) if digits.strip("0") else 0)
    return abs(number(cell) - value) <= 0.5001 * step


@pytest.mark.parametrize("name", ["baseline", "capacity-800", "full-connectivity", "far-pair"])
def test_every_cell_reads_well(results, name) -> None:
    for function, block in every_table(results[name]):
        if block is None:
            continue
        assert block.rows, function
        for row in block.rows:
            for cell in row:
                assert not re.search(r"\b(nan|None|inf|n/a|NaT|True|False)\b|e[+-]0\d|\n|  |^\s|\s$", cell), (function, row)
                assert not re.fullmatch(r"[−+-]0(\.0+)?", cell), (function, row)
                assert cell or row[0] == "Together", (function, row)


def test_who_gains_names_none_that_gains_next_to_nothing(results) -> None:
    """Six rows of 0.002 million dollars stood beside the two economies that flights are for."""
    result = results["full-connectivity"]
    frame = result["worth_by_economy"].copy()
    money = frame.select_dtypes("number").columns
    others = ~frame["economy"].isin(result.pair)
    frame.loc[others, money] *= 0.001 * frame.loc[~others, "users_musd_mean"].abs().max() / frame.loc[others, "users_musd_mean"].abs().max()
    rows = tables.worth_by_economy(replace(result, tables={**result.tables, "worth_by_economy": frame})).rows
    assert len(rows) == len(result.pair) + 1 and rows[-1][0] == "All others"


def test_who_gains_adds_up_to_the_account(results) -> None:
    """The row of all others was the rest of the world alone: economies that were cut had gone."""
    result = results["full-connectivity"]
    rows = tables.worth_by_economy(result).rows
    users = result["worth"].set_index("item").loc["users", "mean"]
    assert len(result["worth_by_economy"]) > len(rows) and rows[-1][0] == "All others"
    assert sum(number(row[1]) for row in rows) == pytest.approx(users, abs=0.5 * len(rows))
    assert number(rows[-1][1]) > 0 and rows[-1][2] == cells.DASH, "ends of bands do not add"
    chart = charts.worth_by_economy(result)
    assert sorted(row[0] for row in chart.data.rows) == sorted(row[0] for row in rows), "a chart and a table of one thing show the same"


def test_capital_and_the_costs_of_the_headline_are_told_together(results) -> None:
    """2.95 billion dollars in the table and 6.3 in the headline stood without a word between them."""
    result = results["full-connectivity"]
    found, rows = result.facts["appraisal"], result["measure_costs"]
    note = tables.measure_costs(result).note
    assert f"comes to {numbers.musd(rows.loc[rows['counted'], 'capital_musd'].sum())} in the middle case" in note
    assert f"the costs of {numbers.musd(found['costs_musd']['mean'])} that" in note and f"renewals to {found['last_year']}" in note


def test_nothing_has_no_chance_of_being_positive(results) -> None:
    """Rounding of nothing was compared with zero: "about 3 in 5" of a present value of 0.000."""
    base = results["full-connectivity"]
    still = base["worth_rates"].assign(**{f"npv_musd_{k}": 0.0 for k in ("mean", "p10", "p50", "p90")}, bcr=np.nan, probability_npv_positive=0.0)
    table = tables.against_cost(replace(base, tables={**base.tables, "worth_rates": still}))
    assert {row[-1] for row in table.rows} == {cells.DASH}
    assert cells.DASH not in {row[-1] for row in tables.against_cost(base).rows}


def test_without_measures_nothing_is_told_twice(results) -> None:
    for function, block in every_table(results["baseline"]):
        if block is not None and function != "scenarios":
            told = (block.caption, block.note, *(c.label for c in block.columns))
            assert not re.search(r"\b[Ww]ith(out)?( the)? measures\b|\bwith(out)?$", "\n".join(told), re.MULTILINE), function


def test_all_crossings_that_bind_are_listed(results) -> None:
    """Six of nine stood under a caption that named no number."""
    for name in ("baseline", "capacity-800"):
        rows = lookups.binding_here(results[name])
        for block in (tables.binding(results[name]), tables.turned_away(results[name])):
            assert block is not None and len(block.rows) == len(rows) > 6


def test_full_says_of_what(results) -> None:
    """Khunjerab is 70 % full with 94 trucks of 200 a day, since it is shut in winter."""
    shown = tables.crossings(results["baseline"])
    assert shown is not None and any(c.label == "Full" for c in shown.columns) and "Full: traffic over what can pass in the year" in shown.note


@pytest.mark.parametrize("name", ["baseline", "capacity-800", "full-connectivity", "far-pair"])
def test_captions_sources_and_heads(results, name) -> None:
    for function, block in every_table(results[name]):
        if block is None:
            continue
        assert len(block.caption) > 15 and not block.caption.endswith("."), function
        assert block.source.startswith("Source: ") and block.source.endswith("."), (function, block.source)
        assert not block.note or block.note.endswith("."), (function, block.note)
        heads = [(c.label, c.unit) for c in block.columns]
        assert all(c.label for c in block.columns), function
        assert block.columns[0].align == "left", (function, heads)


@pytest.mark.parametrize("name", ["capacity-800", "full-connectivity", "far-pair"])
def test_columns_of_numbers_are_set_right(results, name) -> None:
    for function, block in every_table(results[name]):
        if block is None:
            continue
        for k, column in enumerate(block.columns[1:], start=1):
            values = [row[k] for row in block.rows]
            numeric = [v for v in values if re.fullmatch(r"[−+]?[\d,]+(\.\d+)?", v)]
            if len(numeric) > len(values) / 2 and not column.label.startswith("Read on"):
                # A period is a name, not an amount.
                assert column.align == "right", (function, column, values[:4])


def test_tables_have_nothing_to_show_where_there_is_nothing(results) -> None:
    far, still = results["far-pair"], results["baseline"]
    for name in ("binding", "closure_stress", "costs", "crossings", "crossing_fill_years", "disagreements", "measures", "others", "real_gdp", "trade_history"):
        assert getattr(tables, name)(far) is None, name
    assert tables.routes(far, "exports") is None
    for name in ("measures", "others", "real_gdp"):
        assert getattr(tables, name)(still) is None, name
    assert tables.scenarios([]) is None
    assert tables.missing_trade_top(still, "XYZ") is None


def test_projection_shows_the_paths(results) -> None:
    for name in ("baseline", "capacity-800", "far-pair"):
        result = results[name]
        block = tables.projection(result)
        unit = block.columns[1].unit
        divisor = {"million dollars": 1.0, "billion dollars": 1000.0}[unit]
        assert [row[0] for row in block.rows] == [str(y) for y in result.years]
        for row, year in zip(block.rows, result.years, strict=True):
            base = lookups.path(result, "total", "baseline", year)
            assert near(row[1], base.mid / divisor)
            low, high = row[2].split(" to ")
            assert near(low, base.low / divisor) and near(high, base.high / divisor)
            if name == "capacity-800":
                plan, moved = lookups.path(result, "total", "scenario", year), lookups.effect(result, year=year)
                assert near(row[3], findings.with_measures(result, "total", year) / divisor)
                assert near(row[5], moved.mid) if findings.told(moved) else row[5] in findings.WORDS.values()
                assert row[6] == numbers.number_range(moved.low, moved.high, sign=True) and plan.mid > 0


def test_measures_begin_and_work(results) -> None:
    result = results["full-connectivity"]
    block = tables.measures(result)
    assert len(block.rows) == len(result.scenario["measures"])
    for row, measure in zip(block.rows, result.scenario["measures"], strict=True):
        assert row[1] == str(measure["start"]) and row[2] == str(measure["start"] + measure["years_to_full_effect"])


def test_routes_show_every_mode_and_before_and_after(results) -> None:
    result = results["capacity-800"]
    for flow in ("exports", "imports"):
        block = tables.routes(result, flow)
        used = result["routes"].query("direction == @flow and (share_before > 0 or share_after > 0)")
        assert {row[1] for row in block.rows} == {cells.MODES[m] for m in used["mode"]}
        labels = [c.label for c in block.columns]
        assert "Time without" in labels and "Time with" in labels
    assert "Time without" not in [c.label for c in tables.routes(results["baseline"], "exports").columns]


def test_crossings_say_state_and_whether_capacity_binds(results) -> None:
    result = results["full-connectivity"]
    block = tables.crossings(result)
    rows = {row[0]: row for row in block.rows}
    assert rows["Torkham"][2] == "shut since 12 October 2025"
    source = result["crossings"].set_index("name")
    for name, row in rows.items():
        before, after = bool(source.loc[name, "binds_before"]), bool(source.loc[name, "binds_after"])
        assert row[-1] == {(True, True): "yes", (False, False): "no", (True, False): "no longer", (False, True): "newly"}[before, after]
        assert near(row[3], float(source.loc[name, "capacity_before"]))


def test_the_year_a_crossing_fills_is_that_of_the_result(results) -> None:
    result = results["capacity-800"]
    block = tables.crossing_fill_years(result)
    own = lookups.at_home(result).reset_index(drop=True)
    for row, crossing in zip(block.rows, own["crossing"], strict=True):
        chances = lookups.crossing_year(result, crossing, "today").set_index("year")["probability_full"]
        year = row[2].split(" ")[0]
        if year == cells.DASH:
            assert (chances < 0.5).all()
        else:
            assert chances[int(year)] >= 0.5 and (chances[chances.index < int(year)] < 0.5).all()
        assert near(re.search(r"\((.*)\)", row[2]).group(1), 100 * chances.iloc[-1])


def test_missing_trade_holds_the_partner_of_the_study(results) -> None:
    for name in ("baseline", "far-pair"):
        result = results[name]
        for code, other in (result.pair, result.pair[::-1]):
            block = tables.missing_trade_top(result, code, 6)
            partner = lookups.economy(other)
            assert len(block.rows) == 6 and any(row[0].lower() == partner.lower() for row in block.rows)


def test_others_are_the_largest_changes_in_order(results) -> None:
    result = results["full-connectivity"]
    block = tables.others(result, 8)
    amounts = [number(row[1]) for row in block.rows]
    assert len(amounts) == 8 and amounts == sorted(amounts, reverse=True)
    assert min(abs(a) for a in amounts) >= 0.99 * result["others"]["change_musd_p50"].abs().nlargest(8).min() - 0.005


def test_real_output_holds_the_pair(results) -> None:
    block = tables.real_gdp(results["full-connectivity"], 6)
    names = [row[0] for row in block.rows]
    assert len(names) == 6 and {"Pakistan", "Russia"} <= set(names)


def test_volumes_are_of_the_last_year(results) -> None:
    result = results["capacity-800"]
    block = tables.volumes(result)
    rows = result["volumes"].query("year == 2035 and case == 'scenario'")
    assert len(block.rows) == len(rows)
    assert [row[6] for row in block.rows if row[0].startswith("Bulk")] == ["by ship"] * 2


def test_chances_of_aims_are_in_words(results) -> None:
    block = tables.targets(results["capacity-800"])
    assert "$5.0 billion" in block.rows[0][0] and block.rows[0][1] == "2030"
    assert "1 in" in block.rows[0][3] or block.rows[0][3] in ("almost certain", "about even")


def test_scenarios_are_ranked_and_read_as_the_bands_say(results) -> None:
    group = list(results.values())
    block = tables.scenarios(group)
    own = group[0].pair
    assert sum(r.pair == own for r in group) > len(group) / 2
    order = sorted(group, key=lambda r: (r.pair != own, findings.rank(r)))
    assert [row[0] for row in block.rows] == [r.title for r in order]
    assert [c.label for c in block.columns[1:4]] == ["Pair", "Measures", "Effect"]
    reads = {row[0]: row[3] for row in block.rows}
    for result in group:
        band = lookups.effect(result)
        told = reads[result.title]
        assert told.startswith("+") == (lookups.verdict(band) == "rise")
        worth = next(row[-4:] for row in block.rows if row[0] == result.title)
        if not result.scenario["measures"]:
            assert told == cells.DASH and set(worth) == {cells.DASH}
        else:
            found = result.facts["appraisal"]
            assert near(worth[0], found["user_benefits_musd"]["mean"]) and near(worth[1], found["npv_musd"]["mean"])
            assert worth[2] == str(found["last_year"]), "present values of unequal periods stand side by side"
    assert "what lives longer counts for longer" in block.note
    assert "Pair" not in [c.label for c in tables.scenarios(group[:3]).columns]


def test_sources_are_complete(results) -> None:
    block = tables.sources(results["baseline"])
    assert len(block.rows) == len(results["baseline"]["sources"])
    assert all(row[4] != cells.DASH for row in block.rows)


def test_numbers_that_are_missing_are_dashes(results) -> None:
    result = results["full-connectivity"]
    shaken = {name: frame.copy() for name, frame in result.tables.items()}
    for name, schema in TABLES.items():
        for field in schema.fields:
            if not field.required:
                shaken[name][field.name] = None if field.type == "string" else np.nan
    for function, block in every_table(replace(result, tables=shaken)):
        for row in block.rows if block else ():
            assert not any(re.search(r"\b(nan|None|n/a)\b", cell) for cell in row), (function, row)


def test_text_of_others_stays_text(results) -> None:
    base = results["full-connectivity"]
    shaken = {**base.tables, "contributions": base["contributions"].assign(measure=HOSTILE), "trade_history": base["trade_history"].assign(note=HOSTILE, source_title=HOSTILE)}
    hostile = replace(base, tables=shaken, scenario={**base.scenario, "title": HOSTILE, "labels": [HOSTILE] * 9})
    for function, block in every_table(hostile):
        if block is None:
            continue
        html = block.html()
        assert "<b onclick" not in html, function
        assert all("\n" not in cell for row in block.rows for cell in row), function


@pytest.mark.parametrize(("value", "told"), [(None, "–"), (float("nan"), "–"), ("", "–"), (" a\n b ", "a b"), (3.0, "3.0")])
def test_text_cells(value, told) -> None:
    assert cells.text(value) == told


@pytest.mark.parametrize(("values", "unit"), [([12_000.0], ("billion dollars", 1)), ([450.0], ("million dollars", 0)), ([45.0], ("million dollars", 1)), ([0.2], ("million dollars", 3)), ([], ("million dollars", 3))])
def test_units_of_money(values, unit) -> None:
    assert cells.money_unit(values)[1:] == unit


def test_a_share_that_is_nothing_is_zero() -> None:
    assert cells.share(0.0) == "0" and cells.share(0.5) == "50" and cells.share(None) == cells.DASH
