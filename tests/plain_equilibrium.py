"""The route equilibrium once more, one number at a time and without numpy: what the arrays are held against.

Queues and choices are brought to agree by averaging, not by Newton's method; nothing is shared with
``corridors.transport.assignment``, ``corridors.transport.arrays`` and ``corridors.transport.nested_logit``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from corridors.data import tables
from corridors.transport import queue as queueing
from corridors.transport.system import System

DAYS = 365.0


class PlainEquilibrium:
    """One case. ``levels`` are crossing figures after measures: (crossing, column) -> value."""

    def __init__(
        self,
        system: System,
        params: Mapping[str, float],
        levels: Mapping[tuple[str, str], float] | None = None,
        year: float | None = None,
        demand: Mapping[tuple[str, str], Sequence[float]] | None = None,
    ) -> None:
        self.system, self.p = system, dict(params)
        self.levels, self.demand = dict(levels or {}), dict(demand or {})
        self.years = 0.0 if year is None else year - self.p["traffic_base_year"]
        self.table = {str(name): row for name, row in system.network.crossings.iterrows()}
        self.classes = [(str(name), row) for name, row in tables.cargo_classes().set_index("cargo_class").iterrows()]
        self.traffic = {(r.exporter, r.importer): r for r in system.network.pair_traffic.itertuples()}
        self.base_queue = {x: self.queue(x, self.counts(x), before=True) for x in self.table}
        self.base_flow = dict.fromkeys(self.table, 0.0)
        self.known_nests: dict[Any, dict[str, list[int]]] = {}
        self.hidden: dict[Any, float] = {}
        self.trucks: dict[Any, float] = {}
        self.calibrate()
        self.steady = {x: max(self.counts(x) - self.base_flow[x], 0.0) for x in self.table}
        self.part = {x: min(1.0, self.counts(x) / self.base_flow[x]) if self.base_flow[x] else 1.0 for x in self.table}
        self.wait = self.agree()

    def figure(self, crossing: str, column: str, before: bool = False) -> float:
        value = float(self.table[crossing][column])
        if column == "closure_days_per_year" and self.table[crossing]["state"] != "shut":
            value = min(value * self.p["closure_days_factor"], DAYS)
        return value if before else self.levels.get((crossing, column), value)

    def counts(self, crossing: str) -> float:
        return float(self.table[crossing]["background_trucks_per_day"]) * self.p["background_traffic_factor"]

    def queue(self, crossing: str, load: float, before: bool = False) -> float:
        row = self.table[crossing]
        capacity = self.figure(crossing, "capacity_trucks_per_day", before)
        return float(
            queueing.queue_hours(
                load, capacity, row["lanes"], row["hours_open"], row["days_open_per_week"], row["variability"], row["longest_wait_days"]
            )
        )

    def routes(self, pair: tuple[str, str], origin: str, destination: str) -> list[int]:
        """Positions of a market's routes; both directions share them where nothing tells them apart."""
        ends = [(r.exporter, r.importer, r.origin, r.destination) for r in self.system.choices.routes]
        wanted = (*pair, origin, destination)
        if wanted not in ends:
            wanted = (pair[1], pair[0], destination, origin)
        return [i for i, end in enumerate(ends) if end == wanted]

    def markets(self) -> list[tuple[tuple[str, str], str, str, float]]:
        network = self.system.network
        return [
            ((a, b), origin, destination, w1 * w2)
            for a, b in self.system.pairs
            for origin, w1 in network.gateway(a, b)
            for destination, w2 in network.gateway(b, a)
        ]

    def usd_and_hours(self, number: int, wait: Mapping[str, float], before: bool) -> tuple[float, float]:
        """Dollars a tonne and hours of a route, borders and queues included."""
        p, route = self.p, self.system.choices.routes[number]
        usd = hours = 0.0
        for i in route.links:
            link = self.system.effects.links[i]
            if link.mode == "road":
                usd += link.usd_per_t * p["road_cost_factor"]
                hours += link.hours / p["road_speed_factor"]
            else:
                usd += link.usd_per_t * p["sea_cost_factor"]
                hours += (link.hours - link.wait_hours) * p["sea_time_factor"] + link.wait_hours
        for i in route.chain:
            service = self.system.effects.services[i]
            mode = {"rail_feeder": "rail"}.get(service.mode, service.mode)
            usd += service.usd_per_t * p[f"{mode}_cost_factor"]
            hours += service.hours * (p["sea_time_factor"] if mode == "sea" else 1.0) + service.wait_hours
        for x in route.crossings:
            usd += self.figure(x, "fee_usd_per_truck", before) / p["truck_payload_t"]
            hours += self.figure(x, "processing_hours", before) * p["processing_factor"] + wait[x]
        return usd, hours

    def attraction(self, number: int, name: str, wait: Mapping[str, float], before: bool) -> float:
        p, route, row = self.p, self.system.choices.routes[number], dict(self.classes)[name]
        if route.mode == "other":
            return math.exp(-p["route_scale"] * p["outside_cost"])
        usd, hours = self.usd_and_hours(number, wait, before)
        value = float(row["usd_per_t"]) * p["unit_value_factor"]
        cost = usd / value + float(row["value_of_a_day_multiplier"]) * p["value_of_a_day"] / 24.0 * hours
        weight = math.exp(-p["route_scale"] * cost)
        for x in route.crossings:
            weight *= 1.0 - self.figure(x, "closure_days_per_year", before) / DAYS
        return weight

    def nests(self, pair: Any, origin: str, destination: str, name: str) -> dict[str, list[int]]:
        if (pair, origin, destination, name) in self.known_nests:
            return self.known_nests[pair, origin, destination, name]
        by_road = bool(dict(self.classes)[name]["by_road"])
        found: dict[str, list[int]] = {}
        for i in self.routes(pair, origin, destination):
            route = self.system.choices.routes[i]
            cargo = "any" if route.mode == "other" else "truck" if route.service is None else self.system.effects.services[route.service].cargo
            if cargo == "any" or (cargo in ("truck", "container")) == by_road:
                found.setdefault(route.mode, []).append(i)
        self.known_nests[pair, origin, destination, name] = found
        return found

    def observed(self, pair: tuple[str, str], name: str, modes: Sequence[str]) -> dict[str, float]:
        shares = self.system.network.base_shares
        rows = shares[(shares["exporter"] == pair[0]) & (shares["importer"] == pair[1]) & (shares["cargo_class"] == name)]
        known = dict(zip(rows["mode"], rows["share"], strict=True))
        if not known and pair in self.traffic:
            road = float(self.traffic[pair].road_share)
            known = {"road": road, "other": 1.0 - road}
        known = {mode: known.get(mode, 0.0) for mode in modes}
        total = sum(known.values())
        if total > 0:
            return {mode: share / total for mode, share in known.items()}
        last = "other" if "other" in modes else list(modes)[-1]
        return {mode: float(mode == last) for mode in modes}

    def calibrate(self) -> None:
        """Hidden weights and truckloads of each market and class, and the flows of the base year."""
        phi = min(self.p["mode_dissimilarity"], 1.0)
        for pair, origin, destination, weight in self.markets():
            for name, row in self.classes:
                nests = self.nests(pair, origin, destination, name)
                pull = {i: self.attraction(i, name, self.base_queue, True) for rows in nests.values() for i in rows}
                sums = {mode: sum(pull[i] for i in rows) for mode, rows in nests.items()}
                share = self.observed(pair, name, list(nests))
                most = max(share.values())
                odds = {m: s if s == most else s * self.p["base_share_factor"] for m, s in share.items()}
                raw = {m: odds[m] * sums[m] ** -phi if sums[m] > 0 else 0.0 for m in nests}
                # Two modes that lead together bear the level between them.
                lead = sum(raw[m] for m in nests if share[m] == most)
                for m in nests:
                    self.hidden[pair, origin, destination, name, m] = raw[m] / lead
                part = {m: odds[m] / sum(odds.values()) for m in nests}
                key = (pair, origin, destination, name)
                value = float(row["usd_per_t"]) * self.p["unit_value_factor"]
                if pair in self.demand:
                    c = [n for n, _ in self.classes].index(name)
                    self.trucks[key] = weight * self.demand[pair][c] * 1e6 / value / float(row["truck_payload_t"]) / DAYS
                    continue
                counted = float(self.traffic[pair].road_trucks_per_day) if pair in self.traffic else 0.0
                on_road = part.get("road", 0.0)
                trucks = float(row["background_mix"]) * counted * weight * self.p["background_traffic_factor"]
                self.trucks[key] = trucks / on_road if on_road > 0 and bool(row["by_road"]) else 0.0
                for mode, rows in nests.items():
                    for i in rows:
                        for x in self.system.choices.routes[i].crossings:
                            self.base_flow[x] += self.trucks[key] * part[mode] * pull[i] / sums[mode] if sums[mode] else 0.0

    def choose(self, wait: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float], dict[Any, Any]]:
        """Loads of crossings, the study's part, and by market and class: shares of routes and composite cost."""
        phi = min(self.p["mode_dissimilarity"], 1.0)
        others, ours = dict.fromkeys(self.table, 0.0), dict.fromkeys(self.table, 0.0)
        found: dict[Any, Any] = {}
        for pair, origin, destination, _ in self.markets():
            for name, _row in self.classes:
                key = (pair, origin, destination, name)
                nests = self.nests(pair, origin, destination, name)
                pull = {i: self.attraction(i, name, wait, False) for rows in nests.values() for i in rows}
                sums = {mode: sum(pull[i] for i in rows) for mode, rows in nests.items()}
                tops = {m: sums[m] ** phi * self.hidden[(*key, m)] if sums[m] > 0 else 0.0 for m in nests}
                total = sum(tops.values())
                share = {
                    i: tops[m] / total * pull[i] / sums[m] if sums[m] > 0 else 0.0 for m, rows in nests.items() for i in rows
                }
                found[key] = share, -math.log(total) / (phi * self.p["route_scale"])
                into = ours if pair in self.demand else others
                for i, s in share.items():
                    for x in self.system.choices.routes[i].crossings:
                        into[x] += self.trucks[key] * s
        load = {}
        for x, row in self.table.items():
            rate = max(float(row["growth_percent"]) / 100 + float(row["growth_sd_percent"]) / 100 * self.p["background_traffic_growth"], -0.2)
            load[x] = (self.steady[x] + self.part[x] * others[x]) * (1 + rate) ** self.years + ours[x]
        return load, ours, found

    def agree(self) -> dict[str, float]:
        """Waits that bring forth themselves; each takes a share of the way that halves where it overshoots."""
        wait = dict(self.base_queue)
        pace, before = dict.fromkeys(wait, 1.0), dict.fromkeys(wait, 0.0)
        for _ in range(2000):
            load, _, _ = self.choose(wait)
            error = {x: self.queue(x, load[x]) - wait[x] for x in wait}
            if max(abs(e) / (1e-3 + wait[x]) for x, e in error.items()) < 1e-11:
                return wait
            for x, e in error.items():
                pace[x] = 0.5 * pace[x] if e * before[x] < 0 else min(1.2 * pace[x], 1.0)
                before[x] = e
                wait[x] += pace[x] * e
        raise AssertionError("the plain equilibrium does not settle")
