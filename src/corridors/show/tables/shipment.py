"""Tables of one shipment followed down its way, a table a step; None where the step has nothing to show."""

from __future__ import annotations

from typing import Any

from corridors.data import world_names
from corridors.show import numbers as n
from corridors.show.blocks import Column, Table, table
from corridors.show.lookups import OUTSIDE, has_measures, short_name, way
from corridors.show.tables.cells import (
    BAND,
    CARGO,
    DASH,
    MODES,
    column_decimals,
    fixed,
    model,
    right,
    share,
    span,
    sure,
    text,
    two_decimals,
)
from corridors.show.tables.transport import class_cost_columns
from corridors.study.shipment import Shipment

_MOST_WAYS = 10


def _pairs(row: Any, changed: bool, *columns: tuple[str, int]) -> list[str]:
    """Cells of ``name_before`` and, with measures, ``name_after``, each with its decimals."""
    cases = ("before", "after") if changed else ("before",)
    return [fixed(getattr(row, f"{name}_{case}"), decimals) for name, decimals in columns for case in cases]


def _heads(changed: bool, *columns: tuple[str, str]) -> list[Column]:
    """Heads of the same columns."""
    return [
        right(label + words, unit)
        for label, unit in columns
        for words in ((" without", " with") if changed else ("",))
    ]


def shipment_queue(shipment: Shipment) -> Table | None:
    """What waits at the crossings on the way."""
    rows, result = shipment["queue"], shipment.result
    if not len(rows):
        return None
    changed = has_measures(result)
    body = [
        (
            text(r.name),
            *_pairs(
                r,
                changed,
                ("capacity", 0),
                ("load", 0),
                ("queue_hours", 1),
                ("hours", 1),
                ("shadow_price_usd_per_truck", 0),
            ),
        )
        for r in rows.itertuples()
    ]
    heads = _heads(
        changed, ("Capacity", "trucks a day"), ("Traffic of all", "trucks a day"),
        ("Queue", "hours"), ("Queue and clearance", "hours"),
        ("A truck would pay not to queue", "dollars"),
    )  # fmt: skip
    return table(
        "At the borders",
        ["Crossing", *heads],
        body,
        model(result),
        f"Medians for {result.years[-1]}, in the order of travel.",
    )


def shipment_legs(shipment: Shipment) -> Table | None:
    """Hours and dollars leg by leg, and what has come together so far."""
    rows, result = shipment["legs"], shipment.result
    if not len(rows):
        return None
    changed = has_measures(result)
    body = [
        (
            text(r.name),
            fixed(r.km) if r.km > 0 else DASH,
            *_pairs(
                r,
                changed,
                ("hours", 1),
                ("hours_so_far", 0),
                ("usd_per_t", 1),
                ("usd_per_t_so_far", 0),
            ),
        )
        for r in rows.itertuples()
    ]
    heads = _heads(
        changed,
        ("Time", "hours"),
        ("So far", "hours"),
        ("Cost", "dollars a tonne"),
        ("So far", "dollars a tonne"),
    )
    return table(
        "Leg by leg",
        ["Leg", right("Length", "km"), *heads],
        body,
        model(result),
        f"Central case, {result.years[-1]}; queues are medians.",
    )


def shipment_choice(shipment: Shipment) -> Table | None:
    """The ways side by side and who takes which."""
    rows, result = shipment["choice"], shipment.result
    used = rows[(rows["share_before"] > 0) | (rows["share_after"] > 0) | rows["taken"]]
    if not len(used):
        return None
    changed = has_measures(result)
    first = used.head(_MOST_WAYS)
    shown = first if first["taken"].any() else used[used["taken"] | used.index.isin(first.index)]
    places = world_names.places()
    body = []
    for r in shown.itertuples():
        name = f"{text(r.name)} ({places.get(str(r.origin), text(r.origin))} to {places.get(str(r.destination), text(r.destination))})"
        # Of ways outside the network neither days nor dollars are known.
        known = (
            _pairs(r, changed, ("days", 1), ("usd_per_t", 0))
            if r.mode != OUTSIDE
            else [DASH] * (4 if changed else 2)
        )
        shares = [share(r.share_before), share(r.share_after)] if changed else [share(r.share_before)]
        body.append(
            (
                f"{name}, this one" if r.taken else name,
                MODES.get(str(r.mode), text(r.mode)),
                *known,
                fixed(r.hidden_usd_per_t) if r.mode != OUTSIDE else DASH,
                *shares,
            )
        )
    times, shares_heads = (
        _heads(changed, ("Time", "days"), ("Cost", "dollars a tonne")),
        _heads(changed, ("Share", "% by value")),
    )
    return table(
        f"Who takes which way {way(result, shipment.direction)}",
        ["Way", "Mode", *times, right("Hidden cost of the mode", "dollars a tonne"), *shares_heads],
        body, model(result),
        f"Medians for {result.years[-1]}; shares are means. {n.count(len(rows))} ways were "
        f"compared. The hidden cost is what brings shares to those observed.",
    )  # fmt: skip


