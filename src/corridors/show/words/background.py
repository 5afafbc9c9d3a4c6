"""Fronts, words and tables of the three background reports: trade profile, gravity, corridors."""

from __future__ import annotations

import numpy as np

from corridors.gravity import diagnostics
from corridors.show import numbers as n
from corridors.show.blocks import Column, Cover, Prose, Table, table
from corridors.study.result import StudyResult
from corridors.trade import expected_trade, gravity_effects, missing_trade

_NAMES = {
    "ln_distance": "Distance (elasticity)", "contiguous": "Common border", "common_language": "Common official language",
    "colonial_link": "Colonial link", "trade_agreement": "Trade agreement",
}  # fmt: skip


def _pair(result: StudyResult) -> str:
    return " and ".join(result.facts["names"])


def profile_cover(result: StudyResult) -> Cover:
    """The front of the trade profile."""
    history = result["trade_history"]
    span = f"{history['start'].min()[:4]} to {history['end'].max()[:4]}" if len(history) else "no series of its own"
    return Cover("Background: trade profile", f"What {_pair(result)} trade", "By every report there is, with what disagrees shown", (
        ("Reports", f"{len(history)}, {span}"), ("World trade around it", f"base year {result.facts['base_year']}"),
    ))  # fmt: skip


def gravity_cover(result: StudyResult) -> Cover:
    """The front of the gravity report."""
    fitted = expected_trade.answer()
    return Cover("Background: gravity", "What trade responds to", f"{_pair(result)} among all pairs of the world", (
        ("Sample", f"{fitted.nobs:,} flows of {fitted.years[0]} to {fitted.years[-1]}"), ("Estimator", "Poisson pseudo-maximum likelihood, effects of exporter and year and of importer and year"),
    ))  # fmt: skip


def corridors_cover(result: StudyResult) -> Cover:
    """The front of the corridor report."""
    crossings = result["crossings"]
    shut = int((crossings["state"] == "shut").sum()) if len(crossings) else 0
    return Cover("Background: corridors", f"The ways between {_pair(result)}", "Routes, borders and queues", (
        ("Routes compared", str(len(result["routes"]))), ("Border crossings", f"{len(crossings)}, of which {n.in_words(shut)} shut"),
    ))  # fmt: skip


def _span() -> str:
    years = expected_trade.answer().years
    return f"{years[0]} to {years[-1]}"


def gravity_words(result: StudyResult) -> Prose:
    """What the estimates say, beside the means of the literature."""
    frame = result["gravity"].set_index("covariate")
    distance = frame.loc["ln_distance"]
    agreement = frame.loc["trade_agreement"]
    inside = frame.dropna(subset=["literature_low"])
    held = [(r.literature_low <= r.estimate <= r.literature_high) for r in inside.itertuples()]
    return Prose((
        f"Twice the distance means {n.fixed(100 * (1 - 2 ** distance['estimate']), 0)} % less trade, all else alike (elasticity "
        f"{n.fixed(distance['estimate'], 2)}, standard error {n.fixed(distance['std_error'], 2)}; mean of the literature {n.fixed(distance['literature_mean'], 2)}). "
        f"A trade agreement goes with {n.fixed(100 * (np.exp(agreement['estimate']) - 1), 0)} % more.",
        f"{n.in_words(sum(held)).capitalize()} of {n.in_words(len(held))} estimates lie within one standard deviation of the literature's mean.",
    ))  # fmt: skip


def gravity_table(result: StudyResult) -> Table:
    """Every estimate with its standard error, and the range of published ones."""
    rows = [
        (_NAMES.get(r.covariate, r.covariate), n.fixed(r.estimate, 3), n.fixed(r.std_error, 3), n.fixed(r.literature_mean, 2) if n.known(r.literature_mean) else "–",
         n.number_range(r.literature_low, r.literature_high) if n.known(r.literature_low) else "–", str(r.source) if isinstance(r.source, str) else "–")
        for r in result["gravity"].itertuples()
    ]  # fmt: skip
    return table(
        "Estimates beside the literature",
        ("What", Column("Estimate", "log points", "right"), Column("Standard error", "", "right"), Column("Literature", "mean", "right"),
         Column("Literature", "one s.d. either side", "right"), "Source of the comparison"),
        rows,
        f"Source: world trade panel {_span()} (UN Comtrade, CEPII BACI), CEPII GeoDist; standard errors clustered by exporter and importer.",
    )  # fmt: skip


def whatif_table(result: StudyResult) -> Table:
    """What an agreement or a tenth less distance would do to the pair's trade, the world adjusting."""
    found = gravity_effects.gravity_whatif(result.pair)
    names = dict(zip(result.pair, result.facts["names"], strict=True))
    rows = [
        (
            str(r.case).capitalize(), f"{names[r.exporter]} to {names[r.importer]}", n.musd(r.base_musd), n.signed_percent(r.change_percent_p50),
            n.percent_range(r.change_percent_p10, r.change_percent_p90, sign=True), n.musd(r.change_musd_p50, sign=True),
        )
        for r in found.itertuples()
    ]  # fmt: skip
    return table(
        "What an agreement or a shorter distance would do, by the gravity estimates alone",
        ("Change", "Flow", Column(f"Trade in {result.facts['base_year']}", "", "right"), Column("Effect", "middle", "right"),
         Column("80 % band", "", "right"), Column("A year", "", "right")),
        rows,
        f"Source: gravity estimates of {_span()}; world trade of {result.facts['base_year']}, full general equilibrium.",
        "What the average pair in the world shows; the band is the error of the estimate alone.",
    )  # fmt: skip


def diagnostics_table(result: StudyResult) -> Table:
    """What a referee asks of the estimates."""
    fit, sample = missing_trade.pooled_fit()
    form = diagnostics.reset(fit)
    strongest = diagnostics.influence(fit, sample).iloc[0]
    rows = [
        (f"{r.what[:1].upper()}{r.what[1:]}", n.fixed(r.value, 0 if float(r.value).is_integer() else 3))
        for r in diagnostics.counts(fit).itertuples()
    ]
    rows.append((f"RESET: chi-squared with {form.degrees_of_freedom} degrees of freedom", n.fixed(form.statistic, 2)))
    rows.append(("RESET: chance of this by accident if the form is right", n.fixed(form.p_value, 3)))
    rows.append((
        f"Most influential flow: {strongest['exporter']} to {strongest['importer']}, largest move of an estimate",
        f"{n.fixed(float(strongest['largest']), 2)} standard errors",
    ))  # fmt: skip
    return table("Diagnostics of the fit", ("What", Column("Value", "", "right")), rows, f"Source: world trade panel {_span()}.")
