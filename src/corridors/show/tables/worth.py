"""Tables of what a scenario is worth: accounts, economies, costs, priorities."""

from __future__ import annotations

import math
import re

from corridors.show import findings
from corridors.show import numbers as n
from corridors.show.blocks import Column, Table, table
from corridors.show.lookups import economy, has_measures, short_name
from corridors.show.tables.cells import BAND, DASH, fixed, model, money_unit, right, span, text
from corridors.show.words import phrases, works
from corridors.study.result import StudyResult

_FLOWS = (
    "users_pair",
    "users_other_pairs",
    "users_other_trucks",
    "users",
    "fees",
    "co2_cost",
    "benefits",
    "real_income",
)


def worth(result: StudyResult) -> Table | None:
    """Who gains in the last year, and what that is in today's value against costs, means with the 80 % band."""
    if not has_measures(result):
        return None
    rows = result["worth"].set_index("item")
    divisor, unit, decimals = money_unit(rows.loc[list(_FLOWS), "p90"])
    body = [
        (
            _LABELS.get(item, str(rows.loc[item, "name"])),
            fixed(_sign(item) * rows.loc[item, "mean"] / divisor, decimals, sign=True),
            _ends(
                _sign(item) * rows.loc[item, "p10"] / divisor,
                _sign(item) * rows.loc[item, "p90"] / divisor, decimals,
            ),
        )
        for item in _FLOWS
    ]  # fmt: skip
    return table(
        f"What it is worth a year in {result.years[-1]}",
        ["Account", right("Mean", f"{unit} a year"), right(BAND, f"{unit} a year")], body,
        model(result),
        "Real income is the same gain once prices have adjusted; it is not added.",
    )  # fmt: skip


_LABELS = {"co2_cost": "Greenhouse gases, at their price", "benefits": "Benefits together", "users": "Everybody who ships, together",
           "users_pair": "Goods of the pair", "users_other_pairs": "Goods of other pairs", "users_other_trucks": "Trucks of no known pair"}  # fmt: skip


def _ends(a: float, b: float, decimals: int) -> str:
    return span(min(a, b), max(a, b), decimals)


def _sign(item: str) -> float:
    return -1.0 if item == "co2_cost" else 1.0


def against_cost(result: StudyResult) -> Table | None:
    """Net present value at three rates with its chance, and the benefit-cost ratio."""
    if not has_measures(result):
        return None
    rows = result["worth_rates"]
    divisor, unit, decimals = money_unit(rows["npv_musd_p90"])
    body = [
        (
            f"{r.rate_percent:g}{n.THIN}%" + (" (chosen)" if r.chosen else ""),
            fixed(r.npv_musd_mean / divisor, decimals, sign=True),
            span(r.npv_musd_p10 / divisor, r.npv_musd_p90 / divisor, decimals),
            DASH if not math.isfinite(r.bcr) else n.significant(r.bcr, 2),
            n.probability(r.probability_npv_positive) if r.npv_musd_mean or r.npv_musd_p10 or r.npv_musd_p90 else DASH,
        )
        for r in rows.itertuples()
    ]  # fmt: skip
    return table(
        "Net present value at three rates",
        [
            "Rate a year", right("Mean", unit), right(BAND, unit), right("Benefits over costs"),
            "Chance that it is positive",
        ],
        body,
        model(result), "Benefits over costs: of mean present values.",
    )  # fmt: skip


def worth_by_economy(result: StudyResult) -> Table | None:
    """Users' gains, fees and real income by economy, the largest first; small ones together, so that columns add up."""
    if not has_measures(result):
        return None
    shown, others = findings.gainers(result)
    divisor, unit, decimals = money_unit([*shown["users_musd_p90"], *shown["real_income_musd_p90"]])
    body = [
        (
            name,
            fixed(r.users_musd_mean / divisor, decimals, sign=True),
            span(r.users_musd_p10 / divisor, r.users_musd_p90 / divisor, decimals) if math.isfinite(r.users_musd_p10) else DASH,
            fixed(r.fees_musd / divisor, decimals, sign=True),
            fixed(r.real_income_musd_mean / divisor, decimals, sign=True),
            fixed(r.terms_of_trade_musd / divisor, decimals, sign=True),
        )
        for name, r in [*((economy(str(r.economy)), r) for r in shown.itertuples()), ("All others", others)]
    ]  # fmt: skip
    yearly = ("Users' gain", BAND, "Fees", "Real income", "of it terms of trade")
    heads: list[str | Column] = ["Economy", *(right(head, f"{unit} a year") for head in yearly)]
    return table(
        f"Who gains in {result.years[-1]}, means",
        heads,
        body,
        model(result),
        "Users' gain: half to each end of a pair, half to each side of a crossing.",
    )


def worth_by_measure(result: StudyResult) -> Table | None:
    """What each of several measures is worth beside the others, against its cost."""
    rows = result["worth_by_measure"]
    if not len(rows):
        return None
    heads = ("gain_present_musd", "cost_present_musd", "net_present_musd")
    divisor, unit, decimals = money_unit([v for head in heads for v in rows[head]])
    body = [
        (
            text(r.measure), fixed(r.gain_present_musd / divisor, decimals, sign=True),
            fixed(r.cost_present_musd / divisor, decimals) if r.cost_present_musd else DASH,
            fixed(r.net_present_musd / divisor, decimals, sign=True),
        )
        for r in rows.itertuples()
    ]  # fmt: skip
    return table(
        "What each measure is worth beside the others",
        ["Measure", right("Adds", unit), right("Costs", unit), right("Net", unit)], body,
        model(result),
        "Present values: what goes where it alone is left out, in futures that stand for all; greenhouse gases left out. Measures need or hinder each other, so parts do not add up.",
    )  # fmt: skip


