"""Sentences that a user must see: why a pair has no way, and measures that cannot do anything as things are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from corridors.data import names, world_names
from corridors.transport.frames import BINDING_QUEUE_HOURS
from corridors.transport.world_network.study import is_train
from corridors.transport.world_network.subnetwork import port_of

if TYPE_CHECKING:
    from corridors.study.counterfactual import Chain
    from corridors.transport.system import TransportState

_MOST_NAMED = 3
SHUT_ALL_YEAR = 365.0
"""Days a year of a closure that opens nothing."""


def remarks(chain: Chain, measures: Sequence[Any]) -> tuple[str, ...]:
    """What the network says of the pair, then measures at crossings that are shut whatever the others do, and at those that no
    way of the pair passes."""
    return (*chain.messages, *on_measures(chain, measures))


def on_measures(chain: Chain, measures: Sequence[Any]) -> list[str]:
    """What of :func:`remarks` is about measures."""
    shut = _shut(chain)
    return [
        *_at_shut_crossings(shut, measures),
        *_shut_by_another(shut, measures),
        *_over_shut_borders(chain, shut, measures),
        *_cuts(chain, shut, measures),
        *_opened_as_estimated(chain, shut, measures),
        *_gains_of_others(chain, measures),
        *_no_known_port(chain, measures),
        *_on_no_way(chain, shut, measures),
    ]


def _on_no_way(chain: Chain, shut: Mapping[str, str], measures: Sequence[Any]) -> list[str]:
    """A sentence for each measure at crossings that no way of the pair passes: whose trade it can move instead."""
    if chain.system is None or not chain.on_network:
        return []
    passing: dict[str, set[tuple[str, ...]]] = {}
    for route in chain.system.choices.routes:
        for crossing in route.crossings:
            passing.setdefault(crossing, set()).add(tuple(sorted((route.exporter, route.importer))))
    own = tuple(sorted(chain.study))
    untold = set(chain.system.crossings) - set(shut)
    found = []
    for measure in measures:
        off = [c for c in getattr(measure, "crossings", None) or () if c in untold and own not in passing.get(c, ())]
        if off:
            others = _largest(chain, {pair for c in off for pair in passing.get(c) or _joined_by(c)})
            there = "" if len(off) == len(measure.crossings) else " there"
            found.append(
                f"{_listed(names.economies()[code] for code in chain.study)} have no way over "
                f"{_listed([names.short_name(c) for c in off], 'or')}: \u201c{measure.label}\u201d can move their trade{there} only "
                f"through that of others ({'; '.join(_listed(names.economies().get(code, code) for code in pair) for pair in others)})."
            )
    return found


def _largest(chain: Chain, pairs: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The few pairs that trade most with each other."""
    trade = chain.base_trade

    def musd(pair: tuple[str, ...]) -> float:
        known = len(pair) == 2 and set(pair) <= set(trade.index)
        return float(trade.loc[pair[0], pair[1]] + trade.loc[pair[1], pair[0]]) if known else 0.0

    return sorted(pairs, key=lambda pair: (-musd(pair), pair))[:_MOST_NAMED]


def _shut_by_another(shut: Mapping[str, str], measures: Sequence[Any]) -> list[str]:
    """A sentence for each measure at crossings that another measure of the scenario shuts all year, and which are open today."""
    found = []
    for shutting in (m for m in measures if m.kind == "closure" and m.days_per_year >= SHUT_ALL_YEAR):
        for other in measures:
            both = [c for c in getattr(other, "crossings", None) or () if c in shutting.crossings and c not in shut]
            if both and other.kind != "closure":
                places = _listed(names.short_name(c) for c in both)
                found.append(f"\u201c{shutting.label}\u201d: \u201c{other.label}\u201d does nothing at {places} from {shutting.start} on.")
    return found


