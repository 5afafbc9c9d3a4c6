"""Constant arrays of a solved system: choices by cargo class, crossings, and which crossings share routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from corridors.errors import NetworkError
from corridors.transport import choice_set, pair_values, same_borders, truck_values
from corridors.transport.choice_set import OUTSIDE, ChoiceSet
from corridors.transport.effects import Effects, Move
from corridors.transport.network import Network

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Group:
    """Cargo classes that choose among the same routes.

    ``rows`` are routes of the choice set; ``sum_nests`` (nests, rows) and ``sum_markets`` (markets,
    nests) add up; ``through`` (rows, X + S) and its transpose ``loads`` count passages of crossings
    and limited services.
    """

    classes: Index
    rows: Index
    nest_of_row: Index
    market_of_nest: Index
    sum_nests: sparse.csr_array
    sum_markets: sparse.csr_array
    through: sparse.csr_array
    loads: sparse.csr_array
    base_share: Array
    """(classes, nests) observed share; NaN for a mode that does not run in the base year."""
    road_nest: Index
    """(markets,) nest of the road in each market, or -1."""
    coupling: Coupling
    trucks_base: Array
    """(classes, markets) truckloads a day in the base year on the road, from counts; 0 where not counted."""
    variants: tuple[Index, ...]
    """Ways over the same borders by position in ``rows``; see :mod:`corridors.transport.same_borders`."""


@dataclass(frozen=True)
class Coupling:
    """Which crossings share routes, nests and markets: sums over routes as sparse matrices.

    ``members`` are the crossings it covers. ``pairs`` (2, Q) are pairs x <= y of positions in
    ``members``. ``together`` (Q, rows) sums over routes through both; ``visits`` (V, rows) sums
    over routes of a nest through one crossing, ``visit_nest`` (V,) names the nest. ``first``,
    ``second`` (U,) are visits of one nest, to be multiplied and summed by ``products`` (Q, U).
    ``far_first``, ``far_second`` (W,) and ``far_products`` (Q, W) are the same for visits of two
    nests of one market.
    """

    members: Index
    pairs: Index
    together: sparse.csr_array
    visits: sparse.csr_array
    visit_nest: Index
    first: Index
    second: Index
    products: sparse.csr_array
    far_first: Index
    far_second: Index
    far_products: sparse.csr_array


@dataclass(frozen=True)
class Layout:
    """All constant arrays of a system."""

    choices: ChoiceSet
    effects: Effects
    groups: tuple[Group, ...]
    shown: Index
    market_of_pair: sparse.csr_array
    """(P, markets) parts of each directed pair's trade."""
    market_weight: Array
    first_pair: Index
    """(markets,) a directed pair of each market."""
    link_hours: Array
    link_usd: Array
    capacity: Array
    lanes: Array
    processing: Array
    hours_open: Array
    days_open: Array
    variability: Array
    closure: Array
    usual_closure: Array
    """(X, 1) days a year shut in the base state where that is another than today's; else NaN."""
    shut: npt.NDArray[np.bool_]
    fee: Array
    background: Array
    growth: Array
    growth_sd: Array
    unit_value: Array
    """(P, C) dollars a tonne (:mod:`corridors.transport.pair_values`); of two directions that share
    a market the geometric mean."""
    piped: Array
    """(P, C) part of a pair's trade that flows through pipelines, whatever the ways cost."""
    day_multiplier: Array
    payload: Array
    through: sparse.csr_array
    through_crossings: sparse.csr_array
    over: sparse.csr_array
    needs: tuple[tuple[int, tuple[int, ...]], ...]
    """Routes by position, and measures without which each is not there."""
    tonnes_per_day: Array
    service_measure: Index
    economies: Mapping[str, tuple[str, ...]]
    """Economies that meet at each crossing."""
    counted: npt.NDArray[np.bool_]
    """(pairs,) whether the pair's trucks are part of the counted background traffic."""
    known: Array
    """(pairs, X) of them, those at each crossing, where a network says so; else 0."""
    trucks_of_a_load: Array
    """(pairs,) trucks that are counted for one that trade fills."""
    studied: npt.NDArray[np.bool_]
    """(markets,) whether the market is of the study's pair."""
    rest_day_multiplier: float
    """What a day costs the goods on the mean truck that belongs to no pair, against the mean good:
    by value of its mix."""
    truck_value: Array
    """(X, 1) dollars of goods on such a truck (:mod:`corridors.transport.truck_values`)."""


