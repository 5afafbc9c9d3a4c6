"""What the front page of a build says: the finding, why others do nothing, what it is worth, from
saved results alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from corridors.data.names import the
from corridors.show import findings
from corridors.show import numbers as n
from corridors.show.lookups import Band, clean, quoted, verdict
from corridors.show.words import phrases, reasons, worth

_MOST_NAMED = 3


@dataclass(frozen=True)
class Found:
    """What the page needs of one saved result. Effect in percent (80 % band and median), money in words."""

    name: str
    pair: tuple[str, str]
    names: tuple[str, str]
    measured: bool
    last: int
    effect: Band
    level: str
    """Two-way trade without measures in the last year, in words."""
    because: str = ""
    """What the effect comes from most, as the subject of a sentence; empty where that is not known."""
    pulls: tuple[tuple[str, ...], ...] = ()
    """What raises this trade and what lowers it, the strongest on each side, as subjects of a sentence, where measures do both."""
    rival: str = ""
    """What trade of others takes from this where it falls although its own cost does not rise, as half a sentence."""
    one_kind: bool = False
    """Whether all measures are of one kind, so that what the effect comes from needs no telling."""
    by_road: float | None = None
    """The larger share of the pair's goods, by value, that goes by road in a direction without the measures."""
    with_measures_by_road: float | None = None
    """The same with the measures."""
    only_capacity: bool = False
    """Whether every measure widens crossings."""
    trucks: float | None = None
    """Trucks a day, both ways, if all goods of the pair that suit trucks went by road."""
    capacity: tuple[str, float] | None = None
    """The economy whose open crossings on this trade's roads take least, and the trucks a day that they take today."""
    shut: tuple[str, ...] = ()
    """Crossings of the measures that stay shut."""
    corridor_known: bool = True
    others_gain: str = ""
    """What others who pass gain a year, in words; empty where it is nothing to speak of."""
    worth: str = ""
    net_musd: float | None = None
    """Mean net present value, and in which part of the futures it is positive."""
    net_positive: float = 0.0
    counted_to: int | None = None
    """The last year of which benefits and costs are counted."""
    dear: str = ""
    """How many of its measures cost more than they add, as a sentence; empty where all are worth it."""
    cost: str = ""
    sure: str = ""


def _between(found: Found) -> str:
    first, second = (the(name) for name in found.names)
    return f"{first} and {second}"


def headline(acting: Sequence[Found]) -> str:
    """``Two of ten packages move trade between Pakistan and Russia``."""
    found = [f for f in acting if findings.told(f.effect)]
    moving, falling = len(found), sum(f.effect.mid < 0 for f in found)
    trade = f"trade between {_between(acting[0])}"
    if len(acting) == 1:
        return f"The one package here {'moves' if moving else 'does nothing measurable to'} {trade}"
    verb = ("lowers" if moving < 2 else "lower") if falling and falling == moving else "moves" if moving < 2 else "move"
    ways = f": {n.in_words(moving - falling)} {n.plural(moving - falling, 'raises', 'raise')} it, {n.in_words(falling)} {n.plural(falling, 'lowers', 'lower')} it" if 0 < falling < moving else ""
    return f"{phrases.capital(n.in_words(moving) if moving else 'none')} of {n.in_words(len(acting))} packages {verb} {trade}" + (ways if moving else " measurably")


def because(acting: Sequence[Found], titles: Mapping[str, str]) -> str:
    """Which they are, by how much and through what; in groups where there are many."""
    moving = [f for f in acting if findings.told(f.effect)]
    if not moving:
        return "What each would change is too small to matter or lies inside the noise of the estimate. Why, package by package, is below."
    reasons = Counter(f.because for f in moving if f.because)
    shared = next(iter(reasons)) if len(reasons) == 1 and len(moving) > 1 and all(f.because for f in moving) else ""
    told, reason = [], ""
    for f in moving[:_MOST_NAMED]:
        verb = "raises" if f.effect.mid > 0 else "lowers"
        own = f", because of {f.because}" if f.because and not shared and not f.one_kind else ""
        if f.rival and not reason and f.effect.mid < 0:
            reason = f" {quoted(titles[f.name])} lowers it although its own cost does not rise: {f.rival}."
        told.append(
            f"{quoted(titles[f.name])} {verb} it by {n.percent(abs(f.effect.mid))} in {f.last} "
            f"({phrases.plain_range(f.effect)}){own}"
        )
    rest = len(moving) - len(told)
    more = f" {phrases.capital(n.in_words(rest))} more {n.plural(rest, 'moves', 'move')} it, too." if rest else ""
    both = f" {'Both' if len(moving) == 2 else 'All'} because of {shared}." if shared else ""
    return f"{'. '.join(told)}.{both}{reason}{more}"


