"""The corridors and the border in words: where time and money go, whether capacity binds, what is shut."""

from __future__ import annotations

import pandas as pd

from corridors import numbers as n
from corridors.narrative import words
from corridors.report.blocks import Prose
from corridors.result import StudyResult
from corridors.views import (
    at_home,
    clean,
    date_words,
    first_full_year,
    has_measures,
    mode_shares,
    on_the_way,
    pair_words,
    parts,
    short_name,
    travel,
    trucks,
    trucks_both,
    way,
)  # fmt: skip

_PARTS = {
    "driving": "driving", "border processing": "border clearance", "border queue": "queues at borders",
    "waiting for departure": "waiting for a departure", "transshipment": "transshipment", "sea": "the sea voyage", "air": "flying", "rail": "the train",
}  # fmt: skip
_MODES = {"sea": "by sea", "road": "by road", "rail": "by rail", "air": "by air"}
SHUT_DAYS = 365.0


def corridors_words(result: StudyResult) -> Prose:
    """Where hours and dollars between the gateways go, today and with the measures; the hidden cost of the road."""
    if not len(result["routes"]):
        return Prose((
            f"The network has no corridor between {pair_words(result)}. Trade is modelled by distance alone "
            f"({n.count(float(result.facts['distance_km']), 3)} km), so measures at crossings reach this pair only through the trade of others.",
        ))  # fmt: skip
    told = [_direction(result, flow) for flow in ("exports", "imports")]
    return Prose(tuple(p for p in (words.sentence(*told), _road(result), _hidden(result)) if p))


def _direction(result: StudyResult, flow: str) -> str:
    found = travel(result, flow)
    if found is None:
        return ""
    days, usd = found
    rows = parts(result, flow)
    longest = rows.iloc[0]
    dearest = rows.loc[rows["usd_per_t"].idxmax()]
    same = longest["component"] == dearest["component"]
    where = f"most of the time and the largest cost are {_part(longest)}" if same and longest["days"] > 0.5 * days else (
        f"the longest part is {_part(longest)} ({n.days(float(longest['days']))})" + ("" if same else f", the dearest {_part(dearest)} ({n.usd_per_t(float(dearest['usd_per_t']))})")
    )  # fmt: skip
    shares = mode_shares(result, flow)
    modes = n.listed([f"{n.share(share)} goes {_MODES.get(mode, 'by ' + mode)}" if k == 0 else f"{n.share(share)} {_MODES.get(mode, 'by ' + mode)}" for k, (mode, share) in enumerate(shares.items())])
    return f"Goods {way(result, flow)} take about {n.days(days)} and cost about {n.usd_per_t(usd)} to move; {where}. By value, {modes}."


def _part(row: pd.Series) -> str:
    return _PARTS.get(str(row["component"]), clean(row["component"]))


def _road(result: StudyResult) -> str:
    told = []
    for flow in ("exports", "imports"):
        before, after = (travel(result, flow, case, "road") for case in ("before", "after"))
        if before is None or after is None:
            continue
        queue = float(parts(result, flow, "before", "road").set_index("component")["days"].get("border queue", 0.0))
        text = f"{way(result, flow)} {n.days(before[0])}, of which {n.days(queue)} in queues at borders" if queue >= 0.05 else f"{way(result, flow)} {n.days(before[0])}"
        if has_measures(result):
            text += f", and {n.days(after[0])} with the measures" if n.days(after[0]) != n.days(before[0]) else ", with and without the measures"
        told.append(text)
    if not told:
        return ""
    return f"A truck needs, in {result.years[-1]} and on the mix of roads that shippers choose: {'; '.join(told)}."


