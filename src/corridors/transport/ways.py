"""The ways between two economies today: what each is, takes and costs, and what share of the goods it carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corridors import uncertainty
from corridors.errors import NetworkError
from corridors.scenario.template import Proposal
from corridors.trade import cargo, world
from corridors.transport import system as choice
from corridors.transport.network import Network
from corridors.transport.world_network import mode_model, subnetwork
from corridors.transport.world_network.study import network_of, no_way

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WayToday:
    """One way: its name, mode, length, days door to door with the queues of the base year, money, crossings, share.

    ``share`` is of the value of the goods from ``exporter`` to ``importer``, over all its ways.
    """

    exporter: str
    importer: str
    origin: str
    destination: str
    name: str
    mode: str
    km: float
    days: float
    usd_per_t: float
    crossings: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class Ways:
    """All ways of a pair, the most used first, what is known of their crossings, and what a user must be told."""

    pair: tuple[str, str]
    ways: tuple[WayToday, ...]
    crossings: tuple[Mapping[str, Any], ...]
    messages: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and text."""
        return {
            "pair": list(self.pair),
            "ways": [{**asdict(way), "crossings": list(way.crossings)} for way in self.ways],
            "crossings": [dict(row) for row in self.crossings],
            "messages": list(self.messages),
        }


def ways_between(a: str, b: str) -> Ways:
    """Ways in both directions in the base year, in the central case of everything uncertain.

    Where no way is known at all there are none, and ``messages`` says why.
    """
    try:
        network = network_of((a, b))
        system = choice.compile_system(network, study=(a, b))
    except NetworkError as error:
        return Ways((a, b), (), (), (no_way(error),))
    state = system.solve(uncertainty.central())
    found = []
    for pair in ((a, b), (b, a)):
        weight = cargo.usual_shares([pair])[0]
        for r, route in enumerate(system.routes):
            if (route.exporter, route.importer) != pair:
                continue
            km = sum(system.effects.links[i].km for i in route.links) + sum(
                system.effects.services[i].km for i in route.chain
            )
            share = float(state.route_share[0, r] @ weight)
            found.append(
                WayToday(
                    *pair, origin=network.name(route.origin), destination=network.name(route.destination),
                    name=route.title(network.places, system.effects.links, system.effects.services),
                    mode=route.mode, km=float(km),
                    days=float(state.route_hours[0, r] / 24.0), usd_per_t=float(state.route_usd_per_t[0, r]),
                    crossings=route.crossings, share=share,
                )
            )  # fmt: skip
    ranked = tuple(sorted(found, key=lambda w: (w.exporter != a, -w.share, w.usd_per_t)))
    # Shares are those of the base year; trucks hold the pair's own bulk, which its counts do not.
    loaded = system.solve(uncertainty.central(), demand=_trade(a, b))
    return Ways((a, b), ranked, _crossings(network, state, loaded, ranked), network.messages)


def _trade(a: str, b: str) -> Mapping[tuple[str, str], Array] | None:
    """Trade of the two in the base year by direction and cargo class, million dollars: their own trucks wait in the queues too."""
    known = world.base_matrix()
    if not {a, b} <= set(known.index):
        return None
    return {pair: float(known.loc[pair]) * cargo.usual_shares([pair])[0] for pair in ((a, b), (b, a))}


def reach(a: str, b: str) -> str:
    """``road`` where the compiled network joins cities of two economies by road, else the sentence that says why it does not, or that
    there is no way at all; "" where there is none and nothing is said. A look, where
    :func:`ways_between` solves."""
    known = mode_model.features(a, b)
    if known is None:
        return next(iter(ways_between(a, b).messages), "")
    if known.there[:, mode_model.MODES.index("road")].any():
        return "road"
    return next((text for text in subnetwork.messages(a, b) if "no way by road" in text), "")


def _crossings(
    network: Network, state: choice.TransportState, loaded: choice.TransportState, ways: tuple[WayToday, ...],
) -> tuple[Mapping[str, Any], ...]:
    """What is known of each crossing on a way: figures with range, whether they are estimates, and the source. Hours are those of the
    ways, trucks those ``loaded`` with the pair's own."""
    used = {c for way in ways for c in way.crossings}
    rows = []
    for x, (name, row) in enumerate(network.crossings.iterrows()):
        if name not in used:
            continue
        guessed = str(row["estimates"]).split() if isinstance(row["estimates"], str) else []
        rows.append(
            {
                "crossing": str(name), "name": network.name(str(name)), "state": str(row["state"]),
                "capacity_trucks_per_day": float(row["capacity_trucks_per_day"]),
                "capacity_low": float(row["capacity_low"]),
                "capacity_high": float(row["capacity_high"]),
                "capacity_known": "capacity_trucks_per_day" not in guessed,
                "load_trucks_per_day": float(loaded.crossing_load_trucks_per_day[0, x]),
                "hours": float(state.crossing_hours[0, x]),
                "fee_usd_per_truck": float(row["fee_usd_per_truck"]), "note": _text(row["note"]),
                "source_url": _text(row["source_url"]),
            }
        )  # fmt: skip
    return tuple(rows)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def mode_shares(found: Ways) -> Mapping[str, float]:
    """Share of each mode in the trade of both directions, each direction alike."""
    total: dict[str, float] = {}
    for way in found.ways:
        total[way.mode] = total.get(way.mode, 0.0) + 0.5 * way.share
    return {mode: float(np.round(value, 6)) for mode, value in total.items()}


MOST_PROPOSED = 4
_PROPOSED_GAIN = 1.25


def proposal_for(a: str, b: str) -> Proposal:
    """What a new scenario of a pair starts from: the crossings its roads use most, and what is known of them."""
    found = ways_between(a, b)
    used: dict[str, float] = {}
    for way in found.ways:
        if way.mode == "road":
            for crossing in way.crossings:
                used[crossing] = used.get(crossing, 0.0) + 0.5 * way.share
    known = {str(row["crossing"]): row for row in found.crossings}
    ranked = sorted(used, key=lambda c: -used[c])
    chosen = tuple(c for c in ranked if known[c]["state"] != "shut" and used[c] > 0.01)[:MOST_PROPOSED]
    remarks = list(found.messages)
    if ranked:
        remarks.append("Crossings of its roads (share of the trade of the two; trucks a day both ways):")
    for name in ranked[: 2 * MOST_PROPOSED]:
        row = known[name]
        capacity = f"{row['capacity_trucks_per_day']:,.0f}" if row["capacity_known"] else (
            f"not known, {row['capacity_low']:,.0f} to {row['capacity_high']:,.0f}: state it if you know it"
        )
        remarks.append(
            f"  {name}: {row['name']}, {100 * used[name]:.0f} %, {row['state']}, "
            f"{row['load_trucks_per_day']:,.0f} trucks today, "
            f"capacity {capacity}, {row['hours']:.1f} hours, {row['fee_usd_per_truck']:,.0f} USD a truck"
        )
    return Proposal(tuple((c, _more_than(float(known[c]["capacity_trucks_per_day"]))) for c in chosen), tuple(remarks))


def _more_than(capacity: float) -> int:
    """A quarter more than a crossing's own capacity, to two digits, at least ten trucks a day more."""
    wanted = max(_PROPOSED_GAIN * capacity, capacity + 10.0)
    step = 10.0 ** (np.floor(np.log10(wanted)) - 1.0)
    return int(np.ceil(wanted / step - 1e-9) * step)
