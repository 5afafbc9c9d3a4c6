"""The route equilibrium once more, one number at a time and without numpy: what the arrays are held against.

Queues and choices are brought to agree by steps that halve where they overshoot, not by Newton's method; nothing is
shared with ``corridors.transport.assignment``, ``arrays`` and ``nested_logit``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from corridors.data import tables
from corridors.transport import pair_values, truck_values
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
        self.loads = truck_values.at_crossings(system.network)["usd_per_truck"].to_dict()
        self.usd_per_t = self.values_of_pairs()
        self.traffic = {(r.exporter, r.importer): r for r in system.network.pair_traffic.itertuples()}
        theta = self.p["trade_elasticity"]
        self.scale = max(self.p["route_scale"], theta)
        self.phi = min(max(self.p["mode_dissimilarity"], theta / self.scale), 1.0)
        self.base_queue = {x: self.queue(x, self.counts(x), before=True) for x in self.table}
        self.base_flow = dict.fromkeys(self.table, 0.0)
        self.sizes: dict[int, float] = {}
        self.known_nests: dict[Any, dict[str, list[int]]] = {}
        self.hidden: dict[Any, float] = {}
        self.trucks: dict[Any, float] = {}
        self.calibrate()
        self.fit_counts()
        self.wait = self.agree()

    def values_of_pairs(self) -> dict[tuple[tuple[str, str], str], float]:
        """Dollars a tonne by pair and class; where one direction uses the other's routes both have the geometric mean."""
        names = [name for name, _ in self.classes]
        table = pair_values.worth(self.system.network, self.system.pairs)
        own = {(pair, name): float(v) for pair, row in zip(self.system.pairs, table, strict=True) for name, v in zip(names, row, strict=True)}
        routed = {(r.exporter, r.importer) for r in self.system.choices.routes}
        found = dict(own)
        for pair, name in own:
            back = (pair[1], pair[0])
            if back in self.system.pairs and not {pair, back} <= routed:
                found[pair, name] = math.sqrt(own[pair, name] * own[back, name])
        return found

    def fit_counts(self) -> None:
        """Counted pairs stand for fewer trucks where they would be more than were counted; what is left over is the rest."""
        sent = self.sent
        part = dict.fromkeys(sent, 1.0)
        for x in self.table:
            ratio = min(1.0, self.counts(x) / self.base_flow[x]) if self.base_flow[x] else 1.0
            for key in part:
                if self.passed.get((key, x), 0.0) > 1e-3 * sent[key]:
                    part[key] = min(part[key], ratio)
        counted = {x: sum(part[key] * self.passed.get((key, x), 0.0) for key in part) for x in self.table}
        self.rest = {x: max(self.counts(x) - counted[x], 0.0) for x in self.table}
        self.wait_zero = {
            x: self.base_queue[x] if counted[x] <= self.counts(x) else self.queue(x, min(counted[x], 0.98 * self.usual(x)), before=True)
            for x in self.table
        }
        for key, trucks in self.trucks.items():
            market, name = key[:3], key[3]
            if market[0] in self.demand:
                continue
            group = (market, self.by_road(name))
            self.trucks[key] = trucks * part.get(market, 1.0) * self.growth.get(group, 1.0)

    def rate(self, crossing: str) -> float:
        row = self.table[crossing]
        rate = float(row["growth_percent"]) / 100 + float(row["growth_sd_percent"]) / 100 * self.p["background_traffic_growth"]
        return float((1 + max(rate, -0.2)) ** self.years)

    def bulk(self, pair: tuple[str, str]) -> tuple[float, float]:
        """Share of the pair's bulk by truck, and part of its trucks with bulk."""
        return self.system.network.bulk_by_road.get(pair, (0.0, 0.0))

    def by_road(self, name: str) -> bool:
        return bool(dict(self.classes)[name]["by_road"])

    def usual(self, crossing: str, before: bool = True) -> float:
        """What passes a calendar day; as if open where it is shut."""
        row = self.table[crossing]
        open_share = 1.0 - self.figure(crossing, "closure_days_per_year", before) / DAYS
        return float(self.figure(crossing, "capacity_trucks_per_day", before) * row["days_open_per_week"] / 7.0 * (open_share or 1.0))

    def border_hour(self, pair: tuple[str, str], name: str) -> float:
        """What an hour at a border costs, as a share of the value of the goods."""
        row = dict(self.classes)[name]
        truck = self.usd_per_t[pair, name] * self.p["unit_value_factor"] * float(row["truck_payload_t"])
        time = float(row["value_of_a_day_multiplier"]) * self.p["value_of_a_day"] * (1.0 + self.p["reliability_ratio"])
        return (time + self.p["truck_day_usd"] / truck) / 24.0

    def rest_at(self, crossing: str, wait: float) -> float:
        """Traffic that belongs to nobody."""
        p = self.p
        values = [(float(r["usd_per_t"]) * float(r["truck_payload_t"]) * float(r["background_mix"]), float(r["value_of_a_day_multiplier"])) for _, r in self.classes]
        truck = float(self.loads[crossing]) * p["unit_value_factor"]
        day = truck * p["value_of_a_day"] * sum(v * m for v, m in values) / sum(v for v, _ in values)
        hour = (day * (1.0 + p["reliability_ratio"]) + p["truck_day_usd"]) / truck / 24.0
        processing = self.figure(crossing, "processing_hours") - self.figure(crossing, "processing_hours", True)
        dearer = hour * (wait - self.wait_zero[crossing] + processing * p["processing_factor"])
        dearer += (self.figure(crossing, "fee_usd_per_truck") - self.figure(crossing, "fee_usd_per_truck", True)) / truck
        open_now, open_then = (1.0 - self.figure(crossing, "closure_days_per_year", before) / DAYS for before in (False, True))
        rest = self.rest[crossing] * self.rate(crossing) * (open_now / open_then if open_then > 0 else open_now)
        return rest * math.exp(-p["rest_elasticity"] * dearer)

    def figure(self, crossing: str, column: str, before: bool = False) -> float:
        value = float(self.table[crossing][column])
        usual = self.system.network.usual_closure_days.get(crossing)
        if column == "closure_days_per_year" and before and usual is not None:
            return min(usual * self.p["closure_days_factor"], DAYS)
        if column == "closure_days_per_year" and self.table[crossing]["state"] != "shut":
            value = min(value * self.p["closure_days_factor"], DAYS)
        return value if before else self.levels.get((crossing, column), value)

    def counts(self, crossing: str) -> float:
        return min(float(self.table[crossing]["background_trucks_per_day"]) * self.p["background_traffic_factor"], 0.98 * self.usual(crossing))

    def queue(self, crossing: str, load: float, before: bool = False) -> float:
        """Hours of an M/G/c queue (Allen and Cunneen) that has settled, and of closed hours; there is none at capacity."""
        row = self.table[crossing]
        room = self.usual(crossing, before)
        per_day = self.figure(crossing, "capacity_trucks_per_day", before) * row["days_open_per_week"] / 7.0
        x, lanes = load / room, int(row["lanes"])
        if x >= 1.0:
            return math.inf
        term = [(lanes * x) ** k / math.factorial(k) for k in range(lanes + 1)]
        busy = term[-1] / (1 - x) / (sum(term[:-1]) + term[-1] / (1 - x))
        hours = 24.0 * float(row["variability"]) * busy / (per_day * (1 - x))
        for period, shut in ((24.0, 24.0 - row["hours_open"]), (168.0, 168.0 - 24.0 * row["days_open_per_week"])):
            hours += shut**2 / (2 * period) / (1 - x * (period - shut) / period)
        return float(hours)

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

    def cost(self, number: int, name: str, wait: Mapping[str, float], before: bool) -> float:
        p, route, row = self.p, self.system.choices.routes[number], dict(self.classes)[name]
        if route.mode == "other":
            return float(p["outside_cost"])
        usd, hours = self.usd_and_hours(number, wait, before)
        value = self.usd_per_t[(route.exporter, route.importer), name] * p["unit_value_factor"]
        border = sum(self.figure(x, "processing_hours", before) * p["processing_factor"] + wait[x] for x in route.crossings)
        per_hour = float(row["value_of_a_day_multiplier"]) * p["value_of_a_day"] / 24.0
        return usd / value + per_hour * (hours - border) + self.border_hour((route.exporter, route.importer), name) * border

    def attraction(self, number: int, name: str, wait: Mapping[str, float], before: bool) -> float:
        weight = math.exp(-self.scale * self.cost(number, name, wait, before)) * self.path_size(number)
        for x in self.system.choices.routes[number].crossings:
            weight *= 1.0 - self.figure(x, "closure_days_per_year", before) / DAYS
        return weight

    def path_size(self, number: int) -> float:
        """Kilometre by kilometre one over the ways of the market that use a road, each by its pull against the best (no new ways)."""
        if number not in self.sizes:
            route, links = self.system.choices.routes[number], self.system.effects.links
            own = self.routes((route.exporter, route.importer), route.origin, route.destination)
            rivals = [r for r in (self.system.choices.routes[j] for j in own) if r.mode == "road"]
            shared = 0.0
            for i in route.links if route.mode == "road" else ():
                dear = [self.plain_cost(r) for r in rivals if i in r.links]
                shared += links[i].km / sum(math.exp((min(dear) - usd) / 100.0) for usd in dear)
            self.sizes[number] = shared / sum(links[i].km for i in route.links) if shared else 1.0
        return self.sizes[number]

    def plain_cost(self, route: Any) -> float:
        """Dollars a tonne without queues, an hour at 1.6 dollars and 20 tonnes a truck."""
        links = [self.system.effects.links[i] for i in route.links]
        fees = [self.table[x]["fee_usd_per_truck"] / 20.0 + 1.6 * self.table[x]["processing_hours"] for x in route.crossings]
        return float(sum(link.usd_per_t + 1.6 * link.hours for link in links) + sum(fees))

    def nests(self, pair: Any, origin: str, destination: str, name: str) -> dict[str, list[int]]:
        if (pair, origin, destination, name) in self.known_nests:
            return self.known_nests[pair, origin, destination, name]
        by_road = bool(dict(self.classes)[name]["by_road"])
        found: dict[str, list[int]] = {}
        for i in self.routes(pair, origin, destination):
            route = self.system.choices.routes[i]
            cargo = "any" if route.mode == "other" else "truck" if route.service is None else self.system.effects.services[route.service].cargo
            by_truck = cargo == "truck" and not by_road and self.bulk(pair)[1] > 0
            if cargo == "any" or (cargo in ("truck", "container")) == by_road or by_truck:
                found.setdefault(route.mode, []).append(i)
        self.known_nests[pair, origin, destination, name] = found
        return found

    def observed(self, pair: tuple[str, str], name: str, modes: Sequence[str]) -> dict[str, float]:
        shares = self.system.network.base_shares
        rows = shares[(shares["exporter"] == pair[0]) & (shares["importer"] == pair[1]) & (shares["cargo_class"] == name)]
        known = dict(zip(rows["mode"], rows["share"], strict=True))
        if not known and pair in self.traffic:
            road = float(self.traffic[pair].road_share) if self.by_road(name) else self.bulk(pair)[0]
            known = {"road": road, "other": 1.0 - road}
        known = {mode: known.get(mode, 0.0) for mode in modes}
        total = sum(known.values())
        if total > 0:
            return {mode: share / total for mode, share in known.items()}
        last = "other" if "other" in modes else list(modes)[-1]
        return {mode: float(mode == last) for mode in modes}

    def calibrate(self) -> None:
        """Hidden weights and truckloads of each market and class, and the flows of the base year."""
        phi = self.phi
        self.passed: dict[Any, float] = {}
        self.sent: dict[Any, float] = {}
        self.zero: dict[Any, tuple[float, float]] = {}
        grown: dict[Any, list[float]] = {}
        for pair, origin, destination, weight in self.markets():
            market = (pair, origin, destination)
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
                key = (*market, name)
                total = sum(sums[m] ** phi * raw[m] / lead for m in nests if sums[m] > 0)
                paid = 0.0
                for m, rows in nests.items():
                    for i in rows:
                        if sums[m] > 0 and pull[i] > 0:
                            paid += part[m] * pull[i] / sums[m] * -math.log(pull[i] / self.path_size(i)) / self.scale
                self.zero[key] = -math.log(total) / (phi * self.scale), 1.0 + max(paid, 0.0)
                value = self.usd_per_t[pair, name] * self.p["unit_value_factor"]
                counted = float(self.traffic[pair].road_trucks_per_day) if pair in self.traffic else 0.0
                on_road = part.get("road", 0.0)
                bulk = self.bulk(pair)[1]
                mix = float(row["background_mix"]) * (1.0 - bulk) if self.by_road(name) else bulk
                trucks = mix * counted * weight * self.p["background_traffic_factor"]
                self.trucks[key] = trucks / on_road if on_road > 0 else 0.0
                for mode, rows in nests.items():
                    for i in rows:
                        passes = self.system.choices.routes[i].crossings
                        flow = self.trucks[key] * part[mode] * pull[i] / sums[mode] if sums[mode] else 0.0
                        self.sent[market] = self.sent.get(market, 0.0) + flow
                        if passes:
                            sums_ = grown.setdefault((market, self.by_road(name)), [0.0, 0.0])
                            sums_[0] += flow * sum(self.rate(x) for x in passes) / len(passes)
                            sums_[1] += flow
                        for x in passes:
                            self.base_flow[x] += flow
                            self.passed[market, x] = self.passed.get((market, x), 0.0) + flow
                if pair in self.demand:
                    c = [n for n, _ in self.classes].index(name)
                    self.trucks[key] = weight * self.demand[pair][c] * 1e6 / value / float(row["truck_payload_t"]) / DAYS
        self.growth = {key: a / b if b > 0 else 1.0 for key, (a, b) in grown.items()}

    def kept(self, key: Any, mode: str) -> float:
        """The hidden weight of a mode; on the road of the study's pair what a draw keeps of the hidden cost."""
        weight = self.hidden[(*key, mode)]
        lifted = mode == "road" and key[0] in self.system.study and weight < 1.0
        return float(weight ** self.p["road_hidden_kept"]) if lifted else weight

    def choose(self, wait: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float], dict[Any, Any]]:
        """Loads of crossings, the study's part, and by market and class: shares of routes and composite cost."""
        phi = self.phi
        others, ours = dict.fromkeys(self.table, 0.0), dict.fromkeys(self.table, 0.0)
        found: dict[Any, Any] = {}
        # Routes were calibrated at the queues of the counts; where pairs alone send a little more, that is the new zero.
        seen = {x: w - self.wait_zero[x] + self.base_queue[x] for x, w in wait.items()}
        for pair, origin, destination, _ in self.markets():
            for name, _row in self.classes:
                key = (pair, origin, destination, name)
                nests = self.nests(pair, origin, destination, name)
                pull = {i: self.attraction(i, name, seen, False) for rows in nests.values() for i in rows}
                sums = {mode: sum(pull[i] for i in rows) for mode, rows in nests.items()}
                tops = {m: sums[m] ** phi * self.kept(key, m) if sums[m] > 0 else 0.0 for m in nests}
                total = sum(tops.values())
                share = {
                    i: tops[m] / total * pull[i] / sums[m] if sums[m] > 0 else 0.0 for m, rows in nests.items() for i in rows
                }
                cost = -math.log(total) / (phi * self.scale)
                cost_zero, price_zero = self.zero[key]
                factor = max(price_zero + cost - cost_zero, 1.0) / price_zero
                trucks = self.trucks[key] * factor ** -self.p["trade_elasticity"]
                found[key] = share, factor
                into = ours if pair in self.demand else others
                for i, s in share.items():
                    for x in self.system.choices.routes[i].crossings:
                        into[x] += trucks * s
        return {x: self.rest_at(x, wait[x]) + others[x] + ours[x] for x in self.table}, ours, found

    def agree(self) -> dict[str, float]:
        """Waits that bring forth themselves; the odds of each crossing go a share of the way that halves where it overshoots."""
        room = {x: self.usual(x, before=False) for x in self.table}
        shut = {x for x in self.table if self.figure(x, "closure_days_per_year") >= DAYS}
        odds = {x: 0.0 if x in shut else self.counts(x) / (room[x] * 1.1) / (1 - self.counts(x) / (room[x] * 1.1) % 0.9) for x in self.table}
        pace, before = dict.fromkeys(odds, 0.5), dict.fromkeys(odds, 0.0)
        for _ in range(4000):
            wait = {x: self.queue(x, room[x] * odds[x] / (1 + odds[x])) for x in odds}
            load = self.choose(wait)[0]
            error = {x: load[x] - room[x] * odds[x] / (1 + odds[x]) for x in odds if x not in shut}
            if sum(abs(e) for e in error.values()) < 1e-11 * sum(load.values()):
                return wait
            for x in error:
                if load[x] <= 0:
                    odds[x] = 0.0
                    continue
                e = math.log(load[x]) - math.log(room[x] * odds[x] / (1 + odds[x]))
                pace[x] = 0.5 * pace[x] if e * before[x] < 0 else min(1.1 * pace[x], 1.0)
                before[x] = e
                odds[x] *= math.exp(max(min(pace[x] * e, 1.0), -1.0))
        raise AssertionError("the plain equilibrium does not settle")
