"""The tables of one shipment followed down its way: what a row is, and every column; as
:mod:`corridors.study.result_tables`."""

from __future__ import annotations

from corridors.data.table_schema import before_after, flag, number, spread, table, text, whole
from corridors.study.result_columns import (
    CROSSING,
    CROSSING_NAME,
    HOURS,
    KM,
    MUSD,
    MUSD_A_YEAR,
    PERCENT,
    SHARE,
    TRUCKS,
    USD_PER_T,
)

TABLES = {
    "queue": table(
        "A border crossing on the way, in the order of travel; last year, medians over the draws",
        whole("order", "", "number of the crossing on the way, from 1"),
        CROSSING,
        CROSSING_NAME,
        *before_after("capacity", TRUCKS, "capacity a day of opening"),
        *before_after("load", TRUCKS, "all traffic"),
        *before_after("utilisation", SHARE, "load over what can pass in the year"),
        *before_after("queue_hours", HOURS, "in the queue"),
        *before_after("hours", HOURS, "queue and clearance"),
        *before_after("shadow_price_usd_per_truck", "US dollars a truck", "what a truck would pay not to queue"),
        *before_after("closure_days", "days a year", "shut"),
    ),
    "legs": table(
        "One leg of the way, in the order of travel; central case",
        whole("order", "", "number of the leg, from 1"),
        text("kind", "link, crossing, transshipment or wait"),
        text("name", "the leg in words"),
        text("mode", "how goods move on it"),
        number("km", KM, "length"),
        *before_after("hours", HOURS, "time, queue included"),
        *before_after("hours_so_far", HOURS, "time from the start to the end of the leg"),
        *before_after("usd_per_t", USD_PER_T, "freight and fees"),
        *before_after("usd_per_t_so_far", USD_PER_T, "freight and fees from the start to the end of the leg"),
        flag("estimate", "whether its figures are an estimate of this project"),
    ),
    "choice": table(
        "A way that the shipment could take, the most used first; medians, shares are means",
        text("route", "id of the way, as in routes"),
        text("name", "the way in words"),
        text("mode", "road, rail, sea, air, multimodal, or other (not in the network)"),
        text("origin", "gateway in the exporting economy"),
        text("destination", "gateway in the importing economy"),
        flag("taken", "whether it is the way that is followed"),
        *before_after("days", "days", "queues included"),
        *before_after("usd_per_t", USD_PER_T, "freight and fees"),
        number("hidden_usd_per_t", USD_PER_T, "calibrated hidden cost of its mode"),
        *before_after("share", SHARE, "of the trade of this direction by value"),
    ),
    "cost": table(
        "Trade cost of a cargo class in this direction",
        text("cargo_class", "bulk, food, textiles or machinery"),
        number("weight", SHARE, "of the direction's trade by value: median"),
        number("composite_cost_before", SHARE, "money and time over goods value, without the measures: median"),
        number("composite_cost_after", SHARE, "the same moved by the change of the log-sum: median"),
        *spread("cost_change_percent", PERCENT, "change of the delivered price"),
    ),
    "trade": table(
        "What a sector of goods does in this direction, last year",
        text("sector", "id, as in data/sectors.csv"),
        text("name", "the sector's name"),
        number("base_musd", MUSD, "trade without the measures: median"),
        number("trade_elasticity", "", "of the sector's trade to its cost: median"),
        number("cost_change_percent", PERCENT, "change of its trade cost: median"),
        number("alone_percent", PERCENT, "change of its trade if prices and incomes stayed: of the two medians before"),
        *spread("change_percent", PERCENT, "change of its trade, world trade adjusting"),
        *spread("change_musd", MUSD, "change of its trade, world trade adjusting"),
    ),
    "worth": table(
        "What is different at a crossing on the way for all who pass it, last year, by the rule of half",
        CROSSING,
        CROSSING_NAME,
        number("trucks_after", TRUCKS, "with the measures, of all pairs: mean"),
        number("hours_saved", "hours a truck", "shorter at the crossing: mean"),
        *spread("gain_musd", MUSD_A_YEAR, "gain of all who pass", ("mean", "p10", "p50", "p90")),
        number(
            "gain_usd_per_truck", "US dollars a truck",
            "mean gain over trucks with the measures; none where no truck passes", missing=True,
        ),
    ),
}  # fmt: skip
"""Every table of a followed shipment by name, in the order of the steps."""