def shipment_cost(shipment: Shipment) -> Table | None:
    """What all ways together cost by cargo class, and by how much the delivered price changes."""
    rows, result = shipment["cost"], shipment.result
    if not len(rows) or not result.facts["corridor_known"]:
        return None
    columns, cells_of = class_cost_columns(
        rows, has_measures(result), lambda r, decimals: sure(r, "cost_change_percent", decimals)
    )
    body = [(CARGO.get(str(r.cargo_class), text(r.cargo_class)), *cells_of(r)) for r in rows.itertuples()]
    heads: list[Column | str] = ["Goods", *columns]
    return table(
        "From all ways to one trade cost",
        heads,
        body,
        model(result),
        f"Medians for {result.years[-1]}. Time counts at what a day in transit costs.",
    )


def shipment_trade(shipment: Shipment) -> Table | None:
    """Trade by sector: what its own cost would do alone, and what it does with all prices and incomes moving."""
    rows, result = shipment["trade"], shipment.result
    if not len(rows) or not has_measures(result):
        return None
    fine, coarse = two_decimals(rows["change_percent_p50"], [*rows["change_percent_p10"], *rows["change_percent_p90"]])
    body = [
        (
            text(r.name), fixed(r.base_musd, column_decimals(rows["base_musd"], 3)), fixed(r.trade_elasticity, 1),
            # No finding, no digits: neither of the change nor of what it would be alone.
            fixed(r.alone_percent, fine, sign=True) if sure(r, "change_percent", fine) != DASH else DASH,
            sure(r, "change_percent", fine), span(r.change_percent_p10, r.change_percent_p90, coarse),
        )
        for r in rows.itertuples()
    ]  # fmt: skip
    return table(
        f"What trade does {way(result, shipment.direction)}",
        [
            "Goods", right("Trade without", "million dollars a year"), right("Elasticity"),
            right("Change by its own cost alone", "%"), right("Change, world trade adjusting", "%"),
            right(BAND, "%"),
        ],
        body, model(result),
        f"Medians for {result.years[-1]}. A dash: not told from zero, its band says how far it may go.",
    )  # fmt: skip


def shipment_worth(shipment: Shipment) -> Table | None:
    """What the crossings on the way are worth to all who pass, and to one truck."""
    rows, result = shipment["worth"], shipment.result
    if not len(rows) or not has_measures(result):
        return None
    _, coarse = two_decimals(rows["gain_musd_mean"], [*rows["gain_musd_p10"], *rows["gain_musd_p90"]])
    body = []
    for r in rows.itertuples():
        found = sure(r, "gain_musd", coarse) != DASH
        body.append(
            (
                short_name(r.name), fixed(r.trucks_after), fixed(r.hours_saved, 1, sign=True),
                fixed(r.gain_musd_mean, coarse, sign=True) if found else DASH,
                span(r.gain_musd_p10, r.gain_musd_p90, coarse),
                fixed(r.gain_usd_per_truck, 0, sign=True) if found else DASH,
            )
        )  # fmt: skip
    return table(
        "What it is worth at the borders on the way",
        [
            "Crossing", right("Trucks with measures", "a day"), right("Shorter", "hours a truck"),
            right("Gain of all who pass, mean", "million dollars a year"),
            right(BAND, "million dollars a year"), right("Gain of one truck, mean", "dollars"),
        ],
        body, model(result),
        f"{result.years[-1]}, trucks of all pairs. A dash: not told from zero, its band says how far it may go.",
    )  # fmt: skip
