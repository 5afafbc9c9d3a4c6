"""Who takes which route: nested logit and queues in one equilibrium, thousands of cases at once.

A shipper of cargo class ``c`` compares routes by generalised cost as a share of the goods' value,
``g = money / value + (cost of a day) * days``. Routes of one mode are closer substitutes than
modes: a nested logit (McFadden 1978) with scale ``lambda`` within a mode and ``phi lambda`` between
modes, ``phi <= 1``. Choices load the crossings, crossings set the hours, hours move the choices:
the stochastic user equilibrium (Daganzo and Sheffi 1977) is the one set of hours that agrees with
itself.

*Availability.* A route through crossings that are shut on a share ``q`` of days weighs ``1 - q``
for each of them (Manski 1977): at ``q = 1`` nobody takes it.

*Hidden cost.* Each mode has a constant for each pair and class such that, in every draw, the base
year's shares come out as observed: a draw that contradicts the base year would be no forecast. Its
uncertainty enters through the shares themselves (``base_share_factor``) and through all costs and
scales that it depends on. It stays in every scenario; only a what-if keeps less of it on the
study's roads (``road_hidden_kept``). A mode that does not run in the base year bears
``new_service_hidden_share`` of the road's.

*Background.* A crossing carries its counted traffic. What other pairs of the network shift on or
off it, against the base year, comes on top, growing as the count does; so does the study's own
trade.

Everything is computed for B cases (draws, subsets of measures, years) side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from corridors.data import tables
from corridors.errors import DataError, NetworkError, nearest
from corridors.transport import arrays as layout
from corridors.transport import assignment, choice_set, hidden
from corridors.transport import effects as measure_effects
from corridors.transport import network as network_module
from corridors.transport.cases import Cases, Start
from corridors.transport.choice_set import ChoiceSet
from corridors.transport.effects import Effects
from corridors.transport.feedback import Feedback
from corridors.transport.network import Network
from corridors.transport.routes import Route
from corridors.uncertainty import draws

Array = npt.NDArray[np.float64]
Pair = tuple[str, str]

PARAMETERS = (
    "value_of_a_day", "road_cost_factor", "sea_cost_factor", "sea_time_factor", "rail_cost_factor", "air_cost_factor",
    "road_speed_factor", "processing_factor", "background_traffic_factor", "background_traffic_growth", "route_scale",
    "mode_dissimilarity", "base_share_factor", "new_service_hidden_share", "unit_value_factor", "closure_days_factor",
    "outside_cost", "truck_payload_t", "traffic_base_year", "road_hidden_kept", "trade_elasticity", "rest_elasticity",
    "truck_day_usd", "reliability_ratio", *hidden.PARAMETERS,
)  # fmt: skip
_CONSTANTS = ("tonnes_per_teu", "tonnes_per_flight")


@dataclass(frozen=True)
class TransportState:
    """A solved system: B cases, P pairs, R routes shown, C cargo classes, X crossings.

    composite_cost: (B, P, C) log-sum cost as a share of goods value; only its changes mean
    anything.
    mean_cost: (B, P, C) money and time of the routes that are taken, weighted by their shares,
    likewise.
    kept: (B, P, C) ln of what each class keeps of the trade of the base state at its price, before
    the rest of the world responds.
    price_factor: (B, P, C) delivered price over that of the base year, ``(1 + g0 + dc) / (1 + g0)``
        with money and time ``g0`` in the base year and the change ``dc`` of the log-sum since.
        Trade of a class is ``price_factor^-theta`` times that of the base state, before the rest of
        the world responds; where no way is open the factor is near a million. The ratio of two
        states' is the cost factor of the measures between them, and users' gain is the area under
        the demand between the two prices.
    route_share: (B, R, C) share of the pair's goods of a class; adds to one over a pair's routes.
    route_hours, route_usd_per_t: (B, R) door to door, queues included, hidden costs left out.
    hidden_usd_per_t: (B, R, C) calibrated hidden cost of the route's mode, in dollars a tonne.
    route_trucks_per_day: (B, R) truckloads a calendar day on the route, of all directions that
    share its market.
    crossing_hours: (B, X) from arrival to release; queue_hours: (B, X) the queue's part of it.
    capacity_hours: (B, X) the queue beyond that of an empty crossing: what more capacity could take
    away.
    shadow_price_usd_per_truck: (B, X) what these hours cost a truck with the mean load: the
    multiplier of the constraint that no more can pass than passes, and what a slot without a queue
    would sell for. crossing_load_trucks_per_day, crossing_capacity: (B, X) trucks a calendar day,
    never more than can pass over
        the year, and trucks a day of opening.
    study_trucks_per_day: (B, X) of the load, the trade passed as demand; rest_trucks_per_day: (B,
        X) what belongs to no pair of the network.
    open_share: (B, X) share of days on which the crossing is open.
    service_load, service_capacity: (B, S) truckloads a day on new services that have a limit
        (trains, flights). One that fills rations its room by price; service_premium_hours: (B, S)
        is that premium, in hours at a border that would cost the same. Composite costs hold it,
        route_hours do not.
    gap: (B,) relative gap of the equilibrium; rounds: of Newton's method, of the slowest case;
        settled: (B,) whether the gap was reached.
    shift: (B, P) the factor on demand that was passed.
    place: (B, X + S) where the iteration ended, for another that is to begin there.
    """

    composite_cost: Array
    mean_cost: Array
    kept: Array
    price_factor: Array
    route_share: Array
    route_hours: Array
    route_usd_per_t: Array
    hidden_usd_per_t: Array
    route_trucks_per_day: Array
    crossing_hours: Array
    queue_hours: Array
    capacity_hours: Array
    shadow_price_usd_per_truck: Array
    crossing_load_trucks_per_day: Array
    crossing_capacity: Array
    study_trucks_per_day: Array
    rest_trucks_per_day: Array
    open_share: Array
    service_load: Array
    service_capacity: Array
    service_premium_hours: Array
    shift: Array
    gap: Array
    place: Array
    rounds: int
    settled: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class System:
    """A network with its measures and all choices, ready to be solved. Build it with :func:`compile_system`."""

    network: Network
    effects: Effects
    choices: ChoiceSet
    study: tuple[Pair, ...]
    shown: npt.NDArray[np.intp]
    """Positions in ``choices.routes`` of the routes that a solved state has arrays for."""
    classes: pd.DataFrame
    layout: layout.Layout

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Directed pairs (exporter, importer), the P axis."""
        return self.choices.pairs

    @property
    def routes(self) -> tuple[Route, ...]:
        """Routes of the R axis of a state."""
        return tuple(self.choices.routes[r] for r in self.shown)

    @property
    def cargo_classes(self) -> tuple[str, ...]:
        """Names of the C axis."""
        return tuple(self.classes.index)

    @property
    def crossings(self) -> tuple[str, ...]:
        """Names of the X axis."""
        return self.network.crossing_names()

    @cached_property
    def own_part(self) -> Array:
        """(X,) what part of the trucks counted at each crossing in the base year are the study's own, central case."""
        values = {name: draws.central()[name] for name in PARAMETERS}
        cases = Cases(values, np.zeros((1, self.effects.count)), values["traffic_base_year"], {}, np.ones((1, 1)))
        base = assignment.block(self.layout, cases, 1, 0, 1)
        return np.asarray((base.studied() / np.maximum(base.counts, 1e-12))[:, 0])

    def pair_index(self, exporter: str, importer: str) -> int:
        """Position of a directed pair, or NetworkError."""
        if (exporter, importer) not in self.pairs:
            known = [f"{a}-{b}" for a, b in self.pairs]
            raise NetworkError(
                f"network: pair {exporter}-{importer} is not solved{nearest(f'{exporter}-{importer}', known)}"
            )
        return self.pairs.index((exporter, importer))

    def solve(
        self,
        params: Mapping[str, npt.ArrayLike],
        active: npt.ArrayLike | None = None,
        year: npt.ArrayLike | None = None,
        demand: Mapping[Pair, npt.ArrayLike] | None = None,
        tolerance: float = 1e-8,
        start: float = 1.0,
        near: TransportState | Array | None = None,
        shift: npt.ArrayLike = 1.0,
    ) -> TransportState:
        """The equilibrium of B cases.

        Parameters
        ----------
        params: arrays of shape (B,) or (1,) by name; needs :data:`PARAMETERS`.
        active: (B, M) or (M,) how far each measure is in place, 0 to 1; None: not at all.
        year: (B,) or a number, for the growth of background traffic; None: its base year.
        demand: trade of the study in million dollars by directed pair, (B, C) or (C,) in the order
            of ``cargo_classes``; None: none, which leaves the study's trucks out of the queues.
        tolerance: relative gap to reach.
        start: the queues from which the iteration starts, as a multiple of the base year's. The
            answer does not depend on it.
        near: a state of the same crossings and services, of as many cases or one, to start from
            instead, or ``place`` of one in which measures are not in place (B, X): services left
            out. A case that differs from it in nothing ends where it began, to the last bit.
        shift: (B, P) factor on each pair's demand beside that of its own cost: what the rest of
            world trade makes of it.

        Raises NotConverged if more than one case in a thousand does not reach the gap (of 64 to
        1,000 draws one, of fewer none; those left out are marked in ``settled``), DataError if a
        parameter is missing.
        """
        return self._solve(params, active, year, demand, tolerance, start, near, shift, None)[0]

    def solve_with(
        self,
        feedback: Feedback,
        params: Mapping[str, npt.ArrayLike],
        active: npt.ArrayLike | None = None,
        year: npt.ArrayLike | None = None,
        demand: Mapping[Pair, npt.ArrayLike] | None = None,
        near: TransportState | Array | None = None,
    ) -> tuple[TransportState, dict[str, Array]]:
        """The equilibrium of B cases in which demand is what ``feedback`` makes of prices, and what that gives.

        The others as in :meth:`solve`. ``shift`` of the state is the factor on demand that was
        found.
        """
        return self._solve(params, active, year, demand, 1e-8, 1.0, near, 1.0, feedback)

    def _solve(
        self, params: Mapping[str, npt.ArrayLike], active: npt.ArrayLike | None, year: npt.ArrayLike | None,
        demand: Mapping[Pair, npt.ArrayLike] | None, tolerance: float, start: float,
        near: TransportState | Array | None,
        shift: npt.ArrayLike, feedback: Feedback | None,
    ) -> tuple[TransportState, dict[str, Array]]:  # fmt: skip
        values = {
            name: np.atleast_1d(np.asarray(_parameter(params, name), dtype=float))
            for name in PARAMETERS
        }
        phases = (
            np.zeros((1, self.effects.count))
            if active is None
            else np.atleast_2d(np.asarray(active, dtype=float))
        )
        if phases.shape[-1] != self.effects.count:
            raise NetworkError(f"choice: active has {phases.shape[-1]} columns for {self.effects.count} measures")
        years = values["traffic_base_year"] if year is None else np.atleast_1d(np.asarray(year, dtype=float))
        traded = {pair: np.atleast_2d(np.asarray(value, dtype=float)) for pair, value in (demand or {}).items()}
        own = {self.pairs[p] for p in self.layout.first_pair}
        for exporter, importer in traded:
            self.pair_index(exporter, importer)
            if (exporter, importer) not in own:
                raise NetworkError(f"choice: demand for {exporter}-{importer} needs a system compiled with it as study")
        sizes = [v.shape[0] for v in values.values()] + [
            phases.shape[0],
            years.shape[0],
            *(v.shape[0] for v in traded.values()),
        ]
        moved = np.atleast_2d(np.asarray(shift, dtype=float))
        sizes += [moved.shape[0], 1 if feedback is None else feedback.cases]
        count = max(sizes)
        if any(size not in (1, count) for size in sizes):
            raise NetworkError(f"choice: cases disagree: {sorted(set(sizes))} rows")
        first = Start(factor=start)
        if isinstance(near, TransportState):
            if near.place.shape == (near.gap.size, len(self.crossings) + self.layout.tonnes_per_day.shape[0]):
                first = Start(
                    near.place,
                    near.crossing_load_trucks_per_day,
                    near.crossing_capacity,
                    near.open_share,
                    near.service_capacity,
                )
        elif near is not None and near.shape[-1] == len(self.crossings):
            first = Start(near)
        cases = Cases(values, phases, years, traded, moved)
        found = assignment.solve(self.layout, cases, count, tolerance, first, feedback)
        more = {name: found.pop(name) for name in (() if feedback is None else feedback.shapes)}
        return TransportState(**found), more


