"""The front of one shipment followed down its way, and what is said where it cannot go."""

from __future__ import annotations

from corridors.show import numbers as n
from corridors.show.blocks import Cover, Prose
from corridors.show.lookups import clean, has_measures, short_name, way
from corridors.show.words import phrases
from corridors.study.shipment import Shipment


def shipment_cover(shipment: Shipment) -> Cover:
    """Who sends, on which way, under which scenario."""
    result = shipment.result
    passed = [short_name(name) for name in shipment["queue"]["name"]]
    return Cover(
        "One shipment, from the border post to world trade",
        f"{clean(shipment.name) or 'No known way'}, {way(result, shipment.direction)}",
        clean(result.title),
        (
            ("Borders on the way", n.listed(passed) if passed else "none"),
            ("Year", str(result.years[-1])),
            ("Simulated futures", f"{result.draws:,}"),
        ),
    )


def shipment_words(shipment: Shipment) -> Prose:
    """What the way takes and costs, leg by leg together; why there is none; what must be known of the borders."""
    result, legs = shipment.result, shipment["legs"]
    told = [f"{clean(text)}." for text in result.facts["messages"]]
    if not len(legs):
        return Prose(
            (
                f"The network has no way {way(result, shipment.direction)}: what follows is by distance alone.",
                *told,
            )
        )
    last = legs.iloc[-1]
    taken = f"{n.hours(float(last['hours_so_far_before']))} and {n.usd_per_t(float(last['usd_per_t_so_far_before']))}"
    after = f"{n.hours(float(last['hours_so_far_after']))} and {n.usd_per_t(float(last['usd_per_t_so_far_after']))}"
    change = (
        ""
        if not has_measures(result)
        else ", with and without the measures"
        if after == taken
        else f" without the measures, {after} with them"
    )
    return Prose((f"Queue, clearance, driving and waiting together: {taken}{change}, in the central case.", *told))


def shipment_answer(shipment: Shipment) -> Prose:
    """What comes of it for all trade of the pair: the headline of the scenario's report."""
    return Prose((phrases.sentence(phrases.headline(shipment.result)),), "lead")
