"""The corridors and the border in words: where time and money go, whether capacity binds, what is shut."""

from __future__ import annotations

import pandas as pd

from corridors.show import findings
from corridors.show import numbers as n
from corridors.show.blocks import Prose
from corridors.show.lookups import (  # fmt: skip
    OUTSIDE,
    SLIGHT_PERCENT,
    at_home,
    clean,
    date_words,
    dated,
    effect,
    first_full_year,
    has_measures,
    mode_shares,
    named_crossings,
    on_the_way,
    pair_words,
    parts,
    short_name,
    travel,
    trucks,
    trucks_both,
    verdict,
    way,
)
from corridors.show.words import phrases
from corridors.study.result import StudyResult
from corridors.transport.routes import WORST

_PARTS = {
    "driving": "driving", "border processing": "border clearance", "border queue": "queues at borders",
    "waiting for departure": "waiting for a departure", "transshipment": "transshipment",
    "sea": "the sea voyage", "air": "flying", "rail": "the train",
}  # fmt: skip
_MODES = {
    "sea": "goes by sea",
    "road": "goes by road",
    "rail": "goes by rail",
    "air": "goes by air",
    OUTSIDE: "takes ways outside this network",
}
SHUT_DAYS = 365.0
SMALL_ROAD_SHARE = 0.05
"""Below this share of goods by value, a queue at a border is not what holds the trade."""
WORTH_NAMING = 0.05


def corridors_words(result: StudyResult) -> Prose:
    """Where hours and dollars between the gateways go, today and with the measures; the hidden cost of the road."""
    if not len(result["routes"]):
        return Prose((
            f"The network has no corridor between {pair_words(result)}. Trade is modelled by distance alone "
            f"({n.count(float(result.facts['distance_km']), 3)} km), so measures at crossings "
            f"reach this pair only through the trade of others.", *_messages(result),
        ))  # fmt: skip
    told = [_direction(result, flow) for flow in ("exports", "imports")]
    return Prose(
        tuple(p for p in (phrases.sentence(*told), _road(result), _trains(result), _hidden(result), *_messages(result)) if p)
    )


def _trains(result: StudyResult) -> str:
    """What share of the pair's goods the railway or train of a measure takes; that it takes none where it is no way of the pair."""
    measures = result.scenario.get("measures") or ()
    if not any(m["kind"] == "rail_service" or m["kind"] == "new_link" and m.get("mode") == "rail" for m in measures):
        return ""
    taken = {flow: mode_shares(result, flow, "after").get("rail", 0.0) for flow in ("exports", "imports")}
    if not any(taken.values()):
        return (
            f"No goods between {pair_words(result)} are offered the railway of this scenario: by it and the roads to its ends there is "
            f"no way, or none that costs less than {n.fixed(WORST, 1)} times the best by road. What it changes comes from others, "
            f"whose goods leave the roads and borders on the way."
        )
    told = n.listed([f"{n.share(share)} {way(result, flow)}" for flow, share in taken.items()])
    return f"With the measures trains take, by value, {told}."


def _messages(result: StudyResult) -> list[str]:
    """What must be known of the pair and its measures: why there is no way by land, that a crossing is shut."""
    return [f"{dated(clean(text))}." for text in result.facts["messages"]]


def _direction(result: StudyResult, flow: str) -> str:
    found = travel(result, flow)
    if found is None:
        return ""
    days, usd = found
    rows = parts(result, flow)
    longest = rows.iloc[0]
    dearest = rows.loc[rows["usd_per_t"].idxmax()]
    same = longest["component"] == dearest["component"]
    where = f"most of the time and the largest cost go into {_part(longest)}" if same and longest["days"] > 0.5 * days else (
        f"the longest part is {_part(longest)} ({n.days(float(longest['days']))})" + (
            "" if same
            else f", the dearest {_part(dearest)} ({n.usd_per_t(float(dearest['usd_per_t']))})"
        )
    )  # fmt: skip
    shares = mode_shares(result, flow)
    modes = n.listed([f"{n.share(share)} {_MODES.get(mode, 'goes by ' + mode)}" for mode, share in shares.items()])
    if shares.get(OUTSIDE, 0.0) > 0:
        return f"By value, in {result.years[-1]}, {modes} {way(result, flow)}. Goods on the ways that are known take about {n.days(days)} and cost about {n.usd_per_t(usd)} to move; {where}."
    return f"Goods {way(result, flow)} take about {n.days(days)} and cost about {n.usd_per_t(usd)} to move; {where}. By value, in {result.years[-1]}, {modes}."


