"""Phrases that all sentences share: changes, bands, measures and uncertain quantities in plain words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from corridors.scenario.measures import KINDS
from corridors.show import findings
from corridors.show import numbers as n
from corridors.show.lookups import (
    Band,
    clean,
    effect,
    either_way,
    pair_words,
    path,
    short_name,
    verdict,
)
from corridors.study.result import StudyResult

MEASURES = {kind: model.about for kind, model in KINDS.items()}
"""What a kind of measure is about, as the subject of a sentence."""

DOUBTS = {
    "reliability_ratio": "what uncertain waits at borders cost beside their mean",
    "rest_elasticity": "how readily trucks of no known pair go elsewhere",
    "truck_day_usd": "what a day of a truck costs",
    "adoption_half_years": "how fast users come to a new regime or line",
    "hidden_parts_score": "how much of the road's hidden cost is documents, guarantees, empty returns and waiting",
    "regime_reach_score": "how much of those costs a regime takes away",
    "air_cost_factor": "what air freight costs",
    "background_traffic_factor": "how many trucks of others use the crossings today",
    "background_traffic_growth": "how fast the traffic of others at the crossings grows",
    "base_share_factor": "how much really goes by road and air today",
    "class_mix_exports": "what part of {first}'s sales is bulk cargo",
    "capital_cost_score": "what the works cost",
    "class_mix_imports": "what part of {second}'s sales is bulk cargo",
    "closure_days_factor": "how many days a year open borders shut",
    "distance_elasticity": "how much distance costs trade",
    "flight_gain": "how much a direct air service does for trade in goods",
    "flight_half_frequency": "how often planes must fly before people use them to meet",
    "gdp_elasticity_exporter": "how strongly trade follows the seller's output",
    "gdp_elasticity_importer": "how strongly trade follows the buyer's output",
    "gdp_exporter_score": "how fast {first} grows",
    "gdp_exporter_turn": "when {first}'s growth comes",
    "gdp_importer_score": "how fast {second} grows",
    "gdp_importer_turn": "when {second}'s growth comes",
    "gdp_world_score": "how fast the world grows",
    "measurement_balance": "how today's trade splits into the two directions",
    "measurement_score": "how large today's trade really is",
    "mode_dissimilarity": "how readily shippers change between road, rail, sea and air",
    "new_service_hidden_share": "how much of the road's hidden cost a new service would have",
    "outside_cost": "what ways outside the network cost",
    "pair_balance": "which direction of this trade grows faster than output",
    "pair_balance_turn": "when one direction of this trade pulls ahead of the other",
    "pair_residual": "what else moves this trade beside output",
    "pair_residual_turn": "when other forces than output move this trade",
    "phase_in_speed": "how quickly measures take hold",
    "processing_factor": "how long border clearance takes",
    "rail_cost_factor": "what rail freight costs",
    "reversion_factor": "how fast this trade returns to what the gravity model expects",
    "road_cost_factor": "what road haulage costs",
    "road_hidden_kept": "how much of the road's hidden cost stays",
    "road_speed_factor": "how fast trucks move",
    "route_scale": "how readily shippers change routes",
    "sea_cost_factor": "what sea freight costs",
    "sea_time_factor": "how long the sea voyage takes",
    "tonnes_per_flight": "how much cargo a passenger flight takes",
    "tonnes_per_teu": "how much a container holds",
    "trade_elasticity": "how strongly trade responds to its cost",
    "elasticity_chemicals": "how strongly trade in chemicals responds to its cost",
    "elasticity_first_year": "how much of its response trade shows in the first year",
    "elasticity_food": "how strongly trade in food responds to its cost",
    "elasticity_fuels": "how strongly trade in fuels and minerals responds to its cost",
    "elasticity_machinery": "how strongly trade in machinery responds to its cost",
    "elasticity_manufactures": "how strongly trade in other manufactures responds to its cost",
    "elasticity_textiles": "how strongly trade in textiles and leather responds to its cost",
    "elasticity_years": "how many years trade takes to respond in full",
    "truck_payload_t": "how much a truck carries",
    "unit_value_factor": "what a tonne of goods is worth",
    "value_of_a_day": "what a day in transit costs",
}
"""What is not known, as a question that somebody could answer."""


FEWEST_FOR_A_DOUBT = 256
"""With fewer simulated futures another seed names another question as the one that matters most."""
LEADS = 0.2
"""The part of the band that the answer to a question must take away for it to be the one that all hangs on."""
A_THOUSANDTH = "a dollar in a thousand"
"""What :data:`corridors.show.lookups.MATTERS_PERCENT` is in words."""


def doubt(result: StudyResult, parameter: str, meaning: str = "") -> str:
    """An uncertain quantity in plain words; one without words of its own by the start of its description."""
    if parameter in DOUBTS:
        first, second = (str(name) for name in result.facts["names"])
        return DOUBTS[parameter].format(first=first, second=second)
    return re.split(r"[:;,(]", clean(meaning))[0].strip() or parameter.replace("_", " ")


def measure_words(kind: str) -> str:
    """A kind of measure in words."""
    return MEASURES.get(kind, kind.replace("_", " "))


def plain_range(band: Band) -> str:
    """``80 % band 0.7 to 21 %`` for a band on one side of zero, without signs; else with signs."""
    if band.low >= 0:
        return f"80{n.THIN}% band {n.percent_range(band.low, band.high, mid=band.mid)}"
    if band.high <= 0:
        return f"80{n.THIN}% band {n.percent_range(-band.high, -band.low, mid=-band.mid)}"
    return signed_range(band)


def signed_range(band: Band) -> str:
    """``80 % band −0.4 to +1.2 %``."""
    return f"80{n.THIN}% band {n.percent_range(band.low, band.high, sign=True, mid=band.mid)}"


def money_range(band: Band) -> str:
    """``80 % band $0.5 to $4.2 billion``."""
    return f"80{n.THIN}% band {n.musd_range(band.low, band.high, mid_musd=band.mid)}"


def less_than(percent: float) -> str:
    """``less than 0.05 %``."""
    return f"less than {n.fixed(percent, 2)}{n.THIN}%"


def change(band: Band) -> str:
    """A change as a noun with its band: ``a rise of about 4.0 % (80 % band 1 to 21 %)``, ``no measurable change``."""
    kind = verdict(band)
    if kind == "none":
        return "no change"
    if kind == "tiny":
        return f"no measurable change ({less_than(0.05)})"
    if kind == "slight":
        return f"a {'rise' if band.mid > 0 else 'fall'} too small to matter (less than {A_THOUSANDTH})"
    if kind in ("rise", "fall"):
        return f"a {kind} of about {n.percent(abs(band.mid))} ({plain_range(band)})"
    if kind == "nil":
        return "no measurable change"
    return (
        f"a change that may go either way ({signed_range(band)})"
        if either_way(band)
        else f"a change that may be next to nothing ({signed_range(band)})"
    )


def what_changes(result: StudyResult) -> str:
    """``two-way trade between Pakistan and Russia``."""
    return f"two-way trade between {pair_words(result)}"


def headline(result: StudyResult) -> str:
    """What the measures do to two-way trade in the last year, as one sentence with its range."""
    year, band = result.years[-1], effect(result)
    kind, trade = verdict(band), what_changes(result)
    if not result.scenario.get("measures"):
        base = _projected(result)
        return f"Nothing is changed here: {trade} is expected at {base} in {year}, the path that scenarios are held against."
    if kind == "none":
        return f"The measures change nothing in {trade}: in {year} it is {_projected(result)} with them and without them."
    if kind == "tiny":
        return f"No measurable effect: in {year} the measures change {trade} by {less_than(0.05)}{' either way' if band.low < 0 < band.high else ''}."
    if kind == "nil":
        return f"No measurable effect: what the measures change in {trade} in {year} cannot be told from zero."
    if kind == "slight":
        verb = "raise" if band.mid > 0 else "lower"
        return f"No effect that matters: in {year} the measures {verb} {trade} by less than {A_THOUSANDTH}."
    if kind == "open":
        if either_way(band):
            return f"The direction is not clear: what the measures change in {trade} in {year} cannot be told from zero; the {signed_range(band)} includes zero."
        reaches = "down to nothing, and none of it is a fall" if band.mid > 0 else "up to nothing, and none of it is a rise"
        return f"What the measures change in {trade} in {year} cannot be told from zero: the {signed_range(band)} reaches {reaches}."
    verb = "raise" if kind == "rise" else "lower"
    more = "more" if kind == "rise" else "less"
    return f"In {year} the measures would {verb} {trade} by about {n.percent(abs(band.mid))} ({plain_range(band)}), or {n.musd(abs(findings.money(result)))} a year {more} than without them."


def _projected(result: StudyResult) -> str:
    band = path(result, "total", "baseline")
    return f"about {findings.trade(band.mid)} ({money_range(band)})"


def times(ratio: float) -> str:
    """How many times: ``nine times``, ``twice``, ``2.3 times``."""
    if 1.95 <= ratio < 2.05:
        return "twice"
    if ratio < 3:
        return f"{n.fixed(ratio, 1).removesuffix('.0')} times"
    return f"{n.in_words(round(ratio)) if ratio < 12.5 else n.significant(ratio, 2)} times"


def capital(text: str) -> str:
    """With its first letter large."""
    return text[:1].upper() + text[1:]


def small(text: str) -> str:
    """With its first letter small."""
    return text[:1].lower() + text[1:]


def sentence(*parts: str) -> str:
    """Sentences in a row with one space between; empty ones left out."""
    return " ".join(p.strip() for p in parts if p and p.strip())


def others_count(count: int) -> str:
    """``measure`` or ``eight measures``, after ``the other``."""
    return "measure" if count == 1 else f"{n.in_words(count)} measures"


def chance(probability: float, draws: int) -> str:
    """A chance as what a thing has: ``has a chance of about 1 in 3``, ``is almost certain``, ``came
    out in none of 256 cases``."""
    if probability <= 0:
        return f"came out in none of {draws:,} cases"
    if probability >= 1:
        return f"came out in all {draws:,} cases"
    return has_chance(n.probability(probability))


def has_chance(told: str) -> str:
    """A probability in words, as what a thing has: ``has a chance of about 1 in 3``, ``has about even chances``."""
    if told.startswith("almost"):
        return f"is {told}"
    return "has about even chances" if told.endswith("even") else f"has a chance of {told}"


def odds(probability: float) -> str:
    """A chance in brackets: ``chance about 1 in 3``, ``chance about even``, ``almost certain``."""
    told = n.probability(probability)
    return told if told.startswith("almost") else f"chance {told}"


def about_usd(value: float) -> str:
    """A rough amount of dollars, two digits: ``$6,100``."""
    return f"${n.significant(value, 2)}"


def own(name: str) -> str:
    """What belongs to an economy: ``Pakistan's``, ``the United States'``."""
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def points(value: float) -> str:
    """Percentage points without a sign: ``4.3 points``, ``0.08 points``, ``less than 0.01 points``."""
    size = abs(value)
    if size < 0.005:
        return "less than 0.01 points" if size else "0 points"
    return f"{n.fixed(size, 2 if size < 0.995 else 1 if size < 9.95 else 0)} points"


def signed_points(value: float) -> str:
    """Percentage points with their sign: ``+0.4 points``, ``−1.2 points``."""
    mark = "" if abs(value) < 0.005 else "+" if value > 0 else n.MINUS
    return f"{mark}{points(value)}"


def subject(result: StudyResult, number: int, kind: str) -> str:
    """What a measure is about; of a closure, whether it opens or shuts, by the crossings' own days."""
    measures = result.scenario.get("measures", ())
    crossings = result["crossings"]
    if kind != "closure" or not number < len(measures) or not len(crossings):
        return measure_words(kind)
    return subject_of(kind, crossings[crossings["crossing"].isin(measures[number].get("crossings", ()))])