def lay_out(
    network: Network, effects: Effects, choices: ChoiceSet, classes: pd.DataFrame, shown: Index,
    limited: tuple[int, ...],
    study: Sequence[tuple[str, str]] = (),
) -> Layout:
    """Gather the constant arrays of a system."""
    table = network.crossings

    def column(name: str) -> Array:
        return np.asarray(table[name], dtype=float)[:, None]

    traffic = network.pair_traffic.set_index(["exporter", "importer"])["road_trucks_per_day"]
    counted = np.array([pair in traffic.index for pair in choices.pairs])
    shares = choice_set.base_shares(network, choices.pairs, list(classes.index))
    trucks = np.array([float(traffic[pair]) if pair in traffic.index else 0.0 for pair in choices.pairs])
    links = [effects.links[i] for i in choices.links_moved]
    return Layout(
        choices=choices,
        effects=effects,
        groups=_groups(choices, classes, shares, trucks, network.bulk_by_road),
        shown=shown,
        market_of_pair=_pairs_of_markets(choices),
        first_pair=np.array([m.pairs[0] for m in choices.markets], dtype=np.intp),
        market_weight=np.array([m.weight for m in choices.markets])[:, None],
        link_hours=np.array([link.hours for link in links])[:, None],
        link_usd=np.array([link.usd_per_t for link in links])[:, None],
        capacity=column("capacity_trucks_per_day"),
        lanes=column("lanes"),
        processing=column("processing_hours"),
        hours_open=column("hours_open"),
        days_open=column("days_open_per_week"),
        variability=column("variability"),
        closure=column("closure_days_per_year"),
        usual_closure=np.array([network.usual_closure_days.get(str(name), np.nan) for name in table.index])[:, None],
        shut=(table["state"] == "shut").to_numpy()[:, None],
        fee=column("fee_usd_per_truck"),
        background=column("background_trucks_per_day"),
        growth=column("growth_percent") / 100.0,
        growth_sd=column("growth_sd_percent") / 100.0,
        unit_value=_unit_values(network, choices),
        piped=pair_values.piped(network, choices.pairs),
        day_multiplier=classes["value_of_a_day_multiplier"].to_numpy(dtype=float),
        payload=classes["truck_payload_t"].to_numpy(dtype=float),
        through=sparse.csr_array(choices.through),
        through_crossings=sparse.csr_array(choices.through[:, : len(table)]),
        over=sparse.csr_array(choices.over),
        needs=tuple((r, route.needs) for r, route in enumerate(choices.routes) if route.needs),
        tonnes_per_day=np.array([effects.tonnes_per_day[i] for i in limited])[:, None],
        service_measure=np.array([effects.services[i].new for i in limited], dtype=np.intp),
        economies={name: network.economies[name] for name in network.crossing_names()},
        counted=counted,
        known=np.array([[network.at_crossings.get(pair, {}).get(str(c), 0.0) for c in table.index] for pair in choices.pairs]),
        trucks_of_a_load=np.array([network.trucks_of_a_load.get(pair, 1.0) for pair in choices.pairs]),
        studied=np.array([choices.pairs[m.pairs[0]] in study for m in choices.markets]),
        rest_day_multiplier=_rest_day(classes),
        truck_value=truck_values.at_crossings(network)["usd_per_truck"].to_numpy(dtype=float)[:, None],
    )


def _unit_values(network: Network, choices: ChoiceSet) -> Array:
    values = pair_values.worth(network, choices.pairs)
    for rows in {market.pairs for market in choices.markets if len(market.pairs) > 1}:
        values[list(rows)] = np.exp(np.log(values[list(rows)]).mean(axis=0))
    return values


