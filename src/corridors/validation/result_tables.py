"""The tables of the validation: what a row is, and every column with its type, unit and meaning.

Declared here and nowhere else, as those of a study are in :mod:`corridors.study.result_tables`. An
error is the mean absolute error of ln trade, a skill 1 - error / error of the reference, a coverage
the share of outcomes inside a band.
"""

from __future__ import annotations

from corridors.data.package import Field
from corridors.data.table_schema import (
    TableSchema,
    flag,
    number,
    spread,
    table,
    text,
    whole,
    year,
)
from corridors.study.result_tables import KNOWN

LN, SHARE, PERCENT, MUSD = "ln points", "share", "percent", "million US dollars"
METHOD = text("method", "how the forecast is made")
HORIZON = whole("horizon", "years", "how far ahead")
PAIRS = whole("pairs", "", "directed pairs scored")
GDP = text("gdp", "known, forecast or none: what the method is told of output")


def _coverage(missing: bool = False) -> tuple[Field, ...]:
    return tuple(
        number(f"coverage_{level}", SHARE, f"of outcomes inside the {level} % band", missing) for level in (50, 80, 95)
    )


def _against_reference() -> tuple[Field, ...]:
    return (
        PAIRS,
        number("error", LN, "of ours"),
        number("reference", LN, "of the last value"),
        number("skill", SHARE, "against the last value"),
    )


def _range(name: str, words: str, missing: bool = False) -> tuple[Field, ...]:
    return (
        number(f"{name}_low", "as in unit", f"low end {words}", missing),
        number(name, "as in unit", f"middle {words}", missing),
        number(f"{name}_high", "as in unit", f"high end {words}", missing),
    )


def _beside(unit: str) -> tuple[Field, ...]:
    """The first prediction and what came."""
    return (
        *spread("first", unit, "first prediction, committed before the comparison"),
        text("computed", "when that was"),
        number("observed_low", unit, "low end of what came", missing=True),
        number("observed", unit, "what came", missing=True),
        number("observed_high", unit, "high end of what came", missing=True),
        text("basis", "who counted", missing=True),
        text("period", "over which time", missing=True),
        text("note", "what the count says", missing=True),
        text("left_out", "what else changed then", missing=True),
        text("source_url", "where it was reported", missing=True),
        flag("within", "whether it lies in the 80 % band", missing=True),
        flag("same_way", "whether the sign is right", missing=True),
    )