def worth_most(acting: Sequence[Found], titles: Mapping[str, str]) -> str:
    """Which package is worth most after its cost, as the brief has it; empty where none is worth anything."""
    known = [f for f in acting if f.net_musd is not None]
    top = max(known, key=lambda f: (f.net_musd or 0.0, f.name), default=None)
    if top is None or not (top.net_musd or 0.0) > findings.SMALL_MUSD:
        return ""
    counted_to = [f.counted_to for f in known if f.counted_to is not None]
    return phrases.sentence(worth.most(titles[top.name], top.net_musd or 0.0, top.net_positive, counted_to), top.dear)


def answer(found: Found) -> str:
    """What the scenario does, in one line with its range; the verdict is that of the reports."""
    band = found.effect
    kind, trade = verdict(band), f"two-way trade in {found.last}"
    if not found.measured:
        return f"What the others are measured against: two-way trade of {found.level} in {found.last}."
    if kind == "none":
        return f"Changes nothing in {trade}."
    if kind in ("tiny", "nil"):
        return f"No measurable effect on {trade}."
    if kind == "slight":
        verb = "raises" if band.mid > 0 else "lowers"
        return f"Too small to matter: {verb} {trade} by less than {phrases.A_THOUSANDTH}."
    if kind == "open":
        return f"Not told from zero: {trade} may change by {n.percent_range(band.low, band.high, sign=True, mid=band.mid)}."
    return f"{'Raises' if kind == 'rise' else 'Lowers'} {trade} by {n.percent(abs(band.mid))} ({phrases.plain_range(band)})."


def needs(found: Found) -> str:
    """How little there is for a border to hold up; empty where that is not known."""
    return (
        ""
        if found.trucks is None
        else f"All of this trade that suits trucks would need {phrases.about_trucks(found.trucks)}, both ways."
    )


def gained(found: Found) -> str:
    """What others have of it, as a sentence; empty where that is nothing to speak of."""
    return f"Others who pass gain {found.others_gain} a year." if found.others_gain else ""


def why(found: Found, *, needed: bool = True, others: bool = True) -> str:
    """Why it does nothing measurable to this trade, as far as the result tells; without what
    :func:`needs` or :func:`gained` tells if that is said already."""
    told = []
    if not found.corridor_known:
        told.append("no road or railway of the network joins the two")
    if found.shut:
        told.append(
            f"{n.listed([clean(name) for name in found.shut])} "
            f"{n.plural(len(found.shut), 'stays', 'stay')} shut, so what is built there waits"
        )
    if found.trucks is not None and needed:
        need = f"all of this trade that suits trucks would need {phrases.about_trucks(found.trucks)}, both ways"
        if found.capacity is not None and found.only_capacity:
            against = "less than" if found.trucks < found.capacity[1] else "more than"
            need += f", {against} the {n.count(found.capacity[1])} that {phrases.own(found.capacity[0])} open crossings on these ways take today"
        told.append(need)
    if found.effect.still:
        told.append("nothing differs here from what is assumed without it")
    elif found.pulls and verdict(found.effect) == "open":
        up, down = (n.listed(list(side)) for side in found.pulls)
        told.append(f"pulled up by {up} and down by {down}; which is stronger is not known")
    elif not told and found.by_road is not None and found.by_road < reasons.SMALL_ROAD_SHARE:
        with_measures = found.by_road if found.with_measures_by_road is None else found.with_measures_by_road
        told.append(phrases.small(reasons.shares_by_road(found.by_road, with_measures)))
    if found.others_gain and others:
        told.append(f"others who pass gain {found.others_gain} a year")
    text = "; ".join(told)
    return f"{phrases.capital(text)}." if text else ""
