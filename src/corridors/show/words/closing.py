"""What a report leaves out, how it was made, and from which data, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corridors.show import numbers as n
from corridors.show.blocks import Prose
from corridors.show.lookups import MATTERS_PERCENT, clean, date_words, pair, pair_words
from corridors.show.words import phrases
from corridors.study.result import StudyResult

_UNITS = {"share of goods value": "of goods value", "days a year": "days a year", "share of it that goes": "of it"}

_MUCH_BULK = 0.1


def left_out(result: StudyResult) -> Prose:
    """Politics, sanctions, payments and security: named, with what trade would do in their range."""
    first, second = pair(result)
    intro = (
        f"The model knows nothing of politics: it cannot tell whether sanctions on or by {first} "
        f"or {second} come, tighten or end, whether banks clear payments, "
        f"whether a border shuts for security, or which {_contracts(result)} are signed. "
        "The lines below ask how much each could matter; they are no forecasts."
    )
    rows = result["frictions"].to_dict("records")
    guessed = [bool(row["estimate"]) for row in rows]
    told = [_friction(row, guess and not all(guessed)) for row, guess in zip(rows, guessed, strict=True)]
    end = (
        ["All these ranges are estimates; data/frictions.csv gives the basis of each."]
        if len(rows) > 1 and all(guessed)
        else ["The range is an estimate."]
        if all(guessed) and rows
        else []
    )
    return Prose((intro, *told, *end), "caveat")


def _contracts(result: StudyResult) -> str:
    """What a single contract may move: bulk by name where the pair trades much of it."""
    rows = result["volumes"]
    value = rows.groupby("cargo_class")["value_musd_p50"].sum()
    much = len(rows) and value.get("bulk", 0.0) >= _MUCH_BULK * value.sum()
    return "contracts for oil, gas or grain" if much else "large contracts"


def _friction(row: Mapping[Any, Any], guess: bool) -> str:
    low, mid, high = (float(row[f"effect_percent_{k}"]) for k in ("low", "central", "high"))
    # Where more trucks than fit want to pass, the high end of what goes away may bring less than the middle.
    low, high = min(low, mid, high), max(low, mid, high)
    name = clean(row["friction"])
    what_if = clean(row["what_if"])
    size = _size(row)
    if max(abs(low), abs(high)) < 0.05:
        moved = f"two-way trade would change by {phrases.less_than(0.05)}"
    elif max(abs(low), abs(high)) < MATTERS_PERCENT:
        moved = f"two-way trade would change by less than {phrases.A_THOUSANDTH}"
    else:
        moved = f"two-way trade would change by about {n.signed_percent(mid)} (range {n.percent_range(low, high, sign=True, mid=mid)})"
    note = " The range is an estimate." if guess else ""
    return f"{name} ({size}): {what_if + ', ' if what_if else ''}{moved}.{note}"


def _size(row: Mapping[Any, Any]) -> str:
    low, high, unit = float(row["low"]), float(row["high"]), str(row["unit"])
    if unit.startswith("days"):
        return f"{n.fixed(low)} to {n.fixed(high)} {unit}"
    return f"{_short(100 * low)} to {_short(100 * high)}{n.THIN}% {_UNITS.get(unit, clean(unit))}"


def _short(value: float) -> str:
    text = n.significant(value, 2)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unreported(facts: Mapping[str, Any]) -> str:
    """How much of world trade neither side reports, where a result says so."""
    share = facts.get("unreported_percent")
    if not share:
        return ""
    return f"; what neither side reports ({n.fixed(float(share), 1)} % of all) is from other sources, older reports or the gravity model, and marked"


def method_words(result: StudyResult) -> Prose:
    """The chain in one page of plain words."""
    facts = result.facts
    steps = [
        "Gravity: what every economy sells to every other, explained by distance, borders, "
        "language, history and agreements (Poisson pseudo-maximum likelihood with exporter and "
        "importer effects).",
        f"The world today: trade of {facts['base_year']} as either side reports it{_unreported(facts)}.",
        "Corridors: every route by road, rail, sea and air between the gateways, with days and "
        "dollars a tonne from published rates and times.",
        "Borders: hours at a crossing from its capacity, its clearance time and the traffic of "
        "all; queues grow steeply near capacity.",
        "Route choice: shippers weigh money and days against the value of their goods (nested "
        "logit); choices load crossings and crossings set hours until both agree. A hidden cost of "
        "each mode makes today's shares come out.",
        "Trade cost: the change in what all routes together cost, by cargo class and direction.",
        "World trade: all pairs whose goods pass a changed crossing adjust together in general "
        "equilibrium; prices and output follow.",
        "Projection: trade follows the output of both sides from today's level, with the swings "
        "that trade of this size has shown; measures phase in over the years that the scenario "
        "says.",
        f"Uncertainty: {result.draws:,} draws of everything uncertain, each one simulated future (seed, "
        f"from which chance begins and which gives the same futures again: {result.seed}). The "
        f"effect is measured draw by draw against the same draw without the measures.",
    ]
    checks = (
        f"Numerical checks of this run: markets clear to "
        f"{_power(float(facts['market_clearing_residual']))} of world output, "
        f"route choice and queues agree to {_power(float(facts['route_gap']))}."
    )
    return Prose((*steps, checks), "note", bullets=True)


def _power(value: float) -> str:
    """How small a number is: ``better than one part in a million``."""
    for power, name in ((12, "a trillion"), (9, "a billion"), (6, "a million")):
        if value <= 10.0**-power:
            return f"better than one part in {name}"
    return f"one part in {n.significant(1 / value, 1)}"


def data_words(result: StudyResult) -> Prose:
    """Which data a report rests on, in a few sentences."""
    rows = result["sources"]
    reports = result["trade_history"]
    own = (
        f"Trade between {pair_words(result)} rests on {n.count(len(reports))} "
        f"{n.plural(len(reports), 'report')} from {str(reports['start'].min())[:4]} to "
        f"{str(reports['end'].max())[:4]}."
        if len(reports) else f"No series of reports on trade between {pair_words(result)} is in the data; the level comes from the world matrix of {result.facts['base_year']}."
    )  # fmt: skip
    accessed = sorted({str(d) for d in rows["accessed"].dropna() if str(d).strip()}) if len(rows) else []
    when = f" They were last read on {date_words(accessed[-1])}." if accessed else ""
    years = "Years are calendar years."
    if reports["period_kind"].astype(str).str.contains("fiscal").any():
        years = "A fiscal year runs from July to June and is named as such; other years are calendar years."
    return Prose((
        f"Every number here was computed from {n.count(len(rows))} tables, each with its source, "
        f"licence and date.{when} {own}",
        f"Money is in current US dollars. {years} A figure that is an estimate "
        "of this project says so where it stands.",
    ))  # fmt: skip