def _part(row: pd.Series) -> str:
    return _PARTS.get(str(row["component"]), clean(row["component"]))


def _road(result: StudyResult) -> str:
    told = []
    for flow in ("exports", "imports"):
        before, after = (travel(result, flow, case, "road") for case in ("before", "after"))
        if before is None or after is None:
            continue
        queue = float(parts(result, flow, "before", "road").set_index("component")["days"].get("border queue", 0.0))
        head = f"{phrases.capital(way(result, flow))} a truck needs {n.days(before[0])} in {result.years[-1]}"
        text = f"{head}, of which {n.days(queue)} in queues at borders" if queue >= 0.05 else head
        if has_measures(result):
            text += (
                f", and {n.days(after[0])} with the measures"
                if n.days(after[0]) != n.days(before[0])
                else ", with and without the measures"
            )
            if after[0] > before[0] and after[1] < before[1] and n.days(after[0]) != n.days(before[0]):
                text += ", as more take a road that is slower and cheaper"
        told.append(text)
    if not told:
        return ""
    return f"{'. '.join(told)}. That is on the mix of roads that shippers choose."


def _hidden(result: StudyResult) -> str:
    told, paid, ratios = [], [], []
    for flow in ("exports", "imports"):
        hidden = result.facts["hidden_usd_per_t"][flow]
        visible = travel(result, flow, "before", "road")
        if hidden is None or visible is None or not hidden > 0:
            continue
        told.append(f"{phrases.about_usd(float(hidden))} a tonne {way(result, flow)}")
        paid.append(n.dollars(visible[1]))
        ratios.append(float(hidden) / visible[1])
    if not told:
        return ""
    if max(ratios) < 1:
        return f"The hidden cost of the road (documents, risk, empty returns, no regular service) is estimated at about {' and '.join(told)}, beside {' and '.join(paid)} paid for haulage and fees.{_named(result)}"
    return (
        "Time and money alone would send far more goods by truck than go. What keeps them off the "
        "road is a hidden cost (documents, risk, empty returns, no regular service). "
        f"It is estimated at about {' and '.join(told)}, beside {' and '.join(paid)} paid for "
        f"haulage and fees.{_named(result)}"
    )


def _named(result: StudyResult) -> str:
    """What of the hidden cost cited figures name, and that the rest is out of every measure's reach."""
    for flow in ("exports", "imports"):
        rows = [row for row in result.facts["hidden_parts"] if row["direction"] == flow]
        if not rows:
            continue
        named = [row for row in rows if row["part"] != "unexplained"]
        total = sum(float(row["usd_per_t"]) for row in named)
        largest = sorted(named, key=lambda row: -float(row["usd_per_t"]))[:3]
        listed = n.listed([f"{phrases.small(str(row['name']))} ({phrases.about_usd(float(row['usd_per_t']))})" for row in largest])
        left = float(rows[-1]["usd_per_t"])
        rest = f" The rest, about {phrases.about_usd(left)}, is unexplained and no measure moves it." if left > 0 else ""
        told, whole = f"{way(result, flow)}, above all {listed}", result.facts["hidden_usd_per_t"][flow] or 0.0
        if total > 1.2 * float(whole):
            return f" Figures cited for other corridors come to more, about {phrases.about_usd(total)} a tonne {told}."
        return f" Cited figures name about {phrases.about_usd(total)} a tonne of it {told}. A transit regime or a regular line can take that away.{rest}"
    return " It stays in every scenario."


