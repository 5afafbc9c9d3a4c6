"""Tables of the background reports on the world around the pair: what changed from 2016 to the base
year, GDP beside the IMF's, loads of trucks, what a tonne is worth."""

from __future__ import annotations

import numpy as np

from corridors.data import tables
from corridors.show import numbers as n
from corridors.show.blocks import Column, Table, table
from corridors.show.lookups import short_name
from corridors.study.background import Background

MOST_PAIRS = 30


def change_table(found: Background) -> Table:
    """The flows of each of the two that changed most between 2016 and the newest year, in dollars."""
    names = tables.economies().set_index("iso3")["name"]
    frame = found["trade_change"]
    then, now = int(frame["year_before"].iloc[0]), int(frame["year_after"].iloc[0])
    rows = [
        (
            f"{names[r.economy]} {'to' if r.flow == 'exports' else 'from'} {names[r.partner]}",
            n.musd(r.musd_before), n.musd(r.musd_after), n.musd(r.musd_after - r.musd_before, sign=True),
        )
        for r in frame.itertuples()
    ]  # fmt: skip
    return table(
        f"What changed most between {then} and {now}",
        ("Flow", Column(str(then), "", "right"), Column(str(now), "", "right"), Column("Change", "", "right")),
        rows,
        f"Source: UN Comtrade {then} as the exporter reports, CEPII BACI {now} reconciled from both sides.",
        "Flows that either side reports in both years; part of a change is that of the source. "
        "War, sanctions and what was bought elsewhere instead are all in it.",
    )  # fmt: skip


def gdp_table(found: Background) -> Table:
    """GDP of the pair, China and Pakistan as projected, beside the IMF's."""
    names = tables.economies().set_index("iso3")["name"]
    rows = [
        (
            str(names[r.economy]), str(r.year), n.fixed(r.gdp_tusd, 2),
            n.number_range(round(r.gdp_tusd_p10, 2), round(r.gdp_tusd_p90, 2)) if n.known(r.gdp_tusd_p10) else "–",
            n.fixed(r.imf_tusd, 2) if n.known(r.imf_tusd) else "–",
        )
        for r in found["output"].itertuples()
    ]  # fmt: skip
    return table(
        "Output as projected, beside the IMF's",
        (
            "Economy", Column("Year", "", "right"),
            Column("Projected", "trillion dollars", "right"),
            Column("80 % band", "trillion dollars", "right"),
            Column("IMF", "trillion dollars", "right"),
        ),
        rows,
        "Source: World Bank to 2023; IMF World Economic Outlook, October 2025, growth to 2030; "
        "SSP2 (IIASA 2024) after.",
        "Where the IMF has no dollar path (Pakistan after 2025) its real growth and the dollar's "
        "inflation are taken. Levels differ from the IMF's where the World Bank's of 2023 does.",
    )  # fmt: skip


def loads_table(found: Background) -> Table | None:
    """What the goods on a truck are worth at each crossing: of pairs that are known, and of the
    rest; None without a network."""
    frame = found["truck_loads"]
    if frame.empty:
        return None
    rows = [
        (
            short_name(r.name),
            n.count(round(r.trucks_per_day)) if r.trucks_per_day >= 1.0 else "shut",
            n.musd(r.known_musd_per_year),
            _usd(r.known_usd_per_truck),
            f"{_usd(r.other_usd_per_truck)} ({_usd(r.other_usd_low)} to {_usd(r.other_usd_high)})",
            f"{r.note[:1].upper()}{r.note[1:]}",
        )
        for r in frame.itertuples()
    ]  # fmt: skip
    return table(
        "Goods on a truck, in dollars, by crossing",
        ("Crossing", Column("Trucks", "a day", "right"), Column(
            "Goods of known pairs", "a year", "right",
        ), Column("A truck of theirs", "dollars", "right"),
         Column(
             "Any other truck", "dollars (range)", "right",
         ), "Where the last is from, or why the one before it is out of bounds"),
        rows,
        "Source: trade of the base year, shares of the road and counts (data/network); data/network/truck_values.csv.",
        f"Loads lie in {_bounds(found)} dollars, or the row says why not. Other trucks: those "
        f"whose goods no pair of the network stands for.",
    )  # fmt: skip


def traffic_table(found: Background) -> Table | None:
    """Pairs whose trade and trucks do not agree, and why; None where all do, or without a network."""
    frame = found["pair_loads"]
    outside = frame[frame["why"] != ""] if len(frame) else frame
    if outside.empty:
        return None
    names = tables.economies().set_index("iso3")["name"]
    rows = [
        (
            f"{names[r.exporter]} to {names[r.importer]}",
            n.fixed(r.trucks_per_day, 1),
            n.musd(r.musd_by_road),
            n.count(round(r.usd_per_truck)),
            f"{r.why[:1].upper()}{r.why[1:]}",
        )
        for r in outside.itertuples()
    ]
    return table(
        "Where a pair's trade and its trucks do not agree",
        (
            "Pair",
            Column("Trucks", "a day", "right"),
            Column("Goods by road", "a year", "right"),
            Column("A truck", "dollars", "right"),
            "Why",
        ),
        rows,
        "Source: trade of the base year; data/network/pair_traffic.csv, bulk_by_road.csv.",
        f"{len(outside)} of {len(frame)} directed pairs; the others' loads lie in {_bounds(found)} "
        f"dollars. Queues follow the trucks, gains follow the trade.",
    )


def values_table(found: Background) -> Table | None:
    """Dollars a tonne by pair and cargo class and where they are from: the study's pair, counted
    ones, then the largest flows; None without a network."""
    frame = found["tonne_values"]
    if frame.empty:
        return None
    names = tables.economies().set_index("iso3")["name"]
    by_pair = list(frame.groupby(["exporter", "importer"], sort=False))
    rows = []
    for (exporter, importer), part in by_pair[:MOST_PAIRS]:
        cells = [f"{_usd(r.usd_per_t, -1)} ({_usd(r.low, -1)} to {_usd(r.high, -1)})" for r in part.itertuples()]
        basis = str(part["basis"].iloc[0])
        rows.append((f"{names[exporter]} to {names[importer]}", *cells, f"{basis[:1].upper()}{basis[1:]}"))
    classes = tables.cargo_classes().set_index("cargo_class")["name"]
    return table(
        "What a tonne is worth, in dollars, by pair",
        (
            "Pair",
            *(
                Column(str(classes[name]), "dollars a tonne (range)", "right")
                for name in frame["cargo_class"].unique()
            ),
            "Where the figure is from",
        ),
        rows,
        "Source: data/cargo_classes.csv, data/unit_values.csv, "
        "data/trade_composition_by_economy.csv, data/network/truck_values.csv.",
        f"Estimates, but for loads counted by customs; {len(rows)} of {len(by_pair)} directed "
        f"pairs, the largest flows. Textiles and bulk differ only where trucks are counted.",
    )


def _bounds(found: Background) -> str:
    """Between which dollars a truck a load is not doubted."""
    scope = found["scope"].iloc[0]
    return f"{scope['lowest_usd_per_truck']:,.0f} to {scope['highest_usd_per_truck']:,.0f}"


def _usd(value: float, digits: int = -2) -> str:
    return n.count(int(round(value, digits))) if np.isfinite(value) else "–"