TABLES: dict[str, TableSchema] = {
    "published": table(
        "A published figure and the same computed here",
        text("source", "publication"),
        text("table", "where in it"),
        text("quantity", "what is compared"),
        text("unit", "of the figures"),
        number("published", "as in unit", "the published figure"),
        number("ours", "as in unit", "computed here"),
        number("difference", "as in unit", "ours less published"),
        number("tolerance", "as in unit", "largest difference that passes"),
        flag("passed", "whether it does"),
        text("note", "what it is computed from", missing=True),
        text("url", "address of the publication", missing=True),
    ),
    "backtest": table(
        "A method's forecasts at a horizon, all origins counting alike",
        METHOD,
        GDP,
        HORIZON,
        whole("origins", "", "years from which it was forecast"),
        PAIRS,
        number("error", LN, "of the median"),
        number("skill", SHARE, "against the last value"),
        number("mase", "", "mean absolute scaled error"),
        number("crps", LN, "continuous ranked probability score", missing=True),
        *_coverage(missing=True),
    ),
    "coverage": table(
        "How often outcomes lay inside a method's band",
        METHOD,
        GDP,
        HORIZON,
        whole("level", PERCENT, "the band's level"),
        number("coverage", SHARE, "of outcomes inside, mean over origins"),
        number("lowest_origin", SHARE, "the same from the origin where it is lowest"),
        number("highest_origin", SHARE, "the same from the origin where it is highest"),
        PAIRS,
    ),
    "by_size": table(
        "Our forecasts with known GDP by size of the flow",
        HORIZON,
        number("from_musd", MUSD, "smallest flow of the group"),
        number("to_musd", MUSD, "largest flow of the group; infinite in the last"),
        *_against_reference(),
        *_coverage(),
    ),
    "by_line": table(
        "Our forecasts of flows over a billion dollars by distance from what they revert to",
        HORIZON,
        text("line", "how far the flow is from its target"),
        *_against_reference(),
        *_coverage(),
    ),
    "first_scores": table(
        "A score that a method had when it was first computed, before anything was changed",
        METHOD,
        year("origin", "last year known to the forecast"),
        HORIZON,
        text("group", "which flows"),
        *_against_reference(),
        number("mean_error", LN, "mean of forecast less outcome"),
        *_coverage(missing=True),
    ),
    "pairs": table(
        "A forecast of a flow between an economy of the study and another of the corridor",
        text("exporter", "economy that sells, ISO 3166-1 alpha-3"),
        text("importer", "economy that buys, ISO 3166-1 alpha-3"),
        year("origin", "last year known to the forecast"),
        HORIZON,
        year("target_year", "year forecast"),
        number("last_musd", MUSD, "trade in the last known year"),
        number("actual_musd", MUSD, "what came"),
        *spread("", MUSD, "forecast", ("p10",), missing=True),
        *spread("", MUSD, "forecast", ("p50",)),
        *spread("", MUSD, "forecast", ("p90",), missing=True),
        flag("inside", "whether what came lies in the 80 % band", missing=True),
        number("error_ours", LN, "of ours"),
        number("error_last", LN, "of the last value"),
    ),
    "real_cases": table(
        "What was reported of a real crossing or route, and the same computed",
        text("case", "where and when"),
        text("quantity", "what is compared"),
        text("unit", "of the figures"),
        *_range("reported", "of what was reported"),
        number("computed", "as in unit", "computed here"),
        flag("within", "whether that lies in the range"),
        text("source_url", "where it was reported", missing=True),
        text("note", "how it was computed", missing=True),
    ),
    "known_effects": table(
        "An effect that studies measured, and what the model says",
        text("effect", "which effect"),
        *_range("published", "of what studies found"),
        text("unit", "of the figures"),
        number("computed", "as in unit", "computed here"),
        flag("within", "whether that lies in the range"),
        text("source", "publication"),
        text("note", "what is compared", missing=True),
    ),
    "experiments": table(
        "A border that shut or opened: predicted before it was compared, and what came of trade",
        text("experiment", "id"),
        text("kind", "what shut or opened it, as in data/experiments.csv"),
        text("title", "what happened"),
        *spread("predicted", PERCENT, "prediction of this version"),
        text("simplified", "what the model leaves out of it"),
        *_beside(PERCENT),
    ),
    "experiments_measured": table(
        "The same in queues, trucks at a crossing and lanes at sea",
        text("experiment", "id"),
        text("title", "what happened"),
        text("quantity", "what is compared"),
        text("unit", "of the figures"),
        text("simplified", "what the model leaves out of it"),
        *spread("predicted", "as in unit", "prediction of this version"),
        *_beside("as in unit"),
    ),
    "day_of_delay": table(
        "Trade lost for a day of delay, beside what studies found",
        text("quantity", "which delay"),
        text("unit", "of the figures"),
        *_range("published", "of what studies found"),
        *spread("", "as in unit", "computed here"),
        number("within", SHARE, "of draws inside the published range"),
        text("source", "publication"),
    ),
    "world_ways": table(
        "A published length, transit time, share of a mode or count of trucks beside what the world network has",
        text("kind", "length, hours, transit, tested, share or trucks"),
        text("what", "which way or flow"),
        number("published", "as in unit", "the published figure"),
        number("computed", "as in unit", "of the world network; none where it has no way", missing=True),
        text("unit", "of both"),
        number("error_percent", "percent, of shares percentage points", "computed against published", missing=True),
        text("source", "publication", missing=True),
    ),
    "disagreements": TableSchema(
        KNOWN["disagreements"].title,
        (text("pair", "the two economies, AAA-BBB"), *KNOWN["disagreements"].fields),
    ),
    "sources": table(
        "A table of data/",
        text("name", "its name"),
        text("title", "what it is"),
        text("file", "where it lies, below data/"),
        whole("rows", "", "how many rows; none of a map", missing=True),
        whole("columns", "", "how many columns"),
        text("source_title", "who publishes the figures", missing=True),
        text("source_url", "their address", missing=True),
        text("licence", "under which terms", missing=True),
        text("accessed", "when they were taken", missing=True),
    ),
}  # fmt: skip
"""Every table of the validation by name."""
