"""The validation in words and tables, each made from what was computed; what failed is said as plainly as what held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from corridors.data import tables
from corridors.show import numbers as n
from corridors.show.blocks import Column, Cover, KeyFigure, KeyFigures, Prose, Table, table
from corridors.show.words import phrases
from corridors.validation import published_appraisals
from corridors.validation.backtest import HEADLINE_HORIZONS
from corridors.validation.checks import ValidationResult
from corridors.validation.day_of_delay import DRAWS

LEAST, MOST = 74.0, 86.0
"""What a band of 80 % should hold, percent of outcomes."""
_EIGHTY, _ABOUT = 80, 2
"""What they should hold, and how far from it is called about that."""
AHEAD = f"{n.listed([n.in_words(years) for years in HEADLINE_HORIZONS])} years ahead"
"""The horizons that single figures of the backtest are of."""


def cover(found: ValidationResult) -> Cover:
    """The front of the validation report."""
    s = found.summary
    return Cover(
        "Validation",
        "Is the model right?",
        "Published results, real borders, the past and known effects, computed again in this build",
        (
            ("Published results", f"{s['published_passed']} of {s['published_total']} reproduced"),
            ("Real cases", f"{s['real_cases_passed']} of {s['real_cases_total']} within the stated margin"),
            ("Known effects", f"{s['known_effects_passed']} of {s['known_effects_total']} in the published range"),
        ),
    )


def answer(found: ValidationResult) -> Prose:
    """What the checks say, and what they do not."""
    s = found.summary
    past = s["backtest"]
    failed = s["published_total"] - s["published_passed"]
    missed = s["real_cases_total"] - s["real_cases_passed"]
    return Prose(
        (
            f"Of {s['published_total']} published figures the engine reproduces {s['published_passed']}"
            + ("." if failed == 0 else f"; the {n.in_words(failed)} that it does not are listed with the reason, where one is known."),
            f"On the past, {AHEAD} and with GDP known, its forecasts miss by {n.whole_share(past['skill_vs_naive'])} less than the last "
            f"known value does{_other_horizons(found)}; with GDP forecast as well, {AHEAD}, by {n.whole_share(abs(past['skill_vs_naive_forecast_gdp']))} "
            f"{'less' if past['skill_vs_naive_forecast_gdp'] >= 0 else 'more'}. {_bands(found)}",
            f"Of {s['real_cases_total']} reported queues, days and distances, {s['real_cases_passed']} come out within their margin and "
            f"{n.in_words(missed)} {n.plural(missed, 'does', 'do')} not.",
        ),
        "lead",
    )


def _bands(found: ValidationResult) -> str:
    """How often bands held what came, with GDP forecast, as reports do, and with GDP known."""
    known, forecast = found.summary["backtest"]["coverage_80"], held_with_gdp_forecast(found)
    told = f"Bands meant to hold 80 % of outcomes held {n.whole_share(known)} {AHEAD} with GDP known, {_as_often(known)}"
    if forecast is None:
        return f"{told}."
    narrow = ": those of reports are somewhat too narrow" if round(100 * forecast) < _EIGHTY - _ABOUT else ""
    return f"{told}; with GDP forecast, as reports project it, {n.whole_share(forecast)}, {_as_often(forecast)}{narrow}."


def held_with_gdp_forecast(found: ValidationResult) -> float | None:
    """Share of outcomes in the 80 % bands at the headline horizons, GDP forecast as well; None where that was not scored."""
    frame = found["backtest"]
    chosen = frame[(frame["method"] == "ours") & (frame["gdp"] == "forecast") & frame["horizon"].isin(HEADLINE_HORIZONS)]["coverage_80"]
    return float(chosen.mean()) if len(chosen) else None


def _as_often(share: float) -> str:
    """How that compares with what bands of 80 % should hold."""
    off = round(100 * share) - _EIGHTY
    if abs(off) <= _ABOUT:
        return "about as often as they should"
    little = "a little " if LEAST <= 100 * share <= MOST else ""
    return f"{little}{'more' if off > 0 else 'less'} often than they should"


def _other_horizons(found: ValidationResult) -> str:
    """The error that is saved at the horizon where it is least and at that where it is most."""
    frame = found["backtest"]
    ours = frame[(frame["method"] == "ours") & (frame["gdp"] == "known")].sort_values("skill")
    if len(ours) < 2:
        return ""
    least, most = ours.iloc[0], ours.iloc[-1]
    return f" (from {n.whole_share(least['skill'])} at {n.in_words(least['horizon'])} years to {n.whole_share(most['skill'])} at {n.in_words(most['horizon'])})"


def key_figures(found: ValidationResult) -> KeyFigures:
    """Four numbers to remember."""
    s = found.summary
    past = s["backtest"]
    known, forecast = past["coverage_80"], held_with_gdp_forecast(found)
    beside = "" if forecast is None else f", GDP forecast; {n.whole_share(known)} with GDP known"
    return KeyFigures(
        (
            KeyFigure("Published results", f"{s['published_passed']} of {s['published_total']}", "within the tolerance of each"),
            KeyFigure("Smaller error, GDP known", n.whole_share(past["skill_vs_naive"]), f"than the last known value\u2019s, {AHEAD}"),
            KeyFigure("Smaller error, GDP forecast", n.whole_share(past["skill_vs_naive_forecast_gdp"]), "the same, nothing known of the future"),
            KeyFigure("80 % bands held", n.whole_share(known if forecast is None else forecast), f"of outcomes, {AHEAD}{beside}"),
        )
    )


def published(found: ValidationResult) -> Table:
    """Passed and failed by published table."""
    frame = found["published"]
    rows = []
    for (_, name), part in frame.groupby(["source", "table"], sort=False):
        passed = int(part["passed"].sum())
        worst = part.loc[(part["difference"].abs() / part["tolerance"]).idxmax()]
        rows.append(
            (
                str(name), f"{passed} of {len(part)}", _named(str(worst["quantity"])), n.significant(worst["published"], 4),
                n.significant(worst["ours"], 4), n.significant(worst["tolerance"], 1),
                "" if passed == len(part) else str(part.loc[~part["passed"], "note"].iloc[0]),
            )
        )  # fmt: skip
    return table(
        "Published tables reproduced, with the figure of each that is furthest off",
        ("Table", Column("Within tolerance", "", "right"), "Furthest off", Column("Published", "", "right"), Column("Ours", "", "right"),
         Column("Tolerance", "", "right"), "Why"),
        rows,
        "Source: " + "; ".join(dict.fromkeys(frame["source"])) + ". Addresses of every figure are in tables/published.csv.",
    )  # fmt: skip


_COVARIATES = {
    "ln_internal_distance": "distance inside an economy", "ln_distance": "distance", "contiguous": "a common border",
    "common_language": "a common language", "colonial_link": "a colonial link", "trade_agreement": "a trade agreement",
}  # fmt: skip


def _named(quantity: str) -> str:
    """A published quantity with its covariate in words."""
    found = next((name for name in _COVARIATES if name in quantity), None)
    return quantity if found is None else quantity.replace(found, _COVARIATES[found])


def transport_appraisals(found: ValidationResult) -> Table:
    """What others found of crossings and lines, beside the same computed from their figures by our appraisal."""
    frame = found["published"]
    frame = frame[frame["table"].isin(published_appraisals.OF_TRANSPORT)]
    rows = [
        (
            str(r.table).partition(":")[0], str(r.quantity), n.significant(r.published, 3), n.significant(r.ours, 3), str(r.unit),
            _held(bool(r.passed)), str(r.note),
        )
        for r in frame.itertuples()
    ]  # fmt: skip
    return table(
        "Appraisals of crossings, bridges and a railway, published and computed again from their figures",
        ("Project", "What", Column("Published", "", "right"), Column("Ours", "", "right"), "Unit", "As printed", "How, and why not the same"),
        rows,
        "Source: " + "; ".join(dict.fromkeys(frame["source"])) + "; own calculation. Addresses are in tables/published.csv.",
    )


def real_cases(found: ValidationResult) -> Table:
    """Every real case beside what the model says."""
    rows = [
        (
            str(r.case), str(r.quantity), *_beside(_span(r.reported_low, r.reported, r.reported_high), r.computed, 3, r.within), str(r.unit),
            _held(r.within), phrases.capital(r.note) if isinstance(r.note, str) else "",
        )
        for r in found["real_cases"].itertuples()
    ]  # fmt: skip
    return table(
        "Reported and computed, case by case",
        ("Case", "What", Column("Reported", "", "right"), Column("Computed", "", "right"), "Unit", "Within margin", "Note"),
        rows,
        "Source: reports in data/transport_facts.csv; the address of each is in tables/real_cases.csv.",
    )


def known_effects(found: ValidationResult) -> Table:
    """Effects that are checks and not inputs."""
    rows = [
        (str(r.effect), *_beside(_span(r.published_low, r.published, r.published_high), r.computed, 2, r.within), str(r.unit), _held(r.within), str(r.source))
        for r in found["known_effects"].itertuples()
    ]
    return table(
        "Known effects: published and computed",
        ("Effect", Column("Published", "", "right"), Column("Computed", "", "right"), "Unit", "In range", "Source"),
        rows,
    )


def day_of_delay(found: ValidationResult) -> Table:
    """What a day of delay does to trade, as a distribution, beside the studies that measured it."""
    rows = [
        (
            str(r.quantity), _span(r.published_low, r.published, r.published_high), n.significant(r.p50, 2),
            f"{n.significant(r.p10, 2)} to {n.significant(r.p90, 2)}", n.share(float(r.within)), str(r.source),
        )
        for r in found["day_of_delay"].itertuples()
    ]  # fmt: skip
    return table(
        "A day of delay: what studies found and what the simulated futures say, in percent",
        ("Quantity", *(Column(name, "", "right") for name in ("Published", "Median", f"80{n.THIN}% band", "Futures in the published range")), "Source"),
        rows,
        f"Source: own calculation, {DRAWS:,} simulated futures; two literatures on the trade elasticity, about 2 and about 5, make the band wide.",
    )


def experiments_words(found: ValidationResult) -> Prose:
    """How the model did on borders that shut, opened or slowed, and which way it was wrong."""
    frame, waiting = _compared(found)
    held, total = int(frame["within"].sum()), len(frame)
    first = int(((frame["first_p10"] <= frame["observed_high"]) & (frame["observed_low"] <= frame["first_p90"])).sum())
    opened = int((frame["observed"] > 0).sum())
    said = [
        f"Of {n.in_words(total)} borders that shut, opened or slowed ({n.in_words(opened)} of them with more trade after than before), the model's "
        f"80{n.THIN}% band meets what was observed in {_none_or(held)}; as first computed, in {_none_or(first)}. "
        "The predictions were committed before anything was compared, and no parameter is set from them."
    ]
    said += _ways_to_miss(frame[~frame["within"]])
    said.append(_by_kind(frame))
    if len(waiting):
        names = n.listed([str(title) for title in waiting["title"]])
        said.append(f"No reported change of trade was found for {n.in_words(len(waiting))} more, whose predictions wait: {names}.")
    return Prose(tuple(said))


def _none_or(count: int) -> str:
    return n.in_words(count) if count else "none"


def _ways_to_miss(missed: pd.DataFrame) -> list[str]:
    """Misses that say too little, the wrong way and too much, each told apart."""
    said, seen = missed["predicted_p50"], missed["observed"]
    against = said * seen < 0
    less, more = ~against & (said.abs() < seen.abs()), ~against & (said.abs() >= seen.abs())
    told = []
    if less.any():
        told.append(
            f"In {n.in_words(int(less.sum()))} the model says too little; the table says of each miss what was left out. For a closure, read the model's figure as the least that trade loses."
        )
    if against.any():
        told.append(f"In {n.in_words(int(against.sum()))} trade went the other way than the model says: {_said_and_seen(missed[against])}.")
    if more.any():
        told.append(f"In {n.in_words(int(more.sum()))} the model says too much: {_said_and_seen(missed[more])}.")
    return told


def _said_and_seen(rows: pd.DataFrame) -> str:
    return n.listed(
        [f"{r.title} ({n.signed_percent(r.predicted_p50, 0)} predicted, {n.signed_percent(r.observed, 0)} observed)" for r in rows.itertuples()]
    )


_KINDS = {
    "order": ("order about a neighbour's goods, given or lifted", "orders about a neighbour's goods, given or lifted"),
    "war": ("border of a war or its end", "borders of a war or its end"),
    "road": ("border where a road alone was shut, slowed or opened", "borders where a road alone was shut, slowed or opened"),
}  # fmt: skip


def _by_kind(frame: pd.DataFrame) -> str:
    """How many of each kind of event the bands hold, and what part of the change, in logarithms, the model gives in the middle case."""
    first_year = float(tables.table("parameters").set_index("parameter").loc["elasticity_first_year", "central"])
    part = np.log1p(frame["predicted_p50"] / 100.0) / np.log1p(frame["observed"] / 100.0)
    said, roads = [], 0.0
    for kind, names in _KINDS.items():
        here = frame["kind"] == kind
        if not here.any():
            continue
        middle = 100.0 * float(part[here].median())
        held, count = int(frame.loc[here, "within"].sum()), int(here.sum())
        lies = "none lies" if held == 0 else f"{n.in_words(held)} {n.plural(held, 'lies', 'lie')}"
        said.append(f"of {n.in_words(count)} {names[count != 1]} {lies} in the band, and the middle one gives {n.fixed(middle, 0)} % of the change")
        roads = middle if kind == "road" else roads
    why = (
        "An order stops goods on every way, at sea and by a third economy too, and the model takes away roads only and lets goods go round. Yet where a road alone was shut "
        f"it gives {n.fixed(roads, 0)} % in the middle, so orders do not explain all: other posts have room in the tables, other modes and ways take over within the year, "
        f"and in the first year trade answers with {n.fixed(100 * first_year, 0)} % of its elasticity of the long run."
    )
    return f"By kind of event (shares of the logarithm of the change): {'; '.join(said)}. {why}"


def measured_words(found: ValidationResult) -> Prose:
    """How the model did on queues, trucks and lanes."""
    frame = found["experiments_measured"]
    held = int(frame["within"].sum())
    met = "none meets" if held == 0 else f"{n.in_words(held)} {n.plural(held, 'meets', 'meet')}"
    said = f"Of {n.in_words(len(frame))} quantities measured in something else than a pair's trade, {met} the model's band."
    queues = frame[frame["experiment"].str.startswith("chop") & ~frame["within"].astype(bool)]
    if len(queues):
        ratio = float((queues["observed"] / queues["predicted_p50"]).median())
        said += (
            f" The queue at Chop-Zahony is {n.significant(ratio, 1)} times what the model says in the middle of {n.in_words(len(queues))} figures: it knows steady traffic and "
            "not the surges of weekends, so its hours are those of a mean day."
        )
    return Prose((said,))


def measured(found: ValidationResult) -> Table:
    """Each quantity: predicted first, today, observed, and for a miss what was left out."""
    return table(
        "Queues, trucks at a crossing and lanes at sea, predicted and observed",
        _OF_EXPERIMENTS,
        [
            _experiment(r, f"{r.title}: {r.quantity} ({r.unit})", _plain)
            for r in found["experiments_measured"].itertuples()
        ],
        "Source: data/experiments_measured_observed.csv, with the address of each; own calculation. In brackets the 80 % band, or the range that reports allow; of lanes the model has no band.",
    )


def _plain(low: float, middle: float, high: float) -> str:
    told = n.significant(middle, 3)
    return told if low == high else f"{told} ({n.number_range(low, high)})"


def _compared(found: ValidationResult) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The experiments that a report tells the outcome of, and those that wait for one."""
    frame = found["experiments"]
    known = frame["observed"].notna()
    return frame[known].astype({"within": bool}), frame[~known]


