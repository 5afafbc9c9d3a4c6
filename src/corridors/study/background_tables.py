"""The tables of the background: what a row is, and every column with its type, unit and meaning.

Declared here and nowhere else, as those of a study are in :mod:`corridors.study.result_tables`.
"""

from __future__ import annotations

from corridors.data.package import Field
from corridors.data.table_schema import TableSchema, flag, number, table, text, whole, year
from corridors.study.result_columns import (
    CROSSING,
    CROSSING_NAME,
    EXPORTER,
    IMPORTER,
    MUSD,
    MUSD_A_YEAR,
    PERCENT,
    TRUCKS,
    USD_PER_T,
)

USD_PER_TRUCK = "US dollars a truck"
LOG_POINTS = "log points"
TUSD = "trillion US dollars"
ECONOMY = text("economy", "ISO 3166-1 alpha-3")
CASE = text("case", "what changes between the two")


def _band_of_estimate(name: str, unit: str, meaning: str) -> tuple[Field, ...]:
    return (
        number(f"{name}_p10", unit, f"{meaning}: low end of the 80 % band, error of the estimate"),
        number(f"{name}_p50", unit, f"{meaning}: at the estimate"),
        number(f"{name}_p90", unit, f"{meaning}: high end of that band"),
    )


TABLES: dict[str, TableSchema] = {
    "scope": table(
        "What the background rests on (one row)",
        whole("flows", "", "directed flows that the gravity estimate is made from"),
        year("first_year", "of them"),
        year("last_year", "of them"),
        year("base_year", "of the world matrix, from which changes are reckoned"),
        number("lowest_usd_per_truck", USD_PER_TRUCK, "goods on a truck below this are doubted"),
        number("highest_usd_per_truck", USD_PER_TRUCK, "goods on a truck above this are doubted"),
    ),
    "trade_change": table(
        "A flow that changed most between two years: of either economy, sold or bought, largest first",
        ECONOMY,
        text("flow", "exports or imports, as that economy sees it"),
        text("partner", "the other economy"),
        year("year_before", "the earlier year"),
        year("year_after", "the newest year"),
        number("musd_before", MUSD, "trade in the earlier year"),
        number("musd_after", MUSD, "trade in the newest year"),
    ),
    "output": table(
        "Gross domestic product of an economy in a year as projected, beside the IMF's",
        ECONOMY,
        year("year", "of the figure"),
        number("gdp_tusd", TUSD, "middle, at prices and exchange rates of that year"),
        number("gdp_tusd_p10", TUSD, "low end of the 80 % band; none where the year is known", missing=True),
        number("gdp_tusd_p90", TUSD, "high end of that band", missing=True),
        number(
            "imf_tusd", TUSD,
            "World Economic Outlook; none beyond its years or where it has no dollar path",
            missing=True,
        ),
    ),
    "whatif": table(
        "What an agreement or a shorter distance would do to a flow of the pair, by the gravity estimates alone",
        CASE,
        EXPORTER,
        IMPORTER,
        number("base_musd", MUSD_A_YEAR, "trade in the base year"),
        number("direct_percent", PERCENT, "trade costs alone, nothing else adjusts"),
        *_band_of_estimate("change_percent", PERCENT, "world trade adjusting"),
        *_band_of_estimate("change_musd", MUSD_A_YEAR, "world trade adjusting"),
    ),
    "whatif_by_economy": table(
        "What the same does to all that an economy trades and makes",
        CASE,
        ECONOMY,
        text("quantity", "exports, imports or real_gdp"),
        number("change_percent", PERCENT, "world trade adjusting"),
        number("std_error_percent", PERCENT, "its standard error by the delta method: that of the gravity estimate"),
    ),
    "agreement_within_pairs": table(
        "The estimate of a trade agreement with effects of pairs (one row)",
        number("estimate", LOG_POINTS, "coefficient"),
        number("std_error", LOG_POINTS, "standard error, clustered by pair"),
        number("bias", LOG_POINTS, "of order one over the number of economies"),
        number("corrected", LOG_POINTS, "estimate less bias"),
        number(
            "corrected_std_error", LOG_POINTS,
            "standard error, corrected for what fitted effects take of residuals",
        ),
        whole("economies", "", "that sell to and buy from enough partners in every year"),
        whole("pairs", "", "directed pairs with trade"),
    ),
    "diagnostics": table(
        "A count or a measure of fit of the gravity estimate",
        text("what", "what is counted or measured"),
        number("value", "", "how much"),
    ),
    "reset": table(
        "Ramsey's test: do powers of the linear predictor add to the gravity estimate? (one row)",
        number("statistic", "", "chi-squared if the form is right"),
        whole("degrees_of_freedom", "", "of it"),
        number("p_value", "", "chance of as large a statistic if the form is right"),
    ),
    "influence": table(
        "A flow without which estimates move most, largest first",
        EXPORTER,
        IMPORTER,
        number(
            "largest_std_errors", "standard errors",
            "largest move of an estimate, all years of the flow left out, to first order",
        ),
    ),
    "truck_loads": table(
        "Goods on a truck at a crossing, in the base year, central case",
        CROSSING,
        CROSSING_NAME,
        number("trucks_per_day", TRUCKS, "all trucks"),
        number("known_trucks_per_day", TRUCKS, "those of pairs whose trade is known"),
        number("known_musd_per_year", MUSD_A_YEAR, "goods of those pairs"),
        number(
            "known_usd_per_truck", USD_PER_TRUCK,
            "goods on a truck of theirs; none where next to none passes", missing=True,
        ),
        number("other_usd_per_truck", USD_PER_TRUCK, "goods on any other truck"),
        number("other_usd_low", USD_PER_TRUCK, "low end of its range"),
        number("other_usd_high", USD_PER_TRUCK, "high end of its range"),
        flag("estimate", "whether that is an estimate of ours"),
        text("note", "where that is from, or why the load of known pairs is out of bounds"),
    ),
    "pair_loads": table(
        "Goods by road over trucks of a directed pair, in the base year",
        EXPORTER,
        IMPORTER,
        number("trucks_per_day", TRUCKS, "of the pair, loaded"),
        number("musd_by_road", MUSD_A_YEAR, "goods that go by road"),
        number("usd_per_truck", USD_PER_TRUCK, "goods on a truck; none without trucks", missing=True),
        text("why", "what a load out of bounds comes from; empty inside"),
    ),
    "tonne_values": table(
        "What a tonne is worth: a directed pair and cargo class",
        EXPORTER,
        IMPORTER,
        text("cargo_class", "as in data/cargo_classes.csv"),
        number("usd_per_t", USD_PER_T, "middle"),
        number("low", USD_PER_T, "low end of the range"),
        number("high", USD_PER_T, "high end of the range"),
        flag("estimate", "whether it is an estimate of ours"),
        text("basis", "what it is taken from"),
        text("source_url", "where trucks were counted; empty where none were"),
    ),
}  # fmt: skip
"""Every table of the background by name."""