def _rest_day(classes: pd.DataFrame) -> float:
    value = classes["background_mix"] * classes["usd_per_t"] * classes["truck_payload_t"]
    return float((value * classes["value_of_a_day_multiplier"]).sum() / value.sum())


def _groups(
    choices: ChoiceSet, classes: pd.DataFrame, shares: Mapping[tuple[int, str, str], float], trucks: Array,
    bulk: Mapping[tuple[str, str], tuple[float, float]],
) -> tuple[Group, ...]:  # fmt: skip
    by_road = classes["by_road"].to_numpy(dtype=bool)
    mix = classes["background_mix"].to_numpy(dtype=float)
    weight = np.array([m.weight for m in choices.markets])
    counted = np.array([sum(trucks[p] for p in m.pairs) for m in choices.markets]) * weight
    part = [bulk.get(pair, (0.0, 0.0))[1] for pair in choices.pairs]
    bulk_part = np.array([part[m.pairs[0]] for m in choices.markets])
    # Where no ship and no railway of today takes bulk, it goes by truck or not at all.
    served = {
        int(m)
        for m, cargo, route in zip(choices.market_of, choices.cargo, choices.routes, strict=True)
        if cargo in ("bulk", "any") and (route.service is None or not route.needs)
    }
    by_truck = bulk_part > 0.0
    by_truck[[m for m in range(len(choices.markets)) if m not in served]] = True
    groups = []
    for on_road in (True, False):
        members = np.flatnonzero(by_road == on_road)
        allowed = ("truck", "container", "any") if on_road else ("bulk", "any")
        rows = np.array(
            [
                r for r, cargo in enumerate(choices.cargo)
                if cargo in allowed or (cargo == "truck" and by_truck[choices.market_of[r]])
            ],
            dtype=np.intp,
        )  # fmt: skip
        if not members.size:
            continue
        # Routes are sorted by market and mode, so nests come in the order of markets.
        keys = [(int(choices.market_of[r]), choices.modes[r]) for r in rows]
        nests = list(dict.fromkeys(keys))
        number = {nest: n for n, nest in enumerate(nests)}
        nest_of_row = np.array([number[key] for key in keys], dtype=np.intp)
        market_of_nest = np.array([m for m, _ in nests], dtype=np.intp)
        lost = set(range(len(choices.markets))) - set(market_of_nest.tolist())
        if lost:
            market = choices.markets[min(lost)]
            exporter, importer = choices.pairs[market.pairs[0]]
            raise NetworkError(
                f"network: no route carries {classes.index[members[0]]} from {market.origin} ({exporter}) "
                f"to {market.destination} ({importer}); add a service to data/network/services.csv"
            )
        share = np.full((members.size, len(nests)), np.nan)
        for j, c in enumerate(members):
            for n, (m, mode) in enumerate(nests):
                share[j, n] = shares.get((choices.markets[m].pairs[0], str(classes.index[c]), mode), np.nan)
        road = np.full(len(choices.markets), -1, dtype=np.intp)
        for n, (m, mode) in enumerate(nests):
            if mode == "road":
                road[m] = n
        through = choices.through[rows]
        groups.append(
            Group(
                classes=members,
                rows=rows,
                nest_of_row=nest_of_row,
                market_of_nest=market_of_nest,
                sum_nests=_summing(nest_of_row, len(nests)),
                sum_markets=_summing(market_of_nest, len(choices.markets)),
                through=sparse.csr_array(through),
                loads=sparse.csr_array(through.T),
                base_share=_completed(share, market_of_nest, [mode for _, mode in nests]),
                road_nest=road,
                coupling=_coupling(through, nest_of_row, market_of_nest, np.flatnonzero(through.any(axis=0))),
                trucks_base=_mix(mix[members], on_road, bulk_part) * counted[None, :],
                variants=same_borders.variants(choices.same_borders[rows]),
            )
        )
    return tuple(groups)