def experiments(found: ValidationResult) -> Table:
    """Each experiment: the model's band, as first committed and today, what came, and for a miss what was left out."""
    compared, waiting = _compared(found)
    return table(
        "Borders that shut, opened or slowed: change of the pair's trade in percent, predicted and observed",
        _OF_EXPERIMENTS,
        [_experiment(r, str(r.title), _change) for r in (*compared.itertuples(), *waiting.itertuples())],
        "Source: data/experiments_observed.csv, with the address of each; own calculation. In brackets the 80 % band, or the range that reports allow.",
    )


_OF_EXPERIMENTS = (
    "Experiment", Column("First prediction", "", "right"), Column("Today's", "", "right"), Column("Observed", "", "right"), "Bands meet", "Observed by", "Note",
)  # fmt: skip


def _experiment(r: Any, name: str, told: Callable[[float, float, float], str]) -> tuple[Any, ...]:
    """A row of an experiment: predicted first and today, what came where that is known, and for a miss what was left out."""
    predicted = (name, told(r.first_p10, r.first_p50, r.first_p90), told(r.predicted_p10, r.predicted_p50, r.predicted_p90))
    if not n.known(r.observed):
        return (*predicted, "no figure found", _held(None), "", f"{phrases.capital(r.simplified)}.")
    left_out = "" if r.within or not isinstance(r.left_out, str) else f" Left out: {r.left_out}."
    observed = told(r.observed_low, r.observed, r.observed_high)
    return (
        *predicted,
        observed,
        _held(bool(r.within)),
        f"{r.basis}, {r.period}",
        f"{phrases.capital(r.simplified)}. {phrases.capital(r.note)}.{left_out}",
    )


