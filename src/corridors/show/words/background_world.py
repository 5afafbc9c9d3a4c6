"""Tables of the background reports on the world around the pair: what changed from 2016 to the base year, GDP beside the IMF's, loads of trucks, what a tonne is worth."""

from __future__ import annotations

import numpy as np

from corridors.data import panel, tables
from corridors.show import numbers as n
from corridors.show.blocks import Column, Table, table
from corridors.show.lookups import short_name
from corridors.study.result import StudyResult
from corridors.study.truck_loads import loads, traffic, values
from corridors.trade import gdp_forecast
from corridors.trade.cargo import CLASSES
from corridors.transport.truck_values import HIGHEST_USD, LOWEST_USD

MOST_ROWS = 8
MOST_PAIRS = 30
THEN = 2016
ALSO = ("CHN", "PAK")


def change_table(result: StudyResult) -> Table:
    """The flows of each of the two that changed most between 2016 and the newest year, in dollars."""
    world, names = panel.load(), tables.economies().set_index("iso3")["name"]
    k = world.years.index(THEN)
    rows = []
    for economy in result.pair:
        i = world.position(economy)
        found = []
        for flow, then, now in (("exports", world.trade[k, i], world.trade[-1, i]), ("imports", world.trade[k, :, i], world.trade[-1, :, i])):
            known = np.flatnonzero(np.isfinite(then) & np.isfinite(now))
            found += [(abs(now[j] - then[j]), flow, str(world.economies[j]), float(then[j]), float(now[j])) for j in known]
        for _, flow, partner, before, after in sorted(found, reverse=True)[:MOST_ROWS]:
            what = "to" if flow == "exports" else "from"
            rows.append((f"{names[economy]} {what} {names[partner]}", n.musd(before), n.musd(after), n.musd(after - before, sign=True)))
    return table(
        f"What changed most between {THEN} and {world.years[-1]}",
        ("Flow", Column(str(THEN), "", "right"), Column(str(world.years[-1]), "", "right"), Column("Change", "", "right")),
        rows,
        f"Source: UN Comtrade {THEN} as the exporter reports, CEPII BACI {world.years[-1]} reconciled from both sides.",
        "Flows that either side reports in both years; part of a change is that of the source. War, sanctions and what was bought elsewhere instead are all in it.",
    )  # fmt: skip


def gdp_table(result: StudyResult) -> Table:
    """GDP of the pair, China and Pakistan as projected, beside the IMF's."""
    names = tables.economies().set_index("iso3")["name"]
    imf = tables.imf_weo().set_index(["iso3", "year"])["gdp_busd"]
    rows = []
    for economy in dict.fromkeys([*result.pair, *ALSO]):
        ahead = gdp_forecast.forecast(economy)
        for year in (2025, 2030, 2035):
            middle = float(np.exp(gdp_forecast.middle((economy, economy), year)[0]))
            sd = float(ahead.sd[year - ahead.last_year - 1]) if year > ahead.last_year else 0.0
            band = n.number_range(*(round(middle * np.exp(z * sd) / 1e6, 2) for z in (-1.2816, 1.2816))) if sd else "–"
            said = float(imf.get((economy, year), float("nan")))
            rows.append((str(names[economy]), str(year), n.fixed(middle / 1e6, 2), band, n.fixed(said / 1e3, 2) if np.isfinite(said) else "–"))
    return table(
        "Output as projected, beside the IMF's",
        ("Economy", Column("Year", "", "right"), Column("Projected", "trillion dollars", "right"), Column("80 % band", "trillion dollars", "right"), Column("IMF", "trillion dollars", "right")),
        rows,
        "Source: World Bank to 2023; IMF World Economic Outlook, October 2025, growth to 2030; SSP2 (IIASA 2024) after.",
        "Where the IMF has no dollar path (Pakistan after 2025) its real growth and the dollar's inflation are taken. Levels differ from the IMF's where the World Bank's of 2023 does.",
    )  # fmt: skip


def loads_table(result: StudyResult) -> Table | None:
    """What the goods on a truck are worth at each crossing: of pairs that are known, and of the rest; None without a network."""
    frame = loads(result.pair)
    if frame.empty:
        return None
    rows = [
        (
            short_name(r.name), n.count(round(r.trucks_per_day)) if r.trucks_per_day >= 1.0 else "shut", n.musd(r.known_musd_per_year),
            _usd(r.known_usd_per_truck), f"{_usd(r.other_usd_per_truck)} ({_usd(r.other_usd_low)} to {_usd(r.other_usd_high)})", f"{r.note[:1].upper()}{r.note[1:]}",
        )
        for r in frame.itertuples()
    ]  # fmt: skip
    return table(
        "Goods on a truck, in dollars, by crossing",
        ("Crossing", Column("Trucks", "a day", "right"), Column("Goods of known pairs", "a year", "right"), Column("A truck of theirs", "dollars", "right"),
         Column("Any other truck", "dollars (range)", "right"), "Where the last is from, or why the one before it is out of bounds"),
        rows,
        "Source: trade of the base year, shares of the road and counts (data/network); data/network/truck_values.csv.",
        "Loads lie in 5,000 to 120,000 dollars, or the row says why not. Other trucks: those whose goods no pair of the network stands for.",
    )  # fmt: skip


def traffic_table(result: StudyResult) -> Table | None:
    """Pairs whose trade and trucks do not agree, and why; None where all do, or without a network."""
    frame = traffic(result.pair)
    outside = frame[frame["why"] != ""] if len(frame) else frame
    if outside.empty:
        return None
    names = tables.economies().set_index("iso3")["name"]
    rows = [
        (f"{names[r.exporter]} to {names[r.importer]}", n.fixed(r.trucks_per_day, 1), n.musd(r.musd_by_road), n.count(round(r.usd_per_truck)), f"{r.why[:1].upper()}{r.why[1:]}")
        for r in outside.itertuples()
    ]
    return table(
        "Where a pair's trade and its trucks do not agree",
        ("Pair", Column("Trucks", "a day", "right"), Column("Goods by road", "a year", "right"), Column("A truck", "dollars", "right"), "Why"),
        rows,
        "Source: trade of the base year; data/network/pair_traffic.csv, bulk_by_road.csv.",
        f"{len(outside)} of {len(frame)} directed pairs; the others' loads lie in {LOWEST_USD:,.0f} to {HIGHEST_USD:,.0f} dollars. Queues follow the trucks, gains follow the trade.",
    )


def values_table(result: StudyResult) -> Table | None:
    """Dollars a tonne by pair and cargo class and where they are from: the study's pair, counted ones, then the largest flows; None without a network."""
    frame = values(result.pair)
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
        ("Pair", *(Column(str(classes[name]), "dollars a tonne (range)", "right") for name in CLASSES), "Where the figure is from"),
        rows,
        "Source: data/cargo_classes.csv, data/unit_values.csv, data/trade_composition_by_economy.csv, data/network/truck_values.csv.",
        f"Estimates, but for loads counted by customs; {len(rows)} of {len(by_pair)} directed pairs, the largest flows. Textiles and bulk differ only where trucks are counted.",
    )


def _usd(value: float, digits: int = -2) -> str:
    return n.count(int(round(value, digits))) if np.isfinite(value) else "–"