def _hidden(result: StudyResult) -> str:
    told = []
    for flow in ("exports", "imports"):
        hidden = result.facts["hidden_usd_per_t"].get(flow)
        visible = travel(result, flow, "before", "road")
        if hidden is None or visible is None or not hidden > 0:
            continue
        told.append(f"about {n.usd_per_t(float(hidden))} {way(result, flow)}, on top of {n.dollars(visible[1])} that is paid for haulage and fees")
    if not told:
        return ""
    return (
        f"Time and money alone would send far more goods by truck than go. What keeps them off the road is a hidden cost (documents, risk, empty returns, no regular service), "
        f"estimated at {' and '.join(told)}. No measure here takes it away unless it says so."
    )


def border_words(result: StudyResult) -> Prose:
    """Whether capacity binds, where, from when and how likely; trucks needed; what is shut since when."""
    if not len(result["crossings"]) or not len(on_the_way(result)):
        return Prose((f"No border crossing of the network lies between {pair_words(result)}, so no capacity at a border binds on this trade.",))
    return Prose(tuple(p for p in (_verdict(result), _need(result), _filling(result), _relief(result), _shut(result), _month(result)) if p))


def _open(result: StudyResult, case: str) -> pd.DataFrame:
    rows = on_the_way(result)
    return rows[(rows[f"closure_days_{case}"] < SHUT_DAYS)]


def _verdict(result: StudyResult) -> str:
    rows = _open(result, "before")
    binding = rows[rows["binds_before"].astype(bool)]
    year = result.years[-1]
    if not len(result["routes"]):
        return f"Crossings in the network do not lie between {pair_words(result)}: whatever queues there, this trade does not stand in them."
    if not len(binding):
        return f"Capacity does not bind: in {year}, with today's capacity, no open crossing on the way has a queue of more than half a day in the middle case."
    own = at_home(result)
    near = [short_name(x) for x in binding["name"] if x in set(own["name"])]
    far = len(binding) - len(near)
    places = n.listed(near) if near else ""
    further = f"{n.in_words(far)} {n.plural(far, 'crossing')} further along" if far else ""
    both = f"{places} and at {further}" if places and further else places or further
    share = max(mode_shares(result, flow).get("road", 0.0) for flow in ("exports", "imports"))
    tail = (
        f" But hardly any of this trade stands in those queues: {n.share(share)} at most of either direction goes by road."
        if share < 0.05 else f" Up to {n.share(share)} of a direction goes by road."
    )  # fmt: skip
    return f"By {year} and with today's capacity, a truck waits more than half a day at {both} in the middle case; the traffic is mostly that of others.{tail}"


def _need(result: StudyResult) -> str:
    out, back, both = trucks(result, "exports"), trucks(result, "imports"), trucks_both(result)
    text = (
        f"If all goods that suit trucks went by road, this trade would need about {n.trucks(out.mid).removeprefix('about ')} {way(result, 'exports')} in {result.years[-1]} "
        f"(80{n.THIN}% band {n.number_range(out.low, out.high)}) and about {n.trucks(back.mid).removeprefix('about ')} the other way ({n.number_range(back.low, back.high)}). "
    )
    shares = [f"{n.share(both.mid / size)} of {n.count(size)}" for size in (200.0, 800.0, 1000.0)]
    if both.mid < 200:
        return f"{text}Both together, {n.count(both.mid)} a day, are {n.listed(shares)} trucks a day."
    return f"{text}Both together are {n.count(both.mid)} a day, {_multiple(both.mid, 200)} what a crossing for 200 could serve, {_multiple(both.mid, 800)} one for 800 and {_multiple(both.mid, 1000)} one for 1,000."


def _multiple(trucks_a_day: float, size: float) -> str:
    return words.times(trucks_a_day / size) if trucks_a_day >= size else n.share(trucks_a_day / size) + " of"