def strong(points: Sequence[float]) -> list[int]:
    """Places of the positive ``points`` that are at least half the largest of them, the largest first."""
    order = sorted(range(len(points)), key=lambda k: -points[k])
    return [k for k in order if points[k] > 0.0 and points[k] >= 0.5 * points[order[0]]]


def subject_of(kind: str, rows: pd.DataFrame) -> str:
    """What a measure of a kind is about; ``rows`` are those of its crossings, if it has any."""
    if kind != "closure" or not len(rows):
        return measure_words(kind)
    few = len(rows) <= 2
    names = n.listed([short_name(x) for x in rows["name"]]) if few else f"{n.in_words(len(rows))} crossings"
    more = (rows["closure_days_after"] > rows["closure_days_before"]).any()
    return f"shutting {names} for longer" if more else f"keeping {names} open"


def top_doubt(result: StudyResult) -> str:
    """The open question whose answer would narrow the band most; empty where none would."""
    rows = result["information"]
    if not len(rows) or result.draws < FEWEST_FOR_A_DOUBT:
        return ""
    gain = _narrowing(rows)
    if not gain.max() > 0:
        return ""
    top = rows.loc[gain.idxmax()]
    return doubt(result, str(top["parameter"]), str(top["meaning"]))


def doubt_leads(result: StudyResult) -> bool:
    """Whether the band hangs on one question above all: its answer narrows it by a fifth or more, and half as much again as any
    other's."""
    rows = result["information"]
    gain = sorted(_narrowing(rows), reverse=True)
    return bool(gain) and gain[0] >= LEADS * float(rows["band_now_percent_points"].max()) and (len(gain) == 1 or gain[0] >= 1.5 * gain[1])


def _narrowing(rows: pd.DataFrame) -> pd.Series:
    return rows["band_now_percent_points"] - rows["band_if_known_percent_points"]


def about_trucks(trucks_a_day: float) -> str:
    """``about 31 trucks a day``, ``about 1 truck every 9 days``, ``no trucks``."""
    told = n.trucks(trucks_a_day)
    return told if told.startswith(("no", "less", "about")) else f"about {told}"