def _mix(mix: Array, on_road: bool, bulk_part: Array) -> Array:
    """(classes, markets) parts of a market's trucks that carry each class; bulk shares out its part evenly."""
    if on_road:
        return np.asarray(mix[:, None] * (1.0 - bulk_part[None, :]))
    return np.asarray(np.broadcast_to(bulk_part[None, :] / mix.size, (mix.size, bulk_part.size)))


def _pairs_of_markets(choices: ChoiceSet) -> sparse.csr_array:
    matrix = np.zeros((len(choices.pairs), len(choices.markets)))
    for m, market in enumerate(choices.markets):
        matrix[list(market.pairs), m] = market.weight
    return sparse.csr_array(matrix)


def _summing(into: Index, count: int) -> sparse.csr_array:
    return sparse.csr_array((np.ones(into.size), (into, np.arange(into.size))), shape=(count, into.size))


def _coupling(through: Array, nest_of_row: Index, market_of_nest: Index, members: Index) -> Coupling:
    passes = through[:, members]
    nests = int(nest_of_row.max(initial=-1)) + 1
    visit_nest, visit_crossing = (
        axis.astype(np.intp) for axis in np.nonzero((_summing(nest_of_row, nests) @ passes) > 0)
    )
    visits = passes[:, visit_crossing].T * (nest_of_row[None, :] == visit_nest[:, None])
    near, far = [np.zeros((2, 0), dtype=np.intp)], [np.zeros((2, 0), dtype=np.intp)]
    for market in np.unique(market_of_nest[visit_nest]):
        here = np.flatnonzero(market_of_nest[visit_nest] == market)
        i, j = np.triu_indices(here.size)
        both = np.stack([here[i], here[j]])
        same = visit_nest[both[0]] == visit_nest[both[1]]
        near.append(both[:, same])
        far.append(both[:, ~same])
    first, second = np.concatenate(near, axis=1)
    far_first, far_second = np.concatenate(far, axis=1)
    ends = np.sort(
        np.stack(
            [visit_crossing[np.r_[first, far_first]], visit_crossing[np.r_[second, far_second]]]
        ),
        axis=0,
    )
    pairs, position = np.unique(ends, axis=1, return_inverse=True)
    position = position.reshape(-1)
    # Two nests that meet at one crossing meet there in both orders.
    twice = np.where(visit_crossing[far_first] == visit_crossing[far_second], 2.0, 1.0)
    near_at, far_at = position[: first.size], position[first.size :]
    return Coupling(
        members=members,
        pairs=pairs,
        together=sparse.csr_array((passes[:, pairs[0]] * passes[:, pairs[1]]).T),
        visits=sparse.csr_array(visits),
        visit_nest=visit_nest,
        first=first,
        second=second,
        products=_summing(near_at, pairs.shape[1]),
        far_first=far_first,
        far_second=far_second,
        far_products=sparse.csr_array((twice, (far_at, np.arange(far_at.size))), shape=(pairs.shape[1], far_at.size)),
    )


def _completed(share: Array, market_of_nest: Index, mode: list[str]) -> Array:
    """Shares that add to one over the modes a market has today; a mode without a row stays NaN.

    A market for which nothing is known gives all to the ways outside the network, or to its last
    mode.
    """
    result = share.copy()
    for m in np.unique(market_of_nest):
        nests = np.flatnonzero(market_of_nest == m)
        for j in range(share.shape[0]):
            known = np.nan_to_num(share[j, nests])
            if known.sum() > 0:
                result[j, nests] = np.where(np.isnan(share[j, nests]), np.nan, known / known.sum())
            else:
                result[j, nests] = np.nan
                result[j, next((n for n in nests if mode[n] == OUTSIDE), nests[-1])] = 1.0
    return result


def placed(moves: Sequence[Move], links_moved: Index) -> list[Move]:
    """Moves of links by position among the links that are moved at all."""
    position = {int(link): k for k, link in enumerate(links_moved)}
    return [Move(position[m.index], m.measure, m.level) for m in moves]