def border_words(result: StudyResult) -> Prose:
    """Whether capacity binds, where, from when and how likely; trucks needed; what is shut since when."""
    if not len(result["crossings"]) or not len(on_the_way(result)):
        return Prose(
            (f"No border crossing of the network lies between {pair_words(result)}, so no capacity at a border binds on this trade.",)
        )
    return Prose(
        tuple(
            p
            for p in (
                _verdict(result),
                _need(result),
                _filling(result),
                _relief(result),
                _shut(result),
                _month(result),
            )
            if p
        )
    )


def _open(result: StudyResult, case: str) -> pd.DataFrame:
    rows = on_the_way(result)
    return rows[(rows[f"closure_days_{case}"] < SHUT_DAYS)]


def _verdict(result: StudyResult) -> str:
    rows = _open(result, "before")
    binding = rows[rows["binds_before"].astype(bool)]
    year = result.years[-1]
    if not len(result["routes"]):
        return f"No crossing of the network lies between {pair_words(result)}: whatever queues form there, this trade does not stand in them."
    if not len(binding):
        return f"Capacity does not bind: in {year}, with today's capacity, no open crossing on the way has a queue of more than half a day in the middle case."
    share = max(mode_shares(result, flow).get("road", 0.0) for flow in ("exports", "imports"))
    queues = f"By {year}, with today's capacity and the traffic of all grown, a truck in the middle case queues more than half a day at {_where(result, binding)}."
    gain = _capacity_points(result)
    worth = "" if gain is None else f"More capacity {_by(result, gain)}."
    if share < SMALL_ROAD_SHARE and abs(gain or 0.0) < SLIGHT_PERCENT:
        return phrases.sentence(
            "Capacity does not hold this trade back.",
            queues,
            f"But the trucks there carry the trade of others: {_by_road(result)}.",
            worth,
        )
    return phrases.sentence("Capacity binds.", queues, f"By road, {_by_road(result)}.", worth)


def _capacity_points(result: StudyResult) -> float | None:
    """What more capacity at crossings adds to the effect, percentage points; None where no measure is about it."""
    rows = result["contributions"]
    chosen = rows[rows["kind"] == "border_capacity"] if len(rows) else rows
    return float(chosen["percent_points"].sum()) if len(chosen) else None


def _by(result: StudyResult, gain: float) -> str:
    """What more capacity does to two-way trade: its share of a finding, no figure where there is none."""
    if not findings.told(effect(result)):
        slight = verdict(effect(result)) == "slight"
        return f"has no effect on two-way trade that {'matters' if slight else 'can be told from zero'}"
    return f"changes two-way trade by {f'about {n.signed_percent(gain)}' if abs(gain) >= 0.005 else phrases.less_than(0.01)}"


def _where(result: StudyResult, binding: pd.DataFrame) -> str:
    own = set(at_home(result)["name"])
    near = [short_name(x) for x in binding["name"] if x in own]
    names, rest = near[:4], len(binding) - len(near[:4])
    further = f"{n.in_words(rest)} more {n.plural(rest, 'crossing')} on the way" if rest else ""
    return (
        n.listed([*names, *([further] if further else [])])
        if names
        else f"{n.in_words(rest)} {n.plural(rest, 'crossing')} on the way"
    )


def _by_road(result: StudyResult) -> str:
    told = []
    for flow in ("exports", "imports"):
        trucks_a_day = float(result.facts["trucks_by_road"][flow]["before"]["p50"])
        told.append(
            f"{phrases.about_trucks(trucks_a_day)} {way(result, flow)} "
            f"({n.share(mode_shares(result, flow).get('road', 0.0))} of goods by value)"
        )
    return f"{'without the measures ' if has_measures(result) else ''}this trade sends {' and '.join(told)} in {result.years[-1]}"