def _over_shut_borders(chain: Chain, shut: Mapping[str, str], measures: Sequence[Any]) -> list[str]:
    """A sentence for each new railway between neighbours whose crossings by road are all shut and stay so: it is taken to run."""
    found = []
    for measure in measures:
        if not measure.adds_a_way or getattr(measure, "mode", "") != "rail":
            continue
        ends = {chain.network.economies[chain.network.place(place)][0] for place in (measure.from_, measure.to)}
        between = {c for c in chain.network.crossings.index if set(chain.network.economies[c]) == ends}
        if len(ends) == 2 and between and between <= set(shut) - _opened(measures):
            economies = _listed(names.economies()[code] for code in sorted(ends))
            found.append(
                f"\u201c{measure.label}\u201d is taken to run although every crossing by road between {economies} is shut today; "
                f"what it does rests on that."
            )
    return found


def _cuts(chain: Chain, shut: Mapping[str, str], measures: Sequence[Any]) -> list[str]:
    """A sentence for each capacity that is less than what open crossings are taken to pass today."""
    found = []
    for measure in measures:
        if measure.kind != "border_capacity":
            continue
        here = [c for c in measure.crossings if c in chain.network.crossings.index and c not in shut]
        cut = {c: _capacity(chain, c) for c in here if measure.trucks_per_day < round(_capacity(chain, c))}
        if cut:
            passing = _listed(f"{today:,.0f} at {names.short_name(c)}" for c, today in cut.items())
            estimate = " (an estimate)" if any(_is_estimate(chain, c) for c in cut) else ""
            found.append(f"\u201c{measure.label}\u201d is a cut: as many as {passing} are taken to be able to pass today{estimate}.")
    return found


def _opened_as_estimated(chain: Chain, shut: Mapping[str, str], measures: Sequence[Any]) -> list[str]:
    """A sentence for crossings that open again with a capacity that nobody has counted and no measure states."""
    guessed = _guessed(chain, shut, measures)
    if not guessed:
        return []
    passing = _listed(f"{_capacity(chain, c):,.0f} at {names.short_name(c)}" for c in guessed)
    return [
        f"Nobody has counted how many trucks a day can pass once it is open: {passing} are estimates from the time that it is shut; "
        f"state it by a border_capacity measure."
    ]


def _gains_of_others(chain: Chain, measures: Sequence[Any]) -> list[str]:
    """A sentence for new links and trains where no trade but the pair's own is solved."""
    if chain.system is None or not chain.network.compiled or not set(chain.system.pairs) <= {chain.study, chain.study[::-1]}:
        return []
    found = [f"\u201c{m.label}\u201d" for m in measures if m.kind in ("new_link", "rail_service")]
    if not found:
        return []
    return [f"What other pairs of economies gain by {_listed(found)}, and trade inside one, is not counted: the trade of this pair alone is."]


def _no_known_port(chain: Chain, measures: Sequence[Any]) -> list[str]:
    """A sentence for each railway and train that no way of the pair takes and that ends at no port whose ships are known."""
    if chain.system is None or not chain.network.compiled:
        return []
    used = {m for route in chain.system.routes for m in route.needs}
    found = []
    for number, measure in enumerate(measures):
        if number in used or not is_train(measure):
            continue
        ends = [chain.network.place(end) for end in (measure.from_, measure.to)]
        if all(port_of(end) is None for end in ends):
            found.append(
                f"No port whose ships are known (data/world/ports.csv) lies at {_listed([names.short_name(e) for e in ends], 'or')}: "
                f"goods on \u201c{measure.label}\u201d can go on by road alone."
            )
    return found


def _guessed(chain: Chain, shut: Iterable[str], measures: Sequence[Any]) -> list[str]:
    """Crossings that open again with a capacity that nobody has counted and no measure states."""
    if not chain.network.compiled:
        return []
    stated = {c for m in measures if m.kind == "border_capacity" for c in m.crossings}
    return [c for c in shut if c in _opened(measures) - stated and _is_estimate(chain, c)]


