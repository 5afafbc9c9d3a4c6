"""What is known of crossings that a scenario opens from the time when they were shut: a check on the model, told beside worth."""

from __future__ import annotations

from typing import Any

from corridors.data import names, tables
from corridors.show import numbers as n
from corridors.show.lookups import SHUT_DAYS, dated, economy, effect
from corridors.show.words import phrases
from corridors.study.result import StudyResult

_NOT_IN_THE_MODEL = {
    "order": "The closing came with orders against trade by any way, which the model does not have: should they end with it, opening is worth more than is told here; should they stay, less.",
    "war": "The closing came with a war, which the model does not have: what opening is worth hangs on that as much as on the road.",
    "road": "",
}
"""By kind of event, what else happened then."""


def when_they_shut(result: StudyResult) -> str:
    """What trade lost when crossings that the measures open were shut, beside what the model takes away; empty where nobody knows."""
    rows = result["crossings"]
    if not len(rows):
        return ""
    opened = set(rows[(rows["closure_days_before"] >= SHUT_DAYS) & (rows["closure_days_after"] < SHUT_DAYS)]["crossing"])
    told = tables.experiments().merge(tables.experiments_observed(), on="experiment", suffixes=("", "_observed"))
    told = told[told["crossings"].map(lambda there: bool(opened & set(str(there).split()))) & (told["observed"] < 0)]
    return phrases.sentence(*(_one(result, row) for row in told.to_dict("records")))


def _one(result: StudyResult, row: dict[Any, Any]) -> str:
    codes = (str(row["economy_a"]), str(row["economy_b"]))
    shut = [names.short_name(c) for c in str(row["crossings"]).split()]
    between = f"trade between {economy(codes[0])} and {economy(codes[1])}"
    seen = f"When {n.listed(shut)} {n.plural(len(shut), 'was', 'were')} shut, {between} fell by {n.share(-row['observed'] / 100.0)} ({row['basis']}, {dated(str(row['period']))})"
    lower = _lower_without(result, codes)
    model = "" if lower is None else f"; in the model it is {n.share(lower)} lower in {result.years[-1]} without the measures than with them"
    return phrases.sentence(f"{seen}{model}.", _NOT_IN_THE_MODEL.get(str(row["kind"]), ""))


def _lower_without(result: StudyResult, codes: tuple[str, str]) -> float | None:
    """By what share trade of two economies is lower without the measures, middle case; None where it does not rise or is not known."""
    if set(codes) == set(result.pair):
        gain = effect(result).mid / 100.0
    else:
        rows = result["others"]
        rows = rows[rows["exporter"].isin(codes) & rows["importer"].isin(codes)]
        before = float(rows["before_musd"].sum())
        gain = float(rows["change_musd_p50"].sum()) / before if len(rows) == 2 and before > 0.0 else 0.0
    return gain / (1.0 + gain) if gain > 0.0 else None