def _need(result: StudyResult) -> str:
    out, back, both = trucks(result, "exports"), trucks(result, "imports"), trucks_both(result)
    text = (
        f"If all goods that suit trucks went by road, this trade would need {'with the measures ' if has_measures(result) else ''}"
        f"{phrases.about_trucks(out.mid)} {way(result, 'exports')} in {result.years[-1]} "
        f"(80{n.THIN}% band {n.number_range(out.low, out.high, mid=out.mid)}). The other way it "
        f"would need {phrases.about_trucks(back.mid)} "
        f"({n.number_range(back.low, back.high, mid=back.mid)}). "
    )
    shares = [f"{n.share(both.mid / size)} of {n.count(size)}" for size in (200.0, 800.0, 1000.0)]
    if both.mid < 0.75:
        return f"{text}Both together are fewer than one a day, next to nothing beside 200, 800 or 1,000."
    if at_home(result)["capacity_before"].min() >= 1000.0:
        return f"{text}Both together are {n.count(both.mid)} a day."
    if both.mid < 200:
        return f"{text}Both together, {n.count(both.mid)} a day, are {n.listed(shares)} trucks a day."
    return f"{text}Both together are {n.count(both.mid)} a day, {_multiple(both.mid, 200)} what a crossing for 200 could serve, {_multiple(both.mid, 800)} one for 800 and {_multiple(both.mid, 1000)} one for 1,000."


def _multiple(trucks_a_day: float, size: float) -> str:
    return phrases.times(trucks_a_day / size) if trucks_a_day >= size else n.share(trucks_a_day / size) + " of"


def _whose(result: StudyResult) -> str:
    """Which crossings :func:`at_home` holds."""
    named = named_crossings(result)
    return f"at the borders of {pair_words(result)}{' or named by a measure' if named else ''}"


def _filling(result: StudyResult) -> str:
    rows = at_home(result)
    rows = rows[rows[f"closure_days_{'after' if has_measures(result) else 'before'}"] < SHUT_DAYS]
    likely, possible, besides = [], [], []
    last = result.years[-1]
    for row in rows.itertuples():
        year, chance = first_full_year(result, str(row.crossing)), _chance(result, str(row.crossing), last)
        name = f"{short_name(row.name)}, {n.count(float(row.capacity_before))} trucks a day"
        if year is not None:
            likely.append(f"{name}, from {year} ({phrases.odds(chance)} in {last})")
        elif row.binds_before:
            besides.append(short_name(row.name))
        elif chance >= WORTH_NAMING:
            possible.append(f"{short_name(row.name)} ({n.probability(chance)})")
    if not likely and not possible and not besides:
        return (
            f"No open crossing at the borders of the pair has a chance of more than 1 in 20 to be full by {last}."
            if len(rows)
            else ""
        )
    told = []
    if likely:
        told.append(
            f"By the trucks of today there alone, grown at their own pace, "
            f"{n.plural(len(likely), 'one crossing', 'these crossings')} {_whose(result)} {n.plural(len(likely), 'is', 'are')} "
            f"more likely full than not with today's capacity: {'; '.join(likely[:5])}{_and_more(likely, 5)}."
        )
    if besides:
        told.append(
            f"{n.listed(besides)} {n.plural(len(besides), 'fills', 'fill')} with trucks that go "
            f"round borders which are shut or full."
        )
    if possible:
        told.append(
            f"{'Chances of being' if len(possible) > 1 else 'The chance of being'} full in {last} "
            f"{'elsewhere' if likely or besides else 'with the capacity of today'}: "
            f"{n.listed(possible[:5]) if len(possible) <= 5 else ', '.join(possible[:5])}{_and_more(possible, 5)}."
        )
    return phrases.sentence(*told)


def _and_more(names: list[str], shown: int) -> str:
    rest = len(names) - shown
    return f" and {n.in_words(rest)} more" if rest > 0 else ""