def full_once_open(chain: Chain, measures: Sequence[Any], years: Sequence[int], after: TransportState | None) -> tuple[str, ...]:
    """A sentence where crossings that open with a capacity nobody counted are full from the first year, ``after`` (T cases) being the
    central case with the measures year by year: the answer hangs on that figure."""
    if after is None or chain.system is None:
        return ()
    full = []
    for crossing in _guessed(chain, _shut(chain), measures):
        x = chain.system.crossings.index(crossing)
        from_ = [m.start for m in measures if m.kind == "closure" and crossing in m.crossings]
        open_ = np.flatnonzero((np.asarray(years) >= min(from_)) & (after.open_share[:, x] > 0.0))
        if open_.size and after.capacity_hours[open_[0], x] > BINDING_QUEUE_HOURS:
            full.append(f"{names.short_name(crossing)} ({_capacity(chain, crossing):,.0f} trucks a day, from {years[int(open_[0])]})")
    if not full:
        return ()
    return (
        f"Full from the first year that it is open: {_listed(full)}. What is gained hangs on that capacity, which is an estimate; "
        f"with another, stated by a border_capacity measure, the answer is another.",
    )


def _opened(measures: Sequence[Any]) -> set[str]:
    """Crossings that a measure leaves open for a part of the year."""
    return {c for m in measures if m.kind == "closure" and m.days_per_year < SHUT_ALL_YEAR for c in m.crossings}


def _capacity(chain: Chain, crossing: str) -> float:
    return float(chain.network.crossings.loc[crossing, "capacity_trucks_per_day"])


def _is_estimate(chain: Chain, crossing: str) -> bool:
    """Whether nobody has counted a crossing's capacity."""
    return "capacity" in str(chain.network.crossings.loc[crossing].get("estimates", ""))


def before_the_data(years: Sequence[int], known: int) -> tuple[str, ...]:
    """That years which lie before ``known``, the year of traffic and borders, are no account of what was then."""
    if not years or years[-1] >= known:
        return ()
    return (
        f"The years asked lie before {known}, of which traffic, capacities and the state of borders are: what follows is no account "
        f"of what happened then.",
    )


def _joined_by(crossing: str) -> list[tuple[str, ...]]:
    checked = {place: tuple(sorted(both.split("-"))) for place, both in names.rows_of("network/places.csv", "place", "economies")}
    codes = checked.get(crossing) or world_names.economies_of(crossing)
    return [tuple(sorted(codes))] if codes else []


def _listed(words: Iterable[str], last: str = "and") -> str:
    *most, end = words
    return f"{', '.join(most)} {last} {end}" if most else end


def unsettled(count: int, draws: int) -> tuple[str, ...]:
    """A sentence where ``count`` of the ``draws`` simulated futures have been left out because
    queues and choices did not come to agree."""
    if not count:
        return ()
    were = "was" if count == 1 else "were"
    return (
        f"{count:,} of {draws:,} simulated futures {were} left out: the queues at crossings and "
        f"the choice of ways did not come to agree there.",
    )


def _shut(chain: Chain) -> Mapping[str, str]:
    """Crossings of the chain's network that are shut in the base state, with the date since when."""
    table = chain.network.crossings
    rows = table[table["state"] == "shut"]
    return {str(name): str(since or "") for name, since in zip(rows.index, rows["state_since"].fillna(""), strict=True)}


def _at_shut_crossings(shut: Mapping[str, str], measures: Sequence[Any]) -> list[str]:
    found, opened = [], _opened(measures)
    for crossing, since in shut.items():
        if crossing in opened:
            continue
        idle = [m.label for m in measures if m.kind != "closure" and crossing in (getattr(m, "crossings", None) or ())]
        if idle:
            dated = f" since {since}" if since else ""
            labels = " and ".join(f"\u201c{label}\u201d" for label in idle)
            does = "does" if len(idle) == 1 else "do"
            found.append(
                f"{names.short_name(crossing)} {'has been' if since else 'is'} shut{dated}: "
                f"{labels} {does} nothing there while it stays shut."
            )
    return found
