"""The compiled world network beside what is published, in words and a table; a missed aim is said
as plainly as one met."""

from __future__ import annotations

from corridors.show import numbers as n
from corridors.show.blocks import Column, Prose, Table, table
from corridors.validation import world_ways
from corridors.validation.checks import ValidationResult

_KINDS = {
    "length": ("roads of published length", True),
    "hours": ("published hours by truck in Africa", True),
    "transit": ("published transit times by truck from place to place", True),
    "tested": ("transit times of the pandemic, with drivers tested at borders, which today's hours do not hold,", True),
    "share": ("shares of modes, each left out of the fit,", False),
    "trucks": ("counts of trucks at crossings", True),
}  # fmt: skip


def words(found: ValidationResult) -> Prose:
    """How far the compiled world network is from what is published, and which aims it misses."""
    told = []
    for kind, s in found.summary["world_ways"].items():
        if kind == "trucks":
            told.append(
                f"Of {int(s['count'])} crossings where trucks were counted, half have what trade makes of them within a factor of "
                f"{n.fixed(s['median_factor'], 1)}, {int(s['within_three'])} within three. Studies do not keep these misses: a pair's "
                f"trucks are put where they were counted."
            )
            continue
        what, relative = _KINDS[kind]
        unit = f"{n.THIN}%" if relative else " percentage points"
        text = f"Of {int(s['count'])} {what} half are within {n.fixed(s['median_absolute_error'], 1)}{unit}; the middle one is off by {n.fixed(s['median_error'], 1)}{unit}"
        aim = world_ways.AIMS.get(kind)
        if aim is not None:
            text += f". The aim is {n.fixed(aim, 0)}{n.THIN}%: it is {'met' if s['median_absolute_error'] <= aim else 'missed'}"
        told.append(f"{text}.")
    by_cause = found.summary["world_ways_causes"]
    africa, elsewhere = by_cause["hours"], by_cause["transit"]
    told.append(
        f"Where the hours are off: with rest only after each full day at the wheel half would be "
        f"within {_pc(africa['full_days'])} in Africa "
        f"({_pc(africa['model'])} as it is, rest spread over every kilometre) and "
        f"{_pc(elsewhere['full_days'])} elsewhere ({_pc(elsewhere['model'])}); "
        f"with no queue at any border {_pc(elsewhere['no_queue'])} elsewhere, with no time at "
        f"borders at all {_pc(elsewhere['no_border'])}; "
        f"with every speed a fifth higher {_pc(elsewhere['faster'])}, lower "
        f"{_pc(elsewhere['slower'])}. Of the computed hours elsewhere {_pc(elsewhere['wheel'])} "
        f"are at the wheel, {_pc(elsewhere['rest'])} rest and {_pc(elsewhere['border'])} at "
        f"borders. The model keeps none of these: they are computed from the very times they would "
        f"be judged by."
    )
    return Prose(tuple(told))


def _pc(value: float) -> str:
    return f"{n.fixed(value, 0)}{n.THIN}%"


def misses(found: ValidationResult) -> Table:
    """Every published length, transit time, share and count of trucks beside the compiled network's, the largest
    miss of its kind first."""
    frame = found["world_ways"]
    frame = frame.assign(
        order=frame["kind"].map({kind: i for i, kind in enumerate(_KINDS)}),
        miss=-frame["error_percent"].abs(),
    )
    rows = [
        (
            str(r.what),
            n.significant(r.published, 3),
            n.significant(r.computed, 3),
            str(r.unit),
            n.fixed(r.error_percent, 0),
        )
        for r in frame.sort_values(["order", "miss"]).itertuples()
    ]
    return table(
        "The world network, published and computed",
        (
            "What",
            Column("Published", "", "right"),
            Column("Computed", "", "right"),
            "Unit",
            Column("Error", "%, of shares points", "right"),
        ),
        rows,
        "Source: addresses in tables/world_ways.csv; hours in Africa from city to border or port "
        "are those of World Bank, Doing Business 2020 (CC BY 4.0); own calculation.",
    )