def _chance(result: StudyResult, crossing: str, year: int, case: str = "today") -> float:
    rows = result["crossing_years"]
    found = rows[(rows["crossing"] == crossing) & (rows["capacity_case"] == case) & (rows["year"] == year)]
    return float(found["probability_full"].iloc[0]) if len(found) else 0.0


def _relief(result: StudyResult) -> str:
    if not has_measures(result):
        return ""
    rows = on_the_way(result)
    rows = rows[(rows["closure_days_before"] < SHUT_DAYS) & (rows["closure_days_after"] < SHUT_DAYS)]
    moved = rows[(rows["hours_after"] - rows["hours_before"]).abs() >= 1.0]
    if not len(moved):
        return "The measures change the time at no open crossing on the way by as much as an hour."
    order = moved.assign(gain=(moved["hours_before"] - moved["hours_after"]).abs()).sort_values(
        "gain", ascending=False, kind="stable"
    )
    told = [
        f"{short_name(r.name)} from {n.hours(float(r.hours_before))} to {n.hours(float(r.hours_after))}"
        for r in order.head(4).itertuples()
    ]
    rest = len(order) - 4
    listed = n.listed(told) if rest <= 0 else f"{', '.join(told)}, and {n.in_words(rest)} more by an hour or more"
    return f"The measures change the time that a truck spends at a crossing in {result.years[-1]} (median, queue and clearance): {listed}."


def _shut(result: StudyResult) -> str:
    rows = on_the_way(result)
    told = []
    for since, part in rows[rows["state"] == "shut"].groupby("state_since", sort=False):
        stay, opened = (part[part["closure_days_after"] >= SHUT_DAYS], part[part["closure_days_after"] < SHUT_DAYS])
        date = date_words(since)
        head = f"{_names(part)} {n.plural(len(part), 'has', 'have')} been shut{' since ' + date if date else ''}"
        if not len(opened):
            told.append(f"{head} and {n.plural(len(part), 'stays', 'stay')} shut here for all years.")
            continue
        days = n.days(float(opened["closure_days_after"].max()))
        told.append(
            f"{head}. {_names(opened)} {n.plural(len(opened), 'opens', 'open')} in this scenario "
            f"and {n.plural(len(opened), 'is', 'are')} shut {days} a year from then "
            f"on{'; ' + _names(stay) + n.plural(len(stay), ' stays shut', ' stay shut') if len(stay) else ''}."
        )
    shut = rows[
        (rows["state"] != "shut")
        & (rows["closure_days_before"] < SHUT_DAYS)
        & (rows["closure_days_after"] >= SHUT_DAYS)
    ]
    if len(shut):
        told.append(f"{_names(shut)}, open today, {n.plural(len(shut), 'is', 'are')} shut in this scenario.")
    return phrases.sentence(*told)


def _names(rows: pd.DataFrame) -> str:
    return n.listed([short_name(x) for x in rows["name"]])


def _nearly_all(share: float) -> str:
    return "nearly all" if share > 0.99 else n.share(share)


def _month(result: StudyResult) -> str:
    rows = result["closure_stress"]
    if not len(rows):
        return ""
    top = rows.loc[rows["road_share_through"].idxmax()]
    with_others, waiting = float(top["extra_cost_usd_per_t"]), float(top["cost_if_only_waiting_usd_per_t"])
    if not waiting > with_others >= 0:
        return ""
    return (
        f"If {short_name(top['name'])}, which {n.share(float(top['road_share_through']))} of the "
        f"road goods pass, shut for {n.days(float(top['days']))} in {result.years[-1]}, "
        f"{_nearly_all(float(top['diverted_share']))} of those goods would go another way, at a cost "
        f"of about {n.usd_per_t(with_others)}. "
        f"With no other way it would be about {n.dollars(waiting)}: the difference is what a "
        f"second corridor is worth in such a month."
    )
