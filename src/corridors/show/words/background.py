"""Fronts, words and tables of the three background reports: trade profile, gravity, corridors."""

from __future__ import annotations

import numpy as np

from corridors.data import tables
from corridors.show import numbers as n
from corridors.show.blocks import Column, Cover, Prose, Table, table
from corridors.study.background import Background
from corridors.study.result import StudyResult

_NAMES = {
    "ln_distance": "Distance (elasticity)", "contiguous": "Common border",
    "common_language": "Common official language",
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


def gravity_cover(result: StudyResult, found: Background) -> Cover:
    """The front of the gravity report."""
    return Cover("Background: gravity", "What trade responds to", f"{_pair(result)} among all pairs of the world", (
        ("Sample", f"{found['scope']['flows'].iloc[0]:,} flows of {_span(found)}"),
        ("Estimator", "Poisson pseudo-maximum likelihood, effects of exporter and year and of importer and year"),
    ))  # fmt: skip


def corridors_cover(result: StudyResult) -> Cover:
    """The front of the corridor report."""
    crossings = result["crossings"]
    shut = int((crossings["state"] == "shut").sum()) if len(crossings) else 0
    return Cover("Background: corridors", f"The ways between {_pair(result)}", "Routes, borders and queues", (
        ("Routes compared", str(len(result["routes"]))),
        ("Border crossings", f"{len(crossings)}, of which {n.in_words(shut)} shut"),
    ))  # fmt: skip


def _span(found: Background) -> str:
    scope = found["scope"].iloc[0]
    return f"{scope['first_year']:.0f} to {scope['last_year']:.0f}"


def gravity_words(result: StudyResult) -> Prose:
    """What the estimates say, beside the means of the literature."""
    frame = result["gravity"].set_index("covariate")
    distance = frame.loc["ln_distance"]
    agreement = frame.loc["trade_agreement"]
    inside = frame.dropna(subset=["literature_low"])
    held = [(r.literature_low <= r.estimate <= r.literature_high) for r in inside.itertuples()]
    return Prose((
        f"Twice the distance means {n.fixed(100 * (1 - 2 ** distance['estimate']), 0)} % less "
        f"trade, all else alike (elasticity "
        f"{n.fixed(distance['estimate'], 2)}, standard error {n.fixed(distance['std_error'], 2)}; "
        f"mean of the literature {n.fixed(distance['literature_mean'], 2)}). "
        f"A trade agreement goes with {n.fixed(100 * (np.exp(agreement['estimate']) - 1), 0)} % more.",
        f"{n.in_words(sum(held)).capitalize()} of {n.in_words(len(held))} estimates lie within one "
        f"standard deviation of the literature's mean.",
    ))  # fmt: skip


def gravity_table(result: StudyResult, found: Background) -> Table:
    """Every estimate with its standard error, and the range of published ones."""
    rows = [
        (_NAMES.get(r.covariate, r.covariate), n.fixed(r.estimate, 3), n.fixed(r.std_error, 3), n.fixed(r.literature_mean, 2) if n.known(r.literature_mean) else "–",
         n.number_range(
             r.literature_low, r.literature_high,
         ) if n.known(r.literature_low) else "–", str(r.source) if isinstance(r.source, str) else "–")
        for r in result["gravity"].itertuples()
    ]  # fmt: skip
    return table(
        "Estimates beside the literature",
        ("What", Column(
            "Estimate", "log points", "right",
        ), Column("Standard error", "", "right"), Column("Literature", "mean", "right"),
         Column("Literature", "one s.d. either side", "right"), "Source of the comparison"),
        rows,
        f"Source: world trade panel {_span(found)} (UN Comtrade, CEPII BACI), CEPII GeoDist; "
        f"standard errors clustered by exporter and importer.",
    )  # fmt: skip


def whatif_table(found: Background) -> Table:
    """What an agreement or a tenth less distance would do to the pair's trade, the world adjusting."""
    names = tables.economies().set_index("iso3")["name"]
    base_year = found["scope"]["base_year"].iloc[0]
    rows = [
        (
            str(r.case).capitalize(), f"{names[r.exporter]} to {names[r.importer]}",
            n.musd(r.base_musd), n.signed_percent(r.change_percent_p50),
            n.percent_range(r.change_percent_p10, r.change_percent_p90, sign=True),
            n.musd(r.change_musd_p50, sign=True),
        )
        for r in found["whatif"].itertuples()
    ]  # fmt: skip
    return table(
        "What an agreement or a shorter distance would do, by the gravity estimates alone",
        ("Change", "Flow", Column(f"Trade in {base_year}", "", "right"), Column("Effect", "middle", "right"),
         Column("80 % band", "", "right"), Column("A year", "", "right")),
        rows,
        f"Source: gravity estimates of {_span(found)}; world trade of {base_year}, full general equilibrium.",
        "What the average pair in the world shows; the band is the error of the estimate alone.",
    )  # fmt: skip


_QUANTITIES = {"exports": "Exports", "imports": "Imports", "real_gdp": "Real output"}


def whatif_by_economy_table(found: Background) -> Table:
    """What the same does to all that each of the two trades and makes, with standard errors."""
    names = tables.economies().set_index("iso3")["name"]
    rows = [
        (
            str(r.case).capitalize(), str(names[r.economy]), _QUANTITIES[r.quantity],
            n.fixed(r.change_percent, 4), n.fixed(r.std_error_percent, 4),
        )
        for r in found["whatif_by_economy"].itertuples()
    ]  # fmt: skip
    return table(
        "What the same would do to all that each of them trades and makes",
        (
            "Change", "Economy", "Of it", Column("Effect", "percent", "right"),
            Column("Standard error", "percent", "right"),
        ),
        rows,
        f"Source: gravity estimates of {_span(found)}; world trade of "
        f"{found['scope']['base_year'].iloc[0]}, full general equilibrium.",
        "With all partners together, so that what is bought from each other instead of elsewhere "
        "cancels. Errors by the delta method, of the gravity estimate alone.",
    )  # fmt: skip


def within_pairs_words(result: StudyResult, found: Background) -> Prose:
    """What an agreement does where pairs are compared with themselves, beside what it goes with across pairs."""
    inside = found["agreement_within_pairs"].iloc[0]
    across = result["gravity"].set_index("covariate").loc["trade_agreement"]
    low, high = (100 * np.expm1(inside["corrected"] + z * inside["corrected_std_error"]) for z in (-1.96, 1.96))
    told = "is told from nothing" if (low > 0) == (high > 0) else "is not told from nothing"
    return Prose((
        f"Economies that trade much make agreements, so that an estimate across pairs holds more "
        f"than what an agreement does: {n.fixed(100 * np.expm1(across['estimate']), 0)} % more "
        f"trade. "
        f"Pairs compared with themselves, before and after, show "
        f"{n.fixed(100 * np.expm1(inside['corrected']), 0)} % (95 % band {n.fixed(low, 0)} to "
        f"{n.fixed(high, 0)} %), which {told}.",
        f"That is from {n.count(int(inside['pairs']))} directed pairs of "
        f"{n.count(int(inside['economies']))} economies that trade widely in every year of the "
        f"panel, with effects of pairs beside the "
        f"others; a bias of {n.fixed(inside['bias'], 4)} log points is taken off and the standard "
        f"error widened from {n.fixed(inside['std_error'], 3)} to "
        f"{n.fixed(inside['corrected_std_error'], 3)} (Weidner and Zylkin 2021).",
    ))  # fmt: skip


def diagnostics_table(found: Background) -> Table:
    """What a referee asks of the estimates."""
    form, strongest = found["reset"].iloc[0], found["influence"].iloc[0]
    rows = [
        (f"{r.what[:1].upper()}{r.what[1:]}", n.fixed(r.value, 0 if float(r.value).is_integer() else 3))
        for r in found["diagnostics"].itertuples()
    ]
    rows.append(
        (
            f"RESET: chi-squared with {form['degrees_of_freedom']:.0f} degrees of freedom",
            n.fixed(form["statistic"], 2),
        )
    )
    rows.append(("RESET: chance of this by accident if the form is right", n.fixed(form["p_value"], 3)))
    rows.append((
        f"Most influential flow: {strongest['exporter']} to {strongest['importer']}, largest move of an estimate",
        f"{n.fixed(float(strongest['largest_std_errors']), 2)} standard errors",
    ))  # fmt: skip
    return table(
        "Diagnostics of the fit",
        ("What", Column("Value", "", "right")),
        rows,
        f"Source: world trade panel {_span(found)}.",
    )
