"""What trade does, what did it, how sure that is; scenarios side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from corridors.show import findings
from corridors.show import numbers as n
from corridors.show.blocks import Column, Table, table
from corridors.show.lookups import (
    Band,
    clean,
    economy,
    effect,
    has_measures,
    pair_words,
    path,
    way,
)
from corridors.show.tables.cells import (
    BAND,
    CARGO,
    DASH,
    cell,
    column_decimals,
    fixed,
    model,
    money_unit,
    percent,
    right,
    span,
    sure,
    text,
    two_decimals,
)
from corridors.study.result import StudyResult

SMALLEST_SECTOR_MUSD = 0.05
"""Goods that are traded less are not shown."""


def projection(result: StudyResult) -> Table:
    """Two-way trade by year: without and with the measures, and the effect, each with its 80 % band."""
    return _paths(result, "total", f"Two-way trade between {pair_words(result)} by year")


def _paths(result: StudyResult, flow: str, caption: str) -> Table:
    rows = result["projection"]
    divisor, unit, decimals = money_unit(rows[rows["flow"] == flow]["p90"])
    changed = has_measures(result)
    body = []
    for year in result.years:
        base = path(result, flow, "baseline", year)
        cells = [n.year(year), fixed(base.mid / divisor, decimals), _span(base, divisor, decimals)]
        if changed:
            plan, moved = path(result, flow, "scenario", year), effect(result, flow, "percent", year)
            middle = findings.with_measures(result, flow, year)
            cells += [
                fixed(middle / divisor, decimals),
                _span(plan, divisor, decimals),
                findings.amount(moved),
                findings.span(moved),
            ]
        body.append(tuple(cells))
    heads: list[str | Column] = ["Year", right("Without measures" if changed else "Expected", unit), right(BAND, unit)]
    if changed:
        heads += [right("With measures", unit), right(BAND, unit), right("Effect", "%"), right(BAND, "%")]
    return table(
        caption, heads, body, model(result),
        "Middle estimates. With measures: without them times the effect, where that can be told "
        "from zero. The effect is measured future by future." if changed else "Middle estimates.",
    )


def _span(band: Band, divisor: float, decimals: int) -> str:
    return f"{fixed(band.low / divisor, decimals)} to {fixed(band.high / divisor, decimals)}"


def volumes(result: StudyResult) -> Table | None:
    """Value, tonnes and trucks a day by cargo class and direction in the last year."""
    rows = result["volumes"]
    rows = rows[rows["year"] == result.years[-1]] if len(rows) else rows
    if not len(rows):
        return None
    chosen = rows[rows["case"] == "scenario"]
    divisor, unit, decimals = money_unit(chosen["value_musd_p50"])
    body = [
        (
            f"{CARGO.get(str(r.cargo_class), text(r.cargo_class))}, {way(result, str(r.flow))}",
            fixed(r.value_musd_p50 / divisor, decimals),
            f"{fixed(r.value_musd_p10 / divisor, decimals)} to "
            f"{fixed(r.value_musd_p90 / divisor, decimals)}", _thousand(r.tonnes_p50),
            f"{_thousand(r.tonnes_p10)} to {_thousand(r.tonnes_p90)}", *_truck_cells(r),
        )
        for r in chosen.itertuples()
    ]  # fmt: skip
    case = "with the measures" if has_measures(result) else "no measures"
    return table(
        f"What trade weighs in {result.years[-1]}, {case}: value, tonnes, and trucks a day if all "
        f"that suits trucks went by road",
        (
            "Goods", right("Value", unit), right(BAND, unit), right("Weight", "thousand tonnes"),
            right(BAND, "thousand tonnes"),
            right("Trucks", "a day, one way"), right(BAND),
        ),
        body,
        f"{model(result)} Dollars a tonne of the pair: data/cargo_classes.csv, "
        f"data/unit_values.csv, data/network/truck_values.csv.",
        "Medians. Bulk cargo (crude oil, grain, coal, fertiliser) does not go by truck.",
    )  # fmt: skip


def _thousand(tonnes: Any) -> str:
    return cell(lambda v: n.fixed(v / 1000, 0 if abs(v) >= 99_500 else 1 if abs(v) >= 9_950 else 2), tonnes)


def _truck_cells(r: Any) -> tuple[str, str]:
    if float(r.trucks_per_day_p90) == 0:
        return "0", "by ship"
    decimals = 0 if float(r.trucks_per_day_p50) >= 9.95 else 1
    return fixed(
        r.trucks_per_day_p50, decimals
    ), f"{fixed(r.trucks_per_day_p10, decimals)} to {fixed(r.trucks_per_day_p90, decimals)}"


def targets(result: StudyResult) -> Table | None:
    """How likely each stated aim is, without and with the measures."""
    rows = result["targets"]
    if not len(rows):
        return None
    changed = has_measures(result)
    body = []
    for r in rows.itertuples():
        what = (
            f"Two-way trade of {n.musd(float(r.target_musd))}"
            if str(r.flow) == "total"
            else f"Trade {way(result, str(r.flow))} of {n.musd(float(r.target_musd))}"
        )
        cells = [
            what,
            n.year(int(r.year)),
            n.musd(path(result, str(r.flow), "scenario", int(r.year)).mid),
            n.probability(float(r.probability_baseline)),
        ]
        body.append(tuple([*cells, n.probability(float(r.probability_scenario))] if changed else cells))
    heads: list[str | Column] = [
        "Aim",
        right("By"),
        right("Middle estimate", "that year"),
        right("Chance without measures" if changed else "Chance"),
    ]
    return table(
        "How likely stated aims are",
        [*heads, right("Chance with measures")] if changed else heads,
        body,
        f"{model(result)} Aims: the scenario's file.",
    )


def others(result: StudyResult, count: int = 10) -> Table | None:
    """Flows of others that gain or lose most: ``count`` of them, largest change in dollars first."""
    rows = result["others"]
    if not len(rows) or not has_measures(result):
        return None
    order = rows.reindex(rows["change_musd_p50"].abs().sort_values(ascending=False, kind="stable").index).head(count)
    order = order.sort_values("change_musd_p50", ascending=False, kind="stable")
    fine, coarse = two_decimals(
        order["change_percent_p50"], [*order["change_percent_p10"], *order["change_percent_p90"]]
    )
    biggest = pd.concat([order["change_musd_p10"], order["change_musd_p90"]]).abs().max()
    if not biggest >= 0.005:
        return None
    body = [
        (
            f"{_upper(economy(str(r.exporter)))} to {economy(str(r.importer))}", sure(r, "change_musd", 2),
            span(r.change_musd_p10, r.change_musd_p90, 2), sure(r, "change_percent", max(fine, 2)),
            span(r.change_percent_p10, r.change_percent_p90, max(coarse, 2)), _through(str(r.through)),
        )
        for r in order.itertuples()
    ]  # fmt: skip
    return table(
        f"Who else gains or loses: the {n.in_words(len(body))} {n.plural(len(body), 'flow')} that "
        f"change most, of {n.count(len(rows))} whose trade cost moves",
        (
            "Flow", right("Change", "million dollars a year"),
            right(BAND, "million dollars a year"), right("Change", "%"), right(BAND, "%"),
            "Crossings of the measures on its road",
        ),
        body, model(result), f"Medians, at the size of {result.facts['base_year']}, less what closures and queues since have taken away. {_NO_SIGN}",
    )  # fmt: skip


def sectors(result: StudyResult) -> Table | None:
    """Which goods gain: both directions by sector, the largest change in dollars first in each."""
    rows = result["sectors"]
    if not len(rows) or not has_measures(result):
        return None
    rows = rows[rows["base_musd"] >= SMALLEST_SECTOR_MUSD]
    biggest = rows[["change_musd_p10", "change_musd_p90"]].abs().to_numpy().max(initial=0.0)
    if not biggest >= 0.005:
        return None
    fine, coarse = two_decimals(rows["change_percent_p50"], [*rows["change_percent_p10"], *rows["change_percent_p90"]])
    body = []
    for flow in ("exports", "imports"):
        chosen = rows[rows["direction"] == flow]
        order = chosen["change_musd_p50"].abs().sort_values(ascending=False, kind="stable").index
        body += [
            (
                _upper(way(result, flow)), str(r.name), fixed(r.base_musd, column_decimals(rows["base_musd"], 3)),
                fixed(r.cost_change_percent, 2, sign=True), sure(r, "change_percent", max(fine, 2)),
                span(r.change_percent_p10, r.change_percent_p90, max(coarse, 2)), sure(r, "change_musd", 2),
                span(r.change_musd_p10, r.change_musd_p90, 2),
            )
            for r in chosen.loc[order].itertuples(index=False)
        ]  # fmt: skip
    return table(
        f"Which goods gain or lose in {result.years[-1]}",
        (
            "Direction", "Goods", right("Trade without measures", "million dollars a year"),
            right("Trade cost", "%"), right("Change", "%"),
            right(BAND, "%"), right("Change", "million dollars a year"), right(BAND, "million dollars a year"),
        ),
        body, model(result),
        f"Medians. {_NO_SIGN} What the pair trades is known in part only: shares of goods are "
        f"estimates (data/sector_shares.csv).",
    )  # fmt: skip


_NO_SIGN = "A dash: not told from zero, its band says how far it may go."


def _through(codes: str) -> str:
    from corridors.data import world_names
    from corridors.show.lookups import short_name

    names = world_names.crossings()
    return ", ".join(short_name(names.get(c, c)) for c in codes.split()) or "none: by prices alone"


def _upper(name: str) -> str:
    return name[:1].upper() + name[1:]


def real_gdp(result: StudyResult, count: int = 10) -> Table | None:
    """Real output of the economies that change most; the pair is always there."""
    rows = result["real_gdp"]
    if not len(rows) or not has_measures(result):
        return None
    order = rows.reindex(rows["change_percent_p50"].abs().sort_values(ascending=False, kind="stable").index)
    own = order[order["economy"].isin(result.pair)]
    chosen = pd.concat([own, order[~order["economy"].isin(result.pair)].head(max(count - len(own), 0))])
    chosen = chosen.sort_values("change_percent_p50", ascending=False, kind="stable")
    body = [
        (
            _upper(economy(str(r.economy))),
            sure(r, "change_percent", 4),
            span(r.change_percent_p10, r.change_percent_p90, 4),
        )
        for r in chosen.itertuples()
    ]
    return table(
        f"Real output in {result.years[-1]}, change from what it would be without the measures",
        ("Economy", right("Change", "%"), right(BAND, "%")), body, model(result),
        f"Full general equilibrium; medians. {_NO_SIGN} The pair and the economies that change "
        f"most, of {n.count(len(rows))}.",
    )  # fmt: skip


def frictions(result: StudyResult) -> Table | None:
    """What lies outside the model: how much trade would move in the range of each."""
    rows = result["frictions"]
    if not len(rows):
        return None
    body = [
        (
            f"{text(r['friction'])}: {text(r['what_if'])}, {text(r['unit'])}",
            " \u00b7 ".join(_level(r[k], str(r["unit"])) for k in ("low", "central", "high")),
            " \u00b7 ".join(percent(r[f"effect_percent_{k}"]) for k in ("low", "central", "high")),
            clean(r["source"]) + (" (range estimated)" if r["estimate"] else ""),
        )
        for r in rows.to_dict("records")
    ]  # fmt: skip
    return table(
        "What the model leaves out, and how much it could matter",
        (
            "What, and what is asked of it", right("Low, middle, high"), right("Trade at each", "%"), "Source",
        ),
        body, f"{model(result)} Ranges: data/frictions.csv.",
        f"Effect on two-way trade in {result.years[-1]}, in the central case with this scenario's "
        f"measures in place. No forecast.",
    )  # fmt: skip


def _level(value: Any, unit: str) -> str:
    return fixed(value) if unit.startswith("days") else cell(lambda v: n.share(v), value)


def scenarios(results: Sequence[StudyResult]) -> Table | None:
    """Scenarios side by side, the largest median effect first."""
    if not results:
        return None
    several = len({r.pair for r in results}) > 1
    # Another pair's scenario stands below those that are compared.
    own = Counter(r.pair for r in results).most_common(1)[0][0]
    order = sorted(results, key=lambda r: (r.pair != own, findings.rank(r)))
    body = [_scenario(r, several) for r in order]
    heads: list[str | Column] = ["Scenario", *(["Pair"] if several else []), right("Measures"), right("Effect", "%"), right(BAND, "%"), right("Change", "million dollars a year"),
                                 right(BAND, "million dollars a year"), right("Worth to all who ship", "million dollars a year"), right("Net of cost", "million dollars"), right("Counted to"), right("Worth it in", "% of cases")]  # fmt: skip
    last = order[0].years[-1]
    return table(
        f"Scenarios side by side: effect on two-way trade in {last}", heads, body, model(order[0]),
        "The largest rise first, then falls, then what does not move this trade; minus: less trade "
        "than without the measures. Worth in the last year and net present value: means. Net present values count until the longest-lived "
        "measure ends: what lives longer counts for longer. No share of cases where no cost is counted.",
    )  # fmt: skip


def _scenario(result: StudyResult, several: bool) -> tuple[str, ...]:
    found, money = effect(result), effect(result, unit="musd")
    change = findings.money(result)
    return (
        clean(result.title), *([" \u2013 ".join(result.facts["names"])] if several else []),
        n.fixed(len(result.scenario.get("measures", ()))),
        findings.amount(found) if has_measures(result) else DASH,
        findings.span(found) if has_measures(result) else DASH,
        *(
            (
                n.fixed(change, n.decimals_for(change, 2), sign=True),
                n.number_range(money.low, money.high, sign=True, mid=change),
            )
            if findings.told(found) else (DASH, DASH)
        ),
        *_worth(result),
    )  # fmt: skip


def _worth(result: StudyResult) -> tuple[str, str, str, str]:
    """Users' gain a year, net present value, the last year that it counts, and its chance."""
    if not has_measures(result):
        return DASH, DASH, DASH, DASH
    found = result.facts["appraisal"]
    return (
        fixed(found["user_benefits_musd"]["mean"], 0, sign=True),
        fixed(found["npv_musd"]["mean"], 0, sign=True),
        str(int(found["last_year"])),
        n.cases(found["probability_npv_positive"]).removesuffix(f"{n.THIN}%") if (
            found["costs_musd"]["mean"] or 0.0
        ) > 0 else DASH,
    )