def compile_system(
    network: Network | None = None,
    measures: Sequence[Any] = (),
    pairs: Sequence[Pair] | None = None,
    study: Sequence[str] | Sequence[Pair] | None = None,
) -> System:
    """All choices of all pairs under any subset of ``measures``, as arrays.

    Parameters
    ----------
    network: from :func:`corridors.transport.network.load`; None reads it.
    measures: objects with ``kind`` and the fields of that kind
    (:mod:`corridors.scenario.measures`).
    pairs: directed pairs to solve; None: every pair of ``pair_traffic`` and ``base_shares``, and
    the study's.
    study: the pair whose routes are enumerated in detail and shown in the state: two ISO3 codes
        (both directions) or directed pairs. None: every pair's routes are shown.

    Raises NetworkError for unknown names, with the nearest valid one.
    """
    network = network if network is not None else network_module.load()
    focus = _directed(study)
    known = list(dict.fromkeys([*zip(network.base_shares["exporter"], network.base_shares["importer"], strict=True),
                                *zip(
                                    network.pair_traffic["exporter"],
                                    network.pair_traffic["importer"], strict=True,
                                )]))  # fmt: skip
    wanted = tuple(dict.fromkeys([*focus, *(known if pairs is None else pairs)]))
    constants = tables.parameters().set_index("parameter")["central"]
    effects = measure_effects.read(network, measures, {name: float(constants[name]) for name in _CONSTANTS})
    limited = tuple(effects.tonnes_per_day)
    detailed = focus or tuple(
        dict.fromkeys(
            zip(network.base_shares["exporter"], network.base_shares["importer"], strict=True)
        )
    )
    choices = choice_set.build(network, effects, wanted, detailed, limited)
    shown_pairs = set(focus or wanted)
    shown = np.array(
        [
            r
            for r, route in enumerate(choices.routes)
            if (route.exporter, route.importer) in shown_pairs
        ],
        dtype=np.intp,
    )
    classes = tables.cargo_classes().set_index("cargo_class")
    arrays = layout.lay_out(network, effects, choices, classes, shown, limited, focus)
    return System(network, effects, choices, focus, shown, classes, arrays)


def _directed(study: Sequence[str] | Sequence[Pair] | None) -> tuple[Pair, ...]:
    if study is None or len(study) == 0:
        return ()
    if len(study) == 2 and all(isinstance(code, str) for code in study):
        a, b = (str(code) for code in study)
        return ((a, b), (b, a))
    return tuple((str(pair[0]), str(pair[1])) for pair in study)


def _parameter(params: Mapping[str, npt.ArrayLike], name: str) -> npt.ArrayLike:
    if name not in params:
        raise DataError(f"parameters: {name} is missing; data/parameters.csv should have it")
    return params[name]
