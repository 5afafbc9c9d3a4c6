"""Which network a study is solved on: the hand-checked one where both economies are on it, else the world's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from corridors.errors import NetworkError
from corridors.transport.network import Network, load
from corridors.transport.world_network import subnetwork
from corridors.transport.world_network.hand_places import in_world
from corridors.transport.world_network.tables import roads


def network_of(pair: tuple[str, str], measures: Sequence[Any] = ()) -> Network:
    """The network for a study of ``pair`` with ``measures``.

    Where the hand-checked network knows the pair, and everything that measures name is on it too:
    that one. Else the part of the world that the pair and its measures need. Measures that name only
    checked places and build nothing, for a pair that the checked network does not know, are solved on
    the checked one, and so is all that lies there where it has both economies: they reach the pair
    through the trade of others.

    Raises NetworkError where an economy has no place at all, or where the measures lie on the checked
    network, both economies too, and nothing says how their trade goes there.
    """
    checked = load()
    named = tuple(dict.fromkeys(n for measure in measures for n in _named(measure)))
    known = {
        *checked.places,
        *(
            link
            for pair_ in checked.link_names()
            for link in (pair_, "-".join(pair_.split("-")[::-1]))
        ),
    }
    only_checked = all(n in known for n in named)
    if only_checked and knows(pair):
        return checked
    ends = {n for name in named for n in name.split("-")}
    lacking = [n for n in ends if n not in roads().number]
    # A place that only the checked network has comes to the world by its roads, a crossing does not.
    builds = any(getattr(measure, "adds_a_way", False) for measure in measures) and not any(checked.is_crossing(n) for n in lacking)
    both = subnetwork.checked_economies().issuperset(pair)
    if named and only_checked and lacking and (both or not builds):
        if both:
            raise NetworkError(f"network: the hand-checked part does not say how trade of {pair[0]} and {pair[1]} goes")
        return checked
    routes = {tuple(code for code in measure.route) for measure in measures if getattr(measure, "route", None)}
    codes = tuple(sorted({code for route in routes for code in route if code in checked.airports}))
    stations = tuple(sorted({in_world(place) for m in measures if is_train(m) for place in (m.from_, m.to)}))
    return subnetwork.for_pair(*pair, named=tuple(sorted({in_world(name) for name in named})), airports=codes, stations=stations)


def is_train(measure: Any) -> bool:
    """Whether a measure builds a railway or starts trains."""
    return measure.kind == "rail_service" or getattr(measure, "mode", "") == "rail"


def structure(pair: tuple[str, str], measures: Sequence[Any]) -> tuple[Any, ...]:
    """What a study of ``pair`` is compiled for: the network (None where no goods have a way), whether there is anything to
    do at all, borders that open, and new services."""
    try:
        network: Network | None = network_of(pair, measures)
    except NetworkError:
        network = None
    shut = set() if network is None else {c for c, state in network.crossings["state"].items() if state == "shut"}
    opened = sorted({c for m in measures if m.kind == "closure" for c in m.crossings} & shut)
    built = [m.deed for m in measures if not m.at_crossings]
    return network, bool(measures), tuple(opened), tuple(built)


def no_way(error: NetworkError) -> str:
    """The sentence for a pair that :func:`network_of` or the search for ways has nothing for."""
    return f"No goods of this pair have a way on the network ({str(error).removeprefix('network: ')})."


def knows(pair: tuple[str, str]) -> bool:
    """Whether the hand-checked network has both economies of ``pair`` and says how much of its trade goes by road: where it
    does not, all of it would."""
    checked = load()
    told = {
        ends
        for table in (checked.pair_traffic, checked.base_shares)
        for ends in zip(table["exporter"], table["importer"], strict=True)
    }
    return subnetwork.checked_economies().issuperset(pair) and {pair, pair[::-1]} <= told


def _named(measure: Any) -> Iterable[str]:
    """Ids of crossings, places and road links that a measure names."""
    for field in ("crossings", "links"):
        yield from (str(name) for name in getattr(measure, field, None) or ())
    for field in ("from", "to"):
        value = getattr(measure, field, None) or getattr(measure, f"{field}_", None)
        if value:
            yield str(value)