def measure_costs(result: StudyResult) -> Table | None:
    """What each measure costs, and where that is from."""
    rows = result["measure_costs"]
    if not len(rows):
        return None
    body: list[tuple[str, ...]] = [
        (
            text(r.measure), "as stated" if r.stated else _units(r.units, str(r.unit)) if r.counted else DASH,
            n.musd(r.capital_musd) if r.item != "unknown" and r.capital_musd > 0 else DASH,
            n.musd_range(r.capital_low_musd, r.capital_high_musd) if r.capital_high_musd > 0 else DASH,
            n.musd(r.yearly_musd) if r.item != "unknown" and r.yearly_musd > 0 else DASH,
            _times(r.works_years, r.life_years) if r.capital_musd > 0 else DASH,
            "stated" if r.stated else "not known" if r.item == "unknown" else "usual of its kind" if r.counted else "in the rate, not added",
        )
        for r in rows.itertuples()
    ]  # fmt: skip
    heads: list[str | Column] = [
        "Measure", "Units", right("Capital"), right("Range"), right("A year"),
        right("Works, then life", "years"), "Figure",
    ]
    note = phrases.sentence("Range: one cost in ten is lower, one in ten higher.", works.late(result), _beside_the_headline(result))
    origins = {row[-1] for row in body}
    if len(origins) == 1:
        # A column in which all rows are alike is a sentence.
        heads, body = heads[:-1], [row[:-1] for row in body]
        note = f"{note} Figures: {origins.pop()}."
    return table(
        "What the measures cost", heads, body,
        "Source: data/measure_costs.csv, each row with its address.", note,
    )


def _beside_the_headline(result: StudyResult) -> str:
    """How capital as the table has it and the costs that worth is held against belong together; empty where nothing is counted."""
    rows, found = result["measure_costs"], result.facts["appraisal"]
    capital, cost = float(rows.loc[rows["counted"], "capital_musd"].sum()), found["costs_musd"]["mean"] or 0.0
    if not capital > 0.0 or not cost > 0.0:
        return ""
    return (
        f"Capital that is counted comes to {n.musd(capital)} in the middle case; the costs of {n.musd(cost)} that worth is held against are "
        f"the mean of all cases, in which few dear ones weigh most, in today's value, with yearly costs and renewals to "
        f"{found['last_year']} and less what works are worth then."
    )


def _units(units: float, unit: str) -> str:
    """``672 km of new railway``; ``1,520 trucks a day ...`` of 15.2 times a unit of 100."""
    found = re.match(r"([\d,]+) (.+)", unit)
    each, of = (float(found[1].replace(",", "")), found[2]) if found else (1.0, unit)
    count = units * each
    return f"{f'{count:,.0f}' if count == round(count) or count >= 100 else n.significant(count, 3)} {of}"


def _times(works_years: float, life_years: float) -> str:
    """``2.1, then 25``; ``25`` where there are no works."""
    life = f"{int(life_years)}"
    return f"{n.significant(works_years, 2)}, then {life}" if works_years > 0 else life


def priorities(result: StudyResult, most: int = 5) -> Table | None:
    """Crossings and roads where one more truck a day or one hour less is worth most to everybody."""
    rows = result["priorities"]
    rows = rows[rows["worth_musd_per_year"] > 0] if len(rows) else rows
    if not len(rows):
        return None
    body = []
    for what in ("capacity", "crossing_hours", "link_hours"):
        for r in rows[rows["what"] == what].head(most).itertuples(index=False):
            name = str(r.name) if what == "link_hours" else short_name(r.name)
            now = f"{n.count(r.now)} trucks a day" if what == "capacity" else n.hours(r.now)
            body.append((name, _KIND[what], now, n.musd(r.worth_musd_per_year)))
    return table(
        f"Where a little more is worth most, {result.years[-1]}",
        ["Place", "What", right("Now"), right("Worth a year")], body, model(result),
        f"Central case{' with the measures in place' if has_measures(result) else ''}; queues and ways adjust. To all who ship, "
        "treasuries and carbon left out.",
    )  # fmt: skip


_KIND = {
    "capacity": "one truck a day more",
    "crossing_hours": "one hour less at the border",
    "link_hours": "one hour less on the road",
}


def second_ways(result: StudyResult, most: int = 6) -> Table | None:
    """What closures cost all who ship, expected over a year, without and with the measures."""
    rows = result["second_ways"]
    rows = rows[rows["expected_loss_musd_before"] > 0].head(most) if len(rows) else rows
    if not len(rows):
        return None
    cases = {"before": ", without", "after": ", with"} if has_measures(result) else {"before": ""}
    body = [
        (
            short_name(r["name"]), fixed(r["days_per_year_before"]), *(n.musd(r[f"loss_musd_per_day_{case}"]) for case in cases),
            *(n.musd(r[f"expected_loss_musd_{case}"]) for case in cases),
        )
        for r in rows.to_dict("records")
    ]  # fmt: skip
    heads = [right(f"{what}{case}") for what in ("A day", "Expected a year") for case in cases.values()]
    return table(
        "What a closed border costs everybody who ships", ["Crossing", right("Days shut", "a year"), *heads], body, model(result),
        "Once traffic has found its other ways; central case. A second way lowers it. Not added to "
        "worth: part of it is there already.",
    )  # fmt: skip