def _change(low: float, middle: float, high: float) -> str:
    return f"{n.signed_percent(middle, 0)} ({n.number_range(low, high, sign=True)})"


def disagreements(found: ValidationResult) -> Table | None:
    """Reports that contradict each other, the largest differences first."""
    frame = found["disagreements"]
    if frame.empty:
        return None
    frame = frame.iloc[frame["difference_percent"].abs().argsort()[::-1]].head(15)
    rows = [
        (str(r.pair), str(r.period), str(r.what), n.musd(r.value_a_musd), str(r.source_a), n.musd(r.value_b_musd), str(r.source_b),
         n.signed_percent(r.difference_percent, 0))
        for r in frame.itertuples()
    ]  # fmt: skip
    return table(
        f"The largest of {len(found['disagreements'])} contradictions among reports of the same trade",
        (
            "Pair",
            "Period",
            "What",
            Column("One says", "", "right"),
            "Who",
            Column("Another says", "", "right"),
            "Who",
            Column("Difference", "", "right"),
        ),
        rows,
        "Source: data/trade_series.csv, the world panel; each with its address in tables/disagreements.csv.",
    )


def _span(low: Any, middle: Any, high: Any) -> str:
    if pd.notna(low) and pd.notna(high) and low != high:
        return n.number_range(float(low), float(high))
    return (
        n.significant(float(middle), 3)
        if pd.notna(middle)
        else n.significant(float(low if pd.notna(low) else high), 3)
    )


def _beside(range_: str, computed: float, digits: int, within: Any) -> tuple[str, str]:
    """A range and what is computed, with the digit that decides whether it lies in the range as that is written."""
    ends = [float(end.replace(",", "").replace(n.MINUS, "-")) for end in range_.split(" to ")]
    for more in range(digits, digits + 4):
        if pd.isna(within) or len(ends) < 2 or (ends[0] <= n.rounded(float(computed), more) <= ends[1]) == bool(within):
            return range_, n.significant(float(computed), more)
    return range_, n.significant(float(computed), digits)


def _held(value: Any) -> str:
    return "not compared" if pd.isna(value) else "yes" if value else "no"
