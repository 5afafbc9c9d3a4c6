"""The backtest in words and tables: how far forecasts from every year were off, and what their bands held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from corridors.data import tables
from corridors.show import numbers as n
from corridors.show.blocks import Column, Group, Prose, Table, group, table
from corridors.show.lookups import BACKTEST_SOURCE
from corridors.show.words import phrases
from corridors.show.words.validation import LEAST, MOST
from corridors.validation.checks import ValidationResult

_METHODS = {
    "ours": "This model", "last value": "Last value", "drift": "Drift", "gdp": "In proportion to GDP", "ets": "Exponential smoothing",
}  # fmt: skip
_GDP = {"known": "known", "forecast": "forecast", "none": "not used"}
_SHOWN_PAIRS = ("PAK-RUS", "RUS-PAK", "PAK-KAZ", "KAZ-PAK", "PAK-CHN", "CHN-PAK", "PAK-TUR", "TUR-PAK", "RUS-KAZ", "RUS-TUR")


def backtest(found: ValidationResult) -> Prose:
    """What the backtest is, and what it found by horizon."""
    frame = found["backtest"]
    ours = frame[(frame["method"] == "ours") & (frame["gdp"] == "known")].set_index("horizon")
    pairs = int(ours["pairs"].sum())
    by_horizon = [f"{n.fixed(100 * row['skill'], 0)} % at {h} years" for h, row in ours.iterrows()]
    covers = {h: 100 * row["coverage_80"] for h, row in ours.iterrows()}
    outside = [h for h, held in covers.items() if not LEAST <= held <= MOST]
    bands = "At every horizon the 80 % bands held between 74 and 86 %." if not outside else (
        f"At {n.listed([f'{h} years' for h in outside])} the 80 % bands held {n.listed([f'{n.fixed(covers[h], 0)} %' for h in outside])}, outside the 74 to 86 % that we ask of them."
    )
    first = found["first_scores"]
    first = first[(first["group"] == "all") & first["method"].str.startswith("as the code")].set_index("horizon")
    seen = [f"{n.fixed(100 * ours.loc[h, 'skill'], 0)} % from {2023 - h} (the first version, scored before it was changed: {n.fixed(100 * first.loc[h, 'skill'], 0)} %)" for h in first.index if h in ours.index]
    told = phrases.sentence(
        _where_not(found["by_line"], "For flows over a billion dollars, by how far they lie from what gravity expects", _line),
        _where_not(found["by_size"], "By size of the flow", _size),
    )
    return Prose(
        (
            f"{n.count(pairs)} forecasts of flows between all pairs of the world panel, from each of its years, each made with what was known "
            f"then. With GDP known, the mean error in logarithms is smaller than that of the last value by {n.listed(by_horizon)}. {bands}",
            f"Held against trade of 2023, which no one had seen when the first method was chosen, the error is smaller by {n.listed(seen)}. {told}",
            "The bands are set by errors of forecasts from earlier years than those they are scored on. Reports call the same functions. "
            "Errors are of the logarithm of trade: 0.10 is about 10 % off, 1.0 is 2.7 times too much or too little. The tables call skill the share by which an error "
            "is smaller than that of the last value: 0 is no better, 1 is perfect, below 0 is worse.",
        )
    )


def _where_not(frame: pd.DataFrame, head: str, name: Callable[[Any], str]) -> str:
    """Where the 80 % bands of a part of the flows do not hold what they should."""
    frame = frame.dropna(subset=["coverage_80"])
    wrong = frame[~(100 * frame["coverage_80"]).between(LEAST, MOST)]
    said = [f"{name(r)} at {r.horizon} years ({n.fixed(100 * r.coverage_80, 1)} % of {n.count(r.pairs)})" for r in wrong.itertuples()]
    return f"{head}, the 80 % bands held 74 to 86 %{', except for ' + n.listed(said) if said else ' everywhere'}."


def _line(r: Any) -> str:
    return f"flows {r.line}"


def _size(r: Any) -> str:
    return f"flows of {_between(r.from_musd, r.to_musd)}"


def _between(low: float, high: float) -> str:
    if low == 0.0:
        return f"under {n.musd(high)}"
    return f"over {n.musd(low)}" if np.isinf(high) else f"{n.musd(low)} to {n.musd(high)}"


def parts_tables(found: ValidationResult) -> Group:
    """Skill and coverage by size of the flow, and for large ones by distance from the gravity line."""
    right = [Column(label, unit, "right") for label, unit in (
        ("Forecasts", ""), ("Error", "log"), ("Last value's", "log"), ("Skill", ""), ("50 % band", "held"), ("80 % band", "held"), ("95 % band", "held"),
    )]  # fmt: skip

    def cells(r: Any) -> tuple[str, ...]:
        held = (n.whole_share(getattr(r, f"coverage_{level}")) for level in (50, 80, 95))
        return (f"{r.horizon} years", n.count(r.pairs), n.fixed(r.error, 2), n.fixed(r.reference, 2), n.fixed(r.skill, 2), *held)

    note = "This model with GDP known; flows by their size when the forecast was made. Skill: one minus the ratio of its error to the last value's."
    by_size = table(
        "The forecaster of the reports by size of the flow",
        ("Flows a year", Column("Horizon", "", "right"), *right),
        [(phrases.capital(_between(r.from_musd, r.to_musd)), *cells(r)) for r in found["by_size"].sort_values(["from_musd", "horizon"], kind="stable").itertuples()],
        f"Source: {BACKTEST_SOURCE}.", note,
    )  # fmt: skip
    lines = found["by_line"]
    order = lines.assign(at=pd.factorize(lines["line"])[0]).sort_values(["at", "horizon"], kind="stable")
    by_line = table(
        "Flows over a billion dollars by distance from the gravity line",
        ("Trade then", Column("Horizon", "", "right"), *right),
        [(phrases.capital(r.line), *cells(r)) for r in order.itertuples()],
        f"Source: {BACKTEST_SOURCE}.", note,
    )  # fmt: skip
    return group(by_size, by_line)


def backtest_table(found: ValidationResult) -> Table:
    """Error, skill and coverage by method and horizon."""
    rows = [
        (
            _METHODS.get(r.method, r.method), _GDP.get(r.gdp, r.gdp), f"{r.horizon} years", n.count(r.pairs), n.fixed(r.error, 2), n.fixed(r.skill, 2),
            n.fixed(r.mase, 2), n.fixed(r.crps, 2), *(n.whole_share(getattr(r, f"coverage_{level}")) for level in (50, 80, 95)),
        )
        for r in found["backtest"].itertuples()
    ]  # fmt: skip
    right = [Column(label, unit, "right") for label, unit in (
        ("Forecasts", ""), ("Error", "log"), ("Skill", ""), ("MASE", ""), ("CRPS", "log"), ("50 % band", "held"), ("80 % band", "held"), ("95 % band", "held"),
    )]  # fmt: skip
    return table(
        "Every method at every horizon, all pairs that trade in both years",
        ("Method", "GDP", Column("Horizon", "", "right"), *right),
        rows,
        f"Source: {BACKTEST_SOURCE}; GDP of the World Bank.",
        "Error: the mean absolute error of the logarithm. Skill: one minus its ratio to the last value's. MASE (mean absolute scaled error): the "
        "error over the mean change of the same flows in the period before; below 1 it is smaller than such a change. CRPS (continuous ranked "
        "probability score): how far the whole forecast with its bands lies from what came, and not its middle alone; smaller is better. "
        "n/a: the method has no bands.",
    )


def pairs(found: ValidationResult) -> Table | None:
    """Forecasts of the corridor's own pairs, by name: the longest look ahead from each origin with bands."""
    frame = found["pairs"].dropna(subset=["p10"])
    name = frame["exporter"] + "-" + frame["importer"]
    frame = frame[name.isin(_SHOWN_PAIRS) & (frame["horizon"] == 8)]
    if frame.empty:
        return None
    names = tables.economies().set_index("iso3")["name"]
    rows = [
        (
            f"{names[r.exporter]} to {names[r.importer]}", f"{r.origin}", f"{r.target_year}", n.musd(r.last_musd), n.musd(r.p50), n.musd_range(r.p10, r.p90),
            n.musd(r.actual_musd), "yes" if r.inside else "no",
        )
        for r in frame.itertuples()
    ]  # fmt: skip
    return table(
        "Pairs of the corridors, forecast eight years ahead with GDP known",
        ("Flow", Column("From", "", "right"), Column("For", "", "right"), Column("Last known", "", "right"), Column("Forecast", "median", "right"),
         Column("80 % band", "", "right"), Column("What came", "", "right"), "In the band"),
        rows,
        f"Source: {BACKTEST_SOURCE}.",
    )  # fmt: skip