def _filling(result: StudyResult) -> str:
    rows = at_home(result)
    rows = rows[rows["closure_days_before"] < SHUT_DAYS]
    told = []
    last = result.years[-1]
    for row in rows.itertuples():
        crossing = str(row.crossing)
        year = first_full_year(result, crossing)
        name = short_name(row.name)
        chance = _chance(result, crossing, last)
        if year is not None:
            first = "already" if year == result.years[0] else "from"
            told.append(f"{name} ({n.count(float(row.capacity_before))} a day) is more likely full than not {first} {'in ' if first == 'already' else ''}{year}, with a chance of {n.probability(chance)} in {last}")
        elif chance >= 0.05:
            told.append(f"{name} ({n.count(float(row.capacity_before))} a day) is full in {last} with a chance of {n.probability(chance)}")
    if not told:
        return "No open crossing next to the pair has more than a small chance of filling up within these years." if len(rows) else ""
    return f"When today's capacity fills, with the growing traffic of all: {'; '.join(told[:6])}."


def _chance(result: StudyResult, crossing: str, year: int, case: str = "today") -> float:
    rows = result["crossing_years"]
    found = rows[(rows["crossing"] == crossing) & (rows["capacity_case"] == case) & (rows["year"] == year)]
    return float(found["probability_full"].iloc[0]) if len(found) else 0.0


def _relief(result: StudyResult) -> str:
    if not has_measures(result):
        return ""
    rows = on_the_way(result)
    moved = rows[((rows["hours_after"] - rows["hours_before"]).abs() >= 1.0) & (rows["closure_days_after"] < SHUT_DAYS)]
    if not len(moved):
        return "The measures move the hours at no crossing on the way by as much as one."
    order = moved.assign(gain=moved["hours_before"] - moved["hours_after"]).sort_values("gain", ascending=False, kind="stable")
    told = [f"{short_name(r.name)} from {n.hours(float(r.hours_before))} to {n.hours(float(r.hours_after))}" for r in order.head(4).itertuples()]
    more = f", and {n.in_words(len(order) - 4)} more {n.plural(len(order) - 4, 'changes', 'change')} by an hour or more" if len(order) > 4 else ""
    return f"The measures change the time at a crossing in {result.years[-1]} (median, queue and clearance): {n.listed(told) if not more else ', '.join(told)}{more}."


def _shut(result: StudyResult) -> str:
    rows = on_the_way(result)
    shut = rows[rows["state"] == "shut"]
    if not len(shut):
        return ""
    told = []
    for since, part in shut.groupby("state_since", sort=False):
        names = n.listed([short_name(x) for x in part["name"]])
        date = date_words(since)
        told.append(f"{names} {'has' if len(part) == 1 else 'have'} been shut{' since ' + date if date else ''}")
    stay = shut[shut["closure_days_after"] >= SHUT_DAYS]
    opened = shut[shut["closure_days_after"] < SHUT_DAYS]
    fate = []
    if len(stay):
        fate.append(f"{n.listed([short_name(x) for x in stay['name']])} {n.plural(len(stay), 'stays', 'stay')} shut here for all years")
    if len(opened):
        days = float(opened["closure_days_after"].max())
        fate.append(f"{n.listed([short_name(x) for x in opened['name']])} {n.plural(len(opened), 'opens', 'open')} in this scenario, but for {n.days(days)} a year")
    return f"{n.listed(told)}; {' and '.join(fate)}."


def _month(result: StudyResult) -> str:
    rows = result["closure_stress"]
    if not len(rows):
        return ""
    top = rows.loc[rows["road_share_through"].idxmax()]
    with_others, waiting = float(top["extra_cost_usd_per_t"]), float(top["cost_if_only_waiting_usd_per_t"])
    if not waiting > with_others >= 0:
        return ""
    return (
        f"If {short_name(top['name'])}, which {n.share(float(top['road_share_through']))} of the road goods pass, shut for {n.days(float(top['days']))}, "
        f"{n.share(float(top['diverted_share']))} of those goods would go another way, at a cost of about {n.usd_per_t(with_others)}. "
        f"With no other way it would be about {n.dollars(waiting)}: the difference is what a second corridor is worth in such a month."
    )
